/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "kernel_facts.h"
#include "uapi/sev.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"
#include "wire/snp_secrets.h"

static const struct wire_layout *layout_named(const char *name)
{
	for (size_t i = 0; i < wire_n_layouts; i++)
		if (!strcmp(wire_layouts[i]->name, name))
			return wire_layouts[i];
	FAIL_BECAUSE("no layout '%s'", name);
	return NULL;
}

static void structures_are_those_of_the_installed_kernel_headers(void **state)
{
	(void)state;
	if (kernel_n_facts == 0)
		SKIP_BECAUSE("linux/sev-guest.h or linux/psp-sev.h is not installed");
	for (size_t i = 0; i < kernel_n_facts; i++) {
		const struct kernel_fact *k = &kernel_facts[i];
		const struct wire_layout *l = layout_named(k->layout);

		if (k->field)
			assert_non_null(wire_find(l, k->field));
		assert_int_equal(k->field ? wire_find(l, k->field)->off : l->size, k->value);
	}
	assert_int_equal(kernel_ioctls[0], UAPI_SNP_GET_REPORT);
	assert_int_equal(kernel_ioctls[1], UAPI_SNP_GET_DERIVED_KEY);
	assert_int_equal(kernel_ioctls[2], UAPI_SNP_GET_EXT_REPORT);
	assert_int_equal(kernel_ioctls[3], UAPI_SEV_ISSUE_CMD);
}

static void request_numbers_carry_the_struct_sizes(void **state)
{
	(void)state;
	assert_int_equal(UAPI_SNP_GET_REPORT >> 16 & 0x3fff, SNP_IOCTL_BYTES);
	assert_int_equal(UAPI_SEV_ISSUE_CMD >> 16 & 0x3fff, SEV_ISSUE_CMD_BYTES);
	assert_int_equal(SNP_REPORT_RESP_BYTES, SNP_MSG_MAX_PAYLOAD_BYTES);
}

static void B44_platform_status_keeps_every_field(void **state)
{
	static const struct snp_platform_status status = {
		.api_major = 1,
		.api_minor = 55,
		.state = 1,
		.rmp_flags = 3,
		.build_id = 29,
		.flags = SNP_STATUS_MASK_CHIP_KEY | SNP_STATUS_VLEK_EN,
		.guest_count = 2,
		.current_tcb = 0xdc18000000000004,
		.reported_tcb = 0xd918000000000004,
	};
	static const uint8_t want[SNP_PLATFORM_STATUS_BYTES] = {
		1, 55, 1, 3, 29, 0, 0,    0,    6, 0, 0, 0, 2, 0, 0,    0,
		4, 0,  0, 0, 0,  0, 0x18, 0xdc, 4, 0, 0, 0, 0, 0, 0x18, 0xd9,
	};
	uint8_t bytes[SNP_PLATFORM_STATUS_BYTES];
	struct snp_platform_status back;
	char buf[64];

	(void)state;
	wire_write(&snp_platform_status_layout, &status, bytes);
	assert_memory_equal(bytes, want, sizeof(want));
	assert_int_equal(wire_read(&snp_platform_status_layout, bytes, sizeof(bytes), &back, NULL), 0);
	assert_memory_equal(&back, &status, sizeof(status));
	wire_bits_format(&snp_status_bits, status.flags, buf, sizeof(buf));
	assert_string_equal(buf, "MASK_CHIP_KEY VLEK_EN");
}

static void set_config_is_64_bytes_with_a_zero_tail(void **state)
{
	const struct snp_config config = { .reported_tcb = 0x0807060504030201,
					   .flags = SNP_STATUS_MASK_CHIP_ID };
	static const uint8_t want[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 1 };
	uint8_t bytes[SNP_CONFIG_BYTES];

	(void)state;
	wire_write(&snp_config_layout, &config, bytes);
	assert_memory_equal(bytes, want, sizeof(want));
	assert_true(bytes_all(bytes + 12, 52, 0));
}

static void the_hashstick_has_reserved_bytes_at_0x0c_and_0x198(void **state)
{
	static const struct {
		unsigned off;
		bool reserved;
	} cases[] = {
		{ 0x00b, false }, { 0x00c, true }, { 0x00f, true }, { 0x010, false }, { 0x18f, false },
		{ 0x190, false }, { 0x198, true }, { 0x19f, true }, { 0x1a0, false }, { 0x1af, false }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[SNP_VLEK_HASHSTICK_BYTES] = { 0 };
		struct snp_vlek_hashstick h;

		bytes[cases[i].off] = 1;
		assert_int_equal(wire_read(&snp_vlek_hashstick_layout, bytes, sizeof(bytes), &h, NULL), 0);
		assert_int_equal(wire_check_zero(&snp_vlek_hashstick_layout, &h, NULL) != 0,
				 cases[i].reserved);
	}
}

static void the_secrets_page_has_four_keys_and_four_counters(void **state)
{
	uint8_t *page = calloc(1, SNP_PAGE_BYTES);
	struct snp_secrets *s = malloc(sizeof(*s));

	(void)state;
	assert_true(page && s);
	for (unsigned i = 0; i < SNP_N_VMPCKS; i++) {
		memset(page + SNP_SECRETS_VMPCK_OFF + i * SNP_VMPCK_BYTES, (int)(0x10 + i), SNP_VMPCK_BYTES);
		bytes_put_le(page + SNP_SECRETS_SEQNO_OFF + 4 * (size_t)i, 100 + i, 4);
	}
	assert_int_equal(wire_read(&snp_secrets_layout, page, SNP_PAGE_BYTES, s, NULL), 0);
	assert_true(bytes_all(s->vmpck0, 32, 0x10) && bytes_all(s->vmpck1, 32, 0x11));
	assert_true(bytes_all(s->vmpck2, 32, 0x12) && bytes_all(s->vmpck3, 32, 0x13));
	assert_int_equal(s->msg_seqno_0, 100);
	assert_int_equal(s->msg_seqno_3, 103);
	free(page);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structures_are_those_of_the_installed_kernel_headers),
		cmocka_unit_test(request_numbers_carry_the_struct_sizes),
		cmocka_unit_test(B44_platform_status_keeps_every_field),
		cmocka_unit_test(set_config_is_64_bytes_with_a_zero_tail),
		cmocka_unit_test(the_hashstick_has_reserved_bytes_at_0x0c_and_0x198),
		cmocka_unit_test(the_secrets_page_has_four_keys_and_four_counters),
	};

	return cmocka_run_group_tests_name("wire_sev_uapi", tests, NULL, NULL);
}
