/* SPDX-License-Identifier: MIT */
#include "psp_support.h"

#include "crypto/ec.h"
#include "wire/snp_launch.h"

/* ---- SNP_LAUNCH_UPDATE */

static void digest_of_a_page(const uint8_t before[48], const uint8_t contents[48], uint8_t type, uint64_t gpa,
			     uint8_t ret[48])
{
	/* PAGE_INFO, byte by byte. Spec: SNP ABI, SNP_LAUNCH_UPDATE */
	uint8_t info[0x70] = { 0 };

	memcpy(info, before, 48);
	memcpy(info + 0x30, contents, 48);
	info[0x60] = 0x70;
	info[0x62] = type;
	for (unsigned i = 0; i < 8; i++)
		info[0x68 + i] = (uint8_t)(gpa >> 8 * i);
	crypto_sha384(info, sizeof(info), ret);
}

static void each_type_of_page_is_digested_as_the_abi_says(void **state)
{
	static const uint8_t types[] = { 1, 2, 3, 4, 5, 6 };
	struct sim_launch l = { .policy = 0x30000 };
	uint8_t expected[48] = { 0 }, page[4096], of_page[48];
	static const uint8_t none[48];

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i * 7);
	crypto_sha384(page, sizeof(page), of_page);
	for (size_t i = 0; i < sizeof(types); i++) {
		bool has_contents = types[i] <= 2;
		uint64_t gpa = UINT64_C(0xfffffffff000) - i * 0x1000;

		digest_of_a_page(expected, has_contents ? of_page : none, types[i], gpa, expected);
		assert_int_equal(sim_launch_update(&l, gpa, types[i], has_contents ? page : NULL),
				 SNP_SUCCESS);
		assert_memory_equal(l.measurement, expected, 48);
	}
}

static void a_page_of_no_type_or_without_contents_is_refused(void **state)
{
	static const struct {
		uint8_t type;
		bool has_contents;
	} bad[] = { { 0, true }, { 7, true }, { 255, true }, { 1, false }, { 2, false } };
	struct sim_launch l = some_launch(), before = l;
	static const uint8_t page[4096];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			sim_launch_update(&l, 0x1000, bad[i].type, bad[i].has_contents ? page : NULL),
			SNP_INVALID_PARAM);
	assert_memory_equal(&l, &before, sizeof(l));
}

/* ---- the ID block */

struct signed_block {
	uint8_t block[SNP_ID_BLOCK_BYTES], auth[SNP_ID_AUTH_BYTES];
};

/* `bytes` signed at `auth`: the key's public part at `key_at`, the signature at `signature_at`. */
static void sign(struct signed_block *b, const char *secret, const uint8_t *bytes, size_t n, size_t key_at,
		 size_t signature_at)
{
	uint8_t digest[48], xy[96], r[48], s[48];
	struct crypto_ec_private *key;

	assert_int_equal(crypto_ec_private_derive(CRYPTO_P384, secret, strlen(secret), &key, NULL), 0);
	crypto_ec_private_public(key, xy);
	b->auth[key_at] = SNP_CURVE_P384;
	snp_number_write(xy, b->auth + key_at + 4);
	snp_number_write(xy + 48, b->auth + key_at + 0x4c);
	crypto_sha384(bytes, n, digest);
	assert_int_equal(crypto_ec_sign(key, NULL, digest, sizeof(digest), r, s), 0);
	snp_number_write(r, b->auth + signature_at);
	snp_number_write(s, b->auth + signature_at + 72);
	crypto_ec_private_free(key);
}

/* Of some_launch(), with values of its own for what reports have of it. */
static struct signed_block some_block(bool has_author)
{
	struct sim_launch l = some_launch();
	struct signed_block b = { 0 };

	memcpy(b.block, l.measurement, 48);
	memset(b.block + 0x30, 0xfa, 16);
	memset(b.block + 0x40, 0x1a, 16);
	b.block[0x50] = 1;
	b.block[0x54] = 9;
	bytes_put_le(b.block + 0x58, l.policy, 8);
	b.auth[0] = 1;
	b.auth[4] = has_author;
	sign(&b, "ID key", b.block, sizeof(b.block), 0x240, 0x40);
	if (has_author)
		sign(&b, "author key", b.auth + 0x240, 0x404, 0x880, 0x680);
	return b;
}

static void reports_have_what_the_id_block_states(void **state)
{
	for (int has_author = 0; has_author <= 1; has_author++) {
		struct signed_block b = some_block(has_author);
		struct sim_launch l = some_launch(), before = l;
		uint8_t expected[48];

		memset(l.author_key_digest, 0, sizeof(l.author_key_digest));
		l.author_key_en = false;
		assert_int_equal(sim_launch_identify(&l, b.block, b.auth, has_author), SNP_SUCCESS);
		assert_int_equal(l.guest_svn, 9);
		assert_true(bytes_all(l.family_id, 16, 0xfa) && bytes_all(l.image_id, 16, 0x1a));
		crypto_sha384(b.auth + 0x240, 0x404, expected);
		assert_memory_equal(l.id_key_digest, expected, 48);
		crypto_sha384(b.auth + 0x880, 0x404, expected);
		assert_int_equal(l.author_key_en, has_author);
		if (has_author)
			assert_memory_equal(l.author_key_digest, expected, 48);
		else
			assert_true(bytes_all(l.author_key_digest, 48, 0));
		assert_memory_equal(l.measurement, before.measurement, 48);
		assert_memory_equal(l.host_data, before.host_data, 32);
	}
}

/* Signs what a test has changed in the block again. */
static void sign_again(struct signed_block *b)
{
	sign(b, "ID key", b->block, sizeof(b->block), 0x240, 0x40);
	sign(b, "author key", b->auth + 0x240, 0x404, 0x880, 0x680);
}

static void a_block_that_does_not_fit_is_refused(void **state)
{
	static const struct {
		bool in_auth;
		size_t at;
		uint8_t value;
		bool is_signed_again;
		uint32_t status;
	} bad[] = {
		{ false, 0x00, 0x34, true, SNP_BAD_MEASUREMENT },
		{ false, 0x2f, 0x34, true, SNP_BAD_MEASUREMENT },
		{ false, 0x5a, 0x0b, true, SNP_POLICY_FAILURE },
		{ false, 0x5f, 0x80, true, SNP_POLICY_FAILURE },
		{ false, 0x50, 2, true, SNP_INVALID_PARAM },
		{ false, 0x50, 0, true, SNP_INVALID_PARAM },
		{ false, 0x00, 0x34, false, SNP_BAD_SIGNATURE },
		{ false, 0x54, 8, false, SNP_BAD_SIGNATURE },
		{ true, 0x000, 0, false, SNP_INVALID_PARAM },
		{ true, 0x000, 2, false, SNP_INVALID_PARAM },
		{ true, 0x004, 0, false, SNP_INVALID_PARAM },
		{ true, 0x008, 1, false, SNP_INVALID_PARAM },
		{ true, 0x03f, 1, false, SNP_INVALID_PARAM },
		{ true, 0x23f, 1, false, SNP_INVALID_PARAM },
		{ true, 0x40, 0, false, SNP_BAD_SIGNATURE },
		{ true, 0x40 + 71, 1, false, SNP_BAD_SIGNATURE },
		{ true, 0x88, 0, false, SNP_BAD_SIGNATURE },
		{ true, 0x6c8, 0, false, SNP_BAD_SIGNATURE },
		{ true, 0x240, 1, false, SNP_BAD_SIGNATURE }, /* the author signed the key */
		{ true, 0x240, 1, true, SNP_SUCCESS },        /* signing puts the curve back */
		{ true, 0x880, 1, false, SNP_INVALID_PARAM },
		{ true, 0x880 + 0x4b, 1, false, SNP_INVALID_PARAM },
		{ true, 0xc83, 1, false, SNP_INVALID_PARAM },
		{ true, 0xfff, 1, false, SNP_INVALID_PARAM },
		{ true, 0x884, 1, false, SNP_INVALID_PARAM }, /* no point of the curve */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct signed_block b = some_block(true);
		struct sim_launch l = some_launch(), before = l;

		(bad[i].in_auth ? b.auth : b.block)[bad[i].at] = bad[i].value;
		if (bad[i].is_signed_again)
			sign_again(&b);
		if (sim_launch_identify(&l, b.block, b.auth, true) != bad[i].status)
			FAIL_BECAUSE("row %zu: 0x%x instead of 0x%x", i,
				     sim_launch_identify(&l, b.block, b.auth, true), bad[i].status);
		if (bad[i].status != SNP_SUCCESS)
			assert_memory_equal(&l, &before, sizeof(l));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_of_page_is_digested_as_the_abi_says),
		cmocka_unit_test(a_page_of_no_type_or_without_contents_is_refused),
		cmocka_unit_test(reports_have_what_the_id_block_states),
		cmocka_unit_test(a_block_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
