/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_sev.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/snp_certs.h"

enum {
	REPORT_DATA_BYTES = 64,
	REPORT_ROOM = 4096, /* the driver's buffer for header and report */
	CERTS_ROOM = SIM_SEV_GUEST_CERTS_PAGES * SNP_PAGE_BYTES,
};

struct sim_tsm_sev {
	struct sim_tsm_provider provider;
	sim_tsm_sev_send_fn *send;
	void *send_ctx;
	struct sim_tsm *tsm; /* waits for a report */
	struct sim_sev_request request;
	uint8_t payload[SNP_MSG_REPORT_REQ_BYTES];
	uint8_t response[REPORT_ROOM];
	uint8_t certs[CERTS_ROOM];
};

/*
 * The size of the certificate table. It comes from the host and is not trusted: as in the driver, offset +
 * length wraps at 32 bits, and the result is limited to the buffer.
 */
static size_t certs_size(const uint8_t certs[CERTS_ROOM])
{
	struct bytes_rd r = bytes_rd(certs, CERTS_ROOM);
	uint32_t size = 0;

	for (unsigned i = 0; i < CERTS_ROOM / SNP_CERTS_ENTRY_BYTES; i++) {
		const uint8_t *guid = bytes_rd_take(&r, SNP_CERTS_GUID_BYTES);
		uint32_t offset = bytes_rd_le32(&r);
		uint32_t length = bytes_rd_le32(&r);

		if (r.bad || (offset == 0 && length == 0 && bytes_all(guid, SNP_CERTS_GUID_BYTES, 0)))
			break;
		if (offset + length > size)
			size = offset + length;
	}
	return size < CERTS_ROOM ? size : CERTS_ROOM;
}

static int copy(const uint8_t *from, size_t n, uint8_t **ret)
{
	*ret = malloc(n ? n : 1);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, from, n);
	return 0;
}

static int take_report(const struct sim_tsm_sev *sev, struct sim_tsm_blobs *blobs)
{
	struct snp_msg_report_rsp rsp;
	int r = wire_read(&snp_msg_report_rsp_layout, sev->response, sizeof(sev->response), &rsp, NULL);

	if (r < 0)
		return r;
	if (rsp.status == SNP_INVALID_PARAM || rsp.status == SNP_INVALID_KEY)
		return -EINVAL;
	if (rsp.status)
		return -ENXIO;
	if (rsp.report_size > REPORT_ROOM - SNP_MSG_REPORT_RSP_HDR_BYTES)
		return -ENOMEM;
	blobs->outblob_size = rsp.report_size;
	blobs->auxblob_size = certs_size(sev->certs);
	r = copy(sev->response + SNP_MSG_REPORT_RSP_HDR_BYTES, blobs->outblob_size, &blobs->outblob);
	if (r == 0 && blobs->auxblob_size > 0)
		r = copy(sev->certs, blobs->auxblob_size, &blobs->auxblob);
	return r;
}

static void answered(void *ctx, int result)
{
	struct sim_tsm_sev *sev = ctx;
	struct sim_tsm_blobs blobs = { 0 };

	if (result == 0)
		result = take_report(sev, &blobs);
	sim_tsm_answer(sev->tsm, result, &blobs);
	sim_tsm_blobs_done(&blobs);
}

static void report(void *ctx, const struct sim_tsm_request *from, struct sim_tsm *tsm)
{
	struct sim_tsm_sev *sev = ctx;
	struct snp_msg_report_req message = { .vmpl = from->privlevel };
	int r;

	if (from->inblob_size != REPORT_DATA_BYTES) {
		sim_tsm_answer(tsm, -EINVAL, NULL);
		return;
	}
	memcpy(message.report_data, from->inblob, REPORT_DATA_BYTES);
	wire_write(&snp_msg_report_req_layout, &message, sev->payload);
	memset(sev->response, 0, sizeof(sev->response));
	memset(sev->certs, 0, sizeof(sev->certs));
	sev->tsm = tsm;
	sev->request = (struct sim_sev_request){
		.msg_type = SNP_MSG_REPORT_REQ,
		.msg_version = 1,
		.payload = sev->payload,
		.payload_size = sizeof(sev->payload),
		.response = sev->response,
		.response_size = SNP_REPORT_RESP_BYTES,
		.certs = sev->certs,
		.certs_pages = SIM_SEV_GUEST_CERTS_PAGES,
		.extended = true,
	};
	r = sev->send(sev->send_ctx, &sev->request, answered, sev);
	if (r < 0)
		sim_tsm_answer(tsm, r, NULL);
}

int sim_tsm_sev_new(uint32_t privlevel_floor, sim_tsm_sev_send_fn *send, void *ctx, struct sim_tsm_sev **ret,
		    struct jurat_error *err)
{
	struct sim_tsm_sev *sev = calloc(1, sizeof(*sev));

	if (!sev)
		return jurat_fail_memory(err);
	sev->provider = (struct sim_tsm_provider){
		.name = "sev_guest",
		.attributes = 1u << SIM_TSM_INBLOB | 1u << SIM_TSM_OUTBLOB | 1u << SIM_TSM_AUXBLOB |
			      1u << SIM_TSM_PROVIDER | 1u << SIM_TSM_GENERATION | 1u << SIM_TSM_PRIVLEVEL |
			      1u << SIM_TSM_PRIVLEVEL_FLOOR,
		.privlevel_floor = privlevel_floor,
		.outblob_max = SIM_TSM_BLOB_MAX_BYTES,
		.report = report,
	};
	sev->send = send;
	sev->send_ctx = ctx;
	*ret = sev;
	return 0;
}

void sim_tsm_sev_free(struct sim_tsm_sev *sev)
{
	free(sev);
}

const struct sim_tsm_provider *sim_tsm_sev_provider(const struct sim_tsm_sev *sev)
{
	return &sev->provider;
}
