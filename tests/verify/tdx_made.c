/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include "crypto/hash.h"
#include "sim/pki/pki_intel_internal.h"
#include "verify/tdx_verdict.h"
#include "wire/tdx_report.h"

struct sim_pki_intel *tdx_made_pki(void)
{
	static struct sim_pki_intel *pki;

	if (!pki)
		assert_int_equal(sim_pki_intel_new("verify", &pki, NULL), 0);
	return pki;
}

static const struct crypto_p256_signer *key_of(const char *name)
{
	static struct crypto_p256_signer *keys[3];
	static const char *const names[3] = { "attestation", "pck", "other" };
	size_t i = 0;

	while (strcmp(names[i], name) != 0)
		i++;
	if (!keys[i])
		assert_int_equal(crypto_p256_signer_derive(name, strlen(name), &keys[i], NULL), 0);
	return keys[i];
}

static void fill_quote(struct tdx_quote *q, enum tdx_body_type body)
{
	*q = (struct tdx_quote){
		.hdr = { .version = body == TDX_BODY_10 ? 4 : 5,
			 .attestation_key_type = TDX_QUOTE_KEY_ECDSA_P256,
			 .tee_type = TDX_QUOTE_TEE_TDX },
		.body_type = body,
		.has_15 = body != TDX_BODY_10,
		.has_15ex = body == TDX_BODY_15EX,
		.body = { .tee_tcb_svn = { 5, 1, 3 },
			  .td_attributes = 1ull << TDX_ATTR_SEPT_VE_DISABLE_BIT,
			  .xfam = 0xe7 },
		.qe_report = { .attributes = 0x15, .xfrm = 0xe7, .isv_prod_id = 2, .isv_svn = 6 },
		.cert_type = TDX_CERT_PCK_CHAIN,
	};
	memcpy(q->hdr.vendor_id, tdx_quote_vendor_id, sizeof(tdx_quote_vendor_id));
	memset(q->body.mrtd, 0x11, 48);
	memset(q->body.mrseam, 0x22, 48);
	memset(q->body.rtmr0, 0x30, 48);
	memset(q->body.rtmr1, 0x31, 48);
	memset(q->body.rtmr2, 0x32, 48);
	memset(q->body.rtmr3, 0x33, 48);
	memset(q->body.report_data, 0x44, 64);
	memset(q->qe_report.mrsigner, 0x55, 32);
	if (q->has_15)
		memcpy(q->body.tee_tcb_svn2, q->body.tee_tcb_svn, 16);
}

void tdx_made_init(struct tdx_made *m, enum tdx_body_type body)
{
	static const uint8_t fmspc[6] = { 0xb0, 0xc0, 0x6f };
	static const uint8_t components[16] = { 3, 3, 2, 2, 4, 1, 0, 5 };

	*m = (struct tdx_made){ .at = 1760000000 };
	fill_quote(&m->quote, body);
	m->crl_issued = m->at - 3 * TDX_MADE_DAY;
	m->crl_next = m->at + 27 * TDX_MADE_DAY;
	memcpy(m->pck.public_xy, crypto_p256_signer_public(key_of("pck")), 64);
	memcpy(m->pck.fmspc, fmspc, sizeof(fmspc));
	memcpy(m->pck.components, components, sizeof(components));
	memcpy(m->pck.cpusvn, components, sizeof(components));
	m->pck.pcesvn = 11;
	m->pck.sgx_type = 1;
	m->levels[0] = (struct sim_platform_level){ .sgx = { 2, 2, 2, 2, 3, 1, 0, 5 },
						    .tdx = { 5, 0, 2 },
						    .pcesvn = 11,
						    .date = 1710000000,
						    .status = "UpToDate" };
	m->levels[1] = (struct sim_platform_level){ .sgx = { 2, 2, 2, 2, 3, 1, 0, 5 },
						    .tdx = { 5, 0, 2 },
						    .pcesvn = 5,
						    .date = 1510000000,
						    .status = "OutOfDate",
						    .advisories = "INTEL-SA-00001 INTEL-SA-00002" };
	m->module_levels[0] = (struct sim_svn_level){ .isvsvn = 5, .date = 1700000000, .status = "UpToDate" };
	m->module_levels[1] = (struct sim_svn_level){
		.isvsvn = 3, .date = 1600000000, .status = "OutOfDate", .advisories = "INTEL-SA-00003"
	};
	m->qe_levels[0] = (struct sim_svn_level){ .isvsvn = 4, .date = 1705000000, .status = "UpToDate" };
	m->module = (struct sim_module_identity){ .major = 1, .levels = m->module_levels, .n_levels = 2 };
	m->info = (struct sim_tcb_info){ .issued = m->crl_issued,
					 .next_update = m->crl_next,
					 .evaluation = 17,
					 .modules = &m->module,
					 .n_modules = 1,
					 .levels = m->levels,
					 .n_levels = 2 };
	memcpy(m->info.fmspc, fmspc, sizeof(fmspc));
	m->identity = (struct sim_qe_identity){ .issued = m->crl_issued,
						.next_update = m->crl_next,
						.evaluation = 17,
						.isv_prod_id = 2,
						.levels = m->qe_levels,
						.n_levels = 1 };
	memset(m->identity.mrsigner, 0x55, 32);
}

void tdx_made_done(struct tdx_made *m)
{
	free(m->tcb_info);
	free(m->qe_identity);
	free(m->bytes);
	free(m->chain);
}

void tdx_made_reissue(uint8_t *der, size_t room, size_t *size, enum sim_intel_cert issuer)
{
	struct bytes_rd all = bytes_rd(der, *size), inner = der_enter(&all, DER_SEQUENCE), whole = inner;
	struct bytes_rd tbs = der_enter(&inner, DER_SEQUENCE);
	uint8_t to[SIM_INTEL_CRL_MAX_BYTES], rs[80], signature[64];
	struct der_wr d = der_wr(to, sizeof(to)), s = der_wr(rs, sizeof(rs));
	size_t n = (size_t)(tbs.data + tbs.size - whole.data);

	assert_false(inner.bad);
	intel_sign(tdx_made_pki(), issuer, whole.data, n, signature);
	der_put_open(&s, DER_SEQUENCE);
	der_put_big_uint(&s, signature, 32);
	der_put_big_uint(&s, signature + 32, 32);
	der_put_close(&s);
	der_put_open(&d, DER_SEQUENCE);
	der_put_raw(&d, whole.data, n);
	intel_put_algorithm(&d);
	der_put_bits(&d, rs, s.w.off, 0);
	der_put_close(&d);
	assert_false(s.w.bad || d.w.bad || d.w.off > room);
	memcpy(der, to, d.w.off);
	*size = d.w.off;
}

struct tdx_made_cert *tdx_made_instead(struct tdx_made *m, enum sim_intel_cert which)
{
	struct tdx_made_cert *cert = &m->instead[which];
	const uint8_t *der = sim_pki_intel_cert(tdx_made_pki(), which, &cert->size);

	memcpy(cert->der, der, cert->size);
	return cert;
}

static const uint8_t *cert_of(const struct tdx_made *m, enum sim_intel_cert which, size_t *ret_size)
{
	if (!m || m->instead[which].size == 0)
		return sim_pki_intel_cert(tdx_made_pki(), which, ret_size);
	*ret_size = m->instead[which].size;
	return m->instead[which].der;
}

static void make_chain(struct tdx_made *m)
{
	struct sim_der certs[3] = { { m->leaf, 0 } };
	size_t n;

	if (m->leaf_size == 0)
		assert_int_equal(
			sim_pki_intel_pck(tdx_made_pki(), &m->pck, m->leaf, &m->leaf_size, NULL, NULL), 0);
	certs[0].size = m->leaf_size;
	certs[1].der = cert_of(m, SIM_INTEL_PLATFORM_CA, &certs[1].size);
	certs[2].der = cert_of(m, SIM_INTEL_ROOT, &certs[2].size);
	if (!m->chain)
		assert_int_equal(sim_pki_intel_pem(certs, 3, &m->chain, &n, NULL), 0);
}

static void sign_report(struct tdx_made *m)
{
	struct tdx_quote *q = &m->quote;
	uint8_t bound[64 + sizeof(m->auth_data)], report[SGX_REPORT_BYTES], digest[32];

	if (!q->auth_data.data)
		q->auth_data = bytes_rd(m->auth_data, sizeof(m->auth_data));
	memcpy(q->attestation_key, crypto_p256_signer_public(key_of("attestation")), 64);
	memcpy(bound, q->attestation_key, 64);
	memcpy(bound + 64, m->auth_data, sizeof(m->auth_data));
	bound[64] = (uint8_t)(bound[64] ^ m->loose_auth);
	crypto_sha256(bound, sizeof(bound), q->qe_report.report_data);
	wire_write(&sgx_report_layout, &q->qe_report, report);
	crypto_sha256(report, sizeof(report), digest);
	crypto_p256_signer_sign(key_of(m->other_signs_report ? "other" : "pck"), digest,
				q->qe_report_signature);
}

void tdx_made_sign(struct tdx_made *m)
{
	struct tdx_quote *q = &m->quote;
	uint8_t head[TDX_QUOTE_MAX_SIGNED_BYTES], digest[32];
	size_t n;

	make_chain(m);
	sign_report(m);
	if (q->cert_type == TDX_CERT_PCK_CHAIN || q->cert_type == TDX_CERT_PCK_LEAF)
		q->cert_data = bytes_rd(m->chain, strlen(m->chain) + 1);
	assert_int_equal(tdx_quote_write_signed(q, head, &n, NULL), 0);
	crypto_sha256(head, n, digest);
	crypto_p256_signer_sign(key_of(m->other_signs_quote ? "other" : "attestation"), digest, q->signature);
	free(m->bytes);
	m->bytes = NULL;
	assert_int_equal(tdx_quote_write(q, NULL, 0, &m->size, NULL), JURAT_TOO_SMALL);
	m->bytes = malloc(m->size);
	assert_non_null(m->bytes);
	assert_int_equal(tdx_quote_write(q, m->bytes, m->size, &m->size, NULL), 0);
}

void tdx_made_documents(struct tdx_made *m)
{
	size_t n;

	free(m->tcb_info);
	free(m->qe_identity);
	assert_int_equal(sim_pki_intel_tcb_info(tdx_made_pki(), &m->info, &m->tcb_info, &n, NULL), 0);
	assert_int_equal(sim_pki_intel_qe_identity(tdx_made_pki(), &m->identity, &m->qe_identity, &n, NULL),
			 0);
}

void tdx_made_patch(char **text, const char *from, const char *to)
{
	char *at = strstr(*text, from), *next;

	assert_non_null(at);
	assert_true(asprintf(&next, "%.*s%s%s", (int)(at - *text), *text, to, at + strlen(from)) >= 0);
	free(*text);
	*text = next;
}

void tdx_made_resign(char **text, const char *member)
{
	char *start, *end, *inner, hex[BYTES_HEX_SIZE(64)];
	uint8_t signature[64];

	assert_true(asprintf(&start, "{\"%s\":", member) > 0);
	assert_int_equal(strncmp(*text, start, strlen(start)), 0);
	end = strstr(*text, ",\"signature\":\"");
	assert_non_null(end);
	inner = strndup(*text + strlen(start), (size_t)(end - *text) - strlen(start));
	intel_sign(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, inner, strlen(inner), signature);
	free(*text);
	assert_true(asprintf(text, "%s%s,\"signature\":\"%s\"}", start, inner,
			     bytes_to_hex(signature, 64, hex)) > 0);
	free(inner);
	free(start);
}

static void add(struct jurat_tdx_collateral *c, const void *bytes, size_t n)
{
	struct jurat_error err = { "" };

	if (jurat_tdx_collateral_add(c, bytes, n, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
}

static void add_crl(const struct tdx_made *m, struct jurat_tdx_collateral *c, enum sim_intel_cert issuer)
{
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES], leaf[SIM_INTEL_CERT_MAX_BYTES];
	uint8_t serials[2][SIM_INTEL_SERIAL_BYTES];
	size_t n = 0, size;

	if (issuer == SIM_INTEL_PLATFORM_CA && m->revokes_leaf)
		assert_int_equal(sim_pki_intel_pck(tdx_made_pki(), &m->pck, leaf, &size, serials[n++], NULL),
				 0);
	if (issuer == SIM_INTEL_ROOT && m->revokes_intermediate)
		sim_pki_intel_serial(tdx_made_pki(), SIM_INTEL_PLATFORM_CA, serials[n++]);
	if (issuer == SIM_INTEL_ROOT && m->revokes_signer)
		sim_pki_intel_serial(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, serials[n++]);
	assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), issuer, serials, n, m->crl_issued, m->crl_next,
					   der, &size, NULL),
			 0);
	if (m->alters_crl)
		m->alters_crl(der, size);
	if (m->alters_crl || m->other_signs_crls)
		tdx_made_reissue(der, sizeof(der), &size,
				 m->other_signs_crls ? SIM_INTEL_TCB_SIGNING : issuer);
	add(c, der, size);
}

struct jurat_tdx_collateral *tdx_made_collateral(const struct tdx_made *m)
{
	struct jurat_tdx_collateral *c;
	const uint8_t *der;
	size_t n;

	assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
	if (m->tcb_info)
		add(c, m->tcb_info, strlen(m->tcb_info));
	if (m->qe_identity)
		add(c, m->qe_identity, strlen(m->qe_identity));
	if (!m->no_pck_crl)
		add_crl(m, c, SIM_INTEL_PLATFORM_CA);
	if (!m->no_root_crl)
		add_crl(m, c, SIM_INTEL_ROOT);
	der = cert_of(m, SIM_INTEL_TCB_SIGNING, &n);
	if (!m->no_signer)
		add(c, der, n);
	if (m->leaf_for_signer)
		add(c, m->leaf, m->leaf_size);
	return c;
}

struct jurat_verifier *tdx_made_verifier(const struct tdx_made *m)
{
	struct jurat_verifier *v;
	const uint8_t *der;
	size_t n;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	der = cert_of(m, SIM_INTEL_ROOT, &n);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	return v;
}

struct jurat_verdict *tdx_made_judge(const struct tdx_made *m, struct jurat_verifier *v,
				     const struct jurat_tdx_collateral *collateral,
				     const struct jurat_policy *policy)
{
	auto_free uint8_t *copy = heap_copy(m->bytes, m->size);
	struct jurat_tdx_evidence e = { .size = sizeof(e), .quote = copy, .quote_size = m->size };
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_tdx(v, &e, collateral, policy, m->at, &verdict, NULL);

	assert_non_null(verdict);
	assert_int_equal(r, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	return verdict;
}

static void judge_spoilt(const struct tdx_spoilt *s)
{
	struct jurat_verifier *v;
	struct jurat_tdx_collateral *c;
	struct jurat_policy *policy;
	struct tdx_made m;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	if (!s->member && s->value && jurat_policy_read_json(policy, s->value, strlen(s->value), NULL) != 0)
		FAIL_BECAUSE("%s: policy", s->what);
	if (s->member && jurat_policy_set(policy, s->member, s->value, NULL) != 0)
		FAIL_BECAUSE("%s: policy", s->what);
	tdx_made_init(&m, s->body ? s->body : TDX_BODY_10);
	if (s->early)
		s->early(&m);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	if (s->late)
		s->late(&m);
	v = tdx_made_verifier(&m);
	c = tdx_made_collateral(&m);
	for (unsigned again = 0; again < 2; again++) { /* the second time with what is remembered */
		struct jurat_verdict *verdict = tdx_made_judge(&m, v, c, policy);
		size_t n = 0;

		while (n < ARRAY_SIZE(s->codes) && s->codes[n])
			n++;
		for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++) {
			if (i >= n || strcmp(jurat_verdict_reason_code(verdict, i), s->codes[i]) != 0)
				FAIL_BECAUSE("%s: reason %zu: %s: %s", s->what, i,
					     jurat_verdict_reason_code(verdict, i),
					     jurat_verdict_reason_detail(verdict, i));
		}
		if (jurat_verdict_reason_count(verdict) != n)
			FAIL_BECAUSE("%s: accepted, or too few reasons", s->what);
		if (s->status && strcmp(tcb_status_name(verdict->tdx->evaluation.status), s->status) != 0)
			FAIL_BECAUSE("%s: %s", s->what, tcb_status_name(verdict->tdx->evaluation.status));
		jurat_verdict_free(verdict);
	}
	jurat_tdx_collateral_free(c);
	jurat_policy_free(policy);
	jurat_verifier_free(v);
	tdx_made_done(&m);
}

void tdx_spoilt_judge_all(const struct tdx_spoilt *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		judge_spoilt(&rows[i]);
}
