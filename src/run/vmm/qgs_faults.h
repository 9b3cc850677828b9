/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_QGS_FAULTS_H
#define RUN_VMM_QGS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "run/platform.h"

/*
 * The quoting service of `jurat run --vmm`: one address for the whole run, with the software platform's
 * answers, behind which a check puts what a VMM meets in the field: no service, a slow one, garbage. Never
 * blocks.
 *
 * A connection behaves as was set when it was accepted, so that requests to services of different kinds may
 * be outstanding at once. It ends after its response, as with Intel's service.
 *
 * Threads   one
 */
enum qgs_behaviour {
	QGS_GOOD,    /* the software platform's quoting enclave */
	QGS_ABSENT,  /* there is no socket at the address */
	QGS_REFUSES, /* there is one, on which nobody listens */
	QGS_SLOW,    /* good, after `delay_ms` */
	QGS_HELD,    /* good, when qgs_faults_release() is called */
	QGS_SILENT,  /* takes the request, and neither answers nor closes the connection */
	QGS_PIECES,  /* good, each piece after the VMM has read the one before; byte by byte at first */
	QGS_ERROR,   /* the protocol's error response, with `code` */
	QGS_CLOSES,  /* closes after `after` bytes of a good response */
	QGS_GARBAGE, /* responds as `garbage` says, then closes */
	QGS_TRAILS,  /* a good response, and 4 KiB more in the same piece */
};

struct qgs_fault {
	enum qgs_behaviour behaviour;
	unsigned delay_ms, garbage;
	uint32_t code;
	size_t after;
	size_t quote_bytes; /* quotes are padded to it with zeros; 0: as the enclave makes them */
};

/* The kinds of QGS_GARBAGE, from 0; NULL: there are no more. */
const char *qgs_garbage_name(unsigned garbage);
/*
 * Makes garbage of a good response of n bytes.
 *
 * ret       heap; freed by the caller
 * Returns   0; -ENOMEM
 */
JURAT_MUST_CHECK int qgs_garbage_make(unsigned garbage, const uint8_t *good, size_t n, uint8_t **ret,
				      size_t *ret_size);

struct qgs_faults;

/*
 * path      of the socket, in a directory of the run
 * platform  with a TD; borrowed
 * Returns   0; -EINVAL no TD; -ENAMETOOLONG; another -errno
 */
JURAT_MUST_CHECK int qgs_faults_new(const char *path, const struct run_platform *platform,
				    struct qgs_faults **ret, struct jurat_error *err);
void qgs_faults_free(struct qgs_faults *q); /* accepts NULL */
/* Readable when there is something to serve. */
int qgs_faults_fd(const struct qgs_faults *q);
void qgs_faults_serve(struct qgs_faults *q);

/* How the next connections are served. 0; another -errno of the socket */
JURAT_MUST_CHECK int qgs_faults_set(struct qgs_faults *q, const struct qgs_fault *fault,
				    struct jurat_error *err);
/* Responds to what is held; the responses are in the sockets when it returns, as far as these take them. */
void qgs_faults_release(struct qgs_faults *q);
/* Requests that have arrived whole. */
uint64_t qgs_faults_requests(const struct qgs_faults *q);
/* Connections that are open now. */
unsigned qgs_faults_open(const struct qgs_faults *q);

#endif
