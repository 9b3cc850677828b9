/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOST_QGS_WORLD_H
#define TESTS_HOST_QGS_WORLD_H

#include "support/test.h"

#include "base/env.h"
#include "wire/qgs.h"
#include "wire/tdx_report.h"

/*
 * A world with a clock of its own, a quoting service behind sockets, a poll descriptor and a timer. Time
 * passes only where somebody waits. What was opened is counted, so that a test sees what was left behind.
 */
enum { W_MAX_PEERS = 64, W_MAX_ERRORS = 16, W_REQUEST_ROOM = 160 * 1024, W_MS = 1000000 };

struct peer {
	bool open, set, told; /* the answer has been made */
	unsigned events;      /* what it is set for */
	uint64_t connected_at, answers_at;
	int connect_result;
	uint8_t *request, *answer;
	size_t request_size, answer_size, answer_off;
	bool hangs_up;
};

struct qgs_world {
	struct base_env base;
	uint64_t now;

	/* The service. */
	int connect_errors[W_MAX_ERRORS];   /* of the first connects, at once; 0 ends the list */
	int connected_errors[W_MAX_ERRORS]; /* of the first connects, later */
	uint64_t connect_ns, answer_ns;     /* BASE_NEVER: it does not */
	size_t send_room, recv_part;        /* bytes at most in one call; 0: any number */
	unsigned hang_ups;                  /* connections that it closes when it has the request */
	size_t quote_size;
	uint32_t error_code;
	const uint8_t *answer; /* instead of an answer of its own: exactly these bytes, then the end */
	size_t answer_size;
	bool has_answer;
	unsigned signals; /* waits that end with -EINTR */
	/* What other threads do while one waits: called in the next wait, once. */
	void (*meanwhile)(void *context);
	void *context;

	/* What was seen. */
	unsigned connects, waits, max_open, timer_sets;
	unsigned closed_while_set; /* in the poll descriptor: a child that has it open, too, keeps it there */
	uint8_t *last_request;     /* whole frame */
	size_t last_request_size;

	struct peer peers[W_MAX_PEERS];
	bool poll_open, timer_open, timer_set;
	uint64_t timer_at;
};

#define W_ADDRESS "unix:/run/world/qgs.socket"

struct qgs_world *qgs_world_new(void);
/* Fails the test when a descriptor was left behind. */
void qgs_world_free(struct qgs_world *w);
unsigned qgs_world_open_fds(const struct qgs_world *w);
/* Whether the poll descriptor can be read from now; if not, when, at the latest: BASE_NEVER never. */
bool qgs_world_readable(const struct qgs_world *w);
uint64_t qgs_world_next(const struct qgs_world *w);
/* Byte i of every quote that the service makes. */
uint8_t qgs_world_quote_byte(size_t i);
/* A TDREPORT that is one, with zero MAC. */
void qgs_world_tdreport(uint8_t to[TDX_REPORT_BYTES], const uint8_t report_data[64]);

#endif
