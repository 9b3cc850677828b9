/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_SEV_GUEST_WORLD_H
#define TESTS_SIM_SEV_GUEST_WORLD_H

#include "support/test.h"

#include "sim/guest/sev_guest.h"
#include "wire/ghcb.h"

/*
 * What is around the driver in its tests: a few guest pages, a program's memory, a hypervisor that answers
 * VMGEXITs from a script, and a small firmware that opens and seals messages by itself. No code of sim/ but
 * the driver's.
 */
enum {
	W_6_12 = 1 << 30, /* beside quirks: the driver of Linux 6.12, not the newest */
	W_GHCB = 0x1000,
	W_REQUEST = 0x2000,
	W_RESPONSE = 0x3000,
	W_SECRETS = 0x4000,
	W_CERTS = 0x5000, /* 4 pages */
	W_RAM_PAGES = 9,

	U_BASE = 0x10000, /* the program's pages, each may be gone or read-only */
	U_INPUT = U_BASE,
	U_REQUEST = U_BASE + 0x1000,
	U_RESPONSE = U_BASE + 0x2000,
	U_CERTS = U_BASE + 0x4000,
	U_PAGES = 8,
	U_FILL = 0xa5, /* what user memory holds before */
};

/* One answer to a VMGEXIT. With `firmware` the message is passed on, and its status is added to info_2. */
struct answer {
	uint64_t info_1, info_2, rbx;
	bool firmware;
};
#define A_FIRMWARE                                                                                           \
	{                                                                                                    \
		.firmware = true                                                                             \
	}
#define A_BUSY                                                                                               \
	{                                                                                                    \
		.info_2 = SNP_EXITINFO2(SNP_VMM_BUSY, 0)                                                     \
	}
#define A_NEED(n)                                                                                            \
	{                                                                                                    \
		.info_2 = SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0), .rbx = (n)                                  \
	}
#define A_STATUS(s)                                                                                          \
	{                                                                                                    \
		.info_2 = (s)                                                                                \
	}
#define A_GHCB(one, two)                                                                                     \
	{                                                                                                    \
		.info_1 = (one), .info_2 = (two)                                                             \
	}
#define MAX_ANSWERS 4

struct world {
	uint8_t ram[W_RAM_PAGES][SNP_PAGE_BYTES];
	uint8_t user[U_PAGES][SNP_PAGE_BYTES];
	bool unreadable[U_PAGES], unwritable[U_PAGES];
	struct sim_guest_memory memory;
	struct sim_user_memory user_memory;
	struct sim_sev_guest *guest;

	struct answer script[MAX_ANSWERS];
	unsigned n_answers; /* the last one is repeated */
	uint64_t now_ns, slept_ns;

	/* Firmware: keys and counters are its own copies. */
	uint8_t keys[SNP_N_VMPCKS][SNP_VMPCK_BYTES];
	uint64_t counts[SNP_N_VMPCKS];
	uint32_t message_status;
	size_t payload_size;                 /* of a report response; 0: header and report */
	void (*forge)(struct snp_msg_hdr *); /* changes the response's header before it is sealed */
	size_t flip_at;                      /* byte of the response page the host flips; none when >= 4096 */
	uint8_t flip_with;
	const char *certs_text; /* what the host puts into the certificate pages */

	/* What was seen. */
	unsigned exits, request_writes, response_reads;
	uint64_t codes[MAX_ANSWERS], exit_rbx, exit_rax;
	uint8_t bitmap[GHCB_VALID_BITMAP_BYTES];
	uint8_t page[SNP_PAGE_BYTES]; /* the request page of the first exit */
	bool same_page;               /* and of all others */
	bool response_was_zero, certs_were_zero;
	unsigned shared_certs,
		certs_shares; /* by the driver: pages now, how often; exit_shared at the first exit */
	unsigned exit_shared;
	unsigned accesses, fail_at; /* of guest memory; 0: none fails */
};

/*
 * Key i of the secrets page is 32 bytes counting up from 0x40 * i: key 0 is the one of the specification's
 * vector.
 */
struct world *world_new(unsigned vmpck, unsigned quirks);
void world_free(struct world *w);
void world_script(struct world *w, const struct answer *answers, unsigned n);
/* Fills input and request structures of user memory; certs_len bytes at U_CERTS (0: none wanted). */
void world_user(struct world *w, uint32_t certs_len);
/* Answers the VMGEXIT that the driver asked for. */
void world_vmgexit(struct world *w);
/* Runs a started request to its end; virtual time passes. Gives what ioctl(2) gives. */
int world_drive(struct world *w);
int world_ioctl(struct world *w, unsigned long number);
uint32_t world_counter(const struct world *w, unsigned vmpck);
uint64_t world_exitinfo2(const struct world *w);
uint32_t world_certs_len(const struct world *w);

#endif
