/* SPDX-License-Identifier: MIT */
#include "verify/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "verify/decode_parts.h"
#include "verify/encoding.h"
#include "wire/snp_certs.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"
#include "wire/tdx_report.h"

static bool is_there(const struct decoded *to, enum input_kind kind, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < to->n; i++) {
		const struct decode_item *item = &to->items[i];

		if (item->kind == kind && item->n == n && memcmp(item->bytes, bytes, n) == 0)
			return true;
	}
	return false;
}

static int add(const struct decoding *d, enum input_kind kind, const char *how, const uint8_t *bytes,
	       size_t n)
{
	struct decoded *to = d->to;
	struct decode_item item = { .kind = kind, .bytes = bytes, .n = n };

	if (is_there(to, kind, bytes, n))
		return 0;
	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : 8;
		struct decode_item *more = reallocarray(to->items, room, sizeof(*more));

		if (!more)
			return jurat_fail_memory(d->err);
		to->items = more;
		to->room = room;
	}
	if (d->owned) {
		item.own = malloc(n + 1);
		if (!item.own)
			return jurat_fail_memory(d->err);
		memcpy(item.own, bytes, n);
		item.bytes = item.own;
	}
	snprintf(item.how, sizeof(item.how), "%.90s%s%.90s", d->how, d->how[0] && how[0] ? ", " : "", how);
	to->items[to->n++] = item;
	return 0;
}

/* Takes a report and what follows it: zeros, or a certificate table. */
static int take_report(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	char how[64] = "";
	int r;

	if (n <= SNP_REPORT_BYTES)
		return add(d, INPUT_SNP_REPORT, "", bytes, n);
	if (bytes_all(bytes + SNP_REPORT_BYTES, n - SNP_REPORT_BYTES, 0)) {
		snprintf(how, sizeof(how), "padding (%zu zero bytes)", n - SNP_REPORT_BYTES);
		return add(d, INPUT_SNP_REPORT, how, bytes, SNP_REPORT_BYTES);
	}
	r = add(d, INPUT_SNP_REPORT, "", bytes, SNP_REPORT_BYTES);
	return r < 0 ? r : add(d, INPUT_SNP_TABLE, "", bytes + SNP_REPORT_BYTES, n - SNP_REPORT_BYTES);
}

static int take_response(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	uint32_t status = (uint32_t)bytes_get_le(bytes, 4);
	const char *meaning = status == SNP_INVALID_PARAM ? " (invalid parameters)"
			      : status == SNP_INVALID_KEY ? " (invalid key selection)"
							  : "";

	if (status != 0)
		return jurat_fail(d->err, -EBADMSG, "MSG_REPORT_RSP with status 0x%x%s, without a report",
				  status, meaning);
	return d->any(d, "MSG_REPORT_RSP (report at byte 32)", bytes + INPUT_SNP_RESPONSE_HEAD_BYTES,
		      n - INPUT_SNP_RESPONSE_HEAD_BYTES);
}

/*
 * Header (size, version, report type, hash type, size of the data), then the data, whose hash is in
 * REPORT_DATA. Spec: Azure guest attestation documentation, "Runtime data".
 */
static const char *hcl_runtime_data(const uint8_t *bytes, size_t n)
{
	enum { HEAD_BYTES = 20, SIZE_OFF = 16, REPORT_DATA_OFF = 0x50 };
	struct bytes_rd all = bytes_rd(bytes, n), data;
	const uint8_t *head;
	uint8_t digest[CRYPTO_SHA256_BYTES];

	bytes_rd_seek(&all, INPUT_HCL_HEAD_BYTES + SNP_REPORT_BYTES);
	head = bytes_rd_take(&all, HEAD_BYTES);
	data = bytes_rd_at(&all, all.off, head ? bytes_get_le(head + SIZE_OFF, 4) : 0);
	if (!head || data.bad)
		return "Azure HCL report (at byte 32; without runtime data)";
	crypto_sha256(data.data, data.size, digest);
	if (memcmp(bytes + INPUT_HCL_HEAD_BYTES + REPORT_DATA_OFF, digest, sizeof(digest)) == 0)
		return "Azure HCL report (at byte 32; report_data is the SHA-256 of the runtime data)";
	return "Azure HCL report (at byte 32; report_data is NOT the SHA-256 of the runtime data)";
}

/* For a TD, the HCL report has a TDREPORT in place of the report. */
static int take_hcl(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	const uint8_t *report = bytes + INPUT_HCL_HEAD_BYTES;

	if (bytes_get_le(report, 4) == TDX_REPORT_TYPE)
		return add(d, INPUT_TDX_REPORT, "Azure HCL report (TDREPORT at byte 32)", report,
			   TDX_REPORT_BYTES);
	if (input_kind(report, SNP_REPORT_BYTES) != INPUT_SNP_REPORT)
		return jurat_fail(d->err, -EBADMSG,
				  "Azure HCL report: neither a report nor a TDREPORT at byte 32");
	return add(d, INPUT_SNP_REPORT, hcl_runtime_data(bytes, n), report, SNP_REPORT_BYTES);
}

/* Takes every PEM block; a block of any other kind is an error. */
static int take_pem(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	struct decoding blocks = *d;
	size_t off = 0;

	blocks.owned = true;
	for (bool any = false;; any = true) {
		auto_free uint8_t *der = NULL;
		char label[32];
		size_t size;
		int r = crypto_pem_next(bytes, n, &off, label, &der, &size, d->err);

		if (r == JURAT_NOT_FOUND)
			return any ? 0 : r;
		if (r == 0)
			r = add(&blocks, strcmp(label, "CERTIFICATE") == 0 ? INPUT_CERTIFICATE : INPUT_CRL,
				"", der, size);
		if (r < 0)
			return r;
	}
}

/*
 * A SCALE vector, whose length takes one, two or four bytes; bad otherwise. Spec: docs.substrate.io, SCALE.
 */
static struct bytes_rd take_vector(struct bytes_rd *r)
{
	uint8_t first = bytes_rd_u8(r);
	struct bytes_rd bad = { .bad = true };
	const uint8_t *p;
	size_t n = first >> 2;

	if ((first & 3) == 1)
		n |= (size_t)bytes_rd_u8(r) << 6;
	else if ((first & 3) == 2)
		for (unsigned i = 0; i < 3; i++)
			n |= (size_t)bytes_rd_u8(r) << (6 + 8 * i);
	else if ((first & 3) == 3)
		return bad;
	p = bytes_rd_take(r, n);
	return p ? bytes_rd(p, n) : bad;
}

/* dstack's attestation format: version 0, TEE, the evidence, and the certificates of a report. */
static int take_dstack(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	struct bytes_rd r = bytes_rd(bytes, n), evidence;
	enum input_kind kind;
	unsigned count;
	int e;

	if (bytes_rd_u8(&r) != 0 || bytes_rd_u8(&r) > 0x0f)
		return JURAT_NOT_FOUND;
	evidence = take_vector(&r);
	if (evidence.bad)
		return JURAT_NOT_FOUND;
	kind = input_kind(evidence.data, evidence.size);
	if (kind != INPUT_SNP_REPORT && kind != INPUT_QUOTE)
		return JURAT_NOT_FOUND;
	e = d->any(d, "dstack attestation (SCALE)", evidence.data, evidence.size);
	count = kind == INPUT_SNP_REPORT ? bytes_rd_u8(&r) : 0;
	for (unsigned i = 0; e == 0 && count % 4 == 0 && i < count >> 2; i++) {
		struct bytes_rd cert = take_vector(&r);

		if (cert.bad)
			break;
		e = d->any(d, "dstack attestation (SCALE)", cert.data, cert.size);
		if (e == JURAT_NOT_FOUND)
			e = 0;
	}
	return e;
}

static int take_unknown(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	int r = JURAT_NOT_FOUND;

	if (n > 2 && bytes[0] == 0)
		r = take_dstack(d, bytes, n);
	return r == JURAT_NOT_FOUND ? decode_proto(d, bytes, n) : r;
}

/* Takes bytes from which the outermost encoding was removed. */
static int take_kind(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	enum input_kind kind = input_kind(bytes, n);

	switch (kind) {
	case INPUT_SNP_REPORT:
	case INPUT_SNP_EXTENDED_REPORT:
		return take_report(d, bytes, n);
	case INPUT_SNP_TABLE:
		/* zeros are an empty table only at the outermost level */
		if (d->depth > 1 && bytes_all(bytes, SNP_CERTS_ENTRY_BYTES, 0))
			return JURAT_NOT_FOUND;
		return add(d, kind, "", bytes, n);
	case INPUT_SNP_HASHSTICK:
	case INPUT_TDX_REPORT:
	case INPUT_QUOTE:
	case INPUT_CERTIFICATE:
	case INPUT_CRL:
		return add(d, kind, "", bytes, n);
	case INPUT_SNP_RESPONSE:
		return take_response(d, bytes, n);
	case INPUT_HCL:
		return take_hcl(d, bytes, n);
	case INPUT_JSON:
		return decode_json(d, bytes, n);
	case INPUT_PEM:
		return input_has_mark(bytes, n) ? take_pem(d, bytes, n) : JURAT_NOT_FOUND;
	case INPUT_UNKNOWN:
		break;
	}
	return take_unknown(d, bytes, n);
}

static int take_any(const struct decoding *d, const char *how, const uint8_t *bytes, size_t n)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct decoding inner = *d;
	char path[128];
	int r;

	if (d->depth == DECODE_MAX_DEPTH)
		return jurat_fail(d->err, -EBADMSG, "more than %d containers in each other",
				  DECODE_MAX_DEPTH);
	r = encoding_undo(bytes, n, &plain, d->err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s%s%s%s%s", d->how, d->how[0] && how ? ", " : "", how ? how : "",
		 (d->how[0] || how) && plain.how[0] ? ", " : "", plain.how);
	inner.how = path;
	inner.depth++;
	inner.owned = d->owned || plain.own;
	return take_kind(&inner, plain.bytes, plain.n);
}

int decode(const uint8_t *bytes, size_t n, struct decoded *ret, struct jurat_error *err)
{
	struct decoded to = { .items = NULL };
	struct decoding d = { .to = &to, .how = "", .any = take_any, .err = err };
	int r = take_any(&d, NULL, bytes, n);

	if (r == 0 && to.n == 0)
		r = JURAT_NOT_FOUND;
	if (r == 0)
		*ret = to;
	else
		decoded_done(&to);
	return r;
}

void decoded_done(struct decoded *decoded)
{
	for (size_t i = 0; i < decoded->n; i++)
		free(decoded->items[i].own);
	free(decoded->items);
	*decoded = (struct decoded){ .items = NULL };
}

int decode_one_evidence(const struct decoded *decoded, struct decode_evidence *ret, struct jurat_error *err)
{
	struct decode_evidence e = { .report = NULL };

	for (size_t i = 0; i < decoded->n; i++) {
		const struct decode_item *item = &decoded->items[i];
		const struct decode_item **place = item->kind == INPUT_SNP_REPORT  ? &e.report
						   : item->kind == INPUT_QUOTE     ? &e.quote
						   : item->kind == INPUT_SNP_TABLE ? &e.table
										   : NULL;

		if (place && *place)
			return jurat_fail(err, -EBADMSG, "expected one %s, found several",
					  input_kind_name(item->kind));
		if (place)
			*place = item;
	}
	if (e.report && e.quote)
		return jurat_fail(err, -EBADMSG, "expected a report or a quote, found both");
	if (!e.report && !e.quote)
		return JURAT_NOT_FOUND;
	*ret = e;
	return 0;
}

static const char mixed_table[] = "certificate table with mixed-endian GUIDs";

void decode_describe(const struct decode_item *item, const struct decode_item *table,
		     char to[DECODE_TEXT_BYTES])
{
	bool mixed = table && snp_certs_is_mixed_endian(table->bytes, table->n);

	snprintf(to, DECODE_TEXT_BYTES, "%s%s%s%s", item->how[0] ? "from " : "", item->how,
		 item->how[0] && mixed ? "; " : "", mixed ? mixed_table : "");
}

void decode_name(const struct decoded *found, const uint8_t *bytes, size_t n, char to[DECODE_TEXT_BYTES])
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	const char *name = input_name(bytes, n);

	/* JSON of a known format, whatever certificates it contains */
	if (found->n > 0 &&
	    !(input_kind(bytes, n) == INPUT_JSON && strcmp(name, input_kind_name(INPUT_JSON)) != 0)) {
		const struct decode_item *item = &found->items[0];

		const char *what =
			item->kind == INPUT_SNP_TABLE && snp_certs_is_mixed_endian(item->bytes, item->n)
				? mixed_table
				: input_kind_name(item->kind);

		snprintf(to, DECODE_TEXT_BYTES, "%s%s%s%s", what, item->how[0] ? " (from " : "", item->how,
			 item->how[0] ? ")" : "");
		return;
	}
	snprintf(to, DECODE_TEXT_BYTES, "%s", name);
	if (encoding_undo(bytes, n, &plain, NULL) < 0 || !plain.how[0])
		return;
	if (strcmp(input_name(plain.bytes, plain.n), input_kind_name(INPUT_UNKNOWN)) != 0)
		snprintf(to, DECODE_TEXT_BYTES, "%s (from %s)", input_name(plain.bytes, plain.n), plain.how);
}
