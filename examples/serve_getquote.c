/* SPDX-License-Identifier: MIT */
/*
 * A VMM that serves KVM_EXIT_TDX: GetQuote on the exit, the rest in its event loop; a stand-in for a vCPU
 * lets it run anywhere. Usage: serve_getquote [SERVICE], such as unix:/var/run/tdx-qgs/qgs.socket
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <jurat/host.h>

struct vm {
	uint64_t shared[2 * 4096 / 8]; /* guest memory that is not private, at guest address 0 */
	uint64_t run[12];              /* struct kvm_run, as far as KVM_EXIT_TDX uses it */
};

static void *at(struct vm *vm, uint64_t gpa, size_t n)
{
	return gpa <= sizeof(vm->shared) && n <= sizeof(vm->shared) - gpa ? (char *)vm->shared + gpa : NULL;
}

/* A word is one store: the guest polls the status. */
static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	void *to = at(context, gpa, n);
	uint64_t word;
	uint32_t half;

	if (to && n == 8 && gpa % 8 == 0)
		memcpy(&word, from, n), __atomic_store_n((uint64_t *)to, word, __ATOMIC_RELAXED);
	else if (to && n == 4 && gpa % 4 == 0)
		memcpy(&half, from, n), __atomic_store_n((uint32_t *)to, half, __ATOMIC_RELAXED);
	else if (to)
		memcpy(to, from, n);
	return to ? 0 : -EFAULT;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	const void *from = at(context, gpa, n);

	if (from)
		memcpy(to, from, n);
	return from ? 0 : -EFAULT;
}

static void log_end(void *context, const struct jurat_tdx_quote_outcome *o)
{
	printf("request at %#llx ends with status %#llx %s\n", (unsigned long long)o->gpa,
	       (unsigned long long)o->status, o->text);
}

int main(int argc, char **argv)
{
	static struct vm vm;
	struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest, &vm };
	struct jurat_tdx_quotes_options options = { .size = sizeof(options), .log = log_end };
	struct jurat_tdx_quotes *quotes;
	struct jurat_error err = { "" };
	struct pollfd p = { .events = POLLIN };

	/* ioctl(vcpu, KVM_RUN, 0): a guest that asks for a quote over an (empty) TDREPORT */
	memcpy(vm.shared, (const uint64_t[]){ 1, 0, 1024 }, 24); /* version, status, in_len */
	vm.run[1] = 40;                                          /* exit_reason = KVM_EXIT_TDX */
	vm.run[5] = 0x10002;                                     /* nr = GetQuote, of gpa 0 */
	vm.run[8] = sizeof(vm.shared);
	options.service = argc > 1 ? argv[1] : NULL;
	if (jurat_tdx_quotes_open(&options, &memory, &quotes, &err) < 0 ||
	    jurat_tdx_quotes_handle_exit(quotes, (struct kvm_run *)vm.run, 0, &err) < 0)
		return fprintf(stderr, "%s\n", err.text), 1;
	printf("R10 = %#llx\n", (unsigned long long)vm.run[6]);
	for (p.fd = jurat_tdx_quotes_fd(quotes);
	     jurat_tdx_quotes_outstanding_count(quotes) && poll(&p, 1, -1) >= 0;)
		if (jurat_tdx_quotes_dispatch(quotes, &err) < 0)
			fprintf(stderr, "%s\n", err.text);
	jurat_tdx_quotes_close(quotes);
	return 0;
}
