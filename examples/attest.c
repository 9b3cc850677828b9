/* SPDX-License-Identifier: MIT */
/*
 * Attests the confidential VM that this runs in: asks for a report over a nonce and writes it, and the host's
 * certificates, where a verifier can have them. Usage: attest NONCE [DIRECTORY]
 */
#include <stdio.h>
#include <string.h>

#include <jurat/guest.h>

static int save(const char *dir, const char *name, const uint8_t *bytes, size_t n)
{
	char path[4096];
	FILE *f;
	int bad;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -1;
	f = fopen(path, "wb");
	if (!f) {
		perror(path);
		return -1;
	}
	bad = fwrite(bytes, 1, n, f) != n;
	bad |= fclose(f) != 0;
	printf("%s %s: %zu bytes\n", bad ? "could not write" : "wrote", path, n);
	return bad ? -1 : 0;
}

int main(int argc, char **argv)
{
	const char *dir = argc > 2 ? argv[2] : ".";
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_guest *guest = NULL;
	struct jurat_error err = { "" };
	uint8_t report_data[64] = { 0 };
	int r;

	if (argc < 2 || strlen(argv[1]) > sizeof(report_data)) {
		fprintf(stderr, "usage: attest NONCE [DIRECTORY]  (a nonce of at most 64 bytes, from the "
				"verifier)\n");
		return 2;
	}
	memcpy(report_data, argv[1], strlen(argv[1]));

	r = jurat_guest_open(NULL, &guest, &err);
	if (r < 0) { /* not in a confidential VM, most likely: the text says what was tried */
		fprintf(stderr, "attest: %s\n", err.text);
		return 3;
	}
	printf("asking through %s\n",
	       jurat_guest_via(guest) == JURAT_VIA_CONFIGFS ? "configfs-tsm" : "the device");
	r = jurat_guest_report(guest, report_data, NULL, &evidence, &err);
	jurat_guest_close(guest);
	if (r < 0) {
		fprintf(stderr, "attest: %s\n", err.text);
		return 1;
	}
	r = save(dir, "report.bin", evidence.report, evidence.report_size);
	if (r == 0 && evidence.certs) /* untrusted: the verifier judges them, with roots of its own */
		r = save(dir, "certs.bin", evidence.certs, evidence.certs_size);
	jurat_evidence_done(&evidence);
	return r == 0 ? 0 : 1;
}
