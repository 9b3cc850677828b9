/* SPDX-License-Identifier: MIT */
#ifndef RUN_TLS_CERT_H
#define RUN_TLS_CERT_H

#include "base/env.h"
#include "base/error.h"
#include "run/hosts.h"

/*
 * A TLS certificate for the endorsement service of one run, and the CA that signs it. Both keys are random.
 * The CA's key is wiped before the function returns, and the CA may sign for these names only, so programs
 * that trust it trust nothing else than this certificate.
 */
struct run_tls_cert {
	char *ca, *cert, *key; /* PEM, heap */
};

/*
 * address   IPv4, in network byte order
 * from, to  seconds since 1970
 */
JURAT_MUST_CHECK int run_tls_cert_new(struct base_env *env, const struct run_names *names,
				      const uint8_t address[4], int64_t from, int64_t to,
				      struct run_tls_cert *ret, struct jurat_error *err);
void run_tls_cert_done(struct run_tls_cert *cert); /* accepts an all-zero struct; wipes the key */

#endif
