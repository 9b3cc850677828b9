/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_PRODUCT_H
#define WIRE_SNP_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The processors of AMD and what differs between them in reports and certificates: one row each in
 * snp_product.c. doc/adding-a-product.md lists everything that a new one needs.
 */
enum snp_product { SNP_PRODUCT_UNKNOWN, SNP_MILAN, SNP_GENOA, SNP_TURIN, SNP_N_PRODUCTS };

/* "Milan", "Genoa", "Turin" as AMD's key distribution service spells them; "unknown". */
const char *snp_product_name(enum snp_product product);
/* "Milan, Genoa or Turin", where `before_last` is "or": every product, for messages. Returns `to`. */
enum { SNP_PRODUCT_NAMES_BYTES = 96 };
const char *snp_product_names(const char *before_last, char to[SNP_PRODUCT_NAMES_BYTES]);
/* By name, any case; SNP_PRODUCT_UNKNOWN when it is none. */
enum snp_product snp_product_by_name(const char *name);
/*
 * From productName of a certificate: a product, or one of its parts ("Siena", "Bergamo"), with or without a
 * stepping ("Milan-B0"); SNP_PRODUCT_UNKNOWN when it is none.
 */
enum snp_product snp_product_of_part(const char *name);
/*
 * From CPUID's combined family and model. Bergamo and Siena are Genoa to the key distribution service.
 */
enum snp_product snp_product_by_cpuid(unsigned family, unsigned model);
/* Bytes of chip_id that hold the HWID: 8 on Turin, else 64. */
size_t snp_hwid_bytes(enum snp_product product);

/* TCB_VERSION taken apart; components a product does not have are 0. Compare by component, never whole. */
struct snp_tcb {
	uint8_t fmc, boot_loader, tee, snp, microcode;
};

/* false when bytes that must be zero for this product are not, or when the product is unknown. */
bool snp_tcb_read(enum snp_product product, uint64_t raw, struct snp_tcb *ret);
/* 0 for an unknown product. */
uint64_t snp_tcb_write(enum snp_product product, const struct snp_tcb *tcb);
/* Every component of `tcb` >= the same component of `floor`. */
bool snp_tcb_at_least(const struct snp_tcb *tcb, const struct snp_tcb *floor);

/* Components in the order of the text, by the words of policies and verdicts: "fmc", "boot_loader" ... */
enum { SNP_TCB_FMC, SNP_TCB_BOOT_LOADER, SNP_TCB_TEE, SNP_TCB_SNP, SNP_TCB_MICROCODE, SNP_TCB_COMPONENTS };
const char *snp_tcb_component_name(unsigned i);
bool snp_tcb_has_component(enum snp_product product, unsigned i);
uint8_t snp_tcb_get(const struct snp_tcb *tcb, unsigned i);
/* A component by name; NULL when it is none. */
uint8_t *snp_tcb_component(struct snp_tcb *tcb, const char *name);
/*
 * "boot_loader 4, tee 0, snp 24, microcode 219": what the product has, and what is not zero. The one way in
 * which a TCB is written.
 * Contract of wire_field_format().
 */
size_t snp_tcb_format(enum snp_product product, const struct snp_tcb *tcb, char *buf, size_t room);

#endif
