/* SPDX-License-Identifier: MIT */
#ifndef HOST_TDX_QUOTES_H
#define HOST_TDX_QUOTES_H

#include <pthread.h>

#include "host/host.h"
#include "host/tdx_request.h"

/* The quotes of a VM: tdx_quotes.c opens and closes them, tdx_serve.c serves GetQuote, tdx_exit.c exits. */
struct jurat_tdx_quotes {
	struct base_env *env;
	struct jurat_tdx_quotes_options options; /* with the defaults filled in */
	char *service;                           /* NULL: none */
	struct jurat_guest_memory memory;
	uint64_t grace_ns, timeout_ns;
	int poll_fd, timer_fd;

	pthread_mutex_t mutex; /* protects the members below, and requests that no thread owns */
	pthread_cond_t ended;  /* a request that was cancelled or dropped has, or n_telling became 0 */
	struct tdx_request *requests;
	size_t n_requests, n_active;
	unsigned n_telling; /* threads that call `notify` and `log` */
	unsigned round;
	uint64_t armed_ns; /* time that the timer is set to */
	bool has_vector;
	uint8_t vector;
	uint32_t vcpu; /* vCPU that receives the vector */
};

#endif
