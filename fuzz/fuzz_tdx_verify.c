/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <jurat/verify.h>

#include "measure/event_log.h"
#include "support/tdx.h"
#include "support/verdict.h"

/*
 * A quote, its PCK certificate, collateral and a policy at once, one step away from being accepted. The
 * software platform signs what the fuzzer changed, where a flag says so, so that what stands behind the
 * signatures is reached.
 *
 * Input: two bytes of flags; quote and PCK certificate, as fuzz_item() has them; the policy, a part; with
 * flags one or two event logs, parts; then until the end files: a byte FILE_* and an item. Without files the
 * collateral is the platform's own.
 */
enum {
	MACHINE_MASK = 3, /* first byte */
	SIGN_QUOTE = 1 << 2,
	NEW_CHAIN = 1 << 3, /* the quote carries the PCK certificate of the input */
	SIGN_PCK = 1 << 4,
	PINNED = 1 << 5, /* trusts Intel's root only */
	NO_COLLATERAL = 1 << 6,
	TWICE = 1 << 7, /* judged again, out of the caches */

	TIME_MASK = 3, /* second byte: see at[] */
	WITH_POLICY = 1 << 2,
	WITH_LOG = 1 << 3,
	LOG_EXPLAINS = 1 << 4, /* the RTMRs of a quote that is signed are those of the log */
	LOG_DIFFERS = 1 << 5,  /* those of another log, which follows the first */
	PIN = 1 << 6,          /* judged again by a policy that is made from the evidence */
};
enum {
	FILE_AS_IS,       /* + a byte: which of the platform's own it is an edition of */
	FILE_TCB_INFO,    /* the value of tcbInfo, signed */
	FILE_QE_IDENTITY, /* the value of enclaveIdentity, signed */
	FILE_ROOT_CRL,    /* signed */
	FILE_PCK_CRL,     /* signed */
	FILE_SIGNER,      /* the TCB signing certificate, signed by the root */
	FILE_ENDORSEMENT, /* for the verifier: the PCK certificate */
	FILE_N_KINDS,
};

struct input {
	struct fuzz_tdx *machine;
	uint8_t flags, more;
	struct bytes_rd in;
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	struct fuzz_bytes log, other_log;
};

/* The bytes that are signed of one of the platform's documents: the object behind the first colon. */
static struct fuzz_bytes body_of(const struct fuzz_tdx *machine, enum sim_collateral_part part)
{
	const char *text = (const char *)machine->collateral.parts[part].bytes;
	const char *from = strchr(text, ':') + 1, *to = strstr(text, ",\"signature\":");

	must(to > from);
	return fuzz_copy(from, (size_t)(to - from));
}

static struct fuzz_bytes document(struct input *i, enum sim_collateral_part part, const char *member)
{
	auto_bytes own = body_of(i->machine, part), body = fuzz_item(&i->in, own.p, own.n);

	return fuzz_tdx_sign_json(member, body.p, body.n);
}

static struct fuzz_bytes signed_der(struct input *i, enum sim_intel_cert issuer, const void *own, size_t n)
{
	auto_bytes item = fuzz_item(&i->in, own, n);

	return fuzz_tdx_sign_der(issuer, item.p, item.n);
}

static struct fuzz_bytes signed_part(struct input *i, enum sim_intel_cert issuer,
				     enum sim_collateral_part part)
{
	return signed_der(i, issuer, i->machine->collateral.parts[part].bytes,
			  i->machine->collateral.parts[part].size);
}

static void add_file(struct input *i)
{
	uint8_t kind = fuzz_u8(&i->in) % FILE_N_KINDS, which;
	auto_bytes file = { 0 };
	const uint8_t *own;
	size_t n;

	switch (kind) {
	case FILE_TCB_INFO:
		file = document(i, SIM_TCB_INFO, "tcbInfo");
		break;
	case FILE_QE_IDENTITY:
		file = document(i, SIM_QE_IDENTITY, "enclaveIdentity");
		break;
	case FILE_ROOT_CRL:
		file = signed_part(i, SIM_INTEL_ROOT, SIM_ROOT_CA_CRL);
		break;
	case FILE_PCK_CRL:
		file = signed_part(i, SIM_INTEL_PLATFORM_CA, SIM_PCK_CRL);
		break;
	case FILE_SIGNER:
		own = sim_pki_intel_cert(fuzz_tdx_pki(), SIM_INTEL_TCB_SIGNING, &n);
		file = signed_der(i, SIM_INTEL_ROOT, own, n);
		break;
	case FILE_ENDORSEMENT:
		own = sim_qe_pck(i->machine->qe, &n);
		file = signed_der(i, SIM_INTEL_PLATFORM_CA, own, n);
		(void)!jurat_verifier_add_certificates(i->verifier, file.p, file.n, NULL, NULL);
		return;
	default:
		which = fuzz_u8(&i->in) % SIM_N_COLLATERAL_PARTS;
		file = fuzz_item(&i->in, i->machine->collateral.parts[which].bytes,
				 i->machine->collateral.parts[which].size);
	}
	if (jurat_tdx_collateral_add(i->collateral, file.p, file.n, NULL) == 0)
		FUZZ_REACHED("a file of collateral");
}

static void add_own_collateral(struct input *i)
{
	for (unsigned k = 0; k < SIM_N_COLLATERAL_PARTS; k++)
		must(jurat_tdx_collateral_add(i->collateral, i->machine->collateral.parts[k].bytes,
					      i->machine->collateral.parts[k].size, NULL) == 0);
}

/* Nobody but the machines' enclave has signed a body: the one that is accepted is one of theirs. */
static void check_accepted(const struct input *i, const struct fuzz_bytes *quote,
			   const struct jurat_verdict *verdict)
{
	bool known = (i->flags & (SIGN_QUOTE | NEW_CHAIN)) != 0;
	struct tdx_quote q;

	FUZZ_REACHED("a quote is accepted");
	must(!(i->flags & PINNED));
	must(tdx_quote_read(quote->p, quote->n, &q, NULL) == 0);
	for (unsigned m = 0; m < FUZZ_TDX_MACHINES && !known; m++) {
		const struct fuzz_bytes *own = &fuzz_tdx(m)->quote;

		known = own->n >= q.signed_bytes.size &&
			memcmp(own->p, q.signed_bytes.data, q.signed_bytes.size) == 0;
	}
	must(known);
	if (i->more & WITH_LOG) {
		struct jurat_tdx_event_log log = { .size = sizeof(log) };

		FUZZ_REACHED("an event log that explains an accepted quote");
		must(jurat_verdict_tdx_event_log(verdict, &log) == 0 && (log.explained & 7) == 7);
	}
}

static void check_refused(const struct jurat_verdict *verdict)
{
	size_t n = jurat_verdict_reason_count(verdict);

	must(n > 0);
	for (size_t k = 0; k < n; k++) {
		const char *code = jurat_verdict_reason_code(verdict, k);

		must(code && jurat_verdict_reason_detail(verdict, k));
		if (strcmp(code, "quote-signature") == 0)
			FUZZ_REACHED("a quote whose signature does not hold");
		if (strcmp(code, "leaf-revoked") == 0)
			FUZZ_REACHED("a revoked PCK certificate");
		if (strcmp(code, "tcb-status-not-accepted") == 0)
			FUZZ_REACHED("a TCB status that is not accepted");
		if (strcmp(code, "event-log-mismatch") == 0)
			FUZZ_REACHED("an event log that does not explain the quote");
		if (strcmp(code, "event-not-allowed") == 0)
			FUZZ_REACHED("an event that the policy does not allow");
	}
}

static struct jurat_verdict *judge(const struct input *i, const struct fuzz_bytes *quote,
				   const struct jurat_policy *policy)
{
	static const int64_t at[TIME_MASK + 1] = { FUZZ_TDX_AT, 1500000000, 3000000000, INT64_MAX };
	struct jurat_tdx_evidence e = { .size = sizeof(e), .quote = quote->p, .quote_size = quote->n };
	struct jurat_verdict *verdict = NULL;
	int r;

	if (i->more & WITH_LOG) {
		e.event_log = i->log.p;
		e.event_log_size = i->log.n;
	}
	r = jurat_verify_tdx(i->verifier, &e, i->flags & NO_COLLATERAL ? NULL : i->collateral, policy,
			     at[i->more & TIME_MASK], &verdict, NULL);

	must((r == 0) == (jurat_verdict_accepted(verdict) == 1));
	if (r == 0)
		check_accepted(i, quote, verdict);
	else
		check_refused(verdict);
	fuzz_use_verdict(verdict);
	return verdict;
}

/* Evidence is accepted by the policy that is made from it. */
static void pin(const struct input *i, const struct fuzz_bytes *quote, const struct jurat_policy *policy,
		const struct jurat_verdict *verdict)
{
	struct jurat_policy *pinned = fuzz_policy_from(verdict, policy);
	struct jurat_verdict *again;

	if (!pinned)
		return;
	again = judge(i, quote, pinned);
	if (jurat_verdict_accepted(verdict) == 1) {
		must(jurat_verdict_accepted(again) == 1);
		FUZZ_REACHED("a quote is accepted by a policy made from it");
	}
	jurat_verdict_free(again);
	jurat_policy_free(pinned);
}

static struct jurat_policy *read_policy(struct input *i)
{
	auto_bytes json = fuzz_part(&i->in);
	struct jurat_policy *policy = NULL;

	if (!(i->more & WITH_POLICY))
		return NULL;
	must(jurat_policy_new(&policy, NULL) == 0);
	if (jurat_policy_read_json(policy, (const char *)json.p, json.n, NULL) == 0)
		FUZZ_REACHED("a policy");
	return policy;
}

/* The quote and PCK certificate of the input. */
struct read_quote {
	struct fuzz_bytes quote, pck;
};

static struct read_quote read_quote(struct input *i)
{
	struct read_quote r;
	const uint8_t *own;
	size_t n;

	r.quote = fuzz_item(&i->in, i->machine->quote.p, i->machine->quote.n);
	own = sim_qe_pck(i->machine->qe, &n);
	r.pck = fuzz_item(&i->in, own, n);
	return r;
}

static void read_log(struct input *i)
{
	if (i->more & WITH_LOG)
		i->log = fuzz_part(&i->in);
	if (i->more & LOG_DIFFERS)
		i->other_log = fuzz_part(&i->in);
}

/* Writes the RTMRs that a log gives into a quote. */
static void explain(const struct fuzz_bytes *by, struct fuzz_bytes *quote)
{
	enum { BODY_OFF = 48, BODY_OFF_5 = 54, RTMR0_OFF = 328 };
	const size_t off = (quote->n > 0 && quote->p[0] == 5 ? BODY_OFF_5 : BODY_OFF) + RTMR0_OFF;
	uint8_t rtmrs[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES];
	struct measure_log *log;

	if (quote->n < off + sizeof(rtmrs) || measure_log_read(by->p, by->n, &log, NULL) < 0)
		return;
	measure_log_replay(log, measure_log_count(log), rtmrs);
	memcpy(quote->p + off, rtmrs, sizeof(rtmrs));
	measure_log_free(log);
}

/* The quote, with what the flags want signed or replaced. */
static struct fuzz_bytes make_quote(const struct input *i, struct read_quote *r)
{
	auto_bytes leaf = { 0 };

	if (i->more & WITH_LOG && i->more & LOG_EXPLAINS)
		explain(i->more & LOG_DIFFERS ? &i->other_log : &i->log, &r->quote);
	if (i->flags & NEW_CHAIN)
		leaf = i->flags & SIGN_PCK ? fuzz_tdx_sign_der(SIM_INTEL_PLATFORM_CA, r->pck.p, r->pck.n)
					   : fuzz_copy(r->pck.p, r->pck.n);
	if (i->flags & (SIGN_QUOTE | NEW_CHAIN))
		return fuzz_tdx_sign_quote(i->machine, r->quote.p, r->quote.n, &leaf);
	return fuzz_copy(r->quote.p, r->quote.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input i = { .in = bytes_rd(data, size) };
	struct jurat_policy *policy;

	i.flags = fuzz_u8(&i.in);
	i.more = fuzz_u8(&i.in);
	i.machine = fuzz_tdx(i.flags & MACHINE_MASK);
	struct read_quote parts = read_quote(&i);
	auto_bytes root = fuzz_tdx_root();

	policy = read_policy(&i);
	read_log(&i);
	auto_bytes quote = make_quote(&i, &parts);
	must(jurat_verifier_new(&i.verifier, NULL) == 0 &&
	     jurat_tdx_collateral_new(&i.collateral, NULL) == 0);
	if (!(i.flags & PINNED))
		must(jurat_verifier_add_roots(i.verifier, root.p, root.n, NULL) == 0);
	if (bytes_rd_left(&i.in) == 0)
		add_own_collateral(&i);
	for (unsigned k = 0; k < 12 && bytes_rd_left(&i.in) > 0; k++)
		add_file(&i);
	struct jurat_verdict *verdict = judge(&i, &quote, policy);

	if (i.flags & TWICE)
		jurat_verdict_free(judge(&i, &quote, policy));
	if (i.more & PIN)
		pin(&i, &quote, policy, verdict);
	jurat_verdict_free(verdict);
	fuzz_bytes_done(&parts.quote);
	fuzz_bytes_done(&parts.pck);
	fuzz_bytes_done(&i.log);
	fuzz_bytes_done(&i.other_log);
	jurat_policy_free(policy);
	jurat_tdx_collateral_free(i.collateral);
	jurat_verifier_free(i.verifier);
	return 0;
}
