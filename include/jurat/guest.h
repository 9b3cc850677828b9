/* SPDX-License-Identifier: MIT */
#ifndef JURAT_GUEST_H
#define JURAT_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>
#include <jurat/tee.h>

/*
 * For programs inside a confidential VM: evidence from the TEE that they run in, through configfs-tsm or the
 * device, whichever works. An empty report is never a success. What the host has influence on, its
 * certificates above all, is bounded in size and otherwise untrusted: verify it.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_guest; /* an open connection to the TEE */

/* Where reports come from. */
enum jurat_via {
	JURAT_VIA_AUTO = 0,
	JURAT_VIA_CONFIGFS = 1, /* configfs-tsm */
	JURAT_VIA_IOCTL = 2,    /* the device */
};

struct jurat_guest_options {
	size_t size; /* sizeof(struct jurat_guest_options) */
	enum jurat_tee tee;
	enum jurat_via via;
	/*
	 * NULL: /dev/sev-guest or /dev/tdx_guest. A path with JURAT_TEE_AUTO is the device of the TEE that
	 * configfs names, else of SEV-SNP.
	 */
	const char *device;
	const char *configfs; /* NULL: /sys/kernel/config/tsm/report */
	/*
	 * TDX without configfs: the service that makes a quote of the device's TDREPORT, "vsock:2:4050",
	 * "unix:PATH" or "tcp:127.0.0.1:PORT". NULL: vsock:2:PORT when /etc/tdx-attest.conf names a port,
	 * otherwise the quote ioctls of the device, which no released Linux has.
	 */
	const char *quoting_service;
	const char *measurements; /* TDX; NULL: /sys/class/misc/tdx_guest/measurements */
};

/*
 * Opens the TEE that this program runs in.
 *
 * JURAT_VIA_AUTO takes configfs-tsm when its provider is sev_guest or tdx_guest, and beside it the device
 * when that can be opened, for what only the device can do (derived keys, key_sel); otherwise the device
 * alone. When a quote from configfs-tsm ends with EIO, it asks the quoting service, where one is named.
 *
 * options   borrowed; NULL: defaults
 * ret       closed by the caller with jurat_guest_close, which accepts NULL
 * Returns   0; -ENODEV no TEE found, or not the one that was asked for: `err` says what was tried; -EACCES no
 *           permission; -EINVAL an invalid size or value in the options; -E2BIG the options are of a newer
 *           release; -ENOMEM
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_guest_open(const struct jurat_guest_options *options, struct jurat_guest **ret,
				      struct jurat_error *err);
void jurat_guest_close(struct jurat_guest *guest);

/*
 * What jurat_guest_open() has found.
 *
 * Returns   tee: the TEE. via: where its reports come from. Neither is ever JURAT_TEE_AUTO or JURAT_VIA_AUTO
 * Threads   one thread per handle
 * Since     0.1
 */
enum jurat_tee jurat_guest_tee(const struct jurat_guest *guest);
enum jurat_via jurat_guest_via(const struct jurat_guest *guest);

struct jurat_guest_report_options {
	size_t size; /* sizeof(struct jurat_guest_report_options) */
	/*
	 * SEV-SNP: 1 asks for the VMPL of the next member. 0: the lowest that this guest may ask for.
	 * configfs names it (privlevel_floor); over the device, which does not, VMPL 0 is asked for and then
	 * 1 to 3, as long as the firmware answers INVALID_PARAM. A `vmpl` without has_vmpl is an error.
	 */
	int has_vmpl;
	uint32_t vmpl;    /* 0 to 3 */
	uint32_t key_sel; /* SEV-SNP: 0 VLEK if the host has one, else VCEK; 1 VCEK; 2 VLEK (device only) */
	int no_certificates; /* 1: do not ask the host for certificates */
};

/* What the TEE has answered. */
struct jurat_evidence {
	size_t size;     /* sizeof(struct jurat_evidence) */
	uint8_t *report; /* SEV-SNP: 1184 bytes; TDX: a quote, with the zeros that may follow it; untrusted */
	size_t report_size;
	/*
	 * SEV-SNP: the host's certificate table, untrusted, cut to the size that it really has; NULL when the
	 * host has none. A malformed table is here as it came, so that whoever reads it can say what is
	 * wrong: the report is good.
	 */
	uint8_t *certs;
	size_t certs_size;
};

/*
 * Fetches a report over `report_data`, and with it the certificates of the same reply; on TDX a quote.
 *
 * Retries by itself what is safe to retry, and a bounded number of times: a larger certificate buffer, a
 * changed generation, a busy configfs entry.
 *
 * report_data  exactly 64 bytes
 * options      borrowed; NULL: defaults. TDX has no vmpl, key_sel or certificates: -EOPNOTSUPP for the first
 *              two
 * ret          its size set by the caller, the rest zero; what is in it afterwards is the caller's, who frees
 *              it with jurat_evidence_done. Changes on success only
 * Returns      0; -EBUSY the configfs entry stayed busy or kept changing; -EINVAL the firmware refuses these
 *              inputs (a VMPL below the guest's, a key it does not have), or an invalid size or value; -E2BIG
 *              a struct is of a newer release; -EMSGSIZE the host's certificates are larger than this can
 *              take: `no_certificates` helps; -ETIMEDOUT the host was busy for a minute, and the driver has
 *              given up its key; -EIO, -EBADMSG, -ENOTTY, ... as the kernel says: `err` names the ioctl or
 *              file, firmware status and VMM error; -EPROTO the answer is not a report, or not over this
 *              report_data; -EOPNOTSUPP the option needs the device (key_sel), or is not TDX's; -ENOMEM
 * Threads      one thread per handle
 * Since        0.1    Spec  SEV-SNP firmware ABI, MSG_REPORT_REQ; Linux
 *              Documentation/ABI/testing/configfs-tsm-report
 */
JURAT_MUST_CHECK int jurat_guest_report(struct jurat_guest *guest, const uint8_t report_data[64],
					const struct jurat_guest_report_options *options,
					struct jurat_evidence *ret, struct jurat_error *err);

/*
 * Frees what is in the evidence and zeroes it, but for its size, so that it can be filled in again.
 *
 * evidence  NULL, zeroed, or filled in by jurat_guest_report; the struct itself stays the caller's
 * Threads   any thread
 * Since     0.1
 */
void jurat_evidence_done(struct jurat_evidence *evidence);

enum jurat_snp_key_root { JURAT_SNP_KEY_ROOT_VCEK = 0, JURAT_SNP_KEY_ROOT_VMRK = 1 };

/* What is mixed into a derived key. Spec: SEV-SNP firmware ABI, GUEST_FIELD_SELECT */
enum jurat_snp_key_fields {
	JURAT_SNP_KEY_POLICY = 1 << 0,
	JURAT_SNP_KEY_IMAGE_ID = 1 << 1,
	JURAT_SNP_KEY_FAMILY_ID = 1 << 2,
	JURAT_SNP_KEY_MEASUREMENT = 1 << 3,
	JURAT_SNP_KEY_GUEST_SVN = 1 << 4,
	JURAT_SNP_KEY_TCB_VERSION = 1 << 5,
};

struct jurat_snp_key_options {
	size_t size;          /* sizeof(struct jurat_snp_key_options) */
	uint64_t fields;      /* of enum jurat_snp_key_fields */
	uint64_t tcb_version; /* as JURAT_SNP_KEY_TCB_VERSION mixes it in */
	enum jurat_snp_key_root root;
	int has_vmpl;       /* as in struct jurat_guest_report_options; the VMPL is mixed into the key */
	uint32_t vmpl;      /* 0 to 3 */
	uint32_t guest_svn; /* as JURAT_SNP_KEY_GUEST_SVN mixes it in */
};

/*
 * Asks the firmware for a key of this guest alone: the same inputs give the same key. SEV-SNP, through the
 * device.
 *
 * options   borrowed; NULL: defaults, which are the root VCEK and no fields
 * ret       exactly 32 bytes, secret: wipe them after use. Changes on success only
 * Returns   0; -EOPNOTSUPP not over configfs, not on TDX; otherwise as jurat_guest_report
 * Threads   one thread per handle
 * Since     0.1    Spec  SEV-SNP firmware ABI, MSG_KEY_REQ
 */
JURAT_MUST_CHECK int jurat_guest_snp_derive_key(struct jurat_guest *guest,
						const struct jurat_snp_key_options *options, uint8_t ret[32],
						struct jurat_error *err);

/*
 * Reads a run-time measurement register of the TD, through sysfs or, on kernels without it, out of a
 * TDREPORT.
 *
 * index     0 to 3
 * ret       exactly 48 bytes, SHA-384. Changes on success only
 * Returns   0; -EINVAL no such register; -EOPNOTSUPP on SEV-SNP, or the kernel cannot; -EPROTO an answer of
 *           another size; another -errno of the kernel
 * Threads   one thread per handle
 * Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
 */
JURAT_MUST_CHECK int jurat_guest_tdx_rtmr_read(struct jurat_guest *guest, unsigned index, uint8_t ret[48],
					       struct jurat_error *err);

/*
 * Extends a run-time measurement register of the TD: RTMR = SHA-384(RTMR, digest). Only a reboot undoes it.
 *
 * index     0 to 3. Firmware extends 0 and 1, and kernels may deny programs these two
 * digest    exactly 48 bytes
 * Returns   as jurat_guest_tdx_rtmr_read. After a failure the register may have been extended: read it
 * Threads   one thread per handle
 * Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
 */
JURAT_MUST_CHECK int jurat_guest_tdx_rtmr_extend(struct jurat_guest *guest, unsigned index,
						 const uint8_t digest[48], struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
