/* SPDX-License-Identifier: MIT */
#include "update/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	STATE_INITIALISED = 1,
	SIGNING_FLAGS = SNP_STATUS_MASK_CHIP_ID | SNP_STATUS_MASK_CHIP_KEY | SNP_STATUS_VLEK_EN,
	MASKS = SNP_STATUS_MASK_CHIP_ID | SNP_STATUS_MASK_CHIP_KEY,
};

__attribute__((format(printf, 2, 3))) static void note(struct update_plan *plan, const char *format, ...)
{
	va_list ap;

	if (plan->n_notes == UPDATE_MAX_NOTES)
		return;
	va_start(ap, format);
	vsnprintf(plan->notes[plan->n_notes++], UPDATE_NOTE_BYTES, format, ap);
	va_end(ap);
}

struct update_signing update_signing_of(const struct snp_platform_status *status)
{
	return (struct update_signing){ .current_tcb = status->current_tcb,
					.reported_tcb = status->reported_tcb,
					.flags = status->flags & SIGNING_FLAGS };
}

bool update_signing_equal(const struct update_signing *a, const struct update_signing *b)
{
	return a->current_tcb == b->current_tcb && a->reported_tcb == b->reported_tcb && a->flags == b->flags;
}

char *update_tcb_format(enum snp_product product, uint64_t raw, char to[UPDATE_TCB_BYTES])
{
	char parts[UPDATE_TCB_BYTES - 24];
	struct snp_tcb tcb;

	if (snp_tcb_read(product, raw, &tcb)) {
		snp_tcb_format(product, &tcb, parts, sizeof(parts));
		snprintf(to, UPDATE_TCB_BYTES, "0x%016llx (%s)", (unsigned long long)raw, parts);
	} else {
		snprintf(to, UPDATE_TCB_BYTES, "0x%016llx", (unsigned long long)raw);
	}
	return to;
}

char *update_signing_format(enum snp_product product, const struct update_signing *s,
			    char to[UPDATE_SIGNING_BYTES])
{
	char tcb[UPDATE_TCB_BYTES];

	snprintf(to, UPDATE_SIGNING_BYTES, "%s for reported TCB %s%s%s",
		 s->flags & SNP_STATUS_VLEK_EN ? "VLEK" : "VCEK",
		 update_tcb_format(product, s->reported_tcb, tcb),
		 s->flags & SNP_STATUS_MASK_CHIP_ID ? ", MASK_CHIP_ID" : "",
		 s->flags & SNP_STATUS_MASK_CHIP_KEY ? ", MASK_CHIP_KEY" : "");
	return to;
}

const char *update_command_name(enum update_kind kind)
{
	switch (kind) {
	case UPDATE_COMMIT:
		return "SNP_COMMIT";
	case UPDATE_SET_CONFIG:
		return "SNP_SET_CONFIG";
	case UPDATE_LOAD_VLEK:
		return "SNP_VLEK_LOAD";
	default:
		return NULL;
	}
}

/* Component by component: 0; JURAT_REFUSED `tcb` is above `limit`. */
static int at_most(enum snp_product product, uint64_t tcb, uint64_t limit, const char *what,
		   struct jurat_error *err)
{
	struct snp_tcb want, most;

	if (!snp_tcb_read(product, tcb, &want))
		return jurat_fail(err, JURAT_REFUSED,
				  "TCB 0x%016llx sets reserved bytes of the TCB_VERSION of %s",
				  (unsigned long long)tcb, snp_product_name(product));
	if (!snp_tcb_read(product, limit, &most))
		return jurat_fail(err, -EINVAL, "the %s TCB 0x%016llx is not a valid TCB_VERSION of %s", what,
				  (unsigned long long)limit, snp_product_name(product));
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		unsigned asked = snp_tcb_get(&want, i), has = snp_tcb_get(&most, i);

		if (asked > has)
			return jurat_fail(err, JURAT_REFUSED, "%s %u is above the %s TCB, which has %u",
					  snp_tcb_component_name(i), asked, what, has);
	}
	return 0;
}

/* The TCB that the request names, as a whole or by components. */
static int asked_tcb(const struct update_plan *plan, const struct update_request *request, uint64_t *ret,
		     struct jurat_error *err)
{
	struct snp_tcb tcb;

	*ret = plan->before.reported_tcb;
	if (request->has_tcb && request->tcb == 0)
		return jurat_fail(
			err, JURAT_REFUSED,
			"a reported TCB of 0 selects the committed TCB; expected a nonzero TCB, or a reset");
	if (request->has_tcb)
		*ret = request->tcb;
	if (!request->tcb_parts)
		return 0;
	(void)snp_tcb_read(plan->product, plan->before.reported_tcb, &tcb);
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		const char *name = snp_tcb_component_name(i);

		if (!(request->tcb_parts & 1u << i))
			continue;
		if (!snp_tcb_has_component(plan->product, i))
			return jurat_fail(err, JURAT_REFUSED, "the TCB of %s has no component %s",
					  snp_product_name(plan->product), name);
		*snp_tcb_component(&tcb, name) = snp_tcb_get(&request->part, i);
	}
	*ret = snp_tcb_write(plan->product, &tcb);
	return 0;
}

/* The reported TCB has a limit, the committed one, which is not always known. */
static int check_limit(struct update_plan *plan, const struct update_request *request, uint64_t tcb,
		       struct jurat_error *err)
{
	uint64_t current = plan->before.current_tcb;
	int r = 0;

	if (!request->has_committed) {
		r = at_most(plan->product, tcb, current, "current", err);
		if (r == 0 && (request->has_tcb || request->tcb_parts) && tcb != plan->before.reported_tcb)
			note(plan, "SNP_PLATFORM_STATUS does not include the committed TCB: the firmware "
				   "decides whether the reported TCB is above it (supply it with --committed "
				   "or --report)");
		return r;
	}
	r = at_most(plan->product, request->committed, current, "current", err);
	if (r != 0)
		return jurat_wrap(err, r, "the committed TCB");
	return at_most(plan->product, tcb, request->committed, "committed", err);
}

static int plan_set_config(struct update_plan *plan, const struct update_request *request,
			   struct jurat_error *err)
{
	uint32_t had = plan->before.flags;
	uint64_t tcb;
	int r = asked_tcb(plan, request, &tcb, err);

	if (r != 0)
		return r;
	if (request->reset) { /* a configuration of zeros */
		tcb = request->has_committed ? request->committed : plan->before.current_tcb;
		plan->assumed = !request->has_committed;
		if (plan->assumed)
			note(plan, "SNP_PLATFORM_STATUS does not include the committed TCB: assuming that it "
				   "equals the current TCB (supply it with --committed or --report)");
	} else {
		plan->config.reported_tcb = tcb;
		plan->config.flags =
			(had & MASKS & ~request->masks) | (request->mask_values & request->masks);
	}
	r = check_limit(plan, request, tcb, err);
	if (r != 0)
		return r;
	plan->after.reported_tcb = tcb;
	plan->after.flags = (had & SNP_STATUS_VLEK_EN) | plan->config.flags;
	return 0;
}

static int plan_load_vlek(struct update_plan *plan, const struct update_request *request,
			  struct jurat_error *err)
{
	char stick[UPDATE_TCB_BYTES], reported[UPDATE_TCB_BYTES];
	struct snp_vlek_hashstick h;

	if (!request->hashstick || request->hashstick_size != SNP_VLEK_HASHSTICK_BYTES)
		return jurat_fail(err, JURAT_REFUSED, "the VLEK hashstick has %zu bytes, expected %d",
				  request->hashstick ? request->hashstick_size : 0, SNP_VLEK_HASHSTICK_BYTES);
	if (wire_read(&snp_vlek_hashstick_layout, request->hashstick, request->hashstick_size, &h, err) < 0 ||
	    wire_check_zero(&snp_vlek_hashstick_layout, &h, err) < 0)
		return jurat_wrap(err, JURAT_REFUSED, "the VLEK hashstick");
	if (bytes_all(h.wrapped, sizeof(h.wrapped), 0))
		return jurat_fail(err, JURAT_REFUSED, "the VLEK hashstick is all zeros");
	if (h.tcb_version != plan->before.reported_tcb)
		return jurat_fail(err, JURAT_REFUSED,
				  "the VLEK hashstick is for TCB %s, but the firmware reports %s",
				  update_tcb_format(plan->product, h.tcb_version, stick),
				  update_tcb_format(plan->product, plan->before.reported_tcb, reported));
	plan->after.flags |= SNP_STATUS_VLEK_EN;
	return 0;
}

static void foresee_commit(struct update_plan *plan)
{
	char from[UPDATE_TCB_BYTES], to[UPDATE_TCB_BYTES];

	update_tcb_format(plan->product, plan->before.reported_tcb, from);
	update_tcb_format(plan->product, plan->after.reported_tcb, to);
	if (plan->before.reported_tcb != plan->after.reported_tcb)
		note(plan, "SNP_COMMIT changes the reported TCB from %s to %s; this cannot be undone", from,
		     to);
	else
		note(plan,
		     "SNP_COMMIT keeps the reported TCB %s, but forbids older firmware; this cannot be "
		     "undone",
		     to);
}

/* What follows from a change of the reported TCB and from masks, whatever the command is. */
static void foresee_rest(struct update_plan *plan)
{
	bool had_vlek = plan->before.flags & SNP_STATUS_VLEK_EN;

	if (had_vlek && plan->after.reported_tcb != plan->before.reported_tcb) {
		plan->after.flags &= ~(uint32_t)SNP_STATUS_VLEK_EN;
		note(plan, "the reported TCB changes, so the firmware discards the loaded VLEK; reports will "
			   "be signed with the VCEK");
	}
	if (plan->after.flags & SNP_STATUS_MASK_CHIP_KEY)
		note(plan, "MASK_CHIP_KEY: reports are not signed");
	else if (plan->after.flags & SNP_STATUS_MASK_CHIP_ID && !(plan->after.flags & SNP_STATUS_VLEK_EN))
		note(plan, "MASK_CHIP_ID: chip_id in reports is zero, although this chip's VCEK signs them; "
			   "verifiers may refuse such reports");
}

int update_plan_make(enum snp_product product, const uint8_t hwid[64], const struct snp_platform_status *now,
		     const struct update_request *request, struct update_plan *ret, struct jurat_error *err)
{
	struct update_plan plan = { .kind = request->kind, .product = product };
	struct snp_tcb tcb;
	int r = 0;

	if (now->state != STATE_INITIALISED)
		return jurat_fail(
			err, -ENODEV,
			"SNP is not initialised (state %u, expected %d): load kvm_amd or start a guest first",
			now->state, STATE_INITIALISED);
	if (!snp_tcb_read(product, now->reported_tcb, &tcb) || !snp_tcb_read(product, now->current_tcb, &tcb))
		return jurat_fail(err, -EINVAL,
				  "the reported TCB 0x%016llx or current TCB 0x%016llx is not a valid "
				  "TCB_VERSION of %s: check the product of this processor",
				  (unsigned long long)now->reported_tcb, (unsigned long long)now->current_tcb,
				  snp_product_name(product));
	for (size_t i = 0; i < snp_hwid_bytes(product); i++)
		plan.chip_id[i] = hwid[i];
	plan.before = plan.after = update_signing_of(now);
	if (request->kind == UPDATE_COMMIT)
		plan.after.reported_tcb = now->current_tcb;
	else if (request->kind == UPDATE_SET_CONFIG)
		r = plan_set_config(&plan, request, err);
	else if (request->kind == UPDATE_LOAD_VLEK)
		r = plan_load_vlek(&plan, request, err);
	if (r != 0)
		return r;
	foresee_rest(&plan);
	if (request->kind == UPDATE_COMMIT)
		foresee_commit(&plan);
	*ret = plan;
	return 0;
}
