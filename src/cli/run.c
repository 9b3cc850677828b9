/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "cli/load.h"
#include "cli/run.h"
#include "cli/run_launch.h"
#include "cli/run_order.h"
#include "cli/run_vmm.h"
#include "run/fault.h"

/* Ends with the program's exit status or signal, so that the parent sees the same. */
static int pass_on(int wait_status)
{
	struct rlimit no_core = { 0, 0 };
	sigset_t all;

	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	setrlimit(RLIMIT_CORE, &no_core); /* only the program should dump core */
	signal(WTERMSIG(wait_status), SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	raise(WTERMSIG(wait_status));
	return 128 + WTERMSIG(wait_status);
}

/* As `jurat key --tcb`: 16 digits of the 64-bit TCB_VERSION. */
static bool take_tcb(struct cli *cli, const char *text, uint64_t *ret)
{
	char *end;

	*ret = strtoull(text, &end, 16);
	if (strlen(text) == 16 && *end == '\0' && *ret != 0)
		return true;
	return cli_misuse(cli, "--firmware: expected a TCB_VERSION of 16 hex digits, found '%s'", text);
}

static bool take_mode(struct cli *cli, unsigned *ret)
{
	const char *text = cli_get(cli, "device-mode");
	char *end;
	unsigned long mode;

	*ret = 0;
	if (!text)
		return true;
	mode = text[0] >= '0' && text[0] <= '7' ? strtoul(text, &end, 8) : 0;
	if (mode == 0 || mode > 0777 || *end)
		return cli_misuse(cli, "--device-mode: expected octal permissions such as 0660, found '%s'",
				  text);
	*ret = (unsigned)mode;
	return true;
}

/* The program must not inherit the descriptor: a reader would not see end of file before the program ends. */
static bool take_ready_fd(struct cli *cli, int *ret)
{
	uint64_t fd = 0;

	*ret = -1;
	if (!cli_has(cli, "ready-fd"))
		return true;
	if (!cli_get_number(cli, "ready-fd", INT_MAX, 0, &fd))
		return false;
	if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return cli_misuse(cli, "--ready-fd: expected an open descriptor, found %d", (int)fd);
	*ret = (int)fd;
	return true;
}

bool cli_run_options(struct cli *cli, const char **faults, struct run_options *o)
{
	const char *product = cli_get(cli, "product"), *sync = cli_get(cli, "sync"),
		   *key = cli_get(cli, "sign-with"), *firmware = cli_get(cli, "firmware"),
		   *tee = cli_get(cli, "tee"), *map = cli_get(cli, "user-map");
	uint64_t version;

	if (!cli_get_number(cli, "report-version", 5, 0, &version))
		return false;
	if (sync)
		(void)sim_sync_find(sync, &o->sync); /* verbs.c refuses other words */
	if (firmware && !take_tcb(cli, firmware, &o->firmware_tcb))
		return false;
	o->product = product ? snp_product_by_name(product) : SNP_PRODUCT_UNKNOWN;
	o->report_version = (uint32_t)version;
	o->sign_with = !key ? RUN_SIGN_ANY : strcmp(key, "vlek") ? RUN_SIGN_VCEK : RUN_SIGN_VLEK;
	o->state_dir = cli_get(cli, "state");
	o->kernel = sim_linux_find(cli_get(cli, "linux"));
	o->seed = cli_get(cli, "seed");
	if (cli_load_platform_time(cli, &o->at) != CLI_OK)
		return false;
	o->host = cli_has(cli, "host");
	o->force = cli_has(cli, "force");
	o->no_certs = cli_has(cli, "no-certs");
	o->reported = tee && !strcmp(tee, "tdx") ? RUN_TDX : RUN_SEV_SNP;
	o->tees = tee && !strcmp(tee, "both") ? RUN_SEV_SNP | RUN_TDX : o->reported;
	o->legacy_quote = cli_has(cli, "legacy-quote-ioctl");
	o->user_map = !map || !strcmp(map, "self") ? RUN_MAP_SELF
		      : strcmp(map, "auto")        ? RUN_MAP_ROOT
						   : RUN_MAP_AUTO;
	o->qgs = cli_get(cli, "qgs");
	if (o->qgs && o->host)
		return cli_misuse(cli, "--qgs cannot be used with --host: there is no guest (juratd qgs "
				       "--software-enclave is a quoting service for a host)");
	o->trace = cli_get(cli, "trace");
	o->control = cli_get(cli, "control");
	if (!take_mode(cli, &o->device_mode) || !take_ready_fd(cli, &o->ready_fd))
		return false;
	for (o->n_faults = 0; cli_get_nth(cli, "fault", o->n_faults); o->n_faults++)
		faults[o->n_faults] = cli_get_nth(cli, "fault", o->n_faults);
	o->faults = faults;
	return true;
}

static bool take_endorsements(struct cli *cli, const char **faults, struct run_options *o)
{
	const char *fault;

	o->endorsements = cli_has(cli, "endorsements");
	while ((fault = cli_get_nth(cli, "endorsements-fault", o->n_endorsement_faults)))
		faults[o->n_endorsement_faults++] = fault;
	o->endorsement_faults = faults;
	if (o->n_endorsement_faults > 0 && !o->endorsements)
		return cli_misuse(cli, "--endorsements-fault needs --endorsements");
	return true;
}

static int list_faults(void)
{
	const struct run_fault *row;

	for (size_t i = 0; (row = run_fault_row(i)); i++)
		printf("%s%s\n    %s.\n    Program: %s.\n", i ? "\n" : "", row->syntax, row->happens,
		       row->advice);
	return CLI_OK;
}

int cli_run(struct cli *cli)
{
	struct run_options options = { .argv = NULL };
	struct run_ended ended = { 0 };
	struct jurat_error err = { "" };
	auto_free char **argv = calloc(cli->n_args + 1, sizeof(*argv));
	const char *faults[CLI_MAX_VALUES], *endorsement_faults[CLI_MAX_VALUES];
	struct run_launch launch = { 0 };
	struct cli_order order = { .n = 0 };
	int r;

	if (cli_has(cli, "list-faults"))
		return list_faults();
	if (!cli_run_vmm_options(cli))
		return CLI_USAGE;
	if (cli->n_args == 0 && !cli_has(cli, "list-checks"))
		return cli_fail(cli, CLI_USAGE, "expected a %s to run (see jurat run --help)",
				cli_has(cli, "vmm") ? "VMM" : "program");
	if (!argv)
		return cli_fail_memory(cli);
	if (!cli_run_options(cli, faults, &options))
		return CLI_USAGE;
	if (!take_endorsements(cli, endorsement_faults, &options))
		return CLI_USAGE;
	memcpy(argv, cli->args, cli->n_args * sizeof(*argv));
	options.argv = argv;
	r = cli_run_order(cli, &options, &order);
	if (r == CLI_OK)
		r = cli_run_launch(cli, &options, &launch);
	if (r != CLI_OK) {
		cli_run_launch_done(&launch);
		cli_order_done(&order);
		return r;
	}
	if (cli_has(cli, "vmm") || cli_has(cli, "list-checks"))
		return cli_run_vmm(cli, &options); /* launches no guest from files */
	r = run_program(&options, &ended, &err);
	cli_run_launch_done(&launch);
	cli_order_done(&order);
	if (r < 0)
		return cli_fail(cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
	return ended.started ? pass_on(ended.status) : cli_fail(cli, ended.status, "%s", err.text);
}
