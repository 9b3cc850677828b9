/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"

/*
 * Shared by the fuzz targets. A target is one fuzz_NAME.c with LLVMFuzzerTestOneInput(). Linked with
 * libFuzzer it is a fuzzer; linked with support/main.c it is a test that runs the seeds, with any compiler. A
 * target touches no file, socket, clock or random number: the same input does the same thing every time.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion for any input, in every build. */
#define must(holds) ((holds) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #holds))
__attribute__((noreturn)) void fuzz_broken(const char *file, int line, const char *what);

/*
 * Marks a place that some input has to reach for the target to be useful: after the size check, or at an
 * accepted report. The counts are printed when the program ends; scripts/fuzz and the tests fail on a mark
 * that was never reached.
 */
struct fuzz_mark {
	const char *what;
	uint64_t n;
};
#define FUZZ_REACHED(text)                                                                                   \
	do {                                                                                                 \
		static struct fuzz_mark mark = { .what = text };                                             \
		static struct fuzz_mark *const row __attribute__((section("fuzz_marks"), used)) = &mark;     \
                                                                                                             \
		row->n++;                                                                                    \
	} while (0)
/* The i-th mark of this program; NULL: there are no more. */
const struct fuzz_mark *fuzz_mark(size_t i);

/* An input is read from front to end, and goes on with zeros. */
uint8_t fuzz_u8(struct bytes_rd *in);
uint16_t fuzz_u16(struct bytes_rd *in);
uint32_t fuzz_u32(struct bytes_rd *in);
uint64_t fuzz_u64(struct bytes_rd *in);

/* A part of an input in a heap block of exactly its size, so that ASan detects reads beyond it. */
struct fuzz_bytes {
	uint8_t *p;
	size_t n;
};
/* Two bytes of length, then that many bytes, or fewer at the end of the input. */
struct fuzz_bytes fuzz_part(struct bytes_rd *in);
struct fuzz_bytes fuzz_copy(const void *bytes, size_t n);
void fuzz_bytes_done(struct fuzz_bytes *bytes);
#define auto_bytes auto_call(fuzz_bytes_done) struct fuzz_bytes

/*
 * Overwrites parts of data made by the software platform: a count of up to 7, and for each an offset (2
 * bytes, modulo n), a length (1 byte) and the bytes. Zeros change nothing.
 */
void fuzz_edit(struct bytes_rd *in, uint8_t *bytes, size_t n);
/*
 * One of several inputs of a target. A byte selects it: FUZZ_OWN, made by the software platform; FUZZ_EDITED,
 * the same, changed by fuzz_edit(); FUZZ_PART, a part of the fuzzer's input. So a small input can be one step
 * away from being accepted, whatever the size of the verified data.
 */
enum { FUZZ_OWN, FUZZ_EDITED, FUZZ_PART, FUZZ_N_MODES };
struct fuzz_bytes fuzz_item(struct bytes_rd *in, const void *own, size_t n);

#endif
