/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "guest/guest.h"
#include "guest/guest_world.h"
#include "support/fail_memory.h"
#include "support/fault_env.h"
#include "uapi/sev.h"
#include "wire/snp_certs.h"

struct fixture {
	struct guest_world *w;
	struct jurat_guest *g;
	struct jurat_evidence e;
	struct jurat_error err;
	uint8_t data[64];
};

static int set_up(void **state)
{
	struct jurat_guest_options o = { sizeof(o), JURAT_TEE_SEV_SNP, JURAT_VIA_IOCTL, W_DEVICE,
					 W_CONFIGFS };
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->w = guest_world_new();
	memset(f->data, 0xd1, sizeof(f->data));
	f->e.size = sizeof(f->e);
	*state = f;
	return guest_open(&f->w->base, &o, &f->g, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	jurat_evidence_done(&f->e);
	jurat_guest_close(f->g);
	guest_world_free(f->w);
	free(f);
	return 0;
}

static int report(struct fixture *f, int vmpl, int no_certificates)
{
	struct jurat_guest_report_options o = { .size = sizeof(o),
						.has_vmpl = vmpl != W_ANY_VMPL,
						.vmpl = vmpl == W_ANY_VMPL ? 0 : (uint32_t)vmpl,
						.no_certificates = no_certificates };

	jurat_evidence_done(&f->e);
	f->w->ioctls = 0;
	memset(&f->err, 0, sizeof(f->err));
	return jurat_guest_report(f->g, f->data, &o, &f->e, &f->err);
}

static void assert_says(const struct fixture *f, const char *text)
{
	if (!strstr(f->err.text, text))
		FAIL_BECAUSE("'%s' does not say '%s'", f->err.text, text);
}

static void a_report_comes_with_the_certificates_of_the_same_reply(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	assert_int_equal(f->w->ioctls, 1);
	assert_int_equal(f->w->last_ioctl, UAPI_SNP_GET_EXT_REPORT);
	assert_int_equal(f->w->input.msg_version, 1);
	assert_int_equal(f->w->input.exitinfo2, UINT64_MAX); /* B14, B15: preset */
	assert_int_equal(f->w->certs_len, 0x4000);
	assert_int_equal(f->e.report_size, SNP_REPORT_BYTES);
	assert_memory_equal(f->e.report + 0x50, f->data, sizeof(f->data));
	assert_int_equal(f->e.certs_size, f->w->table_size);
	assert_memory_equal(f->e.certs, f->w->table, f->w->table_size);
}

static void a_report_without_certificates_asks_the_host_for_none(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(report(f, 0, 1), 0);
	assert_int_equal(f->w->last_ioctl, UAPI_SNP_GET_REPORT);
	assert_null(f->e.certs);
	assert_int_equal(f->e.certs_size, 0);
}

static void an_empty_table_is_none_and_a_broken_one_is_as_it_came(void **state)
{
	struct fixture *f = *state;

	f->w->table[16] = 0xff; /* an offset into nowhere */
	f->w->table[19] = 0xff;
	assert_int_equal(report(f, 0, 0), 0);
	assert_int_equal(f->e.certs_size, 0x4000);
	assert_memory_equal(f->e.certs, f->w->table, f->w->table_size);
	memset(f->w->table, 0, sizeof(f->w->table));
	assert_int_equal(report(f, 0, 0), 0);
	assert_null(f->e.certs);
	assert_int_equal(f->e.certs_size, 0);
}

static void a_larger_table_is_asked_for_again(void **state)
{
	struct fixture *f = *state;

	f->w->driver_max_bytes = 0x40000;
	f->w->needed_bytes = 0x9000;
	assert_int_equal(report(f, 0, 0), 0);
	assert_int_equal(f->w->ioctls, 2);
	assert_int_equal(f->w->certs_len, 0x9000);
	assert_int_equal(f->e.certs_size, f->w->table_size);
	f->w->driver_max_bytes = 0x4000; /* Linux's limit */
	assert_int_equal(report(f, 0, 0), -EMSGSIZE);
	assert_says(f, "36864 bytes, more than the driver accepts");
	f->w->needed_bytes = 0x41000;
	assert_int_equal(report(f, 0, 0), -EMSGSIZE);
	assert_says(f, "at most 262144");
	assert_int_equal(report(f, 0, 1), 0); /* without certificates all is well */
}

static void a_host_that_asks_for_nonsense_is_not_followed(void **state)
{
	static const uint32_t lens[] = { 1, 0x1000, 0x4000, 0x4001, 0x4fff };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		f->w->asked_len = lens[i];
		assert_int_equal(report(f, 0, 0), -EPROTO);
		assert_says(f, "was offered 16384 bytes");
		assert_int_equal(f->w->ioctls, 1);
	}
	f->w->asked_len = 0;
	f->w->ask_for_more = true;
	f->w->driver_max_bytes = UINT32_MAX;
	assert_int_equal(report(f, 0, 0), -EPROTO);
	assert_int_equal(f->w->ioctls, GUEST_CERTS_TRIES);
	assert_null(f->e.report);
}

static void every_failure_of_an_ioctl_is_named(void **state)
{
	static const struct {
		int result;
		uint64_t exitinfo2;
		int expected;
		const char *text;
	} rows[] = {
		{ 2, UINT64_MAX, -EIO, "result 2" }, /* B13 */
		{ 4, UINT64_MAX, -EIO, "hypervisor refused" },
		{ -EIO, 0x16, -EIO, "firmware status 0x16 (INVALID_PARAM)" },
		{ -EIO, 0x1d, -EIO, "(AEAD_OFLOW)" },
		{ -EIO, 0x777, -EIO, "firmware status 0x777 (unknown)" },
		{ -EIO, SNP_EXITINFO2(SNP_VMM_BUSY, 0), -EIO, "VMM error 0x2 (BUSY)" },
		{ -EIO, SNP_EXITINFO2(SNP_VMM_GENERIC, 0), -EIO, "VMM error 0xffffffff (generic)" },
		{ -EIO, SNP_EXITINFO2(7, 3), -EIO,
		  "VMM error 0x7 (unknown), firmware status 0x3 (INVALID_CONFIG)" },
		{ -EIO, 0, -EIO, "the firmware was not called" }, /* nothing copied back: the preset speaks */
		{ -EIO, 0xff, -EIO, "the firmware was not called" },
		{ -ENOTTY, 0x16, -ENOTTY, "wiped its key" },
		{ -ETIMEDOUT, SNP_EXITINFO2(SNP_VMM_BUSY, 0), -ETIMEDOUT, "the host was busy" },
		{ -EBADMSG, 0, -EBADMSG, "Bad message" },
		{ -EINVAL, 0xff, -EINVAL, "Invalid argument" },
		/* B14: garbage in exitinfo2 is believed with -EIO only; this one would grow the buffer. */
		{ -EFAULT, SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0), -EFAULT, "Bad address" },
		{ -EINTR, SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0), -EINTR, "Interrupted" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t key[32] = { 5 };

		f->w->ioctl_result = rows[i].result;
		f->w->ioctl_exitinfo2 = rows[i].exitinfo2;
		assert_int_equal(report(f, W_ANY_VMPL, 0), rows[i].expected);
		assert_says(f, rows[i].text);
		assert_says(f, "SNP_GET_EXT_REPORT on '" W_DEVICE "'");
		assert_int_equal(f->w->ioctls, 1);
		assert_int_equal(report(f, W_ANY_VMPL, 1), rows[i].expected);
		assert_says(f, "SNP_GET_REPORT on");
		assert_null(f->e.report);
		assert_int_equal(jurat_guest_snp_derive_key(f->g, NULL, key, &f->err), rows[i].expected);
		assert_says(f, rows[i].text);
		assert_says(f, "SNP_GET_DERIVED_KEY on");
		assert_true(key[0] == 5 && bytes_all(key + 1, 31, 0));
	}
	f->w->ioctl_result = -EIO; /* INVALID_LEN to a request that offered nothing */
	f->w->ioctl_exitinfo2 = SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0);
	assert_int_equal(report(f, 0, 1), -EIO);
	assert_says(f, "INVALID_LEN");
}

static void b35_the_lowest_vmpl_that_the_guest_may_use_is_found(void **state)
{
	struct fixture *f = *state;

	for (uint32_t floor = 0; floor <= 3; floor++) {
		f->w->floor = floor;
		assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
		assert_int_equal(f->w->ioctls, floor + 1);
		assert_int_equal(f->w->report_req.vmpl, floor);
		assert_int_equal(bytes_get_le(f->e.report + 0x30, 4), floor);
	}
	assert_int_equal(report(f, 2, 0), -EINVAL); /* named, it is not corrected */
	assert_int_equal(f->w->ioctls, 1);
	assert_says(f, "message status 0x16 (INVALID_PARAM)");
	assert_int_equal(report(f, 3, 0), 0);
	f->w->floor = 4;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EINVAL);
	assert_int_equal(f->w->ioctls, 4);
}

static void b34_an_answer_without_a_report_is_no_success(void **state)
{
	static const uint32_t statuses[][2] = { { 0x27, -EINVAL }, { 0x15, -EIO }, { 0x9999, -EIO } };
	static const size_t sizes[] = { 0, 1, 1183, 1185, 0xffffffff };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		f->w->status = statuses[i][0];
		assert_int_equal(report(f, W_ANY_VMPL, 0), (int)statuses[i][1]);
		assert_int_equal(f->w->ioctls, 1);
	}
	f->w->status = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		f->w->report_size = sizes[i];
		assert_int_equal(report(f, 0, 0), -EPROTO);
		assert_says(f, "expected a report of 1184");
	}
	f->w->report_size = SNP_REPORT_BYTES;
	for (uint32_t version = 0; version < 8; version++) {
		f->w->report.version = version;
		assert_int_equal(report(f, 0, 0), version >= 2 && version <= 5 ? 0 : -EPROTO);
	}
	f->w->report.version = 2;
	f->w->other_report_data = true;
	assert_int_equal(report(f, 0, 0), -EPROTO);
	assert_says(f, "other report_data");
	assert_null(f->e.report);
}

static void a_derived_key_is_over_what_was_asked(void **state)
{
	struct jurat_snp_key_options o = {
		.size = sizeof(o),
		.root = JURAT_SNP_KEY_ROOT_VMRK,
		.fields = JURAT_SNP_KEY_MEASUREMENT | JURAT_SNP_KEY_TCB_VERSION,
		.guest_svn = 7,
		.tcb_version = 0x1122334455667788,
	};
	struct fixture *f = *state;
	uint8_t key[32] = { 0 };

	f->w->floor = 2;
	assert_int_equal(jurat_guest_snp_derive_key(f->g, &o, key, &f->err), 0);
	assert_true(bytes_all(key, sizeof(key), 0x77));
	assert_int_equal(f->w->key_req.root_key_select, 1);
	assert_int_equal(f->w->key_req.guest_field_select, 0x28);
	assert_int_equal(f->w->key_req.vmpl, 2);
	assert_int_equal(f->w->key_req.guest_svn, 7);
	assert_int_equal(f->w->key_req.tcb_version, 0x1122334455667788);
	o.has_vmpl = 1;
	o.vmpl = 1;
	memset(key, 1, sizeof(key));
	assert_int_equal(jurat_guest_snp_derive_key(f->g, &o, key, &f->err), -EINVAL);
	o.vmpl = 3;
	f->w->empty_key = true;
	assert_int_equal(jurat_guest_snp_derive_key(f->g, &o, key, &f->err), -EPROTO);
	f->w->status = 0x15;
	assert_int_equal(jurat_guest_snp_derive_key(f->g, &o, key, &f->err), -EIO);
	assert_true(bytes_all(key, sizeof(key), 1));
}

static void the_failure_of_any_call_leaves_nothing_behind(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned k = 1; fired; k++) {
		struct jurat_guest_options o = { sizeof(o), JURAT_TEE_AUTO, JURAT_VIA_IOCTL, W_DEVICE,
						 W_CONFIGFS };
		struct guest_world *w = guest_world_new();
		struct fault_env env = fault_env_nth(&w->base, k, -EIO);
		struct jurat_evidence e = { .size = sizeof(e) };
		struct jurat_guest *g = NULL;
		uint8_t data[64] = { 1 };
		int r = guest_open(&env.base, &o, &g, NULL);

		w->floor = 1;
		w->driver_max_bytes = 0x10000;
		w->needed_bytes = 0x5000;
		if (r == 0)
			r = jurat_guest_report(g, data, NULL, &e, NULL);
		else
			assert_int_equal(r, -ENODEV);
		fired = env.fired;
		assert_int_equal(r == 0, !fired);
		assert_int_equal(e.report == NULL, fired);
		jurat_evidence_done(&e);
		jurat_guest_close(g);
		guest_world_free(w);
	}
}

static int report_without_memory(void *ctx)
{
	struct jurat_guest_options o = { sizeof(o), JURAT_TEE_SEV_SNP, JURAT_VIA_IOCTL, W_DEVICE,
					 W_CONFIGFS };
	struct guest_world *w = guest_world_new();
	struct jurat_evidence e = { .size = sizeof(e) };
	struct jurat_guest *g = NULL;
	uint8_t data[64] = { 1 };
	int r;

	(void)ctx;
	w->driver_max_bytes = 0x10000;
	w->needed_bytes = 0x5000; /* more than is asked for at first */
	fail_memory_resume();
	r = guest_open(&w->base, &o, &g, NULL);
	if (r == 0)
		r = jurat_guest_report(g, data, NULL, &e, NULL);
	fail_memory_pause();
	assert_int_equal(e.report == NULL, r != 0);
	jurat_evidence_done(&e);
	jurat_guest_close(g);
	guest_world_free(w);
	return r;
}

static void without_memory_there_is_no_report(void **state)
{
	assert_true(fail_memory_each(report_without_memory, NULL) >= 6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_report_comes_with_the_certificates_of_the_same_reply),
		TEST(a_report_without_certificates_asks_the_host_for_none),
		TEST(an_empty_table_is_none_and_a_broken_one_is_as_it_came),
		TEST(a_larger_table_is_asked_for_again),
		TEST(a_host_that_asks_for_nonsense_is_not_followed),
		TEST(every_failure_of_an_ioctl_is_named),
		TEST(b35_the_lowest_vmpl_that_the_guest_may_use_is_found),
		TEST(b34_an_answer_without_a_report_is_no_success),
		TEST(a_derived_key_is_over_what_was_asked),
		cmocka_unit_test(the_failure_of_any_call_leaves_nothing_behind),
		cmocka_unit_test(without_memory_there_is_no_report),
	};

	return cmocka_run_group_tests_name("guest_snp_device", tests, NULL, NULL);
}
