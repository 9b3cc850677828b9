/* SPDX-License-Identifier: MIT */
#ifndef JURAT_GUEST_H
#define JURAT_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>
#include <jurat/tee.h>

/*
 * For programs inside a confidential VM: fetches evidence from the TEE that they run in, through configfs-tsm
 * or the device, whichever works. An empty report is never a success. Data that the host controls, above all
 * its certificates, is bounded in size but otherwise untrusted: verify it.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_guest; /* an open TEE: its device, configfs-tsm, or both */

/* The kernel interface that reports come from. */
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
	 * NULL: /dev/sev-guest or /dev/tdx_guest. With JURAT_TEE_AUTO, a path is taken as the device of the
	 * TEE that the configfs-tsm provider names, or of SEV-SNP when there is none.
	 */
	const char *device;
	const char *configfs; /* NULL: /sys/kernel/config/tsm/report */
	/*
	 * TDX: the quoting service (QGS) that converts a TDREPORT from the device to a quote where
	 * configfs-tsm cannot: "vsock:2:4050", "unix:PATH" or "tcp:127.0.0.1:PORT". NULL: vsock:2:PORT when
	 * /etc/tdx-attest.conf names a port, otherwise the device's quote ioctls, which no released Linux
	 * has.
	 */
	const char *quoting_service;
	const char *measurements; /* TDX; NULL: /sys/class/misc/tdx_guest/measurements */
};

/*
 * Opens the TEE that this program runs in.
 *
 * JURAT_VIA_AUTO uses configfs-tsm when its provider is sev_guest or tdx_guest, and opens the device as well,
 * if it can, for what only the device can do (derived keys, key_sel). Otherwise it uses the device alone.
 * When a quote from configfs-tsm fails with EIO and a quoting service is configured, it requests the quote
 * from that service.
 *
 * options   borrowed; NULL: defaults
 * ret       closed by the caller with jurat_guest_close, which accepts NULL
 * Returns   0; -ENODEV no TEE found, or not the requested one: `err` says what was tried; -EACCES permission
 *           denied; -EINVAL an invalid size or value in the options; -E2BIG the options are of a newer
 *           release; -ENOMEM
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_guest_open(const struct jurat_guest_options *options, struct jurat_guest **ret,
				      struct jurat_error *err);
void jurat_guest_close(struct jurat_guest *guest);

/*
 * Return the TEE that jurat_guest_open() found, and the interface that its reports come from.
 *
 * Returns   tee: the TEE, never JURAT_TEE_AUTO. via: the interface, never JURAT_VIA_AUTO
 * Threads   one thread per handle
 * Since     0.1
 */
enum jurat_tee jurat_guest_tee(const struct jurat_guest *guest);
enum jurat_via jurat_guest_via(const struct jurat_guest *guest);

struct jurat_guest_report_options {
	size_t size; /* sizeof(struct jurat_guest_report_options) */
	/*
	 * SEV-SNP: 1 requests a report for the VMPL in `vmpl`. 0: for the numerically lowest VMPL that this
	 * guest may request. configfs-tsm states it (privlevel_floor); the device does not, so VMPL 0 is
	 * tried first, then 1 to 3 as long as the firmware returns INVALID_PARAM. A non-zero `vmpl` without
	 * has_vmpl is an error.
	 */
	int has_vmpl;
	uint32_t vmpl;       /* 0 to 3 */
	uint32_t key_sel;    /* SEV-SNP: 0 VLEK if one is loaded, else VCEK; 1 VCEK; 2 VLEK (device only) */
	int no_certificates; /* 1: do not request certificates from the host */
};

/* Evidence as the TEE returned it. */
struct jurat_evidence {
	size_t size;     /* sizeof(struct jurat_evidence) */
	uint8_t *report; /* SEV-SNP: 1184 bytes; TDX: a quote and any zero padding after it; untrusted */
	size_t report_size;
	/*
	 * SEV-SNP: the host's certificate table, untrusted, without the padding after it; NULL when the host
	 * has none. A malformed table is returned unchanged, so that its reader can report what is wrong: it
	 * does not invalidate the report.
	 */
	uint8_t *certs;
	size_t certs_size;
};

/*
 * Fetches a report over `report_data` and the certificates in the same response, or on TDX a quote.
 *
 * Retries, a bounded number of times, what is safe to retry: a certificate buffer that was too small, a
 * changed configfs generation, a busy configfs entry.
 *
 * report_data  exactly 64 bytes
 * options      borrowed; NULL: defaults. TDX has no vmpl, key_sel or certificates: the first two fail with
 *              -EOPNOTSUPP, no_certificates has no effect
 * ret          the caller sets its size, the rest is zero, and frees the contents with jurat_evidence_done.
 *              Changes on success only
 * Returns      0; -EBUSY the configfs entry stayed busy or kept changing; -EINVAL the firmware refused these
 *              inputs (a VMPL below the guest's, a key that is not available), or an invalid size or value;
 *              -E2BIG a struct is of a newer release; -EMSGSIZE the host's certificates exceed the supported
 *              size: set `no_certificates`; -ETIMEDOUT the host was busy for a minute, and the driver has
 *              discarded its VMPCK; -EIO, -EBADMSG, -ENOTTY, ... from the kernel: `err` names the ioctl or
 *              file, the firmware status and the VMM error; -EPROTO the response is not a report, or not over
 *              this report_data; -EOPNOTSUPP the option needs the device (key_sel) or does not apply to TDX,
 *              or the TD has neither a quoting service nor a quote ioctl; -ENOMEM
 * Threads      one thread per handle
 * Since        0.1    Spec  SEV-SNP firmware ABI, MSG_REPORT_REQ; Linux
 *              Documentation/ABI/testing/configfs-tsm-report
 */
JURAT_MUST_CHECK int jurat_guest_report(struct jurat_guest *guest, const uint8_t report_data[64],
					const struct jurat_guest_report_options *options,
					struct jurat_evidence *ret, struct jurat_error *err);

/*
 * Frees the contents of the evidence and zeroes every member but its size, so that it can be filled in again.
 *
 * evidence  NULL, zeroed, or filled in by jurat_guest_report; the caller still owns the struct itself
 * Threads   any thread
 * Since     0.1
 */
void jurat_evidence_done(struct jurat_evidence *evidence);

enum jurat_snp_key_root { JURAT_SNP_KEY_ROOT_VCEK = 0, JURAT_SNP_KEY_ROOT_VMRK = 1 };

/* Values mixed into a derived key. Spec: SEV-SNP firmware ABI, GUEST_FIELD_SELECT */
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
	uint64_t fields;      /* JURAT_SNP_KEY_* bits */
	uint64_t tcb_version; /* mixed in with JURAT_SNP_KEY_TCB_VERSION */
	enum jurat_snp_key_root root;
	int has_vmpl;       /* as in struct jurat_guest_report_options; the VMPL is mixed into the key */
	uint32_t vmpl;      /* 0 to 3 */
	uint32_t guest_svn; /* mixed in with JURAT_SNP_KEY_GUEST_SVN */
};

/*
 * Derives a key from the firmware that is specific to this guest: the same inputs give the same key. SEV-SNP
 * only, through the device.
 *
 * options   borrowed; NULL: defaults, which are root key VCEK and no fields
 * ret       exactly 32 bytes, secret: wipe them after use. Changes on success only
 * Returns   0; -EOPNOTSUPP the device is not open (configfs-tsm alone cannot derive keys), or the TEE is TDX;
 *           otherwise as jurat_guest_report
 * Threads   one thread per handle
 * Since     0.1    Spec  SEV-SNP firmware ABI, MSG_KEY_REQ
 */
JURAT_MUST_CHECK int jurat_guest_snp_derive_key(struct jurat_guest *guest,
						const struct jurat_snp_key_options *options, uint8_t ret[32],
						struct jurat_error *err);

/*
 * Reads a runtime measurement register (RTMR) of the TD, through sysfs or, on kernels without that interface,
 * from a TDREPORT.
 *
 * index     0 to 3
 * ret       exactly 48 bytes, SHA-384. Changes on success only
 * Returns   0; -EINVAL no such register; -EOPNOTSUPP the TEE is SEV-SNP, or the kernel has no interface for
 *           it; -EPROTO the kernel returned another number of bytes; another -errno from the kernel
 * Threads   one thread per handle
 * Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
 */
JURAT_MUST_CHECK int jurat_guest_tdx_rtmr_read(struct jurat_guest *guest, unsigned index, uint8_t ret[48],
					       struct jurat_error *err);

/*
 * Extends a runtime measurement register (RTMR) of the TD: RTMR = SHA-384(RTMR || digest). Only a reboot
 * resets it.
 *
 * index     0 to 3. Firmware extends 0 and 1, and kernels may deny programs access to these two
 * digest    exactly 48 bytes
 * Returns   as jurat_guest_tdx_rtmr_read. After a failure the register may have been extended nevertheless:
 *           read it
 * Threads   one thread per handle
 * Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
 */
JURAT_MUST_CHECK int jurat_guest_tdx_rtmr_extend(struct jurat_guest *guest, unsigned index,
						 const uint8_t digest[48], struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
