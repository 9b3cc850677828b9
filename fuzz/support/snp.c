/* SPDX-License-Identifier: MIT */
#include "support/snp.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/rsa.h"
#include "sim/pki/pki_internal.h"
#include "support/env.h"
#include "support/sign.h"

static const struct {
	enum snp_product product;
	uint32_t version;
} kinds[FUZZ_SNP_MACHINES] = {
	{ SNP_MILAN, 2 }, { SNP_MILAN, 3 }, { SNP_MILAN, 5 },
	{ SNP_GENOA, 3 }, { SNP_GENOA, 5 }, { SNP_TURIN, 5 },
};

struct sim_pki *fuzz_snp_pki(void)
{
	static struct sim_pki *pki;

	if (!pki)
		must(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL) == 0);
	return pki;
}

/* What the firmware answers to MSG_REPORT_REQ. */
static void make_report(struct fuzz_snp *machine, bool vlek)
{
	struct snp_msg_report_req req = { .report_data = { 1 },
					  .key_sel = vlek ? SNP_KEY_SEL_VLEK : SNP_KEY_SEL_VCEK };
	struct psp_message request = { .version = 1, .size = SNP_MSG_REPORT_REQ_BYTES }, response = { 0 };

	wire_write(&snp_msg_report_req_layout, &req, request.payload);
	must(psp_answer_report(machine->psp, psp_guest_find(machine->psp, machine->guest), &request,
			       &response) == SNP_SUCCESS);
	must(response.size == SNP_MSG_REPORT_RSP_BYTES);
	memcpy(machine->reports[vlek], response.payload + SNP_MSG_REPORT_RSP_HDR_BYTES, SNP_REPORT_BYTES);
}

static void make(struct fuzz_snp *machine, enum snp_product product, uint32_t version)
{
	struct sim_psp_options options = { .product = product, .report_version = version, .env = fuzz_env() };
	struct sim_launch launch = {
		.policy = 0x30000, .guest_svn = 3, .measurement = { 1 }, .host_data = { 2 }
	};
	uint8_t secrets[SNP_PAGE_BYTES], hashstick[SNP_VLEK_HASHSTICK_BYTES];

	must(sim_psp_new(&options, &machine->psp, NULL) == 0);
	must(sim_psp_launch(machine->psp, &launch, &machine->guest, secrets, NULL) == 0);
	must(sim_kds_table(machine->psp, fuzz_snp_pki(), &machine->tables[0].p, &machine->tables[0].n,
			   NULL) == 0);
	must(sim_kds_hashstick(machine->psp, SIM_CSP_ID, machine->psp->reported_tcb, hashstick, NULL) == 0);
	must(sim_psp_vlek_load(machine->psp, hashstick) == SNP_SUCCESS);
	must(sim_kds_table(machine->psp, fuzz_snp_pki(), &machine->tables[1].p, &machine->tables[1].n,
			   NULL) == 0);
	make_report(machine, false);
	make_report(machine, true);
}

struct fuzz_snp *fuzz_snp(unsigned which)
{
	static struct fuzz_snp machines[FUZZ_SNP_MACHINES];
	struct fuzz_snp *machine = &machines[which % FUZZ_SNP_MACHINES];

	if (!machine->psp)
		make(machine, kinds[which % FUZZ_SNP_MACHINES].product,
		     kinds[which % FUZZ_SNP_MACHINES].version);
	return machine;
}

void fuzz_snp_sign_report(struct fuzz_snp *machine, bool vlek, uint8_t report[SNP_REPORT_BYTES])
{
	const struct psp_key *key = vlek ? &machine->psp->vlek : &machine->psp->vcek;
	uint8_t digest[CRYPTO_SHA384_BYTES], r[48], s[48];
	struct snp_report read;

	if (snp_report_read(report, SNP_REPORT_BYTES, &read, NULL) < 0)
		return;
	crypto_sha384(report, SNP_REPORT_SIGNED_BYTES, digest);
	must(crypto_ec_sign(key->key, fuzz_env(), digest, sizeof(digest), r, s) == 0);
	snp_report_set_signature(&read, r, s);
	wire_write(&snp_report_layout, &read, report);
}

static size_t sign(const void *key, const uint8_t *bytes, size_t n, uint8_t *to)
{
	static const uint8_t salt[CRYPTO_RSA_SALT_BYTES];
	uint8_t digest[CRYPTO_SHA384_BYTES];

	crypto_sha384(bytes, n, digest);
	must(crypto_rsa_pss_sign(key, digest, salt, to) == 0);
	return CRYPTO_RSA_BYTES;
}

struct fuzz_bytes fuzz_snp_sign_der(struct fuzz_snp *machine, enum sim_ca ca, const uint8_t *der, size_t n)
{
	static struct crypto_rsa_private *keys[SNP_N_PRODUCTS][SIM_N_CAS];
	enum snp_product product = machine->psp->product;
	struct crypto_rsa_private **key = &keys[product][ca];
	uint8_t secret[SIM_WORLD_BYTES];

	if (!*key) {
		sim_pki_ca_secret(SIM_PKI_DEFAULT_SEED, product, ca, secret);
		must(crypto_rsa_private_derive(secret, sizeof(secret), sim_pki_hints[product][ca], key, NULL,
					       NULL) == 0);
	}
	return fuzz_sign_der(der, n, sign, *key);
}

struct fuzz_bytes fuzz_snp_crl(struct fuzz_snp *machine, bool revoke_ask, bool revoke_asvk)
{
	uint8_t crl[SIM_CERT_MAX_BYTES];
	size_t n;

	must(sim_pki_crl(fuzz_snp_pki(), machine->psp->product, revoke_ask, revoke_asvk, crl, &n, NULL) == 0);
	return fuzz_copy(crl, n);
}

struct fuzz_bytes fuzz_snp_ark(struct fuzz_snp *machine)
{
	const uint8_t *der;
	size_t n;

	must(sim_pki_ca(fuzz_snp_pki(), machine->psp->product, SIM_ARK, &der, &n, NULL) == 0);
	return fuzz_copy(der, n);
}
