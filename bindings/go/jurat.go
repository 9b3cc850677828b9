// SPDX-License-Identifier: MIT

// Package jurat verifies attestation evidence of confidential VMs, SEV-SNP and TDX, with libjurat. It works offline and fails
// closed: an error that is nil means that the evidence was accepted.
//
//	verifier, err := jurat.NewVerifier() // trusts the vendors' roots
//	...
//	verdict, err := verifier.VerifySNP(report, certs, nil, time.Now())
//	if err != nil { // errors.Is(err, jurat.ErrRefused), errors.Is(err, jurat.ReasonLeafMissing) ...
//		return err
//	}
//
// Every type is safe for use by several goroutines. Any number of them verify at once with one Verifier; a call that adds to a
// Verifier, Policy or Collateral waits until those that use it have ended. C keeps no pointer to memory of Go. What is not
// closed is freed when it is garbage.
//
// The manual pages of the C functions have the details; jurat-verify(1) lists the reasons for a refusal, jurat-policy(5) the
// members of a policy. pkg-config finds the library.
package jurat

// #cgo pkg-config: jurat
// #include <stdlib.h>
// #include <jurat/verify.h>
// #include <jurat/version.h>
//
// /* C puts structs together: memory of Go may not hold pointers to memory of Go while C uses it. */
// static int verify_snp(struct jurat_verifier *verifier, const uint8_t *report, size_t report_size, const uint8_t *certs,
//		size_t certs_size, const struct jurat_policy *policy, int64_t at, struct jurat_verdict **ret, struct jurat_error *err)
// {
//	struct jurat_snp_evidence evidence = { sizeof(evidence), report, report_size, certs, certs_size };
//	return jurat_verify_snp(verifier, &evidence, policy, at, ret, err);
// }
//
// static int verify_tdx(struct jurat_verifier *verifier, const uint8_t *quote, size_t quote_size, const uint8_t *log,
//		size_t log_size, const struct jurat_tdx_collateral *collateral, const struct jurat_policy *policy, int64_t at,
//		struct jurat_verdict **ret, struct jurat_error *err)
// {
//	struct jurat_tdx_evidence evidence = { sizeof(evidence), quote, quote_size, log, log_size };
//	return jurat_verify_tdx(verifier, &evidence, collateral, policy, at, ret, err);
// }
//
// /* With a pointer to bytes: cgo inspects all of the Go object into which a void pointer points, and may find pointers there. */
// static int add_roots(struct jurat_verifier *verifier, const uint8_t *bytes, size_t size, struct jurat_error *err)
// {
//	return jurat_verifier_add_roots(verifier, bytes, size, err);
// }
//
// static int add_certificates(struct jurat_verifier *verifier, const uint8_t *bytes, size_t size, size_t *n, struct jurat_error *err)
// {
//	return jurat_verifier_add_certificates(verifier, bytes, size, n, err);
// }
//
// static int add_crl(struct jurat_verifier *verifier, const uint8_t *bytes, size_t size, struct jurat_error *err)
// {
//	return jurat_verifier_add_crl(verifier, bytes, size, err);
// }
//
// static int add_collateral(struct jurat_tdx_collateral *collateral, const uint8_t *bytes, size_t size, struct jurat_error *err)
// {
//	return jurat_tdx_collateral_add(collateral, bytes, size, err);
// }
import "C"

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A Reason is a code of why evidence is refused. It is an error so that errors.Is finds it in a RefusedError.
type Reason string

// Error returns the code.
func (r Reason) Error() string { return string(r) }

// A NotJudged is a code of something that a verdict does not cover.
type NotJudged string

// ErrRefused is what errors.Is finds in every RefusedError.
var ErrRefused = errors.New("refused")

// ErrClosed is the error of a call with a Verifier, Policy or Collateral after its Close.
var ErrClosed = errors.New("jurat: used after Close")

// An Error says why a call failed; nothing was changed, and nothing was verified. errors.Is compares it with its Errno, such
// as syscall.EBADMSG for malformed input.
type Error struct {
	Errno syscall.Errno
	Text  string // "where: what: why", one line
}

// Error returns the text.
func (e *Error) Error() string {
	if e.Text == "" {
		return e.Errno.Error()
	}
	return e.Text
}

// Unwrap returns the Errno.
func (e *Error) Unwrap() error { return e.Errno }

// A RefusedError is the error for evidence that is refused. errors.Is finds ErrRefused and each Reason in it.
type RefusedError struct {
	Verdict *Verdict // with all reasons
}

// Error returns every reason with its detail.
func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString("refused")
	for _, r := range e.Verdict.Reasons {
		b.WriteString("; " + string(r.Code) + ": " + r.Detail)
	}
	return b.String()
}

// Is reports whether target is ErrRefused or a Reason of the refusal.
func (e *RefusedError) Is(target error) bool {
	reason, ok := target.(Reason)
	return target == ErrRefused || ok && e.Verdict.HasReason(reason)
}

// call returns what C says of a failure.
func call(f func(*C.struct_jurat_error) C.int) (C.int, error) {
	var text C.struct_jurat_error
	result := f(&text)
	if result < 0 {
		return result, &Error{Errno: syscall.Errno(-result), Text: C.GoString(&text.text[0])}
	}
	return result, nil
}

// first returns where the bytes begin; NULL if there are none.
func first(b []byte) *C.uint8_t {
	if len(b) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&b[0]))
}

// optional is first for input that may be there and empty.
func optional(b []byte) *C.uint8_t {
	if b != nil && len(b) == 0 {
		b = []byte{0}
	}
	return first(b)
}

// A handle is freed once: by Close, or when it is garbage. Those who read hold the lock shared, those who change it alone.
type handle struct {
	lock sync.RWMutex
	at   unsafe.Pointer
	free func(unsafe.Pointer)
}

func newHandle(at unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	h := &handle{at: at, free: free}
	runtime.SetFinalizer(h, (*handle).Close)
	return h
}

// Close frees it. Calls that use it end first; later ones fail. Closing twice is harmless.
func (h *handle) Close() {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.at != nil {
		h.free(h.at)
		h.at = nil
		runtime.SetFinalizer(h, nil)
	}
}

// alone runs f while nothing else uses the handle.
func (h *handle) alone(f func(unsafe.Pointer, *C.struct_jurat_error) C.int) error {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.at == nil {
		return ErrClosed
	}
	_, err := call(func(text *C.struct_jurat_error) C.int { return f(h.at, text) })
	runtime.KeepAlive(h)
	return err
}

// A Verifier has roots, endorsements, CRLs, and bounded caches of earlier checks.
type Verifier struct{ *handle }

// NewVerifier creates a verifier that trusts the vendors' roots.
func NewVerifier() (*Verifier, error) {
	var at *C.struct_jurat_verifier
	if _, err := call(func(text *C.struct_jurat_error) C.int { return C.jurat_verifier_new(&at, text) }); err != nil {
		return nil, err
	}
	free := func(at unsafe.Pointer) { C.jurat_verifier_free((*C.struct_jurat_verifier)(at)) }
	return &Verifier{newHandle(unsafe.Pointer(at), free)}, nil
}

// AddRoots trusts the self-signed certificates in b instead of the vendors' roots. Further calls add roots.
func (v *Verifier) AddRoots(b []byte) error {
	return v.alone(func(at unsafe.Pointer, text *C.struct_jurat_error) C.int {
		return C.add_roots((*C.struct_jurat_verifier)(at), first(b), C.size_t(len(b)), text)
	})
}

// AddCertificates adds endorsements that evidence may lack, in any form that jurat-verify(1) lists, and returns their number.
func (v *Verifier) AddCertificates(b []byte) (int, error) {
	var n C.size_t
	err := v.alone(func(at unsafe.Pointer, text *C.struct_jurat_error) C.int {
		return C.add_certificates((*C.struct_jurat_verifier)(at), first(b), C.size_t(len(b)), &n, text)
	})
	return int(n), err
}

// AddCRL adds a CRL, which applies to the root that signed it.
func (v *Verifier) AddCRL(b []byte) error {
	return v.alone(func(at unsafe.Pointer, text *C.struct_jurat_error) C.int {
		return C.add_crl((*C.struct_jurat_verifier)(at), first(b), C.size_t(len(b)), text)
	})
}

// A Policy is what the relying party requires.
type Policy struct{ *handle }

// NewPolicy creates the default policy: debug is refused, nothing else is restricted.
func NewPolicy() (*Policy, error) {
	var at *C.struct_jurat_policy
	if _, err := call(func(text *C.struct_jurat_error) C.int { return C.jurat_policy_new(&at, text) }); err != nil {
		return nil, err
	}
	free := func(at unsafe.Pointer) { C.jurat_policy_free((*C.struct_jurat_policy)(at)) }
	return &Policy{newHandle(unsafe.Pointer(at), free)}, nil
}

// ReadJSON sets the members that the JSON has, strictly; all others keep their values. jurat-policy(5) lists them.
func (p *Policy) ReadJSON(json []byte) error {
	return p.alone(func(at unsafe.Pointer, text *C.struct_jurat_error) C.int {
		return C.jurat_policy_read_json((*C.struct_jurat_policy)(at), (*C.char)(unsafe.Pointer(first(json))), C.size_t(len(json)), text)
	})
}

// Set sets one member; the quotes around a string may be omitted.
func (p *Policy) Set(member, value string) error {
	if strings.IndexByte(member+value, 0) >= 0 {
		return &Error{Errno: syscall.EINVAL, Text: "a policy's member contains a NUL"}
	}
	m, v := C.CString(member), C.CString(value)
	defer C.free(unsafe.Pointer(m))
	defer C.free(unsafe.Pointer(v))
	return p.alone(func(at unsafe.Pointer, text *C.struct_jurat_error) C.int {
		return C.jurat_policy_set((*C.struct_jurat_policy)(at), m, v, text)
	})
}

// Warnings says which names from an earlier release the policy uses.
func (p *Policy) Warnings() (warnings []string) {
	p.lock.RLock()
	defer p.lock.RUnlock()
	for i := C.size_t(0); p.at != nil; i++ {
		text := C.jurat_policy_warning((*C.struct_jurat_policy)(p.at), i)
		if text == nil {
			break
		}
		warnings = append(warnings, C.GoString(text))
	}
	runtime.KeepAlive(p.handle)
	return warnings
}

// A Collateral is Intel's collateral for TD quotes: TCB info, QE identity, CRLs and the certificates of their issuers.
type Collateral struct{ *handle }

// NewCollateral creates an empty set.
func NewCollateral() (*Collateral, error) {
	var at *C.struct_jurat_tdx_collateral
	if _, err := call(func(text *C.struct_jurat_error) C.int { return C.jurat_tdx_collateral_new(&at, text) }); err != nil {
		return nil, err
	}
	free := func(at unsafe.Pointer) { C.jurat_tdx_collateral_free((*C.struct_jurat_tdx_collateral)(at)) }
	return &Collateral{newHandle(unsafe.Pointer(at), free)}, nil
}

// Add adds collateral as served by Intel's PCS or a PCCS; its kind is recognized from the content.
func (c *Collateral) Add(b []byte) error {
	return c.alone(func(at unsafe.Pointer, text *C.struct_jurat_error) C.int {
		return C.add_collateral((*C.struct_jurat_tdx_collateral)(at), first(b), C.size_t(len(b)), text)
	})
}

// VerifySNP verifies an SEV-SNP attestation report at a time, with the GHCB certificate table from the same response, which may
// be nil. policy may be nil: the default policy. The verdict is there for refused evidence as well; the error is nil only for
// evidence that is accepted, otherwise a *RefusedError, or another error when nothing was verified.
func (v *Verifier) VerifySNP(report, certs []byte, policy *Policy, at time.Time) (*Verdict, error) {
	return v.verify(nil, policy, func(verifier *C.struct_jurat_verifier, _ *C.struct_jurat_tdx_collateral, p *C.struct_jurat_policy,
		ret **C.struct_jurat_verdict, text *C.struct_jurat_error) C.int {
		return C.verify_snp(verifier, first(report), C.size_t(len(report)), optional(certs), C.size_t(len(certs)), p,
			C.int64_t(at.Unix()), ret, text)
	})
}

// VerifyTDX verifies a TD quote at a time, and the TD's event log, which may be nil. Without collateral (nil), only a policy
// with allow_no_collateral accepts it. The results are as those of VerifySNP.
func (v *Verifier) VerifyTDX(quote, eventLog []byte, collateral *Collateral, policy *Policy, at time.Time) (*Verdict, error) {
	return v.verify(collateral, policy, func(verifier *C.struct_jurat_verifier, c *C.struct_jurat_tdx_collateral,
		p *C.struct_jurat_policy, ret **C.struct_jurat_verdict, text *C.struct_jurat_error) C.int {
		return C.verify_tdx(verifier, first(quote), C.size_t(len(quote)), optional(eventLog), C.size_t(len(eventLog)), c, p,
			C.int64_t(at.Unix()), ret, text)
	})
}

// shared locks a handle that may be nil for reading.
func (h *handle) shared() (at unsafe.Pointer, unlock func(), err error) {
	h.lock.RLock()
	if h.at == nil {
		h.lock.RUnlock()
		return nil, nil, ErrClosed
	}
	return h.at, func() { h.lock.RUnlock(); runtime.KeepAlive(h) }, nil
}

func (v *Verifier) verify(collateral *Collateral, policy *Policy, f func(*C.struct_jurat_verifier, *C.struct_jurat_tdx_collateral,
	*C.struct_jurat_policy, **C.struct_jurat_verdict, *C.struct_jurat_error) C.int) (*Verdict, error) {
	var c, p unsafe.Pointer
	if collateral != nil {
		at, unlock, err := collateral.shared()
		if err != nil {
			return nil, err
		}
		defer unlock()
		c = at
	}
	if policy != nil {
		at, unlock, err := policy.shared()
		if err != nil {
			return nil, err
		}
		defer unlock()
		p = at
	}
	at, unlock, err := v.shared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var verdict *C.struct_jurat_verdict
	result, err := call(func(text *C.struct_jurat_error) C.int {
		return f((*C.struct_jurat_verifier)(at), (*C.struct_jurat_tdx_collateral)(c), (*C.struct_jurat_policy)(p), &verdict, text)
	})
	if err != nil {
		return nil, err
	}
	ours := newVerdict(verdict)
	if result != 0 || !ours.Accepted {
		return ours, &RefusedError{ours}
	}
	return ours, nil
}

// Version returns the version of libjurat.
func Version() string { return C.GoString(C.jurat_version()) }
