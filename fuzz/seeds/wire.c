/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "seeds/seeds.h"
#include "support/snp.h"
#include "support/tdx.h"
#include "wire/layout.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"

enum { ROOM = 65536 };

static void reports(void)
{
	for (unsigned m = 0; m < FUZZ_SNP_MACHINES; m++)
		for (unsigned vlek = 0; vlek < 2; vlek++) {
			uint8_t report[SNP_REPORT_BYTES];

			memcpy(report, fuzz_snp(m)->reports[vlek], sizeof(report));
			seed_whole("fuzz_snp_report", report, sizeof(report), "machine-%u-%s", m,
				   vlek ? "vlek" : "vcek");
			report[SNP_REPORT_BYTES - 1] = 1; /* a reserved byte */
			seed_whole("fuzz_snp_report", report, sizeof(report), "machine-%u-reserved-%u", m,
				   vlek);
		}
}

static void write_table(const struct snp_certs *certs, const char *name)
{
	uint8_t table[ROOM];
	size_t n;

	must(snp_certs_write(certs, table, sizeof(table), &n, NULL) == 0);
	seed_whole("fuzz_snp_certs", table, n, "%s", name);
	seed_whole("fuzz_endorsements", table, n, "%s", name);
	seed_whole("fuzz_input", table, n, "table-%s", name);
}

static void tables(void)
{
	const struct fuzz_bytes *own = &fuzz_snp(0)->tables[0];
	auto_bytes crl = fuzz_snp_crl(fuzz_snp(0), true, false);
	struct snp_certs certs;

	must(snp_certs_read(own->p, own->n, &certs, NULL) == 0);
	write_table(&certs, "vcek");
	certs.entries[certs.n++] =
		(struct snp_cert_entry){ .kind = SNP_CERT_CRL, .data = bytes_rd(crl.p, crl.n) };
	write_table(&certs, "crl");
	certs.entries[certs.n++] = certs.entries[0];
	certs.entries[0] = (struct snp_cert_entry){ .kind = SNP_CERT_OTHER,
						    .guid = { 1 },
						    .data = bytes_rd("private", 7) };
	write_table(&certs, "private");
	for (unsigned m = 0; m < FUZZ_SNP_MACHINES; m++) {
		const struct fuzz_bytes *vlek = &fuzz_snp(m)->tables[1];

		seed_whole("fuzz_snp_certs", vlek->p, vlek->n, "machine-%u-vlek", m);
	}
	seed_begin("fuzz_snp_certs", "empty");
	seed_zeros(SNP_CERTS_ENTRY_BYTES);
	seed_end();
	seed_begin("fuzz_input", "firmware-volume"); /* begins as an empty table does */
	seed_zeros(40);
	seed_bytes("_FVH", 4);
	seed_zeros(20);
	seed_end();
}

/* Every structure of its own size, once all zeros and once all ones. */
static void layouts(void)
{
	for (unsigned i = 0; i < wire_n_layouts; i++) {
		const struct wire_layout *layout = wire_layouts[i];

		for (unsigned ones = 0; ones < 2; ones++) {
			seed_begin("fuzz_wire_layouts", "layout-%u-%u", i, ones);
			seed_u8((uint8_t)i);
			seed_u8(200);
			for (size_t k = 0; k < layout->size; k++)
				seed_u8(ones ? 0xff : 0);
			seed_end();
		}
	}
}

static void quote_with(const struct tdx_quote *q, uint16_t cert_type, size_t cert_size, const char *name)
{
	struct tdx_quote other = *q;
	uint8_t data[512] = { 2 }, bytes[ROOM];
	size_t n;

	other.cert_type = cert_type;
	other.cert_data = bytes_rd(data, cert_size);
	must(tdx_quote_write(&other, bytes, sizeof(bytes), &n, NULL) == 0);
	seed_whole("fuzz_tdx_quote", bytes, n, "%s", name);
	seed_whole("fuzz_input", bytes, n, "quote-%s", name);
}

/* The same signature data behind the header and body of an enclave's quote. */
static void sgx_quotes(const struct fuzz_bytes *own, const struct tdx_quote *q)
{
	size_t rest = q->signed_bytes.size;

	for (unsigned version = 4; version <= 5; version++) {
		seed_begin("fuzz_tdx_quote", "sgx-%u", version);
		seed_u16((uint16_t)version);
		seed_u16(2);
		seed_u32(0);
		seed_bytes(own->p + 8, TDX_QUOTE_HDR_BYTES - 8);
		if (version == 5) {
			seed_u16(1);
			seed_u32(SGX_REPORT_BYTES);
		}
		seed_zeros(SGX_REPORT_BYTES);
		seed_bytes(own->p + rest, own->n - rest);
		seed_end();
	}
}

static void quotes(void)
{
	struct tdx_quote q;

	for (unsigned m = 0; m < FUZZ_TDX_MACHINES; m++) {
		const struct fuzz_bytes *own = &fuzz_tdx(m)->quote;

		seed_whole("fuzz_tdx_quote", own->p, own->n, "machine-%u", m);
		seed_begin("fuzz_tdx_quote", "machine-%u-padded", m);
		seed_bytes(own->p, own->n);
		seed_zeros(70);
		seed_end();
	}
	must(tdx_quote_read(fuzz_tdx(0)->quote.p, fuzz_tdx(0)->quote.n, &q, NULL) == 0);
	quote_with(&q, TDX_CERT_PPID, 36, "ppid");
	quote_with(&q, TDX_CERT_PPID_RSA_2048, 276, "ppid-rsa-2048");
	quote_with(&q, TDX_CERT_PPID_RSA_3072, 404, "ppid-rsa-3072");
	quote_with(&q, TDX_CERT_PCK_LEAF, 100, "leaf");
	quote_with(&q, TDX_CERT_PLATFORM_MANIFEST, 100, "manifest");
	sgx_quotes(&fuzz_tdx(0)->quote, &q);
}

static size_t message(enum qgs_type type, bool framed, uint32_t code, uint8_t *to)
{
	struct qgs_message m = qgs_message(type);
	const struct fuzz_tdx *machine = fuzz_tdx(0);
	size_t n;

	m.error_code = code;
	for (unsigned i = 0; code == 0 && i < qgs_n_parts(type); i++) {
		m.parts[i] = bytes_rd("\1\2\3\4\5\6", 6);
		if (type == QGS_COLLATERAL_RESP)
			m.parts[i] = bytes_rd(machine->collateral.parts[i].bytes,
					      machine->collateral.parts[i].size % 1000);
		if (type == QGS_PLATFORM_RESP)
			m.parts[i] = bytes_rd("0123456789abcdef", 16);
	}
	if (type == QGS_QUOTE_REQ)
		m.parts[QGS_PART_REPORT] = bytes_rd(machine->tdreport, sizeof(machine->tdreport));
	if (type == QGS_QUOTE_RESP && code == 0)
		m.parts[QGS_PART_QUOTE] = bytes_rd(machine->quote.p, 1000);
	if (type == QGS_QUOTE_REQ || type == QGS_QUOTE_RESP)
		m.parts[1 - (type == QGS_QUOTE_REQ ? QGS_PART_REPORT : QGS_PART_QUOTE)] = bytes_rd("", 0);
	must(qgs_write(&m, framed, to, ROOM, &n, NULL) == 0);
	return n;
}

static void messages(void)
{
	uint8_t bytes[ROOM];

	for (unsigned type = 0; type < QGS_N_TYPES; type++)
		for (unsigned error = 0; error < (qgs_is_request(type) ? 1u : 2u); error++)
			for (unsigned framed = 0; framed < 2; framed++) {
				size_t n = message((enum qgs_type)type, framed, error ? QGS_E_UNEXPECTED : 0,
						   bytes);

				seed_begin("fuzz_qgs", "type-%u-%u-%u", type, error, framed);
				seed_u8(7);
				seed_bytes(bytes, n);
				if (framed)
					seed_bytes(bytes, n);
				seed_end();
			}
	seed_begin("fuzz_qgs", "tdreport");
	seed_u8(7);
	seed_bytes(fuzz_tdx(0)->tdreport, TDX_REPORT_BYTES);
	seed_end();
}

static void buffers(void)
{
	uint8_t bytes[ROOM], buffer[TDX_GETQUOTE_SEED_BYTES];
	size_t n = message(QGS_QUOTE_REQ, true, 0, bytes);

	must(tdx_getquote_write(bytes, n, buffer, sizeof(buffer), NULL) == 0);
	seed_whole("fuzz_getquote", buffer, 24 + n, "framed");
	for (unsigned m = 0; m < FUZZ_TDX_MACHINES; m++) {
		must(tdx_getquote_write(fuzz_tdx(m)->tdreport, TDX_REPORT_BYTES, buffer, sizeof(buffer),
					NULL) == 0);
		seed_whole("fuzz_getquote", buffer, 24 + TDX_REPORT_BYTES, "tdreport-%u", m);
	}
	bytes_put_le(buffer + TDX_GETQUOTE_OUT_LEN_OFF, 100, 4);
	seed_whole("fuzz_getquote", buffer, 24 + TDX_REPORT_BYTES, "answer");
	bytes_put_le(buffer + TDX_GETQUOTE_STATUS_OFF, TDX_GETQUOTE_IN_FLIGHT, 8);
	seed_whole("fuzz_getquote", buffer, 24 + TDX_REPORT_BYTES, "in-flight");
}

void seeds_wire(void)
{
	reports();
	tables();
	layouts();
	quotes();
	messages();
	buffers();
}
