/* SPDX-License-Identifier: MIT */
#include "run/endorsements.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "endorse/item.h"
#include "run/environment.h"
#include "run/hosts.h"
#include "run/redirect.h"
#include "run/service.h"
#include "run/tls_cert.h"
#include "run/trust.h"

enum { HTTPS = 443, BACKLOG = 4096, MAX_FILE_BYTES = 1 << 20, OWN_PLACES = 3 };

#define DIRECTORY "endorsements" /* in the run's directory */

struct run_endorsements {
	struct run_platform *platform;
	struct sockaddr_in at;                  /* where the service listens */
	char address[INET_ADDRSTRLEN], url[64]; /* $JURAT_ENDORSEMENTS */
	const char *hosts[ENDORSE_N_SERVICES];  /* the vendors' */
	struct run_place places[OWN_PLACES];    /* paths are heap */
	size_t n_places;
	struct run_trust trust;
	struct run_redirect *redirect; /* NULL: the service has port 443 */
	struct run_service service;
};

static_assert(OWN_PLACES + RUN_TRUST_MAX_FILES <= RUN_ENDORSEMENTS_MAX_PLACES, "places for all files");

static struct run_names names_of(const struct run_endorsements *e)
{
	return (struct run_names){ .names = e->hosts, .n = ARRAY_SIZE(e->hosts) };
}

/* ---- the address */

/*
 * A loopback address that no other run has. Port 443 if this user may bind it, and if nobody has it on all
 * addresses; else another one.
 */
static int open_listener(struct run_endorsements *e, int *ret, struct jurat_error *err)
{
	socklen_t size = sizeof(e->at);
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	uint8_t address[4] = { 127 };
	int r = base_random(base_env_real(), address + 1, 3);

	if (r < 0)
		return jurat_fail(err, r, "cannot get random numbers: %s", strerror(-r));
	address[1] |= 1; /* not one that something else has: 127.0.0.1, 127.0.0.53, 127.0.1.1 */
	address[3] = (uint8_t)(1 + address[3] % 254);
	e->at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(HTTPS) };
	memcpy(&e->at.sin_addr, address, sizeof(address));
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&e->at, size) < 0) {
		e->at.sin_port = 0;
		r = bind(fd, (const struct sockaddr *)&e->at, size);
	}
	if (fd < 0 || r < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&e->at, &size) < 0)
		return jurat_fail(err, -errno, "cannot listen on a loopback address: %s", strerror(errno));
	inet_ntop(AF_INET, address, e->address, sizeof(e->address));
	if (ntohs(e->at.sin_port) == HTTPS)
		snprintf(e->url, sizeof(e->url), "https://%s", e->address);
	else
		snprintf(e->url, sizeof(e->url), "https://%s:%u", e->address, ntohs(e->at.sin_port));
	*ret = take_fd(fd);
	return 0;
}

/* ---- names */

/* Covers a file of /etc, or another one at `path`, with text. */
static int add_file(struct run_endorsements *e, const char *path, const char *name, const char *text,
		    struct jurat_error *err)
{
	struct run_place place = { .path = realpath(path, NULL), .is_of_temp = true };
	char to[PATH_MAX], *node = NULL;
	int r;

	if (!place.path)
		place.path = strdup(path); /* there is none */
	if (asprintf(&node, DIRECTORY "/%s", name) < 0)
		node = NULL;
	place.node = node;
	snprintf(to, sizeof(to), "%s/" DIRECTORY "/%s", e->platform->temp, name);
	r = place.path && node ? run_trust_write(to, "", 0, text, err) : jurat_fail_memory(err);
	if (r < 0) {
		free((char *)(uintptr_t)place.path);
		free(node);
		return r;
	}
	e->places[e->n_places++] = place;
	return 0;
}

/* What a file of the machine contains; nothing, if it cannot be read. */
static void read_old(const char *path, char **ret, size_t *ret_n)
{
	uint8_t *bytes = NULL;

	*ret_n = 0;
	if (base_read_file(base_env_real(), path, MAX_FILE_BYTES, &bytes, ret_n, NULL) < 0)
		*ret_n = 0;
	*ret = (char *)bytes;
}

/* nscd answers before files are read, from those that it sees. Without it, libc reads them. */
static int cover_nscd(struct run_endorsements *e, struct jurat_error *err)
{
	static const char path[] = "/var/run/nscd/socket";

	return access(path, F_OK) == 0 ? add_file(e, path, "nscd", "", err) : 0;
}

static int add_names(struct run_endorsements *e, struct jurat_error *err)
{
	static const char hosts[] = "/etc/hosts", nsswitch[] = "/etc/nsswitch.conf";
	const struct run_names names = names_of(e);
	auto_free char *old = NULL, *old_switch = NULL, *text = NULL, *text_switch = NULL;
	size_t n;
	int r;

	read_old(hosts, &old, &n);
	text = run_hosts_text(old, n, &names, e->address);
	r = text ? add_file(e, hosts, "hosts", text, err) : jurat_fail_memory(err);
	if (r < 0)
		return r;
	read_old(nsswitch, &old_switch, &n);
	if (run_nsswitch_text(old_switch, n, &text_switch) < 0)
		return jurat_fail_memory(err);
	if (text_switch)
		r = add_file(e, nsswitch, "nsswitch.conf", text_switch, err);
	return r == 0 ? cover_nscd(e, err) : r;
}

/* ---- the service */

static int write_key(const char *path, const char *key, struct jurat_error *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || dprintf(fd, "%s", key) < 0)
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	return 0;
}

/* The order of the platform for the service, one item a line. */
static int write_order(const struct run_options *o, const char *path, struct jurat_error *err)
{
	FILE *to = fopen(path, "we");
	bool bad = !to;

	for (size_t i = 0; to && i < o->n_items; i++)
		bad |= fprintf(to, "%s\n", o->items[i]) < 0;
	if (to)
		bad |= fclose(to) != 0;
	return bad ? jurat_fail(err, -EIO, "cannot write '%s'", path) : 0;
}

/* ret: 15 and two for each fault; the text of --at is in `at` */
static void write_arguments(const struct run_endorsements *e, char *cert, char *key, char *at, char *order,
			    char **ret)
{
	const struct run_options *o = e->platform->options;
	const char *seed = e->platform->seed ? e->platform->seed : SIM_PKI_DEFAULT_SEED;
	size_t n = 0;

	ret[n++] = NULL;
	ret[n++] = (char *)(uintptr_t) "endorsements";
	ret[n++] = (char *)(uintptr_t) "--software-platform";
	ret[n++] = (char *)(uintptr_t)seed;
	ret[n++] = (char *)(uintptr_t) "--tls-cert";
	ret[n++] = cert;
	ret[n++] = (char *)(uintptr_t) "--tls-key";
	ret[n++] = key;
	ret[n++] = (char *)(uintptr_t) "--seccomp"; /* where seccomp(2) is forbidden, it would not start */
	ret[n++] = (char *)(uintptr_t) "off";
	if (o->at) {
		ret[n++] = (char *)(uintptr_t) "--at";
		ret[n++] = at;
	}
	if (o->n_items > 0) {
		ret[n++] = (char *)(uintptr_t) "--evidence";
		ret[n++] = order;
	}
	for (size_t i = 0; i < o->n_endorsement_faults; i++) {
		ret[n++] = (char *)(uintptr_t) "--fault";
		ret[n++] = (char *)(uintptr_t)o->endorsement_faults[i];
	}
	ret[n] = NULL;
}

static int start(struct run_endorsements *e, const struct run_tls_cert *tls, int listener,
		 const sigset_t *mask, struct jurat_error *err)
{
	const struct run_options *o = e->platform->options;
	auto_free char **argv = calloc(15 + 2 * o->n_endorsement_faults, sizeof(*argv));
	char cert[PATH_MAX], key[PATH_MAX], order[PATH_MAX], at[BASE_TIME_BYTES];
	int r;

	if (!argv)
		return jurat_fail_memory(err);
	snprintf(cert, sizeof(cert), "%s/" DIRECTORY "/cert.pem", e->platform->temp);
	snprintf(key, sizeof(key), "%s/" DIRECTORY "/key.pem", e->platform->temp);
	snprintf(order, sizeof(order), "%s/" DIRECTORY "/evidence", e->platform->temp);
	write_arguments(e, cert, key, base_time_text(o->at, at), order, argv);
	r = o->n_items > 0 ? write_order(o, order, err) : 0;
	if (r == 0)
		r = run_trust_write(cert, "", 0, tls->cert, err);
	if (r == 0)
		r = write_key(key, tls->key, err);
	if (r == 0)
		r = run_service_start(argv, listener, mask, e->platform->trace, &e->service, err);
	unlink(key);
	return r;
}

/* Valid at the time of the platform too, which the program may have for its clock. */
static int make_certificate(struct run_endorsements *e, struct run_tls_cert *ret, struct jurat_error *err)
{
	const int64_t now = base_realtime_s(base_env_real());
	const int64_t at = e->platform->options->at ? e->platform->options->at : now;
	const struct run_names names = names_of(e);
	uint8_t address[4];

	memcpy(address, &e->at.sin_addr, sizeof(address));
	return run_tls_cert_new(base_env_real(), &names, address, (at < now ? at : now) - BASE_DAY_SECONDS,
				(at > now ? at : now) + 365 * BASE_DAY_SECONDS, ret, err);
}

static int set_up(struct run_endorsements *e, const sigset_t *mask, struct run_calls *calls,
		  struct jurat_error *err)
{
	auto_close int listener = -1;
	struct run_tls_cert tls = { .ca = NULL };
	char path[PATH_MAX];
	int r = open_listener(e, &listener, err);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/" DIRECTORY, e->platform->temp);
	if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0) /* whatever the umask is */
		return jurat_fail(err, -errno, "cannot create '%s': %s", path, strerror(errno));
	if (ntohs(e->at.sin_port) != HTTPS)
		r = run_redirect_new(e->platform, e->at.sin_addr, HTTPS, ntohs(e->at.sin_port), calls,
				     &e->redirect, err);
	if (r == 0)
		r = make_certificate(e, &tls, err);
	if (r == 0)
		r = run_trust_add(tls.ca, e->platform->temp, DIRECTORY, &e->trust, err);
	if (r == 0)
		r = add_names(e, err);
	if (r == 0)
		r = start(e, &tls, listener, mask, err);
	run_tls_cert_done(&tls);
	return r;
}

int run_endorsements_new(struct run_platform *platform, const sigset_t *mask, struct run_calls *calls,
			 struct run_endorsements **ret, struct jurat_error *err)
{
	static const char scheme[] = "https://";
	struct run_endorsements *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return jurat_fail_memory(err);
	e->platform = platform;
	for (unsigned i = 0; i < ENDORSE_N_SERVICES; i++)
		e->hosts[i] = endorse_service_url((enum endorse_service)i) + sizeof(scheme) - 1;
	r = set_up(e, mask, calls, err);
	if (r < 0)
		run_endorsements_free(e);
	else
		*ret = e;
	return r;
}

void run_endorsements_free(struct run_endorsements *e)
{
	if (!e)
		return;
	run_service_end(&e->service);
	run_redirect_free(e->redirect);
	for (size_t i = 0; i < e->n_places; i++) {
		free((char *)(uintptr_t)e->places[i].path);
		free((char *)(uintptr_t)e->places[i].node);
	}
	run_trust_done(&e->trust);
	free(e);
}

/* ---- the program's view */

void run_endorsements_places(const struct run_endorsements *e,
			     struct run_place to[RUN_ENDORSEMENTS_MAX_PLACES], size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0; i < e->n_places; i++)
		to[(*ret_n)++] = e->places[i];
	for (size_t i = 0; i < e->trust.n_places; i++)
		to[(*ret_n)++] = e->trust.places[i];
}

static const char *value_of(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* A proxy of the user's would connect to the real services. Both spellings are in use. */
static int except_from_proxy(const struct run_endorsements *e, char ***env, struct jurat_error *err)
{
	static const char *const proxies[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	static const char *const lists[] = { "no_proxy", "NO_PROXY" };
	char hosts[512] = "";
	bool has_proxy = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		has_proxy |= value_of(proxies[i])[0] != '\0';
	snprintf(hosts, sizeof(hosts), "%s,%s,%s,%s", e->hosts[ENDORSE_AMD_KDS], e->hosts[ENDORSE_INTEL_PCS],
		 e->hosts[ENDORSE_INTEL_CERTIFICATES], e->address);
	for (size_t i = 0; i < ARRAY_SIZE(lists) && has_proxy && r == 0; i++) {
		const char *old = value_of(lists[i])[0] ? value_of(lists[i]) : value_of(lists[1 - i]);
		auto_free char *list = NULL;

		if (!strcmp(old, "*"))
			continue;
		if (asprintf(&list, "%s%s%s", old, *old ? "," : "", hosts) < 0) {
			list = NULL;
			return jurat_fail_memory(err);
		}
		r = run_environment_set(env, lists[i], list, err);
	}
	return r;
}

int run_endorsements_set(const struct run_endorsements *e, char ***env, struct jurat_error *err)
{
	int r = run_environment_set(env, "JURAT_ENDORSEMENTS", e->url, err);

	for (size_t i = 0; i < e->trust.n_variables && r == 0; i++)
		r = run_environment_set(env, e->trust.variables[i].name, e->trust.variables[i].value, err);
	return r == 0 ? except_from_proxy(e, env, err) : r;
}

int run_endorsements_fd(const struct run_endorsements *e)
{
	return e->service.log;
}

int run_endorsements_serve(struct run_endorsements *e)
{
	int r = run_service_read(&e->service);

	if (r < 0 && WIFSIGNALED(e->service.status))
		fprintf(stderr,
			"jurat run: the endorsement service was killed by signal %d: connections to it are "
			"refused from now on\n",
			WTERMSIG(e->service.status));
	else if (r < 0)
		fprintf(stderr,
			"jurat run: the endorsement service ended with status %d: connections to it are "
			"refused from now on; its last message: %s\n",
			WEXITSTATUS(e->service.status), e->service.said);
	return r;
}
