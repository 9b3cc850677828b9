/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * `process-verify`: what a script waits for that calls `jurat verify` of a report with its certificates: to
 * start the program, load its libraries, read four files, verify and print. Beside it a minimal program that
 * makes the same checks with OpenSSL, and prints one word.
 */
extern char **environ;

struct processes {
	const char *jurat;
	char evidence[PATH_MAX], split[PATH_MAX], peak_file[PATH_MAX];
	char report[PATH_MAX], certs[PATH_MAX], roots[PATH_MAX];     /* for ours */
	char leaf[PATH_MAX], intermediate[PATH_MAX], root[PATH_MAX]; /* for the bare one */
	char bare_verify[PATH_MAX], peak_memory[PATH_MAX];           /* programs beside this one */
	bool failed;
};

int bench_spawn(const char *const argv[])
{
	posix_spawn_file_actions_t to_null;
	int status = 0, r;
	pid_t pid;

	if (posix_spawn_file_actions_init(&to_null) != 0)
		return -1;
	r = posix_spawn_file_actions_addopen(&to_null, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	r = r ? r : posix_spawn(&pid, argv[0], &to_null, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&to_null);
	if (r != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ours(void *ctx)
{
	struct processes *p = ctx;
	const char *argv[] = {
		p->jurat, "verify", "--roots", p->roots, "--certs", p->certs, p->report, NULL
	};

	p->failed |= bench_spawn(argv) != 0;
}

static void bare(void *ctx)
{
	struct processes *p = ctx;
	const char *argv[] = { p->bare_verify, p->report, p->leaf, p->intermediate, p->root, NULL };

	p->failed |= bench_spawn(argv) != 0;
}

static bool join(char ret[static PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);

	return n > 0 && n < PATH_MAX;
}

/* The folder of this program, as the build folder has it. */
static bool name_all(struct processes *p, const struct bench *b)
{
	char self[PATH_MAX];
	char *slash;

	snprintf(self, sizeof(self), "%s", b->self);
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return join(p->bare_verify, self, "bare-verify") && join(p->peak_memory, self, "peak-memory") &&
	       join(p->evidence, b->dir, "evidence") && join(p->split, p->evidence, "split") &&
	       join(p->peak_file, p->evidence, "peak") && join(p->report, p->evidence, "report.bin") &&
	       join(p->certs, p->evidence, "certs.bin") && join(p->roots, p->evidence, "roots") &&
	       join(p->leaf, p->split, "vcek.der") && join(p->intermediate, p->split, "ask.der") &&
	       join(p->root, p->split, "ark.der");
}

static int make_evidence(const struct processes *p)
{
	const char *demo[] = { p->jurat, "demo", "--tee", "sev-snp", "--dir", p->evidence, NULL };
	const char *split[] = { p->jurat, "certs", "split", p->certs, p->split, NULL };
	int status = bench_spawn(demo);

	return status != 0 ? status : bench_spawn(split);
}

/* 0: it was not measured. */
static uint64_t peak_bytes(const struct processes *p)
{
	const char *argv[] = { p->peak_memory, p->peak_file, p->jurat, "verify",  "--roots",
			       p->roots,       "--certs",    p->certs, p->report, NULL };
	FILE *f = bench_spawn(argv) == 0 ? fopen(p->peak_file, "re") : NULL;
	unsigned long long bytes = 0;

	if (f && fscanf(f, "%llu", &bytes) != 1)
		bytes = 0;
	if (f)
		fclose(f);
	return bytes;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int bench_process(struct bench *b)
{
	enum { NOT_THERE = -1 };
	struct processes p = { .jurat = b->jurat };
	char beside[160];
	uint64_t bytes;
	int status;

	if (!bench_wanted(b, "process-verify"))
		return BENCH_OK;
	status = name_all(&p, b) ? make_evidence(&p) : NOT_THERE;
	bytes = status == 0 ? peak_bytes(&p) : 0;
	snprintf(beside, sizeof(beside), "process of a minimal program that verifies with OpenSSL; %.1f MiB",
		 (double)bytes / 1048576);
	if (status == NOT_THERE)
		bench_skip(b, "process-verify", "no jurat to run");
	else if (bytes == 0)
		bench_fail(b, "process-verify", "jurat demo, certs split or verify failed");
	else
		bench_measure(b, "process-verify",
			      &(struct bench_pair){ .ours = ours,
						    .bare = bare,
						    .ctx = &p,
						    .failed = &p.failed,
						    .beside = beside,
						    .bytes = bytes });
	nftw(p.evidence, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return BENCH_OK;
}
