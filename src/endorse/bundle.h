/* SPDX-License-Identifier: MIT */
#ifndef ENDORSE_BUNDLE_H
#define ENDORSE_BUNDLE_H

#include "endorse/value.h"

enum {
	ENDORSE_BUNDLE_TCB_INFO,
	ENDORSE_BUNDLE_QE_IDENTITY,
	ENDORSE_BUNDLE_PCK_CRL,
	ENDORSE_BUNDLE_ROOT_CRL,
	ENDORSE_BUNDLE_N,
};

/*
 * The collateral of a quote as one JSON object with the member names of Intel's quote verification library,
 * which dcap-qvl and others read and write: signed parts as strings with their bytes as served, signatures
 * and CRLs in hex.
 *
 * values    ENDORSE_BUNDLE_N, which were checked
 * ret       the caller frees it
 * Returns   0; -EBADMSG; -ENOMEM
 */
JURAT_MUST_CHECK int endorse_bundle(const struct endorse_value *values, char **ret, struct jurat_error *err);

#endif
