/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* What a TD may be: attributes, XFAM, service TDs. */
/* clang-format off */
#define ATTRIBUTES TDX_ABI "ATTRIBUTES"
#define XFAM       TDX_ABI "XFAM"
#define SERVTD     TDX_ABI "service TDs"

static const struct cases_row attributes[] = {
	REFUSE("debug", STATE, "The TD allows debugging.", ATTRIBUTES, BUG("V7"), ITEMS("td.debug=yes"),
	       BECAUSE("td-debug")),
	REFUSE("debug-v5", STATE, "The TD allows debugging, in a quote of version 5.", ATTRIBUTES,
	       BUG("V7"), ITEMS(V5("3"), "td.debug=yes"), BECAUSE("td-debug")),
	ACCEPT("debug-allowed", "The TD allows debugging, and the policy allows that.", ATTRIBUTES,
	       BUG("V7"), ITEMS("td.debug=yes"), POLICY("\"allow_debug\": true")),
	REFUSE("debug-allowed-profiling", STATE,
	       "The policy allows debugging; the TD allows profiling, too.", ATTRIBUTES, BUG("V7, V8"),
	       ITEMS("td.debug=yes", "td.attributes.PERF_PROF=yes"), POLICY("\"allow_debug\": true"),
	       BECAUSE("td-attributes-not-allowed")),
	ACCEPT("profiling-by-policy", "The policy names PERF_PROF among the allowed attributes.",
	       ATTRIBUTES, ITEMS("td.attributes.PERF_PROF=yes"),
	       POLICY("\"allowed_td_attributes\": [\"SEPT_VE_DISABLE\", \"PERF_PROF\"]")),
	REFUSE("attributes-fewer-allowed", STATE, "The policy allows SEPT_VE_DISABLE only, and PKS is set.",
	       ATTRIBUTES, ITEMS("td.attributes.PKS=yes"),
	       POLICY("\"allowed_td_attributes\": \"SEPT_VE_DISABLE\""),
	       BECAUSE("td-attributes-not-allowed")),
	ACCEPT("migratable-by-policy", "The policy allows MIGRATABLE.", ATTRIBUTES,
	       ITEMS("td.attributes.MIGRATABLE=yes"),
	       POLICY("\"allowed_td_attributes\": [\"SEPT_VE_DISABLE\", \"MIGRATABLE\"]")),
	EITHER("sept-ve-disable-clear", STATE, "SEPT_VE_DISABLE is clear, and no policy requires it.",
	       ATTRIBUTES, BUG("V8"), ITEMS("td.attributes.SEPT_VE_DISABLE=no")),
	REFUSE("sept-ve-disable-required", STATE, "The policy requires SEPT_VE_DISABLE, which is clear.",
	       ATTRIBUTES, BUG("V8"), ITEMS("td.attributes.SEPT_VE_DISABLE=no"),
	       POLICY("\"required_td_attributes\": \"SEPT_VE_DISABLE\""),
	       BECAUSE("td-attributes-required")),
	ACCEPT("sept-ve-disable-required-met", "The policy requires SEPT_VE_DISABLE, which is set.",
	       ATTRIBUTES, POLICY("\"required_td_attributes\": \"SEPT_VE_DISABLE\"")),
	ACCEPT("attributes-all-allowed", "All attributes are set that the default policy allows.",
	       ATTRIBUTES, BUG("V8"), ITEMS("body.td_attributes=0x80000000d0000000")),
	ACCEPT("attributes-none-required",
	       "No attribute is set, and the policy says that none is required.", ATTRIBUTES,
	       ITEMS("td.attributes=0"), POLICY("\"required_td_attributes\": \"0x0\"")),
	ACCEPT("attribute-39-by-policy",
	       "The policy allows unknown bit 39, which has no effect on security.", ATTRIBUTES, BUG("V22"),
	       ITEMS("td.attributes.bit-39=yes"), POLICY("\"allow_unknown_td_attributes\": 39")),
	REFUSE("attribute-40-not-39", STATE, "The policy allows unknown bit 39, and bit 40 is set.",
	       ATTRIBUTES, ITEMS("td.attributes.bit-40=yes"), POLICY("\"allow_unknown_td_attributes\": 39"),
	       BECAUSE("td-attributes-not-allowed")),
	REFUSE("attribute-20-all-unknown", STATE,
	       "The policy allows unknown bits; bit 20 is one of those that may affect security.",
	       ATTRIBUTES, ITEMS("td.attributes.bit-20=yes"),
	       POLICY("\"allow_unknown_td_attributes\": true"), BECAUSE("td-attributes-not-allowed")),
};

/* One more bit of ATTRIBUTES, by the default policy. */
static const struct {
	unsigned bit;
	const char *name;
	enum cases_verdict verdict;
} attribute_bits[] = {
	{ 1, "reserved, of the group TUD", CASES_REFUSED },
	{ 3, "reserved, of the group TUD", CASES_REFUSED },
	{ 4, "HGS_PLUS_PROF", CASES_REFUSED },
	{ 5, "PERF_PROF", CASES_REFUSED },
	{ 6, "PMT_PROF", CASES_REFUSED },
	{ 7, "reserved, of the group TUD", CASES_REFUSED },
	{ 8, "reserved, of the group SEC", CASES_EITHER },
	{ 16, "ICSSD", CASES_EITHER },
	{ 17, "SERVTD_EXT", CASES_EITHER },
	{ 26, "reserved, of the group SEC", CASES_EITHER },
	{ 27, "LASS", CASES_EITHER },
	{ 29, "MIGRATABLE", CASES_EITHER },
	{ 30, "PKS", CASES_ACCEPTED },
	{ 31, "KL", CASES_ACCEPTED },
	{ 32, "reserved, of the group OTHER", CASES_EITHER },
	{ 39, "reserved, of the group OTHER", CASES_EITHER },
	{ 62, "TPA", CASES_EITHER },
	{ 63, "PERFMON", CASES_ACCEPTED },
};

static const struct cases_row xfam[] = {
	ACCEPT("xfam-least", "XFAM has x87 and SSE only, which every TD has.", XFAM, ITEMS("td.xfam=0x3")),
	ACCEPT("xfam-most", "XFAM has all bits that TDX modules before APX allow.", XFAM,
	       ITEMS("td.xfam=0x6dbe7")),
	EITHER("xfam-without-sse", STATE, "XFAM lacks SSE, which every TD has.", XFAM, BUG("V8"),
	       ITEMS("body.xfam=0xe5"), BECAUSE("xfam-required")),
	EITHER("xfam-without-x87", STATE, "XFAM lacks x87, which every TD has.", XFAM, BUG("V8"),
	       ITEMS("body.xfam=0xe6"), BECAUSE("xfam-required")),
	EITHER("xfam-zero", STATE, "XFAM is zero: it lacks x87 and SSE.", XFAM, BUG("V8"),
	       ITEMS("body.xfam=0"), BECAUSE("xfam-required")),
	EITHER("xfam-apx", STATE, "XFAM has APX, which the default policy does not allow.", XFAM, BUG("V8"),
	       ITEMS("td.xfam=0x800e7"), BECAUSE("xfam-not-allowed")),
	ACCEPT("xfam-apx-by-policy", "XFAM has APX, and the policy allows it.", XFAM,
	       ITEMS("td.xfam=0x800e7"), POLICY("\"allowed_xfam\": \"0xedbe7\"")),
	EITHER("xfam-bit-3", STATE, "XFAM has bit 3 (MPX), which no TD may have.", XFAM, BUG("V8"),
	       ITEMS("body.xfam=0xef"), BECAUSE("xfam-not-allowed")),
	EITHER("xfam-bit-63", STATE, "XFAM has bit 63, which no specification defines.", XFAM, BUG("V8"),
	       ITEMS("body.xfam=0x80000000000000e7"), BECAUSE("xfam-not-allowed")),
	ACCEPT("xfam-bit-63-by-policy", "XFAM has bit 63, and the policy allows it as an unknown bit.",
	       XFAM, ITEMS("body.xfam=0x80000000000000e7"), POLICY("\"allow_unknown_xfam\": 63")),
	REFUSE("xfam-fewer-allowed", STATE, "The policy allows x87, SSE and AVX, and XFAM has more.", XFAM,
	       POLICY("\"allowed_xfam\": [\"X87\", \"SSE\", \"AVX\"]"), BECAUSE("xfam-not-allowed")),
	ACCEPT("xfam-fewer-allowed-met", "The policy allows x87, SSE and AVX, and XFAM has just these.",
	       XFAM, ITEMS("td.xfam=0x7"), POLICY("\"allowed_xfam\": [\"X87\", \"SSE\", \"AVX\"]")),
	REFUSE("xfam-required", STATE, "The policy requires PKRU, which XFAM lacks.", XFAM,
	       POLICY("\"required_xfam\": \"PKRU\""), BECAUSE("xfam-required")),
	ACCEPT("xfam-required-met", "The policy requires AVX, which XFAM has.", XFAM,
	       POLICY("\"required_xfam\": \"AVX\"")),
};

/* One more bit of XFAM than x87 and SSE: all that TDX modules before APX allow. */
static const struct {
	unsigned bit;
	const char *name;
} xfam_bits[] = {
	{ 2, "AVX" }, { 5, "OPMASK" }, { 6, "ZMM_HI256" }, { 7, "HI16_ZMM" }, { 8, "PT" },
	{ 9, "PKRU" }, { 11, "CET_U" }, { 12, "CET_S" }, { 14, "UINTR" }, { 15, "LBR" },
	{ 17, "TILECFG" }, { 18, "TILEDATA" },
};

#define HASH_1 "\"" "1111111111111111" "11111111111111111111111111111111" "11111111111111111111111111111111" \
	"1111111111111111" "\""
static const struct cases_row service[] = {
	REFUSE("service-td", STATE, "A service TD is bound to the TD.", SERVTD, BUG("V25"),
	       ITEMS("td.servtd_hash=x11"), BECAUSE("service-td-not-allowed")),
	ACCEPT("service-td-allowed", "A service TD is bound to the TD, and the policy allows any.", SERVTD,
	       BUG("V25"), ITEMS("td.servtd_hash=x11"), POLICY("\"allow_service_td\": true")),
	ACCEPT("service-td-named", "A service TD is bound to the TD, which the policy names.", SERVTD,
	       BUG("V25"), ITEMS("td.servtd_hash=x11"), POLICY("\"mrservicetd\": " HASH_1)),
	REFUSE("service-td-other", STATE, "A service TD is bound to the TD, and the policy names another.",
	       SERVTD, BUG("V25"), ITEMS("td.servtd_hash=x12"), POLICY("\"mrservicetd\": " HASH_1),
	       BECAUSE("mrservicetd-mismatch")),
	REFUSE("service-td-missing", STATE, "The policy names a service TD, and none is bound to the TD.",
	       SERVTD, BUG("V25"), ITEMS(V5("3")), POLICY("\"mrservicetd\": " HASH_1),
	       BECAUSE("mrservicetd-mismatch")),
	REFUSE("service-td-one-bit", STATE, "Only the last bit of MRSERVICETD is set.", SERVTD, BUG("V25"),
	       ITEMS(V5("3"), "body.mrservicetd[47]=1"), BECAUSE("service-td-not-allowed")),
	REFUSE("service-td-now", STATE, "A service TD is bound to the TD now, none was at launch.", SERVTD,
	       BUG("V25"), MODULE(15EX), ITEMS("body.curr_servtd_hash=x11"),
	       BECAUSE("service-td-not-allowed")),
	REFUSE("service-td-at-launch", STATE, "A service TD was bound to the TD where it was launched.",
	       SERVTD, BUG("V25, V26"), MODULE(15EX), ITEMS("body.init_servtd_hash=x11"),
	       BECAUSE("service-td-not-allowed")),
	ACCEPT("service-td-now-named", "A service TD is bound to the TD now, and the policy names it.",
	       SERVTD, MODULE(15EX), ITEMS("body.curr_servtd_hash=x11"), POLICY("\"curr_servtd_hash\": "
		     HASH_1)),
	REFUSE("service-td-now-named-as-launch", STATE,
	       "The policy names the service TD of the launch, not the one that is bound now.", SERVTD,
	       MODULE(15EX), ITEMS("body.curr_servtd_hash=x11"), POLICY("\"init_servtd_hash\": " HASH_1),
	       BECAUSE("init-servtd-hash-mismatch", "service-td-not-allowed")),
	REFUSE("service-td-field-absent", STATE,
	       "The policy names a current service TD, and body type 3 has no field.", SERVTD,
	       ITEMS(V5("3")), POLICY("\"curr_servtd_hash\": " HASH_1),
	       BECAUSE("curr-servtd-hash-mismatch")),
};
/* clang-format on */

static int add_attribute(struct cases_builder *b, size_t i)
{
	bool accepted = attribute_bits[i].verdict == CASES_ACCEPTED;
	struct cases_row good = ACCEPT("bit", NULL, ATTRIBUTES, BUG("V8, V22"));
	struct cases_row bad =
		REFUSE("bit", STATE, NULL, ATTRIBUTES, BUG("V8, V22"), BECAUSE("td-attributes-not-allowed"));
	struct cases_row *row = accepted ? &good : &bad;
	unsigned bit = attribute_bits[i].bit;

	row->id = cases_text(b, "tdx-attribute-%u", bit);
	row->what = cases_text(b, "Bit %u of the TD's attributes is set: %s.", bit, attribute_bits[i].name);
	row->verdict = attribute_bits[i].verdict;
	row->items[0] = cases_text(b, "body.td_attributes=0x%llx", 1ull << bit | 1ull << 28);
	return cases_add(b, row, 1);
}

static int add_xfam(struct cases_builder *b, size_t i)
{
	struct cases_row row = ACCEPT("bit", NULL, XFAM, BUG("V8"));

	row.id = cases_text(b, "tdx-xfam-%u", xfam_bits[i].bit);
	row.what = cases_text(b, "XFAM has %s beside x87 and SSE.", xfam_bits[i].name);
	row.items[0] = cases_text(b, "body.xfam=0x%llx", 1ull << xfam_bits[i].bit | 3);
	return cases_add(b, &row, 1);
}

int cases_add_tdx_state(struct cases_builder *b)
{
	int r = cases_add(b, attributes, ARRAY_SIZE(attributes));

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(attribute_bits); i++)
		r = add_attribute(b, i);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(xfam_bits); i++)
		r = add_xfam(b, i);
	if (r == 0)
		r = cases_add(b, xfam, ARRAY_SIZE(xfam));
	return r < 0 ? r : cases_add(b, service, ARRAY_SIZE(service));
}
