/* SPDX-License-Identifier: MIT */
#include "measure/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "measure/mrtd.h"
#include "measure/rtmr.h"

#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)

static const uint64_t memories[] = {
	512 * MIB, GIB,       2 * GIB,   3 * GIB,   4 * GIB,   6 * GIB,    8 * GIB,   10 * GIB,
	12 * GIB,  16 * GIB,  20 * GIB,  24 * GIB,  28 * GIB,  32 * GIB,   40 * GIB,  48 * GIB,
	56 * GIB,  64 * GIB,  80 * GIB,  96 * GIB,  112 * GIB, 128 * GIB,  160 * GIB, 192 * GIB,
	224 * GIB, 256 * GIB, 384 * GIB, 512 * GIB, 768 * GIB, 1024 * GIB,
};

/* The NUL is a dimension of its own. */
static const enum measure_append appends[] = { MEASURE_APPEND_AS_GIVEN, MEASURE_APPEND_NEWLINE,
					       MEASURE_APPEND_SPACE, MEASURE_APPEND_TRIMMED,
					       MEASURE_APPEND_EMPTY };

enum dimension {
	FIRMWARE,
	ORDER,
	VMM,
	SEPARATOR,
	SECURE_BOOT,
	MEMORY,
	INITRD,
	APPEND,
	HEADER,
	NUL,
	N_DIMENSIONS
};

/* What each register depends on. */
static const unsigned depends[MEASURE_N_REGISTERS] = {
	[MEASURE_MRTD] = 1 << FIRMWARE | 1 << ORDER,
	[MEASURE_RTMR0] = 1 << FIRMWARE | 1 << VMM | 1 << SEPARATOR | 1 << SECURE_BOOT | 1 << MEMORY,
	[MEASURE_RTMR1] = 1 << SEPARATOR | 1 << MEMORY | 1 << INITRD | 1 << HEADER,
	[MEASURE_RTMR2] = 1 << INITRD | 1 << APPEND | 1 << NUL,
};

struct search {
	const struct measure_tdx *what;
	enum measure_tdx_register which;
	const uint8_t *digest;
	const struct measure_explain *how;
	struct measure_explained *out;
	uint64_t unfit; /* bits by index of an image */
	size_t n[N_DIMENSIONS];
};

/* The i-th value of those from 0 to n - 1, of which `stated` comes first. */
static unsigned value_of(size_t i, unsigned stated)
{
	return i == 0 ? stated : i <= stated ? (unsigned)i - 1 : (unsigned)i;
}

/* The launch of a combination. *ret_append is freed by the caller. 0; -ENOMEM */
static int launch(const struct search *s, const size_t at[N_DIMENSIONS], struct measure_tdx *ret,
		  char **ret_append)
{
	const struct measure_tdx *stated = s->what;
	size_t n;

	*ret = *stated;
	ret->build = NULL;
	ret->event = NULL;
	if (at[FIRMWARE] > 0)
		ret->firmware = s->how->firmwares[at[FIRMWARE] - 1];
	ret->order = (enum measure_tdx_order)value_of(at[ORDER], stated->order);
	if (at[VMM] > 0)
		ret->vmm = stated->vmm == MEASURE_GCE ? MEASURE_QEMU : MEASURE_GCE;
	ret->separator = (enum measure_tdx_separator)value_of(at[SEPARATOR], stated->separator);
	ret->secure_boot = (enum measure_secure_boot)value_of(at[SECURE_BOOT], stated->secure_boot);
	if (at[MEMORY] > 0)
		ret->memory_bytes = memories[at[MEMORY] - 1];
	if (at[INITRD] > 0)
		ret->initrd = (struct measure_bytes){ NULL, 0 };
	ret->header = (enum measure_tdx_header)value_of(at[HEADER], stated->header);
	ret->nul = (enum measure_tdx_nul)value_of(at[NUL], stated->nul);
	if (at[APPEND] == 0)
		return 0;
	if (measure_append_bytes(stated->append, appends[at[APPEND]], ret_append, &n) < 0)
		return -ENOMEM;
	ret->append = *ret_append;
	return 0;
}

/* Whether it has the wanted digest. An image or options that cannot be measured have not. */
static bool matches(struct search *s, const struct measure_tdx *what, size_t firmware)
{
	struct measure_tdx_digests digests = { 0 };
	const size_t rtmr = s->which - MEASURE_RTMR0;
	struct tdvf tdvf;

	if (s->unfit >> firmware & 1)
		return false;
	if (tdvf_read(what->firmware, &tdvf, NULL) < 0) {
		s->unfit |= UINT64_C(1) << firmware;
		s->out->firmwares_unfit++;
		return false;
	}
	if (s->which == MEASURE_MRTD) {
		s->out->tried++;
		return measure_mrtd(&tdvf, what, digests.mrtd) == 0 &&
		       memcmp(digests.mrtd, s->digest, sizeof(digests.mrtd)) == 0;
	}
	if (rtmr_measure(&tdvf, what, &digests, NULL) != 0 || !digests.has_rtmr[rtmr])
		return false;
	s->out->tried++;
	return memcmp(digests.rtmr[rtmr], s->digest, sizeof(digests.rtmr[rtmr])) == 0;
}

static void explained(struct search *s, const size_t at[N_DIMENSIONS], const struct measure_tdx *what,
		      unsigned differences)
{
	struct measure_explained *out = s->out;

	out->end = MEASURE_EXPLAINED;
	out->differences = differences;
	out->firmware = at[FIRMWARE];
	out->kernel = what->kernel.bytes != NULL;
	out->initrd = what->initrd.bytes != NULL;
	out->append = appends[at[APPEND]];
	out->vmm = what->vmm;
	out->order = what->order;
	out->separator = what->separator;
	out->secure_boot = what->secure_boot;
	out->memory_bytes = what->memory_bytes;
	out->header = what->header;
	out->nul = what->nul;
}

/* 1: the search is over; 0: it goes on; -ENOMEM */
static int try(struct search *s, const size_t at[N_DIMENSIONS], unsigned differences)
{
	auto_free char *append = NULL;
	struct measure_tdx what;

	if (launch(s, at, &what, &append) < 0)
		return -ENOMEM;
	if (!matches(s, &what, at[FIRMWARE]))
		return measure_explain_ends(s->how, s->out);
	explained(s, at, &what, differences);
	return 1;
}

static unsigned combination(const struct search *s, size_t i, size_t ret_at[N_DIMENSIONS])
{
	unsigned differences = 0;

	for (unsigned d = 0; d < N_DIMENSIONS; d++) {
		ret_at[d] = i % s->n[d];
		i /= s->n[d];
		differences += ret_at[d] > 0;
	}
	return differences;
}

static int search(struct search *s)
{
	size_t at[N_DIMENSIONS], n = 1;
	int r = 0;

	for (unsigned d = 0; d < N_DIMENSIONS; d++)
		n *= s->n[d];
	for (unsigned k = 0; k <= s->how->max_differences; k++) {
		for (size_t i = 0; r == 0 && i < n; i++)
			if (combination(s, i, at) == k)
				r = try(s, at, k);
		if (r != 0)
			break;
		s->out->differences = k;
	}
	return r < 0 ? r : 0;
}

int measure_explain_tdx(const struct measure_tdx *what, enum measure_tdx_register which,
			const uint8_t digest[MEASURE_DIGEST_BYTES], const struct measure_explain *how,
			struct measure_explained *ret, struct jurat_error *err)
{
	struct measure_explained out = { .end = MEASURE_EXHAUSTED };
	struct search s = { .what = what, .which = which, .digest = digest, .how = how, .out = &out };

	if (how->n_firmwares >= MEASURE_EXPLAIN_MAX_FIRMWARES)
		return jurat_fail(err, -EINVAL, "%zu firmware images, more than %u", how->n_firmwares,
				  MEASURE_EXPLAIN_MAX_FIRMWARES - 1);
	s.n[FIRMWARE] = 1 + how->n_firmwares;
	s.n[ORDER] = MEASURE_TDX_ALL_THEN_EXTEND + 1;
	s.n[VMM] = 2;
	s.n[SEPARATOR] = MEASURE_TDX_SEPARATOR_RTMR0 + 1;
	s.n[SECURE_BOOT] = MEASURE_SECURE_BOOT_ON + 1;
	s.n[MEMORY] = 1 + ARRAY_SIZE(memories);
	s.n[INITRD] = what->initrd.bytes ? 2 : 1;
	s.n[APPEND] = what->append ? ARRAY_SIZE(appends) : 1;
	s.n[HEADER] = MEASURE_TDX_HEADER_UNCHANGED + 1;
	s.n[NUL] = MEASURE_TDX_NUL_WITHOUT + 1;
	for (unsigned d = 0; d < N_DIMENSIONS; d++)
		if (!(depends[which] >> d & 1))
			s.n[d] = 1;
	if (search(&s) < 0)
		return jurat_fail_memory(err);
	*ret = out;
	return 0;
}
