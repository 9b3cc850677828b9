/* SPDX-License-Identifier: MIT */
#include "runner.h"

/*
 * Evidence to order under `jurat run`: unmodified programs get it wherever they look. clients: the client of
 * the devices, in its variants.
 */
#define VERIFY                                                                                               \
	"cd \"$JURAT_ROOTS/..\" && verify() { \"$JURAT\" verify --roots \"$JURAT_ROOTS\" \"$@\" >v; "        \
	"sed -n '1p; /^$/q; s/^  \\([a-z0-9-]*\\): .*/\\1/p' v; }; "
#define VERIFY_SNP VERIFY "verify --crl \"$JURAT_ROOTS/milan/crl.der\" --certs c e"
#define VERIFY_TDX VERIFY "verify --collateral \"$JURAT_ROOTS/collateral\" e"

static void a_report_has_what_is_set_by_each_way_to_it(void **state)
{
	static const char *const ways[] = { "ioctl", "configfs" };
	static const char script[] = "\"$JURAT\" attest --via $0 --out \"$JURAT_ROOTS/../e\" --certs-out "
				     "\"$JURAT_ROOTS/../c\" >&2 && " VERIFY_SNP;
	struct outcome o;

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		o = RUN("--set", "report.policy=0xb0000", "--evidence", "vcek.not_after=at-1s", "--evidence",
			"crl.revoked=ask", "--", "/bin/sh", "-c", script, ways[i]);
		assert_exit(&o, 0);
		assert_string_equal(o.out, "refused\nleaf-expired\nintermediate-revoked\ndebug-allowed\n");
	}
	o = RUN("--set", "report.policy=0xb0000", "--set", "report.policy=0x30000", "--set",
		"vcek.not_after=at+1h", "--", "/bin/sh", "-c", script, "ioctl");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n");
	o = RUN("--evidence", "unsigned report.guest_svn=7", "--", "/bin/sh", "-c", script, "ioctl");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "refused\nreport-signature\n");
}

static void a_client_without_jurat_s_library_gets_it_too(void **state)
{
	static const char script[] = "\"$0\" evidence \"$JURAT_ROOTS/../e\" && " VERIFY "verify e";
	struct outcome o;

	NEEDS_RUN();
	FOR_EACH_CLIENT(linked)
	{
		o = RUN("--set", "vcek.not_after=at-1s", "--", "/bin/sh", "-c", script, clients[linked]);
		assert_exit(&o, 0);
		assert_non_null(strstr(o.out, "refused\nleaf-expired\n"));
	}
}

static void launch_values_and_platform_are_those_of_the_guest(void **state)
{
	static const char script[] = "cd \"$JURAT_ROOTS/..\" && \"$JURAT\" attest --out e >&2 && "
				     "\"$JURAT\" show e | grep -E '^ *(guest_svn|host_data|family_id) ' | "
				     "tr -s ' ' | cut -c 1-24";
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--set", "guest.guest_svn=9", "--set", "guest.host_data=x5a", "--set", "guest.family_id=x33",
		"--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_non_null(strstr(o.out, "guest_svn 9\n"));
	assert_non_null(strstr(o.out, "host_data 5a5a5a5a5a5a5a"));
	assert_non_null(strstr(o.out, "family_id 333333333333"));
}

static void a_quote_and_its_collateral_are_as_ordered(void **state)
{
	static const char script[] = "\"$JURAT\" attest --out \"$JURAT_ROOTS/../e\" >&2 && " VERIFY_TDX;
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--tee", "tdx", "--set", "pck.not_after=at-1s", "--set", "td.debug=yes", "--evidence",
		"tcb-out-of-date", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_non_null(strstr(o.out, "leaf-expired\n"));
	assert_non_null(strstr(o.out, "tcb-status-not-accepted\n"));
	assert_non_null(strstr(o.out, "td-debug\n"));
	o = RUN("--tee", "tdx", "--set", "quote.version=5", "--set", "quote.body_type=3", "--", "/bin/sh",
		"-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n");
	o = RUN("--tee", "tdx", "--set", "platform.other_world=yes", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_int_equal(strncmp(o.out, "refused\n", 8), 0);
}

static void the_root_is_the_one_that_verifiers_have(void **state)
{
	static const char script[] = "\"$JURAT\" attest --out \"$JURAT_ROOTS/../e\" --certs-out "
				     "\"$JURAT_ROOTS/../c\" >&2 && cmp \"$JURAT_ROOTS/milan-ark.pem\" "
				     "\"$JURAT_ROOTS/milan/ark.pem\" >&2 || echo other",
			  missing[] = "ls -s \"$JURAT_ROOTS/milan/ark.pem\" | cut -c 1-2; head -n 1 "
				      "\"$JURAT_ROOTS/milan-ark.pem\"";
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--set", "ark.signed_by=other", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "other\n");
	o = RUN("--set", "ark.not_after=at-1s", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "");
	o = RUN("--set", "ark.missing=yes", "--", "/bin/sh", "-c", missing);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "0 \n-----BEGIN CERTIFICATE-----\n");
}

static void the_services_of_the_run_have_it_as_well(void **state)
{
	static const char vcek
		[] = "cd \"$JURAT_ROOTS/..\" && \"$JURAT\" attest --out e >&2 && ! \"$JURAT\" "
		     "fetch vcek --report e --roots \"$JURAT_ROOTS\" --out f && ls -A f 2>/dev/null | wc -l",
	    tcb[] = "cd \"$JURAT_ROOTS/..\" && \"$JURAT\" fetch collateral --fmspc 112233445566 --out f "
		    "--roots \"$JURAT_ROOTS\" >&2 && cmp f/tcb_info.json "
		    "\"$JURAT_ROOTS/collateral/tcb_info.json\" && grep -c 112233445566.*Revoked "
		    "f/tcb_info.json";
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--endorsements", "--set", "vcek.not_after=at-1s", "--", "/bin/sh", "-c", vcek);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "0\n");
	assert_non_null(strstr(o.err, "jurat fetch: leaf-expired: "));
	o = RUN("--endorsements", "--tee", "tdx", "--set", "platform.fmspc=112233445566", "--set",
		"tcb_info.status=Revoked", "--", "/bin/sh", "-c", tcb);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "1\n");
}

static void what_does_not_apply_is_refused_before_the_program_starts(void **state)
{
	static const struct {
		const char *words[6], *error;
	} bad[] = {
		{ { "--set", "report.polic=1" }, "'report.polic=1': report.polic: no field 'polic'" },
		{ { "--set", "report.policy" }, "--set: expected PART.FIELD=VALUE, found 'report.policy'" },
		{ { "--evidence", "nonsense" }, "'nonsense': no preset 'nonsense'" },
		{ { "--evidence", "vcek.issuer=a\nvcek.version=2" },
		  "'vcek.issuer=a?vcek.version=2': expected one line" },
		{ { "--set", "vlek.not_after=at" }, "vlek.not_after=at: this evidence has no such part" },
		{ { "--set", "td.mrtd=x00" },
		  "'td.mrtd=x00': 'td' is a part of TDX evidence (use --tee tdx)" },
		{ { "--tee", "tdx", "--set", "report.vmpl=1" },
		  "'report.vmpl=1': 'report' is a part of SEV-SNP evidence (use --tee sev-snp)" },
		{ { "--tee", "both", "--set", "report.vmpl=1" },
		  "--set needs one TEE: use --tee sev-snp or --tee tdx" },
		{ { "--state", "/nowhere", "--evidence", "report.vmpl=1" },
		  "--evidence cannot be used with --state: the evidence of a platform is the same in all "
		  "runs that share it" },
		{ { "--host", "--set", "guest.policy=0" },
		  "'guest' cannot be set with --host: there is no guest" },
		{ { "--no-certs", "--set", "table.missing=yes" },
		  "'table' cannot be set with --no-certs: there is no certificate table" },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *words[12] = { NULL }, *const *from = bad[i].words;
		struct outcome o;
		char error[256];
		size_t n = 0;

		while (n < ARRAY_SIZE(bad[i].words) && from[n]) {
			words[n] = from[n];
			n++;
		}
		words[n++] = "--";
		words[n++] = "/bin/echo";
		words[n++] = "started";
		o = run_words(words);
		assert_exit(&o, 2);
		TEXT(error, "jurat run: %s", bad[i].error);
		if (strncmp(o.err, error, strlen(error)) != 0)
			FAIL_BECAUSE("%s: %s", from[1], o.err);
		assert_string_equal(o.out, "");
	}
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_has_what_is_set_by_each_way_to_it),
		cmocka_unit_test(a_client_without_jurat_s_library_gets_it_too),
		cmocka_unit_test(launch_values_and_platform_are_those_of_the_guest),
		cmocka_unit_test(a_quote_and_its_collateral_are_as_ordered),
		cmocka_unit_test(the_root_is_the_one_that_verifiers_have),
		cmocka_unit_test(the_services_of_the_run_have_it_as_well),
		cmocka_unit_test(what_does_not_apply_is_refused_before_the_program_starts),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
