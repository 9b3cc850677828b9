/* SPDX-License-Identifier: MIT */
#ifndef TESTS_GUEST_GUEST_WORLD_H
#define TESTS_GUEST_GUEST_WORLD_H

#include "support/test.h"

#include "base/env.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"

/*
 * A guest's world in memory: /dev/sev-guest and /sys/kernel/config/tsm/report as the kernel has them, with
 * knobs for what may go wrong. Everything that is opened or made is counted, so that a test sees what was
 * left behind.
 */
enum { MAX_INSTANCES = 8, MAX_FILES = 8, BLOB_ROOM = 0x9000 };

enum attribute {
	A_NONE,
	A_PROVIDER,
	A_GENERATION,
	A_FLOOR,
	A_PRIVLEVEL,
	A_INBLOB,
	A_OUTBLOB,
	A_AUXBLOB,
	A_DEVICE
};

enum { W_ANY_VMPL = -1 }; /* whichever the guest may ask for */

struct instance {
	char name[64];
	uint8_t inblob[64];
	size_t inblob_size;
	uint64_t generation;
	uint32_t privlevel;
};

struct file {
	enum attribute attribute;
	struct instance *instance;
	uint8_t data[BLOB_ROOM]; /* what the first read fetched, or what was written */
	size_t size, off;
	bool fetched, wrote;
};

struct guest_world {
	struct base_env base;
	struct instance instances[MAX_INSTANCES];
	struct file *files[MAX_FILES];

	/* What the TEE is like. */
	bool no_device, no_configfs;
	int open_device, mkdir_error; /* errors instead */
	const char *provider;
	const char *generation_text; /* instead of the number */
	uint32_t floor;
	bool no_floor_file;
	uint8_t table[BLOB_ROOM];
	size_t table_size;
	struct snp_report report; /* report_data and vmpl are filled in */
	size_t report_size;       /* what the answer says */
	uint32_t status;          /* message status; 0: as the floor says */
	bool other_report_data;

	/* What goes wrong. Counters go down to 0. */
	unsigned names_taken, inblob_dropped, outblob_busy, meddled, rmdir_busy;
	int outblob_error;
	uint32_t needed_bytes, driver_max_bytes; /* certificates over the device */
	bool ask_for_more;                       /* INVALID_LEN always, one page more each time */
	uint32_t asked_len;                      /* INVALID_LEN: certs_len to give instead of needed_bytes */
	int ioctl_result;
	uint64_t ioctl_exitinfo2;
	bool empty_key;

	/* What was seen. */
	unsigned ioctls, mkdirs, rmdirs, random_calls;
	unsigned long last_ioctl;
	struct snp_guest_request_ioctl input;
	struct snp_msg_report_req report_req;
	struct snp_msg_key_req key_req;
	uint32_t certs_len;
	uint64_t slept_ns;
};

#define W_CONFIGFS "/config/tsm/report"
#define W_DEVICE   "/guest/dev/sev-guest"

struct guest_world *guest_world_new(void);
/* Fails the test when a descriptor or an instance was left behind. */
void guest_world_free(struct guest_world *w);
unsigned guest_world_open_files(const struct guest_world *w);
unsigned guest_world_instances(const struct guest_world *w);

#endif
