/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sim/psp/psp_internal.h"
#include "support/env.h"
#include "support/fuzz.h"

/*
 * A hostile guest, with and without its key, and a hostile operator. Whatever comes: the counter moves by
 * two when there is an answer and not at all when there is none, and the answer opens.
 */
static void ask(struct sim_psp *psp, uint32_t number, const uint8_t page[SNP_PAGE_BYTES])
{
	uint8_t answer[SNP_PAGE_BYTES];
	struct psp_guest *g = psp_guest_find(psp, number);
	struct psp_message m = { 0 };
	uint64_t before[SNP_N_VMPCKS];
	uint32_t status;

	memcpy(before, g->message_count, sizeof(before));
	memset(answer, 0xee, sizeof(answer));
	status = sim_psp_guest_request(psp, number, page, answer);
	if (status != SNP_SUCCESS) {
		must(memcmp(before, g->message_count, sizeof(before)) == 0);
		must(bytes_all(answer, sizeof(answer), 0xee));
		return;
	}
	must(psp_msg_read_header(answer, &m) == SNP_SUCCESS);
	must(g->message_count[m.vmpck] == before[m.vmpck] + 2 && m.seqno == before[m.vmpck] + 2);
	must(psp_msg_open(answer, g->vmpck[m.vmpck], &m) == SNP_SUCCESS);
	if (m.type == SNP_MSG_REPORT_RSP && m.size == SNP_MSG_REPORT_RSP_BYTES)
		FUZZ_REACHED("a report");
	if (m.type == SNP_MSG_KEY_RSP && bytes_get_le(m.payload, 4) == SNP_SUCCESS)
		FUZZ_REACHED("a derived key");
	if (m.type == SNP_MSG_TSC_INFO_RSP)
		FUZZ_REACHED("TSC information");
}

static void ask_with_key(struct sim_psp *psp, uint32_t number, const uint8_t *data, size_t size)
{
	struct psp_guest *g = psp_guest_find(psp, number);
	struct bytes_rd r = bytes_rd(data, size);
	struct psp_message m = { .type = bytes_rd_u8(&r), .version = bytes_rd_u8(&r) };
	uint8_t page[SNP_PAGE_BYTES];

	m.vmpck = bytes_rd_u8(&r) % SNP_N_VMPCKS;
	m.size = (uint16_t)bytes_rd_left(&r);
	m.seqno = g->message_count[m.vmpck] + 1;
	if (r.bad || bytes_rd_left(&r) > sizeof(m.payload))
		return;
	bytes_rd_copy(&r, m.payload, m.size);
	must(psp_msg_seal(&m, g->vmpck[m.vmpck], page) == 0);
	ask(psp, number, page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_psp_options options = { .report_version = 5, .env = fuzz_env() };
	struct sim_launch launch = { .policy = 0x30000, .guest_svn = 3 };
	uint8_t page[SNP_PAGE_BYTES] = { 0 }, secrets[SNP_PAGE_BYTES],
		hashstick[SNP_VLEK_HASHSTICK_BYTES] = { 0 };
	struct snp_config config;
	struct sim_psp *psp;
	uint32_t number, status;

	if (size < 1 || sim_psp_new(&options, &psp, NULL) < 0)
		return 0;
	must(sim_psp_launch(psp, &launch, &number, secrets, NULL) == 0);
	size--;
	switch (*data++ % 4) {
	case 0:
		memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
		ask(psp, number, page);
		break;
	case 1:
		memcpy(hashstick, data, size < sizeof(hashstick) ? size : sizeof(hashstick));
		/* Only the service makes one that loads; the seeds have it. */
		if (sim_psp_vlek_load(psp, hashstick) == SNP_SUCCESS)
			FUZZ_REACHED("a VLEK is loaded");
		break;
	case 2:
		if (wire_read(&snp_config_layout, data, size, &config, NULL) != 0)
			break;
		status = sim_psp_config(psp, &config);
		must(status == SNP_INVALID_PARAM ||
		     psp_tcb_covers(psp, psp->committed_tcb, psp->reported_tcb));
		if (status == SNP_SUCCESS)
			FUZZ_REACHED("another TCB is reported");
		break;
	default:
		ask_with_key(psp, number, data, size);
		break;
	}
	sim_psp_free(psp);
	return 0;
}
