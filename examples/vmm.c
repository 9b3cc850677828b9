/* SPDX-License-Identifier: MIT */
/*
 * A VMM on KVM that serves certificates and quotes: vmm [BLOB [SERVICE]]. Its VM, a vCPU in real mode, RAM
 * and a ROM, runs until SIGTERM. A VM of SEV-SNP also needs KVM_SEV_SNP_ENABLE_REQ_CERTS before it has vCPUs,
 * one of TDX what KVM_TDX_CAPABILITIES returns in `options`, and both need -EFAULT for private pages.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <jurat/host.h>

enum { EXIT_TDX = 40, EXIT_SNP_REQ_CERTS = 43 }; /* <linux/kvm.h> may be older */
static _Alignas(4096) uint8_t ram[64 << 20], rom[4096] = { [0xff0] = 0xf4, 0xeb, 0xfd }; /* 1: hlt; jmp 1b */
static struct kvm_userspace_memory_region slots[] = {
	{ 0, 0, 0, sizeof(ram), (uintptr_t)ram },
	{ 1, KVM_MEM_READONLY, 0xfffff000, sizeof(rom), (uintptr_t)rom },
};
static int vm;
static struct kvm_run *run;
static pthread_t vcpu_thread, quotes_thread;
static _Atomic int stop; /* why the vCPU was kicked, since jurat may clear immediate_exit */

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	return gpa > sizeof(ram) - n ? -EFAULT : (memcpy(to, ram + gpa, n), 0);
}

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	uint64_t u64;
	uint32_t u32;

	if (gpa > sizeof(ram) - n) /* in no slot, or in the ROM's */
		return -EFAULT;
	if (n == 8 && gpa % 8 == 0) /* one store: the guest polls it */
		memcpy(&u64, from, 8), __atomic_store_n((uint64_t *)(ram + gpa), u64, __ATOMIC_RELEASE);
	else if (n == 4 && gpa % 4 == 0)
		memcpy(&u32, from, 4), __atomic_store_n((uint32_t *)(ram + gpa), u32, __ATOMIC_RELEASE);
	else
		memcpy(ram + gpa, from, n);
	return 0;
}

static void notify(void *context, uint32_t id, uint8_t vector)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000 | id << 12, .data = vector };

	ioctl(vm, KVM_SIGNAL_MSI, &msi);
}

static void *dispatch(void *quotes)
{
	struct pollfd event = { jurat_tdx_quotes_fd(quotes), POLLIN, 0 };
	struct jurat_error why;

	while (poll(&event, 1, -1) >= 0)
		if (jurat_tdx_quotes_dispatch(quotes, &why) < 0)
			warnx("%s", why.text);
	return NULL;
}

static void kick(int signal)
{
	stop = 1;
	run->immediate_exit = 1;
	if (!pthread_equal(pthread_self(), vcpu_thread))
		pthread_kill(vcpu_thread, signal); /* out of KVM_RUN */
}

int main(int argc, char **argv)
{
	const struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest };
	struct jurat_tdx_quotes_options options = { .size = sizeof(options), .notify = notify };
	struct jurat_snp_request *request;
	struct jurat_tdx_quotes *quotes;
	struct jurat_snp_certs *certs;
	struct jurat_error why;
	int kvm, vcpu, e;

	options.service = argc > 2 ? argv[2] : NULL;
	if (jurat_snp_certs_new(argv[1], NULL, &certs, &why) < 0 || /* argv[1] is NULL without arguments */
	    jurat_snp_request_new(certs, &request, &why) < 0 ||
	    jurat_tdx_quotes_open(&options, &memory, &quotes, &why) < 0)
		errx(1, "%s", why.text);
	if ((kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC)) < 0 || (vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0 ||
	    ioctl(vm, KVM_CREATE_IRQCHIP, 0) < 0 || (vcpu = ioctl(vm, KVM_CREATE_VCPU, 0)) < 0 ||
	    ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slots[0]) < 0 ||
	    ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slots[1]) < 0 ||
	    (run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0)) == MAP_FAILED ||
	    pthread_create(&quotes_thread, NULL, dispatch, quotes) != 0)
		err(1, "KVM");
	vcpu_thread = pthread_self();
	signal(SIGTERM, kick);

	while (!stop) {
		e = ioctl(vcpu, KVM_RUN, 0) < 0 ? -errno : 0;
		jurat_snp_request_handle_ran(request, run, e, 0); /* after every KVM_RUN */
		if (e == -EINTR)
			continue; /* exit_reason is an earlier exit's */
		why.text[0] = '\0';
		if (e == 0 && run->exit_reason == EXIT_SNP_REQ_CERTS)
			e = jurat_snp_request_handle_exit(request, run, &memory, &why);
		else if (e == 0 && run->exit_reason == EXIT_TDX)
			e = jurat_tdx_quotes_handle_exit(quotes, run, 0, &why);
		else if (e == 0 && run->exit_reason == KVM_EXIT_SHUTDOWN)
			break; /* the guest has ended */
		else if (e < 0 || run->exit_reason != KVM_EXIT_HLT)
			errx(1, "KVM_RUN: error %d, exit %u", -e, run->exit_reason);
		if (why.text[0]) /* why the guest was refused */
			warnx("%s", why.text);
	}
	return 0;
}
