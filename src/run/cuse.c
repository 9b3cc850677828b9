/* SPDX-License-Identifier: MIT */
#include "run/cuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/fs_internal.h"

#include <fuse3/cuse_lowlevel.h>

struct run_cuse {
	struct run_fs *fs;
	const struct run_node *node;
	struct fuse_session *session;
	struct fuse_buf buffer;
	dev_t number;
	bool made; /* CUSE_INIT has been answered */
};

static void do_init_done(void *ctx)
{
	struct run_cuse *cuse = ctx;

	cuse->made = true;
}

static void do_open(fuse_req_t req, struct fuse_file_info *fi)
{
	struct run_cuse *cuse = fuse_req_userdata(req);
	struct run_open *opened;
	int r = run_open_new(cuse->node, fi->flags, &opened);

	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	fi->fh = (uintptr_t)opened;
	run_open_add(cuse->fs, opened);
	if (fuse_reply_open(req, fi) == -ENOENT)
		run_open_release(opened); /* the caller of open(2) was interrupted */
}

/* The kernel's answer for a device without this operation. */
static void no_read(fuse_req_t req, size_t size, off_t off, struct fuse_file_info *fi)
{
	fuse_reply_err(req, EINVAL);
}

static void no_write(fuse_req_t req, const char *data, size_t size, off_t off, struct fuse_file_info *fi)
{
	fuse_reply_err(req, EINVAL);
}

static void do_release(fuse_req_t req, struct fuse_file_info *fi)
{
	run_open_release((struct run_open *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

static void do_ioctl(fuse_req_t req, int request, void *arg, struct fuse_file_info *fi, unsigned flags,
		     const void *in, size_t in_size, size_t out_size)
{
	run_open_ioctl(req, (unsigned)request, arg, fi, flags, &(struct run_ioctl){ .in = NULL });
}

/* Reads the new device's attributes from sysfs. */
static int find_number(struct run_cuse *cuse, struct jurat_error *err)
{
	char path[128], text[32] = "";
	unsigned major_number, minor_number;
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "/sys/class/cuse/%s/dev", cuse->node->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return jurat_fail(err, -EIO, "the kernel did not create '%s'", cuse->node->name);
	cuse->number = makedev(major_number, minor_number);
	return 0;
}

static int make_device(struct run_cuse *cuse, int fd, struct jurat_error *err)
{
	static const struct cuse_lowlevel_ops ops = {
		.init_done = do_init_done,
		.open = do_open,
		.release = do_release,
		.read = no_read,
		.write = no_write,
		.ioctl = do_ioctl,
	};
	char name[] = "jurat", device[64], mounted[32];
	char *argv[] = { name, NULL };
	const char *about[] = { device };
	struct cuse_info info = { .dev_info_argc = 1, .dev_info_argv = about };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	int r = 0;

	snprintf(device, sizeof(device), "DEVNAME=%s", cuse->node->name);
	cuse->session = cuse_lowlevel_new(&args, &info, &ops, cuse);
	fuse_opt_free_args(&args);
	snprintf(mounted, sizeof(mounted), "/dev/fd/%d", fd);
	if (!cuse->session || fuse_session_mount(cuse->session, mounted) != 0) {
		close(fd);
		return jurat_fail(err, -EIO, "libfuse cannot use /dev/cuse");
	}
	/* The kernel queues CUSE_INIT at open(2), and creates the device when it receives the reply. */
	while (!cuse->made && r == 0) {
		r = run_cuse_serve(cuse);
		if (r == 0 && !cuse->made)
			r = -EPROTO;
	}
	if (r < 0)
		return jurat_fail(err, r, "/dev/cuse cannot create '%s': %s", cuse->node->name, strerror(-r));
	return find_number(cuse, err);
}

int run_cuse_new(struct run_fs *fs, const struct run_node *node, struct run_cuse **ret,
		 struct jurat_error *err)
{
	struct run_cuse *cuse = calloc(1, sizeof(*cuse));
	char path[128];
	int fd, r;

	if (!cuse)
		return jurat_fail_memory(err);
	cuse->fs = fs;
	cuse->node = node;
	snprintf(path, sizeof(path), "/sys/class/cuse/%s", node->name);
	fd = open("/dev/cuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	r = fd < 0 ? -errno : 0;
	if (r == -ENOENT || r == -ENODEV || r == -ENXIO)
		jurat_fail(err, r, "/dev/cuse does not exist (load the kernel module: modprobe cuse)");
	else if (r < 0)
		jurat_fail(err, r, "/dev/cuse: %s", strerror(-r));
	else if (access(path, F_OK) == 0)
		r = jurat_fail(err, -EEXIST, "'%s' already exists as a CUSE device", node->name);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		free(cuse);
		return r;
	}
	r = make_device(cuse, fd, err);
	if (r < 0) {
		run_cuse_free(cuse);
		return r;
	}
	*ret = cuse;
	return 0;
}

void run_cuse_free(struct run_cuse *cuse)
{
	if (!cuse)
		return;
	if (cuse->session)
		fuse_session_destroy(cuse->session); /* closes the descriptor */
	free(cuse->buffer.mem);
	free(cuse);
}

const char *run_cuse_name(const struct run_cuse *cuse)
{
	return cuse->node->name;
}

mode_t run_cuse_mode(const struct run_cuse *cuse)
{
	return cuse->node->mode & 07777;
}

dev_t run_cuse_number(const struct run_cuse *cuse)
{
	return cuse->number;
}

int run_cuse_fd(const struct run_cuse *cuse)
{
	return fuse_session_fd(cuse->session);
}

int run_cuse_serve(struct run_cuse *cuse)
{
	return run_session_serve(cuse->session, &cuse->buffer);
}
