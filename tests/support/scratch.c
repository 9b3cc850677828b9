/* SPDX-License-Identifier: MIT */
#include "support/scratch.h"

#include <ftw.h>
#include <unistd.h>

#include "support/test.h"

void scratch_make(char ret[SCRATCH_BYTES])
{
	const char *tmp = getenv("TMPDIR");

	if (!tmp || !*tmp)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	test_text(ret, SCRATCH_BYTES, "dir:%s/jurat-stock-XXXXXX", tmp);
	if (!mkdtemp(ret + strlen("dir:"))) {
		perror(ret);
		abort();
	}
}

const char *scratch_path(const char *where)
{
	return where + strlen("dir:");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

void scratch_remove(const char *where)
{
	if (nftw(scratch_path(where), remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		perror(where);
}
