/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "seeds/seeds.h"
#include "support/tdx.h"

/* As fuzz_tdx_verify.c has them. */
enum {
	SIGN_QUOTE = 1 << 2,
	NEW_CHAIN = 1 << 3,
	SIGN_PCK = 1 << 4,
	PINNED = 1 << 5,
	NO_COLLATERAL = 1 << 6,
	TWICE = 1 << 7
};
enum { WITH_POLICY = 1 << 2, WITH_LOG = 1 << 3, LOG_EXPLAINS = 1 << 4, LOG_DIFFERS = 1 << 5, PIN = 1 << 6 };
enum {
	FILE_AS_IS,
	FILE_TCB_INFO,
	FILE_QE_IDENTITY,
	FILE_ROOT_CRL,
	FILE_PCK_CRL,
	FILE_SIGNER,
	FILE_ENDORSEMENT
};
enum { DAY = 86400 };

static void begin(const char *name, unsigned n, uint8_t flags, uint8_t more)
{
	seed_begin("fuzz_tdx_verify", "%s-%u", name, n);
	seed_u8(flags);
	seed_u8(more);
}

/* Everything is the platform's own, and what follows is files. */
static void own(const char *name, unsigned n, uint8_t flags, uint8_t more, const char *policy)
{
	begin(name, n, flags, more);
	seed_u8(FUZZ_OWN);
	seed_u8(FUZZ_OWN);
	seed_part(policy, strlen(policy));
}

static void own_file(uint8_t which)
{
	seed_u8(FILE_AS_IS);
	seed_u8(which);
	seed_u8(FUZZ_OWN);
}

/* All files but one kind, as they are. */
static void own_files_but(int left_out)
{
	for (int i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		if (i != left_out)
			own_file((uint8_t)i);
}

static void one_edit(unsigned off, uint8_t value)
{
	seed_u8(FUZZ_EDITED);
	seed_u8(1);
	seed_u16((uint16_t)off);
	seed_u8(1);
	seed_u8(value);
}

static void edited_quotes(void)
{
	for (unsigned m = 0; m < FUZZ_TDX_MACHINES; m++)
		for (unsigned off = 0; off < fuzz_tdx(m)->quote.n && off < 2200; off += 97)
			for (unsigned sign = 0; sign < 2; sign++) {
				begin("edited", off * 8 + m * 2 + sign,
				      (uint8_t)(m | (sign ? SIGN_QUOTE : 0)), 0);
				one_edit(off, 1);
				seed_u8(FUZZ_OWN);
				seed_part("", 0);
				seed_end();
			}
}

#define SEPARATOR                                                                                            \
	"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae4101"                                   \
	"9f5818b4b971c9effc60e1ad9f1289f0"

/* An event as the TCG writes it; its digest is that of `measured`. NULL: of a separator. */
static void put_event(struct bytes_wr *w, uint32_t index, uint32_t type, const char *data,
		      const char *measured)
{
	uint8_t digest[48];

	if (measured)
		crypto_sha384(measured, strlen(measured), digest);
	else
		must(bytes_from_hex(SEPARATOR, digest, sizeof(digest)));
	bytes_wr_le32(w, index);
	bytes_wr_le32(w, type);
	bytes_wr_copy(w, "\1\0\0\0\x0c\0", 6);
	bytes_wr_copy(w, digest, sizeof(digest));
	bytes_wr_le32(w, measured ? (uint32_t)strlen(data) : 4);
	bytes_wr_copy(w, measured ? data : "\0\0\0\0", measured ? strlen(data) : 4);
}

static void put_log_head(struct bytes_wr *w)
{
	bytes_wr_copy(w, "\1\0\0\0\3\0\0\0", 8);
	bytes_wr_zero(w, 20);
	bytes_wr_le32(w, 33);
	bytes_wr_copy(w, "Spec ID Event03\0\0\0\0\0\0\2\0\2\1\0\0\0\x0c\0\x30\0\0", 33);
}

/* Two separators, as the TCG writes them and as dstack does. */
static size_t tcg_log(uint8_t *to, size_t room)
{
	struct bytes_wr w = bytes_wr(to, room);

	put_log_head(&w);
	put_event(&w, 1, 4, NULL, NULL);
	put_event(&w, 2, 4, NULL, NULL);
	must(!w.bad);
	return w.off;
}

/* A log of RTMR2, a letter for each event; upper case: the digest is that of its data. */
static size_t letters(const char *events, uint8_t *to, size_t room)
{
	enum { EV_IPL = 0xd };
	struct bytes_wr w = bytes_wr(to, room);

	put_log_head(&w);
	for (; *events; events++) {
		const char data[] = { *events, '\0' }, other[] = { *events, '!', '\0' };

		put_event(&w, 3, EV_IPL, data, *events >= 'a' ? other : data);
	}
	must(!w.bad);
	return w.off;
}

/* The log that is supplied, and what was measured. */
static void differing_logs(void)
{
	static const struct {
		const char *log, *measured;
	} rows[] = {
		{ "abc", "ab" },  { "abc", "ac" },  { "abc", "aBc" },  { "aBc", "abc" },
		{ "abc", "bac" }, { "abc", "axc" }, { "abc", "abxc" }, { "abc", "aabc" },
		{ "abc", "xyz" }, { "abc", "abc" }, { "", "a" },
	};
	char policy[256], hex[BYTES_HEX_SIZE(48)];
	uint8_t log[1024], measured[1024], digest[48];

	crypto_sha384("x!", 2, digest);
	snprintf(policy, sizeof(policy), "{\"event_digests\": {\"EV_IPL\": [\"%s\"]}}",
		 bytes_to_hex(digest, sizeof(digest), hex));
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = letters(rows[i].log, log, sizeof(log));

		own("log-differs", i, SIGN_QUOTE, WITH_POLICY | WITH_LOG | LOG_EXPLAINS | LOG_DIFFERS | PIN,
		    policy);
		seed_part(log, n);
		n = letters(rows[i].measured, measured, sizeof(measured));
		seed_part(measured, n);
		seed_end();
	}
}

static void event_logs(void)
{
	static const char dstack[] =
		"[{\"imr\":0,\"event_type\":4,\"digest\":\"" SEPARATOR
		"\",\"event\":\"\",\"event_payload\":\"00000000\"},{\"imr\":3,\"event_type\":"
		"134217729,\"digest\":\"\",\"event\":\"app-id\",\"event_payload\":\"01\"}]";
	static const char separators[] =
		"{\"event_digests\": {\"EV_SEPARATOR\": \"" SEPARATOR "\", \"*\": []}}";
	static const char nothing[] = "{\"event_digests\": {\"*\": []}, \"require_secure_boot\": true, "
				      "\"kernel_cmdline\": \"quiet\"}";
	static const char *const policies[] = { "{}", separators, nothing };
	uint8_t tcg[256];
	size_t n = tcg_log(tcg, sizeof(tcg));

	for (unsigned i = 0; i < 12; i++) {
		const uint8_t explains = i & 1 ? LOG_EXPLAINS : 0;

		own("event-log", i, SIGN_QUOTE, WITH_POLICY | WITH_LOG | PIN | explains, policies[i / 4]);
		if (i & 2)
			seed_part(tcg, n);
		else
			seed_part(dstack, strlen(dstack));
		seed_end();
	}
}

/* The PCK certificate edited all over, signed anew, with a quote signed under it. */
static void edited_pcks(void)
{
	size_t n;

	sim_qe_pck(fuzz_tdx(0)->qe, &n);
	for (unsigned off = 10; off < n; off += 43) {
		begin("pck", off, NEW_CHAIN | SIGN_PCK, 0);
		seed_u8(FUZZ_OWN);
		one_edit(off, (uint8_t)(off % 5 ? 1 : 0x30));
		seed_part("", 0);
		seed_end();
	}
}

/* A document with one thing changed, signed. */
static void document(uint8_t machine, uint8_t kind, enum sim_collateral_part part, const char *from,
		     const char *to)
{
	static unsigned n;
	const char *text = (const char *)fuzz_tdx(machine)->collateral.parts[part].bytes;
	const char *body = strchr(text, ':') + 1, *end = strstr(text, ",\"signature\":"),
		   *at = strstr(body, from);

	must(at && at < end);
	own("document", n++, machine, WITH_POLICY | PIN,
	    "{\"accepted_tcb_statuses\":[\"UpToDate\",\"SWHardeningNeeded\",\"ConfigurationNeeded\","
	    "\"OutOfDate\"]}");
	own_files_but(part);
	seed_u8(kind);
	seed_u8(FUZZ_PART);
	seed_u16((uint16_t)(end - body - (ptrdiff_t)strlen(from) + (ptrdiff_t)strlen(to)));
	seed_bytes(body, (size_t)(at - body));
	seed_text(to);
	seed_bytes(at + strlen(from), (size_t)(end - at) - strlen(from));
	seed_end();
}

static void documents(void)
{
	static const char *const statuses[] = { "SWHardeningNeeded",
						"ConfigurationNeeded",
						"OutOfDate",
						"Revoked",
						"ConfigurationAndSWHardeningNeeded",
						"OutOfDateConfigurationNeeded",
						"New" };
	char status[64];

	for (unsigned i = 0; i < ARRAY_SIZE(statuses); i++) {
		snprintf(status, sizeof(status), "\"%s\"", statuses[i]);
		for (uint8_t m = 0; m < FUZZ_TDX_MACHINES; m++) {
			document(m, FILE_TCB_INFO, SIM_TCB_INFO, "\"UpToDate\"", status);
			document(m, FILE_TCB_INFO, SIM_TCB_INFO, "\"OutOfDate\"", status);
		}
		document(0, FILE_QE_IDENTITY, SIM_QE_IDENTITY, "\"UpToDate\"", status);
	}
	document(0, FILE_TCB_INFO, SIM_TCB_INFO, "\"TDX\"", "\"SGX\"");
	document(0, FILE_TCB_INFO, SIM_TCB_INFO, "\"TDX_", "\"TDX_9");
	document(0, FILE_TCB_INFO, SIM_TCB_INFO, "\"version\":3", "\"version\":4");
	document(0, FILE_QE_IDENTITY, SIM_QE_IDENTITY, "\"TD_QE\"", "\"QE\"");
	document(0, FILE_QE_IDENTITY, SIM_QE_IDENTITY, "\"isvprodid\":2", "\"isvprodid\":3");
}

static void crls(void)
{
	uint8_t serials[2][SIM_INTEL_SERIAL_BYTES], crl[SIM_INTEL_CRL_MAX_BYTES];
	size_t n;

	sim_qe_pck_serial(fuzz_tdx(0)->qe, serials[0]);
	sim_pki_intel_serial(fuzz_tdx_pki(), SIM_INTEL_PLATFORM_CA, serials[1]);
	for (unsigned i = 0; i < 4; i++) {
		enum sim_intel_cert issuer = i & 1 ? SIM_INTEL_ROOT : SIM_INTEL_PLATFORM_CA;
		int64_t from = FUZZ_TDX_AT + (i & 2 ? DAY : -DAY);

		must(sim_pki_intel_crl(fuzz_tdx_pki(), issuer, serials, 2, from, from + 2 * DAY, crl, &n,
				       NULL) == 0);
		own("crl", i, 0, 0, "");
		own_files_but(i & 1 ? SIM_ROOT_CA_CRL : SIM_PCK_CRL);
		seed_u8(i & 1 ? FILE_ROOT_CRL : FILE_PCK_CRL);
		seed_u8(FUZZ_PART);
		seed_part(crl, n);
		seed_end();
		own("crl-edited", i, 0, 0, "");
		own_files_but(-1);
		seed_u8(i & 1 ? FILE_ROOT_CRL : FILE_PCK_CRL);
		one_edit(120 + 20 * i, 0x31);
		seed_end();
	}
	for (unsigned off = 20; off < 700; off += 90) {
		own("signer", off, 0, 0, "");
		own_files_but(SIM_TCB_INFO_ISSUER_CHAIN);
		seed_u8(FILE_SIGNER);
		one_edit(off, 0x30);
		seed_end();
	}
}

static void policies(void)
{
	static const char *const texts[] = {
		"{\"allow_no_collateral\":true}",
		"{\"accepted_tcb_statuses\":[\"OutOfDate\",\"SWHardeningNeeded\"],\"rejected_advisories\":["
		"\"INTEL-SA-99990\"]}",
		"{\"maximum_collateral_age_days\":1,\"minimum_tcb_evaluation_data_number\":9}",
		"{\"tees\":[\"sev-snp\"],\"allow_debug\":true,\"allow_service_td\":true}",
		("{\"allowed_td_attributes\":\"0x0\",\"required_td_attributes\":\"0x1\",\"allowed_xfam\":"
		 "\"0x3\","
		 "\"required_xfam\":\"0x60000\"}"),
		"{\"accepted_advisories\":[\"INTEL-SA-99990\"],\"mrtd\":\"01\"}",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		for (unsigned none = 0; none < 2; none++) {
			own("policy", 2 * i + none,
			    (uint8_t)(i % FUZZ_TDX_MACHINES | (none ? NO_COLLATERAL : 0)), WITH_POLICY,
			    texts[i]);
			seed_end();
		}
}

/* Certification data that names the platform only: the certificate comes from the verifier. */
static void without_chain(void)
{
	struct tdx_quote q;
	uint8_t ppid[36] = { 0 }, bytes[8192];
	size_t n;

	must(tdx_quote_read(fuzz_tdx(0)->quote.p, fuzz_tdx(0)->quote.n, &q, NULL) == 0);
	memcpy(ppid + 16, sim_tdx_tcb(fuzz_tdx(0)->platform)->cpusvn, SIM_TDX_SVN_BYTES);
	bytes_put_le(ppid + 32, sim_tdx_tcb(fuzz_tdx(0)->platform)->pcesvn, 2);
	q.cert_type = TDX_CERT_PPID;
	q.cert_data = bytes_rd(ppid, sizeof(ppid));
	must(tdx_quote_write(&q, bytes, sizeof(bytes), &n, NULL) == 0);
	for (unsigned given = 0; given < 2; given++) {
		begin("ppid", given, 0, 0);
		seed_u8(FUZZ_PART);
		seed_part(bytes, n);
		seed_u8(FUZZ_OWN);
		seed_part("", 0);
		own_files_but(-1);
		seed_u8(FILE_ENDORSEMENT);
		seed_u8(given ? FUZZ_OWN : FUZZ_PART);
		if (!given)
			seed_part("", 0);
		seed_end();
	}
}

/* Documents and bundles for those that read files of collateral. */
static void both(const char *name, const char *text, size_t n)
{
	seed_whole("fuzz_collateral", text, n, "%s", name);
	seed_whole("fuzz_input", text, n, "%s", name);
}

static void put_string(char *to, size_t room, const char *member, const uint8_t *text, size_t n, bool hex)
{
	size_t at = strlen(to);

	at += (size_t)snprintf(to + at, room - at, "%s\"%s\":\"", at > 1 ? "," : "", member);
	for (size_t i = 0; i < n; i++) {
		const char *escape = text[i] == '\n' ? "\\n" : text[i] == '"' ? "\\\"" : NULL;

		if (hex)
			at += (size_t)snprintf(to + at, room - at, "%02x", text[i]);
		else if (escape)
			at += (size_t)snprintf(to + at, room - at, "%s", escape);
		else
			at += (size_t)snprintf(to + at, room - at, "%c", text[i]);
		must(at + 8 < room);
	}
	snprintf(to + at, room - at, "\"");
}

static void collateral_files(void)
{
	static const struct {
		const char *member;
		enum sim_collateral_part part;
		bool hex;
	} rows[] = { { "pck_crl_issuer_chain", SIM_PCK_CRL_ISSUER_CHAIN, false },
		     { "root_ca_crl", SIM_ROOT_CA_CRL, true },
		     { "pck_crl", SIM_PCK_CRL, true },
		     { "tcb_info_issuer_chain", SIM_TCB_INFO_ISSUER_CHAIN, false },
		     { "tcb_info", SIM_TCB_INFO, false },
		     { "qe_identity_issuer_chain", SIM_QE_IDENTITY_ISSUER_CHAIN, false },
		     { "qe_identity", SIM_QE_IDENTITY, false } };
	static const char *const texts[] = {
		"{\"a\":[1,-2.5e3,0,true,false,null,\"\\u00e9\\n\"],\"b\":{\"c\":\"\"}}",
		"[\"\\b\\f\\n\\r\\t\\/\\\\\\\"\\u0041\\u007f\", \"\\ud83d\\ude00\", \"\\ud83d\"]",
		" { \"tcb_info\" : \"\\u007b\\\"a\\\":1}\" , \"pck_crl\" : null , \"crl\":\"00ff\" } ",
		"{\"tcbInfo\":{},\"signature\":\"00\"}",
		"{\"a\":1,\"a\":2}",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
	};
	static char bundle[60000];

	snprintf(bundle, sizeof(bundle), "{");
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t *bytes = fuzz_tdx(0)->collateral.parts[rows[i].part].bytes;
		size_t n = fuzz_tdx(0)->collateral.parts[rows[i].part].size;

		both(rows[i].member, (const char *)bytes, n);
		put_string(bundle, sizeof(bundle) - 2, rows[i].member, bytes, n, rows[i].hex);
	}
	snprintf(bundle + strlen(bundle), 2, "}");
	both("bundle", bundle, strlen(bundle));
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		char name[16];

		snprintf(name, sizeof(name), "json-%u", i);
		both(name, texts[i], strlen(texts[i]));
	}
}

void seeds_tdx(void)
{
	for (unsigned m = 0; m < FUZZ_TDX_MACHINES; m++) {
		own("own", m, (uint8_t)(m | TWICE), PIN, "");
		seed_end();
		own("pin-no-collateral", m, (uint8_t)(m | NO_COLLATERAL), WITH_POLICY | PIN,
		    "{\"allow_no_collateral\": true}");
		seed_end();
		own("files", m, (uint8_t)m, 0, "");
		own_files_but(-1);
		seed_end();
		own("pinned", m, (uint8_t)(m | PINNED), 0, "");
		seed_end();
		begin("whole", m, (uint8_t)m, 0);
		seed_u8(FUZZ_PART);
		seed_part(fuzz_tdx(m)->quote.p, fuzz_tdx(m)->quote.n);
		seed_u8(FUZZ_OWN);
		seed_part("", 0);
		seed_end();
		seed_whole("fuzz_input", fuzz_tdx(m)->quote.p, fuzz_tdx(m)->quote.n, "quote-%u", m);
		seed_whole("fuzz_input", fuzz_tdx(m)->tdreport, TDX_REPORT_BYTES, "tdreport-%u", m);
	}
	for (uint8_t time = 0; time < 4; time++) {
		own("time", time, 0, time, "");
		seed_end();
	}
	edited_quotes();
	edited_pcks();
	event_logs();
	differing_logs();
	documents();
	crls();
	policies();
	without_chain();
	collateral_files();
}
