/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "sim/forge/order_internal.h"
#include "wire/sgx_report.h"
#include "wire/snp_report.h"

enum { ORDER_FIELD_MAX_BYTES = 1024 }; /* of reports and quotes: none is longer */

/* Numbers that are parts of bit fields. */
static const struct part_number {
	const struct wire_layout *layout;
	const char *field, *name;
	unsigned shift, width;
} part_numbers[] = {
	{ &snp_report_layout, "policy", "abi_minor", 0, 8 },
	{ &snp_report_layout, "policy", "abi_major", 8, 8 },
	{ &snp_report_layout, "key_info", "signing_key", 2, 3 },
};

static bool is_tcb(const struct wire_layout *layout, const struct wire_field *field)
{
	size_t n = strlen(field->name);

	return layout == &snp_report_layout && n > 4 && !strcmp(field->name + n - 4, "_tcb");
}

static bool is_number(const struct wire_field *field)
{
	return field->kind != WIRE_BYTES && field->kind != WIRE_ZERO;
}

static struct order_place whole(const struct wire_field *field)
{
	return (struct order_place){
		.field = field,
		.off = field->off,
		.n = field->size,
		.width = is_number(field) ? 8 * field->size : 0,
		.component = SNP_TCB_COMPONENTS,
	};
}

static void set_bit(struct order_place *place, unsigned bit)
{
	place->off += bit / 8;
	place->n = 1;
	place->shift = bit % 8;
	place->width = 1;
	place->flag = true;
}

/* "DEBUG", "debug", "bit-63". */
static bool find_bit(const struct wire_layout *layout, const char *name, struct order_place *place,
		     struct order_near *near)
{
	const struct wire_bits *set = wire_bits_of(layout, place->field->name);
	uint64_t bit;

	if (!strncasecmp(name, "bit-", 4) && isdigit((unsigned char)name[4]) &&
	    sim_order_number(name + 4, 8 * place->n - 1, &bit, NULL) == 0) {
		set_bit(place, (unsigned)bit);
		return true;
	}
	for (size_t i = 0; set && i < set->n_bits; i++) {
		if (!strcasecmp(set->bits[i].name, name)) {
			set_bit(place, set->bits[i].bit);
			return true;
		}
		order_near_add(near, set->bits[i].name);
	}
	return false;
}

static bool find_number(const struct wire_layout *layout, const char *name, struct order_place *place,
			struct order_near *near)
{
	for (size_t i = 0; i < ARRAY_SIZE(part_numbers); i++) {
		const struct part_number *p = &part_numbers[i];

		if (p->layout != layout || strcmp(p->field, place->field->name) != 0)
			continue;
		if (!strcmp(p->name, name)) {
			place->shift = p->shift;
			place->width = p->width;
			return true;
		}
		order_near_add(near, p->name);
	}
	return false;
}

static bool find_component(const struct wire_layout *layout, const char *name, struct order_place *place,
			   struct order_near *near)
{
	if (!is_tcb(layout, place->field))
		return false;
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		if (!strcmp(snp_tcb_component_name(i), name)) {
			place->component = i;
			place->width = 8;
			return true;
		}
		order_near_add(near, snp_tcb_component_name(i));
	}
	return false;
}

/* What is behind the name of a field: ".NAME" or "[N]". */
static int find_inside(const struct wire_layout *layout, const char *name, const char *rest,
		       struct order_place *place, struct jurat_error *err)
{
	struct order_near near = order_near(rest + 1);
	uint64_t byte;
	char *end;

	if (*rest == '.') {
		if (find_bit(layout, rest + 1, place, &near) || find_number(layout, rest + 1, place, &near) ||
		    find_component(layout, rest + 1, place, &near))
			return 0;
		return order_near_fail(&near, err, "no part '%s' of %s", rest + 1, place->field->name);
	}
	errno = 0;
	byte = strtoull(rest + 1, &end, 10);
	if (errno != 0 || end == rest + 1 || strcmp(end, "]") != 0 || byte >= place->n)
		return jurat_fail(err, -EINVAL, "'%s': expected a byte from [0] to [%zu]", name,
				  place->n - 1);
	place->off += byte;
	place->n = 1;
	place->width = 8;
	return 0;
}

int order_place_find(const struct wire_layout *layout, const char *name, struct order_place *ret,
		     struct jurat_error *err)
{
	size_t n = strcspn(name, ".[");
	struct order_near near = order_near(name);
	struct order_place place;
	int r;

	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *field = &layout->fields[i];

		if (strlen(field->name) != n || strncmp(field->name, name, n) != 0) {
			order_near_add(&near, field->name);
			continue;
		}
		place = whole(field);
		if (name[n]) {
			r = find_inside(layout, name, name + n, &place, err);
			if (r < 0)
				return r;
		}
		*ret = place;
		return 0;
	}
	return order_near_fail(&near, err, "no field '%s' of the %s", name, layout->name);
}

static uint64_t place_max(const struct order_place *place)
{
	return place->width == 64 ? UINT64_MAX : (UINT64_C(1) << place->width) - 1;
}

int order_place_check(const struct order_place *place, const char *value, struct jurat_error *err)
{
	uint8_t unused[ORDER_FIELD_MAX_BYTES];
	bool flag;

	assert(place->n <= sizeof(unused));
	if (place->flag)
		return sim_order_flag(value, &flag, err);
	if (place->width > 0)
		return order_number_check(value, place_max(place), err);
	return sim_order_bytes(value, unused, place->n, err);
}

/* Where a component of a TCB_VERSION is depends on the product. */
static int component_shift(const struct order_place *place, enum snp_product product, unsigned *ret,
			   struct jurat_error *err)
{
	const char *name = snp_tcb_component_name(place->component);
	struct snp_tcb all = { 0 };
	uint64_t mask;

	*snp_tcb_component(&all, name) = 0xff;
	mask = snp_tcb_write(product, &all);
	if (mask == 0)
		return jurat_fail(err, -EINVAL, "a TCB of %s has no %s", snp_product_name(product), name);
	*ret = (unsigned)__builtin_ctzll(mask);
	return 0;
}

int order_place_set(const struct order_place *place, enum snp_product product, const char *value,
		    uint8_t *bytes, struct jurat_error *err)
{
	uint64_t all, number;
	unsigned shift = place->shift;
	bool flag;
	int r = 0;

	if (place->width == 0)
		return sim_order_bytes(value, bytes + place->off, place->n, err);
	if (place->component < SNP_TCB_COMPONENTS)
		r = component_shift(place, product, &shift, err);
	if (r < 0)
		return r;
	all = bytes_get_le(bytes + place->off, (unsigned)place->n);
	number = all >> shift & place_max(place);
	if (place->flag) {
		r = sim_order_flag(value, &flag, err);
		number = flag;
	} else {
		r = order_number_change(value, place_max(place), &number, err);
	}
	if (r < 0)
		return r;
	all = (all & ~(place_max(place) << shift)) | number << shift;
	bytes_put_le(bytes + place->off, all, (unsigned)place->n);
	return 0;
}
