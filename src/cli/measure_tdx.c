/* SPDX-License-Identifier: MIT */
#include "cli/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* "2G" -> bytes. false after an error message. */
static bool take_memory(struct measuring *m, uint64_t *ret)
{
	static const char suffixes[] = "KMGT";
	const char *text = cli_get(m->cli, "memory"), *suffix;
	unsigned long long v;
	unsigned shift = 0;
	char *end;

	*ret = 0;
	if (!text)
		return true;
	errno = 0;
	v = strtoull(text, &end, 0);
	suffix = *end ? strchr(suffixes, *end & ~0x20) : NULL;
	if (suffix) {
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		end++;
	}
	if (text[0] < '0' || text[0] > '9' || errno || *end || v == 0 || v > UINT64_MAX >> shift)
		return cli_misuse(m->cli, "--memory: expected a size such as 2147483648 or 2G, found '%s'",
				  text);
	*ret = v << shift;
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

int measuring_tdx_options(struct measuring *m, struct measuring_lists *lists, struct measure_tdx *ret)
{
	const char *order = cli_get(m->cli, "order");
	int status;

	*ret = (struct measure_tdx){ .acpi_tables = lists->acpi_tables,
				     .boot_entries = lists->boot_entries,
				     .efi_images = lists->efi_images };
	ret->order = order && !strcmp(order, "all-then-extend") ? MEASURE_TDX_ALL_THEN_EXTEND
								: MEASURE_TDX_PAGE_BY_PAGE;
	if (cli_has(m->cli, "kernel") && cli_has(m->cli, "efi-image"))
		return cli_fail(m->cli, CLI_USAGE, "--kernel cannot be used with --efi-image");
	if (!take_memory(m, &ret->memory_bytes))
		return CLI_USAGE;
	status = measuring_file(m, "firmware", 0, &ret->firmware);
	if (status == CLI_OK)
		status = measuring_kernel(m, &ret->kernel, &ret->initrd, &ret->append);
	if (status == CLI_OK)
		status = take_list(m, "acpi-table", lists->acpi_tables, &ret->n_acpi_tables);
	if (status == CLI_OK)
		status = measuring_file(m, "boot-order", 0, &lists->boot_order);
	if (status == CLI_OK)
		status = take_list(m, "boot-entry", lists->boot_entries, &ret->n_boot_entries);
	if (status == CLI_OK)
		status = take_list(m, "efi-image", lists->efi_images, &ret->n_efi_images);
	ret->boot_order = lists->boot_order.bytes ? &lists->boot_order : NULL;
	return status;
}

int measuring_tdx(struct measuring *m)
{
	static const char *const names[] = { "rtmr0", "rtmr1", "rtmr2" };
	static const char *const missing[] = { "--memory, --acpi-table and --boot-order",
					       "--kernel or --efi-image", "--kernel or --efi-image" };
	struct measuring_lists lists = { 0 };
	struct measure_tdx_digests digests;
	struct measure_tdx what;
	struct jurat_error err = { "" };
	int r, status = measuring_tdx_options(m, &lists, &what);

	if (status != CLI_OK)
		return status;
	r = measure_tdx(&what, &digests, &err);
	if (r < 0)
		return cli_fail(m->cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
	measuring_add(m, "mrtd", digests.mrtd, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		measuring_add(m, names[i], digests.rtmr[i], digests.has_rtmr[i] ? NULL : missing[i]);
	return CLI_OK;
}
