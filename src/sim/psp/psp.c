/* SPDX-License-Identifier: MIT */
#include "sim/psp/psp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "sim/pki/pki_internal.h"
#include "sim/psp/psp_internal.h"

#define BIT(n)          ((uint64_t)1 << (n))

#define REPORTED_BY_ALL (BIT(SNP_PLATFORM_SMT_EN_BIT) | BIT(SNP_PLATFORM_ECC_EN_BIT))

/* Values of production parts. AMD's KDS has VCEKs of these TCBs. */
static const struct psp_model models[SNP_N_PRODUCTS] = {
	[SNP_MILAN] = { .family = 0x19,
			.model = 0x01,
			.stepping = 1,
			.fms = 0x00a00f11,
			.report_version = 3,
			.tcb = { .boot_loader = 4, .tee = 0, .snp = 24, .microcode = 219 },
			.platform_info = REPORTED_BY_ALL },
	[SNP_GENOA] = { .family = 0x19,
			.model = 0x11,
			.stepping = 1,
			.fms = 0x00a10f11,
			.report_version = 3,
			.tcb = { .boot_loader = 10, .tee = 0, .snp = 25, .microcode = 84 },
			.platform_info = REPORTED_BY_ALL,
			.has_xts = true },
	[SNP_TURIN] = { .family = 0x1a,
			.model = 0x02,
			.stepping = 1,
			.fms = 0x00b00f21,
			.report_version = 5,
			.tcb = { .fmc = 1, .boot_loader = 1, .tee = 1, .snp = 4, .microcode = 81 },
			.platform_info = REPORTED_BY_ALL | BIT(SNP_PLATFORM_IOMMU_WRITE_SAFE_BIT),
			.has_xts = true,
			.hides_ciphertext = true },
};

/*
 * A firmware version that produces this report version, and its mitigation vector, as in production reports.
 * Reports of Milan version 5, Turin versions 2 to 4 and Genoa version 4 were not available: these rows are
 * extrapolated.
 */
static const struct psp_firmware {
	enum snp_product product;
	uint32_t report_version;
	struct psp_version version;
	uint64_t mit_vector;
} firmwares[] = {
	{ SNP_MILAN, 2, { 1, 55, 20 }, 0 }, { SNP_MILAN, 3, { 1, 55, 29 }, 0 },
	{ SNP_MILAN, 4, { 1, 55, 31 }, 0 }, { SNP_MILAN, 5, { 1, 55, 43 }, 0x1 },
	{ SNP_GENOA, 2, { 1, 55, 24 }, 0 }, { SNP_GENOA, 3, { 1, 55, 40 }, 0 },
	{ SNP_GENOA, 4, { 1, 55, 41 }, 0 }, { SNP_GENOA, 5, { 1, 55, 43 }, 0x1 },
	{ SNP_TURIN, 2, { 1, 55, 24 }, 0 }, { SNP_TURIN, 3, { 1, 55, 40 }, 0 },
	{ SNP_TURIN, 4, { 1, 55, 41 }, 0 }, { SNP_TURIN, 5, { 1, 55, 65 }, 0x3f },
};

static const struct psp_firmware *find_firmware(enum snp_product product, uint32_t report_version)
{
	for (size_t i = 0; i < ARRAY_SIZE(firmwares); i++)
		if (firmwares[i].product == product && firmwares[i].report_version == report_version)
			return &firmwares[i];
	return NULL;
}

static void derive_chip(struct sim_psp *psp, const char *seed)
{
	const char *product = snp_product_name(psp->product);

	crypto_derive(seed, strlen(seed), "jurat sim chip", product, strlen(product), psp->secret,
		      sizeof(psp->secret));
	crypto_derive(seed, sim_seed_world_size(seed), "jurat sim csp", product, strlen(product),
		      psp->csp_secret, sizeof(psp->csp_secret));
	crypto_derive(psp->secret, sizeof(psp->secret), "jurat sim hwid", NULL, 0, psp->hwid,
		      snp_hwid_bytes(psp->product));
}

static void free_psp(struct sim_psp **psp)
{
	sim_psp_free(*psp);
}

int sim_psp_new(const struct sim_psp_options *options, struct sim_psp **ret, struct jurat_error *err)
{
	const char *seed = options->seed ? options->seed : SIM_PKI_DEFAULT_SEED;
	auto_call(free_psp) struct sim_psp *psp = NULL;
	const struct psp_firmware *firmware;

	if (sim_seed_world_size(seed) == 0)
		return jurat_fail(err, -EINVAL, "the seed of the software platform is empty");
	psp = base_secret_new(sizeof(*psp));
	if (!psp)
		return jurat_fail_memory(err);
	psp->product = options->product == SNP_PRODUCT_UNKNOWN ? SNP_MILAN : options->product;
	if ((unsigned)psp->product >= SNP_N_PRODUCTS)
		return jurat_fail(err, -EINVAL, "no software platform for product %d", (int)options->product);
	psp->model = &models[psp->product];
	psp->report_version = options->report_version;
	if (psp->report_version == 0)
		psp->report_version = psp->model->report_version;
	firmware = find_firmware(psp->product, psp->report_version);
	if (!firmware)
		return jurat_fail(err, -EINVAL, "report version %u: expected 2 to 5",
				  options->report_version);
	psp->current = psp->committed = firmware->version;
	psp->mit_vector = firmware->mit_vector;
	psp->env = options->env;
	psp->current_tcb = options->tcb ? options->tcb : snp_tcb_write(psp->product, &psp->model->tcb);
	if (!psp_tcb_valid(psp, psp->current_tcb))
		return jurat_fail(err, -EINVAL,
				  "TCB 0x%016llx: a component that %s does not have is not zero",
				  (unsigned long long)options->tcb, snp_product_name(psp->product));
	psp->committed_tcb = psp->reported_tcb = psp->current_tcb;
	derive_chip(psp, seed);
	*ret = take_ptr(psp);
	return 0;
}

void sim_psp_free(struct sim_psp *psp)
{
	if (!psp)
		return;
	psp_key_forget(&psp->vcek);
	psp_key_forget(&psp->vlek);
	psp_memory_free(psp->memory);
	base_secret_free(psp->guests, psp->room_guests * sizeof(*psp->guests));
	base_secret_free(psp, sizeof(*psp));
}

enum snp_product sim_psp_product(const struct sim_psp *psp)
{
	return psp->product;
}

/* A hashstick is valid for one reported TCB only. */
static void set_reported_tcb(struct sim_psp *psp, uint64_t tcb)
{
	if (tcb != psp->reported_tcb)
		psp_set_vlek(psp, NULL);
	psp->reported_tcb = tcb;
}

void sim_psp_set_edit(struct sim_psp *psp, const struct sim_psp_edit *edit)
{
	psp->edit = *edit;
}

const char *psp_csp_id(const struct sim_psp *psp, const char *csp_id)
{
	return psp->edit.csp_id && csp_id && !strcmp(csp_id, SIM_CSP_ID) ? psp->edit.csp_id : csp_id;
}

void sim_psp_values(const struct sim_psp *psp, struct sim_psp_values *ret)
{
	*ret = (struct sim_psp_values){
		.current_tcb = psp->current_tcb,
		.committed_tcb = psp->committed_tcb,
		.reported_tcb = psp->reported_tcb,
		.current_build = psp->current.build,
		.current_minor = psp->current.minor,
		.current_major = psp->current.major,
		.committed_build = psp->committed.build,
		.committed_minor = psp->committed.minor,
		.committed_major = psp->committed.major,
		.mit_vector = psp->mit_vector,
		.mask_chip_id = psp->config_flags & SNP_STATUS_MASK_CHIP_ID,
		.mask_chip_key = psp->config_flags & SNP_STATUS_MASK_CHIP_KEY,
	};
	memcpy(ret->hwid, psp->hwid, sizeof(ret->hwid));
}

int sim_psp_set_values(struct sim_psp *psp, const struct sim_psp_values *values, struct jurat_error *err)
{
	const uint64_t tcbs[] = { values->current_tcb, values->committed_tcb, values->reported_tcb };

	for (size_t i = 0; i < ARRAY_SIZE(tcbs); i++)
		if (!psp_tcb_valid(psp, tcbs[i]))
			return jurat_fail(err, -EINVAL,
					  "TCB 0x%016llx: a component that %s does not have is not zero",
					  (unsigned long long)tcbs[i], snp_product_name(psp->product));
	psp->current_tcb = values->current_tcb;
	psp->committed_tcb = values->committed_tcb;
	set_reported_tcb(psp, values->reported_tcb);
	psp->current =
		(struct psp_version){ values->current_major, values->current_minor, values->current_build };
	psp->committed = (struct psp_version){ values->committed_major, values->committed_minor,
					       values->committed_build };
	psp->mit_vector = values->mit_vector;
	memcpy(psp->hwid, values->hwid, sizeof(psp->hwid));
	psp->config_flags = (values->mask_chip_id ? SNP_STATUS_MASK_CHIP_ID : 0) |
			    (values->mask_chip_key ? SNP_STATUS_MASK_CHIP_KEY : 0);
	return 0;
}

void sim_psp_hwid(const struct sim_psp *psp, uint8_t ret[64])
{
	memcpy(ret, psp->hwid, sizeof(psp->hwid));
}

uint64_t sim_psp_committed_tcb(const struct sim_psp *psp)
{
	return psp->committed_tcb;
}

uint32_t sim_psp_platform_status(struct sim_psp *psp, struct snp_platform_status *ret)
{
	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	*ret = (struct snp_platform_status){
		.api_major = psp->current.major,
		.api_minor = psp->current.minor,
		.state = 1,
		.rmp_flags = 1,
		.build_id = psp->current.build,
		.flags = psp->config_flags | (psp->vlek_en ? SNP_STATUS_VLEK_EN : 0),
		.guest_count = psp->live_guests,
		.current_tcb = psp->current_tcb,
		.reported_tcb = psp->reported_tcb,
	};
	return SNP_SUCCESS;
}

static void commit(struct sim_psp *psp)
{
	psp->committed_tcb = psp->current_tcb;
	psp->committed = psp->current;
	set_reported_tcb(psp, psp->current_tcb);
}

uint32_t sim_psp_commit(struct sim_psp *psp)
{
	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	commit(psp);
	return psp_changed(psp, SNP_SUCCESS);
}

uint32_t sim_psp_config(struct sim_psp *psp, const struct snp_config *config)
{
	uint64_t tcb;

	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	tcb = config->reported_tcb ? config->reported_tcb : psp->committed_tcb;
	if (!bytes_all(config->reserved, sizeof(config->reserved), 0))
		return SNP_INVALID_PARAM;
	if (config->flags & ~(uint32_t)(SNP_STATUS_MASK_CHIP_ID | SNP_STATUS_MASK_CHIP_KEY))
		return SNP_INVALID_PARAM;
	if (!psp_tcb_covers(psp, psp->committed_tcb, tcb))
		return SNP_INVALID_PARAM;
	set_reported_tcb(psp, tcb);
	psp->config_flags = config->flags;
	return psp_changed(psp, SNP_SUCCESS);
}

void psp_wrapping_key(const struct sim_psp *psp, uint8_t ret[32])
{
	crypto_derive(psp->secret, sizeof(psp->secret), "jurat sim vlek wrapping", NULL, 0, ret, 32);
}

uint32_t sim_psp_vlek_load(struct sim_psp *psp, const uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES])
{
	uint8_t key[CRYPTO_AEAD_KEY_BYTES], plain[PSP_HASHSTICK_BYTES], aad[16];
	struct snp_vlek_hashstick h;
	int r;

	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	if (wire_read(&snp_vlek_hashstick_layout, hashstick, SNP_VLEK_HASHSTICK_BYTES, &h, NULL) < 0 ||
	    wire_check_zero(&snp_vlek_hashstick_layout, &h, NULL) < 0)
		return SNP_INVALID_PARAM;
	if (h.tcb_version != psp->reported_tcb)
		return SNP_INVALID_PARAM;
	/* The AAD is the bytes between wrapped secret and tag: the TCB. */
	memcpy(aad, hashstick + 0x190, sizeof(aad));
	psp_wrapping_key(psp, key);
	r = crypto_aead_open(key, h.iv, aad, sizeof(aad), h.wrapped, sizeof(h.wrapped), plain, h.authtag);
	bytes_wipe(key, sizeof(key));
	if (r == -EBADMSG)
		return SNP_BAD_SIGNATURE;
	if (r < 0)
		return SNP_RESOURCE_LIMIT;
	psp_set_vlek(psp, plain);
	bytes_wipe(plain, sizeof(plain));
	return psp_changed(psp, SNP_SUCCESS);
}

uint32_t sim_psp_download_firmware(struct sim_psp *psp, uint64_t new_tcb, bool at_once)
{
	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	if (!psp_tcb_valid(psp, new_tcb))
		return SNP_INVALID_PARAM;
	if (!psp_tcb_covers(psp, new_tcb, psp->committed_tcb))
		return SNP_BAD_SVN;
	psp->current_tcb = new_tcb;
	if (psp->current.build < UINT8_MAX)
		psp->current.build++;
	if (at_once)
		commit(psp);
	return psp_changed(psp, SNP_SUCCESS);
}

/* An endorsement key of a secret and a TCB. */
static int derive_key(const void *secret, size_t n, const char *label, uint64_t tcb,
		      struct crypto_ec_private **ret, struct jurat_error *err)
{
	uint8_t context[8], key[PSP_SECRET_BYTES];
	int r;

	bytes_put_le(context, tcb, sizeof(context));
	crypto_derive(secret, n, label, context, sizeof(context), key, sizeof(key));
	r = crypto_ec_private_derive(CRYPTO_P384, key, sizeof(key), ret, err);
	bytes_wipe(key, sizeof(key));
	return r;
}

int psp_vcek_derive(const struct sim_psp *psp, uint64_t tcb, struct crypto_ec_private **ret,
		    struct jurat_error *err)
{
	return derive_key(psp->secret, sizeof(psp->secret), "jurat sim vcek", tcb, ret, err);
}

int psp_other_vcek(const struct sim_psp *psp, const char *chip, uint64_t tcb, uint8_t ret_hwid[64],
		   struct crypto_ec_private **ret, struct jurat_error *err)
{
	uint8_t secret[PSP_SECRET_BYTES];
	int r;

	crypto_derive(psp->csp_secret, sizeof(psp->csp_secret), "jurat sim other chip", chip, strlen(chip),
		      secret, sizeof(secret));
	memset(ret_hwid, 0, sizeof(psp->hwid));
	crypto_derive(secret, sizeof(secret), "jurat sim hwid", NULL, 0, ret_hwid,
		      snp_hwid_bytes(psp->product));
	r = derive_key(secret, sizeof(secret), "jurat sim vcek", tcb, ret, err);
	bytes_wipe(secret, sizeof(secret));
	return r;
}

int psp_vlek_derive(const uint8_t hashstick[PSP_HASHSTICK_BYTES], uint64_t tcb,
		    struct crypto_ec_private **ret, struct jurat_error *err)
{
	return derive_key(hashstick, PSP_HASHSTICK_BYTES, "jurat sim vlek", tcb, ret, err);
}
