/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Programs that start as root and become another user: of root's and of other users' `jurat run`. */
enum { NOBODY = 65534 };

static void must(bool done)
{
	if (!done)
		_exit(95);
}

/* In a private mount namespace, so that the machine's own file remains. */
static void bind_text(const char *name, const char *text, const char *to)
{
	char path[128];
	int fd;

	TEXT(path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
	must(access(to, F_OK) == 0 || close(open(to, O_WRONLY | O_CREAT, 0644)) == 0);
	must(mount(path, to, NULL, MS_BIND, NULL) == 0);
}

static const char *subuid, *subgid;

static void become_nobody_with_subordinates(void)
{
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	bind_text("subuid", subuid, "/etc/subuid");
	bind_text("subgid", subgid, "/etc/subgid");
	drop_privileges();
}

static void become_nobody_without_programs(void)
{
	become_nobody_with_subordinates();
	must(setenv("PATH", "/nonexistent", 1) == 0);
}

static void become_nobody_without_new_privileges(void)
{
	become_nobody_with_subordinates();
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

/* Root in a container with the default capabilities. */
static void lose_sys_admin(void)
{
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == 0);
}

/* A user who may become any other, as a service manager grants it with AmbientCapabilities=. */
static void become_nobody_with_capabilities(void)
{
	const uint32_t both = 1U << CAP_SETUID | 1U << CAP_SETGID;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = both, .permitted = both, .inheritable = both }
	};

	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	drop_privileges();
	must(syscall(SYS_capset, &header, data) == 0);
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0) == 0 &&
	     prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0) == 0);
}

#define NEEDS_ROOT()                                                                                         \
	do {                                                                                                 \
		NEEDS_RUN();                                                                                 \
		if (geteuid() != 0 || unprivileged)                                                          \
			SKIP_BECAUSE("only root can become this user");                                      \
	} while (0)

#define NEEDS_UIDMAP()                                                                                       \
	do {                                                                                                 \
		NEEDS_ROOT();                                                                                \
		if (access("/usr/bin/newuidmap", X_OK) < 0)                                                  \
			SKIP_BECAUSE("there is no newuidmap here");                                          \
	} while (0)

static void set_subordinates(const char *uids, const char *gids)
{
	subuid = uids;
	subgid = gids;
}

/* The daemon's evidence verifies, and the roots are readable to the user that it became. */
static void run_daemon(const char *map, void (*before)(void))
{
	static const char script[] =
		"\"$0\" daemon 1000 \"$1\" && setpriv --reuid 1000 --clear-groups \"$JURAT\" verify --roots "
		"$JURAT_ROOTS \"$1\"";
	char path[128];
	struct outcome o;

	FOR_EACH_CLIENT(linked)
	{
		TEXT(path, "%s/evidence-%s-%d", dir, map, linked);
		before_exec = before;
		o = RUN("--user-map", map, "--", "/bin/sh", "-c", script, clients[linked], path);
		before_exec = NULL;
		assert_exit(&o, 0);
		assert_int_equal(strncmp(o.out, "accepted\n", 9), 0);
		assert_int_equal(unlink(path), 0);
	}
}

static void a_daemon_started_by_root_drops_its_privileges_and_attests(void **state)
{
	NEEDS_ROOT();
	run_daemon("self", NULL); /* no user namespace, so all users are there */
	run_daemon("auto", NULL);
}

static void a_user_with_subordinate_ids_runs_a_daemon_that_drops_its_privileges(void **state)
{
	NEEDS_UIDMAP();
	set_subordinates("somebody:100000:65536\nnobody:200000:65536\n", "65534:200000:65536\n");
	run_daemon("auto", become_nobody_with_subordinates);
}

static void processes_of_other_users_are_killed_at_the_end(void **state)
{
	struct outcome o;
	int sleeper;

	NEEDS_UIDMAP();
	set_subordinates("nobody:200000:65536\n", "nobody:200000:65536\n");
	before_exec = become_nobody_with_subordinates;
	o = RUN("--user-map", "auto", "--", "/bin/sh", "-c",
		"setpriv --reuid 1000 --clear-groups sleep 1000 & echo $!; until grep -q ^Uid:.1000 "
		"/proc/$!/status; do :; done");
	before_exec = NULL;
	assert_exit(&o, 0);
	assert_int_equal(sscanf(o.out, "%d", &sleeper), 1);
	assert_true(gone(sleeper));
}

static void root_without_sys_admin_maps_all_users_itself(void **state)
{
	NEEDS_ROOT();
	run_daemon("auto", lose_sys_admin);
}

/* The rows of a map in a user namespace, of which this is the whole machine's. */
static void assert_maps(const char *map, void (*before)(void), const char *uids)
{
	struct outcome o;

	before_exec = before;
	o = RUN("--user-map", map, "--", "/bin/sh", "-c",
		"tr -s ' ' </proc/self/uid_map; cmp /proc/self/uid_map /proc/self/gid_map && cat "
		"/proc/self/setgroups");
	before_exec = NULL;
	assert_exit(&o, 0);
	assert_string_equal(o.out, uids);
}

static void ids_are_mapped_as_asked_for(void **state)
{
	NEEDS_ROOT();
	assert_maps("self", drop_privileges, " 65534 65534 1\ndeny\n");
	assert_maps("root", drop_privileges, " 0 65534 1\ndeny\n");
	assert_maps("auto", become_nobody_with_capabilities,
		    " 0 65534 1\n 1 1 65533\n 65535 65535 4294901760\nallow\n");
	assert_maps("auto", lose_sys_admin, " 0 0 1\n 1 1 4294967294\nallow\n");
	if (access("/usr/bin/newuidmap", X_OK) < 0)
		return;
	set_subordinates("nobody:200000:10\nnobody:300000:20\n", "nobody:200000:10\nnobody:300000:20\n");
	assert_maps("auto", become_nobody_with_subordinates,
		    " 0 65534 1\n 1 200000 10\n 11 300000 20\nallow\n");
}

static void what_a_user_lacks_for_a_map_is_said(void **state)
{
	static const char good[] = "nobody:200000:65536\n";
	static const struct {
		const char *uids, *gids;
		void (*before)(void);
		const char *says; /* at the end */
	} cases[] = {
		{ "somebody:200000:65536\nnobody\nnobody:x:y\nnobody2:1:1\n:1:1\nnobody:200000:0\n", good,
		  become_nobody_with_subordinates,
		  "jurat run: --user-map auto: '/etc/subuid' has no subordinate uids of user 'nobody' "
		  "(usermod --add-subuids 100000-165535 nobody)\n" },
		{ good, "", become_nobody_with_subordinates,
		  "jurat run: --user-map auto: '/etc/subgid' has no subordinate gids of user 'nobody' "
		  "(usermod --add-subgids 100000-165535 nobody)\n" },
		{ good, good, become_nobody_without_programs,
		  "jurat run: --user-map auto: there is no newuidmap(1) (install the package uidmap, or "
		  "shadow-utils)\n" },
		{ good, good, become_nobody_without_new_privileges,
		  "jurat run: --user-map auto: newuidmap failed; it must be setuid root or have the "
		  "capability cap_setuid, and 'no new privileges' must not be set\n" },
	};

	NEEDS_UIDMAP();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const size_t n = strlen(cases[i].says);
		struct outcome o;
		size_t said;

		set_subordinates(cases[i].uids, cases[i].gids);
		before_exec = cases[i].before;
		o = RUN("--user-map", "auto", "--", "/bin/true");
		before_exec = NULL;
		assert_exit(&o, 3);
		said = strlen(o.err);
		if (said < n || strcmp(o.err + said - n, cases[i].says) != 0)
			FAIL_BECAUSE("row %zu: %s", i, o.err);
	}
}

/* Linux: EINVAL for an ID that the namespace does not have. */
static void without_a_map_of_others_no_file_changes_its_owner(void **state)
{
	static const char *const maps[] = { "self", "root" };

	NEEDS_RUN();
	if (!unprivileged)
		SKIP_BECAUSE("this is root");
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		struct outcome o = RUN("--user-map", maps[i], "--", "/bin/sh", "-c",
				       "stat -c %u /dev/sev-guest; chmod 0660 /dev/sev-guest && stat -c %a "
				       "/dev/sev-guest; chown 1000 /dev/sev-guest");
		char expected[64];

		TEXT(expected, "%u\n660\n", i ? 0U : geteuid() == 0 ? NOBODY : geteuid());
		assert_string_equal(o.out, expected);
		assert_non_null(strstr(o.err, "Invalid argument"));
		assert_exit(&o, 1);
	}
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_started_by_root_drops_its_privileges_and_attests),
		cmocka_unit_test(a_user_with_subordinate_ids_runs_a_daemon_that_drops_its_privileges),
		cmocka_unit_test(processes_of_other_users_are_killed_at_the_end),
		cmocka_unit_test(root_without_sys_admin_maps_all_users_itself),
		cmocka_unit_test(ids_are_mapped_as_asked_for),
		cmocka_unit_test(what_a_user_lacks_for_a_map_is_said),
		cmocka_unit_test(without_a_map_of_others_no_file_changes_its_owner),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
