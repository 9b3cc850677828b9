/* SPDX-License-Identifier: MIT */
#include "seeds/seeds.h"
#include "support/snp.h"
#include "support/tdx.h"
#include "wire/qgs.h"

/* As fuzz_host_certs.c has them. */
enum { CALL_SERVE, CALL_RAN, CALL_EXIT, CALL_HANDLE_RAN, CALL_REPLACED };
/* Calls of the environment that do what they should, as many as one serving makes. */
enum { QUIET = 16 };

static void call(uint8_t kind, uint8_t a, uint8_t b)
{
	seed_u8(kind);
	seed_u8(a);
	seed_u8(b);
	if (kind == CALL_SERVE || kind == CALL_EXIT)
		seed_zeros(QUIET);
}

static void certs(void)
{
	seed_begin("fuzz_host_certs", "served");
	seed_u8(FUZZ_OWN);
	call(CALL_SERVE, 0, 8);
	call(CALL_RAN, 1 | 2, 0);
	call(CALL_REPLACED, 0, 0);
	call(CALL_EXIT, 1, 4);
	call(CALL_HANDLE_RAN, 1 | 2, 1);
	call(CALL_HANDLE_RAN, 0, 0);
	seed_end();
	seed_begin("fuzz_host_certs", "too-few-pages");
	seed_u8(FUZZ_OWN);
	call(CALL_SERVE, 0, 0);
	call(CALL_RAN, 0, 0);
	call(CALL_EXIT, 0, 1);
	call(CALL_HANDLE_RAN, 0, 0);
	seed_end();
	seed_begin("fuzz_host_certs", "part");
	seed_u8(FUZZ_PART);
	seed_part(fuzz_snp(3)->tables[1].p, fuzz_snp(3)->tables[1].n);
	call(CALL_SERVE, 0, 8);
	seed_end();
	seed_begin("fuzz_host_certs", "no-table");
	seed_u8(FUZZ_PART);
	seed_part("not a table", 11);
	call(CALL_SERVE, 0, 8);
	call(CALL_RAN, 0, 0);
	seed_end();
	for (unsigned at = 0; at < 12; at++) /* each call of the environment fails once */
		for (unsigned v = 0xe0; v < 0x100; v += 9) {
			seed_begin("fuzz_host_certs", "fails-%u-%x", at, v);
			seed_u8(FUZZ_OWN);
			seed_u8(CALL_SERVE);
			seed_u8(0);
			seed_u8(8);
			seed_zeros(at);
			seed_u8((uint8_t)v);
			seed_zeros(QUIET);
			seed_end();
		}
}

/* One GetQuote, as call() of fuzz_host_getquote.c reads it; what follows are bytes for the environment. */
static void getquote(const char *name, unsigned k, const uint8_t *input, size_t n)
{
	seed_begin("fuzz_host_getquote", "%s-%u", name, k);
	seed_u8(0);
	seed_u8(4);
	seed_u8((uint8_t)(n < 255 ? n : 255));
	seed_u8((uint8_t)n);
	seed_u8(0);
	seed_bytes(input, n < 255 ? n : 255);
}

static void quotes(void)
{
	struct qgs_message m = qgs_message(QGS_PLATFORM_REQ);
	uint8_t framed[64];
	size_t n;

	must(qgs_write(&m, true, framed, sizeof(framed), &n, NULL) == 0);
	getquote("good", 0, fuzz_tdx(0)->tdreport, 200);
	seed_zeros(200);
	seed_end();
	getquote("framed", 0, framed, n);
	seed_zeros(200);
	seed_end();
	for (unsigned at = 0; at < 40; at++)
		for (unsigned v = 0xf0; v < 0x100; v += 5) {
			getquote("fails", at * 256 + v, at & 1 ? framed : fuzz_tdx(0)->tdreport,
				 at & 1 ? n : 200);
			seed_zeros(at);
			seed_u8((uint8_t)v);
			seed_zeros(100);
			seed_end();
		}
	for (unsigned how = 0xd0; how < 0x100; how++) {
		seed_begin("fuzz_host_getquote", "leaf-%x", how);
		seed_u8(0);
		seed_u8((uint8_t)how);
		seed_end();
	}
	getquote("refuses", 0, framed, n);
	seed_zeros(20);
	for (unsigned i = 0; i < 10; i++)
		seed_u8(0xf0);
	seed_zeros(100);
	seed_end();
}

/* As fuzz_store.c has them. */
enum {
	LEFT_NOTHING,
	LEFT_TABLE,
	LEFT_EMPTY,
	LEFT_NO_BYTES,
	LEFT_FIFO,
	LEFT_LINK,
	LEFT_BYTES,
	LEFT_LARGE,
	LEFT_N
};
enum { N_NAMES = 6 };

static void store_begin(const char *name, unsigned n, uint8_t dies_at, uint8_t says,
			const uint8_t left[N_NAMES])
{
	seed_begin("fuzz_store", "%s-%u", name, n);
	seed_u8(dies_at);
	seed_u8(says);
	for (int i = 0; i < N_NAMES; i++) {
		seed_u8(left[i]);
		seed_part("bytes", 5);
	}
}

static void store(void)
{
	for (uint8_t k = 0; k < 60; k++) {
		store_begin("dies", k, k, 0, (const uint8_t[N_NAMES]){ LEFT_TABLE });
		seed_end();
		store_begin("fails", k, 0, 0, (const uint8_t[N_NAMES]){ LEFT_TABLE });
		seed_zeros(k);
		seed_u8(0xe0);
		seed_end();
	}
	for (uint8_t what = 0; what < LEFT_N; what++)
		for (int at = 0; at < N_NAMES; at++) {
			uint8_t left[N_NAMES] = { LEFT_TABLE };

			left[at] = what;
			store_begin("left", what * (unsigned)N_NAMES + (unsigned)at, 0, 0, left);
			seed_end();
			left[at] |= 0x80; /* and a VMM that holds it */
			store_begin("held", what * (unsigned)N_NAMES + (unsigned)at, 0, 1, left);
			seed_end();
		}
	for (uint8_t says = 0; says < 9; says++) { /* thrice for each choice about readers that stay */
		store_begin("stays", says, 0, says, (const uint8_t[N_NAMES]){ LEFT_TABLE | 0x80 });
		seed_end();
		store_begin("stays-beside", says, 0, says,
			    (const uint8_t[N_NAMES]){ LEFT_EMPTY, 0, LEFT_TABLE | 0x80 });
		seed_end();
	}
	for (uint8_t keep = 2; keep < N_NAMES; keep++) /* each table in turn must not be lost, and it dies */
		for (uint8_t k = 0; k < 60; k++) {
			uint8_t left[N_NAMES] = { LEFT_EMPTY, 0,          LEFT_BYTES,
						  LEFT_BYTES, LEFT_BYTES, LEFT_BYTES };

			left[keep] = LEFT_TABLE;
			store_begin("kept", keep * 60u + k, k, (uint8_t)(9 * keep), left);
			seed_end();
		}
	for (uint8_t says = 0; says < 3; says++) {
		store_begin("says", says, 0, says, (const uint8_t[N_NAMES]){ LEFT_TABLE });
		seed_end();
	}
}

void seeds_host(void)
{
	certs();
	quotes();
	store();
}
