/* SPDX-License-Identifier: MIT */
#include "wire/qgs.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"

#define QGS_MSG_LIB     "Intel DCAP, qgs_msg_lib.h"

#define WIRE_ROW_STRUCT qgs_hdr
WIRE_LAYOUT(QGS_HDR_FIELDS, QGS_HDR_BYTES, "QGS header", QGS_MSG_LIB);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT qgs_quote_req
WIRE_LAYOUT(QGS_QUOTE_REQ_FIELDS, QGS_QUOTE_REQ_BYTES, "QGS quote request", QGS_MSG_LIB);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT qgs_quote_resp
WIRE_LAYOUT(QGS_QUOTE_RESP_FIELDS, QGS_QUOTE_RESP_BYTES, "QGS quote response", QGS_MSG_LIB);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT qgs_collateral_req
WIRE_LAYOUT(QGS_COLLATERAL_REQ_FIELDS, QGS_COLLATERAL_REQ_BYTES, "QGS collateral request", QGS_MSG_LIB);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT qgs_collateral_resp
WIRE_LAYOUT(QGS_COLLATERAL_RESP_FIELDS, QGS_COLLATERAL_RESP_BYTES, "QGS collateral response", QGS_MSG_LIB);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT qgs_platform_resp
WIRE_LAYOUT(QGS_PLATFORM_RESP_FIELDS, QGS_PLATFORM_RESP_BYTES, "QGS platform info response", QGS_MSG_LIB);
#undef WIRE_ROW_STRUCT

/* What follows the header: two version words in some types, the size of each part, then the parts. */
static const struct type_info {
	const char *name;
	bool has_version;
	unsigned n_parts;
	size_t fixed;
} types[QGS_N_TYPES] = {
	[QGS_QUOTE_REQ] = { "GET_QUOTE_REQ", false, 2, QGS_QUOTE_REQ_BYTES },
	[QGS_QUOTE_RESP] = { "GET_QUOTE_RESP", false, 2, QGS_QUOTE_RESP_BYTES },
	[QGS_COLLATERAL_REQ] = { "GET_COLLATERAL_REQ", false, 2, QGS_COLLATERAL_REQ_BYTES },
	[QGS_COLLATERAL_RESP] = { "GET_COLLATERAL_RESP", true, 7, QGS_COLLATERAL_RESP_BYTES },
	[QGS_PLATFORM_REQ] = { "GET_PLATFORM_INFO_REQ", false, 0, QGS_PLATFORM_REQ_BYTES },
	[QGS_PLATFORM_RESP] = { "GET_PLATFORM_INFO_RESP", true, 2, QGS_PLATFORM_RESP_BYTES },
};

static const char *const error_names[] = {
	"SUCCESS",         "UNEXPECTED",   "OUT_OF_MEMORY", "INVALID_PARAMETER",
	"INVALID_VERSION", "INVALID_TYPE", "INVALID_SIZE",  "INVALID_CODE",
};
static_assert(QGS_E_UNEXPECTED + ARRAY_SIZE(error_names) - 1 == QGS_E_MAX, "one name for each code");

const char *qgs_type_name(uint32_t type)
{
	return type < QGS_N_TYPES ? types[type].name : NULL;
}

unsigned qgs_n_parts(uint32_t type)
{
	return type < QGS_N_TYPES ? types[type].n_parts : 0;
}

const char *qgs_error_name(uint32_t code)
{
	if (code == QGS_SUCCESS)
		return error_names[0];
	return code >= QGS_E_UNEXPECTED && code < QGS_E_MAX ? error_names[code - QGS_E_UNEXPECTED + 1] : NULL;
}

static const char *name_or(const char *name, const char *otherwise)
{
	return name ? name : otherwise;
}

int qgs_read_type(const uint8_t *bytes, size_t n, enum qgs_type *ret, struct jurat_error *err)
{
	struct qgs_hdr hdr;

	if (wire_read(&qgs_hdr_layout, bytes, n, &hdr, err) < 0)
		return QGS_E_INVALID_PARAMETER;
	if (hdr.major_version != QGS_MAJOR_VERSION)
		return jurat_fail(err, QGS_E_INVALID_VERSION, "QGS message has version %u.%u",
				  hdr.major_version, hdr.minor_version);
	if (hdr.type >= QGS_N_TYPES) /* the error code that Intel's library returns */
		return jurat_fail(err, QGS_E_INVALID_VERSION, "QGS message has type %" PRIu32, hdr.type);
	*ret = (enum qgs_type)hdr.type;
	return 0;
}

/* Checks in the order of Intel's library, so that the first error found has the same code. */
static int check_hdr(const struct qgs_hdr *hdr, enum qgs_type type, size_t n, struct jurat_error *err)
{
	const char *name = types[type].name;

	if (hdr->major_version != QGS_MAJOR_VERSION)
		return jurat_fail(err, QGS_E_INVALID_VERSION, "QGS message has version %u.%u",
				  hdr->major_version, hdr->minor_version);
	if (hdr->type != type)
		return jurat_fail(err, QGS_E_INVALID_TYPE,
				  "QGS message has type %" PRIu32 " (%s), not %d (%s)", hdr->type,
				  name_or(qgs_type_name(hdr->type), "unknown"), type, name);
	if (hdr->size != n)
		return jurat_fail(err, QGS_E_INVALID_SIZE, "%s says %" PRIu32 " bytes, has %zu", name,
				  hdr->size, n);
	if (qgs_is_request(type) && hdr->error_code != 0)
		return jurat_fail(err, QGS_E_INVALID_CODE, "%s has error code 0x%" PRIx32, name,
				  hdr->error_code);
	return 0;
}

/* Checks that mandatory parts of a request are not empty; else returns the error code. */
static int check_request_parts(enum qgs_type type, const uint32_t sizes[], struct jurat_error *err)
{
	if (type == QGS_QUOTE_REQ && sizes[QGS_PART_REPORT] == 0)
		return jurat_fail(err, QGS_E_INVALID_CODE, "%s has no report", types[type].name);
	if (type == QGS_COLLATERAL_REQ && (sizes[QGS_PART_FMSPC] == 0 || sizes[QGS_PART_PCK_CA] == 0))
		return jurat_fail(err, QGS_E_INVALID_SIZE, "%s lacks the FMSPC or the CA", types[type].name);
	return 0;
}

/* A successful response has every part (the key id is optional), an error response has none. */
static int check_response_parts(enum qgs_type type, uint32_t code, const uint32_t sizes[],
				struct jurat_error *err)
{
	const struct type_info *t = &types[type];

	if (code >= QGS_E_MAX)
		return jurat_fail(err, QGS_E_INVALID_CODE, "%s has error code 0x%" PRIx32, t->name, code);
	for (unsigned i = 0; i < t->n_parts; i++) {
		bool may_be_empty = type == QGS_QUOTE_RESP && i == QGS_PART_SELECTED_ID;

		if (code == QGS_SUCCESS && sizes[i] == 0 && !may_be_empty)
			return jurat_fail(err, QGS_E_INVALID_SIZE, "%s: success, but part %u is empty",
					  t->name, i);
		if (code != QGS_SUCCESS && sizes[i] != 0)
			return jurat_fail(err, QGS_E_INVALID_SIZE, "%s says error 0x%" PRIx32 " with part %u",
					  t->name, code, i);
	}
	return 0;
}

/*
 * Whether four zero bytes may follow the parts of this message, even where Intel's library refuses them: see
 * qgs_read().
 */
static bool may_have_tail(enum qgs_type type)
{
	return type == QGS_COLLATERAL_RESP || type == QGS_PLATFORM_RESP;
}

/* Checks that the parts fill the message, except for its tail. */
static int check_sum(const struct type_info *t, bool tail_too, size_t n, const uint32_t sizes[],
		     struct jurat_error *err)
{
	uint64_t sum = t->fixed;

	for (unsigned i = 0; i < t->n_parts; i++)
		sum += sizes[i];
	if (sum >= UINT32_MAX)
		return jurat_fail(err, QGS_E_UNEXPECTED, "%s has parts of %" PRIu64 " bytes in all", t->name,
				  sum);
	if (sum != n && !(tail_too && sum + QGS_TAIL_BYTES == n))
		return jurat_fail(err, QGS_E_INVALID_SIZE, "%s has %zu bytes, its parts make %" PRIu64,
				  t->name, n, sum);
	return 0;
}

int qgs_read(enum qgs_type type, const uint8_t *bytes, size_t n, struct qgs_message *ret,
	     struct jurat_error *err)
{
	const struct type_info *t = &types[type];
	struct bytes_rd r = bytes_rd(bytes, n);
	struct qgs_message m = { .type = type };
	uint32_t sizes[QGS_MAX_PARTS] = { 0 };
	struct qgs_hdr hdr;
	int e;

	if (n < t->fixed)
		return jurat_fail(err, QGS_E_INVALID_PARAMETER, "%s: expected %zu bytes, found %zu", t->name,
				  t->fixed, n);
	if (wire_read(&qgs_hdr_layout, bytes_rd_take(&r, QGS_HDR_BYTES), QGS_HDR_BYTES, &hdr, err) < 0)
		return QGS_E_INVALID_PARAMETER;
	e = check_hdr(&hdr, type, n, err);
	if (e > 0)
		return e;
	for (unsigned i = 0; t->has_version && i < ARRAY_SIZE(m.version); i++)
		m.version[i] = bytes_rd_le16(&r);
	for (unsigned i = 0; i < t->n_parts; i++)
		sizes[i] = bytes_rd_le32(&r);
	e = check_request_parts(type, sizes, err);
	if (e > 0)
		return e;
	e = check_sum(t, may_have_tail(type), n, sizes, err);
	if (e > 0)
		return e;
	if (!qgs_is_request(type)) {
		e = check_response_parts(type, hdr.error_code, sizes, err);
		if (e > 0)
			return e;
	}
	for (unsigned i = 0; i < t->n_parts; i++)
		m.parts[i] = bytes_rd(bytes_rd_take(&r, sizes[i]), sizes[i]);
	m.tail = (unsigned)bytes_rd_left(&r);
	if (!bytes_all(bytes_rd_take(&r, m.tail), m.tail, 0))
		return jurat_fail(err, QGS_E_INVALID_SIZE, "%s: its padding is not zero", t->name);
	m.minor_version = hdr.minor_version;
	m.error_code = hdr.error_code;
	*ret = m;
	return 0;
}

unsigned qgs_tail_of(enum qgs_type response, unsigned request_minor, uint32_t error_code)
{
	if (error_code != QGS_SUCCESS)
		return 0;
	return response == QGS_PLATFORM_RESP || (response == QGS_COLLATERAL_RESP && request_minor == 0)
		       ? QGS_TAIL_BYTES
		       : 0;
}

size_t qgs_size(const struct qgs_message *message)
{
	uint64_t size = types[message->type].fixed + message->tail;

	for (unsigned i = 0; i < types[message->type].n_parts; i++)
		if (message->parts[i].size >= UINT32_MAX)
			return SIZE_MAX;
		else
			size += message->parts[i].size;
	return size < UINT32_MAX ? (size_t)size : SIZE_MAX;
}

/* Checks a message that is to be written, with the same result as qgs_read() after it is written. */
static int check_message(const struct qgs_message *m, struct jurat_error *err)
{
	const struct type_info *t = &types[m->type];
	uint32_t sizes[QGS_MAX_PARTS] = { 0 };
	size_t size = qgs_size(m);
	int e;

	if (size == SIZE_MAX)
		return jurat_fail(err, -EINVAL, "%s: 4 GiB or more", t->name);
	if (m->tail != 0 && !(may_have_tail(m->type) && m->tail == QGS_TAIL_BYTES))
		return jurat_fail(err, -EINVAL, "%s has no tail of %u bytes", t->name, m->tail);
	for (unsigned i = 0; i < t->n_parts; i++)
		sizes[i] = (uint32_t)m->parts[i].size;
	if (qgs_is_request(m->type))
		e = m->error_code != 0 ? jurat_fail(err, QGS_E_INVALID_CODE, "%s with an error code", t->name)
				       : check_request_parts(m->type, sizes, err);
	else
		e = check_response_parts(m->type, m->error_code, sizes, err);
	return e > 0 ? -EINVAL : 0;
}

int qgs_write(const struct qgs_message *message, bool framed, uint8_t *to, size_t room, size_t *ret_size,
	      struct jurat_error *err)
{
	const struct type_info *t = &types[message->type];
	struct bytes_wr w = bytes_wr(to, room);
	const size_t prefix = framed ? QGS_FRAME_BYTES : 0;
	size_t size;
	int r;

	r = check_message(message, err);
	if (r < 0)
		return r;
	size = qgs_size(message);
	if (room < prefix || size > room - prefix) {
		*ret_size = prefix + size;
		return JURAT_TOO_SMALL;
	}
	if (framed)
		bytes_wr_be32(&w, (uint32_t)size);
	bytes_wr_le16(&w, QGS_MAJOR_VERSION);
	bytes_wr_le16(&w, message->minor_version);
	bytes_wr_le32(&w, message->type);
	bytes_wr_le32(&w, (uint32_t)size);
	bytes_wr_le32(&w, message->error_code);
	for (unsigned i = 0; t->has_version && i < ARRAY_SIZE(message->version); i++)
		bytes_wr_le16(&w, message->version[i]);
	for (unsigned i = 0; i < t->n_parts; i++)
		bytes_wr_le32(&w, (uint32_t)message->parts[i].size);
	for (unsigned i = 0; i < t->n_parts; i++)
		bytes_wr_copy(&w, message->parts[i].data, message->parts[i].size);
	bytes_wr_zero(&w, message->tail);
	*ret_size = w.off;
	return 0;
}
