/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cases/table_tdx.h"
#include "crypto/hash.h"

/* Event logs: what the RTMRs of a quote are made of, and what a policy asks of it. */
enum {
	N_RTMRS = 4,
	MAX_EVENTS = 12,
	MAX_LOG = 1024,
	ALG_SHA384 = 0xc,
	EV_SEPARATOR = 4,
	EV_IPL = 13,
	EV_VARIABLE_DRIVER_CONFIG = 0x80000001u,
	EV_BOOT_SERVICES_APPLICATION = 0x80000003u,
};

/* clang-format off */
#define CCEL "TCG PC Client Platform Firmware Profile, event log"
#define GHCI "Intel TDX virtual firmware design guide, RTMRs"
#define EVENTS "jurat-policy(5), MEMBERS: TDX, event_digests"
#define TEXT(text) (text), sizeof(text) - 1
#define SECURE_BOOT \
	"\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c\x0a\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0" \
	"S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0"
#define CMDLINE "console=ttyS0"

/* Events as the log counts registers: 1 is RTMR0. Letters name them in the rows. */
static const struct event {
	char letter;
	unsigned index;
	uint32_t type;
	const char *data;
	size_t n;
	const char *measured; /* NULL: the data */
	size_t n_measured;
} known[] = {
	{ 'v', 1, EV_VARIABLE_DRIVER_CONFIG, TEXT(SECURE_BOOT "\1"), NULL, 0 },
	{ 'w', 1, EV_VARIABLE_DRIVER_CONFIG, TEXT(SECURE_BOOT "\0"), NULL, 0 },
	{ 's', 1, EV_SEPARATOR, TEXT("\0\0\0\0"), NULL, 0 },
	{ 'S', 2, EV_SEPARATOR, TEXT("\0\0\0\0"), NULL, 0 },
	{ 'a', 2, EV_BOOT_SERVICES_APPLICATION, TEXT("path"), TEXT("image") },
	{ 'b', 2, EV_BOOT_SERVICES_APPLICATION, TEXT("path"), TEXT("another image") },
	{ 'c', 3, EV_IPL, TEXT("kernel_cmdline: " CMDLINE "\0"), TEXT(CMDLINE) },
	{ 'd', 3, EV_IPL, TEXT("kernel_cmdline: init=/bin/sh\0"), TEXT("init=/bin/sh") },
	{ 'e', 3, EV_IPL, TEXT("kernel_cmdline: " CMDLINE "\0"), TEXT("something else") },
	{ 'i', 3, EV_IPL, TEXT("/boot/initrd\0"), TEXT("initrd") },
	{ 'u', 4, EV_IPL, TEXT("application"), NULL, 0 },
};

/* SHA-384 of "image" and of "initrd". */
#define IMAGE \
	"7158862be7ff7d2ae0a585b872f415cf09b7fe8c6ce170ef" \
	"944061e7788d73c1f5835652d8afe9939b01905d5aa7c48c"
#define INITRD \
	"0ea077a251cb5b89108623041521d525aa49452a84239b04" \
	"232bd69ad66b2885b792748e445082253569dd304c50a110"

#define LOGGED(letters_) .letters = letters_
#define IN_QUOTE(letters_) .in_quote = letters_
static const struct logged {
	struct cases_row row;
	const char *letters, *in_quote; /* of the log; of the RTMRs (NULL: the same) */
	const char *replaces;           /* NULL: the log; else bytes in its place */
} rows[] = {
	{ ACCEPT("event-log", "The event log explains RTMR0 to RTMR2.", GHCI), LOGGED("vsSaci") },
	{ ACCEPT("event-log-required", "The policy requires an event log, and it explains the RTMRs.", GHCI,
	  POLICY("\"require_event_log\": true")), LOGGED("vsSaci") },
	{ ACCEPT("event-log-rtmr3-open", "The log has no events of RTMR3, which is not zero.", GHCI,
	  ITEMS("body.rtmr3=x11")), LOGGED("vsSaci") },
	{ ACCEPT("event-log-rtmr3", "The log explains RTMR3, too.", GHCI), LOGGED("vsSaciu") },
	{ ACCEPT("event-log-empty", "The log has no events, and the RTMRs are zero.", GHCI), LOGGED("") },
	{ REFUSE("event-log-rtmr0-other", IDENTITY, "RTMR0 is not the value that the log replays to.", GHCI,
	  BECAUSE("event-log-mismatch")), LOGGED("vsSaci"), IN_QUOTE("wsSaci") },
	{ REFUSE("event-log-event-missing", IDENTITY, "The log lacks an event that RTMR1 has.", GHCI,
	  BECAUSE("event-log-mismatch")), LOGGED("vsSci"), IN_QUOTE("vsSaci") },
	{ REFUSE("event-log-event-extra", IDENTITY, "The log has an event that RTMR2 does not have.", GHCI,
	  BECAUSE("event-log-mismatch")), LOGGED("vsSaci"), IN_QUOTE("vsSac") },
	{ REFUSE("event-log-swapped", IDENTITY, "Two events of RTMR2 are in the wrong order in the log.",
	  GHCI, BECAUSE("event-log-mismatch")), LOGGED("vsSaic"), IN_QUOTE("vsSaci") },
	{ REFUSE("event-log-rtmr2-open", IDENTITY, "The log has no events of RTMR2, which is not zero.",
	  GHCI, BECAUSE("event-log-mismatch")), LOGGED("vsSa"), IN_QUOTE("vsSaci") },
	{ REFUSE("event-log-rtmr3-other", IDENTITY, "RTMR3 is not the value that the log replays to.", GHCI,
	  BECAUSE("event-log-mismatch")), LOGGED("vsSaciu"), IN_QUOTE("vsSaciuu") },
	{ ACCEPT("event-log-rtmr3-other-allowed",
	  "RTMR3 is not the value that the log replays to, which the policy allows.", GHCI,
	  POLICY("\"allow_unexplained_rtmr3\": true")), LOGGED("vsSaciu"), IN_QUOTE("vsSaciuu") },
	{ REFUSE("event-log-of-ones", FORMAT, "The event log is 64 bytes of ones.", CCEL,
	  BECAUSE("event-log-malformed")), LOGGED("vsSaci"), .replaces = "xff*64" },
	{ REFUSE("event-log-one-byte", FORMAT, "The event log is one byte.", CCEL,
	  BECAUSE("event-log-malformed")), LOGGED("vsSaci"), .replaces = "01" },
	{ ACCEPT("secure-boot-on",
	  "The policy requires Secure Boot, and the firmware measured that it is on.", EVENTS,
	  POLICY("\"require_secure_boot\": true")), LOGGED("vsSaci") },
	{ REFUSE("secure-boot-off", STATE,
	  "The policy requires Secure Boot, and the firmware measured that it is off.", EVENTS,
	  POLICY("\"require_secure_boot\": true"), BECAUSE("secure-boot-disabled")), LOGGED("wsSaci") },
	{ REFUSE("secure-boot-not-measured", STATE,
	  "The policy requires Secure Boot, and nothing was measured of it.", EVENTS,
	  POLICY("\"require_secure_boot\": true"), BECAUSE("event-missing")), LOGGED("sSaci") },
	{ REFUSE("secure-boot-behind-separator", STATE,
	  "The value of Secure Boot was measured behind the separator, where others than firmware can.",
	  EVENTS, POLICY("\"require_secure_boot\": true"), BECAUSE("event-missing")), LOGGED("svSaci") },
#define FIXED(images, lines) "\"kernel_cmdline\": \"" lines "\", \"event_digests\": { " \
	"\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" images "\", \"EV_IPL\": [\"" INITRD "\"] }"
	{ ACCEPT("event-digests", "The policy names the image, the initrd and the command line.", EVENTS,
	  POLICY(FIXED(IMAGE, CMDLINE))), LOGGED("vsSaci") },
	{ REFUSE("event-digests-other", IDENTITY, "The image is not the one that the policy names.", EVENTS,
	  POLICY(FIXED(IMAGE, CMDLINE)), BECAUSE("event-not-allowed")), LOGGED("vsSbci") },
	{ REFUSE("event-digests-missing", IDENTITY,
	  "The log has no event of the image that the policy names.", EVENTS, POLICY(FIXED(IMAGE, CMDLINE)),
	  BECAUSE("event-missing")), LOGGED("vsSci") },
	{ REFUSE("event-digests-not-fixed", IDENTITY,
	  "The policy names the command line, and leaves the image open.", EVENTS,
	  POLICY("\"kernel_cmdline\": \"" CMDLINE "\""), BECAUSE("event-not-fixed")), LOGGED("vsSac") },
	{ REFUSE("kernel-cmdline-other", IDENTITY,
	  "The kernel command line is not the one that the policy names.", EVENTS,
	  POLICY("\"kernel_cmdline\": \"" CMDLINE "\""), BECAUSE("kernel-cmdline-not-allowed")),
	  LOGGED("vsSd") },
	{ REFUSE("kernel-cmdline-made-up", IDENTITY,
	  "The log says the command line that the policy names; its digest is of something else.", EVENTS,
	  POLICY("\"kernel_cmdline\": \"" CMDLINE "\""), BECAUSE("kernel-cmdline-not-allowed")),
	  LOGGED("vsSe") },
	{ REFUSE("kernel-cmdline-missing", IDENTITY,
	  "No kernel command line was measured, and the policy names one.", EVENTS,
	  POLICY("\"kernel_cmdline\": \"" CMDLINE "\""), BECAUSE("event-missing")), LOGGED("vsS") },
	{ ACCEPT("kernel-cmdline",
	  "The kernel command line is what the policy names, and nothing else was measured.", EVENTS,
	  POLICY("\"kernel_cmdline\": \"" CMDLINE "\"")), LOGGED("vsSc") },
};
/* clang-format on */

static const struct event *find(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].letter == letter)
			return &known[i];
	return NULL;
}

static void digest_of(const struct event *e, uint8_t to[CRYPTO_SHA384_BYTES])
{
	crypto_sha384(e->measured ? e->measured : e->data, e->measured ? e->n_measured : e->n, to);
}

/* The Spec ID event, which declares SHA-384 alone, then the events. */
static void write_log(const char *letters, struct bytes_wr *w)
{
	static const char signature[16] = "Spec ID Event03";
	uint8_t digest[CRYPTO_SHA384_BYTES];

	bytes_wr_le32(w, 1);
	bytes_wr_le32(w, 3); /* EV_NO_ACTION */
	bytes_wr_zero(w, 20);
	bytes_wr_le32(w, 33);
	bytes_wr_copy(w, signature, sizeof(signature));
	bytes_wr_le32(w, 0);
	bytes_wr_le32(w, 0x02000200);
	bytes_wr_le32(w, 1);
	bytes_wr_le16(w, ALG_SHA384);
	bytes_wr_le16(w, CRYPTO_SHA384_BYTES);
	bytes_wr_u8(w, 0);
	for (; *letters; letters++) {
		const struct event *e = find(*letters);

		digest_of(e, digest);
		bytes_wr_le32(w, e->index);
		bytes_wr_le32(w, e->type);
		bytes_wr_le32(w, 1);
		bytes_wr_le16(w, ALG_SHA384);
		bytes_wr_copy(w, digest, sizeof(digest));
		bytes_wr_le32(w, (uint32_t)e->n);
		bytes_wr_copy(w, e->data, e->n);
	}
}

/* RTMR = SHA-384(RTMR || digest). */
static void replay(const char *letters, unsigned rtmr, uint8_t ret[CRYPTO_SHA384_BYTES])
{
	uint8_t both[2 * CRYPTO_SHA384_BYTES] = { 0 };

	for (; *letters; letters++) {
		const struct event *e = find(*letters);

		if (e->index != rtmr + 1)
			continue;
		digest_of(e, both + CRYPTO_SHA384_BYTES);
		crypto_sha384(both, sizeof(both), ret);
		memcpy(both, ret, CRYPTO_SHA384_BYTES);
	}
	memcpy(ret, both, CRYPTO_SHA384_BYTES);
}

static int add_logged(struct cases_builder *b, const struct logged *from)
{
	const char *in_quote = from->in_quote ? from->in_quote : from->letters;
	uint8_t log[MAX_LOG], rtmr[CRYPTO_SHA384_BYTES];
	char hex[BYTES_HEX_SIZE(MAX_LOG)];
	struct bytes_wr w = bytes_wr(log, sizeof(log));
	struct cases_row row = from->row;
	bool has_rtmr3 = row.items[0] && strncmp(row.items[0], "body.rtmr3", 10) == 0;
	size_t n = 0;

	while (row.items[n])
		n++;
	write_log(from->letters, &w);
	row.items[n++] = cases_text(b, "td.event_log=%s",
				    from->replaces ? from->replaces : bytes_to_hex(log, w.off, hex));
	for (unsigned i = 0; i < (has_rtmr3 ? N_RTMRS - 1 : N_RTMRS); i++) {
		replay(in_quote, i, rtmr);
		row.items[n++] = cases_text(b, "body.rtmr%u=%s", i, bytes_to_hex(rtmr, sizeof(rtmr), hex));
	}
	return cases_add(b, &row, 1);
}

int cases_add_tdx_events(struct cases_builder *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = add_logged(b, &rows[i]);
	return r;
}
