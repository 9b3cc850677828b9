/* SPDX-License-Identifier: MIT */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/cli.h"
#include "jurat/verify.h"
#include "verify/decode.h"

/* Files and directories into a verifier, for the verbs that judge. */

enum cli_load_kind { CLI_LOAD_CERTS, CLI_LOAD_ROOTS, CLI_LOAD_CRL };

/*
 * Adds what every value of an option names: a file, or all files of a directory (not below it, and not those
 * whose names begin with a dot), in the order of their names. Each of them must be what the option is for,
 * but for what is plainly something else (cli/kind.h), which is skipped with a warning. In a directory of
 * certificates or CRLs the other kind may stand, too; names of CRLs must be CRLs.
 *
 * Returns   CLI_OK; CLI_ENVIRONMENT after telling what could not be read or used; CLI_INTERNAL
 */
int cli_load_all(struct cli *cli, struct jurat_verifier *verifier, const char *option,
		 enum cli_load_kind kind);

/*
 * Evidence: a file, or report.bin with certs.bin and quote.bin of a directory, each in whatever it was
 * written (verify/decode.h). Which of the two it is shows in the content. Ended with cli_evidence_done().
 */
struct cli_evidence {
	uint8_t *quote; /* a quote; NULL: it is a report */
	size_t quote_size;
	char *collateral; /* directory beside quote.bin; NULL: none */
	uint8_t *report;  /* everything in the file: a report, and perhaps a certificate table after it */
	size_t report_size;
	uint8_t *certs; /* NULL: none */
	size_t certs_size;
	char report_how[DECODE_TEXT_BYTES], quote_how[DECODE_TEXT_BYTES]; /* decode_describe() */
	uint8_t *file; /* what the evidence was decoded from */
	size_t file_size;
	struct decoded carried; /* all that was in it */
	char *unusable; /* file of the collateral with a TCB info or QE identity that cannot be used: why */
};
int cli_load_evidence(struct cli *cli, const char *path, struct cli_evidence *ret);
void cli_evidence_done(struct cli_evidence *evidence);

/*
 * The same as cli_load_all() for the values of --collateral; without one, for the directory beside the quote,
 * which may be empty. A TCB info or QE identity that cannot be used is no error yet: the verdict gives the
 * reason.
 * Evidence must not be accepted when evidence->unusable is set.
 */
int cli_load_collateral(struct cli *cli, struct jurat_tdx_collateral *collateral,
			struct cli_evidence *evidence);

/*
 * Certificates and CRLs that were beside the evidence in one file, into what it is verified by. Those of a
 * quote, and its collateral, only without --collateral.
 */
int cli_load_carried(struct cli *cli, struct jurat_verifier *verifier,
		     struct jurat_tdx_collateral *collateral, const struct cli_evidence *evidence);

/* --at, or now. CLI_OK or CLI_USAGE. */
int cli_load_time(struct cli *cli, int64_t *ret);
/* --at of a software platform: what it dates certificates and collateral by; 0 without the option. */
int cli_load_platform_time(struct cli *cli, int64_t *ret);

#endif
