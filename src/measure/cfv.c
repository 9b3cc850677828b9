/* SPDX-License-Identifier: MIT */
#include "measure/cfv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

enum {
	VOLUME_HEADER_BYTES = 56, /* without its block map */
	STORE_HEADER_BYTES = 28,
	VARIABLE_HEADER_BYTES = 60,
	STORE_FORMATTED = 0x5a,
	STORE_HEALTHY = 0xfe,
	VARIABLE_START = 0x55aa,
	/* A variable counts when it was written whole and not deleted; a newer one may be replacing it. */
	VARIABLE_ADDED = 0x3f,
	VARIABLE_IN_REPLACEMENT = 0x3e,
	ALIGNMENT = 4,
};

static const uint8_t nv_data_guid[16] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
					  0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };
static const uint8_t store_guid[16] = { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
					0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92 };

int cfv_read(struct measure_bytes volume, struct cfv *ret, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(volume.bytes, volume.n);
	const uint8_t *guid, *signature;
	uint16_t n_header;
	uint32_t n_store;
	uint8_t format, state;

	*ret = (struct cfv){ .variables = { NULL, 0 } };
	if (bytes_all(volume.bytes, volume.n, 0) || bytes_all(volume.bytes, volume.n, 0xff))
		return 0;
	bytes_rd_skip(&r, 16);
	guid = bytes_rd_take(&r, 16);
	bytes_rd_skip(&r, 8);
	signature = bytes_rd_take(&r, 4);
	bytes_rd_skip(&r, 4);
	n_header = bytes_rd_le16(&r);
	bytes_rd_seek(&r, VOLUME_HEADER_BYTES);
	if (r.bad)
		return jurat_fail(err, -EBADMSG,
				  "configuration volume: %zu bytes have no room for its header", volume.n);
	if (memcmp(signature, "_FVH", 4) != 0)
		return jurat_fail(err, -EBADMSG,
				  "configuration volume: no firmware volume: no signature \"_FVH\" at 0x28");
	if (memcmp(guid, nv_data_guid, 16) != 0)
		return 0; /* holds something else */
	if (n_header < VOLUME_HEADER_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "configuration volume: header of %u bytes, expected at least %d", n_header,
				  VOLUME_HEADER_BYTES);
	bytes_rd_seek(&r, n_header);
	guid = bytes_rd_take(&r, 16);
	n_store = bytes_rd_le32(&r);
	format = bytes_rd_u8(&r);
	state = bytes_rd_u8(&r);
	bytes_rd_skip(&r, 6);
	if (r.bad)
		return jurat_fail(err, -EBADMSG,
				  "configuration volume: %zu bytes end inside of its variable store's header",
				  volume.n);
	if (memcmp(guid, store_guid, 16) != 0 || format != STORE_FORMATTED || state != STORE_HEALTHY)
		return jurat_fail(
			err, -EBADMSG,
			"configuration volume: at %#x is no formatted store of authenticated variables",
			n_header);
	if (n_store < STORE_HEADER_BYTES || n_store - STORE_HEADER_BYTES > bytes_rd_left(&r))
		return jurat_fail(err, -EBADMSG,
				  "configuration volume: variable store of %#" PRIx32
				  " bytes at %#x, in %#zx bytes",
				  n_store, n_header, volume.n);
	ret->variables = (struct measure_bytes){ volume.bytes + r.off, n_store - STORE_HEADER_BYTES };
	return 0;
}

/* Names in the store are UTF-16 with a NUL. */
static bool is_name(struct bytes_rd r, const char *name)
{
	for (;; name++) {
		if (bytes_rd_le16(&r) != (uint8_t)*name || r.bad)
			return false;
		if (!*name)
			return bytes_rd_left(&r) == 0;
	}
}

int cfv_find(const struct cfv *cfv, const uint8_t vendor[16], const char *name, struct measure_bytes *ret,
	     struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(cfv->variables.bytes, cfv->variables.n);
	struct measure_bytes found = { NULL, 0 };
	bool is_added = false; /* edk2 takes the first one of that state */

	while (bytes_rd_left(&r) >= 2) {
		size_t at = r.off;
		uint32_t n_name, n_value;
		const uint8_t *guid, *value, *name_bytes;
		uint8_t state;

		if (bytes_rd_le16(&r) != VARIABLE_START)
			break; /* free from here on */
		state = bytes_rd_u8(&r);
		bytes_rd_skip(&r, VARIABLE_HEADER_BYTES - 3 - 24);
		n_name = bytes_rd_le32(&r);
		n_value = bytes_rd_le32(&r);
		guid = bytes_rd_take(&r, 16);
		name_bytes = bytes_rd_take(&r, n_name);
		value = bytes_rd_take(&r, n_value);
		if (r.bad)
			return jurat_fail(err, -EBADMSG,
					  "variable store: the variable at %#zx has a name of %#" PRIx32
					  " and a value of %#" PRIx32
					  " bytes, beyond the store's end at %#zx",
					  at, n_name, n_value, r.size);
		if (!is_added && (state == VARIABLE_ADDED || state == VARIABLE_IN_REPLACEMENT) &&
		    memcmp(guid, vendor, 16) == 0 && is_name(bytes_rd(name_bytes, n_name), name)) {
			found = (struct measure_bytes){ value, n_value };
			is_added = state == VARIABLE_ADDED;
		}
		if (r.off % ALIGNMENT != 0)
			bytes_rd_skip(&r, ALIGNMENT - r.off % ALIGNMENT);
	}
	*ret = found;
	return 0;
}
