/* SPDX-License-Identifier: MIT */
#include "sim/tdx/qgs_service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/der.h"
#include "sim/tdx/qe_internal.h"

enum {
	/* Collateral format 3: CRLs in hex. Intel's service uses 3.1 only if configured. */
	COLLATERAL_MAJOR = 3,
	COLLATERAL_MINOR = 0,
};

static int write_message(struct qgs_message *m, unsigned request_minor, uint8_t **ret, size_t *ret_size,
			 struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t room;
	int r;

	m->tail = qgs_tail_of(m->type, request_minor, m->error_code);
	room = qgs_size(m);
	if (room > SIZE_MAX - QGS_FRAME_BYTES)
		return jurat_fail(err, -ENOMEM, "the response is too large");
	room += QGS_FRAME_BYTES;
	bytes = malloc(room);
	if (!bytes)
		return jurat_fail_memory(err);
	r = qgs_write(m, true, bytes, room, ret_size, err);
	if (r != 0)
		return r < 0 ? r : jurat_fail(err, -EINVAL, "the response is larger than it said");
	*ret = take_ptr(bytes);
	return 0;
}

static int answer_quote(const struct sim_qe *qe, const struct qgs_message *request, uint8_t **ret,
			size_t *ret_size, struct jurat_error *err)
{
	const struct bytes_rd *report = &request->parts[QGS_PART_REPORT];
	struct qgs_message m = qgs_message(QGS_QUOTE_RESP);
	auto_free uint8_t *quote = NULL;
	size_t n;
	int r = sim_qe_quote(qe, report->data, report->size, &quote, &n, err);

	if (r < 0)
		return r;
	m.parts[QGS_PART_QUOTE] = bytes_rd(quote, n);
	return write_message(&m, request->minor_version, ret, ret_size, err);
}

/* Compares the name of a CA; clients may include the terminating NUL. */
static bool names(const struct bytes_rd *part, const char *name)
{
	size_t n = strlen(name);

	return (part->size == n || (part->size == n + 1 && part->data[n] == 0)) &&
	       memcmp(part->data, name, n) == 0;
}

static int to_hex(struct sim_collateral *collateral, enum sim_collateral_part part, struct jurat_error *err)
{
	size_t n = collateral->parts[part].size;
	char *hex;

	if (!collateral->parts[part].bytes)
		return 0;
	hex = malloc(BYTES_HEX_SIZE(n));
	if (!hex)
		return jurat_fail_memory(err);
	bytes_to_hex(collateral->parts[part].bytes, n, hex);
	free(collateral->parts[part].bytes);
	collateral->parts[part].bytes = (uint8_t *)hex;
	collateral->parts[part].size = 2 * n;
	return 0;
}

static int answer_collateral(const struct sim_qe *qe, const struct sim_collateral_options *o,
			     const struct qgs_message *request, uint8_t **ret, size_t *ret_size,
			     struct jurat_error *err)
{
	static const enum sim_collateral_part crls[] = { SIM_ROOT_CA_CRL, SIM_PCK_CRL };
	const struct sim_tdx_identity *id = sim_tdx_identity(qe->platform);
	auto_call(sim_collateral_done) struct sim_collateral collateral = { 0 };
	struct qgs_message m = qgs_message(QGS_COLLATERAL_RESP);
	int r = 0;

	if (!o)
		return jurat_fail(err, -ENOENT, "no collateral: this service does not provide any");
	if (!der_equal(&request->parts[QGS_PART_FMSPC], id->fmspc, sizeof(id->fmspc)))
		return jurat_fail(err, -ENOENT, "no collateral: the FMSPC is of another platform");
	if (!names(&request->parts[QGS_PART_PCK_CA], "platform"))
		return jurat_fail(err, -ENOENT, "no collateral: the certificate is by the platform CA");
	r = sim_qe_collateral(qe, o, &collateral, err);
	for (size_t i = 0; i < ARRAY_SIZE(crls) && r == 0; i++)
		r = to_hex(&collateral, crls[i], err);
	if (r < 0)
		return r;
	m.version[0] = COLLATERAL_MAJOR;
	m.version[1] = COLLATERAL_MINOR;
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS;
	     i++) /* each with its NUL, as Intel's service has it */
		if (collateral.parts[i].bytes)
			m.parts[i] = bytes_rd(collateral.parts[i].bytes, collateral.parts[i].size + 1);
	return write_message(&m, request->minor_version, ret, ret_size, err);
}

static int answer_platform(const struct sim_qe *qe, const struct qgs_message *request, uint8_t **ret,
			   size_t *ret_size, struct jurat_error *err)
{
	struct qgs_message m = qgs_message(QGS_PLATFORM_RESP);
	struct sim_qe_platform_info info;

	sim_qe_platform_info(qe, &info);
	m.version[0] = info.qe_isv_svn;
	m.version[1] = info.pce_isv_svn;
	m.parts[QGS_PART_PLATFORM_ID] = bytes_rd(info.qe_id, sizeof(info.qe_id));
	m.parts[QGS_PART_CPUSVN] = bytes_rd(info.cpusvn, sizeof(info.cpusvn));
	return write_message(&m, request->minor_version, ret, ret_size, err);
}

int sim_qgs_response(const struct sim_qe *qe, const struct sim_collateral_options *collateral,
		     enum qgs_type type, const uint8_t *bytes, size_t n, uint8_t **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	struct qgs_message request;

	if (qgs_read(type, bytes, n, &request, err) != 0)
		return -EBADMSG;
	switch (type) {
	case QGS_QUOTE_REQ:
		return answer_quote(qe, &request, ret, ret_size, err);
	case QGS_COLLATERAL_REQ:
		return answer_collateral(qe, collateral, &request, ret, ret_size, err);
	case QGS_PLATFORM_REQ:
		return answer_platform(qe, &request, ret, ret_size, err);
	default:
		return jurat_fail(err, -EBADMSG, "%s is not a request", qgs_type_name(type));
	}
}

int sim_qgs_answer(const struct sim_qe *qe, const struct sim_collateral_options *collateral,
		   const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	struct qgs_message refusal;
	enum qgs_type type;
	int r = qgs_read_type(request, n, &type, err);

	if (r > 0)
		return r;
	if (!qgs_is_request(type)) {
		jurat_fail(err, QGS_E_INVALID_TYPE, "%s is not a request", qgs_type_name(type));
		return QGS_E_INVALID_TYPE;
	}
	r = sim_qgs_response(qe, collateral, type, request, n, ret, ret_size, err);
	if (r == 0 || r == -ENOMEM)
		return r;
	refusal = qgs_message((enum qgs_type)(type + 1));
	refusal.error_code = QGS_E_UNEXPECTED;
	return write_message(&refusal, QGS_MINOR_VERSION, ret, ret_size, err);
}
