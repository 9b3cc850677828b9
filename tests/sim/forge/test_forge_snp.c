/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <jurat/verify.h>

#include "sim/forge/forge.h"
#include "sim/psp/psp_support.h"
#include "wire/snp_certs.h"

static const int64_t at = 1782864000; /* 2026-07-01 00:00:00 UTC */

/* Roots of all orders: RSA signatures are what costs time. */
static struct sim_pki *roots;

static int new_roots(void **state)
{
	(void)state;
	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &roots, NULL), 0);
	sim_pki_remember(roots);
	return 0;
}

static int free_roots(void **state)
{
	(void)state;
	sim_pki_free(roots);
	return 0;
}

/* A verifier with no roots but the software platform's, as it makes them without an order. */
static struct jurat_verifier *new_verifier(enum snp_product product)
{
	struct jurat_verifier *v;
	const uint8_t *der;
	size_t n;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(sim_pki_ca(roots, product, SIM_ARK, &der, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	return v;
}

/* With the CRL of the evidence, if it has one. */
static struct jurat_verdict *judge(const struct sim_forged *forged, enum snp_product product)
{
	const struct sim_forged_file *report = sim_forged_find(forged, "report.bin");
	const struct sim_forged_file *certs = sim_forged_find(forged, "certs.bin");
	const struct sim_forged_file *crl = sim_forged_find(forged, "crl.der");
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
	if (crl)
		assert_int_equal(jurat_verifier_add_crl(v, crl->bytes, crl->size, NULL), 0);
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
				struct sim_forge_options options = {
					.product = p, .report_version = version, .vlek = vlek, .pki = roots
				};
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
					     .report_version = row->report_version,
					     .pki = roots };
	struct sim_order *order;
	int r = sim_order_new(at, &order, err);

	if (r < 0)
		return r;
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

	test_text(list + n, room - n, "%s%s", n ? " " : "", word);
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

static const struct row changes[] = {
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
	{ { "table.entries=unknown,vcek,6a757261-7400-8000-8000-000000000001:ark,ask,ark,crl" }, { NULL } },
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

static void items_change_what_they_name(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		bad += !row_is_right(&changes[i]);
	assert_int_equal(bad, 0);
}

/* ---- presets ---- */

struct preset {
	const char *name, *reasons[MAX_REASONS];
	bool vlek;
};

static const struct preset presets[] = {
	{ "vcek-expired", { "leaf-expired" } },
	{ "vcek-not-yet-valid", { "leaf-not-yet-valid" } },
	{ "vlek-expired", { "leaf-expired" }, true },
	{ "vlek-not-yet-valid", { "leaf-not-yet-valid" }, true },
	{ "ask-expired", { "intermediate-expired" } },
	{ "ask-not-yet-valid", { "intermediate-not-yet-valid" } },
	{ "asvk-expired", { "intermediate-expired" }, true },
	{ "asvk-not-yet-valid", { "intermediate-not-yet-valid" }, true },
	{ "ark-expired", { NULL } },
	{ "ark-not-yet-valid", { NULL } },
	{ "ask-revoked", { "intermediate-revoked" } },
	{ "asvk-revoked", { "intermediate-revoked" }, true },
	{ "ark-revoked", { NULL } },
	{ "vcek-revoked", { NULL } },
	{ "crl-stale", { "crl-stale" } },
	{ "crl-not-yet-valid", { "crl-not-yet-valid" } },
	{ "crl-missing", { NULL } },
	{ "crl-other-issuer", { "crl-signature" } },
	{ "crl-damaged", { "crl-signature" } },
	{ "wrong-chip", { "leaf-chip-mismatch", "report-signature" } },
	{ "wrong-hwid", { "leaf-chip-mismatch" } },
	{ "wrong-tcb", { "leaf-tcb-mismatch", "report-signature" } },
	{ "wrong-spl", { "leaf-tcb-mismatch" } },
	{ "vcek-of-current-tcb", { "leaf-tcb-mismatch", "report-signature" } },
	{ "vlek-of-current-tcb", { "leaf-tcb-mismatch", "report-signature" }, true },
	{ "vlek-other-provider", { "report-signature" }, true },
	{ "other-provider", { NULL }, true },
	{ "signed-by-vlek", { "report-signature" } },
	{ "masked-chip", { "chip-id-masked" } },
	{ "masked-key", { "report-unsigned" } },
	{ "debug", { "debug-allowed" } },
	{ "migratable", { NULL } },
	{ "rollback", { NULL } },
	{ "old-tcb", { NULL } },
	{ "alias-unchecked", { NULL } },
	{ "other-vmpl", { NULL } },
	{ "wrong-key", { "report-signature" } },
	{ "not-signed", { "report-signature" } },
	{ "signature-damaged", { "report-signature" } },
	{ "measurement-changed", { "report-signature" } },
	{ "debug-hidden", { "report-signature" } },
	{ "report-data-changed", { "report-signature" } },
	{ "signature-big-endian", { "report-signature" } },
	{ "report-version-6", { "report-version" } },
	{ "report-reserved", { "report-reserved" } },
	{ "report-truncated", { "report-size" } },
	{ "other-algorithm", { "signature-algorithm" } },
	{ "untrusted-root", { "intermediate-signature" } },
	{ "chain-other-product", { "intermediate-name", "root-not-trusted", "leaf-signature" } },
	{ "vcek-not-by-ask", { "leaf-signature" } },
	{ "vcek-by-ark", { "leaf-signature" } },
	{ "ask-not-by-ark", { "intermediate-signature" } },
	{ "ask-no-ca", { "intermediate-profile" } },
	{ "vcek-missing", { "leaf-missing" } },
	{ "ask-missing", { "intermediate-missing" } },
	{ "ark-missing", { NULL } },
	{ "vcek-damaged", { "leaf-signature" } },
	{ "ask-damaged", { "intermediate-signature" } },
	{ "no-table", { "leaf-missing" } },
	{ "table-pem", { "certificate-pem", "certificate-pem", "certificate-pem" } },
	{ "table-reordered", { NULL } },
	{ "table-twice", { "certificate-table-malformed", "leaf-missing" } },
	{ "table-unknown-entry", { NULL } },
	{ "table-leaf-only", { "intermediate-missing" } },
	{ "table-ask-of-vlek", { "intermediate-name", "leaf-signature" }, true },
	{ "table-mixed-endian", { NULL } },
	{ "table-overlapping", { "certificate-table-malformed", "leaf-missing" } },
	{ "table-outside", { "certificate-table-malformed", "leaf-missing" } },
	{ "table-open", { "certificate-table-malformed", "leaf-missing" } },
	{ "table-trailing", { NULL } },
	{ "table-truncated", { "certificate-table-malformed", "leaf-missing" } },
};

/* Presets are of the product that is made first, and of the others: the reasons are the same. */
static void every_preset_comes_to_its_reasons(void **state)
{
	const struct sim_preset *preset;
	unsigned bad = 0;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; (preset = sim_order_preset(i)) != NULL; i++) {
		struct row row = { .items = { preset->name },
				   .product = (enum snp_product)(SNP_MILAN + n % 3) };

		if (!preset->snp)
			continue;
		assert_true(n < ARRAY_SIZE(presets));
		if (strcmp(preset->name, presets[n].name) != 0)
			FAIL_BECAUSE("%s has no row", preset->name);
		memcpy(row.reasons, presets[n].reasons, sizeof(row.reasons));
		row.vlek = presets[n].vlek;
		bad += !row_is_right(&row);
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(presets));
	assert_int_equal(bad, 0);
}

/* ---- every field ---- */

/* The report alone, which costs no certificates. */
static struct snp_report report_of(const struct row *row)
{
	struct sim_psp_options options = { .product = row->product, .report_version = row->report_version };
	struct snp_msg_report_req request = { .key_sel = SNP_KEY_SEL_VCEK };
	struct sim_launch l = { .policy = 0x30000 };
	uint8_t bytes[SNP_PAGE_BYTES];
	struct snp_report report;
	struct test_guest g;
	struct sim_order *order;
	struct sim_psp *psp;
	struct sim_pki *pki;
	size_t n;

	assert_int_equal(sim_order_new(at, &order, NULL), 0);
	for (size_t i = 0; i < MAX_ITEMS && row->items[i]; i++)
		assert_int_equal(sim_order_add(order, row->items[i], NULL), 0);
	assert_int_equal(sim_forge_snp_options(order, &options, &l, NULL), 0);
	assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	assert_int_equal(sim_forge_install_snp(order, psp, pki, NULL), 0);
	g = launch_as(psp, &l);
	assert_int_equal(sim_psp_report(psp, g.number, &request, bytes, sizeof(bytes), &n), SNP_SUCCESS);
	assert_int_equal(wire_read(&snp_report_layout, bytes, n, &report, NULL), 0);
	assert_int_equal(sim_order_unused(order, NULL), 0);
	sim_psp_free(psp);
	sim_pki_free(pki);
	sim_order_free(order);
	return report;
}

/* Sets a field to 0x5a.. and finds it in the report, and nothing else but the signature with it. */
/* A build whose P-384 is OpenSSL's never signs twice alike. */
static bool signs_alike(void)
{
	static int known = -1;
	struct row honest = { .items = { NULL } };
	uint8_t reports[2][SNP_REPORT_BYTES];

	for (unsigned i = 0; known < 0 && i < 2; i++) {
		struct snp_report report = report_of(&honest);

		wire_write(&snp_report_layout, &report, reports[i]);
	}
	if (known < 0)
		known = memcmp(reports[0], reports[1], SNP_REPORT_BYTES) == 0;
	return known != 0;
}

static void assert_field_is_set(const struct wire_field *field, const char *kind)
{
	const bool is_bytes = field->kind == WIRE_BYTES || field->kind == WIRE_ZERO;
	char item[64], number[19];
	struct row row = { .items = { item } }, honest = { .items = { NULL } };
	uint8_t bytes[SNP_REPORT_BYTES], before[SNP_REPORT_BYTES];
	struct snp_report report;

	TEXT(number, "0x%llx", 0x5a5a5a5a5a5a5a5aULL >> (64 - 8 * (is_bytes ? 8 : field->size)));
	TEXT(item, "%sreport.%s=%s", kind, field->name, is_bytes ? "x5a" : number);
	report = report_of(&row);
	wire_write(&snp_report_layout, &report, bytes);
	report = report_of(&honest);
	wire_write(&snp_report_layout, &report, before);
	if (!bytes_all(bytes + field->off, field->size, 0x5a))
		FAIL_BECAUSE("%s: another value", item);
	memcpy(before + field->off, bytes + field->off, field->size);
	if (!signs_alike() || (!*kind && field->off < SNP_REPORT_SIGNED_BYTES))
		memcpy(before + SNP_REPORT_SIGNED_BYTES, bytes + SNP_REPORT_SIGNED_BYTES,
		       (size_t)2 * SNP_SIGNATURE_NUMBER_BYTES);
	if (memcmp(before, bytes, sizeof(bytes)) != 0)
		FAIL_BECAUSE("%s: another field changed, too", item);
}

static void every_field_of_a_report_can_be_set_and_nothing_else_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < snp_report_layout.n_fields; i++) {
		assert_field_is_set(&snp_report_layout.fields[i], "");
		assert_field_is_set(&snp_report_layout.fields[i], "unsigned ");
	}
}

/* ---- values of guests and platforms ---- */

static void launch_values_are_in_the_report(void **state)
{
	const struct row row = { { "guest.guest_svn=7", "guest.measurement=x33", "guest.host_data=x44",
				   "guest.id_key_digest=x55", "guest.author_key_digest=x66",
				   "guest.author_key_en=yes" } };
	const struct row more = { { "guest.family_id=x11", "guest.image_id=x22", "guest.policy.abi_minor=51",
				    "guest.policy.bit-20=1" } };
	struct snp_report report = report_of(&row);

	(void)state;
	assert_int_equal(report.guest_svn, 7);
	assert_true(bytes_all(report.measurement, sizeof(report.measurement), 0x33));
	assert_true(bytes_all(report.host_data, sizeof(report.host_data), 0x44));
	assert_true(bytes_all(report.id_key_digest, sizeof(report.id_key_digest), 0x55));
	assert_true(bytes_all(report.author_key_digest, sizeof(report.author_key_digest), 0x66));
	assert_int_equal(report.key_info, 1);
	report = report_of(&more);
	assert_true(bytes_all(report.family_id, sizeof(report.family_id), 0x11));
	assert_true(bytes_all(report.image_id, sizeof(report.image_id), 0x22));
	assert_int_equal(report.policy, 0x130033);
}

static void platform_values_are_in_the_report(void **state)
{
	const struct row row = { { "platform.tcb=0xdb18000000000004", "platform.committed_tcb.snp=-1",
				   "platform.reported_tcb.snp=3", "platform.current_build=+1",
				   "platform.committed_minor=54", "platform.platform_info=0x27" },
				 .report_version = 5 };
	const struct row more = { { "platform.launch_tcb.microcode=-1", "platform.current_mit_vector=0x3",
				    "platform.launch_mit_vector.bit-1=yes", "platform.mask_chip_key=yes",
				    "platform.mask_chip_id=yes" },
				  .product = SNP_TURIN };
	struct snp_report report = report_of(&row);

	(void)state;
	assert_true(report.current_tcb == 0xdb18000000000004 && report.launch_tcb == report.current_tcb);
	assert_true(report.committed_tcb == 0xdb17000000000004);
	assert_true(report.reported_tcb == 0xdb03000000000004);
	assert_int_equal(report.current_build, report.committed_build + 1);
	assert_int_equal(report.committed_minor, 54);
	assert_int_equal(report.platform_info, 0x27);
	report = report_of(&more);
	assert_true(report.launch_tcb == report.current_tcb - (UINT64_C(1) << 56));
	assert_int_equal(report.current_mit_vector, 3);
	assert_int_equal(report.launch_mit_vector, 3);
	assert_int_equal(report.key_info, SNP_SIGNED_BY_NONE << 2 | 2);
	assert_true(bytes_all(report.chip_id, sizeof(report.chip_id), 0));
	assert_true(bytes_all(report.signature_r, sizeof(report.signature_r), 0));
}

/* ---- orders that evidence does not have ---- */

static void items_that_this_evidence_cannot_have_are_errors(void **state)
{
	static const struct {
		struct row row;
		const char *error;
	} rows[] = {
		{ { { "vlek.for_csp=CN=x" } }, "vlek.for_csp=CN=x: this evidence has no such part" },
		{ { { "td.xfam=1" } }, "td.xfam=1: this evidence has no such part" },
		{ { { "platform.tcb.fmc=1" } }, "platform.tcb.fmc=1: a TCB of Milan has no fmc" },
		{ { { "report.reported_tcb.fmc=1" } },
		  "report.reported_tcb.fmc=1: a TCB of Milan has no fmc" },
		{ { { "platform.tcb=0x0000000000ff0004" } },
		  "TCB 0x0000000000ff0004: a component that Milan does not have is not zero" },
		{ { { "platform.tcb.tee=-1" } },
		  "platform.tcb.tee=-1: it is 0x0, so -1 is not in the range from 0 to 0xff" },
		{ { { "report.policy=+0xffffffffffffffff" } },
		  "report.policy=+0xffffffffffffffff: it is 0x30000, so +0xffffffffffffffff is not in the "
		  "range "
		  "from 0 to 0xffffffffffffffff" },
		{ { { "guest.policy=0" } },
		  "guest policy 0x0 cannot run: bit 17, which must be one, is zero" },
		{ { { "platform.hwid=x01*64" } },
		  "platform.hwid: expected 64 bytes as 128 hex digits, or xNN for that byte in all of them; "
		  "got 6 characters" },
		{ { { "damage report.vmpl:4" } },
		  "damage report.vmpl: it has 4 bytes, so there is no byte 4" },
		{ { { "table.offset.3=0" } }, "certificate table: table.offset.3: the table has 3 entries" },
		{ { { "table.length.0=-4000" } },
		  "certificate table: table.length.0: it is 0x5bf, so -4000 is not in the range from 0 to "
		  "0xffffffff" },
		{ { { "damage table:99999" } },
		  "certificate table: damage table: it has 5103 bytes, so there is no byte 99999" },
		{ { { "table.gap=16000", "table.entries=ark,ark,ark,ark,ark,ark,ark,ark,ark" } },
		  "certificate table: a certificate table of 159981 bytes, more than 131072" },
	};
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_error err = { "" };
		struct sim_forged forged;
		int r = forge(&rows[i].row, &forged, &err);

		assert_true(r < 0);
		if (strcmp(err.text, rows[i].error) == 0)
			continue;
		test_say("wanted '%s', got '%s'", rows[i].error, err.text);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* ---- a platform that lives ---- */

static void assert_live(struct test_guest *g, struct sim_pki *pki, const char *what)
{
	struct report_answer a = ask_report(g, 0, 0, SNP_KEY_SEL_VCEK);
	struct sim_forged forged = { .n = 1, .files = { { .name = "report.bin", .size = sizeof(a.bytes) } } };
	struct jurat_verdict *v;

	forged.files[0].bytes = heap_copy(a.bytes, sizeof(a.bytes));
	TEXT(forged.files[1].name, "certs.bin");
	assert_int_equal(sim_kds_table(g->psp, pki, &forged.files[1].bytes, &forged.files[1].size, NULL), 0);
	forged.n = 2;
	v = judge(&forged, SNP_MILAN);
	if (jurat_verdict_reason_count(v) != 1 ||
	    strcmp(jurat_verdict_reason_code(v, 0), "debug-allowed") != 0)
		FAIL_BECAUSE("%s: %zu reasons", what, jurat_verdict_reason_count(v));
	assert_int_equal(snp_cert_kind_of(forged.files[1].bytes), SNP_CERT_ARK);
	jurat_verdict_free(v);
	sim_forged_done(&forged);
}

static void a_live_platform_makes_ordered_evidence_also_after_a_tcb_change(void **state)
{
	static const char *const items[] = { "guest.policy.DEBUG=yes", "platform.reported_tcb.snp=-1",
					     "report.vmpl=1", "table.entries=ark,ask,vcek" };
	struct sim_psp_options options = { .product = SNP_MILAN };
	struct snp_config config = { .reported_tcb = 0 }; /* as committed */
	struct sim_launch l = some_launch();
	struct test_guest first, second;
	struct sim_order *order;
	struct sim_psp *psp;
	struct sim_pki *pki;

	(void)state;
	assert_int_equal(sim_order_new(at, &order, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		assert_int_equal(sim_order_add(order, items[i], NULL), 0);
	assert_int_equal(sim_forge_snp_options(order, &options, &l, NULL), 0);
	assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	assert_int_equal(sim_forge_install_snp(order, psp, pki, NULL), 0);
	first = launch_as(psp, &l);
	assert_live(&first, pki, "first report");
	assert_live(&first, pki, "second report");
	assert_int_equal(sim_psp_config(psp, &config), SNP_SUCCESS);
	assert_live(&first, pki, "after a TCB change");
	second = launch_as(psp, &l);
	assert_live(&second, pki, "another guest");
	assert_int_equal(sim_order_unused(order, NULL), 0);
	sim_psp_free(psp);
	sim_pki_free(pki);
	sim_order_free(order);
}

/* ---- files, and memory ---- */

static void evidence_is_the_same_each_time(void **state)
{
	const struct row row = { { "report.vmpl=1", "damage report.signature" }, .vlek = true };
	struct sim_forged a, b;

	(void)state;
	if (!signs_alike())
		SKIP_BECAUSE("a build whose P-384 is OpenSSL's, which never signs twice alike");
	assert_int_equal(forge(&row, &a, NULL), 0);
	assert_int_equal(forge(&row, &b, NULL), 0);
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++) {
		assert_string_equal(a.files[i].name, b.files[i].name);
		assert_int_equal(a.files[i].size, b.files[i].size);
		assert_memory_equal(a.files[i].bytes, b.files[i].bytes, a.files[i].size);
	}
	assert_null(sim_forged_find(&a, "quote.bin"));
	sim_forged_done(&a);
	sim_forged_done(&b);
	sim_forged_done(NULL);
}

static int attempt(void *ctx)
{
	const struct row *row = ctx;
	struct sim_forged forged = { .n = 0 };
	int r;

	fail_memory_resume();
	r = forge(row, &forged, NULL);
	fail_memory_pause();
	assert_int_equal(forged.n, r == 0 ? 6 : 0);
	sim_forged_done(&forged);
	return r;
}

static void without_memory_there_is_no_evidence(void **state)
{
	struct row vcek = { { "table.entries=vcek,Genoa/vcek,ask,unknown", "table.pem=ask" } };
	struct row vlek = { { "report.signed_by=other", "vlek.for_csp=CN=x" }, .vlek = true };

	(void)state;
	assert_true(fail_memory_each(attempt, &vcek) > 15);
	assert_true(fail_memory_each(attempt, &vlek) > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_items_all_is_accepted),
		cmocka_unit_test(items_change_what_they_name),
		cmocka_unit_test(every_preset_comes_to_its_reasons),
		cmocka_unit_test(every_field_of_a_report_can_be_set_and_nothing_else_changes),
		cmocka_unit_test(launch_values_are_in_the_report),
		cmocka_unit_test(platform_values_are_in_the_report),
		cmocka_unit_test(items_that_this_evidence_cannot_have_are_errors),
		cmocka_unit_test(a_live_platform_makes_ordered_evidence_also_after_a_tcb_change),
		cmocka_unit_test(evidence_is_the_same_each_time),
		cmocka_unit_test(without_memory_there_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, new_roots, free_roots);
}
