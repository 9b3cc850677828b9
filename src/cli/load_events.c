/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/load.h"
#include "measure/event_log.h"
#include "verify/encoding.h"

/* Event logs of TDs: named with --event-log, beside a quote, or in the file that carries it. */

static int fail_log(struct cli *cli, const char *path, int r, const struct jurat_error *err)
{
	return r == -ENOMEM ? cli_fail_memory(cli)
			    : cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err->text);
}

static int keep(struct cli *cli, const uint8_t *bytes, size_t n, struct cli_evidence *e)
{
	uint8_t *copy = malloc(n + 1);

	if (!copy)
		return cli_fail_memory(cli);
	memcpy(copy, bytes, n);
	free(e->event_log);
	e->event_log = copy;
	e->event_log_size = n;
	return CLI_OK;
}

int cli_load_carried_log(struct cli *cli, const char *path, const uint8_t *bytes, size_t n,
			 struct cli_evidence *e)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct jurat_error err = { "" };
	int r = encoding_undo(bytes, n, &plain, &err);

	if (r == 0 && input_kind(plain.bytes, plain.n) != INPUT_JSON)
		return CLI_OK;
	if (r == 0)
		r = measure_log_find_json(plain.bytes, plain.n, &err);
	if (r == JURAT_NOT_FOUND)
		return CLI_OK;
	return r < 0 && r != -EBADMSG ? fail_log(cli, path, r, &err) : keep(cli, plain.bytes, plain.n, e);
}

int cli_load_log_file(struct cli *cli, const char *path, struct cli_evidence *e)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	auto_free uint8_t *data = NULL;
	struct measure_log *log = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = cli_read(path, &data, &n, &err);

	if (r < 0)
		return cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	if (measure_log_is(data, n))
		return keep(cli, data, n, e);
	r = encoding_undo(data, n, &plain, &err);
	if (r == 0 && measure_log_is(plain.bytes, plain.n))
		return keep(cli, plain.bytes, plain.n, e);
	if (r == 0)
		r = measure_log_read(plain.bytes, plain.n, &log, &err); /* says what it is instead */
	measure_log_free(log);
	return fail_log(cli, path, r, &err);
}

int cli_load_event_log(struct cli *cli, struct cli_evidence *e)
{
	const char *path = cli_get(cli, "event-log");

	if (!path)
		return CLI_OK;
	if (!e->quote)
		return cli_fail(cli, CLI_ENVIRONMENT,
				"'%s': an SEV-SNP report, whose guest has no event log (see --event-log)",
				e->path);
	return cli_load_log_file(cli, path, e);
}
