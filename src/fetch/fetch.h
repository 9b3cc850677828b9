/* SPDX-License-Identifier: MIT */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include "base/env.h"
#include "endorse/check.h"

/*
 * Gets endorsements from AMD's KDS, Intel's PCS, a PCCS, `juratd endorsements` or a directory. The only
 * folder that knows libcurl. Redirects to another host are refused, sizes and times are bounded, and
 * everything is checked (endorse/check.h) before it is returned.
 */
struct fetcher;

struct fetch_event { /* for progress and logs */
	const struct endorse_item *item;
	const char *url;
	enum { FETCH_ASKS, FETCH_RETRIES, FETCH_GOT, FETCH_FAILED } what;
	unsigned attempt, status; /* HTTP status; 0: none */
	uint64_t wait_ms;         /* FETCH_RETRIES */
	const char *why;
};

struct fetch_options { /* zero is the default of every member */
	/*
	 * NULL: the vendors' services. "https://..." or "http://...": one service with the paths of all of
	 * them, such as a PCCS or `juratd endorsements`; a directory: a stock or files as `jurat verify`
	 * reads them; or one such file.
	 */
	const char *from;
	const char *ca_file;         /* PEM; NULL: the system's */
	unsigned attempts;           /* 0: 6 */
	uint64_t limit_ms;           /* of all attempts for one item; 0: 2 minutes */
	uint64_t request_ms;         /* of one request; 0: 30 s */
	int64_t at;                  /* time of checks; 0: the clock */
	bool (*stop)(void *context); /* true ends waits and transfers: -ECANCELED */
	void (*event)(void *context, const struct fetch_event *event);
	void *context;
	struct base_env *env; /* clocks, waits, random numbers and directories; NULL: the real one */
};

/* checker: borrowed; NULL: the caller checks. Threads: one at a time. */
JURAT_MUST_CHECK int fetcher_new(const struct fetch_options *options, struct endorse_checker *checker,
				 struct fetcher **ret, struct jurat_error *err);
void fetcher_free(struct fetcher *fetcher);

/*
 * Gets one item, and what its check needs if the checker has not seen that yet. 429 and 503 are retried
 * after Retry-After, other 5xx and broken connections after growing times with jitter, within the limits.
 *
 * Returns   0; JURAT_NOT_FOUND the service has no such item (404, 410); JURAT_BUSY it still answers 429 at
 *           the end of the limits; -EBADMSG the answer is not what was asked for; -ESTALE expired;
 *           -EMSGSIZE too large; -ECANCELED; -ETIMEDOUT, -EHOSTUNREACH, -ECONNREFUSED, -ECONNRESET no
 *           connection, or one that broke; -EKEYREJECTED the service has no trusted TLS certificate;
 *           -EHOSTDOWN it still answers 5xx; -EPROTO another status, or a redirect that is refused. `err`
 *           has text for outcomes, too
 */
JURAT_MUST_CHECK int fetch_item(struct fetcher *fetcher, const struct endorse_item *item,
				struct endorse_value *ret, struct jurat_error *err);
/* How long the service wants to be left alone, after JURAT_BUSY or -EHOSTDOWN. */
uint64_t fetcher_retry_after_ms(const struct fetcher *fetcher);

#endif
