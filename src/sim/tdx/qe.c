/* SPDX-License-Identifier: MIT */
#include "sim/tdx/qe_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "crypto/hash.h"

enum {
	QE_ATTRIBUTES = 1 << SGX_ATTR_INIT_BIT | 1 << SGX_ATTR_MODE64BIT_BIT | 1 << SGX_ATTR_PROVISIONKEY_BIT,
	QE_XFRM = 0xe7,
	SGX_TYPE_SCALABLE = 1,
	PCK_YEARS = 7,
};

static int derive_key(const struct sim_tdx_platform *platform, const char *label, const void *context,
		      size_t n, struct crypto_p256_signer **ret, struct jurat_error *err)
{
	uint8_t secret[32];
	int r;

	sim_tdx_secret(platform, label, context, n, secret, sizeof(secret));
	r = crypto_p256_signer_derive(secret, sizeof(secret), ret, err);
	bytes_wipe(secret, sizeof(secret));
	return r;
}

/* Derives the PCK of the platform's TCB, as the PCE does, and issues its certificate. */
static int make_pck(struct sim_qe *qe, struct jurat_error *err)
{
	const struct sim_tdx_identity *identity = sim_tdx_identity(qe->platform);
	const struct sim_tdx_tcb *tcb = sim_tdx_tcb(qe->platform);
	struct sim_pck pck = {
		.pcesvn = tcb->pcesvn,
		.sgx_type = SGX_TYPE_SCALABLE,
		.is_dynamic_platform = true,
		.has_smt = true,
		.not_before = qe->options.pck_not_before,
		.not_after = qe->options.pck_not_after,
	};
	uint8_t context[SIM_TDX_SVN_BYTES + 2];
	int r = 0;

	memcpy(context, tcb->cpusvn, SIM_TDX_SVN_BYTES);
	bytes_put_le(context + SIM_TDX_SVN_BYTES, tcb->pcesvn, 2);
	if (!qe->keys[SIM_QE_PCK_KEY])
		r = derive_key(qe->platform, "pck", context, sizeof(context), &qe->keys[SIM_QE_PCK_KEY], err);
	if (r < 0)
		return r;
	pck.key = qe->keys[SIM_QE_PCK_KEY];
	memcpy(pck.public_xy, sim_qe_public(qe, SIM_QE_PCK_KEY), sizeof(pck.public_xy));
	memcpy(pck.ppid, identity->ppid, sizeof(pck.ppid));
	memcpy(pck.cpusvn, tcb->cpusvn, sizeof(pck.cpusvn));
	memcpy(pck.components, tcb->cpusvn, sizeof(pck.components));
	memcpy(pck.platform_instance_id, identity->platform_instance_id, sizeof(pck.platform_instance_id));
	memcpy(pck.pceid, identity->pceid, sizeof(pck.pceid));
	memcpy(pck.fmspc, identity->fmspc, sizeof(pck.fmspc));
	if (qe->hooks.pck)
		r = qe->hooks.pck(qe->hooks.ctx, &pck, err);
	if (r < 0)
		return r;
	return sim_pki_intel_pck(qe->pki, &pck, qe->pck, &qe->pck_size, qe->pck_serial, err);
}

static int make_chain(struct sim_qe *qe, struct jurat_error *err)
{
	struct sim_der certs[3] = { { .der = qe->pck, .size = qe->pck_size } };

	certs[1].der = sim_pki_intel_cert(qe->pki, SIM_INTEL_PLATFORM_CA, &certs[1].size);
	certs[2].der = sim_pki_intel_cert(qe->pki, SIM_INTEL_ROOT, &certs[2].size);
	free(qe->chain);
	qe->chain = NULL;
	return sim_pki_intel_pem(certs, ARRAY_SIZE(certs), &qe->chain, &qe->chain_size, err);
}

/* The QE report, which binds the attestation key, and its signature with the PCK. */
static void certify(struct sim_qe *qe)
{
	uint8_t key_and_auth[TDX_QUOTE_KEY_BYTES + QE_AUTH_DATA_BYTES];
	uint8_t bytes[SGX_REPORT_BYTES];
	struct sgx_report *report = &qe->report;

	*report = (struct sgx_report){
		.attributes = QE_ATTRIBUTES | (qe->options.is_debug ? 1 << SGX_ATTR_DEBUG_BIT : 0),
		.xfrm = QE_XFRM,
		.isv_prod_id = SIM_QE_PROD_ID,
		.isv_svn = qe->options.isv_svn,
	};
	for (unsigned i = 0; i < QE_AUTH_DATA_BYTES; i++)
		qe->auth_data[i] = (uint8_t)i;
	memcpy(report->cpusvn, sim_tdx_tcb(qe->platform)->cpusvn, sizeof(report->cpusvn));
	crypto_derive("qe", 2, "jurat sim mrenclave", &qe->options.isv_svn, sizeof(qe->options.isv_svn),
		      report->mrenclave, sizeof(report->mrenclave));
	memcpy(report->mrsigner, qe->mrsigner, sizeof(report->mrsigner));
	memcpy(key_and_auth, sim_qe_public(qe, SIM_QE_ATTESTATION_KEY), TDX_QUOTE_KEY_BYTES);
	memcpy(key_and_auth + TDX_QUOTE_KEY_BYTES, qe->auth_data, QE_AUTH_DATA_BYTES);
	crypto_sha256(key_and_auth, sizeof(key_and_auth), report->report_data); /* followed by 32 zeros */
	wire_write(&sgx_report_layout, report, bytes);
	sim_qe_sign(qe, SIM_QE_PCK_KEY, bytes, sizeof(bytes), qe->report_signature);
}

int sim_qe_new(const struct sim_tdx_platform *platform, const struct sim_pki_intel *pki,
	       const struct sim_qe_options *options, struct sim_qe **ret, struct jurat_error *err)
{
	struct sim_qe *qe;
	int r;

	if (options && options->padding > SIM_QE_PADDING_MAX)
		return jurat_fail(err, -EINVAL, "a quote is padded with at most %d bytes",
				  SIM_QE_PADDING_MAX);
	qe = calloc(1, sizeof(*qe));
	if (!qe)
		return jurat_fail_memory(err);
	qe->platform = platform;
	qe->pki = pki;
	if (options)
		qe->options = *options;
	if (qe->options.pck_not_before != 0 && qe->options.pck_not_after == 0)
		qe->options.pck_not_after = base_time_years_later(qe->options.pck_not_before, PCK_YEARS);
	if (qe->options.isv_svn == 0)
		qe->options.isv_svn = SIM_QE_DEFAULT_SVN;
	crypto_derive("qe", 2, "jurat sim mrsigner", NULL, 0, qe->mrsigner, sizeof(qe->mrsigner));
	r = derive_key(platform, "attestation key", NULL, 0, &qe->keys[SIM_QE_ATTESTATION_KEY], err);
	if (r == 0)
		r = make_pck(qe, err);
	if (r == 0)
		r = make_chain(qe, err);
	if (r < 0) {
		sim_qe_free(qe);
		return r;
	}
	certify(qe);
	*ret = qe;
	return 0;
}

int sim_qe_set_hooks(struct sim_qe *qe, const struct sim_qe_hooks *hooks, struct jurat_error *err)
{
	int r = 0;

	qe->hooks = *hooks;
	if (!qe->keys[SIM_QE_OTHER_KEY])
		r = derive_key(qe->platform, "other", NULL, 0, &qe->keys[SIM_QE_OTHER_KEY], err);
	if (r == 0)
		r = make_pck(qe, err);
	return r == 0 ? make_chain(qe, err) : r;
}

const uint8_t *sim_qe_public(const struct sim_qe *qe, enum sim_qe_key key)
{
	return crypto_p256_signer_public(qe->keys[key]);
}

void sim_qe_sign(const struct sim_qe *qe, enum sim_qe_key key, const void *bytes, size_t n,
		 uint8_t ret[TDX_QUOTE_SIGNATURE_BYTES])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(bytes, n, digest);
	crypto_p256_signer_sign(qe->keys[key], digest, ret);
}

const struct sim_pki_intel *sim_qe_pki(const struct sim_qe *qe)
{
	return qe->pki;
}

void sim_qe_free(struct sim_qe *qe)
{
	if (!qe)
		return;
	for (unsigned i = 0; i < SIM_QE_N_KEYS; i++)
		crypto_p256_signer_free(qe->keys[i]);
	free(qe->chain);
	free(qe);
}

/*
 * The body type for a TDREPORT. Version 0 becomes a 1.0 body if the TD was launched on the running module: a
 * 1.5 body would only repeat its TEE_TCB_SVN. Spec: Intel DCAP, TD quoting enclave
 */
static int choose_format(const struct tdx_report *report, struct tdx_quote *quote, struct jurat_error *err)
{
	const struct tdx_tcb_info *tcb = &report->tcb;
	bool has_svn2 = tcb->valid == TDX_TCB_INFO_VALID_15;
	bool is_same = memcmp(tcb->tee_tcb_svn, tcb->tee_tcb_svn2, sizeof(tcb->tee_tcb_svn)) == 0;

	if (!has_svn2 && tcb->valid != TDX_TCB_INFO_VALID_10)
		return jurat_fail(err, -ENOTSUP, "TDREPORT: unsupported valid bitmap 0x%llx",
				  (unsigned long long)tcb->valid);
	switch (report->mac.version) {
	case TDX_REPORT_VERSION_10:
		quote->body_type = has_svn2 && !is_same ? TDX_BODY_15 : TDX_BODY_10;
		break;
	case TDX_REPORT_VERSION_15:
		quote->body_type = TDX_BODY_15;
		break;
	case TDX_REPORT_VERSION_15EX:
		quote->body_type = TDX_BODY_15EX;
		break;
	default:
		return jurat_fail(err, -ENOTSUP, "TDREPORT: unsupported version %u", report->mac.version);
	}
	quote->hdr.version = quote->body_type == TDX_BODY_10 ? 4 : 5;
	return 0;
}

static void fill_body(const struct tdx_report *report, struct tdx_body *body)
{
	const struct tdx_tcb_info *tcb = &report->tcb;
	const struct tdx_td_info *td = &report->td;
	bool has_svn2 = tcb->valid == TDX_TCB_INFO_VALID_15;

	memcpy(body->tee_tcb_svn, tcb->tee_tcb_svn, sizeof(body->tee_tcb_svn));
	memcpy(body->mrseam, tcb->mrseam, TDX_MR_BYTES); /* MRSIGNERSEAM and SEAM attributes are 0 */
	body->td_attributes = td->td_attributes;
	body->xfam = td->xfam;
	memcpy(body->mrtd, td->mrtd, TDX_MR_BYTES);
	memcpy(body->mrconfigid, td->mrconfigid, TDX_MR_BYTES);
	memcpy(body->mrowner, td->mrowner, TDX_MR_BYTES);
	memcpy(body->mrownerconfig, td->mrownerconfig, TDX_MR_BYTES);
	memcpy(body->rtmr0, td->rtmr0, TDX_MR_BYTES);
	memcpy(body->rtmr1, td->rtmr1, TDX_MR_BYTES);
	memcpy(body->rtmr2, td->rtmr2, TDX_MR_BYTES);
	memcpy(body->rtmr3, td->rtmr3, TDX_MR_BYTES);
	memcpy(body->report_data, report->mac.report_data, sizeof(body->report_data));
	memcpy(body->tee_tcb_svn2, has_svn2 ? tcb->tee_tcb_svn2 : tcb->tee_tcb_svn,
	       sizeof(body->tee_tcb_svn2));
	memcpy(body->mrservicetd, td->servtd_hash, TDX_MR_BYTES);
	body->vmid = td->vmid;
	memcpy(body->td_id, td->td_id, sizeof(body->td_id));
}

/* EVERIFYREPORT2 authenticates REPORTMACSTRUCT; the enclave checks the other parts against its digests. */
static int check_report(const struct sim_qe *qe, const uint8_t *bytes, size_t n, struct tdx_report *ret,
			struct jurat_error *err)
{
	uint8_t digest[CRYPTO_SHA384_BYTES];
	int r = tdx_report_read(bytes, n, ret, err);

	if (r == -EPROTO)
		return -ENOTSUP;
	if (r == 0)
		r = tdx_report_check_reserved(ret, err);
	if (r < 0)
		return r;
	if (sim_tdx_verify_report(qe->platform, bytes + TDX_REPORT_MAC_OFF) != 0)
		return jurat_fail(err, -EKEYREJECTED, "TDREPORT: the MAC was not made on this machine");
	crypto_sha384(bytes + TDX_TCB_INFO_OFF, TDX_TCB_INFO_BYTES, digest);
	if (memcmp(digest, ret->mac.tee_tcb_info_hash, sizeof(digest)) != 0)
		return jurat_fail(err, -EBADMSG,
				  "TDREPORT: TEE_TCB_INFO does not have the digest that was MACed");
	crypto_sha384(bytes + TDX_TD_INFO_OFF, TDX_TD_INFO_BYTES, digest);
	if (memcmp(digest, ret->mac.tee_info_hash, sizeof(digest)) != 0)
		return jurat_fail(err, -EBADMSG, "TDREPORT: TDINFO does not have the digest that was MACed");
	return 0;
}

static int write_quote(const struct sim_qe *qe, const struct tdx_quote *quote, uint8_t **ret,
		       size_t *ret_size, struct jurat_error *err)
{
	size_t size = 0, room;
	uint8_t *bytes;
	int r = tdx_quote_write(quote, NULL, 0, &size, err);

	if (r < 0)
		return r;
	room = size + qe->options.padding;
	bytes = calloc(1, room);
	if (!bytes)
		return jurat_fail_memory(err);
	r = tdx_quote_write(quote, bytes, room, &size, err);
	if (r != 0) {
		free(bytes);
		return r < 0 ? r : jurat_fail(err, -EIO, "a quote changed its size while it was written");
	}
	*ret = bytes;
	*ret_size = room;
	return 0;
}

static int ask_hook(const struct sim_qe *qe, const struct tdx_quote *quote, uint8_t **ret, size_t *ret_size,
		    struct jurat_error *err)
{
	uint8_t *bytes = NULL, *padded;
	size_t n = 0;
	int r = qe->hooks.quote(qe->hooks.ctx, qe, quote, &bytes, &n, err);

	if (r < 0)
		return r;
	padded = realloc(bytes, n + qe->options.padding + 1);
	if (!padded) {
		free(bytes);
		return jurat_fail_memory(err);
	}
	memset(padded + n, 0, qe->options.padding);
	*ret = padded;
	*ret_size = n + qe->options.padding;
	return 0;
}

int sim_qe_quote(const struct sim_qe *qe, const uint8_t *bytes, size_t n, uint8_t **ret, size_t *ret_size,
		 struct jurat_error *err)
{
	struct tdx_quote quote = {
		.hdr = { .attestation_key_type = TDX_QUOTE_KEY_ECDSA_P256, .tee_type = TDX_QUOTE_TEE_TDX },
		.qe_report = qe->report,
		.auth_data = bytes_rd(qe->auth_data, sizeof(qe->auth_data)),
		.cert_type = TDX_CERT_PCK_CHAIN,
		.cert_data = bytes_rd(qe->chain, qe->chain_size + (qe->options.has_no_nul ? 0 : 1)),
	};
	uint8_t to_sign[TDX_QUOTE_MAX_SIGNED_BYTES];
	struct tdx_report report = { 0 };
	size_t size = 0;
	int r = check_report(qe, bytes, n, &report, err);

	if (r == 0)
		r = choose_format(&report, &quote, err);
	if (r < 0)
		return r;
	fill_body(&report, &quote.body);
	memcpy(quote.hdr.vendor_id, tdx_quote_vendor_id, sizeof(quote.hdr.vendor_id));
	memcpy(quote.hdr.user_data, sim_tdx_identity(qe->platform)->qe_id, SIM_QE_ID_BYTES);
	if (qe->hooks.quote)
		return ask_hook(qe, &quote, ret, ret_size, err);
	r = tdx_quote_write_signed(&quote, to_sign, &size, err);
	if (r < 0)
		return r;
	sim_qe_sign(qe, SIM_QE_ATTESTATION_KEY, to_sign, size, quote.signature);
	memcpy(quote.attestation_key, sim_qe_public(qe, SIM_QE_ATTESTATION_KEY), TDX_QUOTE_KEY_BYTES);
	memcpy(quote.qe_report_signature, qe->report_signature, sizeof(quote.qe_report_signature));
	return write_quote(qe, &quote, ret, ret_size, err);
}

void sim_qe_platform_info(const struct sim_qe *qe, struct sim_qe_platform_info *ret)
{
	const struct sim_tdx_tcb *tcb = sim_tdx_tcb(qe->platform);

	*ret = (struct sim_qe_platform_info){ .qe_isv_svn = qe->options.isv_svn, .pce_isv_svn = tcb->pcesvn };
	memcpy(ret->qe_id, sim_tdx_identity(qe->platform)->qe_id, sizeof(ret->qe_id));
	memcpy(ret->cpusvn, tcb->cpusvn, sizeof(ret->cpusvn));
}

const uint8_t *sim_qe_pck(const struct sim_qe *qe, size_t *ret_size)
{
	*ret_size = qe->pck_size;
	return qe->pck;
}

void sim_qe_pck_serial(const struct sim_qe *qe, uint8_t ret[SIM_INTEL_SERIAL_BYTES])
{
	memcpy(ret, qe->pck_serial, SIM_INTEL_SERIAL_BYTES);
}

void sim_qe_mrsigner(const struct sim_qe *qe, uint8_t ret[32])
{
	memcpy(ret, qe->mrsigner, 32);
}
