/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "uapi/sev.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"

#define MSG_VERSION      1
#define NOT_ANSWERED     SNP_EXITINFO2(UINT32_MAX, SNP_NO_FW_CALL)
#define PRESET_BY_DRIVER 0xff

static uint64_t address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static const char *vmm_error_name(uint32_t vmm)
{
	switch (vmm) {
	case SNP_VMM_INVALID_LEN:
		return "INVALID_LEN";
	case SNP_VMM_BUSY:
		return "BUSY";
	case SNP_VMM_GENERIC:
		return "generic";
	default:
		return "unknown";
	}
}

/* Explains a failure. exitinfo2 is used only with EIO: old kernels leave it undefined otherwise (B14). */
static int explain(const struct jurat_guest *g, const char *name, int r, uint64_t exitinfo2,
		   struct jurat_error *err)
{
	uint32_t fw = (uint32_t)exitinfo2, vmm = (uint32_t)(exitinfo2 >> 32);
	const char *status = snp_status_name(fw);

	if (r > 0) /* B13 */
		return jurat_fail(err, -EIO, "%s on '%s': the hypervisor refused the VMGEXIT (result %d)",
				  name, g->device, r);
	if (r == -ENOTTY)
		return jurat_fail(
			err, r,
			"%s on '%s': %s: the driver has wiped its key, or does not support this ioctl", name,
			g->device, strerror(-r));
	if (r == -ETIMEDOUT)
		return jurat_fail(
			err, r, "%s on '%s': %s: the host was busy for too long and the driver wiped its key",
			name, g->device, strerror(-r));
	if (r != -EIO)
		return jurat_fail(err, r, "%s on '%s': %s", name, g->device, strerror(-r));
	if (exitinfo2 == NOT_ANSWERED || exitinfo2 == PRESET_BY_DRIVER)
		return jurat_fail(err, r, "%s on '%s': %s: the firmware was not called", name, g->device,
				  strerror(-r));
	if (vmm)
		return jurat_fail(err, r, "%s on '%s': %s: VMM error %#x (%s), firmware status %#x (%s)",
				  name, g->device, strerror(-r), vmm, vmm_error_name(vmm), fw,
				  status ? status : "unknown");
	return jurat_fail(err, r, "%s on '%s': %s: firmware status %#x (%s)", name, g->device, strerror(-r),
			  fw, status ? status : "unknown");
}

/*
 * Issues one ioctl. Any result but 0 is a failure. *ret_exitinfo2 is the driver's value, or all ones when it
 * wrote none: on success it copies nothing back (B15).
 */
static int issue(struct jurat_guest *g, unsigned long number, const void *request, void *response,
		 uint64_t *ret_exitinfo2)
{
	struct snp_guest_request_ioctl input = {
		.msg_version = MSG_VERSION,
		.req_data = address_of(request),
		.resp_data = address_of(response),
		.exitinfo2 = NOT_ANSWERED,
	};
	uint8_t bytes[SNP_IOCTL_BYTES];
	int r;

	wire_write(&snp_guest_request_ioctl_layout, &input, bytes);
	r = base_ioctl(g->env, g->device_fd, number, bytes);
	if (wire_read(&snp_guest_request_ioctl_layout, bytes, sizeof(bytes), &input, NULL) < 0)
		return -EIO;
	*ret_exitinfo2 = r == 0 ? 0 : input.exitinfo2;
	return r;
}

/* Checks the firmware's status of the request, inside the encrypted response. */
static int check_status(const struct jurat_guest *g, const char *name, uint32_t status,
			struct jurat_error *err)
{
	const char *text = snp_status_name(status);

	if (status == SNP_SUCCESS)
		return 0;
	return jurat_fail(err, status == SNP_INVALID_PARAM || status == SNP_INVALID_KEY ? -EINVAL : -EIO,
			  "%s on '%s': refused by firmware: message status %#x (%s)", name, g->device, status,
			  text ? text : "unknown");
}

struct report_call {
	const char *name;
	unsigned long number;
	uint8_t request[SNP_EXT_REPORT_REQ_BYTES];
	uint8_t response[SNP_REPORT_RESP_BYTES];
	uint8_t *certs;
	uint32_t certs_size;
	struct snp_msg_report_rsp answer;
};

static void free_call(struct report_call *call)
{
	free(call->certs);
}

static void fill_report_request(struct report_call *call, const uint8_t report_data[64], uint32_t vmpl,
				uint32_t key_sel)
{
	struct snp_msg_report_req message = { .vmpl = vmpl, .key_sel = key_sel };
	struct snp_ext_report_req request = {
		.certs_address = address_of(call->certs),
		.certs_len = call->certs_size,
	};

	memcpy(message.report_data, report_data, sizeof(message.report_data));
	wire_write(&snp_msg_report_req_layout, &message, request.report_req);
	wire_write(&snp_ext_report_req_layout, &request, call->request);
	memset(call->response, 0, sizeof(call->response));
}

/* After INVALID_LEN: enlarges the buffer to the size that the host requires. */
static int grow_certs(struct report_call *call, struct jurat_error *err)
{
	struct snp_ext_report_req request;
	uint8_t *larger;
	int r;

	r = wire_read(&snp_ext_report_req_layout, call->request, sizeof(call->request), &request, err);
	if (r < 0)
		return r;
	if (request.certs_len <= call->certs_size || request.certs_len % SNP_PAGE_BYTES != 0)
		return jurat_fail(err, -EPROTO,
				  "the host was offered %u bytes for certificates and requires %u",
				  call->certs_size, request.certs_len);
	if (request.certs_len > GUEST_CERTS_MAX_BYTES)
		return jurat_fail(err, -EMSGSIZE,
				  "the host's certificates have %u bytes, at most %d are supported",
				  request.certs_len, GUEST_CERTS_MAX_BYTES);
	larger = calloc(1, request.certs_len);
	if (!larger)
		return jurat_fail_memory(err);
	free(call->certs);
	call->certs = larger;
	call->certs_size = request.certs_len;
	return 0;
}

static int issue_report(struct jurat_guest *g, struct report_call *call, const uint8_t report_data[64],
			uint32_t vmpl, uint32_t key_sel, struct jurat_error *err)
{
	uint64_t exitinfo2 = 0;
	int r;

	for (unsigned i = 0; i < GUEST_CERTS_TRIES; i++) {
		fill_report_request(call, report_data, vmpl, key_sel);
		r = issue(g, call->number, call->request, call->response, &exitinfo2);
		if (r == 0)
			return wire_read(&snp_msg_report_rsp_layout, call->response, sizeof(call->response),
					 &call->answer, err);
		if (r == -EINVAL && call->certs_size > GUEST_CERTS_FIRST_BYTES)
			return jurat_fail(err, -EMSGSIZE,
					  "%s on '%s': the host's certificates have %u bytes, more than the "
					  "driver accepts",
					  call->name, g->device, call->certs_size);
		if (r != -EIO || exitinfo2 >> 32 != SNP_VMM_INVALID_LEN || !call->certs)
			return explain(g, call->name, r, exitinfo2, err);
		r = grow_certs(call, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s on '%s'", call->name, g->device);
	}
	return jurat_fail(err, -EPROTO, "%s on '%s': the host required a larger certificate buffer %d times",
			  call->name, g->device, GUEST_CERTS_TRIES);
}

/* Converts the response to evidence: copies the report, and trims the certificates to their table. */
static int take_evidence(struct report_call *call, const uint8_t report_data[64], struct jurat_evidence *ret,
			 struct jurat_error *err)
{
	const uint8_t *report = call->response + SNP_MSG_REPORT_RSP_BYTES - SNP_REPORT_BYTES;
	size_t certs_size = call->certs ? guest_certs_size(call->certs, call->certs_size) : 0;
	auto_free uint8_t *copy = NULL;
	int r;

	r = guest_check_report(report, call->answer.report_size, report_data, err);
	if (r < 0)
		return r;
	copy = malloc(SNP_REPORT_BYTES);
	if (!copy)
		return jurat_fail_memory(err);
	memcpy(copy, report, SNP_REPORT_BYTES);
	*ret = (struct jurat_evidence){ .report = take_ptr(copy), .report_size = SNP_REPORT_BYTES };
	if (certs_size > 0) {
		ret->certs = take_ptr(call->certs);
		ret->certs_size = certs_size;
	}
	return 0;
}

int guest_device_report(struct jurat_guest *g, const uint8_t report_data[64],
			const struct jurat_guest_report_options *options, struct jurat_evidence *ret,
			struct jurat_error *err)
{
	uint32_t vmpl = options->vmpl; /* 0 unless requested */
	uint32_t last = options->has_vmpl ? vmpl : GUEST_MAX_VMPL;
	auto_call(free_call) struct report_call call = { "SNP_GET_REPORT", UAPI_SNP_GET_REPORT };
	int r;

	if (!options->no_certificates) {
		call.name = "SNP_GET_EXT_REPORT";
		call.number = UAPI_SNP_GET_EXT_REPORT;
		call.certs = calloc(1, GUEST_CERTS_FIRST_BYTES);
		if (!call.certs)
			return jurat_fail_memory(err);
		call.certs_size = GUEST_CERTS_FIRST_BYTES;
	}
	do
		r = issue_report(g, &call, report_data, vmpl, options->key_sel, err);
	while (r == 0 && call.answer.status == SNP_INVALID_PARAM && vmpl++ < last); /* B35 */
	if (r == 0)
		r = check_status(g, call.name, call.answer.status, err);
	if (r < 0)
		return r;
	r = take_evidence(&call, report_data, ret, err);
	return r < 0 ? jurat_wrap(err, r, "%s on '%s'", call.name, g->device) : 0;
}

int guest_device_derived_key(struct jurat_guest *g, const struct jurat_snp_key_options *options,
			     uint8_t ret[32], struct jurat_error *err)
{
	uint32_t vmpl = options->vmpl; /* 0 unless requested */
	uint32_t last = options->has_vmpl ? vmpl : GUEST_MAX_VMPL;
	uint8_t request[SNP_MSG_KEY_REQ_BYTES], response[SNP_MSG_KEY_RSP_BYTES];
	struct snp_msg_key_rsp answer = { 0 };
	uint64_t exitinfo2;
	int r;

	do {
		struct snp_msg_key_req message = {
			.root_key_select = (uint32_t)options->root,
			.guest_field_select = options->fields,
			.vmpl = vmpl,
			.guest_svn = options->guest_svn,
			.tcb_version = options->tcb_version,
		};

		wire_write(&snp_msg_key_req_layout, &message, request);
		memset(response, 0, sizeof(response));
		r = issue(g, UAPI_SNP_GET_DERIVED_KEY, request, response, &exitinfo2);
		if (r != 0) {
			r = explain(g, "SNP_GET_DERIVED_KEY", r, exitinfo2, err);
			break;
		}
		r = wire_read(&snp_msg_key_rsp_layout, response, sizeof(response), &answer, err);
	} while (r == 0 && answer.status == SNP_INVALID_PARAM && vmpl++ < last);
	if (r == 0)
		r = check_status(g, "SNP_GET_DERIVED_KEY", answer.status, err);
	/* the driver wrote nothing */
	if (r == 0 && bytes_all(answer.derived_key, sizeof(answer.derived_key), 0))
		r = jurat_fail(err, -EPROTO, "SNP_GET_DERIVED_KEY on '%s': the key is all zeros", g->device);
	if (r == 0)
		memcpy(ret, answer.derived_key, sizeof(answer.derived_key));
	bytes_wipe(response, sizeof(response));
	bytes_wipe(&answer, sizeof(answer));
	return r;
}
