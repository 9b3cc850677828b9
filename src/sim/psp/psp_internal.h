/* SPDX-License-Identifier: MIT */
#ifndef SIM_PSP_INTERNAL_H
#define SIM_PSP_INTERNAL_H

#include "crypto/ec.h"
#include "sim/psp/psp.h"

/* Shared by the files of this folder and their tests. */
enum {
	PSP_SECRET_BYTES = 64,
	PSP_HASHSTICK_BYTES = 384, /* unwrapped */
	PSP_P384_XY_BYTES = 96,
};

/* Differences between the processors. */
struct psp_model {
	unsigned family, model, stepping;
	uint32_t fms; /* CPUID 1 EAX */
	uint32_t report_version;
	struct snp_tcb tcb;
	uint64_t platform_info;
	bool has_xts, hides_ciphertext;
};

struct psp_version {
	uint8_t major, minor, build;
};

/* A guest context. Ten thousand of them must be cheap: no pointers, no allocation of their own. */
struct psp_guest {
	bool live;
	uint16_t generation;
	uint32_t next_free; /* index + 1; 0 ends the list */
	uint64_t number;    /* launch number, from which its keys are derived */
	uint64_t launch_tcb, launch_mit_vector;
	uint64_t message_count[SNP_N_VMPCKS];
	uint8_t vmpck[SNP_N_VMPCKS][SNP_VMPCK_BYTES];
	uint8_t report_id[32];
	struct sim_launch launch;
	struct base_mix launched; /* digest of what a launch decides */
};

/* A cached endorsement key for one TCB. */
struct psp_key {
	struct crypto_ec_private *key; /* NULL: none */
	uint64_t tcb;
};

struct sim_psp {
	enum snp_product product;
	const struct psp_model *model;
	uint32_t report_version;
	struct base_env *env;
	uint8_t secret[PSP_SECRET_BYTES];     /* the chip's: fuses */
	uint8_t csp_secret[PSP_SECRET_BYTES]; /* secret of the KDS, for VLEKs */
	uint8_t hwid[64];
	uint64_t current_tcb, committed_tcb, reported_tcb;
	struct psp_version current, committed;
	uint32_t config_flags; /* SNP_STATUS_MASK_* */
	uint64_t mit_vector;
	struct psp_key vcek, vlek;
	bool vlek_en;
	uint8_t hashstick[PSP_HASHSTICK_BYTES];
	struct base_mix vlek_mix; /* digest of hashstick; of nothing: none */
	char csp_id[SIM_CSP_ID_MAX_CHARS +
		    1]; /* the service's memory: whom the last hashstick was made for */
	struct psp_guest *guests;
	uint32_t n_guests, room_guests, first_free; /* first_free: index + 1 */
	uint32_t live_guests;
	uint64_t launches;
	struct sim_psp_share share;
	struct sim_psp_edit edit;
	struct psp_memory *memory; /* NULL: nothing is remembered but the two keys above */
};

/* The cloud provider that `csp_id` stands for. */
const char *psp_csp_id(const struct sim_psp *psp, const char *csp_id);

/* Around every command: false, it cannot be done now; and what the command answers after all. */
bool psp_refresh(struct sim_psp *psp);
uint32_t psp_changed(struct sim_psp *psp, uint32_t status);

/* Derivations, the same for the chip and for the key distribution service. */
int psp_vcek_derive(const struct sim_psp *psp, uint64_t tcb, struct crypto_ec_private **ret,
		    struct jurat_error *err);
/* The VCEK and HWID of another chip, which a name stands for. */
int psp_other_vcek(const struct sim_psp *psp, const char *chip, uint64_t tcb, uint8_t ret_hwid[64],
		   struct crypto_ec_private **ret, struct jurat_error *err);
int psp_vlek_derive(const uint8_t hashstick[PSP_HASHSTICK_BYTES], uint64_t tcb,
		    struct crypto_ec_private **ret, struct jurat_error *err);
/* The unwrapped hashstick of a cloud provider and TCB, which does not depend on the chip. */
void psp_hashstick(const struct sim_psp *psp, const char *csp_id, uint64_t tcb,
		   uint8_t ret[PSP_HASHSTICK_BYTES]);
void psp_wrapping_key(const struct sim_psp *psp, uint8_t ret[32]);

/* psp_tcb.c: TCB versions of this product, and the endorsement keys kept for one. */
bool psp_tcb_valid(const struct sim_psp *psp, uint64_t tcb);
/* snp_tcb_at_least() on raw values. */
bool psp_tcb_covers(const struct sim_psp *psp, uint64_t tcb, uint64_t floor);
void psp_key_forget(struct psp_key *key);
/* NULL: none. The key is derived again when first needed. */
void psp_set_vlek(struct sim_psp *psp, const uint8_t *hashstick);

/*
 * psp_memory.c. The key that the reported TCB and the hashstick say; NULL: it is not remembered. keep_key
 * takes the key, or returns false where there is no room.
 */
struct psp_signature {
	uint8_t r[48], s[48];
};
void psp_memory_free(struct psp_memory *memory);
const struct crypto_ec_private *psp_memory_key(const struct sim_psp *psp, enum snp_signing_key which);
bool psp_memory_keep_key(struct sim_psp *psp, enum snp_signing_key which, struct crypto_ec_private *key);
const struct psp_signature *psp_memory_signature(struct psp_memory *memory,
						 const struct crypto_ec_private *key,
						 const uint8_t signed_bytes[SNP_REPORT_SIGNED_BYTES]);
void psp_memory_keep_signature(struct psp_memory *memory, const struct crypto_ec_private *key,
			       const uint8_t signed_bytes[SNP_REPORT_SIGNED_BYTES],
			       const struct psp_signature *signature);

/* psp_snapshot.c */
void psp_mix_launch(const struct psp_guest *g, struct base_mix *to);

/* The guest of a number; NULL when it is not running. */
struct psp_guest *psp_guest_find(const struct sim_psp *psp, uint32_t guest);

/* Messages, psp_msg.c. */
struct psp_message {
	uint64_t seqno;
	uint8_t type, version, vmpck;
	uint16_t size;
	uint8_t payload[SNP_MSG_MAX_PAYLOAD_BYTES];
};
/*
 * The header of a request page: SNP_SUCCESS, or INVALID_PARAM. Nothing is decrypted yet; `ret->payload` is
 * untouched.
 */
uint32_t psp_msg_read_header(const uint8_t page[SNP_PAGE_BYTES], struct psp_message *ret);
/* Decrypts to `m->payload`: SNP_SUCCESS, or INVALID_PARAM when the tag does not match. */
uint32_t psp_msg_open(const uint8_t page[SNP_PAGE_BYTES], const uint8_t vmpck[SNP_VMPCK_BYTES],
		      struct psp_message *m);
/* Encrypts a message into a whole page. 0; -ENOMEM, and `page` is unchanged. */
int psp_msg_seal(const struct psp_message *m, const uint8_t vmpck[SNP_VMPCK_BYTES],
		 uint8_t page[SNP_PAGE_BYTES]);

/*
 * Handlers of messages, in psp_report.c and psp_key.c: read `request->payload`, and fill in
 * `response->payload` and its size. SNP_SUCCESS: there is a response, possibly with an error status in it.
 * Otherwise the command fails.
 */
uint32_t psp_answer_report(struct sim_psp *psp, const struct psp_guest *g, const struct psp_message *request,
			   struct psp_message *response);
uint32_t psp_answer_key(struct sim_psp *psp, const struct psp_guest *g, const struct psp_message *request,
			struct psp_message *response);
uint32_t psp_answer_tsc_info(struct sim_psp *psp, const struct psp_guest *g,
			     const struct psp_message *request, struct psp_message *response);

#endif
