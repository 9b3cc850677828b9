/* SPDX-License-Identifier: MIT */
#include "crypto/der.h"
#include "crypto/x509.h"

#include <string.h>

#include "base/cleanup.h"

enum { MAX_RDNS = 24 };

/* Text in a caller's buffer, truncated to fit. */
struct text {
	char *buf;
	size_t room, len;
};

static void add(struct text *text, char c)
{
	if (text->len + 1 < text->room)
		text->buf[text->len] = c;
	text->len++;
}

static void add_string(struct text *text, const char *s)
{
	while (*s)
		add(text, *s++);
}

static void add_byte(struct text *text, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	add(text, digits[byte >> 4]);
	add(text, digits[byte & 15]);
}

/* Short name of an attribute type. Spec: RFC 4514, 3; X.520. All are id-at, 2.5.4.n. */
static const char *short_name(const struct bytes_rd *oid)
{
	static const struct {
		uint8_t n;
		const char *name;
	} known[] = {
		{ 3, "CN" },     { 5, "serialNumber" }, { 6, "C" },   { 7, "L" },      { 8, "ST" },
		{ 9, "street" }, { 10, "O" },           { 11, "OU" }, { 12, "title" }, { 13, "description" },
	};

	if (oid->size != 3 || oid->data[0] != 0x55 || oid->data[1] != 0x04)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].n == oid->data[2])
			return known[i].name;
	return NULL;
}

static void add_type(struct text *text, const struct bytes_rd *oid)
{
	const char *name = short_name(oid);

	if (name)
		add_string(text, name);
	else
		add_string(text, "OID.");
	for (size_t i = 0; !name && i < oid->size; i++)
		add_byte(text, oid->data[i]);
	add(text, '=');
}

static bool is_special(uint8_t c)
{
	switch (c) {
	case '"':
	case '+':
	case ',':
	case ';':
	case '<':
	case '>':
	case '\\':
		return true;
	default:
		return false;
	}
}

/* Escapes special characters and everything that is not printable ASCII. */
static void add_value(struct text *text, const struct bytes_rd *value)
{
	for (size_t i = 0; i < value->size; i++) {
		const uint8_t c = value->data[i];
		const bool at_edge = i == 0 || i + 1 == value->size;
		const bool printable = c >= 0x20 && c <= 0x7e;

		if (!printable || is_special(c) || (at_edge && c == ' ') || (i == 0 && c == '#'))
			add(text, '\\');
		if (printable)
			add(text, (char)c);
		else
			add_byte(text, c);
	}
}

static void add_rdn(struct text *text, struct bytes_rd set)
{
	bool first = true;

	while (bytes_rd_left(&set) > 0 && !set.bad) {
		struct bytes_rd attribute = der_enter(&set, DER_SEQUENCE);
		struct bytes_rd oid = der_enter(&attribute, DER_OID);
		struct bytes_rd value = der_enter(&attribute, (uint8_t)der_peek(&attribute));

		if (attribute.bad)
			return;
		if (!first)
			add(text, '+');
		add_type(text, &oid);
		add_value(text, &value);
		first = false;
	}
}

size_t crypto_name_format(const struct bytes_rd *name, char *buf, size_t room)
{
	struct text text = { buf, room, 0 };
	struct bytes_rd whole = *name, names = der_enter(&whole, DER_SEQUENCE), sets[MAX_RDNS];
	size_t n = 0;

	while (n < MAX_RDNS && bytes_rd_left(&names) > 0 && !names.bad)
		sets[n++] = der_enter(&names, DER_SET);
	for (size_t i = n; i-- > 0;) {
		add_rdn(&text, sets[i]);
		if (i > 0)
			add(&text, ',');
	}
	if (room > 0)
		buf[text.len < room ? text.len : room - 1] = '\0';
	return text.len;
}
