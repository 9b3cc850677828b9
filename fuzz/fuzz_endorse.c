/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/ec.h"
#include "crypto/x509.h"
#include "endorse/check.h"
#include "sim/pki/pki.h"
#include "sim/pki/pki_intel_internal.h"
#include "support/fuzz.h"

/*
 * Requests of clients; values of stores; values that are checked, of which the platform's own are one step
 * away from being accepted.
 *
 * Input: a byte REQUEST, PACKED or CHECK. REQUEST: the text. PACKED: the bytes. CHECK: a byte for the kind;
 * flags; then body and issuer chain, as fuzz_item() has them.
 */
enum { REQUEST, PACKED, CHECK, N_INPUTS };
enum { SIGN = 1, OTHER_ITEM = 2, NO_CHAIN = 4, LATER = 8, FRESH_CHECKER = 16, WITH_NUMBERS = 32 };
enum { AT = 1760000000, DAY = 86400 };

struct own {
	struct endorse_item item;
	struct fuzz_bytes body;
	char *chain;
};

static struct sim_pki *amd;
static struct sim_pki_intel *intel;
static struct own owns[ENDORSE_N_KINDS];

static char *pem(const uint8_t *a, size_t n, const uint8_t *b, size_t k)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f != NULL);
	crypto_pem_write(f, a, n);
	crypto_pem_write(f, b, k);
	must(fclose(f) == 0);
	return text;
}

static void own_text(struct own *own, char *text)
{
	own->body = fuzz_copy(text, strlen(text));
	free(text);
}

static char *amd_chain(enum sim_ca ca)
{
	const uint8_t *a, *b;
	size_t n, k;

	must(sim_pki_ca(amd, SNP_TURIN, ca, &a, &n, NULL) == 0);
	must(sim_pki_ca(amd, SNP_TURIN, SIM_ARK, &b, &k, NULL) == 0);
	return pem(a, n, b, k);
}

static char *intel_chain(enum sim_intel_cert issuer)
{
	size_t n, k;
	const uint8_t *a = sim_pki_intel_cert(intel, issuer, &n),
		      *b = sim_pki_intel_cert(intel, SIM_INTEL_ROOT, &k);

	return pem(a, n, b, k);
}

static void own_vcek(struct own *own)
{
	const struct snp_tcb tcb = { 1, 2, 0, 4, 80 };
	struct sim_endorsement what = { .product = SNP_TURIN,
					.tcb = snp_tcb_write(SNP_TURIN, &tcb),
					.hwid = { 7 } };
	struct crypto_ec_private *key;
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	must(crypto_ec_private_derive(CRYPTO_P384, "fuzz", 4, &key, NULL) == 0);
	crypto_ec_private_public(key, what.public_xy);
	crypto_ec_private_free(key);
	must(sim_pki_endorse(amd, &what, der, &n, NULL) == 0);
	own->item.tcb = tcb;
	own->item.chip_id[0] = 7;
	own->body = fuzz_copy(der, n);
}

static void own_crl(struct own *own, int issuer)
{
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES];
	size_t n;

	if (issuer < 0)
		must(sim_pki_crl(amd, SNP_TURIN, false, false, der, &n, NULL) == 0);
	else
		must(sim_pki_intel_crl(intel, (enum sim_intel_cert)issuer, NULL, 0, AT - DAY, AT + DAY, der,
				       &n, NULL) == 0);
	own->body = fuzz_copy(der, n);
}

static const char *const members[ENDORSE_N_KINDS] = {
	[ENDORSE_TCB_INFO] = "tcbInfo",
	[ENDORSE_QE_IDENTITY] = "enclaveIdentity",
	[ENDORSE_QVE_IDENTITY] = "enclaveIdentity",
	[ENDORSE_TCB_NUMBERS] = "tcbEvaluationDataNumbers",
};

/* A document around n bytes of text, signed by the platform's TCB signer. */
static struct fuzz_bytes sign(const char *member, const uint8_t *text, size_t n)
{
	char head[64], tail[192], hex[BYTES_HEX_SIZE(64)];
	struct fuzz_bytes all;
	uint8_t rs[64];
	int a, b;

	intel_sign(intel, SIM_INTEL_TCB_SIGNING, text, n, rs);
	a = snprintf(head, sizeof(head), "{\"%s\":", member);
	b = snprintf(tail, sizeof(tail), ",\"signature\":\"%s\"}", bytes_to_hex(rs, 64, hex));
	all.n = (size_t)a + n + (size_t)b;
	all.p = malloc(all.n);
	must(all.p != NULL);
	memcpy(all.p, head, (size_t)a);
	if (n > 0)
		memcpy(all.p + a, text, n);
	memcpy(all.p + a + n, tail, (size_t)b);
	return all;
}

static void own_document(struct own *own)
{
	static const struct sim_svn_level svn = { 4, AT - 99 * DAY, "UpToDate", NULL };
	static const struct sim_platform_level level = { .pcesvn = 11,
							 .date = AT - 99 * DAY,
							 .status = "UpToDate" };
	const struct sim_tcb_info info = {
		.issued = AT - DAY, .next_update = AT + DAY, .evaluation = 17, .levels = &level, .n_levels = 1
	};
	const struct sim_qe_identity identity = {
		.issued = AT - DAY, .next_update = AT + DAY, .evaluation = 17, .levels = &svn, .n_levels = 1
	};
	static const char numbers[] =
		"{\"id\":\"TDX\",\"version\":1,\"issueDate\":\"2025-10-01T00:00:00Z\","
		"\"nextUpdate\":\"2025-10-31T00:00:00Z\",\"tcbEvalNumbers\":[{"
		"\"tcbEvaluationDataNumber\":17,\"tcbRecoveryEventDate\":\"2024-03-12T00:00:00Z\"}]}";
	char *text = NULL;
	size_t n;

	own->item.tee = ENDORSE_TDX;
	if (own->item.kind == ENDORSE_TCB_NUMBERS) {
		own->body = sign(members[ENDORSE_TCB_NUMBERS], (const uint8_t *)numbers, sizeof(numbers) - 1);
		return;
	}
	if (own->item.kind == ENDORSE_TCB_INFO)
		must(sim_pki_intel_tcb_info(intel, &info, &text, &n, NULL) == 0);
	else
		must(sim_pki_intel_qe_identity(intel, &identity, &text, &n, NULL) == 0);
	own_text(own, text); /* for a QvE it is another enclave's, and so one step away */
}

static void make_own(enum endorse_kind kind)
{
	struct own *own = &owns[kind];

	own->item.kind = kind;
	if (endorse_item_service(&own->item) == ENDORSE_AMD_KDS)
		own->item.product = SNP_TURIN;
	own->item.ca = kind == ENDORSE_PCK_CRL ? ENDORSE_PLATFORM : 0;
	if (kind == ENDORSE_VCEK)
		own_vcek(own);
	else if (kind == ENDORSE_VCEK_CHAIN || kind == ENDORSE_VLEK_CHAIN)
		own_text(own, amd_chain(kind == ENDORSE_VCEK_CHAIN ? SIM_ASK : SIM_ASVK));
	else if (kind == ENDORSE_VCEK_CRL || kind == ENDORSE_VLEK_CRL)
		own_crl(own, -1);
	else if (kind == ENDORSE_PCK_CRL || kind == ENDORSE_ROOT_CRL)
		own_crl(own, kind == ENDORSE_PCK_CRL ? SIM_INTEL_PLATFORM_CA : SIM_INTEL_ROOT);
	else
		own_document(own);
	own->chain = intel_chain(kind == ENDORSE_PCK_CRL ? SIM_INTEL_PLATFORM_CA : SIM_INTEL_TCB_SIGNING);
}

static void make_world(void)
{
	if (amd)
		return;
	must(sim_pki_new(SIM_PKI_DEFAULT_SEED, &amd, NULL) == 0);
	must(sim_pki_intel_new("fuzz", &intel, NULL) == 0);
	for (unsigned kind = 0; kind < ENDORSE_N_KINDS; kind++)
		make_own(kind);
}

/* ---- Requests and packed values */

static void try_request(struct bytes_rd *in)
{
	const size_t n = bytes_rd_left(in);
	char *text = strndup((const char *)bytes_rd_take(in, n), n), name[ENDORSE_TEXT_BYTES],
	     target[ENDORSE_TEXT_BYTES];
	struct endorse_item item = { .number = 77 }, again;
	enum endorse_encoding encoding = 77;
	struct jurat_error err = { "" };
	int r;

	must(text != NULL);
	r = endorse_item_of_request(text, &item, &encoding, &err);
	if (r == 0) {
		FUZZ_REACHED("a request is read");
		must(endorse_item_target(&item, target, sizeof(target)) < sizeof(target));
		must(endorse_item_of_request(target, &again, &encoding, NULL) == 0);
		must(endorse_item_name(&item, name, sizeof(name)) < sizeof(name));
		endorse_item_name(&again, target, sizeof(target));
		must(strcmp(name, target) == 0);
		endorse_item_file(&item, target, sizeof(target));
		must(target[0] != '/' && !strstr(target, "/.") && target[0] != '.');
	} else {
		must((r == -EINVAL || r == JURAT_NOT_FOUND) && err.text[0] && item.number == 77 &&
		     encoding == 77);
	}
	free(text);
}

static void try_packed(struct bytes_rd *in)
{
	auto_bytes bytes = fuzz_copy(bytes_rd_take(in, bytes_rd_left(in)), in->size - 1);
	struct endorse_value value = { .size = 77 };
	int64_t expires = 77;
	uint8_t *packed;
	size_t n;

	if (endorse_value_unpack(bytes.p, bytes.n, &value, &expires, NULL) != 0) {
		must(value.size == 77 && expires == 77);
		return;
	}
	FUZZ_REACHED("a packed value is read");
	must(endorse_value_pack(&value, expires, &packed, &n, NULL) == 0);
	must(n == bytes.n && memcmp(packed, bytes.p, n) == 0);
	free(packed);
	endorse_value_done(&value);
}

/* ---- Checks */

static struct endorse_checker *new_checker(void)
{
	struct endorse_checker *checker;
	const uint8_t *der;
	size_t n;

	must(endorse_checker_new(&checker, NULL) == 0);
	must(sim_pki_ca(amd, SNP_TURIN, SIM_ARK, &der, &n, NULL) == 0);
	must(endorse_checker_add_roots(checker, der, n, NULL) == 0);
	der = sim_pki_intel_cert(intel, SIM_INTEL_ROOT, &n);
	must(endorse_checker_add_roots(checker, der, n, NULL) == 0);
	return checker;
}

static int check_own(struct endorse_checker *checker, enum endorse_kind kind)
{
	const struct own *own = &owns[kind];
	struct endorse_value value = { .body = own->body.p,
				       .size = own->body.n,
				       .issuer_chain = endorse_chain_header(&own->item) ? own->chain : NULL };
	int64_t expires;

	return endorse_check(checker, &own->item, &value, AT, &expires, NULL);
}

static void accept_needed(struct endorse_checker *checker, const struct endorse_item *item, uint8_t flags)
{
	struct endorse_item needed;

	if (!(flags & FRESH_CHECKER) && endorse_check_needs(item, &needed))
		must(check_own(checker, needed.kind) == 0);
	if (flags & WITH_NUMBERS)
		must(check_own(checker, ENDORSE_TCB_NUMBERS) == 0);
}

static void try_check(struct bytes_rd *in)
{
	const struct own *own = &owns[bytes_rd_u8(in) % ENDORSE_N_KINDS];
	const uint8_t flags = bytes_rd_u8(in);
	const char *header = endorse_chain_header(&own->item), *member = members[own->item.kind];
	auto_bytes body = fuzz_item(in, own->body.p, own->body.n);
	auto_bytes chain = fuzz_item(in, own->chain, strlen(own->chain));
	auto_bytes document = { NULL, 0 };
	struct endorse_checker *checker = new_checker();
	struct endorse_item item = own->item;
	struct endorse_value value = { .body = body.p, .size = body.n };
	struct jurat_error err = { "" };
	int64_t expires = -7, at = flags & LATER ? AT + 9 * DAY : AT;
	int r;

	if (flags & SIGN && member) {
		document = sign(member, body.p, body.n);
		value.body = document.p;
		value.size = document.n;
	}
	if (flags & OTHER_ITEM) {
		item.chip_id[0]++;
		item.fmspc[0]++;
		item.update = ENDORSE_EARLY;
	}
	if (header && !(flags & NO_CHAIN))
		value.issuer_chain = strndup((const char *)chain.p, chain.n);
	accept_needed(checker, &item, flags);
	r = endorse_check(checker, &item, &value, at, &expires, &err);
	if (r == 0) {
		FUZZ_REACHED("a value is accepted");
		must(expires >= at);
		must(!(flags & OTHER_ITEM) || (item.kind != ENDORSE_VCEK && item.kind != ENDORSE_TCB_INFO));
	} else {
		must((r == -EBADMSG || r == -ESTALE || r == -ENOKEY) && err.text[0] && expires == -7);
		if (r == -ESTALE)
			FUZZ_REACHED("a value has expired");
		if (r == -ENOKEY)
			FUZZ_REACHED("a check needs another value");
	}
	free(value.issuer_chain);
	endorse_checker_free(checker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_rd in = bytes_rd(data, size);

	if (size == 0)
		return 0;
	make_world();
	switch (bytes_rd_u8(&in) % N_INPUTS) {
	case REQUEST:
		try_request(&in);
		break;
	case PACKED:
		try_packed(&in);
		break;
	default:
		try_check(&in);
	}
	return 0;
}
