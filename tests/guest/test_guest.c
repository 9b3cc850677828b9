/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "guest/guest.h"
#include "guest/guest_world.h"
#include "support/fault_env.h"
#include "wire/snp_certs.h"

static struct jurat_guest_options options_of(enum jurat_via via)
{
	return (struct jurat_guest_options){ .size = sizeof(struct jurat_guest_options),
					     .via = via,
					     .device = W_DEVICE,
					     .configfs = W_CONFIGFS };
}

static void the_way_that_works_is_found(void **state)
{
	static const struct {
		enum jurat_via asked;
		bool no_device, no_configfs;
		int open_device, mkdir_error;
		const char *provider;
		int result;
		enum jurat_via found;
		const char *text;
	} rows[] = {
		{ JURAT_VIA_AUTO, .found = JURAT_VIA_CONFIGFS },
		{ JURAT_VIA_AUTO, .no_configfs = true, .found = JURAT_VIA_IOCTL },
		{ JURAT_VIA_AUTO, .mkdir_error = -ENXIO, .found = JURAT_VIA_IOCTL },
		{ JURAT_VIA_AUTO, .provider = "tdx_guest\n", .found = JURAT_VIA_IOCTL },
		{ JURAT_VIA_AUTO, .provider = "", .found = JURAT_VIA_IOCTL },
		{ JURAT_VIA_AUTO, .provider = "sev_guest", .found = JURAT_VIA_CONFIGFS },
		{ JURAT_VIA_AUTO, .provider = "sev_guest2\n", .found = JURAT_VIA_IOCTL },
		{ JURAT_VIA_AUTO, .no_device = true, .found = JURAT_VIA_CONFIGFS },
		{ JURAT_VIA_IOCTL, .found = JURAT_VIA_IOCTL },
		{ JURAT_VIA_CONFIGFS, .found = JURAT_VIA_CONFIGFS },
		{ JURAT_VIA_AUTO, true, true, .result = -ENODEV, .text = "no TEE found: cannot make" },
		{ JURAT_VIA_AUTO, true, .mkdir_error = -EACCES, .result = -EACCES, .text = W_DEVICE },
		{ JURAT_VIA_AUTO, .no_configfs = true, .open_device = -EACCES, .result = -EACCES,
		  .text = "Permission" },
		{ JURAT_VIA_AUTO, true, .mkdir_error = -ENXIO, .result = -ENODEV,
		  .text = "no TEE driver is registered" },
		{ JURAT_VIA_AUTO, true, .provider = "tdx_guest\n", .result = -ENODEV,
		  .text = "'tdx_guest', not 'sev_guest'" },
		{ JURAT_VIA_IOCTL, true, .result = -ENODEV, .text = "cannot open '" W_DEVICE "'" },
		{ JURAT_VIA_IOCTL, .open_device = -EPERM, .result = -EACCES, .text = W_DEVICE },
		{ JURAT_VIA_CONFIGFS, .no_configfs = true, .result = -ENODEV, .text = W_CONFIGFS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_guest_options o = options_of(rows[i].asked);
		struct guest_world *w = guest_world_new();
		struct jurat_guest *g = NULL;
		struct jurat_error err = { "" };

		/* Where a TDX guest's provider is, SEV-SNP must be asked for not to find TDX. */
		if (rows[i].provider && !strcmp(rows[i].provider, "tdx_guest\n"))
			o.tee = JURAT_TEE_SEV_SNP;
		w->no_device = rows[i].no_device;
		w->no_configfs = rows[i].no_configfs;
		w->open_device = rows[i].open_device;
		w->mkdir_error = rows[i].mkdir_error;
		if (rows[i].provider)
			w->provider = rows[i].provider;
		assert_int_equal(guest_open(&w->base, &o, &g, &err), rows[i].result);
		assert_int_equal(g == NULL, rows[i].result != 0);
		if (g) {
			assert_int_equal(jurat_guest_via(g), rows[i].found);
			assert_int_equal(jurat_guest_tee(g), JURAT_TEE_SEV_SNP);
		}
		if (rows[i].text && !strstr(err.text, rows[i].text))
			FAIL_BECAUSE("'%s' does not say '%s'", err.text, rows[i].text);
		jurat_guest_close(g);
		guest_world_free(w);
	}
}

static void options_without_a_meaning_are_refused(void **state)
{
	struct jurat_guest_options o = options_of((enum jurat_via)9);
	struct guest_world *w = guest_world_new();
	struct jurat_guest *g = NULL;
	struct jurat_error err;

	(void)state;
	assert_int_equal(guest_open(&w->base, &o, &g, &err), -EINVAL);
	o = options_of(JURAT_VIA_AUTO);
	o.tee = (enum jurat_tee)9;
	assert_int_equal(guest_open(&w->base, &o, &g, &err), -EINVAL);
	assert_null(g);
	jurat_guest_close(NULL);
	jurat_evidence_done(NULL);
	guest_world_free(w);
}

static void what_a_way_cannot_do_is_said(void **state)
{
	struct jurat_guest_report_options report = { .size = sizeof(report), .key_sel = SNP_KEY_SEL_VLEK };
	struct jurat_snp_key_options key = { .size = sizeof(key) };
	struct jurat_guest_options o = options_of(JURAT_VIA_CONFIGFS);
	uint8_t data[64] = { 0 }, secret[32] = { 9 };
	struct guest_world *w = guest_world_new();
	struct jurat_evidence e = { .size = sizeof(e) };
	struct jurat_guest *g = NULL;
	struct jurat_error err;

	(void)state;
	assert_int_equal(guest_open(&w->base, &o, &g, &err), 0);
	assert_int_equal(jurat_guest_report(g, data, &report, &e, &err), -EOPNOTSUPP);
	assert_int_equal(jurat_guest_snp_derive_key(g, &key, secret, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, W_DEVICE));
	report.key_sel = 3;
	assert_int_equal(jurat_guest_report(g, data, &report, &e, &err), -EINVAL);
	report = (struct jurat_guest_report_options){ .size = sizeof(report), .has_vmpl = 1, .vmpl = 4 };
	assert_int_equal(jurat_guest_report(g, data, &report, &e, &err), -EINVAL);
	assert_non_null(strstr(err.text, "vmpl 4"));
	report.has_vmpl = 0; /* a VMPL that was meant is never ignored */
	report.vmpl = 1;
	assert_int_equal(jurat_guest_report(g, data, &report, &e, &err), -EINVAL);
	assert_non_null(strstr(err.text, "has_vmpl"));
	key.has_vmpl = 1;
	key.vmpl = 4;
	assert_int_equal(jurat_guest_snp_derive_key(g, &key, secret, &err), -EINVAL);
	key.vmpl = 0;
	key.fields = 1 << 6;
	assert_int_equal(jurat_guest_snp_derive_key(g, &key, secret, &err), -EINVAL);
	key.fields = 0;
	key.root = (enum jurat_snp_key_root)2;
	assert_int_equal(jurat_guest_snp_derive_key(g, &key, secret, &err), -EINVAL);
	jurat_guest_close(g);

	/* Found by itself, the device does what configfs cannot. */
	o.via = JURAT_VIA_AUTO;
	report = (struct jurat_guest_report_options){ .size = sizeof(report), .key_sel = SNP_KEY_SEL_VLEK };
	assert_int_equal(guest_open(&w->base, &o, &g, &err), 0);
	assert_int_equal(jurat_guest_report(g, data, &report, &e, &err), 0);
	assert_int_equal(w->report_req.key_sel, SNP_KEY_SEL_VLEK);
	report = (struct jurat_guest_report_options){ .size = sizeof(
							      report.size) }; /* the rest is not looked at */
	jurat_evidence_done(&e);
	w->floor = 2;
	assert_int_equal(jurat_guest_report(g, data, &report, &e, &err), 0);
	assert_int_equal(bytes_get_le(e.report + 0x30, 4), 2);
	assert_int_equal(jurat_guest_snp_derive_key(g, NULL, secret, &err), 0);
	assert_true(bytes_all(secret, sizeof(secret), 0x77));
	jurat_evidence_done(&e);
	assert_null(e.report);
	jurat_guest_close(g);
	guest_world_free(w);
}

static void opening_survives_the_failure_of_any_call(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned k = 1; fired; k++) {
		struct jurat_guest_options o = options_of(JURAT_VIA_AUTO);
		struct guest_world *w = guest_world_new();
		struct fault_env env = fault_env_nth(&w->base, k, -EIO);
		struct jurat_guest *g = NULL;

		assert_int_equal(guest_open(&env.base, &o, &g, NULL), 0); /* there is another way */
		fired = env.fired;
		jurat_guest_close(g);
		if (fired && !strcmp(env.fired_in, "rmdir"))
			w->instances[0].name[0] = '\0'; /* nothing could be done about that one */
		guest_world_free(w);
	}
}

/* The host's table: cut to what it takes, dropped when empty, left alone when it is broken. */
static void certificates_are_cut_to_their_table(void **state)
{
	struct guest_world *w = guest_world_new();
	uint8_t page[SNP_PAGE_BYTES] = { 0 };

	(void)state;
	assert_int_equal(guest_certs_size(page, sizeof(page)), 0);
	assert_int_equal(guest_certs_size(page, 0), 0);
	memcpy(page, w->table, w->table_size);
	assert_int_equal(guest_certs_size(page, sizeof(page)), w->table_size);
	for (size_t n = 1; n < w->table_size; n++) {
		uint8_t *copy = heap_copy(page, n);

		assert_int_equal(guest_certs_size(copy, n), n);
		free(copy);
	}
	bytes_put_le(page + 16, UINT32_MAX, 4); /* B23: an offset that wraps */
	assert_int_equal(guest_certs_size(page, sizeof(page)), sizeof(page));
	guest_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_that_works_is_found),
		cmocka_unit_test(options_without_a_meaning_are_refused),
		cmocka_unit_test(what_a_way_cannot_do_is_said),
		cmocka_unit_test(opening_survives_the_failure_of_any_call),
		cmocka_unit_test(certificates_are_cut_to_their_table),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
