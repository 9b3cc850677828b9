/* SPDX-License-Identifier: MIT */
#ifndef SIM_SEV_GUEST_INTERNAL_H
#define SIM_SEV_GUEST_INTERNAL_H

#include "sim/guest/sev_guest.h"

/*
 * Shared by sev_guest.c (one encrypted message, from key to decrypted response) and sev_guest_ioctl.c (the
 * ioctl interface). A request is a `struct sim_sev_call`, which the ioctl code fills in from user memory and
 * reads the result from.
 */
enum sim_sev_state {
	SIM_SEV_IDLE,
	SIM_SEV_STARTED, /* nothing was checked yet */
	SIM_SEV_EXITED,  /* the caller enters the hypervisor */
	SIM_SEV_ASLEEP,  /* BUSY: resend at until_ns */
};

struct sim_sev_call {
	uint8_t msg_type, msg_version;
	const uint8_t *payload;
	size_t payload_size, response_size;
	bool extended;
	uint32_t certs_pages; /* offered; after INVALID_LEN: needed. 32 bits of RBX, as in the driver */
	uint64_t exitinfo2;
	uint64_t seqno;        /* of the request under way */
	bool resending_plain;  /* after INVALID_LEN the same message went out again without certificates */
	uint32_t needed_pages; /* what INVALID_LEN said then */
};

struct sim_sev_guest {
	struct sim_guest_memory memory;
	struct sim_sev_guest_layout layout;
	unsigned vmpck, quirks;
	const struct sim_linux *kernel;
	bool disabled; /* the driver discarded the key, whatever the secrets page holds */

	enum sim_sev_state state;
	bool killed;
	uint32_t shared_pages; /* for certificates, during this request */
	uint64_t started_ns, until_ns;
	struct sim_sev_call call;

	const struct sim_user_memory *user; /* an ioctl; NULL: a request from inside the kernel */
	unsigned long ioctl_number;
	uint64_t ioctl_arg;
	struct sim_sev_request *request;
	uint8_t input[SNP_IOCTL_BYTES]; /* struct snp_guest_request_ioctl as it was copied in */
	uint8_t user_request[SNP_EXT_REPORT_REQ_BYTES]; /* what req_data points to */

	/* Private: the request while it is sealed, then the copied, opened response. */
	uint8_t page[SNP_PAGE_BYTES];
};

/* The opened payload, response_size bytes and zero-padded; valid when the call ended with 0. */
static inline const uint8_t *sim_sev_response(const struct sim_sev_guest *guest)
{
	return guest->page + SNP_MSG_HDR_BYTES;
}

/* Copies shared certificate page `i` to `to`, one page. */
JURAT_MUST_CHECK int sim_sev_read_certs_page(const struct sim_sev_guest *guest, uint32_t i, uint8_t *to);

/*
 * The ioctl before and after the message.
 *
 * sim_sev_ioctl_begin  copies in, judges, fills guest->call. 0: send it. Otherwise what ioctl(2) gives at
 *                      once; *ret_copy_back says whether the 32 bytes still go back
 * sim_sev_ioctl_end    r is the driver's outcome; copies the results. Returns what ioctl(2) gives
 */
int sim_sev_ioctl_begin(struct sim_sev_guest *guest, bool *ret_copy_back);
int sim_sev_ioctl_end(struct sim_sev_guest *guest, int r);
int sim_sev_ioctl_copy_back(struct sim_sev_guest *guest, int r);

#endif
