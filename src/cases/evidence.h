/* SPDX-License-Identifier: MIT */
#ifndef CASES_EVIDENCE_H
#define CASES_EVIDENCE_H

#include "cases/cases.h"
#include "crypto/x509.h"
#include "sim/forge/forge.h"

/* The roots of the software platform as they are without an order: made once for many cases. */
struct cases_roots;
JURAT_MUST_CHECK int cases_roots_new(struct cases_roots **ret, struct jurat_error *err);
void cases_roots_free(struct cases_roots *roots);

/* The evidence of a row, and what it is to be verified with. */
struct cases_evidence {
	struct sim_forged forged;
	/*
	 * The trusted root, DER, heap: the one that the order made, if it is signed by itself with the key
	 * of the platform's root; else the platform's root. NULL: none, the vendor's roots are trusted.
	 */
	uint8_t *root;
	size_t root_size;
	int64_t at;      /* the time of verification */
	char *policy;    /* JSON, heap; NULL: the default policy */
	bool only_table; /* the order is about the certificate table: single certificates do not show it */
};

/*
 * roots     borrowed
 * Returns   0; -EINVAL the order cannot be made: `err` names the row; -ENOMEM
 */
JURAT_MUST_CHECK int cases_evidence_make(struct cases_roots *roots, const struct cases_row *row,
					 struct cases_evidence *ret, struct jurat_error *err);
void cases_evidence_done(struct cases_evidence *evidence);

#endif
