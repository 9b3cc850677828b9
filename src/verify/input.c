/* SPDX-License-Identifier: MIT */
#include "verify/input.h"

#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/der.h"
#include "crypto/x509.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

/* Future versions still fit in one byte; in another structure these bytes are something else. */
static bool is_version(uint64_t v)
{
	return v >= 1 && v <= 0xff;
}

/* Neither a known GUID nor the terminator of an empty table begins any other kind. */
static bool is_known_table(const uint8_t *bytes, size_t n)
{
	return n >= SNP_CERTS_ENTRY_BYTES &&
	       (snp_cert_kind_of(bytes) != SNP_CERT_OTHER || bytes_all(bytes, SNP_CERTS_GUID_BYTES, 0));
}

/* With a private GUID in front, a table is what reads as one. */
static bool is_private_table(const uint8_t *bytes, size_t n)
{
	struct snp_certs table;

	return snp_certs_read(bytes, n, &table, NULL) == 0 && table.n > 0;
}

/* Random bytes, but for reserved ones. */
static bool is_hashstick(const uint8_t *bytes, size_t n)
{
	struct snp_vlek_hashstick hashstick;

	return n == SNP_VLEK_HASHSTICK_BYTES &&
	       wire_read(&snp_vlek_hashstick_layout, bytes, n, &hashstick, NULL) == 0 &&
	       wire_check_zero(&snp_vlek_hashstick_layout, &hashstick, NULL) == 0;
}

static bool is_td_report(const uint8_t *bytes, size_t n)
{
	return n == TDX_REPORT_BYTES && bytes[0] == TDX_REPORT_TYPE;
}

/* Where a report has the upper half of its version, 0, a quote has the type of its key, which is not 0. */
static bool is_quote(const uint8_t *bytes, size_t n)
{
	struct tdx_quote_hdr hdr;

	if (wire_read(&tdx_quote_hdr_layout, bytes, n, &hdr, NULL) < 0)
		return false;
	return memcmp(hdr.vendor_id, tdx_quote_vendor_id, sizeof(tdx_quote_vendor_id)) == 0 ||
	       (is_version(hdr.version) && is_version(hdr.attestation_key_type) &&
		(hdr.tee_type == TDX_QUOTE_TEE_TDX || hdr.tee_type == TDX_QUOTE_TEE_SGX));
}

static bool is_any_report(const uint8_t *bytes, size_t n)
{
	return n >= SNP_REPORT_ALGO_OFF + 4 && is_version(bytes_get_le(bytes, 4)) &&
	       (n >= SNP_REPORT_BYTES ||
		bytes_get_le(bytes + SNP_REPORT_ALGO_OFF, 4) == SNP_REPORT_ALGO_ECDSA_P384_SHA384);
}

static bool is_report(const uint8_t *bytes, size_t n)
{
	return n <= SNP_REPORT_BYTES && is_any_report(bytes, n);
}

static bool is_extended_report(const uint8_t *bytes, size_t n)
{
	return n > SNP_REPORT_BYTES && is_any_report(bytes, n);
}

static bool is_json(const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n'))
		i++;
	return i < n && (bytes[i] == '{' || bytes[i] == '[');
}

/* The content of what is signed, in a certificate and in a CRL. */
static struct bytes_rd enter_signed(const uint8_t *bytes, size_t n)
{
	struct bytes_rd whole = bytes_rd(bytes, n), outer = der_enter(&whole, DER_SEQUENCE);

	return der_enter(&outer, DER_SEQUENCE);
}

/* A certificate of version 1, which has no version member, is of no use to anybody here. */
static bool is_certificate(const uint8_t *bytes, size_t n)
{
	struct bytes_rd tbs = enter_signed(bytes, n);

	return der_peek(&tbs) == DER_CONTEXT_CONSTRUCTED(0);
}

/* Version, which is optional, algorithm, issuer and then a time. */
static bool is_crl(const uint8_t *bytes, size_t n)
{
	struct bytes_rd tbs = enter_signed(bytes, n);

	if (der_peek(&tbs) == DER_INTEGER)
		der_whole(&tbs);
	der_enter(&tbs, DER_SEQUENCE);
	der_enter(&tbs, DER_SEQUENCE);
	return der_peek(&tbs) == DER_UTC_TIME || der_peek(&tbs) == DER_GENERALIZED_TIME;
}

/*
 * The first row that matches decides. Binary kinds are known by what no other kind has in that place; text
 * comes behind them, as quotes and tables hold text too; last what is found only by reading all of it.
 */
static const struct {
	enum input_kind kind;
	const char *name;
	bool (*is)(const uint8_t *bytes, size_t n);
} kinds[] = {
	{ INPUT_SNP_TABLE, "certificate table", is_known_table },
	{ INPUT_TDX_REPORT, "TDREPORT", is_td_report },
	{ INPUT_QUOTE, "quote", is_quote },
	{ INPUT_SNP_REPORT, "SEV-SNP report", is_report },
	{ INPUT_SNP_EXTENDED_REPORT, "SEV-SNP extended report", is_extended_report },
	{ INPUT_SNP_HASHSTICK, "wrapped VLEK hashstick", is_hashstick },
	{ INPUT_CERTIFICATE, "certificate", is_certificate },
	{ INPUT_CRL, "revocation list", is_crl },
	{ INPUT_JSON, "JSON", is_json },
	{ INPUT_PEM, "PEM", crypto_pem_is },
	{ INPUT_SNP_TABLE, "certificate table", is_private_table },
};

enum input_kind input_kind(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].is(bytes, n))
			return kinds[i].kind;
	return INPUT_UNKNOWN;
}

const char *input_kind_name(enum input_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unrecognized data";
}
