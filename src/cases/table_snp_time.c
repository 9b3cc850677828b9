/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"

/* Validity: the last valid second and the first invalid one, on both sides of each certificate. */

#define SPEC "RFC 5280 4.1.2.5"

static const struct holder {
	const char *part, *name, *not_yet, *expired;
	enum snp_product product;
	bool vlek;
	bool trusted; /* a trust anchor, whose dates RFC 5280 leaves to the verifier */
} holders[] = {
	{ "vcek", "VCEK", "leaf-not-yet-valid", "leaf-expired", SNP_MILAN, false, false },
	{ "vlek", "VLEK", "leaf-not-yet-valid", "leaf-expired", SNP_GENOA, true, false },
	{ "ask", "ASK", "intermediate-not-yet-valid", "intermediate-expired", SNP_TURIN, false, false },
	{ "asvk", "ASVK", "intermediate-not-yet-valid", "intermediate-expired", SNP_MILAN, true, false },
	{ "ark", "ARK", "root-not-yet-valid", "root-expired", SNP_MILAN, false, true },
};

static const struct border {
	const char *id, *what, *field, *value;
	bool late; /* notAfter */
	bool out;
} borders[] = {
	{ "first-second", "Verification is in the first second in which the %s is valid.", "not_before", "at",
	  false, false },
	{ "1s-early", "Verification is one second before the %s becomes valid.", "not_before", "at+1s", false,
	  true },
	{ "last-second", "Verification is in the last second in which the %s is valid.", "not_after", "at",
	  true, false },
	{ "1s-late", "Verification is one second after the %s has expired.", "not_after", "at-1s", true,
	  true },
};

static int add_border(struct cases_builder *b, const struct holder *h, const struct border *x)
{
	struct cases_row row = { .product = h->product, .vlek = h->vlek, .spec = SPEC };

	row.id = cases_text(b, "snp-time-%s-%s", h->part, x->id);
	/* One %s each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	row.what = cases_text(b, x->what, h->name);
#pragma GCC diagnostic pop
	row.items[0] = cases_text(b, "%s.%s=%s", h->part, x->field, x->value);
	row.verdict = !x->out ? CASES_ACCEPTED : h->trusted ? CASES_EITHER : CASES_REFUSED;
	row.class = x->out ? CASES_VALIDITY : CASES_GOOD;
	if (x->out)
		row.reasons[0] = x->late ? h->expired : h->not_yet;
	return cases_add(b, &row, 1);
}

static const struct cases_row rows[] = {
	{ SNP("time-all-first-second", "All certificates become valid in the second of verification.", SPEC),
	  ON(MILAN, 3), ITEMS("vcek.not_before=at", "ask.not_before=at", "ark.not_before=at"), ACCEPTED },
	{ SNP("time-vcek-year-later", "The VCEK expired a year ago.", SPEC), ON(MILAN, 3),
	  ITEMS("vcek.not_before=at-8y", "vcek.not_after=at-1y"), REFUSED(VALIDITY, "leaf-expired") },
	{ SNP("time-vlek-year-later", "The VLEK expired a year ago, and its provider has not renewed it.",
	      SPEC),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.not_before=at-2y", "vlek.not_after=at-1y"),
	  REFUSED(VALIDITY, "leaf-expired") },
	{ SNP("time-vcek-and-ask-expired", "VCEK and ASK expired in the same second.", SPEC), ON(GENOA, 3),
	  ITEMS("vcek.not_after=at-1s", "ask.not_after=at-1s"),
	  REFUSED(VALIDITY, "leaf-expired", "intermediate-expired") },
	{ SNP("time-ask-shorter", "The ASK expires before the VCEK that it issued, and both are valid.",
	      SPEC),
	  ON(MILAN, 3), ITEMS("ask.not_after=at+1s", "vcek.not_after=at+7y"), ACCEPTED },
	{ SNP("time-vcek-before-ask", "The VCEK has been valid for longer than the ASK that issued it.",
	      SPEC),
	  ON(GENOA, 3), ITEMS("vcek.not_before=at-2y", "ask.not_before=at-1d"), ACCEPTED },
	{ SNP("time-vcek-2050", "The VCEK expires in 2051: its notAfter is a GeneralizedTime.", SPEC ".2"),
	  ON(MILAN, 3), ITEMS("vcek.not_after=2051-01-01T00:00:00Z"), ACCEPTED },
	{ SNP("time-vcek-9999", "The VCEK never expires: its notAfter is 9999-12-31 23:59:59.", SPEC),
	  ON(TURIN, 5), ITEMS("vcek.not_after=9999-12-31T23:59:59Z"), ACCEPTED },
	{ SNP("time-vcek-1950", "The VCEK became valid in 1950, which UTCTime writes as year 50.", SPEC ".1"),
	  ON(MILAN, 3), ITEMS("vcek.not_before=utc-text:500101000000Z"), ACCEPTED },
	{ SNP("time-vcek-2049", "The VCEK becomes valid in 2049, which UTCTime writes as year 49.",
	      SPEC ".1"),
	  ON(MILAN, 3), ITEMS("vcek.not_before=2049-06-01T00:00:00Z", "vcek.not_after=2049-12-31T00:00:00Z"),
	  REFUSED(VALIDITY, "leaf-not-yet-valid") },
	{ SNP("time-vcek-generalized-2030",
	      "The notAfter of the VCEK is a GeneralizedTime of 2030, which is to be a UTCTime.", SPEC),
	  ON(GENOA, 3), ITEMS("vcek.not_after=generalized:2030-01-01T00:00:00Z"), EITHER(VALIDITY, NULL) },
	{ SNP("time-vcek-reversed", "The notAfter of the VCEK is before its notBefore.", SPEC), ON(GENOA, 3),
	  ITEMS("vcek.not_before=at-1d", "vcek.not_after=at-2d"),
	  REFUSED(VALIDITY, "certificate-malformed") },
	{ SNP("time-vcek-no-seconds", "The notAfter of the VCEK has no seconds.", SPEC ".1"), ON(MILAN, 3),
	  ITEMS("vcek.not_after=utc-text:3001010000Z"), REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("time-vcek-zone", "The notAfter of the VCEK is in another time zone than UTC.", SPEC ".1"),
	  ON(MILAN, 3), ITEMS("vcek.not_after=utc-text:300101000000+0100"),
	  REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("time-vcek-february-30", "The notAfter of the VCEK is the 30th of February.", SPEC),
	  ON(TURIN, 5), ITEMS("vcek.not_after=utc-text:300230000000Z"),
	  REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("time-vcek-leap-day", "The notAfter of the VCEK is the 29th of February of a leap year.", SPEC),
	  ON(TURIN, 5), ITEMS("vcek.not_after=2028-02-29T00:00:00Z"), ACCEPTED },
	{ SNP("time-vcek-fraction",
	      "The notAfter of the VCEK is a GeneralizedTime with fractions of a second.", SPEC ".2"),
	  ON(MILAN, 3), ITEMS("vcek.not_after=generalized-text:20510101000000.5Z"),
	  REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("time-verified-at-end", "Verification is in the last second of the 7 years of the VCEK.", SPEC),
	  ON(MILAN, 3), .judged_at = "2033-06-30T00:00:00Z", ACCEPTED },
	{ SNP("time-verified-after-end", "Verification is one second after all certificates have expired.",
	      SPEC),
	  ON(MILAN, 3), ITEMS("crl.missing=yes"), .judged_at = "2049-01-01T00:00:01Z",
	  REFUSED(VALIDITY, "leaf-expired", "intermediate-expired", "root-expired") },
	{ SNP("time-verified-at-begin", "Verification is in the first second of the 7 years of the VCEK.",
	      SPEC),
	  ON(GENOA, 3), .judged_at = "2026-06-30T00:00:00Z", ACCEPTED },
	{ SNP("time-verified-before-begin",
	      "Verification is one second before any certificate becomes valid.", SPEC),
	  ON(GENOA, 3), ITEMS("crl.missing=yes"), .judged_at = "2023-12-31T23:59:59Z",
	  REFUSED(VALIDITY, "leaf-not-yet-valid", "intermediate-not-yet-valid", "root-not-yet-valid") },
	{ SNP("time-verified-1s-late", "Verification is one second after the 7 years of the VCEK.", SPEC),
	  ON(TURIN, 5), .judged_at = "2033-06-30T00:00:01Z", REFUSED(VALIDITY, "leaf-expired") },
	{ SNP("time-verified-1s-early", "Verification is one second before the 7 years of the VCEK.", SPEC),
	  ON(TURIN, 5), .judged_at = "2026-06-29T23:59:59Z", REFUSED(VALIDITY, "leaf-not-yet-valid") },
	{ SNP("time-verified-vlek-end", "Verification is in the last second of the year of the VLEK.", SPEC),
	  ON(MILAN, 3), .vlek = true, .judged_at = "2027-06-30T00:00:00Z", ACCEPTED },
	{ SNP("time-verified-vlek-1s-late", "Verification is one second after the year of the VLEK.", SPEC),
	  ON(MILAN, 3), .vlek = true, .judged_at = "2027-06-30T00:00:01Z",
	  REFUSED(VALIDITY, "leaf-expired") },
	{ SNP("time-verified-1970", "The clock of the verifier is not set: it says 1970.", SPEC),
	  ON(MILAN, 3), ITEMS("crl.missing=yes"), .judged_at = "1970-01-01T00:00:00Z",
	  REFUSED(VALIDITY, "leaf-not-yet-valid", "intermediate-not-yet-valid", "root-not-yet-valid") },
};

int table_snp_time(struct cases_builder *b)
{
	int r = cases_add(b, rows, ARRAY_SIZE(rows));

	for (size_t h = 0; h < ARRAY_SIZE(holders); h++)
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(borders); i++)
			r = add_border(b, &holders[h], &borders[i]);
	return r;
}
