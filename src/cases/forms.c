/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "cases/evidence.h"
#include "cases/place.h"
#include "endorse/bundle.h"

/* The forms in which tools of this field take evidence and endorsements. */

#define COLLATERAL "collateral/"

static const char certificate_label[] = "CERTIFICATE", crl_label[] = "X509 CRL";

/* Blocks of PEM, one for each that is there. */
static int put_pem(struct cases_place *place, const char *role, const char *name, const char *label,
		   const struct sim_forged_file *const *files, size_t n, struct jurat_error *err)
{
	auto_free char *text = NULL;
	struct text_stream stream;
	size_t size;

	if (text_stream_open(&stream) < 0)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < n; i++)
		if (files[i])
			crypto_pem_write_as(stream.to, label, files[i]->bytes, files[i]->size);
	if (text_stream_close(&stream, &text, &size) < 0)
		return jurat_fail_memory(err);
	return cases_put(place, role, name, text, size, err);
}

static int put_root(struct cases_place *place, const struct cases_evidence *e, struct jurat_error *err)
{
	const struct sim_forged_file root = { .bytes = e->root, .size = e->root_size }, *files = &root;
	int r = cases_put(place, "root", "root.der", e->root, e->root_size, err);

	return r < 0 ? r : put_pem(place, "root_pem", "root.pem", certificate_label, &files, 1, err);
}

static int put_extended(struct cases_place *place, const struct sim_forged_file *report,
			const struct sim_forged_file *certs, struct jurat_error *err)
{
	auto_free uint8_t *both = malloc(report->size + certs->size + 1);

	if (!both)
		return jurat_fail_memory(err);
	memcpy(both, report->bytes, report->size);
	memcpy(both + report->size, certs->bytes, certs->size);
	return cases_put(place, "extended", "extended.bin", both, report->size + certs->size, err);
}

/* A certificate or CRL as DER and PEM. */
static int put_single(struct cases_place *place, const struct sim_forged *forged, const char *role,
		      const char *label, struct jurat_error *err)
{
	char name[32], pem_name[32], pem_role[32];
	const struct sim_forged_file *file;
	int r;

	snprintf(name, sizeof(name), "%s.der", role);
	snprintf(pem_name, sizeof(pem_name), "%s.pem", role);
	snprintf(pem_role, sizeof(pem_role), "%s_pem", role);
	file = sim_forged_find(forged, name);
	if (!file)
		return 0;
	r = cases_put(place, role, name, file->bytes, file->size, err);
	return r < 0 ? r : put_pem(place, pem_role, pem_name, label, &file, 1, err);
}

/* The issuers as AMD's KDS has them at cert_chain: ASK or ASVK, then ARK. */
static int put_chain(struct cases_place *place, const struct sim_forged *forged, struct jurat_error *err)
{
	const struct sim_forged_file *files[] = { sim_forged_find(forged, "ask.der"),
						  sim_forged_find(forged, "asvk.der"),
						  sim_forged_find(forged, "ark.der") };

	if ((!files[0] && !files[1]) || !files[2])
		return 0;
	return put_pem(place, "chain_pem", "cert_chain.pem", certificate_label, files, ARRAY_SIZE(files),
		       err);
}

static int put_singles(struct cases_place *place, const struct sim_forged *forged, struct jurat_error *err)
{
	static const char *const roles[] = { "vcek", "vlek", "ask", "asvk", "ark" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(roles); i++)
		r = put_single(place, forged, roles[i], certificate_label, err);
	return r < 0 ? r : put_chain(place, forged, err);
}

static int put_snp(struct cases_place *place, const struct cases_evidence *e, struct jurat_error *err)
{
	const struct sim_forged_file *report = sim_forged_find(&e->forged, "report.bin");
	const struct sim_forged_file *certs = sim_forged_find(&e->forged, "certs.bin");
	int r = report ? cases_put(place, "report", report->name, report->bytes, report->size, err)
		       : jurat_fail(err, -EINVAL, "the order makes no report");

	if (r == 0 && certs)
		r = cases_put(place, "certs", certs->name, certs->bytes, certs->size, err);
	if (r == 0 && certs)
		r = put_extended(place, report, certs, err);
	if (r == 0 && !e->only_table)
		r = put_singles(place, &e->forged, err);
	if (r == 0)
		r = put_single(place, &e->forged, "crl", crl_label, err);
	return r;
}

/* ---- TDX */

/* What a bundle has as text: printable, or else it is not the PEM that a JSON string can have. */
static char *text_of(const struct sim_forged_file *file)
{
	for (size_t i = 0; file && i < file->size; i++)
		if (file->bytes[i] > 0x7e || (file->bytes[i] < ' ' && !strchr("\r\n\t", file->bytes[i])) ||
		    file->bytes[i] == '\0')
			return NULL;
	return file ? strndup((const char *)file->bytes, file->size) : strdup("");
}

static const struct {
	const char *body, *chain;
} bundle_parts[ENDORSE_BUNDLE_N] = {
	[ENDORSE_BUNDLE_TCB_INFO] = { COLLATERAL "tcb_info.json", COLLATERAL "tcb_info_issuer_chain.pem" },
	[ENDORSE_BUNDLE_QE_IDENTITY] = { COLLATERAL "qe_identity.json",
					 COLLATERAL "qe_identity_issuer_chain.pem" },
	[ENDORSE_BUNDLE_PCK_CRL] = { COLLATERAL "pck_crl.der", COLLATERAL "pck_crl_issuer_chain.pem" },
	[ENDORSE_BUNDLE_ROOT_CRL] = { COLLATERAL "root_ca_crl.der", NULL },
};

/* One file with all of the collateral, if that form can have it: signed documents that are JSON. */
static int put_bundle(struct cases_place *place, const struct sim_forged *forged, struct jurat_error *err)
{
	struct endorse_value values[ENDORSE_BUNDLE_N] = { { .body = NULL } };
	auto_free char *json = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const struct sim_forged_file *body = sim_forged_find(forged, bundle_parts[i].body);
		const char *chain = bundle_parts[i].chain;

		values[i].body = body ? body->bytes : NULL;
		values[i].size = body ? body->size : 0;
		if (chain) {
			values[i].issuer_chain = text_of(sim_forged_find(forged, chain));
			r = values[i].issuer_chain ? r : -EBADMSG;
		}
	}
	if (r == 0)
		r = endorse_bundle(values, &json, err);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		free(values[i].issuer_chain);
	if (r == 0)
		r = cases_put(place, "bundle", "collateral.json", json, strlen(json), err);
	return r == -EBADMSG ? 0 : r;
}

static int put_tdx(struct cases_place *place, const struct cases_evidence *e, struct jurat_error *err)
{
	const struct sim_forged_file *quote = sim_forged_find(&e->forged, "quote.bin");
	const struct sim_forged_file *log = sim_forged_find(&e->forged, "event-log.bin");
	int r = quote ? cases_put(place, "quote", quote->name, quote->bytes, quote->size, err)
		      : jurat_fail(err, -EINVAL, "the order makes no quote");

	if (r == 0 && log)
		r = cases_put(place, "event_log", log->name, log->bytes, log->size, err);
	if (r == 0 && mkdirat(place->dir, "collateral", 0777) < 0)
		r = jurat_fail(err, -errno, "cannot create 'collateral': %s", strerror(errno));
	if (r == 0)
		r = cases_list(place, "collateral", "collateral", err);
	for (size_t i = 0; r == 0 && i < e->forged.n; i++) {
		const struct sim_forged_file *f = &e->forged.files[i];

		if (!strncmp(f->name, COLLATERAL, strlen(COLLATERAL)))
			r = cases_put(place, NULL, f->name, f->bytes, f->size, err);
	}
	return r < 0 ? r : put_bundle(place, &e->forged, err);
}

int cases_put_evidence(struct cases_place *place, const struct cases_evidence *evidence, bool tdx,
		       struct jurat_error *err)
{
	int r = tdx ? put_tdx(place, evidence, err) : put_snp(place, evidence, err);

	return r < 0 || !evidence->root ? r : put_root(place, evidence, err);
}
