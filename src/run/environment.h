/* SPDX-License-Identifier: MIT */
#ifndef RUN_ENVIRONMENT_H
#define RUN_ENVIRONMENT_H

#include "run/platform.h"

/*
 * The program's environment: the caller's, with
 *
 *   JURAT_ROOTS  a directory with this machine's test roots: <product>-ark.pem, and in a directory
 *                <product> the files ark.pem, ask.pem, asvk.pem, cert_chain.pem (ASK and ARK, as AMD
 *                serves it for VCEKs), vlek_cert_chain.pem (ASVK and ARK) and crl.der; with --host also
 *                host/vlek_hashstick.bin, to load. For TDX intel-root.pem, and in collateral/ what a verifier
 *                of quotes wants besides, good for a month
 *   JURAT_CERTS  with --host: the certificate blob that the VMM of this host serves
 *
 * The files go with the run's temporary directory. *ret is freed with run_environment_free().
 */
JURAT_MUST_CHECK int run_environment_new(const struct run_platform *platform, char ***ret,
					 struct jurat_error *err);
/* Sets a variable in it. 0; -ENOMEM: it is unchanged. */
JURAT_MUST_CHECK int run_environment_set(char ***env, const char *name, const char *value,
					 struct jurat_error *err);
/* Writes the path of the roots to the descriptor of --ready-fd, if any, and closes it. */
void run_ready(const struct run_platform *platform);
void run_environment_free(char **env);

/* root.c: writes the root of one vendor, as verifiers trust it, as PEM. */
JURAT_MUST_CHECK int run_root(const struct run_platform *platform, bool tdx, const char *path,
			      struct jurat_error *err);
/* roots_tdx.c: the part for TDX. */
JURAT_MUST_CHECK int run_roots_tdx(const struct run_platform *platform, const char *roots,
				   struct jurat_error *err);

#endif
