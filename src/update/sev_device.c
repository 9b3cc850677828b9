/* SPDX-License-Identifier: MIT */
#include "update/sev_device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "uapi/sev.h"
#include "wire/snp_msg.h"

enum { GET_ID2_BYTES = 12, ID_MAX_BYTES = 128, HWID_BYTES = 64 };

int sev_device_open(struct base_env *env, const char *path, bool writable, struct sev_device *ret,
		    struct jurat_error *err)
{
	int fd = base_open(env, path, (writable ? O_RDWR : O_RDONLY) | O_NOCTTY, 0);

	if (fd == -ENOENT || fd == -ENXIO || fd == -ENODEV)
		return jurat_fail(err, fd, "cannot open '%s': %s (the ccp driver creates it on an SNP host)",
				  path, strerror(-fd));
	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	*ret = (struct sev_device){ .env = env, .path = path, .fd = fd };
	return 0;
}

void sev_device_close(struct sev_device *dev)
{
	if (dev->fd >= 0)
		base_close(dev->env, dev->fd);
	dev->fd = -1;
}

/* What the driver means by its errors; NULL: what strerror(3) says. */
static const char *meaning(int e)
{
	switch (e) {
	case -ENODEV:
		return "SNP is not initialised: enable SNP in BIOS and kernel, and load kvm_amd";
	case -EPERM:
		return "the device was opened for reading only";
	case -ETIMEDOUT:
		return "the AMD Secure Processor did not respond in time; the driver sends it no more "
		       "commands until the next boot";
	case -EBUSY:
		return "the AMD Secure Processor did not respond to an earlier command; the driver sends it "
		       "no more commands until the next boot";
	case -ENOTTY:
	case -EINVAL:
		return "the driver does not support this command; expected the /dev/sev of an SNP host";
	default:
		return NULL;
	}
}

/* Errors with which the driver returns before it sends the command. Spec: Linux, sev_ioctl(). */
static bool was_not_sent(int e)
{
	return e == -ENODEV || e == -EPERM || e == -EINVAL || e == -ENOTTY || e == -EBADF || e == -ENOMEM;
}

/*
 * One command. ret_answer: the firmware's status, 0 when it is not the firmware that refused. 0 executed;
 * another result of the driver.
 */
static int issue(struct sev_device *dev, const char *name, uint32_t cmd, const void *data,
		 uint32_t *ret_answer, struct jurat_error *err)
{
	struct sev_issue_cmd command = { .cmd = cmd, .data = (uintptr_t)data };
	uint8_t bytes[SEV_ISSUE_CMD_BYTES];
	const char *text;
	int r;

	wire_write(&sev_issue_cmd_layout, &command, bytes);
	r = base_ioctl(dev->env, dev->fd, UAPI_SEV_ISSUE_CMD, bytes);
	if (wire_read(&sev_issue_cmd_layout, bytes, sizeof(bytes), &command, err) < 0)
		return -EIO;
	*ret_answer = r == -EIO ? command.error : 0;
	if (r >= 0)
		return 0;
	text = meaning(r);
	if (*ret_answer != 0) {
		text = snp_status_name(command.error);
		return jurat_fail(err, r, "%s: the firmware returned %s (0x%02x)", name,
				  text ? text : "an error", command.error);
	}
	return jurat_fail(err, r, "%s: %s: %s", name, dev->path, text ? text : strerror(-r));
}

/* The same, for a command that changes something. */
static int change(struct sev_device *dev, const char *name, uint32_t cmd, const void *data,
		  struct jurat_error *err)
{
	uint32_t answer = 0;
	int r = issue(dev, name, cmd, data, &answer, err);

	return r < 0 && (answer != 0 || was_not_sent(r)) ? JURAT_REFUSED : r;
}

int sev_device_status(struct sev_device *dev, struct snp_platform_status *ret, struct jurat_error *err)
{
	uint8_t bytes[SNP_PLATFORM_STATUS_BYTES] = { 0 };
	uint32_t answer;
	int r = issue(dev, "SNP_PLATFORM_STATUS", SEV_CMD_SNP_PLATFORM_STATUS, bytes, &answer, err);

	return r < 0 ? r : wire_read(&snp_platform_status_layout, bytes, sizeof(bytes), ret, err);
}

/* struct sev_user_data_get_id2: address u64, length u32, packed. The firmware returns the length it needs. */
int sev_device_hwid(struct sev_device *dev, uint8_t ret[64], struct jurat_error *err)
{
	uint8_t bytes[GET_ID2_BYTES], id[ID_MAX_BYTES] = { 0 };
	uint64_t length = HWID_BYTES;
	uint32_t answer;
	int r;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t asked = length;

		bytes_put_le(bytes, (uintptr_t)id, 8);
		bytes_put_le(bytes + 8, length, 4);
		r = issue(dev, "GET_ID", SEV_CMD_GET_ID2, bytes, &answer, err);
		length = bytes_get_le(bytes + 8, 4);
		if (r == 0 || answer != SNP_INVALID_LEN || length <= asked || length > sizeof(id))
			break;
	}
	if (r < 0)
		return r;
	if (length == 0 || length > sizeof(id) || bytes_all(id, HWID_BYTES, 0))
		return jurat_fail(err, -EIO, "GET_ID: expected the ID of this chip, found %llu bytes%s",
				  (unsigned long long)length, length ? " of zeros" : "");
	for (size_t i = 0; i < HWID_BYTES; i++)
		ret[i] = i < length ? id[i] : 0;
	return 0;
}

int sev_device_commit(struct sev_device *dev, struct jurat_error *err)
{
	return change(dev, "SNP_COMMIT", SEV_CMD_SNP_COMMIT, NULL, err);
}

int sev_device_set_config(struct sev_device *dev, const struct snp_config *config, struct jurat_error *err)
{
	uint8_t bytes[SNP_CONFIG_BYTES];

	wire_write(&snp_config_layout, config, bytes);
	return change(dev, "SNP_SET_CONFIG", SEV_CMD_SNP_SET_CONFIG, bytes, err);
}

int sev_device_vlek_load(struct sev_device *dev, const uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES],
			 struct jurat_error *err)
{
	struct snp_vlek_load load = { .len = SNP_VLEK_LOAD_BYTES,
				      .vlek_wrapped_address = (uintptr_t)hashstick };
	uint8_t bytes[SNP_VLEK_LOAD_BYTES];

	wire_write(&snp_vlek_load_layout, &load, bytes);
	return change(dev, "SNP_VLEK_LOAD", SEV_CMD_SNP_VLEK_LOAD, bytes, err);
}
