/* SPDX-License-Identifier: MIT */
#include "vmm/ranges.h"

#include <string.h>

#include "vmm/next.h"

/* Room for so many more. */
static bool grow(struct ranges *r, size_t more)
{
	size_t room = r->room ? 2 * r->room : 4096 / sizeof(struct range);
	struct range *of;

	if (r->room - r->n >= more)
		return true;
	of = next_pages(room * sizeof(*of));
	if (!of)
		return false;
	for (size_t i = 0; i < r->n; i++)
		of[i] = r->of[i];
	next_pages_free(r->of, r->room * sizeof(*of));
	r->of = of;
	r->room = room;
	return true;
}

void ranges_reserve(struct ranges *r)
{
	grow(r, 64); /* more than there are threads that unmap something at once */
}

/* The first that ends behind `at`. */
static size_t find(const struct ranges *r, uint64_t at)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->of[middle].to > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Replaces of[first .. last) by one range, or by none where `by` is NULL; there is room for one more. */
static void replace(struct ranges *r, size_t first, size_t last, const struct range *by)
{
	size_t fill = by ? 1 : 0;

	memmove(r->of + first + fill, r->of + last, (r->n - last) * sizeof(*r->of));
	if (by)
		r->of[first] = *by;
	r->n = r->n - (last - first) + fill;
}

void ranges_add(struct ranges *r, uint64_t from, uint64_t to)
{
	struct range sum = { from, to };
	size_t first, last;

	if (from >= to || r->all)
		return;
	first = find(r, from);
	for (last = first; last < r->n && r->of[last].from <= to; last++) {
		if (r->of[last].from < sum.from)
			sum.from = r->of[last].from;
		if (r->of[last].to > sum.to)
			sum.to = r->of[last].to;
	}
	if (first == last && !grow(r, 1)) {
		r->all = true;
		return;
	}
	replace(r, first, last, &sum);
}

void ranges_remove(struct ranges *r, uint64_t from, uint64_t to)
{
	size_t first, last;

	if (from >= to || r->all)
		return;
	first = find(r, from);
	if (first < r->n && r->of[first].from < from) {
		struct range *cut = &r->of[first];

		if (cut->to > to) { /* the middle of it: two remain */
			struct range behind = { to, cut->to };

			if (!grow(r, 1))
				return;
			r->of[first].to = from;
			replace(r, first + 1, first + 1, &behind);
			return;
		}
		cut->to = from;
		first++;
	}
	for (last = first; last < r->n && r->of[last].to <= to; last++)
		;
	if (last < r->n && r->of[last].from < to)
		r->of[last].from = to;
	if (last > first)
		replace(r, first, last, NULL);
}

bool ranges_overlap(const struct ranges *r, uint64_t from, uint64_t to)
{
	size_t i;

	if (r->all)
		return true;
	i = find(r, from);
	return i < r->n && r->of[i].from < to;
}

void ranges_done(struct ranges *r)
{
	next_pages_free(r->of, r->room * sizeof(*r->of));
	*r = (struct ranges){ 0 };
}
