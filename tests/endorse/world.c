/* SPDX-License-Identifier: MIT */
#include "endorse/world.h"

#include "crypto/x509.h"
#include "sim/pki/pki_intel_internal.h"

static const struct snp_tcb tcb = { .boot_loader = 4, .snp = 24, .microcode = 219 };

char *world_pem(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	if (a)
		crypto_pem_write(f, a, a_size);
	if (b)
		crypto_pem_write(f, b, b_size);
	assert_int_equal(fclose(f), 0);
	return text;
}

char *world_amd_chain(struct sim_pki *pki, enum snp_product product, enum sim_ca intermediate)
{
	const uint8_t *a, *b;
	size_t a_size, b_size;

	assert_int_equal(sim_pki_ca(pki, product, intermediate, &a, &a_size, NULL), 0);
	assert_int_equal(sim_pki_ca(pki, product, SIM_ARK, &b, &b_size, NULL), 0);
	return world_pem(a, a_size, b, b_size);
}

char *world_intel_chain(enum sim_intel_cert issuer)
{
	size_t a_size, b_size;
	const uint8_t *a = sim_pki_intel_cert(tdx_made_pki(), issuer, &a_size);
	const uint8_t *b = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_ROOT, &b_size);

	return world_pem(a, a_size, b, b_size);
}

char *world_sign(const char *member, const char *text)
{
	char *document, hex[BYTES_HEX_SIZE(64)];
	uint8_t signature[64];

	intel_sign(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, text, strlen(text), signature);
	assert_true(asprintf(&document, "{\"%s\":%s,\"signature\":\"%s\"}", member, text,
			     bytes_to_hex(signature, 64, hex)) > 0);
	return document;
}

void world_set(struct one *one, const void *body, size_t n)
{
	uint8_t *copy = heap_copy(body, n);

	free(one->value.body);
	one->value.body = copy;
	one->value.size = n;
}

void world_set_text(struct one *one, char *text)
{
	world_set(one, text, strlen(text));
	free(text);
}

static void set_vcek(struct one *one)
{
	struct sim_endorsement what = { .product = SNP_MILAN, .tcb = snp_tcb_write(SNP_MILAN, &tcb) };
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	memset(what.hwid, 0x3c, sizeof(what.hwid));
	crypto_ec_private_public(made_key(), what.public_xy);
	assert_int_equal(sim_pki_endorse(made_pki(), &what, der, &n, NULL), 0);
	memcpy(one->item.chip_id, what.hwid, sizeof(what.hwid));
	one->item.tcb = tcb;
	world_set(one, der, n);
}

static void set_amd_crl(struct one *one)
{
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, der, &n, NULL), 0);
	world_set(one, der, n);
}

static void set_intel_crl(struct one *one, enum sim_intel_cert issuer)
{
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES];
	size_t n;

	assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), issuer, NULL, 0, one->at - TDX_MADE_DAY,
					   one->at + TDX_MADE_DAY, der, &n, NULL),
			 0);
	world_set(one, der, n);
}

static void set_document(struct one *one)
{
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	if (one->item.kind == ENDORSE_QVE_IDENTITY) {
		tdx_made_patch(&m.qe_identity, "\"TD_QE\"", "\"QVE\"");
		tdx_made_resign(&m.qe_identity, "enclaveIdentity");
	}
	world_set_text(one, strdup(one->item.kind == ENDORSE_TCB_INFO ? m.tcb_info : m.qe_identity));
	if (one->item.kind == ENDORSE_TCB_INFO)
		memcpy(one->item.fmspc, m.info.fmspc, sizeof(m.info.fmspc));
	if (one->item.kind != ENDORSE_QVE_IDENTITY)
		one->item.tee = ENDORSE_TDX;
	tdx_made_done(&m);
}

static void set_numbers(struct one *one)
{
	one->item.tee = ENDORSE_TDX;
	world_set_text(one, world_sign("tcbEvaluationDataNumbers",
				       "{\"id\":\"TDX\",\"version\":1,\"issueDate\":\"2025-10-01T00:00:00Z\","
				       "\"nextUpdate\":\"2025-10-31T00:00:00Z\",\"tcbEvalNumbers\":["
				       "{\"tcbEvaluationDataNumber\":19,\"tcbRecoveryEventDate\":"
				       "\"2025-05-13T00:00:00Z\",\"tcbDate\":\"2025-05-14T00:00:00Z\"},"
				       "{\"tcbEvaluationDataNumber\":17,\"tcbRecoveryEventDate\":"
				       "\"2024-03-12T00:00:00Z\",\"tcbDate\":\"2024-03-13T00:00:00Z\"}]}"));
}

void world_one(struct one *one, enum endorse_kind kind)
{
	*one = (struct one){ .item = { .kind = kind }, .at = WORLD_AT };
	if (endorse_item_service(&one->item) == ENDORSE_AMD_KDS)
		one->item.product = SNP_MILAN;
	switch (kind) {
	case ENDORSE_VCEK:
		set_vcek(one);
		break;
	case ENDORSE_VCEK_CHAIN:
	case ENDORSE_VLEK_CHAIN:
		world_set_text(one, world_amd_chain(made_pki(), SNP_MILAN,
						    kind == ENDORSE_VCEK_CHAIN ? SIM_ASK : SIM_ASVK));
		break;
	case ENDORSE_VCEK_CRL:
	case ENDORSE_VLEK_CRL:
		set_amd_crl(one);
		break;
	case ENDORSE_PCK_CRL:
		one->item.ca = ENDORSE_PLATFORM;
		set_intel_crl(one, SIM_INTEL_PLATFORM_CA);
		break;
	case ENDORSE_ROOT_CRL:
		set_intel_crl(one, SIM_INTEL_ROOT);
		break;
	case ENDORSE_TCB_NUMBERS:
		set_numbers(one);
		break;
	default:
		set_document(one);
	}
	if (endorse_chain_header(&one->item))
		one->value.issuer_chain = world_intel_chain(kind == ENDORSE_PCK_CRL ? SIM_INTEL_PLATFORM_CA
										    : SIM_INTEL_TCB_SIGNING);
}

void world_one_done(struct one *one)
{
	endorse_value_done(&one->value);
}

struct endorse_checker *world_checker(void)
{
	struct endorse_checker *checker;
	const uint8_t *der;
	size_t n;

	assert_int_equal(endorse_checker_new(&checker, NULL), 0);
	der = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_ROOT, &n);
	assert_int_equal(endorse_checker_add_roots(checker, der, n, NULL), 0);
	for (unsigned i = SNP_MILAN; i < SNP_N_PRODUCTS; i++) {
		assert_int_equal(sim_pki_ca(made_pki(), i, SIM_ARK, &der, &n, NULL), 0);
		assert_int_equal(endorse_checker_add_roots(checker, der, n, NULL), 0);
	}
	return checker;
}

void world_accept_needed(struct endorse_checker *checker, const struct endorse_item *item)
{
	struct endorse_item needed;
	struct jurat_error err;
	struct one one;
	int64_t expires;

	if (!endorse_check_needs(item, &needed))
		return;
	world_one(&one, needed.kind);
	if (needed.product != one.item.product) {
		one.item.product = needed.product;
		world_set_text(&one, world_amd_chain(made_pki(), needed.product,
						     needed.kind == ENDORSE_VCEK_CHAIN ? SIM_ASK : SIM_ASVK));
	}
	if (endorse_check(checker, &one.item, &one.value, one.at, &expires, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	world_one_done(&one);
}

int world_check(struct endorse_checker *checker, const struct one *one, int64_t *ret_expires,
		struct jurat_error *err)
{
	struct endorse_value value = { .body = heap_copy(one->value.body, one->value.size),
				       .size = one->value.size,
				       .issuer_chain = one->value.issuer_chain };
	int r = endorse_check(checker, &one->item, &value, one->at, ret_expires, err);

	free(value.body);
	return r;
}

void world_endorse(struct one *one, struct sim_pki *pki, struct sim_endorsement *what)
{
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	what->tcb = snp_tcb_write(SNP_MILAN, &one->item.tcb);
	crypto_ec_private_public(made_key(), what->public_xy);
	assert_int_equal(sim_pki_endorse(pki, what, der, &n, NULL), 0);
	world_set(one, der, n);
}

void world_vlek(struct one *one)
{
	struct sim_endorsement what = { .product = SNP_MILAN, .vlek = true, .csp_id = "CN=x" };

	world_endorse(one, made_pki(), &what);
}

void world_patch(struct one *one, const char *from, const char *to, const char *member)
{
	char *text = strndup((char *)one->value.body, one->value.size);

	assert_non_null(text);
	tdx_made_patch(&text, from, to);
	if (member)
		tdx_made_resign(&text, member);
	world_set_text(one, text);
}
