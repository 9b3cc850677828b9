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
	  AT(listen) },
	{ "service", "ADDRESS",
	  "quoting service to use: unix:PATH, vsock:CID:PORT or "
	  "tcp:127.x.y.z:PORT; may be repeated",
	  OPTION_LIST, AT(service) },
	{ "software-enclave", NULL, "sign with the software quoting enclave (test quotes only)", OPTION_FLAG,
	  AT(software_enclave) },
	{ "seed", "TEXT", "seed of the software platform (default jurat)", OPTION_TEXT, AT(seed) },
	{ "workers", "N", "signing threads (default 0: one per processor)", OPTION_NUMBER, AT(workers), 0,
	  128 },
	{ "max-connections", "N", "maximum simultaneous connections (default 4096)", OPTION_NUMBER,
	  AT(max_connections), 1, 65536 },
	{ "max-per-guest", "N", "maximum simultaneous connections per vsock CID (default 256)", OPTION_NUMBER,
	  AT(max_per_guest), 1, 65536 },
	{ "max-unsent", "BYTES",
	  "maximum bytes of unsent responses (default 33554432); beyond it "
	  "the slowest client is disconnected",
	  OPTION_NUMBER, AT(max_unsent_bytes), 1 << 20, UINT64_C(1) << 40 },
	{ "requests-per-connection", "N",
	  "requests per connection (default 1, as Intel's service; 0: no limit)", OPTION_NUMBER,
	  AT(requests_per_connection), 0, UINT32_MAX },
	{ "no-raw", NULL, "refuse raw TDREPORTs, which have no length prefix", OPTION_FLAG, AT(no_raw) },
	{ "timeout", "MS", "time limit for a request (default 30000)", OPTION_NUMBER, AT(timeout_ms), 10,
	  HOUR_MS },
	{ "drain", "MS", "time for pending requests after SIGTERM (default 10000)", OPTION_NUMBER,
	  AT(drain_ms), 0, HOUR_MS },
	{ "service-timeout", "MS", "time limit for one quoting service (default 8000)", OPTION_NUMBER,
	  AT(service_timeout_ms), 10, HOUR_MS },
	{ "service-requests", "N", "maximum simultaneous requests per quoting service (default 4)",
	  OPTION_NUMBER, AT(service_requests), 1, 64 },
	{ "probe", "MS", "time between probes of a quoting service (default 10000)", OPTION_NUMBER,
	  AT(probe_ms), 10, HOUR_MS },
	{ "socket-mode", "MODE", "mode of unix sockets (default 0660)", OPTION_MODE, AT(socket_mode), 0,
	  0777 },
	{ "start-wait", "MS",
	  "maximum wait for another start on the same unix socket to finish (default 5000)", OPTION_NUMBER,
	  AT(start_wait_ms), 0, HOUR_MS },
	{ "metrics", "ADDRESS", "serve OpenMetrics over HTTP at unix:PATH or tcp:127.x.y.z:PORT", OPTION_TEXT,
	  AT(metrics) },
	{ "verbose", NULL, "log every connection", OPTION_FLAG, AT(verbose) },
};

const struct option_table qgs_options = { rows, ARRAY_SIZE(rows) };

void qgs_settings_init(struct qgs_settings *s)
{
	memset(s, 0, sizeof(*s));
	s->max_connections = 4096;
	s->max_per_guest = 256;
	s->max_unsent_bytes = 32 << 20;
	s->requests_per_connection = 1;
	s->timeout_ms = 30000; /* as Intel's service and QEMU's client */
	s->drain_ms = 10000;
	s->service_timeout_ms = 8000; /* allows three services in the time of one request */
	s->service_requests = 4;      /* number_threads of Intel's service */
	s->probe_ms = 10000;
	s->socket_mode = 0660;
	s->start_wait_ms = 5000;
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

int qgs_settings_check(const struct qgs_settings *s, bool adopted, struct jurat_error *err)
{
	struct base_address a;
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
	if (!s->metrics[0])
		return 0;
	if (listen_address_read(s->metrics, &a, err) < 0)
		return jurat_wrap(err, -EINVAL, "--metrics");
	if (a.sockaddr.any.sa_family == AF_VSOCK)
		return jurat_fail(err, -EINVAL, "--metrics: expected a unix socket or loopback TCP");
	return 0;
}
