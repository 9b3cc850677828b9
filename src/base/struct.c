/* SPDX-License-Identifier: MIT */
#include "base/struct.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

static size_t size_of(const void *from)
{
	size_t size;

	memcpy(&size, from, sizeof(size));
	return size;
}

int base_struct_read(void *to, size_t known, size_t needed, const void *from, const char *name,
		     struct jurat_error *err)
{
	size_t size = from ? size_of(from) : sizeof(size);

	if (!from && needed > sizeof(size))
		return jurat_fail(err, -EINVAL, "%s: missing", name);
	/* The sizes of all these structs are multiples of the alignment of size_t. */
	if (size < needed || size % _Alignof(size_t) != 0)
		return jurat_fail(err, -EINVAL, "%s: size %zu, expected %zu", name, size, known);
	if (size > BASE_STRUCT_MAX_BYTES)
		return jurat_fail(err, -E2BIG, "%s: size %zu, expected %zu", name, size, known);
	if (size > known && !bytes_all((const uint8_t *)from + known, size - known, 0))
		return jurat_fail(err, -E2BIG,
				  "%s: a member behind its first %zu bytes is set, and this release "
				  "does not know it",
				  name, known);
	memset(to, 0, known);
	if (from)
		memcpy(to, from, size < known ? size : known);
	memcpy(to, &known, sizeof(known));
	return 0;
}

void base_struct_write(void *to, const void *from, size_t known)
{
	size_t size = size_of(to);

	memcpy((uint8_t *)to + sizeof(size), (const uint8_t *)from + sizeof(size),
	       (size < known ? size : known) - sizeof(size));
}
