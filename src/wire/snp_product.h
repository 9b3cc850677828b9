/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_PRODUCT_H
#define WIRE_SNP_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * AMD's processor products. What differs between them in reports and certificates is one row each in
 * snp_product.c; doc/adding-a-product.md lists everything that a new product needs.
 */
enum snp_product { SNP_PRODUCT_UNKNOWN, SNP_MILAN, SNP_GENOA, SNP_TURIN, SNP_N_PRODUCTS };

/* "Milan", "Genoa", "Turin" as AMD's KDS spells them; "unknown". */
const char *snp_product_name(enum snp_product product);
/* All products, for messages: "Milan, Genoa or Turin" when `before_last` is "or". Returns `to`. */
enum { SNP_PRODUCT_NAMES_BYTES = 96 };
const char *snp_product_names(const char *before_last, char to[SNP_PRODUCT_NAMES_BYTES]);
/* Finds a product by name, ignoring case; SNP_PRODUCT_UNKNOWN when there is none. */
enum snp_product snp_product_by_name(const char *name);
/*
 * Finds the product of a certificate's productName, which is a product or another processor name ("Siena",
 * "Bergamo"), with or without a stepping ("Milan-B0"); SNP_PRODUCT_UNKNOWN when there is none.
 */
enum snp_product snp_product_of_part(const char *name);
/* Finds the product by CPUID's combined family and model. AMD's KDS treats Bergamo and Siena as Genoa. */
enum snp_product snp_product_by_cpuid(unsigned family, unsigned model);
/* Size of the HWID in chip_id, in bytes: 8 on Turin, else 64. */
size_t snp_hwid_bytes(enum snp_product product);

/*
 * A decoded TCB_VERSION; components that the product does not have are 0. Compare it component by component.
 */
struct snp_tcb {
	uint8_t fmc, boot_loader, tee, snp, microcode;
};

/*
 * Decodes a TCB_VERSION; false when bytes that are reserved for this product are not zero, or the product is
 * unknown.
 */
bool snp_tcb_read(enum snp_product product, uint64_t raw, struct snp_tcb *ret);
/* Encodes a TCB_VERSION; 0 for an unknown product. */
uint64_t snp_tcb_write(enum snp_product product, const struct snp_tcb *tcb);
/* Whether every component of `tcb` is at least that of `floor`. */
bool snp_tcb_at_least(const struct snp_tcb *tcb, const struct snp_tcb *floor);

/* Components in the order of the text form, named as in policies and verdicts: "fmc", "boot_loader" ... */
enum { SNP_TCB_FMC, SNP_TCB_BOOT_LOADER, SNP_TCB_TEE, SNP_TCB_SNP, SNP_TCB_MICROCODE, SNP_TCB_COMPONENTS };
const char *snp_tcb_component_name(unsigned i);
bool snp_tcb_has_component(enum snp_product product, unsigned i);
uint8_t snp_tcb_get(const struct snp_tcb *tcb, unsigned i);
/* Finds a component by name; NULL when there is none. */
uint8_t *snp_tcb_component(struct snp_tcb *tcb, const char *name);
/*
 * Formats a TCB: "boot_loader 4, tee 0, snp 24, microcode 219". Includes the components that the product has,
 * and others that are not zero. `buf`, `room` and the result as in wire_field_format().
 */
size_t snp_tcb_format(enum snp_product product, const struct snp_tcb *tcb, char *buf, size_t room);

#endif
