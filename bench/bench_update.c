/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "crypto/x509.h"
#include "sim/psp/psp.h"
#include "store/store.h"
#include "uapi/sev.h"
#include "update/update.h"

/*
 * update-pause: how long new requests of guests wait while `jurat host set-config` changes the reported TCB,
 * as it measures it itself, beside the firmware's command in it. Two VMMs attest all the time: threads that
 * lock, read and unlock the table as libjurat-host does. The table is on tmpfs, as jurat-host(1) recommends,
 * where there is one.
 */
enum { UPDATES = 101, VMMS = 2, MAX_ITEMS = 4, NULL_MAJOR = 1, NULL_MINOR = 3 };

struct host {
	struct base_env env;
	struct base_env_ops ops;
	struct sim_psp *psp;
	struct sim_pki *pki;
	uint64_t tcbs[2];
	char path[96];
	struct update_source source;
	struct update_value {
		struct endorse_item item;
		uint8_t *body;
		size_t size;
	} values[MAX_ITEMS];
	size_t n_values;
	atomic_bool stop;
	atomic_uint failed;
};

static int device_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	return base_open(base_env_real(), strcmp(path, "/dev/sev") ? path : "/dev/null", flags, mode);
}

static int device_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	struct host *h = (struct host *)env;
	struct snp_platform_status status;
	struct sev_issue_cmd command;
	struct snp_config config;
	uint8_t *data;

	if (request != UAPI_SEV_ISSUE_CMD ||
	    wire_read(&sev_issue_cmd_layout, arg, SEV_ISSUE_CMD_BYTES, &command, NULL) < 0)
		return -EINVAL;
	data = (uint8_t *)(uintptr_t)command.data;
	switch (command.cmd) {
	case SEV_CMD_GET_ID2:
		sim_psp_hwid(h->psp, (uint8_t *)(uintptr_t)bytes_get_le(data, 8));
		return 0;
	case SEV_CMD_SNP_PLATFORM_STATUS:
		command.error = sim_psp_platform_status(h->psp, &status);
		wire_write(&snp_platform_status_layout, &status, data);
		break;
	case SEV_CMD_SNP_SET_CONFIG:
		if (wire_read(&snp_config_layout, data, SNP_CONFIG_BYTES, &config, NULL) < 0)
			return -EINVAL;
		command.error = sim_psp_config(h->psp, &config);
		break;
	default:
		return -EINVAL;
	}
	wire_write(&sev_issue_cmd_layout, &command, arg);
	return command.error ? -EIO : 0;
}

static int add_value(struct host *h, const struct endorse_item *item, const void *body, size_t size)
{
	struct update_value *v = &h->values[h->n_values];

	v->item = *item;
	v->body = malloc(size);
	if (!v->body)
		return -ENOMEM;
	memcpy(v->body, body, size);
	v->size = size;
	h->n_values++;
	return 0;
}

static int make_values(struct host *h, struct jurat_error *err)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK_CHAIN, .product = SNP_MILAN };
	auto_free char *text = NULL;
	uint8_t der[SIM_CERT_MAX_BYTES];
	const uint8_t *ca;
	size_t n;
	FILE *to = open_memstream(&text, &n);
	int r = to ? 0 : -ENOMEM;

	for (int i = SIM_ASK; r == 0 && i >= SIM_ARK; i--) {
		size_t size;

		r = sim_pki_ca(h->pki, SNP_MILAN, (enum sim_ca)i, &ca, &size, err);
		if (r == 0)
			crypto_pem_write(to, ca, size);
		if (r == 0 && i == SIM_ARK)
			r = endorse_checker_add_roots(h->source.checker, ca, size, err);
		if (r == 0 && i == SIM_ARK)
			r = jurat_verifier_add_roots(h->source.verifier, ca, size, err);
	}
	if (to)
		fclose(to);
	if (r == 0)
		r = add_value(h, &item, text, n);
	item.kind = ENDORSE_VCEK;
	sim_psp_hwid(h->psp, item.chip_id);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(h->tcbs); i++) {
		(void)snp_tcb_read(SNP_MILAN, h->tcbs[i], &item.tcb);
		r = sim_kds_vcek(h->psp, h->pki, h->tcbs[i], der, &n, err);
		if (r == 0)
			r = add_value(h, &item, der, n);
	}
	return r;
}

static int get(void *ctx, const struct endorse_item *item, struct endorse_value *ret, struct jurat_error *err)
{
	struct host *h = ctx;

	for (size_t i = 0; i < h->n_values; i++) {
		const struct update_value *v = &h->values[i];

		if (v->item.kind != item->kind || memcmp(&v->item.tcb, &item->tcb, sizeof(item->tcb)) != 0)
			continue;
		ret->body = malloc(v->size);
		if (!ret->body)
			return jurat_fail_memory(err);
		memcpy(ret->body, v->body, v->size);
		ret->size = v->size;
		return 0;
	}
	return JURAT_NOT_FOUND;
}

/* A VMM: each request takes the lock, reads the table, and keeps the lock for as long as firmware takes. */
static void *attest(void *ctx)
{
	struct host *h = ctx;
	struct store_reader reader;
	uint8_t table[8192];

	store_reader_init(&reader, NULL, h->path);
	while (!atomic_load(&h->stop)) {
		int r = store_lock(&reader, 1000000000, NULL);

		if (r == 0)
			r = store_read(&reader, table,
				       (size_t)reader.size < sizeof(table) ? (size_t)reader.size : 0, 0,
				       NULL);
		if (r != 0)
			atomic_fetch_add(&h->failed, 1);
		usleep(100);
		store_unlock(&reader);
	}
	store_reader_done(&reader);
	return NULL;
}

static int change(struct host *h, uint64_t tcb, struct update_result *ret, struct jurat_error *err)
{
	const struct update_options options = { .env = &h->env,
						.device = "/dev/sev",
						.blob = h->path,
						.product = SNP_MILAN,
						.source = h->source,
						.store.wait_ns = 5000000000 };
	const struct update_request request = { .kind = UPDATE_SET_CONFIG, .has_tcb = true, .tcb = tcb };

	return update_run(&options, &request, ret, err);
}

static int measure(struct host *h, double pause[UPDATES], double command[UPDATES], struct jurat_error *err)
{
	struct update_result result;
	pthread_t vmms[VMMS];
	unsigned started = 0;
	int r = change(h, h->tcbs[0], &result, err);

	while (r == 0 && started < VMMS && pthread_create(&vmms[started], NULL, attest, h) == 0)
		started++;
	for (unsigned i = 0; r == 0 && i < UPDATES; i++) {
		r = change(h, h->tcbs[(i + 1) % 2], &result, err);
		pause[i] = (double)result.pause_ns;
		command[i] = (double)result.command_ns;
	}
	atomic_store(&h->stop, true);
	for (unsigned i = 0; i < started; i++)
		pthread_join(vmms[i], NULL);
	if (r == 0 && (started < VMMS || atomic_load(&h->failed)))
		r = jurat_fail(err, -EIO, "%u requests for certificates failed", atomic_load(&h->failed));
	return r > 0 ? -EIO : r;
}

static int make_host(struct host *h, const char *dir, struct jurat_error *err)
{
	const struct sim_psp_options options = { .product = SNP_MILAN };
	struct snp_tcb tcb;
	int r = sim_pki_new(SIM_PKI_DEFAULT_SEED, &h->pki, err);

	if (r == 0)
		r = sim_psp_new(&options, &h->psp, err);
	if (r == 0)
		r = endorse_checker_new(&h->source.checker, err);
	if (r == 0)
		r = jurat_verifier_new(&h->source.verifier, err);
	if (r < 0)
		return r;
	h->ops = *base_env_real()->ops;
	h->ops.open = device_open;
	h->ops.ioctl = device_ioctl;
	h->env.ops = &h->ops;
	h->source.get = get;
	h->source.ctx = h;
	h->source.at = sim_pki_not_before(h->pki) + 86400;
	snprintf(h->path, sizeof(h->path), "%s/certs.blob", dir);
	h->tcbs[0] = sim_psp_committed_tcb(h->psp);
	(void)snp_tcb_read(SNP_MILAN, h->tcbs[0], &tcb);
	tcb.snp--;
	h->tcbs[1] = snp_tcb_write(SNP_MILAN, &tcb);
	return make_values(h, err);
}

static void free_host(struct host *h)
{
	for (size_t i = 0; i < h->n_values; i++)
		free(h->values[i].body);
	endorse_checker_free(h->source.checker);
	jurat_verifier_free(h->source.verifier);
	sim_psp_free(h->psp);
	sim_pki_free(h->pki);
}

int bench_update(struct bench *b)
{
	double pause[UPDATES], command[UPDATES], beyond[UPDATES], ratio[UPDATES];
	struct host h = { .path = "" };
	struct jurat_error err = { "" };
	char dir[] = "/dev/shm/jurat-bench-XXXXXX", beside[160];
	bool tmpfs;
	int r;

	if (!bench_wanted(b, "update-pause"))
		return BENCH_OK;
	tmpfs = mkdtemp(dir) != NULL;
	r = make_host(&h, tmpfs ? dir : b->dir, &err);
	if (r == 0)
		r = measure(&h, pause, command, &err);
	unlink(h.path);
	if (tmpfs)
		rmdir(dir);
	free_host(&h);
	if (r < 0) {
		bench_fail(b, "update-pause", err.text[0] ? err.text : strerror(-r));
		return BENCH_OK;
	}
	for (unsigned i = 0; i < UPDATES; i++) {
		beyond[i] = pause[i] - command[i];
		ratio[i] = pause[i] / command[i];
	}
	r = snprintf(beside, sizeof(beside), "the firmware's command; %.3f ms more, %s",
		     bench_median(beyond, UPDATES) / 1e6, tmpfs ? "on tmpfs" : "on the disk of /tmp");
	bench_print(b, &(struct bench_figure){ .name = "update-pause",
					       .ours_ns = bench_median(pause, UPDATES),
					       .bare_ns = bench_median(command, UPDATES),
					       .ratio = bench_median(ratio, UPDATES),
					       .beyond_ns = bench_median(beyond, UPDATES),
					       .beside = beside,
					       .n = UPDATES });
	return BENCH_OK;
}
