// SPDX-License-Identifier: MIT

package agent

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newNonce(t *testing.T) (nonce [64]byte) {
	if _, err := rand.Read(nonce[:]); err != nil {
		t.Fatal(err)
	}
	return nonce
}

func TestReportVerifies(t *testing.T) {
	if guest(t) {
		reportVerifies(t)
	}
}

// The driver repeats what a busy host did not serve.
func TestHostIsBusy(t *testing.T) {
	if guest(t, "--fault", "busy:2") {
		reportVerifies(t)
	}
}

func reportVerifies(t *testing.T) {
	nonce := newNonce(t)
	report, certs, err := Report(nonce)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, append(report, certs...), "--report-data", hex.EncodeToString(nonce[:]))
}

func TestFirmwareErrorIsReported(t *testing.T) {
	if guest(t, "--fault", "fw-error:0x16") {
		if report, _, err := Report(newNonce(t)); err == nil {
			t.Fatalf("no error, and a report of %d bytes", len(report))
		}
	}
}

func TestHostHasNoCertificates(t *testing.T) {
	if guest(t, "--fault", "certs:none") {
		report, certs, err := Report(newNonce(t))
		if err != nil || len(report) != 1184 || strings.Trim(string(certs), "\x00") != "" {
			t.Fatal(len(report), len(certs), err)
		}
	}
}

func TestQuoteVerifies(t *testing.T) {
	if guest(t, "--tee", "tdx") {
		nonce := newNonce(t)
		quote, err := Quote(nonce)
		if err != nil {
			t.Fatal(err)
		}
		collateral := filepath.Join(os.Getenv("JURAT_ROOTS"), "collateral")
		verify(t, quote, "--collateral", collateral, "--report-data", hex.EncodeToString(nonce[:]))
	}
}

func TestNoQuotingService(t *testing.T) {
	if guest(t, "--tee", "tdx", "--fault", "qgs-down") {
		if _, err := Quote(newNonce(t)); err == nil {
			t.Fatal("no error without a quoting service")
		}
	}
}

// The agent runs on, and is tested from outside: it is asked when it is ready, not after a pause.
func TestAgentAnswersWhenReady(t *testing.T) {
	if os.Getenv("GUEST") != "" {
		return // see TestServe
	}
	t.Parallel()
	ready, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	agent := command(t, "^TestServe$", "--ready-fd", "3")
	agent.ExtraFiles = []*os.File{end} // descriptor 3
	stdin, _ := agent.StdinPipe()
	stdout, _ := agent.StdoutPipe()
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	end.Close()
	if line, err := bufio.NewReader(ready).ReadString('\n'); err != nil || !strings.HasPrefix(line, "JURAT_ROOTS=") {
		t.Fatal(line, err)
	}
	answers := bufio.NewReader(stdout)
	for i := 0; i < 3; i++ {
		nonce := newNonce(t)
		fmt.Fprintln(stdin, hex.EncodeToString(nonce[:]))
		answer, err := answers.ReadString('\n')
		if err != nil || answer[160:288] != hex.EncodeToString(nonce[:]) { // REPORT_DATA
			t.Fatal(answer, err)
		}
	}
	stdin.Close()
	if err := agent.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestServe is that agent: a nonce on each line of standard input, a report on each line of standard output.
func TestServe(t *testing.T) {
	if os.Getenv("GUEST") == "" {
		t.Skip("run by TestAgentAnswersWhenReady")
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var nonce [64]byte
		if _, err := hex.Decode(nonce[:], lines.Bytes()); err != nil {
			t.Fatal(err)
		}
		report, _, err := Report(nonce)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(hex.EncodeToString(report))
	}
}
