/* SPDX-License-Identifier: MIT */
#include "cli/order.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Takes an item from `format` and its arguments. */
__attribute__((format(printf, 2, 3))) static int append(struct cli_order *o, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&o->items[o->n], format, ap);
	va_end(ap);
	if (r < 0) {
		o->items[o->n] = NULL;
		return -1;
	}
	o->n++;
	return 0;
}

/* Whether a value of --unsigned names the field that `set`, a value of --set, sets. */
static bool is_unsigned(const struct cli *cli, const char *set)
{
	size_t n = strcspn(set, "=");
	const char *field;

	for (size_t i = 0; (field = cli_get_nth(cli, "unsigned", i)); i++)
		if (strlen(field) == n && !strncmp(field, set, n))
			return true;
	return false;
}

static bool is_set(const struct cli *cli, const char *field)
{
	const char *set;

	for (size_t i = 0; (set = cli_get_nth(cli, "set", i)); i++)
		if (!strncmp(set, field, strlen(field)) && set[strlen(field)] == '=')
			return true;
	return false;
}

static bool check_words(struct cli *cli)
{
	const char *word;

	for (size_t i = 0; (word = cli_get_nth(cli, "set", i)); i++)
		if (!strchr(word, '=') || strcspn(word, " =") != strcspn(word, "="))
			return cli_misuse(cli, "--set: expected PART.FIELD=VALUE, found '%s'", word);
	for (size_t i = 0; (word = cli_get_nth(cli, "unsigned", i)); i++)
		if (!is_set(cli, word))
			return cli_misuse(cli, "--unsigned %s: expected the PART.FIELD of a --set", word);
	return true;
}

/* The items in the order of the command line, arguments of `jurat forge` first. */
static int collect(struct cli *cli, struct cli_order *o)
{
	bool takes_arguments = !strcmp(cli->verb->name, "forge");
	int r = 0;

	o->items = calloc(cli->n_values + cli->n_args + 1, sizeof(*o->items));
	if (!o->items)
		return cli_fail_memory(cli);
	for (size_t i = 0; takes_arguments && r == 0 && i < cli->n_args; i++)
		r = append(o, "%s", cli->args[i]);
	for (size_t i = 0; r == 0 && i < cli->n_values; i++) {
		const char *name = cli->values[i].option->name, *value = cli->values[i].value;

		if (!strcmp(name, "evidence"))
			r = append(o, "%s", value);
		else if (!strcmp(name, "set"))
			r = append(o, "%s%s", is_unsigned(cli, value) ? "unsigned " : "", value);
		else if (!strcmp(name, "damage"))
			r = append(o, "damage %s", value);
	}
	return r < 0 ? cli_fail_memory(cli) : CLI_OK;
}

/* An order with these items, which are right if *ret_bad is NULL; else that is the item that is not. */
static int make(const struct cli_order *o, int64_t at, struct sim_order **ret, const char **ret_bad,
		struct jurat_error *err)
{
	struct sim_order *order = NULL;
	int r = sim_order_new(at, &order, err);

	*ret_bad = NULL;
	for (size_t i = 0; r == 0 && i < o->n; i++) {
		r = sim_order_add(order, o->items[i], err);
		if (r < 0)
			*ret_bad = o->items[i];
	}
	if (r < 0)
		sim_order_free(order);
	else
		*ret = order;
	return r;
}

/* Names the item whose part is of the other TEE: the first one that brings it into an order. */
static int refuse_foreign(struct cli *cli, const struct cli_order *o, bool tdx, int64_t at)
{
	struct jurat_error err = { "" };

	for (size_t i = 0; i < o->n; i++) {
		const struct cli_order one = { .items = &o->items[i], .n = 1 };
		struct sim_order *order = NULL;
		enum sim_part part;
		const char *bad;

		if (make(&one, at, &order, &bad, &err) < 0)
			return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
		part = sim_order_foreign(order, tdx);
		sim_order_free(order);
		if (part != SIM_N_PARTS)
			return cli_fail(cli, CLI_USAGE, "'%s': '%s' is a part of %s evidence (use --tee %s)",
					o->items[i], sim_part_name(part), tdx ? "SEV-SNP" : "TDX",
					tdx ? "sev-snp" : "tdx");
	}
	return CLI_INTERNAL;
}

int cli_order_new(struct cli *cli, bool tdx, int64_t at, struct cli_order *ret)
{
	struct jurat_error err = { "" };
	const char *bad;
	int r, status = check_words(cli) ? collect(cli, ret) : CLI_USAGE;

	if (status != CLI_OK)
		return status;
	r = make(ret, at, &ret->order, &bad, &err);
	if (r < 0)
		return bad && r != -ENOMEM ? cli_fail(cli, CLI_USAGE, "'%s': %s", bad, err.text)
					   : cli_fail(cli, cli_status(r), "%s", err.text);
	return sim_order_foreign(ret->order, tdx) == SIM_N_PARTS ? CLI_OK : refuse_foreign(cli, ret, tdx, at);
}

int cli_order_try(struct cli *cli, const struct cli_order *o, const struct sim_forge_options *options)
{
	struct sim_forged forged = { .n = 0 };
	struct jurat_error err = { "" };
	struct sim_order *order = NULL;
	const char *bad;
	int r;

	if (o->n == 0)
		return CLI_OK;
	r = make(o, sim_order_at(o->order), &order, &bad, &err);
	if (r == 0)
		r = sim_forge(options, order, &forged, &err);
	sim_forged_done(&forged);
	sim_order_free(order);
	return r < 0 ? cli_fail(cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text) : CLI_OK;
}

void cli_order_done(struct cli_order *o)
{
	sim_order_free(o->order);
	for (size_t i = 0; i < o->n; i++)
		free(o->items[i]);
	free(o->items);
	*o = (struct cli_order){ .n = 0 };
}
