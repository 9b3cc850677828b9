/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "verify/tdx_judge.h"

/* Checks of the header (V20). Spec: Intel TDX quote library, A.3, A.4. */
static void judge_header(struct tdx_judge *j, const struct tdx_quote_hdr *hdr)
{
	char hex[BYTES_HEX_SIZE(sizeof(hdr->vendor_id))];
	struct jurat_error why;

	if (hdr->tee_type == TDX_QUOTE_TEE_SGX)
		verdict_refuse(j->out, REASON_NOT_A_TD_QUOTE, "an SGX quote, version %u", hdr->version);
	else if (hdr->tee_type != TDX_QUOTE_TEE_TDX)
		verdict_refuse(j->out, REASON_NOT_A_TD_QUOTE,
			       "TEE type 0x%x is unknown to this verifier, which reads 0x81, TDX",
			       hdr->tee_type);
	else if (hdr->version != 4 && hdr->version != 5) {
		wire_unknown_version("quote", hdr->version, 4, 5, &why);
		verdict_refuse(j->out, REASON_QUOTE_VERSION, "%s", why.text);
	}
	if (hdr->attestation_key_type != TDX_QUOTE_KEY_ECDSA_P256)
		verdict_refuse(
			j->out, REASON_QUOTE_KEY_TYPE,
			"attestation key type %u is unknown to this verifier, which reads type 2, ECDSA "
			"on P-256",
			hdr->attestation_key_type);
	if (memcmp(hdr->vendor_id, tdx_quote_vendor_id, sizeof(hdr->vendor_id)) != 0)
		verdict_refuse(j->out, REASON_QUOTE_VENDOR, "vendor id %s",
			       bytes_to_hex(hdr->vendor_id, sizeof(hdr->vendor_id), hex));
}

/*
 * SERVTD_EXT: a service TD may have migrated the TD from the platform that the init_* fields describe. Spec:
 * Intel TDX module ABI, ATTRIBUTES; body type 4.
 */
static bool is_launched_elsewhere(const struct tdx_quote *q)
{
	const struct tdx_body *b = &q->body;

	return b->td_attributes >> TDX_ATTR_SERVTD_EXT_BIT & 1 || b->init_servtd_attr != 0 ||
	       !bytes_all(b->init_servtd_hash, sizeof(b->init_servtd_hash), 0) ||
	       !bytes_all(b->init_cpusvn, sizeof(b->init_cpusvn), 0) ||
	       !bytes_all(b->init_tee_tcb_svn, sizeof(b->init_tee_tcb_svn), 0) ||
	       !bytes_all(b->init_fmspc, sizeof(b->init_fmspc), 0);
}

static void show_quote(struct tdx_judge *j)
{
	const struct tdx_quote *q = &j->quote;
	struct verdict_tdx *t = j->tdx;

	t->hdr = q->hdr;
	t->body_type = q->body_type;
	t->has_15 = q->has_15;
	t->has_15ex = q->has_15ex;
	t->launched_elsewhere = is_launched_elsewhere(q);
	if (t->launched_elsewhere)
		verdict_not_judged(j->out, NOT_JUDGED_LAUNCH_PLATFORM);
	if (q->body.vmid != 0)
		verdict_not_judged(j->out, NOT_JUDGED_VMID);
	t->body = q->body;
	t->qe_report = q->qe_report;
	t->cert_type = q->cert_type;
	t->trailing = q->trailing;
	j->out->has_report = true;
}

int tdx_judge_quote(struct tdx_judge *j, size_t n, bool *ret_readable)
{
	struct tdx_quote_hdr hdr;
	struct jurat_error why;
	int r;

	*ret_readable = false;
	r = wire_read(&tdx_quote_hdr_layout, j->bytes, n, &hdr, &why);
	if (r < 0) {
		verdict_refuse(j->out, REASON_QUOTE_MALFORMED, "%s", why.text);
		return 0;
	}
	judge_header(j, &hdr);
	r = tdx_quote_read(j->bytes, n, &j->quote, &why);
	if (r < 0) {
		if (!j->out->refused)
			verdict_refuse(j->out,
				       r == -EPROTO ? REASON_QUOTE_UNSUPPORTED : REASON_QUOTE_MALFORMED, "%s",
				       why.text);
		return 0;
	}
	*ret_readable = true;
	show_quote(j);
	/* Padding is common, but it is not signed. */
	if (!bytes_all(j->bytes + j->quote.size, j->quote.trailing, 0))
		verdict_not_judged(j->out, NOT_JUDGED_TRAILING_BYTES);
	j->qe_slot = tdx_cache_find_qe(&j->verifier->tdx, j->bytes, &j->quote);
	if (j->qe_slot) {
		j->qe = j->qe_slot->item;
		return 0;
	}
	r = qe_entry_new(&j->verifier->tdx, j->bytes, &j->quote, &j->fresh_qe, &why);
	if (r == -EBADMSG) {
		verdict_refuse(j->out, REASON_CERTIFICATE_MALFORMED, "%s", why.text);
		*ret_readable = false;
		return 0;
	}
	j->qe = j->fresh_qe;
	return r;
}
