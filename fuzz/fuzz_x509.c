/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "crypto/der.h"
#include "crypto/x509.h"
#include "support/fuzz.h"

static bool inside(const struct bytes_rd *r, const uint8_t *data, size_t size)
{
	return r->size == 0 ||
	       (r->data >= data && r->size <= size && (size_t)(r->data - data) <= size - r->size);
}

static void one_certificate(const uint8_t *der, size_t n)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
	struct crypto_public key = { 0 };
	struct jurat_error err;
	struct crypto_cert c;
	struct bytes_rd value;
	int r = crypto_cert_read(der, n, &c, &err);

	must(r == 0 || r == -EBADMSG);
	if (r != 0)
		return;
	must(c.der.data == der && c.der.size == n && c.not_before <= c.not_after && c.serial.size > 0);
	must(inside(&c.tbs, der, n) && inside(&c.spki, der, n) && inside(&c.signature, der, n));
	must(inside(&c.subject_cn, der, n) && inside(&c.issuer_cn, der, n) && inside(&c.extensions, der, n));
	must(inside(&c.key_point, der, n) && inside(&c.key_n, der, n) && inside(&c.key_e, der, n));
	must(inside(&c.subject_key_id, der, n) && inside(&c.authority_key_id, der, n));
	if (crypto_cert_extension(&c, oid, sizeof(oid), &value, NULL) == 0)
		FUZZ_REACHED("a certificate with an SGX extension");
	if (crypto_public_init(&key, &c, NULL) == 0) {
		r = crypto_cert_check_signature(&c, &key);
		must(r == 0 || r == JURAT_REFUSED);
		if (r == 0 && key.kind == CRYPTO_KEY_RSA)
			FUZZ_REACHED("a root with an RSA key signed itself");
		if (r == 0 && key.kind == CRYPTO_KEY_P256)
			FUZZ_REACHED("a root with a P-256 key signed itself");
		if (key.kind == CRYPTO_KEY_P384)
			FUZZ_REACHED("a certificate of a P-384 key");
	}
	crypto_public_done(&key);
}

static void one_crl(const uint8_t *der, size_t n)
{
	struct crypto_crl crl;
	struct jurat_error err;
	struct bytes_rd entries, entry, serial;

	if (crypto_crl_read(der, n, &crl, &err) != 0)
		return;
	FUZZ_REACHED("a CRL reads");
	must(inside(&crl.tbs, der, n) && inside(&crl.signature, der, n) && inside(&crl.revoked, der, n));
	entries = crl.revoked;
	if (bytes_rd_left(&entries) == 0)
		return;
	entry = der_enter(&entries, DER_SEQUENCE);
	serial = der_big_uint(&entry);
	FUZZ_REACHED("a CRL that revokes something");
	must(!entry.bad && crypto_crl_lists(&crl, &serial));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t off = 0, before = 0, n;
	char label[32];
	uint8_t *der;

	one_certificate(data, size);
	one_crl(data, size);
	while (crypto_pem_next(data, size, &off, label, &der, &n, NULL) == 0) {
		must(off > before && off <= size && n <= size);
		if (label[0] != '\0')
			FUZZ_REACHED("a PEM block");
		before = off;
		one_certificate(der, n);
		one_crl(der, n);
		free(der);
	}
	return 0;
}
