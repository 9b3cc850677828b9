/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UPDATE_UPDATE_WORLD_H
#define TESTS_UPDATE_UPDATE_WORLD_H

#include "sim/psp/psp.h"
#include "update/update.h"

/*
 * An SNP host: a software AMD-SP behind /dev/sev, a certificate blob in a directory of its own, and a source
 * of endorsements. The environment is the operating system's, but for /dev/sev.
 */
enum {
	WORLD_WAIT_NS = 2000000,
	WORLD_MAX_VALUES = 24,
	WORLD_STAYS = 1000000, /* an answer that stays */
};

/* An answer of the driver in place of what the command gives, for its next `times` calls. */
struct world_answer {
	int r;          /* -errno; 0: none, but `executes` */
	uint32_t error; /* firmware status */
	bool executes;  /* the firmware executes the command nevertheless */
	unsigned times;
};

struct world_value {
	struct endorse_item item;
	struct endorse_value value;
};

struct update_world {
	struct base_env env;
	struct base_env_ops ops;
	struct sim_psp *psp;
	struct sim_pki *pki;
	enum snp_product product;
	char dir[40], path[64];
	int open_devices;
	struct world_answer answers[SEV_CMD_MAX]; /* by command */
	struct snp_platform_status shown;         /* SNP_PLATFORM_STATUS shows this; if `shows` */
	unsigned shows;                           /* so many times */
	unsigned shows_after;                     /* after so many true ones */
	int fails_after_shown;                    /* the source fails like this once the last was shown */
	unsigned hide_after_command; /* SNP_PLATFORM_STATUS fails so many times after a command */
	void (*after_get)(struct update_world *w); /* once, after the source was asked */
	unsigned commands;                         /* that change something */
	/* the source */
	struct world_value values[WORLD_MAX_VALUES];
	size_t n_values;
	unsigned asked;
	int source_fails; /* -errno, or JURAT_NOT_FOUND */
	void (*alter)(struct update_world *w, const struct endorse_item *item, struct endorse_value *value);
	struct update_options options;
	struct update_result result;
	struct jurat_error err;
	char log[64][320];
	uint64_t log_ns[64];
	unsigned n_log;
};

/* "seed" or "seed/chip"; firmware that is newer than the committed one if `newer` */
struct update_world *world_new(enum snp_product product, bool newer);
void world_free(struct update_world *w);
/* The software platform's time of all checks. */
int64_t world_time(const struct update_world *w);

/* For environments with files of their own: an ioctl at a descriptor of /dev/sev, as the driver has it. */
int world_ioctl(struct update_world *w, bool writable, unsigned long request, void *arg);

int world_update(struct update_world *w, struct base_env *env, const struct update_request *request);
/* What the firmware signs with, and whether the table in place verifies it: 0 agrees, or is empty. */
struct update_signing world_signing(struct update_world *w);
enum world_table { WORLD_ABSENT, WORLD_EMPTY, WORLD_FITS, WORLD_DISAGREES };
enum world_table world_table(struct update_world *w);
/*
 * After an update that returned `r`: the result names the table in place, and the error's text begins with it
 * if it is another than before. unreadable: one call failed, so that the table may be unknown.
 */
void world_assert_outcome(struct update_world *w, int r, bool unreadable);
bool world_beside(const struct update_world *w, const char *suffix);
/* A TCB that is one lower in `component` than the platform's current one. */
uint64_t world_lower_tcb(const struct update_world *w, unsigned component);
/* Puts these bytes at the path. */
void world_put(struct update_world *w, const void *table, size_t n);
const char *world_logged(const struct update_world *w, const char *part);
/* When that was, for the first or last time. */
uint64_t world_logged_ns(const struct update_world *w, const char *part, bool last);
/* Ends the firmware's answers and the source's faults. */
void world_heal(struct update_world *w);

#endif
