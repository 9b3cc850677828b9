/* SPDX-License-Identifier: MIT */
#include "guest/guest_world.h"

#include <errno.h>
#include <fcntl.h>

#include "support/fail_memory.h"
#include "uapi/sev.h"
#include "wire/snp_certs.h"

static struct guest_world *self(struct base_env *env)
{
	return (struct guest_world *)env;
}

static uint64_t w_now_ns(struct base_env *env)
{
	return self(env)->slept_ns;
}

static int64_t w_realtime_s(struct base_env *env)
{
	(void)env;
	return 0;
}

static void w_sleep_ns(struct base_env *env, uint64_t ns)
{
	self(env)->slept_ns += ns;
}

static int w_random(struct base_env *env, void *buf, size_t n)
{
	memset(buf, (int)++self(env)->random_calls, n);
	return 0;
}

static struct instance *find_instance(struct guest_world *w, const char *name, size_t n)
{
	for (size_t i = 0; i < MAX_INSTANCES; i++)
		if (n > 0 && strlen(w->instances[i].name) == n && !strncmp(w->instances[i].name, name, n))
			return &w->instances[i];
	return NULL;
}

/* "W_CONFIGFS/name" or "W_CONFIGFS/name/attribute". */
static const char *below_configfs(const char *path)
{
	size_t n = strlen(W_CONFIGFS);

	return !strncmp(path, W_CONFIGFS, n) && path[n] == '/' ? path + n + 1 : NULL;
}

static enum attribute find_attribute(const struct guest_world *w, const char *name)
{
	static const char *const names[] = {
		[A_PROVIDER] = "provider",   [A_GENERATION] = "generation", [A_FLOOR] = "privlevel_floor",
		[A_PRIVLEVEL] = "privlevel", [A_INBLOB] = "inblob",         [A_OUTBLOB] = "outblob",
		[A_AUXBLOB] = "auxblob",
	};

	for (size_t i = 1; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]) && !(i == A_FLOOR && w->no_floor_file))
			return (enum attribute)i;
	return A_NONE;
}

static int new_file(struct guest_world *w, enum attribute attribute, struct instance *instance)
{
	for (int fd = 0; fd < MAX_FILES; fd++)
		if (!w->files[fd]) {
			w->files[fd] = NEVER_FAILS(calloc(1, sizeof(struct file)));
			assert_non_null(w->files[fd]);
			w->files[fd]->attribute = attribute;
			w->files[fd]->instance = instance;
			return fd;
		}
	return -EMFILE;
}

static int w_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct guest_world *w = self(env);
	const char *name = below_configfs(path), *slash = name ? strchr(name, '/') : NULL;
	struct instance *instance = slash ? find_instance(w, name, (size_t)(slash - name)) : NULL;
	enum attribute attribute = slash ? find_attribute(w, slash + 1) : A_NONE;
	bool write_only = attribute == A_PRIVLEVEL || attribute == A_INBLOB;

	(void)mode;
	if (!strcmp(path, W_DEVICE) && !w->no_device)
		return w->open_device ? w->open_device : new_file(w, A_DEVICE, NULL);
	if (!instance || attribute == A_NONE)
		return -ENOENT;
	if ((flags & O_ACCMODE) != (write_only ? O_WRONLY : O_RDONLY))
		return -EACCES;
	return new_file(w, attribute, instance);
}

static struct file *file_of(struct base_env *env, int fd)
{
	assert_true(fd >= 0 && fd < MAX_FILES && self(env)->files[fd]);
	return self(env)->files[fd];
}

static int store_text(struct guest_world *w, struct file *f)
{
	char *end;
	unsigned long v;

	f->data[f->size] = '\0';
	v = strtoul((char *)f->data, &end, 10);
	if (end == (char *)f->data || v > 3 || v < w->floor)
		return -EINVAL;
	f->instance->privlevel = (uint32_t)v;
	f->instance->generation++;
	return 0;
}

/* inblob is stored at close, and close says nothing about it (B48). */
static int w_close(struct base_env *env, int fd)
{
	struct guest_world *w = self(env);
	struct file *f = file_of(env, fd);

	if (f->attribute == A_INBLOB && f->wrote) {
		if (w->inblob_dropped > 0) {
			w->inblob_dropped--;
		} else {
			assert_true(f->size <= 64);
			memcpy(f->instance->inblob, f->data, f->size);
			f->instance->inblob_size = f->size;
			f->instance->generation++;
		}
	}
	free(f);
	w->files[fd] = NULL;
	return 0;
}

static void fill_report(const struct guest_world *w, const uint8_t report_data[64], uint32_t vmpl,
			uint8_t *to)
{
	struct snp_report report = w->report;

	memcpy(report.report_data, report_data, sizeof(report.report_data));
	if (w->other_report_data)
		report.report_data[63] ^= 1;
	report.vmpl = vmpl;
	wire_write(&snp_report_layout, &report, to);
}

static int fetch_outblob(struct guest_world *w, struct file *f)
{
	struct instance *in = f->instance;

	if (w->outblob_busy > 0) {
		w->outblob_busy--;
		return -EBUSY;
	}
	if (w->outblob_error)
		return w->outblob_error;
	if (in->inblob_size != 64 || in->privlevel < w->floor)
		return -EINVAL;
	fill_report(w, in->inblob, in->privlevel, f->data);
	f->size = w->report_size;
	if (w->meddled > 0) { /* somebody writes between this and the next read of generation */
		w->meddled--;
		in->generation++;
	}
	return 0;
}

static int fetch(struct guest_world *w, struct file *f)
{
	int n = 0;

	switch (f->attribute) {
	case A_PROVIDER:
		n = snprintf((char *)f->data, BLOB_ROOM, "%s", w->provider);
		break;
	case A_GENERATION:
		n = w->generation_text ? snprintf((char *)f->data, BLOB_ROOM, "%s", w->generation_text)
				       : snprintf((char *)f->data, BLOB_ROOM, "%llu\n",
						  (unsigned long long)f->instance->generation);
		break;
	case A_FLOOR:
		n = snprintf((char *)f->data, BLOB_ROOM, "%u\n", w->floor);
		break;
	case A_OUTBLOB:
		return fetch_outblob(w, f);
	case A_AUXBLOB:
		if (f->instance->inblob_size == 0)
			return -EINVAL;
		memcpy(f->data, w->table, w->table_size);
		n = (int)w->table_size;
		break;
	default:
		return -EBADF;
	}
	f->size = (size_t)n;
	return 0;
}

static ssize_t w_read(struct base_env *env, int fd, void *buf, size_t n)
{
	struct file *f = file_of(env, fd);

	if (!f->fetched) {
		int r = fetch(self(env), f);

		if (r < 0)
			return r;
		f->fetched = true;
	}
	if (n > f->size - f->off)
		n = f->size - f->off;
	memcpy(buf, f->data + f->off, n);
	f->off += n;
	return (ssize_t)n;
}

static ssize_t w_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct file *f = file_of(env, fd);
	int r;

	if (n == 0 || n > 64 - f->size)
		return n ? -EFBIG : -EFAULT;
	memcpy(f->data + f->size, buf, n);
	f->size += n;
	f->wrote = true;
	r = f->attribute == A_PRIVLEVEL ? store_text(self(env), f) : 0;
	return r < 0 ? r : (ssize_t)n;
}

static int w_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	struct guest_world *w = self(env);
	const char *name = below_configfs(path);

	(void)mode;
	if (w->no_configfs || !name)
		return -ENOENT;
	if (w->mkdir_error)
		return w->mkdir_error;
	if (w->names_taken > 0) {
		w->names_taken--;
		return -EEXIST;
	}
	for (size_t i = 0; i < MAX_INSTANCES; i++)
		if (!w->instances[i].name[0]) {
			w->instances[i] = (struct instance){ 0 };
			TEXT(w->instances[i].name, "%s", name);
			w->mkdirs++;
			return 0;
		}
	return -ENOSPC;
}

static int w_rmdir(struct base_env *env, const char *path)
{
	struct guest_world *w = self(env);
	const char *name = below_configfs(path);
	struct instance *in = name ? find_instance(w, name, strlen(name)) : NULL;

	if (!in)
		return -ENOENT;
	if (w->rmdir_busy > 0) {
		w->rmdir_busy--;
		return -EBUSY;
	}
	in->name[0] = '\0';
	w->rmdirs++;
	return 0;
}

static void *user_pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

static int answer_key(struct guest_world *w)
{
	struct snp_msg_key_rsp rsp = { 0 };
	uint8_t *to = user_pointer(w->input.resp_data);

	assert_int_equal(wire_read(&snp_msg_key_req_layout, user_pointer(w->input.req_data),
				   SNP_MSG_KEY_REQ_BYTES, &w->key_req, NULL),
			 0);
	rsp.status = w->status ? w->status : w->key_req.vmpl < w->floor ? SNP_INVALID_PARAM : SNP_SUCCESS;
	if (rsp.status == SNP_SUCCESS && !w->empty_key)
		memset(rsp.derived_key, 0x77, sizeof(rsp.derived_key));
	wire_write(&snp_msg_key_rsp_layout, &rsp, to);
	return 0;
}

static int give_certs(struct guest_world *w, uint8_t *request_bytes, uint64_t *ret_exitinfo2)
{
	struct snp_ext_report_req request;
	uint32_t wanted = w->needed_bytes;

	assert_int_equal(wire_read(&snp_ext_report_req_layout, request_bytes, SNP_EXT_REPORT_REQ_BYTES,
				   &request, NULL),
			 0);
	w->certs_len = request.certs_len;
	if (request.certs_len > w->driver_max_bytes)
		return -EINVAL;
	if (w->ask_for_more)
		wanted = request.certs_len + SNP_PAGE_BYTES;
	if (w->asked_len || wanted > request.certs_len) {
		request.certs_len = w->asked_len ? w->asked_len : wanted;
		wire_write(&snp_ext_report_req_layout, &request, request_bytes);
		*ret_exitinfo2 = SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0);
		return -EIO;
	}
	memset(user_pointer(request.certs_address), 0, request.certs_len);
	memcpy(user_pointer(request.certs_address), w->table,
	       w->table_size < request.certs_len ? w->table_size : request.certs_len);
	return 0;
}

static int answer_report(struct guest_world *w, bool extended, uint64_t *ret_exitinfo2)
{
	struct snp_msg_report_rsp rsp = { .report_size = (uint32_t)w->report_size };
	uint8_t *request = user_pointer(w->input.req_data), *to = user_pointer(w->input.resp_data);
	int r = extended ? give_certs(w, request, ret_exitinfo2) : 0;

	if (r < 0)
		return r;
	assert_int_equal(wire_read(&snp_msg_report_req_layout, request, SNP_MSG_REPORT_REQ_BYTES,
				   &w->report_req, NULL),
			 0);
	rsp.status = w->status ? w->status : w->report_req.vmpl < w->floor ? SNP_INVALID_PARAM : SNP_SUCCESS;
	memset(to, 0, SNP_REPORT_RESP_BYTES);
	if (rsp.status != SNP_SUCCESS)
		rsp.report_size = 0;
	else
		fill_report(w, w->report_req.report_data, w->report_req.vmpl,
			    to + SNP_MSG_REPORT_RSP_BYTES - SNP_REPORT_BYTES);
	wire_write(&snp_msg_report_rsp_layout, &rsp, to);
	return 0;
}

static int w_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	struct guest_world *w = self(env);
	uint64_t exitinfo2 = 0;
	int r;

	assert_int_equal(file_of(env, fd)->attribute, A_DEVICE);
	w->ioctls++;
	w->last_ioctl = request;
	assert_int_equal(wire_read(&snp_guest_request_ioctl_layout, arg, SNP_IOCTL_BYTES, &w->input, NULL),
			 0);
	if (w->ioctl_result) {
		r = w->ioctl_result;
		exitinfo2 = w->ioctl_exitinfo2;
	} else {
		r = request == UAPI_SNP_GET_DERIVED_KEY
			    ? answer_key(w)
			    : answer_report(w, request == UAPI_SNP_GET_EXT_REPORT, &exitinfo2);
	}
	if (exitinfo2)
		bytes_put_le((uint8_t *)arg + 24, exitinfo2, 8);
	return r;
}

static ssize_t no_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	(void)env, (void)fd, (void)buf, (void)n, (void)off;
	return -ESPIPE;
}

static ssize_t no_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	(void)env, (void)fd, (void)buf, (void)n, (void)off;
	return -ESPIPE;
}

static int no_truncate(struct base_env *env, int fd, int64_t size)
{
	(void)env, (void)fd, (void)size;
	return -EINVAL;
}

static int no_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	(void)env, (void)fd, (void)ret;
	return -ENOSYS;
}

static int no_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	(void)env, (void)path, (void)ret;
	return -ENOSYS;
}

static int no_fd(struct base_env *env, int fd)
{
	(void)env, (void)fd;
	return -ENOSYS;
}

static int no_rename(struct base_env *env, const char *from, const char *to)
{
	(void)env, (void)from, (void)to;
	return -EPERM;
}

static int no_unlink(struct base_env *env, const char *path)
{
	(void)env, (void)path;
	return -EPERM;
}

static int no_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	(void)env, (void)fd, (void)how, (void)wait_ns;
	return -ENOSYS;
}

static const struct base_env_ops ops = {
	.now_ns = w_now_ns,
	.realtime_s = w_realtime_s,
	.sleep_ns = w_sleep_ns,
	.random = w_random,
	.open = w_open,
	.close = w_close,
	.read = w_read,
	.write = w_write,
	.pread = no_pread,
	.pwrite = no_pwrite,
	.truncate = no_truncate,
	.fstat = no_fstat,
	.stat = no_stat,
	.fsync = no_fd,
	.rename = no_rename,
	.unlink = no_unlink,
	.mkdir = w_mkdir,
	.rmdir = w_rmdir,
	.lock = no_lock,
	.unlock = no_fd,
	.ioctl = w_ioctl,
};

struct guest_world *guest_world_new(void)
{
	static const uint8_t certificate[200] = { 0x30, 0x81 };
	struct snp_certs certs = {
		.n = 1,
		.entries = { { .kind = SNP_CERT_VCEK, .data = bytes_rd(certificate, sizeof(certificate)) } },
	};
	struct guest_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->base.ops = &ops;
	w->provider = "sev_guest\n";
	w->report.version = 2;
	w->report_size = SNP_REPORT_BYTES;
	w->driver_max_bytes = SNP_CERTS_LINUX_MAX_BYTES;
	assert_int_equal(snp_certs_write(&certs, w->table, sizeof(w->table), &w->table_size, NULL), 0);
	return w;
}

unsigned guest_world_open_files(const struct guest_world *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < MAX_FILES; i++)
		n += w->files[i] != NULL;
	return n;
}

unsigned guest_world_instances(const struct guest_world *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < MAX_INSTANCES; i++)
		n += w->instances[i].name[0] != '\0';
	return n;
}

void guest_world_free(struct guest_world *w)
{
	assert_int_equal(guest_world_open_files(w), 0);
	assert_int_equal(guest_world_instances(w), 0);
	free(w);
}
