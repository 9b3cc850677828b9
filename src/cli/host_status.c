/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cli/host.h"
#include "store/access.h"
#include "store/bystanders.h"
#include "update/left.h"
#include "update/sev_device.h"
#include "verify/entry.h"
#include "verify/snp_fits.h"
#include "verify/verdict.h"

/* What `jurat host status` finds: lines of text, or members of one object. */
struct status {
	struct host *host;
	json_t *json;     /* NULL: text */
	json_t *problems; /* what an operator should mend, also in text mode */
	struct snp_platform_status platform;
	struct update_plan plan; /* of the present state */
	bool planned, failed;    /* failed: out of memory */
};

__attribute__((format(printf, 3, 4))) static void say(struct status *s, const char *name, const char *format,
						      ...)
{
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = cli_text(format, ap);
	va_end(ap);
	if (!text) {
		s->failed = true;
	} else if (s->json) {
		if (json_object_set_new(s->json, name, json_string(text)) < 0)
			s->failed = true;
	} else {
		printf("%-13s %s\n", name, text);
	}
}

/* Something is wrong: exit status 1. */
__attribute__((format(printf, 3, 4))) static void problem(struct status *s, const char *code,
							  const char *format, ...)
{
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = cli_text(format, ap);
	va_end(ap);
	if (!text || cli_add_finding(s->problems, code, text) < 0)
		s->failed = true;
}

/* In JSON for programs, with the words for people in a member of their own. */
static void say_tcb(struct status *s, const char *name, uint64_t tcb)
{
	char words[UPDATE_TCB_BYTES], of_words[32];

	update_tcb_format(s->host->update.product, tcb, words);
	snprintf(of_words, sizeof(of_words), "%s_text", name);
	if (s->json)
		say(s, name, "0x%016" PRIx64, tcb);
	say(s, s->json ? of_words : name, "%s", words);
}

/* The same for programs, with the names that the other commands have in `before` and `after`. */
static void say_signing(struct status *s, const struct update_signing *now)
{
	if (!s->json)
		return;
	say(s, "key", "%s", now->flags & SNP_STATUS_VLEK_EN ? "vlek" : "vcek");
	if (json_object_set_new(s->json, "mask_chip_id", json_boolean(now->flags & SNP_STATUS_MASK_CHIP_ID)) <
		    0 ||
	    json_object_set_new(s->json, "mask_chip_key",
				json_boolean(now->flags & SNP_STATUS_MASK_CHIP_KEY)) < 0)
		s->failed = true;
}

static void say_platform(struct status *s)
{
	const struct snp_platform_status *p = &s->platform;
	enum snp_product product = s->host->update.product;
	char signing[UPDATE_SIGNING_BYTES];
	struct update_signing now = update_signing_of(p);

	if (s->json)
		say(s, "product", "%s", snp_product_name(product));
	say(s, "firmware", "%s, API %u.%u, build %" PRIu32, snp_product_name(product), p->api_major,
	    p->api_minor, p->build_id);
	say(s, "state", "%s, %" PRIu32 " guests",
	    p->state == 0   ? "not initialised"
	    : p->state == 1 ? "initialised"
			    : "unknown",
	    p->guest_count);
	say_tcb(s, "current_tcb", p->current_tcb);
	say_tcb(s, "reported_tcb", p->reported_tcb);
	say(s, "signs_with", "%s", update_signing_format(product, &now, signing));
	say_signing(s, &now);
	if (now.flags & SNP_STATUS_MASK_CHIP_KEY)
		problem(s, "unsigned",
			"MASK_CHIP_KEY is set: no report is signed until `jurat host set-config "
			"--mask-chip-key no`");
}

/* Reads the platform, which needs no write access. */
static int inspect_platform(struct status *s)
{
	const struct update_options *o = &s->host->update;
	const struct update_request present = { .kind = UPDATE_REFRESH };
	struct jurat_error err = { "" };
	struct sev_device dev;
	char hex[BYTES_HEX_SIZE(64)];
	uint8_t hwid[64];
	int r = sev_device_open(base_env_real(), o->device, false, &dev, &err);

	if (r < 0)
		return cli_fail(s->host->cli, cli_status(r), "status: %s", err.text);
	r = sev_device_status(&dev, &s->platform, &err);
	if (r == 0)
		r = sev_device_hwid(&dev, hwid, &err);
	sev_device_close(&dev);
	if (r < 0)
		return cli_fail(s->host->cli, cli_status(r), "status: %s", err.text);
	say_platform(s);
	say(s, "chip_id", "%s", bytes_to_hex(hwid, snp_hwid_bytes(o->product), hex));
	r = update_plan_make(o->product, hwid, &s->platform, &present, &s->plan, &err);
	s->planned = r == 0;
	if (r != 0)
		problem(s, "platform", "%s", err.text);
	for (unsigned i = 0; r == 0 && i < s->plan.n_notes; i++)
		say(s, "note", "%s", s->plan.notes[i]);
	return CLI_OK;
}

/* Does not wait for whoever writes to a FIFO. */
static int read_blob(const char *path, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return jurat_fail(err, -errno, "cannot read '%s': %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return jurat_fail(err, -EINVAL, "'%s' is not a regular file", path);
	return base_read_fd(base_env_real(), fd, path, STORE_MAX_BYTES, ret, ret_size, err);
}

/* In place of all that a verifier would miss in it. */
static void inspect_empty(struct status *s)
{
	const char *blob = s->host->update.blob;
	struct host_lock updater;

	if (!host_update_at_work(s->host, &updater))
		problem(s, "empty-table",
			"'%s' is empty: guests get no certificates until `jurat host recover` succeeds",
			blob);
	else if (updater.kind)
		problem(s, "empty-table",
			"'%s' is empty: guests get no certificates until the update by %s ends", blob,
			updater.who);
	else
		problem(s, "empty-table",
			"'%s' is empty: guests get no certificates until the update that may be running ends",
			blob);
}

/* The table in place, against the key that signs now. */
static int inspect_table(struct status *s)
{
	const struct update_options *o = &s->host->update;
	struct snp_signer signer = { .product = o->product,
				     .vlek = s->plan.after.flags & SNP_STATUS_VLEK_EN,
				     .reported_tcb = s->plan.after.reported_tcb };
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	auto_free uint8_t *table = NULL;
	struct jurat_error err = { "" };
	char until[BASE_TIME_BYTES];
	struct host_lock updater;
	size_t n;
	int r = read_blob(o->blob, &table, &n, &err);

	if (r == 0 && left_is_empty(table, n) && !host_update_at_work(s->host, &updater)) {
		free(take_ptr(table)); /* the update that emptied it may have ended since */
		r = read_blob(o->blob, &table, &n, &err);
	}
	if (r == 0 && left_is_empty(table, n)) {
		inspect_empty(s);
		return CLI_OK;
	}
	if (r < 0) {
		problem(s, "no-table", "%s", err.text);
		return r == -ENOMEM ? cli_fail_memory(s->host->cli) : CLI_OK;
	}
	memcpy(signer.chip_id, s->plan.chip_id, sizeof(signer.chip_id));
	r = snp_table_fits(o->source.verifier, &signer, table, n, o->source.at, &verdict, &err);
	if (r < 0)
		return cli_fail(s->host->cli, cli_status(r), "status: %s", err.text);
	if (verdict->leaf)
		say(s, "valid_until", "%s", base_time_text(verdict->leaf->cert.not_after, until));
	if (r == 0)
		say(s, "table", "'%s' (%zu bytes) verifies reports signed with that key", o->blob, n);
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++)
		problem(s, jurat_verdict_reason_code(verdict, i), "'%s': %s", o->blob,
			jurat_verdict_reason_detail(verdict, i));
	return CLI_OK;
}

/*
 * New requests wait for it as for an update, but nothing ends it. Asked twice: an update can begin or end
 * between the two files.
 */
static void inspect_exclusive_lock(struct status *s)
{
	struct host_lock lock, updater;

	for (unsigned i = 0; i < 2; i++)
		if (!host_lock_inspect(s->host, "", &lock) || !lock.kind ||
		    strcmp(lock.kind, "exclusive") != 0 || host_update_at_work(s->host, &updater))
			return;
	problem(s, "locked",
		"'%s' has an exclusive lock of %s, which is not an update at work: guests get BUSY until "
		"that "
		"process ends, and lose their key (VMPCK) after 60 s",
		s->host->update.blob, lock.who);
}

/* Locks on the table, and on the files that an updater has beside it at work, or left when it died. */
static void inspect_locks(struct status *s)
{
	static const struct {
		const char *suffix, *name;
	} files[] = {
		{ "", "lock" },
		{ STORE_LOCK_SUFFIX, "updater" },
		{ STORE_EMPTY_SUFFIX, "undrained" },
		{ STORE_NEXT_SUFFIX, "next" },
		{ STORE_OLD_SUFFIX, "old" },
		{ STORE_SPARE_SUFFIX, "spare" },
	};
	char leftover[HOST_LEFTOVER_BYTES];
	bool updater = false;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		bool is_turn = !strcmp(files[i].suffix, STORE_LOCK_SUFFIX);
		struct host_lock lock;

		if (!host_lock_inspect(s->host, files[i].suffix, &lock))
			continue;
		if (lock.kind)
			say(s, files[i].name, "%s: %s", lock.kind, lock.who);
		else if (is_turn && lock.unreadable)
			say(s, files[i].name, "an update may be running: this user cannot read '%s'",
			    lock.name);
		updater |= is_turn && (lock.kind || lock.unreadable);
		if (files[i].suffix[0] && !updater)
			problem(s, "interrupted", "%s", host_leftover_text(&lock, leftover));
	}
}

/*
 * Readers for which no update waits. Who has the file open between two requests has no lock either, so only
 * flock(2) is a mistake for certain (doc/store-readers.md).
 */
static void inspect_bystanders(struct status *s)
{
	struct store_bystanders b;
	struct jurat_error err = { "" };

	if (store_bystanders(s->host->update.blob, &b, &err) < 0)
		return; /* there is no table, which is said already */
	if (b.flock[0])
		problem(s, "flock",
			"'%s' is locked with flock(2), which does not block updaters, by %s: during an "
			"update, its guests may get certificates that do not verify their reports",
			s->host->update.blob, b.flock);
	if (b.open[0])
		say(s, "open", "without a lock, by %s", b.open);
	if (b.mapped[0])
		say(s, "mapped", "by %s", b.mapped);
}

static int print(struct status *s)
{
	auto_free char *text = NULL;
	bool ok = json_array_size(s->problems) == 0;
	json_t *item;
	size_t i;

	if (s->json && (json_object_set_new(s->json, "ok", json_boolean(ok)) < 0 ||
			json_object_set(s->json, "problems", s->problems) < 0))
		s->failed = true;
	if (s->failed)
		return cli_fail_memory(s->host->cli);
	if (s->json) {
		text = json_dumps(s->json, JSON_INDENT(2));
		if (!text)
			return cli_fail_memory(s->host->cli);
		puts(text);
	} else {
		json_array_foreach(s->problems, i, item)
			cli_fail(s->host->cli, CLI_REFUSED, "status: %s: %s",
				 json_string_value(json_object_get(item, "code")),
				 json_string_value(json_object_get(item, "detail")));
	}
	return ok ? CLI_OK : CLI_REFUSED;
}

int host_status(struct host *host)
{
	struct status s = { .host = host, .problems = json_array() };
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (cli_wants_json(host->cli))
		s.json = json_object();
	if (!s.problems || (cli_wants_json(host->cli) && !s.json))
		status = cli_fail_memory(host->cli);
	if (status == CLI_OK)
		status = inspect_platform(&s);
	if (status == CLI_OK && s.planned)
		status = inspect_table(&s);
	if (status == CLI_OK) {
		if (store_check_path(base_env_real(), host->update.blob, &err) < 0)
			problem(&s, "access", "%s", err.text);
		inspect_locks(&s);
		inspect_exclusive_lock(&s);
		inspect_bystanders(&s);
		status = print(&s);
	}
	json_decref(s.json);
	json_decref(s.problems);
	return status;
}
