/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "host/host.h"
#include "support/env.h"
#include "support/snp.h"
#include "uapi/kvm.h"
#include "wire/kvm_run.h"

/*
 * A certificate blob that anybody wrote, files and locks that fail or change under the reader, and a guest
 * that chooses address and pages: KVM_EXIT_SNP_REQ_CERTS. The guest gets the blob and zeros behind it, or
 * nothing; the lock is held exactly while certificates are out and KVM_RUN has not come back.
 *
 * Input: the blob, as fuzz_item() has it; then calls: a byte CALL_*, its arguments, and a byte for each
 * call of the environment that it makes.
 */
enum { PAGE = HOST_PAGE_BYTES, PAGES = 8, BLOB_FD = 1000, MAX_CALLS = 16 };
#define GPA UINT64_C(0x40000)
enum { CALL_SERVE, CALL_RAN, CALL_EXIT, CALL_HANDLE_RAN, CALL_REPLACED, CALL_N_KINDS };

struct world {
	struct base_env base;
	struct bytes_rd in;
	struct fuzz_bytes blob;
	uint64_t now, ino; /* of the file at the path */
	uint64_t open_ino;
	unsigned open, locked;
	uint8_t ram[PAGES * PAGE];
	size_t written; /* bytes from GPA on */
};

static struct world *self(struct base_env *env)
{
	return (struct world *)env;
}

/* 0 in most cases: then the call does what it should. */
static uint8_t how(struct world *w)
{
	uint8_t v = fuzz_u8(&w->in);

	return v >= 0xe0 ? v : 0;
}

static uint64_t w_now_ns(struct base_env *env)
{
	return self(env)->now += 1000000;
}

static int w_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	static const int errors[] = { -ENOENT, -EACCES, -EMFILE, -ELOOP };
	uint8_t v = how(self(env));

	if (v)
		return errors[v % 4];
	self(env)->open++;
	self(env)->open_ino = self(env)->ino;
	return BLOB_FD;
}

static int w_close(struct base_env *env, int fd)
{
	must(fd == BLOB_FD && self(env)->open > 0);
	self(env)->open--;
	self(env)->locked = 0;
	return 0;
}

static int stat_file(struct world *w, uint64_t ino, struct base_stat *ret)
{
	static const int64_t sizes[] = { 0, 1 << 20, (1 << 20) + 1, INT64_MAX };
	uint8_t v = how(w);

	if (v >= 0xf0)
		return v & 1 ? -ENOENT : -EIO;
	*ret = (struct base_stat){ .dev = 1, .ino = ino, .size = (int64_t)w->blob.n, .mode = S_IFREG | 0644 };
	if (v >= 0xe8)
		ret->mode = S_IFIFO | 0644;
	else if (v)
		ret->size = sizes[v % 4];
	return 0;
}

static int w_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	return stat_file(self(env), self(env)->open_ino, ret);
}

static int w_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	return stat_file(self(env), self(env)->ino, ret);
}

static int w_lock(struct base_env *env, int fd, enum base_lock_how lock, uint64_t wait_ns)
{
	uint8_t v = how(self(env));

	must(lock == BASE_LOCK_SHARED && self(env)->open == 1);
	if (v) {
		self(env)->now += wait_ns;
		return v >= 0xf0 ? -ENOLCK : JURAT_BUSY;
	}
	self(env)->locked = 1;
	return 0;
}

static int w_unlock(struct base_env *env, int fd)
{
	if (how(self(env)))
		return -EIO;
	self(env)->locked = 0;
	return 0;
}

static ssize_t w_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	struct world *w = self(env);
	uint8_t v = how(w);
	size_t left = (uint64_t)off < w->blob.n ? w->blob.n - (size_t)off : 0, part = n < left ? n : left;

	if (v >= 0xf0)
		return -EIO;
	if (v && part > v)
		part = v;
	if (part > 0)
		memcpy(buf, w->blob.p + off, part);
	return (ssize_t)part;
}

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct world *w = context;

	must(n > 0 && gpa % PAGE + n <= PAGE);
	if (how(w) || gpa < GPA || gpa - GPA > sizeof(w->ram) || n > sizeof(w->ram) - (gpa - GPA))
		return -EFAULT;
	memcpy(w->ram + (gpa - GPA), from, n);
	w->written = gpa - GPA + n;
	return 0;
}

static void check_answer(struct world *w, uint64_t gpa, uint64_t asked, uint64_t answer, uint64_t npages)
{
	size_t n = w->blob.n;

	must(answer == 0 || answer == ENOSPC || answer == EAGAIN || answer == EIO);
	must(answer == ENOSPC ? npages > asked : npages == asked);
	must(answer == 0 || w->locked == 0);
	must(w->written == 0 ||
	     (w->written - 1) / PAGE - (gpa - GPA) / PAGE < asked); /* whole pages, no more */
	if (answer == ENOSPC)
		FUZZ_REACHED("a guest gives too few pages");
	if (answer != 0 || !w->locked)
		return;
	FUZZ_REACHED("a guest gets certificates");
	must(gpa == GPA + w->written - (n + PAGE - 1) / PAGE * PAGE);
	must(memcmp(w->ram + (gpa - GPA), w->blob.p, n) == 0);
	must(bytes_all(w->ram + (gpa - GPA) + n, w->written - (gpa - GPA) - n, 0));
}

static void call(struct world *w, struct jurat_snp_request *request, uint8_t run[KVM_RUN_SNP_REQ_CERTS_BYTES])
{
	const struct jurat_guest_memory memory = { sizeof(memory), NULL, write_guest, w };
	struct kvm_run *kvm_run = (struct kvm_run *)(void *)run;
	uint8_t kind = fuzz_u8(&w->in) % CALL_N_KINDS, a = fuzz_u8(&w->in), b = fuzz_u8(&w->in);
	uint64_t gpa = a < 0xf0 ? GPA + (a & 7) * (uint64_t)PAGE + (a >> 7) * 8 : UINT64_MAX - PAGE + 1,
		 answer = 0;
	uint64_t npages = b < 0xf0 ? b & 15 : UINT64_MAX, n = 0;
	int rc = a & 1 ? (a & 2 ? -EINTR : -EAGAIN) : 0, r;

	w->written = 0;
	switch (kind) {
	case CALL_SERVE:
		r = jurat_snp_request_serve(request, gpa, npages, &memory, &answer, &n, NULL);
		must(r == 0 || (r == -EBUSY && answer == EIO));
		if (r == 0)
			check_answer(w, gpa, npages, answer, n);
		break;
	case CALL_EXIT:
		bytes_put_le(run + KVM_RUN_exit_reason, b == 0xff ? 17 : UAPI_KVM_EXIT_SNP_REQ_CERTS, 4);
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_gpa, gpa, 8);
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_npages, npages, 8);
		r = jurat_snp_request_handle_exit(request, kvm_run, &memory, NULL);
		must(r == 0 || r == -EINVAL || r == -EBUSY);
		if (r == 0)
			check_answer(w, gpa, npages, bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_ret, 8),
				     bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_npages, 8));
		must(r != 0 || !w->locked || run[KVM_RUN_immediate_exit] == 1);
		break;
	case CALL_REPLACED:
		w->ino++;
		break;
	default:
		r = kind == CALL_RAN ? jurat_snp_request_ran(request, rc, b & 1)
				     : jurat_snp_request_handle_ran(request, kvm_run, rc, b & 1);
		must((b & 1 && rc < 0) || w->locked == 0);
		if (r > 0)
			FUZZ_REACHED("a lock is dropped when the firmware was asked");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct base_env_ops ops;
	struct world *w = calloc(1, sizeof(*w));
	const struct fuzz_bytes *own = &fuzz_snp(0)->tables[0];
	uint8_t run[KVM_RUN_SNP_REQ_CERTS_BYTES] = { 0 };
	struct jurat_snp_request *request;
	struct jurat_snp_certs *certs;

	must(w != NULL);
	ops = *fuzz_env_ops();
	ops.now_ns = w_now_ns;
	ops.open = w_open;
	ops.close = w_close;
	ops.fstat = w_fstat;
	ops.stat = w_stat;
	ops.lock = w_lock;
	ops.unlock = w_unlock;
	ops.pread = w_pread;
	w->base.ops = &ops;
	w->in = bytes_rd(data, size);
	w->blob = fuzz_item(&w->in, own->p, own->n);
	must(host_snp_certs_new(&w->base, "/blob", NULL, &certs, NULL) == 0);
	must(jurat_snp_request_new(certs, &request, NULL) == 0);
	for (unsigned i = 0; i < MAX_CALLS && bytes_rd_left(&w->in) > 0; i++)
		call(w, request, run);
	jurat_snp_request_free(request);
	must(w->locked == 0 || w->open == 0);
	jurat_snp_certs_free(certs);
	must(w->open == 0);
	fuzz_bytes_done(&w->blob);
	free(w);
	return 0;
}
