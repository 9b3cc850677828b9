/* SPDX-License-Identifier: MIT */
/*
 * td_evidence DIR [SECONDS]
 *
 * Writes quotes of the software enclave with collateral for every TCB status that platform, TDX module and
 * quoting enclave can have, for verifiers that are programs: DIR/intel-root.pem, and for each case a
 * directory below DIR with quote.bin and collateral/, files as Intel's service gives them and as `jurat
 * verify --collateral` takes them. DIR must be there. SECONDS since 1970 is when the collateral is
 * current, from a day before to a day after; default: now.
 *
 * Prints the names of the cases, one to a line: <platform>,<module>,<enclave>, a dash for a TCB below
 * every level, and ",updated" behind it when the platform got a newer TDX module, which is up to date,
 * after the TD was started.
 */
#include "support/test.h"

#include <sys/stat.h>
#include <time.h>

#include "sim/tdx/qe.h"

enum { DAY_S = 86400, PATH_BYTES = 512 };

struct world {
	const char *dir;
	struct sim_pki_intel *pki;
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	struct sim_qe *qe;
	int64_t now;
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "td_evidence: %s\n", what);
	exit(1);
}

static void write_file(const char *dir, const char *name, const void *bytes, size_t n)
{
	char path[PATH_BYTES];
	FILE *f;

	TEXT(path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	check(f != NULL, path);
	check(fwrite(bytes, 1, n, f) == n, path);
	check(fclose(f) == 0, path);
}

static void world_init(struct world *w)
{
	struct sim_tdx_options platform = { .generation = SIM_TDX_15 };
	struct sim_td_params params = { .attributes = 1ull << 28, .xfam = 0xe7 };
	struct jurat_error err = { "" };
	struct sim_der root;
	char *pem;
	size_t n;

	check(sim_pki_intel_new("jurat", &w->pki, &err) == 0, err.text);
	check(sim_tdx_platform_new(&platform, &w->platform, &err) == 0, err.text);
	check(sim_td_new(w->platform, &params, 16, &w->td, &err) == 0, err.text);
	check(sim_qe_new(w->platform, w->pki, NULL, &w->qe, &err) == 0, err.text);
	root.der = sim_pki_intel_cert(w->pki, SIM_INTEL_ROOT, &root.size);
	check(sim_pki_intel_pem(&root, 1, &pem, &n, &err) == 0, err.text);
	write_file(w->dir, "intel-root.pem", pem, n);
	free(pem);
}

static void world_done(struct world *w)
{
	sim_qe_free(w->qe);
	sim_td_free(w->td);
	sim_tdx_platform_free(w->platform);
	sim_pki_intel_free(w->pki);
}

static void write_quote(const struct world *w, const char *dir)
{
	uint8_t data[64] = { 1 }, report[TDX_REPORT_BYTES];
	auto_free uint8_t *quote = NULL;
	struct jurat_error err = { "" };
	size_t n;

	check(sim_td_mr_report(w->td, data, report) == UAPI_TDCALL_SUCCESS, "no TDREPORT");
	check(sim_qe_quote(w->qe, report, sizeof(report), &quote, &n, &err) == 0, err.text);
	write_file(dir, "quote.bin", quote, n);
}

static void write_case(const struct world *w, const char *const statuses[3], const char *suffix)
{
	struct sim_collateral_options o = { .platform_status = statuses[0],
					    .module_status = statuses[1],
					    .qe_status = statuses[2],
					    .issued = w->now - DAY_S,
					    .next_update = w->now + DAY_S,
					    .evaluation = 17 };
	struct sim_collateral made = { 0 };
	struct jurat_error err = { "" };
	char name[PATH_BYTES / 4], dir[PATH_BYTES / 2], collateral[PATH_BYTES];

	TEXT(name, "%s,%s,%s%s", statuses[0] ? statuses[0] : "-", statuses[1] ? statuses[1] : "-",
	     statuses[2] ? statuses[2] : "-", suffix);
	TEXT(dir, "%s/%s", w->dir, name);
	TEXT(collateral, "%s/collateral", dir);
	check(mkdir(dir, 0777) == 0 && mkdir(collateral, 0777) == 0, dir);
	write_quote(w, dir);
	check(sim_qe_collateral(w->qe, &o, &made, &err) == 0, err.text);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		write_file(collateral, sim_collateral_names[i], made.parts[i].bytes, made.parts[i].size);
	sim_collateral_done(&made);
	puts(name);
}

static void write_all(struct world *w)
{
	static const char *const platform[] = { "UpToDate",
						"SWHardeningNeeded",
						"ConfigurationNeeded",
						"ConfigurationAndSWHardeningNeeded",
						"OutOfDate",
						"OutOfDateConfigurationNeeded",
						"Revoked",
						NULL };
	static const char *const part[] = { "UpToDate", "OutOfDate", "Revoked", NULL };
	static const uint8_t newer_module[16] = { 9, 1, 3 };

	for (unsigned p = 0; p < ARRAY_SIZE(platform); p++)
		for (unsigned m = 0; m < ARRAY_SIZE(part); m++)
			for (unsigned q = 0; q < ARRAY_SIZE(part); q++)
				write_case(w, (const char *const[]){ platform[p], part[m], part[q] }, "");
	sim_tdx_update_module(w->platform, newer_module);
	for (unsigned p = 0; p < ARRAY_SIZE(platform); p++)
		write_case(w, (const char *const[]){ platform[p], "UpToDate", "UpToDate" }, ",updated");
}

int main(int argc, char **argv)
{
	struct world w = { .now = argc > 2 ? atoll(argv[2]) : time(NULL) };

	check(argc == 2 || argc == 3, "usage: td_evidence DIR [SECONDS]");
	w.dir = argv[1];
	world_init(&w);
	write_all(&w);
	world_done(&w);
	return 0;
}
