/* SPDX-License-Identifier: MIT */
#include "measure/linux_header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum {
	SETUP_SECTS = 0x1f1,
	VID_MODE = 0x1fa,
	MAGIC = 0x202,
	VERSION = 0x206,
	TYPE_OF_LOADER = 0x210,
	LOADFLAGS = 0x211,
	RAMDISK_IMAGE = 0x218,
	RAMDISK_SIZE = 0x21c,
	HEAP_END_PTR = 0x224,
	CMD_LINE_PTR = 0x228,
	INITRD_ADDR_MAX = 0x22c,
	XLOADFLAGS = 0x236,
	/* Before protocol 2.02. */
	CMD_LINE_MAGIC = 0x20,
	CMD_LINE_OFFSET = 0x22,
	LOADED_HIGH = 1,
	CAN_USE_HEAP = 0x80,
	CAN_BE_LOADED_ABOVE_4G = 2,
	QEMU_LOADER = 0xb0,
};

/* What QEMU keeps free for ACPI at the end of a pc machine's low memory. */
static const uint32_t acpi_bytes = 0x28000;
static const uint32_t low_initrd_max = 0x37ffffff;

/* Where QEMU, and the protocol before it, place the real-mode part and the command line. */
struct place {
	uint32_t real_mode, command_line;
};

static struct place place(unsigned protocol, uint8_t flags, const char *append)
{
	uint32_t n_line = (uint32_t)((strlen(append) + 16) & ~(size_t)15);

	if (protocol >= 0x202 && (flags & LOADED_HIGH))
		return (struct place){ 0x10000, 0x20000 };
	return (struct place){ 0x90000, 0x9a000 - n_line };
}

/* "vga=" of the command line is for the boot loader. */
static int patch_vga(uint8_t *header, const char *append, struct jurat_error *err)
{
	static const struct {
		const char *name;
		uint16_t mode;
	} names[] = { { "normal", 0xffff }, { "ext", 0xfffe }, { "ask", 0xfffd } };
	const char *text = strstr(append, "vga=");
	unsigned long mode;
	char *end;

	if (!text)
		return 0;
	text += 4;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strncmp(text, names[i].name, strlen(names[i].name)) == 0) {
			bytes_put_le(header + VID_MODE, names[i].mode, 2);
			return 0;
		}
	}
	mode = strtoul(text, &end, 0);
	if (end == text || (*end && *end != ' ') || mode > UINT32_MAX)
		return jurat_fail(err, -EINVAL, "command line: vga= has no mode that QEMU knows");
	bytes_put_le(header + VID_MODE, mode & 0xffff, 2);
	return 0;
}

static int patch_initrd(const struct linux_boot *boot, unsigned protocol, uint8_t *header,
			struct jurat_error *err)
{
	uint64_t below_4g = boot->memory < 0xb0000000 ? boot->memory : 0x80000000;
	uint32_t max = low_initrd_max;

	if (protocol < 0x200)
		return jurat_fail(err, -EINVAL, "kernel: boot protocol %#x is too old for an initrd",
				  protocol);
	if (protocol >= 0x20c && (bytes_get_le(header + XLOADFLAGS, 2) & CAN_BE_LOADED_ABOVE_4G))
		max = UINT32_MAX;
	else if (protocol >= 0x203)
		max = (uint32_t)bytes_get_le(header + INITRD_ADDR_MAX, 4);
	if (below_4g <= acpi_bytes)
		return jurat_fail(err, -EINVAL, "%#" PRIx64 " bytes of memory have no room for an initrd",
				  boot->memory);
	if (max >= below_4g - acpi_bytes)
		max = (uint32_t)(below_4g - acpi_bytes - 1);
	if (boot->n_initrd >= max)
		return jurat_fail(err, -EINVAL,
				  "initrd of %#zx bytes: QEMU loads at most %#" PRIx32 " into this memory",
				  boot->n_initrd, max);
	bytes_put_le(header + RAMDISK_IMAGE, (max - boot->n_initrd) & ~UINT64_C(0xfff), 4);
	bytes_put_le(header + RAMDISK_SIZE, boot->n_initrd, 4);
	return 0;
}

int linux_header_patch(const struct linux_boot *boot, uint8_t ret[LINUX_HEADER_BYTES],
		       struct jurat_error *err)
{
	const char *append = boot->append ? boot->append : "";
	uint8_t header[LINUX_HEADER_BYTES];
	unsigned protocol = 0; /* another PE image, such as a UKI */
	size_t n_setup;
	struct place at;
	int r;

	if (boot->kernel.n < sizeof(header))
		return jurat_fail(err, -EBADMSG, "kernel: %zu bytes have no room for a setup header",
				  boot->kernel.n);
	memcpy(header, boot->kernel.bytes, sizeof(header));
	if (memcmp(header + MAGIC, "HdrS", 4) == 0)
		protocol = (unsigned)bytes_get_le(header + VERSION, 2);
	n_setup = 512 * ((header[SETUP_SECTS] ? header[SETUP_SECTS] : 4u) + 1);
	if (n_setup > boot->kernel.n)
		return jurat_fail(err, -EBADMSG, "kernel: setup code of %#zx bytes in a file of %#zx",
				  n_setup, boot->kernel.n);
	if (strlen(append) > 0x9000)
		return jurat_fail(err, -EINVAL, "command line: %zu characters do not fit below the kernel",
				  strlen(append));
	at = place(protocol, header[LOADFLAGS], append);
	if (protocol >= 0x202) {
		bytes_put_le(header + CMD_LINE_PTR, at.command_line, 4);
	} else {
		bytes_put_le(header + CMD_LINE_MAGIC, 0xa33f, 2);
		bytes_put_le(header + CMD_LINE_OFFSET, at.command_line - at.real_mode, 2);
	}
	r = patch_vga(header, append, err);
	if (r < 0)
		return r;
	if (protocol >= 0x200)
		header[TYPE_OF_LOADER] = QEMU_LOADER;
	if (protocol >= 0x201) {
		header[LOADFLAGS] |= CAN_USE_HEAP;
		bytes_put_le(header + HEAP_END_PTR, at.command_line - at.real_mode - 0x200, 2);
	}
	r = boot->n_initrd > 0 ? patch_initrd(boot, protocol, header, err) : 0;
	if (r < 0)
		return r;
	memcpy(ret, header, sizeof(header));
	return 0;
}
