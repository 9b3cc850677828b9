/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_TD_H
#define EXPLORE_TD_H

#include "explore/world.h"
#include "host/host.h"
#include "machine/qgs_env.h"
#include "machine/td.h"

/*
 * The TDX machine of the explorer: a TD with one GetQuote buffer, its VMM, and a quoting service. Files:
 *
 *	td.c         the machine: made once, reset before each order; digest; checks
 *	td_step.c    how actors make steps
 *	td_quotes.c  TDREPORTs, quotes and responses of the quoting service, each made once
 *	td_guest.c   what runs in the TD: the Linux driver (sim/guest), tasks and what they receive
 *	td_vcpu.c    actors: VMM threads, each with its vCPU (sim/tdx)
 *	td_host.c    what the VMM provides to libjurat-host: guest memory, quoting service, notifications
 *	td_others.c  actors: the VMM's event loop, the quoting service, another interrupt source, the clock
 *
 * Each access of guest or VMM to the buffer is a step. Between two steps, the VMM holds no lock: what
 * libjurat-host does under its mutex is one step.
 *
 * Time is virtual. It advances from one end of a sleep or timeout to the next, and only while all actors
 * wait: what they do takes no time. Guests go on at once, but the VMM and the quoting service may let any
 * time pass before they do. The digest contains no absolute times.
 *
 * Actors, in this order: a VMM thread for each task; for the posted driver, one for the vCPU that gets the
 * interrupt; then those of td_others.c.
 */
enum {
	TD_MAX_TASKS = 3,
	TD_MAX_REQUESTS = 4, /* of each task */
	TD_MAX_VCPUS = TD_MAX_TASKS + 1,
	TD_PAGE_BYTES = 4096,
	TD_BUFFER_GPA = 16 * TD_PAGE_BYTES,
	TD_BUFFER_BYTES = 2 * TD_PAGE_BYTES, /* as of Linux 6.7; a quote is smaller */
	TD_MEMORY_PAGES = (TD_BUFFER_GPA + TD_BUFFER_BYTES) / TD_PAGE_BYTES,
	TD_ODD_BYTES = 5000, /* EXPLORE_TDX_ODD_SIZE: header and quote, not rounded up to pages */
	TD_VECTOR = 0x51,
	TD_NOBODY = TD_MAX_VCPUS,
};

/* Who may access the buffer. Not checked with EXPLORE_TDX_TWO_BUFFERS, where only results count. */
enum td_owner {
	TD_GUEST,
	TD_CALLED, /* GetQuote was called and has not returned: not the guest */
	TD_VMM,    /* in flight */
};

enum td_phase {
	TD_BETWEEN, /* before a request, or after the last */
	TD_IN_DRIVER,
	TD_SLEEPS, /* until_ns; in the driver */
	TD_WAITS,  /* for an interrupt; in the driver */
	TD_OVER,
};

struct td_vcpu {
	struct explore_td *machine;
	unsigned index; /* of the vCPU, the task and the actor */
	struct sim_td_vcpu *kvm;
	struct sim_tdx_guest *driver; /* borrowed; NULL: no task runs here */
	struct sim_tdx_quote_request quote;
	struct sim_user_memory user;    /* the posted driver: the task's memory */
	uint8_t bytes[TD_BUFFER_BYTES]; /* in it */
	uint8_t report_data[TDX_REPORT_DATA_BYTES];
	enum td_phase phase;
	unsigned made; /* requests that have ended */
	int results[TD_MAX_REQUESTS];
	uint64_t until_ns;
	bool interrupted; /* its interrupt handler runs */
	bool loading;     /* the driver is loaded, before the order begins */
	int loaded;       /* result of loading */
};

struct td_bytes {
	uint8_t *bytes;
	size_t n;
};

/* Made once, and used in every order. */
struct td_quotes {
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;
	/* of each request of each task */
	uint8_t reports[TD_MAX_TASKS][TD_MAX_REQUESTS][TDX_REPORT_BYTES];
	struct td_bytes quotes[TD_MAX_TASKS][TD_MAX_REQUESTS];
	struct td_answer {
		struct td_bytes request, response;
	} answers[TD_MAX_TASKS * TD_MAX_REQUESTS];
	unsigned n_answers;
};

/* Environment of libjurat-host. */
struct td_host_env {
	struct base_env base; /* first */
	struct explore_td *machine;
	bool polled[MACHINE_QGS_CHANNELS]; /* by poll_set() */
};

/* Parts of the digest. */
enum {
	TD_PART_TASKS = 1 << 0,
	TD_PART_DRIVER = 1 << 1,
	TD_PART_BUFFER = 1 << 2,
	TD_PART_LIBRARY = 1 << 3,
	TD_PART_SERVICE = 1 << 4,
	TD_PART_INTERRUPT = 1 << 5,
	TD_PART_RESULTS = 1 << 6,
};

struct explore_td {
	struct explore_world world; /* first */
	unsigned without;           /* parts that the digest leaves out, in tests of it */
	struct td_quotes quotes;
	unsigned n_tasks, n_vcpus;
	/* made anew for each order */
	struct base_env *running; /* of the actor whose step was made last; NULL: no actor runs */
	struct sim_td *td;
	struct machine_qgs qgs;
	struct td_host_env env;
	struct jurat_tdx_quotes *host;
	struct sim_tdx_guest *drivers[TD_MAX_TASKS]; /* more than one: EXPLORE_TDX_TWO_BUFFERS */
	struct td_vcpu vcpus[TD_MAX_VCPUS];
	uint64_t now_ns;
	unsigned busy; /* bit i: actor i does something, and is not in td_wait(); no time passes */
	enum td_owner owner;
	unsigned mutex; /* the driver's: whose task has it; TD_NOBODY */
};

/*
 * td_step.c. For the running actor. If none is running, as before and after an order, all of these succeed
 * and do nothing.
 *
 * step      false: the actor is dead
 * wait      the same, once is_ready()
 * forget    as sched_forget(); `where` distinguishes places
 * end       the actor ends
 * is_over   have all tasks ended, and all that the VMM does for them?
 */
bool td_step(struct explore_td *m, const char *op);
bool td_wait(struct explore_td *m, const char *op, bool (*is_ready)(void *ctx), void *ctx);
void td_saw(struct explore_td *m, const void *value, size_t n);
void td_saw_number(struct explore_td *m, int64_t value);
void td_forget(struct explore_td *m, unsigned where);
void td_violate(struct explore_td *m, const char *what);
bool td_is_dead(const struct explore_td *m);
void td_end(struct explore_td *m);
bool td_is_over(const struct explore_td *m);

/* td_quotes.c */
JURAT_MUST_CHECK int td_quotes_new(struct explore_td *m, struct jurat_error *err);
void td_quotes_free(struct explore_td *m);
/* The report data of a request. */
void td_quotes_data(unsigned task, unsigned request, uint8_t ret[TDX_REPORT_DATA_BYTES]);
/* TDG.MR.REPORT: the remembered TDREPORT; NULL: none for this report data. */
const uint8_t *td_quotes_report(const struct explore_td *m, const uint8_t data[TDX_REPORT_DATA_BYTES]);
/* For struct machine_qgs. */
int td_quotes_respond(void *machine, const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size);

/* td_guest.c */
JURAT_MUST_CHECK int td_guest_new(struct explore_td *m, struct sim_tdx_guest **ret);
/* For struct sim_td_guest_ops; ctx is the vCPU. */
enum sim_td_wants td_guest_enter(void *vcpu, struct uapi_tdvmcall *regs);
void td_guest_interrupt(void *vcpu, uint8_t vector);

/* td_vcpu.c */
JURAT_MUST_CHECK int td_vcpu_load(struct td_vcpu *vcpu, struct sim_tdx_guest *driver);
/* Actors. */
void td_vcpu_run(struct base_env *env, void *machine);

/* td_host.c */
JURAT_MUST_CHECK int td_host_new(struct explore_td *m);
/* Does the event loop have anything to do? */
bool td_host_is_readable(const struct explore_td *m);
/* The request that the quoting service has not answered yet; NULL: none. */
struct machine_qgs_channel *td_host_asked(struct explore_td *m);
void td_host_mix(struct explore_td *m, struct base_mix *to);

/* td_others.c. Actors. */
void td_loop_run(struct base_env *env, void *machine);
void td_service_run(struct base_env *env, void *machine);
void td_spurious_run(struct base_env *env, void *machine);
void td_clock_run(struct base_env *env, void *machine);

#endif
