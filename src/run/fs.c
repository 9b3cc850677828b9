/* SPDX-License-Identifier: MIT */
#include "run/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/fs_internal.h"

enum { REQUESTS = 64 }; /* maximum per call, so that other events get their turn */

static struct run_fs *fs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static void reply_entry(fuse_req_t req, struct run_node *node)
{
	struct fuse_entry_param e = { .attr_timeout = RUN_FS_CACHE_S, .entry_timeout = RUN_FS_CACHE_S };

	e.ino = node->ino;
	e.generation = node->generation;
	run_fs_attr(fs_of(req), node, &e.attr);
	node->lookups++;
	if (fuse_reply_entry(req, &e) == -ENOENT) /* interrupted lookups are forgotten by the kernel */
		run_tree_forget(fs_of(req), node->ino, 1);
}

static void do_init(void *ctx, struct fuse_conn_info *conn)
{
	/*
	 * Releases are background requests. They must not be queued, or a close(2) would arrive after later
	 * requests.
	 */
	conn->max_background = UINT16_MAX;
	conn->congestion_threshold = UINT16_MAX;
}

static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct run_node *dir = run_tree_get(fs_of(req), parent), *node;

	node = dir && !dir->removed ? run_fs_find(fs_of(req), dir, name) : NULL;
	if (!node)
		fuse_reply_err(req, ENOENT);
	else
		reply_entry(req, node);
}

static void do_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	run_tree_forget(fs_of(req), ino, n);
	fuse_reply_none(req);
}

static void do_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct run_node *dir = run_tree_get(fs_of(req), parent), *node;
	int r = -EPERM; /* configfs's error where directories cannot be created */

	if (dir && !dir->removed && dir->ops && dir->ops->mkdir)
		r = dir->ops->mkdir(dir->ctx, name);
	node = r == 0 ? run_fs_find(fs_of(req), dir, name) : NULL;
	if (!node)
		fuse_reply_err(req, r == 0 ? EIO : -r);
	else
		reply_entry(req, node);
}

static void do_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct run_node *dir = run_tree_get(fs_of(req), parent);
	int r = -EPERM;

	if (dir && dir->ops && dir->ops->rmdir)
		r = dir->ops->rmdir(dir->ctx, name);
	fuse_reply_err(req, -r);
}

/*
 * Errors of sysfs and configfs for operations that their directories do not have. Spec: Linux fs/namei.c,
 * vfs_create() and vfs_mknod().
 */
static void no_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	fuse_reply_err(req, S_ISREG(mode) ? EACCES : EPERM);
}

static void no_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	fuse_reply_err(req, EACCES);
}

static void no_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fuse_reply_err(req, EPERM);
}

static void no_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	fuse_reply_err(req, EPERM);
}

static void no_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to, const char *to_name,
		      unsigned flags)
{
	fuse_reply_err(req, EPERM);
}

static void no_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t to, const char *to_name)
{
	fuse_reply_err(req, EPERM);
}

int run_open_new(const struct run_node *node, int flags, struct run_open **ret)
{
	struct run_open *opened = calloc(1, sizeof(*opened));
	int r = !opened ? -ENOMEM : !node || node->removed ? -ENOENT : 0;

	if (r == 0 && node->ops && node->ops->open)
		r = node->ops->open(node->ctx, flags, &opened->file);
	if (r < 0) {
		free(opened);
		return r;
	}
	opened->ops = node->ops;
	opened->ctx = node->ctx;
	*ret = opened;
	return 0;
}

/* In sysfs and configfs, modes apply to root, too. */
static bool modes_forbid(const struct run_node *node, int flags)
{
	int access = flags & O_ACCMODE;

	return node && node->ops && node->ops->strict &&
	       ((access != O_WRONLY && !(node->mode & 0444)) || (access != O_RDONLY && !(node->mode & 0222)));
}

static void do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct run_node *node = run_tree_get(fs_of(req), ino);
	struct run_open *opened = NULL;
	int r = modes_forbid(node, fi->flags) ? -EACCES : run_open_new(node, fi->flags, &opened);

	if (r == 0 && fi->flags & O_DIRECT) { /* the kernel checks after open */
		if (node->ops && node->ops->release)
			node->ops->release(node->ctx, opened->file);
		free(opened);
		r = -EINVAL;
	}
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	if (fi->flags & O_TRUNC)
		run_fs_truncate(node, 0);
	opened->node = node;
	node->n_opens++;
	fi->fh = (uintptr_t)opened;
	fi->direct_io = 1;
	fi->nonseekable = !node->ops || !node->ops->seekable;
	run_open_add(fs_of(req), opened);
	if (node->size > 0) { /* an empty file has no page to map */
		opened->mappable = &fs_of(req)->n_mappable;
		++*opened->mappable;
	}
	if (fuse_reply_open(req, fi) == -ENOENT)
		run_open_release(opened); /* the caller was interrupted */
}

static void do_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	run_open_release((struct run_open *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

static void do_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct run_open *opened = (struct run_open *)(uintptr_t)fi->fh;

	if (opened->ops && opened->ops->read)
		opened->ops->read(opened->ctx, opened->file, size, (uint64_t)off, (struct run_reply *)req);
	else
		fuse_reply_err(req, EINVAL);
}

static void do_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	struct run_open *opened = (struct run_open *)(uintptr_t)fi->fh;
	ssize_t n = -EINVAL;

	/*
	 * With O_APPEND, FUSE sends the file's size as the offset; sysfs and configfs ignore the flag and
	 * use the position.
	 */
	if (fi->flags & O_APPEND)
		off = opened->position;
	if (opened->ops && opened->ops->write)
		n = opened->ops->write(opened->ctx, opened->file, data, size, (uint64_t)off,
				       fuse_req_ctx(req)->pid);
	if (n < 0) {
		fuse_reply_err(req, (int)-n);
		return;
	}
	opened->position = off + n;
	fuse_reply_write(req, (size_t)n);
}

void run_open_ioctl(fuse_req_t req, unsigned request, void *arg, const struct fuse_file_info *fi,
		    unsigned flags, const struct run_ioctl *copied)
{
	/* No open operation is sent for directories, so `fh` means nothing for them. */
	struct run_open *opened = flags & FUSE_IOCTL_DIR ? NULL : (struct run_open *)(uintptr_t)fi->fh;
	struct run_ioctl call = { .pid = fuse_req_ctx(req)->pid,
				  .request = request,
				  .arg = (uintptr_t)arg,
				  .compat = flags & FUSE_IOCTL_COMPAT,
				  .in = copied->in,
				  .n_in = copied->n_in,
				  .n_out = copied->n_out };

	if (opened && opened->ops && opened->ops->ioctl)
		opened->ops->ioctl(opened->ctx, opened->file, &call, (struct run_reply *)req);
	else
		fuse_reply_err(req, ENOTTY);
}

static void do_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned request, void *arg, struct fuse_file_info *fi,
		     unsigned flags, const void *in, size_t in_size, size_t out_size)
{
	const struct run_ioctl copied = { .in = in, .n_in = in_size, .n_out = out_size };

	run_open_ioctl(req, request, arg, fi, flags, &copied);
}

struct listing {
	fuse_req_t req;
	char *buffer;
	size_t size, used;
	bool full;
};

static void list(struct listing *l, const char *name, const struct run_node *node, off_t next)
{
	struct stat st = { .st_ino = node->ino, .st_mode = node->mode };
	size_t n;

	if (l->full)
		return;
	n = fuse_add_direntry(l->req, l->buffer + l->used, l->size - l->used, name, &st, next);
	l->full = n > l->size - l->used;
	if (!l->full)
		l->used += n;
}

/*
 * The offset in a listing is the serial number of the last entry, so that it remains valid when entries come
 * and go.
 */
static void do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	enum { DOT = 1, DOT_DOT = 2, FIRST_SERIAL = 3 };
	struct run_node *dir = run_tree_get(fs_of(req), ino);
	struct listing l = { .req = req, .size = size, .buffer = malloc(size) };

	if (!dir || !l.buffer) {
		fuse_reply_err(req, dir ? ENOMEM : ENOENT);
		free(l.buffer);
		return;
	}
	if (off < DOT)
		list(&l, ".", dir, DOT);
	if (off < DOT_DOT)
		list(&l, "..", dir, DOT_DOT);
	for (struct run_node *child = dir->children; child; child = child->next)
		if (off < (off_t)child->serial + FIRST_SERIAL)
			list(&l, child->name, child, (off_t)child->serial + FIRST_SERIAL);
	fuse_reply_buf(req, l.buffer, l.used);
	free(l.buffer);
}

pid_t run_reply_thread(const struct run_reply *reply)
{
	return fuse_req_ctx((fuse_req_t)(uintptr_t)reply)->pid;
}

void run_reply_ioctl(struct run_reply *reply, int result)
{
	/* No data: the driver has already written to the program's memory. */
	fuse_reply_ioctl((fuse_req_t)reply, result, NULL, 0);
}

void run_reply_ioctl_copy(struct run_reply *reply, int result, const void *data, size_t size)
{
	fuse_reply_ioctl((fuse_req_t)reply, result, data, size);
}

void run_reply_read(struct run_reply *reply, int error, const void *data, size_t size)
{
	if (error < 0)
		fuse_reply_err((fuse_req_t)reply, -error);
	else
		fuse_reply_buf((fuse_req_t)reply, data, size);
}

int run_fs_attach(struct run_fs *fs, int fd, struct jurat_error *err)
{
	static const struct fuse_lowlevel_ops ops = {
		.init = do_init,
		.lookup = do_lookup,
		.forget = do_forget,
		.getattr = run_fs_getattr,
		.setattr = run_fs_setattr,
		.statfs = run_fs_statfs,
		.readlink = run_fs_readlink,
		.fsync = run_fs_no_fsync,
		.fsyncdir = run_fs_no_fsync,
		.mkdir = do_mkdir,
		.rmdir = do_rmdir,
		.mknod = no_mknod,
		.create = no_create,
		.unlink = no_unlink,
		.symlink = no_symlink,
		.rename = no_rename,
		.link = no_link,
		.open = do_open,
		.release = do_release,
		.read = do_read,
		.write = do_write,
		.ioctl = do_ioctl,
		.readdir = do_readdir,
	};
	char name[] = "jurat";
	char *argv[] = { name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	char mounted[32];

	fs->session = fuse_session_new(&args, &ops, sizeof(ops), fs);
	fuse_opt_free_args(&args);
	snprintf(mounted, sizeof(mounted), "/dev/fd/%d", fd);
	if (!fs->session || fuse_session_mount(fs->session, mounted) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		close(fd);
		return jurat_fail(err, -EIO, "libfuse cannot use the mounted filesystem");
	}
	return 0;
}

int run_fs_fd(const struct run_fs *fs)
{
	return fs->session ? fuse_session_fd(fs->session) : -1;
}

int run_session_serve(struct fuse_session *session, struct fuse_buf *buffer)
{
	for (unsigned i = 0; i < REQUESTS; i++) {
		int n = fuse_session_receive_buf(session, buffer);

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN)
			return 0;
		if (n <= 0) /* ECONNABORTED: unmounted while a request was pending */
			return n == 0 || n == -ECONNABORTED ? -ENODEV : n;
		fuse_session_process_buf(session, buffer);
	}
	return 0;
}

int run_fs_serve(struct run_fs *fs)
{
	return run_session_serve(fs->session, &fs->buffer);
}

bool run_fs_may_be_mapped(const struct run_fs *fs)
{
	return fs->n_mappable > 0;
}

void run_fs_refuse_reads(struct run_fs *fs)
{
	struct fuse_buf buffer = { .mem = NULL };

	while (fs->session && fuse_session_receive_buf(fs->session, &buffer) > 0) {
		const struct fuse_in_header *header = buffer.mem;
		struct fuse_out_header refusal = { .len = sizeof(refusal),
						   .error = -EIO,
						   .unique = header->unique };

		if (header->opcode != FUSE_READ && fs->n_kept < RUN_MAX_KEPT) {
			fs->kept[fs->n_kept++] = buffer;
			buffer = (struct fuse_buf){ .mem = NULL };
		} else {
			(void)!write(fuse_session_fd(fs->session), &refusal, sizeof(refusal));
		}
	}
	free(buffer.mem);
}

bool run_fs_has_kept(const struct run_fs *fs)
{
	return fs->n_kept > 0;
}

void run_fs_serve_kept(struct run_fs *fs)
{
	while (fs->n_kept > 0) {
		struct fuse_buf first = fs->kept[0];

		memmove(fs->kept, fs->kept + 1, --fs->n_kept * sizeof(fs->kept[0]));
		fuse_session_process_buf(fs->session, &first);
		free(first.mem);
	}
}

void run_fs_session_end(struct run_fs *fs)
{
	while (fs->n_kept > 0)
		free(fs->kept[--fs->n_kept].mem);
	if (fs->session)
		fuse_session_destroy(
			fs->session); /* closes the descriptor: the kernel fails pending requests */
	free(fs->buffer.mem);
}
