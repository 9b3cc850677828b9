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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_keep_their_order_and_the_later_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
