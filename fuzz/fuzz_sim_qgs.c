/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/tdx/qgs_service.h"
#include "support/tdx.h"

/*
 * Messages to the software quoting service, from anybody: a whole message without its length. It answers
 * each with a response that reads, or not at all. A first byte with SIGN has the TDREPORT in the message
 * signed as the module would.
 */
enum { MACHINE_MASK = 3, SIGN = 4, NO_COLLATERAL = 8 };

static void sign(struct fuzz_tdx *machine, struct fuzz_bytes *message)
{
	struct qgs_message m;

	if (qgs_read(QGS_QUOTE_REQ, message->p, message->n, &m, NULL) == 0 &&
	    m.parts[QGS_PART_REPORT].size == TDX_REPORT_BYTES)
		fuzz_tdx_sign_report(machine, message->p + (m.parts[QGS_PART_REPORT].data - message->p));
}

static void check(const struct fuzz_bytes *request, const uint8_t *answer, size_t n)
{
	struct bytes_rd r = bytes_rd(answer, n);
	struct qgs_message m;
	enum qgs_type type;

	must(bytes_rd_be32(&r) == n - QGS_FRAME_BYTES);
	must(qgs_read_type(request->p, request->n, &type, NULL) == 0 && qgs_is_request(type));
	must(qgs_read((enum qgs_type)(type + 1), answer + QGS_FRAME_BYTES, n - QGS_FRAME_BYTES, &m, NULL) ==
	     0);
	must(m.error_code == QGS_SUCCESS ||
	     m.error_code == QGS_E_UNEXPECTED); /* Intel's service has no others */
	if (m.error_code != QGS_SUCCESS)
		FUZZ_REACHED("an error code");
	else if (type == QGS_QUOTE_REQ)
		FUZZ_REACHED("a quote");
	else if (type == QGS_COLLATERAL_REQ)
		FUZZ_REACHED("collateral");
	else
		FUZZ_REACHED("what the platform is");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sim_collateral_options o = { .platform_status = "UpToDate",
							 .module_status = "UpToDate",
							 .qe_status = "UpToDate",
							 .issued = FUZZ_TDX_AT,
							 .next_update = FUZZ_TDX_AT + 86400,
							 .evaluation = 1 };
	struct fuzz_tdx *machine;
	uint8_t *answer = NULL;
	size_t n = 0;
	int r;

	if (size < 1)
		return 0;
	machine = fuzz_tdx(data[0] & MACHINE_MASK);
	auto_bytes message = fuzz_copy(data + 1, size - 1);

	if (data[0] & SIGN)
		sign(machine, &message);
	r = sim_qgs_answer(machine->qe, data[0] & NO_COLLATERAL ? NULL : &o, message.p, message.n, &answer,
			   &n, NULL);
	must(r >= 0);
	if (r == 0)
		check(&message, answer, n);
	else
		FUZZ_REACHED("no answer");
	free(answer);
	return 0;
}
