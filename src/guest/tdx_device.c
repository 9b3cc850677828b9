/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "guest/guest.h"
#include "uapi/tdx.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"
#include "wire/tdx_uapi.h"

/* TDREPORTs, quotes and RTMRs through /dev/tdx_guest, and RTMRs through sysfs. */

/* Issues one ioctl, and retries while the device is busy. < 0 -errno; any result but 0 is a failure. */
static int issue(struct jurat_guest *g, unsigned long number, void *arg)
{
	int r;

	for (unsigned i = 0;; i++) {
		r = base_ioctl(g->env, g->device_fd, number, arg);
		if (r != -EBUSY || !guest_wait_busy(g->env, i))
			return r > 0 ? -EIO : r;
	}
}

int guest_tdx_report0(struct jurat_guest *g, const uint8_t report_data[64], uint8_t ret[TDX_REPORT_BYTES],
		      struct jurat_error *err)
{
	struct tdx_report_req req = { 0 };
	uint8_t bytes[TDX_REPORT_REQ_BYTES];
	struct tdx_report report;
	int r;

	memcpy(req.reportdata, report_data, sizeof(req.reportdata));
	wire_write(&tdx_report_req_layout, &req, bytes);
	r = issue(g, UAPI_TDX_CMD_GET_REPORT0, bytes);
	if (r < 0)
		return jurat_fail(err, r, "TDX_CMD_GET_REPORT0 on '%s': %s", g->device, strerror(-r));
	r = wire_read(&tdx_report_req_layout, bytes, sizeof(bytes), &req, err);
	if (r == 0)
		r = tdx_report_read(req.tdreport, sizeof(req.tdreport), &report, err);
	if (r < 0)
		return jurat_wrap(err, -EPROTO, "TDX_CMD_GET_REPORT0 on '%s'", g->device);
	if (memcmp(report.mac.report_data, report_data, sizeof(report.mac.report_data)) != 0)
		return jurat_fail(
			err, -EPROTO,
			"TDX_CMD_GET_REPORT0 on '%s': the TDREPORT has other report_data than requested",
			g->device);
	memcpy(ret, req.tdreport, TDX_REPORT_BYTES);
	return 0;
}

/* Quote ioctls of kernels that were never released, each with the buffer format of its users. */
static const struct quote_ioctl {
	const char *name;
	unsigned long number;
	bool framed;
} quote_ioctls[] = {
	{ "TDX_CMD_GET_QUOTE", UAPI_TDX_CMD_GET_QUOTE, false },
	{ "TDX_CMD_GET_QUOTE (libtdx_attest, v3)", UAPI_TDX_CMD_LIBTDX_GET_QUOTE_V3, true },
	{ "TDX_CMD_GET_QUOTE (libtdx_attest)", UAPI_TDX_CMD_LIBTDX_GET_QUOTE, true },
};

/* Finds the quote in the VMM's output, whatever the ioctl returned (K2, K3). */
static int read_output(const struct quote_ioctl *how, const uint8_t *buf, size_t n, struct bytes_rd *ret,
		       struct jurat_error *err)
{
	struct bytes_rd out, message;
	uint32_t length;
	int r = tdx_getquote_read_output(buf, n, &out, err);

	if (r == JURAT_BUSY)
		return jurat_fail(err, -ETIMEDOUT, "the quote is still in flight");
	if (r < 0 || !how->framed) {
		*ret = out;
		return r;
	}
	message = out;
	length = bytes_rd_be32(&message);
	if (message.bad || length != bytes_rd_left(&message))
		return jurat_fail(err, -EBADMSG,
				  "the output has %zu bytes, but its length field says %" PRIu32, out.size,
				  length);
	r = guest_qgs_answer(message.data + message.off, bytes_rd_left(&message), &out.data, &out.size, err);
	if (r == 0)
		*ret = bytes_rd(out.data, out.size);
	return r;
}

static int quote_by_ioctl(struct jurat_guest *g, const struct quote_ioctl *how,
			  const uint8_t tdreport[TDX_REPORT_BYTES], uint8_t **ret, size_t *ret_size,
			  struct jurat_error *err)
{
	uint8_t request[QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + TDX_REPORT_BYTES], bytes[TDX_QUOTE_REQ_BYTES];
	auto_free uint8_t *buf = malloc(TDX_GETQUOTE_SEED_BYTES);
	struct tdx_quote_req req = { .buf = (uintptr_t)buf, .len = TDX_GETQUOTE_SEED_BYTES };
	struct bytes_rd quote = { 0 };
	size_t n;
	int r;

	if (!buf)
		return jurat_fail_memory(err);
	n = guest_qgs_request(tdreport, request, sizeof(request));
	r = how->framed ? tdx_getquote_write(request, n, buf, TDX_GETQUOTE_SEED_BYTES, err)
			: tdx_getquote_write(tdreport, TDX_REPORT_BYTES, buf, TDX_GETQUOTE_SEED_BYTES, err);
	if (r < 0)
		return r;
	wire_write(&tdx_quote_req_layout, &req, bytes);
	r = issue(g, how->number, bytes);
	if (r < 0)
		return jurat_fail(err, r, "%s on '%s': %s", how->name, g->device, strerror(-r));
	r = read_output(how, buf, TDX_GETQUOTE_SEED_BYTES, &quote, err);
	if (r < 0)
		return jurat_wrap(err, r, "%s on '%s'", how->name, g->device);
	memmove(buf, quote.data, quote.size);
	*ret = take_ptr(buf);
	*ret_size = quote.size;
	return 0;
}

static int quote_by_device(struct jurat_guest *g, const uint8_t tdreport[TDX_REPORT_BYTES], uint8_t **ret,
			   size_t *ret_size, struct jurat_error *err)
{
	int r = -ENOTTY;

	for (size_t i = 0; r == -ENOTTY && i < ARRAY_SIZE(quote_ioctls); i++)
		r = quote_by_ioctl(g, &quote_ioctls[i], tdreport, ret, ret_size, err);
	if (r == -ENOTTY)
		return jurat_fail(
			err, -EOPNOTSUPP,
			"'%s' provides TDREPORTs but no quotes, and no quoting service is configured",
			g->device);
	return r;
}

bool guest_tdx_has_service(struct jurat_guest *g)
{
	auto_free char *configured = NULL;

	return g->quoting_service || (guest_qgs_configured(g->env, &configured, NULL) == 0 && configured);
}

int guest_tdx_quote(struct jurat_guest *g, const uint8_t report_data[64], struct jurat_evidence *ret,
		    struct jurat_error *err)
{
	uint8_t tdreport[TDX_REPORT_BYTES];
	auto_free char *configured = NULL;
	auto_free uint8_t *quote = NULL;
	const char *service = g->quoting_service;
	size_t n = 0;
	int r = guest_tdx_report0(g, report_data, tdreport, err);

	if (r == 0 && !service) {
		r = guest_qgs_configured(g->env, &configured, err);
		service = configured;
	}
	if (r < 0)
		return r;
	r = service ? guest_qgs_quote(g->env, service, tdreport, &quote, &n, err)
		    : quote_by_device(g, tdreport, &quote, &n, err);
	if (r == 0)
		r = guest_check_quote(quote, n, report_data, err);
	if (r < 0)
		return r;
	*ret = (struct jurat_evidence){ .report = take_ptr(quote), .report_size = n };
	return 0;
}

static int check_rtmr(const struct jurat_guest *g, unsigned index, struct jurat_error *err)
{
	if (g->tee != JURAT_TEE_TDX)
		return jurat_fail(err, -EOPNOTSUPP, "RTMRs are not available on SEV-SNP");
	if (index >= TDX_N_RTMRS)
		return jurat_fail(err, -EINVAL, "RTMR %u: expected 0 to 3", index);
	return 0;
}

static char *rtmr_path(const struct jurat_guest *g, unsigned index)
{
	char *path;

	return asprintf(&path, "%s/rtmr%u:sha384", g->measurements, index) < 0 ? NULL : path;
}

static int rtmr_from_tdreport(struct jurat_guest *g, unsigned index, uint8_t ret[TDX_MR_BYTES],
			      struct jurat_error *err)
{
	static const uint8_t nothing[64];
	uint8_t bytes[TDX_REPORT_BYTES];
	struct tdx_report report;
	int r = guest_tdx_report0(g, nothing, bytes, err);

	if (r == 0)
		r = tdx_report_read(bytes, sizeof(bytes), &report, err);
	if (r == 0)
		memcpy(ret, tdx_td_info_rtmr(&report.td, index), TDX_MR_BYTES);
	return r;
}

int jurat_guest_tdx_rtmr_read(struct jurat_guest *g, unsigned index, uint8_t ret[TDX_MR_BYTES],
			      struct jurat_error *err)
{
	auto_free uint8_t *value = NULL;
	auto_free char *path = NULL;
	size_t n = 0;
	int r = check_rtmr(g, index, err);

	if (r < 0)
		return r;
	path = rtmr_path(g, index);
	if (!path)
		return jurat_fail_memory(err);
	r = base_read_file(g->env, path, 4096, &value, &n, err);
	if (r == -ENOENT)
		return g->device_fd >= 0
			       ? rtmr_from_tdreport(g, index, ret, err)
			       : jurat_fail(err, -EOPNOTSUPP,
					    "RTMRs can be read neither through '%s' nor through '%s'",
					    g->measurements, g->device);
	if (r < 0)
		return r;
	if (n != TDX_MR_BYTES)
		return jurat_fail(err, -EPROTO, "'%s': expected %d bytes, found %zu", path, TDX_MR_BYTES, n);
	memcpy(ret, value, TDX_MR_BYTES);
	return 0;
}

static int extend_by_ioctl(struct jurat_guest *g, unsigned index, const uint8_t digest[TDX_MR_BYTES],
			   struct jurat_error *err)
{
	struct tdx_extend_rtmr_req req = { .index = (uint8_t)index };
	uint8_t bytes[TDX_EXTEND_RTMR_REQ_BYTES];
	int r = -ENOTTY;

	memcpy(req.data, digest, sizeof(req.data));
	wire_write(&tdx_extend_rtmr_req_layout, &req, bytes);
	if (g->device_fd >= 0)
		r = issue(g, UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR, bytes);
	if (r == -ENOTTY)
		return jurat_fail(err, -EOPNOTSUPP,
				  "RTMRs can be extended neither through '%s' nor through '%s'",
				  g->measurements, g->device);
	return r < 0 ? jurat_fail(err, r, "extending RTMR %u on '%s': %s", index, g->device, strerror(-r))
		     : 0;
}

/* Writes the whole digest once and never retries, because each write extends the register. */
int jurat_guest_tdx_rtmr_extend(struct jurat_guest *g, unsigned index, const uint8_t digest[TDX_MR_BYTES],
				struct jurat_error *err)
{
	auto_free char *path = NULL;
	int fd, closed, r = check_rtmr(g, index, err);
	ssize_t n;

	if (r < 0)
		return r;
	path = rtmr_path(g, index);
	if (!path)
		return jurat_fail_memory(err);
	fd = base_open(g->env, path, O_WRONLY, 0);
	if (fd == -ENOENT)
		return extend_by_ioctl(g, index, digest, err);
	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	n = base_write(g->env, fd, digest, TDX_MR_BYTES);
	closed = base_close(g->env, fd);
	if (n >= 0 && n != TDX_MR_BYTES)
		n = -EIO;
	r = n < 0 ? (int)n : closed;
	return r < 0 ? jurat_fail(err, r, "cannot extend '%s': %s", path, strerror(-r)) : 0;
}
