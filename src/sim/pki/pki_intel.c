/* SPDX-License-Identifier: MIT */
#include "sim/pki/pki_intel_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"

/*
 * Fixed dates, so that certificates do not depend on the clock. As Intel's CAs, they end with the last second
 * of UTCTime.
 */
static const int64_t begin = 1704067200; /* 2024-01-01 00:00:00 UTC */
static const int64_t end = 2524607999;   /* 2049-12-31 23:59:59 UTC */

enum { SIGNATURE_MAX_BYTES = 72, MAX_REVOKED = 16 };

#define ROOT_CRL_URL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
#define PCK_CRL_URL                                                                                          \
	"https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=platform&encoding=der"

static const struct {
	const char *name;
	bool is_ca;
	unsigned path_len;
} profiles[SIM_INTEL_N_CERTS] = {
	[SIM_INTEL_ROOT] = { "Intel SGX Root CA", true, 1 },
	[SIM_INTEL_PLATFORM_CA] = { "Intel SGX PCK Platform CA", true, 0 },
	[SIM_INTEL_TCB_SIGNING] = { "Intel SGX TCB Signing", false, 0 },
	[SIM_INTEL_PROCESSOR_CA] = { "Intel SGX PCK Processor CA", true, 0 },
};

int64_t sim_pki_intel_not_before(void)
{
	return begin;
}

int64_t sim_pki_intel_not_after(void)
{
	return end;
}

void intel_sign_with(const struct crypto_p256_signer *key, const void *bytes, size_t n, uint8_t ret[64])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(bytes, n, digest);
	crypto_p256_signer_sign(key, digest, ret);
}

void intel_sign(const struct sim_pki_intel *pki, enum sim_intel_cert key, const void *bytes, size_t n,
		uint8_t ret[64])
{
	intel_sign_with(pki->certs[key].key, bytes, n, ret);
}

/* 160 bits of the key's digest. The first bit is 0, so that it is also a valid serial number of 20 bytes. */
static void make_key_id(const uint8_t xy[64], uint8_t ret[SIM_INTEL_SERIAL_BYTES])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(xy, 64, digest);
	memcpy(ret, digest, SIM_INTEL_SERIAL_BYTES);
	ret[0] = (uint8_t)((ret[0] & 0x7f) | 0x40); /* and the first byte is not 0 */
}

static enum sim_intel_cert issuer_of(const struct sim_intel_draft *draft)
{
	return draft->item == SIM_INTEL_IS_CERT ? SIM_INTEL_ROOT : draft->which;
}

/* SEQUENCE { tbs, algorithm, BIT STRING { SEQUENCE { r, s } } } */
int sim_pki_intel_sign(const struct sim_pki_intel *pki, const struct sim_intel_draft *draft, uint8_t *to,
		       size_t room, size_t *ret_size, struct jurat_error *err)
{
	uint8_t signature[64], buf[SIGNATURE_MAX_BYTES];
	struct der_wr d = der_wr(to, room), s = der_wr(buf, sizeof(buf));

	intel_sign(pki, issuer_of(draft), draft->tbs, draft->tbs_size, signature);
	der_put_open(&s, DER_SEQUENCE);
	der_put_big_uint(&s, signature, 32);
	der_put_big_uint(&s, signature + 32, 32);
	der_put_close(&s);
	der_put_open(&d, DER_SEQUENCE);
	der_put_raw(&d, draft->tbs, draft->tbs_size);
	intel_put_algorithm(&d);
	der_put_bits(&d, buf, s.w.off, 0);
	der_put_close(&d);
	assert(!s.w.bad);
	if (d.w.bad)
		return jurat_fail(err, -EINVAL, "a test certificate or CRL has more than %zu bytes", room);
	*ret_size = d.w.off;
	return 0;
}

static int make(const struct sim_pki_intel *pki, struct sim_intel_draft *draft, const struct der_wr *tbs,
		uint8_t *to, size_t room, size_t *ret_size, struct jurat_error *err)
{
	draft->tbs = tbs->w.data;
	draft->tbs_size = tbs->w.off;
	if (pki->hook.make)
		return pki->hook.make(pki->hook.ctx, pki, draft, to, room, ret_size, err);
	return sim_pki_intel_sign(pki, draft, to, room, ret_size, err);
}

struct subject {
	const char *name;
	const uint8_t *xy, *key_id;
	int64_t not_before, not_after;
	struct intel_extensions extensions; /* key IDs are those of the subject and of the issuer */
};

static int issue(const struct sim_pki_intel *pki, struct sim_intel_draft *draft,
		 const struct subject *subject, uint8_t *to, size_t *ret_size, struct jurat_error *err)
{
	const enum sim_intel_cert issuer = issuer_of(draft);
	struct intel_extensions extensions = subject->extensions;
	uint8_t buf[SIM_INTEL_CERT_MAX_BYTES];
	struct der_wr d = der_wr(buf, sizeof(buf));

	extensions.authority_key_id = pki->certs[issuer].key_id;
	extensions.subject_key_id = subject->key_id;
	der_put_open(&d, DER_SEQUENCE);
	der_put_open(&d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_uint(&d, 2);
	der_put_close(&d);
	intel_put_serial(&d, subject->key_id);
	intel_put_algorithm(&d);
	intel_put_name(&d, profiles[issuer].name);
	x509_put_validity(&d, subject->not_before, subject->not_after);
	intel_put_name(&d, subject->name);
	x509_put_ec_key(&d, CRYPTO_P256, subject->xy);
	intel_put_extensions(&d, &extensions);
	der_put_close(&d);
	if (d.w.bad)
		return jurat_fail(err, -EINVAL,
				  "the dates of a PCK certificate are outside the years 0 to 9999");
	return make(pki, draft, &d, to, SIM_INTEL_CERT_MAX_BYTES, ret_size, err);
}

static int make_key(struct sim_pki_intel *pki, const char *seed, enum sim_intel_cert which,
		    struct jurat_error *err)
{
	struct intel_issued *cert = &pki->certs[which];
	const char *name = profiles[which].name;
	uint8_t secret[32];
	int r;

	crypto_derive(seed, strcspn(seed, "/"), "jurat sim intel key", name, strlen(name), secret,
		      sizeof(secret));
	r = crypto_p256_signer_derive(secret, sizeof(secret), &cert->key, err);
	bytes_wipe(secret, sizeof(secret));
	if (r == 0)
		make_key_id(crypto_p256_signer_public(cert->key), cert->key_id);
	return r;
}

static int make_cert(struct sim_pki_intel *pki, enum sim_intel_cert which, struct jurat_error *err)
{
	struct intel_issued *cert = &pki->certs[which];
	struct sim_intel_draft draft = { .item = SIM_INTEL_IS_CERT, .which = which };
	struct subject subject = {
		.name = profiles[which].name,
		.xy = crypto_p256_signer_public(cert->key),
		.key_id = cert->key_id,
		.not_before = begin,
		.not_after = end,
		.extensions = { .crl_url = ROOT_CRL_URL,
				.is_ca = profiles[which].is_ca,
				.path_len = profiles[which].path_len },
	};

	return issue(pki, &draft, &subject, cert->der, &cert->size, err);
}

int sim_pki_intel_set_hook(struct sim_pki_intel *pki, const struct sim_pki_intel_hook *hook,
			   struct jurat_error *err)
{
	int r = 0;

	pki->hook = *hook;
	for (unsigned which = 0; which < SIM_INTEL_N_CERTS && r == 0; which++)
		r = make_cert(pki, which, err);
	return r;
}

int sim_pki_intel_new(const char *seed, struct sim_pki_intel **ret, struct jurat_error *err)
{
	struct sim_pki_intel *pki;
	int r = 0;

	if (!seed || strcspn(seed, "/") == 0)
		return jurat_fail(err, -EINVAL, "the seed of the test roots is empty");
	pki = calloc(1, sizeof(*pki));
	if (!pki)
		return jurat_fail_memory(err);
	for (unsigned which = 0; which < SIM_INTEL_N_CERTS && r == 0; which++)
		r = make_key(pki, seed, which, err);
	for (unsigned which = 0; which < SIM_INTEL_N_CERTS && r == 0; which++)
		r = make_cert(pki, which, err);
	if (r < 0) {
		sim_pki_intel_free(pki);
		return r;
	}
	*ret = pki;
	return 0;
}

void sim_pki_intel_free(struct sim_pki_intel *pki)
{
	if (!pki)
		return;
	for (unsigned which = 0; which < SIM_INTEL_N_CERTS; which++)
		crypto_p256_signer_free(pki->certs[which].key);
	free(pki);
}

const uint8_t *sim_pki_intel_cert(const struct sim_pki_intel *pki, enum sim_intel_cert which,
				  size_t *ret_size)
{
	if ((unsigned)which >= SIM_INTEL_N_CERTS)
		return NULL;
	*ret_size = pki->certs[which].size;
	return pki->certs[which].der;
}

void sim_pki_intel_serial(const struct sim_pki_intel *pki, enum sim_intel_cert which,
			  uint8_t ret[SIM_INTEL_SERIAL_BYTES])
{
	memcpy(ret, pki->certs[which].key_id, SIM_INTEL_SERIAL_BYTES);
}

int sim_pki_intel_pck(const struct sim_pki_intel *pki, const struct sim_pck *pck, uint8_t *to,
		      size_t *ret_size, uint8_t ret_serial[SIM_INTEL_SERIAL_BYTES], struct jurat_error *err)
{
	bool is_dated = pck->not_before != 0 || pck->not_after != 0;
	struct sim_intel_draft draft = { .item = SIM_INTEL_IS_PCK,
					 .which = SIM_INTEL_PLATFORM_CA,
					 .pck_key = pck->key };
	uint8_t key_id[SIM_INTEL_SERIAL_BYTES];
	struct subject subject = {
		.name = "Intel SGX PCK Certificate",
		.xy = pck->public_xy,
		.key_id = key_id,
		.not_before = is_dated ? pck->not_before : begin,
		.not_after = is_dated ? pck->not_after : end,
		.extensions = { .crl_url = PCK_CRL_URL, .pck = pck },
	};
	int r;

	if (pck->sgx_type > 1)
		return jurat_fail(err, -EINVAL, "SGX type %u of a PCK certificate is neither 0 nor 1",
				  pck->sgx_type);
	if (subject.not_after < subject.not_before)
		return jurat_fail(err, -EINVAL, "PCK certificate: notAfter is before notBefore");
	make_key_id(pck->public_xy, key_id);
	r = issue(pki, &draft, &subject, to, ret_size, err);
	if (r < 0)
		return r;
	if (ret_serial)
		memcpy(ret_serial, key_id, SIM_INTEL_SERIAL_BYTES);
	return 0;
}

int sim_pki_intel_crl(const struct sim_pki_intel *pki, enum sim_intel_cert issuer,
		      const uint8_t (*serials)[SIM_INTEL_SERIAL_BYTES], size_t n, int64_t this_update,
		      int64_t next_update, uint8_t *to, size_t *ret_size, struct jurat_error *err)
{
	struct sim_intel_draft draft = { .item = SIM_INTEL_IS_CRL, .which = issuer };
	uint8_t buf[SIM_INTEL_CRL_MAX_BYTES - 128];
	struct der_wr d = der_wr(buf, sizeof(buf));

	if ((unsigned)issuer >= SIM_INTEL_N_CERTS || !profiles[issuer].is_ca)
		return jurat_fail(err, -EINVAL, "only the root and the CAs of PCKs have CRLs");
	if (n > MAX_REVOKED)
		return jurat_fail(err, -EINVAL, "a test CRL lists at most %d serials", MAX_REVOKED);
	if (next_update < this_update)
		return jurat_fail(err, -EINVAL, "CRL: nextUpdate is before thisUpdate");
	der_put_open(&d, DER_SEQUENCE);
	der_put_uint(&d, 1);
	intel_put_algorithm(&d);
	intel_put_name(&d, profiles[issuer].name);
	der_put_time(&d, this_update);
	der_put_time(&d, next_update);
	if (n > 0) {
		der_put_open(&d, DER_SEQUENCE);
		for (size_t i = 0; i < n; i++)
			intel_put_revoked(&d, serials[i], this_update);
		der_put_close(&d);
	}
	intel_put_crl_extensions(&d, pki->certs[issuer].key_id, 1);
	der_put_close(&d);
	if (d.w.bad)
		return jurat_fail(err, -EINVAL, "the dates of a CRL are outside the years 0 to 9999");
	return make(pki, &draft, &d, to, SIM_INTEL_CRL_MAX_BYTES, ret_size, err);
}
