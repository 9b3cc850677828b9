/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/state.h"

/* A platform in a directory, shared: here by two `struct sim_psp` of one process, as it is by two runs. */
enum { SEED_BYTES = 256, FILE_BYTES = SEED_BYTES + SIM_PSP_STATE_BYTES };
#define NEW_TCB 0xdb18000000000005ull

static char dir[64];

struct side {
	struct run_state *state;
	struct sim_psp *psp;
};

static struct side open_side(struct sim_psp_options options)
{
	struct side s;
	bool is_new;

	assert_int_equal(run_state_open(dir, &s.state, NULL), 0);
	assert_int_equal(run_state_lock(s.state, NULL), 0);
	assert_int_equal(run_state_options(s.state, &options, &is_new, NULL), 0);
	assert_int_equal(sim_psp_new(&options, &s.psp, NULL), 0);
	assert_int_equal(run_state_attach(s.state, s.psp, is_new, NULL), 0);
	run_state_unlock(s.state);
	return s;
}

static void close_side(struct side *s)
{
	run_state_close(s->state);
	sim_psp_free(s->psp);
}

static uint64_t reported(struct side *s)
{
	struct snp_platform_status now;

	assert_int_equal(sim_psp_platform_status(s->psp, &now), SNP_SUCCESS);
	return now.reported_tcb;
}

static char *in_dir(const char *name)
{
	static char path[128];

	TEXT(path, "%s/%s", dir, name);
	return path;
}

static void what_one_run_changes_the_other_s_next_command_sees(void **state)
{
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN, .seed = "s/1" });
	struct side b = open_side((struct sim_psp_options){ .seed = NULL });
	uint8_t hwid_a[64], hwid_b[64], hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status now;

	sim_psp_hwid(a.psp, hwid_a);
	sim_psp_hwid(b.psp, hwid_b);
	assert_memory_equal(hwid_a, hwid_b, sizeof(hwid_a));
	assert_int_equal(sim_psp_download_firmware(a.psp, NEW_TCB, true), SNP_SUCCESS);
	assert_int_equal(reported(&b), NEW_TCB);
	assert_int_equal(sim_kds_hashstick(b.psp, SIM_CSP_ID, NEW_TCB, hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(b.psp, hashstick), SNP_SUCCESS);
	assert_int_equal(sim_psp_platform_status(a.psp, &now), SNP_SUCCESS);
	assert_true(now.flags & SNP_STATUS_VLEK_EN);
	close_side(&a);
	close_side(&b);
}

static void it_outlives_its_runs(void **state)
{
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN });

	assert_int_equal(sim_psp_download_firmware(a.psp, NEW_TCB, true), SNP_SUCCESS);
	close_side(&a);
	a = open_side((struct sim_psp_options){ .seed = NULL });
	assert_int_equal(reported(&a), NEW_TCB);
	assert_int_equal(sim_psp_committed_tcb(a.psp), NEW_TCB);
	close_side(&a);
}

static void options_that_contradict_it_are_refused(void **state)
{
	static const struct sim_psp_options bad[] = { { .product = SNP_TURIN },
						      { .report_version = 2 },
						      { .seed = "another" } };
	struct side a = open_side((struct sim_psp_options){ .product = SNP_GENOA });

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sim_psp_options options = bad[i];
		struct jurat_error err = { "" };
		bool is_new;

		assert_int_equal(run_state_options(a.state, &options, &is_new, &err), -EINVAL);
		assert_non_null(strstr(err.text, "Genoa"));
	}
	close_side(&a);
}

static void a_change_that_cannot_be_kept_did_not_happen(void **state)
{
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN });
	uint64_t before = reported(&a);

	/* A directory stands where the next state would be written: also root cannot write it. */
	assert_int_equal(mkdir(in_dir("platform.new"), 0700), 0);
	assert_int_equal(sim_psp_download_firmware(a.psp, NEW_TCB, true), SNP_RESOURCE_LIMIT);
	assert_int_equal(reported(&a), before);
	assert_int_equal(sim_psp_committed_tcb(a.psp), before);
	assert_int_equal(rmdir(in_dir("platform.new")), 0);
	assert_int_equal(sim_psp_download_firmware(a.psp, NEW_TCB, true), SNP_SUCCESS);
	close_side(&a);
}

static void commands_fail_while_the_state_is_gone(void **state)
{
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN });
	struct snp_platform_status now;

	assert_int_equal(unlink(in_dir("platform")), 0);
	assert_int_equal(sim_psp_platform_status(a.psp, &now), SNP_RESOURCE_LIMIT);
	assert_int_equal(sim_psp_commit(a.psp), SNP_RESOURCE_LIMIT);
	close_side(&a);
}

static void a_file_that_was_cut_or_damaged_is_refused(void **state)
{
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN });
	struct sim_psp_options options = { .seed = NULL };
	uint8_t good[FILE_BYTES + 1] = { 0 };
	bool is_new;
	int fd;

	fd = open(in_dir("platform"), O_RDWR);
	assert_int_equal(read(fd, good, sizeof(good)), FILE_BYTES);
	for (size_t n = 0; n <= FILE_BYTES + 1; n++) {
		if (n == FILE_BYTES)
			continue;
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, good, n, 0), n);
		assert_true(run_state_options(a.state, &options, &is_new, NULL) < 0);
	}
	for (size_t i = SEED_BYTES; i < FILE_BYTES; i++) {
		good[i] ^= 1;
		assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
		assert_int_equal(pwrite(fd, good, FILE_BYTES, 0), FILE_BYTES);
		assert_int_equal(run_state_options(a.state, &options, &is_new, NULL), -EBADMSG);
		good[i] ^= 1;
	}
	close(fd);
	close_side(&a);
}

static void a_seed_that_does_not_fit_is_refused(void **state)
{
	char seed[SEED_BYTES + 1];
	struct sim_psp_options options = { .seed = seed };
	struct run_state *s;
	bool is_new;

	memset(seed, 'x', sizeof(seed));
	seed[SEED_BYTES] = '\0';
	assert_int_equal(run_state_open(dir, &s, NULL), 0);
	assert_int_equal(run_state_options(s, &options, &is_new, NULL), -EINVAL);
	seed[SEED_BYTES - 1] = '\0';
	assert_int_equal(run_state_options(s, &options, &is_new, NULL), 0);
	assert_true(is_new);
	run_state_close(s);
}

static void whoever_puts_links_or_pipes_there_gains_nothing(void **state)
{
	struct sim_psp_options options = { .seed = NULL };
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN });
	char outside[96];
	struct run_state *s;
	struct stat st;
	bool is_new;

	TEXT(outside, "%s-outside", dir);
	close(open(outside, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(symlink(outside, in_dir("platform.new")), 0);
	assert_int_equal(sim_psp_download_firmware(a.psp, NEW_TCB, true), SNP_SUCCESS);
	assert_int_equal(stat(outside, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(lstat(in_dir("platform"), &st), 0);
	assert_true(S_ISREG(st.st_mode));

	assert_int_equal(unlink(in_dir("platform")), 0);
	assert_int_equal(symlink(outside, in_dir("platform")), 0);
	assert_int_equal(run_state_options(a.state, &options, &is_new, NULL), -ELOOP);
	assert_int_equal(unlink(in_dir("platform")), 0);
	assert_int_equal(mkfifo(in_dir("platform"), 0600), 0); /* nobody writes to it: no read may wait */
	assert_int_equal(run_state_options(a.state, &options, &is_new, NULL), -EBADMSG);
	close_side(&a);

	assert_int_equal(unlink(in_dir("lock")), 0);
	assert_int_equal(symlink(outside, in_dir("lock")), 0);
	assert_int_equal(run_state_open(dir, &s, NULL), -ELOOP);
	unlink(outside);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	struct jurat_error err = { "" };
	struct run_state *s;

	for (mode_t others = 0020; others > 0; others = others == 0020 ? 0002 : 0) {
		assert_int_equal(chmod(dir, 0700 | others), 0);
		assert_int_equal(run_state_open(dir, &s, &err), -EACCES);
		assert_non_null(strstr(err.text, "chmod"));
	}
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(run_state_open(dir, &s, &err), 0);
	run_state_close(s);
	if (geteuid() != 0)
		SKIP_BECAUSE("only root can give a directory away");
	assert_int_equal(chown(dir, 65534, 65534), 0);
	assert_int_equal(run_state_open(dir, &s, &err), -EACCES);
	assert_non_null(strstr(err.text, "another user"));
}

/* File systems give an inode to the next file and count time in steps. */
static void a_change_is_seen_whatever_inode_and_time_say(void **state)
{
	struct side a = open_side((struct sim_psp_options){ .product = SNP_MILAN });
	uint64_t before = reported(&a);
	uint8_t old[FILE_BYTES];
	struct stat st;
	int fd = open(in_dir("platform"), O_RDONLY);

	assert_int_equal(read(fd, old, sizeof(old)), FILE_BYTES);
	close(fd);
	assert_int_equal(sim_psp_download_firmware(a.psp, NEW_TCB, true), SNP_SUCCESS);
	fd = open(in_dir("platform"), O_WRONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, old, sizeof(old), 0), FILE_BYTES);
	assert_int_equal(futimens(fd, (struct timespec[]){ st.st_atim, st.st_mtim }), 0);
	close(fd);
	assert_int_equal(reported(&a), before);
	close_side(&a);
}

static void a_signal_ends_the_wait_for_the_lock(void **state)
{
	struct run_state *a, *b;
	sigset_t blocked, was;
	siginfo_t info;

	assert_int_equal(run_state_open(dir, &a, NULL), 0);
	assert_int_equal(run_state_open(dir, &b, NULL), 0);
	assert_int_equal(run_state_lock(a, NULL), 0);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &was);
	raise(SIGTERM);
	assert_int_equal(run_state_lock(b, NULL), -EINTR);
	assert_int_equal(sigwaitinfo(&blocked, &info), SIGTERM);
	sigprocmask(SIG_SETMASK, &was, NULL);
	run_state_unlock(a);
	assert_int_equal(run_state_lock(b, NULL), 0);
	run_state_close(a);
	run_state_close(b);
}

static void a_place_that_is_no_directory_is_told(void **state)
{
	struct jurat_error err = { "" };
	struct run_state *s;

	assert_int_equal(run_state_open("/dev/null", &s, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "/dev/null"));
	assert_int_equal(run_state_open("/nonexistent/dir", &s, &err), -ENOENT);
}

static int set_up(void **state)
{
	strcpy(dir, "/tmp/jurat-test-state-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	unlink(in_dir("platform"));
	unlink(in_dir("platform.new"));
	unlink(in_dir("lock"));
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_one_run_changes_the_other_s_next_command_sees, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(it_outlives_its_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(options_that_contradict_it_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_change_that_cannot_be_kept_did_not_happen, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(commands_fail_while_the_state_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_was_cut_or_damaged_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_seed_that_does_not_fit_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_puts_links_or_pipes_there_gains_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_others_can_write_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_change_is_seen_whatever_inode_and_time_say, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_signal_ends_the_wait_for_the_lock, set_up, tear_down),
		cmocka_unit_test(a_place_that_is_no_directory_is_told),
	};

	return cmocka_run_group_tests_name("run/state", tests, NULL, NULL);
}
