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

/* "certificate table entry 2 (vcek, 63da758d-...): what is wrong" */
static int entry_wrap(struct jurat_error *err, int r, unsigned index,
		      const uint8_t guid[SNP_CERTS_GUID_BYTES])
{
	char text[SNP_CERTS_GUID_TEXT_SIZE];

	return jurat_wrap(err, r, "certificate table entry %u (%s, %s)", index,
			  snp_cert_name(snp_cert_kind_of(guid)), snp_cert_guid_format(guid, text));
}

struct raw_entry {
	const uint8_t *guid;
	uint32_t off, len;
};

static int read_entries(struct bytes_rd *r, struct raw_entry raw[SNP_CERTS_MAX_ENTRIES], unsigned *ret_n,
			struct jurat_error *err)
{
	unsigned n;

	for (n = 0;; n++) {
		const uint8_t *entry = bytes_rd_take(r, SNP_CERTS_ENTRY_BYTES);

		if (!entry)
			return jurat_fail(err, -EBADMSG,
					  "certificate table: no terminator within its %zu bytes", r->size);
		if (bytes_all(entry, SNP_CERTS_ENTRY_BYTES, 0))
			break;
		if (n == SNP_CERTS_MAX_ENTRIES)
			return jurat_fail(err, -EBADMSG,
					  "certificate table: more than %d entries before the terminator",
					  SNP_CERTS_MAX_ENTRIES);
		raw[n].guid = entry;
		raw[n].off = (uint32_t)bytes_get_le(entry + SNP_CERTS_GUID_BYTES, 4);
		raw[n].len = (uint32_t)bytes_get_le(entry + SNP_CERTS_GUID_BYTES + 4, 4);
	}
	*ret_n = n;
	return 0;
}

/*
 * Checks GUID, length and offset of entry i, and that it neither overlaps the entries nor repeats or overlaps
 * an earlier one.
 */
static int check_entry(const struct raw_entry raw[], unsigned i, size_t entries_size, struct jurat_error *err)
{
	const struct raw_entry *e = &raw[i];
	enum snp_cert_kind kind = snp_cert_kind_of(e->guid);
	uint64_t end = (uint64_t)e->off + e->len;

	/* Some readers end the table at a zero GUID, others do not: refuse the ambiguity. */
	if (bytes_all(e->guid, SNP_CERTS_GUID_BYTES, 0))
		return jurat_fail(err, -EBADMSG, "its GUID is zero, but it is not the terminator");
	if (e->len == 0)
		return jurat_fail(err, -EBADMSG, "its length is 0");
	if (e->off < entries_size)
		return jurat_fail(err, -EBADMSG,
				  "its offset 0x%" PRIx32 " lies in the entries, which end at 0x%zx", e->off,
				  entries_size);
	for (unsigned k = 0; k < i; k++) {
		if (kind != SNP_CERT_OTHER && kind == snp_cert_kind_of(raw[k].guid))
			return jurat_fail(err, -EBADMSG, "entry %u is of the same kind", k);
		if (e->off < (uint64_t)raw[k].off + raw[k].len && raw[k].off < end)
			return jurat_fail(err, -EBADMSG, "it overlaps entry %u", k);
	}
	return 0;
}

static int read_entry(const struct bytes_rd *r, const struct raw_entry raw[], unsigned i,
		      struct snp_certs *certs, struct jurat_error *err)
{
	struct snp_cert_entry *e = &certs->entries[i];
	int res;

	e->data = bytes_rd_at(r, raw[i].off, raw[i].len);
	if (e->data.bad)
		return jurat_fail(err, -EBADMSG,
				  "offset 0x%" PRIx32 " and length 0x%" PRIx32
				  " exceed the %zu bytes of the table",
				  raw[i].off, raw[i].len, r->size);
	res = check_entry(raw, i, r->off, err);
	if (res < 0)
		return res;
	e->kind = snp_cert_kind_of(raw[i].guid);
	memcpy(e->guid, raw[i].guid, sizeof(e->guid));
	if ((size_t)raw[i].off + raw[i].len > certs->size)
		certs->size = (size_t)raw[i].off + raw[i].len;
	return 0;
}

/* Converts a GUID between printed and mixed-endian byte order. Spec: UEFI 2.10, appendix A. */
static void swap_guid(const uint8_t from[SNP_CERTS_GUID_BYTES], uint8_t to[SNP_CERTS_GUID_BYTES])
{
	static const uint8_t order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		to[i] = from[order[i]];
}

static enum snp_cert_kind swapped_kind(const uint8_t guid[SNP_CERTS_GUID_BYTES])
{
	uint8_t swapped[SNP_CERTS_GUID_BYTES];

	swap_guid(guid, swapped);
	return snp_cert_kind_of(swapped);
}

bool snp_certs_is_mixed_endian(const uint8_t *bytes, size_t n)
{
	for (size_t off = 0; n - off >= SNP_CERTS_ENTRY_BYTES; off += SNP_CERTS_ENTRY_BYTES) {
		if (bytes_all(bytes + off, SNP_CERTS_GUID_BYTES, 0) ||
		    off / SNP_CERTS_ENTRY_BYTES > SNP_CERTS_MAX_ENTRIES)
			return false;
		if (snp_cert_kind_of(bytes + off) != SNP_CERT_OTHER)
			return false;
		if (swapped_kind(bytes + off) != SNP_CERT_OTHER)
			return true;
	}
	return false;
}

enum order { AS_SPECIFIED, EITHER };

/* Refuses tables that mix both byte orders, which readers would interpret differently. */
static int check_order(const struct raw_entry raw[], unsigned n, struct jurat_error *err)
{
	bool plain = false, swapped = false;

	for (unsigned i = 0; i < n; i++) {
		plain = plain || snp_cert_kind_of(raw[i].guid) != SNP_CERT_OTHER;
		swapped = swapped || swapped_kind(raw[i].guid) != SNP_CERT_OTHER;
	}
	if (plain && swapped)
		return jurat_fail(err, -EBADMSG,
				  "certificate table: GUIDs of known kinds in both byte orders");
	return 0;
}

static int read_table(const uint8_t *bytes, size_t n, enum order order, struct snp_certs *ret,
		      struct jurat_error *err)
{
	bool swapped = order == EITHER && snp_certs_is_mixed_endian(bytes, n);
	struct bytes_rd r = bytes_rd(bytes, n);
	struct raw_entry raw[SNP_CERTS_MAX_ENTRIES];
	uint8_t guids[SNP_CERTS_MAX_ENTRIES][SNP_CERTS_GUID_BYTES];
	struct snp_certs certs = { 0 };
	int res;

	if (n > 0) {
		res = read_entries(&r, raw, &certs.n, err);
		if (res == 0 && order == EITHER)
			res = check_order(raw, certs.n, err);
		if (res < 0)
			return res;
	}
	for (unsigned i = 0; swapped && i < certs.n; i++) {
		swap_guid(raw[i].guid, guids[i]);
		raw[i].guid = guids[i];
	}
	certs.size = r.off;
	for (unsigned i = 0; i < certs.n; i++) {
		res = read_entry(&r, raw, i, &certs, err);
		if (res < 0)
			return entry_wrap(err, res, i, raw[i].guid);
	}
	*ret = certs;
	return 0;
}

int snp_certs_read(const uint8_t *bytes, size_t n, struct snp_certs *ret, struct jurat_error *err)
{
	return read_table(bytes, n, AS_SPECIFIED, ret, err);
}

int snp_certs_read_any(const uint8_t *bytes, size_t n, struct snp_certs *ret, struct jurat_error *err)
{
	return read_table(bytes, n, EITHER, ret, err);
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

static int check_writable_entry(const struct snp_certs *certs, const struct snp_cert_entry *e,
				const uint8_t guid[SNP_CERTS_GUID_BYTES], struct jurat_error *err)
{
	if (e->kind == SNP_CERT_OTHER && snp_cert_kind_of(guid) != SNP_CERT_OTHER)
		return jurat_fail(err, -EINVAL, "this GUID belongs to another kind of entry");
	if (bytes_all(guid, SNP_CERTS_GUID_BYTES, 0))
		return jurat_fail(err, -EINVAL, "a zero GUID would end the table");
	if (e->data.bad || e->data.size == 0)
		return jurat_fail(err, -EINVAL, "it is empty");
	if (e->kind != SNP_CERT_OTHER && snp_certs_find(certs, e->kind) != e)
		return jurat_fail(err, -EINVAL, "an earlier entry is of the same kind");
	return 0;
}

static int check_writable(const struct snp_certs *certs, struct jurat_error *err)
{
	int r;

	if (certs->n > SNP_CERTS_MAX_ENTRIES)
		return jurat_fail(err, -EINVAL, "certificate table: %u entries, at most %d are allowed",
				  certs->n, SNP_CERTS_MAX_ENTRIES);
	for (unsigned i = 0; i < certs->n; i++) {
		const uint8_t *guid = entry_guid(&certs->entries[i]);

		if (!guid)
			return jurat_fail(err, -EINVAL, "certificate table entry %u: unknown kind", i);
		r = check_writable_entry(certs, &certs->entries[i], guid, err);
		if (r < 0)
			return entry_wrap(err, r, i, guid);
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
