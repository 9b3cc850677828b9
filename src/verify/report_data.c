/* SPDX-License-Identifier: MIT */
#include "verify/report_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"

static bool is_hex(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

static int check_size(size_t n, size_t max, struct jurat_error *err)
{
	return n > max ? jurat_fail(err, -EINVAL, "%zu bytes, expected at most %zu", n, max) : 0;
}

int report_data_bytes(const char *text, size_t max, uint8_t **ret, size_t *ret_n, bool *ret_ambiguous,
		      struct jurat_error *err)
{
	const bool is_marked_hex = strncasecmp(text, "0x", 2) == 0;
	const bool is_marked_base64 = strncmp(text, "base64:", 7) == 0;
	const char *digits = text + (is_marked_hex ? 2 : is_marked_base64 ? 7 : 0);
	const size_t length = strlen(digits);
	auto_free uint8_t *bytes = malloc(BASE64_ROOM(length));
	bool is_base64;
	size_t n;
	int r;

	if (!bytes)
		return jurat_fail_memory(err);
	is_base64 = !is_marked_hex && base64_read(digits, length, bytes, &n);
	if (is_hex(digits) && !is_marked_base64) {
		if (length % 2 != 0)
			return jurat_fail(err, -EINVAL,
					  "an odd number of hex digits (%zu); base64:VALUE is base64",
					  length);
		*ret_ambiguous = is_base64 && n <= max;
		n = length / 2;
		if (!bytes_from_hex(digits, bytes, n))
			return jurat_fail(err, -EINVAL, "not hex");
	} else if (is_base64) {
		*ret_ambiguous = false;
	} else {
		return jurat_fail(err, -EINVAL, "expected hex, 0xHEX or base64");
	}
	r = check_size(n, max, err);
	if (r < 0)
		return r;
	*ret = take_ptr(bytes);
	*ret_n = n;
	return 0;
}

static const struct {
	const char *name;
	size_t size;
	void (*hash)(const void *data, size_t n, uint8_t *ret);
} hashes[REPORT_DATA_N_HASHES] = {
	[REPORT_DATA_PLAIN] = { "value", 0, NULL },
	[REPORT_DATA_SHA256] = { "sha256", CRYPTO_SHA256_BYTES, crypto_sha256 },
	[REPORT_DATA_SHA384] = { "sha384", CRYPTO_SHA384_BYTES, crypto_sha384 },
	[REPORT_DATA_SHA512] = { "sha512", CRYPTO_SHA512_BYTES, crypto_sha512 },
};

const char *report_data_hash_name(enum report_data_hash hash)
{
	return hashes[hash].name;
}

bool report_data_padding(const char *name, bool *ret_left)
{
	if (!name || (strcmp(name, "zero") != 0 && strcmp(name, "left") != 0))
		return false;
	*ret_left = strcmp(name, "left") == 0;
	return true;
}

int report_data_make(enum report_data_hash hash, const uint8_t *value, size_t n, bool left,
		     uint8_t ret[REPORT_DATA_BYTES], struct jurat_error *err)
{
	uint8_t digest[CRYPTO_SHA512_BYTES], data[REPORT_DATA_BYTES] = { 0 };

	if (n == 0)
		return jurat_fail(err, -EINVAL, "the value is empty");
	if (hashes[hash].hash) {
		hashes[hash].hash(value, n, digest);
		value = digest;
		n = hashes[hash].size;
	}
	if (n > sizeof(data))
		return jurat_fail(err, -EINVAL, "%zu bytes, expected 1 to %zu", n, sizeof(data));
	memcpy(data + (left ? sizeof(data) - n : 0), value, n);
	memcpy(ret, data, sizeof(data));
	return 0;
}
