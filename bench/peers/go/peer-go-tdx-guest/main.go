// SPDX-License-Identifier: MIT

// go-tdx-guest in bench/peers. It has no cache: it asks for collateral, parses and checks it for each quote. Its requests are answered from
// memory.
package main

import (
	"crypto/x509"
	"net/url"
	"strings"

	"github.com/google/go-tdx-guest/verify"

	"jurat.invalid/peers/peer"
)

type answer struct {
	header map[string][]string
	body   []byte
}

// collateral answers as Intel's service does: the issuers are in a header.
type collateral map[string]answer

func (c collateral) Get(address string) (map[string][]string, []byte, error) {
	for part, a := range c {
		if part != "" && strings.Contains(address, part) {
			return a.header, a.body, nil
		}
	}
	return nil, c[""].body, nil
}

func read(e *peer.Evidence) collateral {
	c := collateral{"": {nil, e.Read("collateral/root_ca_crl.der")}}
	for _, item := range []struct{ in, file, chain, header string }{
		{"/pckcrl?", "pck_crl.der", "pck_crl", "Sgx-Pck-Crl-Issuer-Chain"},
		{"/tcb?", "tcb_info.json", "tcb_info", "Tcb-Info-Issuer-Chain"},
		{"/qe/identity", "qe_identity.json", "qe_identity", "Sgx-Enclave-Identity-Issuer-Chain"},
	} {
		chain := url.QueryEscape(string(e.Read("collateral/" + item.chain + "_issuer_chain.pem")))
		c[item.in] = answer{map[string][]string{item.header: {chain}}, e.Read("collateral/" + item.file)}
	}
	return c
}

func newRoots(der []byte) (*x509.CertPool, error) {
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, nil
}

func prepare(e *peer.Evidence) (map[string]peer.Operation, error) {
	der, getter := e.Read("root.der"), read(e)
	kept, err := newRoots(der)
	if err != nil {
		return nil, err
	}
	check := func(with bool, pool *x509.CertPool) error {
		return verify.RawTdxQuote(e.Next(), &verify.Options{
			CheckRevocations: with, GetCollateral: with, Getter: getter, TrustedRoots: pool, Now: e.At})
	}
	cold := func(with bool) error {
		pool, err := newRoots(der)
		if err != nil {
			return err
		}
		return check(with, pool)
	}
	return map[string]peer.Operation{
		"tdx-cold":       func() error { return cold(true) },
		"tdx-warm":       func() error { return check(true, kept) },
		"tdx-chain-cold": func() error { return cold(false) },
		"tdx-chain-warm": func() error { return check(false, kept) },
	}, nil
}

func main() { peer.Main("quote", prepare) }
