/* SPDX-License-Identifier: MIT */
#include "verify/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { SIGNER_WRITING = 1, SIGNER_KNOWN };

int cert_entry_new_plain(const uint8_t *der, size_t n, struct cert_entry **ret, struct jurat_error *err)
{
	auto_free struct cert_entry *entry = NULL;
	int r;

	if (n > SIZE_MAX - sizeof(*entry))
		return jurat_fail_memory(err);
	entry = calloc(1, sizeof(*entry) + n);
	if (!entry)
		return jurat_fail_memory(err);
	if (n > 0)
		memcpy(entry->der, der, n);
	r = crypto_cert_read(entry->der, n, &entry->cert, err);
	if (r < 0)
		return r;
	crypto_sha256(entry->der, n, entry->sha256);
	crypto_sha256(entry->cert.spki.data, entry->cert.spki.size, entry->spki_sha256);
	atomic_init(&entry->users, 1);
	*ret = take_ptr(entry);
	return 0;
}

int cert_entry_new(const uint8_t *der, size_t n, struct cert_entry **ret, struct jurat_error *err)
{
	struct cert_entry *entry = NULL;
	int r = cert_entry_new_plain(der, n, &entry, err);

	if (r < 0)
		return r;
	if (entry->cert.is_ca)
		vek_read_names(&entry->cert, &entry->vek);
	else
		vek_read(&entry->cert, &entry->vek, &entry->vek_fault, &entry->vek_error);
	*ret = entry;
	return 0;
}

struct cert_entry *cert_entry_share(struct cert_entry *entry)
{
	if (entry)
		atomic_fetch_add(&entry->users, 1);
	return entry;
}

void cert_entry_free(struct cert_entry *entry)
{
	struct crypto_public key;

	if (!entry || atomic_fetch_sub(&entry->users, 1) > 1)
		return;
	if (cert_entry_has_key(entry, &key))
		crypto_public_done(&key);
	free(entry);
}

int crl_entry_new(const uint8_t *der, size_t n, struct crl_entry **ret, struct jurat_error *err)
{
	auto_free struct crl_entry *entry = NULL;
	int r;

	if (n > SIZE_MAX - sizeof(*entry))
		return jurat_fail_memory(err);
	entry = calloc(1, sizeof(*entry) + n);
	if (!entry)
		return jurat_fail_memory(err);
	if (n > 0)
		memcpy(entry->der, der, n);
	r = crypto_crl_read(entry->der, n, &entry->crl, err);
	if (r < 0)
		return r;
	crypto_sha256(entry->der, n, entry->sha256);
	*ret = take_ptr(entry);
	return 0;
}

static struct crypto_public public_of(const struct crypto_cert *cert, void *key)
{
	struct crypto_public ret = { .kind = cert->key_kind };

	if (cert->key_kind == CRYPTO_KEY_RSA)
		ret.rsa = key;
	else
		ret.ec = key;
	return ret;
}

bool cert_entry_has_key(const struct cert_entry *entry, struct crypto_public *ret)
{
	void *key = atomic_load_explicit(&entry->key, memory_order_acquire);

	if (key)
		*ret = public_of(&entry->cert, key);
	return key;
}

int cert_entry_key(struct cert_entry *entry, struct crypto_public *ret, struct jurat_error *err)
{
	struct crypto_public made;
	void *before = NULL, *key;
	int r;

	if (cert_entry_has_key(entry, ret))
		return 0;
	r = crypto_public_init(&made, &entry->cert, err);
	if (r < 0)
		return r;
	key = made.kind == CRYPTO_KEY_RSA ? (void *)made.rsa : (void *)made.ec;
	if (!atomic_compare_exchange_strong_explicit(&entry->key, &before, key, memory_order_acq_rel,
						     memory_order_acquire)) {
		crypto_public_done(&made); /* another thread was faster */
		key = before;
	}
	*ret = public_of(&entry->cert, key);
	return 0;
}

static bool is_signer(const struct entry_signer *signer, const struct cert_entry *issuer)
{
	return atomic_load_explicit(&signer->state, memory_order_acquire) == SIGNER_KNOWN &&
	       memcmp(signer->sha256, issuer->sha256, sizeof(signer->sha256)) == 0;
}

static void learn(struct entry_signer *signer, const struct cert_entry *issuer)
{
	unsigned none = 0;

	if (!atomic_compare_exchange_strong_explicit(&signer->state, &none, SIGNER_WRITING,
						     memory_order_relaxed, memory_order_relaxed))
		return;
	memcpy(signer->sha256, issuer->sha256, sizeof(signer->sha256));
	atomic_store_explicit(&signer->state, SIGNER_KNOWN, memory_order_release);
}

/* An unusable key has signed nothing. */
static int issuer_key(struct cert_entry *issuer, struct crypto_public *ret)
{
	int r = cert_entry_key(issuer, ret, NULL);

	return r == -EBADMSG || r == -ENOTSUP ? JURAT_REFUSED : r;
}

int cert_entry_signed_by(const struct cert_entry *entry, struct cert_entry *issuer)
{
	struct crypto_public key;
	int r;

	if (is_signer(&entry->signer, issuer))
		return 0;
	r = issuer_key(issuer, &key);
	return r != 0 ? r : crypto_cert_check_signature(&entry->cert, &key);
}

int crl_entry_signed_by(const struct crl_entry *entry, struct cert_entry *issuer)
{
	struct crypto_public key;
	int r;

	if (is_signer(&entry->signer, issuer))
		return 0;
	r = issuer_key(issuer, &key);
	return r != 0 ? r : crypto_crl_check_signature(&entry->crl, &key);
}

void cert_entry_learn(struct cert_entry *entry, const struct cert_entry *issuer)
{
	learn(&entry->signer, issuer);
}

void crl_entry_learn(struct crl_entry *entry, const struct cert_entry *issuer)
{
	learn(&entry->signer, issuer);
}

bool crl_entry_has_signer(const struct crl_entry *entry)
{
	return atomic_load_explicit(&entry->signer.state, memory_order_acquire) == SIGNER_KNOWN;
}

static bool is_cert(const void *item, const void *key)
{
	return memcmp(((const struct cert_entry *)item)->sha256, key, CRYPTO_SHA256_BYTES) == 0;
}

static void free_cert(void *item)
{
	cert_entry_free(item);
}

const struct cache_kind cert_cache_kind = { is_cert, free_cert };

static bool is_crl(const void *item, const void *key)
{
	return memcmp(((const struct crl_entry *)item)->sha256, key, CRYPTO_SHA256_BYTES) == 0;
}

const struct cache_kind crl_cache_kind = { is_crl, free };
