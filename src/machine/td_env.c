/* SPDX-License-Identifier: MIT */
#include "machine/internal.h"
#include "machine/td_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * The environment of a program inside the TD: /dev/tdx_guest, configfs-tsm and the measurement files, over
 * the machine's state machines; reads that wait for a quote step the machine until it is complete.
 */
#define DEVICE       "/dev/tdx_guest"
#define TSM          "/sys/kernel/config/tsm/report"
#define MEASUREMENTS "/sys/class/misc/tdx_guest/measurements"

enum { DEVICE_FD = 1 << 20, FIRST_FILE_FD }; /* no descriptors of this process */

static struct machine_td *machine_of(struct base_env *env)
{
	return ((struct td_env *)env)->machine;
}

static struct td_env_file *file_of(struct base_env *env, int fd)
{
	struct td_env *e = (struct td_env *)env;

	if (fd < FIRST_FILE_FD || fd >= FIRST_FILE_FD + TD_ENV_FILES || !e->files[fd - FIRST_FILE_FD].open)
		return NULL;
	return &e->files[fd - FIRST_FILE_FD];
}

/* The part of a path after "PREFIX/"; NULL when it has another prefix. */
static const char *below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(path, prefix, n) && path[n] == '/' && path[n + 1] ? path + n + 1 : NULL;
}

static uint64_t t_now_ns(struct base_env *env)
{
	return machine_of(env)->now_ns;
}

static int64_t t_realtime_s(struct base_env *env)
{
	return base_realtime_s(base_env_real()) + (int64_t)(machine_of(env)->now_ns / 1000000000u);
}

static void t_sleep_ns(struct base_env *env, uint64_t ns)
{
	trace_advance(machine_of(env)->trace, ns);
	machine_of(env)->now_ns += ns;
}

static int t_random(struct base_env *env, void *buf, size_t n)
{
	return base_random(base_env_real(), buf, n);
}

/* "ENTRY" or "ENTRY/ATTRIBUTE" of configfs-tsm. */
struct place {
	char entry[256];
	const char *attribute; /* NULL: the directory */
	uint64_t id;
};

static int find_place(struct machine_td *m, const char *path, struct place *ret)
{
	const char *rest = below(path, TSM), *slash = rest ? strchr(rest, '/') : NULL;
	size_t n = rest ? (slash ? (size_t)(slash - rest) : strlen(rest)) : 0;

	if (!rest || n >= sizeof(ret->entry) || (slash && strchr(slash + 1, '/')))
		return -ENOENT;
	memcpy(ret->entry, rest, n);
	ret->entry[n] = '\0';
	ret->attribute = slash ? slash + 1 : NULL;
	ret->id = sim_tsm_find(m->tsm, ret->entry);
	return 0;
}

static int open_attribute(struct machine_td *m, const char *path, int flags, struct sim_tsm_file **ret,
			  const char **ret_name)
{
	struct place place;
	int attr, r = find_place(m, path, &place);

	if (r < 0 || !place.id || !place.attribute)
		return r < 0 ? r : place.attribute ? -ENOENT : -EISDIR;
	attr = sim_tsm_lookup(m->tsm, place.id, place.attribute);
	if (attr < 0)
		return attr;
	*ret_name = sim_tsm_attr_info((enum sim_tsm_attr)attr)->name;
	return sim_tsm_open(m->tsm, place.id, (enum sim_tsm_attr)attr, flags, ret);
}

static const char *find_measurement(const char *path)
{
	const char *wanted = below(path, MEASUREMENTS), *name;
	bool writable;

	for (unsigned i = 0; wanted && (name = sim_tdx_guest_mr_name(i, &writable)); i++)
		if (!strcmp(name, wanted))
			return name;
	return NULL;
}

static int t_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct td_env *e = (struct td_env *)env;
	const char *measurement = find_measurement(path);
	struct sim_tsm_file *file = NULL;
	const char *name = NULL;
	int i, r;

	if (!strcmp(path, DEVICE))
		return DEVICE_FD;
	for (i = 0; i < TD_ENV_FILES && e->files[i].open; i++)
		;
	if (i == TD_ENV_FILES)
		return -EMFILE;
	if (!measurement) {
		r = open_attribute(machine_of(env), path, flags, &file, &name);
		if (r < 0)
			return r;
	}
	e->files[i] =
		(struct td_env_file){ .tsm = file, .name = name, .measurement = measurement, .open = true };
	return FIRST_FILE_FD + i;
}

static int t_close(struct base_env *env, int fd)
{
	struct td_env_file *f = file_of(env, fd);
	int r;

	if (!f)
		return fd == DEVICE_FD ? 0 : -EBADF;
	trace_reads_end(machine_of(env)->trace, &f->reads);
	if (f->tsm) {
		r = sim_tsm_close(f->tsm);
		if (r < 0)
			trace_say(machine_of(env)->trace, "configfs-tsm", "configfs-tsm",
				  "close does not store the blob: %s", strerror(-r));
	}
	*f = (struct td_env_file){ 0 };
	return 0;
}

struct pending_read {
	struct sim_tsm_read read;
	void *buf;
	bool done;
	int result;
	size_t size;
};

static void read_done(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct pending_read *p = read->ctx;

	p->done = true;
	p->result = result;
	p->size = size;
	if (result == 0 && size > 0)
		memcpy(p->buf, data, size);
}

static ssize_t read_file(struct base_env *env, int fd, void *buf, size_t n)
{
	struct machine_td *m = machine_of(env);
	struct td_env_file *f = file_of(env, fd);
	struct pending_read p = { .read = { .done = read_done }, .buf = buf };
	uint8_t value[TDX_MR_BYTES];

	if (!f)
		return -EBADF;
	if (f->measurement) {
		p.result = sim_tdx_guest_mr_read(m->driver, f->measurement, value);
		if (p.result < 0 || f->off >= sizeof(value))
			return p.result;
		n = n < sizeof(value) - f->off ? n : sizeof(value) - (size_t)f->off;
		memcpy(buf, value + f->off, n);
		f->off += n;
		return (ssize_t)n;
	}
	p.read.ctx = &p;
	sim_tsm_read(f->tsm, f->off, n, &p.read);
	while (!p.done && machine_td_runnable(m))
		machine_td_step(m);
	if (!p.done || p.result < 0)
		return p.done ? p.result : -EIO;
	f->off += p.size;
	return (ssize_t)p.size;
}

static ssize_t write_file(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct td_env_file *f = file_of(env, fd);
	ssize_t r;

	if (!f)
		return -EBADF;
	if (f->measurement) {
		r = sim_tdx_guest_mr_write(machine_of(env)->driver, f->measurement, buf, n);
		return r < 0 ? r : (ssize_t)n;
	}
	r = sim_tsm_write(f->tsm, f->off, buf, n);
	if (r > 0)
		f->off += (uint64_t)r;
	return r;
}

/* A call of the program, for the trace, between the two. */
static uint32_t traced(struct base_env *env, int fd, const char *op, struct trace_place *ret_before)
{
	struct machine_td *m = machine_of(env);
	const struct td_env_file *f = file_of(env, fd);
	uint32_t step;

	if (!m->trace || !f)
		return 0;
	*ret_before = td_trace_program(m);
	step = trace_call(m->trace, "guest program", f->measurement ? "guest driver" : "configfs-tsm",
			  "%s %s", op, f->measurement ? f->measurement : f->name);
	(void)trace_go(m->trace, trace_in(m->trace, step));
	return step;
}

static ssize_t traced_end(struct base_env *env, uint32_t step, struct trace_place before, ssize_t r)
{
	struct trace *t = machine_of(env)->trace;

	if (!step)
		return r;
	trace_number(t, step, "ret", (uint64_t)(int64_t)r, TRACE_SIGNED);
	if (r < 0)
		trace_end(t, step, "%s", strerror((int)-r));
	else
		trace_end(t, step, "%zd bytes", r);
	(void)trace_go(t, before);
	return r;
}

static ssize_t t_read(struct base_env *env, int fd, void *buf, size_t n)
{
	struct trace *t = machine_of(env)->trace;
	struct trace_place before = trace_here(t);
	struct td_env_file *f = file_of(env, fd);
	const uint64_t off = f ? f->off : 0;
	ssize_t r;

	if (f && trace_reads_go_on(t, &f->reads, off))
		(void)trace_go(t, trace_in(t, f->reads.step));
	else if (f)
		f->reads.step = traced(env, fd, "reads", &before);
	r = read_file(env, fd, buf, n);
	if (f)
		trace_reads_returned(t, &f->reads, off, r);
	(void)trace_go(t, before);
	return r;
}

static ssize_t t_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct trace_place before = TRACE_NOWHERE;
	uint32_t step = traced(env, fd, "writes", &before);

	return traced_end(env, step, before, write_file(env, fd, buf, n));
}

static int t_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	if (fd != DEVICE_FD && !file_of(env, fd))
		return -EBADF;
	*ret = (struct base_stat){ .mode = fd == DEVICE_FD ? S_IFCHR | 0600 : S_IFREG | 0600 };
	return 0;
}

static int t_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	struct machine_td *m = machine_of(env);
	struct place place;

	if (!strcmp(path, DEVICE))
		*ret = (struct base_stat){ .mode = S_IFCHR | 0600 };
	else if (!strcmp(path, TSM) || !strcmp(path, MEASUREMENTS))
		*ret = (struct base_stat){ .mode = S_IFDIR | 0755 };
	else if (find_measurement(path))
		*ret = (struct base_stat){ .mode = S_IFREG | 0600, .size = TDX_MR_BYTES };
	else if (find_place(m, path, &place) == 0 && place.id &&
		 (!place.attribute || sim_tsm_lookup(m->tsm, place.id, place.attribute) >= 0))
		*ret = (struct base_stat){ .mode = place.attribute ? S_IFREG | 0600 : S_IFDIR | 0755 };
	else
		return -ENOENT;
	return 0;
}

static int t_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	struct place place;
	uint64_t id;

	if (find_place(machine_of(env), path, &place) < 0 || place.attribute)
		return -ENOENT;
	return sim_tsm_mkdir(machine_of(env)->tsm, place.entry, &id);
}

static int t_rmdir(struct base_env *env, const char *path)
{
	struct place place;

	if (find_place(machine_of(env), path, &place) < 0 || place.attribute)
		return -ENOENT;
	return sim_tsm_rmdir(machine_of(env)->tsm, place.entry);
}

static int t_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	if (fd != DEVICE_FD)
		return file_of(env, fd) ? -ENOTTY : -EBADF;
	return machine_td_ioctl(machine_of(env), &machine_own_memory, request, (uintptr_t)arg);
}

static int no_connect(struct base_env *env, const char *address)
{
	return -ECONNREFUSED; /* a TD of this machine reaches its quoting service through its VMM alone */
}

void td_env_init(struct machine_td *m)
{
	/* What a guest program calls, and nothing else: see base/env.h. */
	static const struct base_env_ops ops = {
		.now_ns = t_now_ns,
		.realtime_s = t_realtime_s,
		.sleep_ns = t_sleep_ns,
		.random = t_random,
		.open = t_open,
		.close = t_close,
		.read = t_read,
		.write = t_write,
		.fstat = t_fstat,
		.stat = t_stat,
		.mkdir = t_mkdir,
		.rmdir = t_rmdir,
		.ioctl = t_ioctl,
		.connect = no_connect,
	};

	m->env.base.ops = &ops;
	m->env.machine = m;
}

void td_env_done(struct machine_td *m)
{
	for (int i = 0; i < TD_ENV_FILES; i++)
		if (m->env.files[i].open)
			t_close(&m->env.base, FIRST_FILE_FD + i);
}

struct base_env *machine_td_env(struct machine_td *m)
{
	return &m->env.base;
}
