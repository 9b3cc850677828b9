/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "sim/pki/pki_internal.h"
#include "sim/psp/psp_internal.h"

enum { KEY_SEL_MASK = 3 };

/* The endorsement key of the reported TCB, derived at first use. NULL: out of memory. */
static const struct crypto_ec_private *signing_key(struct sim_psp *psp, enum snp_signing_key which)
{
	struct psp_key *slot = which == SNP_SIGNED_BY_VLEK ? &psp->vlek : &psp->vcek;
	const struct crypto_ec_private *kept = psp->memory ? psp_memory_key(psp, which) : NULL;
	struct crypto_ec_private *made;
	int r;

	if (kept)
		return kept;
	if (slot->key && slot->tcb == psp->reported_tcb)
		return slot->key;
	if (which == SNP_SIGNED_BY_VLEK)
		r = psp_vlek_derive(psp->hashstick, psp->reported_tcb, &made, NULL);
	else
		r = psp_vcek_derive(psp, psp->reported_tcb, &made, NULL);
	if (r < 0)
		return NULL;
	if (psp->memory && psp_memory_keep_key(psp, which, made))
		return made;
	crypto_ec_private_free(slot->key);
	*slot = (struct psp_key){ .key = made, .tcb = psp->reported_tcb };
	return slot->key;
}

static void fill_versions(const struct sim_psp *psp, const struct psp_guest *g, struct snp_report *report)
{
	report->current_tcb = psp->current_tcb;
	report->reported_tcb = psp->reported_tcb;
	report->committed_tcb = psp->committed_tcb;
	report->launch_tcb = g->launch_tcb;
	report->current_build = psp->current.build;
	report->current_minor = psp->current.minor;
	report->current_major = psp->current.major;
	report->committed_build = psp->committed.build;
	report->committed_minor = psp->committed.minor;
	report->committed_major = psp->committed.major;
	report->platform_info = (uint64_t)1 << SNP_PLATFORM_SMT_EN_BIT;
	if (psp->report_version >= 3) {
		report->platform_info =
			psp->model->platform_info | (uint64_t)1 << SNP_PLATFORM_ALIAS_CHECK_COMPLETE_BIT;
		report->cpuid_fam_id = (uint8_t)psp->model->family;
		report->cpuid_mod_id = (uint8_t)psp->model->model;
		report->cpuid_step = (uint8_t)psp->model->stepping;
	}
	if (psp->report_version >= 5) {
		report->launch_mit_vector = g->launch_mit_vector;
		report->current_mit_vector = psp->mit_vector;
	}
}

static void fill_report(const struct sim_psp *psp, const struct psp_guest *g,
			const struct snp_msg_report_req *request, enum snp_signing_key signed_by,
			struct snp_report *report)
{
	*report = (struct snp_report){
		.version = psp->report_version,
		.guest_svn = g->launch.guest_svn,
		.policy = g->launch.policy,
		.vmpl = request->vmpl,
		.signature_algo = SNP_REPORT_ALGO_ECDSA_P384_SHA384,
		.key_info = (uint32_t)signed_by << 2,
	};
	if (g->launch.author_key_en)
		report->key_info |= 1u << SNP_KEY_INFO_AUTHOR_KEY_EN_BIT;
	if (psp->config_flags & SNP_STATUS_MASK_CHIP_KEY)
		report->key_info |= 1u << SNP_KEY_INFO_MASK_CHIP_KEY_BIT;
	memcpy(report->family_id, g->launch.family_id, sizeof(report->family_id));
	memcpy(report->image_id, g->launch.image_id, sizeof(report->image_id));
	memcpy(report->report_data, request->report_data, sizeof(report->report_data));
	memcpy(report->measurement, g->launch.measurement, sizeof(report->measurement));
	memcpy(report->host_data, g->launch.host_data, sizeof(report->host_data));
	memcpy(report->id_key_digest, g->launch.id_key_digest, sizeof(report->id_key_digest));
	memcpy(report->author_key_digest, g->launch.author_key_digest, sizeof(report->author_key_digest));
	memcpy(report->report_id, g->report_id, sizeof(report->report_id));
	memset(report->report_id_ma, 0xff, sizeof(report->report_id_ma)); /* no migration agent */
	if (!(psp->config_flags & SNP_STATUS_MASK_CHIP_ID))
		memcpy(report->chip_id, psp->hwid, sizeof(report->chip_id));
	fill_versions(psp, g, report);
}

static bool sign(struct sim_psp *psp, const struct crypto_ec_private *key,
		 const uint8_t bytes[SNP_REPORT_SIGNED_BYTES], struct psp_signature *ret)
{
	const struct psp_signature *kept = NULL;
	uint8_t digest[CRYPTO_SHA384_BYTES];

	if (psp->memory)
		kept = psp_memory_signature(psp->memory, key, bytes);
	if (kept) {
		*ret = *kept;
		return true;
	}
	crypto_sha384(bytes, SNP_REPORT_SIGNED_BYTES, digest);
	if (crypto_ec_sign(key, psp->env, digest, sizeof(digest), ret->r, ret->s) < 0)
		return false;
	if (psp->memory)
		psp_memory_keep_signature(psp->memory, key, bytes, ret);
	return true;
}

/* A key that is not the one of the reported TCB, for evidence to order. NULL: out of memory. */
static struct crypto_ec_private *ordered_key(const struct sim_psp *psp, enum sim_psp_signer signer)
{
	uint8_t secret[PSP_HASHSTICK_BYTES] = { 0 }, other[SIM_WORLD_BYTES];
	struct crypto_ec_private *key = NULL;
	int r;

	if (signer == SIM_SIGNER_VLEK) {
		psp_hashstick(psp, psp_csp_id(psp, SIM_CSP_ID), psp->reported_tcb, secret);
		r = psp_vlek_derive(secret, psp->reported_tcb, &key, NULL);
	} else {
		sim_pki_other_secret(other); /* the same as in certificates of somebody else's */
		r = crypto_ec_private_derive(CRYPTO_P384, other, sizeof(other), &key, NULL);
	}
	bytes_wipe(secret, sizeof(secret));
	return r < 0 ? NULL : key;
}

static bool sign_as(struct sim_psp *psp, enum sim_psp_signer signer, uint8_t bytes[SNP_REPORT_BYTES])
{
	const struct crypto_ec_private *key;
	struct crypto_ec_private *made = NULL;
	struct psp_signature signature;
	bool ok;

	if (signer == SIM_SIGNER_NONE)
		return true;
	if (signer == SIM_SIGNER_OTHER || (signer == SIM_SIGNER_VLEK && !psp->vlek_en))
		key = made = ordered_key(psp, signer);
	else
		key = signing_key(psp, signer == SIM_SIGNER_VLEK ? SNP_SIGNED_BY_VLEK : SNP_SIGNED_BY_VCEK);
	ok = key && sign(psp, key, bytes, &signature);
	crypto_ec_private_free(made);
	if (!ok)
		return false;
	snp_number_write(signature.r, bytes + SNP_REPORT_SIGNED_BYTES);
	snp_number_write(signature.s, bytes + SNP_REPORT_SIGNED_BYTES + SNP_SIGNATURE_NUMBER_BYTES);
	return true;
}

static bool sign_report(struct sim_psp *psp, enum snp_signing_key signed_by, const struct snp_report *report,
			uint8_t *bytes, size_t room, size_t *size)
{
	const struct sim_psp_edit *edit = &psp->edit;
	enum sim_psp_signer signer = signed_by == SNP_SIGNED_BY_NONE   ? SIM_SIGNER_NONE
				     : signed_by == SNP_SIGNED_BY_VLEK ? SIM_SIGNER_VLEK
								       : SIM_SIGNER_VCEK;

	*size = SNP_REPORT_BYTES;
	wire_write(&snp_report_layout, report, bytes);
	if (edit->before && edit->before(edit->ctx, psp, bytes, &signer) < 0)
		return false;
	return sign_as(psp, signer, bytes) &&
	       (!edit->after || edit->after(edit->ctx, psp, bytes, room, size) >= 0);
}

static void put_report_header(struct psp_message *response, uint32_t status, uint32_t report_size)
{
	struct snp_msg_report_rsp h = { .status = status, .report_size = report_size };

	wire_write(&snp_msg_report_rsp_layout, &h, response->payload);
	response->size = (uint16_t)(snp_msg_report_rsp_layout.size + report_size);
}

/* The key that a request selects. Returns SNP_SUCCESS or the status of the message. */
static uint32_t select_key(const struct sim_psp *psp, uint32_t key_sel, enum snp_signing_key *ret)
{
	switch (key_sel & KEY_SEL_MASK) {
	case SNP_KEY_SEL_AUTO:
		*ret = psp->vlek_en ? SNP_SIGNED_BY_VLEK : SNP_SIGNED_BY_VCEK;
		break;
	case SNP_KEY_SEL_VCEK:
		*ret = SNP_SIGNED_BY_VCEK;
		break;
	case SNP_KEY_SEL_VLEK:
		if (!psp->vlek_en)
			return SNP_INVALID_KEY;
		*ret = SNP_SIGNED_BY_VLEK;
		break;
	default:
		return SNP_INVALID_PARAM;
	}
	if (psp->config_flags & SNP_STATUS_MASK_CHIP_KEY)
		*ret = SNP_SIGNED_BY_NONE;
	return SNP_SUCCESS;
}

/* The checks of a request that is complete. Returns SNP_SUCCESS or the status of the message. */
static uint32_t check_request(const struct sim_psp *psp, const struct snp_msg_report_req *req, unsigned vmpck,
			      enum snp_signing_key *ret)
{
	if (wire_check_zero(&snp_msg_report_req_layout, req, NULL) < 0 ||
	    req->key_sel & ~(uint32_t)KEY_SEL_MASK || req->vmpl >= SNP_N_VMPCKS || req->vmpl < vmpck)
		return SNP_INVALID_PARAM; /* B35: VMPCK n is that of VMPL n, and for no lower VMPL */
	return select_key(psp, req->key_sel, ret);
}

uint32_t psp_answer_report(struct sim_psp *psp, const struct psp_guest *g, const struct psp_message *request,
			   struct psp_message *response)
{
	const size_t header = snp_msg_report_rsp_layout.size;
	enum snp_signing_key signed_by = SNP_SIGNED_BY_NONE;
	struct snp_msg_report_req req;
	struct snp_report report;
	uint32_t status;
	size_t size;

	if (request->version != 1 || request->size != SNP_MSG_REPORT_REQ_BYTES ||
	    wire_read(&snp_msg_report_req_layout, request->payload, request->size, &req, NULL) < 0)
		return SNP_INVALID_PARAM;
	status = check_request(psp, &req, request->vmpck, &signed_by);
	if (status != SNP_SUCCESS) {
		put_report_header(response, status, 0);
		return SNP_SUCCESS;
	}
	fill_report(psp, g, &req, signed_by, &report);
	if (!sign_report(psp, signed_by, &report, response->payload + header,
			 sizeof(response->payload) - header, &size))
		return SNP_RESOURCE_LIMIT;
	put_report_header(response, SNP_SUCCESS, (uint32_t)size);
	return SNP_SUCCESS;
}

uint32_t sim_psp_report(struct sim_psp *psp, uint32_t guest, const struct snp_msg_report_req *request,
			uint8_t *to, size_t room, size_t *ret_size)
{
	enum snp_signing_key signed_by = SNP_SIGNED_BY_NONE;
	const struct psp_guest *g;
	struct snp_report report;
	uint32_t status;

	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	g = psp_guest_find(psp, guest);
	if (!g)
		return SNP_INVALID_GUEST;
	status = check_request(psp, request, 0, &signed_by);
	if (status != SNP_SUCCESS)
		return status;
	fill_report(psp, g, request, signed_by, &report);
	return sign_report(psp, signed_by, &report, to, room, ret_size) ? SNP_SUCCESS : SNP_RESOURCE_LIMIT;
}
