/* SPDX-License-Identifier: MIT */
/*
 * Judges a report with the certificates of a directory's files:
 *
 *	verify REPORT CERTIFICATE...
 */
#include <stdio.h>
#include <stdlib.h>
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

static void print(struct jurat_verdict *verdict)
{
	char *text = jurat_verdict_text(verdict);

	if (text)
		fputs(text, stdout);
	free(text);
	jurat_verdict_free(verdict);
}

int main(int argc, char **argv)
{
	static uint8_t report[1184], certificate[65536];
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence), .report = report };
	struct jurat_verifier *verifier;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: verify REPORT CERTIFICATE...\n");
		return 2;
	}
	if (jurat_verifier_new(&verifier, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
	for (int i = 2; i < argc; i++) {
		size_t n = read_file(argv[i], certificate, sizeof(certificate));

		if (jurat_verifier_add_certificates(verifier, certificate, n, NULL, &err) < 0)
			fprintf(stderr, "%s: %s\n", argv[i],
				err.text); /* left out: the verdict will miss it */
	}
	evidence.report_size = read_file(argv[1], report, sizeof(report));
	r = jurat_verify_snp(verifier, &evidence, NULL, time(NULL), &verdict, &err);
	print(verdict);
	jurat_verifier_free(verifier);
	return r == 0 ? 0 : 1; /* anything but 0 is no */
}
