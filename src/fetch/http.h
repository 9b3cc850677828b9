/* SPDX-License-Identifier: MIT */
#ifndef FETCH_HTTP_H
#define FETCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * One HTTP request at a time, with connections kept between requests. Nothing that a service sends is
 * trusted: every size and time is bounded, redirects are returned and not followed, no encoding is accepted,
 * and TLS certificates are always verified.
 *
 * Proxies are those of the environment, as curl(1) uses them: http_proxy, https_proxy, all_proxy, no_proxy.
 */
struct http;

struct http_options {
	/* PEM file of trusted CAs; NULL: CURL_CA_BUNDLE, SSL_CERT_DIR and SSL_CERT_FILE as curl(1), or the
	 * system's */
	const char *ca_file;
	bool (*stop)(void *context); /* true ends a transfer within 0.1 s: -ECANCELED. NULL: never */
	void *context;
};

JURAT_MUST_CHECK int http_new(const struct http_options *options, struct http **ret, struct jurat_error *err);
void http_free(struct http *http);

enum { HTTP_MAX_HEADER_BYTES = 256 * 1024, HTTP_TYPE_BYTES = 64 };

struct http_answer {
	unsigned status;
	uint8_t *body; /* heap; one NUL follows the bytes; NULL unless the status is 200 */
	size_t size;
	char type[HTTP_TYPE_BYTES]; /* media type in lower case, without parameters; "": none was sent */
	bool encoded;               /* has a Content-Encoding, which was not asked for */
	char *header;               /* heap: the header that was asked for; NULL: it was not sent */
	char *retry_after;          /* heap; NULL: not sent */
	char *location;             /* heap: absolute URL of a redirect; NULL: none */
};
void http_answer_done(struct http_answer *answer);

/*
 * Sends a GET request and reads the answer, whatever its status.
 *
 * header    name of a header to return; NULL: none
 * max       bytes of the body
 * Returns   0; -ETIMEDOUT; -EHOSTUNREACH, -ECONNREFUSED, -ECONNRESET no connection, or one that broke;
 *           -EKEYREJECTED the service has no trusted certificate; -EMSGSIZE body or headers are too large;
 *           -EINVAL not an HTTP URL; -ENOENT the CA file cannot be read; -ECANCELED; -EPROTO not HTTP;
 *           -ENOMEM
 */
JURAT_MUST_CHECK int http_get(struct http *http, const char *url, const char *header, size_t max,
			      uint64_t timeout_ms, struct http_answer *ret, struct jurat_error *err);

/* Whether the same request may succeed later after this error. */
bool http_may_pass(int r);

/* Whether the text is a URL, of any scheme, and not the path of a directory. */
bool http_is_url(const char *text);
/*
 * Checks the URL of a service: a host, and nothing but a port and a path after it.
 *
 * ret       the same without slashes at the end, or normalised; the caller frees it
 * Returns   0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int http_base_url(const char *url, char **ret, struct jurat_error *err);
/* "host" or "host:port" of a URL, for messages. Returns `to`. */
enum { HTTP_HOST_BYTES = 128 };
const char *http_host(const char *url, char to[HTTP_HOST_BYTES]);
/*
 * Whether a redirect may be followed: to the same host, from https to https only, and without credentials.
 * 0; -EPROTO, -ENOMEM
 */
JURAT_MUST_CHECK int http_check_redirect(const char *from, const char *to, struct jurat_error *err);

/*
 * Decodes percent-encoded text, such as the PEM in a header of Intel's services.
 *
 * ret       the caller frees it
 * Returns   0; -EBADMSG longer than `max`, or it has a NUL; -ENOMEM
 */
JURAT_MUST_CHECK int http_unescape(const char *text, size_t max, char **ret, struct jurat_error *err);

#endif
