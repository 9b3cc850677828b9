/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void print_word(const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";

	putchar(' ');
	if (text[0] && text[strspn(text, plain)] == '\0') {
		fputs(text, stdout);
		return;
	}
	putchar('\'');
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, stdout);
	putchar('\'');
}

bool cli_print_command(const struct cli *cli, const char *title, const char *const *words, const char *dir,
		       const char *const *below, size_t n)
{
	auto_free char *absolute = realpath(dir, NULL),
		       *program = strchr(cli->name, '/') ? realpath(cli->name, NULL) : NULL;

	fputs(title, stdout);
	print_word(program ? program : "jurat");
	for (size_t i = 0; i < n; i++) {
		auto_free char *path = NULL;

		if (words[i])
			print_word(words[i]);
		if (!below[i] || !below[i][0])
			continue;
		if (asprintf(&path, "%s/%s", absolute ? absolute : dir, below[i]) < 0) {
			path = NULL;
			return false;
		}
		print_word(path);
	}
	puts("");
	return true;
}
