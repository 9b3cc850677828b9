/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "support/fault_env.h"
#include "update/sev_device.h"
#include "update/update_world.h"
#include "wire/snp_msg.h"

static struct sev_device open_device(struct update_world *w, bool writable)
{
	struct sev_device dev;

	assert_int_equal(sev_device_open(&w->env, "/dev/sev", writable, &dev, &w->err), 0);
	return dev;
}

static void commands_reach_the_firmware(void **state)
{
	struct update_world *w = *state;
	struct sev_device dev = open_device(w, true);
	struct snp_config config = { .reported_tcb = world_lower_tcb(w, SNP_TCB_SNP),
				     .flags = SNP_STATUS_MASK_CHIP_ID };
	uint8_t hwid[64], is[64], hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status s;

	sim_psp_hwid(w->psp, hwid);
	assert_int_equal(sev_device_hwid(&dev, is, &w->err), 0);
	assert_memory_equal(is, hwid, sizeof(hwid));
	assert_int_equal(sev_device_set_config(&dev, &config, &w->err), 0);
	assert_int_equal(sev_device_status(&dev, &s, &w->err), 0);
	assert_int_equal(s.state, 1);
	assert_int_equal(s.reported_tcb, config.reported_tcb);
	assert_int_equal(s.flags & SNP_STATUS_MASK_CHIP_ID, SNP_STATUS_MASK_CHIP_ID);
	assert_int_equal(sim_kds_hashstick(w->psp, SIM_CSP_ID, config.reported_tcb, hashstick, NULL), 0);
	assert_int_equal(sev_device_vlek_load(&dev, hashstick, &w->err), 0);
	assert_true(world_signing(w).flags & SNP_STATUS_VLEK_EN);
	assert_int_equal(sev_device_commit(&dev, &w->err), 0);
	assert_false(world_signing(w).flags & SNP_STATUS_VLEK_EN);
	assert_int_equal(w->commands, 3);
	sev_device_close(&dev);
	assert_int_equal(w->open_devices, 0);
}

static void errors_say_who_refused_and_whether_it_is_known(void **state)
{
	static const struct {
		struct world_answer answer;
		int r;
		const char *text;
	} rows[] = {
		{ { -EIO, SNP_INVALID_PARAM, false, 1 },
		  JURAT_REFUSED,
		  "SNP_COMMIT: the firmware returned INVALID_PARAM (0x16)" },
		{ { -EIO, 0xabc, false, 1 }, JURAT_REFUSED, "the firmware returned an error (0xabc)" },
		{ { -EIO, 0, true, 1 }, -EIO, "SNP_COMMIT: /dev/sev: Input/output error" },
		{ { -ENODEV, 0, false, 1 }, JURAT_REFUSED, "SNP is not initialised" },
		/* an error of an earlier command, which the driver did not reset */
		{ { -ENODEV, SNP_INVALID_PARAM, false, 1 }, JURAT_REFUSED, "SNP is not initialised" },
		{ { -EPERM, 0, false, 1 }, JURAT_REFUSED, "opened for reading only" },
		{ { -EINVAL, 0, false, 1 }, JURAT_REFUSED, "the driver does not support this command" },
		{ { -ENOTTY, 0, false, 1 }, JURAT_REFUSED, "expected the /dev/sev of an SNP host" },
		{ { -ETIMEDOUT, 0, true, 1 }, -ETIMEDOUT, "did not respond in time" },
		{ { -EBUSY, 0, false, 1 }, -EBUSY, "did not respond to an earlier command" },
		{ { -EFAULT, 0, true, 1 }, -EFAULT, "Bad address" },
	};
	struct update_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sev_device dev = open_device(w, true);
		struct snp_platform_status s;
		int r;

		w->answers[SEV_CMD_SNP_COMMIT] = rows[i].answer;
		r = sev_device_commit(&dev, &w->err);
		if (r != rows[i].r || !strstr(w->err.text, rows[i].text))
			FAIL_BECAUSE("'%s': %d, %s", rows[i].text, r, w->err.text);
		/* The same of a command that changes nothing is always -errno. */
		w->answers[SEV_CMD_SNP_PLATFORM_STATUS] = rows[i].answer;
		assert_int_equal(sev_device_status(&dev, &s, &w->err), rows[i].answer.r);
		sev_device_close(&dev);
	}
}

static void a_device_that_is_absent_is_named(void **state)
{
	struct update_world *w = *state;
	struct sev_device dev = { .fd = -1 };

	assert_int_equal(sev_device_open(&w->env, "/nonexistent/sev", true, &dev, &w->err), -ENOENT);
	assert_non_null(strstr(w->err.text, "cannot open '/nonexistent/sev'"));
	assert_int_equal(dev.fd, -1);
	sev_device_close(&dev);
}

/* An answer of zeros is no chip's ID; a failed GET_ID leaves the output alone. */
static void an_id_that_is_none_is_refused(void **state)
{
	struct update_world *w = *state;
	struct sev_device dev = open_device(w, false);
	uint8_t is[64] = { 9 };

	w->answers[SEV_CMD_GET_ID2] = (struct world_answer){ .r = 0, .executes = false, .times = 1 };
	assert_int_equal(sev_device_hwid(&dev, is, &w->err), -EIO);
	assert_non_null(strstr(w->err.text, "expected the ID of this chip"));
	w->answers[SEV_CMD_GET_ID2] = (struct world_answer){ -EIO, SNP_UNSUPPORTED, false, 1 };
	assert_int_equal(sev_device_hwid(&dev, is, &w->err), -EIO);
	assert_non_null(strstr(w->err.text, "GET_ID: the firmware returned UNSUPPORTED"));
	assert_int_equal(is[0], 9);
	sev_device_close(&dev);
}

static int set_up(void **state)
{
	*state = world_new(SNP_MILAN, true);
	return 0;
}

static int tear_down(void **state)
{
	world_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(commands_reach_the_firmware),
		TEST(errors_say_who_refused_and_whether_it_is_known),
		TEST(a_device_that_is_absent_is_named),
		TEST(an_id_that_is_none_is_refused),
	};

	return cmocka_run_group_tests_name("update_sev_device", tests, NULL, NULL);
}
