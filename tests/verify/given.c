/* SPDX-License-Identifier: MIT */
#include "verify/given.h"

#include "crypto/x509.h"
#include "wire/snp_certs.h"

struct each {
	void (*judge)(const struct given_case *c, void *context);
	void *context;
};

static void use_row(const struct evidence_row *row, void *context)
{
	const char *outcome = evidence_value(row, "signature_and_chain");
	bool is_debug = evidence_value(row, "policy_debug")[0] == '1';
	const struct each *each = context;
	struct given_case c = {
		.folder = row->folder,
		.report = evidence_value(row, "report"),
		.vek = evidence_value(row, "vek"),
		.intermediate = evidence_value(row, "intermediate"),
		.root = evidence_value(row, "root"),
		.product = evidence_value(row, "product"),
		.signer = evidence_value(row, "signer"),
		.version = evidence_value(row, "version"),
		.reasons = evidence_value(row, "reasons"),
		.has_leaf = strcmp(outcome, "certificate-missing") != 0,
		.at = atoll(evidence_value(row, "at_unix")),
	};

	if (!c.reasons[0]) { /* a table without that column says it in two others */
		assert_true(!c.has_leaf || strcmp(outcome, "good") == 0);
		c.reasons = !c.has_leaf ? "leaf-missing" : is_debug ? "debug-allowed" : "-";
	}
	each->judge(&c, each->context);
}

unsigned given_each(void (*judge)(const struct given_case *c, void *context), void *context)
{
	struct each each = { .judge = judge, .context = context };

	return evidence_each_row("SNP-CASES.tsv", use_row, &each);
}

/* Whether `code` is among "a,b". */
static bool has_code(const char *codes, const char *code)
{
	size_t n = strlen(code);

	for (const char *at = codes; (at = strstr(at, code)); at++)
		if ((at == codes || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

static bool has_reason(const struct jurat_verdict *v, const char *code, size_t n)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		if (strlen(jurat_verdict_reason_code(v, i)) == n &&
		    memcmp(jurat_verdict_reason_code(v, i), code, n) == 0)
			return true;
	return false;
}

bool given_reasons_are(const struct jurat_verdict *v, const char *codes)
{
	if (strcmp(codes, "-") == 0)
		return jurat_verdict_reason_count(v) == 0 && jurat_verdict_accepted(v);
	if (jurat_verdict_accepted(v))
		return false;
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		if (!has_code(codes, jurat_verdict_reason_code(v, i)))
			return false;
	for (const char *at = codes; *at; at += strspn(at, ",")) {
		size_t n = strcspn(at, ",");

		if (!has_reason(v, at, n))
			return false;
		at += n;
	}
	return true;
}

void assert_given_reasons(const struct jurat_verdict *v, const char *codes, const char *what)
{
	if (given_reasons_are(v, codes))
		return;
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		test_say("reason %zu: %s: %s", i, jurat_verdict_reason_code(v, i),
			 jurat_verdict_reason_detail(v, i));
	FAIL_BECAUSE("%s: expected %s", what, codes);
}

uint8_t *given_table(bool vlek, struct given_der leaf, struct given_der intermediate, struct given_der root,
		     size_t *ret_size)
{
	static uint8_t buf[1 << 16];
	struct snp_certs table = { 0 };
	const struct {
		enum snp_cert_kind kind;
		struct given_der der;
	} rows[] = {
		{ vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK, leaf },
		{ SNP_CERT_ASK, intermediate },
		{ SNP_CERT_ARK, root },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].der.data)
			continue;
		table.entries[table.n].kind = rows[i].kind;
		table.entries[table.n++].data = bytes_rd(rows[i].der.data, rows[i].der.size);
	}
	assert_int_equal(snp_certs_write(&table, buf, sizeof(buf), ret_size, NULL), 0);
	return heap_copy(buf, *ret_size);
}

int64_t given_day_after(const uint8_t *der, size_t n)
{
	struct crypto_cert cert;

	assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
	return cert.not_before + 86400;
}
