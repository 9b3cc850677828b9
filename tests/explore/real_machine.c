/* SPDX-License-Identifier: MIT */
#include "request_machine.h"

#if defined(__x86_64__)
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* One page of memory: the guest's code, and from STORED on the answers. */
enum {
	MEMORY_GPA = 0x1000,
	MEMORY_BYTES = 4096,
	STORED = 0x800,
	NO_MEMORY_GPA = 0x40000,
	PORT = 0x10,
	FIRST_PORT_DATA = KVM_PIO_PAGE_OFFSET * 4096,
	VCPU = 1, /* not 0, which the kernel starts itself */
};

struct real {
	enum real_guest guest;
	int kvm, vm, vcpu;
	uint8_t *memory;
	struct kvm_run *run;
	uint8_t *pages; /* `run` and what follows it */
	size_t run_bytes;
	bool uninitialized;
	int result;
	sigset_t before; /* the thread's signal mask */
};

/*
 * 16-bit code. AL is ANSWER_NONE while the answer is due, so that a completed request can be told wherever
 * the kernel lets RIP point to meanwhile. CX requests; DI: where the next answer is stored.
 */
static const uint8_t reads_port[] = {
	0xb0, ANSWER_NONE, /* next: mov al, ANSWER_NONE */
	0xe4, PORT,        /* in al, PORT */
	0xaa,              /* stosb */
	0xe2, 0xf9,        /* loop next */
	0xb0, ANSWER_NONE, /* mov al, ANSWER_NONE */
	0xf4,              /* halt: hlt */
	0xeb, 0xfd,        /* jmp halt */
};
static const uint8_t reads_mmio[] = {
	0xb0, ANSWER_NONE,       /* next: mov al, ANSWER_NONE */
	0xa0, 0x00,        0x00, /* mov al, [0], where DS has no memory */
	0xaa,                    /* stosb */
	0xe2, 0xf8,              /* loop next */
	0xb0, ANSWER_NONE,       /* mov al, ANSWER_NONE */
	0xf4,                    /* halt: hlt */
	0xeb, 0xfd,              /* jmp halt */
};

static const uint8_t reads_mmio_twice[] = {
	0xb0, ANSWER_NONE,       /* next: mov al, ANSWER_NONE */
	0xa1, 0xff,        0x0f, /* mov ax, [0xfff], in two pages */
	0xaa,                    /* stosb */
	0xe2, 0xf8,              /* loop next */
	0xb0, ANSWER_NONE,       /* mov al, ANSWER_NONE */
	0xf4,                    /* halt: hlt */
	0xeb, 0xfd,              /* jmp halt */
};

static bool is_mmio(const struct real *m)
{
	return m->guest == REAL_GUEST_MMIO || m->guest == REAL_GUEST_MMIO_TWICE;
}

static void real_segment(struct kvm_segment *segment, unsigned base)
{
	segment->base = base;
	segment->selector = (uint16_t)(base >> 4);
}

/* The reason why this machine cannot be had, or NULL. */
static const char *open_vm(struct real *m)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = MEMORY_GPA,
						      .memory_size = MEMORY_BYTES };
	void *memory;

	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm < 0)
		return "/dev/kvm cannot be opened";
	if (ioctl(m->kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return "/dev/kvm has another version";
	if (ioctl(m->kvm, KVM_CHECK_EXTENSION, KVM_CAP_IMMEDIATE_EXIT) <= 0)
		return "this KVM has no immediate_exit";
	m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	if (m->vm < 0)
		return "KVM_CREATE_VM fails";
	/* Where Intel's processors need room for real mode; elsewhere this has no effect. */
	(void)!ioctl(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000);
	if (m->guest == REAL_GUEST_PORT_IRQCHIP && ioctl(m->vm, KVM_CREATE_IRQCHIP, 0) < 0)
		return "KVM_CREATE_IRQCHIP fails";
	memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return "there is no memory for a guest";
	m->memory = memory;
	if (m->guest == REAL_GUEST_MMIO)
		memcpy(m->memory, reads_mmio, sizeof(reads_mmio));
	else if (m->guest == REAL_GUEST_MMIO_TWICE)
		memcpy(m->memory, reads_mmio_twice, sizeof(reads_mmio_twice));
	else
		memcpy(m->memory, reads_port, sizeof(reads_port));
	region.userspace_addr = (uintptr_t)memory;
	return ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? "the guest's memory is refused" : NULL;
}

static const char *open_vcpu(struct real *m)
{
	struct kvm_sregs sregs;
	int bytes = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, VCPU);
	if (m->vcpu < 0 || bytes < 0)
		return "KVM_CREATE_VCPU fails";
	m->run_bytes = (size_t)bytes;
	run = mmap(NULL, m->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
	if (run == MAP_FAILED)
		return "the vCPU's struct kvm_run cannot be mapped";
	m->run = run;
	m->pages = run;
	if (ioctl(m->vcpu, KVM_GET_SREGS, &sregs) < 0)
		return "KVM_GET_SREGS fails";
	real_segment(&sregs.cs, MEMORY_GPA);
	real_segment(&sregs.es, MEMORY_GPA);
	real_segment(&sregs.ds, is_mmio(m) ? NO_MEMORY_GPA : MEMORY_GPA);
	return ioctl(m->vcpu, KVM_SET_SREGS, &sregs) < 0 ? "KVM_SET_SREGS fails" : NULL;
}

/* SIGUSR1 is blocked, but not in KVM_RUN. */
static void mask_signals(struct real *m)
{
	uint8_t mask[sizeof(struct kvm_signal_mask) + 8];
	sigset_t in_run, usr1;

	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &usr1, &m->before), 0);
	in_run = m->before;
	(void)sigdelset(&in_run, SIGUSR1);
	bytes_put_le(mask, 8, 4);
	memcpy(mask + sizeof(struct kvm_signal_mask), &in_run, 8); /* the kernel's is the first 8 bytes */
	assert_int_equal(ioctl(m->vcpu, KVM_SET_SIGNAL_MASK, mask), 0);
}

static void set_mp_state(struct real *m, uint32_t state)
{
	struct kvm_mp_state mp_state = { .mp_state = state };

	assert_int_equal(ioctl(m->vcpu, KVM_SET_MP_STATE, &mp_state), 0);
}

static void set_uninitialized(void *ctx, bool uninitialized)
{
	struct real *m = ctx;

	set_mp_state(m, uninitialized ? KVM_MP_STATE_UNINITIALIZED : KVM_MP_STATE_RUNNABLE);
	m->uninitialized = uninitialized;
}

/*
 * A vCPU that is UNINITIALIZED waits for an event inside KVM_RUN. A start-up interrupt that it does not
 * expect is one, and changes nothing.
 */
static void wake_up(struct real *m)
{
	set_mp_state(m, KVM_MP_STATE_SIPI_RECEIVED);
	set_mp_state(m, KVM_MP_STATE_UNINITIALIZED);
}

/* Where the VMM answers. A port's data are in the page after kvm_run, also before the first exit. */
static uint8_t *field(const struct real *m)
{
	if (is_mmio(m))
		return m->run->mmio.data;
	return m->pages + FIRST_PORT_DATA;
}

static void run(void *ctx, bool immediate_exit, bool signal)
{
	struct real *m = ctx;
	const struct timespec now = { 0 };
	sigset_t usr1;

	m->run->immediate_exit = immediate_exit;
	if (m->uninitialized && !immediate_exit && !signal)
		wake_up(m);
	if (signal)
		assert_int_equal(raise(SIGUSR1), 0);
	m->result = ioctl(m->vcpu, KVM_RUN, 0) < 0 ? -errno : 0;
	if (m->result == 0 && m->run->exit_reason == KVM_EXIT_MMIO)
		*field(m) =
			ANSWER_OF_KVM; /* KVM itself clears a port's data, and leaves these as they were */
	if (signal) {                  /* KVM_RUN leaves it pending */
		(void)sigemptyset(&usr1);
		(void)sigaddset(&usr1, SIGUSR1);
		assert_int_equal(sigtimedwait(&usr1, NULL, &now), SIGUSR1);
	}
}

static void answer(void *ctx, enum machine_answer answer)
{
	*field(ctx) = (uint8_t)answer;
}

static void restart(void *ctx, unsigned requests)
{
	struct real *m = ctx;
	struct kvm_regs regs = { .rflags = 2, .rax = ANSWER_NONE, .rcx = requests, .rdi = STORED };

	assert_true(requests <= MACHINE_MAX_REQUESTS);
	if (m->guest == REAL_GUEST_PORT_IRQCHIP)
		set_uninitialized(m, false);
	do { /* completes what is pending, which may be in two parts */
		run(m, true, false);
	} while (m->result == 0);
	assert_int_equal(m->result, -EINTR);
	assert_int_equal(ioctl(m->vcpu, KVM_SET_REGS, &regs), 0);
	memset(m->memory + STORED, 0, MACHINE_MAX_REQUESTS);
	m->run->immediate_exit = 0;
	m->run->exit_reason = KVM_EXIT_UNKNOWN;
	*field(m) = 0;
	m->result = 0;
}

static enum machine_exit exit_of(const struct real *m)
{
	switch (m->run->exit_reason) {
	case KVM_EXIT_UNKNOWN:
		return MACHINE_EXIT_UNKNOWN;
	case KVM_EXIT_IO:
		assert_int_equal(m->run->io.direction, KVM_EXIT_IO_IN);
		assert_int_equal(m->run->io.size, 1);
		assert_int_equal(m->run->io.port, PORT);
		assert_int_equal(m->run->io.count, 1);
		assert_int_equal(m->run->io.data_offset, FIRST_PORT_DATA);
		return MACHINE_EXIT_REQUEST;
	case KVM_EXIT_MMIO:
		assert_in_range(m->run->mmio.phys_addr, NO_MEMORY_GPA, NO_MEMORY_GPA + 0x1000);
		assert_int_equal(m->run->mmio.len, 1);
		assert_int_equal(m->run->mmio.is_write, 0);
		return MACHINE_EXIT_REQUEST;
	case KVM_EXIT_HLT:
		return MACHINE_EXIT_HLT;
	case KVM_EXIT_INTR:
		return MACHINE_EXIT_INTR;
	default:
		return MACHINE_EXIT_OTHER;
	}
}

static void see(void *ctx, struct machine_seen *ret)
{
	struct real *m = ctx;
	struct kvm_regs regs;
	uint8_t al;

	assert_int_equal(ioctl(m->vcpu, KVM_GET_REGS, &regs), 0);
	al = (uint8_t)regs.rax;
	assert_in_range(regs.rdi, STORED, STORED + MACHINE_MAX_REQUESTS);
	*ret = (struct machine_seen){
		.result = m->result,
		.exit_reason = exit_of(m),
		.immediate_exit = m->run->immediate_exit,
		.field = *field(m),
		.n_stored = (unsigned)regs.rdi - STORED,
	};
	memcpy(ret->answers, m->memory + STORED, ret->n_stored);
	ret->n_completed = ret->n_stored;
	if (al != ANSWER_NONE)
		ret->answers[ret->n_completed++] = al;
}

void real_machine_run_with_bad_registers(struct machine *machine, enum real_registers registers)
{
	struct real *m = machine->ctx;

	switch (registers) {
	case REAL_REGISTERS_VALID:
		m->run->kvm_valid_regs = UINT64_C(1) << 63;
		break;
	case REAL_REGISTERS_DIRTY:
		m->run->kvm_dirty_regs = UINT64_C(1) << 63;
		break;
	case REAL_REGISTERS_CR8:
		m->run->cr8 = UINT64_C(1) << 63;
		break;
	}
	run(m, true, false);
	m->run->kvm_valid_regs = m->run->kvm_dirty_regs = m->run->cr8 = 0;
}

static bool makes_a_request(struct real *m)
{
	restart(m, 1);
	run(m, false, false);
	errno = -m->result; /* 0: what is wrong is not a call */
	return m->result == 0 && exit_of(m) == MACHINE_EXIT_REQUEST;
}

static void close_all(struct real *m)
{
	if (m->run)
		(void)munmap(m->run, m->run_bytes);
	if (m->vcpu >= 0)
		(void)close(m->vcpu);
	if (m->vm >= 0)
		(void)close(m->vm);
	if (m->kvm >= 0)
		(void)close(m->kvm);
	if (m->memory)
		(void)munmap(m->memory, MEMORY_BYTES);
}

void real_machine_free(struct machine *machine)
{
	struct real *m = machine->ctx;

	assert_int_equal(sigprocmask(SIG_SETMASK, &m->before, NULL), 0);
	close_all(m);
	free(m);
}

struct machine real_machine_new(enum real_guest guest)
{
	static const struct machine_ops ops = {
		.name = "/dev/kvm",
		.restart = restart,
		.run = run,
		.answer = answer,
		.set_uninitialized = set_uninitialized,
		.see = see,
	};
	struct real *m = NEVER_FAILS(malloc(sizeof(*m)));
	const char *why;
	int e;

	assert_non_null(m);
	errno = 0;
	*m = (struct real){ .guest = guest, .kvm = -1, .vm = -1, .vcpu = -1 };
	why = open_vm(m);
	if (!why)
		why = open_vcpu(m);
	if (!why && !makes_a_request(m))
		why = "this KVM cannot run a 16-bit guest that makes requests";
	e = errno;
	if (why) {
		close_all(m);
		free(m);
		SKIP_BECAUSE("%s%s%s", why, e ? ": " : "", e ? strerror(e) : "");
	}
	mask_signals(m);
	return (struct machine){ .ops = &ops, .ctx = m };
}
#else
struct machine real_machine_new(enum real_guest guest)
{
	SKIP_BECAUSE("the guest's code is x86");
	return (struct machine){ 0 };
}

void real_machine_run_with_bad_registers(struct machine *m, enum real_registers registers)
{
}

void real_machine_free(struct machine *m)
{
}
#endif
