/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "fetch/http.h"

/* The way to a quote of a host: SGX, the quoting service, and where that gets its PCK certificates. */

#define QCNL_CONFIG "/etc/sgx_default_qcnl.conf"
#define QGS_CONFIG  "/etc/qgs.conf"

static const char *config_of(const struct doctor *d)
{
	const char *named = cli_get(d->cli, "pccs-config");

	return named ? named : QCNL_CONFIG;
}

static void check_sgx(struct doctor *d)
{
	if (d->simulated)
		doctor_skip(d, DOCTOR_HOP_HOST_SGX, "a software platform has no enclaves");
	else if (!doctor_exists(d, "/dev/sgx_enclave"))
		doctor_find(d, DOCTOR_SGX_MISSING, "no '/dev/sgx_enclave'%s",
			    doctor_has_flag(d, "sgx") ? "" : ", and /proc/cpuinfo has no sgx");
	else if (!doctor_exists(d, "/dev/sgx_provision"))
		doctor_find(d, DOCTOR_SGX_PROVISION, "no '/dev/sgx_provision'");
	else
		doctor_ok(d, DOCTOR_HOP_HOST_SGX, "'/dev/sgx_enclave' and '/dev/sgx_provision' exist");
}

/* The port in qgsd's configuration; 0: it listens on a unix socket. */
static unsigned qgs_port(struct doctor *d)
{
	auto_free char *text = doctor_read(d, QGS_CONFIG);
	unsigned port = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, " port = %5u", &port) == 1)
			return port;
	}
	return 0;
}

#define JURATD_SOCKET "/run/jurat/qgs.socket"

/* Also where this user may not search the directory: the connection then says so. */
static bool may_listen(struct doctor *d, const char *path)
{
	struct base_stat st;
	char at[PATH_MAX];
	int r = base_stat(d->env, doctor_path(d, path, at), &st);

	return r == 0 || r == -EACCES;
}

/* Of --quoting-service, or where Intel's service listens; NULL: unknown. */
static const char *qgs_address(struct doctor *d, char *to, size_t room)
{
	static const char *const sockets[] = { "/var/run/tdx-qgs/qgs.socket", "/run/tdx-qgs/qgs.socket" };
	const char *named = cli_get(d->cli, "quoting-service");
	unsigned port = qgs_port(d);

	if (named)
		return named;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++)
		if (may_listen(d, sockets[i])) {
			snprintf(to, room, "unix:%s", sockets[i]);
			return to;
		}
	snprintf(to, room, "vsock:1:%u", port);
	return port != 0 && !may_listen(d, JURATD_SOCKET) ? to : NULL;
}

static enum doctor_finding unconnected(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return DOCTOR_QGS_PERMISSION;
	case ENOENT:
		return DOCTOR_QGS_MISSING;
	case ENODEV:
	case EAFNOSUPPORT:
	case EADDRNOTAVAIL:
		return DOCTOR_QGS_NO_VSOCK;
	default:
		return DOCTOR_QGS_REFUSED;
	}
}

static void ask_qgs(struct doctor *d, enum doctor_hop hop, const char *address)
{
	static const enum doctor_finding findings[] = {
		[QGS_HUNG_UP] = DOCTOR_QGS_HANGS_UP,
		[QGS_TIMED_OUT] = DOCTOR_QGS_SILENT,
		[QGS_OTHER_PROTOCOL] = DOCTOR_QGS_NOT_ONE,
		[QGS_REPORTED] = DOCTOR_QGS_ERROR,
	};
	enum doctor_qgs outcome;
	char text[200] = "";
	uint32_t code = 0;
	int error = 0;

	if (d->root) {
		doctor_skip(d, hop, "--root: '%s' is not asked", address);
		return;
	}
	outcome = doctor_qgs_ask(d, address, &error, &code, text, sizeof(text));
	if (outcome == QGS_ANSWERS)
		doctor_ok(d, hop, "%s", text);
	else
		doctor_find_at(d, hop, outcome == QGS_CANNOT_CONNECT ? unconnected(error) : findings[outcome],
			       "%s", text);
}

/* Each service that listens, as VMMs may use either: Intel's is also what answers behind juratd's. */
static void check_qgs(struct doctor *d)
{
	char address[64];
	const char *at = qgs_address(d, address, sizeof(address));
	bool juratd = !cli_has(d->cli, "quoting-service") && may_listen(d, JURATD_SOCKET);

	if (at)
		ask_qgs(d, DOCTOR_HOP_HOST_QGS, at);
	else if (juratd)
		doctor_skip(d, DOCTOR_HOP_HOST_QGS, "no socket in /run/tdx-qgs");
	else
		doctor_find(d, DOCTOR_QGS_MISSING,
			    "no socket in /run/tdx-qgs or /run/jurat, and no port in '%s'", QGS_CONFIG);
	if (juratd)
		ask_qgs(d, DOCTOR_HOP_HOST_JURATD, "unix:" JURATD_SOCKET);
}

void doctor_host_quotes(struct doctor *d)
{
	check_sgx(d);
	check_qgs(d);
}

/* Blanks out what follows // or # outside of strings: comments of Intel's library, not of JSON. */
static void drop_comments(char *text)
{
	bool in_string = false;

	for (char *p = text; *p; p++) {
		if (*p == '"' && (p == text || p[-1] != '\\'))
			in_string = !in_string;
		if (in_string || (*p != '#' && (p[0] != '/' || p[1] != '/')))
			continue;
		while (*p && *p != '\n')
			*p++ = ' ';
		if (!*p)
			break;
	}
}

/* An old file has lines NAME=VALUE, as Intel's library still reads them. */
static const char *old_value(const char *text, const char *name, char *to, size_t room)
{
	const size_t n = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, name, n) != 0 || line[n] != '=')
			continue;
		snprintf(to, room, "%.*s", (int)strcspn(line + n + 1, "\r\n"), line + n + 1);
		return to;
	}
	return NULL;
}

struct pccs {
	char url[256];
	bool any_tls; /* use_secure_cert is false */
};

static bool read_config(struct doctor *d, char *text, struct pccs *ret)
{
	json_error_t error;
	json_t *json;
	char secure[16];

	if (text[0] && text[strspn(text, " \t\r\n")] != '{' &&
	    old_value(text, "PCCS_URL", ret->url, sizeof(ret->url))) {
		ret->any_tls = old_value(text, "USE_SECURE_CERT", secure, sizeof(secure)) &&
			       !strncasecmp(secure, "false", 5);
		return true;
	}
	drop_comments(text);
	json = json_loads(text, 0, &error);
	if (!json)
		doctor_find(d, DOCTOR_PCCS_BAD_CONFIG, "'%s', line %d: %s", config_of(d), error.line,
			    error.text);
	else if (!json_string_value(json_object_get(json, "pccs_url")))
		doctor_find(d, DOCTOR_PCCS_BAD_CONFIG, "'%s' has no pccs_url", config_of(d));
	else
		snprintf(ret->url, sizeof(ret->url), "%s",
			 json_string_value(json_object_get(json, "pccs_url")));
	ret->any_tls = json_is_false(json_object_get(json, "use_secure_cert"));
	json_decref(json);
	return ret->url[0] != '\0';
}

/*
 * Asks for the CRL of Intel's root, which every PCCS has or gets. With use_secure_cert false, the quoting
 * service accepts any certificate; this does not, but knows then that the PCCS is there.
 */
static void ask_pccs(struct doctor *d, const struct pccs *pccs)
{
	const struct http_options options = { .ca_file = cli_get(d->cli, "ca-file") };
	struct http_answer answer = { 0 };
	struct http *http = NULL;
	struct jurat_error err = { "" };
	char url[320];
	int r = http_new(&options, &http, &err);
	size_t n = strlen(pccs->url);

	snprintf(url, sizeof(url), "%s%srootcacrl", pccs->url, n > 0 && pccs->url[n - 1] == '/' ? "" : "/");
	if (r == 0)
		r = http_get(http, url, NULL, DOCTOR_FILE_BYTES, 10000, &answer, &err);
	if (r == -EKEYREJECTED && pccs->any_tls)
		doctor_ok(d, DOCTOR_HOP_HOST_PCCS_NETWORK,
			  "'%s' answers, with a certificate that is not trusted (use_secure_cert is false)",
			  pccs->url);
	else if (r == -EKEYREJECTED)
		doctor_find(d, DOCTOR_PCCS_TLS, "%s", err.text);
	else if (r < 0)
		doctor_find(d, DOCTOR_PCCS_UNREACHABLE, "%s", err.text);
	else if (answer.status != 200)
		doctor_find(d, DOCTOR_PCCS_ANSWER, "'%s': HTTP status %u", url, answer.status);
	else
		doctor_ok(d, DOCTOR_HOP_HOST_PCCS_NETWORK, "'%s' answers", pccs->url);
	http_answer_done(&answer);
	http_free(http);
}

void doctor_pccs(struct doctor *d)
{
	auto_free char *text = doctor_read(d, config_of(d));
	struct pccs pccs = { "" };

	if (!text) {
		if (d->simulated && !cli_has(d->cli, "pccs-config"))
			doctor_skip(d, DOCTOR_HOP_HOST_PCCS, "a software platform has no PCCS");
		else
			doctor_find(d, DOCTOR_PCCS_NO_CONFIG, "no '%s'", config_of(d));
		return;
	}
	if (!read_config(d, text, &pccs))
		return;
	doctor_ok(d, DOCTOR_HOP_HOST_PCCS, "'%s' names '%s'", config_of(d), pccs.url);
	if (!d->network || d->root)
		doctor_skip(d, DOCTOR_HOP_HOST_PCCS_NETWORK, "%s",
			    d->root ? "--root" : "only with --network");
	else
		ask_pccs(d, &pccs);
}
