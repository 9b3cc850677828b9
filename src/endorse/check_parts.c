/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "endorse/check_internal.h"

static bool is_of_time(enum verify_reason reason)
{
	switch (reason) {
	case REASON_LEAF_NOT_YET_VALID:
	case REASON_LEAF_EXPIRED:
	case REASON_INTERMEDIATE_NOT_YET_VALID:
	case REASON_INTERMEDIATE_EXPIRED:
	case REASON_ROOT_NOT_YET_VALID:
	case REASON_ROOT_EXPIRED:
	case REASON_CRL_NOT_YET_VALID:
	case REASON_CRL_STALE:
	case REASON_TCB_SIGNER_NOT_YET_VALID:
	case REASON_TCB_SIGNER_EXPIRED:
	case REASON_TCB_INFO_NOT_YET_VALID:
	case REASON_TCB_INFO_EXPIRED:
	case REASON_QE_IDENTITY_NOT_YET_VALID:
	case REASON_QE_IDENTITY_EXPIRED:
		return true;
	default:
		return false;
	}
}

int endorse_check_outcome(const struct endorse_case *c, int r, enum verify_reason except,
			  struct jurat_error *err)
{
	const struct jurat_verdict *v = c->out;
	int result = 0;

	if (r < 0)
		return verdict_not_reached(err, r, endorse_kind_name(c->item->kind));
	if (v->n_reasons == VERDICT_MAX_REASONS)
		return jurat_fail(err, -EBADMSG, "%zu reasons, the first is: %s", v->n_reasons,
				  v->reasons[0].detail);
	for (size_t i = 0; i < v->n_reasons; i++) {
		const enum verify_reason reason = v->reasons[i].reason;
		const int is = is_of_time(reason) ? -ESTALE : -EBADMSG;

		if (reason == except || result == -EBADMSG || is == result)
			continue;
		result = jurat_fail(err, is, "%s: %s", verify_reason_code(reason), v->reasons[i].detail);
	}
	return result;
}

void endorse_check_expires(struct endorse_case *c, int64_t end)
{
	if (end < c->expires)
		c->expires = end;
}

void endorse_check_issue(struct endorse_case *c, const struct crypto_crl *crl)
{
	const struct bytes_rd *number = &crl->crl_number; /* big-endian */

	c->issued = crl->this_update;
	c->number = 0;
	for (size_t i = 0; number->size <= sizeof(c->number) && i < number->size; i++)
		c->number = c->number << 8 | number->data[i];
	endorse_check_expires(c, crl->next_update);
}

/* How much white space `text` begins with. */
static size_t blanks(const uint8_t *text, size_t n)
{
	size_t i = 0;

	while (i < n && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n'))
		i++;
	return i;
}

/* Base64 in lines of 64 digits and CR LF is 11/8 of its bytes. */
static int check_padding(size_t n, size_t der_bytes, struct jurat_error *err)
{
	const size_t max = der_bytes / 8 * 11 + UNSIGNED_MAX_BYTES;

	if (n <= max)
		return 0;
	return jurat_fail(err, -EBADMSG,
			  "expected up to %zu bytes of PEM for certificates of %zu bytes, found %zu", max,
			  der_bytes, n);
}

static int read_certs(const uint8_t *text, size_t n, struct cert_entry *certs[2], struct jurat_error *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	size_t off = 0, der_bytes = 0;

	for (size_t i = 0;; i++) {
		auto_free uint8_t *der = NULL;
		char label[32];
		size_t size;
		int r;

		off += blanks(text + off, n - off);
		if (off == n && i == 2)
			return check_padding(n, der_bytes, err);
		if (i == 2 || n - off < sizeof(begin) - 1 ||
		    memcmp(text + off, begin, sizeof(begin) - 1) != 0)
			return jurat_fail(err, -EBADMSG,
					  "expected two certificates in PEM, found other data at offset %zu, "
					  "after %zu certificates",
					  off, i);
		r = crypto_pem_next(text, n, &off, label, &der, &size, err);
		if (r == JURAT_NOT_FOUND)
			r = jurat_fail(err, -EBADMSG, "expected two certificates in PEM, found %zu", i);
		if (r == 0)
			r = cert_entry_new_plain(der, size, &certs[i], err);
		if (r < 0)
			return jurat_wrap(err, r, "certificate %zu", i + 1);
		der_bytes += size;
	}
}

int endorse_read_chain(const void *text, size_t n, struct cert_entry *ret[2], struct jurat_error *err)
{
	struct cert_entry *certs[2] = { NULL };
	int r = read_certs(text, n, certs, err);

	if (r < 0) {
		cert_entry_free(certs[0]);
		cert_entry_free(certs[1]);
		return r;
	}
	memcpy(ret, certs, sizeof(certs));
	return 0;
}

int endorse_is_root(struct cert_entry *own, struct cert_entry *root)
{
	if (memcmp(own->sha256, root->sha256, sizeof(own->sha256)) == 0)
		return 0;
	if (memcmp(own->spki_sha256, root->spki_sha256, sizeof(own->spki_sha256)) != 0 ||
	    own->cert.subject.size != root->cert.subject.size ||
	    memcmp(own->cert.subject.data, root->cert.subject.data, own->cert.subject.size) != 0)
		return JURAT_REFUSED;
	return cert_entry_signed_by(own, root);
}

void endorse_keep(struct cert_entry **to, struct cert_entry *entry)
{
	struct cert_entry *old = *to;

	*to = cert_entry_share(entry);
	cert_entry_free(old);
}
