/* SPDX-License-Identifier: MIT */
#include "verify/rebuild.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/encoding.h"
#include "verify/json_names.h"
#include "wire/snp_report.h"

/* Finds the member with one of these names, "a|b|c", as json_names_alike(). NULL: none, or null. */
static json_t *member(json_t *object, const char *names)
{
	const char *name;
	json_t *value;

	for (;;) {
		size_t n = strcspn(names, "|");

		json_object_foreach(object, name, value)
		{
			if (!json_is_null(value) && json_names_alike(name, strlen(name), names, n))
				return value;
		}
		if (names[n] == '\0')
			return NULL;
		names += n + 1;
	}
}

/* Reads an integer of at most n bytes, or a string with a decimal number or 0x and hex digits. */
static bool number(json_t *value, uint64_t *ret, size_t n)
{
	const char *text = json_string_value(value);
	json_int_t v = json_integer_value(value);
	char *end;

	if (text) {
		if (text[0] < '0' || text[0] > '9')
			return false;
		errno = 0;
		*ret = strtoull(text, &end, text[1] == 'x' || text[1] == 'X' ? 16 : 10);
		if (*end || errno)
			return false;
	} else {
		if (!json_is_integer(value) || v < 0)
			return false;
		*ret = (uint64_t)v;
	}
	return n >= 8 || *ret >> 8 * n == 0;
}

/* {bootloader, tee, snp, microcode}, and fmc where there is one. Spec: SEV-SNP firmware ABI, TCB_VERSION. */
static bool tcb(json_t *value, uint8_t to[8])
{
	static const struct {
		const char *names;
		unsigned at, at_with_fmc;
	} parts[] = { { "fmc", 0, 0 },
		      { "bootloader|boot_loader|bl", 0, 1 },
		      { "tee", 1, 2 },
		      { "snp", 6, 3 },
		      { "microcode|ucode", 7, 7 } };
	bool has_fmc = member(value, "fmc") != NULL;
	uint64_t v;

	memset(to, 0, 8);
	for (size_t i = has_fmc ? 0 : 1; i < ARRAY_SIZE(parts); i++) {
		if (!number(member(value, parts[i].names), &v, 1))
			return false;
		to[has_fmc ? parts[i].at_with_fmc : parts[i].at] = (uint8_t)v;
	}
	return true;
}

/* r and s, 72 bytes each, little-endian. Spec: SEV-SNP firmware ABI, signature format. */
static bool signature(json_t *value, uint8_t to[512])
{
	enum { INTEGER_BYTES = 72 };

	memset(to, 0, 512);
	if (!json_is_object(value))
		return encoding_json_bytes(value, to, 512);
	return encoding_json_bytes(member(value, "r"), to, INTEGER_BYTES) &&
	       encoding_json_bytes(member(value, "s"), to + INTEGER_BYTES, INTEGER_BYTES);
}

/* CPUID Fn0000_0001 EAX into family, model and stepping. Spec: APM volume 3, E.3.2. */
static bool fms(json_t *value, uint8_t to[3])
{
	uint64_t eax;

	if (!number(value, &eax, 4))
		return false;
	to[0] = (uint8_t)((eax >> 20 & 0xff) + (eax >> 8 & 0xf));
	to[1] = (uint8_t)((eax >> 16 & 0xf) << 4 | (eax >> 4 & 0xf));
	to[2] = (uint8_t)(eax & 0xf);
	return true;
}

/* {major, minor, build} in the order of the report: build first. */
static bool firmware(json_t *value, uint8_t to[3])
{
	static const char *const names[] = { "build", "minor", "major" };
	uint64_t v;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!number(member(value, names[i]), &v, 1))
			return false;
		to[i] = (uint8_t)v;
	}
	return true;
}

static bool field(json_t *value, char type, uint8_t *to, size_t n)
{
	uint64_t v;

	switch (type) {
	case 'b':
		return encoding_json_bytes(value, to, n);
	case 's':
		return signature(value, to);
	case 'f':
		return fms(value, to);
	case 'v':
		return firmware(value, to);
	case 't':
		if (json_is_object(value))
			return tcb(value, to);
		break;
	default:
		break;
	}
	if (!number(value, &v, n))
		return type == 't' && encoding_json_bytes(value, to, n);
	bytes_put_le(to, v, (unsigned)n);
	return true;
}

/*
 * Types: n integer, b bytes, t TCB, s signature, f combined family, model and stepping, v firmware version.
 */
static const struct {
	const char *names;
	char type;
	bool needed; /* without it, the object is not a report */
	size_t off, n;
} report_fields[] = {
	{ "version", 'n', true, 0x00, 4 },
	{ "guest_svn", 'n', false, 0x04, 4 },
	{ "policy|guest_policy", 'n', true, 0x08, 8 },
	{ "family_id", 'b', false, 0x10, 16 },
	{ "image_id", 'b', false, 0x20, 16 },
	{ "vmpl", 'n', false, 0x30, 4 },
	{ "sig_algo|signature_algo", 'n', false, 0x34, 4 },
	{ "current_tcb|platform_version", 't', false, 0x38, 8 },
	{ "plat_info|platform_info", 'n', false, 0x40, 8 },
	{ "key_info|signer_info|author_key_en|flags", 'n', false, 0x48, 4 },
	{ "report_data", 'b', true, 0x50, 64 },
	{ "measurement", 'b', true, 0x90, 48 },
	{ "host_data", 'b', false, 0xc0, 32 },
	{ "id_key_digest", 'b', false, 0xe0, 48 },
	{ "author_key_digest", 'b', false, 0x110, 48 },
	{ "report_id", 'b', false, 0x140, 32 },
	{ "report_id_ma", 'b', false, 0x160, 32 },
	{ "reported_tcb", 't', true, 0x180, 8 },
	{ "cpuid1eax_fms", 'f', false, 0x188, 3 },
	{ "cpuid_fam_id", 'n', false, 0x188, 1 },
	{ "cpuid_mod_id", 'n', false, 0x189, 1 },
	{ "cpuid_step", 'n', false, 0x18a, 1 },
	{ "chip_id", 'b', false, 0x1a0, 64 },
	{ "committed_tcb", 't', false, 0x1e0, 8 },
	{ "current", 'v', false, 0x1e8, 3 },
	{ "current_build", 'n', false, 0x1e8, 1 },
	{ "current_minor", 'n', false, 0x1e9, 1 },
	{ "current_major", 'n', false, 0x1ea, 1 },
	{ "committed", 'v', false, 0x1ec, 3 },
	{ "committed_build", 'n', false, 0x1ec, 1 },
	{ "committed_minor", 'n', false, 0x1ed, 1 },
	{ "committed_major", 'n', false, 0x1ee, 1 },
	{ "launch_tcb", 't', false, 0x1f0, 8 },
	{ "launch_mit_vector", 'n', false, 0x1f8, 8 },
	{ "current_mit_vector", 'n', false, 0x200, 8 },
	{ "signature", 's', true, 0x2a0, 512 },
};

int rebuild_report(json_t *object, uint8_t **ret, size_t *ret_n, struct jurat_error *err)
{
	auto_free uint8_t *to = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(report_fields); i++)
		if (report_fields[i].needed && !member(object, report_fields[i].names))
			return JURAT_NOT_FOUND;
	to = calloc(1, SNP_REPORT_BYTES);
	if (!to)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < ARRAY_SIZE(report_fields); i++) {
		json_t *value = member(object, report_fields[i].names);

		if (value &&
		    !field(value, report_fields[i].type, to + report_fields[i].off, report_fields[i].n))
			return jurat_fail(err, -EBADMSG, "'%s' of a report: expected a value of %zu bytes",
					  report_fields[i].names, report_fields[i].n);
	}
	*ret = take_ptr(to);
	*ret_n = SNP_REPORT_BYTES;
	return 0;
}

/*
 * Types: n integer of that size, b bytes, p as many bytes as the preceding integer says. In the order of a
 * quote.
 */
struct quote_field {
	const char *path;
	char type;
	size_t n;
};

static const struct quote_field quote_header[] = {
	{ "header.version", 'n', 2 },    { "header.attestation_key_type", 'n', 2 },
	{ "header.tee_type", 'n', 4 },   { "header.qe_svn", 'b', 2 },
	{ "header.pce_svn", 'b', 2 },    { "header.qe_vendor_id", 'b', 16 },
	{ "header.user_data", 'b', 20 }, { NULL, 0, 0 },
};

static const struct quote_field quote_body[] = {
	{ "tee_tcb_svn", 'b', 16 },
	{ "mr_seam", 'b', 48 },
	{ "mr_signer_seam", 'b', 48 },
	{ "seam_attributes", 'b', 8 },
	{ "td_attributes", 'b', 8 },
	{ "xfam", 'b', 8 },
	{ "mr_td", 'b', 48 },
	{ "mr_config_id", 'b', 48 },
	{ "mr_owner", 'b', 48 },
	{ "mr_owner_config", 'b', 48 },
	{ "rtmrs", 'b', 192 },
	{ "report_data", 'b', 64 },
	{ NULL, 0, 0 },
};

static const struct quote_field quote_body_15[] = {
	{ "tee_tcb_svn2", 'b', 16 },
	{ "mr_service_td", 'b', 48 },
	{ NULL, 0, 0 },
};

static const struct quote_field descriptor[] = {
	{ "td_quote_body_descriptor.td_quote_body_type", 'n', 2 },
	{ "td_quote_body_descriptor.td_quote_body_size", 'n', 4 },
	{ NULL, 0, 0 },
};

static const struct quote_field signature_fields[] = {
	{ "signed_data_size", 'n', 4 },
	{ "signed_data.signature", 'b', 64 },
	{ "signed_data.ecdsa_attestation_key", 'b', 64 },
	{ "signed_data.certification_data.certificate_data_type", 'n', 2 },
	{ "signed_data.certification_data.size", 'n', 4 },
	{ NULL, 0, 0 },
};

/* Members of signed_data.certification_data.qe_report_certification_data. */
static const struct quote_field certification[] = {
	{ "qe_report.cpu_svn", 'b', 16 },
	{ "qe_report.misc_select", 'n', 4 },
	{ "qe_report.reserved1", 'b', 28 },
	{ "qe_report.attributes", 'b', 16 },
	{ "qe_report.mr_enclave", 'b', 32 },
	{ "qe_report.reserved2", 'b', 32 },
	{ "qe_report.mr_signer", 'b', 32 },
	{ "qe_report.reserved3", 'b', 96 },
	{ "qe_report.isv_prod_id", 'n', 2 },
	{ "qe_report.isv_svn", 'n', 2 },
	{ "qe_report.reserved4", 'b', 60 },
	{ "qe_report.report_data", 'b', 64 },
	{ "qe_report_signature", 'b', 64 },
	{ "qe_auth_data.parsed_data_size", 'n', 2 },
	{ "qe_auth_data.data", 'p', 0 },
	{ "pck_certificate_chain_data.certificate_data_type", 'n', 2 },
	{ "pck_certificate_chain_data.size", 'n', 4 },
	{ "pck_certificate_chain_data.pck_cert_chain", 'p', 0 },
	{ NULL, 0, 0 },
};

enum { QUOTE_MAX_BYTES = 1 << 20 };

static json_t *follow(json_t *object, const char *path)
{
	char name[64];
	size_t n;

	do {
		n = strcspn(path, ".");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		object = member(object, name);
		path += n + 1;
	} while (object && path[-1] == '.');
	return object;
}

/* A missing field is zero: both formats omit zeros. */
static int put_fields(struct bytes_wr *w, json_t *object, const struct quote_field *fields,
		      struct jurat_error *err)
{
	uint64_t last = 0; /* the integer before a variable-size field is its size */

	for (const struct quote_field *f = fields; f->path; f++) {
		json_t *value = follow(object, f->path);
		size_t n = f->type == 'p' ? (size_t)last : f->n;
		auto_free uint8_t *bytes = NULL;

		if (f->type == 'p' && last > QUOTE_MAX_BYTES)
			return jurat_fail(err, -EBADMSG, "'%s' of a quote: larger than %d bytes", f->path,
					  QUOTE_MAX_BYTES);
		bytes = calloc(1, n + 1);
		if (!bytes)
			return jurat_fail_memory(err);
		if (value && !field(value, f->type == 'p' ? 'b' : f->type, bytes, n))
			return jurat_fail(err, -EBADMSG, "'%s' of a quote: expected a value of %zu bytes",
					  f->path, n);
		bytes_wr_copy(w, bytes, n);
		last = f->type == 'n' ? bytes_get_le(bytes, (unsigned)n) : 0;
	}
	return w->bad ? jurat_fail(err, -EBADMSG, "a quote of more than %d bytes", QUOTE_MAX_BYTES) : 0;
}

static int put_quote(struct bytes_wr *w, json_t *object, bool is_v5, struct jurat_error *err)
{
	json_t *body = follow(object, is_v5 ? "td_quote_body_descriptor.td_quote_body_v5" : "td_quote_body");
	uint64_t type = 0;
	int r = put_fields(w, object, quote_header, err);

	if (r == 0 && is_v5)
		r = put_fields(w, object, descriptor, err);
	if (r == 0)
		r = put_fields(w, body, quote_body, err);
	if (r == 0 && is_v5 &&
	    number(follow(object, "td_quote_body_descriptor.td_quote_body_type"), &type, 2) && type >= 3)
		r = put_fields(w, body, quote_body_15, err);
	if (r == 0)
		r = put_fields(w, object, signature_fields, err);
	if (r == 0)
		r = put_fields(w,
			       follow(object, "signed_data.certification_data.qe_report_certification_data"),
			       certification, err);
	return r;
}

int rebuild_quote(json_t *object, uint8_t **ret, size_t *ret_n, struct jurat_error *err)
{
	bool is_v5 = json_is_object(member(object, "td_quote_body_descriptor"));
	auto_free uint8_t *to = NULL;
	struct bytes_wr w;
	int r;

	if (!json_is_object(member(object, "header")) || !json_is_object(member(object, "signed_data")) ||
	    (!is_v5 && !json_is_object(member(object, "td_quote_body"))))
		return JURAT_NOT_FOUND;
	to = malloc(QUOTE_MAX_BYTES);
	if (!to)
		return jurat_fail_memory(err);
	w = bytes_wr(to, QUOTE_MAX_BYTES);
	r = put_quote(&w, object, is_v5, err);
	if (r < 0)
		return r;
	*ret = take_ptr(to);
	*ret_n = w.off;
	return 0;
}
