/* SPDX-License-Identifier: MIT */
#include "daemon/service_fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum argument { ARGUMENT_COUNT, ARGUMENT_MS, ARGUMENT_URL };
enum { MAX_MS = 600 * 1000, MAX_COUNT = 1000000, MAX_RETRY_AFTER_S = 86400 };

static const struct row {
	const char *name;
	enum argument argument;
} rows[SERVICE_N_FAULTS] = {
	[SERVICE_FAULT_429] = { "429", ARGUMENT_COUNT },
	[SERVICE_FAULT_OUTAGE] = { "outage", ARGUMENT_COUNT },
	[SERVICE_FAULT_SLOW] = { "slow", ARGUMENT_MS },
	[SERVICE_FAULT_WRONG_CHIP] = { "wrong-chip", ARGUMENT_COUNT },
	[SERVICE_FAULT_WRONG_TCB] = { "wrong-tcb", ARGUMENT_COUNT },
	[SERVICE_FAULT_HALF] = { "half", ARGUMENT_COUNT },
	[SERVICE_FAULT_RESET] = { "reset", ARGUMENT_COUNT },
	[SERVICE_FAULT_WRONG_TYPE] = { "wrong-type", ARGUMENT_COUNT },
	[SERVICE_FAULT_REDIRECT] = { "redirect", ARGUMENT_URL },
	[SERVICE_FAULT_STALE] = { "stale", ARGUMENT_COUNT },
	[SERVICE_FAULT_NOT_JSON] = { "not-json", ARGUMENT_COUNT },
};

const char *service_fault_name(enum service_fault_kind kind)
{
	return rows[kind].name;
}

static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
	const size_t n = strlen(text);

	if (n == 0 || n > 9 || strspn(text, "0123456789") != n)
		return false;
	*ret = strtoull(text, NULL, 10);
	return *ret <= max;
}

/* Splits at the last `mark`; NULL: there is none. */
static char *split(char *text, char mark)
{
	char *at = strrchr(text, mark);

	if (at)
		*at++ = '\0';
	return at;
}

static int read_item(const char *name, struct service_fault *f, struct jurat_error *err)
{
	for (unsigned i = 0; i < ENDORSE_N_KINDS; i++)
		if (!strcmp(name, endorse_kind_name(i))) {
			f->has_item = true;
			f->item = i;
			return 0;
		}
	return jurat_fail(err, -EINVAL, "expected a kind of endorsement after '@', such as vcek, found '%s'",
			  name);
}

static int read_retry_after(const char *text, struct service_fault *f, struct jurat_error *err)
{
	static const char name[] = "retry-after=";
	uint64_t s;

	if ((f->kind != SERVICE_FAULT_429 && f->kind != SERVICE_FAULT_OUTAGE) ||
	    strncmp(text, name, sizeof(name) - 1) != 0 ||
	    !read_number(text + sizeof(name) - 1, MAX_RETRY_AFTER_S, &s))
		return jurat_fail(err, -EINVAL,
				  "expected ',retry-after=SECONDS' after 429 or outage, found ',%s'", text);
	f->retry_after_s = (unsigned)s;
	return 0;
}

static int read_argument(const char *text, struct service_fault *f, struct jurat_error *err)
{
	switch (rows[f->kind].argument) {
	case ARGUMENT_URL:
		if (!text || !*text)
			return jurat_fail(err, -EINVAL, "redirect: expected ':URL'");
		snprintf(f->url, sizeof(f->url), "%s", text);
		return 0;
	case ARGUMENT_MS:
		if (!text || !read_number(text, MAX_MS, &f->ms))
			return jurat_fail(err, -EINVAL, "slow: expected ':MS' of at most %d", MAX_MS);
		return 0;
	case ARGUMENT_COUNT:
		break;
	}
	if (text && (!read_number(text, MAX_COUNT, &f->left) || f->left == 0))
		return jurat_fail(err, -EINVAL,
				  "%s: expected ':N', a number of requests up to %d, found '%s'",
				  rows[f->kind].name, MAX_COUNT, text);
	return 0;
}

/* "name", "name:argument" */
static int read_kind(char *text, struct service_fault *f, struct jurat_error *err)
{
	char *argument = strchr(text, ':');

	if (argument)
		*argument++ = '\0';
	for (unsigned i = 0; i < SERVICE_N_FAULTS; i++)
		if (!strcmp(text, rows[i].name)) {
			f->kind = i;
			return read_argument(argument, f, err);
		}
	return jurat_fail(
		err, -EINVAL,
		"expected 429, outage, slow, wrong-chip, wrong-tcb, half, reset, wrong-type, redirect, "
		"stale or not-json, found '%s'",
		text);
}

int service_fault_read(const char *text, struct service_fault *ret, struct jurat_error *err)
{
	struct service_fault f = { .left = UINT64_MAX };
	char copy[OPTION_TEXT_BYTES], *item, *retry = NULL;
	int r = 0;

	if (strlen(text) >= sizeof(copy))
		return jurat_fail(err, -EINVAL, "expected a fault of at most %zu characters",
				  sizeof(copy) - 1);
	memcpy(copy, text, strlen(text) + 1);
	item = split(copy, '@');
	if (strncmp(copy, "redirect:", 9) != 0) /* whose URL may have commas */
		retry = split(copy, ',');
	r = read_kind(copy, &f, err);
	if (r == 0 && item)
		r = read_item(item, &f, err);
	if (r == 0 && retry)
		r = read_retry_after(retry, &f, err);
	if (r < 0)
		return jurat_wrap(err, r, "'%s'", text);
	*ret = f;
	return 0;
}

static bool hits(const struct service_fault *f, const struct endorse_item *item)
{
	if (f->left == 0 || (f->has_item && f->item != item->kind))
		return false;
	if (f->kind == SERVICE_FAULT_WRONG_CHIP)
		return item->kind == ENDORSE_VCEK;
	if (f->kind == SERVICE_FAULT_WRONG_TCB)
		return item->kind == ENDORSE_VCEK || item->kind == ENDORSE_TCB_INFO ||
		       item->kind == ENDORSE_QE_IDENTITY || item->kind == ENDORSE_QVE_IDENTITY;
	return true;
}

struct service_fault *service_fault_take(struct service_fault *faults, size_t n,
					 const struct endorse_item *item, bool slow)
{
	for (size_t i = 0; i < n; i++) {
		if ((faults[i].kind == SERVICE_FAULT_SLOW) != slow || !hits(&faults[i], item))
			continue;
		if (faults[i].left != UINT64_MAX)
			faults[i].left--;
		return &faults[i];
	}
	return NULL;
}
