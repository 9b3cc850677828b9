/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "../measure/firmware_made.h"
#include "../measure/pe_made.h"
#include "../measure/tdvf_made.h"
#include "machine/td.h"
#include "wire/snp_launch.h"

static uint8_t ovmf[MADE_BYTES], tdvf[TDVF_MADE_BYTES], kernel[PE_MADE_BYTES];

static int make_images(void **state)
{
	made_firmware(ovmf);
	tdvf_made(tdvf_made_sections, TDVF_MADE_N, tdvf);
	pe_made(kernel);
	return 0;
}

/* ---- SEV-SNP */

static struct measure_snp some_snp(void)
{
	return (struct measure_snp){ .firmware = { ovmf, sizeof(ovmf) },
				     .vcpus = 2,
				     .vcpu_signature = measure_vcpu_signature("EPYC-v4"),
				     .guest_features = 1 };
}

static void the_amd_sp_digests_what_measure_says(void **state)
{
	static const struct {
		bool kernel;
		unsigned vcpus;
		uint64_t features;
		enum measure_vmm vmm;
	} rows[] = {
		{ false, 1, 1, MEASURE_QEMU }, { false, 3, 0x21, MEASURE_QEMU },
		{ true, 2, 1, MEASURE_QEMU },  { true, 64, 0x21, MEASURE_QEMU },
		{ false, 2, 1, MEASURE_EC2 },  { false, 2, 1, MEASURE_GCE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim_launch launch = { .policy = 0x30000, .guest_svn = 4 };
		struct measure_snp what = some_snp();
		uint8_t expected[48];

		what.vcpus = rows[i].vcpus;
		what.guest_features = rows[i].features;
		what.vmm = rows[i].vmm;
		if (rows[i].kernel) {
			what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
			what.append = "console=ttyS0";
		}
		memset(launch.measurement, 0xee, sizeof(launch.measurement));
		assert_int_equal(measure_snp(&what, expected, NULL), 0);
		assert_int_equal(machine_launch_snp(&what, &launch, NULL), 0);
		assert_memory_equal(launch.measurement, expected, 48);
		assert_int_equal(launch.guest_svn, 4);
	}
}

static void an_image_that_cannot_be_launched_changes_nothing(void **state)
{
	struct sim_launch launch = { .policy = 0x30000 }, before;
	struct measure_snp what = some_snp();
	struct jurat_error err;

	memset(launch.measurement, 0xee, sizeof(launch.measurement));
	before = launch;
	what.firmware.n--;
	assert_int_equal(machine_launch_snp(&what, &launch, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "firmware"));
	assert_memory_equal(&launch, &before, sizeof(launch));
}

static void the_firmware_says_why_it_refuses_an_id_block(void **state)
{
	static uint8_t block[SNP_ID_BLOCK_BYTES], auth[SNP_ID_AUTH_BYTES];
	static const struct {
		size_t n_block, n_auth;
		int r;
		const char *says;
	} bad[] = {
		{ SNP_ID_BLOCK_BYTES - 1, SNP_ID_AUTH_BYTES, -EBADMSG, "an ID block has 96 bytes, found 95" },
		{ SNP_ID_BLOCK_BYTES, SNP_ID_AUTH_BYTES + 1, -EBADMSG,
		  "ID authentication information has 4096 bytes, found 4097" },
		{ SNP_ID_BLOCK_BYTES, SNP_ID_AUTH_BYTES, -ECANCELED,
		  "SNP_LAUNCH_FINISH refuses the ID block (INVALID_PARAM): a version, algorithm, public key "
		  "or "
		  "reserved byte is not allowed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct measure_bytes b = { block, bad[i].n_block }, a = { auth, bad[i].n_auth };
		struct sim_launch launch = { .policy = 0x30000 };
		struct jurat_error err;

		assert_int_equal(machine_launch_identify(&b, &a, &launch, &err), bad[i].r);
		assert_string_equal(err.text, bad[i].says);
	}
}

/* ---- TDX */

static struct machine_td *launch_td(const struct machine_td_boot *boot)
{
	struct machine_td_options options = { .boot = boot };
	struct machine_td *m = NULL;

	assert_int_equal(machine_td_new(&options, &m, NULL), 0);
	return m;
}

static void read_registers(struct machine_td *m, uint8_t ret_mrtd[48], uint8_t ret_rtmr[4][48])
{
	static const char *const names[] = { "rtmr0:sha384", "rtmr1:sha384", "rtmr2:sha384", "rtmr3:sha384" };

	assert_int_equal(sim_tdx_guest_mr_read(machine_td_driver(m), "mrtd:sha384", ret_mrtd), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(sim_tdx_guest_mr_read(machine_td_driver(m), names[i], ret_rtmr[i]), 0);
}

/* The log of a TD, which the caller frees. */
static struct measure_log *read_log(struct machine_td *m)
{
	static uint8_t area[MEASURE_LOG_AREA_BYTES];
	struct measure_log *log = NULL;
	struct jurat_error err;

	assert_int_equal(machine_td_read_log(m, 0, area, sizeof(area)), 0);
	if (measure_log_read(area, sizeof(area), &log, &err) < 0)
		FAIL_BECAUSE("%s", err.text);
	return log;
}

static void assert_log_replays(struct machine_td *m, size_t n_events)
{
	uint8_t mrtd[48], rtmr[4][48], replayed[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES];
	struct measure_log *log = read_log(m);

	read_registers(m, mrtd, rtmr);
	assert_int_equal(measure_log_count(log), n_events);
	measure_log_replay(log, measure_log_count(log), replayed);
	assert_memory_equal(replayed, rtmr, sizeof(replayed));
	measure_log_free(log);
}

static void a_td_has_the_registers_that_measure_says_and_a_log_of_them(void **state)
{
	for (int order = 0; order <= 1; order++) {
		struct measure_tdx what = { .firmware = { tdvf, sizeof(tdvf) },
					    .order = (enum measure_tdx_order)order,
					    .kernel = { kernel, sizeof(kernel) },
					    .append = order ? "quiet" : NULL };
		struct measure_tdx_digests expected;
		struct machine_td_boot *boot = NULL;
		uint8_t mrtd[48], rtmr[4][48];
		struct machine_td *m;

		assert_int_equal(measure_tdx(&what, &expected, NULL), 0);
		assert_true(!expected.has_rtmr[0] && expected.has_rtmr[1] && expected.has_rtmr[2]);
		assert_int_equal(machine_td_boot_new(&what, &boot, NULL), 0);
		m = launch_td(boot);
		machine_td_boot_free(boot);
		read_registers(m, mrtd, rtmr);
		assert_memory_equal(mrtd, expected.mrtd, 48);
		assert_true(bytes_all(rtmr[0], 48, 0) && bytes_all(rtmr[3], 48, 0));
		assert_memory_equal(rtmr[1], expected.rtmr[1], 48);
		assert_memory_equal(rtmr[2], expected.rtmr[2], 48);
		assert_log_replays(m, 6);
		machine_td_free(m);
	}
}

static void a_td_without_files_has_a_log_too(void **state)
{
	struct machine_td_boot *boot = NULL;
	uint8_t mrtd[48], rtmr[4][48], digest[48] = { 1 }, extended[48] = { 0 };
	struct measure_log *log;
	struct machine_td *m;

	assert_int_equal(machine_td_boot_new(NULL, &boot, NULL), 0);
	m = launch_td(boot);
	machine_td_boot_free(boot);
	read_registers(m, mrtd, rtmr);
	assert_true(bytes_all(mrtd, 48, 0x6d) && bytes_all(rtmr[2], 48, 0));
	assert_false(bytes_all(rtmr[0], 48, 0) || bytes_all(rtmr[1], 48, 0));
	assert_log_replays(m, 9);
	/* What the guest extends later is in no log of its firmware. */
	assert_int_equal(sim_tdx_guest_mr_write(machine_td_driver(m), "rtmr2:sha384", digest, sizeof(digest)),
			 0);
	read_registers(m, mrtd, rtmr);
	measure_extend(extended, digest);
	assert_memory_equal(rtmr[2], extended, 48);
	log = read_log(m);
	assert_int_equal(measure_log_count(log), 9);
	measure_log_free(log);
	machine_td_free(m);
}

static void the_acpi_table_says_where_the_log_is(void **state)
{
	uint8_t table[MEASURE_CCEL_BYTES], a[64], b[64];
	struct machine_td_boot *boot = NULL;
	struct measure_ccel ccel;
	struct machine_td *m;

	assert_int_equal(machine_td_boot_new(NULL, &boot, NULL), 0);
	m = launch_td(boot);
	machine_td_boot_free(boot);
	assert_int_equal(machine_td_ccel(m, table), 0);
	assert_int_equal(measure_ccel_read(table, sizeof(table), &ccel, NULL), 0);
	assert_int_equal(ccel.cc_type, MEASURE_CCEL_TDX);
	assert_int_equal(ccel.log_area_bytes, MEASURE_LOG_AREA_BYTES);
	assert_int_equal(sim_td_guest_read(machine_td_module(m), ccel.log_area_address + 32, a, sizeof(a)),
			 0);
	assert_int_equal(machine_td_read_log(m, 32, b, sizeof(b)), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(machine_td_read_log(m, MEASURE_LOG_AREA_BYTES, b, 0), 0);
	assert_int_equal(machine_td_read_log(m, MEASURE_LOG_AREA_BYTES - 63, b, 64), -EINVAL);
	assert_int_equal(machine_td_read_log(m, MEASURE_LOG_AREA_BYTES + 1, b, 0), -EINVAL);
	machine_td_free(m);
}

static void a_td_that_has_booted_nothing_has_no_log(void **state)
{
	struct machine_td *m = launch_td(NULL);
	uint8_t table[MEASURE_CCEL_BYTES], byte;

	assert_int_equal(machine_td_ccel(m, table), -ENOENT);
	assert_int_equal(machine_td_read_log(m, 0, &byte, 1), -ENOENT);
	machine_td_free(m);
}

static void a_log_that_is_too_long_is_an_error(void **state)
{
	static uint8_t long_event[2048];
	static struct measure_bytes events[64];
	struct measure_tdx what = { .firmware = { tdvf, sizeof(tdvf) },
				    .efi_images = &(struct measure_bytes){ kernel, sizeof(kernel) },
				    .n_efi_images = 1,
				    .loader_events = events,
				    .n_loader_events = ARRAY_SIZE(events) };
	struct machine_td_boot *boot = NULL;
	struct jurat_error err;

	memset(long_event, 'x', sizeof(long_event));
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		events[i] = (struct measure_bytes){ long_event, sizeof(long_event) };
	assert_int_equal(machine_td_boot_new(&what, &boot, &err), -ENOSPC);
	assert_string_equal(err.text, "the events of this boot do not fit a log of 65536 bytes");
	assert_null(boot);
	what.n_loader_events = 8;
	assert_int_equal(machine_td_boot_new(&what, &boot, NULL), 0);
	machine_td_boot_free(boot);
}

static int boots(void *ctx)
{
	struct measure_tdx what = { .firmware = { tdvf, sizeof(tdvf) },
				    .kernel = { kernel, sizeof(kernel) } };
	struct machine_td_boot *boot = NULL;
	int r;

	fail_memory_resume();
	r = machine_td_boot_new(&what, &boot, NULL);
	if (r == 0) {
		machine_td_boot_free(boot);
		boot = NULL;
		r = machine_td_boot_new(NULL, &boot, NULL);
	}
	fail_memory_pause();
	assert_true(r == 0 ? boot != NULL : boot == NULL);
	machine_td_boot_free(boot);
	return r;
}

static void a_failed_allocation_leaves_nothing(void **state)
{
	assert_true(fail_memory_each(boots, NULL) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_amd_sp_digests_what_measure_says),
		cmocka_unit_test(an_image_that_cannot_be_launched_changes_nothing),
		cmocka_unit_test(the_firmware_says_why_it_refuses_an_id_block),
		cmocka_unit_test(a_td_has_the_registers_that_measure_says_and_a_log_of_them),
		cmocka_unit_test(a_td_without_files_has_a_log_too),
		cmocka_unit_test(the_acpi_table_says_where_the_log_is),
		cmocka_unit_test(a_td_that_has_booted_nothing_has_no_log),
		cmocka_unit_test(a_log_that_is_too_long_is_an_error),
		cmocka_unit_test(a_failed_allocation_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, make_images, NULL);
}
