/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "seeds/seeds.h"
#include "support/tdx.h"
#include "wire/qgs.h"

/* As fuzz_qgs_server.c has them. */
enum { RAW_TOO = 4, GOOD_REPLY = 0x40 };
enum op { OP_BYTES, OP_EOF, OP_BROKEN, OP_ASKED, OP_REPLY, OP_NO_REPLY, OP_SENT, OP_TIME, OP_DRAIN, N_OPS };

/* A byte for this event, without and with the flag for a good reply. */
static uint8_t op(enum op event, bool good)
{
	unsigned v = event;

	while (((v & GOOD_REPLY) != 0) != good)
		v += N_OPS;
	return (uint8_t)v;
}

static void bytes(const uint8_t *p, size_t n)
{
	seed_u8(op(OP_BYTES, false));
	seed_part(p, n);
}

static void answered(bool good)
{
	seed_u8(op(OP_ASKED, false));
	seed_u8(good ? op(OP_REPLY, true) : op(OP_NO_REPLY, false));
	if (good)
		seed_u16(200);
	seed_u8(op(OP_SENT, false));
	seed_u16(3);
	seed_u8(op(OP_SENT, false));
	seed_u16(0xffff);
}

static size_t request(enum qgs_type type, uint8_t to[4096])
{
	struct qgs_message m = qgs_message(type);
	size_t n;

	for (unsigned i = 0; i < qgs_n_parts(type); i++)
		m.parts[i] = bytes_rd("123456", 6);
	if (type == QGS_QUOTE_REQ)
		m.parts[QGS_PART_REPORT] = bytes_rd(fuzz_tdx(0)->tdreport, TDX_REPORT_BYTES);
	must(qgs_write(&m, true, to, 4096, &n, NULL) == 0);
	return n;
}

static void server(void)
{
	uint8_t message[4096];

	for (unsigned type = 0; type < QGS_N_TYPES; type += 2) {
		size_t n = request((enum qgs_type)type, message);

		for (unsigned good = 0; good < 2; good++) {
			seed_begin("fuzz_qgs_server", "type-%u-%u", type, good);
			seed_u8(0);
			bytes(message, n);
			answered(good);
			bytes(message, n / 2);
			bytes(message + n / 2, n - n / 2);
			answered(good);
			seed_u8(op(OP_EOF, false));
			seed_end();
		}
		message[12] = 1; /* an error code in a request */
		seed_begin("fuzz_qgs_server", "bad-%u", type);
		seed_u8(1);
		bytes(message, n);
		seed_u8(op(OP_SENT, false));
		seed_u16(0xffff);
		seed_end();
	}
	seed_begin("fuzz_qgs_server", "raw");
	seed_u8(RAW_TOO);
	bytes(fuzz_tdx(0)->tdreport, TDX_REPORT_BYTES);
	answered(true);
	seed_end();
	for (unsigned event = 0; event < N_OPS; event++) {
		seed_begin("fuzz_qgs_server", "event-%u", event);
		seed_u8(2);
		bytes(message, request(QGS_QUOTE_REQ, message));
		seed_u8(op(OP_ASKED, false));
		seed_u8((uint8_t)event);
		seed_u16(100);
		seed_u8((uint8_t)event);
		seed_end();
	}
}

/* As fuzz_juratd.c has them. */
enum { JD_CONNECT, JD_REQUEST, JD_READ, JD_LEAVE, JD_ACCEPT, JD_REPLY, JD_HANG_UP, JD_OPERATOR, JD_SCRAPE };
enum {
	JD_RAW_TOO = 1,
	JD_ONE_REQUEST = 2,
	JD_DEAD_SERVICE = 4,
	JD_IMPATIENT = 8,
	JD_REQUESTS = 4,
	JD_REPLIES = 6
};

static void jd(uint8_t what, uint8_t who)
{
	seed_u8(what);
	seed_u8(who);
}

/* The probe is answered first, then a request. */
static void jd_begin(const char *name, unsigned n, uint8_t flags)
{
	seed_begin("fuzz_juratd", "%s-%u", name, n);
	seed_u8(flags);
	jd(JD_ACCEPT, 0);
	jd(JD_REPLY, 0);
	seed_u8(0);
	jd(JD_HANG_UP, 0);
	jd(JD_CONNECT, 0);
}

static void jd_reply(uint8_t kind)
{
	jd(JD_ACCEPT, 1);
	jd(JD_REPLY, 1);
	seed_u8(kind);
	if (kind == 4)
		seed_part("no message", 10);
	jd(JD_READ, 0);
	jd(JD_HANG_UP, 1);
	jd(JD_READ, 0);
	jd(JD_ACCEPT, 2); /* somebody else is asked */
	jd(JD_REPLY, 2);
	seed_u8(kind);
	if (kind == 4)
		seed_part("", 0);
	jd(JD_READ, 0);
}

static void jd_scrape(uint8_t kind, const char *text)
{
	jd(JD_SCRAPE, 0);
	seed_u8(kind);
	if (text)
		seed_part(text, strlen(text));
}

/*
 * Of the metrics: whole, in pieces, of other names, by other methods; and clients that no time is left
 * for.
 */
static void scrapes(void)
{
	static const char *const texts[] = {
		"GET /metrics HTTP/1.0\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /metrics HT",
		"\r\n\r\n",
		"GET /%6detrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		jd_begin("scrape", i, i & 1 ? JD_DEAD_SERVICE : 0);
		jd_scrape(1, texts[i]);
		jd_scrape(2, NULL);
		jd_scrape(0, NULL);
		jd_scrape(2, NULL);
		jd_scrape(3, NULL);
		seed_end();
	}
	for (uint8_t request = 0; request < 5; request++) {
		seed_begin("fuzz_juratd", "impatient-%u", request);
		seed_u8(JD_IMPATIENT);
		jd(JD_CONNECT, 0x80);
		jd(JD_REQUEST, 0);
		seed_u8(request);
		if (request == 4)
			seed_part("\0\0", 2);
		jd(JD_ACCEPT, 0);
		jd(JD_READ, 0);
		jd_scrape(0, NULL);
		jd_scrape(2, NULL);
		seed_end();
	}
}

static void juratd(void)
{
	scrapes();
	for (unsigned request = 0; request < JD_REQUESTS; request++)
		for (unsigned reply = 0; reply < JD_REPLIES; reply++)
			for (uint8_t flags = 0; flags < 8; flags += 3) {
				jd_begin("asks", (request * JD_REPLIES + reply) * 8 + flags, flags);
				jd(JD_REQUEST, 0);
				seed_u8((uint8_t)request);
				jd_reply((uint8_t)reply);
				jd(JD_LEAVE, 0);
				seed_u8((uint8_t)reply & 1);
				seed_end();
			}
	for (unsigned n = 0; n < 8; n++) {
		jd_begin("many", n, (uint8_t)n);
		for (uint8_t client = 0; client < 4; client++) {
			jd(JD_CONNECT, client);
			jd(JD_REQUEST, client);
			seed_u8(client % 3);
			jd(JD_REQUEST, client);
			seed_u8(1);
		}
		jd(JD_OPERATOR, 0);
		seed_u8((uint8_t)n);
		for (uint8_t i = 0; i < 6; i++) {
			jd(JD_ACCEPT, i);
			jd(JD_REPLY, i);
			seed_u8(n & 1);
			jd(JD_READ, i);
			jd(JD_HANG_UP, i);
		}
		seed_end();
		jd_begin("parts", n, (uint8_t)n);
		jd(JD_REQUEST, 0);
		seed_u8(4);
		seed_part("\0\0\0\x10\1\0\1\0\4\0\0\0\x10\0\0\0\0\0\0\0", 20 - n);
		jd(JD_LEAVE, 0);
		seed_u8(1);
		jd(JD_ACCEPT, 1);
		jd(JD_REPLY, 1);
		seed_u8(0);
		jd(JD_READ, 0);
		seed_end();
	}
}

void seeds_daemon(void)
{
	juratd();
	server();
}
