/* SPDX-License-Identifier: MIT */
#include "cli/vmm_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	HASH_BANG_BYTES = 256, /* Linux reads no more: BINPRM_BUF_SIZE */
	MAX_SCRIPTS = 5,       /* an interpreter may be a script, as often as Linux allows */
};
static const char loader_name[] = "ld-linux"; /* glibc's: ld-linux-x86-64.so.2, ld-linux-aarch64.so.1 */

/* ---- finding it */

/* Whether a file is a program, by type and permissions. 0; -errno */
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int fail_to_find(const char *name, int r, struct jurat_error *err)
{
	if (r == -ENOENT || r == -ENOTDIR)
		return jurat_fail(err, VMM_PROGRAM_NOT_FOUND, "'%s' was not found", name);
	return jurat_fail(err, VMM_PROGRAM_UNUSABLE, "cannot execute '%s': %s", name, strerror(-r));
}

/* Tries a directory of $PATH, which is empty for the working directory. -ENOENT also for too long a name. */
static int try_directory(const char *directory, size_t n, const char *name, char ret[PATH_MAX])
{
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%.*s/%s", n > 0 ? (int)n : 1, n > 0 ? directory : ".", name) >=
	    (int)sizeof(path))
		return -ENOENT;
	r = check_executable(path);
	if (r == 0)
		memcpy(ret, path, sizeof(path));
	return r;
}

static int find(const char *name, char ret[PATH_MAX], struct jurat_error *err)
{
	char standard[256] = "";
	const char *at = getenv("PATH");
	int r = -ENOENT;

	if (strlen(name) >= PATH_MAX)
		return fail_to_find(name, -ENAMETOOLONG, err);
	if (name[0] == '\0')
		return fail_to_find(name, -ENOENT, err);
	if (strchr(name, '/')) {
		r = check_executable(name);
		if (r < 0)
			return fail_to_find(name, r, err);
		snprintf(ret, PATH_MAX, "%s", name);
		return 0;
	}
	if (!at && confstr(_CS_PATH, standard, sizeof(standard)) <= sizeof(standard))
		at = standard;
	while (at) {
		size_t n = strcspn(at, ":");
		int here = try_directory(at, n, name, ret);

		if (here == 0)
			return 0;
		if (here != -ENOENT && here != -ENOTDIR && here != -EISDIR)
			r = here;
		at = at[n] ? at + n + 1 : NULL;
	}
	return fail_to_find(name, r, err);
}

/* ---- what the kernel starts */

/* The interpreter that the first line of a script names, by the rules of Linux; false: it names none. */
static bool take_interpreter(char *line, char ret[PATH_MAX])
{
	char *at = line + 2, *end;

	at += strspn(at, " \t");
	end = at + strcspn(at, " \t\n");
	if (end == at || (*end == '\0' && end == line + HASH_BANG_BYTES - 1))
		return false; /* nothing, or the path may go on */
	*end = '\0';
	snprintf(ret, PATH_MAX, "%s", at);
	return true;
}

/* Opens a program, and follows scripts to what the kernel starts, whose path is in ret->elf. A descriptor. */
static int open_elf(struct vmm_program *ret, struct jurat_error *err)
{
	for (unsigned i = 0; i <= MAX_SCRIPTS; i++) {
		auto_close int fd = open(ret->elf, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		char line[HASH_BANG_BYTES] = "", script[PATH_MAX];
		int r;

		if (fd < 0)
			return jurat_fail(err, -errno,
					  "cannot read '%s', so whether a library can be loaded into it is "
					  "unknown: %s",
					  ret->elf, strerror(errno));
		if (pread(fd, line, sizeof(line) - 1, 0) < 2 || memcmp(line, "#!", 2) != 0)
			return take_fd(fd);
		ret->script = true;
		memcpy(script, ret->elf, sizeof(script));
		if (!take_interpreter(line, ret->elf))
			return jurat_fail(err, -ENOEXEC, "script '%s': expected an interpreter after '#!'",
					  script);
		r = check_executable(ret->elf);
		if (r < 0) {
			jurat_fail(err, r, "its interpreter '%s': %s", ret->elf, strerror(-r));
			return jurat_wrap(err, r, "script '%s'", script);
		}
	}
	return jurat_fail(err, -ELOOP, "'%s': more than %d scripts name each other as interpreter", ret->path,
			  MAX_SCRIPTS);
}

/* ---- whether the loader loads a library into it */

/*
 * Whether the kernel would make the loader ignore $LD_PRELOAD (AT_SECURE), because the program gets a user,
 * group or capability that this process does not have. As Linux's cap_bprm_creds_from_file().
 */
static int check_privileges(const char *path, int fd, struct jurat_error *err)
{
	static const char ignores[] = "so the dynamic loader ignores LD_PRELOAD";
	struct statvfs vfs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatvfs(fd, &vfs) < 0)
		return jurat_fail(err, -errno, "cannot examine '%s': %s", path, strerror(errno));
	if (vfs.f_flag & ST_NOSUID)
		return 0;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
		if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
			return jurat_fail(err, -EPERM,
					  "'%s' is a setuid program, %s (run it as its user, %u)", path,
					  ignores, (unsigned)st.st_uid);
		if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st.st_gid != getgid())
			return jurat_fail(err, -EPERM,
					  "'%s' is a setgid program, %s (run it in its group, %u)", path,
					  ignores, (unsigned)st.st_gid);
	}
	if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return jurat_fail(
			err, -EPERM,
			"'%s' has file capabilities, %s (start it with ambient capabilities instead)", path,
			ignores);
	return 0;
}

static bool is_loader(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strncmp(slash ? slash + 1 : path, loader_name, strlen(loader_name));
}

static int check_loader(const char *path, const struct elf_file *file, const char *library,
			struct jurat_error *err)
{
	auto_free char *real = NULL;
	int r;

	if (!file->interpreter[0]) {
		real = realpath(path, NULL);
		if (file->dynamic && (is_loader(path) || (real && is_loader(real))))
			return 0; /* "ld-linux-x86-64.so.2 PROGRAM" */
		if (file->hands_on)
			return 0; /* "jurat vmm -- PROGRAM" */
		return jurat_fail(err, -ENOEXEC,
				  "'%s' is statically linked: it has no dynamic loader, which would load %s "
				  "(see jurat-vmm(1))",
				  path, library);
	}
	r = check_executable(file->interpreter);
	if (r < 0) {
		jurat_fail(err, r, "cannot use its dynamic loader '%s': %s", file->interpreter, strerror(-r));
		return jurat_wrap(err, r, "'%s'", path);
	}
	real = realpath(file->interpreter, NULL);
	if (is_loader(file->interpreter) || (real && is_loader(real)))
		return 0;
	jurat_fail(err, -ENOEXEC, "expected the dynamic loader of glibc, which %s needs, found '%s'", library,
		   file->interpreter);
	return jurat_wrap(err, -ENOEXEC, "'%s'", path);
}

int vmm_program_find(const char *name, const struct elf_file *library, const char *library_name,
		     struct vmm_program *ret, struct jurat_error *err)
{
	struct vmm_program program = { .script = false };
	char found[ELF_NAME_BYTES], expected[ELF_NAME_BYTES];
	struct elf_file file;
	auto_close int fd = -1;
	int r = find(name, program.path, err);

	if (r != 0)
		return r;
	memcpy(program.elf, program.path, sizeof(program.elf));
	fd = open_elf(&program, err);
	if (fd < 0)
		return VMM_PROGRAM_UNUSABLE;
	r = elf_read(base_env_real(), fd, &file, err);
	if (r < 0) {
		jurat_wrap(err, r, "'%s'", program.elf);
		return VMM_PROGRAM_UNUSABLE;
	}
	if (file.class != library->class || file.data != library->data || file.machine != library->machine)
		return jurat_fail(err, VMM_PROGRAM_UNUSABLE,
				  "'%s': expected a program for %s, as %s, found one for %s", program.elf,
				  elf_name(library, expected), library_name, elf_name(&file, found));
	if (check_privileges(program.elf, fd, err) < 0 ||
	    check_loader(program.elf, &file, library_name, err) < 0)
		return VMM_PROGRAM_UNUSABLE;
	*ret = program;
	return 0;
}
