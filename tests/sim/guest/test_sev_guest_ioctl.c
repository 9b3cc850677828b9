/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "sim/guest/sev_guest_world.h"
#include "uapi/sev.h"
#include "wire/snp_report.h"
#include "wire/snp_secrets.h"

#define LINUX        SIM_QUIRKS_LINUX
#define NOBODY       0xdead0000ull /* user addresses without memory */
#define KERNEL       0xffffffff80000000ull
#define USER_PTR_MAX 0x7ffffffff000ull
#define UNTOUCHED    0x1122334455667788ull
#define PRESET       0xffull

/*
 * What a program asks for and which of its pages are not as they should be. 0 is as it should be; `written`
 * says which pages are written to: i input (then exitinfo2 is 0xff), r response, c certificates.
 */
struct ask {
	const char *name;
	unsigned long number;
	uint64_t arg, req_data, resp_data;
	uint64_t certs_address;
	uint32_t certs_len;
	bool version_0, wiped;
	bool key_first; /* Linux 6.12 sees that the key is wiped before this: -ENOTTY, and writes nothing */
	unsigned unreadable, unwritable; /* PAGE(n) of user memory */
	int result;
	unsigned exits;
	const char *written;
};

#define NO_POINTER        1
#define PAGE(n)           ((n) + 1)
#define REPORT            .number = UAPI_SNP_GET_REPORT
#define KEY               .number = UAPI_SNP_GET_DERIVED_KEY
#define EXT(address, len) .number = UAPI_SNP_GET_EXT_REPORT, .certs_address = (address), .certs_len = (len)

/* Spec: Linux drivers/virt/coco/sev-guest, what snp_guest_ioctl() copies, in its order. */
static const struct ask asks[] = {
	/* Early failures copy nothing back ... */
	{ "no input", REPORT, .arg = NOBODY, .result = -EFAULT },
	{ "input unreadable", REPORT, .unreadable = PAGE(0), .result = -EFAULT },
	{ "input past the end", REPORT, .arg = U_BASE + 0x8000 - 31, .result = -EFAULT },
	{ "input is copied before the number is looked at", .number = 0x1234, .arg = NOBODY,
	  .result = -EFAULT },
	{ "version 0", REPORT, .version_0 = true, .result = -EINVAL },
	{ "version 0 of no ioctl", .number = 0x1234, .version_0 = true, .result = -EINVAL },
	{ "key wiped", REPORT, .wiped = true, .result = -ENOTTY },
	{ "key wiped, version 0", REPORT, .wiped = true, .version_0 = true, .result = -EINVAL },
	/* sim_linux: sev_checks_key_first */
	{ "key wiped, no request", REPORT, .wiped = true, .key_first = true, .req_data = NO_POINTER,
	  .result = -EINVAL, .written = "i" },
	{ "key wiped, bad request", KEY, .wiped = true, .key_first = true, .unreadable = PAGE(1),
	  .result = -EFAULT, .written = "i" },
	{ "key wiped, certs_len of 5 pages", EXT(U_CERTS, 0x5000), .wiped = true, .key_first = true,
	  .result = -EINVAL, .written = "i" },
	{ "key wiped, no ioctl", .number = 0x1234, .wiped = true, .key_first = true, .result = -ENOTTY,
	  .written = "i" },
	/* ... from here on exitinfo2 = 0xff does. */
	{ "no ioctl", .number = 0x1234, .result = -ENOTTY, .written = "i" },
	{ "no ioctl, read-only input", .number = 0x1234, .unwritable = PAGE(0), .result = -EFAULT },
	{ "no request", REPORT, .req_data = NO_POINTER, .result = -EINVAL, .written = "i" },
	{ "no response", REPORT, .resp_data = NO_POINTER, .result = -EINVAL, .written = "i" },
	{ "no request, key", KEY, .req_data = NO_POINTER, .result = -EINVAL, .written = "i" },
	{ "no response, ext", EXT(U_CERTS, 0x2000), .resp_data = NO_POINTER, .result = -EINVAL,
	  .written = "i" },
	{ "bad request", REPORT, .req_data = NOBODY, .result = -EFAULT, .written = "i" },
	{ "bad request, key", KEY, .unreadable = PAGE(1), .result = -EFAULT, .written = "i" },
	{ "bad request, ext", EXT(U_CERTS, 0x2000), .unreadable = PAGE(1), .result = -EFAULT,
	  .written = "i" },
	{ "certs_len of 5 pages", EXT(U_CERTS, 0x5000), .result = -EINVAL, .written = "i" },
	{ "certs_len of half a page", EXT(U_CERTS, 0x800), .result = -EINVAL, .written = "i" },
	{ "certs_len 4097", EXT(U_CERTS, 0x1001), .result = -EINVAL, .written = "i" },
	{ "certs_len 0xfffff000", EXT(U_CERTS, 0xfffff000), .result = -EINVAL, .written = "i" },
	{ "certificates into the kernel", EXT(KERNEL, 0x2000), .result = -EFAULT, .written = "i" },
	{ "certificates that wrap", EXT(UINT64_MAX - 0xfff, 0x2000), .result = -EFAULT, .written = "i" },
	{ "certificates at no address at all", EXT((1ull << 63) - 0x1000, 0x2000), .result = -EFAULT,
	  .written = "i" },
	{ "certificates at the end of user space", EXT(USER_PTR_MAX, 0x1000), .result = -EFAULT,
	  .written = "i" },
	{ "certificates across the end of user space", EXT(USER_PTR_MAX - 0x1000, 0x2000), .result = -EFAULT,
	  .written = "i" },
	{ "certificates up to the end of user space", EXT(USER_PTR_MAX - 0x1000, 0x1000), .result = -EFAULT,
	  .exits = 1 }, /* nothing is mapped there */
	/* B15: success copies nothing back into the input. */
	{ "report", REPORT, .exits = 1, .written = "r" },
	{ "report, read-only input", REPORT, .unwritable = PAGE(0), .exits = 1, .written = "r" },
	{ "key", KEY, .exits = 1, .written = "r" },
	{ "ext", EXT(U_CERTS, 0x2000), .exits = 1, .written = "rc" },
	{ "ext, read-only request", EXT(U_CERTS, 0x2000), .unwritable = PAGE(1), .exits = 1,
	  .written = "rc" },
	{ "ext without a length: any address", EXT(UINT64_MAX, 0), .exits = 1, .written = "r" },
	{ "ext without an address: any length", EXT(0, 0x123456), .exits = 1, .written = "r" },
	/* A response that cannot be delivered: the message was spent, the key is good. */
	{ "bad response", REPORT, .resp_data = NOBODY, .result = -EFAULT, .exits = 1 },
	{ "bad response, key", KEY, .unwritable = PAGE(2), .result = -EFAULT, .exits = 1 },
	{ "bad response, ext: certificates went first", EXT(U_CERTS, 0x2000), .resp_data = NOBODY,
	  .result = -EFAULT, .exits = 1, .written = "c" },
	{ "bad certificates", EXT(NOBODY, 0x2000), .result = -EFAULT, .exits = 1 },
	{ "bad second certificate page", EXT(U_CERTS, 0x2000), .unwritable = PAGE(5), .result = -EFAULT,
	  .exits = 1, .written = "c" },
};

static uint64_t pointer(uint64_t asked, uint64_t good)
{
	return asked == NO_POINTER ? 0 : asked ? asked : good;
}

static void set_ask(struct world *w, const struct ask *a)
{
	struct snp_guest_request_ioctl input = {
		.msg_version = !a->version_0,
		.req_data = pointer(a->req_data, U_REQUEST),
		.resp_data = pointer(a->resp_data, U_RESPONSE),
		.exitinfo2 = UNTOUCHED,
	};
	struct snp_ext_report_req request = { .certs_address = a->certs_address, .certs_len = a->certs_len };

	wire_write(&snp_guest_request_ioctl_layout, &input, w->user[0]);
	wire_write(&snp_ext_report_req_layout, &request, w->user[1]);
	if (a->unreadable)
		w->unreadable[a->unreadable - 1] = true;
	if (a->unwritable)
		w->unwritable[a->unwritable - 1] = true;
	if (a->wiped)
		memset(w->ram[W_SECRETS >> 12] + SNP_SECRETS_VMPCK_OFF, 0, SNP_VMPCK_BYTES);
}

static void check_ask(const struct ask *a, bool old)
{
	static const struct answer script[] = { A_FIRMWARE };
	static const char names[U_PAGES] = { 'i', 'q', 'r', 0, 'c', 'c', 'c', 'c' };
	bool key_first = old && a->key_first;
	const char *written = a->written && !key_first ? a->written : "";
	struct world *w = world_new(0, old ? LINUX | W_6_12 : LINUX);
	uint8_t before[U_PAGES][SNP_PAGE_BYTES];

	print_message("# %s\n", a->name);
	world_script(w, script, 1);
	set_ask(w, a);
	memcpy(before, w->user, sizeof(before));
	assert_int_equal(sim_sev_guest_start(w->guest, &w->user_memory, a->number, pointer(a->arg, U_INPUT)),
			 0);
	assert_int_equal(world_drive(w), key_first ? -ENOTTY : a->result);
	assert_int_equal(world_exitinfo2(w), *written == 'i' ? PRESET : UNTOUCHED);
	assert_int_equal(w->exits, a->exits);
	assert_int_equal(world_counter(w, 0), 2 * a->exits);
	assert_int_equal(sim_sev_guest_key_wiped(w->guest), a->wiped);
	for (unsigned p = 0; p < U_PAGES; p++)
		if (memcmp(before[p], w->user[p], SNP_PAGE_BYTES) != 0 &&
		    !(names[p] && strchr(written, names[p])))
			FAIL_BECAUSE("page %u was written to", p);
	for (const char *c = written; *c; c++) {
		unsigned p = *c == 'i' ? 0 : *c == 'r' ? 2 : 4;

		assert_memory_not_equal(before[p], w->user[p], SNP_PAGE_BYTES);
	}
	if (*written == 'i') /* in the input nothing but exitinfo2 changes */
		assert_memory_equal(before[0], w->user[0], 24);
	world_free(w);
}

static void every_ioctl_copies_what_linux_copies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		check_ask(&asks[i], false);
		check_ask(&asks[i], true);
	}
}

static void success_writes_exactly_the_response(void **state)
{
	static const struct {
		unsigned long number;
		size_t bytes;
	} rows[] = { { UAPI_SNP_GET_REPORT, SNP_REPORT_RESP_BYTES },
		     { UAPI_SNP_GET_EXT_REPORT, SNP_REPORT_RESP_BYTES },
		     { UAPI_SNP_GET_DERIVED_KEY, SNP_MSG_KEY_RSP_BYTES } };
	static const struct answer script[] = { A_FIRMWARE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = world_new(0, LINUX);
		uint8_t before[2][SNP_PAGE_BYTES];

		world_script(w, script, 1);
		world_user(w, 0);
		memcpy(before, w->user, sizeof(before));
		assert_int_equal(world_ioctl(w, rows[i].number), 0);
		assert_memory_equal(before, w->user,
				    sizeof(before)); /* B15: exitinfo2 keeps the program's value */
		assert_int_equal(bytes_get_le(w->user[2], 4), SNP_SUCCESS);
		assert_int_not_equal(w->user[2][rows[i].bytes - 1], U_FILL);
		assert_true(bytes_all(w->user[2] + rows[i].bytes, SNP_PAGE_BYTES - rows[i].bytes, U_FILL));
		if (rows[i].number == UAPI_SNP_GET_DERIVED_KEY)
			assert_true(bytes_all(w->user[2] + 32, 32, 0x77));
		else
			assert_memory_equal(w->user[2] + 32 + 0x50, w->user[1], 64);
		world_free(w);
	}
}

/*
 * Spec: Linux sev-guest.c: "Initialize the intermediate buffer with all zeros": no page of it is ever stale.
 */
static void certificate_pages_are_zeroed_before_and_copied_whole(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };
	struct world *w = world_new(0, LINUX);

	(void)state;
	w->certs_text = "a table";
	world_script(w, script, 1);
	world_user(w, 0x4000);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), 0);
	assert_true(w->certs_were_zero);
	assert_memory_equal(w->user[4], "a table", 7);
	assert_true(bytes_all(w->user[4] + 7, 4 * SNP_PAGE_BYTES - 7, 0));
	assert_int_equal(world_certs_len(w), 0x4000);
	world_user(w, 0x1000);
	memset(w->user[4], U_FILL, 4 * SNP_PAGE_BYTES);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), 0);
	assert_int_equal(w->exit_rbx, 1);
	assert_true(bytes_all(w->user[5], 3 * SNP_PAGE_BYTES, U_FILL));
	world_free(w);
}

/* A program asks for the size with certs_len 0 and comes again. Spec: how snpguest and go-sev-guest do it. */
static void the_size_query_and_the_second_call_fit_together(void **state)
{
	static const struct answer query[] = { A_NEED(2), A_FIRMWARE }, good[] = { A_FIRMWARE };
	struct world *w = world_new(0, LINUX);

	(void)state;
	w->certs_text = "a table";
	world_script(w, query, 2);
	world_user(w, 0);
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), -EIO);
	assert_int_equal(world_exitinfo2(w), SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0));
	assert_int_equal(world_certs_len(w), 0x2000);
	assert_int_equal(bytes_get_le(w->user[1] + 96, 8), UINT64_MAX); /* the rest of it is as it was */
	assert_true(bytes_all(w->user[2], SNP_PAGE_BYTES, U_FILL));     /* and there is no report */
	world_script(w, good, 1);
	world_user(w, world_certs_len(w));
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), 0);
	assert_memory_equal(w->user[4], "a table", 8);
	world_free(w);
}

static void a_read_only_request_hides_the_size(void **state)
{
	static const struct answer query[] = { A_NEED(2), A_FIRMWARE };
	struct world *w = world_new(0, LINUX);

	(void)state;
	world_script(w, query, 2);
	world_user(w, 0x1000);
	w->unwritable[1] = true;
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_EXT_REPORT), -EFAULT);
	assert_int_equal(world_exitinfo2(w), SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0));
	assert_false(sim_sev_guest_key_wiped(w->guest));
	world_free(w);
}

/* key_sel travels in what the kernel calls reserved, and version 2 of a key request with 32 bytes. */
static void message_fields_pass_through_as_the_program_set_them(void **state)
{
	static const struct answer script[] = { A_FIRMWARE };
	struct world *w = world_new(0, LINUX);
	struct snp_msg_hdr hdr;

	(void)state;
	world_script(w, script, 1);
	world_user(w, 0);
	w->user[0][0] = 2;
	assert_int_equal(world_ioctl(w, UAPI_SNP_GET_DERIVED_KEY), 0);
	assert_int_equal(wire_read(&snp_msg_hdr_layout, w->page, SNP_MSG_HDR_BYTES, &hdr, NULL), 0);
	assert_int_equal(hdr.msg_version, 2);
	assert_int_equal(hdr.msg_type, SNP_MSG_KEY_REQ);
	assert_int_equal(hdr.msg_sz, SNP_MSG_KEY_REQ_BYTES);
	assert_true(bytes_all(w->page + SNP_MSG_HDR_BYTES + 32, SNP_PAGE_BYTES - SNP_MSG_HDR_BYTES - 32, 0));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ioctl_copies_what_linux_copies),
		cmocka_unit_test(success_writes_exactly_the_response),
		cmocka_unit_test(certificate_pages_are_zeroed_before_and_copied_whole),
		cmocka_unit_test(the_size_query_and_the_second_call_fit_together),
		cmocka_unit_test(a_read_only_request_hides_the_size),
		cmocka_unit_test(message_fields_pass_through_as_the_program_set_them),
	};

	return cmocka_run_group_tests_name("sim_sev_guest_ioctl", tests, NULL, NULL);
}
