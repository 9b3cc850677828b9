/* SPDX-License-Identifier: MIT */
#include "verify/input.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/der.h"
#include "crypto/x509.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"

/* Future versions will fit in one byte; other structures have larger values here. */
static bool is_version(uint64_t v)
{
	return v >= 1 && v <= 0xff;
}

/*
 * Begins with 16 zeros, as a certificate table may. Spec: UEFI PI, EFI_FIRMWARE_VOLUME_HEADER.Signature
 */
bool input_is_firmware(const uint8_t *bytes, size_t n)
{
	enum { SIGNATURE_OFF = 40 };

	return n >= SIGNATURE_OFF + 4 && memcmp(bytes + SIGNATURE_OFF, "_FVH", 4) == 0;
}

/* No other kind begins with a known GUID, or with the terminator of an empty table. */
static bool is_known_table(const uint8_t *bytes, size_t n)
{
	return n >= SNP_CERTS_ENTRY_BYTES &&
	       (snp_cert_kind_of(bytes) != SNP_CERT_OTHER ||
		(bytes_all(bytes, SNP_CERTS_GUID_BYTES, 0) && !input_is_firmware(bytes, n)) ||
		snp_certs_is_mixed_endian(bytes, SNP_CERTS_ENTRY_BYTES));
}

/*
 * A table that begins with a private GUID is recognized by parsing it; one with GUIDs in both byte
 * orders too, which its reader refuses.
 */
static bool is_private_table(const uint8_t *bytes, size_t n)
{
	struct snp_certs table;

	return (snp_certs_read_any(bytes, n, &table, NULL) == 0 ||
		snp_certs_read(bytes, n, &table, NULL) == 0) &&
	       table.n > 0;
}

/* Random bytes, except for reserved ones. */
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

/*
 * A quote's attestation key type, which is not 0, is where a report has the upper half of its version, which
 * is 0.
 */
static bool is_quote(const uint8_t *bytes, size_t n)
{
	struct tdx_quote_hdr hdr;

	if (wire_read(&tdx_quote_hdr_layout, bytes, n, &hdr, NULL) < 0)
		return false;
	return memcmp(hdr.vendor_id, tdx_quote_vendor_id, sizeof(tdx_quote_vendor_id)) == 0 ||
	       (is_version(hdr.version) && is_version(hdr.attestation_key_type) &&
		(hdr.tee_type == TDX_QUOTE_TEE_TDX || hdr.tee_type == TDX_QUOTE_TEE_SGX));
}

/* A report of exactly its size, whatever its signature algorithm. */
static bool is_any_report(const uint8_t *bytes, size_t n)
{
	return n >= SNP_REPORT_ALGO_OFF + 4 && is_version(bytes_get_le(bytes, 4)) &&
	       (n == SNP_REPORT_BYTES ||
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

/*
 * Status, size, 24 reserved bytes, then the report, or nothing if the status is an error. Spec: SEV-SNP
 * firmware ABI, MSG_REPORT_RSP.
 */
static bool is_response(const uint8_t *bytes, size_t n)
{
	enum { SIZE_OFF = 4, RESERVED_OFF = 8 };
	uint64_t status, size;

	if (n < INPUT_SNP_RESPONSE_HEAD_BYTES ||
	    !bytes_all(bytes + RESERVED_OFF, INPUT_SNP_RESPONSE_HEAD_BYTES - RESERVED_OFF, 0))
		return false;
	status = bytes_get_le(bytes, 4);
	size = bytes_get_le(bytes + SIZE_OFF, 4);
	if (size == SNP_REPORT_BYTES)
		return n > INPUT_SNP_RESPONSE_HEAD_BYTES;
	return size == 0 && (status == SNP_INVALID_PARAM || status == SNP_INVALID_KEY) &&
	       bytes_all(bytes + RESERVED_OFF, n - RESERVED_OFF, 0);
}

/* Spec: Azure guest attestation documentation, "Attestation report". */
static bool is_hcl(const uint8_t *bytes, size_t n)
{
	return n >= INPUT_HCL_HEAD_BYTES + SNP_REPORT_BYTES && memcmp(bytes, "HCLA", 4) == 0;
}

static bool is_json(const uint8_t *bytes, size_t n)
{
	size_t i = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (i < n && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n'))
		i++;
	return i < n && (bytes[i] == '{' || bytes[i] == '[');
}

/* Enters the signed part of a certificate or CRL. */
static struct bytes_rd enter_signed(const uint8_t *bytes, size_t n)
{
	struct bytes_rd whole = bytes_rd(bytes, n), outer = der_enter(&whole, DER_SEQUENCE);

	return der_enter(&outer, DER_SEQUENCE);
}

/* Certificates of version 1, which have no version field, are not supported. */
static bool is_certificate(const uint8_t *bytes, size_t n)
{
	struct bytes_rd tbs = enter_signed(bytes, n);

	return der_peek(&tbs) == DER_CONTEXT_CONSTRUCTED(0);
}

/* Optional version, algorithm, issuer, then a time. */
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
 * The first matching row decides. Binary kinds come first and are recognized by values that no other kind has
 * at that offset. Text comes after them, because quotes and tables contain text too; last are the kinds that
 * require reading all bytes.
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
	{ INPUT_HCL, "Azure HCL report", is_hcl },
	{ INPUT_SNP_RESPONSE, "MSG_REPORT_RSP", is_response },
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

/* Length in bytes of the character that begins here; 0: not UTF-8. Spec: RFC 3629, 4. */
static size_t utf8_size(const uint8_t *p, size_t n)
{
	size_t size = p[0] < 0x80                   ? 1
		      : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		      : p[0] >> 4 == 0xe            ? 3
		      : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						    : 0;

	if (size > n)
		return 0;
	for (size_t i = 1; i < size; i++)
		if (p[i] >> 6 != 2)
			return 0;
	return size;
}

/* Fast path: eight bytes of 0x20 to 0x7e. */
static bool is_plain_word(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return ((w | (w - 0x20 * ones) | (w + ones)) & 0x80 * ones) == 0;
}

bool input_is_printable(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0, size; i < n; i += size) {
		size = sizeof(uint64_t);
		if (n - i >= size && is_plain_word(bytes + i))
			continue;
		size = utf8_size(bytes + i, n - i);
		if (size == 0 || bytes[i] == 0x7f || (bytes[i] < 0x20 && !memchr("\t\n\r\f", bytes[i], 4)))
			return false;
	}
	return true;
}

bool input_is_text(const uint8_t *bytes, size_t n)
{
	static const char *const encoded[] = { "MII", "3081", "3082", "0x30", "%2D" };
	size_t first = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	bool has_blank = memchr(bytes, ' ', n) || memchr(bytes, '\t', n);

	if (!input_is_printable(bytes, n))
		return false;
	while (first < n && memchr(" \t\n\r\"", bytes[first], 5))
		first++;
	for (size_t i = 0; i < ARRAY_SIZE(encoded); i++) {
		size_t size = strlen(encoded[i]);

		if (n - first >= size && strncasecmp((const char *)bytes + first, encoded[i], size) == 0)
			return false;
	}
	return has_blank || n < 64;
}
