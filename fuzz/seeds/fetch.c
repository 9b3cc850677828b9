/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "endorse/item.h"
#include "seeds/seeds.h"

static void part(const char *text)
{
	seed_part(text, strlen(text));
}

/* As fuzz_fetch.c has it. */
static void answer(const char *name, enum endorse_kind kind, const char *after, const char *location,
		   const char *chain, const char *type, const void *body, size_t n)
{
	seed_begin("fuzz_fetch", "%s", name);
	seed_u8((uint8_t)kind);
	part(after);
	part(location);
	part(chain);
	part(type);
	seed_part(body, n);
	seed_end();
}

void seeds_fetch(void)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
			  json[] = "{\"tcbInfo\":{},\"signature\":\"00\"}";

	answer("vcek", ENDORSE_VCEK, "12", "https://kdsintf.amd.com/elsewhere", "", "application/pkix-cert",
	       "0\0", 2);
	answer("hex", ENDORSE_ROOT_CRL, "Tue, 14 Nov 2023 22:13:50 GMT", "http://kdsintf.amd.com:80/", "",
	       "application/pkix-crl", "3000", 4);
	answer("pem", ENDORSE_VCEK, "soon", "file:///etc/passwd", "", "application/x-pem-file", pem,
	       sizeof(pem) - 1);
	answer("chain", ENDORSE_VCEK_CHAIN, "0", "//evil.example/", "", "text/plain", pem, sizeof(pem) - 1);
	answer("tcb-info", ENDORSE_TCB_INFO, "-1", "https://kdsintf.amd.com@evil.example/",
	       "-----BEGIN%20CERTIFICATE-----%0AMAA%3D%0A", "application/json", json, sizeof(json) - 1);
	answer("page", ENDORSE_TCB_INFO, "99999999999999999999", "https://pccs.example:8081/sgx/", "%00",
	       "text/html", "<html>", 6);
}
