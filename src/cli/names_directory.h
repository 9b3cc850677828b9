/* SPDX-License-Identifier: MIT */
#ifndef CLI_NAMES_DIRECTORY_H
#define CLI_NAMES_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Everything below a directory, depth first, in the order of names in each directory. Names that begin with a
 * dot are left out. Symbolic links to directories are not followed: then there is no loop, and nothing is
 * found in two ways.
 */
struct names_walk;

/* Whether a directory is one piece of evidence: it has report.bin or quote.bin. */
bool cli_is_evidence_directory(const char *path);

enum names_entry {
	NAMES_END,
	NAMES_FILE,      /* a regular file, or a symbolic link to what may be one */
	NAMES_DIRECTORY, /* a piece of evidence: see cli_is_evidence_directory() */
	NAMES_FAULT,     /* something else, a directory that cannot be read, or one without any entry */
};

/* path   the directory. 0; -ENOMEM */
int names_walk_new(const char *path, struct names_walk **ret);
void names_walk_free(struct names_walk *walk);
/*
 * ret_path   owned by the caller
 * ret_why    for NAMES_FAULT, a constant string
 * ret_n      the number of entries of a directory that was entered for it, else 0
 * Returns    enum names_entry; -ENOMEM
 */
int names_walk_next(struct names_walk *walk, char **ret_path, const char **ret_why, size_t *ret_n);

#endif
