// SPDX-License-Identifier: MIT

// tdxverify judges directories with quote.bin and collateral/ by go-tdx-guest's verifier, which trusts the root of -root
// alone, or without it Intel's. It prints a line for each: "accepted", or what the verifier said.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-tdx-guest/verify"
	"github.com/google/logger"
)

var rootPath = flag.String("root", "", "trust this root, PEM or DER, instead of Intel's")

// collateral answers the verifier's requests from a directory, as Intel's service does: the issuers are in a header.
type collateral string

func (dir collateral) Get(address string) (map[string][]string, []byte, error) {
	for _, item := range []struct{ in, file, chain, header string }{
		{"/pckcrl?", "pck_crl.der", "pck_crl", "Sgx-Pck-Crl-Issuer-Chain"},
		{"/tcb?", "tcb_info.json", "tcb_info", "Tcb-Info-Issuer-Chain"},
		{"/qe/identity", "qe_identity.json", "qe_identity", "Sgx-Enclave-Identity-Issuer-Chain"},
	} {
		if !strings.Contains(address, item.in) {
			continue
		}
		chain, err := os.ReadFile(filepath.Join(string(dir), item.chain+"_issuer_chain.pem"))
		if err != nil {
			return nil, nil, err
		}
		body, err := os.ReadFile(filepath.Join(string(dir), item.file))
		return map[string][]string{item.header: {url.QueryEscape(string(chain))}}, body, err
	}
	body, err := os.ReadFile(filepath.Join(string(dir), "root_ca_crl.der"))
	return nil, body, err
}

func readCertificate(path string) (*x509.Certificate, error) {
	der, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(der); block != nil {
		der = block.Bytes
	}
	return x509.ParseCertificate(der)
}

func judge(dir string) error {
	options := &verify.Options{
		CheckRevocations: true,
		GetCollateral:    true,
		Getter:           collateral(filepath.Join(dir, "collateral")),
	}
	if *rootPath != "" {
		root, err := readCertificate(*rootPath)
		if err != nil {
			return err
		}
		options.TrustedRoots = x509.NewCertPool()
		options.TrustedRoots.AddCert(root)
	}
	quote, err := os.ReadFile(filepath.Join(dir, "quote.bin"))
	if err != nil {
		return err
	}
	return verify.RawTdxQuote(quote, options)
}

func main() {
	flag.Parse()
	logger.Init("tdxverify", false, false, io.Discard)
	for _, dir := range flag.Args() {
		if err := judge(dir); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted")
		}
	}
}
