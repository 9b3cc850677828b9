/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "cli/load.h"

/* A failure of a function that reports by cli_fail() becomes a finding. */
struct jurat_verifier *doctor_verifier_new(struct doctor *d)
{
	struct cli_caught caught = { NULL }, *outer = d->cli->caught;
	struct jurat_verifier *verifier = NULL;
	int status;

	if (jurat_verifier_new(&verifier, NULL) < 0) {
		d->failed = true;
		return NULL;
	}
	d->cli->caught = &caught;
	status = cli_load_all(d->cli, verifier, "roots", CLI_LOAD_ROOTS);
	d->cli->caught = outer;
	if (status == CLI_INTERNAL)
		d->failed = true;
	else if (status != CLI_OK && !doctor_worst(d, DOCTOR_HOP_VERIFIER_ROOTS))
		doctor_find(d, DOCTOR_ROOTS_UNUSABLE, "%s", caught.failure ? caught.failure : "no root");
	free(caught.failure);
	if (status == CLI_OK)
		return verifier;
	jurat_verifier_free(verifier);
	return NULL;
}

/* Reasons of verdicts, by the end of their code, or all of it. */
static const struct {
	const char *code;
	enum doctor_finding guest, host;
} rows[] = {
	{ "certificate-table-malformed", DOCTOR_GUEST_CERTS_MALFORMED, DOCTOR_HOST_CERTS_REFUSED },
	{ "certificate-malformed", DOCTOR_GUEST_CERTS_MALFORMED, DOCTOR_HOST_CERTS_REFUSED },
	{ "leaf-tcb-mismatch", DOCTOR_GUEST_CERTS_STALE, DOCTOR_HOST_CERTS_STALE },
	{ "leaf-chip-mismatch", DOCTOR_GUEST_CERTS_CHIP, DOCTOR_HOST_CERTS_CHIP },
	{ "-expired", DOCTOR_GUEST_CERTS_EXPIRED, DOCTOR_HOST_CERTS_EXPIRED },
	{ "-not-yet-valid", DOCTOR_GUEST_CERTS_EARLY, DOCTOR_HOST_CERTS_EARLY },
	{ "root-not-trusted", DOCTOR_GUEST_CERTS_ROOT, DOCTOR_HOST_CERTS_ROOT },
	{ "intermediate-signature", DOCTOR_GUEST_CERTS_ROOT, DOCTOR_HOST_CERTS_ROOT },
	{ "-missing", DOCTOR_GUEST_CERTS_INCOMPLETE, DOCTOR_HOST_CERTS_KEY },
	{ "report-unsigned", DOCTOR_REPORT_UNSIGNED, DOCTOR_HOST_MASK_KEY },
};

enum doctor_finding doctor_finding_of(const char *reason, bool host)
{
	size_t n = strlen(reason);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t end = strlen(rows[i].code);

		if (n >= end && !strcmp(reason + n - end, rows[i].code))
			return host ? rows[i].host : rows[i].guest;
	}
	return host ? DOCTOR_HOST_CERTS_REFUSED : DOCTOR_GUEST_CERTS_REFUSED;
}
