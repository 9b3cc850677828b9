/* SPDX-License-Identifier: MIT */
#include "host/tdx_quotes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "uapi/tdx.h"

/*
 * GetQuote requests, from the guest's call to their terminal status: which thread owns one, when it goes on,
 * and how it ends.
 */

/* Call with the lock held. */
static void unlink_request(struct jurat_tdx_quotes *q, struct tdx_request *r)
{
	struct tdx_request **at = &q->requests;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	q->n_requests--;
	q->n_active -= r->active;
	if (r->end != TDX_REQUEST_GOES_ON)
		pthread_cond_broadcast(&q->ended);
}

static bool is_dropped(struct jurat_tdx_quotes *q, const struct tdx_request *r)
{
	bool dropped;

	pthread_mutex_lock(&q->mutex);
	dropped = r->end == TDX_REQUEST_DROPPED;
	pthread_mutex_unlock(&q->mutex);
	return dropped;
}

static void tell(struct jurat_tdx_quotes *q, const struct tdx_request *r, bool has_vector, uint8_t vector,
		 uint32_t vcpu)
{
	struct jurat_tdx_quote_outcome outcome = {
		.size = sizeof(outcome),
		.gpa = r->gpa,
		.status = r->status,
		.out_bytes = r->out_len,
		.qgs_error = r->qgs_error,
		.took_ns = base_now_ns(q->env) - r->started_ns,
		.in_call = r->in_call,
		.text = r->err.text,
	};

	if (has_vector)
		q->options.notify(q->options.context, vcpu, vector);
	if (q->options.log)
		q->options.log(q->options.context, &outcome);
	pthread_mutex_lock(&q->mutex);
	if (--q->n_telling == 0)
		pthread_cond_broadcast(&q->ended);
	pthread_mutex_unlock(&q->mutex);
}

/*
 * Ends a request that this thread owns, with a terminal status unless it was dropped. Storing the status and
 * removing the request from the list are one step for other threads: a guest that sees the status may reuse
 * the buffer at once.
 */
static void complete(struct jurat_tdx_quotes *q, struct tdx_request *r, int result)
{
	bool has_vector, dropped = is_dropped(q, r);
	uint8_t vector;
	uint32_t vcpu;

	if (dropped)
		r->status = TDX_GETQUOTE_IN_FLIGHT;
	else
		tdx_request_conclude(r, &q->memory, result);
	pthread_mutex_lock(&q->mutex);
	if (!dropped && tdx_store_status(&q->memory, r->gpa, r->status) < 0 && r->err.text[0] == '\0')
		(void)jurat_fail(&r->err, -EFAULT, "the buffer's status cannot be written");
	unlink_request(q, r);
	q->n_telling++;
	has_vector = q->has_vector && !dropped;
	vector = q->vector; /* Q5 */
	vcpu = q->vcpu;
	pthread_mutex_unlock(&q->mutex);
	tell(q, r, has_vector, vector, vcpu);
	tdx_request_free(r);
}

/* The next time at which an unowned request needs attention. Call with the lock held. */
static uint64_t next_wake(const struct jurat_tdx_quotes *q)
{
	uint64_t wake = BASE_NEVER, at;

	for (const struct tdx_request *r = q->requests; r; r = r->next) {
		if (r->state == TDX_REQUEST_OWNED)
			continue;
		at = r->state == TDX_REQUEST_SHARED ? qgs_client_wake_ns(&r->client) : r->give_up_ns;
		wake = at < wake ? at : wake;
	}
	return wake;
}

/* Call with the lock held. 0; -errno: the timer is unchanged. */
static int arm(struct jurat_tdx_quotes *q)
{
	uint64_t wake = next_wake(q);
	int e;

	if (wake == q->armed_ns)
		return 0;
	e = base_timer_set(q->env, q->timer_fd, wake);
	if (e >= 0)
		q->armed_ns = wake;
	return e < 0 ? e : 0;
}

/* Why a request ends that the VMM has cancelled or dropped. Call with the lock held. */
static int cancelled(struct tdx_request *r)
{
	return jurat_fail(&r->err, -ECANCELED,
			  r->end == TDX_REQUEST_DROPPED ? "the VM was reset"
							: "the VMM cancelled the request");
}

/*
 * Gives up ownership of a request to jurat_tdx_quotes_dispatch(). If that fails, or the VMM has cancelled or
 * dropped the request, it ends here.
 */
static void release(struct jurat_tdx_quotes *q, struct tdx_request *r, enum tdx_request_state state)
{
	int e = 0;

	pthread_mutex_lock(&q->mutex);
	if (r->end != TDX_REQUEST_GOES_ON)
		e = cancelled(r);
	else if (state == TDX_REQUEST_SHARED)
		e = qgs_client_watch(&r->client, q->poll_fd);
	r->state = state;
	if (e == 0)
		e = arm(q);
	if (e < 0)
		r->state = TDX_REQUEST_OWNED;
	else
		r->in_call = false;
	pthread_mutex_unlock(&q->mutex);
	if (e < 0 && e != -ECANCELED)
		(void)jurat_fail(&r->err, e, "the request cannot be waited for: %s", strerror(-e));
	if (e < 0)
		complete(q, r, e);
}

/* Takes ownership of the next request to advance; NULL: there is none. */
static struct tdx_request *pick(struct jurat_tdx_quotes *q, unsigned round, uint64_t now)
{
	struct tdx_request *r;

	pthread_mutex_lock(&q->mutex);
	for (r = q->requests; r; r = r->next) {
		if (r->state == TDX_REQUEST_SHARED && round != 0 && r->seen != round)
			break;
		if (r->state == TDX_REQUEST_WAITING && now >= r->give_up_ns)
			break;
		if (r->state == TDX_REQUEST_WAITING && q->n_active < q->options.max_connections) {
			q->n_active++;
			r->active = true;
			break;
		}
	}
	if (r) {
		r->state = TDX_REQUEST_OWNED;
		r->seen = round;
	}
	pthread_mutex_unlock(&q->mutex);
	return r;
}

/* Advances one owned request as far as possible. */
static void advance(struct jurat_tdx_quotes *q, struct tdx_request *r, uint64_t now)
{
	int e = 0;

	if (!r->active)
		e = jurat_fail(&r->err, -ETIMEDOUT, "no connection to '%s' became free in time", q->service);
	else if (!r->reply)
		e = tdx_request_begin(r, q->env, q->service);
	if (e == 0)
		e = qgs_client_step(&r->client, now, &r->err);
	if (e == 0)
		release(q, r, TDX_REQUEST_SHARED);
	else
		complete(q, r, e);
}

/* Starts waiting requests while connections are available. */
static void start_waiting(struct jurat_tdx_quotes *q)
{
	uint64_t now = base_now_ns(q->env);
	struct tdx_request *r;

	while ((r = pick(q, 0, now)))
		advance(q, r, now);
}

int jurat_tdx_quotes_dispatch(struct jurat_tdx_quotes *q, struct jurat_error *err)
{
	uint64_t now = base_now_ns(q->env);
	struct tdx_request *r;
	unsigned round;
	int e;

	pthread_mutex_lock(&q->mutex);
	if (++q->round == 0)
		q->round = 1;
	round = q->round;
	pthread_mutex_unlock(&q->mutex);
	while ((r = pick(q, round, now)))
		advance(q, r, now);
	pthread_mutex_lock(&q->mutex);
	e = arm(q);
	pthread_mutex_unlock(&q->mutex);
	return e < 0 ? jurat_fail(err, e, "the timer cannot be set: %s", strerror(-e)) : 0;
}

static bool overlap(const struct tdx_request *r, uint64_t gpa, uint64_t size)
{
	return gpa < r->gpa ? r->gpa - gpa < size : gpa - r->gpa < r->size;
}

/* Adds the request to the list, where it counts until it is unlinked. Returns R10. */
static uint64_t admit(struct jurat_tdx_quotes *q, struct tdx_request *r, struct jurat_error *err)
{
	uint64_t answer = UAPI_TDVMCALL_SUCCESS;
	struct tdx_request **at = &q->requests;
	const uint64_t max = (uint64_t)q->options.max_connections + q->options.max_waiting;

	pthread_mutex_lock(&q->mutex);
	for (; *at; at = &(*at)->next)
		if (overlap(*at, r->gpa, r->size)) /* Q6 */
			answer = UAPI_TDVMCALL_GPA_INUSE;
	if (answer == UAPI_TDVMCALL_SUCCESS && q->n_requests >= max)
		answer = UAPI_TDVMCALL_RETRY;
	if (answer == UAPI_TDVMCALL_SUCCESS) {
		*at = r;
		q->n_requests++;
		r->active = q->n_active < q->options.max_connections;
		q->n_active += r->active;
	}
	pthread_mutex_unlock(&q->mutex);
	if (answer == UAPI_TDVMCALL_GPA_INUSE)
		(void)jurat_fail(err, -EBUSY,
				 "GetQuote refused: GPA_INUSE: %#llx overlaps a buffer in flight",
				 (unsigned long long)r->gpa);
	else if (answer == UAPI_TDVMCALL_RETRY)
		(void)jurat_fail(err, -EBUSY, "GetQuote refused: RETRY: %llu requests are outstanding",
				 (unsigned long long)max);
	return answer;
}

/*
 * The grace period: sends the request and waits for the response inside the guest's call, then leaves it to
 * jurat_tdx_quotes_dispatch().
 */
static void ask_now(struct jurat_tdx_quotes *q, struct tdx_request *r)
{
	uint64_t now = r->started_ns, until = now + q->grace_ns, wake;
	int e = tdx_request_begin(r, q->env, q->service);

	for (;;) {
		if (e == 0)
			e = qgs_client_step(&r->client, now, &r->err);
		if (e != 0) {
			complete(q, r, e);
			return;
		}
		wake = qgs_client_wake_ns(&r->client);
		wake = wake < until ? wake : until;
		if (r->client.fd < 0 || now >= wake)
			break;
		if (base_wait(q->env, r->client.fd, qgs_client_events(&r->client), wake - now) < 0)
			break; /* a signal: the VMM needs this thread */
		now = base_now_ns(q->env);
	}
	release(q, r, TDX_REQUEST_SHARED);
}

/* Removes a request that was refused after it had been added (Q1). */
static void give_up(struct jurat_tdx_quotes *q, struct tdx_request *r)
{
	pthread_mutex_lock(&q->mutex);
	unlink_request(q, r);
	pthread_mutex_unlock(&q->mutex);
	tdx_request_free(r);
}

int jurat_tdx_quotes_serve(struct jurat_tdx_quotes *q, uint64_t gpa, uint64_t size, uint64_t *ret_answer,
			   struct jurat_error *err)
{
	auto_free struct tdx_request *r = NULL;
	struct tdx_getquote_hdr hdr;
	uint64_t now = base_now_ns(q->env);

	*ret_answer = tdx_request_check(&q->memory, gpa, size, &hdr, err);
	if (*ret_answer != UAPI_TDVMCALL_SUCCESS)
		return 0;
	*ret_answer = UAPI_TDVMCALL_RETRY;
	r = calloc(1, sizeof(*r));
	if (!r) {
		(void)jurat_wrap(err, jurat_fail_memory(err), "GetQuote refused: RETRY");
		return 0;
	}
	*r = (struct tdx_request){
		.gpa = gpa,
		.size = (uint32_t)size,
		.in_len = q->service ? hdr.in_len : 0,
		.started_ns = now,
		.give_up_ns = now + q->timeout_ns,
		.in_call = true,
	};
	*ret_answer = admit(q, r, err);
	if (*ret_answer != UAPI_TDVMCALL_SUCCESS)
		return 0;
	*ret_answer = tdx_request_take_on(r, &q->memory, err);
	if (*ret_answer != UAPI_TDVMCALL_SUCCESS) {
		give_up(q, take_ptr(r));
	} else if (!q->service) {
		(void)jurat_fail(&r->err, -ENOENT, "no quoting service is configured on this host");
		complete(q, take_ptr(r), -ENOENT);
	} else if (r->active) {
		ask_now(q, take_ptr(r));
	} else {
		release(q, take_ptr(r), TDX_REQUEST_WAITING);
	}
	start_waiting(q);
	return 0;
}

size_t jurat_tdx_quotes_outstanding_count(struct jurat_tdx_quotes *q)
{
	size_t n;

	pthread_mutex_lock(&q->mutex);
	n = q->n_requests;
	pthread_mutex_unlock(&q->mutex);
	return n;
}

/* A request that is to end, one that no thread owns if there is one; NULL: none. Call with the lock held. */
static struct tdx_request *next_to_end(struct jurat_tdx_quotes *q)
{
	struct tdx_request *found = NULL;

	for (struct tdx_request *r = q->requests; r; r = r->next) {
		if (r->end == TDX_REQUEST_GOES_ON)
			continue;
		found = r;
		if (r->state != TDX_REQUEST_OWNED)
			break;
	}
	return found;
}

/* Returns when all requests that there are have ended, and no thread calls the VMM for one any more. */
static void end_all(struct jurat_tdx_quotes *q, enum tdx_request_end end)
{
	struct tdx_request *r;

	pthread_mutex_lock(&q->mutex);
	if (end == TDX_REQUEST_DROPPED)
		q->has_vector = false;
	for (r = q->requests; r; r = r->next)
		r->end = r->end == TDX_REQUEST_DROPPED ? TDX_REQUEST_DROPPED : end;
	while ((r = next_to_end(q)) || q->n_telling > 0) {
		if (!r || r->state == TDX_REQUEST_OWNED) { /* within grace_ms, its thread lets go of it */
			pthread_cond_wait(&q->ended, &q->mutex);
			continue;
		}
		r->state = TDX_REQUEST_OWNED;
		(void)cancelled(r);
		pthread_mutex_unlock(&q->mutex);
		complete(q, r, -ECANCELED);
		pthread_mutex_lock(&q->mutex);
	}
	(void)arm(q); /* otherwise jurat_tdx_quotes_dispatch() is called once in vain */
	pthread_mutex_unlock(&q->mutex);
}

void jurat_tdx_quotes_cancel(struct jurat_tdx_quotes *q)
{
	end_all(q, TDX_REQUEST_CANCELLED);
}

void jurat_tdx_quotes_reset(struct jurat_tdx_quotes *q)
{
	end_all(q, TDX_REQUEST_DROPPED);
}
