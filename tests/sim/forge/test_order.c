/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "sim/forge/order.h"

static struct sim_order *order_of(const char *const *items)
{
	struct sim_order *order;
	struct jurat_error err;

	assert_int_equal(sim_order_new(1782864000, &order, NULL), 0);
	for (; *items; items++)
		if (sim_order_add(order, *items, &err) != 0)
			FAIL_BECAUSE("%s: %s", *items, err.text);
	return order;
}

static void items_keep_their_order_and_the_later_one_counts(void **state)
{
	const char *const items[] = { "report.vmpl=1",      "damage report.signature:last",
				      "report.guest_svn=7", "unsigned report.vmpl=3",
				      "report.vmpl=2",      NULL };
	struct sim_order *order = order_of(items);
	struct sim_edit *edit = sim_order_next(order, SIM_PART_REPORT, SIM_EDIT_SET, NULL);
	struct jurat_error err;

	(void)state;
	assert_string_equal(edit->value, "1");
	edit = sim_order_next(order, SIM_PART_REPORT, SIM_EDIT_SET, edit);
	assert_string_equal(edit->field, "guest_svn");
	edit->used = true;
	assert_string_equal(sim_order_value(order, SIM_PART_REPORT, SIM_EDIT_SET, "vmpl"), "2");
	assert_null(sim_order_value(order, SIM_PART_REPORT, SIM_EDIT_SET, "policy"));
	edit = sim_order_next(order, SIM_PART_REPORT, SIM_EDIT_DAMAGE, NULL);
	assert_true(edit->byte == UINT64_MAX);
	assert_true(sim_order_has(order, SIM_PART_REPORT));
	assert_false(sim_order_has(order, SIM_PART_TABLE));
	assert_int_equal(sim_order_unused(order, &err), -EINVAL);
	assert_string_equal(err.text, "damage report.signature: this evidence has no such part");
	edit->used = true;
	assert_int_equal(sim_order_unused(order, &err), -EINVAL);
	assert_string_equal(err.text, "unsigned report.vmpl=3: this evidence has no such part");
	sim_order_free(order);
}

struct bad {
	const char *item, *error;
};

/* A refused item leaves nothing behind. */
static bool is_refused(struct sim_order *order, const struct bad *bad)
{
	struct jurat_error err = { "" };

	assert_int_equal(sim_order_add(order, bad->item, &err), -EINVAL);
	assert_int_equal(sim_order_unused(order, NULL), 0);
	if (strcmp(err.text, bad->error) == 0)
		return true;
	test_say("%s: wanted '%s', got '%s'", bad->item, bad->error, err.text);
	return false;
}

static const struct bad bad_items[] = {
	{ "reprt.vmpl=1", "no part 'reprt' of evidence; nearest: report, root, guest" },
	{ "report=1", "expected PART.FIELD=VALUE, and 'report' has no field" },
	{ "report.=1", "expected PART.FIELD=VALUE, and 'report.' has no field" },
	{ "unsigned report.vmpl", "expected PART.FIELD=VALUE" },
	{ "report.vmpk=1", "report.vmpk: no field 'vmpk' of the SNP attestation report; nearest: "
			   "vmpl, version, policy" },
	{ "report.vmpl=", "report.vmpl: expected a number from 0 to 4294967295, not ''" },
	{ "report.vmpl=4294967296", "report.vmpl: expected a number from 0 to 4294967295, not '4294967296'" },
	{ "report.vmpl= 1", "report.vmpl: expected a number from 0 to 4294967295, not ' 1'" },
	{ "report.vmpl=+-1", "report.vmpl: expected a number from 0 to 4294967295, not '-1'" },
	{ "report.vmpl=0x", "report.vmpl: expected a number from 0 to 4294967295, not '0x'" },
	{ "report.policy=0x10000000000000000", "report.policy: expected a number from 0 to "
					       "18446744073709551615, not '0x10000000000000000'" },
	{ "report.policy.DEBIG=yes",
	  "report.policy.DEBIG: no part 'DEBIG' of policy; nearest: DEBUG, SMT, RAPL_DIS" },
	{ "report.policy.DEBUG=maybe", "report.policy.DEBUG: expected yes or no, not 'maybe'" },
	{ "report.policy.bit-64=yes",
	  "report.policy.bit-64: no part 'bit-64' of policy; nearest: SMT, DEBUG, abi_minor" },
	{ "report.policy.abi_major=256",
	  "report.policy.abi_major: expected a number from 0 to 255, not '256'" },
	{ "report.reported_tcb.sev=1",
	  "report.reported_tcb.sev: no part 'sev' of reported_tcb; nearest: tee, snp, fmc" },
	{ "report.chip_id[64]=1", "report.chip_id[64]: 'chip_id[64]': expected a byte from [0] to [63]" },
	{ "report.chip_id[1=1", "report.chip_id[1: 'chip_id[1': expected a byte from [0] to [63]" },
	{ "report.chip_id=00", "report.chip_id: expected 64 bytes as 128 hex digits, or xNN for that "
			       "byte in all of them; got 2 characters" },
	{ "report.chip_id=x0", "report.chip_id: expected 64 bytes as 128 hex digits, or xNN for that "
			       "byte in all of them; got 2 characters" },
	{ "report.chip_id=xgg", "report.chip_id: expected 64 bytes as 128 hex digits, or xNN for "
				"that byte in all of them; got 3 characters" },
	{ "report.size=4097", "report.size: expected a number from 0 to 4096, not '4097'" },
	{ "report.signed_by=vceg", "report.signed_by: no value 'vceg'; nearest: vcek, vlek, other" },
	{ "unsigned report.signed_by=vcek",
	  "report.signed_by: it says who signs, so it cannot be set after that" },
	{ "damage report.signature_x",
	  "report.signature_x: no field 'signature_x' of the SNP attestation report; nearest: "
	  "signature_r, signature_s, signature_algo" },
	{ "damage report:x", "byte: expected a number from 0 to 4294967295, not 'x'" },
	{ "damage guest", "guest: a guest has no bytes of its own that can be damaged" },
	{ "unsigned guest.policy=1", "guest.policy: it is not signed: set it" },
	{ "guest.vmpl=1", "guest.vmpl: no field 'vmpl' of guest; nearest: policy, family_id, image_id" },
	{ "guest.policy.nothing=1",
	  "guest.policy.nothing: no part 'nothing' of policy; nearest: SMT, DEBUG, abi_minor" },
	{ "platform.report_version=6", "platform.report_version: expected a number from 0 to 5, not '6'" },
	{ "platform.report_version=1",
	  "platform.report_version: expected a version from 2 to 5; report.version sets any" },
	{ "platform.csp_id=", "platform.csp_id: expected 1 to 128 characters" },
	{ "platform.csp_id=a\tb", "platform.csp_id: character 1 is not printable ASCII" },
	{ "platform.hwid=00", "platform.hwid: expected 64 bytes as 128 hex digits, or xNN for that "
			      "byte in all of them; got 2 characters" },
	{ "platform.mask_chip_id=2", "platform.mask_chip_id: expected yes or no, not '2'" },
	{ "vcek.for_csp=x", "vcek.for_csp: no field 'for_csp' of vcek; nearest: for_chip, for_tcb" },
	{ "vlek.for_chip=x", "vlek.for_chip: no field 'for_chip' of vlek; nearest: for_csp, for_tcb" },
	{ "vcek.for_tcb=currently",
	  "vcek.for_tcb: expected a number from 0 to 18446744073709551615, not 'currently'" },
	{ "table.entry=x",
	  "table.entry: no field 'entry' of the certificate table; nearest: entries, data, pem" },
	{ "table.entries=vcek,asq",
	  "table.entries: no kind 'asq' of entries of a certificate table; nearest: ask, asvk, ark" },
	{ "table.entries=vcek:cert", "table.entries: no value 'cert'; nearest: crl, text, vcek" },
	{ "table.entries=Naples/vcek", "table.entries: no product 'Naples'" },
	{ "table.pem=rsa",
	  "table.pem: no kind 'rsa' of entries of a certificate table; nearest: ask, asvk, ark" },
	{ "table.guids=none", "table.guids: no value 'none'; nearest: printed, mixed-endian" },
	{ "table.offset.x=1", "table.offset.x: expected a number from 0 to 79, not 'x'" },
	{ "table.offset.0=x", "table.offset.0: expected a number from 0 to 4294967295, not 'x'" },
	{ "table.trailing=0",
	  "table.trailing: expected bytes as hex digits, or xNN*COUNT; got 1 characters" },
	{ "table.trailing=x00*16385", "table.trailing: 'x00*16385': expected at most 16384 bytes" },
	{ "table.terminator=off", "table.terminator: expected yes or no, not 'off'" },
	{ "unsigned table.size=1", "table.size: it is not signed: set it" },
	{ "damage table.ask", "table.ask: a table has no bytes of its own that can be damaged" },
};

static void items_that_cannot_be_are_refused_with_the_nearest(void **state)
{
	struct sim_order *order = order_of((const char *const[]){ NULL });
	struct jurat_error err;
	unsigned bad = 0;

	(void)state;
	assert_int_equal(sim_order_add(order, "vcek-expird", &err), -EINVAL);
	assert_memory_equal(err.text, "no preset 'vcek-expird'; nearest: vcek-expired, vlek-expired, ", 62);
	for (size_t i = 0; i < ARRAY_SIZE(bad_items); i++)
		bad += !is_refused(order, &bad_items[i]);
	assert_int_equal(bad, 0);
	sim_order_free(order);
}

static void times_are_absolute_or_from_the_date_of_the_evidence(void **state)
{
	static const struct {
		const char *text;
		int64_t time;
	} rows[] = {
		{ "at", 1782864000 },         { "at-1s", 1782863999 },
		{ "at+2m", 1782864120 },      { "at+1h", 1782867600 },
		{ "at+30d", 1785456000 },     { "at+1y", 1814400000 },
		{ "at-1y", 1751328000 },      { "2026-07-01T00:00:01Z", 1782864001 },
		{ "2026-07-01", 1782864000 },
	};
	static const char *const bad[] = { "",         "a",        "at+",        "at1s",     "at+1",
					   "at+1w",    "at+ 1s",   "at+1ss",     "at+-1s",   "at+4294967296s",
					   "at+9999y", "at-9999y", "2026-13-01", "yesterday" };
	struct jurat_error err;
	int64_t time = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (sim_order_time(rows[i].text, 1782864000, &time, NULL) != 0 || time != rows[i].time)
			FAIL_BECAUSE("%s: %lld", rows[i].text, (long long)time);
	}
	/* 29 February 2024 */
	assert_int_equal(sim_order_time("at+1y", 1709164800, &time, NULL), 0);
	assert_int_equal(time, 1740787200); /* 1 March 2025 */
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (sim_order_time(bad[i], 1782864000, &time, &err) != -EINVAL ||
		    !strstr(err.text, "expected a time such as"))
			FAIL_BECAUSE("'%s' is a time", bad[i]);
	assert_int_equal(time, 1740787200);
}

static void values_are_bytes_numbers_and_flags(void **state)
{
	uint8_t bytes[4] = { 0 };
	uint64_t number;
	bool flag;
	size_t n;

	(void)state;
	assert_int_equal(sim_order_bytes("00fF1203", bytes, 4, NULL), 0);
	assert_memory_equal(bytes, "\x00\xff\x12\x03", 4);
	assert_int_equal(sim_order_bytes("xA5", bytes, 4, NULL), 0);
	assert_memory_equal(bytes, "\xa5\xa5\xa5\xa5", 4);
	assert_int_equal(sim_order_some_bytes("x07*3", bytes, 4, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(bytes, "\x07\x07\x07\xa5", 4);
	assert_int_equal(sim_order_some_bytes("", bytes, 4, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sim_order_some_bytes("0011223344", bytes, 4, &n, NULL), -EINVAL);
	assert_int_equal(sim_order_some_bytes("x00*5", bytes, 4, &n, NULL), -EINVAL);
	assert_int_equal(sim_order_some_bytes("x07", bytes, 4, &n, NULL), -EINVAL);
	assert_int_equal(sim_order_number("0xfF", 255, &number, NULL), 0);
	assert_int_equal(number, 255);
	assert_int_equal(sim_order_number("010", 255, &number, NULL), 0);
	assert_int_equal(number, 10);
	assert_int_equal(sim_order_number("256", 255, &number, NULL), -EINVAL);
	assert_int_equal(sim_order_flag("yes", &flag, NULL), 0);
	assert_true(flag);
	assert_int_equal(sim_order_flag("0", &flag, NULL), 0);
	assert_false(flag);
	assert_int_equal(sim_order_flag("Yes", &flag, NULL), -EINVAL);
}

/* ---- names ---- */

static bool is_sentence(const char *text)
{
	size_t n = strlen(text);

	return n > 10 && n < 160 && text[0] >= 'A' && text[0] <= 'Z' && text[n - 1] == '.' &&
	       !strchr(text, '\n');
}

static void every_preset_is_a_sentence_of_good_items(void **state)
{
	const struct sim_preset *p, *other;

	(void)state;
	for (size_t i = 0; (p = sim_order_preset(i)) != NULL; i++) {
		struct sim_order *order;
		struct jurat_error err;

		if (!is_sentence(p->what) || p->snp == p->tdx || !p->items[0])
			FAIL_BECAUSE("%s: '%s'", p->name, p->what);
		assert_int_equal(strspn(p->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(p->name));
		for (size_t j = 0; j < i && (other = sim_order_preset(j)) != NULL; j++)
			if (!strcmp(p->name, other->name) || !strcmp(p->what, other->what))
				FAIL_BECAUSE("%s is %s", p->name, other->name);
		assert_int_equal(sim_order_new(1782864000, &order, NULL), 0);
		if (sim_order_add(order, p->name, &err) != 0)
			FAIL_BECAUSE("%s", err.text);
		sim_order_free(order);
	}
	assert_true(sim_order_preset(60) != NULL);
}

static void every_field_has_a_part_and_a_text(void **state)
{
	const struct sim_field *f;
	bool parts[SIM_N_PARTS] = { false };

	(void)state;
	for (size_t i = 0; (f = sim_order_field(i)) != NULL; i++) {
		assert_true(*f->name && *f->value && *f->what);
		parts[f->part] = true;
	}
	assert_true(parts[SIM_PART_GUEST] && parts[SIM_PART_PLATFORM] && parts[SIM_PART_REPORT] &&
		    parts[SIM_PART_TABLE] && parts[SIM_PART_VCEK]);
	for (unsigned i = 0; i < SIM_N_PARTS; i++)
		assert_non_null(sim_part_name(i));
}

static int add_a_preset(void *ctx)
{
	struct sim_order *order;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = sim_order_new(0, &order, NULL);
	if (r < 0) {
		fail_memory_pause();
		return r;
	}
	r = sim_order_add(order, "vcek-of-current-tcb", NULL);
	fail_memory_pause();
	assert_int_equal(sim_order_has(order, SIM_PART_VCEK), r == 0);
	assert_int_equal(sim_order_has(order, SIM_PART_PLATFORM), r == 0);
	sim_order_free(order);
	return r;
}

static void without_memory_a_preset_is_added_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_int_equal(fail_memory_each(add_a_preset, NULL), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_keep_their_order_and_the_later_one_counts),
		cmocka_unit_test(items_that_cannot_be_are_refused_with_the_nearest),
		cmocka_unit_test(times_are_absolute_or_from_the_date_of_the_evidence),
		cmocka_unit_test(values_are_bytes_numbers_and_flags),
		cmocka_unit_test(every_preset_is_a_sentence_of_good_items),
		cmocka_unit_test(every_field_has_a_part_and_a_text),
		cmocka_unit_test(without_memory_a_preset_is_added_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
