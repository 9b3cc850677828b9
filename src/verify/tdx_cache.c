/* SPDX-License-Identifier: MIT */
#include "verify/tdx_cache.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

/* The fact that the key of certificate `issuer` signed `object`; both are the SHA-256 of the whole object. */
struct tdx_fact {
	uint8_t object[CRYPTO_SHA256_BYTES], issuer[CRYPTO_SHA256_BYTES];
};

struct tdx_key {
	uint8_t cert[CRYPTO_SHA256_BYTES];
	struct crypto_ec_public *key;
};

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

/* Creates a key on P-256 as another one, if there is any: that is faster. */
static int new_key(struct tdx_cache *cache, const uint8_t xy[64], struct crypto_ec_public **ret)
{
	struct cache_slot *slot = cache->like ? NULL : cache_any(&cache->keys);
	const struct tdx_key *other = slot ? slot->item : NULL;
	int r = crypto_p256_public_like(other ? other->key : cache->like, xy, ret, NULL);

	cache_unpin(slot);
	return r;
}

int qe_entry_new(struct tdx_cache *cache, const uint8_t *bytes, const struct tdx_quote *quote,
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
	r = new_key(cache, quote->attestation_key, &entry->key);
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
	entry->has_pck = entry->leaf && pck_read(&entry->leaf->cert, &entry->pck, NULL) == 0;
	*ret = take_ptr(entry);
	return 0;
}

static bool is_qe(const void *item, const void *key)
{
	const struct qe_entry *entry = item;
	const struct bytes_rd *part = key;

	return entry->size == part->size && memcmp(entry->bytes, part->data, part->size) == 0;
}

static void free_qe(void *item)
{
	qe_entry_free(item);
}

/* The tag of a constant part, which begins with the attestation key. */
static uint64_t tag_of(const struct bytes_rd *part)
{
	return cache_tag(part->data);
}

struct cache_slot *tdx_cache_find_qe(struct tdx_cache *cache, const uint8_t *bytes,
				     const struct tdx_quote *quote)
{
	struct bytes_rd part = constant_part(bytes, quote);

	return cache_find(&cache->qes, tag_of(&part), &part);
}

struct cache_slot *tdx_cache_put_qe(struct tdx_cache *cache, struct qe_entry *entry)
{
	struct bytes_rd part = bytes_rd(entry->bytes, entry->size);

	if (entry->size > TDX_QE_BYTES)
		return NULL;
	return cache_put(&cache->qes, tag_of(&part), &part, entry);
}

static bool is_fact(const void *item, const void *key)
{
	return memcmp(item, key, sizeof(struct tdx_fact)) == 0;
}

static struct tdx_fact fact_of(const uint8_t *object, const uint8_t *issuer)
{
	struct tdx_fact fact;

	memcpy(fact.object, object, sizeof(fact.object));
	memcpy(fact.issuer, issuer, sizeof(fact.issuer));
	return fact;
}

static bool know(struct tdx_cache *cache, const uint8_t *object, const uint8_t *issuer)
{
	struct tdx_fact fact = fact_of(object, issuer);
	struct cache_slot *slot = cache_find(&cache->facts, cache_tag(object), &fact);

	cache_unpin(slot);
	return slot;
}

void tdx_learn(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
	       const uint8_t issuer[CRYPTO_SHA256_BYTES])
{
	struct tdx_fact *fact;
	struct cache_slot *slot;

	if (know(cache, object, issuer))
		return;
	fact = malloc(sizeof(*fact));
	if (!fact)
		return;
	*fact = fact_of(object, issuer);
	slot = cache_put(&cache->facts, cache_tag(object), fact, fact);
	if (!slot)
		free(fact);
	cache_unpin(slot);
}

static bool is_key(const void *item, const void *key)
{
	return memcmp(((const struct tdx_key *)item)->cert, key, CRYPTO_SHA256_BYTES) == 0;
}

static void free_key(void *item)
{
	struct tdx_key *key = item;

	if (key)
		crypto_ec_public_free(key->key);
	free(key);
}

static const struct cache_kind fact_kind = { is_fact, free }, key_kind = { is_key, free_key },
			       qe_kind = { is_qe, free_qe };

void tdx_cache_init(struct tdx_cache *cache)
{
	CACHE_INIT(&cache->facts, &fact_kind, &cache->fact_space);
	CACHE_INIT(&cache->keys, &key_kind, &cache->key_space);
	CACHE_INIT(&cache->qes, &qe_kind, &cache->qe_space);
	cache->like = NULL;
}

void tdx_cache_done(struct tdx_cache *cache)
{
	cache_done(&cache->facts);
	cache_done(&cache->keys);
	cache_done(&cache->qes);
}

/* A public key in use: in the cache, of a supplied root, or made for this use alone. */
struct key_use {
	struct crypto_public key;
	struct cache_slot *slot;
	struct tdx_key *own;
};

static void use_done(struct key_use *use)
{
	cache_unpin(use->slot);
	free_key(use->own);
}

/* The P-256 public key of a certificate, created on first use. Ends with use_done(), after a failure too. */
static int use_key(struct tdx_cache *cache, const struct cert_entry *issuer, struct key_use *use)
{
	struct tdx_key *key;
	int r;

	if (issuer->cert.key_kind != CRYPTO_KEY_P256)
		return JURAT_REFUSED;
	if (cert_entry_has_key(issuer, &use->key)) /* created when the root was supplied */
		return 0;
	use->slot = cache_find(&cache->keys, cache_tag(issuer->sha256), issuer->sha256);
	if (!use->slot) {
		use->own = calloc(1, sizeof(*use->own));
		if (!use->own)
			return -ENOMEM;
		memcpy(use->own->cert, issuer->sha256, sizeof(use->own->cert));
		r = new_key(cache, issuer->cert.key_point.data, &use->own->key);
		if (r < 0)
			return r == -EBADMSG ? JURAT_REFUSED : r;
		use->slot = cache_put(&cache->keys, cache_tag(issuer->sha256), issuer->sha256, use->own);
	}
	key = use->slot ? use->slot->item : use->own;
	if (use->slot)
		use->own = NULL;
	use->key = (struct crypto_public){ .kind = CRYPTO_KEY_P256, .ec = key->key };
	return 0;
}

int tdx_cert_signed_by(struct tdx_cache *cache, const struct cert_entry *cert,
		       const struct cert_entry *issuer)
{
	struct key_use use auto_call(use_done) = { .slot = NULL };
	int r;

	if (know(cache, cert->sha256, issuer->sha256))
		return 0;
	r = use_key(cache, issuer, &use);
	return r != 0 ? r : crypto_cert_check_signature(&cert->cert, &use.key);
}

int tdx_crl_signed_by(struct tdx_cache *cache, const struct crl_entry *crl, const struct cert_entry *issuer)
{
	struct key_use use auto_call(use_done) = { .slot = NULL };
	int r;

	if (know(cache, crl->sha256, issuer->sha256))
		return 0;
	r = use_key(cache, issuer, &use);
	return r != 0 ? r : crypto_crl_check_signature(&crl->crl, &use.key);
}

int tdx_digest_signed_by(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
			 const uint8_t digest[CRYPTO_SHA256_BYTES], const uint8_t r[32], const uint8_t s[32],
			 const struct cert_entry *issuer)
{
	struct key_use use auto_call(use_done) = { .slot = NULL };
	int result;

	if (know(cache, object, issuer->sha256))
		return 0;
	result = use_key(cache, issuer, &use);
	return result != 0 ? result : crypto_ec_verify(use.key.ec, digest, CRYPTO_SHA256_BYTES, r, s);
}
