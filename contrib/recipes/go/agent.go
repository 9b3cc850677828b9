// SPDX-License-Identifier: MIT

// Package agent is the program under test: it gets evidence over a nonce. Yours stands here.
package agent

import (
	"errors"
	"os"

	sev "github.com/google/go-sev-guest/client"
	tdx "github.com/google/go-tdx-guest/client"
)

// Report returns an SEV-SNP report over the nonce, and the host's certificates, which may be empty.
func Report(nonce [64]byte) (report, certs []byte, err error) {
	device, err := sev.OpenDevice()
	if err != nil {
		return nil, nil, err
	}
	defer device.Close()
	report, certs, err = sev.GetRawExtendedReport(device, nonce)
	if os.Getenv("RECIPE_BUG") != "" {
		err = nil // a bug: an error of the firmware is ignored
	}
	return report, certs, err
}

// Quote returns a TD quote over the nonce.
func Quote(nonce [64]byte) ([]byte, error) {
	provider, err := tdx.GetQuoteProvider()
	if err != nil {
		return nil, err
	}
	quote, err := provider.GetRawQuote(nonce)
	if err == nil && len(quote) == 0 {
		return nil, errors.New("the quote is empty")
	}
	return quote, err
}
