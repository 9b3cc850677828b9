/* SPDX-License-Identifier: MIT */
#ifndef SIM_LINUX_H
#define SIM_LINUX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where the Linux releases that are simulated differ, in guest drivers and in KVM: all of it is in this
 * table, one row for each difference, and code asks for the member of that name. What every release does is
 * not here. Each release was run beside the simulation: 6.12.117; for 7.3, KVM of 7.2.13 and the rest of
 * 7.3.4. Releases between them were not.
 *
 * Where the guest is an SEV-SNP or TDX one, its kernel and the host's are of the same release.
 * KVM_EXIT_SNP_REQ_CERTS is there in both, although Linux has it since 7.0 only, and so is TDX in KVM (6.16):
 * without them there would be nothing to test.
 */
/* clang-format off */
#define SIM_LINUX_TABLE(ROW) \
	/*
	 * KVM: a VMGEXIT with a GHCB that is not the registered one. 6.12: KVM_RUN fails with -EINVAL. 7.2:
	 * the guest gets NOT_REGISTERED (sw_exit_info_1 = 2, sw_exit_info_2 = 1) and goes on.
	 * Source: Linux, "KVM: SEV: Don't terminate SNP VMs on #VMGEXIT without a registered GHCB", May
	 * 2026; arch/x86/kvm/svm/sev.c, sev_handle_vmgexit()
	 */ \
	ROW(bool, kvm_answers_unregistered_ghcb, false, true) \
	/*
	 * KVM: request and response page not aligned, or the same. 6.12: MISSING_INPUT (4). 7.2:
	 * INVALID_INPUT (5).
	 * Source: Linux arch/x86/kvm/svm/sev.c, sev_es_validate_vmgexit()
	 */ \
	ROW(bool, kvm_refuses_pages_as_invalid, false, true) \
	/*
	 * sev-guest: a wiped key. 6.12: -ENOTTY before anything but the 32 bytes and their version is looked
	 * at, and nothing is copied back. 7.3: only where the message would be sealed, so that bad arguments
	 * have their own errno and exitinfo2 0xff, as has an unknown ioctl.
	 * Source: Linux commit ae596615d93d (6.13); arch/x86/coco/sev/core.c, snp_send_guest_request()
	 */ \
	ROW(bool, sev_checks_key_first, true, false) \
	/*
	 * sev-guest: a message that is not sent after all (sequence numbers used up, the key wiped). 6.12:
	 * exitinfo2 is 0xff. 7.3: it is left as it was: exitinfo2 is taken from a request that has none yet.
	 * Source: Linux commit 3e385c0d6ce8 (6.14); drivers/virt/coco/sev-guest/sev-guest.c, get_report()
	 */ \
	ROW(bool, sev_presets_exitinfo2_of_unsent, true, false) \
	/*
	 * sev-guest: RAX of an extended request for no certificates. 6.12: the address of the pages all the
	 * same. 7.3: 0.
	 * Source: Linux commit 3e385c0d6ce8 (6.14); arch/x86/coco/sev/core.c, snp_send_guest_request()
	 */ \
	ROW(bool, sev_names_certs_pages_always, true, false) \
	/*
	 * sev-guest: the pages for certificates. 6.12: shared while the driver is loaded. 7.3: allocated and
	 * shared for each request that wants certificates, and private again afterwards.
	 * Source: Linux commit 3e385c0d6ce8 (6.14); drivers/virt/coco/sev-guest/sev-guest.c,
	 * get_ext_report()
	 */ \
	ROW(bool, sev_shares_certs_per_request, false, true) \
	/*
	 * tdx-guest: the shared buffer before a quote. 6.12: a TDREPORT is made first; when it fails the
	 * buffer keeps the previous quote. 7.3: the buffer is cleared and its header written, then the
	 * TDREPORT made; when it fails the buffer is cleared again.
	 * Source: Linux drivers/virt/coco/tdx-guest/tdx-guest.c, tdx_report_new_locked()
	 */ \
	ROW(bool, tdx_clears_buffer_first, false, true) \
	/*
	 * tdx-guest: a status of the VMM that is an error (K2). 6.12: the bytes in the buffer are the quote
	 * nevertheless. 7.3: -EIO.
	 * Source: Linux merge a9ecc46df187 (7.0); drivers/virt/coco/tdx-guest/tdx-guest.c
	 */ \
	ROW(bool, tdx_ignores_status, true, false) \
	/*
	 * tdx-guest: a TDCALL that fails. 6.12: -EINVAL for an operand that the module refuses, -EIO for a
	 * busy one. 7.3: -ENXIO, -EBUSY.
	 * Source: Linux arch/x86/coco/tdx/tdx.c, tdx_mcall_get_report0()
	 */ \
	ROW(bool, tdx_has_old_tdcall_errors, true, false) \
	/*
	 * tdx-guest: the size of its buffer: 8 KiB, and 128 KiB.
	 * Source: Linux commit 43185067c6fd (7.0)
	 */ \
	ROW(uint32_t, tdx_buffer_bytes, 8 * 1024, 128 * 1024) \
	/*
	 * configfs-tsm: the largest outblob: 32 KiB, and 16 MiB.
	 * Source: Linux commit 9342bf3d670b (7.0)
	 */ \
	ROW(uint32_t, tsm_outblob_max, 32 * 1024, 16 * 1024 * 1024)
/* clang-format on */

struct sim_linux {
	const char *release; /* "6.12", "7.3" */
#define SIM_LINUX_MEMBER(type, name, in_6_12, in_7_3) type name;
	SIM_LINUX_TABLE(SIM_LINUX_MEMBER)
#undef SIM_LINUX_MEMBER
};

extern const struct sim_linux sim_linux_6_12, sim_linux_7_3;

/* By its release; NULL: the newest. NULL is returned for a release that is not simulated. */
const struct sim_linux *sim_linux_find(const char *release);
/* NULL: the newest. */
const struct sim_linux *sim_linux_or_newest(const struct sim_linux *release);

#endif
