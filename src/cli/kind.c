/* SPDX-License-Identifier: MIT */
#include "cli/kind.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "verify/decode.h"

bool cli_kind_names_crl(const char *name)
{
	return strncasecmp(name, "crl", 3) == 0 || strcasestr(name, ".crl") || strcasestr(name, "_crl");
}

static bool is_among(const char *word, size_t n, const char *const *words)
{
	for (; *words; words++) {
		if (strlen(*words) == n && strncasecmp(*words, word, n) == 0)
			return true;
	}
	return false;
}

bool cli_kind_claims(const char *name, bool collateral)
{
	static const char *const endings[] = { ".pem", ".der", ".crt", ".cer", ".cert", NULL };
	static const char *const stems[] = { "ark",        "ask",         "asvk",   "vcek", "vlek",
					     "cert_chain", "root_ca",     "pck_ca", "pck",  "tcb_signing",
					     "tcb_info",   "qe_identity", NULL };
	const char *dot = strrchr(name, '.');

	if (cli_kind_names_crl(name) || is_among(name, strcspn(name, "."), stems))
		return true;
	return dot && (is_among(dot, strlen(dot), endings) || (collateral && strcasecmp(dot, ".json") == 0));
}

/* Names data of unknown kind, and text. */
static const char *other_unknown(const char *name, bool collateral, const uint8_t *data, size_t n)
{
	enum input_kind kind = input_kind(data, n);

	if (kind == INPUT_JSON)
		return collateral || cli_kind_claims(name, collateral) ? NULL : input_kind_name(kind);
	if (strcmp(input_name(data, n), "key") == 0 ||
	    strcmp(input_name(data, n), "PEM of another kind") == 0)
		return input_name(data, n);
	return !cli_kind_claims(name, collateral) && input_is_text(data, n) ? input_name(data, n) : NULL;
}

const char *cli_kind_other(const char *name, bool collateral, const uint8_t *data, size_t n)
{
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	struct jurat_error err = { "" };
	int r;

	if (cli_kind_names_crl(name))
		return NULL;
	r = decode(data, n, &decoded, &err);
	for (size_t i = 0; r == 0 && i < decoded.n; i++) {
		switch (decoded.items[i].kind) {
		case INPUT_SNP_TABLE:
		case INPUT_CERTIFICATE:
		case INPUT_CRL:
			break;
		default:
			return input_kind_name(input_kind(data, n) == INPUT_SNP_EXTENDED_REPORT
						       ? INPUT_SNP_EXTENDED_REPORT
						       : decoded.items[i].kind);
		}
	}
	if (r == 0 || r == -ENOMEM || input_has_mark(data, n)) /* a PEM marker, complete or damaged */
		return NULL;
	return other_unknown(name, collateral, data, n);
}
