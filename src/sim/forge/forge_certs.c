/* SPDX-License-Identifier: MIT */
#include "sim/forge/forge_certs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/order_internal.h"

/* What forge_make() has so far. */
struct draft {
	const struct forge_job *job;
	uint8_t tbs[SIM_X509_MAX_BYTES], algorithm[TBS_MAX_VALUE], signature[TBS_MAX_VALUE];
	size_t tbs_size, algorithm_size, signature_size;
	char text[BYTES_HEX_SIZE(TBS_MAX_VALUE)]; /* a value whose words are bytes now */
};

static bool is_signed_field(const char *field)
{
	for (const struct tbs_field *f = tbs_fields_signed; f->name; f++)
		if (strcmp(f->name, field) == 0)
			return true;
	return false;
}

/* What is said about the signed object; also "unsigned", which is the same of these. NULL: nothing. */
static const char *said(const struct draft *d, const char *field)
{
	const char *late = sim_order_value(d->job->order, d->job->part, SIM_EDIT_UNSIGNED, field);
	const char *early = sim_order_value(d->job->order, d->job->part, SIM_EDIT_SET, field);

	return late ? late : early;
}

static bool said_yes(const struct draft *d, const char *field)
{
	const char *value = said(d, field);
	bool yes = false;

	return value && sim_order_flag(value, &yes, NULL) == 0 && yes;
}

/* ---- words that stand for bytes ---- */

static int other_kind(const struct forge_job *job, const char *word)
{
	if (strcmp(word, "other-p256") == 0)
		return FORGE_P256;
	if (strcmp(word, "other-p384") == 0)
		return FORGE_P384;
	return strcmp(word, "other-rsa") == 0 ? FORGE_RSA : job->subject_kind;
}

static bool is_other(const char *value)
{
	return value && strncmp(value, "other", 5) == 0;
}

int forge_own_key(const struct forge_job *job, const struct forge_key *own, struct forge_key *ret,
		  struct jurat_error *err)
{
	const char *value = sim_order_value(job->order, job->part, SIM_EDIT_SET, "key");

	if (is_other(value))
		return forge_key_other(other_kind(job, value), ret, err);
	*ret = *own;
	return 0;
}

static int other_spki(struct draft *d, const char *word, struct jurat_error *err)
{
	auto_call(forge_key_done) struct forge_key key = { .kind = FORGE_RSA };
	uint8_t der[TBS_MAX_VALUE];
	struct der_wr w = der_wr(der, sizeof(der));
	int r = forge_key_other(other_kind(d->job, word), &key, err);

	if (r < 0)
		return r;
	forge_key_put_spki(&key, &w);
	bytes_to_hex(der, w.w.off, d->text);
	return 0;
}

static int other_id(struct draft *d, int kind, struct jurat_error *err)
{
	auto_call(forge_key_done) struct forge_key key = { .kind = FORGE_RSA };
	uint8_t id[20];
	int r = forge_key_other(kind, &key, err);

	if (r < 0)
		return r;
	forge_key_id(&key, id);
	bytes_to_hex(id, sizeof(id), d->text);
	return 0;
}

/* The serial number that the order gives to the part of this name; NULL: none. */
static const char *ordered_serial(const struct draft *d, const char *name)
{
	for (unsigned part = 0; part < SIM_N_PARTS; part++)
		if (strcmp(sim_part_name(part), name) == 0)
			return sim_order_value(d->job->order, part, SIM_EDIT_SET, "serial");
	return NULL;
}

/* One serial of a list: a name becomes its number in hex; hex stays. */
static int put_serial(struct draft *d, const char *word, char *to, size_t room, struct jurat_error *err)
{
	char name[64] = "", hex[BYTES_HEX_SIZE(20)];
	const size_t n = strcspn(word, ",");
	uint8_t serial[20];
	const char *text;
	size_t size = 0;
	int r;

	if (n >= sizeof(name) || word[0] == '\0' || strspn(word, "0123456789abcdefABCDEF") >= n) {
		text = word;
		size = n;
	} else {
		memcpy(name, word, n);
		text = ordered_serial(d, name);
		if (!text) {
			r = d->job->serial(d->job, name, serial, &size, err);
			if (r < 0)
				return r;
			text = bytes_to_hex(serial, size, hex);
		}
		size = strlen(text);
	}
	if (size >= room)
		return jurat_fail(err, -EINVAL, "there are too many serial numbers");
	memcpy(to, text, size);
	to[size] = '\0';
	return 0;
}

static int revoked(struct draft *d, const char *list, struct jurat_error *err)
{
	size_t used = 0;

	d->text[0] = '\0';
	while (*list) {
		size_t n = strcspn(list, ",");
		int r = put_serial(d, list, d->text + used, sizeof(d->text) - used - 1, err);

		if (r < 0)
			return r;
		used += strlen(d->text + used);
		list += n;
		if (*list == ',') {
			d->text[used++] = ',';
			d->text[used] = '\0';
			list++;
		}
	}
	return 0;
}

/* Field and value of an item for sim_x509_edit(). */
static int translate(struct draft *d, const char **field, const char **value, struct jurat_error *err)
{
	const bool is_subject_id = strcmp(*field, "subject_key_id") == 0;
	const char *given = *value;

	*value = d->text;
	if (strcmp(*field, "key") == 0 && is_other(given)) {
		*field = "spki";
		return other_spki(d, given, err);
	}
	if ((is_subject_id || strcmp(*field, "authority_key_id") == 0) && is_other(given))
		return other_id(d, is_subject_id ? d->job->subject_kind : d->job->other_kind, err);
	if (strcmp(*field, "revoked") == 0)
		return revoked(d, given, err);
	*value = given;
	return 0;
}

static int fail_edit(const struct forge_job *job, const char *field, int r, struct jurat_error *err)
{
	return jurat_wrap(err, r, "%s%s%s", sim_part_name(job->part), *field ? "." : "", field);
}

/* The items of one kind that change the signed part. */
static int edit_tbs(struct draft *d, enum sim_edit_kind kind, struct jurat_error *err)
{
	struct sim_order *order = d->job->order;

	for (struct sim_edit *e = NULL; (e = sim_order_next(order, d->job->part, kind, e)) != NULL;) {
		const char *field = e->field, *value = e->value;
		int r;

		if (is_signed_field(field) || strncmp(field, "for_", 4) == 0) /* see order_snp.h */
			continue;
		if (d->job->part == SIM_PART_PCK_CRL && strcmp(field, "chain") == 0) /* see forge_tdx.h */
			continue;
		r = translate(d, &field, &value, err);
		if (r == 0)
			r = sim_x509_edit(d->job->kind, field, value, sim_order_at(order), d->tbs,
					  &d->tbs_size, err);
		if (r < 0)
			return fail_edit(d->job, e->field, r, err);
		e->used = true;
	}
	return 0;
}

/* ---- signature ---- */

/* `encoding=tbs-long-length`: the length of the signed part has a zero byte too many. */
static int form_tbs(const struct draft *d, uint8_t to[SIM_X509_MAX_BYTES + 1], size_t *ret_size)
{
	const char *encoding = said(d, "encoding");
	const size_t more =
		encoding && strcmp(encoding, "tbs-long-length") == 0 && d->tbs_size > 2 && d->tbs[1] & 0x80;

	memcpy(to, d->tbs, 1);
	to[1] = (uint8_t)(d->tbs[1] + more);
	to[2] = 0;
	memcpy(to + 2 + more, d->tbs + 2, d->tbs_size - 2);
	*ret_size = d->tbs_size + more;
	return (int)more;
}

/* Names the algorithm in the signed part, unless the order does that. */
static int set_inner_algorithm(struct draft *d, struct jurat_error *err)
{
	const struct forge_job *job = d->job;

	if (sim_order_value(job->order, job->part, SIM_EDIT_SET, "inner_algorithm"))
		return 0;
	bytes_to_hex(d->algorithm, d->algorithm_size, d->text);
	return sim_x509_edit(job->kind, "inner_algorithm", d->text, 0, d->tbs, &d->tbs_size, err);
}

static int sign_with(struct draft *d, const struct forge_key *key, bool is_usual, struct jurat_error *err)
{
	const char *word = said(d, "algorithm"), *outer = said(d, "outer_algorithm");
	struct tbs_algorithm algorithm = forge_key_algorithm(key, d->job->has_trailer_field);
	auto_free uint8_t *tbs = malloc(SIM_X509_MAX_BYTES + 1);
	struct der_wr w = der_wr(d->algorithm, sizeof(d->algorithm));
	size_t n = 0;
	int r = 0;

	if (!tbs)
		return jurat_fail_memory(err);
	if (word)
		r = tbs_algorithm_read(word, &algorithm, err);
	if (r < 0)
		return r;
	tbs_algorithm_write(&algorithm, &w);
	d->algorithm_size = w.w.off;
	if (word || !is_usual)
		r = set_inner_algorithm(d, err);
	if (r < 0)
		return r;
	form_tbs(d, tbs, &n);
	r = forge_key_sign(key, &algorithm, d->job->pki, tbs, n, d->signature, &d->signature_size, err);
	if (r == 0 && outer)
		r = tbs_algorithm_der(outer, d->algorithm, &d->algorithm_size, err);
	return r;
}

static int sign(struct draft *d, struct jurat_error *err)
{
	const char *signer = said(d, "signed_by"), *bits = said(d, "signature");
	auto_call(forge_key_done) struct forge_key key = { .kind = FORGE_RSA };
	int r;

	if (signer && strcmp(signer, "other") == 0)
		r = forge_key_other(d->job->other_kind, &key, err);
	else
		r = d->job->key(d->job, signer, &key, err);
	if (r < 0)
		return fail_edit(d->job, "signed_by", r, err);
	r = sign_with(d, &key, (int)key.kind == d->job->other_kind, err);
	if (r < 0)
		return fail_edit(d->job, "algorithm", r, err);
	if (bits)
		r = sim_order_some_bytes(bits, d->signature, sizeof(d->signature), &d->signature_size, err);
	return r < 0 ? fail_edit(d->job, "signature", r, err) : 0;
}

/* ---- the whole ---- */

/* Where things are in it. */
struct places {
	size_t tbs, tbs_more, algorithm, signature;
};

/* Puts the outermost header in front of n bytes: as DER, or as ordered. */
static void put_header(struct bytes_wr *w, const char *encoding, size_t n)
{
	uint8_t more = n < 0x80 ? 0 : n < 0x100 ? 1 : 2;

	bytes_wr_u8(w, DER_SEQUENCE);
	if (encoding && strcmp(encoding, "indefinite") == 0) {
		bytes_wr_u8(w, 0x80);
		return;
	}
	if (encoding && strcmp(encoding, "long-length") == 0) {
		bytes_wr_u8(w, (uint8_t)(0x80 | (more + 1)));
		bytes_wr_u8(w, 0);
	} else if (more > 0) {
		bytes_wr_u8(w, 0x80 | more);
	}
	if (more > 1)
		bytes_wr_u8(w, (uint8_t)(n >> 8));
	bytes_wr_u8(w, (uint8_t)n);
}

static int assemble(const struct draft *d, uint8_t *to, size_t room, size_t *ret_size, struct places *ret,
		    struct jurat_error *err)
{
	const char *encoding = said(d, "encoding"), *trailing = said(d, "trailing");
	auto_free uint8_t *inner = malloc(room + SIM_X509_MAX_BYTES + 1);
	uint8_t tail[TBS_MAX_VALUE];
	struct bytes_wr w = bytes_wr(to, room);
	struct der_wr i;
	size_t n = 0;

	if (!inner)
		return jurat_fail_memory(err);
	i = der_wr(inner + SIM_X509_MAX_BYTES + 1, room);
	ret->tbs_more = (size_t)form_tbs(d, inner, &n);
	der_put_raw(&i, inner, n);
	ret->algorithm = i.w.off;
	der_put_raw(&i, d->algorithm, d->algorithm_size);
	der_put_bits(&i, d->signature, d->signature_size, 0);
	ret->signature = i.w.off - d->signature_size;
	put_header(&w, encoding, i.w.off);
	ret->tbs = w.off;
	ret->algorithm += w.off;
	ret->signature += w.off;
	bytes_wr_copy(&w, i.w.data, i.w.off);
	if (encoding && strcmp(encoding, "indefinite") == 0)
		bytes_wr_zero(&w, 2);
	if (trailing && sim_order_some_bytes(trailing, tail, sizeof(tail), &n, err) == 0)
		bytes_wr_copy(&w, tail, n);
	if (i.w.bad || w.bad)
		return jurat_fail(err, -EINVAL, "%s: it would have more than %zu bytes",
				  sim_part_name(d->job->part), room);
	*ret_size = w.off;
	return 0;
}

static int damage_one(const struct draft *d, const struct sim_edit *e, const struct places *at, uint8_t *der,
		      size_t n, struct jurat_error *err)
{
	size_t off = 0, size = n;
	int r = 0;

	if (strcmp(e->field, "signature") == 0) {
		off = at->signature;
		size = d->signature_size;
	} else if (strcmp(e->field, "outer_algorithm") == 0) {
		off = at->algorithm;
		size = d->algorithm_size;
	} else if (*e->field) {
		r = sim_x509_find(d->job->kind, e->field, d->tbs, d->tbs_size, &off, &size, err);
		off += at->tbs + at->tbs_more;
	}
	return r < 0 ? r : order_flip(der + off, size, e->byte, err);
}

static int damage(const struct draft *d, const struct places *at, uint8_t *der, size_t n,
		  struct jurat_error *err)
{
	struct sim_order *order = d->job->order;

	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(order, d->job->part, SIM_EDIT_DAMAGE, e)) != NULL;) {
		int r = damage_one(d, e, at, der, n, err);

		if (r < 0)
			return fail_edit(d->job, e->field, r, err);
		e->used = true;
	}
	return 0;
}

int forge_make(const struct forge_job *job, const uint8_t *tbs, size_t tbs_size, uint8_t *to, size_t room,
	       size_t *ret_size, struct jurat_error *err)
{
	auto_free struct draft *d = malloc(sizeof(*d));
	struct places at = { 0 };
	size_t n = 0;
	int r;

	if (!d)
		return jurat_fail_memory(err);
	if (tbs_size > sizeof(d->tbs))
		return jurat_fail(err, -EINVAL, "it has more than %d bytes", SIM_X509_MAX_BYTES);
	d->job = job;
	memcpy(d->tbs, tbs, tbs_size);
	d->tbs_size = tbs_size;
	r = edit_tbs(d, SIM_EDIT_SET, err);
	if (r == 0)
		r = sign(d, err);
	if (r == 0)
		r = edit_tbs(d, SIM_EDIT_UNSIGNED, err);
	if (r == 0)
		r = assemble(d, to, room, &n, &at, err);
	if (r == 0)
		r = damage(d, &at, to, n, err);
	if (r < 0)
		return r;
	*ret_size = said_yes(d, "missing") ? 0 : n;
	return 0;
}
