/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_ID_BLOCK_H
#define MEASURE_ID_BLOCK_H

#include "crypto/ec.h"
#include "measure/snp.h"
#include "wire/snp_launch.h"

/*
 * The ID block of an SEV-SNP guest, with which the guest's owner states and signs what may be launched, and
 * the ID authentication information that carries keys and signatures. Firmware checks both when the launch
 * finishes, and puts the digests of the keys into every report. Spec: SNP ABI, SNP_LAUNCH_FINISH.
 */

/* The digests of the keys, as in reports. */
struct id_block_keys {
	bool has_author_key;
	uint8_t id_key_digest[MEASURE_DIGEST_BYTES], author_key_digest[MEASURE_DIGEST_BYTES];
};

/*
 * Writes an ID block and its authentication information.
 *
 * block       its version is not read
 * author_key  NULL: none
 * Returns     0; -EINVAL a policy that firmware refuses; -ENOMEM, -EIO cannot sign
 */
JURAT_MUST_CHECK int id_block_make(const struct snp_id_block *block, const struct crypto_ec_private *id_key,
				   const struct crypto_ec_private *author_key,
				   uint8_t ret_block[SNP_ID_BLOCK_BYTES], uint8_t ret_auth[SNP_ID_AUTH_BYTES],
				   struct id_block_keys *ret_keys, struct jurat_error *err);

/* 0; -EBADMSG another size, or an unknown version. */
JURAT_MUST_CHECK int id_block_read(const void *bytes, size_t n, struct snp_id_block *ret,
				   struct jurat_error *err);

/* What an ID block is compared with; NULL: not compared. */
struct id_block_expected {
	const uint8_t *measurement, *family_id, *image_id;
	const uint32_t *guest_svn;
	const uint64_t *policy;
	const uint8_t *id_key_digest, *author_key_digest;
};

enum { ID_BLOCK_MAX_REASONS = 20, ID_BLOCK_DETAIL_BYTES = 256 };

struct id_block_result {
	struct snp_id_block block;
	struct id_block_keys
		keys; /* of the keys that the authentication information has, whatever they sign */
	size_t n_reasons;
	struct {
		const char *code; /* "id-block-signature" and the like, listed in jurat-measure(1) */
		char detail[ID_BLOCK_DETAIL_BYTES];
	} reasons[ID_BLOCK_MAX_REASONS];
};

/*
 * Checks what firmware checks when a launch finishes, and compares what is expected.
 *
 * block, auth  untrusted
 * ret          changes unless the answer is below 0
 * Returns      0 all holds; JURAT_REFUSED: `ret` has the reasons; -EBADMSG one of the two is malformed;
 *              -ENOMEM
 */
JURAT_MUST_CHECK int id_block_check(const void *block, size_t block_size, const void *auth, size_t auth_size,
				    const struct id_block_expected *expected, struct id_block_result *ret,
				    struct jurat_error *err);

#endif
