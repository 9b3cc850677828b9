/* SPDX-License-Identifier: MIT */
#include "measure/rtmr.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/rtmr_events.h"

static int extend_separator(struct rtmr_state *s, unsigned rtmr)
{
	return rtmr_extend_data(s, rtmr, MEASURE_EV_SEPARATOR,
				(struct measure_bytes){ (const uint8_t *)"\0\0\0", 4 });
}

static int measure_acpi(struct rtmr_state *s)
{
	static const char data[] = "ACPI DATA";
	int r = 0;

	for (size_t i = 0; i < s->what->n_acpi_tables && r == 0; i++) {
		uint8_t digest[MEASURE_DIGEST_BYTES];

		crypto_sha384(s->what->acpi_tables[i].bytes, s->what->acpi_tables[i].n, digest);
		r = rtmr_extend(s, 0, MEASURE_EV_PLATFORM_CONFIG_FLAGS, digest,
				(struct measure_bytes){ (const uint8_t *)data, sizeof(data) - 1 });
	}
	return r;
}

/* Each of a list, its bytes as they are. */
static int measure_list(struct rtmr_state *s, unsigned rtmr, uint32_t type, const struct measure_bytes *list,
			size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = rtmr_extend_data(s, rtmr, type, list[i]);
	return r;
}

/* In the order of the log. */
static int measure_all(struct rtmr_state *s)
{
	const struct measure_tdx *w = s->what;
	const bool direct = w->kernel.bytes;
	int r = rtmr_measure_firmware(s);

	if (r == 0)
		r = extend_separator(s, 0);
	if (r == 0)
		r = measure_acpi(s);
	if (r == 0 && direct)
		r = rtmr_measure_kernel(s);
	if (r == 0)
		r = rtmr_measure_boot_options(s);
	if (r == 0)
		r = rtmr_extend_text(s, 1, MEASURE_EV_EFI_ACTION, "Calling EFI Application from Boot Option");
	if (r == 0)
		r = extend_separator(s, w->separator == MEASURE_TDX_SEPARATOR_RTMR0 ? 0 : 1);
	if (r == 0)
		r = measure_list(s, 0, MEASURE_EV_EFI_VARIABLE_AUTHORITY, w->authorities, w->n_authorities);
	if (r == 0 && !direct)
		r = rtmr_measure_images(s);
	if (r == 0)
		r = measure_list(s, 2, MEASURE_EV_IPL, w->loader_events, w->n_loader_events);
	if (r == 0)
		r = rtmr_measure_stub(s);
	if (r == 0)
		r = rtmr_extend_text(s, 1, MEASURE_EV_EFI_ACTION, "Exit Boot Services Invocation");
	if (r == 0)
		r = rtmr_extend_text(s, 1, MEASURE_EV_EFI_ACTION, "Exit Boot Services Returned with Success");
	return r;
}

static void find_missing(const struct measure_tdx *w, struct measure_tdx_digests *ret)
{
	const bool direct = w->kernel.bytes, chain = w->n_efi_images > 0;

	memset(ret->missing, 0, sizeof(ret->missing));
	if (w->memory_bytes == 0)
		ret->missing[0] = "the size of the memory";
	else if (w->n_acpi_tables == 0)
		ret->missing[0] = "the ACPI tables";
	if (!direct && !chain)
		ret->missing[1] = ret->missing[2] = "a kernel or EFI images";
	else if (direct && w->header == MEASURE_TDX_HEADER_PATCHED && w->initrd.n > 0 && w->memory_bytes == 0)
		ret->missing[1] = "the size of the memory";
	if (chain && w->n_loader_events == 0 && !w->append && w->initrd.n == 0)
		ret->missing[2] = "what the loader measured, a command line or an initrd";
	for (size_t i = 0; i < ARRAY_SIZE(ret->missing); i++) {
		ret->has_rtmr[i] = !ret->missing[i];
		memset(ret->rtmr[i], 0, sizeof(ret->rtmr[i]));
	}
}

int rtmr_measure(const struct tdvf *tdvf, const struct measure_tdx *what, struct measure_tdx_digests *ret,
		 struct jurat_error *err)
{
	struct rtmr_state s = { .tdvf = tdvf, .what = what, .ret = ret, .err = err };

	if (what->kernel.bytes && what->n_efi_images > 0)
		return jurat_fail(err, -EINVAL, "a TD boots a kernel or EFI images, not both");
	if (what->vmm == MEASURE_EC2)
		return jurat_fail(err, -EINVAL, "EC2 has no TDs");
	find_missing(what, ret);
	return measure_all(&s);
}
