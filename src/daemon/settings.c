/* SPDX-License-Identifier: MIT */
#include "daemon/settings.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/address.h"

enum { HOUR_MS = 3600 * 1000 };

#define AT(member) .offset = offsetof(struct qgs_settings, member)

static const struct option_row rows[] = {
	{ "listen", "ADDRESS", "unix:PATH, vsock:PORT or tcp:127.x.y.z:PORT; may be repeated", OPTION_LIST,
	  AT(listen), .restart = true },
	{ "service", "ADDRESS",
	  "quoting service to use: unix:PATH, vsock:CID:PORT or "
	  "tcp:127.x.y.z:PORT; may be repeated",
	  OPTION_LIST, AT(service) },
	{ "software-enclave", NULL, "sign with the software quoting enclave (test quotes only)", OPTION_FLAG,
	  AT(software_enclave), .restart = true },
	{ "seed", "TEXT", "seed of the software platform (default jurat)", OPTION_TEXT, AT(seed),
	  .restart = true },
	{ "workers", "N", "signing threads (default 0: one per processor)", OPTION_NUMBER, AT(workers), 0,
	  128, .restart = true },
	{ "max-connections", "N", "maximum simultaneous connections (default 4096)", OPTION_NUMBER,
	  AT(max_connections), 1, 65536 },
	{ "max-per-guest", "N", "maximum simultaneous connections per vsock CID (default 256)", OPTION_NUMBER,
	  AT(max_per_guest), 1, 65536 },
	{ "max-unsent", "BYTES",
	  "maximum bytes of unsent responses (default 33554432); beyond it "
	  "the slowest client is disconnected",
	  OPTION_NUMBER, AT(max_unsent_bytes), 1 << 20, UINT64_C(1) << 40 },
	{ "requests-per-connection", "N",
	  "requests per connection (default 1, as in Intel's service; 0: no limit)", OPTION_NUMBER,
	  AT(requests_per_connection), 0, UINT32_MAX },
	{ "no-raw", NULL, "refuse raw TDREPORTs, which have no length prefix", OPTION_FLAG, AT(no_raw) },
	{ "drain", "MS", "time for pending requests after SIGTERM (default 10000)", OPTION_NUMBER,
	  AT(drain_ms), 0, HOUR_MS },
	{ "service-timeout", "MS", "time limit for one quoting service (default 8000)", OPTION_NUMBER,
	  AT(service_timeout_ms), 10, HOUR_MS },
	{ "service-requests", "N", "maximum simultaneous requests per quoting service (default 4)",
	  OPTION_NUMBER, AT(service_requests), 1, 64 },
	{ "probe", "MS", "time between probes of a quoting service (default 10000)", OPTION_NUMBER,
	  AT(probe_ms), 10, HOUR_MS },
	SERVICE_OPTION_ROWS(struct qgs_settings, common),
};

const struct option_table qgs_options = { rows, ARRAY_SIZE(rows) };

void qgs_settings_init(void *settings)
{
	struct qgs_settings *s = settings;

	s->max_connections = 4096;
	s->max_per_guest = 256;
	s->max_unsent_bytes = 32 << 20;
	s->requests_per_connection = 1;
	s->drain_ms = 10000;
	s->service_timeout_ms = 8000; /* allows three services in the time of one request */
	s->service_requests = 4;      /* number_threads of Intel's service */
	s->probe_ms = 10000;
}

static int check_addresses(const struct option_list *list, bool to_listen, struct jurat_error *err)
{
	struct base_address a;

	for (size_t i = 0; i < list->n; i++) {
		if ((to_listen ? listen_address_read : base_address_read)(list->text[i], &a, err) < 0)
			return jurat_wrap(err, -EINVAL, to_listen ? "--listen" : "--service");
		for (size_t k = 0; k < i; k++)
			if (!strcmp(list->text[i], list->text[k]))
				return jurat_fail(err, -EINVAL, "'%s': used more than once", list->text[i]);
	}
	return 0;
}

int qgs_settings_check(const void *settings, bool adopted, struct jurat_error *err)
{
	const struct qgs_settings *s = settings;
	int r = check_addresses(&s->listen, true, err);

	if (r == 0)
		r = check_addresses(&s->service, false, err);
	if (r < 0)
		return r;
	if (s->listen.n == 0 && !adopted)
		return jurat_fail(err, -EINVAL,
				  "expected --listen ADDRESS, or sockets from the service manager");
	if (s->listen.n > 0 && adopted)
		return jurat_fail(err, -EINVAL,
				  "--listen cannot be used with sockets from the service manager");
	if (s->software_enclave == (s->service.n > 0))
		return jurat_fail(err, -EINVAL, "expected either --service ADDRESS or --software-enclave");
	if (s->seed[0] && !s->software_enclave)
		return jurat_fail(err, -EINVAL, "--seed needs --software-enclave");
	return 0;
}
