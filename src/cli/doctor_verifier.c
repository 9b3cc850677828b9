/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cli/doctor.h"
#include "cli/load.h"
#include "fetch/fetch.h"
#include "verify/tdx_collateral.h"
#include "verify/verifier.h"

/* 2026-01-01: older than every release of this program. */
#define EARLIEST INT64_C(1767225600)

enum { SOON_DAYS = 3, REQUEST_MS = 15000 };

static void check_clock(struct doctor *d)
{
	const int64_t now = base_realtime_s(d->env);
	struct timex clock = { .modes = 0 }; /* 0: reads only */
	char text[BASE_TIME_BYTES];
	int state = d->root ? TIME_OK : adjtimex(&clock);

	base_time_text(now, text);
	if (now < EARLIEST)
		doctor_find(d, DOCTOR_CLOCK_WRONG, "it is %s", text);
	else if (state == TIME_ERROR && clock.status & STA_UNSYNC)
		doctor_find(d, DOCTOR_CLOCK_UNSYNCED, "it is %s, and the kernel reports STA_UNSYNC", text);
	else
		doctor_ok(d, DOCTOR_HOP_VERIFIER_CLOCK, "it is %s", text);
}

static void check_roots(struct doctor *d)
{
	struct jurat_verifier *verifier = doctor_verifier_new(d);

	if (verifier && verifier->roots_given)
		doctor_find(d, DOCTOR_ROOTS_REPLACED, "'%s' (%zu roots)", cli_get_nth(d->cli, "roots", 0),
			    verifier->roots.n);
	else if (verifier)
		doctor_ok(d, DOCTOR_HOP_VERIFIER_ROOTS, "the vendors' roots, which are built in");
	jurat_verifier_free(verifier);
}

struct dates {
	enum doctor_hop hop;
	enum doctor_finding expired, early, soon;
	int64_t first_end; /* of everything that was checked */
	bool ends;
};

#define NO_END INT64_MAX /* a CRL need not state when the next one is issued */

static const char *until(const struct dates *dates, char text[BASE_TIME_BYTES])
{
	return dates->first_end == NO_END ? "a newer one is issued" : base_time_text(dates->first_end, text);
}

/* `soon` days before its end is time to renew it. */
static void check_dates(struct doctor *d, struct dates *dates, const char *what, int64_t from, int64_t to,
			bool soon)
{
	char text[BASE_TIME_BYTES];

	if (from > d->at)
		doctor_find(d, dates->early, "%s was issued %s", what, base_time_text(from, text));
	else if (to < d->at)
		doctor_find(d, dates->expired, "%s expired %s, %lld days ago", what, base_time_text(to, text),
			    (long long)((d->at - to) / BASE_DAY_SECONDS));
	else if (soon && to != NO_END && to - d->at < (int64_t)SOON_DAYS * BASE_DAY_SECONDS)
		doctor_find(d, dates->soon, "%s expires %s", what, base_time_text(to, text));
	if (!dates->ends || to < dates->first_end)
		dates->first_end = to;
	dates->ends = true;
}

static void check_documents(struct doctor *d, const struct jurat_tdx_collateral *c, struct dates *dates)
{
	for (size_t i = 0; i < c->n_tcb_infos; i++)
		check_dates(d, dates, "TCB info", c->tcb_infos[i]->doc.issue_date,
			    c->tcb_infos[i]->doc.next_update, true);
	for (size_t i = 0; i < c->n_identities; i++)
		check_dates(d, dates, "QE identity", c->identities[i]->doc.issue_date,
			    c->identities[i]->doc.next_update, true);
	for (size_t i = 0; i < c->n_crls; i++)
		check_dates(d, dates, "a CRL", c->crls[i]->crl.this_update,
			    c->crls[i]->crl.next_update == INT64_MIN ? NO_END : c->crls[i]->crl.next_update,
			    true);
	for (size_t i = 0; i < c->n_certs; i++)
		check_dates(d, dates, "a certificate", c->certs[i]->cert.not_before,
			    c->certs[i]->cert.not_after, false);
}

static void check_parts(struct doctor *d, const struct jurat_tdx_collateral *c)
{
	const char *lacks = c->n_tcb_infos == 0    ? "a TCB info"
			    : c->n_identities == 0 ? "a QE identity"
			    : c->n_crls == 0       ? "a CRL"
			    : c->n_certs == 0      ? "the certificates of the signer"
						   : NULL;

	if (lacks)
		doctor_find(d, DOCTOR_COLLATERAL_MISSING, "it lacks %s", lacks);
}

static void check_collateral(struct doctor *d)
{
	struct dates dates = { DOCTOR_HOP_VERIFIER_COLLATERAL,
			       DOCTOR_COLLATERAL_EXPIRED,
			       DOCTOR_COLLATERAL_EARLY,
			       DOCTOR_COLLATERAL_SOON,
			       0,
			       false };
	struct cli_caught caught = { NULL }, *outer = d->cli->caught;
	struct jurat_tdx_collateral *collateral = NULL;
	auto_free char *unusable = NULL;
	char text[BASE_TIME_BYTES];
	int status;

	if (!cli_has(d->cli, "collateral")) {
		doctor_skip(d, DOCTOR_HOP_VERIFIER_COLLATERAL, "no --collateral");
		return;
	}
	if (jurat_tdx_collateral_new(&collateral, NULL) < 0) {
		d->failed = true;
		return;
	}
	d->cli->caught = &caught;
	status = cli_load_collateral_of(d->cli, "collateral", collateral, NULL, &unusable);
	d->cli->caught = outer;
	if (status == CLI_INTERNAL) {
		d->failed = true;
	} else if (status != CLI_OK || unusable) {
		doctor_find(d, DOCTOR_COLLATERAL_UNUSABLE, "%s",
			    unusable         ? unusable
			    : caught.failure ? caught.failure
					     : "it cannot be read");
	} else {
		check_parts(d, collateral);
		check_documents(d, collateral, &dates);
		doctor_ok(d, DOCTOR_HOP_VERIFIER_COLLATERAL, "valid until %s", until(&dates, text));
	}
	free(caught.failure);
	jurat_tdx_collateral_free(collateral);
}

static void check_crls(struct doctor *d)
{
	struct dates dates = {
		DOCTOR_HOP_VERIFIER_CRL, DOCTOR_CRL_EXPIRED, DOCTOR_CRL_EARLY, DOCTOR_CRL_EXPIRED, 0, false
	};
	struct cli_caught caught = { NULL }, *outer = d->cli->caught;
	struct jurat_verifier *verifier;
	char text[BASE_TIME_BYTES];
	int status;

	if (!cli_has(d->cli, "crl")) {
		doctor_skip(d, DOCTOR_HOP_VERIFIER_CRL, "no --crl");
		return;
	}
	if (jurat_verifier_new(&verifier, NULL) < 0) {
		d->failed = true;
		return;
	}
	d->cli->caught = &caught;
	status = cli_load_all(d->cli, verifier, "crl", CLI_LOAD_CRL);
	d->cli->caught = outer;
	for (size_t i = 0; status == CLI_OK && i < verifier->crls.n; i++) {
		const struct crl_entry *entry = verifier->crls.items[i];
		int64_t end = entry->crl.next_update;

		check_dates(d, &dates, "a CRL", entry->crl.this_update, end == INT64_MIN ? NO_END : end,
			    false);
	}
	if (status == CLI_INTERNAL)
		d->failed = true;
	else if (status != CLI_OK || !dates.ends)
		doctor_find(d, DOCTOR_CRL_UNUSABLE, "%s", caught.failure ? caught.failure : "no CRL found");
	else
		doctor_ok(d, DOCTOR_HOP_VERIFIER_CRL, "valid until %s", until(&dates, text));
	free(caught.failure);
	jurat_verifier_free(verifier);
}

/* Whether the service answered at all. */
static bool is_answer(int r)
{
	return r == JURAT_NOT_FOUND || r == JURAT_BUSY || r == -EHOSTDOWN || r == -EPROTO || r == -EBADMSG ||
	       r == -EMSGSIZE || r == -ESTALE;
}

/* One request, as a verifier makes it. */
static void check_service(struct doctor *d, const struct endorse_item *item, enum doctor_hop hop,
			  enum doctor_finding unreachable, enum doctor_finding answer)
{
	const char *from = cli_get(d->cli, "from");
	struct fetch_options options = { .from = from ? from : cli_getenv("JURAT_ENDORSEMENTS"),
					 .ca_file = cli_get(d->cli, "ca-file"),
					 .attempts = 1,
					 .limit_ms = REQUEST_MS,
					 .request_ms = REQUEST_MS,
					 .at = d->at,
					 .env = d->env };
	struct endorse_value value = { 0 };
	struct fetcher *fetcher = NULL;
	struct jurat_error err = { "" };
	int r;

	if (!d->network) {
		doctor_skip(d, hop, "only with --network");
		return;
	}
	r = fetcher_new(&options, NULL, &fetcher, &err);
	if (r == 0)
		r = fetch_item(fetcher, item, &value, &err);
	if (r == -ENOMEM)
		d->failed = true;
	else if (r == 0)
		doctor_ok(d, hop, "%s", options.from ? options.from : "answers");
	else
		doctor_find(d, is_answer(r) ? answer : unreachable, "%s", err.text);
	endorse_value_done(&value);
	fetcher_free(fetcher);
}

void doctor_verifier(struct doctor *d)
{
	const enum snp_product product = doctor_product(d);
	const struct endorse_item crl = { .kind = ENDORSE_VCEK_CRL,
					  .product = product == SNP_PRODUCT_UNKNOWN ? SNP_MILAN : product };
	const struct endorse_item root_crl = { .kind = ENDORSE_ROOT_CRL };

	check_clock(d);
	check_roots(d);
	check_collateral(d);
	check_crls(d);
	check_service(d, &crl, DOCTOR_HOP_VERIFIER_KDS, DOCTOR_KDS_UNREACHABLE, DOCTOR_KDS_ANSWER);
	check_service(d, &root_crl, DOCTOR_HOP_VERIFIER_PCS, DOCTOR_PCS_UNREACHABLE, DOCTOR_PCS_ANSWER);
}
