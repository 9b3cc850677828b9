/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_PSP_SUPPORT_H
#define TESTS_SIM_PSP_SUPPORT_H

#include "support/test.h"

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "sim/psp/psp.h"
#include "wire/snp_secrets.h"

/*
 * A guest's side of the message protocol for tests, written against the specification with crypto/ and wire/
 * alone, so that it shares no code with what it tests.
 */
struct test_guest {
	struct sim_psp *psp;
	uint32_t number;
	uint8_t secrets[SNP_PAGE_BYTES];
	uint64_t seqno[SNP_N_VMPCKS]; /* of the last message seen */
};

static inline struct sim_psp *new_psp(enum snp_product product, uint32_t report_version)
{
	struct sim_psp_options options = { .product = product, .report_version = report_version };
	struct sim_psp *psp;

	assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
	return psp;
}

/* A launch with a value of its own in every field. */
static inline struct sim_launch some_launch(void)
{
	struct sim_launch l = { .policy = 0x30000, .guest_svn = 7, .author_key_en = true };

	memset(l.family_id, 0x11, sizeof(l.family_id));
	memset(l.image_id, 0x22, sizeof(l.image_id));
	memset(l.measurement, 0x33, sizeof(l.measurement));
	memset(l.host_data, 0x44, sizeof(l.host_data));
	memset(l.id_key_digest, 0x55, sizeof(l.id_key_digest));
	memset(l.author_key_digest, 0x66, sizeof(l.author_key_digest));
	return l;
}

static inline struct test_guest launch_as(struct sim_psp *psp, const struct sim_launch *launch)
{
	struct test_guest g = { .psp = psp };

	assert_int_equal(sim_psp_launch(psp, launch, &g.number, g.secrets, NULL), 0);
	return g;
}

static inline struct test_guest launch(struct sim_psp *psp)
{
	struct sim_launch l = some_launch();

	return launch_as(psp, &l);
}

static inline const uint8_t *vmpck_of(const struct test_guest *g, unsigned vmpck)
{
	return g->secrets + SNP_SECRETS_VMPCK_OFF + vmpck * SNP_VMPCK_BYTES;
}

/* Everything of a message that a test may want to get wrong. */
struct test_message {
	uint64_t seqno;
	uint8_t type, version, vmpck;
	uint16_t size;
	uint8_t payload[SNP_MSG_MAX_PAYLOAD_BYTES];
};

static inline void iv_of(uint64_t seqno, uint8_t iv[12])
{
	memset(iv, 0, 12);
	bytes_put_le(iv, seqno, 8);
}

/* Encrypts what the header of `page` (its AAD included) says, whatever that is. */
static inline void seal_page(uint8_t page[SNP_PAGE_BYTES], const uint8_t *key, const uint8_t *payload,
			     size_t n)
{
	uint8_t iv[12];

	iv_of(bytes_get_le(page + 0x20, 8), iv);
	memset(page, 0, 16);
	assert_int_equal(crypto_aead_seal(key, iv, page + 0x30, 0x30, payload, n, page + 0x60, page), 0);
}

static inline void make_page(const struct test_message *m, const uint8_t *key, uint8_t page[SNP_PAGE_BYTES])
{
	memset(page, 0, SNP_PAGE_BYTES);
	bytes_put_le(page + 0x20, m->seqno, 8);
	page[0x30] = 1;
	page[0x31] = 1;
	bytes_put_le(page + 0x32, 0x60, 2);
	page[0x34] = m->type;
	page[0x35] = m->version;
	bytes_put_le(page + 0x36, m->size, 2);
	page[0x3c] = m->vmpck;
	seal_page(page, key, m->payload, m->size);
}

/* Checks all that a careful guest checks, and gives the payload. */
static inline void open_page(const uint8_t page[SNP_PAGE_BYTES], const uint8_t *key,
			     const struct test_message *sent, struct test_message *ret)
{
	uint8_t iv[12], header[0x60] = { 0 };

	memset(ret, 0, sizeof(*ret));
	ret->size = (uint16_t)bytes_get_le(page + 0x36, 2);
	memcpy(header, page, 16);
	bytes_put_le(header + 0x20, sent->seqno + 1, 8);
	header[0x30] = 1;
	header[0x31] = 1;
	header[0x32] = 0x60;
	header[0x34] = sent->type + 1;
	header[0x35] = sent->version;
	bytes_put_le(header + 0x36, ret->size, 2);
	header[0x3c] = sent->vmpck;
	assert_memory_equal(page, header, sizeof(header));
	assert_true(ret->size <= sizeof(ret->payload));
	iv_of(sent->seqno + 1, iv);
	assert_int_equal(
		crypto_aead_open(key, iv, page + 0x30, 0x30, page + 0x60, ret->size, ret->payload, page), 0);
	assert_true(bytes_all(page + 0x60 + ret->size, SNP_PAGE_BYTES - 0x60 - ret->size, 0));
}

static inline struct test_message request(const struct test_guest *g, uint8_t type, unsigned vmpck,
					  const void *payload, size_t n)
{
	struct test_message m = {
		.seqno = g->seqno[vmpck] + 1, .type = type, .version = 1, .size = (uint16_t)n
	};

	m.vmpck = (uint8_t)vmpck;
	if (n > 0)
		memcpy(m.payload, payload, n);
	return m;
}

/* The whole exchange. Returns the command's status; on SNP_SUCCESS the counters have moved on both sides. */
static inline uint32_t exchange(struct test_guest *g, const struct test_message *m, struct test_message *ret)
{
	uint8_t to[SNP_PAGE_BYTES], from[SNP_PAGE_BYTES];
	uint64_t before = sim_psp_message_count(g->psp, g->number, m->vmpck);
	uint32_t status;

	memset(from, 0xee, sizeof(from));
	make_page(m, vmpck_of(g, m->vmpck), to);
	status = sim_psp_guest_request(g->psp, g->number, to, from);
	if (status != SNP_SUCCESS) {
		assert_true(bytes_all(from, sizeof(from), 0xee));
		assert_int_equal(sim_psp_message_count(g->psp, g->number, m->vmpck), before);
		return status;
	}
	assert_int_equal(sim_psp_message_count(g->psp, g->number, m->vmpck), before + 2);
	open_page(from, vmpck_of(g, m->vmpck), m, ret);
	g->seqno[m->vmpck] += 2;
	return status;
}

struct report_answer {
	uint32_t status;
	struct snp_report report;
	uint8_t bytes[SNP_REPORT_BYTES];
};

static inline struct report_answer ask_report(struct test_guest *g, unsigned vmpck, uint32_t vmpl,
					      uint32_t key_sel)
{
	uint8_t payload[96] = { 0 };
	struct report_answer a = { 0 };
	struct test_message m, answer;

	memset(payload, 0xda, 64);
	bytes_put_le(payload + 0x40, vmpl, 4);
	bytes_put_le(payload + 0x44, key_sel, 4);
	m = request(g, 5, vmpck, payload, sizeof(payload));
	assert_int_equal(exchange(g, &m, &answer), SNP_SUCCESS);
	a.status = (uint32_t)bytes_get_le(answer.payload, 4);
	assert_true(bytes_all(answer.payload + 8, 24, 0));
	if (a.status != 0) {
		assert_int_equal(answer.size, 0x20);
		assert_int_equal(bytes_get_le(answer.payload + 4, 4), 0);
		return a;
	}
	assert_int_equal(answer.size, 0x4c0);
	assert_int_equal(bytes_get_le(answer.payload + 4, 4), 0x4a0);
	memcpy(a.bytes, answer.payload + 0x20, sizeof(a.bytes));
	assert_int_equal(snp_report_read(a.bytes, sizeof(a.bytes), &a.report, NULL), 0);
	return a;
}

#endif
