/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WIRE_EVIDENCE_H
#define TESTS_WIRE_EVIDENCE_H

#include "wire_test.h"

/* A row of the evidence's MANIFEST.tsv: file, class, real, size, sha256, source, path, licence, facts. */
struct evidence_row {
	const char *file, *cls, *real, *facts;
	size_t size;
};

/*
 * Calls `check` with an exact-size heap copy of each file of a class; returns how many there were. Ends the
 * test as skipped when there is no evidence.
 */
static inline unsigned evidence_each(const char *cls, void (*check)(const struct evidence_row *row,
								    const uint8_t *bytes, size_t n))
{
	const char *dir = getenv("JURAT_EVIDENCE");
	char path[600], *line, *save;
	char *manifest = NULL;
	unsigned checked = 0;
	size_t n = 0;

	if (dir) {
		TEXT(path, "%s/MANIFEST.tsv", dir);
		manifest = (char *)slurp(path, &n);
	}
	if (!manifest)
		SKIP_BECAUSE("JURAT_EVIDENCE names no folder with a MANIFEST.tsv");
	manifest[n - 1] = 0;
	for (line = strtok_r(manifest, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct evidence_row row = { 0 };
		char *column[9] = { NULL };
		uint8_t *bytes, *exact;

		for (unsigned i = 0; i < ARRAY_SIZE(column); i++)
			column[i] = strsep(&line, "\t");
		if (!column[8] || strcmp(column[1], cls) != 0)
			continue;
		TEXT(path, "%s/%s", dir, column[0]);
		bytes = slurp(path, &n);
		assert_non_null(bytes);
		exact = heap_copy(bytes, n);
		row.file = column[0];
		row.cls = column[1];
		row.real = column[2];
		row.size = strtoul(column[3], NULL, 10);
		row.facts = column[8];
		assert_int_equal(n, row.size);
		check(&row, exact, n);
		checked++;
		free(exact);
		free(bytes);
	}
	free(manifest);
	return checked;
}

/* What stands behind `key` in the facts: "... qe_isvsvn=6 ..." */
static inline const char *evidence_fact(const struct evidence_row *row, const char *key)
{
	const char *at = strstr(row->facts, key);

	assert_non_null(at);
	return at + strlen(key);
}

/* `n` bytes are what the facts say in hex behind `key`. */
static inline void assert_hex_fact(const struct evidence_row *row, const char *key, const uint8_t *bytes,
				   size_t n)
{
	char hex[BYTES_HEX_SIZE(64)];

	assert_true(n <= 64);
	assert_memory_equal(evidence_fact(row, key), bytes_to_hex(bytes, n, hex), 2 * n);
}

#endif
