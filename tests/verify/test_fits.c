/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "jurat/reasons.h"
#include "sim/psp/psp.h"
#include "verify/snp_fits.h"
#include "wire/snp_certs.h"

/* A table against the key that signs, without a report: each reason for which a report would be refused. */
struct world {
	struct sim_psp *psp;
	struct sim_pki *pki;
	struct jurat_verifier *verifier;
	struct snp_signer signer;
	struct snp_certs certs; /* of the good table */
	uint8_t *table;
	size_t n;
};

static const char *why(struct world *w, const uint8_t *table, size_t n, int64_t at)
{
	static char code[64];
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int r = snp_table_fits(w->verifier, &w->signer, table, n, at, &verdict, &err);

	code[0] = '\0';
	if (r == JURAT_REFUSED) {
		TEXT(code, "%s", jurat_verdict_reason_code(verdict, 0));
		assert_int_equal(strncmp(err.text, code, strlen(code)), 0);
	} else {
		assert_int_equal(r, 0);
		assert_int_equal(jurat_verdict_reason_count(verdict), 0);
	}
	jurat_verdict_free(verdict);
	return code;
}

static int64_t now(const struct world *w)
{
	return sim_pki_not_before(w->pki) + 86400;
}

/* Writes the entries that are left, and checks the table. */
static const char *why_entries(struct world *w, const struct snp_certs *certs)
{
	size_t size = snp_certs_size(certs);
	auto_free uint8_t *table = malloc(size);

	assert_int_equal(snp_certs_write(certs, table, size, &size, NULL), 0);
	return why(w, table, size, now(w));
}

static struct snp_certs without(const struct world *w, enum snp_cert_kind kind)
{
	struct snp_certs left = { 0 };

	for (unsigned i = 0; i < w->certs.n; i++)
		if (w->certs.entries[i].kind != kind)
			left.entries[left.n++] = w->certs.entries[i];
	return left;
}

static void a_table_of_the_key_fits(void **state)
{
	struct world *w = *state;

	assert_string_equal(why(w, w->table, w->n, now(w)), "");
	assert_string_equal(why(w, w->table, w->n, now(w)), ""); /* with what the verifier remembers */
}

static void each_certificate_is_needed(void **state)
{
	static const struct {
		enum snp_cert_kind kind;
		const char *code;
	} rows[] = {
		{ SNP_CERT_ASK, "intermediate-missing" },
		{ SNP_CERT_ARK, "root-missing" },
		{ SNP_CERT_VCEK, "leaf-missing" },
	};
	struct world *w = *state;

	/* A verifier that has seen the others before does not need them; guests do. */
	assert_string_equal(why(w, w->table, w->n, now(w)), "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct snp_certs left = without(w, rows[i].kind);

		if (strcmp(why_entries(w, &left), rows[i].code) != 0)
			FAIL_BECAUSE("without %s: %s", snp_cert_name(rows[i].kind), why_entries(w, &left));
	}
	assert_string_equal(why(w, (uint8_t[24]){ 0 }, 24, now(w)), "intermediate-missing");
}

static void another_key_is_refused(void **state)
{
	struct world *w = *state;
	struct snp_signer good = w->signer;

	w->signer.chip_id[63] ^= 1;
	assert_string_equal(why(w, w->table, w->n, now(w)), "leaf-chip-mismatch");
	w->signer = good;
	w->signer.reported_tcb -= 1;
	assert_string_equal(why(w, w->table, w->n, now(w)), "leaf-tcb-mismatch");
	w->signer = good;
	w->signer.vlek = true;
	assert_string_equal(why(w, w->table, w->n, now(w)), "leaf-missing");
	w->signer = good;
	w->signer.product = SNP_GENOA;
	assert_string_equal(why(w, w->table, w->n, now(w)), "leaf-issuer");
}

static void dates_and_signatures_are_checked(void **state)
{
	struct world *w = *state;
	const struct snp_cert_entry *leaf = snp_certs_find(&w->certs, SNP_CERT_VCEK);

	assert_string_equal(why(w, w->table, w->n, sim_pki_not_before(w->pki) - 86400 * 366),
			    "leaf-not-yet-valid");
	assert_string_equal(why(w, w->table, w->n, sim_pki_leaf_not_after(w->pki, false) + 1),
			    "leaf-expired");
	w->table[leaf->data.data - w->table + (ptrdiff_t)leaf->data.size - 1] ^= 1;
	assert_string_equal(why(w, w->table, w->n, now(w)), "leaf-signature");
}

static void a_root_that_nobody_named_is_refused(void **state)
{
	struct world *w = *state;

	jurat_verifier_free(w->verifier);
	assert_int_equal(jurat_verifier_new(&w->verifier, NULL), 0);
	assert_string_equal(why(w, w->table, w->n, now(w)), "root-not-trusted");
}

static void every_truncation_is_refused(void **state)
{
	struct world *w = *state;

	for (size_t n = 0; n < w->n; n += n < 256 ? 1 : 97) {
		auto_free uint8_t *copy = heap_copy(w->table, n);

		assert_string_not_equal(why(w, copy, n, now(w)), "");
	}
}

static int set_up(void **state)
{
	static const struct sim_psp_options options = { .product = SNP_MILAN };
	struct world *w = calloc(1, sizeof(*w));
	const uint8_t *ark;
	size_t n;

	assert_non_null(w);
	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &w->pki, NULL), 0);
	assert_int_equal(sim_psp_new(&options, &w->psp, NULL), 0);
	assert_int_equal(sim_kds_table(w->psp, w->pki, &w->table, &w->n, NULL), 0);
	assert_int_equal(snp_certs_read(w->table, w->n, &w->certs, NULL), 0);
	assert_int_equal(sim_pki_ca(w->pki, SNP_MILAN, SIM_ARK, &ark, &n, NULL), 0);
	assert_int_equal(jurat_verifier_new(&w->verifier, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(w->verifier, ark, n, NULL), 0);
	w->signer.product = SNP_MILAN;
	w->signer.reported_tcb = sim_psp_committed_tcb(w->psp);
	sim_psp_hwid(w->psp, w->signer.chip_id);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	jurat_verifier_free(w->verifier);
	sim_psp_free(w->psp);
	sim_pki_free(w->pki);
	free(w->table);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_table_of_the_key_fits),
		TEST(each_certificate_is_needed),
		TEST(another_key_is_refused),
		TEST(dates_and_signatures_are_checked),
		TEST(a_root_that_nobody_named_is_refused),
		TEST(every_truncation_is_refused),
	};

	return cmocka_run_group_tests_name("verify_fits", tests, NULL, NULL);
}
