/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/hash.h"
#include "measure/event_log_write.h"
#include "seeds/seeds.h"

/* Logs for fuzz_event_log, written by our own writer: an event of each type whose data is decoded. */
enum { AREA_BYTES = 4096 };

#define TEXT(text)        (text), sizeof(text) - 1
#define GLOBAL            "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"
#define U64(n)            n "\0\0\0\0\0\0\0"
#define VARIABLE(n, size) GLOBAL U64(n) U64(size)
#define PATH                                                                                                 \
	"\2\1\x0c\0\xd0\x41\x03\x0a\0\0\0\0\1\1\6\0\3\2"                                                     \
	"\4\4\x0c\0\\\0a\0\0\0\0\0\x7f\xff\4\0"
#define X509 "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"

/* `off` bytes of the data are in front of what is measured, `rest` behind it. */
static const struct {
	unsigned index;
	uint32_t type;
	const char *data;
	size_t n, off, rest;
} events[] = {
	{ 1, MEASURE_EV_NO_ACTION, TEXT("SP800-155 Event3"), 0, 0 },
	{ 1, MEASURE_EV_EFI_HANDOFF_TABLES2, TEXT("\1T" U64("\1") GLOBAL U64("\0")), 1, 0 },
	{ 1, MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2, TEXT("\2Fv" U64("\x10") U64("\x20")), 1, 0 },
	{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  TEXT(VARIABLE("\x0a", "\1") "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0\1"), 0, 0 },
	{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  TEXT(VARIABLE("\2", "\x20") "d\0b\0" X509 "\x20\0\0\0\0\0\0\0\4\0\0\0"
				      "abcd"),
	  0, 0 },
	{ 1, MEASURE_EV_SEPARATOR, TEXT("\0\0\0\0"), 0, 0 },
	{ 1, MEASURE_EV_EFI_VARIABLE_BOOT, TEXT(VARIABLE("\x9", "\4") "B\0o\0o\0t\0O\0r\0d\0e\0r\0\1\0\0\0"),
	  50, 0 },
	{ 1, MEASURE_EV_EFI_VARIABLE_BOOT,
	  TEXT(VARIABLE("\x8", "\x2c") "B\0o\0o\0t\0000\0000\0000\0001\0\1\0\0\0\x22\0a\0\0\0" PATH), 48, 0 },
	{ 1, MEASURE_EV_EFI_VARIABLE_AUTHORITY, TEXT(VARIABLE("\2", "\6") "d\0b\0sbat,1"), 0, 0 },
	{ 2, MEASURE_EV_EFI_ACTION, TEXT("Calling EFI Application from Boot Option"), 0, 0 },
	{ 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, TEXT(U64("\1") U64("\xff") U64("\0") U64("\x22") PATH),
	  1, 0 },
	{ 2, MEASURE_EV_PLATFORM_CONFIG_FLAGS, TEXT("td_payload_info\0\4\0\0\0a=b\0"), 20, 0 },
	{ 3, MEASURE_EV_IPL, TEXT("kernel_cmdline: /vmlinuz ro\0"), 16, 1 },
	{ 3, MEASURE_EV_IPL, TEXT("grub_cmd linux\0x"), 9, 1 },
	{ 3, MEASURE_EV_IPL, TEXT(".\0o\0s\0\0\0"), 1, 0 },
	{ 3, MEASURE_EV_EVENT_TAG, TEXT("\xed\x22\x3b\x8f\x1a\0\0\0LOADED_IMAGE::LoadOptions\0"), 1, 0 },
	{ 4, MEASURE_EV_EVENT_TAG, TEXT("LEAA\5\0\0\0a b c"), 0, 0 },
};

static void add(struct measure_log_writer *writer, size_t i)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct measure_event e = { .index = events[i].index,
				   .type = events[i].type,
				   .digest = digest,
				   .data = (const uint8_t *)events[i].data,
				   .n = events[i].n };

	crypto_sha384(events[i].data + events[i].off, events[i].n - events[i].off - events[i].rest, digest);
	must(measure_log_add(writer, &e) == 0);
}

static void put_partitions(struct measure_log_writer *writer)
{
	enum { ENTRY_BYTES = 128, HEAD_BYTES = 92 };
	uint8_t data[HEAD_BYTES + 8 + ENTRY_BYTES] = "EFI PART", digest[MEASURE_DIGEST_BYTES];
	struct measure_event e = { .index = 2,
				   .type = MEASURE_EV_EFI_GPT_EVENT,
				   .digest = digest,
				   .data = data,
				   .n = sizeof(data) };

	data[84] = ENTRY_BYTES;
	data[HEAD_BYTES] = 1;
	memcpy(data + HEAD_BYTES + 8 + 56, "e\0s\0p\0", 6);
	crypto_sha384(data, sizeof(data), digest);
	must(measure_log_add(writer, &e) == 0);
}

static void put_json(void)
{
	static const char runtime
		[] = "{\"imr\":3,\"event_type\":134217729,\"event\":\"app-id\",\"event_payload\":\"ab\"",
	 trustee[] = "{\"uefi_event_logs\":[{\"index\":2,\"type_name\":\"EV_EFI_ACTION\",\"event\":\"YWJj\","
		     "\"digests\":[{\"alg\":\"SHA-384\",\"digest\":\"";

	seed_begin("fuzz_event_log", "dstack");
	seed_text("[");
	seed_text(runtime);
	seed_text("},");
	seed_text(runtime);
	seed_text(",\"version\":2}]");
	seed_end();
	seed_begin("fuzz_event_log", "dstack_in_text");
	seed_text("{\"quote\":\"00\",\"event_log\":\"[{\\\"imr\\\":3,\\\"event_type\\\":134217729,"
		  "\\\"event\\\":\\\"a\\\"}]\"}");
	seed_end();
	seed_begin("fuzz_event_log", "trustee");
	seed_text(trustee);
	for (unsigned i = 0; i < MEASURE_DIGEST_BYTES; i++)
		seed_text("ab");
	seed_text("\"}]}]}");
	seed_end();
}

void seeds_event_log(void)
{
	static uint8_t area[AREA_BYTES];
	struct measure_ccel ccel = { .cc_type = MEASURE_CCEL_TDX, .log_area_bytes = AREA_BYTES };
	uint8_t table[MEASURE_CCEL_BYTES];
	char hex[BYTES_HEX_SIZE(200)];
	struct measure_log_writer writer;

	must(measure_log_begin(&writer, area, sizeof(area)) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		add(&writer, i);
	put_partitions(&writer);
	seed_whole("fuzz_event_log", area, writer.to.off + 16, "tcg");
	must(measure_log_begin(&writer, area, sizeof(area)) == 0);
	add(&writer, 5);
	seed_whole("fuzz_event_log", area, writer.to.off, "tcg_short");
	seed_begin("fuzz_event_log", "tcg_in_json");
	seed_text("{\"cc_eventlog\":\"");
	seed_text(bytes_to_hex(area, writer.to.off, hex));
	seed_text("\"}");
	seed_end();
	put_json();
	measure_ccel_write(&ccel, table);
	seed_whole("fuzz_event_log", table, sizeof(table), "ccel");
}
