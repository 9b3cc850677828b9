/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_snp.h"
#include "run/vmm/snp_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "store/store.h"

/* What may be where the certificate blob should be. The blob itself is beside it meanwhile. */
enum { MAX_BYTES = STORE_MAX_BYTES };

struct aside {
	struct check_vmm *vmm;
	char *kept; /* path of the blob */
	uint8_t *bytes;
	size_t n;
};

static bool put_aside(struct check_vmm *vmm, struct check_result *result, struct aside *aside)
{
	const char *path = snp_blob_path(vmm);

	*aside = (struct aside){ .vmm = vmm };
	if (asprintf(&aside->kept, "%s.kept", path) < 0)
		aside->kept = NULL;
	if (!aside->kept ||
	    base_read_file(base_env_real(), path, MAX_BYTES, &aside->bytes, &aside->n, NULL) < 0 ||
	    rename(path, aside->kept) < 0) {
		check_skip(result, "the certificate blob cannot be moved: it is not at '%s'", path);
		free(aside->kept);
		free(aside->bytes);
		return false;
	}
	return true;
}

/* Puts it back; the VMM serves it again. */
static void put_back(struct aside *aside, struct check_result *result)
{
	struct check_vmm *vmm = aside->vmm;
	struct check_vcpu *vcpu = check_vcpu(vmm, 0);
	const char *path = snp_blob_path(vmm);
	struct snp_ask ask;
	uint64_t area;

	if (unlink(path) < 0)
		(void)!rmdir(path);
	if (rename(aside->kept, path) < 0)
		check_fail(result, "the certificate blob cannot be put back: '%s'", aside->kept);
	free(aside->kept);
	free(aside->bytes);
	if (result->verdict != CHECK_HELD || !vcpu)
		return;
	area = snp_area(vmm, result);
	if (area == 0)
		return;
	snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
	if (snp_ask_make(vmm, vcpu, &ask) && !(ask.exit.ret == 0 && ask.matches))
		check_fail(result, "expected certificates once the blob is at its path again, found none");
	snp_ask_done(&ask);
}

/* In place of the one that is put aside. false: skipped */
static bool write_blob(struct check_vmm *vmm, struct check_result *result, const void *bytes, size_t n)
{
	auto_close int fd = open(snp_blob_path(vmm), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd >= 0 && write(fd, bytes, n) == (ssize_t)n)
		return true;
	check_skip(result, "'%s' cannot be written: %s", snp_blob_path(vmm), strerror(errno));
	return false;
}

struct expected {
	bool empty, eio;      /* an empty table; EIO */
	const uint8_t *bytes; /* or these; NULL: not */
	size_t n;
	const char *when; /* "with no file at the blob's path" */
};

static bool has_empty_table(const struct snp_ask *ask)
{
	return ask->n_page_bytes >= STORE_EMPTY_BYTES && bytes_all(ask->page_bytes, STORE_EMPTY_BYTES, 0);
}

static bool has_bytes(const struct snp_ask *ask, const struct expected *expected)
{
	if (!expected->bytes || ask->n_page_bytes < expected->n)
		return false;
	for (size_t i = 0; i < expected->n; i++)
		if (ask->page_bytes[i] != expected->bytes[i])
			return false;
	return true;
}

static void expect(struct check_vmm *vmm, struct check_result *result, const struct expected *expected)
{
	struct check_vcpu *vcpu = check_vcpu(vmm, 0);
	uint64_t area = snp_area(vmm, result);
	struct snp_ask ask;
	char found[64];

	if (area == 0 || !vcpu)
		return;
	snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
	if (snp_ask_make(vmm, vcpu, &ask)) {
		if (ask.exit.ret == 0 && !(expected->empty && has_empty_table(&ask)) &&
		    !has_bytes(&ask, expected))
			check_fail(result,
				   "expected 24 zero bytes in guest memory with ret 0 %s: the guest takes "
				   "the stale contents of its pages for certificates",
				   expected->when);
		else if (ask.exit.ret != 0 && !(expected->eio && ask.exit.ret == EIO))
			check_fail(result, "expected %s%s %s, found %s",
				   expected->empty ? "an empty table" : "", expected->eio ? " or EIO" : "",
				   expected->when, snp_ret_name(ask.exit.ret, found));
	}
	snp_ask_done(&ask);
}

void snp_check_blob_missing(struct check_vmm *vmm, struct check_result *result)
{
	const struct expected expected = { .empty = true,
					   .eio = true,
					   .when = "without a file at the blob's path" };
	struct aside aside;

	if (!put_aside(vmm, result, &aside))
		return;
	expect(vmm, result, &expected);
	put_back(&aside, result);
}

void snp_check_blob_empty(struct check_vmm *vmm, struct check_result *result)
{
	static const uint8_t zeros[STORE_EMPTY_BYTES];
	const struct expected table = { .empty = true, .when = "when the blob is an empty table" },
			      nothing = { .empty = true,
					  .eio = true,
					  .when = "when the blob is an empty file" };
	struct aside aside;

	if (!put_aside(vmm, result, &aside))
		return;
	if (write_blob(vmm, result, zeros, sizeof(zeros)))
		expect(vmm, result, &table);
	(void)!unlink(snp_blob_path(vmm));
	if (result->verdict == CHECK_HELD && write_blob(vmm, result, zeros, 0))
		expect(vmm, result, &nothing);
	put_back(&aside, result);
}

/* Cut in a certificate, and in the table's entries. */
void snp_check_blob_truncated(struct check_vmm *vmm, struct check_result *result)
{
	struct aside aside;

	if (!put_aside(vmm, result, &aside))
		return;
	for (unsigned i = 0; i < 2 && result->verdict == CHECK_HELD; i++) {
		const struct expected expected = { .empty = true,
						   .eio = true,
						   .bytes = aside.bytes,
						   .n = i == 0 ? aside.n / 2 : STORE_EMPTY_BYTES + 1,
						   .when = "with a blob that ends too early" };

		if (write_blob(vmm, result, aside.bytes, expected.n))
			expect(vmm, result, &expected);
		(void)!unlink(snp_blob_path(vmm));
	}
	put_back(&aside, result);
}

void snp_check_blob_fifo(struct check_vmm *vmm, struct check_result *result)
{
	const struct expected expected = { .empty = true,
					   .eio = true,
					   .when = "with a FIFO at the blob's path" };
	struct aside aside;
	int fd;

	if (!put_aside(vmm, result, &aside))
		return;
	if (mkfifo(snp_blob_path(vmm), 0600) < 0)
		check_skip(result, "a FIFO cannot be made beside the blob");
	else
		expect(vmm, result, &expected);
	/* Whoever waits in open(2) or read(2) goes on. */
	fd = open(snp_blob_path(vmm), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		(void)!check_wait(vmm, NULL, result->verdict == CHECK_FAILED ? 100 : 0);
		close(fd);
	}
	put_back(&aside, result);
}

void snp_check_blob_unreadable(struct check_vmm *vmm, struct check_result *result)
{
	const struct expected directory = { .empty = true,
					    .eio = true,
					    .when = "with a directory at the blob's path" },
			      mode = { .empty = true, .eio = true, .when = "with a blob of mode 0000" };
	struct aside aside;

	if (!put_aside(vmm, result, &aside))
		return;
	if (mkdir(snp_blob_path(vmm), 0700) < 0)
		check_skip(result, "a directory cannot be made beside the blob: %s", strerror(errno));
	else
		expect(vmm, result, &directory);
	(void)!rmdir(snp_blob_path(vmm));
	if (result->verdict == CHECK_HELD && geteuid() != 0 &&
	    write_blob(vmm, result, aside.bytes, aside.n) && chmod(snp_blob_path(vmm), 0) == 0)
		expect(vmm, result, &mode);
	put_back(&aside, result);
}
