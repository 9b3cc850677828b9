/* SPDX-License-Identifier: MIT */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/vm_sockets.h>

#include "jurat/error.h"

/*
 * The address of a local service:
 *
 *	unix:PATH          a socket in the file system
 *	vsock:CID:PORT     2 is the host, as a guest sees it; 1 is this machine
 *	tcp:ADDRESS:PORT   127.x.y.z only: what is sent has no other protection
 */
struct base_address {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_vm vm;
		struct sockaddr_in in;
		struct sockaddr_in6 in6; /* of juratd's public services only */
	} sockaddr;
	socklen_t size;
};

/*
 * 0; -EINVAL not one of these forms, a path that is too long, a number that is too large, or an address that
 * is not local.
 */
JURAT_MUST_CHECK int base_address_read(const char *text, struct base_address *ret, struct jurat_error *err);

#endif
