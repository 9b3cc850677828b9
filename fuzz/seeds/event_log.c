/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/hash.h"
#include "measure/event_log_write.h"
#include "seeds/seeds.h"

/* Logs for fuzz_event_log, written by our own writer: an event of each type whose data is decoded. */
enum { AREA_BYTES = 8192 };

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

/* Boot entries whose paths have one node each. */
static void put_paths(struct measure_log_writer *writer)
{
	static const struct {
		uint8_t type, subtype, n;
	} nodes[] = { { 1, 1, 2 },   { 1, 4, 16 },  { 2, 1, 8 },   { 2, 2, 20 },  { 3, 1, 4 },   { 3, 2, 4 },
		      { 3, 5, 2 },   { 3, 10, 16 }, { 3, 11, 33 }, { 3, 12, 23 }, { 3, 13, 56 }, { 3, 18, 6 },
		      { 3, 23, 12 }, { 3, 24, 4 },  { 4, 1, 38 },  { 4, 2, 20 },  { 4, 3, 16 },  { 4, 4, 6 },
		      { 4, 6, 16 },  { 4, 7, 16 },  { 4, 8, 20 },  { 5, 1, 8 },   { 3, 1, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		uint8_t data[32 + 18 + 6 + 4 + 64 + 4] = { 0 }, digest[MEASURE_DIGEST_BYTES];
		struct bytes_wr w = bytes_wr(data, sizeof(data));
		struct measure_event e = {
			.index = 2, .type = MEASURE_EV_EFI_VARIABLE_BOOT, .digest = digest, .data = data
		};
		const size_t n_path = 4u + nodes[i].n + 4u;

		bytes_wr_copy(&w, GLOBAL, 16);
		bytes_wr_le64(&w, 8);
		bytes_wr_le64(&w, 8 + n_path);
		bytes_wr_copy(&w, "B\0o\0o\0t\0000\0000\0000\0001", 15);
		bytes_wr_zero(&w, 1);
		bytes_wr_le32(&w, 1);
		bytes_wr_le16(&w, (uint16_t)n_path);
		bytes_wr_le16(&w, 0);
		bytes_wr_u8(&w, nodes[i].type);
		bytes_wr_u8(&w, nodes[i].subtype);
		bytes_wr_le16(&w, (uint16_t)(4 + nodes[i].n));
		for (unsigned k = 0; k < nodes[i].n; k++)
			bytes_wr_u8(&w, k % 2 ? 0 : (uint8_t)('0' + k % 10));
		bytes_wr_copy(&w, "\x7f\xff\4\0", 4);
		must(!w.bad);
		e.n = w.off;
		crypto_sha384(data, e.n, digest);
		must(measure_log_add(writer, &e) == 0);
	}
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

#define EVENT(more) "{\"imr\":3,\"event_type\":134217729,\"event\":\"app-id\"" more "}"
	/* Two copies that agree and that do not, in answers of dstack; members that are wrong. */
	static const char *const texts[] = {
		"{\"event_log\":[" EVENT(",\"event_payload\":\"ab\"") "],\"vm_config\":\"{}\"}",
		"{\"a\":{\"event_log\":[" EVENT("") "]},\"event_log\":[" EVENT(",\"digest\":\"\"") "]}",
		"{\"a\":{\"event_log\":[" EVENT(",\"event_payload\":\"ab\"") "]},\"ccel\":[" EVENT("") "]}",
		"[" EVENT(",\"event_payload\":\"ab\",\"version\":3") "]",
		"[" EVENT(",\"event_payload\":\"a\"") "]",
		"[{\"imr\":4,\"event_type\":1}]",
		"[{\"imr\":0,\"event_type\":4,\"digest\":\"ab\",\"event\":\"\",\"event_payload\":\"\"}]",
		"{\"uefi_event_logs\":[{\"index\":9,\"type_name\":\"EV_X\",\"event\":\"!\",\"digests\":[]}]}",
		"{\"ccel\":\"AAAA\",\"eventlog\":\"[]\"}",
		"{\"event_log\":\"no log\"}",
	};

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
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		seed_whole("fuzz_event_log", texts[i], strlen(texts[i]), "json-%u", i);
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
	put_paths(&writer);
	seed_whole("fuzz_event_log", area, writer.to.off, "paths");
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
