/* SPDX-License-Identifier: MIT */
#include "verify/snp_vek.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/der.h"

/* Content bytes of an OBJECT IDENTIFIER: prefix 1.3.6.1.4.1.3704.1. */
#define AMD_OID "\x2b\x06\x01\x04\x01\x9c\x78\x01"

enum extension {
	EXT_STRUCT_VERSION,
	EXT_PRODUCT_NAME,
	EXT_BL_SPL,
	EXT_TEE_SPL,
	EXT_SNP_SPL,
	EXT_SPL4,
	EXT_SPL5,
	EXT_SPL6,
	EXT_SPL7,
	EXT_UCODE_SPL,
	EXT_FMC_SPL,
	EXT_HWID,
	EXT_CSP_ID,
	N_EXTENSIONS,
};

static const struct {
	const char *name, *oid;
	size_t oid_size;
} extensions[N_EXTENSIONS] = {
	[EXT_STRUCT_VERSION] = { "structVersion", AMD_OID "\x01", 9 },
	[EXT_PRODUCT_NAME] = { "productName", AMD_OID "\x02", 9 },
	[EXT_BL_SPL] = { "blSPL", AMD_OID "\x03\x01", 10 },
	[EXT_TEE_SPL] = { "teeSPL", AMD_OID "\x03\x02", 10 },
	[EXT_SNP_SPL] = { "snpSPL", AMD_OID "\x03\x03", 10 },
	[EXT_SPL4] = { "spl4", AMD_OID "\x03\x04", 10 },
	[EXT_SPL5] = { "spl5", AMD_OID "\x03\x05", 10 },
	[EXT_SPL6] = { "spl6", AMD_OID "\x03\x06", 10 },
	[EXT_SPL7] = { "spl7", AMD_OID "\x03\x07", 10 },
	[EXT_UCODE_SPL] = { "ucodeSPL", AMD_OID "\x03\x08", 10 },
	[EXT_FMC_SPL] = { "fmcSPL", AMD_OID "\x03\x09", 10 },
	[EXT_HWID] = { "HWID", AMD_OID "\x04", 9 },
	[EXT_CSP_ID] = { "CSP_ID", AMD_OID "\x05", 9 },
};

enum { STRUCT_VERSION_MAX = 1 };

struct reading {
	const struct crypto_cert *cert;
	enum vek_fault fault;
	struct jurat_error *err;
};

/* Notes the first fault. */
__attribute__((format(printf, 4, 5))) static void fault(struct reading *r, enum vek_fault what,
							enum extension e, const char *format, ...)
{
	char why[96];
	va_list ap;

	if (r->fault != VEK_FINE)
		return;
	r->fault = what;
	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	jurat_fail(r->err, -EBADMSG, "%s: %s", extensions[e].name, why);
}

static bool find(struct reading *r, enum extension e, bool wanted, struct bytes_rd *ret)
{
	bool critical;

	if (crypto_cert_extension(r->cert, (const uint8_t *)extensions[e].oid, extensions[e].oid_size, ret,
				  &critical) == 0)
		return true;
	if (wanted)
		fault(r, VEK_MISSING, e, "the certificate does not have it");
	return false;
}

/* Reads an INTEGER; 0 if it is not there, or not one. */
static uint64_t read_integer(struct reading *r, enum extension e, bool wanted, bool *ret_there)
{
	struct bytes_rd content;
	uint64_t v;

	*ret_there = find(r, e, wanted, &content);
	if (!*ret_there)
		return 0;
	v = der_uint(&content);
	if (!content.bad && bytes_rd_left(&content) == 0)
		return v;
	fault(r, VEK_MALFORMED, e, "expected one INTEGER, not negative");
	return 0;
}

static uint8_t read_number(struct reading *r, enum extension e, bool wanted, uint8_t max, bool *ret_there)
{
	uint64_t v = read_integer(r, e, wanted, ret_there);

	if (v <= max)
		return (uint8_t)v;
	fault(r, VEK_MALFORMED, e, "%" PRIu64 ", expected %s%u", v, max > 0 ? "at most " : "", max);
	return 0;
}

static void read_text(struct reading *r, enum extension e, struct bytes_rd *content, char *to, size_t size)
{
	struct bytes_rd text = der_enter(content, DER_IA5_STRING);
	size_t n = bytes_rd_left(&text);
	const uint8_t *p = bytes_rd_take(&text, n);

	if (content->bad || bytes_rd_left(content) != 0 || !p || n == 0 || n >= size) {
		fault(r, VEK_MALFORMED, e, "expected one IA5String of 1 to %zu characters", size - 1);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e) {
			fault(r, VEK_MALFORMED, e, "character 0x%02x is not printable", p[i]);
			return;
		}
	}
	for (size_t i = 0; i < n; i++)
		to[i] = (char)p[i];
	to[n] = '\0';
}

/*
 * Some certificates wrap the HWID in a second OCTET STRING. Only the length distinguishes them: raw bytes may
 * look like a tag (B38).
 */
static void read_hwid(struct reading *r, struct bytes_rd content, struct vek *vek)
{
	size_t n = bytes_rd_left(&content);

	if (n == 66 || n == 10) {
		struct bytes_rd inner = der_enter(&content, DER_OCTET_STRING);

		content = inner;
		n = bytes_rd_left(&content);
	}
	if (content.bad || (n != 64 && n != 8)) {
		fault(r, VEK_MALFORMED, EXT_HWID, "%zu bytes, expected 64 or 8", n);
		return;
	}
	bytes_rd_copy(&content, vek->hwid, n);
	vek->hwid_size = n;
}

static void read_tcb(struct reading *r, struct vek *vek)
{
	bool there;

	vek->tcb.boot_loader = read_number(r, EXT_BL_SPL, true, 255, &there);
	vek->tcb.tee = read_number(r, EXT_TEE_SPL, true, 255, &there);
	vek->tcb.snp = read_number(r, EXT_SNP_SPL, true, 255, &there);
	vek->tcb.microcode = read_number(r, EXT_UCODE_SPL, true, 255, &there);
	vek->tcb.fmc = read_number(r, EXT_FMC_SPL, snp_tcb_has_component(vek->issued_for, SNP_TCB_FMC), 255,
				   &vek->has_fmc);
	for (enum extension e = EXT_SPL4; e <= EXT_SPL7; e++)
		read_number(r, e, false, 0, &there);
}

bool vek_text_is(const struct bytes_rd *text, const char *prefix, const char *rest)
{
	size_t n = strlen(prefix), m = strlen(rest);

	return text->size == n + m && memcmp(text->data, prefix, n) == 0 &&
	       memcmp(text->data + n, rest, m) == 0;
}

void vek_read_names(const struct crypto_cert *cert, struct vek *vek)
{
	if (vek_text_is(&cert->subject_cn, "SEV-VCEK", ""))
		vek->kind = VEK_VCEK;
	else if (vek_text_is(&cert->subject_cn, "SEV-VLEK", ""))
		vek->kind = VEK_VLEK;
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++) {
		const char *product = snp_product_name((enum snp_product)i);

		if (vek_text_is(&cert->issuer_cn, "SEV-VLEK-", product))
			vek->issued_as_vlek = true;
		else if (!vek_text_is(&cert->issuer_cn, "SEV-", product))
			continue;
		vek->issued_for = (enum snp_product)i;
	}
}

void vek_read(const struct crypto_cert *cert, struct vek *ret, enum vek_fault *ret_fault,
	      struct jurat_error *err)
{
	struct reading r = { .cert = cert, .err = err };
	struct vek vek = { 0 };
	struct bytes_rd content;
	uint64_t version;
	bool there;

	vek_read_names(cert, &vek);
	version = read_integer(&r, EXT_STRUCT_VERSION, true, &there);
	if (version > STRUCT_VERSION_MAX)
		fault(&r, VEK_NEWER, EXT_STRUCT_VERSION,
		      "%" PRIu64 " is newer than this verifier, which reads 0 and 1", version);
	if (find(&r, EXT_PRODUCT_NAME, true, &content)) {
		read_text(&r, EXT_PRODUCT_NAME, &content, vek.product, sizeof(vek.product));
		vek.product_name = snp_product_of_part(vek.product);
	}
	read_tcb(&r, &vek);
	vek.has_hwid = find(&r, EXT_HWID, vek.kind == VEK_VCEK, &content);
	if (vek.has_hwid && vek.kind == VEK_VCEK)
		read_hwid(&r, content, &vek);
	vek.has_csp_id = find(&r, EXT_CSP_ID, vek.kind == VEK_VLEK, &content);
	if (vek.has_csp_id)
		read_text(&r, EXT_CSP_ID, &content, vek.csp_id, sizeof(vek.csp_id));
	*ret = vek;
	*ret_fault = r.fault;
}
