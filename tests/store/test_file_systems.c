/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

/*
 * What the protocol of the store takes from kernel and file system, asked of the real ones: another process
 * holds locks, descriptors and mappings while this one replaces the blob (B62). doc/store-readers.md has the
 * table.
 *
 * Tried are a temporary directory, /dev/shm and an overlay (in a user namespace), and each directory of
 * $JURAT_STORE_DIRS, separated by colons; UPDATER=READER is a file system that is mounted twice, such as
 * an export and its NFS mount.
 */
enum { PAGE = 4096, TABLE = 3 * PAGE, OLD = 1, NEW = 2 };

struct facts {
	int replaced; /* what store_replace() returned; the next ones are false where it failed */
	bool descriptor_follows, mapping_follows, past_the_end_is_sigbus, inode_differs;
	/* Is this process refused an exclusive OFD lock while the other has ... */
	bool ofd_excludes, posix_excludes, flock_excludes;
	bool posix_outlives_a_close; /* of another descriptor of the same file */
	/* Is the other one refused its lock while an update is under way? */
	bool ofd_is_excluded, posix_is_excluded, flock_is_excluded;
};

#define LOCKS .ofd_excludes = true, .posix_excludes = true, .ofd_is_excluded = true, .posix_is_excluded = true
static const struct facts
	local = { .descriptor_follows = true,
		  .mapping_follows = true,
		  .past_the_end_is_sigbus = true,
		  .inode_differs = true,
		  LOCKS },
	/* A mapping made while the file was in the lower layer stays that of the lower layer. */
	overlay = { .descriptor_follows = true, .inode_differs = true, LOCKS };

/* The other process: one letter in, one answer out. */
struct other {
	pid_t pid;
	int at;
};

static int fcntl_lock(int fd, int how, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, how, &lock) == 0;
}

static int at_descriptor(int fd)
{
	uint8_t first = 0xff;

	return pread(fd, &first, 1, 0) == 1 ? first : 0xee;
}

static int inode_differs(int fd, const char *path)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino != there.st_ino;
}

/* Where a program would get SIGBUS, the kernel gets EFAULT. */
static int past_the_end(const void *mapped)
{
	int pair[2], faults;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return 0;
	faults = write(pair[1], (const uint8_t *)mapped + TABLE - 1, 1) < 0 && errno == EFAULT;
	close(pair[0]);
	close(pair[1]);
	return faults;
}

static int close_another(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd >= 0;
}

static uint8_t answer(char request, int fd, const char *path, const void *mapped)
{
	switch (request) {
	case 'o':
		return (uint8_t)fcntl_lock(fd, F_OFD_SETLK, F_RDLCK);
	case 'O':
		return (uint8_t)fcntl_lock(fd, F_OFD_SETLK, F_UNLCK);
	case 'p':
		return (uint8_t)fcntl_lock(fd, F_SETLK, F_RDLCK);
	case 'P':
		return (uint8_t)fcntl_lock(fd, F_SETLK, F_UNLCK);
	case 'f':
		return flock(fd, LOCK_SH | LOCK_NB) == 0;
	case 'F':
		return flock(fd, LOCK_UN) == 0;
	case 'c':
		return (uint8_t)close_another(path);
	case 'd':
		return (uint8_t)at_descriptor(fd);
	case 'm':
		return *(const volatile uint8_t *)mapped;
	case 'e':
		return (uint8_t)past_the_end(mapped);
	case 'i':
		return (uint8_t)inode_differs(fd, path);
	default:
		return 0xff;
	}
}

static void run_other(int at, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *mapped = mmap(NULL, TABLE, PROT_READ, MAP_SHARED, fd, 0);
	char request;
	uint8_t said = fd >= 0 && mapped != MAP_FAILED && *(volatile uint8_t *)mapped == OLD;

	while (write(at, &said, 1) == 1 && read(at, &request, 1) == 1)
		said = answer(request, fd, path, mapped);
	_exit(0);
}

static bool other_start(struct other *o, const char *path)
{
	int pair[2];
	uint8_t said = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	o->pid = fork();
	if (o->pid == 0) {
		close(pair[0]);
		run_other(pair[1], path);
	}
	close(pair[1]);
	o->at = pair[0];
	return o->pid > 0 && read(o->at, &said, 1) == 1 && said == 1;
}

static int ask(const struct other *o, char request)
{
	uint8_t said = 0xff;

	return write(o->at, &request, 1) == 1 && read(o->at, &said, 1) == 1 ? said : 0xff;
}

static void other_end(struct other *o)
{
	close(o->at);
	waitpid(o->pid, NULL, 0);
}

static bool is_refused(const char *path)
{
	auto_close int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd >= 0 && !fcntl_lock(fd, F_OFD_SETLK, F_WRLCK);
}

static bool excludes(const struct other *o, const char *path, char lock, char unlock)
{
	bool excludes = ask(o, lock) == 1 && is_refused(path);

	ask(o, unlock);
	return excludes;
}

static bool is_excluded(const struct other *o, char lock, char unlock)
{
	bool excluded = ask(o, lock) == 0;

	ask(o, unlock);
	return excluded;
}

struct issued {
	const struct other *other;
	struct facts *facts;
};

/* The other still has the old file open, and tries to lock it while the firmware would change. */
static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	struct issued *i = ctx;

	(void)err;
	i->facts->ofd_is_excluded = is_excluded(i->other, 'o', 'O');
	i->facts->posix_is_excluded = is_excluded(i->other, 'p', 'P');
	i->facts->flock_is_excluded = is_excluded(i->other, 'f', 'F');
	return STORE_CHANGED;
}

static bool put_old(const char *path)
{
	static uint8_t table[TABLE];
	auto_close int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, memset(table, OLD, TABLE), TABLE) == TABLE;
}

static bool nothing_beside(const char *path)
{
	static const char *const suffixes[] = { STORE_SUFFIXES };
	char name[160];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", path, suffixes[i]);
		if (access(name, F_OK) == 0)
			return false;
	}
	return true;
}

/* The file at `path` is there. NULL, or what is not as it must be on any file system. */
static const char *find_out(const char *path, const char *others_path, struct facts *ret, char *said)
{
	static uint8_t table[TABLE];
	struct facts f = { 0 };
	struct other other;
	struct issued issued = { &other, &f };
	const struct store_change change = { issue, &issued };
	struct jurat_error err = { "" };

	if (!other_start(&other, others_path))
		return "another process cannot open and map the blob";
	f.ofd_excludes = excludes(&other, path, 'o', 'O');
	f.posix_excludes = excludes(&other, path, 'p', 'P');
	f.flock_excludes = excludes(&other, path, 'f', 'F');
	f.posix_outlives_a_close = ask(&other, 'p') == 1 && ask(&other, 'c') == 1 && is_refused(path);
	ask(&other, 'P');
	f.replaced = store_replace(NULL, path, memset(table, NEW, TABLE), TABLE, &change, NULL, NULL, &err);
	memcpy(said, err.text, sizeof(err.text));
	if (f.replaced == 0) {
		f.descriptor_follows = ask(&other, 'd') == 0;
		f.mapping_follows = ask(&other, 'm') == 0;
		f.past_the_end_is_sigbus = ask(&other, 'e') == 1;
		f.inode_differs = ask(&other, 'i') == 1;
	}
	other_end(&other);
	*ret = f;
	if (!nothing_beside(path))
		return "a file is left beside the blob";
	if (f.replaced != 0) {
		auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

		return fd >= 0 && at_descriptor(fd) == OLD ? NULL : "the refused update changed the blob";
	}
	return NULL;
}

static const char *said_of(bool yes)
{
	return yes ? "yes" : "no";
}

static void print(const char *what, const struct facts *f, const char *said)
{
	test_say("%s: store_replace %d %s", what, f->replaced, said);
	test_say(
		"  lock of another process keeps an update waiting: OFD %s, POSIX %s, flock %s; POSIX, after "
		"a close of another descriptor: %s",
		said_of(f->ofd_excludes), said_of(f->posix_excludes), said_of(f->flock_excludes),
		said_of(f->posix_outlives_a_close));
	if (f->replaced != 0)
		return;
	test_say("  an update refuses: OFD %s, POSIX %s, flock %s", said_of(f->ofd_is_excluded),
		 said_of(f->posix_is_excluded), said_of(f->flock_is_excluded));
	test_say("  after it, descriptor is empty: %s, mapping is empty: %s, SIGBUS past its end: %s, inode "
		 "differs: %s",
		 said_of(f->descriptor_follows), said_of(f->mapping_follows),
		 said_of(f->past_the_end_is_sigbus), said_of(f->inode_differs));
}

static void assert_facts(const char *what, const struct facts *f, const struct facts *want, const char *said)
{
	print(what, f, said);
#define SAME(member) assert_int_equal(f->member, want->member)
	SAME(replaced);
	SAME(descriptor_follows);
	SAME(mapping_follows);
	SAME(past_the_end_is_sigbus);
	SAME(inode_differs);
	SAME(ofd_excludes);
	SAME(posix_excludes);
	SAME(flock_excludes);
	SAME(posix_outlives_a_close);
	SAME(ofd_is_excluded);
	SAME(posix_is_excluded);
	SAME(flock_is_excluded);
}

static void try(const char *dir, const char *others_dir, const struct facts *want)
{
	char path[128], others_path[128], said[sizeof(struct jurat_error)] = "";
	static unsigned n; /* a name that no client of NFS remembers */
	const char *wrong;
	struct facts f;

	TEXT(path, "%s/jurat-blob-%d-%u", dir, (int)getpid(), ++n);
	TEXT(others_path, "%s/jurat-blob-%d-%u", others_dir, (int)getpid(), n);
	assert_true(put_old(path));
	wrong = find_out(path, others_path, &f, said);
	unlink(path);
	if (wrong)
		FAIL_BECAUSE("%s: %s", dir, wrong);
	if (want)
		assert_facts(dir, &f, want, said);
	else
		print(dir, &f, said);
}

static void a_temporary_directory(void **state)
{
	try(*state, *state, &local);
}

static void tmpfs(void **state)
{
	char dir[] = "/dev/shm/jurat-fs-XXXXXX";
	struct statfs fs;

	(void)state;
	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != 0x01021994 || !mkdtemp(dir))
		SKIP_BECAUSE("there is no /dev/shm of type tmpfs that can be written to");
	try(dir, dir, &local);
	rmdir(dir);
}

/* In a child, whose namespaces the mounts are in. */
struct mounted {
	bool is_mounted;
	const char *wrong; /* of the same address space */
	struct facts first, second, across;
	char said[3][sizeof(struct jurat_error)];
};

static bool write_file(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool become_root_of_namespaces(void)
{
	char uids[32], gids[32];

	TEXT(uids, "0 %u 1", geteuid());
	TEXT(gids, "0 %u 1", getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", uids) && write_file("/proc/self/gid_map", gids);
}

static void in_overlay(const char *dir, struct mounted *m)
{
	char options[256], merged[96], upper[96];

	TEXT(options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir);
	TEXT(merged, "%s/merged/blob", dir);
	TEXT(upper, "%s/upper/blob", dir);
	options[sizeof(options) - 1] = '\0';
	m->is_mounted = become_root_of_namespaces();
	merged[strlen(merged) - strlen("/blob")] = '\0';
	m->is_mounted = m->is_mounted && mount("overlay", merged, "overlay", 0, options) == 0;
	if (!m->is_mounted)
		return;
	merged[strlen(merged)] = '/';
	m->wrong = find_out(merged, merged, &m->first, m->said[0]);
	if (!m->wrong && put_old(merged))
		m->wrong = find_out(merged, merged, &m->second, m->said[1]);
	/* The host's view of what a container updates, or the other way round. */
	if (!m->wrong && put_old(merged))
		m->wrong = find_out(merged, upper, &m->across, m->said[2]);
}

static void make_layers(const char *dir)
{
	static const char *const names[] = { "lower", "upper", "work", "merged" };
	char name[96];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		TEXT(name, "%s/%s", dir, names[i]);
		assert_int_equal(mkdir(name, 0700), 0);
	}
	TEXT(name, "%s/lower/blob", dir);
	assert_true(put_old(name));
}

static void an_overlay(void **state)
{
	struct mounted *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *dir = *state;
	struct mounted got;
	int status;
	pid_t pid;

	assert_true(m != MAP_FAILED);
	make_layers(dir);
	pid = fork();
	if (pid == 0) {
		in_overlay(dir, m);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	got = *m;
	munmap(m, sizeof(*m));
	if (!got.is_mounted)
		SKIP_BECAUSE("an overlay cannot be mounted in a user namespace here");
	if (got.wrong)
		FAIL_BECAUSE("%s", got.wrong);
	assert_facts("overlay, the blob in the lower layer", &got.first, &overlay, got.said[0]);
	assert_facts("overlay, the blob in the upper layer", &got.second, &local, got.said[1]);
	print("overlay, the reader in the upper layer itself", &got.across, got.said[2]);
	assert_int_equal(got.across.replaced, 0);
	assert_false(got.across.ofd_excludes); /* why a blob is read where it is updated, and nowhere else */
}

static void those_of_the_environment(void **state)
{
	const char *from = getenv("JURAT_STORE_DIRS");
	auto_free char *dirs = from ? strdup(from) : NULL;
	char *rest = NULL;

	(void)state;
	if (!dirs)
		SKIP_BECAUSE("JURAT_STORE_DIRS names no other file system");
	for (char *dir = strtok_r(dirs, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		char *others = strchr(dir, '=');

		if (others)
			*others++ = '\0';
		try(dir, others ? others : dir, NULL);
	}
}

/* B63, as NFS does. A first publication needs no exchange, but the next update does, so both are refused. */
static int cannot_exchange(struct base_env *env, const char *a, const char *b)
{
	(void)env;
	(void)a;
	(void)b;
	return -EINVAL;
}

static void a_file_system_that_cannot_exchange_names_is_refused_before_anything_changes(void **state)
{
	struct base_env_ops ops = *base_env_real()->ops;
	struct base_env env = { &ops };
	struct jurat_error err = { "" };
	uint8_t table[100];
	char path[128];

	ops.exchange = cannot_exchange;
	TEXT(path, "%s/blob", (const char *)*state);
	for (unsigned there = 0; there < 2; there++) {
		struct store_result result;

		if (there)
			assert_true(put_old(path));
		assert_int_equal(store_replace(&env, path, memset(table, NEW, sizeof(table)), sizeof(table),
					       NULL, NULL, &result, &err),
				 -EOPNOTSUPP);
		assert_non_null(strstr(err.text, "RENAME_EXCHANGE"));
		assert_int_equal(result.left, STORE_LEFT_OLD);
		assert_int_equal(access(path, F_OK), there ? 0 : -1);
		assert_true(nothing_beside(path));
	}
}

/* As NFS does without a lock manager. */
static int no_locks(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	(void)env;
	(void)fd;
	(void)how;
	(void)wait_ns;
	return -ENOLCK;
}

static void so_is_one_without_locks_and_by_readers_too(void **state)
{
	struct base_env_ops ops = *base_env_real()->ops;
	struct base_env env = { &ops };
	struct jurat_error err = { "" };
	struct store_reader reader;
	uint8_t table[100];
	char path[128];

	ops.lock = no_locks;
	TEXT(path, "%s/blob", (const char *)*state);
	assert_true(put_old(path));
	assert_int_equal(store_replace(&env, path, memset(table, NEW, sizeof(table)), sizeof(table), NULL,
				       NULL, NULL, &err),
			 -ENOLCK);
	assert_non_null(strstr(err.text, "cannot lock"));
	store_reader_init(&reader, &env, path);
	assert_int_equal(store_lock(&reader, 0, &err), -ENOLCK);
	assert_non_null(strstr(err.text, "cannot lock"));
	store_reader_done(&reader);
}

static int set_up(void **state)
{
	static char dir[32];

	TEXT(dir, "/tmp/jurat-fs-XXXXXX");
	*state = dir;
	return mkdtemp(dir) ? 0 : -1;
}

/* The work directory of an overlay holds a directory that only its owner's root may enter. */
static int tear_down(void **state)
{
	char command[96];

	TEXT(command, "chmod -R u+rwX %s; rm -rf %s", (char *)*state, (char *)*state);
	return system(command) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_temporary_directory),
		TEST(tmpfs),
		TEST(an_overlay),
		TEST(those_of_the_environment),
		TEST(a_file_system_that_cannot_exchange_names_is_refused_before_anything_changes),
		TEST(so_is_one_without_locks_and_by_readers_too),
	};

	return cmocka_run_group_tests_name("store_file_systems", tests, NULL, NULL);
}
