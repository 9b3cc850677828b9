/* SPDX-License-Identifier: MIT */
/*
 * The baseline of process-verify: bare_openssl_verify() of files, and nothing else. bare-verify REPORT LEAF
 * INTERMEDIATE ROOT
 */
#include <stdio.h>
#include <time.h>

#include "bench/bare.h"

enum { FILES = 4, MAX_BYTES = 8192 };

int main(int argc, char **argv)
{
	static uint8_t bytes[FILES][MAX_BYTES];
	size_t n[FILES];
	int holds;

	for (int i = 0; i < FILES; i++) {
		FILE *f = argc == 1 + FILES ? fopen(argv[1 + i], "re") : NULL;

		if (!f)
			return 2;
		n[i] = fread(bytes[i], 1, MAX_BYTES, f);
		fclose(f);
	}
	holds = bare_openssl_verify(&(struct bare_chain){ .report = bytes[0],
							  .report_size = n[0],
							  .leaf = bytes[1],
							  .leaf_size = n[1],
							  .intermediate = bytes[2],
							  .intermediate_size = n[2],
							  .root = bytes[3],
							  .root_size = n[3],
							  .at = time(NULL) });
	printf("report of %zu bytes: %s\n", n[0], holds ? "accepted" : "refused");
	return holds ? 0 : 1;
}
