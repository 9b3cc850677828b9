/* SPDX-License-Identifier: MIT */
#ifndef UPDATE_PLAN_H
#define UPDATE_PLAN_H

#include "base/error.h"
#include "wire/sev_uapi.h"
#include "wire/snp_product.h"

/*
 * What an operator asks for, and what the firmware will sign with after it. Pure: the certificates are chosen
 * by what this foresees, before the command that makes it true.
 */
enum update_kind {
	UPDATE_REFRESH,    /* no command: new certificates for what the firmware signs with now */
	UPDATE_RECOVER,    /* the same after an interrupted update: of what it left, if that fits */
	UPDATE_COMMIT,     /* SNP_COMMIT */
	UPDATE_SET_CONFIG, /* SNP_SET_CONFIG */
	UPDATE_LOAD_VLEK,  /* SNP_VLEK_LOAD */
};

struct update_request { /* zero is the default of every member but `kind` */
	enum update_kind kind;
	/* SET_CONFIG: the TCB to report, or the committed one and no masks; neither: the TCB stays. */
	bool has_tcb, reset;
	uint64_t tcb;
	unsigned tcb_parts;          /* in place of `tcb`: bits 1 << SNP_TCB_*, the components that change */
	struct snp_tcb part;         /* to these */
	uint32_t masks, mask_values; /* SNP_STATUS_MASK_*: which to change, and to what */
	const uint8_t *hashstick;    /* LOAD_VLEK: untrusted, borrowed */
	size_t hashstick_size;
	/*
	 * Certificate of the VLEK that is or will be loaded, DER or PEM: untrusted, borrowed. NULL: that of
	 * the present table, or of one that an interrupted update left.
	 */
	const uint8_t *vlek;
	size_t vlek_size;
	bool has_committed; /* the committed TCB is known: SNP_PLATFORM_STATUS does not have it */
	uint64_t committed;
};

/* What decides the key that signs reports, and what they say about the chip. */
struct update_signing {
	uint64_t current_tcb, reported_tcb;
	uint32_t flags; /* SNP_STATUS_MASK_CHIP_ID, _MASK_CHIP_KEY, _VLEK_EN */
};

enum { UPDATE_MAX_NOTES = 6, UPDATE_NOTE_BYTES = 288, UPDATE_TCB_BYTES = 96 };
struct update_plan {
	enum update_kind kind;
	enum snp_product product;
	uint8_t chip_id[64]; /* zeros after the HWID */
	struct update_signing before, after;
	bool assumed;             /* `after` has the committed TCB, which is not known */
	struct snp_config config; /* SET_CONFIG */
	char notes[UPDATE_MAX_NOTES][UPDATE_NOTE_BYTES]; /* what an operator should know */
	unsigned n_notes;
};

struct update_signing update_signing_of(const struct snp_platform_status *status);
bool update_signing_equal(const struct update_signing *a, const struct update_signing *b);
/* "VCEK of boot_loader 4, ... (0xdb18000000000004)". Returns `to`. */
enum { UPDATE_SIGNING_BYTES = 256 };
char *update_signing_format(enum snp_product product, const struct update_signing *signing,
			    char to[UPDATE_SIGNING_BYTES]);
/* "0xdb18000000000004 (boot_loader 4, ...)". Returns `to`. */
char *update_tcb_format(enum snp_product product, uint64_t tcb, char to[UPDATE_TCB_BYTES]);

/*
 * hwid      of this chip, as GET_ID2 returns it
 * Returns   0; JURAT_REFUSED the firmware would refuse the command, or its result would not be what was asked
 *           for: `err` says why; -ENODEV SNP is not initialised; -EINVAL the product does not have these TCBs
 */
JURAT_MUST_CHECK int update_plan_make(enum snp_product product, const uint8_t hwid[64],
				      const struct snp_platform_status *now,
				      const struct update_request *request, struct update_plan *ret,
				      struct jurat_error *err);

/* "SNP_COMMIT"; NULL: no command */
const char *update_command_name(enum update_kind kind);

#endif
