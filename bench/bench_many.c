/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "bench/bare.h"
#include "bench/bench_load.h"
#include "bench/makers.h"
#include "machine/machine.h"
#include "uapi/sev.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"

/*
 * `verify-many`: the complete process of `jurat verify --files-from` on 10,000 different reports of 100
 * chips, with one thread and with two. Beside the time that two save, what they save for P-384 verifications
 * alone on the same two cores, in turn.
 */
extern char **environ;

enum { N_CHIPS = 100, N_OF_CHIP = 100, N_REPORTS = N_CHIPS * N_OF_CHIP, N_BARE = 2000, MAX_ROUNDS = 41 };

struct many {
	const char *jurat;
	char dir[PATH_MAX], certs[PATH_MAX + 16], root[PATH_MAX + 16], list[PATH_MAX + 16];
	char peak_memory[PATH_MAX], peak_file[PATH_MAX + 16];
	struct bare_p384 *bare[2]; /* one for each thread */
	bool failed;
};

/* What one process took. */
struct run {
	double wall_ns, cpu_ns;
	uint64_t bytes;
};

static int get_report(struct machine_guest *guest, unsigned number, uint8_t report[SNP_REPORT_BYTES])
{
	uint8_t request[SNP_MSG_REPORT_REQ_BYTES] = { 0 }, response[SNP_REPORT_RESP_BYTES] = { 0 };
	uint8_t arg[SNP_IOCTL_BYTES] = { 1 };
	int r;

	bytes_put_le(request, number, 4);
	bytes_put_le(arg + 8, (uintptr_t)request, 8);
	bytes_put_le(arg + 16, (uintptr_t)response, 8);
	r = machine_ioctl(guest, 0, UAPI_SNP_GET_REPORT, arg);
	memcpy(report, response + SNP_MSG_REPORT_RSP_HDR_BYTES, SNP_REPORT_BYTES);
	return r;
}

static int write_in(const char *dir, const char *kind, unsigned number, const void *data, size_t n,
		    struct jurat_error *err)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s%u", dir, kind, number);
	return bench_write(path, data, n, err);
}

/* The certificates of a chip, whose authorities are those of all chips. */
static int write_certs(struct many *m, struct machine *machine, unsigned chip, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	struct snp_certs table;
	size_t n;
	int r = sim_kds_table(machine_psp(machine), machine_pki(machine), &bytes, &n, err);

	if (r == 0)
		r = snp_certs_read(bytes, n, &table, err);
	for (size_t i = 0; r == 0 && i < table.n; i++) {
		const struct bytes_rd *data = &table.entries[i].data;

		if (i == 0)
			r = write_in(m->certs, "vcek-", chip, data->data, data->size, err);
		else if (chip == 0)
			r = i == 1 ? write_in(m->certs, "ask-", 0, data->data, data->size, err)
				   : bench_write(m->root, data->data, data->size, err);
	}
	return r;
}

static int write_chip(struct many *m, unsigned chip, FILE *list, struct jurat_error *err)
{
	struct machine_options options = { .psp.seed = NULL };
	struct sim_launch launch = { .policy = 0x30000 };
	uint8_t report[SNP_REPORT_BYTES];
	struct machine *machine = NULL;
	struct machine_guest *guest;
	char seed[16];
	int r;

	snprintf(seed, sizeof(seed), "chip-%u", chip);
	options.psp.seed = seed;
	r = machine_new(&options, &machine, err);
	if (r == 0)
		r = write_certs(m, machine, chip, err);
	if (r == 0)
		r = machine_guest_new(machine, &launch, 1, &guest, err);
	for (unsigned i = chip * N_OF_CHIP; r == 0 && i < (chip + 1) * N_OF_CHIP; i++) {
		r = get_report(guest, i, report);
		if (r != 0)
			r = jurat_fail(err, -EIO, "the software machine did not attest");
		else
			r = write_in(m->dir, "report-", i, report, sizeof(report), err);
		fprintf(list, "%s/report-%u\n", m->dir, i);
	}
	machine_free(machine);
	return r;
}

static int set_up(struct many *m, const struct bench *b, struct jurat_error *err)
{
	const char *slash = strrchr(b->self, '/');
	FILE *list;
	int r = 0;

	m->jurat = b->jurat;
	snprintf(m->dir, sizeof(m->dir), "%s/many", b->dir);
	snprintf(m->certs, sizeof(m->certs), "%s/certs", m->dir);
	snprintf(m->root, sizeof(m->root), "%s/root.der", m->dir);
	snprintf(m->list, sizeof(m->list), "%s/list", m->dir);
	snprintf(m->peak_file, sizeof(m->peak_file), "%s/peak", m->dir);
	snprintf(m->peak_memory, sizeof(m->peak_memory), "%.*s/peak-memory",
		 (int)(slash ? slash - b->self : 0), b->self);
	if (mkdir(m->dir, 0700) < 0 || mkdir(m->certs, 0700) < 0)
		return jurat_fail(err, -errno, "%s: %s", m->dir, strerror(errno));
	list = fopen(m->list, "we");
	if (!list)
		return jurat_fail(err, -errno, "%s: %s", m->list, strerror(errno));
	for (unsigned i = 0; r == 0 && i < N_CHIPS; i++)
		r = write_chip(m, i, list, err);
	if (fclose(list) != 0 && r == 0)
		r = jurat_fail(err, -EIO, "%s: cannot be written", m->list);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(m->bare); i++)
		r = bare_p384_new(bench_of_build.p384, &m->bare[i]);
	return r;
}

static uint64_t read_peak(const struct many *m)
{
	FILE *f = fopen(m->peak_file, "re");
	unsigned long long bytes = 0;

	if (f && fscanf(f, "%llu", &bytes) != 1)
		bytes = 0;
	if (f)
		fclose(f);
	return bytes;
}

static struct run run_process(struct many *m, const char *jobs)
{
	const char *argv[] = { m->peak_memory, m->peak_file, m->jurat,       "verify",  "--output",
			       "json",         "--jobs",     jobs,           "--roots", m->root,
			       "--certs",      m->certs,     "--files-from", m->list,   NULL };
	posix_spawn_file_actions_t to_null;
	struct rusage used = { 0 };
	uint64_t start = bench_now_ns();
	struct run run;
	int status = -1;
	pid_t pid;

	if (posix_spawn_file_actions_init(&to_null) != 0) {
		m->failed = true;
		return (struct run){ .wall_ns = 1 };
	}
	if (posix_spawn_file_actions_addopen(&to_null, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn(&pid, argv[0], &to_null, NULL, (char *const *)(uintptr_t)argv, environ) != 0 ||
	    wait4(pid, &status, 0, &used) != pid || status != 0)
		m->failed = true;
	posix_spawn_file_actions_destroy(&to_null);
	run.wall_ns = (double)(bench_now_ns() - start) / N_REPORTS;
	run.cpu_ns = ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e9 +
		      (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e3) /
		     N_REPORTS;
	run.bytes = read_peak(m);
	return run;
}

struct part {
	struct bare_p384 *bare;
	unsigned n;
	bool failed;
};

static void *verify_part(void *arg)
{
	struct part *part = arg;

	for (unsigned i = 0; i < part->n; i++)
		part->failed |= bare_p384_verify(part->bare) != 1;
	return NULL;
}

/* The same number of verifications in one thread, or in two. */
static struct run run_bare(struct many *m, unsigned n_threads)
{
	struct part parts[2] = { { m->bare[0], N_BARE / n_threads, false },
				 { m->bare[1], N_BARE / n_threads, false } };
	uint64_t start = bench_now_ns(), cpu = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	pthread_t other;
	bool has_other = n_threads > 1 && pthread_create(&other, NULL, verify_part, &parts[1]) == 0;

	verify_part(&parts[0]);
	if (has_other)
		pthread_join(other, NULL);
	m->failed |= parts[0].failed || parts[1].failed || has_other != (n_threads > 1);
	return (struct run){ .wall_ns = (double)(bench_now_ns() - start) / N_BARE,
			     .cpu_ns = (double)(bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / N_BARE };
}

static void measure(struct bench *b, struct many *m)
{
	double ours[MAX_ROUNDS], bare[MAX_ROUNDS], gain[MAX_ROUNDS], bare_gain[MAX_ROUNDS], ratio[MAX_ROUNDS],
		cpu[MAX_ROUNDS];
	const uint64_t end = bench_now_ns() + b->seconds * 1000000000;
	uint64_t bytes = 0;
	char beside[160];
	size_t n = 0;

	do {
		struct run bare_one = run_bare(m, 1), bare_two = run_bare(m, 2);
		struct run one = run_process(m, "1"), two = run_process(m, "2");

		ours[n] = two.wall_ns;
		bare[n] = bare_two.wall_ns;
		gain[n] = one.wall_ns / two.wall_ns;
		bare_gain[n] = bare_one.wall_ns / bare_two.wall_ns;
		ratio[n] = gain[n] / bare_gain[n];
		cpu[n] = one.cpu_ns / bare_one.cpu_ns;
		bytes = two.bytes > bytes ? two.bytes : bytes;
		n++;
	} while (!m->failed && n < MAX_ROUNDS && bench_now_ns() < end);
	if (m->failed || bytes == 0) {
		bench_fail(b, "verify-many", "jurat verify or a verification failed");
		return;
	}
	snprintf(beside, sizeof(beside),
		 "P-384 verifications alone: two threads gain %.2f, jurat %.2f; processor time %.2f of them; "
		 "%.1f MiB",
		 bench_median(bare_gain, n), bench_median(gain, n), bench_median(cpu, n),
		 (double)bytes / 1048576);
	bench_print(b, &(struct bench_figure){ .name = "verify-many",
					       .ours_ns = bench_median(ours, n),
					       .bare_ns = bench_median(bare, n),
					       .ratio = bench_median(ratio, n),
					       .beside = beside,
					       .n = n * N_REPORTS,
					       .bytes = bytes });
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int bench_many(struct bench *b)
{
	static struct many m;
	struct jurat_error err = { "" };
	cpu_set_t cores;

	if (!bench_wanted(b, "verify-many"))
		return BENCH_OK;
	if (!b->jurat)
		bench_skip(b, "verify-many", "no jurat to run");
	else if (sched_getaffinity(0, sizeof(cores), &cores) < 0 || CPU_COUNT(&cores) < 2)
		bench_skip(b, "verify-many", "there is one core only");
	else if (set_up(&m, b, &err) < 0)
		bench_fail(b, "verify-many", err.text);
	else
		measure(b, &m);
	for (size_t i = 0; i < ARRAY_SIZE(m.bare); i++)
		bare_p384_free(m.bare[i]);
	if (m.dir[0])
		nftw(m.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return BENCH_OK;
}
