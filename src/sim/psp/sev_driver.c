/* SPDX-License-Identifier: MIT */
#include "sim/psp/sev_driver.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "uapi/sev.h"

enum { GET_ID2_BYTES = 12, ID_BYTES = 64 };

struct call {
	struct sim_psp *psp;
	bool writable;
	void *data; /* of the caller; NULL: none */
	uint32_t status;
};

static uint8_t *at(uint64_t address)
{
	return (uint8_t *)(uintptr_t)address;
}

/* The driver's errno for a firmware status. */
static int answered(struct call *c, uint32_t status)
{
	c->status = status;
	return status == SNP_SUCCESS ? 0 : -EIO;
}

/* struct sev_user_data_get_id2: address u64, length u32, packed. Returns the length that is required. */
static int get_id2(struct call *c)
{
	uint8_t *args = c->data;
	uint8_t *to = at(bytes_get_le(args, 8));
	bool fits = to && bytes_get_le(args + 8, 4) >= ID_BYTES;

	if (fits)
		sim_psp_hwid(c->psp, to);
	bytes_put_le(args + 8, ID_BYTES, 4);
	return answered(c, fits ? SNP_SUCCESS : SNP_INVALID_LEN);
}

static int platform_status(struct call *c)
{
	struct snp_platform_status status;
	int r = answered(c, sim_psp_platform_status(c->psp, &status));

	if (r == 0)
		wire_write(&snp_platform_status_layout, &status, c->data);
	return r;
}

static int set_config(struct call *c)
{
	struct snp_config config;

	if (!c->writable)
		return -EPERM;
	if (wire_read(&snp_config_layout, c->data, SNP_CONFIG_BYTES, &config, NULL) < 0)
		return -EINVAL;
	return answered(c, sim_psp_config(c->psp, &config));
}

static int vlek_load(struct call *c)
{
	struct snp_vlek_load load;

	if (!c->writable)
		return -EPERM;
	if (wire_read(&snp_vlek_load_layout, c->data, SNP_VLEK_LOAD_BYTES, &load, NULL) < 0 ||
	    load.len != SNP_VLEK_LOAD_BYTES || load.vlek_wrapped_version != 0 ||
	    load.vlek_wrapped_address == 0)
		return -EINVAL;
	return answered(c, sim_psp_vlek_load(c->psp, at(load.vlek_wrapped_address)));
}

static int issue(struct call *c, uint32_t cmd)
{
	static int (*const commands[SEV_CMD_MAX])(struct call *) = {
		[SEV_CMD_GET_ID2] = get_id2,
		[SEV_CMD_SNP_PLATFORM_STATUS] = platform_status,
		[SEV_CMD_SNP_SET_CONFIG] = set_config,
		[SEV_CMD_SNP_VLEK_LOAD] = vlek_load,
	};

	if (cmd == SEV_CMD_SNP_COMMIT)
		return answered(c, sim_psp_commit(c->psp));
	if (!commands[cmd])
		return answered(c, SNP_UNSUPPORTED);
	return c->data ? commands[cmd](c) : -EINVAL;
}

int sim_sev_ioctl(struct sim_psp *psp, bool writable, unsigned long request, void *arg)
{
	struct call c = { .psp = psp, .writable = writable };
	struct sev_issue_cmd command;
	int r;

	if (request != UAPI_SEV_ISSUE_CMD)
		return -EINVAL;
	r = wire_read(&sev_issue_cmd_layout, arg, SEV_ISSUE_CMD_BYTES, &command, NULL);
	if (r < 0 || command.cmd >= SEV_CMD_MAX)
		return -EINVAL;
	c.data = at(command.data);
	c.status = command.error; /* which the driver does not reset */
	r = issue(&c, command.cmd);
	command.error = c.status;
	wire_write(&sev_issue_cmd_layout, &command, arg);
	return r;
}

void sim_sev_saw_ioctl(const void *arg, struct base_mix *to)
{
	struct sev_issue_cmd command;

	if (wire_read(&sev_issue_cmd_layout, arg, SEV_ISSUE_CMD_BYTES, &command, NULL) < 0)
		return;
	base_mix_u64(to, command.error);
	if (command.cmd == SEV_CMD_SNP_PLATFORM_STATUS) {
		base_mix_bytes(to, at(command.data), SNP_PLATFORM_STATUS_BYTES);
	} else if (command.cmd == SEV_CMD_GET_ID2) {
		const uint8_t *args = at(command.data);

		base_mix_u64(to, bytes_get_le(args + 8, 4));
		base_mix_bytes(to, at(bytes_get_le(args, 8)), ID_BYTES);
	}
}
