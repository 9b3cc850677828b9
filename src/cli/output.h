/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

#include "base/env.h"
#include "jurat/error.h"

/*
 * Writes a file that an option or a user's directory names. What is written depends on what is there:
 *
 *   nothing, a file  a file under a temporary name beside it, renamed: never half-written
 *   a symlink        the same where it leads, also when nothing is there yet; the link stays
 *   a device, FIFO   written to as it is, and never replaced
 *   anything else    refused
 *
 * mode      of a file, less the umask
 * Returns   0; < 0 -errno: what was at the path is there still; -EISDIR a directory; -EOPNOTSUPP a socket
 */
JURAT_MUST_CHECK int output_write(struct base_env *env, const char *path, const void *data, size_t size,
				  unsigned mode, struct jurat_error *err);
/*
 * Whether output_write() could write there now, for programs that have long work before it: leaves what is
 * there as it is, and nothing beside it. The space on the disk is not checked. 0; -errno as above
 */
JURAT_MUST_CHECK int output_check(struct base_env *env, const char *path, struct jurat_error *err);

#endif
