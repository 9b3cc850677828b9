/* SPDX-License-Identifier: MIT */
/*
 * Verifies a report with the certificates in files, against the vendors' roots or those of another file:
 *
 *	verify [-r ROOTS] REPORT CERTIFICATE...
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jurat/verify.h>

static size_t read_file(const char *path, uint8_t *to, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(to, 1, room, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* What a program goes by: no text or JSON to parse. */
static void print(const struct jurat_verdict *verdict)
{
	struct jurat_snp_tcb tcb = { .size = sizeof(tcb) };
	const uint8_t *measurement = jurat_verdict_measurement(verdict);

	printf("%s\n", jurat_verdict_accepted(verdict) ? "accepted" : "refused");
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++)
		printf("  %s: %s\n", jurat_verdict_reason_code(verdict, i),
		       jurat_verdict_reason_detail(verdict, i));
	if (jurat_verdict_has_reason(verdict, JURAT_REASON_LEAF_MISSING))
		printf("  The VCEK or VLEK is not among the certificates: fetch it first.\n");
	if (!jurat_verdict_accepted(verdict))
		return; /* what follows would be claims of the evidence, nothing more */
	printf("%s, ", jurat_verdict_snp_product(verdict));
	if (jurat_verdict_snp_tcb(verdict, JURAT_SNP_TCB_REPORTED, &tcb) == 0)
		printf("TCB %u.%u.%u.%u, ", tcb.boot_loader, tcb.tee, tcb.snp, tcb.microcode);
	for (int i = 0; i < 48; i++)
		printf("%s%02x", i == 0 ? "measurement " : "", measurement[i]);
	printf("\n");
	for (size_t i = 0; i < jurat_verdict_not_judged_count(verdict); i++)
		printf("not checked: %s\n", jurat_verdict_not_judged_detail(verdict, i));
}

int main(int argc, char **argv)
{
	static uint8_t report[1184], certificate[65536];
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence), .report = report };
	struct jurat_verifier *verifier;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int r, first = argc > 2 && !strcmp(argv[1], "-r") ? 3 : 1;

	if (argc <= first)
		return fprintf(stderr, "usage: verify [-r ROOTS] REPORT CERTIFICATE...\n"), 2;
	if (jurat_verifier_new(&verifier, &err) < 0)
		return fprintf(stderr, "%s\n", err.text), 4;
	if (first == 3 && jurat_verifier_add_roots(verifier, certificate,
						   read_file(argv[2], certificate, sizeof(certificate)),
						   &err) < 0) { /* never go on with others than were meant */
		fprintf(stderr, "%s: %s\n", argv[2], err.text);
		jurat_verifier_free(verifier);
		return 3;
	}
	for (int i = first + 1; i < argc; i++) {
		size_t n = read_file(argv[i], certificate, sizeof(certificate));

		if (jurat_verifier_add_certificates(verifier, certificate, n, NULL, &err) < 0)
			fprintf(stderr, "%s: %s\n", argv[i], err.text); /* the verdict will miss it */
	}
	evidence.report_size = read_file(argv[first], report, sizeof(report));
	r = jurat_verify_snp(verifier, &evidence, NULL, time(NULL), &verdict, &err);
	print(verdict);
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	return r == 0 ? 0 : 1; /* anything but 0 is no */
}
