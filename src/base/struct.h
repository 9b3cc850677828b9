/* SPDX-License-Identifier: MIT */
#ifndef BASE_STRUCT_H
#define BASE_STRUCT_H

#include <stddef.h>

#include "base/error.h"

/*
 * Structs that cross the ABI follow one rule, documented for callers in include/jurat/error.h and explained
 * in decision 0013: each begins with `size_t size`, which the owner of its memory sets to the sizeof of the
 * struct. New members are added only at the end, and zero is every member's default.
 */
enum { BASE_STRUCT_MAX_BYTES = 4096 }; /* larger sizes are refused without reading further */

/*
 * Copies a struct of a caller, which may have been built for an older or newer library, into one of ours.
 * Members that the caller's struct lacks become zero. Also used to check a struct that is to be filled in,
 * before the work begins; the copy is then ignored.
 *
 * to        our struct; its size member becomes our sizeof
 * from      the caller's struct; NULL: all defaults, where no member is needed
 * needed    the last mandatory member, which every release has had; `size` if there is none
 * name      name of the struct, for `err`
 * Returns   0; -EINVAL a size that no release has had, or NULL where members are mandatory; -E2BIG a byte
 *           beyond the members known here is not zero: the caller uses a feature of a newer library. `to`
 *           changes on success only
 */
#define base_struct_take(to, from, needed, name, err)                                                        \
	base_struct_read((to), sizeof(*(to)), BASE_STRUCT_END(to, needed),                                   \
			 1 ? (from) : (to) /* of one type */, (name), (err))

/*
 * Fills in those members that the caller's struct has, but not its size.
 *
 * to        the caller's struct, checked by base_struct_take(): members unknown here stay zero
 * from      our struct
 */
#define base_struct_give(to, from) base_struct_write((to), 1 ? (from) : (to), sizeof(*(to)))

#define BASE_STRUCT_END(p, member)                                                                           \
	(offsetof(__typeof__(*(p)), member) + sizeof(((__typeof__(*(p)) *)NULL)->member))

JURAT_MUST_CHECK int base_struct_read(void *to, size_t known, size_t needed, const void *from,
				      const char *name, struct jurat_error *err);
void base_struct_write(void *to, const void *from, size_t known);

#endif
