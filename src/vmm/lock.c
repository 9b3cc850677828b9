/* SPDX-License-Identifier: MIT */
#include "vmm/lock.h"

#include <assert.h>
#include <pthread.h>

static pthread_mutex_t index_mutex = PTHREAD_MUTEX_INITIALIZER;

void lock_quiet(sigset_t *ret_was)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, ret_was);
}

void lock_loud(const sigset_t *was)
{
	pthread_sigmask(SIG_SETMASK, was, NULL);
}

void lock_index(void)
{
	int r = pthread_mutex_lock(&index_mutex);

	assert(r == 0);
}

void lock_index_release(void)
{
	int r = pthread_mutex_unlock(&index_mutex);

	assert(r == 0);
}

void lock_index_forked(void)
{
	pthread_mutex_init(&index_mutex, NULL);
}
