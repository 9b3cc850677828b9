/* SPDX-License-Identifier: MIT */
/*
 * A hostile hypervisor against the guest driver: it answers VMGEXITs as it likes and writes to every shared
 * page. The driver must end each request, and never seal two messages under one number.
 */
#include <errno.h>
#include <string.h>

#include "sim/guest/sev_guest.h"
#include "support/fuzz.h"
#include "uapi/sev.h"
#include "wire/ghcb.h"
#include "wire/snp_secrets.h"

enum { GHCB, REQUEST, RESPONSE, SECRETS, CERTS, PAGES = CERTS + SIM_SEV_GUEST_CERTS_PAGES, EXITS_MAX = 64 };

struct fuzz {
	uint8_t ram[PAGES][SNP_PAGE_BYTES], user[0x8000];
	uint64_t sealed; /* highest number that was sealed */
};

static int at(uint64_t addr, size_t n, size_t room)
{
	return addr > room || n > room - addr ? -EFAULT : 0;
}

static int ram_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	struct fuzz *f = ctx;

	if (at(gpa, n, sizeof(f->ram)) < 0)
		return -EFAULT;
	memcpy(to, &f->ram[0][0] + gpa, n);
	return 0;
}

static int ram_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct fuzz *f = ctx;

	if (at(gpa, n, sizeof(f->ram)) < 0)
		return -EFAULT;
	memcpy(&f->ram[0][0] + gpa, from, n);
	if (gpa == REQUEST * SNP_PAGE_BYTES) {
		uint64_t seqno = bytes_get_le(f->ram[REQUEST] + 0x20, 8);

		must(seqno > f->sealed);
		f->sealed = seqno;
	}
	return 0;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	struct fuzz *f = ctx;

	if (at(addr, n, sizeof(f->user)) < 0)
		return -EFAULT;
	memcpy(to, f->user + addr, n);
	return 0;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	struct fuzz *f = ctx;

	if (at(addr, n, sizeof(f->user)) < 0)
		return -EFAULT;
	memcpy(f->user + addr, from, n);
	return 0;
}

/* One answer: BUSY, INVALID_LEN, success or anything, and a few bytes anywhere in shared memory. */
static void answer(struct fuzz *f, struct bytes_rd *r)
{
	static const uint64_t likely[] = { 0, SNP_EXITINFO2(SNP_VMM_BUSY, 0),
					   SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0) };
	static const unsigned shared[] = { GHCB, REQUEST, RESPONSE, CERTS };
	uint8_t op = bytes_rd_u8(r), *page = f->ram[shared[op >> 2 & 3]];
	uint64_t info_2 = (op & 3) == 3 ? bytes_rd_le64(r) : likely[op & 3];
	unsigned off = bytes_rd_le16(r) % (SNP_PAGE_BYTES - 16);

	bytes_rd_copy(r, page + off, 16);
	ghcb_put(f->ram[GHCB], GHCB_SW_EXIT_INFO_1, op >> 4 == 15 ? bytes_rd_u8(r) : 0);
	ghcb_put(f->ram[GHCB], GHCB_SW_EXIT_INFO_2, info_2);
	ghcb_put(f->ram[GHCB], GHCB_RBX, bytes_rd_u8(r));
}

static void one_ioctl(struct fuzz *f, struct sim_sev_guest *g, struct bytes_rd *r, uint64_t *now_ns)
{
	const struct sim_user_memory user = { user_read, user_write, f };
	struct sim_step_result step;

	if (sim_sev_guest_start(g, &user, UAPI_SNP_GET_REPORT + bytes_rd_u8(r) % 4, bytes_rd_u8(r) / 128) < 0)
		return;
	for (unsigned exits = 0;; exits++) {
		must(exits < EXITS_MAX * 2); /* every request ends */
		sim_sev_guest_step(g, *now_ns, &step);
		if (step.step == SIM_STEP_DONE) {
			FUZZ_REACHED("an ioctl ends");
			if (exits > 2)
				FUZZ_REACHED("an ioctl ends after retries");
			return;
		}
		if (step.step == SIM_STEP_SLEEP)
			*now_ns = step.until_ns;
		else
			answer(f, r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sim_sev_guest_layout layout = {
		.ghcb_gpa = GHCB * SNP_PAGE_BYTES,
		.request_gpa = REQUEST * SNP_PAGE_BYTES,
		.response_gpa = RESPONSE * SNP_PAGE_BYTES,
		.certs_gpa = CERTS * SNP_PAGE_BYTES,
		.secrets_gpa = SECRETS * SNP_PAGE_BYTES,
	};
	static struct fuzz f;
	const struct sim_guest_memory memory = { ram_read, ram_write, &f };
	struct bytes_rd r = bytes_rd(data, size);
	struct sim_sev_guest *g = NULL;
	uint64_t now_ns = 0;
	uint8_t how;

	memset(&f, 0, sizeof(f));
	memset(f.ram[SECRETS] + SNP_SECRETS_VMPCK_OFF, 0x42, SNP_VMPCK_BYTES);
	f.user[0] = 1; /* a program's structures, right in the main */
	bytes_put_le(f.user + 8, 0x1000, 8);
	bytes_put_le(f.user + 16, 0x2000, 8);
	bytes_put_le(f.user + 0x1000 + 96, 0x4000, 8);
	bytes_put_le(f.user + 0x1000 + 104, bytes_rd_u8(&r) << 12, 4);
	bytes_rd_copy(&r, f.user + 0x1000, 16);
	how = bytes_rd_u8(&r);
	if (sim_sev_guest_new(&memory, &layout, 0, how & SIM_QUIRKS_LINUX,
			      how & 0x80 ? &sim_linux_6_12 : &sim_linux_7_3, &g, NULL) < 0)
		return 0;
	while (bytes_rd_left(&r) > 0)
		one_ioctl(&f, g, &r, &now_ns);
	sim_sev_guest_free(g);
	return 0;
}
