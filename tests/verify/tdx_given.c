/* SPDX-License-Identifier: MIT */
#include "verify/tdx_given.h"

struct each {
	void (*judge)(const struct tdx_case *c, void *context);
	void *context;
};

static void use_row(const struct evidence_row *row, void *context)
{
	const struct each *each = context;
	const struct tdx_case c = {
		.folder = row->folder,
		.name = evidence_value(row, "case"),
		.kind = evidence_value(row, "kind"),
		.type = evidence_value(row, "type"),
		.quote = evidence_value(row, "quote"),
		.collateral = { evidence_value(row, "tcbinfo"), evidence_value(row, "qeidentity"),
				evidence_value(row, "pckcrl"), evidence_value(row, "rootcrl"),
				evidence_value(row, "tcb_signing_cert"), evidence_value(row, "root_cert") },
		.bundle = evidence_value(row, "bundle"),
		.qvl_pckchain = evidence_value(row, "qvl_pckchain"),
		.qvl_tcbinfo = evidence_value(row, "qvl_tcbinfo"),
		.qvl_qeid = evidence_value(row, "qvl_qeid"),
		.qvl_quote = evidence_value(row, "qvl_quote"),
		.status = evidence_value(row, "status"),
		.reasons = evidence_value(row, "reasons"),
		.now = atoll(evidence_value(row, "now_unix")),
	};

	each->judge(&c, each->context);
}

unsigned tdx_given_each(void (*judge)(const struct tdx_case *c, void *context), void *context)
{
	struct each each = { .judge = judge, .context = context };

	return evidence_each_row("TDX-CASES.tsv", use_row, &each);
}

struct accepted {
	void (*use)(const struct tdx_case *c);
	bool had_made, had_real;
};

static bool is_accepted_v4(const struct tdx_case *c)
{
	if (strcmp(c->type, "quote-v4-tdx") != 0 || !c->collateral[0][0])
		return false;
	return c->reasons[0] ? strcmp(c->reasons, "-") == 0
			     : strcmp(c->kind, "fresh") == 0 && strcmp(c->qvl_quote, "OK") == 0;
}

static void use_first(const struct tdx_case *c, void *context)
{
	struct accepted *a = context;
	bool *had = c->folder->is_real ? &a->had_real : &a->had_made;

	if (*had || !is_accepted_v4(c))
		return;
	*had = true;
	a->use(c);
}

void tdx_given_each_accepted(void (*use)(const struct tdx_case *c))
{
	struct accepted a = { .use = use };

	tdx_given_each(use_first, &a);
	assert_true(a.had_made);
}

static void add(struct jurat_tdx_collateral *to, const struct evidence_folder *folder, const char *name)
{
	struct jurat_error err = { "" };
	auto_free uint8_t *bytes = NULL;
	size_t n;

	bytes = evidence_read(folder, name, &n);
	if (jurat_tdx_collateral_add(to, bytes, n, &err) != 0)
		FAIL_BECAUSE("%s: %s", name, err.text);
}

struct jurat_tdx_collateral *tdx_given_collateral(const struct tdx_case *c, unsigned without)
{
	struct jurat_tdx_collateral *collateral;

	assert_int_equal(jurat_tdx_collateral_new(&collateral, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(c->collateral); i++)
		if (!(without >> i & 1) && c->collateral[i][0])
			add(collateral, c->folder, c->collateral[i]);
	if (c->bundle[0])
		add(collateral, c->folder, c->bundle);
	return collateral;
}

void tdx_given_fix_sizes(const struct tdx_quote *from, const uint8_t *bytes, uint8_t *to, size_t n)
{
	enum {
		BEFORE_OUTER_SIZE = 130,
		OUTER_HEAD = 134
	}; /* of the signature data. Spec: Intel TDX quote library, A.4 */
	size_t signed_size = from->signed_bytes.size, data = signed_size + 4;
	size_t certs = (size_t)(from->cert_data.data - bytes);

	bytes_put_le(to + signed_size, n - data, 4);
	bytes_put_le(to + data + BEFORE_OUTER_SIZE, n - data - OUTER_HEAD, 4);
	bytes_put_le(to + certs - 4, n - certs, 4);
}
