/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>

#include "cli/doctor.h"

__attribute__((format(printf, 4, 0))) static void set(struct doctor *d, enum doctor_hop hop,
						      enum doctor_state state, const char *format, va_list ap)
{
	struct doctor_result *result = &d->results[hop];

	if (result->state != DOCTOR_ABSENT)
		return;
	result->state = state;
	result->text = cli_text(format, ap);
	if (!result->text)
		d->failed = true;
}

void doctor_ok(struct doctor *d, enum doctor_hop hop, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(d, hop, DOCTOR_OK, format, ap);
	va_end(ap);
}

void doctor_skip(struct doctor *d, enum doctor_hop hop, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(d, hop, DOCTOR_NOT_CHECKED, format, ap);
	va_end(ap);
}

static struct doctor_found *new_found(struct doctor *d)
{
	size_t room = d->found_room ? 2 * d->found_room : 16;
	struct doctor_found *grown;

	if (d->n_found < d->found_room)
		return &d->found[d->n_found];
	grown = reallocarray(d->found, room, sizeof(*grown));
	if (!grown)
		return NULL;
	d->found = grown;
	d->found_room = room;
	return &d->found[d->n_found];
}

__attribute__((format(printf, 4, 0))) static void find(struct doctor *d, enum doctor_hop hop,
						       enum doctor_finding finding, const char *format,
						       va_list ap)
{
	struct doctor_found *to = new_found(d);

	if (to) {
		to->detail = cli_text(format, ap);
		to->finding = finding;
		to->hop = hop;
	}
	d->results[hop].state = DOCTOR_FOUND;
	if (to && to->detail)
		d->n_found++;
	else
		d->failed = true;
}

void doctor_find(struct doctor *d, enum doctor_finding finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	find(d, doctor_findings[finding].hop, finding, format, ap);
	va_end(ap);
}

void doctor_find_at(struct doctor *d, enum doctor_hop hop, enum doctor_finding finding, const char *format,
		    ...)
{
	va_list ap;

	va_start(ap, format);
	find(d, hop, finding, format, ap);
	va_end(ap);
}

const struct doctor_found *doctor_worst(const struct doctor *d, enum doctor_hop hop)
{
	const struct doctor_found *worst = NULL;

	for (size_t i = 0; i < d->n_found; i++) {
		const struct doctor_finding_row *row = &doctor_findings[d->found[i].finding];

		if (d->found[i].hop == hop &&
		    (!worst || row->severity < doctor_findings[worst->finding].severity))
			worst = &d->found[i];
	}
	return worst;
}

bool doctor_is_broken(const struct doctor *d, enum doctor_hop hop)
{
	const struct doctor_found *worst = doctor_worst(d, hop);

	return worst && doctor_findings[worst->finding].severity != DOCTOR_WARNING;
}
