/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EVENT_DATA_H
#define MEASURE_EVENT_DATA_H

#include "measure/event_log.h"

/*
 * What the data of events says, for people and policies. Data is hostile: it is authentic only where
 * data_is_measured, in a log that replays to a verified quote, and then only the measured part.
 */

enum { MEASURE_GUID_TEXT_BYTES = 40, MEASURE_NAME_BYTES = 128, MEASURE_TEXT_BYTES = 4096 };

struct measure_variable {
	char guid[MEASURE_GUID_TEXT_BYTES]; /* "8be4df61-93ca-11d2-aa0d-00e098032b8c" */
	char name[MEASURE_NAME_BYTES];      /* UTF-8, truncated; '?' for characters that are not shown */
	const uint8_t *value;               /* borrowed from the event */
	size_t n;
};

/* The UEFI variable of an EV_EFI_VARIABLE_*. false: another type, or malformed. Spec: TCG PFP 1.06, 10.4.2 */
bool measure_event_variable(const struct measure_event *event, struct measure_variable *ret);

/*
 * What the event says: one line of UTF-8 without control characters, "" where nothing is known, "..." at
 * its end where it is truncated.
 */
void measure_event_text(const struct measure_event *event, char to[MEASURE_TEXT_BYTES]);

/*
 * Whether Secure Boot was on: what all variables SecureBoot say that are measured into RTMR0 before the
 * first separator there, until which only firmware extends it. Found by their digests. Unknown: there is
 * none, or they differ, or one has another value.
 */
enum measure_logged_secure_boot {
	MEASURE_LOGGED_SECURE_BOOT_UNKNOWN,
	MEASURE_LOGGED_SECURE_BOOT_OFF,
	MEASURE_LOGGED_SECURE_BOOT_ON
};
enum measure_logged_secure_boot measure_log_secure_boot(const struct measure_log *log);

/*
 * Whether the event is, as its unmeasured label says, the kernel's command line: of GRUB, of the kernel's
 * EFI stub, of a unified kernel image's stub, of td-shim or of firmware that boots a kernel directly.
 * Several of them may log it.
 */
bool measure_event_is_command_line(const struct measure_event *event);
/*
 * Whether the event is in RTMR1 or 2 and its digest is that of this command line, as it is or with what its
 * logger adds: GRUB leaves out the "BOOT_IMAGE=" of /proc/cmdline, the EFI stub and firmware have UTF-16, a
 * NUL or a newline may be at the end. This needs neither data in the event nor its label. Whoever chooses
 * what GRUB runs can have any text measured there: who must know what was booted allows all digests of
 * RTMR1 and 2, not only a command line.
 *
 * text      n bytes, ASCII or UTF-8 of at most 8192 bytes; longer: false
 */
bool measure_event_command_line_is(const struct measure_event *event, const char *text, size_t n);
/*
 * The command line where the event has it and it is measured; NULL: not. Borrowed from the event, without a
 * NUL.
 */
const char *measure_event_command_line(const struct measure_event *event, size_t *ret_n);

#endif
