/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "verify/render.h"

enum { LABEL = RENDER_LABEL };

void render_text_hex(FILE *f, const char *label, const uint8_t *p, size_t n)
{
	char hex[BYTES_HEX_SIZE(64)];

	fprintf(f, "%-*s %s\n", LABEL, label, bytes_all(p, n, 0) ? "zero" : bytes_to_hex(p, n, hex));
}

static void put_tcb_parts(FILE *f, enum snp_product product, const struct snp_tcb *tcb)
{
	if (product == SNP_TURIN)
		fprintf(f, "fmc %u ", tcb->fmc);
	fprintf(f, "boot_loader %u tee %u snp %u microcode %u\n", tcb->boot_loader, tcb->tee, tcb->snp,
		tcb->microcode);
}

static void put_tcb(FILE *f, const char *label, enum snp_product product, uint64_t raw)
{
	struct snp_tcb tcb;

	fprintf(f, "%-*s ", LABEL, label);
	if (product == SNP_PRODUCT_UNKNOWN || !snp_tcb_read(product, raw, &tcb))
		fprintf(f, "0x%016llx\n", (unsigned long long)raw);
	else
		put_tcb_parts(f, product, &tcb);
}

struct bit_name {
	unsigned bit;
	const char *text;
};

static void put_bits(FILE *f, uint64_t word, const struct bit_name *bits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (word >> bits[i].bit & 1)
			fprintf(f, ", %s", bits[i].text);
	}
	fputc('\n', f);
}

static void put_guest_policy(FILE *f, uint64_t policy)
{
	static const struct bit_name bits[] = {
		{ SNP_POLICY_DEBUG_BIT, "DEBUG allowed" },
		{ SNP_POLICY_MIGRATE_MA_BIT, "migration agent allowed" },
		{ SNP_POLICY_SMT_BIT, "SMT allowed" },
		{ SNP_POLICY_CXL_ALLOW_BIT, "CXL allowed" },
		{ SNP_POLICY_SINGLE_SOCKET_BIT, "single socket" },
		{ SNP_POLICY_MEM_AES_256_XTS_BIT, "AES-256-XTS" },
		{ SNP_POLICY_RAPL_DIS_BIT, "RAPL off" },
		{ SNP_POLICY_CIPHERTEXT_HIDING_BIT, "ciphertext hiding" },
		{ SNP_POLICY_PAGE_SWAP_DISABLE_BIT, "page swap off" },
	};

	fprintf(f, "%-*s 0x%llx, ABI %u.%u", LABEL, "guest policy", (unsigned long long)policy,
		(unsigned)(policy >> 8 & 0xff), (unsigned)(policy & 0xff));
	put_bits(f, policy, bits, ARRAY_SIZE(bits));
}

static void put_platform_info(FILE *f, uint64_t info)
{
	static const struct bit_name bits[] = {
		{ SNP_PLATFORM_SMT_EN_BIT, "SMT on" },
		{ SNP_PLATFORM_TSME_EN_BIT, "TSME on" },
		{ SNP_PLATFORM_ECC_EN_BIT, "ECC on" },
		{ SNP_PLATFORM_RAPL_DIS_BIT, "RAPL off" },
		{ SNP_PLATFORM_CIPHERTEXT_HIDING_BIT, "ciphertext hiding on" },
		{ SNP_PLATFORM_ALIAS_CHECK_BIT, "alias check complete" },
		{ SNP_PLATFORM_IOMMU_WRITE_SAFE_BIT, "IOMMU write safe" },
		{ SNP_PLATFORM_TIO_EN_BIT, "SEV-TIO on" },
	};

	fprintf(f, "%-*s 0x%llx", LABEL, "platform info", (unsigned long long)info);
	put_bits(f, info, bits, ARRAY_SIZE(bits));
}

static void put_report(FILE *f, const struct jurat_verdict *v)
{
	const struct snp_report *r = &v->report;

	fprintf(f, "%-*s SEV-SNP, version %u, product %s, VMPL %u, guest SVN %u\n", LABEL, "report",
		r->version, snp_product_name(v->product), r->vmpl, r->guest_svn);
	render_text_hex(f, "report data", r->report_data, sizeof(r->report_data));
	render_text_hex(f, "measurement", r->measurement, sizeof(r->measurement));
	render_text_hex(f, "host data", r->host_data, sizeof(r->host_data));
	render_text_hex(f, "ID key", r->id_key_digest, sizeof(r->id_key_digest));
	render_text_hex(f, "author key", r->author_key_digest, sizeof(r->author_key_digest));
	render_text_hex(f, "chip", r->chip_id, snp_hwid_bytes(v->product));
	put_guest_policy(f, r->policy);
	put_platform_info(f, r->platform_info);
	fprintf(f, "%-*s current %u.%u.%u, committed %u.%u.%u\n", LABEL, "firmware", r->current_major,
		r->current_minor, r->current_build, r->committed_major, r->committed_minor,
		r->committed_build);
	put_tcb(f, "reported TCB", v->product, r->reported_tcb);
	put_tcb(f, "committed TCB", v->product, r->committed_tcb);
	put_tcb(f, "current TCB", v->product, r->current_tcb);
	put_tcb(f, "launch TCB", v->product, r->launch_tcb);
}

void render_text_cert(FILE *f, const char *label, const struct verdict_cert *c)
{
	char from[VERDICT_TIME_BYTES], to[VERDICT_TIME_BYTES], hex[BYTES_HEX_SIZE(32)];

	if (!c->there)
		return;
	fprintf(f, "%-*s %s, issued by %s, %s to %s\n", LABEL, label, c->subject, c->issuer,
		verdict_time(c->not_before, from), verdict_time(c->not_after, to));
	fprintf(f, "%-*s SHA-256 %s\n", LABEL, "", bytes_to_hex(c->sha256, sizeof(c->sha256), hex));
}

static void put_signer(FILE *f, const struct jurat_verdict *v)
{
	render_text_cert(f, v->vlek ? "VLEK" : "VCEK", &v->leaf);
	if (v->leaf.there) {
		fprintf(f, "%-*s ", LABEL, "");
		put_tcb_parts(f, v->product, &v->leaf_says.tcb);
		if (v->leaf_says.csp_id[0])
			fprintf(f, "%-*s of provider %s\n", LABEL, "", v->leaf_says.csp_id);
	}
	render_text_cert(f, v->vlek ? "ASVK" : "ASK", &v->intermediate);
	render_text_cert(f, "ARK", &v->root);
}

static void put_not_judged(FILE *f, unsigned bits)
{
	const char *code, *text;

	for (size_t i = 0; verify_not_judged_at(i, &code, &text); i++) {
		if (bits >> i & 1)
			fprintf(f, "not judged: %s: %s\n", code, text);
	}
}

char *jurat_verdict_text(const struct jurat_verdict *verdict)
{
	char at[VERDICT_TIME_BYTES];
	char *text = NULL;
	size_t size;
	bool bad;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(verdict->refused ? "refused\n" : "accepted\n", f);
	for (size_t i = 0; i < verdict->n_reasons; i++)
		fprintf(f, "  %s: %s\n", jurat_verdict_reason_code(verdict, i),
			jurat_verdict_reason_detail(verdict, i));
	fprintf(f, "\n%-*s at %s, against %s\n", LABEL, "judged", verdict_time(verdict->at, at),
		verdict->roots_given ? "GIVEN ROOTS, not the vendor's" : "the vendor's roots");
	if (verdict->tdx) {
		render_text_tdx(f, verdict);
	} else if (verdict->has_report) {
		put_report(f, verdict);
		put_signer(f, verdict);
	}
	put_not_judged(f, verdict->not_judged);
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		free(text);
		return NULL;
	}
	return text;
}
