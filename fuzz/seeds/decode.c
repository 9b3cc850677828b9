/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "seeds/seeds.h"
#include "support/snp.h"
#include "support/tdx.h"

/* Evidence and endorsements in what people and tools put around them, for fuzz_decode. */

static void put_hex(const uint8_t *p, size_t n)
{
	auto_free char *hex = malloc(BYTES_HEX_SIZE(n));

	must(hex);
	seed_text(bytes_to_hex(p, n, hex));
}

static void put_base64(const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);

		seed_u8((uint8_t)digits[v >> 18]);
		seed_u8((uint8_t)digits[v >> 12 & 63]);
		seed_u8((uint8_t)(i + 1 < n ? digits[v >> 6 & 63] : '='));
		seed_u8((uint8_t)(i + 2 < n ? digits[v & 63] : '='));
	}
}

static void put_integers(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%s%u", i > 0 ? "," : "[", p[i]);
		seed_text(text);
	}
	seed_text("]");
}

/* PEM with this between its parts. */
static void put_pem(const char *newline, const char *space, const uint8_t *der, size_t n)
{
	const char *parts[] = { "-----BEGIN", space, "CERTIFICATE-----", newline };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		seed_text(parts[i]);
	put_base64(der, n);
	seed_text(newline);
	seed_text("-----END");
	seed_text(space);
	seed_text("CERTIFICATE-----");
}

enum { RESPONSE_BYTES = 4000 };

static void binary(const uint8_t *report, const uint8_t *tdreport)
{
	static const uint8_t cert_lengths[] = { 0x00, 0x03, 0x81, 0x12 };

	seed_begin("fuzz_decode", "response");
	seed_u32(0);
	seed_u32(SNP_REPORT_BYTES);
	seed_zeros(24);
	seed_bytes(report, SNP_REPORT_BYTES);
	seed_zeros(RESPONSE_BYTES - 32 - SNP_REPORT_BYTES);
	seed_end();
	for (unsigned td = 0; td < 2; td++) {
		seed_begin("fuzz_decode", "hcl-%u", td);
		seed_text("HCLA");
		seed_zeros(28);
		seed_bytes(td ? tdreport : report, td ? TDX_REPORT_BYTES : SNP_REPORT_BYTES);
		seed_zeros(td ? SNP_REPORT_BYTES - TDX_REPORT_BYTES : 0);
		seed_zeros(16);
		seed_u32(2);
		seed_text("{}");
		seed_end();
	}
	seed_begin("fuzz_decode", "dstack");
	seed_bytes(cert_lengths, sizeof(cert_lengths));
	seed_bytes(report, SNP_REPORT_BYTES);
	seed_u8(1 << 2);
	seed_u8(4 << 2);
	seed_text("none");
	seed_end();
	seed_begin("fuzz_decode", "padded");
	seed_bytes(report, SNP_REPORT_BYTES);
	seed_zeros(100);
	seed_end();
}

static void texts(const uint8_t *report, const struct fuzz_bytes *quote, const struct fuzz_bytes *ark)
{
	seed_begin("fuzz_decode", "hex");
	seed_text("0x");
	put_hex(report, SNP_REPORT_BYTES);
	seed_end();
	seed_begin("fuzz_decode", "base64");
	put_base64(report, SNP_REPORT_BYTES);
	seed_end();
	seed_begin("fuzz_decode", "json-string");
	seed_text("\"");
	put_pem("\\n", " ", ark->p, ark->n);
	seed_text("\"");
	seed_end();
	seed_begin("fuzz_decode", "header");
	seed_text("TCB-Info-Issuer-Chain: ");
	put_pem("%0A", "%20", ark->p, ark->n);
	seed_end();
	seed_begin("fuzz_decode", "escaped");
	put_pem("\\n", " ", ark->p, ark->n);
	seed_end();
	seed_begin("fuzz_decode", "json-both");
	seed_text("{\"quote\":\"");
	put_hex(quote->p, quote->n);
	seed_text("\",\"report\":");
	put_integers(report, SNP_REPORT_BYTES);
	seed_text("}");
	seed_end();
	seed_begin("fuzz_decode", "json-chain");
	seed_text("{\"report\":\"");
	put_base64(report, SNP_REPORT_BYTES);
	seed_text("\",\"cert_chain\":[{\"data\":");
	put_integers(ark->p, ark->n);
	seed_text("}]}");
	seed_end();
}

/* The fields of a report that are not 0: number, name, where, how long; bytes from 9 on. */
static const struct {
	unsigned number;
	const char *name;
	size_t off, n;
} fields[] = {
	{ 1, "version", 0x00, 4 },       { 3, "policy", 0x08, 8 },          { 7, "signature_algo", 0x34, 4 },
	{ 8, "current_tcb", 0x38, 8 },   { 9, "platform_info", 0x40, 8 },   { 11, "report_data", 0x50, 64 },
	{ 12, "measurement", 0x90, 48 }, { 16, "report_id", 0x140, 32 },    { 18, "reported_tcb", 0x180, 8 },
	{ 19, "chip_id", 0x1a0, 64 },    { 20, "committed_tcb", 0x1e0, 8 }, { 27, "launch_tcb", 0x1f0, 8 },
	{ 28, "signature", 0x2a0, 512 },
};

static void put_varint(uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		seed_u8((uint8_t)(v | 0x80));
	seed_u8((uint8_t)v);
}

static size_t varint_size(uint64_t v)
{
	size_t n = 1;

	for (; v > 0x7f; v >>= 7)
		n++;
	return n;
}

static void put_field(unsigned number, const uint8_t *p, size_t n)
{
	put_varint(number << 3 | (n > 8 ? 2 : 0));
	put_varint(n > 8 ? n : bytes_get_le(p, (unsigned)n));
	if (n > 8)
		seed_bytes(p, n);
}

static size_t field_size(unsigned number, const uint8_t *p, size_t n)
{
	return varint_size(number << 3) + varint_size(n > 8 ? n : bytes_get_le(p, (unsigned)n)) +
	       (n > 8 ? n : 0);
}

static void report_fields(const uint8_t *report)
{
	size_t size = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		size += field_size(fields[i].number, report + fields[i].off, fields[i].n);
	seed_begin("fuzz_decode", "proto-report");
	seed_u8(1 << 3 | 2);
	put_varint(size);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		put_field(fields[i].number, report + fields[i].off, fields[i].n);
	seed_end();
	for (unsigned json = 0; json < 2; json++) {
		seed_begin("fuzz_decode", json ? "json-report" : "text-report");
		seed_text(json ? "{\"attestation_report\":{" : "report: {\n");
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			const uint8_t *p = report + fields[i].off;
			char text[64];

			snprintf(text, sizeof(text), json ? "%s\"%s\":" : "%s%s: ", json && i > 0 ? "," : "",
				 fields[i].name);
			seed_text(text);
			snprintf(text, sizeof(text), json ? "\"%" PRIu64 "\"" : "%" PRIu64 "\n",
				 bytes_get_le(p, (unsigned)(fields[i].n & 15)));
			if (fields[i].n <= 8)
				seed_text(text);
			else if (json)
				put_integers(p, fields[i].n);
			for (size_t k = 0; !json && fields[i].n > 8 && k < fields[i].n; k++) {
				snprintf(text, sizeof(text), "%s\\%03o%s", k == 0 ? "\"" : "", p[k],
					 k + 1 == fields[i].n ? "\"\n" : "");
				seed_text(text);
			}
		}
		seed_text(json ? "}}" : "}\n");
		seed_end();
	}
}

/* One without what could be judged: that it is put together is what counts. */
static void quote_fields(void)
{
	static const uint8_t proto[] = { 0x0a, 0x07, 0x08, 0x04, 0x10, 0x02, 0x18, 0x81,
					 0x01, 0x12, 0x00, 0x22, 0x02, 0x1a, 0x00 };

	seed_whole("fuzz_decode", proto, sizeof(proto), "proto-quote");
	seed_begin("fuzz_decode", "text-quote");
	seed_text("header { version: 5 attestation_key_type: 2 tee_type: 129 } # a comment\n"
		  "td_quote_body_descriptor < td_quote_body_type: 3, td_quote_body_size: 648; "
		  "td_quote_body_v5 {\n"
		  "rtmrs: ['\\x00', \"\\001\"] rtmrs: '\\n' rtmrs: 'a' 'b' } >\n"
		  "signed_data { certification_data { qe_report_certification_data { qe_auth_data {\n"
		  "parsed_data_size: 2 data: '\\t\\'' } } } }\n");
	seed_end();
	seed_begin("fuzz_decode", "text-quote-4");
	seed_text("header { version: 4 attestation_key_type: 2 tee_type: 129 } td_quote_body { xfam: "
		  "'01234567' }\n"
		  "signed_data { certification_data { size: 0 } }\n");
	seed_end();
}

void seeds_decode(void)
{
	struct fuzz_bytes ark auto_call(fuzz_bytes_done) = fuzz_snp_ark(fuzz_snp(0));
	const uint8_t *report = fuzz_snp(0)->reports[0];

	binary(report, fuzz_tdx(0)->tdreport);
	texts(report, &fuzz_tdx(0)->quote, &ark);
	report_fields(report);
	quote_fields();
}
