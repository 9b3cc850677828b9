// SPDX-License-Identifier: MIT

// go-sev-guest in bench/peers. It has no cache. A program that keeps a VCEK that it has verified can call the function that
// checks a report's signature alone: that is snp-warm.
package main

import (
	"crypto/x509"
	"strings"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"

	"jurat.invalid/peers/peer"
)

type roots map[string][]*trust.AMDRootCerts

// The root goes with an intermediate, which the verifier checks against it.
func newRoots(ark, intermediate []byte) (roots, error) {
	certs := &trust.ProductCerts{}
	if err := certs.Decode(intermediate, ark); err != nil {
		return nil, err
	}
	line := strings.TrimPrefix(certs.Ark.Subject.CommonName, "ARK-")
	root := trust.AMDRootCertsProduct(line)
	root.ProductCerts = certs
	return roots{line: {root}}, nil
}

func prepare(e *peer.Evidence) (map[string]peer.Operation, error) {
	ark, intermediate, vek, table := e.Read("root.der"), e.Read("intermediate.der"), e.Read("vek.der"), e.Read("certs.bin")
	trusted, err := newRoots(ark, intermediate)
	if err != nil {
		return nil, err
	}
	check := func(attestation *sevsnp.Attestation, trusted roots) error {
		return verify.SnpAttestation(attestation, &verify.Options{DisableCertFetching: true, TrustedRoots: trusted, Now: e.At})
	}
	separate := func(trusted roots) error {
		report, err := abi.ReportToProto(e.Next())
		if err != nil {
			return err
		}
		chain := &sevsnp.CertificateChain{AskCert: intermediate, ArkCert: ark}
		if info, err := abi.ParseSignerInfo(report.SignerInfo); err == nil && info.SigningKey == abi.VlekReportSigner {
			chain.VlekCert = vek
		} else {
			chain.VcekCert = vek
		}
		return check(&sevsnp.Attestation{Report: report, CertificateChain: chain}, trusted)
	}
	// The intermediate of a table goes under the root before it is used.
	extended := func(trusted roots) error {
		data := append(append(make([]byte, 0, abi.ReportSize+len(table)), e.Next()...), table...)
		attestation, err := abi.ReportCertsToProto(data)
		if err != nil {
			return err
		}
		if trusted == nil {
			if trusted, err = newRoots(ark, attestation.CertificateChain.AskCert); err != nil {
				return err
			}
		}
		return check(attestation, trusted)
	}
	// Whoever keeps the certificate has verified it once; what is measured is the rest.
	var kept *x509.Certificate
	warm := func() error {
		if kept == nil {
			if err := separate(trusted); err != nil {
				return err
			}
			if kept, err = trust.ParseCert(vek); err != nil {
				return err
			}
		}
		return verify.SnpReportSignature(e.Next(), kept)
	}
	return map[string]peer.Operation{
		"snp-cold": func() error {
			trusted, err := newRoots(ark, intermediate)
			if err != nil {
				return err
			}
			return separate(trusted)
		},
		"snp-warm":          warm,
		"snp-extended-cold": func() error { return extended(nil) },
		"snp-extended-warm": func() error { return extended(trusted) },
	}, nil
}

func main() { peer.Main("report", prepare) }
