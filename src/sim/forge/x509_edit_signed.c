/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/forge/order_internal.h"
#include "sim/forge/x509_edit_internal.h"

/* Fields of the signed object, not of its signed part: forge_certs.c does what they say. */

static int check_choice(struct tbs_edit *e)
{
	static const char *const signers[] = { "ark",    "ask",         "asvk", "vcek", "vlek",  "root",
					       "pck_ca", "tcb_signing", "pck",  "self", "other", NULL };
	static const char *const encodings[] = { "long-length", "tbs-long-length", "indefinite", NULL };
	unsigned unused;

	return order_choice(e->value, e->arg ? encodings : signers, &unused, e->err);
}

static int check_algorithm(struct tbs_edit *e)
{
	struct tbs_algorithm unused;

	return tbs_algorithm_read(e->value, &unused, e->err);
}

static int check_outer(struct tbs_edit *e)
{
	uint8_t unused[TBS_MAX_VALUE];
	size_t n;

	return tbs_algorithm_der(e->value, unused, &n, e->err);
}

static int check_bytes(struct tbs_edit *e)
{
	uint8_t unused[TBS_MAX_VALUE];
	size_t n;

	return tbs_value_hex(e, unused, &n);
}

static int check_flag(struct tbs_edit *e)
{
	bool unused;

	return sim_order_flag(e->value, &unused, e->err);
}

static int check_product(struct tbs_edit *e)
{
	if (strcmp(e->value, "other") != 0 && snp_product_by_name(e->value) == SNP_PRODUCT_UNKNOWN)
		return jurat_fail(e->err, -EINVAL, "expected Milan, Genoa, Turin or other, not '%s'",
				  e->value);
	return 0;
}

/* They have a place, which damage_one() knows. */
static struct tbs_node *find_outside(struct tbs_edit *e)
{
	(void)e;
	return NULL;
}

const struct tbs_field tbs_fields_signed[] = {
	{ "signed_by", TBS_ALL, check_choice, NULL, 0 },
	{ "algorithm", TBS_ALL, check_algorithm, NULL, 0 },
	{ "outer_algorithm", TBS_ALL, check_outer, find_outside, 0 },
	{ "signature", TBS_ALL, check_bytes, find_outside, 0 },
	{ "missing", TBS_ALL, check_flag, NULL, 0 },
	{ "trailing", TBS_ALL, check_bytes, NULL, 0 },
	{ "encoding", TBS_ALL, check_choice, NULL, 1 },
	{ "product", TBS_ALL, check_product, NULL, 0 },
	{ .name = NULL },
};
