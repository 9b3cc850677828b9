/* SPDX-License-Identifier: MIT */
/*
 * jurat: the verbs that fetch, read and verify evidence. It is linked only to the libraries that they need.
 */
#include "cli/cli.h"

#include "base/cleanup.h"

int main(int argc, char **argv)
{
	static const struct cli_run runs[] = {
		{ "attest", cli_attest }, { "certs", cli_certs },     { "help", cli_help },
		{ "key", cli_key },       { "measure", cli_measure }, { "policy", cli_policy },
		{ "show", cli_show },     { "verify", cli_verify },   { "vmm", cli_vmm },
	};

	return cli_main(argc, argv, NULL, runs, ARRAY_SIZE(runs));
}
