/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <openssl/pem.h>

#include "build.h"
#include "crypto/x509.h"

#define CERT_(body) "-----BEGIN CERTIFICATE-----\n" body "-----END CERTIFICATE-----\n"
#define CRL_(body)  "-----BEGIN X509 CRL-----\n" body "-----END X509 CRL-----\n"

/* What a text gives: "label=hex,label=hex,...", then the last answer when it is not JURAT_NOT_FOUND. */
static void walk(const char *text, size_t n, char *result, size_t size)
{
	auto_free uint8_t *copy = heap_copy(text, n);
	size_t off = 0, length = 0;
	int r;

	result[0] = '\0';
	for (;;) {
		auto_free uint8_t *der = NULL;
		size_t der_size = 0, before = off;
		char label[32] = "unset", hex[512];

		r = crypto_pem_next(copy, n, &off, label, &der, &der_size, NULL);
		if (r != 0) {
			assert_null(der);
			assert_int_equal(off, before);
			assert_string_equal(label, "unset");
			break;
		}
		assert_true(off > before && off <= n && der_size < sizeof(hex) / 2);
		length += (size_t)snprintf(result + length, size - length, "%s=%s,", label,
					   bytes_to_hex(der, der_size, hex));
		assert_true(length < size);
	}
	if (r != JURAT_NOT_FOUND)
		test_text(result + length, size - length, "%d", r);
}

static void texts_give_their_blocks(void **state)
{
	static const struct {
		const char *text, *gives;
	} good[] = {
		{ "", "" },
		{ CERT_("AQID\n"), "CERTIFICATE=010203," },
		{ CERT_("AQIDBA==\n"), "CERTIFICATE=01020304," },
		{ CERT_("AQIDBAU=\n"), "CERTIFICATE=0102030405," },
		{ CERT_("A\nQ\r\nI D\n\tB A=\n=\n"), "CERTIFICATE=01020304," },
		{ CERT_("+/+/\n"), "CERTIFICATE=fbffbf," },
		{ CERT_("AQID\n") CRL_("BAUG\n") CERT_("BwgJ\n"),
		  "CERTIFICATE=010203,X509 CRL=040506,CERTIFICATE=070809," },
		{ "text before\n\n" CERT_("AQID\n") "between:\t\"--- BEGIN\", \xc3\xa9\r\n" CERT_(
			  "AQID\n") "after",
		  "CERTIFICATE=010203,CERTIFICATE=010203," },
		{ "-----BEGIN CERTIFICATE-----\r\nAQID\r\n-----END CERTIFICATE-----\r\n",
		  "CERTIFICATE=010203," },
		{ "-----BEGIN CERTIFICATE----- \nAQID\n-----END CERTIFICATE-----", "CERTIFICATE=010203," },
		/* files joined whose last line did not end, and blocks that came on one line */
		{ "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----" CRL_("BAUG\n"),
		  "CERTIFICATE=010203,X509 CRL=040506," },
		{ "-----BEGIN CERTIFICATE-----AQID-----END CERTIFICATE-----", "CERTIFICATE=010203," },
		{ "-----BEGIN CERTIFICATE----- AQID -----END CERTIFICATE----- -----BEGIN X509 CRL----- BAUG "
		  "-----END X509 CRL-----",
		  "CERTIFICATE=010203,X509 CRL=040506," },
		/* each with its byte order mark, with and without a newline in between */
		{ "\xef\xbb\xbf" CERT_("AQID\n") "\xef\xbb\xbf" CRL_("BAUG\n"),
		  "CERTIFICATE=010203,X509 CRL=040506," },
		{ "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\xef\xbb\xbf" CRL_("BAUG\n"),
		  "CERTIFICATE=010203,X509 CRL=040506," },
		/* RFC 7468, 5.1 and 6: labels of older programs */
		{ "-----BEGIN X509 CERTIFICATE-----\nAQID\n-----END X509 CERTIFICATE-----\n"
		  "-----BEGIN X.509 CERTIFICATE-----\nBAUG\n-----END X.509 CERTIFICATE-----\n"
		  "-----BEGIN CRL-----\nBwgJ\n-----END CRL-----\n",
		  "CERTIFICATE=010203,CERTIFICATE=040506,X509 CRL=070809," },
		{ "not PEM", "=6e6f742050454d," },
		{ "0\x03\x02\x01\x05", "=3003020105," },
		/* one DER SEQUENCE that has a block inside is DER */
		{ "0\x48\n" CERT_("AQIDBAUGBwgJCgsM\n"),
		  "=30480a2d2d2d2d2d424547494e2043455254494649434154452d2d2d2d2d0a4151494442415547427767"
		  "4a436773"
		  "4d0a2d2d2d2d2d454e442043455254494649434154452d2d2d2d2d0a," },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char result[1024];

		walk(good[i].text, strlen(good[i].text), result, sizeof(result));
		assert_string_equal(result, good[i].gives);
	}
}

static void a_block_begins_a_line_of_text(void **state)
{
	static const char nul[] = "a\0\n" CERT_("AQID\n");

	(void)state;
	assert_true(crypto_pem_is((const uint8_t *)"-----BEGIN ", 11));
	assert_true(crypto_pem_is((const uint8_t *)"x\n-----BEGIN ", 13));
	assert_false(crypto_pem_is((const uint8_t *)"x -----BEGIN ", 13));
	assert_false(crypto_pem_is((const uint8_t *)"-----BEGIN", 10));
	assert_false(crypto_pem_is(NULL, 0));
	assert_false(crypto_pem_is((const uint8_t *)nul, sizeof(nul) - 1));
}

static void a_terminating_nul_is_no_part_of_the_text(void **state)
{
	static const char text[] =
		CERT_("AQID\n") "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----";
	char result[256];

	walk(text, sizeof(text), result, sizeof(result));
	assert_string_equal(result, "CERTIFICATE=010203,CERTIFICATE=010203,");
}

static void broken_blocks_are_refused(void **state)
{
	static const char *const bad[] = {
		"-----BEGIN CERTIFICATE----\nAQID\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE\n-----\nAQID\n-----END CERTIFICATE-----\n",
		"-----BEGIN -----\nAQID\n-----END -----\n",
		"-----BEGIN CERTIFICATE-----\nAQID\n-----END X509 CRL-----\n",
		"-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE----\n",
		"-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE---------BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nAQID\n",
		"-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----",
		"-----BEGIN ",
		"-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n",
		"-----BEGIN TRUSTED CERTIFICATE-----\nAQID\n-----END TRUSTED CERTIFICATE-----\n",
		"-----BEGIN 0123456789012345678901234567890123456789-----\nAQID\n-----END X-----\n",
		CERT_(""),
		CERT_("\n\n"),
		CERT_("A\n"),
		CERT_("AQ\n"),
		CERT_("AQI\n"),
		CERT_("AQIDBA=\n"),
		CERT_("AQIDBA===\n"),
		CERT_("AQIDBAU==\n"),
		CERT_("AQIDB===\n"),
		CERT_("====\n"),
		CERT_("=AQID\n"),
		CERT_("AQIDBA==AQID\n"),
		CERT_("AQIDBA=A\n"),
		CERT_("AQIDBB==\n"), /* pad bits */
		CERT_("AQIDBAV=\n"),
		CERT_("AQ*D\n"),
		CERT_("AQ-D\n"),
		CERT_("AQ_D\n"),
		CERT_("AQ\x80"
		      "D\n"),
		CERT_("Proc-Type: 4,ENCRYPTED\n\nAQID\n"),
	};
	char result[256];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct jurat_error err = { 0 };
		uint8_t *der = NULL;
		size_t off = 0, size;
		char label[32];

		assert_int_equal(crypto_pem_next((const uint8_t *)bad[i], strlen(bad[i]), &off, label, &der,
						 &size, &err),
				 -EBADMSG);
		assert_int_equal(strncmp(err.text, "PEM: ", 5), 0);
	}
	walk(CERT_("AQID\n") CERT_("AQ*D\n"), strlen(CERT_("AQID\n") CERT_("AQ*D\n")), result,
	     sizeof(result));
	assert_string_equal(result, "CERTIFICATE=010203,-74"); /* -EBADMSG */
}

/* A block that is damaged where it begins would make a chain, or a list of CRLs, shorter than its file. */
static void no_block_is_passed_over_for_its_damage(void **state)
{
#define FIRST CERT_("AQID\n")
#define ROW(text)                                                                                            \
	{                                                                                                    \
		text, sizeof(text) - 1                                                                       \
	}
	static const struct {
		const char *text;
		size_t n;
	} bad[] = {
		ROW("x\xef\xbb\xbf" CRL_("AQID\n") FIRST), /* a byte order mark in a line */
		ROW("\xef\xbb\xbf\xef\xbb\xbf" CRL_("AQID\n") FIRST),
		ROW(" " CRL_("AQID\n") FIRST),
		ROW("x" CRL_("AQID\n") FIRST),
		ROW("\r" CRL_("AQID\n") FIRST),
		ROW(FIRST " " CRL_("AQID\n")),
		ROW(FIRST "----BEGIN X509 CRL-----\nAQID\n-----END X509 CRL-----\n"),
		ROW(FIRST "----BEGIN X509 CRL-----\nAQID\n----END X509 CRL-----\n"),
		ROW(FIRST "-----BEGIM X509 CRL-----\nAQID\n-----END X509 CRL-----\n"),
		ROW(FIRST "AQID\n-----END X509 CRL-----\n"),
		ROW(FIRST "a line with -----BEGIN X509 CRL----- in it\n"),
		ROW(FIRST "\x30\x03\x02\x01\x05"), /* DER behind PEM */
		ROW(FIRST "\0"
			  "\x30\x03\x02\x01\x05"),
		ROW(FIRST "x\0y"),
		ROW(FIRST "\x1b[0m"),
		ROW("\x30\x03\x02\x01\x05\n" FIRST),
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char result[256];
		size_t n;

		walk(bad[i].text, bad[i].n, result, sizeof(result));
		n = strlen(result);
		if (n < 3 || strcmp(result + n - 3, "-74") != 0) /* -EBADMSG */
			FAIL_BECAUSE("%zu: %s", i, result);
	}
}

static void a_nul_inside_a_block_is_refused(void **state)
{
	static const char text[] = "-----BEGIN CERTIFICATE-----\nAQ\0D\n-----END CERTIFICATE-----\n";
	char result[256];

	walk(text, sizeof(text) - 1, result, sizeof(result));
	assert_string_equal(result, "-74");
}

static void no_truncation_gives_a_block_that_was_not_there(void **state)
{
	static const char text[] = "x\n" CERT_("AQID\nBAUG\n") CRL_("BwgJ\n");
	static const size_t first_begins = 2 + 11, first_ends = 2 + sizeof(CERT_("AQID\nBAUG\n")) - 2;

	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		char result[512];

		walk(text, cut, result, sizeof(result));
		if (cut >= first_begins && cut < first_ends)
			assert_string_equal(result, "-74");
		else if (cut >= first_ends)
			assert_int_equal(strncmp(result, "CERTIFICATE=010203040506,", 25), 0);
		else if (cut > 0)
			assert_int_equal(result[0], '='); /* no block at all: raw */
	}
}

static void an_offset_past_the_end_finds_nothing(void **state)
{
	uint8_t *der = NULL;
	size_t size, off = 5;
	char label[32];

	assert_int_equal(crypto_pem_next((const uint8_t *)"abc", 3, &off, label, &der, &size, NULL),
			 JURAT_NOT_FOUND);
	off = 0;
	assert_int_equal(crypto_pem_next(NULL, 0, &off, label, &der, &size, NULL), JURAT_NOT_FOUND);
}

static void assert_writes(const uint8_t *der, size_t n, const char *text, size_t length)
{
	auto_free char *ours = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&ours, &size);

	assert_non_null(to);
	crypto_pem_write(to, der, n);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(size, length);
	assert_memory_equal(ours, text, length);
}

static void certificates_are_written_and_read_as_openssl_does(void **state)
{
	uint8_t buf[3000];

	for (size_t n = 1; n < sizeof(buf); n += n < 200 ? 1 : 97) {
		BIO *bio = BIO_new(BIO_s_mem());
		auto_free uint8_t *der = NULL;
		char *text, label[32];
		size_t off = 0, size = 0;
		long length;

		for (size_t i = 0; i < n; i++)
			buf[i] = (uint8_t)(i * 31 + n);
		assert_non_null(bio);
		assert_true(PEM_write_bio(bio, "CERTIFICATE", "", buf, (long)n) > 0);
		length = BIO_get_mem_data(bio, &text);
		assert_int_equal(
			crypto_pem_next((uint8_t *)text, (size_t)length, &off, label, &der, &size, NULL), 0);
		assert_int_equal(size, n);
		assert_memory_equal(der, buf, n);
		assert_int_equal(off, length);
		assert_writes(buf, n, text, (size_t)length);
		BIO_free(bio);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_give_their_blocks),
		cmocka_unit_test(a_block_begins_a_line_of_text),
		cmocka_unit_test(a_terminating_nul_is_no_part_of_the_text),
		cmocka_unit_test(broken_blocks_are_refused),
		cmocka_unit_test(no_block_is_passed_over_for_its_damage),
		cmocka_unit_test(a_nul_inside_a_block_is_refused),
		cmocka_unit_test(no_truncation_gives_a_block_that_was_not_there),
		cmocka_unit_test(an_offset_past_the_end_finds_nothing),
		cmocka_unit_test(certificates_are_written_and_read_as_openssl_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
