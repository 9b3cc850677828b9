/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RUN_VMM_PUPPET_H
#define TESTS_RUN_VMM_PUPPET_H

#include <stdint.h>

/*
 * A VMM that does what a test orders, call by call, so that the test is the agent's supervisor in between:
 * puppet FD..., one thread for each, which answers each struct puppet_call with a struct puppet_result.
 */
enum puppet_op {
	PUPPET_OPEN = 1,  /* /dev/kvm */
	PUPPET_IOCTL,     /* of file `file`, with `arg` */
	PUPPET_IOCTL_AT,  /* ... with the address of `data`, which is returned */
	PUPPET_IOCTL_BAD, /* ... with an address that is not mapped */
	PUPPET_MAP,       /* kvm_run of vCPU `file` */
	PUPPET_UNMAP,
	PUPPET_RUN, /* KVM_RUN with that immediate_exit; `size` bytes replace kvm_run from `at` */
	PUPPET_CLOSE,
	PUPPET_CLOSE_HIGH, /* all descriptors from `arg` on, then opens `size` sockets there */
	PUPPET_COUNT_HIGH, /* how many are open from `arg` on, if nothing was sent to those sockets */
	PUPPET_MEMORY,  /* `arg` bytes that end with a halt loop at the reset vector; returns the address */
	PUPPET_HANDLER, /* of SIGUSR1: sets immediate_exit of vCPU `file`, as VMMs do */
	PUPPET_BLOCK,   /* all signals, but what ends the process */
	PUPPET_WAIT,    /* read(2) of a pipe into which nobody writes */
	PUPPET_THREAD,  /* its id */
	PUPPET_FORK,    /* the child serves the test, until PUPPET_EXIT */
	PUPPET_EXIT,
};

enum { PUPPET_FILES = 16, PUPPET_BYTES = 2304 };

struct puppet_call {
	uint32_t op, file;
	uint32_t new_file; /* not 0: the result is a descriptor, and becomes this file */
	uint32_t immediate_exit;
	uint64_t request, arg;
	uint32_t at, size;
	uint8_t data[PUPPET_BYTES];
};

struct puppet_result {
	int64_t result;
	int32_t error;
	uint32_t exit_reason, immediate_exit;
	uint8_t body[96]; /* kvm_run from 32 */
	uint8_t data[PUPPET_BYTES];
};

#endif
