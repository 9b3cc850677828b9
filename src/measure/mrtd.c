/* SPDX-License-Identifier: MIT */
#include "measure/mrtd.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

enum { BUFFER_BYTES = 128, GPA_OFFSET = 16, CHUNK_BYTES = 256 };

static void add_gpa(struct crypto_sha384 *c, const char *leaf, uint64_t gpa)
{
	uint8_t buffer[BUFFER_BYTES] = { 0 };

	memcpy(buffer, leaf, strlen(leaf));
	bytes_put_le(buffer + GPA_OFFSET, gpa, 8);
	crypto_sha384_add(c, buffer, sizeof(buffer));
}

/* TDH.MR.EXTEND of a page's 16 chunks. `off` is in the section. */
static void extend_page(struct crypto_sha384 *c, const struct tdvf_section *s, uint64_t off)
{
	uint64_t n_left = off < s->n_raw ? s->n_raw - off : 0;
	uint8_t last[TDVF_PAGE_BYTES];
	const uint8_t *page = last;

	if (n_left >= TDVF_PAGE_BYTES) {
		page = s->raw + off;
	} else {
		memset(last, 0, sizeof(last));
		if (n_left > 0)
			memcpy(last, s->raw + off, (size_t)n_left);
	}
	for (size_t i = 0; i < TDVF_PAGE_BYTES; i += CHUNK_BYTES) {
		add_gpa(c, "MR.EXTEND", s->gpa + off + i);
		crypto_sha384_add(c, page + i, CHUNK_BYTES);
	}
}

static void measure_section(struct crypto_sha384 *c, const struct tdvf_section *s,
			    enum measure_tdx_order order)
{
	bool extends = s->attributes & TDVF_MR_EXTEND;
	bool at_once = order == MEASURE_TDX_PAGE_BY_PAGE;

	if (s->attributes & TDVF_PAGE_AUG)
		return;
	for (uint64_t off = 0; off < s->n_memory; off += TDVF_PAGE_BYTES) {
		add_gpa(c, "MEM.PAGE.ADD", s->gpa + off);
		if (extends && at_once)
			extend_page(c, s, off);
	}
	if (!extends || at_once)
		return;
	for (uint64_t off = 0; off < s->n_memory; off += TDVF_PAGE_BYTES)
		extend_page(c, s, off);
}

void measure_mrtd(const struct tdvf *tdvf, enum measure_tdx_order order, uint8_t ret[MEASURE_DIGEST_BYTES])
{
	struct crypto_sha384 c;

	crypto_sha384_init(&c);
	for (unsigned i = 0; i < tdvf->n; i++)
		measure_section(&c, &tdvf->sections[i], order);
	crypto_sha384_end(&c, ret);
}
