/* SPDX-License-Identifier: MIT */
#ifndef SIM_TSM_TDX_H
#define SIM_TSM_TDX_H

#include "sim/guest/tdx_guest.h"
#include "sim/guest/tsm.h"

/*
 * The tdx_guest provider of configfs-tsm: a report is one quote. Entries have inblob, outblob, provider and
 * generation; there are no privilege levels, services or certificates.
 *
 * Spec   Linux drivers/virt/coco/tdx-guest/tdx-guest.c, tdx_report_new()
 */
struct sim_tsm_tdx;

/*
 * Has the guest driver make a quote (sim_tdx_guest_start_quote() and its steps) and then calls `done` with
 * its result, once: later, or from in here. < 0: it cannot, and `done` is not called.
 */
typedef int sim_tsm_tdx_send_fn(void *ctx, struct sim_tdx_quote_request *request,
				void (*done)(void *done_ctx, int result), void *done_ctx);

/*
 * outblob_max: sim_linux's tsm_outblob_max. -ENOMEM. Free it after
 * the tree is freed, or has another provider.
 */
JURAT_MUST_CHECK int sim_tsm_tdx_new(size_t outblob_max, sim_tsm_tdx_send_fn *send, void *ctx,
				     struct sim_tsm_tdx **ret, struct jurat_error *err);
void sim_tsm_tdx_free(struct sim_tsm_tdx *tdx);
/* For sim_tsm_register(), with the object as its ctx. */
const struct sim_tsm_provider *sim_tsm_tdx_provider(const struct sim_tsm_tdx *tdx);

#endif
