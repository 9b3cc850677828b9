/* SPDX-License-Identifier: MIT */
#ifndef SIM_ORDER_SNP_H
#define SIM_ORDER_SNP_H

#include "sim/forge/order_internal.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"

/* Names of SEV-SNP in orders. */

/*
 * The place in a report that a field of `guest` or `platform`, or `for_tcb`, says: by the same name, but for
 * "tcb" (reported_tcb), "hwid" (chip_id), "mask_chip_key" and "author_key_en" (bits of key_info), and
 * "for_tcb" (reported_tcb). 0; -EINVAL.
 */
JURAT_MUST_CHECK int order_snp_place(const struct sim_edit *edit, struct order_place *ret,
				     struct jurat_error *err);
/* Whether a field is `name`, or is inside it: "tcb.snp" is "tcb". */
bool order_is_field(const char *field, const char *name);
/* Whether a field of `platform` is SEV-SNP's. */
bool order_is_snp_platform(const char *field);

/*
 * Words for a number of a report's signature: `order` (of the curve), `plus-order` (the number and the
 * order), `negative` (the order without the number, which verifies as well), `big-endian`.
 */
bool order_is_signature_word(const struct sim_edit *edit);
/* Sets it; -EINVAL. */
JURAT_MUST_CHECK int order_set_signature(const struct sim_edit *edit, uint8_t *report,
					 struct jurat_error *err);

/* "vcek", "vlek", "other", "none". */
extern const char *const order_snp_signers[];
/* TCBs by name, for `for_tcb`: "reported", "current", "committed". */
extern const char *const order_snp_tcbs[];

/*
 * An entry of a certificate table, KIND[:CONTENT]: its GUID, and what it has. KIND is vcek, vlek, ask, asvk,
 * ark, crl, a GUID, `unknown` (a GUID without a meaning) or `zero`. CONTENT is vcek, vlek, ask, asvk, ark or
 * crl, with "Genoa/" or another product in front for that product's; `text`, no certificate; or `empty`.
 * Without it, what KIND says, which may have a product in front, too; of a GUID and `unknown`, `text`.
 */
enum order_content {
	ORDER_CONTENT_VCEK,
	ORDER_CONTENT_VLEK,
	ORDER_CONTENT_ASK,
	ORDER_CONTENT_ASVK,
	ORDER_CONTENT_ARK,
	ORDER_CONTENT_CRL,
	ORDER_CONTENT_TEXT,
	ORDER_CONTENT_EMPTY,
};
struct order_entry {
	uint8_t guid[SNP_CERTS_GUID_BYTES];
	enum order_content content;
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN: the platform's */
};
enum { ORDER_TABLE_MAX_ENTRIES = 80, ORDER_TABLE_MAX_BYTES = 0x20000 };
/* Reads the entry in front and moves *list behind it and its comma: false at the end. -EINVAL in *ret_r. */
bool order_entry_next(const char **list, struct order_entry *ret, int *ret_r, struct jurat_error *err);

/* Kinds of a list, "vcek,ask" or "all", as bits 1 << kind. 0; -EINVAL. */
JURAT_MUST_CHECK int order_kinds(const char *list, unsigned *ret, struct jurat_error *err);
/* An item of the table. 0; -EINVAL */
int order_check_table(const struct sim_edit *edit, struct jurat_error *err);
/* "offset.2" and "length.2": the entry's number. 0; -EINVAL. */
JURAT_MUST_CHECK int order_table_index(const char *field, unsigned *ret, struct jurat_error *err);

#endif
