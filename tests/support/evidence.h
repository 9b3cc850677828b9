/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_EVIDENCE_H
#define TESTS_SUPPORT_EVIDENCE_H

#include "support/test.h"

/*
 * Evidence in folders, for every test of what reads or verifies it. All folders have tables of the same
 * form: tab-separated, the first line names the columns, files are named relative to the folder.
 *
 *	vectors    tests/data/vectors: made by the software platform, always there
 *	published  real evidence from published packages, in the cache that `make evidence` fills; its
 *	           tables are in tests/data/published
 *	given      the folder that JURAT_EVIDENCE names: real evidence, not part of the project
 *	made       the folder `made` beside that one: inputs made for this project, with CASES.tsv
 *
 * tests/data/README.md says what the tables hold. tests/support/evidence.py is the same for Python.
 */
enum { EVIDENCE_MAX_FOLDERS = 4, EVIDENCE_MAX_COLUMNS = 24 };

struct evidence_folder {
	const char *name;
	bool is_real; /* chains to the vendors' roots; everything else chains to test roots */
	char tables[700], files[700];
};

/* Those that are there, the vectors first; ends the program when even they cannot be found. */
size_t evidence_folders(const struct evidence_folder **ret);
/* Whether any of them is real. */
bool evidence_is_real_there(void);

/* Ends the running test as skipped unless there is real evidence. scripts/count-cases knows the words. */
#define EVIDENCE_SKIP_UNLESS_REAL()                                                                          \
	do {                                                                                                 \
		if (!evidence_is_real_there())                                                               \
			SKIP_BECAUSE("needs real evidence");                                                 \
	} while (0)

/* One row of a table. Everything is borrowed for the call. */
struct evidence_row {
	const struct evidence_folder *folder;
	size_t n;
	const char *columns[EVIDENCE_MAX_COLUMNS], *values[EVIDENCE_MAX_COLUMNS];
};

/* The value in this column; "" in a table without it. */
const char *evidence_value(const struct evidence_row *row, const char *column);
/* The number behind `key` in a row's facts, or the text: "... vmpl=0 fw=1.55.29 ..."; fails without it. */
const char *evidence_fact(const struct evidence_row *row, const char *key);

/* Calls `use` for every row of this table in every folder that has the table; returns how many there were. */
typedef void evidence_use_row(const struct evidence_row *row, void *context);
unsigned evidence_each_row(const char *table, evidence_use_row *use, void *context);

/* The whole file as exact-size heap bytes that the test frees; fails the test when it cannot be read. */
uint8_t *evidence_read(const struct evidence_folder *folder, const char *name, size_t *ret_size);

/* Calls `use` with every file of a class in MANIFEST.tsv, in exact-size heap bytes; returns how many. */
typedef void evidence_use_file(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context);
unsigned evidence_each_file(const char *cls, evidence_use_file *use, void *context);

/*
 * A file that a MANIFEST.tsv lists, the first whose name contains this: exact-size heap bytes that the test
 * frees. NULL: no folder has one.
 */
uint8_t *evidence_find(const char *part_of_name, size_t *ret_size);

/*
 * The form of something real, as text, which stands in tests/data/shapes so that ours is held against it
 * without the real thing. Fails the test when `ours` is not that text, or when `real` is not, where it is
 * there (NULL: it is not). With JURAT_WRITE_SHAPES in the environment `real` is written there first.
 */
void evidence_check_shape(const char *name, const char *ours, const char *real);

#endif
