/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without libFuzzer: runs it once for each file of a folder, or for the files that are named,
 * and reports in TAP whether every mark was reached. A crash shows the name of its input first.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "support/fuzz.h"

enum { MAX_BYTES = 4 << 20 };

static unsigned n_inputs;

static bool run_file(const char *path)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	size_t n = 0;

	if (base_read_file(base_env_real(), path, MAX_BYTES, &bytes, &n, &err) < 0) {
		printf("# %s\n", err.text);
		return false;
	}
	fprintf(stderr, "input: %s\n", path);
	auto_bytes input = fuzz_copy(bytes, n); /* without the NUL behind it */
	(void)LLVMFuzzerTestOneInput(input.p, input.n);
	n_inputs++;
	return true;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool run_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_visible, alphasort);
	bool good = n > 0;

	if (n < 0 && errno == ENOTDIR)
		return run_file(path);
	for (int i = 0; i < n; i++) {
		auto_free char *file = NULL;

		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			file = NULL;
		good = file && run_file(file) && good;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return good;
}

int main(int argc, char **argv)
{
	const struct fuzz_mark *mark;
	unsigned n = 1, failed;
	bool good = argc > 1;

	for (int i = 1; i < argc; i++)
		good = run_folder(argv[i]) && good;
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("%sok 1 - %u_seeds_are_run\n", good ? "" : "not ", n_inputs);
	failed = !good;
	for (; (mark = fuzz_mark(n - 1)) != NULL; n++) {
		printf("%sok %u - a_seed_reaches: %s\n", mark->n > 0 ? "" : "not ", n + 1, mark->what);
		failed += mark->n == 0;
	}
	printf("1..%u\n", n);
	return failed > 0;
}
