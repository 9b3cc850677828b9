/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/der.h"
#include "verify/input.h"
#include "wire/tdx_report.h"

/* Names data that is not evidence, for the errors that say what was found. */

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

enum { CBOR_BYTES = 2, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG, CBOR_SIMPLE }; /* major types */
enum { CBOR_INDEFINITE = 31, CBOR_BREAK = 0xff, CBOR_MAX_DEPTH = 16 };

/* Reads the argument of a data item; a length is not bounded by what follows. */
static bool cbor_argument(struct bytes_rd *r, unsigned info, uint64_t *ret)
{
	*ret = info;
	if (info < 24 || info == CBOR_INDEFINITE)
		return true;
	if (info > 27)
		return false;
	*ret = 0;
	for (unsigned i = 0; i < 1u << (info - 24); i++)
		*ret = *ret << 8 | bytes_rd_u8(r);
	return !r->bad;
}

/* Skips one data item that is well-formed. Each takes a byte or more. Spec: RFC 8949, 3 and appendix C. */
static bool cbor_skip(struct bytes_rd *r, unsigned depth)
{
	uint8_t first = bytes_rd_u8(r);
	const unsigned major = first >> 5;
	const bool indefinite = (first & 31) == CBOR_INDEFINITE;
	uint64_t items;

	if (r->bad || depth == CBOR_MAX_DEPTH || !cbor_argument(r, first & 31, &items))
		return false;
	if (indefinite && (major < CBOR_BYTES || major > CBOR_MAP))
		return false;
	if ((major == CBOR_BYTES || major == CBOR_TEXT) && !indefinite)
		return items <= bytes_rd_left(r) && bytes_rd_take(r, (size_t)items);
	if (major < CBOR_BYTES || major == CBOR_SIMPLE)
		return true;
	if (major == CBOR_TAG)
		items = 1;
	if (major == CBOR_MAP && !indefinite && __builtin_mul_overflow(items, 2, &items))
		return false;
	for (; indefinite || items > 0; items--) {
		if (indefinite && bytes_rd_left(r) > 0 && r->data[r->off] == CBOR_BREAK)
			return bytes_rd_take(r, 1) != NULL;
		if (!cbor_skip(r, depth + 1))
			return false;
	}
	return true;
}

/* A string of bytes, array, map or tagged item, and nothing after it: any text or number may be CBOR, too. */
static bool is_cbor_item(const uint8_t *bytes, size_t n)
{
	struct bytes_rd r = bytes_rd(bytes, n);
	const unsigned major = n > 0 ? bytes[0] >> 5 : 0;

	return n >= 16 && (major == CBOR_BYTES || (major >= CBOR_ARRAY && major <= CBOR_TAG)) &&
	       !input_is_printable(bytes, n) && cbor_skip(&r, 0) && bytes_rd_left(&r) == 0;
}

/*
 * Begins with a tag of COSE, CWT or EAT, or of self-described CBOR; complete or not. Spec: RFC 9052, 2; RFC
 * 8392, 6; RFC 8949, 3.4.6.
 */
static bool is_cbor(const uint8_t *bytes, size_t n)
{
	return n >= 3 &&
	       ((bytes[0] == 0xd2 && bytes[1] >> 5 == 4) || (bytes[0] == 0xd8 && bytes[1] == 0x3d) ||
		(bytes[0] == 0xd8 && bytes[1] == 0x62) || memcmp(bytes, "\xd9\xd9\xf7", 3) == 0);
}

/* COSE_Sign1 without its tag, complete or not. */
static bool is_untagged_sign1(const uint8_t *bytes, size_t n)
{
	return n >= 4 && bytes[0] == 0x84 && bytes[1] >> 5 == 2 && (bytes[2] >> 5 == 5 || bytes[1] == 0x58);
}

static bool is_tar(const uint8_t *bytes, size_t n)
{
	enum { MAGIC_OFF = 257 };

	return n >= MAGIC_OFF + 5 && memcmp(bytes + MAGIC_OFF, "ustar", 5) == 0;
}

static size_t count_of(const uint8_t *bytes, size_t n, const char *digits)
{
	size_t i = 0;

	while (i < n && bytes[i] && strchr(digits, bytes[i]))
		i++;
	return i;
}

/* A line of xxd, hexdump or od begins with an offset, the first with 0. */
static bool is_hex_dump(const uint8_t *bytes, size_t n)
{
	size_t zeros = count_of(bytes, n, "0");
	size_t end = zeros + count_of(bytes + zeros, n - zeros, ": ");

	return zeros >= 6 && zeros <= 16 && end > zeros && input_is_printable(bytes, n) &&
	       count_of(bytes + end, n - end, "0123456789abcdefABCDEF") >= 2;
}

/* Hex of which a digit was lost. */
static bool is_odd_hex(const uint8_t *bytes, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++) {
		if (count_of(bytes + i, 1, "0123456789abcdefABCDEF"))
			digits++;
		else if (!count_of(bytes + i, 1, " \t\r\n"))
			return false;
	}
	return digits % 2 == 1 && digits >= 64;
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
	{ "firmware image (OVMF, TDVF)", NULL, 0, input_is_firmware },
	{ "ELF",
	  "\x7f"
	  "ELF",
	  4, NULL },
	{ "gzip-compressed data", "\x1f\x8b", 2, NULL },
	{ "bzip2-compressed data", "BZh", 3, NULL },
	{ "xz-compressed data",
	  "\xfd"
	  "7zXZ",
	  5, NULL },
	{ "Zstandard-compressed data", "\x28\xb5\x2f\xfd", 4, NULL },
	{ "LZ4-compressed data", "\x04\x22\x4d\x18", 4, NULL },
	{ "zlib-compressed data", "\x78\x9c", 2, NULL },
	{ "zlib-compressed data", "\x78\xda", 2, NULL },
	{ "ZIP archive", "PK\3\4", 4, NULL },
	{ "tar archive", NULL, 0, is_tar },
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
	{ "CBOR (COSE, CWT, EAT), which is not read", NULL, 0, is_cbor },
	{ "CBOR (COSE, CWT, EAT), which is not read", NULL, 0, is_untagged_sign1 },
	{ "YAML or other text with PEM certificates in it (PEM and JSON are read)", NULL, 0,
	  is_text_with_pem },
	{ "key", NULL, 0, is_pem_key },
	{ "key", NULL, 0, is_der_key },
	{ "PEM of another kind", NULL, 0, is_other_pem },
	{ "XML or HTML", NULL, 0, is_markup },
	{ "hex dump with offsets (plain hex is read, as xxd -p writes it)", NULL, 0, is_hex_dump },
	{ "hex with an odd number of digits", NULL, 0, is_odd_hex },
	{ "text", NULL, 0, input_is_text },
	{ "text, neither hex nor base64 of a known kind", NULL, 0, input_is_printable },
	{ "PE", "MZ", 2, NULL },
	{ "zeros", NULL, 0, is_zeros },
	{ "CBOR, which is not read", NULL, 0, is_cbor_item },
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
		{ "\"uefi_event_logs\"", "event log in JSON" },
		{ "\"imr\"", "event log in JSON" },
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
