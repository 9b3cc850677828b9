/* SPDX-License-Identifier: MIT */
#include "cli/forge.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "cli/load.h"
#include "cli/order.h"

struct forge {
	struct cli *cli;
	const char *dir;
	struct sim_forge_options options;
	struct cli_order order;
	struct sim_forged made;
	char at[BASE_TIME_BYTES];
	char data[2 + BYTES_HEX_SIZE(64)]; /* REPORT_DATA that the user wants; "": none */
};

/* false after an error message: an option is of the other TEE. */
static bool options_fit(struct cli *cli, bool tdx)
{
	static const struct {
		const char *name;
		bool tdx;
	} of_one[] = { { "product", false },
		       { "report-version", false },
		       { "sign-with", false },
		       { "tdx-module", true } };

	for (size_t i = 0; i < ARRAY_SIZE(of_one); i++)
		if (cli_has(cli, of_one[i].name) && of_one[i].tdx != tdx)
			return cli_misuse(cli, "--%s is for %s evidence", of_one[i].name,
					  tdx ? "SEV-SNP" : "TDX");
	return true;
}

static enum sim_tdx_generation generation_of(const char *module)
{
	if (module && !strcmp(module, "1.0"))
		return SIM_TDX_10;
	return module && !strcmp(module, "1.5ex") ? SIM_TDX_15EX : SIM_TDX_15;
}

static int read_options(struct forge *f)
{
	struct cli *cli = f->cli;
	const char *tee = cli_get(cli, "tee"), *product = cli_get(cli, "product"),
		   *key = cli_get(cli, "sign-with");
	struct sim_forge_options *o = &f->options;
	bool has_data = false;
	uint64_t version;
	int64_t at;
	int status;

	o->tdx = tee && !strcmp(tee, "tdx");
	if (!options_fit(cli, o->tdx) || !cli_get_number(cli, "report-version", 5, 0, &version))
		return CLI_USAGE;
	o->product = snp_product_by_name(product ? product : "milan");
	o->report_version = (uint32_t)version;
	o->vlek = key && !strcmp(key, "vlek");
	o->generation = generation_of(cli_get(cli, "tdx-module"));
	o->seed = cli_get(cli, "seed");
	status = cli_report_data(cli, o->report_data, &has_data);
	if (status == CLI_OK)
		status = cli_load_platform_time(cli, &at);
	if (status != CLI_OK)
		return status;
	if (!at)
		at = time(NULL);
	base_time_text(at, f->at);
	if (has_data) {
		memcpy(f->data, "0x", 2);
		bytes_to_hex(o->report_data, sizeof(o->report_data), f->data + 2);
	}
	return cli_order_new(cli, o->tdx, at, &f->order);
}

/* How `jurat verify` takes a file, or the directory that it is in. */
static const struct use {
	const char *file, *option, *path;
} uses_snp[] = { { "crl.der", "--crl", "crl.der" },
		 { "certs.bin", "--certs", "certs.bin" },
		 { "report.bin", NULL, "report.bin" } },
  uses_tdx[] = { { "quote.bin", "--collateral", "collateral" }, { "quote.bin", NULL, "quote.bin" } };

enum { MAX_WORDS = 12 };
struct command {
	const char *words[MAX_WORDS], *below[MAX_WORDS];
	size_t n;
};

static void add_word(struct command *c, const char *word, const char *below)
{
	assert(c->n < MAX_WORDS);
	c->words[c->n] = word;
	c->below[c->n++] = below;
}

/* The command that verifies the evidence, with what the order has left of it. */
static void make_command(const struct forge *f, struct command *c)
{
	const struct use *uses = f->options.tdx ? uses_tdx : uses_snp;
	size_t n = f->options.tdx ? ARRAY_SIZE(uses_tdx) : ARRAY_SIZE(uses_snp);

	*c = (struct command){ .n = 0 };
	add_word(c, "verify", NULL);
	add_word(c, "--at", NULL);
	add_word(c, f->at, NULL);
	if (f->data[0]) {
		add_word(c, "--report-data", NULL);
		add_word(c, f->data, NULL);
	}
	add_word(c, "--roots", "roots");
	for (size_t i = 0; i < n; i++)
		if (sim_forged_find(&f->made, uses[i].file))
			add_word(c, uses[i].option, uses[i].path);
}

static int print_json(const struct forge *f, const struct command *c)
{
	char hex[BYTES_HEX_SIZE(sizeof(f->options.report_data))];
	json_t *files = json_array(), *items = json_array(), *verify = json_array();
	json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "tee",
				f->options.tdx ? "tdx" : "sev-snp", "at", f->at, "dir", f->dir, "report_data",
				bytes_to_hex(f->options.report_data, sizeof(f->options.report_data), hex),
				"items", items, "files", files, "verify", verify);
	bool bad = !all;

	for (size_t i = 0; !bad && i < f->order.n; i++)
		bad |= json_array_append_new(items, json_string(f->order.items[i])) < 0;
	for (size_t i = 0; !bad && i < f->made.n; i++)
		bad |= json_array_append_new(files, json_string(f->made.files[i].name)) < 0;
	bad = bad || json_array_append_new(verify, json_string("jurat")) < 0;
	for (size_t i = 0; !bad && i < c->n; i++) {
		if (c->words[i])
			bad |= json_array_append_new(verify, json_string(c->words[i])) < 0;
		if (c->below[i])
			bad |= json_array_append_new(verify, json_sprintf("%s/%s", f->dir, c->below[i])) < 0;
	}
	if (!bad && json_dumpf(all, stdout, JSON_INDENT(2)) == 0)
		puts("");
	json_decref(all);
	return bad ? cli_fail_memory(f->cli) : CLI_OK;
}

static int print_text(const struct forge *f, const struct command *c)
{
	for (size_t i = 0; i < f->made.n; i++)
		printf("%-32s %zu bytes\n", f->made.files[i].name, f->made.files[i].size);
	return cli_print_command(f->cli, "\nVerify it:", c->words, f->dir, c->below, c->n)
		       ? CLI_OK
		       : cli_fail_memory(f->cli);
}

/* Adds the root that a verifier is to trust, as `jurat demo` writes it. */
static int add_root(struct forge *f, struct jurat_error *err)
{
	const struct sim_forged_file *made =
		sim_forged_find(&f->made, f->options.tdx ? "root.der" : "ark.der");
	struct sim_forged_file root = { .bytes = NULL };
	int r = sim_forge_root(&f->options, made ? made->bytes : NULL, made ? made->size : 0, &root.bytes,
			       &root.size, err);

	if (r < 0)
		return r;
	assert(f->made.n < SIM_FORGED_MAX);
	snprintf(root.name, sizeof(root.name), "roots/%s", f->options.tdx ? "intel_root.der" : "ark.der");
	f->made.files[f->made.n++] = root;
	return 0;
}

static int make(struct forge *f)
{
	struct jurat_error err = { "" };
	struct command command;
	int r, status = read_options(f);

	if (status != CLI_OK)
		return status;
	r = sim_forge(&f->options, f->order.order, &f->made, &err);
	if (r == 0)
		r = add_root(f, &err);
	if (r < 0)
		return cli_fail(f->cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
	r = forge_write(f->dir, &f->made, &err);
	if (r < 0)
		return cli_fail(f->cli, cli_status(r), "%s", err.text);
	make_command(f, &command);
	return cli_wants_json(f->cli) ? print_json(f, &command) : print_text(f, &command);
}

int cli_forge(struct cli *cli)
{
	struct forge f = { .cli = cli, .dir = cli_get(cli, "out") };
	int status;

	if (cli_has(cli, "list"))
		return forge_list(cli);
	if (!f.dir || !*f.dir)
		return cli_fail(cli, CLI_USAGE, "expected --out DIR (see jurat forge --help)");
	status = make(&f);
	sim_forged_done(&f.made);
	cli_order_done(&f.order);
	return status;
}
