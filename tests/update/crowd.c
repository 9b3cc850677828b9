/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "update/crowd.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/guest.h"
#include "machine/machine.h"
#include "verify/verdict.h"
#include "wire/snp_certs.h"

/*
 * The VMMs wait for an updater for longer than the 2 s that a guest sleeps after BUSY, so that a request's
 * time is what it really took: with so many guests on a few processors, a VMM looks at the lock seldom.
 */
enum { LOCK_WAIT_MS = 10000, SLOW_NS = 2000000000, WHY_BYTES = 200 };

/* One writer at a time: the updater. A state is complete before its version says that it is there. */
struct board {
	atomic_uint_fast64_t version;
	uint8_t state[2][SIM_PSP_STATE_BYTES];
	atomic_bool stop;
	struct post {
		atomic_uint_fast64_t requests, empty, busy, slow, max_ns, max_with_line_ns;
		char why[WHY_BYTES]; /* that it ended for; "": it has not */
	} posts[CROWD_MAX];
};

struct crowd {
	struct update_world *w;
	struct board *board;
	struct sim_psp *psp; /* of this process */
	uint64_t loaded;     /* version of the board in it */
	bool may_change;     /* not in a guest's process, which has only a launch to save */
	pid_t pids[CROWD_MAX];
	unsigned n;
};

static int refresh(void *ctx)
{
	struct crowd *c = ctx;
	uint64_t version = atomic_load(&c->board->version);

	while (version != c->loaded) {
		uint8_t state[SIM_PSP_STATE_BYTES];

		memcpy(state, c->board->state[version % 2], sizeof(state));
		c->loaded = version;
		version = atomic_load(&c->board->version);
		if (version == c->loaded && sim_psp_load(c->psp, state, sizeof(state), NULL) < 0)
			return -EIO;
	}
	return 0;
}

static int changed(void *ctx)
{
	struct crowd *c = ctx;

	if (!c->may_change)
		return 0;
	sim_psp_save(c->psp, c->board->state[(c->loaded + 1) % 2]);
	atomic_store(&c->board->version, ++c->loaded);
	return 0;
}

static void share(struct crowd *c, struct sim_psp *psp)
{
	c->psp = psp;
	sim_psp_set_share(psp, &(struct sim_psp_share){ refresh, changed, c });
}

/* ---- A guest's process */

__attribute__((format(printf, 2, 3), noreturn)) static void end(struct post *post, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(post->why, WHY_BYTES, format, ap);
	va_end(ap);
	_exit(1);
}

static void verify(struct crowd *c, struct post *post, const struct jurat_evidence *got)
{
	struct jurat_snp_evidence evidence = { sizeof(evidence), got->report, got->report_size, got->certs,
					       got->certs_size };
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	struct jurat_error err = { "" };
	struct snp_certs table;
	int r = snp_certs_read(got->certs, got->certs_size, &table, &err);

	if (r < 0)
		end(post, "the certificates: %s", err.text);
	if (table.n == 0) {
		atomic_fetch_add(&post->empty, 1);
		return;
	}
	r = jurat_verify_snp(c->w->options.source.verifier, &evidence, NULL, world_time(c->w), &verdict,
			     &err);
	if (r != 0)
		end(post, "MISMATCH: %s: %s", r < 0 ? "not verified" : jurat_verdict_reason_code(verdict, 0),
		    r < 0 ? err.text : jurat_verdict_reason_detail(verdict, 0));
}

/*
 * How long this process was ready to run and had no processor: with 64 of them on two, most of a request's
 * time. 0 where the kernel does not count it.
 */
static uint64_t stood_in_line_ns(void)
{
	FILE *f = fopen("/proc/self/schedstat", "re");
	unsigned long long ran, waited = 0;

	if (f && fscanf(f, "%llu %llu", &ran, &waited) != 2)
		waited = 0;
	if (f)
		fclose(f);
	return waited;
}

static void keep_max(atomic_uint_fast64_t *max, uint64_t n)
{
	if (n > atomic_load(max))
		atomic_store(max, n);
}

static void attest(struct crowd *c, struct post *post, struct machine *m, struct jurat_guest *guest)
{
	uint64_t real = base_now_ns(base_env_real()), slept = machine_now_ns(m), line = stood_in_line_ns(),
		 took;
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_error err = { "" };
	uint8_t data[64] = { 0 };

	bytes_put_le(data, atomic_load(&post->requests), 8);
	if (jurat_guest_report(guest, data, NULL, &evidence, &err) != 0)
		end(post, "no report: %s", err.text);
	slept = machine_now_ns(m) - slept;
	took = base_now_ns(base_env_real()) - real + slept;
	if (memcmp(evidence.report + 0x50, data, sizeof(data)) != 0)
		end(post, "MISMATCH: the report is another's");
	verify(c, post, &evidence);
	jurat_evidence_done(&evidence);
	if (slept >= SLOW_NS)
		atomic_fetch_add(&post->busy, 1);
	line = stood_in_line_ns() - line;
	keep_max(&post->max_with_line_ns, took);
	took -= line < took ? line : took;
	keep_max(&post->max_ns, took);
	if (took > SLOW_NS)
		atomic_fetch_add(&post->slow, 1);
	atomic_fetch_add(&post->requests, 1);
}

static void be_guest(struct crowd *c, struct post *post)
{
	const struct machine_options options = { .psp.product = c->w->product,
						 .certs_path = c->w->path,
						 .at = world_time(c->w),
						 .lock_wait_ms = LOCK_WAIT_MS };
	const struct jurat_guest_options via = { .size = sizeof(via),
						 .tee = JURAT_TEE_SEV_SNP,
						 .via = JURAT_VIA_IOCTL };
	struct sim_launch launch = { .policy = 0x30000 };
	struct machine_guest *guest;
	struct jurat_guest *handle;
	struct jurat_error err = { "" };
	struct machine *m;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (machine_new(&options, &m, &err) != 0)
		end(post, "no machine: %s", err.text);
	c->loaded = 0;
	c->may_change = false;
	share(c, machine_psp(m));
	if (machine_guest_new(m, &launch, 1, &guest, &err) != 0 ||
	    guest_open(machine_env(guest, 0), &via, &handle, &err) != 0)
		end(post, "no guest: %s", err.text);
	while (!atomic_load(&c->board->stop))
		attest(c, post, m, handle);
	_exit(0);
}

/* ---- The test's process */

struct crowd *crowd_start(struct update_world *w, unsigned n)
{
	struct crowd *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	assert_true(n <= CROWD_MAX);
	c->board = mmap(NULL, sizeof(*c->board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(c->board != MAP_FAILED);
	c->w = w;
	c->may_change = true;
	share(c, w->psp);
	assert_int_equal(changed(c), 0);
	for (c->n = 0; c->n < n; c->n++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			be_guest(c, &c->board->posts[c->n]);
		c->pids[c->n] = pid;
	}
	return c;
}

struct crowd_counts crowd_counts(struct crowd *c)
{
	struct crowd_counts sum = { 0 };

	for (unsigned i = 0; i < c->n; i++) {
		struct post *p = &c->board->posts[i];
		uint64_t max_ns = atomic_load(&p->max_ns), with_line = atomic_load(&p->max_with_line_ns);

		if (p->why[0])
			FAIL_BECAUSE("guest %u: %s", i, p->why);
		sum.requests += atomic_load(&p->requests);
		sum.empty += atomic_load(&p->empty);
		sum.busy += atomic_load(&p->busy);
		sum.slow += atomic_load(&p->slow);
		sum.max_ns = max_ns > sum.max_ns ? max_ns : sum.max_ns;
		sum.max_with_line_ns = with_line > sum.max_with_line_ns ? with_line : sum.max_with_line_ns;
	}
	return sum;
}

void crowd_wait(struct crowd *c)
{
	uint64_t before[CROWD_MAX];

	for (unsigned i = 0; i < c->n; i++)
		before[i] = atomic_load(&c->board->posts[i].requests);
	for (unsigned i = 0; i < c->n; i++)
		while (atomic_load(&c->board->posts[i].requests) < before[i] + 2) {
			int status;

			(void)crowd_counts(c);
			assert_int_equal(waitpid(c->pids[i], &status, WNOHANG), 0);
			base_sleep_ns(base_env_real(), 200000); /* the test's time limit bounds it */
		}
}

struct crowd_counts crowd_stop(struct crowd *c)
{
	struct crowd_counts counts;
	int status;

	atomic_store(&c->board->stop, true);
	for (unsigned i = 0; i < c->n; i++) {
		assert_int_equal(waitpid(c->pids[i], &status, 0), c->pids[i]);
		if (status != 0 && !c->board->posts[i].why[0])
			FAIL_BECAUSE("guest %u ended with status 0x%x", i, (unsigned)status);
	}
	counts = crowd_counts(c);
	sim_psp_set_share(c->w->psp, NULL);
	munmap(c->board, sizeof(*c->board));
	free(c);
	return counts;
}
