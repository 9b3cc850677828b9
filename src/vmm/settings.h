/* SPDX-License-Identifier: MIT */
#ifndef VMM_SETTINGS_H
#define VMM_SETTINGS_H

/* Environment variables of libjurat-vmm.so, which `jurat vmm` sets from its options. */
#define VMM_ENV_CERTS           "JURAT_VMM_CERTS"
#define VMM_ENV_QUOTING_SERVICE "JURAT_VMM_QUOTING_SERVICE"
#define VMM_ENV_GRACE_MS        "JURAT_VMM_GRACE_MS"
#define VMM_ENV_LOCK_WAIT_MS    "JURAT_VMM_LOCK_WAIT_MS"
#define VMM_ENV_LOG             "JURAT_VMM_LOG"
#define VMM_ENV_DEFER           "JURAT_VMM_DEFER"

#endif
