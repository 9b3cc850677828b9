/* SPDX-License-Identifier: MIT */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include <jansson.h>

#include "cli/cli.h"
#include "measure/snp.h"
#include "measure/tdx.h"

/* What `jurat measure` reads, computes and prints. */
enum { MEASURE_MAX_VALUES = 8, MEASURE_WHY_BYTES = 64 };

/* A result, named like the member of a policy that requires it. */
struct measure_value {
	const char *name;
	char missing[MEASURE_WHY_BYTES]; /* what else it requires, in words; "": `digest` is it */
	uint8_t digest[MEASURE_DIGEST_BYTES];
};

/* What --explain found (cli/measure_explain.h). */
struct explanation {
	char *text;   /* lines, "measurement: ..."; NULL: nothing was explained */
	json_t *list; /* the same, an array of objects */
	bool same;    /* the stated inputs have all measurements of the evidence */
};

struct measuring {
	struct cli *cli;
	const char *firmware, *vmm;     /* names of these options; NULL: "firmware", "vmm" */
	uint8_t *files[CLI_MAX_VALUES]; /* contents, which the inputs borrow */
	size_t n_files;
	struct measure_value values[MEASURE_MAX_VALUES];
	size_t n_values;
	json_t *json; /* the output, an object; NULL: text */
	struct explanation explanation;
	const char *id_block_verdict; /* "accepted" or "refused"; NULL: none was checked */
};

/*
 * Reads the file that the i-th use of an option names; none of it without the option.
 *
 * Returns   CLI_OK; another exit status after an error message
 */
JURAT_MUST_CHECK int measuring_file(struct measuring *m, const char *option, size_t i,
				    struct measure_bytes *ret);
/*
 * Reports what measure_snp() or measure_tdx() says of the inputs, with the file that it is about.
 *
 * malformed   the exit status for an input that is malformed
 * Returns     an exit status
 */
int measuring_fail(const struct measuring *m, int r, int malformed, const struct jurat_error *err);
/* --kernel, --initrd and --append, of which the last two require a kernel or EFI programs. */
JURAT_MUST_CHECK int measuring_kernel(struct measuring *m, struct measure_bytes *ret_kernel,
				      struct measure_bytes *ret_initrd, const char **ret_append);
/* Adds a result. `missing` NULL: it has `digest`. */
void measuring_add(struct measuring *m, const char *name, const uint8_t *digest, const char *missing);
/* Hex digits with or without 0x, of a number; `fallback` without the option. false after an error message. */
bool measuring_hex(const struct measuring *m, const char *option, uint64_t fallback, uint64_t *ret);

/* From the options: what is measured. It borrows from `m`. CLI_OK, or another exit status after a message. */
JURAT_MUST_CHECK int measuring_snp_options(struct measuring *m, struct measure_snp *ret);
/* Lists of files, which struct measure_tdx borrows. */
struct measuring_lists {
	struct measure_bytes acpi_tables[CLI_MAX_VALUES], boot_entries[CLI_MAX_VALUES],
		efi_images[CLI_MAX_VALUES], loader_events[CLI_MAX_VALUES], authorities[CLI_MAX_VALUES],
		boot_order;
};
JURAT_MUST_CHECK int measuring_tdx_options(struct measuring *m, struct measuring_lists *lists,
					   struct measure_tdx *ret);

/* --policy and --policy-out. false after an error message. */
bool measuring_policy_options(const struct measuring *m);
/* Writes the policy that requires the results. CLI_OK, or another exit status after a message. */
JURAT_MUST_CHECK int measuring_policy(const struct measuring *m);

/* The two commands: they add results. CLI_OK, or another exit status after a message. */
JURAT_MUST_CHECK int measuring_snp(struct measuring *m);
JURAT_MUST_CHECK int measuring_tdx(struct measuring *m);

/* Whether the options of an ID block fit together: CLI_OK, or CLI_USAGE after a message. */
JURAT_MUST_CHECK int measuring_id_block_options(const struct measuring *m);
/* Makes or checks the ID block that states `digest`; does nothing without the options. As measuring_snp(). */
JURAT_MUST_CHECK int measuring_id_block(struct measuring *m, const uint8_t digest[MEASURE_DIGEST_BYTES]);

#endif
