// SPDX-License-Identifier: MIT

// snpclient is a guest that attests with go-sev-guest's client.
//
//	snpclient report DIR       a report, through /dev/sev-guest
//	snpclient extended DIR     a report and its certificates, through /dev/sev-guest
//	snpclient quote DIR        both, by the provider that go-sev-guest prefers here
//	snpclient key              derived keys, in hexadecimal, one a line
//	snpclient many N PARALLEL  N reports from PARALLEL goroutines, each one checked
//
// It asks for reports over -data and writes report.bin, and certs.bin where there is one.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/client"
	"github.com/google/go-sev-guest/verify"
)

var data = flag.String("data", "", "what the report is over, 64 bytes in hexadecimal")

func reportData() (ret [64]byte) {
	raw, err := hex.DecodeString(*data)
	if err != nil || len(raw) != len(ret) {
		log.Fatalf("-data wants 64 bytes in hexadecimal, not %q", *data)
	}
	copy(ret[:], raw)
	return ret
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func write(dir, name string, data []byte) {
	must(os.WriteFile(filepath.Join(dir, name), data, 0o666))
}

func quote(dir string) {
	provider, err := client.GetQuoteProvider()
	must(err)
	fmt.Printf("%T\n", provider)
	raw, err := provider.GetRawQuote(reportData())
	must(err)
	write(dir, "report.bin", raw[:abi.ReportSize])
	write(dir, "certs.bin", raw[abi.ReportSize:])
}

func keys(device client.Device) {
	for _, request := range []client.SnpDerivedKeyReq{
		{UseVCEK: true},
		{UseVCEK: true, GuestFieldSelect: client.GuestFieldSelect{Measurement: true}},
		{UseVCEK: false},
	} {
		response, err := client.GetDerivedKeyAcknowledgingItsLimitations(device, &request)
		must(err)
		fmt.Println(hex.EncodeToString(response.Data[:]))
	}
}

// endorsement returns the certificate of the key that signs this guest's reports.
func endorsement(device client.Device) *x509.Certificate {
	_, blob, err := client.GetRawExtendedReport(device, [64]byte{})
	must(err)
	table := &abi.CertTable{}
	must(table.Unmarshal(blob))
	der, err := table.GetByGUIDString(abi.VcekGUID)
	must(err)
	cert, err := x509.ParseCertificate(der)
	must(err)
	return cert
}

func ask(device client.Device, number uint64, key *x509.Certificate) error {
	var wanted [64]byte
	binary.LittleEndian.PutUint64(wanted[:], number)
	raw, err := client.GetRawReport(device, wanted)
	if err != nil {
		return err
	}
	report, err := abi.ReportToProto(raw)
	if err != nil {
		return err
	}
	if !bytes.Equal(report.ReportData, wanted[:]) {
		return fmt.Errorf("the report is over %x", report.ReportData)
	}
	return verify.SnpReportSignature(raw, key)
}

func many(total, parallel uint64, key *x509.Certificate) {
	var next, good uint64
	var all sync.WaitGroup
	for i := uint64(0); i < parallel; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			device, err := client.OpenDevice()
			must(err)
			defer device.Close()
			for number := atomic.AddUint64(&next, 1); number <= total; number = atomic.AddUint64(&next, 1) {
				if err := ask(device, number, key); err != nil {
					log.Printf("request %d: %v", number, err)
				} else {
					atomic.AddUint64(&good, 1)
				}
			}
		}()
	}
	all.Wait()
	fmt.Printf("%d good reports\n", good)
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	must(err)
	return n
}

func main() {
	// The client waits 2 s between requests, for kernels that lock the guest out rather than let it wait.
	must(flag.Set("self_throttle_duration", "0s"))
	flag.Parse()
	if flag.Arg(0) == "quote" {
		quote(flag.Arg(1))
		return
	}
	device, err := client.OpenDevice()
	must(err)
	defer device.Close()
	switch flag.Arg(0) {
	case "report":
		report, err := client.GetRawReport(device, reportData())
		must(err)
		write(flag.Arg(1), "report.bin", report)
	case "extended":
		report, certs, err := client.GetRawExtendedReport(device, reportData())
		must(err)
		write(flag.Arg(1), "report.bin", report)
		write(flag.Arg(1), "certs.bin", certs)
	case "key":
		keys(device)
	case "many":
		many(number(flag.Arg(1)), number(flag.Arg(2)), endorsement(device))
	default:
		log.Fatalf("unknown request %q", flag.Arg(0))
	}
}
