/* SPDX-License-Identifier: MIT */
#ifndef HOST_TDX_REQUEST_H
#define HOST_TDX_REQUEST_H

#include "host/host.h"
#include "host/qgs_client.h"
#include "wire/tdx_getquote.h"

/*
 * Ownership of a request: only the owning thread may access it; any other may take it with the lock held,
 * unless it is owned.
 */
enum tdx_request_state {
	TDX_REQUEST_OWNED,
	TDX_REQUEST_SHARED,  /* waits for the service: registered in the poll descriptor */
	TDX_REQUEST_WAITING, /* waits until it may connect */
};

/* What ends a request before the service does: a thread that owns one looks when it is to let go. */
enum tdx_request_end {
	TDX_REQUEST_GOES_ON,
	TDX_REQUEST_CANCELLED, /* as one that fails */
	TDX_REQUEST_DROPPED,   /* its buffer is not the guest's any more: nothing may be written to it */
};

/* One GetQuote from its exit to its terminal status. */
struct tdx_request {
	struct tdx_request *next; /* list, oldest first */
	enum tdx_request_state state;
	enum tdx_request_end end; /* protected by the lock, also while the request is owned */
	bool active;              /* counted among the connections */
	unsigned seen;            /* last round of dispatching that handled it */

	uint64_t gpa;
	uint32_t size, in_len; /* of the buffer, and of its input */
	uint64_t started_ns, give_up_ns;
	bool framed;  /* the input is a QGS request */
	bool in_call; /* GetQuote has not returned yet */
	uint8_t *ask; /* the request as it is sent to the service */
	size_t ask_size;
	uint8_t *reply;
	struct qgs_client client;

	uint64_t status;
	uint32_t out_len, qgs_error;
	struct jurat_error err; /* why status is an error */
};

/* Checks the guest's header in QEMU's order. Returns R10: SUCCESS, INVALID_OPERAND, ALIGN_ERROR. */
uint64_t tdx_request_check(const struct jurat_guest_memory *memory, uint64_t gpa, uint64_t size,
			   struct tdx_getquote_hdr *ret, struct jurat_error *err);
/*
 * Copies the input once, and marks the buffer in flight. Returns R10: SUCCESS, RETRY (out of memory),
 * INVALID_OPERAND.
 */
uint64_t tdx_request_take_on(struct tdx_request *request, const struct jurat_guest_memory *memory,
			     struct jurat_error *err);
/* Initializes the client for this request. 0; -ENOMEM. */
JURAT_MUST_CHECK int tdx_request_begin(struct tdx_request *request, struct base_env *env,
				       const char *service);
/*
 * Writes the output to the guest's buffer, but not the status: the quote when `result` is QGS_MESSAGE,
 * nothing for an error. Sets request->status to the value for tdx_store_status().
 */
void tdx_request_conclude(struct tdx_request *request, const struct jurat_guest_memory *memory, int result);

/* Stores the status, after everything else and in a single store. 0; -EFAULT. */
int tdx_store_status(const struct jurat_guest_memory *memory, uint64_t gpa, uint64_t status);
int tdx_store_out_len(const struct jurat_guest_memory *memory, uint64_t gpa, uint32_t out_len);

void tdx_request_free(struct tdx_request *request);

#endif
