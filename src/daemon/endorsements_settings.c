/* SPDX-License-Identifier: MIT */
#include "daemon/endorsements_settings.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "daemon/address.h"
#include "daemon/service_fault.h"
#include "stock/stock.h"
#include "fetch/http.h"

enum { HOUR_MS = 3600 * 1000, MAX_CHIPS = 100000 };

#define AT(member) .offset = offsetof(struct endorsements_settings, member)

static const struct option_row rows[] = {
	{ "listen", "ADDRESS",
	  "unix:PATH, vsock:PORT or tcp:ADDRESS:PORT (default " ENDORSEMENTS_LISTEN "); may be repeated",
	  OPTION_LIST, AT(listen), .restart = true },
	{ "tls-cert", "FILE", "serve HTTPS with this certificate and its chain (PEM)", OPTION_TEXT,
	  AT(tls_cert) },
	{ "tls-key", "FILE", "private key of the certificate (PEM)", OPTION_TEXT, AT(tls_key) },
	{ "store", "STORE",
	  "where endorsements are stored: dir:PATH, redis://HOST[:PORT][/DATABASE] "
	  "or redis+unix:PATH[?db=DATABASE] "
	  "(default " ENDORSEMENTS_STORE ")",
	  OPTION_TEXT, AT(store), .restart = true },
	{ "local-copy", "DIR",
	  "directory for a copy of each value, used while the Redis server cannot be reached (default: "
	  "memory only)",
	  OPTION_TEXT, AT(local_copy), .restart = true },
	{ "offline", NULL, "serve only what is in the store; contact no service", OPTION_FLAG, AT(offline),
	  .restart = true },
	{ "upstream", "URL",
	  "upstream service: another juratd endorsements, or a PCCS (default: AMD and Intel)", OPTION_TEXT,
	  AT(upstream), .restart = true },
	{ "upstream-ca", "FILE", "CA certificates for TLS to the upstream service (default: the system's)",
	  OPTION_TEXT, AT(upstream_ca), .restart = true },
	{ "roots", "FILE|DIR", "roots to trust instead of AMD's and Intel's", OPTION_TEXT, AT(roots) },
	{ "kds-interval", "MS", "time between two VCEK requests to AMD's service (default 10500)",
	  OPTION_NUMBER, AT(kds_interval_ms), 0, HOUR_MS, .restart = true },
	{ "kds-burst", "N", "VCEKs that may be requested in a row after an idle time (default 1)",
	  OPTION_NUMBER, AT(kds_burst), 1, 1000, .restart = true },
	{ "memory", "BYTES", "maximum total size of responses in memory (default 67108864)", OPTION_NUMBER,
	  AT(memory_bytes), 1 << 20, UINT64_C(1) << 40, .restart = true },
	{ "software-platform", "SEED", "serve the test endorsements of a software platform; uses no store",
	  OPTION_TEXT, AT(software_platform), .restart = true },
	{ "chips", "N", "number of additional chips of the software platform, with seeds SEED/1 and so on",
	  OPTION_NUMBER, AT(chips), 0, MAX_CHIPS, .restart = true },
	{ "at", "RFC3339", "time of the software platform, as with jurat run --at (default: now)",
	  OPTION_TEXT, AT(at), .restart = true },
	{ "evidence", "FILE",
	  "what is different about the software platform's certificates, CRLs and documents, one item of "
	  "jurat-forge(1) a line",
	  OPTION_TEXT, AT(evidence), .restart = true },
	{ "fault", "FAULT",
	  "fault of the software platform's services: 429, outage, slow, wrong-chip, wrong-tcb, half, reset, "
	  "wrong-type, redirect, stale or not-json; may be repeated",
	  OPTION_LIST, AT(fault), .restart = true },
	{ "max-connections", "N", "maximum simultaneous connections (default 4096)", OPTION_NUMBER,
	  AT(max_connections), 1, 65536, .restart = true },
	{ "wait", "MS", "how long a client waits for an upstream service (default 20000)", OPTION_NUMBER,
	  AT(wait_ms), 0, HOUR_MS, .restart = true },
	{ "drain", "MS", "time for pending requests after SIGTERM (default 10000)", OPTION_NUMBER,
	  AT(drain_ms), 0, HOUR_MS },
	SERVICE_OPTION_ROWS(struct endorsements_settings, common),
};

const struct option_table endorsements_options = { rows, ARRAY_SIZE(rows) };

void endorsements_settings_init(void *settings)
{
	struct endorsements_settings *s = settings;

	s->kds_interval_ms = 10500; /* what its clients report, and a margin: requests arrive at odd times */
	s->kds_burst = 1;
	s->memory_bytes = 64 << 20;
	s->max_connections = 4096;
	s->wait_ms = 20000; /* less than the patience of clients, 30 s in most */
	s->drain_ms = 10000;
}

static int check_listen(const struct endorsements_settings *s, bool adopted, struct jurat_error *err)
{
	struct base_address a;

	if (s->listen.n > 0 && adopted)
		return jurat_fail(err, -EINVAL,
				  "--listen cannot be used with sockets from the service manager");
	for (size_t i = 0; i < s->listen.n; i++)
		if (public_address_read(s->listen.text[i], &a, err) < 0)
			return jurat_wrap(err, -EINVAL, "--listen");
	return 0;
}

static int check_platform(const struct endorsements_settings *s, struct jurat_error *err)
{
	struct service_fault fault;
	int64_t at;

	if (s->software_platform[0]) {
		if (s->store[0] || s->local_copy[0] || s->offline || s->upstream[0] || s->roots[0])
			return jurat_fail(err, -EINVAL,
					  "--software-platform cannot be used with --store, --local-copy, "
					  "--offline, --upstream or --roots");
	} else if (s->chips > 0 || s->fault.n > 0 || s->at[0] || s->evidence[0]) {
		return jurat_fail(err, -EINVAL,
				  "--chips, --at, --evidence and --fault need --software-platform");
	}
	if (s->at[0] && !base_time_read(s->at, &at))
		return jurat_fail(err, -EINVAL, "--at: expected a date or an RFC 3339 time, found '%s'",
				  s->at);
	for (size_t i = 0; i < s->fault.n; i++)
		if (service_fault_read(s->fault.text[i], &fault, err) < 0)
			return jurat_wrap(err, -EINVAL, "--fault");
	return 0;
}

static int check_upstream(const struct endorsements_settings *s, struct jurat_error *err)
{
	auto_free char *base = NULL;

	if (s->offline && (s->upstream[0] || s->upstream_ca[0]))
		return jurat_fail(err, -EINVAL, "--offline cannot be used with --upstream or --upstream-ca");
	if (s->upstream[0] && http_base_url(s->upstream, &base, err) < 0)
		return jurat_wrap(err, -EINVAL, "--upstream");
	return 0;
}

int endorsements_settings_check(const void *settings, bool adopted, struct jurat_error *err)
{
	const struct endorsements_settings *s = settings;
	int r = check_listen(s, adopted, err);

	if (r == 0 && !s->tls_cert[0] != !s->tls_key[0])
		r = jurat_fail(err, -EINVAL, "--tls-cert and --tls-key must be used together");
	if (r == 0)
		r = check_platform(s, err);
	if (r == 0 && s->store[0] && stock_check_where(s->store, err) < 0)
		r = jurat_wrap(err, -EINVAL, "--store");
	return r == 0 ? check_upstream(s, err) : r;
}
