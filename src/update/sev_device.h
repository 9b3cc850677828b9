/* SPDX-License-Identifier: MIT */
#ifndef UPDATE_SEV_DEVICE_H
#define UPDATE_SEV_DEVICE_H

#include "base/env.h"
#include "base/error.h"
#include "wire/sev_uapi.h"

/*
 * The SNP host commands of /dev/sev, by SEV_ISSUE_CMD. The driver executes one command at a time, so a status
 * that is read after a command shows what that command did. Spec: Linux include/uapi/linux/psp-sev.h,
 * drivers/crypto/ccp/sev-dev.c.
 */
struct sev_device {
	struct base_env *env;
	const char *path; /* borrowed */
	int fd;           /* -1: not open */
};

/* 0; -errno: `err` names the device */
JURAT_MUST_CHECK int sev_device_open(struct base_env *env, const char *path, bool writable,
				     struct sev_device *ret, struct jurat_error *err);
void sev_device_close(struct sev_device *dev);

/* SNP_PLATFORM_STATUS; works before SNP is initialised. 0; -errno */
JURAT_MUST_CHECK int sev_device_status(struct sev_device *dev, struct snp_platform_status *ret,
				       struct jurat_error *err);
/* GET_ID2: the HWID of this chip, as chip_id of a report that is not masked. 0; -errno */
JURAT_MUST_CHECK int sev_device_hwid(struct sev_device *dev, uint8_t ret[64], struct jurat_error *err);

/*
 * Commands that change what the firmware signs with. The device must be writable: SNP_COMMIT, which is
 * irreversible, is executed by some kernels without that.
 *
 * Returns   0 executed; JURAT_REFUSED not executed: `err` has the firmware's or the driver's reason; -errno
 *           it is not known whether it was executed: only SNP_PLATFORM_STATUS can tell
 */
JURAT_MUST_CHECK int sev_device_commit(struct sev_device *dev, struct jurat_error *err);
JURAT_MUST_CHECK int sev_device_set_config(struct sev_device *dev, const struct snp_config *config,
					   struct jurat_error *err);
JURAT_MUST_CHECK int sev_device_vlek_load(struct sev_device *dev,
					  const uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES],
					  struct jurat_error *err);

#endif
