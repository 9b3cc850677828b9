/* SPDX-License-Identifier: MIT */
#include "fetch/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum { POLL_MS = 100, MAX_CONNECT_MS = 20000, FIRST_ROOM = 8192 };

struct http {
	CURL *easy;
	CURLM *multi; /* keeps the connections */
	bool (*stop)(void *context);
	void *context;
	bool is_global;
	char why[CURL_ERROR_SIZE];
	/* of the current request */
	uint8_t *body;
	size_t size, room, max, header_bytes;
	size_t over; /* the limit that the answer exceeded, in bytes; 0: none */
	bool no_memory;
	bool has_headers; /* the empty line after them was read: libcurl takes less for an answer */
};

/* Appends to the body, in memory that grows with what was received and not with what was announced. */
static size_t take_body(char *data, size_t one, size_t n, void *context)
{
	struct http *h = context;

	(void)one; /* 1 */
	if (n > h->max - h->size) {
		h->over = h->max;
		return CURL_WRITEFUNC_ERROR;
	}
	if (n + 1 > h->room - h->size) {
		size_t room = h->size + n + 1 > 2 * h->room ? h->size + n + 1 : 2 * h->room;
		uint8_t *body = realloc(h->body, room < FIRST_ROOM ? FIRST_ROOM : room);

		if (!body) {
			h->no_memory = true;
			return CURL_WRITEFUNC_ERROR;
		}
		h->body = body;
		h->room = room < FIRST_ROOM ? FIRST_ROOM : room;
	}
	memcpy(h->body + h->size, data, n);
	h->size += n;
	h->body[h->size] = '\0';
	return n;
}

static size_t take_header(char *data, size_t one, size_t n, void *context)
{
	struct http *h = context;

	(void)one;
	if (n > HTTP_MAX_HEADER_BYTES - h->header_bytes) {
		h->over = HTTP_MAX_HEADER_BYTES;
		return 0;
	}
	h->header_bytes += n;
	if (n >= 5 && memcmp(data, "HTTP/", 5) == 0) /* of an interim answer, or of the last one */
		h->has_headers = false;
	else if (n > 0 && n <= 2 && data[n - 1] == '\n' && (n == 1 || data[0] == '\r'))
		h->has_headers = true; /* and stays so: trailers come here, too */
	return n;
}

/*
 * curl(1) reads these variables, libcurl does not. A variable that is set and empty counts as not set.
 */
static CURLcode set_trust(CURL *easy, const char *ca_file)
{
	const char *bundle = ca_file ? ca_file : getenv("CURL_CA_BUNDLE"), *dir = NULL;
	CURLcode code;

	if (!bundle || !bundle[0]) {
		bundle = getenv("SSL_CERT_FILE");
		dir = getenv("SSL_CERT_DIR");
	}
	if (dir && dir[0]) {
		code = curl_easy_setopt(easy, CURLOPT_CAPATH, dir);
		if (code != CURLE_OK)
			return code;
	}
	if (!bundle || !bundle[0])
		return CURLE_OK;
	code = curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
	if (code == CURLE_OK && !(dir && dir[0])) /* these and no others */
		code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	return code;
}

static CURLcode set_options(struct http *h, const char *ca_file)
{
	CURLcode code = CURLE_OK;

#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(h->easy, option, value) : code
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_ACCEPT_ENCODING, NULL);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "jurat/" JURAT_VERSION);
	SET(CURLOPT_ERRORBUFFER, h->why);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, h);
#undef SET
	return code == CURLE_OK ? set_trust(h->easy, ca_file) : code;
}

int http_new(const struct http_options *options, struct http **ret, struct jurat_error *err)
{
	struct http *h = calloc(1, sizeof(*h));
	CURLcode code = h ? curl_global_init(CURL_GLOBAL_DEFAULT) : CURLE_OUT_OF_MEMORY;

	if (code == CURLE_OK) {
		h->is_global = true;
		h->stop = options->stop;
		h->context = options->context;
		h->easy = curl_easy_init();
		h->multi = curl_multi_init();
		code = h->easy && h->multi ? set_options(h, options->ca_file) : CURLE_OUT_OF_MEMORY;
	}
	if (code != CURLE_OK) {
		http_free(h);
		return code == CURLE_OUT_OF_MEMORY ? jurat_fail_memory(err)
						   : jurat_fail(err, -ENOTSUP, "cannot set up libcurl: %s",
								curl_easy_strerror(code));
	}
	*ret = h;
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	if (http->easy)
		curl_easy_cleanup(http->easy);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	if (http->is_global)
		curl_global_cleanup();
	free(http->body);
	free(http);
}

void http_answer_done(struct http_answer *answer)
{
	free(answer->body);
	free(answer->header);
	free(answer->retry_after);
	free(answer->location);
	*answer = (struct http_answer){ 0 };
}

/* Drives the transfer to its end, and asks every 0.1 s whether to stop. */
static CURLcode transfer(struct http *h)
{
	CURLcode code = CURLE_FAILED_INIT;
	int running, left;

	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return code;
	for (;;) {
		CURLMsg *message;

		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			break;
		message = curl_multi_info_read(h->multi, &left);
		if (message && message->msg == CURLMSG_DONE) {
			code = message->data.result;
			break;
		}
		if (h->stop && h->stop(h->context)) {
			code = CURLE_ABORTED_BY_CALLBACK;
			break;
		}
		if (curl_multi_poll(h->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			break;
	}
	curl_multi_remove_handle(h->multi, h->easy);
	return code;
}

static int errno_of(CURLcode code)
{
	static const struct {
		CURLcode code;
		int r;
	} rows[] = {
		{ CURLE_URL_MALFORMAT, -EINVAL },
		{ CURLE_UNSUPPORTED_PROTOCOL, -EPROTO }, /* HTTP/0.9, or no HTTP: the scheme was checked */
		{ CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH },
		{ CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH },
		{ CURLE_COULDNT_CONNECT, -ECONNREFUSED },
		{ CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
		{ CURLE_PARTIAL_FILE, -ECONNRESET },
		{ CURLE_GOT_NOTHING, -ECONNRESET },
		{ CURLE_SEND_ERROR, -ECONNRESET },
		{ CURLE_RECV_ERROR, -ECONNRESET },
		{ CURLE_HTTP2, -ECONNRESET },
		{ CURLE_HTTP2_STREAM, -ECONNRESET },
		{ CURLE_SSL_CONNECT_ERROR, -ECONNRESET },
		{ CURLE_PEER_FAILED_VERIFICATION, -EKEYREJECTED },
		{ CURLE_SSL_CACERT_BADFILE, -ENOENT },
		{ CURLE_ABORTED_BY_CALLBACK, -ECANCELED },
		{ CURLE_OUT_OF_MEMORY, -ENOMEM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].code == code)
			return rows[i].r;
	return -EPROTO;
}

bool http_may_pass(int r)
{
	return r == -EHOSTUNREACH || r == -ECONNREFUSED || r == -ECONNRESET || r == -ETIMEDOUT;
}

/*
 * The other protocol is spoken at this port: a TLS server answers HTTP with an alert, with nothing, or by a
 * reset; an HTTP server answers TLS with text, which is no version of TLS. "": no sign of it.
 */
static const char *hint(const struct http *h, CURLcode code, const char *url, const char *why)
{
	if (strncasecmp(url, "https:", strlen("https:")) == 0)
		return code == CURLE_SSL_CONNECT_ERROR && strstr(why, "wrong version number")
			       ? " (if the port expects plain HTTP, use http://)"
			       : "";
	return h->header_bytes == 0 && (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
					code == CURLE_UNSUPPORTED_PROTOCOL)
		       ? " (if the port expects TLS, use https://)"
		       : "";
}

static int fail(struct http *h, CURLcode code, const char *url, struct jurat_error *err)
{
	const char *why = h->why[0] ? h->why : curl_easy_strerror(code);
	char host[HTTP_HOST_BYTES];

	http_host(url, host);
	if (h->no_memory || code == CURLE_OUT_OF_MEMORY)
		return jurat_fail_memory(err);
	if (code == CURLE_FILESIZE_EXCEEDED) /* by what was announced */
		h->over = h->max;
	if (h->over)
		return jurat_fail(err, -EMSGSIZE, "%s: expected at most %zu bytes of %s, found more", host,
				  h->over, h->over == h->max ? "content" : "headers");
	return jurat_fail(err, errno_of(code), "%s: %s%s", host, why, hint(h, code, url, why));
}

/* A copy of a header of the answer; *ret is NULL when it was not sent. false: no memory. */
static bool copy_header(CURL *easy, const char *name, char **ret)
{
	struct curl_header *header;

	*ret = NULL;
	if (!name || curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return true;
	*ret = strdup(header->value);
	return *ret != NULL;
}

static void take_type(CURL *easy, char to[HTTP_TYPE_BYTES])
{
	const char *type = NULL;
	size_t n;

	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	n = type ? strcspn(type, "; \t") : 0;
	if (n >= HTTP_TYPE_BYTES)
		n = HTTP_TYPE_BYTES - 1; /* matches no type that is expected */
	for (size_t i = 0; i < n; i++)
		to[i] = (char)tolower((unsigned char)type[i]);
	to[n] = '\0';
}

static int take_answer(struct http *h, const char *header, struct http_answer *ret, struct jurat_error *err)
{
	struct http_answer answer = { 0 };
	auto_free char *encoding = NULL;
	const char *location = NULL;
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &location);
	take_type(h->easy, answer.type);
	answer.status = (unsigned)status;
	answer.location = location ? strdup(location) : NULL;
	if (status == 200) {
		answer.size = h->size;
		answer.body = h->body ? take_ptr(h->body) : calloc(1, 1);
	}
	if ((status == 200 && !answer.body) || (location && !answer.location) ||
	    !copy_header(h->easy, header, &answer.header) ||
	    !copy_header(h->easy, "Retry-After", &answer.retry_after) ||
	    !copy_header(h->easy, "Content-Encoding", &encoding)) {
		http_answer_done(&answer);
		return jurat_fail_memory(err);
	}
	answer.encoded = encoding && encoding[0] && strcasecmp(encoding, "identity") != 0;
	*ret = answer;
	return 0;
}

int http_get(struct http *h, const char *url, const char *header, size_t max, uint64_t timeout_ms,
	     struct http_answer *ret, struct jurat_error *err)
{
	const long ms = timeout_ms > 24 * 3600 * 1000 ? 24 * 3600 * 1000 : timeout_ms ? (long)timeout_ms : 1;
	CURLcode code;

	free(take_ptr(h->body));
	h->size = h->room = h->header_bytes = 0;
	h->max = max;
	h->over = 0;
	h->no_memory = h->has_headers = false;
	h->why[0] = '\0';
	code = curl_easy_setopt(h->easy, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, ms);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS,
					ms < MAX_CONNECT_MS ? ms : (long)MAX_CONNECT_MS);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max);
	if (code == CURLE_OK)
		code = transfer(h);
	if (code == CURLE_OK && !h->has_headers)
		code = CURLE_PARTIAL_FILE;
	if (code != CURLE_OK)
		return fail(h, code, url, err);
	return take_answer(h, header, ret, err);
}
