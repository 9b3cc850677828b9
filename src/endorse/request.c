/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "endorse/item.h"
#include "wire/snp_kds.h"

/* Requests of clients: endorse_item_of_request(). */

enum { TARGET_BYTES = 2048 };

/* The parameters of all services. Those of a VCEK's TCB come first, in the order of its components. */
enum parameter {
	PARAMETER_FMSPC = SNP_TCB_COMPONENTS,
	PARAMETER_UPDATE,
	PARAMETER_NUMBER,
	PARAMETER_CA,
	PARAMETER_ENCODING,
	PARAMETER_URI,
	N_PARAMETERS
};

#define BIT(parameter) (1u << (parameter))
#define UPDATES        (BIT(PARAMETER_UPDATE) | BIT(PARAMETER_NUMBER))

/* A request that is being read. */
struct request {
	struct endorse_item item;
	enum endorse_encoding encoding;
	unsigned allowed, required, seen; /* BIT() of parameters */
	bool inner;                       /* the value of `uri`, which must not have another inside */
};

static const char *parameter_name(unsigned parameter)
{
	static const char *const names[N_PARAMETERS] = {
		[PARAMETER_FMSPC] = "fmspc", [PARAMETER_UPDATE] = "update",
		[PARAMETER_CA] = "ca",       [PARAMETER_NUMBER] = "tcbEvaluationDataNumber",
		[PARAMETER_URI] = "uri",     [PARAMETER_ENCODING] = "encoding",
	};

	return parameter < SNP_TCB_COMPONENTS ? snp_kds_parameter(parameter) : names[parameter];
}

/* ---- Values */

/* Decimal digits only, with zeros in front or not. */
static bool read_decimal(const char *text, size_t max_digits, uint64_t max, uint64_t *ret)
{
	const size_t n = strlen(text);
	uint64_t value = 0;

	if (n == 0 || n > max_digits || strspn(text, "0123456789") != n)
		return false;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (value > max)
		return false;
	*ret = value;
	return true;
}

static int refuse_value(unsigned parameter, const char *value, const char *expected, struct jurat_error *err)
{
	return jurat_fail(err, -EINVAL, "parameter %s: expected %s, found '%.64s'", parameter_name(parameter),
			  expected, value);
}

static int read_spl(struct request *q, unsigned component, const char *value, struct jurat_error *err)
{
	uint64_t spl;

	if (!read_decimal(value, 3, UINT8_MAX, &spl))
		return refuse_value(component, value, "a decimal number from 0 to 255", err);
	*snp_tcb_component(&q->item.tcb, snp_tcb_component_name(component)) = (uint8_t)spl;
	return 0;
}

static int read_update(struct request *q, const char *value, struct jurat_error *err)
{
	if (!strcasecmp(value, "standard"))
		q->item.update = ENDORSE_STANDARD;
	else if (!strcasecmp(value, "early"))
		q->item.update = ENDORSE_EARLY;
	else
		return refuse_value(PARAMETER_UPDATE, value, "standard or early", err);
	return 0;
}

static int read_number(struct request *q, const char *value, struct jurat_error *err)
{
	uint64_t number;

	if (!read_decimal(value, 10, UINT32_MAX, &number))
		return refuse_value(PARAMETER_NUMBER, value, "a decimal number of 32 bits", err);
	q->item.update = ENDORSE_NUMBERED;
	q->item.number = (uint32_t)number;
	return 0;
}

static int read_ca(struct request *q, const char *value, struct jurat_error *err)
{
	if (!strcasecmp(value, "processor"))
		q->item.ca = ENDORSE_PROCESSOR;
	else if (!strcasecmp(value, "platform"))
		q->item.ca = ENDORSE_PLATFORM;
	else
		return refuse_value(PARAMETER_CA, value, "processor or platform", err);
	return 0;
}

static int read_encoding(struct request *q, const char *value, struct jurat_error *err)
{
	if (!strcasecmp(value, "der"))
		q->encoding = ENDORSE_DER;
	else if (!strcasecmp(value, "pem"))
		q->encoding = ENDORSE_PEM;
	else
		return refuse_value(PARAMETER_ENCODING, value, "der or pem", err);
	return 0;
}

static int read_target(struct request *q, const char *target, struct jurat_error *err);

/* The distribution point of a certificate: a CRL's URL at the service that publishes it. */
static int read_uri(struct request *q, const char *value, struct jurat_error *err)
{
	struct request inner = { .inner = true };

	for (unsigned i = 0; !q->inner && i < ENDORSE_N_SERVICES; i++) {
		const char *url = endorse_service_url(i);
		const size_t n = strlen(url);

		if (strncmp(value, url, n) != 0 || read_target(&inner, value + n, err) != 0 ||
		    endorse_kind_form(inner.item.kind) != ENDORSE_FORM_CRL ||
		    endorse_item_service(&inner.item) != i)
			continue;
		q->item = inner.item;
		return 0;
	}
	return refuse_value(PARAMETER_URI, value, "the URL of an Intel or AMD CRL", err);
}

static int read_value(struct request *q, unsigned parameter, const char *value, struct jurat_error *err)
{
	switch (parameter) {
	case PARAMETER_FMSPC:
		if (!bytes_from_hex(value, q->item.fmspc, sizeof(q->item.fmspc)))
			return refuse_value(parameter, value, "12 hex digits", err);
		return 0;
	case PARAMETER_UPDATE:
		return read_update(q, value, err);
	case PARAMETER_NUMBER:
		return read_number(q, value, err);
	case PARAMETER_CA:
		return read_ca(q, value, err);
	case PARAMETER_ENCODING:
		return read_encoding(q, value, err);
	case PARAMETER_URI:
		return read_uri(q, value, err);
	default:
		return read_spl(q, parameter, value, err);
	}
}

/* ---- The query */

/* Decodes percent-escapes in place; false: a malformed one, or of a byte that is not printable ASCII. */
static bool unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		char digits[3] = { 0 };
		uint8_t byte = (uint8_t)*at;

		if (*at == '%') {
			digits[0] = at[1];
			digits[1] = at[1] ? at[2] : '\0';
			if (!bytes_from_hex(digits, &byte, 1) || byte < 0x21 || byte > 0x7e)
				return false;
			at += 2;
		}
		*to++ = (char)byte;
	}
	*to = '\0';
	return true;
}

/* One "name=value" of the query. */
static int read_parameter(struct request *q, char *pair, struct jurat_error *err)
{
	char *value = strchr(pair, '=');
	unsigned i = 0;

	if (!value)
		return jurat_fail(err, -EINVAL, "parameter %.64s has no value", pair);
	*value++ = '\0';
	while (i < N_PARAMETERS && (!(q->allowed & BIT(i)) || strcmp(pair, parameter_name(i)) != 0))
		i++;
	if (i == N_PARAMETERS)
		return jurat_fail(err, -EINVAL, "parameter '%.64s' is unknown for this path", pair);
	if (q->seen & BIT(i))
		return jurat_fail(err, -EINVAL, "parameter %s is repeated", pair);
	q->seen |= BIT(i);
	if (!unescape(value))
		return jurat_fail(err, -EINVAL,
				  "parameter %s: expected printable ASCII, percent-escaped or not", pair);
	return read_value(q, i, value, err);
}

static int read_query(struct request *q, char *query, struct jurat_error *err)
{
	while (query && *query) {
		char *next = strchr(query, '&');
		int r;

		if (next)
			*next++ = '\0';
		r = read_parameter(q, query, err);
		if (r < 0)
			return r;
		query = next;
	}
	for (unsigned i = 0; i < N_PARAMETERS; i++)
		if (q->required & ~q->seen & BIT(i))
			return jurat_fail(err, -EINVAL, "parameter %s is missing", parameter_name(i));
	if ((q->seen & UPDATES) == UPDATES)
		return jurat_fail(err, -EINVAL, "parameters %s and %s cannot be used together",
				  parameter_name(PARAMETER_UPDATE), parameter_name(PARAMETER_NUMBER));
	return 0;
}

/* ---- Paths */

/*
 * Intel's. API version 3 has no other document of TDX's, and its TCB info has another form, which Intel no
 * longer serves. A CRL is PEM unless asked for in DER, but the root's has no parameter.
 */
static const struct path {
	const char *path;
	enum endorse_kind kind;
	enum endorse_tee tee;
	unsigned required, allowed;
	enum endorse_encoding encoding;
} paths[] = {
	{ "/sgx/certification/v4/tcb", ENDORSE_TCB_INFO, ENDORSE_SGX, BIT(PARAMETER_FMSPC), UPDATES },
	{ "/tdx/certification/v4/tcb", ENDORSE_TCB_INFO, ENDORSE_TDX, BIT(PARAMETER_FMSPC), UPDATES },
	{ "/sgx/certification/v3/qe/identity", ENDORSE_QE_IDENTITY, ENDORSE_SGX, 0, UPDATES },
	{ "/sgx/certification/v4/qe/identity", ENDORSE_QE_IDENTITY, ENDORSE_SGX, 0, UPDATES },
	{ "/tdx/certification/v4/qe/identity", ENDORSE_QE_IDENTITY, ENDORSE_TDX, 0, UPDATES },
	{ "/sgx/certification/v3/qve/identity", ENDORSE_QVE_IDENTITY, ENDORSE_SGX, 0, UPDATES },
	{ "/sgx/certification/v4/qve/identity", ENDORSE_QVE_IDENTITY, ENDORSE_SGX, 0, UPDATES },
	{ "/sgx/certification/v4/tcbevaluationdatanumbers", ENDORSE_TCB_NUMBERS, ENDORSE_SGX },
	{ "/tdx/certification/v4/tcbevaluationdatanumbers", ENDORSE_TCB_NUMBERS, ENDORSE_TDX },
	{ "/sgx/certification/v3/pckcrl", ENDORSE_PCK_CRL, ENDORSE_SGX, BIT(PARAMETER_CA),
	  BIT(PARAMETER_ENCODING), ENDORSE_PEM },
	{ "/sgx/certification/v4/pckcrl", ENDORSE_PCK_CRL, ENDORSE_SGX, BIT(PARAMETER_CA),
	  BIT(PARAMETER_ENCODING), ENDORSE_PEM },
	{ "/sgx/certification/v3/rootcacrl", ENDORSE_ROOT_CRL, ENDORSE_SGX, 0, 0, ENDORSE_HEX },
	{ "/sgx/certification/v4/rootcacrl", ENDORSE_ROOT_CRL, ENDORSE_SGX, 0, 0, ENDORSE_DER },
	{ "/IntelSGXRootCA.der", ENDORSE_ROOT_CRL, ENDORSE_SGX, 0, 0, ENDORSE_DER },
	/* `encoding` is what is left of a URL that was not escaped; the kind comes from `uri`. */
	{ "/sgx/certification/v3/crl", ENDORSE_ROOT_CRL, ENDORSE_SGX, BIT(PARAMETER_URI),
	  BIT(PARAMETER_ENCODING), ENDORSE_DER },
	{ "/sgx/certification/v4/crl", ENDORSE_ROOT_CRL, ENDORSE_SGX, BIT(PARAMETER_URI),
	  BIT(PARAMETER_ENCODING), ENDORSE_DER },
};

static bool find_path(struct request *q, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (!strcmp(path, paths[i].path)) {
			q->item.kind = paths[i].kind;
			q->item.tee = paths[i].tee;
			q->encoding = paths[i].encoding;
			q->required = paths[i].required;
			q->allowed = paths[i].required | paths[i].allowed;
			return true;
		}
	return false;
}

/* The part of the path behind `prefix`; NULL: it does not begin with it. */
static const char *behind(const char *path, const char *prefix)
{
	const size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

static int read_hwid(struct request *q, const char *hex, struct jurat_error *err)
{
	const size_t n = snp_hwid_bytes(q->item.product);

	if (!bytes_from_hex(hex, q->item.chip_id, n))
		return jurat_fail(err, -EINVAL, "HWID of %s: expected %zu hex digits, found '%.140s'",
				  snp_product_name(q->item.product), 2 * n, hex);
	if (bytes_all(q->item.chip_id, n, 0))
		return jurat_fail(err, -EINVAL,
				  "the HWID is all zeros, as in a report whose chip_id is masked");
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_has_component(q->item.product, i))
			q->required |= BIT(i);
	q->item.kind = ENDORSE_VCEK;
	q->allowed = q->required;
	return 0;
}

/* "/vcek/v1/<product>/..." and "/vlek/v1/<product>/...": the product as the KDS spells it. */
static int read_kds(struct request *q, const char *path, struct jurat_error *err)
{
	const char *product = behind(path, "/vcek/v1/"), *rest = NULL;
	const bool vlek = !product;

	if (vlek)
		product = behind(path, "/vlek/v1/");
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; product && !rest && i < SNP_N_PRODUCTS; i++) {
		q->item.product = (enum snp_product)i;
		rest = behind(product, snp_product_name(q->item.product));
		rest = rest && *rest == '/' ? rest + 1 : NULL;
	}
	if (!rest)
		return JURAT_NOT_FOUND;
	if (!strcmp(rest, "cert_chain"))
		q->item.kind = vlek ? ENDORSE_VLEK_CHAIN : ENDORSE_VCEK_CHAIN;
	else if (!strcmp(rest, "crl"))
		q->item.kind = vlek ? ENDORSE_VLEK_CRL : ENDORSE_VCEK_CRL;
	else if (!vlek && *rest && !strchr(rest, '/'))
		return read_hwid(q, rest, err);
	else
		return JURAT_NOT_FOUND;
	return 0;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x21 || *text > 0x7e)
			return false;
	return true;
}

static int read_target(struct request *q, const char *target, struct jurat_error *err)
{
	const size_t n = strnlen(target, TARGET_BYTES + 1);
	char copy[TARGET_BYTES + 1], *query;
	int r;

	if (n > TARGET_BYTES)
		return jurat_fail(err, -EINVAL, "the request has more than %d bytes", TARGET_BYTES);
	memcpy(copy, target, n + 1);
	if (!is_printable(copy))
		return jurat_fail(err, -EINVAL, "the request has bytes that are not printable ASCII");
	query = strchr(copy, '?');
	if (query)
		*query++ = '\0';
	r = find_path(q, copy) ? 0 : read_kds(q, copy, err);
	if (r == JURAT_NOT_FOUND)
		jurat_fail(err, r, "unknown path '%.200s'", copy);
	return r ? r : read_query(q, query, err);
}

int endorse_item_of_request(const char *target, struct endorse_item *ret, enum endorse_encoding *ret_encoding,
			    struct jurat_error *err)
{
	struct request q = { 0 };
	int r = read_target(&q, target, err);

	if (r)
		return r;
	*ret = q.item;
	*ret_encoding = q.encoding;
	return 0;
}
