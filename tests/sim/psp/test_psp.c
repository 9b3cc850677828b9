/* SPDX-License-Identifier: MIT */
/* Reports and messages of the software AMD-SP. */
#include "sim/psp/psp_support.h"

#include <errno.h>

#include "crypto/x509.h"
#include "sim/psp/psp_internal.h"
#include "support/fault_env.h"
#include "wire/snp_certs.h"

/* ---- a report is what its certificates say, checked with crypto/ alone ---- */

static uint64_t spl_of(const struct crypto_cert *cert, uint8_t number)
{
	const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, number };
	struct bytes_rd value;
	bool critical;
	const uint8_t *p;
	size_t n;

	assert_int_equal(crypto_cert_extension(cert, oid, sizeof(oid), &value, &critical), 0);
	assert_false(critical);
	p = value.data;
	n = value.size;
	assert_int_equal(p[0], 0x02);
	assert_int_equal(p[1], n - 2);
	assert_true(n == 3 || (n == 4 && p[2] == 0));
	return p[n - 1];
}

static void assert_spls(const struct crypto_cert *cert, enum snp_product product, uint64_t tcb)
{
	struct snp_tcb parts;

	assert_true(snp_tcb_read(product, tcb, &parts));
	assert_int_equal(spl_of(cert, 1), parts.boot_loader);
	assert_int_equal(spl_of(cert, 2), parts.tee);
	assert_int_equal(spl_of(cert, 3), parts.snp);
	assert_int_equal(spl_of(cert, 8), parts.microcode);
	if (product == SNP_TURIN)
		assert_int_equal(spl_of(cert, 9), parts.fmc);
}

static void assert_hwid(const struct crypto_cert *cert, const struct sim_psp *psp)
{
	static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x04 };
	struct bytes_rd value;
	uint8_t hwid[64];
	bool critical;

	sim_psp_hwid(psp, hwid);
	assert_int_equal(crypto_cert_extension(cert, oid, sizeof(oid), &value, &critical), 0);
	assert_int_equal(value.size, sim_psp_product(psp) == SNP_TURIN ? 8 : 64);
	assert_memory_equal(value.data, hwid, value.size);
	assert_true(bytes_all(hwid + value.size, 64 - value.size, 0));
	assert_false(bytes_all(hwid, value.size, 0));
}

static void assert_signed_by(const struct crypto_cert *cert, const struct crypto_cert *issuer)
{
	struct crypto_public key;

	assert_int_equal(crypto_public_init(&key, issuer, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(cert, &key), 0);
	crypto_public_done(&key);
}

static int check_report_signature(const struct report_answer *a, const struct crypto_cert *leaf)
{
	uint8_t digest[CRYPTO_SHA384_BYTES], r[48], s[48];
	struct crypto_ec_public *key;
	int result;

	assert_true(snp_report_signature(&a->report, r, s));
	crypto_sha384(a->bytes, 0x2a0, digest);
	assert_int_equal(crypto_ec_public_new(CRYPTO_P384, leaf->key_point.data, &key, NULL), 0);
	result = crypto_ec_verify(key, digest, sizeof(digest), r, s);
	crypto_ec_public_free(key);
	return result;
}

/* The whole way: table, chain, signature, TCB, HWID. */
static void assert_report_verifies(struct sim_psp *psp, struct sim_pki *pki, const struct report_answer *a,
				   bool vlek)
{
	auto_free uint8_t *table = NULL;
	struct crypto_cert leaf, ca, ark;
	struct snp_certs certs;
	size_t n;

	assert_int_equal(sim_kds_table(psp, pki, &table, &n, NULL), 0);
	assert_true(n <= SNP_CERTS_LINUX_MAX_BYTES);
	assert_int_equal(snp_certs_read(table, n, &certs, NULL), 0);
	assert_int_equal(certs.n, 3);
	assert_int_equal(certs.entries[0].kind, vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK);
	assert_int_equal(certs.entries[1].kind, SNP_CERT_ASK);
	assert_int_equal(certs.entries[2].kind, SNP_CERT_ARK);
	assert_int_equal(
		crypto_cert_read(certs.entries[0].data.data, certs.entries[0].data.size, &leaf, NULL), 0);
	assert_int_equal(crypto_cert_read(certs.entries[1].data.data, certs.entries[1].data.size, &ca, NULL),
			 0);
	assert_int_equal(crypto_cert_read(certs.entries[2].data.data, certs.entries[2].data.size, &ark, NULL),
			 0);
	assert_signed_by(&leaf, &ca);
	assert_signed_by(&ca, &ark);
	assert_signed_by(&ark, &ark);
	assert_int_equal(check_report_signature(a, &leaf), 0);
	assert_spls(&leaf, sim_psp_product(psp), a->report.reported_tcb);
	if (!vlek)
		assert_hwid(&leaf, psp);
	assert_int_equal(snp_key_info_signing_key(a->report.key_info),
			 vlek ? SNP_SIGNED_BY_VLEK : SNP_SIGNED_BY_VCEK);
}

static void load_vlek(struct sim_psp *psp, uint64_t tcb)
{
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];

	assert_int_equal(sim_kds_hashstick(psp, SIM_CSP_ID, tcb, hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_SUCCESS);
}

static const uint32_t versions[] = { 2, 3, 4, 5 };

static void reports_of_every_product_version_and_key_verify(void **state)
{
	struct sim_pki *pki;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	for (int p = SNP_MILAN; p < SNP_N_PRODUCTS; p++)
		for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
			for (int vlek = 0; vlek < 2; vlek++) {
				struct sim_psp *psp = new_psp((enum snp_product)p, versions[v]);
				struct test_guest g = launch(psp);
				struct report_answer a;

				if (vlek)
					load_vlek(psp, sim_psp_committed_tcb(psp));
				a = ask_report(&g, 0, 0, SNP_KEY_SEL_AUTO);
				assert_int_equal(a.status, 0);
				assert_int_equal(a.report.version, versions[v]);
				assert_report_verifies(psp, pki, &a, vlek);
				if (versions[v] >= 3)
					assert_int_equal(snp_product_of_report(&a.report), p);
				else
					assert_true(bytes_all(&a.report.cpuid_fam_id, 3, 0));
				assert_int_equal(a.report.launch_mit_vector != 0, versions[v] >= 5);
				assert_int_equal(a.report.current_mit_vector != 0, versions[v] >= 5);
				assert_int_equal(wire_check_zero(&snp_report_layout, &a.report, NULL), 0);
				sim_psp_free(psp);
			}
	sim_pki_free(pki);
}

/*
 * What production reports of each product and version say of their platform: a check that was trained on them
 * must not tell these from those.
 */
static void reports_describe_a_platform_as_production_ones_do(void **state)
{
	static const struct {
		enum snp_product product;
		uint32_t version;
		uint64_t platform_info, mit_vector;
		uint8_t family, model, stepping, build;
	} real[] = {
		{ SNP_MILAN, 2, 0x1, 0, 0, 0, 0, 20 },
		{ SNP_MILAN, 3, 0x25, 0, 0x19, 0x01, 1, 29 },
		{ SNP_MILAN, 4, 0x25, 0, 0x19, 0x01, 1, 31 },
		{ SNP_GENOA, 2, 0x1, 0, 0, 0, 0, 24 },
		{ SNP_GENOA, 3, 0x25, 0, 0x19, 0x11, 1, 40 },
		{ SNP_GENOA, 5, 0x25, 0x1, 0x19, 0x11, 1, 43 },
		{ SNP_TURIN, 5, 0x65, 0x3f, 0x1a, 0x02, 1, 65 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(real); i++) {
		struct sim_psp *psp = new_psp(real[i].product, real[i].version);
		struct test_guest g = launch(psp);
		struct snp_report report = ask_report(&g, 0, 0, SNP_KEY_SEL_AUTO).report;

		assert_int_equal(report.platform_info, real[i].platform_info);
		assert_int_equal(report.launch_mit_vector, real[i].mit_vector);
		assert_int_equal(report.current_mit_vector, real[i].mit_vector);
		assert_int_equal(report.cpuid_fam_id, real[i].family);
		assert_int_equal(report.cpuid_mod_id, real[i].model);
		assert_int_equal(report.cpuid_step, real[i].stepping);
		assert_int_equal(report.current_major, 1);
		assert_int_equal(report.current_minor, 55);
		assert_int_equal(report.current_build, real[i].build);
		sim_psp_free(psp);
	}
}

static void a_report_says_what_was_launched(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct sim_launch l = some_launch();
	struct test_guest g = launch_as(psp, &l);
	struct report_answer a = ask_report(&g, 1, 2, SNP_KEY_SEL_VCEK);
	const struct snp_report *r = &a.report;
	uint8_t hwid[64], data[64];

	sim_psp_hwid(psp, hwid);
	memset(data, 0xda, sizeof(data));
	assert_int_equal(a.status, 0);
	assert_int_equal(r->guest_svn, l.guest_svn);
	assert_int_equal(r->policy, l.policy);
	assert_int_equal(r->vmpl, 2);
	assert_int_equal(r->signature_algo, 1);
	assert_int_equal(r->key_info, 1u << SNP_KEY_INFO_AUTHOR_KEY_EN_BIT);
	assert_memory_equal(r->family_id, l.family_id, 16);
	assert_memory_equal(r->image_id, l.image_id, 16);
	assert_memory_equal(r->measurement, l.measurement, 48);
	assert_memory_equal(r->host_data, l.host_data, 32);
	assert_memory_equal(r->id_key_digest, l.id_key_digest, 48);
	assert_memory_equal(r->author_key_digest, l.author_key_digest, 48);
	assert_memory_equal(r->report_data, data, 64);
	assert_memory_equal(r->chip_id, hwid, 64);
	assert_true(bytes_all(r->report_id_ma, 32, 0xff));
	assert_false(bytes_all(r->report_id, 32, 0));
	assert_int_equal(r->current_tcb, sim_psp_committed_tcb(psp));
	assert_int_equal(r->committed_tcb, r->current_tcb);
	assert_int_equal(r->reported_tcb, r->current_tcb);
	assert_int_equal(r->launch_tcb, r->current_tcb);
	sim_psp_free(psp);
}

static void key_sel_chooses_the_key(void **state)
{
	static const struct {
		bool vlek_loaded;
		uint32_t key_sel, status, signed_by;
	} cases[] = {
		{ false, 0, 0, SNP_SIGNED_BY_VCEK }, { false, 1, 0, SNP_SIGNED_BY_VCEK },
		{ false, 2, SNP_INVALID_KEY, 0 },    { false, 3, SNP_INVALID_PARAM, 0 },
		{ true, 0, 0, SNP_SIGNED_BY_VLEK },  { true, 1, 0, SNP_SIGNED_BY_VCEK },
		{ true, 2, 0, SNP_SIGNED_BY_VLEK },  { true, 3, SNP_INVALID_PARAM, 0 },
		{ false, 4, SNP_INVALID_PARAM, 0 },  { true, 0x80000000, SNP_INVALID_PARAM, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sim_psp *psp = new_psp(SNP_MILAN, 3);
		struct test_guest g = launch(psp);
		struct report_answer a;

		if (cases[i].vlek_loaded)
			load_vlek(psp, sim_psp_committed_tcb(psp));
		a = ask_report(&g, 0, 0, cases[i].key_sel);
		assert_int_equal(a.status, cases[i].status);
		if (a.status == 0)
			assert_int_equal(snp_key_info_signing_key(a.report.key_info), cases[i].signed_by);
		sim_psp_free(psp);
	}
}

/* B35 */
static void a_vmpck_speaks_for_its_vmpl_and_less_privileged_ones(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (unsigned vmpck = 0; vmpck < 4; vmpck++)
		for (uint32_t vmpl = 0; vmpl < 6; vmpl++) {
			struct report_answer a = ask_report(&g, vmpck, vmpl, 0);

			assert_int_equal(a.status, vmpl >= vmpck && vmpl <= 3 ? 0 : SNP_INVALID_PARAM);
		}
	sim_psp_free(psp);
}

static void reserved_bytes_of_a_report_request_are_a_message_status(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (size_t off = 0x48; off < 0x60; off++) {
		uint8_t payload[96] = { 0 };
		struct test_message m, answer;

		payload[off] = 1;
		m = request(&g, 5, 0, payload, sizeof(payload));
		assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
		assert_int_equal(answer.payload[0], SNP_INVALID_PARAM);
		assert_int_equal(answer.size, 0x20);
	}
	sim_psp_free(psp);
}

/* ---- the sealed message ---- */

static void assert_page_digest(const uint8_t page[SNP_PAGE_BYTES], const char *wanted)
{
	uint8_t digest[32];
	char hex[65];

	crypto_sha256(page, SNP_PAGE_BYTES, digest);
	assert_string_equal(bytes_to_hex(digest, 32, hex), wanted);
}

/* Source: made with python-cryptography, not by AMD; see the layout in wire/snp_msg.h. */
static void the_sealed_vector_is_read_and_written(void **state)
{
	struct test_message sent = { .seqno = 1, .type = 5, .version = 1, .size = 96 };
	struct psp_message m = { 0 }, out = { .seqno = 2, .type = 6, .version = 1, .size = 32 };
	uint8_t key[32], page[SNP_PAGE_BYTES];

	for (uint8_t i = 0; i < 32; i++)
		key[i] = i;
	for (uint8_t i = 0; i < 64; i++)
		sent.payload[i] = i;
	make_page(&sent, key, page);
	assert_page_digest(page, "80287cc666d38c7378104b319db2e4f42eb0cbf307c8a97646a01b63e64b38d8");
	assert_int_equal(psp_msg_read_header(page, &m), SNP_SUCCESS);
	assert_int_equal(psp_msg_open(page, key, &m), SNP_SUCCESS);
	assert_int_equal(m.seqno, 1);
	assert_int_equal(m.type, 5);
	assert_int_equal(m.size, 96);
	assert_memory_equal(m.payload, sent.payload, 96);
	memset(page, 0xff, sizeof(page));
	out.payload[0] = 0x16;
	assert_int_equal(psp_msg_seal(&out, key, page), 0);
	assert_page_digest(page, "7d074a3f7bdcfe6fff6506b3499d27e7bcf39443c6ee0f8f26c0314ef7382e8d");
}

static uint32_t send_page(struct test_guest *g, const uint8_t page[SNP_PAGE_BYTES])
{
	auto_free uint8_t *exact = heap_copy(page, SNP_PAGE_BYTES);
	uint8_t answer[SNP_PAGE_BYTES];
	uint64_t counts[SNP_N_VMPCKS];
	uint32_t status;

	for (unsigned i = 0; i < SNP_N_VMPCKS; i++)
		counts[i] = sim_psp_message_count(g->psp, g->number, i);
	memset(answer, 0xee, sizeof(answer));
	status = sim_psp_guest_request(g->psp, g->number, exact, answer);
	if (status == SNP_SUCCESS)
		return status;
	assert_true(bytes_all(answer, sizeof(answer), 0xee));
	for (unsigned i = 0; i < SNP_N_VMPCKS; i++)
		assert_int_equal(sim_psp_message_count(g->psp, g->number, i), counts[i]);
	return status;
}

static void sequence_numbers_are_exact_and_no_failure_moves_them(void **state)
{
	static const uint64_t wrong[] = { 0, 2, 3, UINT32_MAX, UINT64_MAX, UINT64_MAX - 1 };
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);
	uint8_t payload[96] = { 0 }, page[SNP_PAGE_BYTES];
	struct test_message m = request(&g, 5, 2, payload, sizeof(payload)), answer;

	bytes_put_le(m.payload + 0x40, 2, 4);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		m.seqno = wrong[i];
		make_page(&m, vmpck_of(&g, 2), page);
		assert_int_equal(send_page(&g, page), SNP_AEAD_OFLOW);
	}
	m.seqno = 1;
	make_page(&m, vmpck_of(&g, 2), page);
	assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
	assert_int_equal(send_page(&g, page), SNP_AEAD_OFLOW); /* a replay */
	assert_int_equal(sim_psp_message_count(psp, g.number, 2), 2);
	for (unsigned other = 0; other < 2; other++)
		assert_int_equal(sim_psp_message_count(psp, g.number, other), 0);
	m.seqno = 3;
	assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
	sim_psp_free(psp);
}

static void a_counter_near_its_end_refuses(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);
	uint8_t payload[96] = { 0 };
	struct test_message m, answer;

	psp_guest_find(psp, g.number)->message_count[0] = UINT64_MAX - 3;
	g.seqno[0] = UINT64_MAX - 3;
	m = request(&g, 5, 0, payload, sizeof(payload));
	assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
	m = request(&g, 5, 0, payload, sizeof(payload));
	assert_int_equal(exchange(&g, &m, &answer), SNP_AEAD_OFLOW);
	sim_psp_free(psp);
}

/*
 * Not authenticated are the tag's unused half and what lies after the payload; only the latter is of no
 * account.
 */
static void every_bit_of_a_request_counts(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);
	uint8_t payload[96] = { 0 }, good[SNP_PAGE_BYTES], page[SNP_PAGE_BYTES];
	struct test_message m = request(&g, 5, 0, payload, sizeof(payload));

	make_page(&m, vmpck_of(&g, 0), good);
	for (unsigned bit = 0; bit < (SNP_MSG_HDR_BYTES + sizeof(payload)) * 8; bit++) {
		uint32_t status;

		memcpy(page, good, sizeof(page));
		page[bit / 8] ^= (uint8_t)(1 << bit % 8);
		status = send_page(&g, page);
		if (bit / 8 >= 0x20 && bit / 8 < 0x28)
			assert_int_equal(status, SNP_AEAD_OFLOW);
		else
			assert_int_equal(status, SNP_INVALID_PARAM);
	}
	memcpy(page, good, sizeof(page));
	page[SNP_PAGE_BYTES - 1] = 1;
	assert_int_equal(send_page(&g, page), SNP_SUCCESS);
	sim_psp_free(psp);
}

/* The same, but sealed over the wrong header by a guest that has the key. */
static void a_wrong_header_is_refused_also_when_it_is_authentic(void **state)
{
	static const struct {
		size_t off, size;
		uint64_t value;
		uint32_t status;
	} cases[] = {
		{ 0x28, 8, 1, SNP_INVALID_PARAM },      { 0x30, 1, 0, SNP_INVALID_PARAM },
		{ 0x30, 1, 2, SNP_INVALID_PARAM },      { 0x31, 1, 0, SNP_INVALID_PARAM },
		{ 0x31, 1, 2, SNP_INVALID_PARAM },      { 0x32, 2, 0x5f, SNP_INVALID_PARAM },
		{ 0x32, 2, 0x1060, SNP_INVALID_PARAM }, { 0x35, 1, 0, SNP_INVALID_PARAM },
		{ 0x35, 1, 2, SNP_INVALID_PARAM },      { 0x36, 2, 4001, SNP_INVALID_PARAM },
		{ 0x36, 2, 0xffff, SNP_INVALID_PARAM }, { 0x38, 4, 1, SNP_INVALID_PARAM },
		{ 0x3c, 1, 4, SNP_INVALID_PARAM },      { 0x3c, 1, 0xff, SNP_INVALID_PARAM },
		{ 0x3d, 1, 1, SNP_INVALID_PARAM },      { 0x5f, 1, 0x80, SNP_INVALID_PARAM },
		{ 0x3c, 1, 1, SNP_INVALID_PARAM }, /* another VMPCK than the one it was sealed with */
	};
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t payload[96] = { 0 }, page[SNP_PAGE_BYTES];
		struct test_message m = request(&g, 5, 0, payload, sizeof(payload));

		make_page(&m, vmpck_of(&g, 0), page);
		bytes_put_le(page + cases[i].off, cases[i].value, (unsigned)cases[i].size);
		seal_page(page, vmpck_of(&g, 0), payload, sizeof(payload));
		assert_int_equal(send_page(&g, page), cases[i].status);
	}
	sim_psp_free(psp);
}

static uint32_t status_of_type(unsigned type)
{
	switch (type) {
	case SNP_MSG_KEY_REQ:
	case SNP_MSG_REPORT_REQ:
	case SNP_MSG_TSC_INFO_REQ:
		return SNP_SUCCESS;
	case SNP_MSG_CPUID_REQ:
	case SNP_MSG_EXPORT_REQ:
	case SNP_MSG_IMPORT_REQ:
	case SNP_MSG_ABSORB_REQ:
	case SNP_MSG_VMRK_REQ:
		return SNP_UNSUPPORTED;
	default:
		return SNP_INVALID_PARAM;
	}
}

static void every_message_type_has_its_answer(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (unsigned type = 0; type < 256; type++) {
		uint8_t zeros[128] = { 0 };
		size_t n = type == SNP_MSG_KEY_REQ ? 32 : type == SNP_MSG_TSC_INFO_REQ ? 128 : 96;
		struct test_message m = request(&g, (uint8_t)type, 0, zeros, n), answer;

		assert_int_equal(exchange(&g, &m, &answer), status_of_type(type));
	}
	sim_psp_free(psp);
}

static void a_payload_of_another_size_is_refused(void **state)
{
	static const uint8_t types[] = { SNP_MSG_KEY_REQ, SNP_MSG_REPORT_REQ, SNP_MSG_TSC_INFO_REQ };
	static const size_t sizes[] = { 32, 96, 128 };
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (size_t t = 0; t < ARRAY_SIZE(types); t++)
		for (size_t n = 0; n <= 200; n++) {
			uint8_t zeros[200] = { 0 };
			struct test_message m = request(&g, types[t], 0, zeros, n), answer;

			assert_int_equal(exchange(&g, &m, &answer),
					 n == sizes[t] ? SNP_SUCCESS : SNP_INVALID_PARAM);
		}
	sim_psp_free(psp);
}

static void tsc_info_is_a_scale_of_one(void **state)
{
	struct sim_psp *psp = new_psp(SNP_GENOA, 3);
	struct test_guest g = launch(psp);
	uint8_t payload[128] = { 0 };
	struct test_message m = request(&g, 17, 0, payload, sizeof(payload)), answer;

	assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
	assert_int_equal(answer.size, 128);
	assert_int_equal(bytes_get_le(answer.payload, 4), 0);
	assert_int_equal(bytes_get_le(answer.payload + 8, 8), 1ULL << 32);
	payload[127] = 1;
	m = request(&g, 17, 0, payload, sizeof(payload));
	assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
	assert_int_equal(bytes_get_le(answer.payload, 4), SNP_INVALID_PARAM);
	sim_psp_free(psp);
}

/*
 * B5: whatever fails before there is a response leaves the counter alone, and the same page succeeds later.
 */
static void without_random_numbers_nothing_is_consumed(void **state)
{
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);
		struct sim_psp_options options = { .env = &env.base };
		uint8_t payload[96] = { 0 };
		struct test_message m, answer;
		struct test_guest g;
		struct sim_psp *psp;
		uint32_t status;

		assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
		g = launch(psp);
		m = request(&g, 5, 0, payload, sizeof(payload));
		status = exchange(&g, &m, &answer);
		assert_int_equal(status, env.fired ? SNP_RESOURCE_LIMIT : SNP_SUCCESS);
		if (env.fired)
			assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
		sim_psp_free(psp);
		if (!env.fired)
			break;
	}
}

/* ---- guests ---- */

static void policies_that_cannot_run_are_refused(void **state)
{
	static const struct {
		const char *what;
		enum snp_product product;
		uint32_t version;
		uint64_t policy;
		int result;
	} cases[] = {
		{ "plain", SNP_MILAN, 3, 0x30000, 0 },
		{ "debug", SNP_MILAN, 3, 0xb0000, 0 },
		{ "bit 17 is zero", SNP_MILAN, 3, 0x10000, -EINVAL },
		{ "lowest reserved bit", SNP_MILAN, 3, 0x30000 | 1ULL << 26, -EINVAL },
		{ "highest reserved bit", SNP_MILAN, 3, 0x30000 | 1ULL << 63, -EINVAL },
		{ "SMT forbidden", SNP_MILAN, 3, 0x20000, -EINVAL },
		{ "ABI 1.55 on 1.55", SNP_MILAN, 3, 0x30137, 0 },
		{ "ABI 1.56 on 1.55", SNP_MILAN, 3, 0x30138, -EINVAL },
		{ "ABI 2.0 on 1.55", SNP_MILAN, 3, 0x30200, -EINVAL },
		{ "ABI 0.255 on 1.55", SNP_MILAN, 3, 0x300ff, 0 },
		{ "ABI 1.56 on 1.55", SNP_MILAN, 2, 0x30138, -EINVAL },
		{ "XTS on Milan", SNP_MILAN, 3, 0x430000, -EINVAL },
		{ "XTS on Genoa", SNP_GENOA, 3, 0x430000, 0 },
		{ "RAPL off", SNP_TURIN, 5, 0x830000, -EINVAL },
		{ "ciphertext hiding on Genoa", SNP_GENOA, 3, 0x1030000, -EINVAL },
		{ "ciphertext hiding on Turin", SNP_TURIN, 5, 0x1030000, 0 },
		{ "no page swap, old firmware", SNP_TURIN, 3, 0x2030000, -EINVAL },
		{ "no page swap", SNP_TURIN, 5, 0x2030000, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sim_psp *psp = new_psp(cases[i].product, cases[i].version);
		struct sim_launch l = { .policy = cases[i].policy };
		uint8_t secrets[SNP_PAGE_BYTES] = { 0 };
		struct jurat_error err = { "" };
		uint32_t number = 99;

		assert_int_equal(sim_psp_launch(psp, &l, &number, secrets, &err), cases[i].result);
		if (cases[i].result < 0) {
			assert_int_equal(number, 99);
			assert_true(bytes_all(secrets, sizeof(secrets), 0));
			assert_non_null(strstr(err.text, "cannot run"));
		}
		sim_psp_free(psp);
	}
}

static void a_guest_that_is_gone_stays_unknown(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest old = launch(psp), other = launch(psp), next;
	uint8_t payload[96] = { 0 };
	struct test_message m = request(&old, 5, 0, payload, sizeof(payload)), answer;
	uint32_t numbers[] = { 0, UINT32_MAX, old.number };
	uint8_t page[SNP_PAGE_BYTES];

	sim_psp_decommission(psp, old.number);
	sim_psp_decommission(psp, old.number);
	next = launch(psp);
	assert_int_not_equal(next.number, old.number);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		old.number = numbers[i];
		assert_int_equal(exchange(&old, &m, &answer), SNP_INVALID_GUEST);
	}
	make_page(&m, vmpck_of(&old, 0), page); /* with another guest's key */
	assert_int_equal(send_page(&other, page), SNP_INVALID_PARAM);
	assert_int_equal(ask_report(&other, 0, 0, 0).status, 0);
	assert_int_equal(ask_report(&next, 0, 0, 0).status, 0);
	sim_psp_free(psp);
}

static void secrets_are_different_and_follow_from_the_seed(void **state)
{
	struct sim_psp *psp[2] = { new_psp(SNP_MILAN, 3), new_psp(SNP_MILAN, 3) };
	struct test_guest a = launch(psp[0]), b = launch(psp[0]), again = launch(psp[1]);
	struct snp_secrets s;

	assert_memory_equal(a.secrets, again.secrets, sizeof(a.secrets));
	for (unsigned i = 0; i < 4; i++) {
		assert_memory_not_equal(vmpck_of(&a, i), vmpck_of(&b, i), 32);
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(vmpck_of(&a, i), vmpck_of(&a, j), 32);
	}
	assert_int_equal(wire_read(&snp_secrets_layout, a.secrets, sizeof(a.secrets), &s, NULL), 0);
	assert_int_equal(wire_check_zero(&snp_secrets_layout, &s, NULL), 0);
	assert_int_equal(s.version, 3);
	assert_int_equal(s.fms, 0x00a00f11);
	assert_int_equal(s.msg_seqno_0, 0);
	sim_psp_free(psp[0]);
	sim_psp_free(psp[1]);
}

static void ten_thousand_guests_are_small_and_all_work(void **state)
{
	enum { N = 10000 };
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	auto_free struct test_guest *g = calloc(N, sizeof(*g));
	size_t bytes;

	assert_non_null(g);
	for (size_t i = 0; i < N; i++)
		g[i] = launch(psp);
	bytes = psp->room_guests * sizeof(*psp->guests) / N;
	print_message("%zu bytes for each of %d guests\n", bytes, N);
	assert_true(bytes < 1536);
	for (size_t i = 0; i < N; i += 997)
		assert_int_equal(ask_report(&g[i], 3, 3, 0).status, 0);
	for (size_t i = 0; i < N; i++)
		sim_psp_decommission(psp, g[i].number);
	for (size_t i = 0; i < N; i++)
		g[i] = launch(psp);
	assert_int_equal(psp->n_guests, N);
	sim_psp_free(psp);
}

static void options_that_cannot_be_are_refused(void **state)
{
	static const struct sim_psp_options bad[] = {
		{ .report_version = 1 },
		{ .report_version = 6 },
		{ .seed = "" },
		{ .seed = "/1" },
		{ .product = SNP_N_PRODUCTS },
		{ .tcb = 0x0000000000010000 },
		{ .product = SNP_TURIN, .tcb = 0x0001000000000000 },
	};
	struct sim_psp *psp = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(sim_psp_new(&bad[i], &psp, NULL), -EINVAL);
	assert_null(psp);
	sim_psp_free(NULL);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(reports_of_every_product_version_and_key_verify),
		cmocka_unit_test(reports_describe_a_platform_as_production_ones_do),
		cmocka_unit_test(a_report_says_what_was_launched),
		cmocka_unit_test(key_sel_chooses_the_key),
		cmocka_unit_test(a_vmpck_speaks_for_its_vmpl_and_less_privileged_ones),
		cmocka_unit_test(reserved_bytes_of_a_report_request_are_a_message_status),
		cmocka_unit_test(the_sealed_vector_is_read_and_written),
		cmocka_unit_test(sequence_numbers_are_exact_and_no_failure_moves_them),
		cmocka_unit_test(a_counter_near_its_end_refuses),
		cmocka_unit_test(every_bit_of_a_request_counts),
		cmocka_unit_test(a_wrong_header_is_refused_also_when_it_is_authentic),
		cmocka_unit_test(every_message_type_has_its_answer),
		cmocka_unit_test(a_payload_of_another_size_is_refused),
		cmocka_unit_test(tsc_info_is_a_scale_of_one),
		cmocka_unit_test(without_random_numbers_nothing_is_consumed),
		cmocka_unit_test(policies_that_cannot_run_are_refused),
		cmocka_unit_test(a_guest_that_is_gone_stays_unknown),
		cmocka_unit_test(secrets_are_different_and_follow_from_the_seed),
		cmocka_unit_test(ten_thousand_guests_are_small_and_all_work),
		cmocka_unit_test(options_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
