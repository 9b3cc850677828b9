/* SPDX-License-Identifier: MIT */
#ifndef JURAT_SIM_H
#define JURAT_SIM_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The software platform, for the tests of other projects: a simulated SEV-SNP machine with firmware, KVM,
 * guest driver and VMM loop, and a simulated TDX platform with module, quoting enclave, guest driver and VMM
 * loop. Reports, quotes and certificates chain to test roots. No verifier trusts those
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
 * Returns   0; -EINVAL an option has an unknown value, or an invalid size; an item of evidence is unknown,
 *           of TDX, or has no use: `err` names it; -E2BIG the options are of a newer release; -EBUSY the blob
 *           is locked; -ENOMEM; another -errno from writing the blob
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

struct jurat_tdx_sim;    /* a simulated TDX platform, with its quoting enclave and quoting service */
struct jurat_tdx_sim_td; /* a TD of it */

enum jurat_tdx_sim_module {
	JURAT_TDX_SIM_MODULE_1_5 = 0,    /* quotes of version 4 */
	JURAT_TDX_SIM_MODULE_1_0 = 1,    /* quotes of version 4 */
	JURAT_TDX_SIM_MODULE_1_5_EX = 2, /* TD reports of version 3, and quotes of version 5 */
};

struct jurat_tdx_sim_options {
	size_t size;               /* sizeof(struct jurat_tdx_sim_options) */
	const char *seed;          /* platform, keys and roots are derived from it; NULL: "jurat" */
	uint32_t module;           /* enum jurat_tdx_sim_module */
	const char *linux_release; /* as in struct jurat_snp_sim_options */
	int64_t at;                /* likewise; collateral is up to date on this day */
	/* likewise; items of `td` replace members of struct jurat_tdx_sim_launch */
	const char *const *evidence;
	size_t evidence_count; /* number of items */
};

/*
 * Creates a simulated TDX platform.
 *
 * options   borrowed; NULL: defaults
 * ret       freed by the caller with jurat_tdx_sim_free, after all its TDs; jurat_tdx_sim_free accepts NULL
 * Returns   0; -EINVAL an option has an unknown value, or an invalid size; an item of evidence is unknown, of
 *           SEV-SNP, or has no use: `err` names it; -E2BIG the options are of a newer release; -ENOMEM
 * Threads   one thread for the platform and all its TDs
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_sim_new(const struct jurat_tdx_sim_options *options,
				       struct jurat_tdx_sim **ret, struct jurat_error *err);
void jurat_tdx_sim_free(struct jurat_tdx_sim *sim);

/*
 * Returns the root certificate of this platform, in place of Intel's SGX Root CA, which a verifier must trust
 * to accept its quotes. When `evidence` changes the key or signature of the root, it is the platform's own,
 * not the changed one.
 *
 * ret       DER, borrowed until jurat_tdx_sim_free
 * ret_size  size in bytes
 * Returns   0; -ENOMEM
 * Threads   as the platform
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_sim_root(struct jurat_tdx_sim *sim, const uint8_t **ret, size_t *ret_size,
					struct jurat_error *err);

/*
 * Returns part `i` of the collateral of this platform: TCB info, QE identity, their issuer chains, and the
 * CRLs with theirs. What `evidence` leaves out is not among them.
 *
 * i         from 0
 * ret_name  file name as in a directory of `jurat verify --collateral`, such as "tcb_info.json"; static; may
 *           be NULL
 * ret       JSON, PEM or DER, as jurat_tdx_collateral_add takes it, borrowed until jurat_tdx_sim_free
 * ret_size  size in bytes
 * Returns   0; JURAT_NOT_FOUND past the end; -EINVAL dates that cannot be written; -ENOMEM
 * Threads   as the platform
 * Since     0.1    Spec  Intel PCS API v4
 */
JURAT_MUST_CHECK int jurat_tdx_sim_collateral(struct jurat_tdx_sim *sim, size_t i, const char **ret_name,
					      const uint8_t **ret, size_t *ret_size, struct jurat_error *err);

/* Launch parameters of a TD. Spec: Intel TDX module ABI, TD_PARAMS */
struct jurat_tdx_sim_launch {
	size_t size;         /* sizeof(struct jurat_tdx_sim_launch) */
	uint64_t attributes; /* 0: 0x10000000 (SEPT_VE_DISABLE, no debug) */
	uint64_t xfam;       /* 0: 0xe7 (x87, SSE, AVX and AVX-512) */
	uint8_t mrtd[48], mrconfigid[48], mrowner[48], mrownerconfig[48];
};

/*
 * Launches a TD. Its RTMRs are zero.
 *
 * launch    borrowed; NULL: defaults
 * ret       freed by the caller with jurat_tdx_sim_td_free, before the platform; jurat_tdx_sim_td_free
 *           accepts NULL
 * Returns   0; -EINVAL an XFAM that no TD can have, or an invalid size; -E2BIG `launch` is of a newer
 *           release; -ENOMEM
 * Threads   as the platform
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_sim_td_new(struct jurat_tdx_sim *sim,
					  const struct jurat_tdx_sim_launch *launch,
					  struct jurat_tdx_sim_td **ret, struct jurat_error *err);
void jurat_tdx_sim_td_free(struct jurat_tdx_sim_td *td);

/*
 * Extends an RTMR of the TD: RTMR = SHA-384(RTMR || digest).
 *
 * index     2 or 3, as Linux allows programs, or 0 or 1, which the TD's firmware extends
 * digest    SHA-384 of what is measured
 * Returns   0; -EINVAL no such RTMR
 * Threads   as the platform
 * Since     0.1    Spec  Intel TDX module ABI, TDG.MR.RTMR.EXTEND
 */
JURAT_MUST_CHECK int jurat_tdx_sim_td_extend(struct jurat_tdx_sim_td *td, unsigned index,
					     const uint8_t digest[48], struct jurat_error *err);

/*
 * Performs an ioctl(2) on the TD's /dev/tdx_guest.
 *
 * request   TDX_CMD_GET_REPORT0, from the kernel's <linux/tdx-guest.h>
 * arg       likewise, a struct tdx_report_req
 * Returns   what ioctl(2) returns, but -errno instead of -1: 0; -ENOTTY another request; -EFAULT and others
 *           as the driver returns them
 * Threads   as the platform
 * Since     0.1    Spec  Linux Documentation/virt/coco/tdx-guest.rst
 */
JURAT_MUST_CHECK int jurat_tdx_sim_td_ioctl(struct jurat_tdx_sim_td *td, unsigned long request, void *arg);

/*
 * Returns a quote, as a program in the TD gets it from configfs-tsm: the guest driver calls GetQuote, and the
 * VMM has the quoting service sign the TD report. It runs to completion: waiting takes simulated time, not
 * real time.
 *
 * report_data  64 bytes
 * ret          borrowed until the next quote of this TD, or jurat_tdx_sim_td_free
 * ret_size     size in bytes
 * Returns      0; -EIO and others as the driver returns them; -ENOMEM
 * Threads      as the platform
 * Since        0.1    Spec  Intel TDX GHCI 1.5, TDG.VP.VMCALL<GetQuote>
 */
JURAT_MUST_CHECK int jurat_tdx_sim_td_quote(struct jurat_tdx_sim_td *td, const uint8_t report_data[64],
					    const uint8_t **ret, size_t *ret_size, struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
