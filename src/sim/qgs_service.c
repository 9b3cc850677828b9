/* SPDX-License-Identifier: MIT */
#include "sim/qgs_service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/qgs.h"

/* Handlers of Intel's service have one code for whatever went wrong. */
enum { HANDLER_ERROR = QGS_E_UNEXPECTED };

static int write_response(struct qgs_message *response, unsigned request_minor, uint8_t **ret,
			  size_t *ret_size, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t room;
	int r;

	response->tail = qgs_tail_of(response->type, request_minor, response->error_code);
	room = qgs_size(response);
	if (room > SIZE_MAX - QGS_FRAME_BYTES)
		return jurat_fail(err, -ENOMEM, "the response is too large");
	room += QGS_FRAME_BYTES;
	bytes = malloc(room);
	if (!bytes)
		return jurat_fail(err, -ENOMEM, "out of memory");
	r = qgs_write(response, true, bytes, room, ret_size, err);
	if (r != 0)
		return r < 0 ? r : jurat_fail(err, -EINVAL, "the response is larger than it said");
	*ret = take_ptr(bytes);
	return 0;
}

static int answer_quote(const struct sim_qe *qe, const struct qgs_message *request, uint8_t **ret,
			size_t *ret_size, struct jurat_error *err)
{
	struct qgs_message response = qgs_message(QGS_QUOTE_RESP);
	const struct bytes_rd *report = &request->parts[QGS_PART_REPORT];
	auto_free uint8_t *quote = NULL;
	size_t n = 0;
	int r = sim_qe_quote(qe, report->data, report->size, &quote, &n, err);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		response.error_code = HANDLER_ERROR;
	else
		response.parts[QGS_PART_QUOTE] = bytes_rd(quote, n);
	return write_response(&response, request->minor_version, ret, ret_size, err);
}

static int answer_collateral(const struct sim_qe *qe, const struct sim_collateral_wish *wish,
			     const struct qgs_message *request, uint8_t **ret, size_t *ret_size,
			     struct jurat_error *err)
{
	struct qgs_message response = qgs_message(QGS_COLLATERAL_RESP);
	struct sim_collateral collateral = { 0 };
	int r = wish ? sim_qe_collateral(qe, wish, &collateral, err) : -ENOENT;

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		response.error_code = HANDLER_ERROR;
	} else {
		response.version[0] = 3; /* QuoteCollateralV3 */
		for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
			response.parts[i] = bytes_rd(collateral.parts[i].bytes, collateral.parts[i].size);
	}
	r = write_response(&response, request->minor_version, ret, ret_size, err);
	sim_collateral_done(&collateral);
	return r;
}

static int answer_platform(const struct sim_qe *qe, const struct qgs_message *request, uint8_t **ret,
			   size_t *ret_size, struct jurat_error *err)
{
	struct qgs_message response = qgs_message(QGS_PLATFORM_RESP);
	struct sim_qe_platform_info info;

	sim_qe_platform_info(qe, &info);
	response.version[0] = info.qe_isv_svn;
	response.version[1] = info.pce_isv_svn;
	response.parts[QGS_PART_PLATFORM_ID] = bytes_rd(info.qe_id, sizeof(info.qe_id));
	response.parts[QGS_PART_CPUSVN] = bytes_rd(info.cpusvn, sizeof(info.cpusvn));
	return write_response(&response, request->minor_version, ret, ret_size, err);
}

int sim_qgs_answer(const struct sim_qe *qe, const struct sim_collateral_wish *collateral,
		   const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	struct qgs_message message, refusal;
	enum qgs_type type;
	int r = qgs_read_type(request, n, &type, err);

	if (r > 0)
		return r;
	if (!qgs_is_request(type)) {
		jurat_fail(err, QGS_E_INVALID_TYPE, "%s is not a request", qgs_type_name(type));
		return QGS_E_INVALID_TYPE;
	}
	r = qgs_read(type, request, n, &message, err);
	if (r > 0) {
		refusal = qgs_message(type + 1);
		refusal.error_code = HANDLER_ERROR;
		return write_response(&refusal, QGS_MINOR_VERSION, ret, ret_size, err);
	}
	switch (type) {
	case QGS_QUOTE_REQ:
		return answer_quote(qe, &message, ret, ret_size, err);
	case QGS_COLLATERAL_REQ:
		return answer_collateral(qe, collateral, &message, ret, ret_size, err);
	default:
		return answer_platform(qe, &message, ret, ret_size, err);
	}
}
