/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "daemon/options.h"

/* Settings of `juratd qgs`. */
struct qgs_settings {
	struct option_list listen, service;
	bool software_enclave;
	char seed[OPTION_TEXT_BYTES];
	char metrics[OPTION_TEXT_BYTES]; /* "": none */
	uint64_t workers;                /* 0: as many as there are processors */
	uint64_t max_connections, max_per_guest, max_unsent_bytes;
	uint64_t requests_per_connection;
	uint64_t timeout_ms, drain_ms;
	uint64_t service_timeout_ms, service_requests, probe_ms;
	uint64_t socket_mode, start_wait_ms;
	bool no_raw, verbose;
};

extern const struct option_table qgs_options;
void qgs_settings_init(struct qgs_settings *settings);
/* Checks combinations of options. 0 or -EINVAL. `adopted`: sockets came from the service manager. */
JURAT_MUST_CHECK int qgs_settings_check(const struct qgs_settings *settings, bool adopted,
					struct jurat_error *err);

#endif
