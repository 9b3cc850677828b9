/* SPDX-License-Identifier: MIT */
#include "daemon/web_log.h"

#include <stdio.h>
#include <string.h>

#include "daemon/address.h"
#include "daemon/log.h"

static char *peer_text(const struct sockaddr *peer, char *text)
{
	struct base_address a;

	memset(&a, 0, sizeof(a));
	switch (peer ? peer->sa_family : AF_UNIX) {
	case AF_INET:
		memcpy(&a.sockaddr.in, peer, sizeof(a.sockaddr.in));
		break;
	case AF_INET6:
		memcpy(&a.sockaddr.in6, peer, sizeof(a.sockaddr.in6));
		break;
	case AF_VSOCK:
		memcpy(&a.sockaddr.vm, peer, sizeof(a.sockaddr.vm));
		break;
	default:
		a.sockaddr.any.sa_family = AF_UNIX;
	}
	return address_text(&a, text);
}

void web_log_accepted(const struct log_id *id, const struct sockaddr *peer)
{
	char text[LOG_ID_BYTES], address[DAEMON_ADDRESS_BYTES];

	if (log_wants(LOG_LEVEL_DEBUG))
		log_peer_event(LOG_LEVEL_DEBUG, "accepted", "id", log_id_text(id, text), "peer",
			       peer_text(peer, address), NULL);
}

void web_log_closed(const struct log_id *id)
{
	const struct log_id connection = { .connection = id->connection };
	char text[LOG_ID_BYTES], n[16];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	snprintf(n, sizeof(n), "%u", id->request);
	log_peer_event(LOG_LEVEL_DEBUG, "connection", "id", log_id_text(&connection, text), "requests", n,
		       NULL);
}

void web_log_refused(const struct log_id *id, const char *method, const char *target, unsigned status)
{
	char text[LOG_ID_BYTES], code[16];

	snprintf(code, sizeof(code), "%u", status);
	log_peer_event(LOG_LEVEL_INFO, "request", "id", log_id_text(id, text), "method", method, "target",
		       target, "status", code, NULL);
}
