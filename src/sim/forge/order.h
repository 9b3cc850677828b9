/* SPDX-License-Identifier: MIT */
#ifndef SIM_ORDER_H
#define SIM_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Evidence to order: a list of what is to be different about a software platform's evidence. An item is text,
 *
 *	PART.FIELD=VALUE            set before it is signed, so that every signature over it is good
 *	unsigned PART.FIELD=VALUE   set after it was signed
 *	damage PART[.FIELD][:BYTE]  one bit of it flips after it was signed, at the end of all else
 *	NAME                        a preset: several of these (sim_order_preset)
 *
 * in any order; of two that set the same field the later one counts. Numbers are decimal or 0x; bytes are
 * hex, one byte `xNN` fills the field; a time is RFC 3339, or `at`, `at-1s`, `at+30d` (s, m, h, d, y) from
 * the date of the evidence; flags are yes and no. The fields of reports, quotes and their parts are those of
 * src/wire/, by the same names.
 *
 * What an item names must exist: an unknown part, field or value is refused when it is added, and one that
 * was not used because the evidence has no such part when all is made (sim_order_unused).
 *
 * Threads   one thread per object
 */
struct sim_order;

enum sim_part {
	/* SEV-SNP */
	SIM_PART_GUEST,    /* launch values: policy, guest_svn, measurement, host_data, family_id, ... */
	SIM_PART_PLATFORM, /* of both TEEs: TCBs, platform_info, masks, csp_id; fmspc, pcesvn, ... */
	SIM_PART_REPORT,   /* fields of snp_report_layout, size, signed_by */
	SIM_PART_TABLE,    /* the certificate table: order, duplicates, encodings, left out */
	SIM_PART_VCEK,
	SIM_PART_VLEK,
	SIM_PART_ASK,
	SIM_PART_ASVK,
	SIM_PART_ARK,
	SIM_PART_CRL, /* AMD's, by the ARK */
	/* TDX */
	SIM_PART_TD, /* launch values: attributes, xfam, mrtd, mrconfigid, mrowner, mrownerconfig, rtmr0..3 */
	SIM_PART_QUOTE,     /* header and signature data */
	SIM_PART_BODY,      /* the TD report of the quote, by its layout */
	SIM_PART_QE_REPORT, /* fields of sgx_report_layout, signed_by */
	SIM_PART_PCK,
	SIM_PART_PCK_CA, /* the Platform CA */
	SIM_PART_ROOT,   /* Intel's root */
	SIM_PART_TCB_SIGNING,
	SIM_PART_PCK_CRL,
	SIM_PART_ROOT_CRL,
	SIM_PART_TCB_INFO,    /* JSON: a path of members, such as tcbLevels[0].tcbStatus="OutOfDate" */
	SIM_PART_QE_IDENTITY, /* the same */
	SIM_N_PARTS,
};

/* "guest", "pck_ca" ...: as items name it. */
const char *sim_part_name(enum sim_part part);
/* Whether evidence of this TEE has such a part. */
bool sim_part_of(enum sim_part part, bool tdx);

enum sim_edit_kind { SIM_EDIT_SET, SIM_EDIT_UNSIGNED, SIM_EDIT_DAMAGE };
struct sim_edit {
	enum sim_part part;
	enum sim_edit_kind kind;
	const char *field; /* "": the whole part (damage) */
	const char *value; /* NULL: damage */
	uint64_t byte;     /* damage: which byte of the field; UINT64_MAX: the last */
	bool used;
	struct sim_edit *next; /* in the order in which they were added */
};

/*
 * at        the date of the evidence, for times relative to it
 * Returns   0; -ENOMEM
 */
JURAT_MUST_CHECK int sim_order_new(int64_t at, struct sim_order **ret, struct jurat_error *err);
void sim_order_free(struct sim_order *order); /* accepts NULL */
int64_t sim_order_at(const struct sim_order *order);

/* 0; -EINVAL: no such preset, part, field or value: `err` names it and the nearest ones; -ENOMEM. */
JURAT_MUST_CHECK int sim_order_add(struct sim_order *order, const char *item, struct jurat_error *err);

/* The edits of one part, of one kind: NULL at the end. Whoever applies one sets `used`. */
struct sim_edit *sim_order_next(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind,
				const struct sim_edit *after);
/* The last of them that has this field; NULL: none. It and those before it are used now. */
const char *sim_order_value(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind,
			    const char *field);
bool sim_order_has(const struct sim_order *order, enum sim_part part);
/* The first part of the other TEE that the order changes; SIM_N_PARTS: none. */
enum sim_part sim_order_foreign(const struct sim_order *order, bool tdx);
/* The first edit that nothing has used, as text into `err`: -EINVAL; 0: there is none. */
JURAT_MUST_CHECK int sim_order_unused(const struct sim_order *order, struct jurat_error *err);

/* Values. -EINVAL: `err` says what was expected. */
JURAT_MUST_CHECK int sim_order_number(const char *text, uint64_t max, uint64_t *ret, struct jurat_error *err);
JURAT_MUST_CHECK int sim_order_flag(const char *text, bool *ret, struct jurat_error *err);
JURAT_MUST_CHECK int sim_order_time(const char *text, int64_t at, int64_t *ret, struct jurat_error *err);
/* Exactly n bytes; or at most `room` bytes of which *ret_size there are. */
JURAT_MUST_CHECK int sim_order_bytes(const char *text, uint8_t *to, size_t n, struct jurat_error *err);
JURAT_MUST_CHECK int sim_order_some_bytes(const char *text, uint8_t *to, size_t room, size_t *ret_size,
					  struct jurat_error *err);

/* What there is, for help and manual pages. */
struct sim_preset {
	const char *name, *what; /* "vcek-expired", one sentence */
	bool snp, tdx;
	const char *const *items; /* NULL at the end */
};
const struct sim_preset *sim_order_preset(size_t i); /* NULL: no more */
struct sim_field {
	enum sim_part part;
	const char *name, *value, *what; /* `value`: what is expected, such as "HEX (48 bytes)" */
};
const struct sim_field *sim_order_field(size_t i); /* those that no layout of src/wire/ has; NULL: no more */

#endif
