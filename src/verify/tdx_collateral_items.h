/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_COLLATERAL_ITEMS_H
#define VERIFY_TDX_COLLATERAL_ITEMS_H

#include "verify/tdx_collateral.h"

/* Parts of the readers of collateral: each adds what it reads to a set. */

enum { COLLATERAL_TAKE_CERTS = 1, COLLATERAL_TAKE_CRLS = 2 };

/* Names of the signed documents: as served, and in a bundle with the signature in another member. */
struct collateral_names {
	const char *title, *member, *text_member, *signature_member;
};
extern const struct collateral_names collateral_names[COLLATERAL_N_DOCUMENTS];

/*
 * Adds the certificates and CRLs of a text in any encoding. Other items are an error with `expected`, the
 * words for what was expected; they are skipped if it is NULL.
 *
 * take      COLLATERAL_TAKE_... of the kinds that are added
 * Returns   0 something was read; JURAT_NOT_FOUND nothing was, and `expected` is NULL; -EBADMSG; -ENOMEM
 */
JURAT_MUST_CHECK int collateral_take_text(struct jurat_tdx_collateral *c, const uint8_t *bytes, size_t n,
					  unsigned take, const char *expected, struct jurat_error *err);
/*
 * Adds TCB info or QE identity.
 *
 * text      n bytes: the signed part
 * at        its value in `json`
 * rs        its signature
 * Returns   0; JURAT_REFUSED it cannot be used: `err` says why, and the set keeps it for the verdict;
 *           -EBADMSG there are too many; -ENOMEM
 */
JURAT_MUST_CHECK int collateral_take_document(struct jurat_tdx_collateral *c, enum collateral_document which,
					      const uint8_t *text, size_t n, const struct json_rd *json,
					      json_rd_at at, const uint8_t rs[64], struct jurat_error *err);
/* The signed part that is these n bytes of a document, with its signature. */
void collateral_fill_part(const uint8_t *text, size_t n, const uint8_t rs[64], struct signed_part *ret);

#endif
