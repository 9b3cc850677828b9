/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "bench/bare.h"
#include "bench/makers.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "jurat/host.h"
#include "jurat/verify.h"
#include "machine/machine.h"
#include "uapi/sev.h"
#include "verify/verifier.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"

enum {
	GUESTS = 10000,
	SIGNATURES = 100,
	BLOB_PAGES = 4,
	PAGE = 4096,
	CHIPS = VERIFIER_LEAVES + 1, /* so that one after the other each is new to a verifier */
};

/* A chip's report with its endorsements. */
struct evidence {
	uint8_t report[SNP_REPORT_BYTES];
	uint8_t *table;
	size_t table_size;
	struct bytes_rd leaf, intermediate, root; /* in `table` */
};

/* What one implementation of signatures does. */
struct side {
	const struct bench_makers *makers; /* NULL: not measured */
	char blob[96];
	struct machine *machine;
	struct machine_guest *guest;
	struct bare_p384 *bare;
	struct crypto_ec_private *key;
	struct jurat_verifier *warm;
};

struct snp {
	struct bench *bench;
	bool failed;
	struct side build, nettle, aws_lc; /* of this build; the others where they are compared with it */
	struct side *side;                 /* what is measured */
	struct evidence evidence;          /* of the machine of `build` */
	struct evidence chips[CHIPS];
	unsigned n_chips, chip;
	struct jurat_verifier *many;
	struct jurat_snp_certs *certs;
	struct jurat_snp_request *request;
	int blob_fd;
	uint8_t pages[BLOB_PAGES * PAGE], copy[BLOB_PAGES * PAGE];
};

static void their_sign(void *ctx)
{
	struct snp *b = ctx;
	b->failed |= bare_p384_sign(b->side->bare) != 1;
}

static void their_verify(void *ctx)
{
	struct snp *b = ctx;
	b->failed |= bare_p384_verify(b->side->bare) != 1;
}

static void our_sign(void *ctx)
{
	struct snp *b = ctx;
	uint8_t digest[48], r[48], s[48];

	crypto_sha384(b->evidence.report, SNP_REPORT_SIGNED_BYTES, digest);
	b->failed |= crypto_ec_sign(b->side->key, base_env_real(), digest, sizeof(digest), r, s) != 0;
}

static void verify_with(struct snp *b, struct jurat_verifier *verifier, const struct evidence *e)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = e->report,
					       .report_size = sizeof(e->report),
					       .certs = e->table,
					       .certs_size = e->table_size };
	struct jurat_verdict *verdict = NULL;

	b->failed |= jurat_verify_snp(verifier, &evidence, NULL, time(NULL), &verdict, NULL) != 0;
	jurat_verdict_free(verdict);
}

static void verify_warm(void *ctx)
{
	struct snp *b = ctx;
	verify_with(b, b->side->warm, &b->evidence);
}

static void verify_warm_nettle(void *ctx)
{
	struct snp *b = ctx;
	verify_with(b, b->nettle.warm, &b->evidence);
}

static struct jurat_verifier *new_verifier(struct snp *b)
{
	struct jurat_verifier *verifier = NULL;

	if (jurat_verifier_new(&verifier, NULL) < 0 ||
	    jurat_verifier_add_roots(verifier, b->evidence.root.data, b->evidence.root.size, NULL) < 0)
		b->failed = true;
	return verifier;
}

/* Root and intermediate are known by their digests; the chip is not, or no longer. */
static void verify_new_chip(void *ctx)
{
	struct snp *b = ctx;
	verify_with(b, b->many, &b->chips[b->chip++ % b->n_chips]);
}

static void verify_cold(void *ctx)
{
	struct snp *b = ctx;
	struct jurat_verifier *verifier = new_verifier(b);

	if (verifier)
		verify_with(b, verifier, &b->evidence);
	jurat_verifier_free(verifier);
}

static void their_openssl(void *ctx)
{
	struct snp *b = ctx;
	const struct evidence *e = &b->evidence;
	struct bare_chain chain = {
		.report = e->report,
		.report_size = sizeof(e->report),
		.leaf = e->leaf.data,
		.leaf_size = e->leaf.size,
		.intermediate = e->intermediate.data,
		.intermediate_size = e->intermediate.size,
		.root = e->root.data,
		.root_size = e->root.size,
		.at = time(NULL),
	};

	b->failed |= bare_openssl_verify(&chain) != 1;
}

/* SNP_GET_EXT_REPORT, as a guest program calls it. `report` may be NULL; the certificates land in b->copy. */
static int ext_request(struct snp *b, struct machine_guest *guest, uint8_t *report)
{
	uint8_t request[SNP_EXT_REPORT_REQ_BYTES] = { 0 }, arg[SNP_IOCTL_BYTES] = { 0 };
	static uint8_t response[SNP_REPORT_RESP_BYTES];
	int r;

	memset(request, 0x42, 64);
	bytes_put_le(request + 96, (uintptr_t)b->copy, 8);
	bytes_put_le(request + 104, sizeof(b->copy), 4);
	arg[0] = 1;
	bytes_put_le(arg + 8, (uintptr_t)request, 8);
	bytes_put_le(arg + 16, (uintptr_t)response, 8);
	r = machine_ioctl(guest, 0, UAPI_SNP_GET_EXT_REPORT, arg);
	if (r == 0 && report)
		memcpy(report, response + SNP_MSG_REPORT_RSP_HDR_BYTES, SNP_REPORT_BYTES);
	return r;
}

static void our_ext_request(void *ctx)
{
	struct snp *b = ctx;
	b->failed |= ext_request(b, b->side->guest, NULL) != 0;
}

static int memory_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct snp *b = ctx;

	if (gpa > sizeof(b->copy) || n > sizeof(b->copy) - gpa)
		return -EFAULT;
	memcpy(b->copy + gpa, from, n);
	return 0;
}

static void our_req_certs(void *ctx)
{
	struct snp *b = ctx;
	struct jurat_guest_memory memory = { .size = sizeof(memory), .write = memory_write, .context = b };
	uint64_t answer, npages;

	if (jurat_snp_request_serve(b->request, 0, BLOB_PAGES, &memory, &answer, &npages, NULL) < 0 ||
	    answer != 0)
		b->failed = true;
	b->failed |= jurat_snp_request_ran(b->request, -EINTR, 0) != 1;
}

/* The same system calls and copy with nothing around them. */
static void their_req_certs(void *ctx)
{
	struct snp *b = ctx;
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET },
		     unlock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
	struct stat a, c;

	b->failed |= fcntl(b->blob_fd, F_OFD_SETLK, &lock) < 0 || fstat(b->blob_fd, &a) < 0 ||
		     stat(b->build.blob, &c) < 0 || a.st_ino != c.st_ino ||
		     pread(b->blob_fd, b->pages, sizeof(b->pages), 0) != (ssize_t)sizeof(b->pages);
	memcpy(b->copy, b->pages, sizeof(b->copy));
	b->failed |= fcntl(b->blob_fd, F_OFD_SETLK, &unlock) < 0;
}

/* A valid table that fills BLOB_PAGES: the real one, and an entry of nobody's kind for the rest. */
static int fill_blob(struct snp *b, struct jurat_error *err)
{
	static uint8_t filler[BLOB_PAGES * PAGE];
	uint8_t blob[BLOB_PAGES * PAGE];
	struct snp_certs table;
	size_t size;
	int r = snp_certs_read(b->evidence.table, b->evidence.table_size, &table, err);

	if (r < 0)
		return r;
	table.entries[table.n].kind = SNP_CERT_OTHER;
	memset(table.entries[table.n].guid, 0x6a, sizeof(table.entries[table.n].guid));
	table.entries[table.n].data = bytes_rd(filler, 1);
	table.n++;
	size = snp_certs_size(&table);
	table.entries[table.n - 1].data = bytes_rd(filler, sizeof(blob) - size + 1);
	r = snp_certs_write(&table, blob, sizeof(blob), &size, err);
	return r == 0 ? bench_write(b->build.blob, blob, size, err) : r;
}

static void measure(struct snp *b, const char *name, bench_operation *ours, bench_operation *bare,
		    const char *beside)
{
	bench_measure(b->bench, name,
		      &(struct bench_pair){
			      .ours = ours, .bare = bare, .ctx = b, .failed = &b->failed, .beside = beside });
}

static void measure_req_certs(struct snp *b)
{
	struct jurat_error err = { "" };
	int r;

	b->blob_fd = -1;
	if (!bench_wanted(b->bench, "snp-req-certs"))
		return;
	r = fill_blob(b, &err);
	if (r == -ENOSPC || r == -EDQUOT || r == -EROFS)
		bench_skip(b->bench, "snp-req-certs", err.text);
	else if (r < 0 || jurat_snp_certs_new(b->build.blob, NULL, &b->certs, &err) < 0 ||
		 jurat_snp_request_new(b->certs, &b->request, &err) < 0)
		bench_fail(b->bench, "snp-req-certs", err.text);
	else if ((b->blob_fd = open(b->build.blob, O_RDONLY | O_CLOEXEC)) < 0)
		bench_fail(b->bench, "snp-req-certs", strerror(errno));
	else
		measure(b, "snp-req-certs", our_req_certs, their_req_certs,
			"the same lock, stat, read and copy calls alone");
	if (b->blob_fd >= 0)
		close(b->blob_fd);
	jurat_snp_request_free(b->request);
	jurat_snp_certs_free(b->certs);
}

/* Memory that many guests take, each with one request behind it, and the time for that. */
static void measure_guests(struct snp *b)
{
	static struct machine_guest *guests[GUESTS];
	struct bench_figure figure = { .name = "snp-guest-memory" };
	struct sim_launch launch = { .policy = 0x30000 };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	bool good = true;
	char text[80];
	uint64_t start;

	if (!bench_wanted(b->bench, figure.name))
		return;
	start = bench_now_ns();
	for (unsigned i = 0; i < SIGNATURES; i++)
		their_sign(b);
	figure.bare_ns = (double)(bench_now_ns() - start) / SIGNATURES;
	start = bench_now_ns();
	while (good && figure.n < GUESTS) {
		good = machine_guest_new(b->build.machine, &launch, 1, &guests[figure.n], NULL) == 0;
		figure.n += good;
		good = good && ext_request(b, guests[figure.n - 1], NULL) == 0;
	}
	figure.ours_ns = (double)(bench_now_ns() - start) / GUESTS;
	figure.ratio = figure.ours_ns / figure.bare_ns;
	figure.bytes = (mallinfo2().uordblks + mallinfo2().hblkhd - before) / GUESTS;
	snprintf(text, sizeof(text), "%s P-384 sign; %.2f KiB for each guest that attested once",
		 bench_library_of(b->side->makers->p384), (double)figure.bytes / 1024);
	figure.beside = text;
	if (good && figure.bytes > 0)
		bench_print(b->bench, &figure);
	else if (good)
		bench_skip(b->bench, figure.name, "the allocator does not tell what it has given");
	else
		bench_fail(b->bench, figure.name, "a guest could not be made, or did not attest");
	while (figure.n > 0)
		machine_guest_free(guests[--figure.n]);
}

/* A machine of its own for each chip: same roots, another seed. */
static int gather(struct snp *b, const char *seed, const char *blob, struct evidence *e,
		  struct machine **ret_machine, struct machine_guest **ret_guest, struct jurat_error *err)
{
	struct machine_options options = { .certs_path = blob, .psp.seed = seed };
	struct sim_launch launch = { .policy = 0x30000 };
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	struct snp_certs table;
	int r = machine_new(&options, ret_machine, err);

	if (r == 0 && blob)
		r = machine_update(*ret_machine, &publish, err);
	if (r == 0)
		r = machine_guest_new(*ret_machine, &launch, 1, ret_guest, err);
	if (r == 0)
		r = ext_request(b, *ret_guest, e->report);
	if (r == 0)
		r = sim_kds_table(machine_psp(*ret_machine), machine_pki(*ret_machine), &e->table,
				  &e->table_size, err);
	if (r == 0)
		r = snp_certs_read(e->table, e->table_size, &table, err);
	if (r != 0)
		return r < 0 ? r : jurat_fail(err, -EIO, "the software machine did not attest");
	e->leaf = table.entries[0].data;
	e->intermediate = table.entries[1].data;
	e->root = table.entries[2].data;
	return 0;
}

static int gather_chips(struct snp *b, struct jurat_error *err)
{
	int r = 0;

	if (!bench_wanted(b->bench, "snp-verify-new-chip"))
		return 0;
	for (b->n_chips = 0; r == 0 && b->n_chips < CHIPS; b->n_chips++) {
		struct machine *machine = NULL;
		struct machine_guest *guest;
		char seed[16];

		snprintf(seed, sizeof(seed), "chip-%u", b->n_chips);
		r = gather(b, seed, NULL, &b->chips[b->n_chips], &machine, &guest, err);
		machine_free(machine);
	}
	return r;
}

static int set_up_side(struct snp *b, struct side *side, struct evidence *e, const char *name,
		       struct jurat_error *err)
{
	int r;

	bench_makers_in_use = side->makers;
	snprintf(side->blob, sizeof(side->blob), "%s/certs-%s", b->bench->dir, name);
	r = gather(b, NULL, side->blob, e, &side->machine, &side->guest, err);
	if (r == 0)
		r = bare_p384_new(side->makers->p384, &side->bare);
	if (r == 0)
		r = crypto_ec_private_derive(CRYPTO_P384, "bench", 5, &side->key, err);
	if (r == 0)
		side->warm = new_verifier(b);
	if (side->warm)
		verify_with(b, side->warm, &b->evidence); /* makes its keys by `makers` */
	return r;
}

static void side_done(struct side *side)
{
	if (!side->makers)
		return;
	jurat_verifier_free(side->warm);
	bare_p384_free(side->bare);
	crypto_ec_private_free(side->key);
	machine_free(side->machine);
	unlink(side->blob);
}

/* AWS-LC's, and nettle's to compare it with, where AWS-LC is there. */
static int set_up_aws_lc(struct snp *b, struct jurat_error *err)
{
	struct evidence unused = { .table = NULL };
	int r;

	if (!bench_aws_lc)
		return 0;
	b->aws_lc.makers = bench_aws_lc;
	b->nettle.makers = &bench_openssl_nettle;
	r = set_up_side(b, &b->aws_lc, &unused, "aws-lc", err);
	free(unused.table);
	unused.table = NULL;
	if (r == 0)
		r = set_up_side(b, &b->nettle, &unused, "nettle", err);
	free(unused.table);
	bench_makers_in_use = &bench_of_build;
	return r;
}

static int set_up(struct snp *b, struct jurat_error *err)
{
	int r;

	b->build.makers = &bench_of_build;
	r = set_up_side(b, &b->build, &b->evidence, "build", err);
	if (r == 0)
		r = set_up_aws_lc(b, err);
	if (r == 0)
		r = gather_chips(b, err);
	if (r < 0)
		return r;
	b->many = new_verifier(b);
	return b->failed ? jurat_fail(err, -ENOMEM, "no verifier") : 0;
}

static void measure_side(struct snp *b, struct side *side, const char *name, bench_operation *ours,
			 bench_operation *bare, const char *what)
{
	char beside[64];

	b->side = side;
	bench_makers_in_use = side->makers;
	snprintf(beside, sizeof(beside), "%s %s", bench_library_of(side->makers->p384), what);
	measure(b, name, ours, bare, beside);
	bench_makers_in_use = &bench_of_build;
}

static void measure_aws_lc(struct snp *b)
{
	static const char *const figures[] = { "snp-sign-aws-lc", "snp-verify-warm-aws-lc",
					       "snp-ext-request-aws-lc", "snp-verify-gain-aws-lc" };

	for (size_t i = 0; i < ARRAY_SIZE(figures) && !bench_aws_lc; i++)
		bench_skip_wanted(b->bench, figures[i], BENCH_NO_AWS_LC);
	if (!bench_aws_lc)
		return;
	measure_side(b, &b->aws_lc, "snp-sign-aws-lc", our_sign, their_sign, "P-384 sign");
	measure_side(b, &b->aws_lc, "snp-verify-warm-aws-lc", verify_warm, their_verify,
		     "P-384 verify and SHA-384");
	measure_side(b, &b->aws_lc, "snp-ext-request-aws-lc", our_ext_request, their_sign, "P-384 sign");
	b->side = &b->aws_lc;
	measure(b, "snp-verify-gain-aws-lc", verify_warm, verify_warm_nettle, "the same with nettle");
}

int bench_snp(struct bench *bench)
{
	static const char against_openssl[] = "OpenSSL alone from nothing: 3 d2i_X509, chain, report";
	static struct snp b;
	struct jurat_error err = { "" };
	int status = BENCH_OK;

	b = (struct snp){ .bench = bench, .side = &b.build };
	if (set_up(&b, &err) < 0) {
		status = bench_error(BENCH_INTERNAL, "%s", err.text);
	} else {
		measure_side(&b, &b.build, "snp-sign", our_sign, their_sign, "P-384 sign");
		measure_side(&b, &b.build, "snp-verify-warm", verify_warm, their_verify,
			     "P-384 verify and SHA-384");
		measure(&b, "snp-verify-new-chip", verify_new_chip, their_openssl, against_openssl);
		measure(&b, "snp-verify-cold", verify_cold, their_openssl, against_openssl);
		measure_side(&b, &b.build, "snp-ext-request", our_ext_request, their_sign, "P-384 sign");
		measure_aws_lc(&b);
		b.side = &b.build;
		measure_guests(&b);
		measure_req_certs(&b);
	}
	jurat_verifier_free(b.many);
	for (unsigned i = 0; i < b.n_chips; i++)
		free(b.chips[i].table);
	free(b.evidence.table);
	side_done(&b.build);
	side_done(&b.aws_lc);
	side_done(&b.nettle);
	return status;
}
