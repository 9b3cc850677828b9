/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_CERTS_H
#define WIRE_SNP_CERTS_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

/* The certificate table that an extended guest request returns. Spec: GHCB 4.1.8.1. */
enum {
	SNP_CERTS_ENTRY_BYTES = 24,
	SNP_CERTS_GUID_BYTES = 16,
	SNP_CERTS_GUID_TEXT_SIZE = 37, /* with its NUL */
	SNP_CERTS_MAX_ENTRIES = 64,
	SNP_CERTS_LINUX_MAX_BYTES = 0x4000, /* largest table that a Linux guest accepts */
};

enum snp_cert_kind {
	SNP_CERT_OTHER, /* a GUID unknown to jurat: kept, never verified */
	SNP_CERT_VCEK,
	SNP_CERT_VLEK,
	SNP_CERT_ASK, /* also the ASVK */
	SNP_CERT_ARK,
	SNP_CERT_CRL,
};

struct snp_cert_entry {
	enum snp_cert_kind kind;
	uint8_t guid[SNP_CERTS_GUID_BYTES]; /* in printed order, left to right */
	struct bytes_rd data;               /* borrowed from the table */
};

struct snp_certs {
	unsigned n;
	struct snp_cert_entry entries[SNP_CERTS_MAX_ENTRIES];
	size_t size; /* bytes up to the end of the last certificate, without padding */
};

/*
 * bytes     n bytes, untrusted, borrowed by `ret`. n = 0, or a first entry of zeros, is the empty table.
 * Returns   0; -EBADMSG no terminator inside the buffer, or an entry whose data is empty, not inside the
 *           buffer (offset + length may wrap around) or overlaps other data or the entries, or that repeats a
 *           known kind or has a zero GUID but is not the terminator, or more than 64 entries. `err` names the
 *           entry.
 * Spec      GHCB 4.1.8.1. Certificates may come in any order and with gaps.
 */
JURAT_MUST_CHECK int snp_certs_read(const uint8_t *bytes, size_t n, struct snp_certs *ret,
				    struct jurat_error *err);
/*
 * The same, and also accepts a table whose GUIDs are in EFI's mixed-endian order, which some hosts write
 * contrary to the specification; ret has them in printed order. -EBADMSG also for known GUIDs in both orders.
 */
JURAT_MUST_CHECK int snp_certs_read_any(const uint8_t *bytes, size_t n, struct snp_certs *ret,
					struct jurat_error *err);
/* Whether the first known GUID of a table is in mixed-endian order. Reads the entries only. */
bool snp_certs_is_mixed_endian(const uint8_t *bytes, size_t n);
/* The entry of a known kind; NULL when there is none. */
const struct snp_cert_entry *snp_certs_find(const struct snp_certs *certs, enum snp_cert_kind kind);
/* The 16-byte GUID of a known kind, NULL for SNP_CERT_OTHER; and the inverse. */
const uint8_t *snp_cert_guid(enum snp_cert_kind kind);
enum snp_cert_kind snp_cert_kind_of(const uint8_t guid[SNP_CERTS_GUID_BYTES]);
/* "63da758d-e664-4564-adc5-f4b93be8accd". Returns `text`. */
char *snp_cert_guid_format(const uint8_t guid[SNP_CERTS_GUID_BYTES], char text[SNP_CERTS_GUID_TEXT_SIZE]);
const char *snp_cert_name(enum snp_cert_kind kind); /* "vcek", "vlek", "ask", "ark", "crl", "other" */

/* Size in bytes of a table of these entries: entries, terminator, packed certificates; SIZE_MAX: too many. */
size_t snp_certs_size(const struct snp_certs *certs);
/*
 * Writes the table in the order of its entries; `guid` follows from `kind` unless that is SNP_CERT_OTHER.
 * Returns   0 and *ret_size; JURAT_TOO_SMALL and the size it wants, `to` untouched; -EINVAL duplicate, empty
 *           or too many entries, an SNP_CERT_OTHER with a zero GUID or that of a known kind, or 4 GiB or more
 */
JURAT_MUST_CHECK int snp_certs_write(const struct snp_certs *certs, uint8_t *to, size_t room,
				     size_t *ret_size, struct jurat_error *err);

#endif
