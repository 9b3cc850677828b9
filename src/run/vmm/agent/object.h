/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_AGENT_OBJECT_H
#define RUN_VMM_AGENT_OBJECT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/vmm/agent/timer.h"
#include "run/vmm/protocol.h"

/*
 * The agent's state of a VM or a vCPU, and its connection to the supervisor. Objects are reused and never
 * unmapped, because a timer's signal may arrive late. They are in one list, because the child of fork(2) must
 * close its copies of the descriptors; otherwise the supervisor would not notice that the parent has ended.
 */
struct agent_object {
	struct agent_object *older;
	atomic_bool used;
	bool own; /* an object of the simulated KVM, own_kvm.h */

	/* The inode shows whether `fd` is still the agent's: a VMM may close what it did not open. */
	atomic_int fd; /* -1: no connection, or it has ended: no more exits */
	ino_t socket;

	/* of a VM */
	pthread_mutex_t mutex; /* one message at a time */
	atomic_bool irqchip;   /* the VM has an in-kernel irqchip */

	/* of a vCPU */
	atomic_bool busy;    /* a thread is in KVM_RUN */
	bool connected;      /* a connection was tried */
	bool quiet;          /* no more events */
	uint32_t pending;    /* exit_reason of the exit that is not completed yet; 0: none */
	bool signal_blocked; /* by the VMM; unblocked for a kick */
	struct agent_timer slice, kick;
};

/* NULL: out of memory. */
struct agent_object *agent_object_new(void);
void agent_object_free(struct agent_object *o); /* accepts NULL */
void agent_objects_forked(void);

/* Connects to the address in $JURAT_VMM_CHECK. 0; -ENOENT it is not set; another -errno */
int agent_connect(struct agent_object *o);
void agent_disconnect(struct agent_object *o);
/*
 * Sends an event and waits for the order. 0; -errno: the supervisor has ended or sent an invalid order, and
 * the connection is closed.
 */
int agent_exchange(struct agent_object *o, const struct vmm_event *event, struct vmm_order *ret);
/* The same from any thread, for an event whose order is VMM_ORDER_OK. */
int agent_tell(struct agent_object *o, const struct vmm_event *event, struct vmm_order *ret);

#endif
