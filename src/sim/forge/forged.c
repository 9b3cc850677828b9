/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/forge/forge_internal.h"

int forge_add_file(struct sim_forged *to, const char *name, const uint8_t *bytes, size_t n,
		   struct jurat_error *err)
{
	struct sim_forged_file *file = &to->files[to->n];

	assert(to->n < SIM_FORGED_MAX);
	file->bytes = malloc(n ? n : 1);
	if (!file->bytes)
		return jurat_fail_memory(err);
	if (n > 0)
		memcpy(file->bytes, bytes, n);
	file->size = n;
	snprintf(file->name, sizeof(file->name), "%s", name);
	to->n++;
	return 0;
}

int forge_add(struct sim_forged *to, const char *name, const uint8_t *bytes, size_t n,
	      struct jurat_error *err)
{
	return n == 0 ? 0 : forge_add_file(to, name, bytes, n, err);
}

void sim_forged_done(struct sim_forged *forged)
{
	if (!forged)
		return;
	for (size_t i = 0; i < forged->n; i++)
		free(forged->files[i].bytes);
	*forged = (struct sim_forged){ .n = 0 };
}

const struct sim_forged_file *sim_forged_find(const struct sim_forged *forged, const char *name)
{
	for (size_t i = 0; i < forged->n; i++)
		if (!strcmp(forged->files[i].name, name))
			return &forged->files[i];
	return NULL;
}
