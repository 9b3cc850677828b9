/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "sim/psp/psp_internal.h"

enum {
	ROOT_VMRK = 1 << 0,
	/* Bits 2:1, KEY_SEL: of recent firmware, without a public list of versions; here, only the newest. */
	ROOT_KEY_SEL_SHIFT = 1,
	ROOT_KEY_SEL_MASK = 3 << ROOT_KEY_SEL_SHIFT,
	ROOT_KEY_SEL_SINCE_REPORT_VERSION = 5,
	/* LAUNCH_MIT_VECTOR: message version 2, in firmware with report version 5. */
	MIT_VECTOR_SINCE_REPORT_VERSION = 5,
	FIELDS_V1 = SNP_FIELD_GUEST_POLICY | SNP_FIELD_IMAGE_ID | SNP_FIELD_FAMILY_ID |
		    SNP_FIELD_MEASUREMENT | SNP_FIELD_GUEST_SVN | SNP_FIELD_TCB_VERSION,
};

struct key_request {
	struct snp_msg_key_req r;
	uint64_t launch_mit_vector;
};

/*
 * Linux sends 32 bytes for any message version, so version 2 is accepted in both sizes; a missing
 * LAUNCH_MIT_VECTOR is 0.
 */
static bool read_request(const struct psp_message *m, struct key_request *ret)
{
	if (m->version != 1 && m->version != 2)
		return false;
	if (m->size != SNP_MSG_KEY_REQ_BYTES && (m->version != 2 || m->size != SNP_MSG_KEY_REQ_V2_BYTES))
		return false;
	ret->launch_mit_vector = 0;
	if (m->size == SNP_MSG_KEY_REQ_V2_BYTES)
		ret->launch_mit_vector = bytes_get_le(m->payload + SNP_MSG_KEY_REQ_BYTES, 8);
	return wire_read(&snp_msg_key_req_layout, m->payload, m->size, &ret->r, NULL) == 0;
}

static bool root_allowed(const struct sim_psp *psp, uint32_t root)
{
	uint32_t key_sel = (root & ROOT_KEY_SEL_MASK) >> ROOT_KEY_SEL_SHIFT;

	if (root & ~(uint32_t)(ROOT_VMRK | ROOT_KEY_SEL_MASK))
		return false;
	if (key_sel == SNP_KEY_SEL_AUTO)
		return true;
	if (psp->report_version < ROOT_KEY_SEL_SINCE_REPORT_VERSION || root & ROOT_VMRK)
		return false;
	return key_sel == SNP_KEY_SEL_VCEK || (key_sel == SNP_KEY_SEL_VLEK && psp->vlek_en);
}

static bool allowed(const struct sim_psp *psp, const struct psp_guest *g, const struct psp_message *m,
		    const struct key_request *k)
{
	uint64_t fields = FIELDS_V1;

	if (m->version >= 2 && psp->report_version >= MIT_VECTOR_SINCE_REPORT_VERSION)
		fields |= SNP_FIELD_LAUNCH_MIT_VECTOR;
	if (wire_check_zero(&snp_msg_key_req_layout, &k->r, NULL) < 0 ||
	    !root_allowed(psp, k->r.root_key_select))
		return false;
	if (k->r.guest_field_select & ~fields)
		return false;
	if (k->r.vmpl >= SNP_N_VMPCKS || k->r.vmpl < m->vmpck)
		return false;
	if (k->r.guest_svn > g->launch.guest_svn)
		return false;
	if (!psp_tcb_covers(psp, psp->committed_tcb, k->r.tcb_version))
		return false;
	/* A guest may omit mitigations, but not claim any that it was launched without. */
	return (k->launch_mit_vector & ~g->launch_mit_vector) == 0;
}

/*
 * The root key of a derived key. That of the chip is the same for all guests and TCBs, so that a guest can
 * unseal its data after a reboot or an update; that of a VLEK is the same on all chips of the cloud provider;
 * a VMRK is that of one launch.
 */
static void derive_root(const struct sim_psp *psp, const struct psp_guest *g, uint32_t select,
			uint8_t ret[64])
{
	uint32_t key_sel = (select & ROOT_KEY_SEL_MASK) >> ROOT_KEY_SEL_SHIFT;
	uint8_t number[8];

	if (select & ROOT_VMRK) {
		bytes_put_le(number, g->number, sizeof(number));
		crypto_derive(psp->secret, sizeof(psp->secret), "jurat sim vmrk", number, sizeof(number), ret,
			      64);
	} else if (key_sel == SNP_KEY_SEL_VLEK || (key_sel == SNP_KEY_SEL_AUTO && psp->vlek_en)) {
		crypto_derive(psp->hashstick, sizeof(psp->hashstick), "jurat sim vlek root", NULL, 0, ret,
			      64);
	} else {
		crypto_derive(psp->secret, sizeof(psp->secret), "jurat sim vcek root", NULL, 0, ret, 64);
	}
}

static void derive(const struct sim_psp *psp, const struct psp_guest *g, const struct key_request *k,
		   uint8_t ret[32])
{
	uint64_t fields = k->r.guest_field_select;
	uint8_t context[144] = { 0 }, root[64];
	struct bytes_wr w = bytes_wr(context, sizeof(context));
	static const uint8_t zeros[48];

	/* Fields that are not selected are zero, and the selection itself is part of the input. */
	bytes_wr_le64(&w, fields);
	bytes_wr_le32(&w, k->r.vmpl);
	bytes_wr_le32(&w, fields & SNP_FIELD_GUEST_SVN ? k->r.guest_svn : 0);
	bytes_wr_le64(&w, fields & SNP_FIELD_GUEST_POLICY ? g->launch.policy : 0);
	bytes_wr_le64(&w, fields & SNP_FIELD_TCB_VERSION ? k->r.tcb_version : 0);
	bytes_wr_le64(&w, fields & SNP_FIELD_LAUNCH_MIT_VECTOR ? k->launch_mit_vector : 0);
	bytes_wr_copy(&w, fields & SNP_FIELD_IMAGE_ID ? g->launch.image_id : zeros, 16);
	bytes_wr_copy(&w, fields & SNP_FIELD_FAMILY_ID ? g->launch.family_id : zeros, 16);
	bytes_wr_copy(&w, fields & SNP_FIELD_MEASUREMENT ? g->launch.measurement : zeros, 48);
	derive_root(psp, g, k->r.root_key_select, root);
	crypto_derive(root, sizeof(root), "jurat sim derived key", context, w.off, ret, 32);
	bytes_wipe(root, sizeof(root));
}

uint32_t psp_answer_key(struct sim_psp *psp, const struct psp_guest *g, const struct psp_message *request,
			struct psp_message *response)
{
	struct snp_msg_key_rsp rsp = { .status = SNP_INVALID_PARAM };
	struct key_request k;

	if (!read_request(request, &k))
		return SNP_INVALID_PARAM;
	if (allowed(psp, g, request, &k)) {
		rsp.status = SNP_SUCCESS;
		derive(psp, g, &k, rsp.derived_key);
	}
	wire_write(&snp_msg_key_rsp_layout, &rsp, response->payload);
	response->size = SNP_MSG_KEY_RSP_BYTES;
	bytes_wipe(&rsp, sizeof(rsp));
	return SNP_SUCCESS;
}

uint32_t psp_answer_tsc_info(struct sim_psp *psp, const struct psp_guest *g,
			     const struct psp_message *request, struct psp_message *response)
{
	/* Guest and host TSC have the same frequency: a scale of 1.0 in 8.32 fixed point. */
	struct snp_msg_tsc_info_rsp rsp = { .tsc_scale = (uint64_t)1 << 32 };

	if (request->version != 1 || request->size != SNP_MSG_TSC_INFO_BYTES)
		return SNP_INVALID_PARAM;
	if (!bytes_all(request->payload, request->size, 0))
		rsp = (struct snp_msg_tsc_info_rsp){ .status = SNP_INVALID_PARAM };
	wire_write(&snp_msg_tsc_info_rsp_layout, &rsp, response->payload);
	response->size = SNP_MSG_TSC_INFO_BYTES;
	return SNP_SUCCESS;
}
