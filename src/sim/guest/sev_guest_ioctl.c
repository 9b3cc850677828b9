/* SPDX-License-Identifier: MIT */
#include "sim/guest/sev_guest_internal.h"

#include <errno.h>

#include "base/cleanup.h"
#include "uapi/sev.h"

#define PRESET_EXITINFO2 0xff

/*
 * The three ioctls: size of the structure at req_data, size of the message in it, size of the structure at
 * resp_data. Spec: Linux include/uapi/linux/sev-guest.h.
 */
struct ioctl_kind {
	unsigned long number;
	enum snp_msg_type msg_type;
	uint16_t request_bytes, payload_bytes, response_bytes;
	bool extended;
};

static const struct ioctl_kind kinds[] = {
	{ UAPI_SNP_GET_REPORT, SNP_MSG_REPORT_REQ, SNP_MSG_REPORT_REQ_BYTES, SNP_MSG_REPORT_REQ_BYTES,
	  SNP_REPORT_RESP_BYTES, false },
	{ UAPI_SNP_GET_DERIVED_KEY, SNP_MSG_KEY_REQ, SNP_MSG_KEY_REQ_BYTES, SNP_MSG_KEY_REQ_BYTES,
	  SNP_MSG_KEY_RSP_BYTES, false },
	{ UAPI_SNP_GET_EXT_REPORT, SNP_MSG_REPORT_REQ, SNP_EXT_REPORT_REQ_BYTES, SNP_MSG_REPORT_REQ_BYTES,
	  SNP_REPORT_RESP_BYTES, true },
};

static const struct ioctl_kind *find_kind(unsigned long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].number == number)
			return &kinds[i];
	return NULL;
}

static int user_read(const struct sim_sev_guest *g, uint64_t addr, void *to, size_t n)
{
	return g->user->read(g->user->ctx, addr, to, n) < 0 ? -EFAULT : 0;
}

static int user_write(const struct sim_sev_guest *g, uint64_t addr, const void *from, size_t n)
{
	return g->user->write(g->user->ctx, addr, from, n) < 0 ? -EFAULT : 0;
}

/*
 * access_ok(): a range that reaches beyond the user part of the address space is refused, whatever is mapped
 * there. Spec: Linux arch/x86, USER_PTR_MAX, with 4-level page tables.
 */
#define USER_PTR_MAX UINT64_C(0x7ffffffff000)

static bool user_range_ok(uint64_t addr, uint32_t size)
{
	uint64_t end;

	return !__builtin_add_overflow(addr, size, &end) && end <= USER_PTR_MAX;
}

/* The structures are kept as copied in: only one field differs when they are copied back. */
static struct snp_guest_request_ioctl input_of(const struct sim_sev_guest *g)
{
	struct snp_guest_request_ioctl input = { 0 };

	(void)!wire_read(&snp_guest_request_ioctl_layout, g->input, sizeof(g->input), &input, NULL);
	return input;
}

static struct snp_ext_report_req ext_request_of(const struct sim_sev_guest *g)
{
	struct snp_ext_report_req request = { 0 };

	(void)!wire_read(&snp_ext_report_req_layout, g->user_request, sizeof(g->user_request), &request,
			 NULL);
	return request;
}

/*
 * The size of the program's certificate buffer in pages; 0 if it wants no certificates.
 * Spec: Linux sev-guest.c, get_ext_report().
 */
static int wanted_pages(const struct sim_sev_guest *g, uint32_t *ret)
{
	struct snp_ext_report_req request = ext_request_of(g);

	*ret = 0;
	if (request.certs_len == 0 || request.certs_address == 0)
		return 0;
	if (request.certs_len > SIM_SEV_GUEST_CERTS_PAGES * SNP_PAGE_BYTES ||
	    request.certs_len % SNP_PAGE_BYTES != 0)
		return -EINVAL;
	if (!user_range_ok(request.certs_address, request.certs_len))
		return -EFAULT;
	*ret = request.certs_len / SNP_PAGE_BYTES;
	return 0;
}

int sim_sev_ioctl_begin(struct sim_sev_guest *g, bool *ret_copy_back)
{
	const struct ioctl_kind *kind = find_kind(g->ioctl_number);
	struct snp_guest_request_ioctl input;
	uint32_t pages = 0;
	int r;

	*ret_copy_back = false;
	if (user_read(g, g->ioctl_arg, g->input, sizeof(g->input)) < 0)
		return -EFAULT;
	g->call = (struct sim_sev_call){ .exitinfo2 = PRESET_EXITINFO2 };
	input = input_of(g);
	if (input.msg_version == 0)
		return -EINVAL;
	if (g->kernel->sev_checks_key_first && sim_sev_guest_key_wiped(g))
		return -ENOTTY;
	*ret_copy_back = true;
	if (!kind)
		return -ENOTTY;
	if (input.req_data == 0 || input.resp_data == 0)
		return -EINVAL;
	if (user_read(g, input.req_data, g->user_request, kind->request_bytes) < 0)
		return -EFAULT;
	if (kind->extended) {
		r = wanted_pages(g, &pages);
		if (r < 0)
			return r;
	}
	g->call.msg_type = (uint8_t)kind->msg_type;
	g->call.msg_version = input.msg_version;
	g->call.payload = g->user_request;
	g->call.payload_size = kind->payload_bytes;
	g->call.response_size = kind->response_bytes;
	g->call.extended = kind->extended;
	g->call.certs_pages = pages;
	return 0;
}

int sim_sev_ioctl_copy_back(struct sim_sev_guest *g, int r)
{
	struct snp_guest_request_ioctl input = input_of(g);

	if (g->call.exitinfo2 == 0)
		return r;
	input.exitinfo2 = g->call.exitinfo2;
	wire_write(&snp_guest_request_ioctl_layout, &input, g->input);
	return user_write(g, g->ioctl_arg, g->input, sizeof(g->input)) < 0 ? -EFAULT : r;
}

static int copy_certs(struct sim_sev_guest *g)
{
	uint64_t to = ext_request_of(g).certs_address;
	uint8_t page[SNP_PAGE_BYTES];

	for (uint32_t i = 0; i < g->call.certs_pages; i++)
		if (sim_sev_read_certs_page(g, i, page) < 0 ||
		    user_write(g, to + (uint64_t)i * SNP_PAGE_BYTES, page, sizeof(page)) < 0)
			return -EFAULT;
	return 0;
}

/* INVALID_LEN: returns the buffer size that is needed, whatever the result of the ioctl. */
static int copy_certs_len(struct sim_sev_guest *g, const struct snp_guest_request_ioctl *input)
{
	struct snp_ext_report_req request = ext_request_of(g);

	request.certs_len = g->call.certs_pages * SNP_PAGE_BYTES; /* wraps at 32 bits, as in the driver */
	wire_write(&snp_ext_report_req_layout, &request, g->user_request);
	return user_write(g, input->req_data, g->user_request, sizeof(g->user_request));
}

int sim_sev_ioctl_end(struct sim_sev_guest *g, int r)
{
	struct snp_guest_request_ioctl input = input_of(g);

	if (g->call.extended && g->call.exitinfo2 >> 32 == SNP_VMM_INVALID_LEN &&
	    copy_certs_len(g, &input) < 0)
		r = -EFAULT;
	if (r == 0)
		r = copy_certs(g);
	if (r == 0)
		r = user_write(g, input.resp_data, sim_sev_response(g), g->call.response_size);
	return sim_sev_ioctl_copy_back(g, r);
}
