/* SPDX-License-Identifier: MIT */
#ifndef JURAT_SIM_H
#define JURAT_SIM_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The software platform, for the tests of other projects: an SEV-SNP machine with firmware, KVM's part,
 * guest drivers and a VMM's loop, whose reports and certificates chain to test roots. Nothing trusts those
 * roots unless it is told to. Never link this into anything that judges evidence in production.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_snp_sim;
struct jurat_snp_sim_guest;

struct jurat_snp_sim_options {
	size_t size;             /* sizeof(struct jurat_snp_sim_options) */
	const char *product;     /* "milan", "genoa", "turin"; NULL: milan */
	uint32_t report_version; /* 2, 3, 5; 0: the product's */
	const char
		*seed; /* what chip, keys and roots follow from; NULL: "jurat", whose roots cost no search */
	const char *sync;       /* "upstream", "v15", "v14", "none"; NULL: upstream */
	const char *certs_path; /* the host's certificate blob, written at once; NULL: guests get none */
};

/*
 * options   borrowed; NULL: defaults
 * Returns   0; -EINVAL an unknown word or number; -ENOMEM; -errno of writing the blob. Freed with
 *           jurat_snp_sim_free.
 * Threads   one thread per object
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_new(const struct jurat_snp_sim_options *options,
				       struct jurat_snp_sim **ret, struct jurat_error *err);
void jurat_snp_sim_free(struct jurat_snp_sim *sim);

/*
 * The root certificate of this machine's product, DER: what a verifier must be told to trust. Borrowed
 * until jurat_snp_sim_free.
 * Returns   0; -ENOMEM
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_root(struct jurat_snp_sim *sim, const uint8_t **ret, size_t *ret_size,
					struct jurat_error *err);

enum jurat_snp_sim_change {
	JURAT_SNP_SIM_RENEW = 0,     /* write the certificates that suit the firmware now */
	JURAT_SNP_SIM_CONFIG = 1,    /* SNP_CONFIG: report `tcb`; 0 = the committed one */
	JURAT_SNP_SIM_COMMIT = 2,    /* SNP_COMMIT */
	JURAT_SNP_SIM_VLEK_LOAD = 3, /* sign with a VLEK from now on */
	JURAT_SNP_SIM_DOWNLOAD =
		4, /* firmware of TCB `tcb` runs from now on; commit it with JURAT_SNP_SIM_COMMIT */
};

/*
 * What an operator does: changes firmware and certificate blob as one.
 * Returns   0; JURAT_BUSY guests held the lock; -ECANCELED the firmware refused, and nothing has changed;
 *           other -errno
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_update(struct jurat_snp_sim *sim, enum jurat_snp_sim_change change,
					  uint64_t tcb, struct jurat_error *err);

struct jurat_snp_sim_launch {
	size_t size;     /* sizeof(struct jurat_snp_sim_launch) */
	uint64_t policy; /* 0: 0x30000 (SMT allowed, no debug) */
	uint32_t guest_svn;
	uint8_t family_id[16], image_id[16];
	uint8_t measurement[48], host_data[32], id_key_digest[48], author_key_digest[48];
};

/*
 * launch    borrowed; NULL: zeros
 * Returns   0; -EINVAL a policy that cannot run on this machine; -ENOMEM. Freed with
 *           jurat_snp_sim_guest_free, before the machine.
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_guest_new(struct jurat_snp_sim *sim,
					     const struct jurat_snp_sim_launch *launch, unsigned n_vcpus,
					     struct jurat_snp_sim_guest **ret, struct jurat_error *err);
void jurat_snp_sim_guest_free(struct jurat_snp_sim_guest *guest);

/*
 * ioctl(2) on the guest's /dev/sev-guest: `request` and `arg` as the kernel's <linux/sev-guest.h> has them,
 * pointers into this process's memory. Runs to its end; a BUSY host costs no real time.
 *
 * Returns   what ioctl(2) gives, but -errno instead of -1: 0; a positive GHCB error; -ENOTTY the key is
 *           gone; -EIO ...
 * Since     0.1 Spec Linux Documentation/virt/coco/sev-guest.rst
 */
JURAT_MUST_CHECK int jurat_snp_sim_guest_ioctl(struct jurat_snp_sim_guest *guest, unsigned vcpu,
					       unsigned long request, void *arg);

#ifdef __cplusplus
}
#endif

#endif
