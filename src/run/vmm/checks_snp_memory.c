/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_snp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "wire/snp_certs.h"

/* gpa and npages are the guest's RAX and RBX. KVM checks neither but RAX's alignment. */

/* One exit on any vCPU. false: the check is over. The caller calls snp_ask_done(). */
static bool ask_for(struct check_vmm *vmm, struct check_result *result, uint64_t gpa, uint64_t npages,
		    struct snp_ask *ask)
{
	struct check_vcpu *vcpu = check_vcpu(vmm, 0);

	snp_ask_init(ask, result, gpa, npages);
	if (!vcpu) {
		check_skip(result, "none of the VMM's vCPUs runs any more");
		return false;
	}
	return snp_ask_make(vmm, vcpu, ask);
}

/* ENOSPC with `pages`, for fewer than these, and nothing is written. */
static void expect_too_few(struct check_vmm *vmm, struct check_result *result, uint64_t npages,
			   uint64_t pages)
{
	uint64_t area = snp_area(vmm, result);
	bool was_locked = check_blob_locked(vmm); /* another check's */
	char when[64];
	struct snp_ask ask;

	if (area == 0)
		return;
	snprintf(when, sizeof(when), "for npages %llu and a blob of %llu pages", (unsigned long long)npages,
		 (unsigned long long)pages);
	if (ask_for(vmm, result, area, npages, &ask) && snp_expect_ret(&ask, ENOSPC, when)) {
		if (ask.exit.npages != pages)
			check_fail(result, "expected npages %llu with ENOSPC %s, found %llu",
				   (unsigned long long)pages, when, (unsigned long long)ask.exit.npages);
		else if (!snp_is_untouched(vmm, area, SNP_AREA_PAGES * SNP_PAGE))
			check_fail(result, "expected that nothing is written with ENOSPC %s", when);
		else if (!was_locked && check_blob_locked(vmm))
			check_fail(result, "expected no lock after ENOSPC %s: the firmware is not called",
				   when);
	}
	snp_ask_done(&ask);
}

void snp_check_size_query(struct check_vmm *vmm, struct check_result *result)
{
	expect_too_few(vmm, result, 0, snp_blob_pages(vmm));
}

void snp_check_too_few(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t pages = snp_blob_pages(vmm);

	if (pages < 2)
		check_skip(result, "the certificate blob needs one page");
	for (uint64_t npages = 1; npages < pages && result->verdict == CHECK_HELD; npages++)
		expect_too_few(vmm, result, npages, pages);
}

/* Certificates, for a guest that offers `npages`: the report verifies; nothing behind `pages` is written. */
static void expect_fit(struct check_vmm *vmm, struct check_result *result, uint64_t npages, uint64_t pages)
{
	uint64_t area = snp_area(vmm, result);
	struct snp_ask ask;

	if (area == 0)
		return;
	if (ask_for(vmm, result, area, npages, &ask) && snp_expect_match(&ask) &&
	    !snp_is_untouched(vmm, area + pages * SNP_PAGE, (size_t)(SNP_AREA_PAGES - pages) * SNP_PAGE))
		check_fail(
			result,
			"expected that nothing is written behind the %llu pages of the blob, for npages %llu",
			(unsigned long long)pages, (unsigned long long)npages);
	snp_ask_done(&ask);
}

void snp_check_exact(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t pages = snp_blob_pages(vmm);

	expect_fit(vmm, result, pages, pages);
	if (result->verdict == CHECK_HELD)
		expect_fit(vmm, result, SNP_AREA_PAGES, pages);
}

static bool resize(struct check_vmm *vmm, struct check_result *result, uint64_t size)
{
	int fd = snp_lock_exclusive(vmm);
	bool done = fd >= 0 && ftruncate(fd, (off_t)size) == 0;

	if (fd >= 0)
		close(fd);
	if (!done)
		check_skip(result, "the certificate blob cannot be changed: a lock on it was never dropped");
	return done;
}

/* B20: zeros behind the table do not change it. */
void snp_check_page_count(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t size = snp_blob_bytes(vmm), pages = snp_blob_pages(vmm) + 1;
	const struct {
		uint64_t size, pages;
	} cases[] = { { pages * SNP_PAGE - 1, pages },
		      { pages * SNP_PAGE, pages },
		      { pages * SNP_PAGE + 1, pages + 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases) && result->verdict == CHECK_HELD; i++) {
		if (!resize(vmm, result, cases[i].size))
			return;
		expect_too_few(vmm, result, 0, cases[i].pages);
		if (result->verdict == CHECK_HELD)
			expect_too_few(vmm, result, cases[i].pages - 1, cases[i].pages);
		if (result->verdict == CHECK_HELD)
			expect_fit(vmm, result, cases[i].pages, cases[i].pages);
	}
	(void)resize(vmm, result, size);
}

void snp_check_huge(struct check_vmm *vmm, struct check_result *result)
{
	/* B21: products with 4096 that are 0 in 32 or 64 bits; signs; the end of the address space. */
	const uint64_t cases[] = { UINT64_C(1) << 20, UINT64_C(1) << 32, UINT64_C(1) << 52, UINT64_C(1) << 63,
				   UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(cases) && result->verdict == CHECK_HELD; i++) {
		uint64_t area = snp_area(vmm, result);
		char when[64];
		struct snp_ask ask;

		if (area == 0)
			return;
		snprintf(when, sizeof(when), "for npages %#llx", (unsigned long long)cases[i]);
		/* A VMM may also refuse what no guest can have. */
		if (ask_for(vmm, result, area, cases[i], &ask) && ask.exit.ret != EIO &&
		    snp_expect_ret(&ask, 0, when))
			(void)snp_expect_match(&ask);
		snp_ask_done(&ask);
	}
}

void snp_check_unaligned(struct check_vmm *vmm, struct check_result *result)
{
	enum { OFF = 16 };
	uint64_t area = snp_area(vmm, result), pages = snp_blob_pages(vmm);
	struct snp_ask ask;

	if (area == 0)
		return;
	if (ask_for(vmm, result, area + OFF, pages, &ask) && snp_ret_is_known(&ask) && ask.exit.ret != EIO)
		(void)snp_expect_match(&ask);
	if (result->verdict == CHECK_HELD &&
	    (!snp_is_untouched(vmm, area, OFF) ||
	     !snp_is_untouched(vmm, area + (pages + 1) * SNP_PAGE,
			       (size_t)(SNP_AREA_PAGES - pages - 1) * SNP_PAGE)))
		check_fail(result, "expected that only the pages behind gpa are written");
	snp_ask_done(&ask);
}

/* EIO for such an address. */
static void expect_eio(struct check_vmm *vmm, struct check_result *result, uint64_t gpa, const char *when)
{
	bool was_locked = check_blob_locked(vmm);
	struct snp_ask ask;

	if (ask_for(vmm, result, gpa, SNP_AREA_PAGES, &ask) && snp_expect_ret(&ask, EIO, when) &&
	    !was_locked && check_blob_locked(vmm))
		check_fail(result, "expected no lock after EIO %s: the firmware is not called", when);
	snp_ask_done(&ask);
}

void snp_check_hole(struct check_vmm *vmm, struct check_result *result)
{
	expect_eio(vmm, result, check_hole(vmm), "for a gpa in no memory slot");
	if (result->verdict == CHECK_HELD)
		expect_eio(vmm, result, UINT64_MAX & ~(uint64_t)(SNP_PAGE - 1),
			   "for the last page of the address space");
	if (result->verdict == CHECK_HELD)
		expect_eio(vmm, result, UINT64_C(1) << 63, "for a gpa of 64 bits");
}

void snp_check_mmio(struct check_vmm *vmm, struct check_result *result)
{
	enum { LOCAL_APIC = 0xfee00000u };
	uint8_t byte;

	if (check_read(vmm, LOCAL_APIC, &byte, 1) == 0)
		check_skip(result, "the VM has memory at %#x", LOCAL_APIC);
	else
		expect_eio(vmm, result, LOCAL_APIC, "for the gpa of the local APIC");
}

/* EIO, and the page stays as it is. */
static void expect_kept(struct check_vmm *vmm, struct check_result *result, uint64_t gpa, const char *when)
{
	uint8_t before[SNP_PAGE], after[SNP_PAGE];

	if (session_read_host(vmm, gpa, before, sizeof(before)) < 0) {
		check_skip(result, "the VM's memory at %#llx cannot be read", (unsigned long long)gpa);
		return;
	}
	expect_eio(vmm, result, gpa, when);
	if (session_read_host(vmm, gpa, after, sizeof(after)) == 0 &&
	    memcmp(before, after, sizeof(after)) != 0)
		check_fail(result, "expected that nothing is written %s; the page has changed", when);
}

void snp_check_rom(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t gpa = check_rom(vmm);

	if (gpa == 0)
		check_skip(result, "the VM has no read-only memory slot");
	else
		expect_kept(vmm, result, gpa, "for a gpa in ROM");
}

void snp_check_private(struct check_vmm *vmm, struct check_result *result)
{
	const struct session_vm *vm = session_vm(vmm);

	for (size_t i = vm ? vm->n_ranges : 0; i > 0; i--)
		if (session_is_private(vm, vm->ranges[i - 1].gpa)) {
			expect_kept(vmm, result, vm->ranges[i - 1].gpa, "for a gpa that is private");
			return;
		}
	check_skip(result, "the VM has no private memory");
}

/* The last page alone is not enough. The guest gets it back as it was. */
void snp_check_end(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t gpa = check_last_page(vmm);
	uint8_t before[SNP_PAGE];

	if (gpa == 0 || check_read(vmm, gpa, before, sizeof(before)) < 0) {
		check_skip(result, "the VM has no end of memory");
		return;
	}
	if (snp_blob_pages(vmm) < 2) {
		check_skip(result, "the certificate blob needs one page");
		return;
	}
	expect_eio(vmm, result, gpa, "for a gpa in the last page of memory");
	(void)check_write(vmm, gpa, before, sizeof(before));
}

/* Whatever goes wrong, `ret` is a number that KVM knows. */
void snp_check_ret(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t area = snp_area(vmm, result), blob = snp_blob_pages(vmm);
	const struct {
		uint64_t gpa, npages;
	} cases[] = { { area, SNP_AREA_PAGES },  { area, 0 },
		      { area, blob - 1 },        { area + 1, blob },
		      { check_hole(vmm), blob }, { check_hole(vmm), 0 },
		      { UINT64_MAX, blob },      { UINT64_MAX - SNP_PAGE + 1, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases) && area != 0 && result->verdict == CHECK_HELD; i++) {
		struct snp_ask ask;

		if (ask_for(vmm, result, cases[i].gpa, cases[i].npages, &ask))
			(void)snp_ret_is_known(&ask);
		snp_ask_done(&ask);
	}
}
