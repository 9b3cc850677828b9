/* SPDX-License-Identifier: MIT */
#ifndef SIM_PSP_H
#define SIM_PSP_H

#include "base/env.h"
#include "base/error.h"
#include "base/mix.h"
#include "sim/pki/pki.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"

/*
 * The AMD-SP of one SEV-SNP machine, in software: it has the chip secret, the TCB versions and the guest
 * contexts, and executes the commands of the SNP firmware ABI with the firmware's status codes
 * (wire/snp_msg.h). Where the order of the firmware's checks is not public, psp_msg.c documents the choice
 * made here. A rejected message never advances a counter.
 *
 * Functions that are firmware commands return a status (0 = SNP_SUCCESS); others 0 or -errno.
 * Threads   one thread per object. It is independent of time.
 */
struct sim_psp;

struct sim_psp_options {
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN: Milan */
	uint32_t report_version;  /* 2 to 5; 0: 3, on Turin 5 */
	const char
		*seed; /* chip secret and HWID; NULL: SIM_PKI_DEFAULT_SEED. "world/chip": see sim_pki_new */
	uint64_t tcb;  /* current = committed = reported at power on; 0: a TCB that suits the product */
	/* Random numbers for signatures. NULL: none, so that the same report has the same signature. */
	struct base_env *env;
};

/*
 * 0; -EINVAL a seed without a world, a report version other than 2 to 5, a TCB the product cannot have;
 * -ENOMEM.
 */
JURAT_MUST_CHECK int sim_psp_new(const struct sim_psp_options *options, struct sim_psp **ret,
				 struct jurat_error *err);
void sim_psp_free(struct sim_psp *psp);

enum snp_product sim_psp_product(const struct sim_psp *psp);
void sim_psp_hwid(const struct sim_psp *psp, uint8_t ret[64]);

/*
 * Commands of the operator. Spec: SNP_PLATFORM_STATUS, SNP_COMMIT, SNP_CONFIG, SNP_VLEK_LOAD,
 * DOWNLOAD_FIRMWARE_EX. INVALID_PARAM: a TCB with bytes the product has not, reserved bits, a reported TCB
 * above the committed one, a hashstick for another TCB. BAD_SIGNATURE: a hashstick wrapped for another chip,
 * or damaged. BAD_SVN: firmware older than the committed one. A change of the reported TCB discards a loaded
 * VLEK.
 */
uint32_t sim_psp_platform_status(struct sim_psp *psp, struct snp_platform_status *ret);
uint32_t sim_psp_commit(struct sim_psp *psp);
uint32_t sim_psp_config(struct sim_psp *psp, const struct snp_config *config);
uint32_t sim_psp_vlek_load(struct sim_psp *psp, const uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES]);
uint32_t sim_psp_download_firmware(struct sim_psp *psp, uint64_t new_tcb, bool commit);
uint64_t sim_psp_committed_tcb(const struct sim_psp *psp);

/*
 * What survives a power cycle, in bytes that are the same on every machine: versions, configuration, the
 * loaded VLEK. Guests do not.
 *
 * load      takes it into a platform of the same seed, product and report version; its guests go on.
 * -EINVAL another
 *           platform's; -EBADMSG not a state, damaged, or one that cannot be: nothing has changed then
 * platform  what to make a platform with, from a state. -EBADMSG
 */
enum { SIM_PSP_STATE_BYTES = 736 };
void sim_psp_save(const struct sim_psp *psp, uint8_t to[SIM_PSP_STATE_BYTES]);
JURAT_MUST_CHECK int sim_psp_load(struct sim_psp *psp, const uint8_t *from, size_t n,
				  struct jurat_error *err);
JURAT_MUST_CHECK int sim_psp_state_platform(const uint8_t *from, size_t n, enum snp_product *ret_product,
					    uint32_t *ret_report_version, struct jurat_error *err);

/*
 * One platform in several processes. Every command first asks for `refresh`, which loads a state that
 * others have changed; every command that changed the platform then asks for `changed`, which saves it.
 * When either cannot (< 0), the command fails with RESOURCE_LIMIT, and a change must be undone by the next
 * refresh. NULL: nobody shares it.
 */
struct sim_psp_share {
	int (*refresh)(void *ctx);
	int (*changed)(void *ctx);
	void *ctx;
};
void sim_psp_set_share(struct sim_psp *psp, const struct sim_psp_share *share);

/* What a platform is: also what commands of the operator cannot make of it, for evidence to order. */
struct sim_psp_values {
	uint64_t current_tcb, committed_tcb, reported_tcb;
	uint8_t current_build, current_minor, current_major;
	uint8_t committed_build, committed_minor, committed_major;
	uint64_t mit_vector;
	uint8_t hwid[64];
	bool mask_chip_id, mask_chip_key;
};
void sim_psp_values(const struct sim_psp *psp, struct sim_psp_values *ret);
/* 0; -EINVAL a TCB that the product cannot have. */
JURAT_MUST_CHECK int sim_psp_set_values(struct sim_psp *psp, const struct sim_psp_values *values,
					struct jurat_error *err);

/*
 * Evidence to order (sim/forge/): a platform asks these about what it makes. Each may be NULL. What returns
 * < 0 has failed, and what was asked for fails with it, or with RESOURCE_LIMIT.
 *
 * before   a report that is about to be signed, and whose key is to sign it
 * after    a signed report; *size may become anything up to `room`
 * endorse  which certificate the KDS issues to who asks for one
 * table    the certificate table, heap bytes that it may replace (it frees the old ones)
 * csp_id   the cloud provider for whom SIM_CSP_ID stands; NULL: that one
 */
enum sim_psp_signer { SIM_SIGNER_VCEK, SIM_SIGNER_VLEK, SIM_SIGNER_OTHER, SIM_SIGNER_NONE };
struct sim_psp_request {
	bool vlek;
	uint64_t tcb;
	const char *csp_id; /* VLEK */
	const char *chip;   /* VCEK: another chip of this name; NULL: this one */
};
struct sim_psp_edit {
	int (*before)(void *ctx, const struct sim_psp *psp, uint8_t report[SNP_REPORT_BYTES],
		      enum sim_psp_signer *signer);
	int (*after)(void *ctx, const struct sim_psp *psp, uint8_t *report, size_t room, size_t *size);
	int (*endorse)(void *ctx, const struct sim_psp *psp, struct sim_psp_request *request,
		       struct jurat_error *err);
	int (*table)(void *ctx, struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb, const char *csp_id,
		     uint8_t **table, size_t *size, struct jurat_error *err);
	const char *csp_id;
	void *ctx;
};
void sim_psp_set_edit(struct sim_psp *psp, const struct sim_psp_edit *edit);

/* Launch parameters of a guest. */
struct sim_launch {
	uint64_t policy;
	uint32_t guest_svn;
	uint8_t family_id[16], image_id[16];
	uint8_t measurement[48], host_data[32], id_key_digest[48], author_key_digest[48];
	bool author_key_en;
};

/*
 * SNP_LAUNCH_UPDATE: measures a page into launch->measurement, which begins as zeros.
 *
 * contents  SNP_PAGE_BYTES of a normal page or VMSA; of no other type
 * Returns   SNP_SUCCESS; INVALID_PARAM no such page type, or no contents
 */
uint32_t sim_launch_update(struct sim_launch *launch, uint64_t gpa, uint8_t page_type,
			   const uint8_t *contents);
/*
 * SNP_LAUNCH_FINISH with an ID block, when every page was measured: takes from it what reports have of it.
 *
 * id_block, id_auth   SNP_ID_BLOCK_BYTES and SNP_ID_AUTH_BYTES, untrusted
 * Returns   SNP_SUCCESS; INVALID_PARAM a version, algorithm, curve or point that is not allowed, reserved
 *           bytes; BAD_SIGNATURE; BAD_MEASUREMENT or POLICY_FAILURE: the block is of another launch digest or
 *           policy; RESOURCE_LIMIT. On any but SNP_SUCCESS `launch` is unchanged.
 */
uint32_t sim_launch_identify(struct sim_launch *launch, const uint8_t *id_block, const uint8_t *id_auth,
			     bool author_key_en);

/*
 * Launches a guest: creates its context and its secrets page. Guest numbers are not reused soon: a stale one
 * is INVALID_GUEST.
 * Returns   0; -EINVAL a guest policy that this machine cannot run: `err` says why; -ENOSPC too many guests;
 *           -ENOMEM
 */
JURAT_MUST_CHECK int sim_psp_launch(struct sim_psp *psp, const struct sim_launch *launch, uint32_t *ret_guest,
				    uint8_t ret_secrets[SNP_PAGE_BYTES], struct jurat_error *err);
void sim_psp_decommission(struct sim_psp *psp, uint32_t guest);

/*
 * SNP_GUEST_REQUEST: decrypts the message in `request` and writes the response to `response`, both whole
 * pages.
 * Returns   a firmware status; on any but SNP_SUCCESS the response page and all counters are unchanged
 */
uint32_t sim_psp_guest_request(struct sim_psp *psp, uint32_t guest, const uint8_t request[SNP_PAGE_BYTES],
			       uint8_t response[SNP_PAGE_BYTES]);
/* The report that such a request gets, without the message around it. `to` has at least SNP_REPORT_BYTES. */
uint32_t sim_psp_report(struct sim_psp *psp, uint32_t guest, const struct snp_msg_report_req *request,
			uint8_t *to, size_t room, size_t *ret_size);
/* The counter of one VMPCK: how many messages, requests and responses, it has seen. For tests. */
uint64_t sim_psp_message_count(const struct sim_psp *psp, uint32_t guest, unsigned vmpck);

/*
 * AMD's Key Distribution Service (KDS) for this chip: the VCEK certificate of any TCB, and for a cloud
 * provider the VLEK certificate and this chip's wrapped hashstick. Certificates are DER of at most
 * SIM_CERT_MAX_BYTES. A VLEK is the same on every chip of a world (see sim_pki_new) with that product, CSP_ID
 * and TCB; its hashstick is wrapped for one.
 * Returns   0; -EINVAL an invalid TCB or CSP_ID; -ENOMEM
 */
JURAT_MUST_CHECK int sim_kds_vcek(struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb, uint8_t *to,
				  size_t *ret_size, struct jurat_error *err);
JURAT_MUST_CHECK int sim_kds_vlek(struct sim_psp *psp, struct sim_pki *pki, const char *csp_id, uint64_t tcb,
				  uint8_t *to, size_t *ret_size, struct jurat_error *err);
JURAT_MUST_CHECK int sim_kds_hashstick(struct sim_psp *psp, const char *csp_id, uint64_t tcb,
				       uint8_t ret[SNP_VLEK_HASHSTICK_BYTES], struct jurat_error *err);
/*
 * The certificate table for a TCB and kind of key: leaf, ASK or ASVK, ARK. Heap bytes that the caller frees.
 *
 * csp_id    the VLEK of this provider; NULL: the VCEK
 */
JURAT_MUST_CHECK int sim_kds_table_for(struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb,
				       const char *csp_id, uint8_t **ret, size_t *ret_size,
				       struct jurat_error *err);
/*
 * The certificate table that a host should serve for what the firmware signs with now (reported TCB; VLEK
 * when one is loaded): leaf, ASK or ASVK, ARK. Heap bytes that the caller frees with free().
 * Returns   0; -ENOENT the loaded VLEK's hashstick came from another service, so its CSP_ID is not known;
 *           -ENOMEM
 */
JURAT_MUST_CHECK int sim_kds_table(struct sim_psp *psp, struct sim_pki *pki, uint8_t **ret, size_t *ret_size,
				   struct jurat_error *err);

/*
 * For explorers, which reset a platform to the same state again and again.
 *
 * snapshot   the complete state, with guests, unlike sim_psp_save(); the caller frees it with free(). NULL:
 *            no memory
 * restore    a snapshot of the same object; allocates no memory
 * mix        adds everything that a later command can depend on
 * remember   from now on, computes each endorsement key and each signature only once. For platforms with
 *            deterministic signatures (no `env`). 0; -ENOMEM; -EINVAL
 */
struct sim_psp_snapshot;
struct sim_psp_snapshot *sim_psp_snapshot(const struct sim_psp *psp);
void sim_psp_restore(struct sim_psp *psp, const struct sim_psp_snapshot *from);
void sim_psp_mix(const struct sim_psp *psp, struct base_mix *to);
JURAT_MUST_CHECK int sim_psp_remember(struct sim_psp *psp);

#define SIM_CSP_ID "CN=cc-test.jurat.invalid"

#endif
