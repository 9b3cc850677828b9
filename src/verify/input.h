/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_INPUT_H
#define VERIFY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a file holds, by its content: the one answer for everything that reads a file of unknown kind. To be
 * of a kind is not to be well-formed: the kind's reader says what is wrong with it.
 */
enum input_kind {
	INPUT_UNKNOWN,
	INPUT_SNP_REPORT,          /* of any version, perhaps cut short */
	INPUT_SNP_EXTENDED_REPORT, /* with a certificate table behind it */
	INPUT_SNP_TABLE,           /* the certificate table of the GHCB */
	INPUT_SNP_HASHSTICK,
	INPUT_TDX_REPORT,
	INPUT_QUOTE, /* of a TD or an enclave, of any version */
	INPUT_JSON,
	INPUT_PEM,
	INPUT_CERTIFICATE, /* DER, as is a CRL */
	INPUT_CRL,
	INPUT_SNP_RESPONSE, /* the report behind the head that firmware puts before it */
	INPUT_HCL,          /* Azure's, with a report or a TDREPORT in it */
};

enum {
	INPUT_SNP_RESPONSE_HEAD_BYTES = 32, /* Spec: SEV-SNP firmware ABI, MSG_REPORT_RSP */
	INPUT_HCL_HEAD_BYTES = 32,
};

/* bytes: n bytes, untrusted. Takes no more time than to read over them once or twice. */
enum input_kind input_kind(const uint8_t *bytes, size_t n);
/* "SEV-SNP report", "certificate table" ...; "unrecognized data". */
const char *input_kind_name(enum input_kind kind);
/* The same for what is of no kind, too, by what it seems to be: "ELF", "TCG event log", "text" ... */
const char *input_name(const uint8_t *bytes, size_t n);

/* Printable, in ASCII or UTF-8, with white space. */
bool input_is_printable(const uint8_t *bytes, size_t n);
/* For people: printable, and not one long word that something may be encoded in. */
bool input_is_text(const uint8_t *bytes, size_t n);
/* Whether a mark of a certificate's or CRL's PEM stands in it, whole or damaged. */
bool input_has_mark(const uint8_t *bytes, size_t n);

#endif
