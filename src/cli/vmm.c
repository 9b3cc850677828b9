/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/installed.h"
#include "cli/elf_file.h"
#include "cli/vmm_program.h"
#include "cli/vmm_settings.h"

/* `jurat vmm`: executes a VMM with libjurat-vmm.so preloaded. */

static const struct base_library library = { .name = "libjurat-vmm.so",
					     .in_build = "../vmm",
					     .to_libdir = "../" JURAT_LIBDIR_IN_PREFIX,
					     .libdir = JURAT_LIBDIR };

/* CLI_OK, the library's path, and what it is; another exit status after an error message */
static int find_library(struct cli *cli, char **ret_path, struct elf_file *ret)
{
	struct jurat_error err = { "" };
	auto_free char *path = NULL;
	auto_close int fd = -1;
	int r = base_library_find(&library, &path, &err);

	if (r < 0)
		return cli_fail(cli, cli_status(r), "%s", err.text);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot open '%s': %s", path, strerror(errno));
	if (elf_read(base_env_real(), fd, ret, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err.text);
	*ret_path = take_ptr(path);
	return CLI_OK;
}

/* Puts the library before what is preloaded already. */
static int preload(struct cli *cli, const char *path)
{
	static const char name[] = "LD_PRELOAD";
	const char *others = cli_getenv(name);
	const size_t n = strlen(path);
	struct jurat_error err = { "" };
	auto_free char *value = NULL;
	int r;

	if (others && !strncmp(others, path, n) && strchr(" :", others[n]))
		return CLI_OK; /* of `jurat vmm -- jurat vmm` */
	r = base_preload_value(path, others, true, &value, &err);
	if (r < 0)
		return cli_fail(cli, cli_status(r), "%s", err.text);
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
	struct elf_file file;
	int status;

	if (!argv)
		return cli_fail_memory(cli);
	if (cli->n_args == 0)
		return cli_fail(cli, CLI_USAGE, "expected a VMM to run (see jurat vmm --help)");
	memcpy(argv, cli->args, cli->n_args * sizeof(*argv));
	status = cli_vmm_settings(cli, &settings);
	if (status == CLI_OK)
		status = find_library(cli, &path, &file);
	if (status != CLI_OK)
		return status;
	status = vmm_program_find(argv[0], &file, library.name, &program, &err);
	if (status != CLI_OK)
		return cli_fail(cli, status, "%s", err.text);
	status = preload(cli, path);
	if (status == CLI_OK)
		status = cli_vmm_check(cli, &settings);
	return status == CLI_OK ? execute(cli, &program, argv) : status;
}
