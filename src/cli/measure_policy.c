/* SPDX-License-Identifier: MIT */
#include "cli/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "cli/policy_file.h"
#include "verify/policy_from.h"
#include "verify/render.h"

/* Options that change nothing about what is measured. */
static bool is_of_output(const char *option)
{
	static const char *const options[] = { "steps",      "id-block",        "id-auth",
					       "id-key",     "author-key",      "policy",
					       "policy-out", "check-id-block",  "check-id-auth",
					       "output",     "explain",         "firmware-also",
					       "max-vcpus",  "max-differences", "explain-timeout" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(options[i], option))
			return true;
	return false;
}

/* A text that JSON can hold; takes it. NULL: no memory. */
static char *as_json(char *text)
{
	json_t *json = text ? render_path(text) : NULL;
	char *copy = json ? strdup(json_string_value(json)) : NULL;

	free(text);
	json_decref(json);
	return copy;
}

/* "Computed by jurat measure snp --firmware OVMF.fd --vcpus 4"; NULL: no memory. */
static char *command(const struct measuring *m)
{
	struct text_stream stream;
	char *line;

	if (text_stream_open(&stream) < 0)
		return NULL;
	fprintf(stream.to, "Computed by jurat measure %s", m->cli->args[0]);
	for (size_t i = 0; i < m->cli->n_values; i++) {
		const char *name = m->cli->values[i].option->name, *value = m->cli->values[i].value;
		const char *quote = strpbrk(value, " \t\n'\"$\\") || !value[0] ? "'" : "";

		if (!is_of_output(name))
			fprintf(stream.to, " --%s %s%s%s", name, quote, value, quote);
	}
	return text_stream_close(&stream, &line, NULL) < 0 ? NULL : as_json(line);
}

/* Sets a member. Its comment is that of `jurat policy from`, and a line on this one. */
static int add_member(const struct measuring *m, struct jurat_policy *members, const char *name,
		      const char *value, const char *line)
{
	struct jurat_error err = { "" };
	auto_free char *comment = NULL;
	struct policy_pin pin;
	size_t i = 0;

	if (jurat_policy_set(members, name, value, &err) < 0)
		return cli_fail(m->cli, CLI_INTERNAL, "%s", err.text);
	while (policy_pin_at(i, &pin) && strcmp(pin.member, name))
		i++;
	if (asprintf(&comment, "%s %s%s%s", pin.meaning, pin.tight, line ? "\n" : "", line ? line : "") < 0) {
		comment = NULL;
		return cli_fail_memory(m->cli);
	}
	return policy_set_comment(members, name, comment) < 0 ? cli_fail_memory(m->cli) : CLI_OK;
}

/* A comment on a member that is not there: why. */
static int add_missing(const struct measuring *m, const struct jurat_policy *policy,
		       struct jurat_policy *members, const struct measure_value *v)
{
	char line[sizeof(v->missing) + 64];

	if (policy_is_set(policy, v->name))
		return CLI_OK;
	snprintf(line, sizeof(line), "Not required: computing it takes %s.", v->missing);
	return policy_set_comment(members, v->name, line) < 0 ? cli_fail_memory(m->cli) : CLI_OK;
}

/* What an ID block states besides its digests. */
static int add_id_block(const struct measuring *m, struct jurat_policy *members)
{
	static const char *const options[][2] = { { "family-id", "family_id" },
						  { "image-id", "image_id" },
						  { "guest-svn", "minimum_guest_svn" } };
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && i < ARRAY_SIZE(options); i++) {
		const char *value = cli_get(m->cli, options[i][0]);
		uint64_t svn;

		if (!value)
			continue;
		if (i < 2) {
			status = add_member(m, members, options[i][1],
					    strncmp(value, "0x", 2) ? value : value + 2, NULL);
		} else if (cli_get_number(m->cli, options[i][0], UINT32_MAX, 0, &svn)) {
			char text[16];

			snprintf(text, sizeof(text), "%u", (unsigned)svn);
			status = add_member(m, members, options[i][1], text, NULL);
		}
	}
	return status;
}

static int add_all(const struct measuring *m, const struct jurat_policy *policy, struct jurat_policy *members)
{
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];
	auto_free char *line = command(m);
	int status = line ? CLI_OK : cli_fail_memory(m->cli);

	if (status == CLI_OK && !policy_is_set(policy, "tees"))
		status = add_member(m, members, "tees", strcmp(m->cli->args[0], "tdx") ? "sev-snp" : "tdx",
				    NULL);
	for (size_t i = 0; status == CLI_OK && i < m->n_values; i++) {
		const struct measure_value *v = &m->values[i];

		if (v->missing[0])
			status = add_missing(m, policy, members, v);
		else
			status = add_member(m, members, v->name,
					    bytes_to_hex(v->digest, sizeof(v->digest), hex), line);
	}
	return status == CLI_OK ? add_id_block(m, members) : status;
}

bool measuring_policy_options(const struct measuring *m)
{
	if (cli_has(m->cli, "policy") && !cli_has(m->cli, "policy-out"))
		return cli_misuse(m->cli, "--policy requires --policy-out");
	if (cli_has(m->cli, "policy-out") && !strcmp(cli_get(m->cli, "policy-out"), "-"))
		return cli_misuse(m->cli, "--policy-out: expected a file, found standard output");
	return true;
}

int measuring_policy(const struct measuring *m)
{
	struct jurat_policy *policy = NULL, *members = NULL;
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (!cli_has(m->cli, "policy-out"))
		return CLI_OK;
	if (jurat_policy_new(&policy, &err) < 0 || jurat_policy_new(&members, &err) < 0)
		status = cli_fail(m->cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		status = cli_policy_load(m->cli, policy);
	if (status == CLI_OK)
		status = add_all(m, policy, members);
	if (status == CLI_OK)
		status = cli_policy_add(m->cli, policy, members);
	if (status == CLI_OK)
		status = cli_policy_write(m->cli, "policy-out", policy);
	jurat_policy_free(members);
	jurat_policy_free(policy);
	return status;
}
