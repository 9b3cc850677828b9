/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "sim/forge/forge_tdx.h"

enum { MAX_SEGMENTS = 12, FIXED_ROOM = 4096 };

/* A piece of a quote, in the order of the quote. */
struct segment {
	enum sim_part part;
	const struct wire_layout *layout; /* NULL: bytes without one */
	const char *name;                 /* of bytes without a layout */
	size_t off, size;
};

struct draft {
	struct sim_order *order;
	const struct sim_qe *qe;
	const struct tdx_quote *quote; /* without the order */
	uint8_t key[TDX_QUOTE_KEY_BYTES];
	uint8_t *auth, *bound_auth, *cert, *trailing; /* heap */
	size_t auth_size, bound_auth_size, cert_size, trailing_size;
	enum forge_nesting nesting;
	struct bytes_wr w; /* the quote */
	struct segment segments[MAX_SEGMENTS];
	size_t n_segments;
};

static void draft_done(struct draft *d)
{
	free(d->auth);
	free(d->bound_auth);
	free(d->cert);
	free(d->trailing);
	free(d->w.data);
}

/* Of fields that no signature covers: set before or after is the same. */
static const char *late_value(struct draft *d, enum sim_part part, const char *field)
{
	const char *set = sim_order_value(d->order, part, SIM_EDIT_SET, field);
	const char *late = sim_order_value(d->order, part, SIM_EDIT_UNSIGNED, field);

	return late ? late : set;
}

/* Applies the edits of one kind to a segment that was written. */
static int edit(struct draft *d, const struct segment *s, enum sim_edit_kind kind, struct jurat_error *err)
{
	for (struct sim_edit *e = NULL;
	     s->layout && (e = sim_order_next(d->order, s->part, kind, e)) != NULL;) {
		struct order_place place;
		int r;

		if (order_place_find(s->layout, e->field, &place, NULL) < 0)
			continue;
		r = order_place_set(&place, SNP_PRODUCT_UNKNOWN, e->value, d->w.data + s->off, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s.%s", sim_part_name(s->part), e->field);
		e->used = true;
	}
	return 0;
}

/* Writes a segment and applies what is set in it. */
static int put(struct draft *d, enum sim_part part, const struct wire_layout *layout, const void *from,
	       struct jurat_error *err)
{
	struct segment *s = &d->segments[d->n_segments++];

	*s = (struct segment){ .part = part, .layout = layout, .off = d->w.off, .size = layout->size };
	wire_write(layout, from, d->w.data + d->w.off); /* FIXED_ROOM is for all of these */
	d->w.off += layout->size;
	return edit(d, s, SIM_EDIT_SET, err);
}

static void put_bytes(struct draft *d, const char *name, const uint8_t *bytes, size_t n)
{
	d->segments[d->n_segments++] =
		(struct segment){ .part = SIM_PART_QUOTE, .name = name, .off = d->w.off, .size = n };
	bytes_wr_copy(&d->w, bytes, n);
}

/* s of a signature becomes the other number that verifies just as well: the group's order less s. */
static void negate(uint8_t s[CRYPTO_P256_BYTES])
{
	static const uint8_t order[CRYPTO_P256_BYTES] = {
		0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
		0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
	};
	int borrow = 0;

	for (unsigned i = CRYPTO_P256_BYTES; i-- > 0;) {
		int digit = order[i] - s[i] - borrow;

		borrow = digit < 0;
		s[i] = (uint8_t)(digit + 256 * borrow);
	}
}

/* A signature of n bytes in front by the key that the order names. */
static int sign(struct draft *d, enum sim_part part, enum sim_qe_key key, const uint8_t *bytes, size_t n,
		uint8_t ret[TDX_QUOTE_SIGNATURE_BYTES], struct jurat_error *err)
{
	const char *signer = late_value(d, part, "signed_by"), *negated = late_value(d, part, "negated_s");
	unsigned which = key;
	bool flag = false;
	int r = signer ? order_choice(signer, forge_quote_signers, &which, err) : 0;

	if (r == 0 && negated)
		r = sim_order_flag(negated, &flag, err);
	if (r < 0)
		return r;
	sim_qe_sign(d->qe, (enum sim_qe_key)which, bytes, n, ret);
	if (flag)
		negate(ret + CRYPTO_P256_BYTES);
	return 0;
}

/* The layout of the body that a version 5 quote says it has: of one that TDs do not have, the usual one. */
static int choose_body(struct draft *d, const struct wire_layout **ret, struct jurat_error *err)
{
	const char *asked = sim_order_value(d->order, SIM_PART_QUOTE, SIM_EDIT_SET, "body_type");
	uint64_t type = d->quote->body_type;
	int r = asked ? order_number_change(asked, UINT16_MAX, &type, err) : 0;

	if (r == 0 && tdx_body_layout_of((unsigned)type))
		*ret = tdx_body_layout_of((unsigned)type);
	return r;
}

/* Header and body: what the quote signature covers. */
static int put_signed(struct draft *d, struct jurat_error *err)
{
	const struct wire_layout *layout = tdx_body_layout_of(d->quote->body_type);
	struct forge_body_hdr hdr = { .body_type = d->quote->body_type };
	uint64_t version;
	int r = put(d, SIM_PART_QUOTE, &tdx_quote_hdr_layout, &d->quote->hdr, err);

	if (r < 0)
		return r;
	version = bytes_get_le(d->w.data, 2);
	if (version == 5 || (version != 4 && d->quote->hdr.version == 5)) {
		r = choose_body(d, &layout, err);
		hdr.body_size = (uint32_t)layout->size;
		if (r == 0)
			r = put(d, SIM_PART_QUOTE, &forge_body_hdr_layout, &hdr, err);
	} else {
		layout = &tdx_body_10_layout;
	}
	return r == 0 ? put(d, SIM_PART_BODY, layout, &d->quote->body, err) : r;
}

/* The attestation key that the quote has; what is set is what the QE report binds. */
static int choose_key(struct draft *d, struct jurat_error *err)
{
	struct sim_edit *e = NULL;
	int r = 0;

	memcpy(d->key, sim_qe_public(d->qe, SIM_QE_ATTESTATION_KEY), sizeof(d->key));
	while (r == 0 && (e = sim_order_next(d->order, SIM_PART_QUOTE, SIM_EDIT_SET, e)) != NULL) {
		struct order_place place;

		if (order_place_find(&forge_signature_layout, e->field, &place, NULL) < 0 ||
		    strcmp(place.field->name, "attestation_key") != 0)
			continue;
		place.off -= place.field->off;
		r = order_place_set(&place, SNP_PRODUCT_UNKNOWN, e->value, d->key, err);
	}
	return r;
}

/* A copy of `from`, or the bytes of the field's value when there is one. */
static int some_bytes(const char *value, struct bytes_rd from, uint8_t **ret, size_t *ret_size,
		      struct jurat_error *err)
{
	uint8_t *bytes = calloc(1, FORGE_MAX_BYTES + from.size);
	int r = 0;

	if (!bytes)
		return jurat_fail_memory(err);
	*ret = bytes;
	*ret_size = from.size;
	if (value)
		r = sim_order_some_bytes(value, bytes, FORGE_MAX_BYTES, ret_size, err);
	else if (from.size > 0)
		memcpy(bytes, from.data, from.size);
	return r;
}

/* PEM with other ends of lines. */
static size_t end_lines(const char *text, size_t n, enum forge_line_ends ends, uint8_t *to)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n' && ends != FORGE_LF)
			to[size++] = '\r';
		if (text[i] != '\n' || ends != FORGE_CR)
			to[size++] = (uint8_t)text[i];
	}
	return size;
}

/* The PEM chain as the order has it. */
static int make_chain(struct draft *d, const char *names, struct jurat_error *err)
{
	const char *ends_name = late_value(d, SIM_PART_QUOTE, "line_ends");
	const char *nul = late_value(d, SIM_PART_QUOTE, "has_nul");
	const char *trailing = late_value(d, SIM_PART_QUOTE, "chain_trailing");
	struct bytes_rd usual = d->quote->cert_data;
	bool has_nul = usual.size > 0 && usual.data[usual.size - 1] == 0;
	enum forge_cert_name chain[FORGE_MAX_CHAIN];
	struct sim_der certs[FORGE_MAX_CHAIN];
	auto_free char *text = NULL;
	unsigned ends = FORGE_LF;
	size_t n = 0, size = 0, more = 0;
	int r = forge_chain_read(names ? names : "pck,pck_ca,root", chain, &n, err);

	if (r == 0 && ends_name)
		r = order_choice(ends_name, forge_line_ends, &ends, err);
	if (r == 0 && nul)
		r = sim_order_flag(nul, &has_nul, err);
	if (r < 0)
		return r;
	forge_chain_certs(d->qe, chain, &n, certs);
	r = sim_pki_intel_pem(certs, n, &text, &size, err);
	if (r < 0)
		return r;
	d->cert = malloc(2 * size + FORGE_MAX_BYTES + 1);
	if (!d->cert)
		return jurat_fail_memory(err);
	d->cert_size = end_lines(text, size, (enum forge_line_ends)ends, d->cert);
	if (has_nul)
		d->cert[d->cert_size++] = 0;
	if (trailing)
		r = sim_order_some_bytes(trailing, d->cert + d->cert_size, FORGE_MAX_BYTES, &more, err);
	d->cert_size += more;
	return r;
}

/* What is in the quote in sizes that are free. */
static int choose_bytes(struct draft *d, struct jurat_error *err)
{
	const char *cert = late_value(d, SIM_PART_QUOTE, "cert_data");
	const char *chain = late_value(d, SIM_PART_QUOTE, "chain");
	const char *auth = sim_order_value(d->order, SIM_PART_QUOTE, SIM_EDIT_SET, "auth_data");
	const char *late_auth = sim_order_value(d->order, SIM_PART_QUOTE, SIM_EDIT_UNSIGNED, "auth_data");
	const char *nesting = late_value(d, SIM_PART_QUOTE, "nesting");
	const char *trailing = late_value(d, SIM_PART_QUOTE, "trailing");
	unsigned which = FORGE_NESTED;
	int r = nesting ? order_choice(nesting, forge_nestings, &which, err) : 0;

	d->nesting = (enum forge_nesting)which;
	if (r == 0)
		r = some_bytes(auth, d->quote->auth_data, &d->bound_auth, &d->bound_auth_size, err);
	if (r == 0)
		r = some_bytes(late_auth, bytes_rd(d->bound_auth, d->bound_auth_size), &d->auth,
			       &d->auth_size, err);
	if (r == 0)
		r = some_bytes(trailing, bytes_rd(NULL, 0), &d->trailing, &d->trailing_size, err);
	if (r == 0)
		r = cert ? some_bytes(cert, bytes_rd(NULL, 0), &d->cert, &d->cert_size, err)
			 : make_chain(d, chain, err);
	return r;
}

/* The QE report, its signature and authentication data. */
static int put_qe_report(struct draft *d, struct jurat_error *err)
{
	const size_t off = d->w.off;
	struct sgx_report report = d->quote->qe_report;
	struct forge_qe_signature signature;
	const struct forge_auth auth = { .auth_data_size = (uint16_t)d->auth_size };
	auto_free uint8_t *bound = malloc(sizeof(d->key) + d->bound_auth_size);
	int r;

	if (!bound)
		return jurat_fail_memory(err);
	memcpy(bound, d->key, sizeof(d->key));
	memcpy(bound + sizeof(d->key), d->bound_auth, d->bound_auth_size);
	crypto_sha256(bound, sizeof(d->key) + d->bound_auth_size, report.report_data);
	r = put(d, SIM_PART_QE_REPORT, &sgx_report_layout, &report, err);
	if (r == 0)
		r = sign(d, SIM_PART_QE_REPORT, SIM_QE_PCK_KEY, d->w.data + off, SGX_REPORT_BYTES,
			 signature.signature, err);
	if (r == 0)
		r = put(d, SIM_PART_QE_REPORT, &forge_qe_signature_layout, &signature, err);
	if (r == 0)
		r = put(d, SIM_PART_QUOTE, &forge_auth_layout, &auth, err);
	if (r == 0)
		put_bytes(d, "auth_data", d->auth, d->auth_size);
	return r;
}

static size_t qe_report_size(const struct draft *d)
{
	return SGX_REPORT_BYTES + TDX_QUOTE_SIGNATURE_BYTES + forge_auth_layout.size + d->auth_size +
	       forge_cert_layout.size;
}

/* The QE report and what is in it, once or in itself; or the certification data alone. */
static int put_certification(struct draft *d, struct jurat_error *err)
{
	const size_t start = d->w.off;
	struct forge_cert cert = { .cert_type = d->quote->cert_type, .cert_size = (uint32_t)d->cert_size };
	int r = d->nesting == FORGE_FLAT ? 0 : put_qe_report(d, err);
	const size_t n = d->w.off - start;

	if (r == 0 && d->nesting == FORGE_TWICE) {
		cert = (struct forge_cert){ .cert_type = TDX_CERT_QE_REPORT,
					    .cert_size = (uint32_t)(qe_report_size(d) + d->cert_size) };
		r = put(d, SIM_PART_QUOTE, &forge_cert_layout, &cert, err);
		bytes_wr_copy(&d->w, d->w.data + start, n);
		bytes_wr_le16(&d->w, d->quote->cert_type);
		bytes_wr_le32(&d->w, (uint32_t)d->cert_size);
	} else if (r == 0 && d->nesting == FORGE_NESTED) {
		r = put(d, SIM_PART_QUOTE, &forge_cert_layout, &cert, err);
	}
	if (r == 0)
		put_bytes(d, "cert_data", d->cert, d->cert_size);
	return r;
}

static int put_signature_data(struct draft *d, struct jurat_error *err)
{
	const size_t inner = (size_t)d->nesting == FORGE_FLAT
				     ? d->cert_size
				     : (d->nesting == FORGE_TWICE ? 2 : 1) * qe_report_size(d) + d->cert_size;
	struct forge_signature signature = {
		.signature_data_size = (uint32_t)(forge_signature_layout.size - 4 + inner),
		.outer_cert_type = d->nesting == FORGE_FLAT ? d->quote->cert_type : TDX_CERT_QE_REPORT,
		.outer_cert_size = (uint32_t)inner,
	};
	int r = sign(d, SIM_PART_QUOTE, SIM_QE_ATTESTATION_KEY, d->w.data, d->w.off, signature.signature,
		     err);

	memcpy(signature.attestation_key, d->key, sizeof(d->key));
	if (r == 0)
		r = put(d, SIM_PART_QUOTE, &forge_signature_layout, &signature, err);
	return r == 0 ? put_certification(d, err) : r;
}

static const struct segment *find_segment(const struct draft *d, const struct sim_edit *e, size_t *ret_off,
					  size_t *ret_size)
{
	for (size_t i = 0; i < d->n_segments; i++) {
		const struct segment *s = &d->segments[i];
		struct order_place place;

		if (s->part != e->part)
			continue;
		if (!*e->field || (s->name && strcmp(s->name, e->field) == 0)) {
			*ret_off = s->off;
			*ret_size = s->size;
			return s;
		}
		if (s->layout && order_place_find(s->layout, e->field, &place, NULL) == 0) {
			*ret_off = s->off + place.off;
			*ret_size = place.n;
			return s;
		}
	}
	return NULL;
}

static int damage(struct draft *d, enum sim_part part, struct jurat_error *err)
{
	for (struct sim_edit *e = NULL; (e = sim_order_next(d->order, part, SIM_EDIT_DAMAGE, e)) != NULL;) {
		size_t off = 0, size = 0;
		int r;

		if (!find_segment(d, e, &off, &size))
			continue; /* then it is not used */
		if (!*e->field && part == SIM_PART_QUOTE)
			size = d->w.off; /* the whole quote */
		r = order_flip(d->w.data + off, size, e->byte, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s%s%s", sim_part_name(part), *e->field ? "." : "",
					  e->field);
		e->used = true;
	}
	return 0;
}

/* After all signatures: fields set then, the size, and damage. */
static int finish(struct draft *d, struct jurat_error *err)
{
	const char *size = late_value(d, SIM_PART_QUOTE, "size");
	static const enum sim_part parts[] = { SIM_PART_QUOTE, SIM_PART_BODY, SIM_PART_QE_REPORT };
	uint64_t n;
	int r = 0;

	for (size_t i = 0; i < d->n_segments && r == 0; i++)
		r = edit(d, &d->segments[i], SIM_EDIT_UNSIGNED, err);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++)
		r = damage(d, parts[i], err);
	bytes_wr_copy(&d->w, d->trailing, d->trailing_size);
	n = d->w.off;
	if (r == 0 && size)
		r = order_number_change(size, UINT16_MAX, &n, err);
	if (r == 0 && n > d->w.off) /* zeros */
		bytes_wr_zero(&d->w, n - d->w.off);
	d->w.off = n;
	return r;
}

int forge_tdx_quote(void *ctx, const struct sim_qe *qe, const struct tdx_quote *quote, uint8_t **ret,
		    size_t *ret_size, struct jurat_error *err)
{
	struct draft d auto_call(draft_done) = { .order = ctx, .qe = qe, .quote = quote };
	size_t room;
	int r = choose_key(&d, err);

	if (r == 0)
		r = choose_bytes(&d, err);
	if (r < 0)
		return r;
	room = FIXED_ROOM + 2 * d.auth_size + d.cert_size + d.trailing_size + UINT16_MAX;
	d.w = bytes_wr(calloc(1, room), room);
	if (!d.w.data)
		return jurat_fail_memory(err);
	r = put_signed(&d, err);
	if (r == 0)
		r = put_signature_data(&d, err);
	if (r == 0)
		r = finish(&d, err);
	if (r < 0)
		return r;
	*ret = take_ptr(d.w.data);
	*ret_size = d.w.off;
	return 0;
}
