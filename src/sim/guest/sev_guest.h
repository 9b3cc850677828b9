/* SPDX-License-Identifier: MIT */
#ifndef SIM_SEV_GUEST_H
#define SIM_SEV_GUEST_H

#include <stdbool.h>

#include "base/error.h"
#include "base/mix.h"
#include "sim/linux/linux.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"

/*
 * The Linux guest driver behind /dev/sev-guest: the algorithm of drivers/virt/coco/sev-guest, as a state
 * machine without a thread. It encrypts a message in private memory, copies the page once to shared memory,
 * requests a VMGEXIT, resends the identical page on BUSY (every 2 s of virtual time, for 60 s) or after
 * INVALID_LEN, and wipes the VMPCK on any other error. Known bugs of the kernel's driver are reproduced, each
 * behind a flag of `quirks`; differences between releases are in sim/linux. Key and message counter are kept
 * in the guest's secrets page only, so that a second driver on the same page (kexec) continues the count of
 * the first.
 *
 * One request at a time, as with the driver's mutex: a second start returns -EBUSY, and the caller queues it.
 * Threads   one thread per object
 */
struct sim_sev_guest;

/*
 * Guest memory as accessed by the driver, implemented by the VM. 0, or -errno without partial effects. An
 * error ends the request with -EFAULT, and wipes the key if the host may have seen the message already.
 */
struct sim_guest_memory {
	int (*read)(void *ctx, uint64_t gpa, void *to, size_t n);
	int (*write)(void *ctx, uint64_t gpa, const void *from, size_t n);
	void *ctx;
	/*
	 * Page state changes, which zero the pages, for drivers that make them at run time. NULL: pages are
	 * already shared and remain so.
	 */
	int (*set_shared)(void *ctx, uint64_t gpa, uint64_t npages, bool shared);
};

/*
 * The memory of the program that calls the ioctl. 0, or < 0 for an unmapped address: the ioctl then returns
 * -EFAULT.
 */
struct sim_user_memory {
	int (*read)(void *ctx, uint64_t addr, void *to, size_t n);
	int (*write)(void *ctx, uint64_t addr, const void *from, size_t n);
	void *ctx;
};

enum sim_sev_guest_quirk {
	/*
	 * B57: a failed plain resend after INVALID_LEN is masked as INVALID_LEN and the key is kept. Linux
	 * does.
	 */
	SIM_QUIRK_MASK_FAILED_RESEND = 1 << 0,
	/* B30: INVALID_LEN for a plain request keeps the key although the counters differ. Linux does. */
	SIM_QUIRK_KEEP_KEY_ON_PLAIN_INVALID_LEN = 1 << 1,
	/* B1, B2: another message is resent in place of the identical one. Linux does not. */
	SIM_QUIRK_RESEND_ANOTHER = 1 << 2,
	/* B1: after INVALID_LEN nothing is resent, and the next message has the same number. Linux did. */
	SIM_QUIRK_REUSE_SEQNO = 1 << 3,
};
#define SIM_QUIRKS_LINUX (SIM_QUIRK_MASK_FAILED_RESEND | SIM_QUIRK_KEEP_KEY_ON_PLAIN_INVALID_LEN)

struct sim_sev_guest_layout { /* guest pages that the driver uses, all page-aligned */
	/* Shared. Four pages for certificates, which the driver shares itself where its release does. */
	uint64_t ghcb_gpa, request_gpa, response_gpa, certs_gpa;
	uint64_t secrets_gpa; /* private */
};

enum {
	SIM_SEV_GUEST_CERTS_PAGES = 4, /* Spec: Linux sev-guest.h, SEV_FW_BLOB_MAX_SIZE */
};

/*
 * memory    copied; its ctx must outlive the driver
 * vmpck     0 to 3: which key of the secrets page
 * quirks    enum sim_sev_guest_quirk
 * kernel    Linux release of the driver; NULL: the newest
 * Returns   0; -EINVAL no such key, an all-zero key, or an unaligned page; -EFAULT no secrets page; -ENOMEM
 */
JURAT_MUST_CHECK int sim_sev_guest_new(const struct sim_guest_memory *memory,
				       const struct sim_sev_guest_layout *layout, unsigned vmpck,
				       unsigned quirks, const struct sim_linux *kernel,
				       struct sim_sev_guest **ret, struct jurat_error *err);
void sim_sev_guest_free(struct sim_sev_guest *guest);
unsigned sim_sev_guest_vmpck(const struct sim_sev_guest *guest);
bool sim_sev_guest_key_wiped(const struct sim_sev_guest *guest);
/* Sequence number of the message in progress, or of the last one. Its page may be sent more than once. */
uint64_t sim_sev_guest_seqno(const struct sim_sev_guest *guest);
/* Moves the calling task to another CPU with its own GHCB page. Between requests only. */
void sim_sev_guest_on_cpu(struct sim_sev_guest *guest, uint64_t ghcb_gpa);

/*
 * ioctl(2) on /dev/sev-guest, in steps. Start it, then step until DONE:
 *
 * SIM_STEP_VMGEXIT the GHCB page holds a request: enter the hypervisor with it, then step again
 * SIM_STEP_SLEEP the driver sleeps until `ret->until_ns`: step again then (earlier changes nothing)
 * SIM_STEP_DONE `ret->result` is that of ioctl(2): 0, a positive GHCB error (B13), or -errno; results have
 * been copied back
 *
 * arg is the user address of the 32-byte structure.
 */
enum sim_step { SIM_STEP_VMGEXIT, SIM_STEP_SLEEP, SIM_STEP_DONE };
struct sim_step_result {
	enum sim_step step;
	uint64_t until_ns;
	int result;
};
/*
 * 0 started (step it, even if it completes at once); -EBUSY another request is in progress. `user` is
 * borrowed until DONE.
 */
JURAT_MUST_CHECK int sim_sev_guest_start(struct sim_sev_guest *guest, const struct sim_user_memory *user,
					 unsigned long request, uint64_t arg);
/* Without a request in progress: DONE and -EINVAL. */
void sim_sev_guest_step(struct sim_sev_guest *guest, uint64_t now_ns, struct sim_step_result *ret);
/*
 * SIGKILL for the calling program. As in Linux it does not end the request, because the driver does not check
 * why it woke up: it resends at once and then no longer waits 2 s between resends (here: 1 ms, so that
 * virtual time advances), until the host responds or the 60 s are over. No effect without a request in
 * progress.
 */
void sim_sev_guest_kill(struct sim_sev_guest *guest);

/*
 * The same request for a caller inside the kernel (configfs-tsm's sev_guest provider), which passes message
 * and certificate buffer directly. `result` of DONE as above; `exitinfo2` is always set.
 */
struct sim_sev_request {
	uint8_t msg_type, msg_version;
	const uint8_t *payload; /* borrowed until DONE */
	size_t payload_size;    /* at most SNP_MSG_MAX_PAYLOAD_BYTES */
	uint8_t *response;      /* caller's, until DONE; written on success, zero-padded */
	size_t response_size;   /* a longer response is -EBADMSG */
	uint8_t *certs; /* caller's, until DONE: certs_pages pages, written on success; NULL: none wanted */
	uint32_t certs_pages; /* in: offered, at most 4; out, after INVALID_LEN: needed */
	bool extended; /* EXT_GUEST_REQUEST rather than GUEST_REQUEST; with 0 pages it asks for the size */
	uint64_t exitinfo2; /* out */
};
/* 0 started; -EBUSY another request is in progress; -EINVAL sizes or pages beyond the limits above. */
JURAT_MUST_CHECK int sim_sev_guest_start_request(struct sim_sev_guest *guest,
						 struct sim_sev_request *request);

/*
 * For explorers: adds everything on which a later step depends, but guest memory and what the caller of a
 * request gave.
 */
void sim_sev_guest_mix(const struct sim_sev_guest *guest, struct base_mix *to);

#endif
