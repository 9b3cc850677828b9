/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "endorse/value.h"
#include "seeds/seeds.h"

/* As fuzz_endorse.c has them. */
enum { REQUEST, PACKED, CHECK };
enum { SIGN = 1, OTHER_ITEM = 2, NO_CHAIN = 4, LATER = 8, FRESH_CHECKER = 16, WITH_NUMBERS = 32 };

#define ROOT_CRL_BY_URL                                                                                      \
	"/sgx/certification/v4/crl"                                                                          \
	"?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com%2FIntelSGXRootCA.der"

static void requests(void)
{
	static const char *const texts[] = {
		"/vcek/v1/Turin/1e550a8ee5cf9f4d?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219",
		"/vcek/v1/Milan/cert_chain",
		"/vlek/v1/Genoa/cert_chain",
		"/vcek/v1/Turin/crl",
		"/sgx/certification/v4/tcb?fmspc=00906ed50000",
		"/tdx/certification/v4/tcb?fmspc=B0C06F000000&update=early",
		"/tdx/certification/v4/qe/identity?tcbEvaluationDataNumber=17",
		"/sgx/certification/v3/qve/identity",
		"/tdx/certification/v4/tcbevaluationdatanumbers",
		"/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
		"/sgx/certification/v3/rootcacrl",
		"/IntelSGXRootCA.der",
		ROOT_CRL_BY_URL,
		"/nothing",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		seed_begin("fuzz_endorse", "request-%u", i);
		seed_u8(REQUEST);
		seed_text(texts[i]);
		seed_end();
	}
}

static void packed(void)
{
	uint8_t body[] = "body";
	char chain[] = "chain";

	for (unsigned i = 0; i < 2; i++) {
		const struct endorse_value value = { body, sizeof(body), i ? chain : NULL };
		uint8_t *bytes;
		size_t n;

		must(endorse_value_pack(&value, 1760000000, &bytes, &n, NULL) == 0);
		seed_begin("fuzz_endorse", "packed-%u", i);
		seed_u8(PACKED);
		seed_bytes(bytes, n);
		seed_end();
		free(bytes);
	}
}

static void checks(void)
{
	static const uint8_t flags[] = { 0, OTHER_ITEM, NO_CHAIN, LATER, FRESH_CHECKER, WITH_NUMBERS };

	for (unsigned kind = 0; kind < ENDORSE_N_KINDS; kind++) {
		for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
			seed_begin("fuzz_endorse", "check-%u-%u", kind, i);
			seed_u8(CHECK);
			seed_u8((uint8_t)kind);
			seed_u8(flags[i]);
			seed_u8(FUZZ_OWN);
			seed_u8(FUZZ_OWN);
			seed_end();
		}
		for (unsigned off = 0; off < 1200; off += 67) {
			seed_begin("fuzz_endorse", "edit-%u-%u", kind, off);
			seed_u8(CHECK);
			seed_u8((uint8_t)kind);
			seed_u8(0);
			for (unsigned i = 0; i < 2; i++) { /* body and chain */
				seed_u8(FUZZ_EDITED);
				seed_u8(1);
				seed_u16((uint16_t)off);
				seed_u8(i == 0);
				if (i == 0)
					seed_u8(1);
			}
			seed_end();
		}
	}
}

static void documents(void)
{
	static const char *const texts[] = {
		"{}",
		"{\"id\":\"TDX\",\"version\":1,\"issueDate\":\"2025-10-01T00:00:00Z\",\"nextUpdate\":\"2025-"
		"10-31T00:00:00Z\","
		"\"tcbEvalNumbers\":[{\"tcbEvaluationDataNumber\":19,\"tcbRecoveryEventDate\":\"2025-05-"
		"13T00:00:00Z\"}]}",
	};

	for (unsigned kind = ENDORSE_TCB_INFO; kind <= ENDORSE_TCB_NUMBERS; kind++)
		for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
			seed_begin("fuzz_endorse", "document-%u-%u", kind, i);
			seed_u8(CHECK);
			seed_u8((uint8_t)kind);
			seed_u8(SIGN);
			seed_u8(FUZZ_PART);
			seed_part(texts[i], strlen(texts[i]));
			seed_u8(FUZZ_OWN);
			seed_end();
		}
}

void seeds_endorse(void)
{
	requests();
	packed();
	checks();
	documents();
}
