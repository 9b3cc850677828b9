/* SPDX-License-Identifier: MIT */
#include "puppeteer.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* The agent of the conformance test as its supervisor and the VMM see it: each event, each order. */
enum { SNP = 43, TDX = 40, HLT = 5 };

static void signal_thread(struct puppet *p, pid_t thread)
{
	assert_int_equal(syscall(SYS_tgkill, p->pid, thread, SIGUSR1), 0);
}

static void settle(struct puppet *p)
{
	struct puppet_result r;

	ORDER(p->vcpu[FIRST], .kind = VMM_ORDER_ENTER);
	puppet_event(p->vcpu[FIRST], VMM_EVENT_RAN);
	ORDER(p->vcpu[FIRST], .kind = VMM_ORDER_OK);
	r = puppet_result(p, FIRST);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, HLT);
}

static void a_vcpu_enters_the_guest_and_says_how_it_left_it(void **state)
{
	struct puppet p;
	struct vmm_event event;
	struct puppet_result r;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	event = puppet_first_run(&p, FIRST, false);
	assert_int_equal(event.b, UAPI_KVM_MP_STATE_RUNNABLE);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER);
	event = puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
	assert_int_equal(event.a, 0);
	assert_int_equal(event.b, HLT);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
	r = puppet_result(&p, FIRST);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, HLT);
	/* Without entering it, with immediate_exit. */
	puppet_run(&p, FIRST, true);
	event = puppet_event(p.vcpu[FIRST], VMM_EVENT_RUN);
	assert_int_equal(event.a, 1);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER, .a = 1000);
	event = puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
	assert_int_equal((int64_t)event.a, -EINTR);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	assert_int_equal(r.exit_reason, HLT);
	assert_int_equal(r.immediate_exit, 1);
	puppet_end(&p);
}

/* Spec: Linux Documentation/virt/kvm/api.rst, KVM_EXIT_SNP_REQ_CERTS and KVM_EXIT_TDX. */
static void an_exit_is_completed_once_as_kvm_does(void **state)
{
	static const struct {
		uint32_t reason;
		bool immediate_exit;
		uint64_t ret, order;
		int error; /* 0: the guest goes on */
	} rows[] = {
		{ SNP, true, 0, 0, EINTR },
		{ SNP, true, ENOSPC, 0, EINTR },
		{ SNP, true, EAGAIN, 0, EINTR },
		{ SNP, true, EIO, 0, EINTR },
		{ SNP, true, EINVAL, 0, EINVAL },
		{ SNP, true, (uint64_t)-ENOSPC, 0, EINVAL },
		{ SNP, true, UINT64_C(1) << 32, 0, EINVAL },
		{ SNP, true, UINT64_C(1) << 32 | ENOSPC, 0, EINVAL },
		{ SNP, true, 0, EIO, EIO },
		{ SNP, false, 0, 0, 0 },
		{ SNP, false, ENOSPC, 0, 0 },
		{ SNP, false, EAGAIN, 0, 0 },
		{ SNP, false, EIO, 0, 0 },
		{ SNP, false, ENOENT, 0, EINVAL },
		{ SNP, false, 0, EBUSY, EBUSY },
		{ SNP, false, ENOENT, EIO, EIO },
		{ TDX, true, 0, 0, EINTR },
		{ TDX, true, UINT64_C(1) << 63, 0, EINTR },
		{ TDX, false, 1, 0, 0 },
		{ TDX, true, 0, EINVAL, EINVAL },
	};
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	puppet_first_run(&p, FIRST, false);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct puppet_result r;
		struct vmm_event event;

		puppet_make_exit(&p, FIRST, rows[i].reason);
		puppet_run_with(&p, FIRST, rows[i].immediate_exit, rows[i].ret, 77);
		event = puppet_event(p.vcpu[FIRST], VMM_EVENT_COMPLETE);
		assert_int_equal(event.a, rows[i].immediate_exit);
		assert_true(event.c == rows[i].ret);
		if (rows[i].reason == SNP) {
			assert_int_equal(event.d, 77);
		} else { /* bytes 64, 72, 80 and 88 of kvm_run as they were made */
			assert_true(event.d == 0x6766656463626160 && event.b == 0x6f6e6d6c6b6a6968);
			assert_true(event.e == 0x7776757473727170 && event.f == 0x7f7e7d7c7b7a7978);
		}
		assert_silent(&p, p.threads[FIRST]);
		ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_COMPLETED, .a = rows[i].order);
		if (rows[i].error == 0) {
			event = puppet_event(p.vcpu[FIRST], VMM_EVENT_RUN);
			assert_int_equal(event.a, 0);
			settle(&p);
		} else {
			r = puppet_result(&p, FIRST);
			if (r.error != rows[i].error)
				FAIL_BECAUSE("row %zu: expected errno %d, found %d", i, rows[i].error,
					     r.error);
			assert_int_equal(r.result, -1);
			assert_int_equal(r.exit_reason, rows[i].reason);
			assert_int_equal(r.immediate_exit, rows[i].immediate_exit);
		}
		/* It is consumed, whatever came of it. */
		puppet_run(&p, FIRST, false);
		puppet_event(p.vcpu[FIRST], VMM_EVENT_RUN);
	}
	puppet_end(&p);
}

static struct puppet_result set_mp_state(struct puppet *p, uint32_t state)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT, .file = VCPU, .request = UAPI_KVM_SET_MP_STATE };

	bytes_put_le(call.data, state, 4);
	return puppet_call(p, FIRST, &call);
}

static void a_vcpu_that_was_reset_completes_nothing_before_it_is_started(void **state)
{
	struct puppet p;
	struct puppet_result r;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 1);
	puppet_first_run(&p, FIRST, false);
	puppet_make_exit(&p, FIRST, SNP);
	r = set_mp_state(&p, UAPI_KVM_MP_STATE_UNINITIALIZED);
	assert_result(r, 0, 0);
	puppet_run(&p, FIRST, true);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	assert_int_equal(r.exit_reason, SNP);
	assert_silent(&p, p.vcpu[FIRST]);
	r = set_mp_state(&p, UAPI_KVM_MP_STATE_RUNNABLE);
	assert_result(r, 0, 0);
	puppet_run_with(&p, FIRST, true, 0, 0);
	puppet_event(p.vcpu[FIRST], VMM_EVENT_COMPLETE);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_COMPLETED);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	puppet_end(&p);
}

static void two_vcpus_have_exits_at_once(void **state)
{
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 2);
	puppet_first_run(&p, FIRST, false);
	puppet_first_run(&p, SECOND, false);
	puppet_make_exit(&p, SECOND, SNP);
	puppet_make_exit(&p, FIRST, TDX);
	puppet_run_with(&p, FIRST, true, 1, 0);
	puppet_run_with(&p, SECOND, true, ENOSPC, 2);
	for (unsigned thread = 0; thread < N_THREADS; thread++) {
		struct vmm_event event = puppet_event(p.vcpu[thread], VMM_EVENT_COMPLETE);

		assert_int_equal(event.vm, 1);
		assert_int_equal(event.c, thread == FIRST ? 1 : ENOSPC);
	}
	for (unsigned thread = N_THREADS; thread-- > 0;) {
		struct puppet_result r;

		assert_silent(&p, p.threads[thread]);
		ORDER(p.vcpu[thread], .kind = VMM_ORDER_COMPLETED);
		r = puppet_result(&p, thread);
		assert_result(r, -1, EINTR);
	}
	puppet_end(&p);
}

/* The exit is not made, the agent hangs up, and the guest goes on. */
static void orders_that_make_no_sense_end_the_test_and_not_the_vm(void **state)
{
	static const struct {
		struct vmm_order order;
		bool immediate_exit;
	} rows[] = {
		{ { .kind = VMM_ORDER_EXIT, .a = SNP }, true },
		{ { .kind = VMM_ORDER_EXIT, .a = 0 }, false },
		{ { .kind = VMM_ORDER_EXIT, .a = UINT64_C(1) << 32 }, false },
		{ { .kind = VMM_ORDER_COMPLETED }, false },
		{ { .kind = VMM_ORDER_OK }, false },
		{ { .kind = 0 }, false },
		{ { .kind = 77 }, false },
	};

	NEEDS_KVM();
	for (size_t i = 0; i <= ARRAY_SIZE(rows); i++) {
		bool immediate = i < ARRAY_SIZE(rows) && rows[i].immediate_exit;
		struct vmm_order good = { .kind = VMM_ORDER_ENTER };
		struct puppet_result r;
		struct puppet p;

		puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
		puppet_first_run(&p, FIRST, immediate);
		if (i < ARRAY_SIZE(rows))
			puppet_order(p.vcpu[FIRST], &rows[i].order);
		else
			assert_int_equal(write(p.vcpu[FIRST], &good, sizeof(good) - 1), sizeof(good) - 1);
		r = puppet_result(&p, FIRST);
		assert_result(r, immediate ? -1 : 0, immediate ? EINTR : 0);
		assert_closed(p.vcpu[FIRST]);
		puppet_run(&p, FIRST, false);
		r = puppet_result(&p, FIRST);
		assert_result(r, 0, 0);
		assert_int_equal(r.exit_reason, HLT);
		puppet_end(&p);
	}
}

static void a_completion_that_makes_no_sense_is_the_kernels(void **state)
{
	static const struct vmm_order rows[] = { { .kind = VMM_ORDER_ENTER },
						 { .kind = VMM_ORDER_COMPLETED, .a = 4096 },
						 { .kind = VMM_ORDER_COMPLETED,
						   .a = UINT64_C(1) << 32 | EIO } };

	NEEDS_KVM();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct puppet_result r;
		struct puppet p;

		puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
		puppet_first_run(&p, FIRST, false);
		puppet_make_exit(&p, FIRST, SNP);
		puppet_run_with(&p, FIRST, true, 0, 0);
		puppet_event(p.vcpu[FIRST], VMM_EVENT_COMPLETE);
		puppet_order(p.vcpu[FIRST], &rows[i]);
		r = puppet_result(&p, FIRST);
		assert_result(r, -1, EINTR);
		assert_closed(p.vcpu[FIRST]);
		puppet_end(&p);
	}
}

static void a_vcpu_that_was_not_started_has_no_exit(void **state)
{
	struct puppet_result r;
	struct vmm_event event;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 2);
	event = puppet_first_run(&p, SECOND, false);
	assert_int_equal(event.b, UAPI_KVM_MP_STATE_UNINITIALIZED);
	ORDER(p.vcpu[SECOND], .kind = VMM_ORDER_ENTER, .a = 1000);
	/* KVM says EAGAIN where something else than the signal has woken it. */
	event = puppet_event(p.vcpu[SECOND], VMM_EVENT_RAN);
	assert_true((int64_t)event.a == -EINTR || (int64_t)event.a == -EAGAIN);
	ORDER(p.vcpu[SECOND], .kind = VMM_ORDER_OK);
	r = puppet_result(&p, SECOND);
	assert_result(r, -1, -(int)(int64_t)event.a);
	puppet_run(&p, SECOND, false);
	puppet_event(p.vcpu[SECOND], VMM_EVENT_RUN);
	ORDER(p.vcpu[SECOND], .kind = VMM_ORDER_EXIT, .a = SNP);
	assert_closed(p.vcpu[SECOND]);
	puppet_end(&p);
}

static void a_second_thread_that_runs_a_vcpu_goes_to_kvm(void **state)
{
	struct puppet_call run = { .op = PUPPET_RUN, .file = VCPU };
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	puppet_first_run(&p, FIRST, false);
	r = puppet_call(&p, SECOND, &run);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, HLT);
	assert_silent(&p, p.vcpu[FIRST]);
	settle(&p);
	puppet_end(&p);
}

/* As VMMs do that block the signal which the mask of KVM_RUN lets through. */
static void a_signal_that_only_kvm_lets_through_ends_the_slice(void **state)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT,
				    .file = VCPU,
				    .request = UAPI_KVM_SET_SIGNAL_MASK };
	struct puppet_result r;
	struct puppet p;
	pid_t thread;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 1);
	assert_int_equal(CALL(&p, .op = PUPPET_HANDLER, .file = VCPU).result, 0);
	assert_int_equal(CALL(&p, .op = PUPPET_BLOCK).result, 0);
	bytes_put_le(call.data, 8, 4);
	bytes_put_le(call.data + 4, ~(UINT64_C(1) << (SIGUSR1 - 1)), 8);
	r = puppet_call(&p, FIRST, &call);
	assert_result(r, 0, 0);
	thread = (pid_t)CALL(&p, .op = PUPPET_THREAD).result;
	puppet_first_run(&p, FIRST, false);
	signal_thread(&p, thread);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER);
	puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	puppet_end(&p);
}

static void a_supervisor_that_ends_leaves_a_vm_that_runs(void **state)
{
	static const struct {
		uint64_t ret;
		int error;
	} rows[] = { { 0, EINTR }, { ENOENT, EINVAL } };

	NEEDS_KVM();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct puppet_result r;
		struct puppet p;

		puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 2);
		puppet_first_run(&p, FIRST, false);
		puppet_make_exit(&p, FIRST, SNP);
		close(p.vcpu[FIRST]);
		close(p.listener);
		p.vcpu[FIRST] = p.listener = -1;
		puppet_run_with(&p, FIRST, true, rows[i].ret, 0);
		r = puppet_result(&p, FIRST);
		assert_result(r, -1, rows[i].error);
		puppet_run(&p, FIRST, false);
		r = puppet_result(&p, FIRST);
		assert_result(r, 0, 0);
		assert_int_equal(r.exit_reason, HLT);
		/* A vCPU that runs for the first time. */
		puppet_run(&p, SECOND, false);
		r = puppet_result(&p, SECOND);
		assert_result(r, 0, 0);
		puppet_end(&p);
	}
}

static void a_quiet_vcpu_sends_nothing_and_stays_connected(void **state)
{
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	puppet_first_run(&p, FIRST, false);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_QUIET);
	for (int i = 0; i < 3; i++) {
		r = puppet_result(&p, FIRST);
		assert_result(r, 0, 0);
		assert_int_equal(r.exit_reason, HLT);
		puppet_run(&p, FIRST, false);
	}
	puppet_result(&p, FIRST);
	assert_silent(&p, p.vcpu[FIRST]);
	puppet_end(&p);
}

static void mask_all(struct puppet *p)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT,
				    .file = VCPU,
				    .request = UAPI_KVM_SET_SIGNAL_MASK };
	struct puppet_result r;

	bytes_put_le(call.data, 8, 4);
	memset(call.data + 4, 0xff, 8);
	r = puppet_call(p, FIRST, &call);
	assert_result(r, 0, 0);
}

/* A vCPU that halts in KVM leaves it by a signal only; a slice of 1 us often ends before KVM_RUN begins. */
static void a_slice_ends_however_short_it_is_and_whatever_the_vmm_blocks(void **state)
{
	enum { NOTHING, SIGNALS, MASK, N };

	NEEDS_KVM();
	for (int blocks = NOTHING; blocks < N; blocks++) {
		struct puppet p;

		puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 1);
		if (blocks != NOTHING)
			assert_int_equal(CALL(&p, .op = PUPPET_BLOCK).result, 0);
		if (blocks == MASK)
			mask_all(&p);
		puppet_first_run(&p, FIRST, false);
		for (unsigned i = 0; i < 300; i++) {
			struct puppet_result r;
			struct vmm_event event;

			ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER, .a = 1 + i % 100);
			event = puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
			assert_int_equal((int64_t)event.a, -EINTR);
			ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
			r = puppet_result(&p, FIRST);
			assert_result(r, -1, EINTR);
			assert_int_equal(r.immediate_exit, 0);
			puppet_run(&p, FIRST, false);
			event = puppet_event(p.vcpu[FIRST], VMM_EVENT_RUN);
			assert_int_equal(event.a, 0);
		}
		puppet_end(&p);
	}
}

/* The handler runs while the agent waits for its order, long before KVM is entered. */
static void a_kick_that_comes_before_the_guest_is_entered_is_not_lost(void **state)
{
	struct puppet_result r;
	struct puppet p;
	pid_t thread;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 1);
	assert_int_equal(CALL(&p, .op = PUPPET_HANDLER, .file = VCPU).result, 0);
	thread = (pid_t)CALL(&p, .op = PUPPET_THREAD).result;
	puppet_first_run(&p, FIRST, false);
	signal_thread(&p, thread);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER);
	puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	assert_int_equal(r.immediate_exit, 1);
	/* An exit is made all the same, as one that was on its way. The flag shows at its completion. */
	puppet_run(&p, FIRST, false);
	puppet_event(p.vcpu[FIRST], VMM_EVENT_RUN);
	signal_thread(&p, thread);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_EXIT, .a = SNP);
	r = puppet_result(&p, FIRST);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, SNP);
	assert_int_equal(r.immediate_exit, 1);
	puppet_end(&p);
}

/* ... and by a signal in the guest. */
static void a_kick_ends_a_slice_without_end(void **state)
{
	struct puppet_result r;
	struct puppet p;
	pid_t thread;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 1);
	assert_int_equal(CALL(&p, .op = PUPPET_HANDLER, .file = VCPU).result, 0);
	thread = (pid_t)CALL(&p, .op = PUPPET_THREAD).result;
	puppet_first_run(&p, FIRST, false);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER);
	signal_thread(&p, thread); /* before, at or after KVM_RUN: it ends it */
	puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	assert_int_equal(r.immediate_exit, 1);
	puppet_end(&p);
}

static void the_kick_of_an_exit_interrupts_the_vmm(void **state)
{
	NEEDS_KVM();
	for (unsigned flag = 0; flag < 2; flag++) {
		struct puppet_result r;
		struct puppet p;

		puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
		if (flag)
			assert_int_equal(CALL(&p, .op = PUPPET_BLOCK).result, 0);
		puppet_first_run(&p, FIRST, false);
		ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_EXIT, .a = SNP, .kick_us = 20000, .kick_flag = flag);
		r = puppet_result(&p, FIRST);
		assert_result(r, 0, 0);
		assert_int_equal(r.immediate_exit, 0);
		r = CALL(&p, .op = PUPPET_WAIT, .file = VCPU);
		assert_result(r, -1, EINTR);
		assert_int_equal(r.immediate_exit, flag);
		if (!flag) {
			puppet_end(&p);
			continue;
		}
		/* A VMM that never sets the flag itself leaves it as it is, and goes on. */
		puppet_run(&p, FIRST, true);
		assert_int_equal(puppet_event(p.vcpu[FIRST], VMM_EVENT_COMPLETE).a, 1);
		ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_COMPLETED);
		assert_int_equal(puppet_result(&p, FIRST).immediate_exit, 1);
		puppet_run(&p, FIRST, true);
		puppet_event(p.vcpu[FIRST], VMM_EVENT_RUN);
		ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_ENTER);
		puppet_event(p.vcpu[FIRST], VMM_EVENT_RAN);
		ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_OK);
		r = puppet_result(&p, FIRST);
		assert_result(r, -1, EINTR);
		assert_int_equal(r.immediate_exit, 0);
		puppet_end(&p);
	}
}

static void slots_are_reported_when_kvm_has_taken_them(void **state)
{
	struct uapi_kvm_memory_region region = { .slot = 3,
						 .flags = UAPI_KVM_MEM_READONLY,
						 .memory_size = 0x3000 };
	struct puppet_call call = { .op = PUPPET_IOCTL_AT,
				    .file = VM,
				    .request = UAPI_KVM_SET_USER_MEMORY_REGION };
	struct vmm_event event;
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 0);
	region.userspace_addr = (uint64_t)CALL(&p, .op = PUPPET_MEMORY, .arg = 0x3000).result;
	region.guest_phys_addr = 0x8000;
	r = puppet_slot(&p, &region, &event);
	assert_result(r, 0, 0);
	assert_true(event.a == 3 && event.b == UAPI_KVM_MEM_READONLY && event.c == 0x8000 &&
		    event.d == 0x3000);
	assert_true(event.e == region.userspace_addr && event.f == 0);
	/* One that KVM refuses: no event. */
	region.slot = 4;
	memcpy(call.data, &region, sizeof(region));
	r = puppet_call(&p, FIRST, &call);
	assert_result(r, -1, EEXIST);
	assert_silent(&p, p.vm);
	r = CALL(&p, .op = PUPPET_IOCTL_BAD, .file = VM, .request = UAPI_KVM_SET_USER_MEMORY_REGION);
	assert_result(r, -1, EFAULT);
	region.slot = 3;
	region.memory_size = 0;
	r = puppet_slot(&p, &region, &event);
	assert_result(r, 0, 0);
	assert_true(event.a == 3 && event.d == 0);
	puppet_end(&p);
}

static struct puppet_result msi(struct puppet *p, bool swallow)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT, .file = VM, .request = UAPI_KVM_SIGNAL_MSI };
	struct uapi_kvm_msi msi = { .address_lo = 0xfee00000, .address_hi = 0x100, .data = 0x51 };
	struct vmm_event event;

	memcpy(call.data, &msi, sizeof(msi));
	puppet_send(p, FIRST, &call);
	event = puppet_event(p->vm, VMM_EVENT_MSI);
	assert_true(event.c == UINT64_C(0x100fee00000) && event.d == 0x51);
	ORDER(p->vm, .kind = VMM_ORDER_OK, .swallow = swallow);
	return puppet_result(p, FIRST);
}

static void an_interrupt_of_the_test_does_not_reach_the_vm(void **state)
{
	struct puppet_call refused = { .op = PUPPET_IOCTL_AT, .file = VM, .request = UAPI_KVM_SIGNAL_MSI };
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, true, 1);
	r = msi(&p, true);
	assert_result(r, 1, 0);
	/* Passed on: what KVM says of it depends on the state of the vCPU's interrupt controller. */
	r = msi(&p, false);
	assert_true(real_kvm || r.result == 1);
	r = CALL(&p, .op = PUPPET_IOCTL_BAD, .file = VM, .request = UAPI_KVM_SIGNAL_MSI);
	assert_result(r, -1, EFAULT);
	puppet_end(&p);

	/* KVM refuses interrupts where it has no interrupt controller: they are no business of the test. */
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	r = puppet_call(&p, FIRST, &refused);
	assert_result(r, -1, EINVAL);
	assert_silent(&p, p.vm);
	puppet_end(&p);
}

static struct puppet_result sev(struct puppet *p, uint32_t id)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT,
				    .file = VM,
				    .request = UAPI_KVM_MEMORY_ENCRYPT_OP };
	struct uapi_kvm_sev_cmd cmd = { .id = id };
	struct vmm_event event;
	struct puppet_result r;

	memcpy(call.data, &cmd, sizeof(cmd));
	puppet_send(p, FIRST, &call);
	if (id == UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS) {
		event = puppet_event(p->vm, VMM_EVENT_REQ_CERTS);
		ORDER(p->vm, .kind = VMM_ORDER_OK);
		r = puppet_result(p, FIRST);
		assert_int_equal((int64_t)event.a, -r.error);
		return r;
	}
	return puppet_result(p, FIRST);
}

static void what_came_of_enabling_the_exits_is_reported(void **state)
{
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 0);
	r = sev(&p, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS);
	assert_true(r.result == -1 && (real_kvm || r.error == EINVAL));
	puppet_end(&p);
	if (real_kvm)
		return;
	puppet_start_vm(&p, UAPI_KVM_X86_SNP_VM, false, 0);
	r = sev(&p, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS);
	assert_result(r, -1, EINVAL);
	r = sev(&p, UAPI_KVM_SEV_INIT2);
	assert_result(r, 0, 0);
	r = sev(&p, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS);
	assert_result(r, 0, 0);
	puppet_create_vcpu(&p, 0);
	r = sev(&p, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS);
	assert_result(r, -1, EINVAL);
	puppet_end(&p);
}

static void private_memory_is_reported(void **state)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT,
				    .file = VM,
				    .request = UAPI_KVM_SET_MEMORY_ATTRIBUTES };
	struct uapi_kvm_memory_attributes attributes = { .address = 0x4000,
							 .size = 0x2000,
							 .attributes = UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE };
	struct vmm_event event;
	struct puppet_result r;
	struct puppet p;

	if (real_kvm)
		SKIP_BECAUSE("an ordinary VM has no private memory");
	puppet_start_vm(&p, UAPI_KVM_X86_SNP_VM, false, 0);
	memcpy(call.data, &attributes, sizeof(attributes));
	puppet_send(&p, FIRST, &call);
	event = puppet_event(p.vm, VMM_EVENT_PRIVATE);
	assert_true(event.a == UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE && event.c == 0x4000 && event.d == 0x2000);
	ORDER(p.vm, .kind = VMM_ORDER_OK);
	r = puppet_result(&p, FIRST);
	assert_result(r, 0, 0);
	puppet_end(&p);
}

static void a_vm_and_a_vcpu_that_are_closed_hang_up(void **state)
{
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	puppet_first_run(&p, FIRST, false);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_QUIET);
	puppet_result(&p, FIRST);
	CALL(&p, .op = PUPPET_UNMAP, .file = VCPU);
	CALL(&p, .op = PUPPET_CLOSE, .file = VCPU);
	assert_closed(p.vcpu[FIRST]);
	assert_silent(&p, p.vm);
	CALL(&p, .op = PUPPET_CLOSE, .file = VM);
	assert_closed(p.vm);
	puppet_end(&p);
}

/* KVM answers EIO to another process than the one that made the VM. */
static void the_child_of_a_fork_has_no_part_in_the_test(void **state)
{
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 2);
	puppet_first_run(&p, FIRST, false);
	puppet_make_exit(&p, FIRST, SNP);
	r = CALL(&p, .op = PUPPET_FORK);
	assert_result(r, 0, 0);
	puppet_run(&p, FIRST, true);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EIO);
	/* A vCPU that has not run before. */
	r = CALL(&p, .op = PUPPET_RUN, .file = VCPU_2);
	assert_result(r, -1, EIO);
	assert_silent(&p, p.listener);
	puppet_send(&p, FIRST, &(struct puppet_call){ .op = PUPPET_EXIT });
	r = puppet_result(&p, FIRST);
	assert_result(r, 1, 0);
	/* The parent goes on. */
	puppet_run_with(&p, FIRST, true, 0, 0);
	puppet_event(p.vcpu[FIRST], VMM_EVENT_COMPLETE);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_COMPLETED);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	/* A child that lives longer than the VMM keeps no connection open. */
	r = CALL(&p, .op = PUPPET_FORK);
	assert_result(r, 0, 0);
	assert_int_equal(kill(p.pid, SIGKILL), 0);
	assert_closed(p.vcpu[FIRST]);
	assert_closed(p.vm);
	puppet_send(&p, FIRST, &(struct puppet_call){ .op = PUPPET_EXIT });
	puppet_end(&p);
}

static void a_vmm_that_closes_what_it_did_not_open_has_its_files_left_alone(void **state)
{
	struct puppet_result r;
	struct puppet p;

	NEEDS_KVM();
	puppet_start_vm(&p, UAPI_KVM_X86_DEFAULT_VM, false, 1);
	puppet_first_run(&p, FIRST, false);
	ORDER(p.vcpu[FIRST], .kind = VMM_ORDER_EXIT, .a = SNP);
	puppet_result(&p, FIRST);
	r = CALL(&p, .op = PUPPET_CLOSE_HIGH, .arg = 100, .size = 800);
	assert_result(r, 0, 0);
	assert_closed(p.vcpu[FIRST]);
	puppet_run_with(&p, FIRST, true, 0, 0);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EINTR);
	puppet_run(&p, FIRST, false);
	r = puppet_result(&p, FIRST);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, HLT);
	r = CALL(&p, .op = PUPPET_COUNT_HIGH, .arg = 100);
	assert_result(r, 800, 0);
	puppet_end(&p);
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vcpu_enters_the_guest_and_says_how_it_left_it),
		cmocka_unit_test(an_exit_is_completed_once_as_kvm_does),
		cmocka_unit_test(a_vcpu_that_was_reset_completes_nothing_before_it_is_started),
		cmocka_unit_test(two_vcpus_have_exits_at_once),
		cmocka_unit_test(orders_that_make_no_sense_end_the_test_and_not_the_vm),
		cmocka_unit_test(a_completion_that_makes_no_sense_is_the_kernels),
		cmocka_unit_test(a_vcpu_that_was_not_started_has_no_exit),
		cmocka_unit_test(a_second_thread_that_runs_a_vcpu_goes_to_kvm),
		cmocka_unit_test(a_signal_that_only_kvm_lets_through_ends_the_slice),
		cmocka_unit_test(a_supervisor_that_ends_leaves_a_vm_that_runs),
		cmocka_unit_test(a_quiet_vcpu_sends_nothing_and_stays_connected),
		cmocka_unit_test(a_slice_ends_however_short_it_is_and_whatever_the_vmm_blocks),
		cmocka_unit_test(a_kick_that_comes_before_the_guest_is_entered_is_not_lost),
		cmocka_unit_test(a_kick_ends_a_slice_without_end),
		cmocka_unit_test(the_kick_of_an_exit_interrupts_the_vmm),
		cmocka_unit_test(slots_are_reported_when_kvm_has_taken_them),
		cmocka_unit_test(an_interrupt_of_the_test_does_not_reach_the_vm),
		cmocka_unit_test(what_came_of_enabling_the_exits_is_reported),
		cmocka_unit_test(private_memory_is_reported),
		cmocka_unit_test(a_vm_and_a_vcpu_that_are_closed_hang_up),
		cmocka_unit_test(the_child_of_a_fork_has_no_part_in_the_test),
		cmocka_unit_test(a_vmm_that_closes_what_it_did_not_open_has_its_files_left_alone),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	return puppet_main(argc, argv, run_group);
}
