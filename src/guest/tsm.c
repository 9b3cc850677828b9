/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

/* Reports through configfs-tsm. Spec: Linux Documentation/ABI/testing/configfs-tsm. */

#define NAME_TRIES 8

enum { TEXT_MAX_BYTES = 4096, NAME_BYTES = 8 };

/* A directory below .../tsm/report, for one report. Counts its writes, as the kernel does. */
struct instance {
	struct base_env *env;
	char *path;
	uint64_t generation; /* expected value of the kernel's generation when nobody else wrote */
};

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

bool guest_is_busy(int r)
{
	return r == -EBUSY || r == -EWOULDBLOCK || r == -EINTR;
}

bool guest_wait_busy(struct base_env *env, unsigned i)
{
	if (i + 1 >= GUEST_TSM_BUSY_TRIES)
		return false;
	base_sleep_ns(env, (uint64_t)GUEST_TSM_BUSY_FIRST_NS << i);
	return true;
}

static void remove_instance(struct instance *in)
{
	if (!in->path)
		return;
	for (unsigned i = 0; base_rmdir(in->env, in->path) == -EBUSY && guest_wait_busy(in->env, i); i++)
		;
	free(in->path);
	in->path = NULL;
}

/* Creates a directory with a unique name. */
static int make_instance(const struct jurat_guest *g, struct instance *in, struct jurat_error *err)
{
	char name[sizeof("jurat-") + 2 * NAME_BYTES], hex[BYTES_HEX_SIZE(NAME_BYTES)];
	uint8_t random[NAME_BYTES];
	int r;

	in->env = g->env;
	for (unsigned i = 0; i < NAME_TRIES; i++) {
		auto_free char *path = NULL;

		r = base_random(g->env, random, sizeof(random));
		if (r < 0)
			return jurat_fail(err, r, "cannot get random bytes: %s", strerror(-r));
		snprintf(name, sizeof(name), "jurat-%s", bytes_to_hex(random, sizeof(random), hex));
		path = join(g->configfs, name);
		if (!path)
			return jurat_fail_memory(err);
		r = base_mkdir(g->env, path, 0700);
		if (r == 0) {
			in->path = take_ptr(path);
			return 0;
		}
		if (r != -EEXIST)
			break;
	}
	return jurat_fail(err, r, "cannot make a directory in '%s': %s", g->configfs,
			  r == -ENXIO ? "no TEE driver is registered" : strerror(-r));
}

/* Reads a whole attribute; waits while it is busy. n bytes and a NUL, which the caller frees. */
static int read_attribute(const struct instance *in, const char *name, size_t max, uint8_t **ret,
			  size_t *ret_size, struct jurat_error *err)
{
	auto_free char *path = join(in->path, name);
	int r;

	if (!path)
		return jurat_fail_memory(err);
	for (unsigned i = 0;; i++) {
		r = base_read_file(in->env, path, max, ret, ret_size, err);
		if (!guest_is_busy(r) || !guest_wait_busy(in->env, i))
			return r;
	}
}

static int read_number(const struct instance *in, const char *name, uint64_t max, uint64_t *ret,
		       struct jurat_error *err)
{
	auto_free uint8_t *text = NULL;
	uint64_t value = 0;
	size_t n = 0, i;
	int r;

	r = read_attribute(in, name, TEXT_MAX_BYTES, &text, &n, err);
	if (r < 0)
		return r;
	for (i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return jurat_fail(err, -EPROTO, "'%s/%s' is too large a number", in->path, name);
	if (i == 0 || !(i == n || (i + 1 == n && text[i] == '\n')) || value > max)
		return jurat_fail(err, -EPROTO, "'%s/%s' is not a number up to %llu", in->path, name,
				  (unsigned long long)max);
	*ret = value;
	return 0;
}

static const char *provider_of(enum jurat_tee tee)
{
	return tee == JURAT_TEE_TDX ? "tdx_guest" : "sev_guest";
}

static bool is_provider(const uint8_t *text, size_t n, enum jurat_tee tee)
{
	const char *name = provider_of(tee);

	return n == strlen(name) && memcmp(text, name, n) == 0;
}

/* Checks that the provider is that of `tee`, or with JURAT_TEE_AUTO a known one; *ret is its TEE. */
static int check_provider(const struct instance *in, enum jurat_tee tee, enum jurat_tee *ret,
			  struct jurat_error *err)
{
	auto_free uint8_t *text = NULL;
	size_t n = 0;
	int r;

	r = read_attribute(in, "provider", TEXT_MAX_BYTES, &text, &n, err);
	if (r < 0)
		return r;
	if (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	for (enum jurat_tee known = JURAT_TEE_SEV_SNP; known <= JURAT_TEE_TDX; known++)
		if (is_provider(text, n, known) && (tee == JURAT_TEE_AUTO || tee == known)) {
			*ret = known;
			return 0;
		}
	return jurat_fail(err, -ENODEV, "'%s/provider' is '%.32s', not '%s'", in->path,
			  bytes_all(text, n, 0) ? "" : (const char *)text,
			  tee == JURAT_TEE_AUTO ? "sev_guest' or 'tdx_guest" : provider_of(tee));
}

/* Writes an attribute once. The kernel stores binary attributes at close(2), without returning the result. */
static int write_once(const struct instance *in, const char *path, const void *data, size_t n,
		      struct jurat_error *err)
{
	int fd = base_open(in->env, path, O_WRONLY, 0), closed;
	ssize_t written;

	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	written = base_write(in->env, fd, data, n);
	closed = base_close(in->env, fd);
	if (written >= 0 && (size_t)written != n)
		written = -EIO; /* a second write would be a second store */
	if (written >= 0)
		written = closed;
	if (written < 0)
		return jurat_fail(err, (int)written, "cannot write '%s': %s", path, strerror((int)-written));
	return 0;
}

/* Writes an attribute and checks by its generation that the kernel has stored it (B48). */
static int write_attribute(struct instance *in, const char *name, const void *data, size_t n,
			   struct jurat_error *err)
{
	auto_free char *path = join(in->path, name);
	uint64_t generation = 0;
	int r;

	if (!path)
		return jurat_fail_memory(err);
	for (unsigned i = 0;; i++) {
		r = write_once(in, path, data, n, err);
		if (r < 0 && !guest_is_busy(r))
			return r;
		r = read_number(in, "generation", UINT64_MAX, &generation, err);
		if (r < 0)
			return r;
		if (generation == in->generation + 1) {
			in->generation++;
			return 0;
		}
		if (generation != in->generation)
			return jurat_fail(err, -EBUSY, "'%s': another process is writing to this entry",
					  in->path);
		if (!guest_wait_busy(in->env, i))
			return jurat_fail(err, -EBUSY, "'%s' stays busy", path);
	}
}

static int check_generation(const struct instance *in, struct jurat_error *err)
{
	uint64_t generation = 0;
	int r;

	r = read_number(in, "generation", UINT64_MAX, &generation, err);
	if (r < 0)
		return r;
	if (generation != in->generation)
		return jurat_fail(err, -EBUSY, "'%s' changed while it was read: generation %llu, not %llu",
				  in->path, (unsigned long long)generation,
				  (unsigned long long)in->generation);
	return 0;
}

/*
 * Writes the privilege level: the requested one, or the floor. The kernel's default is 0 even if the floor is
 * above it (B35).
 */
static int write_privlevel(struct instance *in, const struct jurat_guest_report_options *options,
			   struct jurat_error *err)
{
	uint32_t vmpl = options->vmpl;
	uint64_t floor = 0;
	char text[16];
	int n, r;

	if (!options->has_vmpl) {
		r = read_number(in, "privlevel_floor", 3, &floor, err);
		if (r == -ENOENT) /* the provider has no privilege levels */
			return 0;
		if (r < 0)
			return r;
		vmpl = (uint32_t)floor;
	}
	n = snprintf(text, sizeof(text), "%u", vmpl);
	return write_attribute(in, "privlevel", text, (size_t)n, err);
}

static int read_blob(const struct instance *in, const char *name, size_t max, uint8_t **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	auto_free uint8_t *blob = NULL;
	size_t n = 0;
	int r;

	r = read_attribute(in, name, max, &blob, &n, err);
	if (r == 0)
		r = check_generation(in, err);
	if (r < 0)
		return r;
	*ret = take_ptr(blob);
	*ret_size = n;
	return 0;
}

static int check_report(const struct instance *in, enum jurat_tee tee, const uint8_t *report, size_t n,
			const uint8_t report_data[64], struct jurat_error *err)
{
	int r = tee == JURAT_TEE_TDX ? guest_check_quote(report, n, report_data, err)
				     : guest_check_report(report, n, report_data, err);

	return r < 0 ? jurat_wrap(err, r, "'%s/outblob'", in->path) : 0;
}

/*
 * Possible causes of a failure to read outblob, for which the kernel returns only an errno, and what to do.
 * Source: Linux drivers/virt/coco, sev-guest and tdx-guest.
 */
static const struct {
	enum jurat_tee tee;
	int r;
	const char *text;
} causes[] = {
	{ JURAT_TEE_SEV_SNP, -EINVAL,
	  "the firmware refused the request: is the VMPL below that of this guest (see privlevel_floor)?" },
	{ JURAT_TEE_SEV_SNP, -EIO,
	  "the firmware or the host failed, or the host's certificates need more than 16 KiB; the kernel log "
	  "says more, and so does the ioctl (--via ioctl)" },
	{ JURAT_TEE_SEV_SNP, -ENOTTY,
	  "the driver has no key to the firmware: it wiped it after an earlier failure; restart the guest" },
	{ JURAT_TEE_SEV_SNP, -ETIMEDOUT,
	  "the host was busy for a minute, and the driver has wiped its key to the firmware; restart the "
	  "guest" },
	{ JURAT_TEE_SEV_SNP, -EBADMSG,
	  "the firmware's answer was not authentic, and the driver has wiped its key to it; restart the "
	  "guest" },
	{ JURAT_TEE_SEV_SNP, -ENXIO, "the firmware failed, or the driver was unloaded; see the kernel log" },
	{ JURAT_TEE_SEV_SNP, -EPROTO,
	  "an empty report: the hypervisor refused the guest's exit; see the host's log" },
	{ JURAT_TEE_TDX, -EIO,
	  "the host could not make a quote: is its quoting service (QGS) running, and configured in the "
	  "VMM?" },
	{ JURAT_TEE_TDX, -EPROTO,
	  "the host could not make a quote: is its quoting service (QGS) running, and configured in the "
	  "VMM?" },
	{ JURAT_TEE_TDX, -ETIMEDOUT,
	  "no quote in time: is the host's quoting service (QGS) reachable? See its log" },
	{ JURAT_TEE_TDX, -EINVAL,
	  "the host refused the request: does its VMM support GetQuote for this TD?" },
	{ JURAT_TEE_TDX, -EFBIG, "the host's answer is larger than the driver's buffer; see the host's log" },
};

/* `empty`: outblob was read and was empty. */
static int explain_outblob(enum jurat_tee tee, int r, bool empty, struct jurat_error *err)
{
	struct jurat_error what;

	if (!err || (r == -EPROTO && !empty))
		return r;
	what = *err;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].tee == tee && causes[i].r == r)
			return jurat_fail(err, r, "%s (%s)", what.text, causes[i].text);
	return r;
}

static int read_outblob(const struct instance *in, enum jurat_tee tee, const uint8_t report_data[64],
			uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	const size_t max = tee == JURAT_TEE_TDX ? GUEST_TDX_QUOTE_MAX_BYTES : GUEST_TSM_BLOB_MAX_BYTES;
	auto_free uint8_t *report = NULL;
	size_t n = 0;
	int r = read_blob(in, "outblob", max, &report, &n, err);

	if (r < 0)
		return explain_outblob(tee, r, false, err);
	r = check_report(in, tee, report, n, report_data, err);
	if (r < 0)
		return explain_outblob(tee, r, n == 0, err);
	*ret = take_ptr(report);
	*ret_size = n;
	return 0;
}

/* Fetches a report through one entry. -EBUSY: try again with a new entry. */
static int report_once(struct jurat_guest *g, const uint8_t report_data[64],
		       const struct jurat_guest_report_options *options, struct jurat_evidence *ret,
		       struct jurat_error *err)
{
	auto_call(remove_instance) struct instance in = { 0 };
	auto_free uint8_t *report = NULL, *certs = NULL;
	size_t report_size = 0, certs_size = 0;
	const bool tdx = g->tee == JURAT_TEE_TDX;
	enum jurat_tee tee;
	int r;

	r = make_instance(g, &in, err);
	if (r == 0)
		r = check_provider(&in, g->tee, &tee, err);
	if (r == 0)
		r = read_number(&in, "generation", UINT64_MAX, &in.generation, err);
	if (r == 0 && !tdx)
		r = write_privlevel(&in, options, err);
	if (r == 0)
		r = write_attribute(&in, "inblob", report_data, 64, err);
	if (r == 0)
		r = read_outblob(&in, g->tee, report_data, &report, &report_size, err);
	if (r == 0 && !tdx && !options->no_certificates)
		r = read_blob(&in, "auxblob", GUEST_TSM_BLOB_MAX_BYTES, &certs, &certs_size, err);
	if (r < 0)
		return r;
	*ret = (struct jurat_evidence){ .report = take_ptr(report), .report_size = report_size };
	certs_size = certs ? guest_certs_size(certs, certs_size) : 0;
	if (certs_size > 0) {
		ret->certs = take_ptr(certs);
		ret->certs_size = certs_size;
	}
	return 0;
}

int guest_tsm_report(struct jurat_guest *g, const uint8_t report_data[64],
		     const struct jurat_guest_report_options *options, struct jurat_evidence *ret,
		     struct jurat_error *err)
{
	int r;

	for (unsigned i = 0;; i++) {
		r = report_once(g, report_data, options, ret, err);
		if (!guest_is_busy(r))
			return r;
		if (i + 1 >= GUEST_TSM_TRIES)
			return jurat_wrap(err, -EBUSY, "configfs-tsm");
	}
}

int guest_tsm_probe(struct jurat_guest *g, struct jurat_error *err)
{
	auto_call(remove_instance) struct instance in = { 0 };
	int r;

	r = make_instance(g, &in, err);
	return r < 0 ? r : check_provider(&in, g->tee, &g->tee, err);
}
