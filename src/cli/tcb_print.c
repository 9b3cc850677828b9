/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text_stream.h"
#include "cli/tcb.h"

/* Writes a row, whose JSON has all that there is, for people and for spreadsheets. */

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

/* The date of a time, without its hours. */
static void put_day(FILE *f, const char *time)
{
	fprintf(f, "%.*s", (int)strcspn(time, "T"), time);
}

static void put_shortfall(FILE *f, const json_t *s)
{
	fprintf(f, "%s %s", text(s, "part"), text(s, "component"));
	if (text(s, "name")[0])
		fprintf(f, " (%s)", text(s, "name"));
	fprintf(f, " is %lld, wanted %lld", (long long)json_integer_value(json_object_get(s, "is")),
		(long long)json_integer_value(json_object_get(s, "wanted")));
	if (text(s, "bulletin")[0])
		fprintf(f, " by %s", text(s, "bulletin"));
}

static void put_tdx_update(FILE *f, const json_t *u)
{
	const json_t *ids = json_object_get(u, "remaining_advisories");

	fprintf(f, "%s: TCB level of ", text(u, "part"));
	put_day(f, text(u, "tcb_date"));
	fprintf(f, ", %s, tcbEvaluationDataNumber %lld", text(u, "status"),
		(long long)json_integer_value(json_object_get(u, "tcb_evaluation_data_number")));
	for (size_t i = 0; i < json_array_size(ids); i++)
		fprintf(f, "%s %s", i == 0 ? ", with" : "", json_string_value(json_array_get(ids, i)));
}

static void put_update(FILE *f, const json_t *u)
{
	if (!text(u, "bulletin")[0]) {
		put_tdx_update(f, u);
		return;
	}
	fprintf(f, "%s", text(u, "bulletin"));
	if (text(u, "title")[0])
		fprintf(f, ", %s", text(u, "title"));
	if (text(u, "published")[0]) {
		fprintf(f, ", published ");
		put_day(f, text(u, "published"));
	}
	if (text(u, "required_from")[0]) {
		fprintf(f, ", required from ");
		put_day(f, text(u, "required_from"));
	}
	if (json_is_true(json_object_get(u, "installed")))
		fprintf(f, " (installed: raise the reported TCB, see jurat-host(1))");
}

static void put_reason(FILE *f, const json_t *r)
{
	if (text(r, "set")[0])
		fprintf(f, "%s: ", text(r, "set"));
	fprintf(f, "%s: %s", text(r, "code"), text(r, "detail"));
}

/* ---- Text */

static void print_set(FILE *f, const json_t *set, const char *name)
{
	const json_t *shortfalls = json_object_get(set, "shortfalls"),
		     *updates = json_object_get(set, "updates");

	for (size_t i = 0; i < json_array_size(shortfalls); i++) {
		fprintf(f, "    short %s: ", name);
		put_shortfall(f, json_array_get(shortfalls, i));
		fputc('\n', f);
	}
	for (size_t i = 0; i < json_array_size(updates); i++) {
		fprintf(f, "    update %s: ", name);
		put_update(f, json_array_get(updates, i));
		fputc('\n', f);
	}
}

static void print_what(FILE *f, const json_t *row)
{
	const json_t *platform = json_object_get(row, "platform");

	if (text(platform, "tee")[0] == 't') {
		fprintf(f, " (%s, FMSPC %s)",
			!strcmp(text(row, "kind"), "td-quote") ? "TD quote" : "TDX platform",
			text(platform, "fmspc")[0] ? text(platform, "fmspc") : "unknown");
	} else if (text(row, "kind")[0]) {
		fprintf(f, " (%s, %s, chip %.16s)",
			!strcmp(text(row, "kind"), "snp-report") ? "SEV-SNP report" : "SEV-SNP platform",
			text(platform, "product")[0] ? text(platform, "product") : "unknown product",
			text(platform, "chip_id")[0] ? text(platform, "chip_id") : "unknown");
	}
}

/* A name of a file may have any bytes, also those of another row. */
static void put_name(FILE *f, const char *name)
{
	auto_free char *plain = strdup(name);

	fputs(plain ? base_plain_text(plain) : "?", f);
}

static void print_text(FILE *f, const json_t *row)
{
	const json_t *now = json_object_get(row, "now"), *early = json_object_get(row, "early");
	const json_t *until = json_object_get(row, "out_of_date"), *reasons = json_object_get(row, "reasons");
	const bool verified = json_is_true(json_object_get(row, "verified"));

	put_name(f, text(row, "evidence"));
	fprintf(f, ": %s", text(row, "result"));
	if (text(now, "status")[0])
		fprintf(f, "%s %s", verified ? ":" : ": claims", text(now, "status"));
	if (text(early, "status")[0])
		fprintf(f, "%s early %s", text(now, "status")[0] ? "," : ":", text(early, "status"));
	print_what(f, row);
	fputc('\n', f);
	for (size_t i = 0; i < json_array_size(reasons); i++) {
		fprintf(f, "    reason ");
		put_reason(f, json_array_get(reasons, i));
		fputc('\n', f);
	}
	print_set(f, now, "now");
	if (!json_equal(json_object_get(now, "updates"), json_object_get(early, "updates")))
		print_set(f, early, "early");
	if (!until || json_is_null(until))
		return;
	fprintf(f, "    out of date: ");
	put_day(f, text(until, "date")[0] ? text(until, "date") : "day unknown");
	fprintf(f, ", %s\n", text(until, "by"));
}

/* ---- CSV. Spec: RFC 4180 */

const char tcb_csv_header[] =
	"evidence,kind,result,verified,tee,platform,status,status_early,short,short_early,"
	"update,update_early,advisories,out_of_date,out_of_date_by,reasons\r\n";

/* Quotes a field that a reader would otherwise take for several. */
static void put_field(FILE *f, const char *value, bool last)
{
	const bool quoted = value[strcspn(value, ",\"\r\n")] != '\0' || value[0] == ' ';

	if (quoted)
		fputc('"', f);
	for (; *value; value++) {
		if (*value == '"')
			fputc('"', f);
		fputc(*value, f);
	}
	fputs(quoted ? "\"" : "", f);
	fputs(last ? "\r\n" : ",", f);
}

/* The name of a file, so that no spreadsheet takes it for a formula. "-" is standard input. */
static void put_file(FILE *f, const char *name)
{
	auto_free char *safe = NULL;

	if (!name[0] || !strchr("=+-@\t\r", name[0]) || !strcmp(name, "-")) {
		put_field(f, name, false);
		return;
	}
	if (asprintf(&safe, "./%s", name) < 0)
		safe = NULL;
	put_field(f, safe ? safe : "?", false);
}

typedef void put_item(FILE *f, const json_t *item);

static void put_word(FILE *f, const json_t *item)
{
	fputs(json_string_value(item), f);
}

/* A list in one field, with "; " between its items. false: no memory */
static bool put_list(FILE *f, const json_t *set, const char *member, put_item *put, bool last)
{
	const json_t *list = json_object_get(set, member);
	struct text_stream stream;
	auto_free char *joined = NULL;

	if (text_stream_open(&stream) < 0)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		fputs(i == 0 ? "" : "; ", stream.to);
		put(stream.to, json_array_get(list, i));
	}
	if (text_stream_close(&stream, &joined, NULL) < 0)
		return false;
	put_field(f, joined, last);
	return true;
}

static bool print_csv(FILE *f, const json_t *row)
{
	const json_t *platform = json_object_get(row, "platform"),
		     *until = json_object_get(row, "out_of_date");
	const json_t *now = json_object_get(row, "now"), *early = json_object_get(row, "early");
	const bool tdx = text(platform, "fmspc")[0] != '\0';
	char name[160];

	snprintf(name, sizeof(name), "%s%s%s", tdx ? text(platform, "fmspc") : text(platform, "product"),
		 text(platform, "chip_id")[0] ? " " : "", text(platform, "chip_id"));
	put_file(f, text(row, "evidence"));
	put_field(f, text(row, "kind"), false);
	put_field(f, text(row, "result"), false);
	put_field(f, json_is_true(json_object_get(row, "verified")) ? "true" : "false", false);
	put_field(f, text(platform, "tee"), false);
	put_field(f, name, false);
	put_field(f, text(now, "status"), false);
	put_field(f, text(early, "status"), false);
	if (!put_list(f, now, "shortfalls", put_shortfall, false) ||
	    !put_list(f, early, "shortfalls", put_shortfall, false) ||
	    !put_list(f, now, "updates", put_update, false) ||
	    !put_list(f, early, "updates", put_update, false) ||
	    !put_list(f, now, "advisories", put_word, false))
		return false;
	put_field(f, text(until, "date"), false);
	put_field(f, text(until, "by"), false);
	return put_list(f, row, "reasons", put_reason, true);
}

char *tcb_row_text(const struct tcb_row *row, enum tcb_format format)
{
	struct text_stream stream;
	char *printed = NULL;
	bool good = true;

	if (row->o.bad ||
	    json_object_set_new(row->json, "result", json_string(tcb_result_name(row->result))) < 0 ||
	    text_stream_open(&stream) < 0)
		return NULL;
	if (format == TCB_JSON) {
		auto_free char *json = json_dumps(row->json, JSON_COMPACT);

		good = json != NULL;
		fprintf(stream.to, "%s\n", good ? json : "");
	} else if (format == TCB_CSV) {
		good = print_csv(stream.to, row->json);
	} else {
		print_text(stream.to, row->json);
	}
	if (text_stream_close(&stream, &printed, NULL) < 0)
		return NULL;
	if (!good)
		free(take_ptr(printed));
	return printed;
}
