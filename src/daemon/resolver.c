/* SPDX-License-Identifier: MIT */
#include "daemon/resolver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void load_module(const char *name, size_t n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	char file[64];

	if (n == 0 || n > 32 || strspn(name, allowed) < n)
		return;
	snprintf(file, sizeof(file), "libnss_%.*s.so.2", (int)n, name);
	(void)dlopen(file, RTLD_NOW); /* never closed; libc finds it by this name */
}

/* Names of modules, each possibly followed by actions in brackets. */
static void load_modules(const char *words)
{
	while (*(words += strspn(words, " \t\n"))) {
		const size_t n = strcspn(words, *words == '[' ? "]" : " \t\n[");

		if (*words != '[')
			load_module(words, n);
		words += n + (words[n] == ']');
	}
}

void resolver_load(const char *path)
{
	static const char database[] = "hosts:";
	auto_free char *line = NULL;
	FILE *file = fopen(path, "re");
	size_t size = 0;

	while (file && getline(&line, &size, file) >= 0) {
		const char *at = line + strspn(line, " \t");

		line[strcspn(line, "#")] = '\0';
		if (!strncmp(at, database, sizeof(database) - 1))
			load_modules(at + sizeof(database) - 1);
	}
	if (file)
		fclose(file);
}
