/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/cli.h"
#include "support/fuzz.h"

/*
 * `jurat show` of any file: JSON that reads, or lines without a control character, whatever names
 * certificates carry; errors likewise. The file and what is printed are in memory. The input is the file.
 */
struct printed {
	char *text;
	size_t n;
};

static void done(struct printed *p)
{
	free(p->text);
}

/* stdout and stderr are variables here; each is put back. */
static int show(const char *path, bool json, struct printed *ret_out, struct printed *ret_err)
{
	static const struct cli_option output = { .name = "output" };
	static const struct cli_verb verb = { .name = "show" };
	char name[64], *args[] = { name, NULL };
	struct cli cli = { .verb = &verb, .args = args, .n_args = 1 };
	FILE *keep_out = stdout, *keep_err = stderr;
	int status;

	snprintf(name, sizeof(name), "%s", path);
	if (json) {
		cli.values[0].option = &output;
		cli.values[0].value = "json";
		cli.n_values = 1;
	}
	stdout = open_memstream(&ret_out->text, &ret_out->n);
	stderr = open_memstream(&ret_err->text, &ret_err->n);
	status = stdout && stderr ? cli_show(&cli) : CLI_INTERNAL;
	if (stdout)
		fclose(stdout);
	if (stderr)
		fclose(stderr);
	stdout = keep_out;
	stderr = keep_err;
	return status;
}

/* What a terminal could take for a command is no part of it. */
static void check_printable(const struct printed *p)
{
	for (size_t i = 0; i < p->n; i++) {
		uint8_t c = (uint8_t)p->text[i];

		must(c == '\n' || (c >= 0x20 && c != 0x7f));
		must(c != 0xc2 || i + 1 == p->n || (uint8_t)p->text[i + 1] >= 0xa0); /* C1, in UTF-8 */
	}
}

static void check(const char *path, bool json)
{
	struct printed out auto_call(done) = { 0 }, err auto_call(done) = { 0 };
	int status = show(path, json, &out, &err);
	json_t *value;

	must(status == CLI_OK || status == CLI_REFUSED || status == CLI_ENVIRONMENT);
	check_printable(&err);
	must((status == CLI_OK) == (out.n > 0) && (status == CLI_OK) == (err.n == 0));
	if (status != CLI_OK)
		return;
	if (!json) {
		FUZZ_REACHED("a text");
		check_printable(&out);
		return;
	}
	value = json_loadb(out.text, out.n, 0, NULL);
	must(json_is_object(value));
	if (json_object_get(value, "tcb_levels"))
		FUZZ_REACHED("collateral");
	else if (json_object_get(value, "certification_data"))
		FUZZ_REACHED("a quote");
	else if (json_object_get(value, "spki_sha256"))
		FUZZ_REACHED("a certificate");
	else if (json_object_get(value, "wrapped"))
		FUZZ_REACHED("a hashstick");
	else if (json_object_get(value, "reported_tcb"))
		FUZZ_REACHED("a report");
	json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && (size == 0 || write(fd, data, size) == (ssize_t)size));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(path, false);
	check(path, true);
	close(fd);
	return 0;
}
