/* SPDX-License-Identifier: MIT */
#include "host/host.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/struct.h"
#include "store/store.h"
#include "uapi/kvm.h"
#include "wire/kvm_run.h"
#include "wire/snp_certs.h"

enum {
	LOCK_WAIT_DEFAULT_MS = 100,
	LOCK_RETRY_MS = 1, /* no descriptor becomes readable when an OFD lock is free */
	NS_PER_MS = 1000000,
	IDLE_SLOTS_MAX = 64, /* slots kept after a burst of requests */
};

/*
 * What a request needs while it is in flight: an open file description, which owns the lock, and a buffer for
 * the blob. Never shared by two requests (B29), but reused, so that idle vCPUs hold neither.
 */
struct slot {
	struct store_reader reader;
	uint8_t *blob; /* whole pages */
	size_t room;
	struct slot *next;
};

struct jurat_snp_certs {
	struct base_env *env;
	char *path; /* NULL: no certificates */
	int dir;    /* -1: none; otherwise `path` is a name in it */
	uint64_t wait_ns;
	uint32_t exit_reason;
	pthread_mutex_t mutex; /* protects the members below */
	struct slot *idle;
	unsigned n_idle;
};

struct jurat_snp_request {
	struct jurat_snp_certs *certs;
	struct slot *held; /* locked: the guest got certificates, and the firmware has not been called yet */
	struct slot *serving; /* while a call uses or releases it: for host_snp_request_mix() */
	bool waiting;         /* began without an answer: an updater has the lock */
	uint64_t give_up_ns;  /* when a waiting request is answered EAGAIN */
	bool answered;        /* answered, and KVM has not completed the request yet */
	bool run_failed;      /* the last KVM_RUN failed: exit_reason is stale (B27) */
	bool set_immediate_exit;
};

static void slot_free(struct slot *slot)
{
	store_reader_done(&slot->reader);
	free(slot->blob);
	free(slot);
}

static struct slot *slot_take(struct jurat_snp_certs *certs)
{
	struct slot *slot;

	pthread_mutex_lock(&certs->mutex);
	slot = certs->idle;
	if (slot) {
		certs->idle = slot->next;
		certs->n_idle--;
	}
	pthread_mutex_unlock(&certs->mutex);
	if (slot)
		return slot;
	slot = calloc(1, sizeof(*slot));
	if (slot)
		store_reader_init_at(&slot->reader, certs->env, certs->dir, certs->path);
	return slot;
}

static void slot_give_back(struct jurat_snp_certs *certs, struct slot *slot)
{
	bool keep;

	store_unlock(&slot->reader);
	pthread_mutex_lock(&certs->mutex);
	keep = certs->n_idle < IDLE_SLOTS_MAX;
	if (keep) {
		slot->next = certs->idle;
		certs->idle = slot;
		certs->n_idle++;
	}
	pthread_mutex_unlock(&certs->mutex);
	if (!keep)
		slot_free(slot);
}

/* Whether it is a name in a directory, and not a path through one. */
static bool is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

/*
 * An open *file* is refused, because it serves no certificates after the first update, and because its lock
 * belongs to everybody who shares the description: doc/decisions/0042-certificates-after-a-jail.md
 */
static int take_directory(struct jurat_snp_certs *certs, const char *name, int fd, struct jurat_error *err)
{
	struct base_stat st;
	int e;

	if (!name || !is_name(name))
		return jurat_fail(err, -EINVAL,
				  "with a directory descriptor, the path is '%s': expected one name",
				  name ? name : "NULL");
	e = base_fstat(certs->env, fd, &st);
	if (e < 0)
		return jurat_fail(err, e, "dir_fd %d: %s", fd, strerror(-e));
	if (!S_ISDIR(st.mode))
		return jurat_fail(err, -ENOTDIR,
				  "dir_fd %d is not a directory: expected the directory of '%s', where its "
				  "replacement is seen",
				  fd, name);
	certs->dir = base_dup(certs->env, fd);
	if (certs->dir < 0)
		return jurat_fail(err, certs->dir, "dir_fd %d cannot be duplicated: %s", fd,
				  strerror(-certs->dir));
	return 0;
}

static void free_certs(struct jurat_snp_certs **certs)
{
	jurat_snp_certs_free(*certs);
}

int host_snp_certs_new(struct base_env *env, const char *path, const struct jurat_snp_certs_options *options,
		       struct jurat_snp_certs **ret, struct jurat_error *err)
{
	auto_call(free_certs) struct jurat_snp_certs *certs = NULL;
	struct jurat_snp_certs_options o;
	int e = base_struct_take(&o, options, size, "jurat_snp_certs_options", err);

	if (e < 0)
		return e;
	if (!o.has_dir_fd && o.dir_fd != 0)
		return jurat_fail(err, -EINVAL, "dir_fd is %d, but has_dir_fd is not set", o.dir_fd);
	certs = calloc(1, sizeof(*certs));
	if (!certs)
		return jurat_fail_memory(err);
	pthread_mutex_init(&certs->mutex, NULL);
	certs->env = base_env_or_real(env);
	certs->dir = -1;
	certs->exit_reason = o.exit_reason ? o.exit_reason : UAPI_KVM_EXIT_SNP_REQ_CERTS;
	certs->wait_ns = (uint64_t)(o.lock_wait_ms ? o.lock_wait_ms : LOCK_WAIT_DEFAULT_MS) * NS_PER_MS;
	e = o.has_dir_fd ? take_directory(certs, path, o.dir_fd, err) : 0;
	if (e < 0)
		return e;
	if (path) {
		certs->path = strdup(path);
		if (!certs->path)
			return jurat_fail_memory(err);
	}
	*ret = take_ptr(certs);
	return 0;
}

int jurat_snp_certs_new(const char *path, const struct jurat_snp_certs_options *options,
			struct jurat_snp_certs **ret, struct jurat_error *err)
{
	return host_snp_certs_new(NULL, path, options, ret, err);
}

void jurat_snp_certs_free(struct jurat_snp_certs *certs)
{
	if (!certs)
		return;
	while (certs->idle) {
		struct slot *slot = certs->idle;

		certs->idle = slot->next;
		slot_free(slot);
	}
	if (certs->dir >= 0)
		base_close(certs->env, certs->dir);
	pthread_mutex_destroy(&certs->mutex);
	free(certs->path);
	free(certs);
}

int jurat_snp_request_new(struct jurat_snp_certs *certs, struct jurat_snp_request **ret,
			  struct jurat_error *err)
{
	struct jurat_snp_request *request = calloc(1, sizeof(*request));

	if (!request)
		return jurat_fail_memory(err);
	request->certs = certs;
	*ret = request;
	return 0;
}

void jurat_snp_request_free(struct jurat_snp_request *request)
{
	if (!request)
		return;
	if (request->held)
		slot_give_back(request->certs, request->held);
	free(request);
}

static int make_room(struct slot *slot, uint64_t pages, struct jurat_error *err)
{
	size_t want = (size_t)pages * HOST_PAGE_BYTES; /* pages <= STORE_MAX_BYTES / HOST_PAGE_BYTES */
	uint8_t *grown;

	if (want <= slot->room)
		return 0;
	grown = realloc(slot->blob, want);
	if (!grown)
		return jurat_wrap(err, jurat_fail_memory(err), "certificate table of %zu bytes", want);
	slot->blob = grown;
	slot->room = want;
	return 0;
}

/*
 * Locks the blob and reads it into whole pages, zeroing the rest of the last. 0: certificates, locked;
 * JURAT_NOT_FOUND: no file, or an empty table; otherwise as store_lock, and -EBADMSG not a certificate table.
 * Only on 0 is the lock held.
 */
static int load(struct slot *slot, uint64_t wait_ns, uint64_t *ret_pages, struct jurat_error *err)
{
	struct snp_certs table;
	uint64_t pages;
	size_t size;
	int e = store_lock(&slot->reader, wait_ns, err);

	if (e != 0)
		return e;
	size = (size_t)slot->reader.size;
	pages = host_pages(size);
	if (pages == 0)
		e = JURAT_NOT_FOUND;
	if (e == 0)
		e = make_room(slot, pages, err);
	if (e == 0)
		e = store_read(&slot->reader, slot->blob, size, 0, err);
	if (e == 0) {
		memset(slot->blob + size, 0, (size_t)pages * HOST_PAGE_BYTES - size);
		e = snp_certs_read(slot->blob, size, &table, err);
		if (e < 0)
			(void)jurat_wrap(err, e, "'%s'", slot->reader.path);
		else if (table.n == 0)
			e = JURAT_NOT_FOUND;
	}
	if (e != 0)
		store_unlock(&slot->reader);
	else
		*ret_pages = pages;
	return e;
}

/* Copies page by page, so that a VMM need not handle accesses that span two memory regions. */
static int copy_out(const struct jurat_guest_memory *memory, uint64_t gpa, const uint8_t *from, size_t n,
		    struct jurat_error *err)
{
	uint64_t last;

	if (gpa % HOST_PAGE_BYTES != 0)
		return jurat_fail(err, -EFAULT, "guest address %#llx is not page aligned",
				  (unsigned long long)gpa);
	if (__builtin_add_overflow(gpa, n - 1, &last))
		return jurat_fail(err, -EFAULT, "%zu bytes at guest address %#llx wrap", n,
				  (unsigned long long)gpa);
	for (size_t off = 0; off < n; off += HOST_PAGE_BYTES) {
		size_t part = n - off < HOST_PAGE_BYTES ? n - off : HOST_PAGE_BYTES;
		int e = memory->write(memory->context, gpa + off, from + off, part);

		if (e != 0)
			return jurat_fail(err, -EFAULT,
					  "guest address %#llx cannot be written: private or not memory",
					  (unsigned long long)(gpa + off));
	}
	return 0;
}

static uint64_t answer_empty(uint64_t gpa, uint64_t npages, const struct jurat_guest_memory *memory,
			     struct jurat_error *err)
{
	static const uint8_t empty[STORE_EMPTY_BYTES];

	if (npages == 0)
		return 0;
	return copy_out(memory, gpa, empty, sizeof(empty), err) == 0 ? 0 : EIO;
}

/*
 * Answers with the slot's blob. The lock stays held only when certificates were written; *ret_held says so.
 */
static uint64_t answer(struct slot *slot, uint64_t wait_ns, uint64_t gpa, uint64_t *npages,
		       const struct jurat_guest_memory *memory, bool *ret_held, struct jurat_error *err)
{
	uint64_t pages = 0;
	int e = load(slot, wait_ns, &pages, err);

	if (e == JURAT_NOT_FOUND)
		return answer_empty(gpa, *npages, memory, err);
	if (e == JURAT_BUSY)
		return EAGAIN;
	if (e != 0)
		return EIO;
	if (*npages < pages) {
		(void)jurat_fail(err, -ENOSPC, "the guest offered %llu pages, the certificates need %llu",
				 (unsigned long long)*npages, (unsigned long long)pages);
		*npages = pages;
		return ENOSPC;
	}
	e = copy_out(memory, gpa, slot->blob, (size_t)pages * HOST_PAGE_BYTES, err);
	if (e != 0)
		return EIO;
	*ret_held = true;
	return 0;
}

/*
 * One step of a request: answers it, or, for as long as lock_wait_ms is not over, JURAT_BUSY. `may_block`
 * spends all of that time in the step.
 */
static int serve_step(struct jurat_snp_request *request, bool may_block, uint64_t gpa, uint64_t *npages,
		      const struct jurat_guest_memory *memory, uint64_t *ret_answer, struct jurat_error *err)
{
	struct jurat_snp_certs *certs = request->certs;
	uint64_t now = base_now_ns(certs->env), left;
	struct slot *slot = slot_take(certs);
	bool held = false;

	if (!request->waiting)
		request->give_up_ns = now + certs->wait_ns;
	request->waiting = false;
	left = now < request->give_up_ns ? request->give_up_ns - now : 0;
	if (!slot) {
		(void)jurat_fail_memory(err);
		return 0;
	}
	request->serving = slot;
	*ret_answer = answer(slot, may_block ? left : 0, gpa, npages, memory, &held, err);
	if (held)
		request->held = slot;
	else
		slot_give_back(certs, slot);
	request->serving = NULL;
	request->waiting =
		*ret_answer == EAGAIN && left > 0 && !may_block; /* which KVM_RUN may take as it is */
	return request->waiting ? JURAT_BUSY : 0;
}

static int serve(struct jurat_snp_request *request, bool may_block, uint64_t gpa, uint64_t npages,
		 const struct jurat_guest_memory *memory, uint64_t *ret_answer, uint64_t *ret_npages,
		 struct jurat_error *err)
{
	struct jurat_guest_memory m;
	int e;

	*ret_npages = npages;
	*ret_answer = EIO;
	e = base_struct_take(&m, memory, context, "jurat_guest_memory", err);
	if (e < 0)
		return e;
	if (!m.write)
		return jurat_fail(err, -EINVAL, "jurat_guest_memory: write is missing");
	if (request->answered)
		return jurat_fail(err, -EBUSY, "the previous request of this vCPU has not been completed");
	if (request->certs->path)
		e = serve_step(request, may_block, gpa, ret_npages, &m, ret_answer, err);
	else
		*ret_answer = answer_empty(gpa, npages, &m, err);
	request->answered = e == 0;
	return e;
}

int jurat_snp_request_serve(struct jurat_snp_request *request, uint64_t gpa, uint64_t npages,
			    const struct jurat_guest_memory *memory, uint64_t *ret_answer,
			    uint64_t *ret_npages, struct jurat_error *err)
{
	return serve(request, true, gpa, npages, memory, ret_answer, ret_npages, err);
}

int jurat_snp_request_serve_nowait(struct jurat_snp_request *request, uint64_t gpa, uint64_t npages,
				   const struct jurat_guest_memory *memory, uint64_t *ret_answer,
				   uint64_t *ret_npages, uint32_t *ret_wait_ms, struct jurat_error *err)
{
	int e = serve(request, false, gpa, npages, memory, ret_answer, ret_npages, err);

	*ret_wait_ms = e == JURAT_BUSY ? LOCK_RETRY_MS : 0;
	return e;
}

int jurat_snp_request_ran(struct jurat_snp_request *request, int rc, unsigned flags)
{
	struct slot *held = request->held;

	request->run_failed = rc < 0;
	if ((flags & JURAT_SNP_RAN_UNINITIALIZED) && (rc == -EINTR || rc == -EAGAIN))
		return 0;
	request->answered = request->waiting = false;
	request->held = NULL;
	if (!held)
		return 0;
	request->serving = held;
	slot_give_back(request->certs, held);
	request->serving = NULL;
	return 1;
}

void jurat_snp_request_reset(struct jurat_snp_request *request)
{
	(void)jurat_snp_request_ran(request, 0, 0);
	request->set_immediate_exit = false;
}

/* The byte is also written by signal handlers that kick the vCPU, and read by the kernel. */
static void set_immediate_exit(uint8_t *run, uint8_t value)
{
	__atomic_store_n(run + KVM_RUN_immediate_exit, value, __ATOMIC_RELAXED);
}

static int handle_exit(struct jurat_snp_request *request, bool may_block, struct kvm_run *kvm_run,
		       const struct jurat_guest_memory *memory, struct jurat_error *err)
{
	uint8_t *run = (uint8_t *)kvm_run;
	uint64_t npages, answer;
	uint32_t reason = (uint32_t)bytes_get_le(run + KVM_RUN_exit_reason, 4);
	int e;

	if (reason != request->certs->exit_reason)
		return jurat_fail(err, -EINVAL, "exit reason %u is not KVM_EXIT_SNP_REQ_CERTS (%u)", reason,
				  request->certs->exit_reason);
	if (request->run_failed)
		return jurat_fail(err, -EINVAL, "KVM_RUN failed, so exit_reason is that of an earlier exit");
	e = serve(request, may_block, bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_gpa, 8),
		  bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_npages, 8), memory, &answer, &npages, err);
	bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_npages, npages, 8);
	bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, answer, 8);
	if (e == 0 && request->held) {
		set_immediate_exit(run, 1);
		request->set_immediate_exit = true;
	}
	return e;
}

int jurat_snp_request_handle_exit(struct jurat_snp_request *request, struct kvm_run *run,
				  const struct jurat_guest_memory *memory, struct jurat_error *err)
{
	return handle_exit(request, true, run, memory, err);
}

int jurat_snp_request_handle_exit_nowait(struct jurat_snp_request *request, struct kvm_run *run,
					 const struct jurat_guest_memory *memory, uint32_t *ret_wait_ms,
					 struct jurat_error *err)
{
	int e = handle_exit(request, false, run, memory, err);

	*ret_wait_ms = e == JURAT_BUSY ? LOCK_RETRY_MS : 0;
	return e;
}

/*
 * KVM_RUN may have failed before it completed the request, as with registers that it refuses. If the VMM goes
 * on all the same, the firmware must not see the request without the lock; if it was completed, nobody reads
 * this.
 */
static void withdraw_answer(const struct jurat_snp_request *request, uint8_t *run)
{
	uint32_t reason = (uint32_t)bytes_get_le(run + KVM_RUN_exit_reason, 4);

	if (reason == request->certs->exit_reason || reason == UAPI_KVM_EXIT_INTR)
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, EAGAIN, 8);
}

int jurat_snp_request_handle_ran(struct jurat_snp_request *request, struct kvm_run *kvm_run, int rc,
				 unsigned flags)
{
	int dropped = jurat_snp_request_ran(request, rc, flags);

	if (dropped && rc < 0)
		withdraw_answer(request, (uint8_t *)kvm_run);
	if (request->set_immediate_exit && !request->held) {
		set_immediate_exit((uint8_t *)kvm_run, 0);
		request->set_immediate_exit = false;
	}
	return dropped;
}

/* Which file a descriptor is of, its lock included, is known to the environment. */
static void mix_slot(const struct slot *slot, struct base_mix *to)
{
	base_mix_u64(to, slot ? (uint64_t)slot->reader.fd << 1 | slot->reader.locked : UINT64_MAX - 1);
}

void host_snp_certs_mix(const struct jurat_snp_certs *certs, struct base_mix *to)
{
	for (const struct slot *slot = certs->idle; slot; slot = slot->next)
		mix_slot(slot, to);
	mix_slot(NULL, to);
}

void host_snp_request_mix(const struct jurat_snp_request *request, struct base_mix *to)
{
	mix_slot(request->held, to);
	mix_slot(request->serving, to);
	base_mix_u64(to, request->waiting || request->serving ? request->give_up_ns : UINT64_MAX);
	base_mix_u64(to, (uint64_t)request->waiting << 3 | (uint64_t)request->answered << 2 |
				 (uint64_t)request->run_failed << 1 | request->set_immediate_exit);
}

bool host_snp_request_holds(const struct jurat_snp_request *request)
{
	return request->held != NULL;
}
