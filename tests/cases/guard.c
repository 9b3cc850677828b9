/* SPDX-License-Identifier: MIT */
#include "cases/guard.h"

#undef verdict_refuse
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cases/verified.h"

/*
 * Takes the checks of the verifier away one at a time, and looks whether a case fails: cases_guard WORKER
 * WORKERS takes the cases WORKER, WORKER + WORKERS ... One line for each place and reason:
 *
 *	PLACE LINE FILE REASON accepted|reasons|- ID
 *
 * accepted: evidence that must be refused is accepted, or the verifier ends itself; reasons: the reasons are
 * others. A place that no case reaches has the reason -. Run by scripts/cases-guard.
 */

/* Weak: a verifier that was not compiled with guard.h has none. */
extern const struct guard_place first_place[] __asm__("__start_guard_places") __attribute__((weak));
extern const struct guard_place end_of_places[] __asm__("__stop_guard_places") __attribute__((weak));

enum { MAX_PLACES = 1024 };

/* Which cases reach a place for a reason. */
struct reached {
	unsigned *cases;
	unsigned n;
};
static struct reached reached[MAX_PLACES][VERIFY_N_REASONS];
static unsigned now; /* the case that is being verified */
static bool recording;
static const struct guard_place *skipped;
static enum verify_reason skipped_reason;

bool guard_skips(const struct guard_place *place, enum verify_reason reason)
{
	struct reached *to = &reached[place - first_place][reason];
	unsigned *grown;

	if (recording && (to->n == 0 || to->cases[to->n - 1] != now)) {
		grown = reallocarray(to->cases, to->n + 1, sizeof(*grown));
		if (!grown)
			abort();
		to->cases = grown;
		to->cases[to->n++] = now;
	}
	return place == skipped && reason == skipped_reason;
}

struct one {
	const struct cases_row *row;
	struct cases_evidence evidence;
	char reasons[VERIFIED_REASONS_BYTES];
};

/* Prints what a row needs and has not, and ends the program. */
static void fail_at(const struct cases_row *row, const char *why)
{
	fprintf(stderr, "%s: %s\n", row->id, why);
	exit(2);
}

static void verify_one(const struct one *c, char reasons[VERIFIED_REASONS_BYTES])
{
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };

	if (verified_verdict(c->row, &c->evidence, &verdict, &err) < 0)
		fail_at(c->row, err.text);
	verified_reasons(verdict, reasons);
	jurat_verdict_free(verdict);
}

static struct one *make_all(const struct cases_table *table, size_t worker, size_t workers, size_t *ret_n)
{
	struct one *all = calloc(table->n, sizeof(*all));
	struct cases_roots *roots = NULL;
	struct jurat_error err = { "" };
	size_t n = 0;

	if (!all || cases_roots_new(&roots, &err) < 0)
		abort();
	for (size_t i = worker; i < table->n; i += workers) {
		all[n].row = &table->rows[i];
		if (cases_evidence_make(roots, all[n].row, &all[n].evidence, &err) < 0)
			fail_at(all[n].row, err.text);
		n++;
	}
	cases_roots_free(roots);
	*ret_n = n;
	return all;
}

static void record(struct one *all, size_t n)
{
	recording = true;
	for (now = 0; now < n; now++)
		verify_one(&all[now], all[now].reasons);
	recording = false;
}

/* In a process of its own, which the verifier may end: 0 nothing differs; 1 reasons; 2 accepted, or ended. */
static int try_without(const struct one *c, const struct guard_place *place, enum verify_reason reason)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char reasons[VERIFIED_REASONS_BYTES];

		skipped = place;
		skipped_reason = reason;
		if (!freopen("/dev/null", "w", stderr))
			_exit(3);
		verify_one(c, reasons);
		_exit(!strcmp(reasons, c->reasons) ? 0 : reasons[0] ? 1 : 2);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void guard(const struct one *all, const struct guard_place *place, enum verify_reason reason)
{
	static const char *const words[] = { "-", "reasons", "accepted" };
	const struct reached *at = &reached[place - first_place][reason];
	const char *id = "-";
	int best = 0;

	for (unsigned i = 0; i < at->n && best < 2; i++) {
		const struct one *c = &all[at->cases[i]];
		int r = try_without(c, place, reason);

		if (r <= best || r > 2)
			continue;
		best = r;
		id = c->row->id;
	}
	printf("%zu %u %s %s %s %s\n", (size_t)(place - first_place), place->line, place->file,
	       verify_reason_code(reason), words[best], id);
}

int main(int argc, char **argv)
{
	const size_t worker = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	const size_t workers = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	struct cases_table table;
	struct jurat_error err = { "" };
	struct one *all;
	size_t n;

	if (&first_place[0] == &end_of_places[0] || workers == 0 || cases_table_new(&table, &err) < 0)
		return 2;
	all = make_all(&table, worker, workers, &n);
	record(all, n);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (const struct guard_place *place = first_place; place < end_of_places; place++) {
		bool any = false;

		for (unsigned reason = 0; reason < VERIFY_N_REASONS; reason++) {
			if (reached[place - first_place][reason].n == 0)
				continue;
			any = true;
			guard(all, place, (enum verify_reason)reason);
		}
		if (!any)
			printf("%zu %u %s - - -\n", (size_t)(place - first_place), place->line, place->file);
	}
	for (size_t i = 0; i < n; i++)
		cases_evidence_done(&all[i].evidence);
	free(all);
	cases_table_done(&table);
	return 0;
}
