/* SPDX-License-Identifier: MIT */
#include "support/fail_memory.h"

/* For programs whose allocations do not fail: the linker takes these where fail_memory.c is not linked. */
void fail_memory_resume(void)
{
}

bool fail_memory_pause(void)
{
	return false;
}
