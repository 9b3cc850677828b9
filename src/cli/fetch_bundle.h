/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_BUNDLE_H
#define CLI_FETCH_BUNDLE_H

#include "endorse/value.h"

enum {
	FETCH_BUNDLE_TCB_INFO,
	FETCH_BUNDLE_QE_IDENTITY,
	FETCH_BUNDLE_PCK_CRL,
	FETCH_BUNDLE_ROOT_CRL,
	FETCH_BUNDLE_N,
};

/*
 * The collateral of a quote as one JSON object with the member names of Intel's quote verification library,
 * which dcap-qvl and others read and write: signed parts as strings with their bytes as served, signatures
 * and CRLs in hex.
 *
 * values    FETCH_BUNDLE_N, which were checked
 * ret       the caller frees it
 * Returns   0; -EBADMSG; -ENOMEM
 */
JURAT_MUST_CHECK int fetch_bundle(const struct endorse_value *values, char **ret, struct jurat_error *err);

#endif
