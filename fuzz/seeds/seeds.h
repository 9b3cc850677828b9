/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include "support/fuzz.h"

/*
 * Valid inputs for every target, made by the software platform: seeds DIRECTORY writes
 * DIRECTORY/TARGET/NAME. The same on every run and machine, but for signatures whose nonces are random.
 *
 * One seed is begun, put together and ended before the next. A target's own file says how its input is
 * built; seed_part() is what fuzz_part() reads.
 */
__attribute__((format(printf, 2, 3))) void seed_begin(const char *target, const char *name, ...);
void seed_u8(uint8_t v);
void seed_u16(uint16_t v);
void seed_u32(uint32_t v);
void seed_u64(uint64_t v);
void seed_bytes(const void *bytes, size_t n);
void seed_zeros(size_t n);
void seed_text(const char *text); /* without its NUL */
void seed_part(const void *bytes, size_t n);
void seed_end(void);

/* A seed that is only these bytes. */
#define seed_whole(target, bytes, n, ...) (seed_begin(target, __VA_ARGS__), seed_bytes(bytes, n), seed_end())

void seeds_wire(void);
void seeds_crypto(void);
void seeds_decode(void);
void seeds_snp(void);
void seeds_tdx(void);
void seeds_policy(void);
void seeds_host(void);
void seeds_guest(void);
void seeds_daemon(void);
void seeds_fetch(void);
void seeds_sim(void);
void seeds_forge(void);
void seeds_endorse(void);
void seeds_cli(void);
void seeds_event_log(void);
void seeds_keys(void);
void seeds_measure_snp(void);
void seeds_measure_tdx(void);

#endif
