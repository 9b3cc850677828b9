/* SPDX-License-Identifier: MIT */
#include "cli/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "measure/id_block.h"
#include "verify/encoding.h"

/* Spec: SNP ABI, guest policy: SMT allowed, and the bit that must be one. */
enum { DEFAULT_POLICY = 0x30000, MAX_KEY_BYTES = 16384 };

/* ---- keys */

/* Reads a file of a private key into memory that is not swapped or dumped, and leaves no other copy. */
static int read_key_file(const char *path, uint8_t *to, size_t *ret_n, struct jurat_error *err)
{
	struct base_env *env = base_env_real();
	const bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : base_open(env, path, O_RDONLY | O_CLOEXEC, 0);
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	while (n > 0 && used < MAX_KEY_BYTES) {
		n = base_read(env, fd, to + used, MAX_KEY_BYTES - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (!is_stdin)
		base_close(env, fd);
	if (n < 0)
		return jurat_fail(err, (int)n, "cannot read '%s': %s", path, strerror((int)-n));
	if (used == MAX_KEY_BYTES)
		return jurat_fail(err, -EFBIG, "'%s' is too large for a private key", path);
	*ret_n = used;
	return 0;
}

/* The key of an option; NULL without the option. CLI_OK, or another exit status after a message. */
static int take_key(const struct measuring *m, const char *option, struct crypto_ec_private **ret)
{
	const char *path = cli_get(m->cli, option);
	struct jurat_error err = { "" };
	uint8_t *file;
	size_t n = 0;
	int r;

	*ret = NULL;
	if (!path)
		return CLI_OK;
	file = base_secret_new(MAX_KEY_BYTES);
	if (!file)
		return cli_fail_memory(m->cli);
	r = read_key_file(path, file, &n, &err);
	if (r == 0) {
		r = crypto_ec_private_read(CRYPTO_P384, file, n, ret, &err);
		if (r < 0)
			r = jurat_wrap(&err, r == -EBADMSG ? -EINVAL : r, "'%s'", path);
	}
	base_secret_free(file, MAX_KEY_BYTES);
	return r < 0 ? cli_fail(m->cli, cli_status(r), "--%s: %s", option, err.text) : CLI_OK;
}

/* ---- what an ID block states */

static bool take_id(const struct measuring *m, const char *option, uint8_t ret[16])
{
	const char *text = cli_get(m->cli, option);

	if (!text || bytes_from_hex(strncmp(text, "0x", 2) ? text : text + 2, ret, 16))
		return true;
	return cli_misuse(m->cli, "--%s: expected 32 hex digits, found '%s'", option, text);
}

static bool take_block(const struct measuring *m, struct snp_id_block *ret)
{
	uint64_t svn;

	*ret = (struct snp_id_block){ .version = SNP_ID_BLOCK_VERSION };
	if (!take_id(m, "family-id", ret->family_id) || !take_id(m, "image-id", ret->image_id) ||
	    !cli_get_number(m->cli, "guest-svn", UINT32_MAX, 0, &svn) ||
	    !measuring_hex(m, "guest-policy", DEFAULT_POLICY, &ret->policy))
		return false;
	ret->guest_svn = (uint32_t)svn;
	return true;
}

static void add_keys(struct measuring *m, const struct id_block_keys *keys)
{
	measuring_add(m, "id_key_digest", keys->id_key_digest, NULL);
	if (keys->has_author_key)
		measuring_add(m, "author_key_digest", keys->author_key_digest, NULL);
}

static int fail(const struct measuring *m, int r, const struct jurat_error *err)
{
	return cli_fail(m->cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err->text);
}

/* ---- the two tasks */

static int make(struct measuring *m, const struct snp_id_block *block, const struct crypto_ec_private *id_key,
		const struct crypto_ec_private *author_key)
{
	uint8_t bytes[SNP_ID_BLOCK_BYTES], auth[SNP_ID_AUTH_BYTES];
	struct jurat_error err = { "" };
	struct id_block_keys keys;
	int r = id_block_make(block, id_key, author_key, bytes, auth, &keys, &err);

	if (r < 0)
		return fail(m, r, &err);
	r = cli_write(cli_get(m->cli, "id-block"), bytes, sizeof(bytes), 0644, &err);
	if (r == 0)
		r = cli_write(cli_get(m->cli, "id-auth"), auth, sizeof(auth), 0644, &err);
	if (r < 0)
		return cli_fail(m->cli, CLI_ENVIRONMENT, "%s", err.text);
	add_keys(m, &keys);
	return CLI_OK;
}

static int make_with_keys(struct measuring *m, const struct snp_id_block *block)
{
	struct crypto_ec_private *id_key = NULL, *author_key = NULL;
	int status;

	base_forbid_core_dumps();
	status = take_key(m, "id-key", &id_key);
	if (status == CLI_OK)
		status = take_key(m, "author-key", &author_key);
	if (status == CLI_OK)
		status = make(m, block, id_key, author_key);
	crypto_ec_private_free(author_key);
	crypto_ec_private_free(id_key);
	return status;
}

static int add_reasons(struct measuring *m, const struct id_block_result *result)
{
	json_t *reasons = json_array();

	for (size_t i = 0; i < result->n_reasons; i++)
		if (cli_add_finding(reasons, result->reasons[i].code, result->reasons[i].detail) < 0) {
			json_decref(reasons);
			return cli_fail_memory(m->cli);
		}
	if (json_object_set_new(m->json, "id_block",
				json_pack("{s:s, s:o}", "verdict", result->n_reasons ? "refused" : "accepted",
					  "reasons", reasons)) < 0)
		return cli_fail_memory(m->cli);
	return CLI_OK;
}

/* Reads a file of exactly n bytes, or of their hex or base64, as QEMU takes it. Others go on as they are. */
static int take_encoded(struct measuring *m, const char *option, uint8_t *to, size_t n,
			struct measure_bytes *ret)
{
	int status = measuring_file(m, option, 0, ret);
	auto_free char *text = NULL;
	size_t used = 0;

	if (status != CLI_OK || ret->n == n)
		return status;
	text = malloc(ret->n + 1);
	if (!text)
		return cli_fail_memory(m->cli);
	for (size_t i = 0; i < ret->n; i++)
		if (!memchr(" \t\r\n", ret->bytes[i], 4))
			text[used++] = (char)ret->bytes[i];
	if (encoding_read_bytes(text, used, to, n))
		*ret = (struct measure_bytes){ to, n };
	return CLI_OK;
}

static int check(struct measuring *m, const struct snp_id_block *block)
{
	uint8_t block_bytes[SNP_ID_BLOCK_BYTES], auth_bytes[SNP_ID_AUTH_BYTES];
	struct measure_bytes id, auth;
	const struct id_block_expected expected = {
		.measurement = block->ld,
		.family_id = cli_has(m->cli, "family-id") ? block->family_id : NULL,
		.image_id = cli_has(m->cli, "image-id") ? block->image_id : NULL,
		.guest_svn = cli_has(m->cli, "guest-svn") ? &block->guest_svn : NULL,
		.policy = cli_has(m->cli, "guest-policy") ? &block->policy : NULL,
	};
	struct jurat_error err = { "" };
	struct id_block_result result;
	int r, status = take_encoded(m, "check-id-block", block_bytes, sizeof(block_bytes), &id);

	if (status == CLI_OK)
		status = take_encoded(m, "check-id-auth", auth_bytes, sizeof(auth_bytes), &auth);
	if (status != CLI_OK)
		return status;
	r = id_block_check(id.bytes, id.n, auth.bytes, auth.n, &expected, &result, &err);
	if (r < 0)
		return fail(m, r, &err);
	add_keys(m, &result.keys);
	if (m->json && add_reasons(m, &result) != CLI_OK)
		return CLI_INTERNAL;
	for (size_t i = 0; !m->json && i < result.n_reasons; i++)
		(void)cli_fail(m->cli, CLI_REFUSED, "ID block: %s: %s", result.reasons[i].code,
			       result.reasons[i].detail);
	m->id_block_verdict = r == 0 ? "accepted" : "refused";
	return CLI_OK;
}

int measuring_id_block_options(const struct measuring *m)
{
	static const char *const makes[] = { "id-block", "id-auth", "id-key" };
	static const char *const checks[] = { "check-id-block", "check-id-auth" };
	static const char *const states[] = { "family-id", "image-id", "guest-svn", "guest-policy" };
	const char *used = NULL;
	size_t n_makes = 0, n_checks = 0;

	for (size_t i = 0; i < ARRAY_SIZE(makes); i++)
		n_makes += cli_has(m->cli, makes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		n_checks += cli_has(m->cli, checks[i]);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		used = cli_has(m->cli, states[i]) ? states[i] : used;
	if (n_makes > 0 && n_makes < ARRAY_SIZE(makes))
		return cli_fail(m->cli, CLI_USAGE,
				"--id-block, --id-auth and --id-key must be used together");
	if (n_checks > 0 && n_checks < ARRAY_SIZE(checks))
		return cli_fail(m->cli, CLI_USAGE,
				"--check-id-block and --check-id-auth must be used together");
	if (n_makes > 0 && n_checks > 0)
		return cli_fail(m->cli, CLI_USAGE, "--check-id-block cannot be used with --id-block");
	if (cli_has(m->cli, "author-key") && n_makes == 0)
		return cli_fail(m->cli, CLI_USAGE, "--author-key requires --id-block");
	if (used && n_makes == 0 && n_checks == 0)
		return cli_fail(m->cli, CLI_USAGE, "--%s requires --id-block or --check-id-block", used);
	if (n_makes > 0 && !strcmp(cli_get(m->cli, "id-block"), "-"))
		return cli_fail(m->cli, CLI_USAGE, "--id-block: expected a file, found standard output");
	if (n_makes > 0 && !strcmp(cli_get(m->cli, "id-auth"), "-"))
		return cli_fail(m->cli, CLI_USAGE, "--id-auth: expected a file, found standard output");
	return CLI_OK;
}

int measuring_id_block(struct measuring *m, const uint8_t digest[MEASURE_DIGEST_BYTES])
{
	struct snp_id_block block;

	if (!cli_has(m->cli, "id-block") && !cli_has(m->cli, "check-id-block"))
		return CLI_OK;
	if (!take_block(m, &block))
		return CLI_USAGE;
	memcpy(block.ld, digest, sizeof(block.ld));
	return cli_has(m->cli, "id-block") ? make_with_keys(m, &block) : check(m, &block);
}
