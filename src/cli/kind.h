/* SPDX-License-Identifier: MIT */
#ifndef CLI_KIND_H
#define CLI_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a file of a directory is, beside the endorsements, roots, CRLs or collateral that it was named for.
 * Whoever names a directory names every file in it: one may be left aside only where its kind is known and is
 * another, and where its name does not claim that it is one of these.
 */

/* Begins with "crl" or has ".crl" or "_crl" in it: it must be a CRL. */
bool cli_kind_names_crl(const char *name);
/* By its ending, or as host tools and Intel's services call such files, whatever the ending. */
bool cli_kind_claims(const char *name, bool collateral);

/*
 * name        in the directory
 * collateral  JSON is among what is wanted
 * data        n bytes, all of the file, untrusted
 * Returns     what it is, for a message; NULL: it may be what the directory was named for, and must be
 *             readable as that
 */
const char *cli_kind_other(const char *name, bool collateral, const uint8_t *data, size_t n);

#endif
