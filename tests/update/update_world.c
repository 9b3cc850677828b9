/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "update/update_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/x509.h"
#include "sim/psp/sev_driver.h"
#include "uapi/sev.h"
#include "verify/snp_fits.h"
#include "wire/snp_certs.h"

static struct update_world *self(struct base_env *env)
{
	return (struct update_world *)env;
}

/* The device is /dev/null, which nothing else here opens. */
static bool is_device(int fd)
{
	struct stat st, null;

	return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == null.st_rdev;
}

static int w_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct update_world *w = self(env);
	int fd;

	if (strcmp(path, "/dev/sev") != 0)
		return base_open(base_env_real(), path, flags, mode);
	fd = base_open(base_env_real(), "/dev/null", flags, 0);
	w->open_devices += fd >= 0;
	return fd;
}

static int w_close(struct base_env *env, int fd)
{
	self(env)->open_devices -= is_device(fd);
	return base_close(base_env_real(), fd);
}

/* What SNP_PLATFORM_STATUS has answered, or what it is made to show. */
static void show(struct update_world *w, const struct sev_issue_cmd *command)
{
	if (w->shows == 0)
		return;
	if (w->shows_after > 0) {
		w->shows_after--;
		return;
	}
	wire_write(&snp_platform_status_layout, &w->shown, (uint8_t *)(uintptr_t)command->data);
	w->shows -= w->shows != WORLD_STAYS;
	if (w->shows == 0)
		w->source_fails = w->fails_after_shown;
}

int world_ioctl(struct update_world *w, bool writable, unsigned long request, void *arg)
{
	struct sev_issue_cmd command;
	struct world_answer *answer;
	int r = 0;

	assert_int_equal(request, UAPI_SEV_ISSUE_CMD);
	assert_int_equal(wire_read(&sev_issue_cmd_layout, arg, SEV_ISSUE_CMD_BYTES, &command, NULL), 0);
	assert_true(command.cmd < SEV_CMD_MAX);
	assert_int_equal(command.error, 0); /* the driver does not reset it */
	if (command.cmd >= SEV_CMD_SNP_COMMIT) {
		assert_true(writable); /* B16 */
		w->commands++;
		w->answers[SEV_CMD_SNP_PLATFORM_STATUS] =
			(struct world_answer){ .r = -EBUSY, .times = w->hide_after_command };
	}
	answer = &w->answers[command.cmd];
	if (answer->times == 0 || answer->executes) {
		r = sim_sev_ioctl(w->psp, writable, request, arg);
		assert_true(r == 0 || r == -EIO);
		if (command.cmd == SEV_CMD_SNP_PLATFORM_STATUS)
			show(w, &command);
	}
	if (answer->times > 0) {
		r = answer->r;
		command.error = answer->error;
		answer->times -= answer->times != WORLD_STAYS;
		wire_write(&sev_issue_cmd_layout, &command, arg);
	}
	return r;
}

static int w_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	assert_true(is_device(fd));
	return world_ioctl(self(env), (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR, request, arg);
}

int64_t world_time(const struct update_world *w)
{
	return sim_pki_not_before(w->pki) + 86400;
}

/* The source: values of the software platform's KDS, made once. */

static bool same_item(const struct endorse_item *a, const struct endorse_item *b)
{
	char x[ENDORSE_TEXT_BYTES], y[ENDORSE_TEXT_BYTES];

	endorse_item_name(a, x, sizeof(x));
	endorse_item_name(b, y, sizeof(y));
	return strcmp(x, y) == 0;
}

static void make_chain(struct update_world *w, enum sim_ca intermediate, struct endorse_value *ret)
{
	const enum sim_ca cas[] = { intermediate, SIM_ARK };
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	for (size_t i = 0; i < ARRAY_SIZE(cas); i++) {
		const uint8_t *der;
		size_t n;

		assert_int_equal(sim_pki_ca(w->pki, w->product, cas[i], &der, &n, NULL), 0);
		crypto_pem_write(to, der, n);
	}
	fclose(to);
	ret->body = (uint8_t *)text;
	ret->size = size;
}

static void make_value(struct update_world *w, const struct endorse_item *item, struct endorse_value *ret)
{
	uint8_t der[SIM_CERT_MAX_BYTES], hwid[64];
	size_t n = 0;

	if (item->kind == ENDORSE_VCEK_CHAIN || item->kind == ENDORSE_VLEK_CHAIN) {
		make_chain(w, item->kind == ENDORSE_VCEK_CHAIN ? SIM_ASK : SIM_ASVK, ret);
		return;
	}
	if (item->kind == ENDORSE_VCEK) {
		sim_psp_hwid(w->psp, hwid);
		assert_memory_equal(item->chip_id, hwid, sizeof(hwid));
		assert_int_equal(
			sim_kds_vcek(w->psp, w->pki, snp_tcb_write(w->product, &item->tcb), der, &n, NULL),
			0);
	} else {
		assert_int_equal(sim_pki_crl(w->pki, w->product, false, false, der, &n, NULL), 0);
	}
	ret->body = heap_copy(der, n);
	ret->size = n;
}

static int get(void *ctx, const struct endorse_item *item, struct endorse_value *ret, struct jurat_error *err)
{
	struct update_world *w = ctx;
	const struct endorse_value *value;
	size_t i = 0;

	w->asked++;
	if (w->source_fails) {
		if (err)
			TEXT(err->text, "the source fails, at such length that the end is cut: %0250d", 0);
		return w->source_fails;
	}
	while (i < w->n_values && !same_item(&w->values[i].item, item))
		i++;
	if (i == w->n_values) {
		assert_true(i < WORLD_MAX_VALUES);
		w->values[i].item = *item;
		make_value(w, item, &w->values[i].value);
		w->n_values++;
	}
	value = &w->values[i].value;
	*ret = (struct endorse_value){ .body = heap_copy(value->body, value->size), .size = value->size };
	if (w->alter)
		w->alter(w, item, ret);
	if (w->after_get) {
		w->after_get(w);
		w->after_get = NULL;
	}
	return 0;
}

static void logged(void *ctx, const struct update_event *e)
{
	struct update_world *w = ctx;

	struct bytes_wr line = bytes_wr(w->log[w->n_log], sizeof(w->log[0]) - 1);

	if (w->n_log == ARRAY_SIZE(w->log) - 1)
		return;
	bytes_wr_copy(&line, e->text, strnlen(e->text, sizeof(w->log[0]) - 1));
	w->log_ns[w->n_log] = e->at_ns;
	w->log[w->n_log++][line.off] = '\0';
}

const char *world_logged(const struct update_world *w, const char *part)
{
	for (unsigned i = 0; i < w->n_log; i++)
		if (strstr(w->log[i], part))
			return w->log[i];
	return NULL;
}

uint64_t world_logged_ns(const struct update_world *w, const char *part, bool last)
{
	const uint64_t *found = NULL;

	for (unsigned i = 0; i < w->n_log; i++)
		if (strstr(w->log[i], part) && (!found || last))
			found = &w->log_ns[i];
	assert_non_null(found);
	return *found;
}

uint64_t world_lower_tcb(const struct update_world *w, unsigned component)
{
	struct snp_platform_status s;
	struct snp_tcb tcb;

	assert_int_equal(sim_psp_platform_status(w->psp, &s), SNP_SUCCESS);
	assert_true(snp_tcb_read(w->product, s.current_tcb, &tcb));
	assert_true(snp_tcb_get(&tcb, component) > 0);
	*snp_tcb_component(&tcb, snp_tcb_component_name(component)) -= 1;
	return snp_tcb_write(w->product, &tcb);
}

static void load_newer(struct update_world *w)
{
	struct snp_platform_status s;
	struct snp_tcb tcb;

	assert_int_equal(sim_psp_platform_status(w->psp, &s), SNP_SUCCESS);
	assert_true(snp_tcb_read(w->product, s.current_tcb, &tcb));
	tcb.snp++;
	assert_int_equal(sim_psp_download_firmware(w->psp, snp_tcb_write(w->product, &tcb), false),
			 SNP_SUCCESS);
}

static void trust(struct update_world *w)
{
	struct update_source *source = &w->options.source;
	const uint8_t *ark;
	size_t n;

	assert_int_equal(sim_pki_ca(w->pki, w->product, SIM_ARK, &ark, &n, NULL), 0);
	assert_int_equal(jurat_verifier_new(&source->verifier, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(source->verifier, ark, n, NULL), 0);
	assert_int_equal(endorse_checker_new(&source->checker, NULL), 0);
	assert_int_equal(endorse_checker_add_roots(source->checker, ark, n, NULL), 0);
	source->get = get;
	source->ctx = w;
	source->at = world_time(w);
}

struct update_world *world_new(enum snp_product product, bool newer)
{
	const struct sim_psp_options psp = { .product = product };
	struct update_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->ops = *base_env_real()->ops;
	w->ops.open = w_open;
	w->ops.close = w_close;
	w->ops.ioctl = w_ioctl;
	w->env.ops = &w->ops;
	w->product = product;
	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &w->pki, NULL), 0);
	assert_int_equal(sim_psp_new(&psp, &w->psp, NULL), 0);
	if (newer)
		load_newer(w);
	TEXT(w->dir, "%s/jurat-update-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	TEXT(w->path, "%s/blob", w->dir);
	w->options = (struct update_options){ .device = "/dev/sev",
					      .blob = w->path,
					      .product = product,
					      .store.wait_ns = WORLD_WAIT_NS,
					      .event = logged,
					      .event_ctx = w };
	trust(w);
	return w;
}

void world_free(struct update_world *w)
{
	static const char *const suffixes[] = { "", STORE_SUFFIXES };
	char name[96];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", w->path, suffixes[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(w->dir), 0);
	for (size_t i = 0; i < w->n_values; i++)
		endorse_value_done(&w->values[i].value);
	endorse_checker_free(w->options.source.checker);
	jurat_verifier_free(w->options.source.verifier);
	sim_psp_free(w->psp);
	sim_pki_free(w->pki);
	free(w);
}

int world_update(struct update_world *w, struct base_env *env, const struct update_request *request)
{
	w->n_log = w->commands = w->asked = 0;
	w->err.text[0] = '\0';
	w->options.env = env ? env : &w->env;
	return update_run(&w->options, request, &w->result, &w->err);
}

struct update_signing world_signing(struct update_world *w)
{
	struct snp_platform_status s;

	assert_int_equal(sim_psp_platform_status(w->psp, &s), SNP_SUCCESS);
	return update_signing_of(&s);
}

enum world_table world_table(struct update_world *w)
{
	struct update_signing now = world_signing(w);
	struct snp_signer signer = { .product = w->product,
				     .vlek = now.flags & SNP_STATUS_VLEK_EN,
				     .reported_tcb = now.reported_tcb };
	auto_free uint8_t *table = NULL;
	struct store_reader r;
	struct snp_certs certs;
	size_t n;
	int e;

	store_reader_init(&r, NULL, w->path);
	e = store_lock(&r, 0, NULL);
	if (e == JURAT_NOT_FOUND)
		return WORLD_ABSENT;
	assert_int_equal(e, 0); /* no lock is left */
	n = (size_t)r.size;
	table = malloc(n + 1);
	assert_int_equal(store_read(&r, table, n, 0, NULL), 0);
	store_reader_done(&r);
	sim_psp_hwid(w->psp, signer.chip_id);
	if (snp_certs_read(table, n, &certs, NULL) == 0 && certs.n == 0)
		return WORLD_EMPTY;
	e = snp_table_fits(w->options.source.verifier, &signer, table, n, world_time(w), NULL, NULL);
	assert_true(e >= 0);
	return e == 0 ? WORLD_FITS : WORLD_DISAGREES;
}

/*
 * What the texts of failures have after what was done; those of a table that was not changed have nothing to
 * say.
 */
static const char *const outcomes[] = {
	[UPDATE_TABLE_OLD] = "",
	[UPDATE_TABLE_EMPTY] = "the empty table is in place",
	[UPDATE_TABLE_NEW] = "the certificates of the firmware's present key are in place: ",
	[UPDATE_TABLE_NONE] = "no table is in place: guests get no certificates: ",
};

/*
 * The text of a failure without its first words, which must say whether anything was changed. NULL: they do
 * not
 */
static const char *after_what_was_done(struct update_world *w)
{
	static const char *const nothing = "nothing was changed";
	const struct update_result *is = &w->result;
	const char *text = w->err.text, *rest;

	if (!is->issued && is->store.left == STORE_LEFT_OLD && strncmp(text, nothing, strlen(nothing)) != 0)
		return NULL;
	if (is->executed == UPDATE_EXECUTED && !strstr(text, " was done"))
		return NULL;
	if (is->executed == UPDATE_EXECUTED_UNKNOWN && !strstr(text, " was done is unknown"))
		return NULL;
	if (is->issued && is->executed == UPDATE_NOT_EXECUTED &&
	    !strstr(text, is->store.left == STORE_LEFT_OLD ? nothing : " changed nothing, and "))
		return NULL;
	if (!strncmp(text, "the empty table", 15) ||
	    !strncmp(text, "the certificates of", 19)) /* without a command */
		return text;
	rest = strstr(text, ", and ");
	return rest ? rest + 6 : text;
}

void world_assert_outcome(struct update_world *w, int r, bool unreadable)
{
	enum update_table said = w->result.table;
	enum world_table table = world_table(w);
	bool fits = table == WORLD_ABSENT  ? said == UPDATE_TABLE_NONE
		    : table == WORLD_EMPTY ? said == UPDATE_TABLE_EMPTY
					   : said == UPDATE_TABLE_OLD || said == UPDATE_TABLE_NEW;

	if (said == UPDATE_TABLE_UNKNOWN && unreadable)
		return;
	if (r != 0 && !w->options.dry_run) {
		const char *rest = after_what_was_done(w);

		fits = fits && rest && strncmp(rest, outcomes[said], strlen(outcomes[said])) == 0;
	}
	if (!fits)
		FAIL_BECAUSE("%d, table %d, but said to be %d: %s", r, table, said, w->err.text);
}

bool world_beside(const struct update_world *w, const char *suffix)
{
	char name[96];

	TEXT(name, "%s%s", w->path, suffix);
	return access(name, F_OK) == 0;
}

void world_put(struct update_world *w, const void *table, size_t n)
{
	int fd = open(w->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, table, n) == (ssize_t)n);
	close(fd);
}

void world_heal(struct update_world *w)
{
	memset(w->answers, 0, sizeof(w->answers));
	w->shows = w->hide_after_command = 0;
	w->source_fails = w->fails_after_shown = 0;
	w->alter = NULL;
}
