/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/event_log_write.h"

/*
 * log-replay: reads an event log that fills an area of 64 KiB, with data of the sizes that firmware and GRUB
 * log, and replays it. Beside it the SHA-384 that this needs: one of the data of each event, and one for each
 * time that a register is extended.
 */
struct replaying {
	uint8_t area[MEASURE_LOG_AREA_BYTES];
	const uint8_t *data;
	size_t n_events;
	uint8_t last[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES];
	bool failed;
};

enum { MAX_DATA = 160 };

/* The size of the data of event i: actions, variables, commands. */
static size_t size_of(size_t i)
{
	static const uint8_t sizes[] = { 40, 53, 4, MAX_DATA, 29, 76, 110, 62 };

	return sizes[i % sizeof(sizes)];
}

static bool fill(struct replaying *p)
{
	static uint8_t data[MAX_DATA];
	struct measure_log_writer writer;
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct measure_event e = { .type = MEASURE_EV_EFI_ACTION, .digest = digest, .data = data };

	memset(data, 'x', sizeof(data));
	p->data = data;
	if (measure_log_begin(&writer, p->area, sizeof(p->area)) < 0)
		return false;
	for (;; p->n_events++) {
		e.index = 1 + (unsigned)(p->n_events % 3);
		e.n = size_of(p->n_events);
		crypto_sha384(data, e.n, digest);
		if (measure_log_add(&writer, &e) < 0)
			return p->n_events > 0;
	}
}

static void ours(void *ctx)
{
	struct replaying *p = ctx;
	struct measure_log *log = NULL;

	p->failed |= measure_log_read(p->area, sizeof(p->area), &log, NULL) != 0;
	if (!log)
		return;
	measure_log_replay(log, measure_log_count(log), p->last);
	p->failed |= measure_log_count(log) != p->n_events;
	measure_log_free(log);
}

static void bare(void *ctx)
{
	struct replaying *p = ctx;
	uint8_t both[2 * MEASURE_DIGEST_BYTES] = { 0 };

	for (size_t i = 0; i < p->n_events; i++) {
		crypto_sha384(p->data, size_of(i), both + MEASURE_DIGEST_BYTES);
		crypto_sha384(both, sizeof(both), both);
	}
	memcpy(p->last[3], both, MEASURE_DIGEST_BYTES);
}

int bench_log(struct bench *b)
{
	auto_free struct replaying *p = NULL;

	if (!bench_wanted(b, "log-replay"))
		return BENCH_OK;
	p = calloc(1, sizeof(*p));
	if (!p || !fill(p))
		return bench_error(BENCH_INTERNAL, "no event log");
	bench_measure(b, "log-replay",
		      &(struct bench_pair){
			      .ours = ours,
			      .bare = bare,
			      .ctx = p,
			      .failed = &p->failed,
			      .beside = "SHA-384 of the data of each event, and of each extended register" });
	return BENCH_OK;
}
