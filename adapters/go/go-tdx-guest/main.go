// SPDX-License-Identifier: MIT

// go-tdx-guest: its verifier and its validation on a case, with the case's collateral in place of Intel's service.
package main

import (
	"crypto/x509"
	"encoding/hex"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-tdx-guest/abi"
	"github.com/google/go-tdx-guest/validate"
	"github.com/google/go-tdx-guest/verify"
	"github.com/google/logger"

	"jurat.invalid/adapters/cases"
)

// collateral answers the verifier's requests from a directory, as Intel's service does: the issuers are in a header.
type collateral string

func (dir collateral) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(dir), name))
}

func (dir collateral) Get(address string) (map[string][]string, []byte, error) {
	for _, item := range []struct{ in, file, chain, header string }{
		{"/pckcrl?", "pck_crl.der", "pck_crl", "Sgx-Pck-Crl-Issuer-Chain"},
		{"/tcb?", "tcb_info.json", "tcb_info", "Tcb-Info-Issuer-Chain"},
		{"/qe/identity", "qe_identity.json", "qe_identity", "Sgx-Enclave-Identity-Issuer-Chain"},
	} {
		if !strings.Contains(address, item.in) {
			continue
		}
		chain, err := dir.read(item.chain + "_issuer_chain.pem")
		if err != nil {
			return nil, nil, err
		}
		body, err := dir.read(item.file)
		return map[string][]string{item.header: {url.QueryEscape(string(chain))}}, body, err
	}
	body, err := dir.read("root_ca_crl.der")
	return nil, body, err
}

func options(c *cases.Case) (o *validate.Options, err error) {
	o = &validate.Options{}
	body := &o.TdQuoteBodyOptions
	for member, field := range map[string]*[]byte{
		"report_data": &body.ReportData, "measurement": &body.MrTd, "mrtd": &body.MrTd, "mrseam": &body.MrSeam,
		"mrconfigid": &body.MrConfigID, "mrowner": &body.MrOwner, "mrownerconfig": &body.MrOwnerConfig,
		"minimum_tee_tcb_svn": &body.MinimumTeeTcbSvn,
	} {
		var text string // one value: of several there is no counterpart
		if err := c.Take(member, &text); err != nil {
			return nil, err
		}
		if text != "" {
			*field, err = hex.DecodeString(text)
			if err != nil || member == "report_data" && len(*field) != abi.ReportDataSize {
				return nil, cases.Unsupported("no counterpart of this value of " + member)
			}
		}
	}
	return o, nil
}

func judge(c *cases.Case) error {
	if c.TEE != "tdx" {
		return cases.Unsupported("not a TD quote")
	}
	quote, err := c.Read("quote")
	if err != nil {
		return err
	}
	o := &verify.Options{CheckRevocations: true, GetCollateral: true, Now: c.At, Getter: collateral(c.Path("collateral"))}
	if c.Has("root") { // else Intel's
		der, err := c.Read("root")
		if err != nil {
			return err
		}
		root, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		o.TrustedRoots = x509.NewCertPool()
		o.TrustedRoots.AddCert(root)
	}
	delete(c.Policy, "require_crl") // it always requires them here
	values, err := options(c)
	if err != nil {
		return err
	}
	if err := c.Left(); err != nil {
		return err
	}
	if err := verify.RawTdxQuote(quote, o); err != nil {
		return err
	}
	parsed, err := abi.QuoteToProto(quote)
	if err != nil {
		return err
	}
	return validate.TdxQuote(parsed, values)
}

func main() {
	logger.Init("go-tdx-guest", false, false, io.Discard)
	cases.Main(judge, "policy", "crl")
}
