/* SPDX-License-Identifier: MIT */
/* What an order changes about guests, platforms, reports and which certificates the KDS issues. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "sim/forge/forge_snp.h"

/* Sets the place of one item. */
static int set_place(struct sim_edit *edit, enum snp_product product, uint8_t *report,
		     struct jurat_error *err)
{
	struct order_place place;
	int r = order_snp_place(edit, &place, err);

	edit->used = true;
	return r < 0 ? r : order_place_set(&place, product, edit->value, report, err);
}

static int wrap(int r, const struct sim_edit *edit, struct jurat_error *err)
{
	return jurat_wrap(err, r, "%s.%s=%s", sim_part_name(edit->part), edit->field, edit->value);
}

/* ---- launch values ---- */

static void launch_to_report(const struct sim_launch *launch, struct snp_report *report)
{
	report->policy = launch->policy;
	report->guest_svn = launch->guest_svn;
	report->key_info = launch->author_key_en ? 1u << SNP_KEY_INFO_AUTHOR_KEY_EN_BIT : 0;
	memcpy(report->family_id, launch->family_id, sizeof(report->family_id));
	memcpy(report->image_id, launch->image_id, sizeof(report->image_id));
	memcpy(report->measurement, launch->measurement, sizeof(report->measurement));
	memcpy(report->host_data, launch->host_data, sizeof(report->host_data));
	memcpy(report->id_key_digest, launch->id_key_digest, sizeof(report->id_key_digest));
	memcpy(report->author_key_digest, launch->author_key_digest, sizeof(report->author_key_digest));
}

static void launch_from_report(const struct snp_report *report, struct sim_launch *launch)
{
	launch->policy = report->policy;
	launch->guest_svn = report->guest_svn;
	launch->author_key_en = report->key_info >> SNP_KEY_INFO_AUTHOR_KEY_EN_BIT & 1;
	memcpy(launch->family_id, report->family_id, sizeof(launch->family_id));
	memcpy(launch->image_id, report->image_id, sizeof(launch->image_id));
	memcpy(launch->measurement, report->measurement, sizeof(launch->measurement));
	memcpy(launch->host_data, report->host_data, sizeof(launch->host_data));
	memcpy(launch->id_key_digest, report->id_key_digest, sizeof(launch->id_key_digest));
	memcpy(launch->author_key_digest, report->author_key_digest, sizeof(launch->author_key_digest));
}

int forge_snp_launch(struct sim_order *order, struct sim_launch *launch, struct jurat_error *err)
{
	struct snp_report report = { .version = 0 };
	uint8_t bytes[SNP_REPORT_BYTES];
	int r;

	launch_to_report(launch, &report);
	wire_write(&snp_report_layout, &report, bytes);
	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(order, SIM_PART_GUEST, SIM_EDIT_SET, e)) != NULL;) {
		r = set_place(e, SNP_PRODUCT_UNKNOWN, bytes, err);
		if (r < 0)
			return wrap(r, e, err);
	}
	r = wire_read(&snp_report_layout, bytes, sizeof(bytes), &report, err);
	if (r == 0)
		launch_from_report(&report, launch);
	return r;
}

/* ---- the platform ---- */

/* What no state of the platform has: it is in every report. */
static bool is_of_reports(const char *field)
{
	return order_is_field(field, "launch_tcb") || order_is_field(field, "platform_info") ||
	       order_is_field(field, "launch_mit_vector");
}

/* What has been taken from the order before there was a platform. */
static bool is_of_options(const char *field)
{
	return !strcmp(field, "csp_id") || !strcmp(field, "report_version");
}

static void values_to_report(const struct sim_psp_values *v, struct snp_report *report)
{
	report->current_tcb = v->current_tcb;
	report->committed_tcb = v->committed_tcb;
	report->reported_tcb = v->reported_tcb;
	report->current_build = v->current_build;
	report->current_minor = v->current_minor;
	report->current_major = v->current_major;
	report->committed_build = v->committed_build;
	report->committed_minor = v->committed_minor;
	report->committed_major = v->committed_major;
	report->current_mit_vector = v->mit_vector;
	report->key_info = v->mask_chip_key ? 1u << SNP_KEY_INFO_MASK_CHIP_KEY_BIT : 0;
	memcpy(report->chip_id, v->hwid, sizeof(report->chip_id));
}

static void values_from_report(const struct snp_report *report, struct sim_psp_values *v)
{
	v->current_tcb = report->current_tcb;
	v->committed_tcb = report->committed_tcb;
	v->reported_tcb = report->reported_tcb;
	v->current_build = report->current_build;
	v->current_minor = report->current_minor;
	v->current_major = report->current_major;
	v->committed_build = report->committed_build;
	v->committed_minor = report->committed_minor;
	v->committed_major = report->committed_major;
	v->mit_vector = report->current_mit_vector;
	v->mask_chip_key = report->key_info >> SNP_KEY_INFO_MASK_CHIP_KEY_BIT & 1;
	memcpy(v->hwid, report->chip_id, sizeof(v->hwid));
}

/* Of Turin 8 bytes are enough; the rest of a HWID is zero there. */
static int set_hwid(const struct sim_edit *edit, enum snp_product product, struct sim_psp_values *v,
		    struct jurat_error *err)
{
	size_t n = snp_hwid_bytes(product);
	uint8_t hwid[sizeof(v->hwid)] = { 0 };
	int r = sim_order_bytes(edit->value, hwid, n, err);

	if (r < 0)
		r = sim_order_bytes(edit->value, hwid, sizeof(hwid), err);
	if (r < 0)
		return r;
	if (!bytes_all(hwid + n, sizeof(hwid) - n, 0))
		return jurat_fail(err, -EINVAL, "a HWID of %s has %zu bytes", snp_product_name(product), n);
	memcpy(v->hwid, hwid, sizeof(hwid));
	return 0;
}

/* "tcb": one for all three. */
static int set_tcbs(struct sim_edit *edit, enum snp_product product, struct sim_psp_values *v,
		    struct jurat_error *err)
{
	uint64_t *const tcbs[] = { &v->current_tcb, &v->committed_tcb, &v->reported_tcb };
	struct snp_report report = { .version = 0 };
	uint8_t bytes[SNP_REPORT_BYTES];
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(tcbs); i++) {
		report.reported_tcb = *tcbs[i];
		wire_write(&snp_report_layout, &report, bytes);
		r = set_place(edit, product, bytes, err);
		if (r == 0)
			r = wire_read(&snp_report_layout, bytes, sizeof(bytes), &report, err);
		if (r < 0)
			return r;
		*tcbs[i] = report.reported_tcb;
	}
	return 0;
}

static int set_value(struct sim_edit *edit, enum snp_product product, struct sim_psp_values *v,
		     struct jurat_error *err)
{
	struct snp_report report = { .version = 0 };
	uint8_t bytes[SNP_REPORT_BYTES];
	int r;

	edit->used = true;
	if (!strcmp(edit->field, "hwid"))
		return set_hwid(edit, product, v, err);
	if (!strcmp(edit->field, "mask_chip_id"))
		return sim_order_flag(edit->value, &v->mask_chip_id, err);
	if (order_is_field(edit->field, "tcb"))
		return set_tcbs(edit, product, v, err);
	values_to_report(v, &report);
	wire_write(&snp_report_layout, &report, bytes);
	r = set_place(edit, product, bytes, err);
	if (r == 0)
		r = wire_read(&snp_report_layout, bytes, sizeof(bytes), &report, err);
	if (r == 0)
		values_from_report(&report, v);
	return r;
}

int forge_snp_platform(struct sim_order *order, struct sim_psp *psp, struct jurat_error *err)
{
	struct sim_psp_values v;
	int r;

	sim_psp_values(psp, &v);
	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(order, SIM_PART_PLATFORM, SIM_EDIT_SET, e)) != NULL;) {
		if (!order_is_snp_platform(e->field) || is_of_reports(e->field) || is_of_options(e->field))
			continue;
		r = set_value(e, sim_psp_product(psp), &v, err);
		if (r < 0)
			return wrap(r, e, err);
	}
	return sim_psp_set_values(psp, &v, err);
}

/* ---- reports ---- */

static bool is_signed(const struct sim_edit *edit, const struct order_place *place)
{
	return edit->kind == SIM_EDIT_SET && place->off < SNP_REPORT_SIGNED_BYTES;
}

/* Sets the items of a kind that are about bytes of the report, or those of them that a signature covers. */
static int edit_report(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind, bool covered,
		       enum snp_product product, uint8_t *report)
{
	struct order_place place;
	struct jurat_error err;
	int r;

	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, kind, e)) != NULL;) {
		if (!strcmp(e->field, "size") || !strcmp(e->field, "signed_by") ||
		    (part == SIM_PART_PLATFORM && !is_of_reports(e->field)))
			continue;
		r = order_snp_place(e, &place, &err);
		if (r == 0 && is_signed(e, &place) != covered)
			continue;
		e->used = true;
		if (r == 0)
			r = order_is_signature_word(e)
				    ? order_set_signature(e, report, &err)
				    : order_place_set(&place, product, e->value, report, &err);
		if (r < 0)
			return order_failed(order, r, e, &err);
	}
	return 0;
}

int forge_snp_before(void *ctx, const struct sim_psp *psp, uint8_t report[SNP_REPORT_BYTES],
		     enum sim_psp_signer *signer)
{
	const enum snp_product product = sim_psp_product(psp);
	const char *who = sim_order_value(ctx, SIM_PART_REPORT, SIM_EDIT_SET, "signed_by");
	unsigned n;
	int r;

	r = edit_report(ctx, SIM_PART_PLATFORM, SIM_EDIT_SET, true, product, report);
	if (r == 0)
		r = edit_report(ctx, SIM_PART_REPORT, SIM_EDIT_SET, true, product, report);
	if (r == 0 && who && (r = order_choice(who, order_snp_signers, &n, NULL)) == 0)
		*signer = n;
	return r;
}

static int damage_report(struct sim_order *order, uint8_t *report, size_t size)
{
	struct jurat_error err;

	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(order, SIM_PART_REPORT, SIM_EDIT_DAMAGE, e)) != NULL;) {
		struct order_place place = { .n = size };
		int r = 0;

		e->used = true;
		if (!strcmp(e->field, "signature"))
			place = (struct order_place){ .off = SNP_REPORT_SIGNED_BYTES,
						      .n = (size_t)2 * SNP_SIGNATURE_NUMBER_BYTES };
		else if (*e->field)
			r = order_snp_place(e, &place, &err);
		if (r == 0)
			r = order_flip(report + place.off, place.n, e->byte, &err);
		if (r < 0)
			return order_failed(order, r, e, &err);
	}
	return 0;
}

/* The later of the two that set it. */
static const struct sim_edit *size_edit(struct sim_order *order)
{
	const struct sim_edit *found = NULL;

	for (enum sim_edit_kind kind = SIM_EDIT_SET; kind <= SIM_EDIT_UNSIGNED; kind++)
		for (struct sim_edit *e = NULL;
		     (e = sim_order_next(order, SIM_PART_REPORT, kind, e)) != NULL;)
			if (!strcmp(e->field, "size")) {
				e->used = true;
				found = e;
			}
	return found;
}

/* Bytes behind a report are zeros. */
static int resize_report(struct sim_order *order, uint8_t *report, size_t room, size_t *size)
{
	const struct sim_edit *edit = size_edit(order);
	struct jurat_error err;
	uint64_t n;
	int r;

	if (!edit)
		return 0;
	r = sim_order_number(edit->value, room, &n, &err);
	if (r < 0)
		return order_failed(order, r, edit, &err);
	if (n > *size)
		memset(report + *size, 0, n - *size);
	*size = n;
	return 0;
}

int forge_snp_after(void *ctx, const struct sim_psp *psp, uint8_t *report, size_t room, size_t *size)
{
	const enum snp_product product = sim_psp_product(psp);
	int r = edit_report(ctx, SIM_PART_REPORT, SIM_EDIT_SET, false, product, report);

	if (r == 0)
		r = edit_report(ctx, SIM_PART_REPORT, SIM_EDIT_UNSIGNED, false, product, report);
	if (r == 0)
		r = damage_report(ctx, report, SNP_REPORT_BYTES);
	return r < 0 ? r : resize_report(ctx, report, room, size);
}

/* ---- what the KDS issues ---- */

/* `for_tcb`: by name, a number, or a component of the one that was asked for. */
static int request_tcb(struct sim_edit *edit, const struct sim_psp *psp, uint64_t *tcb,
		       struct jurat_error *err)
{
	struct snp_report report = { .reported_tcb = *tcb };
	uint8_t bytes[SNP_REPORT_BYTES];
	struct sim_psp_values v;
	unsigned which;
	int r;

	sim_psp_values(psp, &v);
	if (!strcmp(edit->field, "for_tcb") && order_choice(edit->value, order_snp_tcbs, &which, NULL) == 0) {
		*tcb = which == 0 ? v.reported_tcb : which == 1 ? v.current_tcb : v.committed_tcb;
		return 0;
	}
	wire_write(&snp_report_layout, &report, bytes);
	r = set_place(edit, sim_psp_product(psp), bytes, err);
	if (r == 0)
		r = wire_read(&snp_report_layout, bytes, sizeof(bytes), &report, err);
	if (r == 0)
		*tcb = report.reported_tcb;
	return r;
}

int forge_snp_endorse(void *ctx, const struct sim_psp *psp, struct sim_psp_request *request,
		      struct jurat_error *err)
{
	const enum sim_part part = request->vlek ? SIM_PART_VLEK : SIM_PART_VCEK;
	int r;

	for (struct sim_edit *e = NULL; (e = sim_order_next(ctx, part, SIM_EDIT_SET, e)) != NULL;) {
		if (strncmp(e->field, "for_", 4) != 0)
			continue;
		e->used = true;
		if (order_is_field(e->field, "for_tcb")) {
			r = request_tcb(e, psp, &request->tcb, err);
			if (r < 0)
				return wrap(r, e, err);
		} else if (request->vlek) {
			request->csp_id = e->value;
		} else {
			request->chip = e->value;
		}
	}
	return 0;
}
