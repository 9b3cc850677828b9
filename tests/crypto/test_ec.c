/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <pthread.h>

#include "crypto/ec.h"
#include "crypto/hash.h"
#include "support/fault_env.h"

enum { MAX = CRYPTO_EC_MAX_BYTES };

struct vector {
	enum crypto_curve curve;
	const char *name, *xy, *digest, *rs;
	bool holds;
};

#include "ec_vectors.h"

/* Everybody who computes something: the tests below ask all of them the same. */
static const struct {
	enum crypto_curve curve;
	const struct crypto_ec_maker *maker;
} makers[] = {
	{ CRYPTO_P256, &crypto_p256_hogweed },      { CRYPTO_P256, &crypto_p256_openssl },
	{ CRYPTO_P384, &crypto_p384_hogweed },      { CRYPTO_P384, &crypto_p384_openssl },
#ifdef CRYPTO_HAVE_AWS_LC
	{ CRYPTO_P256, &crypto_p256_awslc },        { CRYPTO_P384, &crypto_p384_awslc },
	{ CRYPTO_P256, &crypto_p256_awslc_random }, { CRYPTO_P384, &crypto_p384_awslc_random },
#endif
};

static const char *const prime[] = {
	"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
	"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
};
static const char *const order[] = {
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
};
static const char *const generator[] = {
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	"aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"
	"3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
};
/* A point whose x is so small that x + p fits too. SOURCE: computed as ec_vectors.py does. */
static const char *const small_x[] = {
	"0000000000000000000000000000000000000000000000000000000000000005"
	"459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc",
	"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002"
	"8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb780232baf57825fc0c1912ada2fefe84024c",
};

static size_t from_hex(const char *hex, uint8_t *ret)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= 2 * MAX);
	assert_true(bytes_from_hex(hex, ret, n));
	return n;
}

/* a += b * 1 over n big-endian bytes; the carry out is lost. */
static void add(uint8_t *a, const uint8_t *b, size_t n)
{
	unsigned carry = 0;

	while (n-- > 0) {
		carry += (unsigned)a[n] + b[n];
		a[n] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void add_small(uint8_t *a, size_t n, int8_t by)
{
	uint8_t b[MAX];

	memset(b, by < 0 ? 0xff : 0, n);
	b[n - 1] = (uint8_t)by;
	add(a, b, n);
}

/* A key pair and a signature of one maker. */
struct fixture {
	const struct crypto_ec_maker *maker;
	size_t n;
	void *private, *public;
	uint8_t xy[2 * MAX], digest[64], r[MAX], s[MAX];
};

static void fixture_init(struct fixture *f, size_t i)
{
	uint8_t scalar[MAX];

	f->maker = makers[i].maker;
	f->n = crypto_curve_bytes(makers[i].curve);
	crypto_derive("test_ec", 7, "scalar", NULL, 0, scalar, f->n);
	scalar[0] &= 0x7f;
	assert_int_equal(f->maker->private_new(scalar, &f->private), 0);
	f->maker->private_public(f->private, f->xy);
	assert_int_equal(f->maker->public_new(f->xy, &f->public), 0);
	crypto_derive("test_ec", 7, "digest", NULL, 0, f->digest, sizeof(f->digest));
	assert_int_equal(f->maker->sign(f->private, base_env_real(), f->digest, f->n, f->r, f->s), 0);
}

static void fixture_done(struct fixture *f)
{
	f->maker->private_free(f->private);
	f->maker->public_free(f->public);
}

/*
 * Nettle up to 3.8 adds two equal points wrongly and so refuses one good signature: that of the digest
 * rd mod n, which takes the private key d and a preimage to make, so that no message has it.
 */
static bool is_refused_by_old_nettle(const struct vector *v, const struct crypto_ec_maker *maker)
{
	return !strcmp(maker->name, "hogweed") && strcmp(v->name, "both summands are the same point") == 0;
}

static void every_maker_judges_the_vectors_alike(void **state)
{
	unsigned judged = 0;

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(vectors); v++)
		for (size_t m = 0; m < ARRAY_SIZE(makers); m++) {
			uint8_t xy[2 * MAX], digest[2 * MAX], rs[2 * MAX];
			size_t n = crypto_curve_bytes(vectors[v].curve), digest_size;
			void *key = NULL;
			int r;

			if (makers[m].curve != vectors[v].curve)
				continue;
			assert_int_equal(from_hex(vectors[v].xy, xy), 2 * n);
			assert_int_equal(from_hex(vectors[v].rs, rs), 2 * n);
			digest_size = from_hex(vectors[v].digest, digest);
			assert_int_equal(makers[m].maker->public_new(xy, &key), 0);
			r = makers[m].maker->verify(key, digest, digest_size, rs, rs + n);
			if (r == JURAT_REFUSED && is_refused_by_old_nettle(&vectors[v], makers[m].maker))
				r = 0;
			if (r != (vectors[v].holds ? 0 : JURAT_REFUSED))
				FAIL_BECAUSE("%s: '%s' gives %d", makers[m].maker->name, vectors[v].name, r);
			makers[m].maker->public_free(key);
			judged++;
		}
	assert_int_equal(judged, ARRAY_SIZE(makers) * 16);
}

static void what_one_maker_signs_every_maker_of_the_curve_accepts(void **state)
{
	static const size_t sizes[] = { 1, 20, 32, 48, 64 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct fixture f = { 0 };

		fixture_init(&f, i);
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			auto_free uint8_t *digest = heap_copy(f.digest, sizes[k]);

			assert_int_equal(
				f.maker->sign(f.private, base_env_real(), digest, sizes[k], f.r, f.s), 0);
			for (size_t j = 0; j < ARRAY_SIZE(makers); j++) {
				void *key = NULL;

				if (makers[j].curve != makers[i].curve)
					continue;
				assert_int_equal(makers[j].maker->public_new(f.xy, &key), 0);
				assert_int_equal(makers[j].maker->verify(key, digest, sizes[k], f.r, f.s), 0);
				makers[j].maker->public_free(key);
			}
		}
		fixture_done(&f);
	}
}

static void assert_flips_refused(const struct fixture *f, uint8_t *part)
{
	for (size_t bit = 0; bit < 8 * f->n; bit += test_step()) {
		part[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(f->maker->verify(f->public, f->digest, f->n, f->r, f->s), JURAT_REFUSED);
		part[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(f->maker->verify(f->public, f->digest, f->n, f->r, f->s), 0);
}

static void every_flipped_bit_of_r_s_and_digest_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct fixture f = { 0 };

		fixture_init(&f, i);
		assert_flips_refused(&f, f.r);
		assert_flips_refused(&f, f.s);
		assert_flips_refused(&f, f.digest);
		fixture_done(&f);
	}
}

static void bits_of_a_digest_past_the_curve_do_not_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct fixture f = { 0 };

		fixture_init(&f, i);
		for (size_t size = f.n; size <= sizeof(f.digest); size++)
			assert_int_equal(f.maker->verify(f.public, f.digest, size, f.r, f.s), 0);
		assert_int_equal(f.maker->verify(f.public, f.digest, f.n - 1, f.r, f.s), JURAT_REFUSED);
		assert_int_equal(f.maker->verify(f.public, f.digest, 0, f.r, f.s), JURAT_REFUSED);
		fixture_done(&f);
	}
}

/* 0, n - 1 (in range, and wrong), n, n + 1, p and all ones, in each place and in both. */
static void numbers_out_of_range_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct fixture f = { 0 };
		uint8_t bad[6][MAX] = { { 0 } };

		fixture_init(&f, i);
		for (unsigned k = 1; k <= 3; k++)
			from_hex(order[makers[i].curve], bad[k]);
		add_small(bad[2], f.n, 1);
		add_small(bad[3], f.n, -1);
		from_hex(prime[makers[i].curve], bad[4]);
		memset(bad[5], 0xff, f.n);
		for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
			assert_int_equal(f.maker->verify(f.public, f.digest, f.n, bad[k], f.s),
					 JURAT_REFUSED);
			assert_int_equal(f.maker->verify(f.public, f.digest, f.n, f.r, bad[k]),
					 JURAT_REFUSED);
			for (size_t l = 0; l < ARRAY_SIZE(bad); l++)
				assert_int_equal(f.maker->verify(f.public, f.digest, f.n, bad[k], bad[l]),
						 JURAT_REFUSED);
		}
		fixture_done(&f);
	}
}

/* A checker that reduces r and s instead of refusing them takes these. */
static void a_good_signature_with_the_order_added_is_refused(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(vectors); v++)
		for (size_t m = 0; m < ARRAY_SIZE(makers); m++) {
			uint8_t xy[2 * MAX], digest[2 * MAX], rs[2 * MAX], n[MAX];
			size_t bytes = crypto_curve_bytes(vectors[v].curve), size;
			void *key = NULL;

			/* its r and s are both small enough */
			if (makers[m].curve != vectors[v].curve ||
			    !strstr(vectors[v].name, "not below the order"))
				continue;
			from_hex(vectors[v].xy, xy);
			from_hex(order[vectors[v].curve], n);
			size = from_hex(vectors[v].digest, digest);
			assert_int_equal(makers[m].maker->public_new(xy, &key), 0);
			for (unsigned both = 1; both <= 3; both++) {
				from_hex(vectors[v].rs, rs);
				if (both & 1)
					add(rs, n, bytes);
				if (both & 2)
					add(rs + bytes, n, bytes);
				assert_int_equal(makers[m].maker->verify(key, digest, size, rs, rs + bytes),
						 JURAT_REFUSED);
			}
			makers[m].maker->public_free(key);
		}
}

static void assert_no_point(size_t i, const uint8_t *xy)
{
	auto_free uint8_t *copy = heap_copy(xy, 2 * crypto_curve_bytes(makers[i].curve));
	void *key = (void *)0x1;

	assert_int_equal(makers[i].maker->public_new(copy, &key), -EBADMSG);
	assert_ptr_equal(key, (void *)0x1);
}

static void points_that_are_not_on_the_curve_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		size_t n = crypto_curve_bytes(makers[i].curve);
		uint8_t xy[2 * MAX] = { 0 }, p[MAX];

		from_hex(prime[makers[i].curve], p);
		assert_no_point(i, xy); /* (0, 0): how some write infinity */
		memset(xy, 0xff, sizeof(xy));
		assert_no_point(i, xy);
		from_hex(generator[makers[i].curve], xy);
		memset(xy, 0, n);
		assert_no_point(i, xy); /* x = 0 */
		from_hex(generator[makers[i].curve], xy);
		memset(xy + n, 0, n);
		assert_no_point(i, xy); /* y = 0 */
		memcpy(xy + n, p, n);
		assert_no_point(i, xy); /* y = p */
		memcpy(xy, p, n);
		assert_no_point(i, xy); /* x = y = p */
		from_hex(small_x[makers[i].curve], xy);
		add(xy, p, n);
		assert_no_point(i, xy); /* a point, but x is not reduced */
		from_hex(generator[1 - makers[i].curve], xy);
		assert_no_point(i, xy); /* of the other curve */
	}
}

static void every_flipped_bit_of_a_point_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		uint8_t xy[2 * MAX];
		size_t n = from_hex(generator[makers[i].curve], xy);

		for (size_t bit = 0; bit < 8 * n; bit++) {
			xy[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_no_point(i, xy);
			xy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void good_points_are_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		uint8_t xy[2 * MAX];
		void *key = NULL;

		from_hex(generator[makers[i].curve], xy);
		assert_int_equal(makers[i].maker->public_new(xy, &key), 0);
		makers[i].maker->public_free(key);
		from_hex(small_x[makers[i].curve], xy);
		assert_int_equal(makers[i].maker->public_new(xy, &key), 0);
		makers[i].maker->public_free(key);
	}
}

static void only_scalars_below_the_order_are_private_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		size_t n = crypto_curve_bytes(makers[i].curve);
		uint8_t scalar[MAX] = { 0 }, g[2 * MAX], xy[2 * MAX];
		void *key = NULL;

		from_hex(generator[makers[i].curve], g);
		assert_int_equal(makers[i].maker->private_new(scalar, &key), -EDOM);
		from_hex(order[makers[i].curve], scalar);
		assert_int_equal(makers[i].maker->private_new(scalar, &key), -EDOM);
		add_small(scalar, n, 1);
		assert_int_equal(makers[i].maker->private_new(scalar, &key), -EDOM);
		memset(scalar, 0xff, n);
		assert_int_equal(makers[i].maker->private_new(scalar, &key), -EDOM);
		assert_null(key);

		memset(scalar, 0, n);
		scalar[n - 1] = 1;
		assert_int_equal(makers[i].maker->private_new(scalar, &key), 0);
		makers[i].maker->private_public(key, xy);
		assert_memory_equal(xy, g, 2 * n);
		makers[i].maker->private_free(key);

		from_hex(order[makers[i].curve], scalar);
		add_small(scalar, n, -1);
		assert_int_equal(makers[i].maker->private_new(scalar, &key), 0);
		makers[i].maker->private_public(key, xy); /* -G: the same x */
		assert_memory_equal(xy, g, n);
		assert_memory_not_equal(xy + n, g + n, n);
		makers[i].maker->private_free(key);
	}
}

/* SOURCE: HKDF and the multiplication in Python, as test_hash.c and ec_vectors.py do them. */
static const char *const derived[] = {
	"c0bc460cc51bd78f2113a9098757e999be68d50c368cf1d2302214b536658209"
	"0c3da9a030c428d68c71df5acc13ab7129b89e7c8cd725d175057c3a48a2fded",
	"5ca4c9eea8db5dae261de855610210a4d6b717ab4648a06cb47b06bbd6a15f4df56bdfe42f19119a925facce3df13934"
	"f286278852273b23ebc9154f4069b4799d979f84ac0eed8c4900d0ea21161c00227d6705b76af4dce89746e4037e1229",
};

static void a_secret_gives_the_same_key_everywhere(void **state)
{
	(void)state;
	for (enum crypto_curve c = CRYPTO_P256; c <= CRYPTO_P384; c++) {
		struct crypto_ec_private *key = NULL;
		uint8_t xy[2 * MAX], expected[2 * MAX];
		size_t n = from_hex(derived[c], expected);

		assert_int_equal(crypto_ec_private_derive(c, "jurat test secret", 17, &key, NULL), 0);
		crypto_ec_private_public(key, xy);
		assert_memory_equal(xy, expected, n);
		crypto_ec_private_free(key);
		assert_int_equal(crypto_ec_private_derive(c, "jurat test secreu", 17, &key, NULL), 0);
		crypto_ec_private_public(key, xy);
		assert_memory_not_equal(xy, expected, n);
		crypto_ec_private_free(key);
	}
}

static void a_derived_key_signs_and_its_public_key_verifies(void **state)
{
	(void)state;
	for (enum crypto_curve c = CRYPTO_P256; c <= CRYPTO_P384; c++) {
		struct crypto_ec_private *key = NULL;
		struct crypto_ec_public *public = NULL;
		uint8_t xy[2 * MAX], r[MAX], s[MAX], digest[48] = { 1 };
		struct jurat_error err = { "" };

		assert_int_equal(crypto_ec_private_derive(c, "x", 1, &key, &err), 0);
		crypto_ec_private_public(key, xy);
		assert_int_equal(crypto_ec_public_new(c, xy, &public, &err), 0);
		assert_int_equal(crypto_ec_sign(key, base_env_real(), digest, sizeof(digest), r, s), 0);
		assert_int_equal(crypto_ec_verify(public, digest, sizeof(digest), r, s), 0);
		digest[0] ^= 1;
		assert_int_equal(crypto_ec_verify(public, digest, sizeof(digest), r, s), JURAT_REFUSED);
		crypto_ec_public_free(public);
		public = NULL;
		xy[0] ^= 1;
		assert_int_equal(crypto_ec_public_new(c, xy, &public, &err), -EBADMSG);
		assert_non_null(strstr(err.text, c == CRYPTO_P256 ? "P-256" : "P-384"));
		assert_null(public);
		crypto_ec_private_free(key);
	}
	crypto_ec_private_free(NULL);
	crypto_ec_public_free(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i].maker->private_free(NULL);
		makers[i].maker->public_free(NULL);
	}
}

static void a_sign_without_randomness_fails_and_shows_nothing(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	fixture_init(&f, 1);
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -ENOSYS);
		uint8_t r[MAX], s[MAX];
		int result;

		memset(r, 0xee, sizeof(r));
		memset(s, 0xee, sizeof(s));
		result = f.maker->sign(f.private, &env.base, f.digest, 48, r, s);
		assert_int_equal(result, env.fired ? -ENOSYS : 0);
		assert_int_equal(bytes_all(r, sizeof(r), 0xee), env.fired);
		assert_int_equal(bytes_all(s, sizeof(s), 0xee), env.fired);
		if (!env.fired)
			break;
		assert_string_equal(env.fired_in, "random");
	}
	fixture_done(&f);
}

static int always_zero(struct base_env *env, void *buf, size_t n)
{
	(void)env;
	memset(buf, 0, n);
	return 0;
}

/* OpenSSL has randomness of its own, and AWS-LC, where it does not sign with our nonces. */
static bool is_random(const struct crypto_ec_maker *maker)
{
	return !strcmp(maker->name, "openssl") || !strcmp(maker->name, "awslc_random");
}

static void makers_without_randomness_of_their_own_sign_alike(void **state)
{
	static const size_t sizes[] = { 0, 1, 20, 32, 48, 64 };
	const struct base_env_ops ops = { .random = always_zero };
	struct base_env zero = { .ops = &ops }, *envs[] = { NULL, &zero };
	size_t of_a_curve = 0;
	size_t pairs = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		of_a_curve += makers[i].curve == CRYPTO_P256 && !is_random(makers[i].maker);
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		for (size_t j = 0; j < i; j++) {
			struct fixture a = { 0 }, b = { 0 };

			if (makers[i].curve != makers[j].curve || is_random(makers[i].maker) ||
			    is_random(makers[j].maker))
				continue;
			fixture_init(&a, i);
			fixture_init(&b, j);
			assert_memory_equal(a.xy, b.xy, 2 * a.n);
			for (size_t k = 0; k < 2 * ARRAY_SIZE(sizes); k++) {
				size_t size = sizes[k / 2];

				assert_int_equal(
					a.maker->sign(a.private, envs[k % 2], a.digest, size, a.r, a.s), 0);
				assert_int_equal(
					b.maker->sign(b.private, envs[k % 2], b.digest, size, b.r, b.s), 0);
				assert_memory_equal(a.r, b.r, a.n);
				assert_memory_equal(a.s, b.s, a.n);
			}
			fixture_done(&a);
			fixture_done(&b);
			pairs++;
		}
	assert_int_equal(pairs, of_a_curve * (of_a_curve - 1));
}

struct draws {
	enum crypto_curve curve;
	unsigned n;
};

/* The order, zero, all bits, and then a good nonce. */
static void draw_next(void *ctx, size_t n, uint8_t *to)
{
	struct draws *draws = ctx;

	switch (draws->n++) {
	case 0:
		from_hex(order[draws->curve], to);
		return;
	case 1:
		memset(to, 0, n);
		return;
	case 2:
		memset(to, 0xff, n);
		return;
	default:
		memset(to, 0x5a, n);
	}
}

static void nonces_out_of_range_are_drawn_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct draws draws = { .curve = makers[i].curve },
			     good = { .curve = makers[i].curve, .n = 3 };
		struct fixture f = { 0 }, g = { 0 };

		if (!makers[i].maker->sign_drawn)
			continue;
		fixture_init(&f, i);
		fixture_init(&g, i);
		assert_int_equal(f.maker->sign_drawn(f.private, draw_next, &draws, f.digest, f.n, f.r, f.s),
				 0);
		assert_int_equal(draws.n, 4);
		assert_int_equal(g.maker->sign_drawn(g.private, draw_next, &good, g.digest, g.n, g.r, g.s),
				 0);
		assert_memory_equal(f.r, g.r, f.n);
		assert_memory_equal(f.s, g.s, f.n);
		fixture_done(&f);
		fixture_done(&g);
	}
}

static void randomness_that_repeats_does_not_repeat_a_nonce(void **state)
{
	const struct base_env_ops ops = { .random = always_zero };
	struct base_env env = { .ops = &ops };
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct fixture f = { 0 };
		uint8_t r[MAX], s[MAX];

		if (is_random(makers[i].maker))
			continue;
		fixture_init(&f, i);
		assert_int_equal(f.maker->sign(f.private, &env, f.digest, f.n, f.r, f.s), 0);
		assert_int_equal(f.maker->verify(f.public, f.digest, f.n, f.r, f.s), 0);
		assert_int_equal(f.maker->sign(f.private, &env, f.digest, f.n, r, s), 0);
		assert_memory_equal(r, f.r, f.n); /* the same digest: the same signature */
		assert_memory_equal(s, f.s, f.n);
		f.digest[f.n - 1] ^= 1;
		assert_int_equal(f.maker->sign(f.private, &env, f.digest, f.n, r, s), 0);
		assert_memory_not_equal(r, f.r, f.n);
		assert_int_equal(f.maker->sign(f.private, base_env_real(), f.digest, f.n, f.r, f.s), 0);
		assert_memory_not_equal(r, f.r, f.n);
		fixture_done(&f);
		tried++;
	}
#ifdef CRYPTO_HAVE_AWS_LC
	assert_int_equal(tried, ARRAY_SIZE(makers) - 4);
#else
	assert_int_equal(tried, ARRAY_SIZE(makers) - 2);
#endif
}

/* Frees keys in every order; each verifies until it is freed. */
static void keys_made_like_another_outlive_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		const struct crypto_ec_maker *maker = makers[i].maker;
		struct fixture f = { 0 };
		void *second = NULL, *third = NULL, *none = NULL;
		uint8_t off_curve[2 * MAX];

		if (!maker->public_like)
			continue;
		fixture_init(&f, i);
		memcpy(off_curve, f.xy, sizeof(off_curve));
		off_curve[0] ^= 1;
		assert_int_equal(maker->public_like(f.public, off_curve, &none), -EBADMSG);
		assert_null(none);
		assert_int_equal(maker->public_like(f.public, f.xy, &second), 0);
		maker->public_free(f.public);
		f.public = NULL;
		assert_int_equal(maker->public_like(second, f.xy, &third), 0);
		assert_int_equal(maker->verify(second, f.digest, f.n, f.r, f.s), 0);
		maker->public_free(second);
		assert_int_equal(maker->verify(third, f.digest, f.n, f.r, f.s), 0);
		f.digest[0] ^= 1;
		assert_int_equal(maker->verify(third, f.digest, f.n, f.r, f.s), JURAT_REFUSED);
		maker->public_free(third);
		fixture_done(&f);
	}
}

static void *make_often(void *arg)
{
	const struct fixture *f = arg;
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < 50; i++) {
		void *key = NULL;

		wrong += f->maker->public_like(f->public, f->xy, &key) != 0 ||
			 (i % 10 == 0 && f->maker->verify(key, f->digest, f->n, f->r, f->s) != 0);
		f->maker->public_free(key);
	}
	return (void *)wrong;
}

static void *verify_often(void *arg)
{
	const struct fixture *f = arg;
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < 20; i++) {
		uint8_t digest[64];

		memcpy(digest, f->digest, sizeof(digest));
		digest[i % f->n] ^= (uint8_t)(i & 1);
		wrong += f->maker->verify(f->public, digest, f->n, f->r, f->s) != (i & 1 ? JURAT_REFUSED : 0);
	}
	return (void *)wrong;
}

static void threads_share_a_public_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct fixture f = { 0 };
		pthread_t threads[4];

		fixture_init(&f, i);
		for (size_t k = 0; k < ARRAY_SIZE(threads); k++) {
			bool makes = k % 2 && f.maker->public_like;

			assert_int_equal(
				pthread_create(&threads[k], NULL, makes ? make_often : verify_often, &f), 0);
		}
		for (size_t k = 0; k < ARRAY_SIZE(threads); k++) {
			void *wrong = NULL;

			assert_int_equal(pthread_join(threads[k], &wrong), 0);
			assert_null(wrong);
		}
		fixture_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_maker_judges_the_vectors_alike),
		cmocka_unit_test(what_one_maker_signs_every_maker_of_the_curve_accepts),
		cmocka_unit_test(every_flipped_bit_of_r_s_and_digest_is_refused),
		cmocka_unit_test(bits_of_a_digest_past_the_curve_do_not_count),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(a_good_signature_with_the_order_added_is_refused),
		cmocka_unit_test(points_that_are_not_on_the_curve_are_refused),
		cmocka_unit_test(every_flipped_bit_of_a_point_is_refused),
		cmocka_unit_test(good_points_are_accepted),
		cmocka_unit_test(only_scalars_below_the_order_are_private_keys),
		cmocka_unit_test(a_secret_gives_the_same_key_everywhere),
		cmocka_unit_test(a_derived_key_signs_and_its_public_key_verifies),
		cmocka_unit_test(a_sign_without_randomness_fails_and_shows_nothing),
		cmocka_unit_test(makers_without_randomness_of_their_own_sign_alike),
		cmocka_unit_test(nonces_out_of_range_are_drawn_again),
		cmocka_unit_test(randomness_that_repeats_does_not_repeat_a_nonce),
		cmocka_unit_test(keys_made_like_another_outlive_it),
		cmocka_unit_test(threads_share_a_public_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
