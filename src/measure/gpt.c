/* SPDX-License-Identifier: MIT */
#include "measure/gpt.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum {
	HEADER_BYTES = 92,
	ENTRIES_LBA = 72,  /* in the header; how many and how large follow */
	ENTRY_BYTES = 128, /* at least */
	MAX_ENTRIES = 1024,
	TYPE_BYTES = 16,
};

struct table {
	uint64_t lba;
	uint32_t n, n_entry;
};

static int read_header(struct bytes_rd r, struct table *ret, struct jurat_error *err)
{
	const size_t at = r.off;

	bytes_rd_skip(&r, ENTRIES_LBA);
	ret->lba = bytes_rd_le64(&r);
	ret->n = bytes_rd_le32(&r);
	ret->n_entry = bytes_rd_le32(&r);
	bytes_rd_skip(&r, 4);
	if (r.bad)
		return jurat_fail(err, -EBADMSG, "GPT: the header at %#zx ends behind the file of %#zx bytes",
				  at, r.size);
	if (ret->n == 0 || ret->n > MAX_ENTRIES || ret->n_entry < ENTRY_BYTES || ret->n_entry % 8 != 0 ||
	    ret->n_entry > 4096)
		return jurat_fail(err, -EBADMSG,
				  "GPT: %" PRIu32 " entries of %" PRIu32
				  " bytes, expected 1 to %d of at least %d",
				  ret->n, ret->n_entry, MAX_ENTRIES, ENTRY_BYTES);
	return 0;
}

static bool is_header(struct bytes_rd r, size_t at)
{
	const uint8_t *signature;

	bytes_rd_seek(&r, at);
	signature = bytes_rd_take(&r, 8);
	return signature && memcmp(signature, "EFI PART", 8) == 0;
}

/* Data of an event, which holds the used entries only. */
static int check_data(struct bytes_rd r, struct jurat_error *err)
{
	struct table table;
	uint64_t n;
	int e = read_header(r, &table, err);

	if (e < 0)
		return e;
	bytes_rd_seek(&r, HEADER_BYTES);
	n = bytes_rd_le64(&r);
	if (n > table.n || r.size != HEADER_BYTES + 8 + n * table.n_entry)
		return jurat_fail(err, -EBADMSG,
				  "GPT: UEFI_GPT_DATA of %zu bytes with %" PRIu64 " of %" PRIu32 " entries",
				  r.size, n, table.n);
	return 0;
}

int gpt_data(struct measure_bytes disk, uint8_t **ret, size_t *ret_n, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(disk.bytes, disk.n);
	const uint32_t block = is_header(r, 512) ? 512 : 4096;
	const bool is_data = is_header(r, 0);
	auto_free uint8_t *data = NULL;
	struct table table;
	struct bytes_wr w;
	size_t n_data;
	int e;

	if (!is_data && !is_header(r, block))
		return jurat_fail(
			err, -EBADMSG,
			"GPT: neither UEFI_GPT_DATA nor a disk: no \"EFI PART\" at 0, 0x200 or 0x1000");
	bytes_rd_seek(&r, is_data ? 0 : block);
	e = is_data ? check_data(r, err) : read_header(r, &table, err);
	if (e < 0)
		return e;
	n_data = is_data ? disk.n : HEADER_BYTES + 8 + (size_t)table.n * table.n_entry;
	data = malloc(n_data);
	if (!data)
		return jurat_fail_memory(err);
	w = bytes_wr(data, n_data);
	bytes_wr_copy(&w, disk.bytes + r.off, is_data ? disk.n : HEADER_BYTES);
	if (!is_data) {
		uint64_t used = 0;

		bytes_wr_zero(&w, 8);
		if (table.lba > disk.n / block ||
		    (size_t)table.n * table.n_entry > disk.n - table.lba * block)
			return jurat_fail(err, -EBADMSG,
					  "GPT: %" PRIu32 " entries from block %" PRIu64
					  " on are beyond the file's %#zx bytes",
					  table.n, table.lba, disk.n);
		bytes_rd_seek(&r, (size_t)table.lba * block);
		for (uint32_t i = 0; i < table.n; i++) {
			const uint8_t *entry = bytes_rd_take(&r, table.n_entry);

			if (bytes_all(entry, TYPE_BYTES, 0))
				continue;
			bytes_wr_copy(&w, entry, table.n_entry);
			used++;
		}
		bytes_put_le(data + HEADER_BYTES, used, 8);
	}
	*ret_n = w.off;
	*ret = take_ptr(data);
	return 0;
}
