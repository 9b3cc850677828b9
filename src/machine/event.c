/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "machine/internal.h"

void machine_event(struct machine *m, const char *from, const char *to, const char *format, ...)
{
	struct machine_event event = { .at_ns = m->now_ns, .from = from, .to = to };
	char text[256];
	va_list ap;

	if (!m->trace)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	event.text = text;
	if (m->running) {
		event.guest = m->running->guest->index;
		event.vcpu = m->running->index;
	}
	m->trace(m->trace_ctx, &event);
}
