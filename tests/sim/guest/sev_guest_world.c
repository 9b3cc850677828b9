/* SPDX-License-Identifier: MIT */
#include "sim/guest/sev_guest_world.h"

#include <errno.h>

#include "crypto/aead.h"
#include "wire/snp_report.h"
#include "wire/snp_secrets.h"

static int ram_at(struct world *w, uint64_t gpa, size_t n, uint8_t **ret)
{
	if (gpa >= sizeof(w->ram) || n > sizeof(w->ram) - gpa)
		return -EFAULT;
	if (++w->accesses == w->fail_at)
		return -EFAULT;
	*ret = &w->ram[0][0] + gpa;
	return 0;
}

static int ram_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	struct world *w = ctx;
	uint8_t *from;
	int r = ram_at(w, gpa, n, &from);

	if (r < 0)
		return r;
	w->response_reads += gpa >> 12 == W_RESPONSE >> 12;
	memcpy(to, from, n);
	return 0;
}

static int ram_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct world *w = ctx;
	uint8_t *to;
	int r = ram_at(w, gpa, n, &to);

	if (r < 0)
		return r;
	if (gpa >> 12 == W_REQUEST >> 12) {
		w->request_writes++;
		assert_int_equal(n, SNP_PAGE_BYTES); /* the whole page in one copy */
	}
	memcpy(to, from, n);
	return 0;
}

static int ram_share(void *ctx, uint64_t gpa, uint64_t npages, bool shared)
{
	struct world *w = ctx;
	uint8_t *pages;
	int r = ram_at(w, gpa, npages * SNP_PAGE_BYTES, &pages);

	if (r < 0)
		return r;
	assert_int_equal(gpa, W_CERTS);
	memset(pages, 0xee, npages * SNP_PAGE_BYTES); /* as decrypted with another key */
	w->shared_certs = shared ? (unsigned)npages : 0;
	w->certs_shares += shared;
	return 0;
}

/* As copy_from_user() of Linux: all pages must be there. */
static int user_at(struct world *w, const bool gone[U_PAGES], uint64_t addr, size_t n, uint8_t **ret)
{
	if (addr < U_BASE || addr - U_BASE >= sizeof(w->user) || n > sizeof(w->user) - (addr - U_BASE))
		return -EFAULT;
	for (uint64_t p = addr - U_BASE; p < addr - U_BASE + n; p++)
		if (gone[p / SNP_PAGE_BYTES])
			return -EFAULT;
	*ret = &w->user[0][0] + (addr - U_BASE);
	return 0;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	struct world *w = ctx;
	uint8_t *from;
	int r = user_at(w, w->unreadable, addr, n, &from);

	if (r == 0)
		memcpy(to, from, n);
	return r;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	struct world *w = ctx;
	uint8_t *to;
	int r = user_at(w, w->unwritable, addr, n, &to);

	if (r == 0)
		memcpy(to, from, n);
	return r;
}

struct world *world_new(unsigned vmpck, unsigned quirks)
{
	static const struct sim_sev_guest_layout layout = {
		.ghcb_gpa = W_GHCB,
		.request_gpa = W_REQUEST,
		.response_gpa = W_RESPONSE,
		.certs_gpa = W_CERTS,
		.secrets_gpa = W_SECRETS,
	};
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->memory = (struct sim_guest_memory){ ram_read, ram_write, w, ram_share };
	w->user_memory = (struct sim_user_memory){ user_read, user_write, w };
	w->flip_at = SNP_PAGE_BYTES;
	w->now_ns = 1234567;
	for (unsigned k = 0; k < SNP_N_VMPCKS; k++)
		for (unsigned i = 0; i < SNP_VMPCK_BYTES; i++)
			w->keys[k][i] = (uint8_t)(0x40 * k + i);
	memcpy(w->ram[W_SECRETS >> 12] + SNP_SECRETS_VMPCK_OFF, w->keys, sizeof(w->keys));
	memset(w->ram[W_RESPONSE >> 12], 0xee, SNP_PAGE_BYTES); /* leftovers of something */
	memset(w->ram[W_CERTS >> 12], 0xee, 4 * SNP_PAGE_BYTES);
	memset(w->user, U_FILL, sizeof(w->user));
	assert_int_equal(sim_sev_guest_new(&w->memory, &layout, vmpck, quirks & ~(unsigned)W_6_12,
					   quirks & W_6_12 ? &sim_linux_6_12 : NULL, &w->guest, NULL),
			 0);
	w->accesses = 0;
	return w;
}

void world_free(struct world *w)
{
	sim_sev_guest_free(w->guest);
	free(w);
}

void world_script(struct world *w, const struct answer *answers, unsigned n)
{
	assert_true(n <= MAX_ANSWERS);
	memcpy(w->script, answers, n * sizeof(*answers));
	w->n_answers = n;
	w->exits = 0;
	w->request_writes = 0;
	w->response_reads = 0;
	w->slept_ns = 0;
}

void world_user(struct world *w, uint32_t certs_len)
{
	struct snp_guest_request_ioctl input = {
		.msg_version = 1,
		.req_data = U_REQUEST,
		.resp_data = U_RESPONSE,
		.exitinfo2 = 0x1122334455667788,
	};
	struct snp_ext_report_req request = { .certs_len = certs_len };

	memset(input.padding, 0x5a, sizeof(input.padding));
	for (unsigned i = 0; i < 64; i++)
		request.report_req[i] = (uint8_t)i;
	request.certs_address = certs_len ? U_CERTS : UINT64_MAX;
	wire_write(&snp_guest_request_ioctl_layout, &input, w->user[0]);
	wire_write(&snp_ext_report_req_layout, &request, w->user[1]);
}

static size_t answer_message(struct world *w, const struct snp_msg_hdr *hdr, const uint8_t *request,
			     uint8_t *to)
{
	struct snp_msg_report_rsp report_rsp = { .status = w->message_status,
						 .report_size = SNP_REPORT_BYTES };
	struct snp_msg_key_rsp key_rsp = { .status = w->message_status };
	struct snp_report report = { .version = 2 };

	if (hdr->msg_type == SNP_MSG_KEY_REQ) {
		memset(key_rsp.derived_key, 0x77, sizeof(key_rsp.derived_key));
		wire_write(&snp_msg_key_rsp_layout, &key_rsp, to);
		return SNP_MSG_KEY_RSP_BYTES;
	}
	if (w->message_status) {
		report_rsp.report_size = 0;
		wire_write(&snp_msg_report_rsp_layout, &report_rsp, to);
		return snp_msg_report_rsp_layout.size;
	}
	memcpy(report.report_data, request, sizeof(report.report_data));
	wire_write(&snp_msg_report_rsp_layout, &report_rsp, to);
	wire_write(&snp_report_layout, &report, to + snp_msg_report_rsp_layout.size);
	return w->payload_size ? w->payload_size : SNP_MSG_REPORT_RSP_BYTES;
}

static void iv_of(uint64_t seqno, uint8_t iv[CRYPTO_AEAD_IV_BYTES])
{
	memset(iv, 0, CRYPTO_AEAD_IV_BYTES);
	bytes_put_le(iv, seqno, 8);
}

/* SNP_GUEST_REQUEST of the test's own firmware: a status; the counter moves on success only. */
static uint32_t firmware(struct world *w)
{
	const uint8_t *request = w->ram[W_REQUEST >> 12];
	uint8_t plain[SNP_MSG_MAX_PAYLOAD_BYTES] = { 0 }, answer[SNP_PAGE_BYTES] = { 0 };
	uint8_t iv[CRYPTO_AEAD_IV_BYTES];
	struct snp_msg_hdr hdr;
	size_t n;

	assert_int_equal(wire_read(&snp_msg_hdr_layout, request, SNP_PAGE_BYTES, &hdr, NULL), 0);
	assert_int_equal(wire_check_zero(&snp_msg_hdr_layout, &hdr, NULL), 0);
	assert_true(hdr.msg_vmpck < SNP_N_VMPCKS && hdr.msg_sz <= sizeof(plain));
	if (hdr.msg_seqno != w->counts[hdr.msg_vmpck] + 1)
		return SNP_AEAD_OFLOW;
	iv_of(hdr.msg_seqno, iv);
	if (crypto_aead_open(w->keys[hdr.msg_vmpck], iv, request + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES,
			     request + SNP_MSG_HDR_BYTES, hdr.msg_sz, plain, request) < 0)
		return SNP_INVALID_PARAM;
	n = answer_message(w, &hdr, plain, plain);
	memset(hdr.authtag, 0, sizeof(hdr.authtag));
	hdr.msg_seqno++;
	hdr.msg_type++;
	hdr.msg_sz = (uint16_t)n;
	if (w->forge)
		w->forge(&hdr);
	wire_write(&snp_msg_hdr_layout, &hdr, answer);
	iv_of(hdr.msg_seqno, iv);
	if (hdr.msg_sz > sizeof(plain))
		hdr.msg_sz = sizeof(plain);
	assert_int_equal(crypto_aead_seal(w->keys[hdr.msg_vmpck], iv, answer + SNP_MSG_AAD_OFF,
					  SNP_MSG_AAD_BYTES, plain, hdr.msg_sz, answer + SNP_MSG_HDR_BYTES,
					  answer),
			 0);
	memcpy(w->ram[W_RESPONSE >> 12], answer, sizeof(answer));
	w->counts[hdr.msg_vmpck & 3] += 2;
	return SNP_SUCCESS;
}

void world_vmgexit(struct world *w)
{
	const struct answer *a = &w->script[w->exits < w->n_answers ? w->exits : w->n_answers - 1];
	uint8_t *ghcb = w->ram[W_GHCB >> 12];
	uint64_t info_2 = a->info_2;

	assert_true(w->n_answers > 0);
	memcpy(w->bitmap, ghcb + GHCB_VALID_BITMAP, sizeof(w->bitmap));
	assert_int_equal(ghcb_get(ghcb, GHCB_SW_EXIT_INFO_1), W_REQUEST);
	assert_int_equal(ghcb_get(ghcb, GHCB_SW_EXIT_INFO_2), W_RESPONSE);
	assert_int_equal(bytes_get_le(ghcb + GHCB_PROTOCOL_VERSION_OFF, 2), GHCB_PROTOCOL_VERSION);
	assert_int_equal(bytes_get_le(ghcb + GHCB_USAGE_OFF, 4), 0);
	w->exit_rax = ghcb_valid(w->bitmap, GHCB_RAX) ? ghcb_get(ghcb, GHCB_RAX) : UINT64_MAX;
	w->exit_rbx = ghcb_valid(w->bitmap, GHCB_RBX) ? ghcb_get(ghcb, GHCB_RBX) : UINT64_MAX;
	if (w->exits < MAX_ANSWERS)
		w->codes[w->exits] = ghcb_get(ghcb, GHCB_SW_EXIT_CODE);
	if (w->exits == 0) {
		memcpy(w->page, w->ram[W_REQUEST >> 12], sizeof(w->page));
		w->same_page = true;
		w->response_was_zero = bytes_all(w->ram[W_RESPONSE >> 12], SNP_PAGE_BYTES, 0);
		w->exit_shared = w->shared_certs;
		w->certs_were_zero = bytes_all(w->ram[W_CERTS >> 12], 4 * SNP_PAGE_BYTES, 0);
	}
	w->same_page = w->same_page && !memcmp(w->page, w->ram[W_REQUEST >> 12], sizeof(w->page));
	w->exits++;
	if (a->firmware) {
		if (w->certs_text && w->exit_rbx != UINT64_MAX && w->exit_rbx > 0)
			memcpy(w->ram[W_CERTS >> 12], w->certs_text, strlen(w->certs_text));
		info_2 |= firmware(w);
		if (w->flip_at < SNP_PAGE_BYTES)
			w->ram[W_RESPONSE >> 12][w->flip_at] ^= w->flip_with;
	}
	memset(ghcb + GHCB_VALID_BITMAP, 0, GHCB_VALID_BITMAP_BYTES);
	ghcb_put(ghcb, GHCB_SW_EXIT_INFO_1, a->info_1);
	ghcb_put(ghcb, GHCB_SW_EXIT_INFO_2, info_2);
	ghcb_put(ghcb, GHCB_RBX, a->rbx);
}

int world_drive(struct world *w)
{
	struct sim_step_result step;

	for (;;) {
		sim_sev_guest_step(w->guest, w->now_ns, &step);
		switch (step.step) {
		case SIM_STEP_DONE:
			return step.result;
		case SIM_STEP_VMGEXIT:
			world_vmgexit(w);
			break;
		case SIM_STEP_SLEEP:
			assert_true(step.until_ns > w->now_ns);
			w->slept_ns += step.until_ns - w->now_ns;
			w->now_ns = step.until_ns;
			break;
		}
	}
}

int world_ioctl(struct world *w, unsigned long number)
{
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, number, U_INPUT), 0);
	return world_drive(w);
}

uint32_t world_counter(const struct world *w, unsigned vmpck)
{
	return (uint32_t)bytes_get_le(w->ram[W_SECRETS >> 12] + SNP_SECRETS_SEQNO_OFF + 4 * vmpck, 4);
}

uint64_t world_exitinfo2(const struct world *w)
{
	return bytes_get_le(w->user[0] + 24, 8);
}

uint32_t world_certs_len(const struct world *w)
{
	return (uint32_t)bytes_get_le(w->user[1] + 104, 4);
}
