/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sim/forge/order_internal.h"
#include "sim/forge/x509_edit.h"

static enum sim_x509_kind kind_of(enum sim_part part)
{
	switch (part) {
	case SIM_PART_VCEK:
	case SIM_PART_VLEK:
		return SIM_X509_AMD_LEAF;
	case SIM_PART_PCK:
		return SIM_X509_PCK;
	case SIM_PART_CRL:
	case SIM_PART_PCK_CRL:
	case SIM_PART_ROOT_CRL:
		return SIM_X509_CRL;
	default:
		return SIM_X509_CERT;
	}
}

int order_check_x509(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	return sim_x509_check(kind_of(edit->part), edit->field, edit->value, at, err);
}

/* clang-format off */
#define TIME "time; or utc:, generalized: and a time, utc-text:, generalized-text: and a text"
#define NAME "text; or printable:, utf8:, ia5:, bmp: and a text"
#define ALGORITHM "rsa-pss-HASH[-saltN][-trailer], rsa-HASH, ecdsa-HASH; or DER"

/* Of all. */
#define OBJECT(part, signers) \
	{ part, "signed_by", signers, "key that signs" }, \
	{ part, "algorithm", ALGORITHM, "how it is signed, and named in both places" }, \
	{ part, "inner_algorithm", ALGORITHM, "algorithm that the signed part names" }, \
	{ part, "outer_algorithm", ALGORITHM, "algorithm that is named behind the signed part" }, \
	{ part, "signature", "bytes", "bits of the signature" }, \
	{ part, "missing", "yes, no", "it is nowhere" }, \
	{ part, "trailing", "bytes", "bytes behind it" }, \
	{ part, "encoding", "long-length, tbs-long-length, indefinite", "BER that is not DER" }, \
	{ part, "version", "number", "version as it is encoded: 2 is version 3; 0: absent" }, \
	{ part, "issuer", NAME, "common name of the issuer" }, \
	{ part, "issuer_name", "DER, absent", "whole name of the issuer" }, \
	{ part, "authority_key_id", "bytes, other, absent", "authorityKeyIdentifier" }, \
	{ part, "extension.OID", "bytes, absent", "value of an extension; OIDs also by name" }, \
	{ part, "critical.OID", "yes, no", "whether an extension is critical" }, \
	{ part, "another.OID", "bytes", "one more extension at the end, also a second one" }, \
	{ part, "extensions", "absent, empty, reversed", "all extensions" }, \
	{ part, "append", "DER", "element behind all others of the signed part" }

#define CERT(part, signers) OBJECT(part, signers), \
	{ part, "serial", "bytes", "content of the INTEGER" }, \
	{ part, "not_before", TIME, "begin of validity" }, \
	{ part, "not_after", TIME, "end of validity" }, \
	{ part, "subject", NAME, "common name of the subject" }, \
	{ part, "subject_name", "DER, absent", "whole name of the subject" }, \
	{ part, "key", "bytes, other, other-p256, other-p384, other-rsa", "public key" }, \
	{ part, "spki", "DER", "SubjectPublicKeyInfo" }, \
	{ part, "ca", "yes, no, absent", "cA of basicConstraints" }, \
	{ part, "path_len", "number, absent", "pathLenConstraint" }, \
	{ part, "key_usage", "bytes, absent", "bits of keyUsage: 06 is keyCertSign and cRLSign" }, \
	{ part, "subject_key_id", "bytes, other, absent", "subjectKeyIdentifier" }

#define CRL(part, signers) OBJECT(part, signers), \
	{ part, "this_update", TIME ", absent", "thisUpdate" }, \
	{ part, "next_update", TIME ", absent", "nextUpdate" }, \
	{ part, "number", "bytes, absent", "CRL number" }, \
	{ part, "revoked", "CERTIFICATE or SERIAL,...", "what is revoked; empty: nothing" }, \
	{ part, "revoked_at", TIME, "date of all entries" }, \
	{ part, "entry.OID", "bytes", "one more extension of all entries" }, \
	{ part, "entry_critical.OID", "yes, no", "whether that is critical" }

#define PRODUCT(part) { part, "product", "Milan, Genoa, Turin, other", "product that it is for" }

#define AMD_LEAF(part) CERT(part, AMD), PRODUCT(part), \
	{ part, "struct_version", "number, absent", "structVersion" }, \
	{ part, "product_name", "text, absent", "productName" }, \
	{ part, "hwid", "bytes, absent", "hwID" }, \
	{ part, "csp_id", "text, absent", "cspID" }, \
	{ part, "spl.NAME", "number, absent", "SPL: blSPL, teeSPL, snpSPL, spl4 to spl7, ucodeSPL, fmcSPL" }

#define SGX(name, value, what) { SIM_PART_PCK, "sgx." name, value ", absent, twice", what }

#define AMD "ark, ask, asvk, vcek, vlek, self, other"
#define INTEL "root, pck_ca, tcb_signing, pck, self, other"

const struct sim_field order_fields_x509[] = {
	AMD_LEAF(SIM_PART_VCEK),
	AMD_LEAF(SIM_PART_VLEK),
	CERT(SIM_PART_ASK, AMD), PRODUCT(SIM_PART_ASK),
	CERT(SIM_PART_ASVK, AMD), PRODUCT(SIM_PART_ASVK),
	CERT(SIM_PART_ARK, AMD), PRODUCT(SIM_PART_ARK),
	CRL(SIM_PART_CRL, AMD), PRODUCT(SIM_PART_CRL),

	CERT(SIM_PART_PCK, INTEL),
	SGX("ppid", "bytes", "PPID"),
	SGX("component_N", "number", "SGX TCB component SVN, 1 to 16"),
	SGX("pcesvn", "number", "PCESVN"),
	SGX("cpusvn", "bytes", "CPUSVN"),
	SGX("pceid", "bytes", "PCE-ID"),
	SGX("fmspc", "bytes", "FMSPC"),
	SGX("type", "number", "SGX type"),
	SGX("platform_instance_id", "bytes", "platform instance ID"),
	SGX("dynamic_platform", "yes, no", "dynamic platform"),
	SGX("cached_keys", "yes, no", "cached keys"),
	SGX("smt", "yes, no", "SMT enabled"),
	{ SIM_PART_PCK, "sgx.tcb", "absent, twice", "TCB" },
	{ SIM_PART_PCK, "sgx.configuration", "absent, twice", "configuration" },
	{ SIM_PART_PCK, "sgx.unknown", "yes, no", "one more element, of an OID that no one uses" },
	{ SIM_PART_PCK, "sgx.order", "reversed", "order of the elements" },
	CERT(SIM_PART_PCK_CA, INTEL),
	CERT(SIM_PART_ROOT, INTEL),
	CERT(SIM_PART_TCB_SIGNING, INTEL),
	CRL(SIM_PART_PCK_CRL, INTEL),
	CRL(SIM_PART_ROOT_CRL, INTEL),
	{ .name = NULL },
};
