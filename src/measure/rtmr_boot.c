/* SPDX-License-Identifier: MIT */
/* RTMR1 and 2: what is booted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/gpt.h"
#include "measure/linux_header.h"
#include "measure/pe.h"
#include "measure/rtmr_events.h"

enum { CHUNK_UNITS = 128 };

/* Where the kernel that fw_cfg holds is, as a device path: a vendor's media and the file "kernel". */
static const uint8_t kernel_path[] = {
	0x04, 0x03, 0x14, 0x00, 0x72, 0xf7, 0x28, 0x14, 0x4a, 0xb6, 0x1e, 0x44, 0xb8, 0xc3,
	0x9e, 0xbd, 0xd7, 0xf8, 0x93, 0xc7, 0x04, 0x04, 0x12, 0x00, 'k',  0x00, 'e',  0x00,
	'r',  0x00, 'n',  0x00, 'e',  0x00, 'l',  0x00, 0x00, 0x00, 0x7f, 0xff, 0x04, 0x00,
};

/* UEFI_IMAGE_LOAD_EVENT. Where it was loaded is not known, and not measured. */
static int extend_image(struct rtmr_state *s, size_t n_image, struct measure_bytes path,
			const uint8_t digest[MEASURE_DIGEST_BYTES])
{
	uint8_t data[4 * 8 + sizeof(kernel_path)];
	struct bytes_wr w = bytes_wr(data, sizeof(data));

	bytes_wr_le64(&w, 0);
	bytes_wr_le64(&w, n_image);
	bytes_wr_le64(&w, 0);
	bytes_wr_le64(&w, path.n);
	bytes_wr_copy(&w, path.bytes, path.n);
	return rtmr_extend(s, 1, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, digest,
			   (struct measure_bytes){ data, w.off });
}

int rtmr_measure_kernel(struct rtmr_state *s)
{
	const struct measure_tdx *what = s->what;
	const struct linux_boot boot = { .kernel = what->kernel,
					 .n_initrd = what->initrd.bytes ? what->initrd.n : 0,
					 .append = what->append,
					 .memory = what->memory_bytes };
	uint8_t digest[MEASURE_DIGEST_BYTES], patched[LINUX_HEADER_BYTES];
	struct measure_bytes head = { NULL, 0 };
	int r = 0;

	if (!s->ret->has_rtmr[1])
		return 0;
	if (what->header == MEASURE_TDX_HEADER_PATCHED) {
		r = linux_header_patch(&boot, patched, s->err);
		head = (struct measure_bytes){ patched, sizeof(patched) };
	}
	if (r == 0)
		r = pe_authenticode(what->kernel, head, "kernel", digest, s->err);
	if (r < 0)
		return r;
	return extend_image(s, what->kernel.n, (struct measure_bytes){ kernel_path, sizeof(kernel_path) },
			    digest);
}

int rtmr_measure_images(struct rtmr_state *s)
{
	auto_free uint8_t *table = NULL;
	struct measure_bytes gpt;
	int r = 0;

	if (!s->ret->has_rtmr[1])
		return 0;
	if (s->what->gpt.bytes) {
		r = gpt_data(s->what->gpt, &table, &gpt.n, s->err);
		gpt.bytes = table;
		if (r == 0)
			r = rtmr_extend_data(s, 1, MEASURE_EV_EFI_GPT_EVENT, gpt);
	}
	for (size_t i = 0; i < s->what->n_efi_images && r == 0; i++) {
		uint8_t digest[MEASURE_DIGEST_BYTES];
		char name[sizeof("EFI image ") + 20];

		snprintf(name, sizeof(name), "EFI image %zu", i + 1);
		r = pe_authenticode(s->what->efi_images[i], (struct measure_bytes){ NULL, 0 }, name, digest,
				    s->err);
		if (r == 0)
			r = extend_image(s, s->what->efi_images[i].n, (struct measure_bytes){ NULL, 0 },
					 digest);
	}
	return r;
}

static void add_utf16(struct crypto_sha384 *c, const char *text)
{
	uint8_t units[2 * CHUNK_UNITS];

	while (*text) {
		size_t n = 0;

		for (; *text && n < CHUNK_UNITS; n++, text++)
			bytes_put_le(units + 2 * n, (uint8_t)*text, 2);
		crypto_sha384_add(c, units, 2 * n);
	}
}

/* PCClientTaggedEvent of the EFI stub. Spec: Linux, drivers/firmware/efi/libstub/efi-stub-helper.c. */
static int extend_tagged(struct rtmr_state *s, uint32_t id, const char *text,
			 const uint8_t digest[MEASURE_DIGEST_BYTES])
{
	uint8_t data[8 + sizeof("LOADED_IMAGE::LoadOptions")];
	struct bytes_wr w = bytes_wr(data, sizeof(data));
	size_t n = strlen(text) + 1;

	bytes_wr_le32(&w, id);
	bytes_wr_le32(&w, (uint32_t)n);
	bytes_wr_copy(&w, text, n);
	return rtmr_extend(s, 2, MEASURE_EV_EVENT_TAG, digest, (struct measure_bytes){ data, w.off });
}

/* The command line in UTF-16. TDVF, which gets it from fw_cfg, adds where the initrd is. */
static int measure_load_options(struct rtmr_state *s, bool has_initrd)
{
	const char *append = s->what->append ? s->what->append : "";
	const bool direct = s->what->kernel.bytes;
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct crypto_sha384 c;

	for (size_t i = 0; append[i]; i++) {
		if ((unsigned char)append[i] >= 0x80)
			return jurat_fail(s->err, -EINVAL, "command line: byte %zu is not ASCII", i);
	}
	crypto_sha384_init(&c);
	add_utf16(&c, append);
	if (direct && has_initrd)
		add_utf16(&c, " initrd=initrd");
	if (s->what->nul == MEASURE_TDX_NUL_WITH || (s->what->nul == MEASURE_TDX_NUL_AUTO && direct))
		crypto_sha384_add(&c, "\0", 2);
	crypto_sha384_end(&c, digest);
	return extend_tagged(s, 0x8f3b22ed, "LOADED_IMAGE::LoadOptions", digest);
}

int rtmr_measure_stub(struct rtmr_state *s)
{
	const bool has_initrd = s->what->initrd.bytes && s->what->initrd.n > 0;
	uint8_t digest[MEASURE_DIGEST_BYTES];
	int r = 0;

	if (!s->ret->has_rtmr[2])
		return 0;
	if (s->what->kernel.bytes || s->what->append)
		r = measure_load_options(s, has_initrd);
	if (r < 0 || !has_initrd)
		return r;
	crypto_sha384(s->what->initrd.bytes, s->what->initrd.n, digest);
	return extend_tagged(s, 0x8f3b22ec, "Linux initrd", digest);
}
