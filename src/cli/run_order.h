/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_ORDER_H
#define CLI_RUN_ORDER_H

#include "cli/order.h"
#include "run/run.h"

/*
 * Reads --evidence and --set of `jurat run` and `jurat device` after the other options, and sets `options` to
 * them; nothing without these options.
 *
 * ret       zeros; borrowed by `options`. Free it with cli_order_done(), also after a failure
 * Returns   CLI_OK; another exit status after an error message
 */
JURAT_MUST_CHECK int cli_run_order(struct cli *cli, struct run_options *options, struct cli_order *ret);

#endif
