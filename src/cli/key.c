/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/device.h"
#include "wire/snp_msg.h"

/* The words are those of the field's bits; the last of them is of requests that this verb does not make. */
static_assert(JURAT_SNP_KEY_POLICY == 1 && JURAT_SNP_KEY_IMAGE_ID == 2 && JURAT_SNP_KEY_FAMILY_ID == 4 &&
		      JURAT_SNP_KEY_MEASUREMENT == 8 && JURAT_SNP_KEY_GUEST_SVN == 16 &&
		      JURAT_SNP_KEY_TCB_VERSION == 32,
	      "the bits of GUEST_FIELD_SELECT");

static int parse_fields(struct cli *cli, const char *list, uint64_t *ret)
{
	uint64_t bits = 0;

	while (*list) {
		size_t n = strcspn(list, ",");
		auto_free char *name = strndup(list, n);
		const struct wire_bit *bit = name ? wire_bits_find(&snp_field_select_bits, name) : NULL;

		if (!name)
			return cli_fail_memory(cli);
		if (!bit) {
			bit = wire_bits_find_old(&snp_field_select_bits, name);
			if (bit)
				cli_warn(cli,
					 "--fields: '%s' is now '%s' (the old name is accepted until 0.2)",
					 name, bit->name);
		}
		if (!bit || bit->bit == SNP_FIELD_LAUNCH_MIT_VECTOR_BIT)
			return cli_fail(cli, CLI_USAGE, "--fields: '%s' is no field (see jurat key --help)",
					name);
		bits |= UINT64_C(1) << bit->bit;
		list += n;
		if (*list == ',')
			list++;
	}
	*ret = bits;
	return CLI_OK;
}

static int parse(struct cli *cli, struct jurat_snp_key_options *o)
{
	const char *root = cli_get(cli, "root"), *list = cli_get(cli, "fields"), *tcb = cli_get(cli, "tcb");
	uint64_t vmpl, svn;
	uint8_t raw[8];

	*o = (struct jurat_snp_key_options){ .size = sizeof(*o) };
	o->root = root && !strcmp(root, "vmrk") ? JURAT_SNP_KEY_ROOT_VMRK : JURAT_SNP_KEY_ROOT_VCEK;
	if (!cli_get_number(cli, "vmpl", 3, 0, &vmpl) ||
	    !cli_get_number(cli, "guest-svn", UINT32_MAX, 0, &svn))
		return CLI_USAGE;
	o->has_vmpl = cli_has(cli, "vmpl");
	o->vmpl = (uint32_t)vmpl;
	o->guest_svn = (uint32_t)svn;
	if (tcb && !bytes_from_hex(tcb, raw, sizeof(raw)))
		return cli_fail(cli, CLI_USAGE, "--tcb wants 16 hex digits");
	for (size_t i = 0; tcb && i < sizeof(raw); i++)
		o->tcb_version = o->tcb_version << 8 | raw[i];
	return list ? parse_fields(cli, list, &o->fields) : CLI_OK;
}

/* Not by a JSON library, which would leave copies of the key in memory. `hex` NULL: it is in a file. */
static void print_json(const struct jurat_snp_key_options *o, const char *hex)
{
	printf("{%s%s%s\"bytes\": 32, \"root\": \"%s\", \"fields\": [", hex ? "\"key\": \"" : "",
	       hex ? hex : "", hex ? "\", " : "", o->root == JURAT_SNP_KEY_ROOT_VMRK ? "vmrk" : "vcek");
	for (size_t i = 0, n = 0; i < snp_field_select_bits.n_bits; i++)
		if (o->fields >> snp_field_select_bits.bits[i].bit & 1)
			printf("%s\"%s\"", n++ ? ", " : "", snp_field_select_bits.bits[i].name);
	puts("]}");
}

int cli_key(struct cli *cli)
{
	const char *out = cli_get(cli, "out");
	struct jurat_snp_key_options options;
	struct jurat_guest *guest = NULL;
	struct jurat_error err = { "" };
	uint8_t key[32] = { 0 };
	char hex[BYTES_HEX_SIZE(sizeof(key))];
	int status = parse(cli, &options), r;

	if (status == CLI_OK)
		status = cli_device_open(cli, &guest);
	if (status != CLI_OK)
		return status;
	r = jurat_guest_snp_derive_key(guest, &options, key, &err);
	bytes_to_hex(key, sizeof(key), hex);
	if (r == 0 && out)
		r = cli_write(out, key, sizeof(key), 0600, &err);
	if (r == 0 && cli_wants_json(cli) && !(out && !strcmp(out, "-")))
		print_json(&options, out ? NULL : hex);
	else if (r == 0 && !out)
		puts(hex);
	if (r < 0)
		status = cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	bytes_wipe(key, sizeof(key));
	bytes_wipe(hex, sizeof(hex));
	jurat_guest_close(guest);
	return status;
}
