/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "cli/load.h"

/* The sides that are named, or those of this machine. CLI_OK; CLI_USAGE after a message. */
static int take_sides(struct doctor *d)
{
	struct cli *cli = d->cli;

	for (size_t i = 0; i < cli->n_args; i++) {
		unsigned side = 0;

		while (side < DOCTOR_N_SIDES && strcmp(doctor_side_name(side), cli->args[i]) != 0)
			side++;
		if (side == DOCTOR_N_SIDES)
			return cli_fail(cli, CLI_USAGE,
					"expected guest, host, verifier or platform, found '%s'",
					cli->args[i]);
		d->sides[side] = true;
	}
	return CLI_OK;
}

/* What this machine is decides what it is asked about, unless sides are named. */
static void detect_sides(struct doctor *d)
{
	if (d->cli->n_args > 0)
		return;
	d->sides[DOCTOR_GUEST] = d->guest != DOCTOR_NO_TEE;
	d->sides[DOCTOR_HOST] = d->host != DOCTOR_NO_TEE && (!d->sides[DOCTOR_GUEST] || !d->is_guest);
	if (d->simulated && d->sides[DOCTOR_GUEST]) /* of the machine below it */
		d->sides[DOCTOR_HOST] = false;
	d->sides[DOCTOR_VERIFIER] = true;
	d->sides[DOCTOR_PLATFORM] = !d->sides[DOCTOR_GUEST] && !d->sides[DOCTOR_HOST];
}

static int take_options(struct doctor *d)
{
	const char *root = cli_get(d->cli, "root"), *service = cli_get(d->cli, "quoting-service");
	struct jurat_error err = { "" };
	struct base_address address;

	if (root && root[0] != '/')
		return cli_fail(d->cli, CLI_USAGE, "--root: expected an absolute path, found '%s'", root);
	if (service && base_address_read(service, &address, &err) < 0)
		return cli_fail(d->cli, CLI_USAGE, "--quoting-service: %s", err.text);
	d->root = root && strcmp(root, "/") != 0 ? root : NULL;
	d->network = cli_has(d->cli, "network");
	return cli_load_time(d->cli, &d->at);
}

/* The roots of the software platform that this runs on, as if they were named with --roots. */
static void take_platform_roots(struct doctor *d)
{
	struct cli *cli = d->cli;

	if (!d->simulated || cli_has(cli, "roots") || cli->n_values == CLI_MAX_VALUES)
		return;
	for (size_t i = 0; i < cli->verb->n_options; i++) {
		if (strcmp(cli->verb->options[i].name, "roots") != 0)
			continue;
		cli->values[cli->n_values].option = &cli->verb->options[i];
		cli->values[cli->n_values++].value = cli_getenv("JURAT_ROOTS");
	}
}

static void done(struct doctor *d)
{
	for (size_t i = 0; i < DOCTOR_N_HOPS; i++)
		free(d->results[i].text);
	for (size_t i = 0; i < d->n_found; i++)
		free(d->found[i].detail);
	free(d->found);
	free(d->cpuinfo);
}

int doctor_run(struct cli *cli, struct base_env *env)
{
	static void (*const checks[DOCTOR_N_SIDES])(struct doctor *) = {
		[DOCTOR_PLATFORM] = doctor_platform,
		[DOCTOR_GUEST] = doctor_guest,
		[DOCTOR_HOST] = doctor_host,
		[DOCTOR_VERIFIER] = doctor_verifier,
	};
	struct doctor d = { .cli = cli, .env = env };
	int status = take_sides(&d);

	if (status == CLI_OK)
		status = take_options(&d);
	if (status == CLI_OK) {
		doctor_examine(&d);
		detect_sides(&d);
		take_platform_roots(&d);
		for (size_t i = 0; i < DOCTOR_N_SIDES; i++)
			if (d.sides[i])
				checks[i](&d);
		status = doctor_print(&d);
	}
	done(&d);
	return status;
}

int cli_doctor(struct cli *cli)
{
	const char *code = cli_get(cli, "code");

	if (!cli_reads_stdin_once(cli, NULL))
		return CLI_USAGE;
	if (cli_has(cli, "list-findings"))
		return doctor_print_findings(cli);
	if (cli_has(cli, "list-codes"))
		return doctor_print_codes(cli);
	if (code)
		return doctor_print_code(cli, code);
	(void)prctl(PR_SET_NAME, "jurat doctor");
	return doctor_run(cli, base_env_real());
}
