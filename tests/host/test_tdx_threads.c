/* SPDX-License-Identifier: MIT */
#include "host/qgs_world.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "host/host.h"
#include "wire/tdx_getquote.h"

/*
 * The real world: sockets, epoll and timers, four vCPU threads that poll their buffers as Linux does, one
 * thread that dispatches, and a service that answers in its own time. Meant for ThreadSanitizer, too.
 */
enum { N_VCPUS = 4, N_QUOTES = 60, BUF_BYTES = 8192, QUOTE_BYTES = 5006 };

struct vm {
	char dir[32], path[64], address[72];
	int listener, stop[2];
	struct jurat_tdx_quotes *quotes;
	uint64_t ram[N_VCPUS * BUF_BYTES / 8];
	unsigned interrupts, ends;
	bool slow_log, in_log, resets; /* the log goes on for a while after the reset began */
};

/* What goes to a header word is one store, as host.h wants it, and as a guest on another core needs it. */
static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct vm *vm = context;

	if (gpa > sizeof(vm->ram) || n > sizeof(vm->ram) - gpa)
		return -EFAULT;
	if (n == 8)
		__atomic_store_n(&vm->ram[gpa / 8], bytes_get_le(from, 8), __ATOMIC_RELEASE);
	else
		memcpy((uint8_t *)vm->ram + gpa, from, n);
	return 0;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	struct vm *vm = context;

	if (gpa > sizeof(vm->ram) || n > sizeof(vm->ram) - gpa)
		return -EFAULT;
	memcpy(to, (uint8_t *)vm->ram + gpa, n);
	return 0;
}

static void interrupt(void *context, uint32_t vcpu, uint8_t vector)
{
	__atomic_fetch_add(&((struct vm *)context)->interrupts, 1, __ATOMIC_RELAXED);
}

static void note_end(void *context, const struct jurat_tdx_quote_outcome *outcome)
{
	struct vm *vm = context;

	__atomic_fetch_add(&vm->ends, outcome->status == 0, __ATOMIC_RELAXED);
	if (!vm->slow_log)
		return;
	__atomic_store_n(&vm->in_log, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&vm->resets, __ATOMIC_ACQUIRE))
		(void)poll(NULL, 0, 1);
	(void)poll(NULL, 0, 20);
	__atomic_store_n(&vm->in_log, false, __ATOMIC_RELEASE);
}

static bool read_all(int fd, uint8_t *to, size_t n)
{
	for (size_t off = 0; off < n;) {
		ssize_t part = read(fd, to + off, n - off);

		if (part <= 0)
			return false;
		off += (size_t)part;
	}
	return true;
}

/* One connection at a time. Once it hangs up without a word, as a service that restarts does. */
static void *serve(void *context)
{
	struct vm *vm = context;
	uint8_t request[1052], *answer = calloc(1, 28 + QUOTE_BYTES);
	struct qgs_message m = { .type = QGS_QUOTE_RESP, .minor_version = 1 };
	size_t n = 0;
	int fd;

	for (unsigned i = 0; (fd = accept(vm->listener, NULL, NULL)) >= 0; i++) {
		if (i != 7 && read_all(fd, request, sizeof(request))) {
			uint8_t quote[QUOTE_BYTES] = { 0 };

			memcpy(quote, request + 28 + 128, 64); /* report data first */
			m.parts[QGS_PART_QUOTE] = bytes_rd(quote, sizeof(quote));
			if (qgs_write(&m, true, answer, 28 + QUOTE_BYTES, &n, NULL) == 0)
				(void)!send(fd, answer, n, MSG_NOSIGNAL); /* a reset hangs up */
		}
		close(fd);
	}
	free(answer);
	return NULL;
}

static void *dispatch(void *context)
{
	struct vm *vm = context;
	struct pollfd p[2] = { { jurat_tdx_quotes_fd(vm->quotes), POLLIN, 0 }, { vm->stop[0], POLLIN, 0 } };

	while (poll(p, 2, -1) > 0 && !p[1].revents)
		if (jurat_tdx_quotes_dispatch(vm->quotes, NULL) < 0)
			break;
	return NULL;
}

struct vcpu {
	struct vm *vm;
	unsigned index, good;
};

static void *run_vcpu(void *context)
{
	struct vcpu *v = context;
	struct vm *vm = v->vm;
	const uint64_t gpa = (uint64_t)v->index * BUF_BYTES;
	uint8_t *buf = (uint8_t *)vm->ram + gpa, report[TDX_REPORT_BYTES], report_data[64] = { 0 };
	uint64_t answer = 0, *status = &vm->ram[gpa / 8 + 1];

	for (unsigned i = 0; i < N_QUOTES; i++) {
		report_data[0] = (uint8_t)v->index;
		report_data[1] = (uint8_t)i;
		qgs_world_tdreport(report, report_data);
		if (tdx_getquote_write(report, sizeof(report), buf, BUF_BYTES, NULL) < 0 ||
		    jurat_tdx_quotes_serve(vm->quotes, gpa, BUF_BYTES, &answer, NULL) < 0 || answer != 0)
			return NULL;
		while (__atomic_load_n(status, __ATOMIC_ACQUIRE) == TDX_GETQUOTE_IN_FLIGHT)
			(void)poll(NULL, 0, 1); /* the guest's own timer */
		v->good += *status == 0 && bytes_get_le(buf + 20, 4) == QUOTE_BYTES &&
			   !memcmp(buf + 24, report_data, 64);
	}
	return NULL;
}

static void start(struct vm *vm, uint32_t grace_ms)
{
	struct jurat_tdx_quotes_options options = {
		.size = sizeof(options),
		.service = vm->address,
		.grace_ms = grace_ms,
		.max_connections = 2,
		.notify = interrupt,
		.log = note_end,
		.context = vm,
	};
	struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest, vm };
	struct base_address a;

	strcpy(vm->dir, "/tmp/jurat-quotes-XXXXXX");
	assert_non_null(mkdtemp(vm->dir));
	TEXT(vm->path, "%s/qgs", vm->dir);
	TEXT(vm->address, "unix:%s", vm->path);
	assert_int_equal(base_address_read(vm->address, &a, NULL), 0);
	vm->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(vm->listener, &a.sockaddr.any, a.size), 0);
	assert_int_equal(listen(vm->listener, 8), 0);
	assert_int_equal(pipe(vm->stop), 0);
	assert_int_equal(jurat_tdx_quotes_open(&options, &memory, &vm->quotes, NULL), 0);
	assert_int_equal(jurat_tdx_quotes_setup_notify(vm->quotes, 0x40, 0), 0);
}

static void every_quote_of_every_vcpu_arrives_once(void **state)
{
	static const uint32_t graces[] = { 0, 1, JURAT_TDX_QUOTES_NONE };

	for (size_t g = 0; g < ARRAY_SIZE(graces); g++) {
		struct vm *vm = calloc(1, sizeof(*vm));
		struct vcpu vcpus[N_VCPUS] = { 0 };
		pthread_t service, dispatcher, threads[N_VCPUS];

		assert_non_null(vm);
		start(vm, graces[g]);
		assert_int_equal(pthread_create(&service, NULL, serve, vm), 0);
		assert_int_equal(pthread_create(&dispatcher, NULL, dispatch, vm), 0);
		for (unsigned i = 0; i < N_VCPUS; i++) {
			vcpus[i] = (struct vcpu){ vm, i, 0 };
			assert_int_equal(pthread_create(&threads[i], NULL, run_vcpu, &vcpus[i]), 0);
		}
		for (unsigned i = 0; i < N_VCPUS; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(write(vm->stop[1], "", 1), 1);
		pthread_join(dispatcher, NULL);
		assert_int_equal(jurat_tdx_quotes_outstanding_count(vm->quotes), 0);
		jurat_tdx_quotes_close(vm->quotes);
		shutdown(vm->listener, SHUT_RDWR);
		pthread_join(service, NULL);
		for (unsigned i = 0; i < N_VCPUS; i++)
			assert_int_equal(vcpus[i].good, N_QUOTES);
		assert_int_equal(vm->interrupts, N_VCPUS * N_QUOTES);
		assert_int_equal(vm->ends, N_VCPUS * N_QUOTES);
		close(vm->listener);
		close(vm->stop[0]);
		close(vm->stop[1]);
		unlink(vm->path);
		rmdir(vm->dir);
		free(vm);
	}
}

static void stop(struct vm *vm, pthread_t dispatcher, pthread_t service)
{
	assert_int_equal(write(vm->stop[1], "", 1), 1);
	pthread_join(dispatcher, NULL);
	jurat_tdx_quotes_close(vm->quotes);
	shutdown(vm->listener, SHUT_RDWR);
	pthread_join(service, NULL);
	close(vm->listener);
	close(vm->stop[0]);
	close(vm->stop[1]);
	unlink(vm->path);
	rmdir(vm->dir);
	free(vm);
}

static void prepare(struct vm *vm)
{
	uint8_t report[TDX_REPORT_BYTES];

	qgs_world_tdreport(report, (const uint8_t[64]){ 1 });
	assert_int_equal(tdx_getquote_write(report, sizeof(report), (uint8_t *)vm->ram, BUF_BYTES, NULL), 0);
}

static void ask(struct vm *vm)
{
	uint64_t answer = 1;

	prepare(vm);
	assert_int_equal(jurat_tdx_quotes_serve(vm->quotes, 0, BUF_BYTES, &answer, NULL), 0);
	assert_int_equal(answer, 0);
}

/* Leaves the memory of the next guest, which nobody writes to any more. */
static void ask_then_reset(struct vm *vm, unsigned i)
{
	ask(vm);
	if (i % 3) /* sometimes the service has answered, sometimes it has not */
		(void)poll(NULL, 0, (int)i % 3 - 1);
	jurat_tdx_quotes_reset(vm->quotes);
	assert_int_equal(jurat_tdx_quotes_outstanding_count(vm->quotes), 0);
	memset(vm->ram, 0xee, BUF_BYTES); /* not under a lock: ThreadSanitizer sees any late write */
}

static void *ask_elsewhere(void *context)
{
	struct vm *vm = context;
	uint64_t answer = 1;

	return jurat_tdx_quotes_serve(vm->quotes, 0, BUF_BYTES, &answer, NULL) == 0 && answer == 0 ? vm
												   : NULL;
}

static void a_reset_waits_for_the_thread_that_dispatches(void **state)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	pthread_t service, dispatcher, vcpu;
	unsigned interrupts;

	assert_non_null(vm);
	start(vm, JURAT_TDX_QUOTES_NONE);
	assert_int_equal(pthread_create(&service, NULL, serve, vm), 0);
	assert_int_equal(pthread_create(&dispatcher, NULL, dispatch, vm), 0);
	for (unsigned i = 0; i < 300; i++) {
		ask_then_reset(vm, i);
		interrupts = __atomic_load_n(&vm->interrupts, __ATOMIC_RELAXED);
		(void)poll(NULL, 0, i % 50 == 0);
		assert_true(bytes_all(vm->ram, BUF_BYTES, 0xee));
		assert_int_equal(__atomic_load_n(&vm->interrupts, __ATOMIC_RELAXED), interrupts);
	}
	vm->slow_log = true; /* another thread is in a callback: the VMM must not lose what that needs */
	prepare(vm);
	assert_int_equal(pthread_create(&vcpu, NULL, ask_elsewhere, vm), 0);
	while (!__atomic_load_n(&vm->in_log, __ATOMIC_ACQUIRE))
		(void)poll(NULL, 0, 1);
	__atomic_store_n(&vm->resets, true, __ATOMIC_RELEASE);
	jurat_tdx_quotes_reset(vm->quotes);
	assert_false(__atomic_load_n(&vm->in_log, __ATOMIC_ACQUIRE));
	pthread_join(vcpu, NULL);
	stop(vm, dispatcher, service);
}

/* A vCPU in its grace wait, which a VMM should not have then. */
static void a_reset_waits_for_a_vcpu_that_is_still_in_the_call(void **state)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	pthread_t vcpu;
	void *served = NULL;

	assert_non_null(vm);
	start(vm, 50); /* nobody accepts: the service is silent */
	prepare(vm);
	assert_int_equal(pthread_create(&vcpu, NULL, ask_elsewhere, vm), 0);
	while (__atomic_load_n(&vm->ram[1], __ATOMIC_ACQUIRE) != TDX_GETQUOTE_IN_FLIGHT)
		(void)poll(NULL, 0, 1);
	jurat_tdx_quotes_reset(vm->quotes);
	assert_int_equal(jurat_tdx_quotes_outstanding_count(vm->quotes), 0);
	memset(vm->ram, 0xee, BUF_BYTES);
	pthread_join(vcpu, &served);
	assert_ptr_equal(served, vm);
	assert_true(bytes_all(vm->ram, BUF_BYTES, 0xee));
	assert_int_equal(vm->interrupts, 0);
	jurat_tdx_quotes_close(vm->quotes);
	close(vm->listener);
	close(vm->stop[0]);
	close(vm->stop[1]);
	unlink(vm->path);
	rmdir(vm->dir);
	free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_quote_of_every_vcpu_arrives_once),
		cmocka_unit_test(a_reset_waits_for_the_thread_that_dispatches),
		cmocka_unit_test(a_reset_waits_for_a_vcpu_that_is_still_in_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
