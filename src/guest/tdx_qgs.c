/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "guest/guest.h"
#include "uapi/tdx.h"
#include "wire/qgs.h"
#include "wire/tdx_report.h"

/* Client of a quoting service inside the guest, usually over vsock. */

#define CONFIG_PATH "/etc/tdx-attest.conf"

enum {
	CONFIG_MAX_BYTES = 64 * 1024,
	PART_BYTES = 4096,
};
#define TIMEOUT_NS 35000000000u /* a little longer than the timeout of Intel's service */

size_t guest_qgs_request(const uint8_t tdreport[TDX_REPORT_BYTES], uint8_t *to, size_t room)
{
	struct qgs_message m = { .type = QGS_QUOTE_REQ, .minor_version = QGS_MINOR_VERSION };
	size_t n = 0;

	m.parts[QGS_PART_REPORT] = bytes_rd(tdreport, TDX_REPORT_BYTES);
	return qgs_write(&m, true, to, room, &n, NULL) == 0 ? n : 0;
}

int guest_qgs_answer(const uint8_t *message, size_t n, const uint8_t **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	struct qgs_message m;
	const char *name;

	if (qgs_read(QGS_QUOTE_RESP, message, n, &m, err) != 0)
		return jurat_wrap(err, -EPROTO, "response of the quoting service");
	if (m.error_code != QGS_SUCCESS) {
		name = qgs_error_name(m.error_code);
		return jurat_fail(err, -EIO, "the quoting service reports an error: %#" PRIx32 " (%s)",
				  m.error_code, name ? name : "unknown");
	}
	*ret = m.parts[QGS_PART_QUOTE].data;
	*ret_size = m.parts[QGS_PART_QUOTE].size;
	return 0;
}

struct call {
	struct base_env *env;
	const char *address;
	int fd;
	uint64_t until_ns;
};

static void hang_up(const struct call *c)
{
	if (c->fd >= 0)
		base_close(c->env, c->fd);
}

static int failed(const struct call *c, const char *doing, int r, struct jurat_error *err)
{
	return jurat_fail(err, r, "quoting service '%s': %s: %s", c->address, doing, strerror(-r));
}

/* Waits until the socket has one of the events, also across signals. 0; -ETIMEDOUT or another -errno. */
static int wait_for(const struct call *c, unsigned events)
{
	for (;;) {
		uint64_t now = base_now_ns(c->env);
		int r = now < c->until_ns ? base_wait(c->env, c->fd, events, c->until_ns - now) : -ETIMEDOUT;

		if (r > 0)
			return 0;
		if (r < 0 && r != -EINTR)
			return r;
	}
}

static int call_up(struct call *c, struct jurat_error *err)
{
	int r;

	c->fd = base_connect(c->env, c->address);
	if (c->fd < 0)
		return failed(c, "connect", c->fd, err);
	do {
		r = wait_for(c, BASE_WRITE);
		if (r == 0)
			r = base_connected(c->env, c->fd);
	} while (r == -EINPROGRESS);
	return r < 0 ? failed(c, "connect", r, err) : 0;
}

static int send_all(const struct call *c, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	int r;

	for (size_t sent = 0; sent < n;) {
		ssize_t part = base_send(c->env, c->fd, bytes + sent, n - sent);

		if (part >= 0) {
			sent += (size_t)part;
			continue;
		}
		r = part == -EAGAIN ? wait_for(c, BASE_WRITE) : (int)part;
		if (r < 0)
			return failed(c, "send", r, err);
	}
	return 0;
}

/* Receives one length-prefixed message and nothing else into the assembler's buffer. */
static int receive(const struct call *c, struct qgs_assembler *a, struct jurat_error *err)
{
	uint8_t part[PART_BYTES];
	size_t taken = 0;
	int r;

	for (;;) {
		ssize_t n = base_recv(c->env, c->fd, part, sizeof(part));

		if (n == -EAGAIN) {
			r = wait_for(c, BASE_READ);
			if (r < 0)
				return failed(c, "receive", r, err);
			continue;
		}
		if (n <= 0) /* 0 is end of stream, on which libtdx_attest loops forever */
			return failed(c, "receive", n ? (int)n : -ECONNRESET, err);
		r = qgs_assembler_feed(a, part, (size_t)n, &taken, err);
		if (r < 0)
			return jurat_wrap(err, r, "quoting service '%s'", c->address);
		if (taken < (size_t)n)
			return jurat_fail(err, -EBADMSG, "quoting service '%s': bytes after the response",
					  c->address);
		if (r > 0)
			return 0;
	}
}

int guest_qgs_quote(struct base_env *env, const char *address, const uint8_t tdreport[TDX_REPORT_BYTES],
		    uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	auto_call(hang_up) struct call c = { env, address, -1, base_now_ns(env) + TIMEOUT_NS };
	uint8_t request[QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + TDX_REPORT_BYTES];
	auto_free uint8_t *reply = malloc(GUEST_QGS_REPLY_MAX_BYTES);
	struct qgs_assembler a;
	const uint8_t *quote = NULL;
	size_t n = guest_qgs_request(tdreport, request, sizeof(request));
	int r;

	if (!reply)
		return jurat_fail_memory(err);
	qgs_assembler_init(&a, reply, GUEST_QGS_REPLY_MAX_BYTES, false);
	r = call_up(&c, err);
	if (r == 0)
		r = send_all(&c, request, n, err);
	if (r == 0)
		r = receive(&c, &a, err);
	if (r == 0)
		r = guest_qgs_answer(reply, a.want, &quote, &n, err);
	if (r < 0)
		return r;
	memmove(reply, quote, n); /* to the start of the allocation, so that the caller can free() it */
	*ret = take_ptr(reply);
	*ret_size = n;
	return 0;
}

/* Skips spaces and tabs. */
static const char *blank(const char *p)
{
	return p + strspn(p, " \t");
}

/* Finds the digits of "port = N", up to the end of the line or a comment; NULL for any other line. */
static const char *port_in(const char *line)
{
	line = blank(line);
	if (strncmp(line, "port", 4) != 0)
		return NULL;
	line = blank(line + 4);
	return *line == '=' ? blank(line + 1) : NULL;
}

static int read_port(const char *digits, uint32_t *ret)
{
	size_t n = strspn(digits, "0123456789");
	uint32_t port = 0;

	if (n == 0 || n > 5 || !strchr("\r\n#", *blank(digits + n)))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		port = 10 * port + (uint32_t)(digits[i] - '0');
	if (port > UINT16_MAX)
		return -EINVAL;
	*ret = port;
	return 0;
}

int guest_qgs_configured(struct base_env *env, char **ret, struct jurat_error *err)
{
	auto_free uint8_t *text = NULL;
	uint32_t port = 0;
	size_t n = 0;
	char *address;
	int r = base_read_file(env, CONFIG_PATH, CONFIG_MAX_BYTES, &text, &n, err);

	if (r == -ENOENT)
		return JURAT_NOT_FOUND;
	if (r < 0)
		return r;
	for (const char *line = (const char *)text; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *digits = port_in(line);

		if (!digits)
			continue;
		if (read_port(digits, &port) < 0)
			return jurat_fail(err, -EINVAL, "'%s': port is not a number up to 65535",
					  CONFIG_PATH);
		if (asprintf(&address, "vsock:%u:%" PRIu32, UAPI_TDX_QGS_HOST_CID, port) < 0)
			return jurat_fail_memory(err);
		*ret = address;
		return 0;
	}
	return JURAT_NOT_FOUND;
}
