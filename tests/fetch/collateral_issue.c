/* SPDX-License-Identifier: MIT */
/*
 * collateral_issue DIR SEED ISSUED NUMBER
 *
 * Writes the collateral of a software platform as it was issued at a time, seconds since 1970, for 30 days,
 * with a tcbEvaluationDataNumber, into DIR, which must be there.
 */
#include "support/test.h"

#include "sim/tdx/qe.h"

enum { MONTH_S = 30 * 24 * 60 * 60 };

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "collateral_issue: %s\n", what);
	exit(1);
}

static void write_part(const char *dir, const char *name, const uint8_t *bytes, size_t n)
{
	char path[512];
	FILE *f;

	TEXT(path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	check(f != NULL && fwrite(bytes, 1, n, f) == n, path);
	check(fclose(f) == 0, path);
}

int main(int argc, char **argv)
{
	struct sim_collateral_options o = sim_collateral_up_to_date(0);
	struct jurat_error err = { "" };
	struct sim_collateral collateral;
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;

	check(argc == 5, "usage: collateral_issue DIR SEED ISSUED NUMBER");
	o.issued = strtoll(argv[3], NULL, 10);
	o.next_update = o.issued + MONTH_S;
	o.evaluation = (uint32_t)strtoul(argv[4], NULL, 10);
	check(sim_tdx_platform_new(&(struct sim_tdx_options){ .seed = argv[2] }, &platform, &err) == 0,
	      err.text);
	check(sim_pki_intel_new(argv[2], &pki, &err) == 0, err.text);
	check(sim_qe_new(platform, pki, NULL, &qe, &err) == 0, err.text);
	check(sim_qe_collateral(qe, &o, &collateral, &err) == 0, err.text);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		write_part(argv[1], sim_collateral_names[i], collateral.parts[i].bytes,
			   collateral.parts[i].size);
	sim_collateral_done(&collateral);
	sim_qe_free(qe);
	sim_pki_intel_free(pki);
	sim_tdx_platform_free(platform);
	return 0;
}
