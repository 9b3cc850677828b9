/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORGE_TDX_H
#define SIM_FORGE_TDX_H

#include "sim/forge/forge_internal.h"
#include "sim/forge/order_internal.h"
#include "sim/pki/pki_intel.h"

/* What the files forge_tdx*.c share. */

/* clang-format off */
#define FORGE_PLATFORM_FIELDS(F) \
	F(0, BYTES,  fmspc,                 6, "family, model, stepping, platform and custom SKU") \
	F(6, BYTES,  pceid,                 2, "PCE's id") \
	F(8, BYTES,  ppid,                 16, "platform provisioning id") \
	F(24, BYTES, platform_instance_id, 16, "of a platform with several packages") \
	F(40, BYTES, qe_id,                16, "user_data of quotes") \
	F(56, BYTES, cpusvn,               16, "and the SGX TCB components") \
	F(72, BYTES, tee_tcb_svn,          16, "of the module that launches the TD") \
	F(88, LE16,  pcesvn,                2, "ISVSVN of the PCE") \
	F(90, BYTES, later_tee_tcb_svn,    16, "of the module that it is updated to under the running TD")

/* What the quote signature does not cover, in order. */
#define FORGE_SIGNATURE_FIELDS(F) \
	F(0, LE32,    signature_data_size,  4, "") \
	F(4, BYTES,   signature,           64, "r and s, big-endian") \
	F(68, BYTES,  attestation_key,     64, "x and y, big-endian") \
	F(132, LE16,  outer_cert_type,      2, "6 = QE report and its certification") \
	F(134, LE32,  outer_cert_size,      4, "")
#define FORGE_BODY_HDR_FIELDS(F) \
	F(0, LE16, body_type, 2, "2 TD 1.0, 3 TD 1.5, 4 TD 1.5ex") \
	F(2, LE32, body_size, 4, "")
#define FORGE_QE_SIGNATURE_FIELDS(F) \
	F(0, BYTES, signature, 64, "r and s, big-endian")
#define FORGE_AUTH_FIELDS(F) \
	F(0, LE16, auth_data_size, 2, "")
#define FORGE_CERT_FIELDS(F) \
	F(0, LE16, cert_type, 2, "5 = PCK certificate chain") \
	F(2, LE32, cert_size, 4, "")
/* clang-format on */

WIRE_STRUCT(forge_platform, FORGE_PLATFORM_FIELDS);
WIRE_STRUCT(forge_signature, FORGE_SIGNATURE_FIELDS);
WIRE_STRUCT(forge_body_hdr, FORGE_BODY_HDR_FIELDS);
WIRE_STRUCT(forge_qe_signature, FORGE_QE_SIGNATURE_FIELDS);
WIRE_STRUCT(forge_auth, FORGE_AUTH_FIELDS);
WIRE_STRUCT(forge_cert, FORGE_CERT_FIELDS);
extern const struct wire_layout forge_platform_layout, forge_signature_layout, forge_body_hdr_layout,
	forge_qe_signature_layout, forge_auth_layout, forge_cert_layout;

enum {
	FORGE_PLATFORM_BYTES = 106,
	FORGE_MAX_BYTES = 8192, /* of a field whose size is free */
};

/* A place of a TD's launch values: names of TDINFO; "attributes" is td_attributes, "debug" its bit. */
JURAT_MUST_CHECK int forge_td_place(const char *name, struct order_place *ret, struct jurat_error *err);

/* Words of values, in the order of the enums; NULL at the end. */
enum forge_nesting { FORGE_NESTED, FORGE_FLAT, FORGE_TWICE };
enum forge_line_ends { FORGE_LF, FORGE_CRLF, FORGE_CR };
extern const char *const forge_generations[],
	*const forge_quote_signers[], *const forge_nestings[], *const forge_line_ends[],
								       *const forge_document_signers[];

/* "pck,pck_ca,root": certificates in this order. 0; -EINVAL */
enum forge_cert_name { FORGE_PCK, FORGE_PCK_CA, FORGE_ROOT, FORGE_TCB_SIGNING, FORGE_N_CERT_NAMES };
enum { FORGE_MAX_CHAIN = SIM_QE_MAX_CHAIN };
JURAT_MUST_CHECK int forge_chain_read(const char *text, enum forge_cert_name ret[FORGE_MAX_CHAIN], size_t *n,
				      struct jurat_error *err);
void forge_chain_certs(const struct sim_qe *qe, const enum forge_cert_name *names, size_t *n,
		       struct sim_der certs[FORGE_MAX_CHAIN]);

/* Hooks of sim_qe and of sim_pki_intel; ctx is the order. */
int forge_tdx_quote(void *ctx, const struct sim_qe *qe, const struct tdx_quote *quote, uint8_t **ret,
		    size_t *ret_size, struct jurat_error *err);
int forge_tdx_chain(void *ctx, const struct sim_qe *qe, enum sim_collateral_part part, struct sim_der *certs,
		    size_t *n, struct jurat_error *err);
int forge_tdx_before(void *ctx, const struct sim_pki_intel *pki, enum sim_intel_document which, char **text,
		     size_t *size, const struct crypto_p256_signer **key, struct jurat_error *err);
int forge_tdx_after(void *ctx, const struct sim_pki_intel *pki, enum sim_intel_document which, char **text,
		    size_t *size, struct jurat_error *err);
int forge_tdx_collateral(void *ctx, struct sim_collateral_options *o, struct jurat_error *err);

#endif
