/* SPDX-License-Identifier: MIT */
/* Certificate tables to order. Spec: GHCB 4.1.8.1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "crypto/x509.h"
#include "sim/forge/forge_snp.h"

struct entry {
	uint8_t guid[SNP_CERTS_GUID_BYTES];
	uint8_t *bytes; /* heap */
	size_t n;
};

struct table {
	struct sim_order *order;
	struct sim_psp *psp;
	struct sim_pki *pki;
	uint64_t tcb;
	const char *csp_id; /* NULL: it is that of a VCEK */
	struct entry entries[ORDER_TABLE_MAX_ENTRIES];
	unsigned n;
};

static void free_table(struct table *t)
{
	for (unsigned i = 0; i < t->n; i++)
		free(t->entries[i].bytes);
}

static const char *value_of(const struct table *t, const char *field)
{
	return sim_order_value(t->order, SIM_PART_TABLE, SIM_EDIT_SET, field);
}

static int copy(const uint8_t *bytes, size_t n, struct entry *ret, struct jurat_error *err)
{
	ret->bytes = malloc(n ? n : 1);
	if (!ret->bytes)
		return jurat_fail_memory(err);
	if (n > 0)
		memcpy(ret->bytes, bytes, n);
	ret->n = n;
	return 0;
}

/* A leaf of another product than the platform's is that of a new chip. */
static int leaf_of(struct table *t, const struct order_entry *what, uint8_t *der, size_t *n,
		   struct jurat_error *err)
{
	struct sim_psp_options options = { .product = what->product };
	const char *csp_id = t->csp_id ? t->csp_id : SIM_CSP_ID;
	struct sim_psp_values v;
	struct sim_psp *psp = t->psp;
	uint64_t tcb = t->tcb;
	int r = 0;

	if (what->product != sim_psp_product(t->psp)) {
		r = sim_psp_new(&options, &psp, err);
		if (r < 0)
			return r;
		sim_psp_values(psp, &v);
		tcb = v.reported_tcb;
	}
	r = what->content == ORDER_CONTENT_VLEK ? sim_kds_vlek(psp, t->pki, csp_id, tcb, der, n, err)
						: sim_kds_vcek(psp, t->pki, tcb, der, n, err);
	if (psp != t->psp)
		sim_psp_free(psp);
	return r;
}

static int make_content(struct table *t, struct order_entry *what, struct entry *ret, struct jurat_error *err)
{
	static const char text[] = "not a certificate";
	static const enum sim_ca cas[] = {
		[ORDER_CONTENT_ASK] = SIM_ASK, [ORDER_CONTENT_ASVK] = SIM_ASVK, [ORDER_CONTENT_ARK] = SIM_ARK
	};
	uint8_t der[SIM_CERT_MAX_BYTES];
	const uint8_t *bytes = der;
	size_t n = 0;
	int r = 0;

	if (what->product == SNP_PRODUCT_UNKNOWN)
		what->product = sim_psp_product(t->psp);
	switch (what->content) {
	case ORDER_CONTENT_VCEK:
	case ORDER_CONTENT_VLEK:
		r = leaf_of(t, what, der, &n, err);
		break;
	case ORDER_CONTENT_ASK:
	case ORDER_CONTENT_ASVK:
	case ORDER_CONTENT_ARK:
		r = sim_pki_ca(t->pki, what->product, cas[what->content], &bytes, &n, err);
		break;
	case ORDER_CONTENT_CRL:
		r = sim_pki_crl(t->pki, what->product, false, false, der, &n, err);
		break;
	case ORDER_CONTENT_TEXT:
		bytes = (const uint8_t *)text;
		n = sizeof(text) - 1;
		break;
	case ORDER_CONTENT_EMPTY:
		break;
	}
	return r < 0 ? r : copy(bytes, n, ret, err);
}

/* What another item of the order leaves out is no entry; one that is ordered empty is. */
static int add_entry(struct table *t, struct order_entry *what, struct jurat_error *err)
{
	struct entry *e = &t->entries[t->n];
	int r = make_content(t, what, e, err);

	if (r < 0)
		return r;
	memcpy(e->guid, what->guid, sizeof(e->guid));
	t->n++;
	if (e->n == 0 && what->content != ORDER_CONTENT_EMPTY)
		free(t->entries[--t->n].bytes);
	return 0;
}

static int add_entries(struct table *t, struct jurat_error *err)
{
	const char *list = value_of(t, "entries");
	struct order_entry what;
	int r = 0;

	if (!list)
		list = t->csp_id ? "vlek,asvk,ark" : "vcek,ask,ark";
	while (order_entry_next(&list, &what, &r, err)) {
		r = add_entry(t, &what, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int to_pem(struct entry *e, struct jurat_error *err)
{
	struct text_stream stream;
	char *text;
	size_t n;

	if (text_stream_open(&stream) < 0)
		return jurat_fail_memory(err);
	crypto_pem_write_as(stream.to, snp_cert_kind_of(e->guid) == SNP_CERT_CRL ? "X509 CRL" : "CERTIFICATE",
			    e->bytes, e->n);
	if (text_stream_close(&stream, &text, &n) < 0)
		return jurat_fail_memory(err);
	free(e->bytes);
	e->bytes = (uint8_t *)text;
	e->n = n;
	return 0;
}

static int encode_entries(struct table *t, struct jurat_error *err)
{
	const char *pem = value_of(t, "pem");
	unsigned kinds = 0;
	int r = pem ? order_kinds(pem, &kinds, err) : 0;

	for (unsigned i = 0; r == 0 && i < t->n; i++)
		if (kinds >> snp_cert_kind_of(t->entries[i].guid) & 1)
			r = to_pem(&t->entries[i], err);
	return r;
}

/* EFI's order: the first three numbers of a GUID are little-endian. */
static void mix_endian(uint8_t guid[SNP_CERTS_GUID_BYTES])
{
	static const uint8_t from[SNP_CERTS_GUID_BYTES] = { 3, 2, 1,  0,  5,  4,  7,  6,
							    8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t was[SNP_CERTS_GUID_BYTES];

	memcpy(was, guid, sizeof(was));
	for (size_t i = 0; i < sizeof(was); i++)
		guid[i] = was[from[i]];
}

static uint64_t number_of(const struct table *t, const char *field, uint64_t otherwise)
{
	const char *value = value_of(t, field);
	uint64_t n;

	return value && sim_order_number(value, UINT32_MAX, &n, NULL) == 0 ? n : otherwise;
}

static bool is_word(const struct table *t, const char *field, const char *word)
{
	const char *value = value_of(t, field);

	return value && !strcmp(value, word);
}

static bool flag_of(const struct table *t, const char *field, bool otherwise)
{
	const char *value = value_of(t, field);
	bool flag;

	return value && sim_order_flag(value, &flag, NULL) == 0 ? flag : otherwise;
}

/* Writes GUIDs, lengths and certificates: sizes are those of check_size(). */
static void write_entries(const struct table *t, uint8_t *table, size_t header)
{
	const bool mixed = is_word(t, "guids", "mixed-endian"), reversed = is_word(t, "data", "reversed");
	const size_t gap = number_of(t, "gap", 0);
	size_t off = header;

	for (unsigned k = 0; k < t->n; k++) {
		const unsigned i = reversed ? t->n - 1 - k : k;
		const struct entry *e = &t->entries[i];
		uint8_t *row = table + (size_t)i * SNP_CERTS_ENTRY_BYTES;

		off += gap;
		memcpy(row, e->guid, sizeof(e->guid));
		if (mixed)
			mix_endian(row);
		bytes_put_le(row + SNP_CERTS_GUID_BYTES, off, 4);
		bytes_put_le(row + SNP_CERTS_GUID_BYTES + 4, e->n, 4);
		if (e->n > 0)
			memcpy(table + off, e->bytes, e->n);
		off += e->n;
	}
}

/* "offset.N", "length.N": what the entry says, whatever is there. */
static int edit_numbers(const struct table *t, uint8_t *table, struct jurat_error *err)
{
	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(t->order, SIM_PART_TABLE, SIM_EDIT_SET, e)) != NULL;) {
		const bool offset = order_is_field(e->field, "offset");
		uint64_t number;
		unsigned i;
		uint8_t *at;
		int r;

		if (!offset && !order_is_field(e->field, "length"))
			continue;
		e->used = true;
		r = order_table_index(e->field, &i, err);
		if (r == 0 && i >= t->n)
			r = jurat_fail(err, -EINVAL, "the table has %u entries", t->n);
		if (r < 0)
			return jurat_wrap(err, r, "table.%s", e->field);
		at = table + (size_t)i * SNP_CERTS_ENTRY_BYTES + SNP_CERTS_GUID_BYTES + (offset ? 0 : 4);
		number = bytes_get_le(at, 4);
		r = order_number_change(e->value, UINT32_MAX, &number, err);
		if (r < 0)
			return jurat_wrap(err, r, "table.%s", e->field);
		bytes_put_le(at, number, 4);
	}
	return 0;
}

/* What is behind the table: `trailing`, then as long as `size` says; `raw` is instead of it all. */
static int finish(const struct table *t, uint8_t *table, size_t *n, struct jurat_error *err)
{
	const char *raw = value_of(t, "raw"), *trailing = value_of(t, "trailing");
	size_t more = 0, size;
	int r = 0;

	if (raw)
		r = sim_order_some_bytes(raw, table, ORDER_TABLE_MAX_BYTES, n, err);
	if (r == 0 && trailing)
		r = sim_order_some_bytes(trailing, table + *n, ORDER_TABLE_MAX_BYTES - *n, &more, err);
	if (r < 0)
		return r;
	*n += more;
	size = number_of(t, "size", *n);
	if (size > *n)
		memset(table + *n, 0, size - *n);
	*n = size;
	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(t->order, SIM_PART_TABLE, SIM_EDIT_DAMAGE, e)) != NULL;) {
		e->used = true;
		r = order_flip(table, *n, e->byte, err);
		if (r < 0)
			return jurat_wrap(err, r, "damage table");
	}
	return 0;
}

static int check_size(const struct table *t, size_t header, size_t *ret, struct jurat_error *err)
{
	size_t n = header + t->n * number_of(t, "gap", 0);

	for (unsigned i = 0; i < t->n; i++)
		n += t->entries[i].n;
	if (n > ORDER_TABLE_MAX_BYTES)
		return jurat_fail(err, -EINVAL, "a certificate table of %zu bytes, more than %d", n,
				  ORDER_TABLE_MAX_BYTES);
	*ret = n;
	return 0;
}

static int make_table(struct table *t, uint8_t *to, size_t *n, struct jurat_error *err)
{
	size_t header;
	int r = add_entries(t, err);

	if (r == 0)
		r = encode_entries(t, err);
	if (r < 0)
		return r;
	header = (t->n + (flag_of(t, "terminator", true) ? 1 : 0)) * (size_t)SNP_CERTS_ENTRY_BYTES;
	r = check_size(t, header, n, err);
	if (r < 0)
		return r;
	write_entries(t, to, header);
	r = edit_numbers(t, to, err);
	if (r == 0)
		r = finish(t, to, n, err);
	if (r == 0 && flag_of(t, "missing", false))
		*n = 0;
	return r;
}

int forge_snp_table(void *ctx, struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb, const char *csp_id,
		    uint8_t **table, size_t *size, struct jurat_error *err)
{
	auto_call(free_table) struct table t = {
		.order = ctx, .psp = psp, .pki = pki, .tcb = tcb, .csp_id = csp_id
	};
	auto_free uint8_t *made = NULL;
	size_t n;
	int r;

	if (!sim_order_has(ctx, SIM_PART_TABLE))
		return 0;
	made = calloc(1, ORDER_TABLE_MAX_BYTES);
	if (!made)
		return jurat_fail_memory(err);
	r = make_table(&t, made, &n, err);
	if (r < 0)
		return jurat_wrap(err, r, "certificate table");
	free(*table);
	*table = take_ptr(made);
	*size = n;
	return 0;
}
