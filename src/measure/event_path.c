/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/event_text.h"

/* Device paths as text, the nodes that boot devices of VMs have. Spec: UEFI 2.10, 10.3 and 10.6.1.6 */
enum {
	HARDWARE = 1,
	ACPI = 2,
	MESSAGING = 3,
	MEDIA = 4,
	END = 0x7f,
	END_ENTIRE = 0xff,
	NODE_HEAD_BYTES = 4,
};

typedef void add_node(struct event_text *text, struct bytes_rd *r);

static void add_pci(struct event_text *text, struct bytes_rd *r)
{
	unsigned function = bytes_rd_u8(r), device = bytes_rd_u8(r);

	event_text_add(text, "Pci(0x%x,0x%x)", device, function);
}

static void add_vendor(struct event_text *text, struct bytes_rd *r, const char *name)
{
	static const uint8_t none[16];
	const uint8_t *guid = bytes_rd_take(r, 16);

	event_text_add(text, "%s(", name);
	event_text_add_guid(text, guid ? guid : none);
	event_text_add(text, ")");
}

static void add_hardware_vendor(struct event_text *text, struct bytes_rd *r)
{
	add_vendor(text, r, "VenHw");
}

static void add_messaging_vendor(struct event_text *text, struct bytes_rd *r)
{
	add_vendor(text, r, "VenMsg");
}

static void add_media_vendor(struct event_text *text, struct bytes_rd *r)
{
	add_vendor(text, r, "VenMedia");
}

static void add_firmware_file(struct event_text *text, struct bytes_rd *r)
{
	add_vendor(text, r, "FvFile");
}

static void add_firmware_volume(struct event_text *text, struct bytes_rd *r)
{
	add_vendor(text, r, "Fv");
}

static void add_memory_range(struct event_text *text, struct bytes_rd *r)
{
	unsigned type = bytes_rd_le32(r);
	uint64_t first = bytes_rd_le64(r), last = bytes_rd_le64(r);

	event_text_add(text, "MemoryMapped(0x%x,0x%" PRIx64 ",0x%" PRIx64 ")", type, first, last);
}

/* An EISA identification: three letters of five bits, and a number. */
static void add_acpi(struct event_text *text, struct bytes_rd *r)
{
	enum { PNP = 0x41d0, ROOT_PCI = 0x0a03, ROOT_PCIE = 0x0a08 };
	uint32_t id = bytes_rd_le32(r), unit = bytes_rd_le32(r);

	if ((id & 0xffff) == PNP && id >> 16 == ROOT_PCI)
		event_text_add(text, "PciRoot(0x%x)", unit);
	else if ((id & 0xffff) == PNP && id >> 16 == ROOT_PCIE)
		event_text_add(text, "PcieRoot(0x%x)", unit);
	else if ((id & 0xffff) == PNP)
		event_text_add(text, "Acpi(PNP%04X,0x%x)", id >> 16, unit);
	else
		event_text_add(text, "Acpi(0x%08x,0x%x)", id, unit);
}

static void add_scsi(struct event_text *text, struct bytes_rd *r)
{
	unsigned target = bytes_rd_le16(r), unit = bytes_rd_le16(r);

	event_text_add(text, "Scsi(0x%x,0x%x)", target, unit);
}

static void add_sata(struct event_text *text, struct bytes_rd *r)
{
	unsigned port = bytes_rd_le16(r), multiplier = bytes_rd_le16(r), unit = bytes_rd_le16(r);

	event_text_add(text, "Sata(0x%x,0x%x,0x%x)", port, multiplier, unit);
}

static void add_usb(struct event_text *text, struct bytes_rd *r)
{
	unsigned port = bytes_rd_u8(r), interface = bytes_rd_u8(r);

	event_text_add(text, "USB(0x%x,0x%x)", port, interface);
}

static void add_mac(struct event_text *text, struct bytes_rd *r)
{
	const uint8_t *address = bytes_rd_take(r, 32);
	unsigned type = bytes_rd_u8(r);

	event_text_add(text, "MAC(");
	event_text_add_hex(text, address, address ? 6 : 0);
	event_text_add(text, ",0x%x)", type);
}

static void add_nvme(struct event_text *text, struct bytes_rd *r)
{
	uint32_t space = bytes_rd_le32(r);
	const uint8_t *eui = bytes_rd_take(r, 8);

	event_text_add(text, "NVMe(0x%x,", space);
	event_text_add_hex(text, eui, eui ? 8 : 0);
	event_text_add(text, ")");
}

static void add_uri(struct event_text *text, struct bytes_rd *r)
{
	size_t n = bytes_rd_left(r);

	event_text_add(text, "Uri(");
	event_text_add_utf8(text, bytes_rd_take(r, n), n);
	event_text_add(text, ")");
}

static void add_hard_drive(struct event_text *text, struct bytes_rd *r)
{
	enum { SIGNATURE_BYTES = 16, FORMAT_GPT = 2 };
	uint32_t partition = bytes_rd_le32(r);
	uint64_t start = bytes_rd_le64(r), size = bytes_rd_le64(r);
	const uint8_t *signature = bytes_rd_take(r, SIGNATURE_BYTES);
	unsigned format = bytes_rd_u8(r);

	event_text_add(text, "HD(%u,%s,", partition, format == FORMAT_GPT ? "GPT" : "MBR");
	if (signature && format == FORMAT_GPT)
		event_text_add_guid(text, signature);
	else if (signature)
		event_text_add(text, "0x%08x", (unsigned)bytes_get_le(signature, 4));
	event_text_add(text, ",0x%" PRIx64 ",0x%" PRIx64 ")", start, size);
}

static void add_file(struct event_text *text, struct bytes_rd *r)
{
	size_t n = bytes_rd_left(r) / 2;

	event_text_add_utf16(text, bytes_rd_take(r, 2 * n), n);
}

static const struct {
	uint8_t type, subtype;
	uint16_t bytes; /* at least, without the head */
	add_node *add;
} nodes[] = {
	{ HARDWARE, 1, 2, add_pci },
	{ HARDWARE, 3, 20, add_memory_range },
	{ HARDWARE, 4, 16, add_hardware_vendor },
	{ ACPI, 1, 8, add_acpi },
	{ MESSAGING, 2, 4, add_scsi },
	{ MESSAGING, 5, 2, add_usb },
	{ MESSAGING, 10, 16, add_messaging_vendor },
	{ MESSAGING, 11, 33, add_mac },
	{ MESSAGING, 18, 6, add_sata },
	{ MESSAGING, 23, 12, add_nvme },
	{ MESSAGING, 24, 0, add_uri },
	{ MEDIA, 1, 38, add_hard_drive },
	{ MEDIA, 3, 16, add_media_vendor },
	{ MEDIA, 4, 0, add_file },
	{ MEDIA, 6, 16, add_firmware_file },
	{ MEDIA, 7, 16, add_firmware_volume },
};

static void add_one(struct event_text *text, uint8_t type, uint8_t subtype, struct bytes_rd *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		if (nodes[i].type == type && nodes[i].subtype == subtype && r->size >= nodes[i].bytes) {
			nodes[i].add(text, r);
			return;
		}
	}
	event_text_add(text, "Path(%u,%u,", type, subtype);
	event_text_add_hex(text, r->data, r->size);
	event_text_add(text, ")");
}

void event_text_add_path(struct event_text *text, const uint8_t *bytes, size_t n)
{
	struct bytes_rd r = bytes_rd(bytes, n);
	const char *between = "";

	while (bytes_rd_left(&r) > 0 && !text->is_cut) {
		uint8_t type = bytes_rd_u8(&r), subtype = bytes_rd_u8(&r);
		uint16_t size = bytes_rd_le16(&r);
		struct bytes_rd node;

		if (r.bad || size < NODE_HEAD_BYTES || (size_t)size - NODE_HEAD_BYTES > bytes_rd_left(&r)) {
			event_text_add(text, "%s(malformed)", between);
			return;
		}
		if (type == END && subtype == END_ENTIRE)
			return;
		node = bytes_rd(bytes_rd_take(&r, size - NODE_HEAD_BYTES), size - NODE_HEAD_BYTES);
		if (type == END) { /* another path follows */
			between = ",";
			continue;
		}
		event_text_add(text, "%s", between);
		add_one(text, type, subtype, &node);
		between = "/";
	}
}
