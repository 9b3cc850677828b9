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
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"

/* Future versions will fit in one byte; other structures have larger values here. */
static bool is_version(uint64_t v)
{
	return v >= 1 && v <= 0xff;
}

/* No other kind begins with a known GUID, or with the terminator of an empty table. */
static bool is_known_table(const uint8_t *bytes, size_t n)
{
	return n >= SNP_CERTS_ENTRY_BYTES &&
	       (snp_cert_kind_of(bytes) != SNP_CERT_OTHER || bytes_all(bytes, SNP_CERTS_GUID_BYTES, 0) ||
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

/* Status, size, 24 reserved bytes, then the report. Spec: SEV-SNP firmware ABI, MSG_REPORT_RSP. */
static bool is_response(const uint8_t *bytes, size_t n)
{
	enum { SIZE_OFF = 4, RESERVED_OFF = 8 };

	return n >= INPUT_SNP_RESPONSE_HEAD_BYTES + SNP_REPORT_BYTES &&
	       bytes_get_le(bytes + SIZE_OFF, 4) == SNP_REPORT_BYTES &&
	       bytes_all(bytes + RESERVED_OFF, INPUT_SNP_RESPONSE_HEAD_BYTES - RESERVED_OFF, 0);
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

static bool has(const uint8_t *bytes, size_t n, const char *words)
{
	return memmem(bytes, n, words, strlen(words)) != NULL;
}

bool input_has_mark(const uint8_t *bytes, size_t n)
{
	return has(bytes, n, "CERTIFICATE-") || has(bytes, n, "CRL-");
}

/* SEQUENCE { INTEGER ...: PKCS #1, #8 and #12; certificates and CRLs begin with another SEQUENCE. */
static bool is_der_key(const uint8_t *bytes, size_t n)
{
	struct bytes_rd all = bytes_rd(bytes, n), inner = der_enter(&all, DER_SEQUENCE);

	return !inner.bad && all.off == n && inner.size > 0 && inner.data[0] == DER_INTEGER;
}

static bool is_pem_key(const uint8_t *bytes, size_t n)
{
	return has(bytes, n, "-----BEGIN ") && has(bytes, n, "KEY-");
}

static bool is_other_pem(const uint8_t *bytes, size_t n)
{
	return has(bytes, n, "-----BEGIN ");
}

static bool is_text_with_pem(const uint8_t *bytes, size_t n)
{
	return is_other_pem(bytes, n) && input_has_mark(bytes, n) && input_is_printable(bytes, n);
}

/*
 * SEV certificate: version 1, key id and certifying key id, usage ARK or ASK, size of the exponent. Spec: SEV
 * API, B.1.
 */
static bool is_sev_certificate(const uint8_t *bytes, size_t n)
{
	enum { USAGE_OFF = 36, EXPONENT_BITS_OFF = 56, HEAD_BYTES = 64 };
	uint64_t usage = n >= HEAD_BYTES ? bytes_get_le(bytes + USAGE_OFF, 4) : 0xff;
	uint64_t bits = n >= HEAD_BYTES ? bytes_get_le(bytes + EXPONENT_BITS_OFF, 4) : 0;

	return bytes_get_le(bytes, n >= 4 ? 4 : 0) == 1 && (usage == 0 || usage == 0x13) &&
	       (bits == 2048 || bits == 4096);
}

/* TCG_PCClientPCREvent of type EV_NO_ACTION. Spec: TCG PC Client Platform Firmware Profile, 10.2.1. */
static bool is_event_log(const uint8_t *bytes, size_t n)
{
	enum { ID_OFF = 32 };

	return n > ID_OFF + 15 && memcmp(bytes + ID_OFF, "Spec ID Event03", 15) == 0;
}

/* TPMS_ATTEST, alone or as TPM2B. Spec: TPM 2.0 Library, Part 2, 10.12.12. */
static bool is_tpm_attest(const uint8_t *bytes, size_t n)
{
	static const uint8_t magic[] = { 0xff, 'T', 'C', 'G' };

	return (n >= 4 && memcmp(bytes, magic, 4) == 0) || (n >= 6 && memcmp(bytes + 2, magic, 4) == 0);
}

/* Three parts in base64url, the first a JSON object. Spec: RFC 7515, 7.1. */
static bool is_jwt(const uint8_t *bytes, size_t n)
{
	unsigned dots = 0;

	while (n > 0 && memchr("\n\r \"", bytes[n - 1], 4))
		n--;
	if (n > 0 && bytes[0] == '"')
		bytes++, n--;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '.')
			dots++;
		else if (!bytes[i] ||
			 !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=",
				 bytes[i]))
			return false;
	}
	return dots == 2 && n > 3 && memcmp(bytes, "eyJ", 3) == 0;
}

/*
 * Begins with a tag of COSE, CWT or EAT, or of self-described CBOR. Spec: RFC 9052, 2; RFC 8392, 6; RFC 8949,
 * 3.4.6.
 */
static bool is_cbor(const uint8_t *bytes, size_t n)
{
	return n >= 3 &&
	       ((bytes[0] == 0xd2 && bytes[1] >> 5 == 4) || (bytes[0] == 0xd8 && bytes[1] == 0x3d) ||
		(bytes[0] == 0xd8 && bytes[1] == 0x62) || memcmp(bytes, "\xd9\xd9\xf7", 3) == 0);
}

static bool is_untagged_sign1(const uint8_t *bytes, size_t n)
{
	return n >= 4 && bytes[0] == 0x84 && bytes[1] >> 5 == 2 && (bytes[2] >> 5 == 5 || bytes[1] == 0x58);
}

static bool is_zeros(const uint8_t *bytes, size_t n)
{
	return bytes_all(bytes, n, 0);
}

static bool is_markup(const uint8_t *bytes, size_t n)
{
	return n > 1 && bytes[0] == '<' && input_is_printable(bytes, n);
}

static bool is_empty(const uint8_t *bytes, size_t n)
{
	(void)bytes;
	return n == 0;
}

/*
 * Data that is often mistaken for evidence or found beside it, recognized by its first bytes or by a
 * function.
 */
static const struct {
	const char *name, *magic;
	size_t n_magic;
	bool (*is)(const uint8_t *bytes, size_t n);
} others[] = {
	{ "an empty file", NULL, 0, is_empty },
	{ "ELF",
	  "\x7f"
	  "ELF",
	  4, NULL },
	{ "gzip", "\x1f\x8b", 2, NULL },
	{ "bzip2", "BZh", 3, NULL },
	{ "xz",
	  "\xfd"
	  "7zXZ",
	  5, NULL },
	{ "Zstandard", "\x28\xb5\x2f\xfd", 4, NULL },
	{ "ZIP", "PK\3\4", 4, NULL },
	{ "PCAP", "\xd4\xc3\xb2\xa1", 4, NULL },
	{ "PCAP", "\xa1\xb2\xc3\xd4", 4, NULL },
	{ "PCAP", "\x4d\x3c\xb2\xa1", 4, NULL },
	{ "PCAP", "\x0a\x0d\x0d\x0a", 4, NULL },
	{ "PDF", "%PDF", 4, NULL },
	{ "PNG", "\x89PNG", 4, NULL },
	{ "ACPI table CCEL", "CCEL", 4, NULL },
	{ "ARK or ASK in the form of SEV, not X.509", NULL, 0, is_sev_certificate },
	{ "TCG event log", NULL, 0, is_event_log },
	{ "TPM 2.0 quote", NULL, 0, is_tpm_attest },
	{ "JSON Web Token (JWT, EAT)", NULL, 0, is_jwt },
	{ "CBOR (COSE, CWT, EAT)", NULL, 0, is_cbor },
	{ "CBOR (COSE, CWT, EAT)", NULL, 0, is_untagged_sign1 },
	{ "text with PEM certificates in it, neither PEM nor JSON (YAML?)", NULL, 0, is_text_with_pem },
	{ "key", NULL, 0, is_pem_key },
	{ "key", NULL, 0, is_der_key },
	{ "PEM of another kind", NULL, 0, is_other_pem },
	{ "XML or HTML", NULL, 0, is_markup },
	{ "text", NULL, 0, input_is_text },
	{ "PE", "MZ", 2, NULL },
	{ "zeros", NULL, 0, is_zeros },
};

/* Identifies JSON by a characteristic member. */
static const char *json_name(const uint8_t *bytes, size_t n)
{
	static const struct {
		const char *member, *name;
	} known[] = {
		{ "\"pck_crl\"", "collateral" },
		{ "\"pckCrl\"", "collateral" },
		{ "\"root_ca_crl\"", "collateral" },
		{ "\"tcbInfo\"", "TCB info" },
		{ "\"enclaveIdentity\"", "QE identity" },
		{ "\"tcbLevels\"", "TCB info without its signature" },
		{ "\"vcekCert\"", "certificates in JSON" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (has(bytes, n, known[i].member))
			return known[i].name;
	return "JSON";
}

static const char *other_name(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i].is ? others[i].is(bytes, n)
				 : n >= others[i].n_magic &&
					   memcmp(bytes, others[i].magic, others[i].n_magic) == 0)
			return others[i].name;
	}
	return input_kind_name(INPUT_UNKNOWN);
}

const char *input_name(const uint8_t *bytes, size_t n)
{
	enum input_kind kind = input_kind(bytes, n);

	switch (kind) {
	case INPUT_UNKNOWN:
		return other_name(bytes, n);
	case INPUT_JSON:
		return json_name(bytes, n);
	case INPUT_PEM:
		return input_has_mark(bytes, n) ? input_kind_name(kind) : other_name(bytes, n);
	case INPUT_HCL:
		return bytes_get_le(bytes + INPUT_HCL_HEAD_BYTES, 4) == TDX_REPORT_TYPE
			       ? "Azure HCL report with a TDREPORT at byte 32"
			       : input_kind_name(kind);
	default:
		return input_kind_name(kind);
	}
}
