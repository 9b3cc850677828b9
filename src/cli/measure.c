/* SPDX-License-Identifier: MIT */
#include "cli/measure_explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "verify/render.h"

/* A line for each value; the launch digest of SEV-SNP stands alone, as other programs print and take it. */
static void print_text(const struct measuring *m)
{
	for (size_t i = 0; i < m->n_values; i++) {
		const struct measure_value *v = &m->values[i];
		char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];

		if (v->missing[0])
			printf("%s not computed: requires %s\n", v->name, v->missing);
		else if (!strcmp(v->name, "measurement"))
			puts(bytes_to_hex(v->digest, sizeof(v->digest), hex));
		else
			printf("%s %s\n", v->name, bytes_to_hex(v->digest, sizeof(v->digest), hex));
	}
	if (m->id_block_verdict)
		printf("id_block %s\n", m->id_block_verdict);
	if (m->explanation.text)
		printf("\n'%s', whose signature is not verified here:\n%s", cli_get(m->cli, "explain"),
		       m->explanation.text);
}

static int print_json(const struct measuring *m)
{
	json_t *missing = json_object();
	bool failed = !missing;

	for (size_t i = 0; i < m->n_values; i++) {
		const struct measure_value *v = &m->values[i];
		char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];
		json_t *value = v->missing[0] ? json_null()
					      : json_string(bytes_to_hex(v->digest, sizeof(v->digest), hex));

		failed = json_object_set_new(m->json, v->name, value) < 0 || failed;
		if (v->missing[0])
			failed = json_object_set_new(missing, v->name, json_string(v->missing)) < 0 || failed;
	}
	if (missing && json_object_size(missing) > 0)
		failed = json_object_set(m->json, "missing", missing) < 0 || failed;
	json_decref(missing);
	if (m->explanation.list)
		failed = json_object_set_new(m->json, "explanation",
					     json_pack("{s:o, s:b, s:O}", "evidence",
						       render_path(cli_get(m->cli, "explain")), "verified", 0,
						       "values", m->explanation.list)) < 0 ||
			 failed;
	if (failed)
		return cli_fail_memory(m->cli);
	json_dumpf(m->json, stdout, JSON_INDENT(2)), puts("");
	return CLI_OK;
}

static int run(struct measuring *m)
{
	bool is_tdx = !strcmp(m->cli->args[0], "tdx"), refused;
	int status;

	if (!cli_reads_stdin_once(m->cli, NULL) || !measuring_policy_options(m))
		return CLI_USAGE;
	if (!cli_has(m->cli, "firmware"))
		return cli_fail(m->cli, CLI_USAGE, "expected --firmware FILE");
	if (cli_wants_json(m->cli)) {
		m->json = json_pack("{s:s}", "tee", is_tdx ? "tdx" : "sev-snp");
		if (!m->json)
			return cli_fail_memory(m->cli);
	}
	status = is_tdx ? measuring_tdx(m) : measuring_snp(m);
	if (status != CLI_OK)
		return status;
	refused = m->id_block_verdict && strcmp(m->id_block_verdict, "accepted") != 0;
	if (!refused)
		status = measuring_policy(m);
	if (status != CLI_OK)
		return status;
	if (!m->json)
		print_text(m);
	else if (print_json(m) != CLI_OK)
		return CLI_INTERNAL;
	return refused || (m->explanation.text && !m->explanation.same) ? CLI_REFUSED : CLI_OK;
}

int cli_measure(struct cli *cli)
{
	struct measuring m = { .cli = cli };
	int status = run(&m);

	for (size_t i = 0; i < m.n_files; i++)
		free(m.files[i]);
	json_decref(m.json);
	explanation_done(&m.explanation);
	return status;
}
