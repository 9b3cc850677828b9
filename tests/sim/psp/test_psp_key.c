/* SPDX-License-Identifier: MIT */
/* Derived keys of the software AMD-SP. */
#include "sim/psp/psp_support.h"

/* What a guest asks for. */
struct ask {
	uint32_t root, vmpl, svn;
	uint64_t fields, tcb, mit_vector;
	uint8_t version; /* 0: 1 */
	uint16_t size;   /* 0: 32, or 40 with version 2 */
	uint8_t vmpck;
};

struct key_answer {
	uint32_t command, status;
	uint8_t key[32];
};

static struct key_answer ask_key(struct test_guest *g, const struct ask *ask)
{
	struct key_answer a = { 0 };
	struct test_message m, answer;
	uint8_t payload[40] = { 0 };
	uint8_t version = ask->version ? ask->version : 1;

	bytes_put_le(payload, ask->root, 4);
	bytes_put_le(payload + 8, ask->fields, 8);
	bytes_put_le(payload + 16, ask->vmpl, 4);
	bytes_put_le(payload + 20, ask->svn, 4);
	bytes_put_le(payload + 24, ask->tcb, 8);
	bytes_put_le(payload + 32, ask->mit_vector, 8);
	m = request(g, 3, ask->vmpck, payload, ask->size ? ask->size : version == 2 ? 40 : 32);
	m.version = version;
	a.command = exchange(g, &m, &answer);
	if (a.command != SNP_SUCCESS)
		return a;
	assert_int_equal(answer.size, 64);
	assert_true(bytes_all(answer.payload + 4, 28, 0));
	a.status = (uint32_t)bytes_get_le(answer.payload, 4);
	memcpy(a.key, answer.payload + 32, 32);
	assert_int_equal(bytes_all(a.key, 32, 0), a.status != 0);
	return a;
}

static void assert_key(struct test_guest *g, const struct ask *ask, uint8_t ret[32])
{
	struct key_answer a = ask_key(g, ask);

	assert_int_equal(a.command, SNP_SUCCESS);
	assert_int_equal(a.status, 0);
	memcpy(ret, a.key, 32);
}

static void every_input_of_a_key_is_bound(void **state)
{
	static const struct ask asks[] = {
		{ .fields = 0 },
		{ .fields = SNP_FIELD_GUEST_POLICY },
		{ .fields = SNP_FIELD_IMAGE_ID },
		{ .fields = SNP_FIELD_FAMILY_ID },
		{ .fields = SNP_FIELD_MEASUREMENT },
		{ .fields = SNP_FIELD_GUEST_SVN },
		{ .fields = SNP_FIELD_GUEST_SVN, .svn = 1 },
		{ .fields = SNP_FIELD_TCB_VERSION },
		{ .fields = SNP_FIELD_TCB_VERSION, .tcb = 1 },
		{ .fields = SNP_FIELD_LAUNCH_MIT_VECTOR, .version = 2 },
		{ .fields = SNP_FIELD_LAUNCH_MIT_VECTOR, .version = 2, .mit_vector = 1 },
		{ .vmpl = 1 },
		{ .vmpl = 3 },
		{ .root = 1 },
		{ .root = 1, .fields = 0x3f },
		{ .fields = 0x3f },
	};
	struct sim_psp *psp = new_psp(SNP_TURIN, 5);
	struct test_guest g = launch(psp);
	uint8_t keys[ARRAY_SIZE(asks)][32], again[32];

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		assert_key(&g, &asks[i], keys[i]);
		assert_key(&g, &asks[i], again);
		assert_memory_equal(keys[i], again, 32);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(keys[i], keys[j], 32);
	}
	sim_psp_free(psp);
}

static void what_is_not_selected_does_not_matter(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);
	struct ask plain = { 0 }, with_values = { .svn = 5, .tcb = 1 }, two = { .version = 2 },
		   short_two = { .version = 2, .size = 32 };
	uint8_t a[32], b[32];

	assert_key(&g, &plain, a);
	assert_key(&g, &with_values, b);
	assert_memory_equal(a, b, 32);
	assert_key(&g, &two, b);
	assert_memory_equal(a, b, 32);
	assert_key(&g, &short_two, b);
	assert_memory_equal(a, b, 32);
	sim_psp_free(psp);
}

/* The fields of a launch, and which selection tells two guests apart by them. */
static void guests_differ_by_what_was_selected(void **state)
{
	static const struct {
		uint64_t field;
		size_t off;
	} cases[] = {
		{ SNP_FIELD_GUEST_POLICY, offsetof(struct sim_launch, policy) },
		{ SNP_FIELD_IMAGE_ID, offsetof(struct sim_launch, image_id) },
		{ SNP_FIELD_FAMILY_ID, offsetof(struct sim_launch, family_id) },
		{ SNP_FIELD_MEASUREMENT, offsetof(struct sim_launch, measurement) },
		{ 0, offsetof(struct sim_launch, host_data) },
	};
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sim_launch l = some_launch();
		struct test_guest changed;
		struct ask ask = { .fields = 0x3f }, rest = { .fields = 0x3f & ~cases[i].field };
		uint8_t a[32], b[32];

		((uint8_t *)&l)[cases[i].off] ^= 1;
		changed = launch_as(psp, &l);
		assert_key(&g, &ask, a);
		assert_key(&changed, &ask, b);
		if (cases[i].field)
			assert_memory_not_equal(a, b, 32);
		else
			assert_memory_equal(a, b, 32);
		assert_key(&g, &rest, a);
		assert_key(&changed, &rest, b);
		assert_memory_equal(a, b, 32); /* a guest finds its key again after a reboot */
	}
	sim_psp_free(psp);
}

static void roots_are_the_chips_the_providers_or_the_launchs(void **state)
{
	struct sim_psp_options chips[] = { { .seed = "jurat" }, { .seed = "jurat/2" } };
	struct ask plain = { 0 }, vmrk = { .root = 1 };
	uint8_t vcek[2][32], vlek[2][32], launched[2][32], again[32];

	for (size_t i = 0; i < 2; i++) {
		uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];
		struct test_guest g, other;
		struct sim_psp *psp;

		assert_int_equal(sim_psp_new(&chips[i], &psp, NULL), 0);
		g = launch(psp);
		other = launch(psp);
		assert_key(&g, &plain, vcek[i]);
		assert_key(&g, &vmrk, launched[0]);
		assert_key(&other, &vmrk, launched[1]);
		assert_memory_not_equal(launched[0], launched[1], 32);
		assert_int_equal(
			sim_kds_hashstick(psp, SIM_CSP_ID, sim_psp_committed_tcb(psp), hashstick, NULL), 0);
		assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_SUCCESS);
		assert_key(&g, &plain, vlek[i]);
		assert_memory_not_equal(vcek[i], vlek[i], 32);
		assert_key(&g, &vmrk, again);
		assert_memory_equal(launched[0], again, 32);
		sim_psp_free(psp);
	}
	assert_memory_not_equal(vcek[0], vcek[1], 32);
	assert_memory_equal(vlek[0], vlek[1], 32);
}

static void firmware_updates_leave_keys_alone(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);
	uint64_t old = sim_psp_committed_tcb(psp);
	struct ask plain = { 0 }, bound = { .fields = SNP_FIELD_TCB_VERSION, .tcb = old };
	uint8_t a[32], b[32], c[32];

	assert_key(&g, &plain, a);
	assert_key(&g, &bound, b);
	assert_int_equal(sim_psp_download_firmware(psp, old + ((uint64_t)1 << 48), true), SNP_SUCCESS);
	assert_key(&g, &plain, c);
	assert_memory_equal(a, c, 32);
	assert_key(&g, &bound, c);
	assert_memory_equal(b, c, 32);
	bound.tcb = sim_psp_committed_tcb(psp);
	assert_key(&g, &bound, c);
	assert_memory_not_equal(b, c, 32);
	sim_psp_free(psp);
}

static void bounds_are_a_message_status(void **state)
{
	static const struct {
		const char *what;
		struct ask ask;
		uint32_t v3, v5; /* status on firmware that makes reports of version 3 and of 5 */
	} cases[] = {
		{ "SVN of the guest", { .svn = 7 }, 0, 0 },
		{ "SVN above", { .svn = 8 }, 0x16, 0x16 },
		{ "VMPL above the VMPCK's", { .vmpck = 1, .vmpl = 0 }, 0x16, 0x16 },
		{ "VMPL of the VMPCK", { .vmpck = 1, .vmpl = 1 }, 0, 0 },
		{ "VMPL 4", { .vmpl = 4 }, 0x16, 0x16 },
		{ "reserved TCB byte", { .tcb = 1 << 16 }, 0x16, 0x16 },
		{ "boot loader above, rest zero", { .tcb = 0x7f }, 0x16, 0x16 },
		{ "microcode above", { .tcb = 0xffULL << 56 }, 0x16, 0x16 },
		{ "field 6 in version 1", { .fields = 1 << 6 }, 0x16, 0x16 },
		{ "field 6 in version 2", { .fields = 1 << 6, .version = 2 }, 0x16, 0 },
		{ "field 7", { .fields = 1 << 7, .version = 2 }, 0x16, 0x16 },
		{ "field 63", { .fields = 1ULL << 63 }, 0x16, 0x16 },
		{ "VCEK by KEY_SEL", { .root = 1 << 1 }, 0x16, 0 },
		{ "VLEK by KEY_SEL, none loaded", { .root = 2 << 1 }, 0x16, 0x16 },
		{ "reserved KEY_SEL", { .root = 3 << 1 }, 0x16, 0x16 },
		{ "VMRK with KEY_SEL", { .root = 3 }, 0x16, 0x16 },
		{ "reserved root bit", { .root = 8 }, 0x16, 0x16 },
		{ "mitigation not launched with", { .mit_vector = 2, .version = 2 }, 0x16, 0x16 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (uint32_t version = 3; version <= 5; version += 2) {
			struct sim_psp *psp = new_psp(SNP_MILAN, version);
			struct test_guest g = launch(psp);
			struct key_answer a = ask_key(&g, &cases[i].ask);

			assert_int_equal(a.command, SNP_SUCCESS);
			assert_int_equal(a.status, version == 3 ? cases[i].v3 : cases[i].v5);
			sim_psp_free(psp);
		}
}

static void other_versions_and_sizes_fail_the_command(void **state)
{
	static const struct {
		uint8_t version;
		uint16_t size;
		uint32_t command;
	} cases[] = {
		{ 1, 32, SNP_SUCCESS },       { 2, 32, SNP_SUCCESS },       { 2, 40, SNP_SUCCESS },
		{ 1, 40, SNP_INVALID_PARAM }, { 3, 32, SNP_INVALID_PARAM }, { 3, 40, SNP_INVALID_PARAM },
		{ 2, 31, SNP_INVALID_PARAM }, { 2, 39, SNP_INVALID_PARAM }, { 2, 33, SNP_INVALID_PARAM },
	};
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = { .version = cases[i].version, .size = cases[i].size };

		assert_int_equal(ask_key(&g, &ask).command, cases[i].command);
	}
	sim_psp_free(psp);
}

static void reserved_bytes_are_a_message_status(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct test_guest g = launch(psp);

	for (size_t off = 4; off < 8; off++) {
		uint8_t payload[32] = { 0 };
		struct test_message m, answer;

		payload[off] = 1;
		m = request(&g, 3, 0, payload, sizeof(payload));
		assert_int_equal(exchange(&g, &m, &answer), SNP_SUCCESS);
		assert_int_equal(answer.payload[0], SNP_INVALID_PARAM);
		assert_true(bytes_all(answer.payload + 4, 60, 0));
	}
	sim_psp_free(psp);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(every_input_of_a_key_is_bound),
		cmocka_unit_test(what_is_not_selected_does_not_matter),
		cmocka_unit_test(guests_differ_by_what_was_selected),
		cmocka_unit_test(roots_are_the_chips_the_providers_or_the_launchs),
		cmocka_unit_test(firmware_updates_leave_keys_alone),
		cmocka_unit_test(bounds_are_a_message_status),
		cmocka_unit_test(other_versions_and_sizes_fail_the_command),
		cmocka_unit_test(reserved_bytes_are_a_message_status),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
