/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "sim/psp/psp_internal.h"

bool psp_tcb_valid(const struct sim_psp *psp, uint64_t tcb)
{
	struct snp_tcb parts;

	return snp_tcb_read(psp->product, tcb, &parts);
}

bool psp_tcb_covers(const struct sim_psp *psp, uint64_t tcb, uint64_t floor)
{
	struct snp_tcb t, f;

	return snp_tcb_read(psp->product, tcb, &t) && snp_tcb_read(psp->product, floor, &f) &&
	       snp_tcb_at_least(&t, &f);
}

void psp_key_forget(struct psp_key *key)
{
	crypto_ec_private_free(key->key);
	*key = (struct psp_key){ 0 };
}

void psp_set_vlek(struct sim_psp *psp, const uint8_t *hashstick)
{
	if (hashstick && psp->vlek_en && memcmp(hashstick, psp->hashstick, sizeof(psp->hashstick)) == 0)
		return;
	psp_key_forget(&psp->vlek);
	bytes_wipe(psp->hashstick, sizeof(psp->hashstick));
	psp->vlek_mix = (struct base_mix){ 0 };
	if (hashstick) {
		memcpy(psp->hashstick, hashstick, sizeof(psp->hashstick));
		base_mix_bytes(&psp->vlek_mix, hashstick, sizeof(psp->hashstick));
	}
	psp->vlek_en = hashstick != NULL;
}
