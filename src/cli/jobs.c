/* SPDX-License-Identifier: MIT */
#include "cli/jobs.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { WAIT_MS = 200, WINDOW = 60, WINDOW_OF_WORKER = 4 };

struct pool {
	const struct cli_jobs *jobs;
	size_t window;
	uint8_t *items;            /* a ring of them */
	bool *is_done;             /* by place in the ring, under `lock` */
	pthread_mutex_t read_lock; /* held while an item is read; before `lock` */
	bool at_end;               /* under `read_lock` */
	pthread_mutex_t lock;
	pthread_cond_t changed, room;
	size_t n_read, n_done, n_handed; /* under `lock` */
	unsigned n_running;
};

struct thread {
	struct pool *pool;
	void *worker;
	pthread_t id;
};

static bool stops(const struct cli_jobs *jobs)
{
	return jobs->stop && atomic_load(jobs->stop);
}

static void *item_at(struct pool *p, size_t i)
{
	return p->items + i % p->window * p->jobs->item_size;
}

/* Waits until there is room for another item. Its number, as long as `read_lock` is held. */
static size_t wait_for_room(struct pool *p)
{
	size_t i;

	pthread_mutex_lock(&p->lock);
	while (p->n_read - p->n_handed == p->window)
		pthread_cond_wait(&p->room, &p->lock);
	i = p->n_read;
	pthread_mutex_unlock(&p->lock);
	return i;
}

/* Reads the next item; false: there are no more. */
static bool read_next(struct pool *p, size_t *ret)
{
	pthread_mutex_lock(&p->read_lock);
	if (!p->at_end) {
		*ret = wait_for_room(p);
		p->at_end = stops(p->jobs) || !p->jobs->next(p->jobs->context, item_at(p, *ret));
		if (!p->at_end) {
			pthread_mutex_lock(&p->lock);
			p->n_read++;
			pthread_mutex_unlock(&p->lock);
		}
	}
	bool more = !p->at_end;
	pthread_mutex_unlock(&p->read_lock);
	return more;
}

static void *run_thread(void *arg)
{
	struct thread *t = arg;
	struct pool *p = t->pool;
	size_t i;

	while (read_next(p, &i)) {
		p->jobs->work(t->worker, item_at(p, i));
		pthread_mutex_lock(&p->lock);
		p->is_done[i % p->window] = true;
		p->n_done++;
		if (i == p->n_handed)
			pthread_cond_signal(&p->changed);
		pthread_mutex_unlock(&p->lock);
	}
	pthread_mutex_lock(&p->lock);
	p->n_running--;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return NULL;
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

/* Hands over an item and makes room for another. Not under `lock`. */
static void hand_over(struct pool *p, size_t i)
{
	const struct cli_jobs *jobs = p->jobs;
	void *item = item_at(p, i);

	if (!jobs->done(jobs->context, item) && jobs->stop)
		atomic_store(jobs->stop, true);
	memset(item, 0, jobs->item_size);
	pthread_mutex_lock(&p->lock);
	p->is_done[i % p->window] = false;
	p->n_handed++;
	pthread_cond_signal(&p->room);
	pthread_mutex_unlock(&p->lock);
}

/* Hands over the results in order, as they come. */
static void collect(struct pool *p)
{
	const struct cli_jobs *jobs = p->jobs;
	struct timespec next = soon();
	bool is_done, at_end, paused = false;

	for (size_t i = 0;;) {
		size_t n_done;

		pthread_mutex_lock(&p->lock);
		is_done = i < p->n_read && p->is_done[i % p->window];
		at_end = p->n_running == 0 && i == p->n_read;
		if (!is_done && !at_end && paused)
			pthread_cond_timedwait(&p->changed, &p->lock, &next);
		n_done = p->n_done;
		pthread_mutex_unlock(&p->lock);
		if (at_end)
			return;
		if (is_done) {
			hand_over(p, i++);
			paused = false;
		} else if (!paused) {
			paused = true; /* and then waits */
			if (jobs->pauses)
				jobs->pauses(jobs->context);
		}
		tell(jobs, &next, n_done);
	}
}

static void run_here(const struct cli_jobs *jobs, void *item)
{
	struct timespec next = soon();
	bool more = true;

	for (size_t i = 1; more && !stops(jobs) && jobs->next(jobs->context, item); i++) {
		jobs->work(jobs->workers[0], item);
		more = jobs->done(jobs->context, item);
		memset(item, 0, jobs->item_size);
		if (jobs->pauses)
			jobs->pauses(jobs->context);
		tell(jobs, &next, i);
	}
}

static void pool_init(struct pool *p)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&p->read_lock, NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&p->room, NULL);
}

static void pool_done(struct pool *p)
{
	pthread_cond_destroy(&p->room);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->read_lock);
}

static void run_threads(struct pool *p, struct thread *threads)
{
	unsigned n = 0;

	pool_init(p);
	p->n_running = p->jobs->n_workers;
	for (; n < p->jobs->n_workers; n++) {
		threads[n] = (struct thread){ .pool = p, .worker = p->jobs->workers[n] };
		if (pthread_create(&threads[n].id, NULL, run_thread, &threads[n]) != 0)
			break; /* fewer do the same */
	}
	if (n == 0) {
		run_here(p->jobs, p->items);
	} else {
		pthread_mutex_lock(&p->lock);
		p->n_running -= p->jobs->n_workers - n;
		pthread_mutex_unlock(&p->lock);
		collect(p);
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
	pool_done(p);
}

int cli_jobs_run(struct cli *cli, const struct cli_jobs *jobs)
{
	struct pool pool = { .jobs = jobs, .window = jobs->window };
	auto_free struct thread *threads = NULL;
	auto_free uint8_t *items = NULL;
	auto_free bool *is_done = NULL;

	if (jobs->n_workers < 2)
		pool.window = 1;
	else if (pool.window == 0)
		pool.window = WINDOW + (size_t)WINDOW_OF_WORKER * jobs->n_workers;
	pool.items = items = calloc(pool.window, jobs->item_size);
	pool.is_done = is_done = calloc(pool.window, sizeof(*is_done));
	threads = calloc(jobs->n_workers, sizeof(*threads));
	if (!threads || !items || !is_done)
		return cli_fail_memory(cli);
	if (jobs->n_workers < 2)
		run_here(jobs, items);
	else
		run_threads(&pool, threads);
	return CLI_OK;
}

/* ---- SIGINT */

static atomic_bool *caught_stop;
static volatile sig_atomic_t was_caught;

static void interrupt(int number)
{
	(void)number;
	was_caught = 1;
	atomic_store(caught_stop, true);
}

void cli_jobs_catch(atomic_bool *stop)
{
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int)(SA_RESETHAND | SA_RESTART) },
			 before;

	caught_stop = stop;
	if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
		sigaction(SIGINT, &action, NULL);
}

void cli_jobs_reraise(void)
{
	if (!was_caught)
		return;
	fflush(stdout);
	raise(SIGINT);
}

/* ---- */

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

/* ---- Progress */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void cli_progress_start(struct cli_progress *p)
{
	p->shown = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	p->start_ms = now_ms();
}

void cli_progress_show(const struct cli_progress *p, size_t n, size_t all)
{
	const int64_t ms = now_ms() - p->start_ms;

	if (!p->shown)
		return;
	fprintf(stderr, "\r\033[K%zu", n);
	if (all > 0)
		fprintf(stderr, " of %zu", all);
	if (n > 0 && ms >= WAIT_MS) {
		fprintf(stderr, ", %.0f per second", (double)n * 1000 / (double)ms);
		if (all >= n && all > 0)
			fprintf(stderr, ", %.0f s left", (double)(all - n) * (double)ms / (double)n / 1000);
	}
	fflush(stderr);
}

void cli_progress_clear(const struct cli_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
