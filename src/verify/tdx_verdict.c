/* SPDX-License-Identifier: MIT */
#include "verify/tdx_verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has(const struct verdict_tdx *tdx, const char *id)
{
	for (size_t i = 0; i < tdx->n_advisories; i++) {
		if (strcmp(tdx->advisories[i], id) == 0)
			return true;
	}
	return false;
}

int verdict_tdx_advise(struct verdict_tdx *tdx, const struct signed_document *doc,
		       const struct advisories *advisories)
{
	advisory_id *more;

	if (advisories->n == 0)
		return 0;
	more = reallocarray(tdx->advisories, tdx->n_advisories + advisories->n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	tdx->advisories = more;
	for (size_t i = 0; i < advisories->n; i++) {
		const char *id = doc->advisories[advisories->first + i];

		if (!has(tdx, id))
			memcpy(tdx->advisories[tdx->n_advisories++], id, strlen(id) + 1);
	}
	return 0;
}

void verdict_tdx_free(struct verdict_tdx *tdx)
{
	if (!tdx)
		return;
	free(tdx->advisories);
	free(tdx);
}
