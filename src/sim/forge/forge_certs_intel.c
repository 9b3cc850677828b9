/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/forge_certs.h"
#include "sim/forge/forge_internal.h"
#include "sim/forge/forge_tdx.h"
#include "sim/forge/order_internal.h"
#include "sim/pki/pki_intel_internal.h"

struct intel_job {
	const struct sim_pki_intel *pki;
	const struct sim_intel_draft *draft;
};

static const struct intel_job *of(const struct forge_job *job)
{
	return job->of;
}

/* The part that it is; SIM_N_PARTS: the CA of platforms with one processor, of which there is none. */
static enum sim_part part_of(const struct sim_intel_draft *draft)
{
	static const enum sim_part certs[SIM_INTEL_N_CERTS] = {
		[SIM_INTEL_ROOT] = SIM_PART_ROOT,
		[SIM_INTEL_PLATFORM_CA] = SIM_PART_PCK_CA,
		[SIM_INTEL_TCB_SIGNING] = SIM_PART_TCB_SIGNING,
		[SIM_INTEL_PROCESSOR_CA] = SIM_N_PARTS,
	};

	if (draft->item == SIM_INTEL_IS_CERT)
		return certs[draft->which];
	if (draft->item == SIM_INTEL_IS_PCK)
		return SIM_PART_PCK;
	if (draft->which == SIM_INTEL_PROCESSOR_CA)
		return SIM_N_PARTS;
	return draft->which == SIM_INTEL_ROOT ? SIM_PART_ROOT_CRL : SIM_PART_PCK_CRL;
}

static bool find_cert(const char *name, enum sim_intel_cert *ret)
{
	static const char *const names[] = { [SIM_INTEL_ROOT] = "root",
					     [SIM_INTEL_PLATFORM_CA] = "pck_ca",
					     [SIM_INTEL_TCB_SIGNING] = "tcb_signing" };

	for (unsigned which = 0; which < ARRAY_SIZE(names); which++)
		if (strcmp(names[which], name) == 0) {
			*ret = which;
			return true;
		}
	return false;
}

static int self_key(const struct forge_job *job, struct forge_key *ret, struct jurat_error *err)
{
	const struct sim_intel_draft *draft = of(job)->draft;
	struct forge_key own = { .kind = FORGE_P256, .p256 = of(job)->pki->certs[draft->which].key };
	int r;

	if (draft->item == SIM_INTEL_IS_CRL) {
		*ret = own;
		return 0;
	}
	if (draft->item == SIM_INTEL_IS_PCK)
		own.p256 = draft->pck_key;
	r = forge_own_key(job, &own, ret, err);
	if (r == 0 && !ret->rsa && !ret->p256 && !ret->p384)
		return jurat_fail(err, -EINVAL, "its private key is not known here");
	return r;
}

static int intel_key(const struct forge_job *job, const char *name, struct forge_key *ret,
		     struct jurat_error *err)
{
	const struct sim_intel_draft *draft = of(job)->draft;
	enum sim_intel_cert which = draft->item == SIM_INTEL_IS_CERT ? SIM_INTEL_ROOT : draft->which;

	if (name && strcmp(name, "self") == 0)
		return self_key(job, ret, err);
	*ret = (struct forge_key){ .kind = FORGE_P256 };
	if (name && strcmp(name, "pck") == 0) {
		ret->p256 = order_seen(job->order)->pck;
		if (!ret->p256)
			return jurat_fail(err, -EINVAL, "there is no PCK yet");
		return 0;
	}
	if (name && !find_cert(name, &which))
		return jurat_fail(err, -EINVAL,
				  "expected root, pck_ca, tcb_signing, pck, self or other, not "
				  "'%s'",
				  name);
	ret->p256 = of(job)->pki->certs[which].key;
	return 0;
}

static int intel_serial(const struct forge_job *job, const char *name, uint8_t ret[20], size_t *ret_size,
			struct jurat_error *err)
{
	const struct order_seen *seen = order_seen(job->order);
	enum sim_intel_cert which;

	*ret_size = SIM_INTEL_SERIAL_BYTES;
	if (find_cert(name, &which)) {
		sim_pki_intel_serial(of(job)->pki, which, ret);
		return 0;
	}
	if (strcmp(name, "pck") != 0)
		return jurat_fail(err, -EINVAL, "expected root, pck_ca, tcb_signing, pck or HEX, not '%s'",
				  name);
	if (!seen->has_pck)
		return jurat_fail(err, -EINVAL, "there is no PCK yet");
	memcpy(ret, seen->pck_serial, SIM_INTEL_SERIAL_BYTES);
	return 0;
}

/* Remembers a PCK: its serial number, if it is as long as all are, and its key. */
static void see_pck(struct order_seen *seen, const struct sim_intel_draft *draft)
{
	size_t off = 0, n = 0;

	if (sim_x509_find(SIM_X509_PCK, "serial", draft->tbs, draft->tbs_size, &off, &n, NULL) == 0 &&
	    n == sizeof(seen->pck_serial))
		memcpy(seen->pck_serial, draft->tbs + off, n);
	seen->pck = draft->pck_key;
	seen->has_pck = true;
}

static int make(void *ctx, const struct sim_pki_intel *pki, const struct sim_intel_draft *draft, uint8_t *to,
		size_t room, size_t *ret_size, struct jurat_error *err)
{
	const struct intel_job both = { .pki = pki, .draft = draft };
	struct forge_job job = {
		.order = ctx,
		.part = part_of(draft),
		.kind = draft->item == SIM_INTEL_IS_PCK   ? SIM_X509_PCK
			: draft->item == SIM_INTEL_IS_CRL ? SIM_X509_CRL
							  : SIM_X509_CERT,
		.key = intel_key,
		.serial = intel_serial,
		.of = &both,
		.other_kind = FORGE_P256,
		.subject_kind = FORGE_P256,
	};

	if (draft->item == SIM_INTEL_IS_PCK)
		see_pck(order_seen(job.order), draft);
	if (job.part == SIM_N_PARTS || !sim_order_has(job.order, job.part))
		return sim_pki_intel_sign(pki, draft, to, room, ret_size, err);
	if (sim_order_value(job.order, job.part, SIM_EDIT_SET, "product"))
		return jurat_fail(err, -EINVAL, "%s.product: only AMD's certificates are of a product",
				  sim_part_name(job.part));
	return forge_make(&job, draft->tbs, draft->tbs_size, to, room, ret_size, err);
}

int sim_forge_install_intel(struct sim_order *order, struct sim_pki_intel *pki, struct jurat_error *err)
{
	const struct sim_pki_intel_hook hook = {
		.make = make, .before = forge_tdx_before, .after = forge_tdx_after, .ctx = order
	};

	return sim_pki_intel_set_hook(pki, &hook, err);
}
