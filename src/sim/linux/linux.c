/* SPDX-License-Identifier: MIT */
#include "sim/linux/linux.h"

#include <stddef.h>
#include <string.h>

#define IN_6_12(type, name, in_6_12, in_7_3) .name = (in_6_12),
#define IN_7_3(type, name, in_6_12, in_7_3)  .name = (in_7_3),

const struct sim_linux sim_linux_6_12 = { .release = "6.12", SIM_LINUX_TABLE(IN_6_12) };
const struct sim_linux sim_linux_7_3 = { .release = "7.3", SIM_LINUX_TABLE(IN_7_3) };

const struct sim_linux *sim_linux_or_newest(const struct sim_linux *release)
{
	return release ? release : &sim_linux_7_3;
}

const struct sim_linux *sim_linux_find(const char *release)
{
	static const struct sim_linux *const releases[] = { &sim_linux_6_12, &sim_linux_7_3 };

	if (!release)
		return sim_linux_or_newest(NULL);
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (strcmp(releases[i]->release, release) == 0)
			return releases[i];
	return NULL;
}
