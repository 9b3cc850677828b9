/* SPDX-License-Identifier: MIT */
/*
 * A guest program with the vendors' addresses built in, which resolves names as static programs do, by
 * /etc/hosts: it knows nothing of jurat. test_endorsements.c runs it under `jurat run`.
 *
 *	connect   prints "connected", or the error of connect(2)
 *	refused   connects until it is refused, and prints "ECONNREFUSED"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in find(const char *name)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(443) };
	FILE *f = fopen("/etc/hosts", "r");
	char line[1024], address[64], host[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %255s", address, host) == 2 && !strcmp(host, name) &&
		    inet_pton(AF_INET, address, &at.sin_addr) == 1) {
			fclose(f);
			return at;
		}
	printf("%s has no address\n", name);
	exit(1);
}

static int try_once(const struct sockaddr_in *at)
{
	struct sockaddr_in peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd = socket(AF_INET, SOCK_STREAM, 0), error = 0;

	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		error = errno;
	else if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
		error = errno == ENOTCONN ? ECONNRESET : errno; /* it died since */
	else if (memcmp(&peer, at, sizeof(peer)) != 0)
		error = EPROTO;
	close(fd);
	return error;
}

int main(int argc, char **argv)
{
	const struct sockaddr_in at = find("kdsintf.amd.com");
	bool until_refused = argc > 1 && !strcmp(argv[1], "refused");
	int error;

	do
		error = try_once(&at);
	while (until_refused && (error == 0 || error == ECONNRESET)); /* RESET: it died during this one */
	printf("%s\n", error == 0 ? "connected" : error == ECONNREFUSED ? "ECONNREFUSED" : strerror(error));
	return 0;
}
