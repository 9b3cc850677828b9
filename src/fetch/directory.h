/* SPDX-License-Identifier: MIT */
#ifndef FETCH_DIRECTORY_H
#define FETCH_DIRECTORY_H

#include "base/env.h"
#include "endorse/value.h"

/*
 * Endorsements in a directory: the files of a stock (endorse_item_file()) or of Trustee's offline store, and
 * beside them files with any names and in any form that `jurat verify` reads; or in one such file. Nothing in
 * it is trusted.
 */
struct fetch_directory;

JURAT_MUST_CHECK int fetch_directory_new(struct base_env *env, const char *path, struct fetch_directory **ret,
					 struct jurat_error *err);
/* One that has nothing but what is added to it, bytes of files; `name` is for messages. */
JURAT_MUST_CHECK int fetch_directory_new_empty(const char *name, struct fetch_directory **ret,
					       struct jurat_error *err);
JURAT_MUST_CHECK int fetch_directory_add(struct fetch_directory *directory, const void *bytes, size_t n,
					 struct jurat_error *err);
void fetch_directory_free(struct fetch_directory *directory);

/*
 * Gets the n-th value, from 0, that may be the one that an item names: the caller tries one after the other.
 * Files are read once.
 *
 * Returns   0; JURAT_NOT_FOUND no more; -EBADMSG the file of the stock is malformed; another -errno
 */
JURAT_MUST_CHECK int fetch_directory_get(struct fetch_directory *directory, const struct endorse_item *item,
					 size_t n, struct endorse_value *ret, struct jurat_error *err);

#endif
