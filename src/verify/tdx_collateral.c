/* SPDX-License-Identifier: MIT */
#include "verify/tdx_collateral.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/encoding.h"
#include "verify/input.h"
#include "verify/tdx_collateral_bundle.h"
#include "verify/tdx_collateral_items.h"

int jurat_tdx_collateral_new(struct jurat_tdx_collateral **ret, struct jurat_error *err)
{
	struct jurat_tdx_collateral *c = calloc(1, sizeof(*c));

	if (!c)
		return jurat_fail_memory(err);
	*ret = c;
	return 0;
}

/* Removes all but the first items of each kind, as counted in `keep`, after a failed addition. */
static void drop_behind(struct jurat_tdx_collateral *c, const struct jurat_tdx_collateral *keep)
{
	while (c->n_certs > keep->n_certs)
		cert_entry_free(c->certs[--c->n_certs]);
	while (c->n_crls > keep->n_crls)
		free(c->crls[--c->n_crls]);
	while (c->n_tcb_infos > keep->n_tcb_infos)
		tcb_info_free(c->tcb_infos[--c->n_tcb_infos]);
	while (c->n_identities > keep->n_identities)
		qe_identity_free(c->identities[--c->n_identities]);
}

void jurat_tdx_collateral_free(struct jurat_tdx_collateral *collateral)
{
	const struct jurat_tdx_collateral nothing = { .n_certs = 0 };

	if (!collateral)
		return;
	drop_behind(collateral, &nothing);
	free(collateral);
}

static const char expected_any[] = "TCB info, QE identity, a bundle of collateral, certificates or CRLs";

int jurat_tdx_collateral_add(struct jurat_tdx_collateral *collateral, const void *bytes, size_t n,
			     struct jurat_error *err)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct jurat_tdx_collateral before = *collateral;
	int r = encoding_undo(bytes, n, &plain, err);

	if (r < 0)
		return jurat_wrap(err, r, "collateral");
	if (input_kind(plain.bytes, plain.n) == INPUT_JSON) {
		r = collateral_take_json(collateral, plain.bytes, plain.n, err);
		if (r == JURAT_REFUSED) /* the rest stays: it is as good as without this document */
			return jurat_wrap(err, -EBADMSG, "collateral");
		if (r == JURAT_NOT_FOUND)
			r = jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected_any,
				       input_name(plain.bytes, plain.n));
	} else {
		r = collateral_take_text(collateral, bytes, n, COLLATERAL_TAKE_CERTS | COLLATERAL_TAKE_CRLS,
					 expected_any, err);
	}
	if (r < 0) {
		drop_behind(collateral, &before);
		memcpy(before.unusable, collateral->unusable, sizeof(before.unusable));
		*collateral = before;
		return jurat_wrap(err, r, "collateral");
	}
	return 0;
}

bool collateral_has_unusable(const struct jurat_tdx_collateral *collateral, const struct jurat_error *err)
{
	for (size_t i = 0; i < COLLATERAL_N_DOCUMENTS; i++)
		if (collateral->unusable[i][0] && strstr(err->text, collateral->unusable[i]))
			return true;
	return false;
}
