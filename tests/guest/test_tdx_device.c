/* SPDX-License-Identifier: MIT */
#include "guest/tdx_world.h"

#include <errno.h>

#include "guest/guest.h"
#include "support/fail_memory.h"
#include "support/fault_env.h"
#include "uapi/tdx.h"

static const uint8_t report_data[64] = { 1, 2, 3, [63] = 64 };

struct result {
	int opened, r;
	size_t size;
	enum jurat_via via;
	struct jurat_error err;
};

/* Opens, asks for one quote and checks that it is one over report_data. */
static struct result ask_in(struct base_env *env, enum jurat_via via, const char *service)
{
	struct jurat_guest_options o = {
		.size = sizeof(o),
		.tee = JURAT_TEE_TDX,
		.via = via,
		.quoting_service = service,
	};
	struct jurat_evidence e = { .size = sizeof(e) };
	struct jurat_guest *g = NULL;
	struct result ret = { 0 };
	struct tdx_quote q;

	ret.opened = guest_open(env, &o, &g, &ret.err);
	if (ret.opened < 0) {
		assert_null(g);
		return ret;
	}
	assert_int_equal(jurat_guest_tee(g), JURAT_TEE_TDX);
	ret.via = jurat_guest_via(g);
	ret.r = jurat_guest_report(g, report_data, NULL, &e, &ret.err);
	if (ret.r == 0) {
		assert_int_equal(tdx_quote_read(e.report, e.report_size, &q, NULL), 0);
		assert_memory_equal(q.body.report_data, report_data, 64);
		assert_null(e.certs);
		ret.size = e.report_size;
	} else {
		assert_null(e.report);
		assert_true(ret.err.text[0] != '\0');
	}
	jurat_evidence_done(&e);
	jurat_guest_close(g);
	return ret;
}

static struct result ask(struct tdx_world *w, enum jurat_via via, const char *service)
{
	return ask_in(&w->base, via, service);
}

static void configfs_is_the_first_way(void **state)
{
	struct tdx_world *w = tdx_world_new();
	struct result r = ask(w, JURAT_VIA_AUTO, NULL);

	assert_int_equal(r.r, 0);
	assert_int_equal(r.via, JURAT_VIA_CONFIGFS);
	assert_int_equal(w->ioctls, 0);
	assert_int_equal(w->quote.trailing, 0);
	tdx_world_free(w);
}

static void a_tdx_guest_is_found_without_being_asked_for(void **state)
{
	for (unsigned configfs = 0; configfs < 2; configfs++) {
		struct tdx_world *w = tdx_world_new();
		struct jurat_guest *g = NULL;

		w->no_configfs = !configfs;
		assert_int_equal(guest_open(&w->base, NULL, &g, NULL), 0);
		assert_int_equal(jurat_guest_tee(g), JURAT_TEE_TDX);
		assert_int_equal(jurat_guest_via(g), configfs ? JURAT_VIA_CONFIGFS : JURAT_VIA_IOCTL);
		jurat_guest_close(g);
		tdx_world_free(w);
	}
}

static void what_is_not_tdx_is_not_taken_for_it(void **state)
{
	struct tdx_world *w = tdx_world_new();
	struct result r;

	w->provider = "sev_guest\n";
	w->no_device = true;
	r = ask(w, JURAT_VIA_AUTO, NULL);
	assert_int_equal(r.opened, -ENODEV);
	assert_non_null(strstr(r.err.text, "'sev_guest', not 'tdx_guest'"));
	assert_non_null(strstr(r.err.text, "/dev/tdx_guest"));
	tdx_world_free(w);
}

static void no_failure_over_configfs_is_a_quote(void **state) /* K1, K2, K3 */
{
	static const struct {
		int error;
		bool empty, other;
		int result;
		const char *cause;
	} rows[] = {
		/* Linux 6.12: a failed request is an empty outblob */
		{ 0, true, false, -EPROTO, "is its quoting service (QGS) running" },
		{ 0, false, true, -EPROTO, "the quote has other report_data than requested" },
		{ -EIO, false, false, -EIO,
		  "is its quoting service (QGS) running" }, /* newer: status is not 0 */
		{ -EFBIG, false, false, -EFBIG, "larger than the driver's buffer" },
		{ -ETIMEDOUT, false, false, -ETIMEDOUT, "is the host's quoting service (QGS) reachable" },
		{ -EINVAL, false, false, -EINVAL, "does its VMM support GetQuote" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tdx_world *w = tdx_world_new();
		struct result r;

		w->outblob_error = rows[i].error;
		w->empty_outblob = rows[i].empty;
		w->other_report_data = rows[i].other;
		r = ask(w, JURAT_VIA_CONFIGFS, NULL);
		assert_int_equal(r.opened, 0);
		assert_int_equal(r.r, rows[i].result);
		if (!strstr(r.err.text, rows[i].cause))
			FAIL_BECAUSE("'%s', expected '%s'", r.err.text, rows[i].cause);
		tdx_world_free(w);
	}
}

static void a_buffer_in_flight_is_waited_for_and_given_up(void **state) /* K4 */
{
	for (unsigned busy = 3; busy <= 3000; busy *= 1000) {
		struct tdx_world *w = tdx_world_new();
		struct result r;

		w->outblob_busy = busy;
		r = ask(w, JURAT_VIA_CONFIGFS, NULL);
		assert_int_equal(r.r, busy == 3 ? 0 : -EBUSY);
		assert_true(w->now > 0);
		tdx_world_free(w);
	}
}

static void the_configured_service_quotes_the_device_s_tdreport(void **state)
{
	static const struct {
		const char *config, *address;
		int result;
	} rows[] = {
		{ "port = 4050\n", "vsock:2:4050", 0 },
		{ "# comment\n\nport=4051", "vsock:2:4051", 0 },
		{ " \tport \t=\t 0 # any\r\n", "vsock:2:0", 0 },
		{ "cid = 3\nport = 65535\nport = 1\n", "vsock:2:65535", 0 },
		{ "port = 65536\n", NULL, -EINVAL },
		{ "port = \n", NULL, -EINVAL },
		{ "port = 40 50\n", NULL, -EINVAL },
		{ "port = -1\n", NULL, -EINVAL },
		{ "port = 4050x\n", NULL, -EINVAL },
		{ "#port = 4050\n", NULL, -EOPNOTSUPP }, /* no port: the ioctls, which are not there */
		{ "ports = 4050\n", NULL, -EOPNOTSUPP },
		{ "", NULL, -EOPNOTSUPP },
		{ NULL, NULL, -EOPNOTSUPP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tdx_world *w = tdx_world_new();
		struct result r;

		w->config = rows[i].config;
		w->recv_part = i % 2 ? 1 : 0;
		r = ask(w, JURAT_VIA_IOCTL, NULL);
		if (r.r != rows[i].result)
			FAIL_BECAUSE("row %zu: %d %s", i, r.r, r.err.text);
		assert_int_equal(w->connects, rows[i].address != NULL);
		assert_string_equal(w->address, rows[i].address ? rows[i].address : "");
		tdx_world_free(w);
	}
}

static void a_named_service_comes_before_the_configured_one(void **state)
{
	struct tdx_world *w = tdx_world_new();

	w->config = "port = 4050\n";
	assert_int_equal(ask(w, JURAT_VIA_IOCTL, "unix:/run/qgs.socket").r, 0);
	assert_string_equal(w->address, "unix:/run/qgs.socket");
	tdx_world_free(w);
}

static void a_service_that_is_no_address_is_refused(void **state)
{
	struct tdx_world *w = tdx_world_new();

	assert_int_equal(ask(w, JURAT_VIA_IOCTL, "tcp:192.0.2.1:4050").opened, -EINVAL);
	tdx_world_free(w);
}

static void a_configuration_that_cannot_be_read_is_not_passed_over(void **state)
{
	struct tdx_world *w = tdx_world_new();

	w->config = "";
	w->config_error = -EACCES;
	w->quote_ioctl = UAPI_TDX_CMD_GET_QUOTE;
	assert_int_equal(ask(w, JURAT_VIA_IOCTL, NULL).r, -EACCES);
	tdx_world_free(w);
}

static void a_service_that_fails_is_final(void **state)
{
	static const struct {
		const char *answer;
		size_t n;
		uint32_t error;
		bool absent, silent, other;
		int result;
	} rows[] = {
		{ .absent = true, .result = -ECONNREFUSED },
		{ .silent = true, .result = -ETIMEDOUT },
		{ .error = QGS_E_UNEXPECTED, .result = -EIO },
		{ .other = true, .result = -EPROTO },
		{ "", 0, .result = -ECONNRESET },
		{ "\0\0\0", 3, .result = -ECONNRESET },
		{ "\0\0\0\0", 4, .result = -EBADMSG },
		{ "\xff\xff\xff\xff", 4, .result = -E2BIG },
		{ "\0\0\0\x18\1\0\1\0\1\0\0\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28, .result = -EPROTO },
		{ "\0\0\0\x18\1\0\1\0\1\0\0\0\x18\0\0\0\1\x20\1\0\0\0\0\0\0\0\0\0!", 29, .result = -EBADMSG },
		{ "\0\0\0\x19\1\0\1\0\1\0\0\0\x19\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0q", 29, .result = -EPROTO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tdx_world *w = tdx_world_new();
		struct result r;

		w->service_answer = (const uint8_t *)rows[i].answer;
		w->service_answer_size = rows[i].n;
		w->service_error = rows[i].error;
		w->no_service = rows[i].absent;
		w->service_silent = rows[i].silent;
		w->other_report_data = rows[i].other;
		w->quote_ioctl = UAPI_TDX_CMD_GET_QUOTE; /* not asked then */
		r = ask(w, JURAT_VIA_IOCTL, "vsock:2:4050");
		if (r.r != rows[i].result)
			FAIL_BECAUSE("row %zu: %d %s", i, r.r, r.err.text);
		assert_int_equal(w->ioctls, 1);
		tdx_world_free(w);
	}
}

static void the_ioctls_of_unreleased_kernels_are_tried_in_turn(void **state)
{
	static const unsigned long numbers[] = {
		UAPI_TDX_CMD_GET_QUOTE,
		UAPI_TDX_CMD_LIBTDX_GET_QUOTE_V3,
		UAPI_TDX_CMD_LIBTDX_GET_QUOTE,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct tdx_world *w = tdx_world_new();

		w->quote_ioctl = numbers[i];
		assert_int_equal(ask(w, JURAT_VIA_IOCTL, NULL).r, 0);
		assert_int_equal(w->ioctls, 2 + i);
		tdx_world_free(w);
	}
}

static void an_ioctl_that_says_success_is_not_believed(void **state) /* K1, K2, K3 */
{
	static const struct {
		uint64_t status;
		uint32_t out_len, error;
		bool untouched, other;
		int result;
	} rows[] = {
		{ TDX_GETQUOTE_ERROR, .result = -EIO },
		{ TDX_GETQUOTE_UNAVAILABLE, .result = -EIO },
		{ TDX_GETQUOTE_IN_FLIGHT, .result = -ETIMEDOUT },
		{ 5, .result = -EPROTO },
		{ 0, .untouched = true, .result = -EBADMSG }, /* status 0, out_len 0: as it was prepared */
		{ 0, .out_len = 16384 - 23, .result = -EFBIG },
		{ 0, .out_len = UINT32_MAX, .result = -EFBIG },
		{ 0, .other = true, .result = -EPROTO },
	};
	static const unsigned long numbers[] = { UAPI_TDX_CMD_GET_QUOTE, UAPI_TDX_CMD_LIBTDX_GET_QUOTE };

	for (size_t k = 0; k < ARRAY_SIZE(numbers); k++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			struct tdx_world *w = tdx_world_new();
			struct result r;

			w->quote_ioctl = numbers[k];
			w->quote_status = rows[i].status;
			w->quote_out_len = rows[i].out_len;
			w->quote_untouched = rows[i].untouched;
			w->other_report_data = rows[i].other;
			r = ask(w, JURAT_VIA_IOCTL, NULL);
			if (r.r != rows[i].result)
				FAIL_BECAUSE("row %zu: %d %s", i, r.r, r.err.text);
			tdx_world_free(w);
		}
}

static void framed_answers_must_be_what_they_say(void **state)
{
	for (uint32_t out_len = 1; out_len < 60; out_len++) {
		struct tdx_world *w = tdx_world_new();

		w->quote_ioctl = UAPI_TDX_CMD_LIBTDX_GET_QUOTE;
		w->quote_out_len = out_len;
		assert_int_equal(ask(w, JURAT_VIA_IOCTL, NULL).r, -EBADMSG);
		tdx_world_free(w);
	}
}

static void a_busy_device_is_waited_for(void **state)
{
	struct tdx_world *w = tdx_world_new();

	w->quote_ioctl = UAPI_TDX_CMD_GET_QUOTE;
	w->device_busy = 3;
	assert_int_equal(ask(w, JURAT_VIA_IOCTL, NULL).r, 0);
	w->device_busy = 100;
	assert_int_equal(ask(w, JURAT_VIA_IOCTL, NULL).r, -EBUSY);
	w->device_busy = 0;
	w->quote_error = -EIO;
	assert_int_equal(ask(w, JURAT_VIA_IOCTL, NULL).r, -EIO);
	tdx_world_free(w);
}

static void a_tdreport_over_other_data_is_not_quoted(void **state)
{
	struct tdx_world *w = tdx_world_new();

	w->other_tdreport_data = true;
	assert_int_equal(ask(w, JURAT_VIA_IOCTL, "vsock:2:4050").r, -EPROTO);
	assert_int_equal(w->connects, 0);
	tdx_world_free(w);
}

static struct jurat_guest *open_tdx(struct tdx_world *w, enum jurat_via via)
{
	struct jurat_guest_options o = { .size = sizeof(o), .tee = JURAT_TEE_TDX, .via = via };
	struct jurat_guest *g = NULL;

	assert_int_equal(guest_open(&w->base, &o, &g, NULL), 0);
	return g;
}

static void rtmrs_are_read_and_extended_through_sysfs(void **state)
{
	struct tdx_world *w = tdx_world_new();
	struct jurat_guest *g = open_tdx(w, JURAT_VIA_AUTO);
	uint8_t value[48], digest[48];

	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(jurat_guest_tdx_rtmr_read(g, i, value, NULL), 0);
		assert_true(bytes_all(value, 48, (uint8_t)(0x10 + i)));
		memset(digest, 0x80 + (int)i, sizeof(digest));
		assert_int_equal(jurat_guest_tdx_rtmr_extend(g, i, digest, NULL), 0);
		assert_memory_equal(w->rtmr[i], digest, 48);
	}
	assert_int_equal(w->extends, 4);
	assert_int_equal(w->ioctls, 0);
	assert_int_equal(jurat_guest_tdx_rtmr_read(g, 4, value, NULL), -EINVAL);
	assert_int_equal(jurat_guest_tdx_rtmr_extend(g, 4, digest, NULL), -EINVAL);
	w->extend_error = -EACCES;
	assert_int_equal(jurat_guest_tdx_rtmr_extend(g, 0, digest, NULL), -EACCES);
	w->extend_error = -EINTR; /* never a second time */
	assert_int_equal(jurat_guest_tdx_rtmr_extend(g, 3, digest, NULL), -EINTR);
	for (w->rtmr_bytes = 0; w->rtmr_bytes < 100; w->rtmr_bytes++)
		assert_int_equal(jurat_guest_tdx_rtmr_read(g, 2, value, NULL),
				 w->rtmr_bytes == 48 ? 0 : -EPROTO);
	jurat_guest_close(g);
	tdx_world_free(w);
}

static void rtmrs_are_reached_through_the_device_without_sysfs(void **state)
{
	struct tdx_world *w = tdx_world_new();
	struct jurat_guest *g = open_tdx(w, JURAT_VIA_AUTO);
	uint8_t value[48], digest[48] = { 7 };
	struct jurat_error err = { "" };

	w->no_sysfs = true;
	assert_int_equal(jurat_guest_tdx_rtmr_read(g, 2, value, NULL), 0);
	assert_true(bytes_all(value, 48, 0x12));
	assert_int_equal(jurat_guest_tdx_rtmr_extend(g, 2, digest, &err), -EOPNOTSUPP);
	assert_true(err.text[0] != '\0');
	w->has_extend_ioctl = true;
	assert_int_equal(jurat_guest_tdx_rtmr_extend(g, 2, digest, NULL), 0);
	assert_memory_equal(w->rtmr[2], digest, 48);
	jurat_guest_close(g);
	w->no_device = true;
	g = open_tdx(w, JURAT_VIA_CONFIGFS);
	assert_int_equal(jurat_guest_tdx_rtmr_read(g, 2, value, &err), -EOPNOTSUPP);
	assert_int_equal(jurat_guest_tdx_rtmr_extend(g, 2, digest, NULL), -EOPNOTSUPP);
	jurat_guest_close(g);
	tdx_world_free(w);
}

static void what_tdx_does_not_have_is_said(void **state)
{
	struct tdx_world *w = tdx_world_new();
	struct jurat_guest *g = open_tdx(w, JURAT_VIA_AUTO);
	struct jurat_guest_report_options vmpl = { .size = sizeof(vmpl), .has_vmpl = 1 };
	struct jurat_guest_report_options key = { .size = sizeof(key), .key_sel = 1 };
	struct jurat_evidence e = { .size = sizeof(e) };
	uint8_t derived[32];

	assert_int_equal(jurat_guest_report(g, report_data, &vmpl, &e, NULL), -EOPNOTSUPP);
	assert_int_equal(jurat_guest_report(g, report_data, &key, &e, NULL), -EOPNOTSUPP);
	assert_int_equal(jurat_guest_snp_derive_key(g, NULL, derived, NULL), -EOPNOTSUPP);
	jurat_guest_close(g);
	tdx_world_free(w);
}

static void any_failing_call_ends_it_and_leaves_nothing(void **state)
{
	static const char *const services[] = { NULL, "vsock:2:4050" };

	for (unsigned way = 0; way < 3; way++)
		for (unsigned k = 1;; k++) {
			struct tdx_world *w = tdx_world_new();
			struct fault_env env = fault_env_nth(&w->base, k, -EIO);
			struct result r;

			w->quote_ioctl = UAPI_TDX_CMD_LIBTDX_GET_QUOTE;
			w->recv_part = 5000;
			r = ask_in(&env.base, way ? JURAT_VIA_IOCTL : JURAT_VIA_CONFIGFS, services[way / 2]);
			assert_int_equal(tdx_world_open_files(w), 0);
			if (!env.fired)
				assert_int_equal(r.opened | r.r, 0);
			else
				assert_true(r.opened < 0 || r.r < 0 || !strcmp(env.fired_in, "close") ||
					    !strcmp(env.fired_in, "rmdir"));
			if (env.fired && !strcmp(env.fired_in, "rmdir"))
				w->rmdirs = w->mkdirs; /* the kernel keeps the entry */
			tdx_world_free(w);
			if (!env.fired)
				break;
			assert_true(k < 200);
		}
}

static int quote_without_memory(void *ctx)
{
	static const char *const services[] = { NULL, NULL, "vsock:2:4050" };
	unsigned way = *(unsigned *)ctx;
	struct tdx_world *w = tdx_world_new();
	struct result r;

	w->quote_ioctl = UAPI_TDX_CMD_LIBTDX_GET_QUOTE;
	fail_memory_resume();
	r = ask_in(&w->base, way ? JURAT_VIA_IOCTL : JURAT_VIA_CONFIGFS, services[way]);
	fail_memory_pause();
	tdx_world_free(w);
	return r.opened ? r.opened : r.r;
}

static int rtmr_without_memory(void *ctx)
{
	struct tdx_world *w = tdx_world_new();
	struct jurat_guest *g = open_tdx(w, JURAT_VIA_AUTO);
	uint8_t value[48];
	int r;

	(void)ctx;
	fail_memory_resume();
	r = jurat_guest_tdx_rtmr_read(g, 2, value, NULL);
	fail_memory_pause();
	jurat_guest_close(g);
	tdx_world_free(w);
	return r;
}

static void without_memory_there_is_no_quote_and_no_register(void **state)
{
	for (unsigned way = 0; way < 3; way++)
		assert_true(fail_memory_each(quote_without_memory, &way) >= 4);
	assert_true(fail_memory_each(rtmr_without_memory, NULL) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configfs_is_the_first_way),
		cmocka_unit_test(a_tdx_guest_is_found_without_being_asked_for),
		cmocka_unit_test(what_is_not_tdx_is_not_taken_for_it),
		cmocka_unit_test(no_failure_over_configfs_is_a_quote),
		cmocka_unit_test(a_buffer_in_flight_is_waited_for_and_given_up),
		cmocka_unit_test(the_configured_service_quotes_the_device_s_tdreport),
		cmocka_unit_test(a_named_service_comes_before_the_configured_one),
		cmocka_unit_test(a_service_that_is_no_address_is_refused),
		cmocka_unit_test(a_configuration_that_cannot_be_read_is_not_passed_over),
		cmocka_unit_test(a_service_that_fails_is_final),
		cmocka_unit_test(the_ioctls_of_unreleased_kernels_are_tried_in_turn),
		cmocka_unit_test(an_ioctl_that_says_success_is_not_believed),
		cmocka_unit_test(framed_answers_must_be_what_they_say),
		cmocka_unit_test(a_busy_device_is_waited_for),
		cmocka_unit_test(a_tdreport_over_other_data_is_not_quoted),
		cmocka_unit_test(rtmrs_are_read_and_extended_through_sysfs),
		cmocka_unit_test(rtmrs_are_reached_through_the_device_without_sysfs),
		cmocka_unit_test(what_tdx_does_not_have_is_said),
		cmocka_unit_test(any_failing_call_ends_it_and_leaves_nothing),
		cmocka_unit_test(without_memory_there_is_no_quote_and_no_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
