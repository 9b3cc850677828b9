/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/event_data.h"
#include "verify/policy_events.h"
#include "verify/tdx_judge.h"

/*
 * What a policy requires of the events in a log. Only those that extend an explained RTMR count, since the
 * others may be made up. No digest covers the type of an event, so nothing here is concluded from a type
 * alone.
 */

enum {
	/* as events count them: RTMR1, RTMR2 */
	RTMR_OF_LOADER = 2,
	RTMR_OF_KERNEL = 3,
	MAX_EVENT_REASONS = 8,       /* of one kind */
	MAX_CMDLINE_MATCHES = 32768, /* some tenths of a second */
};

static const struct measure_event *authentic(const struct tdx_judge *j, const struct measure_log *log,
					     size_t i)
{
	const struct measure_event *e = measure_log_event(log, i);

	return e && e->extends && j->tdx->events->rtmr[e->index - 1].explained ? e : NULL;
}

static void name_event(const struct measure_event *e, size_t i, char *to, size_t n)
{
	char type[POLICY_EVENT_TYPE_BYTES];

	snprintf(to, n, "event %zu (%s)", i + 1, policy_event_type(e->type, type));
}

/*
 * The command line of the policy that an event measured; NULL: none. This hashes each of them in several
 * encodings, for `left` events at most, and for one more counts as no match.
 */
static const char *match_cmdline(const struct measure_event *e, const struct policy_words *allowed,
				 unsigned *left)
{
	for (size_t i = 0; *left > 0 && i < allowed->n; i++, --*left)
		if (measure_event_command_line_is(e, allowed->items[i], strlen(allowed->items[i])))
			return allowed->items[i];
	return NULL;
}

static void judge_digests(struct tdx_judge *j, const struct measure_log *log, unsigned *left)
{
	const struct policy_events *wanted = &j->policy->event_digests;
	const size_t n = measure_log_count(log);
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)], name[96];
	unsigned reasons = 0;

	for (size_t i = 0; i < n && reasons < MAX_EVENT_REASONS; i++) {
		const struct measure_event *e = authentic(j, log, i);
		const struct policy_event *row = e ? policy_events_of(wanted, e->type) : NULL;

		if (!row ||
		    (row->digests.n > 0 && policy_list_has(&row->digests, e->digest, MEASURE_DIGEST_BYTES)) ||
		    match_cmdline(e, &j->policy->kernel_cmdline, left))
			continue;
		name_event(e, i, name, sizeof(name));
		verdict_refuse(j->out, REASON_EVENT_NOT_ALLOWED, "%s: digest %s", name,
			       bytes_to_hex(e->digest, MEASURE_DIGEST_BYTES, hex));
		reasons++;
	}
	for (size_t k = 0; k < wanted->n; k++) {
		const struct policy_event *row = &wanted->items[k];
		bool found = row->every_other;

		for (size_t i = 0; i < n && !found; i++) {
			const struct measure_event *e = authentic(j, log, i);

			found = e && e->type == row->type;
		}
		if (!found)
			verdict_refuse(j->out, REASON_EVENT_MISSING, "event_digests: no event of type %s",
				       policy_event_type(row->type, name));
	}
}

/* ---- Kernel command line */

static int note_cmdline(struct verdict_events *to, const char *text, size_t n)
{
	char **more, *copy;

	for (size_t i = 0; i < to->n_cmdlines; i++)
		if (strlen(to->cmdlines[i]) == n && memcmp(to->cmdlines[i], text, n) == 0)
			return 0;
	if (to->n_cmdlines == VERDICT_MAX_CMDLINES)
		return 0;
	more = reallocarray(to->cmdlines, to->n_cmdlines + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	to->cmdlines = more;
	copy = strndup(text, n);
	if (!copy)
		return -ENOMEM;
	to->cmdlines[to->n_cmdlines++] = copy;
	return 0;
}

static void refuse_cmdline(struct tdx_judge *j, const struct measure_event *e, size_t i, const char *text,
			   size_t n)
{
	struct bytes_rd r = bytes_rd((const uint8_t *)text, n);
	char name[96], shown[128];

	name_event(e, i, name, sizeof(name));
	if (text)
		verdict_refuse(j->out, REASON_KERNEL_CMDLINE_NOT_ALLOWED, "%s: '%s%s'", name,
			       verdict_name(&r, shown, sizeof(shown)), n >= sizeof(shown) ? "..." : "");
	else
		verdict_refuse(j->out, REASON_KERNEL_CMDLINE_NOT_ALLOWED,
			       "%s: its digest is not that of a command line in kernel_cmdline", name);
}

static int judge_cmdlines(struct tdx_judge *j, const struct measure_log *log, unsigned *left)
{
	const struct policy_words *allowed = &j->policy->kernel_cmdline;
	unsigned reasons = 0;
	bool found = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < measure_log_count(log); i++) {
		const struct measure_event *e = authentic(j, log, i);
		const char *match = e ? match_cmdline(e, allowed, left) : NULL, *text;
		size_t n = 0;

		if (match) {
			found = true;
			r = note_cmdline(j->tdx->events, match, strlen(match));
		} else if (e && measure_event_is_command_line(e)) {
			text = measure_event_command_line(e, &n);
			if (text)
				r = note_cmdline(j->tdx->events, text, n);
			if (allowed->n > 0 && reasons++ < MAX_EVENT_REASONS)
				refuse_cmdline(j, e, i, text, n);
		}
	}
	if (r == 0 && allowed->n > 0 && !found && reasons == 0)
		verdict_refuse(j->out, REASON_EVENT_MISSING,
			       "kernel_cmdline: no event measures one of its command lines");
	return r;
}

/* ---- What the policy leaves open */

/* Spec: TCG PC Client Platform Firmware Profile, EV_EFI_ACTION. The first is a separator. */
static const struct {
	const char *data;
	size_t n;
} usual[TDX_N_USUAL_EVENTS] = {
	{ "\0\0\0\0", 4 },
	{ "Calling EFI Application from Boot Option", 40 },
	{ "Returning from EFI Application from Boot Option", 47 },
	{ "Exit Boot Services Invocation", 29 },
	{ "Exit Boot Services Returned with Success", 40 },
};

void tdx_usual_event(size_t i, uint8_t to[MEASURE_DIGEST_BYTES])
{
	crypto_sha384(usual[i].data, usual[i].n, to);
}

bool tdx_event_is_usual(const uint8_t *digest)
{
	uint8_t one[MEASURE_DIGEST_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		tdx_usual_event(i, one);
		if (memcmp(one, digest, sizeof(one)) == 0)
			return true;
	}
	return false;
}

/*
 * The table of a disk's partitions, as firmware measures it with the image that it boots. A digest of such
 * data is of no image and of no command.
 */
static bool is_partition_table(const struct measure_event *e)
{
	static const char signature[8] = { 'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T' };
	uint8_t digest[MEASURE_DIGEST_BYTES];

	if (e->index != RTMR_OF_LOADER || e->n < sizeof(signature) ||
	    memcmp(e->data, signature, sizeof(signature)) != 0)
		return false;
	crypto_sha384(e->data, e->n, digest);
	return memcmp(digest, e->digest, sizeof(digest)) == 0;
}

/* Whether the policy says what this event may be, or it measures nothing that runs. */
static bool is_fixed(const struct tdx_judge *j, const struct measure_event *e, unsigned *left)
{
	const struct jurat_policy *p = j->policy;
	const size_t pinned[] = { p->rtmr0.n, p->rtmr1.n, p->rtmr2.n, p->rtmr3.n };

	return pinned[e->index - 1] > 0 || policy_events_of(&p->event_digests, e->type) ||
	       tdx_event_is_usual(e->digest) || is_partition_table(e) ||
	       match_cmdline(e, &p->kernel_cmdline, left);
}

/* The RTMRs whose events the policy requires something of, a bit each, as events count them. */
static unsigned find_required(const struct tdx_judge *j, const struct measure_log *log)
{
	const struct jurat_policy *p = j->policy;
	unsigned rtmrs = p->kernel_cmdline.n > 0 ? 1u << RTMR_OF_LOADER | 1u << RTMR_OF_KERNEL : 0;

	for (size_t i = 0; p->event_digests.n > 0 && i < measure_log_count(log); i++) {
		const struct measure_event *e = authentic(j, log, i);

		if (e && policy_events_of(&p->event_digests, e->type))
			rtmrs |= 1u << e->index;
	}
	return rtmrs;
}

/*
 * No digest covers the type of an event or a label, and software in the TD can extend every RTMR. So a log
 * may call other software something that the policy does not ask for, and this software then adds the events
 * that it does. An RTMR proves what the policy requires only if the policy says what each of its events may
 * be.
 */
static void judge_others(struct tdx_judge *j, const struct measure_log *log, unsigned *left)
{
	const unsigned rtmrs = find_required(j, log);
	const struct measure_event *first = NULL;
	size_t at = 0, n = 0;
	char name[96], more[48] = "";

	for (size_t i = 0; rtmrs != 0 && i < measure_log_count(log); i++) {
		const struct measure_event *e = authentic(j, log, i);

		if (!e || !(rtmrs >> e->index & 1) || is_fixed(j, e, left))
			continue;
		first = first ? first : e;
		at = n++ == 0 ? i : at;
	}
	if (!first)
		return;
	name_event(first, at, name, sizeof(name));
	if (n > 1)
		snprintf(more, sizeof(more), " (and %zu more)", n - 1);
	verdict_refuse(j->out, REASON_EVENT_NOT_FIXED, "%s%s: fixed by neither event_digests nor rtmr%u",
		       name, more, first->index - 1);
}

static void judge_secure_boot(struct tdx_judge *j, const struct measure_log *log)
{
	struct verdict_events *events = j->tdx->events;

	if (events->rtmr[0].explained)
		events->secure_boot = measure_log_secure_boot(log);
	if (!j->policy->require_secure_boot)
		return;
	if (events->secure_boot == MEASURE_LOGGED_SECURE_BOOT_OFF)
		verdict_refuse(j->out, REASON_SECURE_BOOT_DISABLED,
			       "the firmware measured the variable SecureBoot, and it is not 1");
	else if (events->secure_boot == MEASURE_LOGGED_SECURE_BOOT_UNKNOWN)
		verdict_refuse(
			j->out, REASON_EVENT_MISSING,
			"require_secure_boot: no event in rtmr0 before its separator proves the value of "
			"the variable SecureBoot");
}

int tdx_judge_event_policy(struct tdx_judge *j, const struct measure_log *log)
{
	const size_t n_reasons = jurat_verdict_reason_count(j->out);
	unsigned left = MAX_CMDLINE_MATCHES;
	int r;

	judge_digests(j, log, &left);
	judge_secure_boot(j, log);
	r = judge_cmdlines(j, log, &left);
	if (r == 0 && jurat_verdict_reason_count(j->out) == n_reasons)
		judge_others(j, log, &left);
	return r;
}

void tdx_judge_no_events(struct tdx_judge *j)
{
	const struct jurat_policy *p = j->policy;
	const char *member = p->require_event_log      ? "require_event_log"
			     : p->event_digests.n > 0  ? "event_digests"
			     : p->kernel_cmdline.n > 0 ? "kernel_cmdline"
			     : p->require_secure_boot  ? "require_secure_boot"
						       : NULL;

	if (member)
		verdict_refuse(j->out, REASON_EVENT_LOG_MISSING, "%s: there is no event log", member);
}
