/* SPDX-License-Identifier: MIT */
/* Images of OVMF as Debian's package ovmf installs them. */
#include "support/test.h"

#include <errno.h>

#include "crypto/hash.h"
#include "measure/snp.h"

enum { MAX_BYTES = 16 << 20 };

/* NULL: it cannot be opened. */
static uint8_t *read_file(const char *path, size_t *ret)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes;

	if (!f)
		return NULL;
	bytes = malloc(MAX_BYTES);
	assert_non_null(bytes);
	*ret = fread(bytes, 1, MAX_BYTES, f);
	assert_true(feof(f) && !ferror(f));
	fclose(f);
	return bytes;
}

/* Of ovmf 2022.11-6+deb12u2: the image's SHA-256, and what sev-snp-measure 0.0.13 computes. */
static const struct {
	const char *sha256, *digest;
} known[] = {
	{ "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773",
	  "e9c10ab98f8086bf4a4993dcdc1f768b1128bcb02301d1791f1d3274329e790db2d12a301d66d99a462a13b5d87e284"
	  "0" },
	{ "d9b568def24088c92f34b5479e0ed7e44d0a4d4cea8a0f5716719180bba48106",
	  "cc2b38913550ecd41aadbcf2a5d309ae9d3cb0455c9e1f72892f6b18cfaea3f2e4f46a28b61ca0353724ee707c73177"
	  "c" },
	{ "6ee6a5db7a1443d17594f1e00e3cf2a2250bc1c95c8f9101bc49c9977ce11a68",
	  "2db1cfaa4705d67c0820f14b90839338c9445eaae0d7a5513e4e414ed97b13f8f7eb6d6d9a94e784b41f527bcef3547"
	  "0" },
};

static void check_digest(const char *path, const uint8_t *image, size_t n, const uint8_t *digest)
{
	uint8_t sha256[CRYPTO_SHA256_BYTES];
	char of_image[BYTES_HEX_SIZE(sizeof(sha256))], hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];

	crypto_sha256(image, n, sha256);
	bytes_to_hex(sha256, sizeof(sha256), of_image);
	bytes_to_hex(digest, MEASURE_DIGEST_BYTES, hex);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].sha256, of_image)) {
			assert_string_equal(hex, known[i].digest);
			test_say("%s: the digest that is known", path);
			return;
		}
	test_say("%s: measured", path);
}

/* Measured, or refused because it is for another kind of guest. */
static bool measure_image(const char *path)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct jurat_error err = { "" };
	size_t n = 0;
	auto_free uint8_t *image = read_file(path, &n);
	struct measure_snp what = { .firmware = { image, n },
				    .vcpus = 4,
				    .vcpu_signature = measure_vcpu_signature("EPYC-Milan"),
				    .guest_features = 1 };
	int r;

	if (!image)
		return false;
	r = measure_snp(&what, digest, &err);
	if (r == 0) {
		check_digest(path, image, n, digest);
	} else {
		assert_int_equal(r, -EBADMSG);
		assert_string_equal(
			err.text, "firmware: no SEV metadata in its GUIDed table: not an image for SEV-SNP");
	}
	return true;
}

static void images_of_ovmf_are_measured(void **state)
{
	static const char *const paths[] = {
		"/usr/share/ovmf/OVMF.fd",         "/usr/share/ovmf/OVMF.amdsev.fd",
		"/usr/share/OVMF/OVMF_CODE.fd",    "/usr/share/OVMF/OVMF_CODE.secboot.fd",
		"/usr/share/OVMF/OVMF_CODE_4M.fd",
	};
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		n += measure_image(paths[i]);
	if (n == 0)
		SKIP_BECAUSE("no OVMF image in /usr/share/ovmf or /usr/share/OVMF (Debian's package ovmf)");
}

static void a_variable_store_is_named(void **state)
{
	struct jurat_error err = { "" };
	uint8_t digest[MEASURE_DIGEST_BYTES];
	size_t n = 0;
	auto_free uint8_t *image = read_file("/usr/share/OVMF/OVMF_VARS_4M.fd", &n);
	struct measure_snp what = {
		.firmware = { image, n }, .vcpus = 1, .vmm = MEASURE_EC2, .guest_features = 1
	};

	(void)state;
	if (!image)
		SKIP_BECAUSE("no /usr/share/OVMF/OVMF_VARS_4M.fd (Debian's package ovmf)");
	assert_int_equal(measure_snp(&what, digest, &err), -EBADMSG);
	assert_string_equal(err.text, "firmware: expected a firmware image, found a variable store "
				      "(OVMF_VARS): use OVMF or OVMF_CODE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_of_ovmf_are_measured),
		cmocka_unit_test(a_variable_store_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
