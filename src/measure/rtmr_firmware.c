/* SPDX-License-Identifier: MIT */
/* RTMR0: what TDVF finds before it boots anything. Spec: edk2, OvmfPkg/IntelTdx and OvmfPkg/Tcg/TdTcg2Dxe. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/cfv.h"
#include "measure/rtmr_events.h"
#include "measure/td_hob.h"

enum { TABLE_NAME_BYTES = 9, VOLUME_NAME_BYTES = 41 };

/* The TD HOB as a table of edk2's: gUefiOvmfPkgTokenSpaceGuid. */
static const uint8_t tdx_table_guid[16] = { 0xaf, 0x96, 0xbb, 0x93, 0xf2, 0xb9, 0xb8, 0x4e,
					    0x94, 0x62, 0xe0, 0xba, 0x74, 0x56, 0x42, 0x36 };

/* SecureBootEnable is edk2's own. */
static const uint8_t enable_guid[16] = { 0xf0, 0xa3, 0x0b, 0xf0, 0x61, 0xbc, 0x28, 0x4f,
					 0x9c, 0x8c, 0xc4, 0xf7, 0x6b, 0x4d, 0xd8, 0x31 };

static int measure_td_hob(struct rtmr_state *s)
{
	const struct tdvf_section *hob = tdvf_find(s->tdvf, TDVF_TD_HOB);
	uint8_t digest[MEASURE_DIGEST_BYTES], data[1 + TABLE_NAME_BYTES + 8 + 16 + 8];
	struct bytes_wr w = bytes_wr(data, sizeof(data));
	int r = td_hob_measure(s->tdvf, s->what->vmm, s->what->memory_bytes, digest, s->err);

	if (r < 0)
		return r;
	bytes_wr_u8(&w, TABLE_NAME_BYTES);
	bytes_wr_copy(&w, "TdxTable", TABLE_NAME_BYTES);
	bytes_wr_le64(&w, 1);
	bytes_wr_copy(&w, tdx_table_guid, sizeof(tdx_table_guid));
	bytes_wr_le64(&w, hob->gpa);
	return rtmr_extend(s, 0, MEASURE_EV_EFI_HANDOFF_TABLES2, digest,
			   (struct measure_bytes){ data, w.off });
}

static int measure_cfv(struct rtmr_state *s, const struct tdvf_section *volume)
{
	/* The name is not filled in: edk2 has a placeholder for the GUID there. */
	static const char name[] = "Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)";
	uint8_t digest[MEASURE_DIGEST_BYTES], data[1 + VOLUME_NAME_BYTES + 8 + 8];
	struct bytes_wr w = bytes_wr(data, sizeof(data));

	static_assert(sizeof(name) == VOLUME_NAME_BYTES, "with its NUL");
	crypto_sha384(volume->raw, volume->n_raw, digest);
	bytes_wr_u8(&w, VOLUME_NAME_BYTES);
	bytes_wr_copy(&w, name, VOLUME_NAME_BYTES);
	bytes_wr_le64(&w, volume->gpa);
	bytes_wr_le64(&w, volume->n_raw);
	return rtmr_extend(s, 0, MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2, digest,
			   (struct measure_bytes){ data, w.off });
}

/* The value of the variable SecureBoot, which firmware makes from the others. */
static int find_secure_boot(struct rtmr_state *s, const struct cfv *cfv, struct measure_bytes *ret)
{
	static const uint8_t off = 0, on = 1;
	enum measure_secure_boot how = s->what->secure_boot;
	struct measure_bytes pk, enable;
	int r = 0;

	if (how == MEASURE_SECURE_BOOT_AUTO) {
		r = cfv_find(cfv, rtmr_global_guid, "PK", &pk, s->err);
		if (r == 0)
			r = cfv_find(cfv, enable_guid, "SecureBootEnable", &enable, s->err);
		if (r < 0)
			return r;
		how = MEASURE_SECURE_BOOT_NONE;
		if (pk.n > 0)
			how = enable.n == 1 && enable.bytes[0] == 0 ? MEASURE_SECURE_BOOT_OFF
								    : MEASURE_SECURE_BOOT_ON;
	}
	if (how == MEASURE_SECURE_BOOT_NONE)
		*ret = (struct measure_bytes){ NULL, 0 };
	else
		*ret = (struct measure_bytes){ how == MEASURE_SECURE_BOOT_ON ? &on : &off, 1 };
	return 0;
}

static int measure_secure_boot(struct rtmr_state *s, struct measure_bytes volume)
{
	static const struct {
		const uint8_t *vendor;
		const char *name;
		bool if_there; /* left out where there is none */
	} names[] = {
		{ rtmr_global_guid, "PK", false },   { rtmr_global_guid, "KEK", false },
		{ rtmr_security_guid, "db", false }, { rtmr_security_guid, "dbx", false },
		{ rtmr_security_guid, "dbt", true },
	};
	struct rtmr_variable v = { .vendor = rtmr_global_guid,
				   .name = "SecureBoot",
				   .type = MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG };
	struct cfv cfv;
	int r = cfv_read(volume, &cfv, s->err);

	if (r == 0)
		r = find_secure_boot(s, &cfv, &v.value);
	if (r == 0)
		r = rtmr_extend_variable(s, &v);
	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		v.vendor = names[i].vendor;
		v.name = names[i].name;
		r = cfv_find(&cfv, v.vendor, v.name, &v.value, s->err);
		if (r == 0 && (!names[i].if_there || v.value.n > 0))
			r = rtmr_extend_variable(s, &v);
	}
	return r;
}

int rtmr_measure_firmware(struct rtmr_state *s)
{
	const struct tdvf_section *volume = tdvf_find(s->tdvf, TDVF_CFV);
	int r;

	if (!s->ret->has_rtmr[0])
		return 0;
	if (!volume)
		return jurat_fail(s->err, -EBADMSG,
				  "TDVF metadata has no CFV section, or several: there is no RTMR0");
	r = measure_td_hob(s);
	if (r == 0)
		r = measure_cfv(s, volume);
	if (r == 0)
		r = measure_secure_boot(s, (struct measure_bytes){ volume->raw, volume->n_raw });
	return r;
}

/* OVMF's only boot option where it was given no other: its own menu, UiApp in the firmware volume. */
static const uint8_t ui_app[] = {
	0x09, 0x01, 0x00, 0x00, 0x2c, 0x00, 'U',  0x00, 'i',  0x00, 'A',  0x00, 'p',  0x00, 'p',  0x00,
	0x00, 0x00, 0x04, 0x07, 0x14, 0x00, 0xc9, 0xbd, 0xb8, 0x7c, 0xeb, 0xf8, 0x34, 0x4f, 0xaa, 0xea,
	0x3e, 0xe4, 0xaf, 0x65, 0x16, 0xa1, 0x04, 0x06, 0x14, 0x00, 0x21, 0xaa, 0x2c, 0x46, 0x14, 0x76,
	0x03, 0x45, 0x83, 0x6e, 0x8a, 0xb6, 0xf4, 0x66, 0x23, 0x31, 0x7f, 0xff, 0x04, 0x00,
};

int rtmr_measure_boot_options(struct rtmr_state *s)
{
	static const uint8_t only[] = { 0, 0 };
	const struct measure_bytes own = { ui_app, sizeof(ui_app) };
	struct measure_bytes order = { only, sizeof(only) };
	const struct measure_bytes *entries = &own;
	struct rtmr_variable v = { .vendor = rtmr_global_guid,
				   .name = "BootOrder",
				   .type = MEASURE_EV_EFI_VARIABLE_BOOT };
	int r;

	if (!s->ret->has_rtmr[0])
		return 0;
	if (s->what->boot_order) {
		order = *s->what->boot_order;
		entries = s->what->boot_entries;
	}
	if (order.n % 2 != 0)
		return jurat_fail(s->err, -EINVAL,
				  "BootOrder has %zu bytes, expected two for each boot option", order.n);
	if (s->what->boot_order ? order.n / 2 != s->what->n_boot_entries : s->what->n_boot_entries > 0)
		return jurat_fail(s->err, -EINVAL, "BootOrder has %zu boot options, found %zu boot entries",
				  s->what->boot_order ? order.n / 2 : 0, s->what->n_boot_entries);
	v.value = order;
	r = rtmr_extend_variable(s, &v);
	for (size_t i = 0; i < order.n / 2 && r == 0; i++) {
		char name[sizeof("Boot0000")];

		snprintf(name, sizeof(name), "Boot%04" PRIX64, bytes_get_le(order.bytes + 2 * i, 2));
		v.name = name;
		v.value = entries[i];
		r = rtmr_extend_variable(s, &v);
	}
	return r;
}
