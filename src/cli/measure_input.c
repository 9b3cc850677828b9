/* SPDX-License-Identifier: MIT */
#include "cli/measure.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"

enum { MAX_INPUT_BYTES = 1 << 30 }; /* an initrd may be large */

int measuring_file(struct measuring *m, const char *option, size_t i, struct measure_bytes *ret)
{
	const char *path = cli_get_nth(m->cli, option, i);
	struct jurat_error err = { "" };
	size_t n = 0;
	int r;

	*ret = (struct measure_bytes){ .bytes = NULL };
	if (!path)
		return CLI_OK;
	if (!strcmp(path, "-"))
		r = base_read_fd(base_env_real(), STDIN_FILENO, "standard input", MAX_INPUT_BYTES,
				 &m->files[m->n_files], &n, &err);
	else
		r = base_read_file(base_env_real(), path, MAX_INPUT_BYTES, &m->files[m->n_files], &n, &err);
	if (r < 0)
		return cli_fail(m->cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "--%s: %s", option,
				err.text);
	*ret = (struct measure_bytes){ m->files[m->n_files++], n };
	return CLI_OK;
}

int measuring_fail(const struct measuring *m, int r, int malformed, const struct jurat_error *err)
{
	static const struct {
		const char *begin, *option; /* how the error about an input begins */
		bool named;                 /* which says no more than the option */
	} inputs[] = { { "firmware: ", NULL, true }, { "kernel: ", "kernel", true },
		       { "SVSM: ", "svsm", true },   { "BootOrder", "boot-order", false },
		       { "GPT: ", "gpt", true },     { "", NULL, false } };
	const char *option, *path, *text = err->text;
	size_t i = 0;

	if (r != -EBADMSG)
		return cli_fail(m->cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err->text);
	while (strncmp(text, inputs[i].begin, strlen(inputs[i].begin)) != 0)
		i++;
	option = inputs[i].option ? inputs[i].option : m->firmware ? m->firmware : "firmware";
	path = cli_get(m->cli, option);
	if (!path || !strncmp(text, "EFI image", 9))
		return cli_fail(m->cli, malformed, "%s", text);
	if (inputs[i].named)
		text += strlen(inputs[i].begin);
	return cli_fail(m->cli, malformed, "--%s '%s': %s", option, path, text);
}

int measuring_kernel(struct measuring *m, struct measure_bytes *ret_kernel, struct measure_bytes *ret_initrd,
		     const char **ret_append)
{
	static const char *const needs[] = { "initrd", "append" };
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (cli_has(m->cli, needs[i]) && !cli_has(m->cli, "kernel") && !cli_has(m->cli, "efi-image"))
			return cli_fail(m->cli, CLI_USAGE, "--%s requires --kernel", needs[i]);
	status = measuring_file(m, "kernel", 0, ret_kernel);
	if (status == CLI_OK)
		status = measuring_file(m, "initrd", 0, ret_initrd);
	*ret_append = cli_get(m->cli, "append");
	return status;
}

void measuring_add(struct measuring *m, const char *name, const uint8_t *digest, const char *missing)
{
	struct measure_value *v = &m->values[m->n_values++];

	assert(m->n_values <= MEASURE_MAX_VALUES);
	v->name = name;
	snprintf(v->missing, sizeof(v->missing), "%s", missing ? missing : "");
	if (!missing)
		memcpy(v->digest, digest, sizeof(v->digest));
}

bool measuring_hex(const struct measuring *m, const char *option, uint64_t fallback, uint64_t *ret)
{
	const char *text = cli_get(m->cli, option), *digits;
	uint8_t bytes[8];
	char padded[17];
	size_t n;

	*ret = fallback;
	if (!text)
		return true;
	digits = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2) ? text + 2 : text;
	n = strlen(digits);
	memset(padded, '0', sizeof(padded));
	if (n > 0 && n <= 16)
		memcpy(padded + 16 - n, digits, n + 1);
	if (n == 0 || n > 16 || !bytes_from_hex(padded, bytes, sizeof(bytes)))
		return cli_misuse(m->cli, "--%s: expected 1 to 16 hex digits, found '%s'", option, text);
	*ret = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}
