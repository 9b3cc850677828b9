/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_TDX_GUEST_WORLD_H
#define TESTS_SIM_TDX_GUEST_WORLD_H

#include "support/test.h"

#include "sim/guest/tdx_guest.h"
#include "sim/tdx/tdx_module.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"

/*
 * What is around the driver in its tests: a TD of sim/tdx_module with one vCPU, a program's memory, a VMM
 * that does what a test says, and a clock that jumps from event to event.
 */
enum {
	W_6_12 = 1 << 30, /* beside quirks: the driver of Linux 6.12, not the newest */
	W_RAM_PAGES = 64,
	W_BUFFER = 0x10000,
	W_VECTOR = 0x51,

	U_BASE = 0x700000, /* the program's pages, each may be gone or read-only */
	U_ARG = U_BASE,
	U_BUFFER = U_BASE + 0x1000,
	U_PAGES = 6,

	W_MAX_EVENTS = 4,
	W_STUCK = 4711, /* of world_drive(): the driver waits for what will not come */
};
#define W_S 1000000000ull

struct world;
struct world_event {
	uint64_t at_ns;
	void (*happens)(struct world *w);
};

struct world {
	struct sim_tdx_platform *tdx;
	struct sim_td *td;
	struct sim_td_vcpu *vcpu;
	struct sim_tdx_guest *guest;
	struct sim_tdx_guest_config config;
	struct sim_user_memory user_memory;
	uint8_t user[U_PAGES][4096];
	bool unreadable[U_PAGES], unwritable[U_PAGES];
	unsigned accesses, fail_at; /* of guest memory by the driver; 0: none fails */

	/* How the VMM answers. */
	uint64_t r10; /* of every exit */
	bool is_synchronous, is_never;
	bool is_silent;    /* no interrupt */
	bool keeps_status; /* of the guest: it never marks in flight */
	uint64_t delay_ns; /* from GetQuote to completion */
	uint64_t status;
	uint32_t out_len, data_bytes; /* data_bytes of 0x51 are written, whatever out_len says */

	uint64_t now_ns, began_ns;
	struct world_event events[W_MAX_EVENTS];
	unsigned n_events;
	struct sim_tdx_step_result last;
	struct sim_tdx_quote_request request;

	/* What the VMM saw. */
	unsigned quotes; /* GetQuote exits */
	uint64_t gpa, size, vector;
	uint8_t *submitted; /* the buffer at the last GetQuote: size bytes */
};

/* A driver that is loaded. */
struct world *world_new(enum sim_tdx_flavour flavour, uint32_t buffer_bytes, unsigned quirks);
/* The same, not loaded yet. */
struct world *world_new_unprobed(enum sim_tdx_flavour flavour, uint32_t buffer_bytes, unsigned quirks);
void world_free(struct world *w);
void world_at(struct world *w, uint64_t in_ns, void (*happens)(struct world *w));
/* The VMM completes the request that it has. */
void world_complete(struct world *w);
/* Runs what was started to its end; time passes. Its result, or W_STUCK. */
int world_drive(struct world *w);
int world_probe(struct world *w);
int world_remove(struct world *w);
/* A quote over 64 bytes of 0x5a into w->request; what it has is freed first. */
int world_quote(struct world *w);
/* The seed's ioctl over `bytes` of U_BUFFER. */
int world_ioctl(struct world *w, uint64_t bytes);
uint64_t world_elapsed_ns(const struct world *w);
/* The VMM's pen. */
void world_put(struct world *w, unsigned off, uint64_t value, unsigned size);

#endif
