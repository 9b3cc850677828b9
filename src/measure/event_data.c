/* SPDX-License-Identifier: MIT */
#include "measure/event_data.h"

#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/event_text.h"

static bool is_variable(uint32_t type)
{
	return type == MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG || type == MEASURE_EV_EFI_VARIABLE_BOOT ||
	       type == MEASURE_EV_EFI_VARIABLE_BOOT2 || type == MEASURE_EV_EFI_VARIABLE_AUTHORITY;
}

bool measure_event_variable(const struct measure_event *event, struct measure_variable *ret)
{
	enum { GUID_BYTES = 16 };
	struct bytes_rd r = bytes_rd(event->data, event->n);
	const uint8_t *guid = bytes_rd_take(&r, GUID_BYTES), *name;
	uint64_t name_units = bytes_rd_le64(&r), size = bytes_rd_le64(&r);
	struct event_text text;

	if (!is_variable(event->type) || r.bad || name_units > bytes_rd_left(&r) / 2)
		return false;
	name = bytes_rd_take(&r, 2 * (size_t)name_units);
	if (size != bytes_rd_left(&r))
		return false;
	text = event_text(ret->guid, sizeof(ret->guid));
	event_text_add_guid(&text, guid);
	text = event_text(ret->name, sizeof(ret->name));
	event_text_add_utf16(&text, name, (size_t)name_units);
	ret->n = (size_t)size;
	ret->value = bytes_rd_take(&r, ret->n);
	return true;
}

static bool is_digest_of(const struct measure_event *e, const void *bytes, size_t n)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	crypto_sha384(bytes, n, digest);
	return e->digest && memcmp(digest, e->digest, sizeof(digest)) == 0;
}

/* UEFI_VARIABLE_DATA of SecureBoot without its value. Spec: UEFI 2.10, 3.3 (EFI_GLOBAL_VARIABLE) */
static const uint8_t secure_boot[] = {
	0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98,
	0x03, 0x2b, 0x8c, 10,   0,    0,    0,    0,    0,    0,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    'S',  0,    'e',  0,    'c',  0,    'u',
	0,    'r',  0,    'e',  0,    'B',  0,    'o',  0,    'o',  0,    't',  0,
};

/* By the digest, so that it needs no data, and no label that is not measured. */
static bool is_secure_boot(const struct measure_event *e, enum measure_logged_secure_boot *ret)
{
	enum { VALUE_SIZE_OFF = 24 };
	uint8_t with_value[sizeof(secure_boot) + 1] = { 0 };
	struct measure_variable v;

	memcpy(with_value, secure_boot, sizeof(secure_boot));
	*ret = MEASURE_LOGGED_SECURE_BOOT_OFF;
	if (is_digest_of(e, with_value, sizeof(secure_boot)))
		return true;
	with_value[VALUE_SIZE_OFF] = 1;
	if (is_digest_of(e, with_value, sizeof(with_value)))
		return true;
	with_value[sizeof(secure_boot)] = 1;
	*ret = MEASURE_LOGGED_SECURE_BOOT_ON;
	if (is_digest_of(e, with_value, sizeof(with_value)))
		return true;
	*ret = MEASURE_LOGGED_SECURE_BOOT_UNKNOWN;
	return measure_event_variable(e, &v) && strcmp(v.name, "SecureBoot") == 0;
}

enum measure_logged_secure_boot measure_log_secure_boot(const struct measure_log *log)
{
	static const uint8_t separator[4];
	enum measure_logged_secure_boot found = MEASURE_LOGGED_SECURE_BOOT_UNKNOWN, one;
	const struct measure_event *e;
	unsigned n = 0;

	for (size_t i = 0; (e = measure_log_event(log, i)) != NULL; i++) {
		if (!e->extends || e->index != 1)
			continue;
		if (is_digest_of(e, separator, sizeof(separator)))
			break;
		if (!is_secure_boot(e, &one))
			continue;
		if (n++ > 0 && one != found)
			return MEASURE_LOGGED_SECURE_BOOT_UNKNOWN;
		found = one;
	}
	return e ? found : MEASURE_LOGGED_SECURE_BOOT_UNKNOWN;
}

/*
 * How loggers label the command line. UTF-16 labels are written out. A unified kernel image's stub logs the
 * name of a section and then its content under the same label.
 */
static const struct {
	uint32_t type;
	uint16_t off, n; /* in the data */
	const char *label;
} labels[] = {
	{ MEASURE_EV_IPL, 0, 16, "kernel_cmdline: " },
	{ MEASURE_EV_IPL, 0, 20, "grub_kernel_cmdline " },
	{ MEASURE_EV_IPL, 0, 18, ".\0c\0m\0d\0l\0i\0n\0e\0\0" },
	{ MEASURE_EV_EVENT_TAG, 8, 25, "LOADED_IMAGE::LoadOptions" },
	{ MEASURE_EV_EVENT_TAG, 0, 25, "LOADED_IMAGE::LoadOptions" },
	{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, 0, 23, "DirectBoot Command Line" },
	{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, 0, 15, "td_payload_info" },
};

bool measure_event_is_command_line(const struct measure_event *e)
{
	if (!e->extends || (e->index != 2 && e->index != 3))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		const size_t off = labels[i].off, n = labels[i].n;

		if (e->type == labels[i].type && e->n >= off + n &&
		    memcmp(e->data + off, labels[i].label, n) == 0)
			return !(e->type == MEASURE_EV_IPL && e->data[0] == '.' && e->data_is_measured);
	}
	return false;
}

const char *measure_event_command_line(const struct measure_event *e, size_t *ret_n)
{
	if (!e->data_is_measured || !measure_event_is_command_line(e))
		return NULL;
	*ret_n = strnlen((const char *)e->measured, e->n_measured);
	if (!bytes_all(e->measured + *ret_n, e->n_measured - *ret_n, 0))
		return NULL;
	return (const char *)e->measured;
}

enum { MAX_COMMAND_LINE = 8192 };

/* The text in one encoding, alone, with a NUL, with a newline; of UTF-16 only ASCII. */
static bool is_digest_of_text(const struct measure_event *e, const char *text, size_t n, unsigned unit)
{
	uint8_t bytes[2 * (MAX_COMMAND_LINE + 32)] = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (unit == 2 && (uint8_t)text[i] >= 0x80)
			return false;
		bytes[unit * i] = (uint8_t)text[i];
	}
	if (is_digest_of(e, bytes, unit * n) || is_digest_of(e, bytes, unit * (n + 1)))
		return true;
	bytes[unit * n] = '\n';
	return is_digest_of(e, bytes, unit * (n + 1)) || is_digest_of(e, bytes, unit * (n + 2));
}

bool measure_event_command_line_is(const struct measure_event *e, const char *text, size_t n)
{
	static const char image[] = "BOOT_IMAGE=";
	const size_t n_image = strlen(image);
	char other[MAX_COMMAND_LINE + 16];
	size_t has = 0;
	const char *line = measure_event_command_line(e, &has);

	if (n > MAX_COMMAND_LINE || memchr(text, 0, n) || !e->extends || (e->index != 2 && e->index != 3))
		return false;
	if (line && has == n && memcmp(line, text, n) == 0)
		return true;
	for (unsigned unit = 1; unit <= 2; unit++)
		if (is_digest_of_text(e, text, n, unit))
			return true;
	if (n >= n_image && memcmp(text, image, n_image) == 0)
		return is_digest_of_text(e, text + n_image, n - n_image, 1);
	memcpy(other, image, n_image);
	memcpy(other + n_image, text, n);
	return is_digest_of_text(e, other, n + n_image, 2);
}
