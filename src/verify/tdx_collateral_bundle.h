/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_COLLATERAL_BUNDLE_H
#define VERIFY_TDX_COLLATERAL_BUNDLE_H

#include "verify/tdx_collateral.h"

/*
 * Adds the collateral in JSON: a document as served, a bundle under the member names of Intel's quote
 * verification library, or either of them anywhere inside other JSON, as caching services and tools write it.
 *
 * Returns   0; JURAT_REFUSED a TCB info or QE identity cannot be used, the rest was added: `err` says why;
 *           JURAT_NOT_FOUND no collateral; -EBADMSG malformed, or has a member that would be ignored: some
 *           items may have been added; -ENOMEM
 */
JURAT_MUST_CHECK int collateral_take_json(struct jurat_tdx_collateral *c, const uint8_t *text, size_t n,
					  struct jurat_error *err);

#endif
