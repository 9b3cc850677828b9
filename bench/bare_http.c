/* SPDX-License-Identifier: MIT */
/* bare-http FILE TYPE: libmicrohttpd alone, which answers every request with the file. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 20, MAX_CONNECTIONS = 4096 };

static struct MHD_Response *response;

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	static int seen;

	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static struct MHD_Response *make_response(const char *path, const char *type)
{
	uint8_t *bytes = malloc(MAX_BYTES);
	FILE *f = fopen(path, "re");
	struct MHD_Response *made = NULL;
	size_t n = f && bytes ? fread(bytes, 1, MAX_BYTES, f) : 0;

	if (f)
		fclose(f);
	if (n > 0)
		made = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
	if (made)
		MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return made;
}

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, MAX_CONNECTIONS) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return -1;
	*ret_port = ntohs(a.sin_port);
	return fd;
}

int main(int argc, char **argv)
{
	struct MHD_Daemon *daemon;
	uint16_t port = 0;
	int fd = listen_somewhere(&port);

	response = argc == 3 ? make_response(argv[1], argv[2]) : NULL;
	if (!response || fd < 0)
		return 1;
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
				  MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				  (unsigned)MAX_CONNECTIONS, MHD_OPTION_END);
	if (!daemon)
		return 1;
	fprintf(stderr, "event=listening address=tcp:127.0.0.1:%u\nevent=ready\n", port);
	/* Until a signal ends it. Only the library's thread may use processor time: all of it is measured. */
	for (;;)
		pause();
}
