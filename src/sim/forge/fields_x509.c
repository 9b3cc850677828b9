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
#define TIME "TIME|utc:TIME|generalized:TIME|utc-text:TEXT|generalized-text:TEXT"
#define NAME "TEXT|printable:TEXT|utf8:TEXT|ia5:TEXT|bmp:TEXT"
#define ALGORITHM "rsa-pss-HASH[-saltN][-trailer]|rsa-HASH|ecdsa-HASH|DER"

/* Of all. */
#define OBJECT(part, signers) \
	{ part, "signed_by", signers, "key that signs" }, \
	{ part, "algorithm", ALGORITHM, "signature algorithm, used and named in both places" }, \
	{ part, "inner_algorithm", ALGORITHM, "algorithm that the signed part names" }, \
	{ part, "outer_algorithm", ALGORITHM, "algorithm that is named after the signed part" }, \
	{ part, "signature", "HEX", "signature value" }, \
	{ part, "missing", "yes|no", "left out of the evidence" }, \
	{ part, "trailing", "HEX", "bytes after the end" }, \
	{ part, "encoding", "long-length|tbs-long-length|indefinite", "BER that is not DER" }, \
	{ part, "version", "NUMBER", "version as encoded: 2 is X.509 version 3; 0: absent" }, \
	{ part, "issuer", NAME, "common name of the issuer" }, \
	{ part, "issuer_name", "DER|absent", "whole name of the issuer" }, \
	{ part, "authority_key_id", "HEX|other|absent", "authorityKeyIdentifier" }, \
	{ part, "extension.OID", "HEX|absent", "value of an extension; OIDs also by name" }, \
	{ part, "critical.OID", "yes|no", "whether an extension is critical" }, \
	{ part, "another.OID", "HEX", "one more extension at the end, even if there is one with this OID" }, \
	{ part, "extensions", "absent|empty|reversed", "all extensions" }, \
	{ part, "append", "DER", "element after all others of the signed part" }

#define CERT(part, signers) OBJECT(part, signers), \
	{ part, "serial", "HEX", "serial number: content of the INTEGER" }, \
	{ part, "not_before", TIME, "notBefore" }, \
	{ part, "not_after", TIME, "notAfter" }, \
	{ part, "subject", NAME, "common name of the subject" }, \
	{ part, "subject_name", "DER|absent", "whole name of the subject" }, \
	{ part, "key", "HEX|other|other-p256|other-p384|other-rsa", "public key" }, \
	{ part, "spki", "DER", "SubjectPublicKeyInfo" }, \
	{ part, "ca", "yes|no|absent", "cA of basicConstraints" }, \
	{ part, "path_len", "NUMBER|absent", "pathLenConstraint" }, \
	{ part, "key_usage", "HEX|absent", "bits of keyUsage: 06 is keyCertSign and cRLSign" }, \
	{ part, "subject_key_id", "HEX|other|absent", "subjectKeyIdentifier" }

#define CRL(part, signers) OBJECT(part, signers), \
	{ part, "this_update", TIME "|absent", "thisUpdate" }, \
	{ part, "next_update", TIME "|absent", "nextUpdate" }, \
	{ part, "number", "HEX|absent", "CRL number" }, \
	{ part, "revoked", "LIST", "revoked certificates, by part or serial number; empty: none" }, \
	{ part, "revoked_at", TIME, "revocationDate of all entries" }, \
	{ part, "entry.OID", "HEX", "one more extension of all entries" }, \
	{ part, "entry_critical.OID", "yes|no", "whether that extension is critical" }

#define PRODUCT(part) { part, "product", "Milan|Genoa|Turin|other", "product that it is issued for" }

#define AMD_LEAF(part) CERT(part, AMD), PRODUCT(part), \
	{ part, "struct_version", "NUMBER|absent", "structVersion" }, \
	{ part, "product_name", "TEXT|absent", "productName" }, \
	{ part, "hwid", "HEX|absent", "hwID" }, \
	{ part, "csp_id", "TEXT|absent", "cspID" }, \
	{ part, "spl.NAME", "NUMBER|absent", "SPL: blSPL, teeSPL, snpSPL, spl4 to spl7, ucodeSPL, fmcSPL" }

#define SGX(name, value, what) { SIM_PART_PCK, "sgx." name, value "|absent|twice", what }

#define AMD "ark|ask|asvk|vcek|vlek|self|other"
#define INTEL "root|pck_ca|tcb_signing|pck|self|other"

const struct sim_field order_fields_x509[] = {
	AMD_LEAF(SIM_PART_VCEK),
	AMD_LEAF(SIM_PART_VLEK),
	CERT(SIM_PART_ASK, AMD), PRODUCT(SIM_PART_ASK),
	CERT(SIM_PART_ASVK, AMD), PRODUCT(SIM_PART_ASVK),
	CERT(SIM_PART_ARK, AMD), PRODUCT(SIM_PART_ARK),
	CRL(SIM_PART_CRL, AMD), PRODUCT(SIM_PART_CRL),

	CERT(SIM_PART_PCK, INTEL),
	SGX("ppid", "HEX", "PPID"),
	SGX("component_N", "NUMBER", "SGX TCB component SVN, 1 to 16"),
	SGX("pcesvn", "NUMBER", "PCESVN"),
	SGX("cpusvn", "HEX", "CPUSVN"),
	SGX("pceid", "HEX", "PCE ID"),
	SGX("fmspc", "HEX", "FMSPC"),
	SGX("type", "NUMBER", "SGX type"),
	SGX("platform_instance_id", "HEX", "platform instance ID"),
	SGX("dynamic_platform", "yes|no", "dynamic platform"),
	SGX("cached_keys", "yes|no", "cached keys"),
	SGX("smt", "yes|no", "SMT enabled"),
	{ SIM_PART_PCK, "sgx.tcb", "absent|twice", "TCB" },
	{ SIM_PART_PCK, "sgx.configuration", "absent|twice", "configuration" },
	{ SIM_PART_PCK, "sgx.unknown", "yes|no", "one more element, with an unassigned OID" },
	{ SIM_PART_PCK, "sgx.order", "reversed", "order of the elements" },
	CERT(SIM_PART_PCK_CA, INTEL),
	CERT(SIM_PART_ROOT, INTEL),
	CERT(SIM_PART_TCB_SIGNING, INTEL),
	CRL(SIM_PART_PCK_CRL, INTEL),
	CRL(SIM_PART_ROOT_CRL, INTEL),
	{ .name = NULL },
};
