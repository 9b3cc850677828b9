/* SPDX-License-Identifier: MIT */
#include "cli/forge.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/sgx_report.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

/* `jurat forge --list`: presets, and the fields of each part. */

/* Parts whose fields are those of a layout. */
static const struct {
	enum sim_part part;
	const struct wire_layout *layout;
} layouts[] = { { SIM_PART_REPORT, &snp_report_layout },
		{ SIM_PART_BODY, &tdx_body_layout },
		{ SIM_PART_QE_REPORT, &sgx_report_layout } };

struct list {
	bool failed;
	json_t *presets, *fields; /* NULL: text */
};

static void add_preset(struct list *l, const struct sim_preset *preset)
{
	json_t *items, *row;

	if (!l->presets) {
		printf("%s (%s)\n    %s\n   ", preset->name,
		       !preset->tdx   ? "SEV-SNP"
		       : !preset->snp ? "TDX"
				      : "both",
		       preset->what);
		for (const char *const *item = preset->items; *item; item++)
			printf("%s %s", item == preset->items ? "" : ",", *item);
		puts("\n");
		return;
	}
	items = json_array();
	row = json_pack("{s:s, s:s, s:b, s:b, s:o}", "name", preset->name, "what", preset->what, "sev-snp",
			preset->snp, "tdx", preset->tdx, "items", items);
	for (const char *const *item = preset->items; row && *item; item++)
		l->failed |= json_array_append_new(items, json_string(*item)) < 0;
	l->failed |= json_array_append_new(l->presets, row) < 0;
}

static void add_field(struct list *l, enum sim_part part, const char *name, const char *value,
		      const char *what, bool of_layout)
{
	json_t *row;

	if (!l->fields) {
		printf("%s.%s=%s%s%s\n", sim_part_name(part), name, value, *what ? "  " : "", what);
		return;
	}
	row = json_pack("{s:s, s:s, s:s, s:s, s:b}", "part", sim_part_name(part), "name", name, "value",
			value, "what", what, "layout", of_layout);
	l->failed |= json_array_append_new(l->fields, row) < 0;
}

static void add_layout(struct list *l, enum sim_part part, const struct wire_layout *layout)
{
	char value[32];

	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *field = &layout->fields[i];

		if (field->kind == WIRE_BYTES || field->kind == WIRE_ZERO)
			snprintf(value, sizeof(value), "HEX (%u bytes)", field->size);
		else
			snprintf(value, sizeof(value), "NUMBER (%u bits)", 8 * field->size);
		add_field(l, part, field->name, value, field->note ? field->note : "", true);
	}
}

/* Whether a TEE's evidence has this part; `tee` NULL: of any. */
static bool has_part(const char *tee, enum sim_part part)
{
	return !tee || sim_part_of(part, !strcmp(tee, "tdx"));
}

int forge_list(struct cli *cli)
{
	const char *tee = cli_get(cli, "tee");
	struct list l = { .failed = false };
	const struct sim_preset *preset;
	const struct sim_field *field;
	json_t *all = NULL;

	if (cli->n_args > 0)
		return cli_fail(cli, CLI_USAGE, "--list takes no presets, found '%s'", cli->args[0]);
	if (cli_wants_json(cli)) {
		l.presets = json_array();
		l.fields = json_array();
		all = json_pack("{s:o, s:o}", "presets", l.presets, "fields", l.fields);
		if (!all)
			return cli_fail_memory(cli);
	}
	for (size_t i = 0; (preset = sim_order_preset(i)); i++)
		if (!tee || (strcmp(tee, "tdx") ? preset->snp : preset->tdx))
			add_preset(&l, preset);
	for (size_t i = 0; (field = sim_order_field(i)); i++)
		if (has_part(tee, field->part))
			add_field(&l, field->part, field->name, field->value, field->what, false);
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (has_part(tee, layouts[i].part))
			add_layout(&l, layouts[i].part, layouts[i].layout);
	if (all && !l.failed && json_dumpf(all, stdout, JSON_INDENT(2)) == 0)
		puts("");
	json_decref(all);
	return l.failed ? cli_fail_memory(cli) : CLI_OK;
}
