/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PEER_H
#define DAEMON_PEER_H

#include <sys/types.h>

#include "base/address.h"
#include "daemon/turns.h"

/*
 * The peer of a connection, as identified by the kernel: a guest, by its vsock CID; a user and one of its
 * processes, by the credentials of a unix socket; all TCP clients are one peer. A process is often the VMM of
 * one guest.
 */
struct peer {
	struct turn turn;
	struct peers *all;
	struct peer *parent, *next, **link, *children;
	sa_family_t family;
	uint32_t id; /* CID or uid; for a child of a user, the pid */
	size_t n_connections;
};

struct peers {
	struct peer *first;
	struct turns *turns;
};

void peers_init(struct peers *peers, struct turns *turns);
/*
 * address  from accept(2); for a unix socket, only its family is used
 * Returns  the process, or the only child of a guest, with its connection count incremented; NULL: out of
 *          memory
 */
struct peer *peer_connects(struct peers *peers, int fd, const struct base_address *address);
void peer_leaves(struct peer *peer);
/*
 * Whether a peer exceeds its share of connections: max_guest for one vsock CID; of `max` in total, one user
 * and one process must leave some for others.
 */
bool peer_has_too_many(const struct peer *peer, size_t max, size_t max_guest);
/* Formats a peer for people. `text` holds PEER_TEXT_BYTES. Returns `text`. */
enum { PEER_TEXT_BYTES = 48 };
char *peer_text(const struct peer *peer, char *text);

#endif
