/* SPDX-License-Identifier: MIT */
#include "run/vmm/tdx_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jurat/verify.h>

#include "base/cleanup.h"
#include "uapi/tdx.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"

int tdx_answer_ask(const struct run_platform *p, struct tdx_asked *asked, uint8_t fill, uint8_t *to,
		   size_t size, struct jurat_error *err)
{
	uint8_t report[TDX_REPORT_BYTES], framed[QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + TDX_REPORT_BYTES];
	struct qgs_message m = qgs_message(QGS_QUOTE_REQ);
	const uint8_t *input = report;
	size_t n = sizeof(report);
	int r;

	if (sim_td_mr_report(machine_td_module(p->td), asked->report_data, report) != UAPI_TDCALL_SUCCESS)
		return jurat_fail(err, -EIO, "the TDX module does not make a TDREPORT");
	if (asked->framed) {
		m.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
		r = qgs_write(&m, true, framed, sizeof(framed), &n, err);
		if (r != 0)
			return r;
		input = framed;
	}
	r = tdx_getquote_write(input, n, to, size, err);
	if (r < 0)
		return r;
	memset(to + TDX_GETQUOTE_HDR_BYTES + n, fill, size - TDX_GETQUOTE_HDR_BYTES - n);
	asked->in_len = (uint32_t)n;
	return 0;
}

/* What a VMM must leave as it was, and a status that is defined. */
static int judge_header(const struct tdx_asked *asked, const uint8_t *copy, size_t n,
			struct tdx_getquote_hdr *ret, struct jurat_error *err)
{
	int r = wire_read(&tdx_getquote_hdr_layout, copy, n, ret, err);

	if (r < 0)
		return r;
	if (ret->version != TDX_GETQUOTE_VERSION)
		return jurat_fail(err, JURAT_REFUSED, "expected version 1 in the buffer, found %" PRIu64,
				  ret->version);
	if (ret->in_len != asked->in_len)
		return jurat_fail(err, JURAT_REFUSED, "expected in_len %" PRIu32 " unchanged, found %" PRIu32,
				  asked->in_len, ret->in_len);
	if (!tdx_getquote_status_name(ret->status))
		return jurat_fail(err, JURAT_REFUSED, "status %#" PRIx64 " is not defined", ret->status);
	return 0;
}

static int judge_verdict(struct jurat_verifier *verifier, const struct jurat_tdx_collateral *collateral,
			 const struct tdx_asked *asked, const struct bytes_rd *quote, int64_t at,
			 struct jurat_error *err)
{
	const struct jurat_tdx_evidence evidence = { sizeof(evidence), quote->data, quote->size };
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_tdx(verifier, &evidence, collateral, NULL, at, &verdict, err);

	if (r == JURAT_REFUSED)
		r = jurat_wrap(err, r, "the quote of %zu bytes is refused", quote->size);
	else if (r == 0 && memcmp(jurat_verdict_report_data(verdict), asked->report_data,
				  sizeof(asked->report_data)) != 0)
		r = jurat_fail(err, JURAT_REFUSED, "the quote is over the report data of another request");
	jurat_verdict_free(verdict);
	return r;
}

static int verify(const struct run_platform *p, const struct tdx_asked *asked, const struct bytes_rd *quote,
		  struct jurat_error *err)
{
	auto_call(sim_collateral_done) struct sim_collateral parts = { 0 };
	const int64_t at = p->options->at ? p->options->at : base_realtime_s(base_env_real());
	struct jurat_tdx_collateral *collateral = NULL;
	struct jurat_verifier *verifier = NULL;
	size_t n;
	const uint8_t *root = sim_pki_intel_cert(machine_td_pki(p->td), SIM_INTEL_ROOT, &n);
	int r = jurat_verifier_new(&verifier, err);

	if (r == 0)
		r = jurat_verifier_add_roots(verifier, root, n, err);
	if (r == 0)
		r = jurat_tdx_collateral_new(&collateral, err);
	if (r == 0)
		r = sim_qe_collateral(machine_td_qe(p->td), &p->collateral, &parts, err);
	for (unsigned i = 0; r == 0 && i < SIM_N_COLLATERAL_PARTS; i++)
		if (parts.parts[i].bytes)
			r = jurat_tdx_collateral_add(collateral, parts.parts[i].bytes, parts.parts[i].size,
						     err);
	if (r == 0)
		r = judge_verdict(verifier, collateral, asked, quote, at, err);
	jurat_tdx_collateral_free(collateral);
	jurat_verifier_free(verifier);
	return r;
}

/* Whether bytes are one framed message; *ret is that message without its length. */
static bool is_framed(const struct bytes_rd *output, struct bytes_rd *ret)
{
	struct bytes_rd in = bytes_rd(output->data, output->size);
	const uint32_t n = bytes_rd_be32(&in);
	const bool framed = !in.bad && n == bytes_rd_left(&in);

	if (framed)
		*ret = bytes_rd_at(output, QGS_FRAME_BYTES, n);
	return framed;
}

int tdx_answer_quote(const struct run_platform *p, const struct tdx_asked *asked, const uint8_t *copy,
		     size_t n, struct jurat_error *err)
{
	struct tdx_getquote_hdr hdr;
	struct bytes_rd output, message;
	struct qgs_message m;
	bool framed;
	int r = judge_header(asked, copy, n, &hdr, err);

	if (r != 0)
		return r;
	if (hdr.status != TDX_GETQUOTE_SUCCESS)
		return jurat_fail(err, JURAT_REFUSED, "expected status 0 (success), found %#" PRIx64 " (%s)",
				  hdr.status, tdx_getquote_status_name(hdr.status));
	if (tdx_getquote_read_output(copy, n, &output, err) != 0)
		return JURAT_REFUSED;
	framed = is_framed(&output, &message);
	if (framed && !asked->framed)
		return jurat_fail(err, JURAT_REFUSED,
				  "the request was a TDREPORT: expected a quote, found a QGS message");
	if (!asked->framed)
		return verify(p, asked, &output, err);
	if (!framed)
		return jurat_fail(err, JURAT_REFUSED,
				  "the request was a QGS message with its length: expected one, found %zu "
				  "bytes of another form",
				  output.size);
	if (qgs_read(QGS_QUOTE_RESP, message.data, message.size, &m, err) != 0)
		return jurat_wrap(err, JURAT_REFUSED, "expected the service's response");
	if (m.error_code != QGS_SUCCESS)
		return jurat_fail(err, JURAT_REFUSED,
				  "the service got a request that it refuses (%#" PRIx32
				  "): the guest's QGS message is not to be put into another one",
				  m.error_code);
	return verify(p, asked, &m.parts[QGS_PART_QUOTE], err);
}

int tdx_answer_error(const struct tdx_asked *asked, bool only_unavailable, const uint8_t *copy, size_t n,
		     struct jurat_error *err)
{
	struct tdx_getquote_hdr hdr;
	int r = judge_header(asked, copy, n, &hdr, err);

	if (r != 0)
		return r;
	if (hdr.status != TDX_GETQUOTE_UNAVAILABLE && (only_unavailable || hdr.status != TDX_GETQUOTE_ERROR))
		return jurat_fail(err, JURAT_REFUSED, "expected status %s%#llx (%s), found %#" PRIx64 " (%s)",
				  only_unavailable ? "" : "0x8000000000000000 (error) or ",
				  (unsigned long long)TDX_GETQUOTE_UNAVAILABLE,
				  tdx_getquote_status_name(TDX_GETQUOTE_UNAVAILABLE), hdr.status,
				  tdx_getquote_status_name(hdr.status));
	if (hdr.out_len != 0)
		return jurat_fail(err, JURAT_REFUSED, "expected out_len 0 with an error, found %" PRIu32,
				  hdr.out_len);
	return 0;
}

const char *tdx_answer_name(uint64_t r10)
{
	static const struct {
		uint64_t value;
		const char *name;
	} names[] = {
		{ UAPI_TDVMCALL_SUCCESS, "SUCCESS" },
		{ UAPI_TDVMCALL_RETRY, "RETRY" },
		{ UAPI_TDVMCALL_INVALID_OPERAND, "INVALID_OPERAND" },
		{ UAPI_TDVMCALL_GPA_INUSE, "GPA_INUSE" },
		{ UAPI_TDVMCALL_ALIGN_ERROR, "ALIGN_ERROR" },
		{ UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, "SUBFUNC_UNSUPPORTED" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].value == r10)
			return names[i].name;
	return "an undefined value";
}
