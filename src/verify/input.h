/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_INPUT_H
#define VERIFY_INPUT_H

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
};

/* bytes: n bytes, untrusted. Takes no more time than to read over them once or twice. */
enum input_kind input_kind(const uint8_t *bytes, size_t n);
/* "SEV-SNP report", "certificate table" ...; "unrecognized data". */
const char *input_kind_name(enum input_kind kind);

#endif
