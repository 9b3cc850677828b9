/* SPDX-License-Identifier: MIT */
#include "verify/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

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
	if (!entry || atomic_fetch_sub(&entry->users, 1) > 1)
		return;
	if (entry->has_key)
		crypto_public_done(&entry->key);
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

int cert_entry_need_key(struct cert_entry *entry, struct jurat_error *err)
{
	int r;

	if (entry->has_key)
		return 0;
	r = crypto_public_init(&entry->key, &entry->cert, err);
	if (r < 0)
		return r;
	entry->has_key = true;
	return 0;
}

/* An unusable key has signed nothing. */
static int need_issuer_key(struct cert_entry *issuer)
{
	int r = cert_entry_need_key(issuer, NULL);

	return r == -EBADMSG || r == -ENOTSUP ? JURAT_REFUSED : r;
}

int cert_entry_signed_by(struct cert_entry *entry, struct cert_entry *issuer)
{
	int r;

	if (entry->signed_ok && memcmp(entry->signed_by, issuer->sha256, sizeof(issuer->sha256)) == 0)
		return 0;
	r = need_issuer_key(issuer);
	if (r != 0)
		return r;
	r = crypto_cert_check_signature(&entry->cert, &issuer->key);
	if (r != 0)
		return r;
	memcpy(entry->signed_by, issuer->sha256, sizeof(issuer->sha256));
	entry->signed_ok = true;
	return 0;
}

int crl_entry_signed_by(struct crl_entry *entry, struct cert_entry *issuer)
{
	int r;

	if (entry->signed_ok && memcmp(entry->signed_by, issuer->sha256, sizeof(issuer->sha256)) == 0)
		return 0;
	r = need_issuer_key(issuer);
	if (r != 0)
		return r;
	r = crypto_crl_check_signature(&entry->crl, &issuer->key);
	if (r != 0)
		return r;
	memcpy(entry->signed_by, issuer->sha256, sizeof(issuer->sha256));
	entry->signed_ok = true;
	return 0;
}

struct cert_entry *cert_cache_find(struct cert_cache *cache, const uint8_t sha256[CRYPTO_SHA256_BYTES])
{
	for (size_t i = 0; i < cache->n; i++) {
		if (memcmp(cache->entries[i]->sha256, sha256, CRYPTO_SHA256_BYTES) != 0)
			continue;
		cache->entries[i]->used = ++cache->clock;
		return cache->entries[i];
	}
	return NULL;
}

void cert_cache_put(struct cert_cache *cache, struct cert_entry *entry)
{
	size_t at = 0;

	entry->used = ++cache->clock;
	if (cache->n < cache->room) {
		cache->entries[cache->n++] = entry;
		return;
	}
	for (size_t i = 1; i < cache->n; i++) {
		if (cache->entries[i]->used < cache->entries[at]->used)
			at = i;
	}
	cert_entry_free(cache->entries[at]);
	cache->entries[at] = entry;
}

void cert_cache_done(struct cert_cache *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		cert_entry_free(cache->entries[i]);
	cache->n = 0;
}
