/* SPDX-License-Identifier: MIT */
#include "x509_world.h"

#include <errno.h>

enum { MAX_ITEMS = 6 };

/* ---- what is refused ---- */

#define TIMES "expected a time such as 2026-07-01T00:00:00Z, at, at-1s or at+30d (s, m, h, d, y), not "
#define ALGORITHMS                                                                                           \
	"expected an algorithm such as rsa-pss-sha384, rsa-pss-sha384-salt32, rsa-sha256 or ecdsa-sha256, "  \
	"not "
#define OIDS "expected an OID such as 2.5.29.19, or the name of an extension, not "

static const struct {
	const char *item, *text;
} bad[] = {
	{ "vcek.serail=01", "vcek.serail: no such field; nearest: serial, version, spki" },
	{ "crl.subject=x", "crl.subject: no such field; nearest: number, product, issuer" },
	{ "ask.spl.blSPL=1", "ask.spl.blSPL: no such field; nearest: serial, subject, spki" },
	{ "vcek.extension.=00", "vcek.extension.: no such field; nearest: extension., extensions, version" },
	{ "vcek.serial=0", "vcek.serial: expected bytes as hex digits, or xNN*COUNT; got 1 characters" },
	{ "vcek.serial=x00*2049", "vcek.serial: 'x00*2049': expected at most 2048 bytes" },
	{ "vcek.version=two", "vcek.version: expected a number from 0 to 18446744073709551615, not 'two'" },
	{ "ask.not_after=soon", "ask.not_after: " TIMES "'soon'" },
	{ "ask.not_after=utc:soon", "ask.not_after: " TIMES "'soon'" },
	{ "ask.issuer_name=3000ff", "ask.issuer_name: expected one element of DER as hex digits" },
	{ "ask.spki=absent", "ask.spki: expected bytes as hex digits, or xNN*COUNT; got 6 characters" },
	{ "vcek.key=another", "vcek.key: expected bytes as hex digits, or xNN*COUNT; got 7 characters" },
	{ "ask.inner_algorithm=md5", "ask.inner_algorithm: " ALGORITHMS "'md5'" },
	{ "ask.algorithm=rsa-pss-sha384-salt65", "ask.algorithm: " ALGORITHMS "'rsa-pss-sha384-salt65'" },
	{ "ask.algorithm=ecdsa-sha256-trailer", "ask.algorithm: " ALGORITHMS "'ecdsa-sha256-trailer'" },
	{ "ask.ca=maybe", "ask.ca: expected yes or no, not 'maybe'" },
	{ "ask.path_len=-1", "ask.path_len: expected a number from 0 to 18446744073709551615, not '-1'" },
	{ "ask.key_usage=0102030405", "ask.key_usage: expected at most 4 bytes of named bits, not 5" },
	{ "ask.extension.1=00", "ask.extension.1: " OIDS "'1'" },
	{ "ask.extension.3.1=00", "ask.extension.3.1: " OIDS "'3.1'" },
	{ "ask.extension.1.40=00", "ask.extension.1.40: " OIDS "'1.40'" },
	{ "ask.critical.1.2.=yes", "ask.critical.1.2.: " OIDS "'1.2.'" },
	{ "ask.another.1.2.4294967296=00", "ask.another.1.2.4294967296: " OIDS "'1.2.4294967296'" },
	{ "ask.extensions=sorted", "ask.extensions: expected absent, reversed or empty, not 'sorted'" },
	{ "ask.append=0501", "ask.append: expected one element of DER as hex digits" },
	{ "vcek.spl.snp=1",
	  "vcek.spl.snp: expected blSPL, teeSPL, snpSPL, spl4 to spl7, ucodeSPL or fmcSPL, not 'snp'" },
	{ "pck.sgx.component_17=1",
	  "pck.sgx.component_17: expected ppid, cpusvn, pceid, fmspc, platform_instance_id, component_1 to "
	  "component_16, pcesvn, type, dynamic_platform, cached_keys, smt, tcb, configuration, unknown or "
	  "order, not 'component_17'" },
	{ "pck.sgx.tcb=00", "pck.sgx.tcb: expected absent or twice, not '00'" },
	{ "pck.sgx.smt=2", "pck.sgx.smt: expected yes or no, not '2'" },
	{ "pck.sgx.order=sorted", "pck.sgx.order: expected reversed, not 'sorted'" },
	{ "crl.revoked=ask,,ark",
	  "crl.revoked: expected names of certificates or serial numbers in HEX, separated by commas, not "
	  "'ask,,ark'" },
	{ "crl.revoked=them",
	  "crl.revoked: expected names of certificates or serial numbers in HEX, separated by commas, not "
	  "'them'" },
	{ "ask.product=Rome", "ask.product: expected Milan, Genoa, Turin or other, not 'Rome'" },
	{ "ask.signed_by=me", "ask.signed_by: no value 'me'; nearest: ark, ask, vcek" },
	{ "ask.encoding=xer",
	  "ask.encoding: no value 'xer'; nearest: indefinite, long-length, tbs-long-length" },
	{ "ask.missing=2", "ask.missing: expected yes or no, not '2'" },
	{ "damage ask.append", "ask.append: it has no place of its own to damage" },
	{ "damage ask.signed_by", "ask.signed_by: it has no place of its own to damage" },
};

static void an_item_that_cannot_be_is_refused_when_it_is_added(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sim_order *order;
		struct jurat_error err = { .text = "" };
		int r;

		assert_int_equal(sim_order_new(X509_AT, &order, NULL), 0);
		r = sim_order_add(order, bad[i].item, &err);
		if (r != -EINVAL || strcmp(err.text, bad[i].text) != 0) {
			test_say("%s: %d, %s", bad[i].item, r, err.text);
			wrong++;
		}
		sim_order_free(order);
	}
	assert_int_equal(wrong, 0);
}

static const struct {
	const char *file, *text, *items[MAX_ITEMS];
} impossible[] = {
	{ "ask.der", "ask.extension.1.2.3: it has no such extension", { "ask.extension.1.2.3=absent" } },
	{ "ask.der", "ask.critical.1.2.3: it has no such extension", { "ask.critical.1.2.3=yes" } },
	{ "ask.der",
	  "ask.path_len: it has no path length",
	  { "ask.path_len=absent", "ask.path_len=absent" } },
	{ "ask.der",
	  "ask.extensions: it has no extensions",
	  { "ask.extensions=absent", "ask.extensions=reversed" } },
	{ "ask.der",
	  "ask.ca: it has no basicConstraints that can be changed",
	  { "ask.extension.basic_constraints=ff", "ask.ca=yes" } },
	{ "ask.der", "ask.subject: it has no common name", { "ask.subject_name=absent", "ask.subject=x" } },
	{ "ask.der",
	  "ask.signed_by: expected ark, ask, asvk, vcek, vlek, self or other, not 'pck'",
	  { "ask.signed_by=pck" } },
	{ "ask.der", "ask.signed_by: there is no VLEK here", { "ask.signed_by=vlek" } },
	{ "ask.der",
	  "ask.algorithm: an RSA key does not sign with this algorithm",
	  { "ask.algorithm=ecdsa-sha256" } },
	{ "ask.der",
	  "ask: it would have more than 4096 bytes",
	  { "ask.another.1.2.3=x00*1500", "ask.another.1.2.4=x00*1500" } },
	{ "ask.der",
	  "ask.another.1.2.7: it would have more than 8192 bytes",
	  { "ask.another.1.2.4=x00*2048", "ask.another.1.2.5=x00*2048", "ask.another.1.2.6=x00*2048",
	    "ask.another.1.2.7=x00*2048" } },
	{ "ask.der",
	  "ask.signature: it has 512 bytes, so there is no byte 512",
	  { "damage ask.signature:512" } },
	{ "ask.der",
	  "ask.path_len: it has no such part to damage",
	  { "ask.path_len=absent", "damage ask.path_len" } },
	{ "crl.der", "crl.revoked_at: it has no entries", { "crl.revoked_at=at" } },
	{ "crl.der", "crl.entry.1.2.3: it has no entries", { "crl.entry.1.2.3=00" } },
	{ "crl.der",
	  "crl.entry_critical.1.2.3: it has no entries with this extension",
	  { "crl.revoked=01", "crl.entry_critical.1.2.3=yes" } },
	{ "crl.der",
	  "crl.revoked: expected ark, ask, asvk, vcek, vlek or HEX, not 'pck'",
	  { "crl.revoked=pck" } },
	{ "root.der",
	  "root.signed_by: expected root, pck_ca, tcb_signing, pck, self or other, not 'ark'",
	  { "root.signed_by=ark" } },
	{ "root.der", "root.signed_by: there is no PCK yet", { "root.signed_by=pck" } },
	{ "root.der", "root.product: only AMD's certificates are of a product", { "root.product=Milan" } },
	{ "root.der",
	  "root.algorithm: a key on a curve does not sign with this algorithm",
	  { "root.algorithm=rsa-sha256" } },
	{ "root.der",
	  "pck.sgx.fmspc: it has no such element of an SGX extension",
	  { "pck.extension.sgx=3000", "pck.sgx.fmspc=00" } },
	{ ROOT_CRL,
	  "root_crl.revoked: expected root, pck_ca, tcb_signing, pck or HEX, not 'ask'",
	  { "root_crl.revoked=ask" } },
};

static void an_item_that_fits_no_such_evidence_is_refused_when_it_is_made(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
		struct sim_forge_options options = { .tdx = x509_is_of_tdx(impossible[i].file) };
		struct sim_order *order = x509_order(impossible[i].items);
		struct sim_forged forged;
		struct jurat_error err = { .text = "" };
		int r = sim_forge(&options, order, &forged, &err);

		if (r != -EINVAL || strcmp(err.text, impossible[i].text) != 0) {
			test_say("%s: %d, %s", impossible[i].items[0], r, err.text);
			wrong++;
		}
		if (r == 0)
			sim_forged_done(&forged);
		sim_order_free(order);
	}
	assert_int_equal(wrong, 0);
}

/* ---- where damage goes ---- */

static const struct {
	const char *file, *item;
	size_t n; /* bytes of the field */
} places[] = {
	{ "vcek.der", "vcek.serial", 1 },
	{ "vcek.der", "vcek.not_after", 13 },
	{ "vcek.der", "vcek.version", 1 },
	{ "vcek.der", "vcek.subject", 8 },
	{ "vcek.der", "vcek.key", 98 },
	{ "vcek.der", "vcek.hwid", 64 },
	{ "vcek.der", "vcek.spl.snpSPL", 1 },
	{ "vcek.der", "vcek.product_name", 8 },
	{ "vcek.der", "vcek.signature", 512 },
	{ "vcek.der", "vcek.outer_algorithm", 72 },
	{ "ask.der", "ask.ca", 1 },
	{ "ask.der", "ask.path_len", 1 },
	{ "ask.der", "ask.key_usage", 4 },
	{ "ask.der", "ask.extension.crl_points", 51 },
	{ "crl.der", "crl.next_update", 13 },
	{ "crl.der", "crl.number", 1 },
	{ PCK, "pck.sgx.fmspc", 6 },
	{ PCK, "pck.sgx.pcesvn", 1 },
	{ PCK_CRL, "pck_crl.this_update", 13 },
};

/* The bytes that differ: how many there are, and the first one. */
static size_t differences(const uint8_t *a, const uint8_t *b, size_t n, size_t *ret_first)
{
	size_t found = 0;

	for (size_t i = n; i-- > 0;)
		if (a[i] != b[i]) {
			*ret_first = i;
			found++;
			assert_int_equal(a[i] ^ b[i], 1);
		}
	return found;
}

static void damage_is_one_bit_of_the_field_that_it_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const uint8_t *usual;
		size_t n = 0, at_first[2] = { 0 }, size = 0;

		usual = x509_usual(places[i].file, &n);
		for (unsigned last = 0; last < 2; last++) {
			char item[64];
			const char *items[] = { item, NULL };
			struct sim_forged forged;
			uint8_t *der;

			if (last)
				TEXT(item, "damage %s:last", places[i].item);
			else
				TEXT(item, "damage %s", places[i].item);
			x509_make(items, places[i].file, &forged);
			der = x509_der(&forged, places[i].file, &size);
			assert_int_equal(size, n);
			assert_int_equal(differences(der, usual, n, &at_first[last]), 1);
			free(der);
			sim_forged_done(&forged);
		}
		if (at_first[1] - at_first[0] + 1 != places[i].n)
			FAIL_BECAUSE("%s has %zu bytes", places[i].item, at_first[1] - at_first[0] + 1);
	}
}

/* ---- all ---- */

static void every_field_that_is_listed_exists(void **state)
{
	static const char *const values[] = { "yes",   "00",       "3000",  "absent",     "at",
					      "Milan", "reversed", "other", "rsa-sha256", "long-length" };
	const struct sim_field *field;

	(void)state;
	for (size_t i = 0; (field = sim_order_field(i)); i++) {
		struct sim_order *order;
		char name[64], item[160];
		bool taken = false;
		char *end;

		if (field->part < SIM_PART_VCEK || field->part == SIM_PART_TD ||
		    (field->part > SIM_PART_TD && field->part < SIM_PART_PCK) ||
		    field->part > SIM_PART_ROOT_CRL)
			continue;
		if (strncmp(field->name, "for_", 4) == 0 || strcmp(field->name, "chain") == 0)
			continue;
		TEXT(name, "%s", field->name);
		end = strstr(name, "OID");
		if (end)
			memcpy(end, "1.2", 4);
		end = strstr(name, "spl.NAME");
		if (end)
			memcpy(end, "spl.spl4", 9);
		end = strstr(name, "_N");
		if (end)
			memcpy(end, "_1", 3);
		assert_int_equal(sim_order_new(X509_AT, &order, NULL), 0);
		for (size_t v = 0; v < ARRAY_SIZE(values) && !taken; v++) {
			TEXT(item, "%s.%s=%s", sim_part_name(field->part), name, values[v]);
			taken = sim_order_add(order, item, NULL) == 0;
		}
		if (!taken)
			FAIL_BECAUSE("%s.%s is listed", sim_part_name(field->part), name);
		sim_order_free(order);
	}
}

static int forge_it(void *ctx)
{
	static const char *const of_snp[] = { "vcek.key=other", "vcek.algorithm=rsa-sha256",
					      "crl.revoked=ask,01", "ask.authority_key_id=other", NULL };
	static const char *const of_tdx[] = { "pck.sgx.fmspc=x01*6", "pck.signed_by=other",
					      "root_crl.revoked=pck", NULL };
	const bool *tdx = ctx;
	struct sim_forge_options options = { .tdx = *tdx };
	struct sim_order *order = NEVER_FAILS(x509_order(*tdx ? of_tdx : of_snp));
	struct sim_forged forged;
	int r;

	fail_memory_resume();
	r = sim_forge(&options, order, &forged, NULL);
	fail_memory_pause();
	if (r == 0)
		sim_forged_done(&forged);
	sim_order_free(order);
	return r;
}

static void without_memory_there_is_no_evidence(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++)
		fail_memory_each(forge_it, &(bool){ tdx != 0 });
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(an_item_that_cannot_be_is_refused_when_it_is_added),
		cmocka_unit_test(an_item_that_fits_no_such_evidence_is_refused_when_it_is_made),
		cmocka_unit_test(damage_is_one_bit_of_the_field_that_it_names),
		cmocka_unit_test(every_field_that_is_listed_exists),
		cmocka_unit_test(without_memory_there_is_no_evidence),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
