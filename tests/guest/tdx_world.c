/* SPDX-License-Identifier: MIT */
#include "guest/tdx_world.h"

#include <errno.h>
#include <fcntl.h>

#include "uapi/tdx.h"

#define CONFIGFS "/sys/kernel/config/tsm/report/"
#define SYSFS    "/sys/class/misc/tdx_guest/measurements/"

static struct tdx_world *self(struct base_env *env)
{
	return (struct tdx_world *)env;
}

static uint64_t w_now_ns(struct base_env *env)
{
	return self(env)->now;
}

static void w_sleep_ns(struct base_env *env, uint64_t ns)
{
	self(env)->now += ns;
}

static int w_random(struct base_env *env, void *buf, size_t n)
{
	memset(buf, 0x5c, n);
	return 0;
}

static size_t write_quote(const struct tdx_world *w, const uint8_t report_data[64], uint8_t *to, size_t room)
{
	struct tdx_quote q = w->quote;
	size_t n = 0;

	memcpy(q.body.report_data, report_data, 64);
	q.body.report_data[0] ^= w->other_report_data;
	assert_int_equal(tdx_quote_write(&q, to, room, &n, NULL), 0);
	assert_true(room - n >= w->padding);
	memset(to + n, 0, w->padding);
	return n + w->padding;
}

static enum tw_kind attribute_of(const char *name)
{
	static const struct {
		const char *name;
		enum tw_kind kind;
	} known[] = {
		{ "provider", TW_PROVIDER },
		{ "generation", TW_GENERATION },
		{ "inblob", TW_INBLOB },
		{ "outblob", TW_OUTBLOB },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i].name))
			return known[i].kind;
	return TW_FREE;
}

static enum tw_kind kind_of(const struct tdx_world *w, const char *path, unsigned *ret_index)
{
	size_t n = strlen(w->entry);

	if (!strcmp(path, "/dev/tdx_guest"))
		return w->no_device ? TW_FREE : TW_DEVICE;
	if (!strcmp(path, "/etc/tdx-attest.conf"))
		return w->config ? TW_CONFIG : TW_FREE;
	if (!strncmp(path, SYSFS, strlen(SYSFS)) && !w->no_sysfs) {
		assert_int_equal(sscanf(path + strlen(SYSFS), "rtmr%u:sha384", ret_index), 1);
		return TW_RTMR;
	}
	if (n > 0 && !strncmp(path, w->entry, n) && path[n] == '/')
		return attribute_of(path + n + 1);
	return TW_FREE;
}

static int new_file(struct tdx_world *w, enum tw_kind kind, unsigned index)
{
	for (int fd = 0; fd < TW_MAX_FILES; fd++)
		if (w->files[fd].kind == TW_FREE) {
			w->files[fd] = (struct tw_file){ .kind = kind, .index = index };
			return fd;
		}
	return -EMFILE;
}

static int w_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct tdx_world *w = self(env);
	unsigned index = 0;
	enum tw_kind kind = kind_of(w, path, &index);

	if (kind == TW_CONFIG && w->config_error)
		return w->config_error;
	return kind == TW_FREE ? -ENOENT : new_file(w, kind, index);
}

static struct tw_file *file_of(struct base_env *env, int fd)
{
	assert_true(fd >= 0 && fd < TW_MAX_FILES && self(env)->files[fd].kind != TW_FREE);
	return &self(env)->files[fd];
}

/* inblob is stored at close. */
static int w_close(struct base_env *env, int fd)
{
	struct tdx_world *w = self(env);
	struct tw_file *f = file_of(env, fd);

	if (f->kind == TW_INBLOB && f->wrote) {
		memcpy(w->inblob, f->data, f->size);
		w->inblob_size = f->size;
		w->generation++;
	}
	f->kind = TW_FREE;
	return 0;
}

static int fetch(struct tdx_world *w, struct tw_file *f)
{
	char *text = (char *)f->data;

	switch (f->kind) {
	case TW_PROVIDER:
		f->size = (size_t)snprintf(text, TW_ROOM, "%s", w->provider);
		return 0;
	case TW_GENERATION:
		f->size = (size_t)snprintf(text, TW_ROOM, "%llu\n", (unsigned long long)w->generation);
		return 0;
	case TW_CONFIG:
		f->size = (size_t)snprintf(text, TW_ROOM, "%s", w->config);
		return 0;
	case TW_RTMR:
		f->size = w->rtmr_bytes;
		memcpy(f->data, w->rtmr[f->index], sizeof(w->rtmr[0]));
		return 0;
	case TW_OUTBLOB:
		if (w->outblob_busy > 0) {
			w->outblob_busy--;
			return -EBUSY;
		}
		if (w->outblob_error)
			return w->outblob_error;
		assert_int_equal(w->inblob_size, 64);
		f->size = w->empty_outblob ? 0 : write_quote(w, w->inblob, f->data, TW_ROOM);
		return 0;
	default:
		return -EBADF;
	}
}

static ssize_t w_read(struct base_env *env, int fd, void *buf, size_t n)
{
	struct tw_file *f = file_of(env, fd);
	int r = f->fetched ? 0 : fetch(self(env), f);

	if (r < 0)
		return r;
	f->fetched = true;
	n = n < f->size - f->off ? n : f->size - f->off;
	memcpy(buf, f->data + f->off, n);
	f->off += n;
	return (ssize_t)n;
}

static ssize_t w_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct tdx_world *w = self(env);
	struct tw_file *f = file_of(env, fd);

	if (f->kind == TW_RTMR) {
		if (w->extend_error)
			return w->extend_error;
		assert_int_equal(n, 48);
		memcpy(w->rtmr[f->index], buf, n);
		w->extends++;
		return (ssize_t)n;
	}
	assert_int_equal(f->kind, TW_INBLOB);
	assert_true(n <= 64 - f->size);
	memcpy(f->data + f->size, buf, n);
	f->size += n;
	f->wrote = true;
	return (ssize_t)n;
}

static int w_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	struct tdx_world *w = self(env);

	if (w->no_configfs)
		return -ENOENT;
	assert_true(!strncmp(path, CONFIGFS, strlen(CONFIGFS)));
	TEXT(w->entry, "%s", path);
	w->generation = 0;
	w->inblob_size = 0;
	w->mkdirs++;
	return 0;
}

static int w_rmdir(struct base_env *env, const char *path)
{
	struct tdx_world *w = self(env);

	assert_string_equal(path, w->entry);
	w->entry[0] = '\0';
	w->rmdirs++;
	return 0;
}

static int give_tdreport(struct tdx_world *w, uint8_t *arg)
{
	struct tdx_report report;

	if (w->device_busy > 0) {
		w->device_busy--;
		return -EBUSY;
	}
	if (w->report_error)
		return w->report_error;
	memset(&report, 0, sizeof(report));
	report.mac.type = TDX_REPORT_TYPE;
	memcpy(report.mac.report_data, arg, 64);
	report.mac.report_data[5] ^= w->other_tdreport_data;
	for (unsigned i = 0; i < 4; i++)
		memcpy(tdx_td_info_rtmr(&report.td, i), w->rtmr[i], 48);
	tdx_report_write(&report, arg + 64);
	return 0;
}

/* A framed answer to a framed request for a quote, as the service makes it. */
static size_t service_answer(struct tdx_world *w, const uint8_t *request, uint8_t *to, size_t room)
{
	struct qgs_message m = { .type = QGS_QUOTE_RESP, .minor_version = 1, .error_code = w->service_error };
	uint8_t quote[TW_ROOM];
	size_t n = 0;

	if (!w->service_error)
		m.parts[QGS_PART_QUOTE] =
			bytes_rd(quote, write_quote(w, request + 28 + 128, quote, sizeof(quote)));
	assert_int_equal(qgs_write(&m, true, to, room, &n, NULL), 0);
	return n;
}

static int give_quote(struct tdx_world *w, const uint8_t *arg, bool framed)
{
	uint8_t *buf = (uint8_t *)(uintptr_t)bytes_get_le(arg, 8);
	size_t size = (size_t)bytes_get_le(arg + 8, 8), room = size - 24, n;
	struct tdx_getquote q;

	if (w->quote_error)
		return w->quote_error;
	assert_int_equal(tdx_getquote_read(buf, size, &q, NULL), 0);
	assert_int_equal(q.form, framed ? TDX_GETQUOTE_QGS : TDX_GETQUOTE_TDREPORT);
	if (w->quote_untouched)
		return 0;
	if (framed) {
		uint8_t *request = heap_copy(q.input.data, q.input.size);

		n = service_answer(w, request, buf + 24, room);
		free(request);
	} else {
		uint8_t report_data[64];

		memcpy(report_data, buf + 24 + 128, 64);
		n = write_quote(w, report_data, buf + 24, room);
	}
	bytes_put_le(buf + 20, w->quote_out_len ? w->quote_out_len : n, 4);
	bytes_put_le(buf + 8, w->quote_status, 8);
	return 0;
}

static int w_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	struct tdx_world *w = self(env);

	assert_int_equal(file_of(env, fd)->kind, TW_DEVICE);
	w->ioctls++;
	if (request == UAPI_TDX_CMD_GET_REPORT0)
		return give_tdreport(w, arg);
	if (request == UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR && w->has_extend_ioctl) {
		memcpy(w->rtmr[((uint8_t *)arg)[48]], arg, 48);
		w->extends++;
		return 0;
	}
	if (w->quote_ioctl && request == w->quote_ioctl)
		return give_quote(w, arg, request != UAPI_TDX_CMD_GET_QUOTE);
	return -ENOTTY;
}

static int w_connect(struct base_env *env, const char *address)
{
	struct tdx_world *w = self(env);

	w->connects++;
	TEXT(w->address, "%s", address);
	return w->no_service ? -ECONNREFUSED : new_file(w, TW_SOCKET, 0);
}

static int w_connected(struct base_env *env, int fd)
{
	assert_int_equal(file_of(env, fd)->kind, TW_SOCKET);
	return 0;
}

static ssize_t w_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct tdx_world *w = self(env);
	struct tw_file *f = file_of(env, fd);

	assert_true(f->kind == TW_SOCKET && n <= TW_ROOM - f->size);
	memcpy(f->data + f->size, buf, n);
	f->size += n;
	assert_int_equal(f->size, 1052); /* in one piece: Intel's service wants it so */
	if (w->service_answer) {
		memcpy(f->data, w->service_answer, w->service_answer_size);
		f->size = w->service_answer_size;
	} else {
		uint8_t request[1052];

		memcpy(request, f->data, sizeof(request));
		f->size = service_answer(w, request, f->data, TW_ROOM);
	}
	return (ssize_t)n;
}

static ssize_t w_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	struct tdx_world *w = self(env);
	struct tw_file *f = file_of(env, fd);

	if (w->service_silent)
		return -EAGAIN;
	if (w->recv_part && n > w->recv_part)
		n = w->recv_part;
	n = n < f->size - f->off ? n : f->size - f->off;
	memcpy(buf, f->data + f->off, n);
	f->off += n;
	return (ssize_t)n;
}

static int w_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	struct tdx_world *w = self(env);

	if (!w->service_silent || (events & BASE_WRITE))
		return 1;
	w->now += wait_ns;
	return 0;
}

struct tdx_world *tdx_world_new(void)
{
	static const struct base_env_ops ops = {
		.now_ns = w_now_ns,
		.sleep_ns = w_sleep_ns,
		.random = w_random,
		.open = w_open,
		.close = w_close,
		.read = w_read,
		.write = w_write,
		.mkdir = w_mkdir,
		.rmdir = w_rmdir,
		.ioctl = w_ioctl,
		.connect = w_connect,
		.connected = w_connected,
		.send = w_send,
		.recv = w_recv,
		.wait = w_wait,
	};
	static const uint8_t pem[] = "-----BEGIN CERTIFICATE-----";
	struct tdx_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->base.ops = &ops;
	w->provider = "tdx_guest\n";
	w->rtmr_bytes = 48;
	for (unsigned i = 0; i < 4; i++)
		memset(w->rtmr[i], 0x10 + (int)i, 48);
	w->quote.hdr.version = 4;
	w->quote.hdr.attestation_key_type = TDX_QUOTE_KEY_ECDSA_P256;
	w->quote.hdr.tee_type = TDX_QUOTE_TEE_TDX;
	memcpy(w->quote.hdr.vendor_id, tdx_quote_vendor_id, TDX_QUOTE_VENDOR_ID_BYTES);
	w->quote.body_type = TDX_BODY_10;
	w->quote.cert_type = TDX_CERT_PCK_CHAIN;
	w->quote.cert_data = bytes_rd(pem, sizeof(pem));
	w->quote.auth_data = bytes_rd(pem, 4);
	w->padding = 70;
	return w;
}

unsigned tdx_world_open_files(const struct tdx_world *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < TW_MAX_FILES; i++)
		n += w->files[i].kind != TW_FREE;
	return n;
}

void tdx_world_free(struct tdx_world *w)
{
	assert_int_equal(tdx_world_open_files(w), 0);
	assert_int_equal(w->mkdirs, w->rmdirs);
	free(w);
}
