/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "crypto/x509.h"
#include "run/environment.h"

static int write_file(const char *dir, const char *name, const uint8_t *bytes, size_t n,
		      struct jurat_error *err)
{
	char path[PATH_MAX];
	FILE *to;
	bool bad;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", dir);
	to = fopen(path, "we");
	if (!to)
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	bad = fwrite(bytes, 1, n, to) != n;
	bad |= fclose(to) != 0;
	return bad ? jurat_fail(err, -EIO, "cannot write '%s'", path) : 0;
}

static int write_root(const struct run_platform *p, const char *roots, struct jurat_error *err)
{
	size_t n;
	const uint8_t *der = sim_pki_intel_cert(machine_td_pki(p->td), SIM_INTEL_ROOT, &n);
	char path[PATH_MAX];
	FILE *to;
	bool bad;

	if (snprintf(path, sizeof(path), "%s/intel-root.pem", roots) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	to = fopen(path, "we");
	if (!to)
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	crypto_pem_write(to, der, n);
	bad = ferror(to);
	bad |= fclose(to) != 0;
	return bad ? jurat_fail(err, -EIO, "cannot write '%s'", path) : 0;
}

int run_roots_tdx(const struct run_platform *p, const char *roots, struct jurat_error *err)
{
	struct sim_collateral collateral = { 0 };
	char dir[PATH_MAX];
	int r = write_root(p, roots, err);

	if (r < 0)
		return r;
	if (snprintf(dir, sizeof(dir), "%s/collateral", roots) >= (int)sizeof(dir))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	if (mkdir(dir, 0755) < 0)
		return jurat_fail(err, -errno, "cannot make '%s': %s", dir, strerror(errno));
	r = sim_qe_collateral(machine_td_qe(p->td), &p->collateral, &collateral, err);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS && r == 0; i++)
		if (collateral.parts[i].bytes)
			r = write_file(dir, sim_collateral_names[i], collateral.parts[i].bytes,
				       collateral.parts[i].size, err);
	sim_collateral_done(&collateral);
	return r;
}
