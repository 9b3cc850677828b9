/* SPDX-License-Identifier: MIT */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "fetch/content.h"
#include "fetch/directory.h"
#include "fetch/http.h"
#include "fetch/retry.h"

enum {
	DEFAULT_ATTEMPTS = 6,
	DEFAULT_LIMIT_MS = 2 * 60 * 1000,
	DEFAULT_REQUEST_MS = 30 * 1000,
	MAX_REDIRECTS = 3,
	SLICE_MS = 100, /* of a wait, after which the caller is asked whether to stop */
	URL_BYTES = ENDORSE_TEXT_BYTES + 1024,
	NS_PER_MS = 1000000,
};

struct fetcher {
	struct fetch_options options; /* `from` and `ca_file` are not used after fetcher_new() */
	struct base_env *env;
	struct endorse_checker *checker; /* borrowed; NULL: the caller checks */
	struct http *http;               /* NULL: a directory */
	char *base;                      /* URL of the one service; NULL: the vendors' */
	struct fetch_directory *directory;
	uint64_t retry_after_ms;
};

/* ---- One request, and its repetitions */

struct request {
	const struct endorse_item *item;
	char url[URL_BYTES], host[HTTP_HOST_BYTES];
	uint64_t deadline_ns;
	unsigned attempt, status;
};

static uint64_t left_ms(const struct fetcher *f, const struct request *q)
{
	uint64_t now = base_now_ns(f->env);

	return now < q->deadline_ns ? (q->deadline_ns - now) / NS_PER_MS : 0;
}

static void say(const struct fetcher *f, const struct request *q, int what, uint64_t wait_ms, const char *why)
{
	struct fetch_event event = { .item = q->item,
				     .url = q->url,
				     .what = what,
				     .attempt = q->attempt,
				     .status = q->status,
				     .wait_ms = wait_ms,
				     .why = why };

	if (f->options.event)
		f->options.event(f->options.context, &event);
}

/* Sends the request, and again where the service redirects to itself. */
static int ask(struct fetcher *f, const struct request *q, struct http_answer *ret, struct jurat_error *err)
{
	const char *header = endorse_chain_header(q->item);
	auto_free char *url = strdup(q->url);

	for (unsigned i = 0; url; i++) {
		uint64_t ms = left_ms(f, q);
		int r = http_get(f->http, url, header, ENDORSE_MAX_BYTES,
				 ms < f->options.request_ms ? ms : f->options.request_ms, ret, err);

		if (r < 0 || !ret->location)
			return r;
		r = i < MAX_REDIRECTS ? http_check_redirect(url, ret->location, err)
				      : jurat_fail(err, -EPROTO, "%s redirects more than %d times", q->host,
						   MAX_REDIRECTS);
		free(url);
		url = take_ptr(ret->location);
		http_answer_done(ret);
		if (r < 0)
			return r;
	}
	return jurat_fail_memory(err);
}

static int fail_status(const struct request *q, struct jurat_error *err)
{
	if (q->status == 404 || q->status == 410)
		return jurat_fail(err, JURAT_NOT_FOUND, "not found: %s returned %u for '%s'", q->host,
				  q->status, q->url);
	if (q->status == 429)
		return jurat_fail(err, JURAT_BUSY, "%s returned 429, too many requests", q->host);
	return jurat_fail(err, retry_status(q->status) ? -EHOSTDOWN : -EPROTO, "%s returned %u for %s",
			  q->host, q->status, endorse_kind_name(q->item->kind));
}

/* Waits before the next attempt. 0; -ECANCELED */
static int pause_ms(const struct fetcher *f, uint64_t ms, struct jurat_error *err)
{
	while (ms > 0) {
		uint64_t slice = ms < SLICE_MS ? ms : SLICE_MS;

		if (f->options.stop && f->options.stop(f->options.context))
			return jurat_fail(err, -ECANCELED, "canceled");
		base_sleep_ns(f->env, slice * NS_PER_MS);
		ms -= slice;
	}
	return 0;
}

/*
 * After a failure `r`: waits for the next attempt.
 *
 * Returns   0 to be tried again; `r` not again; -ECANCELED
 */
static int wait_or_fail(struct fetcher *f, struct request *q, int r, const struct retry_after *after,
			struct jurat_error *err)
{
	uint32_t random = 0;
	uint64_t ms;

	if (q->status ? !retry_status(q->status) : !http_may_pass(r))
		return r;
	if (base_random(f->env, &random, sizeof(random)) < 0)
		random = 0; /* without jitter */
	ms = retry_wait_ms(q->attempt, q->status, after, random);
	f->retry_after_ms = ms;
	if (q->attempt >= f->options.attempts || ms > left_ms(f, q)) {
		char text[JURAT_ERROR_TEXT_BYTES];

		snprintf(text, sizeof(text), "%s", err->text);
		return q->status == 429 || after->known ? jurat_fail(err, r, "%s: try again in %llu s", text,
								     (unsigned long long)(ms + 999) / 1000)
							: jurat_fail(err, r, "%s (%u attempt%s)", text,
								     q->attempt, q->attempt == 1 ? "" : "s");
	}
	say(f, q, FETCH_RETRIES, ms, err->text);
	return pause_ms(f, ms, err);
}

/* One attempt. 0 and *ret is a value; otherwise as fetch_item() */
static int attempt(struct fetcher *f, struct request *q, struct endorse_value *ret, struct retry_after *after,
		   struct jurat_error *err)
{
	struct http_answer answer auto_call(http_answer_done) = { 0 };
	int r = ask(f, q, &answer, err);

	*after = (struct retry_after){ 0 };
	q->status = r == 0 ? answer.status : 0;
	if (r < 0)
		return r;
	*after = retry_after_read(answer.retry_after, base_realtime_s(f->env));
	if (answer.status != 200)
		return fail_status(q, err);
	r = fetch_take_content(q->item, &answer, ret, err);
	return r < 0 ? jurat_wrap(err, r, "%s: %s", q->host, endorse_kind_name(q->item->kind)) : 0;
}

static int make_url(const struct fetcher *f, struct request *q, struct jurat_error *err)
{
	char target[ENDORSE_TEXT_BYTES];
	size_t n = f->base ? endorse_item_pccs_target(q->item, target, sizeof(target))
			   : endorse_item_target(q->item, target, sizeof(target));
	const char *base = f->base ? f->base : endorse_service_url(endorse_item_service(q->item));

	if (n >= sizeof(target) ||
	    snprintf(q->url, sizeof(q->url), "%s%s", base, target) >= (int)sizeof(q->url))
		return jurat_fail(err, -EINVAL, "the URL of the service is too long");
	http_host(q->url, q->host);
	return 0;
}

static int get_by_http(struct fetcher *f, const struct endorse_item *item, uint64_t deadline_ns,
		       struct endorse_value *ret, struct jurat_error *err)
{
	struct request q = { .item = item, .deadline_ns = deadline_ns };
	struct retry_after after;
	int r = make_url(f, &q, err);

	if (r < 0)
		return r;
	for (q.attempt = 1;; q.attempt++) {
		say(f, &q, FETCH_ASKS, 0, NULL);
		r = attempt(f, &q, ret, &after, err);
		if (r != 0)
			r = wait_or_fail(f, &q, r, &after, err);
		else
			break;
		if (r != 0) {
			say(f, &q, FETCH_FAILED, 0, err->text);
			return r;
		}
	}
	say(f, &q, FETCH_GOT, 0, NULL);
	return 0;
}

/* ---- Items */

static int check(const struct fetcher *f, const struct endorse_item *item, struct endorse_value *value,
		 struct jurat_error *err)
{
	int64_t at = f->options.at ? f->options.at : base_realtime_s(f->env), expires;

	return endorse_check(f->checker, item, value, at, &expires, err);
}

static int get(struct fetcher *f, const struct endorse_item *item, uint64_t deadline_ns,
	       struct endorse_value *ret, struct jurat_error *err);

/* Checks a value, and gets first what that needs. */
static int check_with_needs(struct fetcher *f, const struct endorse_item *item, uint64_t deadline_ns,
			    struct endorse_value *value, struct jurat_error *err)
{
	struct endorse_value chain auto_call(endorse_value_done) = { .body = NULL };
	struct endorse_item needed;
	int r = f->checker ? check(f, item, value, err) : 0;

	if (r != -ENOKEY || !endorse_check_needs(item, &needed) || endorse_check_needs(&needed, &needed))
		return r;
	r = get(f, &needed, deadline_ns, &chain, err);
	return r == 0 ? check(f, item, value, err) : r;
}

/* Of several values in a directory, the first that passes; what is wrong with the first if none does. */
/* In time. In a directory with many certificates of one name, each is tried with each. */
static int get_from_directory(struct fetcher *f, const struct endorse_item *item, uint64_t deadline_ns,
			      struct endorse_value *ret, struct jurat_error *err)
{
	struct jurat_error later, *text = err;
	int first = 0;

	for (size_t n = 0;; n++) {
		struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
		int r = fetch_directory_get(f->directory, item, n, &value, text);

		if (r == JURAT_NOT_FOUND && n > 0)
			return first;
		if (base_now_ns(f->env) >= deadline_ns)
			return jurat_fail(err, -ETIMEDOUT,
					  "no file that passes its check was found within the time limit");
		if (r == 0)
			r = check_with_needs(f, item, deadline_ns, &value, text);
		if (r == 0) {
			*ret = value;
			value = (struct endorse_value){ .body = NULL };
		}
		if (r != -EBADMSG && r != -ESTALE)
			return r;
		first = n == 0 ? r : first;
		text = &later;
	}
}

static int get(struct fetcher *f, const struct endorse_item *item, uint64_t deadline_ns,
	       struct endorse_value *ret, struct jurat_error *err)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	int r;

	if (f->directory)
		return get_from_directory(f, item, deadline_ns, ret, err);
	r = get_by_http(f, item, deadline_ns, &value, err);
	if (r == 0)
		r = check_with_needs(f, item, deadline_ns, &value, err);
	if (r == 0) {
		*ret = value;
		value = (struct endorse_value){ .body = NULL };
	}
	return r;
}

int fetch_item(struct fetcher *f, const struct endorse_item *item, struct endorse_value *ret,
	       struct jurat_error *err)
{
	struct jurat_error own;

	f->retry_after_ms = 0;
	return get(f, item, base_now_ns(f->env) + f->options.limit_ms * NS_PER_MS, ret, err ? err : &own);
}

uint64_t fetcher_retry_after_ms(const struct fetcher *fetcher)
{
	return fetcher->retry_after_ms;
}

int fetcher_new(const struct fetch_options *options, struct endorse_checker *checker, struct fetcher **ret,
		struct jurat_error *err)
{
	const struct http_options http = { .ca_file = options->ca_file,
					   .stop = options->stop,
					   .context = options->context };
	struct fetcher *f = calloc(1, sizeof(*f));
	int r = 0;

	if (!f)
		return jurat_fail_memory(err);
	f->options = *options;
	f->options.attempts = options->attempts ? options->attempts : DEFAULT_ATTEMPTS;
	f->options.limit_ms = options->limit_ms ? options->limit_ms : DEFAULT_LIMIT_MS;
	f->options.request_ms = options->request_ms ? options->request_ms : DEFAULT_REQUEST_MS;
	f->options.from = f->options.ca_file = NULL;
	f->env = base_env_or_real(options->env);
	f->checker = checker;
	if (options->from && !http_is_url(options->from)) {
		r = fetch_directory_new(f->env, options->from, &f->directory, err);
	} else {
		r = options->from ? http_base_url(options->from, &f->base, err) : 0;
		if (r == 0)
			r = http_new(&http, &f->http, err);
	}
	if (r < 0)
		fetcher_free(f);
	else
		*ret = f;
	return r;
}

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	http_free(fetcher->http);
	free(fetcher->base);
	fetch_directory_free(fetcher->directory);
	free(fetcher);
}
