/* SPDX-License-Identifier: MIT */
#ifndef JURAT_SIM_H
#define JURAT_SIM_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The software platform, for the tests of other projects: a simulated SEV-SNP machine with firmware, KVM,
 * guest driver and VMM loop, whose reports and certificates chain to test roots. No verifier trusts those
 * roots unless the caller adds them. Never link this into anything that verifies evidence in production.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_snp_sim;       /* a simulated SEV-SNP machine */
struct jurat_snp_sim_guest; /* a guest of it */

struct jurat_snp_sim_options {
	size_t size;             /* sizeof(struct jurat_snp_sim_options) */
	const char *product;     /* "milan", "genoa", "turin"; NULL: milan */
	uint32_t report_version; /* 2 to 5; 0: the default of the product */
	/*
	 * Chip id, keys and roots are derived from it; NULL: "jurat", whose RSA keys need no search for
	 * primes.
	 */
	const char *seed;
	/* scheme, see jurat-run(1): "upstream", "v15", "v15-fixed", "v14", "none"; NULL: upstream */
	const char *sync;
	/* file name of the host's certificate blob, written by jurat_snp_sim_new; NULL: none */
	const char *certs_path;
	/* Linux release whose guest driver and KVM are simulated: "6.12", "7.3"; NULL: the newest */
	const char *linux_release;
	/*
	 * date of the evidence, seconds since 1970: when certificates were issued, and what times in
	 * `evidence` count from; 0: the clock
	 */
	int64_t at;
	/*
	 * What is different about the evidence: items as jurat-forge(1) has them, such as "vcek-expired",
	 * "guest.policy=0xb0000", "unsigned report.measurement=x11", "damage report.signature". Items of
	 * `guest` replace members of struct jurat_snp_sim_launch. Borrowed for the call.
	 */
	const char *const *evidence;
	size_t evidence_count; /* number of items */
};

/*
 * Creates a simulated SEV-SNP machine.
 *
 * options   borrowed; NULL: defaults
 * ret       freed by the caller with jurat_snp_sim_free, after all its guests; jurat_snp_sim_free accepts
 *           NULL
 * Returns   0; -EINVAL an option has an unknown value, or an invalid size; an item of evidence is unknown, of
 *           TDX, or has no use: `err` names it; -E2BIG the options are of a newer release; -EBUSY the blob is locked; -ENOMEM; another -errno from writing the blob
 * Threads   one thread for the machine and all its guests
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_new(const struct jurat_snp_sim_options *options,
				       struct jurat_snp_sim **ret, struct jurat_error *err);
void jurat_snp_sim_free(struct jurat_snp_sim *sim);

/*
 * Returns the root certificate (ARK) of this machine, which a verifier must trust to accept its reports. When
 * `evidence` changes the key or signature of the ARK, it is the machine's own root, not the changed one.
 *
 * ret       DER, borrowed until jurat_snp_sim_free
 * ret_size  size in bytes
 * Returns   0; -ENOMEM
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_root(struct jurat_snp_sim *sim, const uint8_t **ret, size_t *ret_size,
					struct jurat_error *err);

/*
 * Returns the CRL of this machine's root.
 *
 * ret       DER, borrowed until jurat_snp_sim_free
 * ret_size  size in bytes
 * Returns   0; JURAT_NOT_FOUND `evidence` says that there is none; -EINVAL, -ENOMEM
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_crl(struct jurat_snp_sim *sim, const uint8_t **ret, size_t *ret_size,
				       struct jurat_error *err);

enum jurat_snp_sim_change {
	JURAT_SNP_SIM_RENEW = 0,     /* write the certificates for the firmware's current TCB */
	JURAT_SNP_SIM_CONFIG = 1,    /* SNP_CONFIG: set the reported TCB to `tcb`; 0: to the committed TCB */
	JURAT_SNP_SIM_COMMIT = 2,    /* SNP_COMMIT */
	JURAT_SNP_SIM_VLEK_LOAD = 3, /* SNP_VLEK_LOAD: reports are signed with a VLEK from now on */
	/* DOWNLOAD_FIRMWARE_EX: load firmware of TCB `tcb`; JURAT_SNP_SIM_COMMIT commits it. */
	JURAT_SNP_SIM_DOWNLOAD = 4,
};

/*
 * Updates firmware and certificate blob together, as an operator does under the exclusive lock.
 *
 * tcb       a TCB_VERSION, for JURAT_SNP_SIM_CONFIG and JURAT_SNP_SIM_DOWNLOAD; ignored otherwise
 * Returns   0; JURAT_BUSY guest requests held the lock: try again; -ECANCELED the firmware refused the
 *           change, and nothing was changed; -EINVAL an unknown change; another -errno from files or memory
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_update(struct jurat_snp_sim *sim, enum jurat_snp_sim_change change,
					  uint64_t tcb, struct jurat_error *err);

/* Launch parameters of a guest. Spec: SEV-SNP firmware ABI, SNP_LAUNCH_START and SNP_LAUNCH_FINISH */
struct jurat_snp_sim_launch {
	size_t size;     /* sizeof(struct jurat_snp_sim_launch) */
	uint64_t policy; /* guest policy; 0: 0x30000 (SMT allowed, no debug) */
	uint32_t guest_svn;
	uint32_t vcpu_count; /* 0: 1 */
	uint8_t family_id[16], image_id[16];
	uint8_t measurement[48], host_data[32], id_key_digest[48], author_key_digest[48];
};

/*
 * Launches a guest.
 *
 * launch    borrowed; NULL: defaults
 * ret       freed by the caller with jurat_snp_sim_guest_free, before the machine; jurat_snp_sim_guest_free
 *           accepts NULL
 * Returns   0; -EINVAL a guest policy that this machine cannot run, or an invalid size; -E2BIG `launch` is of
 *           a newer release; -ENOMEM
 * Threads   as the machine
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_sim_guest_new(struct jurat_snp_sim *sim,
					     const struct jurat_snp_sim_launch *launch,
					     struct jurat_snp_sim_guest **ret, struct jurat_error *err);
void jurat_snp_sim_guest_free(struct jurat_snp_sim_guest *guest);

/*
 * Performs an ioctl(2) on the guest's /dev/sev-guest. It runs to completion: waiting for a host that answers
 * BUSY takes simulated time, not real time.
 *
 * vcpu      0 to vcpu_count - 1
 * request   SNP_GET_REPORT and others, from the kernel's <linux/sev-guest.h>
 * arg       likewise, a struct snp_guest_request_ioctl; the pointers in it refer to this process's memory
 * Returns   what ioctl(2) returns, but -errno instead of -1: 0; > 0 as the driver returns it; -ENOTTY the
 *           guest no longer has its VMPCK; -EIO and others as the driver returns them
 * Threads   as the machine
 * Since     0.1    Spec  Linux Documentation/virt/coco/sev-guest.rst
 */
JURAT_MUST_CHECK int jurat_snp_sim_guest_ioctl(struct jurat_snp_sim_guest *guest, unsigned vcpu,
					       unsigned long request, void *arg);

#ifdef __cplusplus
}
#endif

#endif
