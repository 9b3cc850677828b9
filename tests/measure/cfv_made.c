/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "cfv_made.h"

static void put_guid(uint8_t *at, const char *hex)
{
	assert_true(bytes_from_hex(hex, at, 16));
}

struct cfv_made cfv_made(uint8_t volume[CFV_MADE_BYTES])
{
	uint8_t *store = volume + CFV_MADE_STORE;

	memset(volume, 0xff, CFV_MADE_BYTES);
	memset(volume, 0, CFV_MADE_STORE);
	put_guid(volume + 16, "8d2bf1ff96768b4ca9852747075b4f50");
	bytes_put_le(volume + 32, CFV_MADE_BYTES, 8);
	memcpy(volume + 40, "_FVH", 4);
	bytes_put_le(volume + 48, CFV_MADE_STORE, 2);
	put_guid(store, "782cf3aa7b949a43a1802e144ec37792");
	bytes_put_le(store + 16, 0x300, 4);
	store[20] = 0x5a;
	store[21] = 0xfe;
	memset(store + 22, 0, 6);
	return (struct cfv_made){ volume, CFV_MADE_FIRST, 0 };
}

void cfv_made_put(struct cfv_made *made, uint8_t state, const uint8_t guid[16], const char *name,
		  const char *value)
{
	uint8_t *v = made->volume + made->end;
	size_t n = strlen(name) + 1;

	memset(v, 0, 60);
	bytes_put_le(v, 0x55aa, 2);
	v[2] = state;
	bytes_put_le(v + 36, 2 * n, 4);
	bytes_put_le(v + 40, strlen(value), 4);
	memcpy(v + 44, guid, 16);
	for (size_t i = 0; i < n; i++)
		bytes_put_le(v + 60 + 2 * i, (uint8_t)name[i], 2);
	memcpy(v + 60 + 2 * n, value, strlen(value));
	made->last = made->end;
	made->end += (60 + 2 * n + strlen(value) + 3) & ~(size_t)3;
}
