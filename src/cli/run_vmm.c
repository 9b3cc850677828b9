/* SPDX-License-Identifier: MIT */
#include "cli/run_vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/help.h"
#include "cli/run.h"
#include "cli/vmm_program.h"
#include "run/vmm/check.h"

/* `jurat run --vmm`: options, report and exit status of the conformance test (run/vmm/check.h). */
enum { NAME_COLUMNS = 26, INDENT = 4 };

static const struct check *const lists[] = { check_snp_list, check_tdx_list };

static const struct check *find_check(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct check *check = lists[i]; check->name; check++)
			if (!strcmp(check->name, name))
				return check;
	return NULL;
}

static const char *tee_name(const struct check *check)
{
	return check->tee == RUN_TDX ? "tdx" : "sev-snp";
}

/* ---- --list-checks */

static int print_json(struct cli *cli, FILE *to, json_t *json, int status)
{
	auto_free char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	if (!text)
		return cli_fail_memory(cli);
	if (fprintf(to, "%s\n", text) < 0 || fflush(to) != 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot write to standard output: %s", strerror(errno));
	return status;
}

static json_t *describe(const struct check *check)
{
	return json_pack("{ss ss ss ss}", "name", check->name, "tee", tee_name(check), "requirement",
			 check->says, "spec", check->spec);
}

/* "    The requirement (document, section)." */
static void print_requirement(FILE *to, const struct check *check)
{
	auto_free char *text = NULL;

	if (asprintf(&text, "%s (%s)", check->says, check->spec) < 0) {
		text = NULL;
		return;
	}
	fprintf(to, "%*s", INDENT, "");
	base_print_wrapped(to, text, INDENT, INDENT);
	putc('\n', to);
}

static int list_checks(struct cli *cli, unsigned tees)
{
	json_t *all = cli_wants_json(cli) ? json_array() : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct check *check = lists[i]; check->name; check++) {
			if (!(check->tee & tees))
				continue;
			if (!cli_wants_json(cli)) {
				puts(check->name);
				print_requirement(stdout, check);
			} else if (json_array_append_new(all, describe(check)) < 0) {
				json_decref(all);
				return cli_fail_memory(cli);
			}
		}
	return cli_wants_json(cli) ? print_json(cli, stdout, all, CLI_OK) : CLI_OK;
}

/* ---- the report */

struct report {
	FILE *to;
	bool terminal;
	json_t *checks; /* NULL: text */
	bool no_memory;
	char skipped[sizeof(((struct check_result *)0)->text)]; /* why the last check was; "": it was not */
	char also[4096];               /* checks skipped after it for the same reason */
	unsigned n[CHECK_SKIPPED + 1]; /* by verdict */
	uint64_t exits, began_ns, check_began_ns;
};

static const char *const verdicts[] = {
	[CHECK_HELD] = "passed", [CHECK_FAILED] = "failed", [CHECK_SKIPPED] = "skipped"
};

static uint64_t ms_since(uint64_t began_ns)
{
	return (base_now_ns(base_env_real()) - began_ns) / 1000000;
}

/* "3 exits, 1.4 s" */
static void print_cost(FILE *to, uint64_t exits, uint64_t began_ns)
{
	fprintf(to, "%" PRIu64 " exit%s, %.1f s\n", exits, exits == 1 ? "" : "s",
		(double)ms_since(began_ns) / 1e3);
}

static void add_json(struct report *report, const struct check *check, const struct check_result *result)
{
	json_t *one = describe(check);

	if (!one || json_object_set_new(one, "verdict", json_string(verdicts[result->verdict])) < 0 ||
	    json_object_set_new(one, "text", json_string(result->text)) < 0 ||
	    json_object_set_new(one, "exits", json_integer((json_int_t)result->exits)) < 0 ||
	    json_object_set_new(one, "took_ms", json_integer((json_int_t)ms_since(report->check_began_ns))) <
		    0) {
		json_decref(one);
		report->no_memory = true;
	} else if (json_array_append_new(report->checks, one) < 0) {
		report->no_memory = true;
	}
}

static void print_also(struct report *report)
{
	if (report->also[0]) {
		fprintf(report->to, "%*salso skipped: ", INDENT, "");
		base_print_wrapped(report->to, report->also, INDENT + 14, INDENT);
		putc('\n', report->to);
	}
	report->also[0] = '\0';
}

/* When a VMM has ended, all checks after it are skipped for one reason, which is printed once. */
static bool is_same_skip(struct report *report, const struct check *check, const struct check_result *result)
{
	const char *why = result->verdict == CHECK_SKIPPED ? result->text : "";
	bool same = why[0] && !strcmp(report->skipped, why);
	size_t n = strlen(report->also);

	snprintf(report->skipped, sizeof(report->skipped), "%s", why);
	if (same)
		snprintf(report->also + n, sizeof(report->also) - n, "%s%s", n ? ", " : "", check->name);
	return same;
}

static void print_text(struct report *report, const struct check *check, const struct check_result *result)
{
	if (report->terminal) /* over "NAME ..." */
		fprintf(report->to, "\r%*s\r", NAME_COLUMNS + 4, "");
	if (is_same_skip(report, check, result))
		return;
	print_also(report);
	fprintf(report->to, "%-*s ", NAME_COLUMNS, check->name);
	switch (result->verdict) {
	case CHECK_HELD:
		fputs("passed   ", report->to);
		print_cost(report->to, result->exits, report->check_began_ns);
		break;
	case CHECK_SKIPPED:
		fprintf(report->to, "skipped  ");
		base_print_wrapped(report->to, result->text, NAME_COLUMNS + 10, INDENT);
		putc('\n', report->to);
		break;
	case CHECK_FAILED:
		fputs("FAILED   ", report->to);
		print_cost(report->to, result->exits, report->check_began_ns);
		print_requirement(report->to, check);
		fprintf(report->to, "%*s", INDENT, "");
		base_print_wrapped(report->to, result->text, INDENT, INDENT);
		putc('\n', report->to);
		break;
	}
}

/* A text may have bytes of the VMM, which would be no JSON. */
static void make_plain(char *text)
{
	for (base_plain_text(text); *text; text++)
		if ((unsigned char)*text >= 0x80)
			*text = '?';
}

static void on_check(void *ctx, const struct check *check, const struct check_result *result)
{
	struct report *report = ctx;
	struct check_result plain;

	if (!result) {
		report->check_began_ns = base_now_ns(base_env_real());
		if (!report->checks && report->terminal)
			fprintf(report->to, "%-*s ...", NAME_COLUMNS, check->name);
		fflush(report->to);
		return;
	}
	plain = *result;
	make_plain(plain.text);
	report->n[plain.verdict]++;
	report->exits += plain.exits;
	if (report->checks)
		add_json(report, check, &plain);
	else
		print_text(report, check, &plain);
	fflush(report->to);
}

/* check_vmm() returns 0 only if all of what was asked for by name has passed; here something must have. */
static int exit_status(struct cli *cli, const struct report *report, int r, const struct jurat_error *err)
{
	if (r == -EINVAL)
		return cli_fail(cli, CLI_USAGE, "%s", err->text);
	if (r < 0)
		return cli_fail(cli, cli_status(r) == CLI_REFUSED ? CLI_ENVIRONMENT : cli_status(r), "%s",
				err->text);
	if (r > 0 || report->n[CHECK_FAILED] > 0)
		return CLI_REFUSED;
	if (report->n[CHECK_HELD] == 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "nothing could be tested: every check was skipped");
	return CLI_OK;
}

static int finish(struct cli *cli, struct report *report, int r, const struct jurat_error *err)
{
	const unsigned *n = report->n, total = n[CHECK_HELD] + n[CHECK_FAILED] + n[CHECK_SKIPPED];
	int status = exit_status(cli, report, r, err);
	json_t *json;

	if (!report->checks && total > 0) {
		print_also(report);
		fprintf(report->to, "\n%u check%s: %u passed, %u failed, %u skipped; ", total,
			total == 1 ? "" : "s", n[CHECK_HELD], n[CHECK_FAILED], n[CHECK_SKIPPED]);
		print_cost(report->to, report->exits, report->began_ns);
	}
	if (!report->checks)
		return fflush(report->to) == 0
			       ? status
			       : cli_fail(cli, CLI_ENVIRONMENT, "cannot write to standard output: %s",
					  strerror(errno));
	if (report->no_memory) {
		json_decref(report->checks);
		return cli_fail_memory(cli);
	}
	json = json_pack("{ss si si si sI sI so}", "verdict",
			 status == CLI_OK        ? "passed"
			 : status == CLI_REFUSED ? "failed"
						 : "not_tested",
			 "passed", (int)n[CHECK_HELD], "failed", (int)n[CHECK_FAILED], "skipped",
			 (int)n[CHECK_SKIPPED], "exits", (json_int_t)report->exits, "took_ms",
			 (json_int_t)ms_since(report->began_ns), "checks", report->checks);
	if (json && r < 0 && json_object_set_new(json, "error", json_string(err->text)) < 0) {
		json_decref(json);
		json = NULL;
	}
	return print_json(cli, report->to, json, status);
}

/* The report alone goes to standard output; what the VMM writes there goes to standard error. */
static FILE *take_output(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!to && fd >= 0)
		close(fd);
	if (to && dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		fclose(to);
		to = NULL;
	}
	return to;
}

/* ---- options */

bool cli_run_vmm_options(struct cli *cli)
{
	static const char *const with_vmm[] = { "only", "gpa", "exits", "kvm", "output" };
	static const char *const without_vmm[] = {
		"host",         "no-certs",           "sync",     "fault",
		"device-mode",  "ready-fd",           "control",  "qgs",
		"endorsements", "endorsements-fault", "user-map", "legacy-quote-ioctl",
		"force",        "firmware-image",     "evidence", "set",
	};
	bool vmm = cli_has(cli, "vmm"), list = cli_has(cli, "list-checks");

	for (size_t i = 0; i < ARRAY_SIZE(with_vmm); i++)
		if (!vmm && cli_has(cli, with_vmm[i]) && !(list && !strcmp(with_vmm[i], "output")))
			return cli_misuse(cli, "--%s needs --vmm", with_vmm[i]);
	for (size_t i = 0; i < ARRAY_SIZE(without_vmm); i++)
		if (vmm && cli_has(cli, without_vmm[i]))
			return cli_misuse(cli, "--vmm does not take --%s", without_vmm[i]);
	return true;
}

static bool take_gpa(struct cli *cli, uint64_t *ret)
{
	const char *text = cli_get(cli, "gpa");
	char *end;

	*ret = 0;
	if (!text)
		return true;
	errno = 0;
	*ret = strtoull(text, &end, 16);
	if (!strchr("0123456789abcdefABCDEF", text[0]) || !text[0] || *end || errno || *ret == 0 ||
	    *ret % 4096)
		return cli_misuse(
			cli,
			"--gpa: expected a guest physical address in hex, a multiple of 1000 above 0, found "
			"'%s'",
			text);
	return true;
}

/* Names of checks, which choose the TEE unless --tee does. */
static bool take_names(struct cli *cli, const char **names, struct check_options *o, unsigned *tees)
{
	const char *name;
	unsigned named = 0;

	while ((name = cli_get_nth(cli, "only", o->n_only))) {
		const struct check *check = find_check(name);

		if (!check)
			return cli_misuse(cli,
					  "--only: no check has the name '%s' (see jurat run --list-checks)",
					  name);
		if (cli_has(cli, "tee") && !(check->tee & *tees))
			return cli_misuse(cli, "--only: '%s' is a check for --tee %s", name, tee_name(check));
		named |= check->tee;
		names[o->n_only++] = name;
	}
	o->only = o->n_only > 0 ? names : NULL;
	if (!cli_has(cli, "tee"))
		*tees = named ? named : RUN_SEV_SNP | RUN_TDX;
	return true;
}

static bool take_kvm(struct cli *cli, struct check_options *o)
{
	const char *kvm = cli_get(cli, "kvm");
	auto_close int fd = -1;

	o->own_kvm = kvm && !strcmp(kvm, "own");
	if (!kvm || strcmp(kvm, "real") != 0)
		return true;
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		cli_fail(cli, CLI_ENVIRONMENT, "--kvm real: cannot open '/dev/kvm': %s", strerror(errno));
	return fd >= 0;
}

/* Whether the agent can be preloaded into the VMM; 0, or 126 or 127 after an error message. */
static int check_program(struct cli *cli)
{
	struct jurat_error err = { "" };
	struct vmm_program program;
	struct elf_file own;
	auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : elf_read(base_env_real(), fd, &own, &err);

	if (r == 0)
		r = vmm_program_find(cli->args[0], &own, "libjurat-vmm-check.so", &program, &err);
	return r > 0 ? cli_fail(cli, r, "%s", err.text) : 0; /* without /proc it is tried */
}

int cli_run_vmm(struct cli *cli, struct run_options *run)
{
	const char *names[CLI_MAX_VALUES];
	struct check_options o = { .run = run, .report = on_check };
	struct report report = { .began_ns = base_now_ns(base_env_real()) };
	struct jurat_error err = { "" };
	uint64_t exits = 0;
	int status;

	if (!take_names(cli, names, &o, &run->tees) || !take_gpa(cli, &o.gpa) ||
	    !cli_get_number(cli, "exits", 10000000, 0, &exits))
		return CLI_USAGE;
	o.exits = (unsigned)exits;
	if (cli_has(cli, "list-checks"))
		return list_checks(cli, run->tees);
	if (!take_kvm(cli, &o))
		return CLI_ENVIRONMENT;
	status = check_program(cli);
	if (status != 0)
		return status;
	report.checks = cli_wants_json(cli) ? json_array() : NULL;
	report.terminal = isatty(STDOUT_FILENO);
	report.to = take_output();
	if (!report.to || (cli_wants_json(cli) && !report.checks))
		return cli_fail_memory(cli);
	o.ctx = &report;
	status = check_vmm(&o, &err);
	status = finish(cli, &report, status, &err);
	fclose(report.to);
	return status;
}
