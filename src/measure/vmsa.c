/* SPDX-License-Identifier: MIT */
/*
 * Spec: APM volume 2, table B-4 (the save area), 14.1.3 (registers after INIT). What VMMs and KVM make of
 * them: doc/facts/measurement.md 4.
 */
#include "measure/vmsa.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

enum segment { ES, CS, SS, DS, FS, GS, GDTR, LDTR, IDTR, TR };

enum {
	EFER = 0xd0,
	CR4 = 0x148,
	CR0 = 0x158,
	DR7 = 0x160,
	DR6 = 0x168,
	RFLAGS = 0x170,
	RIP = 0x178,
	G_PAT = 0x268,
	RDX = 0x310,
	SEV_FEATURES = 0x3b0,
	XCR0 = 0x3e8,
	MXCSR = 0x408,
	X87_FCW = 0x410,
};

static void put_segment(uint8_t *page, enum segment which, uint16_t selector, uint16_t attributes,
			uint32_t limit, uint64_t base)
{
	uint8_t *at = page + 16 * which;

	bytes_put_le(at, selector, 2);
	bytes_put_le(at + 2, attributes, 2);
	bytes_put_le(at + 4, limit, 4);
	bytes_put_le(at + 8, base, 8);
}

/* What differs between VMMs. */
static const struct flavour {
	uint16_t cs, ss, tr; /* attributes */
	uint64_t pat;
	bool has_signature; /* RDX is the CPU's signature; otherwise that of the processor's INIT */
	uint16_t mxcsr, fcw;
} flavours[] = {
	[MEASURE_QEMU] = { 0x9b, 0x93, 0x8b, 0x7040600070406, true, 0x1f80, 0x37f },
	[MEASURE_EC2] = { 0x9b, 0x92, 0x83, 0x7040600070406, false, 0, 0 },
	[MEASURE_GCE] = { 0x9b, 0x93, 0x8b, 0x70106, false, 0, 0 },
};

/* An SVSM starts in protected mode with flat segments, and without x87's control word. */
static void put_svsm_start(uint8_t *page, uint32_t eip)
{
	put_segment(page, CS, 8, 0xc9b, 0xffffffff, 0);
	for (unsigned which = ES; which <= FS; which++)
		if (which != CS)
			put_segment(page, which, 16, 0xc93, 0xffffffff, 0);
	bytes_put_le(page + CR0, 0x11, 8);
	bytes_put_le(page + RIP, eip, 8);
	bytes_put_le(page + X87_FCW, 0, 2);
}

static void put_reset_start(uint8_t *page, const struct measure_vmsa *vmsa, const struct flavour *f)
{
	/* EC2's first vCPU alone has a code segment that was not accessed. */
	bool not_accessed = vmsa->vmm == MEASURE_EC2 && vmsa->eip == MEASURE_RESET_VECTOR;

	put_segment(page, ES, 0, 0x93, 0xffff, 0);
	put_segment(page, CS, 0xf000, not_accessed ? 0x9a : f->cs, 0xffff, vmsa->eip & 0xffff0000);
	put_segment(page, SS, 0, f->ss, 0xffff, 0);
	put_segment(page, DS, 0, 0x93, 0xffff, 0);
	put_segment(page, FS, 0, 0x93, 0xffff, 0);
	bytes_put_le(page + CR0, 0x10, 8);
	bytes_put_le(page + RIP, vmsa->eip & 0xffff, 8);
}

static void write_page(const struct measure_vmsa *vmsa, uint8_t *ret)
{
	const struct flavour *f = &flavours[vmsa->vmm];

	memset(ret, 0, MEASURE_PAGE_BYTES);
	put_segment(ret, GS, 0, 0x93, 0xffff, 0);
	put_segment(ret, GDTR, 0, 0, 0xffff, 0);
	put_segment(ret, LDTR, 0, 0x82, 0xffff, 0);
	put_segment(ret, IDTR, 0, 0, 0xffff, 0);
	put_segment(ret, TR, 0, f->tr, 0xffff, 0);
	bytes_put_le(ret + EFER, 0x1000, 8); /* SVME, which KVM sets */
	bytes_put_le(ret + CR4, 0x40, 8);    /* MCE, which KVM sets */
	bytes_put_le(ret + DR7, 0x400, 8);
	bytes_put_le(ret + DR6, 0xffff0ff0, 8);
	bytes_put_le(ret + RFLAGS, 2, 8);
	bytes_put_le(ret + G_PAT, f->pat, 8);
	bytes_put_le(ret + RDX, f->has_signature ? vmsa->vcpu_signature : 0x600, 8);
	bytes_put_le(ret + SEV_FEATURES, vmsa->guest_features, 8);
	bytes_put_le(ret + XCR0, 1, 8);
	bytes_put_le(ret + MXCSR, f->mxcsr, 4);
	bytes_put_le(ret + X87_FCW, f->fcw, 2);
	if (vmsa->svsm)
		put_svsm_start(ret, vmsa->eip);
	else
		put_reset_start(ret, vmsa, f);
}

void measure_vmsa_make(const struct measure_vmsa *vmsa, struct measure_vmsa_page *ret)
{
	write_page(vmsa, ret->bytes);
	crypto_sha384(ret->bytes, sizeof(ret->bytes), ret->digest);
}
