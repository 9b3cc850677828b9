/* SPDX-License-Identifier: MIT */
#include "measure/log_made.h"
#include "support/test.h"

#include "crypto/hash.h"
#include "measure/event_data.h"
#include "measure/event_text.h"

static struct measure_log *read_made(const struct log_made *made)
{
	struct measure_log *log = NULL;
	struct jurat_error err = { "" };
	uint8_t *copy = heap_copy(made->bytes, made->w.off);

	if (measure_log_read(copy, made->w.off, &log, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	free(copy);
	return log;
}

#define GLOBAL                   "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"
#define X509                     "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"
#define U64(n)                   n "\0\0\0\0\0\0\0"
#define U32(n)                   n "\0\0\0"
#define SECURE_BOOT(size, value) GLOBAL U64("\x0a") U64(size) "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0" value
#define PCI_PATH                 "\2\1\x0c\0\xd0\x41\x03\x0a\0\0\0\0\1\1\6\0\3\2"
#define PATH_END                 "\x7f\xff\4\0"
#define GUID_1                   "\1\0\0\0\2\0\3\0\4\5\6\7\x8\x9\xa\xb"

/* Data of events of these types, and what they say. */
static const struct {
	uint32_t type;
	const char *data;
	size_t n;
	const char *text;
} said[] = {
	{ MEASURE_EV_EFI_ACTION, LOG_MADE_TEXT("Calling EFI Application from Boot Option"),
	  "Calling EFI Application from Boot Option" },
	{ MEASURE_EV_EFI_ACTION, "", 0, "" },
	{ MEASURE_EV_SEPARATOR, LOG_MADE_TEXT("\0\0\0\0"), "00000000" },
	{ 0x12345, LOG_MADE_TEXT("\xff\x01"), "ff01" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, LOG_MADE_TEXT(SECURE_BOOT("\0", "")), "SecureBoot: empty" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, LOG_MADE_TEXT(SECURE_BOOT("\1", "\1")), "SecureBoot: on" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, LOG_MADE_TEXT(SECURE_BOOT("\1", "\0")), "SecureBoot: off" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, LOG_MADE_TEXT(SECURE_BOOT("\1", "\2")), "SecureBoot: 02" },
	/* a size that does not fit: not a variable, so its bytes */
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, LOG_MADE_TEXT(SECURE_BOOT("\2", "\1")), "53 bytes" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  LOG_MADE_TEXT(GLOBAL "\xff\xff\xff\xff\xff\xff\xff\xff" U64("\0")),
	  "61dfe48bca93d211aa0d00e098032b8cffffffffffffffff0000000000000000" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  LOG_MADE_TEXT(GLOBAL U64("\2") U64("\x36") "d\0b\0" X509 U32("\x36") U32("\0")
				U32("\x0d") "0123456789abc"
					    "0123456789abc"),
	  "db: 2 certificates, 0 other signatures" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  LOG_MADE_TEXT(GLOBAL U64("\2") U64("\x1c") "d\0b\0" X509 U32("\x1b") U32("\0") U32("\1")),
	  "db: a159c0a5e494a74a87b5ab155c2bf0721b0000000000000001000000" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  LOG_MADE_TEXT(GLOBAL U64("\2") U64("\x1c") "d\0b\0" X509 U32("\x1c") U32("\0") U32("\0")),
	  "db: a159c0a5e494a74a87b5ab155c2bf0721c0000000000000000000000" },
	{ MEASURE_EV_EFI_VARIABLE_BOOT,
	  LOG_MADE_TEXT(GLOBAL U64("\x9") U64("\4") "B\0o\0o\0t\0O\0r\0d\0e\0r\0\1\0\xab\xcd"),
	  "BootOrder: Boot0001 BootCDAB" },
	{ MEASURE_EV_EFI_VARIABLE_BOOT,
	  LOG_MADE_TEXT(GLOBAL U64("\x9") U64("\3") "B\0o\0o\0t\0O\0r\0d\0e\0r\0\1\0\2"),
	  "BootOrder: 010002" },
	{ MEASURE_EV_EFI_VARIABLE_BOOT,
	  LOG_MADE_TEXT(GLOBAL U64("\x8") U64(
		  "\x20") "B\0o\0o\0t\0000\0000\0000\0001\0\1\0\0\0\x16\0a\0\0\0" PCI_PATH PATH_END),
	  "Boot0001: a, PciRoot(0x0)/Pci(0x2,0x3)" },
	{ MEASURE_EV_EFI_VARIABLE_BOOT,
	  LOG_MADE_TEXT(GLOBAL U64("\x8") U64("\x8") "B\0o\0o\0t\0000\0000\0000\0001\0\1\0\0\0\x16\0a\0"),
	  "Boot0001: 0100000016006100" },
	{ MEASURE_EV_EFI_VARIABLE_AUTHORITY, LOG_MADE_TEXT(GLOBAL U64("\2") U64("\x7") "d\0b\0sbat,1\n"),
	  "db: sbat,1 " },
	{ MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION,
	  LOG_MADE_TEXT(U64("\1") U64("\xff") U64("\0") U64("\x22") PCI_PATH
			"\4\4\x0c\0\\\0a\0\0\0\0\0" PATH_END),
	  "PciRoot(0x0)/Pci(0x2,0x3)/\\a, 255 bytes" },
	{ MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, LOG_MADE_TEXT(U64("\1") U64("\xff") U64("\0") U64("\0")),
	  "255 bytes" },
	{ MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, LOG_MADE_TEXT(U64("\1") U64("\xff") U64("\0") U64("\1")),
	  "0100000000000000ff0000000000000000000000000000000100000000000000" },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB, LOG_MADE_TEXT(U64("\x10") U64("\x20")), "32 bytes at 0x10" },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2, LOG_MADE_TEXT("\2Fv" U64("\x10") U64("\x20")),
	  "Fv 32 bytes at 0x10" },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2,
	  LOG_MADE_TEXT("\xff"
			"Fv"),
	  "ff4676" },
	{ MEASURE_EV_EFI_HANDOFF_TABLES2, LOG_MADE_TEXT("\1T" U64("\1") GUID_1 U64("\0")),
	  "T 00000001-0002-0003-0405-060708090a0b" },
	{ MEASURE_EV_EFI_HANDOFF_TABLES2, LOG_MADE_TEXT("\1T" U64("\2") GUID_1 U64("\0")),
	  "015402000000000000000100000002000300040506070809"
	  "0a0b0000000000000000" },
	{ MEASURE_EV_EFI_HANDOFF_TABLES2, LOG_MADE_TEXT("\1T" U64("\1") GUID_1 U64("\0") "\xff"),
	  "015401000000000000000100000002000300040506070809"
	  "0a0b0000000000000000ff" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
	  LOG_MADE_TEXT(GLOBAL U64("\2") U64("\x1c") "d\0b\0" X509 U32("\x1c") U32("\1") U32("\1")),
	  "db: a159c0a5e494a74a87b5ab155c2bf0721c0000000100000001000000" },
	{ MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT("\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd\0"),
	  "0x8f3b22ec: Linux initrd" },
	{ MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT("LEAA\3\0\0\0a b"), "AAEL: a b" },
	{ MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT("LEAA\4\0\0\0a b"), "4c45414104000000612062" },
	{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, LOG_MADE_TEXT("td_payload_info\0\4\0\0\0a=b\0"),
	  "td_payload_info: a=b" },
	{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, LOG_MADE_TEXT("etc/acpi/rsdp\0\0\0"), "etc/acpi/rsdp" },
	{ MEASURE_EV_IPL, LOG_MADE_TEXT("grub_cmd a\0x"), "grub_cmd a" },
	{ MEASURE_EV_IPL, LOG_MADE_TEXT(".\0o\0s\0\0\0"), ".os" },
	{ MEASURE_EV_NO_ACTION, LOG_MADE_TEXT("SP800-155 Event3more"), "SP800-155 Event3" },
};

static void text_of(uint32_t type, const void *data, size_t n, char to[MEASURE_TEXT_BYTES])
{
	uint8_t *copy = heap_copy(data, n);
	const struct measure_event e = { .type = type, .data = copy, .n = n, .extends = true, .index = 1 };

	measure_event_text(&e, to);
	free(copy);
}

static void events_say_what_their_data_says(void **state)
{
	char text[MEASURE_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		text_of(said[i].type, said[i].data, said[i].n, text);
		if (strcmp(text, said[i].text) != 0)
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, text, said[i].text);
	}
}

static void truncated_data_of_every_type_is_read_within_its_bounds(void **state)
{
	char text[MEASURE_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		for (size_t n = 0; n <= said[i].n; n++) {
			text_of(said[i].type, said[i].data, n, text);
			assert_true(n == 0 || text[0] != '\0' || said[i].data[0] == '\0');
			assert_true(event_text_is_utf8((const uint8_t *)text, strlen(text)) ||
				    text[0] == '\0');
		}
	}
}

static void a_partition_table_is_named_by_its_partitions(void **state)
{
	uint8_t data[92 + 8 + 2 * 128] = "EFI PART";
	char text[MEASURE_TEXT_BYTES];

	(void)state;
	memcpy(data + 56, GUID_1, 16);
	data[84] = 128;
	data[92] = 2;
	memcpy(data + 100 + 56, "e\0s\0p\0", 6);
	memset(data + 228 + 56, 'x', 72);
	text_of(MEASURE_EV_EFI_GPT_EVENT, data, sizeof(data), text);
	assert_string_equal(
		text, "disk 00000001-0002-0003-0405-060708090a0b, 2 partitions: \"esp\", \"\xe7\xa1\xb8"
		      "\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8"
		      "\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8"
		      "\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8"
		      "\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8"
		      "\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8\xe7\xa1\xb8"
		      "\"");
	bytes_put_le(data + 92, UINT64_MAX, 8);
	text_of(MEASURE_EV_EFI_GPT_EVENT, data, sizeof(data), text);
	assert_string_equal(text, "356 bytes");
	bytes_put_le(data + 92, UINT64_C(1) << 57 | 2, 8); /* whose product wraps */
	text_of(MEASURE_EV_EFI_GPT_EVENT, data, sizeof(data), text);
	assert_string_equal(text, "356 bytes");
	data[84] = 0;
	text_of(MEASURE_EV_EFI_GPT_EVENT, data, sizeof(data), text);
	assert_string_equal(text, "356 bytes");
}

static const struct {
	const char *path;
	size_t n;
	const char *text;
} paths[] = {
	{ LOG_MADE_TEXT(PATH_END), "" },
	{ LOG_MADE_TEXT("\1\4\x14\0" GUID_1 PATH_END), "VenHw(00000001-0002-0003-0405-060708090a0b)" },
	{ LOG_MADE_TEXT("\4\7\x14\0" GUID_1 "\4\6\x14\0" GUID_1),
	  "Fv(00000001-0002-0003-0405-060708090a0b)/FvFile(00000001-0002-0003-0405-060708090a0b)" },
	{ LOG_MADE_TEXT("\2\1\x0c\0\xd0\x41\x08\x0a\1\0\0\0"), "PcieRoot(0x1)" },
	{ LOG_MADE_TEXT("\2\1\x0c\0\xd0\x41\x04\x06\1\0\0\0"), "Acpi(PNP0604,0x1)" },
	{ LOG_MADE_TEXT("\3\2\x8\0\1\0\2\0\3\x12\x0a\0\1\0\2\0\3\0"), "Scsi(0x1,0x2)/Sata(0x1,0x2,0x3)" },
	{ LOG_MADE_TEXT("\3\x17\x10\0\1\0\0\0\1\2\3\4\5\6\7\x8"), "NVMe(0x1,0102030405060708)" },
	{ LOG_MADE_TEXT("\3\x18\7\0a:b"), "Uri(a:b)" },
	{ LOG_MADE_TEXT("\4\1\x2a\0\1\0\0\0" U64("\2") U64("\3") GUID_1 "\2\2"),
	  "HD(1,GPT,00000001-0002-0003-0405-060708090a0b,0x2,0x3)" },
	{ LOG_MADE_TEXT("\4\1\x2a\0\1\0\0\0" U64("\2") U64("\3") GUID_1 "\1\1"),
	  "HD(1,MBR,0x00000001,0x2,0x3)" },
	{ LOG_MADE_TEXT(PCI_PATH "\x7f\1\4\0" PCI_PATH PATH_END),
	  "PciRoot(0x0)/Pci(0x2,0x3),PciRoot(0x0)/Pci(0x2,0x3)" },
	{ LOG_MADE_TEXT("\x9\x9\6\0\xab\xcd"), "Path(9,9,abcd)" },
	{ LOG_MADE_TEXT("\1\1\5\0\1"), "Path(1,1,01)" },
	{ LOG_MADE_TEXT("\1\1\3\0"), "(malformed)" },
	{ LOG_MADE_TEXT("\1\1\0\0"), "(malformed)" },
	{ LOG_MADE_TEXT("\1\1\xff\xff"), "(malformed)" },
	{ LOG_MADE_TEXT(PCI_PATH "\1\1\7\0\1\2"), "PciRoot(0x0)/Pci(0x2,0x3)/(malformed)" },
	{ LOG_MADE_TEXT("\1\1"), "(malformed)" },
};

static void device_paths_are_written_as_uefi_writes_them(void **state)
{
	char to[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		uint8_t *copy = heap_copy(paths[i].path, paths[i].n);
		struct event_text text = event_text(to, sizeof(to));

		event_text_add_path(&text, copy, paths[i].n);
		if (strcmp(to, paths[i].text) != 0)
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, to, paths[i].text);
		free(copy);
	}
}

static void text_has_nothing_that_a_terminal_obeys(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "a\x1b[31m", "a?[31m" },
		{ "a\nb\tc\r", "a b c " },
		{ "\xc2\x9b"
		  "1m",
		  "?1m" },
		{ "\xe2\x80\xae"
		  "abc",
		  "?abc" },                          /* right-to-left override */
		{ "\xc0\xaf\xe0\x80\xaf", "?????" }, /* too long for their character */
		{ "\xed\xa0\x80", "?" },             /* a surrogate */
		{ "\xf4\x90\x80\x80", "?" },         /* above the last character */
		{ "\xe2\x82", "??" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	};
	char to[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct event_text text = event_text(to, sizeof(to));
		uint8_t *copy = heap_copy(rows[i].bytes, strlen(rows[i].bytes));

		event_text_add_utf8(&text, copy, strlen(rows[i].bytes));
		if (strcmp(to, rows[i].text) != 0)
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, to, rows[i].text);
		free(copy);
	}
}

static void text_that_does_not_fit_ends_with_a_mark_behind_a_whole_character(void **state)
{
	char to[16];
	struct event_text text = event_text(to, sizeof(to));

	(void)state;
	event_text_add_utf8(
		&text, (const uint8_t *)"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 15);
	event_text_add(&text, "more");
	assert_string_equal(to, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac...");
}

static void utf16_with_halves_of_pairs_is_text(void **state)
{
	char to[64];
	struct event_text text = event_text(to, sizeof(to));

	(void)state;
	event_text_add_utf16(&text, (const uint8_t *)"\x3d\xd8\x00\xde\x3d\xd8x\0\x00\xdc\x3d\xd8", 6);
	assert_string_equal(to, "\xf0\x9f\x98\x80?x??");
}

static void a_variable_is_read_with_its_name_guid_and_value(void **state)
{
	struct measure_event e = { .type = MEASURE_EV_EFI_VARIABLE_BOOT2,
				   .data = (const uint8_t *)SECURE_BOOT("\1", "\1"),
				   .n = sizeof(SECURE_BOOT("\1", "\1")) - 1 };
	struct measure_variable v;

	(void)state;
	assert_true(measure_event_variable(&e, &v));
	assert_string_equal(v.name, "SecureBoot");
	assert_string_equal(v.guid, "8be4df61-93ca-11d2-aa0d-00e098032b8c");
	assert_int_equal(v.n, 1);
	assert_int_equal(v.value[0], 1);
	e.type = MEASURE_EV_IPL;
	assert_false(measure_event_variable(&e, &v));
}

/* What is in RTMR0, in order: a SecureBoot with this value, a separator, something else. */
static const struct {
	const char *order; /* '1', '0', '2', 'e' empty, 's' separator, 'u' says on, measures something else */
	enum measure_logged_secure_boot state;
} secure_boots[] = {
	{ "x1s", MEASURE_LOGGED_SECURE_BOOT_ON },      { "0s", MEASURE_LOGGED_SECURE_BOOT_OFF },
	{ "es", MEASURE_LOGGED_SECURE_BOOT_OFF },      { "2s", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },
	{ "1", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN }, /* no separator */
	{ "s1", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },  { "s1s", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },
	{ "01s", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN }, { "11s", MEASURE_LOGGED_SECURE_BOOT_ON },
	{ "us", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },  { "u0s", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },
	{ "xs", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },  { "0s1", MEASURE_LOGGED_SECURE_BOOT_OFF },
	{ "", MEASURE_LOGGED_SECURE_BOOT_UNKNOWN },
};

static void add_by_letter(struct log_made *made, uint32_t index, char letter)
{
	const uint32_t type = MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG;

	if (letter == '1')
		log_made_event(made, index, type, LOG_MADE_TEXT(SECURE_BOOT("\1", "\1")));
	else if (letter == '0')
		log_made_event(made, index, type, LOG_MADE_TEXT(SECURE_BOOT("\1", "\0")));
	else if (letter == '2')
		log_made_event(made, index, type, LOG_MADE_TEXT(SECURE_BOOT("\1", "\2")));
	else if (letter == 'e')
		log_made_event(made, index, type, LOG_MADE_TEXT(SECURE_BOOT("\0", "")));
	else if (letter == 's')
		log_made_event(made, index, MEASURE_EV_SEPARATOR, LOG_MADE_TEXT("\0\0\0\0"));
	else if (letter == 'u')
		log_made_event_of(made, index, type, "u", 1, LOG_MADE_TEXT(SECURE_BOOT("\1", "\1")));
	else
		log_made_event(made, index, MEASURE_EV_IPL, "x", 1);
}

static void secure_boot_is_what_its_variables_before_the_separator_agree_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(secure_boots); i++) {
		struct log_made made;
		struct measure_log *log;

		log_made_begin(&made);
		add_by_letter(&made, 2, '1'); /* in another register, so that it does not count */
		for (const char *at = secure_boots[i].order; *at; at++)
			add_by_letter(&made, 1, *at);
		log = read_made(&made);
		if (measure_log_secure_boot(log) != secure_boots[i].state)
			FAIL_BECAUSE("'%s': %d", secure_boots[i].order, measure_log_secure_boot(log));
		measure_log_free(log);
	}
}

#define LINE       "root=/dev/vda1 ro"
#define WIDE       "r\0o\0o\0t\0=\0/\0d\0e\0v\0/\0v\0d\0a\0001\0 \0r\0o\0"
#define WIDE_IMAGE "B\0O\0O\0T\0_\0I\0M\0A\0G\0E\0=\0"
#define OPTIONS    "\xed\x22\x3b\x8f\x1a\0\0\0LOADED_IMAGE::LoadOptions\0"

/* Loggers of command lines: what they measure, what the log has. */
static const struct {
	uint32_t index, type;
	const char *measured;
	size_t n_measured;
	const char *data;
	size_t n;
	bool is, has, matches; /* the label, the text, the digest of LINE */
} lines[] = {
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE), LOG_MADE_TEXT("kernel_cmdline: " LINE "\0"), true, true,
	  true },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE "\0"), LOG_MADE_TEXT("kernel_cmdline: " LINE "\0"), true,
	  true, true },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE), LOG_MADE_TEXT("grub_kernel_cmdline " LINE "\0\x60"), true,
	  true, true },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE), LOG_MADE_TEXT("grub_cmd: " LINE "\0"), false, false, true },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT("x"), LOG_MADE_TEXT("kernel_cmdline: " LINE "\0"), true, false,
	  false },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE " x"), LOG_MADE_TEXT("kernel_cmdline: " LINE " x\0"), true,
	  true, false },
	{ 4, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE), LOG_MADE_TEXT("kernel_cmdline: " LINE "\0"), false, false,
	  false },
	{ 1, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE), LOG_MADE_TEXT("kernel_cmdline: " LINE "\0"), false, false,
	  false },
	{ 3, MEASURE_EV_NO_ACTION, LOG_MADE_TEXT(LINE), LOG_MADE_TEXT("kernel_cmdline: " LINE "\0"), false,
	  false, false },
	{ 3, MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT(WIDE "\0\0"), LOG_MADE_TEXT(OPTIONS), true, false, true },
	{ 3, MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT(WIDE), LOG_MADE_TEXT("LOADED_IMAGE::LoadOptions\0"), true,
	  false, true },
	{ 3, MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT(WIDE_IMAGE WIDE), LOG_MADE_TEXT(OPTIONS), true, false,
	  true },
	{ 3, MEASURE_EV_EVENT_TAG, LOG_MADE_TEXT("x"),
	  LOG_MADE_TEXT("\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd\0"), false, false, false },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(".cmdline\0"), LOG_MADE_TEXT(".\0c\0m\0d\0l\0i\0n\0e\0\0\0"),
	  false, false, false },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE "\n"), LOG_MADE_TEXT(".\0c\0m\0d\0l\0i\0n\0e\0\0\0"), true,
	  false, true },
	{ 3, MEASURE_EV_IPL, LOG_MADE_TEXT(LINE "\n\0"), LOG_MADE_TEXT(".\0c\0m\0d\0l\0i\0n\0e\0\0\0"), true,
	  false, true },
	{ 2, MEASURE_EV_PLATFORM_CONFIG_FLAGS, LOG_MADE_TEXT(LINE "\0"),
	  LOG_MADE_TEXT("DirectBoot Command Line\0"), true, false, true },
	{ 2, MEASURE_EV_PLATFORM_CONFIG_FLAGS, LOG_MADE_TEXT(LINE "\0\0\0"),
	  LOG_MADE_TEXT("td_payload_info\0\x14\0\0\0" LINE "\0\0\0"), true, true, true },
	{ 2, MEASURE_EV_PLATFORM_CONFIG_FLAGS, LOG_MADE_TEXT(LINE "\0\0x"),
	  LOG_MADE_TEXT("td_payload_info\0\x14\0\0\0" LINE "\0\0x"), true, false, false },
};

static void command_lines_are_found_by_label_and_by_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct measure_event *e;
		struct measure_log *log;
		struct log_made made;
		const char *has;
		size_t n = 0;

		log_made_begin(&made);
		log_made_event_of(&made, lines[i].index, lines[i].type, lines[i].measured,
				  lines[i].n_measured, lines[i].data, lines[i].n);
		log = read_made(&made);
		e = measure_log_event(log, 0);
		has = measure_event_command_line(e, &n);
		if (measure_event_is_command_line(e) != lines[i].is || !has == lines[i].has ||
		    measure_event_command_line_is(e, LINE, strlen(LINE)) != lines[i].matches)
			FAIL_BECAUSE("row %zu: label %d, text %d, digest %d", i,
				     measure_event_is_command_line(e), has != NULL,
				     measure_event_command_line_is(e, LINE, strlen(LINE)));
		if (has)
			assert_memory_equal(has, LINE, strlen(LINE));
		measure_log_free(log);
	}
}

static void an_image_name_in_front_is_left_out_as_grub_does(void **state)
{
	static const char with[] = "BOOT_IMAGE=/vmlinuz ro", without[] = "/vmlinuz ro";
	struct measure_log *log;
	struct log_made made;
	const struct measure_event *e;
	char longest[20000];

	(void)state;
	log_made_begin(&made);
	log_made_event_of(&made, 3, MEASURE_EV_IPL, without, strlen(without),
			  LOG_MADE_TEXT("kernel_cmdline: /vmlinuz ro\0"));
	log = read_made(&made);
	e = measure_log_event(log, 0);
	assert_true(measure_event_command_line_is(e, with, strlen(with)));
	assert_true(measure_event_command_line_is(e, without, strlen(without)));
	assert_false(measure_event_command_line_is(e, without, strlen(without) + 1)); /* with a NUL */
	memset(longest, 'x', sizeof(longest));
	assert_false(measure_event_command_line_is(e, longest, sizeof(longest)));
	measure_log_free(log);
	log_made_begin(&made);
	log_made_event_of(&made, 3, MEASURE_EV_IPL, without, sizeof(without),
			  LOG_MADE_TEXT("kernel_cmdline: /vmlinuz ro\0"));
	log = read_made(&made);
	e = measure_log_event(log, 0);
	assert_true(measure_event_command_line_is(e, without, strlen(without)));
	assert_false(measure_event_command_line_is(e, without, sizeof(without)));
	assert_false(measure_event_command_line_is(e, longest, 8192));
	measure_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_say_what_their_data_says),
		cmocka_unit_test(truncated_data_of_every_type_is_read_within_its_bounds),
		cmocka_unit_test(a_partition_table_is_named_by_its_partitions),
		cmocka_unit_test(device_paths_are_written_as_uefi_writes_them),
		cmocka_unit_test(text_has_nothing_that_a_terminal_obeys),
		cmocka_unit_test(text_that_does_not_fit_ends_with_a_mark_behind_a_whole_character),
		cmocka_unit_test(utf16_with_halves_of_pairs_is_text),
		cmocka_unit_test(a_variable_is_read_with_its_name_guid_and_value),
		cmocka_unit_test(secure_boot_is_what_its_variables_before_the_separator_agree_on),
		cmocka_unit_test(command_lines_are_found_by_label_and_by_digest),
		cmocka_unit_test(an_image_name_in_front_is_left_out_as_grub_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
