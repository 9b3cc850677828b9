/* SPDX-License-Identifier: MIT */
#ifndef CLI_ORDER_H
#define CLI_ORDER_H

#include "cli/cli.h"
#include "sim/forge/forge.h"

/*
 * Evidence to order from the command line: the values of --evidence, --set, --unsigned and --damage, and the
 * arguments of `jurat forge`.
 */
struct cli_order {
	char **items; /* as sim/forge/order.h has them */
	size_t n;
	struct sim_order *order;
};

/*
 * tdx       of which TEE the evidence is: items of the other one are refused
 * at        date of the evidence
 * ret       free it with cli_order_done(), also after a failure
 * Returns   CLI_OK; another exit status after an error message
 */
JURAT_MUST_CHECK int cli_order_new(struct cli *cli, bool tdx, int64_t at, struct cli_order *ret);
/*
 * Makes the evidence once and discards it, for platforms that make theirs later: an item that does not
 * apply is an error before a program runs. Returns as above.
 */
JURAT_MUST_CHECK int cli_order_try(struct cli *cli, const struct cli_order *order,
				   const struct sim_forge_options *options);
void cli_order_done(struct cli_order *order);

#endif
