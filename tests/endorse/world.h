/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ENDORSE_WORLD_H
#define TESTS_ENDORSE_WORLD_H

#include "verify/made.h"
#include "verify/tdx_made.h"

#include "endorse/check.h"

/* A good endorsement of each kind, from the software platform's roots. */
struct one {
	struct endorse_item item;
	struct endorse_value value;
	int64_t at;
};

enum { WORLD_AT = 1760000000 };

/* PEM of two certificates, heap. */
char *world_pem(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size);
/* PEM of AMD's or Intel's certificates of this world, heap. */
char *world_amd_chain(struct sim_pki *pki, enum snp_product product, enum sim_ca intermediate);
char *world_intel_chain(enum sim_intel_cert issuer);
/* A document of Intel's, signed by this world's TCB signer; `text` is the value of `member`. Heap. */
char *world_sign(const char *member, const char *text);

/* The kind's good one: of Milan, of TDX, of the Platform CA. */
void world_one(struct one *one, enum endorse_kind kind);
void world_one_done(struct one *one);
void world_set(struct one *one, const void *body, size_t n);
void world_set_text(struct one *one, char *text); /* takes it */
/* Issues a VCEK or VLEK at the item's TCB. */
void world_endorse(struct one *one, struct sim_pki *pki, struct sim_endorsement *what);
/* A VLEK in the place of the VCEK. */
void world_vlek(struct one *one);
/* Replaces the first occurrence in a document, and signs it again unless `member` is NULL. */
void world_patch(struct one *one, const char *from, const char *to, const char *member);
/* Checks a copy of exactly the value's size. */
int world_check(struct endorse_checker *checker, const struct one *one, int64_t *ret_expires,
		struct jurat_error *err);
/* A checker that trusts this world's roots, and has accepted what the item's check needs. */
struct endorse_checker *world_checker(void);
void world_accept_needed(struct endorse_checker *checker, const struct endorse_item *item);

#endif
