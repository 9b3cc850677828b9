/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "sim/kvm/kvm_internal.h"

enum { TRACE_TEXT_BYTES = 192 };

void kvm_trace(const struct sim_kvm_host *host, const char *from, const char *to, const char *format, ...)
{
	char text[TRACE_TEXT_BYTES];
	va_list args;

	if (!host->trace.event || (host->trace.is_wanted && !host->trace.is_wanted(host->trace.ctx)))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	host->trace.event(host->trace.ctx, from, to, text);
}
