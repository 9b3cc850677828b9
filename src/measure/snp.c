/* SPDX-License-Identifier: MIT */
/* Spec: doc/facts/measurement.md 1 to 5: what VMMs measure, and in which order. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "measure/snp_parts.h"

enum { SNP_ACTIVE = 1 }; /* Spec: APM volume 2, SEV_FEATURES: bit 0 */

int measure_snp_check(const struct measure_snp *what, struct jurat_error *err)
{
	if (what->vcpus == 0 || what->vcpus > MEASURE_MAX_VCPUS)
		return jurat_fail(err, -EINVAL, "%u vCPUs, expected 1 to %u", what->vcpus, MEASURE_MAX_VCPUS);
	if ((unsigned)what->vmm > MEASURE_GCE)
		return jurat_fail(err, -EINVAL, "unknown VMM %u", (unsigned)what->vmm);
	if (what->vmm == MEASURE_QEMU && what->vcpu_signature == 0)
		return jurat_fail(err, -EINVAL,
				  "no vCPU type or signature, which a launch by QEMU depends on");
	if (!(what->guest_features & SNP_ACTIVE))
		return jurat_fail(err, -EINVAL, "guest features 0x%llx lack bit 0 (SNPActive)",
				  (unsigned long long)what->guest_features);
	if (!what->kernel.bytes && (what->initrd.bytes || what->append))
		return jurat_fail(err, -EINVAL, "%s without a kernel",
				  what->initrd.bytes ? "an initrd" : "a command line");
	if (!what->svsm.bytes)
		return what->vars_bytes == 0 ? 0
					     : jurat_fail(err, -EINVAL, "a variable store without an SVSM");
	if (what->kernel.bytes)
		return jurat_fail(err, -EINVAL, "a kernel with an SVSM: its hashes are not measured");
	if (what->vmm != MEASURE_QEMU)
		return jurat_fail(err, -EINVAL, "an SVSM with a VMM that is not QEMU");
	return 0;
}

/* COCONUT-SVSM's image is below the variable store, which is below the firmware. */
static int read_svsm(const struct measure_snp *what, struct measure_snp_images *images,
		     struct jurat_error *err)
{
	uint64_t end = images->firmware.gpa;
	uint32_t entry;
	int r;

	if (what->vars_bytes > end || what->vars_bytes % MEASURE_PAGE_BYTES != 0)
		return jurat_fail(err, -EINVAL,
				  "%llu bytes of variables are not whole pages below the firmware at 0x%llx",
				  (unsigned long long)what->vars_bytes, (unsigned long long)end);
	r = measure_firmware_read(&what->svsm, "SVSM", end - what->vars_bytes, &images->svsm, err);
	if (r == 0)
		r = measure_firmware_read_sev(&images->svsm, err);
	if (r == 0)
		r = measure_firmware_number(&images->svsm, MEASURE_ENTRY_SVSM, 0, &entry, err);
	if (r < 0)
		return r;
	if (entry >= images->svsm.n)
		return jurat_fail(err, -EBADMSG, "SVSM: its entry point 0x%x is outside its %zu bytes", entry,
				  images->svsm.n);
	images->reset_eip = (uint32_t)(images->svsm.gpa + entry);
	return 0;
}

int measure_snp_read(const struct measure_snp *what, struct measure_snp_images *ret, struct jurat_error *err)
{
	struct measure_snp_images images = { .firmware = { 0 } };
	int r = measure_firmware_read(&what->firmware, "firmware", MEASURE_4_GIB, &images.firmware, err);

	if (r == 0 && what->svsm.bytes)
		r = read_svsm(what, &images, err);
	else if (r == 0)
		r = measure_firmware_read_sev(&images.firmware, err);
	if (r == 0 && !what->svsm.bytes)
		r = measure_firmware_number(&images.firmware, MEASURE_ENTRY_RESET, 0, &images.reset_eip, err);
	if (r == 0 && what->kernel.bytes)
		r = measure_hashes_check_place(&images.firmware, err);
	if (r == 0 && what->kernel.bytes)
		r = measure_kernel_check(&what->kernel, err);
	if (r == 0)
		*ret = images;
	return r;
}

int measure_snp_launch_images(const struct measure_snp_images *images, struct measure_launch *launch)
{
	int r = measure_launch_normal(launch, images->firmware.name, images->firmware.gpa,
				      images->firmware.image, images->firmware.n);

	if (r == 0 && images->svsm.image)
		r = measure_launch_normal(launch, images->svsm.name, images->svsm.gpa, images->svsm.image,
					  images->svsm.n);
	return r;
}

static int launch_section(const struct measure_section *section, enum measure_vmm vmm,
			  const uint8_t *hashes_page, struct measure_launch *launch)
{
	const char *name = measure_section_name(section->type);
	enum snp_page_type type = SNP_PAGE_ZERO;

	if (section->type == MEASURE_SECTION_KERNEL_HASHES && hashes_page)
		return measure_launch_normal(launch, name, section->gpa, hashes_page, section->n_bytes);
	if (section->type == MEASURE_SECTION_MEMORY && vmm == MEASURE_GCE)
		type = SNP_PAGE_UNMEASURED;
	else if (section->type == MEASURE_SECTION_SECRETS)
		type = SNP_PAGE_SECRETS;
	else if (section->type == MEASURE_SECTION_CPUID)
		type = SNP_PAGE_CPUID;
	return measure_launch_empty(launch, name, type, section->gpa, section->n_bytes);
}

int measure_snp_launch_sections(const struct measure_snp_images *images, enum measure_vmm vmm,
				const struct measure_hashes *hashes, struct measure_launch *launch,
				struct jurat_error *err)
{
	const struct measure_firmware *f = images->svsm.image ? &images->svsm : &images->firmware;
	uint8_t page[MEASURE_PAGE_BYTES];
	int r = hashes ? measure_hashes_page(hashes, f, page, err) : 0;

	/* EC2 adds the CPUID page behind all others. */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; r == 0 && i < f->n_sections; i++) {
			const struct measure_section *s = &f->sections[i];
			bool is_later = vmm == MEASURE_EC2 && s->type == MEASURE_SECTION_CPUID;

			if (is_later == (pass == 1))
				r = launch_section(s, vmm, hashes ? page : NULL, launch);
		}
	return r;
}

void measure_snp_vcpus_make(const struct measure_snp_images *images, enum measure_vmm vmm,
			    uint32_t vcpu_signature, uint64_t guest_features, struct measure_snp_vcpus *ret)
{
	struct measure_vmsa vmsa = { .vmm = vmm,
				     .eip = images->reset_eip,
				     .vcpu_signature = vcpu_signature,
				     .guest_features = guest_features,
				     .svsm = images->svsm.image != NULL };

	measure_vmsa_make(&vmsa, &ret->others);
	if (!vmsa.svsm)
		vmsa.eip = MEASURE_RESET_VECTOR;
	measure_vmsa_make(&vmsa, &ret->first);
}

int measure_snp_launch_vcpu(const struct measure_snp_vcpus *vcpus, unsigned vcpu,
			    struct measure_launch *launch)
{
	return measure_launch_vmsa(launch, vcpu, vcpu == 0 ? &vcpus->first : &vcpus->others);
}

int measure_snp(const struct measure_snp *what, uint8_t ret[MEASURE_DIGEST_BYTES], struct jurat_error *err)
{
	struct measure_launch launch = { .step = what->step, .page = what->page, .closure = what->closure };
	struct measure_snp_images images;
	struct measure_snp_vcpus vcpus;
	struct measure_hashes hashes;
	int r = measure_snp_check(what, err);

	if (r == 0)
		r = measure_snp_read(what, &images, err);
	if (r == 0)
		r = measure_snp_launch_images(&images, &launch);
	if (r == 0 && what->kernel.bytes)
		measure_hashes_make(&what->kernel, &what->initrd, what->append, &hashes);
	if (r == 0)
		r = measure_snp_launch_sections(&images, what->vmm, what->kernel.bytes ? &hashes : NULL,
						&launch, err);
	if (r == 0)
		measure_snp_vcpus_make(&images, what->vmm, what->vcpu_signature, what->guest_features,
				       &vcpus);
	for (unsigned i = 0; r == 0 && i < what->vcpus; i++)
		r = measure_snp_launch_vcpu(&vcpus, i, &launch);
	if (r == 0)
		memcpy(ret, launch.digest, MEASURE_DIGEST_BYTES);
	return r;
}
