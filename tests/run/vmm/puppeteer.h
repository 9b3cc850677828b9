/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RUN_VMM_PUPPETEER_H
#define TESTS_RUN_VMM_PUPPETEER_H

#include "support/test.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "puppet.h"
#include "run/vmm/protocol.h"
#include "uapi/kvm.h"

/* The test as the supervisor of a puppet, whose every KVM_RUN it orders itself. */
enum { KVM = 1, VM, VCPU, VCPU_2, MEMFD }; /* files of the puppet */
enum { FIRST, SECOND, N_THREADS };

struct puppet {
	pid_t pid;
	int threads[N_THREADS];
	int listener; /* -1: there is no supervisor */
	int vm, vcpu[N_THREADS];
};

/* PUPPET, LIBRARY, and whether the tests are on the machine's own KVM. */
extern const char *puppet_path, *puppet_library;
extern bool real_kvm;

struct puppet_setup {
	bool alone;          /* without a supervisor */
	bool choose;         /* the agent chooses the KVM */
	void (*enter)(void); /* in the process that becomes the puppet */
};

/* Starts it. puppet_end() ends it; both leave nothing behind. */
void puppet_start(struct puppet *p, const struct puppet_setup *setup);
void puppet_end(struct puppet *p);
/* Its memory ends at the reset vector, where it halts. */
#define PUPPET_RAM       UINT64_C(0xffff0000)
#define PUPPET_RAM_BYTES 0x10000u
/* ... with /dev/kvm open, a VM of this type, an irqchip or none, and this many vCPUs, mapped. */
void puppet_start_vm(struct puppet *p, unsigned long type, bool irqchip, unsigned vcpus);
/* KVM_CREATE_VCPU with this id, which is also its place among the files; the supervisor hears of it. */
void puppet_create_vcpu(struct puppet *p, unsigned i);

/* KVM_SET_USER_MEMORY_REGION, which has to succeed, and its event. */
struct puppet_result puppet_slot(struct puppet *p, const struct uapi_kvm_memory_region *region,
				 struct vmm_event *ret);

/* A call of one thread, in one step and in two. */
void puppet_send(struct puppet *p, unsigned thread, const struct puppet_call *call);
struct puppet_result puppet_result(struct puppet *p, unsigned thread);
struct puppet_result puppet_call(struct puppet *p, unsigned thread, const struct puppet_call *call);
#define CALL(p, ...) puppet_call(p, FIRST, &(struct puppet_call){ __VA_ARGS__ })
/* KVM_RUN of the thread's vCPU, which is not answered yet. */
void puppet_run(struct puppet *p, unsigned thread, bool immediate_exit);
/* ... with `ret` and `npages` in kvm_run. */
void puppet_run_with(struct puppet *p, unsigned thread, bool immediate_exit, uint64_t ret, uint64_t npages);

int puppet_accept(struct puppet *p);
struct vmm_event puppet_event(int fd, enum vmm_event_kind kind);
void puppet_order(int fd, const struct vmm_order *order);
#define ORDER(fd, ...) puppet_order(fd, &(struct vmm_order){ __VA_ARGS__ })
/* The other end is closed, and nothing was sent. */
void assert_closed(int fd);
/* Nothing has been sent. */
void assert_silent(const struct puppet *p, int fd);

/* The first KVM_RUN of a thread, up to its RUN event, which is not answered. */
struct vmm_event puppet_first_run(struct puppet *p, unsigned thread, bool immediate_exit);
/* Makes the exit of the thread's KVM_RUN that waits, and checks that the VMM gets it. */
void puppet_make_exit(struct puppet *p, unsigned thread, uint32_t reason);

/* What the call returned: result and errno. */
void assert_result_at(const struct puppet_result *r, int64_t result, int error, const char *file, int line);
#define assert_result(r, result, error) assert_result_at(&(r), result, error, __FILE__, __LINE__)

/* [--real] LIBRARY PUPPET */
int puppet_main(int argc, char **argv, int (*run_group)(const char *name));
#define NEEDS_KVM()                                                                                          \
	do {                                                                                                 \
		if (real_kvm && access("/dev/kvm", R_OK | W_OK) != 0)                                        \
			SKIP_BECAUSE("/dev/kvm cannot be opened here");                                      \
	} while (0)

#endif
