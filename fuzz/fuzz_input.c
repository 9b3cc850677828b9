/* SPDX-License-Identifier: MIT */
#include "crypto/x509.h"
#include "support/fuzz.h"
#include "verify/input.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

/* Whether some reader takes it as what it is. */
static bool is_readable(const uint8_t *data, size_t size)
{
	struct tdx_quote quote;
	struct snp_report report;
	struct snp_certs table;
	struct crypto_cert cert;
	struct crypto_crl crl;

	return crypto_cert_read(data, size, &cert, NULL) == 0 ||
	       crypto_crl_read(data, size, &crl, NULL) == 0 ||
	       (size >= SNP_REPORT_BYTES && snp_report_read(data, size, &report, NULL) == 0 &&
		(size == SNP_REPORT_BYTES || report.signature_algo == SNP_REPORT_ALGO_ECDSA_P384_SHA384)) ||
	       tdx_quote_read_any(data, size, &quote, NULL) == 0 ||
	       (size > 0 && snp_certs_read(data, size, &table, NULL) == 0);
}

static void reached(enum input_kind kind)
{
	switch (kind) {
	case INPUT_UNKNOWN:
		FUZZ_REACHED("of no kind");
		break;
	case INPUT_SNP_REPORT:
		FUZZ_REACHED("a report");
		break;
	case INPUT_SNP_EXTENDED_REPORT:
		FUZZ_REACHED("an extended report");
		break;
	case INPUT_SNP_TABLE:
		FUZZ_REACHED("a certificate table");
		break;
	case INPUT_SNP_HASHSTICK:
		FUZZ_REACHED("a hashstick");
		break;
	case INPUT_TDX_REPORT:
		FUZZ_REACHED("a TDREPORT");
		break;
	case INPUT_QUOTE:
		FUZZ_REACHED("a quote");
		break;
	case INPUT_JSON:
		FUZZ_REACHED("JSON");
		break;
	case INPUT_PEM:
		FUZZ_REACHED("PEM");
		break;
	case INPUT_CERTIFICATE:
		FUZZ_REACHED("a certificate");
		break;
	case INPUT_CRL:
		FUZZ_REACHED("a CRL");
		break;
	case INPUT_SNP_RESPONSE:
		FUZZ_REACHED("a report behind its head");
		break;
	case INPUT_HCL:
		FUZZ_REACHED("an Azure HCL report");
		break;
	}
}

/*
 * What a reader takes has a kind. A report with bytes behind it is known by its algorithm, too. A firmware
 * volume may begin as an empty table does, and is none.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum input_kind kind = input_kind(data, size);

	if (input_is_firmware(data, size))
		FUZZ_REACHED("a firmware volume");
	else
		must(kind != INPUT_UNKNOWN || !is_readable(data, size));
	reached(kind);
	return 0;
}
