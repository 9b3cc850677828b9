/* SPDX-License-Identifier: MIT */
#include "sim/forge/order_snp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "sim/psp/psp.h"

const char *const order_snp_signers[] = { "vcek", "vlek", "other", "none", NULL };
const char *const order_snp_tcbs[] = { "reported", "current", "committed", NULL };

/* Fields with a name of their own, and where their value is in a report. */
static const struct {
	const char *name, *place;
} renamed[] = {
	{ "tcb", "reported_tcb" },
	{ "for_tcb", "reported_tcb" },
	{ "hwid", "chip_id" },
	{ "mask_chip_key", "key_info.MASK_CHIP_KEY" },
	{ "author_key_en", "key_info.AUTHOR_KEY_EN" },
};

static const char *const guest_names[] = { "policy",        "guest_svn", "family_id",     "image_id",
					   "measurement",   "host_data", "id_key_digest", "author_key_digest",
					   "author_key_en", NULL };
static const char *const platform_names[] = { "tcb",
					      "current_tcb",
					      "committed_tcb",
					      "reported_tcb",
					      "launch_tcb",
					      "current_build",
					      "current_minor",
					      "current_major",
					      "committed_build",
					      "committed_minor",
					      "committed_major",
					      "platform_info",
					      "current_mit_vector",
					      "launch_mit_vector",
					      "hwid",
					      "mask_chip_id",
					      "mask_chip_key",
					      "csp_id",
					      "report_version",
					      NULL };

bool order_is_field(const char *field, const char *name)
{
	size_t n = strcspn(field, ".[");

	return strlen(name) == n && !strncmp(field, name, n);
}

static bool is_one_of(const char *field, const char *const *names)
{
	for (; *names; names++)
		if (order_is_field(field, *names))
			return true;
	return false;
}

bool order_is_snp_platform(const char *field)
{
	return is_one_of(field, platform_names);
}

int order_snp_place(const struct sim_edit *edit, struct order_place *ret, struct jurat_error *err)
{
	size_t n = strcspn(edit->field, ".[");
	char name[ORDER_NAME_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (order_is_field(edit->field, renamed[i].name)) {
			snprintf(name, sizeof(name), "%s%s", renamed[i].place, edit->field + n);
			return order_place_find(&snp_report_layout, name, ret, err);
		}
	return order_place_find(&snp_report_layout, edit->field, ret, err);
}

static int check_place(const struct sim_edit *edit, struct jurat_error *err)
{
	struct order_place place;
	int r = order_snp_place(edit, &place, err);

	return r < 0 ? r : order_place_check(&place, edit->value, err);
}

static int no_field(const struct sim_edit *edit, const char *const *names, struct jurat_error *err)
{
	struct order_near near = order_near(edit->field);

	for (; *names; names++)
		order_near_add(&near, *names);
	return order_near_fail(&near, err, "no field '%s' of %s", edit->field, sim_part_name(edit->part));
}

static int check_report(const struct sim_edit *edit, struct jurat_error *err)
{
	uint64_t size;
	unsigned signer;

	if (!strcmp(edit->field, "size"))
		return sim_order_number(edit->value, SNP_PAGE_BYTES, &size, err);
	if (!strcmp(edit->field, "signed_by"))
		return edit->kind == SIM_EDIT_SET
			       ? order_choice(edit->value, order_snp_signers, &signer, err)
			       : jurat_fail(err, -EINVAL,
					    "it says who signs, so it cannot be set after that");
	if (order_is_signature_word(edit))
		return 0;
	return check_place(edit, err);
}

static int check_text(const char *text, size_t max, struct jurat_error *err)
{
	size_t n = strlen(text);

	if (n == 0 || n > max)
		return jurat_fail(err, -EINVAL, "expected 1 to %zu characters", max);
	for (size_t i = 0; i < n; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return jurat_fail(err, -EINVAL, "character %zu is not printable ASCII", i);
	return 0;
}

static int check_hwid(const char *value, struct jurat_error *err)
{
	uint8_t hwid[64];

	if (sim_order_bytes(value, hwid, snp_hwid_bytes(SNP_TURIN), NULL) == 0)
		return 0;
	return sim_order_bytes(value, hwid, sizeof(hwid), err);
}

static int check_report_version(const char *value, struct jurat_error *err)
{
	uint64_t n;
	int r = sim_order_number(value, SNP_REPORT_LAST_VERSION, &n, err);

	if (r == 0 && n < SNP_REPORT_FIRST_VERSION)
		return jurat_fail(err, -EINVAL, "expected a version from %d to %d; report.version sets any",
				  SNP_REPORT_FIRST_VERSION, SNP_REPORT_LAST_VERSION);
	return r;
}

static int check_platform(const struct sim_edit *edit, struct jurat_error *err)
{
	bool flag;

	if (!strcmp(edit->field, "csp_id"))
		return check_text(edit->value, SIM_CSP_ID_MAX_CHARS, err);
	if (!strcmp(edit->field, "report_version"))
		return check_report_version(edit->value, err);
	if (!strcmp(edit->field, "hwid"))
		return check_hwid(edit->value, err);
	if (!strcmp(edit->field, "mask_chip_id"))
		return sim_order_flag(edit->value, &flag, err);
	return is_one_of(edit->field, platform_names) ? check_place(edit, err)
						      : no_field(edit, platform_names, err);
}

static int check_guest(const struct sim_edit *edit, struct jurat_error *err)
{
	return is_one_of(edit->field, guest_names) ? check_place(edit, err)
						   : no_field(edit, guest_names, err);
}

/* Which certificate the KDS issues. */
static int check_leaf(const struct sim_edit *edit, struct jurat_error *err)
{
	static const char *const vcek_names[] = { "for_tcb", "for_chip", NULL };
	static const char *const vlek_names[] = { "for_tcb", "for_csp", NULL };
	const char *const *names = edit->part == SIM_PART_VCEK ? vcek_names : vlek_names;
	unsigned tcb;

	if (!is_one_of(edit->field, names))
		return no_field(edit, names, err);
	if (!strcmp(edit->field, "for_tcb") && order_choice(edit->value, order_snp_tcbs, &tcb, NULL) == 0)
		return 0;
	return order_is_field(edit->field, "for_tcb") ? check_place(edit, err)
						      : check_text(edit->value, SIM_CSP_ID_MAX_CHARS, err);
}

static int check_damage(const struct sim_edit *edit, struct jurat_error *err)
{
	struct order_place unused;

	if (edit->part == SIM_PART_TABLE && *edit->field == '\0')
		return 0;
	if (edit->part != SIM_PART_REPORT)
		return jurat_fail(err, -EINVAL, "a %s has no bytes of its own that can be damaged",
				  sim_part_name(edit->part));
	if (*edit->field == '\0' || !strcmp(edit->field, "signature"))
		return 0;
	return order_place_find(&snp_report_layout, edit->field, &unused, err);
}

int order_check_snp(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	(void)at;
	if (edit->kind == SIM_EDIT_DAMAGE)
		return check_damage(edit, err);
	if (edit->part == SIM_PART_REPORT)
		return check_report(edit, err);
	if (edit->kind == SIM_EDIT_UNSIGNED)
		return jurat_fail(err, -EINVAL, "it is not signed: set it");
	switch (edit->part) {
	case SIM_PART_GUEST:
		return check_guest(edit, err);
	case SIM_PART_PLATFORM:
		return check_platform(edit, err);
	case SIM_PART_TABLE:
		return order_check_table(edit, err);
	default:
		return check_leaf(edit, err);
	}
}
