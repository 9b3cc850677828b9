/* SPDX-License-Identifier: MIT */
#include "wire/snp_certs.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* GUIDs as printed, left to right. Spec: GHCB 4.1.8.1 and AMD's tools, which do not use EFI's mixed order. */
static const struct {
	const char *name;
	uint8_t guid[SNP_CERTS_GUID_BYTES];
} kinds[] = {
	[SNP_CERT_OTHER] = { .name = "other" },
	[SNP_CERT_VCEK] = { "vcek",
			    { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b,
			      0xe8, 0xac, 0xcd } },
	[SNP_CERT_VLEK] = { "vlek",
			    { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45,
			      0xa0, 0xb8, 0xa1 } },
	[SNP_CERT_ASK] = { "ask",
			   { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3,
			     0x27, 0xc7, 0x82 } },
	[SNP_CERT_ARK] = { "ark",
			   { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01,
			     0x4c, 0xd0, 0xae } },
	[SNP_CERT_CRL] = { "crl",
			   { 0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d, 0x97, 0xff, 0xd1, 0x9f, 0x88,
			     0xdc, 0x67, 0xea } },
};

const uint8_t *snp_cert_guid(enum snp_cert_kind kind)
{
	return kind > SNP_CERT_OTHER && (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind].guid : NULL;
}

const char *snp_cert_name(enum snp_cert_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind].name : kinds[SNP_CERT_OTHER].name;
}

enum snp_cert_kind snp_cert_kind_of(const uint8_t guid[SNP_CERTS_GUID_BYTES])
{
	for (size_t i = SNP_CERT_OTHER + 1; i < ARRAY_SIZE(kinds); i++)
		if (!memcmp(kinds[i].guid, guid, SNP_CERTS_GUID_BYTES))
			return (enum snp_cert_kind)i;
	return SNP_CERT_OTHER;
}

char *snp_cert_guid_format(const uint8_t guid[SNP_CERTS_GUID_BYTES], char text[SNP_CERTS_GUID_TEXT_SIZE])
{
	char hex[BYTES_HEX_SIZE(SNP_CERTS_GUID_BYTES)];

	bytes_to_hex(guid, SNP_CERTS_GUID_BYTES, hex);
	snprintf(text, SNP_CERTS_GUID_TEXT_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
	return text;
}

/* Fails with "certificate table entry 2 (vcek, 63da758d-...): what is wrong". */
#define ENTRY_FAIL(err, r, index, guid, format, ...)                                                         \
	jurat_fail(err, r, "certificate table entry %u (%s, %s): " format, index,                            \
		   snp_cert_name(snp_cert_kind_of(guid)),                                                    \
		   snp_cert_guid_format(guid, (char[SNP_CERTS_GUID_TEXT_SIZE]){ 0 }), ##__VA_ARGS__)

struct raw_entry {
	const uint8_t *guid;
	uint32_t off, len;
};

/* Reads entries up to the terminator; false at the terminator. */
static bool next_entry(struct bytes_rd *r, struct raw_entry *ret)
{
	const uint8_t *start = r->data + r->off;

	ret->guid = bytes_rd_take(r, SNP_CERTS_GUID_BYTES);
	ret->off = bytes_rd_le32(r);
	ret->len = bytes_rd_le32(r);
	return r->bad || !bytes_all(start, SNP_CERTS_ENTRY_BYTES, 0);
}

static int read_entries(struct bytes_rd *r, struct raw_entry raw[SNP_CERTS_MAX_ENTRIES], unsigned *ret_n,
			struct jurat_error *err)
{
	struct raw_entry e;
	unsigned n = 0;

	while (next_entry(r, &e)) {
		if (r->bad)
			return jurat_fail(
				err, -EBADMSG,
				"certificate table has no terminator: entry %u would end at byte %u, "
				"the buffer has %zu",
				n, (n + 1) * SNP_CERTS_ENTRY_BYTES, r->size);
		if (n == SNP_CERTS_MAX_ENTRIES)
			return jurat_fail(err, -E2BIG, "certificate table has more than %d entries",
					  SNP_CERTS_MAX_ENTRIES);
		raw[n++] = e;
	}
	*ret_n = n;
	return 0;
}

static int check_entry(const struct snp_certs *certs, const struct raw_entry raw[], unsigned i,
		       size_t entries_size, struct jurat_error *err)
{
	const struct raw_entry *e = &raw[i];
	uint64_t end = (uint64_t)e->off + e->len;

	/* Some readers end the table at a zero GUID, some do not: refuse what two readers see differently. */
	if (bytes_all(e->guid, SNP_CERTS_GUID_BYTES, 0))
		return ENTRY_FAIL(err, -EBADMSG, i, e->guid, "the GUID is zero but the entry is not");
	if (e->len == 0)
		return ENTRY_FAIL(err, -EBADMSG, i, e->guid, "it is empty");
	if (e->off < entries_size)
		return ENTRY_FAIL(err, -EBADMSG, i, e->guid,
				  "offset 0x%" PRIx32 " lies inside the entries, which end at 0x%zx", e->off,
				  entries_size);
	for (unsigned k = 0; k < i; k++) {
		if (certs->entries[i].kind != SNP_CERT_OTHER &&
		    certs->entries[k].kind == certs->entries[i].kind)
			return ENTRY_FAIL(err, -EBADMSG, i, e->guid, "entry %u is of the same kind", k);
		if (e->off < (uint64_t)raw[k].off + raw[k].len && raw[k].off < end)
			return ENTRY_FAIL(err, -EBADMSG, i, e->guid, "it overlaps entry %u", k);
	}
	return 0;
}

int snp_certs_read(const uint8_t *bytes, size_t n, struct snp_certs *ret, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(bytes, n);
	struct raw_entry raw[SNP_CERTS_MAX_ENTRIES];
	struct snp_certs certs = { 0 };
	int res;

	if (n == 0) {
		*ret = certs;
		return 0;
	}
	res = read_entries(&r, raw, &certs.n, err);
	if (res < 0)
		return res;
	certs.size = r.off;
	for (unsigned i = 0; i < certs.n; i++) {
		struct snp_cert_entry *e = &certs.entries[i];
		struct bytes_rd data = bytes_rd_at(&r, raw[i].off, raw[i].len);

		if (data.bad)
			return ENTRY_FAIL(err, -EBADMSG, i, raw[i].guid,
					  "offset 0x%" PRIx32 " and length 0x%" PRIx32
					  " do not lie inside the buffer of %zu bytes",
					  raw[i].off, raw[i].len, n);
		e->kind = snp_cert_kind_of(raw[i].guid);
		memcpy(e->guid, raw[i].guid, sizeof(e->guid));
		e->data = data;
		res = check_entry(&certs, raw, i, r.off, err);
		if (res < 0)
			return res;
		if (raw[i].off + (size_t)raw[i].len > certs.size)
			certs.size = raw[i].off + (size_t)raw[i].len;
	}
	*ret = certs;
	return 0;
}

const struct snp_cert_entry *snp_certs_find(const struct snp_certs *certs, enum snp_cert_kind kind)
{
	if (kind == SNP_CERT_OTHER)
		return NULL;
	for (unsigned i = 0; i < certs->n; i++)
		if (certs->entries[i].kind == kind)
			return &certs->entries[i];
	return NULL;
}

size_t snp_certs_size(const struct snp_certs *certs)
{
	size_t size = (certs->n + 1) * (size_t)SNP_CERTS_ENTRY_BYTES;

	for (unsigned i = 0; i < certs->n; i++)
		if (__builtin_add_overflow(size, certs->entries[i].data.size, &size))
			return SIZE_MAX;
	return size;
}

static const uint8_t *entry_guid(const struct snp_cert_entry *e)
{
	return e->kind == SNP_CERT_OTHER ? e->guid : snp_cert_guid(e->kind);
}

static int check_writable(const struct snp_certs *certs, struct jurat_error *err)
{
	if (certs->n > SNP_CERTS_MAX_ENTRIES)
		return jurat_fail(err, -EINVAL, "certificate table: %u entries, at most %d fit", certs->n,
				  SNP_CERTS_MAX_ENTRIES);
	for (unsigned i = 0; i < certs->n; i++) {
		const struct snp_cert_entry *e = &certs->entries[i];
		const uint8_t *guid = entry_guid(e);

		if (!guid)
			return jurat_fail(err, -EINVAL, "certificate table entry %u: no such kind", i);
		if (e->kind == SNP_CERT_OTHER && snp_cert_kind_of(guid) != SNP_CERT_OTHER)
			return ENTRY_FAIL(err, -EINVAL, i, guid, "this GUID has a kind of its own");
		if (bytes_all(guid, SNP_CERTS_GUID_BYTES, 0))
			return ENTRY_FAIL(err, -EINVAL, i, guid, "a zero GUID ends the table");
		if (e->data.size == 0 || e->data.bad)
			return ENTRY_FAIL(err, -EINVAL, i, guid, "it is empty");
		if (e->kind != SNP_CERT_OTHER && snp_certs_find(certs, e->kind) != e)
			return ENTRY_FAIL(err, -EINVAL, i, guid, "an earlier entry is of the same kind");
	}
	if (snp_certs_size(certs) > UINT32_MAX)
		return jurat_fail(err, -EINVAL, "certificate table: its offsets do not fit 32 bits");
	return 0;
}

int snp_certs_write(const struct snp_certs *certs, uint8_t *to, size_t room, size_t *ret_size,
		    struct jurat_error *err)
{
	struct bytes_wr w = bytes_wr(to, room);
	size_t off, size;
	int r;

	r = check_writable(certs, err);
	if (r < 0)
		return r;
	size = snp_certs_size(certs);
	*ret_size = size;
	if (size > room)
		return JURAT_TOO_SMALL;
	off = (certs->n + 1) * (size_t)SNP_CERTS_ENTRY_BYTES;
	for (unsigned i = 0; i < certs->n; i++) {
		const struct snp_cert_entry *e = &certs->entries[i];

		bytes_wr_copy(&w, entry_guid(e), SNP_CERTS_GUID_BYTES);
		bytes_wr_le32(&w, (uint32_t)off);
		bytes_wr_le32(&w, (uint32_t)e->data.size);
		off += e->data.size;
	}
	bytes_wr_zero(&w, SNP_CERTS_ENTRY_BYTES);
	for (unsigned i = 0; i < certs->n; i++)
		bytes_wr_copy(&w, certs->entries[i].data.data, certs->entries[i].data.size);
	assert(!w.bad && w.off == size);
	return 0;
}
