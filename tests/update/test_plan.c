/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "update/plan.h"

#define MILAN(bl, tee, snp, ucode)                                                                           \
	((uint64_t)(ucode) << 56 | (uint64_t)(snp) << 48 | (uint64_t)(tee) << 8 | (uint64_t)(bl))

enum { VLEK = SNP_STATUS_VLEK_EN, MASK_ID = SNP_STATUS_MASK_CHIP_ID, MASK_KEY = SNP_STATUS_MASK_CHIP_KEY };
#define CURRENT  MILAN(4, 0, 24, 219)
#define REPORTED MILAN(4, 0, 22, 219)

static const uint8_t hwid[64] = { 1, 2, 3 };
static uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];

static struct snp_platform_status status_of(uint32_t flags)
{
	return (struct snp_platform_status){
		.state = 1, .flags = flags, .current_tcb = CURRENT, .reported_tcb = REPORTED
	};
}

static const struct {
	const char *what;
	struct update_request request;
	uint32_t before, after;
	uint64_t tcb;
	const char *note;
} assumed[] = {
	{ "refresh", { .kind = UPDATE_REFRESH }, VLEK | MASK_ID, VLEK | MASK_ID, REPORTED, NULL },
	{ "refresh, unsigned", { .kind = UPDATE_REFRESH }, MASK_KEY, MASK_KEY, REPORTED, "not signed" },
	{ "commit", { .kind = UPDATE_COMMIT }, 0, 0, CURRENT, NULL },
	{ "commit with a VLEK", { .kind = UPDATE_COMMIT }, VLEK, 0, CURRENT, "discards the loaded VLEK" },
	{ "commit, masked", { .kind = UPDATE_COMMIT }, VLEK | MASK_ID, MASK_ID, CURRENT, "MASK_CHIP_ID" },
	{ "TCB",
	  { .kind = UPDATE_SET_CONFIG, .has_tcb = true, .tcb = MILAN(3, 0, 22, 219) },
	  0,
	  0,
	  MILAN(3, 0, 22, 219),
	  "the firmware decides" },
	{ "TCB, committed known",
	  { .kind = UPDATE_SET_CONFIG,
	    .has_tcb = true,
	    .tcb = CURRENT,
	    .has_committed = true,
	    .committed = CURRENT },
	  MASK_ID,
	  MASK_ID,
	  CURRENT,
	  NULL },
	{ "components",
	  { .kind = UPDATE_SET_CONFIG,
	    .tcb_parts = 1 << SNP_TCB_SNP | 1 << SNP_TCB_MICROCODE,
	    .part = { .snp = 9, .microcode = 200 } },
	  0,
	  0,
	  MILAN(4, 0, 9, 200),
	  "the firmware decides" },
	{ "the same TCB keeps a VLEK",
	  { .kind = UPDATE_SET_CONFIG, .has_tcb = true, .tcb = REPORTED },
	  VLEK,
	  VLEK,
	  REPORTED,
	  NULL },
	{ "masks keep TCB and VLEK",
	  { .kind = UPDATE_SET_CONFIG, .masks = MASK_ID, .mask_values = MASK_ID },
	  VLEK | MASK_KEY,
	  VLEK | MASK_KEY | MASK_ID,
	  REPORTED,
	  NULL },
	{ "a mask goes",
	  { .kind = UPDATE_SET_CONFIG, .masks = MASK_KEY },
	  MASK_ID | MASK_KEY,
	  MASK_ID,
	  REPORTED,
	  "MASK_CHIP_ID" },
	{ "reset",
	  { .kind = UPDATE_SET_CONFIG, .reset = true },
	  MASK_ID | VLEK,
	  0,
	  CURRENT,
	  "assuming that it equals the current TCB" },
	{ "reset, committed known",
	  { .kind = UPDATE_SET_CONFIG, .reset = true, .has_committed = true, .committed = REPORTED },
	  MASK_ID | VLEK,
	  VLEK,
	  REPORTED,
	  NULL },
};

static void what_the_firmware_will_sign_with_is_foreseen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(assumed); i++) {
		struct snp_platform_status now = status_of(assumed[i].before);
		struct jurat_error err = { "" };
		struct update_plan plan;
		bool noted = false;
		int r = update_plan_make(SNP_MILAN, hwid, &now, &assumed[i].request, &plan, &err);

		if (r != 0)
			FAIL_BECAUSE("%s: %d, %s", assumed[i].what, r, err.text);
		for (unsigned k = 0; k < plan.n_notes; k++)
			noted |= assumed[i].note && strstr(plan.notes[k], assumed[i].note);
		if (plan.after.flags != assumed[i].after || plan.after.reported_tcb != assumed[i].tcb ||
		    plan.after.current_tcb != CURRENT || noted != (assumed[i].note != NULL))
			FAIL_BECAUSE("%s: flags 0x%x, TCB 0x%016llx, %u notes: %s", assumed[i].what,
				     plan.after.flags, (unsigned long long)plan.after.reported_tcb,
				     plan.n_notes, plan.n_notes ? plan.notes[0] : "");
		assert_int_equal(plan.before.flags, assumed[i].before);
		assert_memory_equal(plan.chip_id, hwid, sizeof(hwid));
		if (assumed[i].request.reset)
			assert_true(plan.config.reported_tcb == 0 && plan.config.flags == 0);
		else if (plan.kind == UPDATE_SET_CONFIG)
			assert_int_equal(plan.config.reported_tcb, assumed[i].tcb);
	}
}

static void what_the_firmware_would_refuse_is_refused_first(void **state)
{
	static const uint8_t zeros[SNP_VLEK_HASHSTICK_BYTES];
	static const struct {
		const char *why;
		int r;
		struct update_request request;
	} rows[] = {
		{ "snp 25 is above the current TCB, which has 24",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG, .has_tcb = true, .tcb = MILAN(4, 0, 25, 219) } },
		/* component by component: as a number this is lower */
		{ "boot_loader 5 is above the current TCB, which has 4",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG, .has_tcb = true, .tcb = MILAN(5, 0, 1, 1) } },
		{ "snp 24 is above the committed TCB, which has 22",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG,
		    .has_tcb = true,
		    .tcb = CURRENT,
		    .has_committed = true,
		    .committed = REPORTED } },
		{ "the committed TCB: snp",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG,
		    .reset = true,
		    .has_committed = true,
		    .committed = MILAN(4, 0, 99, 219) } },
		{ "selects the committed TCB",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG, .has_tcb = true } },
		{ "reserved bytes of the TCB_VERSION of Milan",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG, .has_tcb = true, .tcb = CURRENT | 0x10000 } },
		{ "the TCB of Milan has no component fmc",
		  JURAT_REFUSED,
		  { .kind = UPDATE_SET_CONFIG, .tcb_parts = 1 << SNP_TCB_FMC } },
		{ "has 0 bytes, expected 432", JURAT_REFUSED, { .kind = UPDATE_LOAD_VLEK } },
		{ "has 431 bytes, expected 432",
		  JURAT_REFUSED,
		  { .kind = UPDATE_LOAD_VLEK, .hashstick = zeros, .hashstick_size = 431 } },
		{ "is all zeros",
		  JURAT_REFUSED,
		  { .kind = UPDATE_LOAD_VLEK, .hashstick = zeros, .hashstick_size = sizeof(zeros) } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct snp_platform_status now = status_of(0);
		struct update_plan plan = { .n_notes = 77 };
		struct jurat_error err = { "" };
		int r = update_plan_make(SNP_MILAN, hwid, &now, &rows[i].request, &plan, &err);

		if (r != rows[i].r || !strstr(err.text, rows[i].why))
			FAIL_BECAUSE("'%s': %d, %s", rows[i].why, r, err.text);
		assert_int_equal(plan.n_notes, 77); /* outputs change on success only */
	}
}

/* Each of them, the last included, that one alone, by its name and as a whole TCB. */
static void one_component_above_is_enough_to_be_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		for (int whole = 0; whole <= 1; whole++)
			for (unsigned above = 0; above <= 1; above++) {
				struct snp_tcb has = {
					.fmc = 3, .boot_loader = 3, .tee = 3, .snp = 3, .microcode = 3
				};
				struct snp_platform_status now = status_of(0);
				struct update_request request = { .kind = UPDATE_SET_CONFIG };
				struct jurat_error err = { "" };
				struct update_plan plan;
				char why[64];
				int r;

				now.current_tcb = now.reported_tcb = snp_tcb_write(SNP_TURIN, &has);
				TEXT(why, "%s 4 is above the current TCB, which has 3",
				     snp_tcb_component_name(i));
				*snp_tcb_component(&has, snp_tcb_component_name(i)) = 3 + (uint8_t)above;
				request.has_tcb = whole;
				request.tcb = whole ? snp_tcb_write(SNP_TURIN, &has) : 0;
				request.tcb_parts = whole ? 0 : 1u << i;
				request.part = has;
				r = update_plan_make(SNP_TURIN, hwid, &now, &request, &plan, &err);
				if (r != (above ? JURAT_REFUSED : 0) || (above && !strstr(err.text, why)))
					FAIL_BECAUSE("'%s': %d, %s", why, r, err.text);
			}
}

static int plan_vlek(struct jurat_error *err)
{
	const struct update_request request = { .kind = UPDATE_LOAD_VLEK,
						.hashstick = hashstick,
						.hashstick_size = sizeof(hashstick) };
	struct snp_platform_status now = status_of(MASK_ID);
	struct update_plan plan;
	int r = update_plan_make(SNP_MILAN, hwid, &now, &request, &plan, err);

	if (r == 0)
		assert_int_equal(plan.after.flags, MASK_ID | VLEK);
	return r;
}

static void a_hashstick_is_for_the_reported_tcb_and_has_no_reserved_bytes(void **state)
{
	static const size_t reserved[] = { 0x00c, 0x00f, 0x198, 0x19f };
	struct jurat_error err = { "" };

	(void)state;
	memset(hashstick, 0, sizeof(hashstick));
	memset(hashstick + 0x10, 7, 384);
	bytes_put_le(hashstick + 0x190, REPORTED, 8);
	assert_int_equal(plan_vlek(&err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		hashstick[reserved[i]] = 1;
		assert_int_equal(plan_vlek(&err), JURAT_REFUSED);
		assert_non_null(strstr(err.text, "the VLEK hashstick"));
		hashstick[reserved[i]] = 0;
	}
	bytes_put_le(hashstick + 0x190, CURRENT, 8);
	assert_int_equal(plan_vlek(&err), JURAT_REFUSED);
	assert_non_null(strstr(err.text, "is for TCB 0xdb18000000000004"));
}

/* B17: what is set on firmware that is not initialised is lost. */
static void firmware_that_is_not_initialised_is_refused(void **state)
{
	static const struct update_request commit = { .kind = UPDATE_COMMIT };
	struct jurat_error err = { "" };
	struct update_plan plan;

	(void)state;
	for (unsigned i = 0; i <= 2; i++) {
		struct snp_platform_status now = status_of(0);

		now.state = (uint8_t)i;
		assert_int_equal(update_plan_make(SNP_MILAN, hwid, &now, &commit, &plan, &err),
				 i == 1 ? 0 : -ENODEV);
		if (i != 1)
			assert_non_null(strstr(err.text, "SNP is not initialised"));
	}
}

static void a_tcb_of_another_product_is_noticed(void **state)
{
	static const struct update_request refresh = { .kind = UPDATE_REFRESH };
	struct snp_platform_status now = status_of(0);
	struct jurat_error err = { "" };
	struct update_plan plan;

	(void)state;
	assert_int_equal(update_plan_make(SNP_TURIN, hwid, &now, &refresh, &plan, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not a valid TCB_VERSION of Turin"));
	now.current_tcb = now.reported_tcb = 0x4500000004030201ull & ~0xffffffull;
	now.current_tcb = now.reported_tcb = 0x4800000003000000ull;
	assert_int_equal(update_plan_make(SNP_TURIN, hwid, &now, &refresh, &plan, &err), 0);
	/* Turin's HWID has 8 bytes */
	assert_memory_equal(plan.chip_id, hwid, 8);
	assert_true(bytes_all(plan.chip_id + 8, 56, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_firmware_will_sign_with_is_foreseen),
		cmocka_unit_test(what_the_firmware_would_refuse_is_refused_first),
		cmocka_unit_test(one_component_above_is_enough_to_be_refused),
		cmocka_unit_test(a_hashstick_is_for_the_reported_tcb_and_has_no_reserved_bytes),
		cmocka_unit_test(firmware_that_is_not_initialised_is_refused),
		cmocka_unit_test(a_tcb_of_another_product_is_noticed),
	};

	return cmocka_run_group_tests_name("update_plan", tests, NULL, NULL);
}
