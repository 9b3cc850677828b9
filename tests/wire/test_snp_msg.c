/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/snp_msg.h"

/* SOURCE: header of a REPORT_REQ sealed for this project with python-cryptography (key 00..1f, seqno 1). */
static const char request_hex[] = "0f354f26b13f7433d3674d8eebcaf847"
				  "00000000000000000000000000000000"
				  "01000000000000000000000000000000"
				  "01016000050160000000000000000000"
				  "00000000000000000000000000000000"
				  "00000000000000000000000000000000";

static void the_header_of_the_sealed_vector_is_written(void **state)
{
	struct snp_msg_hdr hdr = {
		.msg_seqno = 1,
		.algo = SNP_MSG_ALGO_AES_256_GCM,
		.hdr_version = SNP_MSG_HDR_VERSION,
		.hdr_sz = SNP_MSG_HDR_BYTES,
		.msg_type = SNP_MSG_REPORT_REQ,
		.msg_version = 1,
		.msg_sz = SNP_MSG_REPORT_REQ_BYTES,
	};
	uint8_t want[SNP_MSG_HDR_BYTES], got[SNP_MSG_HDR_BYTES];
	struct snp_msg_hdr read;

	(void)state;
	assert_true(bytes_from_hex(request_hex, want, sizeof(want)));
	memcpy(hdr.authtag, want, 16);
	wire_write(&snp_msg_hdr_layout, &hdr, got);
	assert_memory_equal(got, want, sizeof(want));
	assert_int_equal(wire_read(&snp_msg_hdr_layout, want, sizeof(want), &read, NULL), 0);
	assert_memory_equal(&read, &hdr, sizeof(hdr));
	assert_int_equal(want[SNP_MSG_TYPE_OFF], SNP_MSG_REPORT_REQ);
}

static void the_authenticated_part_of_the_response_vector_is_written(void **state)
{
	static const uint8_t want[8] = { 0x01, 0x01, 0x60, 0x00, 0x06, 0x01, 0x20, 0x00 };
	struct snp_msg_hdr hdr = { .msg_seqno = 2,
				   .algo = 1,
				   .hdr_version = 1,
				   .hdr_sz = 0x60,
				   .msg_type = SNP_MSG_REPORT_RSP,
				   .msg_version = 1,
				   .msg_sz = 32 };
	uint8_t got[SNP_MSG_HDR_BYTES];

	(void)state;
	wire_write(&snp_msg_hdr_layout, &hdr, got);
	assert_memory_equal(got + SNP_MSG_AAD_OFF, want, sizeof(want));
	assert_true(bytes_all(got + SNP_MSG_AAD_OFF + 8, SNP_MSG_AAD_BYTES - 8, 0));
}

static void payloads_have_the_sizes_of_the_specification(void **state)
{
	(void)state;
	assert_int_equal(SNP_MSG_MAX_PAYLOAD_BYTES, 4000);
	assert_int_equal(snp_msg_report_req_layout.size, 96);
	assert_int_equal(SNP_MSG_REPORT_RSP_BYTES, 0x4c0);
	assert_int_equal(snp_msg_report_rsp_layout.size, SNP_MSG_REPORT_RSP_BYTES - 0x4a0);
	assert_int_equal(snp_msg_key_req_layout.size, 32);
	assert_int_equal(snp_msg_key_rsp_layout.size, 64);
	assert_int_equal(wire_find(&snp_msg_key_rsp_layout, "derived_key")->off, 0x20);
	assert_int_equal(snp_msg_tsc_info_rsp_layout.size, 128);
}

static void B43_status_names_are_those_of_the_specification(void **state)
{
	static const struct {
		uint32_t status;
		const char *name;
	} cases[] = {
		{ 0x00, "SUCCESS" },
		{ 0x0a, "BAD_SIGNATURE" },
		{ 0x16, "INVALID_PARAM" },
		{ 0x17, "RESOURCE_LIMIT" },
		{ 0x18, "SECURE_DATA_INVALID" },
		{ 0x19, "INVALID_PAGE_SIZE" },
		{ 0x1a, "INVALID_PAGE_STATE" },
		{ 0x1b, "INVALID_MDATA_ENTRY" },
		{ 0x1c, "INVALID_PAGE_OWNER" },
		{ 0x1d, "AEAD_OFLOW" },
		{ 0x1f, "RB_MODE_EXITED" },
		{ 0x20, "RMP_INIT_REQUIRED" },
		{ 0x21, "BAD_SVN" },
		{ 0x22, "BAD_VERSION" },
		{ 0x26, "RMP_INIT_FAILED" },
		{ 0x27, "INVALID_KEY" },
		{ 0xffffffff, "NO_FW_CALL" },
	};
	static const uint32_t nameless[] = { 0x1e, 0x28, 0xff, 0x80000000, 0xfffffffe };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(snp_status_name(cases[i].status), cases[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(nameless); i++)
		assert_null(snp_status_name(nameless[i]));
	for (uint32_t status = 0; status <= 0x27; status++)
		assert_true((snp_status_name(status) == NULL) == (status == 0x1e));
}

static void message_types_come_in_pairs(void **state)
{
	static const unsigned pairs[] = { 1, 3, 5, 7, 9, 11, 13, 17 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const char *req = snp_msg_type_name(pairs[i]), *rsp = snp_msg_type_name(pairs[i] + 1);

		assert_non_null(req);
		assert_non_null(rsp);
		assert_int_equal(strlen(req), strlen(rsp));
		assert_memory_equal(req, rsp, strlen(req) - 3);
		assert_string_equal(req + strlen(req) - 3, "REQ");
		assert_string_equal(rsp + strlen(rsp) - 3, "RSP");
	}
	assert_null(snp_msg_type_name(SNP_MSG_INVALID));
	assert_null(snp_msg_type_name(15));
	assert_null(snp_msg_type_name(19));
	assert_null(snp_msg_type_name(UINT32_MAX));
}

static void exitinfo2_carries_both_errors(void **state)
{
	(void)state;
	assert_true(SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0) == 0x100000000);
	assert_true(SNP_EXITINFO2(SNP_VMM_BUSY, 0) == 0x200000000);
	assert_true(SNP_EXITINFO2(SNP_VMM_GENERIC, 0) == 0xffffffff00000000);
	assert_true(SNP_EXITINFO2(SNP_VMM_OK, SNP_NO_FW_CALL) == 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_of_the_sealed_vector_is_written),
		cmocka_unit_test(the_authenticated_part_of_the_response_vector_is_written),
		cmocka_unit_test(payloads_have_the_sizes_of_the_specification),
		cmocka_unit_test(B43_status_names_are_those_of_the_specification),
		cmocka_unit_test(message_types_come_in_pairs),
		cmocka_unit_test(exitinfo2_carries_both_errors),
	};

	return cmocka_run_group_tests_name("wire_snp_msg", tests, NULL, NULL);
}
