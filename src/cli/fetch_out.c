/* SPDX-License-Identifier: MIT */
#include "cli/fetch_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/env.h"

bool fetch_out_ends(const struct fetch_out *out, const char *extension)
{
	const char *slash = strrchr(out->path, '/'), *dot = strrchr(slash ? slash : out->path, '.');

	return dot && !strcasecmp(dot, extension);
}

static bool names_file(const struct fetch_out *out)
{
	static const char *const extensions[] = { ".der", ".pem", ".crt", ".cer", ".json" };
	struct stat st;

	if (!strcmp(out->path, "-"))
		return true;
	if (stat(out->path, &st) == 0)
		return !S_ISDIR(st.st_mode);
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		if (fetch_out_ends(out, extensions[i]))
			return true;
	return false;
}

int fetch_out_open(struct cli *cli, struct fetch_out *ret)
{
	const char *path = cli_get(cli, "out");
	struct fetch_out out = { .cli = cli, .path = path ? path : "." };

	out.is_file = names_file(&out);
	out.is_quiet = !strcmp(out.path, "-");
	out.files = json_array();
	out.kept = json_array();
	if (!out.files || !out.kept) {
		fetch_out_done(&out);
		return cli_fail_memory(cli);
	}
	*ret = out;
	return CLI_OK;
}

void fetch_out_done(struct fetch_out *out)
{
	json_decref(out->files);
	json_decref(out->kept);
	*out = (struct fetch_out){ .cli = NULL };
}

int fetch_out_report(struct fetch_out *out, const char *path, const struct endorse_item *item,
		     const char *from)
{
	char name[ENDORSE_TEXT_BYTES];
	json_t *row;

	endorse_item_name(item, name, sizeof(name));
	if (out->is_quiet)
		return CLI_OK;
	if (!cli_wants_json(out->cli)) {
		printf("%-32s %s\n", path, name);
		return CLI_OK;
	}
	row = json_pack("{s:s, s:s, s:s}", "file", path, "item", name, "from", from);
	if (row && json_array_size(out->kept) > 0 &&
	    json_object_set_new(row, "kept", json_deep_copy(out->kept)) != 0) {
		json_decref(row);
		row = NULL;
	}
	return row && json_array_append_new(out->files, row) == 0 ? CLI_OK : cli_fail_memory(out->cli);
}

char *fetch_out_path(const struct fetch_out *out, const char *name)
{
	const size_t length = strlen(out->path);
	const char *slash = length > 0 && out->path[length - 1] == '/' ? "" : "/";
	char *path;

	if (out->is_file)
		return strdup(out->path);
	return asprintf(&path, "%s%s%s", out->path, slash, name) < 0 ? NULL : path;
}

int fetch_out_put(struct fetch_out *out, const char *name, const void *bytes, size_t n,
		  const struct endorse_item *item, const char *from)
{
	struct jurat_error err = { "" };
	auto_free char *path = fetch_out_path(out, name);
	int r = out->is_file ? 0 : base_mkdir(base_env_real(), out->path, 0755);

	if (r < 0 && r != -EEXIST)
		return cli_fail(out->cli, cli_fetcher_path_status(r), "cannot create '%s': %s", out->path,
				strerror(-r));
	if (!path)
		return cli_fail_memory(out->cli);
	r = cli_write(path, bytes, n, 0644, &err);
	if (r < 0)
		return cli_fail(out->cli, cli_fetcher_path_status(r), "%s", err.text);
	return fetch_out_report(out, path, item, from);
}

int fetch_out_finish(const struct fetch_out *out, int status)
{
	auto_free char *text = NULL;

	if (status != CLI_OK || out->is_quiet || !cli_wants_json(out->cli))
		return status;
	text = json_dumps(out->files, JSON_INDENT(2));
	if (!text)
		return cli_fail_memory(out->cli);
	puts(text);
	return status;
}
