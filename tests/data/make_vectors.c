/* SPDX-License-Identifier: MIT */
/*
 * make_vectors DIR
 *
 * Writes the vectors that tests/data/README.md describes into DIR, which must be there: evidence of the
 * software platform, with the same tables as folders of real evidence have. Everything follows from fixed
 * seeds, so the same program always writes the same bytes.
 */
#include "data/vectors.h"

#include <errno.h>
#include <sys/stat.h>

void vectors_check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "make_vectors: %s\n", what);
	exit(1);
}

static FILE *create(const struct vectors *v, const char *name)
{
	char path[1024];
	FILE *f;

	TEXT(path, "%s/%s", v->dir, name);
	f = fopen(path, "wb");
	vectors_check(f != NULL, path);
	return f;
}

void vectors_put(const struct vectors *v, const char *name, const char *cls, const void *bytes, size_t n,
		 const char *facts)
{
	FILE *f = create(v, name);

	vectors_check(fwrite(bytes, 1, n, f) == n, name);
	vectors_check(fclose(f) == 0, name);
	fprintf(v->manifest, "%s\t%s\tmade\t%zu\t%s\n", name, cls, n, facts);
}

FILE *vectors_table(const struct vectors *v, const char *name, const char *columns)
{
	FILE *f = create(v, name);

	fprintf(f, "%s\n", columns);
	return f;
}

int main(int argc, char **argv)
{
	static const char *const folders[] = { "roots", "snp", "tdx" };
	struct vectors v = { .dir = argv[1] };

	vectors_check(argc == 2, "usage: make_vectors DIR");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[1024];

		TEXT(path, "%s/%s", v.dir, folders[i]);
		vectors_check(mkdir(path, 0777) == 0 || errno == EEXIST, path);
	}
	v.manifest = vectors_table(&v, "MANIFEST.tsv", "file\tcls\treal\tsize\tfacts");
	vectors_put_snp(&v);
	vectors_put_tdx(&v);
	vectors_check(fclose(v.manifest) == 0, "MANIFEST.tsv");
	return 0;
}
