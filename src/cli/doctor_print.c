/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor.h"

/* How a hop is called in the output, and in "state" of the JSON. */
static const char *state_of(const struct doctor *d, enum doctor_hop hop)
{
	const struct doctor_found *worst = doctor_worst(d, hop);

	if (worst)
		return doctor_severity_name(doctor_findings[worst->finding].severity);
	return d->results[hop].state == DOCTOR_OK ? "ok" : "not checked";
}

/* 1 a hop is broken, 3 something is unknown. */
static int exit_status(const struct doctor *d)
{
	int status = CLI_OK;

	for (size_t i = 0; i < d->n_found; i++) {
		switch (doctor_findings[d->found[i].finding].severity) {
		case DOCTOR_BROKEN:
			return CLI_REFUSED;
		case DOCTOR_UNKNOWN:
			status = CLI_ENVIRONMENT;
			break;
		default:
			break;
		}
	}
	return status;
}

/* Of the hops in order, the first with the worst kind of finding that there is. */
static const struct doctor_found *first_found(const struct doctor *d, enum doctor_severity severity)
{
	for (unsigned hop = 0; hop < DOCTOR_N_HOPS; hop++) {
		const struct doctor_found *worst = doctor_worst(d, hop);

		if (worst && doctor_findings[worst->finding].severity == severity)
			return worst;
	}
	return NULL;
}

static const char *kind_name(enum doctor_kind kind)
{
	return kind == DOCTOR_SNP ? "sev-snp" : kind == DOCTOR_TDX ? "tdx" : NULL;
}

static const char *machine_text(const struct doctor *d)
{
	if (d->simulated && (d->guest != DOCTOR_NO_TEE || d->host != DOCTOR_NO_TEE))
		return "a software platform (jurat run): nothing here is protected by hardware";
	if (d->guest == DOCTOR_SNP)
		return d->guest_assumed ? "assumed to be an SEV-SNP guest (--tee sev-snp)"
					: "an SEV-SNP guest";
	if (d->guest == DOCTOR_TDX)
		return d->guest_assumed ? "assumed to be a TD (--tee tdx)" : "a TD";
	if (d->host == DOCTOR_SNP)
		return d->host_assumed ? "assumed to be an AMD host with SEV (--tee sev-snp)"
				       : "an AMD host with SEV";
	if (d->host == DOCTOR_TDX)
		return d->host_assumed ? "assumed to be an Intel host with TDX (--tee tdx)"
				       : "an Intel host with TDX";
	return "neither a confidential VM nor a host of such VMs: it can run software platforms (`jurat "
	       "demo`, "
	       "`jurat run`) and verify evidence";
}

/* What a shell takes as it is. */
static bool is_plain(const char *path)
{
	return path[0] != '-' &&
	       !path[strspn(path,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=")];
}

/* With the path of the blob in place of BLOB, if it is known: to copy and paste. */
static void print_remedy(const struct doctor *d, const struct doctor_finding_row *row)
{
	const char *blob = doctor_hops[row->hop].side == DOCTOR_HOST ? doctor_blob(d) : NULL;
	const char *text = row->remedy, *at;

	printf("  do      ");
	while (blob && is_plain(blob) && (at = strstr(text, "BLOB"))) {
		printf("%.*s%s", (int)(at - text), text, blob);
		text = at + strlen("BLOB");
	}
	printf("%s\n", text);
}

static void print_found(const struct doctor *d, const struct doctor_found *found, const char *title)
{
	const struct doctor_finding_row *row = &doctor_findings[found->finding];

	printf("\n%s: %s (%s)\n", title, doctor_hops[found->hop].title, row->id);
	printf("  found   %s\n", found->detail);
	printf("  why     %s\n", row->text);
	print_remedy(d, row);
	if (row->source)
		printf("  see     %s\n", row->source);
}

/* What else is broken on that side, and may be in the way of the remedy. */
static void print_also(const struct doctor *d, const struct doctor_found *first)
{
	enum { MAX_LINES = 5 };
	unsigned n = 0;

	for (size_t i = 0; i < d->n_found && n < MAX_LINES; i++) {
		const struct doctor_found *found = &d->found[i];

		if (found == first || doctor_findings[found->finding].severity != DOCTOR_BROKEN ||
		    doctor_hops[found->hop].side != doctor_hops[first->hop].side)
			continue;
		printf("  also    %s: %s\n", doctor_findings[found->finding].id, found->detail);
		n++;
	}
}

static void print_hop(const struct doctor *d, enum doctor_hop hop)
{
	const struct doctor_found *worst = doctor_worst(d, hop);
	const char *state = state_of(d, hop);
	const char *text = worst ? worst->detail : d->results[hop].text;

	printf("  %-11s  %-20s %s: %s\n", worst || d->results[hop].state == DOCTOR_OK ? state : "not checked",
	       doctor_hops[hop].id, doctor_hops[hop].title, text);
}

static void print_text(const struct doctor *d)
{
	const struct doctor_found *broken = first_found(d, DOCTOR_BROKEN);
	const struct doctor_found *unknown = first_found(d, DOCTOR_UNKNOWN);

	printf("This machine is %s.\n", machine_text(d));
	for (unsigned side = 0; side < DOCTOR_N_SIDES; side++) {
		if (!d->sides[side])
			continue;
		printf("\n%s\n", doctor_side_name(side));
		for (unsigned hop = 0; hop < DOCTOR_N_HOPS; hop++)
			if (doctor_hops[hop].side == side && d->results[hop].state != DOCTOR_ABSENT)
				print_hop(d, hop);
	}
	if (broken)
		print_found(d, broken, "First broken");
	else if (unknown)
		print_found(d, unknown, "Unknown");
	if (broken)
		print_also(d, broken);
	for (size_t i = 0; i < d->n_found; i++) {
		const struct doctor_finding_row *row = &doctor_findings[d->found[i].finding];

		if (row->severity == DOCTOR_WARNING)
			print_found(d, &d->found[i], "Warning");
	}
	if (!broken && !unknown)
		printf("\nNothing that was checked is broken.\n");
	if (d->requests > 0)
		printf("\nOne %s with random REPORT_DATA was requested.\n",
		       d->guest == DOCTOR_TDX ? "quote" : "report");
}

static json_t *found_json(const struct doctor_found *found)
{
	const struct doctor_finding_row *row = &doctor_findings[found->finding];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?}", "id", row->id, "hop",
			 doctor_hops[found->hop].id, "severity", doctor_severity_name(row->severity),
			 "detail", found->detail, "text", row->text, "remedy", row->remedy, "source",
			 row->source);
}

static json_t *hops_json(const struct doctor *d)
{
	json_t *hops = json_array();

	for (unsigned hop = 0; hop < DOCTOR_N_HOPS; hop++) {
		const struct doctor_found *worst = doctor_worst(d, hop);

		if (d->results[hop].state == DOCTOR_ABSENT)
			continue;
		if (json_array_append_new(
			    hops, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", doctor_hops[hop].id, "side",
					    doctor_side_name(doctor_hops[hop].side), "title",
					    doctor_hops[hop].title, "state",
					    worst || d->results[hop].state == DOCTOR_OK ? state_of(d, hop)
											: "not-checked",
					    "detail", worst ? worst->detail : d->results[hop].text)) < 0) {
			json_decref(hops);
			return NULL;
		}
	}
	return hops;
}

static int print_json(const struct doctor *d, int status)
{
	const struct doctor_found *broken = first_found(d, DOCTOR_BROKEN);
	json_t *findings = json_array(), *sides = json_array(), *all;
	auto_free char *text = NULL;
	bool bad = !findings || !sides;

	for (size_t i = 0; i < d->n_found; i++)
		bad |= json_array_append_new(findings, found_json(&d->found[i])) < 0;
	for (unsigned side = 0; side < DOCTOR_N_SIDES; side++)
		if (d->sides[side])
			bad |= json_array_append_new(sides, json_string(doctor_side_name(side))) < 0;
	all = json_pack("{s:b, s:s, s:s?, s:s?, s:b, s:s?, s:o, s:o, s:o, s:s?, s:I}", "ok", status == CLI_OK,
			"machine", machine_text(d), "guest", kind_name(d->guest), "host", kind_name(d->host),
			"software_platform", d->simulated, "kernel", d->release[0] ? d->release : NULL,
			"sides", sides, "hops", hops_json(d), "findings", findings, "first_broken",
			broken ? doctor_findings[broken->finding].id : NULL, "requests",
			(json_int_t)d->requests);
	text = all && !bad ? json_dumps(all, JSON_INDENT(2)) : NULL;
	json_decref(all);
	if (!text)
		return cli_fail_memory(d->cli);
	puts(text);
	return status;
}

int doctor_print(struct doctor *d)
{
	const int status = exit_status(d);

	if (d->failed)
		return cli_fail_memory(d->cli);
	if (cli_wants_json(d->cli))
		return print_json(d, status);
	print_text(d);
	return status;
}

static json_t *row_json(const struct doctor_finding_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?}", "id", row->id, "hop",
			 doctor_hops[row->hop].id, "side", doctor_side_name(doctor_hops[row->hop].side),
			 "severity", doctor_severity_name(row->severity), "text", row->text, "remedy",
			 row->remedy, "source", row->source);
}

static json_t *code_json(const struct doctor_code_row *row)
{
	char hex[16];

	snprintf(hex, sizeof(hex), "%#x", row->code);
	return json_pack("{s:s, s:s, s:s, s:s}", "code", hex, "name", row->name, "text", row->text, "remedy",
			 row->remedy);
}

/* Prints JSON, which is taken; NULL: no memory. */
static int put_json(struct cli *cli, json_t *json)
{
	auto_free char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	if (!text)
		return cli_fail_memory(cli);
	puts(text);
	return CLI_OK;
}

static int print_code_row(struct cli *cli, const struct doctor_code_row *row)
{
	if (cli_wants_json(cli))
		return put_json(cli, code_json(row));
	printf("%#x  %s\n  why     %s\n  do      %s\n", row->code, row->name, row->text, row->remedy);
	return CLI_OK;
}

int doctor_print_findings(struct cli *cli)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < DOCTOR_N_FINDINGS; i++) {
		const struct doctor_finding_row *row = &doctor_findings[i];

		if (!cli_wants_json(cli)) {
			printf("%s (%s, %s)\n  why     %s\n  do      %s\n", row->id,
			       doctor_side_name(doctor_hops[row->hop].side),
			       doctor_severity_name(row->severity), row->text, row->remedy);
			if (row->source)
				printf("  see     %s\n", row->source);
		} else if (!list || json_array_append_new(list, row_json(row)) < 0) {
			json_decref(list);
			return cli_fail_memory(cli);
		}
	}
	if (cli_wants_json(cli))
		return put_json(cli, list);
	json_decref(list);
	return CLI_OK;
}

int doctor_print_codes(struct cli *cli)
{
	json_t *list = json_array();
	const struct doctor_code_row *row;

	for (size_t i = 0; (row = doctor_code_at(i)) != NULL; i++) {
		if (!cli_wants_json(cli)) {
			(void)print_code_row(cli, row);
		} else if (!list || json_array_append_new(list, code_json(row)) < 0) {
			json_decref(list);
			return cli_fail_memory(cli);
		}
	}
	if (cli_wants_json(cli))
		return put_json(cli, list);
	json_decref(list);
	return CLI_OK;
}

int doctor_print_code(struct cli *cli, const char *code)
{
	const struct doctor_code_row *row;
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(code, &end, 0);
	if (code[0] < '0' || code[0] > '9' || *end || errno != 0 || n > UINT32_MAX)
		return cli_fail(cli, CLI_USAGE, "--code: expected a number such as 0xe019, found '%s'", code);
	row = doctor_code((uint32_t)n);
	if (!row)
		return cli_fail(
			cli, CLI_REFUSED,
			"--code: %s is not a known code (jurat doctor --list-codes prints the known ones)",
			code);
	return print_code_row(cli, row);
}
