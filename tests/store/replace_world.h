/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STORE_REPLACE_WORLD_H
#define TESTS_STORE_REPLACE_WORLD_H

/* A store and a model firmware, for test_replace.c, test_power_loss.c and test_turns.c. */
#include "support/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/store.h"

enum { WAIT_NS = 2000000, MAX_TABLE = 9000 };

static const char *const suffixes[] = { "", STORE_SUFFIXES };

/* A model firmware: a number. The certificates of state v are a table full of v. */
struct world {
	char dir[32], path[64];
	int firmware, to;
	enum store_changed says;
	unsigned issued;
	struct store_reader *must_be_shut_out; /* tries the lock while the command is issued */
	enum store_undrained undrained;
	struct store_result result;
	int begin_fails;
};

static size_t table_of(int state, uint8_t *to)
{
	size_t n = state % 2 ? 5000 : MAX_TABLE;

	memset(to, state, n);
	return n;
}

static void put(struct world *w, int state)
{
	uint8_t table[MAX_TABLE];
	size_t n = table_of(state, table);
	int fd = open(w->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, table, n) == (ssize_t)n);
	close(fd);
}

/* The state of the certificates at the path: 0 an empty table, -1 no file; fails on anything in between. */
static int at_path(struct world *w)
{
	struct store_reader r;
	uint8_t table[MAX_TABLE + 1], want[MAX_TABLE];
	int state = -1, e;

	store_reader_init(&r, NULL, w->path);
	e = store_lock(&r, 0, NULL);
	assert_true(e == 0 || e == JURAT_NOT_FOUND); /* no lock is left */
	if (e == 0) {
		assert_true(r.size <= MAX_TABLE);
		assert_int_equal(store_read(&r, table, (size_t)r.size, 0, NULL), 0);
		state = table[0];
		if (state == 0)
			assert_int_equal(r.size, STORE_EMPTY_BYTES);
		else
			assert_int_equal(r.size, table_of(state, want));
		assert_true(bytes_all(table, (size_t)r.size, (uint8_t)state));
	}
	store_reader_done(&r);
	return state;
}

static bool exists(struct world *w, const char *suffix)
{
	char name[96];

	TEXT(name, "%s%s", w->path, suffix);
	return access(name, F_OK) == 0;
}

static void assert_nothing_beside(struct world *w)
{
	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++)
		assert_false(exists(w, suffixes[i]));
}

static bool has_table(const struct world *w, const char *suffix, int state)
{
	uint8_t want[MAX_TABLE], table[MAX_TABLE + 1];
	size_t n = table_of(state, want);
	char name[96];
	ssize_t got;
	int fd;

	TEXT(name, "%s%s", w->path, suffix);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, table, sizeof(table));
	close(fd);
	return got == (ssize_t)n && memcmp(table, want, n) == 0;
}

/* The file that has the table of the firmware's state; NULL: none. */
static const char *which_fits(const struct world *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (has_table(w, suffixes[i], w->firmware))
			return suffixes[i];
	return NULL;
}

static int begin(void *ctx, const char **ret_keep, struct jurat_error *err)
{
	const struct world *w = ctx;
	const char *suffix = which_fits(w);

	if (suffix && suffix[0])
		*ret_keep = suffix;
	return w->begin_fails ? jurat_fail(err, w->begin_fails, "the state cannot be read") : 0;
}

static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	struct world *w = ctx;

	w->issued++;
	if (w->must_be_shut_out)
		assert_int_equal(store_lock(w->must_be_shut_out, 0, NULL), JURAT_BUSY);
	if (w->says == STORE_CHANGED)
		w->firmware = w->to;
	else if (err)
		TEXT(err->text, "INVALID_CONFIG");
	return w->says;
}

static int replace(struct base_env *env, struct world *w, int to, enum store_left *ret_left,
		   struct jurat_error *err)
{
	struct store_change change = { issue, w };
	const struct store_options options = {
		.wait_ns = WAIT_NS, .undrained = w->undrained, .begin = begin, .ctx = w
	};
	uint8_t table[MAX_TABLE];
	size_t n = table_of(to, table);
	int e;

	w->to = to;
	w->issued = 0;
	e = store_replace(env, w->path, table, n, &change, &options, &w->result, err);
	*ret_left = w->result.left;
	return e;
}

static void assert_agreement(struct world *w)
{
	int there = at_path(w);

	assert_true(there <= 0 || there == w->firmware);
}

static void assert_usable(struct world *w)
{
	enum store_left left;
	struct jurat_error err = { "" };
	int to = w->firmware + 1, e;

	w->says = STORE_CHANGED;
	e = replace(NULL, w, to, &left, &err);
	if (e != 0)
		print_message("%s\n", err.text);
	assert_int_equal(e, 0);
	assert_int_equal(left, STORE_LEFT_NEW);
	assert_int_equal(at_path(w), to);
	assert_int_equal(w->firmware, to);
	assert_nothing_beside(w);
}

#endif
