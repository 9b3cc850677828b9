/* SPDX-License-Identifier: MIT */
#include "endorse/world.h"

#include <errno.h>

#include "support/evidence.h"
#include "verify/entry.h"

/* ---- Real evidence, by the vendors' roots */

static char *pem_of(const struct evidence_row *row, const char *a, const char *b)
{
	size_t n, k;
	auto_free uint8_t *one = evidence_read(row->folder, evidence_value(row, a), &n);
	auto_free uint8_t *other = evidence_read(row->folder, evidence_value(row, b), &k);

	return world_pem(one, n, other, k);
}

static void check_real(struct endorse_checker *checker, struct one *one, const struct evidence_row *row,
		       int expected)
{
	struct jurat_error err = { "" };
	int64_t expires = 0;
	int r = world_check(checker, one, &expires, &err);

	if (r != expected)
		FAIL_BECAUSE("%s of %s: %d, %s", endorse_kind_name(one->item.kind), row->values[0], r,
			     err.text);
	assert_true(r < 0 || expires >= one->at);
	world_one_done(one);
}

static void check_snp_row(const struct evidence_row *row, void *context)
{
	const bool vlek = !strcmp(evidence_value(row, "signer"), "vlek");
	struct endorse_checker *checker = NULL;
	struct cert_entry *entry;
	struct one chain = { .item = { .kind = vlek ? ENDORSE_VLEK_CHAIN : ENDORSE_VCEK_CHAIN } };
	struct one leaf = { .item = { .kind = ENDORSE_VCEK } };
	auto_free uint8_t *der = NULL;
	size_t n;

	if (!row->folder->is_real || strcmp(evidence_value(row, "signature_and_chain"), "good") != 0)
		return;
	der = evidence_read(row->folder, evidence_value(row, "vek"), &n);
	assert_int_equal(cert_entry_new(der, n, &entry, NULL), 0);
	chain.item.product = leaf.item.product = entry->vek.issued_for;
	chain.at = leaf.at = entry->cert.not_before + 86400;
	memcpy(leaf.item.chip_id, entry->vek.hwid, sizeof(leaf.item.chip_id));
	leaf.item.tcb = entry->vek.tcb;
	assert_int_equal(endorse_checker_new(&checker, NULL), 0);
	world_set_text(&chain, pem_of(row, "intermediate", "root"));
	check_real(checker, &chain, row, 0);
	if (!vlek) {
		world_set(&leaf, der, n);
		check_real(checker, &leaf, row, 0);
		++*(unsigned *)context;
	}
	cert_entry_free(entry);
	endorse_checker_free(checker);
}

static void real_vceks_and_chains_are_accepted(void **state)
{
	unsigned n = 0;

	(void)state;
	EVIDENCE_SKIP_UNLESS_REAL();
	evidence_each_row("SNP-CASES.tsv", check_snp_row, &n);
	assert_true(n > 0);
}

static void set_document(struct one *one, const struct evidence_row *row, const char *column)
{
	auto_free uint8_t *bytes = NULL;
	size_t n;

	one->at = atoll(evidence_value(row, "now_unix"));
	bytes = evidence_read(row->folder, evidence_value(row, column), &n);
	world_set(one, bytes, n);
	one->item.tee = memmem(bytes, n, "\"TDX\"", 5) || memmem(bytes, n, "\"TD_QE\"", 7) ? ENDORSE_TDX
											   : ENDORSE_SGX;
	one->value.issuer_chain = pem_of(row, "tcb_signing_cert", "root_cert");
}

static void check_tdx_row(const struct evidence_row *row, void *context)
{
	const bool fresh = !strcmp(evidence_value(row, "kind"), "fresh");
	struct one info = { .item = { .kind = ENDORSE_TCB_INFO } };
	struct one identity = { .item = { .kind = ENDORSE_QE_IDENTITY } };
	struct one crl = { .item = { .kind = ENDORSE_ROOT_CRL } };
	struct endorse_checker *checker = NULL;
	auto_free uint8_t *der = NULL;
	size_t n;

	if (!row->folder->is_real || !evidence_value(row, "tcbinfo")[0] ||
	    (!fresh && strcmp(evidence_value(row, "kind"), "expired") != 0))
		return;
	assert_int_equal(endorse_checker_new(&checker, NULL), 0);
	set_document(&info, row, "tcbinfo");
	assert_true(bytes_from_hex(evidence_value(row, "fmspc"), info.item.fmspc, 6));
	set_document(&identity, row, "qeidentity");
	crl.at = info.at;
	der = evidence_read(row->folder, evidence_value(row, "rootcrl"), &n);
	world_set(&crl, der, n);
	check_real(checker, &info, row, strcmp(evidence_value(row, "qvl_tcbinfo"), "OK") ? -ESTALE : 0);
	check_real(checker, &identity, row, strcmp(evidence_value(row, "qvl_qeid"), "OK") ? -ESTALE : 0);
	if (fresh)
		check_real(checker, &crl, row, 0);
	else
		world_one_done(&crl);
	*(unsigned *)context += fresh;
	endorse_checker_free(checker);
}

static void real_documents_and_root_crls_are_accepted(void **state)
{
	unsigned n = 0;

	(void)state;
	EVIDENCE_SKIP_UNLESS_REAL();
	evidence_each_row("TDX-CASES.tsv", check_tdx_row, &n);
	assert_true(n > 0);
}

struct cas {
	struct cert_entry *root, *cas[2];
	unsigned n;
};

static void keep_ca(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	static const char *const names[] = { "Intel SGX PCK Processor CA", "Intel SGX PCK Platform CA",
					     "Intel SGX Root CA" };
	struct cas *to = context;
	struct cert_entry **slots[] = { &to->cas[0], &to->cas[1], &to->root };
	struct cert_entry *entry;

	if (!row->folder->is_real || cert_entry_new_plain(bytes, n, &entry, NULL) != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!*slots[i] && entry->cert.subject_cn.size == strlen(names[i]) &&
		    memcmp(entry->cert.subject_cn.data, names[i], strlen(names[i])) == 0 &&
		    strncmp(evidence_value(row, "verdict"), "chain to Intel", 14) == 0) {
			*slots[i] = entry;
			return;
		}
	cert_entry_free(entry);
}

static void check_crl_file(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	struct cas *cas = context;
	struct endorse_checker *checker;
	struct crypto_crl crl;

	if (!row->folder->is_real || crypto_crl_read(bytes, n, &crl, NULL) != 0)
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct one one = { .item = { .kind = ENDORSE_PCK_CRL, .ca = i }, .at = crl.this_update + 1 };

		if (!cas->cas[i] || crl.issuer_cn.size != cas->cas[i]->cert.subject_cn.size ||
		    memcmp(crl.issuer_cn.data, cas->cas[i]->cert.subject_cn.data, crl.issuer_cn.size) != 0 ||
		    !strstr(evidence_value(row, "verdict"), "signature OK, issuer chains to Intel"))
			continue;
		assert_int_equal(endorse_checker_new(&checker, NULL), 0);
		one.value.issuer_chain = world_pem(cas->cas[i]->der, cas->cas[i]->cert.der.size,
						   cas->root->der, cas->root->cert.der.size);
		world_set(&one, bytes, n);
		check_real(checker, &one, row, 0);
		endorse_checker_free(checker);
		cas->n++;
	}
}

static void real_crls_of_pck_cas_are_accepted(void **state)
{
	struct cas cas = { 0 };

	(void)state;
	EVIDENCE_SKIP_UNLESS_REAL();
	evidence_each_file("intel-cert", keep_ca, &cas);
	if (cas.root)
		evidence_each_file("intel-crl", check_crl_file, &cas);
	cert_entry_free(cas.root);
	cert_entry_free(cas.cas[0]);
	cert_entry_free(cas.cas[1]);
	if (cas.n == 0)
		SKIP_BECAUSE("needs real CRLs of a PCK CA, and its certificate");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_vceks_and_chains_are_accepted),
		cmocka_unit_test(real_documents_and_root_crls_are_accepted),
		cmocka_unit_test(real_crls_of_pck_cas_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
