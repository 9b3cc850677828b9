/* SPDX-License-Identifier: MIT */
#include "sim/pki/pki.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/rsa.h"
#include "sim/pki/pki_internal.h"

/*
 * Fixed dates, so that certificates do not depend on the clock: 25 years, as AMD's CAs, that end within the
 * range of UTCTime (RFC 5280: 2049).
 */
static const int64_t roots_begin = 1704067200; /* 2024-01-01 00:00:00 UTC */
static const int64_t roots_end = 2493072000;   /* 2049-01-01 00:00:00 UTC */

enum { VCEK_YEARS = 7, VLEK_YEARS = 1, TBS_MAX_BYTES = 1400 };

struct ca {
	struct crypto_rsa_private *key; /* NULL: not generated yet */
	uint8_t key_id[SIM_SKI_BYTES];
	bool is_issued;
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t size;
};

/* A signature that was made before, of what has this digest. */
struct memory {
	uint8_t digest[CRYPTO_SHA384_BYTES], signature[CRYPTO_RSA_BYTES];
	const struct crypto_rsa_private *key;
};

struct sim_pki {
	char *seed;
	int64_t leaf_begin, vcek_end, vlek_end;
	struct ca cas[SNP_N_PRODUCTS][SIM_N_CAS];
	sim_pki_hook *hook; /* NULL: sim_pki_sign() */
	void *hook_ctx;
	bool remembers;
	struct memory *memories;
	size_t n_memories, room;
};

size_t sim_seed_world_size(const char *seed)
{
	return strcspn(seed, "/");
}

void sim_pki_ca_name(enum snp_product product, enum sim_ca ca, char ret[32])
{
	static const char *const prefix[SIM_N_CAS] = {
		[SIM_ARK] = "ARK", [SIM_ASK] = "SEV", [SIM_ASVK] = "SEV-VLEK"
	};

	snprintf(ret, 32, "%s-%s", prefix[ca], snp_product_name(product));
}

void sim_pki_ca_secret(const char *seed, enum snp_product product, enum sim_ca ca,
		       uint8_t ret[SIM_WORLD_BYTES])
{
	char name[32];

	sim_pki_ca_name(product, ca, name);
	crypto_derive(seed, sim_seed_world_size(seed), "jurat sim ca key", name, strlen(name), ret,
		      SIM_WORLD_BYTES);
}

int sim_pki_new(const char *seed, struct sim_pki **ret, struct jurat_error *err)
{
	auto_free struct sim_pki *pki = NULL;

	if (!seed || sim_seed_world_size(seed) == 0)
		return jurat_fail(err, -EINVAL, "the seed of the test roots is empty");
	pki = calloc(1, sizeof(*pki));
	if (!pki)
		return jurat_fail_memory(err);
	pki->seed = strdup(seed);
	if (!pki->seed)
		return jurat_fail_memory(err);
	pki->leaf_begin = roots_begin;
	pki->vcek_end = pki->vlek_end = roots_end;
	*ret = take_ptr(pki);
	return 0;
}

void sim_pki_free(struct sim_pki *pki)
{
	if (!pki)
		return;
	for (unsigned p = 0; p < SNP_N_PRODUCTS; p++)
		for (unsigned c = 0; c < SIM_N_CAS; c++)
			crypto_rsa_private_free(pki->cas[p][c].key);
	bytes_wipe(pki->seed, strlen(pki->seed));
	free(pki->seed);
	free(pki->memories);
	free(pki);
}

int64_t sim_pki_not_before(const struct sim_pki *pki)
{
	return pki->leaf_begin;
}

int64_t sim_pki_leaf_not_after(const struct sim_pki *pki, bool vlek)
{
	return vlek ? pki->vlek_end : pki->vcek_end;
}

int64_t sim_pki_leaf_begin(int64_t now)
{
	return (base_time_days(now) - 1) * BASE_DAY_SECONDS;
}

void sim_pki_use_amd_terms(struct sim_pki *pki, int64_t not_before)
{
	pki->leaf_begin = not_before;
	pki->vcek_end = base_time_years_later(not_before, VCEK_YEARS);
	pki->vlek_end = base_time_years_later(not_before, VLEK_YEARS);
}

void sim_pki_set_hook(struct sim_pki *pki, sim_pki_hook *hook, void *ctx)
{
	pki->hook = hook;
	pki->hook_ctx = ctx;
	for (unsigned p = 0; p < SNP_N_PRODUCTS; p++)
		for (unsigned c = 0; c < SIM_N_CAS; c++)
			pki->cas[p][c].is_issued = false;
}

void sim_pki_remember(struct sim_pki *pki)
{
	pki->remembers = true;
}

static const struct memory *recall(const struct sim_pki *pki, const struct crypto_rsa_private *key,
				   const uint8_t digest[CRYPTO_SHA384_BYTES])
{
	for (size_t i = 0; i < pki->n_memories; i++)
		if (pki->memories[i].key == key &&
		    !memcmp(pki->memories[i].digest, digest, CRYPTO_SHA384_BYTES))
			return &pki->memories[i];
	return NULL;
}

/* Without memory it is forgotten, and made again. */
static void memorize(struct sim_pki *pki, const struct memory *made)
{
	if (pki->n_memories == pki->room) {
		const size_t room = pki->room ? 2 * pki->room : 64;
		struct memory *more = reallocarray(pki->memories, room, sizeof(*more));

		if (!more)
			return;
		pki->memories = more;
		pki->room = room;
	}
	pki->memories[pki->n_memories++] = *made;
}

void sim_pki_salt(const struct sim_pki *pki, const uint8_t *digest, size_t n, uint8_t *ret, size_t ret_size)
{
	crypto_derive(pki->seed, sim_seed_world_size(pki->seed), "jurat sim pss salt", digest, n, ret,
		      ret_size);
}

/*
 * Whether the signature algorithm of a leaf has an explicit trailerField: Milan's VCEKs do, as AMD's did
 * until late 2024 (verifiers must accept both forms, B56). All CA certificates do; CRLs do not.
 */
static bool leaf_has_trailer_field(const struct sim_endorsement *what)
{
	return what->product == SNP_MILAN && !what->vlek;
}

static bool has_trailer_field(const struct sim_pki_draft *draft)
{
	return draft->leaf ? leaf_has_trailer_field(draft->leaf) : draft->item != SIM_PKI_CRL;
}

static enum sim_ca issuer_of(const struct sim_pki_draft *draft)
{
	if (draft->leaf)
		return draft->leaf->vlek ? SIM_ASVK : SIM_ASK;
	return SIM_ARK;
}

/* The salt is derived from the signed bytes, so that the same bytes have the same signature. */
static int sign_tbs(struct sim_pki *pki, const struct sim_pki_draft *draft, uint8_t ret[CRYPTO_RSA_BYTES],
		    struct jurat_error *err)
{
	uint8_t salt[CRYPTO_RSA_SALT_BYTES];
	const struct memory *before;
	struct memory made;
	int r = sim_pki_ca_key(pki, draft->product, issuer_of(draft), &made.key, err);

	if (r < 0)
		return r;
	crypto_sha384(draft->tbs, draft->tbs_size, made.digest);
	before = recall(pki, made.key, made.digest);
	if (before) {
		memcpy(ret, before->signature, CRYPTO_RSA_BYTES);
		return 0;
	}
	sim_pki_salt(pki, made.digest, sizeof(made.digest), salt, sizeof(salt));
	r = pki->hook ? crypto_rsa_sign_otherwise(made.key, made.digest, sizeof(made.digest), salt,
						  sizeof(salt), made.signature)
		      : crypto_rsa_pss_sign(made.key, made.digest, salt, made.signature);
	if (r < 0)
		return jurat_fail(err, r, "cannot sign a test certificate");
	if (pki->remembers)
		memorize(pki, &made);
	memcpy(ret, made.signature, CRYPTO_RSA_BYTES);
	return 0;
}

/* SEQUENCE { tbs, algorithm, BIT STRING signature } */
int sim_pki_sign(struct sim_pki *pki, const struct sim_pki_draft *draft, uint8_t *to, size_t *ret_size,
		 struct jurat_error *err)
{
	struct der_wr d = der_wr(to, SIM_CERT_MAX_BYTES);
	uint8_t signature[CRYPTO_RSA_BYTES];
	int r = sign_tbs(pki, draft, signature, err);

	if (r < 0)
		return r;
	der_put_open(&d, DER_SEQUENCE);
	der_put_raw(&d, draft->tbs, draft->tbs_size);
	pki_put_pss(&d, has_trailer_field(draft));
	der_put_bits(&d, signature, sizeof(signature), 0);
	der_put_close(&d);
	if (d.w.bad)
		return jurat_fail(err, -EINVAL, "a test certificate has more than %d bytes",
				  SIM_CERT_MAX_BYTES);
	*ret_size = d.w.off;
	return 0;
}

static int make(struct sim_pki *pki, struct sim_pki_draft *draft, const struct der_wr *tbs, uint8_t *to,
		size_t *ret_size, struct jurat_error *err)
{
	assert(!tbs->w.bad);
	draft->tbs = tbs->w.data;
	draft->tbs_size = tbs->w.off;
	if (pki->hook)
		return pki->hook(pki->hook_ctx, pki, draft, to, ret_size, err);
	return sim_pki_sign(pki, draft, to, ret_size, err);
}

/* Serial numbers as AMD's; Genoa's first ASK was replaced. */
uint32_t sim_pki_ca_serial(enum snp_product product, enum sim_ca ca)
{
	static const uint32_t serials[SNP_N_PRODUCTS][SIM_N_CAS] = {
		[SNP_MILAN] = { 0x010000, 0x010001, 0x010101 },
		[SNP_GENOA] = { 0x020000, 0x020002, 0x020101 },
		[SNP_TURIN] = { 0x030000, 0x030001, 0x030101 },
	};

	return serials[product][ca];
}

static int make_key(struct sim_pki *pki, enum snp_product product, enum sim_ca ca,
		    struct crypto_rsa_private **ret, struct jurat_error *err)
{
	const uint32_t *hints = NULL;
	uint8_t secret[SIM_WORLD_BYTES];
	int r;

	if (sim_seed_world_size(pki->seed) == strlen(SIM_PKI_DEFAULT_SEED) &&
	    strncmp(pki->seed, SIM_PKI_DEFAULT_SEED, strlen(SIM_PKI_DEFAULT_SEED)) == 0)
		hints = sim_pki_hints[product][ca];
	sim_pki_ca_secret(pki->seed, product, ca, secret);
	r = crypto_rsa_private_derive(secret, sizeof(secret), hints, ret, NULL, err);
	bytes_wipe(secret, sizeof(secret));
	return r;
}

/* The first call generates it. */
static int get_key(struct sim_pki *pki, enum snp_product product, enum sim_ca which, struct ca **ret,
		   struct jurat_error *err)
{
	struct ca *ca = &pki->cas[product][which];
	uint8_t n[CRYPTO_RSA_BYTES], digest[CRYPTO_SHA256_BYTES];
	int r;

	*ret = ca;
	if (ca->key)
		return 0;
	r = make_key(pki, product, which, &ca->key, err);
	if (r < 0)
		return jurat_wrap(err, r, "%s test CA", snp_product_name(product));
	crypto_rsa_private_modulus(ca->key, n);
	crypto_sha256(n, sizeof(n), digest);
	memcpy(ca->key_id, digest, sizeof(ca->key_id)); /* any method is allowed: RFC 5280 4.2.1.2 */
	return 0;
}

int sim_pki_ca_key(struct sim_pki *pki, enum snp_product product, enum sim_ca ca,
		   const struct crypto_rsa_private **ret, struct jurat_error *err)
{
	struct ca *found;
	int r = get_key(pki, product, ca, &found, err);

	if (r == 0)
		*ret = found->key;
	return r;
}

void sim_pki_other_secret(uint8_t ret[SIM_WORLD_BYTES])
{
	static const char seed[] = SIM_PKI_DEFAULT_SEED;

	crypto_derive(seed, strlen(seed), "jurat sim other key", NULL, 0, ret, SIM_WORLD_BYTES);
}

static int issue_ca(struct sim_pki *pki, enum snp_product product, enum sim_ca which, const struct ca *issuer,
		    struct ca *ca, struct jurat_error *err)
{
	static const enum sim_pki_item items[SIM_N_CAS] = {
		[SIM_ARK] = SIM_PKI_ARK, [SIM_ASK] = SIM_PKI_ASK, [SIM_ASVK] = SIM_PKI_ASVK
	};
	struct sim_pki_draft draft = { .item = items[which], .product = product };
	uint8_t buf[TBS_MAX_BYTES], n[CRYPTO_RSA_BYTES];
	struct der_wr d = der_wr(buf, sizeof(buf));
	char issuer_name[32], subject_name[32];

	crypto_rsa_private_modulus(ca->key, n);
	sim_pki_ca_name(product, SIM_ARK, issuer_name);
	sim_pki_ca_name(product, which, subject_name);
	der_put_open(&d, DER_SEQUENCE);
	pki_put_version(&d, DER_CONTEXT_CONSTRUCTED(0), 2);
	der_put_uint(&d, sim_pki_ca_serial(product, which));
	pki_put_pss(&d, true);
	pki_put_name(&d, issuer_name);
	x509_put_validity(&d, roots_begin, roots_end);
	pki_put_name(&d, subject_name);
	pki_put_rsa_key(&d, n);
	pki_put_ca_extensions(&d, product, which, ca->key_id, issuer->key_id);
	der_put_close(&d);
	return make(pki, &draft, &d, ca->der, &ca->size, err);
}

/* Returns the CA with its certificate; the first call issues it. */
static int get_ca(struct sim_pki *pki, enum snp_product product, enum sim_ca which, const struct ca **ret,
		  struct jurat_error *err)
{
	struct ca *ca, *ark;
	int r;

	r = get_key(pki, product, SIM_ARK, &ark, err);
	if (r == 0)
		r = get_key(pki, product, which, &ca, err);
	if (r < 0)
		return r;
	if (!ca->is_issued) {
		r = issue_ca(pki, product, which, ark, ca, err);
		if (r < 0)
			return r;
		ca->is_issued = true;
	}
	*ret = ca;
	return 0;
}

static int check_product(enum snp_product product, struct jurat_error *err)
{
	if (product <= SNP_PRODUCT_UNKNOWN || product >= SNP_N_PRODUCTS)
		return jurat_fail(err, -EINVAL, "no test roots for product %d", (int)product);
	return 0;
}

int sim_pki_ca(struct sim_pki *pki, enum snp_product product, enum sim_ca ca, const uint8_t **ret,
	       size_t *ret_size, struct jurat_error *err)
{
	const struct ca *found;
	int r;

	r = check_product(product, err);
	if (r < 0)
		return r;
	if ((unsigned)ca >= SIM_N_CAS)
		return jurat_fail(err, -EINVAL, "no test CA %d", (int)ca);
	r = get_ca(pki, product, ca, &found, err);
	if (r < 0)
		return r;
	*ret = found->der;
	*ret_size = found->size;
	return 0;
}

static int check_endorsement(const struct sim_endorsement *what, struct jurat_error *err)
{
	struct snp_tcb tcb;
	size_t n;
	int r;

	r = check_product(what->product, err);
	if (r < 0)
		return r;
	if (!snp_tcb_read(what->product, what->tcb, &tcb))
		return jurat_fail(err, -EINVAL,
				  "TCB 0x%016llx: a component that %s does not have is not zero",
				  (unsigned long long)what->tcb, snp_product_name(what->product));
	if (!what->vlek)
		return 0;
	n = what->csp_id ? strlen(what->csp_id) : 0;
	if (n == 0 || n > SIM_CSP_ID_MAX_CHARS)
		return jurat_fail(err, -EINVAL, "a CSP_ID has 1 to %d characters, not %zu",
				  SIM_CSP_ID_MAX_CHARS, n);
	for (size_t i = 0; i < n; i++)
		if (what->csp_id[i] < 0x20 || what->csp_id[i] > 0x7e)
			return jurat_fail(err, -EINVAL, "character %zu of the CSP_ID is not printable ASCII",
					  i);
	return 0;
}

int sim_pki_endorse(struct sim_pki *pki, const struct sim_endorsement *what, uint8_t *to, size_t *ret_size,
		    struct jurat_error *err)
{
	static const uint8_t serial_zero = 0; /* as all of AMD's leaves */
	enum sim_ca which = what->vlek ? SIM_ASVK : SIM_ASK;
	struct sim_pki_draft draft = { .item = what->vlek ? SIM_PKI_VLEK : SIM_PKI_VCEK,
				       .product = what->product,
				       .leaf = what };
	uint8_t buf[TBS_MAX_BYTES];
	struct der_wr d = der_wr(buf, sizeof(buf));
	char issuer_name[32];
	int r;

	r = check_endorsement(what, err);
	if (r < 0)
		return r;
	sim_pki_ca_name(what->product, which, issuer_name);
	der_put_open(&d, DER_SEQUENCE);
	pki_put_version(&d, DER_CONTEXT_CONSTRUCTED(0), 2);
	der_put(&d, DER_INTEGER, &serial_zero, 1);
	pki_put_pss(&d, leaf_has_trailer_field(what));
	pki_put_name(&d, issuer_name);
	x509_put_validity(&d, pki->leaf_begin, what->vlek ? pki->vlek_end : pki->vcek_end);
	pki_put_name(&d, what->vlek ? "SEV-VLEK" : "SEV-VCEK");
	x509_put_ec_key(&d, CRYPTO_P384, what->public_xy);
	pki_put_leaf_extensions(&d, what);
	der_put_close(&d);
	return make(pki, &draft, &d, to, ret_size, err);
}

static void put_revoked(struct der_wr *d, enum snp_product product, enum sim_ca ca)
{
	der_put_open(d, DER_SEQUENCE);
	der_put_uint(d, sim_pki_ca_serial(product, ca));
	der_put_time(d, roots_begin);
	der_put_close(d);
}

int sim_pki_crl(struct sim_pki *pki, enum snp_product product, bool revoke_ask, bool revoke_asvk, uint8_t *to,
		size_t *ret_size, struct jurat_error *err)
{
	uint8_t buf[TBS_MAX_BYTES];
	struct sim_pki_draft draft = { .item = SIM_PKI_CRL, .product = product };
	struct der_wr d = der_wr(buf, sizeof(buf));
	struct ca *ark;
	char name[32];
	int r;

	r = check_product(product, err);
	if (r < 0)
		return r;
	r = get_key(pki, product, SIM_ARK, &ark, err);
	if (r < 0)
		return r;
	sim_pki_ca_name(product, SIM_ARK, name);
	der_put_open(&d, DER_SEQUENCE);
	der_put_uint(&d, 1);
	pki_put_pss(&d, false);
	pki_put_name(&d, name);
	der_put_time(&d, roots_begin);
	der_put_time(&d, roots_end);
	if (revoke_ask || revoke_asvk) {
		der_put_open(&d, DER_SEQUENCE);
		if (revoke_ask)
			put_revoked(&d, product, SIM_ASK);
		if (revoke_asvk)
			put_revoked(&d, product, SIM_ASVK);
		der_put_close(&d);
	}
	/* Each of the four possible CRLs has its own number. */
	pki_put_crl_extensions(&d, ark->key_id, 1 + (revoke_ask ? 1 : 0) + (revoke_asvk ? 2 : 0));
	der_put_close(&d);
	return make(pki, &draft, &d, to, ret_size, err);
}
