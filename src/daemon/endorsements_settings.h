/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ENDORSEMENTS_SETTINGS_H
#define DAEMON_ENDORSEMENTS_SETTINGS_H

#include "daemon/service.h"

/* Settings of `juratd endorsements`; "": not set. */
struct endorsements_settings {
	struct service_settings common;
	struct option_list listen, fault;
	char tls_cert[OPTION_TEXT_BYTES], tls_key[OPTION_TEXT_BYTES];
	char store[OPTION_TEXT_BYTES], local_copy[OPTION_TEXT_BYTES];
	char upstream[OPTION_TEXT_BYTES], upstream_ca[OPTION_TEXT_BYTES], roots[OPTION_TEXT_BYTES];
	char software_platform[OPTION_TEXT_BYTES], at[OPTION_TEXT_BYTES], evidence[OPTION_TEXT_BYTES];
	uint64_t chips, kds_interval_ms, kds_burst, memory_bytes;
	uint64_t max_connections, wait_ms, drain_ms;
	bool offline;
};

/* Defaults of options that were not used. */
#define ENDORSEMENTS_LISTEN "tcp:127.0.0.1:8081" /* a PCCS's port */
#define ENDORSEMENTS_STORE  "dir:/var/lib/jurat/endorsements"

extern const struct option_table endorsements_options;
/* struct service_role: init and check */
void endorsements_settings_init(void *settings);
JURAT_MUST_CHECK int endorsements_settings_check(const void *settings, bool adopted, struct jurat_error *err);

#endif
