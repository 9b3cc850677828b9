/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "crypto/hash.h"
#include "crypto/x509.h"
#include "seeds/seeds.h"
#include "sim/pki/pki_intel_internal.h"
#include "sim/tdx/qe_internal.h"
#include "support/snp.h"
#include "support/tdx.h"

/* A certificate or CRL for every target that reads some. */
static void everywhere(const uint8_t *der, size_t n, const char *name)
{
	seed_whole("fuzz_x509", der, n, "%s", name);
	seed_whole("fuzz_endorsements", der, n, "%s", name);
	seed_whole("fuzz_collateral", der, n, "%s", name);
	seed_whole("fuzz_input", der, n, "%s", name);
}

static void amd(void)
{
	static const char *const names[] = { "ark", "ask", "asvk" };
	char name[32];

	for (unsigned m = 0; m < FUZZ_SNP_MACHINES; m += 2) {
		struct fuzz_snp *machine = fuzz_snp(m);

		for (unsigned ca = SIM_ARK; ca <= SIM_ASVK; ca++) {
			const uint8_t *der;
			size_t n;

			must(sim_pki_ca(fuzz_snp_pki(), machine->psp->product, (enum sim_ca)ca, &der, &n,
					NULL) == 0);
			snprintf(name, sizeof(name), "%s-%u", names[ca], m);
			everywhere(der, n, name);
		}
		for (unsigned vlek = 0; vlek < 2; vlek++) {
			struct snp_certs certs;

			must(snp_certs_read(machine->tables[vlek].p, machine->tables[vlek].n, &certs, NULL) ==
			     0);
			snprintf(name, sizeof(name), "%s-%u", vlek ? "vlek" : "vcek", m);
			everywhere(certs.entries[0].data.data, certs.entries[0].data.size, name);
		}
		auto_bytes empty = fuzz_snp_crl(machine, false, false),
			   full = fuzz_snp_crl(machine, true, true);

		snprintf(name, sizeof(name), "crl-%u", m);
		everywhere(empty.p, empty.n, name);
		snprintf(name, sizeof(name), "crl-%u-full", m);
		everywhere(full.p, full.n, name);
	}
}

static void intel(void)
{
	static const char *const names[] = { "root", "platform-ca", "tcb-signing", "processor-ca" };
	const struct sim_collateral *c = &fuzz_tdx(0)->collateral;
	const uint8_t *der;
	size_t n;

	for (unsigned which = 0; which < SIM_INTEL_N_CERTS; which++) {
		der = sim_pki_intel_cert(fuzz_tdx_pki(), (enum sim_intel_cert)which, &n);
		everywhere(der, n, names[which]);
	}
	der = sim_qe_pck(fuzz_tdx(0)->qe, &n);
	everywhere(der, n, "pck");
	everywhere(c->parts[SIM_PCK_CRL].bytes, c->parts[SIM_PCK_CRL].size, "pck-crl");
	everywhere(c->parts[SIM_ROOT_CA_CRL].bytes, c->parts[SIM_ROOT_CA_CRL].size, "root-crl");
	everywhere(c->parts[SIM_PCK_CRL_ISSUER_CHAIN].bytes, c->parts[SIM_PCK_CRL_ISSUER_CHAIN].size,
		   "chain");
	everywhere((const uint8_t *)fuzz_tdx(0)->qe->chain, fuzz_tdx(0)->qe->chain_size + 1, "pck-chain");
}

static void ecdsa(void)
{
	for (unsigned curve = 0; curve < 2; curve++)
		for (unsigned edit = 0; edit < 2; edit++) {
			seed_begin("fuzz_signature", "ecdsa-%u-%u", curve, edit);
			seed_u8((uint8_t)(curve | 4));
			seed_part("message", 7);
			seed_u8(31 + 16 * curve);
			seed_part("", 0); /* xy, r, s: the key's */
			seed_part("", 0);
			seed_part("", 0);
			seed_part("secret", 6);
			seed_u8(0);
			seed_u8((uint8_t)edit);
			seed_u16(3);
			seed_u8(1);
			seed_u8(0x55);
			seed_end();
		}
}

/* A signature that is there already: the ARK's on itself. */
static void rsa(void)
{
	auto_bytes ark = fuzz_snp_ark(fuzz_snp(0));
	uint8_t digest[CRYPTO_SHA384_BYTES];
	struct crypto_cert c;

	must(crypto_cert_read(ark.p, ark.n, &c, NULL) == 0);
	crypto_sha384(c.tbs.data, c.tbs.size, digest);
	seed_begin("fuzz_signature", "rsa");
	seed_u8(2);
	seed_part(c.key_n.data, c.key_n.size);
	seed_part(c.key_e.data, c.key_e.size);
	seed_part(c.signature.data, c.signature.size);
	seed_part(digest, sizeof(digest));
	seed_end();
}

void seeds_crypto(void)
{
	amd();
	intel();
	ecdsa();
	rsa();
}
