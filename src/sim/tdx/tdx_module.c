/* SPDX-License-Identifier: MIT */
#include "sim/tdx/tdx_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "uapi/tdx.h"

#define XFAM_FIXED_1 0x3u /* x87, SSE */

/* A TDX_01 module with minor SVN 7, SEAM loader SVN 3 and component SVNs as on production platforms. */
static const struct sim_tdx_tcb default_tcb = {
	.cpusvn = { 3, 3, 2, 2, 4, 1, 0, 5 },
	.pcesvn = SIM_TDX_DEFAULT_PCESVN,
	.tee_tcb_svn = { 7, 1, 3 },
};
static const uint8_t test_fmspc[6] = { 'T', 'E', 'S', 'T', 0, 0 }; /* no Intel product has it */

void sim_tdx_secret(const struct sim_tdx_platform *platform, const char *label, const void *context, size_t n,
		    void *ret, size_t ret_size)
{
	crypto_expand(platform->secret, label, context, n, ret, ret_size);
}

int sim_tdx_platform_new(const struct sim_tdx_options *options, struct sim_tdx_platform **ret,
			 struct jurat_error *err)
{
	static const struct sim_tdx_options defaults = { 0 };
	struct sim_tdx_identity *identity;
	struct sim_tdx_platform *platform;
	const char *seed;
	int r = 0;

	if (!options)
		options = &defaults;
	seed = options->seed ? options->seed : "jurat";
	if (*seed == '\0' || (unsigned)options->generation > SIM_TDX_15EX)
		return jurat_fail(err, -EINVAL, "a TDX platform needs a seed and a generation that exists");
	platform = base_secret_new(sizeof(*platform));
	if (!platform)
		return jurat_fail_memory(err);
	platform->generation = options->generation;
	platform->tcb = options->tcb ? *options->tcb : default_tcb;
	crypto_derive(seed, strlen(seed), "jurat sim tdx platform", NULL, 0, platform->secret,
		      sizeof(platform->secret));
	crypto_extract(platform->secret, sizeof(platform->secret), platform->secret);
	identity = &platform->identity;
	sim_tdx_secret(platform, "ppid", NULL, 0, identity->ppid, sizeof(identity->ppid));
	sim_tdx_secret(platform, "instance", NULL, 0, identity->platform_instance_id,
		       sizeof(identity->platform_instance_id));
	sim_tdx_secret(platform, "qe id", NULL, 0, identity->qe_id, sizeof(identity->qe_id));
	memcpy(identity->fmspc, test_fmspc, sizeof(test_fmspc));
	memcpy(platform->later_svn, platform->tcb.tee_tcb_svn, sizeof(platform->later_svn));
	if (options->change)
		r = options->change(options->ctx, identity, &platform->tcb, platform->later_svn, err);
	if (r < 0) {
		sim_tdx_platform_free(platform);
		return r;
	}
	sim_tdx_update_module(platform, platform->tcb.tee_tcb_svn); /* mrseam follows from it */
	platform->updates_module =
		memcmp(platform->later_svn, platform->tcb.tee_tcb_svn, sizeof(platform->later_svn)) != 0;
	*ret = platform;
	return 0;
}

void sim_tdx_platform_free(struct sim_tdx_platform *platform)
{
	if (!platform)
		return;
	assert(platform->n_tds == 0);
	base_secret_free(platform, sizeof(*platform));
}

const struct sim_tdx_identity *sim_tdx_identity(const struct sim_tdx_platform *platform)
{
	return &platform->identity;
}

const struct sim_tdx_tcb *sim_tdx_tcb(const struct sim_tdx_platform *platform)
{
	return &platform->tcb;
}

void sim_tdx_update_module(struct sim_tdx_platform *platform, const uint8_t tee_tcb_svn[SIM_TDX_SVN_BYTES])
{
	memmove(platform->tcb.tee_tcb_svn, tee_tcb_svn, SIM_TDX_SVN_BYTES);
	sim_tdx_secret(platform, "mrseam", tee_tcb_svn, SIM_TDX_SVN_BYTES, platform->mrseam,
		       sizeof(platform->mrseam));
}

/*
 * The processor's MAC algorithm is not public, and not needed: only the same platform can verify a MAC. Here
 * it is HKDF-SHA-512 with the platform's secret.
 */
static void make_mac(const struct sim_tdx_platform *platform, const uint8_t report_mac[TDX_REPORT_MAC_BYTES],
		     uint8_t ret[32])
{
	sim_tdx_secret(platform, "tdreport mac", report_mac, TDX_REPORT_MACED_BYTES, ret, 32);
}

int sim_tdx_verify_report(const struct sim_tdx_platform *platform,
			  const uint8_t report_mac[TDX_REPORT_MAC_BYTES])
{
	struct tdx_report_mac mac;
	uint8_t expected[32], differs = 0;

	if (wire_read(&tdx_report_mac_layout, report_mac, TDX_REPORT_MAC_BYTES, &mac, NULL) < 0)
		return JURAT_REFUSED;
	make_mac(platform, report_mac, expected);
	for (size_t i = 0; i < sizeof(expected); i++)
		differs |= expected[i] ^ mac.mac[i];
	if (differs || memcmp(mac.cpusvn, platform->tcb.cpusvn, sizeof(mac.cpusvn)) != 0)
		return JURAT_REFUSED;
	return 0;
}

int sim_td_new(struct sim_tdx_platform *platform, const struct sim_td_params *params, uint64_t memory_pages,
	       struct sim_td **ret, struct jurat_error *err)
{
	uint64_t shared_bit =
		1ull << (params->has_gpaw_52 ? UAPI_TDX_SHARED_BIT_PWL_5 : UAPI_TDX_SHARED_BIT_PWL_4);
	uint64_t xfam = params->xfam ? params->xfam : XFAM_FIXED_1;
	bool has_servtd = !bytes_all(params->servtd_hash, sizeof(params->servtd_hash), 0);
	struct sim_td *td;

	if (memory_pages == 0 || memory_pages > shared_bit / KVM_PAGE_BYTES)
		return jurat_fail(err, -EINVAL, "a TD of %llu pages", (unsigned long long)memory_pages);
	if ((xfam & XFAM_FIXED_1) != XFAM_FIXED_1)
		return jurat_fail(err, -EINVAL, "xfam 0x%llx lacks x87 or SSE", (unsigned long long)xfam);
	if (has_servtd && platform->generation == SIM_TDX_10)
		return jurat_fail(err, -EINVAL, "TDX 1.0 has no service TDs");
	td = calloc(1, sizeof(*td));
	if (!td)
		return jurat_fail_memory(err);
	td->platform = platform;
	td->shared_bit = shared_bit;
	td->keeps_rtmrs = params->keeps_rtmrs;
	memcpy(td->launch_svn, platform->tcb.tee_tcb_svn, SIM_TDX_SVN_BYTES);
	kvm_memory_init(&td->memory, memory_pages);
	td->info = (struct tdx_td_info){ .td_attributes = params->attributes, .xfam = xfam };
	memcpy(td->info.mrtd, params->mrtd, TDX_MR_BYTES);
	memcpy(td->info.mrconfigid, params->mrconfigid, TDX_MR_BYTES);
	memcpy(td->info.mrowner, params->mrowner, TDX_MR_BYTES);
	memcpy(td->info.mrownerconfig, params->mrownerconfig, TDX_MR_BYTES);
	memcpy(td->info.servtd_hash, params->servtd_hash, TDX_MR_BYTES);
	for (unsigned i = 0; i < TDX_N_RTMRS; i++)
		memcpy(tdx_td_info_rtmr(&td->info, i), params->rtmr[i], TDX_MR_BYTES);
	platform->n_launched++;
	if (platform->generation == SIM_TDX_15EX) {
		sim_tdx_secret(platform, "td id", &platform->n_launched, sizeof(platform->n_launched),
			       td->info.td_id, sizeof(td->info.td_id));
		td->info.ext_valid = TDX_TD_INFO_EXT_TD_ID | TDX_TD_INFO_EXT_VMID;
	}
	platform->n_tds++;
	if (platform->updates_module)
		sim_tdx_update_module(platform, platform->later_svn);
	*ret = td;
	return 0;
}

void sim_td_free(struct sim_td *td)
{
	if (!td)
		return;
	assert(td->n_vcpus == 0);
	td->platform->n_tds--;
	kvm_memory_done(&td->memory);
	free(td);
}

int sim_td_set_shared(struct sim_td *td, uint64_t gpa, uint64_t npages, bool shared)
{
	return kvm_memory_set_shared(&td->memory, gpa, npages, shared);
}

int sim_td_guest_read(const struct sim_td *td, uint64_t gpa, void *to, size_t n)
{
	return kvm_memory_read(&td->memory, KVM_VIEW_GUEST, gpa, to, n);
}

int sim_td_guest_write(struct sim_td *td, uint64_t gpa, const void *from, size_t n)
{
	return kvm_memory_write(&td->memory, KVM_VIEW_GUEST, gpa, from, n);
}

int sim_td_host_read(const struct sim_td *td, uint64_t gpa, void *to, size_t n)
{
	return kvm_memory_read(&td->memory, KVM_VIEW_HOST, gpa, to, n);
}

int sim_td_host_write(struct sim_td *td, uint64_t gpa, const void *from, size_t n)
{
	return kvm_memory_write(&td->memory, KVM_VIEW_HOST, gpa, from, n);
}

uint64_t sim_td_shared_bit(const struct sim_td *td)
{
	return td->shared_bit;
}

void sim_td_fail_tdcall(struct sim_td *td, unsigned k, uint64_t status)
{
	td->fail_in = status ? k : 0;
	td->fail_status = status;
}

static bool tdcall_fails(struct sim_td *td)
{
	return td->fail_in > 0 && --td->fail_in == 0;
}

/* Spec: TDX module ABI, TDREPORT_STRUCT versions */
static uint8_t report_version(const struct sim_td *td)
{
	if (td->platform->generation == SIM_TDX_15EX)
		return TDX_REPORT_VERSION_15EX;
	return bytes_all(td->info.servtd_hash, TDX_MR_BYTES, 0) ? TDX_REPORT_VERSION_10
								: TDX_REPORT_VERSION_15;
}

uint64_t sim_td_mr_report(struct sim_td *td, const uint8_t report_data[TDX_REPORT_DATA_BYTES],
			  uint8_t ret[TDX_REPORT_BYTES])
{
	const struct sim_tdx_platform *platform = td->platform;
	struct tdx_report report = {
		.mac = { .type = TDX_REPORT_TYPE,
			 .subtype = TDX_REPORT_SUBTYPE,
			 .version = report_version(td) },
		.tcb = { .valid = TDX_TCB_INFO_VALID_10 },
		.td = td->info,
	};
	uint8_t bytes[TDX_REPORT_BYTES];

	if (tdcall_fails(td))
		return td->fail_status;
	memcpy(report.mac.cpusvn, platform->tcb.cpusvn, sizeof(report.mac.cpusvn));
	memcpy(report.mac.report_data, report_data, TDX_REPORT_DATA_BYTES);
	memcpy(report.tcb.tee_tcb_svn, td->launch_svn, SIM_TDX_SVN_BYTES);
	memcpy(report.tcb.mrseam, platform->mrseam, TDX_MR_BYTES);
	if (platform->generation != SIM_TDX_10) {
		report.tcb.valid = TDX_TCB_INFO_VALID_15;
		memcpy(report.tcb.tee_tcb_svn2, platform->tcb.tee_tcb_svn, SIM_TDX_SVN_BYTES);
	}
	tdx_report_write(&report, bytes);
	crypto_sha384(bytes + TDX_TCB_INFO_OFF, TDX_TCB_INFO_BYTES, report.mac.tee_tcb_info_hash);
	crypto_sha384(bytes + TDX_TD_INFO_OFF, TDX_TD_INFO_BYTES, report.mac.tee_info_hash);
	tdx_report_write(&report, bytes);
	make_mac(platform, bytes, report.mac.mac);
	tdx_report_write(&report, ret);
	return UAPI_TDCALL_SUCCESS;
}

uint64_t sim_td_rtmr_extend(struct sim_td *td, uint64_t index, const uint8_t digest[TDX_MR_BYTES])
{
	uint8_t both[2 * TDX_MR_BYTES];
	uint8_t *rtmr;

	if (tdcall_fails(td))
		return td->fail_status;
	if (index >= TDX_N_RTMRS)
		return UAPI_TDCALL_OPERAND_INVALID | 2;
	if (td->keeps_rtmrs >> index & 1)
		return UAPI_TDCALL_SUCCESS;
	rtmr = tdx_td_info_rtmr(&td->info, (unsigned)index);
	memcpy(both, rtmr, TDX_MR_BYTES);
	memcpy(both + TDX_MR_BYTES, digest, TDX_MR_BYTES);
	crypto_sha384(both, sizeof(both), rtmr);
	return UAPI_TDCALL_SUCCESS;
}
