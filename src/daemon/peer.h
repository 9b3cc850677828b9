/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PEER_H
#define DAEMON_PEER_H

#include <sys/types.h>

#include "base/address.h"
#include "daemon/turns.h"

/*
 * Who is at the other end of a connection, as far as the kernel says so: a guest, by its vsock CID; a user
 * and one of its processes, by the credentials of a unix socket; whoever uses TCP is one. A process of a
 * user is often the VMM of one guest.
 */
struct peer {
	struct turn turn;
	struct peers *all;
	struct peer *parent, *next, **link, *children;
	sa_family_t family;
	uint32_t id; /* CID or user; below a user the process */
	size_t n_connections;
};

struct peers {
	struct peer *first;
	struct turns *turns;
};

void peers_init(struct peers *peers, struct turns *turns);
/*
 * address  of accept(2); of a unix socket only its family counts
 * Returns  the process, or the only child of a guest, with one more connection; NULL: out of memory
 */
struct peer *peer_connects(struct peers *peers, int fd, const struct base_address *address);
void peer_leaves(struct peer *peer);
/* More connections than are its: max_guest of one vsock CID; of `max` in all, one user and one process leave
 * something for others. */
bool peer_has_too_many(const struct peer *peer, size_t max, size_t max_guest);
/* For people. `text` holds PEER_TEXT_BYTES. Returns `text`. */
enum { PEER_TEXT_BYTES = 48 };
char *peer_text(const struct peer *peer, char *text);

#endif
