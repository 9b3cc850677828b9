// SPDX-License-Identifier: MIT

package jurat

// #include <stdlib.h>
// #include <jurat/verify.h>
import "C"

import (
	"strings"
	"time"
	"unsafe"
)

// A TEE is a kind of TEE.
type TEE uint32

// Values of TEE.
const (
	SEVSNP TEE = C.JURAT_TEE_SEV_SNP
	TDX    TEE = C.JURAT_TEE_TDX
)

// A Verdict is the result for one piece of evidence, and may outlive its verifier. For refused evidence it has what that
// evidence claims, which is unverified. Slices are nil where there is no value. The members stay after Close; Field, Number,
// JSON and Text then return nothing.
type Verdict struct {
	*handle
	Accepted      bool
	TEE           TEE
	Time          time.Time // of verification
	RootsSupplied bool      // AddRoots replaced the vendors' roots
	Reasons       []ReasonDetail
	NotJudged     []NotJudgedDetail // what was not checked, also in evidence that was accepted
	ReportData    []byte            // 64 bytes
	Measurement   []byte            // 48 bytes: MEASUREMENT of an SEV-SNP guest, or MRTD of a TD
	Signer        Signer
	Product       string                // SEV-SNP: "Milan", "Genoa" or "Turin"
	ChipID        []byte                // SEV-SNP: 64 bytes
	TCB           map[SNPTCBKind]SNPTCB // SEV-SNP
	RTMR          [4][]byte             // TDX: 48 bytes each
	FMSPC         []byte                // TDX: 6 bytes
	TDXTCB        map[TCBPart]TDXTCB    // TDX; only what was evaluated
	EventLog      *EventLog             // TDX; nil: there was no readable one
	Advisories    []string              // TDX: those that apply to the TCB
	Shortfalls    []Shortfall           // values that are too low
}

// A ReasonDetail is a reason for a refusal, with one line for people.
type ReasonDetail struct {
	Code   Reason
	Detail string
}

// A NotJudgedDetail is something that was not checked, and why.
type NotJudgedDetail struct {
	Code   NotJudged
	Detail string
}

// An SNPTCB is a TCB_VERSION. Compare it component by component, never as one number.
type SNPTCB struct {
	Raw                                  uint64 // as in the report
	HasParts                             bool   // the members below are valid; always for accepted evidence
	FMC, BootLoader, TEE, SNP, Microcode uint32 // FMC: Turin only
}

// A TDXTCB is the TCB status of a TD quote, combined or of one part.
type TDXTCB struct {
	Status, LaunchStatus, CurrentStatus TCBStatus
	Date                                time.Time // of the TCB level; zero: none
	DecidedBy                           string    // the part that decides; "": all is up to date
}

// An EventLog is what the event log of a TD says.
type EventLog struct {
	Events         int
	Explained      uint32 // bit n: replaying the log gives the value of RTMRn
	SecureBoot     SecureBoot
	KernelCmdlines []string // any bytes but NUL
}

// A Shortfall is a value that is too low.
type Shortfall struct {
	Part, Component string
	Is, Wanted      uint64
	Status          TCBStatus // TDX: of the TCB level that requires Wanted
	Date            time.Time // of that level; zero: none
	Advisories      []string  // that still apply at that level
	Name            string    // what the collateral calls the component
}

// HasReason reports whether a code is among the reasons.
func (v *Verdict) HasReason(code Reason) bool {
	for _, r := range v.Reasons {
		if r.Code == code {
			return true
		}
	}
	return false
}

// read runs f with the verdict of C, if there is one.
func (v *Verdict) read(f func(*C.struct_jurat_verdict)) {
	if v == nil || v.handle == nil {
		return
	}
	if at, unlock, err := v.shared(); err == nil {
		defer unlock()
		f((*C.struct_jurat_verdict)(at))
	}
}

// JSON returns the whole verdict as `jurat verify --output json` prints it, for logs.
func (v *Verdict) JSON() (json string) {
	v.read(func(c *C.struct_jurat_verdict) { json = owned(C.jurat_verdict_json(c)) })
	return json
}

// Text returns the whole verdict as `jurat verify` prints it, for people.
func (v *Verdict) Text() (text string) {
	v.read(func(c *C.struct_jurat_verdict) { text = owned(C.jurat_verdict_text(c)) })
	return text
}

// Field returns a byte string of the evidence by its name in `jurat show`, such as "host_data"; nil: there is no such field.
func (v *Verdict) Field(name string) (field []byte) {
	v.read(func(c *C.struct_jurat_verdict) {
		text, b, n := C.CString(name), (*C.uint8_t)(nil), C.size_t(0)
		defer C.free(unsafe.Pointer(text))
		if strings.IndexByte(name, 0) < 0 && C.jurat_verdict_field_bytes(c, text, &b, &n) == 0 {
			field = bytesOf(b, C.int(n))
		}
	})
	return field
}

// Number returns an integer field of the evidence by its name in `jurat show`, such as "vmpl", and whether there is one.
func (v *Verdict) Number(name string) (number uint64, found bool) {
	v.read(func(c *C.struct_jurat_verdict) {
		text, n := C.CString(name), C.uint64_t(0)
		defer C.free(unsafe.Pointer(text))
		found = strings.IndexByte(name, 0) < 0 && C.jurat_verdict_field_number(c, text, &n) == 0
		number = uint64(n)
	})
	return number, found
}

func bytesOf(b *C.uint8_t, n C.int) []byte {
	if b == nil {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(b), n)
}

// texts returns the strings of f from 0 until NULL.
func texts(f func(C.size_t) *C.char) (all []string) {
	for i := C.size_t(0); ; i++ {
		text := f(i)
		if text == nil {
			return all
		}
		all = append(all, C.GoString(text))
	}
}

func owned(text *C.char) string {
	defer C.free(unsafe.Pointer(text))
	return C.GoString(text)
}

func date(has C.int, seconds C.int64_t) time.Time {
	if has == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// newVerdict copies what a verdict says, and owns it.
func newVerdict(c *C.struct_jurat_verdict) *Verdict {
	free := func(at unsafe.Pointer) { C.jurat_verdict_free((*C.struct_jurat_verdict)(at)) }
	v := &Verdict{
		handle:        newHandle(unsafe.Pointer(c), free),
		Accepted:      C.jurat_verdict_accepted(c) == 1,
		TEE:           TEE(C.jurat_verdict_tee(c)),
		Time:          time.Unix(int64(C.jurat_verdict_time(c)), 0).UTC(),
		RootsSupplied: C.jurat_verdict_roots_supplied(c) != 0,
		ReportData:    bytesOf(C.jurat_verdict_report_data(c), 64),
		Measurement:   bytesOf(C.jurat_verdict_measurement(c), 48),
		Signer:        Signer(C.jurat_verdict_signer(c)),
		Product:       C.GoString(C.jurat_verdict_snp_product(c)),
		ChipID:        bytesOf(C.jurat_verdict_snp_chip_id(c), 64),
		FMSPC:         bytesOf(C.jurat_verdict_tdx_fmspc(c), 6),
		Advisories:    texts(func(i C.size_t) *C.char { return C.jurat_verdict_tdx_advisory(c, i) }),
	}
	for i := C.size_t(0); i < C.jurat_verdict_reason_count(c); i++ {
		code, detail := C.jurat_verdict_reason_code(c, i), C.jurat_verdict_reason_detail(c, i)
		v.Reasons = append(v.Reasons, ReasonDetail{Reason(C.GoString(code)), C.GoString(detail)})
	}
	for i := C.size_t(0); i < C.jurat_verdict_not_judged_count(c); i++ {
		code, detail := C.jurat_verdict_not_judged_code(c, i), C.jurat_verdict_not_judged_detail(c, i)
		v.NotJudged = append(v.NotJudged, NotJudgedDetail{NotJudged(C.GoString(code)), C.GoString(detail)})
	}
	for i := range v.RTMR {
		v.RTMR[i] = bytesOf(C.jurat_verdict_tdx_rtmr(c, C.uint(i)), 48)
	}
	v.readTCB(c)
	v.readEventLog(c)
	for i := C.size_t(0); i < C.jurat_verdict_shortfall_count(c); i++ {
		v.readShortfall(c, i)
	}
	return v
}

func (v *Verdict) readTCB(c *C.struct_jurat_verdict) {
	for _, kind := range []SNPTCBKind{SNPTCBKindReported, SNPTCBKindCommitted, SNPTCBKindCurrent, SNPTCBKindLaunch} {
		tcb := C.struct_jurat_snp_tcb{size: C.sizeof_struct_jurat_snp_tcb}
		if C.jurat_verdict_snp_tcb(c, C.enum_jurat_snp_tcb_kind(kind), &tcb) != 0 {
			continue
		}
		if v.TCB == nil {
			v.TCB = map[SNPTCBKind]SNPTCB{}
		}
		v.TCB[kind] = SNPTCB{uint64(tcb.raw), tcb.has_parts != 0, uint32(tcb.fmc), uint32(tcb.boot_loader), uint32(tcb.tee),
			uint32(tcb.snp), uint32(tcb.microcode)}
	}
	for _, part := range []TCBPart{TCBPartAll, TCBPartPlatform, TCBPartModule, TCBPartQE, TCBPartThisPlatform} {
		tcb := C.struct_jurat_tdx_tcb{size: C.sizeof_struct_jurat_tdx_tcb}
		if C.jurat_verdict_tdx_tcb(c, C.enum_jurat_tdx_tcb_part(part), &tcb) != 0 {
			continue
		}
		if v.TDXTCB == nil {
			v.TDXTCB = map[TCBPart]TDXTCB{}
		}
		v.TDXTCB[part] = TDXTCB{TCBStatus(tcb.status), TCBStatus(tcb.launch_status), TCBStatus(tcb.current_status),
			date(tcb.has_date, tcb.date), C.GoString(tcb.decided_by)}
	}
}

func (v *Verdict) readEventLog(c *C.struct_jurat_verdict) {
	log := C.struct_jurat_tdx_event_log{size: C.sizeof_struct_jurat_tdx_event_log}
	if C.jurat_verdict_tdx_event_log(c, &log) != 0 {
		return
	}
	cmdlines := texts(func(i C.size_t) *C.char { return C.jurat_verdict_tdx_kernel_cmdline(c, i) })
	v.EventLog = &EventLog{int(log.event_count), uint32(log.explained), SecureBoot(log.secure_boot), cmdlines}
}

func (v *Verdict) readShortfall(c *C.struct_jurat_verdict, i C.size_t) {
	s := C.struct_jurat_shortfall{size: C.sizeof_struct_jurat_shortfall}
	if C.jurat_verdict_shortfall(c, i, &s) != 0 {
		return
	}
	advisories := texts(func(k C.size_t) *C.char { return C.jurat_verdict_shortfall_advisory(c, i, k) })
	v.Shortfalls = append(v.Shortfalls, Shortfall{C.GoString(s.part), C.GoString(s.component), uint64(s.is), uint64(s.wanted),
		TCBStatus(s.status), date(s.has_date, s.date), advisories, C.GoString(s.name)})
}

// String returns Intel's name of a TCB status, such as "UpToDate", as policies and JSON have it; "" for an unknown status.
func (s TCBStatus) String() string {
	return C.GoString(C.jurat_tdx_tcb_status_name(C.enum_jurat_tdx_tcb_status(s)))
}
