/* SPDX-License-Identifier: MIT */
#include "verify/tdx_verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"

void verdict_refuse(struct jurat_verdict *verdict, enum verify_reason reason, const char *format, ...)
{
	va_list ap;

	verdict->refused = true;
	if (verdict->n_reasons == VERDICT_MAX_REASONS)
		return;
	verdict->reasons[verdict->n_reasons].reason = reason;
	va_start(ap, format);
	vsnprintf(verdict->reasons[verdict->n_reasons].detail, VERDICT_DETAIL_BYTES, format, ap);
	va_end(ap);
	verdict->n_reasons++;
}

void verdict_not_judged(struct jurat_verdict *verdict, enum verify_not_judged what)
{
	verdict->not_judged |= 1u << what;
}

int verdict_not_reached(struct jurat_error *err, int r, const char *what)
{
	if (r == -ENOMEM)
		jurat_fail_memory(err);
	else
		jurat_fail(err, r, "cryptography failed");
	return jurat_wrap(err, r, "%s: could not be verified", what);
}

void jurat_verdict_free(struct jurat_verdict *verdict)
{
	if (!verdict)
		return;
	verdict_tdx_free(verdict->tdx);
	free(verdict);
}

int jurat_verdict_accepted(const struct jurat_verdict *verdict)
{
	return verdict && !verdict->refused;
}

size_t jurat_verdict_reason_count(const struct jurat_verdict *verdict)
{
	return verdict->n_reasons;
}

const char *jurat_verdict_reason_code(const struct jurat_verdict *verdict, size_t i)
{
	return i < verdict->n_reasons ? verify_reason_code(verdict->reasons[i].reason) : NULL;
}

const char *jurat_verdict_reason_detail(const struct jurat_verdict *verdict, size_t i)
{
	return i < verdict->n_reasons ? verdict->reasons[i].detail : NULL;
}

void verdict_show_cert(const struct cert_entry *entry, struct verdict_cert *to)
{
	if (!entry)
		return;
	to->there = true;
	verdict_name(&entry->cert.subject_cn, to->subject, sizeof(to->subject));
	verdict_name(&entry->cert.issuer_cn, to->issuer, sizeof(to->issuer));
	memcpy(to->sha256, entry->sha256, sizeof(to->sha256));
	to->not_before = entry->cert.not_before;
	to->not_after = entry->cert.not_after;
}

char *verdict_time(int64_t seconds, char to[VERDICT_TIME_BYTES])
{
	return base_time_text(seconds, to);
}

char *verdict_name(const struct bytes_rd *text, char *to, size_t size)
{
	size_t n = text->size < size - 1 ? text->size : size - 1;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text->data[i];

		to[i] = c >= 0x20 && c <= 0x7e ? (char)c : '?';
	}
	to[n] = '\0';
	return to;
}
