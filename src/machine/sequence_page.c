/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "machine/sequence.h"
#include "page/trace.h"

/*
 * A page of steps: lines of JSON, which page/trace_data.js reads. Of bytes, once for all with the same value,
 *
 *	{"blob":NUMBER,"base64":"...","tree":{...}}
 *
 * with "undecoded":true in place of the tree where the page has MAX_TREE_BYTES of them already,
 * and after it a line for each event. Its members have short names, and are absent when they say nothing:
 * kind, id, p (parent), r (request), k (track), c (count), g (guest), v (vCPU), th (thread), b and e (begin,
 * end), at, f and t (from, to), x (text), z (result), l (exclusive), u (unfinished), n (numbers: name,
 * value), d (bytes: name, their total, number of the blob).
 */
enum { FIRST_SLOTS = 256, MAX_TREE_BYTES = 24 * 1024 * 1024 };

/* The bytes that are on the page: open addressing by their digest, at most half full. */
struct slot {
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint32_t number; /* of the blob, + 1; 0: free */
};
struct sequence_blobs {
	struct slot *slots;
	size_t n_slots, n;
	size_t tree_bytes;
	bool has_begun; /* the page */
};

static struct slot *slot_of(struct slot *slots, size_t n_slots, const uint8_t digest[CRYPTO_SHA256_BYTES])
{
	size_t at;

	memcpy(&at, digest, sizeof(at));
	at &= n_slots - 1;
	while (slots[at].number && memcmp(slots[at].digest, digest, CRYPTO_SHA256_BYTES) != 0)
		at = (at + 1) & (n_slots - 1);
	return &slots[at];
}

static bool make_room(struct sequence_blobs *b)
{
	const size_t n_slots = b->n_slots ? 2 * b->n_slots : FIRST_SLOTS;
	struct slot *slots;

	if (2 * (b->n + 1) <= b->n_slots)
		return true;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < b->n_slots; i++)
		if (b->slots[i].number)
			*slot_of(slots, n_slots, b->slots[i].digest) = b->slots[i];
	free(b->slots);
	b->slots = slots;
	b->n_slots = n_slots;
	return true;
}

static void put_base64(FILE *to, const uint8_t *bytes, size_t n)
{
	enum { PIECE = 3 * 256 };

	for (size_t at = 0; at < n; at += PIECE) {
		char text[BASE64_TEXT_SIZE(PIECE)];

		fputs(base64_write(bytes + at, n - at < PIECE ? n - at : PIECE, text), to);
	}
}

static void put_blob(struct sequence *s, const struct sequence_bytes *bytes, size_t number)
{
	struct sequence_blobs *b = s->own;
	auto_free char *tree = NULL;

	fprintf(s->to, "{\"blob\":%zu,\"base64\":\"", number);
	put_base64(s->to, bytes->bytes, bytes->n);
	fputc('"', s->to);
	if (s->page.decode && b->tree_bytes >= MAX_TREE_BYTES)
		fputs(",\"undecoded\":true", s->to);
	else if (s->page.decode)
		tree = s->page.decode(bytes);
	if (tree) {
		b->tree_bytes += strlen(tree);
		fputs(",\"tree\":", s->to);
		page_json(s->to, tree);
	}
	fputs("}\n", s->to);
}

/* Writes bytes that are not there yet. Returns false without memory. */
static bool number_of(struct sequence *s, const struct sequence_bytes *bytes, size_t *ret)
{
	struct sequence_blobs *b = s->own;
	uint8_t digest[CRYPTO_SHA256_BYTES];
	struct slot *slot;

	if (!make_room(b))
		return false;
	crypto_sha256(bytes->bytes, bytes->n, digest);
	slot = slot_of(b->slots, b->n_slots, digest);
	if (!slot->number) {
		put_blob(s, bytes, b->n);
		memcpy(slot->digest, digest, sizeof(digest));
		slot->number = (uint32_t)++b->n;
	}
	*ret = slot->number - 1;
	return true;
}

static void begin_page(struct sequence *s)
{
	struct sequence_blobs *b = s->own;

	if (b && b->has_begun)
		return;
	page_trace_begin(s->to, s->page.title ? s->page.title : "trace");
	if (b)
		b->has_begun = true;
}

static void put_text(FILE *to, const char *member, const char *text)
{
	if (!text)
		return;
	fprintf(to, ",\"%s\":", member);
	page_json_string(to, text);
}

static void put_number(FILE *to, const char *member, int64_t value, int64_t unless)
{
	if (value != unless)
		fprintf(to, ",\"%s\":%" PRId64, member, value);
}

static void put_value(FILE *to, const struct sequence_number *number, bool first)
{
	fputs(first ? ",\"n\":[[" : ",[", to);
	page_json_string(to, number->name);
	if (number->is_signed)
		fprintf(to, ",\"%" PRId64 "\"]", (int64_t)number->value);
	else
		fprintf(to, number->hex ? ",\"0x%" PRIx64 "\"]" : ",\"%" PRIu64 "\"]", number->value);
}

static void put_bytes(FILE *to, const struct sequence_bytes *bytes, const size_t *number, bool first)
{
	fputs(first ? ",\"d\":[[" : ",[", to);
	page_json_string(to, bytes->name);
	fprintf(to, ",%zu", bytes->total);
	if (bytes->n > 0)
		fprintf(to, ",%zu", *number);
	fputc(']', to);
}

static void put_event(struct sequence *s, const struct sequence_event *e, const size_t *numbers)
{
	static const char *const kinds[] = { "step", "note", "violation", "lock" };
	FILE *to = s->to;

	fprintf(to, "{\"kind\":\"%s\",\"b\":%.3f,\"e\":%.3f", kinds[e->kind], e->begin_us, e->end_us);
	put_number(to, "id", e->id, 0);
	put_number(to, "p", e->parent, 0);
	put_number(to, "r", e->request, 0);
	put_number(to, "k", e->track, 0);
	put_number(to, "c", e->count, 1);
	put_number(to, "g", e->guest, SEQUENCE_NONE);
	put_number(to, "v", e->vcpu, SEQUENCE_NONE);
	put_number(to, "th", e->thread, 0);
	put_number(to, "l", e->exclusive, 0);
	put_number(to, "u", e->unfinished, 0);
	put_text(to, "f", e->from);
	put_text(to, "t", e->to);
	put_text(to, "x", e->text);
	put_text(to, "z", e->result);
	put_text(to, "at", e->at);
	for (size_t i = 0; i < e->n_numbers; i++)
		put_value(to, &e->numbers[i], i == 0);
	fputs(e->n_numbers > 0 ? "]" : "", to);
	for (size_t i = 0; i < e->n_bytes; i++)
		put_bytes(to, &e->bytes[i], &numbers[i], i == 0);
	fputs(e->n_bytes > 0 ? "]}\n" : "}\n", to);
}

static void page_event(struct sequence *s, const struct sequence_event *e)
{
	size_t numbers[SEQUENCE_MAX_BYTES] = { 0 };

	begin_page(s);
	for (size_t i = 0; s->own && i < e->n_bytes; i++) {
		if (e->bytes[i].n > 0 && !number_of(s, &e->bytes[i], &numbers[i])) {
			s->error = jurat_fail_memory(NULL);
			return;
		}
	}
	if (s->own)
		put_event(s, e, numbers);
}

static void page_begin_trace(struct sequence *s)
{
	s->own = calloc(1, sizeof(struct sequence_blobs));
	if (!s->own)
		s->error = jurat_fail_memory(NULL);
}

static void page_end_trace(struct sequence *s)
{
	struct sequence_blobs *b = s->own;

	begin_page(s);
	page_trace_end(s->to);
	if (b)
		free(b->slots);
	free(b);
	s->own = NULL;
}

const struct sequence_writer sequence_page = { .ending = ".html",
					       .wants_bytes = true,
					       .begin = page_begin_trace,
					       .event = page_event,
					       .end = page_end_trace };
