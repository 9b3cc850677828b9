/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/psp/psp_internal.h"

/*
 * What sim_psp_remember() keeps: keys by what they are derived from, signatures by key and signed bytes.
 * Nothing is ever replaced: what has no room is computed each time.
 */
enum { MAX_KEYS = 16, SLOTS = 1 << 13, MAX_SIGNATURES = SLOTS / 2 };

struct kept_key {
	struct crypto_ec_private *key;
	enum snp_signing_key which;
	uint64_t tcb;
	uint8_t hashstick[PSP_HASHSTICK_BYTES]; /* of a VLEK */
};

struct kept_signature {
	const struct crypto_ec_private *key;
	uint8_t signed_bytes[SNP_REPORT_SIGNED_BYTES];
	struct psp_signature signature;
};

struct psp_memory {
	struct kept_key keys[MAX_KEYS];
	unsigned n_keys, n_signatures;
	struct kept_signature *signatures[SLOTS]; /* by digest; the next free slot, where two have the same */
};

int sim_psp_remember(struct sim_psp *psp)
{
	if (psp->env)
		return -EINVAL;
	if (!psp->memory)
		psp->memory = calloc(1, sizeof(*psp->memory));
	if (!psp->memory)
		return -ENOMEM;
	psp_key_forget(&psp->vcek); /* or these would be used, and not remembered */
	psp_key_forget(&psp->vlek);
	return 0;
}

void psp_memory_free(struct psp_memory *memory)
{
	if (!memory)
		return;
	for (unsigned i = 0; i < memory->n_keys; i++)
		crypto_ec_private_free(memory->keys[i].key);
	for (unsigned i = 0; i < SLOTS; i++)
		free(memory->signatures[i]);
	free(memory);
}

static bool is_key(const struct kept_key *k, const struct sim_psp *psp, enum snp_signing_key which)
{
	return k->which == which && k->tcb == psp->reported_tcb &&
	       (which != SNP_SIGNED_BY_VLEK || !memcmp(k->hashstick, psp->hashstick, sizeof(k->hashstick)));
}

const struct crypto_ec_private *psp_memory_key(const struct sim_psp *psp, enum snp_signing_key which)
{
	const struct psp_memory *memory = psp->memory;

	for (unsigned i = 0; i < memory->n_keys; i++)
		if (is_key(&memory->keys[i], psp, which))
			return memory->keys[i].key;
	return NULL;
}

bool psp_memory_keep_key(struct sim_psp *psp, enum snp_signing_key which, struct crypto_ec_private *key)
{
	struct psp_memory *memory = psp->memory;
	struct kept_key *to = &memory->keys[memory->n_keys];

	if (memory->n_keys == MAX_KEYS)
		return false;
	*to = (struct kept_key){ .key = key, .which = which, .tcb = psp->reported_tcb };
	if (which == SNP_SIGNED_BY_VLEK)
		memcpy(to->hashstick, psp->hashstick, sizeof(to->hashstick));
	memory->n_keys++;
	return true;
}

/* The signature, or the slot where it belongs. There are always free slots. */
static struct kept_signature **place(struct psp_memory *memory, const struct crypto_ec_private *key,
				     const uint8_t signed_bytes[SNP_REPORT_SIGNED_BYTES])
{
	struct base_mix mix = { 0 };
	struct kept_signature **at;
	uint64_t i;

	base_mix_bytes(&mix, signed_bytes, SNP_REPORT_SIGNED_BYTES);
	for (i = mix.a;; i++) {
		at = &memory->signatures[i % SLOTS];
		if (!*at || ((*at)->key == key &&
			     !memcmp((*at)->signed_bytes, signed_bytes, SNP_REPORT_SIGNED_BYTES)))
			return at;
	}
}

/* Other keys are freed, and the next may be at the same address. */
static bool keeps(const struct psp_memory *memory, const struct crypto_ec_private *key)
{
	for (unsigned i = 0; i < memory->n_keys; i++)
		if (memory->keys[i].key == key)
			return true;
	return false;
}

const struct psp_signature *psp_memory_signature(struct psp_memory *memory,
						 const struct crypto_ec_private *key,
						 const uint8_t signed_bytes[SNP_REPORT_SIGNED_BYTES])
{
	struct kept_signature *kept = keeps(memory, key) ? *place(memory, key, signed_bytes) : NULL;

	return kept ? &kept->signature : NULL;
}

void psp_memory_keep_signature(struct psp_memory *memory, const struct crypto_ec_private *key,
			       const uint8_t signed_bytes[SNP_REPORT_SIGNED_BYTES],
			       const struct psp_signature *signature)
{
	struct kept_signature **at = place(memory, key, signed_bytes), *kept;

	if (*at || memory->n_signatures == MAX_SIGNATURES || !keeps(memory, key))
		return;
	kept = malloc(sizeof(*kept));
	if (!kept)
		return;
	kept->key = key;
	memcpy(kept->signed_bytes, signed_bytes, SNP_REPORT_SIGNED_BYTES);
	kept->signature = *signature;
	*at = kept;
	memory->n_signatures++;
}
