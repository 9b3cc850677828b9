/* SPDX-License-Identifier: MIT */
#include "measure/rtmr_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "crypto/hash.h"

const uint8_t rtmr_global_guid[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
				       0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
const uint8_t rtmr_security_guid[16] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
					 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };

enum { VARIABLE_DATA_BYTES = 32 }; /* UEFI_VARIABLE_DATA in front of the name */

int rtmr_extend(struct rtmr_state *s, unsigned rtmr, uint32_t type,
		const uint8_t digest[MEASURE_DIGEST_BYTES], struct measure_bytes data)
{
	struct measure_event event = {
		.index = rtmr + 1,
		.stated_index = rtmr + 1,
		.type = type,
		.extends = true,
		.digest = digest,
		.data = data.bytes,
		.n = data.n,
	};

	if (!s->ret->has_rtmr[rtmr])
		return 0;
	measure_extend(s->ret->rtmr[rtmr], digest);
	return s->what->event ? s->what->event(s->what->closure, &event) : 0;
}

int rtmr_extend_data(struct rtmr_state *s, unsigned rtmr, uint32_t type, struct measure_bytes data)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	crypto_sha384(data.bytes, data.n, digest);
	return rtmr_extend(s, rtmr, type, digest, data);
}

int rtmr_extend_text(struct rtmr_state *s, unsigned rtmr, uint32_t type, const char *text)
{
	return rtmr_extend_data(s, rtmr, type, (struct measure_bytes){ (const uint8_t *)text, strlen(text) });
}

int rtmr_extend_variable(struct rtmr_state *s, const struct rtmr_variable *v)
{
	const size_t n_name = strlen(v->name), n_front = VARIABLE_DATA_BYTES + 2 * n_name;
	auto_free uint8_t *data = NULL;
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct bytes_wr w;

	if (v->value.n > SIZE_MAX - n_front)
		return jurat_fail_memory(s->err);
	data = malloc(n_front + v->value.n);
	if (!data)
		return jurat_fail_memory(s->err);
	w = bytes_wr(data, n_front + v->value.n);
	bytes_wr_copy(&w, v->vendor, 16);
	bytes_wr_le64(&w, n_name);
	bytes_wr_le64(&w, v->value.n);
	for (size_t i = 0; i < n_name; i++)
		bytes_wr_le16(&w, (uint8_t)v->name[i]);
	bytes_wr_copy(&w, v->value.bytes, v->value.n);
	if (v->type == MEASURE_EV_EFI_VARIABLE_BOOT)
		crypto_sha384(v->value.bytes, v->value.n, digest);
	else
		crypto_sha384(data, w.off, digest);
	return rtmr_extend(s, 0, v->type, digest, (struct measure_bytes){ data, w.off });
}
