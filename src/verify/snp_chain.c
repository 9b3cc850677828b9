/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "verify/snp_judge.h"

static bool name_equal(const struct bytes_rd *a, const struct bytes_rd *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Whether the subject is `prefix` and the product. An unknown product was refused before. */
static bool is_named(const struct snp_judge *j, const struct crypto_cert *cert, const char *prefix)
{
	return j->product == SNP_PRODUCT_UNKNOWN ||
	       vek_text_is(&cert->subject_cn, prefix, snp_product_name(j->product));
}

static bool issued(const struct cert_entry *issuer, const struct cert_entry *subject)
{
	return name_equal(&issuer->cert.subject, &subject->cert.issuer);
}

/*
 * Chooses the candidate if its key signed the leaf, or for the reasons of a refusal if there is none yet. 0
 * stop; 1 continue the search; < 0 -errno.
 */
static int try_intermediate(struct snp_judge *j, struct cert_entry *candidate)
{
	int r = JURAT_REFUSED;

	if (issued(candidate, j->leaf))
		r = cert_entry_signed_by(j->leaf, candidate);
	if (r < 0)
		return r;
	if (r == 0 || !j->intermediate)
		j->intermediate = candidate;
	j->leaf_signed = j->leaf_signed || r == 0;
	return r == 0 ? 0 : 1;
}

static int choose_intermediate(struct snp_judge *j)
{
	const struct pointers *given = &j->verifier->authorities;
	int r = 1;

	if (j->table_intermediate)
		r = try_intermediate(j, j->table_intermediate);
	for (size_t i = 0; r == 1 && i < given->n; i++) {
		struct cert_entry *candidate = given->items[i];

		if (issued(candidate, j->leaf))
			r = try_intermediate(j, candidate);
	}
	return r < 0 ? r : 0;
}

/* Supplied roots are trusted as they are; a root in the evidence is ignored (B50). */
static int choose_given_root(struct snp_judge *j)
{
	const struct pointers *roots = &j->verifier->roots;

	for (size_t i = 0; i < roots->n; i++) {
		struct cert_entry *candidate = roots->items[i];
		int r;

		if (!issued(candidate, j->intermediate))
			continue;
		r = cert_entry_signed_by(j->intermediate, candidate);
		if (r < 0)
			return r;
		if (r == 0 || !j->root)
			j->root = candidate;
		if (r == 0) {
			cert_entry_learn(j->intermediate, candidate);
			break;
		}
	}
	j->root_trusted = j->root != NULL;
	return 0;
}

/*
 * The key is pinned, not its certificate: that is trusted if it is the one that AMD published, or if the key
 * signed it (B40, B50).
 */
static int choose_pinned_root(struct snp_judge *j)
{
	const struct pointers *given = &j->verifier->authorities;
	int r;

	j->root = j->table_root;
	for (size_t i = 0; i < given->n; i++) {
		struct cert_entry *candidate = given->items[i];

		if (j->root && root_is_pinned(j->product, j->root->spki_sha256))
			break;
		if (root_is_pinned(j->product, candidate->spki_sha256) ||
		    (!j->root && issued(candidate, candidate)))
			j->root = candidate;
	}
	if (!j->root || !root_is_pinned(j->product, j->root->spki_sha256))
		return 0;
	r = root_is_published(j->product, j->root->sha256) ? 0 : cert_entry_signed_by(j->root, j->root);
	if (r == JURAT_REFUSED)
		verdict_refuse(j->out, REASON_ROOT_SIGNATURE, "the key is that of ARK-%s",
			       snp_product_name(j->product));
	j->root_trusted = r == 0;
	if (j->root_trusted)
		cert_entry_learn(j->root, j->root);
	return r < 0 ? r : 0;
}

static int judge_root(struct snp_judge *j)
{
	const struct crypto_cert *cert;
	char name[VERDICT_NAME_BYTES], spki[BYTES_HEX_SIZE(32)];
	int r = j->verifier->roots_given ? choose_given_root(j) : choose_pinned_root(j);

	if (r < 0)
		return r;
	if (!j->root) {
		verdict_refuse(
			j->out, j->verifier->roots_given ? REASON_ROOT_NOT_TRUSTED : REASON_ROOT_MISSING,
			"expected '%s'%s", verdict_name(&j->intermediate->cert.issuer_cn, name, sizeof(name)),
			j->verifier->roots_given ? ", which is not among the supplied roots" : "");
		return 0;
	}
	cert = &j->root->cert;
	verdict_name(&cert->subject_cn, name, sizeof(name));
	if (!j->verifier->roots_given && !root_is_pinned(j->product, j->root->spki_sha256))
		verdict_refuse(j->out, REASON_ROOT_NOT_TRUSTED,
			       "'%s' with key %s is not AMD's (that of a software platform needs --roots)",
			       name, bytes_to_hex(j->root->spki_sha256, 32, spki));
	if (!is_named(j, cert, "ARK-"))
		verdict_refuse(j->out, REASON_ROOT_PRODUCT, "expected subject ARK-%s, found '%s'",
			       snp_product_name(j->product), name);
	if (!cert->is_ca || !(cert->key_usage & CRYPTO_USAGE_KEY_CERT_SIGN) ||
	    cert->key_kind != CRYPTO_KEY_RSA)
		verdict_refuse(j->out, REASON_ROOT_PROFILE,
			       "expected a CA with an RSA key that may sign certificates");
	if (cert->has_unknown_critical)
		verdict_refuse(j->out, REASON_ROOT_CRITICAL_EXTENSION, "unrecognized critical extension");
	verdict_check_time(j->out, j->at, cert, NULL, REASON_ROOT_NOT_YET_VALID, REASON_ROOT_EXPIRED);
	if (j->root_trusted)
		judge_keep(j, j->root, &j->verifier->seen_authorities);
	return 0;
}

static void judge_intermediate(struct snp_judge *j)
{
	const struct crypto_cert *cert = &j->intermediate->cert;
	char name[VERDICT_NAME_BYTES], issuer[VERDICT_NAME_BYTES];

	if (!is_named(j, cert, j->vlek ? "SEV-VLEK-" : "SEV-"))
		verdict_refuse(j->out, REASON_INTERMEDIATE_NAME, "its subject is '%s', expected SEV-%s%s",
			       verdict_name(&cert->subject_cn, name, sizeof(name)), j->vlek ? "VLEK-" : "",
			       snp_product_name(j->product));
	else if (j->leaf && !issued(j->intermediate, j->leaf))
		verdict_refuse(j->out, REASON_INTERMEDIATE_NAME,
			       "its subject is '%s', the issuer of the %s is '%s'",
			       verdict_name(&cert->subject_cn, name, sizeof(name)), j->vlek ? "VLEK" : "VCEK",
			       verdict_name(&j->leaf->cert.issuer_cn, issuer, sizeof(issuer)));
	if (!cert->is_ca || !cert->has_path_len || cert->path_len != 0 ||
	    !(cert->key_usage & CRYPTO_USAGE_KEY_CERT_SIGN) || cert->key_kind != CRYPTO_KEY_RSA)
		verdict_refuse(j->out, REASON_INTERMEDIATE_PROFILE,
			       "expected a CA of path length 0 with an RSA key that may sign certificates");
	if (cert->has_unknown_critical)
		verdict_refuse(j->out, REASON_INTERMEDIATE_CRITICAL_EXTENSION,
			       "unrecognized critical extension");
	verdict_check_time(j->out, j->at, cert, NULL, REASON_INTERMEDIATE_NOT_YET_VALID,
			   REASON_INTERMEDIATE_EXPIRED);
}

/* Top down, so that only certificates below a trusted root are cached. */
int judge_authorities(struct snp_judge *j, bool *ret_trusted)
{
	bool trusted;
	int r;

	judge_intermediate(j);
	r = judge_root(j);
	if (r < 0)
		return r;
	trusted = j->root_trusted;
	if (j->root && !issued(j->root, j->intermediate)) {
		verdict_refuse(j->out, REASON_INTERMEDIATE_ISSUER, "the issuer is not the root");
		trusted = false;
	}
	if (trusted) {
		r = cert_entry_signed_by(j->intermediate, j->root);
		if (r < 0)
			return r;
		trusted = r == 0;
		if (trusted) {
			cert_entry_learn(j->intermediate, j->root);
			judge_keep(j, j->intermediate, &j->verifier->seen_authorities);
		} else {
			verdict_refuse(j->out, REASON_INTERMEDIATE_SIGNATURE,
				       "the signature does not verify with the key of the root");
		}
	}
	*ret_trusted = trusted;
	return 0;
}

static int judge_signatures(struct snp_judge *j)
{
	bool trusted;
	int r = judge_authorities(j, &trusted);

	if (r < 0)
		return r;
	if (trusted) {
		r = judge_crls(j);
		if (r < 0)
			return r;
	} else {
		verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	}
	if (!j->leaf_signed) {
		verdict_refuse(j->out, REASON_LEAF_SIGNATURE,
			       issued(j->intermediate, j->leaf)
				       ? "the signature does not verify with the key of the intermediate CA"
				       : "the intermediate CA is not its issuer");
		verdict_not_judged(j->out, NOT_JUDGED_REPORT_SIGNATURE);
		return 0;
	}
	if (trusted) {
		cert_entry_learn(j->leaf, j->intermediate);
		judge_keep(j, j->leaf, &j->verifier->seen_leaves);
	}
	return 0;
}

int judge_chain(struct snp_judge *j)
{
	int r;

	if (!j->leaf)
		return 0;
	r = choose_intermediate(j);
	if (r < 0)
		return r;
	if (!j->intermediate) {
		char name[VERDICT_NAME_BYTES];

		verdict_refuse(j->out, REASON_INTERMEDIATE_MISSING, "expected '%s'",
			       verdict_name(&j->leaf->cert.issuer_cn, name, sizeof(name)));
		verdict_not_judged(j->out, NOT_JUDGED_REPORT_SIGNATURE);
		verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	} else {
		r = judge_signatures(j);
	}
	if (r < 0)
		return r;
	j->out->leaf = cert_entry_share(j->leaf);
	j->out->intermediate = cert_entry_share(j->intermediate);
	j->out->root = cert_entry_share(j->root);
	j->out->leaf_says = j->leaf->vek;
	return 0;
}
