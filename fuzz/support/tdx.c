/* SPDX-License-Identifier: MIT */
#include "support/tdx.h"

#include <stdio.h>
#include <string.h>

#include "crypto/der.h"
#include "crypto/hash.h"
#include "sim/pki/pki.h"
#include "sim/pki/pki_intel_internal.h"
#include "sim/tdx/qe_internal.h"
#include "support/sign.h"

enum { DAY = 86400, SIGNATURE_MAX_BYTES = 72 };

struct sim_pki_intel *fuzz_tdx_pki(void)
{
	static struct sim_pki_intel *pki;

	if (!pki)
		must(sim_pki_intel_new(SIM_PKI_DEFAULT_SEED, &pki, NULL) == 0);
	return pki;
}

static void make(struct fuzz_tdx *machine, enum sim_tdx_generation generation)
{
	struct sim_td_params params = { .attributes = 1 << 28, .xfam = 0xe7, .mrtd = { 1 } };
	struct sim_tdx_options options = { .generation = generation };
	struct sim_collateral_options o = { .platform_status = "UpToDate",
					    .module_status = "UpToDate",
					    .qe_status = "UpToDate",
					    .issued = FUZZ_TDX_AT - DAY,
					    .next_update = FUZZ_TDX_AT + DAY,
					    .evaluation = 1 };
	uint8_t report_data[64] = { 1 }, svn[SIM_TDX_SVN_BYTES];

	must(sim_tdx_platform_new(&options, &machine->platform, NULL) == 0);
	must(sim_qe_new(machine->platform, fuzz_tdx_pki(), NULL, &machine->qe, NULL) == 0);
	must(sim_qe_collateral(machine->qe, &o, &machine->collateral, NULL) == 0);
	must(sim_td_new(machine->platform, &params, 1, &machine->td, NULL) == 0);
	memcpy(svn, sim_tdx_tcb(machine->platform)->tee_tcb_svn, sizeof(svn));
	svn[0]++;
	if (generation == SIM_TDX_15) /* a report that names both modules gets a body of its own */
		sim_tdx_update_module(machine->platform, svn);
	must(sim_td_mr_report(machine->td, report_data, machine->tdreport) == UAPI_TDCALL_SUCCESS);
	must(sim_qe_quote(machine->qe, machine->tdreport, sizeof(machine->tdreport), &machine->quote.p,
			  &machine->quote.n, NULL) == 0);
}

struct fuzz_tdx *fuzz_tdx(unsigned which)
{
	static const enum sim_tdx_generation generations[FUZZ_TDX_MACHINES] = { SIM_TDX_10, SIM_TDX_15,
										SIM_TDX_15EX };
	static struct fuzz_tdx machines[FUZZ_TDX_MACHINES];
	struct fuzz_tdx *machine = &machines[which % FUZZ_TDX_MACHINES];

	if (!machine->qe)
		make(machine, generations[which % FUZZ_TDX_MACHINES]);
	return machine;
}

struct fuzz_bytes fuzz_tdx_root(void)
{
	size_t n;
	const uint8_t *der = sim_pki_intel_cert(fuzz_tdx_pki(), SIM_INTEL_ROOT, &n);

	return fuzz_copy(der, n);
}

/* The chain as newer quotes carry it: PEM, with a NUL behind it. */
static struct fuzz_bytes chain_of(const struct fuzz_bytes *pck)
{
	struct sim_der certs[3] = { { .der = pck->p, .size = pck->n } };
	char *text;
	size_t n;

	certs[1].der = sim_pki_intel_cert(fuzz_tdx_pki(), SIM_INTEL_PLATFORM_CA, &certs[1].size);
	certs[2].der = sim_pki_intel_cert(fuzz_tdx_pki(), SIM_INTEL_ROOT, &certs[2].size);
	must(sim_pki_intel_pem(certs, ARRAY_SIZE(certs), &text, &n, NULL) == 0);
	return (struct fuzz_bytes){ (uint8_t *)text, n + 1 };
}

static void certify(const struct sim_qe *qe, struct tdx_quote *q)
{
	size_t n = q->auth_data.size, whole = TDX_QUOTE_KEY_BYTES + n;
	auto_free uint8_t *key_and_auth = malloc(whole);
	uint8_t digest[CRYPTO_SHA256_BYTES], bytes[SGX_REPORT_BYTES];

	must(key_and_auth != NULL);
	memcpy(q->attestation_key, crypto_p256_signer_public(qe->keys[SIM_QE_ATTESTATION_KEY]),
	       TDX_QUOTE_KEY_BYTES);
	memcpy(key_and_auth, q->attestation_key, TDX_QUOTE_KEY_BYTES);
	if (n > 0)
		memcpy(key_and_auth + TDX_QUOTE_KEY_BYTES, q->auth_data.data, n);
	memset(q->qe_report.report_data, 0, sizeof(q->qe_report.report_data));
	crypto_sha256(key_and_auth, whole, q->qe_report.report_data);
	wire_write(&sgx_report_layout, &q->qe_report, bytes);
	crypto_sha256(bytes, sizeof(bytes), digest);
	crypto_p256_signer_sign(qe->keys[SIM_QE_PCK_KEY], digest, q->qe_report_signature);
}

struct fuzz_bytes fuzz_tdx_sign_quote(struct fuzz_tdx *machine, const uint8_t *quote, size_t n,
				      const struct fuzz_bytes *pck)
{
	uint8_t to_sign[TDX_QUOTE_MAX_SIGNED_BYTES], digest[CRYPTO_SHA256_BYTES];
	auto_bytes chain = { 0 };
	struct fuzz_bytes made;
	struct tdx_quote q;
	size_t size = 0;

	if (tdx_quote_read(quote, n, &q, NULL) < 0)
		return fuzz_copy(quote, n);
	if (pck->n > 0) {
		chain = chain_of(pck);
		q.cert_type = TDX_CERT_PCK_CHAIN;
		q.cert_data = bytes_rd(chain.p, chain.n);
	}
	certify(machine->qe, &q);
	must(tdx_quote_write_signed(&q, to_sign, &size, NULL) == 0);
	crypto_sha256(to_sign, size, digest);
	crypto_p256_signer_sign(machine->qe->keys[SIM_QE_ATTESTATION_KEY], digest, q.signature);
	if (tdx_quote_write(&q, NULL, 0, &size, NULL) < 0)
		return fuzz_copy(quote, n);
	made = (struct fuzz_bytes){ malloc(size), size };
	must(made.p && tdx_quote_write(&q, made.p, made.n, &size, NULL) == 0);
	return made;
}

static size_t sign(const void *key, const uint8_t *bytes, size_t n, uint8_t *to)
{
	struct der_wr d = der_wr(to, SIGNATURE_MAX_BYTES);
	uint8_t signature[64];

	intel_sign(fuzz_tdx_pki(), *(const enum sim_intel_cert *)key, bytes, n, signature);
	der_put_open(&d, DER_SEQUENCE);
	der_put_big_uint(&d, signature, 32);
	der_put_big_uint(&d, signature + 32, 32);
	der_put_close(&d);
	must(!d.w.bad);
	return d.w.off;
}

struct fuzz_bytes fuzz_tdx_sign_der(enum sim_intel_cert issuer, const uint8_t *der, size_t n)
{
	return fuzz_sign_der(der, n, sign, &issuer);
}

struct fuzz_bytes fuzz_tdx_sign_json(const char *member, const uint8_t *body, size_t n)
{
	char head[64], tail[64 + BYTES_HEX_SIZE(64)], hex[BYTES_HEX_SIZE(64)];
	uint8_t signature[64];
	struct fuzz_bytes made;
	struct bytes_wr w;

	intel_sign(fuzz_tdx_pki(), SIM_INTEL_TCB_SIGNING, body, n, signature);
	snprintf(head, sizeof(head), "{\"%s\":", member);
	snprintf(tail, sizeof(tail), ",\"signature\":\"%s\"}",
		 bytes_to_hex(signature, sizeof(signature), hex));
	made.n = strlen(head) + n + strlen(tail);
	made.p = malloc(made.n);
	must(made.p != NULL);
	w = bytes_wr(made.p, made.n);
	bytes_wr_copy(&w, head, strlen(head));
	bytes_wr_copy(&w, body, n);
	bytes_wr_copy(&w, tail, strlen(tail));
	return made;
}

void fuzz_tdx_sign_report(struct fuzz_tdx *machine, uint8_t tdreport[TDX_REPORT_BYTES])
{
	memcpy(tdreport + 16, sim_tdx_tcb(machine->platform)->cpusvn, SIM_TDX_SVN_BYTES);
	crypto_sha384(tdreport + TDX_TCB_INFO_OFF, TDX_TCB_INFO_BYTES, tdreport + 32);
	crypto_sha384(tdreport + TDX_TD_INFO_OFF, TDX_TD_INFO_BYTES, tdreport + 80);
	sim_tdx_secret(machine->platform, "tdreport mac", tdreport, TDX_REPORT_MACED_BYTES,
		       tdreport + TDX_REPORT_MACED_BYTES, 32);
}
