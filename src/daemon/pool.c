/* SPDX-License-Identifier: MIT */
#include "daemon/pool_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/log.h"
#include "daemon/metrics_text.h"

enum {
	FIRST_RETRY_MS = 1000, /* after a failure; doubled each time */
	LAST_RETRY_MS = 30000,
};

struct service {
	struct pool *pool;
	struct base_address address;
	char text[DAEMON_ADDRESS_BYTES];
	bool up;
	unsigned n_failures; /* consecutive failures */
	unsigned n_requests; /* now */
	uint64_t probe_at;
	struct attempt *probe;
	uint64_t answered, failed, errors; /* for the metrics */
};

/* A job that was sent to a service. */
struct exchange {
	struct pool *pool;
	struct service *service;
	struct backend_job *job; /* NULL once it has ended */
	struct attempt *attempt;
	uint64_t begun_ns;
};

struct pool {
	struct backend base;
	uv_loop_t *loop;
	struct pool_options options;
	struct service services[POOL_MAX_SERVICES];
	unsigned last;             /* service asked last: the others come first */
	struct backend_job *again; /* jobs that failed at a service, the latest first */
	uv_timer_t timer;
	size_t n_attempts;
	bool closing, timer_closed;
	uint8_t probe[QGS_PLATFORM_REQ_BYTES];
};

static void dispatch(struct pool *p);
static void schedule(struct pool *p);

static void maybe_free(struct pool *p)
{
	if (!p->timer_closed || p->n_attempts > 0)
		return;
	if (p->base.freed)
		p->base.freed(&p->base, p->base.freed_context);
	free(p);
}

/* ---- health */

static uint64_t retry_ms(const struct service *s)
{
	uint64_t ms = FIRST_RETRY_MS;

	for (unsigned i = 1; i < s->n_failures && ms < LAST_RETRY_MS; i++)
		ms *= 2;
	if (ms > s->pool->options.probe_ms)
		return s->pool->options.probe_ms;
	return ms < LAST_RETRY_MS ? ms : LAST_RETRY_MS;
}

static void service_answers(struct service *s)
{
	if (!s->up)
		log_event(LOG_LEVEL_INFO, "service-up", "service", s->text, NULL);
	s->up = true;
	s->n_failures = 0;
	s->probe_at = uv_now(s->pool->loop) + s->pool->options.probe_ms;
	schedule(s->pool);
}

static void service_fails(struct service *s, const char *why)
{
	if (s->up)
		log_event(LOG_LEVEL_WARNING, "service-down", "service", s->text, "why", why, NULL);
	s->up = false;
	s->n_failures++;
	s->failed++;
	s->probe_at = uv_now(s->pool->loop) + retry_ms(s);
	schedule(s->pool);
}

/*
 * Platform information is the cheapest request. A service that does not support it closes the connection, and
 * is up; the probe is to detect one that does not respond at all (G8).
 */
static void probe_ended(void *context, enum attempt_result result, uint8_t *reply, size_t n, uint32_t code,
			const char *why)
{
	struct service *s = context;

	free(reply);
	s->probe = NULL;
	if (result == ATTEMPT_ANSWERED || result == ATTEMPT_CLOSED) {
		service_answers(s);
		dispatch(s->pool);
		return;
	}
	if (result == ATTEMPT_FAILED) {
		service_fails(s, why);
		return;
	}
	s->probe_at = uv_now(s->pool->loop) + FIRST_RETRY_MS;
	schedule(s->pool);
}

static void probe_freed(void *context)
{
	struct service *s = context;

	s->pool->n_attempts--;
	maybe_free(s->pool);
}

static void probe(struct service *s)
{
	struct pool *p = s->pool;
	const struct attempt_request request = { .to = &s->address,
						 .timeout_ms = p->options.timeout_ms,
						 .message = p->probe,
						 .size = sizeof(p->probe),
						 .response = QGS_PLATFORM_RESP,
						 .ended = probe_ended,
						 .freed = probe_freed,
						 .context = s };

	if (attempt_new(p->loop, &request, &s->probe) == 0)
		p->n_attempts++;
	else
		s->probe_at = uv_now(p->loop) + FIRST_RETRY_MS;
}

static void on_timer(uv_timer_t *timer)
{
	struct pool *p = timer->data;

	for (size_t i = 0; i < p->options.n_services; i++)
		if (!p->services[i].probe && p->services[i].probe_at <= uv_now(p->loop))
			probe(&p->services[i]);
	schedule(p);
}

/* Sets the timer to the earliest next probe. */
static void schedule(struct pool *p)
{
	uint64_t at = UINT64_MAX, now = uv_now(p->loop);

	if (p->closing)
		return;
	for (size_t i = 0; i < p->options.n_services; i++)
		if (!p->services[i].probe && p->services[i].probe_at < at)
			at = p->services[i].probe_at;
	if (at == UINT64_MAX)
		uv_timer_stop(&p->timer);
	else
		uv_timer_start(&p->timer, on_timer, at > now ? at - now : 0, 0);
}

/* ---- requests */

static bool was_tried(const struct pool *p, const struct backend_job *job, const struct service *s)
{
	return job->tried >> (s - p->services) & 1;
}

static void end_job(struct backend_job *job, uint8_t *reply, size_t n, const char *why)
{
	free(job->kept);
	job->kept = NULL;
	job->done(job, reply, n, why);
}

/* All services were tried. */
static void give_up(struct backend_job *job)
{
	uint8_t *kept = take_ptr(job->kept);

	end_job(job, kept, job->kept_size, "no quoting service responds");
}

/* Failures are rare and costly enough to be seen without --verbose. */
static void log_attempt(const struct exchange *x, const struct backend_job *job, enum attempt_result result,
			uint32_t code, const char *why)
{
	static const char *const results[] = { "answered", "closed", "failed", "no-socket" };
	const enum log_level level = result == ATTEMPT_ANSWERED ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	char id[LOG_ID_BYTES], ms[24];

	if (!log_wants(level))
		return;
	snprintf(ms, sizeof(ms), "%.3f", (uv_hrtime() - x->begun_ns) / 1e6);
	log_peer_event(level, "service-answer", "id", log_id_text(job->id, id), "service", x->service->text,
		       "result", results[result], "code",
		       result == ATTEMPT_ANSWERED ? qgs_error_name(code) : "none", "ms", ms, "why", why,
		       NULL);
}

static void exchange_ended(void *context, enum attempt_result result, uint8_t *reply, size_t n, uint32_t code,
			   const char *why)
{
	struct exchange *x = context;
	struct backend_job *job = take_ptr(x->job);
	struct service *s = x->service;
	const bool no_luck = code == QGS_E_UNEXPECTED || code == QGS_E_OUT_OF_MEMORY;

	s->n_requests--;
	log_attempt(x, job, result, code, why);
	if (result == ATTEMPT_ANSWERED)
		service_answers(s);
	else if (result == ATTEMPT_FAILED)
		service_fails(s, why);
	s->answered += result == ATTEMPT_ANSWERED && code == QGS_SUCCESS;
	s->errors += (result == ATTEMPT_ANSWERED && code != QGS_SUCCESS) || result == ATTEMPT_CLOSED;
	if (result == ATTEMPT_ANSWERED && !no_luck) {
		end_job(job, reply, n, "");
	} else {
		if (reply) {
			free(job->kept);
			job->kept = reply;
			job->kept_size = n;
		}
		job->next = x->pool->again;
		x->pool->again = job;
	}
	dispatch(x->pool);
}

static void exchange_freed(void *context)
{
	struct exchange *x = context;
	struct pool *p = x->pool;

	free(x);
	p->n_attempts--;
	maybe_free(p);
}

/*
 * Chooses the least busy service that is up (or not up); round-robin among equals. NULL: none, or none now.
 */
static struct service *choose(struct pool *p, const struct backend_job *job, bool up, bool *ret_wait)
{
	struct service *best = NULL;

	*ret_wait = false;
	for (size_t i = 1; i <= p->options.n_services; i++) {
		struct service *s = &p->services[(p->last + i) % p->options.n_services];

		if (s->up != up || was_tried(p, job, s))
			continue;
		if (s->n_requests >= p->options.max_requests)
			*ret_wait = true;
		else if (!best || s->n_requests < best->n_requests)
			best = s;
	}
	return best;
}

static int start(struct pool *p, struct service *s, struct backend_job *job)
{
	struct exchange *x = calloc(1, sizeof(*x));
	const struct attempt_request request = { .to = &s->address,
						 .timeout_ms = p->options.timeout_ms,
						 .message = job->request,
						 .size = job->request_size,
						 .response = (enum qgs_type)(job->type + 1),
						 .ended = exchange_ended,
						 .freed = exchange_freed,
						 .context = x };
	char id[LOG_ID_BYTES];

	if (!x || attempt_new(p->loop, &request, &x->attempt) < 0) {
		free(x);
		return -ENOMEM;
	}
	if (log_wants(LOG_LEVEL_DEBUG))
		log_peer_event(LOG_LEVEL_DEBUG, "service-attempt", "id", log_id_text(job->id, id), "service",
			       s->text, NULL);
	x->begun_ns = uv_hrtime();
	x->pool = p;
	x->service = s;
	x->job = job;
	job->attempt = x;
	job->tried |= UINT64_C(1) << (s - p->services);
	p->last = (unsigned)(s - p->services);
	s->n_requests++;
	p->n_attempts++;
	return 0;
}

/* Prefers services that are up, but tries one that seems down if there is no other. */
static struct service *choose_any(struct pool *p, const struct backend_job *job, bool *ret_wait)
{
	struct service *s = choose(p, job, true, ret_wait);

	return s || *ret_wait ? s : choose(p, job, false, ret_wait);
}

/* Stops at the first job that must wait. New jobs are taken only when they can be sent. */
static void dispatch(struct pool *p)
{
	static const struct backend_job fresh;

	while (p->again || backend_has_work(&p->base)) {
		struct backend_job *job = p->again;
		bool wait;
		struct service *s = choose_any(p, job ? job : &fresh, &wait);

		if (!s && wait)
			return;
		if (job)
			p->again = job->next;
		else
			job = backend_take(&p->base);
		if (!s || start(p, s, job) < 0)
			give_up(job);
	}
}

static void wake(struct backend *b)
{
	dispatch((struct pool *)b);
}

static void cancel(struct backend *b, struct backend_job *job)
{
	struct pool *p = (struct pool *)b;
	struct exchange *x = job->attempt;
	struct backend_job **at = &p->again;

	while (*at && *at != job)
		at = &(*at)->next;
	if (*at) {
		*at = job->next;
	} else {
		x->service->n_requests--;
		x->job = NULL;
		attempt_cancel(x->attempt);
	}
	end_job(job, NULL, 0, "the client has gone");
	dispatch(p);
}

/* ---- the pool */

static void timer_closed(uv_handle_t *handle)
{
	struct pool *p = handle->data;

	p->timer_closed = true;
	maybe_free(p);
}

static void free_pool(struct backend *b)
{
	struct pool *p = (struct pool *)b;

	p->closing = true;
	for (size_t i = 0; i < p->options.n_services; i++)
		if (p->services[i].probe)
			attempt_cancel(p->services[i].probe);
	uv_close((uv_handle_t *)&p->timer, timer_closed);
}

static void print_services(const struct pool *p, struct metrics_text *to, const char *name, const char *type,
			   const char *help, uint64_t (*value)(const struct service *s))
{
	metrics_head(to, name, type, help);
	for (size_t i = 0; i < p->options.n_services; i++) {
		metrics_print(to, "%s%s{service=\"", name, strcmp(type, "counter") ? "" : "_total");
		metrics_print_label(to, p->services[i].text);
		metrics_print(to, "\"} %" PRIu64 "\n", value(&p->services[i]));
	}
}

static uint64_t is_up(const struct service *s)
{
	return s->up;
}

static uint64_t answered(const struct service *s)
{
	return s->answered;
}

static uint64_t failed(const struct service *s)
{
	return s->failed;
}

static uint64_t errors(const struct service *s)
{
	return s->errors;
}

static uint64_t in_flight(const struct service *s)
{
	return s->n_requests;
}

static void describe(struct backend *b, struct metrics_text *to)
{
	const struct pool *p = (const struct pool *)b;

	print_services(p, to, "juratd_qgs_service_up", "gauge", "1 while the service responds.", is_up);
	print_services(p, to, "juratd_qgs_service_requests", "gauge",
		       "Requests that the service is processing.", in_flight);
	print_services(p, to, "juratd_qgs_service_answered", "counter", "Requests that the service answered.",
		       answered);
	print_services(p, to, "juratd_qgs_service_errors", "counter",
		       "Requests that the service answered with an error.", errors);
	print_services(p, to, "juratd_qgs_service_failures", "counter",
		       "Requests that the service failed to answer.", failed);
}

int pool_new(uv_loop_t *loop, const struct pool_options *options, struct backend **ret)
{
	static const struct backend_ops ops = {
		.wake = wake, .cancel = cancel, .free = free_pool, .describe = describe
	};
	const struct qgs_message m = qgs_message(QGS_PLATFORM_REQ);
	struct pool *p = calloc(1, sizeof(*p));
	size_t size;

	if (!p)
		return -ENOMEM;
	if (options->n_services < 1 || options->n_services > POOL_MAX_SERVICES ||
	    qgs_write(&m, false, p->probe, sizeof(p->probe), &size, NULL) != 0) {
		free(p);
		return -EINVAL;
	}
	p->base = (struct backend){ .ops = &ops, .name = "services" };
	p->loop = loop;
	p->options = *options;
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	for (size_t i = 0; i < options->n_services; i++) {
		struct service *s = &p->services[i];

		s->pool = p;
		s->address = options->services[i];
		address_text(&s->address, s->text);
		s->up = true; /* until a probe fails; the first one is due now */
	}
	schedule(p);
	*ret = &p->base;
	return 0;
}
