/* SPDX-License-Identifier: MIT */
#ifndef ENDORSE_ITEM_H
#define ENDORSE_ITEM_H

#include "base/error.h"
#include "wire/snp_product.h"

/*
 * What names one endorsement: a certificate, CRL or document that AMD's Key Distribution Service (KDS),
 * Intel's Provisioning Certification Service (PCS) or a PCCS serves. Pure: no I/O. Spec: VCEK certificate
 * and KDS interface (AMD 57230); Intel PCS API v4; PCCS API v4.
 */
enum endorse_kind {
	ENDORSE_VCEK,         /* product, chip_id, tcb */
	ENDORSE_VCEK_CHAIN,   /* product: ASK, ARK */
	ENDORSE_VLEK_CHAIN,   /* product: ASVK, ARK */
	ENDORSE_VCEK_CRL,     /* product */
	ENDORSE_VLEK_CRL,     /* product */
	ENDORSE_TCB_INFO,     /* tee, fmspc, update */
	ENDORSE_QE_IDENTITY,  /* tee, update */
	ENDORSE_QVE_IDENTITY, /* update */
	ENDORSE_TCB_NUMBERS,  /* tee: TcbEvaluationDataNumbers */
	ENDORSE_PCK_CRL,      /* ca */
	ENDORSE_ROOT_CRL,     /* Intel SGX Root CA's */
	ENDORSE_N_KINDS
};

/* What a service answers for a kind, and what values hold. */
enum endorse_form {
	ENDORSE_FORM_CERTIFICATE, /* DER */
	ENDORSE_FORM_CHAIN,       /* certificates in PEM */
	ENDORSE_FORM_CRL,         /* DER */
	ENDORSE_FORM_DOCUMENT,    /* JSON, whose bytes are signed */
	ENDORSE_N_FORMS
};

enum endorse_tee { ENDORSE_SGX, ENDORSE_TDX };
enum endorse_ca { ENDORSE_PROCESSOR, ENDORSE_PLATFORM };
/* Which of Intel's TCB recoveries: `update=standard`, `update=early`, or `tcbEvaluationDataNumber=N`. */
enum endorse_update { ENDORSE_STANDARD, ENDORSE_EARLY, ENDORSE_NUMBERED };

struct endorse_item { /* members that its kind does not use are 0 */
	enum endorse_kind kind;
	enum snp_product product;
	uint8_t chip_id[64]; /* as in a report: zeros after the HWID */
	struct snp_tcb tcb;
	enum endorse_tee tee;
	uint8_t fmspc[6];
	enum endorse_update update;
	uint32_t number; /* ENDORSE_NUMBERED */
	enum endorse_ca ca;
};

/* The service that publishes an item. */
enum endorse_service { ENDORSE_AMD_KDS, ENDORSE_INTEL_PCS, ENDORSE_INTEL_CERTIFICATES, ENDORSE_N_SERVICES };
enum endorse_service endorse_item_service(const struct endorse_item *item);
/* "https://kdsintf.amd.com" and so on, without a final slash. */
const char *endorse_service_url(enum endorse_service service);

/* How a client asked for a CRL or chain; values are kept in ENDORSE_AS_SERVED. */
enum endorse_encoding { ENDORSE_AS_SERVED, ENDORSE_DER, ENDORSE_PEM, ENDORSE_HEX };

/*
 * Reads a request's path and query ("/vcek/v1/Milan/...?blSPL=2&..."; untrusted) at the KDS, the PCS, the
 * certificates' host, or a PCCS (API v3 and v4; without TCB info of v3, which has another form and is no
 * longer published). Parameters in any order, numbers padded or not, hex in either case.
 *
 * Returns   0; JURAT_NOT_FOUND no path of these services (404); -EINVAL a parameter is missing, unknown,
 *           repeated or malformed (400): `err` names it
 */
JURAT_MUST_CHECK int endorse_item_of_request(const char *target, struct endorse_item *ret,
					     enum endorse_encoding *ret_encoding, struct jurat_error *err);

enum { ENDORSE_TEXT_BYTES = 512 };
/*
 * `buf`, `room` and the result as in wire_field_format(). Path and query at its service: begins with a
 * slash.
 */
size_t endorse_item_target(const struct endorse_item *item, char *buf, size_t room);
/* The same below a PCCS or `juratd endorsements`, which serve the root CRL at a path of their own. */
size_t endorse_item_pccs_target(const struct endorse_item *item, char *buf, size_t room);
/*
 * File below the directory of a stock. VCEKs in the layout of Trustee's offline store:
 * "vcek/<hwid>/bl02_tee00_snp06_ucode21[_fmc05]_vcek.der". No part of it comes from outside unchecked.
 */
size_t endorse_item_file(const struct endorse_item *item, char *buf, size_t room);
/* A name for keys, logs and messages: two items have the same name only if they are the same. */
size_t endorse_item_name(const struct endorse_item *item, char *buf, size_t room);
/* "vcek", "vcek-chain", "tcb-info": for metrics. */
const char *endorse_kind_name(enum endorse_kind kind);
enum endorse_form endorse_kind_form(enum endorse_kind kind);

#endif
