/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libjurat-vmm.so in tests of `jurat vmm`: says on standard output into which program it was
 * loaded.
 */
#include <errno.h>
#include <stdio.h>

__attribute__((constructor)) static void loaded(void)
{
	printf("loaded into %s\n", program_invocation_short_name);
	fflush(stdout);
}
