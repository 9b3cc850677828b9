/* SPDX-License-Identifier: MIT */
#ifndef SIM_TDX_GUEST_H
#define SIM_TDX_GUEST_H

#include "base/mix.h"
#include "sim/guest/sev_guest.h"
#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_report.h"

/*
 * The Linux guest driver behind /dev/tdx_guest and configfs-tsm's tdx_guest, as a state machine without a
 * thread, in two variants:
 *
 *	UPSTREAM  one shared quote buffer, GetQuote, and a look at its status every second, for 30 s
 *	SEED      the driver that was posted in 2023 and not merged: ioctl TDX_CMD_GET_QUOTE on a 16 KiB
 *	          buffer, completion by the interrupt of SetupEventNotifyInterrupt, no time limit
 *
 * Known bugs of the kernel's driver are reproduced, each behind a flag of `quirks`; differences between
 * releases are in sim/linux. Inevitable effects of a misbehaving VMM need no flag: while a buffer is in
 * flight the VMM owns it, even if the driver has given up, and every request fails with -EBUSY (K4).
 *
 * Threads   one thread per object
 * Spec      Linux drivers/virt/coco/tdx-guest/tdx-guest.c
 */
struct sim_tdx_guest;

enum sim_tdx_flavour { SIM_TDX_UPSTREAM, SIM_TDX_SEED };

enum sim_tdx_quirk {
	/* K3: a time-out ends with 0, and a quote that is first seen at 30 s with -ETIMEDOUT. Linux does. */
	SIM_TDX_QUIRK_TIMEOUT_OFF_BY_ONE = 1 << 0,
	/*
	 * K1: out_len is not checked, and memory after the buffer is returned with the quote. Linux before
	 * commit c3fd16c3b98e of March 2026, which 6.12.117 has, too.
	 */
	SIM_TDX_QUIRK_UNBOUNDED_OUT_LEN = 1 << 1,
	/* SEED: the interrupt handler does not check that a request is pending. As posted, it does. */
	SIM_TDX_QUIRK_NO_FLAG = 1 << 2,
};
#define SIM_TDX_QUIRKS_LINUX SIM_TDX_QUIRK_TIMEOUT_OFF_BY_ONE

enum { SIM_TDX_GUEST_POLLS = 30 }; /* one second apart */

struct sim_tdx_guest_config {
	enum sim_tdx_flavour flavour;
	unsigned quirks;                /* enum sim_tdx_quirk; UPSTREAM, but where they say SEED */
	uint64_t buffer_gpa;            /* page-aligned; shared while the driver is loaded */
	uint32_t buffer_bytes;          /* 0: the kernel's; or whole pages up to 4 MiB */
	uint8_t vector;                 /* SEED: 32 to 255 */
	const struct sim_linux *kernel; /* whose driver it is; NULL: the newest's */
	/*
	 * SEED: a task waits as long as the status is "in flight", whatever interrupts come. As posted, it
	 * does not look at the status: an interrupt that is not its own and comes before the VMM has set the
	 * status to "in flight" ends its wait too early.
	 */
	bool rechecks;
};

/* Environment of the driver; memory.ctx is the ctx of all functions. */
struct sim_tdx_guest_platform {
	struct sim_guest_memory memory;
	uint64_t shared_bit;
	/* TDCALLs: UAPI_TDCALL_SUCCESS, or a status whose high half says what is wrong. */
	uint64_t (*mr_report)(void *ctx, const uint8_t report_data[TDX_REPORT_DATA_BYTES],
			      uint8_t ret[TDX_REPORT_BYTES]);
	uint64_t (*rtmr_extend)(void *ctx, uint64_t index, const uint8_t digest[TDX_MR_BYTES]);
};

/*
 * platform  copied; its ctx must outlive the driver
 * Returns   0; -EINVAL addresses, sizes or a vector that cannot be; -ENOMEM. Probe it before anything else.
 */
JURAT_MUST_CHECK int sim_tdx_guest_new(const struct sim_tdx_guest_platform *platform,
				       const struct sim_tdx_guest_config *config, struct sim_tdx_guest **ret,
				       struct jurat_error *err);
/*
 * May be called any time. Without a remove the buffer stays shared, and owned by the VMM when it is in
 * flight.
 */
void sim_tdx_guest_free(struct sim_tdx_guest *guest);

/*
 * Operations that call the VMM run in steps. Start one, then step until DONE:
 *
 *	SIM_TDX_STEP_TDVMCALL  make the call in `regs`, step again with its answer there
 *	SIM_TDX_STEP_SLEEP     the driver sleeps until `ret->until_ns`: step again then (earlier changes
 *	                       nothing)
 *	SIM_TDX_STEP_WAIT      SEED: it waits for an interrupt, for ever: step again when one has come
 *	SIM_TDX_STEP_DONE      `ret->result`: 0 or -errno, as for whoever started it
 */
enum sim_tdx_step {
	SIM_TDX_STEP_TDVMCALL,
	SIM_TDX_STEP_SLEEP,
	SIM_TDX_STEP_WAIT,
	SIM_TDX_STEP_DONE,
};
struct sim_tdx_step_result {
	enum sim_tdx_step step;
	uint64_t until_ns;
	int result;
};
/* Without an operation in progress: DONE and -EINVAL. */
void sim_tdx_guest_step(struct sim_tdx_guest *guest, uint64_t now_ns, struct uapi_tdvmcall *regs,
			struct sim_tdx_step_result *ret);

/*
 * Loads the driver: MapGPA makes the buffer shared; SEED: SetupEventNotifyInterrupt.
 * Result    0; -ENOMEM the buffer cannot be shared: its pages are never used again (K7); -EIO no interrupt
 * Returns   0 started; -EBUSY something is under way; -EEXIST it is loaded; -ENOMEM its pages are lost
 */
JURAT_MUST_CHECK int sim_tdx_guest_start_probe(struct sim_tdx_guest *guest);
/*
 * Unloads it: MapGPA makes the buffer private.
 * Result    0; -EIO that failed, and the pages stay as they are and are never used again (K7)
 * Returns   0 started; -EBUSY something is under way; -ENODEV it is not loaded
 */
JURAT_MUST_CHECK int sim_tdx_guest_start_remove(struct sim_tdx_guest *guest);
bool sim_tdx_guest_is_loaded(const struct sim_tdx_guest *guest);

/*
 * A quote, for configfs-tsm's tdx_guest provider.
 *
 * Result    0 and a quote, which is empty when the VMM says that it is, or by the faults above; -EBUSY an
 *           earlier request is still in flight, or an operand of the TDCALL is busy; -EINVAL not 64 bytes;
 *           -ENXIO the module refuses; -EIO the module or GetQuote failed (RETRY, too: K5), or the VMM's
 *           status says so; -EINTR killed; -ETIMEDOUT; -EFBIG more output than the buffer holds; -EFAULT
 *           the buffer is not there; -ENOMEM
 * Returns   0 started; -EBUSY another is under way, the caller queues, as the driver's mutex has it; -ENODEV
 *           it is not loaded; -EOPNOTSUPP SEED
 */
struct sim_tdx_quote_request {
	const uint8_t *inblob; /* borrowed until DONE */
	size_t inblob_size;
	uint8_t *quote; /* out: heap, the caller frees; changes with result 0 only */
	size_t quote_size;
};
JURAT_MUST_CHECK int sim_tdx_guest_start_quote(struct sim_tdx_guest *guest,
					       struct sim_tdx_quote_request *request);
/*
 * SEED: ioctl(TDX_CMD_GET_QUOTE). arg is the user address of 16 bytes: address and length of a GetQuote
 * buffer, header first, which goes to the VMM as it is, and comes back whatever its status says.
 *
 * Result    0; -EFAULT; -EINVAL a length of 0 or above the buffer; -EIO GetQuote failed
 * Returns   0 started; -EBUSY and -ENODEV as above; -ENOTTY UPSTREAM. `user` is borrowed until DONE.
 */
JURAT_MUST_CHECK int sim_tdx_guest_start_ioctl(struct sim_tdx_guest *guest,
					       const struct sim_user_memory *user, uint64_t arg);
/*
 * A signal for the waiting program. UPSTREAM: -EINTR instead of the next sleep. SEED: nothing, the wait
 * cannot be ended. Nothing happens when nothing is under way.
 */
void sim_tdx_guest_kill(struct sim_tdx_guest *guest);
/*
 * The interrupt arrived. One that is not the request's own has no effect while the status is "in flight"; see
 * `rechecks` for one that comes before that.
 */
void sim_tdx_guest_interrupt(struct sim_tdx_guest *guest, uint8_t vector);
/* SEED: an interrupt has completed the request: after SIM_TDX_STEP_WAIT, step again. */
bool sim_tdx_guest_is_woken(const struct sim_tdx_guest *guest);
/* Adds all that its next steps can depend on, but memory; times as how far they are from `now_ns`. */
void sim_tdx_guest_mix(const struct sim_tdx_guest *guest, uint64_t now_ns, struct base_mix *to);
/* R10 of the last TDVMCALL, which the driver only logs (K6). */
uint64_t sim_tdx_guest_last_r10(const struct sim_tdx_guest *guest);

/*
 * Any other ioctl(2) on /dev/tdx_guest, done at once, also while a quote is awaited: TDX_CMD_GET_REPORT0.
 * 0; -EFAULT; -ENXIO the module refuses; -EBUSY an operand is busy; -EIO it failed otherwise; -ENOTTY another
 * request; -ENODEV it is not loaded.
 */
int sim_tdx_guest_ioctl(struct sim_tdx_guest *guest, const struct sim_user_memory *user,
			unsigned long request, uint64_t arg);

/*
 * The files of /sys/class/misc/tdx_guest/measurements, by number from 0; NULL: no more. Reading gives
 * TDX_MR_BYTES, through a TDREPORT; writing TDX_MR_BYTES extends.
 *
 * Returns   0; -ENODEV; -ENOENT no such file; -EACCES it cannot be written; -EINVAL not 48 bytes; -ENXIO,
 *           -EBUSY, -EIO as above
 */
const char *sim_tdx_guest_mr_name(unsigned number, bool *ret_is_writable);
int sim_tdx_guest_mr_read(struct sim_tdx_guest *guest, const char *name, uint8_t ret[TDX_MR_BYTES]);
int sim_tdx_guest_mr_write(struct sim_tdx_guest *guest, const char *name, const void *digest, size_t n);

#endif
