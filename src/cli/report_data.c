/* SPDX-License-Identifier: MIT */
#include "verify/report_data.h"

#include <errno.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "cli/cli.h"

static const char *const options[REPORT_DATA_N_HASHES] = {
	[REPORT_DATA_PLAIN] = "report-data",
	[REPORT_DATA_SHA256] = "report-data-sha256",
	[REPORT_DATA_SHA384] = "report-data-sha384",
	[REPORT_DATA_SHA512] = "report-data-sha512",
};

/* The value of the option is wrong, or its file could not be read. */
static int fail(const struct cli *cli, const char *option, int r, const struct jurat_error *err)
{
	return cli_fail(cli,
			r == -EINVAL   ? CLI_USAGE
			: r == -ENOMEM ? CLI_INTERNAL
				       : CLI_ENVIRONMENT,
			"--%s: %s", option, err->text);
}

/* Finds which of these options was used; JURAT_NOT_FOUND: none; -EINVAL: two of them. */
static int find(const struct cli *cli, enum report_data_hash *ret)
{
	int r = JURAT_NOT_FOUND;

	for (unsigned i = 0; i < REPORT_DATA_N_HASHES; i++) {
		if (!cli_has(cli, options[i]))
			continue;
		if (r == 0)
			return -EINVAL;
		*ret = (enum report_data_hash)i;
		r = 0;
	}
	return r;
}

/* @FILE is the bytes of that file, whatever they are. */
static int read_value(const struct cli *cli, const char *option, size_t max, uint8_t **ret, size_t *ret_n,
		      struct jurat_error *err)
{
	const char *text = cli_get(cli, option);
	bool ambiguous = false;
	int r;

	if (text[0] == '@')
		return cli_read(text + 1, ret, ret_n, err);
	r = report_data_bytes(text, max, ret, ret_n, &ambiguous, err);
	if (r == 0 && ambiguous)
		cli_warn(cli,
			 "--%s: the value is read as hex, %zu bytes (0xVALUE says so without this warning; "
			 "base64:VALUE is base64)",
			 option, *ret_n);
	return r;
}

int cli_report_data(struct cli *cli, uint8_t ret[64], bool *ret_there)
{
	const char *padding = cli_get(cli, "report-data-padding");
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	enum report_data_hash hash;
	bool left = false;
	size_t n;
	int r = find(cli, &hash);

	*ret_there = r == 0;
	if (r == -EINVAL)
		return cli_fail(
			cli, CLI_USAGE,
			"expected one of --report-data, --report-data-sha256, --report-data-sha384 and "
			"--report-data-sha512, found two");
	if (r != 0 && padding)
		return cli_fail(cli, CLI_USAGE, "--report-data-padding: there is no --report-data to pad");
	if (r != 0)
		return CLI_OK;
	if (padding && !report_data_padding(padding, &left))
		return cli_fail(cli, CLI_USAGE, "--report-data-padding: expected zero or left");
	r = read_value(cli, options[hash], hash == REPORT_DATA_PLAIN ? REPORT_DATA_BYTES : SIZE_MAX, &bytes,
		       &n, &err);
	if (r == 0)
		r = report_data_make(hash, bytes, n, left, ret, &err);
	return r < 0 ? fail(cli, options[hash], r, &err) : CLI_OK;
}
