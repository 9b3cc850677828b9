/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/time.h"
#include "verify/tdx_collateral.h"

bool collateral_time(const char *text, int64_t *ret)
{
	return strlen(text) == strlen("2026-02-01T14:49:26Z") && text[10] == 'T' && text[19] == 'Z' &&
	       base_time_read(text, ret);
}
