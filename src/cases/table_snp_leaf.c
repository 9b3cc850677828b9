/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "cases/table_snp.h"

/* VCEK and VLEK: names, profile, and what binds them to chip and TCB. */

#define AMD        "1.3.6.1.4.1.3704.1"
#define CHAIN_SPEC "RFC 5280 6.1.3; "

static const struct spl {
	const char *name, *oid, *field;
} spls[] = {
	{ "blSPL", AMD ".3.1", "boot_loader" }, { "teeSPL", AMD ".3.2", "tee" },
	{ "snpSPL", AMD ".3.3", "snp" },        { "ucodeSPL", AMD ".3.8", "microcode" },
	{ "fmcSPL", AMD ".3.9", "fmc" },
};

static const struct spl *spl_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(spls); i++)
		if (!strcmp(spls[i].name, name))
			return &spls[i];
	return NULL;
}

/* One component differs, or its extension is not there. */
static int add_component(struct cases_builder *b, const struct table_snp_tcb *p,
			 const struct table_snp_component *c, bool vlek)
{
	const char *leaf = vlek ? "vlek" : "vcek", *name = vlek ? "VLEK" : "VCEK";
	const char *tcb = cases_text(b, "platform.tcb=0x%llx", (unsigned long long)p->raw);
	const struct cases_row row = { .product = p->product,
				       .vlek = vlek,
				       .spec = vlek ? KDS_VLEK("SPL extensions")
						    : KDS_VCEK("SPL extensions") };
	struct cases_row rows[3] = { row, row, row };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rows[i].items[0] = tcb;
		rows[i].verdict = CASES_REFUSED;
		rows[i].class = i < 2 ? CASES_BINDING : CASES_CHAIN;
		rows[i].reasons[0] = i < 2 ? "leaf-tcb-mismatch" : "leaf-extension-missing";
	}
	rows[0].id = cases_text(b, "snp-%s-tcb-%s-%s-higher", leaf, p->lower, c->id);
	rows[0].what = cases_text(b, "The %s of the %s is one above that of reported_tcb on %s.", c->spl,
				  name, p->name);
	rows[0].items[1] = cases_text(b, "%s.spl.%s=%u", leaf, c->spl, c->value + 1);
	rows[1].id = cases_text(b, "snp-%s-tcb-%s-%s-lower", leaf, p->lower, c->id);
	rows[1].what = cases_text(b, "The %s of the %s is one below that of reported_tcb on %s.", c->spl,
				  name, p->name);
	rows[1].items[1] = cases_text(b, "%s.spl.%s=%u", leaf, c->spl, c->value - 1);
	rows[2].id = cases_text(b, "snp-%s-tcb-%s-%s-missing", leaf, p->lower, c->id);
	rows[2].what = cases_text(b, "The %s of %s has no extension %s.", name, p->name, c->spl);
	rows[2].bug = "B36, virtee/snpguest#159";
	rows[2].items[1] = cases_text(b, "%s.extension.%s=absent", leaf, spl_of(c->spl)->oid);
	return cases_add(b, rows, ARRAY_SIZE(rows));
}

static int add_components(struct cases_builder *b)
{
	int r = 0;

	for (size_t p = 0; p < TABLE_SNP_PRODUCTS; p++)
		for (size_t i = 0; r == 0 && i < SNP_TCB_COMPONENTS; i++)
			if (table_snp_tcbs[p].components[i].name)
				r = add_component(b, &table_snp_tcbs[p], &table_snp_tcbs[p].components[i],
						  false);
	for (size_t i = 0; r == 0 && i < SNP_TCB_COMPONENTS; i++)
		if (table_snp_tcbs[1].components[i].name)
			r = add_component(b, &table_snp_tcbs[1], &table_snp_tcbs[1].components[i], true);
	return r;
}

#define X16(x)   x x x x x x x x x x x x x x x x
#define X64(x)   X16(x) X16(x) X16(x) X16(x)
#define TURIN_02 "0202020202020202" TURIN_CHIP_ZEROS

static const struct cases_row binding[] = {
	{ SNP("vcek-missing", "The VCEK is not supplied.", KDS_VCEK("certificate chain")), ON(MILAN, 3),
	  ITEMS("vcek.missing=yes"), REFUSED(CHAIN, "leaf-missing") },
	{ SNP("vlek-missing", "The VLEK is not supplied.", KDS_VLEK("certificate chain")), ON(MILAN, 3),
	  .vlek = true, ITEMS("vlek.missing=yes"), REFUSED(CHAIN, "leaf-missing") },
	{ SNP("vcek-of-current-tcb", "The VCEK is of current_tcb, and the host reports an older one.",
	      ABI_REPORT("REPORTED_TCB")),
	  ON(MILAN, 3), BUG("B33, AMDESE/AMDSEV#274"),
	  ITEMS("platform.tcb=0xdb18000000000204", "platform.reported_tcb=0xd917000000000204",
		"vcek.for_tcb=current"),
	  REFUSED(BINDING, "leaf-tcb-mismatch", "report-signature") },
	{ SNP("vcek-of-current-tcb-turin", "The VCEK of a Turin chip is of current_tcb, not of reported_tcb.",
	      ABI_REPORT("REPORTED_TCB")),
	  ON(TURIN, 5), BUG("B33"),
	  ITEMS("platform.tcb=0x5100000004030201", "platform.reported_tcb=0x5100000003030201",
		"vcek.for_tcb=current"),
	  REFUSED(BINDING, "leaf-tcb-mismatch", "report-signature") },
	{ SNP("vcek-other-chip-first-byte", "The first byte of the VCEK's HWID is not that of chip_id.",
	      KDS_VCEK("hwID")),
	  ON(MILAN, 3), BUG("B36, B37, virtee/snpguest#159"), ITEMS("report.chip_id[0]=+1"),
	  REFUSED(BINDING, "leaf-chip-mismatch") },
	{ SNP("vcek-other-chip-last-byte", "Only the last byte of the VCEK's HWID is not that of chip_id.",
	      KDS_VCEK("hwID")),
	  ON(GENOA, 3), BUG("B36, B37, virtee/snpguest#159"), ITEMS("report.chip_id[63]=+1"),
	  REFUSED(BINDING, "leaf-chip-mismatch") },
	{ SNP("vcek-other-chip-turin", "The eighth byte of a Turin chip_id is not that of the HWID.",
	      KDS_VCEK("hwID")),
	  ON(TURIN, 5), BUG("B36, B37, B38"), ITEMS("report.chip_id[7]=+1"),
	  REFUSED(BINDING, "leaf-chip-mismatch") },
	{ SNP("vcek-chip-id-tail-turin",
	      "Behind the 8 bytes of a Turin chip_id, which are those of the HWID, one is not zero.",
	      KDS_VCEK("hwID")),
	  ON(TURIN, 5), BUG("B38"), ITEMS("report.chip_id[8]=1"), REFUSED(BINDING, "leaf-chip-mismatch") },
	{ SNP("vcek-chip-id-end-turin", "The last byte of a Turin chip_id, which has 8 bytes, is not zero.",
	      KDS_VCEK("hwID")),
	  ON(TURIN, 5), BUG("B38"), ITEMS("report.chip_id[63]=1"), REFUSED(BINDING, "leaf-chip-mismatch") },
	{ SNP("vcek-hwid-missing", "The VCEK has no HWID.", KDS_VCEK("hwID")), ON(MILAN, 3),
	  BUG("B36, microsoft/TEE-Attestation-Verification#142"), ITEMS("vcek.extension." AMD ".4=absent"),
	  REFUSED(CHAIN, "leaf-extension-missing") },
	{ SNP("vcek-hwid-missing-turin", "The VCEK of a Turin chip has no HWID.", KDS_VCEK("hwID")),
	  ON(TURIN, 5), BUG("B36"), ITEMS("vcek.extension." AMD ".4=absent"),
	  REFUSED(CHAIN, "leaf-extension-missing") },
	{ SNP("vcek-hwid-empty", "The HWID of the VCEK has no bytes.", KDS_VCEK("hwID")), ON(MILAN, 3),
	  ITEMS("vcek.extension." AMD ".4="), REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-hwid-short", "The HWID of a Milan VCEK has 63 bytes.", KDS_VCEK("hwID")), ON(MILAN, 3),
	  ITEMS("report.chip_id=x05",
		"vcek.extension." AMD ".4=" X16("05") X16("05") X16("05") "050505050505050505050505050505"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-hwid-8-on-genoa",
	      "The HWID of a Genoa VCEK has the 8 bytes of a Turin one, which are the first of chip_id.",
	      KDS_VCEK("hwID")),
	  ON(GENOA, 3), BUG("B38"),
	  ITEMS("report.chip_id=0505050505050505" TURIN_CHIP_ZEROS,
		"vcek.extension." AMD ".4=0505050505050505"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-hwid-64-on-turin", "The HWID of a Turin VCEK is all 64 bytes of chip_id.",
	      KDS_VCEK("hwID")),
	  ON(TURIN, 5), BUG("AMDESE/AMDSEV#285"),
	  ITEMS("report.chip_id=0505050505050505" TURIN_CHIP_ZEROS,
		"vcek.extension." AMD ".4=0505050505050505" TURIN_CHIP_ZEROS),
	  EITHER(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-hwid-like-integer", "The bytes of the HWID begin like a DER INTEGER, and are not one.",
	      KDS_VCEK("hwID")),
	  ON(MILAN, 3), BUG("B38"), ITEMS("report.chip_id=x02", "vcek.extension." AMD ".4=" X64("02")),
	  ACCEPTED },
	{ SNP("vcek-hwid-like-octet-string",
	      "The bytes of the HWID begin like a DER OCTET STRING, and are not one.", KDS_VCEK("hwID")),
	  ON(GENOA, 3), BUG("B38"), ITEMS("report.chip_id=x04", "vcek.extension." AMD ".4=" X64("04")),
	  ACCEPTED },
	{ SNP("vcek-hwid-like-integer-turin", "The 8 bytes of a Turin HWID begin like a DER INTEGER.",
	      KDS_VCEK("hwID")),
	  ON(TURIN, 5), BUG("B38"),
	  ITEMS("report.chip_id=" TURIN_02, "vcek.extension." AMD ".4=0202020202020202"), ACCEPTED },
	{ SNP("vcek-hwid-wrapped",
	      "The HWID is wrapped in a second OCTET STRING, as in some certificates of AMD.",
	      KDS_VCEK("hwID")),
	  ON(MILAN, 3), ITEMS("report.chip_id=x06", "vcek.extension." AMD ".4=0440" X64("06")),
	  EITHER(CHAIN, NULL) },
	{ SNP("vcek-hwid-wrapped-turin", "The 8 bytes of a Turin HWID are wrapped in a second OCTET STRING.",
	      KDS_VCEK("hwID")),
	  ON(TURIN, 5),
	  ITEMS("report.chip_id=0606060606060606" TURIN_CHIP_ZEROS,
		"vcek.extension." AMD ".4=04080606060606060606"),
	  EITHER(CHAIN, NULL) },
	{ SNP("vcek-hwid-wrapped-other",
	      "The HWID is wrapped in a second OCTET STRING, and is of another chip.", KDS_VCEK("hwID")),
	  ON(MILAN, 3), ITEMS("report.chip_id=x06", "vcek.extension." AMD ".4=0440" X64("07")),
	  REFUSED(BINDING, "leaf-chip-mismatch") },
	{ SNP("vcek-hwid-wrapped-wrong-tag", "The HWID is wrapped in a BIT STRING.", KDS_VCEK("hwID")),
	  ON(MILAN, 3), ITEMS("report.chip_id=x06", "vcek.extension." AMD ".4=0340" X64("06")),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-hwid-zero", "Both chip_id and HWID are zero, as if the chip had no identity.",
	      ABI_REPORT("CHIP_ID")),
	  ON(MILAN, 3), ITEMS("report.chip_id=x00", "vcek.extension." AMD ".4=" X64("00")),
	  REFUSED(BINDING, "chip-id-masked") },
	{ SNP("chip-id-masked", "The platform masks chip_id, so it cannot be compared with the HWID.",
	      ABI_REPORT("CHIP_ID")),
	  ON(MILAN, 3), ITEMS("platform.mask_chip_id=yes"), REFUSED(BINDING, "chip-id-masked") },
	{ SNP("chip-id-masked-turin", "A Turin platform masks chip_id.", ABI_REPORT("CHIP_ID")), ON(TURIN, 5),
	  ITEMS("platform.mask_chip_id=yes"), REFUSED(BINDING, "chip-id-masked") },
	{ SNP("chip-id-masked-allowed", "The platform masks chip_id, and the policy allows that.",
	      MEMBER("allow_masked_chip_id")),
	  ON(MILAN, 3), ITEMS("platform.mask_chip_id=yes"), POLICY("\"allow_masked_chip_id\": true"),
	  ACCEPTED },
	{ SNP("chip-id-masked-allowed-other-tcb",
	      "The platform masks chip_id, as the policy allows, and the VCEK is of another TCB.",
	      MEMBER("allow_masked_chip_id")),
	  ON(MILAN, 3), ITEMS("platform.mask_chip_id=yes", "vcek.for_tcb.snp=-1"),
	  POLICY("\"allow_masked_chip_id\": true"),
	  REFUSED(BINDING, "leaf-tcb-mismatch", "report-signature") },
	{ SNP("chip-id-masked-vlek",
	      "The platform masks chip_id, and a VLEK, which no chip is bound to, signed.",
	      KDS_VLEK("profile")),
	  ON(MILAN, 3), .vlek = true, ITEMS("platform.mask_chip_id=yes"), ACCEPTED },
	{ SNP("vlek-other-chip", "A VLEK is of a provider: the report may be of any chip.",
	      KDS_VLEK("profile")),
	  ON(GENOA, 3), .vlek = true, ITEMS("report.chip_id=x77"), ACCEPTED },
	{ SNP("report-says-vlek", "The report names a VLEK as its signing key, and the VCEK signed.",
	      ABI_REPORT("SIGNING_KEY")),
	  ON(MILAN, 3), BUG("microsoft/TEE-Attestation-Verification#142"),
	  ITEMS("report.key_info.signing_key=1"), REFUSED(BINDING, "leaf-missing") },
	{ SNP("report-says-vcek", "The report names a VCEK as its signing key, and the VLEK signed.",
	      ABI_REPORT("SIGNING_KEY")),
	  ON(MILAN, 3), .vlek = true, BUG("microsoft/TEE-Attestation-Verification#142"),
	  ITEMS("report.key_info.signing_key=0"), REFUSED(BINDING, "leaf-missing") },
	{ SNP("vlek-in-place-of-vcek", "The VLEK is supplied as the VCEK of a report that names a VCEK.",
	      ABI_REPORT("SIGNING_KEY")),
	  ON(MILAN, 3), .vlek = true, BUG("B45, microsoft/TEE-Attestation-Verification#142"),
	  ITEMS("report.key_info.signing_key=0", "table.entries=vcek:vlek,asvk,ark"),
	  REFUSED(BINDING, "leaf-name", "leaf-issuer", "leaf-profile", "intermediate-name") },
};

static const struct cases_row names[] = {
	{ SNP("vcek-named-vlek", "The common name of the VCEK is SEV-VLEK.", KDS_VCEK("subject")),
	  ON(MILAN, 3), ITEMS("vcek.subject=SEV-VLEK"),
	  REFUSED(CHAIN, "leaf-name", "leaf-extension-missing") },
	{ SNP("vlek-named-vcek", "The common name of the VLEK is SEV-VCEK.", KDS_VLEK("subject")),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.subject=SEV-VCEK"),
	  REFUSED(CHAIN, "leaf-name", "leaf-extension-missing") },
	{ SNP("vcek-named-lower-case", "The common name of the VCEK is sev-vcek.", "RFC 5280 7.1"),
	  ON(GENOA, 3), ITEMS("vcek.subject=sev-vcek"), EITHER(CHAIN, "leaf-name") },
	{ SNP("vcek-named-longer", "The common name of the VCEK is SEV-VCEK-2.", KDS_VCEK("subject")),
	  ON(TURIN, 5), ITEMS("vcek.subject=SEV-VCEK-2"), REFUSED(CHAIN, "leaf-name") },
	{ SNP("vcek-issuer-other-product",
	      "The issuer of a Milan VCEK is SEV-Genoa, and the ASK of Milan signed it.", KDS_VCEK("issuer")),
	  ON(MILAN, 3), ITEMS("vcek.issuer=SEV-Genoa"),
	  REFUSED(CHAIN, "leaf-issuer", "intermediate-name", "leaf-signature") },
	{ SNP("vcek-issuer-asvk", "The issuer of the VCEK is SEV-VLEK-Milan, which issues VLEKs only.",
	      KDS_VCEK("issuer")),
	  ON(MILAN, 3), ITEMS("vcek.issuer=SEV-VLEK-Milan"),
	  REFUSED(CHAIN, "leaf-issuer", "intermediate-name", "leaf-signature") },
	{ SNP("vcek-issuer-ark", "The ARK issued the VCEK itself.", KDS_VCEK("issuer")), ON(GENOA, 3),
	  ITEMS("vcek.issuer=ARK-Genoa", "vcek.signed_by=ark"),
	  REFUSED(CHAIN, "leaf-issuer", "intermediate-name", "leaf-signature") },
	{ SNP("vcek-issuer-no-product",
	      "VCEK and ASK name SEV-Rome, no product of SEV-SNP, and the report has no CPUID.",
	      KDS_VCEK("issuer")),
	  ON(MILAN, 2), ITEMS("vcek.issuer=SEV-Rome", "ask.subject=SEV-Rome"),
	  REFUSED(CHAIN, "leaf-issuer") },
	{ SNP("vcek-product-name-v2",
	      "The product name of a Genoa VCEK is Turin, and the report has no CPUID.",
	      KDS_VCEK("productName")),
	  ON(GENOA, 2), ITEMS("vcek.product_name=Turin"), REFUSED(CHAIN, "leaf-product") },
	{ SNP("vcek-product-name-unknown-v2",
	      "The product name of a Genoa VCEK is unknown, and the report has no CPUID.",
	      KDS_VCEK("productName")),
	  ON(GENOA, 2), ITEMS("vcek.product_name=Rome"), REFUSED(CHAIN, "leaf-product") },
	{ SNP("vcek-product-name-v3",
	      "The product name of a Genoa VCEK is that of another product; the CPUID and the issuer say "
	      "Genoa.",
	      KDS_VCEK("productName")),
	  ON(GENOA, 3), BUG("B53"), ITEMS("vcek.product_name=Turin"), EITHER(CHAIN, NULL) },
	{ SNP("vcek-product-name-bergamo", "The product name of a VCEK that SEV-Genoa issued is Bergamo-B0.",
	      KDS_VCEK("productName")),
	  ON(GENOA, 3), BUG("B53"), ITEMS("vcek.product_name=Bergamo-B0"), ACCEPTED },
	{ SNP("vcek-product-name-siena-v2", "The product name of a VCEK that SEV-Genoa issued is Siena-B0.",
	      KDS_VCEK("productName")),
	  ON(GENOA, 2), BUG("B53"), ITEMS("vcek.product_name=Siena-B0"), ACCEPTED },
	{ SNP("vcek-product-name-stepping", "The product name of a Milan VCEK has another stepping, B1.",
	      KDS_VCEK("productName")),
	  ON(MILAN, 3), ITEMS("vcek.product_name=Milan-B1"), ACCEPTED },
	{ SNP("vcek-product-name-prefix-v2",
	      "The product name of a Milan VCEK only begins with Milan: Milano-B0.", KDS_VCEK("productName")),
	  ON(MILAN, 2), ITEMS("vcek.product_name=Milano-B0"), REFUSED(CHAIN, "leaf-product") },
	{ SNP("vcek-product-name-missing", "The VCEK has no product name.", KDS_VCEK("productName")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".2=absent"), EITHER(CHAIN, "leaf-extension-missing") },
	{ SNP("vcek-product-name-not-text", "The product name of the VCEK is an INTEGER.",
	      KDS_VCEK("productName")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".2=020101"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vlek-csp-id-other", "The VLEK is of a provider with another name, which no policy restricts.",
	      KDS_VLEK("CSP_ID")),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.csp_id=CN=cc-eu-central-1.example.invalid"), ACCEPTED },
	{ SNP("vlek-csp-id-missing", "The VLEK names no provider.", KDS_VLEK("CSP_ID")), ON(MILAN, 3),
	  .vlek = true, ITEMS("vlek.extension." AMD ".5=absent"), REFUSED(CHAIN, "leaf-extension-missing") },
	{ SNP("vlek-csp-id-empty", "The provider's name in the VLEK is empty.", KDS_VLEK("CSP_ID")),
	  ON(GENOA, 3), .vlek = true, ITEMS("vlek.extension." AMD ".5=1600"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vlek-csp-id-nul", "The provider's name in the VLEK has a NUL in it.", KDS_VLEK("CSP_ID")),
	  ON(GENOA, 3), .vlek = true, ITEMS("vlek.extension." AMD ".5=1605434e3d0061"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
};

static const struct cases_row profile[] = {
	{ SNP("vcek-serial-number", "The serial number of the VCEK is not the zero that all others have.",
	      "RFC 5280 4.1.2.2"),
	  ON(MILAN, 3), BUG("B56"), ITEMS("vcek.serial=7f01"), ACCEPTED },
	{ SNP("vcek-version-1", "The VCEK is an X.509 certificate of version 1, with extensions.",
	      "RFC 5280 4.1.2.1"),
	  ON(MILAN, 3), ITEMS("vcek.version=0"), REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("vcek-struct-version-missing", "The VCEK has no structVersion.", KDS_VCEK("structVersion")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".1=absent"), EITHER(CHAIN, "leaf-extension-missing") },
	{ SNP("vcek-struct-version-2",
	      "The structVersion of the VCEK is 2, which no published specification has.",
	      KDS_VCEK("structVersion")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".1=020102"), EITHER(CHAIN, "leaf-version") },
	{ SNP("vcek-struct-version-1-milan",
	      "The structVersion of a Milan VCEK is 1, which Turin's are; what it is compared with is the "
	      "same.",
	      KDS_VCEK("structVersion")),
	  ON(MILAN, 3), BUG("google/go-sev-guest#199"), ITEMS("vcek.extension." AMD ".1=020101"),
	  EITHER(CHAIN, NULL) },
	{ SNP("vcek-spl-negative", "The microcode SPL of the VCEK is encoded as a negative INTEGER.",
	      KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3), BUG("microsoft/TEE-Attestation-Verification#147"),
	  ITEMS("vcek.extension." AMD ".3.8=0201db"), REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-spl-256", "The microcode SPL of the VCEK is 256 above that of reported_tcb.",
	      KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3), BUG("microsoft/TEE-Attestation-Verification#147"),
	  ITEMS("vcek.extension." AMD ".3.8=020201db"), REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-spl-not-minimal",
	      "The SPL of the boot loader has a superfluous zero byte in its INTEGER.",
	      KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3), BUG("microsoft/TEE-Attestation-Verification#147"),
	  ITEMS("vcek.extension." AMD ".3.1=02020004"), REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-spl-bytes", "The SPL of the SNP firmware is an OCTET STRING.",
	      KDS_VCEK("SPL extensions")),
	  ON(GENOA, 3), ITEMS("vcek.extension." AMD ".3.3=040119"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-spl-followed", "Another INTEGER follows the SPL of the SNP firmware.",
	      KDS_VCEK("SPL extensions")),
	  ON(GENOA, 3), ITEMS("vcek.extension." AMD ".3.3=020119020119"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-spl4-set", "A reserved SPL of the VCEK, spl4, is not zero.", KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".3.4=020101"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-spl7-set", "A reserved SPL of the VCEK, spl7, is not zero.", KDS_VCEK("SPL extensions")),
	  ON(TURIN, 5), ITEMS("vcek.extension." AMD ".3.7=020101"),
	  REFUSED(CHAIN, "leaf-extension-malformed") },
	{ SNP("vcek-no-reserved-spls", "The VCEK lacks the reserved SPLs, which are always zero.",
	      KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3),
	  ITEMS("vcek.extension." AMD ".3.4=absent", "vcek.extension." AMD ".3.5=absent",
		"vcek.extension." AMD ".3.6=absent", "vcek.extension." AMD ".3.7=absent"),
	  EITHER(CHAIN, NULL) },
	{ SNP("vcek-fmc-on-milan", "A Milan VCEK has an fmcSPL, which is zero.", KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".3.9=020100"), EITHER(CHAIN, NULL) },
	{ SNP("vcek-fmc-on-milan-set", "A Milan VCEK has an fmcSPL that is not zero.",
	      KDS_VCEK("SPL extensions")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".3.9=020101"), REFUSED(BINDING, "leaf-tcb-mismatch") },
	{ SNP("vcek-ca", "The VCEK is a CA certificate.", "RFC 5280 4.2.1.9"), ON(MILAN, 3),
	  ITEMS("vcek.ca=yes"), EITHER(CHAIN, "leaf-profile") },
	{ SNP("vcek-key-usage-cert-sign", "The key usage of the VCEK is keyCertSign only.",
	      "RFC 5280 4.2.1.3"),
	  ON(MILAN, 3), ITEMS("vcek.key_usage=04"), REFUSED(CHAIN, "leaf-profile") },
	{ SNP("vcek-key-usage-signature", "The VCEK has a key usage, digitalSignature.", "RFC 5280 4.2.1.3"),
	  ON(MILAN, 3), ITEMS("vcek.key_usage=80"), ACCEPTED },
	{ SNP("vcek-unknown-extension", "The VCEK has an extension that is unknown and not critical.",
	      "RFC 5280 4.2"),
	  ON(GENOA, 3), ITEMS("vcek.extension." AMD ".99=0500"), ACCEPTED },
	{ SNP("vcek-critical-extension", "The VCEK has an extension that is unknown and critical.",
	      "RFC 5280 4.2"),
	  ON(GENOA, 3), ITEMS("vcek.extension." AMD ".99=0500", "vcek.critical." AMD ".99=yes"),
	  REFUSED(CHAIN, "leaf-critical-extension") },
	{ SNP("vlek-critical-extension", "The VLEK has an extension that is unknown and critical.",
	      "RFC 5280 4.2"),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.extension." AMD ".99=0500", "vlek.critical." AMD ".99=yes"),
	  REFUSED(CHAIN, "leaf-critical-extension") },
	{ SNP("vcek-critical-hwid", "The HWID extension of the VCEK is critical.", "RFC 5280 4.2"),
	  ON(MILAN, 3), ITEMS("vcek.critical." AMD ".4=yes"), EITHER(CHAIN, "leaf-critical-extension") },
	{ SNP("vcek-with-csp-id", "The VCEK names a provider, as only VLEKs do.", KDS_VCEK("profile")),
	  ON(MILAN, 3), ITEMS("vcek.extension." AMD ".5=1605434e3d6161"), EITHER(CHAIN, "leaf-profile") },
	{ SNP("vlek-with-hwid", "The VLEK has a HWID, as only VCEKs have.", KDS_VLEK("profile")),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.extension." AMD ".4=" X64("05")),
	  EITHER(CHAIN, "leaf-profile") },
	{ SNP("vcek-key-p256", "The key of the VCEK is on P-256.", KDS_VCEK("subjectPublicKeyInfo")),
	  ON(MILAN, 3), ITEMS("vcek.key=other-p256"), REFUSED(CHAIN, "leaf-key", "report-signature") },
	{ SNP("vcek-key-rsa", "The key of the VCEK is an RSA key.", KDS_VCEK("subjectPublicKeyInfo")),
	  ON(MILAN, 3), ITEMS("vcek.key=other-rsa"), REFUSED(CHAIN, "leaf-key", "report-signature") },
	{ SNP("vcek-key-other", "The VCEK certifies another key than the one that signed the report.",
	      KDS_VCEK("subjectPublicKeyInfo")),
	  ON(TURIN, 5), ITEMS("vcek.key=other"), REFUSED(SIGNATURE, "report-signature") },
	{ SNP("vcek-signed-by-other", "Another key than the ASK's signed the VCEK.", CHAIN_SPEC "signature"),
	  ON(MILAN, 3), ITEMS("vcek.signed_by=other"), REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vlek-signed-by-other", "Another key than the ASVK's signed the VLEK.", CHAIN_SPEC "signature"),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.signed_by=other"), REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vcek-signed-by-ark", "The ARK signed the VCEK, which names the ASK.", CHAIN_SPEC "signature"),
	  ON(GENOA, 3), ITEMS("vcek.signed_by=ark"), REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vcek-signed-by-asvk", "The ASVK signed the VCEK, which names the ASK.",
	      CHAIN_SPEC "signature"),
	  ON(TURIN, 5), ITEMS("vcek.signed_by=asvk"), REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vlek-signed-by-ask", "The ASK signed the VLEK, which names the ASVK.", CHAIN_SPEC "signature"),
	  ON(GENOA, 3), .vlek = true, BUG("B45"), ITEMS("vlek.signed_by=ask"),
	  REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vcek-signature-flipped", "One bit of the VCEK's signature was flipped.",
	      CHAIN_SPEC "signature"),
	  ON(MILAN, 3), ITEMS("damage vcek.signature"), REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vcek-changed", "A Milan VCEK was changed after it was signed.", CHAIN_SPEC "signature"),
	  ON(MILAN, 3), ITEMS("unsigned vcek.serial=01"), REFUSED(CHAIN, "leaf-signature") },
	{ SNP("vcek-extension-twice",
	      "The VCEK has two extensions for the SPL of the SNP firmware, which differ.", "RFC 5280 4.2"),
	  ON(MILAN, 3), ITEMS("vcek.another." AMD ".3.3=0201ff"), REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("vcek-no-extensions", "The VCEK has no extensions.", KDS_VCEK("profile")), ON(GENOA, 3),
	  ITEMS("vcek.extensions=absent"), REFUSED(CHAIN, "leaf-extension-missing") },
	{ SNP("vcek-extensions-reversed", "The extensions of the VCEK are in reversed order.",
	      "RFC 5280 4.2"),
	  ON(MILAN, 3), ITEMS("vcek.extensions=reversed"), ACCEPTED },
	{ SNP("vcek-pss-no-trailer-field",
	      "The signature algorithm of a Milan VCEK has no trailerField, as those since 2024.",
	      "RFC 4055 3.1"),
	  ON(MILAN, 3), BUG("B56"), ITEMS("vcek.algorithm=rsa-pss-sha384"), ACCEPTED },
	{ SNP("vcek-pss-trailer-field",
	      "The signature algorithm of a Turin VCEK has an explicit trailerField with its default value.",
	      "RFC 4055 3.1"),
	  ON(TURIN, 5), BUG("B56, virtee/snpguest#57"), ITEMS("vcek.algorithm=rsa-pss-sha384-trailer"),
	  ACCEPTED },
	{ SNP("vcek-pss-sha256", "The ASK signed the VCEK with SHA-256.", KDS_VCEK("signatureAlgorithm")),
	  ON(MILAN, 3), ITEMS("vcek.algorithm=rsa-pss-sha256"), EITHER(CHAIN, "leaf-signature") },
	{ SNP("vcek-pkcs1", "The ASK signed the VCEK with PKCS #1 v1.5 instead of PSS.",
	      KDS_VCEK("signatureAlgorithm")),
	  ON(GENOA, 3), ITEMS("vcek.algorithm=rsa-sha384"), EITHER(CHAIN, "leaf-signature") },
	{ SNP("vcek-pss-no-salt", "The signature of the VCEK has no salt.", KDS_VCEK("signatureAlgorithm")),
	  ON(MILAN, 3), ITEMS("vcek.algorithm=rsa-pss-sha384-salt0"), EITHER(CHAIN, "leaf-signature") },
	{ SNP("vcek-algorithms-differ",
	      "The VCEK names another signature algorithm in its signed part than behind it.",
	      "RFC 5280 4.1.1.2"),
	  ON(MILAN, 3), ITEMS("vcek.outer_algorithm=rsa-pss-sha256"),
	  REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("vcek-indefinite-length", "The VCEK is BER: its length is indefinite.", "X.690 10.1"),
	  ON(MILAN, 3), ITEMS("vcek.encoding=indefinite"), REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("vcek-long-length", "The length of the VCEK has a superfluous zero byte.", "X.690 10.1"),
	  ON(GENOA, 3), ITEMS("vcek.encoding=long-length"), REFUSED(FORMAT, "certificate-malformed") },
	{ SNP("vcek-common-name-printable", "The common name of the VCEK is a PrintableString.",
	      "RFC 5280 4.1.2.4"),
	  ON(MILAN, 3), ITEMS("vcek.subject=printable:SEV-VCEK"), ACCEPTED },
	{ SNP("vcek-trailing", "A byte follows the VCEK.", "X.690 8.1; RFC 5280 4.1"), ON(MILAN, 3),
	  ITEMS("vcek.trailing=00"), REFUSED(FORMAT, "certificate-malformed") },
};

int table_snp_leaf(struct cases_builder *b)
{
	const struct {
		const struct cases_row *rows;
		size_t n;
	} lists[] = {
		{ binding, ARRAY_SIZE(binding) },
		{ names, ARRAY_SIZE(names) },
		{ profile, ARRAY_SIZE(profile) },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lists); i++)
		r = cases_add(b, lists[i].rows, lists[i].n);
	return r == 0 ? add_components(b) : r;
}
