/* SPDX-License-Identifier: MIT */
#ifndef SIM_SEV_GUEST_H
#define SIM_SEV_GUEST_H

#include <stdbool.h>

#include "base/error.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"

/*
 * The Linux guest driver behind /dev/sev-guest: the algorithm of drivers/virt/coco/sev-guest, as a state
 * machine that
 * owns no thread. It seals a message in private memory, copies the page once to shared memory, asks for a
 * VMGEXIT,
 * resends the identical page on BUSY (every 2 s of virtual time, for 60 s) or after INVALID_LEN, and wipes
 * the VMPCK
 * when anything else goes wrong. Known faults of the kernel's driver are kept, each behind a flag of
 * `quirks`.
 *
 * One request at a time, as the driver's mutex has it: a second start is -EBUSY and the caller queues.
 * Threads   one thread per object
 */
struct sim_sev_guest;

/* Guest memory as the driver sees it; the VM below gives it. Errors are the driver's bug: it stops with -EFAULT. */
struct sim_guest_memory {
	int (*read)(void *ctx, uint64_t gpa, void *to, size_t n);
	int (*write)(void *ctx, uint64_t gpa, const void *from, size_t n);
	void *ctx;
};

/* The memory of the program that calls the ioctl. -EFAULT where it has none. */
struct sim_user_memory {
	int (*read)(void *ctx, uint64_t addr, void *to, size_t n);
	int (*write)(void *ctx, uint64_t addr, const void *from, size_t n);
	void *ctx;
};

enum sim_sev_guest_quirk {
	/* B57: a failed plain resend after INVALID_LEN is masked as INVALID_LEN and the key is kept. Linux does. */
	SIM_QUIRK_MASK_FAILED_RESEND = 1 << 0,
	/* B30: INVALID_LEN to a plain request keeps the key although counters have parted. Linux does. */
	SIM_QUIRK_KEEP_KEY_ON_PLAIN_INVALID_LEN = 1 << 1,
};
#define SIM_QUIRKS_LINUX (SIM_QUIRK_MASK_FAILED_RESEND | SIM_QUIRK_KEEP_KEY_ON_PLAIN_INVALID_LEN)

struct sim_sev_guest_layout { /* shared guest pages that the driver uses, all page-aligned */
	uint64_t ghcb_gpa, request_gpa, response_gpa, certs_gpa; /* certs: 4 pages */
	uint64_t secrets_gpa;					   /* private */
};

JURAT_MUST_CHECK int sim_sev_guest_new(const struct sim_guest_memory *memory, const struct sim_sev_guest_layout *layout,
				       unsigned vmpck, unsigned quirks, struct sim_sev_guest **ret,
				       struct jurat_error *err);
void sim_sev_guest_free(struct sim_sev_guest *guest);
unsigned sim_sev_guest_vmpck(const struct sim_sev_guest *guest);
bool sim_sev_guest_key_wiped(const struct sim_sev_guest *guest);

/*
 * ioctl(2) on /dev/sev-guest, in steps. Start it, then step until DONE:
 *
 *   SIM_STEP_VMGEXIT  the GHCB page holds a request: enter the hypervisor with it, then step again
 *   SIM_STEP_SLEEP    the driver sleeps until `ret->until_ns`: step again then, not before
 *   SIM_STEP_DONE     `ret->result` is what ioctl(2) gives: 0, a positive GHCB error (B13), or -errno;
 *                     what is to be copied back has been
 *
 * arg is the user address of the 32-byte structure.
 */
enum sim_step { SIM_STEP_VMGEXIT, SIM_STEP_SLEEP, SIM_STEP_DONE };
struct sim_step_result {
	enum sim_step step;
	uint64_t until_ns;
	int result;
};
/* 0 started (step it, also when it is done at once); -EBUSY another request is under way. `user` is borrowed until DONE. */
JURAT_MUST_CHECK int sim_sev_guest_start(struct sim_sev_guest *guest, const struct sim_user_memory *user,
					 unsigned long request, uint64_t arg);
void sim_sev_guest_step(struct sim_sev_guest *guest, uint64_t now_ns, struct sim_step_result *ret);
/* Kills the calling program while it sleeps (SIGKILL): the request ends with -EINTR and the key is wiped, as Linux does. */
void sim_sev_guest_kill(struct sim_sev_guest *guest);

/*
 * The same request for a caller inside the kernel (configfs-tsm's sev_guest provider): the message and the
 * certificate
 * buffer are given directly. `result` of DONE as above; *exitinfo2 as the driver leaves it.
 */
struct sim_sev_request {
	uint8_t msg_type, msg_version;
	const uint8_t *payload; /* borrowed until DONE */
	size_t payload_size;
	uint8_t *response;	/* caller's, until DONE; zero-padded */
	size_t response_size;
	uint8_t *certs;		/* caller's, until DONE; NULL: a plain request */
	uint32_t certs_pages;	/* in: offered (0 asks for the size); out, after INVALID_LEN: needed */
	bool extended;
	uint64_t exitinfo2;
};
JURAT_MUST_CHECK int sim_sev_guest_start_request(struct sim_sev_guest *guest, struct sim_sev_request *request);

#endif
