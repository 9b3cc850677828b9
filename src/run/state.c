/* SPDX-License-Identifier: MIT */
#include "run/state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"

/* The file: the seed, padded with zeros, then the firmware's state. */
enum { SEED_BYTES = 256, FILE_BYTES = SEED_BYTES + SIM_PSP_STATE_BYTES };
enum { LOOK_UP_NS = 50000000 }; /* between checks for signals during a wait */

struct run_state {
	char *platform, *next, *certs;
	int lock;
	char seed[SEED_BYTES];
	struct sim_psp *psp;
	bool is_known; /* `known`, read or written last, is the state of `psp` */
	uint8_t known[FILE_BYTES];
};

static int make_paths(struct run_state *s, const char *dir)
{
	if (asprintf(&s->platform, "%s/platform", dir) < 0)
		s->platform = NULL;
	if (asprintf(&s->next, "%s/platform.new", dir) < 0)
		s->next = NULL;
	if (asprintf(&s->certs, "%s/certs.blob", dir) < 0)
		s->certs = NULL;
	return s->platform && s->next && s->certs ? 0 : -ENOMEM;
}

/* Other users with write access could substitute the platform or hide changes. */
static int check_directory(const char *dir, struct jurat_error *err)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return jurat_fail(err, -errno, "cannot stat '%s': %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return jurat_fail(err, -ENOTDIR, "'%s' is not a directory", dir);
	if (st.st_uid != geteuid())
		return jurat_fail(err, -EACCES, "'%s' belongs to another user", dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return jurat_fail(err, -EACCES, "other users may write to '%s' (chmod go-w)", dir);
	return 0;
}

int run_state_open(const char *dir, struct run_state **ret, struct jurat_error *err)
{
	struct run_state *s = calloc(1, sizeof(*s));
	auto_free char *lock = NULL;
	int r;

	if (!s || asprintf(&lock, "%s/lock", dir) < 0) {
		lock = NULL;
		free(s);
		return jurat_fail_memory(err);
	}
	s->lock = -1;
	if (make_paths(s, dir) < 0) {
		run_state_close(s);
		return jurat_fail_memory(err);
	}
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		run_state_close(s);
		return jurat_fail(err, -errno, "cannot make '%s': %s", dir, strerror(errno));
	}
	r = check_directory(dir, err);
	if (r == 0) {
		s->lock = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (s->lock < 0)
			r = jurat_fail(err, -errno, "cannot open '%s': %s", lock, strerror(errno));
	}
	if (r < 0) {
		run_state_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void run_state_close(struct run_state *s)
{
	if (!s)
		return;
	if (s->psp)
		sim_psp_set_share(s->psp, NULL);
	if (s->lock >= 0)
		close(s->lock);
	free(s->platform);
	free(s->next);
	free(s->certs);
	free(s);
}

const char *run_state_certs_path(const struct run_state *s)
{
	return s->certs;
}

/* Signals are blocked in a run, but must still interrupt the wait for a lock. */
static bool is_interrupted(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action;
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (sigismember(&pending, ends[i]) && sigaction(ends[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			return true;
	return false;
}

int run_state_lock(struct run_state *s, struct jurat_error *err)
{
	int r;

	do
		r = base_lock(base_env_real(), s->lock, BASE_LOCK_EXCLUSIVE, LOOK_UP_NS);
	while (r == JURAT_BUSY && !is_interrupted());
	if (r == 0)
		return 0;
	return jurat_fail(err, r < 0 ? r : -EINTR, "cannot lock the platform's directory");
}

void run_state_unlock(struct run_state *s)
{
	(void)!base_unlock(base_env_real(), s->lock);
}

/* The file is replaced, never changed, so a descriptor always reads one complete state. */
static int read_platform(const struct run_state *s, uint8_t ret[FILE_BYTES], struct jurat_error *err)
{
	struct base_env *env = base_env_real();
	uint8_t bytes[FILE_BYTES + 1];
	struct base_stat st;
	ssize_t n;
	int r, fd = base_open(env, s->platform, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);

	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", s->platform, strerror(-fd));
	r = base_fstat(env, fd, &st);
	n = r == 0 && S_ISREG(st.mode) ? base_pread(env, fd, bytes, sizeof(bytes), 0) : 0;
	base_close(env, fd);
	if (r < 0 || n < 0)
		return jurat_fail(err, r < 0 ? r : (int)n, "cannot read '%s'", s->platform);
	if (n != FILE_BYTES)
		return jurat_fail(err, -EBADMSG, "'%s' is not the state of a platform, or is truncated",
				  s->platform);
	memcpy(ret, bytes, FILE_BYTES);
	return 0;
}

int run_state_options(struct run_state *s, struct sim_psp_options *o, bool *ret_new, struct jurat_error *err)
{
	enum snp_product product;
	uint8_t file[FILE_BYTES];
	uint32_t version;
	int r = read_platform(s, file, err);

	if (o->seed && strlen(o->seed) >= SEED_BYTES)
		return jurat_fail(err, -EINVAL, "a seed has at most %d characters", SEED_BYTES - 1);
	*ret_new = r == -ENOENT;
	if (r == -ENOENT) {
		snprintf(s->seed, sizeof(s->seed), "%s", o->seed ? o->seed : SIM_PKI_DEFAULT_SEED);
		o->seed = s->seed;
		return 0;
	}
	if (r == 0)
		r = sim_psp_state_platform(file + SEED_BYTES, SIM_PSP_STATE_BYTES, &product, &version, err);
	if (r < 0)
		return r;
	memcpy(s->seed, file, SEED_BYTES);
	s->seed[SEED_BYTES - 1] = '\0';
	if ((o->product != SNP_PRODUCT_UNKNOWN && o->product != product) ||
	    (o->report_version != 0 && o->report_version != version) ||
	    (o->seed && strcmp(o->seed, s->seed) != 0))
		return jurat_fail(err, -EINVAL, "'%s' belongs to a %s with seed '%s' and report version %u",
				  s->platform, snp_product_name(product), s->seed, version);
	*o = (struct sim_psp_options){ .product = product, .report_version = version, .seed = s->seed };
	return 0;
}

/* Before a command: loads the changes of other processes. */
static int refresh(void *ctx)
{
	struct run_state *s = ctx;
	uint8_t file[FILE_BYTES];
	int r = read_platform(s, file, NULL);

	if (r < 0 || (s->is_known && memcmp(file, s->known, FILE_BYTES) == 0))
		return r;
	r = sim_psp_load(s->psp, file + SEED_BYTES, SIM_PSP_STATE_BYTES, NULL);
	s->is_known = r == 0;
	memcpy(s->known, file, FILE_BYTES);
	return r;
}

/* After a command that changed the state. The caller holds the lock. */
static int save(void *ctx)
{
	struct run_state *s = ctx;
	struct base_env *env = base_env_real();
	uint8_t file[FILE_BYTES];
	int fd, r = 0;

	s->is_known = false; /* if this fails, the next refresh undoes the change */
	memcpy(file, s->seed, SEED_BYTES);
	sim_psp_save(s->psp, file + SEED_BYTES);
	(void)!base_unlink(env, s->next); /* left by a crash */
	fd = base_open(env, s->next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	if (base_pwrite(env, fd, file, sizeof(file), 0) != (ssize_t)sizeof(file))
		r = -EIO;
	if (r == 0)
		r = base_fsync(env, fd);
	base_close(env, fd);
	if (r == 0)
		r = base_rename(env, s->next, s->platform);
	if (r < 0)
		return r;
	memcpy(s->known, file, FILE_BYTES);
	s->is_known = true;
	return 0;
}

int run_state_attach(struct run_state *s, struct sim_psp *psp, bool is_new, struct jurat_error *err)
{
	struct sim_psp_share share = { .refresh = refresh, .changed = save, .ctx = s };
	int r;

	s->psp = psp;
	r = is_new ? save(s) : refresh(s);
	if (r < 0)
		return jurat_fail(err, r, "cannot %s '%s': %s", is_new ? "write" : "take", s->platform,
				  strerror(-r));
	sim_psp_set_share(psp, &share);
	return 0;
}
