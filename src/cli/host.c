/* SPDX-License-Identifier: MIT */
#include "cli/host.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "wire/snp_report.h"

/* One run of an update, and what is printed about it. */
struct change {
	struct host *host;
	struct update_request request;
	uint8_t *hashstick, *vlek, *report;
	json_t *steps, *warnings; /* NULL: text, on standard error */
	struct text_stream late;  /* text while guests wait; `to` NULL: none */
	bool undisturbed;         /* signals are blocked, and were as in `before` */
	sigset_t before;
	bool failed; /* out of memory */
};

bool host_take_hex_tcb(const struct cli *cli, const char *option, uint64_t *ret)
{
	const char *text = cli_get(cli, option);
	const char *digits = text && !strncmp(text, "0x", 2) ? text + 2 : text;
	uint8_t bytes[8];

	if (!text || !bytes_from_hex(digits, bytes, sizeof(bytes)))
		return cli_misuse(cli, "--%s: expected a TCB_VERSION of 16 hex digits, found '%s'", option,
				  text ? text : "");
	*ret = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

/* "boot_loader=4,microcode=219" */
static bool take_components(struct cli *cli, const char *text, struct update_request *request)
{
	for (const char *at = text; *at;) {
		size_t name_chars = strcspn(at, "=,"), n = strcspn(at, ",");
		unsigned long v = 0;
		char name[32], *end = NULL;
		unsigned i = 0;

		snprintf(name, sizeof(name), "%.*s", (int)name_chars, at);
		while (i < SNP_TCB_COMPONENTS && strcmp(snp_tcb_component_name(i), name))
			i++;
		if (i < SNP_TCB_COMPONENTS && name_chars + 1 < n && at[name_chars + 1] >= '0' &&
		    at[name_chars + 1] <= '9')
			v = strtoul(at + name_chars + 1, &end, 10);
		if (end != at + n || v > UINT8_MAX || request->tcb_parts & 1u << i)
			return cli_misuse(cli,
					  "--reported-tcb: expected 16 hex digits, or NAME=N,... with fmc, "
					  "boot_loader, "
					  "tee, snp, microcode and N up to 255, found '%s'",
					  text);
		*snp_tcb_component(&request->part, name) = (uint8_t)v;
		request->tcb_parts |= 1u << i;
		at += n + (at[n] == ',');
	}
	return request->tcb_parts != 0;
}

static bool take_mask(struct cli *cli, const char *option, uint32_t mask, struct update_request *request)
{
	const char *value = cli_get(cli, option);

	if (!value)
		return false;
	request->masks |= mask;
	if (!strcmp(value, "yes"))
		request->mask_values |= mask;
	return true;
}

static int take_set_config(struct cli *cli, struct update_request *request)
{
	const char *tcb = cli_get(cli, "reported-tcb");
	bool any = tcb != NULL;

	any |= take_mask(cli, "mask-chip-id", SNP_STATUS_MASK_CHIP_ID, request);
	any |= take_mask(cli, "mask-chip-key", SNP_STATUS_MASK_CHIP_KEY, request);
	request->reset = cli_has(cli, "reset");
	if (request->reset == any)
		return cli_fail(cli, CLI_USAGE,
				"set-config: expected --reported-tcb, --mask-chip-id, --mask-chip-key, or "
				"--reset alone");
	if (!tcb)
		return CLI_OK;
	if (strchr(tcb, '='))
		return take_components(cli, tcb, request) ? CLI_OK : CLI_USAGE;
	request->has_tcb = true;
	return host_take_hex_tcb(cli, "reported-tcb", &request->tcb) ? CLI_OK : CLI_USAGE;
}

/* The committed TCB is in reports only: one that was made since the last change of the firmware. */
static int take_committed(struct change *c)
{
	struct cli *cli = c->host->cli;
	const char *path = cli_get(cli, "report");
	struct jurat_error err = { "" };
	struct snp_report report;
	size_t n;
	int r;

	if (path && cli_has(cli, "committed"))
		return cli_fail(
			cli, CLI_USAGE,
			"--report and --committed cannot be used together: both supply the committed TCB");
	if (cli_has(cli, "committed")) {
		c->request.has_committed = true;
		return host_take_hex_tcb(cli, "committed", &c->request.committed) ? CLI_OK : CLI_USAGE;
	}
	if (!path)
		return CLI_OK;
	r = cli_read(path, &c->report, &n, &err);
	if (r == 0)
		r = snp_report_read(c->report, n, &report, &err);
	if (r < 0)
		return cli_fail(cli, cli_status(r), "'%s': %s", path, err.text);
	c->request.has_committed = true;
	c->request.committed = report.committed_tcb;
	return CLI_OK;
}

static int read_option(struct change *c, const char *path, uint8_t **ret, size_t *ret_size)
{
	struct jurat_error err = { "" };
	int r = path ? cli_read(path, ret, ret_size, &err) : 0;

	return r < 0 ? cli_fail(c->host->cli, cli_status(r), "%s", err.text) : CLI_OK;
}

static int take_request(struct change *c)
{
	static const struct {
		const char *name;
		enum update_kind kind;
	} commands[] = {
		{ "refresh", UPDATE_REFRESH },     { "recover", UPDATE_RECOVER },
		{ "commit", UPDATE_COMMIT },       { "set-config", UPDATE_SET_CONFIG },
		{ "load-vlek", UPDATE_LOAD_VLEK },
	};
	struct cli *cli = c->host->cli;
	size_t i = 0;
	int status;

	while (i < ARRAY_SIZE(commands) && strcmp(commands[i].name, c->host->command))
		i++;
	if (i == ARRAY_SIZE(commands))
		return cli_fail(cli, CLI_USAGE, "expected %s", cli->verb->args);
	c->request.kind = commands[i].kind;
	status = take_committed(c);
	if (status == CLI_OK && c->request.kind == UPDATE_SET_CONFIG)
		status = take_set_config(cli, &c->request);
	if (status == CLI_OK && c->request.kind == UPDATE_LOAD_VLEK)
		status = read_option(c, cli->args[1], &c->hashstick, &c->request.hashstick_size);
	if (status == CLI_OK)
		status = read_option(c, cli_get(cli, "vlek"), &c->vlek, &c->request.vlek_size);
	c->request.hashstick = c->hashstick;
	c->request.vlek = c->vlek;
	return status;
}

static const char *const phases[] = {
	[UPDATE_STATUS] = "status",       [UPDATE_PLANNED] = "plan", [UPDATE_NOTE] = "note",
	[UPDATE_CHECKED] = "checked",     [UPDATE_STORE] = "store",  [UPDATE_COMMAND] = "command",
	[UPDATE_READ_BACK] = "read-back", [UPDATE_AGAIN] = "again",
};

/*
 * While guests wait: a signal would leave them without certificates until `jurat host recover`, one that
 * stops the program would let them wait for ever, and a write to a terminal or pipe may block.
 */
static void be_undisturbed(struct change *c)
{
	static const int signals[] = { SIGHUP,    SIGINT,  SIGQUIT, SIGTERM, SIGTSTP,  SIGTTIN,
				       SIGTTOU,   SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU,  SIGXFSZ,
				       SIGVTALRM, SIGPROF, SIGIO,   SIGPWR,  SIGSTKFLT };
	sigset_t set;

	if (c->undisturbed)
		return;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	for (int rt = SIGRTMIN; rt <= SIGRTMAX; rt++)
		sigaddset(&set, rt);
	sigprocmask(SIG_BLOCK, &set, &c->before);
	c->undisturbed = true;
	if (!c->steps)
		(void)!text_stream_open(&c->late); /* or at once */
}

static void print_late(struct change *c)
{
	auto_free char *text = NULL;

	if (!c->late.to)
		return;
	if (text_stream_close(&c->late, &text, NULL) == 0)
		fputs(text, stderr);
	else
		(void)cli_fail_memory(c->host->cli);
	c->late.to = NULL;
}

/* The update starts over, which may take as long as a service does: the operator sees it and can end it. */
static void be_disturbed(struct change *c)
{
	print_late(c);
	if (c->undisturbed)
		sigprocmask(SIG_SETMASK, &c->before, NULL);
	c->undisturbed = false;
}

static void add_step(struct change *c, const struct update_event *e)
{
	if (!c->steps) {
		fprintf(c->late.to ? c->late.to : stderr, "%10.3f ms  %-9s %s\n", (double)e->at_ns / 1e6,
			phases[e->phase], e->text);
		return;
	}
	if (json_array_append_new(c->steps, json_pack("{s:f, s:s, s:s}", "at_ms", (double)e->at_ns / 1e6,
						      "phase", phases[e->phase], "text", e->text)) < 0)
		c->failed = true;
}

static void print_step(void *ctx, const struct update_event *e)
{
	struct change *c = ctx;

	if (e->phase == UPDATE_STORE)
		be_undisturbed(c);
	add_step(c, e);
	if (e->phase == UPDATE_AGAIN)
		be_disturbed(c);
}

static json_t *signing_json(bool has, const struct update_signing *s)
{
	char reported[19], current[19];

	if (!has)
		return json_null();
	snprintf(reported, sizeof(reported), "0x%016llx", (unsigned long long)s->reported_tcb);
	snprintf(current, sizeof(current), "0x%016llx", (unsigned long long)s->current_tcb);
	return json_pack("{s:s, s:s, s:s, s:b, s:b}", "key", s->flags & SNP_STATUS_VLEK_EN ? "vlek" : "vcek",
			 "reported_tcb", reported, "current_tcb", current, "mask_chip_id",
			 !!(s->flags & SNP_STATUS_MASK_CHIP_ID), "mask_chip_key",
			 !!(s->flags & SNP_STATUS_MASK_CHIP_KEY));
}

static const char *const table_names[] = {
	[UPDATE_TABLE_OLD] = "old",   [UPDATE_TABLE_EMPTY] = "empty",     [UPDATE_TABLE_NEW] = "new",
	[UPDATE_TABLE_NONE] = "none", [UPDATE_TABLE_UNKNOWN] = "unknown",
};

static json_t *executed_json(const struct update_result *result)
{
	return result->executed == UPDATE_EXECUTED_UNKNOWN
		       ? json_null()
		       : json_boolean(result->executed == UPDATE_EXECUTED);
}

static int print_json(struct change *c, const struct update_result *result, int status, const char *error)
{
	json_t *json =
		json_pack("{s:s, s:b, s:b, s:s, s:o, s:o, s:b, s:o, s:f, s:f, s:s, s:s, s:O, s:O}", "command",
			  c->host->command, "ok", status == CLI_OK, "dry_run", c->host->update.dry_run,
			  "error", error, "before", signing_json(result->has_before, &result->before),
			  "after", signing_json(result->has_after, &result->after), "issued", result->issued,
			  "executed", executed_json(result), "command_ms", (double)result->command_ns / 1e6,
			  "pause_ms", (double)result->pause_ns / 1e6, "table", table_names[result->table],
			  "undrained", result->store.undrained, "warnings", c->warnings, "steps", c->steps);
	auto_free char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;

	json_decref(json);
	if (!text || c->failed)
		return cli_fail_memory(c->host->cli);
	puts(text);
	return status;
}

/* Of the command that cannot be undone: what it would do, and that. */
static void print_dry_commit(enum snp_product product, const struct update_result *result)
{
	char from[UPDATE_TCB_BYTES], to[UPDATE_TCB_BYTES];

	update_tcb_format(product, result->before.reported_tcb, from);
	update_tcb_format(product, result->after.reported_tcb, to);
	if (result->before.reported_tcb != result->after.reported_tcb)
		printf("dry run: nothing was changed; SNP_COMMIT would change the reported TCB from %s to "
		       "%s, and "
		       "could not be undone\n",
		       from, to);
	else
		printf("dry run: nothing was changed; the reported TCB would stay %s, but SNP_COMMIT would "
		       "forbid "
		       "older firmware, and could not be undone\n",
		       to);
}

static void print_text(const struct change *c, const struct update_result *result)
{
	enum snp_product product = c->host->update.product;
	char text[UPDATE_SIGNING_BYTES];

	update_signing_format(product, &result->after, text);
	if (c->host->update.dry_run && c->request.kind == UPDATE_COMMIT) {
		print_dry_commit(product, result);
		return;
	}
	if (c->host->update.dry_run) {
		printf("dry run: nothing was changed; reports would be signed with the %s\n", text);
		return;
	}
	if (result->store.left == STORE_LEFT_NEW)
		printf("'%s' has the certificates of the %s\n", c->host->update.blob, text);
	else
		printf("'%s' already had the certificates of the %s\n", c->host->update.blob, text);
	if (result->pause_ns > 0)
		printf("new requests waited or got no certificates for %.3f ms, including %.3f ms for the "
		       "firmware command\n",
		       (double)result->pause_ns / 1e6, (double)result->command_ns / 1e6);
}

static int change_status(const struct change *c, int r)
{
	/* no service has the certificate of a VLEK, and neither has the table in place */
	if (r == -ENODATA && c->request.kind == UPDATE_LOAD_VLEK && !c->request.vlek)
		return CLI_USAGE;
	return cli_status(r);
}

static int run_change(struct change *c)
{
	struct update_result result = { .table = UPDATE_TABLE_UNKNOWN };
	struct jurat_error err = { "" };
	int status = take_request(c), r;

	if (status != CLI_OK)
		return status;
	if (cli_wants_json(c->host->cli)) {
		c->steps = json_array();
		c->warnings = json_array();
		if (!c->steps || !c->warnings)
			return cli_fail_memory(c->host->cli);
	}
	c->host->update.event = print_step;
	c->host->update.event_ctx = c;
	r = c->host->update.dry_run ? host_dry_run(c->host, c->warnings, &err) : 0;
	if (r == 0)
		r = update_run(&c->host->update, &c->request, &result, &err);
	print_late(c);
	status = change_status(c, r);
	if (r != 0)
		cli_fail(c->host->cli, status, "%s: %s", c->host->command, err.text);
	else if (result.store.undrained[0])
		cli_warn(c->host->cli, "%s: %s",
			 result.issued ? "issued the command while readers still held the old certificates"
				       : "published the table while readers still held an older one",
			 result.store.undrained);
	if (c->steps)
		return print_json(c, &result, status, r == 0 ? "" : err.text);
	if (r == 0)
		print_text(c, &result);
	return status;
}

static int change(struct host *host)
{
	struct change c = { .host = host };
	int status = run_change(&c);

	json_decref(c.steps);
	json_decref(c.warnings);
	free(c.hashstick);
	free(c.vlek);
	free(c.report);
	return status;
}

int cli_host(struct cli *cli)
{
	struct host host;
	int status = CLI_USAGE;

	if (!cli_reads_stdin_once(cli, cli->n_args > 1 ? cli->args[1] : NULL))
		return CLI_USAGE;
	/* who inspects the locks reads this name, not that of the program for all network verbs */
	(void)prctl(PR_SET_NAME, "jurat host");
	signal(SIGPIPE, SIG_IGN); /* who stops reading the steps does not stop the update */
	status = host_init(&host, cli);
	if (status == CLI_OK)
		status = strcmp(host.command, "status") ? change(&host) : host_status(&host);
	host_done(&host);
	return status;
}
