/* SPDX-License-Identifier: MIT */
#include "verify/made.h"

#include <errno.h>
#include <jansson.h>

#include "verify/patch.h"
#include "verify/verdict.h"
#include "verify/verifier.h"

static const char *const accepted[] = { NULL };

static void assert_judged(struct jurat_verifier *v, const struct made *m, const struct jurat_policy *p,
			  const char *reason, const char *what)
{
	const char *codes[] = { reason, NULL };
	struct jurat_verdict *verdict = made_judge(m, v, p);

	assert_verdict(verdict, codes, what);
	jurat_verdict_free(verdict);
}

static struct jurat_policy *policy_new(const char *member, const char *value)
{
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	assert_int_equal(jurat_policy_set(p, member, value, NULL), 0);
	return p;
}

/* ---- caches */

static void caches_never_grow_past_their_bounds(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	for (unsigned i = 0; i < VERIFIER_LEAVES + 10; i++) {
		m.report.chip_id[1] = (uint8_t)i;
		made_sign(&m);
		made_endorse(&m, m.report.reported_tcb, m.report.chip_id);
		assert_judged(v, &m, NULL, NULL, "a new chip");
		assert_judged(v, &m, NULL, NULL, "the same chip");
		assert_int_equal(made_cached(&v->seen_leaves), i < VERIFIER_LEAVES ? i + 1 : VERIFIER_LEAVES);
		assert_int_equal(made_cached(&v->seen_authorities), 1); /* the root was given */
	}
	jurat_verifier_free(v);
}

static void what_was_refused_is_not_remembered(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	m.leaf[m.leaf_size - 1] ^= 1;
	assert_judged(v, &m, NULL, "leaf-signature", "broken");
	assert_judged(v, &m, NULL, "leaf-signature", "still broken");
	assert_int_equal(made_cached(&v->seen_leaves), 0);
	assert_int_equal(made_cached(&v->seen_authorities), 1); /* the intermediate was good */
	jurat_verifier_free(v);
}

static void a_warm_cache_skips_neither_time_nor_policy_nor_chip(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_policy *p = policy_new("minimum_guest_svn", "8");
	struct jurat_verdict *verdict;
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	assert_judged(v, &m, NULL, NULL, "cold");
	assert_judged(v, &m, p, "guest-svn-below-minimum", "policy");
	m.at = sim_pki_leaf_not_after(made_pki(), false) + 1;
	verdict = made_judge(&m, v, NULL);
	assert_verdict(verdict,
		       (const char *const[]){ "leaf-expired", "intermediate-expired", "root-expired", NULL },
		       "late");
	jurat_verdict_free(verdict);
	m.at = 1750000000;
	m.report.chip_id[0] ^= 1;
	made_sign(&m);
	assert_judged(v, &m, NULL, "leaf-chip-mismatch", "another chip");
	m.report.chip_id[0] ^= 1;
	m.report.reported_tcb--;
	made_sign(&m);
	assert_judged(v, &m, NULL, "leaf-tcb-mismatch", "another TCB");
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

/* A leaf that hangs from one root says nothing about the next one. */
static void roots_given_later_judge_what_is_cached(void **state)
{
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	const uint8_t *der;
	struct made m;
	size_t n;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	made_init(&m, SNP_MILAN, false, 3);
	assert_judged(v, &m, NULL, "root-not-trusted", "vendor roots");
	assert_int_equal(jurat_verifier_add_roots(v, m.root, m.root_size, NULL), 0);
	assert_judged(v, &m, NULL, NULL, "given");
	jurat_verifier_free(v);

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(sim_pki_ca(made_other_pki(), SNP_MILAN, SIM_ARK, &der, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	assert_judged(v, &m, NULL, "intermediate-signature", "another root of the same name");
	assert_int_equal(jurat_verifier_add_roots(v, m.root, m.root_size, NULL), 0);
	verdict = made_judge(&m, v, NULL);
	assert_verdict(verdict, accepted, "both");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

/* A signature is remembered with the certificate that made it, not with its name. */
static void a_cached_signature_counts_for_its_issuer_alone(void **state)
{
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	const uint8_t *ark, *ask;
	size_t ark_size, ask_size;
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	assert_int_equal(sim_pki_ca(made_other_pki(), SNP_MILAN, SIM_ARK, &ark, &ark_size, NULL), 0);
	assert_int_equal(sim_pki_ca(made_other_pki(), SNP_MILAN, SIM_ASK, &ask, &ask_size, NULL), 0);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, ark, ark_size, NULL), 0); /* tried first */
	assert_int_equal(jurat_verifier_add_roots(v, m.root, m.root_size, NULL), 0);
	for (int i = 0; i < 2; i++) {
		uint8_t sha256[32];

		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, accepted, "two roots of one name");
		crypto_sha256(m.root, m.root_size, sha256);
		assert_memory_equal(verdict->root->sha256, sha256, sizeof(sha256));
		jurat_verdict_free(verdict);
	}
	memcpy(m.intermediate, ask, ask_size);
	m.intermediate_size = ask_size;
	assert_judged(v, &m, NULL, "leaf-signature", "an ASK of the other root");
	jurat_verifier_free(v);
}

/* ---- revocation */

static void add_crl(struct jurat_verifier *v, const uint8_t *der, size_t n)
{
	assert_int_equal(jurat_verifier_add_crl(v, der, n, NULL), 0);
}

/* The detail of the first reason; NULL: there is none. */
static void assert_detail(struct jurat_verifier *v, const struct made *m, const char *detail)
{
	struct jurat_verdict *verdict = made_judge(m, v, NULL);

	if (detail)
		assert_string_equal(jurat_verdict_reason_detail(verdict, 0), detail);
	else
		assert_true(jurat_verdict_accepted(verdict));
	jurat_verdict_free(verdict);
}

static void crls_that_were_given_are_judged(void **state)
{
	static const struct {
		const char *name;
		bool revoke_ask, revoke_asvk, stale, not_yet, broken;
		const char *reason, *reason_vlek, *detail;
	} rows[] = {
		{ "nothing listed", false, false, false, false, false, NULL, NULL, NULL },
		{ "ASK listed", true, false, false, false, false, "intermediate-revoked", NULL,
		  "'SEV-Milan'" },
		{ "ASVK listed", false, true, false, false, false, NULL, "intermediate-revoked", NULL },
		{ "stale", false, false, true, false, false, "crl-stale", "crl-stale",
		  "the CRL of 'ARK-Milan' is valid until 2025-01-01T00:00:00Z, verified at "
		  "2025-06-15T15:06:40Z" },
		{ "not yet", false, false, false, true, false, "crl-not-yet-valid", "crl-not-yet-valid",
		  "the CRL of 'ARK-Milan' is valid from 2030-01-01T00:00:00Z, verified at "
		  "2025-06-15T15:06:40Z" },
		{ "not signed by the root", true, true, false, false, true, "crl-signature", "crl-signature",
		  "a supplied CRL of 'ARK-Milan' is not signed with its key" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verifier *v = made_verifier(SNP_MILAN);
		struct made m, k;
		uint8_t crl[SIM_CERT_MAX_BYTES];
		size_t n;

		made_init(&m, SNP_MILAN, false, 3);
		made_init(&k, SNP_MILAN, true, 3);
		assert_judged(v, &m, NULL, NULL, "no CRL yet"); /* warms the cache */
		assert_judged(v, &k, NULL, NULL, "no CRL yet");
		assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, rows[i].revoke_ask, rows[i].revoke_asvk,
					     crl, &n, NULL),
				 0);
		if (rows[i].stale)
			made_patch(crl, n, "490101000000Z", "250101000000Z", 13);
		if (rows[i].not_yet)
			made_patch(crl, n, "240101000000Z", "300101000000Z", 13);
		made_resign(crl, n, SNP_MILAN, SIM_ARK);
		crl[n - 1] ^= rows[i].broken;
		add_crl(v, crl, n);
		assert_judged(v, &m, NULL, rows[i].reason, rows[i].name);
		assert_judged(v, &k, NULL, rows[i].reason_vlek, rows[i].name);
		assert_judged(v, &m, NULL, rows[i].reason, rows[i].name);
		assert_detail(v, &m, rows[i].detail);
		jurat_verifier_free(v);
	}
}

/* A CRL of the ASK may list VCEKs; only the ARK issues CRLs, so nothing can be said of it but that. */
static void a_crl_of_the_intermediate_is_not_passed_over(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	uint8_t crl[SIM_CERT_MAX_BYTES], good[SIM_CERT_MAX_BYTES];
	size_t n, n_good;
	struct made m, k;

	(void)state;
	made_init(&m, SNP_MILAN, false, 3);
	made_init(&k, SNP_MILAN, true, 3);
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, good, &n_good, NULL), 0);
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, true, false, crl, &n, NULL), 0);
	made_patch(crl, n, "ARK-Milan", "SEV-Milan", 9);
	made_resign(crl, n, SNP_MILAN, SIM_ASK);
	add_crl(v, crl, n);
	add_crl(v, good, n_good);
	assert_judged(v, &m, NULL, "crl-signature", "its own issuer's");
	assert_detail(
		v, &m,
		"a supplied CRL is of 'SEV-Milan', expected one of 'ARK-Milan', which alone issues CRLs");
	assert_judged(v, &k, NULL, NULL, "another issuer's");
	jurat_verifier_free(v);
}

/* RFC 5280 5.2: with such an extension its silence means nothing; what it lists is revoked all the same. */
static void a_crl_that_is_not_understood_is_none(void **state)
{
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	for (unsigned revokes = 0; revokes < 2; revokes++) {
		static const char *const codes[2][3] = {
			{ "crl-critical-extension" }, { "intermediate-revoked", "crl-critical-extension" }
		};
		struct jurat_verifier *v = made_verifier(SNP_MILAN);
		struct jurat_verdict *verdict;
		uint8_t crl[SIM_CERT_MAX_BYTES];
		size_t n;

		assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, revokes == 1, false, crl, &n, NULL), 0);
		patch_critical_crl(crl, n);
		made_resign(crl, n, SNP_MILAN, SIM_ARK);
		add_crl(v, crl, n);
		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, codes[revokes], revokes ? "lists the ASK" : "lists nothing");
		jurat_verdict_free(verdict);
		jurat_verifier_free(v);
	}
}

/*
 * A CRL that was named and cannot count is an error, not nothing: else one damaged bit lets a revoked ASK
 * pass, as long as an older CRL is there. Those of other roots do count for nothing.
 */
static void a_damaged_crl_is_not_passed_over_for_a_good_one(void **state)
{
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	for (unsigned brought = 0; brought < 2; brought++) {
		struct jurat_verifier *v = made_verifier(SNP_MILAN);
		uint8_t good[SIM_CERT_MAX_BYTES], crl[SIM_CERT_MAX_BYTES];
		size_t n_good, n;

		assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, good, &n_good, NULL), 0);
		if (brought) {
			memcpy(m.crl, good, n_good);
			m.crl_size = n_good;
		} else {
			add_crl(v, good, n_good);
		}
		assert_judged(v, &m, NULL, NULL, "a good CRL");
		assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, true, false, crl, &n, NULL), 0);
		crl[n - 1] ^= 1;
		add_crl(v, crl, n);
		assert_judged(v, &m, NULL, "crl-signature", "a damaged one beside it");
		assert_judged(v, &m, NULL, "crl-signature", "and again");
		jurat_verifier_free(v);
	}
}

static void a_foreign_crl_counts_for_nothing(void **state)
{
	struct jurat_policy *p = policy_new("require_crl", "true");
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	uint8_t crl[SIM_CERT_MAX_BYTES];
	struct made m;
	size_t n;

	made_init(&m, SNP_MILAN, false, 3);
	assert_int_equal(sim_pki_crl(made_pki(), SNP_GENOA, true, true, crl, &n, NULL), 0);
	add_crl(v, crl, n);
	assert_judged(v, &m, NULL, NULL, "Genoa's");
	assert_judged(v, &m, p, "crl-missing", "Genoa's, and one is wanted");
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, crl, &n, NULL), 0);
	add_crl(v, crl, n);
	assert_judged(v, &m, p, NULL, "the right one beside it");
	assert_int_equal(sim_pki_crl(made_other_pki(), SNP_MILAN, true, true, crl, &n, NULL), 0);
	add_crl(v, crl, n);
	assert_judged(v, &m, p, "crl-signature", "one with the root's name, which it did not sign");
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

static void a_crl_of_the_host_can_only_speak_against_it(void **state)
{
	struct jurat_policy *p = policy_new("require_crl", "true");
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	assert_judged(v, &m, p, "crl-missing", "none");
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, m.crl, &m.crl_size, NULL), 0);
	for (int i = 0; i < 8; i++) /* more than are remembered */
		assert_judged(v, &m, p, NULL, "current");
	m.crl[m.crl_size - 1] ^= 1;
	assert_judged(v, &m, p, "crl-missing", "unsigned");
	assert_judged(v, &m, NULL, NULL, "unsigned, and none is wanted");
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, true, false, m.crl, &m.crl_size, NULL), 0);
	made_patch(m.crl, m.crl_size, "490101000000Z", "250101000000Z", 13);
	made_resign(m.crl, m.crl_size, SNP_MILAN, SIM_ARK);
	assert_judged(v, &m, NULL, "intermediate-revoked", "stale, but once revoked is revoked");
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

/* ---- what is added */

static void endorsements_come_in_every_form(void **state)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct made m;
	char pem[16384];
	size_t at = 0, n;

	made_init(&m, SNP_MILAN, false, 3);
	auto_free uint8_t *table = made_table(&m, &n);
	const struct {
		const uint8_t *der;
		size_t size;
	} certs[] = { { m.leaf, m.leaf_size }, { m.intermediate, m.intermediate_size } };

	for (size_t c = 0; c < ARRAY_SIZE(certs); c++) {
		at += (size_t)sprintf(pem + at, "-----BEGIN CERTIFICATE-----\n");
		for (size_t i = 0, column = 0; i < certs[c].size; i += 3) {
			uint32_t bits = 0;
			size_t k = certs[c].size - i < 3 ? certs[c].size - i : 3;

			for (size_t b = 0; b < 3; b++)
				bits = bits << 8 | (b < k ? certs[c].der[i + b] : 0);
			for (size_t b = 0; b < 4; b++)
				pem[at++] = b <= k ? base64[bits >> (18 - 6 * b) & 63] : '=';
			column += 4;
			if (column == 64 || i + 3 >= certs[c].size) {
				pem[at++] = '\n';
				column = 0;
			}
		}
		at += (size_t)sprintf(pem + at, "-----END CERTIFICATE-----\n");
	}
	const struct {
		const void *bytes;
		size_t size, certs;
	} forms[] = { { pem, at, 2 }, { table, n, 3 }, { m.leaf, m.leaf_size, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct jurat_verifier *v = made_verifier(SNP_MILAN);
		auto_free uint8_t *copy = heap_copy(forms[i].bytes, forms[i].size);
		struct made bare = m;
		size_t taken = 0;

		assert_int_equal(jurat_verifier_add_certificates(v, copy, forms[i].size, &taken, NULL), 0);
		assert_int_equal(taken, forms[i].certs);
		bare.leaf_size = bare.root_size = 0;
		bare.intermediate_size = taken == 1 ? m.intermediate_size : 0;
		assert_judged(v, &bare, NULL, NULL, "from the given");
		for (size_t k = 0; k < forms[i].size; k += 7) {
			auto_free uint8_t *cut = heap_copy(forms[i].bytes, k);

			(void)!jurat_verifier_add_certificates(v, cut, k, NULL,
							       NULL); /* PEM may lose its last block */
		}
		jurat_verifier_free(v);
	}
}

static void among_many_chips_the_right_one_is_found(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct made m, other;

	made_init(&m, SNP_MILAN, false, 3);
	for (unsigned i = 0; i < 40; i++) {
		other = m;
		other.report.chip_id[i] ^= 0x80;
		made_endorse(&other, m.report.reported_tcb, other.report.chip_id);
		assert_int_equal(jurat_verifier_add_certificates(v, other.leaf, other.leaf_size, NULL, NULL),
				 0);
		assert_int_equal(jurat_verifier_add_certificates(v, other.leaf, other.leaf_size, NULL, NULL),
				 0);
	}
	other = m;
	other.leaf_size = 0;
	assert_judged(v, &other, NULL, "leaf-chip-mismatch", "other chips only");
	assert_int_equal(v->veks.n, 40); /* what was given twice counts once */
	made_endorse(&other, m.report.reported_tcb + 1, m.report.chip_id);
	assert_int_equal(jurat_verifier_add_certificates(v, other.leaf, other.leaf_size, NULL, NULL), 0);
	other.leaf_size = 0;
	assert_judged(v, &other, NULL, "leaf-tcb-mismatch", "this chip, another TCB");
	assert_int_equal(jurat_verifier_add_certificates(v, m.leaf, m.leaf_size, NULL, NULL), 0);
	assert_judged(v, &other, NULL, NULL, "and the right one");
	/* B33: the host is out of step, the relying party has the right one */
	made_endorse(&other, m.report.reported_tcb + 1, m.report.chip_id);
	assert_judged(v, &other, NULL, NULL, "the table's does not fit, the given one does");
	jurat_verifier_free(v);
}

/* What a leaf's issuer says it is for decides, also where chip, TCB and key are the same. */
static void among_many_products_the_right_one_is_found(void **state)
{
	for (unsigned vlek = 0; vlek < 2; vlek++) {
		struct jurat_verifier *v = made_verifier(SNP_MILAN);
		struct made m, other;

		made_init(&m, SNP_MILAN, vlek == 1, 3);
		other = m;
		other.product = SNP_GENOA;
		for (char c = 'a'; c < 'm'; c++) {
			char name[] = "\x16\x05Geno?";

			name[6] = c;
			made_endorse(&other, m.report.reported_tcb, m.report.chip_id);
			made_patch(other.leaf, other.leaf_size, "\x16\x05Genoa", name, 7);
			made_resign(other.leaf, other.leaf_size, SNP_GENOA, vlek ? SIM_ASVK : SIM_ASK);
			assert_int_equal(
				jurat_verifier_add_certificates(v, other.leaf, other.leaf_size, NULL, NULL),
				0);
		}
		assert_int_equal(jurat_verifier_add_certificates(v, m.leaf, m.leaf_size, NULL, NULL), 0);
		m.leaf_size = 0;
		assert_judged(v, &m, NULL, NULL, "the one of its product");
		jurat_verifier_free(v);
	}
}

/* As long as the software platform issues them; DER writes lengths from 128 on in another form. */
static void a_provider_has_a_name_of_up_to_128_characters(void **state)
{
	static const size_t sizes[] = { 1, 127, SIM_CSP_ID_MAX_CHARS };
	struct jurat_verifier *v = made_verifier(SNP_MILAN);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		static const char *const none[] = { NULL };
		char name[SIM_CSP_ID_MAX_CHARS + 1] = "";
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, SNP_MILAN, true, 3);
		memset(name, 'c', sizes[i]);
		m.csp_id = name;
		made_endorse(&m, m.report.reported_tcb, m.report.chip_id);
		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, none, name);
		jurat_verdict_free(verdict);
	}
	jurat_verifier_free(v);
}

static void what_cannot_be_added_says_why_and_changes_nothing(void **state)
{
	struct jurat_verifier *v;
	struct jurat_error err = { "" };
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, "", 0, &err), -EBADMSG);
	assert_int_equal(jurat_verifier_add_roots(v, "rubbish", 7, &err), -EBADMSG);
	assert_int_equal(jurat_verifier_add_roots(v, m.intermediate, m.intermediate_size, &err), -EBADMSG);
	assert_string_equal(err.text, "roots: no self-signed CA certificate found");
	assert_int_equal(jurat_verifier_add_roots(v, m.leaf, m.leaf_size, &err), -EBADMSG);
	m.root[m.root_size - 1] ^= 1; /* B50 */
	assert_int_equal(jurat_verifier_add_roots(v, m.root, m.root_size, &err), -EBADMSG);
	assert_string_equal(err.text, "roots: the self-signature of a certificate does not verify");
	assert_int_equal(jurat_verifier_add_crl(v, m.leaf, m.leaf_size, &err), -EBADMSG);
	assert_int_equal(jurat_verifier_add_crl(v, "", 0, &err), -EBADMSG);
	assert_int_equal(jurat_verifier_add_certificates(v, "x", 1, NULL, &err), -EBADMSG);
	assert_false(v->roots_given);
	assert_int_equal(v->roots.n + v->authorities.n + v->veks.n + v->leaves.n + v->crls.n, 0);
	jurat_verifier_free(v);
}

/* ---- the verdict */

static void a_verdict_prints_as_json_and_as_text(void **state)
{
	static const char *const members[] = { "verdict", "reasons", "tee",   "evidence",
					       "signer",  "tcb",     "roots", "not_judged" };
	struct jurat_verifier *v = made_verifier(SNP_TURIN);
	struct jurat_verdict *verdict;
	struct made m;

	made_init(&m, SNP_TURIN, false, 5);
	for (int i = 0; i < 2; i++) {
		auto_free char *json = NULL, *text = NULL;
		json_t *root;

		verdict = made_judge(&m, v, NULL);
		json = jurat_verdict_json(verdict);
		text = jurat_verdict_text(verdict);
		assert_non_null(json);
		assert_non_null(text);
		assert_int_equal(strncmp(text, i ? "refused\n" : "accepted\n", i ? 8 : 9), 0);
		root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		for (size_t k = 0; k < ARRAY_SIZE(members); k++)
			assert_non_null(json_object_get(root, members[k]));
		assert_string_equal(json_string_value(json_object_get(root, "verdict")),
				    i ? "refused" : "accepted");
		assert_string_equal(json_string_value(json_object_get(root, "roots")), "given");
		assert_int_equal(json_array_size(json_object_get(root, "reasons")), (size_t)i);
		if (i) {
			json_t *reason = json_array_get(json_object_get(root, "reasons"), 0);

			assert_string_equal(json_string_value(json_object_get(reason, "code")),
					    "report-signature");
			assert_non_null(strstr(text, "report-signature: "));
		}
		assert_int_equal(
			json_integer_value(json_object_get(
				json_object_get(json_object_get(root, "tcb"), "reported_tcb"), "microcode")),
			0x50);
		json_decref(root);
		jurat_verdict_free(verdict);
		m.report.measurement[0] ^= 1;
		wire_write(&snp_report_layout, &m.report, m.report_bytes);
	}
	jurat_verifier_free(v);
}

static void a_verdict_on_nothing_prints_too(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct jurat_verdict *verdict;

	assert_int_equal(jurat_verify_snp(v, &e, NULL, INT64_MIN, &verdict, NULL), JURAT_REFUSED);
	auto_free char *json = jurat_verdict_json(verdict), *text = jurat_verdict_text(verdict);

	assert_non_null(json);
	assert_non_null(text);
	assert_null(jurat_verdict_reason_code(verdict, 1));
	assert_null(jurat_verdict_reason_detail(verdict, 1));
	jurat_verdict_free(verdict);
	e.size = 1;
	assert_int_equal(jurat_verify_snp(v, &e, NULL, 0, &verdict, NULL), -EINVAL);
	jurat_verifier_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches_never_grow_past_their_bounds),
		cmocka_unit_test(what_was_refused_is_not_remembered),
		cmocka_unit_test(a_warm_cache_skips_neither_time_nor_policy_nor_chip),
		cmocka_unit_test(roots_given_later_judge_what_is_cached),
		cmocka_unit_test(a_cached_signature_counts_for_its_issuer_alone),
		cmocka_unit_test(crls_that_were_given_are_judged),
		cmocka_unit_test(a_crl_of_the_intermediate_is_not_passed_over),
		cmocka_unit_test(a_crl_that_is_not_understood_is_none),
		cmocka_unit_test(a_damaged_crl_is_not_passed_over_for_a_good_one),
		cmocka_unit_test(a_foreign_crl_counts_for_nothing),
		cmocka_unit_test(a_crl_of_the_host_can_only_speak_against_it),
		cmocka_unit_test(endorsements_come_in_every_form),
		cmocka_unit_test(among_many_chips_the_right_one_is_found),
		cmocka_unit_test(among_many_products_the_right_one_is_found),
		cmocka_unit_test(a_provider_has_a_name_of_up_to_128_characters),
		cmocka_unit_test(what_cannot_be_added_says_why_and_changes_nothing),
		cmocka_unit_test(a_verdict_prints_as_json_and_as_text),
		cmocka_unit_test(a_verdict_on_nothing_prints_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
