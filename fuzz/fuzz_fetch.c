/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "fetch/content.h"
#include "fetch/retry.h"
#include "support/fuzz.h"

/*
 * What a service sends, after libcurl: a byte chooses the kind of the item; then the Retry-After header, the
 * place of a redirect, the header with the issuer chain, the media type, and the body, as parts.
 */
enum { NOW = 1700000000 };

#define SERVICE "https://kdsintf.amd.com/vcek/v1/Milan/cert_chain"

static char *text_part(struct bytes_rd *in)
{
	auto_bytes part = fuzz_part(in);
	char *text = malloc(part.n + 1);

	must(text != NULL);
	if (part.n > 0)
		memcpy(text, part.p, part.n);
	text[part.n] = '\0';
	return text;
}

static void retry(struct bytes_rd *in)
{
	auto_free char *text = text_part(in);
	struct retry_after after = retry_after_read(text, NOW);
	uint64_t wait = retry_wait_ms(1u + (uint8_t)text[0], 429, &after, 0x80000000);

	must(after.ms <= (uint64_t)RETRY_MAX_AFTER_S * 1000 && (after.known || after.ms == 0));
	must(wait >= after.ms && wait > 0 && wait <= (uint64_t)RETRY_MAX_AFTER_S * 1000 + RETRY_LONGEST_MS);
	if (after.ms > 0)
		FUZZ_REACHED("a time to wait");
}

static void redirect(struct bytes_rd *in)
{
	auto_free char *to = text_part(in), *base = NULL;
	char host[HTTP_HOST_BYTES];

	if (http_check_redirect(SERVICE, to, NULL) == 0) {
		FUZZ_REACHED("a redirect that is followed");
		must(strncasecmp(to, "https:", 6) == 0);
	}
	if (http_base_url(to, &base, NULL) == 0) {
		FUZZ_REACHED("the URL of a service");
		must(http_is_url(base) && base[strlen(base) - 1] != '/' && !strpbrk(base, "?#"));
	}
	must(strlen(http_host(to, host)) < HTTP_HOST_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_rd in = bytes_rd(data, size);
	struct endorse_item item = { .kind = fuzz_u8(&in) % ENDORSE_N_KINDS, .product = SNP_MILAN };
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct http_answer answer auto_call(http_answer_done) = { .status = 200 };

	retry(&in);
	redirect(&in);
	answer.header = text_part(&in);
	if (!answer.header[0])
		free(take_ptr(answer.header));
	{
		auto_free char *type = text_part(&in);

		snprintf(answer.type, sizeof(answer.type), "%s", type);
	}
	{
		auto_bytes body = fuzz_part(&in);

		answer.size = body.n;
		answer.body = take_ptr(body.p);
	}
	if (fetch_take_content(&item, &answer, &value, NULL) != 0) {
		must(!value.body && !value.issuer_chain);
		return 0;
	}
	FUZZ_REACHED("content that is taken");
	must(!answer.body && value.size <= UINT16_MAX + 1);
	must(!endorse_chain_header(&item) == !value.issuer_chain);
	must(!value.issuer_chain || strlen(value.issuer_chain) <= ENDORSE_MAX_CHAIN_BYTES);
	if (value.issuer_chain)
		FUZZ_REACHED("an issuer chain");
	return 0;
}
