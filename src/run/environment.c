/* SPDX-License-Identifier: MIT */
#include "run/environment.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "crypto/x509.h"
#include "run/trust.h"

static int write_cas(const struct run_platform *p, const char *path, const enum sim_ca *cas, size_t n_cas,
		     struct jurat_error *err)
{
	enum snp_product product = sim_psp_product(machine_psp(p->machine));
	FILE *to = fopen(path, "we");
	int r = to ? 0 : -errno;

	for (size_t i = 0; i < n_cas && r == 0; i++) {
		const uint8_t *der;
		size_t n;

		r = sim_pki_ca(machine_pki(p->machine), product, cas[i], &der, &n, err);
		if (r == 0 && n > 0) /* an order may leave it out */
			crypto_pem_write(to, der, n);
	}
	if (to && fclose(to) != 0 && r == 0)
		r = -errno;
	return r < 0 ? jurat_fail(err, r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

/* The CRL of the product's root, for a policy that requires one. Intel's are collateral. */
static int write_crl(const struct run_platform *p, const char *dir, struct jurat_error *err)
{
	uint8_t crl[SIM_CERT_MAX_BYTES];
	char path[PATH_MAX];
	size_t n;
	int r;

	if (snprintf(path, sizeof(path), "%s/crl.der", dir) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", dir);
	r = sim_pki_crl(machine_pki(p->machine), sim_psp_product(machine_psp(p->machine)), false, false, crl,
			&n, err);
	return r == 0 && n > 0 ? run_trust_write(path, crl, n, "", err) : r;
}

/*
 * Certificates and hashsticks are public, so their modes let everybody read; the directory above restricts
 * access.
 */
static int write_roots(const struct run_platform *p, const char *roots, struct jurat_error *err)
{
	static const struct {
		const char *name; /* appended to the product's name */
		enum sim_ca cas[2];
		size_t n;
	} files[] = {
		{ "/ark.pem", { SIM_ARK }, 1 },
		{ "/ask.pem", { SIM_ASK }, 1 },
		{ "/asvk.pem", { SIM_ASVK }, 1 },
		{ "/cert_chain.pem", { SIM_ASK, SIM_ARK }, 2 },
		{ "/vlek_cert_chain.pem", { SIM_ASVK, SIM_ARK }, 2 },
	};
	const char *name = snp_product_name(sim_psp_product(machine_psp(p->machine)));
	char path[PATH_MAX], dir[PATH_MAX], product[16] = "";
	int r = 0;

	for (size_t i = 0; name[i] && i < sizeof(product) - 1; i++)
		product[i] = (char)tolower((unsigned char)name[i]);
	if (snprintf(dir, sizeof(dir), "%s/%s", roots, product) >= (int)sizeof(dir))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	if (mkdir(roots, 0755) < 0 || mkdir(dir, 0755) < 0)
		return jurat_fail(err, -errno, "cannot make '%s': %s", dir, strerror(errno));
	if (snprintf(path, sizeof(path), "%s-ark.pem", dir) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	r = run_root(p, false, path, err);
	for (size_t i = 0; i < ARRAY_SIZE(files) && r == 0; i++) {
		if (snprintf(path, sizeof(path), "%s/%s%s", roots, product, files[i].name) >=
		    (int)sizeof(path))
			return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
		r = write_cas(p, path, files[i].cas, files[i].n, err);
	}
	return r == 0 ? write_crl(p, dir, err) : r;
}

/* The hashstick that the KDS would issue to this host's operator: a VLEK for the reported TCB. */
static int write_hashstick(const struct run_platform *p, const char *roots, struct jurat_error *err)
{
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status now;
	char path[PATH_MAX];
	FILE *to;
	int r;

	if (sim_psp_platform_status(machine_psp(p->machine), &now) != SNP_SUCCESS)
		return jurat_fail(err, -EIO, "the state of the platform is not available");
	r = sim_kds_hashstick(machine_psp(p->machine), SIM_CSP_ID, now.reported_tcb, hashstick, err);
	if (r < 0)
		return r;
	/* Not among the roots: verifiers take a directory of roots as a whole. */
	if (snprintf(path, sizeof(path), "%s/host", roots) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	if (mkdir(path, 0755) < 0)
		return jurat_fail(err, -errno, "cannot make '%s': %s", path, strerror(errno));
	if (snprintf(path, sizeof(path), "%s/host/vlek_hashstick.bin", roots) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	to = fopen(path, "we");
	if (!to)
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	r = fwrite(hashstick, 1, sizeof(hashstick), to) == sizeof(hashstick) ? 0 : -EIO;
	if (fclose(to) != 0)
		r = -EIO;
	return r < 0 ? jurat_fail(err, r, "cannot write '%s'", path) : 0;
}

static char **copy_environ(void)
{
	size_t n = 0;
	char **env;

	while (environ[n])
		n++;
	env = calloc(n + 1, sizeof(*env));
	for (size_t i = 0; env && i < n; i++) {
		env[i] = strdup(environ[i]);
		if (!env[i]) {
			run_environment_free(env);
			return NULL;
		}
	}
	return env;
}

static bool is_named(const char *variable, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(variable, name, n) && variable[n] == '=';
}

int run_environment_set(char ***env, const char *name, const char *value, struct jurat_error *err)
{
	char **bigger, *variable;
	size_t n = 0;

	while ((*env)[n] && !is_named((*env)[n], name))
		n++;
	if (asprintf(&variable, "%s=%s", name, value) < 0)
		return jurat_fail_memory(err);
	if ((*env)[n]) {
		free((*env)[n]);
		(*env)[n] = variable;
		return 0;
	}
	bigger = reallocarray(*env, n + 2, sizeof(*bigger));
	if (!bigger) {
		free(variable);
		return jurat_fail_memory(err);
	}
	bigger[n] = variable;
	bigger[n + 1] = NULL;
	*env = bigger;
	return 0;
}

/* Removes a variable of an outer run. */
static void unset(char **env, const char *name)
{
	char **to = env;

	for (; *env; env++)
		if (is_named(*env, name))
			free(*env);
		else
			*to++ = *env;
	*to = NULL;
}

int run_environment_new(const struct run_platform *p, char ***ret, struct jurat_error *err)
{
	char roots[PATH_MAX];
	char **env;
	int r;

	snprintf(roots, sizeof(roots), "%s/roots", p->temp);
	r = write_roots(p, roots, err);
	if (r == 0 && p->options->host)
		r = write_hashstick(p, roots, err);
	if (r == 0 && p->td)
		r = run_roots_tdx(p, roots, err);
	if (r < 0)
		return r;
	env = copy_environ();
	if (!env)
		return jurat_fail_memory(err);
	unset(env, "JURAT_CERTS");
	unset(env, "JURAT_PRODUCT");
	r = run_environment_set(&env, "JURAT_ROOTS", roots, err);
	if (r == 0 && p->options->host && p->certs_path)
		r = run_environment_set(&env, "JURAT_CERTS", p->certs_path, err);
	if (r == 0 && p->options->host)
		r = run_environment_set(&env, "JURAT_PRODUCT",
					snp_product_name(sim_psp_product(machine_psp(p->machine))), err);
	if (r < 0) {
		run_environment_free(env);
		return r;
	}
	*ret = env;
	return 0;
}

void run_ready(const struct run_platform *p)
{
	if (p->options->ready_fd < 0)
		return;
	dprintf(p->options->ready_fd, "JURAT_ROOTS=%s/roots\n", p->temp);
	close(p->options->ready_fd);
}

void run_environment_free(char **env)
{
	for (char **at = env; at && *at; at++)
		free(*at);
	free(env);
}
