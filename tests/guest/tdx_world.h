/* SPDX-License-Identifier: MIT */
#ifndef TESTS_GUEST_TDX_WORLD_H
#define TESTS_GUEST_TDX_WORLD_H

#include "support/test.h"

#include "base/env.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"
#include "wire/tdx_uapi.h"

/*
 * A TDX guest's world in memory: configfs-tsm with the provider tdx_guest, /dev/tdx_guest, the registers in
 * sysfs, /etc/tdx-attest.conf and a quoting service behind a socket, with knobs for what may go wrong. What
 * is open or made is counted.
 */
enum { TW_MAX_FILES = 8, TW_ROOM = 0x9000 };

enum tw_kind {
	TW_FREE,
	TW_PROVIDER,
	TW_GENERATION,
	TW_INBLOB,
	TW_OUTBLOB,
	TW_DEVICE,
	TW_CONFIG,
	TW_RTMR,
	TW_SOCKET
};

struct tw_file {
	enum tw_kind kind;
	unsigned index;
	uint8_t data[TW_ROOM];
	size_t size, off;
	bool fetched, wrote;
};

struct tdx_world {
	struct base_env base;
	struct tw_file files[TW_MAX_FILES];
	char entry[64]; /* the one configfs entry */
	uint64_t generation, now;
	uint8_t inblob[64];
	size_t inblob_size;

	bool no_configfs, no_device, no_sysfs, no_service;
	const char *provider, *config; /* config NULL: no such file */
	int config_error;
	struct tdx_quote quote; /* report_data is filled in */
	size_t padding;         /* zeros behind it */
	bool other_report_data, other_tdreport_data;

	int outblob_error;
	bool empty_outblob;
	unsigned outblob_busy, device_busy;
	int report_error;

	unsigned long quote_ioctl; /* the one that the device has; 0: none */
	int quote_error;
	uint64_t quote_status;  /* in the buffer after the ioctl */
	uint32_t quote_out_len; /* instead of the right one; 0: the right one */
	bool quote_untouched;

	uint32_t service_error;
	const uint8_t *service_answer; /* instead of its own */
	size_t service_answer_size, recv_part;
	bool service_silent;

	bool has_extend_ioctl;
	int extend_error;
	uint8_t rtmr[4][48];
	size_t rtmr_bytes;

	unsigned mkdirs, rmdirs, ioctls, connects, extends;
	char address[64];
};

struct tdx_world *tdx_world_new(void);
void tdx_world_free(struct tdx_world *w); /* fails the test when something was left behind */
unsigned tdx_world_open_files(const struct tdx_world *w);

#endif
