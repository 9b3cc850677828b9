/* SPDX-License-Identifier: MIT */
#include "cli/run_launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/measure.h"
#include "run/platform.h"

/* The TEEs whose guests an option of `jurat measure` is of; 0: it has nothing to do with a launch. */
static unsigned tees_of(const char *name)
{
	static const char *const of_both[] = { "kernel", "initrd", "append", "vmm-flavour" };
	const struct cli_verb *measure = cli_find_verb("measure");

	for (size_t i = 0; i < ARRAY_SIZE(of_both); i++)
		if (!strcmp(name, of_both[i]))
			return RUN_SEV_SNP | RUN_TDX;
	for (size_t i = 0; i < measure->n_options; i++)
		if (!strcmp(name, measure->options[i].name) && measure->options[i].commands)
			return !strcmp(measure->options[i].commands, "tdx") ? RUN_TDX : RUN_SEV_SNP;
	return 0;
}

/* false after an error message. */
static bool options_fit(struct cli *cli, const struct run_options *o)
{
	for (size_t i = 0; i < cli->n_values; i++) {
		const char *name = cli->values[i].option->name;
		unsigned tees = tees_of(name);

		if (tees && !cli_has(cli, "firmware-image"))
			return cli_misuse(cli, "--%s requires --firmware-image", name);
		if (tees && !(tees & o->tees))
			return cli_misuse(cli, "--%s is for %s guests", name,
					  tees & RUN_TDX ? "TDX" : "SEV-SNP");
	}
	if (cli_has(cli, "firmware-image") && o->host)
		return cli_misuse(cli, "--firmware-image cannot be used with --host: there is no guest");
	if (cli_has(cli, "id-block") != cli_has(cli, "id-auth"))
		return cli_misuse(cli, "--id-block and --id-auth must be used together");
	return cli_reads_stdin_once(cli, NULL);
}

static void done(struct measuring *m)
{
	for (size_t i = 0; i < m->n_files; i++)
		free(m->files[i]);
	m->n_files = 0;
}

static struct measuring begin(struct cli *cli)
{
	return (struct measuring){ .cli = cli, .firmware = "firmware-image", .vmm = "vmm-flavour" };
}

static int identify(struct measuring *m, struct sim_launch *launch)
{
	struct measure_bytes id_block, id_auth;
	struct jurat_error err = { "" };
	int r, status = measuring_file(m, "id-block", 0, &id_block);

	if (status == CLI_OK)
		status = measuring_file(m, "id-auth", 0, &id_auth);
	if (status != CLI_OK || !id_block.bytes)
		return status;
	r = machine_launch_identify(&id_block, &id_auth, launch, &err);
	if (r == -EBADMSG || r == -ECANCELED)
		return cli_fail(m->cli, CLI_ENVIRONMENT, "--id-block '%s', --id-auth '%s': %s",
				cli_get(m->cli, "id-block"), cli_get(m->cli, "id-auth"), err.text);
	return r < 0 ? cli_fail(m->cli, cli_status(r), "%s", err.text) : CLI_OK;
}

static int launch_snp(struct cli *cli, struct run_options *o, struct sim_launch *ret)
{
	struct measuring m = begin(cli);
	struct jurat_error err = { "" };
	struct measure_snp what;
	int r, status = CLI_USAGE;

	if (measuring_hex(&m, "guest-policy", RUN_GUEST_POLICY, &ret->policy))
		status = measuring_snp_options(&m, &what);
	if (status == CLI_OK && what.vcpus > RUN_MAX_VCPUS)
		status = cli_fail(cli, CLI_USAGE,
				  "--vcpus: expected 1 to %d on the software platform, found %u",
				  RUN_MAX_VCPUS, what.vcpus);
	if (status == CLI_OK) {
		r = machine_launch_snp(&what, ret, &err);
		status = r < 0 ? measuring_fail(&m, r, CLI_ENVIRONMENT, &err) : identify(&m, ret);
	}
	if (status == CLI_OK) {
		o->launch = ret;
		o->vcpus = what.vcpus;
	}
	done(&m);
	return status;
}

static int launch_td(struct cli *cli, struct run_options *o, struct machine_td_boot **ret)
{
	struct measuring m = begin(cli);
	struct measuring_lists lists = { 0 };
	struct jurat_error err = { "" };
	struct measure_tdx what;
	int r, status = measuring_tdx_options(&m, &lists, &what);

	if (status == CLI_OK) {
		r = machine_td_boot_new(&what, ret, &err);
		status = r < 0 ? measuring_fail(&m, r, CLI_ENVIRONMENT, &err) : CLI_OK;
	}
	if (status == CLI_OK)
		o->boot = *ret;
	done(&m);
	return status;
}

int cli_run_launch(struct cli *cli, struct run_options *o, struct run_launch *ret)
{
	int status = CLI_OK;

	if (!options_fit(cli, o))
		return CLI_USAGE;
	if (!cli_has(cli, "firmware-image"))
		return CLI_OK;
	if (o->tees & RUN_SEV_SNP)
		status = launch_snp(cli, o, &ret->snp);
	if (status == CLI_OK && o->tees & RUN_TDX)
		status = launch_td(cli, o, &ret->td);
	return status;
}

void cli_run_launch_done(struct run_launch *launch)
{
	machine_td_boot_free(launch->td);
}
