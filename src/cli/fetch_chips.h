/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_CHIPS_H
#define CLI_FETCH_CHIPS_H

#include "cli/fetch_out.h"

/*
 * `jurat fetch vcek --chips FILE`: the VCEKs of a fleet, into a directory that is a stock. What the directory
 * has is not fetched again, so a run that was stopped goes on where it ended.
 *
 * Returns   CLI_OK; CLI_REFUSED the source does not have some of them, or they fail their checks: all
 *           others are there; CLI_USAGE; CLI_ENVIRONMENT it stopped at a chip, and another run will go on;
 *           after messages
 */
int fetch_chips(struct cli_fetcher *fetcher, struct fetch_out *out);

#endif
