/* SPDX-License-Identifier: MIT */
#include "support/fail_memory.h"
#include "support/test.h"

#include <errno.h>

#include "measure/id_block.h"

/* The scalars 7 and 9, as ID key and author key. */
static struct crypto_ec_private *key(uint8_t scalar)
{
	const uint8_t bytes[48] = { [47] = scalar };
	struct crypto_ec_private *key;

	assert_int_equal(crypto_ec_private_new(CRYPTO_P384, bytes, &key, NULL), 0);
	return key;
}

struct files {
	struct snp_id_block block;
	uint8_t id[SNP_ID_BLOCK_BYTES], auth[SNP_ID_AUTH_BYTES];
	struct id_block_keys keys;
};

static void make(struct files *f, bool with_author)
{
	struct crypto_ec_private *id = key(7), *author = with_author ? key(9) : NULL;

	f->block = (struct snp_id_block){ .policy = 0x30000 };
	for (size_t i = 0; i < sizeof(f->block.ld); i++)
		f->block.ld[i] = (uint8_t)i;
	assert_int_equal(id_block_make(&f->block, id, author, f->id, f->auth, &f->keys, NULL), 0);
	crypto_ec_private_free(id);
	crypto_ec_private_free(author);
}

static int check(const struct files *f, const struct id_block_expected *expected, struct id_block_result *ret)
{
	static const struct id_block_expected nothing;
	struct jurat_error err = { "" };

	return id_block_check(f->id, sizeof(f->id), f->auth, sizeof(f->auth), expected ? expected : &nothing,
			      ret, &err);
}

/* A check gives exactly these reasons: "code: detail", each with a newline. */
static void expect_reasons(const struct files *f, const struct id_block_expected *expected,
			   const char *reasons)
{
	struct id_block_result result;
	char text[2048] = "";
	size_t n = 0;
	int r = check(f, expected, &result);

	for (size_t i = 0; i < result.n_reasons; i++) {
		test_text(text + n, sizeof(text) - n, "%s: %s\n", result.reasons[i].code,
			  result.reasons[i].detail);
		n = strlen(text);
	}
	assert_string_equal(text, reasons);
	assert_int_equal(r, reasons[0] ? JURAT_REFUSED : 0);
}

/*
 * SOURCE: snp-create-id-block of the Python package sev-snp-measure 0.0.13, with the same keys and
 * measurement: digests of the keys, and its signatures.
 */
#define ID_KEY_DIGEST                                                                                        \
	"5a567a369cd97a94c458ab1d41654efc23fd320e1472358c"                                                   \
	"5f9f5b5df4256e78e38a9e3494cc2426bc9f9cd1bca63d1d"
#define AUTHOR_KEY_DIGEST                                                                                    \
	"aa7828d16b3ca47b463e372a9c425e9e0e2d0b8e6a5413c7"                                                   \
	"b8ae83cd8272659fdfd1cf22f1e55136d2846a899f57bcc2"
static const struct {
	size_t at;
	const char *big_endian;
} signatures[] = {
	{ 0x40, "1fe7002ec60bd18be3ded641c20f360b41b43ffe6250f7ed96f9282971bd5e55"
		"a9ed83cd136dd565efe35ad1d8920ae0" },
	{ 0x88, "92eaccacdaba3a1c5e13713d27a8902a6647cf8e79ee47d72b5255f11ceba8f5"
		"23a24855da0921e32c3c4461aec8ff94" },
	{ 0x680, "57cbb5191b56f9c5aec7adb17fd064b95b5d87113676e6ca88356cf1eec8cef3"
		 "0a80317a10f471d37a28151645414e31" },
	{ 0x6c8, "edf8613be56c6f35567168ef4959b39fdc078a393ea326909d65569e7f81889d"
		 "93533a3313641a06479e7a386e35a4e6" },
};

static void another_program_gives_the_same_keys_and_its_signatures_hold(void **state)
{
	struct id_block_result result;
	struct files f;
	char hex[BYTES_HEX_SIZE(48)];

	make(&f, true);
	assert_true(f.keys.has_author_key);
	assert_string_equal(bytes_to_hex(f.keys.id_key_digest, 48, hex), ID_KEY_DIGEST);
	assert_string_equal(bytes_to_hex(f.keys.author_key_digest, 48, hex), AUTHOR_KEY_DIGEST);
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		uint8_t number[48];

		assert_true(bytes_from_hex(signatures[i].big_endian, number, sizeof(number)));
		for (size_t k = 0; k < sizeof(number); k++)
			f.auth[signatures[i].at + k] = number[sizeof(number) - 1 - k];
	}
	assert_int_equal(check(&f, NULL, &result), 0);
	assert_string_equal(bytes_to_hex(result.keys.id_key_digest, 48, hex), ID_KEY_DIGEST);
	assert_string_equal(bytes_to_hex(result.keys.author_key_digest, 48, hex), AUTHOR_KEY_DIGEST);
	assert_memory_equal(&result.block.ld, f.block.ld, sizeof(f.block.ld));
	assert_int_equal(result.block.policy, 0x30000);
}

static void what_was_made_is_accepted_with_and_without_an_author_key(void **state)
{
	for (int with = 0; with < 2; with++) {
		struct id_block_result result;
		struct files f;

		make(&f, with);
		assert_int_equal(f.keys.has_author_key, with);
		assert_int_equal(check(&f, NULL, &result), 0);
		assert_memory_equal(&result.keys, &f.keys, sizeof(f.keys));
		assert_int_equal(bytes_all(f.auth + 0x680, SNP_ID_AUTH_BYTES - 0x680, 0), !with);
		assert_int_equal(f.auth[4], with); /* AUTH_KEY_ALGO */
	}
}

static void a_change_of_any_byte_is_refused(void **state)
{
	struct id_block_result result;
	struct files f;

	for (int with = 0; with < 2; with++) {
		make(&f, with);
		for (size_t i = 0; i < sizeof(f.id) && with; i++) {
			struct jurat_error err;

			f.id[i] ^= 0x80;
			assert_true(id_block_check(f.id, sizeof(f.id), f.auth, sizeof(f.auth),
						   &(struct id_block_expected){ NULL }, &result, &err) != 0);
			f.id[i] ^= 0x80;
		}
		for (size_t i = 0; i < sizeof(f.auth); i += i % 64 < 8 ? 1 : 7) {
			f.auth[i] ^= 0x80;
			if (check(&f, NULL, &result) != JURAT_REFUSED)
				FAIL_BECAUSE("byte 0x%zx of the authentication information can be anything",
					     i);
			f.auth[i] ^= 0x80;
		}
	}
}

static void every_other_size_is_malformed(void **state)
{
	const struct id_block_expected nothing = { NULL };
	struct id_block_result result;
	struct jurat_error err;
	struct files f;

	make(&f, true);
	for (size_t n = 0; n < sizeof(f.id); n++) {
		auto_free uint8_t *copy = heap_copy(f.id, n);

		assert_int_equal(id_block_check(copy, n, f.auth, sizeof(f.auth), &nothing, &result, &err),
				 -EBADMSG);
	}
	assert_string_equal(err.text, "ID block: expected 96 bytes, found 95");
	for (size_t n = 0; n < sizeof(f.auth); n++) {
		auto_free uint8_t *copy = heap_copy(f.auth, n);

		assert_int_equal(id_block_check(f.id, sizeof(f.id), copy, n, &nothing, &result, &err),
				 -EBADMSG);
	}
	assert_string_equal(err.text, "ID authentication information: expected 4096 bytes, found 4095");
	assert_int_equal(id_block_check(f.auth, 97, f.auth, sizeof(f.auth), &nothing, &result, &err),
			 -EBADMSG);
	assert_int_equal(id_block_check(f.id, sizeof(f.id), f.auth, SIZE_MAX, &nothing, &result, &err),
			 -EBADMSG);
	f.id[0x50] = 2;
	assert_int_equal(id_block_check(f.id, sizeof(f.id), f.auth, sizeof(f.auth), &nothing, &result, &err),
			 -EBADMSG);
	assert_string_equal(err.text, "ID block: version at 0x50: expected 1, found 2");
}

static void reasons_name_what_is_wrong(void **state)
{
	static const struct {
		const char *reasons;
		size_t at; /* in the authentication information */
		uint8_t value;
	} bad[] = {
		{ "id-key: algorithm: expected 1 (ECDSA P-384 with SHA-384), found 2\n", 0, 2 },
		{ "author-key: algorithm: expected 1 (ECDSA P-384 with SHA-384), found 0\n", 4, 0 },
		{ "id-auth-reserved: ID authentication information: reserved bytes 0x8 to 0x3f are not "
		  "zero\n",
		  0x3f, 1 },
		{ "id-block-signature: the signature of the ID block is not that of the ID key\n", 0x40, 1 },
		{ "id-block-signature: the signature of the ID block is not that of the ID key\n", 0x70, 1 },
		{ "id-key: curve: expected 2 (P-384), found 1\n"
		  "id-key-signature: the signature of the ID key is not that of the author key\n",
		  0x240, 1 },
		{ "id-key: public key: not a point of P-384\n"
		  "id-key-signature: the signature of the ID key is not that of the author key\n",
		  0x244, 1 },
		{ "id-key: qx or qy is larger than 384 bits\n"
		  "id-key-signature: the signature of the ID key is not that of the author key\n",
		  0x274, 1 },
		{ "id-key-signature: the signature of the ID key is not that of the author key\n", 0x6c8, 1 },
		{ "author-key: public key: not a point of P-384\n", 0x8cc, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct files f;

		make(&f, true);
		assert_int_not_equal(f.auth[bad[i].at], bad[i].value);
		f.auth[bad[i].at] = bad[i].value;
		expect_reasons(&f, NULL, bad[i].reasons);
	}
}

static void each_expectation_is_compared(void **state)
{
	const uint8_t other[48] = { 0x11 };
	const uint32_t svn = 3;
	const uint64_t policy = 0x30001;
	const struct {
		const char *code;
		struct id_block_expected expected;
	} rows[] = {
		{ "id-block-measurement", { .measurement = other } },
		{ "id-block-family-id", { .family_id = other } },
		{ "id-block-image-id", { .image_id = other } },
		{ "id-block-guest-svn", { .guest_svn = &svn } },
		{ "id-block-policy", { .policy = &policy } },
		{ "id-key-digest", { .id_key_digest = other } },
		{ "author-key-digest", { .author_key_digest = other } },
	};
	struct id_block_result result;
	struct files f;

	make(&f, true);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(check(&f, &rows[i].expected, &result), JURAT_REFUSED);
		assert_int_equal(result.n_reasons, 1);
		assert_string_equal(result.reasons[0].code, rows[i].code);
	}
	expect_reasons(&f, &rows[4].expected, "id-block-policy: expected 0x30001, found 0x30000\n");
	expect_reasons(&f, &rows[3].expected, "id-block-guest-svn: expected 3, found 0\n");
	expect_reasons(&f,
		       &(struct id_block_expected){ f.block.ld, f.block.family_id, f.block.image_id,
						    &f.block.guest_svn, &f.block.policy, f.keys.id_key_digest,
						    f.keys.author_key_digest },
		       "");
}

static void a_policy_that_firmware_refuses_is_refused(void **state)
{
	struct crypto_ec_private *id = key(7);
	struct id_block_result result;
	struct jurat_error err;
	struct files f;

	make(&f, false);
	f.block.policy = 0x10000;
	assert_int_equal(id_block_make(&f.block, id, NULL, f.id, f.auth, &f.keys, &err), -EINVAL);
	assert_string_equal(err.text, "the guest policy 0x10000: firmware requires bit 17");
	f.id[0x58 + 2] = 1;
	assert_int_equal(check(&f, NULL, &result), JURAT_REFUSED);
	assert_string_equal(result.reasons[0].code, "id-block-policy");
	crypto_ec_private_free(id);
}

static int attempt(void *ctx)
{
	struct id_block_result result;
	const struct files *f = ctx;
	int r;

	fail_memory_resume();
	r = check(f, NULL, &result);
	fail_memory_pause();
	return r;
}

static void without_memory_nothing_is_accepted_or_refused(void **state)
{
	struct files f;

	make(&f, true);
	assert_true(fail_memory_each(attempt, &f) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_program_gives_the_same_keys_and_its_signatures_hold),
		cmocka_unit_test(what_was_made_is_accepted_with_and_without_an_author_key),
		cmocka_unit_test(a_change_of_any_byte_is_refused),
		cmocka_unit_test(every_other_size_is_malformed),
		cmocka_unit_test(reasons_name_what_is_wrong),
		cmocka_unit_test(each_expectation_is_compared),
		cmocka_unit_test(a_policy_that_firmware_refuses_is_refused),
		cmocka_unit_test(without_memory_nothing_is_accepted_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
