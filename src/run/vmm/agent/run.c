/* SPDX-License-Identifier: MIT */
#include "run/vmm/agent/run.h"

#include <errno.h>
#include <string.h>

#include "run/vmm/agent/object.h"
#include "run/vmm/agent/own_kvm.h"
#include "uapi/kvm.h"

/* struct kvm_run: its members, and in the union those of KVM_EXIT_SNP_REQ_CERTS and KVM_EXIT_TDX. */
enum {
	OFF_EXIT_REASON = 8,
	OFF_UNION = 32,
	OFF_NPAGES = 40,
	OFF_RET = 48,
	OFF_R11 = 64,
	OFF_R12 = 72,
	OFF_R13 = 80,
	OFF_R14 = 88,
};

/* A thread of the VMM may be storing to it. */
static uint64_t get64(const uint8_t *run, unsigned offset)
{
	return __atomic_load_n((const uint64_t *)(const void *)(run + offset), __ATOMIC_RELAXED);
}

static uint32_t exit_reason(const uint8_t *run)
{
	return __atomic_load_n((const uint32_t *)(const void *)(run + OFF_EXIT_REASON), __ATOMIC_RELAXED);
}

static int fail(int r)
{
	errno = -r;
	return -1;
}

static int real_run(const struct agent_object *o, int fd, uint8_t *run)
{
	return o->own ? own_kvm_run(fd, run) : vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0ul);
}

static uint32_t mp_state(const struct agent_object *o, int fd)
{
	uint32_t state = UAPI_KVM_MP_STATE_RUNNABLE;
	int r = 0;

	if (!o->own || !own_kvm_ioctl(fd, UAPI_KVM_GET_MP_STATE, &state, &r))
		r = vmm_next()->ioctl(fd, UAPI_KVM_GET_MP_STATE, &state);
	return r == 0 ? state : UAPI_KVM_MP_STATE_RUNNABLE;
}

static void set_mark(uint8_t *run)
{
	uint8_t none = 0;

	__atomic_compare_exchange_n(run + AGENT_OFF_IMMEDIATE_EXIT, &none, AGENT_IMMEDIATE_EXIT, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Unless the VMM, in a handler of a signal, has set immediate_exit meanwhile. */
static void clear_mark(uint8_t *run)
{
	uint8_t mark = AGENT_IMMEDIATE_EXIT;

	__atomic_compare_exchange_n(run + AGENT_OFF_IMMEDIATE_EXIT, &mark, 0, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

/* What is pending in KVM. -1 and EINTR: nothing any more. Otherwise that is what KVM_RUN returns. */
static int complete_real(const struct agent_object *o, int fd, uint8_t *run)
{
	int r, error;

	set_mark(run);
	r = real_run(o, fd, run);
	error = errno;
	clear_mark(run);
	errno = error;
	return r;
}

/* As KVM completes KVM_EXIT_SNP_REQ_CERTS. KVM_EXIT_TDX: any value is the guest's R10. */
static bool ret_is_known(uint32_t reason, uint64_t ret)
{
	return reason != UAPI_KVM_EXIT_SNP_REQ_CERTS || ret == 0 || ret == ENOSPC || ret == EAGAIN ||
	       ret == EIO;
}

/* 0, or the -errno that KVM_RUN returns. The exit is completed in either case. */
static int complete(struct agent_object *o, const struct vmm_vcpu *vcpu, const uint8_t *run, bool immediate)
{
	uint32_t reason = o->pending;
	struct vmm_event event = { .kind = VMM_EVENT_COMPLETE, .vm = vcpu->vm->serial, .a = immediate };
	struct vmm_order order;

	o->pending = 0;
	event.c = get64(run, OFF_RET);
	if (reason == UAPI_KVM_EXIT_SNP_REQ_CERTS) {
		event.d = get64(run, OFF_NPAGES);
	} else {
		event.d = get64(run, OFF_R11);
		event.b = get64(run, OFF_R12);
		event.e = get64(run, OFF_R13);
		event.f = get64(run, OFF_R14);
	}
	if (agent_exchange(o, &event, &order) == 0 && order.a != 0)
		return -(int)order.a;
	return ret_is_known(reason, event.c) ? 0 : -EINVAL;
}

/* In the guest for at most `us`; 0: until it leaves it by itself. */
static int enter(struct agent_object *o, const struct vmm_vcpu *vcpu, int fd, uint8_t *run, uint64_t us)
{
	struct vmm_event event = { .kind = VMM_EVENT_RAN, .vm = vcpu->vm->serial };
	struct vmm_order order;
	bool sliced = false, blocked = false;
	int r, error;

	if (us != 0) {
		o->slice.action = AGENT_TIMER_SLICE;
		atomic_store(&o->slice.run, run);
		sliced = agent_timer_start(&o->slice, us > UINT32_MAX ? UINT32_MAX : (uint32_t)us) == 0;
		blocked = sliced && agent_timer_unblock(&o->slice);
	}
	r = real_run(o, fd, run);
	error = errno;
	if (sliced) {
		agent_timer_stop(&o->slice);
		clear_mark(run);
		if (blocked)
			agent_timer_block(&o->slice);
	}
	event.a = r < 0 ? (uint64_t)-error : 0;
	event.b = exit_reason(run);
	agent_exchange(o, &event, &order);
	errno = error;
	return r;
}

static int make_exit(struct agent_object *o, struct vmm_vcpu *vcpu, uint8_t *run,
		     const struct vmm_order *order)
{
	o->pending = (uint32_t)order->a;
	memcpy(run + OFF_UNION, order->body, sizeof(order->body));
	__atomic_store_n((uint32_t *)(void *)(run + OFF_EXIT_REASON), o->pending, __ATOMIC_RELAXED);
	if (order->kick_us != 0) {
		o->kick.action = order->kick_flag ? AGENT_TIMER_KICK_FLAG : AGENT_TIMER_KICK;
		atomic_store(&o->kick.run_now, &vcpu->run);
		if (agent_timer_start(&o->kick, order->kick_us) == 0)
			o->signal_blocked = agent_timer_unblock(&o->kick);
	}
	return 0;
}

static void connect_vcpu(struct agent_object *o, const struct vmm_vcpu *vcpu, const uint8_t *run)
{
	struct vmm_event event = { .kind = VMM_EVENT_VCPU,
				   .vm = vcpu->vm->serial,
				   .a = VMM_PROTOCOL_VERSION };
	struct vmm_order order;

	o->connected = true;
	event.b = vcpu->id;
	event.c = (uint64_t)(uintptr_t)run;
	if (agent_connect(o) == 0)
		agent_exchange(o, &event, &order);
}

/* KVM_RUN with nothing pending. */
static int run_as_ordered(struct agent_object *o, struct vmm_vcpu *vcpu, int fd, uint8_t *run, bool immediate,
			  uint32_t state)
{
	struct vmm_event event = {
		.kind = VMM_EVENT_RUN, .vm = vcpu->vm->serial, .a = immediate, .b = state
	};
	struct vmm_order order;
	bool runs = state != UAPI_KVM_MP_STATE_UNINITIALIZED && state != UAPI_KVM_MP_STATE_INIT_RECEIVED;

	event.c = get64(run, OFF_RET);
	if (agent_exchange(o, &event, &order) != 0)
		order.kind = VMM_ORDER_QUIET;
	if (order.kind == VMM_ORDER_ENTER)
		return enter(o, vcpu, fd, run, order.a);
	/* KVM makes no exit with immediate_exit, or of a vCPU that does not run yet: such an order is bad. */
	if (order.kind == VMM_ORDER_EXIT && !immediate && runs)
		return make_exit(o, vcpu, run, &order);
	if (order.kind != VMM_ORDER_QUIET)
		agent_disconnect(o);
	o->quiet = true;
	return real_run(o, fd, run);
}

/* immediate_exit is read once. Source: Linux arch/x86/kvm/x86.c, kvm_arch_vcpu_ioctl_run() */
static int run_with_exits(struct agent_object *o, struct vmm_vcpu *vcpu, int fd, uint8_t *run)
{
	bool immediate = __atomic_load_n(run + AGENT_OFF_IMMEDIATE_EXIT, __ATOMIC_RELAXED) != 0;
	uint32_t state = mp_state(o, fd);
	int r;

	if (!o->connected)
		connect_vcpu(o, vcpu, run);
	if (o->signal_blocked)
		agent_timer_block(&o->kick);
	o->signal_blocked = false;
	/* A vCPU that was reset and not started yet completes nothing. */
	if (o->pending && state == UAPI_KVM_MP_STATE_UNINITIALIZED)
		return real_run(o, fd, run);
	r = complete_real(o, fd, run);
	if (r != -1 || errno != EINTR)
		return r;
	if (o->pending) {
		r = complete(o, vcpu, run, immediate);
		if (r != 0 || immediate)
			return fail(r != 0 ? r : -EINTR);
	}
	r = run_as_ordered(o, vcpu, fd, run, immediate, state);
	/* A VMM that does not set immediate_exit does not clear it: the flag of a kick ends one KVM_RUN. */
	if (immediate && atomic_exchange(&o->kick.flagged, false))
		__atomic_store_n(run + AGENT_OFF_IMMEDIATE_EXIT, 0, __ATOMIC_RELAXED);
	return r;
}

int agent_run(struct vmm_vcpu *vcpu, int fd)
{
	struct agent_object *o = vcpu->data;
	uint8_t *own = NULL, *run = o ? vmm_run_map(vcpu, fd, &own) : NULL;
	int r, error;

	if (!run)
		return o && o->own ? -1 : vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0ul);
	/* A second thread waits in KVM for the first. */
	if (o->quiet || atomic_exchange(&o->busy, true)) {
		r = real_run(o, fd, run);
	} else {
		r = run_with_exits(o, vcpu, fd, run);
		atomic_store(&o->busy, false);
	}
	error = errno;
	vmm_run_unmap(own);
	errno = error;
	return r;
}
