/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVICE_FAULT_H
#define DAEMON_SERVICE_FAULT_H

#include "daemon/options.h"
#include "endorse/item.h"

/*
 * What the services of a software platform do wrong, for tests of their clients. Text form:
 * FAULT[:ARGUMENT][,retry-after=S][@KIND], with a kind of endorse_kind_name().
 */
enum service_fault_kind {
	SERVICE_FAULT_429,        /* [:N] the first N requests, or all */
	SERVICE_FAULT_OUTAGE,     /* [:N] 500 and 503 in turns */
	SERVICE_FAULT_SLOW,       /* :MS before each answer */
	SERVICE_FAULT_WRONG_CHIP, /* the VCEK of another chip */
	SERVICE_FAULT_WRONG_TCB,  /* the VCEK of another TCB, the document of another TCB recovery */
	SERVICE_FAULT_HALF,       /* half an answer, then the end of the connection */
	SERVICE_FAULT_RESET,
	SERVICE_FAULT_WRONG_TYPE, /* of the content: text/html */
	SERVICE_FAULT_REDIRECT,   /* :URL */
	SERVICE_FAULT_STALE,      /* an issue that has expired */
	SERVICE_FAULT_NOT_JSON,   /* a page of HTML */
	SERVICE_N_FAULTS
};

struct service_fault {
	enum service_fault_kind kind;
	bool has_item;
	enum endorse_kind item;
	uint64_t left; /* requests that it is still for; UINT64_MAX: all */
	uint64_t ms;
	unsigned retry_after_s; /* 0: without that header */
	char url[OPTION_TEXT_BYTES];
};

/* 0; -EINVAL: `err` says what was expected. */
JURAT_MUST_CHECK int service_fault_read(const char *text, struct service_fault *ret, struct jurat_error *err);
/*
 * The first fault that a request for `item` meets, counted; NULL: none. A request may be slow and have
 * another fault: one call asks for the first, another for the second.
 */
struct service_fault *service_fault_take(struct service_fault *faults, size_t n,
					 const struct endorse_item *item, bool slow);
/* "429", "outage" ... */
const char *service_fault_name(enum service_fault_kind kind);

#endif
