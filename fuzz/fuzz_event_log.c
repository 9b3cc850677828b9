/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "measure/event_data.h"
#include "measure/event_log.h"
#include "support/fuzz.h"

/* An input is a file: an event log of any form, or the ACPI table that says where one is. */

static void use_command_line(const struct measure_event *e)
{
	size_t n = 0;
	const char *line = measure_event_command_line(e, &n);

	must(!line || (e->data_is_measured && measure_event_is_command_line(e)));
	if (line && n <= 8192 && n > 0) {
		must(measure_event_command_line_is(e, line, n));
		FUZZ_REACHED("a command line that is measured");
	}
	must(!measure_event_command_line_is(e, "\1", 1) || e->extends);
}

static void use_event(const struct measure_event *e)
{
	struct measure_variable v;
	char text[MEASURE_TEXT_BYTES];
	volatile uint8_t last = 0;

	must(!e->extends || (e->index >= 1 && e->index <= MEASURE_N_RTMRS && e->digest));
	must(e->data || e->n == 0);
	if (e->n > 0)
		last = e->data[e->n - 1];
	if (e->digest)
		last = e->digest[MEASURE_DIGEST_BYTES - 1];
	(void)last;
	must(e->data_is_measured == (e->measured != NULL));
	if (e->measured && e->measured >= e->data)
		must(e->n_measured <= e->n && (size_t)(e->measured - e->data) <= e->n - e->n_measured);
	if (e->data_is_measured && e->n > 0)
		FUZZ_REACHED("data that is measured");
	measure_event_text(e, text);
	must(memchr(text, '\0', sizeof(text)));
	for (const char *at = text; *at; at++)
		must((unsigned char)*at >= 0x20 && *at != 0x7f);
	if (measure_event_variable(e, &v)) {
		must(v.n <= e->n && memchr(v.name, '\0', sizeof(v.name)));
		FUZZ_REACHED("a variable");
	}
	use_command_line(e);
}

static void use_log(const struct measure_log *log)
{
	uint8_t all[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES], some[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES];
	size_t n = measure_log_count(log);

	for (size_t i = 0; i < n; i++)
		use_event(measure_log_event(log, i));
	must(measure_log_event(log, n) == NULL);
	measure_log_replay(log, n, all);
	measure_log_replay(log, SIZE_MAX, some);
	must(memcmp(all, some, sizeof(all)) == 0);
	if (measure_log_secure_boot(log) == MEASURE_LOGGED_SECURE_BOOT_ON)
		FUZZ_REACHED("Secure Boot was on");
	if (measure_log_form(log) == MEASURE_LOG_TCG && n > 0)
		FUZZ_REACHED("a TCG log");
	else if (measure_log_form(log) == MEASURE_LOG_DSTACK && n > 0)
		FUZZ_REACHED("a log of dstack");
	else if (measure_log_form(log) == MEASURE_LOG_TRUSTEE && n > 0)
		FUZZ_REACHED("a log of Trustee");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_bytes copy = fuzz_copy(data, size);
	struct measure_log *log = NULL;
	struct measure_ccel ccel;
	struct jurat_error err = { "" };
	int r = measure_log_read(copy.p, copy.n, &log, &err);

	must(r == 0 || ((r == -EBADMSG || r == -EOVERFLOW) && !log && err.text[0]));
	if (r == 0) {
		must(measure_log_is(copy.p, copy.n));
		use_log(log);
	}
	measure_log_free(log);
	r = measure_ccel_read(copy.p, copy.n, &ccel, &err);
	must(r == 0 || r == -EBADMSG);
	if (r == 0)
		FUZZ_REACHED("an ACPI table");
	return 0;
}
