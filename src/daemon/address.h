/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ADDRESS_H
#define DAEMON_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/error.h"

/* Addresses to listen on. In addition to base/address.h: vsock:PORT, for guests and this machine. */
enum { DAEMON_ADDRESS_BYTES = 5 + sizeof(((struct sockaddr_un *)0)->sun_path) };

/* 0; -EINVAL not one of unix:PATH, vsock:PORT, tcp:127.x.y.z:PORT. */
JURAT_MUST_CHECK int listen_address_read(const char *text, struct base_address *ret, struct jurat_error *err);
/*
 * The same for what needs no protection on its way: tcp:ADDRESS:PORT is any address of this machine, IPv4 or
 * [IPv6]; port 0 is one that the system chooses.
 */
JURAT_MUST_CHECK int public_address_read(const char *text, struct base_address *ret, struct jurat_error *err);
/* Formats an address for people. `text` holds DAEMON_ADDRESS_BYTES. Returns `text`. */
char *address_text(const struct base_address *address, char *text);
/*
 * A client as a number, for what is shared among clients, from accept(2): an IPv4 address; the first half of
 * an IPv6 address, since the rest is the client's choice; a guest's CID; unix sockets are all one. All but
 * the IPv6 addresses are below 1 << 34, where no client's are: 0000::/8 is reserved (RFC 4291, 2.4).
 */
uint64_t address_number(const struct sockaddr *from);
/* 0; -EACCES a TCP socket that is not on a loopback address, as a service manager may pass. */
JURAT_MUST_CHECK int address_check(const struct base_address *address, struct jurat_error *err);

#endif
