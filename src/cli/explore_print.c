/* SPDX-License-Identifier: MIT */
#include "cli/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/help.h"
#include "base/text_stream.h"

/* What `jurat explore` prints: results as text and JSON, the list of cases, progress. */
enum { HEAD_COLUMNS = 10, INDENT = 4 };

const char *cli_explore_reader(enum explore_reader reader)
{
	static const char *const words[] = {
		[EXPLORE_NO_READER] = "none",
		[EXPLORE_JURAT] = "jurat",
		[EXPLORE_QEMU] = "qemu",
		[EXPLORE_NAIVE] = "naive",
	};

	return words[reader];
}

static int print_json(const struct cli *cli, json_t *json)
{
	auto_free char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;

	json_decref(json);
	if (!text)
		return cli_fail_memory(cli);
	puts(text);
	return cli_flush(cli, CLI_OK);
}

/* ---- --list */

static void print_indented(const char *text)
{
	printf("%*s", INDENT, "");
	base_print_wrapped(stdout, text, INDENT, INDENT);
	putchar('\n');
}

static void print_cases(const char *title, const struct explore_case *cases, size_t n)
{
	printf("\n%s\n", title);
	for (size_t i = 0; i < n; i++) {
		printf("%s: %s%s\n", cases[i].name, cases[i].breaks ? "breaks " : "holds",
		       cases[i].breaks ? cases[i].breaks : "");
		print_indented(cases[i].what);
	}
}

static json_t *cases_json(const struct explore_case *cases, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(all, json_pack("{ss ss ss?}", "name", cases[i].name, "what",
							 cases[i].what, "breaks", cases[i].breaks)) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

static json_t *invariants_json(void)
{
	size_t n;
	const struct explore_invariant *rows = explore_invariants(&n);
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(all, json_pack("{ss ss ss?}", "name", rows[i].name, "snp",
							 rows[i].snp, "tdx", rows[i].tdx)) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

int cli_explore_list(const struct cli *cli)
{
	size_t n_breaks, n_scenarios, n_invariants;
	const struct explore_case *breaks = explore_breaks(&n_breaks),
				  *scenarios = explore_scenarios(&n_scenarios);
	const struct explore_invariant *invariants = explore_invariants(&n_invariants);

	if (cli_wants_json(cli))
		return print_json(cli, json_pack("{so so so}", "invariants", invariants_json(), "breaks",
						 cases_json(breaks, n_breaks), "scenarios",
						 cases_json(scenarios, n_scenarios)));
	puts("INVARIANTS");
	for (size_t i = 0; i < n_invariants; i++) {
		puts(invariants[i].name);
		print_indented(invariants[i].snp);
		if (invariants[i].tdx) {
			printf("%*sTDX: ", INDENT, "");
			base_print_wrapped(stdout, invariants[i].tdx, INDENT + 5, INDENT);
			putchar('\n');
		}
	}
	print_cases("NAMES FOR --break", breaks, n_breaks);
	print_cases("NAMES FOR --scenario", scenarios, n_scenarios);
	return cli_flush(cli, CLI_OK);
}

/* ---- what was explored */

/* The bound that ended the search before it was exhausted; NULL: none did. */
static const char *bound_of(const struct cli_explore *e)
{
	switch (e->result.end) {
	case EXPLORE_STOPPED:
		return e->signal ? "signal" : "timeout";
	case EXPLORE_MEMORY:
		return "memory";
	case EXPLORE_SAMPLED:
		return "steps";
	case EXPLORE_BOUNDED:
		return e->result.search.stopped   ? "max-states"
		       : e->result.search.cut > 0 ? "depth"
						  : "switches";
	default:
		return NULL;
	}
}

static bool is_exhausted(const struct cli_explore *e)
{
	return e->result.end == EXPLORE_HOLDS;
}

static double seconds_of(const struct cli_explore *e)
{
	return (double)e->result.search_ns / 1e9;
}

static double speed_of(const struct cli_explore *e)
{
	return e->result.search_ns ? (double)e->result.search.steps / seconds_of(e) : 0;
}

/* Is the result the expected one? 1 yes, 0 no, -1: no result is expected, or there is none. */
static int as_expected(const struct cli_explore *e)
{
	const char *breaks = e->known->breaks, *violation = e->result.search.violation;

	if (!e->is_own || (!violation[0] && !is_exhausted(e)))
		return -1;
	return violation[0] ? breaks && !strncmp(violation, breaks, strlen(breaks)) : !breaks;
}

/* ---- JSON */

static json_t *machine_json(const struct explore_setup *s)
{
	return json_pack("{ss si si ss si si sb si sb sb sb si si sb si}", "tee",
			 s->tee == EXPLORE_TDX ? "tdx" : "sev-snp", "vcpus", (int)s->vcpus, "requests",
			 (int)s->requests, "readers", cli_explore_reader(s->other), "updaters",
			 (int)s->updaters, "updates", (int)s->updates, "administrator", s->administrator,
			 "crashes", (int)s->crashes, "power_loss", s->power_loss, "signals", s->signals,
			 "lock_timeouts", s->timeouts, "small_buffer", (int)s->small_buffer, "firmware_error",
			 (int)s->firmware_error, "posted_driver", s->posted_driver, "spurious",
			 (int)s->spurious);
}

static json_t *history_json(const struct history *history)
{
	json_t *all = json_array();

	for (size_t i = 0; history && i < history_count(history); i++) {
		struct history_event event = history_get(history, i);

		if (json_array_append_new(all, json_pack("{sI ss ss? ss}", "step", (json_int_t)event.step,
							 "from", event.from, "to",
							 event.to[0] ? event.to : NULL, "text", event.text)) <
		    0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

/* What the invariant that is broken means for this machine. */
static const char *meaning_of(const struct cli_explore *e, const struct explore_invariant *invariant)
{
	bool tdx = e->options.setup.tee == EXPLORE_TDX && invariant->tdx;

	return tdx ? invariant->tdx : invariant->snp;
}

static json_t *violation_json(const struct cli_explore *e)
{
	const struct search_result *s = &e->result.search;
	const struct explore_invariant *invariant = explore_invariant_of(s->violation);
	char seed[24] = "";

	if (!s->violation[0])
		return json_null();
	if (e->options.random)
		(void)!snprintf(seed, sizeof(seed), "%" PRIu64, s->seed); /* JSON's integers are signed */
	return json_pack("{ss? ss? ss si sb ss? so}", "invariant", invariant ? invariant->name : NULL,
			 "means", invariant ? meaning_of(e, invariant) : NULL, "text", s->violation, "steps",
			 (int)s->violation_steps, "shortest", e->result.shortest, "seed",
			 seed[0] ? seed : NULL, "history", history_json(s->history));
}

static json_t *result_json(const struct cli_explore *e)
{
	const struct search_result *s = &e->result.search;
	const struct explore_setup *setup = &e->options.setup;
	int expected = as_expected(e);
	json_t *json = json_pack("{ss? ss? ss? so sb ss? sI sI sI sI si sf sf so}", "sync",
				 setup->tee == EXPLORE_TDX ? NULL : explore_scheme(setup->sync)->name,
				 "break", !strcmp(e->kind, "break") ? e->known->name : NULL, "scenario",
				 !strcmp(e->kind, "scenario") ? e->known->name : NULL, "machine",
				 machine_json(setup), "exhausted", is_exhausted(e), "bound", bound_of(e),
				 "states", (json_int_t)s->states, "orders", (json_int_t)s->orders, "known",
				 (json_int_t)s->known, "steps", (json_int_t)s->steps, "longest",
				 (int)s->longest, "seconds", seconds_of(e), "steps_per_second", speed_of(e),
				 "violation", violation_json(e));

	if (!json)
		return NULL;
	if (e->options.random)
		json_object_set_new(json, "seed", json_sprintf("%" PRIu64, e->options.bounds.seed));
	json_object_set_new(json, "expected",
			    !e->is_own ? json_null()
				       : json_string(e->known->breaks ? e->known->breaks : "holds"));
	json_object_set_new(json, "as_expected", expected < 0 ? json_null() : json_boolean(expected));
	return json;
}

/* ---- text */

/* Prints "name      text", wrapped; closes the text. False: no memory. */
static bool print_row(const char *name, struct text_stream *text)
{
	auto_free char *line = NULL;

	if (text_stream_close(text, &line, NULL) < 0)
		return false;
	printf("%-*s", HEAD_COLUMNS, name);
	base_print_wrapped(stdout, line, HEAD_COLUMNS, HEAD_COLUMNS);
	putchar('\n');
	return true;
}

static void count(FILE *to, const char *before, unsigned n, const char *one, const char *more)
{
	fprintf(to, "%s%u %s", before, n, n == 1 ? one : more);
}

static void describe_machine(FILE *to, const struct explore_setup *s)
{
	static const char *const second[] = {
		[EXPLORE_JURAT] = "a second VMM with libjurat-host",
		[EXPLORE_QEMU] = "a second VMM that reads certificates as QEMU would",
		[EXPLORE_NAIVE] = "a second VMM that does not compare inodes",
	};

	if (s->tee == EXPLORE_TDX)
		fprintf(to, "TDX, %s",
			s->posted_driver ? "the driver posted in 2023" : "the driver of Linux");
	else
		fprintf(to, "SEV-SNP, %s", explore_scheme(s->sync)->name);
	count(to, "; ", s->vcpus, "vCPU", "vCPUs");
	count(to, " with ", s->requests, "request", "requests");
	fprintf(to, "%s", s->vcpus > 1 ? " each" : "");
	if (s->other != EXPLORE_NO_READER)
		fprintf(to, "; %s", second[s->other]);
	if (s->updaters > 0) {
		count(to, "; ", s->updaters, "updater", "updaters");
		count(to, " with ", s->updates, "update", "updates");
		fprintf(to, "%s", s->updaters > 1 ? " each" : "");
	}
	fprintf(to, "%s%s%s%s",
		s->administrator ? "; an administrator who pauses and resumes attestation" : "",
		s->signals ? "; signals" : "", s->timeouts ? "; waits for locks may time out" : "",
		s->small_buffer ? "; too few certificate pages at first" : "");
	if (s->firmware_error)
		fprintf(to, "; firmware error at guest request %u", s->firmware_error);
	if (s->spurious > 0)
		count(to, "; ", s->spurious, "interrupt of another device", "interrupts of another device");
	if (s->crashes > 0)
		count(to, "; ", s->crashes, "crash", "crashes");
	if (s->power_loss)
		fprintf(to, " or loss of power");
}

static bool print_machine(const struct cli_explore *e)
{
	struct text_stream text;

	if (strcmp(e->kind, "sync") != 0) {
		if (text_stream_open(&text) < 0)
			return false;
		fprintf(text.to, "%s: %s", e->known->name, e->known->what);
		if (!print_row(e->kind, &text))
			return false;
	}
	if (text_stream_open(&text) < 0)
		return false;
	describe_machine(text.to, &e->options.setup);
	return print_row("machine", &text);
}

static bool print_searched(const struct cli_explore *e)
{
	const struct search_result *s = &e->result.search;
	struct text_stream text;

	if (text_stream_open(&text) < 0)
		return false;
	if (e->options.random)
		fprintf(text.to, "%" PRIu64 " random orders (seed %" PRIu64 ")", s->orders,
			e->options.bounds.seed);
	else
		fprintf(text.to,
			"%" PRIu64 " states; %" PRIu64 " orders, %" PRIu64 " of them up to a known state",
			s->states, s->orders, s->known);
	count(text.to, "; at most ", s->longest, "decision", "decisions");
	fprintf(text.to, " in an order; %" PRIu64 " steps", s->steps);
	if (!print_row("searched", &text))
		return false;
	/* On a line of its own, as all others are the same each time. */
	printf("%-*s%.1f s, %.0f steps/s\n", HEAD_COLUMNS, "time", seconds_of(e), speed_of(e));
	return true;
}

static void describe_bound(FILE *to, const struct cli_explore *e)
{
	const char *bound = bound_of(e);

	fputs("no invariant is broken so far; NOT EXHAUSTIVE: ", to);
	if (!strcmp(bound, "signal"))
		fprintf(to, "stopped by a signal (%s)", strsignal(e->signal));
	else if (!strcmp(bound, "memory"))
		fputs("memory ran out", to);
	else if (!strcmp(bound, "steps"))
		fputs("only random orders were tried", to);
	else if (!cli_has(e->cli, bound)) /* --depth, of which there is a bound without the option */
		fprintf(to, "some orders have more than %d decisions", SCHED_MAX_DECISIONS);
	else
		fprintf(to, "a bound was reached, --%s %s", bound, cli_get(e->cli, bound));
}

static bool print_result(const struct cli_explore *e)
{
	const struct search_result *s = &e->result.search;
	const struct explore_invariant *invariant = explore_invariant_of(s->violation);
	struct text_stream text;

	if (text_stream_open(&text) < 0)
		return false;
	if (is_exhausted(e))
		fputs("every invariant holds in every order", text.to);
	else if (!s->violation[0])
		describe_bound(text.to, e);
	else
		fprintf(text.to, "BROKEN after %u steps: %s", s->violation_steps, s->violation);
	if (!print_row("result", &text))
		return false;
	if (invariant) {
		if (text_stream_open(&text) < 0)
			return false;
		fprintf(text.to, "%s", meaning_of(e, invariant));
		if (!print_row(invariant->name, &text))
			return false;
	}
	if (s->violation[0] && e->options.random)
		printf("%-*s--steps 1 --seed %" PRIu64 " finds it at once\n", HEAD_COLUMNS, "repeat",
		       s->seed);
	return true;
}

/* Whether the result is the expected one; nothing where none is expected. */
static bool print_expectation(const struct cli_explore *e)
{
	const char *breaks = e->known->breaks;
	int expected = as_expected(e);
	struct text_stream text;

	if (expected < 0)
		return true;
	if (text_stream_open(&text) < 0)
		return false;
	fprintf(text.to, "%s: --%s %s %s%s", expected ? "yes" : "NO", e->kind, e->known->name,
		breaks ? "breaks " : "holds", breaks ? breaks : "");
	return print_row("expected", &text);
}

static int print_text(const struct cli_explore *e)
{
	if (!print_machine(e) || !print_searched(e) || !print_result(e) || !print_expectation(e))
		return cli_fail_memory(e->cli);
	if (e->result.search.history) {
		printf("\n%s:\n",
		       e->result.shortest ? "The shortest history" : "A history; there may be shorter ones");
		history_print(e->result.search.history, SEQUENCE_TEXT, stdout);
	}
	return cli_flush(e->cli, CLI_OK);
}

int cli_explore_print(const struct cli_explore *e)
{
	if (e->result.search.history && history_error(e->result.search.history) < 0)
		return cli_fail_memory(e->cli);
	return cli_wants_json(e->cli) ? print_json(e->cli, result_json(e)) : print_text(e);
}

void cli_explore_progress(const struct cli_explore *e, const struct search_result *so_far, uint64_t now_ns)
{
	double seconds = (double)(now_ns - e->began_ns) / 1e9;

	if (!so_far) {
		fputs("\r\033[K", stderr);
		return;
	}
	/* Fits on 80 columns: a line that wraps is not removed as a whole. */
	fprintf(stderr, "\r\033[K%s", e->shortens ? "broken; shortening: " : "");
	if (so_far->states > 0)
		fprintf(stderr, "%" PRIu64 " states, ", so_far->states);
	fprintf(stderr, "%" PRIu64 " orders, %.0f steps/s, %.0f s", so_far->orders,
		seconds > 0 ? (double)so_far->steps / seconds : 0, (double)e->spent_ns / 1e9 + seconds);
	fflush(stderr);
}
