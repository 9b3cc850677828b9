/* SPDX-License-Identifier: MIT */
#include "run/vmm/agent/object.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "vmm/lock.h"
#include "vmm/next.h"
#include "vmm/settings.h"

static _Atomic(struct agent_object *) newest;

/* A free one, or a new one at the head of the list, from which none is ever taken out. */
static struct agent_object *take_object(void)
{
	struct agent_object *o;

	for (o = atomic_load(&newest); o; o = o->older)
		if (!atomic_exchange(&o->used, true))
			return o;
	o = next_pages(sizeof(*o));
	if (!o)
		return NULL;
	atomic_init(&o->used, true);
	o->older = atomic_load(&newest);
	while (!atomic_compare_exchange_weak(&newest, &o->older, o))
		;
	return o;
}

struct agent_object *agent_object_new(void)
{
	struct agent_object *o = take_object();

	if (!o)
		return NULL;
	atomic_store(&o->fd, -1);
	pthread_mutex_init(&o->mutex, NULL);
	atomic_store(&o->irqchip, false);
	atomic_store(&o->busy, false);
	o->own = o->connected = o->quiet = o->signal_blocked = false;
	o->pending = 0;
	return o;
}

static bool still_ours(const struct agent_object *o, int fd)
{
	struct stat file;

	return fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode) && file.st_ino == o->socket;
}

void agent_disconnect(struct agent_object *o)
{
	int fd = atomic_exchange(&o->fd, -1);

	if (fd >= 0 && still_ours(o, fd))
		vmm_next()->close(fd);
}

void agent_object_free(struct agent_object *o)
{
	if (!o)
		return;
	agent_timer_done(&o->slice);
	agent_timer_done(&o->kick);
	agent_disconnect(o);
	atomic_store(&o->used, false);
}

void agent_objects_forked(void)
{
	for (struct agent_object *o = atomic_load(&newest); o; o = o->older) {
		agent_disconnect(o);
		pthread_mutex_init(&o->mutex, NULL);
		o->quiet = true;
		o->pending = 0;
		agent_timer_forked(&o->slice);
		agent_timer_forked(&o->kick);
	}
}

static int address(struct sockaddr_un *ret_name, socklen_t *ret_size)
{
	const char *text = secure_getenv(VMM_ENV_CHECK);
	size_t n = text ? strlen(text) : 0;

	if (n == 0)
		return -ENOENT;
	if (n >= sizeof(ret_name->sun_path))
		return -ENAMETOOLONG;
	*ret_name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_name->sun_path, text, n + 1);
	*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	if (text[0] == '@') { /* abstract: a NUL, and none at the end */
		ret_name->sun_path[0] = '\0';
		--*ret_size;
	}
	return 0;
}

/* The lowest numbers are the VMM's, which may rely on getting them. */
static int move_up(int fd)
{
	enum { FIRST = 700 };
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST);

	if (moved < 0)
		return fd;
	vmm_next()->close(fd);
	return moved;
}

int agent_connect(struct agent_object *o)
{
	struct sockaddr_un name;
	struct stat file;
	socklen_t size;
	int r = address(&name, &size), fd;

	if (r != 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	do
		r = connect(fd, (const struct sockaddr *)&name, size) == 0 ? 0 : -errno;
	while (r == -EINTR);
	if (r == 0)
		fd = move_up(fd);
	if (r == 0 && fstat(fd, &file) != 0)
		r = -errno;
	if (r != 0) {
		vmm_next()->close(fd);
		return r;
	}
	o->socket = file.st_ino;
	atomic_store(&o->fd, fd);
	return 0;
}

static bool answers(uint32_t event, const struct vmm_order *order)
{
	enum { MAX_ERRNO = 4095 };

	switch (event) {
	case VMM_EVENT_RUN:
		return order->kind == VMM_ORDER_ENTER || order->kind == VMM_ORDER_QUIET ||
		       (order->kind == VMM_ORDER_EXIT && order->a != 0 && order->a <= UINT32_MAX);
	case VMM_EVENT_COMPLETE:
		return order->kind == VMM_ORDER_COMPLETED && order->a <= MAX_ERRNO;
	default:
		return order->kind == VMM_ORDER_OK;
	}
}

static int exchange(int fd, const struct vmm_event *event, struct vmm_order *ret)
{
	ssize_t n;

	do
		n = send(fd, event, sizeof(*event), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*event))
		return n < 0 ? -errno : -EIO;
	do
		n = recv(fd, ret, sizeof(*ret), MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(*ret) && answers(event->kind, ret) ? 0 : -EPROTO;
}

/* ioctl(2), which the VMM called, is no cancellation point. */
int agent_exchange(struct agent_object *o, const struct vmm_event *event, struct vmm_order *ret)
{
	int fd = atomic_load(&o->fd), was, r;

	if (fd < 0 || !still_ours(o, fd))
		return -ENOTCONN;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
	r = exchange(fd, event, ret);
	pthread_setcancelstate(was, NULL);
	if (r < 0)
		agent_disconnect(o);
	return r;
}

int agent_tell(struct agent_object *o, const struct vmm_event *event, struct vmm_order *ret)
{
	sigset_t was;
	int r;

	lock_quiet(&was);
	pthread_mutex_lock(&o->mutex);
	r = agent_exchange(o, event, ret);
	pthread_mutex_unlock(&o->mutex);
	lock_loud(&was);
	return r;
}
