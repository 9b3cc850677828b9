/* SPDX-License-Identifier: MIT */
#include "verify/verifier.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/decode.h"
#include "verify/verdict.h"
#include "wire/snp_certs.h"

int jurat_verifier_new(struct jurat_verifier **ret, struct jurat_error *err)
{
	struct jurat_verifier *v = malloc(sizeof(*v));

	if (!v)
		return jurat_fail_memory(err);
	/* Not the 40 KB of the caches: a process that verifies once uses few of their pages. */
	memset(v, 0, offsetof(struct jurat_verifier, tdx));
	CACHE_INIT(&v->seen_leaves, &cert_cache_kind, &v->leaf_space);
	CACHE_INIT(&v->seen_authorities, &cert_cache_kind, &v->authority_space);
	CACHE_INIT(&v->seen_crls, &crl_cache_kind, &v->crl_space);
	tdx_cache_init(&v->tdx);
	*ret = v;
	return 0;
}

static void certs_done(struct pointers *list)
{
	for (size_t i = 0; i < list->n; i++)
		cert_entry_free(list->items[i]);
	free(list->items);
}

void jurat_verifier_free(struct jurat_verifier *verifier)
{
	if (!verifier)
		return;
	cache_done(&verifier->seen_leaves);
	cache_done(&verifier->seen_authorities);
	cache_done(&verifier->seen_crls);
	tdx_cache_done(&verifier->tdx);
	certs_done(&verifier->roots);
	certs_done(&verifier->authorities);
	certs_done(&verifier->veks);
	certs_done(&verifier->leaves);
	for (size_t i = 0; i < verifier->crls.n; i++)
		free(verifier->crls.items[i]);
	free(verifier->crls.items);
	free(verifier);
}

/* Reserves space for `extra` more pointers. */
static int reserve(struct pointers *list, size_t extra)
{
	size_t want = list->room ? list->room : 8;
	void **more;

	if (extra <= list->room - list->n)
		return 0;
	while (want - list->n < extra) {
		if (__builtin_mul_overflow(want, 2, &want))
			return -ENOMEM;
	}
	more = reallocarray(list->items, want, sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->items = more;
	list->room = want;
	return 0;
}

/* Items to add; they are added all or none. */
struct batch {
	struct pointers certs;
	struct pointers crls;
};

static void batch_done(struct batch *batch)
{
	certs_done(&batch->certs);
	for (size_t i = 0; i < batch->crls.n; i++)
		free(batch->crls.items[i]);
	free(batch->crls.items);
}

static int batch_cert(struct batch *batch, const uint8_t *der, size_t n, struct jurat_error *err)
{
	struct cert_entry *entry;
	int r = reserve(&batch->certs, 1);

	if (r < 0)
		return jurat_fail_memory(err);
	r = cert_entry_new(der, n, &entry, err);
	if (r == 0)
		batch->certs.items[batch->certs.n++] = entry;
	return r;
}

static int batch_crl(struct batch *batch, const uint8_t *der, size_t n, struct jurat_error *err)
{
	struct crl_entry *entry;
	int r = reserve(&batch->crls, 1);

	if (r < 0)
		return jurat_fail_memory(err);
	r = crl_entry_new(der, n, &entry, err);
	if (r == 0)
		batch->crls.items[batch->crls.n++] = entry;
	return r;
}

enum { TAKE_CERTS = 1, TAKE_CRLS = 2 };

static int batch_table(struct batch *batch, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	struct snp_certs table;
	int r = snp_certs_read_any(bytes, n, &table, err);

	for (unsigned i = 0; r == 0 && i < table.n; i++) {
		const struct snp_cert_entry *e = &table.entries[i];

		if (e->kind == SNP_CERT_CRL)
			r = batch_crl(batch, e->data.data, e->data.size, err);
		else if (e->kind != SNP_CERT_OTHER) /* entries with private GUIDs are ignored (B54) */
			r = batch_cert(batch, e->data.data, e->data.size, err);
		if (r < 0)
			return jurat_wrap(err, r, "certificate table: %s", snp_cert_name(e->kind));
	}
	return r;
}

static int batch_item(struct batch *batch, unsigned take, const char *expected,
		      const struct decode_item *item, struct jurat_error *err)
{
	if (item->kind == INPUT_CERTIFICATE && take & TAKE_CERTS)
		return batch_cert(batch, item->bytes, item->n, err);
	if (item->kind == INPUT_CRL && take & TAKE_CRLS)
		return batch_crl(batch, item->bytes, item->n, err);
	if (item->kind == INPUT_SNP_TABLE && take & TAKE_CERTS)
		return batch_table(batch, item->bytes, item->n, err);
	return jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected, input_kind_name(item->kind));
}

/* Parses all items, in any encoding. */
static int batch_read(struct batch *batch, unsigned take, const uint8_t *bytes, size_t n,
		      struct jurat_error *err)
{
	const char *expected = !(take & TAKE_CERTS)  ? "a CRL"
			       : !(take & TAKE_CRLS) ? "certificates"
						     : "certificates or CRLs";
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	int r = decode(bytes, n, &decoded, err);

	if (r == JURAT_NOT_FOUND)
		return jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected, input_name(bytes, n));
	if (r < 0)
		return r == -EBADMSG ? jurat_wrap(err, r, "expected %s", expected) : r;
	for (size_t i = 0; r == 0 && i < decoded.n; i++) {
		r = batch_item(batch, take, expected, &decoded.items[i], err);
		if (r < 0 && decoded.n > 1)
			return jurat_wrap(err, r, "item %zu", i + 1);
	}
	return r;
}

static bool is_self_issued(const struct crypto_cert *cert)
{
	return cert->issuer.size == cert->subject.size &&
	       memcmp(cert->issuer.data, cert->subject.data, cert->subject.size) == 0;
}

static bool is_root(const struct cert_entry *entry)
{
	return entry->cert.is_ca && is_self_issued(&entry->cert);
}

/* `hwid` NULL: compares by kind only. */
static int compare_vek(const struct cert_entry *entry, enum vek_kind kind, const uint8_t *hwid)
{
	if (entry->vek.kind != kind)
		return entry->vek.kind < kind ? -1 : 1;
	return hwid ? memcmp(entry->vek.hwid, hwid, sizeof(entry->vek.hwid)) : 0;
}

static int compare_veks(const void *a, const void *b)
{
	const struct cert_entry *x = *(void *const *)a, *y = *(void *const *)b;
	int c = compare_vek(x, y->vek.kind, y->vek.hwid);

	return c != 0 ? c : memcmp(x->sha256, y->sha256, sizeof(x->sha256));
}

/* Adds a supplied VEK where it belongs, or frees one that is there already. */
static void add_vek(struct pointers *veks, struct cert_entry *entry)
{
	size_t low = 0, high = veks->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = compare_veks(&veks->items[mid], &entry);

		if (c == 0) {
			cert_entry_free(entry);
			return;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	memmove(&veks->items[low + 1], &veks->items[low], (veks->n - low) * sizeof(*veks->items));
	veks->items[low] = entry;
	veks->n++;
}

/* The key of a supplied root lives as long as the verifier. */
static void note_like(struct jurat_verifier *v, const struct cert_entry *root)
{
	struct crypto_public key;

	if (!v->tdx.like && cert_entry_has_key(root, &key) && key.kind == CRYPTO_KEY_P256)
		v->tdx.like = key.ec;
}

/* Moves all items out of the batch, or none. */
static int verifier_take(struct jurat_verifier *v, struct batch *batch, bool roots, struct jurat_error *err)
{
	size_t n = batch->certs.n, n_veks = 0;

	if (reserve(&v->veks, n) < 0 || reserve(&v->leaves, n) < 0 || reserve(&v->roots, n) < 0 ||
	    reserve(&v->authorities, n) < 0 || reserve(&v->crls, batch->crls.n) < 0)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < n; i++) {
		struct cert_entry *entry = batch->certs.items[i];
		struct pointers *to = &v->authorities;

		if (!entry->cert.is_ca && entry->vek.kind != VEK_OTHER) {
			batch->certs.items[n_veks++] = entry;
			continue;
		}
		if (!entry->cert.is_ca) {
			to = &v->leaves;
		} else if (roots && is_root(entry)) {
			to = &v->roots;
			v->roots_given = true;
			note_like(v, entry);
		}
		to->items[to->n++] = entry;
	}
	if (n_veks > 1) /* most of them then go to the end of the list */
		qsort(batch->certs.items, n_veks, sizeof(*batch->certs.items), compare_veks);
	for (size_t i = 0; i < n_veks; i++)
		add_vek(&v->veks, batch->certs.items[i]);
	for (size_t i = 0; i < batch->crls.n; i++)
		v->crls.items[v->crls.n++] = batch->crls.items[i];
	batch->certs.n = 0;
	batch->crls.n = 0;
	return 0;
}

int jurat_verifier_add_certificates(struct jurat_verifier *verifier, const void *bytes, size_t n,
				    size_t *ret_n, struct jurat_error *err)
{
	struct batch batch auto_call(batch_done) = { 0 };
	size_t taken;
	int r;

	r = batch_read(&batch, TAKE_CERTS | TAKE_CRLS, bytes, n, err);
	if (r < 0)
		return jurat_wrap(err, r, "certificates");
	taken = batch.certs.n;
	r = verifier_take(verifier, &batch, false, err);
	if (r < 0)
		return r;
	if (ret_n)
		*ret_n = taken;
	return 0;
}

int jurat_verifier_add_crl(struct jurat_verifier *verifier, const void *bytes, size_t n,
			   struct jurat_error *err)
{
	struct batch batch auto_call(batch_done) = { 0 };
	int r;

	r = batch_read(&batch, TAKE_CRLS, bytes, n, err);
	if (r < 0)
		return jurat_wrap(err, r, "CRL");
	return verifier_take(verifier, &batch, false, err);
}

/* Roots must be self-signed, so that all their fields are authentic (B50). */
static int check_roots(const struct pointers *certs, struct jurat_error *err)
{
	size_t found = 0;

	for (size_t i = 0; i < certs->n; i++) {
		struct cert_entry *entry = certs->items[i];
		int r;

		if (!is_root(entry))
			continue;
		r = cert_entry_signed_by(entry, entry);
		if (r == JURAT_REFUSED)
			return jurat_fail(err, -EBADMSG,
					  "the self-signature of a certificate does not verify");
		if (r < 0)
			return verdict_not_reached(err, r, "a certificate's signature on itself");
		found++;
	}
	if (found == 0)
		return jurat_fail(err, -EBADMSG, "no self-signed CA certificate found");
	return 0;
}

int jurat_verifier_add_roots(struct jurat_verifier *verifier, const void *bytes, size_t n,
			     struct jurat_error *err)
{
	struct batch batch auto_call(batch_done) = { 0 };
	int r;

	r = batch_read(&batch, TAKE_CERTS | TAKE_CRLS, bytes, n, err);
	if (r == 0)
		r = check_roots(&batch.certs, err);
	if (r < 0)
		return jurat_wrap(err, r, "roots");
	return verifier_take(verifier, &batch, true, err);
}

/* Index of the first VEK not less than (kind, hwid), or with `after`, greater. */
static size_t bound(const struct pointers *veks, enum vek_kind kind, const uint8_t *hwid, bool after)
{
	size_t low = 0, high = veks->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = compare_vek(veks->items[mid], kind, hwid);

		if (c < 0 || (after && c == 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void verifier_veks_of(const struct jurat_verifier *verifier, enum vek_kind kind, const uint8_t hwid[64],
		      size_t *ret_first, size_t *ret_end)
{
	*ret_first = bound(&verifier->veks, kind, hwid, false);
	*ret_end = bound(&verifier->veks, kind, hwid, true);
}

void verifier_veks_of_kind(const struct jurat_verifier *verifier, enum vek_kind kind, size_t *ret_first,
			   size_t *ret_end)
{
	*ret_first = bound(&verifier->veks, kind, NULL, false);
	*ret_end = bound(&verifier->veks, kind, NULL, true);
}
