/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "sim/tdx/qe.h"
#include "wire/tdx_quote.h"

static const int64_t in_2026 = 1767225600;
enum { MONTH_S = 30 * 86400 };

/* A platform with one TD and its quoting enclave. */
struct world {
	struct sim_pki_intel *pki;
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	struct sim_qe *qe;
};

static struct world world_of(enum sim_tdx_generation generation, bool has_servtd,
			     const struct sim_qe_options *options)
{
	struct sim_tdx_options platform = { .generation = generation };
	struct sim_td_params params = { .attributes = 1ull << 28, .xfam = 0xe7 };
	struct world w = { 0 };
	uint8_t digest[48];

	memset(params.mrtd, 0x31, sizeof(params.mrtd));
	memset(params.mrconfigid, 0x32, sizeof(params.mrconfigid));
	memset(params.mrowner, 0x33, sizeof(params.mrowner));
	memset(params.mrownerconfig, 0x34, sizeof(params.mrownerconfig));
	memset(params.servtd_hash, has_servtd ? 0x35 : 0, sizeof(params.servtd_hash));
	assert_int_equal(sim_pki_intel_new("jurat", &w.pki, NULL), 0);
	assert_int_equal(sim_tdx_platform_new(&platform, &w.platform, NULL), 0);
	assert_int_equal(sim_td_new(w.platform, &params, 16, &w.td, NULL), 0);
	assert_int_equal(sim_qe_new(w.platform, w.pki, options, &w.qe, NULL), 0);
	for (unsigned i = 0; i < TDX_N_RTMRS; i++) {
		memset(digest, (int)i, sizeof(digest));
		assert_int_equal(sim_td_rtmr_extend(w.td, i, digest), 0);
	}
	return w;
}

static void world_done(struct world *w)
{
	sim_qe_free(w->qe);
	sim_td_free(w->td);
	sim_tdx_platform_free(w->platform);
	sim_pki_intel_free(w->pki);
}

static void report_of(struct world *w, uint8_t report[TDX_REPORT_BYTES])
{
	uint8_t data[64];

	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(0x80 + i);
	assert_int_equal(sim_td_mr_report(w->td, data, report), UAPI_TDCALL_SUCCESS);
}

static uint8_t *quote_of(struct world *w, size_t *ret_size)
{
	uint8_t report[TDX_REPORT_BYTES], *quote = NULL, *exact;
	struct jurat_error err = { "" };

	report_of(w, report);
	if (sim_qe_quote(w->qe, report, sizeof(report), &quote, ret_size, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	exact = heap_copy(quote, *ret_size);
	free(quote);
	return exact;
}

static void assert_signature(const uint8_t xy[64], const void *bytes, size_t n, const uint8_t signature[64])
{
	struct crypto_ec_public *key = NULL;
	uint8_t digest[32];

	crypto_sha256(bytes, n, digest);
	assert_int_equal(crypto_ec_public_new(CRYPTO_P256, xy, &key, NULL), 0);
	assert_int_equal(crypto_ec_verify(key, digest, sizeof(digest), signature, signature + 32), 0);
	crypto_ec_public_free(key);
}

/* PCK, Platform CA, root: each signed by the next, and nothing behind them but a NUL. The PCK's key. */
static void assert_chain(struct world *w, const struct tdx_quote *quote, uint8_t ret_xy[64])
{
	struct crypto_cert certs[3];
	uint8_t *der[3];
	size_t off = 0, n = 0;
	const uint8_t *root;
	char label[32];

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(crypto_pem_next(quote->cert_data.data, quote->cert_data.size, &off, label,
						 &der[i], &n, NULL),
				 0);
		assert_int_equal(crypto_cert_read(der[i], n, &certs[i], NULL), 0);
	}
	root = sim_pki_intel_cert(w->pki, SIM_INTEL_ROOT, &n);
	assert_int_equal(certs[2].der.size, n);
	assert_memory_equal(certs[2].der.data, root, n);
	for (unsigned i = 0; i < 3; i++) {
		struct crypto_public issuer = { 0 };

		assert_int_equal(crypto_public_init(&issuer, &certs[i < 2 ? i + 1 : 2], NULL), 0);
		assert_int_equal(crypto_cert_check_signature(&certs[i], &issuer), 0);
		crypto_public_done(&issuer);
	}
	memcpy(ret_xy, certs[0].key_point.data, 64);
	for (unsigned i = 0; i < 3; i++)
		free(der[i]);
}

/* Everything a verifier computes. */
static void assert_holds(struct world *w, const struct tdx_quote *quote)
{
	uint8_t pck[64], both[96], digest[32];

	assert_chain(w, quote, pck);
	assert_signature(pck, quote->qe_report_bytes.data, quote->qe_report_bytes.size,
			 quote->qe_report_signature);
	assert_int_equal(quote->auth_data.size, 32);
	memcpy(both, quote->attestation_key, 64);
	memcpy(both + 64, quote->auth_data.data, 32);
	crypto_sha256(both, sizeof(both), digest);
	assert_memory_equal(quote->qe_report.report_data, digest, 32);
	assert_true(bytes_all(quote->qe_report.report_data + 32, 32, 0));
	assert_signature(quote->attestation_key, quote->signed_bytes.data, quote->signed_bytes.size,
			 quote->signature);
}

static void the_format_follows_the_report(void **state)
{
	static const struct {
		enum sim_tdx_generation generation;
		bool has_servtd, is_updated;
		uint16_t version;
		enum tdx_body_type body;
		size_t signed_bytes;
	} rows[] = {
		{ SIM_TDX_10, false, false, 4, TDX_BODY_10, 632 },
		{ SIM_TDX_10, false, true, 4, TDX_BODY_10, 632 },
		{ SIM_TDX_15, false, false, 4, TDX_BODY_10, 632 },
		{ SIM_TDX_15, false, true, 5, TDX_BODY_15, 702 },
		{ SIM_TDX_15, true, false, 5, TDX_BODY_15, 702 },
		{ SIM_TDX_15, true, true, 5, TDX_BODY_15, 702 },
		{ SIM_TDX_15EX, false, false, 5, TDX_BODY_15EX, 939 },
		{ SIM_TDX_15EX, true, true, 5, TDX_BODY_15EX, 939 },
	};
	static const uint8_t newer[16] = { 9, 1, 4 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w = world_of(rows[i].generation, rows[i].has_servtd, NULL);
		uint8_t report_bytes[TDX_REPORT_BYTES];
		auto_free uint8_t *bytes = NULL;
		struct tdx_report report;
		struct tdx_quote quote;
		size_t n = 0;

		if (rows[i].is_updated)
			sim_tdx_update_module(w.platform, newer);
		bytes = quote_of(&w, &n);
		report_of(&w, report_bytes);
		assert_int_equal(tdx_report_read(report_bytes, sizeof(report_bytes), &report, NULL), 0);
		assert_int_equal(tdx_quote_read(bytes, n, &quote, NULL), 0);
		assert_int_equal(quote.hdr.version, rows[i].version);
		assert_int_equal(quote.body_type, rows[i].body);
		assert_int_equal(quote.signed_bytes.size, rows[i].signed_bytes);
		assert_int_equal(quote.trailing, 0);
		assert_holds(&w, &quote);
		assert_memory_equal(quote.body.report_data, report.mac.report_data,
				    64); /* also in the third format */
		assert_memory_equal(quote.body.tee_tcb_svn, report.tcb.tee_tcb_svn, 16);
		assert_false(bytes_all(quote.body.tee_tcb_svn, 16, 0));
		assert_memory_equal(quote.body.mrseam, report.tcb.mrseam, 48);
		assert_true(bytes_all(quote.body.mrsignerseam, 48, 0));
		assert_int_equal(quote.body.seam_attributes, 0);
		assert_int_equal(quote.body.td_attributes, report.td.td_attributes);
		assert_int_equal(quote.body.xfam, report.td.xfam);
		assert_memory_equal(quote.body.mrtd, report.td.mrtd, 48);
		assert_memory_equal(quote.body.mrconfigid, report.td.mrconfigid, 48);
		assert_memory_equal(quote.body.mrowner, report.td.mrowner, 48);
		assert_memory_equal(quote.body.mrownerconfig, report.td.mrownerconfig, 48);
		for (unsigned k = 0; k < 4; k++)
			assert_memory_equal(tdx_body_rtmr(&quote.body, k), tdx_td_info_rtmr(&report.td, k),
					    48);
		if (quote.has_15) {
			assert_memory_equal(quote.body.tee_tcb_svn2, report.tcb.tee_tcb_svn2, 16);
			assert_memory_equal(quote.body.mrservicetd, report.td.servtd_hash, 48);
		}
		if (quote.has_15ex)
			assert_memory_equal(quote.body.td_id, report.td.td_id, 32);
		world_done(&w);
	}
}

static void the_enclave_looks_like_intels(void **state)
{
	struct world w = world_of(SIM_TDX_15, false, NULL);
	struct sim_qe_platform_info info;
	struct tdx_quote quote;
	uint8_t mrsigner[32];
	size_t n = 0;
	auto_free uint8_t *bytes = quote_of(&w, &n);

	assert_int_equal(tdx_quote_read(bytes, n, &quote, NULL), 0);
	assert_int_equal(quote.qe_report.miscselect, 0);
	assert_int_equal(quote.qe_report.attributes, 0x15);
	assert_int_equal(quote.qe_report.xfrm, 0xe7);
	assert_int_equal(quote.qe_report.isv_prod_id, 2);
	assert_int_equal(quote.qe_report.isv_svn, 7);
	sim_qe_mrsigner(w.qe, mrsigner);
	assert_memory_equal(quote.qe_report.mrsigner, mrsigner, 32);
	sim_qe_platform_info(w.qe, &info);
	assert_int_equal(info.qe_isv_svn, 7);
	assert_int_equal(info.pce_isv_svn, 13);
	assert_memory_equal(info.qe_id, quote.hdr.user_data, 16);
	assert_true(bytes_all(quote.hdr.user_data + 16, 4, 0));
	assert_memory_equal(info.cpusvn, quote.qe_report.cpusvn, 16);
	assert_memory_equal(quote.hdr.vendor_id, tdx_quote_vendor_id, 16);
	assert_int_equal(quote.hdr.qe_svn | quote.hdr.pce_svn, 0);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(quote.auth_data.data[i], i);
	assert_int_equal(quote.cert_type, TDX_CERT_PCK_CHAIN);
	world_done(&w);
}

static void options_change_what_they_say(void **state)
{
	struct sim_qe_options options = { .isv_svn = 4, .has_no_nul = true, .is_debug = true, .padding = 70 };
	struct sim_qe_options too_long = { .padding = SIM_QE_PADDING_MAX + 1 };
	struct world w = world_of(SIM_TDX_15, false, &options), plain = world_of(SIM_TDX_15, false, NULL);
	struct tdx_quote quote, other;
	struct sim_qe *none = NULL;
	size_t n = 0, m = 0;
	auto_free uint8_t *bytes = quote_of(&w, &n), *others = quote_of(&plain, &m);

	assert_int_equal(tdx_quote_read(bytes, n, &quote, NULL), 0);
	assert_int_equal(tdx_quote_read(others, m, &other, NULL), 0);
	assert_holds(&w, &quote);
	assert_int_equal(quote.trailing, 70);
	assert_true(bytes_all(bytes + n - 70, 70, 0));
	assert_int_equal(quote.qe_report.attributes, 0x17);
	assert_int_equal(quote.qe_report.isv_svn, 4);
	assert_int_equal(quote.cert_data.data[quote.cert_data.size - 1], '\n');
	assert_int_equal(other.cert_data.data[other.cert_data.size - 1], '\0');
	assert_int_equal(other.cert_data.data[other.cert_data.size - 2], '\n');
	assert_int_equal(sim_qe_new(w.platform, w.pki, &too_long, &none, NULL), -EINVAL);
	assert_null(none);
	world_done(&w);
	world_done(&plain);
	sim_qe_free(NULL);
}

static void equal_worlds_make_equal_quotes(void **state)
{
	struct world a = world_of(SIM_TDX_15, true, NULL), b = world_of(SIM_TDX_15, true, NULL);
	size_t n = 0, m = 0;
	auto_free uint8_t *qa = quote_of(&a, &n), *qb = quote_of(&b, &m);

	assert_int_equal(n, m);
	assert_memory_equal(qa, qb, n);
	world_done(&a);
	world_done(&b);
}

/* The PCK changes exactly when the platform's TCB does; the attestation key stays. */
static void an_update_of_the_tcb_brings_another_pck(void **state)
{
	struct world w = world_of(SIM_TDX_15, false, NULL);
	struct sim_tdx_tcb tcb = *sim_tdx_tcb(w.platform);
	struct sim_tdx_options options = { .tcb = &tcb };
	struct sim_tdx_platform *later = NULL;
	struct sim_qe *qe = NULL;
	struct crypto_cert before, after;
	const uint8_t *der;
	size_t n = 0;

	der = sim_qe_pck(w.qe, &n);
	assert_int_equal(crypto_cert_read(der, n, &before, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(sim_tdx_platform_new(&options, &later, NULL), 0);
		assert_int_equal(sim_qe_new(later, w.pki, NULL, &qe, NULL), 0);
		der = sim_qe_pck(qe, &n);
		assert_int_equal(crypto_cert_read(der, n, &after, NULL), 0);
		assert_int_equal(memcmp(before.key_point.data, after.key_point.data, 64) == 0, i == 0);
		sim_qe_free(qe);
		sim_tdx_platform_free(later);
		tcb.pcesvn++;
	}
	world_done(&w);
}

static void reports_that_are_not_this_machines_are_refused(void **state)
{
	struct world w = world_of(SIM_TDX_15, false, NULL), other;
	struct sim_tdx_options elsewhere = { .seed = "elsewhere" };
	uint8_t report[TDX_REPORT_BYTES], *quote = NULL;
	size_t n = 77;

	report_of(&w, report);
	for (unsigned i = 0; i < TDX_REPORT_BYTES; i++) {
		auto_free uint8_t *copy = heap_copy(report, sizeof(report));
		int r;

		copy[i] ^= 0x40;
		r = sim_qe_quote(w.qe, copy, sizeof(report), &quote, &n, NULL);
		if (r != -EBADMSG && r != -EKEYREJECTED && r != -ENOTSUP)
			FAIL_BECAUSE("byte %u changed: %d", i, r);
		assert_int_equal(r == -ENOTSUP, i < 3);
	}
	for (size_t size = 0; size <= TDX_REPORT_BYTES + 1; size++) {
		auto_free uint8_t *copy = calloc(1, size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, report, size < sizeof(report) ? size : sizeof(report));
		if (size != TDX_REPORT_BYTES)
			assert_int_equal(sim_qe_quote(w.qe, copy, size, &quote, &n, NULL), -EBADMSG);
	}
	other = w;
	assert_int_equal(sim_tdx_platform_new(&elsewhere, &other.platform, NULL), 0);
	assert_int_equal(sim_qe_new(other.platform, w.pki, NULL, &other.qe, NULL), 0);
	assert_int_equal(sim_qe_quote(other.qe, report, sizeof(report), &quote, &n, NULL), -EKEYREJECTED);
	sim_qe_free(other.qe);
	sim_tdx_platform_free(other.platform);
	assert_null(quote);
	assert_int_equal(n, 77);
	world_done(&w);
}

/* What only a TDX module could do: new digests and a new MAC. The construction is this simulation's. */
static void remac(struct world *w, uint8_t report[TDX_REPORT_BYTES])
{
	crypto_sha384(report + TDX_TCB_INFO_OFF, TDX_TCB_INFO_BYTES, report + 32);
	crypto_sha384(report + TDX_TD_INFO_OFF, TDX_TD_INFO_BYTES, report + 80);
	sim_tdx_secret(w->platform, "tdreport mac", report, TDX_REPORT_MACED_BYTES, report + 224, 32);
	assert_int_equal(sim_tdx_verify_report(w->platform, report), 0);
}

/*
 * Reports that a module might make and no quote is for, and the ones that Intel's source is said to get
 * wrong.
 */
static void every_pair_of_version_and_bitmap_has_its_format_or_none(void **state)
{
	static const struct {
		uint8_t version;
		uint64_t valid;
		int result;
		enum tdx_body_type body;
	} rows[] = {
		{ 0, 0x1ff, 0, TDX_BODY_10 },   { 0, 0x301ff, 0, TDX_BODY_10 },
		{ 0, 0, -ENOTSUP, 0 },          { 0, 0x101ff, -ENOTSUP, 0 },
		{ 1, 0x1ff, 0, TDX_BODY_15 },   { 1, 0x301ff, 0, TDX_BODY_15 },
		{ 1, UINT64_MAX, -ENOTSUP, 0 }, { 3, 0x301ff, 0, TDX_BODY_15EX },
		{ 3, 0x1ff, 0, TDX_BODY_15EX }, { 3, 0x3ff, -ENOTSUP, 0 },
		{ 2, 0x301ff, -ENOTSUP, 0 },    { 4, 0x301ff, -ENOTSUP, 0 },
	};
	struct world w = world_of(SIM_TDX_15, false, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t report[TDX_REPORT_BYTES];
		auto_free uint8_t *bytes = NULL;
		struct tdx_quote quote;
		size_t n = 0;

		report_of(&w, report);
		report[2] = rows[i].version;
		bytes_put_le(report + TDX_TCB_INFO_OFF, rows[i].valid, 8);
		if (rows[i].valid == 0x1ff)
			memset(report + 384, 0, 16); /* svn2 is reserved then */
		remac(&w, report);
		assert_int_equal(sim_qe_quote(w.qe, report, sizeof(report), &bytes, &n, NULL),
				 rows[i].result);
		if (rows[i].result != 0)
			continue;
		assert_int_equal(tdx_quote_read(bytes, n, &quote, NULL), 0);
		assert_int_equal(quote.body_type, rows[i].body);
		assert_memory_equal(quote.body.tee_tcb_svn, sim_tdx_tcb(w.platform)->tee_tcb_svn, 16);
		if (quote.has_15)
			assert_memory_equal(quote.body.tee_tcb_svn2, quote.body.tee_tcb_svn, 16);
		assert_false(bytes_all(quote.body.report_data, 64, 0));
		assert_holds(&w, &quote);
	}
	world_done(&w);
}

static void reserved_bytes_and_foreign_parts_are_refused(void **state)
{
	struct world w = world_of(SIM_TDX_15, false, NULL);
	uint8_t report[TDX_REPORT_BYTES], *quote = NULL;
	size_t n = 0;

	report_of(&w, report);
	report[500] = 1; /* the hole, which no digest covers */
	assert_int_equal(sim_qe_quote(w.qe, report, sizeof(report), &quote, &n, NULL), -EBADMSG);
	report_of(&w, report);
	report[1000] = 1; /* reserved in TDINFO of version 0 */
	remac(&w, report);
	assert_int_equal(sim_qe_quote(w.qe, report, sizeof(report), &quote, &n, NULL), -EBADMSG);
	report_of(&w, report);
	report[528] ^= 1; /* another MRTD than was MACed */
	assert_int_equal(sim_qe_quote(w.qe, report, sizeof(report), &quote, &n, NULL), -EBADMSG);
	report_of(&w, report);
	report[264] ^= 1; /* another TEE TCB SVN */
	assert_int_equal(sim_qe_quote(w.qe, report, sizeof(report), &quote, &n, NULL), -EBADMSG);
	assert_null(quote);
	world_done(&w);
}

/* How often a text stands in another. */
static unsigned count(const char *in, const char *what)
{
	unsigned n = 0;

	for (; (in = strstr(in, what)); in += strlen(what))
		n++;
	return n;
}

static void collateral_says_what_was_asked_for(void **state)
{
	static const char *const all[] = { "UpToDate",
					   "SWHardeningNeeded",
					   "ConfigurationNeeded",
					   "ConfigurationAndSWHardeningNeeded",
					   "OutOfDate",
					   "OutOfDateConfigurationNeeded",
					   "Revoked",
					   NULL };
	struct world w = world_of(SIM_TDX_15, false, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct sim_collateral_options o = { .platform_status = all[i],
						    .module_status = all[i],
						    .qe_status = all[i],
						    .issued = in_2026,
						    .next_update = in_2026 + MONTH_S,
						    .evaluation = 17 };
		struct sim_collateral collateral = { 0 };
		const char *tcb_info, *identity;
		char level[96];

		assert_int_equal(sim_qe_collateral(w.qe, &o, &collateral, NULL), 0);
		for (unsigned k = 0; k < SIM_N_COLLATERAL_PARTS; k++) {
			assert_true(collateral.parts[k].size > 100);
			assert_int_equal(collateral.parts[k].bytes[collateral.parts[k].size], 0);
		}
		tcb_info = (const char *)collateral.parts[SIM_TCB_INFO].bytes;
		identity = (const char *)collateral.parts[SIM_QE_IDENTITY].bytes;
		assert_int_equal(count(tcb_info, "\"tcbDate\":\"2025-10-03T00:00:00Z\""),
				 2 * (!all[i]  ? 1u
				      : i == 0 ? 2u
					       : 3u));
		TEXT(level, "{\"isvsvn\":7},\"tcbDate\":\"2025-10-03T00:00:00Z\",\"tcbStatus\":\"%s\"",
		     all[i] ? all[i] : "");
		assert_int_equal(count(tcb_info, level), all[i] ? 1 : 0);
		assert_int_equal(count(identity, level), all[i] ? 1 : 0);
		assert_int_equal(count(tcb_info, "\"fmspc\":\"544553540000\""), 1);
		sim_collateral_done(&collateral);
	}
	world_done(&w);
}

static void crls_of_the_collateral_revoke_what_was_asked_for(void **state)
{
	struct world w = world_of(SIM_TDX_15, false, NULL);

	for (unsigned revoked = 0; revoked < 8; revoked++) {
		struct sim_collateral_options o = { .platform_status = "UpToDate",
						    .module_status = "UpToDate",
						    .qe_status = "UpToDate",
						    .issued = in_2026,
						    .next_update = in_2026 + MONTH_S,
						    .revokes_pck = revoked & 1,
						    .revokes_platform_ca = revoked & 2,
						    .revokes_tcb_signing = revoked & 4 };
		struct sim_collateral c = { 0 };
		struct crypto_crl root, pck;
		uint8_t serials[3][SIM_INTEL_SERIAL_BYTES];

		assert_int_equal(sim_qe_collateral(w.qe, &o, &c, NULL), 0);
		assert_int_equal(crypto_crl_read(c.parts[SIM_ROOT_CA_CRL].bytes,
						 c.parts[SIM_ROOT_CA_CRL].size, &root, NULL),
				 0);
		assert_int_equal(
			crypto_crl_read(c.parts[SIM_PCK_CRL].bytes, c.parts[SIM_PCK_CRL].size, &pck, NULL),
			0);
		sim_qe_pck_serial(w.qe, serials[0]);
		sim_pki_intel_serial(w.pki, SIM_INTEL_PLATFORM_CA, serials[1]);
		sim_pki_intel_serial(w.pki, SIM_INTEL_TCB_SIGNING, serials[2]);
		for (unsigned i = 0; i < 3; i++) {
			struct bytes_rd serial = bytes_rd(serials[i], SIM_INTEL_SERIAL_BYTES);

			assert_int_equal(crypto_crl_lists(i == 0 ? &pck : &root, &serial),
					 (revoked >> i & 1) != 0);
			assert_false(crypto_crl_lists(i == 0 ? &root : &pck, &serial));
		}
		sim_collateral_done(&c);
	}
	world_done(&w);
}

static void collateral_with_dates_that_cannot_be_is_refused(void **state)
{
	static const int64_t dates[][2] = {
		{ -1, 5 }, { INT64_MAX, INT64_MAX }, { 1, INT64_MAX }, { 86400 * 200, 1 }
	};
	struct world w = world_of(SIM_TDX_15, false, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(dates); i++) {
		struct sim_collateral_options o = { .platform_status = "UpToDate",
						    .module_status = "UpToDate",
						    .qe_status = "UpToDate",
						    .issued = dates[i][0],
						    .next_update = dates[i][1] };
		struct sim_collateral c = { 0 };

		assert_int_equal(sim_qe_collateral(w.qe, &o, &c, NULL), -EINVAL);
		assert_null(c.parts[0].bytes);
	}
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_follows_the_report),
		cmocka_unit_test(the_enclave_looks_like_intels),
		cmocka_unit_test(options_change_what_they_say),
		cmocka_unit_test(equal_worlds_make_equal_quotes),
		cmocka_unit_test(an_update_of_the_tcb_brings_another_pck),
		cmocka_unit_test(reports_that_are_not_this_machines_are_refused),
		cmocka_unit_test(every_pair_of_version_and_bitmap_has_its_format_or_none),
		cmocka_unit_test(reserved_bytes_and_foreign_parts_are_refused),
		cmocka_unit_test(collateral_says_what_was_asked_for),
		cmocka_unit_test(crls_of_the_collateral_revoke_what_was_asked_for),
		cmocka_unit_test(collateral_with_dates_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
