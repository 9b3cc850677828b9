/* SPDX-License-Identifier: MIT */
#ifndef SIM_TDX_GUEST_INTERNAL_H
#define SIM_TDX_GUEST_INTERNAL_H

#include "sim/guest/tdx_guest.h"

/* Shared by tdx_guest.c (operations that call the VMM) and tdx_guest_ioctl.c (all others). */
enum tdx_guest_task {
	TDX_GUEST_PROBE,
	TDX_GUEST_REMOVE,
	TDX_GUEST_QUOTE, /* upstream */
	TDX_GUEST_IOCTL, /* the seed's */
};

/* What the driver waits for. */
enum tdx_guest_state {
	TDX_GUEST_IDLE,
	TDX_GUEST_STARTED,   /* its first step */
	TDX_GUEST_MAPPING,   /* MapGPA's answer */
	TDX_GUEST_NOTIFYING, /* SetupEventNotifyInterrupt's */
	TDX_GUEST_SUBMITTED, /* GetQuote's */
	TDX_GUEST_ASLEEP,    /* its next look at the status */
	TDX_GUEST_WAITING,   /* an interrupt */
};

struct sim_tdx_guest {
	struct sim_tdx_guest_platform platform;
	struct sim_tdx_guest_config config; /* with a kernel and a size */
	bool is_loaded;
	bool is_lost; /* the buffer's pages are not to be touched again (K7) */

	enum tdx_guest_task task;
	enum tdx_guest_state state;
	bool is_killed, is_woken; /* woken: by the signal */
	uint64_t until_ns;
	unsigned polls; /* number of sleeps */
	uint64_t last_r10;

	uint64_t map_gpa; /* where MapGPA goes on, with the shared bit when it makes pages shared */
	unsigned map_retries;

	struct sim_tdx_quote_request *request;
	const struct sim_user_memory *user;
	uint64_t ioctl_arg, user_buffer;
	uint32_t user_bytes;
	bool is_pending;  /* the seed's `valid`: a request was made, and has not ended */
	bool is_complete; /* the seed's: an interrupt came, and the status was not in flight */
};

/* The -errno for a TDCALL's status. */
int tdx_guest_tdcall_errno(const struct sim_tdx_guest *guest, uint64_t status);

#endif
