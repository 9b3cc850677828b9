/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EVENT_TEXT_H
#define MEASURE_EVENT_TEXT_H

#include "measure/event_data.h"

/* Text for people from hostile bytes, in a caller's buffer: whole characters, none that a terminal obeys. */
struct event_text {
	char *to;
	size_t room, n; /* n < room */
	bool is_cut;    /* nothing more is added */
};

/* At least 16 bytes. */
struct event_text event_text(char *to, size_t room);
__attribute__((format(printf, 2, 3))) void event_text_add(struct event_text *text, const char *format, ...);
/* Until a NUL. Line ends and tabs become blanks. */
void event_text_add_utf8(struct event_text *text, const uint8_t *bytes, size_t n);
void event_text_add_utf16(struct event_text *text, const uint8_t *bytes, size_t n_units);
void event_text_add_hex(struct event_text *text, const uint8_t *bytes, size_t n);
void event_text_add_guid(struct event_text *text, const uint8_t guid[16]);

/* Whether all of it, but for NULs at the end, is text as event_text_add_utf8() would leave it. */
bool event_text_is_utf8(const uint8_t *bytes, size_t n);

/*
 * A device path as UEFI writes it: "PciRoot(0x0)/Pci(0x2,0x0)/HD(...)/\EFI\BOOT\BOOTX64.EFI". Spec: UEFI
 * 2.10, 10.6
 */
void event_text_add_path(struct event_text *text, const uint8_t *bytes, size_t n);

#endif
