/* SPDX-License-Identifier: MIT */
#include "cli/vmm_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "host/host.h"
#include "store/store.h"
#include "wire/snp_certs.h"

enum { PAGE = 4096, CONNECT_MS = 1000 };
static const char unix_prefix[] = "unix:";

/* ---- options to the environment */

/* "DIR/PATH" for a relative path; the caller frees it. NULL: no memory, or no working directory. */
static char *make_absolute(const char *prefix, const char *path)
{
	auto_free char *directory = *path == '/' ? NULL : getcwd(NULL, 0);
	char *text;

	if (*path != '/' && !directory)
		return NULL;
	if (asprintf(&text, "%s%s%s%s", prefix, directory ? directory : "", directory ? "/" : "", path) < 0)
		return NULL;
	return text;
}

static int put(struct cli *cli, const char *variable, const char *prefix, const char *path)
{
	auto_free char *text = make_absolute(prefix, path);

	if (!text || setenv(variable, text, 1) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot set %s: %s", variable, strerror(errno));
	return CLI_OK;
}

/* An option that is not used leaves its variable as it is. An empty value would mean that it is not set. */
static int put_path(struct cli *cli, const char *option, const char *variable)
{
	const char *value = cli_get(cli, option);

	if (!value)
		return CLI_OK;
	if (!*value)
		return cli_fail(cli, CLI_USAGE, "--%s: expected a file name, found nothing", option);
	return put(cli, variable, "", value);
}

static int put_service(struct cli *cli)
{
	const char *value = cli_get(cli, "quoting-service");
	const size_t n = strlen(unix_prefix);
	struct base_address address;
	struct jurat_error err = { "" };

	if (!value)
		return CLI_OK;
	if (base_address_read(value, &address, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--quoting-service: %s", err.text);
	if (!strncmp(value, unix_prefix, n))
		return put(cli, VMM_ENV_QUOTING_SERVICE, unix_prefix, value + n);
	return setenv(VMM_ENV_QUOTING_SERVICE, value, 1) < 0 ? cli_fail_memory(cli) : CLI_OK;
}

static int put_number(struct cli *cli, const char *option, const char *variable, unsigned min, unsigned max)
{
	char text[16];
	uint64_t v;

	if (!cli_has(cli, option))
		return CLI_OK;
	if (!cli_get_number(cli, option, max, 0, &v))
		return CLI_USAGE;
	if (v < min)
		return cli_fail(cli, CLI_USAGE, "--%s: expected a number from %u to %u, found %u", option,
				min, max, (unsigned)v);
	snprintf(text, sizeof(text), "%u", (unsigned)v);
	return setenv(variable, text, 1) < 0 ? cli_fail_memory(cli) : CLI_OK;
}

int cli_vmm_settings(struct cli *cli, struct vmm_settings *ret)
{
	const char *certs = cli_getenv("JURAT_CERTS");
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (certs && !cli_getenv(VMM_ENV_CERTS))
		status = put(cli, VMM_ENV_CERTS, "", certs);
	if (status == CLI_OK)
		status = put_path(cli, "certs", VMM_ENV_CERTS);
	if (status == CLI_OK)
		status = put_service(cli);
	if (status == CLI_OK)
		status = put_number(cli, "grace-ms", VMM_ENV_GRACE_MS, 0, VMM_GRACE_MAX_MS);
	if (status == CLI_OK)
		status = put_number(cli, "lock-wait-ms", VMM_ENV_LOCK_WAIT_MS, 1, VMM_LOCK_WAIT_MAX_MS);
	if (status == CLI_OK)
		status = put_path(cli, "log", VMM_ENV_LOG);
	if (status == CLI_OK && cli_has(cli, "defer") && setenv(VMM_ENV_DEFER, "1", 1) < 0)
		status = cli_fail_memory(cli);
	if (status == CLI_OK && vmm_settings_read(ret, &err) < 0)
		status = cli_fail(cli, CLI_USAGE, "%s", err.text);
	if (status == CLI_OK && !ret->certs && !ret->quoting_service)
		status = cli_fail(cli, CLI_USAGE,
				  "nothing to serve: expected --certs, --quoting-service or both");
	return status;
}

/* ---- the certificates, by a request like those of guests */

struct table {
	uint8_t bytes[STORE_MAX_BYTES];
};

static int write_table(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct table *to = context;
	struct bytes_wr w = bytes_wr(to->bytes, sizeof(to->bytes));

	if (gpa > sizeof(to->bytes))
		return -EFAULT;
	w.off = (size_t)gpa;
	bytes_wr_copy(&w, from, n);
	return w.bad ? -EFAULT : 0;
}

/* ", vcek, ask, ark": what the table has. */
static void print_table(const struct table *table)
{
	static struct snp_certs certs;

	if (snp_certs_read_any(table->bytes, sizeof(table->bytes), &certs, NULL) < 0)
		return;
	if (certs.n == 0)
		fputs(", which is empty", stderr);
	for (unsigned i = 0; i < certs.n; i++)
		fprintf(stderr, "%s%s", i ? ", " : ": ", snp_cert_name(certs.entries[i].kind));
}

/* 0; -errno */
static int request_table(const struct vmm_settings *settings, struct table *table, uint64_t *ret_answer,
			 struct jurat_error *err)
{
	const struct jurat_guest_memory memory = { .size = sizeof(memory),
						   .write = write_table,
						   .context = table };
	const struct jurat_snp_certs_options options = { .size = sizeof(options),
							 .lock_wait_ms = settings->lock_wait_ms };
	struct jurat_snp_request *request = NULL;
	struct jurat_snp_certs *certs = NULL;
	uint64_t npages;
	int r = jurat_snp_certs_new(settings->certs, &options, &certs, err);

	if (r == 0)
		r = jurat_snp_request_new(certs, &request, err);
	if (r == 0)
		r = jurat_snp_request_serve(request, 0, STORE_MAX_BYTES / PAGE, &memory, ret_answer, &npages,
					    err);
	jurat_snp_request_free(request);
	jurat_snp_certs_free(certs);
	return r;
}

static int check_certs(struct cli *cli, const struct vmm_settings *settings)
{
	auto_free struct table *table = calloc(1, sizeof(*table));
	struct jurat_error err = { "" };
	uint64_t answer = 0;
	int r;

	if (!table)
		return cli_fail_memory(cli);
	r = request_table(settings, table, &answer, &err);
	if (r < 0 || (answer != 0 && answer != EAGAIN))
		return cli_fail(cli, r < 0 ? cli_status(r) : CLI_ENVIRONMENT, "certificates: %s", err.text);
	fprintf(stderr, "jurat vmm: SEV-SNP: certificates of '%s'", settings->certs);
	if (answer == 0 && access(settings->certs, F_OK) == 0)
		print_table(table);
	fputs(settings->defer ? ", unless the VMM asks for these exits itself\n" : "\n", stderr);
	if (answer == EAGAIN)
		cli_warn(cli, "certificates: %s: guests try again after 2 s", err.text);
	else if (access(settings->certs, F_OK) < 0)
		cli_warn(cli, "certificates: '%s': %s: guests get an empty table until it exists",
			 settings->certs, strerror(errno));
	return CLI_OK;
}

/* ---- the service */

static int connect_to(const char *service)
{
	struct base_env *env = base_env_real();
	int fd = base_connect(env, service), r;

	if (fd < 0)
		return fd == -EAGAIN ? 0 : fd; /* its backlog is full: it listens */
	r = base_wait(env, fd, BASE_WRITE, CONNECT_MS * 1000000ull);
	r = r == 0 ? -ETIMEDOUT : r > 0 ? base_connected(env, fd) : r;
	base_close(env, fd);
	return r;
}

static void check_service(struct cli *cli, const struct vmm_settings *settings)
{
	int r = settings->defer ? 0 : connect_to(settings->quoting_service);

	if (settings->defer) {
		fputs("jurat vmm: TDX: left to the VMM (--defer)\n", stderr);
		return;
	}
	fprintf(stderr, "jurat vmm: TDX: quotes of '%s'\n", settings->quoting_service);
	if (r < 0)
		cli_warn(cli, "quoting service: '%s': %s: guests get no quotes until it listens",
			 settings->quoting_service, strerror(-r));
}

/* As the library opens it: for each line. */
static int check_log(struct cli *cli, const struct vmm_settings *settings)
{
	auto_close int fd = -1;

	fd = open(settings->log,
		  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640);
	if (fd < 0 && errno != ENXIO) /* a FIFO without a reader */
		return cli_fail(cli, CLI_ENVIRONMENT, "log '%s': %s%s", settings->log, strerror(errno),
				errno == ELOOP ? " (expected no symbolic link)" : "");
	return CLI_OK;
}

int cli_vmm_check(struct cli *cli, const struct vmm_settings *settings)
{
	int status = settings->log ? check_log(cli, settings) : CLI_OK;

	if (status == CLI_OK && settings->certs)
		status = check_certs(cli, settings);
	if (status == CLI_OK && settings->quoting_service)
		check_service(cli, settings);
	return status;
}
