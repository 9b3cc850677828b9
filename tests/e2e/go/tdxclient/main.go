// SPDX-License-Identifier: MIT

// tdxclient is a guest that attests with go-tdx-guest's client, and writes quote.bin into DIR.
//
//	tdxclient -data HEX quote DIR   by the provider that it prefers, which is configfs
//	tdxclient -data HEX ioctl DIR   through /dev/tdx_guest alone, as its driver of 2023 had it
package main

import (
	"encoding/hex"
	"flag"
	"log"
	"os"
	"path/filepath"

	"github.com/google/go-tdx-guest/client"
)

var data = flag.String("data", "", "report data, 64 bytes in hexadecimal")

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func source(name string) any {
	if name == "ioctl" {
		device, err := client.OpenDevice()
		must(err)
		return device
	}
	provider, err := client.GetQuoteProvider()
	must(err)
	must(provider.IsSupported())
	return provider
}

func main() {
	flag.Parse()
	raw, err := hex.DecodeString(*data)
	must(err)
	var reportData [64]byte
	copy(reportData[:], raw)
	quote, err := client.GetRawQuote(source(flag.Arg(0)), reportData)
	must(err)
	must(os.WriteFile(filepath.Join(flag.Arg(1), "quote.bin"), quote, 0o666))
}
