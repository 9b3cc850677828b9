/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/x509.h"
#include "run/environment.h"
#include "sim/forge/forge.h"

/* The root for verifiers, whatever root an order puts beside the evidence. */
static int write_trusted(const struct run_platform *p, bool tdx, const uint8_t *der, size_t n,
			 const char *path, struct jurat_error *err)
{
	const struct sim_forge_options options = {
		.tdx = tdx,
		.product = sim_psp_product(machine_psp(p->machine)),
		.seed = p->seed,
	};
	auto_free uint8_t *root = NULL;
	size_t size = n;
	FILE *to;
	bool bad;
	int r = p->options->order ? sim_forge_root(&options, der, n, &root, &size, err) : 0;

	if (r < 0)
		return r;
	to = fopen(path, "we");
	if (!to)
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	crypto_pem_write(to, root ? root : der, size);
	bad = ferror(to);
	bad |= fclose(to) != 0;
	return bad ? jurat_fail(err, -EIO, "cannot write '%s'", path) : 0;
}

int run_root(const struct run_platform *p, bool tdx, const char *path, struct jurat_error *err)
{
	const uint8_t *der;
	size_t n;
	int r = 0;

	if (tdx)
		der = sim_pki_intel_cert(machine_td_pki(p->td), SIM_INTEL_ROOT, &n);
	else
		r = sim_pki_ca(machine_pki(p->machine), sim_psp_product(machine_psp(p->machine)), SIM_ARK,
			       &der, &n, err);
	return r == 0 ? write_trusted(p, tdx, der, n, path, err) : r;
}
