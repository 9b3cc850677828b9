/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* The form of quotes: versions, types, sizes, and what is behind them. */
/* clang-format off */
static const struct cases_row good[] = {
	ACCEPT("v4", "A quote of version 4 of a TD on a TDX 1.5 platform that is up to date.", QUOTE_4),
	ACCEPT("v4-module-10", "A quote of version 4 from a platform with TDX 1.0.", QUOTE_4, MODULE(10)),
	ACCEPT("v5-body-10", "A quote of version 5 with a body of type 2 (TDX 1.0).", QUOTE_5, BUG("V19"),
	       ITEMS(V5("2"))),
	ACCEPT("v5-body-15", "A quote of version 5 with a body of type 3 (TDX 1.5).", QUOTE_5, BUG("V19"),
	       ITEMS(V5("3"))),
	ACCEPT("v5-body-15ex", "A quote of version 5 with a body of type 4, which names the TD.", QUOTE_5,
	       BUG("V19"), MODULE(15EX), ITEMS("body.td_id=x5a")),
	ACCEPT("v5-body-15ex-devices", "A body of type 4 has a digest of assigned devices.", QUOTE_5,
	       MODULE(15EX), ITEMS("body.devinfo_hash=x77")),
	ACCEPT("trailing-zeros-70", "70 zeros follow the quote, as Intel's quoting service appends.",
	       QUOTE_4, ITEMS("quote.trailing=x00*70")),
	ACCEPT("trailing-zero-one", "A single zero follows the quote.", QUOTE_4,
	       ITEMS("quote.trailing=00")),
	ACCEPT("trailing-zeros-v5", "Zeros follow a quote of version 5.", QUOTE_5, ITEMS(V5("3"),
		     "quote.trailing=x00*64")),
	ACCEPT("chain-without-nul", "The PEM chain in the quote has no NUL at its end.", QUOTE_4,
	       BUG("V17"), ITEMS("quote.has_nul=no")),
	ACCEPT("chain-crlf", "The lines of the PEM chain end in CR and LF.", QUOTE_4, BUG("V17"),
	       ITEMS("quote.line_ends=crlf")),
	ACCEPT("chain-blank-lines", "Blank lines follow the PEM chain.", QUOTE_4, BUG("V17"),
	       ITEMS("quote.has_nul=no", "quote.chain_trailing=0a0a0a")),
	EITHER("chain-nuls", FORMAT, "Several NULs follow the PEM chain.", QUOTE_4, BUG("V17"),
	       ITEMS("quote.chain_trailing=000000")),
	ACCEPT("user-data-zero", "The QE identifier in the header is zero.", QUOTE_4,
	       ITEMS("quote.user_data=x00")),
	ACCEPT("user-data-full", "All 20 bytes of the user data in the header are in use.", QUOTE_4,
	       ITEMS("quote.user_data=xff")),
	ACCEPT("header-svns", "The header has a QE SVN and a PCE SVN, as those of SGX do.", QUOTE_4,
	       ITEMS("quote.qe_svn=7", "quote.pce_svn=13")),
	ACCEPT("auth-data-empty", "The QE has no authentication data: only the key is hashed.", QUOTE_4,
	       ITEMS("quote.auth_data=")),
	ACCEPT("auth-data-1", "The QE has 1 byte of authentication data.", QUOTE_4,
	       ITEMS("quote.auth_data=5a")),
	ACCEPT("auth-data-64", "The QE has 64 bytes of authentication data.", QUOTE_4,
	       ITEMS("quote.auth_data=xa7*64")),
	ACCEPT("report-data-zero", "REPORTDATA of the TD is all zeros, and no policy asks for a value.",
	       QUOTE_4, ITEMS("body.report_data=x00")),
	ACCEPT("mrtd-zero", "MRTD is zero, and no policy asks for a value.", QUOTE_4,
	       ITEMS("body.mrtd=x00")),
	ACCEPT("measurements-ones", "All measurements are ones: any value is a measurement.", QUOTE_4,
	       ITEMS("body.mrtd=xff", "body.rtmr0=xff", "body.rtmr1=xff", "body.rtmr2=xff",
		     "body.rtmr3=xff", "body.mrconfigid=xff", "body.mrowner=xff", "body.mrownerconfig=xff",
		     "body.mrseam=xff")),
	ACCEPT("trailing-zeros-to-8000",
	       "Zeros fill the file up to 8000 bytes, as some cloud providers have it.", QUOTE_4,
	       ITEMS("quote.size=8000")),
	ACCEPT("v5-body-10-module-10", "A quote of version 5 from a platform with TDX 1.0.", QUOTE_5,
	       BUG("V19"), MODULE(10), ITEMS(V5("2"))),
	ACCEPT("v5-body-15-module-15ex",
	       "A quote with a body of type 3 from a platform that can make type 4.", QUOTE_5, BUG("V19"),
	       MODULE(15EX), ITEMS(V5("3"))),
	ACCEPT("v5-body-15ex-zeros", "All fields that only a body of type 4 has are zero.", QUOTE_5,
	       BUG("V19"), MODULE(15EX), ITEMS("body.td_id=x00")),
	ACCEPT("v5-auth-data-empty", "A quote of version 5 has no authentication data.", QUOTE_5,
	       ITEMS(V5("3"), "quote.auth_data=")),
	ACCEPT("v5-chain-without-nul", "The PEM chain in a quote of version 5 has no NUL at its end.",
	       QUOTE_5, BUG("V17"), ITEMS(V5("3"), "quote.has_nul=no")),
	ACCEPT("auth-data-4096", "The QE has 4096 bytes of authentication data.", QUOTE_4, BUG("V11"),
	       ITEMS("quote.auth_data=x5a*4096")),
	ACCEPT("header-svns-65535", "QE SVN and PCE SVN in the header are 65535; no rule reads them.",
	       QUOTE_4, ITEMS("quote.qe_svn=65535", "quote.pce_svn=65535")),
	ACCEPT("report-data-ones", "REPORTDATA of the TD is all ones.", QUOTE_4,
	       ITEMS("body.report_data=xff")),
	ACCEPT("measurements-zero", "All measurements are zero: nothing was measured into the TD.", QUOTE_4,
	       ITEMS("body.mrtd=x00", "body.rtmr0=x00", "body.rtmr1=x00", "body.rtmr2=x00",
		     "body.rtmr3=x00", "body.mrseam=x00")),
	ACCEPT("first-second-of-all", "All evidence is verified in the second in which it becomes valid.",
	       RFC5280 "4.1.2.5", AT("at-1d")),
	ACCEPT("last-second-of-all",
	       "The collateral is verified in the second in which the next update is due.", PCS
	       "TCB info of TDX", AT("at+29d")),
	REFUSE("before-all", VALIDITY, "All evidence is verified a second before it becomes valid.", RFC5280
	       "4.1.2.5", BUG("V13"), AT("at-86401s"), BECAUSE("leaf-not-yet-valid", "crl-not-yet-valid",
		     "tcb-info-not-yet-valid", "qe-identity-not-yet-valid")),
	REFUSE("after-all", VALIDITY, "The collateral is verified a second after the next update was due.",
	       PCS "TCB info of TDX", BUG("DCAP #230"), AT("at+2505601s"), BECAUSE("crl-stale",
		     "tcb-info-expired", "qe-identity-expired")),
	EITHER("trailing-text", FORMAT, "39 bytes of text follow the quote; nothing signs them.", QUOTE_4,
	       ITEMS("quote.trailing=x41*39")),
	EITHER("leaf-only", FORMAT,
	       "Certification data of type 4: the PCK certificate alone, with its CA in the collateral.",
	       QUOTE_4, ITEMS("quote.cert_type=4", "quote.chain=pck")),
	EITHER("vmid", STATE, "The quote is of a VM inside of the TD (vmid 1).", QUOTE_5, MODULE(15EX),
	       ITEMS("body.vmid=1")),
};

static const struct cases_row versions[] = {
	REFUSE("version-0", FORMAT, "The quote version is 0.", QUOTE_4, ITEMS("quote.version=0"),
	       BECAUSE("quote-version")),
	REFUSE("version-3", FORMAT, "A TD's quote claims version 3, which only SGX has.", QUOTE_4,
	       BUG("V20"), ITEMS("quote.version=3"), BECAUSE("quote-version")),
	REFUSE("version-6", FORMAT, "The quote version is 6, which no specification defines.", QUOTE_5,
	       BUG("V20"), ITEMS("quote.version=6"), BECAUSE("quote-version")),
	REFUSE("version-4-in-the-high-byte", FORMAT, "The quote version is 1024: 4 with its bytes swapped.",
	       QUOTE_4, ITEMS("quote.version=1024"), BECAUSE("quote-version")),
	REFUSE("sgx-v3", FORMAT, "Version 3 and TEE type 0: an SGX quote.", QUOTE_4, BUG("V20"),
	       ITEMS("quote.version=3", "quote.tee_type=0"), BECAUSE("not-a-td-quote")),
	REFUSE("sgx-v4", FORMAT, "TEE type 0 in version 4: an SGX quote with the body of a TD.", QUOTE_4,
	       BUG("V20"), ITEMS("quote.tee_type=0"), BECAUSE("not-a-td-quote")),
	REFUSE("sgx-v5", FORMAT, "TEE type 0 in version 5 with the body of a TD.", QUOTE_5, BUG("V20"),
	       ITEMS(V5("3"), "quote.tee_type=0"), BECAUSE("not-a-td-quote")),
	REFUSE("tee-type-unknown", FORMAT, "The TEE type is 0x82.", QUOTE_4, ITEMS("quote.tee_type=0x82"),
	       BECAUSE("not-a-td-quote")),
	REFUSE("tee-type-wide", FORMAT, "The TEE type is 0x181: its low byte alone is TDX.", QUOTE_4,
	       ITEMS("quote.tee_type=0x181"), BECAUSE("not-a-td-quote")),
	REFUSE("key-type-0", FORMAT, "The attestation key type is 0.", QUOTE_4,
	       ITEMS("quote.attestation_key_type=0"), BECAUSE("quote-key-type")),
	REFUSE("key-type-p384", FORMAT, "The attestation key type is 3 (ECDSA P-384), the key is on P-256.",
	       QUOTE_4, ITEMS("quote.attestation_key_type=3"), BECAUSE("quote-key-type")),
	REFUSE("vendor-flipped", IDENTITY, "The vendor ID of the QE differs from Intel's in its last bit.",
	       QUOTE_4, BUG("V9, dcap-qvl #127"), ITEMS("quote.vendor_id=939a7233f79c4ca9940a0db3957f0606"),
	       BECAUSE("quote-vendor")),
	REFUSE("vendor-zero", IDENTITY, "The vendor ID of the QE is zero.", QUOTE_4,
	       BUG("V9, dcap-qvl #127"), ITEMS("quote.vendor_id=x00"), BECAUSE("quote-vendor")),
	REFUSE("body-type-0", FORMAT, "A quote of version 5 has body type 0.", QUOTE_5, BUG("V19"),
	       ITEMS(V5("3"), "unsigned quote.body_type=0"), BECAUSE("quote-unsupported")),
	REFUSE("body-type-sgx", FORMAT, "A TD's quote of version 5 has body type 1 (an SGX enclave).",
	       QUOTE_5, BUG("V19, V20"), ITEMS(V5("3"), "unsigned quote.body_type=1"),
	       BECAUSE("quote-unsupported")),
	REFUSE("body-type-5", FORMAT,
	       "A quote of version 5 has body type 5, which no specification defines.", QUOTE_5, BUG("V19"),
	       ITEMS(V5("3"), "unsigned quote.body_type=5"), BECAUSE("quote-unsupported")),
	REFUSE("body-type-10-size-15", FORMAT, "Body type 2 with the size of type 3.", QUOTE_5, BUG("V11"),
	       ITEMS(V5("3"), "unsigned quote.body_type=2"), BECAUSE("quote-malformed")),
	REFUSE("body-size-short", FORMAT, "The size of a body of type 3 is stated as 647.", QUOTE_5,
	       BUG("V11"), ITEMS(V5("3"), "unsigned quote.body_size=647"), BECAUSE("quote-malformed")),
	REFUSE("body-size-long", FORMAT, "The size of a body of type 3 is stated as 649.", QUOTE_5,
	       BUG("V11"), ITEMS(V5("3"), "unsigned quote.body_size=649"), BECAUSE("quote-malformed")),
	REFUSE("body-size-huge", FORMAT, "The size of a body of type 3 is stated as 0xffffffff.", QUOTE_5,
	       BUG("V11"), ITEMS(V5("3"), "unsigned quote.body_size=0xffffffff"),
	       BECAUSE("quote-malformed")),
	REFUSE("v5-read-as-v4", FORMAT, "A quote of version 5 whose version was changed to 4.", QUOTE_4,
	       ITEMS(V5("3"), "unsigned quote.version=4"), BECAUSE("quote-malformed")),
	REFUSE("v4-read-as-v5", FORMAT, "A quote of version 4 whose version was changed to 5.", QUOTE_5,
	       ITEMS("unsigned quote.version=5"), BECAUSE("quote-unsupported")),
};

static const struct cases_row certification[] = {
	REFUSE("outer-cert-type-5", FORMAT, "The outer certification data claims type 5 instead of 6.",
	       QUOTE_4, BUG("V20"), ITEMS("quote.outer_cert_type=5"), BECAUSE("quote-unsupported")),
	REFUSE("qe-report-not-nested", FORMAT,
	       "The QE report follows the key at once, as in SGX quotes of version 3.", QUOTE_4, BUG("V20"),
	       ITEMS("quote.nesting=flat"), BECAUSE("quote-unsupported")),
	REFUSE("qe-report-nested-twice", FORMAT,
	       "The QE's certification data is nested in another of type 6.", QUOTE_4, BUG("V20"),
	       ITEMS("quote.nesting=twice"), BECAUSE("quote-unsupported")),
	EITHER("chain-text-behind", FORMAT, "Text that is not PEM follows the chain in the quote.", QUOTE_4,
	       BUG("V17, V27"), ITEMS("quote.has_nul=no", "quote.chain_trailing=496e74656c0a"),
	       BECAUSE("certificate-malformed")),
	REFUSE("inner-cert-type-0", FORMAT, "The inner certification data has type 0.", QUOTE_4, BUG("V20"),
	       ITEMS("quote.cert_type=0"), BECAUSE("quote-unsupported")),
	REFUSE("inner-cert-type-6", FORMAT,
	       "The inner certification data has type 6, which belongs outside.", QUOTE_4, BUG("V20"),
	       ITEMS("quote.cert_type=6"), BECAUSE("quote-unsupported")),
	REFUSE("inner-cert-type-8", FORMAT, "The inner certification data has the unknown type 8.", QUOTE_4,
	       BUG("V20"), ITEMS("quote.cert_type=8"), BECAUSE("quote-unsupported")),
	REFUSE("cert-data-ppid", CHAIN,
	       "Certification data of type 1 names the platform by its PPID; there is no PCK certificate.",
	       QUOTE_4, ITEMS("quote.cert_type=1", "quote.cert_data=x00*36"), BECAUSE("leaf-missing")),
	REFUSE("cert-data-ppid-rsa-3072", CHAIN,
	       "Certification data of type 3 has an encrypted PPID; there is no PCK certificate.", QUOTE_4,
	       ITEMS("quote.cert_type=3", "quote.cert_data=x00*404"), BECAUSE("leaf-missing")),
	REFUSE("cert-data-manifest", CHAIN,
	       "Certification data of type 7, a platform manifest; there is no PCK certificate.", QUOTE_4,
	       ITEMS("quote.cert_type=7", "quote.cert_data=x00*64"), BECAUSE("leaf-missing")),
	REFUSE("cert-data-empty", CHAIN, "The PCK certificate chain in the quote is empty.", QUOTE_4,
	       BUG("V11"), ITEMS("quote.cert_data="), BECAUSE("certificate-malformed")),
	REFUSE("cert-data-no-pem", FORMAT, "The PCK certificate chain in the quote is not PEM.", QUOTE_4,
	       BUG("V12"), ITEMS("quote.cert_data=xff*32"), BECAUSE("certificate-malformed")),
	REFUSE("cert-data-size-short", FORMAT, "The size of the PCK chain is stated as one less.", QUOTE_4,
	       BUG("V11"), ITEMS("unsigned quote.cert_size=-1"), BECAUSE("quote-malformed")),
	REFUSE("cert-data-size-long", FORMAT, "The size of the PCK chain is stated as one more.", QUOTE_4,
	       BUG("V11"), ITEMS("unsigned quote.cert_size=+1"), BECAUSE("quote-malformed")),
	REFUSE("outer-size-short", FORMAT, "The size of the QE's certification data is stated as one less.",
	       QUOTE_4, BUG("V11"), ITEMS("unsigned quote.outer_cert_size=-1"), BECAUSE("quote-malformed")),
	REFUSE("outer-size-long", FORMAT, "The size of the QE's certification data is stated as one more.",
	       QUOTE_4, BUG("V11"), ITEMS("unsigned quote.outer_cert_size=+1"), BECAUSE("quote-malformed")),
	REFUSE("signature-size-short", FORMAT, "The size of the signature data is stated as one less.",
	       QUOTE_4, BUG("V11"), ITEMS("unsigned quote.signature_data_size=-1"),
	       BECAUSE("quote-malformed")),
	REFUSE("signature-size-long", FORMAT, "The size of the signature data is stated as one more.",
	       QUOTE_4, BUG("V11"), ITEMS("unsigned quote.signature_data_size=+1"),
	       BECAUSE("quote-malformed")),
	REFUSE("signature-size-127", FORMAT,
	       "The size of the signature data is 127: less than a signature and key.", QUOTE_4, BUG("V11"),
	       ITEMS("unsigned quote.signature_data_size=127"), BECAUSE("quote-malformed")),
	REFUSE("signature-size-zero", FORMAT, "The size of the signature data is 0.", QUOTE_4, BUG("V11"),
	       ITEMS("unsigned quote.signature_data_size=0"), BECAUSE("quote-malformed")),
	REFUSE("signature-size-huge", FORMAT, "The size of the signature data is 0xffffffff.", QUOTE_4,
	       BUG("V11"), ITEMS("unsigned quote.signature_data_size=0xffffffff"),
	       BECAUSE("quote-malformed")),
	REFUSE("auth-size-long", FORMAT, "The size of the authentication data is stated as 65535.", QUOTE_4,
	       BUG("V11"), ITEMS("unsigned quote.auth_data_size=65535"), BECAUSE("quote-malformed")),
	REFUSE("auth-size-zero", FORMAT,
	       "The size of the authentication data is stated as 0, and 32 bytes follow.", QUOTE_4,
	       BUG("V11"), ITEMS("unsigned quote.auth_data_size=0"), BECAUSE("quote-unsupported")),
};

/* Where a quote is cut off: at each part's first and last byte. */
static const struct {
	unsigned size;
	const char *what;
} cuts[] = {
	{ 0, "The quote is empty: there is not one byte." },
	{ 1, "The quote is one byte." },
	{ 47, "The quote ends with the last byte of its header missing." },
	{ 48, "The quote ends behind its header." },
	{ 631, "The quote ends with the last byte of its body missing." },
	{ 632, "The quote ends behind its body." },
	{ 635, "The quote ends in the size of its signature data." },
	{ 636, "The quote ends where its signature data should begin." },
	{ 700, "The quote ends behind its signature." },
	{ 764, "The quote ends behind its attestation key." },
	{ 1153, "The quote ends with the last byte of the QE report missing." },
	{ 1218, "The quote ends behind the signature of the QE report." },
	{ 1258, "The quote ends where its PCK certificate chain should begin." },
};
/* clang-format on */

static int add_cuts(struct cases_builder *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cuts); i++) {
		struct cases_row row =
			REFUSE("cut", FORMAT, cuts[i].what, QUOTE_4, BUG("V11"), BECAUSE("quote-malformed"));

		row.id = cases_text(b, "tdx-cut-at-%u", cuts[i].size);
		row.items[0] = cases_text(b, "quote.size=%u", cuts[i].size);
		r = cases_add(b, &row, 1);
	}
	return r;
}

int cases_add_tdx_quote(struct cases_builder *b)
{
	int r = cases_add(b, good, ARRAY_SIZE(good));

	if (r == 0)
		r = cases_add(b, versions, ARRAY_SIZE(versions));
	if (r == 0)
		r = cases_add(b, certification, ARRAY_SIZE(certification));
	return r < 0 ? r : add_cuts(b);
}
