/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/hash.h"
#include "measure/tdx.h"

void measure_extend(uint8_t digest[MEASURE_DIGEST_BYTES], const uint8_t value[MEASURE_DIGEST_BYTES])
{
	uint8_t both[2 * MEASURE_DIGEST_BYTES];

	memcpy(both, digest, MEASURE_DIGEST_BYTES);
	memcpy(both + MEASURE_DIGEST_BYTES, value, MEASURE_DIGEST_BYTES);
	crypto_sha384(both, sizeof(both), digest);
}
