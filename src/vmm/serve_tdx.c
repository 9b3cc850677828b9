/* SPDX-License-Identifier: MIT */
#include "vmm/serve.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/bytes.h"
#include "host/host.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "vmm/env.h"
#include "vmm/log.h"
#include "wire/kvm_run.h"

#define MSI_ADDRESS 0xfee00000u /* of the local APICs; bits 12 to 19 are which */

enum {
	STACK_BYTES = 256 * 1024, /* a VMM that locks its memory pays for all of it */
	TICK_MS = 100,            /* between two attempts when the descriptors cannot be waited for */
};

/* Counts fork(2): a child has no thread, and its copy of the quotes is the parent's. */
static atomic_uint forks;

void serve_tdx_forked(void)
{
	atomic_fetch_add(&forks, 1);
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	const struct serve_vm *s = context;

	return vmm_memory_read(s->vm, gpa, to, n);
}

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	const struct serve_vm *s = context;

	return vmm_memory_write(s->vm, gpa, from, n);
}

/* A fixed interrupt to one APIC, edge-triggered. Spec: KVM API, KVM_SIGNAL_MSI */
static void notify(void *context, uint32_t apic_id, uint8_t vector)
{
	const struct serve_vm *s = context;
	struct uapi_kvm_msi msi = {
		.address_lo = MSI_ADDRESS | (apic_id & 0xff) << 12,
		.address_hi = apic_id & 0xffffff00,
		.data = vector,
	};

	if (vmm_vm_ioctl(s->vm, UAPI_KVM_SIGNAL_MSI, &msi) < 0 &&
	    errno != EBADF) /* EBADF: the VM is closed */
		vmm_log(VMM_LOG_GUEST, "VM %llu: interrupt %u for APIC %u is lost: KVM_SIGNAL_MSI: %s",
			(unsigned long long)s->vm->serial, vector, apic_id, strerror(errno));
}

static bool can_notify(const struct serve_vm *s)
{
	return atomic_load(&s->has_irqchip) &&
	       vmm_vm_ioctl(s->vm, UAPI_KVM_CHECK_EXTENSION, (void *)UAPI_KVM_CAP_SIGNAL_MSI) > 0;
}

/*
 * Whether an MSI can have this APIC as its one destination: KVM ignores the upper bits of an address, and
 * sends what is for 255 to all, unless the VMM has enabled otherwise. Spec: KVM API, KVM_CAP_X2APIC_API
 */
static bool is_addressable(const struct serve_vm *s, unsigned long apic_id)
{
	const uint64_t api = atomic_load(&s->x2apic_api);

	return apic_id < 255 || (api & UAPI_KVM_X2APIC_API_USE_32BIT_IDS &&
				 (apic_id > 255 || api & UAPI_KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK));
}

static void log_outcome(void *context, const struct jurat_tdx_quote_outcome *outcome)
{
	const struct serve_vm *s = context;

	if (outcome->status != 0)
		vmm_log(VMM_LOG_GUEST, "VM %llu: GetQuote at %#llx: status %#llx: %s",
			(unsigned long long)s->vm->serial, (unsigned long long)outcome->gpa,
			(unsigned long long)outcome->status, outcome->text);
}

/* Completes requests that did not end within the guest's call. */
static void *dispatch(void *arg)
{
	struct serve_vm *s = arg;
	struct jurat_tdx_quotes *quotes = atomic_load(&s->quotes);
	struct pollfd p[] = {
		{ .fd = s->stop_fd, .events = POLLIN },
		{ .fd = jurat_tdx_quotes_fd(quotes), .events = POLLIN },
	};
	struct jurat_error err;
	int wait_ms = -1;

	while (poll(p, 2, wait_ms) < 0 || !(p[0].revents & POLLIN))
		wait_ms = jurat_tdx_quotes_dispatch(quotes, &err) < 0 ? TICK_MS : -1;
	return NULL;
}

static int start(struct serve_vm *s)
{
	pthread_attr_t attr;
	int e;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	e = pthread_create(&s->thread, &attr, dispatch, s);
	pthread_attr_destroy(&attr);
	if (e == EINVAL) /* the VMM's own thread-local data need a larger stack */
		e = pthread_create(&s->thread, NULL, dispatch, s);
	if (e == 0)
		pthread_setname_np(s->thread, "jurat-quotes");
	return -e;
}

/* Call with `opening` locked and signals blocked, which the thread inherits. */
static int open_quotes(struct serve_vm *s, struct jurat_error *err)
{
	const struct vmm_settings *settings = serve_settings();
	const struct jurat_tdx_quotes_options options = {
		.size = sizeof(options),
		.service = settings->quoting_service,
		.grace_ms = settings->grace_ms,
		.kernel_tdvmcallinfo_1_r11 = atomic_load(&s->kernel_r11),
		.user_tdvmcallinfo_1_r11 = atomic_load(&s->user_r11),
		.kernel_tdvmcallinfo_1_r12 = atomic_load(&s->kernel_r12),
		.notify = can_notify(s) ? notify : NULL,
		.log = log_outcome,
		.context = s,
	};
	const struct jurat_guest_memory memory = {
		.size = sizeof(memory),
		.read = read_guest,
		.write = write_guest,
		.context = s,
	};
	struct jurat_tdx_quotes *quotes;
	int r = host_tdx_quotes_open(vmm_env(), &options, &memory, &quotes, err);

	if (r < 0)
		return r;
	s->stop_fd = vmm_env_event(vmm_env());
	s->forks = atomic_load(&forks);
	atomic_store(&s->quotes, quotes);
	r = s->stop_fd < 0 ? s->stop_fd : start(s);
	if (r == 0)
		return 0;
	atomic_store(&s->quotes, NULL);
	jurat_tdx_quotes_close(quotes);
	if (s->stop_fd >= 0)
		base_close(vmm_env(), s->stop_fd);
	s->stop_fd = -1;
	return jurat_fail(err, r, "no thread for quotes: %s", strerror(-r));
}

/* NULL: they cannot be opened. */
static struct jurat_tdx_quotes *quotes_of(struct serve_vm *s)
{
	struct jurat_tdx_quotes *quotes = atomic_load_explicit(&s->quotes, memory_order_acquire);
	struct jurat_error err;

	if (quotes)
		return quotes;
	pthread_mutex_lock(&s->opening);
	if (!atomic_load(&s->quotes)) {
		if (open_quotes(s, &err) < 0)
			vmm_log(VMM_LOG_GUEST, "VM %llu: GetQuote is not served: %s",
				(unsigned long long)s->vm->serial, err.text);
		else
			vmm_log(VMM_LOG_VMM, "VM %llu: quotes are served from '%s'",
				(unsigned long long)s->vm->serial, serve_settings()->quoting_service);
	}
	quotes = atomic_load(&s->quotes);
	pthread_mutex_unlock(&s->opening);
	return quotes;
}

void serve_tdx_prepare(struct serve_vm *s)
{
	const struct vmm_settings *settings = serve_settings();
	struct vmm_held held;

	if (!settings->quoting_service || settings->defer)
		return;
	vmm_hold(&held);
	(void)quotes_of(s);
	vmm_release(&held);
}

void serve_tdx(struct vmm_vcpu *vcpu, uint8_t *run)
{
	struct serve_vm *s = vcpu->vm->data;
	struct jurat_tdx_quotes *quotes = quotes_of(s);
	struct jurat_error err = { "" };

	atomic_fetch_add(&s->n_quotes, 1);
	if (!quotes)
		return;
	if (bytes_get_le(run + KVM_RUN_TDX_nr, 8) == UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT &&
	    !is_addressable(s, vcpu->id)) {
		bytes_put_le(run + KVM_RUN_TDX_ret, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, 8);
		return;
	}
	/* Cannot fail: exit_reason is the one. A refused GetQuote has its reason in `err`. */
	(void)!jurat_tdx_quotes_handle_exit(quotes, (struct kvm_run *)(void *)run, (uint32_t)vcpu->id, &err);
	if (err.text[0] != '\0')
		vmm_log(VMM_LOG_GUEST, "VM %llu, vCPU %lu: %s", (unsigned long long)s->vm->serial, vcpu->id,
			err.text);
}

void serve_tdx_capabilities(struct serve_vm *s, const struct uapi_kvm_tdx_cmd *command, int result)
{
	const struct uapi_kvm_tdx_capabilities *c;

	if (result != 0 || command->id != UAPI_KVM_TDX_CAPABILITIES)
		return;
	c = (const void *)(uintptr_t)command->data; /* of the VMM, which the kernel has filled in */
	atomic_store(&s->kernel_r11, c->kernel_tdvmcallinfo_1_r11);
	atomic_store(&s->user_r11, c->user_tdvmcallinfo_1_r11);
	atomic_store(&s->kernel_r12, c->kernel_tdvmcallinfo_1_r12);
}

void serve_tdx_close(struct serve_vm *s)
{
	struct jurat_tdx_quotes *quotes = atomic_load(&s->quotes);

	if (!quotes || s->forks != atomic_load(&forks))
		return; /* those of the parent process end there */
	(void)!eventfd_write(s->stop_fd, 1);
	pthread_join(s->thread, NULL);
	jurat_tdx_quotes_reset(
		quotes); /* no errors are written: the VMM may use the memory for other things */
	jurat_tdx_quotes_close(quotes);
	base_close(vmm_env(), s->stop_fd);
}
