/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/tcb.h"

const char *tcb_result_name(enum tcb_result result)
{
	static const char *const names[ROW_N_RESULTS] = {
		[ROW_CURRENT] = "current", [ROW_SHORT_EARLY] = "short-early", [ROW_SHORT] = "short",
		[ROW_UNKNOWN] = "unknown", [ROW_UNVERIFIED] = "not-verified", [ROW_UNREADABLE] = "unreadable",
	};

	return names[result];
}

int tcb_row_init(struct tcb_row *row, const char *name)
{
	static const char *const members[] = { "kind", "result", "verified",   "platform",
					       "now",  "early",  "out_of_date" };

	*row = (struct tcb_row){ .json = json_object(), .reasons = json_array() };
	if (!row->json || !row->reasons) {
		json_decref(row->reasons);
		tcb_row_done(row);
		return -ENOMEM;
	}
	render_put(&row->o, row->json, "evidence", render_path(name));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		render_put(&row->o, row->json, members[i], json_null());
	render_put(&row->o, row->json, "verified", json_false());
	render_put(&row->o, row->json, "reasons", row->reasons);
	return row->o.bad ? -ENOMEM : 0;
}

void tcb_row_done(struct tcb_row *row)
{
	json_decref(row->json);
	*row = (struct tcb_row){ .json = NULL };
}

void tcb_row_worsen(struct tcb_row *row, enum tcb_result result)
{
	if (result > row->result)
		row->result = result;
}

void tcb_row_reason(struct tcb_row *row, const char *set, const char *code, const char *format, ...)
{
	auto_free char *detail = NULL;
	json_t *reason = json_object();
	va_list ap;

	va_start(ap, format);
	detail = cli_text(format, ap);
	va_end(ap);
	if (set)
		render_put(&row->o, reason, "set", json_string(set));
	render_put(&row->o, reason, "code", json_string(code));
	render_put(&row->o, reason, "detail", detail ? json_string(detail) : NULL);
	render_append(&row->o, row->reasons, reason);
}

void tcb_row_out_of_date(struct tcb_row *row, const int64_t *date, const char *by)
{
	json_t *object = json_object();

	render_put(&row->o, object, "date", date ? render_time(*date) : json_null());
	render_put(&row->o, object, "by", json_string(by));
	render_put(&row->o, row->json, "out_of_date", object);
}
