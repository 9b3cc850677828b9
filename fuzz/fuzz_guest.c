/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "guest/guest.h"
#include "support/env.h"
#include "support/snp.h"
#include "support/tdx.h"
#include "uapi/sev.h"
#include "uapi/tdx.h"
#include "wire/qgs.h"
#include "wire/sev_uapi.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_uapi.h"

/*
 * What a kernel under a hostile host may answer to a program in a guest: ioctls of both devices, configfs-
 * tsm, sysfs, the quoting service. Whatever comes, evidence is over the report data that were asked for,
 * failures change nothing, and no descriptor or configfs entry is left.
 *
 * Input: a byte of flags, the program's options, then a byte for each call of the environment. 0 is the
 * right answer; from ANSWER_EDITED on the right answer is edited (fuzz_edit()), from ANSWER_PART on it is
 * a part of the input, from ANSWER_ERROR on it is an error.
 */
enum { ANSWER_EDITED = 0x80, ANSWER_PART = 0xa0, ANSWER_ERROR = 0xc0 };
enum { TDX = 1, BY_IOCTL = 2, BY_CONFIGFS = 4, BY_SERVICE = 8, FRAMED = 16, WITH_OPTIONS = 32, ANY_TEE = 64 };
enum { DEVICE_FD = 1000, SOCKET_FD, FILE_FD, MAX_FILES = 8 };

struct file {
	bool is_open, is_inblob, writing;
	struct fuzz_bytes bytes;
	size_t off;
};

struct world {
	struct base_env base;
	struct bytes_rd in;
	uint8_t flags;
	uint64_t now, generation;
	unsigned open, entries;
	bool entry_stuck; /* the kernel kept one busy */
	uint8_t report_data[64];
	struct file files[MAX_FILES];
	struct fuzz_bytes reply; /* of the quoting service, and how much of it was sent */
	size_t replied;
};

static struct world *self(struct base_env *env)
{
	return (struct world *)env;
}

static uint8_t how(struct world *w)
{
	return fuzz_u8(&w->in);
}

static int error_of(uint8_t v)
{
	static const int errors[] = { -ENOENT, -EACCES, -EBUSY,  -EIO,     -ENOTTY, -EINTR,
				      -ENXIO,  -EAGAIN, -EINVAL, -ENODEV,  -EEXIST, -ETIMEDOUT,
				      -ENOMEM, -EPERM,  -EFAULT, -EMSGSIZE };

	return errors[v % ARRAY_SIZE(errors)];
}

/* The right answer, or what the fuzzer makes of it. Takes `right`. */
static struct fuzz_bytes answer(struct world *w, uint8_t v, struct fuzz_bytes right)
{
	if (v >= ANSWER_PART) {
		fuzz_bytes_done(&right);
		return fuzz_part(&w->in);
	}
	if (v >= ANSWER_EDITED)
		fuzz_edit(&w->in, right.p, right.n);
	return right;
}

static struct fuzz_bytes right_report(struct world *w)
{
	struct fuzz_bytes r = fuzz_copy(fuzz_snp(1)->reports[0], SNP_REPORT_BYTES);

	memcpy(r.p + 0x50, w->report_data, sizeof(w->report_data));
	return r;
}

static struct fuzz_bytes right_quote(struct world *w)
{
	const struct fuzz_bytes *own = &fuzz_tdx(0)->quote;
	struct fuzz_bytes q = fuzz_copy(own->p, own->n);

	memcpy(q.p + TDX_QUOTE_HDR_BYTES + 520, w->report_data, sizeof(w->report_data));
	return q;
}

/* The quoting service's answer, framed. */
static struct fuzz_bytes right_reply(struct world *w)
{
	auto_bytes quote = right_quote(w);
	struct qgs_message m = qgs_message(QGS_QUOTE_RESP);
	size_t room = 64 + quote.n, n = 0;
	struct fuzz_bytes reply = { malloc(room), 0 };

	must(reply.p != NULL);
	m.parts[QGS_PART_QUOTE] = bytes_rd(quote.p, quote.n);
	must(qgs_write(&m, true, reply.p, room, &n, NULL) == 0);
	reply.n = n;
	return reply;
}

/* What configfs and sysfs have at a path. */
static struct fuzz_bytes right_file(struct world *w, const char *name)
{
	const struct fuzz_bytes *table = &fuzz_snp(1)->tables[0];
	char text[32];

	if (strcmp(name, "provider") == 0)
		return w->flags & TDX ? fuzz_copy("tdx_guest\n", 10) : fuzz_copy("sev_guest\n", 10);
	if (strcmp(name, "privlevel_floor") == 0)
		return fuzz_copy("1\n", 2);
	if (strcmp(name, "outblob") == 0)
		return w->flags & TDX ? right_quote(w) : right_report(w);
	if (strcmp(name, "auxblob") == 0)
		return fuzz_copy(table->p, table->n);
	if (strcmp(name, "tdx-attest.conf") == 0)
		return fuzz_copy("# of the host\nport = 4050\n", 26);
	if (strncmp(name, "rtmr", 4) == 0)
		return fuzz_copy((const uint8_t[48]){ 1 }, 48);
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)w->generation);
	return fuzz_copy(text, strlen(text));
}

static int w_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct world *w = self(env);
	const char *name = strrchr(path, '/') + 1;
	uint8_t v = how(w);

	if (v >= ANSWER_ERROR)
		return error_of(v);
	w->open++;
	if (strncmp(path, "/dev/", 5) == 0)
		return DEVICE_FD;
	for (int i = 0; i < MAX_FILES; i++) {
		struct file *f = &w->files[i];

		if (f->is_open)
			continue;
		*f = (struct file){ .is_open = true, .writing = (flags & O_ACCMODE) != O_RDONLY };
		f->is_inblob = strcmp(name, "inblob") == 0;
		if (!f->writing)
			f->bytes = answer(w, v, right_file(w, name));
		return FILE_FD + i;
	}
	abort();
}

static int w_close(struct base_env *env, int fd)
{
	struct world *w = self(env);

	must(w->open > 0);
	w->open--;
	if (fd < FILE_FD)
		return 0;
	must(w->files[fd - FILE_FD].is_open);
	fuzz_bytes_done(&w->files[fd - FILE_FD].bytes);
	w->files[fd - FILE_FD].is_open = false;
	return 0;
}

static ssize_t w_read(struct base_env *env, int fd, void *buf, size_t n)
{
	struct world *w = self(env);
	struct file *f = &w->files[fd - FILE_FD];
	uint8_t v = how(w);
	size_t left = f->bytes.n - f->off, part = n < left ? n : left;

	if (v >= ANSWER_ERROR)
		return error_of(v);
	if (v > 0 && part > v)
		part = v;
	if (part > 0)
		memcpy(buf, f->bytes.p + f->off, part);
	f->off += part;
	return (ssize_t)part;
}

static ssize_t w_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct world *w = self(env);
	struct file *f = &w->files[fd - FILE_FD];
	uint8_t v = how(w);

	if (v >= ANSWER_ERROR)
		return error_of(v);
	if (v > 0 && v < n)
		n = v;
	if (f->is_inblob && n == sizeof(w->report_data))
		memcpy(w->report_data, buf, n);
	w->generation++;
	return (ssize_t)n;
}

static int w_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	uint8_t v = how(self(env));

	if (v >= ANSWER_ERROR)
		return error_of(v);
	self(env)->entries++;
	return 0;
}

static int w_rmdir(struct base_env *env, const char *path)
{
	if (how(self(env)) >= ANSWER_ERROR) {
		self(env)->entry_stuck = true;
		return -EBUSY;
	}
	must(self(env)->entries > 0);
	self(env)->entries--;
	return 0;
}

/* ---- ioctls: structures are read as the kernel would, with pointers into this process */

static uint8_t *pointer(uint64_t address)
{
	return (uint8_t *)(uintptr_t)address;
}

static void put(const struct fuzz_bytes *from, uint8_t *to, size_t room)
{
	if (from->n > 0)
		memcpy(to, from->p, from->n < room ? from->n : room);
}

static struct fuzz_bytes right_response(struct world *w, const struct snp_msg_report_req *request)
{
	struct fuzz_bytes r = { calloc(1, SNP_MSG_REPORT_RSP_BYTES), SNP_MSG_REPORT_RSP_BYTES };
	struct snp_msg_report_rsp rsp = { .report_size = SNP_REPORT_BYTES };

	must(r.p != NULL);
	memcpy(w->report_data, request->report_data, sizeof(w->report_data));
	auto_bytes report = right_report(w);
	wire_write(&snp_msg_report_rsp_layout, &rsp, r.p);
	memcpy(r.p + SNP_MSG_REPORT_RSP_HDR_BYTES, report.p, report.n);
	return r;
}

static void answer_certs(struct world *w, struct snp_ext_report_req *ext)
{
	const struct fuzz_bytes *own = &fuzz_snp(1)->tables[0];
	auto_bytes table = answer(w, how(w), fuzz_copy(own->p, own->n));

	if (ext->certs_address != 0 && table.n <= ext->certs_len)
		put(&table, pointer(ext->certs_address), ext->certs_len);
}

static void sev_response(struct world *w, unsigned long number, uint8_t v,
			 const struct snp_guest_request_ioctl *io)
{
	uint8_t *req = pointer(io->req_data), *resp = pointer(io->resp_data);
	uint8_t key[SNP_MSG_KEY_RSP_BYTES] = { [0x20] = 1 };
	struct snp_msg_report_req request;
	struct snp_ext_report_req ext;

	if (number == UAPI_SNP_GET_DERIVED_KEY) {
		auto_bytes r = answer(w, v, fuzz_copy(key, sizeof(key)));

		put(&r, resp, SNP_MSG_KEY_RSP_BYTES);
		return;
	}
	if (number == UAPI_SNP_GET_EXT_REPORT &&
	    wire_read(&snp_ext_report_req_layout, req, SNP_EXT_REPORT_REQ_BYTES, &ext, NULL) == 0)
		answer_certs(w, &ext);
	must(wire_read(&snp_msg_report_req_layout, req, SNP_MSG_REPORT_REQ_BYTES, &request, NULL) == 0);
	auto_bytes r = answer(w, v, right_response(w, &request));

	put(&r, resp, SNP_REPORT_RESP_BYTES);
}

/* An error of the firmware or of the VMM, which may ask for more room. */
static int sev_error(struct world *w, unsigned long number, uint8_t v, struct snp_guest_request_ioctl *io,
		     uint8_t *bytes)
{
	static const uint64_t likely[] = { SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0),
					   SNP_EXITINFO2(SNP_VMM_BUSY, 0),
					   SNP_EXITINFO2(0, SNP_INVALID_PARAM), 0xff };
	struct snp_ext_report_req ext;
	uint8_t *req = pointer(io->req_data);
	int r = v >= 0xf0 ? 1 : v >= 0xe0 ? error_of(v) : -EIO;

	io->exitinfo2 = v & 4 ? fuzz_u64(&w->in) : likely[v & 3];
	wire_write(&snp_guest_request_ioctl_layout, io, bytes);
	if (number != UAPI_SNP_GET_EXT_REPORT || (v & 7) != 0)
		return r;
	must(wire_read(&snp_ext_report_req_layout, req, SNP_EXT_REPORT_REQ_BYTES, &ext, NULL) == 0);
	ext.certs_len = fuzz_u16(&w->in) * 64u;
	wire_write(&snp_ext_report_req_layout, &ext, req);
	return r;
}

static int tdx_report(struct world *w, uint8_t v, uint8_t *bytes)
{
	struct fuzz_tdx *machine = fuzz_tdx(0);
	struct tdx_report_req req;

	must(wire_read(&tdx_report_req_layout, bytes, TDX_REPORT_REQ_BYTES, &req, NULL) == 0);
	memcpy(w->report_data, req.reportdata, sizeof(w->report_data));
	auto_bytes right = fuzz_copy(machine->tdreport, TDX_REPORT_BYTES);

	memcpy(right.p + 128, w->report_data, sizeof(w->report_data));
	auto_bytes report = answer(w, v, fuzz_copy(right.p, right.n));

	put(&report, req.tdreport, sizeof(req.tdreport));
	wire_write(&tdx_report_req_layout, &req, bytes);
	return 0;
}

static int tdx_quote_buffer(struct world *w, uint8_t v, uint8_t *bytes, bool framed)
{
	struct tdx_quote_req req;
	struct tdx_getquote_hdr hdr = { .version = 1 };

	must(wire_read(&tdx_quote_req_layout, bytes, TDX_QUOTE_REQ_BYTES, &req, NULL) == 0);
	auto_bytes data = framed ? right_reply(w) : right_quote(w);
	auto_bytes right = { calloc(1, TDX_GETQUOTE_HDR_BYTES + data.n), TDX_GETQUOTE_HDR_BYTES + data.n };

	must(right.p != NULL);
	hdr.out_len = (uint32_t)data.n;
	wire_write(&tdx_getquote_hdr_layout, &hdr, right.p);
	memcpy(right.p + TDX_GETQUOTE_HDR_BYTES, data.p, data.n);
	auto_bytes buffer = answer(w, v, fuzz_copy(right.p, right.n));

	put(&buffer, pointer(req.buf), (size_t)req.len);
	return 0;
}

static int w_ioctl(struct base_env *env, int fd, unsigned long number, void *arg)
{
	struct world *w = self(env);
	uint8_t v = how(w);
	struct snp_guest_request_ioctl io;
	bool seed_v2 = number == UAPI_TDX_CMD_GET_QUOTE;

	must(fd == DEVICE_FD);
	if (number == UAPI_SNP_GET_REPORT || number == UAPI_SNP_GET_EXT_REPORT ||
	    number == UAPI_SNP_GET_DERIVED_KEY) {
		must(wire_read(&snp_guest_request_ioctl_layout, arg, SNP_IOCTL_BYTES, &io, NULL) == 0);
		if (v >= ANSWER_ERROR)
			return sev_error(w, number, v, &io, arg);
		sev_response(w, number, v, &io);
		return 0;
	}
	if (v >= ANSWER_ERROR)
		return error_of(v);
	if (number == UAPI_TDX_CMD_GET_REPORT0)
		return tdx_report(w, v, arg);
	if (number == UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR)
		return 0;
	if (seed_v2 == !!(w->flags & FRAMED))
		return -ENOTTY; /* another generation of driver */
	return tdx_quote_buffer(w, v, arg, !seed_v2);
}

/* ---- the quoting service */

static int w_connect(struct base_env *env, const char *address)
{
	struct world *w = self(env);
	uint8_t v = how(w);

	if (v >= ANSWER_ERROR)
		return error_of(v);
	w->open++;
	w->replied = 0;
	fuzz_bytes_done(&w->reply);
	w->reply = answer(w, v, right_reply(w));
	return SOCKET_FD;
}

static int w_connected(struct base_env *env, int fd)
{
	uint8_t v = how(self(env));

	return v >= 0xf0 ? -EINPROGRESS : v >= ANSWER_ERROR ? error_of(v) : 0;
}

static ssize_t w_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	uint8_t v = how(self(env));

	if (v >= ANSWER_ERROR)
		return error_of(v);
	return v > 0 && v < n ? v : (ssize_t)n;
}

static ssize_t w_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	struct world *w = self(env);
	uint8_t v = how(w);
	size_t left = w->reply.n - w->replied, part = n < left ? n : left;

	if (v >= ANSWER_ERROR)
		return error_of(v);
	if (v > 0 && part > v)
		part = v;
	if (part > 0)
		memcpy(buf, w->reply.p + w->replied, part);
	w->replied += part;
	return (ssize_t)part;
}

static int w_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	uint8_t v = how(self(env));

	self(env)->now += v >= ANSWER_ERROR ? wait_ns : 1 + wait_ns / 64;
	return v >= 0xf0 ? -EINTR : v < ANSWER_ERROR;
}

static uint64_t w_now_ns(struct base_env *env)
{
	return self(env)->now;
}

static void w_sleep_ns(struct base_env *env, uint64_t ns)
{
	self(env)->now += ns;
}

/* ---- the program */

static void check_evidence(const struct jurat_evidence *e, bool tdx, const uint8_t report_data[64])
{
	struct tdx_quote quote;
	struct snp_report report;

	must((e->certs != NULL) == (e->certs_size > 0) && e->certs_size <= GUEST_CERTS_MAX_BYTES);
	if (tdx) {
		FUZZ_REACHED("a quote");
		must(tdx_quote_read(e->report, e->report_size, &quote, NULL) == 0);
		must(memcmp(quote.body.report_data, report_data, 64) == 0 && !e->certs);
		return;
	}
	if (e->certs)
		FUZZ_REACHED("a report with certificates");
	else
		FUZZ_REACHED("a report without certificates");
	must(e->report_size == SNP_REPORT_BYTES &&
	     snp_report_read(e->report, e->report_size, &report, NULL) == 0);
	must(memcmp(report.report_data, report_data, 64) == 0);
}

static void ask_report(struct world *w, struct jurat_guest *guest)
{
	struct jurat_guest_report_options options = { .size = sizeof(options) };
	const struct jurat_evidence none = { .size = sizeof(none) };
	struct jurat_evidence e = none;
	uint8_t report_data[64], vmpl;
	struct jurat_error err = { "" };
	int r;

	if (w->flags & WITH_OPTIONS) {
		vmpl = fuzz_u8(&w->in);
		options.has_vmpl = vmpl < 0x80;
		options.vmpl = vmpl % 5;
		options.key_sel = fuzz_u8(&w->in) % 4;
		options.no_certificates = fuzz_u8(&w->in) & 1;
	}
	memset(report_data, 0x5a, sizeof(report_data));
	r = jurat_guest_report(guest, report_data, &options, &e, &err);
	if (r == 0)
		check_evidence(&e, jurat_guest_tee(guest) == JURAT_TEE_TDX, report_data);
	else
		must(r < 0 && err.text[0] != '\0' && memcmp(&e, &none, sizeof(e)) == 0);
	jurat_evidence_done(&e);
}

static void ask_others(struct jurat_guest *guest)
{
	uint8_t key[32] = { 0 }, value[48] = { 0 };

	if (jurat_guest_snp_derive_key(guest, NULL, key, NULL) == 0)
		FUZZ_REACHED("a derived key");
	else
		must(bytes_all(key, sizeof(key), 0));
	if (jurat_guest_tdx_rtmr_read(guest, 2, value, NULL) == 0)
		FUZZ_REACHED("an RTMR is read");
	else
		must(bytes_all(value, sizeof(value), 0));
	if (jurat_guest_tdx_rtmr_extend(guest, 2, value, NULL) == 0)
		FUZZ_REACHED("an RTMR is extended");
}

static const struct base_env_ops *make_ops(void)
{
	static struct base_env_ops ops;

	ops = *fuzz_env_ops();
	ops.now_ns = w_now_ns;
	ops.sleep_ns = w_sleep_ns;
	ops.open = w_open;
	ops.close = w_close;
	ops.read = w_read;
	ops.write = w_write;
	ops.mkdir = w_mkdir;
	ops.rmdir = w_rmdir;
	ops.ioctl = w_ioctl;
	ops.connect = w_connect;
	ops.connected = w_connected;
	ops.send = w_send;
	ops.recv = w_recv;
	ops.wait = w_wait;
	return &ops;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .base.ops = make_ops(), .in = bytes_rd(data, size), .now = 1 };
	struct jurat_guest_options options = { .size = sizeof(options) };
	struct jurat_guest *guest;
	struct jurat_error err = { "" };
	int r;

	w.flags = fuzz_u8(&w.in);
	options.tee = w.flags & ANY_TEE ? JURAT_TEE_AUTO : w.flags & TDX ? JURAT_TEE_TDX : JURAT_TEE_SEV_SNP;
	options.via = w.flags & BY_IOCTL      ? JURAT_VIA_IOCTL
		      : w.flags & BY_CONFIGFS ? JURAT_VIA_CONFIGFS
					      : JURAT_VIA_AUTO;
	options.quoting_service = w.flags & BY_SERVICE ? "vsock:2:4050" : NULL;
	r = guest_open(&w.base, &options, &guest, &err);
	if (r == 0) {
		ask_report(&w, guest);
		ask_others(guest);
		jurat_guest_close(guest);
	} else {
		must(r < 0 && err.text[0] != '\0');
	}
	must(w.open == 0 && (w.entries == 0 || w.entry_stuck));
	fuzz_bytes_done(&w.reply);
	return 0;
}
