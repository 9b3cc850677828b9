/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"

/* Evidence that is right, with values at which verifiers go wrong: to refuse it is to refuse real guests. */

/* Each component at the borders of a byte and of a DER INTEGER of one byte. */
static int add_values(struct cases_builder *b, const struct table_snp_tcb *p, bool vlek)
{
	static const unsigned values[] = { 0, 127, 128, 255 };
	const char *leaf = vlek ? "vlek" : "vcek";
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(p->components) && p->components[i].name; i++)
		for (size_t v = 0; r == 0 && v < ARRAY_SIZE(values); v++) {
			const struct table_snp_component *c = &p->components[i];
			struct cases_row row = {
				.product = p->product, .vlek = vlek, .bug = "B56", ACCEPTED
			};

			row.id = cases_text(b, "snp-value-%s-%s-%s-%u", leaf, p->lower, c->id, values[v]);
			row.what = cases_text(b, "The %s of reported_tcb and of the %s of %s is %u.", c->name,
					      vlek ? "VLEK" : "VCEK", p->name, values[v]);
			row.spec = vlek ? KDS_VLEK("SPL extensions") : KDS_VCEK("SPL extensions");
			row.items[0] = cases_text(b, "platform.tcb.%s=%u", c->name, values[v]);
			r = cases_add(b, &row, 1);
		}
	return r;
}

#define FILL_6 "515151515151"
#define FILL_8 FILL_6 "5151"

/* HWIDs that begin like something else in DER (B38). */
static int add_hwids(struct cases_builder *b)
{
	static const unsigned bytes[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x16, 0x30, 0x80, 0xff };
	int r = 0;

	for (size_t p = 0; p < TABLE_SNP_PRODUCTS; p++)
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(bytes); i++) {
			const struct table_snp_tcb *product = &table_snp_tcbs[p];
			const bool turin = product->product == SNP_TURIN;
			struct cases_row row = { .product = product->product, .bug = "B38", ACCEPTED };

			row.id = cases_text(b, "snp-hwid-%s-%02x", product->lower, bytes[i]);
			row.what = cases_text(b, "The HWID of a %s chip begins with the bytes 0x%02x 0x%02x.",
					      product->name, bytes[i], turin ? 6 : 62);
			row.spec = KDS_VCEK("hwID");
			row.items[0] = turin ? cases_text(b, "platform.hwid=%02x06" FILL_6, bytes[i])
					     : cases_text(b,
							  "platform.hwid=%02x3e" FILL_6 FILL_8 FILL_8 FILL_8
								  FILL_8 FILL_8 FILL_8 FILL_8,
							  bytes[i]);
			r = cases_add(b, &row, 1);
		}
	return r;
}

static int add_vmpls(struct cases_builder *b)
{
	int r = 0;

	for (size_t p = 0; p < TABLE_SNP_PRODUCTS; p++)
		for (unsigned vmpl = 0; r == 0 && vmpl <= 3; vmpl++) {
			struct cases_row row = { .product = table_snp_tcbs[p].product, ACCEPTED };

			row.id = cases_text(b, "snp-vmpl-%s-%u", table_snp_tcbs[p].lower, vmpl);
			row.what = cases_text(
				b, "VMPL %u of a %s guest requested the report, as the policy allows.", vmpl,
				table_snp_tcbs[p].name);
			row.spec = ABI_REPORT("VMPL");
			row.items[0] = cases_text(b, "report.vmpl=%u", vmpl);
			row.policy = cases_text(b, "\"vmpl\": %u, \"maximum_vmpl\": %u", vmpl, vmpl);
			r = cases_add(b, &row, 1);
		}
	return r;
}

/* Every product and kind of key with a CRL that the verifier requires. */
static int add_crls(struct cases_builder *b)
{
	int r = 0;

	for (size_t p = 0; p < TABLE_SNP_PRODUCTS; p++)
		for (int vlek = 0; r == 0 && vlek <= 1; vlek++) {
			struct cases_row row = { .product = table_snp_tcbs[p].product,
						 .vlek = vlek,
						 .needs_crl = true,
						 ACCEPTED };

			row.id = cases_text(b, "snp-crl-current-%s-%s", table_snp_tcbs[p].lower,
					    vlek ? "vlek" : "vcek");
			row.what = cases_text(
				b, "The CRL of ARK-%s is current and lists another certificate than the %s.",
				table_snp_tcbs[p].name, vlek ? "ASVK" : "ASK");
			row.spec = "AMD 57230, CRL; RFC 5280 6.3.3";
			row.items[0] = "crl.revoked=7f7f7f";
			r = cases_add(b, &row, 1);
		}
	return r;
}

/* Certificate tables in every order, and with a CRL in every place. */
static int add_orders(struct cases_builder *b)
{
	static const char *const orders[] = { "vcek,ark,ask",     "ask,vcek,ark",     "ask,ark,vcek",
					      "ark,vcek,ask",     "vcek,crl,ask,ark", "vcek,ask,crl,ark",
					      "ark,crl,ask,vcek", "crl,ark,ask,vcek" };
	static const char *const vleks[] = { "vlek,ark,asvk", "asvk,vlek,ark",     "ark,vlek,asvk",
					     "ark,asvk,vlek", "vlek,crl,asvk,ark", "crl,asvk,ark,vlek" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(orders) + ARRAY_SIZE(vleks); i++) {
		const bool vlek = i >= ARRAY_SIZE(orders);
		struct cases_row row = { .product = table_snp_tcbs[i % TABLE_SNP_PRODUCTS].product,
					 .vlek = vlek,
					 .spec = GHCB_TABLE,
					 .bug = "B42",
					 ACCEPTED };

		row.id = cases_text(b, "snp-table-order-%zu", i + 1);
		row.what = cases_text(b, "The entries of the certificate table are %s, in this order.",
				      vlek ? vleks[i - ARRAY_SIZE(orders)] : orders[i]);
		row.items[0] =
			cases_text(b, "table.entries=%s", vlek ? vleks[i - ARRAY_SIZE(orders)] : orders[i]);
		r = cases_add(b, &row, 1);
	}
	return r;
}

static const struct cases_row rows[] = {
	{ SNP("csp-id-1-character", "The provider's name in the VLEK is one character long.",
	      KDS_VLEK("CSP_ID")),
	  ON(MILAN, 3), .vlek = true, ITEMS("platform.csp_id=a"), POLICY("\"csp_id\": \"a\""), ACCEPTED },
	{ SNP("csp-id-spaces", "The provider's name in the VLEK has spaces and punctuation.",
	      KDS_VLEK("CSP_ID")),
	  ON(GENOA, 3), .vlek = true, ITEMS("platform.csp_id=CN=A. & B. (Test), Ltd."),
	  POLICY("\"csp_id\": \"CN=A. & B. (Test), Ltd.\""), ACCEPTED },
	{ SNP("vcek-serial-20-bytes", "The serial number of the VCEK has 20 bytes, the most there may be.",
	      "RFC 5280 4.1.2.2"),
	  ON(MILAN, 3), ITEMS("vcek.serial=7f000000000000000000000000000000000000ff"), ACCEPTED },
	{ SNP("vcek-serial-128", "The serial number of the VCEK is 128, with a zero byte in front.",
	      "RFC 5280 4.1.2.2"),
	  ON(TURIN, 5), ITEMS("vcek.serial=0080"), ACCEPTED },
};

int table_snp_good(struct cases_builder *b)
{
	int r = cases_add(b, rows, ARRAY_SIZE(rows));

	for (size_t p = 0; r == 0 && p < TABLE_SNP_PRODUCTS; p++)
		r = add_values(b, &table_snp_tcbs[p], false);
	if (r == 0)
		r = add_values(b, &table_snp_tcbs[0], true);
	if (r == 0)
		r = add_hwids(b);
	if (r == 0)
		r = add_vmpls(b);
	if (r == 0)
		r = add_crls(b);
	return r == 0 ? add_orders(b) : r;
}
