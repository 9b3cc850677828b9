/* SPDX-License-Identifier: MIT */
#include "run/vmm/agent/timer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static atomic_int chosen;

static void fired(int signal, siginfo_t *info, void *context)
{
	struct agent_timer *t = info->si_value.sival_ptr;
	_Atomic(uint8_t *) *now;
	uint8_t *run, none = 0;

	if (info->si_code != SI_TIMER || !atomic_load(&t->armed))
		return;
	now = atomic_load(&t->run_now);
	run = now ? atomic_load(now) : atomic_load(&t->run);
	if (t->action == AGENT_TIMER_SLICE && run)
		__atomic_compare_exchange_n(run + AGENT_OFF_IMMEDIATE_EXIT, &none, AGENT_IMMEDIATE_EXIT,
					    false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	if (t->action == AGENT_TIMER_KICK_FLAG && run) {
		__atomic_store_n(run + AGENT_OFF_IMMEDIATE_EXIT, 1, __ATOMIC_RELAXED);
		atomic_store(&t->flagged, true);
	}
	if (t->action != AGENT_TIMER_SLICE)
		atomic_store(&t->armed, false);
}

/* Whether the signal is the agent's, or becomes it. */
static bool use(int number)
{
	struct sigaction old, mine = { .sa_sigaction = fired, .sa_flags = SA_SIGINFO };

	if (number == 0 || sigaction(number, NULL, &old) != 0)
		return false;
	if (old.sa_flags & SA_SIGINFO && old.sa_sigaction == fired)
		return true;
	if (old.sa_flags & SA_SIGINFO || old.sa_handler != SIG_DFL)
		return false;
	sigemptyset(&mine.sa_mask);
	return sigaction(number, &mine, NULL) == 0;
}

/* From the top, because VMMs count from the bottom; the very last is many a program's. */
int agent_signal(void)
{
	int number = atomic_load(&chosen);

	if (use(number))
		return number;
	for (number = SIGRTMAX - 1; number > SIGRTMIN; number--)
		if (use(number)) {
			atomic_store(&chosen, number);
			return number;
		}
	return 0;
}

static int make(struct agent_timer *t, int number)
{
	struct sigevent event;
	pid_t thread = gettid();

	if (t->made && t->thread == thread && t->signal == number)
		return 0;
	agent_timer_done(t);
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = number;
	event.sigev_value.sival_ptr = t;
	event.sigev_notify_thread_id = thread;
	if (timer_create(CLOCK_MONOTONIC, &event, &t->id) != 0)
		return -errno;
	t->made = true;
	t->thread = thread;
	t->signal = number;
	return 0;
}

int agent_timer_start(struct agent_timer *t, uint32_t us)
{
	struct itimerspec after = { .it_value = { us / 1000000, (long)(us % 1000000) * 1000 } };
	int number = agent_signal(), r;

	if (number == 0)
		return -ENOSYS;
	r = make(t, number);
	if (r != 0)
		return r;
	atomic_store(&t->armed, true);
	if (timer_settime(t->id, 0, &after, NULL) == 0)
		return 0;
	r = -errno;
	atomic_store(&t->armed, false);
	return r;
}

void agent_timer_stop(struct agent_timer *t)
{
	struct itimerspec never = { 0 };

	atomic_store(&t->armed, false);
	if (t->made)
		timer_settime(t->id, 0, &never, NULL);
}

void agent_timer_done(struct agent_timer *t)
{
	atomic_store(&t->armed, false);
	if (t->made)
		timer_delete(t->id);
	t->made = false;
}

void agent_timer_forked(struct agent_timer *t)
{
	atomic_store(&t->armed, false);
	t->made = false;
}

static void change_mask(int how, int signal, sigset_t *ret_was)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, signal);
	pthread_sigmask(how, &one, ret_was);
}

bool agent_timer_unblock(const struct agent_timer *t)
{
	sigset_t was;

	change_mask(SIG_UNBLOCK, t->signal, &was);
	return sigismember(&was, t->signal) == 1;
}

void agent_timer_block(const struct agent_timer *t)
{
	change_mask(SIG_BLOCK, t->signal, NULL);
}
