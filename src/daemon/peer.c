/* SPDX-License-Identifier: MIT */
#include "daemon/peer.h"

#include <stdio.h>
#include <stdlib.h>

/* The share of connections, 1/N, that one user or one process leaves to others. */
enum { PEER_USER_LEAVES = 8, PEER_PROCESS_LEAVES = 4 };

void peers_init(struct peers *peers, struct turns *turns)
{
	*peers = (struct peers){ .turns = turns };
}

static struct peer *find(struct peers *all, struct peer *parent, sa_family_t family, uint32_t id)
{
	struct peer **list = parent ? &parent->children : &all->first, *p;

	for (p = *list; p; p = p->next)
		if (p->family == family && p->id == id)
			return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	turn_init(&p->turn, parent ? &parent->turn : &all->turns->root);
	all->turns->n_leaves += parent != NULL;
	p->all = all;
	p->parent = parent;
	p->family = family;
	p->id = id;
	p->next = *list;
	p->link = list;
	if (p->next)
		p->next->link = &p->next;
	*list = p;
	return p;
}

static void free_unused(struct peer *p)
{
	if (p->n_connections > 0)
		return;
	p->all->turns->n_leaves -= p->parent != NULL;
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	free(p);
}

struct peer *peer_connects(struct peers *peers, int fd, const struct base_address *address)
{
	const sa_family_t family = address->sockaddr.any.sa_family;
	struct ucred of = { 0 };
	socklen_t size = sizeof(of);
	struct peer *who, *process;

	if (family == AF_VSOCK)
		of.uid = address->sockaddr.vm.svm_cid;
	else if (family == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &of, &size) < 0)
		of = (struct ucred){ 0 };
	who = find(peers, NULL, family, of.uid);
	if (!who)
		return NULL;
	process = find(peers, who, family, (uint32_t)of.pid);
	if (!process) {
		free_unused(who);
		return NULL;
	}
	who->n_connections++;
	process->n_connections++;
	return process;
}

void peer_leaves(struct peer *peer)
{
	struct peer *who = peer->parent;

	peer->n_connections--;
	who->n_connections--;
	free_unused(peer);
	free_unused(who);
}

bool peer_has_too_many(const struct peer *peer, size_t max, size_t max_guest)
{
	const struct peer *who = peer->parent;

	if (peer->family == AF_VSOCK)
		return who->n_connections > max_guest;
	return who->n_connections > max - max / PEER_USER_LEAVES ||
	       peer->n_connections > max - max / PEER_PROCESS_LEAVES;
}

char *peer_text(const struct peer *peer, char *text)
{
	if (peer->family == AF_VSOCK)
		snprintf(text, PEER_TEXT_BYTES, "vsock:%u", peer->parent->id);
	else if (peer->family == AF_UNIX)
		snprintf(text, PEER_TEXT_BYTES, "unix:uid=%u,pid=%u", peer->parent->id, peer->id);
	else
		snprintf(text, PEER_TEXT_BYTES, "tcp");
	return text;
}
