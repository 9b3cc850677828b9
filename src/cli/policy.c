/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cli/load.h"
#include "cli/policy_file.h"
#include "verify/policy_from.h"

/* The evidence, and what it is verified with. */
struct from {
	struct cli *cli;
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	struct jurat_policy *policy, *pinned;
	struct cli_evidence evidence;
	int64_t at;
};

static int verify(struct from *f, struct jurat_verdict **ret)
{
	const struct cli_evidence *e = &f->evidence;
	struct jurat_snp_evidence snp = { .size = sizeof(snp),
					  .report = e->report,
					  .report_size = e->report_size,
					  .certs = e->certs,
					  .certs_size = e->certs_size };
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = e->quote,
					  .quote_size = e->quote_size,
					  .event_log = e->event_log,
					  .event_log_size = e->event_log_size };
	struct jurat_error err = { "" };
	int r = e->quote ? jurat_verify_tdx(f->verifier, &tdx, f->collateral, f->policy, f->at, ret, &err)
			 : jurat_verify_snp(f->verifier, &snp, f->policy, f->at, ret, &err);

	return r < 0 ? cli_fail(f->cli, CLI_INTERNAL, "%s", err.text) : CLI_OK;
}

/* The evidence, with what comes with it. */
static int load(struct from *f, const char *path)
{
	struct cli_evidence *e = &f->evidence;
	struct jurat_error err = { "" };
	int status = cli_load_time(f->cli, &f->at);

	if (status == CLI_OK)
		status = cli_policy_load(f->cli, f->policy);
	if (status == CLI_OK)
		status = cli_load_all(f->cli, f->verifier, "roots", CLI_LOAD_ROOTS);
	if (status == CLI_OK)
		status = cli_load_all(f->cli, f->verifier, "certs", CLI_LOAD_CERTS);
	if (status == CLI_OK)
		status = cli_load_all(f->cli, f->verifier, "crl", CLI_LOAD_CRL);
	if (status == CLI_OK)
		status = cli_load_evidence(f->cli, path, e);
	if (status == CLI_OK && e->report && e->quote)
		status = cli_fail(
			f->cli, CLI_USAGE,
			"'%s' has a report and a quote: use each by itself, with --policy for the second",
			path);
	if (status == CLI_OK)
		status = cli_load_event_log(f->cli, e);
	if (status == CLI_OK)
		status = cli_load_collateral(f->cli, f->collateral, e);
	if (status == CLI_OK)
		status = cli_load_carried(f->cli, f->verifier, f->collateral, e);
	if (status == CLI_OK && e->quote && e->unusable)
		status = cli_fail(f->cli, CLI_ENVIRONMENT, "%s", e->unusable);
	if (status == CLI_OK && cli_has(f->cli, "allow-no-collateral") &&
	    jurat_policy_set(f->policy, "allow_no_collateral", "true", &err) < 0)
		status = cli_fail(f->cli, CLI_INTERNAL, "%s", err.text);
	return status;
}

static int fail_refused(struct from *f, const struct jurat_verdict *verdict)
{
	const char *code;

	for (size_t i = 0; (code = jurat_verdict_reason_code(verdict, i)); i++)
		cli_fail(f->cli, CLI_REFUSED, "%s: %s", code, jurat_verdict_reason_detail(verdict, i));
	return cli_fail(f->cli, CLI_REFUSED,
			"the evidence is refused, so no policy is made of it (--allow-unverified makes one)");
}

/* The first line of the comment: what the policy was made of. */
static int describe(struct from *f, const struct jurat_verdict *verdict)
{
	struct jurat_error err = { "" };
	auto_free char *line = NULL;
	char at[BASE_TIME_BYTES];
	int n;

	if (jurat_verdict_accepted(verdict))
		n = asprintf(&line, "From evidence that was verified at %s%s.", base_time_text(f->at, at),
			     jurat_verdict_roots_supplied(verdict) ? " with supplied roots" : "");
	else
		n = asprintf(&line, "NOT VERIFIED: from evidence that was refused at %s: %s: %s%s",
			     base_time_text(f->at, at), jurat_verdict_reason_code(verdict, 0),
			     jurat_verdict_reason_detail(verdict, 0),
			     jurat_verdict_reason_count(verdict) > 1 ? " (and other reasons)" : "");
	if (n < 0) {
		line = NULL;
		return cli_fail_memory(f->cli);
	}
	return policy_add_line(f->pinned, line, &err) < 0 ? cli_fail_memory(f->cli) : CLI_OK;
}

/* The last line of the comment: what the policy leaves to the caller. */
static int describe_not_judged(struct from *f, const struct jurat_verdict *verdict)
{
	auto_free char *line = strdup("Not judged with this policy: ");
	const size_t n = jurat_verdict_not_judged_count(verdict);
	struct jurat_error err = { "" };

	for (size_t i = 0; line && i < n; i++) {
		auto_free char *was = line;

		if (asprintf(&line, "%s%s%s", was, i > 0 ? ", " : "",
			     jurat_verdict_not_judged_code(verdict, i)) < 0)
			line = NULL;
	}
	if (!line || (n > 0 && policy_add_line(f->policy, line, &err) < 0))
		return cli_fail_memory(f->cli);
	return CLI_OK;
}

/* The policy must accept what it was made of. */
static int check(struct from *f)
{
	struct jurat_verdict *verdict = NULL;
	int status = verify(f, &verdict);

	if (status == CLI_OK && jurat_verdict_has_reason(verdict, JURAT_REASON_EVENT_NOT_FIXED))
		status = cli_fail(f->cli, CLI_REFUSED,
				  "the policy refuses the evidence: %s: %s (add event_digests to --pin)",
				  jurat_verdict_reason_code(verdict, 0),
				  jurat_verdict_reason_detail(verdict, 0));
	else if (status == CLI_OK && !jurat_verdict_accepted(verdict))
		status = cli_fail(f->cli, CLI_INTERNAL, "the policy refuses the evidence: %s: %s",
				  jurat_verdict_reason_code(verdict, 0),
				  jurat_verdict_reason_detail(verdict, 0));
	if (status == CLI_OK)
		status = describe_not_judged(f, verdict);
	jurat_verdict_free(verdict);
	return status;
}

static int pin(struct from *f, const struct jurat_verdict *verdict, const struct policy_pins *pins)
{
	struct jurat_error err = { "" };
	int status = describe(f, verdict), r;

	if (status != CLI_OK)
		return status;
	if (!jurat_verdict_measurement(verdict))
		return cli_fail(
			f->cli, CLI_REFUSED, "no policy is made of evidence that could not be read: %s: %s",
			jurat_verdict_reason_code(verdict, 0), jurat_verdict_reason_detail(verdict, 0));
	r = policy_from(verdict, pins, f->policy, f->pinned, &err);
	if (r != 0)
		return cli_fail(f->cli, r < 0 ? CLI_INTERNAL : CLI_REFUSED, "%s%s", r < 0 ? "" : "--pin ",
				err.text);
	return cli_policy_add(f->cli, f->policy, f->pinned);
}

static int make(struct from *f, const struct policy_pins *pins)
{
	struct jurat_verdict *verdict = NULL;
	bool accepted;
	int status = verify(f, &verdict);

	accepted = jurat_verdict_accepted(verdict);
	if (status == CLI_OK && !accepted && !cli_has(f->cli, "allow-unverified"))
		status = fail_refused(f, verdict);
	if (status == CLI_OK)
		status = pin(f, verdict, pins);
	jurat_verdict_free(verdict);
	if (status == CLI_OK && accepted)
		status = check(f);
	if (status == CLI_OK)
		status = cli_policy_write(f->cli, "out", f->policy);
	return status;
}

static bool read_pins(struct cli *cli, struct policy_pins *pins)
{
	const char *names = cli_has(cli, "pin") ? cli_get_nth(cli, "pin", 0) : "default";
	struct jurat_error err = { "" };

	for (size_t i = 1; names; i++) {
		if (policy_pins_add(pins, names, &err) < 0)
			return cli_misuse(cli, "--pin: %s (see jurat policy pins)", err.text);
		names = cli_get_nth(cli, "pin", i);
	}
	return true;
}

static int from(struct cli *cli)
{
	struct from f = { .cli = cli };
	struct policy_pins pins = { .pinned = { POLICY_NOT_PINNED } };
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (!cli_reads_stdin_once(cli, cli->args[1]) || !read_pins(cli, &pins))
		return CLI_USAGE;
	if (jurat_verifier_new(&f.verifier, &err) < 0 || jurat_policy_new(&f.policy, &err) < 0 ||
	    jurat_policy_new(&f.pinned, &err) < 0 || jurat_tdx_collateral_new(&f.collateral, &err) < 0)
		status = cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		status = load(&f, cli->args[1]);
	if (status == CLI_OK)
		status = make(&f, &pins);
	cli_evidence_done(&f.evidence);
	jurat_tdx_collateral_free(f.collateral);
	jurat_policy_free(f.pinned);
	jurat_policy_free(f.policy);
	jurat_verifier_free(f.verifier);
	return status;
}

static const char *default_text(enum policy_pin_use use)
{
	static const char *const texts[] = { "by name only", "default for sev-snp", "default for tdx",
					     "default" };

	return texts[use];
}

static int list_pins(void)
{
	struct policy_pin pin;

	for (size_t i = 0; policy_pin_at(i, &pin); i++)
		printf("%-34s  %-19s  %s%s%s\n", pin.member, default_text(pin.use), pin.meaning,
		       pin.tight ? " " : "", pin.tight ? pin.tight : "");
	return CLI_OK;
}

int cli_policy(struct cli *cli)
{
	return strcmp(cli->args[0], "pins") == 0 ? list_pins() : from(cli);
}
