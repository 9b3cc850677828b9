/* SPDX-License-Identifier: MIT */
#include "host/tdx_quotes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "base/struct.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/tdx_uapi.h"

/* The quotes of a VM: their options, their end, and the guest's calls other than GetQuote. */
enum {
	GRACE_DEFAULT_MS = 20,
	TIMEOUT_DEFAULT_MS = 25000,
	CONNECTIONS_DEFAULT = 16,
	CONNECTIONS_MAX = 256,
	WAITING_DEFAULT = 64,
	WAITING_MAX = 1024,
	NS_PER_MS = 1000000,
};

static uint32_t or_default(uint32_t value, uint32_t preset)
{
	return value == 0 ? preset : value == JURAT_TDX_QUOTES_NONE ? 0 : value;
}

static int take_options(struct jurat_tdx_quotes *q, const struct jurat_tdx_quotes_options *from,
			struct jurat_error *err)
{
	struct jurat_tdx_quotes_options *o = &q->options;
	struct base_address address;
	int r = base_struct_take(o, from, size, "jurat_tdx_quotes_options", err);

	if (r < 0)
		return r;
	o->max_connections = or_default(o->max_connections, CONNECTIONS_DEFAULT);
	o->max_waiting = or_default(o->max_waiting, WAITING_DEFAULT);
	o->timeout_ms = or_default(o->timeout_ms, TIMEOUT_DEFAULT_MS);
	o->exit_reason = o->exit_reason ? o->exit_reason : UAPI_KVM_EXIT_TDX;
	if (o->max_connections == 0 || o->max_connections > CONNECTIONS_MAX || o->max_waiting > WAITING_MAX)
		return jurat_fail(err, -EINVAL,
				  "%u connections and %u waiting: 1 to %d and up to %d are possible",
				  o->max_connections, o->max_waiting, CONNECTIONS_MAX, WAITING_MAX);
	if (o->timeout_ms == 0)
		return jurat_fail(err, -EINVAL, "the timeout must not be 0");
	q->grace_ns = (uint64_t)or_default(o->grace_ms, GRACE_DEFAULT_MS) * NS_PER_MS;
	q->timeout_ns = (uint64_t)o->timeout_ms * NS_PER_MS;
	return o->service ? base_address_read(o->service, &address, err) : 0;
}

static void free_quotes(struct jurat_tdx_quotes **q)
{
	jurat_tdx_quotes_close(*q);
}

int host_tdx_quotes_open(struct base_env *env, const struct jurat_tdx_quotes_options *options,
			 const struct jurat_guest_memory *memory, struct jurat_tdx_quotes **ret,
			 struct jurat_error *err)
{
	auto_call(free_quotes) struct jurat_tdx_quotes *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return jurat_fail_memory(err);
	pthread_mutex_init(&q->mutex, NULL);
	pthread_cond_init(&q->ended, NULL);
	q->env = base_env_or_real(env);
	q->poll_fd = q->timer_fd = -1;
	q->armed_ns = BASE_NEVER;
	r = take_options(q, options, err);
	if (r < 0)
		return r;
	r = base_struct_take(&q->memory, memory, context, "jurat_guest_memory", err);
	if (r < 0)
		return r;
	if (!q->memory.read || !q->memory.write)
		return jurat_fail(err, -EINVAL, "jurat_guest_memory: %s is missing",
				  q->memory.read ? "write" : "read");
	if (q->options.service) {
		q->service = strdup(q->options.service);
		q->options.service = q->service;
		if (!q->service)
			return jurat_fail_memory(err);
	}
	q->poll_fd = base_poll_open(q->env);
	if (q->poll_fd < 0)
		return jurat_fail(err, q->poll_fd, "no poll descriptor: %s", strerror(-q->poll_fd));
	q->timer_fd = base_timer_open(q->env);
	if (q->timer_fd < 0)
		return jurat_fail(err, q->timer_fd, "no timer: %s", strerror(-q->timer_fd));
	r = base_poll_set(q->env, q->poll_fd, q->timer_fd, BASE_READ);
	if (r < 0)
		return jurat_fail(err, r, "the timer cannot be polled: %s", strerror(-r));
	*ret = take_ptr(q);
	return 0;
}

int jurat_tdx_quotes_open(const struct jurat_tdx_quotes_options *options,
			  const struct jurat_guest_memory *memory, struct jurat_tdx_quotes **ret,
			  struct jurat_error *err)
{
	return host_tdx_quotes_open(NULL, options, memory, ret, err);
}

uint64_t jurat_tdx_quotes_setup_notify(struct jurat_tdx_quotes *q, uint64_t vector, uint32_t vcpu)
{
	if (!q->options.notify)
		return UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED;
	if (vector < TDX_EVENT_NOTIFY_FIRST_VECTOR || vector > TDX_EVENT_NOTIFY_LAST_VECTOR)
		return UAPI_TDVMCALL_INVALID_OPERAND;
	pthread_mutex_lock(&q->mutex);
	q->has_vector = true;
	q->vector = (uint8_t)vector;
	q->vcpu = vcpu;
	pthread_mutex_unlock(&q->mutex);
	return UAPI_TDVMCALL_SUCCESS;
}

uint64_t jurat_tdx_quotes_vmcall_info(const struct jurat_tdx_quotes *q, uint64_t leaf, uint64_t ret[4])
{
	const struct jurat_tdx_quotes_options *o = &q->options;

	if (leaf != 1)
		return UAPI_TDVMCALL_INVALID_OPERAND;
	ret[0] = o->kernel_tdvmcallinfo_1_r11;
	if (o->notify)
		ret[0] |= o->user_tdvmcallinfo_1_r11 & UAPI_TDVMCALL_INFO_1_R11_SETUP_EVENT_NOTIFY;
	ret[1] = o->kernel_tdvmcallinfo_1_r12;
	ret[2] = ret[3] = 0;
	return UAPI_TDVMCALL_SUCCESS;
}

int jurat_tdx_quotes_fd(const struct jurat_tdx_quotes *q)
{
	return q->poll_fd;
}

void jurat_tdx_quotes_close(struct jurat_tdx_quotes *q)
{
	if (!q)
		return;
	jurat_tdx_quotes_cancel(q);
	if (q->timer_fd >= 0) {
		(void)base_poll_set(q->env, q->poll_fd, q->timer_fd, 0);
		base_close(q->env, q->timer_fd);
	}
	if (q->poll_fd >= 0)
		base_close(q->env, q->poll_fd);
	pthread_cond_destroy(&q->ended);
	pthread_mutex_destroy(&q->mutex);
	free(q->service);
	free(q);
}
