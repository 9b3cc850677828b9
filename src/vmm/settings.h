/* SPDX-License-Identifier: MIT */
#ifndef VMM_SETTINGS_H
#define VMM_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Environment variables of libjurat-vmm.so, which `jurat vmm` sets from its options. Paths are absolute: a
 * VMM may change its directory before the library opens them.
 */
#define VMM_ENV_CERTS           "JURAT_VMM_CERTS"           /* not set: the VMM gets KVM_EXIT_SNP_REQ_CERTS */
#define VMM_ENV_QUOTING_SERVICE "JURAT_VMM_QUOTING_SERVICE" /* not set: the VMM gets KVM_EXIT_TDX */
#define VMM_ENV_GRACE_MS        "JURAT_VMM_GRACE_MS"        /* 0: GetQuote never waits */
#define VMM_ENV_LOCK_WAIT_MS    "JURAT_VMM_LOCK_WAIT_MS"
#define VMM_ENV_LOG             "JURAT_VMM_LOG"   /* a file; not set: standard error */
#define VMM_ENV_DEFER           "JURAT_VMM_DEFER" /* 1 or 0 */
/* Environment variables of libjurat-vmm-check.so, which `jurat run --vmm` sets. */
#define VMM_ENV_CHECK   "JURAT_VMM_CHECK"   /* address of the supervisor; not set: no exits are made */
#define VMM_ENV_OWN_KVM "JURAT_VMM_OWN_KVM" /* 1: never the machine's KVM */

/* The longest times that a vCPU may wait in one exit. */
enum { VMM_GRACE_MAX_MS = 10000, VMM_LOCK_WAIT_MAX_MS = 10000 };

/* NULL: not set. */
struct vmm_settings {
	char *certs, *quoting_service, *log;
	uint32_t grace_ms, lock_wait_ms; /* as <jurat/host.h> takes them, where 0 is the default */
	bool defer;
};

/*
 * Reads the environment of this process.
 *
 * Returns   0; -EINVAL an invalid or empty value, or an unknown variable whose name begins with JURAT_VMM_:
 *           a misspelt name must not lead to a default; -ENOMEM. On failure, *ret has only `log`, if that is
 *           valid
 */
JURAT_MUST_CHECK int vmm_settings_read(struct vmm_settings *ret, struct jurat_error *err);
void vmm_settings_done(struct vmm_settings *settings);

#endif
