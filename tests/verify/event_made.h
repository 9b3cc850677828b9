/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_EVENT_MADE_H
#define TESTS_VERIFY_EVENT_MADE_H

#include "measure/log_made.h"
#include "verify/tdx_made.h"

/* Event logs that can be changed, and a quote whose RTMRs they give. */

#define CMDLINE   "root=/dev/vda1 quiet"
#define SB_HEAD   "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c\x0a\0\0\0\0\0\0\0"
#define SB_NAME   "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0"
#define SB(value) SB_HEAD "\1\0\0\0\0\0\0\0" SB_NAME value

/* SHA-384 of "image" and of "another image". */
#define IMAGE                                                                                                \
	"7158862be7ff7d2ae0a585b872f415cf09b7fe8c6ce170ef944061e7788d73c1"                                   \
	"f5835652d8afe9939b01905d5aa7c48c"
#define OTHER                                                                                                \
	"2b90602ff1a54236c1128f3dbc4286e869fb383acf1fa10541ed54337f30043b"                                   \
	"b88ae120c1c6396d59f48a80d5169697"

enum { MAX_EVENTS = 80 };

struct event {
	unsigned index;
	uint32_t type;
	const char *data;
	size_t n;
	const char *measured; /* NULL: the data */
	size_t n_measured;
};

#define DATA(text) (text), sizeof(text) - 1

struct events {
	struct event items[MAX_EVENTS];
	size_t n;
};

/* At 0x41, 0x8b, 0x102, 0x148, 0x193, 0x1fd, 0x243, 0x289, 0x2f0 and 0x33f of the log; its end is 0x3a9. */
struct events events_usual(void);
void events_insert(struct events *e, size_t at, struct event event);
void events_drop(struct events *e, size_t at);
void events_write(const struct events *e, struct log_made *log);

/* A good quote whose RTMRs the events give, and its collateral. */
struct event_world {
	struct tdx_made made;
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	uint8_t rtmr3; /* fills RTMR3 of the next quote */
};

/* For cmocka: a quote for the usual events. */
int event_world_make(void **state);
int event_world_end(void **state);
/* Makes the quote for other events. */
void event_world_sign(struct event_world *w, const struct events *e);
/* Judges the quote with a log; policy in JSON, NULL: the default. The test frees the verdict. */
struct jurat_verdict *event_world_judge_bytes(const struct event_world *w, const void *log, size_t n,
					      const char *policy);
struct jurat_verdict *event_world_judge(const struct event_world *w, const struct events *e,
					const char *policy);
/* All reasons, "code: detail", one a line; frees the verdict. */
void event_assert_reasons(struct jurat_verdict *v, const char *what, const char *wanted);

/* Changes that several tests make. */
void event_no_image(struct events *e);
void event_another_image(struct events *e);
void event_another_digest_of_secure_boot(struct events *e);
void event_another_digest_of_the_command_line(struct events *e);
void event_another_value_of_secure_boot(struct events *e);

#endif
