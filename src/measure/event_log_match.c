/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/event_log_parts.h"

/*
 * What the digest of an event is made of is for its type to say, and in part for who extends. Most digests
 * are those of the whole data; here are the exceptions, as logs of real TDs have them
 * (doc/facts/measurement.md). A digest that is none of these is of something that the log does not have: an
 * image, a blob, a file.
 */
static bool is_digest_of(struct measure_event *e, size_t off, size_t n)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	if (off > e->n || n > e->n - off)
		return false;
	crypto_sha384(e->data + off, n, digest);
	if (memcmp(digest, e->digest, sizeof(digest)) != 0)
		return false;
	e->data_is_measured = true;
	e->measured = e->data + off;
	e->n_measured = n;
	return true;
}

/* UEFI_VARIABLE_DATA, of which EDK II measures only the variable's value. */
static void match_variable_value(struct measure_event *e)
{
	enum { HEAD_BYTES = 32, NAME_OFF = 16 };
	struct bytes_rd r = bytes_rd(e->data, e->n);
	uint64_t name, value;

	bytes_rd_seek(&r, NAME_OFF);
	name = bytes_rd_le64(&r);
	value = bytes_rd_le64(&r);
	if (r.bad || name > e->n / 2 || HEAD_BYTES + 2 * name > e->n)
		return;
	if (value == e->n - HEAD_BYTES - 2 * name)
		is_digest_of(e, HEAD_BYTES + 2 * (size_t)name, (size_t)value);
}

/*
 * A unified kernel image's stub: the name of a section in UTF-16, of which ASCII is measured; or the text
 * itself.
 */
static void match_section_name(struct measure_event *e)
{
	enum { MAX_NAME = 32 };
	uint8_t name[MAX_NAME], digest[MEASURE_DIGEST_BYTES];
	size_t n = e->n / 2;

	if (e->n < 2 || e->n % 2 != 0 || is_digest_of(e, 0, e->n - 2) || n > MAX_NAME)
		return;
	for (size_t i = 0; i < n; i++) {
		if (e->data[2 * i + 1] != 0)
			return;
		name[i] = e->data[2 * i];
	}
	crypto_sha384(name, n, digest);
	if (memcmp(digest, e->digest, sizeof(digest)) != 0)
		return;
	e->data_is_measured = true;
	e->measured = e->data;
	e->n_measured = e->n;
}

/* GRUB: a word that says what it is, then the text that is measured, with a NUL or without, and padding. */
static void match_loader_text(struct measure_event *e)
{
	static const char *const prefixes[] = { "kernel_cmdline: ",     "module_cmdline: ", "grub_cmd: ",
						"grub_kernel_cmdline ", "grub_cmd ",        "" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t off = strlen(prefixes[i]), n;

		if (e->n < off || memcmp(e->data, prefixes[i], off) != 0)
			continue;
		n = strnlen((const char *)e->data + off, e->n - off);
		if (is_digest_of(e, off, n) || (n < e->n - off && is_digest_of(e, off, n + 1)))
			return;
	}
	match_section_name(e);
}

/* A head whose last four bytes are the size of what follows, which is measured. */
static void match_content(struct measure_event *e, size_t n_head)
{
	enum { SIZE_BYTES = 4 };
	struct bytes_rd r = bytes_rd(e->data, e->n);
	uint32_t n;

	bytes_rd_seek(&r, n_head - SIZE_BYTES);
	n = bytes_rd_le32(&r);
	if (!r.bad && n == bytes_rd_left(&r))
		is_digest_of(e, n_head, n);
}

void event_log_match(struct measure_event *e)
{
	enum {
		TAGGED_HEAD_BYTES = 4 + 4, /* number, size */
		NAMED_HEAD_BYTES = 16 + 4, /* td-shim: name, size */
	};

	if (!e->extends || !e->digest || is_digest_of(e, 0, e->n))
		return;
	switch (e->type) {
	case MEASURE_EV_EFI_VARIABLE_BOOT:
		match_variable_value(e);
		break;
	case MEASURE_EV_IPL:
		match_loader_text(e);
		break;
	case MEASURE_EV_EVENT_TAG:
		match_content(e, TAGGED_HEAD_BYTES);
		break;
	case MEASURE_EV_PLATFORM_CONFIG_FLAGS:
		match_content(e, NAMED_HEAD_BYTES);
		break;
	default:
		break;
	}
}
