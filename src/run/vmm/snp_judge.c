/* SPDX-License-Identifier: MIT */
#include "run/vmm/snp_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jurat/verify.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "run/vmm/session.h"
#include "run/vmm/snp_answer.h"
#include "uapi/kvm.h"
#include "uapi/sev.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"

struct snp_judge {
	struct jurat_verifier *verifier;
	unsigned vcpu; /* of the platform's guest, whose turn it is */
};

static int judge_new(struct check_vmm *vmm, struct snp_judge **ret, struct jurat_error *err)
{
	struct machine *m = vmm->platform.machine;
	struct snp_judge *judge = calloc(1, sizeof(*judge));
	const uint8_t *root;
	size_t size;
	int r;

	if (!judge)
		return jurat_fail_memory(err);
	r = jurat_verifier_new(&judge->verifier, err);
	if (r == 0)
		r = sim_pki_ca(machine_pki(m), sim_psp_product(machine_psp(m)), SIM_ARK, &root, &size, err);
	if (r == 0)
		r = jurat_verifier_add_roots(judge->verifier, root, size, err);
	if (r < 0)
		snp_judge_free(judge);
	else
		*ret = judge;
	return r;
}

void snp_judge_free(struct snp_judge *judge)
{
	if (judge)
		jurat_verifier_free(judge->verifier);
	free(judge);
}

/* The guest's request reaches the firmware, with the driver and KVM of the software platform between. */
static int sign(struct check_vmm *vmm, const uint8_t report_data[64], uint8_t ret_report[SNP_REPORT_BYTES],
		struct jurat_error *err)
{
	uint8_t request[SNP_MSG_REPORT_REQ_BYTES], response[4000] = { 0 }, call[SNP_IOCTL_BYTES];
	struct snp_msg_report_req message = { .vmpl = 0 };
	struct snp_guest_request_ioctl arg = { .msg_version = 1,
					       .req_data = (uintptr_t)request,
					       .resp_data = (uintptr_t)response };
	int r;

	memcpy(message.report_data, report_data, sizeof(message.report_data));
	wire_write(&snp_msg_report_req_layout, &message, request);
	wire_write(&snp_guest_request_ioctl_layout, &arg, call);
	r = machine_ioctl(vmm->platform.guest, vmm->judge->vcpu++ % RUN_VCPUS, UAPI_SNP_GET_REPORT, call);
	if (r != 0 || bytes_get_le(response, 4) != 0)
		return jurat_fail(err, -EIO, "the software platform's SNP_GET_REPORT returned %d", r);
	memcpy(ret_report, response + SNP_MSG_REPORT_RSP_HDR_BYTES, SNP_REPORT_BYTES);
	return 0;
}

static int judge(struct check_vmm *vmm, struct snp_ask *ask, struct jurat_error *err)
{
	uint8_t report_data[64], report[SNP_REPORT_BYTES];
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = report,
					       .report_size = sizeof(report),
					       .certs = ask->page_bytes };
	int64_t at = vmm->run.at ? vmm->run.at : base_realtime_s(base_env_real());
	int r = 0;

	evidence.certs_size = ask->n_page_bytes;
	if (ask->npages < evidence.certs_size / SNP_PAGE)
		evidence.certs_size = (size_t)ask->npages * SNP_PAGE;
	for (size_t i = 0; i < sizeof(report_data); i += 8)
		bytes_put_le(report_data + i, check_random(vmm), 8);
	if (!vmm->judge)
		r = judge_new(vmm, &vmm->judge, err);
	if (r == 0)
		r = sign(vmm, report_data, report, err);
	return r == 0 ? jurat_verify_snp(vmm->judge->verifier, &evidence, NULL, at, NULL, err) : r;
}

/* KVM_RUN completes the exit: the firmware signs now. */
static void completing(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit, void *ctx)
{
	struct snp_ask *ask = ctx;
	struct jurat_error err = { "" };

	ask->locked = check_blob_locked(vmm);
	trace_number(vmm->platform.trace, vcpu->traced, "locked", ask->locked, TRACE_DECIMAL);
	if (ask->fails)
		exit->complete_with = EIO;
	for (ask->n_page_bytes = 0; ask->n_page_bytes < SNP_AREA_PAGES * SNP_PAGE;
	     ask->n_page_bytes += SNP_PAGE)
		if (check_read(vmm, ask->gpa + ask->n_page_bytes, ask->page_bytes + ask->n_page_bytes,
			       SNP_PAGE) < 0)
			break;
	if (exit->ret == 0 && ask->npages > 0) {
		if (ask->updates && !ask->locked)
			(void)!snp_update(vmm);
		ask->matches = judge(vmm, ask, &err) == 0;
		snprintf(ask->why, sizeof(ask->why), "%s", err.text);
	}
	if (ask->cleans)
		(void)!snp_fill(vmm, ask->gpa, ask->npages < SNP_AREA_PAGES ? ask->npages : SNP_AREA_PAGES);
}

void snp_ask_init(struct snp_ask *ask, struct check_result *result, uint64_t gpa, uint64_t npages)
{
	*ask = (struct snp_ask){
		.result = result, .gpa = gpa, .npages = npages, .page_bytes = calloc(SNP_AREA_PAGES, SNP_PAGE)
	};
	ask->exit.reason = UAPI_KVM_EXIT_SNP_REQ_CERTS;
	bytes_put_le(ask->exit.body, gpa, 8);
	bytes_put_le(ask->exit.body + 8, npages, 8);
	ask->exit.completing = completing;
	ask->exit.ctx = ask;
	if (!ask->page_bytes)
		check_fail(result, "%s", strerror(ENOMEM));
}

void snp_ask_done(struct snp_ask *ask)
{
	free(ask->page_bytes);
	ask->page_bytes = NULL;
}

bool snp_ask_make(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask)
{
	int r;

	if (!ask->page_bytes)
		return false;
	r = check_exit_and_wait(vmm, vcpu, &ask->exit, SNP_ANSWER_MS);
	if (r < 0)
		check_fail_wait(vmm, ask->result, r);
	return r == 0;
}

bool snp_ret_is_known(struct snp_ask *ask)
{
	uint64_t ret = ask->exit.ret;
	char found[64];

	if (ret == 0 || ret == ENOSPC || ret == EAGAIN || ret == EIO)
		return true;
	check_fail(ask->result,
		   "expected ret 0, ENOSPC, EAGAIN or EIO, found %s for gpa %#llx and npages %llu: KVM_RUN "
		   "fails with "
		   "EINVAL",
		   snp_ret_name(ret, found), (unsigned long long)ask->gpa, (unsigned long long)ask->npages);
	return false;
}

bool snp_expect_ret(struct snp_ask *ask, uint64_t ret, const char *when)
{
	char expected[64], found[64];

	if (ask->exit.ret == ret)
		return true;
	check_fail(ask->result, "expected %s %s, found %s", snp_ret_name(ret, expected), when,
		   snp_ret_name(ask->exit.ret, found));
	return false;
}

bool snp_expect_match(struct snp_ask *ask)
{
	if (!snp_expect_ret(ask, 0, "with certificates"))
		return false;
	if (!ask->matches)
		check_fail(ask->result, "the certificates in guest memory do not verify the report: %s",
			   ask->why);
	return ask->matches;
}

bool snp_fill(struct check_vmm *vmm, uint64_t gpa, uint64_t pages)
{
	uint8_t page[SNP_PAGE];
	int r = 0;

	memset(page, SNP_PATTERN, sizeof(page));
	for (uint64_t i = 0; i < pages && r == 0; i++)
		r = check_write(vmm, gpa + i * SNP_PAGE, page, sizeof(page));
	return r == 0;
}

uint64_t snp_area(struct check_vmm *vmm, struct check_result *result)
{
	uint64_t gpa = check_ram(vmm, SNP_AREA_PAGES);

	if (gpa == 0 || !snp_fill(vmm, gpa, SNP_AREA_PAGES)) {
		check_skip(result,
			   "the VM has no %d pages of memory that it does not use: choose them with --gpa",
			   SNP_AREA_PAGES);
		return 0;
	}
	return gpa;
}

bool snp_is_untouched(struct check_vmm *vmm, uint64_t gpa, size_t n)
{
	uint8_t page[SNP_PAGE];

	for (size_t part; n > 0; gpa += part, n -= part) {
		part = n < sizeof(page) ? n : sizeof(page);
		if (check_read(vmm, gpa, page, part) < 0 || !bytes_all(page, part, SNP_PATTERN))
			return false;
	}
	return true;
}
