/* SPDX-License-Identifier: MIT */
#include "cases/cases.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct cases_builder {
	struct cases_table table;
	size_t rows_room, owned_room;
	bool failed;
};

/* Room for `more` elements behind the n that there are. The array stays as it is when there is no memory. */
static bool grow(void **array, size_t *room, size_t n, size_t more, size_t element_bytes)
{
	size_t wanted = *room ? *room : 64;
	void *p;

	while (wanted - n < more)
		wanted *= 2;
	if (wanted == *room)
		return true;
	p = reallocarray(*array, wanted, element_bytes);
	if (!p)
		return false;
	*array = p;
	*room = wanted;
	return true;
}

int cases_add(struct cases_builder *b, const struct cases_row *rows, size_t n)
{
	void *array = b->table.rows;

	if (b->failed || !grow(&array, &b->rows_room, b->table.n, n, sizeof(*rows))) {
		b->failed = true;
		return -ENOMEM;
	}
	b->table.rows = array;
	memcpy(b->table.rows + b->table.n, rows, n * sizeof(*rows));
	b->table.n += n;
	return 0;
}

const char *cases_text(struct cases_builder *b, const char *format, ...)
{
	void *array = b->table.owned;
	char *text = NULL;
	va_list args;

	if (b->failed || !grow(&array, &b->owned_room, b->table.n_owned, 1, sizeof(*b->table.owned))) {
		b->failed = true;
		return NULL;
	}
	b->table.owned = array;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		b->failed = true;
	}
	va_end(args);
	if (text)
		b->table.owned[b->table.n_owned++] = text;
	return text;
}

int cases_table_new(struct cases_table *ret, struct jurat_error *err)
{
	struct cases_builder b = { 0 };
	int r = cases_add_snp(&b);

	if (r == 0)
		r = cases_add_tdx(&b);
	if (r < 0 || b.failed) {
		cases_table_done(&b.table);
		return r < 0 && r != -ENOMEM ? jurat_fail(err, r, "the table of cases is malformed")
					     : jurat_fail_memory(err);
	}
	*ret = b.table;
	return 0;
}

void cases_table_done(struct cases_table *table)
{
	for (size_t i = 0; i < table->n_owned; i++)
		free(table->owned[i]);
	free(table->owned);
	free(table->rows);
	*table = (struct cases_table){ 0 };
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
