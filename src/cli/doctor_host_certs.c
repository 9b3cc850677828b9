/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cli/doctor.h"
#include "cli/host.h"
#include "store/access.h"
#include "store/bystanders.h"
#include "update/left.h"
#include "update/plan.h"
#include "update/sev_device.h"
#include "verify/entry.h"
#include "verify/snp_fits.h"
#include "verify/verdict.h"

enum { SOON_DAYS = 30, LONGEST_UPDATE_S = 60 };

/* What is known of the firmware. */
struct platform {
	enum snp_product product;
	struct snp_platform_status status;
	struct update_plan plan; /* of the present state */
	bool known;
};

static const char *device_of(const struct doctor *d)
{
	const char *named = cli_get(d->cli, "device");

	return named ? named : "/dev/sev";
}

const char *doctor_blob(const struct doctor *d)
{
	const char *named = cli_get(d->cli, "blob");

	return named ? named : d->root ? NULL : cli_getenv("JURAT_CERTS");
}

/* Two commands that only read: SNP_PLATFORM_STATUS and GET_ID2. */
static int ask_device(struct doctor *d, struct snp_platform_status *status, uint8_t hwid[64],
		      struct jurat_error *err)
{
	struct sev_device dev;
	int r = sev_device_open(d->env, device_of(d), false, &dev, err);

	if (r < 0)
		return r;
	r = sev_device_status(&dev, status, err);
	if (r == 0 && status->state != 0)
		r = sev_device_hwid(&dev, hwid, err);
	sev_device_close(&dev);
	return r;
}

static void check_firmware(struct doctor *d, const uint8_t hwid[64], struct platform *p)
{
	const struct update_request present = { .kind = UPDATE_REFRESH };
	char signing[UPDATE_SIGNING_BYTES];
	struct jurat_error err = { "" };

	if (p->status.state == 0) {
		doctor_find(d, DOCTOR_HOST_NOT_INITIALISED, "SNP_PLATFORM_STATUS: state 0 (UNINIT)");
		return;
	}
	if (p->status.flags & SNP_STATUS_MASK_CHIP_KEY)
		doctor_find(d, DOCTOR_HOST_MASK_KEY, "SNP_PLATFORM_STATUS has MASK_CHIP_KEY");
	if (p->status.flags & SNP_STATUS_MASK_CHIP_ID)
		doctor_find(d, DOCTOR_HOST_MASK_ID, "SNP_PLATFORM_STATUS has MASK_CHIP_ID");
	if (p->product == SNP_PRODUCT_UNKNOWN) {
		doctor_find(d, DOCTOR_HOST_PRODUCT, "reported TCB 0x%016llx",
			    (unsigned long long)p->status.reported_tcb);
		return;
	}
	p->known = !(p->status.flags & SNP_STATUS_MASK_CHIP_KEY) &&
		   update_plan_make(p->product, hwid, &p->status, &present, &p->plan, &err) == 0;
	if (p->known)
		doctor_ok(d, DOCTOR_HOP_HOST_FIRMWARE, "signs with the %s",
			  update_signing_format(p->product, &p->plan.after, signing));
	else
		doctor_skip(d, DOCTOR_HOP_HOST_FIRMWARE, "%s", err.text);
}

static void check_device(struct doctor *d, struct platform *p)
{
	struct jurat_error err = { "" };
	uint8_t hwid[64] = { 0 };
	int r;

	if (d->root && doctor_exists(d, "/dev/sev")) {
		doctor_ok(d, DOCTOR_HOP_HOST_DEVICE, "'/dev/sev' exists");
		doctor_skip(d, DOCTOR_HOP_HOST_FIRMWARE, "--root: the firmware is not asked");
		return;
	}
	r = d->root ? -ENOENT : ask_device(d, &p->status, hwid, &err);
	if (r == -ENOENT || r == -ENODEV || r == -ENXIO)
		doctor_find(d, DOCTOR_HOST_DEVICE_MISSING, "%s", d->root ? "no '/dev/sev'" : err.text);
	else if (r == -EACCES || r == -EPERM)
		doctor_find(d, DOCTOR_HOST_DEVICE_PERMISSION, "%s", err.text);
	else if (r < 0)
		doctor_find(d, DOCTOR_HOST_DEVICE_FAILS, "%s", err.text);
	if (r < 0) {
		doctor_skip(d, DOCTOR_HOP_HOST_FIRMWARE, "needs the device");
		return;
	}
	doctor_ok(d, DOCTOR_HOP_HOST_DEVICE, "'%s' answers", device_of(d));
	check_firmware(d, hwid, p);
}

static void check_table(struct doctor *d, const struct platform *p, const uint8_t *table, size_t n)
{
	struct snp_signer signer = { .product = p->product,
				     .vlek = p->plan.after.flags & SNP_STATUS_VLEK_EN,
				     .reported_tcb = p->plan.after.reported_tcb };
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	struct jurat_verifier *verifier = doctor_verifier_new(d);
	char until[BASE_TIME_BYTES] = "";

	if (!verifier) {
		doctor_skip(d, DOCTOR_HOP_HOST_CERTS, "the roots cannot be used");
		return;
	}
	memcpy(signer.chip_id, p->plan.chip_id, sizeof(signer.chip_id));
	if (snp_table_fits(verifier, &signer, table, n, d->at, &verdict, NULL) < 0)
		d->failed = true;
	for (size_t i = 0; verdict && i < jurat_verdict_reason_count(verdict); i++)
		doctor_find(d, doctor_finding_of(jurat_verdict_reason_code(verdict, i), true), "%s: %s",
			    jurat_verdict_reason_code(verdict, i), jurat_verdict_reason_detail(verdict, i));
	if (verdict && verdict->leaf) {
		int64_t end = verdict->leaf->cert.not_after;

		base_time_text(end, until);
		if (end >= d->at && end - d->at < (int64_t)SOON_DAYS * BASE_DAY_SECONDS)
			doctor_find(d, DOCTOR_HOST_CERTS_SOON, "valid until %s", until);
	}
	doctor_ok(d, DOCTOR_HOP_HOST_CERTS, "%zu bytes verify the reports of this host, until %s", n, until);
	jurat_verifier_free(verifier);
}

/* One finding, however many files it left: the one whose reader `jurat host recover` waits for. */
static void find_leftover(struct doctor *d, const struct host *host)
{
	static const char *const suffixes[] = { STORE_EMPTY_SUFFIX, STORE_NEXT_SUFFIX, STORE_OLD_SUFFIX,
						STORE_SPARE_SUFFIX };
	struct host_lock lock, left = { .is_there = false };
	char text[HOST_LEFTOVER_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && !left.kind; i++)
		if (host_lock_inspect(host, suffixes[i], &lock) && (lock.kind || !left.is_there))
			left = lock;
	if (left.is_there)
		doctor_find(d, DOCTOR_UPDATE_INTERRUPTED, "%s", host_leftover_text(&left, text));
}

static const char *holder_of(const struct host_lock *lock)
{
	return lock->who[0] ? lock->who : "a process of another user";
}

static void check_locks(struct doctor *d, const struct host *host, bool has_blob)
{
	struct store_bystanders b;
	struct host_lock lock;

	if (host_update_at_work(host, &lock)) {
		if (lock.unreadable)
			doctor_skip(d, DOCTOR_HOP_HOST_LOCK,
				    "this user cannot read '%s': an update may be in progress", lock.name);
		doctor_ok(d, DOCTOR_HOP_HOST_LOCK, "an update is in progress: %s", holder_of(&lock));
	} else {
		find_leftover(d, host);
		if (host_lock_inspect(host, "", &lock) && lock.kind && !strcmp(lock.kind, "exclusive"))
			doctor_find(d, DOCTOR_LOCK_HELD, "%s", holder_of(&lock));
	}
	if (store_bystanders(host->update.blob, &b, NULL) == 0 && b.flock[0])
		doctor_find(d, DOCTOR_LOCK_FLOCK, "%s", b.flock);
	if (has_blob)
		doctor_ok(d, DOCTOR_HOP_HOST_LOCK, "no exclusive lock, and nothing left by an update");
	else
		doctor_skip(d, DOCTOR_HOP_HOST_LOCK, "needs the blob");
}

/* An updater writes the empty table just before it puts it in place: its age is how long guests wait. */
static void find_empty(struct doctor *d, const struct host *host, size_t n)
{
	const char *blob = host->update.blob;
	struct host_lock updater;
	struct base_stat st;
	int64_t age = 0;

	if (!host_update_at_work(host, &updater)) {
		doctor_find(d, DOCTOR_BLOB_EMPTY, "'%s' has %zu bytes, and no certificate", blob, n);
		return;
	}
	if (base_stat(d->env, blob, &st) == 0)
		age = base_realtime_s(d->env) - st.mtime_ns / 1000000000;
	if (age > LONGEST_UPDATE_S)
		doctor_find(d, DOCTOR_UPDATE_STUCK, "'%s' has been empty for %lld s, while %s updates it",
			    blob, (long long)age, holder_of(&updater));
	else
		doctor_find(d, DOCTOR_UPDATE_RUNNING, "'%s' is empty, while %s updates it", blob,
			    holder_of(&updater));
}

/* As far as owner, group and mode say so. */
static bool only_root(const char *path, const struct base_stat *st, unsigned group, unsigned others)
{
	return st->uid == 0 && !(st->mode & others) && (st->gid == 0 || !(st->mode & group)) &&
	       getxattr(path, "system.posix_acl_access", NULL, 0) <= 0;
}

static void check_access(struct doctor *d, const char *blob)
{
	char dir[PATH_MAX] = ".";
	const char *slash = strrchr(blob, '/');
	struct jurat_error err = { "" };
	struct base_stat there, in;
	int r = store_check_path(d->env, blob, &err);

	if (r == -ENOMEM)
		d->failed = true;
	else if (r < 0)
		doctor_find(d, DOCTOR_BLOB_ACCESS, "%s", err.text);
	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", slash == blob ? 1 : (int)(slash - blob), blob);
	if (d->root || d->simulated || base_stat(d->env, blob, &there) < 0 || base_stat(d->env, dir, &in) < 0)
		return;
	if (only_root(blob, &there, 0040, 0004) || only_root(dir, &in, 0010, 0001))
		doctor_find(d, DOCTOR_BLOB_UNREADABLE,
			    "'%s' has mode %04o, owner %u and group %u, its directory mode %04o, owner %u "
			    "and group %u",
			    blob, there.mode & 07777, there.uid, there.gid, in.mode & 07777, in.uid, in.gid);
}

static int read_blob(struct doctor *d, const struct host *host, uint8_t **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	struct host_lock updater;
	int r = doctor_read_file(d, host->update.blob, STORE_MAX_BYTES, ret, ret_size, err);

	if (r < 0 || !left_is_empty(*ret, *ret_size) || host_update_at_work(host, &updater))
		return r;
	free(*ret); /* the update that emptied it may have ended since */
	*ret = NULL;
	return doctor_read_file(d, host->update.blob, STORE_MAX_BYTES, ret, ret_size, err);
}

/* Which table the VMMs serve. A kernel that lets them serve none needs none. */
static bool is_blob_named(struct doctor *d)
{
	const struct doctor_found *kvm = doctor_worst(d, DOCTOR_HOP_HOST_REQ_CERTS);
	bool asked = d->cli->n_args > 0 && !d->root && !(kvm && kvm->finding == DOCTOR_NO_REQ_CERTS);

	if (doctor_blob(d))
		return true;
	if (asked)
		doctor_find(d, DOCTOR_BLOB_UNNAMED, "no --blob, and no $JURAT_CERTS");
	else
		doctor_skip(d, DOCTOR_HOP_HOST_BLOB, "no --blob, and no $JURAT_CERTS");
	return false;
}

static void check_blob(struct doctor *d, const struct platform *p)
{
	struct host host = { .cli = d->cli, .update.blob = doctor_blob(d) };
	auto_free uint8_t *table = NULL;
	struct jurat_error err = { "" };
	size_t n = 0;
	int r;

	if (!is_blob_named(d))
		return;
	r = read_blob(d, &host, &table, &n, &err);
	if (r == -EACCES || r == -EPERM) {
		doctor_find(d, DOCTOR_BLOB_PERMISSION, "%s", err.text);
		doctor_skip(d, DOCTOR_HOP_HOST_LOCK, "needs the blob");
		doctor_skip(d, DOCTOR_HOP_HOST_CERTS, "needs the blob");
		return;
	}
	if (r < 0)
		doctor_find(d, DOCTOR_BLOB_MISSING, "%s", err.text);
	else if (left_is_empty(table, n))
		find_empty(d, &host, n);
	if (r == 0)
		check_access(d, host.update.blob);
	if (!doctor_worst(d, DOCTOR_HOP_HOST_BLOB))
		doctor_ok(d, DOCTOR_HOP_HOST_BLOB, "'%s' has %zu bytes", host.update.blob, n);
	check_locks(d, &host, r == 0);
	if (r == 0 && p->known && !left_is_empty(table, n))
		check_table(d, p, table, n);
	else
		doctor_skip(d, DOCTOR_HOP_HOST_CERTS, "needs a table and an answer of the firmware");
}

void doctor_host_certs(struct doctor *d)
{
	struct platform p = { .product = doctor_product(d) };

	check_device(d, &p);
	check_blob(d, &p);
}
