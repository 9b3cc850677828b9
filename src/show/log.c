/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "show/show.h"
#include "measure/event_data.h"

/* Event logs. In text an event is one line; in JSON it is an object. */

static const char *form_name(enum measure_log_form form)
{
	switch (form) {
	case MEASURE_LOG_DSTACK:
		return "event log of dstack";
	case MEASURE_LOG_TRUSTEE:
		return "event log of Trustee";
	default:
		return "TCG event log";
	}
}

static const char *secure_boot_name(enum measure_logged_secure_boot state)
{
	static const char *const names[] = { "unknown", "off", "on" };

	return names[state];
}

/* "RTMR0"; for what extends nothing, "none". */
static const char *register_name(const struct measure_event *e, char to[8])
{
	snprintf(to, 8, e->extends ? "RTMR%u" : "none", (e->index - 1) & 3);
	return to;
}

static const char *type_name(const struct measure_event *e, char to[16])
{
	const char *name = measure_event_type_name(e->type);

	if (name)
		return name;
	snprintf(to, 16, "0x%08" PRIx32, e->type);
	return to;
}

/* What the digest is the digest of. */
static const char *digest_of(const struct measure_event *e)
{
	if (!e->extends)
		return "nothing";
	if (!e->data_is_measured)
		return "other data";
	return e->n_measured == e->n ? "data" : "part of data";
}

static void add_line(struct show *s, json_t *list, const struct measure_event *e, const char *said)
{
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)] = "-", type[16], in[8];
	const size_t room = strlen(said) + 256;
	auto_free char *line = malloc(room);

	if (e->digest)
		bytes_to_hex(e->digest, MEASURE_DIGEST_BYTES, hex);
	if (line)
		snprintf(line, room, "%-5s %s %s (digest of %s)%s%s", register_name(e, in),
			 type_name(e, type), hex, digest_of(e), said[0] ? " " : "", said);
	if (!line || json_array_append_new(list, json_string(line)) < 0)
		s->failed = true;
}

static void add_object(struct show *s, json_t *list, size_t number, const struct measure_event *e,
		       const char *said)
{
	json_t *to = json_object();
	struct measure_variable v;
	char type[16], in[8];

	if (!to || json_array_append_new(list, to) < 0) {
		s->failed = true;
		return;
	}
	show_add_number(s, to, "number", number);
	show_add_number(s, to, "offset", e->offset);
	show_add(s, to, "register", e->extends ? json_string(register_name(e, in)) : json_null());
	show_add_number(s, to, "stated_register", e->stated_index);
	show_add_number(s, to, "type", e->type);
	show_add_text(s, to, "type_name", type_name(e, type));
	if (e->digest)
		show_add_hex(s, to, "digest", e->digest, MEASURE_DIGEST_BYTES);
	show_add(s, to, "data_is_measured", json_boolean(e->data_is_measured));
	show_add_text(s, to, "digest_of", digest_of(e));
	if (e->name)
		show_add_text(s, to, "name", e->name);
	show_add_text(s, to, "text", said);
	if (measure_event_variable(e, &v)) {
		json_t *variable = show_add(s, to, "variable", json_object());

		if (variable) {
			show_add_text(s, variable, "name", v.name);
			show_add_text(s, variable, "guid", v.guid);
			show_add_hex(s, variable, "value", v.value, v.n);
		}
	}
	show_add_hex(s, to, "data", e->data, e->n);
}

static void add_log(struct show *s, json_t *to, const struct measure_log *log)
{
	uint8_t rtmrs[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES];
	json_t *list = show_add(s, to, s->form == SHOW_JSON ? "events" : "event", json_array());
	char said[MEASURE_TEXT_BYTES], name[8];

	for (size_t i = 0; list && i < measure_log_count(log); i++) {
		const struct measure_event *e = measure_log_event(log, i);

		measure_event_text(e, said);
		if (s->form != SHOW_TEXT)
			add_object(s, list, i + 1, e, said);
		else
			add_line(s, list, e, said);
	}
	show_add_text(s, to, "secure_boot", secure_boot_name(measure_log_secure_boot(log)));
	measure_log_replay(log, measure_log_count(log), rtmrs);
	for (unsigned i = 0; i < MEASURE_N_RTMRS; i++) {
		snprintf(name, sizeof(name), "rtmr%u", i);
		show_add_hex(s, to, name, rtmrs[i], sizeof(rtmrs[i]));
	}
}

int show_event_log(struct show *s, json_t *to, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct measure_log *log;
	int r = measure_log_read(data, n, &log, err);

	if (r < 0)
		return r;
	show_add_text(s, to, "kind", form_name(measure_log_form(log)));
	add_log(s, to, log);
	measure_log_free(log);
	return 0;
}

void show_carried_log(struct show *s, const uint8_t *data, size_t n)
{
	struct jurat_error err = { "" };
	json_t *to = json_object();

	if (!to || json_object_set_new(s->root, "event_log", to) < 0) {
		s->failed = true;
		return;
	}
	if (show_event_log(s, to, data, n, &err) < 0)
		show_add_text(s, to, "error", err.text);
}

int show_ccel(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	static const char *const types[] = { "reserved", "SEV", "TDX" };
	struct measure_ccel t;
	char type[24];
	int r = measure_ccel_read(data, n, &t, err);

	if (r < 0)
		return r;
	snprintf(type, sizeof(type), "0x%02x", t.cc_type);
	show_add_text(s, s->root, "kind", "ACPI table CCEL");
	show_add_text(s, s->root, "cc_type", t.cc_type < ARRAY_SIZE(types) ? types[t.cc_type] : type);
	show_add_number(s, s->root, "cc_subtype", t.cc_subtype);
	show_add_number(s, s->root, "log_area_bytes", t.log_area_bytes);
	snprintf(type, sizeof(type), "0x%" PRIx64, t.log_area_address);
	show_add_text(s, s->root, "log_area_address", type);
	show_add_text(s, s->root, "event_log", "not in this file; it is /sys/firmware/acpi/tables/data/CCEL");
	return 0;
}
