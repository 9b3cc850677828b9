/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/decode_parts.h"
#include "verify/encoding.h"
#include "verify/proto.h"
#include "verify/rebuild.h"

/* "member 'quote'". Omits a name that is not ASCII, since it is printed to terminals. */
static void name_member(char to[64], const char *name)
{
	size_t n = 0;

	while (name[n] >= 0x20 && name[n] <= 0x7e)
		n++;
	if (name[n] != '\0')
		name = "";
	snprintf(to, 64, "member '%.40s'", name);
}

/*
 * Whether a member claims to be an endorsement: it is named like a CRL, or has a PEM marker. If it cannot be
 * parsed that is an error, because ignoring it could hide a revocation. A URL is not such a claim.
 */
static bool claims(const char *name, const char *text, size_t n)
{
	if (n == 0 || strncasecmp(text, "http", 4) == 0)
		return false;
	return strcasestr(name, "crl") || input_has_mark((const uint8_t *)text, n);
}

static int fail_claim(const struct decoding *d, const char *how, const char *name, const char *found)
{
	return jurat_fail(d->err, -EBADMSG, "%s: expected %s, found: %s", how,
			  strcasestr(name, "crl") ? "a CRL" : "certificates or CRLs", found);
}

static int take_string(const struct decoding *d, json_t *value, const char *name)
{
	const uint8_t *bytes = (const uint8_t *)json_string_value(value);
	size_t n = json_string_length(value);
	struct decoding inner = *d;
	char how[64];
	int r = JURAT_NOT_FOUND;

	name_member(how, name);
	inner.owned = true;
	if (n >= DECODE_MIN_STRING_BYTES)
		r = d->any(&inner, how, bytes, n);
	if (r == JURAT_NOT_FOUND && claims(name, (const char *)bytes, n))
		return fail_claim(d, how, name, input_name(bytes, n));
	return r == -EBADMSG ? jurat_wrap(d->err, r, "%s", how) : r;
}

static int take_array(const struct decoding *d, json_t *value, const char *name)
{
	struct decoding inner = *d;
	auto_free uint8_t *bytes = NULL;
	char how[64];
	size_t n;
	int r = encoding_json_array(value, &bytes, &n);

	if (r < 0)
		return jurat_fail_memory(d->err);
	if (r == JURAT_NOT_FOUND)
		return r;
	name_member(how, name);
	inner.owned = true;
	r = d->any(&inner, how, bytes, n);
	return r == JURAT_NOT_FOUND && claims(name, (const char *)bytes, n)
		       ? fail_claim(d, how, name, input_name(bytes, n))
		       : r;
}

/* Evidence written field by field. */
static int take_fields(const struct decoding *d, json_t *value)
{
	struct decoding inner = *d;
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r = rebuild_report(value, &bytes, &n, d->err);

	if (r == JURAT_NOT_FOUND)
		r = rebuild_quote(value, &bytes, &n, d->err);
	if (r != 0)
		return r;
	inner.owned = true;
	return d->any(&inner, "put together from its fields", bytes, n);
}

int decode_tree(const struct decoding *d, json_t *value, const char *name, unsigned depth)
{
	int r = JURAT_NOT_FOUND;
	bool any = false;
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		return take_string(d, value, name);
	if (!json_is_object(value) && !json_is_array(value))
		return r;
	if (depth == DECODE_MAX_JSON_DEPTH)
		return jurat_fail(d->err, -EBADMSG, "JSON: nested deeper than %d", DECODE_MAX_JSON_DEPTH);
	r = json_is_array(value) ? take_array(d, value, name) : take_fields(d, value);
	if (r != JURAT_NOT_FOUND)
		return r;
	json_object_foreach(value, key, item)
	{
		r = decode_tree(d, item, key, depth + 1);
		if (r < 0)
			return r;
		any = any || r == 0;
	}
	json_array_foreach(value, i, item)
	{
		r = decode_tree(d, item, name, depth + 1);
		if (r < 0)
			return r;
		any = any || r == 0;
	}
	return any ? 0 : JURAT_NOT_FOUND;
}

static int take_tree(const struct decoding *d, const char *how, json_t *tree)
{
	struct decoding inner = *d;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "%s%s%s", d->how, d->how[0] ? ", " : "", how);
	inner.how = path;
	r = decode_tree(&inner, tree, "", 0);
	json_decref(tree);
	return r;
}

/* Text that begins like JSON but cannot be parsed may be of another kind. */
int decode_json(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	json_error_t why;
	json_t *tree = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	if (tree)
		return take_tree(d, "JSON", tree);
	if (json_error_code(&why) == json_error_out_of_memory)
		return jurat_fail_memory(d->err);
	return d->depth > 1 ? JURAT_NOT_FOUND
			    : jurat_fail(d->err, -EBADMSG, "JSON: line %d: %s", why.line, why.text);
}

int decode_proto(const struct decoding *d, const uint8_t *bytes, size_t n)
{
	json_t *tree = NULL;
	int r;

	if (input_is_printable(bytes, n)) {
		r = proto_read_text(bytes, n, &tree);
		if (r == 0)
			return take_tree(d, "protocol buffer in text form", tree);
		return r < 0 ? jurat_fail_memory(d->err) : r;
	}
	for (unsigned i = 0; i < PROTO_N_MESSAGES; i++) {
		r = proto_read((enum proto_message)i, bytes, n, &tree);
		if (r == 0)
			r = take_tree(d, "protocol buffer", tree);
		else if (r < 0)
			return jurat_fail_memory(d->err);
		if (r == 0 || (r < 0 && r != -EBADMSG))
			return r;
	}
	return JURAT_NOT_FOUND;
}
