/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "endorse/item.h"

#define HWID64                                                                                               \
	"3ac3fe21e13fb0990eb28a802e3fb6a29483a6b0753590c951bdd3b8e53786184ca39e359669a2b76a1936776b564ea4"   \
	"64cdce40c05f63c9b5068f4d09e4e2a1"
#define HWID64_UPPER                                                                                         \
	"3AC3FE21E13FB0990EB28A802E3FB6A29483A6B0753590C951BDD3B8E53786184CA39E359669A2B76A1936776B564EA4"   \
	"64CDCE40C05F63C9B5068F4D09E4E2A1"
#define ZEROS64                                                                                              \
	"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"   \
	"00000000000000000000000000000000"
#define HWID8  "1e550a8ee5cf9f4d"
#define MILAN  "/vcek/v1/Milan/" HWID64
#define PCS_V4 "/sgx/certification/v4/"
#define TDX_V4 "/tdx/certification/v4/"

static struct endorse_item of_chip(enum snp_product product, const char *hwid, struct snp_tcb tcb)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .product = product, .tcb = tcb };

	assert_true(bytes_from_hex(hwid, item.chip_id, strlen(hwid) / 2));
	return item;
}

static const struct snp_tcb milan_tcb = { 0, 2, 0, 6, 115 }, turin_tcb = { 1, 4, 0, 24, 219 };

/* One item of each kind and each value of its members, all different. */
static size_t all_items(struct endorse_item items[64])
{
	static const uint8_t fmspcs[2][6] = { { 0x50, 0x80, 0x6f }, { 0xb0, 0xc0, 0x6f } };
	static const uint32_t numbers[] = { 0, 0, 17, 4294967295 };
	struct snp_tcb next = milan_tcb;
	size_t n = 0;

	next.microcode++;
	items[n++] = of_chip(SNP_MILAN, HWID64, milan_tcb);
	items[n++] = of_chip(SNP_MILAN, HWID64, next);
	items[n++] = of_chip(SNP_GENOA, HWID64, milan_tcb);
	items[n - 1].chip_id[0] ^= 1;
	items[n++] = of_chip(SNP_TURIN, HWID8, turin_tcb);
	next = turin_tcb;
	next.fmc++;
	items[n++] = of_chip(SNP_TURIN, HWID8, next);
	for (unsigned kind = ENDORSE_VCEK_CHAIN; kind <= ENDORSE_VLEK_CRL; kind++)
		for (unsigned product = SNP_MILAN; product < SNP_N_PRODUCTS; product++)
			items[n++] = (struct endorse_item){ .kind = kind, .product = product };
	for (unsigned i = 0; i < 4; i++) {
		struct endorse_item item = { .update = i < 2 ? i : ENDORSE_NUMBERED, .number = numbers[i] };

		item.kind = ENDORSE_QVE_IDENTITY;
		items[n++] = item;
		for (item.tee = ENDORSE_SGX; item.tee <= ENDORSE_TDX; item.tee++) {
			item.kind = ENDORSE_QE_IDENTITY;
			items[n++] = item;
			for (unsigned k = 0; k < 2; k++) {
				item.kind = ENDORSE_TCB_INFO;
				memcpy(item.fmspc, fmspcs[k], 6);
				items[n++] = item;
			}
			memset(item.fmspc, 0, 6);
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		items[n++] = (struct endorse_item){ .kind = ENDORSE_TCB_NUMBERS, .tee = i };
		items[n++] = (struct endorse_item){ .kind = ENDORSE_PCK_CRL, .ca = i };
	}
	items[n++] = (struct endorse_item){ .kind = ENDORSE_ROOT_CRL };
	assert_true(n <= 64);
	return n;
}

static void assert_same(const struct endorse_item *a, const struct endorse_item *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->product, b->product);
	assert_memory_equal(a->chip_id, b->chip_id, sizeof(a->chip_id));
	assert_memory_equal(&a->tcb, &b->tcb, sizeof(a->tcb));
	assert_int_equal(a->tee, b->tee);
	assert_memory_equal(a->fmspc, b->fmspc, sizeof(a->fmspc));
	assert_int_equal(a->update, b->update);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->ca, b->ca);
}

static void every_item_is_read_from_its_own_targets(void **state)
{
	struct endorse_item items[64], read;
	const size_t n = all_items(items);
	enum endorse_encoding encoding;
	char target[ENDORSE_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(endorse_item_target(&items[i], target, sizeof(target)) < sizeof(target));
		assert_int_equal(endorse_item_of_request(target, &read, &encoding, NULL), 0);
		assert_same(&read, &items[i]);
		assert_true(encoding == ENDORSE_AS_SERVED || encoding == ENDORSE_DER);
		assert_true(endorse_item_pccs_target(&items[i], target, sizeof(target)) < sizeof(target));
		assert_int_equal(endorse_item_of_request(target, &read, &encoding, NULL), 0);
		assert_same(&read, &items[i]);
	}
}

/* A function that writes a text for an item. */
typedef size_t text_of(const struct endorse_item *item, char *buf, size_t room);
static text_of *const texts[] = { endorse_item_target, endorse_item_pccs_target, endorse_item_file,
				  endorse_item_name };

static void two_items_have_no_target_file_or_name_in_common(void **state)
{
	struct endorse_item items[64];
	const size_t n = all_items(items);
	char a[ENDORSE_TEXT_BYTES], b[ENDORSE_TEXT_BYTES];

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(texts); t++)
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < i; k++) {
				texts[t](&items[i], a, sizeof(a));
				texts[t](&items[k], b, sizeof(b));
				assert_string_not_equal(a, b);
			}
}

static void texts_keep_to_their_room(void **state)
{
	struct endorse_item items[64];
	const size_t n = all_items(items);
	char whole[ENDORSE_TEXT_BYTES];

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(texts); t++)
		for (size_t i = 0; i < n; i++) {
			const size_t size = texts[t](&items[i], whole, sizeof(whole));

			assert_int_equal(size, strlen(whole));
			for (size_t room = 0; room <= size; room++) {
				char *part = malloc(room ? room : 1);

				assert_non_null(part);
				assert_int_equal(texts[t](&items[i], part, room), size);
				if (room > 0) {
					assert_int_equal(strlen(part), room - 1);
					assert_memory_equal(part, whole, room - 1);
				}
				free(part);
			}
		}
}

/* Of letters, digits and a few others, relative, and without a part that begins with a dot. */
static void files_stay_below_their_directory(void **state)
{
	struct endorse_item items[64];
	const size_t n = all_items(items);
	char file[ENDORSE_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		endorse_item_file(&items[i], file, sizeof(file));
		assert_int_equal(strspn(file, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
					      "-_./"),
				 strlen(file));
		assert_true(file[0] != '/' && file[0] != '.');
		assert_null(strstr(file, "/."));
		assert_null(strstr(file, "//"));
	}
}

static void texts_are_those_of_the_services(void **state)
{
	static const struct {
		const char *target, *pccs, *file, *name;
	} rows[] = {
		{ "/vcek/v1/Turin/" HWID8 "?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219", NULL,
		  "vcek/" HWID8 "/bl04_tee00_snp24_ucode219_fmc01_vcek.der",
		  "vcek:Turin:" HWID8 ":bl04_tee00_snp24_ucode219_fmc01" },
		{ MILAN "?blSPL=02&teeSPL=00&snpSPL=06&ucodeSPL=115", NULL,
		  "vcek/" HWID64 "/bl02_tee00_snp06_ucode115_vcek.der",
		  "vcek:Milan:" HWID64 ":bl02_tee00_snp06_ucode115" },
		{ "/vlek/v1/Genoa/cert_chain", NULL, "vlek-chain/Genoa.endorsement", "vlek-chain:Genoa" },
		{ "/vcek/v1/Milan/crl", NULL, "vcek-crl/Milan.endorsement", "vcek-crl:Milan" },
		{ TDX_V4 "tcb?fmspc=50806f000000&update=early", NULL,
		  "tcb-info/tdx_50806f000000_early.endorsement", "tcb-info:tdx:50806f000000:early" },
		{ TDX_V4 "qe/identity?tcbEvaluationDataNumber=17", NULL, "qe-identity/tdx_17.endorsement",
		  "qe-identity:tdx:17" },
		{ PCS_V4 "qve/identity?update=standard", NULL, "qve-identity/standard.endorsement",
		  "qve-identity:standard" },
		{ TDX_V4 "tcbevaluationdatanumbers", NULL, "tcb-numbers/tdx.endorsement", "tcb-numbers:tdx" },
		{ PCS_V4 "pckcrl?ca=platform&encoding=der", NULL, "pck-crl/platform.endorsement",
		  "pck-crl:platform" },
		{ "/IntelSGXRootCA.der", PCS_V4 "rootcacrl", "root-crl/intel.endorsement", "root-crl:intel" },
	};
	char text[ENDORSE_TEXT_BYTES];
	enum endorse_encoding encoding;
	struct endorse_item item;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(endorse_item_of_request(rows[i].target, &item, &encoding, NULL), 0);
		endorse_item_target(&item, text, sizeof(text));
		assert_string_equal(text, rows[i].target);
		endorse_item_pccs_target(&item, text, sizeof(text));
		assert_string_equal(text, rows[i].pccs ? rows[i].pccs : rows[i].target);
		endorse_item_file(&item, text, sizeof(text));
		assert_string_equal(text, rows[i].file);
		endorse_item_name(&item, text, sizeof(text));
		assert_string_equal(text, rows[i].name);
	}
	assert_string_equal(endorse_service_url(ENDORSE_AMD_KDS), "https://kdsintf.amd.com");
	assert_string_equal(endorse_service_url(endorse_item_service(&item)),
			    "https://certificates.trustedservices.intel.com");
}

/* Requests as clients write them; `like` is the target of the same item. */
static const struct {
	const char *request, *like;
	enum endorse_encoding encoding;
} good[] = {
	{ MILAN "?blSPL=2&teeSPL=0&snpSPL=6&ucodeSPL=115",
	  MILAN "?blSPL=02&teeSPL=00&snpSPL=06&ucodeSPL=115" },
	{ MILAN "?ucodeSPL=115&snpSPL=006&teeSPL=000&blSPL=02",
	  MILAN "?blSPL=02&teeSPL=00&snpSPL=06&ucodeSPL=115" },
	{ "/vcek/v1/Milan/" HWID64_UPPER "?blSPL=0%32&teeSPL=0&snpSPL=6&ucodeSPL=255",
	  MILAN "?blSPL=02&teeSPL=00&snpSPL=06&ucodeSPL=255" },
	{ "/vcek/v1/Turin/1E550a8ee5cf9f4D?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219&fmcSPL=1",
	  "/vcek/v1/Turin/" HWID8 "?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219" },
	{ "/vcek/v1/Genoa/crl?", "/vcek/v1/Genoa/crl" },
	{ TDX_V4 "tcb?fmspc=B0C06F000000", TDX_V4 "tcb?fmspc=b0c06f000000&update=standard" },
	{ TDX_V4 "tcb?update=STANDARD&fmspc=b0C06f000000", TDX_V4 "tcb?fmspc=b0c06f000000&update=standard" },
	{ PCS_V4 "tcb?tcbEvaluationDataNumber=0017&fmspc=b0C06f000000",
	  PCS_V4 "tcb?fmspc=b0c06f000000&tcbEvaluationDataNumber=17" },
	{ TDX_V4 "qe/identity", TDX_V4 "qe/identity?update=standard" },
	{ PCS_V4 "qe/identity?update=early", PCS_V4 "qe/identity?update=early" },
	{ "/sgx/certification/v3/qe/identity", PCS_V4 "qe/identity?update=standard" },
	{ "/sgx/certification/v3/qve/identity", PCS_V4 "qve/identity?update=standard" },
	{ PCS_V4 "pckcrl?ca=platform", PCS_V4 "pckcrl?ca=platform&encoding=der", ENDORSE_PEM },
	{ PCS_V4 "pckcrl?ca=PROCESSOR&encoding=PEM", PCS_V4 "pckcrl?ca=processor&encoding=der", ENDORSE_PEM },
	{ "/sgx/certification/v3/pckcrl?encoding=der&ca=processor", PCS_V4 "pckcrl?ca=processor&encoding=der",
	  ENDORSE_DER },
	{ "/sgx/certification/v3/rootcacrl", "/IntelSGXRootCA.der", ENDORSE_HEX },
	{ PCS_V4 "rootcacrl", "/IntelSGXRootCA.der", ENDORSE_DER },
	{ PCS_V4 "crl?uri=https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
	  "/IntelSGXRootCA.der", ENDORSE_DER },
	{ PCS_V4 "crl?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com%2FIntelSGXRootCA.der",
	  "/IntelSGXRootCA.der", ENDORSE_DER },
	{ "/sgx/certification/v3/crl?uri=https%3a%2f%2fapi.trustedservices.intel.com%2Fsgx%2Fcertification%2F"
	  "v3%2Fpckcrl%3Fca%3Dplatform%26encoding%3Dder",
	  PCS_V4 "pckcrl?ca=platform&encoding=der", ENDORSE_DER },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=platform"
		 "&encoding=der",
	  PCS_V4 "pckcrl?ca=platform&encoding=der", ENDORSE_DER },
	{ PCS_V4 "crl?uri=https://kdsintf.amd.com/vlek/v1/Turin/crl", "/vlek/v1/Turin/crl", ENDORSE_DER },
};

static void requests_may_be_written_in_many_ways(void **state)
{
	struct endorse_item item, like;
	enum endorse_encoding encoding, ignored;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct jurat_error err = { "" };

		if (endorse_item_of_request(good[i].request, &item, &encoding, &err))
			FAIL_BECAUSE("%s: %s", good[i].request, err.text);
		assert_int_equal(endorse_item_of_request(good[i].like, &like, &ignored, NULL), 0);
		assert_same(&item, &like);
		assert_int_equal(encoding, good[i].encoding);
	}
}

static const struct {
	const char *request;
	int r;
	const char *why;
} bad[] = {
	/* no path of a service */
	{ "", JURAT_NOT_FOUND, "unknown path ''" },
	{ "/", JURAT_NOT_FOUND, "'/'" },
	{ "vcek/v1/Milan/crl", JURAT_NOT_FOUND, "path" },
	{ "//vcek/v1/Milan/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/milan/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milan-B0/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milano/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/unknown/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milan", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milan/", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milan/crl/", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milan/../Milan/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/%4dilan/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v2/Milan/crl", JURAT_NOT_FOUND, "path" },
	{ "/vlek/v1/Milan/" HWID64, JURAT_NOT_FOUND, "path" },
	{ "/vlek/v1/Milan/cert?blSPL=2", JURAT_NOT_FOUND, "path" },
	{ "/sgx/certification/v3/tcb?fmspc=50806f000000", JURAT_NOT_FOUND, "path" },
	{ "/tdx/certification/v3/tcb?fmspc=50806f000000", JURAT_NOT_FOUND, "path" },
	{ "/tdx/certification/v4/qve/identity", JURAT_NOT_FOUND, "path" },
	{ "/tdx/certification/v4/pckcrl?ca=platform", JURAT_NOT_FOUND, "path" },
	{ "/sgx/certification/v5/qe/identity", JURAT_NOT_FOUND, "path" },
	{ "/SGX/certification/v4/qe/identity", JURAT_NOT_FOUND, "path" },
	{ "/sgx/certification/v4/../v4/qe/identity", JURAT_NOT_FOUND, "path" },
	{ "/sgx/certification/v4/pckcert?qeid=1", JURAT_NOT_FOUND, "path" },
	{ "https://kdsintf.amd.com/vcek/v1/Milan/crl", JURAT_NOT_FOUND, "path" },
	{ "/vcek/v1/Milan/crl#fragment", -EINVAL, "expected 128 hex digits" },
	/* HWIDs */
	{ "/vcek/v1/Milan/..", -EINVAL, "HWID of Milan: expected 128 hex digits, found '..'" },
	{ "/vcek/v1/Milan/" HWID8 "?blSPL=2&teeSPL=0&snpSPL=6&ucodeSPL=1", -EINVAL, "128 hex digits" },
	{ MILAN "0", -EINVAL, "128 hex digits" },
	{ "/vcek/v1/Turin/" HWID64, -EINVAL, "HWID of Turin: expected 16 hex digits" },
	{ "/vcek/v1/Turin/1e550a8ee5cf9f4g", -EINVAL, "16 hex digits" },
	{ "/vcek/v1/Turin/%31e550a8ee5cf9f4d", -EINVAL, "16 hex digits" },
	{ "/vcek/v1/Genoa/" ZEROS64 "?blSPL=2&teeSPL=0&snpSPL=6&ucodeSPL=1", -EINVAL, "masked" },
	/* parameters */
	{ MILAN, -EINVAL, "parameter blSPL is missing" },
	{ MILAN "?blSPL=2&teeSPL=0&ucodeSPL=115", -EINVAL, "parameter snpSPL is missing" },
	{ MILAN "?blSPL=2&teeSPL=0&snpSPL=6&ucodeSPL=115&fmcSPL=0", -EINVAL, "'fmcSPL' is unknown" },
	{ "/vcek/v1/Turin/" HWID8 "?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219", -EINVAL, "fmcSPL is missing" },
	{ MILAN "?blSPL=2&teeSPL=0&snpSPL=6&ucodeSPL=115&blSPL=2", -EINVAL, "parameter blSPL is repeated" },
	{ MILAN "?blSPL=256", -EINVAL,
	  "parameter blSPL: expected a decimal number from 0 to 255, found '256'" },
	{ MILAN "?blSPL=0002", -EINVAL, "0 to 255" },
	{ MILAN "?blSPL=", -EINVAL, "0 to 255, found ''" },
	{ MILAN "?blSPL=+2", -EINVAL, "0 to 255" },
	{ MILAN "?blSPL=-2", -EINVAL, "0 to 255" },
	{ MILAN "?blSPL=0x2", -EINVAL, "0 to 255" },
	{ MILAN "?blSPL=2%20", -EINVAL, "parameter blSPL: expected printable ASCII" },
	{ MILAN "?blSPL=2%00", -EINVAL, "expected printable ASCII" },
	{ MILAN "?blSPL=2%0", -EINVAL, "expected printable ASCII" },
	{ MILAN "?blSPL=2%", -EINVAL, "expected printable ASCII" },
	{ MILAN "?blSPL=%zz", -EINVAL, "expected printable ASCII" },
	{ MILAN "?blSPL=%ff", -EINVAL, "expected printable ASCII" },
	{ MILAN "?blspl=2", -EINVAL, "'blspl' is unknown" },
	{ MILAN "?b%6cSPL=2", -EINVAL, "unknown" },
	{ MILAN "?&blSPL=2", -EINVAL, "has no value" },
	{ MILAN "?=2", -EINVAL, "'' is unknown" },
	{ MILAN "?blSPL", -EINVAL, "parameter blSPL has no value" },
	{ MILAN "?blSPL=2?teeSPL=0", -EINVAL, "0 to 255, found '2?teeSPL=0'" },
	{ "/vcek/v1/Milan/crl?blSPL=2", -EINVAL, "unknown" },
	{ TDX_V4 "tcb", -EINVAL, "parameter fmspc is missing" },
	{ TDX_V4 "tcb?fmspc=50806f00000", -EINVAL, "parameter fmspc: expected 12 hex digits" },
	{ TDX_V4 "tcb?fmspc=50806f0000000", -EINVAL, "12 hex digits" },
	{ TDX_V4 "tcb?fmspc=50806f00000x", -EINVAL, "12 hex digits" },
	{ TDX_V4 "tcb?fmspc=50806f000000&update=all", -EINVAL,
	  "parameter update: expected standard or early" },
	{ TDX_V4 "tcb?fmspc=50806f000000&update=", -EINVAL, "standard or early" },
	{ TDX_V4 "tcb?fmspc=50806f000000&update=early&tcbEvaluationDataNumber=17", -EINVAL,
	  "cannot be used together" },
	{ TDX_V4 "tcb?fmspc=50806f000000&tcbEvaluationDataNumber=4294967296", -EINVAL, "32 bits" },
	{ TDX_V4 "tcb?fmspc=50806f000000&tcbEvaluationDataNumber=18446744073709551633", -EINVAL, "32 bits" },
	{ TDX_V4 "tcb?fmspc=50806f000000&encoding=der", -EINVAL, "'encoding' is unknown" },
	{ TDX_V4 "tcbevaluationdatanumbers?update=early", -EINVAL, "unknown" },
	{ PCS_V4 "pckcrl", -EINVAL, "parameter ca is missing" },
	{ PCS_V4 "pckcrl?ca=root", -EINVAL, "parameter ca: expected processor or platform, found 'root'" },
	{ PCS_V4 "pckcrl?ca=platform&encoding=hex", -EINVAL, "parameter encoding: expected der or pem" },
	{ "/IntelSGXRootCA.der?encoding=der", -EINVAL, "unknown" },
	{ PCS_V4 "crl", -EINVAL, "parameter uri is missing" },
	{ PCS_V4 "crl?uri=https://example.com/IntelSGXRootCA.der", -EINVAL,
	  "parameter uri: expected the URL" },
	{ PCS_V4 "crl?uri=http://certificates.trustedservices.intel.com/IntelSGXRootCA.der", -EINVAL, "uri" },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com.example.com/IntelSGXRootCA.der", -EINVAL,
	  "uri" },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com/IntelSGXRootCA.der", -EINVAL, "uri" },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com/sgx/certification/v4/qe/identity", -EINVAL,
	  "uri" },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl", -EINVAL,
	  "uri" },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com/sgx/certification/v4/crl%3furi%3d"
		 "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
	  -EINVAL, "uri" },
	{ PCS_V4 "crl?uri=https://api.trustedservices.intel.com/sgx/certification/v4/crl?uri="
		 "https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=platform",
	  -EINVAL, "uri" },
	/* bytes */
	{ "/vcek/v1/Milan/crl ", -EINVAL, "not printable ASCII" },
	{ "/vcek/v1/Milan/crl\n", -EINVAL, "not printable ASCII" },
	{ "/vcek/v1/Milan/\x1b[2J", -EINVAL, "not printable ASCII" },
	{ "/vcek/v1/Milan/\xc3\xa4", -EINVAL, "not printable ASCII" },
	{ "/vcek/v1/Milan/\x7f", -EINVAL, "not printable ASCII" },
};

static void other_requests_are_refused_and_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct endorse_item item = { .number = 77 };
		enum endorse_encoding encoding = 77;
		struct jurat_error err = { "" };
		int r = endorse_item_of_request(bad[i].request, &item, &encoding, &err);

		if (r != bad[i].r || !strstr(err.text, bad[i].why))
			FAIL_BECAUSE("%s: %d, %s", bad[i].request, r, err.text);
		assert_int_equal(item.number, 77);
		assert_int_equal(encoding, 77);
	}
}

static void requests_that_are_too_long_are_refused(void **state)
{
	char *text = malloc(100000);
	enum endorse_encoding encoding;
	struct endorse_item item;

	(void)state;
	assert_non_null(text);
	memset(text, '0', 99999);
	text[99999] = '\0';
	memcpy(text, MILAN "?blSPL=", sizeof(MILAN "?blSPL=") - 1);
	assert_int_equal(endorse_item_of_request(text, &item, &encoding, NULL), -EINVAL);
	text[2049] = '\0';
	assert_int_equal(endorse_item_of_request(text, &item, &encoding, NULL), -EINVAL);
	free(text);
}

/* Each part of a request is refused, or is the request of another item; at exact size, for sanitizers. */
static void truncated_requests_name_no_other_chip_or_fmspc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		for (size_t n = 0; n < strlen(good[i].request); n++) {
			char *part = strndup(good[i].request, n);
			struct endorse_item whole, item = { .kind = ENDORSE_N_KINDS };
			enum endorse_encoding encoding;

			assert_non_null(part);
			assert_int_equal(endorse_item_of_request(good[i].request, &whole, &encoding, NULL),
					 0);
			if (endorse_item_of_request(part, &item, &encoding, NULL) == 0) {
				assert_int_equal(item.kind, whole.kind);
				assert_memory_equal(item.chip_id, whole.chip_id, sizeof(item.chip_id));
				assert_memory_equal(item.fmspc, whole.fmspc, sizeof(item.fmspc));
			}
			free(part);
		}
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENDORSE_N_KINDS; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(endorse_kind_name(i), endorse_kind_name(k));
	assert_string_equal(endorse_kind_name(ENDORSE_TCB_INFO), "tcb-info");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_is_read_from_its_own_targets),
		cmocka_unit_test(two_items_have_no_target_file_or_name_in_common),
		cmocka_unit_test(texts_keep_to_their_room),
		cmocka_unit_test(files_stay_below_their_directory),
		cmocka_unit_test(texts_are_those_of_the_services),
		cmocka_unit_test(requests_may_be_written_in_many_ways),
		cmocka_unit_test(other_requests_are_refused_and_change_nothing),
		cmocka_unit_test(requests_that_are_too_long_are_refused),
		cmocka_unit_test(truncated_requests_name_no_other_chip_or_fmspc),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
