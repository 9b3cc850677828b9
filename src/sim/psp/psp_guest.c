/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "sim/psp/psp_internal.h"
#include "wire/snp_secrets.h"

/* A guest's handle: index and generation, so that the handle of a decommissioned guest stays invalid. */
enum { INDEX_BITS = 20, MAX_GUESTS = 1 << INDEX_BITS, GENERATION_MASK = 0xfff };

static uint32_t number_of(const struct sim_psp *psp, const struct psp_guest *g)
{
	return (uint32_t)g->generation << INDEX_BITS | (uint32_t)(g - psp->guests);
}

struct psp_guest *psp_guest_find(const struct sim_psp *psp, uint32_t guest)
{
	uint32_t index = guest & (MAX_GUESTS - 1);
	struct psp_guest *g;

	if (index >= psp->n_guests)
		return NULL;
	g = &psp->guests[index];
	return g->live && number_of(psp, g) == guest ? g : NULL;
}

static bool policy_has(uint64_t policy, unsigned bit)
{
	return policy >> bit & 1;
}

/* Spec: SNP_LAUNCH_START, guest policy. */
static const char *why_policy_cannot_run(const struct sim_psp *psp, uint64_t policy)
{
	unsigned minor = snp_policy_abi_minor(policy), major = snp_policy_abi_major(policy);

	if (!policy_has(policy, SNP_POLICY_MUST_BE_ONE_BIT))
		return "bit 17, which must be one, is zero";
	if (wire_bits_unknown(&snp_policy_bits, policy))
		return "reserved bits are set";
	if (major > psp->current.major || (major == psp->current.major && minor > psp->current.minor))
		return "it asks for a newer firmware ABI";
	if (policy_has(psp->model->platform_info, SNP_PLATFORM_SMT_EN_BIT) &&
	    !policy_has(policy, SNP_POLICY_SMT_BIT))
		return "it forbids SMT, which is on";
	if (policy_has(policy, SNP_POLICY_MEM_AES_256_XTS_BIT) && !psp->model->has_xts)
		return "it requires AES-256-XTS, which this product has not";
	if (policy_has(policy, SNP_POLICY_RAPL_DIS_BIT) &&
	    !policy_has(psp->model->platform_info, SNP_PLATFORM_RAPL_DIS_BIT))
		return "it requires RAPL off, and it is on";
	if (policy_has(policy, SNP_POLICY_CIPHERTEXT_HIDING_DRAM_BIT) && !psp->model->hides_ciphertext)
		return "it requires ciphertext hiding, which this product has not";
	if (policy_has(policy, SNP_POLICY_PAGE_SWAP_DISABLE_BIT) && psp->report_version < 5)
		return "it requires page swapping off, which this firmware does not know";
	return NULL;
}

/* Allocates a guest context. On failure, nothing has changed. */
static struct psp_guest *take_guest(struct sim_psp *psp)
{
	struct psp_guest *g;

	if (psp->first_free) {
		g = &psp->guests[psp->first_free - 1];
		psp->first_free = g->next_free;
		return g;
	}
	if (psp->n_guests == psp->room_guests) {
		uint32_t room = psp->room_guests ? psp->room_guests + psp->room_guests / 2 : 8;
		struct psp_guest *grown = base_secret_new(room * sizeof(*grown));

		if (!grown)
			return NULL;
		if (psp->guests) {
			memcpy(grown, psp->guests, psp->n_guests * sizeof(*grown));
			base_secret_free(psp->guests, psp->room_guests * sizeof(*grown));
		}
		psp->guests = grown;
		psp->room_guests = room;
	}
	return &psp->guests[psp->n_guests++];
}

static void derive_guest_keys(const struct sim_psp *psp, struct psp_guest *g)
{
	uint8_t context[8];

	bytes_put_le(context, g->number, sizeof(context));
	crypto_derive(psp->secret, sizeof(psp->secret), "jurat sim vmpck", context, sizeof(context), g->vmpck,
		      sizeof(g->vmpck));
	crypto_derive(psp->secret, sizeof(psp->secret), "jurat sim report id", context, sizeof(context),
		      g->report_id, sizeof(g->report_id));
}

static void write_secrets(const struct sim_psp *psp, const struct psp_guest *g, uint8_t page[SNP_PAGE_BYTES])
{
	struct snp_secrets s = { .version = 3, .fms = psp->model->fms };

	memcpy(s.vmpck0, g->vmpck[0], sizeof(s.vmpck0));
	memcpy(s.vmpck1, g->vmpck[1], sizeof(s.vmpck1));
	memcpy(s.vmpck2, g->vmpck[2], sizeof(s.vmpck2));
	memcpy(s.vmpck3, g->vmpck[3], sizeof(s.vmpck3));
	wire_write(&snp_secrets_layout, &s, page);
	bytes_wipe(&s, sizeof(s));
}

int sim_psp_launch(struct sim_psp *psp, const struct sim_launch *launch, uint32_t *ret_guest,
		   uint8_t ret_secrets[SNP_PAGE_BYTES], struct jurat_error *err)
{
	struct psp_guest *g;
	uint16_t generation;
	const char *why;

	if (!psp_refresh(psp))
		return jurat_fail(err, -EIO, "the state of the platform is not available");
	why = why_policy_cannot_run(psp, launch->policy);
	if (why)
		return jurat_fail(err, -EINVAL, "guest policy 0x%llx cannot run: %s",
				  (unsigned long long)launch->policy, why);
	if (!psp->first_free && psp->n_guests == MAX_GUESTS)
		return jurat_fail(err, -ENOSPC, "%d guests are running", MAX_GUESTS);
	g = take_guest(psp);
	if (!g)
		return jurat_fail_memory(err);
	generation = (g->generation & GENERATION_MASK) == GENERATION_MASK ? 1 : g->generation + 1;
	*g = (struct psp_guest){
		.live = true,
		.generation = generation,
		.number = psp->launches++,
		.launch_tcb = psp->current_tcb,
		.launch_mit_vector = psp->mit_vector,
		.launch = *launch,
	};
	psp_mix_launch(g, &g->launched);
	derive_guest_keys(psp, g);
	write_secrets(psp, g, ret_secrets);
	psp->live_guests++;
	if (psp_changed(psp, SNP_SUCCESS) != SNP_SUCCESS) {
		sim_psp_decommission(psp, number_of(psp, g));
		return jurat_fail(err, -EIO, "the state of the platform cannot be saved");
	}
	*ret_guest = number_of(psp, g);
	return 0;
}

void sim_psp_decommission(struct sim_psp *psp, uint32_t guest)
{
	struct psp_guest *g = psp_guest_find(psp, guest);
	uint16_t generation;

	if (!g)
		return;
	generation = g->generation;
	bytes_wipe(g, sizeof(*g));
	g->generation = generation;
	g->next_free = psp->first_free;
	psp->first_free = (uint32_t)(g - psp->guests) + 1;
	psp->live_guests--;
}

uint64_t sim_psp_message_count(const struct sim_psp *psp, uint32_t guest, unsigned vmpck)
{
	const struct psp_guest *g = psp_guest_find(psp, guest);

	return g && vmpck < SNP_N_VMPCKS ? g->message_count[vmpck] : 0;
}
