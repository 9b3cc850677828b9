/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/device.h"
#include "run/qgs_server.h"

/*
 * /etc/tdx-attest.conf. With --qgs vsock:PORT it names that port. Without, an empty file covers the
 * machine's own, as on a guest without a quoting service on vsock: the real service could only refuse a
 * simulated TDREPORT.
 */
struct attest_conf {
	char text[sizeof("port=4294967295\n")];
};

bool run_attest_conf_wanted(const struct run_options *options)
{
	return options->argv && (run_qgs_port(options->qgs) != 0 || access(RUN_ATTEST_CONF, F_OK) == 0);
}

static void conf_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	const struct attest_conf *conf = ctx;
	size_t n = strlen(conf->text), from = off < n ? (size_t)off : n;

	run_reply_read(reply, 0, conf->text + from, size < n - from ? size : n - from);
}

int run_attest_conf_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
			struct jurat_error *err)
{
	static const struct run_node_ops ops = { .seekable = true, .read = conf_read };
	struct attest_conf *conf = calloc(1, sizeof(*conf));
	unsigned port = run_qgs_port(platform->options->qgs);
	int r;

	*ret_ctx = conf;
	if (!conf)
		return jurat_fail_memory(err);
	if (port != 0)
		snprintf(conf->text, sizeof(conf->text), "port=%u\n", port);
	r = run_fs_add(fs, NULL, "tdx-attest.conf", S_IFREG | 0444, (off_t)strlen(conf->text), &ops, conf,
		       NULL);
	return r < 0 ? jurat_fail(err, r, "cannot make %s", RUN_ATTEST_CONF) : 0;
}
