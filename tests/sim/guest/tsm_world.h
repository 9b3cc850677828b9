/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_TSM_WORLD_H
#define TESTS_SIM_TSM_WORLD_H

#include "support/test.h"

#include "sim/guest/tsm.h"

/* A configfs-tsm tree with a provider of the tests' own, for the two programs that test it. */
enum { ALL = (1u << SIM_TSM_N_ATTRS) - 1, WITHOUT_SVSM = 0xff & ~(1u << SIM_TSM_MANIFESTBLOB) };

/* A provider that answers when the test says so. What a report is made of can be read back from it. */
struct tsm_world {
	struct sim_tsm *tsm;
	struct sim_tsm_provider provider;
	bool answers_at_once;
	int result; /* of an answer at once */
	unsigned reports;
	struct sim_tsm_request last;
	char last_service_provider[8];
	size_t aux_size, manifest_size;
};

/* One read that counts its ends. */
struct tsm_reader {
	struct sim_tsm_read read;
	unsigned ends;
	int result;
	size_t size;
	uint8_t data[64 * 1024];
};

extern struct tsm_reader tsm_scratch; /* what the last of tsm_read_now() and tsm_cat() read */

uint8_t *tsm_filled(size_t n, uint8_t value);
void tsm_answer(struct tsm_world *w, int result);
int tsm_set_up(void **state);
int tsm_tear_down(void **state);
uint64_t tsm_make(struct tsm_world *w, const char *name);
struct sim_tsm_file *tsm_open(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr, int flags);
void tsm_start_read(struct tsm_reader *r, struct sim_tsm_file *file, uint64_t off, size_t n);
int tsm_read_now(struct sim_tsm_file *file, uint64_t off, size_t n);
int tsm_cat(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr);
void assert_tsm_text(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr, const char *text);
void assert_tsm_generation(struct tsm_world *w, uint64_t id, unsigned long long generation);
ssize_t tsm_echo(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr, const void *data, size_t n);
void tsm_put_inblob(struct tsm_world *w, uint64_t id, uint8_t value);

#endif
