/* SPDX-License-Identifier: MIT */
#include "verify/patch.h"
#include "verify/tdx_made.h"

#include "crypto/x509.h"

#include <errno.h>

/* Certificates and CRLs that are properly signed and not what they must be: each for its own reason. */

#define WORLD_BEGINS "240101000000Z"
#define WORLD_ENDS   "491231235959Z"

static void replace(struct tdx_made_cert *cert, const char *from, const char *to, size_t n)
{
	memcpy(patch_find(cert->der, cert->size, from, n), to, n);
}

/* The certificate with one thing in it replaced, both of n bytes, signed again by the root. */
static void with(struct tdx_made *m, enum sim_intel_cert which, const char *from, const char *to, size_t n)
{
	struct tdx_made_cert *cert = tdx_made_instead(m, which);

	replace(cert, from, to, n);
	tdx_made_reissue(cert->der, sizeof(cert->der), &cert->size, SIM_INTEL_ROOT);
}

static void critical(struct tdx_made *m, enum sim_intel_cert which)
{
	struct tdx_made_cert *cert = tdx_made_instead(m, which);

	patch_critical_key_id(cert->der, cert->size);
	tdx_made_reissue(cert->der, sizeof(cert->der), &cert->size, SIM_INTEL_ROOT);
}

/* A CA's key usage: CRLs only. */
static void no_cert_sign(struct tdx_made *m, enum sim_intel_cert which)
{
	with(m, which, "\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x01\x06",
	     "\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x01\x02", 12);
}

static void no_crl_points(struct tdx_made *m, enum sim_intel_cert which)
{
	with(m, which, "\x06\x03\x55\x1d\x1f", "\x06\x03\x55\x1d\x7f", 5);
}

static void expired(struct tdx_made *m, enum sim_intel_cert which)
{
	with(m, which, WORLD_ENDS, "250101000000Z", 13);
}

static void to_come(struct tdx_made *m, enum sim_intel_cert which)
{
	with(m, which, WORLD_BEGINS, "300101000000Z", 13);
}

#define EACH_OF(name, which)                                                                                 \
	static void name##_critical(struct tdx_made *m)                                                      \
	{                                                                                                    \
		critical(m, which);                                                                          \
	}                                                                                                    \
	static void name##_no_crl_points(struct tdx_made *m)                                                 \
	{                                                                                                    \
		no_crl_points(m, which);                                                                     \
	}                                                                                                    \
	static void name##_expired(struct tdx_made *m)                                                       \
	{                                                                                                    \
		expired(m, which);                                                                           \
	}                                                                                                    \
	static void name##_to_come(struct tdx_made *m)                                                       \
	{                                                                                                    \
		to_come(m, which);                                                                           \
	}

EACH_OF(root, SIM_INTEL_ROOT)
EACH_OF(ca, SIM_INTEL_PLATFORM_CA)
EACH_OF(signer, SIM_INTEL_TCB_SIGNING)

static void root_no_cert_sign(struct tdx_made *m)
{
	no_cert_sign(m, SIM_INTEL_ROOT);
}
static void ca_no_cert_sign(struct tdx_made *m)
{
	no_cert_sign(m, SIM_INTEL_PLATFORM_CA);
}
static void ca_long_path(struct tdx_made *m)
{
	with(m, SIM_INTEL_PLATFORM_CA, "\x01\x01\xff\x02\x01\x00", "\x01\x01\xff\x02\x01\x01", 6);
}
static void ca_of_another(struct tdx_made *m)
{
	struct tdx_made_cert *cert = tdx_made_instead(m, SIM_INTEL_PLATFORM_CA);

	tdx_made_reissue(cert->der, sizeof(cert->der), &cert->size, SIM_INTEL_TCB_SIGNING);
}

static void given_roots_must_have_the_profile_of_one(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "may not sign certificates",
		  .early = root_no_cert_sign,
		  .codes = { "root-profile" } },
		{ .what = "no CRL points", .early = root_no_crl_points, .codes = { "root-profile" } },
		{ .what = "critical", .early = root_critical, .codes = { "root-critical-extension" } },
		{ .what = "expired (V13)", .early = root_expired, .codes = { "root-expired" } },
		{ .what = "to come (V13)", .early = root_to_come, .codes = { "root-not-yet-valid" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void a_pck_ca_must_have_the_profile_of_one(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "may not sign certificates",
		  .early = ca_no_cert_sign,
		  .codes = { "intermediate-profile" } },
		{ .what = "no CRL points", .early = ca_no_crl_points, .codes = { "intermediate-profile" } },
		{ .what = "path length 1", .early = ca_long_path, .codes = { "intermediate-profile" } },
		{ .what = "critical", .early = ca_critical, .codes = { "intermediate-critical-extension" } },
		{ .what = "expired (V13)", .early = ca_expired, .codes = { "intermediate-expired" } },
		{ .what = "to come (V13)", .early = ca_to_come, .codes = { "intermediate-not-yet-valid" } },
		{ .what = "signed by another",
		  .early = ca_of_another,
		  .codes = { "intermediate-signature" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void signer_may_not_sign(struct tdx_made *m)
{
	with(m, SIM_INTEL_TCB_SIGNING, "\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\xc0",
	     "\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\x40", 12);
}
static void signer_of_the_pck_ca(struct tdx_made *m)
{
	struct tdx_made_cert *cert = tdx_made_instead(m, SIM_INTEL_TCB_SIGNING);

	tdx_made_reissue(cert->der, sizeof(cert->der), &cert->size, SIM_INTEL_PLATFORM_CA);
}

static void a_tcb_signer_must_have_the_profile_of_one(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "may not sign", .early = signer_may_not_sign, .codes = { "tcb-signer-profile" } },
		{ .what = "no CRL points", .early = signer_no_crl_points, .codes = { "tcb-signer-profile" } },
		{ .what = "critical",
		  .early = signer_critical,
		  .codes = { "tcb-signer-critical-extension" } },
		{ .what = "expired (V13)", .early = signer_expired, .codes = { "tcb-signer-expired" } },
		{ .what = "to come (V13)", .early = signer_to_come, .codes = { "tcb-signer-not-yet-valid" } },
		{ .what = "signed by the PCK CA (V18)",
		  .early = signer_of_the_pck_ca,
		  .codes = { "tcb-signer-signature" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void no_crl_number(uint8_t *der, size_t n)
{
	memcpy(patch_find(der, n, "\x06\x03\x55\x1d\x14", 5), "\x06\x03\x55\x1d\x7f", 5);
}
static void no_crl_key_id(uint8_t *der, size_t n)
{
	memcpy(patch_find(der, n, "\x06\x03\x55\x1d\x23", 5), "\x06\x03\x55\x1d\x7f", 5);
}
static void critical_crls(struct tdx_made *m)
{
	m->alters_crl = patch_critical_crl;
}
static void numberless_crls(struct tdx_made *m)
{
	m->alters_crl = no_crl_number;
}
static void crls_without_key_id(struct tdx_made *m)
{
	m->alters_crl = no_crl_key_id;
}
/* What a CRL lists is revoked even where its silence would count for nothing. */
static void critical_crls_with_the_leaf(struct tdx_made *m)
{
	m->alters_crl = patch_critical_crl;
	m->revokes_leaf = true;
}

#define CRL "crl-critical-extension"

static void a_crl_that_is_not_understood_is_none(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "critical", .early = critical_crls, .codes = { CRL, CRL } },
		{ .what = "no number", .early = numberless_crls, .codes = { "crl-profile", "crl-profile" } },
		{ .what = "no key id",
		  .early = crls_without_key_id,
		  .codes = { "crl-profile", "crl-profile" } },
		{ .what = "critical, and lists the leaf",
		  .early = critical_crls_with_the_leaf,
		  .codes = { CRL, "leaf-revoked", CRL } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

/*
 * The names of a chain must meet, whatever the keys say. Given roots are found by name, so it takes pinned
 * ones for this to show: here a root whose key made the signature, by another name; it is not Intel's, too.
 */
static void a_pck_ca_of_another_root_is_refused_by_name(void **state)
{
	static const char *const codes[] = { "root-not-trusted", "intermediate-issuer",
					     "certificate-unrelated" };
	struct jurat_verifier *v;
	struct jurat_policy *policy;
	struct jurat_verdict *verdict;
	struct tdx_made_cert *root;
	struct tdx_made m;
	uint8_t *at;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	assert_int_equal(jurat_policy_set(policy, "allow_no_collateral", "true", NULL), 0);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	tdx_made_init(&m, TDX_BODY_10);
	root = tdx_made_instead(&m, SIM_INTEL_ROOT);
	while ((at = memmem(root->der, root->size, "Santa Clara", 11)))
		at[10] = 'b'; /* as issuer and as subject */
	tdx_made_reissue(root->der, sizeof(root->der), &root->size, SIM_INTEL_ROOT);
	assert_int_equal(jurat_verifier_add_certificates(v, root->der, root->size, NULL, NULL), 0);
	tdx_made_sign(&m);
	verdict = tdx_made_judge(&m, v, NULL, policy);
	assert_int_equal(jurat_verdict_reason_count(verdict), ARRAY_SIZE(codes));
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		assert_string_equal(jurat_verdict_reason_code(verdict, i), codes[i]);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
	jurat_policy_free(policy);
	tdx_made_done(&m);
}

/* The certificate with the key of the PCK CA. */
static void other_key(struct tdx_made_cert *cert)
{
	struct crypto_cert mine, ca;
	size_t n;
	const uint8_t *der = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_PLATFORM_CA, &n);

	assert_int_equal(crypto_cert_read(der, n, &ca, NULL), 0);
	assert_int_equal(crypto_cert_read(cert->der, cert->size, &mine, NULL), 0);
	memcpy(cert->der + (mine.key_point.data - cert->der), ca.key_point.data, mine.key_point.size);
}

/*
 * A given root is trusted as it stands; what the quote brings by its name is that certificate, or another one
 * that its key signed.
 */
static void where_roots_are_given_the_quotes_own_is_one_of_its_key_V16(void **state)
{
	static const struct {
		bool signs, other_key;
		const char *code; /* NULL: accepted */
	} rows[] = {
		{ false, false, "root-signature" }, /* expired, and nobody signed that */
		{ true, false, NULL }, /* expired, and its key signed that: another one is trusted */
		{ true, true, "root-not-trusted" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verifier *v = tdx_made_verifier(NULL);
		struct jurat_tdx_collateral *c;
		struct jurat_verdict *verdict;
		struct tdx_made_cert *root;
		struct tdx_made m;

		tdx_made_init(&m, TDX_BODY_10);
		root = tdx_made_instead(&m, SIM_INTEL_ROOT);
		replace(root, WORLD_ENDS, "250101000000Z", 13);
		if (rows[i].other_key)
			other_key(root);
		if (rows[i].signs)
			tdx_made_reissue(root->der, sizeof(root->der), &root->size, SIM_INTEL_ROOT);
		tdx_made_documents(&m);
		tdx_made_sign(&m);
		c = tdx_made_collateral(&m);
		verdict = tdx_made_judge(&m, v, c, NULL);
		assert_int_equal(jurat_verdict_reason_count(verdict), rows[i].code ? 1 : 0);
		if (rows[i].code)
			assert_string_equal(jurat_verdict_reason_code(verdict, 0), rows[i].code);
		jurat_verdict_free(verdict);
		if (!rows[i].signs)
			assert_int_equal(jurat_verifier_add_roots(v, root->der, root->size, NULL), -EBADMSG);
		jurat_tdx_collateral_free(c);
		jurat_verifier_free(v);
		tdx_made_done(&m);
	}
}

enum { LEAF = SIM_INTEL_N_CERTS, MAX_CHAIN = 9 };

/* The quote's chain: these certificates in this order, LEAF among them. */
static void chain(struct tdx_made *m, const int *which, size_t n)
{
	struct sim_der certs[MAX_CHAIN];
	size_t size;

	assert_int_equal(sim_pki_intel_pck(tdx_made_pki(), &m->pck, m->leaf, &m->leaf_size, NULL, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		if (which[i] == LEAF)
			certs[i] = (struct sim_der){ m->leaf, m->leaf_size };
		else
			certs[i].der = sim_pki_intel_cert(tdx_made_pki(), (enum sim_intel_cert)which[i],
							  &certs[i].size);
	}
	assert_int_equal(sim_pki_intel_pem(certs, n, &m->chain, &size, NULL), 0);
}
#define CHAIN(m, ...)                                                                                        \
	chain(m, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void upside_down(struct tdx_made *m)
{
	CHAIN(m, SIM_INTEL_ROOT, SIM_INTEL_PLATFORM_CA, LEAF);
}
static void root_twice(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT, SIM_INTEL_ROOT);
}
static void without_root(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA);
}
static void two_leaves(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_TCB_SIGNING, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT);
}
static void no_leaf(struct tdx_made *m)
{
	CHAIN(m, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT);
}
static void too_many(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT, SIM_INTEL_ROOT, SIM_INTEL_ROOT, SIM_INTEL_ROOT,
	      SIM_INTEL_ROOT, SIM_INTEL_ROOT, SIM_INTEL_ROOT);
}
static void no_newline(struct tdx_made *m)
{
	size_t n;

	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT);
	n = strlen(m->chain);
	assert_int_equal(m->chain[n - 1], '\n');
	m->chain[n - 1] = '\0';
}
static void unfinished(struct tdx_made *m)
{
	no_newline(m);
	m->chain[strlen(m->chain) - 1] = '\0'; /* a dash of the last END line */
}

/* Behind a good chain a CA of another name: no link leads to it. */
static void another_ca(struct tdx_made *m)
{
	struct tdx_made_cert other = *tdx_made_instead(m, SIM_INTEL_ROOT);
	struct sim_der der = { other.der, other.size };
	auto_free char *good = NULL, *more = NULL;
	size_t size;

	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT);
	memcpy(memmem(other.der, other.size, "SGX Root CA", 11), "SGX Rest CA", 11); /* as issuer */
	assert_int_equal(sim_pki_intel_pem(&der, 1, &more, &size, NULL), 0);
	good = m->chain;
	assert_true(asprintf(&m->chain, "%s%s", good, more) > 0);
}
static void root_without_ca(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_ROOT);
}
/* The collateral brings a good one, which would do if the quote had none. */
static void spoilt_ca(struct tdx_made *m)
{
	struct tdx_made_cert *ca = tdx_made_instead(m, SIM_INTEL_PLATFORM_CA);

	ca->der[ca->size - 1] ^= 1;
}
/* A line of text behind so many bytes of the chain. */
static void put_text(struct tdx_made *m, size_t behind)
{
	auto_free char *good = m->chain;

	assert_true(asprintf(&m->chain, "%.*sof Intel\n%s", (int)behind, good, good + behind) > 0);
}
static void text_between(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT);
	put_text(m, (size_t)(strstr(m->chain + 1, "-----BEGIN") - m->chain));
}
static void text_behind(struct tdx_made *m)
{
	CHAIN(m, LEAF, SIM_INTEL_PLATFORM_CA, SIM_INTEL_ROOT);
	put_text(m, strlen(m->chain));
}

static void the_certificates_of_a_quote_are_read_as_they_come_V17(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "upside down", .early = upside_down, .status = "UpToDate" },
		{ .what = "the root twice", .early = root_twice, .status = "UpToDate" },
		{ .what = "without the root", .early = without_root, .status = "UpToDate" },
		{ .what = "no final newline", .early = no_newline, .status = "UpToDate" },
		{ .what = "no end", .early = unfinished, .codes = { "certificate-malformed" } },
		{ .what = "two leaves", .early = two_leaves, .codes = { "certificate-malformed" } },
		{ .what = "no leaf", .early = no_leaf, .codes = { "certificate-malformed" } },
		{ .what = "a CA too many", .early = another_ca, .codes = { "certificate-unrelated" } },
		{ .what = "a root of nothing",
		  .early = root_without_ca,
		  .codes = { "intermediate-missing", "certificate-unrelated" } },
		{ .what = "a spoilt CA", .early = spoilt_ca, .codes = { "intermediate-signature" } },
		{ .what = "text between", .early = text_between, .codes = { "certificate-malformed" } },
		{ .what = "text behind", .early = text_behind, .codes = { "certificate-malformed" } },
		{ .what = "nine", .early = too_many, .codes = { "certificate-malformed" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void crls_of_others(struct tdx_made *m)
{
	m->other_signs_crls = true;
}
/* They say that the leaf is revoked; whoever wrote them is not asked. */
static void crls_of_others_with_the_leaf(struct tdx_made *m)
{
	m->other_signs_crls = true;
	m->revokes_leaf = true;
}
static void info_of_others(struct tdx_made *m)
{
	tdx_made_patch(&m->tcb_info, "OutOfDate", "UpToDate");
}

/*
 * Collateral proves itself, document by document: no transport, server or file is believed in its place, so
 * there is no connection whose checks could be switched off.
 */
static void collateral_is_believed_for_its_signatures_alone_V15(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "CRLs by another key",
		  .early = crls_of_others,
		  .codes = { "crl-signature", "crl-signature" } },
		{ .what = "revoking CRLs by another key",
		  .early = crls_of_others_with_the_leaf,
		  .codes = { "crl-signature", "crl-signature" } },
		{ .what = "TCB info", .late = info_of_others, .codes = { "tcb-info-signature" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void a_damaged_crl_is_not_passed_over_for_a_good_one_V21(void **state)
{
	static const enum sim_intel_cert issuers[] = { SIM_INTEL_ROOT, SIM_INTEL_PLATFORM_CA };
	struct jurat_tdx_collateral *c;
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	c = tdx_made_collateral(&m);
	for (size_t i = 0; i < ARRAY_SIZE(issuers); i++) {
		struct jurat_verifier *v = tdx_made_verifier(&m);
		uint8_t crl[SIM_INTEL_CRL_MAX_BYTES];
		struct jurat_verdict *verdict = tdx_made_judge(&m, v, c, NULL);
		size_t n;

		assert_true(jurat_verdict_accepted(verdict));
		jurat_verdict_free(verdict);
		assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), issuers[i], NULL, 0, m.crl_issued,
						   m.crl_next, crl, &n, NULL),
				 0);
		crl[n - 1] ^= 1;
		assert_int_equal(jurat_verifier_add_crl(v, crl, n, NULL), 0);
		verdict = tdx_made_judge(&m, v, c, NULL);
		assert_false(jurat_verdict_accepted(verdict));
		assert_string_equal(jurat_verdict_reason_code(verdict, 0), "crl-signature");
		jurat_verdict_free(verdict);
		jurat_verifier_free(v);
	}
	jurat_tdx_collateral_free(c);
	tdx_made_done(&m);
}

static void assert_says(const struct jurat_verdict *v, const char *code, const char *words)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++) {
		if (strcmp(jurat_verdict_reason_code(v, i), code) == 0 &&
		    strstr(jurat_verdict_reason_detail(v, i), words))
			return;
	}
	FAIL_BECAUSE("no %s with '%s'", code, words);
}

/* A policy may do without collateral; one that was supplied and cannot be read refuses all the same. */
static void a_document_that_cannot_be_used_is_not_the_same_as_none(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = { { "\"version\":3", "\"version\":4" }, { "\"version\":2", "\"version\":3" } };
	struct jurat_policy *policy;
	struct tdx_made m;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	assert_int_equal(jurat_policy_set(policy, "allow_no_collateral", "true", NULL), 0);
	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char **text = i == 0 ? &m.tcb_info : &m.qe_identity;
		struct jurat_verifier *v = tdx_made_verifier(&m);
		struct jurat_tdx_collateral *c;
		struct jurat_verdict *verdict = tdx_made_judge(&m, v, NULL, policy);

		assert_true(jurat_verdict_accepted(verdict));
		jurat_verdict_free(verdict);
		tdx_made_patch(text, rows[i].from, rows[i].to);
		assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
		assert_int_equal(jurat_tdx_collateral_add(c, *text, strlen(*text), NULL), -EBADMSG);
		verdict = tdx_made_judge(&m, v, c, policy);
		assert_false(jurat_verdict_accepted(verdict));
		assert_says(verdict, "collateral-unusable", "newer than");
		jurat_verdict_free(verdict);
		jurat_tdx_collateral_free(c);
		jurat_verifier_free(v);
	}
	tdx_made_done(&m);
	jurat_policy_free(policy);
}

static void no_identity(struct tdx_made *m)
{
	free(m->qe_identity);
	m->qe_identity = NULL;
}
static void empty(struct tdx_made *m)
{
	no_identity(m);
	free(m->tcb_info);
	m->tcb_info = NULL;
	m->no_pck_crl = m->no_root_crl = m->no_signer = true;
}

/* Without a QE identity nothing says that the quoting enclave is Intel's: that is no accepted quote. */
static void without_a_qe_identity_nothing_is_accepted_by_default_V6(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "no identity", .late = no_identity, .codes = { "collateral-missing" } },
		{ .what = "no collateral at all", .late = empty, .codes = { "collateral-missing" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

/* Who allows that all the same is told that a QE which is not Intel's was not noticed. */
static void a_verdict_without_qe_identity_says_so_V6(void **state)
{
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_policy *policy;
	struct jurat_verdict *verdict;
	struct tdx_made m;
	char *text;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	tdx_made_init(&m, TDX_BODY_10);
	m.quote.qe_report.mrsigner[0] ^= 1;
	tdx_made_sign(&m);
	verdict = tdx_made_judge(&m, v, NULL, policy);
	assert_int_equal(jurat_verdict_reason_count(verdict), 1);
	assert_string_equal(jurat_verdict_reason_code(verdict, 0), "collateral-missing");
	jurat_verdict_free(verdict);
	assert_int_equal(jurat_policy_set(policy, "allow_no_collateral", "true", NULL), 0);
	verdict = tdx_made_judge(&m, v, NULL, policy);
	assert_true(jurat_verdict_accepted(verdict));
	text = jurat_verdict_json(verdict);
	assert_non_null(text);
	assert_non_null(strstr(strstr(text, "\"not_judged\""), "\"qe-identity\""));
	free(text);
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	jurat_verifier_free(v);
	tdx_made_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(given_roots_must_have_the_profile_of_one),
		cmocka_unit_test(a_pck_ca_must_have_the_profile_of_one),
		cmocka_unit_test(a_tcb_signer_must_have_the_profile_of_one),
		cmocka_unit_test(a_crl_that_is_not_understood_is_none),
		cmocka_unit_test(a_pck_ca_of_another_root_is_refused_by_name),
		cmocka_unit_test(where_roots_are_given_the_quotes_own_is_one_of_its_key_V16),
		cmocka_unit_test(the_certificates_of_a_quote_are_read_as_they_come_V17),
		cmocka_unit_test(collateral_is_believed_for_its_signatures_alone_V15),
		cmocka_unit_test(a_damaged_crl_is_not_passed_over_for_a_good_one_V21),
		cmocka_unit_test(a_document_that_cannot_be_used_is_not_the_same_as_none),
		cmocka_unit_test(without_a_qe_identity_nothing_is_accepted_by_default_V6),
		cmocka_unit_test(a_verdict_without_qe_identity_says_so_V6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
