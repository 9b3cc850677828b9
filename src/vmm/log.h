/* SPDX-License-Identifier: MIT */
#ifndef VMM_LOG_H
#define VMM_LOG_H

/*
 * The log of libjurat-vmm.so: a file, or standard error. Each line is one write(2), which never waits and
 * raises no signal. The file is open only during that write. A line that cannot be written is lost. errno is
 * preserved.
 *
 * Threads   any; signals may be blocked
 */
enum vmm_log_cause {
	VMM_LOG_VMM,   /* what the VMM or the operator did */
	VMM_LOG_GUEST, /* what a guest can cause: a burst of lines, then one per minute */
};

/* NULL: standard error. `path` is borrowed until the process ends. */
void vmm_log_to(const char *path);
__attribute__((format(printf, 2, 3))) void vmm_log(enum vmm_log_cause cause, const char *format, ...);

enum { VMM_LOG_BURST = 60, VMM_LOG_REFILL_S = 60 };

#endif
