/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/time.h"
#include "verify/tdx_collateral.h"
#include "verify/tdx_judge.h"

bool collateral_time(const char *text, int64_t *ret)
{
	return strlen(text) == strlen("2026-02-01T14:49:26Z") && text[10] == 'T' && text[19] == 'Z' &&
	       base_time_read(text, ret);
}

bool tdx_is_too_old(const struct tdx_judge *j, int64_t issued)
{
	uint64_t age = j->at > issued ? (uint64_t)j->at - (uint64_t)issued : 0;

	return j->policy->maximum_collateral_age_days > 0 &&
	       age > (uint64_t)j->policy->maximum_collateral_age_days * BASE_DAY_SECONDS;
}
