/* SPDX-License-Identifier: MIT */
#include "data/vectors.h"

#include "crypto/hash.h"
#include "sim/pki/pki.h"
#include "sim/tdx/qe_internal.h"

/*
 * TDX: quotes of the software enclave in every version and body, and collateral for every TCB status that
 * platform, TDX module and quoting enclave can have. All quotes are of one platform, so that one set of
 * collateral is for all of them.
 */
enum {
	DAY_S = 86400,
	NOW = 1767225600, /* 2026-01-01 */
	TD_ATTRIBUTES = 1 << 28,
	TD_DEBUG = 1 << 0,
	PADDED_BYTES = 8000,
	LOST_BYTES = 48,
	N_STATUSES = 4,
};

static const char *const platform_statuses[] = {
	"UpToDate",
	"SWHardeningNeeded",
	"ConfigurationNeeded",
	"ConfigurationAndSWHardeningNeeded",
	"OutOfDate",
	"OutOfDateConfigurationNeeded",
	"Revoked",
	NULL, /* a TCB below every level */
};
static const char *const part_statuses[N_STATUSES] = { "UpToDate", "OutOfDate", "Revoked", NULL };

struct world {
	const struct vectors *v;
	FILE *cases;
	struct sim_pki_intel *pki;
	struct sim_tdx_platform *platform;
	struct sim_qe *qe;
};

static void platform_new(struct world *w, enum sim_tdx_generation generation,
			 const struct sim_qe_options *options)
{
	struct sim_qe_options dated = *options;
	struct sim_tdx_options platform = { .generation = generation };
	struct jurat_error err = { "" };

	if (dated.pck_not_before == 0)
		dated.pck_not_before = sim_pki_leaf_begin(NOW);
	vectors_check(sim_tdx_platform_new(&platform, &w->platform, &err) == 0, err.text);
	vectors_check(sim_qe_new(w->platform, w->pki, &dated, &w->qe, &err) == 0, err.text);
}

static void platform_free(struct world *w)
{
	sim_qe_free(w->qe);
	sim_tdx_platform_free(w->platform);
}

/* A TD, and the TDREPORT over the bytes 0 to 63 that it gets; then perhaps another module. */
static void get_tdreport(struct world *w, const struct sim_td_params *how, const uint8_t *newer_module,
			 uint8_t ret[TDX_REPORT_BYTES])
{
	struct sim_td_params params = *how;
	struct jurat_error err = { "" };
	uint8_t data[64];
	struct sim_td *td;

	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	params.xfam = 0xe7;
	memset(params.mrtd, 0x11, sizeof(params.mrtd));
	memset(params.mrowner, 0x22, sizeof(params.mrowner));
	vectors_check(sim_td_new(w->platform, &params, 16, &td, &err) == 0, err.text);
	vectors_check(sim_td_rtmr_extend(td, 2, params.mrtd) == UAPI_TDCALL_SUCCESS, "no RTMR");
	if (newer_module)
		sim_tdx_update_module(w->platform, newer_module);
	vectors_check(sim_td_mr_report(td, data, ret) == UAPI_TDCALL_SUCCESS, "no TDREPORT");
	sim_td_free(td);
}

static uint8_t *quote_of(const struct world *w, const uint8_t report[TDX_REPORT_BYTES], size_t *ret_size)
{
	struct jurat_error err = { "" };
	uint8_t *quote = NULL;

	vectors_check(sim_qe_quote(w->qe, report, TDX_REPORT_BYTES, &quote, ret_size, &err) == 0, err.text);
	return quote;
}

/*
 * What the quote says, read here at the offsets of the specification and by nothing else, so that the reader
 * under test is held against it. Spec: Intel DCAP, sgx_quote_4.h, sgx_quote_5.h.
 */
static void put_quote(const struct world *w, const char *name, const uint8_t *quote, size_t n)
{
	bool is_v5 = quote[0] == 5;
	unsigned body_type = is_v5 ? quote[48] : 2;
	const uint8_t *body = quote + (is_v5 ? 54 : 48);
	size_t body_size = is_v5 ? bytes_get_le(quote + 50, 4) : 584;
	size_t end = (size_t)(body - quote) + body_size, data = bytes_get_le(quote + end, 4);
	const uint8_t *certified = quote + end + 4 + 64 + 64 + 6, *auth = certified + 384 + 64;
	const uint8_t *inner = auth + 2 + bytes_get_le(auth, 2);
	char facts[600], svn[33], svn2[33] = "-", mrseam[17], attributes[17], cls[16];

	if (body_type > 2)
		bytes_to_hex(body + 584, 16, svn2);
	TEXT(cls, "quote-v%u-tdx", quote[0]);
	TEXT(facts,
	     "%s body=%u size=%zu sig_data=%zu cert_data=%zu nul=%d tee_tcb_svn=%s tee_tcb_svn2=%s "
	     "mrseam=%s.. td_attr=%s qe_isvsvn=%u cert_type=%u",
	     cls, body_type, end + 4 + data, data, (size_t)bytes_get_le(inner + 2, 4),
	     inner[6 + bytes_get_le(inner + 2, 4) - 1] == 0, bytes_to_hex(body, 16, svn), svn2,
	     bytes_to_hex(body + 16, 8, mrseam), bytes_to_hex(body + 120, 8, attributes),
	     (unsigned)bytes_get_le(certified + 258, 2), (unsigned)bytes_get_le(inner, 2));
	vectors_put(w->v, name, cls, quote, n, facts);
}

struct tdx_row {
	const char *name, *type, *quote;
	const char *platform, *module, *qe; /* NULL: no level */
	long long at;
	const char *status; /* "": the quote is not judged that far */
	const char *reasons;
};

static const char *word(const char *status)
{
	return status ? status : "NotSupported";
}

static void put_row(const struct world *w, const struct tdx_row *r)
{
	fprintf(w->cases,
		"%s\t%s\t%lld\ttdx/%s\ttdx/tcb_info-%s-%s.json\ttdx/qe_identity-%s.json\ttdx/pck_crl.der\t"
		"tdx/root_ca_crl.der\ttdx/tcb_signing.der\troots/intel-root.der\t%s\t%s\n",
		r->name, r->type, r->at ? r->at : NOW, r->quote, word(r->platform), word(r->module),
		word(r->qe), r->status, r->reasons);
}

/* A row with collateral at which everything is up to date. */
static void put_plain_row(const struct world *w, const char *name, const char *type, const char *quote,
			  long long at, const char *reasons)
{
	struct tdx_row row = { .name = name,
			       .type = type,
			       .quote = quote,
			       .platform = "UpToDate",
			       .module = "UpToDate",
			       .qe = "UpToDate",
			       .at = at,
			       .status = "UpToDate",
			       .reasons = reasons };

	put_row(w, &row);
}

/*
 * What the three statuses come to, and whether a TD could be better off after a new launch: its module is
 * out of date and the one that runs is not. Spec: Intel's quote verification library, convergence of TCB
 * statuses.
 */
static const char *converged(const char *platform, const char *module, const char *qe, bool relaunch)
{
	static const struct {
		const char *platform, *and_out_of_date, *relaunch;
	} rows[] = {
		{ "UpToDate", "OutOfDate", "TDRelaunchAdvised" },
		{ "SWHardeningNeeded", "OutOfDate", "TDRelaunchAdvised" },
		{ "ConfigurationNeeded", "OutOfDateConfigurationNeeded",
		  "TDRelaunchAdvisedConfigurationNeeded" },
		{ "ConfigurationAndSWHardeningNeeded", "OutOfDateConfigurationNeeded",
		  "TDRelaunchAdvisedConfigurationNeeded" },
		{ "OutOfDate", "OutOfDate", "OutOfDate" },
		{ "OutOfDateConfigurationNeeded", "OutOfDateConfigurationNeeded",
		  "OutOfDateConfigurationNeeded" },
		{ "Revoked", "Revoked", "Revoked" },
	};
	size_t i = 0;

	if (!platform || !module || !qe)
		return "NotSupported";
	while (strcmp(rows[i].platform, platform) != 0)
		i++;
	if (relaunch)
		return rows[i].relaunch;
	if (strcmp(module, "Revoked") == 0 || strcmp(qe, "Revoked") == 0)
		return "Revoked";
	if (strcmp(module, "OutOfDate") == 0 || strcmp(qe, "OutOfDate") == 0)
		return rows[i].and_out_of_date;
	return platform;
}

static const char *reasons_of(const char *status)
{
	if (strcmp(status, "UpToDate") == 0)
		return "-";
	return strcmp(status, "NotSupported") == 0 ? "tcb-not-supported" : "tcb-status-not-accepted";
}

static void put_statuses(const struct world *w)
{
	for (size_t p = 0; p < ARRAY_SIZE(platform_statuses); p++)
		for (size_t m = 0; m < N_STATUSES; m++)
			for (size_t q = 0; q < N_STATUSES; q++) {
				struct tdx_row row = { .type = "quote-v4-tdx",
						       .quote = "v4.bin",
						       .platform = platform_statuses[p],
						       .module = part_statuses[m],
						       .qe = part_statuses[q] };
				char name[160];

				TEXT(name, "%s,%s,%s", word(row.platform), word(row.module), word(row.qe));
				row.name = name;
				row.status = converged(row.platform, row.module, row.qe, false);
				row.reasons = reasons_of(row.status);
				put_row(w, &row);
			}
}

static struct sim_collateral collateral_of(const struct world *w, const char *platform, const char *module,
					   const char *qe)
{
	struct sim_collateral_options o = { .platform_status = platform,
					    .module_status = module,
					    .qe_status = qe,
					    .issued = NOW - DAY_S,
					    .next_update = NOW + DAY_S,
					    .evaluation = SIM_COLLATERAL_EVALUATION };
	struct sim_collateral made = { 0 };
	struct jurat_error err = { "" };

	vectors_check(sim_qe_collateral(w->qe, &o, &made, &err) == 0, err.text);
	return made;
}

static void put_part(const struct world *w, const struct sim_collateral *c, enum sim_collateral_part part,
		     const char *name, const char *cls, const char *facts)
{
	vectors_put(w->v, name, cls, c->parts[part].bytes, c->parts[part].size, facts);
}

/* The rows and the TCB infos of the platform whose TDX module is newer than the TD's. */
static void put_relaunches(const struct world *w)
{
	for (size_t p = 0; p < ARRAY_SIZE(platform_statuses); p++) {
		struct sim_collateral c = collateral_of(w, platform_statuses[p], "UpToDate", "UpToDate");
		struct tdx_row row = { .type = "quote-v5-tdx",
				       .quote = "v5-body3-relaunch.bin",
				       .platform = platform_statuses[p],
				       .module = "relaunch",
				       .qe = "UpToDate" };
		char name[160];

		TEXT(name, "tdx/tcb_info-%s-relaunch.json", word(row.platform));
		put_part(w, &c, SIM_TCB_INFO, name, "intel-tcbinfo", "");
		sim_collateral_done(&c);
		TEXT(name, "%s,relaunch", word(row.platform));
		row.name = name;
		row.status = converged(row.platform, row.module, row.qe, true);
		row.reasons = reasons_of(row.status);
		put_row(w, &row);
	}
}

/* The documents of each status, and what is the same with all of them. */
static void put_collateral(const struct world *w)
{
	struct sim_collateral c = collateral_of(w, "UpToDate", "UpToDate", "UpToDate");
	const uint8_t *der;
	size_t n = 0;
	char name[160];

	put_part(w, &c, SIM_ROOT_CA_CRL, "tdx/root_ca_crl.der", "intel-crl", "signature OK");
	put_part(w, &c, SIM_PCK_CRL, "tdx/pck_crl.der", "intel-crl", "signature OK");
	sim_collateral_done(&c);
	for (size_t p = 0; p < ARRAY_SIZE(platform_statuses); p++)
		for (size_t m = 0; m < N_STATUSES; m++) {
			c = collateral_of(w, platform_statuses[p], part_statuses[m], "UpToDate");
			TEXT(name, "tdx/tcb_info-%s-%s.json", word(platform_statuses[p]),
			     word(part_statuses[m]));
			put_part(w, &c, SIM_TCB_INFO, name, "intel-tcbinfo", "");
			sim_collateral_done(&c);
		}
	for (size_t q = 0; q < N_STATUSES; q++) {
		c = collateral_of(w, "UpToDate", "UpToDate", part_statuses[q]);
		TEXT(name, "tdx/qe_identity-%s.json", word(part_statuses[q]));
		put_part(w, &c, SIM_QE_IDENTITY, name, "intel-identity", "");
		sim_collateral_done(&c);
	}
	for (unsigned i = 0; i < SIM_INTEL_N_CERTS; i++) {
		static const char *const names[SIM_INTEL_N_CERTS] = {
			[SIM_INTEL_ROOT] = "roots/intel-root.der",
			[SIM_INTEL_PLATFORM_CA] = "tdx/platform_ca.der",
			[SIM_INTEL_TCB_SIGNING] = "tdx/tcb_signing.der",
			[SIM_INTEL_PROCESSOR_CA] = "tdx/processor_ca.der",
		};

		der = sim_pki_intel_cert(w->pki, i, &n);
		vectors_put(w->v, names[i], "intel-cert", der, n, "chain to the test root");
	}
	der = sim_qe_pck(w->qe, &n);
	vectors_put(w->v, "tdx/pck.der", "intel-cert", der, n, "chain to the test root");
}

static char *hex_of(const uint8_t *bytes, size_t n)
{
	char *hex = malloc(2 * n + 1);

	vectors_check(hex != NULL, "out of memory");
	for (size_t i = 0; i < n; i++)
		bytes_to_hex(bytes + i, 1, hex + 2 * i);
	return hex;
}

/* A text as JSON has it. */
static char *escaped(const void *text, size_t n)
{
	char *made = malloc(2 * n + 1), *to = made;

	vectors_check(made != NULL, "out of memory");
	for (const char *at = text, *end = at + n; at < end; at++) {
		if (*at == '\n' || *at == '"')
			*to++ = '\\';
		*to++ = *at == '\n' ? 'n' : *at;
	}
	*to = '\0';
	return made;
}

/* {"tcbInfo":{...},"signature":"..."} as two members: the signed text, and its signature. */
static void put_document(FILE *f, const char *member, const char *document)
{
	const char *begin = strchr(document, ':') + 1, *end = strstr(document, ",\"signature\":\"");
	auto_free char *text = NULL;

	vectors_check(end != NULL, "a document without a signature");
	text = escaped(begin, (size_t)(end - begin));
	fprintf(f, ",\"%s\":\"%s\",\"%s_signature\":\"%.128s\"", member, text, member,
		end + strlen(",\"signature\":\""));
}

/* Everything in one file, as the bindings of Intel's library write it. */
static void put_bundle(const struct world *w)
{
	static const struct {
		const char *member;
		enum sim_collateral_part part;
	} chains[] = { { "pck_crl_issuer_chain", SIM_PCK_CRL_ISSUER_CHAIN },
		       { "tcb_info_issuer_chain", SIM_TCB_INFO_ISSUER_CHAIN },
		       { "qe_identity_issuer_chain", SIM_QE_IDENTITY_ISSUER_CHAIN } };
	struct sim_collateral c = collateral_of(w, "UpToDate", "UpToDate", "UpToDate");
	auto_free char *root_crl = hex_of(c.parts[SIM_ROOT_CA_CRL].bytes, c.parts[SIM_ROOT_CA_CRL].size);
	auto_free char *pck_crl = hex_of(c.parts[SIM_PCK_CRL].bytes, c.parts[SIM_PCK_CRL].size);
	auto_free char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	vectors_check(f != NULL, "out of memory");
	fprintf(f, "{\"root_ca_crl\":\"%s\",\"pck_crl\":\"%s\"", root_crl, pck_crl);
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		auto_free char *chain = escaped(c.parts[chains[i].part].bytes, c.parts[chains[i].part].size);

		fprintf(f, ",\"%s\":\"%s\"", chains[i].member, chain);
	}
	put_document(f, "tcb_info", (const char *)c.parts[SIM_TCB_INFO].bytes);
	put_document(f, "qe_identity", (const char *)c.parts[SIM_QE_IDENTITY].bytes);
	fprintf(f, "}\n");
	vectors_check(fclose(f) == 0, "out of memory");
	vectors_put(w->v, "tdx/bundle.json", "collateral-bundle", text, n, "");
	sim_collateral_done(&c);
}

/* The quote with another header and body, signed again by the attestation key. */
static void sign_again(const struct world *w, struct tdx_quote *q, uint8_t *to, size_t room, size_t *ret_size)
{
	uint8_t head[TDX_QUOTE_MAX_SIGNED_BYTES];
	size_t n = 0;

	vectors_check(tdx_quote_write_signed(q, head, &n, NULL) == 0, "cannot write a quote");
	sim_qe_sign(w->qe, SIM_QE_ATTESTATION_KEY, head, n, q->signature);
	vectors_check(tdx_quote_write(q, to, room, ret_size, NULL) == 0, "cannot write a quote");
}

/* Version 5 with the smallest body: Intel's enclave writes version 4 for such a TD, so the format alone. */
static void put_v5_body2(const struct world *w, const uint8_t *v4, size_t v4_size)
{
	uint8_t quote[8192];
	struct tdx_quote q;
	size_t n = 0;

	vectors_check(tdx_quote_read(v4, v4_size, &q, NULL) == 0, "cannot read a quote");
	q.hdr.version = 5;
	sign_again(w, &q, quote, sizeof(quote), &n);
	put_quote(w, "tdx/v5-body2.bin", quote, n);
	put_plain_row(w, "v5-body2", "quote-v5-tdx", "v5-body2.bin", 0, "-");
}

/* A quote of an SGX enclave, version 3, by the same keys. Spec: Intel DCAP, sgx_quote_3.h. */
static void put_sgx(const struct world *w, const uint8_t *v4, size_t v4_size)
{
	uint8_t quote[8192] = { 3, 0, 2 };
	struct bytes_wr to = bytes_wr(quote, sizeof(quote));
	struct tdx_quote q;

	vectors_check(tdx_quote_read(v4, v4_size, &q, NULL) == 0, "cannot read a quote");
	memcpy(quote + 12, tdx_quote_vendor_id, sizeof(tdx_quote_vendor_id));
	to.off = TDX_QUOTE_HDR_BYTES;
	wire_write(&sgx_report_layout, &q.qe_report, quote + to.off);
	to.off += SGX_REPORT_BYTES;
	sim_qe_sign(w->qe, SIM_QE_ATTESTATION_KEY, quote, to.off, q.signature);
	bytes_wr_le32(&to, (uint32_t)(64 + 64 + SGX_REPORT_BYTES + 64 + 2 + q.auth_data.size + 6 +
				      q.cert_data.size));
	bytes_wr_copy(&to, q.signature, sizeof(q.signature));
	bytes_wr_copy(&to, q.attestation_key, sizeof(q.attestation_key));
	wire_write(&sgx_report_layout, &q.qe_report, quote + to.off);
	to.off += SGX_REPORT_BYTES;
	bytes_wr_copy(&to, q.qe_report_signature, sizeof(q.qe_report_signature));
	bytes_wr_le16(&to, (uint16_t)q.auth_data.size);
	bytes_wr_copy(&to, q.auth_data.data, q.auth_data.size);
	bytes_wr_le16(&to, TDX_CERT_PCK_CHAIN);
	bytes_wr_le32(&to, (uint32_t)q.cert_data.size);
	bytes_wr_copy(&to, q.cert_data.data, q.cert_data.size);
	vectors_check(!to.bad, "a quote is too long");
	vectors_put(w->v, "tdx/sgx-v3.bin", "quote-v3-sgx", quote, to.off, "");
	put_plain_row(w, "sgx-v3", "quote-v3-sgx", "sgx-v3.bin", 0, "not-a-td-quote");
}

/* The buffer that a driver hands out: the quote and zeros. */
static void put_padded(const struct world *w, const uint8_t *quote, size_t n)
{
	uint8_t padded[PADDED_BYTES] = { 0 };
	char facts[60];

	memcpy(padded, quote, n);
	TEXT(facts, "size=%zu", n);
	vectors_put(w->v, "tdx/v4-padded.bin", "quote-file-padded", padded, sizeof(padded), facts);
	put_plain_row(w, "v4-padded", "quote-v4-tdx", "v4-padded.bin", 0, "-");
}

/* A TDREPORT, and what is left of it when its first bytes are lost. */
static void put_tdreport(const struct world *w, const uint8_t report[TDX_REPORT_BYTES])
{
	uint8_t shifted[TDX_REPORT_BYTES] = { 0 };
	char facts[80], svn[33];

	memcpy(shifted, report + LOST_BYTES, TDX_REPORT_BYTES - LOST_BYTES);
	TEXT(facts, "tee_tcb_svn=%s", bytes_to_hex(report + 256 + 8, 16, svn)); /* TEE_TCB_INFO */
	vectors_put(w->v, "tdx/tdreport.bin", "tdx-tdreport-whole", report, TDX_REPORT_BYTES, facts);
	vectors_put(w->v, "tdx/tdreport-shifted.bin", "tdx-tdreport", shifted, sizeof(shifted), facts);
}

struct kind {
	const char *name, *type;
	enum sim_tdx_generation generation;
	struct sim_td_params params;
	struct sim_qe_options options;
	bool relaunch; /* the platform has another TDX module by now */
	const char *reasons;
};

static void put_kind(struct world *w, const struct kind *k)
{
	static const uint8_t newer_module[SIM_TDX_SVN_BYTES] = { 9, 1, 3 };
	uint8_t report[TDX_REPORT_BYTES];
	char file[80], name[80];
	uint8_t *quote;
	size_t n = 0;

	platform_new(w, k->generation, &k->options);
	get_tdreport(w, &k->params, k->relaunch ? newer_module : NULL, report);
	quote = quote_of(w, report, &n);
	TEXT(name, "%s.bin", k->name);
	TEXT(file, "tdx/%s", name);
	put_quote(w, file, quote, n);
	if (!k->relaunch)
		put_plain_row(w, k->name, k->type, name, 0, k->reasons);
	if (strcmp(k->name, "v4") == 0) {
		put_tdreport(w, report);
		put_padded(w, quote, n);
		put_v5_body2(w, quote, n);
		put_sgx(w, quote, n);
		put_collateral(w);
		put_bundle(w);
		put_statuses(w);
		put_plain_row(w, "v4-expired", k->type, name, NOW + 2 * DAY_S,
			      "crl-stale,tcb-info-expired,qe-identity-expired");
	}
	if (k->relaunch)
		put_relaunches(w);
	free(quote);
	platform_free(w);
}

void vectors_put_tdx(const struct vectors *v)
{
	static const struct kind kinds[] = {
		{ "v4", "quote-v4-tdx", SIM_TDX_15, { .attributes = TD_ATTRIBUTES }, { 0 }, false, "-" },
		{ "v4-tdx10",
		  "quote-v4-tdx",
		  SIM_TDX_10,
		  { .attributes = TD_ATTRIBUTES },
		  { 0 },
		  false,
		  "-" },
		{ "v4-no-nul",
		  "quote-v4-tdx",
		  SIM_TDX_15,
		  { .attributes = TD_ATTRIBUTES },
		  { .has_no_nul = true },
		  false,
		  "-" },
		{ "v4-debug",
		  "quote-v4-tdx",
		  SIM_TDX_15,
		  { .attributes = TD_ATTRIBUTES | TD_DEBUG },
		  { 0 },
		  false,
		  "td-debug" },
		{ "v4-pck-not-yet",
		  "quote-v4-tdx",
		  SIM_TDX_15,
		  { .attributes = TD_ATTRIBUTES },
		  { .pck_not_before = NOW + DAY_S },
		  false,
		  "leaf-not-yet-valid" },
		{ "v5-body3-servtd",
		  "quote-v5-tdx",
		  SIM_TDX_15,
		  { .attributes = TD_ATTRIBUTES, .servtd_hash = { 0x5e } },
		  { 0 },
		  false,
		  "service-td-not-allowed" },
		{ "v5-body3-relaunch",
		  "quote-v5-tdx",
		  SIM_TDX_15,
		  { .attributes = TD_ATTRIBUTES },
		  { 0 },
		  true,
		  NULL },
		{ "v5-body4",
		  "quote-v5-tdx",
		  SIM_TDX_15EX,
		  { .attributes = TD_ATTRIBUTES },
		  { 0 },
		  false,
		  "-" },
	};
	struct world w = { .v = v };
	struct jurat_error err = { "" };

	w.cases = vectors_table(v, "TDX-CASES.tsv",
				"case\ttype\tnow_unix\tquote\ttcbinfo\tqeidentity\tpckcrl\trootcrl\t"
				"tcb_signing_cert\troot_cert\tstatus\treasons");
	vectors_check(sim_pki_intel_new("jurat", &w.pki, &err) == 0, err.text);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		put_kind(&w, &kinds[i]);
	sim_pki_intel_free(w.pki);
	vectors_check(fclose(w.cases) == 0, "TDX-CASES.tsv");
}
