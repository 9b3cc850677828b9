/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "base/secret.h"
#include "cli/device.h"
#include "wire/snp_msg.h"

/* The names are those of the field's bits; the last bit is for requests that this verb does not make. */
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
			return cli_fail(cli, CLI_USAGE, "--fields: unknown field '%s' (see jurat key --help)",
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
		return cli_fail(cli, CLI_USAGE, "--tcb: expected 16 hex digits");
	for (size_t i = 0; tcb && i < sizeof(raw); i++)
		o->tcb_version = o->tcb_version << 8 | raw[i];
	return list ? parse_fields(cli, list, &o->fields) : CLI_OK;
}

/* Secrets, in memory that is excluded from core dumps and swapping. */
struct secret {
	uint8_t key[32];
	char hex[BYTES_HEX_SIZE(32)];
};

/* Writes without stdio, whose buffer would keep a copy. */
static int put(const void *bytes, size_t n, struct jurat_error *err)
{
	const char *p = bytes;

	if (fflush(stdout) != 0)
		return jurat_fail(err, -EIO, "cannot write to standard output");
	while (n > 0) {
		ssize_t r = base_write(base_env_real(), STDOUT_FILENO, p, n);

		if (r <= 0)
			return jurat_fail(err, r < 0 ? (int)r : -EIO, "cannot write to standard output");
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/*
 * Not written with a JSON library, which would leave copies of the key in memory. `hex` NULL: the key is in a
 * file.
 */
static int print_json(const struct jurat_snp_key_options *o, const char *hex, struct jurat_error *err)
{
	int r = 0;

	printf("{");
	if (hex) {
		printf("\"key\": \"");
		r = put(hex, strlen(hex), err);
		printf("\", ");
	}
	printf("\"bytes\": 32, \"root\": \"%s\", \"fields\": [",
	       o->root == JURAT_SNP_KEY_ROOT_VMRK ? "vmrk" : "vcek");
	for (size_t i = 0, n = 0; i < snp_field_select_bits.n_bits; i++)
		if (o->fields >> snp_field_select_bits.bits[i].bit & 1)
			printf("%s\"%s\"", n++ ? ", " : "", snp_field_select_bits.bits[i].name);
	puts("]}");
	return r;
}

static int give_out(struct cli *cli, const struct jurat_snp_key_options *options, const struct secret *s,
		    struct jurat_error *err)
{
	const char *out = cli_get(cli, "out");
	const bool on_stdout = out && !strcmp(out, "-");
	int r = 0;

	if (on_stdout)
		return put(s->key, sizeof(s->key), err);
	if (out)
		r = cli_write(out, s->key, sizeof(s->key), 0600, err);
	if (r == 0 && cli_wants_json(cli))
		return print_json(options, out ? NULL : s->hex, err);
	if (r == 0 && !out)
		r = put(s->hex, strlen(s->hex), err);
	if (r == 0 && !out)
		putchar('\n');
	return r;
}

int cli_key(struct cli *cli)
{
	struct jurat_snp_key_options options;
	struct jurat_guest *guest = NULL;
	struct jurat_error err = { "" };
	struct secret *s;
	int status = parse(cli, &options), r;

	base_forbid_core_dumps();
	if (status == CLI_OK)
		status = cli_device_open(cli, &guest);
	if (status != CLI_OK)
		return status;
	s = base_secret_new(sizeof(*s));
	r = s ? jurat_guest_snp_derive_key(guest, &options, s->key, &err) : jurat_fail_memory(&err);
	if (r == 0) {
		bytes_to_hex(s->key, sizeof(s->key), s->hex);
		r = give_out(cli, &options, s, &err);
	}
	if (r < 0)
		status = cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	base_secret_free(s, sizeof(*s));
	jurat_guest_close(guest);
	return status;
}
