/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "support/scratch.h"
#include "stock/stock.h"

/*
 * A directory that Trustee's attestation service reads as its offline store, under the names that its
 * documentation publishes (confidential-containers/trustee, docs of attestation-service, "Offline AMD VCEK
 * Store Guide"): "vcek/{hwid}/bl02_tee00_snp06_ucode21_vcek.der" below the root, with "_fmc{FMC}" for Turin,
 * and the older "vcek/{hwid}/vcek.der". The HWID is lower-case hex: 64 bytes, on Turin the first 8 of
 * chip_id.
 */

/* A chip, a TCB, and the names of Trustee's documentation, letter by letter. */
#define HWID_MILAN                                                                                           \
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"                                   \
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
static const struct name {
	enum snp_product product;
	struct snp_tcb tcb;
	const char *directory, *file;
} names[] = {
	{ SNP_MILAN,
	  { .boot_loader = 2, .snp = 6, .microcode = 21 },
	  "vcek/" HWID_MILAN,
	  "bl02_tee00_snp06_ucode21_vcek.der" },
	{ SNP_GENOA,
	  { .boot_loader = 10, .tee = 1, .snp = 24, .microcode = 219 },
	  "vcek/" HWID_MILAN,
	  "bl10_tee01_snp24_ucode219_vcek.der" },
	{ SNP_TURIN,
	  { .fmc = 5, .boot_loader = 2, .snp = 6, .microcode = 21 },
	  "vcek/a0a1a2a3a4a5a6a7",
	  "bl02_tee00_snp06_ucode21_fmc05_vcek.der" },
};

static const char der[] = "0\x82\x05\x44 a VCEK";

struct store {
	char where[SCRATCH_BYTES];
	struct stock *stock;
	struct jurat_error err;
};

static int set_up(void **state)
{
	struct store *store = calloc(1, sizeof(*store));

	assert_non_null(store);
	scratch_make(store->where);
	if (stock_open(store->where, NULL, &store->stock, &store->err) != 0)
		FAIL_BECAUSE("%s", store->err.text);
	*state = store;
	return 0;
}

static int tear_down(void **state)
{
	struct store *store = *state;

	stock_close(store->stock);
	scratch_remove(store->where);
	free(store);
	return 0;
}

static struct endorse_item item_of(const struct name *name)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .product = name->product, .tcb = name->tcb };

	for (size_t i = 0; i < snp_hwid_bytes(name->product); i++)
		item.chip_id[i] = (uint8_t)(0xa0 + i % 16);
	return item;
}

#define PATH_OF(path, store, name, file)                                                                     \
	TEXT(path, "%s/%s/%s", scratch_path((store)->where), (name)->directory, file)

static void write_as_others_do(const struct store *store, const struct name *name, const char *file,
			       const void *bytes, size_t n)
{
	char path[SCRATCH_BYTES];
	int fd;

	TEXT(path, "%s/vcek", scratch_path(store->where));
	(void)mkdir(path, 0755);
	TEXT(path, "%s/%s", scratch_path(store->where), name->directory);
	(void)mkdir(path, 0755);
	PATH_OF(path, store, name, file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static void assert_has(struct store *store, const struct name *name, const char *expected)
{
	const struct endorse_item item = item_of(name);
	struct endorse_value value = { 0 };
	int64_t expires;

	assert_int_equal(stock_get(store->stock, &item, &value, &expires, &store->err), 0);
	assert_int_equal(value.size, strlen(expected));
	assert_memory_equal(value.body, expected, value.size);
	endorse_value_done(&value);
}

static void what_is_put_is_where_trustee_reads(void **state)
{
	struct store *store = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct endorse_item item = item_of(&names[i]);
		struct endorse_value value = { .body = heap_copy(der, strlen(der)), .size = strlen(der) };
		char path[SCRATCH_BYTES];
		uint8_t *bytes;
		struct stat st;
		size_t n;

		assert_int_equal(stock_put(store->stock, &item, &value, INT64_MAX, &store->err), 0);
		endorse_value_done(&value);
		PATH_OF(path, store, &names[i], names[i].file);
		if (base_read_file(base_env_real(), path, 4096, &bytes, &n, &store->err) != 0)
			FAIL_BECAUSE("%s", store->err.text);
		assert_int_equal(n, strlen(der));
		assert_memory_equal(bytes, der, n);
		free(bytes);
		/* Trustee's service has a user of its own. */
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0644);
		TEXT(path, "%s/%s", scratch_path(store->where), names[i].directory);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0755);
	}
}

static void what_trustee_has_is_read(void **state)
{
	struct store *store = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct endorse_item item = item_of(&names[i]);
		struct endorse_value value;
		int64_t expires;

		assert_int_equal(stock_get(store->stock, &item, &value, &expires, &store->err),
				 JURAT_NOT_FOUND);
		write_as_others_do(store, &names[i], names[i].file, der, strlen(der));
		assert_has(store, &names[i], der);
	}
}

/* A VCEK of the software platform's chip at the TCB of the row, and one at an older TCB. */
#define HWID_VECTORS                                                                                         \
	"98c0fa944e82a288c279daad75cc29dab2aa4af59a79a5f441bdf13e3b0576ab"                                   \
	"16ee1c40c8c735386129d10970e0f73e7d0c3d84ff84de9b42f924eb4e9863f5"
static const struct name vector = { SNP_MILAN,
				    { .boot_loader = 4, .snp = 24, .microcode = 219 },
				    "vcek/" HWID_VECTORS,
				    "bl04_tee00_snp24_ucode219_vcek.der" };

static void put_vector(struct store *store, const char *from, const char *file)
{
	auto_free uint8_t *bytes = NULL;
	char path[SCRATCH_BYTES];
	size_t n;

	TEXT(path, "%s/vectors/snp/%s", getenv("JURAT_TEST_DATA"), from);
	if (base_read_file(base_env_real(), path, 65536, &bytes, &n, &store->err) != 0)
		FAIL_BECAUSE("%s", store->err.text);
	write_as_others_do(store, &vector, file, bytes, n);
}

static int get_vector(struct store *store)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .product = SNP_MILAN, .tcb = vector.tcb };
	struct endorse_value value = { 0 };
	int64_t expires;
	int r;

	assert_true(bytes_from_hex(HWID_VECTORS, item.chip_id, sizeof(item.chip_id)));
	r = stock_get(store->stock, &item, &value, &expires, &store->err);
	if (r == 0)
		endorse_value_done(&value);
	return r;
}

/* The older name says nothing of the TCB: a certificate there counts for its own only. */
static void the_older_name_is_read_where_there_is_no_other(void **state)
{
	struct store *store = *state;

	put_vector(store, "milan-vcek-older.der", "vcek.der");
	assert_int_equal(get_vector(store), JURAT_NOT_FOUND);
	put_vector(store, "milan-vcek.der", "vcek.der");
	assert_int_equal(get_vector(store), 0);
	put_vector(store, "milan-vcek-older.der", "vcek.der");
	put_vector(store, "milan-vcek.der", vector.file);
	assert_int_equal(get_vector(store), 0);
}

static void names_of_items_are_those_of_trustee(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct endorse_item item = item_of(&names[i]);
		char file[ENDORSE_TEXT_BYTES], expected[ENDORSE_TEXT_BYTES];

		TEXT(expected, "%s/%s", names[i].directory, names[i].file);
		assert_int_equal(endorse_item_file(&item, file, sizeof(file)), strlen(expected));
		assert_string_equal(file, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_put_is_where_trustee_reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_trustee_has_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_older_name_is_read_where_there_is_no_other, set_up,
						tear_down),
		cmocka_unit_test(names_of_items_are_those_of_trustee),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
