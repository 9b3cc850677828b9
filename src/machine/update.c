/* SPDX-License-Identifier: MIT */
#include "machine/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/store.h"

enum {
	DRAIN_WAIT_MS = 1000, /* far less than the 60 s of BUSY after which a guest wipes its key */
};

/* The key and TCB with which the firmware will sign after the change. */
struct after {
	uint64_t tcb;
	bool vlek;
};

static int foresee(struct machine *m, const struct machine_change *change, struct after *ret,
		   struct jurat_error *err)
{
	struct snp_platform_status now;
	struct after after;

	if (sim_psp_platform_status(m->psp, &now) != SNP_SUCCESS)
		return jurat_fail(err, -EIO, "SNP_PLATFORM_STATUS failed");
	after.tcb = now.reported_tcb;
	after.vlek = now.flags & SNP_STATUS_VLEK_EN;
	if (change->kind == MACHINE_CONFIG)
		after.tcb = change->tcb ? change->tcb : sim_psp_committed_tcb(m->psp);
	else if (change->kind == MACHINE_COMMIT)
		after.tcb = now.current_tcb;
	else if (change->kind == MACHINE_VLEK_LOAD)
		after.vlek = true;
	if (after.tcb != now.reported_tcb)
		after.vlek = false; /* the firmware discards a VLEK of another TCB */
	*ret = after;
	return 0;
}

/* Step 1 of a replacement: gets the certificates from the KDS, before anything else. */
static int build_table(struct machine *m, const struct machine_change *change, const struct after *after,
		       uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	if (change->certs) {
		*ret = malloc(change->certs_size);
		if (!*ret)
			return jurat_fail_memory(err);
		memcpy(*ret, change->certs, change->certs_size);
		*ret_size = change->certs_size;
		return 0;
	}
	if (change->kind == MACHINE_CERTS_ONLY)
		return sim_kds_table(m->psp, m->pki, ret, ret_size, err);
	return sim_kds_table_for(m->psp, m->pki, after->tcb, after->vlek ? SIM_CSP_ID : NULL, ret, ret_size,
				 err);
}

struct issue {
	struct machine *m;
	const struct machine_change *change;
	uint64_t wanted_tcb;
	uint32_t status;
};

/* The step of a firmware command ends. */
static uint32_t answered(struct machine *m, uint32_t step, uint32_t status)
{
	const char *name = snp_status_name(status);

	trace_number(m->trace, step, "status", status, TRACE_HEX);
	if (name)
		trace_end(m->trace, step, "%s", name);
	else
		trace_end(m->trace, step, "status 0x%x", status);
	return status;
}

/*
 * Loads a VLEK as a cloud provider does whose guests use VLEKs, such as AWS: CHIP_ID is masked in reports,
 * and the hashstick is that of the provider. Operators with their own hashstick configure the firmware
 * themselves.
 */
static uint32_t load_own_vlek(struct machine *m, const struct snp_platform_status *now,
			      struct jurat_error *err)
{
	struct snp_config mask = { .reported_tcb = now->reported_tcb,
				   .flags = (now->flags & SNP_STATUS_MASK_CHIP_KEY) |
					    SNP_STATUS_MASK_CHIP_ID };
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];
	uint32_t status, step;

	if (sim_kds_hashstick(m->psp, SIM_CSP_ID, now->reported_tcb, hashstick, err) < 0)
		return SNP_INVALID_PARAM;
	step = trace_call(m->trace, "operator", "firmware", "SNP_CONFIG MASK_CHIP_ID");
	status = answered(m, step, sim_psp_config(m->psp, &mask));
	if (status == SNP_SUCCESS) {
		step = trace_call(m->trace, "operator", "firmware", "SNP_VLEK_LOAD");
		status = answered(m, step, sim_psp_vlek_load(m->psp, hashstick));
	}
	bytes_wipe(hashstick, sizeof(hashstick));
	return status;
}

static uint32_t load_vlek(struct machine *m, const uint8_t *hashstick, struct jurat_error *err)
{
	struct snp_platform_status now;
	uint32_t status = SNP_SUCCESS, step;

	if (hashstick) {
		step = trace_call(m->trace, "operator", "firmware", "SNP_VLEK_LOAD");
		return answered(m, step, sim_psp_vlek_load(m->psp, hashstick));
	}
	status = sim_psp_platform_status(m->psp, &now);
	return status == SNP_SUCCESS ? load_own_vlek(m, &now, err) : status;
}

/*
 * Without the VLEK, reports have the chip id again, which identifies the VCEK that signs them from now on. An
 * operator who issues the command only decides about that as well.
 */
static uint32_t commit(struct machine *m, bool command_only)
{
	struct snp_platform_status before, after;
	struct snp_config unmask = { 0 };
	uint32_t status = sim_psp_platform_status(m->psp, &before),
		 step = trace_call(m->trace, "operator", "firmware", "SNP_COMMIT");

	if (status == SNP_SUCCESS)
		status = sim_psp_commit(m->psp);
	(void)answered(m, step, status);
	if (command_only)
		return status;
	if (status == SNP_SUCCESS)
		status = sim_psp_platform_status(m->psp, &after);
	if (status != SNP_SUCCESS || !(before.flags & ~after.flags & SNP_STATUS_VLEK_EN))
		return status;
	unmask.flags = after.flags & SNP_STATUS_MASK_CHIP_KEY;
	step = trace_call(m->trace, "operator", "firmware", "SNP_CONFIG without MASK_CHIP_ID");
	return answered(m, step, sim_psp_config(m->psp, &unmask));
}

static uint32_t command(struct machine *m, const struct machine_change *change, struct jurat_error *err)
{
	struct snp_config config = { .reported_tcb = change->tcb, .flags = change->flags };
	uint32_t step;

	switch (change->kind) {
	case MACHINE_CONFIG:
		step = trace_call(m->trace, "operator", "firmware", "SNP_CONFIG reported TCB %016llx",
				  (unsigned long long)change->tcb);
		trace_number(m->trace, step, "tcb", change->tcb, TRACE_HEX);
		trace_number(m->trace, step, "flags", change->flags, TRACE_HEX);
		return answered(m, step, sim_psp_config(m->psp, &config));
	case MACHINE_COMMIT:
		return commit(m, change->command_only);
	case MACHINE_DOWNLOAD:
		step = trace_call(m->trace, "operator", "firmware", "DOWNLOAD_FIRMWARE_EX");
		trace_number(m->trace, step, "tcb", change->tcb, TRACE_HEX);
		return answered(m, step, sim_psp_download_firmware(m->psp, change->tcb, false));
	case MACHINE_VLEK_LOAD:
		return load_vlek(m, change->hashstick, err);
	default:
		return SNP_SUCCESS;
	}
}

static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	struct issue *i = ctx;
	struct snp_platform_status now;

	i->status = command(i->m, i->change, err);
	if (i->status != SNP_SUCCESS) {
		jurat_fail(err, -ECANCELED, "firmware answers %s (0x%02x)",
			   snp_status_name(i->status) ? snp_status_name(i->status) : "an error", i->status);
		return STORE_UNCHANGED;
	}
	if (sim_psp_platform_status(i->m->psp, &now) != SNP_SUCCESS || now.reported_tcb != i->wanted_tcb) {
		jurat_fail(err, -EIO, "firmware accepted the command but reports TCB %016llx",
			   (unsigned long long)now.reported_tcb);
		return STORE_UNKNOWN;
	}
	return STORE_CHANGED;
}

/* An update without any protocol: replaces the file, then issues the firmware command. */
static int replace_unsynchronised(struct machine *m, struct issue *i, const uint8_t *table, size_t size,
				  struct jurat_error *err)
{
	char next[4096];
	int fd, r;

	if (snprintf(next, sizeof(next), "%s.new", m->certs_path) >= (int)sizeof(next))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", m->certs_path);
	(void)!base_unlink(m->env, next);
	fd = base_open(m->env, next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
	if (fd < 0)
		return jurat_fail(err, fd, "cannot create '%s': %s", next, strerror(-fd));
	r = base_pwrite(m->env, fd, table, size, 0) == (ssize_t)size ? 0 : -EIO;
	base_close(m->env, fd);
	if (r == 0)
		r = base_rename(m->env, next, m->certs_path);
	if (r < 0)
		return jurat_fail(err, r, "cannot replace '%s': %s", m->certs_path, strerror(-r));
	return issue(i, err) == STORE_CHANGED ? 0 : -ECANCELED;
}

/* Certificates and firmware, by the means of the synchronization scheme. */
static int replace(struct issue *i, const uint8_t *table, size_t size, struct jurat_error *err)
{
	const struct machine_change *change = i->change;
	struct store_change step5 = { .issue = issue, .ctx = i };
	const struct store_options wait = { .wait_ns = change->no_wait ? 0 : DRAIN_WAIT_MS * 1000000ull };
	struct machine *m = i->m;
	uint64_t transaction;
	int r;

	switch (m->options.sync) {
	case SIM_SYNC_NONE:
		return replace_unsynchronised(m, i, table, size, err);
	case SIM_SYNC_V14:
		r = sim_kvm_pause_attestation(m->kvm, &transaction);
		if (r < 0)
			return jurat_fail(err, r, "attestation is already paused");
		r = replace_unsynchronised(m, i, table, size, err);
		sim_kvm_resume_attestation(m->kvm, &transaction);
		return r;
	default:
		return store_replace(m->env, m->certs_path, table, size,
				     change->kind == MACHINE_CERTS_ONLY ? NULL : &step5, &wait, NULL, err);
	}
}

static int update(struct issue *i, struct jurat_error *err)
{
	const struct machine_change *change = i->change;
	struct machine *m = i->m;
	struct after after = { 0 };
	auto_free uint8_t *table = NULL;
	struct trace_place before;
	uint32_t step;
	size_t size;
	int r;

	if (!m->certs_path || change->command_only) {
		i->status = command(m, change, err);
		return i->status == SNP_SUCCESS ? 0 : jurat_fail(err, -ECANCELED, "refused by firmware");
	}
	r = foresee(m, change, &after, err);
	if (r < 0)
		return r;
	r = build_table(m, change, &after, &table, &size, err);
	if (r < 0)
		return r;
	i->wanted_tcb = after.tcb;
	step = trace_call(m->trace, "operator", "store",
			  "replaces certificate table and firmware state together");
	trace_bytes(m->trace, step, "certificate table", table, size);
	before = trace_go(m->trace, trace_in(m->trace, step));
	r = replace(i, table, size, err);
	(void)trace_go(m->trace, before);
	trace_end(m->trace, step, "%s", r == 0 ? "replaced" : r > 0 ? "readers hold the lock" : strerror(-r));
	return r;
}

int machine_update_status(struct machine *m, const struct machine_change *change, uint32_t *ret_status,
			  struct jurat_error *err)
{
	struct issue i = { .m = m, .change = change, .status = *ret_status };
	int r = update(&i, err);

	*ret_status = i.status;
	return r;
}

int machine_update(struct machine *m, const struct machine_change *change, struct jurat_error *err)
{
	uint32_t status = SNP_SUCCESS;

	return machine_update_status(m, change, &status, err);
}
