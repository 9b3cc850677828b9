/* SPDX-License-Identifier: MIT */
#include "cli/run_order.h"

#include <string.h>
#include <time.h>

#include "base/cleanup.h"

/* What only a guest's request makes; there is none with --host. */
static bool is_of_guest(const struct sim_order *order, enum sim_part *ret)
{
	static const enum sim_part parts[] = { SIM_PART_GUEST, SIM_PART_REPORT, SIM_PART_TD,
					       SIM_PART_QUOTE, SIM_PART_BODY,   SIM_PART_QE_REPORT };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (sim_order_has(order, parts[i])) {
			*ret = parts[i];
			return true;
		}
	return false;
}

static bool options_fit(struct cli *cli, const struct run_options *o)
{
	const char *used = cli_has(cli, "evidence") ? "evidence" : "set";

	if (o->tees == (RUN_SEV_SNP | RUN_TDX))
		return cli_misuse(cli, "--%s needs one TEE: use --tee sev-snp or --tee tdx", used);
	if (o->state_dir)
		return cli_misuse(cli,
				  "--%s cannot be used with --state: the evidence of a platform is the same "
				  "in all runs that share it",
				  used);
	return true;
}

static bool order_fits(struct cli *cli, const struct run_options *o, const struct sim_order *order)
{
	enum sim_part part;

	if (o->host && is_of_guest(order, &part))
		return cli_misuse(cli, "'%s' cannot be set with --host: there is no guest",
				  sim_part_name(part));
	if (o->no_certs && sim_order_has(order, SIM_PART_TABLE))
		return cli_misuse(cli,
				  "'table' cannot be set with --no-certs: there is no certificate table");
	return true;
}

int cli_run_order(struct cli *cli, struct run_options *o, struct cli_order *ret)
{
	struct sim_forge_options like = {
		.tdx = o->tees == RUN_TDX,
		.product = o->product,
		.report_version = o->report_version,
		.vlek = o->sign_with == RUN_SIGN_VLEK,
		.seed = o->seed,
	};
	int status;

	if (!cli_has(cli, "evidence") && !cli_has(cli, "set"))
		return CLI_OK;
	if (!options_fit(cli, o))
		return CLI_USAGE;
	if (!o->at)
		o->at = time(NULL); /* the same for every process of the run */
	status = cli_order_new(cli, like.tdx, o->at, ret);
	for (size_t i = 0; status == CLI_OK && i < ret->n; i++)
		if (strchr(ret->items[i], '\n')) /* juratd reads them from the lines of a file */
			status = cli_fail(cli, CLI_USAGE, "'%s': expected one line", ret->items[i]);
	if (status == CLI_OK && !order_fits(cli, o, ret->order))
		status = CLI_USAGE;
	if (status == CLI_OK)
		status = cli_order_try(cli, ret, &like);
	if (status != CLI_OK)
		return status;
	o->order = ret->order;
	o->items = (const char *const *)ret->items;
	o->n_items = ret->n;
	return CLI_OK;
}
