/* SPDX-License-Identifier: MIT */
#include "endorse/world.h"

#include <errno.h>

#include "verify/patch.h"

/* ---- One thing wrong with everything else good */

static void add_byte(struct one *one)
{
	const size_t n = one->value.size;
	uint8_t *more = heap_copy(one->value.body, n);

	more = realloc(more, n + 1);
	assert_non_null(more);
	more[n] = 'x';
	world_set(one, more, n + 1);
	free(more);
}

static void drop_byte(struct one *one)
{
	one->value.size--;
}

static void flip_last_byte(struct one *one)
{
	one->value.body[one->value.size - 1] ^= 1;
}

static void as_pem(struct one *one)
{
	world_set_text(one, world_pem(one->value.body, one->value.size, NULL, 0));
}

static void no_chain(struct one *one)
{
	free(one->value.issuer_chain);
	one->value.issuer_chain = NULL;
}

/* White space that no PEM reader minds, and no header has room for. */
static void padded_chain(struct one *one)
{
	char *padded = calloc(1, strlen(one->value.issuer_chain) + 3001);

	assert_non_null(padded);
	memset(padded, '\n', 3000);
	strcpy(padded + 3000, one->value.issuer_chain);
	no_chain(one);
	one->value.issuer_chain = padded;
}

/* Puts white space behind the first `n` bytes. */
static void pad_behind(struct one *one, size_t n)
{
	char *text;

	assert_true(asprintf(&text, "%.*s%*s%.*s", (int)n, (char *)one->value.body, 65536, "",
			     (int)(one->value.size - n), (char *)one->value.body + n) > 0);
	world_set_text(one, text);
}

static void pad_start(struct one *one)
{
	pad_behind(one, 0);
}

static void pad_end(struct one *one)
{
	pad_behind(one, one->value.size);
}

/* Outside of what is signed, or in the base64 of a certificate. */
static void pad_inside(struct one *one)
{
	pad_behind(one,
		   one->item.kind == ENDORSE_VCEK_CHAIN || one->item.kind == ENDORSE_VLEK_CHAIN ? 100 : 1);
}

static void pad_signature(struct one *one)
{
	pad_behind(one, one->value.size - 1);
}

static void pad_between_certs(struct one *one)
{
	pad_behind(one, (size_t)((char *)memmem(one->value.body + 1, one->value.size - 1, "-----BEGIN", 10) -
				 (char *)one->value.body));
}

static void a_chain(struct one *one)
{
	no_chain(one);
	one->value.issuer_chain = world_intel_chain(SIM_INTEL_TCB_SIGNING);
}

static void empty(struct one *one)
{
	one->value.size = 0;
}

static void zeros(struct one *one)
{
	memset(one->value.body, 0, one->value.size);
}

static void long_ago(struct one *one)
{
	one->at = 0;
}

static void in_3000(struct one *one)
{
	one->at = 32503680000;
}

/* VCEKs */

static void other_chip(struct one *one)
{
	one->item.chip_id[63] ^= 1;
}

static void lower_microcode(struct one *one)
{
	one->item.tcb.microcode--;
}

static void higher_snp(struct one *one)
{
	one->item.tcb.snp++;
}

static void higher_tee(struct one *one)
{
	one->item.tcb.tee++;
}

static void lower_boot_loader(struct one *one)
{
	one->item.tcb.boot_loader--;
}

static void of_genoa(struct one *one)
{
	one->item.product = SNP_GENOA;
}

static void of_turin(struct one *one)
{
	one->item.product = SNP_TURIN;
	memset(one->item.chip_id + 8, 0, 56);
}

static void no_product(struct one *one)
{
	one->item.product = SNP_N_PRODUCTS;
}

static void other_ask(struct one *one)
{
	struct sim_endorsement what = { .product = SNP_MILAN };

	memcpy(what.hwid, one->item.chip_id, sizeof(what.hwid));
	world_endorse(one, made_other_pki(), &what);
}

static void ask_instead(struct one *one)
{
	const uint8_t *der;
	size_t n;

	assert_int_equal(sim_pki_ca(made_pki(), SNP_MILAN, SIM_ASK, &der, &n, NULL), 0);
	world_set(one, der, n);
}

/* Chains */

static void set_certs(struct one *one, enum sim_ca a, enum snp_product of, enum sim_ca b)
{
	const uint8_t *one_der, *other_der;
	size_t n, k;

	assert_int_equal(sim_pki_ca(made_pki(), SNP_MILAN, a, &one_der, &n, NULL), 0);
	assert_int_equal(sim_pki_ca(made_pki(), of, b, &other_der, &k, NULL), 0);
	world_set_text(one, world_pem(one_der, n, other_der, k));
}

static void swapped(struct one *one)
{
	set_certs(one, SIM_ARK, SNP_MILAN, SIM_ASK);
}

static void asvk_for_ask(struct one *one)
{
	set_certs(one, SIM_ASVK, SNP_MILAN, SIM_ARK);
}

static void ask_for_asvk(struct one *one)
{
	set_certs(one, SIM_ASK, SNP_MILAN, SIM_ARK);
}

static void ark_of_genoa(struct one *one)
{
	set_certs(one, SIM_ASK, SNP_GENOA, SIM_ARK);
}

static void ask_twice(struct one *one)
{
	set_certs(one, SIM_ASK, SNP_MILAN, SIM_ASK);
}

static void one_cert(struct one *one)
{
	ask_instead(one);
	as_pem(one);
}

static void three_certs(struct one *one)
{
	char *text;

	assert_true(asprintf(&text, "%.*s%.*s", (int)one->value.size, (char *)one->value.body,
			     (int)one->value.size, (char *)one->value.body) > 0);
	world_set_text(one, text);
}

static void text_in_front(struct one *one)
{
	char *text;

	assert_true(asprintf(&text, "subject=x\n%.*s", (int)one->value.size, (char *)one->value.body) > 0);
	world_set_text(one, text);
}

static void other_world(struct one *one)
{
	world_set_text(one, world_amd_chain(made_other_pki(), SNP_MILAN, SIM_ASK));
}

/* CRLs */

static void crl_of(struct one *one, struct sim_pki *pki, enum snp_product product)
{
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	assert_int_equal(sim_pki_crl(pki, product, false, false, der, &n, NULL), 0);
	world_set(one, der, n);
}

static void crl_of_genoa(struct one *one)
{
	crl_of(one, made_pki(), SNP_GENOA);
}

static void crl_of_other_world(struct one *one)
{
	crl_of(one, made_other_pki(), SNP_MILAN);
}

static void intel_crl(struct one *one, enum sim_intel_cert issuer, int64_t from, int64_t to)
{
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES];
	size_t n;

	assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), issuer, NULL, 0, from, to, der, &n, NULL), 0);
	world_set(one, der, n);
}

static void root_crl_instead(struct one *one)
{
	intel_crl(one, SIM_INTEL_ROOT, one->at - 1, one->at + 1);
}

static void pck_crl_instead(struct one *one)
{
	intel_crl(one, SIM_INTEL_PLATFORM_CA, one->at - 1, one->at + 1);
}

static void stale_crl(struct one *one)
{
	intel_crl(one, one->item.kind == ENDORSE_ROOT_CRL ? SIM_INTEL_ROOT : SIM_INTEL_PLATFORM_CA,
		  one->at - 9, one->at - 1);
}

static void crl_of_tomorrow(struct one *one)
{
	intel_crl(one, one->item.kind == ENDORSE_ROOT_CRL ? SIM_INTEL_ROOT : SIM_INTEL_PLATFORM_CA,
		  one->at + 1, one->at + 9);
}

static void other_signs_crl(struct one *one)
{
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES];
	size_t n = one->value.size;

	memcpy(der, one->value.body, n);
	tdx_made_reissue(der, sizeof(der), &n, SIM_INTEL_TCB_SIGNING);
	world_set(one, der, n);
}

static void critical_crl(struct one *one)
{
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES];
	size_t n = one->value.size;

	memcpy(der, one->value.body, n);
	patch_critical_crl(der, n);
	tdx_made_reissue(der, sizeof(der), &n, SIM_INTEL_PLATFORM_CA);
	world_set(one, der, n);
}

static void of_processor(struct one *one)
{
	one->item.ca = ENDORSE_PROCESSOR;
}

static void chain_of(struct one *one, enum sim_intel_cert issuer)
{
	no_chain(one);
	one->value.issuer_chain = world_intel_chain(issuer);
}

static void signers_chain(struct one *one)
{
	chain_of(one, SIM_INTEL_TCB_SIGNING);
}

static void cas_chain(struct one *one)
{
	chain_of(one, SIM_INTEL_PLATFORM_CA);
}

static void roots_chain(struct one *one)
{
	chain_of(one, SIM_INTEL_ROOT);
}

static void amds_chain(struct one *one)
{
	no_chain(one);
	one->value.issuer_chain = world_amd_chain(made_pki(), SNP_MILAN, SIM_ASK);
}

/* The same names and profile with keys of another seed. */
static void others_chain(struct one *one)
{
	struct sim_pki_intel *other;
	const uint8_t *a, *b;
	size_t n, k;

	assert_int_equal(sim_pki_intel_new("somebody else", &other, NULL), 0);
	a = sim_pki_intel_cert(other, SIM_INTEL_TCB_SIGNING, &n);
	b = sim_pki_intel_cert(other, SIM_INTEL_ROOT, &k);
	no_chain(one);
	one->value.issuer_chain = world_pem(a, n, b, k);
	sim_pki_intel_free(other);
}

/* The trusted root's name, with the key of somebody else. */
static void root_of_others(struct one *one)
{
	struct sim_pki_intel *other;
	const uint8_t *a, *b;
	size_t n, k;

	assert_int_equal(sim_pki_intel_new("somebody else", &other, NULL), 0);
	a = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, &n);
	b = sim_pki_intel_cert(other, SIM_INTEL_ROOT, &k);
	no_chain(one);
	one->value.issuer_chain = world_pem(a, n, b, k);
	sim_pki_intel_free(other);
}

/* A CA that says that the trusted root issued it, which did not sign it, and a good CRL of that CA. */
static void ca_of_others(struct one *one)
{
	struct sim_pki_intel *other;
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES];
	const uint8_t *a, *b;
	size_t n, k, size;

	assert_int_equal(sim_pki_intel_new("somebody else", &other, NULL), 0);
	a = sim_pki_intel_cert(other, SIM_INTEL_PLATFORM_CA, &n);
	b = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_ROOT, &k);
	no_chain(one);
	one->value.issuer_chain = world_pem(a, n, b, k);
	assert_int_equal(sim_pki_intel_crl(other, SIM_INTEL_PLATFORM_CA, NULL, 0, one->at - 1, one->at + 1,
					   der, &size, NULL),
			 0);
	world_set(one, der, size);
	sim_pki_intel_free(other);
}

static void signer_alone(struct one *one)
{
	size_t n;
	const uint8_t *der = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, &n);

	no_chain(one);
	one->value.issuer_chain = world_pem(der, n, NULL, 0);
}

static void chain_in_der(struct one *one)
{
	no_chain(one);
	one->value.issuer_chain = strdup("MIIB");
}

/* Documents */

static void other_fmspc(struct one *one)
{
	one->item.fmspc[5] ^= 1;
}

static void of_sgx(struct one *one)
{
	one->item.tee = ENDORSE_SGX;
}

static void number_18(struct one *one)
{
	one->item.update = ENDORSE_NUMBERED;
	one->item.number = 18;
}

static void changed_text(struct one *one)
{
	world_patch(one, "\"tcbEvaluationDataNumber\":1", "\"tcbEvaluationDataNumber\":2", NULL);
}

static void space_inside(struct one *one)
{
	world_patch(one, "\"version\":", "\"version\": ", NULL);
}

static void third_member(struct one *one)
{
	world_patch(one, "\"signature\"", "\"x\":1,\"signature\"", NULL);
}

static void long_signature(struct one *one)
{
	world_patch(one, "\"signature\":\"", "\"signature\":\"0", NULL);
}

static void no_signature(struct one *one)
{
	world_patch(one, "\"signature\"", "\"sig\"", NULL);
}

static void tcb_type_1(struct one *one)
{
	world_patch(one, "\"tcbType\":0", "\"tcbType\":1", "tcbInfo");
}

static void version_4(struct one *one)
{
	world_patch(one, "\"version\":3", "\"version\":4", "tcbInfo");
}

static void kind_instead(struct one *one, enum endorse_kind kind)
{
	struct one other;

	world_one(&other, kind);
	world_set(one, other.value.body, other.value.size);
	world_one_done(&other);
}

static void identity_instead(struct one *one)
{
	kind_instead(one, ENDORSE_QE_IDENTITY);
}

static void info_instead(struct one *one)
{
	kind_instead(one, ENDORSE_TCB_INFO);
}

static void qve_instead(struct one *one)
{
	kind_instead(one, ENDORSE_QVE_IDENTITY);
}

static void bundle(struct one *one)
{
	char *text;

	assert_true(asprintf(&text, "{\"tcb_info\":\"x\",\"collateral\":%.*s}", (int)one->value.size,
			     (char *)one->value.body) > 0);
	world_set_text(one, text);
}

static void an_array(struct one *one)
{
	world_set_text(one, strdup("[]"));
}

static void no_numbers(struct one *one)
{
	world_set_text(one, world_sign("tcbEvaluationDataNumbers",
				       "{\"id\":\"TDX\",\"version\":1,\"issueDate\":\"2025-10-01T00:00:00Z\","
				       "\"nextUpdate\":\"2025-10-31T00:00:00Z\",\"tcbEvalNumbers\":[]}"));
}

static void numbers_v2(struct one *one)
{
	world_patch(one, "\"version\":1", "\"version\":2", "tcbEvaluationDataNumbers");
}

static void numbers_without_event(struct one *one)
{
	world_patch(one, "tcbRecoveryEventDate", "tcbRecoveryEvent", "tcbEvaluationDataNumbers");
}

static const struct spoilt {
	enum endorse_kind kind;
	void (*spoil)(struct one *one);
	int r;
	const char *why;
} spoilt[] = {
	{ ENDORSE_VCEK, other_chip, -EBADMSG, "leaf-chip-mismatch" },
	{ ENDORSE_VCEK, lower_microcode, -EBADMSG, "leaf-tcb-mismatch" },
	{ ENDORSE_VCEK, higher_snp, -EBADMSG, "leaf-tcb-mismatch" },
	{ ENDORSE_VCEK, higher_tee, -EBADMSG, "leaf-tcb-mismatch" },
	{ ENDORSE_VCEK, lower_boot_loader, -EBADMSG, "leaf-tcb-mismatch" },
	{ ENDORSE_VCEK, of_genoa, -EBADMSG, "leaf-issuer: its issuer is 'SEV-Milan', expected SEV-Genoa" },
	{ ENDORSE_VCEK, of_turin, -EBADMSG, "leaf-issuer" },
	{ ENDORSE_VCEK, no_product, -EBADMSG, "unknown product" },
	{ ENDORSE_VCEK, world_vlek, -EBADMSG, "leaf-name: its subject is 'SEV-VLEK', expected SEV-VCEK" },
	{ ENDORSE_VCEK, other_ask, -EBADMSG, "leaf-signature" },
	{ ENDORSE_VCEK, ask_instead, -EBADMSG, "leaf-" },
	{ ENDORSE_VCEK, flip_last_byte, -EBADMSG, "leaf-signature" },
	{ ENDORSE_VCEK, add_byte, -EBADMSG, "VCEK: " },
	{ ENDORSE_VCEK, drop_byte, -EBADMSG, "VCEK: " },
	{ ENDORSE_VCEK, as_pem, -EBADMSG, "PEM" },
	{ ENDORSE_VCEK, a_chain, -EBADMSG, "an issuer chain" },
	{ ENDORSE_VCEK, empty, -EBADMSG, "expected 1 to" },
	{ ENDORSE_VCEK, zeros, -EBADMSG, "VCEK: " },
	{ ENDORSE_VCEK, long_ago, -ESTALE, "not-yet-valid" },
	{ ENDORSE_VCEK, in_3000, -ESTALE, "expired" },

	{ ENDORSE_VCEK_CHAIN, swapped, -EBADMSG, "" },
	{ ENDORSE_VCEK_CHAIN, asvk_for_ask, -EBADMSG, "intermediate-name: its subject is 'SEV-VLEK-Milan'" },
	{ ENDORSE_VLEK_CHAIN, ask_for_asvk, -EBADMSG, "intermediate-name: its subject is 'SEV-Milan'" },
	{ ENDORSE_VCEK_CHAIN, ark_of_genoa, -EBADMSG, "the second certificate is not the trusted ARK-Milan" },
	{ ENDORSE_VCEK_CHAIN, ask_twice, -EBADMSG, "the second certificate is not the trusted ARK-Milan" },
	{ ENDORSE_VCEK_CHAIN, of_genoa, -EBADMSG, "intermediate-name" },
	{ ENDORSE_VCEK_CHAIN, one_cert, -EBADMSG, "expected two certificates in PEM" },
	{ ENDORSE_VCEK_CHAIN, three_certs, -EBADMSG, "expected two certificates in PEM" },
	{ ENDORSE_VCEK_CHAIN, text_in_front, -EBADMSG, "expected two certificates in PEM" },
	{ ENDORSE_VCEK_CHAIN, add_byte, -EBADMSG, "expected two certificates in PEM" },
	{ ENDORSE_VCEK_CHAIN, ask_instead, -EBADMSG, "expected two certificates in PEM" },
	{ ENDORSE_VCEK_CHAIN, other_world, -EBADMSG, "intermediate-signature" },
	{ ENDORSE_VCEK_CHAIN, a_chain, -EBADMSG, "an issuer chain" },
	{ ENDORSE_VCEK_CHAIN, long_ago, -ESTALE, "not-yet-valid" },
	{ ENDORSE_VLEK_CHAIN, in_3000, -ESTALE, "expired" },

	{ ENDORSE_VCEK_CRL, crl_of_genoa, -EBADMSG, "crl-missing: no current CRL of 'ARK-Milan'" },
	{ ENDORSE_VCEK_CRL, of_genoa, -EBADMSG, "crl-missing: no current CRL of 'ARK-Genoa'" },
	{ ENDORSE_VLEK_CRL, crl_of_other_world, -EBADMSG, "crl-signature" },
	{ ENDORSE_VCEK_CRL, flip_last_byte, -EBADMSG, "crl-signature" },
	{ ENDORSE_VCEK_CRL, add_byte, -EBADMSG, "CRL: " },
	{ ENDORSE_VCEK_CRL, drop_byte, -EBADMSG, "CRL: " },
	{ ENDORSE_VCEK_CRL, as_pem, -EBADMSG, "CRL: " },
	{ ENDORSE_VCEK_CRL, ask_instead, -EBADMSG, "CRL: " },
	{ ENDORSE_VCEK_CRL, in_3000, -ESTALE, "" },
	{ ENDORSE_VLEK_CRL, long_ago, -ESTALE, "" },

	{ ENDORSE_TCB_INFO, other_fmspc, -EBADMSG, "fmspc: expected b0c06f000001, found b0c06f000000" },
	{ ENDORSE_TCB_INFO, of_sgx, -EBADMSG, "id: expected SGX, found TDX" },
	{ ENDORSE_TCB_INFO, number_18, -EBADMSG, "tcbEvaluationDataNumber: expected 18, found 17" },
	{ ENDORSE_TCB_INFO, changed_text, -EBADMSG, "tcb-info-signature" },
	{ ENDORSE_TCB_INFO, space_inside, -EBADMSG, "tcb-info-signature" },
	{ ENDORSE_TCB_INFO, third_member, -EBADMSG, "nothing else" },
	{ ENDORSE_TCB_INFO, long_signature, -EBADMSG, "128 hex digits" },
	{ ENDORSE_TCB_INFO, no_signature, -EBADMSG, "128 hex digits" },
	{ ENDORSE_TCB_INFO, tcb_type_1, -EBADMSG, "tcbType: expected 0, found 1" },
	{ ENDORSE_TCB_INFO, version_4, -EBADMSG, "version 4 is newer" },
	{ ENDORSE_TCB_INFO, identity_instead, -EBADMSG, "expected an object with the member tcbInfo" },
	{ ENDORSE_TCB_INFO, bundle, -EBADMSG, "expected an object with the member tcbInfo" },
	{ ENDORSE_TCB_INFO, an_array, -EBADMSG, "expected an object with the member tcbInfo" },
	{ ENDORSE_TCB_INFO, add_byte, -EBADMSG, "" },
	{ ENDORSE_TCB_INFO, drop_byte, -EBADMSG, "" },
	{ ENDORSE_TCB_INFO, zeros, -EBADMSG, "" },
	{ ENDORSE_TCB_INFO, no_chain, -EBADMSG, "the issuer chain is missing (TCB-Info-Issuer-Chain)" },
	{ ENDORSE_TCB_INFO, cas_chain, -EBADMSG, "tcb-signer-" },
	{ ENDORSE_TCB_INFO, roots_chain, -EBADMSG, "expected a certificate and its root" },
	{ ENDORSE_TCB_INFO, amds_chain, -EBADMSG, "" },
	{ ENDORSE_TCB_INFO, others_chain, -EBADMSG, "" },
	{ ENDORSE_TCB_INFO, root_of_others, -EBADMSG, "its root is not the trusted root" },
	{ ENDORSE_QE_IDENTITY, root_of_others, -EBADMSG, "its root is not the trusted root" },
	{ ENDORSE_TCB_NUMBERS, root_of_others, -EBADMSG, "its root is not the trusted root" },
	{ ENDORSE_PCK_CRL, ca_of_others, -EBADMSG, "the root did not sign the CA of the issuer chain" },
	{ ENDORSE_TCB_INFO, signer_alone, -EBADMSG, "issuer chain: expected two certificates in PEM" },
	{ ENDORSE_TCB_INFO, chain_in_der, -EBADMSG, "issuer chain: expected two certificates in PEM" },
	{ ENDORSE_TCB_INFO, long_ago, -ESTALE, "" },
	{ ENDORSE_TCB_INFO, in_3000, -ESTALE, "" },

	{ ENDORSE_QE_IDENTITY, of_sgx, -EBADMSG, "id: expected QE, found TD_QE" },
	{ ENDORSE_QE_IDENTITY, qve_instead, -EBADMSG, "id: expected TD_QE, found QVE" },
	{ ENDORSE_QE_IDENTITY, info_instead, -EBADMSG, "expected an object with the member enclaveIdentity" },
	{ ENDORSE_QE_IDENTITY, number_18, -EBADMSG, "tcbEvaluationDataNumber: expected 18, found 17" },
	{ ENDORSE_QE_IDENTITY, changed_text, -EBADMSG, "qe-identity-signature" },
	{ ENDORSE_QE_IDENTITY, cas_chain, -EBADMSG, "tcb-signer-" },
	{ ENDORSE_TCB_INFO, padded_chain, -EBADMSG, "does not fit into a header" },
	{ ENDORSE_QE_IDENTITY, no_chain, -EBADMSG, "SGX-Enclave-Identity-Issuer-Chain" },
	{ ENDORSE_QE_IDENTITY, in_3000, -ESTALE, "" },
	{ ENDORSE_QVE_IDENTITY, identity_instead, -EBADMSG, "id: expected QVE, found TD_QE" },

	{ ENDORSE_TCB_NUMBERS, of_sgx, -EBADMSG, "id: expected SGX, found TDX" },
	{ ENDORSE_TCB_NUMBERS, changed_text, -EBADMSG, "TCB evaluation data numbers: the signature" },
	{ ENDORSE_TCB_NUMBERS, info_instead, -EBADMSG, "the member tcbEvaluationDataNumbers" },
	{ ENDORSE_TCB_NUMBERS, no_numbers, -EBADMSG, "tcbEvalNumbers: expected an array" },
	{ ENDORSE_TCB_NUMBERS, numbers_v2, -EBADMSG, "version: expected 1" },
	{ ENDORSE_TCB_NUMBERS, numbers_without_event, -EBADMSG, "tcbEvalNumbers, 1: expected" },
	{ ENDORSE_TCB_NUMBERS, cas_chain, -EBADMSG, "tcb-signer-" },
	{ ENDORSE_TCB_NUMBERS, no_chain, -EBADMSG, "TCB-Evaluation-Data-Numbers-Issuer-Chain" },
	{ ENDORSE_TCB_NUMBERS, long_ago, -ESTALE, "" },
	{ ENDORSE_TCB_NUMBERS, in_3000, -ESTALE, "" },

	{ ENDORSE_PCK_CRL, of_processor, -EBADMSG, "expected 'Intel SGX PCK Processor CA'" },
	{ ENDORSE_PCK_CRL, root_crl_instead, -EBADMSG,
	  "the issuer of the CRL: expected 'Intel SGX PCK Platform CA', found 'Intel SGX Root CA'" },
	{ ENDORSE_PCK_CRL, other_signs_crl, -EBADMSG, "crl-signature" },
	{ ENDORSE_PCK_CRL, flip_last_byte, -EBADMSG, "" },
	{ ENDORSE_PCK_CRL, add_byte, -EBADMSG, "CRL: " },
	{ ENDORSE_PCK_CRL, as_pem, -EBADMSG, "CRL: " },
	{ ENDORSE_PCK_CRL, critical_crl, -EBADMSG, "crl-critical-extension" },
	{ ENDORSE_PCK_CRL, signers_chain, -EBADMSG, "intermediate-name" },
	{ ENDORSE_PCK_CRL, others_chain, -EBADMSG, "" },
	{ ENDORSE_PCK_CRL, no_chain, -EBADMSG, "SGX-PCK-CRL-Issuer-Chain" },
	{ ENDORSE_PCK_CRL, stale_crl, -ESTALE, "crl-stale" },
	{ ENDORSE_PCK_CRL, crl_of_tomorrow, -ESTALE, "crl-not-yet-valid" },

	{ ENDORSE_ROOT_CRL, pck_crl_instead, -EBADMSG,
	  "the issuer of the CRL: expected 'Intel SGX Root CA', found 'Intel SGX PCK Platform CA'" },
	{ ENDORSE_ROOT_CRL, crl_of_genoa, -EBADMSG, "the issuer of the CRL" },
	{ ENDORSE_ROOT_CRL, other_signs_crl, -EBADMSG, "crl-signature" },
	{ ENDORSE_ROOT_CRL, as_pem, -EBADMSG, "CRL: " },
	{ ENDORSE_ROOT_CRL, a_chain, -EBADMSG, "an issuer chain" },
	{ ENDORSE_ROOT_CRL, stale_crl, -ESTALE, "crl-stale" },
	{ ENDORSE_ROOT_CRL, crl_of_tomorrow, -ESTALE, "crl-not-yet-valid" },

	{ ENDORSE_VCEK_CHAIN, pad_start, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VCEK_CHAIN, pad_end, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VCEK_CHAIN, pad_inside, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VCEK_CHAIN, pad_between_certs, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VLEK_CHAIN, pad_start, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VLEK_CHAIN, pad_end, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VLEK_CHAIN, pad_inside, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_VLEK_CHAIN, pad_between_certs, -EBADMSG, "bytes of PEM for certificates of" },
	{ ENDORSE_TCB_INFO, pad_start, -EBADMSG, "bytes outside the signed tcbInfo" },
	{ ENDORSE_TCB_INFO, pad_end, -EBADMSG, "bytes outside the signed tcbInfo" },
	{ ENDORSE_TCB_INFO, pad_inside, -EBADMSG, "bytes outside the signed tcbInfo" },
	{ ENDORSE_TCB_INFO, pad_signature, -EBADMSG, "bytes outside the signed tcbInfo" },
	{ ENDORSE_QE_IDENTITY, pad_start, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QE_IDENTITY, pad_end, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QE_IDENTITY, pad_inside, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QE_IDENTITY, pad_signature, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QVE_IDENTITY, pad_start, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QVE_IDENTITY, pad_end, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QVE_IDENTITY, pad_inside, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_QVE_IDENTITY, pad_signature, -EBADMSG, "bytes outside the signed enclaveIdentity" },
	{ ENDORSE_TCB_NUMBERS, pad_start, -EBADMSG, "bytes outside the signed tcbEvaluationDataNumbers" },
	{ ENDORSE_TCB_NUMBERS, pad_end, -EBADMSG, "bytes outside the signed tcbEvaluationDataNumbers" },
	{ ENDORSE_TCB_NUMBERS, pad_inside, -EBADMSG, "bytes outside the signed tcbEvaluationDataNumbers" },
	{ ENDORSE_TCB_NUMBERS, pad_signature, -EBADMSG, "bytes outside the signed tcbEvaluationDataNumbers" },
};

/* The good one is accepted, the spoilt one is not, then the good one again: nothing bad is remembered. */
static void wrong_values_are_refused_with_their_reason(void **state)
{
	struct endorse_checker *checker = world_checker();

	(void)state;
	for (unsigned kind = 0; kind < ENDORSE_N_KINDS; kind++)
		for (unsigned product = SNP_MILAN; product < SNP_N_PRODUCTS; product++)
			world_accept_needed(checker,
					    &(struct endorse_item){ .kind = kind, .product = product });
	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		const struct spoilt *row = &spoilt[i];
		struct jurat_error err = { "" };
		int64_t expires = -7;
		struct one good, one;
		int r;

		world_one(&good, row->kind);
		assert_int_equal(world_check(checker, &good, &expires, NULL), 0);
		world_one(&one, row->kind);
		row->spoil(&one);
		expires = -7;
		r = world_check(checker, &one, &expires, &err);
		if (r != row->r || !strstr(err.text, row->why) || !err.text[0])
			FAIL_BECAUSE("row %zu, %s: %d, %s; expected %d, %s", i, endorse_kind_name(row->kind),
				     r, err.text, row->r, row->why);
		assert_int_equal(expires, -7);
		assert_int_equal(world_check(checker, &good, &expires, NULL), 0);
		world_one_done(&one);
		world_one_done(&good);
	}
	endorse_checker_free(checker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_values_are_refused_with_their_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
