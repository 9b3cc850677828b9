/* SPDX-License-Identifier: MIT */
#include "x509_world.h"

#include <openssl/x509.h>

#include "sim/pki/pki_intel_internal.h"
#include "sim/pki/pki_internal.h"

static bool has_bytes(const uint8_t *der, size_t n, const char *hex)
{
	uint8_t bytes[256];
	size_t size = strlen(hex) / 2;

	assert_true(size <= sizeof(bytes) && bytes_from_hex(hex, bytes, size));
	return memmem(der, n, bytes, size) != NULL;
}

/* ---- who says what of it ---- */

/* The key of the ordinary issuer of a file. */
static EVP_PKEY *issuer_key(const char *file)
{
	uint8_t spki[600];
	struct der_wr d = der_wr(spki, sizeof(spki));
	const uint8_t *p = spki;
	EVP_PKEY *key;

	if (x509_is_of_tdx(file)) {
		enum sim_intel_cert which = strcmp(file, "quote.bin") == 0 || strstr(file, "pck_crl.der")
						    ? SIM_INTEL_PLATFORM_CA
						    : SIM_INTEL_ROOT;
		struct sim_pki_intel *pki;

		assert_int_equal(sim_pki_intel_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
		x509_put_ec_key(&d, CRYPTO_P256, crypto_p256_signer_public(pki->certs[which].key));
		sim_pki_intel_free(pki);
	} else {
		enum sim_ca ca = strcmp(file, "vcek.der") == 0   ? SIM_ASK
				 : strcmp(file, "vlek.der") == 0 ? SIM_ASVK
								 : SIM_ARK;
		const struct crypto_rsa_private *rsa;
		uint8_t n[CRYPTO_RSA_BYTES];
		struct sim_pki *pki;

		assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
		assert_int_equal(sim_pki_ca_key(pki, SNP_MILAN, ca, &rsa, NULL), 0);
		crypto_rsa_private_modulus(rsa, n);
		pki_put_rsa_key(&d, n);
		sim_pki_free(pki);
	}
	key = d2i_PUBKEY(NULL, &p, (long)d.w.off);
	assert_non_null(key);
	return key;
}

enum { NEITHER = 0, READS = 1, SIGNED = 2, MORE = 4, GOOD = READS | SIGNED };

/* What OpenSSL says: does it read it, does something follow, and did the usual issuer sign it? */
static int openssl_says(const char *file, const uint8_t *der, size_t n)
{
	const uint8_t *p = der;
	EVP_PKEY *key = issuer_key(file);
	int says = 0;

	if (strstr(file, "crl.der")) {
		X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)n);

		if (crl)
			says |= p == der + n ? READS : READS | MORE;
		if (crl && X509_CRL_verify(crl, key) == 1)
			says |= SIGNED;
		X509_CRL_free(crl);
	} else {
		X509 *cert = d2i_X509(NULL, &p, (long)n);

		if (cert)
			says |= p == der + n ? READS : READS | MORE;
		if (cert && X509_verify(cert, key) == 1)
			says |= SIGNED;
		X509_free(cert);
	}
	EVP_PKEY_free(key);
	return says;
}

enum { MAX_ITEMS = 6 };

/*
 * `has`, in HEX, is in what was made; and was not in it without the order, unless it ends in "=" (then: it no
 * longer is). "": nothing is left of it.
 */
struct row {
	const char *file, *has;
	int says;
	const char *items[MAX_ITEMS];
};

/* Whether the row is right; else a line says why. */
static bool check(const struct row *row)
{
	struct sim_forged forged;
	char hex[256] = "";
	size_t n = 0, usual_n = 0;
	uint8_t *der;
	const uint8_t *usual_der;
	bool gone = false, has = true, had = false;
	int says = 0;

	x509_make(row->items, row->file, &forged);
	usual_der = x509_usual(row->file, &usual_n);
	der = x509_der(&forged, row->file, &n);
	if (der) {
		TEXT(hex, "%s", row->has);
		gone = *hex && hex[strlen(hex) - 1] == '=';
		if (gone)
			hex[strlen(hex) - 1] = '\0';
		has = has_bytes(der, n, hex);
		had = has_bytes(usual_der, usual_n, hex);
		says = openssl_says(row->file, der, n);
	}
	free(der);
	sim_forged_done(&forged);
	if ((*row->has != '\0') == (der != NULL) && has != gone && had == gone && says == row->says)
		return true;
	test_say("%s: %s%s it, %s before; OpenSSL says %d", row->items[0], hex, has ? " in" : " not in",
		 had ? "in" : "not", says);
	return false;
}

static unsigned wrong_of(const struct row *rows, size_t n)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++)
		if (!check(&rows[i]))
			wrong++;
	return wrong;
}

/* The OIDs of PSS, ECDSA and PKCS #1, and SHA-2 in PSS, with tags. */
#define OID_PSS   "06092a864886f70d01010a"
#define OID_PKCS1 "06092a864886f70d0101"
#define OID_ECDSA "06082a8648ce3d0403"
#define OID_SHA   "060960864801650304020"
#define OID_AMD   "060a2b060104019c780103"
#define OID_SGX   "060a2a864886f84d010d01"
#define OID_SGX2  "060b2a864886f84d010d01"

/*
 * Each item and what it comes to. OpenSSL refuses to read numbers that are not minimal, and checks no
 * signature of an algorithm that does not fit.
 */
static const struct row body[] = {
	{ "vcek.der", "a003020102=", GOOD, { "vcek.version=0" } },
	{ "vcek.der", "a003020101", GOOD, { "vcek.version=1" } },
	{ "crl.der", "0149020101=", GOOD, { "crl.version=0" } },
	{ "crl.der", "0201023041", GOOD, { "crl.version=2" } },
	{ "vcek.der", "0201ff", GOOD, { "vcek.serial=ff" } },
	{ "vcek.der", "020400000001", NEITHER, { "vcek.serial=00000001" } },
	{ "vcek.der", "a0030201020200", NEITHER, { "vcek.serial=" } },
	{ "ask.der", "170d3236303633303233353935395a", GOOD, { "ask.not_after=at-1s" } },
	{ "ask.der", "180f32303236303633303233353935395a", GOOD, { "ask.not_after=generalized:at-1s" } },
	{ "ask.der", "180f32303530303130313030303030305a", GOOD, { "ask.not_after=2050-01-01T00:00:00Z" } },
	{ "ask.der", "170d3530303130313030303030305a", GOOD, { "ask.not_after=utc:2050-01-01T00:00:00Z" } },
	{ "ask.der", "170b323630373031303030305a", GOOD, { "ask.not_before=utc-text:2607010000Z" } },
	{ "ask.der", "180b32303236303730312e305a", GOOD, { "ask.not_before=generalized-text:20260701.0Z" } },
	{ "vcek.der", "06035504030c0441534b2d", GOOD, { "vcek.issuer=ASK-" } },
	{ "vcek.der", "1308534556204d696c6e", GOOD, { "vcek.issuer=printable:SEV Miln" } },
	{ "vcek.der", "06035504031e080053004500560031", GOOD, { "vcek.subject=bmp:SEV1" } },
	{ "vcek.der", "06035504031600", GOOD, { "vcek.subject=ia5:" } },
	{ "ask.der", "5a3000308202", GOOD, { "ask.subject_name=absent" } },
	{ "ark.der",
	  "300d310b300906035504061302555a",
	  GOOD,
	  { "ark.issuer_name=300d310b300906035504061302555a" } },
	{ "vcek.der", "0302007e", GOOD, { "vcek.key=7e" } },
	{ "vcek.der", "300906032a03040302007e", NEITHER, { "vcek.spki=300906032a03040302007e" } },
	{ "vcek.der", "06082a8648ce3d030107034200", GOOD, { "vcek.key=other-p256" } },
	{ "vcek.der", "06052b81040022036200=", GOOD, { "vcek.key=other-rsa" } },
	{ "ask.der", "06052b81040022036200", GOOD, { "ask.key=other-p384" } },
	{ "ark.der", "a4030201043046", NEITHER, { "ark.append=a403020104" } },
	{ "root.der", "170d3236303633303233353935395a", GOOD, { "root.not_before=at-1s" } },
	{ PCK, "30023100301e170d", GOOD, { "pck.issuer_name=30023100" } },
};

static const struct row extensions[] = {
	{ "vcek.der", "0603551d130101ff040530030101ff", GOOD, { "vcek.ca=yes" } },
	{ "vcek.der", "0603551d130101ff04023000", GOOD, { "vcek.ca=no" } },
	{ "vcek.der", "0603551d130101ff0405300302010b", GOOD, { "vcek.path_len=11" } },
	{ "ask.der", "040530030101ff", GOOD, { "ask.path_len=absent" } },
	{ "ask.der", "04053003020100", GOOD, { "ask.ca=no" } },
	{ "ask.der", "30060101ff020103", GOOD, { "ask.path_len=3" } },
	{ "ask.der", "0603551d13=", GOOD, { "ask.ca=absent" } },
	{ "ask.der", "040403020106", GOOD, { "ask.key_usage=06" } },
	{ "ask.der", "0405030307ff80", GOOD, { "ask.key_usage=ff80" } },
	{ "ask.der", "0403030100", GOOD, { "ask.key_usage=00" } },
	{ "ask.der", "0603551d0f=", GOOD, { "ask.key_usage=absent" } },
	{ "ask.der", "0603551d0e040404020102", GOOD, { "ask.subject_key_id=0102" } },
	{ "ask.der", "0603551d230406300480020102", GOOD, { "ask.authority_key_id=0102" } },
	{ "ask.der", "0603551d23=", GOOD, { "ask.authority_key_id=absent" } },
	{ "crl.der", "0603551d230406300480020102", GOOD, { "crl.authority_key_id=0102" } },
	{ "vcek.der", "06022a0304020500", GOOD, { "vcek.extension.1.2.3=0500" } },
	{ "vcek.der",
	  "06022a030101ff04020500",
	  GOOD,
	  { "vcek.extension.1.2.3=0500", "vcek.critical.1.2.3=yes" } },
	{ "ask.der", "0603551d130408", GOOD, { "ask.critical.basic_constraints=no" } },
	{ "ask.der", "0603551d130101ff0400", GOOD, { "ask.extension.basic_constraints=" } },
	{ "ask.der", "0603551d1304023000", GOOD, { "ask.another.2.5.29.19=3000" } },
	{ "ask.der", "0603551d1f=", GOOD, { "ask.extension.crl_points=absent" } },
	{ "ask.der", "0607813403ffffff7f0401aa", GOOD, { "ask.extension.2.100.3.268435455=aa" } },
	{ "ask.der", "a381a3=", GOOD, { "ask.extensions=absent" } },
	{ "ask.der", "a3023000", GOOD, { "ask.extensions=empty" } },
	{ "ask.der", "81a0303a0603551d1f", GOOD, { "ask.extensions=reversed" } },
	{ "vcek.der", "a303020105", NEITHER, { "vcek.extensions=absent", "vcek.append=a303020105" } },
};

static const struct row leaves[] = {
	{ "vcek.der", OID_AMD "010403020105", GOOD, { "vcek.spl.blSPL=5" } },
	{ "vcek.der", OID_AMD "0304040202012c", GOOD, { "vcek.spl.snpSPL=300" } },
	{ "vcek.der", OID_AMD "08=", GOOD, { "vcek.spl.ucodeSPL=absent" } },
	{ "vcek.der", OID_AMD "090403020107", GOOD, { "vcek.spl.fmcSPL=7" } },
	{ "vcek.der", OID_AMD "070403020107", GOOD, { "vcek.spl.spl7=7" } },
	{ "vcek.der", "16084d696c616e2d4231", GOOD, { "vcek.product_name=Milan-B1" } },
	{ "vcek.der", "2b060104019c780101040402020100", GOOD, { "vcek.struct_version=256" } },
	{ "vcek.der", "2b060104019c780104040401020304", GOOD, { "vcek.hwid=01020304" } },
	{ "vcek.der", "2b060104019c78010404420000", GOOD, { "vcek.hwid=x00*66" } },
	{ "vcek.der", "2b060104019c780104=", GOOD, { "vcek.hwid=absent" } },
	{ "vlek.der", "2b060104019c78010504061604434e3d78", GOOD, { "vlek.csp_id=CN=x" } },
	{ "vlek.der", "2b060104019c780105=", GOOD, { "vlek.csp_id=absent" } },
	{ PCK,
	  OID_SGX "04"
		  "0406010203040506",
	  GOOD,
	  { "pck.sgx.fmspc=010203040506" } },
	{ PCK,
	  OID_SGX "04"
		  "0405",
	  GOOD,
	  { "pck.sgx.fmspc=0102030405" } },
	{ PCK, OID_SGX "01=", GOOD, { "pck.sgx.ppid=absent" } },
	{ PCK, OID_SGX "050a0102", GOOD, { "pck.sgx.type=2" } },
	{ PCK,
	  OID_SGX2 "0211"
		   "0203010000",
	  GOOD,
	  { "pck.sgx.pcesvn=65536" } },
	{ PCK,
	  OID_SGX2 "0210"
		   "020200ff",
	  GOOD,
	  { "pck.sgx.component_16=255" } },
	{ PCK,
	  OID_SGX2 "0212"
		   "041001010101010101010101010101010101",
	  GOOD,
	  { "pck.sgx.cpusvn=x01*16" } },
	{ PCK,
	  OID_SGX2 "0702"
		   "0101ff",
	  GOOD,
	  { "pck.sgx.cached_keys=yes" } },
	{ PCK, OID_SGX2 "0703=", GOOD, { "pck.sgx.smt=absent" } },
	{ PCK, OID_SGX2 "0201=", GOOD, { "pck.sgx.tcb=absent" } },
	{ PCK, OID_SGX2 "0701=", GOOD, { "pck.sgx.configuration=absent" } },
	{ PCK, OID_SGX "63020101", GOOD, { "pck.sgx.unknown=yes" } },
	{ PCK, "308202263044060a2a", GOOD, { "pck.sgx.order=reversed" } },
	{ PCK, OID_SGX "01=", GOOD, { "pck.extension.sgx=3000" } },
};

static const struct row crls[] = {
	{ "crl.der", "170d3236303633303233353935395a", GOOD, { "crl.next_update=at-1s" } },
	{ "crl.der", "170d3236303730313030303030305a", GOOD, { "crl.this_update=at" } },
	{ "crl.der", "170d3439303130313030303030305a=", GOOD, { "crl.next_update=absent" } },
	{ "crl.der",
	  "170d3234303130313030303030305a=",
	  NEITHER,
	  { "crl.next_update=absent", "crl.this_update=absent" } },
	{ "crl.der", "0603551d14040602040a0b0c0d", GOOD, { "crl.number=0a0b0c0d" } },
	{ "crl.der", "0603551d14=", GOOD, { "crl.number=absent" } },
	{ "crl.der", "0c0341524b", GOOD, { "crl.issuer=ARK" } },
	{ "crl.der",
	  "3014"
	  "0203010001"
	  "170d3234303130313030303030305a",
	  GOOD,
	  { "crl.revoked=ask" } },
	{ "crl.der",
	  "0203010101"
	  "170d3234303130313030303030305a",
	  GOOD,
	  { "crl.revoked=ark,asvk" } },
	{ "crl.der", "020100170d", GOOD, { "crl.revoked=vcek" } },
	{ "crl.der", "02017b170d", GOOD, { "ask.serial=7b", "crl.revoked=ask" } },
	{ "crl.der",
	  "300b0201071706323630373031",
	  GOOD,
	  { "crl.revoked=07,08", "crl.revoked_at=utc-text:260701" } },
	{ "crl.der",
	  "301302020708170d3236303730313030303030305a",
	  GOOD,
	  { "crl.revoked=0708", "crl.revoked_at=at" } },
	{ "crl.der", "300b300906022a0304030a0101", GOOD, { "crl.revoked=07", "crl.entry.1.2.3=0a0101" } },
	{ "crl.der",
	  "06022a030101ff04030a0101",
	  GOOD,
	  { "crl.revoked=07,08", "crl.entry.1.2.3=0a0101", "crl.entry_critical.1.2.3=yes" } },
	{ "crl.der",
	  "06022a030101ff04020500",
	  GOOD,
	  { "crl.extension.1.2.3=0500", "crl.critical.1.2.3=yes" } },
	{ "crl.der", "a02f302d=", GOOD, { "crl.extensions=absent" } },
	{ ROOT_CRL,
	  "3025"
	  "0214",
	  GOOD,
	  { "root_crl.revoked=pck_ca,tcb_signing" } },
	{ ROOT_CRL,
	  "3025"
	  "0214",
	  GOOD,
	  { "root_crl.revoked=root" } },
	{ PCK_CRL,
	  "3025"
	  "0214",
	  GOOD,
	  { "pck_crl.revoked=pck" } },
	{ PCK_CRL, "020301e240170d", GOOD, { "pck.serial=01e240", "pck_crl.revoked=pck" } },
	{ PCK_CRL, "170d3236303733303030303030305a=", GOOD, { "pck_crl.next_update=absent" } },
	{ ROOT_CRL, "170d3236303733303030303030305a=", GOOD, { "root_crl.next_update=at-1s" } },
};

static const struct row signatures[] = {
	{ "vcek.der", "", 0, { "vcek.missing=yes" } },
	{ "ask.der", "", 0, { "ask.missing=yes", "ask.serial=05" } },
	{ "crl.der", "", 0, { "crl.missing=yes" } },
	{ "root.der", "", 0, { "root.missing=yes" } },
	{ PCK_CRL, "", 0, { "pck_crl.missing=yes" } },
	{ "ark.der", "aabbccddeeff", GOOD | MORE, { "ark.trailing=aabbccddeeff" } },
	{ "ark.der", "30830006", GOOD, { "ark.encoding=long-length" } },
	{ "ark.der", "30803082", GOOD, { "ark.encoding=indefinite" } },
	{ "ark.der", "30830004", GOOD, { "ark.encoding=tbs-long-length" } },
	{ "vcek.der", "0304000a0b0c", READS, { "vcek.signature=0a0b0c" } },
	{ "vcek.der", "0304000a0b0c", READS, { "unsigned vcek.signature=0a0b0c" } },
	{ "vcek.der", "16084d696c616e2d4231", READS, { "unsigned vcek.product_name=Milan-B1" } },
	{ "vcek.der", "0201023046", READS, { "vcek.signed_by=ark", "vcek.serial=02" } },
	{ "vcek.der", "0201023046", READS, { "vcek.signed_by=other", "vcek.serial=02" } },
	{ "vcek.der", "0201023046", READS, { "damage vcek.signature", "vcek.serial=02" } },
	{ "vcek.der", "0201013046", READS, { "damage vcek.serial" } },
	{ "vcek.der", OID_ECDSA "03", READS, { "vcek.signed_by=self" } },
	{ "vcek.der", OID_ECDSA "02", READS, { "vcek.signed_by=self", "vcek.key=other-p256" } },
	{ "ask.der", OID_ECDSA "03", READS, { "ask.signed_by=vcek" } },
	{ "asvk.der", OID_ECDSA "03", READS, { "asvk.signed_by=vlek" } },
	{ "ask.der", "0201053046", READS, { "ask.signed_by=asvk", "ask.serial=05" } },
	{ "crl.der", "0201023041", READS, { "crl.signed_by=ask", "crl.version=2" } },
	{ "crl.der", "0201023041", GOOD, { "crl.signed_by=self", "crl.version=2" } },
	{ "ask.der", "41524b2d47656e6f61", READS, { "ask.product=Genoa" } },
	{ "crl.der", "41524b2d547572696e", READS, { "crl.product=Turin" } },
	{ "vcek.der", "5345562d547572696e", READS, { "vcek.product=Turin" } },
	{ PCK, "a00302010202010530", READS, { "pck.signed_by=root", "pck.serial=05" } },
	{ PCK, "a00302010202010530", READS, { "pck.signed_by=self", "pck.serial=05" } },
	{ PCK, "a00302010202010530", READS, { "pck.signed_by=other", "pck.serial=05" } },
	{ CA_PEM, "02010530", READS, { "pck_ca.signed_by=self", "pck_ca.serial=05" } },
	{ TCB_PEM, "02010530", READS, { "tcb_signing.signed_by=pck_ca", "tcb_signing.serial=05" } },
	{ PCK_CRL, "020105170d", READS, { "pck_crl.signed_by=pck", "pck_crl.revoked=05" } },
	{ ROOT_CRL, "020105170d", READS, { "root_crl.signed_by=tcb_signing", "root_crl.revoked=05" } },
};

static const struct row algorithms[] = {
	{ "vcek.der", OID_SHA "1", GOOD, { "vcek.algorithm=rsa-pss-sha256" } },
	{ "vcek.der", OID_SHA "3", GOOD, { "vcek.algorithm=rsa-pss-sha512" } },
	{ "vcek.der", "a203020114", GOOD, { "vcek.algorithm=rsa-pss-sha384-salt20" } },
	{ "vcek.der", "a303020101=", GOOD, { "vcek.algorithm=rsa-pss-sha384" } },
	{ "crl.der", "a303020101", GOOD, { "crl.algorithm=rsa-pss-sha384-salt0-trailer" } },
	{ "vcek.der", OID_PKCS1 "0b0500", GOOD, { "vcek.algorithm=rsa-sha256" } },
	{ "vcek.der", OID_PKCS1 "0c0500", GOOD, { "vcek.algorithm=rsa-sha384" } },
	{ "crl.der", OID_PKCS1 "0d0500", GOOD, { "crl.algorithm=rsa-sha512" } },
	{ PCK, OID_ECDSA "03", GOOD, { "pck.algorithm=ecdsa-sha384" } },
	{ PCK_CRL, OID_ECDSA "04", GOOD, { "pck_crl.algorithm=ecdsa-sha512" } },
	{ "vcek.der", OID_ECDSA "02", READS, { "vcek.inner_algorithm=ecdsa-sha256" } },
	{ "vcek.der", OID_ECDSA "03", READS, { "vcek.outer_algorithm=ecdsa-sha384" } },
	{ "vcek.der", "300406022a03", READS, { "vcek.outer_algorithm=300406022a03" } },
	{ "vcek.der",
	  OID_ECDSA "02",
	  READS,
	  { "vcek.inner_algorithm=ecdsa-sha256", "vcek.outer_algorithm=ecdsa-sha256" } },

};

static void orders_of_certificates_make_what_they_say(void **state)
{
	unsigned wrong = 0;

	(void)state;
	wrong += wrong_of(body, ARRAY_SIZE(body));
	wrong += wrong_of(extensions, ARRAY_SIZE(extensions));
	wrong += wrong_of(leaves, ARRAY_SIZE(leaves));
	wrong += wrong_of(crls, ARRAY_SIZE(crls));
	wrong += wrong_of(signatures, ARRAY_SIZE(signatures));
	wrong += wrong_of(algorithms, ARRAY_SIZE(algorithms));
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(orders_of_certificates_make_what_they_say),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
