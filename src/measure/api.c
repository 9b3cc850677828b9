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

#define SAME(public_name, name) static_assert((int)(public_name) == (int)(name), "one enumeration")
SAME(JURAT_MEASURE_ORDER_ALL_THEN_EXTEND, MEASURE_TDX_ALL_THEN_EXTEND);
SAME(JURAT_MEASURE_SEPARATOR_RTMR0, MEASURE_TDX_SEPARATOR_RTMR0);
SAME(JURAT_MEASURE_SECURE_BOOT_NONE, MEASURE_SECURE_BOOT_NONE);
SAME(JURAT_MEASURE_SECURE_BOOT_OFF, MEASURE_SECURE_BOOT_OFF);
SAME(JURAT_MEASURE_SECURE_BOOT_ON, MEASURE_SECURE_BOOT_ON);
SAME(JURAT_MEASURE_KERNEL_HEADER_UNCHANGED, MEASURE_TDX_HEADER_UNCHANGED);
SAME(JURAT_MEASURE_APPEND_NUL_WITH, MEASURE_TDX_NUL_WITH);
SAME(JURAT_MEASURE_APPEND_NUL_WITHOUT, MEASURE_TDX_NUL_WITHOUT);

/* A list of files, NULL for an empty one; the caller frees it. */
static int take_list(const struct jurat_measure_list *list, struct measure_bytes **ret, size_t *ret_n,
		     struct jurat_error *err)
{
	struct jurat_measure_list l;
	struct measure_bytes *files;
	int r;

	if (!list)
		return 0;
	r = base_struct_take(&l, list, count, "jurat_measure_list", err);
	if (r < 0 || l.count == 0)
		return r;
	if (!l.files || !l.file_sizes)
		return jurat_fail(err, -EINVAL, "jurat_measure_list: files or file_sizes is NULL");
	files = calloc(l.count, sizeof(*files));
	if (!files)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < l.count; i++)
		files[i] = l.files[i] ? bytes(l.files[i], l.file_sizes[i]) : bytes("", 0);
	*ret = files;
	*ret_n = l.count;
	return 0;
}

struct lists {
	struct measure_bytes *acpi_tables, *boot_entries, *authorities, *efi_images, *loader_events;
};

static void lists_done(const struct lists *l)
{
	free(l->acpi_tables);
	free(l->boot_entries);
	free(l->authorities);
	free(l->efi_images);
	free(l->loader_events);
}

static int take_lists(const struct jurat_measure_tdx_options *o, struct lists *l, struct measure_tdx *to,
		      struct jurat_error *err)
{
	int r = take_list(o->acpi_tables, &l->acpi_tables, &to->n_acpi_tables, err);

	if (r == 0)
		r = take_list(o->boot_entries, &l->boot_entries, &to->n_boot_entries, err);
	if (r == 0)
		r = take_list(o->authorities, &l->authorities, &to->n_authorities, err);
	if (r == 0)
		r = take_list(o->efi_images, &l->efi_images, &to->n_efi_images, err);
	if (r == 0)
		r = take_list(o->loader_events, &l->loader_events, &to->n_loader_events, err);
	to->acpi_tables = l->acpi_tables;
	to->boot_entries = l->boot_entries;
	to->authorities = l->authorities;
	to->efi_images = l->efi_images;
	to->loader_events = l->loader_events;
	return r;
}

static int measure(const struct jurat_measure_tdx_options *o, struct measure_tdx_digests *ret,
		   struct jurat_error *err)
{
	const struct measure_bytes boot_order = bytes(o->boot_order, o->boot_order_size);
	struct lists lists auto_call(lists_done) = { NULL };
	struct measure_tdx what = {
		.firmware = bytes(o->firmware, o->firmware_size),
		.order = (enum measure_tdx_order)o->order,
		.vmm = (enum measure_vmm)o->vmm,
		.separator = (enum measure_tdx_separator)o->separator,
		.secure_boot = (enum measure_secure_boot)o->secure_boot,
		.memory_bytes = o->memory_bytes,
		.boot_order = o->boot_order ? &boot_order : NULL,
		.kernel = bytes(o->kernel, o->kernel_size),
		.initrd = bytes(o->initrd, o->initrd_size),
		.append = o->append,
		.header = (enum measure_tdx_header)o->kernel_header,
		.nul = (enum measure_tdx_nul)o->append_nul,
		.gpt = bytes(o->gpt, o->gpt_size),
	};
	int r = take_lists(o, &lists, &what, err);

	if (r < 0)
		return r;
	if ((o->initrd || o->append) && !o->kernel && what.n_efi_images == 0)
		return jurat_fail(err, -EINVAL,
				  "an initrd or a command line requires a kernel or EFI images");
	return measure_tdx(&what, ret, err);
}

static bool are_known(const struct jurat_measure_tdx_options *o)
{
	return (unsigned)o->order <= JURAT_MEASURE_ORDER_ALL_THEN_EXTEND &&
	       (unsigned)o->vmm <= JURAT_MEASURE_VMM_GCE &&
	       (unsigned)o->separator <= JURAT_MEASURE_SEPARATOR_RTMR0 &&
	       (unsigned)o->secure_boot <= JURAT_MEASURE_SECURE_BOOT_ON &&
	       (unsigned)o->kernel_header <= JURAT_MEASURE_KERNEL_HEADER_UNCHANGED &&
	       (unsigned)o->append_nul <= JURAT_MEASURE_APPEND_NUL_WITHOUT;
}

int jurat_measure_tdx(const struct jurat_measure_tdx_options *options, struct jurat_measure_tdx_digests *ret,
		      struct jurat_error *err)
{
	struct jurat_measure_tdx_options o;
	struct jurat_measure_tdx_digests digests;
	struct measure_tdx_digests found;
	int r = base_struct_take(&o, options, firmware_size, "jurat_measure_tdx_options", err);

	if (r == 0)
		r = base_struct_take(&digests, ret, missing, "jurat_measure_tdx_digests", err);
	if (r < 0)
		return r;
	if (!are_known(&o))
		return jurat_fail(err, -EINVAL,
				  "jurat_measure_tdx_options: an unknown value of an enumeration");
	r = measure(&o, &found, err);
	if (r != 0)
		return r;
	digests = (struct jurat_measure_tdx_digests){ .size = sizeof(digests) };
	memcpy(digests.mrtd, found.mrtd, sizeof(digests.mrtd));
	memcpy(digests.rtmr, found.rtmr, sizeof(digests.rtmr));
	memcpy(digests.missing, found.missing, sizeof(digests.missing));
	base_struct_give(ret, &digests);
	return 0;
}
