/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/error.h"
#include "measure/mrtd.h"
#include "tdvf_made.h"

static uint8_t image[TDVF_MADE_BYTES];

static void assert_mrtd(const struct tdvf_made_section *sections, unsigned n, enum measure_tdx_order order,
			const char *want)
{
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];
	struct measure_tdx what = { .firmware = { image, sizeof(image) }, .order = order };
	struct measure_tdx_digests digests;

	tdvf_made(sections, n, image);
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_string_equal(bytes_to_hex(digests.mrtd, sizeof(digests.mrtd), hex), want);
}

/*
 * The digests are of programs that share nothing with this one. First images: page by page of TD-Shim's
 * td-shim-tee-info-hash, the other order of tests/e2e/tdx_oracle.py; the second of that script
 * alone, as TD-Shim's tool goes on with the bytes of the image.
 */
static void both_orders_have_their_own_digest(void **state)
{
	(void)state;
	assert_mrtd(tdvf_made_sections, TDVF_MADE_N, MEASURE_TDX_PAGE_BY_PAGE,
		    "83fb5ec22148ffb02d70d4bf3e0dbdf97d4e4a459934537830bc946f89b233eb39d60ea1406455df86d951ae"
		    "76fcde75");
	assert_mrtd(tdvf_made_sections, TDVF_MADE_N, MEASURE_TDX_ALL_THEN_EXTEND,
		    "7541e2ecf9a5d7c74dd62c636e935f325b03ecbb62ab0a41f554ceb8b301d051473252eac44184b4b618c9e3"
		    "3613b3b7");
}

static const struct tdvf_made_section odd[] = {
	/* The data ends inside a page, and one page has none. */
	{ 0x2000, 0x1234, 0xffff2000, 0x3000, TDVF_BFV, TDVF_MR_EXTEND },
	{ 0xb000, 0x1001, 0x1000000, 0x2000, TDVF_PAYLOAD, 0 },
	{ 0, 0, 0x1200000, 0x1000, TDVF_TEMP_MEM, TDVF_MR_EXTEND },
	{ 0, 0, 0x100000000, 0x1000000000, TDVF_PERM_MEM, TDVF_PAGE_AUG },
};

static void memory_behind_the_data_is_measured_as_zeros(void **state)
{
	(void)state;
	assert_mrtd(odd, ARRAY_SIZE(odd), MEASURE_TDX_PAGE_BY_PAGE,
		    "d8cc2c6d54fe980c4ad3118a2f28fac7b60cb74ac95aeb667212cd0da1368167d1963315c4a9055f389bac43"
		    "8c82f3c2");
	assert_mrtd(odd, ARRAY_SIZE(odd), MEASURE_TDX_ALL_THEN_EXTEND,
		    "1416fa4ad8758d337cbb4a262f199fa875dbac4ad64aa44b18cb357a00b514dbc52e67d5636908028511a518"
		    "d7c2a0d2");
}

/* The GUIDed table is inside of the BFV of the first images. */
static void each_byte_of_a_measured_section_counts(void **state)
{
	static const size_t unmeasured[] = { 0x0, 0x1fff }, measured[] = { 0x2000, 0x8fff, 0xffff };
	const struct measure_tdx page_by_page = { .order = MEASURE_TDX_PAGE_BY_PAGE };
	struct tdvf tdvf;
	uint8_t want[MEASURE_DIGEST_BYTES], got[MEASURE_DIGEST_BYTES];

	(void)state;
	tdvf_made(tdvf_made_sections, TDVF_MADE_N, image);
	assert_int_equal(tdvf_read((struct measure_bytes){ image, sizeof(image) }, &tdvf, NULL), 0);
	assert_int_equal(measure_mrtd(&tdvf, &page_by_page, want), 0);
	for (size_t i = 0; i < ARRAY_SIZE(unmeasured); i++)
		image[unmeasured[i]] ^= 1;
	assert_int_equal(measure_mrtd(&tdvf, &page_by_page, got), 0);
	assert_memory_equal(got, want, sizeof(got));
	for (size_t i = 0; i < ARRAY_SIZE(measured); i++) {
		image[measured[i]] ^= 1;
		assert_int_equal(measure_mrtd(&tdvf, &page_by_page, got), 0);
		assert_memory_not_equal(got, want, sizeof(got));
		image[measured[i]] ^= 1;
	}
}

struct leaves {
	unsigned n_added, n_extended, stop_at;
};

static int count_leaf(void *closure, uint64_t gpa, const uint8_t *chunk)
{
	struct leaves *leaves = closure;

	assert_int_equal(gpa % (chunk ? 256 : 4096), 0);
	if (leaves->stop_at > 0 && leaves->n_added + leaves->n_extended + 1 == leaves->stop_at)
		return -ECANCELED;
	*(chunk ? &leaves->n_extended : &leaves->n_added) += 1;
	return 0;
}

/* 14 pages of code, 2 of variables, 26 of memory: the code alone is extended, 16 chunks a page. */
static void each_leaf_is_told_until_the_callback_ends_it(void **state)
{
	enum { ADDED = 14 + 2 + 26, EXTENDED = 14 * 16 };
	struct measure_tdx_digests digests;
	struct leaves leaves = { 0 };
	struct measure_tdx what = { .firmware = { image, sizeof(image) },
				    .build = count_leaf,
				    .closure = &leaves };

	(void)state;
	tdvf_made(tdvf_made_sections, TDVF_MADE_N, image);
	for (unsigned order = MEASURE_TDX_PAGE_BY_PAGE; order <= MEASURE_TDX_ALL_THEN_EXTEND; order++) {
		what.order = (enum measure_tdx_order)order;
		leaves = (struct leaves){ 0 };
		assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
		assert_int_equal(leaves.n_added, ADDED);
		assert_int_equal(leaves.n_extended, EXTENDED);
		for (unsigned i = 1; i <= ADDED + EXTENDED; i++) {
			leaves = (struct leaves){ .stop_at = i };
			assert_int_equal(measure_tdx(&what, &digests, NULL), -ECANCELED);
			assert_int_equal(leaves.n_added + leaves.n_extended, i - 1);
		}
	}
}

static void a_td_without_firmware_is_refused(void **state)
{
	struct measure_tdx what = { .order = MEASURE_TDX_PAGE_BY_PAGE };
	struct measure_tdx_digests digests;
	struct jurat_error err;

	(void)state;
	assert_int_equal(measure_tdx(&what, &digests, &err), -EINVAL);
	assert_string_equal(err.text, "a TD needs a firmware image");
}

/* Spec: TDX module, TDG.MR.RTMR.EXTEND. The digest is SHA-384 of 96 zero bytes, of sha384sum(1). */
static void a_register_is_extended_by_the_hash_of_both(void **state)
{
	uint8_t digest[MEASURE_DIGEST_BYTES] = { 0 };
	const uint8_t value[MEASURE_DIGEST_BYTES] = { 0 };
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];

	(void)state;
	measure_extend(digest, value);
	assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex),
			    "f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0eb6eb8503db0ffd6a"
			    "39ddd00cd07d8317");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_orders_have_their_own_digest),
		cmocka_unit_test(memory_behind_the_data_is_measured_as_zeros),
		cmocka_unit_test(each_byte_of_a_measured_section_counts),
		cmocka_unit_test(each_leaf_is_told_until_the_callback_ends_it),
		cmocka_unit_test(a_td_without_firmware_is_refused),
		cmocka_unit_test(a_register_is_extended_by_the_hash_of_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
