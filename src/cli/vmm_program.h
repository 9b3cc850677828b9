/* SPDX-License-Identifier: MIT */
#ifndef CLI_VMM_PROGRAM_H
#define CLI_VMM_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "cli/elf_file.h"

/* The program that `jurat vmm` starts, and whether a preload library can be loaded into it. */
struct vmm_program {
	char path[PATH_MAX]; /* what to execute */
	char elf[PATH_MAX];  /* what the kernel starts: the same, or the interpreter of the script */
	bool script;
};

/* As a shell: a program that was found and cannot be executed, and one that was not found. */
enum vmm_program_status { VMM_PROGRAM_UNUSABLE = 126, VMM_PROGRAM_NOT_FOUND = 127 };

/*
 * Finds a program as execvp(3) does, and follows the `#!` lines of scripts. Refuses programs into which the
 * dynamic loader would not load a library: static ones (but for jurat, which starts another), those that gain
 * privileges, those of another machine or C library.
 *
 * library, library_name   its machine, and its name for messages
 * Returns                 0; enum vmm_program_status, and `err` has the reason
 */
JURAT_MUST_CHECK int vmm_program_find(const char *name, const struct elf_file *library,
				      const char *library_name, struct vmm_program *ret,
				      struct jurat_error *err);

#endif
