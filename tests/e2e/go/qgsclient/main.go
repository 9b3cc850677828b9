// SPDX-License-Identifier: MIT

// qgsclient is a guest that asks the host's quoting service on vsock by itself, through mdlayher/vsock. It writes
// quote.bin, and the collateral that the service gives for it, into DIR.
//
//	qgsclient -data HEX DIR        one quote, and collateral/
//	qgsclient many REQUESTS NUMBER so many quotes by so many goroutines, and how many were good
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/google/go-tdx-guest/client"
	"github.com/google/go-tdx-guest/client/linuxabi"
	"github.com/google/go-tdx-guest/pcs"
	"github.com/mdlayher/vsock"
)

const port, quoteRequest, collateralRequest = 4050, 0, 2

var data = flag.String("data", "", "report data, 64 bytes in hexadecimal")

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// ask sends a message of two parts, and returns the sizes and parts of the answer's n parts.
func ask(kind uint32, first, second []byte, skip, n int) ([][]byte, error) {
	conn, err := vsock.Dial(vsock.Host, port, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	size := uint32(24 + len(first) + len(second))
	message := binary.BigEndian.AppendUint32(nil, size)
	for _, word := range []uint32{1 | 1<<16, kind, size, 0, uint32(len(first)), uint32(len(second))} {
		message = binary.LittleEndian.AppendUint32(message, word)
	}
	if _, err := conn.Write(append(append(message, first...), second...)); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(conn)
	if err != nil || len(answer) < 4+16+skip+4*n || binary.BigEndian.Uint32(answer) != uint32(len(answer)-4) {
		return nil, fmt.Errorf("no whole answer: %d bytes, %v", len(answer), err)
	}
	if code := binary.LittleEndian.Uint32(answer[16:]); code != 0 {
		return nil, fmt.Errorf("the service answers with error %#x", code)
	}
	sizes, rest, parts := answer[20+skip:], answer[20+skip+4*n:], make([][]byte, n)
	for i := range parts {
		size := binary.LittleEndian.Uint32(sizes[4*i:])
		parts[i], rest = rest[:size], rest[size:]
	}
	return parts, nil
}

func quote(reportData []byte) ([]byte, error) {
	device, err := client.OpenDevice()
	if err != nil {
		return nil, err
	}
	defer device.Close()
	var request linuxabi.TdxReportReq
	copy(request.ReportData[:], reportData)
	if _, err := device.Ioctl(linuxabi.IocTdxGetReport, &request); err != nil {
		return nil, err
	}
	parts, err := ask(quoteRequest, request.TdReport[:], nil, 0, 2)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(parts[1][48+520:][:64], request.ReportData[:]) {
		return nil, fmt.Errorf("that is somebody else's quote")
	}
	return parts[1], nil
}

// collateral writes what the service gives for the platform that a quote's PCK certificate names.
func collateral(quote []byte, dir string) {
	block, _ := pem.Decode(quote[bytes.Index(quote, []byte("-----BEGIN")):])
	pck, err := x509.ParseCertificate(block.Bytes)
	must(err)
	extensions, err := pcs.PckCertificateExtensions(pck)
	must(err)
	fmspc, err := hex.DecodeString(extensions.FMSPC)
	must(err)
	parts, err := ask(collateralRequest, fmspc, []byte("platform"), 4, 7)
	must(err)
	must(os.Mkdir(dir, 0o777))
	for i, name := range []string{"pck_crl_issuer_chain.pem", "root_ca_crl.der", "pck_crl.der", "tcb_info_issuer_chain.pem",
		"tcb_info.json", "qe_identity_issuer_chain.pem", "qe_identity.json"} {
		part := bytes.TrimSuffix(parts[i], []byte{0})
		if filepath.Ext(name) == ".der" {
			part, err = hex.DecodeString(string(part))
			must(err)
		}
		must(os.WriteFile(filepath.Join(dir, name), part, 0o666))
	}
}

func many(requests, number int) {
	var good atomic.Int32
	var all sync.WaitGroup
	for i := 0; i < number; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for j := i; j < requests; j += number {
				if _, err := quote([]byte(strconv.Itoa(j))); err != nil {
					log.Print(err)
				} else {
					good.Add(1)
				}
			}
		}(i)
	}
	all.Wait()
	fmt.Printf("%d good quotes\n", good.Load())
}

func main() {
	flag.Parse()
	if flag.Arg(0) == "many" {
		requests, err := strconv.Atoi(flag.Arg(1))
		must(err)
		number, err := strconv.Atoi(flag.Arg(2))
		must(err)
		many(requests, number)
		return
	}
	reportData, err := hex.DecodeString(*data)
	must(err)
	raw, err := quote(reportData)
	must(err)
	must(os.WriteFile(filepath.Join(flag.Arg(0), "quote.bin"), raw, 0o666))
	collateral(raw, filepath.Join(flag.Arg(0), "collateral"))
}
