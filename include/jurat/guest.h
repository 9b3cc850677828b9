/* SPDX-License-Identifier: MIT */
#ifndef JURAT_GUEST_H
#define JURAT_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The guest half, for programs inside a confidential VM: evidence from the TEE this runs in, through
 * configfs-tsm or the
 * device, whichever works. Never gives an empty report as success.
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
	const char *device;   /* NULL: /dev/sev-guest */
	const char *configfs; /* NULL: /sys/kernel/config/tsm/report */
};

/*
 * options   borrowed; NULL: defaults
 * Returns   0; -ENODEV no TEE found, or not the one asked for: `err` says what was tried; -EACCES no
 *           permission; other -errno
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_guest_open(const struct jurat_guest_options *options, struct jurat_guest **ret,
				      struct jurat_error *err);
void jurat_guest_close(struct jurat_guest *guest);
/* Which one was found. */
enum jurat_tee jurat_guest_tee(const struct jurat_guest *guest);
enum jurat_via jurat_guest_via(const struct jurat_guest *guest);

#define JURAT_VMPL_AUTO 0xffffffffu

struct jurat_report_options {
	size_t size;	   /* sizeof(struct jurat_report_options) */
	uint32_t vmpl;	   /* JURAT_VMPL_AUTO: the lowest this guest may ask for */
	uint32_t key_sel;  /* 0 = VLEK if the host has one, else VCEK; 1 = VCEK; 2 = VLEK (ioctl only) */
	int no_certificates; /* do not ask the host for certificates */
};

/* What the TEE gave. The caller zeroes it and frees what is in it with jurat_evidence_done. */
struct jurat_evidence {
	uint8_t *report; /* SEV-SNP: 1184 bytes; untrusted until verified */
	size_t report_size;
	uint8_t *certs; /* SEV-SNP: certificate table of the host, NULL when it gave none; untrusted */
	size_t certs_size;
};
void jurat_evidence_done(struct jurat_evidence *evidence);

/*
 * A report over `report_data`, and with it the certificates of the same reply. Retries by itself what is
 * safe to retry: a larger
 * certificate buffer, a changed generation, a busy configfs entry.
 *
 * report_data  64 bytes
 * options      borrowed; NULL: defaults
 * Returns      0; -EBUSY the host or another program was busy too long; -EIO, -EBADMSG, -ENOTTY, ... as the
 *              device says: `err` names
 *              firmware status and VMM error; -EPROTO the answer is not a report, or not over this
 *              report_data; -EOPNOTSUPP the
 *              option needs another way (key_sel over configfs)
 * Since        0.1
 */
JURAT_MUST_CHECK int jurat_guest_report(struct jurat_guest *guest, const uint8_t report_data[64],
					const struct jurat_report_options *options, struct jurat_evidence *ret,
					struct jurat_error *err);

enum jurat_key_root { JURAT_KEY_ROOT_VCEK = 0, JURAT_KEY_ROOT_VMRK = 1 };
enum jurat_key_fields { /* what is mixed into the key */
	JURAT_KEY_POLICY = 1 << 0,
	JURAT_KEY_IMAGE_ID = 1 << 1,
	JURAT_KEY_FAMILY_ID = 1 << 2,
	JURAT_KEY_MEASUREMENT = 1 << 3,
	JURAT_KEY_GUEST_SVN = 1 << 4,
	JURAT_KEY_TCB_VERSION = 1 << 5,
};

struct jurat_key_options {
	size_t size; /* sizeof(struct jurat_key_options) */
	enum jurat_key_root root;
	uint64_t fields; /* enum jurat_key_fields */
	uint32_t vmpl;	 /* JURAT_VMPL_AUTO */
	uint32_t guest_svn;
	uint64_t tcb_version;
};

/*
 * A key that firmware derives for this guest alone: the same inputs give the same key. SEV-SNP, through the
 * device.
 *
 * ret       32 bytes, secret: wipe it after use
 * Returns   0; -EOPNOTSUPP not over configfs, not on TDX; -EINVAL the firmware refuses these inputs; as
 *           jurat_guest_report
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_guest_derived_key(struct jurat_guest *guest, const struct jurat_key_options *options,
					     uint8_t ret[32], struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
