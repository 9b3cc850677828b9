/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RUN_VMM_TDX_VMM_H
#define TESTS_RUN_VMM_TDX_VMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jurat/host.h>

/*
 * The TDX part of a VMM on libjurat-host, good or with one fault of those that VMMs have had or could have.
 * It knows no KVM: the VMM around it has the exits, the memory and the interrupts.
 */
enum tdx_wrong {
	TDX_GOOD,
	TDX_ALWAYS_INVALID,   /* answers every call with INVALID_OPERAND, as cloud-hypervisor did */
	TDX_KEEPS_PRESET,     /* serves, and leaves `ret` as KVM has preset it */
	TDX_NEVER_IN_FLIGHT,  /* does not store that status */
	TDX_STATUS_FIRST,     /* stores the status before the data */
	TDX_OUT_LEN_LAST,     /* stores out_len after the status */
	TDX_LEAKS_SLOTS,      /* counts what it has refused (Q1) */
	TDX_FRAMES_TWICE,     /* puts a guest's QGS message into another one */
	TDX_PASSES_FRAMES,    /* hands a guest that sent a TDREPORT the framed response */
	TDX_QUIET_ON_ERROR,   /* no interrupt when a request fails */
	TDX_NOTIFIES_EARLY,   /* interrupts before it stores the status */
	TDX_WRONG_VCPU,       /* interrupts another vCPU than the one that registered */
	TDX_ANY_VECTOR,       /* accepts every vector */
	TDX_RETRIES_AT_1,     /* one request at a time */
	TDX_RETRIES_FOR_EVER, /* counts requests and never uncounts them */
	TDX_MARKS_RETRIED,    /* stores "in flight" before it answers RETRY */
	TDX_TAKES_OVERLAP,    /* accepts a buffer that is in flight (Q6) */
	TDX_NEVER_ENDS,       /* leaves a request in flight when the service fails */
	TDX_NEVER_GIVES_UP,   /* waits for the service for ever */
	TDX_WAITS,            /* keeps the vCPU until the quote is there */
	TDX_ERROR_IS_ERROR,   /* has no status for an absent service but "error" */
	TDX_KEEPS_OUT_LEN,    /* an error leaves an out_len */
	TDX_CHANGES_IN_LEN,   /* writes the header anew, with another in_len */
	TDX_WRITES_BEYOND,    /* takes the buffer for one page larger than it is */
	TDX_ALIGNS,           /* rounds addresses and sizes instead of refusing them */
	TDX_ANY_SIZE,         /* takes a size of 0 or beyond 128 KiB for 8 KiB */
	TDX_ANY_VERSION,      /* does not read the version */
	TDX_ANY_IN_LEN,       /* takes in_len for what fits */
	TDX_ANY_MEMORY,       /* believes in memory where there is none */
	TDX_SMALL_ONLY,       /* buffers up to 16 KiB */
	TDX_READS_ONCE,       /* believes that a response comes in one piece */
	TDX_BELIEVES,         /* takes whatever comes for a response */
	TDX_ANSWERS_UNKNOWN,  /* answers calls that it does not know with SUCCESS */
	TDX_SAYS_MORE,        /* GetTdVmCallInfo names a call that is not served */
	TDX_SAYS_UNDEFINED,   /* GetTdVmCallInfo names calls that are not defined */
	TDX_BELIEVES_STALE,   /* serves the exit_reason that a failed KVM_RUN left (for the VMM around it) */
	TDX_ONE_VCPU,         /* stores answers in the first vCPU's kvm_run */
	TDX_FORGETS_RESET,    /* does not serve any more after a reset */
	TDX_N_WRONG,
};
/* "good", "always-invalid" and so on; -1: no such fault. */
const char *tdx_wrong_name(enum tdx_wrong wrong);
int tdx_wrong_of(const char *name);

struct tdx_vmm_options {
	enum tdx_wrong wrong;
	const char *service;              /* unix:PATH */
	struct jurat_guest_memory memory; /* writes of 4 and 8 aligned bytes are single stores */
	void (*interrupt)(void *context, uint32_t vcpu, uint8_t vector); /* context: memory.context */
	uint32_t timeout_ms;
};

struct tdx_vmm {
	struct tdx_vmm_options options;
	struct jurat_tdx_quotes *quotes;
	void *first_run; /* of the first vCPU that made an exit */
	unsigned counted;
	/* STATUS_FIRST and others: writes that wait for the status. Guarded by the mutex. */
	pthread_mutex_t mutex;
	struct late {
		uint64_t gpa;
		size_t n;
		uint8_t bytes[4096];
	} * late;
	size_t n_late;
	/* What the VMM believes to be at `shadow_gpa`. */
	uint8_t *shadow;
	uint64_t shadow_gpa;
	size_t shadow_size;
	bool registered, forgotten;
	uint32_t vcpu;
	uint8_t vector;
};

int tdx_vmm_open(struct tdx_vmm *vmm, const struct tdx_vmm_options *options);
void tdx_vmm_close(struct tdx_vmm *vmm);
/* KVM_EXIT_TDX is in `run`, of vCPU `vcpu`. */
void tdx_vmm_exit(struct tdx_vmm *vmm, void *run, uint32_t vcpu);
/* The VM is reset. */
void tdx_vmm_reset(struct tdx_vmm *vmm);
/* When the descriptor is readable. */
int tdx_vmm_fd(const struct tdx_vmm *vmm);
void tdx_vmm_dispatch(struct tdx_vmm *vmm);

#endif
