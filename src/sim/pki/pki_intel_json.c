/* SPDX-License-Identifier: MIT */
#include "sim/pki/pki_intel_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "base/time.h"
#include "crypto/x509.h"

/*
 * JSON and PEM in the form of Intel's service: members in its order, no white space, upper-case hexadecimal
 * except in the signature.
 */
struct text {
	struct text_stream stream;
	bool is_bad; /* a date cannot be represented */
};

static int text_open(struct text *t, struct jurat_error *err)
{
	*t = (struct text){ 0 };
	return text_stream_open(&t->stream) == 0 ? 0 : jurat_fail_memory(err);
}

/* Returns the text; the caller frees it. */
static int text_close(struct text *t, char **ret, size_t *ret_size, struct jurat_error *err)
{
	auto_free char *text = NULL;
	size_t n = 0;

	if (text_stream_close(&t->stream, &text, &n) < 0)
		return jurat_fail_memory(err);
	if (t->is_bad)
		return jurat_fail(err, -EINVAL, "a date is outside the years 1970 to 9999");
	*ret = take_ptr(text);
	*ret_size = n;
	return 0;
}

static void put_hex(struct text *t, const char *name, const uint8_t *bytes, size_t n)
{
	fprintf(t->stream.to, "\"%s\":\"", name);
	for (size_t i = 0; i < n; i++)
		fprintf(t->stream.to, "%02X", bytes[i]);
	fputc('"', t->stream.to);
}

static void put_date(struct text *t, const char *name, int64_t seconds)
{
	char date[BASE_TIME_BYTES];

	base_time_text(seconds, date);
	if (seconds < 0 || !strchr(date, 'T')) /* a year without four digits */
		t->is_bad = true;
	else
		fprintf(t->stream.to, "\"%s\":\"%s\"", name, date);
}

/* "...","advisoryIDs":["a","b"] */
static void put_status(struct text *t, int64_t date, const char *status, const char *advisories)
{
	fputc(',', t->stream.to);
	put_date(t, "tcbDate", date);
	fprintf(t->stream.to, ",\"tcbStatus\":\"%s\"", status);
	if (advisories && *advisories) {
		fputs(",\"advisoryIDs\":[\"", t->stream.to);
		for (const char *p = advisories; *p; p++)
			fputs(*p == ' ' ? "\",\"" : (const char[]){ *p, '\0' }, t->stream.to);
		fputs("\"]", t->stream.to);
	}
	fputc('}', t->stream.to);
}

static void put_svn_levels(struct text *t, const struct sim_svn_level *levels, size_t n)
{
	fputs("\"tcbLevels\":[", t->stream.to);
	for (size_t i = 0; i < n; i++) {
		fprintf(t->stream.to, "%s{\"tcb\":{\"isvsvn\":%u}", i ? "," : "", levels[i].isvsvn);
		put_status(t, levels[i].date, levels[i].status, levels[i].advisories);
	}
	fputc(']', t->stream.to);
}

/* Intel's category and type of components, by index; most have none. */
struct component {
	const char *category, *type;
};

static const struct component sgx_components[SIM_INTEL_N_COMPONENTS] = {
	{ "BIOS", "Early Microcode Update" },
	{ "OS/VMM", "SGX Late Microcode Update" },
	{ "OS/VMM", "TXT SINIT" },
	{ "BIOS", NULL },
	{ "BIOS", NULL },
	{ "BIOS", NULL },
	{ NULL, NULL },
	{ "OS/VMM", "SEAMLDR ACM" },
};
static const struct component tdx_components[SIM_INTEL_N_COMPONENTS] = {
	{ "OS/VMM", "TDX Module" },
	{ "OS/VMM", "TDX Module" },
	{ "OS/VMM", "TDX Late Microcode Update" },
};

static void put_components(struct text *t, const char *name, const uint8_t *svns,
			   const struct component *what)
{
	fprintf(t->stream.to, "\"%s\":[", name);
	for (unsigned i = 0; i < SIM_INTEL_N_COMPONENTS; i++) {
		fprintf(t->stream.to, "%s{\"svn\":%u", i ? "," : "", svns[i]);
		if (what[i].category)
			fprintf(t->stream.to, ",\"category\":\"%s\"", what[i].category);
		if (what[i].type)
			fprintf(t->stream.to, ",\"type\":\"%s\"", what[i].type);
		fputc('}', t->stream.to);
	}
	fputc(']', t->stream.to);
}

/* mrsigner and attributes of Intel's TDX module: all 0, with a mask of all ones */
static void put_module_kind(struct text *t)
{
	static const uint8_t mrsigner[48], attributes[8];
	static const uint8_t mask[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	put_hex(t, "mrsigner", mrsigner, sizeof(mrsigner));
	fputc(',', t->stream.to);
	put_hex(t, "attributes", attributes, sizeof(attributes));
	fputc(',', t->stream.to);
	put_hex(t, "attributesMask", mask, sizeof(mask));
}

static void put_modules(struct text *t, const struct sim_tcb_info *info)
{
	fputs("\"tdxModule\":{", t->stream.to);
	put_module_kind(t);
	fputs("},\"tdxModuleIdentities\":[", t->stream.to);
	for (size_t i = 0; i < info->n_modules; i++) {
		fprintf(t->stream.to, "%s{\"id\":\"TDX_%02X\",", i ? "," : "", info->modules[i].major);
		put_module_kind(t);
		fputc(',', t->stream.to);
		put_svn_levels(t, info->modules[i].levels, info->modules[i].n_levels);
		fputc('}', t->stream.to);
	}
	fputs("],", t->stream.to);
}

static void put_platform_levels(struct text *t, const struct sim_platform_level *levels, size_t n,
				bool is_sgx)
{
	fputs("\"tcbLevels\":[", t->stream.to);
	for (size_t i = 0; i < n; i++) {
		fprintf(t->stream.to, "%s{\"tcb\":{", i ? "," : "");
		put_components(t, "sgxtcbcomponents", levels[i].sgx, sgx_components);
		fprintf(t->stream.to, ",\"pcesvn\":%u", levels[i].pcesvn);
		if (!is_sgx) {
			fputc(',', t->stream.to);
			put_components(t, "tdxtcbcomponents", levels[i].tdx, tdx_components);
		}
		fputc('}', t->stream.to);
		put_status(t, levels[i].date, levels[i].status, levels[i].advisories);
	}
	fputc(']', t->stream.to);
}

/* {"name":INNER,"signature":"..."}, written to `ret`. */
static int put_signed(const char *name, const char *inner, size_t n, const struct crypto_p256_signer *key,
		      char **ret, size_t *ret_size, struct jurat_error *err)
{
	uint8_t signature[64];
	char hex[BYTES_HEX_SIZE(sizeof(signature))];
	struct text t;
	int r = text_open(&t, err);

	if (r < 0)
		return r;
	intel_sign_with(key, inner, n, signature);
	fprintf(t.stream.to, "{\"%s\":", name);
	fwrite(inner, 1, n, t.stream.to);
	fprintf(t.stream.to, ",\"signature\":\"%s\"}", bytes_to_hex(signature, sizeof(signature), hex));
	return text_close(&t, ret, ret_size, err);
}

/* Takes ownership of the inner text. `document` is NULL where no hook is called. */
static int sign_text(const struct sim_pki_intel *pki, const char *name, struct text *inner,
		     const enum sim_intel_document *document, char **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	const struct crypto_p256_signer *key = pki->certs[SIM_INTEL_TCB_SIGNING].key;
	auto_free char *bytes = NULL, *whole = NULL;
	size_t n = 0, size = 0;
	int r = text_close(inner, &bytes, &n, err);

	if (r == 0 && document && pki->hook.before)
		r = pki->hook.before(pki->hook.ctx, pki, *document, &bytes, &n, &key, err);
	if (r == 0)
		r = put_signed(name, bytes, n, key, &whole, &size, err);
	if (r == 0 && document && pki->hook.after)
		r = pki->hook.after(pki->hook.ctx, pki, *document, &whole, &size, err);
	if (r < 0)
		return r;
	*ret = take_ptr(whole);
	*ret_size = size;
	return 0;
}

int sim_pki_intel_tcb_info(const struct sim_pki_intel *pki, const struct sim_tcb_info *info, char **ret,
			   size_t *ret_size, struct jurat_error *err)
{
	static const enum sim_intel_document document = SIM_INTEL_TCB_INFO;
	struct text t;
	int r = text_open(&t, err);

	if (r < 0)
		return r;
	fprintf(t.stream.to, "{\"id\":\"%s\",\"version\":3,", info->is_sgx ? "SGX" : "TDX");
	put_date(&t, "issueDate", info->issued);
	fputc(',', t.stream.to);
	put_date(&t, "nextUpdate", info->next_update);
	fputc(',', t.stream.to);
	put_hex(&t, "fmspc", info->fmspc, sizeof(info->fmspc));
	fputc(',', t.stream.to);
	put_hex(&t, "pceId", info->pceid, sizeof(info->pceid));
	fprintf(t.stream.to, ",\"tcbType\":0,\"tcbEvaluationDataNumber\":%u,", info->evaluation);
	if (!info->is_sgx)
		put_modules(&t, info);
	put_platform_levels(&t, info->levels, info->n_levels, info->is_sgx);
	fputc('}', t.stream.to);
	return sign_text(pki, "tcbInfo", &t, info->is_sgx ? NULL : &document, ret, ret_size, err);
}

int sim_pki_intel_qe_identity(const struct sim_pki_intel *pki, const struct sim_qe_identity *identity,
			      char **ret, size_t *ret_size, struct jurat_error *err)
{
	static const enum sim_intel_document document = SIM_INTEL_QE_IDENTITY;
	const char *id = identity->id ? identity->id : "TD_QE";
	struct text t;
	int r = text_open(&t, err);

	if (r < 0)
		return r;
	fprintf(t.stream.to, "{\"id\":\"%s\",\"version\":2,", id);
	put_date(&t, "issueDate", identity->issued);
	fputc(',', t.stream.to);
	put_date(&t, "nextUpdate", identity->next_update);
	fprintf(t.stream.to,
		",\"tcbEvaluationDataNumber\":%u,\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
		"\"attributes\":\"11000000000000000000000000000000\","
		"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",",
		identity->evaluation);
	put_hex(&t, "mrsigner", identity->mrsigner, sizeof(identity->mrsigner));
	fprintf(t.stream.to, ",\"isvprodid\":%u,", identity->isv_prod_id);
	put_svn_levels(&t, identity->levels, identity->n_levels);
	fputc('}', t.stream.to);
	return sign_text(pki, "enclaveIdentity", &t, strcmp(id, "TD_QE") == 0 ? &document : NULL, ret,
			 ret_size, err);
}

int sim_pki_intel_tcb_numbers(const struct sim_pki_intel *pki, const struct sim_tcb_numbers *list, char **ret,
			      size_t *ret_size, struct jurat_error *err)
{
	struct text t;
	int r = text_open(&t, err);

	if (r < 0)
		return r;
	fprintf(t.stream.to, "{\"id\":\"%s\",\"version\":1,", list->is_sgx ? "SGX" : "TDX");
	put_date(&t, "issueDate", list->issued);
	fputc(',', t.stream.to);
	put_date(&t, "nextUpdate", list->next_update);
	fputs(",\"tcbEvalNumbers\":[", t.stream.to);
	for (size_t i = 0; i < list->n; i++) {
		fprintf(t.stream.to, "%s{\"tcbEvaluationDataNumber\":%u,", i ? "," : "",
			list->numbers[i].number);
		put_date(&t, "tcbRecoveryEventDate", list->numbers[i].date);
		fputc(',', t.stream.to);
		put_date(&t, "tcbDate", list->numbers[i].date);
		fputc('}', t.stream.to);
	}
	fputs("]}", t.stream.to);
	return sign_text(pki, "tcbEvaluationDataNumbers", &t, NULL, ret, ret_size, err);
}

int sim_pki_intel_pem(const struct sim_der *certs, size_t n, char **ret, size_t *ret_size,
		      struct jurat_error *err)
{
	struct text t;
	int r = text_open(&t, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (certs[i].size > 0)
			crypto_pem_write(t.stream.to, certs[i].der, certs[i].size);
	return text_close(&t, ret, ret_size, err);
}
