/* SPDX-License-Identifier: MIT */
#include "update/table.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/x509.h"
#include "verify/snp_fits.h"
#include "wire/snp_certs.h"

/* Places in the table: the leaf first, because some tools tell an ASVK from an ASK by it (B42). */
enum { LEAF, CHAIN, CRL = 3, MAX_ENTRIES };

/* Certificates in DER for a table: each from a value of the source, which is freed with it. */
struct gathered {
	struct snp_certs certs;
	uint8_t *owned[MAX_ENTRIES];
};

static void gathered_done(struct gathered *g)
{
	for (size_t i = 0; i < MAX_ENTRIES; i++)
		free(g->owned[i]);
}

static bool is_vlek(const struct update_plan *plan)
{
	return plan->after.flags & SNP_STATUS_VLEK_EN;
}

struct endorse_item update_vcek_item(const struct update_plan *plan)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .product = plan->product };

	memcpy(item.chip_id, plan->chip_id, sizeof(item.chip_id));
	(void)snp_tcb_read(plan->product, plan->after.reported_tcb, &item.tcb); /* the plan has checked it */
	return item;
}

int update_table_fits(const struct update_source *source, const struct update_plan *plan,
		      const uint8_t *table, size_t n, struct jurat_error *err)
{
	struct snp_signer signer = { .product = plan->product,
				     .vlek = is_vlek(plan),
				     .reported_tcb = plan->after.reported_tcb };

	memcpy(signer.chip_id, plan->chip_id, sizeof(signer.chip_id));
	return snp_table_fits(source->verifier, &signer, table, n, source->at, NULL, err);
}

/* What a source returns names the item; what a check finds does not, and a long name could hide it. */
static int get_checked(const struct update_source *source, const struct endorse_item *item,
		       struct endorse_value *ret, struct jurat_error *err)
{
	int64_t expires;
	int r = source->get(source->ctx, item, ret, err);

	if (r != 0)
		return r;
	r = endorse_check(source->checker, item, ret, source->at, &expires, err);
	if (r != 0)
		r = jurat_wrap(err, r, "%s", endorse_kind_name(item->kind));
	return r == -EBADMSG || r == -ESTALE ? JURAT_REFUSED : r;
}

/* Adds the next certificate of a text, in DER: most guests read nothing else (B46). */
static int add(struct gathered *g, unsigned place, enum snp_cert_kind kind, const uint8_t *bytes, size_t n,
	       size_t *off, struct jurat_error *err)
{
	struct snp_cert_entry *entry = &g->certs.entries[place];
	char label[32];
	size_t size;
	int r = crypto_pem_next(bytes, n, off, label, &g->owned[place], &size, err);

	if (r == JURAT_NOT_FOUND)
		return jurat_fail(err, JURAT_REFUSED, "expected a certificate or CRL, found none");
	if (r < 0)
		return r == -EBADMSG ? JURAT_REFUSED : r;
	entry->kind = kind;
	entry->data = bytes_rd(g->owned[place], size);
	if (g->certs.n <= place)
		g->certs.n = place + 1;
	return 0;
}

/* Gets and checks an item, and adds its certificates from `place` on. */
static int add_item(const struct update_source *source, struct gathered *g, const struct endorse_item *item,
		    unsigned place, const enum snp_cert_kind *kinds, size_t n_kinds, struct jurat_error *err)
{
	struct endorse_value value auto_call(endorse_value_done) = { 0 };
	size_t off = 0;
	int r = get_checked(source, item, &value, err);

	if (r != 0)
		return r;
	for (unsigned i = 0; r == 0 && i < n_kinds; i++)
		r = add(g, place + i, kinds[i], value.body, value.size, &off, err);
	return r == 0 ? 0 : jurat_wrap(err, r, "%s", endorse_kind_name(item->kind));
}

static int add_leaf(const struct update_source *source, const struct update_plan *plan, struct gathered *g,
		    const uint8_t *vlek, size_t n, struct jurat_error *err)
{
	static const enum snp_cert_kind vcek = SNP_CERT_VCEK;
	struct endorse_item item = update_vcek_item(plan);
	size_t off = 0;
	int r;

	if (!is_vlek(plan))
		return add_item(source, g, &item, LEAF, &vcek, 1, err);
	if (!vlek)
		return jurat_fail(err, -ENODATA,
				  "reports are signed with a VLEK: expected its certificate (--vlek), which "
				  "AMD's KDS issues only to the cloud provider");
	r = add(g, LEAF, SNP_CERT_VLEK, vlek, n, &off, err);
	return r == 0 ? 0 : jurat_wrap(err, r, "the VLEK certificate");
}

/* The chain first: the checks of the leaf and of the CRL need it. */
static int gather(const struct update_source *source, const struct update_plan *plan, struct gathered *g,
		  const uint8_t *vlek, size_t n, struct jurat_error *err)
{
	static const enum snp_cert_kind chain_kinds[] = { SNP_CERT_ASK, SNP_CERT_ARK };
	static const enum snp_cert_kind crl_kind = SNP_CERT_CRL;
	struct endorse_item chain = { .kind = is_vlek(plan) ? ENDORSE_VLEK_CHAIN : ENDORSE_VCEK_CHAIN,
				      .product = plan->product };
	struct endorse_item crl = { .kind = is_vlek(plan) ? ENDORSE_VLEK_CRL : ENDORSE_VCEK_CRL,
				    .product = plan->product };
	int r = add_item(source, g, &chain, CHAIN, chain_kinds, ARRAY_SIZE(chain_kinds), err);

	if (r == 0)
		r = add_leaf(source, plan, g, vlek, n, err);
	if (r == 0 && source->with_crl)
		r = add_item(source, g, &crl, CRL, &crl_kind, 1, err);
	return r;
}

int update_table_make(const struct update_source *source, const struct update_plan *plan, const uint8_t *vlek,
		      size_t n, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	struct gathered g auto_call(gathered_done) = { 0 };
	auto_free uint8_t *table = NULL;
	size_t size;
	int r = gather(source, plan, &g, vlek, n, err);

	if (r != 0)
		return r;
	size = snp_certs_size(&g.certs);
	table = malloc(size);
	if (!table)
		return jurat_fail_memory(err);
	r = snp_certs_write(&g.certs, table, size, &size, err);
	if (r == 0)
		r = update_table_fits(source, plan, table, size, err);
	if (r != 0)
		return jurat_wrap(err, r, "the new certificate table");
	*ret = take_ptr(table);
	*ret_size = size;
	return 0;
}
