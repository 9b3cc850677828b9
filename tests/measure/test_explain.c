/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "support/fail_memory.h"
#include "support/test.h"

#include <errno.h>

#include "measure/explain.h"
#include "measure/firmware_made.h"
#include "measure/pe_made.h"
#include "measure/tdvf_made.h"

static const struct measure_explain how = { .max_vcpus = 64,
					    .max_differences = 3,
					    .max_combinations = UINT64_MAX };
static const uint8_t no_digest[MEASURE_DIGEST_BYTES] = { 1 };

/* ---- SEV-SNP */

static uint8_t image[MADE_BYTES], other[MADE_BYTES], hashless[MADE_BYTES];
static const uint8_t initrd[] = "an initrd";

static struct measure_snp launch(void)
{
	made_firmware(image);
	made_firmware(other);
	other[17] ^= 1;
	made_firmware_without_hashes(hashless);
	return (struct measure_snp){
		.firmware = { image, sizeof(image) },
		.kernel = { (const uint8_t *)"", 0 },
		.initrd = { initrd, sizeof(initrd) },
		.append = " console=ttyS0",
		.vcpus = 2,
		.vcpu_signature = measure_vcpu_signature("EPYC-v4"),
		.guest_features = 1,
	};
}

static struct measure_explained explain(const struct measure_snp *what, const struct measure_snp *truth,
					const struct measure_explain *bounds)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct jurat_error err = { "" };
	struct measure_explained x = { 0 };

	if (measure_snp(truth, digest, &err) != 0 || measure_explain_snp(what, digest, bounds, &x, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	return x;
}

static void assert_is(const struct measure_explained *x, const struct measure_snp *truth,
		      unsigned differences)
{
	assert_int_equal(x->end, MEASURE_EXPLAINED);
	assert_int_equal(x->differences, differences);
	assert_int_equal(x->vcpus, truth->vcpus);
	assert_int_equal(x->vcpu_signature, truth->vcpu_signature);
	assert_true(x->guest_features == truth->guest_features);
	assert_int_equal(x->vmm, truth->vmm);
	assert_int_equal(x->kernel, truth->kernel.bytes != NULL);
	assert_int_equal(x->initrd, truth->initrd.bytes != NULL);
}

static void what_is_stated_rightly_has_no_difference(void **state)
{
	const struct measure_snp what = launch();
	struct measure_explained x = explain(&what, &what, &how);

	assert_is(&x, &what, 0);
	assert_int_equal(x.tried, 2); /* with one vCPU as well */
	assert_int_equal(x.append, MEASURE_APPEND_AS_GIVEN);
	assert_int_equal(x.firmware, 0);
}

static void change_vcpus(struct measure_snp *w)
{
	w->vcpus = 64;
}
static void fewer_vcpus(struct measure_snp *w)
{
	w->vcpus = 1;
}
static void change_type(struct measure_snp *w)
{
	w->vcpu_signature = measure_vcpu_signature("EPYC-Turin");
}
static void change_features(struct measure_snp *w)
{
	w->guest_features = 0x21;
}
static void change_vmm(struct measure_snp *w)
{
	w->vmm = MEASURE_EC2;
}
static void drop_initrd(struct measure_snp *w)
{
	w->initrd.bytes = NULL;
}
static void drop_kernel(struct measure_snp *w)
{
	w->kernel.bytes = w->initrd.bytes = NULL;
	w->append = NULL;
}

static void each_input_is_found_alone_and_with_others(void **state)
{
	static void (*const changes[])(struct measure_snp * w) = {
		change_vcpus, fewer_vcpus, change_type, change_features, change_vmm, drop_initrd, drop_kernel,
	};

	for (unsigned set = 1; set < 1u << ARRAY_SIZE(changes); set++) {
		const struct measure_snp what = launch();
		struct measure_snp truth = what;
		struct measure_explained x;
		unsigned n = 0;

		if ((set & 3) == 3 || (set >> 5 & 3) == 3 || __builtin_popcount(set) > 3)
			continue;
		for (unsigned i = 0; i < ARRAY_SIZE(changes); i++)
			if (set >> i & 1) {
				changes[i](&truth);
				n++;
			}
		x = explain(&what, &truth, &how);
		/* EC2 starts vCPUs of every type alike */
		if (truth.vmm == MEASURE_EC2 && truth.vcpu_signature != what.vcpu_signature) {
			assert_int_equal(x.end, MEASURE_EXPLAINED);
			continue;
		}
		assert_is(&x, &truth, n);
	}
}

static void every_form_of_a_command_line_is_found(void **state)
{
	static const struct {
		const char *append;
		enum measure_append append_is;
	} rows[] = {
		{ " console=ttyS0\n", MEASURE_APPEND_NEWLINE },
		{ " console=ttyS0 ", MEASURE_APPEND_SPACE },
		{ "console=ttyS0", MEASURE_APPEND_TRIMMED },
		{ NULL, MEASURE_APPEND_EMPTY },
		{ "", MEASURE_APPEND_EMPTY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct measure_snp what = launch();
		struct measure_snp truth = what;
		struct measure_explained x;

		truth.append = rows[i].append;
		x = explain(&what, &truth, &how);
		assert_is(&x, &truth, 1);
		assert_int_equal(x.append, rows[i].append_is);
		truth.vcpus = 3;
		x = explain(&what, &truth, &how);
		assert_is(&x, &truth, 2);
		assert_int_equal(x.append, rows[i].append_is);
	}
}

static void the_bytes_of_a_command_line_are_those_of_its_words(void **state)
{
	static const struct {
		const char *append;
		size_t n;
		const char *bytes;
	} rows[MEASURE_N_APPENDS] = {
		[MEASURE_APPEND_AS_GIVEN] = { " a \n", 5, " a \n" },
		[MEASURE_APPEND_WITHOUT_NUL] = { " a \n", 4, " a \n" },
		[MEASURE_APPEND_NEWLINE] = { " a", 4, " a\n" },
		[MEASURE_APPEND_NEWLINE_WITHOUT_NUL] = { " a", 3, " a\n" },
		[MEASURE_APPEND_SPACE] = { " a", 4, " a " },
		[MEASURE_APPEND_TRIMMED] = { "\t a b \n", 4, "a b" },
		[MEASURE_APPEND_EMPTY] = { " a", 1, "" },
	};

	for (unsigned i = 0; i < MEASURE_N_APPENDS; i++) {
		auto_free char *bytes = NULL, *none = NULL;
		size_t n;

		assert_int_equal(measure_append_bytes(rows[i].append, (enum measure_append)i, &bytes, &n), 0);
		assert_int_equal(n, rows[i].n);
		assert_memory_equal(bytes, rows[i].bytes, n);
		assert_int_equal(measure_append_bytes(NULL, (enum measure_append)i, &none, &n), 0);
		assert_true(n <= 2);
		assert_non_null(measure_append_words((enum measure_append)i));
	}
}

static void other_images_are_tried_and_those_that_are_none_are_counted(void **state)
{
	const struct measure_snp what = launch();
	const struct measure_bytes images[] = { { (const uint8_t *)"no firmware", 11 },
						{ hashless, MADE_BYTES },
						{ other, MADE_BYTES } };
	struct measure_explain bounds = how;
	struct measure_snp truth = what;
	struct measure_explained x;

	bounds.firmwares = images;
	bounds.n_firmwares = ARRAY_SIZE(images);
	truth.firmware = images[2];
	truth.vcpus = 5;
	x = explain(&what, &truth, &bounds);
	assert_is(&x, &truth, 2);
	assert_int_equal(x.firmware, 3);
	assert_int_equal(x.firmwares_unfit, 1);
	/* an image that cannot hold hashes is right when none are measured */
	truth.firmware = images[1];
	drop_kernel(&truth);
	x = explain(&what, &truth, &bounds);
	assert_is(&x, &truth, 3);
	assert_int_equal(x.firmware, 2);
	bounds.n_firmwares = MEASURE_EXPLAIN_MAX_FIRMWARES;
	assert_int_equal(measure_explain_snp(&what, no_digest, &bounds, &x, NULL), -EINVAL);
}

static int stop(void *closure, uint64_t tried)
{
	unsigned *calls = closure;

	return ++*calls == 3;
}

static void a_search_that_finds_nothing_says_how_far_it_went(void **state)
{
	const struct measure_snp what = launch();
	struct measure_explain bounds = how;
	struct jurat_error err = { "" };
	struct measure_explained x;
	unsigned calls = 0;

	bounds.max_differences = 1;
	assert_int_equal(measure_explain_snp(&what, no_digest, &bounds, &x, &err), 0);
	assert_int_equal(x.end, MEASURE_EXHAUSTED);
	assert_int_equal(x.differences, 1);
	/* 64 vCPUs; 6 forms of the command line, initrd, kernel, 2 VMMs, 4 types and 16 features alone */
	assert_int_equal(x.tried, 64 + 6 + 1 + 1 + 2 + 4 + 16);
	bounds.max_combinations = 70;
	assert_int_equal(measure_explain_snp(&what, no_digest, &bounds, &x, &err), 0);
	assert_int_equal(x.end, MEASURE_BOUNDED);
	assert_int_equal(x.differences, 0);
	assert_int_equal(x.tried, 70);
	bounds.max_combinations = UINT64_MAX;
	bounds.progress = stop;
	bounds.closure = &calls;
	assert_int_equal(measure_explain_snp(&what, no_digest, &bounds, &x, &err), 0);
	assert_int_equal(x.end, MEASURE_STOPPED);
	assert_int_equal(calls, 3);
}

static void options_that_cannot_be_measured_are_refused(void **state)
{
	struct measure_snp what = launch();
	struct jurat_error err = { "" };
	struct measure_explained x;

	what.vcpus = 0;
	assert_int_equal(measure_explain_snp(&what, no_digest, &how, &x, &err), -EINVAL);
	assert_string_equal(err.text, "0 vCPUs, expected 1 to 4096");
}

static int attempt(void *ctx)
{
	struct measure_explained x;
	int r;

	fail_memory_resume();
	r = measure_explain_snp(ctx, no_digest, &(struct measure_explain){ .max_vcpus = 1 }, &x, NULL);
	fail_memory_pause();
	return r;
}

static void memory_that_fails_is_an_error(void **state)
{
	struct measure_snp what = launch();

	assert_true(fail_memory_each(attempt, &what) > MEASURE_N_APPENDS);
}

/* ---- published digests: each row of an image from each other one */

enum { MAX_ROWS = 64 };
struct row {
	char file[64];
	struct measure_snp what;
	char append[64];
	uint8_t digest[MEASURE_DIGEST_BYTES];
	bool has_digest;
};

struct rows {
	struct row rows[MAX_ROWS];
	size_t n;
};

static void take_row(const struct evidence_row *row, void *context)
{
	const char *vmm = evidence_value(row, "vmm"),
		   *digest = evidence_value(row, "launch_digest (sev-snp-measure 8f2b337)");
	struct rows *all = context;
	struct row *r = &all->rows[all->n++];
	size_t n;

	assert_true(all->n <= MAX_ROWS);
	TEXT(r->file, "%.8s__%s", evidence_value(row, "ovmf_sha256"), evidence_value(row, "ovmf"));
	TEXT(r->append, "%s", evidence_value(row, "append"));
	r->what = (struct measure_snp){
		.vmm = strcmp(vmm, "ec2") == 0   ? MEASURE_EC2
		       : strcmp(vmm, "gce") == 0 ? MEASURE_GCE
						 : MEASURE_QEMU,
		.vcpus = (unsigned)strtoul(evidence_value(row, "vcpus"), NULL, 10),
		.vcpu_signature = measure_vcpu_signature(evidence_value(row, "vcpu_type")),
		.guest_features = strtoull(evidence_value(row, "guest_features"), NULL, 0),
	};
	r->what.firmware.bytes = evidence_find(r->file, &n);
	r->what.firmware.n = n;
	if (*evidence_value(row, "kernel_initrd")) {
		r->what.kernel = r->what.initrd = (struct measure_bytes){ (const uint8_t *)"", 0 };
		r->what.append = r->append;
	}
	r->has_digest = bytes_from_hex(digest, r->digest, sizeof(r->digest));
}

static void each_published_digest_is_explained_from_the_inputs_of_each_other(void **state)
{
	const struct measure_explain all = { .max_vcpus = 8,
					     .max_differences = 7,
					     .max_combinations = UINT64_MAX };
	unsigned explained = 0, not_possible = 0;
	static struct rows rows;

	rows.n = 0;
	if (evidence_each_row("LAUNCH-DIGESTS.tsv", take_row, &rows) == 0)
		SKIP_BECAUSE("needs real evidence");
	for (size_t i = 0; i < rows.n; i++)
		for (size_t k = 0; k < rows.n; k++) {
			const struct row *stated = &rows.rows[i], *truth = &rows.rows[k];
			/* a kernel that is not stated cannot be tried */
			const bool possible = stated->what.kernel.bytes || !truth->what.kernel.bytes;
			struct measure_explained x;

			if (strcmp(stated->file, truth->file) != 0 || !truth->has_digest ||
			    (!possible && (i + k) % 8 != 0))
				continue;
			assert_int_equal(measure_explain_snp(&stated->what, truth->digest, &all, &x, NULL),
					 0);
			if (x.end != (possible ? MEASURE_EXPLAINED : MEASURE_EXHAUSTED))
				FAIL_BECAUSE("%s: rows %zu and %zu", stated->file, i, k);
			if (possible) {
				assert_int_equal(x.vcpus, truth->what.vcpus);
				assert_true(x.guest_features == truth->what.guest_features);
				assert_int_equal(x.vmm, truth->what.vmm);
				assert_int_equal(x.kernel, truth->what.kernel.bytes != NULL);
			}
			possible ? explained++ : not_possible++;
		}
	test_say("%u explained, %u not, as their kernel is not stated", explained, not_possible);
	assert_true(explained > 500 && not_possible > 10);
	for (size_t i = 0; i < rows.n; i++)
		free((void *)(uintptr_t)rows.rows[i].what.firmware.bytes);
}

/* ---- TDX */

#define GIB (UINT64_C(1) << 30)
static uint8_t tdvf_image[TDVF_MADE_BYTES], tdvf_other[TDVF_MADE_BYTES], pe_kernel[PE_MADE_BYTES];
static const struct measure_bytes tables[] = { { (const uint8_t *)"loader", 6 },
					       { (const uint8_t *)"rsdp", 4 },
					       { (const uint8_t *)"tables", 6 } };

static struct measure_tdx td(void)
{
	static const struct tdvf_made_section sections[] = {
		{ 0x2000, 0xe000, 0xffff2000, 0xe000, TDVF_BFV, TDVF_MR_EXTEND },
		{ 0, 0x2000, 0xffff0000, 0x2000, TDVF_CFV, 0 },
		{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
		{ 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 },
	};

	tdvf_made(sections, ARRAY_SIZE(sections), tdvf_image);
	memset(tdvf_image, 0xff, 0x2000);
	memcpy(tdvf_other, tdvf_image, sizeof(tdvf_other));
	tdvf_other[0x3000] ^= 1;
	pe_made(pe_kernel);
	return (struct measure_tdx){
		.firmware = { tdvf_image, sizeof(tdvf_image) },
		.memory_bytes = 2 * GIB,
		.acpi_tables = tables,
		.n_acpi_tables = ARRAY_SIZE(tables),
		.kernel = { pe_kernel, sizeof(pe_kernel) },
		.initrd = { initrd, sizeof(initrd) },
		.append = "quiet",
	};
}

static struct measure_explained explain_td(const struct measure_tdx *what, const struct measure_tdx *truth,
					   enum measure_tdx_register which,
					   const struct measure_explain *bounds)
{
	struct measure_tdx_digests d;
	struct jurat_error err = { "" };
	struct measure_explained x;

	if (measure_tdx(truth, &d, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_true(which == MEASURE_MRTD || d.has_rtmr[which - MEASURE_RTMR0]);
	assert_int_equal(measure_explain_tdx(what, which,
					     which == MEASURE_MRTD ? d.mrtd : d.rtmr[which - MEASURE_RTMR0],
					     bounds, &x, &err),
			 0);
	return x;
}

static void each_register_of_a_td_is_explained_by_its_inputs(void **state)
{
	const struct measure_bytes others[] = { { (const uint8_t *)"none", 4 },
						{ tdvf_other, TDVF_MADE_BYTES } };
	struct measure_explain bounds = how;
	struct measure_tdx what = td(), truth = what;
	struct measure_explained x;

	bounds.firmwares = others;
	bounds.n_firmwares = ARRAY_SIZE(others);
	for (unsigned i = 0; i < MEASURE_N_REGISTERS; i++) {
		x = explain_td(&what, &what, (enum measure_tdx_register)i, &bounds);
		assert_true(x.end == MEASURE_EXPLAINED && x.differences == 0 && x.tried == 1);
	}
	truth.order = MEASURE_TDX_ALL_THEN_EXTEND;
	truth.firmware = others[1];
	x = explain_td(&what, &truth, MEASURE_MRTD, &bounds);
	assert_true(x.end == MEASURE_EXPLAINED && x.differences == 2 && x.firmware == 2);
	assert_int_equal(x.order, MEASURE_TDX_ALL_THEN_EXTEND);
	assert_int_equal(x.firmwares_unfit, 1);
	truth.memory_bytes = 48 * GIB;
	truth.separator = MEASURE_TDX_SEPARATOR_RTMR0;
	x = explain_td(&what, &truth, MEASURE_RTMR0, &bounds);
	assert_true(x.end == MEASURE_EXPLAINED && x.differences == 2 && x.memory_bytes == 48 * GIB);
	assert_int_equal(x.separator, MEASURE_TDX_SEPARATOR_RTMR0);
	what.memory_bytes = 0; /* not stated: it is a difference, too */
	x = explain_td(&what, &truth, MEASURE_RTMR0, &bounds);
	assert_true(x.end == MEASURE_EXPLAINED && x.memory_bytes == 48 * GIB);
	truth.initrd.bytes = NULL;
	x = explain_td(&what, &truth, MEASURE_RTMR2, &bounds);
	assert_true(x.end == MEASURE_EXPLAINED && x.differences == 1 && !x.initrd);
}

static void command_line_and_nul_of_a_td_are_found(void **state)
{
	const struct measure_tdx what = td();
	struct measure_tdx truth = what;
	struct measure_explained x;

	truth.append = "quiet\n";
	truth.nul = MEASURE_TDX_NUL_WITHOUT;
	x = explain_td(&what, &truth, MEASURE_RTMR2, &how);
	assert_true(x.end == MEASURE_EXPLAINED && x.differences == 2);
	assert_int_equal(x.append, MEASURE_APPEND_NEWLINE);
	assert_int_equal(x.nul, MEASURE_TDX_NUL_WITHOUT);
	truth.append = "another";
	x = explain_td(&what, &truth, MEASURE_RTMR2, &how);
	assert_int_equal(x.end, MEASURE_EXHAUSTED);
	assert_int_equal(x.differences, 3);
	assert_int_equal(x.tried, 2 * 5 * 3); /* initrd, forms of the command line, NUL */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stated_rightly_has_no_difference),
		cmocka_unit_test(each_input_is_found_alone_and_with_others),
		cmocka_unit_test(every_form_of_a_command_line_is_found),
		cmocka_unit_test(the_bytes_of_a_command_line_are_those_of_its_words),
		cmocka_unit_test(other_images_are_tried_and_those_that_are_none_are_counted),
		cmocka_unit_test(a_search_that_finds_nothing_says_how_far_it_went),
		cmocka_unit_test(options_that_cannot_be_measured_are_refused),
		cmocka_unit_test(memory_that_fails_is_an_error),
		cmocka_unit_test(each_published_digest_is_explained_from_the_inputs_of_each_other),
		cmocka_unit_test(each_register_of_a_td_is_explained_by_its_inputs),
		cmocka_unit_test(command_line_and_nul_of_a_td_are_found),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
