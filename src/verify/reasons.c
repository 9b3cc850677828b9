/* SPDX-License-Identifier: MIT */
#include "verify/reasons.h"

struct row {
	const char *code, *text;
};

#define ROW(name, code, text) { code, text },
static const struct row reasons[] = { VERIFY_REASONS(ROW) };
static const struct row not_judged[] = { VERIFY_NOT_JUDGED(ROW) };

static bool row_at(const struct row *rows, size_t n, size_t i, const char **ret_code, const char **ret_text)
{
	if (i >= n)
		return false;
	*ret_code = rows[i].code;
	*ret_text = rows[i].text;
	return true;
}

bool verify_reason_at(size_t i, const char **ret_code, const char **ret_text)
{
	return row_at(reasons, VERIFY_N_REASONS, i, ret_code, ret_text);
}

bool verify_not_judged_at(size_t i, const char **ret_code, const char **ret_text)
{
	return row_at(not_judged, VERIFY_N_NOT_JUDGED, i, ret_code, ret_text);
}

const char *verify_reason_code(enum verify_reason reason)
{
	return reasons[reason].code;
}
