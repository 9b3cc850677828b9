/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "run/device.h"
#include "run/user_memory.h"
#include "uapi/sev.h"

/*
 * /dev/sev, with the commands of an SNP host. The firmware refuses those of SEV and SEV-ES with
 * UNSUPPORTED. A command that changes the firmware's TCB or key replaces the certificate blob in the same
 * transaction, for host tools that replace no certificates; while an updater such as `jurat host` is at work,
 * it is the firmware's command alone, as on hardware (doc/decisions/0032). The order of checks is the
 * driver's. Spec: Linux include/uapi/linux/psp-sev.h, drivers/crypto/ccp/sev-dev.c.
 */
enum { GET_ID_BYTES = 128, ID_BYTES = 64, GET_ID2_BYTES = 12 };

struct call {
	struct run_platform *platform;
	struct run_user_memory user;
	bool writable;
	struct sev_issue_cmd command;
};

static int from_user(struct call *c, uint64_t addr, void *to, size_t n)
{
	return c->user.memory.read(c->user.memory.ctx, addr, to, n);
}

static int to_user(struct call *c, uint64_t addr, const void *from, size_t n)
{
	return c->user.memory.write(c->user.memory.ctx, addr, from, n);
}

/* The driver's errno for a firmware status. */
static int answered(struct call *c, uint32_t status)
{
	c->command.error = status;
	return status == SNP_SUCCESS ? 0 : -EIO;
}

static int change(struct call *c, struct machine_change *change)
{
	struct jurat_error err = { "" };
	uint32_t status = SNP_SUCCESS;
	int r;

	change->command_only = run_platform_has_updater(c->platform);
	r = run_platform_update(c->platform, change, &status, &err);

	if (r == 0 || r == -ECANCELED)
		return answered(c, status);
	if (r == -EINVAL) /* there are no certificates for this TCB, which no firmware accepts */
		return answered(c, SNP_INVALID_PARAM);
	c->command.error = 0;
	/* The change failed: VMMs kept their locks on the certificates, or a file could not be written. */
	return -ETIMEDOUT;
}

static int platform_status(struct call *c)
{
	struct snp_platform_status status;
	uint8_t bytes[SNP_PLATFORM_STATUS_BYTES];
	uint32_t answer;
	int r;

	if (c->command.data == 0)
		return -EINVAL;
	answer = sim_psp_platform_status(machine_psp(c->platform->machine), &status);
	r = answered(c, answer);
	if (r < 0)
		return r;
	wire_write(&snp_platform_status_layout, &status, bytes);
	return to_user(c, c->command.data, bytes, sizeof(bytes));
}

static int commit(struct call *c)
{
	struct machine_change to = { .kind = MACHINE_COMMIT };

	return change(c, &to);
}

static int may_change(const struct call *c)
{
	if (c->command.data == 0)
		return -EINVAL;
	return c->writable ? 0 : -EPERM;
}

static int set_config(struct call *c)
{
	struct machine_change to = { .kind = MACHINE_CONFIG };
	uint8_t bytes[SNP_CONFIG_BYTES];
	struct snp_config config;
	int r = may_change(c);

	if (r == 0)
		r = from_user(c, c->command.data, bytes, sizeof(bytes));
	if (r == 0)
		r = wire_read(&snp_config_layout, bytes, sizeof(bytes), &config, NULL);
	if (r < 0)
		return r;
	if (!bytes_all(config.reserved, sizeof(config.reserved), 0))
		return answered(c, SNP_INVALID_PARAM);
	to.tcb = config.reported_tcb;
	to.flags = config.flags;
	return change(c, &to);
}

static int vlek_load(struct call *c)
{
	uint8_t bytes[SNP_VLEK_LOAD_BYTES], hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct machine_change to = { .kind = MACHINE_VLEK_LOAD, .hashstick = hashstick };
	struct snp_vlek_load load;
	int r = may_change(c);

	if (r == 0)
		r = from_user(c, c->command.data, bytes, sizeof(bytes));
	if (r == 0)
		r = wire_read(&snp_vlek_load_layout, bytes, sizeof(bytes), &load, NULL);
	if (r < 0)
		return r;
	if (load.len != SNP_VLEK_LOAD_BYTES || load.vlek_wrapped_version != 0 ||
	    load.vlek_wrapped_address == 0)
		return -EINVAL;
	r = from_user(c, load.vlek_wrapped_address, hashstick, sizeof(hashstick));
	return r < 0 ? r : change(c, &to);
}

/* Room for the IDs of two sockets; this machine has one. */
static int get_id(struct call *c)
{
	uint8_t id[GET_ID_BYTES] = { 0 };

	if (c->command.data == 0)
		return -EINVAL;
	sim_psp_hwid(machine_psp(c->platform->machine), id);
	answered(c, SNP_SUCCESS);
	return to_user(c, c->command.data, id, sizeof(id));
}

/*
 * struct sev_user_data_get_id2: address u64, length u32, packed. If the buffer is too short, the required
 * length is returned.
 */
static int get_id2(struct call *c)
{
	uint8_t bytes[GET_ID2_BYTES], id[ID_BYTES];
	uint64_t address;
	uint32_t length;
	int r = from_user(c, c->command.data, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	address = bytes_get_le(bytes, 8);
	length = (uint32_t)bytes_get_le(bytes + 8, 4);
	r = answered(c, address == 0 || length < sizeof(id) ? SNP_INVALID_LEN : SNP_SUCCESS);
	bytes_put_le(bytes + 8, sizeof(id), 4);
	if (to_user(c, c->command.data, bytes, sizeof(bytes)) < 0)
		return -EFAULT;
	if (r < 0)
		return r;
	sim_psp_hwid(machine_psp(c->platform->machine), id);
	return to_user(c, address, id, sizeof(id));
}

static int unsupported(struct call *c)
{
	return answered(c, SNP_UNSUPPORTED);
}

static int issue(struct call *c)
{
	static int (*const commands[SEV_CMD_MAX])(struct call *) = {
		[SEV_CMD_GET_ID] = get_id,
		[SEV_CMD_GET_ID2] = get_id2,
		[SEV_CMD_SNP_PLATFORM_STATUS] = platform_status,
		[SEV_CMD_SNP_COMMIT] = commit,
		[SEV_CMD_SNP_SET_CONFIG] = set_config,
		[SEV_CMD_SNP_VLEK_LOAD] = vlek_load,
	};

	return commands[c->command.cmd] ? commands[c->command.cmd](c) : unsupported(c);
}

static int sev_call(struct call *c, const struct run_ioctl *ioctl)
{
	uint8_t bytes[SEV_ISSUE_CMD_BYTES];
	int r;

	if (ioctl->compat)
		return -ENOTTY;
	if (ioctl->request != UAPI_SEV_ISSUE_CMD)
		return -EINVAL;
	r = from_user(c, ioctl->arg, bytes, sizeof(bytes));
	if (r == 0)
		r = wire_read(&sev_issue_cmd_layout, bytes, sizeof(bytes), &c->command, NULL);
	if (r < 0)
		return r;
	if (c->command.cmd >= SEV_CMD_MAX)
		return -EINVAL;
	r = issue(c);
	wire_write(&sev_issue_cmd_layout, &c->command, bytes);
	return to_user(c, ioctl->arg, bytes, sizeof(bytes)) < 0 ? -EFAULT : r;
}

static int sev_open(void *ctx, int flags, void **ret_file)
{
	static char writable; /* any non-NULL value: opened for writing */

	*ret_file = (flags & O_ACCMODE) == O_RDONLY ? NULL : &writable;
	return 0;
}

static void sev_ioctl(void *ctx, void *file, const struct run_ioctl *ioctl, struct run_reply *reply)
{
	struct call c = { .platform = ctx, .writable = file != NULL };

	run_user_memory_of_ioctl(&c.user, ioctl, c.platform);
	run_user_memory_reply(&c.user, reply, sev_call(&c, ioctl));
}

int run_sev_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx, struct jurat_error *err)
{
	static const struct run_node_ops ops = { .open = sev_open, .ioctl = sev_ioctl };
	int r = run_fs_add(fs, NULL, "sev", S_IFREG | run_platform_mode(platform), 0, &ops, platform, NULL);

	*ret_ctx = NULL;
	return r < 0 ? jurat_fail(err, r, "cannot make /dev/sev") : 0;
}
