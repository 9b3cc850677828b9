/* SPDX-License-Identifier: MIT */
#ifndef JURAT_SIM_H
#define JURAT_SIM_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The software platform, for the tests of other projects: an SEV-SNP machine with firmware, KVM's part, guest
 * drivers and a VMM's loop, whose reports and certificates chain to test roots. No verifier trusts those
 * roots unless they are supplied to it. Never link this into anything that verifies evidence in production.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_snp_sim;       /* an SEV-SNP machine */
struct jurat_snp_sim_guest; /* a guest of it */

struct jurat_snp_sim_options {
	size_t size;             /* sizeof(struct jurat_snp_sim_options) */
	const char *product;     /* "milan", "genoa", "turin"; NULL: milan */
	uint32_t report_version; /* 2 to 5; 0: the product's */
	/* What chip, keys and roots follow from; NULL: "jurat", whose roots cost no search. */
	const char *seed;
	const char *sync;          /* "upstream", "v15", "v14", "none"; NULL: upstream */
	const char *certs_path;    /* the host's certificate blob, written at once; NULL: guests get none */
	const char *linux_release; /* whose guest driver and KVM: "6.12", "7.3"; NULL: the newest */
};

/*
 * Makes an SEV-SNP machine.
 *
 * options   borrowed; NULL: defaults
 * ret       freed by the caller with jurat_snp_sim_free, after its guests; it accepts NULL
 * Returns   0; -EINVAL an unknown word or number, or an invalid size; -E2BIG the options are of a newer
 *           release; -EBUSY the blob is locked; -ENOMEM; -errno of writing the blob
 * Threads   one thread for the machine and all its guests
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_new(const struct jurat_snp_sim_options *options,
				       struct jurat_snp_sim **ret, struct jurat_error *err);
void jurat_snp_sim_free(struct jurat_snp_sim *sim);

/*
 * The root certificate (ARK) of this machine's product: what a verifier must trust to accept its reports.
 *
 * ret       DER, borrowed until jurat_snp_sim_free
 * ret_size  its bytes
 * Returns   0; -ENOMEM
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_root(struct jurat_snp_sim *sim, const uint8_t **ret, size_t *ret_size,
					struct jurat_error *err);

enum jurat_snp_sim_change {
	JURAT_SNP_SIM_RENEW = 0,     /* write the certificates that suit the firmware now */
	JURAT_SNP_SIM_CONFIG = 1,    /* SNP_CONFIG: report `tcb`; 0 = the committed one */
	JURAT_SNP_SIM_COMMIT = 2,    /* SNP_COMMIT */
	JURAT_SNP_SIM_VLEK_LOAD = 3, /* sign with a VLEK from now on */
	/* Firmware of TCB `tcb` runs from now on; commit it with JURAT_SNP_SIM_COMMIT. */
	JURAT_SNP_SIM_DOWNLOAD = 4,
};

/*
 * Does what an operator does: changes firmware and certificate blob as one.
 *
 * tcb       a TCB_VERSION, for those changes that have one
 * Returns   0; JURAT_BUSY guests held the lock: try again; -ECANCELED the firmware refused, and nothing has
 *           changed; -EINVAL an unknown change; another -errno
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_update(struct jurat_snp_sim *sim, enum jurat_snp_sim_change change,
					  uint64_t tcb, struct jurat_error *err);

/* What a guest is launched with. Spec: SEV-SNP firmware ABI, SNP_LAUNCH_START and SNP_LAUNCH_FINISH */
struct jurat_snp_sim_launch {
	size_t size;     /* sizeof(struct jurat_snp_sim_launch) */
	uint64_t policy; /* 0: 0x30000 (SMT allowed, no debug) */
	uint32_t guest_svn;
	uint32_t vcpu_count; /* 0: 1 */
	uint8_t family_id[16], image_id[16];
	uint8_t measurement[48], host_data[32], id_key_digest[48], author_key_digest[48];
};

/*
 * Launches a guest.
 *
 * launch    borrowed; NULL: defaults
 * ret       freed by the caller with jurat_snp_sim_guest_free, before the machine; it accepts NULL
 * Returns   0; -EINVAL a policy that cannot run on this machine, or an invalid size; -E2BIG the launch is of
 *           a newer release; -ENOMEM
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_guest_new(struct jurat_snp_sim *sim,
					     const struct jurat_snp_sim_launch *launch,
					     struct jurat_snp_sim_guest **ret, struct jurat_error *err);
void jurat_snp_sim_guest_free(struct jurat_snp_sim_guest *guest);

/*
 * ioctl(2) on the guest's /dev/sev-guest. Runs to its end; a BUSY host costs no real time.
 *
 * vcpu      0 to vcpu_count - 1
 * request   as the kernel's <linux/sev-guest.h> has it
 * arg       likewise; the pointers in it are into this process's memory
 * Returns   what ioctl(2) gives, but -errno instead of -1: 0; a positive GHCB error; -ENOTTY the key is gone;
 *           -EIO and others as the driver says
 * Threads   as the machine
 * Since     0.1    Spec  Linux Documentation/virt/coco/sev-guest.rst
 */
JURAT_MUST_CHECK int jurat_snp_sim_guest_ioctl(struct jurat_snp_sim_guest *guest, unsigned vcpu,
					       unsigned long request, void *arg);

#ifdef __cplusplus
}
#endif

#endif
