/* SPDX-License-Identifier: MIT */
/*
 * A VMM that serves KVM_EXIT_TDX: GetQuote on the exit, the rest in its event loop; over a stand-in for a
 * vCPU so that it runs anywhere. Usage: serve_getquote [SERVICE], such as unix:/var/run/tdx-qgs/qgs.socket
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

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct vm *vm = context;

	if (gpa > sizeof(vm->shared) || n > sizeof(vm->shared) - gpa)
		return -EFAULT;
	memcpy((char *)vm->shared + gpa, from, n);
	return 0;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	struct vm *vm = context;

	if (gpa > sizeof(vm->shared) || n > sizeof(vm->shared) - gpa)
		return -EFAULT;
	memcpy(to, (char *)vm->shared + gpa, n);
	return 0;
}

static void log_end(void *context, const struct jurat_tdx_quote_outcome *o)
{
	(void)context;
	printf("request at %#llx ends with status %#llx %s\n", (unsigned long long)o->gpa,
	       (unsigned long long)o->status, o->text);
}

/* ioctl(vcpu, KVM_RUN, 0): a guest that asks for a quote over an (empty) TDREPORT */
static void run_vcpu(struct vm *vm)
{
	vm->shared[0] = 1;    /* version */
	vm->shared[2] = 1024; /* in_len */
	vm->run[1] = 40;      /* exit_reason = KVM_EXIT_TDX */
	vm->run[5] = 0x10002; /* nr = GetQuote */
	vm->run[7] = 0;       /* gpa */
	vm->run[8] = sizeof(vm->shared);
}

int main(int argc, char **argv)
{
	static struct vm vm;
	struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest, &vm };
	struct jurat_tdx_quotes_options options = { .size = sizeof(options), .log = log_end };
	struct jurat_tdx_quotes *quotes;
	struct jurat_error err = { "" };
	struct pollfd p = { .events = POLLIN };

	options.service = argc > 1 ? argv[1] : NULL;
	if (jurat_tdx_quotes_open(&options, &memory, &quotes, &err) < 0)
		return fprintf(stderr, "%s\n", err.text), 1;
	run_vcpu(&vm);
	if (jurat_tdx_quotes_handle_exit(quotes, (struct kvm_run *)vm.run, 0, &err) < 0)
		return fprintf(stderr, "%s\n", err.text), 1;
	printf("R10 = %#llx, status %#llx\n", (unsigned long long)vm.run[6],
	       (unsigned long long)vm.shared[1]);
	for (p.fd = jurat_tdx_quotes_fd(quotes);
	     jurat_tdx_quotes_outstanding_count(quotes) && poll(&p, 1, -1) >= 0;)
		if (jurat_tdx_quotes_dispatch(quotes, &err) < 0)
			fprintf(stderr, "%s\n", err.text);
	jurat_tdx_quotes_close(quotes);
	return 0;
}
