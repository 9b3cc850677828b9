/* SPDX-License-Identifier: MIT */
#ifndef CLI_KIND_H
#define CLI_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Identifies files in a directory of endorsements, roots, CRLs or collateral that are something else. A
 * directory stands for every file in it: a file may be skipped only if it is of a known other kind and its
 * name does not claim that it is one of these.
 */

/* Whether a name begins with "crl", or contains ".crl" or "_crl": the file must be a CRL. */
bool cli_kind_names_crl(const char *name);
/*
 * Whether a name claims to be an endorsement, by its extension or as host tools and Intel's services name
 * such files.
 */
bool cli_kind_claims(const char *name, bool collateral);

/*
 * name        in the directory
 * collateral  whether JSON is wanted, too
 * data        n bytes, all of the file, untrusted
 * Returns     what the file is, for a message; NULL: it may be what is wanted, and must be readable as such
 */
const char *cli_kind_other(const char *name, bool collateral, const uint8_t *data, size_t n);

#endif
