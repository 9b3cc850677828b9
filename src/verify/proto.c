/* SPDX-License-Identifier: MIT */
#include "verify/proto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum { VARINT = 0, LENGTH = 2 }; /* wire types */

/* Sets a member, or appends to it as an array if it exists; takes ownership of the value. 0; -ENOMEM */
static int put(json_t *object, const char *name, json_t *value)
{
	json_t *before = json_object_get(object, name);
	json_t *array;

	if (!value)
		return -ENOMEM;
	if (!before)
		return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
	if (json_is_array(before))
		return json_array_append_new(before, value) < 0 ? -ENOMEM : 0;
	array = json_array();
	if (!array || json_array_append(array, before) < 0 || json_object_set(object, name, array) < 0) {
		json_decref(array);
		json_decref(value);
		return -ENOMEM;
	}
	json_decref(array);
	return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

static json_t *number(uint64_t v)
{
	return json_sprintf("%" PRIu64, v);
}

static json_t *hex(const uint8_t *bytes, size_t n)
{
	auto_free char *text = malloc(BYTES_HEX_SIZE(n));

	return text ? json_string(bytes_to_hex(bytes, n, text)) : NULL;
}

/* One field of a message: its number, name and, for a message in it, its fields. */
struct field {
	unsigned number;
	const char *name;
	char type; /* 'n' number, 'b' bytes, 'm' message, '-' read and dropped */
	const struct field *fields;
};

static const struct field snp_report[] = {
	{ 1, "version", 'n', NULL },
	{ 2, "guest_svn", 'n', NULL },
	{ 3, "policy", 'n', NULL },
	{ 4, "family_id", 'b', NULL },
	{ 5, "image_id", 'b', NULL },
	{ 6, "vmpl", 'n', NULL },
	{ 7, "signature_algo", 'n', NULL },
	{ 8, "current_tcb", 'n', NULL },
	{ 9, "platform_info", 'n', NULL },
	{ 10, "signer_info", 'n', NULL },
	{ 11, "report_data", 'b', NULL },
	{ 12, "measurement", 'b', NULL },
	{ 13, "host_data", 'b', NULL },
	{ 14, "id_key_digest", 'b', NULL },
	{ 15, "author_key_digest", 'b', NULL },
	{ 16, "report_id", 'b', NULL },
	{ 17, "report_id_ma", 'b', NULL },
	{ 18, "reported_tcb", 'n', NULL },
	{ 19, "chip_id", 'b', NULL },
	{ 20, "committed_tcb", 'n', NULL },
	{ 21, "current_build", 'n', NULL },
	{ 22, "current_minor", 'n', NULL },
	{ 23, "current_major", 'n', NULL },
	{ 24, "committed_build", 'n', NULL },
	{ 25, "committed_minor", 'n', NULL },
	{ 26, "committed_major", 'n', NULL },
	{ 27, "launch_tcb", 'n', NULL },
	{ 28, "signature", 'b', NULL },
	{ 29, "cpuid1eax_fms", 'n', NULL },
	{ 30, "launch_mit_vector", 'n', NULL },
	{ 31, "current_mit_vector", 'n', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field snp_chain[] = {
	{ 1, "vcek_cert", 'b', NULL }, { 2, "ask_cert", 'b', NULL },
	{ 3, "ark_cert", 'b', NULL },  { 4, "firmware_cert", '-', NULL },
	{ 6, "vlek_cert", 'b', NULL }, { 7, "extras", '-', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field snp_attestation[] = {
	{ 1, "report", 'm', snp_report },
	{ 2, "certificate_chain", 'm', snp_chain },
	{ 3, "product", '-', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field quote_header[] = {
	{ 1, "version", 'n', NULL },   { 2, "attestation_key_type", 'n', NULL },
	{ 3, "tee_type", 'n', NULL },  { 4, "qe_svn", 'b', NULL },
	{ 5, "pce_svn", 'b', NULL },   { 6, "qe_vendor_id", 'b', NULL },
	{ 7, "user_data", 'b', NULL }, { 0, NULL, 0, NULL },
};

/* Version 5 has two more fields than a body of version 4. */
static const struct field quote_body[] = {
	{ 1, "tee_tcb_svn", 'b', NULL },
	{ 2, "mr_seam", 'b', NULL },
	{ 3, "mr_signer_seam", 'b', NULL },
	{ 4, "seam_attributes", 'b', NULL },
	{ 5, "td_attributes", 'b', NULL },
	{ 6, "xfam", 'b', NULL },
	{ 7, "mr_td", 'b', NULL },
	{ 8, "mr_config_id", 'b', NULL },
	{ 9, "mr_owner", 'b', NULL },
	{ 10, "mr_owner_config", 'b', NULL },
	{ 11, "rtmrs", 'b', NULL },
	{ 12, "report_data", 'b', NULL },
	{ 13, "tee_tcb_svn2", 'b', NULL },
	{ 14, "mr_service_td", 'b', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field quote_descriptor[] = {
	{ 1, "td_quote_body_type", 'n', NULL },
	{ 2, "td_quote_body_size", 'n', NULL },
	{ 3, "td_quote_body_v5", 'm', quote_body },
	{ 0, NULL, 0, NULL },
};

static const struct field qe_report[] = {
	{ 1, "cpu_svn", 'b', NULL },    { 2, "misc_select", 'n', NULL }, { 3, "reserved1", 'b', NULL },
	{ 4, "attributes", 'b', NULL }, { 5, "mr_enclave", 'b', NULL },  { 6, "reserved2", 'b', NULL },
	{ 7, "mr_signer", 'b', NULL },  { 8, "reserved3", 'b', NULL },   { 9, "isv_prod_id", 'n', NULL },
	{ 10, "isv_svn", 'n', NULL },   { 11, "reserved4", 'b', NULL },  { 12, "report_data", 'b', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field qe_auth[] = {
	{ 1, "parsed_data_size", 'n', NULL },
	{ 2, "data", 'b', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field pck_chain[] = {
	{ 1, "certificate_data_type", 'n', NULL },
	{ 2, "size", 'n', NULL },
	{ 3, "pck_cert_chain", 'b', NULL },
	{ 0, NULL, 0, NULL },
};

static const struct field qe_certification[] = {
	{ 1, "qe_report", 'm', qe_report },
	{ 2, "qe_report_signature", 'b', NULL },
	{ 3, "qe_auth_data", 'm', qe_auth },
	{ 4, "pck_certificate_chain_data", 'm', pck_chain },
	{ 0, NULL, 0, NULL },
};

static const struct field certification[] = {
	{ 1, "certificate_data_type", 'n', NULL },
	{ 2, "size", 'n', NULL },
	{ 3, "qe_report_certification_data", 'm', qe_certification },
	{ 0, NULL, 0, NULL },
};

static const struct field signed_data[] = {
	{ 1, "signature", 'b', NULL },
	{ 2, "ecdsa_attestation_key", 'b', NULL },
	{ 3, "certification_data", 'm', certification },
	{ 0, NULL, 0, NULL },
};

static const struct field quote_v4[] = {
	{ 1, "header", 'm', quote_header },   { 2, "td_quote_body", 'm', quote_body },
	{ 3, "signed_data_size", 'n', NULL }, { 4, "signed_data", 'm', signed_data },
	{ 5, "extra_bytes", '-', NULL },      { 0, NULL, 0, NULL },
};

static const struct field quote_v5[] = {
	{ 1, "header", 'm', quote_header },   { 2, "td_quote_body_descriptor", 'm', quote_descriptor },
	{ 3, "signed_data_size", 'n', NULL }, { 4, "signed_data", 'm', signed_data },
	{ 5, "extra_bytes", '-', NULL },      { 0, NULL, 0, NULL },
};

static const struct field *const messages[PROTO_N_MESSAGES] = {
	[PROTO_SNP_ATTESTATION] = snp_attestation,
	[PROTO_SNP_REPORT] = snp_report,
	[PROTO_QUOTE_V4] = quote_v4,
	[PROTO_QUOTE_V5] = quote_v5,
};

static uint64_t take_varint(struct bytes_rd *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c = bytes_rd_u8(r);

		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

static int read_message(const struct field *fields, const uint8_t *bytes, size_t n, json_t *to);

/* Reads the value of a known field; its wire type must be that of the field. */
static int read_value(const struct field *f, unsigned type, struct bytes_rd *r, json_t *to)
{
	uint64_t v = type == VARINT || type == LENGTH ? take_varint(r) : 0;
	const uint8_t *bytes;
	json_t *inner;
	int e;

	if (r->bad || type != (f->type == 'n' ? VARINT : LENGTH) || (type == LENGTH && v > bytes_rd_left(r)))
		return JURAT_NOT_FOUND;
	if (type == VARINT)
		return put(to, f->name, number(v));
	bytes = bytes_rd_take(r, (size_t)v);
	if (f->type == '-')
		return 0;
	if (f->type == 'b')
		return put(to, f->name, hex(bytes, (size_t)v));
	/* protobuf merges a repeated message; no real encoder relies on that */
	if (json_object_get(to, f->name))
		return JURAT_NOT_FOUND;
	inner = json_object();
	e = inner ? read_message(f->fields, bytes, (size_t)v, inner) : -ENOMEM;
	if (e != 0) {
		json_decref(inner);
		return e;
	}
	return put(to, f->name, inner);
}

/* The recursion depth is bounded by the tables above. */
static int read_message(const struct field *fields, const uint8_t *bytes, size_t n, json_t *to)
{
	struct bytes_rd r = bytes_rd(bytes, n);

	while (bytes_rd_left(&r) > 0) {
		uint64_t key = take_varint(&r);
		const struct field *f = fields;
		int e;

		while (f->name && f->number != key >> 3)
			f++;
		e = f->name ? read_value(f, key & 7, &r, to) : JURAT_NOT_FOUND;
		if (e != 0)
			return e;
	}
	return r.bad ? JURAT_NOT_FOUND : 0;
}

int proto_read(enum proto_message message, const uint8_t *bytes, size_t n, json_t **ret)
{
	json_t *to = json_object();

	return proto_end(to ? read_message(messages[message], bytes, n, to) : -ENOMEM, to, ret);
}

int proto_end(int r, json_t *tree, json_t **ret)
{
	if (r == 0 && json_object_size(tree) == 0)
		r = JURAT_NOT_FOUND;
	if (r == 0)
		*ret = tree;
	else
		json_decref(tree);
	return r;
}
