/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/forge/order_internal.h"
#include "wire/snp_report.h"

static int check_damage(const struct sim_edit *edit, struct jurat_error *err)
{
	struct order_place unused;

	if (edit->part == SIM_PART_TABLE && *edit->field == '\0')
		return 0;
	if (edit->part != SIM_PART_REPORT)
		return jurat_fail(err, -EINVAL, "nothing of it can be damaged");
	if (*edit->field == '\0' || !strcmp(edit->field, "signature"))
		return 0;
	return order_place_find(&snp_report_layout, edit->field, &unused, err);
}

static int check_report(const struct sim_edit *edit, struct jurat_error *err)
{
	struct order_place place;
	int r = order_place_find(&snp_report_layout, edit->field, &place, err);

	return r < 0 ? r : order_place_check(&place, edit->value, err);
}

int order_check_snp(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	(void)at;
	if (edit->kind == SIM_EDIT_DAMAGE)
		return check_damage(edit, err);
	switch (edit->part) {
	case SIM_PART_REPORT:
		return check_report(edit, err);
	default:
		return jurat_fail(err, -EINVAL, "no such field");
	}
}

const struct sim_field order_fields_snp[] = { { .name = NULL } };
