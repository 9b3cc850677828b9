/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "daemon/service.h"

/* Settings of `juratd qgs`. */
struct qgs_settings {
	struct service_settings common;
	struct option_list listen, service;
	bool software_enclave;
	char seed[OPTION_TEXT_BYTES];
	uint64_t workers; /* 0: as many as there are processors */
	uint64_t max_connections, max_per_guest, max_unsent_bytes;
	uint64_t requests_per_connection;
	uint64_t drain_ms;
	uint64_t service_timeout_ms, service_requests, probe_ms;
	bool no_raw;
};

extern const struct option_table qgs_options;
/* Both get a struct qgs_settings, for struct service_role. */
void qgs_settings_init(void *settings);
JURAT_MUST_CHECK int qgs_settings_check(const void *settings, bool adopted, struct jurat_error *err);

#endif
