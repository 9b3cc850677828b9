/* SPDX-License-Identifier: MIT */
#ifndef CLI_ELF_FILE_H
#define CLI_ELF_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/env.h"
#include "base/error.h"

/* What decides whether a preload library can be loaded into a program: the head of an ELF file. */
struct elf_file {
	uint8_t class, data; /* ELFCLASS32 or 64; ELFDATA2LSB or 2MSB */
	uint16_t machine;    /* EM_X86_64 and so on */
	/* The rest is read from 64-bit little-endian files only. */
	bool dynamic;               /* has PT_DYNAMIC */
	char interpreter[PATH_MAX]; /* PT_INTERP: the dynamic loader; "": there is none */
	/* has the note that jurat.c has: executes another program with its own environment */
	bool hands_on;
};

/* The note's owner and type; it has no description. */
#define ELF_NOTE_OWNER "jurat"
enum { ELF_NOTE_HANDS_ON = 1 };

/*
 * Reads the parts of an ELF file that Linux reads when it executes it, with Linux's limits. The bytes are
 * untrusted.
 *
 * fd        borrowed
 * Returns   0; -ENOEXEC not an ELF program or shared object, or Linux would not execute it; another -errno of
 *           reading
 */
JURAT_MUST_CHECK int elf_read(struct base_env *env, int fd, struct elf_file *ret, struct jurat_error *err);
/* "64-bit x86-64", for messages. Returns `text`. */
enum { ELF_NAME_BYTES = 48 };
char *elf_name(const struct elf_file *file, char text[ELF_NAME_BYTES]);

#endif
