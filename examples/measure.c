/* SPDX-License-Identifier: MIT */
/*
 * Computes the launch digest of an SEV-SNP guest, and compares it with that of a report:
 *
 *	measure FIRMWARE VCPUS VCPU-TYPE [REPORT]
 *
 * What the report says is true only if it is verified as well: see verify.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jurat/measure.h>

static size_t read_file(const char *path, uint8_t *to, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(to, 1, room, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* Another value than 0 would end the measurement. */
static int print_step(void *closure, const struct jurat_measure_step *step)
{
	printf("  0x%llx: %llu bytes, %s\n", (unsigned long long)step->gpa, (unsigned long long)step->n_bytes,
	       step->what);
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t firmware[16 << 20], report[1184];
	struct jurat_measure_snp_options options = { .size = sizeof(options), .firmware = firmware };
	struct jurat_error err = { "" };
	uint8_t digest[48];
	int r;

	if (argc < 4)
		return fprintf(stderr, "usage: measure FIRMWARE VCPUS VCPU-TYPE [REPORT]\n"), 2;
	options.firmware_size = read_file(argv[1], firmware, sizeof(firmware));
	options.vcpus = (uint32_t)strtoul(argv[2], NULL, 10);
	options.step = print_step;
	if (jurat_measure_vcpu_type(argv[3], &options.vcpu_signature) != 0)
		return fprintf(stderr, "%s: unknown type of vCPUs\n", argv[3]), 2;
	r = jurat_measure_snp(&options, digest, &err);
	if (r < 0)
		return fprintf(stderr, "%s: %s\n", argv[1], err.text), 1;
	for (size_t i = 0; i < sizeof(digest); i++)
		printf("%s%02x", i == 0 ? "measurement " : "", digest[i]);
	printf("\n");
	if (argc < 5)
		return 0;
	if (read_file(argv[4], report, sizeof(report)) != sizeof(report))
		return fprintf(stderr, "%s: not a report\n", argv[4]), 1;
	r = memcmp(report + 0x90, digest, sizeof(digest)) != 0; /* MEASUREMENT */
	printf("%s\n", r ? "another measurement" : "the report has this measurement");
	return r;
}
