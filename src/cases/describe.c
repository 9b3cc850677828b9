/* SPDX-License-Identifier: MIT */
#include "cases/describe.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cases/evidence.h"

static int put(json_t *object, const char *name, json_t *value, struct jurat_error *err)
{
	return value && json_object_set_new(object, name, value) == 0 ? 0 : jurat_fail_memory(err);
}

static int put_text(json_t *object, const char *name, const char *text, struct jurat_error *err)
{
	return text ? put(object, name, json_string(text), err) : 0;
}

static json_t *list(const char *const *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n && texts[i]; i++) {
		if (json_array_append_new(array, json_string(texts[i])) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

/* What a verifier must be able to do, or answer "unsupported". */
static json_t *needs_of(const struct cases_row *row, const struct cases_evidence *e)
{
	const char *needs[4] = { NULL };
	size_t n = 0;

	if (row->policy)
		needs[n++] = "policy";
	if (row->needs_crl)
		needs[n++] = "crl";
	if (sim_forged_find(&e->forged, "event-log.bin"))
		needs[n++] = "event-log";
	return list(needs, n);
}

/* The version that the evidence states, whatever it is; 0: it has not even that. */
static uint32_t version_of(const struct cases_evidence *e, bool tdx)
{
	const struct sim_forged_file *f = sim_forged_find(&e->forged, tdx ? "quote.bin" : "report.bin");
	uint32_t version = 0;

	for (size_t i = tdx ? 2 : 4; f && f->size >= 4 && i > 0; i--)
		version = version << 8 | f->bytes[i - 1];
	return version;
}

static int put_kind(json_t *object, const struct cases_row *row, const struct cases_evidence *e,
		    struct jurat_error *err)
{
	int r = put_text(object, "tee", row->tdx ? "tdx" : "sev-snp", err);

	if (r == 0 && !row->tdx)
		r = put_text(object, "product", snp_product_name(row->product), err);
	if (r == 0 && !row->tdx)
		r = put_text(object, "signer", row->vlek ? "vlek" : "vcek", err);
	if (r == 0)
		r = put(object, row->tdx ? "quote_version" : "report_version",
			json_integer(version_of(e, row->tdx)), err);
	return r;
}

static int put_verdict(json_t *object, const struct cases_row *row, const struct cases_evidence *e,
		       struct jurat_error *err)
{
	int r = put(object, "needs", needs_of(row, e), err);

	if (r == 0)
		r = put_text(object, "verdict", cases_verdict_name(row->verdict), err);
	if (r == 0)
		r = put_text(object, "class", cases_class_name(row->class), err);
	return r < 0 ? r : put(object, "reasons", list(row->reasons, CASES_MAX_REASONS), err);
}

int cases_describe(const struct cases_row *row, const struct cases_evidence *evidence, json_t *files,
		   json_t *policy, json_t **ret, struct jurat_error *err)
{
	json_t *object = json_object();
	char at[BASE_TIME_BYTES];
	int r = object ? put_text(object, "id", row->id, err) : jurat_fail_memory(err);

	if (r == 0)
		r = put_text(object, "what", row->what, err);
	if (r == 0)
		r = put_text(object, "spec", row->spec, err);
	if (r == 0)
		r = put_text(object, "bug", row->bug, err);
	if (r == 0)
		r = put_kind(object, row, evidence, err);
	if (r == 0 && !evidence->root)
		r = put_text(object, "roots", "vendor", err);
	if (r == 0)
		r = put_text(object, "at", base_time_text(evidence->at, at), err);
	if (r == 0)
		r = put(object, "files", json_incref(files), err);
	if (r == 0 && policy)
		r = put(object, "policy", json_incref(policy), err);
	if (r == 0)
		r = put_verdict(object, row, evidence, err);
	if (r == 0)
		*ret = object;
	else
		json_decref(object);
	return r;
}

int cases_describe_all(json_t *cases, json_t **ret, struct jurat_error *err)
{
	json_t *index = json_object(), *classes = json_object();
	int r = index && classes ? 0 : jurat_fail_memory(err);

	for (int c = 0; r == 0 && c < CASES_N_CLASSES; c++)
		r = put_text(classes, cases_class_name((enum cases_class)c),
			     cases_class_what((enum cases_class)c), err);
	if (r == 0)
		r = put(index, "format", json_integer(CASES_INDEX_FORMAT), err);
	if (r == 0)
		r = put_text(index, "jurat", JURAT_VERSION, err);
	if (r == 0)
		r = put(index, "classes", json_incref(classes), err);
	if (r == 0)
		r = put(index, "cases", json_incref(cases), err);
	json_decref(classes);
	if (r == 0)
		*ret = index;
	else
		json_decref(index);
	return r;
}
