/* SPDX-License-Identifier: MIT */
#ifndef BASE_STRUCT_H
#define BASE_STRUCT_H

#include <stddef.h>

#include "base/error.h"

/*
 * Structs that cross the ABI: one rule for all of them (include/jurat/error.h says it to callers, decision
 * 0013 says why). Each begins with `size_t size`, which its owner sets to sizeof the struct. It only ever
 * grows by whole members at its end, and zero is every member's default.
 */
enum { BASE_STRUCT_MAX_BYTES = 4096 }; /* a larger size is no struct's: nothing behind it is read */

/*
 * Reads the struct of a caller, who may be older or newer than this library, into one of ours. Members that
 * the caller's lacks are zero in it. Also checks a struct that the caller wants filled in, before the work is
 * done that fills it: then what comes out is not used.
 *
 * to        a struct of ours; its size afterwards is our own
 * from      the caller's struct; NULL: all defaults, where no member is needed
 * needed    the last member that has no default: what every release has had. `size`: there is none
 * name      of the struct, for `err`
 * Returns   0; -EINVAL the size is not that of any release, or NULL where members are needed; -E2BIG a byte
 *           beyond the members that are known here is not zero: the caller wants what only a newer library
 *           has. `to` changes on success only
 */
#define base_struct_take(to, from, needed, name, err)                                                        \
	base_struct_read((to), sizeof(*(to)), BASE_STRUCT_END(to, needed),                                   \
			 1 ? (from) : (to) /* of one type */, (name), (err))

/*
 * Fills in the struct of a caller: the members that it has. Its size stays as it is.
 *
 * to        the caller's struct, checked by base_struct_take(): what only the caller knows is zero
 * from      a struct of ours
 */
#define base_struct_give(to, from) base_struct_write((to), 1 ? (from) : (to), sizeof(*(to)))

#define BASE_STRUCT_END(p, member)                                                                           \
	(offsetof(__typeof__(*(p)), member) + sizeof(((__typeof__(*(p)) *)NULL)->member))

JURAT_MUST_CHECK int base_struct_read(void *to, size_t known, size_t needed, const void *from,
				      const char *name, struct jurat_error *err);
void base_struct_write(void *to, const void *from, size_t known);

#endif
