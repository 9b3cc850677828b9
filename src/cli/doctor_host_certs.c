/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

enum { SOON_DAYS = 30 };

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

static const char *blob_of(const struct doctor *d)
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

static void check_locks(struct doctor *d, struct host *host)
{
	static const char *const suffixes[] = { STORE_EMPTY_SUFFIX, STORE_NEXT_SUFFIX, STORE_OLD_SUFFIX,
						STORE_SPARE_SUFFIX };
	struct store_bystanders b;
	struct host_lock lock;
	bool at_work = host_update_at_work(host, &lock);
	char text[HOST_LEFTOVER_BYTES];

	if (at_work)
		doctor_ok(d, DOCTOR_HOP_HOST_LOCK, "an update is in progress: %s", lock.who);
	for (size_t i = 0; !at_work && i < ARRAY_SIZE(suffixes); i++)
		if (host_lock_inspect(host, suffixes[i], &lock))
			doctor_find(d, DOCTOR_UPDATE_INTERRUPTED, "%s", host_leftover_text(&lock, text));
	if (!at_work && host_lock_inspect(host, "", &lock) && lock.kind && !strcmp(lock.kind, "exclusive"))
		doctor_find(d, DOCTOR_LOCK_HELD, "%s",
			    lock.who[0] ? lock.who : "a process of another user holds it");
	if (store_bystanders(host->update.blob, &b, NULL) == 0 && b.flock[0])
		doctor_find(d, DOCTOR_LOCK_FLOCK, "%s", b.flock);
	doctor_ok(d, DOCTOR_HOP_HOST_LOCK, "no exclusive lock, and nothing left by an update");
}

static void check_blob(struct doctor *d, const struct platform *p)
{
	const char *blob = blob_of(d);
	struct host host = { .cli = d->cli, .update.blob = blob };
	auto_free uint8_t *table = NULL;
	struct jurat_error err = { "" };
	struct host_lock updater;
	size_t n = 0;
	int r;

	if (!blob) {
		doctor_skip(d, DOCTOR_HOP_HOST_BLOB, "no --blob, and no $JURAT_CERTS");
		return;
	}
	r = doctor_read_file(d, blob, STORE_MAX_BYTES, &table, &n, &err);
	if (r < 0)
		doctor_find(d, DOCTOR_BLOB_MISSING, "%s", err.text);
	else if (left_is_empty(table, n) && !host_update_at_work(&host, &updater))
		doctor_find(d, DOCTOR_BLOB_EMPTY, "'%s'", blob);
	if (store_check_path(d->env, blob, &err) < 0 && r == 0)
		doctor_find(d, DOCTOR_BLOB_ACCESS, "%s", err.text);
	doctor_ok(d, DOCTOR_HOP_HOST_BLOB, "'%s' has %zu bytes", blob, n);
	check_locks(d, &host);
	if (r == 0 && p->known && !left_is_empty(table, n))
		check_table(d, p, table, n);
	else
		doctor_skip(d, DOCTOR_HOP_HOST_CERTS, "needs the blob and an answer of the firmware");
}

void doctor_host_certs(struct doctor *d)
{
	struct platform p = { .product = doctor_product(d) };

	check_device(d, &p);
	check_blob(d, &p);
}
