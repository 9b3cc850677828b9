/* SPDX-License-Identifier: MIT */
#include "support/sign.h"

#include "crypto/der.h"

enum { SIGNATURE_ROOM = 1024, HEADERS_ROOM = 64 };

struct fuzz_bytes fuzz_sign_der(const uint8_t *der, size_t n,
				size_t (*sign)(const void *key, const uint8_t *bytes, size_t n, uint8_t *to),
				const void *key)
{
	struct bytes_rd whole = bytes_rd(der, n), content = der_enter(&whole, DER_SEQUENCE);
	struct bytes_rd tbs = der_whole(&content), algorithm = der_whole(&content);
	size_t room = n + SIGNATURE_ROOM + HEADERS_ROOM;
	uint8_t signature[SIGNATURE_ROOM];
	auto_free uint8_t *to = NULL;
	struct der_wr d;

	if (content.bad)
		return fuzz_copy(der, n);
	to = malloc(room);
	must(to != NULL);
	d = der_wr(to, room);
	der_put_open(&d, DER_SEQUENCE);
	der_put_raw(&d, tbs.data, tbs.size);
	der_put_raw(&d, algorithm.data, algorithm.size);
	der_put_bits(&d, signature, sign(key, tbs.data, tbs.size, signature), 0);
	der_put_close(&d);
	return d.w.bad ? fuzz_copy(der, n) : fuzz_copy(to, d.w.off);
}
