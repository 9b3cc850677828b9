/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_QGS_ENV_H
#define MACHINE_QGS_ENV_H

#include "base/env.h"
#include "machine/trace.h"
#include "sim/tdx/qgs_service.h"
#include "wire/qgs.h"

/*
 * The environment of the TDX host library on the software machine: a quoting service at any address, which
 * responds after `latency_ns` of virtual time, and a clock that advances only when a caller waits. Opens no
 * real socket.
 */
enum {
	MACHINE_QGS_CHANNELS = 64,
	MACHINE_QGS_FIRST_FD = 1 << 21, /* descriptor of the first channel */
};

struct machine_qgs {
	struct base_env base;
	const struct sim_qe *qe;
	const struct sim_collateral_options *collateral;
	uint64_t *now_ns; /* the machine's clock */
	uint64_t latency_ns;
	bool down;            /* connections are refused */
	bool half_close;      /* closes in the middle of each response */
	uint64_t timer_at_ns; /* of the one timer that is open */
	struct trace *trace;  /* NULL: none; see machine_qgs_set_trace() */
	/* Makes a response, as sim_qgs_answer(); NULL: that does. */
	int (*respond)(void *ctx, const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size);
	void *ctx;
	struct machine_qgs_channel {
		bool open, closed_by_peer;
		uint64_t ready_at_ns;
		struct qgs_assembler assembler;
		uint8_t buffer[QGS_MAX_REQUEST_BYTES];
		uint8_t *reply;
		size_t reply_size, reply_off;
		uint32_t traced; /* the step from the request to its response */
	} * channels[MACHINE_QGS_CHANNELS];
};

void machine_qgs_init(struct machine_qgs *qgs, const struct sim_qe *qe, uint64_t *now_ns,
		      uint64_t latency_ns);
void machine_qgs_done(struct machine_qgs *qgs);
/* From now on; borrowed. NULL: nothing. */
void machine_qgs_set_trace(struct machine_qgs *qgs, struct trace *trace);
/* Time of the next event, a response or the timer. BASE_NEVER: none. */
uint64_t machine_qgs_next_ns(const struct machine_qgs *qgs);

#endif
