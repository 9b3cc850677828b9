/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_INPUT_H
#define VERIFY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Identifies the kind of data by its content, for all code that reads files of unknown kind. Data of a kind
 * need not be well-formed: the parser of the kind reports what is wrong.
 */
enum input_kind {
	INPUT_UNKNOWN,
	INPUT_SNP_REPORT,          /* of any version, possibly truncated */
	INPUT_SNP_EXTENDED_REPORT, /* followed by a certificate table */
	INPUT_SNP_TABLE,           /* the certificate table of the GHCB */
	INPUT_SNP_HASHSTICK,
	INPUT_TDX_REPORT,
	INPUT_QUOTE, /* of a TD or an SGX enclave, any version */
	INPUT_JSON,
	INPUT_PEM,
	INPUT_CERTIFICATE, /* DER; also CRLs are DER */
	INPUT_CRL,
	INPUT_SNP_RESPONSE, /* MSG_REPORT_RSP: a header, then the report */
	INPUT_HCL,          /* Azure's HCL report, which contains a report or a TDREPORT */
};

enum {
	INPUT_SNP_RESPONSE_HEAD_BYTES = 32, /* Spec: SEV-SNP firmware ABI, MSG_REPORT_RSP */
	INPUT_HCL_HEAD_BYTES = 32,
};

/* bytes: n bytes, untrusted. Takes linear time. */
enum input_kind input_kind(const uint8_t *bytes, size_t n);
/* "SEV-SNP report", "certificate table" ...; "unrecognized data". */
const char *input_kind_name(enum input_kind kind);
/* The same, and also names data of other kinds: "ELF", "TCG event log", "text" ... */
const char *input_name(const uint8_t *bytes, size_t n);

/* Whether all bytes are printable ASCII or UTF-8, or white space. */
bool input_is_printable(const uint8_t *bytes, size_t n);
/* Whether it is text for people: printable, and not one long word, which may be encoded data. */
bool input_is_text(const uint8_t *bytes, size_t n);
/* Whether it begins with a UEFI firmware volume. */
bool input_is_firmware(const uint8_t *bytes, size_t n);

/* Whether it contains a PEM marker of a certificate or CRL, complete or damaged. */
bool input_has_mark(const uint8_t *bytes, size_t n);

#endif
