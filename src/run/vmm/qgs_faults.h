/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_QGS_FAULTS_H
#define RUN_VMM_QGS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "run/platform.h"

/*
 * The quoting service of `jurat run --vmm`. It has one address for the whole run, and answers as the software
 * platform does. A check can make it behave like services that a VMM meets in practice: absent, slow or
 * sending garbage. Never blocks.
 *
 * A connection keeps the behaviour that was set when it was accepted, so that requests to services of
 * different behaviour can be outstanding at once. It is closed after its response, as by Intel's service.
 *
 * Threads   one
 */
enum qgs_behaviour {
	QGS_GOOD,    /* the software platform's quoting enclave */
	QGS_ABSENT,  /* there is no socket at the address */
	QGS_REFUSES, /* there is a socket at the address, but it does not listen */
	QGS_SLOW,    /* good, after `delay_ms` */
	QGS_HELD,    /* good, when qgs_faults_release() is called */
	QGS_SILENT,  /* accepts the request, and neither answers nor closes the connection */
	QGS_PIECES,  /* good, in pieces; each is sent after the VMM has read the previous one; bytes first */
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

/* The name of a kind of QGS_GARBAGE; kinds are numbered from 0. NULL: no such kind. */
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
/* Answers held requests. When it returns, the responses are in the sockets, as far as these accept them. */
void qgs_faults_release(struct qgs_faults *q);
/* The number of requests that have arrived completely. */
uint64_t qgs_faults_requests(const struct qgs_faults *q);
/* The number of connections that are open now. */
unsigned qgs_faults_open(const struct qgs_faults *q);

#endif
