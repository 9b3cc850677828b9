/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "sim/kvm/kvm_internal.h"

enum { TRACE_TEXT_BYTES = 192 };

void kvm_trace_event(const struct sim_kvm_host *host, const struct sim_kvm_event *event, const char *format,
		     ...)
{
	struct sim_kvm_event with_text = *event;
	char text[TRACE_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	with_text.text = text;
	host->trace.event(host->trace.ctx, &with_text);
}
