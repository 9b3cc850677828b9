/* SPDX-License-Identifier: MIT */
#include "wire/snp_kds.h"

#include "wire/text.h"

/* In the order of the components of a TCB. */
static const char *const parameters[SNP_TCB_COMPONENTS] = { "fmcSPL", "blSPL", "teeSPL", "snpSPL",
							    "ucodeSPL" };

const char *snp_kds_parameter(unsigned component)
{
	return parameters[component];
}

size_t snp_kds_vcek_url(enum snp_product product, const uint8_t chip_id[64], const struct snp_tcb *tcb,
			char *buf, size_t room)
{
	struct wire_text text = { buf, room };
	char separator = '?';

	wire_text_add(&text, SNP_KDS_URL "/vcek/v1/%s/", snp_product_name(product));
	for (size_t i = 0; i < snp_hwid_bytes(product); i++)
		wire_text_add(&text, "%02x", chip_id[i]);
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		if (!snp_tcb_has_component(product, i))
			continue;
		wire_text_add(&text, "%c%s=%02u", separator, parameters[i], snp_tcb_get(tcb, i));
		separator = '&';
	}
	return text.len;
}

size_t snp_kds_chain_url(enum snp_product product, bool vlek, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, SNP_KDS_URL "/%s/v1/%s/cert_chain", vlek ? "vlek" : "vcek",
		      snp_product_name(product));
	return text.len;
}

size_t snp_kds_crl_url(enum snp_product product, bool vlek, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, SNP_KDS_URL "/%s/v1/%s/crl", vlek ? "vlek" : "vcek", snp_product_name(product));
	return text.len;
}
