/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sim/psp/psp_internal.h"

/*
 * For explorers: see psp.h. What never changes (product, fuses) and what is only kept for speed is left out.
 */

struct sim_psp_snapshot {
	uint64_t current_tcb, committed_tcb, reported_tcb;
	struct psp_version current, committed;
	uint32_t config_flags;
	uint64_t mit_vector, launches;
	bool vlek_en;
	uint8_t hashstick[PSP_HASHSTICK_BYTES];
	char csp_id[SIM_CSP_ID_MAX_CHARS + 1];
	uint32_t n_guests, first_free, live_guests;
	struct psp_guest guests[];
};

struct sim_psp_snapshot *sim_psp_snapshot(const struct sim_psp *psp)
{
	struct sim_psp_snapshot *to = malloc(sizeof(*to) + psp->n_guests * sizeof(*psp->guests));

	if (!to)
		return NULL;
	to->current_tcb = psp->current_tcb;
	to->committed_tcb = psp->committed_tcb;
	to->reported_tcb = psp->reported_tcb;
	to->current = psp->current;
	to->committed = psp->committed;
	to->config_flags = psp->config_flags;
	to->mit_vector = psp->mit_vector;
	to->launches = psp->launches;
	to->vlek_en = psp->vlek_en;
	memcpy(to->hashstick, psp->hashstick, sizeof(to->hashstick));
	memcpy(to->csp_id, psp->csp_id, sizeof(to->csp_id));
	to->n_guests = psp->n_guests;
	to->first_free = psp->first_free;
	to->live_guests = psp->live_guests;
	if (psp->n_guests > 0)
		memcpy(to->guests, psp->guests, psp->n_guests * sizeof(*psp->guests));
	return to;
}

/* The room for guests only grows, so there is enough. Those since then were never launched. */
void sim_psp_restore(struct sim_psp *psp, const struct sim_psp_snapshot *from)
{
	psp->current_tcb = from->current_tcb;
	psp->committed_tcb = from->committed_tcb;
	psp->reported_tcb = from->reported_tcb;
	psp->current = from->current;
	psp->committed = from->committed;
	psp->config_flags = from->config_flags;
	psp->mit_vector = from->mit_vector;
	psp->launches = from->launches;
	psp_set_vlek(psp, from->vlek_en ? from->hashstick : NULL);
	memcpy(psp->csp_id, from->csp_id, sizeof(psp->csp_id));
	if (psp->n_guests > from->n_guests)
		bytes_wipe(psp->guests + from->n_guests,
			   (psp->n_guests - from->n_guests) * sizeof(*psp->guests));
	if (from->n_guests > 0)
		memcpy(psp->guests, from->guests, from->n_guests * sizeof(*psp->guests));
	psp->n_guests = from->n_guests;
	psp->first_free = from->first_free;
	psp->live_guests = from->live_guests;
}

static uint64_t version_bits(const struct psp_version *v)
{
	return (uint64_t)v->major << 16 | (uint64_t)v->minor << 8 | v->build;
}

void psp_mix_launch(const struct psp_guest *g, struct base_mix *to)
{
	const struct sim_launch *l = &g->launch;

	base_mix_u64(to, g->number);
	base_mix_u64(to, g->launch_tcb);
	base_mix_u64(to, g->launch_mit_vector);
	base_mix_u64(to, l->policy);
	base_mix_u64(to, (uint64_t)l->guest_svn << 1 | l->author_key_en);
	base_mix_bytes(to, l->family_id, sizeof(l->family_id));
	base_mix_bytes(to, l->image_id, sizeof(l->image_id));
	base_mix_bytes(to, l->measurement, sizeof(l->measurement));
	base_mix_bytes(to, l->host_data, sizeof(l->host_data));
	base_mix_bytes(to, l->id_key_digest, sizeof(l->id_key_digest));
	base_mix_bytes(to, l->author_key_digest, sizeof(l->author_key_digest));
}

/* Keys follow from the number of the launch. */
static void mix_guest(const struct psp_guest *g, struct base_mix *to)
{
	base_mix_u64(to, (uint64_t)g->next_free << 32 | (uint64_t)g->generation << 1 | g->live);
	if (!g->live)
		return;
	base_mix_u64(to, g->launched.a);
	base_mix_u64(to, g->launched.b);
	for (unsigned i = 0; i < SNP_N_VMPCKS; i++)
		base_mix_u64(to, g->message_count[i]);
}

void sim_psp_mix(const struct sim_psp *psp, struct base_mix *to)
{
	base_mix_u64(to, psp->current_tcb);
	base_mix_u64(to, psp->committed_tcb);
	base_mix_u64(to, psp->reported_tcb);
	base_mix_u64(to, version_bits(&psp->current) << 32 | version_bits(&psp->committed));
	base_mix_u64(to, (uint64_t)psp->config_flags << 1 | psp->vlek_en);
	base_mix_u64(to, psp->mit_vector);
	base_mix_u64(to, psp->vlek_mix.a);
	base_mix_u64(to, psp->vlek_mix.b);
	base_mix_text(to, psp->csp_id);
	base_mix_u64(to, psp->launches);
	base_mix_u64(to, (uint64_t)psp->n_guests << 32 | psp->first_free);
	for (uint32_t i = 0; i < psp->n_guests; i++)
		mix_guest(&psp->guests[i], to);
}
