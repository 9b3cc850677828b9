/* SPDX-License-Identifier: MIT */
#include "run/pem.h"

void run_pem_write(FILE *to, const uint8_t *der, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	enum { LINE_BYTES = 48 }; /* 64 characters */

	fputs("-----BEGIN CERTIFICATE-----\n", to);
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)der[i] << 16 | (left > 1 ? (uint32_t)der[i + 1] << 8 : 0) |
			     (left > 2 ? der[i + 2] : 0);

		fputc(digits[v >> 18], to);
		fputc(digits[v >> 12 & 63], to);
		fputc(left > 1 ? digits[v >> 6 & 63] : '=', to);
		fputc(left > 2 ? digits[v & 63] : '=', to);
		if ((i + 3) % LINE_BYTES == 0 || left <= 3)
			fputc('\n', to);
	}
	fputs("-----END CERTIFICATE-----\n", to);
}
