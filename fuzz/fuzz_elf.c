/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "cli/elf_file.h"
#include "support/env.h"
#include "support/fuzz.h"

/* An input is a file. */
static struct fuzz_file {
	struct base_env env;
	const uint8_t *bytes;
	size_t n;
} file;

static ssize_t file_pread(struct base_env *env, int fd, void *to, size_t n, int64_t off)
{
	must(off >= 0);
	if ((uint64_t)off >= file.n)
		return 0;
	if (n > file.n - (size_t)off)
		n = file.n - (size_t)off;
	memcpy(to, file.bytes + off, n);
	return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct base_env_ops ops;
	struct elf_file got = { 0 };
	struct jurat_error err = { "" };
	char name[ELF_NAME_BYTES];
	int r;

	ops = *fuzz_env_ops();
	ops.pread = file_pread;
	file = (struct fuzz_file){ .env.ops = &ops, .bytes = data, .n = size };
	r = elf_read(&file.env, 3, &got, &err);
	must(r == 0 || (r == -ENOEXEC && err.text[0] && !got.machine));
	must(memchr(got.interpreter, '\0', sizeof(got.interpreter)));
	if (r == 0 && got.interpreter[0])
		FUZZ_REACHED("a program with a loader");
	else if (r == 0 && got.dynamic)
		FUZZ_REACHED("a shared object");
	else if (r == 0 && strlen(elf_name(&got, name)) > 0)
		FUZZ_REACHED("a static program, or one of another machine");
	return 0;
}
