/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "support/test.h"

#include <errno.h>

#include "measure/event_log.h"
#include "measure/rtmr.h"
#include "measure/td_hob.h"
#include "cfv_made.h"
#include "pe_made.h"
#include "tdvf_made.h"

#define GIB (1ULL << 30)

static uint8_t image[TDVF_MADE_BYTES], kernel[PE_MADE_BYTES];
static const uint8_t table_bytes[] = "table";
static const struct measure_bytes tables[] = { { table_bytes, 1 }, { table_bytes, 2 }, { table_bytes, 3 } };

/* What was extended, in its order. */
enum { MAX_EVENTS = 64 };
struct seen {
	unsigned n, index[MAX_EVENTS];
	uint32_t type[MAX_EVENTS];
	uint8_t digest[MAX_EVENTS][MEASURE_DIGEST_BYTES];
	size_t n_data[MAX_EVENTS];
	uint8_t data[MAX_EVENTS][200];
	unsigned stop_at;
};

static int see(void *closure, const struct measure_event *event)
{
	struct seen *seen = closure;

	if (seen->stop_at > 0 && seen->n + 1 == seen->stop_at)
		return -ECANCELED;
	assert_true(seen->n < MAX_EVENTS && event->extends);
	seen->index[seen->n] = event->index;
	seen->type[seen->n] = event->type;
	memcpy(seen->digest[seen->n], event->digest, MEASURE_DIGEST_BYTES);
	seen->n_data[seen->n] = event->n;
	memcpy(seen->data[seen->n], event->data, event->n < 200 ? event->n : 200);
	seen->n++;
	return 0;
}

/* OVMF's image, as small as it can be. Its configuration volume holds nothing. */
static struct measure_tdx td(struct seen *seen)
{
	static const struct tdvf_made_section sections[] = {
		{ 0x2000, 0xe000, 0xffff2000, 0xe000, TDVF_BFV, TDVF_MR_EXTEND },
		{ 0, 0x2000, 0xffff0000, 0x2000, TDVF_CFV, 0 },
		{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
		{ 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 },
	};

	tdvf_made(sections, ARRAY_SIZE(sections), image);
	memset(image, 0xff, 0x2000);
	pe_made(kernel);
	memset(seen, 0, sizeof(*seen));
	return (struct measure_tdx){
		.firmware = { image, sizeof(image) },
		.memory_bytes = 2 * GIB,
		.acpi_tables = tables,
		.n_acpi_tables = ARRAY_SIZE(tables),
		.event = see,
		.closure = seen,
	};
}

static void assert_hex(const uint8_t digest[MEASURE_DIGEST_BYTES], const char *want)
{
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];

	assert_string_equal(bytes_to_hex(digest, MEASURE_DIGEST_BYTES, hex), want);
}

/* SOURCE: event logs of TDs in google/go-eventlog, confidential-containers/trustee, Dstack-TEE/dstack. */
static void td_hobs_are_those_of_real_logs(void **state)
{
	static const struct tdvf_made_section gce[] = {
		{ 0x2000, 0xe000, 0xffe20000, 0x1e0000, TDVF_BFV, TDVF_MR_EXTEND },
		{ 0, 0x2000, 0xffe00000, 0x20000, TDVF_CFV, 0 },
		{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
		{ 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 },
	};
	static const struct {
		enum measure_vmm vmm;
		uint64_t memory;
		const char *want;
	} cases[] = {
		{ MEASURE_QEMU, 2 * GIB,
		  "0b8772e5b0b41b83e6044a68397e02f49fb47066b4fbe4917ea2c45c64f323fdacbb37948f821ebaf8bc9c938b"
		  "a8a749" },
		{ MEASURE_QEMU, 8 * GIB,
		  "2e070cda358b5aa00f27cca25c47381bb564f4be3a84d059805a73cbbde764ed8341f7e09915b5e7b370f9c08a"
		  "743fbd" },
		{ MEASURE_QEMU, 10 * GIB,
		  "05dc148f05a035080b22372d049c35ef80260050516606b4d9d4eaa2e4d1e06c556374b00217496a235235d1e3"
		  "d0e026" },
		/* Of tests/e2e/tdx_oracle.py: where low memory ends. */
		{ MEASURE_QEMU, 0xaffff000,
		  "4e7f62d8d6e4185576116da418582a3b0b73e9ce0837d8f9b14969fa1b23828025bc6fe96cdb2e85d4e9e1af41"
		  "f40334" },
		{ MEASURE_QEMU, 0xb0000000,
		  "8eb1a02074362aa0761541cdb4dc3f1788dfeb4538803b241477848e26de294dbe917ab56c5628732679b3abc1"
		  "68c2de" },
		{ MEASURE_GCE, 16 * GIB,
		  "458994daa60deac8dea19dba79748f6ff93fd0aebb8e3e0be5a65eb12309d342c3ce31cc67af7bbd22af1a44e7"
		  "d9fe21" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t digest[MEASURE_DIGEST_BYTES];
		struct tdvf tdvf;

		tdvf_made(gce, ARRAY_SIZE(gce), image);
		assert_int_equal(tdvf_read((struct measure_bytes){ image, sizeof(image) }, &tdvf, NULL), 0);
		assert_int_equal(td_hob_measure(&tdvf, cases[i].vmm, cases[i].memory, digest, NULL), 0);
		assert_hex(digest, cases[i].want);
	}
}

static void memory_that_no_td_has_is_refused(void **state)
{
	static const struct {
		enum measure_vmm vmm;
		uint64_t memory;
		const char *error;
	} cases[] = {
		{ MEASURE_QEMU, 0x1001,
		  "a TD has whole pages of memory, up to 0x8000000000000 bytes, not 0x1001" },
		{ MEASURE_QEMU, 0x8000000001000,
		  "a TD has whole pages of memory, up to 0x8000000000000 bytes, not 0x8000000001000" },
		{ MEASURE_QEMU, UINT64_MAX - 0xfff,
		  "a TD has whole pages of memory, up to 0x8000000000000 bytes, not 0xfffffffffffff000" },
		{ MEASURE_QEMU, 0x81f000,
		  "TDVF section TempMem at 0x810000, 0x10000 bytes, is not in a memory of 0x81f000 bytes" },
		{ MEASURE_QEMU, 0x1000,
		  "TDVF section TempMem at 0x810000, 0x10000 bytes, is not in a memory of 0x1000 bytes" },
		{ MEASURE_GCE, 3 * GIB,
		  "the TD HOB of Google Compute Engine is known for more than 3 GiB and up to 176 "
		  "GiB of memory, not for 0xc0000000 bytes" },
		{ MEASURE_GCE, 176 * GIB + 4096,
		  "the TD HOB of Google Compute Engine is known for more than 3 GiB and "
		  "up to 176 GiB of memory, not for 0x2c00001000 bytes" },
		{ MEASURE_EC2, 2 * GIB, "EC2 has no TDs" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct measure_tdx_digests digests;
		struct jurat_error err = { "" };
		struct seen seen;
		struct measure_tdx what = td(&seen);

		what.vmm = cases[i].vmm;
		what.memory_bytes = cases[i].memory;
		assert_int_equal(measure_tdx(&what, &digests, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].error);
	}
}

static void firmware_without_what_rtmr0_is_of_is_refused(void **state)
{
	struct measure_tdx_digests digests;
	struct jurat_error err;
	struct seen seen;
	struct measure_tdx what = td(&seen);
	const size_t type = TDVF_MADE_SECTIONS + 24;

	(void)state;
	image[type + 4 * TDVF_MADE_SECTION_BYTES] = TDVF_TEMP_MEM;
	assert_int_equal(measure_tdx(&what, &digests, &err), -EBADMSG);
	assert_string_equal(err.text, "TDVF metadata has no TD_HOB section, or several: there is no RTMR0");
	what = td(&seen);
	image[type + TDVF_MADE_SECTION_BYTES] = TDVF_BFV;
	assert_int_equal(measure_tdx(&what, &digests, &err), -EBADMSG);
	assert_string_equal(err.text, "TDVF metadata has no CFV section, or several: there is no RTMR0");
	what = td(&seen);
	what.memory_bytes = 0; /* nobody asks for it */
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
}

/* SOURCE: the logs above, which agree with each other; "Boot0000" is OVMF's UiApp. */
static void events_of_a_direct_boot_have_the_digests_and_the_order_of_real_logs(void **state)
{
	static const struct {
		unsigned index;
		uint32_t type;
		const char *digest; /* NULL: of what only this test has */
	} want[] = {
		{ 1, MEASURE_EV_EFI_HANDOFF_TABLES2,
		  "0b8772e5b0b41b83e6044a68397e02f49fb47066b4fbe4917ea2c45c64f323fdacbb37948f821ebaf8bc9c938b"
		  "a8a749" },
		{ 1, MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2, NULL },
		{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
		  "9dc3a1f80bcec915391dcda5ffbb15e7419f77eab462bbf72b42166fb70d50325e37b36f93537a863769bcf9be"
		  "dae6fb" },
		{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
		  "6f2e3cbc14f9def86980f5f66fd85e99d63e69a73014ed8a5633ce56eca5b64b692108c56110e22acadcef58c3"
		  "250f1b" },
		{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
		  "d607c0efb41c0d757d69bca0615c3a9ac0b1db06c557d992e906c6b7dee40e0e031640c7bfd7bcd35844ef9ede"
		  "adc6f9" },
		{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
		  "08a74f8963b337acb6c93682f934496373679dd26af1089cb4eaf0c30cf260a12e814856385ab8843e56a9acea"
		  "19e127" },
		{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG,
		  "18cc6e01f0c6ea99aa23f8a280423e94ad81d96d0aeb5180504fc0f7a40cb3619dd39bd6a95ec1680a86ed6ab0"
		  "f9828d" },
		{ 1, MEASURE_EV_SEPARATOR,
		  "394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f"
		  "1289f0" },
		{ 1, MEASURE_EV_PLATFORM_CONFIG_FLAGS, NULL },
		{ 1, MEASURE_EV_PLATFORM_CONFIG_FLAGS, NULL },
		{ 1, MEASURE_EV_PLATFORM_CONFIG_FLAGS, NULL },
		{ 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, NULL },
		{ 1, MEASURE_EV_EFI_VARIABLE_BOOT,
		  "1dd6f7b457ad880d840d41c961283bab688e94e4b59359ea45686581e90feccea3c624b1226113f824f315eb60"
		  "ae0a7c" },
		{ 1, MEASURE_EV_EFI_VARIABLE_BOOT,
		  "23ada07f5261f12f34a0bd8e46760962d6b4d576a416f1fea1c64bc656b1d28eacf7047ae6e967c58fd2a98bfa"
		  "74c298" },
		{ 2, MEASURE_EV_EFI_ACTION,
		  "77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3d740f6346bfe0abaa938ca2043"
		  "9a8d71" },
		{ 2, MEASURE_EV_SEPARATOR,
		  "394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f"
		  "1289f0" },
		{ 3, MEASURE_EV_EVENT_TAG, NULL },
		{ 3, MEASURE_EV_EVENT_TAG, NULL },
		{ 2, MEASURE_EV_EFI_ACTION,
		  "214b0bef1379756011344877743fdc2a5382bac6e70362d624ccf3f654407c1b4badf7d8f9295dd3dabdef65b2"
		  "7677e0" },
		{ 2, MEASURE_EV_EFI_ACTION,
		  "0a2e01c85deae718a530ad8c6d20a84009babe6c8989269e950d8cf440c6e997695e64d455c4174a652cd080f6"
		  "230b74" },
	};
	struct measure_tdx_digests digests;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.initrd = tables[2];
	what.append = "console=ttyS0";
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_int_equal(seen.n, ARRAY_SIZE(want));
	for (unsigned i = 0; i < seen.n; i++) {
		assert_int_equal(seen.index[i], want[i].index);
		assert_int_equal(seen.type[i], want[i].type);
		if (want[i].digest)
			assert_hex(seen.digest[i], want[i].digest);
	}
}

/* SOURCE: CCEL_unpadded.data.bin of google/go-eventlog; the command line is that of Intel's tdx-tools. */
static void a_command_line_has_the_digest_of_a_real_log(void **state)
{
	struct measure_tdx_digests digests;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.append = "root=/dev/vda1 rw console=hvc0";
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_int_equal(seen.type[16], MEASURE_EV_EVENT_TAG);
	assert_hex(seen.digest[16], "3e6ed3b37cfc97289bef8d583fe31624793ee9dd46f94cc4320e1659bb888ad5d77f9485"
				    "1bac43f090a36538a63f0760");
}

/* Each event that is made from nothing but what a real log says of its TD is in it, in this order. */
struct log_case {
	const char *name;
	struct measure_tdx what;
	unsigned n_least; /* events of RTMR0 that agree */
};

static void assert_in_log(const struct log_case *c)
{
	auto_free uint8_t *bytes = NULL;
	struct measure_tdx_digests digests;
	struct measure_log *log;
	struct seen seen;
	struct measure_tdx what = td(&seen);
	size_t n, at = 0, found = 0;

	bytes = evidence_find(c->name, &n);
	assert_non_null(bytes);
	assert_int_equal(measure_log_read(bytes, n, &log, NULL), 0);
	what.memory_bytes = c->what.memory_bytes;
	what.secure_boot = c->what.secure_boot;
	what.separator = c->what.separator;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	for (unsigned i = 0; i < seen.n; i++) {
		size_t k = at;

		while (k < measure_log_count(log) &&
		       (measure_log_event(log, k)->index != seen.index[i] ||
			memcmp(measure_log_event(log, k)->digest, seen.digest[i], MEASURE_DIGEST_BYTES) != 0))
			k++;
		if (k == measure_log_count(log))
			continue;
		at = k + 1;
		found++;
		/* What is logged with the digest, too. */
		assert_int_equal(measure_log_event(log, k)->type, seen.type[i]);
		if (measure_log_form(log) == MEASURE_LOG_TCG) {
			assert_int_equal(measure_log_event(log, k)->n, seen.n_data[i]);
			assert_memory_equal(measure_log_event(log, k)->data, seen.data[i], seen.n_data[i]);
		}
	}
	measure_log_free(log);
	test_say("%s: %zu of %u events", c->name, found, seen.n);
	assert_int_equal(found, c->n_least);
}

static void events_are_in_real_logs(void **state)
{
	static const struct log_case cases[] = {
		/* All but the configuration volume and the ACPI tables, which are not in the logs. */
		{ "ccel__ce55234a",
		  { .memory_bytes = 2 * GIB, .separator = MEASURE_TDX_SEPARATOR_RTMR0 },
		  10 },
		{ "ff75c805__tdx-lite-getquote.json", { .memory_bytes = 2 * GIB }, 9 },
		{ "ccel__96a91cf7",
		  { .memory_bytes = 8 * GIB,
		    .secure_boot = MEASURE_SECURE_BOOT_OFF,
		    .separator = MEASURE_TDX_SEPARATOR_RTMR0 },
		  10 },
	};
	size_t n;

	(void)state;
	EVIDENCE_SKIP_UNLESS_REAL();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free uint8_t *there = evidence_find(cases[i].name, &n);

		if (there)
			assert_in_log(&cases[i]);
	}
}

/* The value of SecureBoot is what firmware makes of the others: event 2. */
static void secure_boot_is_on_with_a_platform_key_unless_it_is_disabled(void **state)
{
	static const uint8_t global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
					    0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
	static const uint8_t security[16] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
					      0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };
	static const uint8_t enable[16] = { 0xf0, 0xa3, 0x0b, 0xf0, 0x61, 0xbc, 0x28, 0x4f,
					    0x9c, 0x8c, 0xc4, 0xf7, 0x6b, 0x4d, 0xd8, 0x31 };
	static const struct {
		const char *pk, *enable, *dbt;
		enum measure_secure_boot secure_boot;
		int want; /* -1: there is none */
	} cases[] = {
		{ NULL, NULL, NULL, MEASURE_SECURE_BOOT_AUTO, -1 },
		{ NULL, "1", NULL, MEASURE_SECURE_BOOT_AUTO, -1 },
		{ "key", NULL, NULL, MEASURE_SECURE_BOOT_AUTO, 1 },
		{ "key", "1", "timestamps", MEASURE_SECURE_BOOT_AUTO, 1 },
		{ "key", "0", NULL, MEASURE_SECURE_BOOT_AUTO, 0 },
		{ "key", NULL, NULL, MEASURE_SECURE_BOOT_OFF, 0 },
		{ "key", NULL, NULL, MEASURE_SECURE_BOOT_NONE, -1 },
		{ NULL, NULL, NULL, MEASURE_SECURE_BOOT_ON, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct measure_tdx_digests digests;
		struct seen seen;
		struct measure_tdx what = td(&seen);
		struct cfv_made made = cfv_made(image);
		unsigned dbt = cases[i].dbt != NULL;

		if (cases[i].pk)
			cfv_made_put(&made, CFV_MADE_ADDED, global, "PK", cases[i].pk);
		if (cases[i].enable) {
			cfv_made_put(&made, CFV_MADE_ADDED, enable, "SecureBootEnable", cases[i].enable);
			image[made.last + 60 + 2 * sizeof("SecureBootEnable")] -= '0';
		}
		if (cases[i].dbt)
			cfv_made_put(&made, CFV_MADE_ADDED, security, "dbt", cases[i].dbt);
		what.secure_boot = cases[i].secure_boot;
		assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
		assert_int_equal(seen.n_data[2], 32 + 20 + (cases[i].want >= 0));
		if (cases[i].want >= 0)
			assert_int_equal(seen.data[2][32 + 20], cases[i].want);
		assert_int_equal(seen.n_data[3], 32 + 4 + (cases[i].pk ? 3 : 0));
		assert_int_equal(seen.type[7],
				 dbt ? MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG : MEASURE_EV_SEPARATOR);
		assert_int_equal(seen.type[7 + dbt], MEASURE_EV_SEPARATOR);
	}
}

/* SOURCE: rtmrs() of tests/e2e/tdx_oracle.py, of the images that tdvf_made() and pe_made() make. */
static void registers_are_the_same_as_anothers(void **state)
{
	static const struct {
		enum measure_tdx_separator separator;
		enum measure_tdx_header header;
		bool with_initrd;
		const char *want[3];
	} cases[] = {
		{ MEASURE_TDX_SEPARATOR_RTMR1,
		  MEASURE_TDX_HEADER_PATCHED,
		  true,
		  { "fb017bd9c404c66e54ad2f8139a0d8663571d02b6172af675fb0e2030045a8c060cd7c9f37bb242ec969f7e1"
		    "dcbcbcdb",
		    "afde4b3b6d46cda1b9bdf48de5b66654f26603e400f0973c1778cf170c1a9fc12c4d9a37ed8cef00b1a03385"
		    "deacf316",
		    "c3bb99b05b502301bdbeb4fad231cf14d5a5a3ea703ad3d483cf2d446dcd3955bed4e17068b96924c46c6be2"
		    "3d19d755" } },
		{ MEASURE_TDX_SEPARATOR_RTMR0,
		  MEASURE_TDX_HEADER_UNCHANGED,
		  false,
		  { "792aaedde3cbd626638e389ace12fdd030c7356bbfbaf3b40107475b1b8c89ef176ca5d22d35f91aec2024db"
		    "57ae7fea",
		    "5c59a4e847c24f9e156a77d9bfccafac6b0aada50d1f4583cae0fe70cf9515d1a1e101b5c816b5c92effa9f4"
		    "77cc20b2",
		    "36482cf4d077603c0123f112545737a9b4f47ee76b20e1bc943e1ea5a03df893ebc47967930dcac5a72ab07b"
		    "1122d47a" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct measure_tdx_digests digests;
		struct seen seen;
		struct measure_tdx what = td(&seen);

		what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
		what.append = "console=ttyS0";
		what.separator = cases[i].separator;
		what.header = cases[i].header;
		if (cases[i].with_initrd)
			what.initrd = tables[2];
		assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
		for (unsigned k = 0; k < 3; k++) {
			assert_true(digests.has_rtmr[k]);
			assert_hex(digests.rtmr[k], cases[i].want[k]);
		}
	}
}

static void a_register_without_its_inputs_says_what_it_lacks(void **state)
{
	struct measure_tdx_digests digests;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	what.memory_bytes = 0;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_int_equal(seen.n, 0);
	assert_string_equal(digests.missing[0], "the size of the memory");
	assert_string_equal(digests.missing[1], "a kernel or EFI images");
	assert_string_equal(digests.missing[2], "a kernel or EFI images");
	what.memory_bytes = 2 * GIB;
	what.n_acpi_tables = 0;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.initrd = tables[0];
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_string_equal(digests.missing[0], "the ACPI tables");
	assert_true(!digests.has_rtmr[0] && digests.has_rtmr[1] && digests.has_rtmr[2]);
	what.memory_bytes = 0;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_string_equal(digests.missing[1], "the size of the memory"); /* the initrd's address */
	what.header = MEASURE_TDX_HEADER_UNCHANGED;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_true(digests.has_rtmr[1]);
	what.kernel = what.initrd = (struct measure_bytes){ NULL, 0 };
	what.efi_images = &(struct measure_bytes){ kernel, sizeof(kernel) };
	what.n_efi_images = 1;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_string_equal(digests.missing[2], "what the loader measured, a command line or an initrd");
	assert_true(digests.has_rtmr[1] && !digests.has_rtmr[2]);
}

/* SOURCE: the log of a Container-Optimized OS in go-eventlog: GRUB's commands without "grub_cmd: ". */
static void a_chain_is_measured_from_what_is_given(void **state)
{
	static const uint8_t command[] = "defaultA=2";
	uint8_t gpt[92 + 8] = "EFI PART";
	static const struct {
		unsigned index;
		uint32_t type;
	} want[] = { { 2, MEASURE_EV_EFI_ACTION },
		     { 2, MEASURE_EV_SEPARATOR },
		     { 2, MEASURE_EV_EFI_GPT_EVENT },
		     { 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION },
		     { 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION },
		     { 3, MEASURE_EV_IPL },
		     { 3, MEASURE_EV_EVENT_TAG },
		     { 3, MEASURE_EV_EVENT_TAG },
		     { 2, MEASURE_EV_EFI_ACTION },
		     { 2, MEASURE_EV_EFI_ACTION } };
	const struct measure_bytes event = { command, sizeof(command) - 1 };
	struct measure_tdx_digests digests, other;
	struct measure_bytes images[2];
	struct jurat_error err;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	bytes_put_le(gpt + 80, 1, 4);
	bytes_put_le(gpt + 84, 128, 4);
	images[0] = images[1] = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.n_acpi_tables = 0;
	what.gpt = (struct measure_bytes){ gpt, sizeof(gpt) };
	what.efi_images = images;
	what.n_efi_images = 2;
	what.loader_events = &event;
	what.n_loader_events = 1;
	what.append = "quiet";
	what.initrd = tables[1];
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_int_equal(seen.n, ARRAY_SIZE(want));
	for (unsigned i = 0; i < seen.n; i++) {
		assert_int_equal(seen.index[i], want[i].index);
		assert_int_equal(seen.type[i], want[i].type);
	}
	assert_hex(seen.digest[5], "36142e70be9729df1565b53754fd1cdd126e97faf196bc046e0b92009e0d163bb2d471fff"
				   "97b80bbdc74886522626695");
	what.event = NULL;
	what.nul = MEASURE_TDX_NUL_WITHOUT; /* what it is by itself */
	assert_int_equal(measure_tdx(&what, &other, NULL), 0);
	assert_memory_equal(other.rtmr, digests.rtmr, sizeof(other.rtmr));
	what.nul = MEASURE_TDX_NUL_WITH;
	assert_int_equal(measure_tdx(&what, &other, NULL), 0);
	assert_memory_not_equal(other.rtmr[2], digests.rtmr[2], MEASURE_DIGEST_BYTES);
	images[1].n = 1;
	assert_int_equal(measure_tdx(&what, &other, &err), -EBADMSG);
	assert_string_equal(err.text, "EFI image 2: not a PE image: it does not begin with \"MZ\"");
	what.kernel = images[0];
	assert_int_equal(measure_tdx(&what, &other, &err), -EINVAL);
	assert_string_equal(err.text, "a TD boots a kernel or EFI images, not both");
}

static void boot_options_have_to_be_as_many_as_their_order_names(void **state)
{
	static const uint8_t order_bytes[] = { 1, 0, 0, 0, 7 };
	struct measure_bytes order = { order_bytes, 4 };
	struct measure_tdx_digests digests;
	struct jurat_error err;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	what.boot_order = &order;
	what.boot_entries = tables;
	what.n_boot_entries = 2;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
	assert_int_equal(seen.n_data[12], 32 + 2 * 8 + 1);
	assert_memory_equal(seen.data[12] + 32,
			    "B\0o\0o\0t\0"
			    "0\0"
			    "0\0"
			    "0\0"
			    "1\0t",
			    17);
	what.n_boot_entries = 3;
	assert_int_equal(measure_tdx(&what, &digests, &err), -EINVAL);
	assert_string_equal(err.text, "BootOrder has 2 boot options, found 3 boot entries");
	order.n = 5;
	assert_int_equal(measure_tdx(&what, &digests, &err), -EINVAL);
	assert_string_equal(err.text, "BootOrder has 5 bytes, expected two for each boot option");
	what.boot_order = NULL;
	assert_int_equal(measure_tdx(&what, &digests, &err), -EINVAL);
	assert_string_equal(err.text, "BootOrder has 0 boot options, found 3 boot entries");
}

static void a_callback_ends_it(void **state)
{
	struct measure_tdx_digests digests;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	for (unsigned i = 1; i <= 19; i++) {
		seen.n = 0;
		seen.stop_at = i;
		assert_int_equal(measure_tdx(&what, &digests, NULL), -ECANCELED);
		assert_int_equal(seen.n, i - 1);
	}
	seen.n = 0;
	seen.stop_at = 20;
	assert_int_equal(measure_tdx(&what, &digests, NULL), 0);
}

static void a_command_line_is_ascii(void **state)
{
	struct measure_tdx_digests digests;
	struct jurat_error err;
	struct seen seen;
	struct measure_tdx what = td(&seen);

	(void)state;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.append = "x=\xc3\xa4";
	assert_int_equal(measure_tdx(&what, &digests, &err), -EINVAL);
	assert_string_equal(err.text, "command line: byte 2 is not ASCII");
}

static int measure_once(void *ctx)
{
	struct measure_tdx_digests digests;
	struct seen seen;
	struct measure_tdx what = td(&seen);
	struct jurat_error err;
	int r;

	(void)ctx;
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	fail_memory_resume();
	r = measure_tdx(&what, &digests, &err);
	fail_memory_pause();
	return r;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	assert_true(fail_memory_each(measure_once, NULL) >= 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(td_hobs_are_those_of_real_logs),
		cmocka_unit_test(memory_that_no_td_has_is_refused),
		cmocka_unit_test(firmware_without_what_rtmr0_is_of_is_refused),
		cmocka_unit_test(events_of_a_direct_boot_have_the_digests_and_the_order_of_real_logs),
		cmocka_unit_test(a_command_line_has_the_digest_of_a_real_log),
		cmocka_unit_test(events_are_in_real_logs),
		cmocka_unit_test(secure_boot_is_on_with_a_platform_key_unless_it_is_disabled),
		cmocka_unit_test(registers_are_the_same_as_anothers),
		cmocka_unit_test(a_register_without_its_inputs_says_what_it_lacks),
		cmocka_unit_test(a_chain_is_measured_from_what_is_given),
		cmocka_unit_test(boot_options_have_to_be_as_many_as_their_order_names),
		cmocka_unit_test(a_callback_ends_it),
		cmocka_unit_test(a_command_line_is_ascii),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
