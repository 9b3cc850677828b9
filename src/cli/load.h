/* SPDX-License-Identifier: MIT */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/cli.h"
#include "jurat/verify.h"
#include "verify/decode.h"

/* Loads files and directories into a verifier, for the verbs that verify. */

enum cli_load_kind { CLI_LOAD_CERTS, CLI_LOAD_ROOTS, CLI_LOAD_CRL, CLI_LOAD_COLLATERAL };

/*
 * Loads every value of an option: a file, or all files of a directory (not recursively, and not names that
 * begin with a dot), in the order of their names. Each must be what the option is for, except files that are
 * clearly something else (cli/kind.h), which are skipped with a warning. A directory of certificates may have
 * CRLs and vice versa; files named like CRLs must be CRLs.
 *
 * Returns   CLI_OK; CLI_ENVIRONMENT after a message about what could not be read or used; CLI_INTERNAL
 */
int cli_load_all(struct cli *cli, struct jurat_verifier *verifier, const char *option,
		 enum cli_load_kind kind);

/*
 * What --roots, --certs and --crl added to a verifier, and --collateral to collateral, so that others can be
 * made of it.
 */
struct cli_endorsements {
	struct cli_endorsement {
		enum cli_load_kind kind;
		uint8_t *bytes;
		size_t n;
	} * items;
	size_t n, room;
};
void cli_endorsements_done(struct cli_endorsements *kept);
/* A verifier with all that these options name. kept: may be NULL. CLI_OK, or a status as above. */
int cli_load_verifier(struct cli *cli, struct cli_endorsements *kept, struct jurat_verifier **ret);
/* Another one with the same; other collateral with the same. CLI_OK; CLI_INTERNAL after a message */
int cli_endorsements_verifier(struct cli *cli, const struct cli_endorsements *kept,
			      struct jurat_verifier **ret);
int cli_endorsements_collateral(struct cli *cli, const struct cli_endorsements *kept,
				struct jurat_tdx_collateral **ret);

/*
 * Evidence: a file, or report.bin with certs.bin and quote.bin of a directory, each in any encoding
 * (verify/decode.h). Report or quote is determined by the content. Free it with cli_evidence_done().
 */
struct cli_carried { /* a file with other items beside the evidence, or instead of a certificate table */
	uint8_t *file;
	size_t size;
	struct decoded items;
};

struct cli_evidence {
	const char *path; /* as it was named, borrowed */
	uint8_t *quote;   /* a quote; NULL: there is none */
	size_t quote_size;
	char *collateral; /* directory beside quote.bin; NULL: none */
	uint8_t *report;  /* a report, without the table that may follow it; NULL: there is none */
	size_t report_size;
	uint8_t *certs; /* NULL: none */
	size_t certs_size;
	char report_how[DECODE_TEXT_BYTES], quote_how[DECODE_TEXT_BYTES]; /* decode_describe() */
	struct cli_carried with_report, with_quote, with_certs;
	uint8_t *event_log; /* of the quote, with the evidence; NULL: none */
	size_t event_log_size;
	char *unusable; /* why a TCB info or QE identity in the collateral is unusable, with its file */
};
int cli_load_evidence(struct cli *cli, const char *path, struct cli_evidence *ret);
/* The same of a file that was read: *file is taken, and set to NULL, if it is kept. `path` for messages. */
int cli_load_evidence_bytes(struct cli *cli, const char *path, uint8_t **file, size_t n,
			    struct cli_evidence *ret);
void cli_evidence_done(struct cli_evidence *evidence);

/*
 * The same as cli_load_all() for the values of --collateral; without one, for the directory beside the quote,
 * which may be empty. An unusable TCB info or QE identity is not an error yet: the verdict has the reason.
 * Evidence must not be accepted when evidence->unusable is set.
 */
int cli_load_collateral(struct cli *cli, struct jurat_tdx_collateral *collateral,
			struct cli_evidence *evidence);

/*
 * The same for the values of an option. kept: may be NULL. *unusable: as evidence->unusable, which the caller
 * frees.
 */
int cli_load_collateral_of(struct cli *cli, const char *option, struct jurat_tdx_collateral *collateral,
			   struct cli_endorsements *kept, char **unusable);

/* Whether the file of a report has certificates or CRLs for the verifier. */
bool cli_evidence_has_endorsements(const struct cli_evidence *evidence);
/*
 * Adds certificates and CRLs from the files of the evidence to what it is verified with. Those of a quote,
 * and its collateral, only without --collateral. The
 * collateral may be NULL, for a report.
 */
int cli_load_carried(struct cli *cli, struct jurat_verifier *verifier,
		     struct jurat_tdx_collateral *collateral, const struct cli_evidence *evidence);

/*
 * --event-log, instead of a log that came with the quote. A file that is no event log is an error, as is the
 * option for evidence without a quote; what is wrong in a log is for the verdict to say.
 */
int cli_load_event_log(struct cli *cli, struct cli_evidence *evidence);
int cli_load_log_file(struct cli *cli, const char *path, struct cli_evidence *evidence);
/* Takes the event log of a file in JSON that also has the quote, if there is one. */
int cli_load_carried_log(struct cli *cli, const char *path, const uint8_t *bytes, size_t n,
			 struct cli_evidence *evidence);

/* --at, or now. CLI_OK or CLI_USAGE. */
int cli_load_time(struct cli *cli, int64_t *ret);
/* --at of a software platform, the date of its certificates and collateral; 0 without the option. */
int cli_load_platform_time(struct cli *cli, int64_t *ret);

#endif
