/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/order_internal.h"
#include "sim/forge/order_snp.h"

struct order_near order_near(const char *unknown)
{
	return (struct order_near){ .unknown = unknown };
}

/* Insertions, deletions and replacements from one name to the other; 0 where one contains the other. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[ORDER_NAME_BYTES + 1];
	size_t n = strnlen(b, ORDER_NAME_BYTES);

	if (*a && strstr(b, a))
		return 0;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			unsigned best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

void order_near_add(struct order_near *near, const char *name)
{
	unsigned d = distance(near->unknown, name), i = near->n;

	while (i > 0 && near->distance[i - 1] > d)
		i--;
	if (i == ORDER_N_NEAR)
		return;
	if (near->n < ORDER_N_NEAR)
		near->n++;
	for (unsigned j = near->n - 1; j > i; j--) {
		near->distance[j] = near->distance[j - 1];
		memcpy(near->names[j], near->names[j - 1], sizeof(near->names[j]));
	}
	near->distance[i] = d;
	snprintf(near->names[i], sizeof(near->names[i]), "%s", name);
}

int order_near_fail(const struct order_near *near, struct jurat_error *err, const char *format, ...)
{
	char what[160], names[ORDER_N_NEAR * (ORDER_NAME_BYTES + 2)] = "";
	size_t n = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	for (unsigned i = 0; i < near->n && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", near->names[i]);
	return jurat_fail(err, -EINVAL, "%s%s%s", what, near->n ? "; nearest: " : "", names);
}

int order_check(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	switch (edit->part) {
	case SIM_PART_GUEST:
	case SIM_PART_REPORT:
	case SIM_PART_TABLE:
		return order_check_snp(edit, at, err);
	case SIM_PART_PLATFORM:
		return order_is_snp_platform(edit->field) ? order_check_snp(edit, at, err)
							  : order_check_tdx(edit, at, err);
	case SIM_PART_VCEK:
	case SIM_PART_VLEK:
		return edit->kind == SIM_EDIT_SET && !strncmp(edit->field, "for_", 4)
			       ? order_check_snp(edit, at, err)
			       : order_check_x509(edit, at, err);
	case SIM_PART_TD:
	case SIM_PART_QUOTE:
	case SIM_PART_BODY:
	case SIM_PART_QE_REPORT:
	case SIM_PART_TCB_INFO:
	case SIM_PART_QE_IDENTITY:
		return order_check_tdx(edit, at, err);
	case SIM_PART_PCK_CRL:
		return strcmp(edit->field, "chain") == 0 ? order_check_tdx(edit, at, err)
							 : order_check_x509(edit, at, err);
	default:
		return order_check_x509(edit, at, err);
	}
}
