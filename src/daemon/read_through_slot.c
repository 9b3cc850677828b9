/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "daemon/read_through_internal.h"

enum {
	MAX_ROOT_BYTES = 1 << 20,
	MAX_ROOTS = 64,
	/*
	 * Shorter than a claim (read_through.c). VCEKs are asked for once only: each attempt counts for the
	 * quota.
	 */
	FETCH_LIMIT_MS = 20 * 1000,
	FETCH_REQUEST_MS = 15 * 1000,
	FETCH_ATTEMPTS = 2,
};

/* ---- roots */

void read_through_roots_done(struct read_through_roots *roots)
{
	for (size_t i = 0; i < roots->n; i++)
		free(roots->files[i].bytes);
	free(roots->files);
	*roots = (struct read_through_roots){ .files = NULL };
}

static int add_root(struct read_through_roots *roots, const char *path, struct jurat_error *err)
{
	struct read_through_root *root = &roots->files[roots->n];
	int r;

	if (roots->n == MAX_ROOTS)
		return jurat_fail(err, -E2BIG, "--roots: expected at most %d files, found more", MAX_ROOTS);
	r = base_read_file(base_env_real(), path, MAX_ROOT_BYTES, &root->bytes, &root->n, err);
	roots->n += r == 0;
	return r < 0 ? jurat_wrap(err, r, "%s", path) : 0;
}

static int add_folder(struct read_through_roots *roots, const char *path, DIR *folder,
		      struct jurat_error *err)
{
	const struct dirent *d;
	int r = 0;

	while (r == 0 && (d = readdir(folder))) {
		auto_free char *file = NULL;
		struct stat st;

		if (d->d_name[0] == '.')
			continue;
		if (asprintf(&file, "%s/%s", path, d->d_name) < 0) {
			file = NULL;
			return jurat_fail_memory(err);
		}
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			r = add_root(roots, file, err);
	}
	return r;
}

/* Whether a checker takes them all. */
static int try_roots(const struct read_through_roots *roots, struct endorse_checker **ret,
		     struct jurat_error *err)
{
	struct endorse_checker *checker = NULL;
	int r = endorse_checker_new(&checker, err);

	for (size_t i = 0; r == 0 && i < roots->n; i++)
		r = endorse_checker_add_roots(checker, roots->files[i].bytes, roots->files[i].n, err);
	if (r < 0)
		endorse_checker_free(checker);
	else
		*ret = checker;
	return r;
}

int read_through_load_roots(const char *path, struct read_through_roots *ret, struct jurat_error *err)
{
	struct read_through_roots roots = { .files = NULL };
	struct endorse_checker *checker = NULL;
	DIR *folder;
	int r;

	if (!path) {
		*ret = roots;
		return 0;
	}
	roots.files = calloc(MAX_ROOTS, sizeof(*roots.files));
	if (!roots.files)
		return jurat_fail_memory(err);
	folder = opendir(path);
	r = folder ? add_folder(&roots, path, folder, err) : add_root(&roots, path, err);
	if (folder)
		closedir(folder);
	if (r == 0 && roots.n == 0)
		r = jurat_fail(err, -ENOENT, "--roots: '%s' contains no files", path);
	if (r == 0)
		r = try_roots(&roots, &checker, err);
	endorse_checker_free(checker);
	if (r < 0) {
		read_through_roots_done(&roots);
		return jurat_wrap(err, r, "roots");
	}
	*ret = roots;
	return 0;
}

/* ---- handles */

static bool is_stopping(void *context)
{
	return atomic_load(&((struct read_through_slot *)context)->of->stopping);
}

static void on_event(void *context, const struct fetch_event *event)
{
	((struct read_through_slot *)context)->last_status = event->status;
}

static int new_fetcher(struct read_through_slot *s, struct jurat_error *err)
{
	struct read_through *t = s->of;
	const struct fetch_options options = { .from = t->upstream,
					       .ca_file = t->upstream_ca,
					       .attempts = s->lane == LANE_KDS ? 1 : FETCH_ATTEMPTS,
					       .limit_ms = FETCH_LIMIT_MS,
					       .request_ms = FETCH_REQUEST_MS,
					       .stop = is_stopping,
					       .event = on_event,
					       .context = s };

	if (s->lane == LANE_STOCK || t->offline)
		return 0;
	return fetcher_new(&options, s->checker, &s->fetcher, err);
}

/* A checker of the current roots, and a fetcher with it. */
static int renew(struct read_through_slot *s, struct jurat_error *err)
{
	struct read_through *t = s->of;
	int r;

	fetcher_free(s->fetcher);
	s->fetcher = NULL;
	endorse_checker_free(s->checker);
	s->checker = NULL;
	s->loaded = 0;
	uv_mutex_lock(&t->turn);
	s->generation = atomic_load(&t->generation);
	r = try_roots(&t->roots, &s->checker, err);
	uv_mutex_unlock(&t->turn);
	return r == 0 ? new_fetcher(s, err) : r;
}

int read_through_freshen(struct read_through_slot *s, struct jurat_error *err)
{
	const bool whole = s->checker && (s->fetcher || s->lane == LANE_STOCK || s->of->offline);

	return whole && s->generation == atomic_load(&s->of->generation) ? 0 : renew(s, err);
}

int read_through_open_local(const struct read_through *t, struct stock **ret, struct jurat_error *err)
{
	auto_free char *where = NULL;

	if (!t->local_copy)
		return 0;
	if (asprintf(&where, "dir:%s", t->local_copy) < 0) {
		where = NULL;
		return jurat_fail_memory(err);
	}
	return stock_open(where, NULL, ret, err);
}

int read_through_open_slot(void *source, unsigned lane, void **ret_slot, struct jurat_error *err)
{
	struct read_through *t = source;
	struct read_through_slot *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return jurat_fail_memory(err);
	s->of = t;
	s->lane = lane;
	r = stock_open(t->store, NULL, &s->stock, err);
	if (r == 0)
		r = read_through_open_local(t, &s->local, err);
	if (r == 0)
		r = renew(s, err);
	if (r < 0)
		read_through_close_slot(s);
	else
		*ret_slot = s;
	return r;
}

void read_through_close_slot(void *slot)
{
	struct read_through_slot *s = slot;

	if (!s)
		return;
	fetcher_free(s->fetcher);
	endorse_checker_free(s->checker);
	stock_close(s->stock);
	stock_close(s->local);
	free(s);
}

/* ---- metrics */

static void describe_asked(const struct read_through *t, struct metrics_text *to)
{
	static const char *const services[ENDORSE_N_SERVICES] = { "kds", "pcs", "certificates" };
	static const char *const ends[READ_THROUGH_N_ENDS] = { "got", "missing", "busy",
							       "bad", "refused", "down" };

	metrics_head(to, "juratd_endorsements_upstream", "counter",
		     "Requests to upstream services, by result.");
	for (unsigned i = 0; i < ENDORSE_N_SERVICES; i++)
		for (unsigned k = 0; k < READ_THROUGH_N_ENDS; k++)
			metrics_print(to,
				      "juratd_endorsements_upstream_total{service=\"%s\",end=\"%s\"} %llu\n",
				      services[i], ends[k], atomic_load(&t->stats.asked[i][k]));
}

void read_through_describe(void *source, struct metrics_text *to)
{
	const struct read_through *t = source;
	const struct {
		const char *name, *help;
		const atomic_ullong *value;
	} rows[] = {
		{ "juratd_endorsements_stock_hits", "Items found in the stock.", &t->stats.stock_hits },
		{ "juratd_endorsements_stock_misses", "Items not found in the stock.",
		  &t->stats.stock_misses },
		{ "juratd_endorsements_stock_bad", "Values in the stock that failed their check.",
		  &t->stats.stock_bad },
		{ "juratd_endorsements_stock_expired", "Expired values found in the stock.",
		  &t->stats.stock_expired },
		{ "juratd_endorsements_stock_errors", "Failed requests to the stock.",
		  &t->stats.stock_errors },
		{ "juratd_endorsements_put_errors",
		  "Values that could not be written to the stock or the local copy.", &t->stats.put_errors },
		{ "juratd_endorsements_local_hits",
		  "Items found in the local copy that the stock did not have, or only in an older issue.",
		  &t->stats.local_hits },
		{ "juratd_endorsements_claims_busy", "Times that another replica held the claim of an item.",
		  &t->stats.claims_busy },
		{ "juratd_endorsements_quota_waits",
		  "Times that a request waited for the quota of AMD's service.", &t->stats.quota_waits },
		{ "juratd_endorsements_pauses", "Pauses required by AMD's service (status 429).",
		  &t->stats.pauses },
	};

	metrics_one(to, "juratd_endorsements_stock_away", "gauge",
		    "1 while the stock cannot be reached, read or written; checked every 10 seconds.",
		    atomic_load(&t->stock_away) != 0);
	metrics_one(to, "juratd_endorsements_local_copy_away", "gauge",
		    "1 while the local copy cannot be read or written; checked every 10 seconds.",
		    atomic_load(&t->copy_away) != 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		metrics_one(to, rows[i].name, "counter", rows[i].help, atomic_load(rows[i].value));
	describe_asked(t, to);
}
