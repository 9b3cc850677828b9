/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/elf_file.h"
#include "cli/vmm_program.h"
#include "cli/vmm_settings.h"

/* `jurat vmm`: executes a VMM with libjurat-vmm.so preloaded. */
#define LIBRARY "libjurat-vmm.so"

/*
 * Finds the library in a build directory, a relocated prefix or the configured one. CLI_OK and an open
 * descriptor; another exit status after an error message.
 */
static int open_library(struct cli *cli, char **ret_path, int *ret_fd)
{
	auto_free char *own = cli_own_directory();
	const struct {
		const char *from, *to;
	} places[] = { { own, "/../vmm" },
		       { own, "/../" JURAT_LIBDIR_IN_PREFIX "/jurat" },
		       { "", JURAT_LIBDIR "/jurat" } };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		auto_free char *path = NULL;
		int fd;

		if (!places[i].from)
			continue;
		if (asprintf(&path, "%s%s/" LIBRARY, places[i].from, places[i].to) < 0) {
			path = NULL;
			return cli_fail_memory(cli);
		}
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (fd < 0)
			return cli_fail(cli, CLI_ENVIRONMENT, "cannot open '%s': %s", path, strerror(errno));
		*ret_path =
			realpath(path, NULL); /* without "..", for those who read it in /proc/PID/environ */
		if (!*ret_path)
			*ret_path = take_ptr(path);
		*ret_fd = fd;
		return CLI_OK;
	}
	return cli_fail(cli, CLI_ENVIRONMENT,
			"'" LIBRARY "' is not installed: expected in '%s' (reinstall jurat)",
			JURAT_LIBDIR "/jurat");
}

/* Puts the library before what is preloaded already. */
static int preload(struct cli *cli, const char *path)
{
	static const char name[] = "LD_PRELOAD", separators[] = " :";
	const char *others = cli_getenv(name);
	const size_t n = strlen(path);
	auto_free char *value = NULL;

	if (path[strcspn(path, separators)])
		return cli_fail(
			cli, CLI_ENVIRONMENT,
			"'%s': expected a path without spaces and colons, which separate the names in "
			"LD_PRELOAD",
			path);
	if (others && !strncmp(others, path, n) && (others[n] == '\0' || strchr(separators, others[n])))
		return CLI_OK; /* of `jurat vmm -- jurat vmm` */
	if (asprintf(&value, "%s%s%s", path, others ? ":" : "", others ? others : "") < 0) {
		value = NULL;
		return cli_fail_memory(cli);
	}
	return setenv(name, value, 1) < 0 ? cli_fail_memory(cli) : CLI_OK;
}

/* The C library passes no ENOEXEC on to a shell here: what is executed was checked. */
static int execute(struct cli *cli, const struct vmm_program *program, char **argv)
{
	if (program->script)
		fprintf(stderr,
			"jurat vmm: '%s' is a script: the library is loaded into '%s' and the programs that "
			"it "
			"starts\n",
			program->path, program->elf);
	execv(program->path, argv);
	return cli_fail(cli, errno == ENOENT ? VMM_PROGRAM_NOT_FOUND : VMM_PROGRAM_UNUSABLE,
			"cannot execute '%s': %s", program->path, strerror(errno));
}

int cli_vmm(struct cli *cli)
{
	auto_free char **argv = calloc(cli->n_args + 1, sizeof(*argv)), *path = NULL;
	auto_call(vmm_settings_done) struct vmm_settings settings = { 0 };
	struct vmm_program program;
	struct jurat_error err = { "" };
	struct elf_file library;
	auto_close int fd = -1;
	int status;

	if (!argv)
		return cli_fail_memory(cli);
	if (cli->n_args == 0)
		return cli_fail(cli, CLI_USAGE, "expected a VMM to run (see jurat vmm --help)");
	memcpy(argv, cli->args, cli->n_args * sizeof(*argv));
	status = cli_vmm_settings(cli, &settings);
	if (status == CLI_OK)
		status = open_library(cli, &path, &fd);
	if (status != CLI_OK)
		return status;
	if (elf_read(base_env_real(), fd, &library, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err.text);
	status = vmm_program_find(argv[0], &library, LIBRARY, &program, &err);
	if (status != CLI_OK)
		return cli_fail(cli, status, "%s", err.text);
	status = preload(cli, path);
	if (status == CLI_OK)
		status = cli_vmm_check(cli, &settings);
	return status == CLI_OK ? execute(cli, &program, argv) : status;
}
