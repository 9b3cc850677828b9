/* SPDX-License-Identifier: MIT */
#include <jurat/measure.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/struct.h"
#include "measure/snp.h"
#include "measure/tdx.h"

static struct measure_bytes bytes(const void *p, size_t n)
{
	return (struct measure_bytes){ p, p ? n : 0 };
}

/* ---- SEV-SNP */

static_assert((int)JURAT_MEASURE_VMM_QEMU == MEASURE_QEMU && (int)JURAT_MEASURE_VMM_EC2 == MEASURE_EC2 &&
		      (int)JURAT_MEASURE_VMM_GCE == MEASURE_GCE,
	      "the same VMMs");

static int step(void *closure, const struct measure_step *step)
{
	const struct jurat_measure_snp_options *o = closure;
	struct jurat_measure_step s = {
		.size = sizeof(s),
		.what = step->what,
		.gpa = step->gpa,
		.n_bytes = step->n_bytes,
		.page_type = step->page_type,
	};

	memcpy(s.digest, step->digest, sizeof(s.digest));
	return o->step(o->closure, &s);
}

int jurat_measure_snp(const struct jurat_measure_snp_options *options, uint8_t ret[48],
		      struct jurat_error *err)
{
	struct jurat_measure_snp_options o;
	struct measure_snp what;
	int r = base_struct_take(&o, options, vcpu_signature, "jurat_measure_snp_options", err);

	if (r < 0)
		return r;
	if (!o.firmware)
		return jurat_fail(err, -EINVAL, "an SEV-SNP guest needs a firmware image");
	if ((unsigned)o.vmm > JURAT_MEASURE_VMM_GCE || o.reserved)
		return jurat_fail(err, -EINVAL,
				  "jurat_measure_snp_options: an unknown VMM, or reserved is not 0");
	if ((o.initrd || o.append) && !o.kernel)
		return jurat_fail(err, -EINVAL, "an initrd or a command line requires a kernel");
	what = (struct measure_snp){
		.firmware = bytes(o.firmware, o.firmware_size),
		.kernel = bytes(o.kernel, o.kernel_size),
		.initrd = bytes(o.initrd, o.initrd_size),
		.append = o.append,
		.vcpus = o.vcpus ? o.vcpus : 1,
		.vcpu_signature = o.vcpu_signature,
		.guest_features = o.guest_features ? o.guest_features : 1,
		.vmm = (enum measure_vmm)o.vmm,
		.svsm = bytes(o.svsm, o.svsm_size),
		.vars_bytes = o.svsm_vars_bytes,
		.step = o.step ? step : NULL,
		.closure = &o,
	};
	return measure_snp(&what, ret, err);
}

int jurat_measure_vcpu_type(const char *text, uint32_t *ret)
{
	uint32_t signature = measure_vcpu_type(text);

	if (!signature)
		return JURAT_NOT_FOUND;
	*ret = signature;
	return 0;
}

const char *jurat_measure_vcpu_type_name(size_t i)
{
	return measure_vcpu_type_name(i);
}

/* ---- TDX */

static_assert((int)JURAT_MEASURE_ORDER_PAGE_BY_PAGE == MEASURE_TDX_PAGE_BY_PAGE &&
		      (int)JURAT_MEASURE_ORDER_ALL_THEN_EXTEND == MEASURE_TDX_ALL_THEN_EXTEND,
	      "the same orders");

/* A list of files. `ret` NULL: it is empty; freed by the caller. */
static int take_list(const void *const *files, const size_t *sizes, size_t n, struct measure_bytes **ret,
		     struct jurat_error *err)
{
	struct measure_bytes *list;

	if (n == 0)
		return 0;
	if (!files || !sizes)
		return jurat_fail(err, -EINVAL, "jurat_measure_tdx_options: a list of files is NULL");
	list = calloc(n, sizeof(*list));
	if (!list)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < n; i++)
		list[i] = bytes(files[i] ? files[i] : "", files[i] ? sizes[i] : 0);
	*ret = list;
	return 0;
}

static int measure(const struct jurat_measure_tdx_options *o, struct measure_tdx_digests *ret,
		   struct jurat_error *err)
{
	auto_free struct measure_bytes *tables = NULL, *entries = NULL, *images = NULL;
	const struct measure_bytes boot_order = bytes(o->boot_order, o->boot_order_size);
	struct measure_tdx what;
	int r = take_list(o->acpi_tables, o->acpi_table_sizes, o->acpi_table_count, &tables, err);

	if (r == 0)
		r = take_list(o->boot_entries, o->boot_entry_sizes, o->boot_entry_count, &entries, err);
	if (r == 0)
		r = take_list(o->efi_images, o->efi_image_sizes, o->efi_image_count, &images, err);
	if (r < 0)
		return r;
	what = (struct measure_tdx){
		.firmware = bytes(o->firmware, o->firmware_size),
		.order = (enum measure_tdx_order)o->order,
		.memory_bytes = o->memory_bytes,
		.acpi_tables = tables,
		.n_acpi_tables = o->acpi_table_count,
		.boot_order = o->boot_order ? &boot_order : NULL,
		.boot_entries = entries,
		.n_boot_entries = o->boot_entry_count,
		.kernel = bytes(o->kernel, o->kernel_size),
		.initrd = bytes(o->initrd, o->initrd_size),
		.append = o->append,
		.efi_images = images,
		.n_efi_images = o->efi_image_count,
	};
	return measure_tdx(&what, ret, err);
}

int jurat_measure_tdx(const struct jurat_measure_tdx_options *options, struct jurat_measure_tdx_digests *ret,
		      struct jurat_error *err)
{
	struct jurat_measure_tdx_options o;
	struct jurat_measure_tdx_digests digests;
	struct measure_tdx_digests found;
	int r = base_struct_take(&o, options, firmware_size, "jurat_measure_tdx_options", err);

	if (r == 0)
		r = base_struct_take(&digests, ret, has_rtmr, "jurat_measure_tdx_digests", err);
	if (r < 0)
		return r;
	if ((unsigned)o.order > JURAT_MEASURE_ORDER_ALL_THEN_EXTEND || o.reserved)
		return jurat_fail(err, -EINVAL,
				  "jurat_measure_tdx_options: an unknown order, or reserved is not 0");
	if ((o.initrd || o.append) && !o.kernel)
		return jurat_fail(err, -EINVAL, "an initrd or a command line requires a kernel");
	if (o.kernel && o.efi_image_count > 0)
		return jurat_fail(err, -EINVAL, "a kernel cannot be combined with EFI images");
	r = measure(&o, &found, err);
	if (r != 0)
		return r;
	digests = (struct jurat_measure_tdx_digests){ .size = sizeof(digests) };
	memcpy(digests.mrtd, found.mrtd, sizeof(digests.mrtd));
	for (size_t i = 0; i < ARRAY_SIZE(found.has_rtmr); i++) {
		digests.has_rtmr |= (uint32_t)found.has_rtmr[i] << i;
		if (found.has_rtmr[i])
			memcpy(digests.rtmr[i], found.rtmr[i], sizeof(digests.rtmr[i]));
	}
	base_struct_give(ret, &digests);
	return 0;
}
