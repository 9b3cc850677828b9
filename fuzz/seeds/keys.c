/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "crypto/ec.h"
#include "measure/id_block.h"
#include "seeds/seeds.h"

/* Private keys whose scalar is 1, and what private keys sign: ID blocks. */

static void put_files(void)
{
	static const char pem[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"ME4CAQAwEAYHKoZIzj0CAQYFK4EEACIENzA1AgEBBDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n"
		"-----END PRIVATE KEY-----\n";
	uint8_t der[64];

	must(bytes_from_hex("303e0201010430", der, 7));
	memset(der + 7, 0, CRYPTO_EC_MAX_BYTES);
	der[7 + CRYPTO_EC_MAX_BYTES - 1] = 1;
	must(bytes_from_hex("a00706052b81040022", der + 7 + CRYPTO_EC_MAX_BYTES, 9));
	seed_whole("fuzz_private_key", der, sizeof(der), "rfc5915");
	seed_whole("fuzz_private_key", pem, sizeof(pem) - 1, "pkcs8-pem");
}

static void put_id_block(bool author)
{
	const struct snp_id_block what = { .guest_svn = 1, .policy = 1ULL << 17 };
	struct crypto_ec_private *key = NULL;
	uint8_t block[SNP_ID_BLOCK_BYTES], auth[SNP_ID_AUTH_BYTES];
	struct id_block_keys keys;

	must(crypto_ec_private_derive(CRYPTO_P384, "id", 2, &key, NULL) == 0);
	must(id_block_make(&what, key, author ? key : NULL, block, auth, &keys, NULL) == 0);
	crypto_ec_private_free(key);
	for (uint8_t expect = 0; expect < 128; expect += 31) {
		seed_begin("fuzz_measure_id_block", "%s-%u", author ? "author" : "id", expect);
		seed_u8(expect);
		seed_part(block, sizeof(block));
		seed_part(auth, sizeof(auth));
		seed_end();
	}
}

void seeds_keys(void)
{
	put_files();
	put_id_block(false);
	put_id_block(true);
}
