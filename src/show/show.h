/* SPDX-License-Identifier: MIT */
#ifndef SHOW_SHOW_H
#define SHOW_SHOW_H

#include <jansson.h>

#include "base/error.h"
#include "machine/sequence.h"
#include "verify/decode.h"
#include "wire/layout.h"

/*
 * Output of `jurat show` as one JSON value, whose objects keep the order of members; the other forms are
 * printed from it. After a failed allocation a member is missing, and the output fails at the end.
 */
enum show_form {
	SHOW_TEXT, /* explanations follow values */
	SHOW_JSON,
	SHOW_PAGE, /* rows of page/tree.h, with the place and the bytes of fields */
};
struct show {
	json_t *root;
	enum show_form form;
	/* For SHOW_PAGE: */
	size_t base;   /* of what is shown in what contains it */
	size_t offset; /* of the structure whose fields are added, in what is shown */
	bool brief;    /* the page has the bytes beside: of fields, only the number of bytes */
	bool failed;
};

/* Takes ownership of `value`; returns it, or NULL on failure. */
json_t *show_add(struct show *s, json_t *to, const char *name, json_t *value);
void show_add_text(struct show *s, json_t *to, const char *name, const char *text);
/* Text of a certificate, in whatever encoding: what is not printable ASCII as '?', at most 127 characters. */
void show_add_name(struct show *s, json_t *to, const char *name, const struct bytes_rd *text);
void show_add_hex(struct show *s, json_t *to, const char *name, const void *bytes, size_t n);
/* The same, of bytes at s->offset + `offset`. */
void show_add_hex_at(struct show *s, json_t *to, const char *name, const void *bytes, size_t n,
		     size_t offset);
/* Adds an object to an array; NULL on failure. */
json_t *show_append_object(struct show *s, json_t *list);
void show_add_number(struct show *s, json_t *to, const char *name, uint64_t value);
void show_add_svns(struct show *s, json_t *to, const char *name, const uint8_t *svns, size_t n);
void show_add_time(struct show *s, json_t *to, const char *name, int64_t seconds);
/* Adds every field by its name; reserved fields only when they are not zero. */
void show_add_fields(struct show *s, json_t *to, const struct wire_layout *layout, const void *from);
/* Adds a certificate or a CRL in DER. 0; -EBADMSG */
JURAT_MUST_CHECK int show_der(struct show *s, json_t *to, const uint8_t *der, size_t n,
			      struct jurat_error *err);
/* Adds every certificate and CRL that was found: the first at the top level, others below it. */
JURAT_MUST_CHECK int show_found(struct show *s, json_t *to, const struct decoded *found,
				struct jurat_error *err);
/* The same for all in these bytes. 0; -EBADMSG */
JURAT_MUST_CHECK int show_certificates(struct show *s, json_t *to, const uint8_t *data, size_t n,
				       struct jurat_error *err);
/* 0; -EBADMSG, -EPROTO malformed; -ENOMEM */
JURAT_MUST_CHECK int show_td_report(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err);
JURAT_MUST_CHECK int show_quote(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err);
JURAT_MUST_CHECK int show_collateral(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err);
/* Adds the events and the RTMRs that they replay to. 0; -EBADMSG, -EOVERFLOW; -ENOMEM */
JURAT_MUST_CHECK int show_event_log(struct show *s, json_t *to, const uint8_t *data, size_t n,
				    struct jurat_error *err);
/* The same for a log within evidence, or why it cannot be read. */
void show_carried_log(struct show *s, const uint8_t *data, size_t n);
/*
 * Adds everything that the bytes are, of whatever kind. -ENOENT: data that cannot be shown; -EBADMSG, -EPROTO
 * malformed; -ENOMEM, also later as s->failed
 */
JURAT_MUST_CHECK int show_any(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err);
/*
 * Evidence as rows of page/tree.h, for pages that have more than it.
 *
 * Returns   a new object; NULL: these bytes are of no kind that is known, or no memory
 */
json_t *show_rows(const uint8_t *data, size_t n);
/* Bytes of a trace, as a page of it wants them (machine/sequence.h). */
char *show_bytes(const struct sequence_bytes *bytes);
/* The ACPI table that says where an event log is. 0; -EBADMSG */
JURAT_MUST_CHECK int show_ccel(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err);

#endif
