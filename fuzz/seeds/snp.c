/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "seeds/seeds.h"
#include "support/snp.h"

/* As fuzz_snp_verify.c has them. */
enum { VLEK = 1 << 3, SIGN_REPORT = 1 << 4, SIGN_LEAF = 1 << 5, SIGN_CA = 1 << 6, PINNED = 1 << 7 };
enum { WITH_POLICY = 1 << 2, NO_TABLE = 1 << 3, TWICE = 1 << 4, PIN = 1 << 5, FITS = 1 << 6 };
enum { FILE_CERTIFICATES, FILE_CRL, FILE_REVOKING_CRL, FILE_TABLE };

static void begin(const char *name, unsigned n, uint8_t flags, uint8_t more)
{
	seed_begin("fuzz_snp_verify", "%s-%u", name, n);
	seed_u8(flags);
	seed_u8(more);
}

/* Everything is the platform's own; what follows is the policy and files. */
static void own(const char *name, unsigned n, uint8_t flags, uint8_t more, const char *policy)
{
	begin(name, n, flags, more);
	seed_u8(FUZZ_OWN);
	seed_u8(FUZZ_OWN);
	seed_part(policy, strlen(policy));
}

/* One edit of the report: of every field that is judged. */
static void edited_reports(void)
{
	static const struct {
		uint16_t off;
		uint8_t value;
	} edits[] = { { 0x00, 2 },     { 0x04, 1 },    { 0x0a, 1 },     { 0x0b, 0xff },  { 0x30, 3 },
		      { 0x34, 2 },     { 0x38, 0xff }, { 0x40, 0xff },  { 0x48, 0xff },  { 0x48, 4 },
		      { 0x50, 9 },     { 0x90, 9 },    { 0x180, 0xff }, { 0x188, 0xff }, { 0x1a0, 0 },
		      { 0x1e0, 0xff }, { 0x1e8, 1 },   { 0x1f8, 1 },    { 0x2a0, 0 },    { 0x29f, 1 } };

	for (unsigned i = 0; i < ARRAY_SIZE(edits); i++)
		for (unsigned sign = 0; sign < 2; sign++) {
			begin("edited", 2 * i + sign,
			      (uint8_t)(i % FUZZ_SNP_MACHINES | (sign ? SIGN_REPORT : 0)), 0);
			seed_u8(FUZZ_EDITED);
			seed_u8(1);
			seed_u16(edits[i].off);
			seed_u8(1);
			seed_u8(edits[i].value);
			seed_u8(FUZZ_OWN);
			seed_part("", 0);
			seed_end();
		}
}

/* Edits all over the certificates, signed anew: names, times, keys, extensions. */
static void edited_tables(void)
{
	const struct fuzz_bytes *table = &fuzz_snp(0)->tables[0];

	for (unsigned off = 96; off < table->n; off += 61) {
		begin("table", off, SIGN_LEAF | SIGN_CA, 0);
		seed_u8(FUZZ_OWN);
		seed_u8(FUZZ_EDITED);
		seed_u8(1);
		seed_u16((uint16_t)off);
		seed_u8(1);
		seed_u8((uint8_t)(off % 7 ? 0x30 : 0xff));
		seed_part("", 0);
		seed_end();
	}
}

static void whole(unsigned m, bool vlek)
{
	const struct fuzz_bytes *table = &fuzz_snp(m)->tables[vlek];
	const uint8_t *report = fuzz_snp(m)->reports[vlek];

	begin("whole", 2 * m + vlek, (uint8_t)(m | (vlek ? VLEK : 0)), TWICE);
	seed_u8(FUZZ_PART);
	seed_part(report, SNP_REPORT_BYTES);
	seed_u8(FUZZ_PART);
	seed_part(table->p, table->n);
	seed_part("", 0);
	seed_end();
	seed_begin("fuzz_input", "extended-%u-%u", m, vlek);
	seed_bytes(report, SNP_REPORT_BYTES);
	seed_bytes(table->p, table->n);
	seed_end();
	seed_whole("fuzz_input", report, SNP_REPORT_BYTES, "report-%u-%u", m, vlek);
}

static void policies(void)
{
	static const char *const texts[] = {
		"{\"minimum_tcb\":{\"milan\":{\"snp\":255}},\"minimum_committed_tcb\":{\"genoa\":{\"snp\":1}}"
		"}",
		"{\"minimum_tcb\":{\"milan\":{\"snp\":1}},\"minimum_launch_tcb\":{\"milan\":{\"tee\":0}}}",
		"{\"vmpl\":[1],\"maximum_vmpl\":0,\"minimum_guest_svn\":9,\"minimum_policy_abi\":\"1.55\"}",
		"{\"minimum_firmware\":\"9.0.0\",\"minimum_committed_firmware\":\"9.0.0\",\"require_crl\":"
		"true}",
		"{\"allow_provisional_firmware\":false,\"products\":[\"turin\"],\"allow_vcek\":false}",
		"{\"allow_smt\":false,\"require_single_socket\":true,\"require_rapl_dis\":true,\"tees\":["
		"\"tdx\"]}",
		"{\"required_platform_info\":[\"tsme_en\"],\"forbidden_platform_info\":[\"smt_en\"]}",
		("{\"measurement\":\"01000000000000000000000000000000000000000000000000"
		 "000000000000000000000000000000000000000000000000\"}"),
		"{\"csp_id\":[\"CN=other\"],\"allow_vlek\":true,\"allow_masked_chip_id\":true}",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		for (unsigned vlek = 0; vlek < 2; vlek++) {
			own("policy", 2 * i + vlek, (uint8_t)(i % FUZZ_SNP_MACHINES | (vlek ? VLEK : 0)),
			    WITH_POLICY, texts[i]);
			seed_end();
		}
}

static void files(void)
{
	for (unsigned kind = FILE_CERTIFICATES; kind <= FILE_TABLE; kind++)
		for (unsigned no_table = 0; no_table < 2; no_table++) {
			own("file", 2 * kind + no_table, SIGN_CA, no_table ? NO_TABLE | TWICE : TWICE, "");
			seed_u8((uint8_t)kind);
			seed_u8(FUZZ_OWN);
			if (kind == FILE_CRL) { /* and one that was edited: stale, of another issuer ... */
				seed_u8(FILE_CRL);
				seed_u8(FUZZ_EDITED);
				seed_u8(1);
				seed_u16(200);
				seed_u8(1);
				seed_u8(0x30);
			}
			seed_end();
		}
}

/* Evidence that does not go together: of other machines, under another key's name, with CRLs. */
static void mixed_up(void)
{
	for (unsigned a = 0; a < FUZZ_SNP_MACHINES; a++)
		for (unsigned b = 0; b < 2 * FUZZ_SNP_MACHINES; b += 3) {
			const struct fuzz_bytes *other = &fuzz_snp(b / 2)->tables[b & 1];
			struct snp_certs certs;
			uint8_t table[16384];
			size_t n;

			begin("mixed", a * 16 + b, (uint8_t)(a | (b & 4 ? VLEK : 0)), 0);
			seed_u8(FUZZ_OWN);
			seed_u8(FUZZ_PART);
			seed_part(other->p, other->n);
			seed_part("", 0);
			seed_end();
			/* The key's certificate where the other kind's should be, and a CRL. */
			auto_bytes crl = fuzz_snp_crl(fuzz_snp(a), b & 2, b & 4);

			must(snp_certs_read(other->p, other->n, &certs, NULL) == 0);
			certs.entries[0].kind = b & 1 ? SNP_CERT_VCEK : SNP_CERT_VLEK;
			certs.entries[certs.n++] = (struct snp_cert_entry){ .kind = SNP_CERT_CRL,
									    .data = bytes_rd(crl.p, crl.n) };
			must(snp_certs_write(&certs, table, sizeof(table), &n, NULL) == 0);
			begin("renamed", a * 16 + b, (uint8_t)(a | (b & 4 ? VLEK : 0)), 0);
			seed_u8(FUZZ_OWN);
			seed_u8(FUZZ_PART);
			seed_part(table, n);
			seed_part("", 0);
			seed_end();
			certs.entries[0].kind = b & 1 ? SNP_CERT_VLEK : SNP_CERT_VCEK;
			must(snp_certs_write(&certs, table, sizeof(table), &n, NULL) == 0);
			begin("crl", a * 16 + b, (uint8_t)(b / 2 | (b & 1 ? VLEK : 0)), TWICE);
			seed_u8(FUZZ_OWN);
			seed_u8(FUZZ_PART);
			seed_part(table, n);
			seed_part("", 0);
			seed_end();
		}
}

/* Keys of several machines, given to the verifier. */
static void given(void)
{
	for (unsigned m = 0; m < FUZZ_SNP_MACHINES; m++)
		for (uint8_t time = 0; time < 3; time++) {
			own("given", m * 4 + time, (uint8_t)(m | (m & 1 ? VLEK : 0)),
			    (uint8_t)(NO_TABLE | time), "");
			for (unsigned other = 0; other < 3; other++) {
				seed_u8(FILE_CERTIFICATES);
				seed_u8(FUZZ_PART);
				seed_part(fuzz_snp(m + 5 + other)->tables[m & 1].p,
					  fuzz_snp(m + 5 + other)->tables[m & 1].n);
			}
			seed_u8(FILE_CRL);
			seed_u8(FUZZ_OWN);
			seed_end();
		}
}

/* Every bit of the guest policy, set and clear, against policies that want all or none. */
static void guest_policies(void)
{
	static const char *const texts[] = {
		"{\"allow_debug\":true}",
		"{\"allow_migrate_ma\":false,\"allow_smt\":false,\"allow_cxl\":false}",
		("{\"require_single_socket\":true,\"require_mem_aes_256_xts\":true,\"require_rapl_dis\":true,"
		 "\"require_ciphertext_hiding\":true,\"require_page_swap_disable\":true}"),
	};

	for (unsigned bit = 16; bit < 26; bit++)
		for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
			begin("guest-policy", bit * 4 + i, SIGN_REPORT, WITH_POLICY);
			seed_u8(FUZZ_EDITED);
			seed_u8(1);
			seed_u16((uint16_t)(8 + bit / 8));
			seed_u8(1);
			seed_u8((uint8_t)(1u << bit % 8));
			seed_u8(FUZZ_OWN);
			seed_part(texts[i], strlen(texts[i]));
			seed_end();
		}
}

/* Policies that are made from reports, accepted and refused, and tables as a host checks them. */
static void pins_and_hosts(unsigned m, uint8_t vlek)
{
	own("pin", 2 * m + !!vlek, (uint8_t)(m | vlek), PIN | FITS, "");
	seed_end();
	own("pin-policy", 2 * m + !!vlek, (uint8_t)(m | vlek), WITH_POLICY | PIN,
	    "{\"allow_debug\":true,\"maximum_vmpl\":3,\"minimum_tcb\":{\"milan\":{\"snp\":255}}}");
	seed_end();
	begin("pin-edited", 2 * m + !!vlek, (uint8_t)(m | vlek | SIGN_REPORT), PIN);
	seed_u8(FUZZ_EDITED);
	seed_u8(4);
	for (unsigned i = 0; i < 4; i++) { /* host_data, chip_id, platform_info, committed TCB */
		static const uint16_t offs[] = { 0xc0, 0x1a0, 0x40, 0x1e0 };

		seed_u16(offs[i]);
		seed_u8(1);
		seed_u8(1);
	}
	seed_u8(FUZZ_OWN);
	seed_part("", 0);
	seed_end();
	begin("fits-edited", 2 * m + !!vlek, (uint8_t)(m | vlek), FITS);
	seed_u8(FUZZ_OWN);
	seed_u8(FUZZ_EDITED);
	seed_u8(1);
	seed_u16(0);
	seed_u8(1);
	seed_u8(1);
	seed_part("", 0);
	seed_end();
}

void seeds_snp(void)
{
	for (unsigned m = 0; m < FUZZ_SNP_MACHINES; m++) {
		whole(m, false);
		whole(m, true);
		own("own", m, (uint8_t)m, TWICE, "");
		seed_end();
		own("pinned", m, (uint8_t)(m | PINNED), 0, "");
		seed_end();
		pins_and_hosts(m, 0);
		pins_and_hosts(m, VLEK);
	}
	for (uint8_t time = 0; time < 4; time++) {
		own("time", time, VLEK, time, "");
		seed_end();
	}
	mixed_up();
	given();
	guest_policies();
	edited_reports();
	edited_tables();
	policies();
	files();
}
