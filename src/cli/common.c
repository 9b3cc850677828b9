/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "base/time.h"
#include "cli/output.h"

enum { MAX_FILE_BYTES = 16 << 20 };

const struct cli_verb *cli_find_verb(const char *name)
{
	for (size_t i = 0; i < cli_n_verbs; i++)
		if (!strcmp(cli_verbs[i].name, name))
			return &cli_verbs[i];
	return NULL;
}

const char *cli_getenv(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

const char *cli_get_nth(const struct cli *cli, const char *name, size_t i)
{
	for (size_t k = 0; k < cli->n_values; k++)
		if (!strcmp(cli->values[k].option->name, name) && i-- == 0)
			return cli->values[k].value;
	return NULL;
}

const char *cli_get(const struct cli *cli, const char *name)
{
	return cli_get_nth(cli, name, 0);
}

bool cli_has(const struct cli *cli, const char *name)
{
	return cli_get(cli, name) != NULL;
}

bool cli_wants_json(const struct cli *cli)
{
	const char *output = cli_get(cli, "output");

	return output && !strcmp(output, "json");
}

bool cli_wants_page(const struct cli *cli)
{
	const char *output = cli_get(cli, "output");

	return output && !strcmp(output, "html");
}

bool cli_get_number_from(const struct cli *cli, const char *name, uint64_t min, uint64_t max,
			 uint64_t fallback, uint64_t *ret)
{
	const char *text = cli_get(cli, name);
	unsigned long long v;
	char *end;

	if (!text) {
		*ret = fallback;
		return true;
	}
	errno = 0;
	v = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || v < min || v > max)
		return cli_misuse(cli, "--%s: expected a number from %llu to %llu, found '%s'", name,
				  (unsigned long long)min, (unsigned long long)max, text);
	*ret = v;
	return true;
}

bool cli_get_number(const struct cli *cli, const char *name, uint64_t max, uint64_t fallback, uint64_t *ret)
{
	return cli_get_number_from(cli, name, 0, max, fallback, ret);
}

char *cli_text(const char *format, va_list ap)
{
	char *text;

	return vasprintf(&text, format, ap) < 0 ? NULL : base_plain_text(text);
}

int cli_add_finding(json_t *findings, const char *code, const char *detail)
{
	json_t *finding = json_pack("{s:s, s:s}", "code", code, "detail", detail);

	return json_array_append_new(findings, finding) < 0 ? -ENOMEM : 0; /* also for NULL */
}

/* Prints the line "jurat VERB: PREFIX..." to standard error. */
__attribute__((format(printf, 3, 0))) static void say(const struct cli *cli, const char *prefix,
						      const char *format, va_list ap)
{
	auto_free char *text = cli_text(format, ap);

	if (cli->caught) {
		if (!prefix[0]) {
			free(cli->caught->failure);
			cli->caught->failure = take_ptr(text);
		}
		return;
	}
	fprintf(stderr, "jurat%s%s: %s%s\n", cli->verb ? " " : "", cli->verb ? cli->verb->name : "", prefix,
		text ? text : strerror(ENOMEM));
}

int cli_fail(const struct cli *cli, int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(cli, "", format, ap);
	va_end(ap);
	return status;
}

bool cli_misuse(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(cli, "", format, ap);
	va_end(ap);
	return false;
}

void cli_warn(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(cli, "warning: ", format, ap);
	va_end(ap);
}

int cli_fail_memory(const struct cli *cli)
{
	struct jurat_error err;

	return cli_fail(cli, cli_status(jurat_fail_memory(&err)), "%s", err.text);
}

int cli_status(int r)
{
	switch (r) {
	case 0:
		return CLI_OK;
	case JURAT_REFUSED:
	case -EBADMSG:
	case -EPROTO:
	case -EKEYREJECTED: /* the TLS certificate of a service */
		return CLI_REFUSED;
	case -ENOMEM:
		return CLI_INTERNAL;
	default:
		return CLI_ENVIRONMENT;
	}
}

bool cli_reads_stdin_once(const struct cli *cli, const char *arg)
{
	unsigned n = arg && !strcmp(arg, "-");

	for (size_t i = 0; i < cli->n_values; i++)
		if (cli->values[i].option->reads &&
		    (!strcmp(cli->values[i].value, "-") || !strcmp(cli->values[i].value, "@-")))
			n++;
	return n <= 1 || cli_misuse(cli, "'-', standard input, is named %u times: it can be read once", n);
}

int cli_read(const char *path, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	/* Not /dev/stdin: a socket cannot be opened a second time. */
	if (!strcmp(path, "-"))
		return base_read_fd(base_env_real(), STDIN_FILENO, "standard input", MAX_FILE_BYTES, ret,
				    ret_size, err);
	return base_read_file(base_env_real(), path, MAX_FILE_BYTES, ret, ret_size, err);
}

int cli_read_regular(const char *path, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	struct base_env *env = base_env_real();
	int fd = base_open(env, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0), r;
	struct base_stat st;

	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	r = base_fstat(env, fd, &st);
	if (r < 0)
		r = jurat_fail(err, r, "cannot read '%s': %s", path, strerror(-r));
	else if (S_ISDIR(st.mode))
		r = jurat_fail(err, -EISDIR, "cannot read '%s': %s", path, strerror(EISDIR));
	else if (!S_ISREG(st.mode))
		r = jurat_fail(err, -EOPNOTSUPP, "'%s': not a regular file", path);
	else
		r = base_read_fd(env, fd, path, MAX_FILE_BYTES, ret, ret_size, err);
	base_close(env, fd);
	return r;
}

int cli_write(const char *path, const void *data, size_t size, unsigned mode, struct jurat_error *err)
{
	if (strcmp(path, "-") != 0)
		return output_write(base_env_real(), path, data, size, mode, err);
	if (fwrite(data, 1, size, stdout) != size || fflush(stdout) != 0)
		return jurat_fail(err, -EIO, "cannot write to standard output");
	return 0;
}

int cli_time(const char *text, int64_t *ret, struct jurat_error *err)
{
	if (!base_time_read(text, ret))
		return jurat_fail(err, -EINVAL, "'%s' is not a time like 2026-01-31T12:00:00Z", text);
	return 0;
}

int cli_flush(const struct cli *cli, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return cli_fail(cli, CLI_ENVIRONMENT, "cannot write to standard output: %s", strerror(errno));
}
