/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "guest/guest.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"

#define TSM_REPORT "/sys/kernel/config/tsm/report"
#define VMPL_FILE  "/sys/devices/system/cpu/sev/vmpl"

enum { CERTS_OF_LINUX_BYTES = 0x4000 };

static const char *device_of(const struct doctor *d)
{
	const char *named = cli_get(d->cli, "guest-device");

	return named ? named : d->guest == DOCTOR_TDX ? "/dev/tdx_guest" : "/dev/sev-guest";
}

static const char *module_of(const struct doctor *d)
{
	return d->guest == DOCTOR_TDX ? "/sys/module/tdx_guest" : "/sys/module/sev_guest";
}

/* Hyper-V's paravisor keeps the TEE to itself; its VMs are made by Microsoft by their DMI. */
static bool has_paravisor(struct doctor *d)
{
	auto_free char *vendor = doctor_read(d, "/sys/class/dmi/id/sys_vendor");

	return vendor && !strcmp(vendor, "Microsoft Corporation") && doctor_exists(d, "/dev/tpm0");
}

static void check_cpu(struct doctor *d)
{
	const char *what = d->guest == DOCTOR_TDX ? "tdx_guest" : "sev_snp";

	if (d->guest != DOCTOR_NO_TEE) {
		doctor_ok(d, DOCTOR_HOP_GUEST_CPU, "%s",
			  doctor_has_flag(d, what) ? what
			  : d->simulated           ? "provided by a software platform"
						   : "its driver is loaded");
		return;
	}
	if (d->is_guest && has_paravisor(d))
		doctor_find(d, DOCTOR_GUEST_PARAVISOR,
			    "a VM of Hyper-V with a vTPM and without an interface of a TEE");
	else if (d->is_guest && (doctor_has_flag(d, "sev") || doctor_has_flag(d, "sev_es")))
		doctor_find(d, DOCTOR_GUEST_SEV_ONLY, "/proc/cpuinfo has %s, not sev_snp",
			    doctor_has_flag(d, "sev_es") ? "sev_es" : "sev");
	else
		doctor_find(d, DOCTOR_GUEST_NOT_CONFIDENTIAL, "%s",
			    d->is_guest ? "a VM with neither SEV-SNP nor TDX"
					: "/proc/cpuinfo has no flag hypervisor: this is not a VM");
}

static void check_kernel(struct doctor *d)
{
	const unsigned first = d->guest == DOCTOR_TDX ? DOCTOR_KERNEL(6, 2) : DOCTOR_KERNEL(5, 19);
	bool driver = doctor_exists(d, device_of(d)) || doctor_exists(d, module_of(d)) ||
		      doctor_exists(d, TSM_REPORT);

	if (!driver && d->kernel != 0 && d->kernel < first)
		doctor_find(d, DOCTOR_GUEST_KERNEL_OLD, "Linux %s", doctor_release(d));
	else if (!driver)
		doctor_find(d, DOCTOR_GUEST_NO_MODULE, "Linux %s, no '%s'", doctor_release(d), module_of(d));
	else if (d->kernel != 0 && d->kernel < DOCTOR_KERNEL(6, 7) && !doctor_exists(d, TSM_REPORT))
		doctor_find(d, DOCTOR_GUEST_NO_CONFIGFS_KERNEL, "Linux %s", doctor_release(d));
	else
		doctor_ok(d, DOCTOR_HOP_GUEST_KERNEL, "Linux %s", doctor_release(d));
}

static void check_device(struct doctor *d)
{
	const char *path = device_of(d);
	struct base_stat st;
	char at[PATH_MAX];
	int r = base_stat(d->env, doctor_path(d, path, at), &st);

	if (r == 0 && !d->root && !d->simulated && !S_ISCHR(st.mode)) {
		doctor_find(d, DOCTOR_GUEST_DEVICE_NOT_ONE, "'%s'", path);
		return;
	}
	if (r == 0)
		r = doctor_try_open(d, path, O_RDONLY);
	if (r == 0)
		doctor_ok(d, DOCTOR_HOP_GUEST_DEVICE, "'%s' can be opened", path);
	else if (r == -EACCES || r == -EPERM)
		doctor_find(d, DOCTOR_GUEST_DEVICE_PERMISSION, "cannot open '%s': %s", path, strerror(-r));
	else if (doctor_is_broken(d, DOCTOR_HOP_GUEST_KERNEL))
		doctor_skip(d, DOCTOR_HOP_GUEST_DEVICE, "needs the guest driver");
	else
		doctor_find(d, DOCTOR_GUEST_DEVICE_MISSING, "cannot open '%s': %s", path, strerror(-r));
}

static enum jurat_tee tee_of(const struct doctor *d)
{
	return d->guest == DOCTOR_TDX ? JURAT_TEE_TDX : JURAT_TEE_SEV_SNP;
}

/* Makes an entry, reads its provider and removes it, which asks nothing of the firmware. */
static void check_provider(struct doctor *d)
{
	const struct jurat_guest_options options = { .size = sizeof(options),
						     .tee = tee_of(d),
						     .via = JURAT_VIA_CONFIGFS };
	struct jurat_guest *guest = NULL;
	struct jurat_error err = { "" };
	int r = guest_open(d->env, &options, &guest, &err);

	jurat_guest_close(guest);
	if (r == 0)
		doctor_ok(d, DOCTOR_HOP_GUEST_CONFIGFS, "its provider is %s",
			  d->guest == DOCTOR_TDX ? "tdx_guest" : "sev_guest");
	else if (r == -ENOMEM)
		d->failed = true;
	else if (r == -EACCES)
		doctor_find(d, DOCTOR_CONFIGFS_PERMISSION, "%s", err.text);
	else
		doctor_find(d, DOCTOR_CONFIGFS_NO_PROVIDER, "%s", err.text);
}

static void check_configfs(struct doctor *d)
{
	auto_free char *mounts = NULL;

	if (doctor_exists(d, TSM_REPORT)) {
		if (d->root)
			doctor_skip(d, DOCTOR_HOP_GUEST_CONFIGFS, "'%s' exists; --root: no entry is made",
				    TSM_REPORT);
		else
			check_provider(d);
		return;
	}
	if (doctor_is_broken(d, DOCTOR_HOP_GUEST_KERNEL) ||
	    (d->kernel != 0 && d->kernel < DOCTOR_KERNEL(6, 7))) {
		doctor_skip(d, DOCTOR_HOP_GUEST_CONFIGFS, "needs the guest driver and Linux 6.7");
		return;
	}
	mounts = doctor_read(d, "/proc/mounts");
	if (mounts && strstr(mounts, " configfs "))
		doctor_find(d, DOCTOR_CONFIGFS_NO_TSM, "no '%s'", TSM_REPORT);
	else
		doctor_find(d, DOCTOR_CONFIGFS_NOT_MOUNTED, "/proc/mounts has no configfs");
}

static void say_vmpl(struct doctor *d, unsigned long vmpl)
{
	if (vmpl == 0)
		doctor_ok(d, DOCTOR_HOP_GUEST_PRIVILEGE, "VMPL 0");
	else if (d->results[DOCTOR_HOP_GUEST_PRIVILEGE].state == DOCTOR_ABSENT)
		doctor_find(d, DOCTOR_GUEST_VMPL, "VMPL %lu", vmpl);
}

/* Linux has the file since 6.11; with others, the report says it, which is for the lowest VMPL allowed. */
static void check_privilege(struct doctor *d)
{
	auto_free char *vmpl = doctor_read(d, VMPL_FILE);

	if (vmpl && vmpl[0] >= '0' && vmpl[0] <= '9')
		say_vmpl(d, strtoul(vmpl, NULL, 10));
}

/* What the errno of a request means, for either TEE. */
static enum doctor_finding finding_of_error(enum doctor_kind kind, int r)
{
	static const struct {
		int r;
		enum doctor_finding snp, tdx;
	} errors[] = {
		{ -ENOTTY, DOCTOR_VMPCK_WIPED, DOCTOR_QUOTE_UNSUPPORTED },
		{ -ETIMEDOUT, DOCTOR_HOST_BUSY, DOCTOR_QUOTE_TIMEOUT },
		{ -EIO, DOCTOR_FIRMWARE_REFUSED, DOCTOR_QUOTE_FAILED },
		{ -EINVAL, DOCTOR_REPORT_INVALID_PARAM, DOCTOR_QUOTE_UNSUPPORTED },
		{ -EPROTO, DOCTOR_REPORT_BAD, DOCTOR_QUOTE_EMPTY },
		{ -EBADMSG, DOCTOR_REPORT_BAD, DOCTOR_QUOTE_EMPTY },
		{ -EMSGSIZE, DOCTOR_CERTS_TOO_LARGE, DOCTOR_QUOTE_OVERSIZED },
		{ -EFBIG, DOCTOR_CERTS_TOO_LARGE, DOCTOR_QUOTE_OVERSIZED },
		{ -EBUSY, DOCTOR_REPORT_FAILED, DOCTOR_QUOTE_STUCK },
		{ -EOPNOTSUPP, DOCTOR_REPORT_FAILED, DOCTOR_QUOTE_UNSUPPORTED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].r == r)
			return kind == DOCTOR_TDX ? errors[i].tdx : errors[i].snp;
	return kind == DOCTOR_TDX ? DOCTOR_QUOTE_FAILED : DOCTOR_REPORT_FAILED;
}

/* Whether the certificates of the host verify a report. */
static void check_certs(struct doctor *d, const struct jurat_evidence *e)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = e->report,
					       .report_size = e->report_size,
					       .certs = e->certs,
					       .certs_size = e->certs_size };
	struct jurat_verifier *verifier = doctor_verifier_new(d);
	struct jurat_policy *policy = NULL;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };

	if (!verifier) {
		doctor_skip(d, DOCTOR_HOP_GUEST_CERTS, "the roots cannot be used");
		return;
	}
	if (jurat_policy_new(&policy, &err) < 0 ||
	    jurat_policy_set(policy, "allow_debug", "true", &err) < 0 ||
	    jurat_policy_set(policy, "allow_masked_chip_id", "true", &err) < 0 ||
	    jurat_verify_snp(verifier, &evidence, policy, d->at, &verdict, &err) < 0)
		d->failed = true;
	for (size_t i = 0; verdict && i < jurat_verdict_reason_count(verdict); i++)
		doctor_find(d, doctor_finding_of(jurat_verdict_reason_code(verdict, i), false), "%s: %s",
			    jurat_verdict_reason_code(verdict, i), jurat_verdict_reason_detail(verdict, i));
	doctor_ok(d, DOCTOR_HOP_GUEST_CERTS, "%zu bytes of certificates verify the report", e->certs_size);
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
}

static void check_evidence(struct doctor *d, const struct jurat_evidence *e)
{
	struct snp_report report;

	if (d->guest == DOCTOR_TDX) {
		doctor_ok(d, DOCTOR_HOP_GUEST_REPORT, "a quote of %zu bytes", e->report_size);
		return;
	}
	if (snp_report_read(e->report, e->report_size, &report, NULL) == 0) {
		if (report.policy >> SNP_POLICY_DEBUG_BIT & 1)
			doctor_find(d, DOCTOR_GUEST_DEBUG, "guest policy %#" PRIx64, report.policy);
		if (report.key_info >> SNP_KEY_INFO_MASK_CHIP_KEY_BIT & 1)
			doctor_find(d, DOCTOR_REPORT_UNSIGNED, "key_info has MASK_CHIP_KEY");
		say_vmpl(d, report.vmpl);
		doctor_ok(d, DOCTOR_HOP_GUEST_REPORT,
			  "version %" PRIu32 ", VMPL %" PRIu32 ", reported TCB 0x%016" PRIx64, report.version,
			  report.vmpl, report.reported_tcb);
	}
	if (e->certs_size == 0)
		doctor_find(d, DOCTOR_GUEST_CERTS_NONE, "the response has no certificates");
	else if (e->certs_size > CERTS_OF_LINUX_BYTES)
		doctor_find(d, DOCTOR_CERTS_TOO_LARGE, "%zu bytes", e->certs_size);
	else if (!doctor_is_broken(d, DOCTOR_HOP_GUEST_REPORT))
		check_certs(d, e);
	else
		doctor_skip(d, DOCTOR_HOP_GUEST_CERTS, "needs a signed report");
}

/*
 * One report over random data, as any client makes: the device first for SEV-SNP, because its errors say
 * more.
 */
static void check_report(struct doctor *d)
{
	struct jurat_guest_options options = {
		.size = sizeof(options), .tee = tee_of(d), .device = device_of(d), .quoting_service = NULL
	};
	const struct jurat_guest_report_options how = { .size = sizeof(how) };
	struct jurat_evidence e = { .size = sizeof(e) };
	const char *via = cli_get(d->cli, "via");
	struct jurat_guest *guest = NULL;
	struct jurat_error err = { "" };
	uint8_t data[64];
	int r;

	options.via = via && !strcmp(via, "configfs") ? JURAT_VIA_CONFIGFS
		      : via && !strcmp(via, "ioctl")  ? JURAT_VIA_IOCTL
						      : JURAT_VIA_AUTO;
	if (options.via == JURAT_VIA_AUTO && d->guest == DOCTOR_SNP &&
	    !doctor_is_broken(d, DOCTOR_HOP_GUEST_DEVICE))
		options.via = JURAT_VIA_IOCTL;
	r = guest_open(d->env, &options, &guest, &err);
	if (r < 0) {
		d->failed |= r == -ENOMEM;
		doctor_skip(d, DOCTOR_HOP_GUEST_REPORT, "%s", err.text);
		doctor_skip(d, DOCTOR_HOP_GUEST_CERTS, "needs a report");
		return;
	}
	r = base_random(d->env, data, sizeof(data));
	if (r == 0) {
		d->requests = 1;
		r = jurat_guest_report(guest, data, &how, &e, &err);
	}
	if (r == 0) {
		check_evidence(d, &e);
	} else {
		d->failed |= r == -ENOMEM;
		doctor_find(d, finding_of_error(d->guest, r), "%s", err.text);
		if (d->guest == DOCTOR_SNP)
			doctor_skip(d, DOCTOR_HOP_GUEST_CERTS, "needs a report");
	}
	jurat_evidence_done(&e);
	jurat_guest_close(guest);
}

/* A service that the guest reaches itself: the one of --quoting-service, or of the configuration file. */
static void check_service(struct doctor *d)
{
	const char *named = cli_get(d->cli, "quoting-service");
	auto_free char *configured = NULL;
	struct jurat_error err = { "" };
	char text[160] = "";
	uint32_t code = 0;
	int error = 0, r = named ? 0 : guest_qgs_configured(d->env, &configured, &err);

	if (r < 0)
		doctor_find(d, DOCTOR_GUEST_QGS_CONFIG, "%s", err.text);
	else if (r == JURAT_NOT_FOUND)
		doctor_skip(d, DOCTOR_HOP_GUEST_QGS,
			    "/etc/tdx-attest.conf names none: quotes come from GetQuote alone");
	if (r != 0)
		return;
	switch (doctor_qgs_ask(d, named ? named : configured, &error, &code, text, sizeof(text))) {
	case QGS_ANSWERS:
		doctor_ok(d, DOCTOR_HOP_GUEST_QGS, "%s", text);
		break;
	case QGS_CANNOT_CONNECT:
		doctor_find(d, DOCTOR_GUEST_QGS_UNREACHABLE, "%s", text);
		break;
	default:
		doctor_find(d, DOCTOR_GUEST_QGS_ERROR, "%s", text);
	}
}

void doctor_guest(struct doctor *d)
{
	check_cpu(d);
	if (d->guest == DOCTOR_NO_TEE) {
		doctor_skip(d, DOCTOR_HOP_GUEST_REPORT, "needs a confidential VM");
		return;
	}
	check_kernel(d);
	check_device(d);
	check_configfs(d);
	if (d->guest == DOCTOR_SNP)
		check_privilege(d);
	if (d->root)
		doctor_skip(d, DOCTOR_HOP_GUEST_REPORT, "--root: nothing is requested");
	else if (doctor_is_broken(d, DOCTOR_HOP_GUEST_DEVICE) &&
		 doctor_is_broken(d, DOCTOR_HOP_GUEST_CONFIGFS))
		doctor_skip(d, DOCTOR_HOP_GUEST_REPORT, "needs the device or configfs-tsm");
	else
		check_report(d);
	if (d->guest == DOCTOR_SNP)
		doctor_skip(d, DOCTOR_HOP_GUEST_PRIVILEGE, "no '%s', and no report", VMPL_FILE);
	if (d->guest == DOCTOR_TDX && !d->root)
		check_service(d);
}
