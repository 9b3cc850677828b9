/* SPDX-License-Identifier: MIT */
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

void seeds_daemon(void)
{
	server();
}
