/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <sys/stat.h>

#include "run/fs_internal.h"

/* The nodes alone, with the test as the kernel that looks them up and forgets them. */
static struct run_fs *new_fs(void)
{
	struct run_fs *fs;

	assert_int_equal(run_fs_new(&fs, NULL), 0);
	return fs;
}

static struct run_node *add(struct run_fs *fs, struct run_node *parent, const char *name)
{
	struct run_node *node;

	assert_int_equal(run_fs_add(fs, parent, name, S_IFDIR | 0755, 0, NULL, NULL, &node), 0);
	return node;
}

static void a_node_is_found_by_name_and_by_number(void **state)
{
	struct run_fs *fs = new_fs();
	struct run_node *a = add(fs, NULL, "a"), *b = add(fs, a, "b");

	assert_ptr_equal(run_fs_find(fs, NULL, "a"), a);
	assert_ptr_equal(run_fs_find(fs, a, "b"), b);
	assert_null(run_fs_find(fs, NULL, "b"));
	assert_ptr_equal(run_tree_get(fs, b->ino), b);
	assert_ptr_equal(run_tree_get(fs, FUSE_ROOT_ID), &fs->root);
	assert_null(run_tree_get(fs, 0));
	assert_null(run_tree_get(fs, UINT64_MAX));
	assert_int_equal(run_fs_add(fs, NULL, "a", S_IFREG, 0, NULL, NULL, NULL), -EEXIST);
	run_fs_free(fs);
}

static void a_name_may_have_255_bytes(void **state)
{
	struct run_fs *fs = new_fs();
	char name[257];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(run_fs_add(fs, NULL, name, S_IFREG, 0, NULL, NULL, NULL), -ENAMETOOLONG);
	name[255] = '\0';
	assert_int_equal(run_fs_add(fs, NULL, name, S_IFREG, 0, NULL, NULL, NULL), 0);
	run_fs_free(fs);
}

static void a_number_is_used_again_only_when_the_kernel_has_forgotten_it(void **state)
{
	struct run_fs *fs = new_fs();
	struct run_node *a = add(fs, NULL, "a"), *b;
	uint64_t ino = a->ino, generation = a->generation;

	a->lookups = 2;
	run_fs_remove(fs, a);
	assert_null(run_fs_find(fs, NULL, "a"));
	assert_true(run_tree_get(fs, ino)->removed);
	b = add(fs, NULL, "a");
	assert_int_not_equal(b->ino, ino);
	run_tree_forget(fs, ino, 1);
	assert_non_null(run_tree_get(fs, ino));
	run_tree_forget(fs, ino, UINT64_MAX); /* more than there were */
	assert_null(run_tree_get(fs, ino));
	run_tree_forget(fs, ino, 1);
	run_tree_forget(fs, FUSE_ROOT_ID, 1);
	b = add(fs, NULL, "b");
	assert_int_equal(b->ino, ino);
	assert_int_not_equal(b->generation, generation);
	run_fs_free(fs);
}

static void removing_a_directory_removes_what_is_in_it(void **state)
{
	struct run_fs *fs = new_fs();
	struct run_node *a = add(fs, NULL, "a"), *b = add(fs, a, "b");
	uint64_t ino = b->ino;

	add(fs, b, "c");
	run_fs_remove(fs, a);
	assert_null(run_tree_get(fs, ino));
	assert_null(fs->root.children);
	run_fs_free(fs);
}

static void thousands_of_nodes_keep_their_numbers(void **state)
{
	enum { N = 3000 };
	struct run_fs *fs = new_fs();
	static struct run_node *nodes[N];

	for (int i = 0; i < N; i++) {
		char name[16];

		TEXT(name, "%d", i);
		nodes[i] = add(fs, NULL, name);
	}
	for (int i = 0; i < N; i += 2)
		run_fs_remove(fs, nodes[i]);
	for (int i = 1; i < N; i += 2)
		assert_ptr_equal(run_tree_get(fs, nodes[i]->ino), nodes[i]);
	run_fs_free(fs);
}

static void count_release(void *ctx, void *file)
{
	++*(int *)ctx;
}

static void descriptors_that_are_still_open_are_released_at_the_end(void **state)
{
	static const struct run_node_ops ops = { .release = count_release };
	struct run_fs *fs = new_fs();
	struct run_open *opened[3];
	int released = 0;

	for (int i = 0; i < 3; i++) {
		opened[i] = calloc(1, sizeof(*opened[i]));
		assert_non_null(opened[i]);
		opened[i]->ops = &ops;
		opened[i]->ctx = &released;
		run_open_add(fs, opened[i]);
	}
	run_open_release(opened[1]);
	assert_int_equal(released, 1);
	run_fs_free(fs);
	assert_int_equal(released, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_is_found_by_name_and_by_number),
		cmocka_unit_test(a_name_may_have_255_bytes),
		cmocka_unit_test(a_number_is_used_again_only_when_the_kernel_has_forgotten_it),
		cmocka_unit_test(removing_a_directory_removes_what_is_in_it),
		cmocka_unit_test(thousands_of_nodes_keep_their_numbers),
		cmocka_unit_test(descriptors_that_are_still_open_are_released_at_the_end),
	};

	return cmocka_run_group_tests_name("run/fs", tests, NULL, NULL);
}
