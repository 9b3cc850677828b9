/* SPDX-License-Identifier: MIT */
#include "measure/pe.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

/* Spec: Microsoft, PE Format. Offsets in the optional header are the same for both magics. */
enum {
	LFANEW_OFFSET = 0x3c,
	FILE_HEADER_BYTES = 24, /* with the signature in front of it */
	SIZE_OF_HEADERS_OFFSET = 60,
	CHECKSUM_OFFSET = 64,
	MAGIC_PE32 = 0x10b,
	MAGIC_PE32_PLUS = 0x20b,
	DIRECTORIES_PE32 = 96,
	DIRECTORIES_PE32_PLUS = 112,
	MACHINE_I386 = 0x14c,
	MACHINE_X64 = 0x8664,
	MAX_DIRECTORIES = 16,
	SECURITY_DIRECTORY = 4,
	DIRECTORY_BYTES = 8,
	SECTION_BYTES = 40,
	MAX_SECTIONS = 96, /* the format's own limit */
};

struct section {
	uint32_t at, n;
};

struct pe {
	size_t checksum;  /* offsets in the file */
	size_t directory; /* of the security directory's entry; 0: there is none */
	uint32_t n_headers, n_certificates;
	struct section sections[MAX_SECTIONS]; /* those with data, by offset */
	unsigned n_sections;
};

static int read_sections(struct bytes_rd r, unsigned n, const char *what, struct pe *pe,
			 struct jurat_error *err)
{
	for (unsigned i = 0; i < n; i++) {
		struct section s;
		unsigned k;

		bytes_rd_skip(&r, 16);
		s.n = bytes_rd_le32(&r);
		s.at = bytes_rd_le32(&r);
		bytes_rd_skip(&r, SECTION_BYTES - 24);
		if (s.n == 0)
			continue;
		if (s.at > r.size || s.n > r.size - s.at)
			return jurat_fail(err, -EBADMSG,
					  "%s: PE section %u: data at %#" PRIx32 ", %#" PRIx32
					  " bytes, is outside the file of %#zx bytes",
					  what, i, s.at, s.n, r.size);
		if (s.at < pe->n_headers)
			return jurat_fail(err, -EBADMSG,
					  "%s: PE section %u: data at %#" PRIx32 " is inside the headers, "
					  "which end at %#" PRIx32,
					  what, i, s.at, pe->n_headers);
		for (k = pe->n_sections; k > 0 && pe->sections[k - 1].at > s.at; k--)
			pe->sections[k] = pe->sections[k - 1];
		pe->sections[k] = s;
		pe->n_sections++;
	}
	for (unsigned k = 1; k < pe->n_sections; k++) {
		if (pe->sections[k].at - pe->sections[k - 1].at < pe->sections[k - 1].n)
			return jurat_fail(err, -EBADMSG, "%s: PE sections overlap in the file at %#" PRIx32,
					  what, pe->sections[k].at);
	}
	return 0;
}

/* `r` is at the optional header. */
static int read_optional(struct bytes_rd r, unsigned n_optional, unsigned n_sections, const char *what,
			 struct pe *pe, struct jurat_error *err)
{
	const size_t at = r.off, sections = at + n_optional;
	uint32_t n_directories, before;
	uint16_t magic = bytes_rd_le16(&r);

	if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
		return jurat_fail(err, -EBADMSG,
				  "%s: PE optional header at %#zx has magic %#x, expected 0x10b or 0x20b",
				  what, at, magic);
	before = magic == MAGIC_PE32 ? DIRECTORIES_PE32 : DIRECTORIES_PE32_PLUS;
	bytes_rd_seek(&r, at + SIZE_OF_HEADERS_OFFSET);
	pe->n_headers = bytes_rd_le32(&r);
	bytes_rd_seek(&r, at + before - 4);
	n_directories = bytes_rd_le32(&r);
	if (n_directories > MAX_DIRECTORIES || n_optional != before + n_directories * DIRECTORY_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "%s: PE optional header of %u bytes has %" PRIu32 " directories", what,
				  n_optional, n_directories);
	pe->checksum = at + CHECKSUM_OFFSET;
	if (n_directories > SECURITY_DIRECTORY) {
		pe->directory = at + before + SECURITY_DIRECTORY * DIRECTORY_BYTES;
		bytes_rd_seek(&r, pe->directory + 4);
		pe->n_certificates = bytes_rd_le32(&r);
	}
	bytes_rd_seek(&r, sections);
	bytes_rd_skip(&r, (size_t)n_sections * SECTION_BYTES);
	if (r.bad)
		return jurat_fail(err, -EBADMSG, "%s: the file of %#zx bytes ends inside of its PE headers",
				  what, r.size);
	if (pe->n_headers > r.size || pe->n_headers < r.off)
		return jurat_fail(err, -EBADMSG, "%s: PE headers end at %#" PRIx32 ", expected %#zx to %#zx",
				  what, pe->n_headers, r.off, r.size);
	bytes_rd_seek(&r, sections);
	return read_sections(r, n_sections, what, pe, err);
}

static int read_pe(struct bytes_rd r, const char *what, struct pe *pe, struct jurat_error *err)
{
	const uint8_t *signature = bytes_rd_take(&r, 2);
	uint16_t machine, n_sections, n_optional;
	uint32_t at;

	if (!signature || memcmp(signature, "MZ", 2) != 0)
		return jurat_fail(err, -EBADMSG, "%s: not a PE image: it does not begin with \"MZ\"", what);
	bytes_rd_seek(&r, LFANEW_OFFSET);
	at = bytes_rd_le32(&r);
	if (!r.bad)
		bytes_rd_seek(&r, at);
	signature = bytes_rd_take(&r, 4);
	machine = bytes_rd_le16(&r);
	n_sections = bytes_rd_le16(&r);
	bytes_rd_skip(&r, 12);
	n_optional = bytes_rd_le16(&r);
	bytes_rd_skip(&r, 2);
	if (r.bad)
		return jurat_fail(err, -EBADMSG,
				  "%s: not a PE image: PE header at %#" PRIx32 " in a file of %#zx bytes",
				  what, at, r.size);
	if (memcmp(signature, "PE\0", 4) != 0)
		return jurat_fail(err, -EBADMSG, "%s: not a PE image: no PE signature at %#" PRIx32, what,
				  at);
	if (machine != MACHINE_X64 && machine != MACHINE_I386)
		return jurat_fail(err, -EBADMSG, "%s: PE image for machine %#x, expected x86", what, machine);
	if (n_sections > MAX_SECTIONS)
		return jurat_fail(err, -EBADMSG, "%s: %u PE sections, expected at most %d", what, n_sections,
				  MAX_SECTIONS);
	return read_optional(r, n_optional, n_sections, what, pe, err);
}

/* Bytes `from` to `to` of the image, with `head` in place of its first ones. */
static void add(struct crypto_sha384 *c, struct measure_bytes image, struct measure_bytes head, size_t from,
		size_t to)
{
	if (from < head.n) {
		size_t end = to < head.n ? to : head.n;

		crypto_sha384_add(c, head.bytes + from, end - from);
		from = end;
	}
	if (from < to)
		crypto_sha384_add(c, image.bytes + from, to - from);
}

int pe_authenticode(struct measure_bytes image, struct measure_bytes head, const char *what,
		    uint8_t ret[MEASURE_DIGEST_BYTES], struct jurat_error *err)
{
	struct pe pe = { 0 };
	struct crypto_sha384 c;
	uint64_t done;
	int r = read_pe(bytes_rd(image.bytes, image.n), what, &pe, err);

	if (r < 0)
		return r;
	done = pe.n_headers;
	for (unsigned i = 0; i < pe.n_sections; i++)
		done += pe.sections[i].n; /* they do not overlap: at most image.n */
	if (pe.n_certificates > image.n - done)
		return jurat_fail(err, -EBADMSG,
				  "%s: %#" PRIx32 " bytes of PE certificates in a file whose %#" PRIx64
				  " of %#zx bytes are headers and sections",
				  what, pe.n_certificates, done, image.n);
	crypto_sha384_init(&c);
	add(&c, image, head, 0, pe.checksum);
	if (pe.directory > 0) {
		add(&c, image, head, pe.checksum + 4, pe.directory);
		add(&c, image, head, pe.directory + DIRECTORY_BYTES, pe.n_headers);
	} else {
		add(&c, image, head, pe.checksum + 4, pe.n_headers);
	}
	for (unsigned i = 0; i < pe.n_sections; i++)
		add(&c, image, head, pe.sections[i].at, (size_t)pe.sections[i].at + pe.sections[i].n);
	/* What is behind the sections: as firmware does, at the number of bytes so far, whatever the gaps. */
	add(&c, image, head, (size_t)done, image.n - pe.n_certificates);
	crypto_sha384_end(&c, ret);
	return 0;
}
