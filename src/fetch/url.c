/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "fetch/http.h"

static void free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void free_part(char **part)
{
	curl_free(*part);
}

#define auto_url  __attribute__((cleanup(free_url)))
#define auto_part __attribute__((cleanup(free_part)))

/* The parts of a URL that are compared. */
struct parts {
	char *scheme, *host, *port, *user, *query, *fragment;
};

static void parts_done(struct parts *parts)
{
	curl_free(parts->scheme);
	curl_free(parts->host);
	curl_free(parts->port);
	curl_free(parts->user);
	curl_free(parts->query);
	curl_free(parts->fragment);
}

/* A part that is absent is NULL, except that every port is there. */
static CURLUcode take_parts(CURLU *url, const char *text, struct parts *ret)
{
	const struct {
		CURLUPart part;
		char **to;
	} wanted[] = { { CURLUPART_SCHEME, &ret->scheme }, { CURLUPART_HOST, &ret->host },
		       { CURLUPART_PORT, &ret->port },     { CURLUPART_USER, &ret->user },
		       { CURLUPART_QUERY, &ret->query },   { CURLUPART_FRAGMENT, &ret->fragment } };
	CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);

	if (code != CURLUE_OK)
		return code;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		code = curl_url_get(url, wanted[i].part, wanted[i].to, CURLU_DEFAULT_PORT);
		if (code == CURLUE_OUT_OF_MEMORY)
			return code;
		if (code != CURLUE_OK)
			*wanted[i].to = NULL;
	}
	return ret->scheme && ret->host ? CURLUE_OK : CURLUE_NO_HOST;
}

static bool is_http(const char *scheme)
{
	return !strcasecmp(scheme, "http") || !strcasecmp(scheme, "https");
}

bool http_is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

/* Its messages do not quote the text, in which a password or a token may be at any place. */
int http_base_url(const char *text, char **ret, struct jurat_error *err)
{
	CURLU *url auto_url = curl_url();
	struct parts parts auto_call(parts_done) = { NULL };
	char *whole auto_part = NULL;
	CURLUcode code;
	size_t n;

	if (!url)
		return jurat_fail_memory(err);
	code = take_parts(url, text, &parts);
	if (code == CURLUE_OUT_OF_MEMORY)
		return jurat_fail_memory(err);
	if (code != CURLUE_OK)
		return jurat_fail(err, -EINVAL, "expected a URL such as https://pccs.example:8081: %s",
				  curl_url_strerror(code));
	if (!is_http(parts.scheme))
		return jurat_fail(err, -EINVAL, "expected a URL with the scheme https or http, found '%s'",
				  parts.scheme);
	if (parts.user)
		return jurat_fail(err, -EINVAL, "a URL with a user name or password is not supported");
	if (parts.query || parts.fragment)
		return jurat_fail(err, -EINVAL, "expected a URL without '?' and '#'");
	if (curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
		return jurat_fail_memory(err);
	for (n = strlen(whole); n > 0 && whole[n - 1] == '/'; n--)
		whole[n - 1] = '\0';
	*ret = strdup(whole);
	return *ret ? 0 : jurat_fail_memory(err);
}

const char *http_host(const char *text, char to[HTTP_HOST_BYTES])
{
	const char *start = strstr(text, "://"), *at;
	size_t n;

	start = start ? start + 3 : text;
	n = strcspn(start, "/?#");
	at = memrchr(start, '@', n);
	if (at) { /* no credentials in messages */
		n -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	snprintf(to, HTTP_HOST_BYTES, "%.*s", (int)(n < HTTP_HOST_BYTES ? n : HTTP_HOST_BYTES - 1), start);
	return to;
}

int http_check_redirect(const char *from, const char *to, struct jurat_error *err)
{
	CURLU *a_url auto_url = curl_url(), *b_url auto_url = curl_url();
	struct parts a auto_call(parts_done) = { NULL }, b auto_call(parts_done) = { NULL };
	char host[HTTP_HOST_BYTES];
	CURLUcode code;

	if (!a_url || !b_url)
		return jurat_fail_memory(err);
	code = take_parts(a_url, from, &a);
	if (code == CURLUE_OK)
		code = take_parts(b_url, to, &b);
	if (code == CURLUE_OUT_OF_MEMORY)
		return jurat_fail_memory(err);
	http_host(from, host);
	if (code != CURLUE_OK || !is_http(b.scheme))
		return jurat_fail(err, -EPROTO, "%s redirects to '%.120s', which is not HTTP", host, to);
	if (strcasecmp(a.host, b.host) != 0)
		return jurat_fail(err, -EPROTO, "%s redirects to another host, '%.80s'", host, b.host);
	if (!strcasecmp(a.scheme, "https") && strcasecmp(b.scheme, "https") != 0)
		return jurat_fail(err, -EPROTO, "%s redirects from https to http", host);
	if (!strcasecmp(a.scheme, b.scheme) && a.port && b.port && strcmp(a.port, b.port) != 0)
		return jurat_fail(err, -EPROTO, "%s redirects to another port, %s", host, b.port);
	if (b.user)
		return jurat_fail(err, -EPROTO, "%s redirects to a URL with credentials", host);
	return 0;
}

int http_unescape(const char *text, size_t max, char **ret, struct jurat_error *err)
{
	char *plain auto_part = NULL;
	int n = 0;

	if (strlen(text) > 3 * max)
		return jurat_fail(err, -EBADMSG, "expected at most %zu bytes, found more", max);
	plain = curl_easy_unescape(NULL, text, 0, &n);
	if (!plain)
		return jurat_fail_memory(err);
	if ((size_t)n > max || strlen(plain) != (size_t)n)
		return jurat_fail(err, -EBADMSG, "expected text of at most %zu bytes, found %s", max,
				  (size_t)n > max ? "more" : "a NUL");
	*ret = strdup(plain);
	return *ret ? 0 : jurat_fail_memory(err);
}
