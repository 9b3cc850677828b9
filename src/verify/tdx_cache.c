/* SPDX-License-Identifier: MIT */
#include "verify/tdx_cache.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static bool same_name(const struct bytes_rd *a, const struct bytes_rd *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

void qe_entry_free(struct qe_entry *entry)
{
	if (!entry)
		return;
	crypto_ec_public_free(entry->key);
	cert_entry_free(entry->leaf);
	cert_entry_free(entry->intermediate);
	cert_entry_free(entry->root);
	free(entry);
}

static void free_entry(struct qe_entry **entry)
{
	qe_entry_free(*entry);
}

struct chain {
	struct cert_entry *certs[QE_CHAIN_MAX];
	size_t n;
};

static void chain_done(struct chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		cert_entry_free(chain->certs[i]);
}

/* Bytes between and after the blocks are not signed, so only white space and terminating NULs are allowed. */
static bool skip_blank(const struct bytes_rd *pem, size_t *off)
{
	while (*off < pem->size && memchr(" \t\r\n", pem->data[*off], 5))
		(*off)++;
	return *off == pem->size || pem->data[*off] == '-';
}

static int read_chain(const struct bytes_rd *pem, struct chain *chain, struct jurat_error *err)
{
	size_t off = 0;

	for (;;) {
		auto_free uint8_t *der = NULL;
		char label[32];
		size_t size;
		int r;

		if (!skip_blank(pem, &off))
			return jurat_fail(err, -EBADMSG, "byte %zu: expected PEM", off);
		r = crypto_pem_next(pem->data, pem->size, &off, label, &der, &size, err);

		if (r == JURAT_NOT_FOUND)
			break;
		if (r < 0)
			return r;
		if (strcmp(label, "CERTIFICATE") != 0)
			return jurat_fail(err, -EBADMSG, "expected PEM certificates only");
		if (chain->n == QE_CHAIN_MAX)
			return jurat_fail(err, -EBADMSG, "more than %d certificates", QE_CHAIN_MAX);
		r = cert_entry_new_plain(der, size, &chain->certs[chain->n], err);
		if (r < 0)
			return jurat_wrap(err, r, "certificate %zu", chain->n + 1);
		chain->n++;
	}
	return 0;
}

/* Removes the first matching CA from the chain; NULL when there is none. */
static struct cert_entry *take_ca(struct chain *chain, const struct bytes_rd *name, bool self_issued)
{
	for (size_t i = 0; i < chain->n; i++) {
		struct cert_entry *entry = chain->certs[i];

		if (!entry || !entry->cert.is_ca || !same_name(&entry->cert.subject, name) ||
		    same_name(&entry->cert.subject, &entry->cert.issuer) != self_issued)
			continue;
		chain->certs[i] = NULL;
		return entry;
	}
	return NULL;
}

static bool same(const struct cert_entry *a, const struct cert_entry *b)
{
	return b && memcmp(a->sha256, b->sha256, CRYPTO_SHA256_BYTES) == 0;
}

/* Notes a certificate that is not part of the chain, and so would not be checked. Duplicates are ignored. */
static void note_left_over(const struct chain *chain, struct qe_entry *to)
{
	for (size_t i = 0; i < chain->n && to->stray == 0; i++) {
		const struct cert_entry *entry = chain->certs[i];

		if (!entry || same(entry, to->intermediate) || same(entry, to->root))
			continue;
		to->stray = i + 1;
		verdict_name(&entry->cert.subject_cn, to->stray_name, sizeof(to->stray_name));
	}
}

/*
 * The leaf is the only certificate that is not a CA; the others are found by name, in any order. Nothing is
 * verified yet.
 */
static int sort_chain(struct chain *chain, struct qe_entry *to, struct jurat_error *err)
{
	for (size_t i = 0; i < chain->n; i++) {
		if (chain->certs[i]->cert.is_ca)
			continue;
		if (to->leaf)
			return jurat_fail(err, -EBADMSG, "more than one certificate that is not a CA");
		to->leaf = take_ptr(chain->certs[i]);
	}
	if (!to->leaf)
		return jurat_fail(err, -EBADMSG, "no certificate that is not a CA");
	to->intermediate = take_ca(chain, &to->leaf->cert.issuer, false);
	if (to->intermediate)
		to->root = take_ca(chain, &to->intermediate->cert.issuer, true);
	note_left_over(chain, to);
	return 0;
}

static int read_certificates(const struct tdx_quote *quote, struct qe_entry *to, struct jurat_error *err)
{
	struct chain chain auto_call(chain_done) = { .n = 0 };
	int r;

	if (quote->cert_type != TDX_CERT_PCK_CHAIN && quote->cert_type != TDX_CERT_PCK_LEAF)
		return 0;
	r = read_chain(&quote->cert_data, &chain, err);
	if (r == 0 && quote->cert_type == TDX_CERT_PCK_LEAF && chain.n != 1)
		r = jurat_fail(err, -EBADMSG, "%zu certificates, expected 1", chain.n);
	if (r == 0)
		r = sort_chain(&chain, to, err);
	return r < 0 ? jurat_wrap(err, r, "%s", tdx_cert_data_name(quote->cert_type)) : 0;
}

/*
 * REPORT_DATA of the QE report must be SHA-256 over attestation key and authentication data, then 32 zeros;
 * all 64 bytes are compared. Spec: Intel DCAP.
 */
static int check_binding(const struct tdx_quote *quote, bool *ret)
{
	uint8_t want[sizeof(quote->qe_report.report_data)] = { 0 };
	struct bytes_rd auth = quote->auth_data;
	size_t n = TDX_QUOTE_KEY_BYTES + auth.size; /* auth.size was a 16-bit field */
	auto_free uint8_t *hashed = malloc(n);

	if (!hashed)
		return -ENOMEM;
	memcpy(hashed, quote->attestation_key, TDX_QUOTE_KEY_BYTES);
	bytes_rd_copy(&auth, hashed + TDX_QUOTE_KEY_BYTES, auth.size);
	crypto_sha256(hashed, n, want);
	*ret = memcmp(quote->qe_report.report_data, want, sizeof(want)) == 0;
	return 0;
}

/* Finds the constant part of the quote. */
static struct bytes_rd constant_part(const uint8_t *bytes, const struct tdx_quote *quote)
{
	size_t off = quote->signed_bytes.size + 4 + TDX_QUOTE_SIGNATURE_BYTES;

	return bytes_rd(bytes + off, quote->size - off);
}

static const struct crypto_ec_public *any_key(const struct tdx_cache *cache)
{
	return cache->n_keys > 0 ? cache->keys[0].key : cache->like;
}

int qe_entry_new(const struct tdx_cache *cache, const uint8_t *bytes, const struct tdx_quote *quote,
		 struct qe_entry **ret, struct jurat_error *err)
{
	struct qe_entry *entry auto_call(free_entry) = NULL;
	struct bytes_rd part = constant_part(bytes, quote);
	uint8_t whole[SGX_REPORT_BYTES + TDX_QUOTE_SIGNATURE_BYTES];
	int r;

	entry = calloc(1, sizeof(*entry) + part.size);
	if (!entry)
		return jurat_fail_memory(err);
	entry->size = part.size;
	memcpy(entry->bytes, part.data, part.size);
	r = crypto_p256_public_like(any_key(cache), quote->attestation_key, &entry->key, NULL);
	if (r != -ENOMEM)
		r = check_binding(quote, &entry->bound);
	if (r == -ENOMEM)
		return jurat_fail_memory(err);
	memcpy(whole, quote->qe_report_bytes.data, SGX_REPORT_BYTES);
	memcpy(whole + SGX_REPORT_BYTES, quote->qe_report_signature, TDX_QUOTE_SIGNATURE_BYTES);
	crypto_sha256(whole, SGX_REPORT_BYTES, entry->report_digest);
	crypto_sha256(whole, sizeof(whole), entry->report_sha256);
	r = read_certificates(quote, entry, err);
	if (r < 0)
		return r;
	*ret = take_ptr(entry);
	return 0;
}

struct qe_entry *tdx_cache_find_qe(struct tdx_cache *cache, const uint8_t *bytes,
				   const struct tdx_quote *quote)
{
	struct bytes_rd part = constant_part(bytes, quote);

	for (size_t i = 0; i < cache->n_qes; i++) {
		struct qe_entry *entry = cache->qes[i];

		if (entry->size != part.size || memcmp(entry->bytes, part.data, part.size) != 0)
			continue;
		entry->used = ++cache->clock;
		return entry;
	}
	return NULL;
}

void tdx_cache_put_qe(struct tdx_cache *cache, struct qe_entry *entry)
{
	size_t at = 0;

	entry->used = ++cache->clock;
	if (cache->n_qes < TDX_QES) {
		cache->qes[cache->n_qes++] = entry;
		return;
	}
	for (size_t i = 1; i < cache->n_qes; i++) {
		if (cache->qes[i]->used < cache->qes[at]->used)
			at = i;
	}
	qe_entry_free(cache->qes[at]);
	cache->qes[at] = entry;
}

void tdx_cache_done(struct tdx_cache *cache)
{
	for (size_t i = 0; i < cache->n_qes; i++)
		qe_entry_free(cache->qes[i]);
	for (size_t i = 0; i < cache->n_keys; i++)
		crypto_ec_public_free(cache->keys[i].key);
	cache->n_qes = cache->n_keys = 0;
}

static bool know(struct tdx_cache *cache, const uint8_t *object, const uint8_t *issuer)
{
	for (size_t i = 0; i < cache->n_facts; i++) {
		struct tdx_fact *fact = &cache->facts[i];

		if (memcmp(fact->object, object, CRYPTO_SHA256_BYTES) != 0 ||
		    memcmp(fact->issuer, issuer, CRYPTO_SHA256_BYTES) != 0)
			continue;
		fact->used = ++cache->clock;
		return true;
	}
	return false;
}

void tdx_learn(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
	       const uint8_t issuer[CRYPTO_SHA256_BYTES])
{
	struct tdx_fact *to = &cache->facts[0];

	if (know(cache, object, issuer))
		return;
	if (cache->n_facts < TDX_FACTS) {
		to = &cache->facts[cache->n_facts++];
	} else {
		for (size_t i = 1; i < TDX_FACTS; i++) {
			if (cache->facts[i].used < to->used)
				to = &cache->facts[i];
		}
	}
	memcpy(to->object, object, CRYPTO_SHA256_BYTES);
	memcpy(to->issuer, issuer, CRYPTO_SHA256_BYTES);
	to->used = ++cache->clock;
}

/* The P-256 public key of a certificate, created on first use. Valid until the next call. */
static int need_key(struct tdx_cache *cache, const struct cert_entry *issuer, struct crypto_public *ret)
{
	struct crypto_ec_public *key = NULL;
	struct tdx_key *to = &cache->keys[0];
	int r;

	if (issuer->cert.key_kind != CRYPTO_KEY_P256)
		return JURAT_REFUSED;
	if (issuer->has_key) { /* created when the root was supplied */
		*ret = issuer->key;
		return 0;
	}
	for (size_t i = 0; i < cache->n_keys; i++) {
		if (memcmp(cache->keys[i].cert, issuer->sha256, CRYPTO_SHA256_BYTES) != 0)
			continue;
		cache->keys[i].used = ++cache->clock;
		*ret = (struct crypto_public){ .kind = CRYPTO_KEY_P256, .ec = cache->keys[i].key };
		return 0;
	}
	r = crypto_p256_public_like(any_key(cache), issuer->cert.key_point.data, &key, NULL);
	if (r < 0)
		return r == -EBADMSG ? JURAT_REFUSED : r;
	if (cache->n_keys < TDX_KEYS) {
		to = &cache->keys[cache->n_keys++];
	} else {
		for (size_t i = 1; i < TDX_KEYS; i++) {
			if (cache->keys[i].used < to->used)
				to = &cache->keys[i];
		}
		crypto_ec_public_free(to->key);
	}
	memcpy(to->cert, issuer->sha256, CRYPTO_SHA256_BYTES);
	to->key = key;
	to->used = ++cache->clock;
	*ret = (struct crypto_public){ .kind = CRYPTO_KEY_P256, .ec = key };
	return 0;
}

int tdx_cert_signed_by(struct tdx_cache *cache, const struct cert_entry *cert,
		       const struct cert_entry *issuer)
{
	struct crypto_public key;
	int r;

	if (know(cache, cert->sha256, issuer->sha256))
		return 0;
	r = need_key(cache, issuer, &key);
	if (r == 0)
		r = crypto_cert_check_signature(&cert->cert, &key);
	return r;
}

int tdx_crl_signed_by(struct tdx_cache *cache, const struct crl_entry *crl, const struct cert_entry *issuer)
{
	struct crypto_public key;
	int r;

	if (know(cache, crl->sha256, issuer->sha256))
		return 0;
	r = need_key(cache, issuer, &key);
	if (r == 0)
		r = crypto_crl_check_signature(&crl->crl, &key);
	return r;
}

int tdx_digest_signed_by(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
			 const uint8_t digest[CRYPTO_SHA256_BYTES], const uint8_t r[32], const uint8_t s[32],
			 const struct cert_entry *issuer)
{
	struct crypto_public key;
	int result;

	if (know(cache, object, issuer->sha256))
		return 0;
	result = need_key(cache, issuer, &key);
	if (result == 0)
		result = crypto_ec_verify(key.ec, digest, CRYPTO_SHA256_BYTES, r, s);
	return result;
}
