/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "support/test.h"

#include <errno.h>

#include "measure/snp.h"

struct count {
	unsigned accepted, refused;
};

static enum measure_vmm vmm_of(const char *name)
{
	if (strcmp(name, "ec2") == 0)
		return MEASURE_EC2;
	if (strcmp(name, "gce") == 0)
		return MEASURE_GCE;
	assert_string_equal(name, "QEMU");
	return MEASURE_QEMU;
}

/* kernel_initrd is /dev/null or nothing: a kernel and an initrd of no bytes, or none. */
static struct measure_snp launch_of(const struct evidence_row *row, const uint8_t *image, size_t n)
{
	const char *kernel = evidence_value(row, "kernel_initrd"), *append = evidence_value(row, "append");
	struct measure_snp what = {
		.firmware = { image, n },
		.vmm = vmm_of(evidence_value(row, "vmm")),
		.vcpus = (unsigned)strtoul(evidence_value(row, "vcpus"), NULL, 10),
		.vcpu_signature = measure_vcpu_signature(evidence_value(row, "vcpu_type")),
		.guest_features = strtoull(evidence_value(row, "guest_features"), NULL, 0),
	};

	if (*kernel) {
		assert_string_equal(kernel, "/dev/null");
		what.kernel = what.initrd = (struct measure_bytes){ (const uint8_t *)"", 0 };
		what.append = append;
	}
	return what;
}

static void measure_row(const struct evidence_row *row, void *context)
{
	const char *wanted = evidence_value(row, "launch_digest (sev-snp-measure 8f2b337)");
	uint8_t digest[MEASURE_DIGEST_BYTES];
	char name[64], hex[BYTES_HEX_SIZE(sizeof(digest))];
	struct count *count = context;
	struct jurat_error err = { "" };
	struct measure_snp what;
	auto_free uint8_t *image = NULL;
	size_t n;
	int r;

	TEXT(name, "%.8s__%s", evidence_value(row, "ovmf_sha256"), evidence_value(row, "ovmf"));
	image = evidence_find(name, &n);
	assert_non_null(image);
	what = launch_of(row, image, n);
	r = measure_snp(&what, digest, &err);
	if (strncmp(wanted, "ERROR", 5) == 0) {
		assert_int_equal(r, -EBADMSG);
		assert_non_null(strstr(err.text, "no section SNP_KERNEL_HASHES"));
		count->refused++;
		return;
	}
	if (r != 0)
		FAIL_BECAUSE("%s, %s: %s", name, evidence_value(row, "vmm"), err.text);
	assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex), wanted);
	count->accepted++;
}

static void every_known_launch_digest_is_computed_and_every_error_refused(void **state)
{
	struct count count = { 0 };

	(void)state;
	if (evidence_each_row("LAUNCH-DIGESTS.tsv", measure_row, &count) == 0)
		SKIP_BECAUSE("needs real evidence");
	test_say("%u digests, %u refused", count.accepted, count.refused);
	assert_true(count.accepted > 0 && count.refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_launch_digest_is_computed_and_every_error_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
