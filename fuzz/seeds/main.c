/* SPDX-License-Identifier: MIT */
#include "seeds/seeds.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_BYTES = 1 << 20 };

static const char *directory, *target;
static char path[4096], last[128];
static uint8_t bytes[MAX_BYTES];
static struct bytes_wr to;

static void die(const char *what)
{
	fprintf(stderr, "seeds: %s '%s': %s\n", what, path, strerror(errno));
	exit(1);
}

void seed_begin(const char *of, const char *name, ...)
{
	va_list ap;

	target = of;
	va_start(ap, name);
	vsnprintf(last, sizeof(last), name, ap);
	va_end(ap);
	to = bytes_wr(bytes, sizeof(bytes));
}

void seed_u8(uint8_t v)
{
	bytes_wr_u8(&to, v);
}

void seed_u16(uint16_t v)
{
	bytes_wr_le16(&to, v);
}

void seed_u32(uint32_t v)
{
	bytes_wr_le32(&to, v);
}

void seed_u64(uint64_t v)
{
	bytes_wr_le64(&to, v);
}

void seed_bytes(const void *from, size_t n)
{
	bytes_wr_copy(&to, from, n);
}

void seed_zeros(size_t n)
{
	bytes_wr_zero(&to, n);
}

void seed_text(const char *text)
{
	bytes_wr_copy(&to, text, strlen(text));
}

void seed_part(const void *from, size_t n)
{
	must(n <= UINT16_MAX);
	bytes_wr_le16(&to, (uint16_t)n);
	bytes_wr_copy(&to, from, n);
}

static void write_for(const char *of)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, of);
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		die("cannot make");
	snprintf(path, sizeof(path), "%s/%s/%s", directory, of, last);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, to.off, file) != to.off || fclose(file) != 0)
		die("cannot write");
}

void seed_end(void)
{
	must(!to.bad);
	write_for(target);
	if (strcmp(target, "fuzz_decode") == 0) /* what carries others is a kind, too */
		write_for("fuzz_input");
	if (strcmp(target, "fuzz_input") == 0 || strcmp(target, "fuzz_decode") == 0)
		write_for("fuzz_show"); /* what is recognised is shown */
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	if (mkdir(directory, 0777) < 0 && errno != EEXIST)
		die("cannot make");
	seeds_wire();
	seeds_crypto();
	seeds_decode();
	seeds_snp();
	seeds_tdx();
	seeds_policy();
	seeds_host();
	seeds_guest();
	seeds_daemon();
	seeds_fetch();
	seeds_sim();
	seeds_forge();
	seeds_endorse();
	seeds_cli();
	seeds_event_log();
	seeds_keys();
	seeds_measure_snp();
	seeds_measure_tdx();
	return 0;
}
