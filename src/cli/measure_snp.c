/* SPDX-License-Identifier: MIT */
#include "cli/measure_explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/cleanup.h"

static bool take_vcpu_type(struct measuring *m, struct measure_snp *ret)
{
	const char *type = cli_get(m->cli, "vcpu-type");

	if (!type)
		return ret->vmm != MEASURE_QEMU ||
		       cli_misuse(m->cli,
				  "expected --vcpu-type NAME or FAMILY-MODEL-STEPPING, which QEMU puts "
				  "into the VMSA of each vCPU");
	ret->vcpu_signature = measure_vcpu_type(type);
	if (ret->vcpu_signature)
		return true;
	return cli_misuse(m->cli,
			  "--vcpu-type: expected a name such as EPYC-Milan, or "
			  "FAMILY-MODEL-STEPPING such as 25-1-1, found '%s'",
			  type);
}

static bool take_numbers(struct measuring *m, struct measure_snp *ret)
{
	const char *vmm = cli_get(m->cli, m->vmm ? m->vmm : "vmm");
	uint64_t vcpus;

	if (!cli_get_number_from(m->cli, "vcpus", 1, MEASURE_MAX_VCPUS, 1, &vcpus) ||
	    !cli_get_number_from(m->cli, "vars-size", 0, UINT32_MAX, 0, &ret->vars_bytes) ||
	    !measuring_hex(m, "guest-features", 1, &ret->guest_features))
		return false;
	ret->vcpus = (unsigned)vcpus;
	ret->vmm = vmm && !strcasecmp(vmm, "ec2")   ? MEASURE_EC2
		   : vmm && !strcasecmp(vmm, "gce") ? MEASURE_GCE
						    : MEASURE_QEMU;
	return take_vcpu_type(m, ret);
}

int measuring_snp_options(struct measuring *m, struct measure_snp *ret)
{
	int status;

	*ret = (struct measure_snp){ .vcpus = 1 };
	if (!take_numbers(m, ret))
		return CLI_USAGE;
	status = measuring_file(m, m->firmware ? m->firmware : "firmware", 0, &ret->firmware);
	if (status == CLI_OK)
		status = measuring_kernel(m, &ret->kernel, &ret->initrd, &ret->append);
	return status == CLI_OK ? measuring_file(m, "svsm", 0, &ret->svsm) : status;
}

/* ---- --steps */

static const char *page_type_name(uint8_t type)
{
	/* Spec: SNP ABI, PAGE_TYPE of PAGE_INFO. */
	static const char *const names[] = {
		[1] = "normal", [2] = "vmsa", [3] = "zero", [4] = "unmeasured", [5] = "secrets", [6] = "cpuid"
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "unknown";
}

static int print_step(void *closure, const struct measure_step *step)
{
	const struct measuring *m = closure;
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)], gpa[24];
	json_t *steps;

	bytes_to_hex(step->digest, sizeof(step->digest), hex);
	if (!m->json) {
		printf("0x%012" PRIx64 " 0x%08" PRIx64 " %-10s %s %s\n", step->gpa, step->n_bytes,
		       page_type_name(step->page_type), hex, step->what);
		return 0;
	}
	steps = json_object_get(m->json, "steps");
	snprintf(gpa, sizeof(gpa), "0x%" PRIx64, step->gpa);
	return json_array_append_new(steps, json_pack("{s:s, s:I, s:s, s:s, s:s}", "gpa", gpa, "bytes",
						      (json_int_t)step->n_bytes, "page_type",
						      page_type_name(step->page_type), "digest", hex, "what",
						      step->what)) < 0
		       ? -ENOMEM
		       : 0;
}

int measuring_snp(struct measuring *m)
{
	struct measure_snp what;
	struct jurat_error err = { "" };
	uint8_t digest[MEASURE_DIGEST_BYTES];
	int r, status = measuring_id_block_options(m);

	if (status == CLI_OK)
		status = measuring_snp_options(m, &what);
	if (status != CLI_OK)
		return status;
	if (cli_has(m->cli, "steps")) {
		what.step = print_step;
		what.closure = m;
		if (m->json && json_object_set_new(m->json, "steps", json_array()) < 0)
			return cli_fail_memory(m->cli);
	}
	r = measure_snp(&what, digest, &err);
	if (r < 0)
		return measuring_fail(m, r, CLI_REFUSED, &err);
	measuring_add(m, "measurement", digest, NULL);
	what.step = NULL;
	status = measuring_explain_snp(m, &what);
	return status == CLI_OK ? measuring_id_block(m, digest) : status;
}
