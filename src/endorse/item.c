/* SPDX-License-Identifier: MIT */
#include "endorse/item.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "wire/snp_kds.h"
#include "wire/text.h"

#define INTEL_PCS          "https://api.trustedservices.intel.com"
#define INTEL_CERTIFICATES "https://certificates.trustedservices.intel.com"

static const struct kind_row {
	const char *name;
	enum endorse_service service;
	enum endorse_form form;
} kinds[] = {
	[ENDORSE_VCEK] = { "vcek", ENDORSE_AMD_KDS, ENDORSE_FORM_CERTIFICATE },
	[ENDORSE_VCEK_CHAIN] = { "vcek-chain", ENDORSE_AMD_KDS, ENDORSE_FORM_CHAIN },
	[ENDORSE_VLEK_CHAIN] = { "vlek-chain", ENDORSE_AMD_KDS, ENDORSE_FORM_CHAIN },
	[ENDORSE_VCEK_CRL] = { "vcek-crl", ENDORSE_AMD_KDS, ENDORSE_FORM_CRL },
	[ENDORSE_VLEK_CRL] = { "vlek-crl", ENDORSE_AMD_KDS, ENDORSE_FORM_CRL },
	[ENDORSE_TCB_INFO] = { "tcb-info", ENDORSE_INTEL_PCS, ENDORSE_FORM_DOCUMENT },
	[ENDORSE_QE_IDENTITY] = { "qe-identity", ENDORSE_INTEL_PCS, ENDORSE_FORM_DOCUMENT },
	[ENDORSE_QVE_IDENTITY] = { "qve-identity", ENDORSE_INTEL_PCS, ENDORSE_FORM_DOCUMENT },
	[ENDORSE_TCB_NUMBERS] = { "tcb-numbers", ENDORSE_INTEL_PCS, ENDORSE_FORM_DOCUMENT },
	[ENDORSE_PCK_CRL] = { "pck-crl", ENDORSE_INTEL_PCS, ENDORSE_FORM_CRL },
	[ENDORSE_ROOT_CRL] = { "root-crl", ENDORSE_INTEL_CERTIFICATES, ENDORSE_FORM_CRL },
};

static_assert(ARRAY_SIZE(kinds) == ENDORSE_N_KINDS, "a row for each kind");

const char *endorse_kind_name(enum endorse_kind kind)
{
	return kinds[kind].name;
}

enum endorse_form endorse_kind_form(enum endorse_kind kind)
{
	return kinds[kind].form;
}

enum endorse_service endorse_item_service(const struct endorse_item *item)
{
	return kinds[item->kind].service;
}

const char *endorse_service_url(enum endorse_service service)
{
	static const char *const urls[ENDORSE_N_SERVICES] = {
		[ENDORSE_AMD_KDS] = SNP_KDS_URL,
		[ENDORSE_INTEL_PCS] = INTEL_PCS,
		[ENDORSE_INTEL_CERTIFICATES] = INTEL_CERTIFICATES,
	};

	return urls[service];
}

static const char *tee_name(const struct endorse_item *item)
{
	return item->tee == ENDORSE_TDX ? "tdx" : "sgx";
}

static const char *ca_name(const struct endorse_item *item)
{
	return item->ca == ENDORSE_PLATFORM ? "platform" : "processor";
}

/* Adds a URL of the KDS without the service. */
static void add_kds(struct wire_text *text, const struct endorse_item *item)
{
	char url[ENDORSE_TEXT_BYTES] = SNP_KDS_URL;

	switch (item->kind) {
	case ENDORSE_VCEK:
		snp_kds_vcek_url(item->product, item->chip_id, &item->tcb, url, sizeof(url));
		break;
	case ENDORSE_VCEK_CHAIN:
	case ENDORSE_VLEK_CHAIN:
		snp_kds_chain_url(item->product, item->kind == ENDORSE_VLEK_CHAIN, url, sizeof(url));
		break;
	default:
		snp_kds_crl_url(item->product, item->kind == ENDORSE_VLEK_CRL, url, sizeof(url));
	}
	wire_text_add(text, "%s", url + sizeof(SNP_KDS_URL) - 1);
}

static void add_update(struct wire_text *text, const struct endorse_item *item, char separator)
{
	switch (item->update) {
	case ENDORSE_STANDARD:
		wire_text_add(text, "%cupdate=standard", separator);
		break;
	case ENDORSE_EARLY:
		wire_text_add(text, "%cupdate=early", separator);
		break;
	case ENDORSE_NUMBERED:
		wire_text_add(text, "%ctcbEvaluationDataNumber=%u", separator, item->number);
	}
}

static void add_pcs(struct wire_text *text, const struct endorse_item *item)
{
	char fmspc[BYTES_HEX_SIZE(6)];

	switch (item->kind) {
	case ENDORSE_TCB_INFO:
		wire_text_add(text, "/%s/certification/v4/tcb?fmspc=%s", tee_name(item),
			      bytes_to_hex(item->fmspc, sizeof(item->fmspc), fmspc));
		add_update(text, item, '&');
		break;
	case ENDORSE_QE_IDENTITY:
		wire_text_add(text, "/%s/certification/v4/qe/identity", tee_name(item));
		add_update(text, item, '?');
		break;
	case ENDORSE_QVE_IDENTITY:
		wire_text_add(text, "/sgx/certification/v4/qve/identity");
		add_update(text, item, '?');
		break;
	case ENDORSE_TCB_NUMBERS:
		wire_text_add(text, "/%s/certification/v4/tcbevaluationdatanumbers", tee_name(item));
		break;
	default:
		wire_text_add(text, "/sgx/certification/v4/pckcrl?ca=%s&encoding=der", ca_name(item));
	}
}

size_t endorse_item_target(const struct endorse_item *item, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	switch (endorse_item_service(item)) {
	case ENDORSE_AMD_KDS:
		add_kds(&text, item);
		break;
	case ENDORSE_INTEL_PCS:
		add_pcs(&text, item);
		break;
	default:
		wire_text_add(&text, "/IntelSGXRootCA.der");
	}
	return text.len;
}

size_t endorse_item_pccs_target(const struct endorse_item *item, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	if (item->kind != ENDORSE_ROOT_CRL)
		return endorse_item_target(item, buf, room);
	wire_text_add(&text, "/sgx/certification/v4/rootcacrl");
	return text.len;
}

/* ---- Names and files */

static void add_hwid(struct wire_text *text, const struct endorse_item *item)
{
	char hex[BYTES_HEX_SIZE(64)];

	wire_text_add(text, "%s", bytes_to_hex(item->chip_id, snp_hwid_bytes(item->product), hex));
}

/* The components as Trustee's store names them; fmc, which only some products have, is behind the others. */
static void add_tcb(struct wire_text *text, const struct endorse_item *item)
{
	const struct snp_tcb *tcb = &item->tcb;

	wire_text_add(text, "bl%02u_tee%02u_snp%02u_ucode%02u", tcb->boot_loader, tcb->tee, tcb->snp,
		      tcb->microcode);
	if (snp_tcb_has_component(item->product, SNP_TCB_FMC))
		wire_text_add(text, "_fmc%02u", tcb->fmc);
}

static void add_recovery(struct wire_text *text, const struct endorse_item *item)
{
	if (item->update == ENDORSE_NUMBERED)
		wire_text_add(text, "%u", item->number);
	else
		wire_text_add(text, "%s", item->update == ENDORSE_EARLY ? "early" : "standard");
}

/* What tells an item from others of its kind, with `separator` between the parts. */
static void add_members(struct wire_text *text, const struct endorse_item *item, char separator)
{
	char fmspc[BYTES_HEX_SIZE(6)];

	switch (item->kind) {
	case ENDORSE_VCEK:
		wire_text_add(text, "%s%c", snp_product_name(item->product), separator);
		add_hwid(text, item);
		wire_text_add(text, "%c", separator);
		add_tcb(text, item);
		break;
	case ENDORSE_TCB_INFO:
		wire_text_add(text, "%s%c%s%c", tee_name(item), separator,
			      bytes_to_hex(item->fmspc, sizeof(item->fmspc), fmspc), separator);
		add_recovery(text, item);
		break;
	case ENDORSE_QE_IDENTITY:
		wire_text_add(text, "%s%c", tee_name(item), separator);
		add_recovery(text, item);
		break;
	case ENDORSE_QVE_IDENTITY:
		add_recovery(text, item);
		break;
	case ENDORSE_TCB_NUMBERS:
		wire_text_add(text, "%s", tee_name(item));
		break;
	case ENDORSE_PCK_CRL:
		wire_text_add(text, "%s", ca_name(item));
		break;
	case ENDORSE_ROOT_CRL:
		wire_text_add(text, "intel");
		break;
	default:
		wire_text_add(text, "%s", snp_product_name(item->product));
	}
}

size_t endorse_item_name(const struct endorse_item *item, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, "%s:", endorse_kind_name(item->kind));
	add_members(&text, item, ':');
	return text.len;
}

/*
 * A HWID names one chip whatever its product: VCEKs are where Trustee looks for them, and in the
 * certificate's own format. Everything else is in the form of endorse_value_pack().
 */
size_t endorse_item_file(const struct endorse_item *item, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, "%s/", endorse_kind_name(item->kind));
	if (item->kind == ENDORSE_VCEK) {
		add_hwid(&text, item);
		wire_text_add(&text, "/");
		add_tcb(&text, item);
		wire_text_add(&text, "_vcek.der");
	} else {
		add_members(&text, item, '_');
		wire_text_add(&text, ".endorsement");
	}
	return text.len;
}
