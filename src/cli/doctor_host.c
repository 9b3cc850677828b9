/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "uapi/kvm.h"

#define SNP_PARAMETER "/sys/module/kvm_amd/parameters/sev_snp"
#define TDX_PARAMETER "/sys/module/kvm_intel/parameters/tdx"

static const char *parameter_of(const struct doctor *d)
{
	return d->host == DOCTOR_TDX ? TDX_PARAMETER : SNP_PARAMETER;
}

static void check_cpu(struct doctor *d)
{
	const char *flag = d->host == DOCTOR_TDX ? "tdx_host_platform" : "sev_snp";
	char vendor[32];

	doctor_cpu_field(d, "vendor_id", vendor, sizeof(vendor));
	if (!strcmp(vendor, "HygonGenuine"))
		doctor_find(d, DOCTOR_HOST_HYGON, "vendor_id is %s", vendor);
	else if (d->host == DOCTOR_NO_TEE)
		doctor_find(d, DOCTOR_HOST_NOT_CAPABLE,
			    "/proc/cpuinfo has neither sev nor tdx_host_platform%s",
			    d->is_guest ? ", and this is a VM" : "");
	else if (doctor_has_flag(d, flag))
		doctor_ok(d, DOCTOR_HOP_HOST_CPU, "/proc/cpuinfo has %s", flag);
	else if (d->simulated || doctor_says(d, parameter_of(d), 'Y'))
		doctor_ok(d, DOCTOR_HOP_HOST_CPU, "%s",
			  d->simulated ? "provided by a software platform" : "enabled in KVM");
	else if (d->host == DOCTOR_SNP)
		doctor_find(d, DOCTOR_HOST_SEV_ONLY, "/proc/cpuinfo has no sev_snp");
	else
		doctor_find(d, DOCTOR_HOST_NOT_CAPABLE, "/proc/cpuinfo has no tdx_host_platform");
}

static void check_kernel(struct doctor *d)
{
	const unsigned first = d->host == DOCTOR_TDX ? DOCTOR_KERNEL(6, 16) : DOCTOR_KERNEL(6, 11);
	bool on = doctor_says(d, parameter_of(d), 'Y');

	if (d->simulated)
		doctor_skip(d, DOCTOR_HOP_HOST_KERNEL, "a software platform has no KVM");
	else if (!on && d->kernel != 0 && d->kernel < first)
		doctor_find(d, DOCTOR_HOST_KERNEL_OLD, "Linux %s", doctor_release(d));
	else if (!doctor_exists(d, "/dev/kvm"))
		doctor_find(d, DOCTOR_HOST_NO_KVM, "no '/dev/kvm'");
	else if (!on)
		doctor_find(d, DOCTOR_HOST_KVM_OFF, "'%s' is not Y", parameter_of(d));
	else
		doctor_ok(d, DOCTOR_HOP_HOST_KERNEL, "Linux %s, '%s' is Y", doctor_release(d),
			  parameter_of(d));
}

/* KVM states it by an attribute of /dev/kvm, which is only a question. */
static void check_req_certs(struct doctor *d)
{
	struct uapi_kvm_device_attr attr = { .group = UAPI_KVM_X86_GRP_SEV,
					     .attr = UAPI_KVM_X86_SEV_SNP_REQ_CERTS };
	int fd, r;

	if (d->root || d->simulated) {
		doctor_skip(d, DOCTOR_HOP_HOST_REQ_CERTS, "%s",
			    d->root ? "--root: KVM is not asked" : "a software platform has no KVM");
		return;
	}
	fd = base_open(d->env, "/dev/kvm", O_RDWR, 0);
	if (fd == -EACCES || fd == -EPERM)
		doctor_find(d, DOCTOR_KVM_PERMISSION, "cannot open '/dev/kvm': %s", strerror(-fd));
	else if (fd < 0)
		doctor_skip(d, DOCTOR_HOP_HOST_REQ_CERTS, "cannot open '/dev/kvm': %s", strerror(-fd));
	if (fd < 0)
		return;
	r = base_ioctl(d->env, fd, UAPI_KVM_HAS_DEVICE_ATTR, &attr);
	base_close(d->env, fd);
	if (r >= 0)
		doctor_ok(d, DOCTOR_HOP_HOST_REQ_CERTS, "supported");
	else
		doctor_find(d, DOCTOR_NO_REQ_CERTS, "Linux %s: KVM_X86_SEV_SNP_REQ_CERTS: %s",
			    doctor_release(d), strerror(-r));
}

enum { MAX_VMM_BYTES = 256 * 1024 * 1024 };

/*
 * A VMM that can serve certificates has an option for their file, and one that can serve GetQuote an option
 * for the quoting service, whose names are in its program: in QEMU certs-path (AMD's tree), certs-filename
 * (as it was posted) and quote-generation-socket.
 */
static bool has_option(const struct doctor *d, const uint8_t *program, size_t n, const char **ret)
{
	static const char *const names[] = { "certs-path", "certs-filename", "JURAT_VMM_CERTS",
					     "jurat_snp_request_handle_exit", NULL };
	static const char *const tdx[] = { "quote-generation-socket", "JURAT_VMM_QUOTING_SERVICE",
					   "jurat_tdx_quotes_handle_exit", NULL };

	for (const char *const *name = d->host == DOCTOR_TDX ? tdx : names; *name; name++)
		if (memmem(program, n, *name, strlen(*name))) {
			*ret = *name;
			return true;
		}
	return false;
}

static void check_vmm(struct doctor *d)
{
	const char *vmm = cli_get(d->cli, "vmm"), *name;
	auto_free uint8_t *program = NULL;
	struct jurat_error err = { "" };
	size_t n = 0;

	if (!vmm)
		doctor_skip(d, DOCTOR_HOP_HOST_VMM, "no --vmm FILE");
	else if (doctor_read_file(d, vmm, MAX_VMM_BYTES, &program, &n, &err) < 0)
		doctor_find(d, DOCTOR_VMM_UNREADABLE, "%s", err.text);
	else if (has_option(d, program, n, &name))
		doctor_ok(d, DOCTOR_HOP_HOST_VMM, "'%s' has %s", vmm, name);
	else
		doctor_find(d, d->host == DOCTOR_TDX ? DOCTOR_VMM_NO_QUOTES : DOCTOR_VMM_NO_CERTS,
			    "'%s' has no option that jurat knows", vmm);
}

void doctor_host(struct doctor *d)
{
	check_cpu(d);
	if (d->host == DOCTOR_NO_TEE)
		return;
	check_kernel(d);
	if (d->host == DOCTOR_SNP) {
		check_req_certs(d);
		check_vmm(d);
		doctor_host_certs(d);
	} else {
		check_vmm(d);
		doctor_host_quotes(d);
		doctor_pccs(d);
	}
}
