/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "crypto/x509.h"
#include "daemon/shelf.h"

/* Percent-encoding; what endorse_check() has accepted fits. */
static bool put_escaped(const char *text, char to[ENDORSE_MAX_CHAIN_HEADER_BYTES])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *text; text++) {
		const uint8_t c = (uint8_t)*text;

		if (n + (endorse_is_unreserved(c) ? 1 : 3) + 1 > ENDORSE_MAX_CHAIN_HEADER_BYTES)
			return false;
		if (endorse_is_unreserved(c)) {
			to[n++] = (char)c;
			continue;
		}
		to[n++] = '%';
		to[n++] = digits[c >> 4];
		to[n++] = digits[c & 15];
	}
	to[n] = '\0';
	return true;
}

static bool write_pem(const struct endorse_item *item, const struct endorse_value *value, char **ret,
		      size_t *ret_size)
{
	struct text_stream pem;

	if (text_stream_open(&pem) < 0)
		return false;
	crypto_pem_write_as(pem.to,
			    endorse_kind_form(item->kind) == ENDORSE_FORM_CRL ? "X509 CRL" : "CERTIFICATE",
			    value->body, value->size);
	return text_stream_close(&pem, ret, ret_size) == 0;
}

/* The body in an encoding, on the heap. Values are DER of certificates and CRLs, or text. */
static bool encode(const struct endorse_item *item, const struct endorse_value *value,
		   enum endorse_encoding encoding, char **ret, size_t *ret_size)
{
	const enum endorse_form form = endorse_kind_form(item->kind);

	if (form != ENDORSE_FORM_CERTIFICATE && form != ENDORSE_FORM_CRL)
		encoding = ENDORSE_AS_SERVED;
	if (encoding == ENDORSE_PEM)
		return write_pem(item, value, ret, ret_size);
	*ret_size = encoding == ENDORSE_HEX ? 2 * value->size : value->size;
	*ret = malloc(*ret_size + 1);
	if (!*ret)
		return false;
	if (encoding == ENDORSE_HEX)
		bytes_to_hex(value->body, value->size, *ret);
	else
		memcpy(*ret, value->body, value->size);
	return true;
}

struct web_content *answer_new(const struct endorse_item *item, const struct endorse_value *value,
			       enum endorse_encoding encoding, const char *content_type, bool half)
{
	const char *header = endorse_chain_header(item);
	char escaped[ENDORSE_MAX_CHAIN_HEADER_BYTES], *body = NULL;
	struct web_content *c;
	size_t n = 0;

	if (header && value->issuer_chain && !put_escaped(value->issuer_chain, escaped))
		return NULL;
	if (!encode(item, value, encoding, &body, &n)) {
		free(body);
		return NULL;
	}
	if (!content_type)
		content_type = endorse_content_type(item, encoding);
	c = half ? web_content_half(body, n, content_type) : web_content_new(body, n, content_type);
	if (c && header && value->issuer_chain && !web_content_add_header(c, header, escaped)) {
		web_content_drop(c);
		return NULL;
	}
	return c;
}
