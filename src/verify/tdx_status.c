/* SPDX-License-Identifier: MIT */
#include "verify/tdx_status.h"

#include <string.h>
#include <strings.h>

#define TCB_STATUS_NAME(name, text) [TCB_##name] = text,
static const char *const names[TCB_N_STATUSES] = { TCB_STATUSES(TCB_STATUS_NAME) };

const char *tcb_status_name(enum tcb_status status)
{
	return names[status];
}

static enum tcb_status find(const char *name, int (*compare)(const char *a, const char *b))
{
	for (unsigned i = TCB_STATUS_NONE + 1; i < TCB_N_STATUSES; i++) {
		if (compare(names[i], name) == 0)
			return (enum tcb_status)i;
	}
	return TCB_STATUS_NONE;
}

enum tcb_status tcb_status_by_name(const char *name)
{
	return find(name, strcmp);
}

enum tcb_status tcb_status_by_word(const char *word)
{
	return find(word, strcasecmp);
}
