// SPDX-License-Identifier: MIT

// snpverify judges directories with report.bin and certs.bin by go-sev-guest's verifier, which trusts the ARK of
// -ark alone, or without it AMD's. It prints a line for each: "accepted", or what the verifier said. With -signatures
// it looks at the signatures alone, not at the profile of the certificates.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/validate"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"
	"github.com/google/logger"
)

var (
	arkPath    = flag.String("ark", "", "trust this ARK, PEM or DER, instead of AMD's")
	signatures = flag.Bool("signatures", false, "judge the signatures alone")
)

// roots returns the trusted roots of the ARK's product line. Under the ARK goes the table's ASK or ASVK, which have one
// GUID: Decode tells them apart, and the verifier checks it against the ARK.
func roots(table *abi.CertTable) (map[string][]*trust.AMDRootCerts, error) {
	if *arkPath == "" {
		return nil, nil
	}
	ark, err := os.ReadFile(*arkPath)
	if err != nil {
		return nil, err
	}
	intermediate, err := table.GetByGUIDString(abi.AskGUID)
	if err != nil {
		return nil, err
	}
	certs := &trust.ProductCerts{}
	if err := certs.Decode(intermediate, ark); err != nil {
		return nil, err
	}
	line := strings.TrimPrefix(certs.Ark.Subject.CommonName, "ARK-")
	root := trust.AMDRootCertsProduct(line)
	root.ProductCerts = certs
	return map[string][]*trust.AMDRootCerts{line: {root}}, nil
}

// judgeSignatures checks the chain to the ARK and the report's signature, by the verifier's own functions.
func judgeSignatures(attestation *sevsnp.Attestation, trusted map[string][]*trust.AMDRootCerts) error {
	info, err := abi.ParseSignerInfo(attestation.Report.SignerInfo)
	if err != nil {
		return err
	}
	der := attestation.CertificateChain.VcekCert
	if info.SigningKey == abi.VlekReportSigner {
		der = attestation.CertificateChain.VlekCert
	}
	key, err := trust.ParseCert(der)
	if err != nil {
		return err
	}
	for _, root := range trusted {
		if _, err := key.Verify(*root[0].X509Options(time.Now(), info.SigningKey)); err != nil {
			return err
		}
	}
	return verify.SnpProtoReportSignature(attestation.Report, key)
}

func judge(dir string) error {
	report, err := os.ReadFile(filepath.Join(dir, "report.bin"))
	if err != nil {
		return err
	}
	blob, err := os.ReadFile(filepath.Join(dir, "certs.bin"))
	if err != nil {
		return err
	}
	table := &abi.CertTable{}
	if err := table.Unmarshal(blob); err != nil {
		return err
	}
	trusted, err := roots(table)
	if err != nil {
		return err
	}
	attestation, err := abi.ReportCertsToProto(bytes.Join([][]byte{report, blob}, nil))
	if err != nil {
		return err
	}
	if *signatures {
		return judgeSignatures(attestation, trusted)
	}
	options := &verify.Options{DisableCertFetching: true, TrustedRoots: trusted}
	if err := verify.SnpAttestation(attestation, options); err != nil {
		return err
	}
	return validate.SnpAttestation(attestation, &validate.Options{GuestPolicy: abi.SnpPolicy{SMT: true}})
}

func main() {
	flag.Parse()
	logger.Init("snpverify", false, false, io.Discard)
	for _, dir := range flag.Args() {
		if err := judge(dir); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted")
		}
	}
}
