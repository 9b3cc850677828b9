/* SPDX-License-Identifier: MIT */
#include "endorse/check.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "endorse/check_internal.h"

int endorse_checker_new(struct endorse_checker **ret, struct jurat_error *err)
{
	auto_free struct endorse_checker *checker = calloc(1, sizeof(*checker));
	int r;

	if (!checker)
		return jurat_fail_memory(err);
	r = jurat_verifier_new(&checker->verifier, err);
	if (r < 0)
		return r;
	*ret = take_ptr(checker);
	return 0;
}

void endorse_checker_free(struct endorse_checker *checker)
{
	if (!checker)
		return;
	for (size_t i = 0; i < SNP_N_PRODUCTS; i++)
		for (size_t k = 0; k < ARRAY_SIZE(checker->chains[i]); k++) {
			cert_entry_free(checker->chains[i][k].intermediate);
			cert_entry_free(checker->chains[i][k].root);
		}
	cert_entry_free(checker->intel_root);
	jurat_verifier_free(checker->verifier);
	free(checker);
}

static void drop_certs(struct pointers *list)
{
	while (list->n > 0)
		cert_entry_free(list->items[--list->n]);
}

int endorse_checker_add_roots(struct endorse_checker *checker, const void *bytes, size_t n,
			      struct jurat_error *err)
{
	struct jurat_verifier *v = checker->verifier;
	int r = jurat_verifier_add_roots(v, bytes, n, err);

	/* What stands beside the roots must not take the place of what is checked. */
	drop_certs(&v->veks);
	drop_certs(&v->leaves);
	drop_certs(&v->authorities);
	while (v->crls.n > 0)
		free(v->crls.items[--v->crls.n]);
	return r;
}

bool endorse_check_needs(const struct endorse_item *item, struct endorse_item *ret)
{
	switch (item->kind) {
	case ENDORSE_VCEK:
	case ENDORSE_VCEK_CRL:
		*ret = (struct endorse_item){ .kind = ENDORSE_VCEK_CHAIN, .product = item->product };
		return true;
	case ENDORSE_VLEK_CRL:
		*ret = (struct endorse_item){ .kind = ENDORSE_VLEK_CHAIN, .product = item->product };
		return true;
	case ENDORSE_ROOT_CRL:
		*ret = (struct endorse_item){ .kind = ENDORSE_PCK_CRL, .ca = ENDORSE_PLATFORM };
		return true;
	default:
		return false;
	}
}

/* Its size in the header in which it is served. */
static size_t header_size(const char *chain)
{
	size_t n = 1;

	for (; *chain; chain++)
		n += endorse_is_unreserved((uint8_t)*chain) ? 1 : 3;
	return n;
}

static int check_shape(const struct endorse_item *item, const struct endorse_value *value,
		       struct jurat_error *err)
{
	const char *header = endorse_chain_header(item);

	if (value->size == 0 || value->size > ENDORSE_MAX_BYTES)
		return jurat_fail(err, -EBADMSG, "expected 1 to %d bytes, found %zu", ENDORSE_MAX_BYTES,
				  value->size);
	if (header && !value->issuer_chain)
		return jurat_fail(err, -EBADMSG, "the issuer chain is missing (%s)", header);
	if (!header && value->issuer_chain)
		return jurat_fail(err, -EBADMSG,
				  "found an issuer chain, which services do not send with this item");
	if (header && strlen(value->issuer_chain) > ENDORSE_MAX_CHAIN_BYTES)
		return jurat_fail(err, -EBADMSG, "the issuer chain has more than %d bytes",
				  ENDORSE_MAX_CHAIN_BYTES);
	if (header && header_size(value->issuer_chain) > ENDORSE_MAX_CHAIN_HEADER_BYTES)
		return jurat_fail(err, -EBADMSG, "the issuer chain does not fit into a header of %d bytes",
				  ENDORSE_MAX_CHAIN_HEADER_BYTES);
	return 0;
}

int endorse_check(struct endorse_checker *checker, const struct endorse_item *item,
		  struct endorse_value *value, int64_t at, int64_t *ret_expires, struct jurat_error *err)
{
	struct jurat_verdict *out auto_call(verdict_drop) = NULL;
	struct endorse_case c = {
		.checker = checker, .item = item, .value = value, .at = at, .expires = INT64_MAX
	};
	int r = check_shape(item, value, err);

	if (r < 0)
		return r;
	out = verdict_new_tdx();
	if (!out)
		return jurat_fail_memory(err);
	c.out = out;
	policy_init(&c.policy);
	c.policy.allow_no_collateral = true; /* one item at a time */
	r = endorse_item_service(item) == ENDORSE_AMD_KDS ? endorse_check_amd(&c, err)
							  : endorse_check_intel(&c, err);
	if (r < 0)
		return r;
	*ret_expires = c.expires;
	value->issued = c.issued;
	value->number = c.number;
	return 0;
}
