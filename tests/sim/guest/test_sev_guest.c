/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "crypto/hash.h"
#include "sim/guest/sev_guest_world.h"
#include "uapi/sev.h"
#include "wire/snp_report.h"
#include "wire/snp_secrets.h"

#define S                          1000000000ull
#define LINUX                      SIM_QUIRKS_LINUX
#define UNTOUCHED                  0x1122334455667788ull
#define NEED                       SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0)
#define BUSY                       SNP_EXITINFO2(SNP_VMM_BUSY, 0)
#define GENERIC                    SNP_EXITINFO2(SNP_VMM_GENERIC, 0)
#define EVENT(vector, type, valid) ((uint64_t)(vector) | (uint64_t)(type) << 8 | (uint64_t)(valid) << 31)

static void assert_sha256(const uint8_t *page, const char *hex)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char text[BYTES_HEX_SIZE(CRYPTO_SHA256_BYTES)];

	crypto_sha256(page, SNP_PAGE_BYTES, digest);
	assert_string_equal(bytes_to_hex(digest, sizeof(digest), text), hex);
}

/*
 * The vector was made with python-cryptography from the message layout; see the specification pack, section
 * 3.2.
 */
static void the_sealed_vector_is_reproduced_to_the_byte(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };
	struct world *w = world_new(0, LINUX);

	(void)state;
	w->message_status = SNP_INVALID_PARAM;
	world_script(w, script, 1);
	world_user(w, 0);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT),
			 0); /* the ioctl does not judge the message status */
	assert_sha256(w->page, "80287cc666d38c7378104b319db2e4f42eb0cbf307c8a97646a01b63e64b38d8");
	assert_sha256(w->ram[W_RESPONSE >> 12],
		      "7d074a3f7bdcfe6fff6506b3499d27e7bcf39443c6ee0f8f26c0314ef7382e8d");
	assert_int_equal(bytes_get_le(w->user[2], 4), SNP_INVALID_PARAM);
	assert_true(bytes_all(w->user[2] + 4, SNP_REPORT_RESP_BYTES - 4, 0));
	world_free(w);
}

static void the_ghcb_holds_what_linux_puts_there(void **state)
{
	static const uint8_t plain[16] = { [14] = 0x1c }, ext[16] = { [7] = 0x80, [12] = 0x08, [14] = 0x1c };
	static const struct answer script[] = { A_FIRMWARE };
	struct world *w = world_new(0, LINUX);

	(void)state;
	memset(w->ram[W_GHCB >> 12], 0xff, SNP_PAGE_BYTES); /* what an earlier exit left */
	world_script(w, script, 1);
	world_user(w, 0x3000);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), 0);
	assert_memory_equal(w->bitmap, plain, sizeof(plain));
	assert_int_equal(w->codes[0], GHCB_EXIT_GUEST_REQUEST);
	world_script(w, script, 1);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), 0);
	assert_memory_equal(w->bitmap, ext, sizeof(ext));
	assert_int_equal(w->codes[0], GHCB_EXIT_EXT_GUEST_REQUEST);
	assert_int_equal(w->exit_rax, W_CERTS);
	assert_int_equal(w->exit_rbx, 3);
	assert_int_equal(w->ram[W_GHCB >> 12][0], 0xff); /* fields that are not the driver's stay */
	world_free(w);
}

/* sim_linux: sev_names_certs_pages_always */
static void a_request_for_no_certificates_names_no_pages_since_7_3(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };

	(void)state;
	for (int old = 0; old < 2; old++) {
		struct world *w = world_new(0, old ? LINUX | W_6_12 : LINUX);

		world_script(w, script, 1);
		world_user(w, 0);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), 0);
		assert_int_equal(w->codes[0], GHCB_EXIT_EXT_GUEST_REQUEST);
		assert_int_equal(w->exit_rax, old ? W_CERTS : 0);
		assert_int_equal(w->exit_rbx, 0);
		world_free(w);
	}
}

/* sim_linux: sev_shares_certs_per_request */
static void certificate_pages_are_shared_for_their_request_alone_since_7_3(void **state)
{
	static const struct answer good[] = { A_FIRMWARE }, refused[] = { A_NEED(4), A_FIRMWARE },
				   failed[] = { A_STATUS(0x16) };
	static const struct {
		const struct answer *script;
		unsigned n;
		int result;
	} rows[] = { { good, 1, 0 }, { refused, 2, -EIO }, { failed, 1, -EIO } };

	(void)state;
	for (size_t n = 0; n < 2 * ARRAY_SIZE(rows); n++) {
		bool old = n % 2;
		struct world *w = world_new(0, old ? LINUX | W_6_12 : LINUX);

		world_script(w, rows[n / 2].script, rows[n / 2].n);
		world_user(w, 0x3000);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), rows[n / 2].result);
		assert_int_equal(w->exit_shared, old ? 0 : 3);
		assert_int_equal(w->certs_shares, old ? 0 : 1);
		assert_int_equal(w->shared_certs, 0);
		world_free(w);
	}
}

struct outcome {
	const char *name;
	bool ext;
	struct answer script[MAX_ANSWERS];
	unsigned n_answers;
	unsigned quirks;
	int result;
	uint64_t exitinfo2; /* in user memory afterwards */
	bool wiped;
	unsigned exits, slept_s;
	uint32_t certs_len; /* afterwards; 0: as it was, 0x1000 */
};

#define NO_LENGTH   1 /* certs_len is 0 afterwards */
#define SCRIPT(...) { __VA_ARGS__ }, sizeof((struct answer[]){ __VA_ARGS__ }) / sizeof(struct answer)
#define PLAIN(...)  false, SCRIPT(__VA_ARGS__)
#define EXT(...)    true, SCRIPT(__VA_ARGS__)

/* clang-format off */
static const struct outcome outcomes[] = {
	{ "a plain request", PLAIN(A_FIRMWARE), LINUX, 0, UNTOUCHED, false, 1 },
	{ "an extended request", EXT(A_FIRMWARE), LINUX, 0, UNTOUCHED, false, 1 },
	{ "the high half of info_1 means nothing",
	  PLAIN({ .info_1 = 1ull << 32, .firmware = true }), LINUX, 0, UNTOUCHED, false, 1 },
	{ "B13: a GHCB error is +2", PLAIN(A_GHCB(2, 5)), LINUX, 2, UINT64_MAX, true, 1 },
	{ "B13: on an extended request", EXT(A_GHCB(2, 5)), LINUX, 2, UINT64_MAX, true, 1 },
	{ "an unknown info_1", PLAIN(A_GHCB(7, 0)), LINUX, 2, UINT64_MAX, true, 1 },
	{ "info_1 = 2 beats BUSY", PLAIN(A_GHCB(2, BUSY)), LINUX, 2, UINT64_MAX, true, 1 },
	{ "#GP", PLAIN(A_GHCB(1, EVENT(13, 3, 1))), LINUX, 4, UINT64_MAX, true, 1 },
	{ "#UD", PLAIN(A_GHCB(1, EVENT(6, 3, 1))), LINUX, 4, UINT64_MAX, true, 1 },
	{ "#PF may not be injected", PLAIN(A_GHCB(1, EVENT(14, 3, 1))), LINUX, 2, UINT64_MAX, true, 1 },
	{ "#GP, not valid", PLAIN(A_GHCB(1, EVENT(13, 3, 0))), LINUX, 2, UINT64_MAX, true, 1 },
	{ "13 as an interrupt", PLAIN(A_GHCB(1, EVENT(13, 0, 1))), LINUX, 2, UINT64_MAX, true, 1 },
	{ "a firmware status", PLAIN(A_STATUS(0x16)), LINUX, -EIO, 0x16, true, 1 },
	{ "a firmware status, extended", EXT(A_STATUS(0x1d)), LINUX, -EIO, 0x1d, true, 1 },
	{ "KVM's generic error", EXT(A_STATUS(GENERIC)), LINUX, -EIO, GENERIC, true, 1 },
	{ "an unknown VMM error", PLAIN(A_STATUS(7ull << 32)), LINUX, -EIO, 7ull << 32, true, 1 },
	{ "BUSY and a status is not BUSY", PLAIN(A_STATUS(BUSY | 1)), LINUX, -EIO, BUSY | 1, true, 1 },
	{ "INVALID_LEN and a status is not INVALID_LEN",
	  EXT({ .info_2 = NEED | 5, .rbx = 3 }), LINUX, -EIO, NEED | 5, true, 1, 0, 0x1000 },
	{ "B2: BUSY once", PLAIN(A_BUSY, A_FIRMWARE), LINUX, 0, UNTOUCHED, false, 2, 2 },
	{ "B2: BUSY twice, extended", EXT(A_BUSY, A_BUSY, A_FIRMWARE), LINUX, 0, UNTOUCHED, false, 3, 4 },
	{ "BUSY, then a firmware status", PLAIN(A_BUSY, A_STATUS(0x16)), LINUX, -EIO, 0x16, true, 2, 2 },
	{ "B4: BUSY for 60 s", PLAIN(A_BUSY), LINUX, -ETIMEDOUT, BUSY, true, 32, 62 },
	{ "B1: INVALID_LEN", EXT(A_NEED(3), A_FIRMWARE), LINUX, -EIO, NEED, false, 2, 0, 0x3000 },
	{ "B1: INVALID_LEN, without quirks", EXT(A_NEED(3), A_FIRMWARE), 0, -EIO, NEED, false, 2, 0, 0x3000 },
	{ "INVALID_LEN of no pages", EXT(A_NEED(0), A_FIRMWARE), LINUX, -EIO, NEED, false, 2, 0, NO_LENGTH },
	{ "INVALID_LEN of no pages in the low half of RBX",
	  EXT(A_NEED(0x300000000), A_FIRMWARE), LINUX, -EIO, NEED, false, 2, 0, NO_LENGTH },
	{ "the driver takes 32 bits of RBX",
	  EXT(A_NEED(0x700000005), A_FIRMWARE), LINUX, -EIO, NEED, false, 2, 0, 0x5000 },
	{ "certs_len has 32 bits",
	  EXT(A_NEED(0x100002), A_FIRMWARE), LINUX, -EIO, NEED, false, 2, 0, 0x2000 },
	{ "BUSY, INVALID_LEN, BUSY",
	  EXT(A_BUSY, A_NEED(4), A_BUSY, A_FIRMWARE), LINUX, -EIO, NEED, false, 4, 4, 0x4000 },
	{ "INVALID_LEN, then BUSY for 60 s",
	  EXT(A_NEED(4), A_BUSY), LINUX, -ETIMEDOUT, NEED, true, 33, 62, 0x4000 },
	{ "INVALID_LEN, then BUSY for 60 s, no quirks",
	  EXT(A_NEED(4), A_BUSY), 0, -ETIMEDOUT, BUSY, true, 33, 62 },
	{ "B57: INVALID_LEN, then a status",
	  EXT(A_NEED(4), A_STATUS(0x16)), LINUX, -EIO, NEED, false, 2, 0, 0x4000 },
	{ "B57: without the quirk", EXT(A_NEED(4), A_STATUS(0x16)), 0, -EIO, 0x16, true, 2 },
	{ "B57: INVALID_LEN twice", EXT(A_NEED(4), A_NEED(3)), LINUX, -EIO, NEED, false, 2, 0, 0x4000 },
	{ "B57: INVALID_LEN twice, no quirks", EXT(A_NEED(4), A_NEED(3)), 0, -EIO, NEED, true, 2, 0, 0x4000 },
	{ "INVALID_LEN, then a GHCB error",
	  EXT(A_NEED(4), A_GHCB(2, 0)), LINUX, 2, NEED, true, 2, 0, 0x4000 },
	{ "INVALID_LEN, then a GHCB error, no quirks",
	  EXT(A_NEED(4), A_GHCB(2, 0)), 0, 2, UINT64_MAX, true, 2 },
	{ "B30: a plain request answered INVALID_LEN", PLAIN(A_NEED(4)), LINUX, -EIO, NEED, false, 1 },
	{ "B30: without the quirk", PLAIN(A_NEED(4)), 0, -EIO, NEED, true, 1 },
	{ "B47: success without a response", PLAIN(A_STATUS(0)), LINUX, -EBADMSG, UNTOUCHED, true, 1 },
};
/* clang-format on */

static void check_outcome(const struct outcome *o)
{
	struct world *w = world_new(1, o->quirks);

	print_message("# %s\n", o->name);
	world_script(w, o->script, o->n_answers);
	world_user(w, 0x1000);
	assert_int_equal(world_ioctl(w, o->ext ? UAPI_SNP_GET_EXT_REPORT : UAPI_SNP_GET_REPORT), o->result);
	assert_int_equal(world_exitinfo2(w), o->exitinfo2);
	assert_int_equal(sim_sev_guest_key_wiped(w->guest), o->wiped);
	assert_int_equal(bytes_all(w->ram[W_SECRETS >> 12] + SNP_SECRETS_VMPCK_OFF + 32, 32, 0), o->wiped);
	assert_int_equal(world_counter(w, 1), 2); /* it moves whatever came back */
	assert_int_equal(world_counter(w, 0), 0);
	assert_int_equal(w->exits, o->exits);
	assert_int_equal(w->slept_ns, o->slept_s * S);
	assert_int_equal(world_certs_len(w), o->certs_len == NO_LENGTH ? 0
					     : o->certs_len            ? o->certs_len
								       : 0x1000);
	assert_true(w->same_page); /* B1, B2: nothing else was ever sealed under this number */
	assert_int_equal(w->request_writes, 1);
	assert_true(w->response_was_zero);
	assert_int_equal(w->response_reads <= 1, true); /* B3 */
	for (unsigned i = 1; i < MAX_ANSWERS && i < w->exits && o->ext && o->script[0].rbx; i++)
		assert_int_equal(w->codes[i], GHCB_EXIT_GUEST_REQUEST); /* after INVALID_LEN: plain */
	if (o->wiped) {
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), -ENOTTY);
		assert_int_equal(w->exits, o->exits);
	}
	world_free(w);
}

static void every_answer_of_the_hypervisor_has_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		check_outcome(&outcomes[i]);
}

/*
 * B30, B57: with the key kept the counters have parted, so that the next message is refused, and then it is
 * over.
 */
static void a_key_that_linux_keeps_by_mistake_dies_with_the_next_request(void **state)
{
	static const struct answer plain[] = { A_NEED(1) },
				   resend[] = { A_NEED(1), A_STATUS(SNP_INVALID_PARAM) },
				   good[] = { A_FIRMWARE };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *w = world_new(0, LINUX);

		world_script(w, i ? resend : plain, i ? 2 : 1);
		world_user(w, 0x1000);
		assert_int_equal(world_ioctl(w, i ? UAPI_SNP_GET_EXT_REPORT : UAPI_SNP_GET_REPORT), -EIO);
		world_script(w, good, 1);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), -EIO);
		assert_int_equal(world_exitinfo2(w), SNP_AEAD_OFLOW);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), -ENOTTY);
		world_free(w);
	}
}

static void after_invalid_len_the_next_request_succeeds(void **state)
{
	static const struct answer script[] = { A_NEED(2), A_FIRMWARE }, good[] = { A_FIRMWARE };
	struct world *w = world_new(2, LINUX);

	(void)state;
	world_script(w, script, 2);
	world_user(w, 0x1000);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), -EIO);
	world_script(w, good, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), 0);
	assert_int_equal(world_counter(w, 2), 8);
	assert_int_equal(w->counts[2], 8);
	world_free(w);
}

static void forge_seqno_back(struct snp_msg_hdr *h)
{
	h->msg_seqno--;
}
static void forge_seqno_on(struct snp_msg_hdr *h)
{
	h->msg_seqno += 2;
}
static void forge_seqno_high(struct snp_msg_hdr *h)
{
	h->msg_seqno += 1ull << 32;
}
static void forge_type(struct snp_msg_hdr *h)
{
	h->msg_type = SNP_MSG_KEY_RSP;
}
static void forge_type_request(struct snp_msg_hdr *h)
{
	h->msg_type = SNP_MSG_REPORT_REQ;
}
static void forge_version(struct snp_msg_hdr *h)
{
	h->msg_version++;
}
static void forge_size_max(struct snp_msg_hdr *h)
{
	h->msg_sz = 4000;
}
static void forge_size_over(struct snp_msg_hdr *h)
{
	h->msg_sz = 4001;
}
static void forge_size_all(struct snp_msg_hdr *h)
{
	h->msg_sz = 0xffff;
}
static void forge_size_none(struct snp_msg_hdr *h)
{
	h->msg_sz = 0;
}
static void forge_algo(struct snp_msg_hdr *h)
{
	h->algo = 0;
}
static void forge_hdr(struct snp_msg_hdr *h)
{
	h->hdr_version = 9, h->hdr_sz = 1;
}
static void forge_reserved(struct snp_msg_hdr *h)
{
	memset(h->reserved_3d, 0xff, sizeof(h->reserved_3d));
}

/* All of these responses are sealed with the right key: the header's fields are judged by themselves. */
static void a_response_that_does_not_suit_the_request_costs_the_key(void **state)
{
	static const struct {
		void (*forge)(struct snp_msg_hdr *h);
		unsigned long number;
		int result;
	} rows[] = {
		{ forge_seqno_back, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_seqno_on, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_seqno_high, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_type, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_type_request, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_version, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_size_max, UAPI_SNP_GET_REPORT, 0 },
		{ forge_size_over, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_size_all, UAPI_SNP_GET_REPORT, -EBADMSG },
		{ forge_size_max, UAPI_SNP_GET_DERIVED_KEY, -EBADMSG },
		{ forge_size_none, UAPI_SNP_GET_REPORT, 0 },
		/* What the kernel's driver does not judge, this one does not either. */
		{ forge_algo, UAPI_SNP_GET_REPORT, 0 },
		{ forge_hdr, UAPI_SNP_GET_REPORT, 0 },
		{ forge_reserved, UAPI_SNP_GET_REPORT, 0 },
	};
	static const struct answer script[] = { A_FIRMWARE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = world_new(0, LINUX);

		w->forge = rows[i].forge;
		world_script(w, script, 1);
		world_user(w, 0);
		assert_int_equal(world_ioctl(w, rows[i].number), rows[i].result);
		assert_int_equal(sim_sev_guest_key_wiped(w->guest), rows[i].result != 0);
		if (rows[i].forge == forge_size_none)
			assert_true(bytes_all(w->user[2], SNP_REPORT_RESP_BYTES, 0));
		if (rows[i].result)
			assert_true(bytes_all(w->user[2], SNP_PAGE_BYTES, U_FILL));
		world_free(w);
	}
}

/* B3, and what GCM covers: sequence number (as IV), header from 0x30, tag, ciphertext. */
static void a_host_that_flips_any_byte_of_the_response_gains_nothing(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };
	const size_t end = SNP_MSG_HDR_BYTES + SNP_MSG_REPORT_RSP_BYTES;
	struct snp_report report;

	(void)state;
	for (size_t at = 0; at < SNP_PAGE_BYTES; at++) {
		bool covered = at < 16 || (at >= 0x20 && at < 0x28) || (at >= 0x30 && at < end);
		struct world *w = world_new(0, LINUX);

		w->flip_at = at;
		w->flip_with = (uint8_t)(1u << at % 8);
		world_script(w, script, 1);
		world_user(w, 0);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), covered ? -EBADMSG : 0);
		assert_int_equal(sim_sev_guest_key_wiped(w->guest), covered);
		if (covered) {
			assert_true(bytes_all(w->user[2], SNP_PAGE_BYTES, U_FILL));
		} else {
			assert_int_equal(snp_report_read(w->user[2] + 32, SNP_REPORT_BYTES, &report, NULL),
					 0);
			assert_memory_equal(report.report_data, w->user[1], 64);
			assert_true(bytes_all(w->user[2] + 32 + SNP_REPORT_BYTES,
					      SNP_REPORT_RESP_BYTES - 32 - SNP_REPORT_BYTES, 0));
		}
		world_free(w);
	}
}

static void b31_the_counter_stops_before_its_32_bits_end(void **state)
{
	static const struct {
		uint32_t counter;
		int result;
	} rows[] = { { 0xfffffffc, 0 }, { 0xfffffffd, 0 }, { 0xfffffffe, -EIO }, { 0xffffffff, -EIO } };
	static const struct answer script[] = { A_FIRMWARE };

	(void)state;
	/* sim_linux: sev_presets_exitinfo2_of_unsent */
	for (size_t n = 0; n < 2 * ARRAY_SIZE(rows); n++) {
		bool old = n % 2;
		struct world *w = world_new(3, old ? LINUX | W_6_12 : LINUX);
		size_t i = n / 2;

		bytes_put_le(w->ram[W_SECRETS >> 12] + SNP_SECRETS_SEQNO_OFF + 12, rows[i].counter, 4);
		w->counts[3] = rows[i].counter;
		world_script(w, script, 1);
		world_user(w, 0);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), rows[i].result);
		assert_int_equal(w->exits, rows[i].result == 0);
		assert_int_equal(world_exitinfo2(w), rows[i].result && old ? 0xff : UNTOUCHED);
		assert_false(sim_sev_guest_key_wiped(w->guest)); /* nothing was sealed */
		assert_int_equal(world_counter(w, 3), rows[i].result ? rows[i].counter : rows[i].counter + 2);
		world_free(w);
	}
}

static int again(struct world *w, unsigned vmpck, struct sim_sev_guest **ret)
{
	static const struct sim_sev_guest_layout layout = { W_GHCB, W_REQUEST, W_RESPONSE, W_CERTS,
							    W_SECRETS };

	return sim_sev_guest_new(&w->memory, &layout, vmpck, LINUX, NULL, ret, NULL);
}

static void b32_a_second_driver_counts_on_where_the_first_stopped(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };
	struct world *w = world_new(1, LINUX);

	(void)state;
	world_script(w, script, 1);
	world_user(w, 0);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), 0);
	sim_sev_guest_free(w->guest);
	assert_int_equal(again(w, 1, &w->guest), 0);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_DERIVED_KEY), 0);
	assert_int_equal(world_counter(w, 1), 4);
	world_free(w);
}

static void each_vmpck_has_its_own_key_and_counter(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };
	struct world *w = world_new(0, LINUX);

	(void)state;
	world_script(w, script, 1);
	world_user(w, 0);
	for (unsigned k = 0; k < SNP_N_VMPCKS; k++) {
		sim_sev_guest_free(w->guest);
		assert_int_equal(again(w, k, &w->guest), 0);
		assert_int_equal(sim_sev_guest_vmpck(w->guest), k);
		for (unsigned i = 0; i <= k; i++)
			assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT), 0);
	}
	for (unsigned k = 0; k < SNP_N_VMPCKS; k++)
		assert_int_equal(world_counter(w, k), 2 * (k + 1));
	world_free(w);
}

static void b6_a_second_request_waits_for_the_first(void **state)
{
	static const struct answer script[] = { A_BUSY, A_FIRMWARE };
	struct sim_sev_request request = { .msg_type = SNP_MSG_REPORT_REQ, .msg_version = 1 };
	struct world *w = world_new(0, LINUX);
	struct sim_step_result step;

	(void)state;
	sim_sev_guest_step(w->guest, 0, &step);
	assert_int_equal(step.step, SIM_STEP_DONE);
	assert_int_equal(step.result, -EINVAL);
	world_script(w, script, 2);
	world_user(w, 0);
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, UAPI_SNP_GET_REPORT, U_INPUT), 0);
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, UAPI_SNP_GET_REPORT, U_INPUT),
			 -EBUSY);
	sim_sev_guest_step(w->guest, 0, &step);
	assert_int_equal(step.step, SIM_STEP_VMGEXIT);
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, UAPI_SNP_GET_REPORT, U_INPUT),
			 -EBUSY);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), -EBUSY);
	world_free(w); /* in the middle of it: nothing leaks */
}

static void a_step_before_its_time_sleeps_on(void **state)
{
	static const struct answer busy[] = { A_BUSY };
	struct world *w = world_new(0, LINUX);
	struct sim_step_result step;

	(void)state;
	world_script(w, busy, 1);
	world_user(w, 0);
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, UAPI_SNP_GET_REPORT, U_INPUT), 0);
	sim_sev_guest_step(w->guest, 5 * S, &step);
	world_vmgexit(w);
	for (uint64_t now = 5 * S; now < 7 * S; now += S / 2) {
		sim_sev_guest_step(w->guest, now, &step);
		assert_int_equal(step.step, SIM_STEP_SLEEP);
		assert_int_equal(step.until_ns, 7 * S);
	}
	sim_sev_guest_step(w->guest, 7 * S, &step);
	assert_int_equal(step.step, SIM_STEP_VMGEXIT);
	world_free(w);
}

/* Linux does not look at why it woke up: the request goes on, only without the 2 s. */
static void a_killed_program_does_not_end_its_request(void **state)
{
	static const struct answer once[] = { A_BUSY, A_BUSY, A_FIRMWARE }, ever[] = { A_BUSY };
	struct world *w = world_new(0, LINUX);
	struct sim_step_result step;

	(void)state;
	sim_sev_guest_kill(w->guest); /* nothing to kill */
	world_script(w, once, 3);
	world_user(w, 0);
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, UAPI_SNP_GET_REPORT, U_INPUT), 0);
	sim_sev_guest_kill(w->guest);
	assert_int_equal(world_drive(w), 0);
	assert_true(w->exits == 3 && w->slept_ns < S / 100);

	world_script(w, ever, 1);
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, UAPI_SNP_GET_REPORT, U_INPUT), 0);
	sim_sev_guest_step(w->guest, w->now_ns, &step);
	world_vmgexit(w);
	sim_sev_guest_step(w->guest, w->now_ns, &step);
	assert_int_equal(step.until_ns,
			 w->now_ns + 2 * S); /* the mark of the kill is gone with its request */
	sim_sev_guest_kill(w->guest);
	sim_sev_guest_step(w->guest, w->now_ns, &step);
	assert_int_equal(step.step, SIM_STEP_VMGEXIT); /* woken up */
	world_vmgexit(w);
	assert_int_equal(world_drive(w), -ETIMEDOUT);
	assert_true(sim_sev_guest_key_wiped(w->guest));
	world_free(w);
}

/*
 * Guest memory that fails at the k-th touch: -EFAULT, and a number that the host may have seen is never used
 * again.
 */
static void failing_guest_memory_never_frees_a_used_number(void **state)
{
	static const struct answer script[] = { A_BUSY, A_NEED(2), A_FIRMWARE };
	bool fired = true;

	(void)state;
	for (unsigned k = 1; fired; k++) {
		struct world *w = world_new(0, k % 2 ? LINUX : 0);
		bool wiped;
		int r;

		world_script(w, script, 3);
		world_user(w, 0x1000);
		w->fail_at = k;
		r = world_ioctl(w, UAPI_SNP_GET_EXT_REPORT);
		fired = w->accesses >= k;
		w->fail_at = 0;
		if (!fired) {
			assert_int_equal(r, -EIO);
		} else if (r == -ENOTTY) {
			assert_int_equal(w->request_writes, 0); /* no key to be read is no key */
		} else if (r == -ENOMEM) {
			assert_int_equal(w->certs_shares + w->request_writes, 0);
		} else if (r == -EIO) { /* all went well, but for the pages that could not be made private */
			assert_int_equal(w->shared_certs, 1);
		} else if (r == -EFAULT) {
			assert_int_equal(sim_sev_guest_key_wiped(w->guest), w->request_writes > 0);
		} else {
			fail();
		}
		wiped = sim_sev_guest_key_wiped(w->guest);
		assert_int_equal(world_ioctl(w, UAPI_SNP_GET_REPORT) == -ENOTTY, wiped);
		world_free(w);
	}
}

static void a_driver_that_cannot_work_is_not_made(void **state)
{
	struct sim_sev_guest_layout good = { W_GHCB, W_REQUEST, W_RESPONSE, W_CERTS, W_SECRETS }, bad;
	struct sim_sev_guest *none = NULL;
	struct world *w = world_new(0, LINUX);
	struct jurat_error err;

	(void)state;
	assert_int_equal(sim_sev_guest_new(&w->memory, &good, 4, 0, NULL, &none, &err), -EINVAL);
	assert_non_null(strstr(err.text, "VMPCK 4"));
	for (size_t off = 0; off < sizeof(good); off += sizeof(uint64_t)) {
		bad = good;
		*(uint64_t *)((char *)&bad + off) += 8;
		assert_int_equal(sim_sev_guest_new(&w->memory, &bad, 0, 0, NULL, &none, &err), -EINVAL);
	}
	bad = good;
	bad.secrets_gpa = 0x100000;
	assert_int_equal(sim_sev_guest_new(&w->memory, &bad, 0, 0, NULL, &none, &err), -EFAULT);
	memset(w->ram[W_SECRETS >> 12] + SNP_SECRETS_VMPCK_OFF + 64, 0, 32);
	assert_int_equal(sim_sev_guest_new(&w->memory, &good, 2, 0, NULL, &none, &err), -EINVAL);
	assert_non_null(strstr(err.text, "empty"));
	assert_null(none);
	sim_sev_guest_free(NULL);
	world_free(w);
}

/* What configfs-tsm's provider does: the same request without an ioctl. */
static void a_request_from_inside_the_kernel_gets_report_and_certificates(void **state)
{
	static const struct answer good[] = { A_FIRMWARE }, need[] = { A_NEED(9), A_FIRMWARE },
				   bad[] = { A_STATUS(3) };
	struct world *w = world_new(0, LINUX);
	uint8_t payload[SNP_MSG_REPORT_REQ_BYTES] = { 1, 2, 3 }, response[4000], certs[2 * SNP_PAGE_BYTES];
	struct sim_sev_request request = {
		.msg_type = SNP_MSG_REPORT_REQ,
		.msg_version = 1,
		.payload = payload,
		.payload_size = sizeof(payload),
		.response = response,
		.response_size = sizeof(response),
		.certs = certs,
		.certs_pages = 2,
		.extended = true,
	};

	(void)state;
	w->certs_text = "table";
	world_script(w, good, 1);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), 0);
	assert_int_equal(world_drive(w), 0);
	assert_int_equal(request.exitinfo2, 0);
	assert_memory_equal(response + 32 + 0x50, payload, 64);
	assert_memory_equal(certs, "table", 5);
	assert_true(bytes_all(certs + 5, sizeof(certs) - 5, 0));

	world_script(w, need, 2);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), 0);
	assert_int_equal(world_drive(w), -EIO);
	assert_int_equal(request.exitinfo2, NEED);
	assert_int_equal(request.certs_pages, 9);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request),
			 -EINVAL); /* 9 pages are more than 4 */

	request.certs = NULL;
	request.certs_pages = 2;
	memset(certs, 0xcc, sizeof(certs));
	world_script(w, good, 1);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), 0);
	assert_int_equal(world_drive(w), 0);
	assert_int_equal(w->exit_rbx, 0);
	assert_true(bytes_all(certs, sizeof(certs), 0xcc));

	world_script(w, bad, 1);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), 0);
	assert_int_equal(world_drive(w), -EIO);
	assert_int_equal(request.exitinfo2, 3);
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), 0);
	assert_int_equal(world_drive(w), -ENOTTY);
	request.payload_size = SNP_MSG_MAX_PAYLOAD_BYTES + 1;
	assert_int_equal(sim_sev_guest_start_request(w->guest, &request), -EINVAL);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sealed_vector_is_reproduced_to_the_byte),
		cmocka_unit_test(the_ghcb_holds_what_linux_puts_there),
		cmocka_unit_test(a_request_for_no_certificates_names_no_pages_since_7_3),
		cmocka_unit_test(certificate_pages_are_shared_for_their_request_alone_since_7_3),
		cmocka_unit_test(every_answer_of_the_hypervisor_has_its_outcome),
		cmocka_unit_test(a_key_that_linux_keeps_by_mistake_dies_with_the_next_request),
		cmocka_unit_test(after_invalid_len_the_next_request_succeeds),
		cmocka_unit_test(a_response_that_does_not_suit_the_request_costs_the_key),
		cmocka_unit_test(a_host_that_flips_any_byte_of_the_response_gains_nothing),
		cmocka_unit_test(b31_the_counter_stops_before_its_32_bits_end),
		cmocka_unit_test(b32_a_second_driver_counts_on_where_the_first_stopped),
		cmocka_unit_test(each_vmpck_has_its_own_key_and_counter),
		cmocka_unit_test(b6_a_second_request_waits_for_the_first),
		cmocka_unit_test(a_step_before_its_time_sleeps_on),
		cmocka_unit_test(a_killed_program_does_not_end_its_request),
		cmocka_unit_test(failing_guest_memory_never_frees_a_used_number),
		cmocka_unit_test(a_driver_that_cannot_work_is_not_made),
		cmocka_unit_test(a_request_from_inside_the_kernel_gets_report_and_certificates),
	};

	return cmocka_run_group_tests_name("sim_sev_guest", tests, NULL, NULL);
}
