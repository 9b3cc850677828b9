/* SPDX-License-Identifier: MIT */
#ifndef JURAT_GUEST_H
#define JURAT_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The guest half, for programs inside a confidential VM: evidence from the TEE this runs in, through
 * configfs-tsm or the device, whichever works. Never gives an empty report as success. What the host had a
 * hand in, the certificates above all, is bounded in size and otherwise untrusted: verify it.
 */

#ifdef __cplusplus
extern "C" {
#endif

enum jurat_tee { JURAT_TEE_AUTO = 0, JURAT_TEE_SEV_SNP = 1, JURAT_TEE_TDX = 2 };
enum jurat_via { JURAT_VIA_AUTO = 0, JURAT_VIA_CONFIGFS = 1, JURAT_VIA_IOCTL = 2 };

struct jurat_guest; /* a way to the TEE */

struct jurat_guest_options {
	size_t size; /* sizeof(struct jurat_guest_options) */
	enum jurat_tee tee;
	enum jurat_via via;
	const char *device;   /* NULL: /dev/sev-guest, /dev/tdx_guest; with JURAT_TEE_AUTO of what configfs
			       * names, else of SEV-SNP */
	const char *configfs; /* NULL: /sys/kernel/config/tsm/report */
	/*
	 * TDX, where configfs is not the way: who makes a quote of the device's TDREPORT, "vsock:2:4050",
	 * "unix:PATH" or "tcp:127.0.0.1:PORT". NULL: vsock:2:PORT when /etc/tdx-attest.conf names a port,
	 * otherwise the quote ioctls of the device, which no released Linux has.
	 */
	const char *quoting_service;
	const char *measurements; /* TDX; NULL: /sys/class/misc/tdx_guest/measurements */
};

/*
 * Finds the way. JURAT_VIA_AUTO takes configfs-tsm when its provider is sev_guest or tdx_guest, and beside it
 * the device when that can be opened, for what only the device can do (derived keys, key_sel); otherwise the
 * device alone.
 *
 * options   borrowed; NULL: defaults
 * Returns   0; -ENODEV no TEE found, or not the one asked for: `err` says what was tried; -EACCES no
 *           permission; -EINVAL options of no known size or value; -ENOMEM
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_guest_open(const struct jurat_guest_options *options, struct jurat_guest **ret,
				      struct jurat_error *err);
void jurat_guest_close(struct jurat_guest *guest);
/* Which one was found. `via` is where reports come from: JURAT_VIA_CONFIGFS or JURAT_VIA_IOCTL. */
enum jurat_tee jurat_guest_tee(const struct jurat_guest *guest);
enum jurat_via jurat_guest_via(const struct jurat_guest *guest);

#define JURAT_VMPL_AUTO 0xffffffffu

struct jurat_guest_report_options {
	size_t size; /* sizeof(struct jurat_guest_report_options) */
	/*
	 * JURAT_VMPL_AUTO: the lowest this guest may ask for. configfs names it (privlevel_floor); over the
	 * device, which does not, 0 is asked for and then 1 to 3, as long as the firmware answers
	 * INVALID_PARAM.
	 */
	uint32_t vmpl;
	uint32_t key_sel;    /* 0 = VLEK if the host has one, else VCEK; 1 = VCEK; 2 = VLEK (device only) */
	int no_certificates; /* do not ask the host for certificates */
};

/* What the TEE gave. The caller zeroes it and frees what is in it with jurat_evidence_done. */
struct jurat_evidence {
	uint8_t *report; /* SEV-SNP: 1184 bytes; TDX: a quote, with the zeros that may follow it; untrusted */
	size_t report_size;
	/*
	 * SEV-SNP: the host's certificate table, untrusted, cut to the size it really has; NULL when the host
	 * gave none. A malformed table is here as it came, so that whoever reads it can say what is wrong:
	 * the report is good.
	 */
	uint8_t *certs;
	size_t certs_size;
};
void jurat_evidence_done(struct jurat_evidence *evidence);

/*
 * A report over `report_data`, and with it the certificates of the same reply; on TDX a quote. Retries by
 * itself what is safe to retry, and a bounded number of times: a larger certificate buffer, a changed
 * generation, a busy configfs entry.
 *
 * report_data  64 bytes
 * options      borrowed; NULL: defaults. TDX has no vmpl, key_sel or certificates: -EOPNOTSUPP for the first
 *              two
 * Returns      0; -EBUSY the configfs entry stayed busy or kept changing; -EINVAL the firmware refuses these
 *              inputs (a VMPL below the guest's, a key it does not have), or the options are of no known size
 *              or value; -EMSGSIZE the host's certificates are larger than this can take: `no_certificates`
 *              helps; -ETIMEDOUT the host was busy for a minute, and the driver has given up its key; -EIO,
 *              -EBADMSG, -ENOTTY, ... as the kernel says: `err` names the ioctl or file, firmware status and
 *              VMM error; -EPROTO the answer is not a report, or not over this report_data; -EOPNOTSUPP the
 *              option needs another way (key_sel over configfs); -ENOMEM. *ret changes on success only
 * Since        0.1
 */
JURAT_MUST_CHECK int jurat_guest_report(struct jurat_guest *guest, const uint8_t report_data[64],
					const struct jurat_guest_report_options *options,
					struct jurat_evidence *ret, struct jurat_error *err);

enum jurat_snp_key_root { JURAT_SNP_KEY_ROOT_VCEK = 0, JURAT_SNP_KEY_ROOT_VMRK = 1 };
enum jurat_snp_key_fields { /* what is mixed into the key */
			    JURAT_SNP_KEY_POLICY = 1 << 0,
			    JURAT_SNP_KEY_IMAGE_ID = 1 << 1,
			    JURAT_SNP_KEY_FAMILY_ID = 1 << 2,
			    JURAT_SNP_KEY_MEASUREMENT = 1 << 3,
			    JURAT_SNP_KEY_GUEST_SVN = 1 << 4,
			    JURAT_SNP_KEY_TCB_VERSION = 1 << 5,
};

struct jurat_snp_key_options {
	size_t size; /* sizeof(struct jurat_snp_key_options) */
	enum jurat_snp_key_root root;
	uint64_t fields; /* enum jurat_snp_key_fields */
	uint32_t vmpl;   /* as in struct jurat_guest_report_options; it is mixed into the key */
	uint32_t guest_svn;
	uint64_t tcb_version;
};

/*
 * A key that firmware derives for this guest alone: the same inputs give the same key. SEV-SNP, through the
 * device.
 *
 * options   borrowed; NULL: root VCEK, no fields, JURAT_VMPL_AUTO
 * ret       32 bytes, secret: wipe it after use
 * Returns   0; -EOPNOTSUPP not over configfs, not on TDX; -EINVAL the firmware refuses these inputs; as
 *           jurat_guest_report
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_guest_snp_derive_key(struct jurat_guest *guest,
						const struct jurat_snp_key_options *options, uint8_t ret[32],
						struct jurat_error *err);

/*
 * TDX: the run-time measurement registers, SHA-384, through sysfs or, on kernels without it, the device: read
 * out of a TDREPORT, extended by Intel's own ioctl.
 *
 * index     0 to 3. Firmware extends 0 and 1, and kernels may keep programs from it
 * Returns   0; -EINVAL no such register; -EOPNOTSUPP not on SEV-SNP, or the kernel can do neither; -EPROTO an
 *           answer of another size; another -errno of the kernel. After a failed extend read the register to
 *           know its value
 * Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
 */
JURAT_MUST_CHECK int jurat_guest_tdx_rtmr_read(struct jurat_guest *guest, unsigned index, uint8_t ret[48],
					       struct jurat_error *err);
/* RTMR = SHA-384(RTMR, digest): what cannot be undone but by a reboot. */
JURAT_MUST_CHECK int jurat_guest_tdx_rtmr_extend(struct jurat_guest *guest, unsigned index,
						 const uint8_t digest[48], struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
