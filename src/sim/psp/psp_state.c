/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "sim/psp/psp_internal.h"

/*
 * The persistent state of the AMD-SP: fuses (by name), versions, configuration, the loaded VLEK; not guests.
 * Fixed fields in a fixed order, and their hash, so that a truncated or mixed state is refused.
 */
static const char magic[8] = { 'J', 'U', 'R', 'A', 'T', 'S', 'P', '1' };

enum { HASH_BYTES = CRYPTO_SHA256_BYTES, HASHED_BYTES = SIM_PSP_STATE_BYTES - HASH_BYTES };

static void write_version(struct bytes_wr *w, const struct psp_version *v)
{
	bytes_wr_u8(w, v->major);
	bytes_wr_u8(w, v->minor);
	bytes_wr_u8(w, v->build);
}

static struct psp_version read_version(struct bytes_rd *r)
{
	struct psp_version v;

	v.major = bytes_rd_u8(r);
	v.minor = bytes_rd_u8(r);
	v.build = bytes_rd_u8(r);
	return v;
}

void sim_psp_save(const struct sim_psp *psp, uint8_t to[SIM_PSP_STATE_BYTES])
{
	struct bytes_wr w = bytes_wr(to, HASHED_BYTES);

	bytes_wr_copy(&w, magic, sizeof(magic));
	bytes_wr_le32(&w, (uint32_t)psp->product);
	bytes_wr_le32(&w, psp->report_version);
	bytes_wr_copy(&w, psp->hwid, sizeof(psp->hwid));
	bytes_wr_le64(&w, psp->current_tcb);
	bytes_wr_le64(&w, psp->committed_tcb);
	bytes_wr_le64(&w, psp->reported_tcb);
	write_version(&w, &psp->current);
	write_version(&w, &psp->committed);
	bytes_wr_u8(&w, psp->vlek_en);
	bytes_wr_u8(&w, 0);
	bytes_wr_le32(&w, psp->config_flags);
	bytes_wr_le32(&w, 0);
	bytes_wr_le64(&w, psp->mit_vector);
	bytes_wr_le64(&w, psp->launches);
	bytes_wr_copy(&w, psp->hashstick, sizeof(psp->hashstick));
	bytes_wr_copy(&w, psp->csp_id, sizeof(psp->csp_id));
	bytes_wr_zero(&w, HASHED_BYTES - w.off);
	crypto_sha256(to, HASHED_BYTES, to + HASHED_BYTES);
}

/* Checks magic and hash, and reads the identity of the platform. */
static int check_head(struct bytes_rd *r, const uint8_t *from, size_t n, struct sim_psp *ret,
		      struct jurat_error *err)
{
	uint8_t hash[HASH_BYTES], head[sizeof(magic)];

	if (n != SIM_PSP_STATE_BYTES)
		return jurat_fail(err, -EBADMSG, "platform state: expected %d bytes, found %zu",
				  SIM_PSP_STATE_BYTES, n);
	bytes_rd_copy(r, head, sizeof(head));
	if (memcmp(head, magic, sizeof(magic)) != 0)
		return jurat_fail(err, -EBADMSG,
				  "not the state of a platform, or written by another version of jurat");
	crypto_sha256(from, HASHED_BYTES, hash);
	if (memcmp(hash, from + HASHED_BYTES, sizeof(hash)) != 0)
		return jurat_fail(err, -EBADMSG, "the state of the platform is damaged");
	ret->product = (enum snp_product)bytes_rd_le32(r);
	ret->report_version = bytes_rd_le32(r);
	bytes_rd_copy(r, ret->hwid, sizeof(ret->hwid));
	return 0;
}

/* Reads versions, configuration and VLEK into a copy of the platform. */
static void read_rest(struct bytes_rd *r, struct sim_psp *s)
{
	s->current_tcb = bytes_rd_le64(r);
	s->committed_tcb = bytes_rd_le64(r);
	s->reported_tcb = bytes_rd_le64(r);
	s->current = read_version(r);
	s->committed = read_version(r);
	s->vlek_en = bytes_rd_u8(r) != 0;
	bytes_rd_skip(r, 1);
	s->config_flags = bytes_rd_le32(r);
	bytes_rd_skip(r, 4);
	s->mit_vector = bytes_rd_le64(r);
	s->launches = bytes_rd_le64(r);
	bytes_rd_copy(r, s->hashstick, sizeof(s->hashstick));
	bytes_rd_copy(r, s->csp_id, sizeof(s->csp_id));
}

static bool is_consistent(const struct sim_psp *s)
{
	return psp_tcb_valid(s, s->current_tcb) && psp_tcb_covers(s, s->current_tcb, s->committed_tcb) &&
	       psp_tcb_covers(s, s->committed_tcb, s->reported_tcb) &&
	       (s->config_flags & ~(uint32_t)(SNP_STATUS_MASK_CHIP_ID | SNP_STATUS_MASK_CHIP_KEY)) == 0 &&
	       (s->vlek_en || bytes_all(s->hashstick, sizeof(s->hashstick), 0)) &&
	       s->csp_id[sizeof(s->csp_id) - 1] == '\0';
}

int sim_psp_load(struct sim_psp *psp, const uint8_t *from, size_t n, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(from, n);
	struct sim_psp head = { .product = SNP_PRODUCT_UNKNOWN }, s = *psp;
	uint8_t again[SIM_PSP_STATE_BYTES];
	int e = check_head(&r, from, n, &head, err);

	if (e < 0)
		return e;
	if (head.product != psp->product || head.report_version != psp->report_version ||
	    memcmp(head.hwid, psp->hwid, sizeof(head.hwid)) != 0)
		return jurat_fail(err, -EINVAL,
				  "the state belongs to another platform: %s with reports of version %u",
				  snp_product_name(head.product), head.report_version);
	read_rest(&r, &s);
	sim_psp_save(&s, again); /* refuse bytes that sim_psp_save() does not write */
	if (r.bad || !is_consistent(&s) || memcmp(again, from, sizeof(again)) != 0)
		e = jurat_fail(err, -EBADMSG, "the state of the platform is inconsistent");
	if (e == 0) {
		psp->current_tcb = s.current_tcb;
		psp->committed_tcb = s.committed_tcb;
		psp->reported_tcb = s.reported_tcb;
		psp->current = s.current;
		psp->committed = s.committed;
		psp->config_flags = s.config_flags;
		psp->mit_vector = s.mit_vector;
		psp->launches = s.launches;
		psp_set_vlek(psp, s.vlek_en ? s.hashstick : NULL);
		memcpy(psp->csp_id, s.csp_id, sizeof(psp->csp_id));
	}
	bytes_wipe(&s, sizeof(s));
	bytes_wipe(again, sizeof(again));
	return e;
}

int sim_psp_state_platform(const uint8_t *from, size_t n, enum snp_product *ret_product,
			   uint32_t *ret_report_version, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(from, n);
	struct sim_psp s = { .product = SNP_PRODUCT_UNKNOWN };
	int e = check_head(&r, from, n, &s, err);

	if (e < 0)
		return e;
	*ret_product = s.product;
	*ret_report_version = s.report_version;
	return 0;
}

void sim_psp_set_share(struct sim_psp *psp, const struct sim_psp_share *share)
{
	psp->share = share ? *share : (struct sim_psp_share){ .refresh = NULL };
}

bool psp_refresh(struct sim_psp *psp)
{
	return !psp->share.refresh || psp->share.refresh(psp->share.ctx) == 0;
}

uint32_t psp_changed(struct sim_psp *psp, uint32_t status)
{
	if (status == SNP_SUCCESS && psp->share.changed && psp->share.changed(psp->share.ctx) < 0)
		return SNP_RESOURCE_LIMIT;
	return status;
}
