/* SPDX-License-Identifier: MIT */
#include "cases/cases.h"

#include <errno.h>
#include <fnmatch.h>

#include "base/cleanup.h"

static const struct {
	const char *name, *what;
} classes[CASES_N_CLASSES] = {
	[CASES_GOOD] = { "good", "Nothing is wrong with the evidence." },
	[CASES_FORMAT] = { "format", "Sizes, versions, reserved bits and encodings." },
	[CASES_SIGNATURE] = { "signature", "Signatures of reports, quotes, QE reports and documents." },
	[CASES_CHAIN] = { "chain", "Certificates: issuers, profiles and roots." },
	[CASES_VALIDITY] = { "validity", "Evidence that has expired, is not yet valid, or is stale." },
	[CASES_REVOCATION] = { "revocation", "CRLs, and the certificates on them." },
	[CASES_BINDING] = { "binding", "Parts that belong to another chip, TCB, platform, key or enclave." },
	[CASES_TCB] = { "tcb", "TCB statuses, minimum TCBs and advisories." },
	[CASES_IDENTITY] = { "identity", "Measurements, report data and signers that the policy names." },
	[CASES_STATE] = { "state", "What guest and platform may do: debug, migration, attributes." },
};

const char *cases_class_name(enum cases_class c)
{
	return (unsigned)c < CASES_N_CLASSES ? classes[c].name : "unknown";
}

const char *cases_class_what(enum cases_class c)
{
	return (unsigned)c < CASES_N_CLASSES ? classes[c].what : "";
}

const char *cases_verdict_name(enum cases_verdict v)
{
	static const char *const names[] = {
		[CASES_ACCEPTED] = "accepted", [CASES_REFUSED] = "refused", [CASES_EITHER] = "either"
	};

	return (unsigned)v < ARRAY_SIZE(names) ? names[v] : "unknown";
}

bool cases_id_matches(const char *id, const char *const *only)
{
	for (size_t i = 0; only && only[i]; i++)
		if (fnmatch(only[i], id, 0) == 0)
			return true;
	return !only || !only[0];
}

int cases_check_patterns(const struct cases_table *table, const char *const *only, struct jurat_error *err)
{
	for (size_t i = 0; only && only[i]; i++) {
		bool found = false;

		for (size_t k = 0; k < table->n && !found; k++)
			found = fnmatch(only[i], table->rows[k].id, 0) == 0;
		if (!found)
			return jurat_fail(err, -EINVAL, "no case has an id that matches '%s'", only[i]);
	}
	return 0;
}
