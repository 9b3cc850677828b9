/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_DISK_H
#define EXPLORE_DISK_H

#include <stdbool.h>

#include "base/env.h"
#include "base/mix.h"

/*
 * A file system in memory, shared by the processes of an explored machine: directories, files, open file
 * descriptions with their offsets and OFD locks, as the kernel has them, and what of it survives a power
 * loss. tests/explore/test_disk_kernel.c compares it with the kernel's.
 *
 * Inode numbers, descriptors and times of change are those of the process that makes them: they do not depend
 * on what other processes did before, so that two orders of steps that end in the same state have the same
 * disk_hash(). The time of a directory is a sum over its changes, whatever their order.
 *
 * Threads   one thread per disk
 */
struct disk;

enum { DISK_MAX_PROCESSES = 16, DISK_MAX_FDS = 32 /* of a process: then -EMFILE */ };

/* A root directory of mode 0755, owned by root as every process is. 0; -EINVAL; -ENOMEM */
JURAT_MUST_CHECK int disk_new(unsigned n_processes, struct disk **ret);
void disk_free(struct disk *disk);

/*
 * The environment of one process, 0 to n_processes - 1. Paths begin at the root, with or without a slash.
 * lock() does not wait: JURAT_BUSY. Clocks stand still, random numbers are zeros, a device or socket does not
 * exist: -ENOENT, -ENOTTY, -ENOSYS. There are no symbolic links. Flags of open() that would change what it
 * does and are not simulated (O_PATH, O_TMPFILE, O_SYNC) are -EINVAL. A file is at most 64 MiB large: -EFBIG.
 * Out of memory is -ENOMEM, without an effect.
 */
struct base_env *disk_env(struct disk *disk, unsigned process);

/* Does another process have this file open and, if `locked`, hold a lock on it? */
bool disk_is_shared(struct base_env *env, int fd, bool locked);

/* For explorers: makes all times 0, so that more states are equal. Call it before first use. */
void disk_without_times(struct disk *disk);

/* All as disk_new() made it, at little cost: also descriptors of all processes are closed. */
void disk_reset(struct disk *disk);
/* The process is dead: its descriptors are closed. It may begin anew. */
void disk_kill(struct disk *disk, unsigned process);
/* Number of its open descriptors. */
unsigned disk_open_fds(const struct disk *disk, unsigned process);

/*
 * All processes are dead, and what was not on disk is lost: of names, what was not synced by fsync() of their
 * directory; of data (with size, mode and owner), what was not by fsync() of the file. A file system may have
 * written more than it had to: either kind alone may be lost, or none. Removed files whose names come back
 * have the data that they had on disk. There, a file without an fsync() is empty, a directory without one has
 * no names. What was moved between directories of which only one was synced is in neither or in both, but a
 * directory is in one at most.
 */
enum disk_loss { DISK_LOSES_NAMES = 1, DISK_LOSES_DATA = 2 };
void disk_lose_power(struct disk *disk, unsigned loss);

/* Everything on which the result of a later call can depend; of a power loss, if `power`. */
void disk_hash(struct disk *disk, bool power, struct base_mix *to);

#endif
