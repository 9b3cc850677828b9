/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "run/device.h"
#include "run/user_memory.h"
#include "support/fuzz.h"
#include "uapi/sev.h"
#include "uapi/tdx.h"

/*
 * A hostile program under `jurat run`: what it may do with the devices and configfs, in any order, with any
 * bytes in its memory. Every request is answered once, and nothing but the program's memory is touched. The
 * filesystem and the program's memory are made here, where run/ has FUSE and process_vm_readv(2).
 *
 * Input: a byte of flags, then a byte OP_*, which node or file, and what it needs.
 */
enum { OP_OPEN, OP_RELEASE, OP_IOCTL, OP_READ, OP_WRITE, OP_MKDIR, OP_RMDIR, OP_MEMORY, OP_STEP, N_OPS };
enum { HOST = 1, TDX = 2, LEGACY = 4, REPORTS_OF_TDX = 8, TURIN = 16 };
enum { MAX_NODES = 64, MAX_FILES = 4, MAX_OPS = 64, MEMORY_BYTES = 0x8000, MAX_STEPS = 100000 };
#define MEMORY_AT UINT64_C(0x10000)

struct run_node {
	bool used, removed; /* a removed one lives on while files of it are open */
	struct run_node *parent;
	char name[64];
	mode_t mode;
	const struct run_node_ops *ops;
	void *ctx;
};

struct run_fs {
	struct run_node nodes[MAX_NODES];
};

struct file {
	const struct run_node_ops *ops; /* NULL: closed */
	void *ctx, *file;
	unsigned n_pending;
};

struct run_reply {
	struct file *of;
	bool is_read;
	size_t wanted;
};

static struct {
	struct bytes_rd in;
	struct run_fs fs;
	struct run_platform platform;
	struct file files[MAX_FILES];
	unsigned n_pending;
	uint8_t memory[MEMORY_BYTES];
} world;

/* ---- what run/fs.h and run/user_memory.h promise */

int run_fs_add(struct run_fs *fs, struct run_node *parent, const char *name, mode_t mode, off_t size,
	       const struct run_node_ops *ops, void *ctx, struct run_node **ret)
{
	static const struct run_node_ops nothing;

	if (strlen(name) >= sizeof(fs->nodes[0].name))
		return -ENAMETOOLONG;
	for (size_t i = 0; i < MAX_NODES; i++) {
		struct run_node *n = &fs->nodes[i];

		if (n->used)
			continue;
		*n = (struct run_node){
			.used = true, .parent = parent, .mode = mode, .ops = ops ? ops : &nothing, .ctx = ctx
		};
		memcpy(n->name, name, strlen(name) + 1);
		if (ret)
			*ret = n;
		return 0;
	}
	return -ENOMEM;
}

int run_fs_add_link(struct run_fs *fs, struct run_node *parent, const char *name, const char *target)
{
	return run_fs_add(fs, parent, name, S_IFLNK | 0777, 0, NULL, NULL, NULL);
}

void run_fs_remove(struct run_fs *fs, struct run_node *node)
{
	for (size_t i = 0; i < MAX_NODES; i++)
		if (fs->nodes[i].used && fs->nodes[i].parent == node)
			run_fs_remove(fs, &fs->nodes[i]);
	*node = (struct run_node){ 0 };
}

struct run_node *run_fs_find(struct run_fs *fs, struct run_node *parent, const char *name)
{
	for (size_t i = 0; i < MAX_NODES; i++)
		if (fs->nodes[i].used && fs->nodes[i].parent == parent &&
		    strcmp(fs->nodes[i].name, name) == 0)
			return &fs->nodes[i];
	return NULL;
}

bool run_fs_has_kept(const struct run_fs *fs)
{
	return false;
}

void run_fs_serve_kept(struct run_fs *fs)
{
}

static void answered(struct run_reply *reply)
{
	must(reply->of->n_pending > 0 && world.n_pending > 0);
	reply->of->n_pending--;
	world.n_pending--;
	free(reply);
}

void run_reply_ioctl(struct run_reply *reply, int result)
{
	must(!reply->is_read && result >= -4095);
	if (result == 0)
		FUZZ_REACHED("an ioctl succeeds");
	answered(reply);
}

void run_reply_read(struct run_reply *reply, int error, const void *data, size_t size)
{
	volatile uint8_t last;

	must(reply->is_read && error <= 0 && (error == 0 ? size <= reply->wanted : true));
	if (error == 0 && size > 0) {
		FUZZ_REACHED("a read gives bytes");
		last = ((const uint8_t *)data)[size - 1];
		(void)last;
	}
	if (size > 1000)
		FUZZ_REACHED("a read gives a blob");
	answered(reply);
}

pid_t run_reply_thread(const struct run_reply *reply)
{
	return 1;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	if (addr < MEMORY_AT || addr - MEMORY_AT > MEMORY_BYTES || n > MEMORY_BYTES - (addr - MEMORY_AT))
		return -EFAULT;
	memcpy(to, world.memory + (addr - MEMORY_AT), n);
	return 0;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	if (addr < MEMORY_AT || addr - MEMORY_AT > MEMORY_BYTES || n > MEMORY_BYTES - (addr - MEMORY_AT))
		return -EFAULT;
	memcpy(world.memory + (addr - MEMORY_AT), from, n);
	return 0;
}

void run_user_memory_init(struct run_user_memory *user, pid_t pid, struct run_platform *platform)
{
	*user = (struct run_user_memory){ .memory = { user_read, user_write, user }, .pid = pid };
}

void run_user_memory_of_ioctl(struct run_user_memory *user, const struct run_ioctl *call,
			      struct run_platform *platform)
{
	run_user_memory_init(user, call->pid, platform);
}

void run_user_memory_reply(struct run_user_memory *user, struct run_reply *reply, int result)
{
	run_reply_ioctl(reply, result);
}

/* ---- the program */

static struct run_node *node(void)
{
	struct run_node *n = &world.fs.nodes[fuzz_u8(&world.in) % MAX_NODES];

	return n->used ? n : NULL;
}

static struct run_reply *new_reply(struct file *f, bool is_read, size_t wanted)
{
	struct run_reply *reply = malloc(sizeof(*reply));

	must(reply != NULL);
	*reply = (struct run_reply){ f, is_read, wanted };
	f->n_pending++;
	world.n_pending++;
	return reply;
}

static void finish(void)
{
	for (unsigned i = 0; world.n_pending > 0 && run_platform_runnable(&world.platform); i++) {
		must(i < MAX_STEPS);
		run_platform_step(&world.platform);
	}
}

static void open_file(struct file *f)
{
	struct run_node *n = node();
	int flags = (fuzz_u8(&world.in) & 3) % 3;

	if (f->ops || !n || S_ISDIR(n->mode))
		return;
	if (n->ops->open && n->ops->open(n->ctx, flags, &f->file) < 0) {
		f->file = NULL;
		return;
	}
	f->ops = n->ops;
	f->ctx = n->ctx;
}

/* As the kernel does: when nothing of it is under way. */
static void release(struct file *f)
{
	if (!f->ops)
		return;
	finish();
	must(f->n_pending == 0);
	if (f->ops->release)
		f->ops->release(f->ctx, f->file);
	*f = (struct file){ 0 };
}

static void issue(struct file *f)
{
	static const unsigned likely[] = {
		UAPI_SNP_GET_REPORT,
		UAPI_SNP_GET_DERIVED_KEY,
		UAPI_SNP_GET_EXT_REPORT,
		UAPI_SEV_ISSUE_CMD,
		UAPI_TDX_CMD_GET_REPORT0,
		UAPI_TDX_CMD_GET_QUOTE,
		UAPI_TDX_CMD_LIBTDX_GET_QUOTE_V3,
		UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR,
	};
	uint8_t which = fuzz_u8(&world.in);
	uint64_t arg = fuzz_u16(&world.in);
	struct run_ioctl call = { .pid = which >> 6, .arg = arg == 0xffff ? UINT64_MAX : MEMORY_AT + arg };

	call.request = (which & 15) < ARRAY_SIZE(likely) ? likely[which & 15] : fuzz_u32(&world.in);
	call.compat = which & 32;
	if (f->ops && f->ops->ioctl)
		f->ops->ioctl(f->ctx, f->file, &call, new_reply(f, false, 0));
}

static void write_file(struct file *f)
{
	auto_bytes part = fuzz_part(&world.in);
	uint64_t off = fuzz_u8(&world.in);
	ssize_t n;

	if (!f->ops || !f->ops->write)
		return;
	n = f->ops->write(f->ctx, f->file, part.p, part.n, off, 1);
	must(n <= (ssize_t)part.n && n >= -4095);
	if (n > 0)
		FUZZ_REACHED("a write is taken");
}

static void make_or_remove(bool make)
{
	struct run_node *report = run_fs_find(&world.fs, run_fs_find(&world.fs, NULL, "tsm"), "report");
	char name[2] = { (char)('a' + fuzz_u8(&world.in) % 3), '\0' };

	if (!report)
		return;
	if (make && !run_fs_find(&world.fs, report, name))
		(void)!report->ops->mkdir(report->ctx, name);
	else if (!make)
		(void)!report->ops->rmdir(report->ctx, name);
}

static void fill_memory(void)
{
	size_t off = fuzz_u16(&world.in) % MEMORY_BYTES, room = MEMORY_BYTES - off;
	auto_bytes bytes = fuzz_part(&world.in);

	if (bytes.n > 0)
		memcpy(world.memory + off, bytes.p, bytes.n < room ? bytes.n : room);
}

static void step(void)
{
	uint8_t op = fuzz_u8(&world.in) % N_OPS;
	struct file *f = &world.files[op >= OP_MKDIR ? 0 : fuzz_u8(&world.in) % MAX_FILES];
	uint16_t off, size;

	switch (op) {
	case OP_OPEN:
		open_file(f);
		break;
	case OP_RELEASE:
		release(f);
		break;
	case OP_IOCTL:
		issue(f);
		break;
	case OP_READ:
		size = fuzz_u16(&world.in);
		off = fuzz_u16(&world.in);
		if (f->ops && f->ops->read)
			f->ops->read(f->ctx, f->file, size, off, new_reply(f, true, size));
		break;
	case OP_WRITE:
		write_file(f);
		break;
	case OP_MKDIR:
	case OP_RMDIR:
		make_or_remove(op == OP_MKDIR);
		break;
	case OP_MEMORY:
		fill_memory();
		break;
	default:
		finish();
	}
}

static void add_devices(const struct run_options *options, void *ctx[4])
{
	struct run_platform *p = &world.platform;

	if (options->host) {
		must(run_sev_add(&world.fs, p, &ctx[0], NULL) == 0);
		return;
	}
	if (options->tees & RUN_TDX)
		must(run_tdx_guest_add(&world.fs, p, &ctx[0], NULL) == 0 &&
		     run_misc_tdx_guest_add(&world.fs, p, &ctx[1], NULL) == 0);
	else
		must(run_sev_guest_add(&world.fs, p, &ctx[0], NULL) == 0 &&
		     run_misc_sev_guest_add(&world.fs, p, &ctx[1], NULL) == 0 &&
		     run_platform_device_add(&world.fs, p, &ctx[3], NULL) == 0);
	must(run_tsm_add(&world.fs, p, &ctx[2], NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run_options options = { .no_certs = true, .tees = RUN_SEV_SNP, .reported = RUN_SEV_SNP };
	void *ctx[4] = { 0 };
	uint8_t flags;

	memset(&world, 0, sizeof(world));
	world.in = bytes_rd(data, size);
	flags = fuzz_u8(&world.in);
	options.host = flags & HOST;
	options.product = flags & TURIN ? SNP_TURIN : SNP_MILAN;
	options.legacy_quote = flags & LEGACY;
	if (flags & TDX && !options.host)
		options.tees = options.reported = RUN_TDX;
	must(run_platform_init(&world.platform, &options, "/nonexistent", NULL) == 0);
	add_devices(&options, ctx);
	for (unsigned i = 0; i < MAX_OPS && bytes_rd_left(&world.in) > 0; i++)
		step();
	for (unsigned i = 0; i < MAX_FILES; i++)
		release(&world.files[i]);
	must(world.n_pending == 0);
	run_platform_stop(&world.platform);
	run_tsm_done(ctx[2]);
	run_misc_done(ctx[1]);
	run_misc_done(ctx[3]);
	run_platform_done(&world.platform);
	return 0;
}
