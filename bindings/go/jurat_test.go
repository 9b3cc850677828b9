// SPDX-License-Identifier: MIT

package jurat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// demo is the directory that `jurat demo` wrote: $JURAT, or the jurat on the PATH.
var demo string

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "jurat-go-")
	if err != nil {
		panic(err)
	}
	jurat := os.Getenv("JURAT")
	if jurat == "" {
		jurat = "jurat"
	}
	demo = filepath.Join(directory, "demo")
	command := exec.Command(jurat, "demo", "--dir", demo)
	// What is preloaded for these tests is not for the program.
	command.Env = append(os.Environ(), "LD_PRELOAD=")
	if out, err := command.CombinedOutput(); err != nil {
		panic(err.Error() + ": " + string(out))
	}
	status := m.Run()
	runtime.GC()
	os.RemoveAll(directory)
	os.Exit(status)
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(demo, name))
	must(t, err)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t testing.TB, ok bool, found ...interface{}) {
	t.Helper()
	if !ok {
		t.Fatal(append([]interface{}{"unexpected:"}, found...)...)
	}
}

func trusting(t testing.TB, root string) *Verifier {
	t.Helper()
	verifier, err := NewVerifier()
	must(t, err)
	must(t, verifier.AddRoots(read(t, root)))
	return verifier
}

func collateral(t testing.TB) *Collateral {
	t.Helper()
	c, err := NewCollateral()
	must(t, err)
	names, err := filepath.Glob(filepath.Join(demo, "collateral", "*"))
	must(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		must(t, c.Add(b))
	}
	return c
}

func TestReportIsAcceptedAndItsVerdictOutlivesEverything(t *testing.T) {
	report, verifier := read(t, "report.bin"), trusting(t, "roots/ark.der")
	evidence := append([]byte(nil), report...)
	v, err := verifier.VerifySNP(evidence, read(t, "certs.bin"), nil, time.Unix(time.Now().Unix(), 0))
	must(t, err)
	verifier.Close()
	for i := range evidence {
		evidence[i] = 0
	}
	runtime.GC()
	check(t, v.Accepted && v.RootsSupplied && v.TEE == SEVSNP && len(v.Reasons) == 0 && v.Signer == SignerVCEK, v)
	check(t, v.Product == "Milan" && v.EventLog == nil && v.RTMR[0] == nil && v.FMSPC == nil && v.TDXTCB == nil, v)
	check(t, bytes.Equal(v.ReportData, report[0x50:0x90]) && bytes.Equal(v.Measurement, report[0x90:0xc0]))
	check(t, bytes.Equal(v.ChipID, report[0x1a0:0x1e0]) && bytes.Equal(v.Field("host_data"), report[0xc0:0xe0]))
	vmpl, found := v.Number("vmpl")
	check(t, vmpl == 0 && found)
	_, found = v.Number("host_data")
	check(t, !found && v.Field("vmpl") == nil && v.Field("host_data\x00") == nil)
	tcb := v.TCB[SNPTCBKindReported]
	check(t, len(v.TCB) == 4 && tcb.HasParts && tcb.Raw == binary.LittleEndian.Uint64(report[0x180:]), v.TCB)
	check(t, uint64(tcb.Microcode) == tcb.Raw>>56, tcb)
	check(t, strings.HasPrefix(v.Text(), "accepted") && strings.Contains(v.JSON(), `"verdict": "accepted"`), v.Text())
	check(t, hasNotJudged(v, NotJudgedReportData), v.NotJudged)
	v.Close()
	v.Close()
	check(t, v.Text() == "" && v.Field("host_data") == nil && v.Accepted)
}

func hasNotJudged(v *Verdict, code NotJudged) bool {
	for _, n := range v.NotJudged {
		if n.Code == code && n.Detail != "" {
			return true
		}
	}
	return false
}

func TestReportIsRefusedWithReasons(t *testing.T) {
	report, certs := read(t, "report.bin"), read(t, "certs.bin")
	vendors, err := NewVerifier()
	must(t, err)
	v, err := vendors.VerifySNP(report, certs, nil, time.Now())
	check(t, errors.Is(err, ErrRefused) && errors.Is(err, ReasonRootNotTrusted) && !errors.Is(err, ReasonReportSize), err)
	var refused *RefusedError
	check(t, errors.As(err, &refused) && refused.Verdict == v && !v.Accepted, err)
	verifier := trusting(t, "roots/ark.der")
	_, err = verifier.VerifySNP(report, nil, nil, time.Now())
	check(t, errors.Is(err, ReasonLeafMissing) && strings.HasPrefix(err.Error(), "refused; leaf-missing: "), err)
	v, err = verifier.VerifySNP(nil, nil, nil, time.Now())
	check(t, errors.Is(err, ReasonReportSize) && v.ReportData == nil && v.Product == "" && v.TCB == nil, err)
	_, err = verifier.VerifySNP([]byte{}, []byte{}, nil, time.Now())
	check(t, errors.Is(err, ReasonReportSize), err)
	_, err = verifier.VerifySNP(report, []byte{}, nil, time.Now())
	check(t, errors.Is(err, ReasonCertificateTableMalformed) || errors.Is(err, ReasonLeafMissing), err)
	report[0x50] ^= 1
	v, err = verifier.VerifySNP(report, certs, nil, time.Unix(-1, -1))
	check(t, errors.Is(err, ReasonReportSignature) && v.Time.Equal(time.Unix(-2, 0)), err, v.Time)
}

func TestPolicyDecides(t *testing.T) {
	policy, err := NewPolicy()
	must(t, err)
	must(t, policy.ReadJSON([]byte(`{"minimum_guest_svn": 200, "minimum_tcb": {"microcode": 255}}`)))
	must(t, policy.Set("report_data", strings.Repeat("11", 64)))
	v, err := trusting(t, "roots/ark.der").VerifySNP(read(t, "report.bin"), read(t, "certs.bin"), policy, time.Now())
	for _, reason := range []Reason{ReasonGuestSVNBelowMinimum, ReasonTCBBelowMinimum, ReasonReportDataMismatch} {
		check(t, errors.Is(err, reason), reason, err)
	}
	check(t, len(v.Shortfalls) == 2 && v.Shortfalls[1].Component == "microcode" && v.Shortfalls[1].Wanted == 255, v.Shortfalls)
	check(t, len(policy.Warnings()) == 0)
	err = policy.ReadJSON([]byte(`{"no_such_member": 1}`))
	check(t, errors.Is(err, syscall.EBADMSG) && strings.Contains(err.Error(), "no_such_member"), err)
	check(t, errors.Is(policy.Set("a\x00b", "1"), syscall.EINVAL))
	policy.Close()
	check(t, errors.Is(policy.Set("max_vmpl", "1"), ErrClosed) && policy.Warnings() == nil)
	_, err = trusting(t, "roots/ark.der").VerifySNP(nil, nil, policy, time.Now())
	check(t, errors.Is(err, ErrClosed), err)
}

func TestQuoteIsVerifiedWithItsCollateral(t *testing.T) {
	quote, verifier, c := read(t, "quote.bin"), trusting(t, "roots/intel_root.der"), collateral(t)
	v, err := verifier.VerifyTDX(quote, nil, c, nil, time.Now())
	must(t, err)
	tcb := v.TDXTCB[TCBPartAll]
	check(t, v.TEE == TDX && v.Signer == SignerPCK && tcb.Status == TCBStatusUpToDate && tcb.DecidedBy == "", tcb)
	check(t, tcb.Status.String() == "UpToDate" && !tcb.Date.IsZero() && len(v.TDXTCB) > 1 && v.TCB == nil, v.TDXTCB)
	check(t, len(v.RTMR[3]) == 48 && len(v.FMSPC) == 6 && v.ChipID == nil && v.EventLog == nil)
	_, err = verifier.VerifyTDX(quote, nil, nil, nil, time.Now())
	check(t, errors.Is(err, ReasonCollateralMissing), err)
	_, err = verifier.VerifyTDX(quote, []byte("no log"), c, nil, time.Now())
	check(t, errors.Is(err, ReasonEventLogMalformed), err)
	c.Close()
	_, err = verifier.VerifyTDX(quote, nil, c, nil, time.Now())
	check(t, errors.Is(err, ErrClosed), err)
}

func TestMalformedInputIsAnErrorThatChangesNothing(t *testing.T) {
	verifier, err := NewVerifier()
	must(t, err)
	c, err := NewCollateral()
	must(t, err)
	for _, bad := range [][]byte{nil, {}, []byte("x"), {0x30, 0x82}} {
		check(t, errors.Is(verifier.AddRoots(bad), syscall.EBADMSG))
		check(t, errors.Is(verifier.AddCRL(bad), syscall.EBADMSG))
		check(t, errors.Is(c.Add(bad), syscall.EBADMSG))
	}
	n, err := verifier.AddCertificates(read(t, "roots/ark.der"))
	check(t, n == 1 && err == nil, n, err)
	must(t, verifier.AddCRL(read(t, "crl.der")))
	v, _ := verifier.VerifySNP(read(t, "report.bin"), nil, nil, time.Now())
	check(t, !v.RootsSupplied)
}

// Verifications, additions and the end of a verifier at once, for the race detector and for ASan.
func TestGoroutinesShareWhatIsClosedWhileTheyRun(t *testing.T) {
	report, certs, crl := read(t, "report.bin"), read(t, "certs.bin"), read(t, "crl.der")
	verifier := trusting(t, "roots/ark.der")
	policy, err := NewPolicy()
	must(t, err)
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for n := 0; n < 30; n++ {
				v, err := verifier.VerifySNP(report, certs, policy, time.Now())
				if err == ErrClosed {
					return
				}
				if err != nil || v.JSON() == "" || len(v.Measurement) != 48 {
					t.Error(err)
					return
				}
				switch {
				case i == 0 && n%5 == 0:
					if err := verifier.AddCRL(crl); err != nil && err != ErrClosed {
						t.Error(err)
					}
				case i == 1 && n%5 == 0:
					if err := policy.Set("minimum_guest_svn", "0"); err != nil {
						t.Error(err)
					}
				case i == 2 && n == 20:
					go verifier.Close()
				case n%3 == 0:
					go v.Close()
					v.Text()
				}
			}
		}(i)
	}
	all.Wait()
	verifier.Close()
	check(t, verifier.AddCRL(crl) == ErrClosed)
}

// Bytes inside an object that has pointers of Go, which cgo refuses to pass as a void pointer.
func TestInputMayLieBesidePointers(t *testing.T) {
	verifier, err := NewVerifier()
	must(t, err)
	policy, err := NewPolicy()
	must(t, err)
	for _, add := range []func([]byte) error{
		verifier.AddRoots, verifier.AddCRL, collateral(t).Add, policy.ReadJSON,
		func(b []byte) error { _, err := verifier.AddCertificates(b); return err },
		func(b []byte) error { _, err := verifier.VerifySNP(b, b, nil, time.Now()); return err },
		func(b []byte) error { _, err := verifier.VerifyTDX(b, b, nil, nil, time.Now()); return err },
	} {
		var input struct {
			bytes [16]byte
			next  *int
		}
		input.next = new(int)
		check(t, add(input.bytes[:]) != nil)
	}
}

func TestGarbageIsFreed(t *testing.T) {
	freed := make(chan bool, 100)
	for i := 0; i < 100; i++ {
		v := trusting(t, "roots/ark.der")
		free := v.free
		v.free = func(at unsafe.Pointer) { free(at); freed <- true }
	}
	for deadline := time.Now().Add(20 * time.Second); len(freed) < 90; runtime.Gosched() {
		check(t, time.Now().Before(deadline), "freed:", len(freed))
		runtime.GC()
	}
}

func TestConstantsAreThoseOfTheHeaders(t *testing.T) {
	all := constants()
	check(t, len(all) > 180, len(all))
	for _, c := range all {
		check(t, reflect.DeepEqual(c[1], c[2]), c)
	}
	check(t, strings.HasPrefix(Version(), "0."), Version())
}

// Evidence of real machines, if there is some: it is read, and never accepted without what it lacks.
func TestEveryFileOfADirectoryOfEvidenceHasAVerdict(t *testing.T) {
	directory := os.Getenv("JURAT_EVIDENCE")
	if directory == "" {
		t.Skip("JURAT_EVIDENCE names no directory of evidence")
	}
	verifier, err := NewVerifier()
	must(t, err)
	verdicts := 0
	must(t, filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		must(t, err)
		n := len(b)
		if n > 1184 {
			n = 1184
		}
		v, err := verifier.VerifySNP(b[:n], b[n:], nil, time.Now())
		check(t, err == nil || errors.Is(err, ErrRefused) && len(v.Reasons) > 0, path, err)
		v, err = verifier.VerifyTDX(b, nil, nil, nil, time.Now())
		check(t, errors.Is(err, ErrRefused) && len(v.Reasons) > 0, path, err)
		verdicts += 2
		return nil
	}))
	t.Log(verdicts, "verdicts")
}
