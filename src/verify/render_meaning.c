/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "verify/render.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

json_t *render_bits(struct render_json *o, const struct wire_bits *set, uint64_t value)
{
	const uint64_t named = wire_bits_mask(set), unknown = wire_bits_unknown(set, value);
	json_t *array = json_array();
	char name[WIRE_BIT_NAME_BYTES];

	for (unsigned bit = 0; bit < 64; bit++)
		if (((value & named) | unknown) >> bit & 1)
			render_append(o, array, json_string(wire_bit_name(set, bit, name)));
	return array;
}

json_t *render_tcb(struct render_json *o, enum snp_product product, const struct snp_tcb *tcb)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_has_component(product, i) || snp_tcb_get(tcb, i) != 0)
			render_put(o, object, snp_tcb_component_name(i), json_integer(snp_tcb_get(tcb, i)));
	return object;
}

json_t *render_svns(struct render_json *o, const uint8_t *svns, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		render_append(o, array, json_integer(svns[i]));
	return array;
}

/* Adds the bit fields of a layout, each under the name of its field. */
static void put_bits(struct render_json *o, json_t *to, const struct wire_layout *layout, const void *from)
{
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];
		const struct wire_bits *set = wire_bits_of(layout, f->name);

		if (set)
			render_put(o, to, f->name, render_bits(o, set, wire_get(f, from)));
	}
}

static json_t *version(unsigned major, unsigned minor, unsigned build)
{
	char text[48];

	snprintf(text, sizeof(text), "%u.%u.%u", major, minor, build);
	return json_string(text);
}

void render_snp_tcbs(struct render_json *o, json_t *to, const struct snp_report *r, enum snp_product product)
{
	const struct {
		const char *name;
		uint64_t raw;
	} rows[] = {
		{ "current_tcb", r->current_tcb },
		{ "reported_tcb", r->reported_tcb },
		{ "committed_tcb", r->committed_tcb },
		{ "launch_tcb", r->launch_tcb },
	};
	struct snp_tcb tcb;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (snp_tcb_read(product, rows[i].raw, &tcb))
			render_put(o, to, rows[i].name, render_tcb(o, product, &tcb));
}

json_t *render_snp_meaning(struct render_json *o, const struct snp_report *r, enum snp_product product)
{
	const char *key = snp_signing_key_name(snp_key_info_signing_key(r->key_info));
	json_t *to = json_object();
	char abi[16];

	snprintf(abi, sizeof(abi), "%u.%u", snp_policy_abi_major(r->policy), snp_policy_abi_minor(r->policy));
	render_put(o, to, "product", json_string(snp_product_name(product)));
	render_put(o, to, "policy_abi", json_string(abi));
	put_bits(o, to, &snp_report_layout, r);
	render_put(o, to, "signing_key",
		   key ? json_string(key) : json_integer(snp_key_info_signing_key(r->key_info)));
	render_put(o, to, "firmware", version(r->current_major, r->current_minor, r->current_build));
	render_put(o, to, "committed_firmware",
		   version(r->committed_major, r->committed_minor, r->committed_build));
	return to;
}

json_t *render_td_meaning(struct render_json *o, const struct wire_layout *layout, const void *from)
{
	json_t *to = json_object();

	put_bits(o, to, layout, from);
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (wire_is_svns(f))
			render_put(o, to, f->name,
				   render_svns(o, (const uint8_t *)from + f->member, f->size));
	}
	return to;
}
