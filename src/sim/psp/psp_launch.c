/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "sim/psp/psp.h"
#include "wire/snp_launch.h"

/* The part of a guest's context that its launch commands fill in. */
uint32_t sim_launch_update(struct sim_launch *launch, uint64_t gpa, uint8_t page_type,
			   const uint8_t *contents)
{
	struct snp_page_info info = { .length = SNP_PAGE_INFO_BYTES, .page_type = page_type, .gpa = gpa };
	uint8_t bytes[SNP_PAGE_INFO_BYTES];

	switch ((enum snp_page_type)page_type) {
	case SNP_PAGE_NORMAL:
	case SNP_PAGE_VMSA:
		if (!contents)
			return SNP_INVALID_PARAM;
		crypto_sha384(contents, SNP_PAGE_BYTES, info.contents);
		break;
	case SNP_PAGE_ZERO:
	case SNP_PAGE_UNMEASURED:
	case SNP_PAGE_SECRETS:
	case SNP_PAGE_CPUID:
		break;
	default:
		return SNP_INVALID_PARAM;
	}
	memcpy(info.digest_cur, launch->measurement, sizeof(info.digest_cur));
	wire_write(&snp_page_info_layout, &info, bytes);
	crypto_sha384(bytes, sizeof(bytes), launch->measurement);
	return SNP_SUCCESS;
}

/* What the number r, s says of bytes under a public key in the firmware's format. */
static uint32_t check_signature(const uint8_t *bytes, size_t n,
				const uint8_t public_key[SNP_PUBLIC_KEY_BYTES], const uint8_t r_le[72],
				const uint8_t s_le[72])
{
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES], r[48], s[48], digest[CRYPTO_SHA384_BYTES];
	struct crypto_ec_public *key;
	struct snp_public_key k;
	int result;

	if (wire_read(&snp_public_key_layout, public_key, SNP_PUBLIC_KEY_BYTES, &k, NULL) < 0 ||
	    k.curve != SNP_CURVE_P384 || wire_check_zero(&snp_public_key_layout, &k, NULL) < 0 ||
	    !snp_number_read(k.qx, xy) || !snp_number_read(k.qy, xy + 48))
		return SNP_INVALID_PARAM;
	if (!snp_number_read(r_le, r) || !snp_number_read(s_le, s))
		return SNP_BAD_SIGNATURE;
	result = crypto_ec_public_new(CRYPTO_P384, xy, &key, NULL);
	if (result < 0)
		return result == -ENOMEM ? SNP_RESOURCE_LIMIT : SNP_INVALID_PARAM;
	crypto_sha384(bytes, n, digest);
	result = crypto_ec_verify(key, digest, sizeof(digest), r, s);
	crypto_ec_public_free(key);
	return result == 0 ? SNP_SUCCESS : result == -ENOMEM ? SNP_RESOURCE_LIMIT : SNP_BAD_SIGNATURE;
}

uint32_t sim_launch_identify(struct sim_launch *launch, const uint8_t *id_block, const uint8_t *id_auth,
			     bool author_key_en)
{
	struct snp_id_block block;
	struct snp_id_auth auth;
	uint32_t status;

	if (wire_read(&snp_id_block_layout, id_block, SNP_ID_BLOCK_BYTES, &block, NULL) < 0 ||
	    wire_read(&snp_id_auth_layout, id_auth, SNP_ID_AUTH_BYTES, &auth, NULL) < 0 ||
	    wire_check_zero(&snp_id_auth_layout, &auth, NULL) < 0 || block.version != SNP_ID_BLOCK_VERSION ||
	    auth.id_key_algo != SNP_ID_ALGO_ECDSA_P384_SHA384 ||
	    (author_key_en && auth.auth_key_algo != SNP_ID_ALGO_ECDSA_P384_SHA384))
		return SNP_INVALID_PARAM;
	if (author_key_en) {
		status = check_signature(auth.id_key, sizeof(auth.id_key), auth.author_key, auth.id_key_sig_r,
					 auth.id_key_sig_s);
		if (status != SNP_SUCCESS)
			return status;
	}
	status = check_signature(id_block, SNP_ID_BLOCK_BYTES, auth.id_key, auth.id_block_sig_r,
				 auth.id_block_sig_s);
	if (status != SNP_SUCCESS)
		return status;
	if (memcmp(block.ld, launch->measurement, sizeof(block.ld)) != 0)
		return SNP_BAD_MEASUREMENT;
	if (block.policy != launch->policy)
		return SNP_POLICY_FAILURE;
	launch->guest_svn = block.guest_svn;
	memcpy(launch->family_id, block.family_id, sizeof(launch->family_id));
	memcpy(launch->image_id, block.image_id, sizeof(launch->image_id));
	crypto_sha384(auth.id_key, sizeof(auth.id_key), launch->id_key_digest);
	launch->author_key_en = author_key_en;
	if (author_key_en)
		crypto_sha384(auth.author_key, sizeof(auth.author_key), launch->author_key_digest);
	return SNP_SUCCESS;
}
