/* SPDX-License-Identifier: MIT */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"
#include "jurat/guest.h"

/*
 * jurat_guest_open() over any environment, for tests and the software machine.
 *
 * env       borrowed for the lifetime of the handle; NULL: base_env_real()
 */
JURAT_MUST_CHECK int guest_open(struct base_env *env, const struct jurat_guest_options *options,
				struct jurat_guest **ret, struct jurat_error *err);

struct jurat_guest {
	struct base_env *env;
	enum jurat_tee tee; /* JURAT_TEE_AUTO during detection */
	enum jurat_via via; /* interface that reports come from */
	int device_fd;      /* -1: none */
	char *device, *configfs;
	char *quoting_service; /* TDX; NULL: as in the configuration file */
	char *measurements;
};

enum {
	GUEST_MAX_VMPL = 3,

	GUEST_CERTS_FIRST_BYTES = 0x4000, /* accepted by every Linux driver, and usually large enough */
	GUEST_CERTS_MAX_BYTES = 0x40000,
	GUEST_CERTS_TRIES = 4,

	GUEST_TSM_BLOB_MAX_BYTES = 0x8000,  /* Spec: Linux include/linux/tsm.h, TSM_REPORT_OUTBLOB_MAX */
	GUEST_TSM_TRIES = 5,                /* attempts, each with a new configfs entry */
	GUEST_TSM_BUSY_TRIES = 7,           /* attempts to read or write an entry that is busy */
	GUEST_TSM_BUSY_FIRST_NS = 20000000, /* doubled each time: 1.26 s in all */

	GUEST_TDX_QUOTE_MAX_BYTES = 0x1000000, /* TSM_REPORT_OUTBLOB_MAX of Linux 7.0 */
	GUEST_QGS_REPLY_MAX_BYTES = 0x20000,
};

/*
 * check.c: checks of every response before the caller gets it, whatever interface it came through.
 *
 * Checks that `report` is one report over `report_data`; -EPROTO otherwise (B34). n bytes, untrusted.
 */
JURAT_MUST_CHECK int guest_check_report(const uint8_t *report, size_t n, const uint8_t report_data[64],
					struct jurat_error *err);
/* Size of the table in `certs` without padding: 0 when it is empty, n when it is malformed. */
size_t guest_certs_size(const uint8_t *certs, size_t n);
/*
 * Checks that `quote` is a TD's quote over `report_data`, and not empty (K2); -EPROTO otherwise. n bytes,
 * untrusted.
 */
JURAT_MUST_CHECK int guest_check_quote(const uint8_t *quote, size_t n, const uint8_t report_data[64],
				       struct jurat_error *err);

/* snp_device.c: through the ioctls of /dev/sev-guest. */
JURAT_MUST_CHECK int guest_device_report(struct jurat_guest *guest, const uint8_t report_data[64],
					 const struct jurat_guest_report_options *options,
					 struct jurat_evidence *ret, struct jurat_error *err);
JURAT_MUST_CHECK int guest_device_derived_key(struct jurat_guest *guest,
					      const struct jurat_snp_key_options *options, uint8_t ret[32],
					      struct jurat_error *err);

/* Whether an error means "try again later": the kernel returns it while another thread uses the provider. */
bool guest_is_busy(int r);
/* Sleeps before attempt i + 1 of GUEST_TSM_BUSY_TRIES; false when there are no more attempts. */
bool guest_wait_busy(struct base_env *env, unsigned i);

/* tdx_device.c: through /dev/tdx_guest and a quoting service. */
/* Whether a quoting service is configured, by the caller or in /etc/tdx-attest.conf. */
bool guest_tdx_has_service(struct jurat_guest *guest);
JURAT_MUST_CHECK int guest_tdx_quote(struct jurat_guest *guest, const uint8_t report_data[64],
				     struct jurat_evidence *ret, struct jurat_error *err);
JURAT_MUST_CHECK int guest_tdx_report0(struct jurat_guest *guest, const uint8_t report_data[64],
				       uint8_t ret[1024], struct jurat_error *err);
/*
 * tdx_qgs.c: requests a quote for a TDREPORT from a quoting service.
 * address   as base/address.h
 * ret       on success a heap copy that the caller frees
 * Returns   0; -ETIMEDOUT; -EIO the service returned an error; -EPROTO, -EBADMSG, -E2BIG its response is
 *           invalid; -errno of connect, send, recv; -ENOMEM
 */
JURAT_MUST_CHECK int guest_qgs_quote(struct base_env *env, const char *address, const uint8_t tdreport[1024],
				     uint8_t **ret, size_t *ret_size, struct jurat_error *err);
/* Builds a length-prefixed request around a TDREPORT; finds the quote in the response, borrowed. */
size_t guest_qgs_request(const uint8_t tdreport[1024], uint8_t *to, size_t room);
JURAT_MUST_CHECK int guest_qgs_answer(const uint8_t *message, size_t n, const uint8_t **ret, size_t *ret_size,
				      struct jurat_error *err);
/*
 * Reads the service's address from /etc/tdx-attest.conf, as libtdx_attest does.
 * Returns   0 and a heap copy; JURAT_NOT_FOUND no file, or no port in it; -EINVAL an invalid port; another
 *           -errno
 */
JURAT_MUST_CHECK int guest_qgs_configured(struct base_env *env, char **ret, struct jurat_error *err);

/* tsm.c: through configfs-tsm. Probing creates an entry, reads its provider and removes the entry again. */
JURAT_MUST_CHECK int guest_tsm_probe(struct jurat_guest *guest, struct jurat_error *err);
JURAT_MUST_CHECK int guest_tsm_report(struct jurat_guest *guest, const uint8_t report_data[64],
				      const struct jurat_guest_report_options *options,
				      struct jurat_evidence *ret, struct jurat_error *err);

#endif
