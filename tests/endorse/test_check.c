/* SPDX-License-Identifier: MIT */
#include "endorse/world.h"

#include <errno.h>

static void good_ones_of_every_kind_are_accepted(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < ENDORSE_N_KINDS; kind++) {
		struct endorse_checker *checker = world_checker();
		struct jurat_error err = { "" };
		int64_t expires = -1;
		struct one one;

		world_one(&one, kind);
		world_accept_needed(checker, &one.item);
		for (unsigned again = 0; again < 2; again++) /* with what is remembered */
			if (world_check(checker, &one, &expires, &err) != 0)
				FAIL_BECAUSE("%s: %s", endorse_kind_name(kind), err.text);
		assert_true(expires >= one.at);
		one.at = expires;
		assert_int_equal(world_check(checker, &one, &expires, NULL), 0);
		assert_int_equal(expires, one.at);
		one.at++;
		if (world_check(checker, &one, &expires, &err) != -ESTALE)
			FAIL_BECAUSE("%s, a second after its end: %s", endorse_kind_name(kind), err.text);
		assert_int_equal(expires, one.at - 1);
		world_one_done(&one);
		endorse_checker_free(checker);
	}
}

/* Each of a VCEK and a CRL that ends before its issuers do, and not with them. */
static void what_ends_before_its_issuers_has_an_end_of_its_own(void **state)
{
	struct endorse_checker *checker = world_checker();
	struct sim_endorsement what = { .product = SNP_MILAN };
	struct sim_pki *pki;
	struct one one;
	int64_t expires = -1;

	(void)state;
	world_one(&one, ENDORSE_VCEK);
	world_accept_needed(checker, &one.item);
	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	sim_pki_use_amd_terms(pki, WORLD_AT - TDX_MADE_DAY);
	memcpy(what.hwid, one.item.chip_id, sizeof(what.hwid));
	world_endorse(&one, pki, &what);
	assert_int_equal(world_check(checker, &one, &expires, NULL), 0);
	assert_int_equal(expires, sim_pki_leaf_not_after(pki, false));
	world_one_done(&one);
	sim_pki_free(pki);
	for (enum endorse_kind kind = ENDORSE_VCEK_CRL; kind <= ENDORSE_VLEK_CRL; kind++) {
		world_one(&one, kind);
		world_accept_needed(checker, &one.item);
		made_patch(one.value.body, one.value.size, "490101000000Z", "251016000000Z", 13);
		made_resign(one.value.body, one.value.size, SNP_MILAN, SIM_ARK);
		assert_int_equal(world_check(checker, &one, &expires, NULL), 0);
		assert_int_equal(expires, 1760572800); /* 2025-10-16 */
		world_one_done(&one);
	}
	endorse_checker_free(checker);
}

static void every_truncation_is_refused(void **state)
{
	struct endorse_checker *checker = world_checker();

	(void)state;
	for (unsigned kind = 0; kind < ENDORSE_N_KINDS; kind++) {
		struct one one;
		size_t whole;

		world_one(&one, kind);
		world_accept_needed(checker, &one.item);
		whole = one.value.size;
		while (whole > 0 &&
		       one.value.body[whole - 1] == '\n') /* PEM without its last newline is whole */
			whole--;
		for (one.value.size = 0; one.value.size < whole; one.value.size += 1 + one.value.size / 64) {
			int64_t expires = -7;

			assert_int_equal(world_check(checker, &one, &expires, NULL), -EBADMSG);
			assert_int_equal(expires, -7);
		}
		world_one_done(&one);
	}
	endorse_checker_free(checker);
}

static void what_a_check_needs_is_asked_for(void **state)
{
	static const enum endorse_kind kinds[] = { ENDORSE_VCEK, ENDORSE_VCEK_CRL, ENDORSE_VLEK_CRL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct endorse_checker *checker = world_checker();
		struct endorse_item needed;
		struct jurat_error err;
		int64_t expires;
		struct one one;

		world_one(&one, kinds[i]);
		assert_int_equal(world_check(checker, &one, &expires, &err), -ENOKEY);
		assert_non_null(strstr(err.text, "Milan"));
		assert_true(endorse_check_needs(&one.item, &needed));
		assert_false(endorse_check_needs(&needed, &needed));
		world_accept_needed(checker, &one.item);
		assert_int_equal(world_check(checker, &one, &expires, NULL), 0);
		world_one_done(&one);
		endorse_checker_free(checker);
	}
}

/* A checker of pinned roots trusts none of this world. */
static void the_vendors_roots_are_the_default(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < ENDORSE_N_KINDS; kind++) {
		struct endorse_checker *checker;
		struct one one;
		int64_t expires;
		int r;

		assert_int_equal(endorse_checker_new(&checker, NULL), 0);
		world_one(&one, kind);
		r = world_check(checker, &one, &expires, NULL);
		assert_int_equal(r, endorse_check_needs(&one.item, &one.item) ? -ENOKEY : -EBADMSG);
		world_one_done(&one);
		endorse_checker_free(checker);
	}
}

/* Also one that stands beside the roots and fits what is asked for. */
static void only_roots_are_taken_from_a_file_of_roots(void **state)
{
	struct endorse_checker *checker;
	const uint8_t *ark, *ask;
	struct one good, one;
	size_t ark_size, ask_size;
	int64_t expires;
	char *text;

	(void)state;
	world_one(&good, ENDORSE_VCEK);
	world_one(&one, ENDORSE_VCEK);
	world_vlek(&one);
	assert_int_equal(sim_pki_ca(made_pki(), SNP_MILAN, SIM_ARK, &ark, &ark_size, NULL), 0);
	assert_int_equal(sim_pki_ca(made_pki(), SNP_MILAN, SIM_ASK, &ask, &ask_size, NULL), 0);
	assert_int_equal(endorse_checker_new(&checker, NULL), 0);
	text = world_pem(good.value.body, good.value.size, ark, ark_size);
	assert_int_equal(endorse_checker_add_roots(checker, text, strlen(text), NULL), 0);
	free(text);
	assert_int_equal(endorse_checker_add_roots(checker, ask, ask_size, NULL), -EBADMSG);
	assert_int_equal(endorse_checker_add_roots(checker, "x", 1, NULL), -EBADMSG);
	world_accept_needed(checker, &one.item);
	assert_int_equal(world_check(checker, &one, &expires, NULL), -EBADMSG);
	assert_int_equal(world_check(checker, &good, &expires, NULL), 0);
	world_one_done(&good);
	world_one_done(&one);
	endorse_checker_free(checker);
}

static void a_crl_that_revokes_is_accepted(void **state)
{
	struct endorse_checker *checker = world_checker();
	uint8_t der[SIM_CERT_MAX_BYTES], intel[SIM_INTEL_CRL_MAX_BYTES];
	uint8_t serials[2][SIM_INTEL_SERIAL_BYTES];
	struct one one;
	int64_t expires;
	size_t n;

	(void)state;
	world_one(&one, ENDORSE_VCEK_CRL);
	world_accept_needed(checker, &one.item);
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, true, true, der, &n, NULL), 0);
	world_set(&one, der, n);
	assert_int_equal(world_check(checker, &one, &expires, NULL), 0);
	world_one_done(&one);
	world_one(&one, ENDORSE_ROOT_CRL);
	sim_pki_intel_serial(tdx_made_pki(), SIM_INTEL_ROOT, serials[0]);
	sim_pki_intel_serial(tdx_made_pki(), SIM_INTEL_PLATFORM_CA, serials[1]);
	assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), SIM_INTEL_ROOT, serials, 2, WORLD_AT - 1,
					   WORLD_AT + 9, intel, &n, NULL),
			 0);
	world_set(&one, intel, n);
	assert_int_equal(world_check(checker, &one, &expires, NULL), 0);
	world_one_done(&one);
	endorse_checker_free(checker);
}

/* ---- Early and standard: 19 is of 2025-05-13, 17 of 2024-03-12; the documents of 2025-10-06 */

static void early_and_standard_are_told_apart_by_the_list(void **state)
{
	static const struct {
		const char *number;
		enum endorse_update update;
		int r;
		const char *why;
	} rows[] = {
		{ "17", ENDORSE_STANDARD, 0, "" },
		{ "19", ENDORSE_EARLY, 0, "" },
		{ "19", ENDORSE_STANDARD, -EBADMSG,
		  "expected that of update=standard, found 19, which is that of update=early" },
		{ "20", ENDORSE_STANDARD, -EBADMSG, "found 20, which is that of update=early" },
		{ "20", ENDORSE_EARLY, 0, "" }, /* newer than the list */
		{ "17", ENDORSE_EARLY, -EBADMSG, "expected 19, found 17" },
		{ "16", ENDORSE_STANDARD, 0, "" }, /* older than the list */
		{ "16", ENDORSE_EARLY, -EBADMSG, "expected 19, found 16" },
	};

	(void)state;
	for (unsigned listed = 0; listed < 2; listed++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			struct endorse_checker *checker = world_checker();
			struct jurat_error err = { "" };
			struct one one, list;
			int64_t expires;
			char number[48];
			int r;

			world_one(&list, ENDORSE_TCB_NUMBERS);
			if (listed)
				assert_int_equal(world_check(checker, &list, &expires, NULL), 0);
			world_one(&one, ENDORSE_TCB_INFO);
			one.item.update = rows[i].update;
			TEXT(number, "\"tcbEvaluationDataNumber\":%s", rows[i].number);
			world_patch(&one, "\"tcbEvaluationDataNumber\":17", number, "tcbInfo");
			r = world_check(checker, &one, &expires, &err);
			if (r != (listed ? rows[i].r : 0) || (listed && !strstr(err.text, rows[i].why)))
				FAIL_BECAUSE("row %zu: %d, %s", i, r, err.text);
			world_one_done(&one);
			world_one_done(&list);
			endorse_checker_free(checker);
		}
}

static int check_update_at(struct endorse_checker *checker, enum endorse_update update, const char *number,
			   int64_t at)
{
	struct one one;
	int64_t expires;
	char text[48];
	int r;

	world_one(&one, ENDORSE_TCB_INFO);
	one.item.update = update;
	one.at = at;
	TEXT(text, "\"tcbEvaluationDataNumber\":%s", number);
	world_patch(&one, "\"tcbEvaluationDataNumber\":17", text, "tcbInfo");
	r = world_check(checker, &one, &expires, NULL);
	world_one_done(&one);
	return r;
}

static void a_list_counts_until_its_next_update_and_an_older_one_never_after_it(void **state)
{
	enum { AFTER_NEXT_UPDATE = 1761955200 /* 2025-11-01 */ };
	struct endorse_checker *checker = world_checker();
	struct one list;
	int64_t expires;

	(void)state;
	world_one(&list, ENDORSE_TCB_NUMBERS);
	assert_int_equal(world_check(checker, &list, &expires, NULL), 0);
	world_patch(&list, "2025-10-01", "2025-09-01", "tcbEvaluationDataNumbers");
	world_patch(&list, ":19", ":16", "tcbEvaluationDataNumbers");
	assert_int_equal(world_check(checker, &list, &expires, NULL), 0);
	assert_int_equal(check_update_at(checker, ENDORSE_EARLY, "17", WORLD_AT), -EBADMSG);
	assert_int_equal(check_update_at(checker, ENDORSE_STANDARD, "19", WORLD_AT), -EBADMSG);
	assert_int_equal(check_update_at(checker, ENDORSE_STANDARD, "19", AFTER_NEXT_UPDATE), 0);
	world_one_done(&list);
	endorse_checker_free(checker);
}

/* ---- Issues */

static void of_two_issues_the_later_is_known(void **state)
{
	(void)state;
	for (enum endorse_kind kind = 0; kind < ENDORSE_N_KINDS; kind++) {
		struct endorse_checker *checker = world_checker();
		const bool is_certificate =
			kind == ENDORSE_VCEK || kind == ENDORSE_VCEK_CHAIN || kind == ENDORSE_VLEK_CHAIN;
		struct jurat_error err = { "" };
		int64_t expires;
		struct one one;

		world_one(&one, kind);
		world_accept_needed(checker, &one.item);
		one.value.issued = -7;
		if (endorse_check(checker, &one.item, &one.value, one.at, &expires, &err) != 0)
			FAIL_BECAUSE("%s: %s", endorse_kind_name(kind), err.text);
		if (is_certificate ? one.value.issued != 0
				   : one.value.issued < one.at - 1000 * 86400 || one.value.issued > one.at)
			FAIL_BECAUSE("%s: issued %lld", endorse_kind_name(kind), (long long)one.value.issued);
		world_one_done(&one);
		endorse_checker_free(checker);
	}
}

/* ---- Without memory */

static int check_without_memory(void *ctx)
{
	struct endorse_checker *checker = world_checker();
	const enum endorse_kind *kind = ctx;
	int64_t expires = -7;
	struct one one;
	int r;

	world_one(&one, *kind);
	world_accept_needed(checker, &one.item);
	fail_memory_resume();
	r = endorse_check(checker, &one.item, &one.value, one.at, &expires, NULL);
	fail_memory_pause();
	assert_true(r == 0 ? expires >= one.at : expires == -7);
	assert_int_equal(world_check(checker, &one, &expires, NULL), 0); /* nothing else is remembered */
	world_one_done(&one);
	endorse_checker_free(checker);
	return r;
}

static void without_memory_nothing_is_accepted(void **state)
{
	(void)state;
	for (enum endorse_kind kind = 0; kind < ENDORSE_N_KINDS; kind++)
		assert_true(fail_memory_each(check_without_memory, &kind) >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_of_every_kind_are_accepted),
		cmocka_unit_test(what_ends_before_its_issuers_has_an_end_of_its_own),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(what_a_check_needs_is_asked_for),
		cmocka_unit_test(the_vendors_roots_are_the_default),
		cmocka_unit_test(only_roots_are_taken_from_a_file_of_roots),
		cmocka_unit_test(a_crl_that_revokes_is_accepted),
		cmocka_unit_test(early_and_standard_are_told_apart_by_the_list),
		cmocka_unit_test(a_list_counts_until_its_next_update_and_an_older_one_never_after_it),
		cmocka_unit_test(of_two_issues_the_later_is_known),
		cmocka_unit_test(without_memory_nothing_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
