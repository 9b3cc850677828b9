/* SPDX-License-Identifier: MIT */
#ifndef SIM_TSM_SEV_H
#define SIM_TSM_SEV_H

#include "sim/guest/sev_guest.h"
#include "sim/guest/tsm.h"

/*
 * The sev_guest provider of configfs-tsm: a report is one extended guest request with room for 16 KiB of
 * certificates. It runs at VMPL 0, where there is no SVSM: entries have no service_* and no manifestblob.
 *
 * Spec   Linux drivers/virt/coco/sev-guest/sev-guest.c, sev_report_new()
 */
struct sim_tsm_sev;

/*
 * Has the guest driver run a request (sim_sev_guest_start_request() and its steps) and then calls `done` with
 * its result, once: later, or from in here. < 0: it cannot, and `done` is not called.
 */
typedef int sim_tsm_sev_send_fn(void *ctx, struct sim_sev_request *request,
				void (*done)(void *done_ctx, int result), void *done_ctx);

/*
 * privlevel_floor is the driver's VMPCK. -ENOMEM. Free it after the tree is freed, or has another provider.
 */
JURAT_MUST_CHECK int sim_tsm_sev_new(uint32_t privlevel_floor, sim_tsm_sev_send_fn *send, void *ctx,
				     struct sim_tsm_sev **ret, struct jurat_error *err);
void sim_tsm_sev_free(struct sim_tsm_sev *sev);
/* For sim_tsm_register(), with the object as its ctx. */
const struct sim_tsm_provider *sim_tsm_sev_provider(const struct sim_tsm_sev *sev);

#endif
