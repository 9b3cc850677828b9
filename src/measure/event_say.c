/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/event_text.h"

/* What events say, by type. A function returns false for data that has not the form of its type. */
typedef bool say(struct event_text *text, const struct measure_event *e);

/* Text, a few bytes in hex, or how many there are. */
static void add_any(struct event_text *text, const uint8_t *bytes, size_t n)
{
	enum { FEW_BYTES = 48 };

	if (event_text_is_utf8(bytes, n))
		event_text_add_utf8(text, bytes, n);
	else if (n <= FEW_BYTES)
		event_text_add_hex(text, bytes, n);
	else
		event_text_add(text, "%zu bytes", n);
}

static bool say_any(struct event_text *text, const struct measure_event *e)
{
	add_any(text, e->data, e->n);
	return true;
}

/* EFI_SIGNATURE_LISTs. Spec: UEFI 2.10, 32.4.1 */
static bool add_signatures(struct event_text *text, const struct measure_variable *v)
{
	enum { GUID_BYTES = 16, HEAD_BYTES = 28 };
	static const uint8_t x509[GUID_BYTES] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
						  0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };
	struct bytes_rd r = bytes_rd(v->value, v->n);
	size_t certificates = 0, others = 0;

	while (bytes_rd_left(&r) > 0) {
		const uint8_t *type = bytes_rd_take(&r, GUID_BYTES);
		uint32_t list = bytes_rd_le32(&r), head = bytes_rd_le32(&r), each = bytes_rd_le32(&r);

		if (r.bad || list < HEAD_BYTES || head > list - HEAD_BYTES || each == 0)
			return false;
		*(memcmp(type, x509, GUID_BYTES) == 0 ? &certificates : &others) +=
			(list - HEAD_BYTES - head) / each;
		bytes_rd_skip(&r, list - HEAD_BYTES);
	}
	if (r.bad)
		return false;
	event_text_add(text, "%zu certificates, %zu other signatures", certificates, others);
	return true;
}

/* EFI_LOAD_OPTION. Spec: UEFI 2.10, 3.1.3 */
static bool add_load_option(struct event_text *text, const struct measure_variable *v)
{
	struct bytes_rd r = bytes_rd(v->value, v->n);
	uint32_t attributes = bytes_rd_le32(&r);
	uint16_t path_bytes = bytes_rd_le16(&r);
	const uint8_t *description = v->value + r.off, *path;
	size_t n = 0;

	(void)attributes;
	while (bytes_rd_le16(&r) != 0)
		n++;
	path = bytes_rd_take(&r, path_bytes);
	if (r.bad)
		return false;
	event_text_add_utf16(text, description, n);
	event_text_add(text, ", ");
	event_text_add_path(text, path, path_bytes);
	return true;
}

static bool add_boot_order(struct event_text *text, const struct measure_variable *v)
{
	for (size_t i = 0; i + 1 < v->n; i += 2)
		event_text_add(text, "%sBoot%04X", i > 0 ? " " : "", (unsigned)bytes_get_le(v->value + i, 2));
	return v->n % 2 == 0;
}

static bool is_boot_option(const char *name)
{
	return strlen(name) == 8 && strncmp(name, "Boot", 4) == 0 &&
	       strspn(name + 4, "0123456789ABCDEF") == 4;
}

static bool is_signature_database(const char *name)
{
	static const char *const names[] = { "PK", "KEK", "db", "dbx", "dbt", "dbr" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool say_variable(struct event_text *text, const struct measure_event *e)
{
	const bool authority = e->type == MEASURE_EV_EFI_VARIABLE_AUTHORITY;
	struct measure_variable v;
	struct event_text whole = *text;

	if (!measure_event_variable(e, &v))
		return false;
	event_text_add(text, "%s: ", v.name);
	whole = *text;
	if (v.n == 0)
		event_text_add(text, "empty");
	else if (strcmp(v.name, "SecureBoot") == 0 && v.n == 1 && v.value[0] <= 1)
		event_text_add(text, "%s", v.value[0] ? "on" : "off");
	else if (!(authority                          ? false
		   : is_signature_database(v.name)    ? add_signatures(text, &v)
		   : strcmp(v.name, "BootOrder") == 0 ? add_boot_order(text, &v)
		   : is_boot_option(v.name)           ? add_load_option(text, &v)
						      : false)) {
		*text = whole;
		text->to[text->n] = '\0';
		add_any(text, v.value, v.n);
	}
	return true;
}

/* UEFI_IMAGE_LOAD_EVENT. Spec: TCG PFP 1.06, 10.2.3 */
static bool say_image(struct event_text *text, const struct measure_event *e)
{
	struct bytes_rd r = bytes_rd(e->data, e->n);
	uint64_t size, path_bytes;

	bytes_rd_skip(&r, 8); /* where it was loaded */
	size = bytes_rd_le64(&r);
	bytes_rd_skip(&r, 8);
	path_bytes = bytes_rd_le64(&r);
	if (r.bad || path_bytes != bytes_rd_left(&r))
		return false;
	event_text_add_path(text, bytes_rd_take(&r, (size_t)path_bytes), (size_t)path_bytes);
	event_text_add(text, "%s%" PRIu64 " bytes", path_bytes > 0 ? ", " : "", size);
	return true;
}

/* UEFI_GPT_DATA: the header of the table, how many partitions, their entries. Spec: TCG PFP 1.06, 10.2.4 */
static bool say_gpt(struct event_text *text, const struct measure_event *e)
{
	enum {
		HEAD_BYTES = 92,
		DISK_OFF = 56,
		ENTRY_SIZE_OFF = 84,
		NAME_OFF = 56,
		NAME_UNITS = 36,
		LEAST_BYTES = 128
	};
	struct bytes_rd r = bytes_rd(e->data, e->n);
	const uint8_t *head = bytes_rd_take(&r, HEAD_BYTES), *entry;
	uint64_t n = bytes_rd_le64(&r), each;

	if (r.bad || memcmp(head, "EFI PART", 8) != 0)
		return false;
	each = bytes_get_le(head + ENTRY_SIZE_OFF, 4);
	if (each < LEAST_BYTES || n > bytes_rd_left(&r) / each || n * each != bytes_rd_left(&r))
		return false;
	event_text_add(text, "disk ");
	event_text_add_guid(text, head + DISK_OFF);
	event_text_add(text, ", %" PRIu64 " partitions", n);
	for (uint64_t i = 0; i < n && !text->is_cut; i++) {
		entry = bytes_rd_take(&r, (size_t)each);
		event_text_add(text, "%s\"", i == 0 ? ": " : ", ");
		event_text_add_utf16(text, entry + NAME_OFF, NAME_UNITS);
		event_text_add(text, "\"");
	}
	return true;
}

/* UEFI_PLATFORM_FIRMWARE_BLOB. Spec: TCG PFP 1.06, 10.2.5 */
static bool say_blob(struct event_text *text, const struct measure_event *e)
{
	struct bytes_rd r = bytes_rd(e->data, e->n);
	uint64_t base, size;

	if (e->type == MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2) {
		uint8_t n = bytes_rd_u8(&r);
		const uint8_t *description = bytes_rd_take(&r, n);

		if (!r.bad)
			event_text_add_utf8(text, description, n);
		event_text_add(text, " ");
	}
	base = bytes_rd_le64(&r);
	size = bytes_rd_le64(&r);
	if (r.bad || bytes_rd_left(&r) > 0)
		return false;
	event_text_add(text, "%" PRIu64 " bytes at 0x%" PRIx64, size, base);
	return true;
}

/* UEFI_HANDOFF_TABLE_POINTERS. Spec: TCG PFP 1.06, 10.2.6 */
static bool say_tables(struct event_text *text, const struct measure_event *e)
{
	enum { GUID_BYTES = 16, TABLE_BYTES = 24 };
	struct bytes_rd r = bytes_rd(e->data, e->n);
	uint64_t n;

	if (e->type == MEASURE_EV_EFI_HANDOFF_TABLES2) {
		uint8_t size = bytes_rd_u8(&r);
		const uint8_t *description = bytes_rd_take(&r, size);

		if (!r.bad)
			event_text_add_utf8(text, description, size);
	}
	n = bytes_rd_le64(&r);
	if (r.bad || n > bytes_rd_left(&r) / TABLE_BYTES || n * TABLE_BYTES != bytes_rd_left(&r))
		return false;
	for (uint64_t i = 0; i < n && !text->is_cut; i++) {
		event_text_add(text, " ");
		event_text_add_guid(text, bytes_rd_take(&r, GUID_BYTES));
		bytes_rd_skip(&r, TABLE_BYTES - GUID_BYTES);
	}
	return true;
}

/* TCG_PCClientTaggedEvent. Spec: TCG PFP 1.06, 10.2.8 */
static bool say_tagged(struct event_text *text, const struct measure_event *e)
{
	enum { AAEL = 0x4141454c }; /* the attestation agent of Confidential Containers */
	struct bytes_rd r = bytes_rd(e->data, e->n);
	uint32_t id = bytes_rd_le32(&r), size = bytes_rd_le32(&r);

	if (r.bad || size != bytes_rd_left(&r))
		return false;
	if (id == AAEL)
		event_text_add(text, "AAEL: ");
	else
		event_text_add(text, "0x%08" PRIx32 ": ", id);
	add_any(text, bytes_rd_take(&r, size), size);
	return true;
}

/* td-shim: a name of 16 bytes, size, content. */
static bool say_named(struct event_text *text, const struct measure_event *e)
{
	enum { NAME_BYTES = 16 };
	struct bytes_rd r = bytes_rd(e->data, e->n);
	const uint8_t *name = bytes_rd_take(&r, NAME_BYTES);
	uint32_t size = bytes_rd_le32(&r);

	if (r.bad || size != bytes_rd_left(&r))
		return false;
	event_text_add_utf8(text, name, NAME_BYTES);
	event_text_add(text, ": ");
	add_any(text, bytes_rd_take(&r, size), size);
	return true;
}

/* A boot loader's text in either encoding; GRUB leaves a byte of no meaning behind the NUL. */
static bool say_loader(struct event_text *text, const struct measure_event *e)
{
	size_t n = strnlen((const char *)e->data, e->n);

	if (n > 1 || e->n < 2 || e->data[1] != 0 || e->n % 2 != 0) {
		add_any(text, e->data, e->n - n <= 2 ? n : e->n);
		return n > 0;
	}
	event_text_add_utf16(text, e->data, e->n / 2);
	return true;
}

static bool say_no_action(struct event_text *text, const struct measure_event *e)
{
	enum { SIGNATURE_BYTES = 16 };

	if (e->n < SIGNATURE_BYTES || !event_text_is_utf8(e->data, SIGNATURE_BYTES))
		return false;
	event_text_add_utf8(text, e->data, SIGNATURE_BYTES);
	return true;
}

static const struct {
	uint32_t type;
	say *say;
} sayers[] = {
	{ MEASURE_EV_NO_ACTION, say_no_action },
	{ MEASURE_EV_EVENT_TAG, say_tagged },
	{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, say_named },
	{ MEASURE_EV_IPL, say_loader },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, say_variable },
	{ MEASURE_EV_EFI_VARIABLE_BOOT, say_variable },
	{ MEASURE_EV_EFI_VARIABLE_BOOT2, say_variable },
	{ MEASURE_EV_EFI_VARIABLE_AUTHORITY, say_variable },
	{ MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, say_image },
	{ MEASURE_EV_EFI_BOOT_SERVICES_DRIVER, say_image },
	{ MEASURE_EV_EFI_RUNTIME_SERVICES_DRIVER, say_image },
	{ MEASURE_EV_EFI_GPT_EVENT, say_gpt },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB, say_blob },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2, say_blob },
	{ MEASURE_EV_EFI_HANDOFF_TABLES, say_tables },
	{ MEASURE_EV_EFI_HANDOFF_TABLES2, say_tables },
};

void measure_event_text(const struct measure_event *e, char to[MEASURE_TEXT_BYTES])
{
	struct event_text text = event_text(to, MEASURE_TEXT_BYTES), named;
	say *one = say_any;

	if (e->name) {
		event_text_add_utf8(&text, (const uint8_t *)e->name, strlen(e->name));
		event_text_add(&text, e->n > 0 ? ": " : "");
	}
	for (size_t i = 0; e->n > 0 && i < ARRAY_SIZE(sayers); i++)
		if (sayers[i].type == e->type)
			one = sayers[i].say;
	named = text;
	if (e->n > 0 && !one(&text, e)) {
		text = named;
		text.to[text.n] = '\0';
		say_any(&text, e);
	}
}
