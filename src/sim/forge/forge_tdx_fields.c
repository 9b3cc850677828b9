/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/forge_tdx.h"
#include "sim/forge/json_edit.h"

#define FORGE_SPEC      "sim/forge/"

#define WIRE_ROW_STRUCT forge_platform
WIRE_LAYOUT(FORGE_PLATFORM_FIELDS, FORGE_PLATFORM_BYTES, "platform", FORGE_SPEC);
#undef WIRE_ROW_STRUCT
#define WIRE_ROW_STRUCT forge_signature
WIRE_LAYOUT(FORGE_SIGNATURE_FIELDS, 138, "quote's signature data", FORGE_SPEC);
#undef WIRE_ROW_STRUCT
#define WIRE_ROW_STRUCT forge_body_hdr
WIRE_LAYOUT(FORGE_BODY_HDR_FIELDS, 6, "quote's body header", FORGE_SPEC);
#undef WIRE_ROW_STRUCT
#define WIRE_ROW_STRUCT forge_qe_signature
WIRE_LAYOUT(FORGE_QE_SIGNATURE_FIELDS, 64, "QE report's signature", FORGE_SPEC);
#undef WIRE_ROW_STRUCT
#define WIRE_ROW_STRUCT forge_auth
WIRE_LAYOUT(FORGE_AUTH_FIELDS, 2, "authentication data", FORGE_SPEC);
#undef WIRE_ROW_STRUCT
#define WIRE_ROW_STRUCT forge_cert
WIRE_LAYOUT(FORGE_CERT_FIELDS, 6, "certification data", FORGE_SPEC);
#undef WIRE_ROW_STRUCT

const char *const forge_generations[] = {
	[SIM_TDX_15] = "1.5",
	[SIM_TDX_10] = "1.0",
	[SIM_TDX_15EX] = "1.5ex",
	NULL,
};
const char *const forge_quote_signers[] = {
	[SIM_QE_ATTESTATION_KEY] = "attestation_key",
	[SIM_QE_PCK_KEY] = "pck",
	[SIM_QE_OTHER_KEY] = "other",
	NULL,
};
const char *const forge_nestings[] = {
	[FORGE_NESTED] = "nested",
	[FORGE_FLAT] = "flat",
	[FORGE_TWICE] = "twice",
	NULL,
};
const char *const forge_line_ends[] = { [FORGE_LF] = "lf", [FORGE_CRLF] = "crlf", [FORGE_CR] = "cr", NULL };
const char *const forge_document_signers[] = {
	[SIM_INTEL_ROOT] = "root",
	[SIM_INTEL_PLATFORM_CA] = "pck_ca",
	[SIM_INTEL_TCB_SIGNING] = "tcb_signing",
	[SIM_INTEL_PROCESSOR_CA] = "processor_ca",
	"other",
	NULL,
};

enum kind { NUMBER_16, BYTES_SOME, FLAG, WORD, CHAIN, SIGNATURE, SGX_TYPE, SIZE, TEXT };

/* Fields without a layout: what a value of them is. */
static const struct own {
	enum sim_part part;
	const char *name;
	enum kind kind;
	const char *const *words;
} own_fields[] = {
	{ SIM_PART_PLATFORM, "generation", WORD, forge_generations },
	{ SIM_PART_PLATFORM, "sgx_type", SGX_TYPE, NULL },
	{ SIM_PART_PLATFORM, "qe_isv_svn", NUMBER_16, NULL },
	{ SIM_PART_PLATFORM, "qe_debug", FLAG, NULL },
	{ SIM_PART_PLATFORM, "other_world", FLAG, NULL },
	{ SIM_PART_TD, "event_log", BYTES_SOME, NULL },
	{ SIM_PART_QUOTE, "signed_by", WORD, forge_quote_signers },
	{ SIM_PART_QUOTE, "negated_s", FLAG, NULL },
	{ SIM_PART_QUOTE, "auth_data", BYTES_SOME, NULL },
	{ SIM_PART_QUOTE, "cert_data", BYTES_SOME, NULL },
	{ SIM_PART_QUOTE, "chain", CHAIN, NULL },
	{ SIM_PART_QUOTE, "line_ends", WORD, forge_line_ends },
	{ SIM_PART_QUOTE, "has_nul", FLAG, NULL },
	{ SIM_PART_QUOTE, "chain_trailing", BYTES_SOME, NULL },
	{ SIM_PART_QUOTE, "nesting", WORD, forge_nestings },
	{ SIM_PART_QUOTE, "trailing", BYTES_SOME, NULL },
	{ SIM_PART_QUOTE, "size", SIZE, NULL },
	{ SIM_PART_QE_REPORT, "signed_by", WORD, forge_quote_signers },
	{ SIM_PART_QE_REPORT, "negated_s", FLAG, NULL },
	{ SIM_PART_TCB_INFO, "signed_by", WORD, forge_document_signers },
	{ SIM_PART_TCB_INFO, "status", TEXT, NULL },
	{ SIM_PART_TCB_INFO, "module_status", TEXT, NULL },
	{ SIM_PART_TCB_INFO, "advisories", TEXT, NULL },
	{ SIM_PART_TCB_INFO, "signature", SIGNATURE, NULL },
	{ SIM_PART_TCB_INFO, "appended", TEXT, NULL },
	{ SIM_PART_TCB_INFO, "spaced", FLAG, NULL },
	{ SIM_PART_TCB_INFO, "missing", FLAG, NULL },
	{ SIM_PART_TCB_INFO, "trailing", BYTES_SOME, NULL },
	{ SIM_PART_TCB_INFO, "chain", CHAIN, NULL },
	{ SIM_PART_QE_IDENTITY, "signed_by", WORD, forge_document_signers },
	{ SIM_PART_QE_IDENTITY, "status", TEXT, NULL },
	{ SIM_PART_QE_IDENTITY, "advisories", TEXT, NULL },
	{ SIM_PART_QE_IDENTITY, "signature", SIGNATURE, NULL },
	{ SIM_PART_QE_IDENTITY, "appended", TEXT, NULL },
	{ SIM_PART_QE_IDENTITY, "spaced", FLAG, NULL },
	{ SIM_PART_QE_IDENTITY, "missing", FLAG, NULL },
	{ SIM_PART_QE_IDENTITY, "trailing", BYTES_SOME, NULL },
	{ SIM_PART_QE_IDENTITY, "chain", CHAIN, NULL },
	{ SIM_PART_PCK_CRL, "chain", CHAIN, NULL },
};

/* Layouts of a part whose fields can be set. */
static const struct part_layout {
	enum sim_part part;
	const struct wire_layout *layout;
} part_layouts[] = {
	{ SIM_PART_PLATFORM, &forge_platform_layout },
	{ SIM_PART_QUOTE, &tdx_quote_hdr_layout },
	{ SIM_PART_QUOTE, &forge_body_hdr_layout },
	{ SIM_PART_QUOTE, &forge_signature_layout },
	{ SIM_PART_QUOTE, &forge_auth_layout },
	{ SIM_PART_QUOTE, &forge_cert_layout },
	{ SIM_PART_BODY, &tdx_body_layout },
	{ SIM_PART_QE_REPORT, &sgx_report_layout },
	{ SIM_PART_QE_REPORT, &forge_qe_signature_layout },
};

int forge_td_place(const char *name, struct order_place *ret, struct jurat_error *err)
{
	static const char *const fields[] = { "xfam",          "mrtd",        "mrconfigid", "mrowner",
					      "mrownerconfig", "servtd_hash", "rtmr0",      "rtmr1",
					      "rtmr2",         "rtmr3" };
	static const char attributes[] = "attributes";
	const size_t n = strcspn(name, ".[");
	struct order_near near = order_near(name);
	char full[ORDER_NAME_BYTES];

	if (strcmp(name, "debug") == 0)
		return order_place_find(&tdx_td_info_layout, "td_attributes.DEBUG", ret, err);
	if (n == sizeof(attributes) - 1 && strncmp(name, attributes, n) == 0) {
		snprintf(full, sizeof(full), "td_%s", name);
		return order_place_find(&tdx_td_info_layout, full, ret, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strlen(fields[i]) == n && strncmp(name, fields[i], n) == 0)
			return order_place_find(&tdx_td_info_layout, name, ret, err);
		order_near_add(&near, fields[i]);
	}
	order_near_add(&near, attributes);
	order_near_add(&near, "debug");
	return order_near_fail(&near, err, "no field '%s'", name);
}

int forge_chain_read(const char *text, enum forge_cert_name ret[FORGE_MAX_CHAIN], size_t *n,
		     struct jurat_error *err)
{
	static const char *const names[] = {
		[FORGE_PCK] = "pck",
		[FORGE_PCK_CA] = "pck_ca",
		[FORGE_ROOT] = "root",
		[FORGE_TCB_SIGNING] = "tcb_signing",
		NULL,
	};
	size_t count = 0;

	while (*text) {
		size_t size = strcspn(text, ",");
		char name[32];
		unsigned which;
		int r;

		if (count == FORGE_MAX_CHAIN)
			return jurat_fail(err, -EINVAL, "expected at most %d certificates", FORGE_MAX_CHAIN);
		snprintf(name, sizeof(name), "%.*s", (int)(size < sizeof(name) ? size : sizeof(name)), text);
		r = order_choice(name, names, &which, err);
		if (r < 0)
			return r;
		ret[count++] = (enum forge_cert_name)which;
		text += size + (text[size] == ',');
	}
	*n = count;
	return 0;
}

static int check_value(const struct own *own, const char *value, struct jurat_error *err)
{
	enum forge_cert_name names[FORGE_MAX_CHAIN];
	uint8_t bytes[FORGE_MAX_BYTES];
	unsigned which;
	uint64_t number;
	size_t n;
	bool flag;

	switch (own->kind) {
	case NUMBER_16:
		return sim_order_number(value, UINT16_MAX, &number, err);
	case SGX_TYPE:
		return sim_order_number(value, 1, &number, err);
	case SIZE:
		return order_number_check(value, UINT16_MAX, err);
	case BYTES_SOME:
		return sim_order_some_bytes(value, bytes, sizeof(bytes), &n, err);
	case FLAG:
		return sim_order_flag(value, &flag, err);
	case WORD:
		return order_choice(value, own->words, &which, err);
	case CHAIN:
		return forge_chain_read(value, names, &n, err);
	case SIGNATURE:
		return sim_order_bytes(value, bytes, TDX_QUOTE_SIGNATURE_BYTES, err);
	default:
		return 0;
	}
}

static const struct own *find_own(enum sim_part part, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_fields); i++)
		if (own_fields[i].part == part && strcmp(own_fields[i].name, name) == 0)
			return &own_fields[i];
	return NULL;
}

static int no_field(const struct sim_edit *edit, struct jurat_error *err)
{
	struct order_near near = order_near(edit->field);

	for (size_t i = 0; i < ARRAY_SIZE(own_fields); i++)
		if (own_fields[i].part == edit->part)
			order_near_add(&near, own_fields[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(part_layouts); i++)
		for (size_t k = 0; part_layouts[i].part == edit->part && k < part_layouts[i].layout->n_fields;
		     k++)
			order_near_add(&near, part_layouts[i].layout->fields[k].name);
	return order_near_fail(&near, err, "no field '%s'", edit->field);
}

static int find_place(const struct sim_edit *edit, struct order_place *ret, struct jurat_error *err)
{
	char name[ORDER_NAME_BYTES];

	if (edit->part == SIM_PART_TD)
		return forge_td_place(edit->field, ret, err);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(edit->field, ".["), edit->field);
	for (size_t i = 0; i < ARRAY_SIZE(part_layouts); i++)
		if (part_layouts[i].part == edit->part && wire_find(part_layouts[i].layout, name))
			return order_place_find(part_layouts[i].layout, edit->field, ret, err);
	return no_field(edit, err);
}

/* What is flipped: the whole part, a field of a layout, or one of the two without that have bytes. */
static int check_damage(const struct sim_edit *edit, struct jurat_error *err)
{
	struct order_place place;
	bool is_document = edit->part == SIM_PART_TCB_INFO || edit->part == SIM_PART_QE_IDENTITY;

	if (!*edit->field)
		return 0;
	if (is_document)
		return strcmp(edit->field, "signature") == 0
			       ? 0
			       : jurat_fail(err, -EINVAL,
					    "only the document or its signature can be damaged");
	if (edit->part == SIM_PART_QUOTE &&
	    (strcmp(edit->field, "auth_data") == 0 || strcmp(edit->field, "cert_data") == 0))
		return 0;
	return find_place(edit, &place, err);
}

int order_check_tdx(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	const struct own *own = find_own(edit->part, edit->field);
	struct order_place place;
	int r;

	if (edit->kind != SIM_EDIT_SET && (edit->part == SIM_PART_TD || edit->part == SIM_PART_PLATFORM))
		return jurat_fail(err, -EINVAL, "it is not signed by itself, so it can only be set");
	if (edit->kind == SIM_EDIT_DAMAGE)
		return check_damage(edit, err);
	if (own)
		return check_value(own, edit->value, err);
	if (edit->part == SIM_PART_TCB_INFO || edit->part == SIM_PART_QE_IDENTITY)
		return json_edit_check(edit->field, edit->value, at, err);
	r = find_place(edit, &place, err);
	return r == 0 ? order_place_check(&place, edit->value, err) : r;
}
