/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "sim/forge/forge_tdx.h"
#include "sim/forge/json_edit.h"
#include "sim/pki/pki_intel_internal.h"

static enum sim_part part_of(enum sim_intel_document which)
{
	return which == SIM_INTEL_TCB_INFO ? SIM_PART_TCB_INFO : SIM_PART_QE_IDENTITY;
}

/* Fields of documents that are no paths. */
static bool is_path(const char *field)
{
	static const char *const others[] = { "signed_by", "status",   "module_status", "advisories",
					      "signature", "appended", "spaced",        "missing",
					      "trailing",  "chain" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(field, others[i]) == 0)
			return false;
	return true;
}

static const char *value(struct sim_order *order, enum sim_part part, const char *field)
{
	const char *set = sim_order_value(order, part, SIM_EDIT_SET, field);
	const char *late = sim_order_value(order, part, SIM_EDIT_UNSIGNED, field);

	return late ? late : set;
}

static int flag(struct sim_order *order, enum sim_part part, const char *field, bool *ret,
		struct jurat_error *err)
{
	const char *text = value(order, part, field);

	*ret = false;
	return text ? sim_order_flag(text, ret, err) : 0;
}

/* White space before it is signed, or after. */
static int is_spaced(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind, bool *ret,
		     struct jurat_error *err)
{
	const char *text = sim_order_value(order, part, kind, "spaced");

	*ret = false;
	return text ? sim_order_flag(text, ret, err) : 0;
}

int forge_tdx_collateral(void *ctx, struct sim_collateral_options *o, struct jurat_error *err)
{
	const char *platform = value(ctx, SIM_PART_TCB_INFO, "status");
	const char *module = value(ctx, SIM_PART_TCB_INFO, "module_status");
	const char *qe = value(ctx, SIM_PART_QE_IDENTITY, "status");

	(void)err;
	if (platform)
		o->platform_status = platform;
	if (module)
		o->module_status = module;
	if (qe)
		o->qe_status = qe;
	return 0;
}

void forge_chain_certs(const struct sim_qe *qe, const enum forge_cert_name *names, size_t *n,
		       struct sim_der certs[FORGE_MAX_CHAIN])
{
	static const enum sim_intel_cert which[FORGE_N_CERT_NAMES] = {
		[FORGE_PCK_CA] = SIM_INTEL_PLATFORM_CA,
		[FORGE_ROOT] = SIM_INTEL_ROOT,
		[FORGE_TCB_SIGNING] = SIM_INTEL_TCB_SIGNING,
	};
	size_t count = 0;

	for (size_t i = 0; i < *n; i++) {
		struct sim_der *cert = &certs[count];

		cert->der = names[i] == FORGE_PCK
				    ? sim_qe_pck(qe, &cert->size)
				    : sim_pki_intel_cert(sim_qe_pki(qe), which[names[i]], &cert->size);
		if (cert->size > 0) /* else an order leaves it out everywhere */
			count++;
	}
	*n = count;
}

int forge_tdx_chain(void *ctx, const struct sim_qe *qe, enum sim_collateral_part part, struct sim_der *certs,
		    size_t *n, struct jurat_error *err)
{
	static const enum sim_part parts[SIM_N_COLLATERAL_PARTS] = {
		[SIM_PCK_CRL_ISSUER_CHAIN] = SIM_PART_PCK_CRL,
		[SIM_TCB_INFO_ISSUER_CHAIN] = SIM_PART_TCB_INFO,
		[SIM_QE_IDENTITY_ISSUER_CHAIN] = SIM_PART_QE_IDENTITY,
	};
	const char *text = value(ctx, parts[part], "chain");
	enum forge_cert_name names[FORGE_MAX_CHAIN];
	int r;

	if (!text)
		return 0;
	r = forge_chain_read(text, names, n, err);
	if (r == 0)
		forge_chain_certs(qe, names, n, certs);
	return r;
}

/* "A,B" as an array of strings at the platform's own level, which is the first one if it is up to date. */
static int set_advisories(json_t *document, const char *status, const char *text, struct jurat_error *err)
{
	auto_free char *json = NULL;
	struct text_stream out;
	char path[64];
	size_t n;

	if (text_stream_open(&out) < 0)
		return jurat_fail_memory(err);
	fputs("[\"", out.to);
	for (const char *p = text; *p; p++)
		fputs(*p == ',' ? "\",\"" : (const char[]){ *p, '\0' }, out.to);
	fputs("\"]", out.to);
	if (text_stream_close(&out, &json, &n) < 0)
		return jurat_fail_memory(err);
	snprintf(path, sizeof(path), "tcbLevels[%d].advisoryIDs", status && strcmp(status, "UpToDate") != 0);
	return json_edit(document, path, *text ? json : "absent", 0, err);
}

static int edit_paths(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind, json_t *document,
		      struct jurat_error *err)
{
	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, kind, e)) != NULL;) {
		int r;

		if (!is_path(e->field))
			continue;
		r = json_edit(document, e->field, e->value, sim_order_at(order), err);
		if (r < 0)
			return jurat_wrap(err, r, "%s.%s", sim_part_name(part), e->field);
		e->used = true;
	}
	return 0;
}

static bool has_paths(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind)
{
	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, kind, e)) != NULL;)
		if (is_path(e->field))
			return true;
	return false;
}

/* Replaces the text of an object, compact or with white space; `appended` stands in front of its end. */
static int write_object(const json_t *document, bool spaced, const char *appended, char **text, size_t *size,
			struct jurat_error *err)
{
	auto_free char *plain = NULL;
	const size_t more = appended ? strlen(appended) : 0;
	struct text_stream out;
	bool is_bad;
	char *whole;
	size_t n;

	if (text_stream_open(&out) < 0)
		return jurat_fail_memory(err);
	is_bad = json_dumpf(document, out.to, spaced ? JSON_INDENT(2) : JSON_COMPACT) < 0;
	is_bad |= text_stream_close(&out, &plain, &n) < 0;
	whole = is_bad ? NULL : malloc(n + more + 1);
	if (!whole)
		return jurat_fail_memory(err);
	memcpy(whole, plain, n - 1);
	memcpy(whole + n - 1, appended ? appended : "", more);
	memcpy(whole + n - 1 + more, "}", 2);
	free(*text);
	*text = whole;
	*size = n + more;
	return 0;
}

/* The hook of sim_pki_intel: the object that is signed. */
int forge_tdx_before(void *ctx, const struct sim_pki_intel *pki, enum sim_intel_document which, char **text,
		     size_t *size, const struct crypto_p256_signer **key, struct jurat_error *err)
{
	const enum sim_part part = part_of(which);
	const char *advisories = sim_order_value(ctx, part, SIM_EDIT_SET, "advisories");
	const char *appended = sim_order_value(ctx, part, SIM_EDIT_SET, "appended");
	json_t *document;
	bool spaced;
	int r = is_spaced(ctx, part, SIM_EDIT_SET, &spaced, err);

	if (r < 0 || (!advisories && !appended && !spaced && !has_paths(ctx, part, SIM_EDIT_SET)))
		return r;
	document = json_loadb(*text, *size, 0, NULL);
	if (!document)
		return jurat_fail_memory(err);
	r = advisories ? set_advisories(document, value(ctx, part, "status"), advisories, err) : 0;
	if (r == 0)
		r = edit_paths(ctx, part, SIM_EDIT_SET, document, err);
	if (r == 0)
		r = write_object(document, spaced, appended, text, size, err);
	json_decref(document);
	return r;
}

/* {"NAME":OBJECT,"signature":"HEX"} */
struct whole {
	const char *name; /* borrowed from the text, not NUL-terminated */
	size_t name_size, object, object_size;
};
enum { SIGNATURE_HEX = 128, END_BYTES = 15 /* ,"signature":" */ - 1 + SIGNATURE_HEX + 2 };

static struct whole take_apart(const char *text, size_t n)
{
	struct whole w = { .name = text + 2, .name_size = strcspn(text + 2, "\"") };

	w.object = 2 + w.name_size + 2;
	w.object_size = n - w.object - END_BYTES;
	return w;
}

static int sign_by(const struct sim_pki_intel *pki, const char *signer, const char *bytes, size_t n,
		   char *hex, struct jurat_error *err)
{
	struct crypto_p256_signer *other = NULL;
	uint8_t signature[64], digest[CRYPTO_SHA256_BYTES];
	char text[BYTES_HEX_SIZE(sizeof(signature))];
	unsigned which;
	int r = order_choice(signer, forge_document_signers, &which, err);

	if (r < 0)
		return r;
	if (which < SIM_INTEL_N_CERTS) {
		intel_sign(pki, (enum sim_intel_cert)which, bytes, n, signature);
	} else {
		r = crypto_p256_signer_derive("other", 5, &other, err);
		if (r < 0)
			return r;
		crypto_sha256(bytes, n, digest);
		crypto_p256_signer_sign(other, digest, signature);
		crypto_p256_signer_free(other);
	}
	memcpy(hex, bytes_to_hex(signature, sizeof(signature), text), SIGNATURE_HEX);
	return 0;
}

/* Changes what was signed. */
static int edit_late(struct sim_order *order, enum sim_part part, char **text, size_t *size,
		     struct jurat_error *err)
{
	const struct whole w = take_apart(*text, *size);
	const char *appended = sim_order_value(order, part, SIM_EDIT_UNSIGNED, "appended");
	auto_free char *object = NULL, *all = NULL;
	json_t *document;
	size_t n = 0;
	bool spaced;
	int r = is_spaced(order, part, SIM_EDIT_UNSIGNED, &spaced, err);

	if (r < 0 || (!appended && !spaced && !has_paths(order, part, SIM_EDIT_UNSIGNED)))
		return r;
	document = json_loadb(*text + w.object, w.object_size, 0, NULL);
	if (!document)
		return jurat_fail_memory(err);
	r = edit_paths(order, part, SIM_EDIT_UNSIGNED, document, err);
	if (r == 0)
		r = write_object(document, spaced, appended, &object, &n, err);
	json_decref(document);
	if (r < 0)
		return r;
	all = malloc(w.object + n + END_BYTES + 1);
	if (!all)
		return jurat_fail_memory(err);
	memcpy(all, *text, w.object);
	memcpy(all + w.object, object, n);
	memcpy(all + w.object + n, *text + *size - END_BYTES, END_BYTES + 1);
	*size = w.object + n + END_BYTES;
	free(*text);
	*text = take_ptr(all);
	return 0;
}

static int set_signature(struct sim_order *order, const struct sim_pki_intel *pki, enum sim_part part,
			 char *text, size_t n, struct jurat_error *err)
{
	const struct whole w = take_apart(text, n);
	const char *signer = value(order, part, "signed_by"), *bytes = value(order, part, "signature");
	char *hex = text + n - SIGNATURE_HEX - 2, set[BYTES_HEX_SIZE(64)];
	uint8_t signature[64];
	int r = 0;

	if (signer)
		r = sign_by(pki, signer, text + w.object, w.object_size, hex, err);
	if (r < 0 || !bytes)
		return r;
	r = sim_order_bytes(bytes, signature, sizeof(signature), err);
	if (r == 0)
		memcpy(hex, bytes_to_hex(signature, sizeof(signature), set), SIGNATURE_HEX);
	return r;
}

static int damage(struct sim_order *order, enum sim_part part, char *text, size_t n, struct jurat_error *err)
{
	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, SIM_EDIT_DAMAGE, e)) != NULL;) {
		char *hex = text + n - SIGNATURE_HEX - 2, digits[BYTES_HEX_SIZE(64)],
		     copy[BYTES_HEX_SIZE(64)];
		uint8_t signature[64] = { 0 };
		int r;

		if (*e->field) {
			snprintf(copy, sizeof(copy), "%.*s", SIGNATURE_HEX, hex);
			(void)bytes_from_hex(copy, signature, sizeof(signature));
			r = order_flip(signature, sizeof(signature), e->byte, err);
			memcpy(hex, bytes_to_hex(signature, sizeof(signature), digits), SIGNATURE_HEX);
		} else {
			r = order_flip((uint8_t *)text, n, e->byte, err);
		}
		if (r < 0)
			return jurat_wrap(err, r, "%s", sim_part_name(part));
		e->used = true;
	}
	return 0;
}

static int add_trailing(const char *hex, char **text, size_t *size, struct jurat_error *err)
{
	char *all = calloc(1, *size + FORGE_MAX_BYTES + 1);
	size_t n = 0;
	int r;

	if (!all)
		return jurat_fail_memory(err);
	memcpy(all, *text, *size);
	r = sim_order_some_bytes(hex, (uint8_t *)all + *size, FORGE_MAX_BYTES, &n, err);
	free(*text);
	*text = all;
	*size += n;
	return r;
}

/* The same hook: the whole document, which was signed. */
int forge_tdx_after(void *ctx, const struct sim_pki_intel *pki, enum sim_intel_document which, char **text,
		    size_t *size, struct jurat_error *err)
{
	const enum sim_part part = part_of(which);
	const char *trailing = value(ctx, part, "trailing");
	bool missing;
	int r = flag(ctx, part, "missing", &missing, err);

	if (r == 0)
		r = set_signature(ctx, pki, part, *text, *size, err);
	if (r == 0)
		r = edit_late(ctx, part, text, size, err);
	if (r == 0)
		r = damage(ctx, part, *text, *size, err);
	if (r == 0 && trailing)
		r = add_trailing(trailing, text, size, err);
	if (r < 0 || !missing)
		return r;
	free(*text);
	*text = NULL;
	*size = 0;
	return 0;
}
