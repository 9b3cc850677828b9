/* SPDX-License-Identifier: MIT */
/*
 * snp_crls DIR [SEED]
 *
 * Writes the CRLs of the software platform's ARKs, for verifiers that are programs: DIR/<product>-<what>.der,
 * where <what> is "none", "ask", "asvk" or "both": the intermediates that are on it. DIR must be there.
 */
#include "support/test.h"

#include "sim/pki/pki.h"

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "snp_crls: %s\n", what);
	exit(1);
}

static void write_crl(struct sim_pki *pki, const char *dir, enum snp_product product, unsigned revoked)
{
	static const char *const names[] = { "none", "ask", "asvk", "both" };
	uint8_t der[SIM_CERT_MAX_BYTES];
	struct jurat_error err = { "" };
	char path[512];
	size_t n;
	FILE *f;

	check(sim_pki_crl(pki, product, revoked & 1, revoked & 2, der, &n, &err) == 0, err.text);
	TEXT(path, "%s/%s-%s.der", dir, snp_product_name(product), names[revoked]);
	f = fopen(path, "wb");
	check(f != NULL && fwrite(der, 1, n, f) == n, path);
	check(fclose(f) == 0, path);
}

int main(int argc, char **argv)
{
	struct jurat_error err = { "" };
	struct sim_pki *pki;

	check(argc == 2 || argc == 3, "usage: snp_crls DIR [SEED]");
	check(sim_pki_new(argc > 2 ? argv[2] : SIM_PKI_DEFAULT_SEED, &pki, &err) == 0, err.text);
	for (unsigned product = SNP_PRODUCT_UNKNOWN + 1; product < SNP_N_PRODUCTS; product++)
		for (unsigned revoked = 0; revoked < 4; revoked++)
			write_crl(pki, argv[1], (enum snp_product)product, revoked);
	sim_pki_free(pki);
	return 0;
}
