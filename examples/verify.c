/* SPDX-License-Identifier: MIT */
/*
 * Judges a report with the certificates in files, against the vendors' roots or those of another file:
 *
 *	verify [-r ROOTS] REPORT CERTIFICATE...
 */
#include <stdio.h>
#include <stdlib.h>
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
	int r, first = argc > 2 && !strcmp(argv[1], "-r") ? 3 : 1;

	if (argc <= first) {
		fprintf(stderr, "usage: verify [-r ROOTS] REPORT CERTIFICATE...\n");
		return 2;
	}
	if (jurat_verifier_new(&verifier, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 4;
	}
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
			fprintf(stderr, "%s: %s\n", argv[i],
				err.text); /* left out: the verdict will miss it */
	}
	evidence.report_size = read_file(argv[first], report, sizeof(report));
	r = jurat_verify_snp(verifier, &evidence, NULL, time(NULL), &verdict, &err);
	print(verdict);
	jurat_verifier_free(verifier);
	return r == 0 ? 0 : 1; /* anything but 0 is no */
}
