/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EXPLAIN_H
#define MEASURE_EXPLAIN_H

#include "measure/tdx.h"

/*
 * Why a measurement is another than the computed one: launches that differ from the stated one in what is
 * often stated wrongly are measured until one has the wanted digest. Those with one difference come first.
 */

/* The command line as it may have been hashed instead. */
enum measure_append {
	MEASURE_APPEND_AS_GIVEN,
	MEASURE_APPEND_WITHOUT_NUL,
	MEASURE_APPEND_NEWLINE,
	MEASURE_APPEND_NEWLINE_WITHOUT_NUL,
	MEASURE_APPEND_SPACE,
	MEASURE_APPEND_TRIMMED, /* without white space around it */
	MEASURE_APPEND_EMPTY,
	MEASURE_N_APPENDS
};

enum { MEASURE_EXPLAIN_MAX_FIRMWARES = 64, MEASURE_EXPLAIN_MAX_TYPES = 16 };

/* What to try, and how long. */
struct measure_explain {
	const struct measure_bytes *firmwares; /* other images than the stated one */
	size_t n_firmwares;
	unsigned max_vcpus;        /* SEV-SNP */
	unsigned max_differences;  /* at a time */
	uint64_t max_combinations; /* launches that are measured */
	/* Called now and then. Another value than 0 ends the search; NULL: not called. */
	int (*progress)(void *closure, uint64_t tried);
	void *closure;
};

enum measure_explain_end {
	MEASURE_EXPLAINED,
	MEASURE_EXHAUSTED, /* everything up to max_differences was tried */
	MEASURE_BOUNDED,   /* max_combinations were */
	MEASURE_STOPPED    /* by the callback */
};

/* What was tried, and with which inputs the wanted digest comes out. */
struct measure_explained {
	enum measure_explain_end end;
	uint64_t tried;         /* launches that could be measured */
	unsigned differences;   /* explained: of the launch; else: of all launches with up to as many */
	size_t firmwares_unfit; /* images that cannot be measured this way, of those stated and the others */
	/* Explained: */
	size_t firmware; /* 0: the stated one; i: firmwares[i - 1] */
	bool kernel, initrd;
	enum measure_append append;
	enum measure_vmm vmm;
	uint32_t vcpu_signature;
	uint64_t guest_features;
	unsigned vcpus;
	/* TDX */
	enum measure_tdx_order order;
	enum measure_tdx_separator separator;
	enum measure_secure_boot secure_boot;
	enum measure_tdx_header header;
	enum measure_tdx_nul nul;
	uint64_t memory_bytes;
};

/*
 * digest    the wanted launch digest, which nothing vouches for here
 * Returns   0, also when nothing explains it: `ret` says so; -EINVAL options of `what`; -ENOMEM
 */
JURAT_MUST_CHECK int measure_explain_snp(const struct measure_snp *what,
					 const uint8_t digest[MEASURE_DIGEST_BYTES],
					 const struct measure_explain *how, struct measure_explained *ret,
					 struct jurat_error *err);

/* A measurement of a TD. Each is explained by itself, as each depends on inputs of its own. */
enum measure_tdx_register { MEASURE_MRTD, MEASURE_RTMR0, MEASURE_RTMR1, MEASURE_RTMR2, MEASURE_N_REGISTERS };

JURAT_MUST_CHECK int measure_explain_tdx(const struct measure_tdx *what, enum measure_tdx_register which,
					 const uint8_t digest[MEASURE_DIGEST_BYTES],
					 const struct measure_explain *how, struct measure_explained *ret,
					 struct jurat_error *err);

/* Whether a search that found nothing yet is over: by its bound or its callback, which `out` then says. */
bool measure_explain_ends(const struct measure_explain *how, struct measure_explained *out);

/* In words, as "without its trailing NUL"; "" for MEASURE_APPEND_AS_GIVEN. */
const char *measure_append_words(enum measure_append append);

/*
 * The bytes of this variant of a command line, with the NUL if it has one. The caller frees them.
 *
 * Returns   0; -ENOMEM
 */
JURAT_MUST_CHECK int measure_append_bytes(const char *append, enum measure_append variant, char **ret,
					  size_t *ret_n);

#endif
