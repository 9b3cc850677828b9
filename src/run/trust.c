/* SPDX-License-Identifier: MIT */
#include "run/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/env.h"

enum { MAX_BYTES = 16 << 20 };

/*
 * Where distributions have all certificates in one file. Source: Go crypto/x509 root_linux.go, curl's
 * configure, rust openssl-probe.
 */
static const char *const system_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Gentoo, Arch */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
	"/etc/pki/tls/certs/ca-bundle.crt",                  /* the same, mostly a link */
	"/etc/ssl/ca-bundle.pem",                            /* SUSE */
	"/etc/ssl/cert.pem",                                 /* Alpine */
	"/etc/ssl/certs/ca-bundle.crt",                      /* NixOS */
	"/usr/lib/ssl/cert.pem",                             /* OpenSSL of Debian */
};

/* Variables with which users name such a file. */
static const char *const user_variables[] = { "SSL_CERT_FILE", "NIX_SSL_CERT_FILE", "CURL_CA_BUNDLE",
					      "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS" };

int run_trust_write(const char *path, const void *bytes, size_t n, const char *text, struct jurat_error *err)
{
	FILE *to = fopen(path, "we");
	int r = to ? 0 : -errno;

	if (to) {
		errno = EIO;
		if (fwrite(bytes, 1, n, to) != n || fputs(text, to) == EOF || fchmod(fileno(to), 0644) < 0)
			r = -errno;
		if (fclose(to) != 0 && r == 0)
			r = -errno;
	}
	return r < 0 ? jurat_fail(err, r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

static bool is_covered(const struct run_trust *t, const char *path)
{
	for (size_t i = 0; i < t->n_places; i++)
		if (!strcmp(t->places[i].path, path))
			return true;
	return false;
}

/* false: there is no such file, or this user may not read it. */
static int cover(struct run_trust *t, const char *file, const char *ca, const char *temp, const char *in,
		 bool *ret_exists, struct jurat_error *err)
{
	auto_free char *path = realpath(file, NULL), *node = NULL;
	auto_free uint8_t *old = NULL;
	auto_free char *text = NULL;
	char to[PATH_MAX];
	size_t n;
	int r;

	*ret_exists = path && is_covered(t, path);
	if (!path || *ret_exists || base_read_file(base_env_real(), path, MAX_BYTES, &old, &n, NULL) < 0)
		return 0;
	if (t->n_places == RUN_TRUST_MAX_FILES)
		return jurat_fail(err, -ENOSPC, "too many files of CA certificates: '%s'", path);
	if (asprintf(&node, "%s/certs-%zu.pem", in, t->n_places) < 0) {
		node = NULL;
		return jurat_fail_memory(err);
	}
	if (asprintf(&text, "%s%s", n > 0 && old[n - 1] != '\n' ? "\n" : "", ca) < 0) {
		text = NULL;
		return jurat_fail_memory(err);
	}
	snprintf(to, sizeof(to), "%s/%s", temp, node);
	r = run_trust_write(to, old, n, text, err);
	if (r < 0)
		return r;
	t->places[t->n_places++] =
		(struct run_place){ .path = take_ptr(path), .node = take_ptr(node), .is_of_temp = true };
	*ret_exists = true;
	return 0;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static int set(struct run_trust *t, const char *name, const char *value, struct jurat_error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return jurat_fail_memory(err);
	t->variables[t->n_variables].name = name;
	t->variables[t->n_variables++].value = copy;
	return 0;
}

/* `bundle`: the system's file, if any, and the CA; `alone`: the CA alone. */
static int set_variables(struct run_trust *t, const char *bundle, const char *alone, struct jurat_error *err)
{
	int r = 0;

	/* OpenSSL where it is configured with a directory only; Go, rustls, curl, if there is no file */
	if (!is_set("SSL_CERT_FILE"))
		r = set(t, "SSL_CERT_FILE", bundle, err);
	/* Python's requests and Node.js have certificates of their own. */
	if (r == 0 && !is_set("REQUESTS_CA_BUNDLE") && !is_set("CURL_CA_BUNDLE"))
		r = set(t, "REQUESTS_CA_BUNDLE", bundle, err);
	if (r == 0 && !is_set("NODE_EXTRA_CA_CERTS"))
		r = set(t, "NODE_EXTRA_CA_CERTS", alone, err);
	return r;
}

int run_trust_add(const char *ca, const char *temp, const char *in, struct run_trust *t,
		  struct jurat_error *err)
{
	const char *bundle = NULL;
	char alone[PATH_MAX];
	bool exists;
	int r;

	*t = (struct run_trust){ .n_places = 0 };
	snprintf(alone, sizeof(alone), "%s/%s/ca.pem", temp, in);
	r = run_trust_write(alone, "", 0, ca, err);
	for (size_t i = 0; i < ARRAY_SIZE(system_files) && r == 0; i++) {
		r = cover(t, system_files[i], ca, temp, in, &exists, err);
		if (r == 0 && exists && !bundle)
			bundle = system_files[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(user_variables) && r == 0; i++)
		if (is_set(user_variables[i]))
			r = cover(t, getenv(user_variables[i]), ca, temp, in, &exists, err);
	return r == 0 ? set_variables(t, bundle ? bundle : alone, alone, err) : r;
}

void run_trust_done(struct run_trust *t)
{
	for (size_t i = 0; i < t->n_places; i++) {
		free((char *)(uintptr_t)t->places[i].path);
		free((char *)(uintptr_t)t->places[i].node);
	}
	for (size_t i = 0; i < t->n_variables; i++)
		free(t->variables[i].value);
	*t = (struct run_trust){ .n_places = 0 };
}
