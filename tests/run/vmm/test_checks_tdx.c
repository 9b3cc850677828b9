/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "run/temp.h"
#include "run/vmm/check.h"
#include "tdx_vmm.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"

/*
 * The checks of KVM_EXIT_TDX, over a session without KVM: the VMM is threads of this process, and what the
 * checks call (check.h) is here instead of in session.c. Each check holds for a good VMM, and each wrong VMM
 * is caught by the check that is there for its fault.
 */
enum {
	RAM_BYTES = 1024 * 1024,
	ROM_AT = 0xf0000000,
	HOLE_AT = 0x40000000,
	FREE_AT = 0x10000,
	PAGE = 4096,
	VCPUS = 2,
	NS_PER_MS = 1000000,
	TIMEOUT_MS = 2000, /* of the VMM's requests */
};

enum { EVENT_COMPLETE, EVENT_MSI };

struct event {
	int kind;
	struct check_vcpu *vcpu;
	uint64_t address;
	uint32_t data;
	sem_t answered;
};

struct check_vcpu {
	struct check_vmm *vmm;
	uint64_t id;
	pthread_t thread;
	sem_t given;
	struct check_exit *exit;   /* NULL: the thread has to end */
	uint64_t made_ns, kick_ns; /* 0: none */
	_Alignas(8) uint8_t run[PAGE];
};

struct check_vmm {
	struct qgs_faults *qgs;
	struct tdx_vmm tdx;
	struct check_vcpu vcpus[VCPUS];
	pthread_t dispatcher;
	int events[2], stop[2]; /* pipes */
	unsigned n_running;
	check_msi_fn *msi;
	void *msi_ctx;
	uint64_t random;
	_Alignas(8) uint8_t ram[RAM_BYTES];
};

static const struct run_options options = { .tees = RUN_TDX, .reported = RUN_TDX };
static struct run_platform platform;
static struct run_temp temp;
static char service[128];

/* Guest memory. Stores of 4 and 8 bytes are single ones, as the library demands. */
static uint8_t *at(struct check_vmm *vmm, uint64_t gpa, size_t n)
{
	return gpa < RAM_BYTES && n <= RAM_BYTES - gpa ? vmm->ram + gpa : NULL;
}

int check_read(struct check_vmm *vmm, uint64_t gpa, void *to, size_t n)
{
	const uint8_t *from = at(vmm, gpa, n);

	if (gpa >= ROM_AT && gpa - ROM_AT <= PAGE && n <= PAGE - (gpa - ROM_AT)) {
		memset(to, 0, n);
		bytes_put_le(to, 1, 1); /* may well look like version 1 */
		return 0;
	}
	if (!from)
		return -EFAULT;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(to, from, n);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return 0;
}

int check_write(struct check_vmm *vmm, uint64_t gpa, const void *from, size_t n)
{
	uint8_t *to = at(vmm, gpa, n);

	if (!to)
		return -EFAULT;
	if (n == 8 && gpa % 8 == 0)
		__atomic_store_n((uint64_t *)(void *)to, bytes_get_le(from, 8), __ATOMIC_RELEASE);
	else if (n == 4 && gpa % 4 == 0)
		__atomic_store_n((uint32_t *)(void *)to, (uint32_t)bytes_get_le(from, 4), __ATOMIC_RELEASE);
	else
		memcpy(to, from, n);
	return 0;
}

uint64_t check_ram(struct check_vmm *vmm, uint64_t pages)
{
	return pages * PAGE <= RAM_BYTES - FREE_AT ? FREE_AT : 0;
}

uint64_t check_hole(struct check_vmm *vmm)
{
	return HOLE_AT;
}

uint64_t check_rom(struct check_vmm *vmm)
{
	return ROM_AT;
}

uint64_t check_last_page(struct check_vmm *vmm)
{
	return RAM_BYTES - PAGE;
}

static int vmm_read(void *context, uint64_t gpa, void *to, size_t n)
{
	return check_read(context, gpa, to, n);
}

static int vmm_write(void *context, uint64_t gpa, const void *from, size_t n)
{
	return check_write(context, gpa, from, n);
}

/* Threads of the VMM wait for the test, as for the supervisor of the real session. */
static void ask(struct check_vmm *vmm, struct event *event)
{
	sem_init(&event->answered, 0, 0);
	if (write(vmm->events[1], &event, sizeof(event)) != sizeof(event))
		abort();
	while (sem_wait(&event->answered) < 0)
		;
	sem_destroy(&event->answered);
}

static void interrupt(void *context, uint32_t vcpu, uint8_t vector)
{
	struct event event = { .kind = EVENT_MSI, .data = vector };

	event.address = 0xfee00000 | (uint64_t)(vcpu & 0xff) << 12 | (uint64_t)(vcpu & 0xffffff00) << 32;
	ask(context, &event);
}

static void *run_vcpu(void *ctx)
{
	struct check_vcpu *v = ctx;

	for (;;) {
		struct event event = { .kind = EVENT_COMPLETE, .vcpu = v };
		unsigned failed;

		while (sem_wait(&v->given) < 0)
			;
		if (!v->exit)
			break;
		bytes_put_le(v->run + KVM_RUN_exit_reason, v->exit->reason, 4);
		memcpy(v->run + KVM_RUN_TDX_flags, v->exit->body, sizeof(v->exit->body));
		if (v->exit->reason == UAPI_KVM_EXIT_SHUTDOWN)
			tdx_vmm_reset(&v->vmm->tdx);
		else
			tdx_vmm_exit(&v->vmm->tdx, v->run, (uint32_t)v->id);
		ask(v->vmm, &event);
		failed = event.data; /* what KVM_RUN returns: the exit is still in kvm_run */
		if (failed == EINTR && v->vmm->tdx.options.wrong == TDX_BELIEVES_STALE)
			tdx_vmm_exit(&v->vmm->tdx, v->run, (uint32_t)v->id);
	}
	return NULL;
}

static void *dispatch(void *ctx)
{
	struct check_vmm *vmm = ctx;
	struct pollfd ready[] = { { .fd = tdx_vmm_fd(&vmm->tdx), .events = POLLIN },
				  { .fd = vmm->stop[0], .events = POLLIN } };

	while (poll(ready, ARRAY_SIZE(ready), -1) < 0 || !ready[1].revents)
		tdx_vmm_dispatch(&vmm->tdx);
	return NULL;
}

static void serve_event(struct check_vmm *vmm)
{
	struct event *event;
	struct check_exit *exit;

	assert_int_equal(read(vmm->events[0], &event, sizeof(event)), sizeof(event));
	if (event->kind == EVENT_MSI) {
		if (vmm->msi)
			assert_true(vmm->msi(vmm, event->address, event->data, vmm->msi_ctx));
		sem_post(&event->answered);
		return;
	}
	exit = event->vcpu->exit;
	exit->ret = bytes_get_le(event->vcpu->run + KVM_RUN_TDX_ret, 8);
	for (size_t i = 0; i < ARRAY_SIZE(exit->info); i++)
		exit->info[i] = bytes_get_le(event->vcpu->run + KVM_RUN_TDX_GET_TDVMCALL_INFO_r11 + 8 * i, 8);
	exit->took_ns = base_now_ns(base_env_real()) - event->vcpu->made_ns;
	if (exit->completing)
		exit->completing(vmm, event->vcpu, exit, exit->ctx);
	exit->completed = true;
	event->data = (uint32_t)exit->complete_with;
	vmm->n_running--;
	sem_post(&event->answered);
}

static void on_kick(int signal)
{
}

/* Kicks that are due; the time of the next one, or `until`. */
static uint64_t kick(struct check_vmm *vmm, uint64_t until, uint64_t now)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		struct check_vcpu *v = &vmm->vcpus[i];

		if (v->kick_ns != 0 && now >= v->kick_ns) {
			v->kick_ns = 0;
			assert_int_equal(pthread_kill(v->thread, SIGUSR1), 0);
		}
		until = v->kick_ns != 0 && v->kick_ns < until ? v->kick_ns : until;
	}
	return until;
}

int check_wait(struct check_vmm *vmm, const bool *done, unsigned timeout_ms)
{
	const uint64_t until = base_now_ns(base_env_real()) + (uint64_t)timeout_ms * NS_PER_MS;
	struct pollfd ready[] = { { .fd = vmm->events[0], .events = POLLIN },
				  { .fd = qgs_faults_fd(vmm->qgs), .events = POLLIN } };

	while (!done || !*done) {
		const uint64_t now = base_now_ns(base_env_real());
		uint64_t next;

		if (now >= until)
			return done ? -ETIMEDOUT : 0;
		next = kick(vmm, until, now);
		if (poll(ready, ARRAY_SIZE(ready), (int)((next - now + NS_PER_MS - 1) / NS_PER_MS)) <= 0)
			continue;
		if (ready[1].revents)
			qgs_faults_serve(vmm->qgs);
		if (ready[0].revents)
			serve_event(vmm);
	}
	return 0;
}

int check_exit_and_wait(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit,
			unsigned timeout_ms)
{
	check_give(vcpu, exit);
	return check_wait(vmm, &exit->completed, timeout_ms);
}

void check_give(struct check_vcpu *vcpu, struct check_exit *exit)
{
	vcpu->exit = exit;
	vcpu->made_ns = base_now_ns(base_env_real());
	vcpu->kick_ns = exit->kick_us ? vcpu->made_ns + exit->kick_us * 1000ull : 0;
	vcpu->vmm->n_running++;
	sem_post(&vcpu->given);
}

/* The exit is the check's: a VMM that does not come back in time is waited for, once its service is gone. */
void check_take_back(struct check_vcpu *vcpu, struct check_exit *exit)
{
	struct check_vmm *vmm = vcpu->vmm;

	if (exit->completed)
		return;
	qgs_faults_free(vmm->qgs);
	assert_int_equal(qgs_faults_new(service + strlen("unix:"), &platform, &vmm->qgs, NULL), 0);
	assert_int_equal(check_wait(vmm, &exit->completed, 60000), 0);
}

void check_fail_wait(struct check_vmm *vmm, struct check_result *result, int r)
{
	check_fail(result, "the VMM does not call KVM_RUN: %s", strerror(-r));
}

struct check_vcpu *check_vcpu(struct check_vmm *vmm, unsigned n)
{
	return n < VCPUS ? &vmm->vcpus[n] : NULL;
}

uint64_t check_vcpu_id(const struct check_vcpu *vcpu)
{
	return vcpu->id;
}

struct run_platform *check_platform(struct check_vmm *vmm)
{
	return &platform;
}

struct qgs_faults *check_qgs(struct check_vmm *vmm)
{
	return vmm->qgs;
}

void check_set_msi(struct check_vmm *vmm, check_msi_fn *msi, void *ctx)
{
	vmm->msi = msi;
	vmm->msi_ctx = ctx;
}

uint64_t check_random(struct check_vmm *vmm)
{
	return ++vmm->random;
}

__attribute__((format(printf, 3, 0))) static void put_verdict(struct check_result *result,
							      enum check_verdict verdict, const char *format,
							      va_list args)
{
	if (result->verdict == CHECK_FAILED)
		return;
	result->verdict = verdict;
	vsnprintf(result->text, sizeof(result->text), format, args);
}

void check_fail(struct check_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_verdict(result, CHECK_FAILED, format, args);
	va_end(args);
}

void check_skip(struct check_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_verdict(result, CHECK_SKIPPED, format, args);
	va_end(args);
}

static struct check_vmm *start(enum tdx_wrong wrong)
{
	static const uint64_t ids[VCPUS] = { 3, 0x105 }; /* also of more than 8 bits */
	struct check_vmm *vmm = calloc(1, sizeof(*vmm));
	char path[128];
	const struct tdx_vmm_options tdx = {
		.wrong = wrong,
		.service = service,
		.memory = { sizeof(struct jurat_guest_memory), vmm_read, vmm_write, vmm },
		.interrupt = interrupt,
		.timeout_ms = TIMEOUT_MS,
	};

	assert_non_null(vmm);
	TEXT(path, "%s/qgs", temp.path);
	TEXT(service, "unix:%s", path);
	assert_int_equal(qgs_faults_new(path, &platform, &vmm->qgs, NULL), 0);
	assert_int_equal(tdx_vmm_open(&vmm->tdx, &tdx), 0);
	assert_true(pipe2(vmm->events, O_CLOEXEC) == 0 && pipe2(vmm->stop, O_CLOEXEC) == 0);
	for (unsigned i = 0; i < VCPUS; i++) {
		vmm->vcpus[i].vmm = vmm;
		vmm->vcpus[i].id = ids[i];
		sem_init(&vmm->vcpus[i].given, 0, 0);
		assert_int_equal(pthread_create(&vmm->vcpus[i].thread, NULL, run_vcpu, &vmm->vcpus[i]), 0);
	}
	assert_int_equal(pthread_create(&vmm->dispatcher, NULL, dispatch, vmm), 0);
	return vmm;
}

static void stop(struct check_vmm *vmm)
{
	vmm->msi = NULL;
	qgs_faults_release(vmm->qgs);
	assert_int_equal(check_wait(vmm, NULL, 20), 0); /* nobody waits for an answer */
	for (unsigned i = 0; i < VCPUS; i++) {
		vmm->vcpus[i].exit = NULL;
		sem_post(&vmm->vcpus[i].given);
		assert_int_equal(pthread_join(vmm->vcpus[i].thread, NULL), 0);
		sem_destroy(&vmm->vcpus[i].given);
	}
	assert_int_equal(write(vmm->stop[1], "", 1), 1);
	assert_int_equal(pthread_join(vmm->dispatcher, NULL), 0);
	vmm->tdx.options.wrong = TDX_QUIET_ON_ERROR; /* what is in flight fails without an interrupt */
	tdx_vmm_close(&vmm->tdx);
	for (unsigned i = 0; i < 2; i++) {
		close(vmm->events[i]);
		close(vmm->stop[i]);
	}
	qgs_faults_free(vmm->qgs);
	free(vmm);
}

static const struct check *find(const char *name)
{
	for (const struct check *c = check_tdx_list; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	FAIL_BECAUSE("there is no check %s", name);
	return NULL;
}

static struct check_result try(enum tdx_wrong wrong, const char *name)
{
	struct check_result result = { CHECK_HELD };
	struct check_vmm *vmm = start(wrong);

	find(name)->run(vmm, &result);
	stop(vmm);
	return result;
}

static int set_up(void **state)
{
	const struct sigaction action = { .sa_handler = on_kick }; /* without SA_RESTART */

	if (sigaction(SIGUSR1, &action, NULL) < 0)
		return -1;
	return run_temp_new(&temp, NULL) == 0 && run_platform_init(&platform, &options, temp.path, NULL) == 0
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	run_platform_stop(&platform);
	run_platform_done(&platform);
	run_temp_done(&temp);
	return 0;
}

static void every_check_holds_for_a_good_vmm(void **state)
{
	struct check_vmm *vmm = start(TDX_GOOD);
	bool all = true;

	for (const struct check *c = check_tdx_list; c->name; c++) {
		struct check_result result = { CHECK_HELD };
		const uint64_t before = base_now_ns(base_env_real());

		c->run(vmm, &result);
		test_say("%s: %u ms %s", c->name,
			 (unsigned)((base_now_ns(base_env_real()) - before) / NS_PER_MS), result.text);
		all &= result.verdict == CHECK_HELD;
	}
	stop(vmm);
	assert_true(all);
}

/* Each check is here at least once, or it has never been seen to fail. */
static const struct {
	enum tdx_wrong wrong;
	const char *check, *text; /* part of what it says */
} table[] = {
	{ TDX_ALWAYS_INVALID, "tdx-quote", "expected SUCCESS (0) in R10, found INVALID_OPERAND" },
	{ TDX_KEEPS_PRESET, "tdx-quote", "which is what KVM presets" },
	{ TDX_PASSES_FRAMES, "tdx-quote", "expected a quote, found a QGS message" },
	{ TDX_CHANGES_IN_LEN, "tdx-quote", "in_len 1024 unchanged, found 0" },
	{ TDX_FRAMES_TWICE, "tdx-quote-framed", "is not to be put into another one" },
	{ TDX_NEVER_IN_FLIGHT, "tdx-in-flight-first", "still 0" },
	{ TDX_STATUS_FIRST, "tdx-status-last", "the end of the quote had not been written" },
	{ TDX_OUT_LEN_LAST, "tdx-status-last", "out_len had not been written" },
	{ TDX_SMALL_ONLY, "tdx-128-kib", "128 KiB: expected SUCCESS" },
	{ TDX_ONE_VCPU, "tdx-two-vcpus", "which is what KVM presets" },
	{ TDX_READS_ONCE, "tdx-kick", "expected status 0 (success), found 0x8000000000000000" },
	{ TDX_BELIEVES_STALE, "tdx-stale-exit", "EINTR" },
	{ TDX_RETRIES_AT_1, "tdx-sixteen",
	  "request 2 of 16 outstanding ones: expected SUCCESS (0) in R10, "
	  "found RETRY" },
	{ TDX_RETRIES_FOR_EVER, "tdx-retry", "when all requests have ended: expected SUCCESS" },
	{ TDX_MARKS_RETRIED, "tdx-retry", "returned RETRY, and the buffer's status is in flight" },
	{ TDX_TAKES_OVERLAP, "tdx-overlap", "found SUCCESS in R10 for the same buffer" },
	{ TDX_ALIGNS, "tdx-alignment", "expected ALIGN_ERROR" },
	{ TDX_ANY_SIZE, "tdx-too-large", "a size of 0: expected INVALID_OPERAND" },
	{ TDX_ANY_VERSION, "tdx-bad-header", "version 0: expected INVALID_OPERAND" },
	{ TDX_ANY_IN_LEN, "tdx-bad-header", "one byte beyond the buffer: expected INVALID_OPERAND" },
	{ TDX_LEAKS_SLOTS, "tdx-refused-slots", "found RETRY" },
	{ TDX_LEAKS_SLOTS, "tdx-bad-header", "found RETRY" },
	{ TDX_ANY_MEMORY, "tdx-hole", "no memory: expected INVALID_OPERAND" },
	{ TDX_ERROR_IS_ERROR, "tdx-service-absent", "found 0x8000000000000000 (error)" },
	{ TDX_NEVER_IN_FLIGHT, "tdx-service-slow", "still 0" },
	{ TDX_WAITS, "tdx-service-slow", "the vCPU does not wait" },
	{ TDX_READS_ONCE, "tdx-service-pieces", "expected status 0 (success), found 0x8000000000000000" },
	{ TDX_WRITES_BEYOND, "tdx-service-large", "a quote one byte larger than the buffer" },
	{ TDX_BELIEVES, "tdx-service-garbage", "(error) or 0x8000000000000001" },
	{ TDX_KEEPS_OUT_LEN, "tdx-service-garbage", "expected out_len 0 with an error" },
	{ TDX_NEVER_ENDS, "tdx-service-dies", "in flight after 5000 ms" },
	{ TDX_BELIEVES, "tdx-service-dies", "after 4000 bytes" },
	{ TDX_KEEPS_OUT_LEN, "tdx-service-error", "expected out_len 0 with an error" },
	{ TDX_READS_ONCE, "tdx-service-silent", "KVM_RUN" },
	{ TDX_ANY_VECTOR, "tdx-notify-bad-vector", "vector 0: expected INVALID_OPERAND" },
	{ TDX_QUIET_ON_ERROR, "tdx-notify", "an error of the service: the request has ended, and no" },
	{ TDX_NOTIFIES_EARLY, "tdx-notify", "the interrupt came while the status was in flight" },
	{ TDX_WRONG_VCPU, "tdx-notify", "found MSI data 0x51 for vCPU 262" },
	{ TDX_SAYS_MORE, "tdx-vmcall-info", "is supported, which answers SUBFUNC_UNSUPPORTED" },
	{ TDX_SAYS_UNDEFINED, "tdx-vmcall-info", "in R11 (0xff) that calls are supported that" },
	{ TDX_FORGETS_RESET, "tdx-reset", "after the reset: expected SUCCESS" },
	{ TDX_ANSWERS_UNKNOWN, "tdx-unknown-call", "expected SUBFUNC_UNSUPPORTED" },
};

static void every_wrong_vmm_is_caught_by_the_check_for_its_fault(void **state)
{
	struct check_result result;
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		result = try(table[i].wrong, table[i].check);
		if (result.verdict == CHECK_FAILED && strstr(result.text, table[i].text))
			continue;
		test_say("%s, %s: verdict %d, '%s'", tdx_wrong_name(table[i].wrong), table[i].check,
			 result.verdict, result.text);
		all = false;
	}
	assert_true(all);
}

static void every_check_is_seen_to_fail(void **state)
{
	for (const struct check *c = check_tdx_list; c->name; c++) {
		bool seen = false;

		for (size_t i = 0; i < ARRAY_SIZE(table); i++)
			seen |= strcmp(table[i].check, c->name) == 0;
		if (!seen)
			FAIL_BECAUSE("%s is never seen to fail", c->name);
	}
}

static void every_fault_is_caught_by_a_check(void **state)
{
	for (int wrong = TDX_GOOD + 1; wrong < TDX_N_WRONG; wrong++) {
		bool seen = wrong == TDX_NEVER_GIVES_UP; /* takes 31 s: tdx-service-silent by hand */

		for (size_t i = 0; i < ARRAY_SIZE(table); i++)
			seen |= table[i].wrong == (enum tdx_wrong)wrong;
		if (!seen)
			FAIL_BECAUSE("%s is in no row", tdx_wrong_name((enum tdx_wrong)wrong));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_check_holds_for_a_good_vmm),
		cmocka_unit_test(every_wrong_vmm_is_caught_by_the_check_for_its_fault),
		cmocka_unit_test(every_check_is_seen_to_fail),
		cmocka_unit_test(every_fault_is_caught_by_a_check),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
