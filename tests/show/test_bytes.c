/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "show/show.h"
#include "sim/tdx/tdx_module.h"
#include "support/fail_memory.h"
#include "wire/qgs.h"
#include "wire/snp_msg.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_report.h"

/* What a page shows of the bytes of a trace. */

enum { ROOM = 4096, MAX_ROWS = 8, LATER_BYTES = 40 };

static uint8_t report[TDX_REPORT_BYTES]; /* a TDREPORT */

static int set_up(void **state)
{
	struct sim_tdx_platform *platform = NULL;
	uint8_t data[TDX_REPORT_DATA_BYTES] = { 0x5a };
	const struct sim_td_params params = { 0 };
	struct sim_td *td = NULL;
	int r = sim_tdx_platform_new(NULL, &platform, NULL);

	(void)state;
	if (r == 0)
		r = sim_td_new(platform, &params, 1, &td, NULL);
	if (r == 0 && sim_td_mr_report(td, data, report) != 0)
		r = -EIO;
	sim_td_free(td);
	sim_tdx_platform_free(platform);
	return r;
}

static char *shown(const char *name, const uint8_t *bytes, size_t n)
{
	return show_bytes(&(const struct sequence_bytes){ .name = name, .bytes = bytes, .n = n, .total = n });
}

/* What a row says: "PATH=VALUE@OFFSET", as "content.body.type=129@24"; without '@' if it has no place. */
static void assert_row(const json_t *tree, const char *expected)
{
	char path[80], found[120];
	const char *end = strchr(expected, '='), *part;
	char *rest = NULL;
	const json_t *row = tree, *value, *offset;

	assert_non_null(end);
	TEXT(path, "%.*s", (int)(end - expected), expected);
	for (part = strtok_r(path, ".", &rest); part; part = strtok_r(NULL, ".", &rest))
		row = json_object_get(row, part);
	value = json_is_object(row) ? json_object_get(row, "") : row;
	offset = json_object_get(row, "offset");
	if (offset)
		TEXT(found, "%s@%lld", json_string_value(value), (long long)json_integer_value(offset));
	else if (json_is_integer(value))
		TEXT(found, "%lld", (long long)json_integer_value(value));
	else
		TEXT(found, "%s", value ? json_string_value(value) : "no such row");
	assert_string_equal(found, end + 1);
}

struct bytes {
	uint8_t at[ROOM];
	size_t n;
};

static void put(struct bytes *to, uint64_t value, size_t n)
{
	assert_true(to->n + n <= ROOM);
	bytes_put_le(to->at + to->n, value, n);
	to->n += n;
}

static void put_all(struct bytes *to, const void *from, size_t n)
{
	assert_true(to->n + n <= ROOM);
	memcpy(to->at + to->n, from, n);
	to->n += n;
}

/* struct qgs_hdr of a message whose other bytes follow. */
static void put_header(struct bytes *to, unsigned type, size_t size, uint32_t error_code)
{
	put(to, 1, 2);
	put(to, 1, 2);
	put(to, type, 4);
	put(to, size, 4);
	put(to, error_code, 4);
}

static void make_quote_req(struct bytes *to)
{
	put_header(to, QGS_QUOTE_REQ, QGS_QUOTE_REQ_BYTES + sizeof(report) + 16, 0);
	put(to, sizeof(report), 4);
	put(to, 16, 4);
	put_all(to, report, sizeof(report));
	put(to, 0, 8);
	put(to, 0, 8);
}

static void make_framed(struct bytes *to)
{
	struct bytes message = { .n = 0 };

	make_quote_req(&message);
	put_all(to, (const uint8_t[]){ 0, 0, (uint8_t)(message.n >> 8), (uint8_t)message.n }, 4);
	put_all(to, message.at, message.n);
}

/* With an id in front of what stands for a quote: a TDREPORT is as good, to see where it begins. */
static void make_quote_resp(struct bytes *to)
{
	put_header(to, QGS_QUOTE_RESP, QGS_QUOTE_RESP_BYTES + 4 + sizeof(report), 0);
	put(to, 4, 4);
	put(to, sizeof(report), 4);
	put(to, 0x11223344, 4);
	put_all(to, report, sizeof(report));
}

static void make_refusal(struct bytes *to)
{
	put_header(to, QGS_QUOTE_RESP, QGS_QUOTE_RESP_BYTES, QGS_E_UNEXPECTED);
	put(to, 0, 8);
}

static void make_collateral_req(struct bytes *to)
{
	put_header(to, QGS_COLLATERAL_REQ, QGS_COLLATERAL_REQ_BYTES + 6 + 9, 0);
	put(to, 6, 4);
	put(to, 9, 4);
	put_all(to, "\1\2\3\4\5\6platform", 15);
}

static void make_platform_req(struct bytes *to)
{
	put_header(to, QGS_PLATFORM_REQ, QGS_PLATFORM_REQ_BYTES, 0);
}

static void make_platform_resp(struct bytes *to)
{
	put_header(to, QGS_PLATFORM_RESP, QGS_PLATFORM_RESP_BYTES + 32, 0);
	put(to, 3, 2);
	put(to, 13, 2);
	put(to, 16, 4);
	put(to, 16, 4);
	put_all(to, report, 32);
}

static void make_cut(struct bytes *to)
{
	make_quote_resp(to);
	to->n = QGS_HDR_BYTES + 3;
}

static void make_id_too_long(struct bytes *to)
{
	make_quote_resp(to);
	bytes_put_le(to->at + 16, UINT32_MAX, 4);
}

static void make_quote_too_long(struct bytes *to)
{
	make_quote_resp(to);
	bytes_put_le(to->at + 20, UINT32_MAX - 3, 4);
}

static void make_other_version(struct bytes *to)
{
	make_quote_req(to);
	to->at[0] = 2;
}

static void make_other_type(struct bytes *to)
{
	make_quote_req(to);
	to->at[4] = QGS_N_TYPES;
}

static void make_raw(struct bytes *to)
{
	put_all(to, report, sizeof(report));
}

static void make_nothing(struct bytes *to)
{
}

static void make_getquote(struct bytes *to)
{
	put(to, 1, 8);
	put(to, 0, 8);
	put(to, sizeof(report), 4);
	put(to, 0, 4);
	put_all(to, report, sizeof(report));
}

/* The VMM has written: out_len counts. */
static void make_getquote_out(struct bytes *to)
{
	make_getquote(to);
	bytes_put_le(to->at + 8, TDX_GETQUOTE_ERROR, 8);
	bytes_put_le(to->at + 20, 1, 4);
}

static void make_getquote_wrong(struct bytes *to)
{
	make_getquote(to);
	bytes_put_le(to->at + 16, UINT32_MAX, 4);
	to->n -= 1;
}

static void make_getquote_cut(struct bytes *to)
{
	make_getquote(to);
	to->n = TDX_GETQUOTE_HDR_BYTES - 1;
}

static void make_page(struct bytes *to)
{
	to->n = SNP_PAGE_BYTES;
	memset(to->at, 0xa5, to->n); /* sealed: nothing in it means anything but the header */
	bytes_put_le(to->at + 0x20, 7, 8);
}

struct table {
	const char *what, *name;
	void (*make)(struct bytes *to);
	const char *rows[MAX_ROWS]; /* those that must be there; none: nothing is shown */
	bool no_content;
};

static const struct table tables[] = {
	{ "request for a quote",
	  "QGS request",
	  make_quote_req,
	  { "major_version=1@0", "type=0@4", "size=0x428@8", "report_size=0x400@16", "id_list_size=0x10@20",
	    "content.kind=TDREPORT", "content.report_mac_struct.type=129@24" },
	  false },
	{ "the same with its length",
	  "QGS request",
	  make_framed,
	  { "frame=1064", "type=0@8", "report_size=0x400@20", "content.report_mac_struct.type=129@28" },
	  false },
	{ "response with an id and what stands for a quote",
	  "QGS response",
	  make_quote_resp,
	  { "type=1@4", "error_code=0@12", "selected_id_size=4@16", "quote_size=0x400@20",
	    "content.report_mac_struct.type=129@28" },
	  false },
	{ "refusal", "QGS response", make_refusal, { "error_code=0x12001@12", "quote_size=0@20" }, true },
	{ "request for collateral",
	  "QGS request",
	  make_collateral_req,
	  { "type=2@4", "fmspc_size=6@16", "pck_ca_size=9@20" },
	  true },
	{ "request for the platform", "QGS request", make_platform_req, { "type=4@4", "size=0x10@8" }, true },
	{ "the platform",
	  "QGS response",
	  make_platform_resp,
	  { "type=5@4", "tdqe_isvsvn=3@16", "pce_isvsvn=13@18", "cpusvn_size=0x10@24" },
	  true },
	{ "header, and too little of the rest",
	  "QGS response",
	  make_cut,
	  { "type=1@4", "error_code=0@12" },
	  true },
	{ "id beyond the end", "QGS response", make_id_too_long, { "selected_id_size=0xffffffff@16" }, true },
	{ "quote beyond the end", "QGS response", make_quote_too_long, { "quote_size=0xfffffffc@20" }, true },
	{ "other major version", "QGS request", make_other_version, { NULL }, true },
	{ "unknown type", "QGS request", make_other_type, { NULL }, true },
	{ "a TDREPORT in place of a message", "QGS request", make_raw, { NULL }, true },
	{ "no message", "QGS request", make_nothing, { NULL }, true },
	{ "GetQuote from the TD",
	  "GetQuote buffer",
	  make_getquote,
	  { "version=1@0", "in_len=0x400@16", "out_len=0@20", "content.kind=TDREPORT",
	    "content.report_mac_struct.type=129@24" },
	  false },
	{ "GetQuote from the VMM", "GetQuote buffer", make_getquote_out, { "out_len=1@20" }, true },
	{ "GetQuote with input beyond the end",
	  "GetQuote buffer",
	  make_getquote_wrong,
	  { "in_len=0xffffffff@16" },
	  true },
	{ "a part of GetQuote's header", "GetQuote buffer", make_getquote_cut, { NULL }, true },
	{ "sealed message", "message", make_page, { "msg_seqno=7@32" }, true },
	{ "sealed response", "response message", make_page, { "msg_seqno=7@32" }, true },
	{ "TDREPORT", "TDREPORT", make_raw, { "kind=TDREPORT", "report_mac_struct.type=129@0" }, true },
	{ "what nobody knows", "report", make_page, { NULL }, true },
	{ "report data, which may look like anything", "report data", make_raw, { NULL }, true },
};

static void each_kind_is_shown_by_its_fields_and_no_other_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *t = &tables[i];
		struct bytes bytes = { .n = 0 };
		auto_free char *text = NULL;
		char found[120], expected[120];
		json_t *tree;

		t->make(&bytes);
		text = shown(t->name, bytes.at, bytes.n);
		tree = text ? json_loads(text, 0, NULL) : NULL;
		TEXT(found, "%s: %s", t->what, tree ? "rows" : text ? "no JSON" : "nothing");
		TEXT(expected, "%s: %s", t->what, t->rows[0] ? "rows" : "nothing");
		assert_string_equal(found, expected);
		for (size_t k = 0; k < MAX_ROWS && t->rows[k]; k++)
			assert_row(tree, t->rows[k]);
		if (t->no_content)
			assert_null(json_object_get(tree, "content"));
		json_decref(tree);
	}
}

/* Of an exact size on the heap. */
static void each_truncation_is_shown_or_not_and_read_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct bytes bytes = { .n = 0 };

		tables[i].make(&bytes);
		for (size_t n = 0; n < bytes.n; n += n < LATER_BYTES ? 1 : 13) {
			uint8_t *copy = malloc(n ? n : 1);
			auto_free char *text = NULL;
			json_t *tree;

			assert_non_null(copy);
			memcpy(copy, bytes.at, n);
			text = shown(tables[i].name, n ? copy : NULL, n);
			tree = text ? json_loads(text, 0, NULL) : NULL;
			assert_true(!text == !tree);
			json_decref(tree);
			free(copy);
		}
	}
}

static int show_one(void *ctx)
{
	struct bytes bytes = { .n = 0 };
	auto_free char *text = NULL;

	make_quote_req(&bytes);
	fail_memory_resume();
	text = shown("QGS request", bytes.at, bytes.n);
	(void)fail_memory_pause();
	return text ? 0 : -ENOMEM;
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	assert_true(fail_memory_each(show_one, NULL) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_shown_by_its_fields_and_no_other_bytes),
		cmocka_unit_test(each_truncation_is_shown_or_not_and_read_within_its_bounds),
		cmocka_unit_test(each_allocation_may_fail),
	};

	json_set_alloc_funcs(malloc, free); /* so that jansson's allocations are counted, and fail */
	return cmocka_run_group_tests_name("show_bytes", tests, set_up, NULL);
}
