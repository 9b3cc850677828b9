/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace_world.h"
#include "support/sync_env.h"

/* What a power loss may take away: store_replace() syncs each thing before the next one depends on it. */

struct powered {
	struct world w;
	struct sync_env env;
	const char *keep; /* what begin() asks for */
	unsigned commands;
};

static int keeps(void *ctx, const char **ret_keep, struct jurat_error *err)
{
	(void)err;
	*ret_keep = ((const struct powered *)ctx)->keep;
	return 0;
}

static void bytes_are_on_disk(const struct powered *p, const char *suffix)
{
	char name[96];

	TEXT(name, "%s%s", p->w.path, suffix);
	if (access(name, F_OK) == 0 && !sync_env_has_bytes(&p->env, name))
		FAIL_BECAUSE("'%s' is not on disk when the firmware changes", name);
}

/* Whatever the firmware answers, a table that fits it and the empty one at the path survive the power. */
static enum store_changed command(void *ctx, struct jurat_error *err)
{
	struct powered *p = ctx;

	p->commands++;
	if (!sync_env_has_names(&p->env, p->w.dir))
		FAIL_BECAUSE("the names are not on disk when the firmware changes");
	bytes_are_on_disk(p, "");
	bytes_are_on_disk(p, STORE_NEXT_SUFFIX);
	bytes_are_on_disk(p, STORE_OLD_SUFFIX);
	bytes_are_on_disk(p, STORE_SPARE_SUFFIX);
	if (p->w.says == STORE_CHANGED)
		p->w.firmware = 2;
	else if (err)
		TEXT(err->text, "as the test has it");
	return p->w.says;
}

static void put_beside(struct world *w, const char *suffix, int state)
{
	struct world beside = *w;

	TEXT(beside.path, "%s%s", w->path, suffix);
	put(&beside, state);
}

static int replace_it(struct powered *p)
{
	struct store_change change = { command, p };
	const struct store_options options = { .wait_ns = WAIT_NS, .begin = keeps, .ctx = p };
	uint8_t table[MAX_TABLE];
	size_t n = table_of(2, table);

	p->env = sync_env();
	p->commands = 0;
	return store_replace(&p->env.base, p->w.path, table, n, &change, &options, NULL, NULL);
}

static void each_step_is_on_disk_before_the_next_depends_on_it(void **state)
{
	static const char *const leftovers[] = { NULL, STORE_NEXT_SUFFIX, STORE_OLD_SUFFIX,
						 STORE_SPARE_SUFFIX, STORE_EMPTY_SUFFIX };
	static const int results[] = {
		[STORE_CHANGED] = 0, [STORE_UNCHANGED] = -ECANCELED, [STORE_UNKNOWN] = -EINPROGRESS
	};
	struct powered *p = *state;

	for (int first = 0; first <= 1; first++)
		for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++)
			for (int says = STORE_CHANGED; says <= STORE_UNKNOWN; says++) {
				unlink(p->w.path);
				if (!first)
					put(&p->w, 1);
				p->w.firmware = 1;
				p->keep = leftovers[i];
				if (p->keep)
					put_beside(&p->w, p->keep, 3);
				p->w.says = (enum store_changed)says;
				assert_int_equal(replace_it(p), results[says]);
				assert_int_equal(p->commands, 1);
				if (p->env.wrong[0])
					FAIL_BECAUSE("first %d, left over %s, says %d: %s", first,
						     p->keep ? p->keep : "nothing", says, p->env.wrong);
				if (!sync_env_has_names(&p->env, p->w.dir))
					FAIL_BECAUSE("first %d, says %d: the end is not on disk", first,
						     says);
				assert_true(p->env.renames > 0 && p->env.syncs > 2);
				assert_agreement(&p->w);
				assert_usable(&p->w);
			}
}

static int set_up(void **state)
{
	struct powered *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	TEXT(p->w.dir, "%s/jurat-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(p->w.dir))
		return -1;
	TEXT(p->w.path, "%s/blob", p->w.dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct powered *p = *state;
	char name[96];
	int e;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", p->w.path, suffixes[i]);
		unlink(name);
	}
	e = rmdir(p->w.dir);
	free(p);
	return e;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_step_is_on_disk_before_the_next_depends_on_it, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("store_power_loss", tests, NULL, NULL);
}
