/* SPDX-License-Identifier: MIT */
#include "show/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "page/tree.h"
#include "wire/layout.h"

static void print_value(const char *name, json_t *value, int depth)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_object(value)) {
		if (name)
			printf("%*s%s:\n", 2 * depth, "", name);
		json_object_foreach(value, key, item) print_value(key, item, name ? depth + 1 : depth);
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		{
			char label[64];

			snprintf(label, sizeof(label), "%s %zu", name, i + 1);
			print_value(label, item, depth);
		}
	} else if (json_is_boolean(value)) {
		printf("%*s%-20s %s\n", 2 * depth, "", name, json_is_true(value) ? "yes" : "no");
	} else if (json_is_integer(value)) {
		printf("%*s%-20s %" JSON_INTEGER_FORMAT "\n", 2 * depth, "", name, json_integer_value(value));
	} else {
		printf("%*s%-20s %s\n", 2 * depth, "", name, json_string_value(value));
	}
}

/* Lists each bit field once, even if several structures have it. */
static int list_bits(void)
{
	for (size_t i = 0; i < wire_n_bit_fields; i++) {
		const struct wire_bits *set = wire_bit_fields[i].set;
		size_t first = 0;

		while (wire_bit_fields[first].set != set)
			first++;
		for (size_t k = 0; first == i && k < set->n_bits; k++)
			printf("%-20s %2u  %s\n", set->name, set->bits[k].bit, set->bits[k].name);
	}
	return CLI_OK;
}

static void print_page(const char *path, json_t *root)
{
	const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
	const char *kind = json_string_value(json_object_get(root, "kind"));
	auto_free char *title = NULL;

	if (asprintf(&title, "%s: %s", strcmp(path, "-") ? name : "standard input",
		     kind ? kind : "evidence") < 0)
		title = NULL;
	page_tree_begin(stdout, title ? title : "evidence");
	page_tree_section(stdout, kind ? kind : "Evidence", true, root);
	page_tree_end(stdout);
}

static void print_shown(const struct cli *cli, const struct show *s)
{
	switch (s->form) {
	case SHOW_TEXT:
		print_value(NULL, s->root, 0);
		break;
	case SHOW_JSON:
		json_dumpf(s->root, stdout, JSON_INDENT(2));
		puts("");
		break;
	case SHOW_PAGE:
		print_page(cli->args[0], s->root);
		break;
	}
}

int cli_show(struct cli *cli)
{
	struct show s = { .form = cli_wants_json(cli)   ? SHOW_JSON
				  : cli_wants_page(cli) ? SHOW_PAGE
							: SHOW_TEXT };
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r, status = CLI_OK;

	if (cli_has(cli, "list-bits"))
		return list_bits();
	if (cli->n_args < 1)
		return cli_fail(cli, CLI_USAGE, "expected FILE (see jurat show --help)");
	r = cli_read(cli->args[0], &data, &n, &err);
	if (r < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	s.root = json_object();
	r = s.root ? show_any(&s, data, n, &err) : jurat_fail_memory(&err);
	if (r < 0)
		status = cli_fail(cli, cli_status(r), "'%s': %s", cli->args[0], err.text);
	else if (s.failed)
		status = cli_fail_memory(cli);
	else
		print_shown(cli, &s);
	json_decref(s.root);
	return status;
}
