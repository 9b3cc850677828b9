/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "stock/redis.h"

/* URLs of servers. They hold a password, so no message quotes them. */

enum { MAX_DB = 1 << 20, MAX_PORT = 65535 };

void redis_url_done(struct redis_url *url)
{
	free(url->path);
	free(url->host);
	if (url->password)
		bytes_wipe(url->password, strlen(url->password));
	free(url->password);
	free(url->user);
	*url = (struct redis_url){ .path = NULL };
}

/* Copies n characters, and decodes percent-escapes. NULL: malformed, or out of memory. */
static char *decode(const char *text, size_t n)
{
	char *to = calloc(1, n + 1);
	size_t size = 0;

	for (size_t i = 0; to && i < n; i++) {
		char digits[3] = { 0 };
		uint8_t byte = (uint8_t)text[i];

		if (text[i] == '%') {
			if (n - i > 2)
				memcpy(digits, text + i + 1, 2);
			if (!bytes_from_hex(digits, &byte, 1) || byte == 0) {
				free(to);
				return NULL;
			}
			i += 2;
		}
		to[size++] = (char)byte;
	}
	return to;
}

static bool read_number(const char *text, size_t n, unsigned long max, unsigned long *ret)
{
	unsigned long v = 0;

	if (n == 0 || n > 7)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned long)(text[i] - '0');
	}
	*ret = v;
	return v <= max;
}

/* "user:password", ":password" or "password", as redis-cli reads it. */
static bool read_user(const char *text, size_t n, struct redis_url *url)
{
	const char *colon = memchr(text, ':', n);
	const size_t user = colon ? (size_t)(colon - text) : 0;
	const char *password = colon ? colon + 1 : text;

	if (user > 0) {
		url->user = decode(text, user);
		if (!url->user)
			return false;
	}
	url->password = decode(password, n - (size_t)(password - text));
	return url->password != NULL;
}

/* Takes "user:password@" off the front of what ends at `end`; false: malformed. */
static bool take_user(const char **at, const char *end, struct redis_url *url)
{
	const char *sign = memrchr(*at, '@', (size_t)(end - *at));

	if (!sign)
		return true;
	if (!read_user(*at, (size_t)(sign - *at), url))
		return false;
	*at = sign + 1;
	return true;
}

static bool read_host(const char *at, const char *end, struct redis_url *url)
{
	const char *close = *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL, *colon;
	unsigned long port = REDIS_DEFAULT_PORT;

	if (*at == '[' && !close)
		return false;
	colon = memchr(close ? close : at, ':', (size_t)(end - (close ? close : at)));
	if (colon && !read_number(colon + 1, (size_t)(end - colon) - 1, MAX_PORT, &port))
		return false;
	if (close && close + 1 != (colon ? colon : end))
		return false;
	url->port = (int)port;
	url->host = close ? strndup(at + 1, (size_t)(close - at) - 1)
			  : strndup(at, (size_t)((colon ? colon : end) - at));
	return port > 0 && url->host && url->host[0];
}

static bool read_tcp(const char *at, struct redis_url *url)
{
	const char *end = strchrnul(at, '/');
	unsigned long db = 0;

	if (!take_user(&at, end, url) || !read_host(at, end, url))
		return false;
	if (*end && end[1] && !read_number(end + 1, strlen(end + 1), MAX_DB, &db))
		return false;
	url->db = (unsigned)db;
	return true;
}

static bool read_unix(const char *at, struct redis_url *url)
{
	const char *end = strchrnul(at, '?');
	unsigned long db = 0;

	if (!strncmp(at, "//", 2)) {
		at += 2;
		if (!take_user(&at, strchrnul(at, '/'), url))
			return false;
	}
	if (*at != '/' ||
	    (*end && (strncmp(end, "?db=", 4) != 0 || !read_number(end + 4, strlen(end + 4), MAX_DB, &db))))
		return false;
	url->db = (unsigned)db;
	url->path = strndup(at, (size_t)(end - at));
	return url->path != NULL;
}

int redis_url_read(const char *url, struct redis_url *ret, struct jurat_error *err)
{
	const bool tcp = !strncmp(url, "redis://", 8);
	struct redis_url read = { .path = NULL };
	const bool fine = tcp ? read_tcp(url + 8, &read) : read_unix(url + strlen("redis+unix:"), &read);

	if (!fine) {
		redis_url_done(&read);
		return jurat_fail(err, -EINVAL, "expected %s",
				  tcp ? "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]"
				      : "redis+unix:[//[[USER]:PASSWORD@]]/PATH[?db=DATABASE]");
	}
	*ret = read;
	return 0;
}
