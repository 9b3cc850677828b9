/* SPDX-License-Identifier: MIT */
#include "cli/policy_file.h"

#include <string.h>

#include "base/cleanup.h"
#include "verify/policy_from.h"
#include "verify/policy_write.h"

static int load_file(struct cli *cli, const char *path, struct jurat_policy *policy)
{
	auto_free uint8_t *json = NULL;
	struct jurat_error err = { "" };
	size_t n;

	if (cli_read(path, &json, &n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	if (jurat_policy_read_json(policy, (const char *)json, n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err.text);
	return CLI_OK;
}

int cli_policy_load(struct cli *cli, struct jurat_policy *policy)
{
	const char *path = cli_get(cli, "policy"), *member, *warning;
	struct jurat_error err = { "" };
	int status = path ? load_file(cli, path, policy) : CLI_OK;

	if (status != CLI_OK)
		return status;
	for (size_t i = 0; (member = cli_get_nth(cli, "require", i)); i++) {
		const char *equals = strchr(member, '=');
		auto_free char *name = equals ? strndup(member, (size_t)(equals - member)) : NULL;

		if (!name)
			return cli_fail(cli, CLI_USAGE, "--require: expected NAME=VALUE, found '%s'", member);
		if (jurat_policy_set(policy, name, equals + 1, &err) < 0)
			return cli_fail(cli, CLI_USAGE, "--require %s: %s", member, err.text);
	}
	for (size_t i = 0; (warning = jurat_policy_warning(policy, i)); i++)
		cli_warn(cli, "policy: %s", warning);
	return CLI_OK;
}

static void warn_of_replaced(void *context, const char *member, const char *was, const char *is)
{
	cli_warn(context, "policy: %s: %s replaces %s", member, is, was);
}

int cli_policy_add(struct cli *cli, struct jurat_policy *to, const struct jurat_policy *members)
{
	struct jurat_error err = { "" };

	if (policy_merge(to, members, warn_of_replaced, cli, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	return CLI_OK;
}

int cli_policy_write(struct cli *cli, const char *option, const struct jurat_policy *policy)
{
	const char *path = cli_get(cli, option);
	auto_free char *text = policy_write_json(policy);
	struct jurat_error err = { "" };

	if (!text)
		return cli_fail_memory(cli);
	if (cli_write(path ? path : "-", text, strlen(text), 0644, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	return CLI_OK;
}
