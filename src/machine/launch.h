/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_LAUNCH_H
#define MACHINE_LAUNCH_H

#include "measure/event_log_write.h"
#include "measure/tdx.h"
#include "sim/psp/psp.h"
#include "sim/tdx/tdx_module.h"

/*
 * How a VMM launches a guest from files. measure/ says which pages those files become and what the guest's
 * firmware logs; the AMD-SP and the TDX module of sim/ digest the pages, and RTMRs are extended in the TD.
 */

/*
 * SNP_LAUNCH_UPDATE of every page, into launch->measurement. `what` has no step, page or closure.
 *
 * Returns   as measure_snp()
 */
JURAT_MUST_CHECK int machine_launch_snp(const struct measure_snp *what, struct sim_launch *launch,
					struct jurat_error *err);
/*
 * SNP_LAUNCH_FINISH with an ID block, after machine_launch_snp(). There is an author key if the
 * authentication information names its algorithm.
 *
 * Returns   0; -EBADMSG a file of another size; -ECANCELED the AMD-SP refuses it: `err` says why; -ENOMEM
 */
JURAT_MUST_CHECK int machine_launch_identify(const struct measure_bytes *id_block,
					     const struct measure_bytes *id_auth, struct sim_launch *launch,
					     struct jurat_error *err);

/* What a TD is built from, and the log of its boot. */
struct machine_td_boot;

/*
 * what      has no build, event or closure. NULL: no files, an MRTD of 6d6d..., and the log of a firmware
 *           without Secure Boot that starts no program
 * Returns   0; as measure_tdx(); -ENOSPC the events do not fit the log
 */
JURAT_MUST_CHECK int machine_td_boot_new(const struct measure_tdx *what, struct machine_td_boot **ret,
					 struct jurat_error *err);
void machine_td_boot_free(struct machine_td_boot *boot);
/* The MRTD, for a TD that is launched from it. */
void machine_td_boot_params(const struct machine_td_boot *boot, struct sim_td_params *params);
/*
 * The firmware and kernel of the TD: extends RTMRs event by event, and writes the log of
 * MEASURE_LOG_AREA_BYTES to memory of the TD.
 *
 * Returns   0; -EIO the module refused, or there is no such memory
 */
JURAT_MUST_CHECK int machine_td_boot_run(const struct machine_td_boot *boot, struct sim_td *td,
					 uint64_t log_gpa);

#endif
