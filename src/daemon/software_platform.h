/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SOFTWARE_PLATFORM_H
#define DAEMON_SOFTWARE_PLATFORM_H

#include "endorse/value.h"
#include "sim/forge/order.h"

/*
 * AMD's KDS and Intel's PCS of a software platform: every item of every product below the test roots of a
 * seed. The KDS knows the chip that the seed names and `n_chips` more, as `jurat run --seed SEED/1` and so
 * on have; Intel's service knows the platform's FMSPC.
 *
 * Threads   any: calls take turns
 */
struct software_platform;

/*
 * order    what is different about certificates, CRLs and documents: borrowed for its life; NULL: nothing
 * Returns  0; -EINVAL a seed without a world; -ENOMEM
 */
JURAT_MUST_CHECK int software_platform_new(const char *seed, unsigned n_chips, struct sim_order *order,
					   struct software_platform **ret, struct jurat_error *err);
void software_platform_free(struct software_platform *p);

/*
 * now          seconds since 1970: documents are those of its day
 * ret_expires  when the services have the next issue of it
 * Returns      0; JURAT_NOT_FOUND no such chip, FMSPC or TCB recovery; -ESTALE a TCB recovery that is no
 *              longer published (410); -EINVAL a TCB that the product cannot have; -ENOMEM
 */
JURAT_MUST_CHECK int software_platform_get(struct software_platform *p, const struct endorse_item *item,
					   int64_t now, struct endorse_value *ret, int64_t *ret_expires,
					   struct jurat_error *err);
/* Makes it that of a chip which nobody has, for faults. */
void software_platform_other_chip(struct software_platform *p, struct endorse_item *item);
/*
 * JSON: {"chips":[{"product":"Milan","hwid":"...","seed":"jurat"},...]}, for each product the platform's own
 * chip first. Heap text that the caller frees. 0; -ENOMEM
 */
JURAT_MUST_CHECK int software_platform_chips(struct software_platform *p, char **ret, size_t *ret_size,
					     struct jurat_error *err);

#endif
