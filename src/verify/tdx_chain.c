/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/tdx_judge.h"

#define PCK_CN          "Intel SGX PCK Certificate"
#define PLATFORM_CA_CN  "Intel SGX PCK Platform CA"
#define PROCESSOR_CA_CN "Intel SGX PCK Processor CA"
#define ROOT_CA_CN      "Intel SGX Root CA"

enum { MAX_TRIES = 64 }; /* limit of supplied PCK certificates that are tried on a QE report's signature */

bool tdx_issued(const struct cert_entry *issuer, const struct cert_entry *subject)
{
	const struct bytes_rd *a = &issuer->cert.subject, *b = &subject->cert.issuer;

	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

bool tdx_is_named(const struct bytes_rd *text, const char *name)
{
	return text->size == strlen(name) && memcmp(text->data, name, text->size) == 0;
}

/*
 * Whether a certificate has the extensions that Intel's library requires. Spec: Intel SGX PCK certificate and
 * CRL profile.
 */
static bool has_extensions(const struct crypto_cert *cert)
{
	static const uint8_t crl_points[] = { 0x55, 0x1d, 0x1f };
	struct bytes_rd value;

	return cert->has_basic_constraints && cert->has_key_usage && cert->subject_key_id.size > 0 &&
	       cert->authority_key_id.size > 0 &&
	       crypto_cert_extension(cert, crl_points, sizeof(crl_points), &value, NULL) == 0;
}

void tdx_judge_cert(struct tdx_judge *j, const struct cert_entry *entry, bool ca, const char *cn,
		    const struct tdx_cert_reasons *reasons)
{
	const struct crypto_cert *cert = &entry->cert;
	uint32_t usage = ca ? CRYPTO_USAGE_KEY_CERT_SIGN : CRYPTO_USAGE_DIGITAL_SIGNATURE;
	char name[VERDICT_NAME_BYTES];

	verdict_name(&cert->subject_cn, name, sizeof(name));
	if (!tdx_is_named(&cert->subject_cn, cn))
		verdict_refuse(j->out, reasons->name, "the subject is '%s', expected '%s'", name, cn);
	if (cert->is_ca != ca || !(cert->key_usage & usage))
		verdict_refuse(j->out, reasons->profile, "'%s': expected %s", name,
			       ca ? "a CA that may sign certificates"
				  : "a certificate that is not a CA and may sign");
	else if (!has_extensions(cert))
		verdict_refuse(j->out, reasons->profile, "'%s': a standard extension is missing", name);
	if (cert->key_kind != CRYPTO_KEY_P256)
		verdict_refuse(j->out, reasons->key, "'%s': the key is not on P-256", name);
	if (cert->has_unknown_critical)
		verdict_refuse(j->out, reasons->critical, "'%s': unrecognized critical extension", name);
	verdict_check_time(j->out, j->at, cert, name, reasons->not_yet, reasons->expired);
}

/*
 * For certification data that only identifies a platform: tries a certificate for its TCB, whose key must
 * have signed the QE report.
 */
static int try_leaf(struct tdx_judge *j, struct cert_entry *candidate, unsigned *tries)
{
	const struct tdx_quote *q = &j->quote;
	struct tdx_cert_ppid ppid;
	struct pck pck;
	int r;

	if (candidate->cert.is_ca || !tdx_is_named(&candidate->cert.subject_cn, PCK_CN) ||
	    pck_read(&candidate->cert, &pck, NULL) != 0)
		return JURAT_REFUSED;
	if (tdx_quote_ppid(q, &ppid) &&
	    (memcmp(ppid.cpusvn, pck.cpusvn, sizeof(pck.cpusvn)) != 0 || ppid.pce_isvsvn != pck.pcesvn ||
	     ppid.pce_id != bytes_get_le(pck.pceid, sizeof(pck.pceid))))
		return JURAT_REFUSED;
	if ((*tries)++ >= MAX_TRIES)
		return JURAT_REFUSED;
	r = tdx_digest_signed_by(&j->verifier->tdx, j->qe->report_sha256, j->qe->report_digest,
				 q->qe_report_signature, q->qe_report_signature + 32, candidate);
	if (r == 0)
		j->leaf = candidate;
	return r;
}

static int choose_leaf(struct tdx_judge *j)
{
	const struct pointers *given = &j->verifier->leaves;
	unsigned tries = 0;
	int r = JURAT_REFUSED;

	j->leaf = j->qe->leaf;
	if (j->leaf)
		return 0;
	for (size_t i = 0; r == JURAT_REFUSED && j->collateral && i < j->collateral->n_certs; i++)
		r = try_leaf(j, j->collateral->certs[i], &tries);
	for (size_t i = 0; r == JURAT_REFUSED && i < given->n; i++)
		r = try_leaf(j, given->items[i], &tries);
	return r < 0 ? r : 0;
}

/* What the leaf states about its platform, as pck_read(). */
static int read_pck(struct tdx_judge *j, struct jurat_error *err)
{
	if (j->leaf != j->qe->leaf || !j->qe->has_pck)
		return pck_read(&j->leaf->cert, &j->pck, err);
	j->pck = j->qe->pck;
	return 0;
}

static void judge_leaf(struct tdx_judge *j)
{
	static const struct tdx_cert_reasons reasons = { .name = REASON_LEAF_NAME,
							 .profile = REASON_LEAF_PROFILE,
							 .key = REASON_LEAF_KEY,
							 .critical = REASON_LEAF_CRITICAL_EXTENSION,
							 .not_yet = REASON_LEAF_NOT_YET_VALID,
							 .expired = REASON_LEAF_EXPIRED };
	const struct crypto_cert *cert = &j->leaf->cert;
	bool platform = tdx_is_named(&cert->issuer_cn, PLATFORM_CA_CN);
	char name[VERDICT_NAME_BYTES];
	struct jurat_error why;
	int r;

	tdx_judge_cert(j, j->leaf, false, PCK_CN, &reasons);
	if (!platform && !tdx_is_named(&cert->issuer_cn, PROCESSOR_CA_CN))
		verdict_refuse(j->out, REASON_LEAF_ISSUER, "the issuer '%s' is not a PCK CA",
			       verdict_name(&cert->issuer_cn, name, sizeof(name)));
	r = read_pck(j, &why);
	if (r == JURAT_NOT_FOUND)
		verdict_refuse(j->out, REASON_LEAF_EXTENSION_MISSING, "the SGX extension is missing");
	else if (r < 0)
		verdict_refuse(j->out, REASON_LEAF_EXTENSION_MALFORMED, "SGX extension: %s", why.text);
	j->has_pck = r == 0;
	if (r == 0 && platform && (!j->pck.has_platform_instance_id || !j->pck.has_configuration))
		verdict_refuse(j->out, REASON_LEAF_EXTENSION_MISSING,
			       "SGX extension: no platform instance id or no configuration");
}

/* Chooses `candidate` if its key signed the leaf, or as the best match if there is none yet. */
static int try_intermediate(struct tdx_judge *j, struct cert_entry *candidate)
{
	int r;

	if (j->leaf_signed || !candidate || !candidate->cert.is_ca || !tdx_issued(candidate, j->leaf))
		return 0;
	r = tdx_cert_signed_by(&j->verifier->tdx, j->leaf, candidate);
	if (r < 0)
		return r;
	if (r == 0 || !j->intermediate)
		j->intermediate = candidate;
	j->leaf_signed = r == 0;
	return 0;
}

/*
 * Chooses that of the quote if it has one: certificates in a quote are verified, not ignored in favor of
 * better ones.
 */
static int choose_intermediate(struct tdx_judge *j)
{
	const struct pointers *given = &j->verifier->authorities;
	int r = try_intermediate(j, j->qe->intermediate);

	if (j->qe->intermediate)
		return r;
	for (size_t i = 0; r == 0 && j->collateral && i < j->collateral->n_certs; i++)
		r = try_intermediate(j, j->collateral->certs[i]);
	for (size_t i = 0; r == 0 && i < given->n; i++)
		r = try_intermediate(j, given->items[i]);
	return r;
}

void tdx_judge_intermediate(struct tdx_judge *j, const struct cert_entry *entry, bool processor)
{
	static const struct tdx_cert_reasons reasons = { .name = REASON_INTERMEDIATE_NAME,
							 .profile = REASON_INTERMEDIATE_PROFILE,
							 .key = REASON_INTERMEDIATE_PROFILE,
							 .critical = REASON_INTERMEDIATE_CRITICAL_EXTENSION,
							 .not_yet = REASON_INTERMEDIATE_NOT_YET_VALID,
							 .expired = REASON_INTERMEDIATE_EXPIRED };

	tdx_judge_cert(j, entry, true, processor ? PROCESSOR_CA_CN : PLATFORM_CA_CN, &reasons);
	if (!entry->cert.has_path_len || entry->cert.path_len != 0)
		verdict_refuse(j->out, REASON_INTERMEDIATE_PROFILE, "expected a path length of 0");
}

/* Supplied roots are trusted as they are. */
static int choose_given_root(struct tdx_judge *j, const struct cert_entry *subject)
{
	const struct pointers *roots = &j->verifier->roots;
	int r = JURAT_REFUSED;

	for (size_t i = 0; i < roots->n && r == JURAT_REFUSED; i++) {
		struct cert_entry *candidate = roots->items[i];

		if (!tdx_issued(candidate, subject))
			continue;
		r = tdx_cert_signed_by(&j->verifier->tdx, subject, candidate);
		if (r < 0)
			return r;
		if (r == 0 || !j->root)
			j->root = candidate;
		if (r == 0)
			tdx_learn(&j->verifier->tdx, subject->sha256, candidate->sha256);
	}
	j->root_trusted = j->root != NULL;
	return 0;
}

/* Keeps the best match for a root until there is one with the pinned key. */
static void consider_root(struct tdx_judge *j, struct cert_entry *candidate)
{
	if (!candidate || (j->root && tdx_root_is_pinned(j->root->spki_sha256)))
		return;
	if (tdx_root_is_pinned(candidate->spki_sha256) || (!j->root && tdx_issued(candidate, candidate)))
		j->root = candidate;
}

/*
 * Only the key is pinned: its certificate is trusted if Intel published it in this form, or if the key signed
 * it (V16).
 */
static int choose_pinned_root(struct tdx_judge *j)
{
	const struct pointers *given = &j->verifier->authorities;
	int r;

	for (size_t i = 0; j->collateral && i < j->collateral->n_certs; i++)
		consider_root(j, j->collateral->certs[i]);
	consider_root(j, j->qe ? j->qe->root : NULL);
	for (size_t i = 0; i < given->n; i++)
		consider_root(j, given->items[i]);
	if (!j->root || !tdx_root_is_pinned(j->root->spki_sha256))
		return 0;
	r = tdx_root_is_published(j->root->sha256) ? 0
						   : tdx_cert_signed_by(&j->verifier->tdx, j->root, j->root);
	if (r == JURAT_REFUSED)
		verdict_refuse(j->out, REASON_ROOT_SIGNATURE, "the key is that of '" ROOT_CA_CN "'");
	j->root_trusted = r == 0;
	return r < 0 ? r : 0;
}

/*
 * Checks the root in the quote against the trusted one: it must be the same certificate, or a self-signed one
 * with the same name and key.
 */
static int judge_quotes_root(struct tdx_judge *j)
{
	struct cert_entry *own = j->qe ? j->qe->root : NULL, *root = j->root;
	char name[VERDICT_NAME_BYTES], sha256[BYTES_HEX_SIZE(CRYPTO_SHA256_BYTES)];
	int r;

	if (!own || own == root || memcmp(own->sha256, root->sha256, sizeof(own->sha256)) == 0)
		return 0;
	verdict_name(&own->cert.subject_cn, name, sizeof(name));
	if (memcmp(own->spki_sha256, root->spki_sha256, sizeof(own->spki_sha256)) != 0) {
		verdict_refuse(j->out, REASON_ROOT_NOT_TRUSTED,
			       "the root in the quote, '%s' with SHA-256 %s, is not the trusted root", name,
			       bytes_to_hex(own->sha256, sizeof(own->sha256), sha256));
		return 0;
	}
	r = tdx_cert_signed_by(&j->verifier->tdx, own, root);
	if (r == JURAT_REFUSED)
		verdict_refuse(j->out, REASON_ROOT_SIGNATURE,
			       "the root in the quote, '%s': its key is that of the trusted root, its other "
			       "contents are not signed by it",
			       name);
	else if (r == 0)
		tdx_learn(&j->verifier->tdx, own->sha256, root->sha256);
	return r < 0 ? r : 0;
}

int tdx_judge_root(struct tdx_judge *j, const struct cert_entry *subject)
{
	static const struct tdx_cert_reasons reasons = { .name = REASON_ROOT_PROFILE,
							 .profile = REASON_ROOT_PROFILE,
							 .key = REASON_ROOT_PROFILE,
							 .critical = REASON_ROOT_CRITICAL_EXTENSION,
							 .not_yet = REASON_ROOT_NOT_YET_VALID,
							 .expired = REASON_ROOT_EXPIRED };
	char name[VERDICT_NAME_BYTES], spki[BYTES_HEX_SIZE(32)];
	bool given = j->verifier->roots_given;
	int r = given ? choose_given_root(j, subject) : choose_pinned_root(j);

	if (r < 0)
		return r;
	if (!j->root) {
		verdict_refuse(j->out, given ? REASON_ROOT_NOT_TRUSTED : REASON_ROOT_MISSING,
			       "expected '%s'%s", verdict_name(&subject->cert.issuer_cn, name, sizeof(name)),
			       given ? ", which is not among the supplied roots" : "");
		return 0;
	}
	if (!given && !tdx_root_is_pinned(j->root->spki_sha256))
		verdict_refuse(j->out, REASON_ROOT_NOT_TRUSTED, "'%s' with key %s is not Intel's",
			       verdict_name(&j->root->cert.subject_cn, name, sizeof(name)),
			       bytes_to_hex(j->root->spki_sha256, 32, spki));
	tdx_judge_cert(j, j->root, true, ROOT_CA_CN, &reasons);
	return j->root_trusted ? judge_quotes_root(j) : 0;
}

static int judge_links(struct tdx_judge *j)
{
	struct tdx_cache *cache = &j->verifier->tdx;
	bool linked = j->root && tdx_issued(j->root, j->intermediate);
	int r = 0;

	if (j->root && !linked)
		verdict_refuse(j->out, REASON_INTERMEDIATE_ISSUER, "the issuer is not the root");
	if (linked) {
		r = tdx_cert_signed_by(cache, j->intermediate, j->root);
		if (r < 0)
			return r;
		j->intermediate_signed = r == 0;
		if (r == JURAT_REFUSED)
			verdict_refuse(j->out, REASON_INTERMEDIATE_SIGNATURE,
				       "the signature does not verify with the key of the root");
	}
	if (!j->leaf_signed)
		verdict_refuse(j->out, REASON_LEAF_SIGNATURE,
			       "the signature does not verify with the key of the intermediate CA");
	if (!j->root_trusted || !j->intermediate_signed) {
		verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
		return 0;
	}
	if (!j->verifier->roots_given && !tdx_root_is_published(j->root->sha256))
		tdx_learn(cache, j->root->sha256, j->root->sha256);
	tdx_learn(cache, j->intermediate->sha256, j->root->sha256);
	r = tdx_judge_revocation(j, j->root, j->intermediate, REASON_INTERMEDIATE_REVOKED);
	if (r < 0 || !j->leaf_signed)
		return r;
	tdx_learn(cache, j->leaf->sha256, j->intermediate->sha256);
	return tdx_judge_revocation(j, j->intermediate, j->leaf, REASON_LEAF_REVOKED);
}

static int judge_chain(struct tdx_judge *j)
{
	char name[VERDICT_NAME_BYTES];
	int r = choose_leaf(j);

	if (r < 0)
		return r;
	if (!j->leaf) {
		verdict_refuse(j->out, REASON_LEAF_MISSING,
			       "no PCK certificate in the quote (%s), and none of those supplied matches",
			       tdx_cert_data_name(j->quote.cert_type));
		verdict_not_judged(j->out, NOT_JUDGED_CHAIN);
		verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
		return 0;
	}
	judge_leaf(j);
	r = choose_intermediate(j);
	if (r < 0)
		return r;
	if (!j->intermediate) {
		verdict_refuse(j->out, REASON_INTERMEDIATE_MISSING, "expected '%s'",
			       verdict_name(&j->leaf->cert.issuer_cn, name, sizeof(name)));
		verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
		return 0;
	}
	tdx_judge_intermediate(j, j->intermediate, tdx_is_named(&j->leaf->cert.issuer_cn, PROCESSOR_CA_CN));
	r = tdx_judge_root(j, j->intermediate);
	return r < 0 ? r : judge_links(j);
}

int tdx_judge_chain(struct tdx_judge *j)
{
	int r = judge_chain(j);

	if (r == 0 && j->qe->stray)
		verdict_refuse(j->out, REASON_CERTIFICATE_UNRELATED,
			       "%s: certificate %zu, '%s', is no part of the chain",
			       tdx_cert_data_name(j->quote.cert_type), j->qe->stray, j->qe->stray_name);
	return r;
}

/* Whether the attestation key made the quote's signature: as jurat_verify_tdx() found before, or now. */
static int judge_quote_signature(struct tdx_judge *j)
{
	const struct verdict_signed *before = j->before;
	struct verdict_signed now = { .holds = false };
	const struct tdx_quote *q = &j->quote;
	int r;

	crypto_sha256(q->signed_bytes.data, q->signed_bytes.size, now.digest);
	memcpy(now.key, q->attestation_key, sizeof(now.key));
	memcpy(now.signature, q->signature, sizeof(now.signature));
	if (before && before->holds && memcmp(before->digest, now.digest, sizeof(now.digest)) == 0 &&
	    memcmp(before->key, now.key, sizeof(now.key)) == 0 &&
	    memcmp(before->signature, now.signature, sizeof(now.signature)) == 0)
		r = 0;
	else
		r = crypto_ec_verify(j->qe->key, now.digest, sizeof(now.digest), q->signature,
				     q->signature + 32);
	if (r < 0)
		return r;
	now.holds = r == 0;
	j->tdx->signed_as = now;
	return r;
}

int tdx_judge_signatures(struct tdx_judge *j)
{
	const struct tdx_quote *q = &j->quote;
	bool trusted = j->root_trusted && j->intermediate_signed && j->leaf_signed, report_signed = false;
	int r;

	if (j->leaf) {
		r = tdx_digest_signed_by(&j->verifier->tdx, j->qe->report_sha256, j->qe->report_digest,
					 q->qe_report_signature, q->qe_report_signature + 32, j->leaf);
		if (r < 0)
			return r;
		report_signed = r == 0;
		if (!report_signed)
			verdict_refuse(j->out, REASON_QE_REPORT_SIGNATURE,
				       "the signature does not verify with the PCK");
		else if (trusted)
			tdx_learn(&j->verifier->tdx, j->qe->report_sha256, j->leaf->sha256);
	}
	if (!j->qe->bound)
		verdict_refuse(j->out, REASON_QE_REPORT_DATA,
			       "the QE report does not contain the digest of attestation key and "
			       "authentication data");
	if (!j->qe->key) {
		verdict_refuse(j->out, REASON_QUOTE_ATTESTATION_KEY, "not a point on P-256");
		return 0;
	}
	r = judge_quote_signature(j);
	if (r < 0)
		return r;
	if (r == JURAT_REFUSED)
		verdict_refuse(j->out, REASON_QUOTE_SIGNATURE,
			       "the signature does not verify with the attestation key");
	j->out->signature_holds = r == 0 && report_signed && j->qe->bound;
	if (trusted && report_signed && j->qe->bound && j->fresh_qe) {
		j->qe_slot = tdx_cache_put_qe(&j->verifier->tdx, j->fresh_qe);
		j->fresh_qe = j->qe_slot ? NULL : j->fresh_qe;
	}
	return 0;
}
