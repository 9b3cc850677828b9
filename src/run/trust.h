/* SPDX-License-Identifier: MIT */
#ifndef RUN_TRUST_H
#define RUN_TRUST_H

#include "run/sandbox.h"

/*
 * Makes TLS clients of a run trust one more CA: files of certificates that the system or the user has named
 * are covered by copies with that CA, and variables of clients that bring their own certificates name a file.
 * What the user has set stays set.
 */
enum { RUN_TRUST_MAX_FILES = 12, RUN_TRUST_MAX_VARIABLES = 3 };
struct run_trust {
	struct run_place places[RUN_TRUST_MAX_FILES]; /* paths are heap */
	size_t n_places;
	struct {
		const char *name;
		char *value; /* heap */
	} variables[RUN_TRUST_MAX_VARIABLES];
	size_t n_variables;
};

/*
 * ca        PEM
 * temp, in  the run's directory, and one in it in which files are made
 * Returns   0; -errno. Call run_trust_done() in every case.
 */
JURAT_MUST_CHECK int run_trust_add(const char *ca, const char *temp, const char *in, struct run_trust *ret,
				   struct jurat_error *err);
void run_trust_done(struct run_trust *trust); /* accepts an all-zero struct */

/* Writes a file of the run, readable by every user: n bytes, then text. 0; -errno. */
JURAT_MUST_CHECK int run_trust_write(const char *path, const void *bytes, size_t n, const char *text,
				     struct jurat_error *err);

#endif
