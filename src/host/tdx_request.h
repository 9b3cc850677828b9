/* SPDX-License-Identifier: MIT */
#ifndef HOST_TDX_REQUEST_H
#define HOST_TDX_REQUEST_H

#include "host/host.h"
#include "host/qgs_client.h"
#include "wire/tdx_getquote.h"

/* Who may touch a request: the thread that owns it, or, with the lock of the quotes, whoever takes it. */
enum tdx_request_state {
	TDX_REQUEST_OWNED,
	TDX_REQUEST_SHARED,  /* waits for its service: in the poll descriptor */
	TDX_REQUEST_WAITING, /* for a connection that it may make */
};

/* One GetQuote from its exit to its terminal status. */
struct tdx_request {
	struct tdx_request *next; /* oldest first */
	enum tdx_request_state state;
	bool active;   /* counted among the connections */
	unsigned seen; /* the round of dispatching that had it last */

	uint64_t gpa;
	uint32_t size, in_len; /* of the buffer, and of the input in it */
	uint64_t started_ns, give_up_ns;
	bool framed;  /* the guest speaks to the service itself */
	bool in_call; /* GetQuote has not returned yet */
	uint8_t *ask; /* the question as it is sent */
	size_t ask_size;
	uint8_t *reply;
	struct qgs_client client;

	uint64_t status;
	uint32_t out_len, qgs_error;
	struct jurat_error err; /* why status is an error */
};

/*
 * The guest's header, checked in QEMU's order. Answers with R10: SUCCESS, INVALID_OPERAND, ALIGN_ERROR. Spec
 * pack: TDX 3.1, steps 1 to 5.
 */
uint64_t tdx_request_check(const struct jurat_guest_memory *memory, uint64_t gpa, uint64_t size,
			   struct tdx_getquote_hdr *ret, struct jurat_error *err);
/* Copies the input, once, and marks the buffer in flight. R10: SUCCESS, RETRY: no memory, INVALID_OPERAND. */
uint64_t tdx_request_take_on(struct tdx_request *request, const struct jurat_guest_memory *memory,
			     struct jurat_error *err);
/* Makes the client ready to ask. 0, -ENOMEM. */
JURAT_MUST_CHECK int tdx_request_begin(struct tdx_request *request, struct base_env *env,
				       const char *service);
/*
 * Puts the answer into the guest's buffer, all but the status word: with `result` QGS_MESSAGE the quote, else
 * nothing, for that failed. Says in request->status what is to be stored with tdx_store_status().
 */
void tdx_request_conclude(struct tdx_request *request, const struct jurat_guest_memory *memory, int result);

/* The status word, last and on its own. 0, or -EFAULT. */
int tdx_store_status(const struct jurat_guest_memory *memory, uint64_t gpa, uint64_t status);
int tdx_store_out_len(const struct jurat_guest_memory *memory, uint64_t gpa, uint32_t out_len);

void tdx_request_free(struct tdx_request *request);

/* tdx_quotes.c: KVM_EXIT_TDX of this kernel. */
uint32_t host_tdx_quotes_exit_reason(const struct jurat_tdx_quotes *quotes);

#endif
