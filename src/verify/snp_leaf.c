/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "verify/snp_judge.h"

/* Supplied keys of one chip or provider that are tried on a report's signature, at most. */
enum { MAX_TRIES = 64 };

enum snp_product judge_product(const struct snp_judge *j, const struct cert_entry *leaf)
{
	return j->product != SNP_PRODUCT_UNKNOWN || j->report.version >= 3 ? j->product
									   : leaf->vek.issued_for;
}

static bool chip_id_masked(const struct snp_judge *j)
{
	return bytes_all(j->report.chip_id, sizeof(j->report.chip_id), 0);
}

static bool tcb_equal(const struct snp_tcb *a, const struct snp_tcb *b)
{
	return snp_tcb_at_least(a, b) && snp_tcb_at_least(b, a);
}

static bool has_reported_tcb(const struct snp_judge *j, const struct cert_entry *leaf)
{
	struct snp_tcb tcb;

	return snp_tcb_read(judge_product(j, leaf), j->report.reported_tcb, &tcb) &&
	       tcb_equal(&tcb, &leaf->vek.tcb);
}

static bool in_time(const struct snp_judge *j, const struct crypto_cert *cert)
{
	return cert->not_before <= j->at && j->at <= cert->not_after;
}

bool judge_fits(const struct snp_judge *j, const struct cert_entry *leaf)
{
	enum vek_kind kind = j->vlek ? VEK_VLEK : VEK_VCEK;

	if (leaf->cert.is_ca || leaf->vek.kind != kind || leaf->vek_fault != VEK_FINE ||
	    !has_reported_tcb(j, leaf) || leaf->vek.issued_for != judge_product(j, leaf) ||
	    leaf->vek.issued_as_vlek != j->vlek)
		return false;
	return j->vlek || chip_id_masked(j) || memcmp(leaf->vek.hwid, j->report.chip_id, 64) == 0;
}

/* Verifies the report's signature with this leaf's key. 0 valid; JURAT_REFUSED; < 0 -errno. */
static int try_signature(const struct snp_judge *j, struct cert_entry *leaf)
{
	struct crypto_public key;
	int r;

	if (leaf->cert.key_kind != CRYPTO_KEY_P384 || !j->has_signature)
		return JURAT_REFUSED;
	r = cert_entry_key(leaf, &key, NULL);
	if (r == -EBADMSG || r == -ENOTSUP)
		return JURAT_REFUSED;
	return r < 0 ? r : crypto_ec_verify(key.ec, j->digest, sizeof(j->digest), j->r, j->s);
}

int judge_report_signature(struct snp_judge *j)
{
	int r;

	if (j->no_report)
		return 0;
	r = j->signature_seen ? 0 : try_signature(j, j->leaf);
	if (r == JURAT_REFUSED)
		verdict_refuse(j->out, REASON_REPORT_SIGNATURE, "%s",
			       j->has_signature ? "the signature does not verify with this key"
						: "r or s is not a number of 48 bytes");
	if (r == 0)
		j->out->signature_holds = true;
	return r < 0 ? r : 0;
}

/*
 * Chooses among the supplied leaves: the one whose key signed the report, else one that fits it, else any of
 * its kind, to say how it differs.
 */
static int choose_given(struct snp_judge *j)
{
	struct jurat_verifier *v = j->verifier;
	enum vek_kind kind = j->vlek ? VEK_VLEK : VEK_VCEK;
	static const uint8_t no_hwid[64];
	struct cert_entry *fitting = NULL;
	size_t first, end, tries = 0;

	verifier_veks_of(v, kind, j->vlek ? no_hwid : j->report.chip_id, &first, &end);
	if (first == end)
		verifier_veks_of_kind(v, kind, &first, &end); /* a masked chip_id, or other chips only */
	for (size_t i = first; i < end && tries < MAX_TRIES; i++) {
		struct cert_entry *leaf = v->veks.items[i];
		int r;

		if (!judge_fits(j, leaf))
			continue;
		if (!fitting || (in_time(j, &leaf->cert) && !in_time(j, &fitting->cert)))
			fitting = leaf;
		if (!in_time(j, &leaf->cert))
			continue;
		tries++;
		r = try_signature(j, leaf);
		if (r < 0)
			return r;
		if (r == 0) {
			j->leaf = leaf;
			j->signature_seen = true;
			return 0;
		}
	}
	if (fitting)
		j->leaf = fitting;
	else if (!j->leaf && first < end)
		j->leaf = v->veks.items[first];
	return 0;
}

static void refuse_missing(struct snp_judge *j)
{
	const char *kind = j->vlek ? "VLEK" : "VCEK";

	verdict_not_judged(j->out, NOT_JUDGED_CHAIN);
	verdict_not_judged(j->out, NOT_JUDGED_REPORT_SIGNATURE);
	verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	if (!j->leaf_unusable)
		verdict_refuse(j->out, REASON_LEAF_MISSING,
			       "the report is signed by a %s: no %s certificate in the evidence or supplied",
			       kind, kind);
}

static void judge_names(struct snp_judge *j)
{
	const struct vek *vek = &j->leaf->vek;
	char name[VERDICT_NAME_BYTES];

	if (vek->kind != (j->vlek ? VEK_VLEK : VEK_VCEK))
		verdict_refuse(j->out, REASON_LEAF_NAME, "its subject is '%s', expected SEV-%s",
			       verdict_name(&j->leaf->cert.subject_cn, name, sizeof(name)),
			       j->vlek ? "VLEK" : "VCEK");
	if (j->product == SNP_PRODUCT_UNKNOWN && j->report.version >= 3)
		return; /* refused already; there is no name to compare */
	if (vek->issued_for == SNP_PRODUCT_UNKNOWN || vek->issued_for != j->product ||
	    vek->issued_as_vlek != j->vlek)
		verdict_refuse(
			j->out, REASON_LEAF_ISSUER, "its issuer is '%s', expected SEV-%s%s",
			verdict_name(&j->leaf->cert.issuer_cn, name, sizeof(name)), j->vlek ? "VLEK-" : "",
			j->product == SNP_PRODUCT_UNKNOWN ? "<product>" : snp_product_name(j->product));
	if (vek->product_name == j->product || vek->product[0] == '\0' || j->product == SNP_PRODUCT_UNKNOWN)
		return;
	/*
	 * Certificates of some processors have a wrong product name, and those of newer ones a name unknown
	 * here. When the report identifies the product, that decides, and the issuer must be of that product
	 * (B53).
	 */
	if (j->report.version >= 3)
		verdict_not_judged(j->out, NOT_JUDGED_LEAF_PRODUCT);
	else
		verdict_refuse(j->out, REASON_LEAF_PRODUCT, "productName is '%s', expected %s", vek->product,
			       snp_product_name(j->product));
}

static void judge_profile(struct snp_judge *j)
{
	static const enum verify_reason faults[] = {
		[VEK_MISSING] = REASON_LEAF_EXTENSION_MISSING,
		[VEK_MALFORMED] = REASON_LEAF_EXTENSION_MALFORMED,
		[VEK_NEWER] = REASON_LEAF_VERSION,
	};
	const struct crypto_cert *cert = &j->leaf->cert;
	const struct vek *vek = &j->leaf->vek;

	if (cert->is_ca)
		verdict_refuse(j->out, REASON_LEAF_PROFILE, "the certificate is a CA");
	else if (cert->has_key_usage && !(cert->key_usage & CRYPTO_USAGE_DIGITAL_SIGNATURE))
		verdict_refuse(j->out, REASON_LEAF_PROFILE,
			       "the key usage does not include digitalSignature");
	if (j->vlek ? vek->has_hwid : vek->has_csp_id)
		verdict_refuse(j->out, REASON_LEAF_PROFILE, "a %s",
			       j->vlek ? "VLEK has no HWID" : "VCEK has no CSP_ID");
	if (cert->has_unknown_critical)
		verdict_refuse(j->out, REASON_LEAF_CRITICAL_EXTENSION, "unrecognized critical extension");
	if (cert->key_kind != CRYPTO_KEY_P384)
		verdict_refuse(j->out, REASON_LEAF_KEY, "expected an EC key on P-384");
	if (j->leaf->vek_fault != VEK_FINE)
		verdict_refuse(j->out, faults[j->leaf->vek_fault], "%s", j->leaf->vek_error.text);
}

static void judge_tcb(struct snp_judge *j)
{
	const struct snp_tcb *leaf = &j->leaf->vek.tcb;
	char certified[72], reported[72];
	struct snp_tcb tcb;

	if (j->product == SNP_PRODUCT_UNKNOWN || !snp_tcb_read(j->product, j->report.reported_tcb, &tcb))
		return; /* refused already */
	if (tcb_equal(&tcb, leaf))
		return;
	snp_tcb_format(j->product, leaf, certified, sizeof(certified));
	snp_tcb_format(j->product, &tcb, reported, sizeof(reported));
	verdict_refuse(j->out, REASON_LEAF_TCB_MISMATCH, "certificate: %s; reported_tcb: %s", certified,
		       reported);
}

static void judge_chip(struct snp_judge *j)
{
	const struct vek *vek = &j->leaf->vek;
	char is[BYTES_HEX_SIZE(8)], wanted[BYTES_HEX_SIZE(8)];
	size_t at = 0;

	if (j->vlek) {
		verdict_not_judged(j->out, NOT_JUDGED_CHIP_ID); /* a VLEK is a provider's, not a chip's */
		return;
	}
	if (!vek->has_hwid || vek->hwid_size == 0)
		return; /* refused already as missing or malformed */
	if (chip_id_masked(j)) {
		verdict_not_judged(j->out, NOT_JUDGED_CHIP_ID);
		if (!j->policy->allow_masked_chip_id)
			verdict_refuse(j->out, REASON_CHIP_ID_MASKED,
				       "chip_id is zero, and allow_masked_chip_id is false");
		return;
	}
	if (j->product != SNP_PRODUCT_UNKNOWN && vek->hwid_size != snp_hwid_bytes(j->product)) {
		verdict_refuse(j->out, REASON_LEAF_EXTENSION_MALFORMED,
			       "HWID: %zu bytes, expected %zu for %s", vek->hwid_size,
			       snp_hwid_bytes(j->product), snp_product_name(j->product));
		return;
	}
	while (at < sizeof(vek->hwid) && vek->hwid[at] == j->report.chip_id[at])
		at++;
	if (at == sizeof(vek->hwid))
		return;
	if (at >= vek->hwid_size)
		verdict_refuse(
			j->out, REASON_LEAF_CHIP_MISMATCH,
			"byte %zu of chip_id is 0x%02x, expected zeros after the %zu bytes of the HWID", at,
			j->report.chip_id[at], vek->hwid_size);
	else
		verdict_refuse(j->out, REASON_LEAF_CHIP_MISMATCH,
			       "HWID %s..., chip_id %s..., different from byte %zu on",
			       bytes_to_hex(vek->hwid, 8, is), bytes_to_hex(j->report.chip_id, 8, wanted),
			       at);
}

int judge_leaf(struct snp_judge *j)
{
	int r = 0;

	j->leaf = j->table_leaf;
	if (!j->leaf || !judge_fits(j, j->leaf))
		r = choose_given(j);
	if (r < 0)
		return r;
	if (!j->leaf) {
		refuse_missing(j);
		return 0;
	}
	j->product = judge_product(j, j->leaf);
	verdict_check_time(j->out, j->at, &j->leaf->cert, NULL, REASON_LEAF_NOT_YET_VALID,
			   REASON_LEAF_EXPIRED);
	judge_names(j);
	judge_profile(j);
	if (j->leaf->cert.is_ca || j->leaf->vek_fault != VEK_FINE)
		return 0;
	judge_tcb(j);
	judge_chip(j);
	return 0;
}
