/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_LINUX_HEADER_H
#define MEASURE_LINUX_HEADER_H

#include "measure/snp.h"

/*
 * The first bytes of a kernel as QEMU before 10.2 hands them to TDVF: as a boot loader it fills in fields of
 * the setup header. Spec: Linux, Documentation/arch/x86/boot.rst; QEMU, hw/i386/x86-common.c.
 */
enum { LINUX_HEADER_BYTES = 0x400 };

struct linux_boot {
	struct measure_bytes kernel; /* untrusted */
	size_t n_initrd;             /* 0: none */
	const char *append;          /* NULL: empty */
	uint64_t memory;             /* bytes; only the address of an initrd depends on it */
};

/*
 * Returns   0; -EBADMSG the kernel is malformed; -EINVAL QEMU refuses to boot this
 */
JURAT_MUST_CHECK int linux_header_patch(const struct linux_boot *boot, uint8_t ret[LINUX_HEADER_BYTES],
					struct jurat_error *err);

#endif
