/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_QGS_FAULTS_H
#define RUN_VMM_QGS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "run/platform.h"

/*
 * The quoting service of `jurat run --vmm`: one address for the whole run, with the answers of the software
 * platform, behind which a check puts what a VMM meets in the field: no service, a slow one, garbage. Never
 * blocks.
 *
 * A connection behaves as was set when it was accepted, so that requests to services of different kinds may be
 * outstanding at once.
 *
 * Threads   one
 */
enum qgs_behaviour {
	QGS_GOOD,     /* the software platform's quoting enclave */
	QGS_ABSENT,   /* there is no socket at the address */
	QGS_SLOW,     /* good, after `delay_ms` */
	QGS_HELD,     /* good, when qgs_faults_release() is called */
	QGS_SILENT,   /* takes the request, never answers and never closes the connection */
	QGS_PIECES,   /* good, byte by byte */
	QGS_LARGE,    /* a good quote, padded with zeros to `quote_bytes` */
	QGS_ERROR,    /* the protocol's error response with `code` */
	QGS_CLOSES,   /* closes after the first `after` bytes of a good answer */
	QGS_GARBAGE,  /* answers as `garbage` says, then closes */
	QGS_TRAILING, /* a good answer and 4 KiB more, in one piece */
};

/* The kinds of QGS_GARBAGE, from 0; NULL at the end. */
const char *qgs_garbage_name(unsigned garbage);

struct qgs_fault {
	enum qgs_behaviour behaviour;
	unsigned delay_ms, garbage;
	uint32_t code;
	size_t quote_bytes, after;
};

struct qgs_faults;

/*
 * path      of the socket
 * platform  with a TD; borrowed
 * Returns   0; another -errno
 */
JURAT_MUST_CHECK int qgs_faults_new(const char *path, const struct run_platform *platform,
				    struct qgs_faults **ret, struct jurat_error *err);
void qgs_faults_free(struct qgs_faults *q); /* accepts NULL */
/* Readable when there is something to serve. */
int qgs_faults_fd(const struct qgs_faults *q);
void qgs_faults_serve(struct qgs_faults *q);

/* From the next connection on. QGS_ABSENT, and its end, take effect at once. */
JURAT_MUST_CHECK int qgs_faults_set(struct qgs_faults *q, const struct qgs_fault *fault,
				    struct jurat_error *err);
/* Answers what was held. */
void qgs_faults_release(struct qgs_faults *q);
/* Connections that were accepted, and requests that arrived whole; requests that now wait for their answer. */
uint64_t qgs_faults_connections(const struct qgs_faults *q), qgs_faults_requests(const struct qgs_faults *q);
unsigned qgs_faults_waiting(const struct qgs_faults *q);

#endif
