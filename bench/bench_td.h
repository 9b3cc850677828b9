/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_TD_H
#define BENCH_BENCH_TD_H

#include "base/error.h"
#include "jurat/guest.h"
#include "machine/td.h"

/* What the figures of TDX verification share: a platform whose TCB is up to date. */

/* A quote of its TD; `number` is the first byte of REPORTDATA. Freed with jurat_evidence_done(). */
JURAT_MUST_CHECK int bench_td_quote(struct base_env *env, uint8_t number, struct jurat_evidence *ret,
				    struct jurat_error *err);
/* Collateral of a day ago, good for a month. Freed with sim_collateral_done(). */
JURAT_MUST_CHECK int bench_td_collateral(struct machine_td *machine, uint32_t evaluation,
					 struct sim_collateral *ret, struct jurat_error *err);

#endif
