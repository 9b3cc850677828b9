// SPDX-License-Identifier: MIT

// Cases of the corpus as subtests of a test suite in Go, without jurat: go-sev-guest is what is tested.
//
//	jurat cases make corpus
//	CORPUS=$PWD/corpus go test -v
package corpus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"
)

type testCase struct {
	ID, What, TEE, Product, Verdict, Class string
	At                                     time.Time
	Files                                  map[string]string
	Needs                                  []string
}

// judge verifies the extended report at the time of the case, and trusts the root of the case alone.
func judge(dir string, c *testCase) error {
	read := func(role string) []byte {
		bytes, _ := os.ReadFile(filepath.Join(dir, c.Files[role]))
		return bytes
	}
	attestation, err := abi.ReportCertsToProto(read("extended"))
	if err != nil {
		return err
	}
	certs := &trust.ProductCerts{}
	if err := certs.Decode(attestation.CertificateChain.AskCert, read("root")); err != nil {
		return err
	}
	root := trust.AMDRootCertsProduct(c.Product)
	root.ProductCerts = certs
	roots := map[string][]*trust.AMDRootCerts{c.Product: {root}}
	return verify.SnpAttestation(attestation, &verify.Options{Now: c.At, TrustedRoots: roots, DisableCertFetching: true})
}

func TestSignatures(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("CORPUS does not name a corpus")
	}
	text, err := os.ReadFile(filepath.Join(corpus, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	index := struct{ Cases []testCase }{}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	for i := range index.Cases {
		c := &index.Cases[i]
		if c.TEE != "sev-snp" || c.Product != "Milan" || c.Class != "signature" || len(c.Needs) > 0 || c.Files["root"] == "" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			err := judge(filepath.Join(corpus, "cases", c.ID), c)
			if c.Verdict == "accepted" && err != nil {
				t.Errorf("%s But: %v", c.What, err)
			}
			if c.Verdict == "refused" && err == nil {
				t.Errorf("%s But it was accepted.", c.What)
			}
		})
	}
}
