/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <sys/stat.h>
#include <sys/wait.h>

/*
 * Guests that are launched from files: what `jurat measure` computes from the same files is in their
 * evidence, and a TD's event log replays to its RTMRs. clients: the program that makes the images, and
 * launch.sh.
 */
static char ovmf[128], tdvf[128], kernel[128], other[128], odd[128];

static void make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int make_images(void **state)
{
	char command[512];

	if (run_find_out(state) != 0 || closed)
		return 0;
	TEXT(command, "'%s' '%s'", clients[0], dir);
	assert_int_equal(system(command), 0);
	TEXT(ovmf, "%s/ovmf.fd", dir);
	TEXT(tdvf, "%s/tdvf.fd", dir);
	TEXT(kernel, "%s/kernel", dir);
	TEXT(other, "%s/another-kernel", dir);
	TEXT(odd, "%s/odd", dir);
	TEXT(command, "cp '%s' '%s' && printf x >>'%s'", kernel, other, other);
	assert_int_equal(system(command), 0);
	make_file(odd, "no image\n");
	return 0;
}

#define SNP       "--vcpu-type", "EPYC-Milan", "--vcpus", "3", "--guest-features", "0x21"
#define UNCHANGED "--kernel-header", "unchanged" /* RTMR1 does not depend on the memory */
#define KERNEL    "--append", "console=ttyS0 ro", "--initrd", odd, "--kernel"

static void the_policy_of_measure_accepts_exactly_this_launch(void **state)
{
	static const char *const releases[] = { "6.12", "7.3" };
	struct outcome o;

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		o = RUN("--linux", releases[i], "--firmware-image", ovmf, SNP, "--", clients[1], "accepted",
			"snp", dir, "--firmware", ovmf, SNP);
		assert_exit(&o, 0);
		assert_string_equal(o.out, "accepted\n");
	}
	o = RUN("--firmware-image", ovmf, SNP, "--", clients[1], "refused", "snp", dir, "--firmware", ovmf,
		"--vcpu-type", "EPYC-Milan", "--guest-features", "0x21");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "measurement-mismatch\n");
}

static void a_changed_kernel_is_refused(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--firmware-image", ovmf, "--vcpu-type", "EPYC", KERNEL, kernel, "--", clients[1], "accepted",
		"snp", dir, "--firmware", ovmf, "--vcpu-type", "EPYC", KERNEL, kernel);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n");
	o = RUN("--firmware-image", ovmf, "--vcpu-type", "EPYC", KERNEL, other, "--", clients[1], "refused",
		"snp", dir, "--firmware", ovmf, "--vcpu-type", "EPYC", KERNEL, kernel);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "measurement-mismatch\n");
	o = RUN("--tee", "tdx", "--firmware-image", tdvf, UNCHANGED, KERNEL, kernel, "--", clients[1],
		"accepted", "tdx", dir, "--firmware", tdvf, UNCHANGED, KERNEL, kernel);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n");
	o = RUN("--tee", "tdx", "--firmware-image", tdvf, UNCHANGED, KERNEL, other, "--", clients[1],
		"refused", "tdx", dir, "--firmware", tdvf, UNCHANGED, KERNEL, kernel);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "rtmr1-mismatch\n");
	o = RUN("--tee", "tdx", "--firmware-image", tdvf, "--order", "all-then-extend", "--", clients[1],
		"refused", "tdx", dir, "--firmware", tdvf);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "mrtd-mismatch\n");
}

static void guests_of_one_platform_have_their_own_measurements(void **state)
{
	char shared[128], script[] = "\"$JURAT\" run --state \"$0\" -- \"$JURAT\" attest --out \"$0/e\" "
				     ">/dev/null && exec \"$@\"";
	struct outcome o;

	NEEDS_RUN();
	TEXT(shared, "%s/state", dir);
	o = RUN("--state", shared, "--firmware-image", ovmf, SNP, "--", "/bin/sh", "-c", script, shared,
		clients[1], "accepted", "snp", dir, "--firmware", ovmf, SNP);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n");
}

/* Every TD has a log, with the names, sizes and modes of Linux's files. */
static void every_td_has_a_log_that_replays_to_its_registers(void **state)
{
	static const char script[] =
		"set -e; cd /sys/firmware/acpi/tables; stat -c '%a %s %F' CCEL data/CCEL; "
		"head -c 4 CCEL; echo; tail -c 1 data/CCEL | od -An -tx1; "
		"test \"$(dd if=data/CCEL bs=7 count=9999 2>/dev/null | cksum)\" = \"$(head -c 69993 "
		"data/CCEL | "
		"cksum)\"; "
		"\"$JURAT\" attest --out \"$0/quote\" >/dev/null; \"$JURAT\" verify --roots \"$JURAT_ROOTS\" "
		"--collateral \"$JURAT_ROOTS/collateral\" --event-log data/CCEL \"$0/quote\" | "
		"grep -E '^(accepted|refused)|  (rtmr|secure_boot)'; rm \"$0/quote\"",
			  expected[] = "400 56 regular file\n400 65536 regular file\nCCEL\n ff\naccepted\n"
				       "  rtmr0              explained, 6 events\n"
				       "  rtmr1              explained, 3 events\n"
				       "  rtmr2              explained, 0 events\n"
				       "  rtmr3              explained, 0 events\n"
				       "  secure_boot        disabled\n";
	static const char *const releases[] = { "6.12", "7.3" };

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		struct outcome o =
			RUN("--tee", "tdx", "--linux", releases[i], "--", "/bin/sh", "-c", script, dir);

		assert_exit(&o, 0);
		assert_string_equal(o.out, expected);
	}
}

static void a_guest_that_extends_a_register_itself_departs_from_the_log(void **state)
{
	static const char script[] =
		"set -e; head -c 48 /dev/zero >\"/sys/class/misc/tdx_guest/measurements/$1:sha384\"; "
		"\"$JURAT\" attest --out \"$0/quote\" >/dev/null; \"$JURAT\" verify --roots \"$JURAT_ROOTS\" "
		"--collateral \"$JURAT_ROOTS/collateral\" --event-log /sys/firmware/acpi/tables/data/CCEL "
		"\"$0/quote\" | head -n 1; rm \"$0/quote\"";
	static const struct {
		const char *name, *verdict;
	} registers[] = { { "rtmr2", "refused\n" }, { "rtmr3", "accepted\n" } };

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		struct outcome o = RUN("--tee", "tdx", "--", "/bin/sh", "-c", script, dir, registers[i].name);

		assert_exit(&o, 0);
		assert_string_equal(o.out, registers[i].verdict);
	}
}

static void guests_of_sev_snp_have_no_event_log(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", "test ! -e /sys/firmware/acpi/tables/CCEL");
	assert_exit(&o, 0);
}

static void an_id_block_is_checked_by_the_firmware(void **state)
{
	char block[128], auth[128], script[2048];
	struct outcome o;

	NEEDS_RUN();
	if (system("openssl version >/dev/null 2>&1") != 0)
		SKIP_BECAUSE("there is no openssl to make a key with");
	TEXT(block, "%s/id.block", dir);
	TEXT(auth, "%s/id.auth", dir);
	TEXT(script,
	     "openssl ecparam -name secp384r1 -genkey -noout -out %s/id.pem 2>/dev/null && '%s' measure snp "
	     "--firmware %s --vcpu-type EPYC --id-block %s --id-auth %s --id-key %s/id.pem --guest-svn 5 "
	     ">%s/id.text && chmod a+r %s/id.*",
	     dir, jurat, ovmf, block, auth, dir, dir, dir);
	assert_int_equal(system(script), 0);
	TEXT(script,
	     "\"$JURAT\" attest --out %s/report >/dev/null && \"$JURAT\" show %s/report | sed -n "
	     "'s/^id_key_digest *\\([0-9a-f]*\\)$/id_key_digest \\1/p; s/^guest_svn *//p'; grep "
	     "id_key_digest %s/id.text; rm %s/report",
	     dir, dir, dir, dir);
	o = RUN("--firmware-image", ovmf, "--vcpu-type", "EPYC", "--id-block", block, "--id-auth", auth, "--",
		"/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_int_equal(strncmp(o.out, "5", 1), 0);
	assert_non_null(strstr(o.out, "id_key_digest "));
	assert_memory_equal(strstr(o.out, "id_key_digest "),
			    strstr(strstr(o.out, "id_key_digest ") + 1, "id_key_digest "), 14 + 96);
	o = RUN("--firmware-image", ovmf, "--vcpu-type", "EPYC-Milan", "--id-block", block, "--id-auth", auth,
		"--", "true");
	assert_exit(&o, 3);
	assert_non_null(strstr(o.err, "SNP_LAUNCH_FINISH refuses the ID block (BAD_MEASUREMENT): its LD is "
				      "not the launch digest of this guest"));
}

static void what_cannot_be_launched_is_named(void **state)
{
	static const struct {
		const char *words[10];
		int status;
		const char *says;
		bool of_odd; /* the error names this file */
	} bad[] = {
		{ { "--firmware-image", odd, "--vcpu-type", "EPYC" }, 3, "--firmware-image '", true },
		{ { "--tee", "tdx", "--firmware-image", odd }, 3, "--firmware-image '", true },
		{ { "--tee", "tdx", "--firmware-image", tdvf, "--kernel", odd }, 3, "--kernel '", true },
		{ { "--firmware-image", "/nonexistent", "--vcpu-type", "EPYC" },
		  3,
		  "cannot open '/nonexistent'" },
		{ { "--firmware-image", ovmf }, 2, "expected --vcpu-type" },
		{ { "--kernel", kernel }, 2, "--kernel requires --firmware-image" },
		{ { "--firmware-image", ovmf, "--memory", "2G" }, 2, "--memory is for TDX guests" },
		{ { "--tee", "tdx", "--firmware-image", tdvf, "--vcpus", "2" },
		  2,
		  "--vcpus is for SEV-SNP guests" },
		{ { "--firmware-image", ovmf, "--vcpu-type", "EPYC", "--vcpus", "257" },
		  2,
		  "--vcpus: expected 1 to 256" },
		{ { "--host", "--firmware-image", ovmf }, 2, "--firmware-image cannot be used with --host" },
		{ { "--firmware-image", ovmf, "--vcpu-type", "EPYC", "--id-block", odd },
		  2,
		  "--id-block and --id-auth must be used together" },
		{ { "--vmm", "--firmware-image", ovmf }, 2, "--vmm does not take --firmware-image" },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *words[13];
		struct outcome o;
		size_t n = 0;

		while (bad[i].words[n]) {
			words[n] = bad[i].words[n];
			n++;
		}
		words[n++] = "--";
		words[n++] = "true";
		words[n] = NULL;
		o = run_words(words);
		assert_exit(&o, bad[i].status);
		if (!strstr(o.err, bad[i].says) || (bad[i].of_odd && !strstr(o.err, odd)))
			FAIL_BECAUSE("row %zu: %s", i, o.err);
	}
}

static int run_all(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_of_measure_accepts_exactly_this_launch),
		cmocka_unit_test(a_changed_kernel_is_refused),
		cmocka_unit_test(guests_of_one_platform_have_their_own_measurements),
		cmocka_unit_test(every_td_has_a_log_that_replays_to_its_registers),
		cmocka_unit_test(a_guest_that_extends_a_register_itself_departs_from_the_log),
		cmocka_unit_test(guests_of_sev_snp_have_no_event_log),
		cmocka_unit_test(an_id_block_is_checked_by_the_firmware),
		cmocka_unit_test(what_cannot_be_launched_is_named),
	};

	return cmocka_run_group_tests_name(name, tests, make_images, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_all);
}
