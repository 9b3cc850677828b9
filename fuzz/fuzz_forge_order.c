/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/forge/order.h"
#include "support/fuzz.h"

/* An input is items of an order, one a line, as `jurat forge`, `jurat run` and libjurat-sim take them. */

enum { AT = 1782864000, MAX_ITEMS = 64 };

static size_t count(struct sim_order *order)
{
	size_t n = 0;

	for (enum sim_part part = 0; part < SIM_N_PARTS; part++) {
		for (enum sim_edit_kind kind = SIM_EDIT_SET; kind <= SIM_EDIT_DAMAGE; kind++) {
			const struct sim_edit *edit = NULL;

			while ((edit = sim_order_next(order, part, kind, edit)) != NULL) {
				must(edit->part == part && edit->kind == kind && edit->field);
				must(!edit->value == (kind == SIM_EDIT_DAMAGE));
				n++;
			}
		}
	}
	return n;
}

static void add(struct sim_order *order, const char *item)
{
	struct jurat_error err = { "" };
	size_t before = count(order);
	int r = sim_order_add(order, item, &err);

	must(r == 0 || (r == -EINVAL && err.text[0]));
	must(r == 0 ? count(order) > before : count(order) == before);
	if (r < 0)
		FUZZ_REACHED("an item that is refused");
	else if (strchr(item, '='))
		FUZZ_REACHED("a value that is set");
	else if (!strncmp(item, "damage ", strlen("damage ")))
		FUZZ_REACHED("damage");
	else
		FUZZ_REACHED("a preset");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_order *order = NULL;

	must(sim_order_new(AT, &order, NULL) == 0);
	for (size_t i = 0; i < MAX_ITEMS && size > 0; i++) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;
		auto_bytes item = { calloc(1, n + 1), n + 1 };

		must(item.p != NULL);
		memcpy(item.p, data, n);
		add(order, (const char *)item.p);
		n += end != NULL;
		data += n;
		size -= n;
	}
	must(!sim_order_unused(order, NULL) == !count(order));
	sim_order_free(order);
	return 0;
}
