/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "guest/guest.h"
#include "guest/guest_world.h"
#include "support/fail_memory.h"
#include "support/fault_env.h"

struct fixture {
	struct guest_world *w;
	struct jurat_guest *g;
	struct jurat_evidence e;
	struct jurat_error err;
	uint8_t data[64];
};

static int set_up(void **state)
{
	struct jurat_guest_options o = { sizeof(o), JURAT_TEE_SEV_SNP, JURAT_VIA_CONFIGFS, W_DEVICE,
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

/* One report; whatever comes of it, its instances are gone afterwards. */
static int report(struct fixture *f, int vmpl, int no_certificates)
{
	struct jurat_guest_report_options o = { .size = sizeof(o),
						.has_vmpl = vmpl != W_ANY_VMPL,
						.vmpl = vmpl == W_ANY_VMPL ? 0 : (uint32_t)vmpl,
						.no_certificates = no_certificates };
	int r;

	jurat_evidence_done(&f->e);
	f->w->mkdirs = f->w->rmdirs = 0;
	f->w->slept_ns = 0;
	memset(&f->err, 0, sizeof(f->err));
	r = jurat_guest_report(f->g, f->data, &o, &f->e, &f->err);
	assert_int_equal(f->w->mkdirs, f->w->rmdirs);
	assert_int_equal(guest_world_instances(f->w), 0);
	assert_int_equal(guest_world_open_files(f->w), 0);
	assert_int_equal(f->e.report == NULL, r != 0);
	return r;
}

static void assert_says(const struct fixture *f, const char *text)
{
	if (!strstr(f->err.text, text))
		FAIL_BECAUSE("'%s' does not say '%s'", f->err.text, text);
}

static void a_report_comes_with_the_certificates_of_one_generation(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	assert_int_equal(f->w->mkdirs, 1);
	assert_int_equal(f->e.report_size, SNP_REPORT_BYTES);
	assert_memory_equal(f->e.report + 0x50, f->data, sizeof(f->data));
	assert_int_equal(f->e.certs_size, f->w->table_size);
	assert_memory_equal(f->e.certs, f->w->table, f->w->table_size);
	assert_int_equal(f->w->slept_ns, 0);
	assert_int_equal(report(f, W_ANY_VMPL, 1), 0);
	assert_null(f->e.certs);
	f->w->table_size = 0; /* auxblob at its end at once: the host gave none */
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	assert_null(f->e.certs);
	assert_int_equal(f->w->ioctls, 0);
}

static void b35_the_privilege_level_is_the_floor(void **state)
{
	struct fixture *f = *state;

	for (uint32_t floor = 0; floor <= 3; floor++) {
		f->w->floor = floor;
		assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
		assert_int_equal(bytes_get_le(f->e.report + 0x30, 4), floor);
		assert_int_equal(report(f, 3, 0), 0);
		assert_int_equal(bytes_get_le(f->e.report + 0x30, 4), 3);
	}
	assert_int_equal(report(f, 0, 0), -EINVAL); /* below the floor */
	assert_says(f, "/privlevel");
	f->w->floor = 0;
	f->w->no_floor_file = true; /* a provider without levels */
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
}

static void b48_an_inblob_that_the_kernel_dropped_is_written_again(void **state)
{
	struct fixture *f = *state;

	f->w->inblob_dropped = 3;
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	assert_int_equal(f->w->mkdirs, 1);
	assert_true(f->w->slept_ns > 0);
	f->w->inblob_dropped = UINT32_MAX;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EBUSY);
	assert_says(f, "/inblob' stays busy");
	assert_int_equal(f->w->mkdirs, GUEST_TSM_TRIES);
	assert_true(f->w->slept_ns < 10000000000u);
}

static void a_busy_provider_is_waited_for(void **state)
{
	struct fixture *f = *state;

	f->w->outblob_busy = GUEST_TSM_BUSY_TRIES - 1;
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	assert_int_equal(f->w->mkdirs, 1);
	assert_int_equal(f->w->slept_ns, 63 * (uint64_t)GUEST_TSM_BUSY_FIRST_NS);
	f->w->outblob_busy = UINT32_MAX;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EBUSY);
	assert_says(f, "outblob");
	f->w->outblob_busy = 0;
	f->w->rmdir_busy = 3;
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
}

static void a_changed_generation_starts_over_with_a_new_instance(void **state)
{
	struct fixture *f = *state;

	f->w->meddled = 2;
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	assert_int_equal(f->w->mkdirs, 3);
	f->w->meddled = UINT32_MAX;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EBUSY);
	assert_int_equal(f->w->mkdirs, GUEST_TSM_TRIES);
	assert_says(f, "generation 3, not 2");
}

static void a_name_that_is_taken_is_not_insisted_on(void **state)
{
	struct fixture *f = *state;

	f->w->names_taken = 7;
	assert_int_equal(report(f, W_ANY_VMPL, 0), 0);
	f->w->names_taken = UINT32_MAX;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EEXIST);
	assert_says(f, W_CONFIGFS);
}

static void errors_of_the_provider_come_through(void **state)
{
	static const struct {
		int error;
		const char *cause; /* what may be behind it, or what to do */
	} errors[] = {
		{ -EINVAL, "is the VMPL below that of this guest" },
		{ -EIO, "the host's certificates need more than 16 KiB" },
		{ -ENXIO, "see the kernel log" },
		{ -ENOTTY, "restart the guest" },
		{ -ETIMEDOUT, "the host was busy for a minute" },
		{ -EBADMSG, "was not authentic" },
		{ -EPERM, "Operation not permitted" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		f->w->outblob_error = errors[i].error;
		assert_int_equal(report(f, W_ANY_VMPL, 0), errors[i].error);
		assert_says(f, "/outblob");
		assert_says(f, strerror(-errors[i].error));
		assert_says(f, errors[i].cause);
		assert_int_equal(f->w->mkdirs, 1); /* not a thing to be tried again */
	}
	f->w->outblob_error = 0;
	f->w->mkdir_error = -ENXIO;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -ENXIO);
	f->w->mkdir_error = 0;
	f->w->provider = "tdx_guest\n"; /* it changed since the handle was opened */
	assert_int_equal(report(f, W_ANY_VMPL, 0), -ENODEV);
}

static void b34_an_empty_or_wrong_outblob_is_no_success(void **state)
{
	static const size_t sizes[] = { 0, 1, 1183, 1185, 0x8000 };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		f->w->report_size = sizes[i];
		assert_int_equal(report(f, W_ANY_VMPL, 0), -EPROTO);
		assert_says(f, "/outblob'");
		if (sizes[i] == 0)
			assert_says(f, "see the host's log");
	}
	f->w->report_size = 0x8001;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EFBIG);
	f->w->report_size = SNP_REPORT_BYTES;
	f->w->report.version = 0;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EPROTO);
	f->w->report.version = 2;
	f->w->other_report_data = true;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EPROTO);
	f->w->other_report_data = false;
	f->w->table_size = 0x8001;
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EFBIG);
	assert_says(f, "auxblob");
}

static void a_generation_that_is_no_number_is_refused(void **state)
{
	static const char *const texts[] = { "",      "\n",   "x\n",  "1x\n",
					     "1\n\n", "-1\n", " 1\n", "18446744073709551616\n" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		f->w->generation_text = texts[i];
		assert_int_equal(report(f, W_ANY_VMPL, 0), -EPROTO);
		assert_says(f, "/generation'");
	}
	f->w->generation_text = "7"; /* it never moves: what was written did not arrive */
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EBUSY);
	f->w->generation_text = NULL;
	f->w->floor = 4; /* not a level */
	assert_int_equal(report(f, W_ANY_VMPL, 0), -EPROTO);
}

/* -EIO ends it, -EBUSY does not; in both cases nothing stays open and the directory goes. */
static void the_failure_of_any_call_leaves_nothing_behind(void **state)
{
	static const int errors[] = { -EIO, -EBUSY };
	struct fixture *f = *state;
	bool fired;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		fired = true;
		for (unsigned k = 1; fired; k++) {
			struct fault_env env = fault_env_nth(&f->w->base, k, errors[i]);
			int r;

			f->g->env = &env.base;
			jurat_evidence_done(&f->e);
			r = jurat_guest_report(f->g, f->data, NULL, &f->e, NULL);
			fired = env.fired;
			if (!fired || !strcmp(env.fired_in, "rmdir"))
				assert_int_equal(r, 0);
			else if (errors[i] == -EIO && strcmp(env.fired_in, "close") != 0)
				assert_int_equal(r, -EIO);
			else if (errors[i] == -EBUSY)
				assert_int_equal(r, 0);
			assert_int_equal(f->e.report == NULL, r != 0);
			assert_int_equal(guest_world_open_files(f->w), 0);
			if (fired && !strcmp(env.fired_in, "rmdir") && errors[i] == -EIO)
				memset(f->w->instances, 0, sizeof(f->w->instances)); /* it was tried */
			assert_int_equal(guest_world_instances(f->w), 0);
		}
	}
	f->g->env = &f->w->base;
}

static int report_without_memory(void *ctx)
{
	struct jurat_guest_options o = { sizeof(o), JURAT_TEE_SEV_SNP, JURAT_VIA_CONFIGFS, W_DEVICE,
					 W_CONFIGFS };
	struct guest_world *w = guest_world_new();
	struct jurat_evidence e = { .size = sizeof(e) };
	struct jurat_guest *g = NULL;
	uint8_t data[64] = { 1 };
	int r;

	(void)ctx;
	fail_memory_resume();
	r = guest_open(&w->base, &o, &g, NULL);
	if (r == 0)
		r = jurat_guest_report(g, data, NULL, &e, NULL);
	fail_memory_pause();
	assert_int_equal(e.report == NULL, r != 0);
	assert_int_equal(guest_world_instances(w), 0);
	jurat_evidence_done(&e);
	jurat_guest_close(g);
	guest_world_free(w);
	return r;
}

static void without_memory_there_is_no_report_and_no_entry(void **state)
{
	assert_true(fail_memory_each(report_without_memory, NULL) >= 6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_report_comes_with_the_certificates_of_one_generation),
		TEST(b35_the_privilege_level_is_the_floor),
		TEST(b48_an_inblob_that_the_kernel_dropped_is_written_again),
		TEST(a_busy_provider_is_waited_for),
		TEST(a_changed_generation_starts_over_with_a_new_instance),
		TEST(a_name_that_is_taken_is_not_insisted_on),
		TEST(errors_of_the_provider_come_through),
		TEST(b34_an_empty_or_wrong_outblob_is_no_success),
		TEST(a_generation_that_is_no_number_is_refused),
		TEST(the_failure_of_any_call_leaves_nothing_behind),
		cmocka_unit_test(without_memory_there_is_no_report_and_no_entry),
	};

	return cmocka_run_group_tests_name("guest_tsm", tests, NULL, NULL);
}
