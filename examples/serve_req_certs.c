/* SPDX-License-Identifier: MIT */
/*
 * A VMM's vCPU loop that serves KVM_EXIT_SNP_REQ_CERTS, over a stand-in for a vCPU so that it runs anywhere.
 * Usage: serve_req_certs [BLOB]
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include <jurat/host.h>

#ifndef KVM_EXIT_SNP_REQ_CERTS
#define KVM_EXIT_SNP_REQ_CERTS 43
#endif

struct vm {
	uint8_t shared[4 * 4096]; /* guest memory that is not private, at guest address 0 */
	struct kvm_run run;
	int asked;
};

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct vm *vm = context;

	if (gpa > sizeof(vm->shared) || n > sizeof(vm->shared) - gpa)
		return -EFAULT;
	memcpy(vm->shared + gpa, from, n);
	return 0;
}

/* ioctl(vcpu, KVM_RUN, 0) */
static int run_vcpu(struct vm *vm)
{
	uint64_t ask[3] = { 0, sizeof(vm->shared) / 4096, 0 }; /* gpa, npages, ret */

	if (!vm->asked++) {
		vm->run.exit_reason = KVM_EXIT_SNP_REQ_CERTS;
		memcpy(vm->run.padding, ask, sizeof(ask));
		return 0;
	}
	if (vm->run.immediate_exit)
		return -EINTR; /* the firmware has signed; exit_reason is what it was */
	vm->run.exit_reason = KVM_EXIT_HLT;
	return 0;
}

int main(int argc, char **argv)
{
	static struct vm vm;
	struct jurat_guest_memory memory = { .size = sizeof(memory), .write = write_guest, .context = &vm };
	struct jurat_snp_request *request;
	struct jurat_snp_certs *certs;
	struct jurat_error err = { "" };
	uint64_t answer[3];
	int e;

	if (jurat_snp_certs_new(argc > 1 ? argv[1] : NULL, NULL, &certs, &err) < 0 ||
	    jurat_snp_request_new(certs, &request, &err) < 0)
		return fprintf(stderr, "%s\n", err.text), 1;
	for (;;) {
		e = run_vcpu(&vm);
		if (jurat_snp_request_handle_ran(request, &vm.run, e, 0))
			printf("the firmware was asked: lock dropped\n");
		if (e < 0)
			continue;
		if (vm.run.exit_reason == KVM_EXIT_HLT)
			break;
		if (jurat_snp_request_handle_exit(request, &vm.run, &memory, &err) < 0)
			return fprintf(stderr, "%s\n", err.text), 1;
		memcpy(answer, vm.run.padding, sizeof(answer));
		printf("answer %llu with%s certificates %s\n", (unsigned long long)answer[2],
		       vm.shared[0] ? "" : "out", err.text);
	}
	jurat_snp_request_free(request);
	jurat_snp_certs_free(certs);
	return 0;
}
