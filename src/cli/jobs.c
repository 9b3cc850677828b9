/* SPDX-License-Identifier: MIT */
#include "cli/jobs.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

enum { WAIT_MS = 200, RESERVE = 64 };

struct pool {
	const struct cli_jobs *jobs;
	atomic_size_t next; /* item that nobody has begun */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t n_done;
	bool *is_done; /* by item, under the lock */
};

struct thread {
	struct pool *pool;
	void *worker;
	pthread_t id;
};

static void *run_thread(void *arg)
{
	struct thread *t = arg;
	struct pool *p = t->pool;

	for (;;) {
		size_t i = atomic_fetch_add(&p->next, 1);

		if (i >= p->jobs->n)
			return NULL;
		p->jobs->work(t->worker, i);
		pthread_mutex_lock(&p->lock);
		p->is_done[i] = true;
		p->n_done++;
		pthread_cond_signal(&p->changed);
		pthread_mutex_unlock(&p->lock);
	}
}

static struct timespec soon(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += WAIT_MS * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_nsec -= 1000000000L;
		at.tv_sec++;
	}
	return at;
}

/* Calls `waits` if it is time to. */
static void tell(const struct cli_jobs *jobs, struct timespec *next, size_t n_done)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < next->tv_sec || (now.tv_sec == next->tv_sec && now.tv_nsec < next->tv_nsec))
		return;
	if (jobs->waits)
		jobs->waits(jobs->context, n_done);
	*next = soon();
}

/* Hands over the results in order, as they come. */
static void collect(struct pool *p)
{
	const struct cli_jobs *jobs = p->jobs;
	struct timespec next = soon();

	for (size_t i = 0; i < jobs->n; i++) {
		bool is_done = false;

		while (!is_done) {
			struct timespec until = next;
			size_t n_done;

			pthread_mutex_lock(&p->lock);
			if (!p->is_done[i])
				pthread_cond_timedwait(&p->changed, &p->lock, &until);
			is_done = p->is_done[i];
			n_done = p->n_done;
			pthread_mutex_unlock(&p->lock);
			tell(jobs, &next, n_done);
		}
		jobs->done(jobs->context, i);
	}
}

static void run_here(const struct cli_jobs *jobs)
{
	struct timespec next = soon();

	for (size_t i = 0; i < jobs->n; i++) {
		jobs->work(jobs->workers[0], i);
		jobs->done(jobs->context, i);
		tell(jobs, &next, i + 1);
	}
}

int cli_jobs_run(struct cli *cli, const struct cli_jobs *jobs)
{
	struct pool pool = { .jobs = jobs, .lock = PTHREAD_MUTEX_INITIALIZER };
	auto_free struct thread *threads = NULL;
	pthread_condattr_t monotonic;
	unsigned n = 0;

	if (jobs->n_workers < 2 || jobs->n < 2) {
		run_here(jobs);
		return CLI_OK;
	}
	threads = calloc(jobs->n_workers, sizeof(*threads));
	pool.is_done = calloc(jobs->n, sizeof(*pool.is_done));
	if (!threads || !pool.is_done) {
		free(pool.is_done);
		return cli_fail_memory(cli);
	}
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (; n < jobs->n_workers; n++) {
		threads[n] = (struct thread){ .pool = &pool, .worker = jobs->workers[n] };
		if (pthread_create(&threads[n].id, NULL, run_thread, &threads[n]) != 0)
			break; /* fewer do the same */
	}
	if (n == 0)
		run_here(jobs);
	else
		collect(&pool);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
	pthread_cond_destroy(&pool.changed);
	free(pool.is_done);
	return CLI_OK;
}

bool cli_jobs_workers(struct cli *cli, size_t n, unsigned *ret)
{
	uint64_t wanted;
	cpu_set_t usable;
	int cores = sched_getaffinity(0, sizeof(usable), &usable) == 0 ? CPU_COUNT(&usable) : 1;

	if (!cli_get_number_from(cli, "jobs", 1, CLI_MAX_JOBS, (uint64_t)(cores > 0 ? cores : 1), &wanted))
		return false;
	if (wanted > n)
		wanted = n > 0 ? n : 1;
	*ret = (unsigned)wanted;
	return true;
}

static int add_name(struct cli *cli, struct cli_names *to, const char *name, size_t n)
{
	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : RESERVE;
		char **more = reallocarray(to->items, room, sizeof(*more));

		if (!more)
			return cli_fail_memory(cli);
		to->items = more;
		to->room = room;
	}
	to->items[to->n] = strndup(name, n);
	if (!to->items[to->n])
		return cli_fail_memory(cli);
	to->n++;
	return CLI_OK;
}

static int add_lines(struct cli *cli, struct cli_names *to, const char *path)
{
	auto_free uint8_t *text = NULL;
	struct jurat_error err = { "" };
	size_t n, line = 1;
	int status = CLI_OK;

	if (cli_read(path, &text, &n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "--files-from: %s", err.text);
	if (memchr(text, '\0', n))
		return cli_fail(cli, CLI_ENVIRONMENT,
				"--files-from: '%s': expected one file name a line, found a byte 0", path);
	for (size_t at = 0; status == CLI_OK && at < n; line++) {
		const uint8_t *end = memchr(text + at, '\n', n - at);
		size_t length = end ? (size_t)(end - text) - at : n - at;

		if (length == 1 && text[at] == '-')
			return cli_fail(cli, CLI_USAGE,
					"--files-from: '%s', line %zu: '-', standard input, is for arguments",
					path, line);
		if (length > 0)
			status = add_name(cli, to, (const char *)text + at, length);
		at += length + 1;
	}
	return status;
}

int cli_names(struct cli *cli, struct cli_names *ret)
{
	struct cli_names names = { .items = NULL };
	const char *path;
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && i < cli->n_args; i++)
		status = add_name(cli, &names, cli->args[i], strlen(cli->args[i]));
	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, "files-from", i)); i++)
		status = add_lines(cli, &names, path);
	/* An empty list of a cron job is a fault of what wrote it, not a fleet without faults. */
	if (status == CLI_OK && names.n == 0 && cli_has(cli, "files-from"))
		status = cli_fail(cli, CLI_ENVIRONMENT,
				  "--files-from: '%s': expected one file name a line, found none",
				  cli_get_nth(cli, "files-from", 0));
	if (status == CLI_OK)
		*ret = names;
	else
		cli_names_done(&names);
	return status;
}

void cli_names_done(struct cli_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct cli_names){ .items = NULL };
}
