/* SPDX-License-Identifier: MIT */
#include "daemon/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int address_check(const struct base_address *a, struct jurat_error *err)
{
	struct bytes_rd host;

	switch (a->sockaddr.any.sa_family) {
	case AF_UNIX:
	case AF_VSOCK:
		return 0;
	case AF_INET:
		host = bytes_rd(&a->sockaddr.in.sin_addr, sizeof(a->sockaddr.in.sin_addr));
		if (bytes_rd_u8(&host) == IN_LOOPBACKNET)
			return 0;
		return jurat_fail(
			err, -EACCES,
			"TCP: expected a loopback address, 127.x.y.z (QGS messages are not protected)");
	default:
		return jurat_fail(err, -EACCES, "socket family %d is not unix, vsock or IPv4 loopback",
				  a->sockaddr.any.sa_family);
	}
}

int listen_address_read(const char *text, struct base_address *ret, struct jurat_error *err)
{
	char with_cid[DAEMON_ADDRESS_BYTES];
	struct base_address a;
	int r;

	if (strncmp(text, "unix:", 5) != 0 && strncmp(text, "tcp:", 4) != 0 &&
	    strncmp(text, "vsock:", 6) != 0)
		return jurat_fail(err, -EINVAL,
				  "expected unix:PATH, vsock:PORT or tcp:127.x.y.z:PORT, found '%s'", text);
	if (strncmp(text, "vsock:", 6) != 0)
		return base_address_read(text, ret, err);
	/* Add a CID, so that base_address_read() parses the numbers. */
	if ((size_t)snprintf(with_cid, sizeof(with_cid), "vsock:0:%s", text + 6) >= sizeof(with_cid))
		return jurat_fail(err, -EINVAL, "'%s' is too long", text);
	r = base_address_read(with_cid, &a, NULL);
	if (r < 0)
		return jurat_fail(err, -EINVAL, "'%s': vsock: expected a port number", text);
	a.sockaddr.vm.svm_cid = VMADDR_CID_ANY;
	*ret = a;
	return 0;
}

/* Splits "HOST:PORT", where an IPv6 host is in brackets. */
static bool split_tcp(const char *text, char host[INET6_ADDRSTRLEN], uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	const bool brackets = *text == '[' && colon && colon[-1] == ']';
	size_t n = colon ? (size_t)(colon - text) - (brackets ? 2 : 0) : 0, digits;
	long port;

	if (!colon || n == 0 || n >= INET6_ADDRSTRLEN)
		return false;
	digits = strlen(colon + 1);
	if (digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") != digits)
		return false;
	port = strtol(colon + 1, NULL, 10);
	memcpy(host, text + (brackets ? 1 : 0), n);
	host[n] = '\0';
	*ret_port = (uint16_t)port;
	return port <= UINT16_MAX;
}

int public_address_read(const char *text, struct base_address *ret, struct jurat_error *err)
{
	char host[INET6_ADDRSTRLEN];
	struct base_address a;
	uint16_t port;

	if (!strncmp(text, "unix:", 5) || !strncmp(text, "vsock:", 6))
		return listen_address_read(text, ret, err);
	if (strncmp(text, "tcp:", 4) != 0)
		return jurat_fail(err, -EINVAL,
				  "expected unix:PATH, vsock:PORT or tcp:ADDRESS:PORT, found '%s'", text);
	memset(&a, 0, sizeof(a));
	if (split_tcp(text + 4, host, &port)) {
		struct bytes_wr w = bytes_wr(&port, sizeof(port));

		bytes_wr_be16(&w, port);
		if (inet_pton(AF_INET, host, &a.sockaddr.in.sin_addr) == 1) {
			a.sockaddr.in.sin_family = AF_INET;
			a.sockaddr.in.sin_port = port;
			a.size = sizeof(a.sockaddr.in);
		} else if (inet_pton(AF_INET6, host, &a.sockaddr.in6.sin6_addr) == 1) {
			a.sockaddr.in6.sin6_family = AF_INET6;
			a.sockaddr.in6.sin6_port = port;
			a.size = sizeof(a.sockaddr.in6);
		}
	}
	if (a.size == 0)
		return jurat_fail(err, -EINVAL,
				  "'%s': expected tcp:ADDRESS:PORT with an IPv4 or [IPv6] address", text);
	*ret = a;
	return 0;
}

uint64_t address_number(const struct sockaddr *from)
{
	enum { OF_IPV4 = 0, OF_VSOCK, OF_OTHERS };
	static const uint8_t mapped[12] = { [10] = 0xff,
					    0xff }; /* IPv4 by a socket of IPv6: RFC 4291 2.5.5.2 */
	struct base_address a;
	struct bytes_rd rd;
	uint64_t high;

	switch (from->sa_family) {
	case AF_INET:
		memcpy(&a.sockaddr.in, from, sizeof(a.sockaddr.in));
		rd = bytes_rd(&a.sockaddr.in.sin_addr, sizeof(a.sockaddr.in.sin_addr));
		return (uint64_t)OF_IPV4 << 32 | bytes_rd_be32(&rd);
	case AF_INET6:
		memcpy(&a.sockaddr.in6, from, sizeof(a.sockaddr.in6));
		rd = bytes_rd(&a.sockaddr.in6.sin6_addr, sizeof(a.sockaddr.in6.sin6_addr));
		if (memcmp(bytes_rd_take(&rd, sizeof(mapped)), mapped, sizeof(mapped)) == 0)
			return (uint64_t)OF_IPV4 << 32 | bytes_rd_be32(&rd);
		rd = bytes_rd(&a.sockaddr.in6.sin6_addr, sizeof(a.sockaddr.in6.sin6_addr));
		high = bytes_rd_be32(&rd);
		return high << 32 | bytes_rd_be32(&rd);
	case AF_VSOCK:
		memcpy(&a.sockaddr.vm, from, sizeof(a.sockaddr.vm));
		return (uint64_t)OF_VSOCK << 32 | a.sockaddr.vm.svm_cid;
	default:
		return (uint64_t)OF_OTHERS << 32;
	}
}

char *address_text(const struct base_address *a, char *text)
{
	const int room = DAEMON_ADDRESS_BYTES;
	char host[INET6_ADDRSTRLEN] = "?";
	struct bytes_rd port;

	switch (a->sockaddr.any.sa_family) {
	case AF_UNIX:
		/* The address of an unnamed socket has no path. */
		snprintf(text, (size_t)room, "unix:%.*s", (int)sizeof(a->sockaddr.un.sun_path) - 1,
			 a->size > offsetof(struct sockaddr_un, sun_path) ? a->sockaddr.un.sun_path : "");
		break;
	case AF_VSOCK:
		if (a->sockaddr.vm.svm_cid == VMADDR_CID_ANY)
			snprintf(text, (size_t)room, "vsock:%u", a->sockaddr.vm.svm_port);
		else
			snprintf(text, (size_t)room, "vsock:%u:%u", a->sockaddr.vm.svm_cid,
				 a->sockaddr.vm.svm_port);
		break;
	case AF_INET:
		inet_ntop(AF_INET, &a->sockaddr.in.sin_addr, host, sizeof(host));
		port = bytes_rd(&a->sockaddr.in.sin_port, sizeof(a->sockaddr.in.sin_port));
		snprintf(text, (size_t)room, "tcp:%s:%u", host, bytes_rd_be16(&port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &a->sockaddr.in6.sin6_addr, host, sizeof(host));
		port = bytes_rd(&a->sockaddr.in6.sin6_port, sizeof(a->sockaddr.in6.sin6_port));
		snprintf(text, (size_t)room, "tcp:[%s]:%u", host, bytes_rd_be16(&port));
		break;
	default:
		snprintf(text, (size_t)room, "family-%d", a->sockaddr.any.sa_family);
	}
	return text;
}
