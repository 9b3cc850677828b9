/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <jurat/verify.h>

#include "sim/forge/forge.h"

static const int64_t at = 1782864000; /* 2026-07-01 00:00:00 UTC */

/* A verifier with no roots but the software platform's, as it makes them without an order. */
static struct jurat_verifier *new_verifier(enum snp_product product)
{
	struct jurat_verifier *v;
	struct sim_pki *pki;
	const uint8_t *der;
	size_t n;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(sim_pki_ca(pki, product, SIM_ARK, &der, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	sim_pki_free(pki);
	return v;
}

static struct jurat_verdict *judge(const struct sim_forged *forged, enum snp_product product)
{
	const struct sim_forged_file *report = sim_forged_find(forged, "report.bin");
	const struct sim_forged_file *certs = sim_forged_find(forged, "certs.bin");
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct jurat_verifier *v = new_verifier(product);
	struct jurat_verdict *verdict;

	assert_non_null(report);
	e.report = report->bytes;
	e.report_size = report->size;
	if (certs) {
		e.certs = certs->bytes;
		e.certs_size = certs->size;
	}
	assert_true(jurat_verify_snp(v, &e, NULL, at, &verdict, NULL) >= 0);
	jurat_verifier_free(v);
	return verdict;
}

static void without_items_all_is_accepted(void **state)
{
	(void)state;
	for (enum snp_product p = SNP_MILAN; p < SNP_N_PRODUCTS; p++)
		for (unsigned vlek = 0; vlek < 2; vlek++)
			for (uint32_t version = 2; version <= 5; version++) {
				struct sim_forge_options options = { .product = p,
								     .report_version = version,
								     .vlek = vlek };
				struct sim_forged forged;
				struct jurat_verdict *v;
				struct sim_order *order;

				assert_int_equal(sim_order_new(at, &order, NULL), 0);
				assert_int_equal(sim_forge(&options, order, &forged, NULL), 0);
				v = judge(&forged, p);
				if (!jurat_verdict_accepted(v))
					FAIL_BECAUSE("%s: %s", jurat_verdict_reason_code(v, 0),
						     jurat_verdict_reason_detail(v, 0));
				assert_int_equal(forged.n, 6);
				assert_non_null(sim_forged_find(&forged, vlek ? "asvk.der" : "ask.der"));
				assert_null(sim_forged_find(&forged, vlek ? "vcek.der" : "vlek.der"));
				jurat_verdict_free(v);
				sim_forged_done(&forged);
				sim_order_free(order);
			}
}

enum { MAX_ITEMS = 6, MAX_REASONS = 4 };

/* What an order does to evidence, by the verdict: which reasons it gives, in their order. */
struct row {
	const char *items[MAX_ITEMS];
	const char *reasons[MAX_REASONS];
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN: Milan */
	bool vlek;
	uint32_t report_version;
};

static int forge(const struct row *row, struct sim_forged *ret, struct jurat_error *err)
{
	struct sim_forge_options options = { .product = row->product,
					     .vlek = row->vlek,
					     .report_version = row->report_version };
	struct sim_order *order;
	int r = sim_order_new(at, &order, err);

	assert_int_equal(r, 0);
	for (size_t i = 0; r == 0 && i < MAX_ITEMS && row->items[i]; i++)
		r = sim_order_add(order, row->items[i], err);
	if (r == 0)
		r = sim_forge(&options, order, ret, err);
	sim_order_free(order);
	return r;
}

static void add_word(char *list, size_t room, const char *word)
{
	size_t n = strlen(list);

	snprintf(list + n, room - n, "%s%s", n ? " " : "", word);
}

/* false, and says so: another verdict than the row has. */
static bool row_is_right(const struct row *row)
{
	char wanted[512] = "", got[512] = "";
	struct jurat_verdict *v;
	struct sim_forged forged;
	struct jurat_error err;

	if (forge(row, &forged, &err) < 0) {
		test_say("%s: %s", row->items[0], err.text);
		return false;
	}
	v = judge(&forged, row->product ? row->product : SNP_MILAN);
	for (size_t i = 0; i < MAX_REASONS && row->reasons[i]; i++)
		add_word(wanted, sizeof(wanted), row->reasons[i]);
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		add_word(got, sizeof(got), jurat_verdict_reason_code(v, i));
	if (strcmp(wanted, got) != 0)
		test_say("%s: wanted '%s', got '%s': %s", row->items[0], wanted, got,
			 jurat_verdict_reason_count(v) ? jurat_verdict_reason_detail(v, 0) : "");
	jurat_verdict_free(v);
	sim_forged_done(&forged);
	return strcmp(wanted, got) == 0;
}

static void items_change_what_they_name(void **state)
{
	static const struct row rows[] = {
		{ { "report.policy.DEBUG=yes" }, { "debug-allowed" } },
		{ { "unsigned report.policy.DEBUG=yes" }, { "report-signature", "debug-allowed" } },
		{ { "guest.policy.debug=yes" }, { "debug-allowed" } },
		{ { "report.version=6" }, { "report-version" } },
		{ { "report.signed_by=other" }, { "report-signature" } },
		{ { "report.signed_by=vlek" }, { "report-signature" } },
		{ { "report.signed_by=none" }, { "report-signature" } },
		{ { "report.key_info.signing_key=1" }, { "leaf-missing" } },
		{ { "report.size=1183" }, { "report-size" } },
		{ { "report.size=4000" }, { "report-size" } },
		{ { "report.size=0" }, { "report-size" } },
		{ { "damage report.signature" }, { "report-signature" } },
		{ { "damage report.measurement:47" }, { "report-signature" } },
		{ { "unsigned report.signature_r=order" }, { "report-signature" } },
		{ { "report.signature_s=negative" }, { NULL } },
		{ { "unsigned report.signature_r=plus-order" }, { "report-signature" } },
		{ { "report.signature_r=big-endian" }, { "report-signature" } },
		{ { "platform.tcb.snp=-1" }, { NULL } },
		{ { "platform.reported_tcb.snp=-1" }, { NULL } },
		{ { "platform.reported_tcb.snp=-1", "vcek.for_tcb=current" },
		  { "leaf-tcb-mismatch", "report-signature" } },
		{ { "vcek.for_tcb.microcode=+1" }, { "leaf-tcb-mismatch", "report-signature" } },
		{ { "vcek.for_chip=another" }, { "leaf-chip-mismatch", "report-signature" } },
		{ { "platform.mask_chip_id=yes" }, { "chip-id-masked" } },
		{ { "platform.mask_chip_id=yes" }, { NULL }, .vlek = true },
		{ { "platform.mask_chip_key=yes" }, { "report-unsigned" } },
		{ { "platform.csp_id=CN=other.example" }, { NULL }, .vlek = true },
		{ { "vlek.for_csp=CN=other.example" }, { "report-signature" }, .vlek = true },
		{ { "platform.hwid=x11" }, { NULL } },
		{ { "platform.hwid=0011223344556677" }, { NULL }, .product = SNP_TURIN },
		{ { "platform.launch_tcb.snp=-1", "platform.platform_info.bit-63=yes" },
		  { "platform-info-reserved" } },
		{ { "platform.report_version=5" }, { NULL } },
		{ { "table.entries=ark,ask,vcek" }, { NULL } },
		{ { "table.entries=vcek,ask,vcek" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.entries=none" }, { "leaf-missing" } },
		{ { "table.missing=yes" }, { "leaf-missing" } },
		{ { "table.entries=vcek,ark" }, { "intermediate-missing" } },
		{ { "table.entries=vcek,ask" }, { NULL } },
		{ { "table.entries=unknown,vcek,6a757261-7400-8000-8000-000000000001:ark,ask,ark,crl" },
		  { NULL } },
		{ { "table.entries=zero,vcek,ask,ark" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.entries=vcek:empty,ask,ark" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.entries=vcek:text,ask,ark" }, { "certificate-malformed" } },
		{ { "table.entries=vcek,ask,Genoa/ark" }, { NULL } },
		{ { "table.entries=Genoa/vcek" },
		  { "leaf-issuer", "leaf-tcb-mismatch", "leaf-chip-mismatch", "intermediate-missing" } },
		{ { "table.entries=vcek,ask:Genoa/ask,ark" },
		  { "intermediate-name", "root-not-trusted", "leaf-signature" } },
		{ { "table.pem=vcek" }, { "certificate-pem" } },
		{ { "table.pem=all" }, { "certificate-pem", "certificate-pem", "certificate-pem" } },
		{ { "table.guids=mixed-endian" }, { NULL } },
		{ { "table.data=reversed", "table.gap=7" }, { NULL } },
		{ { "table.terminator=no", "table.entries=vcek" },
		  { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.offset.1=+1" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.offset.2=0xffffffff" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.length.0=0" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.trailing=00ff" }, { NULL } },
		{ { "table.size=16384" }, { NULL } },
		{ { "table.size=2000" }, { "certificate-table-malformed", "leaf-missing" } },
		{ { "table.raw=x00*24" }, { "leaf-missing" } },
		{ { "damage table:last" }, { NULL } },
	};
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		bad += !row_is_right(&rows[i]);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_items_all_is_accepted),
		cmocka_unit_test(items_change_what_they_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
