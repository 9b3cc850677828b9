/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VMM_WORLD_H
#define TESTS_VMM_WORLD_H

#include "support/test.h"

#include <sys/types.h>

#include "uapi/kvm.h"
#include "vmm/support/fake_kvm.h"
#include "wire/kvm_run.h"

/*
 * A VMM in a process of its own, over fake_kvm.h, with the preload library between the two; and a
 * certificate blob, a log and a quoting service. The settings are the environment of the VMM's process.
 */
enum {
	WORLD_PAGE = 4096,
	WORLD_RAM_BYTES = 1 << 20, /* at guest address 0 */
	WORLD_ROM_GPA = 0xfff00000,
	WORLD_ROM_BYTES = 16 * WORLD_PAGE,
	WORLD_VCPUS = 4,
	WORLD_QUOTE_BYTES = 5006,
};

struct world {
	char dir[64], blob[96], log[96], socket[96], service_address[112];
	uint8_t table[64 * 1024];
	size_t table_size;
	pid_t service; /* of the quoting service; 0: none */

	/* Of the VMM. */
	int kvm, vm, vcpu[WORLD_VCPUS];
	uint8_t *run[WORLD_VCPUS];
	uint8_t *ram, *rom;
	volatile unsigned *shared; /* words that the test's process sees, too */
	int alive[2];              /* a pipe whose end comes with that of the test's process */
};

/* In the VMM's process, where a test framework is of no use: ends it, and the test fails. */
#define EXPECT(condition)                                                                                    \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			world_give_up(__FILE__, __LINE__, #condition);                                       \
	} while (0)
__attribute__((noreturn)) void world_give_up(const char *file, int line, const char *text);

/* Around a case: *state is its world. */
int world_setup(void **state);
int world_teardown(void **state);
/* A table with one certificate that makes the whole `size` bytes, whose bytes are all `fill`. */
void world_put_table(struct world *w, size_t size, uint8_t fill);
/* Starts a quoting service: it answers each request after `delay_ms`. */
void world_start_service(struct world *w, unsigned delay_ms);

/*
 * Runs `vmm` in a process with the settings "NAME=VALUE" ... NULL, where certs, service and log of the
 * world are set unless `settings` has them; "NAME" alone unsets. Fails the test unless the process ends
 * with 0 and no lock is left. world_start() and world_wait() are its halves.
 */
void world_vmm(struct world *w, const char *const *settings, void (*vmm)(struct world *w));
pid_t world_start(struct world *w, const char *const *settings, void (*vmm)(struct world *w));
void world_wait(struct world *w, pid_t pid, int status);
/* What has been written to the log. */
const char *world_log(const struct world *w);

/* In the VMM: a VM with RAM and ROM, and n vCPUs whose kvm_run is mapped. */
void world_create(struct world *w, unsigned long type, unsigned n_vcpus);
void world_add_vcpu(struct world *w, unsigned i);
void world_add_vcpu_of(struct world *w, unsigned i, unsigned long id);
void world_close(struct world *w);
/* The VMM's loop of one vCPU until the exit is completed. Returns errno of the KVM_RUN that completed it. */
int world_run(struct world *w, unsigned vcpu, struct fake_exit *exit);
struct fake_exit world_certs_exit(uint64_t gpa, uint64_t npages);
struct fake_exit world_quote_exit(uint64_t gpa, uint64_t size);
/* A GetQuote buffer with a TDREPORT. */
void world_put_report(struct world *w, uint64_t gpa);
uint64_t world_status(const struct world *w, uint64_t gpa);
/* Whether anybody holds a lock on the blob. */
bool world_locked(const struct world *w);
uint8_t *world_flag(struct world *w, unsigned vcpu); /* immediate_exit */

#endif
