/* SPDX-License-Identifier: MIT */
#include "daemon/enclave.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "sim/qe.h"

enum {
	COLLATERAL_S = 30 * 24 * 3600, /* how long it is good for, as Intel's */
	/* Of the collateral's form; CRLs are DER. Unverified: from memory of Intel's verification library. */
	COLLATERAL_MAJOR = 3,
	COLLATERAL_MINOR = 1,
};

struct enclave {
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;
};

static void enclave_free(void *context)
{
	struct enclave *e = context;

	if (!e)
		return;
	sim_qe_free(e->qe);
	sim_pki_intel_free(e->pki);
	sim_tdx_platform_free(e->platform);
	free(e);
}

static int enclave_new(void *arg, void **ret, struct jurat_error *err)
{
	const char *seed = arg;
	const struct sim_tdx_options options = { .seed = seed };
	struct enclave *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return jurat_fail(err, -ENOMEM, "out of memory");
	r = sim_tdx_platform_new(&options, &e->platform, err);
	if (r == 0)
		r = sim_pki_intel_new(seed, &e->pki, err);
	if (r == 0)
		r = sim_qe_new(e->platform, e->pki, NULL, &e->qe, err);
	if (r < 0)
		enclave_free(e);
	else
		*ret = e;
	return r;
}

/* A framed message on the heap. */
static int write_message(const struct qgs_message *m, uint8_t **ret_reply, size_t *ret_n,
			 struct jurat_error *err)
{
	const size_t room = qgs_size(m) + QGS_FRAME_BYTES;
	auto_free uint8_t *reply = malloc(room);
	int r;

	if (!reply)
		return jurat_fail(err, -ENOMEM, "out of memory");
	r = qgs_write(m, true, reply, room, ret_n, err);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	*ret_reply = take_ptr(reply);
	return 0;
}

static int answer_quote(const struct enclave *e, const struct qgs_message *request, struct qgs_message *m,
			uint8_t **ret_reply, size_t *ret_n, struct jurat_error *err)
{
	const struct bytes_rd *report = &request->parts[QGS_PART_REPORT];
	auto_free uint8_t *quote = NULL;
	size_t n;
	int r = sim_qe_quote(e->qe, report->data, report->size, &quote, &n, err);

	if (r < 0)
		return r;
	m->parts[QGS_PART_QUOTE] = bytes_rd(quote, n);
	return write_message(m, ret_reply, ret_n, err);
}

static int answer_platform(const struct enclave *e, struct qgs_message *m, uint8_t **ret_reply, size_t *ret_n,
			   struct jurat_error *err)
{
	struct sim_qe_platform_info info;

	sim_qe_platform_info(e->qe, &info);
	m->version[0] = info.qe_isv_svn;
	m->version[1] = info.pce_isv_svn;
	m->parts[QGS_PART_PLATFORM_ID] = bytes_rd(info.qe_id, sizeof(info.qe_id));
	m->parts[QGS_PART_CPUSVN] = bytes_rd(info.cpusvn, sizeof(info.cpusvn));
	return write_message(m, ret_reply, ret_n, err);
}

/* The name of a CA, with or without the NUL that C programs send. */
static bool names(const struct bytes_rd *part, const char *name)
{
	const size_t n = strlen(name);

	return (part->size == n || (part->size == n + 1 && part->data[n] == 0)) &&
	       memcmp(part->data, name, n) == 0;
}

static int answer_collateral(const struct enclave *e, const struct qgs_message *request,
			     struct qgs_message *m, uint8_t **ret_reply, size_t *ret_n,
			     struct jurat_error *err)
{
	static const bool is_der[SIM_N_COLLATERAL_PARTS] = { [SIM_ROOT_CA_CRL] = true, [SIM_PCK_CRL] = true };
	const struct sim_tdx_identity *id = sim_tdx_identity(e->platform);
	const struct bytes_rd *fmspc = &request->parts[QGS_PART_FMSPC];
	const struct sim_collateral_wish wish = { .platform_status = "UpToDate",
						  .module_status = "UpToDate",
						  .qe_status = "UpToDate",
						  .issued = time(NULL),
						  .next_update = time(NULL) + COLLATERAL_S,
						  .evaluation = 17 };
	auto_call(sim_collateral_done) struct sim_collateral collateral = { 0 };
	int r;

	if (fmspc->size != sizeof(id->fmspc) || memcmp(fmspc->data, id->fmspc, sizeof(id->fmspc)) != 0)
		return jurat_fail(err, -ENOENT, "no collateral: another platform's FMSPC");
	if (!names(&request->parts[QGS_PART_PCK_CA], "platform"))
		return jurat_fail(err, -ENOENT, "no collateral: the certificate is by the platform CA");
	r = sim_qe_collateral(e->qe, &wish, &collateral, err);
	if (r < 0)
		return r;
	m->version[0] = COLLATERAL_MAJOR;
	m->version[1] = COLLATERAL_MINOR;
	/* Texts go with their NUL, as C programs expect them. Unverified: from memory of Intel's service. */
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		m->parts[i] = bytes_rd(collateral.parts[i].bytes, collateral.parts[i].size + !is_der[i]);
	return write_message(m, ret_reply, ret_n, err);
}

static int answer(void *context, const struct backend_job *job, uint8_t **ret_reply, size_t *ret_n,
		  struct jurat_error *err)
{
	struct qgs_message request, m = qgs_message((enum qgs_type)(job->type + 1));

	if (qgs_read(job->type, job->request, job->request_size, &request, err) != 0)
		return -EBADMSG;
	m.tail = qgs_tail_of(m.type, job->minor_version, QGS_SUCCESS);
	switch (job->type) {
	case QGS_QUOTE_REQ:
		return answer_quote(context, &request, &m, ret_reply, ret_n, err);
	case QGS_COLLATERAL_REQ:
		return answer_collateral(context, &request, &m, ret_reply, ret_n, err);
	case QGS_PLATFORM_REQ:
		return answer_platform(context, &m, ret_reply, ret_n, err);
	default:
		return jurat_fail(err, -EINVAL, "no request");
	}
}

int enclave_backend_new(uv_loop_t *loop, unsigned n_workers, const char *seed, struct backend **ret,
			struct jurat_error *err)
{
	static const struct worker_ops ops = { .name = "software-enclave",
					       .new_context = enclave_new,
					       .free_context = enclave_free,
					       .answer = answer };

	return workers_new(loop, n_workers, &ops, (void *)(uintptr_t)(seed ? seed : "jurat"), ret, err);
}
