/* SPDX-License-Identifier: MIT */
/*
 * A hostile VMM against both TDX guest drivers: it answers TDVMCALLs as it likes, writes to the buffer and
 * interrupts at any time. The upstream driver must end each request, hand out nothing but what is in its
 * buffer, and touch no other memory.
 */
#include <errno.h>
#include <string.h>

#include "sim/guest/tdx_guest.h"
#include "support/fuzz.h"
#include "uapi/tdx.h"

enum { BUFFER_BYTES = 8192, USER_BYTES = 2 * BUFFER_BYTES, STEPS_MAX = 64, VECTOR = 0x51 };
#define BUFFER_GPA UINT64_C(0x10000)

struct fuzz {
	uint8_t buffer[BUFFER_BYTES], user[USER_BYTES];
	uint64_t now_ns;
};

static int buffer_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	struct fuzz *f = ctx;

	must(gpa >= BUFFER_GPA && gpa - BUFFER_GPA <= BUFFER_BYTES && n <= BUFFER_BYTES - (gpa - BUFFER_GPA));
	memcpy(to, f->buffer + (gpa - BUFFER_GPA), n);
	return 0;
}

static int buffer_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct fuzz *f = ctx;

	must(gpa >= BUFFER_GPA && gpa - BUFFER_GPA <= BUFFER_BYTES && n <= BUFFER_BYTES - (gpa - BUFFER_GPA));
	memcpy(f->buffer + (gpa - BUFFER_GPA), from, n);
	return 0;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	struct fuzz *f = ctx;

	if (addr > USER_BYTES || n > USER_BYTES - addr)
		return -EFAULT;
	memcpy(to, f->user + addr, n);
	return 0;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	struct fuzz *f = ctx;

	if (addr > USER_BYTES || n > USER_BYTES - addr)
		return -EFAULT;
	memcpy(f->user + addr, from, n);
	return 0;
}

static uint64_t mr_report(void *ctx, const uint8_t report_data[TDX_REPORT_DATA_BYTES],
			  uint8_t ret[TDX_REPORT_BYTES])
{
	(void)ctx;
	memset(ret, 0x81, TDX_REPORT_BYTES);
	memcpy(ret + 128, report_data, TDX_REPORT_DATA_BYTES);
	return UAPI_TDCALL_SUCCESS;
}

static uint64_t rtmr_extend(void *ctx, uint64_t index, const uint8_t digest[TDX_MR_BYTES])
{
	(void)ctx;
	(void)index;
	(void)digest;
	return UAPI_TDCALL_SUCCESS;
}

/* What the VMM does whenever it has the CPU. */
static void vmm(struct fuzz *f, struct sim_tdx_guest *g, struct bytes_rd *r, struct uapi_tdvmcall *regs)
{
	static const uint64_t likely[] = { TDX_GETQUOTE_IN_FLIGHT, TDX_GETQUOTE_SUCCESS, TDX_GETQUOTE_ERROR };
	uint8_t op = bytes_rd_u8(r);
	size_t off = bytes_rd_le16(r) % (BUFFER_BYTES - 16);

	if (op & 1)
		bytes_rd_copy(r, f->buffer + off, 16);
	if ((op >> 1 & 3) < 3)
		bytes_put_le(f->buffer + TDX_GETQUOTE_STATUS_OFF, likely[op >> 1 & 3], 8);
	if (op & 8)
		bytes_put_le(f->buffer + TDX_GETQUOTE_OUT_LEN_OFF, bytes_rd_le32(r), 4);
	if (op & 16)
		sim_tdx_guest_interrupt(g, (op & 32) ? VECTOR : bytes_rd_u8(r));
	if ((op & 192) == 192)
		sim_tdx_guest_kill(g);
	regs->r10 = (op & 192) == 128 ? bytes_rd_le64(r) : 0;
	if ((op & 192) == 64) {
		regs->r10 = UAPI_TDVMCALL_RETRY;
		regs->r11 = regs->r12 + (uint64_t)bytes_rd_u8(r) % 4 * 4096;
	}
}

/* Its result, or 1: it waits for ever. */
static int drive(struct fuzz *f, struct sim_tdx_guest *g, struct bytes_rd *r)
{
	struct sim_tdx_step_result step;
	struct uapi_tdvmcall regs = { 0 };

	for (unsigned steps = 0;; steps++) {
		sim_tdx_guest_step(g, f->now_ns, &regs, &step);
		if (step.step == SIM_TDX_STEP_DONE)
			return step.result;
		if (step.step == SIM_TDX_STEP_WAIT && bytes_rd_left(r) == 0)
			return 1;
		must(step.step == SIM_TDX_STEP_WAIT || steps < STEPS_MAX); /* every request ends */
		if (step.step == SIM_TDX_STEP_SLEEP)
			f->now_ns = step.until_ns;
		vmm(f, g, r, &regs);
	}
}

static void one_quote(struct fuzz *f, struct sim_tdx_guest *g, struct bytes_rd *r)
{
	static const uint8_t data[TDX_REPORT_DATA_BYTES] = { 1 };
	struct sim_tdx_quote_request request = { .inblob = data, .inblob_size = sizeof(data) };
	bool busy = bytes_get_le(f->buffer + TDX_GETQUOTE_STATUS_OFF, 8) == TDX_GETQUOTE_IN_FLIGHT;
	int result;

	if (sim_tdx_guest_start_quote(g, &request) < 0)
		return;
	result = drive(f, g, r);
	must(result <= 0 && (!busy || result == -EBUSY));
	if (result < 0) {
		must(!request.quote && request.quote_size == 0);
		return;
	}
	must(request.quote && request.quote_size <= BUFFER_BYTES - TDX_GETQUOTE_DATA_OFF);
	FUZZ_REACHED("a quote is handed out");
	must(memcmp(request.quote, f->buffer + TDX_GETQUOTE_DATA_OFF, request.quote_size) == 0);
	free(request.quote);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	const struct sim_user_memory user = { user_read, user_write, &f };
	const struct sim_tdx_guest_platform platform = {
		.memory = { buffer_read, buffer_write, &f },
		.shared_bit = UINT64_C(1) << UAPI_TDX_SHARED_BIT_PWL_4,
		.mr_report = mr_report,
		.rtmr_extend = rtmr_extend,
	};
	struct bytes_rd r = bytes_rd(data, size);
	uint8_t kind = bytes_rd_u8(&r);
	const struct sim_tdx_guest_config config = {
		.flavour = kind & 1 ? SIM_TDX_SEED : SIM_TDX_UPSTREAM,
		.quirks = kind >> 1 & SIM_TDX_QUIRKS_LINUX,
		.kernel = kind & 0x80 ? &sim_linux_6_12 : &sim_linux_7_3,
		.buffer_gpa = BUFFER_GPA,
		.buffer_bytes = BUFFER_BYTES,
		.vector = VECTOR,
	};
	struct sim_tdx_guest *g = NULL;
	struct uapi_tdvmcall none = { 0 };
	int result;

	memset(&f, 0, sizeof(f));
	if (sim_tdx_guest_new(&platform, &config, &g, NULL) < 0)
		return 0;
	if (sim_tdx_guest_start_probe(g) == 0)
		(void)!drive(&f, g, &r);
	while (bytes_rd_left(&r) > 0 && sim_tdx_guest_is_loaded(g)) {
		vmm(&f, g, &r, &none); /* between requests, too */
		if (config.flavour == SIM_TDX_UPSTREAM) {
			one_quote(&f, g, &r);
			continue;
		}
		bytes_put_le(f.user, bytes_rd_le16(&r) % USER_BYTES, 8);
		bytes_put_le(f.user + 8, bytes_rd_le16(&r) % (BUFFER_BYTES + 2), 8);
		if (sim_tdx_guest_start_ioctl(g, &user, 0) < 0)
			break;
		result = drive(&f, g, &r);
		if (result == 0)
			FUZZ_REACHED("an ioctl of the other driver ends well");
		if (result == 1)
			break;
	}
	sim_tdx_guest_free(g);
	return 0;
}
