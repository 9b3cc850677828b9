/* SPDX-License-Identifier: MIT */
/*
 * `jurat doctor` where an environment is needed that no test program can make: files that this user may not
 * open, ioctls of kernels and firmware, clocks. With --provokes: prints the findings that this provokes, for
 * test_doctor.py.
 */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "support/fail_memory.h"
#include "support/scratch.h"
#include "uapi/kvm.h"
#include "uapi/sev.h"
#include "verify/fail_libraries.h"

/* A path that cannot be used, and with which error. */
struct refusal {
	const char *path;
	int r;
};

struct world {
	const char *name, *finding, *side, *tee, *option, *value; /* option: one more; NULL: none */
	const char *files[6];                                     /* empty; "PATH=TEXT" has text */
	struct refusal open, stat, mkdir_in;
	int ioctl_r;
	int connect_r;
	int64_t clock;
	bool unsynced;
	int status;
};

static const struct world worlds[] = {
	{ "fuse", "fuse-permission", "platform", .open = { "/dev/fuse", -EACCES }, .status = CLI_REFUSED },
	{ "guest device", "guest-device-permission", "guest", "sev-snp", .files = { "/dev/sev-guest" },
	  .open = { "/dev/sev-guest", -EACCES }, .status = CLI_REFUSED },
	{ "no provider", "configfs-no-provider", "guest", "sev-snp",
	  .files = { "/dev/sev-guest", "/sys/kernel/config/tsm/report/" },
	  .mkdir_in = { "/sys/kernel/config/tsm/report", -ENXIO }, .ioctl_r = -ENXIO, .status = CLI_REFUSED },
	{ "configfs of root", "configfs-permission", "guest", "sev-snp",
	  .files = { "/dev/sev-guest", "/sys/kernel/config/tsm/report/" },
	  .mkdir_in = { "/sys/kernel/config/tsm/report", -EACCES }, .ioctl_r = -ENXIO,
	  .status = CLI_REFUSED },
	{ "device that fails", "report-failed", "guest", "sev-snp", "via", "ioctl",
	  .files = { "/dev/sev-guest", "/sys/module/sev_guest/" }, .ioctl_r = -ENXIO, .status = CLI_REFUSED },
	{ "inputs that are refused", "report-invalid-param", "guest", "sev-snp", "via", "ioctl",
	  .files = { "/dev/sev-guest", "/sys/module/sev_guest/" }, .ioctl_r = -EINVAL,
	  .status = CLI_REFUSED },
	{ "quote that takes too long", "quote-timeout", "guest", "tdx", "via", "ioctl",
	  .files = { "/dev/tdx_guest", "/sys/module/tdx_guest/" }, .ioctl_r = -ETIMEDOUT,
	  .status = CLI_REFUSED },
	{ "configuration of the quoting service", "guest-qgs-config", "guest", "tdx",
	  .files = { "/dev/tdx_guest", "/sys/module/tdx_guest/", "/etc/tdx-attest.conf=port=what\n" },
	  .ioctl_r = -ENOTTY, .status = CLI_REFUSED },
	{ "/dev/sev of root", "host-device-permission", "host", "sev-snp",
	  .files = { "/dev/kvm", "/sys/module/kvm_amd/parameters/sev_snp=Y\n" },
	  .open = { "/dev/sev", -EACCES }, .status = CLI_ENVIRONMENT },
	{ "SNP that is not initialised", "host-not-initialised", "host", "sev-snp",
	  .files = { "/dev/kvm", "/dev/sev", "/sys/module/kvm_amd/parameters/sev_snp=Y\n" },
	  .status = CLI_REFUSED },
	{ "Linux 6.12", "no-req-certs", "host", "sev-snp",
	  .files = { "/dev/kvm", "/dev/sev", "/sys/module/kvm_amd/parameters/sev_snp=Y\n" },
	  .ioctl_r = -ENXIO, .status = CLI_REFUSED }, /* /dev/sev fails with that, too */
	{ "/dev/kvm of a group", "kvm-permission", "host", "sev-snp",
	  .files = { "/dev/kvm", "/dev/sev", "/sys/module/kvm_amd/parameters/sev_snp=Y\n" },
	  .open = { "/dev/kvm", -EACCES }, .status = CLI_REFUSED },
	{ "quoting service of a group", "qgs-permission", "host", "tdx", "quoting-service", "unix:/run/qgs",
	  .files = { "/dev/kvm", "/dev/sgx_enclave", "/dev/sgx_provision",
		     "/sys/module/kvm_intel/parameters/tdx=Y\n" },
	  .connect_r = -EACCES, .status = CLI_ENVIRONMENT },
	{ "directory of the quoting service", "qgs-permission", "host", "tdx",
	  .files = { "/dev/kvm", "/dev/sgx_enclave", "/dev/sgx_provision",
		     "/sys/module/kvm_intel/parameters/tdx=Y\n" },
	  .stat = { "/run/tdx-qgs/qgs.socket", -EACCES }, .connect_r = -EACCES, .status = CLI_ENVIRONMENT },
	{ "blob of root", "blob-unreadable", "host", "sev-snp", "blob", "/served/certs",
	  .files = { "/dev/kvm", "/dev/sev", "/sys/module/kvm_amd/parameters/sev_snp=Y\n",
		     "/served/certs=x" },
	  .ioctl_r = -EIO, .status = CLI_ENVIRONMENT },
	{ "blob of a group", "blob-permission", "host", "sev-snp", "blob", "/served/certs",
	  .files = { "/dev/kvm", "/dev/sev", "/sys/module/kvm_amd/parameters/sev_snp=Y\n",
		     "/served/certs=x" },
	  .open = { "/served/certs", -EACCES }, .ioctl_r = -EIO, .status = CLI_ENVIRONMENT },
	{ "no vsock loopback", "qgs-no-vsock", "host", "tdx",
	  .files = { "/dev/kvm", "/dev/sgx_enclave", "/dev/sgx_provision",
		     "/sys/module/kvm_intel/parameters/tdx=Y\n", "/etc/qgs.conf=port = 4050\n" },
	  .connect_r = -ENODEV, .status = CLI_ENVIRONMENT },
	{ "clock of 1970", "clock-wrong", "verifier", .clock = 3600, .status = CLI_REFUSED },
	{ "clock that nobody sets", "clock-unsynced", "verifier", .clock = 1800000000, .unsynced = true,
	  .status = CLI_OK },
};

static char scratch[SCRATCH_BYTES];
static struct {
	struct base_env base;
	const struct world *world;
	char root[PATH_MAX];
} env;

int __wrap_adjtimex(struct timex *clock); /* NOLINT(bugprone-reserved-identifier): of the linker */
int __wrap_adjtimex(struct timex *clock)
{
	assert_int_equal(clock->modes, 0); /* only asked */
	clock->status = env.world->unsynced ? STA_UNSYNC : 0;
	return env.world->unsynced ? TIME_ERROR : TIME_OK;
}

static const char *below(const char *path, char to[PATH_MAX])
{
	int n = snprintf(to, PATH_MAX, "%s%s", env.root, path);

	assert_true(n > 0 && n < PATH_MAX);
	return to;
}

static int fake_open(struct base_env *base, const char *path, int flags, unsigned mode)
{
	char at[PATH_MAX];

	assert_int_equal(flags & (O_CREAT | O_TRUNC), 0);
	if (env.world->open.path && !strcmp(path, env.world->open.path))
		return env.world->open.r;
	return base_open(base_env_real(), below(path, at), flags, mode);
}

static int fake_stat(struct base_env *base, const char *path, struct base_stat *ret)
{
	char at[PATH_MAX];
	int r;

	if (env.world->stat.path && !strcmp(path, env.world->stat.path))
		return env.world->stat.r;
	r = base_stat(base_env_real(), below(path, at), ret);
	if (r == 0 && !strncmp(path, "/dev/", 5))
		ret->mode = S_IFCHR | 0600;
	if (r == 0 && !strncmp(path, "/served", 7)) /* as root makes it */
		ret->uid = ret->gid = 0;
	return r;
}

static int fake_mkdir(struct base_env *base, const char *path, unsigned mode)
{
	const char *in = env.world->mkdir_in.path;

	return in && !strncmp(path, in, strlen(in)) ? env.world->mkdir_in.r : -ENOENT;
}

/* 0: every command succeeds, and changes nothing: SNP_PLATFORM_STATUS has state 0 then. */
static int fake_ioctl(struct base_env *base, int fd, unsigned long request, void *arg)
{
	assert_true(request == UAPI_SEV_ISSUE_CMD || request == UAPI_KVM_HAS_DEVICE_ATTR ||
		    env.world->ioctl_r != 0);
	return env.world->ioctl_r;
}

static int fake_connect(struct base_env *base, const char *address)
{
	return env.world->connect_r != 0 ? env.world->connect_r : -ENOENT;
}

static int64_t fake_realtime(struct base_env *base)
{
	return env.world->clock != 0 ? env.world->clock : base_realtime_s(base_env_real());
}

static void fake_sleep(struct base_env *base, uint64_t ns)
{
}

static void make_file(const char *row)
{
	char path[PATH_MAX], at[PATH_MAX];
	const char *text = strchr(row, '=');
	auto_close int fd = -1;
	size_t n;

	TEXT(path, "%.*s", text ? (int)(text - row) : (int)strlen(row), row);
	below(path, at);
	n = strlen(at);
	for (char *p = at + strlen(env.root) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			assert_true(mkdir(at, 0700) == 0 || errno == EEXIST);
			*p = '/';
		}
	if (at[n - 1] == '/')
		return;
	fd = open(at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (text)
		assert_int_equal(write(fd, text + 1, strlen(text + 1)), strlen(text + 1));
}

static void set(struct cli *cli, const char *name, const char *value)
{
	for (size_t i = 0; i < cli->verb->n_options; i++)
		if (!strcmp(cli->verb->options[i].name, name)) {
			cli->values[cli->n_values].option = &cli->verb->options[i];
			cli->values[cli->n_values++].value = value;
			return;
		}
	FAIL_BECAUSE("no option %s", name);
}

/* The output of one run. The caller frees *ret. */
static int run(const struct world *w, char **ret)
{
	char side[16], *args[] = { side };
	struct cli cli = { .name = "jurat", .verb = cli_find_verb("doctor"), .args = args, .n_args = 1 };
	int out = dup(1), file = memfd_create("out", MFD_CLOEXEC), status;
	off_t n;

	TEXT(side, "%s", w->side);
	set(&cli, "output", "json");
	if (w->tee)
		set(&cli, "tee", w->tee);
	if (w->option)
		set(&cli, w->option, w->value);
	fflush(stdout);
	assert_true(out >= 0 && dup2(file, 1) == 1);
	status = doctor_run(&cli, &env.base);
	fflush(stdout);
	assert_int_equal(dup2(out, 1), 1);
	close(out);
	n = lseek(file, 0, SEEK_END);
	*ret = NEVER_FAILS(calloc(1, (size_t)n + 1));
	assert_non_null(*ret);
	assert_int_equal(pread(file, *ret, (size_t)n, 0), n);
	close(file);
	return status;
}

static void enter(const struct world *w)
{
	static struct base_env_ops ops;
	static unsigned number;

	ops = *base_env_real()->ops;
	ops.open = fake_open;
	ops.stat = fake_stat;
	ops.mkdir = fake_mkdir;
	ops.ioctl = fake_ioctl;
	ops.connect = fake_connect;
	ops.realtime_s = fake_realtime;
	ops.sleep_ns = fake_sleep;
	env.base.ops = &ops;
	env.world = w;
	TEXT(env.root, "%s/%u", scratch_path(scratch), number++);
	assert_int_equal(mkdir(env.root, 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(w->files) && w->files[i]; i++)
		make_file(w->files[i]);
}

static bool has(const char *text, const char *id)
{
	json_t *json = json_loads(text, 0, NULL), *row;
	bool found = false;
	size_t i;

	assert_non_null(json);
	json_array_foreach(json_object_get(json, "findings"), i, row) found |=
		!strcmp(json_string_value(json_object_get(row, "id")), id);
	json_decref(json);
	return found;
}

static void each_world_has_its_finding(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		auto_free char *text = NULL;
		int status;

		enter(&worlds[i]);
		status = run(&worlds[i], &text);
		if (!has(text, worlds[i].finding) || status != worlds[i].status)
			FAIL_BECAUSE("%s: status %d, %s", worlds[i].name, status, text);
	}
}

/*
 * Out of memory: exit status 4 and no half of a result, or a result. (jansson's json_dumps() does not always
 * report that a key could not be written, so the result is not read here.)
 */
static int attempt(void *ctx)
{
	const struct world *w = &worlds[*(size_t *)ctx];
	char *text = NULL;
	int status;

	fail_memory_resume();
	status = run(w, &text);
	fail_memory_pause();
	if (status != w->status && status != CLI_INTERNAL)
		FAIL_BECAUSE("%s: status %d", w->name, status);
	assert_true(status != CLI_INTERNAL || !text[0]);
	free(text);
	return status == CLI_INTERNAL ? -ENOMEM : 0;
}

static void every_allocation_may_fail(void **state)
{
	int error = dup(2), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_true(error >= 0 && null >= 0 && dup2(null, 2) == 2);
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		enter(&worlds[i]);
		(void)fail_memory_each(attempt, &i);
	}
	assert_int_equal(dup2(error, 2), 2);
	close(error);
	close(null);
}

static void ids_are_unique_and_texts_are_sentences_without_a_full_stop(void **state)
{
	for (unsigned i = 0; i < DOCTOR_N_FINDINGS; i++) {
		const struct doctor_finding_row *row = &doctor_findings[i];

		assert_non_null(row->id);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(row->id, doctor_findings[k].id);
		assert_true(row->text[strlen(row->text) - 1] != '.');
		assert_true(row->remedy[strlen(row->remedy) - 1] != '.');
	}
	for (size_t i = 1; doctor_code_at(i); i++)
		assert_true(doctor_code_at(i)->code > doctor_code_at(i - 1)->code);
}

/* As a directory of collateral may have: what is found last decides, too. */
static void many_warnings_hide_nothing(void **state)
{
	struct doctor d = { .root = NULL };

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		doctor_find(&d, DOCTOR_COLLATERAL_SOON, "%u", i);
	assert_false(doctor_is_broken(&d, DOCTOR_HOP_VERIFIER_COLLATERAL));
	doctor_find(&d, DOCTOR_COLLATERAL_EXPIRED, "last");
	assert_true(doctor_is_broken(&d, DOCTOR_HOP_VERIFIER_COLLATERAL));
	assert_int_equal(d.n_found, 1001);
	for (size_t i = 0; i < d.n_found; i++)
		free(d.found[i].detail);
	free(d.found);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_world_has_its_finding),
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(many_warnings_hide_nothing),
		cmocka_unit_test(ids_are_unique_and_texts_are_sentences_without_a_full_stop),
	};
	int status;

	if (argc > 1 && !strcmp(argv[1], "--provokes")) {
		for (size_t i = 0; i < ARRAY_SIZE(worlds); i++)
			puts(worlds[i].finding);
		return 0;
	}
	assert_true(fail_libraries_begin());
	scratch_make(scratch);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_remove(scratch);
	return status;
}
