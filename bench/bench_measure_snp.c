/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/firmware.h"

/*
 * measure-snp: the launch digest of a guest with 64 vCPUs and a firmware of 4 MiB without equal pages, which
 * would be hashed once. Beside it, one SHA-384 of the firmware.
 *
 * measure-snp-process: the complete process of `jurat measure snp` for the same guest; beside it, that of
 * sev-snp-measure, where scripts/setup-peers has put it.
 */
enum { FIRMWARE_BYTES = 4 << 20, VCPUS = 64, N_SECTIONS = 6, METADATA_BYTES = 16 + 12 * N_SECTIONS };

struct measuring {
	struct measure_snp what;
	const char *jurat;
	char image[PATH_MAX], peer[PATH_MAX];
	bool failed;
};

static void put_entry(struct bytes_wr *w, uint16_t size, const char *guid)
{
	uint8_t bytes[16];

	w->bad |= !bytes_from_hex(guid, bytes, sizeof(bytes));
	bytes_wr_le16(w, size);
	bytes_wr_copy(w, bytes, sizeof(bytes));
}

/* As OvmfPkg/AmdSev: metadata, then the table of GUIDed structures, 32 bytes before the end. */
static bool make_firmware(uint8_t *image)
{
	static const uint32_t sections[N_SECTIONS][3] = {
		{ 0x800000, 0x9000, 1 }, { 0x80a000, 0x3000, 1 }, { 0x80d000, 0x1000, 2 },
		{ 0x80e000, 0x1000, 3 }, { 0x80f000, 0x1000, 4 }, { 0x810000, 0x10000, 1 },
	};
	enum { TABLE = 22 + 22 + 18, END = TABLE + MEASURE_FIRMWARE_END_BYTES };
	struct bytes_wr w = bytes_wr(image + FIRMWARE_BYTES - END - METADATA_BYTES, METADATA_BYTES + TABLE);
	uint32_t state = 1;

	for (size_t i = 0; i < FIRMWARE_BYTES; i++) {
		state = state * 1664525 + 1013904223;
		image[i] = (uint8_t)(state >> 24);
	}
	bytes_wr_copy(&w, "ASEV", 4);
	bytes_wr_le32(&w, METADATA_BYTES);
	bytes_wr_le32(&w, 1);
	bytes_wr_le32(&w, N_SECTIONS);
	for (size_t i = 0; i < N_SECTIONS; i++)
		for (size_t k = 0; k < 3; k++)
			bytes_wr_le32(&w, sections[i][k]);
	bytes_wr_le32(&w, END + METADATA_BYTES);
	put_entry(&w, 22, "666588dc4a989847a75e5585a7bf67cc");
	bytes_wr_le32(&w, 0x80b004);
	put_entry(&w, 22, "de71f7007e1acb4f890e68c77e2fb44e");
	put_entry(&w, TABLE, "de82b596b21ff745baeaa366c55a082d");
	return !w.bad;
}

static void ours(void *ctx)
{
	struct measuring *m = ctx;
	uint8_t digest[MEASURE_DIGEST_BYTES];

	m->failed |= measure_snp(&m->what, digest, NULL) != 0;
}

static void bare(void *ctx)
{
	const struct measuring *m = ctx;
	uint8_t digest[MEASURE_DIGEST_BYTES];

	crypto_sha384(m->what.firmware.bytes, m->what.firmware.n, digest);
}

static void our_process(void *ctx)
{
	struct measuring *m = ctx;
	const char *argv[] = { m->jurat,  "measure", "snp",         "--firmware", m->image,
			       "--vcpus", "64",      "--vcpu-type", "EPYC-Milan", NULL };

	m->failed |= bench_spawn(argv) != 0;
}

static void their_process(void *ctx)
{
	struct measuring *m = ctx;
	const char *argv[] = { m->peer,   "--mode", "snp",         "--ovmf",     m->image,
			       "--vcpus", "64",     "--vcpu-type", "EPYC-Milan", NULL };

	m->failed |= bench_spawn(argv) != 0;
}

static void measure_processes(struct bench *b, struct measuring *m)
{
	static const char name[] = "measure-snp-process";
	const char *slash = strrchr(b->self, '/');
	struct jurat_error err = { "" };
	int n = snprintf(m->peer, sizeof(m->peer), "%.*s/../peers/bin/sev-snp-measure",
			 (int)(slash ? slash - b->self : 0), b->self);

	if (!bench_wanted(b, name))
		return;
	snprintf(m->image, sizeof(m->image), "%s/firmware", b->dir);
	if (!slash || n >= PATH_MAX || access(m->peer, X_OK) != 0)
		bench_skip(b, name, "scripts/setup-peers has not installed sev-snp-measure");
	else if (bench_write(m->image, m->what.firmware.bytes, m->what.firmware.n, &err) < 0)
		bench_fail(b, name, err.text);
	else
		bench_measure(b, name,
			      &(struct bench_pair){ .ours = our_process,
						    .bare = their_process,
						    .ctx = m,
						    .failed = &m->failed,
						    .beside = "process of sev-snp-measure 0.0.13" });
	unlink(m->image);
}

int bench_measure_snp(struct bench *b)
{
	struct measuring m = { .jurat = b->jurat };
	auto_free uint8_t *image = NULL;

	if (!bench_wanted(b, "measure-snp") && !bench_wanted(b, "measure-snp-process"))
		return BENCH_OK;
	image = malloc(FIRMWARE_BYTES);
	if (!image || !make_firmware(image))
		return bench_error(BENCH_INTERNAL, "no firmware image");
	m.what = (struct measure_snp){
		.firmware = { image, FIRMWARE_BYTES },
		.vcpus = VCPUS,
		.vcpu_signature = measure_vcpu_signature("EPYC-Milan"),
		.guest_features = 1,
	};
	if (bench_wanted(b, "measure-snp"))
		bench_measure(b, "measure-snp",
			      &(struct bench_pair){ .ours = ours,
						    .bare = bare,
						    .ctx = &m,
						    .failed = &m.failed,
						    .processor_time = true,
						    .beside = "one SHA-384 of the 4 MiB of firmware" });
	measure_processes(b, &m);
	return BENCH_OK;
}
