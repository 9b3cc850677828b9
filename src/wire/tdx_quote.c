/* SPDX-License-Identifier: MIT */
#include "wire/tdx_quote.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"

#define SGX_QUOTE_H     "Intel DCAP, sgx_quote_5.h"

#define WIRE_ROW_STRUCT tdx_quote_hdr
WIRE_LAYOUT(TDX_QUOTE_HDR_FIELDS, TDX_QUOTE_HDR_BYTES, "quote header", SGX_QUOTE_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_body_10
WIRE_LAYOUT(TDX_BODY_10_FIELDS, TDX_BODY_10_BYTES, "TD quote body 1.0", SGX_QUOTE_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_body_15
WIRE_LAYOUT(TDX_BODY_15_FIELDS, TDX_BODY_15_BYTES, "TD quote body 1.5", SGX_QUOTE_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_body
WIRE_LAYOUT(TDX_BODY_15EX_FIELDS, TDX_BODY_15EX_BYTES, "TD quote body 1.5ex", SGX_QUOTE_H);
#undef WIRE_ROW_STRUCT

/* Asserts that the smaller bodies are prefixes of struct tdx_body, so that their layouts work with it. */
#define SAME_PLACE(off, kind, name, size, note)                                                              \
	static_assert(offsetof(struct SMALLER, name) == offsetof(struct tdx_body, name), #name ": moved");
#define SMALLER tdx_body_10
TDX_BODY_10_FIELDS(SAME_PLACE)
#undef SMALLER
#define SMALLER tdx_body_15
TDX_BODY_15_FIELDS(SAME_PLACE)
#undef SMALLER

enum {
	SIZE_WORD_BYTES = 4,
	OUTER_FIXED_BYTES = TDX_QUOTE_SIGNATURE_BYTES + TDX_QUOTE_KEY_BYTES + 2 + 4,
	INNER_FIXED_BYTES = SGX_REPORT_BYTES + TDX_QUOTE_SIGNATURE_BYTES + 2 + 2 + 4,
	PPID_FIXED_BYTES = 16 + 2 + 2,
};

const uint8_t tdx_quote_vendor_id[TDX_QUOTE_VENDOR_ID_BYTES] = {
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

static const char *const cert_data_names[] = {
	[TDX_CERT_PPID] = "PPID",
	[TDX_CERT_PPID_RSA_2048] = "PPID encrypted with RSA-2048",
	[TDX_CERT_PPID_RSA_3072] = "PPID encrypted with RSA-3072",
	[TDX_CERT_PCK_LEAF] = "PCK certificate",
	[TDX_CERT_PCK_CHAIN] = "PCK certificate chain",
	[TDX_CERT_QE_REPORT] = "QE report",
	[TDX_CERT_PLATFORM_MANIFEST] = "platform manifest",
};

const char *tdx_cert_data_name(unsigned type)
{
	return type < ARRAY_SIZE(cert_data_names) ? cert_data_names[type] : NULL;
}

const struct wire_layout *tdx_body_layout_of(unsigned type)
{
	switch (type) {
	case TDX_BODY_10:
		return &tdx_body_10_layout;
	case TDX_BODY_15:
		return &tdx_body_15_layout;
	case TDX_BODY_15EX:
		return &tdx_body_layout;
	default:
		return NULL;
	}
}

const uint8_t *tdx_body_rtmr(const struct tdx_body *body, unsigned index)
{
	switch (index) {
	case 0:
		return body->rtmr0;
	case 1:
		return body->rtmr1;
	case 2:
		return body->rtmr2;
	case 3:
		return body->rtmr3;
	default:
		return NULL;
	}
}

/* Bytes of certification data of types 1 to 3 before the fixed part; 0 for another type. */
static size_t ppid_bytes(unsigned cert_type)
{
	switch (cert_type) {
	case TDX_CERT_PPID:
		return 16;
	case TDX_CERT_PPID_RSA_2048:
		return 256;
	case TDX_CERT_PPID_RSA_3072:
		return 384;
	default:
		return 0;
	}
}

static bool cert_type_goes_inside(unsigned type)
{
	return type >= TDX_CERT_PPID && type <= TDX_CERT_PLATFORM_MANIFEST && type != TDX_CERT_QE_REPORT;
}

/* Checks that header values are consistent. Spec: Intel's quote verification library, Quote::validate. */
static int check_hdr(const struct tdx_quote_hdr *hdr, bool sgx_too, struct jurat_error *err)
{
	if (hdr->version == 3)
		return jurat_fail(err, -EPROTO, "SGX quote (version 3), not a TD quote");
	if (hdr->version != 4 && hdr->version != 5)
		return wire_unknown_version("quote", hdr->version, 4, 5, err);
	if (hdr->tee_type != TDX_QUOTE_TEE_SGX && hdr->tee_type != TDX_QUOTE_TEE_TDX)
		return jurat_fail(err, -EPROTO,
				  "quote: TEE type 0x%" PRIx32
				  " is unknown to this verifier, which reads 0x81, TDX",
				  hdr->tee_type);
	if (hdr->tee_type == TDX_QUOTE_TEE_SGX && !sgx_too)
		return jurat_fail(err, -EPROTO, "SGX quote (version %u), not a TD quote", hdr->version);
	if (hdr->attestation_key_type != TDX_QUOTE_KEY_ECDSA_P256)
		return jurat_fail(err, -EPROTO,
				  "quote: attestation key type %u is unknown to this verifier, which reads "
				  "type 2, ECDSA P-256",
				  hdr->attestation_key_type);
	if (memcmp(hdr->vendor_id, tdx_quote_vendor_id, sizeof(tdx_quote_vendor_id)) != 0)
		return jurat_fail(err, -EPROTO,
				  "quote is not from an Intel quoting enclave: vendor id differs");
	return 0;
}

/* Type and size of the body: implied in version 4, stated in version 5. */
static int read_body_type(struct bytes_rd *in, struct tdx_quote *q, size_t *ret_size, struct jurat_error *err)
{
	const bool sgx = q->hdr.tee_type == TDX_QUOTE_TEE_SGX;
	const struct wire_layout *layout;
	uint32_t type, size;

	if (q->hdr.version == 4) {
		q->body_type = sgx ? TDX_BODY_SGX : TDX_BODY_10;
		*ret_size = sgx ? SGX_REPORT_BYTES : TDX_BODY_10_BYTES;
		return 0;
	}
	type = bytes_rd_le16(in);
	size = bytes_rd_le32(in);
	if (in->bad)
		return jurat_fail(err, -EBADMSG, "quote of %zu bytes ends before its body", in->size);
	layout = tdx_body_layout_of(type);
	if (type != TDX_BODY_SGX && !layout)
		return jurat_fail(err, -EPROTO,
				  "quote: body type %" PRIu32
				  " is unknown to this verifier, which reads types 1 to 4",
				  type);
	if (sgx != (type == TDX_BODY_SGX))
		return jurat_fail(err, -EPROTO, "quote of TEE type 0x%" PRIx32 " has body type %" PRIu32,
				  q->hdr.tee_type, type);
	*ret_size = layout ? layout->size : SGX_REPORT_BYTES;
	if (size != *ret_size)
		return jurat_fail(err, -EBADMSG,
				  "quote says %" PRIu32 " bytes for body type %" PRIu32 ", not %zu", size,
				  type, *ret_size);
	q->body_type = (enum tdx_body_type)type;
	return 0;
}

/* Header and body: what the quote signature covers. */
static int read_signed(struct bytes_rd *in, bool sgx_too, struct tdx_quote *q, struct jurat_error *err)
{
	const uint8_t *bytes;
	size_t size = 0;
	int r;

	r = wire_read(&tdx_quote_hdr_layout, in->data, in->size, &q->hdr, err);
	if (r < 0)
		return r;
	r = check_hdr(&q->hdr, sgx_too, err);
	if (r < 0)
		return r;
	bytes_rd_skip(in, TDX_QUOTE_HDR_BYTES);
	r = read_body_type(in, q, &size, err);
	if (r < 0)
		return r;
	bytes = bytes_rd_take(in, size);
	if (in->bad)
		return jurat_fail(err, -EBADMSG, "quote of %zu bytes ends inside its body", in->size);
	q->signed_bytes = bytes_rd(in->data, in->off);
	q->has_15 = q->body_type == TDX_BODY_15 || q->body_type == TDX_BODY_15EX;
	q->has_15ex = q->body_type == TDX_BODY_15EX;
	if (q->body_type == TDX_BODY_SGX)
		return wire_read(&sgx_report_layout, bytes, size, &q->enclave, err);
	return wire_read(tdx_body_layout_of(q->body_type), bytes, size, &q->body, err);
}

/* Certification data of type 6: the QE report and what certifies it. `in` holds exactly that. */
static int read_qe_report_data(struct bytes_rd *in, struct tdx_quote *q, struct jurat_error *err)
{
	const uint8_t *report = bytes_rd_take(in, SGX_REPORT_BYTES);
	uint32_t auth_size, cert_size;
	size_t ppid;

	bytes_rd_copy(in, q->qe_report_signature, sizeof(q->qe_report_signature));
	auth_size = bytes_rd_le16(in);
	q->auth_data = bytes_rd(bytes_rd_take(in, auth_size), auth_size);
	q->cert_type = bytes_rd_le16(in);
	cert_size = bytes_rd_le32(in);
	if (in->bad)
		return jurat_fail(err, -EBADMSG, "QE report data of %zu bytes is too short for its fields",
				  in->size);
	if (!cert_type_goes_inside(q->cert_type))
		return jurat_fail(err, -EPROTO,
				  "quote: certification data of type %u is unknown to this verifier, which "
				  "reads types 1 to 5 and 7 there",
				  q->cert_type);
	if (cert_size != bytes_rd_left(in))
		return jurat_fail(err, -EBADMSG,
				  "quote says %" PRIu32 " bytes of certification data, has %zu", cert_size,
				  bytes_rd_left(in));
	ppid = ppid_bytes(q->cert_type);
	if (ppid > 0 && cert_size != ppid + PPID_FIXED_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "certification data of type %u has %" PRIu32 " bytes, not %zu",
				  q->cert_type, cert_size, ppid + PPID_FIXED_BYTES);
	q->cert_data = bytes_rd(bytes_rd_take(in, cert_size), cert_size);
	q->qe_report_bytes = bytes_rd(report, SGX_REPORT_BYTES);
	return wire_read(&sgx_report_layout, report, SGX_REPORT_BYTES, &q->qe_report, err);
}

/* `in` holds exactly the signature data. */
static int read_signature_data(struct bytes_rd *in, struct tdx_quote *q, struct jurat_error *err)
{
	struct bytes_rd inner;
	uint32_t size;
	uint16_t type;

	bytes_rd_copy(in, q->signature, sizeof(q->signature));
	bytes_rd_copy(in, q->attestation_key, sizeof(q->attestation_key));
	type = bytes_rd_le16(in);
	size = bytes_rd_le32(in);
	if (in->bad)
		return jurat_fail(err, -EBADMSG, "signature data of %zu bytes is too short for its fields",
				  in->size);
	if (type != TDX_CERT_QE_REPORT)
		return jurat_fail(err, -EPROTO, "quote has certification data of type %u, not 6", type);
	if (size != bytes_rd_left(in))
		return jurat_fail(err, -EBADMSG, "quote says %" PRIu32 " bytes of QE report data, has %zu",
				  size, bytes_rd_left(in));
	inner = bytes_rd_at(in, in->off, size);
	return read_qe_report_data(&inner, q, err);
}

static int read_quote(const uint8_t *bytes, size_t n, bool sgx_too, struct tdx_quote *ret,
		      struct jurat_error *err)
{
	struct bytes_rd in = bytes_rd(bytes, n), signature_data;
	struct tdx_quote q = { 0 };
	uint32_t size;
	int r;

	r = read_signed(&in, sgx_too, &q, err);
	if (r < 0)
		return r;
	size = bytes_rd_le32(&in);
	if (in.bad)
		return jurat_fail(err, -EBADMSG, "quote of %zu bytes ends before its signature data", n);
	signature_data = bytes_rd_at(&in, in.off, size);
	if (signature_data.bad)
		return jurat_fail(err, -EBADMSG,
				  "quote says %" PRIu32 " bytes of signature data, %zu are left", size,
				  bytes_rd_left(&in));
	r = read_signature_data(&signature_data, &q, err);
	if (r < 0)
		return r;
	q.size = in.off + size;
	q.trailing = n - q.size;
	*ret = q;
	return 0;
}

int tdx_quote_read(const uint8_t *bytes, size_t n, struct tdx_quote *ret, struct jurat_error *err)
{
	return read_quote(bytes, n, false, ret, err);
}

int tdx_quote_read_any(const uint8_t *bytes, size_t n, struct tdx_quote *ret, struct jurat_error *err)
{
	return read_quote(bytes, n, true, ret, err);
}

bool tdx_quote_ppid(const struct tdx_quote *quote, struct tdx_cert_ppid *ret)
{
	struct bytes_rd r = quote->cert_data;
	size_t size = ppid_bytes(quote->cert_type);
	struct tdx_cert_ppid p = { 0 };

	if (size == 0)
		return false;
	p.ppid = bytes_rd(bytes_rd_take(&r, size), size);
	bytes_rd_copy(&r, p.cpusvn, sizeof(p.cpusvn));
	p.pce_isvsvn = bytes_rd_le16(&r);
	p.pce_id = bytes_rd_le16(&r);
	if (r.bad)
		return false;
	*ret = p;
	return true;
}

/* Checks that version and body match. *ret_size: of the part that the quote signature covers. */
static int check_signed(const struct tdx_quote *quote, size_t *ret_size, struct jurat_error *err)
{
	const struct wire_layout *layout = tdx_body_layout_of(quote->body_type);

	if (check_hdr(&quote->hdr, false, err) < 0)
		return jurat_wrap(err, -EINVAL, "cannot write quote");
	if (!layout || (quote->hdr.version == 4 && quote->body_type != TDX_BODY_10))
		return jurat_fail(err, -EINVAL, "cannot write quote: version %u with body type %d",
				  quote->hdr.version, quote->body_type);
	*ret_size = TDX_QUOTE_HDR_BYTES + (quote->hdr.version == 5 ? TDX_QUOTE_V5_BODY_HDR_BYTES : 0) +
		    layout->size;
	return 0;
}

static void write_signed(const struct tdx_quote *quote, uint8_t *to)
{
	const struct wire_layout *layout = tdx_body_layout_of(quote->body_type);
	size_t off = TDX_QUOTE_HDR_BYTES;

	wire_write(&tdx_quote_hdr_layout, &quote->hdr, to);
	if (quote->hdr.version == 5) {
		bytes_put_le(to + off, quote->body_type, 2);
		bytes_put_le(to + off + 2, layout->size, 4);
		off += TDX_QUOTE_V5_BODY_HDR_BYTES;
	}
	wire_write(layout, &quote->body, to + off);
}

int tdx_quote_write_signed(const struct tdx_quote *quote, uint8_t to[TDX_QUOTE_MAX_SIGNED_BYTES],
			   size_t *ret_size, struct jurat_error *err)
{
	int r = check_signed(quote, ret_size, err);

	if (r == 0)
		write_signed(quote, to);
	return r;
}

/* Checks that the certification data matches its type and that all sizes fit their fields. */
static int check_parts(const struct tdx_quote *quote, struct jurat_error *err)
{
	size_t ppid = ppid_bytes(quote->cert_type);

	if (!cert_type_goes_inside(quote->cert_type))
		return jurat_fail(err, -EINVAL, "cannot write quote: certification data of type %u",
				  quote->cert_type);
	if (quote->auth_data.size > UINT16_MAX ||
	    quote->cert_data.size > UINT32_MAX - OUTER_FIXED_BYTES - INNER_FIXED_BYTES - UINT16_MAX)
		return jurat_fail(err, -EINVAL,
				  "cannot write quote: %zu bytes of authentication data, %zu of "
				  "certification data",
				  quote->auth_data.size, quote->cert_data.size);
	if (ppid > 0 && quote->cert_data.size != ppid + PPID_FIXED_BYTES)
		return jurat_fail(err, -EINVAL,
				  "cannot write quote: %zu bytes of certification data of type %u",
				  quote->cert_data.size, quote->cert_type);
	return 0;
}

int tdx_quote_write(const struct tdx_quote *quote, uint8_t *to, size_t room, size_t *ret_size,
		    struct jurat_error *err)
{
	struct bytes_wr w = bytes_wr(to, room);
	size_t head_size = 0, inner, whole;
	int r = check_signed(quote, &head_size, err);

	if (r == 0)
		r = check_parts(quote, err);
	if (r < 0)
		return r;
	inner = INNER_FIXED_BYTES + quote->auth_data.size + quote->cert_data.size;
	whole = head_size + SIZE_WORD_BYTES + OUTER_FIXED_BYTES + inner;
	if (whole > room) {
		*ret_size = whole;
		return JURAT_TOO_SMALL;
	}
	write_signed(quote, to);
	w.off = head_size;
	bytes_wr_le32(&w, (uint32_t)(OUTER_FIXED_BYTES + inner));
	bytes_wr_copy(&w, quote->signature, sizeof(quote->signature));
	bytes_wr_copy(&w, quote->attestation_key, sizeof(quote->attestation_key));
	bytes_wr_le16(&w, TDX_CERT_QE_REPORT);
	bytes_wr_le32(&w, (uint32_t)inner);
	wire_write(&sgx_report_layout, &quote->qe_report, to + w.off);
	w.off += SGX_REPORT_BYTES;
	bytes_wr_copy(&w, quote->qe_report_signature, sizeof(quote->qe_report_signature));
	bytes_wr_le16(&w, (uint16_t)quote->auth_data.size);
	bytes_wr_copy(&w, quote->auth_data.data, quote->auth_data.size);
	bytes_wr_le16(&w, quote->cert_type);
	bytes_wr_le32(&w, (uint32_t)quote->cert_data.size);
	bytes_wr_copy(&w, quote->cert_data.data, quote->cert_data.size);
	*ret_size = w.off;
	return 0;
}
