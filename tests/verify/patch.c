/* SPDX-License-Identifier: MIT */
#include "verify/patch.h"

uint8_t *patch_find(uint8_t *der, size_t size, const char *bytes, size_t n)
{
	uint8_t *at = memmem(der, size, bytes, n);

	if (!at)
		FAIL_BECAUSE("nothing to patch");
	assert_null(memmem(at + 1, size - (size_t)(at + 1 - der), bytes, n));
	return at;
}

void patch_critical_key_id(uint8_t *der, size_t size)
{
	static const char from[] = "\x30\x1d\x06\x03\x55\x1d\x0e\x04\x16\x04\x14";
	static const char to[] = "\x30\x1d\x06\x03\x55\x1d\x0e\x01\x01\xff\x04\x13\x04\x11";

	memcpy(patch_find(der, size, from, sizeof(from) - 1), to, sizeof(to) - 1);
}

void patch_critical_crl(uint8_t *der, size_t size)
{
	static const char from[] = "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01";
	static const char to[] = "\x30\x0a\x06\x03\x55\x1d\x7f\x01\x01\xff\x04\x00";

	memcpy(patch_find(der, size, from, sizeof(from) - 1), to, sizeof(to) - 1);
}
