/* SPDX-License-Identifier: MIT */
#include "machine/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "wire/snp_launch.h"

/* ---- SEV-SNP */

static int launch_page(void *closure, uint64_t gpa, uint8_t page_type, const uint8_t *contents)
{
	return sim_launch_update(closure, gpa, page_type, contents) == SNP_SUCCESS ? 0 : -EINVAL;
}

int machine_launch_snp(const struct measure_snp *what, struct sim_launch *launch, struct jurat_error *err)
{
	struct sim_launch measured = *launch;
	struct measure_snp w = *what;
	uint8_t digest[MEASURE_DIGEST_BYTES];
	int r;

	memset(measured.measurement, 0, sizeof(measured.measurement));
	w.page = launch_page;
	w.closure = &measured;
	r = measure_snp(&w, digest, err);
	if (r == 0)
		*launch = measured;
	return r;
}

/* The first check of the AMD-SP's that these do not pass, for an error message. */
static const char *why_refused(uint32_t status)
{
	switch (status) {
	case SNP_BAD_MEASUREMENT:
		return "its LD is not the launch digest of this guest";
	case SNP_POLICY_FAILURE:
		return "its POLICY is not that of this guest";
	case SNP_BAD_SIGNATURE:
		return "a signature does not match";
	case SNP_INVALID_PARAM:
		return "a version, algorithm, public key or reserved byte is not allowed";
	}
	return "the firmware could not check it";
}

int machine_launch_identify(const struct measure_bytes *id_block, const struct measure_bytes *id_auth,
			    struct sim_launch *launch, struct jurat_error *err)
{
	const char *name;
	struct snp_id_auth auth;
	uint32_t status;

	if (id_block->n != SNP_ID_BLOCK_BYTES)
		return jurat_fail(err, -EBADMSG, "an ID block has %d bytes, found %zu", SNP_ID_BLOCK_BYTES,
				  id_block->n);
	if (id_auth->n != SNP_ID_AUTH_BYTES)
		return jurat_fail(err, -EBADMSG, "ID authentication information has %d bytes, found %zu",
				  SNP_ID_AUTH_BYTES, id_auth->n);
	if (wire_read(&snp_id_auth_layout, id_auth->bytes, id_auth->n, &auth, err) < 0)
		return -EBADMSG;
	status = sim_launch_identify(launch, id_block->bytes, id_auth->bytes, auth.auth_key_algo != 0);
	if (status == SNP_SUCCESS)
		return 0;
	if (status == SNP_RESOURCE_LIMIT)
		return jurat_fail_memory(err);
	name = snp_status_name(status);
	return jurat_fail(err, -ECANCELED, "SNP_LAUNCH_FINISH refuses the ID block (%s): %s",
			  name ? name : "unknown status", why_refused(status));
}

/* ---- TDX */

struct machine_td_boot {
	struct sim_td_build build;
	struct measure_log_writer writer;
	struct sim_td_params params; /* mrtd */
	struct extend {
		unsigned rtmr;
		uint8_t digest[MEASURE_DIGEST_BYTES];
	} * extends;
	size_t n_extends, room;
	uint8_t log[MEASURE_LOG_AREA_BYTES];
};

static int build_page(void *closure, uint64_t gpa, const uint8_t *chunk)
{
	struct machine_td_boot *boot = closure;

	if (chunk)
		sim_td_mr_extend(&boot->build, gpa, chunk);
	else
		sim_td_page_add(&boot->build, gpa);
	return 0;
}

static int log_event(void *closure, const struct measure_event *event)
{
	struct machine_td_boot *boot = closure;
	struct extend *grown;

	if (boot->n_extends == boot->room) {
		size_t room = boot->room ? 2 * boot->room : 32;

		grown = reallocarray(boot->extends, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		boot->extends = grown;
		boot->room = room;
	}
	boot->extends[boot->n_extends].rtmr = event->index - 1;
	memcpy(boot->extends[boot->n_extends].digest, event->digest, MEASURE_DIGEST_BYTES);
	boot->n_extends++;
	return measure_log_add(&boot->writer, event);
}

/* Adds an event whose digest is that of its data. */
static int log_data(struct machine_td_boot *boot, unsigned rtmr, uint32_t type, const void *data, size_t n)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct measure_event event = {
		.index = rtmr + 1, .type = type, .extends = true, .digest = digest, .data = data, .n = n
	};

	crypto_sha384(data, n, digest);
	return log_event(boot, &event);
}

/* A UEFI_VARIABLE_DATA of one of the variables of Secure Boot. Spec: TCG PFP, 10.2.6 */
static int log_variable(struct machine_td_boot *boot, const uint8_t guid[16], const char *name,
			const void *value, size_t n)
{
	uint8_t data[64];
	struct bytes_wr w = bytes_wr(data, sizeof(data));

	bytes_wr_copy(&w, guid, 16);
	bytes_wr_le64(&w, strlen(name));
	bytes_wr_le64(&w, n);
	for (const char *c = name; *c; c++)
		bytes_wr_le16(&w, (uint8_t)*c);
	bytes_wr_copy(&w, value, n);
	return log_data(boot, 0, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, data, w.off);
}

/* The boot of a TD without files: the software platform has no Secure Boot, and starts the program itself. */
static int log_default(struct machine_td_boot *boot)
{
	static const uint8_t global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
					    0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
	static const uint8_t database[16] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
					      0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };
	static const struct {
		const uint8_t *guid;
		const char *name;
		size_t n;
	} variables[] = {
		{ global, "SecureBoot", 1 }, { global, "PK", 0 },    { global, "KEK", 0 },
		{ database, "db", 0 },       { database, "dbx", 0 },
	};
	static const char *const actions[] = { "Exit Boot Services Invocation",
					       "Exit Boot Services Returned with Success" };
	static const uint8_t off[1], separator[4];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(variables) && r == 0; i++)
		r = log_variable(boot, variables[i].guid, variables[i].name, off, variables[i].n);
	for (unsigned rtmr = 0; rtmr < 2 && r == 0; rtmr++)
		r = log_data(boot, rtmr, MEASURE_EV_SEPARATOR, separator, sizeof(separator));
	for (size_t i = 0; i < ARRAY_SIZE(actions) && r == 0; i++)
		r = log_data(boot, 1, MEASURE_EV_EFI_ACTION, actions[i], strlen(actions[i]));
	return r;
}

static int fill_in(struct machine_td_boot *boot, const struct measure_tdx *what, struct jurat_error *err)
{
	struct measure_tdx_digests digests;
	struct measure_tdx w;
	int r = measure_log_begin(&boot->writer, boot->log, sizeof(boot->log));

	if (r == 0 && !what) {
		memset(boot->params.mrtd, 0x6d, sizeof(boot->params.mrtd));
		r = log_default(boot);
	} else if (r == 0) {
		w = *what;
		w.build = build_page;
		w.event = log_event;
		w.closure = boot;
		sim_td_build_init(&boot->build);
		r = measure_tdx(&w, &digests, err);
		sim_td_mr_finalize(&boot->build, &boot->params);
	}
	return r == -ENOSPC ? jurat_fail(err, r, "the events of this boot do not fit a log of %zu bytes",
					 sizeof(boot->log))
			    : r;
}

static void free_boot(struct machine_td_boot **boot)
{
	machine_td_boot_free(*boot);
}

int machine_td_boot_new(const struct measure_tdx *what, struct machine_td_boot **ret, struct jurat_error *err)
{
	auto_call(free_boot) struct machine_td_boot *boot = calloc(1, sizeof(*boot));
	int r;

	if (!boot)
		return jurat_fail_memory(err);
	r = fill_in(boot, what, err);
	if (r == -ENOMEM)
		return jurat_fail_memory(err);
	if (r == 0)
		*ret = take_ptr(boot);
	return r;
}

void machine_td_boot_free(struct machine_td_boot *boot)
{
	if (boot)
		free(boot->extends);
	free(boot);
}

void machine_td_boot_params(const struct machine_td_boot *boot, struct sim_td_params *params)
{
	if (!params->keeps_mrtd)
		memcpy(params->mrtd, boot->params.mrtd, sizeof(params->mrtd));
}

int machine_td_boot_run(const struct machine_td_boot *boot, struct sim_td *td, uint64_t log_gpa)
{
	for (size_t i = 0; i < boot->n_extends; i++)
		if (sim_td_rtmr_extend(td, boot->extends[i].rtmr, boot->extends[i].digest) !=
		    UAPI_TDCALL_SUCCESS)
			return -EIO;
	return sim_td_guest_write(td, log_gpa, boot->log, sizeof(boot->log)) < 0 ? -EIO : 0;
}
