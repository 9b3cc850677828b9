/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "sim/forge/x509_edit_internal.h"

static const struct {
	const char *name;
	uint8_t n, oid[10];
} oids[] = {
	{ "basic_constraints", 3, { 0x55, 0x1d, 0x13 } },
	{ "key_usage", 3, { 0x55, 0x1d, 0x0f } },
	{ "ext_key_usage", 3, { 0x55, 0x1d, 0x25 } },
	{ "subject_key_id", 3, { 0x55, 0x1d, 0x0e } },
	{ "authority_key_id", 3, { 0x55, 0x1d, 0x23 } },
	{ "name_constraints", 3, { 0x55, 0x1d, 0x1e } },
	{ "policies", 3, { 0x55, 0x1d, 0x20 } },
	{ "crl_points", 3, { 0x55, 0x1d, 0x1f } },
	{ "crl_number", 3, { 0x55, 0x1d, 0x14 } },
	{ "sgx", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 } },
	{ "struct_version", 9, { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x01 } },
	{ "product_name", 9, { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x02 } },
	{ "hwid", 9, { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x04 } },
	{ "csp_id", 9, { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x05 } },
};

static bool read_arc(const char **text, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*ret = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0 && *ret <= UINT32_MAX;
}

/* X.690 8.19: seven bits in each byte, the first two numbers in one. */
static bool put_arc(struct bytes_wr *w, uint64_t arc)
{
	unsigned shift = 35;

	while (shift > 0 && arc >> shift == 0)
		shift -= 7;
	for (; shift > 0; shift -= 7)
		bytes_wr_u8(w, (uint8_t)(0x80 | (arc >> shift & 0x7f)));
	bytes_wr_u8(w, (uint8_t)(arc & 0x7f));
	return !w->bad;
}

static bool read_oid(const char *text, struct bytes_wr *w)
{
	uint64_t first, second, arc;

	if (!read_arc(&text, &first) || first > 2 || *text++ != '.' || !read_arc(&text, &second) ||
	    (first < 2 && second >= 40) || !put_arc(w, 40 * first + second))
		return false;
	while (*text == '.') {
		text++;
		if (!read_arc(&text, &arc) || !put_arc(w, arc))
			return false;
	}
	return *text == '\0';
}

int tbs_suffix_oid(struct tbs_edit *e, uint8_t to[TBS_MAX_OID], size_t *ret_size)
{
	struct bytes_wr w = bytes_wr(to, TBS_MAX_OID);

	for (size_t i = 0; i < ARRAY_SIZE(oids); i++)
		if (strcmp(oids[i].name, e->suffix) == 0) {
			memcpy(to, oids[i].oid, oids[i].n);
			*ret_size = oids[i].n;
			return 0;
		}
	if (!read_oid(e->suffix, &w))
		return jurat_fail(e->err, -EINVAL,
				  "expected an OID such as 2.5.29.19, or the name of an extension, not '%s'",
				  e->suffix);
	*ret_size = w.off;
	return 0;
}

bool tbs_is_absent(const struct tbs_edit *e)
{
	return strcmp(e->value, "absent") == 0;
}

int tbs_none(struct tbs_edit *e, const char *what)
{
	return jurat_fail(e->err, -EINVAL, "it has no %s", what);
}

int tbs_value_hex(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size)
{
	return sim_order_some_bytes(e->value, to, TBS_MAX_VALUE, ret_size, e->err);
}

int tbs_value_der(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size)
{
	struct bytes_rd r;
	int n = tbs_value_hex(e, to, ret_size);

	if (n < 0)
		return n;
	r = bytes_rd(to, *ret_size);
	der_whole(&r);
	if (r.bad || bytes_rd_left(&r) > 0)
		return jurat_fail(e->err, -EINVAL, "expected one element of DER as hex digits");
	return 0;
}

int tbs_value_uint(struct tbs_edit *e, uint8_t to[16], size_t *ret_size)
{
	struct der_wr d = der_wr(to, 16);
	uint64_t n = 0;
	int r = sim_order_number(e->value, UINT64_MAX, &n, e->err);

	if (r < 0)
		return r;
	der_put_uint(&d, n);
	*ret_size = d.w.off;
	return 0;
}

/* YYYYMMDDhhmmssZ, or without the century. */
static int put_time(struct tbs_edit *e, struct der_wr *d, int64_t time, uint8_t tag)
{
	char text[BASE_TIME_BYTES], digits[BASE_TIME_BYTES];
	size_t n = 0;

	base_time_text(time, text);
	if (!strchr(text, 'T'))
		return jurat_fail(e->err, -EINVAL, "'%s' is outside the years 0 to 9999", e->value);
	for (const char *p = text; *p; p++)
		if (isdigit((unsigned char)*p) || *p == 'Z')
			digits[n++] = *p;
	if (tag == DER_UTC_TIME)
		der_put(d, tag, digits + 2, n - 2);
	else
		der_put(d, tag, digits, n);
	return 0;
}

int tbs_value_time(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size)
{
	static const struct {
		const char *prefix;
		uint8_t tag;
		bool is_text;
	} forms[] = {
		{ "utc:", DER_UTC_TIME, false },
		{ "generalized:", DER_GENERALIZED_TIME, false },
		{ "utc-text:", DER_UTC_TIME, true },
		{ "generalized-text:", DER_GENERALIZED_TIME, true },
	};
	struct der_wr d = der_wr(to, TBS_MAX_VALUE);
	const char *text = e->value;
	uint8_t tag = 0;
	int64_t time = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(forms) && tag == 0; i++)
		if (strncmp(text, forms[i].prefix, strlen(forms[i].prefix)) == 0) {
			text += strlen(forms[i].prefix);
			tag = forms[i].tag;
			if (forms[i].is_text)
				der_put(&d, tag, text, strlen(text));
		}
	if (d.w.off == 0) {
		r = sim_order_time(text, e->at, &time, e->err);
		if (r < 0)
			return r;
		if (tag == 0)
			der_put_time(&d, time);
		else if ((r = put_time(e, &d, time, tag)) < 0)
			return r;
	}
	if (d.w.bad)
		return jurat_fail(e->err, -EINVAL, "'%s' is no time that can be encoded", e->value);
	*ret_size = d.w.off;
	return 0;
}

int tbs_value_name(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size)
{
	enum { BMP_STRING = 0x1e };
	static const struct {
		const char *prefix;
		uint8_t tag;
	} forms[] = {
		{ "utf8:", DER_UTF8_STRING },
		{ "printable:", DER_PRINTABLE_STRING },
		{ "ia5:", DER_IA5_STRING },
		{ "bmp:", BMP_STRING },
	};
	struct der_wr d = der_wr(to, TBS_MAX_VALUE);
	const char *text = e->value;
	uint8_t tag = DER_UTF8_STRING;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (strncmp(e->value, forms[i].prefix, strlen(forms[i].prefix)) == 0) {
			text = e->value + strlen(forms[i].prefix);
			tag = forms[i].tag;
		}
	der_put_open(&d, tag);
	for (; *text; text++) {
		if (tag == BMP_STRING)
			bytes_wr_u8(&d.w, 0); /* of ASCII, which is all that test names need */
		bytes_wr_u8(&d.w, (uint8_t)*text);
	}
	der_put_close(&d);
	if (d.w.bad)
		return jurat_fail(e->err, -EINVAL, "a name has fewer than %d characters", TBS_MAX_VALUE);
	*ret_size = d.w.off;
	return 0;
}

/* ---- algorithms ---- */

/* Contents of OBJECT IDENTIFIERs, of the hashes of 32, 48 and 64 bytes. */
static const uint8_t oid_hash[3][9] = { { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 },
					{ 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 },
					{ 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 } };
static const uint8_t oid_ecdsa[3][8] = { { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 },
					 { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 },
					 { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04 } };
/* 1.2.840.113549.1.1.n: 8 MGF1, 10 PSS, 11 to 13 PKCS #1 with a hash */
static const uint8_t oid_pkcs1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 };
enum { PKCS1_MGF1 = 8, PKCS1_PSS = 10, PKCS1_SHA256 = 11 };

static void put_pkcs1(struct der_wr *d, unsigned last)
{
	uint8_t oid[sizeof(oid_pkcs1) + 1];

	memcpy(oid, oid_pkcs1, sizeof(oid_pkcs1));
	oid[sizeof(oid_pkcs1)] = (uint8_t)last;
	der_put(d, DER_OID, oid, sizeof(oid));
}

static void put_hash(struct der_wr *d, unsigned hash)
{
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_OID, oid_hash[hash], sizeof(oid_hash[hash]));
	der_put(d, DER_NULL, NULL, 0);
	der_put_close(d);
}

static void put_pss(struct der_wr *d, const struct tbs_algorithm *a, unsigned hash)
{
	put_pkcs1(d, PKCS1_PSS);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	put_hash(d, hash);
	der_put_close(d);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(1));
	der_put_open(d, DER_SEQUENCE);
	put_pkcs1(d, PKCS1_MGF1);
	put_hash(d, hash);
	der_put_close(d);
	der_put_close(d);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(2));
	der_put_uint(d, a->salt_bytes);
	der_put_close(d);
	if (a->has_trailer_field) {
		der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
		der_put_uint(d, 1);
		der_put_close(d);
	}
	der_put_close(d);
}

void tbs_algorithm_write(const struct tbs_algorithm *a, struct der_wr *d)
{
	const unsigned hash = a->hash_bytes / 16 - 2;

	der_put_open(d, DER_SEQUENCE);
	switch (a->scheme) {
	case TBS_RSA_PSS:
		put_pss(d, a, hash);
		break;
	case TBS_RSA_PKCS1:
		put_pkcs1(d, PKCS1_SHA256 + hash);
		der_put(d, DER_NULL, NULL, 0);
		break;
	case TBS_ECDSA:
		der_put(d, DER_OID, oid_ecdsa[hash], sizeof(oid_ecdsa[hash]));
	}
	der_put_close(d);
}

static bool skip_word(const char **text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*text, word, n) != 0)
		return false;
	*text += n;
	return true;
}

int tbs_algorithm_read(const char *word, struct tbs_algorithm *ret, struct jurat_error *err)
{
	static const char *const hashes[] = { "sha256", "sha384", "sha512" };
	struct tbs_algorithm a = { .scheme = TBS_RSA_PKCS1 };
	const char *p = word;
	uint64_t salt = 0;

	if (skip_word(&p, "ecdsa-"))
		a.scheme = TBS_ECDSA;
	else if (skip_word(&p, "rsa-pss-"))
		a.scheme = TBS_RSA_PSS;
	else if (!skip_word(&p, "rsa-"))
		p = "";
	for (unsigned i = 0; i < ARRAY_SIZE(hashes) && a.hash_bytes == 0; i++)
		if (skip_word(&p, hashes[i]))
			a.hash_bytes = 32 + 16 * i;
	a.salt_bytes = a.hash_bytes;
	if (a.scheme == TBS_RSA_PSS && skip_word(&p, "-salt")) {
		if (!read_arc(&p, &salt) || salt > 64)
			a.hash_bytes = 0;
		a.salt_bytes = (unsigned)salt;
	}
	if (a.scheme == TBS_RSA_PSS && skip_word(&p, "-trailer"))
		a.has_trailer_field = true;
	if (a.hash_bytes == 0 || *p)
		return jurat_fail(err, -EINVAL,
				  "expected an algorithm such as rsa-pss-sha384, rsa-pss-sha384-salt32, "
				  "rsa-sha256 or ecdsa-sha256, not '%s'",
				  word);
	*ret = a;
	return 0;
}

int tbs_algorithm_der(const char *value, uint8_t to[TBS_MAX_VALUE], size_t *ret_size, struct jurat_error *err)
{
	struct der_wr d = der_wr(to, TBS_MAX_VALUE);
	struct tbs_algorithm a;
	int r;

	if (tbs_value_der(&(struct tbs_edit){ .value = value }, to, ret_size) == 0)
		return 0;
	r = tbs_algorithm_read(value, &a, err);
	if (r < 0)
		return r;
	tbs_algorithm_write(&a, &d);
	*ret_size = d.w.off;
	return 0;
}
