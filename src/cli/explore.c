/* SPDX-License-Identifier: MIT */
#include "cli/explore.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/text_stream.h"
#include "cli/output.h"

/* `jurat explore`: options, signals, files. The search is explore/explore.h, the output explore_print.c. */
enum { DEFAULT_STEPS = 1000000, DEFAULT_SEED = 1 };

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* ---- the machine */

/* Options that change a number of the machine. */
static const struct knob {
	const char *option;
	size_t offset; /* of an unsigned in the setup */
	unsigned min, max;
} knobs[] = {
	{ "vcpus", offsetof(struct explore_setup, vcpus), 1, 3 },
	{ "requests", offsetof(struct explore_setup, requests), 1, 5 },
	{ "updaters", offsetof(struct explore_setup, updaters), 0, 3 },
	{ "updates", offsetof(struct explore_setup, updates), 1, 5 },
	{ "crashes", offsetof(struct explore_setup, crashes), 0, 3 },
};

static unsigned *knob_of(struct explore_setup *setup, const struct knob *knob)
{
	return (unsigned *)(void *)((char *)setup + knob->offset);
}

static bool take_readers(const struct cli *cli, struct explore_setup *setup)
{
	const char *name = cli_get(cli, "readers");

	for (int i = EXPLORE_NO_READER; name && i <= EXPLORE_NAIVE; i++)
		if (!strcmp(name, cli_explore_reader((enum explore_reader)i)))
			setup->other = (enum explore_reader)i;
	return name != NULL;
}

/* Options that change the machine of --sync, --break or --scenario. */
static bool take_machine(struct cli_explore *e)
{
	static const char *const snp_only[] = { "readers", "power-loss", "updaters", "updates", "crashes" };
	struct explore_setup *setup = &e->options.setup;
	const struct cli *cli = e->cli;

	for (size_t i = 0; setup->tee == EXPLORE_TDX && i < ARRAY_SIZE(snp_only); i++)
		if (cli_has(cli, snp_only[i]))
			return cli_misuse(cli, "--%s does not apply to --%s %s, which is a TDX machine",
					  snp_only[i], e->kind, e->known->name);
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		unsigned *knob = knob_of(setup, &knobs[i]);
		uint64_t value;

		if (!cli_get_number_from(cli, knobs[i].option, knobs[i].min, knobs[i].max, *knob, &value))
			return false;
		e->is_own = e->is_own && value == *knob;
		*knob = (unsigned)value;
	}
	if (take_readers(cli, setup) || cli_has(cli, "power-loss"))
		e->is_own = false;
	setup->power_loss = setup->power_loss || cli_has(cli, "power-loss");
	if (setup->updaters > 0 && !cli_has(cli, "updates") && setup->updates == 0)
		setup->updates = 1;
	if (cli_has(cli, "updates") && setup->updaters == 0)
		return cli_misuse(cli, "--updates needs --updaters: --%s %s has no updater", e->kind,
				  e->known->name);
	if (setup->power_loss && setup->crashes == 0)
		return cli_misuse(cli, "--power-loss needs --crashes: a loss of power counts as a crash");
	return true;
}

static bool take_case(struct cli_explore *e, const char *kind,
		      const struct explore_case *(*cases)(size_t *ret_n))
{
	const char *name = cli_get(e->cli, kind);
	const struct explore_case *all;
	size_t n;

	if (!name)
		return true;
	e->kind = kind;
	all = cases(&n);
	e->known = explore_find(all, n, name);
	return e->known ||
	       cli_misuse(e->cli, "--%s: unknown name '%s' (see jurat explore --list)", kind, name);
}

static bool take_known(struct cli_explore *e)
{
	static const char *const kinds[] = { "sync", "break", "scenario" };
	const char *word = cli_get(e->cli, "sync"), *used = NULL;
	enum sim_sync sync = SIM_SYNC_UPSTREAM;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!cli_has(e->cli, kinds[i]))
			continue;
		if (used)
			return cli_misuse(e->cli,
					  "--%s and --%s cannot be used together: each selects a machine",
					  used, kinds[i]);
		used = kinds[i];
	}
	e->kind = "sync";
	if (word)
		(void)sim_sync_find(word, &sync); /* verbs.c refuses other words */
	e->known = explore_scheme(sync);
	if (!take_case(e, "break", explore_breaks) || !take_case(e, "scenario", explore_scenarios))
		return false;
	e->options.setup = e->known->setup;
	e->is_own = true;
	return take_machine(e);
}

/* ---- the search */

static bool go_on(void *ctx, const struct search_result *so_far)
{
	struct cli_explore *e = ctx;
	uint64_t now = base_now_ns(base_env_real());

	if (e->last && so_far != e->last) { /* another search */
		e->shortens = true;
		e->spent_ns += now - e->began_ns;
		e->began_ns = now;
	}
	e->last = so_far;
	if (e->progress)
		cli_explore_progress(e, so_far, now);
	e->timed_out = e->timeout_ns > 0 && e->spent_ns + now - e->began_ns >= e->timeout_ns;
	e->signal = caught;
	return !e->timed_out && !e->signal;
}

static bool take_bounds(struct cli_explore *e)
{
	struct explore_options *o = &e->options;
	const struct cli *cli = e->cli;
	uint64_t depth, switches, seconds;

	o->random = cli_has(cli, "steps") || cli_has(cli, "seed");
	/* 0 would be no bound, which nobody can mean who uses the option. */
	if (!cli_get_number_from(cli, "depth", 1, SCHED_MAX_DECISIONS, 0, &depth) ||
	    !cli_get_number_from(cli, "switches", 1, UINT_MAX, 0, &switches) ||
	    !cli_get_number_from(cli, "max-states", 1, INT64_MAX, 0, &o->bounds.max_states) ||
	    !cli_get_number_from(cli, "timeout", 1, 366 * 24 * 3600, 0, &seconds) ||
	    !cli_get_number_from(cli, "steps", 1, INT64_MAX, DEFAULT_STEPS, &o->bounds.max_steps) ||
	    !cli_get_number(cli, "seed", UINT64_MAX, DEFAULT_SEED, &o->bounds.seed))
		return false;
	if (o->random && cli_has(cli, "max-states"))
		return cli_misuse(cli, "--max-states does not apply to random orders (--%s)",
				  cli_has(cli, "steps") ? "steps" : "seed");
	if (!o->random)
		o->bounds.max_steps = 0;
	o->bounds.max_depth = (unsigned)depth;
	o->max_switches = (unsigned)switches;
	e->timeout_ns = seconds * 1000000000;
	o->bounds.go_on = go_on;
	o->bounds.ctx = e;
	return true;
}

/* The first signal stops the search, and what was covered is printed; the second has its usual effect. */
static int search(struct cli_explore *e)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }, before[2];
	struct jurat_error err = { "" };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		sigaction(numbers[i], &stop, &before[i]);
		if (before[i].sa_handler == SIG_IGN) /* as a shell's background job: Ctrl-C is not for it */
			sigaction(numbers[i], &before[i], NULL);
	}
	e->began_ns = base_now_ns(base_env_real());
	r = explore_run(&e->options, &e->result, &err);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &before[i], NULL);
	if (e->progress)
		cli_explore_progress(e, NULL, 0);
	if (r == -EINVAL)
		return cli_fail(e->cli, CLI_USAGE, "%s", err.text);
	return r < 0 ? cli_fail(e->cli, CLI_INTERNAL, "%s", err.text) : CLI_OK;
}

/* ---- --trace */

/* Before the search, which may take hours. */
static int check_trace(const struct cli *cli)
{
	const char *path = cli_get(cli, "trace");
	enum sequence_format format;
	struct jurat_error err = { "" };

	if (!path)
		return CLI_OK;
	if (sequence_format_of(path, &format) < 0)
		return cli_fail(cli, CLI_USAGE, "--trace: expected a name with %s, found '%s'",
				sequence_endings(), path);
	return output_check(base_env_real(), path, &err) < 0 ? cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text)
							     : CLI_OK;
}

static int write_trace(const struct cli_explore *e)
{
	const char *path = cli_get(e->cli, "trace");
	auto_free char *text = NULL;
	struct jurat_error err = { "" };
	struct text_stream stream;
	enum sequence_format format;
	size_t n;
	int r;

	if (!path || !e->result.search.history)
		return CLI_OK;
	r = sequence_format_of(path, &format);
	if (r == 0)
		r = text_stream_open(&stream);
	if (r < 0)
		return cli_fail_memory(e->cli);
	r = history_print(e->result.search.history, format, stream.to);
	if (text_stream_close(&stream, &text, &n) < 0 || r < 0)
		return cli_fail_memory(e->cli);
	r = cli_write(path, text, n, 0644, &err);
	return r < 0 ? cli_fail(e->cli, CLI_ENVIRONMENT, "%s", err.text) : CLI_OK;
}

/* The trace first: a pipe of standard output may be closed, which ends the program. */
static int report(const struct cli_explore *e)
{
	int traced = write_trace(e), printed = cli_explore_print(e);

	return traced != CLI_OK ? traced : printed;
}

int cli_explore(struct cli *cli)
{
	struct cli_explore e = { .cli = cli, .progress = isatty(STDERR_FILENO) };
	int status;

	if (cli_has(cli, "list"))
		return cli_explore_list(cli);
	if (!take_known(&e) || !take_bounds(&e))
		return CLI_USAGE;
	status = check_trace(cli);
	if (status == CLI_OK)
		status = search(&e);
	if (status == CLI_OK)
		status = report(&e);
	if (status == CLI_OK && e.result.end == EXPLORE_VIOLATED)
		status = CLI_REFUSED;
	if (status == CLI_OK && e.result.end == EXPLORE_MEMORY)
		status = cli_fail_memory(cli);
	if (status == CLI_OK && e.signal)
		status = 128 + e.signal;
	explore_result_done(&e.result);
	return status;
}
