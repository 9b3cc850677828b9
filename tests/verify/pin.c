/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"

#include "crypto/hash.h"
#include "crypto/x509.h"
#include "verify/tdx_judge.h"
#include "verify/verifier.h"

/*
 * Pins the test roots of the vectors beside those of the vendors, so that the vectors take every way that
 * evidence of real machines takes: by the digest of the key, and as published by that of the certificate. A
 * test program with this is linked with --wrap for the four functions (tests/verify/meson.build).
 */
enum { INTEL_ROOT = SNP_N_PRODUCTS };

static struct {
	uint8_t spki_sha256[32], sha256[32];
} roots[SNP_N_PRODUCTS + 1];

static void load(unsigned which, const char *name)
{
	const struct evidence_folder *vectors;
	struct crypto_cert cert;
	size_t n;

	evidence_folders(&vectors);
	auto_free uint8_t *der = evidence_read(vectors, name, &n);

	assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
	crypto_sha256(der, n, roots[which].sha256);
	crypto_sha256(cert.spki.data, cert.spki.size, roots[which].spki_sha256);
}

static void load_all(void)
{
	static bool is_done;

	if (is_done)
		return;
	load(SNP_MILAN, "roots/milan-ark.der");
	load(SNP_GENOA, "roots/genoa-ark.der");
	load(SNP_TURIN, "roots/turin-ark.der");
	load(INTEL_ROOT, "roots/intel-root.der");
	is_done = true;
}

#define WRAP(NAME, PARAMETERS, ARGUMENTS, SAME)                                                              \
	bool __real_##NAME PARAMETERS;                                                                       \
	bool __wrap_##NAME PARAMETERS;                                                                       \
	bool __wrap_##NAME PARAMETERS                                                                        \
	{                                                                                                    \
		load_all();                                                                                  \
		return __real_##NAME ARGUMENTS || SAME;                                                      \
	}

static bool same(const uint8_t a[32], const uint8_t b[32])
{
	return memcmp(a, b, 32) == 0;
}

WRAP(root_is_pinned, (enum snp_product product, const uint8_t digest[32]), (product, digest),
     (product != SNP_PRODUCT_UNKNOWN && same(roots[product].spki_sha256, digest)))
WRAP(root_is_published, (enum snp_product product, const uint8_t digest[32]), (product, digest),
     (product != SNP_PRODUCT_UNKNOWN && same(roots[product].sha256, digest)))
WRAP(tdx_root_is_pinned, (const uint8_t digest[32]), (digest), same(roots[INTEL_ROOT].spki_sha256, digest))
WRAP(tdx_root_is_published, (const uint8_t digest[32]), (digest), same(roots[INTEL_ROOT].sha256, digest))
