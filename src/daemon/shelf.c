/* SPDX-License-Identifier: MIT */
#include "daemon/shelf.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "daemon/name_hash.h"

enum {
	BUCKETS = 4096,          /* a power of two */
	ENTRY_COST_BYTES = 1024, /* of an entry and an answer, beside their bytes */
	REFRESH_AGAIN_S = 600,   /* after a refresh that brought nothing newer */
	REFRESH_PART = 10,       /* of the time that it is kept, before the end */
};

struct shelf_entry {
	char *name;
	struct endorse_item item;
	struct endorse_value value; /* no body: it does not exist */
	unsigned status;
	int64_t put_at, expires, refresh_at;
	size_t cost;
	struct web_content *contents[ENDORSE_HEX + 1];
	struct shelf_entry *next_in_bucket;
	struct shelf_entry *newer, *older;
};

struct shelf {
	size_t max_bytes;
	struct shelf_entry *buckets[BUCKETS];
	struct name_hash hash;
	struct shelf_entry *newest, *oldest; /* by use */
	struct shelf_stats stats;
};

int shelf_new(size_t max_bytes, struct shelf **ret)
{
	struct shelf *s = calloc(1, sizeof(*s));
	int r = s ? name_hash_init(&s->hash) : -ENOMEM;

	if (r < 0) {
		free(s);
		return r;
	}
	s->max_bytes = max_bytes;
	*ret = s;
	return 0;
}

static struct shelf_entry **bucket_of(struct shelf *s, const char *name)
{
	return &s->buckets[name_hash(&s->hash, name, strlen(name)) & (BUCKETS - 1)];
}

static void unlink_use(struct shelf *s, struct shelf_entry *e)
{
	*(e->newer ? &e->newer->older : &s->newest) = e->older;
	*(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void link_use(struct shelf *s, struct shelf_entry *e)
{
	e->newer = NULL;
	e->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = e;
	s->newest = e;
}

static void drop(struct shelf *s, struct shelf_entry *e)
{
	struct shelf_entry **at = bucket_of(s, e->name);

	while (*at != e)
		at = &(*at)->next_in_bucket;
	*at = e->next_in_bucket;
	unlink_use(s, e);
	s->stats.bytes -= e->cost;
	s->stats.entries--;
	for (unsigned i = 0; i < ARRAY_SIZE(e->contents); i++)
		web_content_drop(e->contents[i]);
	endorse_value_done(&e->value);
	free(e->name);
	free(e);
}

void shelf_clear(struct shelf *s)
{
	while (s->oldest)
		drop(s, s->oldest);
}

void shelf_free(struct shelf *s)
{
	if (s)
		shelf_clear(s);
	free(s);
}

static struct shelf_entry *find(struct shelf *s, const char *name)
{
	for (struct shelf_entry *e = *bucket_of(s, name); e; e = e->next_in_bucket)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

struct shelf_entry *shelf_find(struct shelf *s, const char *name, int64_t now)
{
	struct shelf_entry *e = find(s, name);

	if (!e)
		return NULL;
	if (e->expires <= now || now < e->put_at) {
		drop(s, e);
		return NULL;
	}
	if (s->newest != e) {
		unlink_use(s, e);
		link_use(s, e);
	}
	return e;
}

/* Makes room for the cost of `e` among the others; false: there is none. */
static bool charge(struct shelf *s, struct shelf_entry *e, size_t cost)
{
	if (cost > s->max_bytes)
		return false;
	while (s->stats.bytes > s->max_bytes - cost) {
		struct shelf_entry *oldest = s->oldest == e ? e->newer : s->oldest;

		if (!oldest)
			return false;
		drop(s, oldest);
		s->stats.evicted++;
	}
	e->cost += cost;
	s->stats.bytes += cost;
	return true;
}

static struct shelf_entry *put(struct shelf *s, const char *name, int64_t expires, int64_t now, size_t cost)
{
	struct shelf_entry *e = find(s, name), **bucket;

	if (e)
		drop(s, e);
	e = calloc(1, sizeof(*e));
	if (e)
		e->name = strdup(name);
	if (!e || !e->name || !charge(s, e, cost + ENTRY_COST_BYTES)) {
		if (e)
			free(e->name);
		free(e);
		return NULL;
	}
	e->expires = expires;
	e->put_at = now;
	bucket = bucket_of(s, name);
	e->next_in_bucket = *bucket;
	*bucket = e;
	link_use(s, e);
	s->stats.entries++;
	return e;
}

/* Certificates do not change; documents and CRLs are issued again every day. */
static int64_t refresh_time(const struct endorse_item *item, int64_t expires, int64_t now)
{
	const int64_t at = expires - (expires - now) / REFRESH_PART;

	return item->kind != ENDORSE_VCEK && at > now + BASE_DAY_SECONDS ? now + BASE_DAY_SECONDS : at;
}

bool shelf_put(struct shelf *s, const char *name, const struct endorse_item *item,
	       struct endorse_value *value, int64_t expires, int64_t now)
{
	struct shelf_entry *e = put(s, name, expires, now,
				    value->size + (value->issuer_chain ? strlen(value->issuer_chain) : 0));

	if (!e)
		return false;
	e->item = *item;
	e->status = MHD_HTTP_OK;
	e->value = *value;
	*value = (struct endorse_value){ .body = NULL };
	e->refresh_at = refresh_time(item, expires, now);
	return true;
}

void shelf_put_missing(struct shelf *s, const char *name, unsigned status, int64_t expires, int64_t now)
{
	struct shelf_entry *e = put(s, name, expires, now, 0);

	if (!e)
		return;
	e->status = status;
	e->refresh_at = INT64_MAX;
}

unsigned shelf_status(const struct shelf_entry *e)
{
	return e->status;
}

int64_t shelf_expires(const struct shelf_entry *e)
{
	return e->expires;
}

const struct endorse_item *shelf_item(const struct shelf_entry *e)
{
	return &e->item;
}

const struct endorse_value *shelf_value(const struct shelf_entry *e)
{
	return &e->value;
}

bool shelf_wants_refresh(struct shelf_entry *e, int64_t now)
{
	if (now < e->refresh_at)
		return false;
	e->refresh_at = now + REFRESH_AGAIN_S;
	return true;
}

struct web_content *shelf_content(struct shelf *s, struct shelf_entry *e, enum endorse_encoding encoding)
{
	const size_t cost = 2 * e->value.size + ENTRY_COST_BYTES;

	if (e->contents[encoding])
		return e->contents[encoding];
	if (!charge(s, e, cost))
		return NULL;
	e->contents[encoding] = answer_new(&e->item, &e->value, encoding, NULL, false);
	if (!e->contents[encoding]) {
		e->cost -= cost;
		s->stats.bytes -= cost;
	}
	return e->contents[encoding];
}

const struct shelf_stats *shelf_stats(const struct shelf *s)
{
	return &s->stats;
}
