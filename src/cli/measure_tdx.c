/* SPDX-License-Identifier: MIT */
#include "cli/measure_explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* "2G" -> bytes. false after an error message. */
static bool take_memory(struct measuring *m, uint64_t *ret)
{
	static const char suffixes[] = "KMGT";
	const char *text = cli_get(m->cli, "memory"), *suffix;
	unsigned long long v;
	unsigned shift = 0;
	char *end, unit;

	*ret = 0;
	if (!text)
		return true;
	errno = 0;
	v = strtoull(text, &end, 0);
	unit = (char)(*end & ~0x20);
	suffix = unit ? strchr(suffixes, unit) : NULL;
	if (suffix) {
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		end++;
	}
	if (text[0] < '0' || text[0] > '9' || errno || *end || v == 0 || v > UINT64_MAX >> shift)
		return cli_misuse(m->cli, "--memory: expected a size such as 2147483648 or 2G, found '%s'",
				  text);
	*ret = v << shift;
	if (*ret < UINT64_C(1) << 20) /* 4096 for 4096M, as QEMU takes it */
		return cli_misuse(m->cli,
				  "--memory: expected 1M or more, found '%s', which is %" PRIu64 " bytes",
				  text, *ret);
	return true;
}

static int take_list(struct measuring *m, const char *option, struct measure_bytes *list, size_t *ret_n)
{
	for (*ret_n = 0; cli_get_nth(m->cli, option, *ret_n); ++*ret_n) {
		int status = measuring_file(m, option, *ret_n, &list[*ret_n]);

		if (status != CLI_OK)
			return status;
	}
	return CLI_OK;
}

/* Which of a list of choices an option has; the first one without the option. */
static int choice(const struct measuring *m, const char *option, const char *const *choices)
{
	const char *value = cli_get(m->cli, option);
	int i = 0;

	while (value && choices[i + 1] && strcasecmp(value, choices[i]) != 0)
		i++;
	return i;
}

/* In the order of their enumerations. */
static void take_choices(const struct measuring *m, struct measure_tdx *ret)
{
	static const char *const orders[] = { "page-by-page", "all-then-extend", NULL };
	static const char *const separators[] = { "rtmr1", "rtmr0", NULL };
	static const char *const headers[] = { "patched", "unchanged", NULL };
	static const char *const secure_boots[] = { "auto", "none", "off", "on", NULL };
	static const char *const nuls[] = { "auto", "with", "without", NULL };
	static const char *const vmms[] = { "qemu", "ec2", "gce", NULL };

	ret->order = (enum measure_tdx_order)choice(m, "order", orders);
	ret->separator = (enum measure_tdx_separator)choice(m, "separator", separators);
	ret->header = (enum measure_tdx_header)choice(m, "kernel-header", headers);
	ret->secure_boot = (enum measure_secure_boot)choice(m, "secure-boot", secure_boots);
	ret->nul = (enum measure_tdx_nul)choice(m, "append-nul", nuls);
	ret->vmm = (enum measure_vmm)choice(m, m->vmm ? m->vmm : "vmm", vmms);
}

int measuring_tdx_options(struct measuring *m, struct measuring_lists *lists, struct measure_tdx *ret)
{
	const struct {
		const char *option;
		struct measure_bytes *list;
		size_t *n;
	} rows[] = {
		{ "acpi-table", lists->acpi_tables, &ret->n_acpi_tables },
		{ "boot-entry", lists->boot_entries, &ret->n_boot_entries },
		{ "efi-image", lists->efi_images, &ret->n_efi_images },
		{ "loader-event", lists->loader_events, &ret->n_loader_events },
		{ "authority", lists->authorities, &ret->n_authorities },
	};
	int status;

	*ret = (struct measure_tdx){ .acpi_tables = lists->acpi_tables,
				     .boot_entries = lists->boot_entries,
				     .efi_images = lists->efi_images,
				     .loader_events = lists->loader_events,
				     .authorities = lists->authorities };
	if (cli_has(m->cli, "kernel") && cli_has(m->cli, "efi-image"))
		return cli_fail(m->cli, CLI_USAGE, "--kernel cannot be used with --efi-image");
	take_choices(m, ret);
	if (!take_memory(m, &ret->memory_bytes))
		return CLI_USAGE;
	status = measuring_file(m, m->firmware ? m->firmware : "firmware", 0, &ret->firmware);
	if (status == CLI_OK)
		status = measuring_kernel(m, &ret->kernel, &ret->initrd, &ret->append);
	if (status == CLI_OK)
		status = measuring_file(m, "boot-order", 0, &lists->boot_order);
	if (status == CLI_OK)
		status = measuring_file(m, "gpt", 0, &ret->gpt);
	for (size_t i = 0; status == CLI_OK && i < ARRAY_SIZE(rows); i++)
		status = take_list(m, rows[i].option, rows[i].list, rows[i].n);
	ret->boot_order = lists->boot_order.bytes ? &lists->boot_order : NULL;
	return status;
}

int measuring_tdx(struct measuring *m)
{
	static const char *const names[] = { "rtmr0", "rtmr1", "rtmr2" };
	struct measuring_lists lists = { 0 };
	struct measure_tdx_digests digests;
	struct measure_tdx what;
	struct jurat_error err = { "" };
	int r, status = measuring_tdx_options(m, &lists, &what);

	if (status != CLI_OK)
		return status;
	r = measure_tdx(&what, &digests, &err);
	if (r < 0)
		return measuring_fail(m, r, CLI_REFUSED, &err);
	measuring_add(m, "mrtd", digests.mrtd, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		measuring_add(m, names[i], digests.rtmr[i], digests.missing[i]);
	return measuring_explain_tdx(m, &what);
}
