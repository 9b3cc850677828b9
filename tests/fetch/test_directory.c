/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/x509.h"
#include "fetch/content.h"
#include "fetch/directory.h"
#include "sim/pki/pki.h"
#include "support/fault_env.h"

/* A directory with what a source may have; the tests do not change it. */
static char dir[] = "/tmp/jurat-fetch-XXXXXX";
static struct sim_pki *pki;
static const uint8_t *ask, *ark;
static size_t ask_size, ark_size;

static const struct endorse_item vcek = { .kind = ENDORSE_VCEK,
					  .product = SNP_MILAN,
					  .chip_id = { 0xab, 0xcd },
					  .tcb = { .boot_loader = 3, .snp = 8, .microcode = 115 } };
static const struct endorse_item chain = { .kind = ENDORSE_VCEK_CHAIN, .product = SNP_MILAN };
static const struct endorse_item tcb_info = { .kind = ENDORSE_TCB_INFO, .tee = ENDORSE_TDX };
static const struct endorse_item root_crl = { .kind = ENDORSE_ROOT_CRL };
static const struct endorse_item identity = { .kind = ENDORSE_QE_IDENTITY, .tee = ENDORSE_TDX };

static const char body[] = "{\"tcbInfo\":{},\"signature\":\"00\"}", pem[] = "a chain";

static void put(const char *name, const void *bytes, size_t n)
{
	char path[1024];
	int fd;

	TEXT(path, "%s/%s", dir, name);
	for (char *slash = strchr(path + strlen(dir) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static void put_item(const struct endorse_item *item, const void *bytes, size_t n)
{
	char name[ENDORSE_TEXT_BYTES];

	assert_true(endorse_item_file(item, name, sizeof(name)) < sizeof(name));
	put(name, bytes, n);
}

static int make_world(void **state)
{
	struct endorse_value value = { .body = heap_copy(body, sizeof(body) - 1),
				       .size = sizeof(body) - 1,
				       .issuer_chain = strdup(pem) };
	auto_free uint8_t *packed = NULL;
	size_t n;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(sim_pki_new("directory", &pki, NULL), 0);
	assert_int_equal(sim_pki_ca(pki, SNP_MILAN, SIM_ASK, &ask, &ask_size, NULL), 0);
	assert_int_equal(sim_pki_ca(pki, SNP_MILAN, SIM_ARK, &ark, &ark_size, NULL), 0);
	put("ask.der", ask, ask_size);
	put("ark.der", ark, ark_size);
	put_item(&vcek, "vcek", 4);
	assert_int_equal(endorse_value_pack(&value, 0, &packed, &n, NULL), 0);
	put_item(&tcb_info, packed, n);
	put_item(&root_crl, packed, n - 1); /* cut off */
	endorse_value_done(&value);
	return 0;
}

static int remove_world(void **state)
{
	char command[1024];
	const struct endorse_item *const items[] = { &vcek, &tcb_info, &root_crl };

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		char name[ENDORSE_TEXT_BYTES];

		endorse_item_file(items[i], name, sizeof(name));
		TEXT(command, "%s/%s", dir, name);
		unlink(command);
		for (char *slash = strrchr(command, '/'); slash > command + strlen(dir);
		     slash = strrchr(command, '/')) {
			*slash = '\0';
			rmdir(command);
		}
	}
	TEXT(command, "%s/ask.der", dir);
	unlink(command);
	TEXT(command, "%s/ark.der", dir);
	unlink(command);
	sim_pki_free(pki);
	return rmdir(dir);
}

/* Opens the directory in an environment and gets one value. */
static int get(struct base_env *env, const struct endorse_item *item, size_t n, struct endorse_value *ret,
	       struct jurat_error *err)
{
	struct fetch_directory *directory = NULL;
	int r = fetch_directory_new(env, dir, &directory, err);

	if (r == 0)
		r = fetch_directory_get(directory, item, n, ret, err);
	fetch_directory_free(directory);
	return r;
}

static void assert_value(const struct endorse_item *item, const struct endorse_value *value)
{
	uint8_t *der = NULL;
	size_t off = 0, n;
	char label[32];

	switch (item->kind) {
	case ENDORSE_VCEK:
		assert_int_equal(value->size, 4);
		assert_memory_equal(value->body, "vcek", 4);
		assert_null(value->issuer_chain);
		break;
	case ENDORSE_TCB_INFO:
		assert_int_equal(value->size, sizeof(body) - 1);
		assert_memory_equal(value->body, body, value->size);
		assert_string_equal(value->issuer_chain, pem);
		break;
	default:
		assert_int_equal(crypto_pem_next(value->body, value->size, &off, label, &der, &n, NULL), 0);
		assert_int_equal(n, ask_size);
		assert_memory_equal(der, ask, n);
		free(der);
		assert_int_equal(crypto_pem_next(value->body, value->size, &off, label, &der, &n, NULL), 0);
		assert_int_equal(n, ark_size);
		assert_memory_equal(der, ark, n);
		free(der);
		assert_int_equal(crypto_pem_next(value->body, value->size, &off, label, &der, &n, NULL),
				 JURAT_NOT_FOUND);
	}
}

static const struct endorse_item *const there[] = { &vcek, &chain, &tcb_info };

static void what_is_there_is_found_once(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		struct endorse_value value = { .body = NULL };
		struct jurat_error err = { "" };

		assert_int_equal(get(base_env_real(), there[i], 0, &value, &err), 0);
		assert_value(there[i], &value);
		endorse_value_done(&value);
		assert_int_equal(get(base_env_real(), there[i], 1, &value, &err), JURAT_NOT_FOUND);
		assert_non_null(strstr(err.text, dir));
		assert_null(value.body);
	}
}

static void what_is_not_there_is_not_found_and_what_is_malformed_is_named(void **state)
{
	struct endorse_value value = { .body = NULL };
	struct endorse_item other = vcek;
	struct jurat_error err = { "" };

	assert_int_equal(get(base_env_real(), &identity, 0, &value, &err), JURAT_NOT_FOUND);
	assert_non_null(strstr(err.text, "qe-identity:tdx:standard"));
	other.tcb.snp++;
	assert_int_equal(get(base_env_real(), &other, 0, &value, &err), JURAT_NOT_FOUND);
	assert_int_equal(get(base_env_real(), &root_crl, 0, &value, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "root-crl"));
	assert_null(value.body);
}

static void whatever_call_fails_the_value_is_whole_or_there_is_an_error(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(there); i++)
		for (unsigned k = 1;; k++) {
			struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);
			struct endorse_value value = { .body = NULL };
			struct jurat_error err = { "" };
			int r = get(&env.base, there[i], 0, &value, &err);

			if (!env.fired) {
				assert_int_equal(r, 0);
				assert_value(there[i], &value);
				endorse_value_done(&value);
				break;
			}
			if (r == 0) /* such as close() */
				assert_value(there[i], &value);
			else
				assert_true(r < 0 && err.text[0] && !value.body);
			endorse_value_done(&value);
		}
}

static int attempt_directory(void *ctx)
{
	struct endorse_value value = { .body = NULL };
	struct jurat_error err = { "" };
	int r;

	fail_memory_resume();
	r = get(base_env_real(), ctx, 0, &value, &err);
	fail_memory_pause();
	if (r == 0)
		assert_value(ctx, &value);
	else
		assert_null(value.body);
	endorse_value_done(&value);
	return r;
}

static void a_failed_allocation_is_an_error_and_leaves_nothing(void **state)
{
	static struct endorse_item items[3];

	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		items[i] = *there[i];
		assert_true(fail_memory_each(attempt_directory, &items[i]) >= 3);
	}
}

static int attempt_content(void *ctx)
{
	static const char hex[] = "3000";
	const struct endorse_item *item = ctx;
	struct http_answer answer = { .status = 200,
				      .body = heap_copy(hex, 4),
				      .size = 4,
				      .type = "application/octet-stream",
				      .header = strdup("a%20b") };
	struct endorse_value value = { .body = NULL };
	struct jurat_error err = { "" };
	int r;

	fail_memory_resume();
	r = fetch_take_content(item, &answer, &value, &err);
	fail_memory_pause();
	if (r == 0 && endorse_chain_header(item))
		assert_string_equal(value.issuer_chain, "a b");
	assert_true(r == 0 ? value.body && !answer.body : !value.body && !value.issuer_chain && err.text[0]);
	endorse_value_done(&value);
	http_answer_done(&answer);
	return r;
}

static void content_is_taken_whole_or_not_at_all(void **state)
{
	struct endorse_item info = tcb_info, crl = { .kind = ENDORSE_PCK_CRL };

	assert_true(fail_memory_each(attempt_content, &info) >= 1);
	assert_true(fail_memory_each(attempt_content, &crl) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_found_once),
		cmocka_unit_test(what_is_not_there_is_not_found_and_what_is_malformed_is_named),
		cmocka_unit_test(whatever_call_fails_the_value_is_whole_or_there_is_an_error),
		cmocka_unit_test(a_failed_allocation_is_an_error_and_leaves_nothing),
		cmocka_unit_test(content_is_taken_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("fetch_directory", tests, make_world, remove_world);
}
