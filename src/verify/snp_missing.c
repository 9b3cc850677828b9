/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/render.h"
#include "verify/snp_judge.h"
#include "wire/snp_kds.h"

/* Missing certificates and their URLs, for users who have only a report. */

/* A version 2 report with a chip_id of 64 bytes may be of either product. */
static const enum snp_product either[] = { SNP_MILAN, SNP_GENOA };

static size_t products_of(const struct snp_judge *j, const enum snp_product **ret)
{
	*ret = &j->product;
	if (j->product != SNP_PRODUCT_UNKNOWN)
		return 1;
	*ret = either;
	return j->report.version < 3 ? ARRAY_SIZE(either) : 0;
}

static struct verdict_missing *add(struct snp_judge *j, enum verdict_missing_kind kind)
{
	struct verdict_missing *m = &j->out->missing[j->out->n_missing++];
	const enum snp_product *products;

	m->kind = kind;
	m->vlek = j->vlek;
	m->n_products = products_of(j, &products);
	memcpy(m->products, products, m->n_products * sizeof(products[0]));
	return m;
}

static void add_leaf(struct snp_judge *j)
{
	struct verdict_missing *m = add(j, MISSING_LEAF);
	const bool masked = bytes_all(j->report.chip_id, sizeof(j->report.chip_id), 0);

	m->has_tcb = snp_tcb_read(m->products[0], j->report.reported_tcb, &m->tcb);
	for (size_t i = 0; m->has_tcb && !j->vlek && !masked && i < m->n_products; i++)
		snp_kds_vcek_url(m->products[i], j->report.chip_id, &m->tcb, m->urls[i], sizeof(m->urls[i]));
}

static void add_chain(struct snp_judge *j)
{
	struct verdict_missing *m = add(j, MISSING_CHAIN);

	for (size_t i = 0; i < m->n_products; i++)
		snp_kds_chain_url(m->products[i], j->vlek, m->urls[i], sizeof(m->urls[i]));
}

static bool is_intermediate(const struct snp_judge *j, const struct cert_entry *entry)
{
	const enum snp_product *products;
	size_t n = products_of(j, &products);

	for (size_t i = 0; entry && i < n; i++)
		if (vek_text_is(&entry->cert.subject_cn, j->vlek ? "SEV-VLEK-" : "SEV-",
				snp_product_name(products[i])))
			return true;
	return false;
}

/* Whether an intermediate for such a leaf is there, when there is no leaf that names its issuer. */
static bool has_intermediate(const struct snp_judge *j)
{
	const struct pointers *given = &j->verifier->authorities;

	if (is_intermediate(j, j->table_intermediate))
		return true;
	for (size_t i = 0; i < given->n; i++)
		if (is_intermediate(j, given->items[i]))
			return true;
	return false;
}

void judge_missing(struct snp_judge *j)
{
	const enum snp_product *products;

	if (products_of(j, &products) == 0)
		return; /* unknown, and refused already */
	if (!j->leaf || !judge_fits(j, j->leaf))
		add_leaf(j);
	if (j->leaf ? !j->intermediate : !has_intermediate(j))
		add_chain(j);
	else if (j->leaf && !j->root && !j->verifier->roots_given)
		add_chain(j);
}

/* ---- Output */

static const struct {
	const char *name, *file;
} words[2][2] = {
	[MISSING_LEAF] = { { "VCEK", "vcek.der" }, { "VLEK", "vlek.der" } },
	[MISSING_CHAIN] = { { "ASK and ARK", "cert_chain.pem" }, { "ASVK and ARK", "cert_chain.pem" } },
};

static const char *name_of(const struct verdict_missing *m)
{
	return words[m->kind][m->vlek].name;
}

static json_t *chip_of(const struct jurat_verdict *v, const struct verdict_missing *m)
{
	if (m->vlek || bytes_all(v->report.chip_id, sizeof(v->report.chip_id), 0))
		return json_null();
	return render_hex(v->report.chip_id, snp_hwid_bytes(m->products[0]));
}

json_t *render_missing(struct render_json *o, const struct jurat_verdict *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n_missing; i++) {
		const struct verdict_missing *m = &v->missing[i];
		json_t *object = json_object(), *products = json_array(), *urls = json_array();

		for (size_t k = 0; k < m->n_products; k++) {
			render_append(o, products, json_string(snp_product_name(m->products[k])));
			if (m->urls[k][0])
				render_append(o, urls, json_string(m->urls[k]));
		}
		render_put(o, object, "certificate", json_string(name_of(m)));
		render_put(o, object, "products", products);
		if (m->kind == MISSING_LEAF) {
			render_put(o, object, "chip_id", chip_of(v, m));
			render_put(o, object, "tcb",
				   m->has_tcb ? render_tcb(o, m->products[0], &m->tcb) : json_null());
		}
		render_put(o, object, "urls", urls);
		render_put(o, object, "file", json_string(words[m->kind][m->vlek].file));
		render_append(o, array, object);
	}
	return array;
}

/* Prints chip and TCB, or why there is no URL. */
static void put_leaf(FILE *f, const struct jurat_verdict *v, const struct verdict_missing *m)
{
	char hex[BYTES_HEX_SIZE(64)], tcb[96];

	if (m->has_tcb) {
		snp_tcb_format(m->products[0], &m->tcb, tcb, sizeof(tcb));
		fprintf(f, "%-*s for reported_tcb %s\n", RENDER_LABEL, "", tcb);
	}
	if (m->vlek)
		fprintf(f, "%-*s from the cloud provider: AMD issues VLEKs to providers only\n", RENDER_LABEL,
			"");
	else if (bytes_all(v->report.chip_id, sizeof(v->report.chip_id), 0))
		fprintf(f, "%-*s from the host: chip_id is masked, so AMD cannot be asked for it\n",
			RENDER_LABEL, "");
	else
		fprintf(f, "%-*s for chip_id %s\n", RENDER_LABEL, "",
			bytes_to_hex(v->report.chip_id, snp_hwid_bytes(m->products[0]), hex));
}

void render_text_missing(FILE *f, const struct jurat_verdict *v)
{
	for (size_t i = 0; i < v->n_missing; i++) {
		const struct verdict_missing *m = &v->missing[i];

		fprintf(f, "%-*s %s of %s%s%s\n", RENDER_LABEL, "missing", name_of(m),
			snp_product_name(m->products[0]), m->n_products > 1 ? " or " : "",
			m->n_products > 1 ? snp_product_name(m->products[1]) : "");
		if (m->kind == MISSING_LEAF)
			put_leaf(f, v, m);
		for (size_t k = 0; k < m->n_products; k++)
			if (m->urls[k][0])
				fprintf(f, "%-*s %s\n", RENDER_LABEL, "", m->urls[k]);
		fprintf(f, "%-*s save it as %s, and name the file or its directory with --certs\n",
			RENDER_LABEL, "", words[m->kind][m->vlek].file);
	}
}
