/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "tdvf_made.h"

const struct tdvf_made_section tdvf_made_sections[TDVF_MADE_N] = {
	{ 0x2000, 0xe000, 0xffff2000, 0xe000, TDVF_BFV, TDVF_MR_EXTEND },
	{ 0, 0x2000, 0xffff0000, 0x2000, TDVF_CFV, 0 },
	{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
	{ 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
	{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
	{ 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 },
};

static const char footer_guid[] = "de82b596b21ff745baeaa366c55a082d";

static void write_guid(struct bytes_wr *w, const char *hex)
{
	uint8_t bytes[16];

	assert_true(bytes_from_hex(hex, bytes, sizeof(bytes)));
	bytes_wr_copy(w, bytes, sizeof(bytes));
}

static void write_entry(struct bytes_wr *w, size_t n, const char *guid)
{
	bytes_wr_le16(w, (uint16_t)n);
	write_guid(w, guid);
}

void tdvf_made(const struct tdvf_made_section *sections, unsigned n, uint8_t ret[TDVF_MADE_BYTES])
{
	struct bytes_wr w;

	for (size_t i = 0; i < TDVF_MADE_BYTES; i++)
		ret[i] = (uint8_t)(i + 3 * (i >> 8) + 5 * (i >> 12));
	w = bytes_wr(ret + TDVF_MADE_DESCRIPTOR - 16, TDVF_MADE_TABLE - TDVF_MADE_DESCRIPTOR + 16);
	write_guid(&w, "f3f9eae98e16d544a8eb7f4d8738f6ae"); /* other readers want it there */
	bytes_wr_copy(&w, "TDVF", 4);
	bytes_wr_le32(&w, 16 + TDVF_MADE_SECTION_BYTES * n);
	bytes_wr_le32(&w, 1);
	bytes_wr_le32(&w, n);
	for (unsigned i = 0; i < n; i++) {
		bytes_wr_le32(&w, sections[i].data_offset);
		bytes_wr_le32(&w, sections[i].n_raw);
		bytes_wr_le64(&w, sections[i].gpa);
		bytes_wr_le64(&w, sections[i].n_memory);
		bytes_wr_le32(&w, sections[i].type);
		bytes_wr_le32(&w, sections[i].attributes);
	}
	w = bytes_wr(ret + TDVF_MADE_TABLE, TDVF_MADE_TABLE_END - TDVF_MADE_TABLE);
	bytes_wr_le32(&w, 0x400);
	write_entry(&w, 22, "22c05001600666588dc4a989847a75e5"); /* another one */
	bytes_wr_le32(&w, TDVF_MADE_BYTES - TDVF_MADE_DESCRIPTOR);
	write_entry(&w, 22, "35657ae44a989847865e4685a7bf8ec2");
	bytes_wr_le64(&w, 0);
	write_entry(&w, 26, "1f3755723b3a044b927b1da6efa8d454");
	write_entry(&w, TDVF_MADE_TABLE_END - TDVF_MADE_TABLE, footer_guid);
}
