/* SPDX-License-Identifier: MIT */
#include "wire/snp_product.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "wire/text.h"

enum tcb_layout { TCB_UNKNOWN, TCB_MILAN, TCB_TURIN, N_TCB_LAYOUTS }; /* named after the first product */

enum { MAX_MODEL_RANGES = 3, MAX_PARTS = 2 };

/* The table of products. */
static const struct row {
	const char *name; /* as AMD's KDS spells it */
	enum tcb_layout layout;
	size_t hwid_bytes;
	struct models { /* ranges of models of a combined CPUID family; family 0 ends the list */
		uint8_t family, first, last;
	} models[MAX_MODEL_RANGES];
	const char *parts[MAX_PARTS]; /* other processor names in certificates issued by this product's CA */
} products[SNP_N_PRODUCTS] = {
	[SNP_PRODUCT_UNKNOWN] = { "unknown", TCB_UNKNOWN, 64, { { 0 } } },
	[SNP_MILAN] = { "Milan", TCB_MILAN, 64, { { 0x19, 0x00, 0x0f } } },
	[SNP_GENOA] = { "Genoa",
			TCB_MILAN,
			64,
			{ { 0x19, 0x10, 0x1f }, { 0x19, 0xa0, 0xaf } },
			{ "Bergamo", "Siena" } },
	[SNP_TURIN] = { "Turin", TCB_TURIN, 8, { { 0x1a, 0x00, 0x11 } } },
};

static const struct row *row_of(enum snp_product product)
{
	return &products[(unsigned)product < SNP_N_PRODUCTS ? product : SNP_PRODUCT_UNKNOWN];
}

const char *snp_product_name(enum snp_product product)
{
	return row_of(product)->name;
}

const char *snp_product_names(const char *before_last, char to[SNP_PRODUCT_NAMES_BYTES])
{
	struct wire_text text = { to, SNP_PRODUCT_NAMES_BYTES };

	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++)
		if (i + 1 < SNP_N_PRODUCTS)
			wire_text_add(&text, "%s%s", text.len ? ", " : "", products[i].name);
		else
			wire_text_add(&text, " %s %s", before_last, products[i].name);
	return to;
}

enum snp_product snp_product_by_name(const char *name)
{
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++)
		if (!strcasecmp(name, products[i].name))
			return (enum snp_product)i;
	return SNP_PRODUCT_UNKNOWN;
}

/* Whether `text` is `name`, optionally followed by a dash and a stepping: "Milan-B0". */
static bool names(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && (text[n] == '\0' || text[n] == '-');
}

enum snp_product snp_product_of_part(const char *name)
{
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++) {
		if (names(name, products[i].name))
			return (enum snp_product)i;
		for (unsigned k = 0; k < MAX_PARTS && products[i].parts[k]; k++)
			if (names(name, products[i].parts[k]))
				return (enum snp_product)i;
	}
	return SNP_PRODUCT_UNKNOWN;
}

enum snp_product snp_product_by_cpuid(unsigned family, unsigned model)
{
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++)
		for (const struct models *m = products[i].models; m->family; m++)
			if (family == m->family && model >= m->first && model <= m->last)
				return (enum snp_product)i;
	return SNP_PRODUCT_UNKNOWN;
}

size_t snp_hwid_bytes(enum snp_product product)
{
	return row_of(product)->hwid_bytes;
}

static const struct tcb_component {
	const char *name;
	size_t member;
	signed char byte
		/* byte in TCB_VERSION; -1: not in this layout. Spec: firmware ABI, TCB_VERSION */
		[N_TCB_LAYOUTS];
} tcb_components[] = {
	{ "fmc", offsetof(struct snp_tcb, fmc), { -1, -1, 0 } },
	{ "boot_loader", offsetof(struct snp_tcb, boot_loader), { -1, 0, 1 } },
	{ "tee", offsetof(struct snp_tcb, tee), { -1, 1, 2 } },
	{ "snp", offsetof(struct snp_tcb, snp), { -1, 6, 3 } },
	{ "microcode", offsetof(struct snp_tcb, microcode), { -1, 7, 7 } },
};

static int tcb_byte(const struct tcb_component *c, enum snp_product product)
{
	return c->byte[row_of(product)->layout];
}

static_assert(ARRAY_SIZE(tcb_components) == SNP_TCB_COMPONENTS, "the components of a TCB");

const char *snp_tcb_component_name(unsigned i)
{
	return tcb_components[i].name;
}

bool snp_tcb_has_component(enum snp_product product, unsigned i)
{
	return tcb_byte(&tcb_components[i], product) >= 0;
}

uint8_t snp_tcb_get(const struct snp_tcb *tcb, unsigned i)
{
	return ((const uint8_t *)tcb)[tcb_components[i].member];
}

bool snp_tcb_read(enum snp_product product, uint64_t raw, struct snp_tcb *ret)
{
	struct snp_tcb tcb = { 0 };

	if (product == SNP_PRODUCT_UNKNOWN)
		return false;
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		int byte = tcb_byte(&tcb_components[i], product);

		if (byte >= 0)
			((uint8_t *)&tcb)[tcb_components[i].member] = (uint8_t)(raw >> 8 * byte);
	}
	if (snp_tcb_write(product, &tcb) != raw)
		return false;
	*ret = tcb;
	return true;
}

uint64_t snp_tcb_write(enum snp_product product, const struct snp_tcb *tcb)
{
	uint64_t raw = 0;

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		int byte = tcb_byte(&tcb_components[i], product);

		if (byte >= 0)
			raw |= (uint64_t)snp_tcb_get(tcb, i) << 8 * byte;
	}
	return raw;
}

bool snp_tcb_at_least(const struct snp_tcb *tcb, const struct snp_tcb *floor)
{
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_get(tcb, i) < snp_tcb_get(floor, i))
			return false;
	return true;
}

size_t snp_tcb_format(enum snp_product product, const struct snp_tcb *tcb, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, "%s", "");
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_has_component(product, i) || snp_tcb_get(tcb, i) != 0)
			wire_text_add(&text, "%s%s %u", text.len ? ", " : "", tcb_components[i].name,
				      snp_tcb_get(tcb, i));
	return text.len;
}

uint8_t *snp_tcb_component(struct snp_tcb *tcb, const char *name)
{
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (!strcmp(tcb_components[i].name, name))
			return (uint8_t *)tcb + tcb_components[i].member;
	return NULL;
}
