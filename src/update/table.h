/* SPDX-License-Identifier: MIT */
#ifndef UPDATE_TABLE_H
#define UPDATE_TABLE_H

#include <jurat/verify.h>

#include "endorse/check.h"
#include "update/plan.h"

/* Where endorsements come from. Called for one item at a time; what it returns is checked. */
struct update_source {
	int (*get)(void *ctx, const struct endorse_item *item, struct endorse_value *ret,
		   struct jurat_error *err);
	void *ctx;
	struct endorse_checker *checker; /* with the roots to trust */
	struct jurat_verifier *verifier; /* the same, and no other certificates */
	int64_t at;                      /* of the checks */
	bool with_crl;                   /* some clients cannot read a table with a CRL (B54) */
	/*
	 * In place of update_table_fits() and update_table_make(), which they may call. For explorers, which
	 * make the same checks again and again. NULL: those themselves.
	 */
	int (*fits)(const struct update_source *source, const struct update_plan *plan, const uint8_t *table,
		    size_t n, struct jurat_error *err);
	int (*make)(const struct update_source *source, const struct update_plan *plan, const uint8_t *vlek,
		    size_t vlek_size, uint8_t **ret, size_t *ret_size, struct jurat_error *err);
};

/* The item that is the certificate of a VCEK. */
struct endorse_item update_vcek_item(const struct update_plan *plan);

/*
 * Whether a table verifies the reports of the key after the plan. 0; JURAT_REFUSED, with the first reason in
 * `err`; -errno
 */
JURAT_MUST_CHECK int update_table_fits(const struct update_source *source, const struct update_plan *plan,
				       const uint8_t *table, size_t n, struct jurat_error *err);
/*
 * Gets and checks the endorsements of the key after the plan, and makes a table of them: leaf, ASK or ASVK,
 * ARK, and a CRL if wanted.
 *
 * vlek      certificate of the VLEK, n bytes of DER or PEM, untrusted; used if the key is a VLEK
 * ret       heap bytes that the caller frees
 * Returns   0; JURAT_REFUSED an endorsement is not what the firmware will sign with: `err` says why; another
 *           result of source->get(), such as JURAT_NOT_FOUND; -errno
 */
JURAT_MUST_CHECK int update_table_make(const struct update_source *source, const struct update_plan *plan,
				       const uint8_t *vlek, size_t n, uint8_t **ret, size_t *ret_size,
				       struct jurat_error *err);

/* What this source has in place of the two above, or those: for everyone who has a source. */
static inline int update_source_fits(const struct update_source *source, const struct update_plan *plan,
				     const uint8_t *table, size_t n, struct jurat_error *err)
{
	return (source->fits ? source->fits : update_table_fits)(source, plan, table, n, err);
}

static inline int update_source_make(const struct update_source *source, const struct update_plan *plan,
				     const uint8_t *vlek, size_t n, uint8_t **ret, size_t *ret_size,
				     struct jurat_error *err)
{
	return (source->make ? source->make : update_table_make)(source, plan, vlek, n, ret, ret_size, err);
}

#endif
