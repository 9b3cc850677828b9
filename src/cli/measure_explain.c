/* SPDX-License-Identifier: MIT */
#include "cli/measure_explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "base/text_stream.h"
#include "verify/render.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

enum { DEFAULT_VCPUS = 512, DEFAULT_DIFFERENCES = 4, DEFAULT_SECONDS = 60, PROGRESS_MS = 200 };

struct explaining {
	struct measuring *m;
	const struct measure_snp *snp; /* one of these */
	const struct measure_tdx *tdx;
	struct explain_images images;
	struct measure_explain how;
	uint64_t began_ns, shown_ns, timeout_ns;
	bool progress;
	struct text_stream stream;
	struct explanation *out;
};

void explanation_done(struct explanation *explanation)
{
	free(explanation->text);
	json_decref(explanation->list);
	*explanation = (struct explanation){ .text = NULL };
}

static uint64_t now_ns(void)
{
	return base_now_ns(base_env_real());
}

static int on_progress(void *closure, uint64_t tried)
{
	struct explaining *e = closure;
	const uint64_t now = now_ns();

	if (now - e->began_ns >= e->timeout_ns)
		return 1;
	if (e->progress && now - e->shown_ns >= PROGRESS_MS * UINT64_C(1000000)) {
		e->shown_ns = now;
		fprintf(stderr, "\r\033[K%" PRIu64 " combinations, %.0f s", tried,
			(double)(now - e->began_ns) / 1e9);
		fflush(stderr);
	}
	return 0;
}

/* ---- in words */

static const char *type_name(uint32_t signature)
{
	const char *name;

	for (size_t i = 0; (name = measure_vcpu_type_name(i)); i++)
		if (measure_vcpu_signature(name) == signature)
			return name;
	return "of another signature";
}

static const char *vmm_name(enum measure_vmm vmm)
{
	static const char *const names[] = {
		[MEASURE_QEMU] = "qemu", [MEASURE_EC2] = "ec2", [MEASURE_GCE] = "gce"
	};

	return names[vmm];
}

/* The options that differ, as they are to be used: names and values. */
enum { MAX_OPTIONS = 12, VALUE_BYTES = 64 };
struct options {
	struct {
		const char *name; /* of an option; NULL: `value` is a phrase */
		const char *path;
		char value[VALUE_BYTES]; /* "": without the option */
	} rows[MAX_OPTIONS];
	size_t n;
};

__attribute__((format(printf, 3, 4))) static void add(struct options *o, const char *name, const char *format,
						      ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(o->rows[o->n].value, VALUE_BYTES, format, ap);
	va_end(ap);
	o->rows[o->n++].name = name;
}

static void list_common(const struct explaining *e, const struct measure_explained *x, bool had_kernel,
			bool had_initrd, struct options *o)
{
	if (x->firmware > 0) {
		add(o, "firmware", "%s", "");
		o->rows[o->n - 1].path = e->images.paths[x->firmware - 1];
	}
	if (had_kernel && !x->kernel)
		add(o, "kernel", "%s", "");
	else if (had_initrd && !x->initrd)
		add(o, "initrd", "%s", "");
	if (x->append != MEASURE_APPEND_AS_GIVEN)
		add(o, NULL, "the command line %s", measure_append_words(x->append));
}

static void list_snp(const struct explaining *e, const struct measure_explained *x, struct options *o)
{
	const struct measure_snp *what = e->snp;

	list_common(e, x, what->kernel.bytes != NULL, what->initrd.bytes != NULL, o);
	if (x->vmm != what->vmm)
		add(o, "vmm", "%s", vmm_name(x->vmm));
	if (x->vcpus != what->vcpus)
		add(o, "vcpus", "%u", x->vcpus);
	if (x->vcpu_signature != what->vcpu_signature)
		add(o, "vcpu-type", "%s", type_name(x->vcpu_signature));
	if (x->guest_features != what->guest_features)
		add(o, "guest-features", "0x%" PRIx64, x->guest_features);
}

static void list_tdx(const struct explaining *e, const struct measure_explained *x, struct options *o)
{
	static const char *const orders[] = { "page-by-page", "all-then-extend" };
	static const char *const separators[] = { "rtmr1", "rtmr0" };
	static const char *const boots[] = { "auto", "none", "off", "on" };
	static const char *const headers[] = { "patched", "unchanged" };
	static const char *const nuls[] = { "auto", "with", "without" };
	const struct measure_tdx *what = e->tdx;

	list_common(e, x, what->kernel.bytes != NULL, what->initrd.bytes != NULL, o);
	if (x->vmm != what->vmm)
		add(o, "vmm", "%s", vmm_name(x->vmm));
	if (x->order != what->order)
		add(o, "order", "%s", orders[x->order]);
	if (x->memory_bytes != what->memory_bytes)
		add(o, "memory", "%" PRIu64 "M", x->memory_bytes >> 20);
	if (x->separator != what->separator)
		add(o, "separator", "%s", separators[x->separator]);
	if (x->secure_boot != what->secure_boot)
		add(o, "secure-boot", "%s", boots[x->secure_boot]);
	if (x->header != what->header)
		add(o, "kernel-header", "%s", headers[x->header]);
	if (x->nul != what->nul)
		add(o, "append-nul", "%s", nuls[x->nul]);
}

/* A name of a file may have any bytes. */
static void print_path(FILE *to, const char *path)
{
	auto_free char *text = strdup(path);

	fputs(text ? base_plain_text(text) : "?", to);
}

/* "--vcpus 4, without --initrd" */
static void print_options(FILE *to, const struct options *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const char *name = o->rows[i].name, *path = o->rows[i].path, *value = o->rows[i].value;

		fputs(i == 0 ? "" : i + 1 < o->n ? ", " : " and ", to);
		if (!name) {
			fputs(value, to);
			continue;
		}
		fprintf(to, "%s--%s%s", path || value[0] ? "" : "without ", name,
			path || value[0] ? " " : "");
		if (path)
			print_path(to, path);
		else
			fputs(value, to);
	}
}

static json_t *options_json(const struct options *o)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < o->n; i++) {
		const char *value = o->rows[i].path ? o->rows[i].path : o->rows[i].value;

		if (json_array_append_new(list, json_pack("{s:s*, s:o}", "option", o->rows[i].name, "value",
							  value[0] ? render_path(value) : json_null())) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Inputs are missing that no search could find. */
static bool is_not_tried(const struct measure_explained *x)
{
	return x->end == MEASURE_EXHAUSTED && x->tried == 0;
}

/* What the search did not find, and how far it went. */
static void print_unexplained(const struct explaining *e, const struct measure_explained *x)
{
	static const char *const ends[] = {
		[MEASURE_EXPLAINED] = "",
		[MEASURE_EXHAUSTED] = "",
		[MEASURE_BOUNDED] = ", then the limit of combinations was reached",
		[MEASURE_STOPPED] = ", then --explain-timeout was reached",
	};
	FILE *to = e->stream.to;

	if (is_not_tried(x)) {
		fputs("not tried: it cannot be computed from these inputs\n", to);
		return;
	}
	fprintf(to, "not explained: %" PRIu64 " combinations tried, with up to %u difference%s at once%s",
		x->tried, x->differences, x->differences == 1 ? "" : "s", ends[x->end]);
	if (e->images.n > 0)
		fprintf(to, "; %zu other firmware image%s", e->images.n, e->images.n == 1 ? "" : "s");
	if (x->firmwares_unfit > 0)
		fprintf(to, ", %zu of which cannot be measured", x->firmwares_unfit);
	if (e->snp)
		fprintf(to,
			"; up to %u vCPUs; not tried: other kernels, initrds, texts of the command line, "
			"SVSM images and page types",
			e->how.max_vcpus);
	else
		fputs("; not tried: other kernels, initrds, texts of the command line, ACPI tables and boot "
		      "entries",
		      to);
	fputc('\n', to);
}

static const char *end_name(const struct measure_explained *x)
{
	static const char *const names[] = { [MEASURE_EXPLAINED] = "explained",
					     [MEASURE_EXHAUSTED] = "exhausted",
					     [MEASURE_BOUNDED] = "limit",
					     [MEASURE_STOPPED] = "timeout" };

	if (is_not_tried(x))
		return "not-tried";
	return x->end == MEASURE_EXPLAINED && x->differences == 0 ? "same" : names[x->end];
}

/* Adds a line and an object. */
static int report(struct explaining *e, const char *name, const uint8_t *digest,
		  const struct measure_explained *x)
{
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];
	struct options o = { .n = 0 };
	FILE *to = e->stream.to;
	json_t *row;

	bytes_to_hex(digest, MEASURE_DIGEST_BYTES, hex);
	fprintf(to, "%s: ", name);
	if (x->end != MEASURE_EXPLAINED) {
		print_unexplained(e, x);
	} else if (x->differences == 0) {
		fputs("matches with these inputs\n", to);
	} else {
		if (e->snp)
			list_snp(e, x, &o);
		else
			list_tdx(e, x, &o);
		fputs("matches with ", to);
		print_options(to, &o);
		fprintf(to, " (%" PRIu64 " combinations tried)\n", x->tried);
	}
	e->out->same = e->out->same && x->end == MEASURE_EXPLAINED && x->differences == 0;
	row = json_pack("{s:s, s:s, s:s, s:i, s:I}", "name", name, "evidence", hex, "result", end_name(x),
			"differences", (int)x->differences, "tried", (json_int_t)x->tried);
	if (row && json_object_set_new(row, "with", options_json(&o)) < 0) {
		json_decref(row);
		row = NULL;
	}
	return json_array_append_new(e->out->list, row) < 0 ? cli_fail_memory(e->m->cli) : CLI_OK;
}

/* ---- the search */

static int explain_one(struct explaining *e, const char *name, enum measure_tdx_register which,
		       const uint8_t *digest)
{
	struct measure_explained x;
	struct jurat_error err = { "" };
	int r = e->snp ? measure_explain_snp(e->snp, digest, &e->how, &x, &err)
		       : measure_explain_tdx(e->tdx, which, digest, &e->how, &x, &err);

	if (e->progress)
		fputs("\r\033[K", stderr);
	if (r < 0)
		return cli_fail(e->m->cli, cli_status(r), "%s", err.text);
	return report(e, name, digest, &x);
}

static int take_bounds(struct explaining *e)
{
	const struct cli *cli = e->m->cli;
	uint64_t vcpus, differences, seconds;

	if (!cli_get_number_from(cli, "max-vcpus", 1, MEASURE_MAX_VCPUS, DEFAULT_VCPUS, &vcpus) ||
	    !cli_get_number(cli, "max-differences", 8, DEFAULT_DIFFERENCES, &differences) ||
	    !cli_get_number_from(cli, "explain-timeout", 1, 86400, DEFAULT_SECONDS, &seconds))
		return CLI_USAGE;
	e->how = (struct measure_explain){ .max_vcpus = (unsigned)vcpus,
					   .max_differences = (unsigned)differences,
					   .max_combinations = UINT64_MAX,
					   .progress = on_progress,
					   .closure = e };
	e->timeout_ns = seconds * UINT64_C(1000000000);
	e->progress = isatty(STDERR_FILENO);
	e->began_ns = e->shown_ns = now_ns();
	return CLI_OK;
}

struct wanted {
	const char *name;
	const uint8_t *digest;
};

static int explain(struct explaining *e, const struct wanted *wanted, size_t n)
{
	int status = take_bounds(e);

	if (status == CLI_OK)
		status = explain_images_load(e->m, &e->images);
	if (status != CLI_OK)
		return status;
	e->how.firmwares = e->images.images;
	e->how.n_firmwares = e->images.n;
	e->out->same = true;
	e->out->list = json_array();
	if (!e->out->list || text_stream_open(&e->stream) < 0)
		status = cli_fail_memory(e->m->cli);
	for (size_t i = 0; status == CLI_OK && i < n; i++)
		status = explain_one(e, wanted[i].name, (enum measure_tdx_register)i, wanted[i].digest);
	if (e->stream.to && text_stream_close(&e->stream, &e->out->text, NULL) < 0 && status == CLI_OK)
		status = cli_fail_memory(e->m->cli);
	explain_images_done(&e->images);
	return status;
}

int explain_report(struct measuring *m, const struct measure_snp *what, const uint8_t *bytes, size_t n,
		   struct explanation *ret)
{
	struct explaining e = { .m = m, .snp = what, .out = ret };
	struct jurat_error err = { "" };
	struct snp_report r;

	if (snp_report_read(bytes, n, &r, &err) < 0)
		return cli_fail(m->cli, CLI_ENVIRONMENT, "%s", err.text);
	return explain(&e, &(struct wanted){ "measurement", r.measurement }, 1);
}

int explain_quote(struct measuring *m, const struct measure_tdx *what, const uint8_t *bytes, size_t n,
		  struct explanation *ret)
{
	struct explaining e = { .m = m, .tdx = what, .out = ret };
	struct jurat_error err = { "" };
	struct tdx_quote q;

	if (tdx_quote_read(bytes, n, &q, &err) < 0)
		return cli_fail(m->cli, CLI_ENVIRONMENT, "%s", err.text);
	return explain(&e,
		       (struct wanted[]){ { "mrtd", q.body.mrtd },
					  { "rtmr0", q.body.rtmr0 },
					  { "rtmr1", q.body.rtmr1 },
					  { "rtmr2", q.body.rtmr2 } },
		       MEASURE_N_REGISTERS);
}

static int with_evidence(struct measuring *m, const struct measure_snp *snp, const struct measure_tdx *tdx)
{
	const char *path = cli_get(m->cli, "explain");
	struct cli_evidence loaded = { 0 };
	int status;

	if (!path)
		return CLI_OK;
	status = cli_load_evidence(m->cli, path, &loaded);
	if (status == CLI_OK && (snp ? !loaded.report : !loaded.quote))
		status = cli_fail(m->cli, CLI_ENVIRONMENT, "--explain: '%s' has no %s", path,
				  snp ? "SEV-SNP report" : "TD quote");
	if (status == CLI_OK)
		status = snp ? explain_report(m, snp, loaded.report, loaded.report_size, &m->explanation)
			     : explain_quote(m, tdx, loaded.quote, loaded.quote_size, &m->explanation);
	cli_evidence_done(&loaded);
	return status;
}

int measuring_explain_snp(struct measuring *m, const struct measure_snp *what)
{
	return with_evidence(m, what, NULL);
}

int measuring_explain_tdx(struct measuring *m, const struct measure_tdx *what)
{
	return with_evidence(m, NULL, what);
}
