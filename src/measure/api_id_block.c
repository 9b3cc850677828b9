/* SPDX-License-Identifier: MIT */
#include <jurat/measure.h>

#include <errno.h>
#include <string.h>

#include "base/struct.h"
#include "measure/id_block.h"

enum {
	DEFAULT_POLICY = 0x30000
}; /* Spec: SNP ABI, guest policy: SMT is allowed, and the bit that must be one */

static struct jurat_snp_id_keys keys_of(const struct id_block_keys *from)
{
	struct jurat_snp_id_keys keys = { .size = sizeof(keys), .has_author_key = from->has_author_key };

	memcpy(keys.id_key_digest, from->id_key_digest, sizeof(keys.id_key_digest));
	memcpy(keys.author_key_digest, from->author_key_digest, sizeof(keys.author_key_digest));
	return keys;
}

static int make(const struct snp_id_block *block, const void *id_key, size_t id_key_size,
		const void *author_key, size_t author_key_size, uint8_t ret_block[96], uint8_t ret_auth[4096],
		struct id_block_keys *ret, struct jurat_error *err)
{
	struct crypto_ec_private *id = NULL, *author = NULL;
	int r = crypto_ec_private_read(CRYPTO_P384, id_key, id_key_size, &id, err);

	if (r < 0)
		return jurat_wrap(err, r, "ID key");
	if (author_key) {
		r = crypto_ec_private_read(CRYPTO_P384, author_key, author_key_size, &author, err);
		if (r < 0)
			(void)jurat_wrap(err, r, "author key");
	}
	if (r == 0)
		r = id_block_make(block, id, author, ret_block, ret_auth, ret, err);
	crypto_ec_private_free(author);
	crypto_ec_private_free(id);
	return r;
}

int jurat_snp_id_block_make(const struct jurat_snp_id_block *block, const void *id_key, size_t id_key_size,
			    const void *author_key, size_t author_key_size, uint8_t ret_block[96],
			    uint8_t ret_auth[4096], struct jurat_snp_id_keys *ret_keys,
			    struct jurat_error *err)
{
	struct jurat_snp_id_block b;
	struct jurat_snp_id_keys keys;
	struct id_block_keys made;
	struct snp_id_block to = { 0 };
	int r = base_struct_take(&b, block, measurement, "jurat_snp_id_block", err);

	if (r == 0 && ret_keys)
		r = base_struct_take(&keys, ret_keys, has_author_key, "jurat_snp_id_keys", err);
	if (r < 0)
		return r;
	if (!id_key || b.reserved)
		return jurat_fail(err, -EINVAL, "an ID block needs an ID key, and reserved must be 0");
	memcpy(to.ld, b.measurement, sizeof(to.ld));
	memcpy(to.family_id, b.family_id, sizeof(to.family_id));
	memcpy(to.image_id, b.image_id, sizeof(to.image_id));
	to.guest_svn = b.guest_svn;
	to.policy = b.policy ? b.policy : DEFAULT_POLICY;
	r = make(&to, id_key, id_key_size, author_key, author_key_size, ret_block, ret_auth, &made, err);
	if (r == 0 && ret_keys) {
		keys = keys_of(&made);
		base_struct_give(ret_keys, &keys);
	}
	return r;
}

/* As many reasons as the text has room for. */
static int refuse(const struct id_block_result *result, struct jurat_error *err)
{
	jurat_fail(err, 0, "%s: %s", result->reasons[result->n_reasons - 1].code,
		   result->reasons[result->n_reasons - 1].detail);
	for (size_t i = result->n_reasons - 1; i-- > 0;)
		jurat_wrap(err, 0, "%s: %s; and", result->reasons[i].code, result->reasons[i].detail);
	return JURAT_REFUSED;
}

int jurat_snp_id_block_check(const void *block, size_t block_size, const void *auth, size_t auth_size,
			     struct jurat_snp_id_block *ret, struct jurat_snp_id_keys *ret_keys,
			     struct jurat_error *err)
{
	const struct id_block_expected nothing = { .measurement = NULL };
	struct jurat_snp_id_block b;
	struct jurat_snp_id_keys keys;
	struct id_block_result result;
	int r = base_struct_take(&b, ret, measurement, "jurat_snp_id_block", err);

	if (r == 0)
		r = base_struct_take(&keys, ret_keys, has_author_key, "jurat_snp_id_keys", err);
	if (r == 0)
		r = id_block_check(block, block_size, auth, auth_size, &nothing, &result, err);
	if (r < 0)
		return r;
	if (r == JURAT_REFUSED)
		return refuse(&result, err);
	b = (struct jurat_snp_id_block){ .size = sizeof(b),
					 .policy = result.block.policy,
					 .guest_svn = result.block.guest_svn };
	memcpy(b.measurement, result.block.ld, sizeof(b.measurement));
	memcpy(b.family_id, result.block.family_id, sizeof(b.family_id));
	memcpy(b.image_id, result.block.image_id, sizeof(b.image_id));
	keys = keys_of(&result.keys);
	base_struct_give(ret, &b);
	base_struct_give(ret_keys, &keys);
	return 0;
}
