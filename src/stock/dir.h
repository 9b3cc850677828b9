/* SPDX-License-Identifier: MIT */
#ifndef STOCK_DIR_H
#define STOCK_DIR_H

#include "stock/stock_internal.h"

/* Shared by the files dir*.c. */
struct dir_claim {
	struct dir_claim *next;
	char *path;
	int fd; /* locked */
	char name[ENDORSE_TEXT_BYTES];
};

struct dir_stock {
	struct stock base; /* first */
	char *path;
	struct dir_claim *claims;
};

/* LOCK_MODE: who can read a file can lock it, and so keep everybody from what it guards. */
enum { DIR_MODE = 0755, FILE_MODE = 0644, LOCK_MODE = 0600 };

/* "cannot WHAT 'PATH': reason". Returns r. */
int dir_fail(int r, const char *what, const char *path, struct jurat_error *err);
/* "PATH/FOLDER/NAME" on the heap; NULL: no memory. */
char *dir_path(const struct dir_stock *d, const char *folder, const char *name);
/*
 * Makes a directory, unless there is one, and opens it. A descriptor; -ENOTDIR a symbolic link or another
 * file is there; another -errno.
 */
JURAT_MUST_CHECK int dir_enter(const struct dir_stock *d, const char *path, struct jurat_error *err);
/* Opens a regular file for reading and writing, which is made unless there is one. A descriptor; -errno. */
JURAT_MUST_CHECK int dir_open_file(const struct dir_stock *d, const char *path, unsigned mode,
				   struct jurat_error *err);

/*
 * Locks a file that guards something, in a folder, both of which are made unless they are there. A
 * descriptor; -EBUSY; another -errno.
 */
JURAT_MUST_CHECK int dir_lock_file(const struct dir_stock *d, const char *folder, const char *path,
				   struct jurat_error *err);

/* ---- dir_claim.c */
int dir_stock_claim(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
		    struct jurat_error *err);
void dir_stock_release(struct stock *stock, const struct endorse_item *item);
void dir_release_all(struct dir_stock *d);

/* ---- dir_quota.c */
int dir_stock_take(struct stock *stock, const struct stock_quota *quota, uint64_t *ret_wait_ms,
		   struct jurat_error *err);
int dir_stock_pause(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
		    struct jurat_error *err);

#endif
