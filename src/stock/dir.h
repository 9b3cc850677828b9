/* SPDX-License-Identifier: MIT */
#ifndef STOCK_DIR_H
#define STOCK_DIR_H

#include "stock/stock_internal.h"

/* Shared by the files dir*.c. */
struct dir_claim {
	struct dir_claim *next;
	int fd; /* locked */
	char name[ENDORSE_TEXT_BYTES];
	char file[ENDORSE_TEXT_BYTES + sizeof("claims/")];
};

struct dir_stock {
	struct stock base; /* first */
	char *path;
	struct dir_claim *claims;
};

/*
 * LOCK_MODE: who can read a file can lock it, and so keep everybody from what it guards. A value has it too
 * until it is complete.
 */
enum { DIR_MODE = 0755, FILE_MODE = 0644, LOCK_MODE = 0600 };

/*
 * A file of the stock, by its folder and its name in there: whoever may write to the stock can put a link in
 * the place of a folder at any time, so nothing below the stock's own path is opened by a path.
 */
struct dir_place {
	int folder;       /* a descriptor */
	char *path;       /* for messages */
	const char *name; /* the end of `path` */
};

/* "cannot WHAT 'PATH': reason", with the path of `name` in a place's folder. Returns r. */
int dir_fail(int r, const char *what, const struct dir_place *place, const char *name,
	     struct jurat_error *err);

/*
 * file      below the stock: "claims.lock", "vcek/HWID/NAME"
 * make      whether its folders are made, and can be synced
 * Returns   0; JURAT_NOT_FOUND without `make`: a folder is missing; -ENOTDIR a symbolic link or another file
 *           is in the place of a folder; another -errno
 */
JURAT_MUST_CHECK int dir_find(const struct dir_stock *d, const char *file, bool make, struct dir_place *ret,
			      struct jurat_error *err);
void dir_place_done(const struct dir_stock *d, struct dir_place *place);
/*
 * Opens the regular file `name` in a place's folder for reading and writing, and makes it unless it is there,
 * with LOCK_MODE. A descriptor; -errno.
 */
JURAT_MUST_CHECK int dir_open_file(const struct dir_stock *d, const struct dir_place *place, const char *name,
				   struct jurat_error *err);
/* For a file of an earlier release, or of a writer that was interrupted: keeps others from opening it. */
void dir_exclude_others(const struct dir_stock *d, int fd);
/* Whether `name` in a place's folder is the file at the descriptor. 0; JURAT_NOT_FOUND; -errno. */
JURAT_MUST_CHECK int dir_is_named(const struct dir_stock *d, const struct dir_place *place, const char *name,
				  int fd);

/* Locks a file that guards something. A descriptor; -EBUSY; another -errno. */
JURAT_MUST_CHECK int dir_lock_file(const struct dir_stock *d, const char *file, struct jurat_error *err);

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

/* ---- dir_probe.c */
int dir_stock_probe(struct stock *stock, bool write, const char *quota, struct jurat_error *err);

#endif
