/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/fuzz.h"
#include "wire/qgs.h"

enum { ROOM = QGS_MAX_REQUEST_BYTES, MAX_MESSAGES = 256 };

/* A message that reads writes as the same bytes. */
static void check_message(const uint8_t *bytes, size_t n)
{
	struct qgs_message m;
	struct jurat_error err;
	enum qgs_type type;
	size_t written;
	uint8_t *again;

	if (qgs_read_type(bytes, n, &type, &err) != 0 || qgs_read(type, bytes, n, &m, &err) != 0)
		return;
	switch (type) {
	case QGS_QUOTE_REQ:
		FUZZ_REACHED("a request for a quote");
		break;
	case QGS_QUOTE_RESP:
		FUZZ_REACHED("a response with a quote, or why there is none");
		break;
	case QGS_COLLATERAL_RESP:
		FUZZ_REACHED("a response with collateral");
		break;
	case QGS_PLATFORM_RESP:
		FUZZ_REACHED("a response with what the platform is");
		break;
	default:
		FUZZ_REACHED("another request");
	}
	again = malloc(n);
	must(again != NULL);
	must(qgs_size(&m) == n && qgs_write(&m, false, again, n - 1, &written, &err) == JURAT_TOO_SMALL);
	must(qgs_write(&m, false, again, n, &written, &err) == 0 && written == n &&
	     memcmp(again, bytes, n) == 0);
	free(again);
}

/* What an assembler made of a stream: the outcomes, and the bytes up to which each took it. */
struct outcome {
	unsigned n;
	int r[MAX_MESSAGES];
	size_t end[MAX_MESSAGES], want[MAX_MESSAGES];
};

static void run(const uint8_t *data, size_t size, size_t piece, struct outcome *o)
{
	struct qgs_assembler a;
	uint8_t *buf = malloc(ROOM);
	size_t off = 0;

	must(buf != NULL);
	qgs_assembler_init(&a, buf, ROOM, false);
	memset(o, 0, sizeof(*o));
	while (off < size && o->n < MAX_MESSAGES) {
		size_t n = piece < size - off ? piece : size - off, taken = 0;
		int r = qgs_assembler_feed(&a, data + off, n, &taken, NULL);

		must(taken <= n && (r != 0 || taken == n));
		off += taken;
		if (r == 0)
			continue;
		if (r == QGS_MESSAGE) {
			FUZZ_REACHED("a message out of a stream");
			check_message(buf, a.want);
		}
		o->r[o->n] = r;
		o->end[o->n] = r > 0 ? off : 0;
		o->want[o->n++] = r > 0 ? a.want : 0;
		if (r < 0)
			break;
	}
	free(buf);
}

/*
 * Byte 0 says how to cut the stream: whatever it says, the same messages come out. The rest is the stream.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, cut;
	struct qgs_assembler a;
	uint8_t buf[ROOM];
	size_t taken;

	if (size < 1)
		return 0;
	check_message(data + 1, size - 1);
	run(data + 1, size - 1, size, &whole);
	run(data + 1, size - 1, (size_t)data[0] + 1, &cut);
	must(memcmp(&whole, &cut, sizeof(whole)) == 0);
	qgs_assembler_init(&a, buf, sizeof(buf), true);
	if (qgs_assembler_feed(&a, data + 1, size - 1, &taken, NULL) == QGS_RAW_TDREPORT) {
		FUZZ_REACHED("a bare TDREPORT");
		must(taken == 1024);
	}
	return 0;
}
