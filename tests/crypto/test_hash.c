/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "crypto/hash.h"

/*
 * SOURCE: the examples of FIPS 180-4 (NIST, "Examples with Intermediate Values") and the digests of nothing.
 */
static const struct {
	const char *message;
	const char *sha256, *sha384, *sha512;
} digests[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
	  "63b931bd47417a81a538327af927da3e" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
	  "454d4423643ce80e2a9ac94fa54ca49f" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	  "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b",
	  "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca0"
	  "31ad85c7a71dd70354ec631238ca3445" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
	  "mnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
	  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
	  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433a"
	  "c7d329eeb6dd26545e96e55b874be909" },
};

static void assert_hex(const uint8_t *got, size_t n, const char *expected)
{
	char hex[BYTES_HEX_SIZE(256)];

	assert_true(n <= 256);
	assert_string_equal(bytes_to_hex(got, n, hex), expected);
}

static void published_messages_have_their_digests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(digests); i++) {
		size_t n = strlen(digests[i].message);
		auto_free uint8_t *m = heap_copy(digests[i].message, n);
		uint8_t ret[64];

		crypto_sha256(m, n, ret);
		assert_hex(ret, 32, digests[i].sha256);
		crypto_sha384(m, n, ret);
		assert_hex(ret, 48, digests[i].sha384);
		crypto_sha512(m, n, ret);
		assert_hex(ret, 64, digests[i].sha512);
	}
}

static void a_million_letters_have_their_digests(void **state)
{
	const size_t n = 1000000;
	auto_free uint8_t *m = malloc(n);
	uint8_t ret[64];

	(void)state;
	assert_non_null(m);
	memset(m, 'a', n);
	crypto_sha256(m, n, ret);
	assert_hex(ret, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	crypto_sha384(m, n, ret);
	assert_hex(ret, 48,
		   "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87"
		   "f3d8985");
	crypto_sha512(m, n, ret);
	assert_hex(ret, 64,
		   "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce"
		   "577c31b"
		   "eb009c5c2c49aa2e4eadb217ad8cc09b");
}

static void pieces_have_the_digest_of_the_whole(void **state)
{
	uint8_t m[1000], want[48], ret[48];
	struct crypto_sha384 c, half;

	(void)state;
	for (size_t i = 0; i < sizeof(m); i++)
		m[i] = (uint8_t)(i * 7);
	crypto_sha384(m, sizeof(m), want);
	for (size_t cut = 0; cut <= sizeof(m); cut++) {
		crypto_sha384_init(&half);
		crypto_sha384_add(&half, m, cut);
		c = half; /* a copy goes on by itself */
		crypto_sha384_add(&half, m, cut);
		crypto_sha384_add(&c, m + cut, sizeof(m) - cut);
		crypto_sha384_end(&c, ret);
		assert_memory_equal(ret, want, sizeof(want));
	}
}

static void no_data_may_be_null(void **state)
{
	uint8_t ret[64];

	(void)state;
	crypto_sha256(NULL, 0, ret);
	assert_hex(ret, 32, digests[0].sha256);
	crypto_sha384(NULL, 0, ret);
	assert_hex(ret, 48, digests[0].sha384);
	crypto_sha512(NULL, 0, ret);
	assert_hex(ret, 64, digests[0].sha512);
}

/* SOURCE: HKDF-SHA-512 of RFC 5869 written out with Python's hmac module, info = label | 00 | context. */
static void derived_bytes_are_hkdf_sha_512(void **state)
{
	uint8_t ret[150], secret[200];

	(void)state;
	crypto_derive("secret", 6, "label", "context", 7, ret, sizeof(ret));
	assert_hex(ret, sizeof(ret),
		   "5beef786778f38df67e9a4901b2fa09a27ec8d7e39182642549a4a86eb31f9318052ebb1dc9e816d228cb3b8d"
		   "e284b5a"
		   "7a53b4adfac7a4d8699edb45732842c8f24bc16f7f0890ceedb90fdceddf59f2f4f15bd0c0a3e31bd81ea7c3e"
		   "2d29345"
		   "6a0a6ad48a45616cee036b7e070ca5f3383670449db2040509ae4c90351e6a887b7a264e5b010f84e3f3c0426"
		   "7d9fcd2"
		   "ac7c6493f3c2");
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	crypto_derive(secret, sizeof(secret), "", NULL, 0, ret, 64);
	assert_hex(ret, 64,
		   "6e7b1a2e92c31bc91c30f5aa7b8f84323301fec5951cf6387747495a4a3d339741771bf9680d944bd2aac85c3"
		   "f7fffd3"
		   "650f1897124264c367f238de746619dd");
}

static void a_derived_size_only_cuts_the_same_stream(void **state)
{
	uint8_t most[255 * 64], less[130];

	(void)state;
	crypto_derive("secret", 6, "label", "context", 7, most, sizeof(most));
	for (size_t n = 0; n <= sizeof(less); n++) {
		memset(less, 0xee, sizeof(less));
		crypto_derive("secret", 6, "label", "context", 7, less, n);
		assert_memory_equal(less, most, n);
		assert_true(bytes_all(less + n, sizeof(less) - n, 0xee));
	}
}

static void secret_label_and_context_each_change_what_is_derived(void **state)
{
	static const struct {
		const char *secret, *label, *context;
	} inputs[] = { { "s", "ab", "c" }, { "s", "a", "bc" }, { "s", "abc", "" }, { "s", "", "abc" },
		       { "t", "ab", "c" }, { "", "ab", "c" },  { "s", "ab", "d" } };
	uint8_t ret[ARRAY_SIZE(inputs)][32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		crypto_derive(inputs[i].secret, strlen(inputs[i].secret), inputs[i].label, inputs[i].context,
			      strlen(inputs[i].context), ret[i], sizeof(ret[i]));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(ret[i], ret[j], sizeof(ret[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_messages_have_their_digests),
		cmocka_unit_test(a_million_letters_have_their_digests),
		cmocka_unit_test(pieces_have_the_digest_of_the_whole),
		cmocka_unit_test(no_data_may_be_null),
		cmocka_unit_test(derived_bytes_are_hkdf_sha_512),
		cmocka_unit_test(a_derived_size_only_cuts_the_same_stream),
		cmocka_unit_test(secret_label_and_context_each_change_what_is_derived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
