/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/snp_judge.h"

/*
 * Gets the certificate of one entry, from the cache or by parsing it. *ret stays NULL when there is none, or
 * it is refused. Many guests read DER only, so PEM is an error of the host (B46).
 */
static int load_cert(struct snp_judge *j, const struct snp_cert_entry *entry, struct cache *cache,
		     struct cert_entry **ret)
{
	uint8_t sha256[CRYPTO_SHA256_BYTES];
	struct cache_slot *slot;
	struct jurat_error why;
	int r;

	if (!entry)
		return 0;
	crypto_sha256(entry->data.data, entry->data.size, sha256);
	slot = cache_find(cache, cache_tag(sha256), sha256);
	if (slot) {
		j->held[j->n_held++] = slot;
		*ret = slot->item;
		return 0;
	}
	if (crypto_pem_is(entry->data.data, entry->data.size)) {
		verdict_refuse(j->out, REASON_CERTIFICATE_PEM,
			       "%s: PEM in the certificate table, expected DER", snp_cert_name(entry->kind));
		return 0;
	}
	r = cert_entry_new(entry->data.data, entry->data.size, ret, &why);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		verdict_refuse(j->out, REASON_CERTIFICATE_MALFORMED, "%s: %s", snp_cert_name(entry->kind),
			       why.text);
		return 0;
	}
	j->fresh[j->n_fresh++] = *ret;
	return 0;
}

/* A root that was supplied too has been read already, and another one in the table does not count (B50). */
static bool is_supplied_root(const struct jurat_verifier *verifier, const struct snp_cert_entry *entry)
{
	for (size_t i = 0; entry && i < verifier->roots.n; i++) {
		const struct cert_entry *root = verifier->roots.items[i];

		if (root->cert.der.size == entry->data.size &&
		    memcmp(root->der, entry->data.data, entry->data.size) == 0)
			return true;
	}
	return false;
}

/* A CRL in the host's table can only revoke, and the host may leave it out: an unusable one is ignored. */
static int load_crl(struct snp_judge *j, const struct snp_cert_entry *entry)
{
	uint8_t sha256[CRYPTO_SHA256_BYTES];
	struct cache_slot *slot;
	int r;

	if (!entry)
		return 0;
	crypto_sha256(entry->data.data, entry->data.size, sha256);
	slot = cache_find(&j->verifier->seen_crls, cache_tag(sha256), sha256);
	if (slot) {
		j->held[j->n_held++] = slot;
		j->table_crl = slot->item;
		return 0;
	}
	r = crl_entry_new(entry->data.data, entry->data.size, &j->fresh_crl, NULL);
	j->table_crl = j->fresh_crl;
	return r == -ENOMEM ? r : 0;
}

int judge_table(struct snp_judge *j, const uint8_t *certs, size_t n)
{
	enum snp_cert_kind kind = j->vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK;
	const struct snp_cert_entry *leaf, *root;
	struct jurat_error why;
	int r;

	if (!certs)
		return 0;
	r = snp_certs_read_any(certs, n, &j->table, &why);
	if (r < 0) {
		verdict_refuse(j->out, REASON_TABLE_MALFORMED, "%s", why.text);
		j->table.n = 0;
		return 0;
	}
	leaf = snp_certs_find(&j->table, kind);
	r = load_cert(j, leaf, &j->verifier->seen_leaves, &j->table_leaf);
	if (r == 0)
		r = load_cert(j, snp_certs_find(&j->table, SNP_CERT_ASK), &j->verifier->seen_authorities,
			      &j->table_intermediate);
	root = snp_certs_find(&j->table, SNP_CERT_ARK);
	if (r == 0 && !is_supplied_root(j->verifier, root))
		r = load_cert(j, root, &j->verifier->seen_authorities, &j->table_root);
	if (r == 0)
		r = load_crl(j, snp_certs_find(&j->table, SNP_CERT_CRL));
	j->leaf_unusable = leaf && !j->table_leaf;
	return r;
}

/* Whether the cache owns the item now. */
static bool put(struct snp_judge *j, struct cache *cache, const uint8_t *sha256, void *item)
{
	struct cache_slot *slot = cache_put(cache, cache_tag(sha256), sha256, item);

	if (slot)
		j->held[j->n_held++] = slot;
	return slot;
}

void judge_keep(struct snp_judge *j, struct cert_entry *entry, struct cache *cache)
{
	for (size_t i = 0; i < j->n_fresh; i++) {
		if (j->fresh[i] == entry && put(j, cache, entry->sha256, entry))
			j->fresh[i] = NULL;
	}
}

void judge_keep_crl(struct snp_judge *j)
{
	if (j->fresh_crl && put(j, &j->verifier->seen_crls, j->fresh_crl->sha256, j->fresh_crl))
		j->fresh_crl = NULL;
}

void judge_done(struct snp_judge *j)
{
	for (size_t i = 0; i < j->n_fresh; i++)
		cert_entry_free(j->fresh[i]);
	free(j->fresh_crl);
	for (size_t i = 0; i < j->n_held; i++)
		cache_unpin(j->held[i]);
}
