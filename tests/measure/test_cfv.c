/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/error.h"
#include "cfv_made.h"

enum { STORE = CFV_MADE_STORE, FIRST = CFV_MADE_FIRST };

static uint8_t volume[CFV_MADE_BYTES];
static struct cfv_made made;
static const uint8_t vendor[16] = "vendor-guid-0001", other[16] = "vendor-guid-0002";

static void make(void)
{
	made = cfv_made(volume);
}

static void put_variable(uint8_t state, const uint8_t guid[16], const char *name, const char *value)
{
	cfv_made_put(&made, state, guid, name, value);
}

static int find(const char *name, struct measure_bytes *ret, struct jurat_error *err)
{
	auto_free uint8_t *copy = heap_copy(volume, sizeof(volume));
	struct cfv cfv;
	int r = cfv_read((struct measure_bytes){ copy, sizeof(volume) }, &cfv, err);

	if (r == 0)
		r = cfv_find(&cfv, vendor, name, ret, err);
	if (r == 0 && ret->bytes) /* it points into the copy */
		ret->bytes = volume + (ret->bytes - copy);
	return r;
}

static void assert_value(const char *name, const char *want)
{
	struct measure_bytes value = { NULL, 99 };

	assert_int_equal(find(name, &value, NULL), 0);
	assert_int_equal(value.n, want ? strlen(want) : 0);
	if (want)
		assert_memory_equal(value.bytes, want, value.n);
	else
		assert_null(value.bytes);
}

static void variables_are_found_by_vendor_name_and_state(void **state)
{
	(void)state;
	make();
	put_variable(0x3c, vendor, "PK", "deleted");
	put_variable(0x3f, other, "PK", "another's");
	put_variable(0x3f, vendor, "PKx", "longer name");
	put_variable(0x3f, vendor, "P", "shorter name");
	put_variable(0x3f, vendor, "PK", "the value");
	put_variable(0x7f, vendor, "PK", "not written whole");
	put_variable(0x3f, vendor, "PK", "a second one");
	put_variable(0x3f, vendor, "none", "");
	assert_value("PK", "the value");
	put_variable(0x3f, vendor, "KEKx", "name with a NUL amid it");
	bytes_put_le(volume + made.last + 60 + 2 * 3, 0, 2);
	assert_value("none", "");
	assert_value("KEK", NULL);
	make();
	put_variable(0x3c, vendor, "db", "deleted");
	put_variable(0x7f, vendor, "dbx", "not written whole");
	assert_value("db", NULL);
	assert_value("dbx", NULL);
}

static void a_variable_about_to_be_replaced_counts_until_its_successor_does(void **state)
{
	(void)state;
	make();
	put_variable(0x3e, vendor, "PK", "old");
	assert_value("PK", "old");
	put_variable(0x3f, vendor, "PK", "new");
	assert_value("PK", "new");
	put_variable(0x3e, vendor, "PK", "older");
	assert_value("PK", "new");
}

static void volumes_without_a_store_have_no_variables(void **state)
{
	(void)state;
	memset(volume, 0, sizeof(volume));
	assert_value("PK", NULL);
	memset(volume, 0xff, sizeof(volume));
	assert_value("PK", NULL);
	make();
	volume[16] ^= 1; /* another file system */
	put_variable(0x3f, vendor, "PK", "value");
	assert_value("PK", NULL);
}

static void each_fault_is_named(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		unsigned n;
		const char *error;
	} patches[] = {
		{ 40, 'x', 1, "configuration volume: no firmware volume: no signature \"_FVH\" at 0x28" },
		{ 48, 55, 2, "configuration volume: header of 55 bytes, expected at least 56" },
		{ 48, 0x3f0, 2,
		  "configuration volume: 1024 bytes end inside of its variable store's header" },
		{ 48, 0xffff, 2,
		  "configuration volume: 1024 bytes end inside of its variable store's header" },
		{ STORE, 0, 1,
		  "configuration volume: at 0x48 is no formatted store of authenticated variables" },
		{ STORE + 20, 0xff, 1,
		  "configuration volume: at 0x48 is no formatted store of authenticated variables" },
		{ STORE + 21, 0xff, 1,
		  "configuration volume: at 0x48 is no formatted store of authenticated variables" },
		{ STORE + 16, 27, 4,
		  "configuration volume: variable store of 0x1b bytes at 0x48, in 0x400 bytes" },
		{ STORE + 16, 0x3b9, 4,
		  "configuration volume: variable store of 0x3b9 bytes at 0x48, in 0x400 bytes" },
		{ STORE + 16, 0xffffffff, 4,
		  "configuration volume: variable store of 0xffffffff bytes at 0x48, in 0x400 bytes" },
		{ FIRST + 36, 0x2e4, 4,
		  "variable store: the variable at 0 has a name of 0x2e4 and a value of 0x5 bytes, beyond "
		  "the store's end at "
		  "0x2e4" },
		{ FIRST + 36, 0xffffffff, 4,
		  "variable store: the variable at 0 has a name of 0xffffffff and a value of 0x5 bytes, "
		  "beyond the store's "
		  "end at 0x2e4" },
		{ FIRST + 40, 0xffffffff, 4,
		  "variable store: the variable at 0 has a name of 0x6 and a value of 0xffffffff bytes, "
		  "beyond the store's "
		  "end at 0x2e4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		struct measure_bytes value;
		struct jurat_error err = { "" };

		make();
		put_variable(0x3f, vendor, "PK", "value");
		bytes_put_le(volume + patches[i].at, patches[i].value, patches[i].n);
		assert_int_equal(find("PK", &value, &err), -EBADMSG);
		assert_string_equal(err.text, patches[i].error);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct jurat_error err;

	(void)state;
	make();
	for (size_t n = 1; n < STORE + 0x300; n++) {
		auto_free uint8_t *copy = heap_copy(volume, n);
		struct cfv cfv;
		int r = cfv_read((struct measure_bytes){ copy, n }, &cfv, &err);

		/* The first 16 bytes are zero: a volume that holds nothing. */
		assert_int_equal(r, n <= 16 ? 0 : -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_found_by_vendor_name_and_state),
		cmocka_unit_test(a_variable_about_to_be_replaced_counts_until_its_successor_does),
		cmocka_unit_test(volumes_without_a_store_have_no_variables),
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(every_truncation_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
