/* SPDX-License-Identifier: MIT */
#ifndef SIM_ORDER_INTERNAL_H
#define SIM_ORDER_INTERNAL_H

#include "sim/forge/order.h"
#include "wire/layout.h"
#include "wire/snp_product.h"

/* Shared by the files of this folder. */

/* The names that are nearest to one that there is not, for messages. */
enum { ORDER_N_NEAR = 3, ORDER_NAME_BYTES = 64 };
struct order_near {
	const char *unknown;
	unsigned n;
	unsigned distance[ORDER_N_NEAR];
	char names[ORDER_N_NEAR][ORDER_NAME_BYTES];
};
struct order_near order_near(const char *unknown);
void order_near_add(struct order_near *near, const char *name);
/* "no field 'polcy' of report; nearest: policy, ...". Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int order_near_fail(const struct order_near *near,
							  struct jurat_error *err, const char *format, ...);

/* Whether an item is one of its part: 0; -EINVAL. x509: parts that are certificates or CRLs. */
int order_check_snp(const struct sim_edit *edit, int64_t at, struct jurat_error *err);
int order_check_tdx(const struct sim_edit *edit, int64_t at, struct jurat_error *err);
int order_check_x509(const struct sim_edit *edit, int64_t at, struct jurat_error *err);
/* The check of an item of any part. */
int order_check(const struct sim_edit *edit, int64_t at, struct jurat_error *err);

/* What the hooks of certificates have seen and need later; the order keeps it. */
struct sim_psp;
struct crypto_p256_signer;
struct order_seen {
	const struct sim_psp *psp;            /* NULL: none */
	bool has_pck;                         /* a PCK certificate was made, with */
	const struct crypto_p256_signer *pck; /* its key; NULL: not known */
	uint8_t pck_serial[20];
};
struct order_seen *order_seen(struct sim_order *order);

/* Names that are in these tables end with a NULL name. */
extern const struct sim_preset order_presets_snp[], order_presets_tdx[];
extern const struct sim_field order_fields_snp[], order_fields_tdx[], order_fields_x509[];

/* "yes|no|..." as fields take them: which of `choices`, whose end is NULL. -EINVAL. */
int order_choice(const char *text, const char *const *choices, unsigned *ret, struct jurat_error *err);

/*
 * A place in a structure of src/wire/, by name: a field ("policy"), one bit of it by its name
 * ("policy.DEBUG", "policy.bit-63"; capitals or not), a component of a TCB_VERSION ("reported_tcb.snp"), a
 * number inside a bit field ("policy.abi_major", "key_info.signing_key"), or one byte of a field that is
 * bytes ("chip_id[63]"). Numbers are values, or a distance from what is there: "+1", "-1".
 *
 * find      0; -EINVAL: `err` names the nearest
 * check     whether `value` is one of the place. 0; -EINVAL
 * set       writes it into the structure's bytes. -EINVAL also a component that the product does not have,
 *           or a distance beyond the smallest or largest value
 */
struct order_place {
	const struct wire_field *field;
	size_t off, n;  /* bytes of the structure */
	unsigned shift; /* bits, from the lowest one of a number */
	unsigned width; /* 0: the place is bytes */
	bool flag;
	unsigned component; /* of a TCB: SNP_TCB_...; SNP_TCB_COMPONENTS: no component */
};
JURAT_MUST_CHECK int order_place_find(const struct wire_layout *layout, const char *name,
				      struct order_place *ret, struct jurat_error *err);
JURAT_MUST_CHECK int order_place_check(const struct order_place *place, const char *value,
				       struct jurat_error *err);
JURAT_MUST_CHECK int order_place_set(const struct order_place *place, enum snp_product product,
				     const char *value, uint8_t *bytes, struct jurat_error *err);
/* The same for a number that is not in a structure yet. */
JURAT_MUST_CHECK int order_number_change(const char *value, uint64_t max, uint64_t *number,
					 struct jurat_error *err);
JURAT_MUST_CHECK int order_number_check(const char *value, uint64_t max, struct jurat_error *err);

/* Flips the lowest bit of byte `byte` (UINT64_MAX: the last) of n. -EINVAL: there is no such byte. */
JURAT_MUST_CHECK int order_flip(uint8_t *bytes, size_t n, uint64_t byte, struct jurat_error *err);

/* The first failure that order_failed() was left: -EINVAL; 0: none. */
JURAT_MUST_CHECK int order_failure(const struct sim_order *order, struct jurat_error *err);
/*
 * What a hook that can only say that it failed leaves for sim_order_unused(): the first such text is kept.
 * Returns `r`.
 */
int order_failed(struct sim_order *order, int r, const struct sim_edit *edit, const struct jurat_error *err);

#endif
