/* SPDX-License-Identifier: MIT */
#include "cli/certs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "verify/input.h"

int certs_load_table(struct cli *cli, const char *what, const char *path, uint8_t **ret, size_t *ret_size)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	enum input_kind kind;

	if (cli_read(path, &bytes, ret_size, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s: %s", what, err.text);
	kind = input_kind(bytes, *ret_size);
	if (kind != INPUT_SNP_TABLE && kind != INPUT_UNKNOWN)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s: '%s': expected a certificate table, found: %s",
				what, path, input_kind_name(kind));
	*ret = take_ptr(bytes);
	return CLI_OK;
}

int certs_print_json(struct cli *cli, json_t *json, int status)
{
	auto_free char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	if (!text)
		return cli_fail_memory(cli);
	puts(text);
	return status;
}
