/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/address.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/struct.h"
#include "wire/snp_certs.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"

#define DEFAULT_SNP_DEVICE   "/dev/sev-guest"
#define DEFAULT_TDX_DEVICE   "/dev/tdx_guest"
#define DEFAULT_CONFIGFS     "/sys/kernel/config/tsm/report"
#define DEFAULT_MEASUREMENTS "/sys/class/misc/tdx_guest/measurements"

static void close_guest(struct jurat_guest **g)
{
	jurat_guest_close(*g);
}

/* Maps an error during detection of a TEE to what the caller gets: no TEE found, or permission denied. */
static int found_nothing(int r)
{
	if (r == -EACCES || r == -EPERM)
		return -EACCES;
	return r == -ENOMEM ? r : -ENODEV;
}

static const char *default_device(enum jurat_tee tee)
{
	return tee == JURAT_TEE_TDX ? DEFAULT_TDX_DEVICE : DEFAULT_SNP_DEVICE;
}

static int open_device_of(struct jurat_guest *g, enum jurat_tee tee, struct jurat_error *err)
{
	const char *path = g->device ? g->device : default_device(tee);
	int fd = base_open(g->env, path, O_RDONLY | O_NOCTTY, 0); /* the ioctls need no write access */

	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	g->device_fd = fd;
	g->tee = tee;
	return 0;
}

/* Opens the device of the TEE, or, if the TEE is not known yet, the first device that exists. */
static int open_device(struct jurat_guest *g, struct jurat_error *err)
{
	struct jurat_error tdx = { 0 };
	int r, r_tdx;

	if (g->tee != JURAT_TEE_AUTO)
		return open_device_of(g, g->tee, err);
	r = open_device_of(g, JURAT_TEE_SEV_SNP, err);
	if (r == 0 || r == -ENOMEM || g->device)
		return r;
	r_tdx = open_device_of(g, JURAT_TEE_TDX, &tdx);
	if (r_tdx == 0 || r_tdx == -ENOENT)
		return r_tdx == 0 ? 0 : r;
	return jurat_fail(err, r_tdx, "%s", tdx.text);
}

static int open_ways(struct jurat_guest *g, enum jurat_via via, struct jurat_error *err)
{
	struct jurat_error tsm = { 0 }, device = { 0 };
	int r_tsm = -ENODEV, r_device = -ENODEV;

	if (via != JURAT_VIA_IOCTL)
		r_tsm = guest_tsm_probe(g, &tsm);
	if (via != JURAT_VIA_CONFIGFS)
		r_device = open_device(g, &device);
	if (r_tsm == 0 || r_device == 0) {
		g->via = r_tsm == 0 ? JURAT_VIA_CONFIGFS : JURAT_VIA_IOCTL;
		return 0;
	}
	if (via == JURAT_VIA_CONFIGFS)
		return jurat_fail(err, found_nothing(r_tsm), "%s", tsm.text);
	if (via == JURAT_VIA_IOCTL)
		return jurat_fail(err, found_nothing(r_device), "%s", device.text);
	r_tsm = found_nothing(r_tsm);
	r_device = found_nothing(r_device);
	return jurat_fail(err, r_tsm == -ENODEV ? r_device : r_tsm, "no TEE found: %.140s; %.140s", tsm.text,
			  device.text);
}

int guest_open(struct base_env *env, const struct jurat_guest_options *options, struct jurat_guest **ret,
	       struct jurat_error *err)
{
	auto_call(close_guest) struct jurat_guest *g = NULL;
	struct jurat_guest_options o;
	struct base_address address;
	int r = base_struct_take(&o, options, size, "jurat_guest_options", err);

	if (r < 0)
		return r;
	if (o.via != JURAT_VIA_AUTO && o.via != JURAT_VIA_CONFIGFS && o.via != JURAT_VIA_IOCTL)
		return jurat_fail(err, -EINVAL, "jurat_guest_options: invalid via %d", (int)o.via);
	if (o.tee != JURAT_TEE_AUTO && o.tee != JURAT_TEE_SEV_SNP && o.tee != JURAT_TEE_TDX)
		return jurat_fail(err, -EINVAL, "jurat_guest_options: invalid tee %d", (int)o.tee);
	if (o.quoting_service) {
		r = base_address_read(o.quoting_service, &address, err);
		if (r < 0)
			return jurat_wrap(err, r, "jurat_guest_options: quoting_service");
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return jurat_fail_memory(err);
	g->env = base_env_or_real(env);
	g->device_fd = -1;
	g->tee = o.tee;
	g->device = o.device ? strdup(o.device) : NULL;
	g->quoting_service = o.quoting_service ? strdup(o.quoting_service) : NULL;
	g->configfs = strdup(o.configfs ? o.configfs : DEFAULT_CONFIGFS);
	g->measurements = strdup(o.measurements ? o.measurements : DEFAULT_MEASUREMENTS);
	if (!g->configfs || !g->measurements || (o.device && !g->device) ||
	    (o.quoting_service && !g->quoting_service))
		return jurat_fail_memory(err);
	r = open_ways(g, o.via, err);
	if (r < 0)
		return r;
	if (!g->device)
		g->device = strdup(default_device(g->tee));
	if (!g->device)
		return jurat_fail_memory(err);
	*ret = take_ptr(g);
	return 0;
}

int jurat_guest_open(const struct jurat_guest_options *options, struct jurat_guest **ret,
		     struct jurat_error *err)
{
	return guest_open(NULL, options, ret, err);
}

void jurat_guest_close(struct jurat_guest *g)
{
	if (!g)
		return;
	if (g->device_fd >= 0)
		base_close(g->env, g->device_fd);
	free(g->device);
	free(g->configfs);
	free(g->quoting_service);
	free(g->measurements);
	free(g);
}

enum jurat_tee jurat_guest_tee(const struct jurat_guest *g)
{
	return g->tee;
}

enum jurat_via jurat_guest_via(const struct jurat_guest *g)
{
	return g->via;
}

void jurat_evidence_done(struct jurat_evidence *evidence)
{
	if (!evidence)
		return;
	free(evidence->report);
	free(evidence->certs);
	evidence->report = evidence->certs = NULL;
	evidence->report_size = evidence->certs_size = 0;
}

static int check_vmpl(bool has_vmpl, uint32_t vmpl, struct jurat_error *err)
{
	if (vmpl > GUEST_MAX_VMPL)
		return jurat_fail(err, -EINVAL, "vmpl %u: expected 0 to %d", vmpl, GUEST_MAX_VMPL);
	if (!has_vmpl && vmpl != 0)
		return jurat_fail(err, -EINVAL, "vmpl is %u, but has_vmpl is not set", vmpl);
	return 0;
}

/*
 * GetQuote may fail on a host whose quoting service can be reached directly: then that service is used,
 * unless the caller requested configfs-tsm only, in which case the device is not open.
 */
static int tdx_report(struct jurat_guest *g, const uint8_t report_data[64],
		      const struct jurat_guest_report_options *o, struct jurat_evidence *ret,
		      struct jurat_error *err)
{
	struct jurat_error first = { "" }, second = { "" };
	int r;

	if (g->via != JURAT_VIA_CONFIGFS)
		return guest_tdx_quote(g, report_data, ret, err);
	r = guest_tsm_report(g, report_data, o, ret, &first);
	if (r == -EIO && g->device_fd >= 0 && guest_tdx_has_service(g)) {
		if (guest_tdx_quote(g, report_data, ret, &second) == 0)
			return 0;
		return jurat_fail(err, r, "%.180s; then from the quoting service: %.180s", first.text,
				  second.text);
	}
	if (r < 0 && err)
		*err = first;
	return r;
}

/* Fetches a report through the interface that supports the options. */
static int report(struct jurat_guest *g, const uint8_t report_data[64],
		  const struct jurat_guest_report_options *o, struct jurat_evidence *ret,
		  struct jurat_error *err)
{
	if (g->tee == JURAT_TEE_TDX) {
		if (o->has_vmpl || o->key_sel != SNP_KEY_SEL_AUTO)
			return jurat_fail(err, -EOPNOTSUPP, "vmpl and key_sel are not available on TDX");
		return tdx_report(g, report_data, o, ret, err);
	}
	if (g->via == JURAT_VIA_CONFIGFS && o->key_sel == SNP_KEY_SEL_AUTO)
		return guest_tsm_report(g, report_data, o, ret, err);
	if (g->device_fd < 0)
		return jurat_fail(err, -EOPNOTSUPP, "key_sel is not available through configfs-tsm; use '%s'",
				  g->device);
	return guest_device_report(g, report_data, o, ret, err);
}

int jurat_guest_report(struct jurat_guest *g, const uint8_t report_data[64],
		       const struct jurat_guest_report_options *options, struct jurat_evidence *ret,
		       struct jurat_error *err)
{
	struct jurat_guest_report_options o;
	struct jurat_evidence evidence;
	int r = base_struct_take(&o, options, size, "jurat_guest_report_options", err);

	if (r == 0)
		r = base_struct_take(&evidence, ret, certs_size, "jurat_evidence", err);
	if (r == 0)
		r = check_vmpl(o.has_vmpl, o.vmpl, err);
	if (r < 0)
		return r;
	if (o.key_sel > SNP_KEY_SEL_VLEK)
		return jurat_fail(err, -EINVAL, "key_sel %u: expected 0 to 2", o.key_sel);
	r = report(g, report_data, &o, &evidence, err);
	if (r == 0)
		base_struct_give(ret, &evidence);
	return r;
}

int jurat_guest_snp_derive_key(struct jurat_guest *g, const struct jurat_snp_key_options *options,
			       uint8_t ret[32], struct jurat_error *err)
{
	struct jurat_snp_key_options o;
	int r = base_struct_take(&o, options, size, "jurat_snp_key_options", err);

	if (r == 0)
		r = check_vmpl(o.has_vmpl, o.vmpl, err);
	if (r < 0)
		return r;
	if (o.root != JURAT_SNP_KEY_ROOT_VCEK && o.root != JURAT_SNP_KEY_ROOT_VMRK)
		return jurat_fail(err, -EINVAL, "unknown root key %d", (int)o.root);
	if (o.fields >> 6 != 0)
		return jurat_fail(err, -EINVAL, "fields %#llx: only bits 0 to 5 are known",
				  (unsigned long long)o.fields);
	if (g->tee != JURAT_TEE_SEV_SNP)
		return jurat_fail(err, -EOPNOTSUPP, "derived keys are not available on TDX");
	if (g->device_fd < 0)
		return jurat_fail(err, -EOPNOTSUPP,
				  "derived keys are not available through configfs-tsm; use '%s'", g->device);
	return guest_device_derived_key(g, &o, ret, err);
}
