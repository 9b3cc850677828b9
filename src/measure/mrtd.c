/* SPDX-License-Identifier: MIT */
#include "measure/mrtd.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

enum { BUFFER_BYTES = 128, GPA_OFFSET = 16, CHUNK_BYTES = 256 };

struct build {
	struct crypto_sha384 hash;
	const struct measure_tdx *what;
};

/* One leaf; `chunk` is NULL for TDH.MEM.PAGE.ADD. */
static int step(struct build *b, uint64_t gpa, const uint8_t *chunk)
{
	const char *leaf = chunk ? "MR.EXTEND" : "MEM.PAGE.ADD";
	uint8_t buffer[BUFFER_BYTES] = { 0 };

	memcpy(buffer, leaf, strlen(leaf));
	bytes_put_le(buffer + GPA_OFFSET, gpa, 8);
	crypto_sha384_add(&b->hash, buffer, sizeof(buffer));
	if (chunk)
		crypto_sha384_add(&b->hash, chunk, CHUNK_BYTES);
	return b->what->build ? b->what->build(b->what->closure, gpa, chunk) : 0;
}

/* TDH.MR.EXTEND of a page's 16 chunks. `off` is in the section. */
static int extend_page(struct build *b, const struct tdvf_section *s, uint64_t off)
{
	uint64_t n_left = off < s->n_raw ? s->n_raw - off : 0;
	uint8_t last[TDVF_PAGE_BYTES];
	const uint8_t *page = last;
	int r = 0;

	if (n_left >= TDVF_PAGE_BYTES) {
		page = s->raw + off;
	} else {
		memset(last, 0, sizeof(last));
		if (n_left > 0)
			memcpy(last, s->raw + off, (size_t)n_left);
	}
	for (size_t i = 0; i < TDVF_PAGE_BYTES && r == 0; i += CHUNK_BYTES)
		r = step(b, s->gpa + off + i, page + i);
	return r;
}

static int measure_section(struct build *b, const struct tdvf_section *s)
{
	bool extends = s->attributes & TDVF_MR_EXTEND;
	bool at_once = b->what->order == MEASURE_TDX_PAGE_BY_PAGE;
	int r = 0;

	if (s->attributes & TDVF_PAGE_AUG)
		return 0;
	for (uint64_t off = 0; off < s->n_memory && r == 0; off += TDVF_PAGE_BYTES) {
		r = step(b, s->gpa + off, NULL);
		if (r == 0 && extends && at_once)
			r = extend_page(b, s, off);
	}
	if (!extends || at_once)
		return r;
	for (uint64_t off = 0; off < s->n_memory && r == 0; off += TDVF_PAGE_BYTES)
		r = extend_page(b, s, off);
	return r;
}

int measure_mrtd(const struct tdvf *tdvf, const struct measure_tdx *what, uint8_t ret[MEASURE_DIGEST_BYTES])
{
	struct build b = { .what = what };
	int r = 0;

	crypto_sha384_init(&b.hash);
	for (unsigned i = 0; i < tdvf->n && r == 0; i++)
		r = measure_section(&b, &tdvf->sections[i]);
	if (r == 0)
		crypto_sha384_end(&b.hash, ret);
	return r;
}
