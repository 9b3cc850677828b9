/* SPDX-License-Identifier: MIT */
#include "endorse/world.h"

#include <errno.h>

#include "support/evidence.h"
#include "verify/patch.h"

static int check(struct endorse_checker *checker, const struct one *one, int64_t *ret_expires,
		 struct jurat_error *err)
{
	const struct endorse_value value = { .body = heap_copy(one->value.body, one->value.size),
					     .size = one->value.size,
					     .issuer_chain = one->value.issuer_chain };
	int r = endorse_check(checker, &one->item, &value, one->at, ret_expires, err);

	free(value.body);
	return r;
}

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
			if (check(checker, &one, &expires, &err) != 0)
				FAIL_BECAUSE("%s: %s", endorse_kind_name(kind), err.text);
		assert_true(expires >= one.at);
		one.at = expires;
		assert_int_equal(check(checker, &one, &expires, NULL), 0);
		assert_int_equal(expires, one.at);
		one.at++;
		if (check(checker, &one, &expires, &err) != -ESTALE)
			FAIL_BECAUSE("%s, a second after its end: %s", endorse_kind_name(kind), err.text);
		assert_int_equal(expires, one.at - 1);
		world_one_done(&one);
		endorse_checker_free(checker);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_of_every_kind_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
