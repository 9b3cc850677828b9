/* SPDX-License-Identifier: MIT */
#include "verify/tdx_verdict.h"

#include <errno.h>
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "wire/tdx_report.h"

struct jurat_verdict *verdict_new(void)
{
	struct jurat_verdict *verdict = malloc(sizeof(*verdict));

	if (verdict)
		memset(verdict, 0, offsetof(struct jurat_verdict, passed));
	return verdict;
}

struct jurat_verdict *verdict_new_tdx(void)
{
	struct jurat_verdict *verdict = verdict_new();

	if (verdict)
		verdict->tdx = calloc(1, sizeof(*verdict->tdx));
	if (verdict && !verdict->tdx) {
		jurat_verdict_free(verdict);
		return NULL;
	}
	return verdict;
}

void verdict_refuse(struct jurat_verdict *verdict, enum verify_reason reason, const char *format, ...)
{
	char detail[VERDICT_DETAIL_BYTES];
	va_list ap;

	verdict->refused = true;
	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	for (size_t i = 0; i < verdict->n_reasons; i++) {
		if (verdict->reasons[i].reason == reason && strcmp(verdict->reasons[i].detail, detail) == 0)
			return;
	}
	if (verdict->n_reasons == VERDICT_MAX_REASONS)
		return;
	verdict->reasons[verdict->n_reasons].reason = reason;
	memcpy(verdict->reasons[verdict->n_reasons++].detail, detail, sizeof(detail));
}

void verdict_check_time(struct jurat_verdict *verdict, int64_t at, const struct crypto_cert *cert,
			const char *name, enum verify_reason not_yet, enum verify_reason expired)
{
	const char *quote = name ? "'" : "", *after = name ? "': " : "";
	char when[VERDICT_TIME_BYTES], limit[VERDICT_TIME_BYTES];

	if (at < cert->not_before)
		verdict_refuse(verdict, not_yet, "%s%s%svalid from %s, verified at %s", quote,
			       name ? name : "", after, verdict_time(cert->not_before, limit),
			       verdict_time(at, when));
	if (at > cert->not_after)
		verdict_refuse(verdict, expired, "%s%s%svalid until %s, verified at %s", quote,
			       name ? name : "", after, verdict_time(cert->not_after, limit),
			       verdict_time(at, when));
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
		jurat_fail(err, r, "internal error of the cryptographic library");
	return jurat_wrap(err, r, "%s: could not be verified", what);
}

void verdict_unknown_bits(struct jurat_verdict *verdict, const struct wire_bits *set, uint64_t value,
			  uint64_t can_pass, uint64_t allowed, enum verify_reason reason)
{
	const uint64_t unknown = wire_bits_unknown(set, value);
	const uint64_t refused = unknown & can_pass & ~allowed, passed = unknown & can_pass & allowed;

	if (unknown & ~can_pass)
		verdict_refuse(verdict, reason,
			       "%s: unknown bits 0x%llx (newer than this version; they may weaken what is "
			       "promised, so no policy can allow them)",
			       set->name, (unsigned long long)(unknown & ~can_pass));
	if (refused)
		verdict_refuse(verdict, reason,
			       "%s: unknown bits 0x%llx (newer than this version; see allow_unknown_%s)",
			       set->name, (unsigned long long)refused, set->name);
	for (unsigned bit = 0; bit < 64; bit++) {
		char name[WIRE_BIT_NAME_BYTES];

		if (!(passed >> bit & 1))
			continue;
		assert(verdict->n_passed < VERDICT_MAX_PASSED);
		snprintf(verdict->passed[verdict->n_passed++], VERDICT_PASSED_BYTES, "%s %s", set->name,
			 wire_bit_name(set, bit, name));
	}
}

void jurat_verdict_free(struct jurat_verdict *verdict)
{
	if (!verdict)
		return;
	verdict_tdx_free(verdict->tdx);
	verdict_shortfalls_free(verdict);
	cert_entry_free(verdict->leaf);
	cert_entry_free(verdict->intermediate);
	cert_entry_free(verdict->root);
	free(verdict);
}

void verdict_drop(struct jurat_verdict **verdict)
{
	jurat_verdict_free(*verdict);
}

int jurat_verdict_accepted(const struct jurat_verdict *verdict)
{
	return verdict && !verdict->refused;
}

enum jurat_tee jurat_verdict_tee(const struct jurat_verdict *verdict)
{
	if (!verdict)
		return JURAT_TEE_AUTO;
	return verdict->tdx ? JURAT_TEE_TDX : JURAT_TEE_SEV_SNP;
}

int64_t jurat_verdict_time(const struct jurat_verdict *verdict)
{
	return verdict ? verdict->at : 0;
}

int jurat_verdict_roots_supplied(const struct jurat_verdict *verdict)
{
	return verdict && verdict->roots_given;
}

size_t jurat_verdict_reason_count(const struct jurat_verdict *verdict)
{
	return verdict ? verdict->n_reasons : 0;
}

const char *jurat_verdict_reason_code(const struct jurat_verdict *verdict, size_t i)
{
	return i < jurat_verdict_reason_count(verdict) ? verify_reason_code(verdict->reasons[i].reason)
						       : NULL;
}

const char *jurat_verdict_reason_detail(const struct jurat_verdict *verdict, size_t i)
{
	return i < jurat_verdict_reason_count(verdict) ? verdict->reasons[i].detail : NULL;
}

int jurat_verdict_has_reason(const struct jurat_verdict *verdict, const char *code)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++) {
		if (strcmp(jurat_verdict_reason_code(verdict, i), code) == 0)
			return 1;
	}
	return 0;
}

/* First the items of the table, then the unknown bits that the policy allows. */
size_t jurat_verdict_not_judged_count(const struct jurat_verdict *verdict)
{
	return verdict ? (size_t)__builtin_popcount(verdict->not_judged) + verdict->n_passed : 0;
}

static bool not_judged_at(const struct jurat_verdict *verdict, size_t i, const char **ret_code,
			  const char **ret_text)
{
	const char *code, *text;

	if (i >= jurat_verdict_not_judged_count(verdict))
		return false;
	for (size_t what = 0; verify_not_judged_at(what, &code, &text); what++) {
		if (!(verdict->not_judged >> what & 1) || i-- > 0)
			continue;
		*ret_code = code;
		*ret_text = text;
		return true;
	}
	*ret_code = verdict->passed[i];
	*ret_text = "newer than this version, and the policy allows it";
	return true;
}

const char *jurat_verdict_not_judged_code(const struct jurat_verdict *verdict, size_t i)
{
	const char *code, *text;

	return not_judged_at(verdict, i, &code, &text) ? code : NULL;
}

const char *jurat_verdict_not_judged_detail(const struct jurat_verdict *verdict, size_t i)
{
	const char *code, *text;

	return not_judged_at(verdict, i, &code, &text) ? text : NULL;
}

const uint8_t *jurat_verdict_report_data(const struct jurat_verdict *verdict)
{
	if (!verdict || !verdict->has_report)
		return NULL;
	return verdict->tdx ? verdict->tdx->body.report_data : verdict->report.report_data;
}

const uint8_t *jurat_verdict_measurement(const struct jurat_verdict *verdict)
{
	if (!verdict || !verdict->has_report)
		return NULL;
	return verdict->tdx ? verdict->tdx->body.mrtd : verdict->report.measurement;
}

enum jurat_signer jurat_verdict_signer(const struct jurat_verdict *verdict)
{
	if (!verdict || !verdict->has_report)
		return JURAT_SIGNER_NONE;
	return verdict->tdx ? verdict_tdx_signer(verdict) : verdict_snp_signer(verdict);
}

/* Finds a field that is not reserved, and its struct; NULL: there is none. */
static const struct wire_field *find_field(const struct jurat_verdict *verdict, const char *name,
					   const void **ret_from)
{
	const struct wire_layout *layouts[2] = { &snp_report_layout };
	const void *from[2] = { NULL };

	if (!verdict || !verdict->has_report)
		return NULL;
	from[0] = &verdict->report;
	if (verdict->tdx) {
		layouts[0] = &tdx_quote_hdr_layout;
		from[0] = &verdict->tdx->hdr;
		layouts[1] = tdx_body_layout_of(verdict->tdx->body_type);
		from[1] = &verdict->tdx->body;
	}
	for (size_t i = 0; i < ARRAY_SIZE(layouts) && layouts[i]; i++) {
		const struct wire_field *field = wire_find(layouts[i], name);

		*ret_from = from[i];
		if (field && field->kind != WIRE_ZERO &&
		    !wire_field_is_absent(layouts[i], field, from[i], NULL))
			return field;
	}
	return NULL;
}

int jurat_verdict_field_number(const struct jurat_verdict *verdict, const char *name, uint64_t *ret)
{
	const void *from;
	const struct wire_field *field = find_field(verdict, name, &from);

	if (!field || field->kind == WIRE_BYTES)
		return JURAT_NOT_FOUND;
	*ret = wire_get(field, from);
	return 0;
}

int jurat_verdict_field_bytes(const struct jurat_verdict *verdict, const char *name, const uint8_t **ret,
			      size_t *ret_size)
{
	const void *from;
	const struct wire_field *field = find_field(verdict, name, &from);

	if (!field || field->kind != WIRE_BYTES)
		return JURAT_NOT_FOUND;
	*ret = (const uint8_t *)from + field->member;
	*ret_size = field->size;
	return 0;
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
