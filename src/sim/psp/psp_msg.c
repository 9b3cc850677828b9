/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "sim/psp/psp_internal.h"

/*
 * SNP_GUEST_REQUEST. The order of the firmware's checks is not public; this one is:
 *
 *   1. the guest is running                                         INVALID_GUEST
 *   2. the header: algorithm, version, size, reserved bytes,
 *      VMPCK, payload size                                     INVALID_PARAM
 *   3. the sequence number is the counter + 1                  AEAD_OFLOW
 *   4. the tag                                                 INVALID_PARAM
 *   5. the type is a request                                   INVALID_PARAM, UNSUPPORTED
 *   6. message version and payload size match the type         INVALID_PARAM
 *   7. the payload: from here on, there is a response with its own status, and the counter advances
 *
 * Before 7, nothing changes, and the response page is not written.
 */

/*
 * The status for an unexpected sequence number. The Linux driver expects this one, COCONUT-SVSM
 * INVALID_PARAM.
 */
enum { STATUS_WRONG_SEQNO = SNP_AEAD_OFLOW };

static void make_iv(uint64_t seqno, uint8_t iv[CRYPTO_AEAD_IV_BYTES])
{
	memset(iv, 0, CRYPTO_AEAD_IV_BYTES);
	bytes_put_le(iv, seqno, 8);
}

uint32_t psp_msg_read_header(const uint8_t page[SNP_PAGE_BYTES], struct psp_message *ret)
{
	struct snp_msg_hdr h;

	if (wire_read(&snp_msg_hdr_layout, page, SNP_PAGE_BYTES, &h, NULL) < 0 ||
	    wire_check_zero(&snp_msg_hdr_layout, &h, NULL) < 0)
		return SNP_INVALID_PARAM;
	if (!bytes_all(h.authtag + CRYPTO_AEAD_TAG_BYTES, sizeof(h.authtag) - CRYPTO_AEAD_TAG_BYTES, 0))
		return SNP_INVALID_PARAM;
	if (h.algo != SNP_MSG_ALGO_AES_256_GCM || h.hdr_version != SNP_MSG_HDR_VERSION ||
	    h.hdr_sz != SNP_MSG_HDR_BYTES)
		return SNP_INVALID_PARAM;
	if (h.msg_vmpck >= SNP_N_VMPCKS || h.msg_sz > SNP_MSG_MAX_PAYLOAD_BYTES)
		return SNP_INVALID_PARAM;
	ret->seqno = h.msg_seqno;
	ret->type = h.msg_type;
	ret->version = h.msg_version;
	ret->vmpck = h.msg_vmpck;
	ret->size = h.msg_sz;
	return SNP_SUCCESS;
}

uint32_t psp_msg_open(const uint8_t page[SNP_PAGE_BYTES], const uint8_t vmpck[SNP_VMPCK_BYTES],
		      struct psp_message *m)
{
	uint8_t iv[CRYPTO_AEAD_IV_BYTES];
	int r;

	make_iv(m->seqno, iv);
	r = crypto_aead_open(vmpck, iv, page + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES, page + SNP_MSG_HDR_BYTES,
			     m->size, m->payload, page);
	if (r == -EBADMSG)
		return SNP_INVALID_PARAM;
	return r < 0 ? SNP_RESOURCE_LIMIT : SNP_SUCCESS;
}

int psp_msg_seal(const struct psp_message *m, const uint8_t vmpck[SNP_VMPCK_BYTES],
		 uint8_t page[SNP_PAGE_BYTES])
{
	struct snp_msg_hdr h = {
		.msg_seqno = m->seqno,
		.algo = SNP_MSG_ALGO_AES_256_GCM,
		.hdr_version = SNP_MSG_HDR_VERSION,
		.hdr_sz = SNP_MSG_HDR_BYTES,
		.msg_type = m->type,
		.msg_version = m->version,
		.msg_sz = m->size,
		.msg_vmpck = m->vmpck,
	};
	uint8_t sealed[SNP_PAGE_BYTES] = { 0 }, iv[CRYPTO_AEAD_IV_BYTES], tag[CRYPTO_AEAD_TAG_BYTES];
	int r;

	wire_write(&snp_msg_hdr_layout, &h, sealed);
	make_iv(m->seqno, iv);
	r = crypto_aead_seal(vmpck, iv, sealed + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES, m->payload, m->size,
			     sealed + SNP_MSG_HDR_BYTES, tag);
	if (r < 0)
		return r;
	memcpy(sealed, tag, sizeof(tag));
	memcpy(page, sealed, sizeof(sealed));
	return 0;
}

static uint32_t answer(struct sim_psp *psp, const struct psp_guest *g, const struct psp_message *request,
		       struct psp_message *response)
{
	switch (request->type) {
	case SNP_MSG_REPORT_REQ:
		return psp_answer_report(psp, g, request, response);
	case SNP_MSG_KEY_REQ:
		return psp_answer_key(psp, g, request, response);
	case SNP_MSG_TSC_INFO_REQ:
		return psp_answer_tsc_info(psp, g, request, response);
	case SNP_MSG_CPUID_REQ:
	case SNP_MSG_EXPORT_REQ:
	case SNP_MSG_IMPORT_REQ:
	case SNP_MSG_ABSORB_REQ:
	case SNP_MSG_VMRK_REQ:
		return SNP_UNSUPPORTED; /* requests of migration agents and of old guests */
	default:
		return SNP_INVALID_PARAM;
	}
}

uint32_t sim_psp_guest_request(struct sim_psp *psp, uint32_t guest, const uint8_t request[SNP_PAGE_BYTES],
			       uint8_t response[SNP_PAGE_BYTES])
{
	struct psp_guest *g = psp_guest_find(psp, guest);
	struct psp_message in = { 0 }, out = { 0 };
	uint64_t *count;
	uint32_t status;

	if (!g)
		return SNP_INVALID_GUEST;
	if (!psp_refresh(psp))
		return SNP_RESOURCE_LIMIT;
	status = psp_msg_read_header(request, &in);
	if (status != SNP_SUCCESS)
		return status;
	count = &g->message_count[in.vmpck];
	if (*count > UINT64_MAX - 2 || in.seqno != *count + 1)
		return STATUS_WRONG_SEQNO;
	status = psp_msg_open(request, g->vmpck[in.vmpck], &in);
	if (status != SNP_SUCCESS)
		return status;
	status = answer(psp, g, &in, &out);
	if (status != SNP_SUCCESS)
		return status;
	out.seqno = in.seqno + 1;
	out.type = in.type + 1;
	out.version = in.version;
	out.vmpck = in.vmpck;
	status = psp_msg_seal(&out, g->vmpck[in.vmpck], response) < 0 ? SNP_RESOURCE_LIMIT : SNP_SUCCESS;
	bytes_wipe(out.payload, out.size); /* may hold a derived key */
	if (status == SNP_SUCCESS)
		*count += 2;
	return status;
}
