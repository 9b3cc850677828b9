/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_tdx.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "wire/kvm_run.h"

enum {
	GUARD = 0x5a,
	BODY = KVM_RUN_TDX_flags /* where check_exit.body begins */,
	NS_PER_MS = 1000000,
	SETTLE_MS = 100,
	MEMORY_MS = 2000
};

/* Status of a buffer that could not be read: no VMM stores it. */
#define NOT_THERE UINT64_C(0x6e6f7420746865)

/* What a quote does not cover; not 0, so that a status that is stored before its data is seen. */
enum { FILL = 0xa5 };

static bool swallow(struct check_vmm *vmm, uint64_t address, uint32_t data, void *ctx)
{
	return true;
}

void tdx_swallow_interrupts(struct tdx_check *t)
{
	check_set_msi(t->vmm, swallow, NULL);
}

/* What an earlier check has left in flight, in the memory that is used again, ends now. */
static bool settle(struct tdx_check *t)
{
	const bool was_open = qgs_faults_open(check_qgs(t->vmm)) > 0;

	qgs_faults_release(check_qgs(t->vmm));
	for (unsigned i = 0; i < SETTLE_MS && qgs_faults_open(check_qgs(t->vmm)) > 0; i++)
		if (!tdx_pause(t, 1))
			return false;
	return !was_open || tdx_pause(t, SETTLE_MS); /* for the VMM to store what it has got */
}

/* A VMM whose guest is firmware takes slots away and sets them anew: what is not there now comes back. */
static bool access_memory(struct tdx_check *t, uint64_t gpa, void *to, const void *from, size_t n)
{
	for (unsigned i = 0; i < MEMORY_MS; i++) {
		if ((to ? check_read(t->vmm, gpa, to, n) : check_write(t->vmm, gpa, from, n)) == 0)
			return true;
		if (!tdx_pause(t, 1))
			return false;
	}
	check_fail(t->result, "guest memory at %#" PRIx64 " cannot be %s any more", gpa,
		   to ? "read" : "written");
	return false;
}

bool tdx_read(struct tdx_check *t, uint64_t gpa, void *to, size_t n)
{
	return access_memory(t, gpa, to, NULL, n);
}

bool tdx_write(struct tdx_check *t, uint64_t gpa, const void *from, size_t n)
{
	return access_memory(t, gpa, NULL, from, n);
}

bool tdx_guard(struct tdx_check *t)
{
	uint8_t page[TDX_PAGE];

	memset(page, GUARD, sizeof(page));
	return tdx_write(t, t->ram - TDX_PAGE, page, sizeof(page)) &&
	       tdx_write(t, t->ram + t->pages * TDX_PAGE, page, sizeof(page));
}

bool tdx_begin(struct tdx_check *t, struct check_vmm *vmm, struct check_result *result, uint64_t pages)
{
	*t = (struct tdx_check){ .vmm = vmm, .result = result, .pages = pages };
	t->vcpu = check_vcpu(vmm, 0);
	if (!t->vcpu) {
		check_skip(result, "no vCPU runs");
		return false;
	}
	t->ram = check_ram(vmm, pages + 2);
	if (!t->ram) {
		check_skip(result, "the VM does not leave %" PRIu64 " pages unused", pages + 2);
		return false;
	}
	t->ram += TDX_PAGE;
	tdx_swallow_interrupts(t);
	return settle(t) && tdx_guard(t) && tdx_behave(t, (struct qgs_fault){ QGS_GOOD });
}

bool tdx_behave(struct tdx_check *t, struct qgs_fault fault)
{
	struct jurat_error err = { "" };

	if (qgs_faults_set(check_qgs(t->vmm), &fault, &err) == 0)
		return true;
	check_fail(t->result, "the test's own quoting service: %s", err.text);
	return false;
}

static void read_answer(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit, void *ctx)
{
	struct tdx_call *call = ctx;
	uint8_t bytes[TDX_GETQUOTE_HDR_BYTES];

	call->answer = exit->ret;
	for (size_t i = 0; i < ARRAY_SIZE(call->info); i++)
		call->info[i] = exit->info[i];
	exit->complete_with = call->complete_with;
	if (!call->buffer)
		return;
	call->buffer->answer = exit->ret;
	if (check_read(vmm, call->buffer->gpa, bytes, sizeof(bytes)) < 0 ||
	    wire_read(&tdx_getquote_hdr_layout, bytes, sizeof(bytes), &call->buffer->returned, NULL) < 0)
		call->buffer->returned.status = NOT_THERE;
}

void tdx_give(struct tdx_check *t, struct check_vcpu *vcpu, struct tdx_call *call)
{
	/* What KVM presets; GetTdVmCallInfo's is SUCCESS and zeros. */
	const uint64_t preset = call->nr == UAPI_TDVMCALL_GET_TD_VM_CALL_INFO
					? UAPI_TDVMCALL_SUCCESS
					: UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED;
	uint8_t *body = call->exit.body;

	call->exit.reason = UAPI_KVM_EXIT_TDX;
	call->exit.completing = read_answer;
	call->exit.ctx = call;
	bytes_put_le(body + KVM_RUN_TDX_nr - BODY, call->nr, 8);
	bytes_put_le(body + KVM_RUN_TDX_ret - BODY, preset, 8);
	bytes_put_le(body + KVM_RUN_TDX_GET_QUOTE_gpa - BODY, call->args[0], 8);
	bytes_put_le(body + KVM_RUN_TDX_GET_QUOTE_size - BODY, call->args[1], 8);
	check_give(vcpu, &call->exit);
}

bool tdx_finish(struct tdx_check *t, struct check_vcpu *vcpu, struct tdx_call *call)
{
	int r = check_wait(t->vmm, &call->exit.completed, TDX_CALL_MS);

	check_take_back(vcpu, &call->exit);
	if (r < 0) {
		check_fail_wait(t->vmm, t->result, r);
		return false;
	}
	call->took_ns = call->exit.took_ns;
	if (call->buffer)
		call->buffer->took_ns = call->took_ns;
	return true;
}

bool tdx_make(struct tdx_check *t, struct tdx_call *call)
{
	tdx_give(t, t->vcpu, call);
	return tdx_finish(t, t->vcpu, call);
}

bool tdx_prepare(struct tdx_check *t, struct tdx_buffer *b, unsigned page, unsigned pages, bool framed)
{
	static uint8_t bytes[TDX_GETQUOTE_MAX_BYTES];
	struct jurat_error err = { "" };

	*b = (struct tdx_buffer){
		.gpa = t->ram + (uint64_t)page * TDX_PAGE,
		.size = (size_t)pages * TDX_PAGE,
		.asked.framed = framed,
	};
	bytes_put_le(b->asked.report_data, ++t->n_asked, 8);
	bytes_put_le(b->asked.report_data + 8, check_random(t->vmm), 8);
	if (tdx_answer_ask(check_platform(t->vmm), &b->asked, FILL, bytes, b->size, &err) == 0)
		return tdx_write(t, b->gpa, bytes, b->size);
	check_fail(t->result, "%s", err.text);
	return false;
}

bool tdx_call_quote(struct tdx_check *t, struct tdx_buffer *b)
{
	struct tdx_call call = {
		.nr = UAPI_TDVMCALL_GET_QUOTE,
		.args = { b->gpa, b->size },
		.buffer = b,
	};

	return tdx_make(t, &call);
}

bool tdx_submit(struct tdx_check *t, struct tdx_buffer *b, const char *what)
{
	if (!tdx_call_quote(t, b) || !tdx_expect_answer(t, b->answer, UAPI_TDVMCALL_SUCCESS, what))
		return false;
	/* Linux reads the status at once: a 0 that nobody has stored yet means a quote of out_len bytes. */
	if (b->returned.status != TDX_GETQUOTE_SUCCESS || b->returned.out_len != 0)
		return true;
	check_fail(t->result,
		   "%s: GetQuote returned SUCCESS with the status still 0 and out_len 0, which a guest takes "
		   "for a quote of 0 bytes: expected status in flight (0xffffffffffffffff) or the result",
		   what);
	return false;
}

bool tdx_expect_in_flight(struct tdx_check *t, const struct tdx_buffer *b, const char *what)
{
	uint64_t status = b->returned.status;
	uint8_t bytes[8];

	if (status == NOT_THERE) {
		if (!tdx_read(t, b->gpa + TDX_GETQUOTE_STATUS_OFF, bytes, sizeof(bytes)))
			return false;
		status = bytes_get_le(bytes, sizeof(bytes));
	}
	if (status == TDX_GETQUOTE_IN_FLIGHT)
		return true;
	check_fail(
		t->result,
		"%s: GetQuote returned after %" PRIu64 " ms with status %#" PRIx64
		": expected in flight (0xffffffffffffffff), so that the vCPU does not wait for the service",
		what, b->took_ns / NS_PER_MS, status);
	return false;
}

bool tdx_request(struct tdx_check *t, struct tdx_buffer *b, const char *what)
{
	return tdx_prepare(t, b, 0, TDX_BUFFER_PAGES, false) && tdx_submit(t, b, what);
}

bool tdx_pause(struct tdx_check *t, unsigned ms)
{
	const bool never = false;
	int r = check_wait(t->vmm, &never, ms);

	if (r == 0 || r == -ETIMEDOUT)
		return true;
	check_fail_wait(t->vmm, t->result, r);
	return false;
}

bool tdx_has_status(struct tdx_check *t, const struct tdx_buffer *b, uint64_t status)
{
	uint8_t bytes[8];

	return check_read(t->vmm, b->gpa + TDX_GETQUOTE_STATUS_OFF, bytes, sizeof(bytes)) == 0 &&
	       bytes_get_le(bytes, sizeof(bytes)) == status;
}

bool tdx_wait_end(struct tdx_check *t, const struct tdx_buffer *b, unsigned timeout_ms, const char *what)
{
	const uint64_t until = base_now_ns(base_env_real()) + (uint64_t)timeout_ms * NS_PER_MS;
	uint8_t status[8];

	for (;;) {
		if (!tdx_read(t, b->gpa + TDX_GETQUOTE_STATUS_OFF, status, sizeof(status)))
			return false;
		if (bytes_get_le(status, sizeof(status)) != TDX_GETQUOTE_IN_FLIGHT)
			return true;
		if (base_now_ns(base_env_real()) >= until)
			break;
		if (!tdx_pause(t, 1))
			return false;
	}
	check_fail(
		t->result,
		"%s: the buffer is in flight after %u ms: expected a final status; a Linux guest gets EBUSY "
		"until there is one",
		what, timeout_ms);
	return false;
}

/* Nothing beside the memory of the check has changed. */
static bool expect_guards(struct tdx_check *t, const char *what)
{
	const uint64_t at[] = { t->ram - TDX_PAGE, t->ram + t->pages * TDX_PAGE };
	uint8_t page[TDX_PAGE];

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		if (check_read(t->vmm, at[i], page, sizeof(page)) == 0 &&
		    bytes_all(page, sizeof(page), GUARD))
			continue;
		check_fail(t->result, "%s: guest memory outside of the buffer was changed, page %#" PRIx64,
			   what, at[i]);
		return false;
	}
	return true;
}

static bool read_buffer(struct tdx_check *t, const struct tdx_buffer *b, uint8_t *to, const char *what)
{
	return tdx_read(t, b->gpa, to, b->size) && expect_guards(t, what);
}

bool tdx_expect_quote(struct tdx_check *t, const struct tdx_buffer *b, const char *what)
{
	static uint8_t copy[TDX_GETQUOTE_MAX_BYTES];
	struct jurat_error err = { "" };

	if (!read_buffer(t, b, copy, what))
		return false;
	if (tdx_answer_quote(check_platform(t->vmm), &b->asked, copy, b->size, &err) == 0)
		return true;
	check_fail(t->result, "%s: %s", what, err.text);
	return false;
}

bool tdx_expect_error(struct tdx_check *t, const struct tdx_buffer *b, bool only_unavailable,
		      const char *what)
{
	static uint8_t copy[TDX_GETQUOTE_MAX_BYTES];
	struct jurat_error err = { "" };

	if (!read_buffer(t, b, copy, what))
		return false;
	if (tdx_answer_error(&b->asked, only_unavailable, copy, b->size, &err) == 0)
		return true;
	check_fail(t->result, "%s: %s", what, err.text);
	return false;
}

bool tdx_still_serves(struct tdx_check *t, const char *after)
{
	struct tdx_buffer b;

	return tdx_behave(t, (struct qgs_fault){ QGS_GOOD }) && tdx_request(t, &b, after) &&
	       tdx_wait_end(t, &b, TDX_END_MS, after) && tdx_expect_quote(t, &b, after);
}

bool tdx_expect_answer(struct tdx_check *t, uint64_t answer, uint64_t expected, const char *what)
{
	if (answer == expected)
		return true;
	check_fail(t->result, "%s: expected %s (%#" PRIx64 ") in R10, found %s (%#" PRIx64 ")%s", what,
		   tdx_answer_name(expected), expected, tdx_answer_name(answer), answer,
		   answer == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED ? ", which is what KVM presets" : "");
	return false;
}
