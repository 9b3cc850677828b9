/* SPDX-License-Identifier: MIT */
/*
 * jurat: the verbs that fetch, read and verify evidence. It is linked only to the libraries that they need.
 */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "cli/elf_file.h"

/*
 * For `jurat run` and `jurat vmm`, which refuse static programs: what `jurat vmm` executes gets LD_PRELOAD
 * also from a static jurat.
 */
static const struct {
	uint32_t owner_size, description_size, type;
	char owner[8]; /* padded to 4 bytes */
} note __attribute__((section(".note.jurat"), used, aligned(4))) = { sizeof(ELF_NOTE_OWNER), 0,
								     ELF_NOTE_HANDS_ON, ELF_NOTE_OWNER };

int main(int argc, char **argv)
{
	static const struct cli_run runs[] = {
		{ "attest", cli_attest }, { "certs", cli_certs },     { "help", cli_help },
		{ "key", cli_key },       { "measure", cli_measure }, { "policy", cli_policy },
		{ "show", cli_show },     { "verify", cli_verify },   { "vmm", cli_vmm },
	};

	return cli_main(argc, argv, NULL, runs, ARRAY_SIZE(runs));
}
