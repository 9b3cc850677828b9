/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "endorse/check_internal.h"
#include "verify/tdx_collateral_items.h"

/* Intel's endorsements, by the verifier's functions for collateral. */

/* What one check has of the issuers. `issuer` and `root` are borrowed from `set`. */
struct intel {
	struct tdx_judge j;
	struct jurat_tdx_collateral *set;
	struct cert_entry *issuer, *root; /* as the issuer chain has them */
};

static void intel_done(struct intel *intel)
{
	jurat_tdx_collateral_free(intel->set);
}

static int intel_init(struct endorse_case *c, struct intel *ret, struct jurat_error *err)
{
	int r = jurat_tdx_collateral_new(&ret->set, err);

	if (r < 0)
		return r;
	ret->j = (struct tdx_judge){ .verifier = c->checker->verifier,
				     .collateral = ret->set,
				     .policy = &c->policy,
				     .at = c->at,
				     .out = c->out,
				     .tdx = c->out->tdx };
	return 0;
}

/* Reads the issuer chain, and checks that its root is trusted. */
static int read_issuers(struct endorse_case *c, struct intel *intel, struct jurat_error *err)
{
	struct jurat_tdx_collateral *set = intel->set;
	const char *text = c->value->issuer_chain;
	int r = endorse_read_chain(text, strlen(text), set->certs, err);

	if (r < 0)
		return jurat_wrap(err, r, "issuer chain");
	set->n_certs = 2;
	for (size_t i = 0; i < 2; i++) {
		if (tdx_issued(set->certs[i], set->certs[i]))
			intel->root = set->certs[i];
		else
			intel->issuer = set->certs[i];
	}
	if (!intel->root || !intel->issuer)
		return jurat_fail(err, -EBADMSG, "issuer chain: expected a certificate and its root");
	r = endorse_check_outcome(c, tdx_judge_root(&intel->j, intel->issuer), VERIFY_N_REASONS, err);
	if (r < 0)
		return r;
	assert(intel->j.root && intel->j.root_trusted);
	r = endorse_is_root(intel->root, intel->j.root);
	if (r == JURAT_REFUSED)
		return jurat_fail(err, -EBADMSG, "issuer chain: its root is not the trusted root");
	if (r < 0)
		return verdict_not_reached(err, r, "issuer chain");
	endorse_check_expires(c, intel->issuer->cert.not_after);
	endorse_check_expires(c, intel->root->cert.not_after);
	return 0;
}

/* ---- Signed documents */

/* A document as served, {"tcbInfo":{...},"signature":"..."}: its value and its signed part. */
static int read_document(const struct endorse_case *c, const char *member, struct json_rd *json,
			 json_rd_at *ret_at, struct signed_part *ret_part, uint8_t rs[64],
			 struct jurat_error *err)
{
	int r = json_rd_open(c->value->body, c->value->size, json, err);
	const struct json_rd_token *t;
	size_t members = 0;
	json_rd_at at;

	if (r < 0)
		return r;
	at = json_rd_get(json, 0, member);
	if (!json_rd_is(json, at, JSON_RD_OBJECT))
		return jurat_fail(err, -EBADMSG, "expected an object with the member %s", member);
	for (json_rd_at i = 1; i < json->tokens[0].next; i = json->tokens[i + 1].next)
		members++;
	if (members != 2 || !json_rd_hex(json, json_rd_get(json, 0, "signature"), rs, 64))
		return jurat_fail(err, -EBADMSG,
				  "expected %s and a signature of 128 hex digits, nothing else", member);
	t = &json->tokens[at];
	if (c->value->size - t->size > UNSIGNED_MAX_BYTES)
		return jurat_fail(err, -EBADMSG, "expected up to %d bytes outside the signed %s, found %zu",
				  UNSIGNED_MAX_BYTES, member, c->value->size - t->size);
	collateral_fill_part(json->text + t->start, t->size, rs, ret_part);
	*ret_at = at;
	return 0;
}

/* Checks what every document has: signature, signer, dates. */
static int check_document(struct endorse_case *c, struct intel *intel, const struct tdx_document_kind *kind,
			  const struct signed_document *doc, struct jurat_error *err)
{
	bool trusted = false;
	int r = tdx_judge_document(&intel->j, kind, doc, &c->out->tdx->tcb_info, &trusted);

	r = endorse_check_outcome(c, r, VERIFY_N_REASONS, err);
	if (r < 0)
		return r;
	assert(trusted);
	c->issued = doc->issue_date;
	c->number = doc->evaluation_data_number;
	endorse_check_expires(c, doc->next_update);
	return 0;
}

static int expect_id(const char *expected, const char *found, struct jurat_error *err)
{
	if (!strcmp(expected, found))
		return 0;
	return jurat_fail(err, -EBADMSG, "id: expected %s, found %s", expected, found);
}

enum { DAY = 24 * 60 * 60, STANDARD_DAYS = 365, SLACK_DAYS = 31 };

/* Whether a standard document cannot have this number yet: it is listed as new, or newer than all listed. */
static bool is_new(const struct endorse_numbers *numbers, uint32_t number, int64_t issued)
{
	bool newer = true;

	for (size_t i = 0; i < numbers->n; i++) {
		const struct endorse_number *n = &numbers->items[i];

		if (n->number == number)
			return n->event > issued - (STANDARD_DAYS - SLACK_DAYS) * DAY;
		newer = newer && number > n->number;
	}
	return newer;
}

/* The highest number that an early document must have; 0: none above this one. */
static uint32_t early_number(const struct endorse_numbers *numbers, uint32_t number, int64_t issued)
{
	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->items[i].number > number && numbers->items[i].event < issued - SLACK_DAYS * DAY)
			number = numbers->items[i].number;
	return number;
}

/*
 * A document does not say whether it is early or standard, but the list of TCB recoveries does: the highest
 * number is early, the highest whose event is a year old is standard. A month of slack, as the service does
 * not change all documents at once.
 */
static int check_update(const struct endorse_case *c, enum endorse_tee tee, const struct signed_document *doc,
			struct jurat_error *err)
{
	static const struct endorse_numbers unknown;
	const struct endorse_numbers *numbers = &c->checker->numbers[tee];
	const uint32_t number = doc->evaluation_data_number;
	uint32_t expected = number;

	if (c->at > numbers->next_update)
		numbers = &unknown;
	if (c->item->update == ENDORSE_NUMBERED)
		expected = c->item->number;
	else if (c->item->update == ENDORSE_EARLY)
		expected = early_number(numbers, number, doc->issue_date);
	else if (numbers->n > 0 && is_new(numbers, number, doc->issue_date))
		return jurat_fail(err, -EBADMSG,
				  "tcbEvaluationDataNumber: expected that of update=standard, found %u, "
				  "which is that of update=early",
				  number);
	if (number != expected)
		return jurat_fail(err, -EBADMSG, "tcbEvaluationDataNumber: expected %u, found %u", expected,
				  number);
	return 0;
}

static int check_tcb_info(struct endorse_case *c, struct intel *intel, const struct tcb_info *info,
			  struct jurat_error *err)
{
	char expected[BYTES_HEX_SIZE(6)], found[BYTES_HEX_SIZE(6)];
	int r = check_document(c, intel, &tdx_tcb_info_kind, &info->doc, err);

	if (r == 0)
		r = expect_id(c->item->tee == ENDORSE_TDX ? "TDX" : "SGX", info->doc.id, err);
	if (r < 0)
		return r;
	if (memcmp(info->fmspc, c->item->fmspc, sizeof(info->fmspc)) != 0)
		return jurat_fail(err, -EBADMSG, "fmspc: expected %s, found %s",
				  bytes_to_hex(c->item->fmspc, 6, expected),
				  bytes_to_hex(info->fmspc, 6, found));
	if (info->tcb_type != 0)
		return jurat_fail(err, -EBADMSG, "tcbType: expected 0, found %u", info->tcb_type);
	return check_update(c, c->item->tee, &info->doc, err);
}

static int check_identity(struct endorse_case *c, struct intel *intel, const struct qe_identity *identity,
			  struct jurat_error *err)
{
	const bool qve = c->item->kind == ENDORSE_QVE_IDENTITY;
	int r = check_document(c, intel, &tdx_qe_identity_kind, &identity->doc, err);

	if (r == 0)
		r = expect_id(qve                           ? "QVE"
			      : c->item->tee == ENDORSE_TDX ? "TD_QE"
							    : "QE",
			      identity->doc.id, err);
	return r < 0 ? r : check_update(c, c->item->tee, &identity->doc, err);
}

static int check_collateral(struct endorse_case *c, struct intel *intel, enum collateral_document which,
			    struct jurat_error *err)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };
	struct signed_part part;
	json_rd_at at = 0;
	uint8_t rs[64];
	int r = read_document(c, collateral_names[which].member, &json, &at, &part, rs, err);

	if (r == 0)
		r = collateral_take_document(intel->set, which, json.text + json.tokens[at].start,
					     json.tokens[at].size, &json, at, rs, err);
	if (r != 0)
		return r == JURAT_REFUSED ? -EBADMSG : r;
	return which == COLLATERAL_TCB_INFO ? check_tcb_info(c, intel, intel->set->tcb_infos[0], err)
					    : check_identity(c, intel, intel->set->identities[0], err);
}

/* ---- TCB evaluation data numbers. Spec: Intel PCS API v4, TcbEvaluationDataNumbers V1 */

static bool read_time(const struct json_rd *json, json_rd_at object, const char *name, int64_t *ret)
{
	char text[32];

	return json_rd_text(json, json_rd_get(json, object, name), text, sizeof(text)) &&
	       collateral_time(text, ret);
}

static int read_numbers(const struct json_rd *json, json_rd_at at, struct signed_document *doc,
			struct endorse_numbers *to, struct jurat_error *err)
{
	const json_rd_at list = json_rd_get(json, at, "tcbEvalNumbers");
	uint32_t version;

	if (!json_rd_number(json, json_rd_get(json, at, "version"), UINT16_MAX, &version) || version != 1)
		return jurat_fail(err, -EBADMSG, "version: expected 1");
	if (!json_rd_text(json, json_rd_get(json, at, "id"), doc->id, sizeof(doc->id)))
		return jurat_fail(err, -EBADMSG, "id: expected SGX or TDX");
	if (!read_time(json, at, "issueDate", &doc->issue_date) ||
	    !read_time(json, at, "nextUpdate", &doc->next_update))
		return jurat_fail(err, -EBADMSG,
				  "issueDate, nextUpdate: expected times like 2026-01-31T00:00:00Z");
	if (!json_rd_is(json, list, JSON_RD_ARRAY) || json_rd_count(json, list) == 0 ||
	    json_rd_count(json, list) > NUMBERS_MAX)
		return jurat_fail(err, -EBADMSG, "tcbEvalNumbers: expected an array of 1 to %d", NUMBERS_MAX);
	for (json_rd_at i = json_rd_first(json, list); i != JSON_RD_NONE; i = json_rd_next(json, list, i)) {
		struct endorse_number *n = &to->items[to->n++];

		if (!json_rd_number(json, json_rd_get(json, i, "tcbEvaluationDataNumber"), UINT32_MAX,
				    &n->number) ||
		    !read_time(json, i, "tcbRecoveryEventDate", &n->event))
			return jurat_fail(err, -EBADMSG,
					  "tcbEvalNumbers, %zu: expected tcbEvaluationDataNumber and "
					  "tcbRecoveryEventDate",
					  to->n);
	}
	return 0;
}

static int check_numbers(struct endorse_case *c, struct intel *intel, struct jurat_error *err)
{
	static const struct tdx_document_kind kind = { "TCB evaluation data numbers",
						       REASON_TCB_INFO_SIGNATURE,
						       REASON_TCB_INFO_NOT_YET_VALID,
						       REASON_TCB_INFO_EXPIRED };
	struct json_rd json auto_call(json_rd_done) = { 0 };
	struct endorse_numbers numbers = { 0 };
	struct signed_document doc = { 0 };
	json_rd_at at = 0;
	uint8_t rs[64];
	int r = read_document(c, "tcbEvaluationDataNumbers", &json, &at, &doc.part, rs, err);

	if (r == 0)
		r = read_numbers(&json, at, &doc, &numbers, err);
	if (r == 0)
		r = check_document(c, intel, &kind, &doc, err);
	if (r == 0)
		r = expect_id(c->item->tee == ENDORSE_TDX ? "TDX" : "SGX", doc.id, err);
	if (r < 0)
		return r;
	numbers.issued = doc.issue_date;
	numbers.next_update = doc.next_update;
	if (numbers.issued >= c->checker->numbers[c->item->tee].issued)
		c->checker->numbers[c->item->tee] = numbers;
	return 0;
}

/* ---- CRLs */

static bool is_issuer(const struct crypto_crl *crl, const struct crypto_cert *cert)
{
	return crl->issuer.size == cert->subject.size &&
	       memcmp(crl->issuer.data, cert->subject.data, crl->issuer.size) == 0;
}

static int read_crl(struct endorse_case *c, struct intel *intel, struct jurat_error *err)
{
	int r = crl_entry_new(c->value->body, c->value->size, &intel->set->crls[0], err);

	if (r < 0)
		return jurat_wrap(err, r, "CRL");
	intel->set->n_crls = 1;
	return 0;
}

/* A CRL that revokes a certificate is as good as another; that of the issuer stands for any. */
static int check_crl(struct endorse_case *c, struct intel *intel, struct cert_entry *issuer,
		     struct jurat_error *err)
{
	const struct crypto_crl *crl = &intel->set->crls[0]->crl;
	char expected[VERDICT_NAME_BYTES], found[VERDICT_NAME_BYTES];
	int r;

	if (!is_issuer(crl, &issuer->cert))
		return jurat_fail(err, -EBADMSG, "the issuer of the CRL: expected '%s', found '%s'",
				  verdict_name(&issuer->cert.subject_cn, expected, sizeof(expected)),
				  verdict_name(&crl->issuer_cn, found, sizeof(found)));
	c->policy.require_crl = true;
	r = tdx_judge_revocation(&intel->j, issuer, issuer, REASON_LEAF_REVOKED);
	r = endorse_check_outcome(c, r, REASON_LEAF_REVOKED, err);
	if (r < 0)
		return r;
	endorse_check_issue(c, crl);
	return 0;
}

static int check_pck_crl(struct endorse_case *c, struct intel *intel, struct jurat_error *err)
{
	struct tdx_judge *j = &intel->j;
	int r = read_crl(c, intel, err);

	if (r < 0)
		return r;
	tdx_judge_intermediate(j, intel->issuer, c->item->ca == ENDORSE_PROCESSOR);
	r = endorse_check_outcome(c, 0, VERIFY_N_REASONS, err);
	if (r < 0)
		return r;
	r = tdx_issued(j->root, intel->issuer) ? tdx_cert_signed_by(&j->verifier->tdx, intel->issuer, j->root)
					       : JURAT_REFUSED;
	if (r == JURAT_REFUSED)
		return jurat_fail(err, -EBADMSG, "the root did not sign the CA of the issuer chain");
	if (r < 0)
		return verdict_not_reached(err, r, "issuer chain");
	return check_crl(c, intel, intel->issuer, err);
}

/* The root's certificate: that of an issuer chain that was checked before, or one that was supplied. */
static struct cert_entry *find_root(const struct endorse_case *c, const struct crypto_crl *crl)
{
	const struct pointers *roots = &c->checker->verifier->roots;
	struct cert_entry *first = NULL;

	for (size_t i = 0; i < roots->n && !first; i++) {
		struct cert_entry *root = roots->items[i];

		if (root->cert.key_kind == CRYPTO_KEY_P256 && is_issuer(crl, &root->cert))
			first = root;
	}
	return c->checker->intel_root ? c->checker->intel_root : first;
}

static int check_root_crl(struct endorse_case *c, struct intel *intel, struct jurat_error *err)
{
	struct cert_entry *root;
	int r = read_crl(c, intel, err);

	if (r < 0)
		return r;
	root = find_root(c, &intel->set->crls[0]->crl);
	if (!root)
		return jurat_fail(err, -ENOKEY,
				  "no issuer chain with the root certificate has been checked yet");
	intel->set->certs[intel->set->n_certs++] = cert_entry_share(root);
	r = endorse_check_outcome(c, tdx_judge_root(&intel->j, root), VERIFY_N_REASONS, err);
	if (r < 0)
		return r;
	assert(intel->j.root && intel->j.root_trusted);
	endorse_check_expires(c, intel->j.root->cert.not_after);
	return check_crl(c, intel, intel->j.root, err);
}

int endorse_check_intel(struct endorse_case *c, struct jurat_error *err)
{
	struct intel intel auto_call(intel_done) = { .set = NULL };
	int r = intel_init(c, &intel, err);

	if (r == 0 && c->item->kind == ENDORSE_ROOT_CRL)
		return check_root_crl(c, &intel, err);
	if (r == 0)
		r = read_issuers(c, &intel, err);
	if (r < 0)
		return r;
	switch (c->item->kind) {
	case ENDORSE_TCB_INFO:
		r = check_collateral(c, &intel, COLLATERAL_TCB_INFO, err);
		break;
	case ENDORSE_QE_IDENTITY:
	case ENDORSE_QVE_IDENTITY:
		r = check_collateral(c, &intel, COLLATERAL_QE_IDENTITY, err);
		break;
	case ENDORSE_TCB_NUMBERS:
		r = check_numbers(c, &intel, err);
		break;
	default:
		r = check_pck_crl(c, &intel, err);
	}
	if (r == 0)
		endorse_keep(&c->checker->intel_root, intel.root);
	return r;
}
