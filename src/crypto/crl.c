/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "crypto/x509_parts.h"

static int read_version(struct bytes_rd *tbs, struct jurat_error *err)
{
	if (der_uint(tbs) != 1 || tbs->bad)
		return jurat_fail(err, -EBADMSG, "not v2");
	return 0;
}

static bool is_time(int tag)
{
	return tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME;
}

static int read_updates(struct bytes_rd *tbs, struct crypto_crl *c, struct jurat_error *err)
{
	c->this_update = der_time(tbs);
	c->next_update = INT64_MIN;
	if (is_time(der_peek(tbs)))
		c->next_update = der_time(tbs);
	if (tbs->bad)
		return jurat_fail(err, -EBADMSG, "not an RFC 5280 time");
	if (c->next_update != INT64_MIN && c->next_update < c->this_update)
		return jurat_fail(err, -EBADMSG, "nextUpdate is before thisUpdate");
	return 0;
}

/* No critical extension of a CRL or of an entry is supported, so each makes the CRL unusable. */
static bool any_critical(const struct bytes_rd *extensions)
{
	struct bytes_rd list = *extensions;

	while (bytes_rd_left(&list) > 0)
		if (x509_extension_next(&list).critical)
			return true;
	return false;
}

static int read_entry(struct bytes_rd *entries, struct crypto_crl *c, struct jurat_error *err)
{
	struct bytes_rd entry = der_enter(entries, DER_SEQUENCE);
	struct bytes_rd serial, extensions = { 0 };
	int r;

	r = x509_serial_read(&entry, &serial, err);
	if (r < 0)
		return jurat_wrap(err, r, "serial number");
	der_time(&entry);
	if (entry.bad)
		return jurat_fail(err, -EBADMSG, "date: not an RFC 5280 time");
	if (bytes_rd_left(&entry) > 0) {
		r = x509_extensions_read(&entry, &extensions, err);
		if (r < 0)
			return r;
	}
	if (entry.off != entry.size)
		return jurat_fail(err, -EBADMSG, "unexpected bytes after the extensions");
	if (any_critical(&extensions))
		c->has_unknown_critical = true;
	return 0;
}

static int read_revoked(struct bytes_rd *tbs, struct crypto_crl *c, struct jurat_error *err)
{
	struct bytes_rd entries;
	size_t n = 0;
	int r;

	if (der_peek(tbs) != DER_SEQUENCE)
		return 0;
	c->revoked = der_enter(tbs, DER_SEQUENCE);
	if (c->revoked.bad || c->revoked.size == 0)
		return jurat_fail(err, -EBADMSG, "expected a non-empty list"); /* Spec: RFC 5280 5.1.2.6 */
	for (entries = c->revoked; bytes_rd_left(&entries) > 0; n++) {
		r = read_entry(&entries, c, err);
		if (r < 0)
			return jurat_wrap(err, r, "entry %zu", n + 1);
	}
	return 0;
}

static int read_extensions(struct bytes_rd *tbs, struct crypto_crl *c, struct jurat_error *err)
{
	static const uint8_t crl_number[] = { 0x55, 0x1d, 0x14 };
	struct bytes_rd explicit, extensions = { 0 }, list;
	int r;

	if (der_peek(tbs) < 0 && !tbs->bad)
		return 0;
	explicit = der_enter(tbs, DER_CONTEXT_CONSTRUCTED(0));
	if (explicit.bad)
		return jurat_fail(err, -EBADMSG, "unexpected element");
	r = x509_extensions_read(&explicit, &extensions, err);
	if (r < 0)
		return r;
	der_leave(tbs, &explicit);
	if (tbs->bad || tbs->off != tbs->size)
		return jurat_fail(err, -EBADMSG, "unexpected bytes after them");
	if (any_critical(&extensions))
		c->has_unknown_critical = true;
	list = extensions;
	while (bytes_rd_left(&list) > 0) {
		struct x509_extension e = x509_extension_next(&list);

		if (der_equal(&e.oid, x509_oid_authority_key_id, sizeof(x509_oid_authority_key_id))) {
			r = x509_authority_key_id_read(&e.value, &c->authority_key_id, err);
			if (r < 0)
				return r;
		}
		if (!der_equal(&e.oid, crl_number, sizeof(crl_number)))
			continue;
		c->crl_number = der_big_uint(&e.value);
		if (e.value.bad || e.value.off != e.value.size || c->crl_number.size > X509_SERIAL_BYTES_MAX)
			return jurat_fail(err, -EBADMSG, "cRLNumber: malformed");
	}
	return 0;
}

static int read_crl(const uint8_t *der, size_t n, struct crypto_crl *c, struct jurat_error *err)
{
	struct x509_signed s;
	int r;

	r = x509_signed_read(der, n, &s, err);
	if (r < 0)
		return r;
	c->der = bytes_rd(der, n);
	c->tbs = s.tbs_whole;
	c->signature = s.signature;
	r = read_version(&s.tbs, err);
	if (r < 0)
		return jurat_wrap(err, r, "version");
	r = x509_algorithm_read(&s.tbs, &s, &c->signature_kind, err);
	if (r < 0)
		return jurat_wrap(err, r, "signature algorithm");
	r = x509_name_read(&s.tbs, &c->issuer, &c->issuer_cn, err);
	if (r < 0)
		return jurat_wrap(err, r, "issuer");
	r = read_updates(&s.tbs, c, err);
	if (r < 0)
		return jurat_wrap(err, r, "updates");
	r = read_revoked(&s.tbs, c, err);
	if (r < 0)
		return jurat_wrap(err, r, "revoked certificates");
	r = read_extensions(&s.tbs, c, err);
	if (r < 0)
		return jurat_wrap(err, r, "extensions");
	return 0;
}

int crypto_crl_read(const uint8_t *der, size_t n, struct crypto_crl *ret, struct jurat_error *err)
{
	struct crypto_crl c = { 0 };
	int r = read_crl(der, n, &c, err);

	if (r < 0)
		return jurat_wrap(err, r, "CRL");
	*ret = c;
	return 0;
}

int crypto_crl_check_signature(const struct crypto_crl *crl, const struct crypto_public *issuer)
{
	return x509_signature_check(&crl->tbs, crl->signature_kind, &crl->signature, issuer);
}

bool crypto_crl_lists(const struct crypto_crl *crl, const struct bytes_rd *serial)
{
	struct bytes_rd rest = crl->revoked, listed;

	while (crypto_crl_next(&rest, &listed))
		if (der_equal(&listed, serial->data, serial->size))
			return true;
	return false;
}

bool crypto_crl_next(struct bytes_rd *rest, struct bytes_rd *ret_serial)
{
	struct bytes_rd entry;

	if (bytes_rd_left(rest) == 0)
		return false;
	entry = der_enter(rest, DER_SEQUENCE);
	*ret_serial = der_big_uint(&entry);
	return true;
}
