/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cases.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

void cli_cases_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }, before;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		sigaction(numbers[i], &stop, &before);
		if (before.sa_handler == SIG_IGN) /* as a shell's background job: Ctrl-C is not for it */
			sigaction(numbers[i], &before, NULL);
	}
}

int cli_cases_caught(void)
{
	return caught;
}

void cli_cases_progress(const char *what, size_t done, size_t n)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (what)
		fprintf(stderr, "\r\033[K%s: %zu of %zu", what, done, n);
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

const char **cli_cases_only(const struct cli *cli)
{
	const char **only = calloc(CLI_MAX_VALUES + 1, sizeof(*only));

	for (size_t i = 0; only && i < CLI_MAX_VALUES; i++)
		only[i] = cli_get_nth(cli, "only", i);
	return only;
}

static bool go_on(void *ctx, size_t done, size_t n)
{
	if (done % 8 == 0)
		cli_cases_progress("cases made", done, n);
	return !caught;
}

int cli_cases_make(struct cli *cli, const char *dir, const char *const *only)
{
	const struct cases_make_options options = { .dir = dir, .only = only, .go_on = go_on };
	struct jurat_error err = { "" };
	int r;

	cli_cases_catch();
	r = cases_make(&options, &err);
	cli_cases_progress(NULL, 0, 0);
	if (caught)
		return 128 + caught;
	if (r == 0)
		return CLI_OK;
	return cli_fail(cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
}
