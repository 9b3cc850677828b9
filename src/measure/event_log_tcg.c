/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/event_log_parts.h"

/*
 * The crypto-agile form of the TCG's event log. Spec: TCG PC Client Platform Firmware Profile 1.06, 10.2.1
 * (TCG_PCR_EVENT2), 10.4.5.1 (Specification ID Version Event)
 */
enum {
	MAX_ALGORITHMS = 16,
	ALG_SHA384 = 0xc,
	SPEC_ID_OFF = 32, /* of the first event's data: index, type, a SHA-1 digest, size */
	SPEC_ID_SIGNATURE_BYTES = 16,
};

static const char signature[SPEC_ID_SIGNATURE_BYTES] = "Spec ID Event03";

/* Spec: TCG Algorithm Registry, table 3 */
static const struct {
	uint16_t id, size;
	const char *name;
} known[] = {
	{ 0x4, 20, "SHA-1" },     { 0xb, 32, "SHA-256" },   { ALG_SHA384, MEASURE_DIGEST_BYTES, "SHA-384" },
	{ 0xd, 64, "SHA-512" },   { 0x12, 32, "SM3" },      { 0x27, 32, "SHA3-256" },
	{ 0x28, 48, "SHA3-384" }, { 0x29, 64, "SHA3-512" },
};

struct reader {
	struct measure_log *log;
	struct bytes_rd r;
	unsigned n_algorithms;
	uint16_t ids[MAX_ALGORITHMS], sizes[MAX_ALGORITHMS];
};

bool event_log_is_tcg(const uint8_t *bytes, size_t n)
{
	return n >= SPEC_ID_OFF + sizeof(signature) &&
	       memcmp(bytes + SPEC_ID_OFF, signature, sizeof(signature)) == 0;
}

/* -1: not declared */
static int find_algorithm(const struct reader *l, uint16_t id)
{
	for (unsigned i = 0; i < l->n_algorithms; i++)
		if (l->ids[i] == id)
			return (int)i;
	return -1;
}

static int add_algorithm(struct reader *l, uint16_t id, uint16_t size, struct jurat_error *err)
{
	if (find_algorithm(l, id) >= 0)
		return jurat_fail(err, -EBADMSG, "Spec ID event: algorithm 0x%x is declared twice", id);
	if (size == 0)
		return jurat_fail(err, -EBADMSG, "Spec ID event: algorithm 0x%x has digests of 0 bytes", id);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].id == id && known[i].size != size)
			return jurat_fail(err, -EBADMSG, "Spec ID event: %s digests of %u bytes, expected %u",
					  known[i].name, size, known[i].size);
	}
	l->ids[l->n_algorithms] = id;
	l->sizes[l->n_algorithms++] = size;
	return 0;
}

static int read_algorithms(struct reader *l, struct bytes_rd *r, struct jurat_error *err)
{
	uint32_t n = bytes_rd_le32(r);

	if (!r->bad && (n == 0 || n > MAX_ALGORITHMS))
		return jurat_fail(err, -EBADMSG, "Spec ID event: %" PRIu32 " algorithms, expected 1 to %d", n,
				  MAX_ALGORITHMS);
	for (uint32_t i = 0; !r->bad && i < n; i++) {
		uint16_t id = bytes_rd_le16(r), size = bytes_rd_le16(r);
		int failed = r->bad ? 0 : add_algorithm(l, id, size, err);

		if (failed < 0)
			return failed;
	}
	return 0;
}

/* The first event, which has the form of TPM 1.2. */
static int read_spec_id(struct reader *l, struct jurat_error *err)
{
	enum { AFTER_INDEX_OFF = 4, SIZE_OFF = 28, ALGORITHMS_OFF = 24 };
	struct bytes_rd data;
	uint32_t type, size;
	int r;

	bytes_rd_seek(&l->r, AFTER_INDEX_OFF);
	type = bytes_rd_le32(&l->r);
	bytes_rd_seek(&l->r, SIZE_OFF);
	size = bytes_rd_le32(&l->r);
	data = bytes_rd(bytes_rd_take(&l->r, size), size);
	if (l->r.bad)
		return jurat_fail(err, -EBADMSG,
				  "Spec ID event: its data has %" PRIu32 " bytes, the log has %zu", size,
				  l->r.size - SPEC_ID_OFF);
	if (type != MEASURE_EV_NO_ACTION)
		return jurat_fail(err, -EBADMSG, "Spec ID event: type 0x%" PRIx32 ", expected EV_NO_ACTION",
				  type);
	bytes_rd_seek(&data, ALGORITHMS_OFF);
	r = read_algorithms(l, &data, err);
	if (r < 0)
		return r;
	bytes_rd_skip(&data, bytes_rd_u8(&data)); /* the vendor's information */
	if (data.bad || bytes_rd_left(&data) > 0)
		return jurat_fail(err, -EBADMSG,
				  "Spec ID event: %" PRIu32
				  " bytes do not hold its %u algorithms and its vendor's "
				  "information exactly",
				  size, l->n_algorithms);
	if (find_algorithm(l, ALG_SHA384) < 0)
		return jurat_fail(
			err, -EBADMSG,
			"Spec ID event: no SHA-384 digests, which RTMRs are extended with (the first of %u "
			"algorithms is 0x%x)",
			l->n_algorithms, l->ids[0]);
	return 0;
}

static int fail_event(const struct reader *l, const struct measure_event *e, struct jurat_error *err,
		      const char *what, uint64_t value)
{
	return jurat_fail(err, -EBADMSG, "event %zu at %zu: %s: %" PRIu64 " (0x%" PRIx64 ")", l->log->n + 1,
			  e->offset, what, value, value);
}

static int read_digests(struct reader *l, struct measure_event *e, struct jurat_error *err)
{
	uint32_t n = bytes_rd_le32(&l->r), seen = 0;

	if (!l->r.bad && n > l->n_algorithms)
		return fail_event(l, e, err, "more digests than the Spec ID event declares", n);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t id = bytes_rd_le16(&l->r);
		const uint8_t *digest;
		int at = find_algorithm(l, id);

		if (l->r.bad)
			break;
		if (at < 0)
			return fail_event(l, e, err,
					  "digest of an algorithm that the Spec ID event does not declare",
					  id);
		if (seen & 1u << at)
			return fail_event(l, e, err, "two digests of one algorithm", id);
		seen |= 1u << at;
		digest = bytes_rd_take(&l->r, l->sizes[at]);
		if (id == ALG_SHA384)
			e->digest = digest;
	}
	return 0;
}

static int read_event(struct reader *l, struct jurat_error *err)
{
	struct measure_event e = { .offset = l->r.off };
	uint32_t size;
	int r;

	e.stated_index = bytes_rd_le32(&l->r);
	e.type = bytes_rd_le32(&l->r);
	e.index = e.stated_index;
	e.extends = e.type != MEASURE_EV_NO_ACTION;
	r = read_digests(l, &e, err);
	if (r < 0)
		return r;
	size = bytes_rd_le32(&l->r);
	if (!l->r.bad && size > bytes_rd_left(&l->r))
		return jurat_fail(err, -EBADMSG,
				  "event %zu at %zu: its data has %" PRIu32 " bytes, the log has %zu more",
				  l->log->n + 1, e.offset, size, bytes_rd_left(&l->r));
	e.data = bytes_rd_take(&l->r, size);
	e.n = size;
	if (l->r.bad)
		return jurat_fail(err, -EBADMSG, "event %zu at %zu: the log ends within it, at %zu",
				  l->log->n + 1, e.offset, l->r.size);
	if (e.extends && !e.digest)
		return fail_event(l, &e, err, "no SHA-384 digest; type", e.type);
	event_log_match(&e);
	return event_log_add(l->log, &e, err);
}

/* Whether no event follows: the rest of the log area has its erased state. */
static bool is_padding(const struct bytes_rd *r)
{
	const uint8_t *rest = r->data + r->off;
	size_t n = bytes_rd_left(r);

	return bytes_all(rest, n, 0xff) || bytes_all(rest, n, 0);
}

int event_log_read_tcg(struct measure_log *log, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	struct reader l = { .log = log };
	int r;

	log->form = MEASURE_LOG_TCG;
	log->bytes = malloc(n);
	if (!log->bytes)
		return jurat_fail_memory(err);
	memcpy(log->bytes, bytes, n);
	l.r = bytes_rd(log->bytes, n);
	r = read_spec_id(&l, err);
	while (r == 0 && bytes_rd_left(&l.r) > 0 && !is_padding(&l.r)) {
		static const uint8_t erased[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
		struct bytes_rd head = l.r;
		const uint8_t *first = bytes_rd_take(&head, sizeof(erased));

		if (first && memcmp(first, erased, sizeof(erased)) == 0)
			return jurat_fail(err, -EBADMSG, "padding at %zu, and then other bytes", l.r.off);
		r = read_event(&l, err);
	}
	return r;
}
