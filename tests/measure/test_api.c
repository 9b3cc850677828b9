/* SPDX-License-Identifier: MIT */
#include "measure/firmware_made.h"
#include "measure/tdvf_made.h"

#include <errno.h>

#include <jurat/measure.h>

#include "measure/event_log.h"
#include "measure/snp.h"
#include "measure/tdx.h"
#include "wire/snp_launch.h"

/* jurat/measure.h gives what the folder computes: every option reaches it. */

struct told {
	unsigned steps, stop_at;
	uint8_t last[48];
};

static int take_step(void *closure, const struct jurat_measure_step *step)
{
	struct told *t = closure;

	assert_int_equal(step->size, sizeof(*step));
	assert_true(step->what[0] && step->n_bytes % 4096 == 0 && step->page_type <= SNP_PAGE_CPUID);
	memcpy(t->last, step->digest, sizeof(t->last));
	return ++t->steps == t->stop_at ? 7 : 0;
}

static void snp_options_are_those_of_the_folder(void **state)
{
	uint8_t firmware[MADE_BYTES], svsm[MADE_BYTES], found[48], expected[48];
	const uint8_t kernel[0x48] = { 'M', 'Z', [0x3c] = 0x40, [0x40] = 'P', 'E' }, initrd[] = "initrd";
	struct told told = { 0 };
	struct jurat_measure_snp_options options = {
		.size = sizeof(options),
		.firmware = firmware,
		.firmware_size = sizeof(firmware),
		.vcpu_signature = 0xa00f11,
	};
	struct measure_snp what = {
		.firmware = { firmware, sizeof(firmware) },
		.vcpus = 1,
		.vcpu_signature = 0xa00f11,
		.guest_features = 1,
	};

	made_firmware(firmware);
	made_svsm(svsm, 0x1234);
	assert_int_equal(measure_snp(&what, expected, NULL), 0);
	assert_int_equal(jurat_measure_snp(&options, found, NULL), 0); /* the defaults */
	assert_memory_equal(found, expected, sizeof(found));
	options.kernel = kernel;
	options.kernel_size = sizeof(kernel);
	options.initrd = initrd;
	options.initrd_size = sizeof(initrd);
	options.append = "console=ttyS0";
	options.guest_features = 0x21;
	options.vcpu_signature = 0x800f12;
	options.vcpus = 5;
	options.vmm = JURAT_MEASURE_VMM_GCE;
	options.step = take_step;
	options.closure = &told;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.initrd = (struct measure_bytes){ initrd, sizeof(initrd) };
	what.append = "console=ttyS0";
	what.vcpus = 5;
	what.vcpu_signature = 0x800f12;
	what.guest_features = 0x21;
	what.vmm = MEASURE_GCE;
	assert_int_equal(measure_snp(&what, expected, NULL), 0);
	assert_int_equal(jurat_measure_snp(&options, found, NULL), 0);
	assert_memory_equal(found, expected, sizeof(found));
	assert_memory_equal(told.last, expected, sizeof(expected));
	told.stop_at = told.steps + 2;
	assert_int_equal(jurat_measure_snp(&options, found, NULL), 7);
	assert_int_equal(told.steps, told.stop_at);
	options.kernel = options.initrd = options.append = NULL;
	what.kernel = what.initrd = (struct measure_bytes){ NULL, 0 };
	what.append = NULL;
	options.vmm = JURAT_MEASURE_VMM_QEMU;
	what.vmm = MEASURE_QEMU;
	options.svsm = svsm;
	options.svsm_size = sizeof(svsm);
	options.svsm_vars_bytes = what.vars_bytes = 0x21000;
	what.svsm = (struct measure_bytes){ svsm, sizeof(svsm) };
	options.vcpus = what.vcpus = 1;
	told.stop_at = 0;
	assert_int_equal(measure_snp(&what, expected, NULL), 0);
	assert_int_equal(jurat_measure_snp(&options, found, NULL), 0);
	assert_memory_equal(found, expected, sizeof(found));
}

static void snp_options_that_mean_nothing_are_refused(void **state)
{
	uint8_t firmware[MADE_BYTES], digest[48];
	const struct {
		const char *why;
		struct jurat_measure_snp_options options;
	} bad[] = {
#define OPTIONS(...)                                                                                         \
	{ .size = sizeof(struct jurat_measure_snp_options),                                                  \
	  .firmware = firmware,                                                                              \
	  .firmware_size = sizeof(firmware),                                                                 \
	  .vcpu_signature = 1,                                                                               \
	  __VA_ARGS__ }
		{ "an SEV-SNP guest needs a firmware image",
		  { .size = sizeof(struct jurat_measure_snp_options), .vcpu_signature = 1 } },
		{ "jurat_measure_snp_options: an unknown VMM, or reserved is not 0",
		  OPTIONS(.vmm = (enum jurat_measure_vmm)3) },
		{ "jurat_measure_snp_options: an unknown VMM, or reserved is not 0", OPTIONS(.reserved = 1) },
		{ "an initrd or a command line requires a kernel", OPTIONS(.initrd = firmware) },
		{ "an initrd or a command line requires a kernel", OPTIONS(.append = "") },
#undef OPTIONS
	};

	made_firmware(firmware);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct jurat_error err = { "" };

		assert_int_equal(jurat_measure_snp(&bad[i].options, digest, &err), -EINVAL);
		assert_string_equal(err.text, bad[i].why);
	}
}

static void types_of_vcpus_are_names_or_numbers(void **state)
{
	static const struct {
		const char *text;
		uint32_t signature; /* 0: none */
	} rows[] = {
		{ "EPYC-Milan-v2", 0xa00f11 },
		{ "epyc-milan", 0xa00f11 },
		{ "25-1-1", 0xa00f11 },
		{ "0x19-0x1-0x1", 0xa00f11 },
		{ "23-49-0", 0x830f10 },
		{ "6-15-2", 0x6f2 },
		{ "270-255-15", 0xfff0fff },
		{ "271-0-0", 0 },
		{ "25-256-0", 0 },
		{ "25-1-16", 0 },
		{ "25-1", 0 },
		{ "25-1-1-1", 0 },
		{ "25-1-1x", 0 },
		{ "-25-1-1", 0 },
		{ "25--1-1", 0 },
		{ "25- 1-1", 0 },
		{ "99999999999999999999999-1-1", 0 },
		{ "EPYC-Zen", 0 },
		{ "", 0 },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t found = 0;
		int r = jurat_measure_vcpu_type(rows[i].text, &found);

		if (r != (rows[i].signature ? 0 : JURAT_NOT_FOUND) || found != rows[i].signature)
			FAIL_BECAUSE("'%s': %d, 0x%x", rows[i].text, r, found);
	}
	for (; jurat_measure_vcpu_type_name(n); n++) {
		uint32_t found;

		assert_int_equal(jurat_measure_vcpu_type(jurat_measure_vcpu_type_name(n), &found), 0);
	}
	assert_true(n > 15);
	assert_null(jurat_measure_vcpu_type_name(n + 1));
}

static void mrtd_in_both_orders_is_that_of_the_folder(void **state)
{
	uint8_t tdvf[TDVF_MADE_BYTES];
	struct jurat_measure_tdx_options options = { .size = sizeof(options),
						     .firmware = tdvf,
						     .firmware_size = sizeof(tdvf) };
	struct jurat_measure_tdx_digests found = { .size = sizeof(found) };
	struct measure_tdx what = { .firmware = { tdvf, sizeof(tdvf) } };
	struct measure_tdx_digests expected;

	tdvf_made(tdvf_made_sections, TDVF_MADE_N, tdvf);
	for (int order = 0; order < 2; order++) {
		what.order = (enum measure_tdx_order)order;
		options.order = (enum jurat_measure_order)order;
		assert_int_equal(measure_tdx(&what, &expected, NULL), 0);
		assert_int_equal(jurat_measure_tdx(&options, &found, NULL), 0);
		assert_memory_equal(found.mrtd, expected.mrtd, sizeof(found.mrtd));
	}
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(found.missing[i], expected.missing[i]);
		assert_true(bytes_all(found.rtmr[i], 48, 0));
	}
}

static void td_options_that_mean_nothing_are_refused(void **state)
{
	uint8_t tdvf[TDVF_MADE_BYTES];
	const struct jurat_measure_list empty = { .size = sizeof(empty), .count = 1 };
	const void *const files[] = { "image" };
	const size_t sizes[] = { 5 };
	const struct jurat_measure_list one = { sizeof(one), files, sizes, 1 };
	const struct {
		const char *why;
		struct jurat_measure_tdx_options options;
	} bad[] = {
#define OPTIONS(...)                                                                                         \
	{ .size = sizeof(struct jurat_measure_tdx_options),                                                  \
	  .firmware = tdvf,                                                                                  \
	  .firmware_size = sizeof(tdvf),                                                                     \
	  __VA_ARGS__ }
		{ "a TD needs a firmware image", { .size = sizeof(struct jurat_measure_tdx_options) } },
		{ "jurat_measure_tdx_options: an unknown value of an enumeration",
		  OPTIONS(.order = (enum jurat_measure_order)2) },
		{ "jurat_measure_tdx_options: an unknown value of an enumeration",
		  OPTIONS(.append_nul = (enum jurat_measure_append_nul)3) },
		{ "jurat_measure_list: files or file_sizes is NULL", OPTIONS(.acpi_tables = &empty) },
		{ "jurat_measure_list: files or file_sizes is NULL", OPTIONS(.loader_events = &empty) },
		{ "an initrd or a command line requires a kernel or EFI images", OPTIONS(.append = "x") },
		{ "a TD boots a kernel or EFI images, not both",
		  OPTIONS(.kernel = tdvf, .kernel_size = 1, .efi_images = &one) },
		{ "EC2 has no TDs", OPTIONS(.vmm = JURAT_MEASURE_VMM_EC2) },
#undef OPTIONS
	};

	tdvf_made(tdvf_made_sections, TDVF_MADE_N, tdvf);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct jurat_measure_tdx_digests digests = { .size = sizeof(digests) };
		struct jurat_error err = { "" };

		assert_int_equal(jurat_measure_tdx(&bad[i].options, &digests, &err), -EINVAL);
		assert_string_equal(err.text, bad[i].why);
	}
}

/* The scalar 7 on P-384. */
static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\nMA8CAQEEAQegBwYFK4EEACI=\n"
			  "-----END EC PRIVATE KEY-----\n";

static void an_id_block_is_made_and_checked(void **state)
{
	struct jurat_snp_id_block block = { .size = sizeof(block), .measurement = { 1 }, .guest_svn = 5 };
	struct jurat_snp_id_block stated = { .size = sizeof(stated) };
	struct jurat_snp_id_keys made = { .size = sizeof(made) }, found = { .size = sizeof(found) };
	struct jurat_error err = { "" };
	uint8_t id[96], auth[4096];

	for (int with = 0; with < 2; with++) {
		assert_int_equal(jurat_snp_id_block_make(&block, pem, sizeof(pem) - 1, with ? pem : NULL,
							 sizeof(pem) - 1, id, auth, &made, &err),
				 0);
		assert_int_equal(jurat_snp_id_block_check(id, 96, auth, 4096, &stated, &found, &err), 0);
		assert_memory_equal(&made, &found, sizeof(made));
		assert_int_equal(found.has_author_key, with);
	}
	assert_memory_equal(stated.measurement, block.measurement, 48);
	assert_int_equal(stated.guest_svn, 5);
	assert_int_equal(stated.policy, 0x30000);
	auth[0x40] ^= 1;
	auth[0x680] ^= 1;
	assert_int_equal(jurat_snp_id_block_check(id, 96, auth, 4096, &stated, &found, &err), JURAT_REFUSED);
	assert_string_equal(
		err.text, "id-block-signature: the signature of the ID block is not that of the ID key; and: "
			  "id-key-signature: the signature of the ID key is not that of the author key");
	assert_int_equal(jurat_snp_id_block_make(&block, pem, 40, NULL, 0, id, auth, &made, &err), -EBADMSG);
	assert_memory_equal(err.text, "ID key: ", 8);
	assert_int_equal(jurat_snp_id_block_make(&block, pem, sizeof(pem) - 1, "", 0, id, auth, &made, &err),
			 -EBADMSG);
	assert_memory_equal(err.text, "author key: ", 12);
	block.policy = 1;
	assert_int_equal(
		jurat_snp_id_block_make(&block, pem, sizeof(pem) - 1, NULL, 0, id, auth, &made, &err),
		-EINVAL);
	assert_int_equal(jurat_snp_id_block_make(&block, NULL, 0, NULL, 0, id, auth, &made, &err), -EINVAL);
}

static void an_event_log_is_read_and_replayed(void **state)
{
	static const char json[] =
		"[{\"imr\": 3, \"event_type\": 134217729, \"digest\": \"\", \"event\": \"app-id\", "
		"\"event_payload\": \"0102\"}, "
		"{\"imr\": 0, \"event_type\": 4, \"digest\": "
		"\"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f"
		"1289f0\", "
		"\"event\": \"\", \"event_payload\": \"00000000\"}]";
	struct jurat_event event = { .size = sizeof(event) };
	struct jurat_event_log *log = NULL;
	uint8_t before[4][48], after[4][48], expected[48] = { 0 };
	struct jurat_error err = { "" };

	assert_int_equal(jurat_event_log_new(json, 7, &log, &err), -EBADMSG);
	assert_null(log);
	assert_int_equal(jurat_event_log_new(json, sizeof(json) - 1, &log, &err), 0);
	assert_int_equal(jurat_event_log_form(log), JURAT_EVENT_LOG_DSTACK);
	assert_int_equal(jurat_event_log_count(log), 2);
	assert_int_equal(jurat_event_log_event(log, 0, &event), 0);
	assert_int_equal(event.rtmr, 3);
	assert_string_equal(event.name, "app-id");
	assert_int_equal(jurat_event_log_event(log, 1, &event), 0);
	assert_int_equal(event.rtmr, 0);
	assert_int_equal(event.extends, 1);
	assert_int_equal(event.measured_size, 4);
	assert_string_equal(jurat_event_type_name(event.type), "EV_SEPARATOR");
	assert_null(jurat_event_type_name(0x12345678));
	jurat_event_log_replay(log, 1, before);
	jurat_event_log_replay(log, SIZE_MAX, after);
	assert_true(bytes_all(before[0], 48, 0) && !bytes_all(before[3], 48, 0));
	assert_memory_equal(before[3], after[3], 48);
	measure_extend(expected, event.digest);
	assert_memory_equal(after[0], expected, 48);
	assert_int_equal(jurat_event_log_event(log, 2, &event), JURAT_NOT_FOUND);
	jurat_event_log_free(log);
	jurat_event_log_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snp_options_are_those_of_the_folder),
		cmocka_unit_test(snp_options_that_mean_nothing_are_refused),
		cmocka_unit_test(types_of_vcpus_are_names_or_numbers),
		cmocka_unit_test(mrtd_in_both_orders_is_that_of_the_folder),
		cmocka_unit_test(td_options_that_mean_nothing_are_refused),
		cmocka_unit_test(an_id_block_is_made_and_checked),
		cmocka_unit_test(an_event_log_is_read_and_replayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
