/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

/*
 * Parses decimal digits up to `end`, or to the end of the text when `end` is '\0'. Returns where it stopped,
 * or NULL if the text is anything else or the number exceeds `max`.
 */
static const char *number(const char *text, char end, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		v = 10 * v + (uint64_t)(*p - '0');
		if (v > max)
			return NULL;
	}
	if (p == text || *p != end)
		return NULL;
	*ret = (uint32_t)v;
	return p + (end != '\0');
}

static int read_unix(const char *path, struct base_address *a, struct jurat_error *err)
{
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(a->sockaddr.un.sun_path))
		return jurat_fail(err, -EINVAL, "unix: expected a path of 1 to %zu bytes, found %zu",
				  sizeof(a->sockaddr.un.sun_path) - 1, n);
	a->sockaddr.un.sun_family = AF_UNIX;
	memcpy(a->sockaddr.un.sun_path, path, n + 1);
	a->size = sizeof(a->sockaddr.un);
	return 0;
}

static int read_vsock(const char *text, struct base_address *a, struct jurat_error *err)
{
	uint32_t cid = 0, port = 0;

	text = number(text, ':', VMADDR_CID_ANY - 1, &cid);
	if (!text || !number(text, '\0', VMADDR_PORT_ANY - 1, &port))
		return jurat_fail(err, -EINVAL, "vsock: expected CID:PORT");
	a->sockaddr.vm.svm_family = AF_VSOCK;
	a->sockaddr.vm.svm_cid = cid;
	a->sockaddr.vm.svm_port = port;
	a->size = sizeof(a->sockaddr.vm);
	return 0;
}

static int read_tcp(const char *text, struct base_address *a, struct jurat_error *err)
{
	const char *colon = strchr(text, ':');
	char host[INET_ADDRSTRLEN] = "";
	struct bytes_wr w = bytes_wr(&a->sockaddr.in.sin_port, sizeof(a->sockaddr.in.sin_port));
	uint32_t port = 0;

	if (colon && (size_t)(colon - text) < sizeof(host))
		memcpy(host, text, (size_t)(colon - text));
	if (!colon || inet_pton(AF_INET, host, &a->sockaddr.in.sin_addr) != 1 ||
	    *(const uint8_t *)&a->sockaddr.in.sin_addr != 127)
		return jurat_fail(err, -EINVAL, "tcp: expected a loopback address, 127.x.y.z");
	if (!number(colon + 1, '\0', UINT16_MAX, &port) || port == 0)
		return jurat_fail(err, -EINVAL, "tcp: expected a port from 1 to 65535");
	a->sockaddr.in.sin_family = AF_INET;
	bytes_wr_be16(&w, (uint16_t)port);
	a->size = sizeof(a->sockaddr.in);
	return 0;
}

int base_address_read(const char *text, struct base_address *ret, struct jurat_error *err)
{
	struct base_address a;
	int r;

	memset(&a, 0, sizeof(a));
	if (!strncmp(text, "unix:", 5))
		r = read_unix(text + 5, &a, err);
	else if (!strncmp(text, "vsock:", 6))
		r = read_vsock(text + 6, &a, err);
	else if (!strncmp(text, "tcp:", 4))
		r = read_tcp(text + 4, &a, err);
	else
		return jurat_fail(err, -EINVAL,
				  "'%s': expected unix:PATH, vsock:CID:PORT or tcp:127.0.0.1:PORT", text);
	if (r < 0)
		return jurat_wrap(err, r, "'%s'", text);
	*ret = a;
	return 0;
}
