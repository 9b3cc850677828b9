/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* Signatures of quote and QE report, and what binds one to the other. */
/* clang-format off */
/* The base point of P-256. */
#define POINT \
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define SIGNED    QUOTE_4 ", quote signature"
#define QE_SIGNED QUOTE_4 ", QE report certification data"

static const struct cases_row rows[] = {
	REFUSE("signature-other-key", SIGNATURE,
	       "The quote is signed by another key than its attestation key.", SIGNED,
	       ITEMS("quote.signed_by=other"), BECAUSE("quote-signature")),
	REFUSE("signature-by-pck", SIGNATURE, "The quote is signed by the PCK, not by the attestation key.",
	       SIGNED, ITEMS("quote.signed_by=pck"), BECAUSE("quote-signature")),
	REFUSE("signature-flipped", SIGNATURE, "One bit of the quote's signature was changed.", SIGNED,
	       ITEMS("damage quote.signature"), BECAUSE("quote-signature")),
	REFUSE("signature-zero", SIGNATURE, "The quote's signature is zero: r and s are out of range.",
	       SIGNED, ITEMS("unsigned quote.signature=x00"), BECAUSE("quote-signature")),
	REFUSE("signature-ones", SIGNATURE,
	       "The quote's signature is all ones: r and s are above the order.", SIGNED,
	       ITEMS("unsigned quote.signature=xff"), BECAUSE("quote-signature")),
	REFUSE("signature-r-zero", SIGNATURE, "The r of the quote's signature is 0, s is 1.", SIGNED,
	       ITEMS("unsigned quote.signature=" ZEROS_32 ONE_32), BECAUSE("quote-signature")),
	REFUSE("signature-s-zero", SIGNATURE, "The s of the quote's signature is 0, r is 1.", SIGNED,
	       ITEMS("unsigned quote.signature=" ONE_32 ZEROS_32), BECAUSE("quote-signature")),
	REFUSE("signature-r-order", SIGNATURE, "The r of the quote's signature is the order of the curve.",
	       SIGNED, ITEMS("unsigned quote.signature=" N_P256 ONE_32), BECAUSE("quote-signature")),
	REFUSE("signature-s-order", SIGNATURE, "The s of the quote's signature is the order of the curve.",
	       SIGNED, ITEMS("unsigned quote.signature=" ONE_32 N_P256), BECAUSE("quote-signature")),
	REFUSE("header-changed", SIGNATURE, "The user data in the header was changed after it was signed.",
	       SIGNED, ITEMS("unsigned quote.user_data=xff"), BECAUSE("quote-signature")),
	REFUSE("header-svn-changed", SIGNATURE, "The QE SVN in the header was changed after it was signed.",
	       SIGNED, ITEMS("unsigned quote.qe_svn=9"), BECAUSE("quote-signature")),
	REFUSE("svn2-changed", SIGNATURE,
	       "The tee_tcb_svn2 of a body of type 3 was raised after it was signed.", QUOTE_5,
	       ITEMS(V5("3"), "unsigned body.tee_tcb_svn2=09010300000000000000000000000000"),
	       BECAUSE("quote-signature")),
	REFUSE("key-not-on-curve", SIGNATURE,
	       "The attestation key is no point on P-256; the QE report has the digest of it.", SIGNED,
	       BUG("agent-manifest #445"), ITEMS("quote.attestation_key=" ONE_32 ONE_32),
	       BECAUSE("quote-attestation-key")),
	REFUSE("key-zero", SIGNATURE, "The attestation key is zero; the QE report has the digest of it.",
	       SIGNED, ITEMS("quote.attestation_key=x00"), BECAUSE("quote-attestation-key")),
	REFUSE("key-above-field", SIGNATURE,
	       "The coordinates of the attestation key are above the field's prime.", SIGNED,
	       ITEMS("quote.attestation_key=xff"), BECAUSE("quote-attestation-key")),
	REFUSE("key-replaced", BINDING, "The attestation key was replaced by another point on P-256.",
	       SIGNED, ITEMS("unsigned quote.attestation_key=" POINT), BECAUSE("qe-report-data-mismatch",
		     "quote-signature")),
	REFUSE("key-of-another-quote", SIGNATURE,
	       "The QE report has the digest of the attestation key, which did not sign the quote.", SIGNED,
	       ITEMS("quote.attestation_key=" POINT), BECAUSE("quote-signature")),
	ACCEPT("signature-s-negated", "The s of the quote's signature is n - s: ECDSA allows both.", SIGNED,
	       ITEMS("quote.negated_s=yes")),
	ACCEPT("qe-signature-s-negated", "The s of the QE report's signature is n - s: ECDSA allows both.",
	       QE_SIGNED, ITEMS("qe_report.negated_s=yes")),
	REFUSE("qe-report-other-key", SIGNATURE, "The QE report is signed by another key than the PCK.",
	       QE_SIGNED, ITEMS("qe_report.signed_by=other"), BECAUSE("qe-report-signature")),
	REFUSE("qe-report-by-attestation-key", SIGNATURE, "The QE report is signed by the attestation key.",
	       QE_SIGNED, ITEMS("qe_report.signed_by=attestation_key"), BECAUSE("qe-report-signature")),
	REFUSE("qe-signature-flipped", SIGNATURE, "One bit of the QE report's signature was changed.",
	       QE_SIGNED, ITEMS("damage qe_report.signature"), BECAUSE("qe-report-signature")),
	REFUSE("qe-signature-zero", SIGNATURE, "The QE report's signature is zero.", QE_SIGNED,
	       ITEMS("unsigned qe_report.signature=x00"), BECAUSE("qe-report-signature")),
	REFUSE("qe-signature-r-order", SIGNATURE,
	       "The r of the QE report's signature is the order of the curve.", QE_SIGNED,
	       ITEMS("unsigned qe_report.signature=" N_P256 ONE_32), BECAUSE("qe-report-signature")),
	REFUSE("qe-signature-s-zero", SIGNATURE, "The s of the QE report's signature is 0, r is 1.",
	       QE_SIGNED, ITEMS("unsigned qe_report.signature=" ONE_32 ZEROS_32),
	       BECAUSE("qe-report-signature")),
	REFUSE("qe-svn-changed", SIGNATURE, "The isvsvn of the QE report was raised after it was signed.",
	       QE_SIGNED, ITEMS("unsigned qe_report.isv_svn=9"), BECAUSE("qe-report-signature")),
	REFUSE("qe-reserved-changed", SIGNATURE,
	       "A reserved byte of the QE report was changed after it was signed.", QE_SIGNED,
	       ITEMS("unsigned qe_report.reserved_104=x01"), BECAUSE("qe-report-signature")),
	REFUSE("qe-report-data-other", BINDING,
	       "The QE report, as signed, has the digest of something else.", QE_SIGNED,
	       ITEMS("qe_report.report_data=" ONES_32 ZEROS_32), BECAUSE("qe-report-data-mismatch")),
	REFUSE("qe-report-data-zero", BINDING, "REPORTDATA of the QE report, as signed, is zero.",
	       QE_SIGNED, ITEMS("qe_report.report_data=x00"), BECAUSE("qe-report-data-mismatch")),
	REFUSE("qe-report-data-second-half", BINDING,
	       "REPORTDATA of the QE report, as signed, does not end in 32 zeros after the digest.",
	       QE_SIGNED, ITEMS("qe_report.report_data[63]=1"), BECAUSE("qe-report-data-mismatch")),
	REFUSE("auth-data-changed", BINDING,
	       "The authentication data is not what the QE report has the digest of.", QE_SIGNED,
	       ITEMS("damage quote.auth_data"), BECAUSE("qe-report-data-mismatch")),
	EITHER("qe-reserved-set", FORMAT,
	       "Reserved bytes of the QE report are set, and signed: newer enclaves use them.", QE_SIGNED,
	       ITEMS("qe_report.reserved_104=x01", "qe_report.reserved_14=x02")),
	ACCEPT("qe-cpusvn-other", "CPUSVN of the QE report is not that of the PCK certificate.", QE_SIGNED,
	       ITEMS("qe_report.cpusvn=xff")),
	ACCEPT("qe-mrenclave-other", "MRENCLAVE of the QE is new: its identity names the signer only.", PCS
	       "QE identity", ITEMS("qe_report.mrenclave=x11")),
};

/* Every field of the body is signed. */
static const struct {
	const char *field, *id, *word, *also; /* also: a reason that comes of the field itself */
} fields[] = {
	{ "mrseam", "mrseam", "MRSEAM", NULL },
	{ "mrsignerseam", "mrsignerseam", "MRSIGNERSEAM", "tdx-module-mrsigner-mismatch" },
	{ "mrtd", "mrtd", "MRTD", NULL },
	{ "mrconfigid", "mrconfigid", "MRCONFIGID", NULL },
	{ "mrowner", "mrowner", "MROWNER", NULL },
	{ "mrownerconfig", "mrownerconfig", "MROWNERCONFIG", NULL },
	{ "rtmr0", "rtmr0", "RTMR0", NULL },
	{ "rtmr1", "rtmr1", "RTMR1", NULL },
	{ "rtmr2", "rtmr2", "RTMR2", NULL },
	{ "rtmr3", "rtmr3", "RTMR3", NULL },
	{ "report_data", "report-data", "REPORTDATA", NULL },
};
/* clang-format on */

static int add_changed_fields(struct cases_builder *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fields); i++) {
		struct cases_row row = REFUSE("changed", SIGNATURE, NULL, SIGNED,
					      BECAUSE("quote-signature", fields[i].also));

		row.id = cases_text(b, "tdx-%s-changed", fields[i].id);
		row.what = cases_text(b, "%s was changed after the quote was signed.", fields[i].word);
		row.items[0] = cases_text(b, "unsigned body.%s=xa5", fields[i].field);
		r = cases_add(b, &row, 1);
	}
	return r;
}

int cases_add_tdx_signatures(struct cases_builder *b)
{
	int r = cases_add(b, rows, ARRAY_SIZE(rows));

	return r < 0 ? r : add_changed_fields(b);
}
