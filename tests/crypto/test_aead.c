/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <limits.h>

#include "crypto/aead_maker.h"
#include "crypto/hash.h"

#define KEY_GCM "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define TEXT_GCM                                                                                             \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"   \
	"b16aedf5aa0de657ba637b39"
#define SEALED_GCM                                                                                           \
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"   \
	"c5f61e6393ba7a0abcc9f662"
#define KEY_ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define IV_ZERO  "000000000000000000000000"

/* SOURCE: McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16. */
static const struct {
	const char *key, *iv, *aad, *text, *sealed, *tag;
} published[] = {
	{ KEY_ZERO, IV_ZERO, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
	{ KEY_ZERO, IV_ZERO, "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
	  "d0d1c8a799996bf0265b98b5d48ab919" },
	{ KEY_GCM, "cafebabefacedbaddecaf888", "", TEXT_GCM "1aafd255", SEALED_GCM "898015ad",
	  "b094dac5d93471bdec1a502270e3cc6c" },
	{ KEY_GCM, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", TEXT_GCM,
	  SEALED_GCM, "76fc6ece0f4e1768cddf8853bb2d551b" },
};

/* Who computes. The argument is its name. */
static const struct crypto_aead_maker *const makers[] = { &crypto_aead_openssl,
#ifdef CRYPTO_HAVE_AWS_LC
							  &crypto_aead_awslc
#endif
};
static const struct crypto_aead_maker *maker;

static int seal(const uint8_t key[32], const uint8_t iv[12], const void *aad, size_t aad_size,
		const uint8_t *from, size_t n, uint8_t *to, uint8_t ret_tag[16])
{
	return crypto_aead_seal_by(maker, key, iv, aad, aad_size, from, n, to, ret_tag);
}

static int open_sealed(const uint8_t key[32], const uint8_t iv[12], const void *aad, size_t aad_size,
		       const uint8_t *from, size_t n, uint8_t *to, const uint8_t tag[16])
{
	return crypto_aead_open_by(maker, key, iv, aad, aad_size, from, n, to, tag);
}

struct buf {
	size_t n;
	uint8_t bytes[256];
};

static struct buf from_hex(const char *hex)
{
	struct buf b = { .n = strlen(hex) / 2 };

	assert_true(b.n <= sizeof(b.bytes));
	assert_true(bytes_from_hex(hex, b.bytes, b.n));
	return b;
}

static void published_messages_seal_and_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(published); i++) {
		struct buf key = from_hex(published[i].key), iv = from_hex(published[i].iv),
			   aad = from_hex(published[i].aad), text = from_hex(published[i].text),
			   sealed = from_hex(published[i].sealed), tag = from_hex(published[i].tag);
		uint8_t out[256], ret_tag[16];

		memset(out, 0xee, sizeof(out));
		assert_int_equal(
			seal(key.bytes, iv.bytes, aad.bytes, aad.n, text.bytes, text.n, out, ret_tag), 0);
		assert_memory_equal(out, sealed.bytes, sealed.n);
		assert_memory_equal(ret_tag, tag.bytes, 16);
		assert_true(bytes_all(out + sealed.n, sizeof(out) - sealed.n, 0xee));
		/* in place */
		assert_int_equal(
			open_sealed(key.bytes, iv.bytes, aad.bytes, aad.n, out, text.n, out, tag.bytes), 0);
		assert_memory_equal(out, text.bytes, text.n);
		assert_int_equal(seal(key.bytes, iv.bytes, aad.bytes, aad.n, out, text.n, out, ret_tag), 0);
		assert_memory_equal(out, sealed.bytes, sealed.n);
		assert_memory_equal(ret_tag, tag.bytes, 16);
	}
}

/*
 * Whole guest message pages, byte by byte. Spec: SEV-SNP firmware ABI, Guest Messages.
 * SOURCE: sealed with python-cryptography for this test, key 00 01 .. 1f, sequence numbers 1 and 2.
 */
static const struct {
	const char *header; /* bytes 0x30 to 0x5f: what is authenticated */
	uint8_t seqno;
	const char *sealed, *tag, *page_sha256;
} pages[] = {
	{ "0101600005016000", 1,
	  "e22d803ca0aaea00420d0fc830cc86c4dc70dd3d68bd7d05560647e5013b996fccddd2ea048788e8f0f437f862242ea7"
	  "c0e4fcb7d1456ca0bbb1da492b891678bcafa49213c0f2445044cd48be94fd5eb5f3e8b761e80896f353185b4abd740d",
	  "0f354f26b13f7433d3674d8eebcaf847",
	  "80287cc666d38c7378104b319db2e4f42eb0cbf307c8a97646a01b63e64b38d8" },
	{ "0101600006012000", 2, "f06eeb60faa568bdadbd6e148c86f702510c68c0d6fb80134a76183a68817913",
	  "de3801bae370a7895a2281d7fc5cc6be",
	  "7d074a3f7bdcfe6fff6506b3499d27e7bcf39443c6ee0f8f26c0314ef7382e8d" },
};

static void guest_message_pages_are_sealed_as_the_firmware_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct buf sealed = from_hex(pages[i].sealed), tag = from_hex(pages[i].tag);
		uint8_t page[4096] = { 0 }, key[32], iv[12] = { pages[i].seqno }, text[96] = { 0 }, sum[32];
		char hex[BYTES_HEX_SIZE(32)];

		for (unsigned k = 0; k < sizeof(key); k++)
			key[k] = (uint8_t)k;
		if (i == 0) {
			for (unsigned k = 0; k < 64; k++)
				text[k] = (uint8_t)k;
		} else {
			text[0] = 0x16;
		}
		page[0x20] = pages[i].seqno;
		assert_true(bytes_from_hex(pages[i].header, page + 0x30, 8));
		assert_int_equal(seal(key, iv, page + 0x30, 0x30, text, sealed.n, page + 0x60, page), 0);
		assert_memory_equal(page + 0x60, sealed.bytes, sealed.n);
		assert_memory_equal(page, tag.bytes, 16);
		crypto_sha256(page, sizeof(page), sum);
		assert_string_equal(bytes_to_hex(sum, sizeof(sum), hex), pages[i].page_sha256);
	}
}

/* Opens a copy of what was sealed with one bit of one part flipped. */
static void assert_refused(uint8_t *part, size_t n, uint8_t *key, uint8_t *iv, uint8_t *aad, uint8_t *sealed,
			   uint8_t *tag)
{
	for (size_t bit = 0; bit < 8 * n; bit++) {
		uint8_t out[40];

		memset(out, 0xee, sizeof(out));
		part[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(open_sealed(key, iv, aad, 48, sealed, 33, out, tag), -EBADMSG);
		assert_true(bytes_all(out, 33, 0));
		assert_true(bytes_all(out + 33, sizeof(out) - 33, 0xee));
		part[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void every_flipped_bit_is_refused_and_gives_zeros(void **state)
{
	uint8_t key[32] = { 1 }, iv[12] = { 2 }, aad[48] = { 3 }, text[33] = { 4 }, sealed[33], tag[16],
		out[33];

	(void)state;
	assert_int_equal(seal(key, iv, aad, sizeof(aad), text, sizeof(text), sealed, tag), 0);
	assert_refused(key, sizeof(key), key, iv, aad, sealed, tag);
	assert_refused(iv, sizeof(iv), key, iv, aad, sealed, tag);
	assert_refused(aad, sizeof(aad), key, iv, aad, sealed, tag);
	assert_refused(sealed, sizeof(sealed), key, iv, aad, sealed, tag);
	assert_refused(tag, sizeof(tag), key, iv, aad, sealed, tag);
	assert_int_equal(open_sealed(key, iv, aad, sizeof(aad), sealed, sizeof(sealed), out, tag), 0);
	assert_memory_equal(out, text, sizeof(text));
}

static void every_truncation_is_refused(void **state)
{
	uint8_t key[32] = { 1 }, iv[12] = { 2 }, aad[48] = { 3 }, text[96] = { 4 }, sealed[96], tag[16],
		out[96];

	(void)state;
	assert_int_equal(seal(key, iv, aad, sizeof(aad), text, sizeof(text), sealed, tag), 0);
	for (size_t n = 0; n < sizeof(sealed); n++) {
		auto_free uint8_t *copy = heap_copy(sealed, n);

		assert_int_equal(open_sealed(key, iv, aad, sizeof(aad), copy, n, out, tag), -EBADMSG);
	}
	for (size_t n = 0; n < sizeof(aad); n++) {
		auto_free uint8_t *copy = heap_copy(aad, n);

		assert_int_equal(open_sealed(key, iv, copy, n, sealed, sizeof(sealed), out, tag), -EBADMSG);
	}
}

static void nothing_may_be_null(void **state)
{
	uint8_t key[32] = { 1 }, iv[12] = { 2 }, tag[16];

	(void)state;
	assert_int_equal(seal(key, iv, NULL, 0, NULL, 0, NULL, tag), 0);
	assert_int_equal(open_sealed(key, iv, NULL, 0, NULL, 0, NULL, tag), 0);
	tag[15] ^= 1;
	assert_int_equal(open_sealed(key, iv, NULL, 0, NULL, 0, NULL, tag), -EBADMSG);
}

static void sizes_past_2_gigabytes_are_refused_untouched(void **state)
{
	uint8_t key[32] = { 1 }, iv[12] = { 2 }, tag[16] = { 7 }, text[1] = { 8 };

	(void)state;
	assert_int_equal(seal(key, iv, NULL, 0, text, (size_t)INT_MAX + 1, text, tag), -EINVAL);
	assert_int_equal(seal(key, iv, text, SIZE_MAX, text, 1, text, tag), -EINVAL);
	assert_int_equal(open_sealed(key, iv, NULL, 0, text, SIZE_MAX, text, tag), -EINVAL);
	assert_int_equal(open_sealed(key, iv, text, (size_t)UINT_MAX + 1, text, 1, text, tag), -EINVAL);
	assert_int_equal(text[0], 8);
	assert_int_equal(tag[0], 7);
}

/* Of many sizes: each tail of a block, and runs that the fast paths take. */
static void what_one_maker_seals_every_maker_seals_alike_and_opens(void **state)
{
	static const size_t sizes[] = { 0,   1,   15,  16,   17,   31,   32,   33,   47,  48,  63,
					64,  65,  95,  96,   97,   127,  128,  129,  191, 192, 255,
					256, 257, 511, 1000, 1023, 1024, 2047, 2048, 4000 };
	uint8_t key[32], iv[12], aad[100], text[4000], sealed[4000], again[4000], tag[16], tag_again[16];

	crypto_derive("aead", 4, "key", NULL, 0, key, sizeof(key));
	crypto_derive("aead", 4, "iv", NULL, 0, iv, sizeof(iv));
	crypto_derive("aead", 4, "text", NULL, 0, text, sizeof(text));
	crypto_derive("aead", 4, "aad", NULL, 0, aad, sizeof(aad));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(makers); j++) {
			size_t n = sizes[i], aad_size = n % (sizeof(aad) + 1);

			assert_int_equal(seal(key, iv, aad, aad_size, text, n, sealed, tag), 0);
			assert_int_equal(crypto_aead_seal_by(makers[j], key, iv, aad, aad_size, text, n,
							     again, tag_again),
					 0);
			assert_memory_equal(again, sealed, n);
			assert_memory_equal(tag_again, tag, sizeof(tag));
			assert_int_equal(
				crypto_aead_open_by(makers[j], key, iv, aad, aad_size, sealed, n, again, tag),
				0);
			assert_memory_equal(again, text, n);
		}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_messages_seal_and_open),
		cmocka_unit_test(guest_message_pages_are_sealed_as_the_firmware_does),
		cmocka_unit_test(every_flipped_bit_is_refused_and_gives_zeros),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(nothing_may_be_null),
		cmocka_unit_test(what_one_maker_seals_every_maker_seals_alike_and_opens),
		cmocka_unit_test(sizes_past_2_gigabytes_are_refused_untouched),
	};
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		if (argc > 1 && !strcmp(argv[1], makers[i]->name))
			maker = makers[i];
	}
	if (!maker) {
		fprintf(stderr, "usage: %s MAKER\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(maker->name, tests, NULL, NULL);
}
