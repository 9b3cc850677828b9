/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "crypto/der.h"
#include "crypto/x509.h"

/*
 * Spec: RFC 7468. OpenSSL's PEM_read_bio() is not used because it also accepts encrypted and annotated blocks
 * and skips what it cannot parse, so that a chain would silently be shorter than its file.
 */
static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", mark_tail[] = "-----";
static const char certificate[] = "CERTIFICATE", crl[] = "X509 CRL", bom[] = "\xef\xbb\xbf";

enum { LABEL_BYTES = 32 };

/* The standard label for one that may be written instead; NULL: no such block. Spec: RFC 7468, 5.1 and 6. */
static const char *standard_label(const char *label)
{
	static const char *const certificates[] = { certificate, "X509 CERTIFICATE", "X.509 CERTIFICATE" };

	for (size_t i = 0; i < ARRAY_SIZE(certificates); i++)
		if (strcmp(label, certificates[i]) == 0)
			return certificate;
	return strcmp(label, crl) == 0 || strcmp(label, "CRL") == 0 ? crl : NULL;
}

static bool take_text(struct bytes_rd *r, const char *text)
{
	size_t n = strlen(text);

	if (bytes_rd_left(r) < n || memcmp(r->data + r->off, text, n) != 0)
		return false;
	bytes_rd_skip(r, n);
	return true;
}

/* Whether a BEGIN marker is next, perhaps behind the byte order mark of a file that was appended. */
static bool is_at_begin(const struct bytes_rd *r)
{
	struct bytes_rd ahead = *r;

	take_text(&ahead, bom);
	return take_text(&ahead, begin_mark);
}

/* Moves to the next BEGIN marker at the start of a line; false, at the end, when there is none. */
static bool seek_begin(struct bytes_rd *r)
{
	const uint8_t *newline;

	while (bytes_rd_left(r) > 0) {
		if (is_at_begin(r)) {
			take_text(r, bom);
			return true;
		}
		newline = memchr(r->data + r->off, '\n', bytes_rd_left(r));
		bytes_rd_seek(r, newline ? (size_t)(newline - r->data) + 1 : r->size);
	}
	return false;
}

bool crypto_pem_is(const uint8_t *text, size_t n)
{
	struct bytes_rd r = bytes_rd(text, n);

	return seek_begin(&r) && (r.off == 0 || !memchr(text, '\0', r.off));
}

/*
 * Only plain text may stand before, between and after blocks. A marker in it, complete or not, at the start
 * of a line or not, is part of a block that would be skipped, as would DER after PEM.
 */
static bool is_plain_text(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == '\0') /* a text may include its NUL terminator */
		n--;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0x7f || (p[i] < 0x20 && !memchr("\t\n\r\f", p[i], 4)))
			return false;
	}
	return !memmem(p, n, "-BEGIN ", 7) && !memmem(p, n, "-END ", 5);
}

/*
 * The rest of a marker's line must be blank, unless the next file was appended without a newline in between.
 * A NUL ends it too: a text may include its terminator.
 */
static bool take_line_end(struct bytes_rd *r)
{
	while (bytes_rd_left(r) > 0) {
		uint8_t c;

		if (is_at_begin(r))
			return true;
		c = bytes_rd_u8(r);
		if (c == '\n' || c == '\0')
			return true;
		if (c != ' ' && c != '\t' && c != '\r')
			return false;
	}
	return true;
}

static bool take_label(struct bytes_rd *r, char label[LABEL_BYTES])
{
	size_t n = 0;

	memset(label, 0, LABEL_BYTES);
	while (!take_text(r, mark_tail)) {
		uint8_t c = bytes_rd_u8(r); /* 0 at the end */

		if (c < 0x20 || c > 0x7e || n == LABEL_BYTES - 1)
			return false;
		label[n++] = (char)c;
	}
	return n > 0;
}

/* Negative, or above 63: no digit here. */
static bool are_digits(int values)
{
	return (values & ~63) == 0;
}

static bool decode_group(const uint8_t *from, uint8_t *to)
{
	int a = base64_value(from[0]), b = base64_value(from[1]), c = base64_value(from[2]),
	    d = base64_value(from[3]);
	uint32_t group = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | (uint32_t)d;

	to[0] = (uint8_t)(group >> 16);
	to[1] = (uint8_t)(group >> 8);
	to[2] = (uint8_t)group;
	return are_digits(a | b | c | d);
}

/* Fast path: decodes groups of four digits up to the first other character, a line at a time. */
static void decode_groups(struct bytes_rd *body, struct bytes_wr *to)
{
	uint8_t line[48];
	size_t n;

	do {
		const uint8_t *from = body->data + body->off;
		size_t left = bytes_rd_left(body);

		for (n = 0; n < sizeof(line) && left >= 4 && decode_group(from, line + n); n += 3) {
			from += 4;
			left -= 4;
		}
		bytes_wr_copy(to, line, n);
		bytes_rd_skip(body, n / 3 * 4);
	} while (n == sizeof(line));
	bytes_wipe(line, sizeof(line)); /* it may be a private key */
}

/*
 * Decodes RFC 4648 base64 with padding and zero pad bits; white space anywhere. False when malformed or
 * empty.
 */
static bool decode(struct bytes_rd *body, struct bytes_wr *to)
{
	unsigned digits = 0, pads = 0;
	uint32_t group = 0;

	for (;;) {
		uint8_t c;
		int value;

		if (digits == 0 && pads == 0)
			decode_groups(body, to);
		if (bytes_rd_left(body) == 0)
			break;
		c = bytes_rd_u8(body);
		value = base64_value(c);

		if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
			continue;
		if (c == '=' && digits >= 2 && digits + pads < 4) {
			pads++;
			continue;
		}
		if (!are_digits(value) || pads > 0)
			return false;
		group = group << 6 | (uint32_t)value;
		if (++digits < 4)
			continue;
		bytes_wr_u8(to, (uint8_t)(group >> 16));
		bytes_wr_be16(to, (uint16_t)group);
		group = 0;
		digits = 0;
	}
	if (digits == 3 && pads == 1 && (group & 3) == 0)
		bytes_wr_be16(to, (uint16_t)(group >> 2));
	else if (digits == 2 && pads == 2 && (group & 15) == 0)
		bytes_wr_u8(to, (uint8_t)(group >> 4));
	else if (digits != 0)
		return false;
	return !to->bad && to->off > 0;
}

/* Takes everything up to the next dash, which is not a base64 digit. */
static struct bytes_rd take_body(struct bytes_rd *r)
{
	size_t start = r->off;
	const uint8_t *dash = memchr(r->data + start, '-', bytes_rd_left(r));
	size_t end = dash ? (size_t)(dash - r->data) : r->size;

	bytes_rd_seek(r, end);
	return bytes_rd(r->data + start, end - start);
}

static bool is_one_sequence(const uint8_t *text, size_t n)
{
	struct bytes_rd r = bytes_rd(text, n);

	return !der_enter(&r, DER_SEQUENCE).bad && r.off == n;
}

static int take_raw(const uint8_t *text, size_t n, size_t *off, char label[LABEL_BYTES], uint8_t **ret,
		    size_t *ret_size, struct jurat_error *err)
{
	uint8_t *copy = malloc(n);

	if (!copy)
		return jurat_fail_memory(err);
	memcpy(copy, text, n);
	memset(label, 0, LABEL_BYTES);
	*off = n;
	*ret = copy;
	*ret_size = n;
	return 0;
}

int crypto_pem_next(const uint8_t *text, size_t n, size_t *off, char label[32], uint8_t **ret,
		    size_t *ret_size, struct jurat_error *err)
{
	auto_free uint8_t *der = NULL;
	char begin[LABEL_BYTES], end[LABEL_BYTES];
	struct bytes_rd r = bytes_rd(text, n), body;
	struct bytes_wr to;
	bool found;

	bytes_rd_seek(&r, *off);
	if (bytes_rd_left(&r) == 0)
		return JURAT_NOT_FOUND;
	found = seek_begin(&r);
	if (*off == 0 && (!found || is_one_sequence(text, n)))
		return take_raw(text, n, off, label, ret, ret_size, err);
	if (!is_plain_text(text + *off, r.off - *off))
		return jurat_fail(err, -EBADMSG,
				  "PEM: between bytes %zu and %zu: expected text or whole blocks", *off,
				  r.off);
	if (!found)
		return JURAT_NOT_FOUND;
	if (!take_text(&r, begin_mark) || !take_label(&r, begin))
		return jurat_fail(err, -EBADMSG, "PEM: malformed BEGIN line at byte %zu", r.off);
	if (!standard_label(begin))
		return jurat_fail(err, -EBADMSG, "PEM: unexpected block '%s'; expected certificates and CRLs",
				  begin);
	body = take_body(&r);
	if (!take_text(&r, end_mark) || !take_label(&r, end) || !take_line_end(&r) || strcmp(begin, end) != 0)
		return jurat_fail(err, -EBADMSG, "PEM: %s does not end with its END line at byte %zu", begin,
				  r.off);
	to = bytes_wr(NULL, body.size / 4 * 3 + 3);
	der = malloc(to.size);
	if (!der)
		return jurat_fail_memory(err);
	to.data = der;
	if (!decode(&body, &to))
		return jurat_fail(err, -EBADMSG, "PEM: %s before byte %zu is not base64", begin, r.off);
	snprintf(label, LABEL_BYTES, "%s", standard_label(begin));
	*off = r.off;
	*ret = take_ptr(der);
	*ret_size = to.off;
	return 0;
}

int crypto_pem_find(const uint8_t *text, size_t n, const char *const *labels, uint8_t *to, size_t room,
		    size_t *ret_size, size_t *ret_label, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(text, n), body;
	struct bytes_wr der = bytes_wr(to, room);
	char begin[LABEL_BYTES], end[LABEL_BYTES];

	while (seek_begin(&r)) {
		size_t i = 0;

		if (!take_text(&r, begin_mark) || !take_label(&r, begin))
			return jurat_fail(err, -EBADMSG, "PEM: malformed BEGIN line at byte %zu", r.off);
		body = take_body(&r);
		while (labels[i] && strcmp(begin, labels[i]) != 0)
			i++;
		if (!labels[i])
			continue;
		if (take_text(&r, "-Type: 4,ENCRYPTED")) /* Proc-Type of RFC 1421 */
			return jurat_fail(err, -EBADMSG, "PEM: %s is encrypted: decrypt it first", begin);
		if (!take_text(&r, end_mark) || !take_label(&r, end) || strcmp(begin, end) != 0)
			return jurat_fail(err, -EBADMSG, "PEM: %s does not end with its END line at byte %zu",
					  begin, r.off);
		if (!decode(&body, &der))
			return jurat_fail(err, -EBADMSG, "PEM: %s before byte %zu is not base64%s", begin,
					  r.off, der.bad ? ", or too large" : "");
		*ret_size = der.off;
		*ret_label = i;
		return 0;
	}
	return JURAT_NOT_FOUND;
}

void crypto_pem_write_as(FILE *to, const char *label, const uint8_t *der, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	enum { LINE_BYTES = 48 }; /* 64 characters */

	fprintf(to, "%s%s%s\n", begin_mark, label, mark_tail);
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)der[i] << 16 | (left > 1 ? (uint32_t)der[i + 1] << 8 : 0) |
			     (left > 2 ? der[i + 2] : 0);

		fputc(digits[v >> 18], to);
		fputc(digits[v >> 12 & 63], to);
		fputc(left > 1 ? digits[v >> 6 & 63] : '=', to);
		fputc(left > 2 ? digits[v & 63] : '=', to);
		if ((i + 3) % LINE_BYTES == 0 || left <= 3)
			fputc('\n', to);
	}
	fprintf(to, "%s%s%s\n", end_mark, label, mark_tail);
}

void crypto_pem_write(FILE *to, const uint8_t *der, size_t n)
{
	crypto_pem_write_as(to, certificate, der, n);
}
