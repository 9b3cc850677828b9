/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
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

int run_roots_tdx(const struct run_platform *p, const char *roots, struct jurat_error *err)
{
	struct sim_collateral collateral = { 0 };
	char dir[PATH_MAX];
	int r;

	if (snprintf(dir, sizeof(dir), "%s/intel-root.pem", roots) >= (int)sizeof(dir))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	r = run_root(p, true, dir, err);
	if (r < 0)
		return r;
	if (snprintf(dir, sizeof(dir), "%s/collateral", roots) >= (int)sizeof(dir))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", roots);
	if (mkdir(dir, 0755) < 0)
		return jurat_fail(err, -errno, "cannot make '%s': %s", dir, strerror(errno));
	r = sim_qe_collateral(machine_td_qe(p->td), &p->collateral, &collateral, err);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS && r == 0; i++)
		if (collateral.parts[i].size > 0) /* an order may leave it out */
			r = write_file(dir, sim_collateral_names[i], collateral.parts[i].bytes,
				       collateral.parts[i].size, err);
	sim_collateral_done(&collateral);
	return r;
}
