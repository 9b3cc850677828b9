/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WEB_LOG_H
#define DAEMON_WEB_LOG_H

#include <sys/socket.h>

#include "daemon/log_id.h"

/* Lines about connections (level debug), and about requests that no role sees. peer: NULL: unknown. */
void web_log_accepted(const struct log_id *id, const struct sockaddr *peer);
void web_log_closed(const struct log_id *id); /* of its last request, whose number counts them */
void web_log_refused(const struct log_id *id, const char *method, const char *target, unsigned status);

#endif
