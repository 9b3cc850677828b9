/* SPDX-License-Identifier: MIT */
#include "cli/kind.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/der.h"
#include "verify/input.h"

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

static bool has(const uint8_t *data, size_t n, const char *words)
{
	return memmem(data, n, words, strlen(words)) != NULL;
}

/* SEQUENCE { INTEGER ...: PKCS #1, #8 and #12; certificates and CRLs begin with another SEQUENCE. */
static bool is_der_key(const uint8_t *data, size_t n)
{
	struct bytes_rd all = bytes_rd(data, n), inner = der_enter(&all, DER_SEQUENCE);

	return !inner.bad && all.off == n && inner.size > 0 && inner.data[0] == DER_INTEGER;
}

/* For people: not one long word that something is encoded in, and no JSON where that is wanted. */
static bool is_text(const uint8_t *data, size_t n, bool collateral)
{
	static const char *const encoded[] = { "MII", "3081", "3082", "0x30", "%2D" };
	size_t first = n >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	bool has_blank = false;

	for (size_t i = 0; i < n; i++) {
		if (data[i] == 0x7f || (data[i] < 0x20 && !memchr("\t\n\r\f", data[i], 4)))
			return false;
		has_blank = has_blank || data[i] == ' ' || data[i] == '\t';
	}
	while (first < n && memchr(" \t\n\r\"", data[first], 5))
		first++;
	if (collateral && first < n && (data[first] == '{' || data[first] == '['))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(encoded); i++) {
		size_t size = strlen(encoded[i]);

		if (n - first >= size && strncasecmp((const char *)data + first, encoded[i], size) == 0)
			return false;
	}
	return has_blank || n < 64;
}

/* What has no kind of its own, and text. */
static const char *other_unknown(const char *name, bool collateral, const uint8_t *data, size_t n)
{
	if (has(data, n, "-----BEGIN "))
		return has(data, n, "KEY-") ? "key" : "PEM of another kind";
	if (is_der_key(data, n))
		return "key";
	return !cli_kind_claims(name, collateral) && is_text(data, n, collateral) ? "text" : NULL;
}

const char *cli_kind_other(const char *name, bool collateral, const uint8_t *data, size_t n)
{
	enum input_kind kind = input_kind(data, n);

	if (cli_kind_names_crl(name))
		return NULL;
	switch (kind) {
	case INPUT_SNP_REPORT:
	case INPUT_SNP_EXTENDED_REPORT:
	case INPUT_SNP_HASHSTICK:
	case INPUT_TDX_REPORT:
	case INPUT_QUOTE:
		return input_kind_name(kind);
	case INPUT_SNP_TABLE:
	case INPUT_CERTIFICATE:
	case INPUT_CRL:
		return NULL;
	case INPUT_JSON:
	case INPUT_PEM:
	case INPUT_UNKNOWN:
		break;
	}
	if (has(data, n, "CERTIFICATE-") || has(data, n, "CRL-")) /* a mark, whole or damaged */
		return NULL;
	if (kind == INPUT_JSON)
		return collateral || cli_kind_claims(name, collateral) ? NULL : input_kind_name(kind);
	return other_unknown(name, collateral, data, n);
}
