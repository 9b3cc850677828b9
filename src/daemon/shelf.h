/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SHELF_H
#define DAEMON_SHELF_H

#include "daemon/web.h"
#include "endorse/value.h"

/*
 * What `juratd endorsements` has in memory: checked values as whole answers, and for a short time that an
 * item does not exist. Bounded: the least recently used go first.
 */
struct shelf;
struct shelf_entry;

/* -ENOMEM; another -errno: no random numbers */
JURAT_MUST_CHECK int shelf_new(size_t max_bytes, struct shelf **ret);
void shelf_free(struct shelf *s);

/*
 * NULL: there is none, or it has expired at `now`, seconds since 1970, or was put later than that: then the
 * clock was wrong, and so may be what was found with it.
 */
struct shelf_entry *shelf_find(struct shelf *s, const char *name, int64_t now);
/* Takes *value. false: out of memory, or larger than the shelf. */
bool shelf_put(struct shelf *s, const char *name, const struct endorse_item *item,
	       struct endorse_value *value, int64_t expires, int64_t now);
/* That there is no value: 404, 410, or the status of a failure. */
void shelf_put_missing(struct shelf *s, const char *name, unsigned status, int64_t expires, int64_t now);
void shelf_clear(struct shelf *s);

unsigned shelf_status(const struct shelf_entry *e); /* 200, or as put */
int64_t shelf_expires(const struct shelf_entry *e);
const struct endorse_item *shelf_item(const struct shelf_entry *e);
const struct endorse_value *shelf_value(const struct shelf_entry *e);
/* Whether it is time to ask for the next issue: true once, then again after a while. */
bool shelf_wants_refresh(struct shelf_entry *e, int64_t now);
/* The answer in an encoding, made when it is first asked for; the shelf's. NULL: out of memory. */
struct web_content *shelf_content(struct shelf *s, struct shelf_entry *e, enum endorse_encoding encoding);

struct shelf_stats {
	size_t bytes, entries;
	uint64_t evicted;
};
const struct shelf_stats *shelf_stats(const struct shelf *s);

/*
 * A value as an answer, with its headers; content_type NULL: the right one. NULL: out of memory, or an issuer
 * chain that no header has room for.
 */
struct web_content *answer_new(const struct endorse_item *item, const struct endorse_value *value,
			       enum endorse_encoding encoding, const char *content_type, bool half);

#endif
