/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "run/spawn.h"
#include "run/vmm/session.h"
#include "uapi/kvm.h"

/* Connections of the agent in the VMM, see protocol.h. */

enum { PAGE = 4096 };
#define MAX_GPA (UINT64_C(1) << 52)

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int session_listen(struct check_vmm *vmm, struct jurat_error *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	uint8_t random[16];
	int n, r = base_random(base_env_real(), random, sizeof(random));

	if (r < 0)
		return jurat_fail(err, r, "no random numbers: %s", strerror(-r));
	/* An abstract address: the VMM may change its root directory or its user. Nobody can guess it. */
	n = snprintf(vmm->address, sizeof(vmm->address), "@jurat-vmm-%016llx%016llx",
		     (unsigned long long)bytes_get_le(random, 8),
		     (unsigned long long)bytes_get_le(random + 8, 8));
	for (int i = 1; i < n; i++)
		name.sun_path[i] = vmm->address[i];
	vmm->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (vmm->listener < 0 ||
	    bind(vmm->listener, (struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)) < 0 ||
	    listen(vmm->listener, 256) < 0)
		return jurat_fail(err, -errno, "cannot listen on '%s': %s", vmm->address, strerror(errno));
	return 0;
}

/* false: it has ended, and its number may be another's. Before Linux 6.5 that is not known. */
static bool lives(int fd)
{
	int pidfd = -1;
	socklen_t size = sizeof(pidfd);
	struct pollfd ended = { .events = POLLIN };
	bool lives;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0)
		return errno == ENOPROTOOPT;
	ended.fd = pidfd;
	lives = poll(&ended, 1, 0) == 0;
	close(pidfd);
	return lives;
}

/* Abstract addresses are in /proc/net/unix, for every user to connect to: a peer has to be the VMM's. */
static bool is_of_vmm(const struct check_vmm *vmm, int fd, struct ucred *ret)
{
	socklen_t size = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) == 0 && ret->pid > 0 &&
	       (ret->uid == geteuid() || geteuid() == 0) &&
	       (ret->pid == vmm->pid || run_is_descendant(ret->pid)) && lives(fd);
}

void session_accept(struct check_vmm *vmm)
{
	struct ucred peer = { .pid = 0 };
	int fd = accept4(vmm->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	/* Without a connection the agent makes no exits. */
	if (vmm->n_peers == SESSION_MAX_PEERS || !is_of_vmm(vmm, fd, &peer)) {
		close(fd);
		return;
	}
	vmm->peers[vmm->n_peers++] = (struct session_peer){ .fd = fd, .pid = peer.pid, .uid = peer.uid };
}

static void answer(struct session_peer *peer, const struct vmm_order *order)
{
	(void)!send(peer->fd, order, sizeof(*order), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static struct check_exit *take_exit(struct check_vcpu *vcpu)
{
	struct check_exit *exit = vcpu->exit;

	vcpu->exit = NULL;
	return exit;
}

/* The VMM has closed it, or has ended. */
static void gone(struct check_vmm *vmm, struct session_peer *peer)
{
	close(peer->fd);
	peer->fd = -1;
	if (peer->vm) {
		peer->vm->gone = true;
		if (peer->vm->memory >= 0)
			close(peer->vm->memory);
		peer->vm->memory = -1;
	}
	if (!peer->vcpu)
		return;
	peer->vcpu->fd = -1;
	vmm->has_closed = true;
	vmm->lost |= take_exit(peer->vcpu) != NULL;
	peer->vcpu->is_made = peer->vcpu->is_waiting = false;
}

/*
 * The memory that the process has now: neither a program that it executes afterwards, which may be setuid,
 * nor another process that gets its number is reached through the descriptor. One that it has executed since
 * it sent its message has another owner.
 */
static int open_memory(struct check_vmm *vmm, pid_t pid, uid_t uid)
{
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && (stat(path, &st) < 0 || st.st_uid != uid)) {
		close(fd);
		fd = -1;
	}
	vmm->memory_refused |= fd < 0;
	return fd;
}

static int first_of_vm(struct check_vmm *vmm, struct session_peer *peer, const struct vmm_event *event)
{
	struct session_vm *vm = calloc(1, sizeof(*vm)), **at = &vmm->vms;

	if (!vm)
		return -ENOMEM;
	vm->serial = event->vm;
	vm->pid = peer->pid;
	vm->memory = open_memory(vmm, peer->pid, peer->uid);
	vm->type = event->b;
	vm->own_kvm = event->c != 0;
	while (*at)
		at = &(*at)->next;
	*at = peer->vm = vm;
	vm->traced_as = trace_guest(vmm->platform.trace, "VM under test");
	trace_say(vmm->platform.trace, "VMM", "KVM", "KVM_CREATE_VM of type %llu%s",
		  (unsigned long long)vm->type, vm->own_kvm ? ", in the agent" : "");
	return 0;
}

static int first_of_vcpu(struct check_vmm *vmm, struct session_peer *peer, const struct vmm_event *event)
{
	struct check_vcpu *vcpu, **at = &vmm->vcpus;
	struct session_vm *vm = vmm->vms;

	while (vm && (vm->serial != event->vm || vm->pid != peer->pid))
		vm = vm->next;
	vcpu = vm ? calloc(1, sizeof(*vcpu)) : NULL;
	if (!vcpu)
		return -EPROTO;
	*vcpu = (struct check_vcpu){
		.vmm = vmm, .vm = vm, .id = event->b, .fd = peer->fd, .slice_us = SESSION_SLICE_US
	};
	while (*at) {
		if ((*at)->fd < 0) /* which the VMM has survived */
			(*at)->last.run = SESSION_NO_RUN;
		at = &(*at)->next;
	}
	*at = peer->vcpu = vcpu;
	return 0;
}

static int first(struct check_vmm *vmm, struct session_peer *peer, const struct vmm_event *event)
{
	if (event->a != VMM_PROTOCOL_VERSION)
		return -EPROTO;
	switch (event->kind) {
	case VMM_EVENT_VM:
		return first_of_vm(vmm, peer, event);
	case VMM_EVENT_VCPU:
		return first_of_vcpu(vmm, peer, event);
	default:
		return -EPROTO;
	}
}

static int on_slot(struct session_vm *vm, const struct vmm_event *event)
{
	if (event->a >= SESSION_MAX_SLOTS) /* of another address space, or of no use to the checks */
		return 0;
	/* KVM takes no other. */
	if (event->d > MAX_GPA || event->c > MAX_GPA - event->d || event->c % PAGE || event->d % PAGE)
		return -EPROTO;
	vm->slots[event->a] = (struct session_slot){
		.flags = (uint32_t)event->b, .gpa = event->c, .size = event->d, .hva = event->e
	};
	vm->ram_pages = 0;
	return 0;
}

/* Ranges that are covered by a later one say nothing any more. */
static void drop_covered(struct session_vm *vm, const struct vmm_event *event)
{
	size_t n = 0;

	for (size_t i = 0; i < vm->n_ranges; i++)
		if (vm->ranges[i].gpa < event->c || vm->ranges[i].size > event->d ||
		    vm->ranges[i].gpa - event->c > event->d - vm->ranges[i].size)
			vm->ranges[n++] = vm->ranges[i];
	vm->n_ranges = n;
}

static int on_private(struct session_vm *vm, const struct vmm_event *event)
{
	struct session_range *bigger;

	drop_covered(vm, event);
	if (vm->n_ranges == SESSION_MAX_RANGES)
		return -ENOSPC;
	bigger = reallocarray(vm->ranges, vm->n_ranges + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	vm->ranges = bigger;
	vm->ranges[vm->n_ranges++] =
		(struct session_range){ .gpa = event->c, .size = event->d, .attributes = event->a };
	vm->ram_pages = 0;
	return 0;
}

static int of_vm(struct check_vmm *vmm, struct session_vm *vm, const struct vmm_event *event,
		 struct vmm_order *order)
{
	order->kind = VMM_ORDER_OK;
	switch (event->kind) {
	case VMM_EVENT_SLOT:
		return on_slot(vm, event);
	case VMM_EVENT_PRIVATE:
		return on_private(vm, event);
	case VMM_EVENT_MSI:
		order->swallow = vmm->msi && vmm->msi(vmm, event->c, (uint32_t)event->d, vmm->msi_ctx);
		return 0;
	case VMM_EVENT_REQ_CERTS:
		trace_say(vmm->platform.trace, "VMM", "KVM", "KVM_SEV_SNP_ENABLE_REQ_CERTS: %lld",
			  (long long)event->a);
		return 0;
	case VMM_EVENT_CREATED:
		vm->n_vcpus++;
		return 0;
	default:
		return -EPROTO;
	}
}

static bool can_exit(const struct check_vcpu *vcpu)
{
	return vcpu->mp_state != UAPI_KVM_MP_STATE_UNINITIALIZED &&
	       vcpu->mp_state != UAPI_KVM_MP_STATE_INIT_RECEIVED;
}

static void make_exit(struct check_vcpu *vcpu, struct vmm_order *order)
{
	const struct check_exit *exit = vcpu->exit;

	order->kind = VMM_ORDER_EXIT;
	order->a = exit->reason;
	order->kick_us = exit->kick_us;
	order->kick_flag = exit->kick_flag;
	for (size_t i = 0; i < sizeof(order->body); i++)
		order->body[i] = exit->body[i];
	vcpu->is_made = vcpu->owes_run = true;
	vcpu->made_ns = base_now_ns(base_env_real());
	vcpu->last = (struct session_last){ .run = SESSION_EXIT,
					    .reason = exit->reason,
					    .words = { bytes_get_le(exit->body, 8),
						       bytes_get_le(exit->body + 8, 8) } };
	vcpu->vmm->n_exits++;
	session_trace_exit(vcpu, exit);
}

/* KVM_RUN with nothing pending. */
static void on_run(struct check_vcpu *vcpu, const struct vmm_event *event, struct vmm_order *order)
{
	vcpu->mp_state = (uint32_t)event->b;
	vcpu->run_immediate = event->a != 0;
	vcpu->n_immediate = vcpu->run_immediate ? vcpu->n_immediate + 1 : 0;
	vcpu->ran |= can_exit(vcpu);
	vcpu->overdue = vcpu->owes_run = false;
	if (vcpu->is_made) { /* the agent lost it, by a fork or a reset */
		vcpu->is_made = false;
		vcpu->vmm->lost |= take_exit(vcpu) != NULL;
	}
	if (vcpu->exit && vcpu->n_immediate >= SESSION_MAX_IMMEDIATE)
		vcpu->vmm->lost = vcpu->vmm->stuck = take_exit(vcpu) != NULL;
	vcpu->n_runs++;
	if (vcpu->on_run)
		vcpu->on_run(vcpu, vcpu->on_run_ctx);
	if (vcpu->exit && can_exit(vcpu) && !vcpu->run_immediate) {
		make_exit(vcpu, order);
		return;
	}
	order->kind = VMM_ORDER_ENTER;
	vcpu->last.run = SESSION_ENTERED;
	order->a = vcpu->slice_us;
	vcpu->slice_us = SESSION_SLICE_US;
}

static void note_completion(struct check_vcpu *vcpu, const struct vmm_event *event)
{
	struct check_exit *exit = vcpu->exit;

	exit->arrived = true;
	exit->took_ns = base_now_ns(base_env_real()) - vcpu->made_ns;
	exit->immediate_exit = event->a != 0;
	exit->ret = event->c;
	exit->npages = event->d;
	exit->info[0] = event->d;
	exit->info[1] = event->b;
	exit->info[2] = event->e;
	exit->info[3] = event->f;
}

static void complete(struct check_vcpu *vcpu, struct vmm_order *order)
{
	struct check_exit *exit = take_exit(vcpu);

	vcpu->is_made = false;
	vcpu->overdue = false;
	vcpu->last.run = SESSION_COMPLETED;
	order->kind = VMM_ORDER_COMPLETED;
	if (!exit)
		return;
	if (exit->completing)
		exit->completing(vcpu->vmm, vcpu, exit, exit->ctx);
	order->a = exit->complete_with;
	exit->completed = true;
	vcpu->vmm->n_completed++;
	session_trace_completion(vcpu, exit);
}

/* 0; JURAT_BUSY: it is not answered yet; -errno */
static int of_vcpu(struct check_vcpu *vcpu, const struct vmm_event *event, struct vmm_order *order)
{
	if (vcpu->is_waiting)
		return -EPROTO;
	switch (event->kind) {
	case VMM_EVENT_RUN:
		on_run(vcpu, event, order);
		return 0;
	case VMM_EVENT_COMPLETE:
		if (!vcpu->is_made)
			return -EPROTO;
		vcpu->last.ret = event->c;
		vcpu->last.immediate_exit = event->a != 0;
		if (vcpu->exit)
			note_completion(vcpu, event);
		vcpu->is_waiting = vcpu->exit && vcpu->exit->held && *vcpu->exit->held;
		if (!vcpu->is_waiting)
			complete(vcpu, order);
		return vcpu->is_waiting ? JURAT_BUSY : 0;
	case VMM_EVENT_RAN:
		return 0;
	default:
		return -EPROTO;
	}
}

void session_serve(struct check_vmm *vmm, struct session_peer *peer)
{
	struct vmm_order order = { .kind = VMM_ORDER_OK };
	struct vmm_event event;
	ssize_t n = recv(peer->fd, &event, sizeof(event), MSG_TRUNC);
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(event)) {
		gone(vmm, peer);
		return;
	}
	if (peer->vcpu)
		r = of_vcpu(peer->vcpu, &event, &order);
	else if (peer->vm)
		r = of_vm(vmm, peer->vm, &event, &order);
	else
		r = first(vmm, peer, &event);
	if (r < 0)
		gone(vmm, peer);
	else if (r == 0)
		answer(peer, &order);
}

void session_release(struct check_vmm *vmm)
{
	for (size_t i = 0; i < vmm->n_peers; i++) {
		struct vmm_order order = { .kind = VMM_ORDER_OK };
		struct check_vcpu *vcpu = vmm->peers[i].vcpu;

		if (!vcpu || !vcpu->is_waiting || (vcpu->exit && vcpu->exit->held && *vcpu->exit->held))
			continue;
		vcpu->is_waiting = false;
		complete(vcpu, &order);
		answer(&vmm->peers[i], &order);
	}
}

void session_close(struct check_vmm *vmm)
{
	for (size_t i = 0; i < vmm->n_peers; i++)
		if (vmm->peers[i].fd >= 0)
			gone(vmm, &vmm->peers[i]);
	vmm->n_peers = 0;
	if (vmm->listener >= 0)
		close(vmm->listener);
	vmm->listener = -1;
	while (vmm->vcpus) {
		struct check_vcpu *vcpu = vmm->vcpus;

		vmm->vcpus = vcpu->next;
		free(vcpu);
	}
	while (vmm->vms) {
		struct session_vm *vm = vmm->vms;

		vmm->vms = vm->next;
		free(vm->ranges);
		free(vm);
	}
}
