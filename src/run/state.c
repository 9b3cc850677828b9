/* SPDX-License-Identifier: MIT */
#include "run/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"

/* The file: the seed, padded with zeros, then the firmware's state. */
enum { SEED_BYTES = 256, FILE_BYTES = SEED_BYTES + SIM_PSP_STATE_BYTES };

struct run_state {
	char *platform, *next, *certs;
	int lock;
	char seed[SEED_BYTES];
	struct sim_psp *psp;
	struct base_stat seen; /* the file that was loaded or written last */
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

int run_state_open(const char *dir, struct run_state **ret, struct jurat_error *err)
{
	struct run_state *s = calloc(1, sizeof(*s));
	auto_free char *lock = NULL;

	if (!s || asprintf(&lock, "%s/lock", dir) < 0) {
		lock = NULL;
		free(s);
		return jurat_fail(err, -ENOMEM, "out of memory");
	}
	s->lock = -1;
	if (make_paths(s, dir) < 0) {
		run_state_close(s);
		return jurat_fail(err, -ENOMEM, "out of memory");
	}
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		run_state_close(s);
		return jurat_fail(err, -errno, "cannot make '%s': %s", dir, strerror(errno));
	}
	s->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0) {
		int r = -errno;

		run_state_close(s);
		return jurat_fail(err, r, "cannot open '%s': %s", lock, strerror(-r));
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

int run_state_lock(struct run_state *s, struct jurat_error *err)
{
	int r = base_lock(base_env_real(), s->lock, BASE_LOCK_EXCLUSIVE, UINT64_MAX);

	if (r == 0)
		return 0;
	return jurat_fail(err, r < 0 ? r : -EBUSY, "cannot lock the platform's directory");
}

void run_state_unlock(struct run_state *s)
{
	(void)!base_unlock(base_env_real(), s->lock);
}

static int read_platform(struct run_state *s, uint8_t **ret, struct jurat_error *err)
{
	auto_free uint8_t *file = NULL;
	size_t n;
	int r = base_read_file(base_env_real(), s->platform, FILE_BYTES, &file, &n, err);

	if (r < 0)
		return r;
	if (n != FILE_BYTES)
		return jurat_fail(err, -EBADMSG, "'%s' is not a platform's state, or was cut", s->platform);
	*ret = take_ptr(file);
	return 0;
}

int run_state_options(struct run_state *s, struct sim_psp_options *o, bool *ret_new, struct jurat_error *err)
{
	enum snp_product product;
	auto_free uint8_t *file = NULL;
	uint32_t version;
	int r = read_platform(s, &file, err);

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
		return jurat_fail(err, -EINVAL, "'%s' is of a %s of seed '%s' with reports of version %u",
				  s->platform, snp_product_name(product), s->seed, version);
	*o = (struct sim_psp_options){ .product = product, .report_version = version, .seed = s->seed };
	return 0;
}

static bool same_file(const struct base_stat *a, const struct base_stat *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->mtime_ns == b->mtime_ns && a->size == b->size;
}

/*
 * Before a command: what others changed. The file is only ever replaced, so a name stands for one whole
 * state.
 */
static int refresh(void *ctx)
{
	struct run_state *s = ctx;
	auto_free uint8_t *file = NULL;
	struct base_stat now;
	int r = base_stat(base_env_real(), s->platform, &now);

	if (r < 0 || same_file(&now, &s->seen))
		return r;
	r = read_platform(s, &file, NULL);
	if (r == 0)
		r = sim_psp_load(s->psp, file + SEED_BYTES, SIM_PSP_STATE_BYTES, NULL);
	if (r == 0) /* should it be replaced between the two: the next refresh takes it */
		s->seen = now;
	return r;
}

/* After a command that changed something. Its caller has the lock. */
static int save(void *ctx)
{
	struct run_state *s = ctx;
	struct base_env *env = base_env_real();
	uint8_t file[FILE_BYTES];
	int fd, r = 0;

	s->seen = (struct base_stat){
		.ino = 0
	}; /* when this fails, the change is undone by the next refresh */
	memcpy(file, s->seed, SEED_BYTES);
	sim_psp_save(s->psp, file + SEED_BYTES);
	fd = base_open(env, s->next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return fd;
	if (base_pwrite(env, fd, file, sizeof(file), 0) != (ssize_t)sizeof(file))
		r = -EIO;
	if (r == 0)
		r = base_fsync(env, fd);
	base_close(env, fd);
	if (r == 0)
		r = base_rename(env, s->next, s->platform);
	if (r == 0)
		r = base_stat(env, s->platform, &s->seen);
	return r;
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
