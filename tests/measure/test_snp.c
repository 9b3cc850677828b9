/* SPDX-License-Identifier: MIT */
#include "measure/firmware_made.h"

#include <errno.h>

#include "crypto/hash.h"
#include "measure/snp_parts.h"

/* What a launch told of its pages and steps, and the digest as the firmware ABI chains it, made here anew. */
struct told {
	uint8_t digest[MEASURE_DIGEST_BYTES];
	unsigned pages, pages_of[8], steps;
	uint8_t last_vmsa[4096], hashes[4096];
	char text[4000];  /* a line for each step */
	unsigned stop_at; /* the step that ends it; 0: none */
	int with;         /* what */
};

static int take_page(void *closure, uint64_t gpa, uint8_t type, const uint8_t *contents)
{
	struct told *t = closure;
	struct snp_page_info info = { .length = 0x70, .page_type = type, .gpa = gpa };
	uint8_t bytes[SNP_PAGE_INFO_BYTES];

	assert_int_equal(contents != NULL, type == SNP_PAGE_NORMAL || type == SNP_PAGE_VMSA);
	memcpy(info.digest_cur, t->digest, sizeof(t->digest));
	if (contents)
		crypto_sha384(contents, 4096, info.contents);
	wire_write(&snp_page_info_layout, &info, bytes);
	crypto_sha384(bytes, sizeof(bytes), t->digest);
	t->pages++;
	t->pages_of[type]++;
	if (type == SNP_PAGE_VMSA)
		memcpy(t->last_vmsa, contents, 4096);
	if (gpa == (MADE_HASHES_GPA & ~0xfff) && contents)
		memcpy(t->hashes, contents, 4096);
	return 0;
}

static int take_step(void *closure, const struct measure_step *step)
{
	struct told *t = closure;
	char line[100];

	/* each step's digest is that after its pages */
	assert_memory_equal(step->digest, t->digest, sizeof(t->digest));
	TEXT(line, "%s 0x%llx 0x%llx %u\n", step->what, (unsigned long long)step->gpa,
	     (unsigned long long)step->n_bytes, step->page_type);
	assert_true(strlen(t->text) + strlen(line) < sizeof(t->text));
	strcat(t->text, line);
	return ++t->steps == t->stop_at ? t->with : 0;
}

static struct measure_snp launch(const uint8_t *image, struct told *told)
{
	*told = (struct told){ .pages = 0 };
	return (struct measure_snp){
		.firmware = { image, MADE_BYTES },
		.vcpus = 3,
		.vcpu_signature = 0xa00f11,
		.guest_features = 1,
		.step = take_step,
		.page = take_page,
		.closure = told,
	};
}

static void measure(const struct measure_snp *what, const char *steps)
{
	const struct told *told = what->closure;
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct jurat_error err = { "" };

	if (measure_snp(what, digest, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_memory_equal(digest, told->digest, sizeof(digest));
	if (steps)
		assert_string_equal(told->text, steps);
}

static void steps_have_the_order_of_each_vmm(void **state)
{
	static const char qemu[] = "firmware 0xffffe000 0x2000 1\n"
				   "SNP_SEC_MEM 0x800000 0x9000 3\n"
				   "SNP_SECRETS 0x80d000 0x1000 5\n"
				   "CPUID 0x80e000 0x1000 6\n"
				   "SVSM_CAA 0x80f000 0x1000 3\n"
				   "SNP_KERNEL_HASHES 0x810000 0x1000 3\n"
				   "SNP_SEC_MEM 0x811000 0x3000 3\n"
				   "VMSA of vCPU 0 0xfffffffff000 0x1000 2\n"
				   "VMSA of vCPU 1 0xfffffffff000 0x1000 2\n"
				   "VMSA of vCPU 2 0xfffffffff000 0x1000 2\n";
	static const char ec2[] = "firmware 0xffffe000 0x2000 1\n"
				  "SNP_SEC_MEM 0x800000 0x9000 3\n"
				  "SNP_SECRETS 0x80d000 0x1000 5\n"
				  "SVSM_CAA 0x80f000 0x1000 3\n"
				  "SNP_KERNEL_HASHES 0x810000 0x1000 1\n"
				  "SNP_SEC_MEM 0x811000 0x3000 3\n"
				  "CPUID 0x80e000 0x1000 6\n"
				  "VMSA of vCPU 0 0xfffffffff000 0x1000 2\n";
	static const char gce[] = "firmware 0xffffe000 0x2000 1\n"
				  "SNP_SEC_MEM 0x800000 0x9000 4\n"
				  "SNP_SECRETS 0x80d000 0x1000 5\n"
				  "CPUID 0x80e000 0x1000 6\n"
				  "SVSM_CAA 0x80f000 0x1000 3\n"
				  "SNP_KERNEL_HASHES 0x810000 0x1000 3\n"
				  "SNP_SEC_MEM 0x811000 0x3000 4\n"
				  "VMSA of vCPU 0 0xfffffffff000 0x1000 2\n";
	uint8_t image[MADE_BYTES];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	what = launch(image, &told);
	measure(&what, qemu);
	assert_int_equal(told.pages, 2 + 9 + 1 + 1 + 1 + 1 + 3 + 3);
	what = launch(image, &told);
	what.vmm = MEASURE_EC2;
	what.vcpus = 1;
	what.kernel = (struct measure_bytes){ (const uint8_t *)"", 0 };
	measure(&what, ec2);
	what = launch(image, &told);
	what.vmm = MEASURE_GCE;
	what.vcpus = 1;
	measure(&what, gce);
	assert_int_equal(told.pages_of[SNP_PAGE_UNMEASURED], 12);
}

static void equal_pages_count_each(void **state)
{
	uint8_t image[MADE_BYTES];
	struct measure_snp what;
	struct told told;
	auto_free uint8_t *large = calloc(5, 4096);

	(void)state;
	assert_non_null(large);
	made_firmware(image);
	memset(large + 2 * 4096, 0xff, 4096);
	memcpy(large + 4 * 4096, image + 4096, 4096);
	what = launch(large, &told);
	what.firmware.n = 5 * 4096;
	measure(&what, NULL);
	assert_int_equal(told.pages_of[SNP_PAGE_NORMAL], 5);
}

/* Without callbacks it is the same digest; and the parts, from copies of a launch, give it again. */
static void parts_go_on_from_copies_of_a_launch(void **state)
{
	uint8_t image[MADE_BYTES], digest[MEASURE_DIGEST_BYTES];
	struct measure_launch start = { .step = NULL };
	struct measure_snp_images images;
	struct measure_snp_vcpus vcpus;
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	what = launch(image, &told);
	what.step = NULL;
	what.page = NULL;
	assert_int_equal(measure_snp_read(&what, &images, NULL), 0);
	assert_int_equal(measure_snp_launch_images(&images, &start), 0);
	for (int vmm = MEASURE_QEMU; vmm <= MEASURE_GCE; vmm++) {
		struct measure_launch l = start;

		what.vmm = (enum measure_vmm)vmm;
		assert_int_equal(measure_snp_launch_sections(&images, what.vmm, NULL, &l, NULL), 0);
		measure_snp_vcpus_make(&images, what.vmm, what.vcpu_signature, what.guest_features, &vcpus);
		for (what.vcpus = 1; what.vcpus < 70; what.vcpus++) {
			assert_int_equal(measure_snp_launch_vcpu(&vcpus, what.vcpus - 1, &l), 0);
			assert_int_equal(measure_snp(&what, digest, NULL), 0);
			assert_memory_equal(digest, l.digest, sizeof(digest));
		}
	}
}

static void a_step_ends_it_with_its_own_value(void **state)
{
	uint8_t image[MADE_BYTES], digest[MEASURE_DIGEST_BYTES] = { 7 },
				   unchanged[MEASURE_DIGEST_BYTES] = { 7 };

	(void)state;
	made_firmware(image);
	for (unsigned stop = 1; stop <= 10; stop++) {
		struct told told;
		struct measure_snp what = launch(image, &told);

		told.stop_at = stop;
		told.with = stop % 2 ? -ECANCELED : 5;
		assert_int_equal(measure_snp(&what, digest, NULL), told.with);
		assert_int_equal(told.steps, stop);
	}
	assert_memory_equal(digest, unchanged, sizeof(digest));
}

static unsigned left_pages;

static int end_at_page(void *closure, uint64_t gpa, uint8_t type, const uint8_t *contents)
{
	(void)closure;
	(void)gpa;
	(void)type;
	(void)contents;
	return left_pages-- == 0 ? -EIO : 0;
}

static int go_on(void *closure, const struct measure_step *step)
{
	(void)closure;
	(void)step;
	return 0;
}

static void a_page_ends_it_with_its_own_value(void **state)
{
	uint8_t image[MADE_BYTES], digest[MEASURE_DIGEST_BYTES];

	(void)state;
	made_firmware(image);
	for (unsigned n = 0; n <= 21; n++) {
		struct told told;
		struct measure_snp what = launch(image, &told);

		what.step = go_on;
		what.page = end_at_page;
		left_pages = n;
		assert_int_equal(measure_snp(&what, digest, NULL), n < 21 ? -EIO : 0);
	}
}

/* ---- kernels */

enum { KERNEL_BYTES = 5 * 512 + 1 };

static void made_kernel(uint8_t ret[KERNEL_BYTES])
{
	memset(ret, 0x90, KERNEL_BYTES);
	ret[0x1f1] = 0; /* which means 4 */
	ret[0x1fe] = 0x55;
	ret[0x1ff] = 0xaa;
	memcpy(ret + 0x202, "HdrS", 4);
}

static void hashes_are_where_the_firmware_looks_for_them(void **state)
{
	/* 168 bytes: the table and three entries, by their GUIDs and lengths */
	static const char shape[] = "06d63894224fc94cb479a793d411fd21a800"
				    "d82dd09720bd944caa78e7714d36ab2a3200"
				    "%s31f7ba442f3ad74b9af141e29169781d3200"
				    "%s3794e74dd2ab7f42b835d5b172d2045b3200%s0000000000000000";
	uint8_t image[MADE_BYTES], kernel[KERNEL_BYTES], hash[32];
	char cmdline[65], initrd[65], file[65], wanted[400], found[BYTES_HEX_SIZE(176)];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	made_kernel(kernel);
	what = launch(image, &told);
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.initrd = (struct measure_bytes){ (const uint8_t *)"abc", 3 };
	what.append = "quiet";
	measure(&what, NULL);
	crypto_sha256("quiet", 6, hash);
	bytes_to_hex(hash, 32, cmdline);
	crypto_sha256("abc", 3, hash);
	bytes_to_hex(hash, 32, initrd);
	crypto_sha256(kernel, sizeof(kernel), hash);
	bytes_to_hex(hash, 32, file);
	TEXT(wanted, shape, cmdline, initrd, file);
	assert_string_equal(bytes_to_hex(told.hashes + 0xc00, 176, found), wanted);
	assert_true(bytes_all(told.hashes, 0xc00, 0) && bytes_all(told.hashes + 0xc00 + 176, 0x400 - 176, 0));
}

/* No initrd is one of no bytes; no command line is an empty one, of which the NUL is hashed. */
static void what_is_not_given_is_empty(void **state)
{
	uint8_t image[MADE_BYTES], kernel[KERNEL_BYTES], a[MEASURE_DIGEST_BYTES], b[MEASURE_DIGEST_BYTES];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	made_kernel(kernel);
	what = launch(image, &told);
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	assert_int_equal(measure_snp(&what, a, NULL), 0);
	what = launch(image, &told);
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	what.initrd = (struct measure_bytes){ (const uint8_t *)"", 0 };
	what.append = "";
	assert_int_equal(measure_snp(&what, b, NULL), 0);
	assert_memory_equal(a, b, sizeof(a));
}

static void check_kernel(const uint8_t *bytes, size_t n, const char *text)
{
	auto_free uint8_t *copy = n ? heap_copy(bytes, n) : NULL;
	struct measure_bytes kernel = { copy ? copy : (const uint8_t *)"", n };
	struct jurat_error err = { "" };

	assert_int_equal(measure_kernel_check(&kernel, &err), text ? -EBADMSG : 0);
	assert_string_equal(err.text, text ? text : "");
}

static void what_is_no_kernel_is_refused(void **state)
{
	static const char none[] =
		"kernel: expected a bzImage ('HdrS' at offset 0x202) or a PE image ('MZ' at 0)";
	uint8_t kernel[KERNEL_BYTES], pe[0x88] = "MZ";

	(void)state;
	made_kernel(kernel);
	check_kernel(kernel, sizeof(kernel), NULL);
	for (size_t n = 1; n < 0x206; n++)
		check_kernel(kernel, n, none);
	check_kernel(kernel, 0x206, "kernel: 518 bytes end inside its 5 sectors of setup");
	check_kernel(kernel, 5 * 512, "kernel: 2560 bytes end inside its 5 sectors of setup");
	kernel[0x1f1] = 255;
	check_kernel(kernel, sizeof(kernel), "kernel: 2561 bytes end inside its 256 sectors of setup");
	kernel[0x1fe] = 0;
	check_kernel(kernel, sizeof(kernel), none);
	check_kernel(kernel, 0, NULL);
	pe[0x3c] = 0x84;
	memcpy(pe + 0x84, "PE\0", 4);
	check_kernel(pe, sizeof(pe), NULL);
	for (size_t n = 1; n < sizeof(pe); n++)
		check_kernel(pe, n, none);
	memset(pe + 0x3c, 0xff, 4);
	check_kernel(pe, sizeof(pe), none);
}

/* ---- options */

static void refuse(const struct measure_snp *what, int wanted, const char *text)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];
	struct jurat_error err = { "" };

	assert_int_equal(measure_snp(what, digest, &err), wanted);
	assert_string_equal(err.text, text);
}

static void options_that_contradict_each_other_are_refused(void **state)
{
	uint8_t image[MADE_BYTES];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	what = launch(image, &told);
	what.vcpus = 0;
	refuse(&what, -EINVAL, "0 vCPUs, expected 1 to 4096");
	what.vcpus = 4097;
	refuse(&what, -EINVAL, "4097 vCPUs, expected 1 to 4096");
	what.vcpus = 4096;
	what.vcpu_signature = 0;
	refuse(&what, -EINVAL, "no vCPU type or signature, which a launch by QEMU depends on");
	what.vmm = MEASURE_GCE;
	what.guest_features = 0x20;
	refuse(&what, -EINVAL, "guest features 0x20 lack bit 0 (SNPActive)");
	what.guest_features = 1;
	what.append = "";
	refuse(&what, -EINVAL, "a command line without a kernel");
	what.initrd.bytes = image;
	refuse(&what, -EINVAL, "an initrd without a kernel");
	what.initrd.bytes = NULL;
	what.append = NULL;
	what.vars_bytes = 4096;
	refuse(&what, -EINVAL, "a variable store without an SVSM");
	what.svsm = what.firmware;
	refuse(&what, -EINVAL, "an SVSM with a VMM that is not QEMU");
	what.kernel = what.firmware;
	refuse(&what, -EINVAL, "a kernel with an SVSM: its hashes are not measured");
	what.vmm = (enum measure_vmm)3;
	refuse(&what, -EINVAL, "unknown VMM 3");
	assert_int_equal(told.pages, 0);
}

static void firmware_that_lacks_what_a_launch_needs_is_refused(void **state)
{
	uint8_t image[MADE_BYTES], kernel[KERNEL_BYTES];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_kernel(kernel);
	made_firmware_without_hashes(image);
	what = launch(image, &told);
	what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
	refuse(&what, -EBADMSG,
	       "firmware: its SEV metadata has no section SNP_KERNEL_HASHES: this image cannot measure a "
	       "kernel");
	made_firmware(image);
	image[MADE_RESET + 6] ^= 1;
	refuse(&what, -EBADMSG, "firmware: no entry 'SEV-ES reset block' in its GUIDed table");
	made_firmware(image);
	image[MADE_HASHES + 10] ^= 1;
	refuse(&what, -EBADMSG, "firmware: no entry 'SEV hash table' in its GUIDed table");
	made_firmware(image);
	kernel[0x202] = 'h';
	refuse(&what, -EBADMSG,
	       "kernel: expected a bzImage ('HdrS' at offset 0x202) or a PE image ('MZ' at 0)");
	assert_int_equal(told.pages, 0);
}

/* Address and size of the table of hashes against its section, a page at 0x810000. */
static void hashes_outside_their_section_are_refused(void **state)
{
	static const struct {
		uint32_t gpa, n;
		const char *text;
	} rows[] = {
		{ 0x810000, 176, NULL },
		{ 0x810f50, 176, NULL },
		{ 0x810f51, 176,
		  "firmware: SEV hash table: 0xb0 bytes at address 0x810f51 do not hold the 176 bytes of "
		  "hashes "
		  "inside SNP_KERNEL_HASHES at 0x810000" },
		{ 0x80ffff, 0x1000,
		  "firmware: SEV hash table: 0x1000 bytes at address 0x80ffff do not hold the 176 bytes of "
		  "hashes "
		  "inside SNP_KERNEL_HASHES at 0x810000" },
		{ 0, 0,
		  "firmware: SEV hash table: 0x0 bytes at address 0x0 do not hold the 176 bytes of hashes "
		  "inside "
		  "SNP_KERNEL_HASHES at 0x810000" },
		{ 0xffffffff, 0xffffffff,
		  "firmware: SEV hash table: 0xffffffff bytes at address 0xffffffff do not hold the 176 "
		  "bytes of "
		  "hashes inside SNP_KERNEL_HASHES at 0x810000" },
		{ 0x810c00, 175,
		  "firmware: SEV hash table: 0xaf bytes at address 0x810c00 do not hold the 176 bytes of "
		  "hashes inside "
		  "SNP_KERNEL_HASHES at 0x810000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t image[MADE_BYTES], kernel[KERNEL_BYTES];
		struct measure_snp what;
		struct told told;

		made_kernel(kernel);
		made_firmware(image);
		bytes_put_le(image + MADE_HASHES, rows[i].gpa, 4);
		bytes_put_le(image + MADE_HASHES + 4, rows[i].n, 4);
		what = launch(image, &told);
		what.kernel = (struct measure_bytes){ kernel, sizeof(kernel) };
		if (rows[i].text)
			refuse(&what, -EBADMSG, rows[i].text);
		else
			measure(&what, NULL);
	}
}

/* ---- vCPUs */

/* A register of a VMSA page: its offset, size and value. Spec: APM volume 2, table B-4. */
static void expect(const struct told *told, size_t offset, unsigned size, uint64_t value)
{
	assert_int_equal(bytes_get_le(told->last_vmsa + offset, size), value);
}

static void vcpus_start_where_the_firmware_says(void **state)
{
	uint8_t image[MADE_BYTES];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	what = launch(image, &told);
	what.vcpus = 1;
	what.guest_features = 0x8000000000000021;
	measure(&what, NULL);
	expect(&told, 0x178, 8, 0xfff0);    /* RIP */
	expect(&told, 0x18, 8, 0xffff0000); /* CS base */
	expect(&told, 0x310, 8, 0xa00f11);  /* RDX */
	expect(&told, 0x3b0, 8, 0x8000000000000021);
	what = launch(image, &told);
	what.vcpus = 2;
	measure(&what, NULL);
	expect(&told, 0x178, 8, MADE_RESET_EIP & 0xffff);
	expect(&told, 0x18, 8, MADE_RESET_EIP & 0xffff0000);
	what = launch(image, &told);
	what.vmm = MEASURE_EC2;
	what.vcpus = 1;
	measure(&what, NULL);
	expect(&told, 0x12, 2, 0x9a); /* CS, not accessed */
	expect(&told, 0x310, 8, 0x600);
	what = launch(image, &told);
	what.vmm = MEASURE_EC2;
	measure(&what, NULL);
	expect(&told, 0x12, 2, 0x9b);
	what = launch(image, &told);
	what.vmm = MEASURE_GCE;
	measure(&what, NULL);
	expect(&told, 0x268, 8, 0x70106); /* G_PAT */
}

static void vcpu_types_have_the_signatures_of_qemu(void **state)
{
	static const struct {
		const char *name;
		uint32_t signature;
	} types[] = { { "EPYC", 0x800f12 },
		      { "epyc-v4", 0x800f12 },
		      { "EPYC-IBPB", 0x800f12 },
		      { "EPYC-Rome-v2", 0x830f10 },
		      { "EPYC-MILAN-V2", 0xa00f11 },
		      { "EPYC-Genoa-v1", 0xa10f10 },
		      { "EPYC-Turin", 0xb00f00 },
		      { "EPYC-", 0 },
		      { "", 0 } };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(measure_vcpu_signature(types[i].name), types[i].signature);
	while (measure_vcpu_type_name(n)) {
		assert_int_not_equal(measure_vcpu_signature(measure_vcpu_type_name(n)), 0);
		n++;
	}
	assert_true(n >= 23);
}

/* ---- SVSM */

static void an_svsm_is_below_the_variables_and_all_vcpus_start_in_it(void **state)
{
	static const char steps[] = "firmware 0xffffe000 0x2000 1\n"
				    "SVSM 0xfffdb000 0x2000 1\n"
				    "SNP_SEC_MEM 0x800000 0x9000 3\n"
				    "SNP_SECRETS 0x80d000 0x1000 5\n"
				    "CPUID 0x80e000 0x1000 6\n"
				    "SVSM_CAA 0x80f000 0x1000 3\n"
				    "SNP_SEC_MEM 0x810000 0x1000 3\n"
				    "SNP_SEC_MEM 0x811000 0x3000 3\n"
				    "VMSA of vCPU 0 0xfffffffff000 0x1000 2\n";
	uint8_t image[MADE_BYTES], svsm[MADE_BYTES];
	struct measure_snp what;
	struct told told;

	(void)state;
	made_firmware(image);
	made_svsm(svsm, 0x1234);
	what = launch(image, &told);
	what.svsm = (struct measure_bytes){ svsm, sizeof(svsm) };
	what.vars_bytes = 0x21000;
	what.vcpus = 1;
	measure(&what, steps);
	expect(&told, 0x178, 8, 0xfffdb000 + 0x1234);
	expect(&told, 0x158, 8, 0x11);              /* CR0: protected mode */
	expect(&told, 0x10, 8, 0xffffffff0c9b0008); /* CS */
	expect(&told, 0x18, 8, 0);
	expect(&told, 0x00, 8, 0xffffffff0c930010); /* ES, SS, DS, FS */
	expect(&told, 0x20, 8, 0xffffffff0c930010);
	expect(&told, 0x30, 8, 0xffffffff0c930010);
	expect(&told, 0x40, 8, 0xffffffff0c930010);
	expect(&told, 0x50, 8, 0x0000ffff00930000); /* GS */
	expect(&told, 0x408, 4, 0x1f80);            /* MXCSR */
	expect(&told, 0x410, 2, 0);                 /* x87 FCW */
	what.vars_bytes = 0x1001;
	refuse(&what, -EINVAL,
	       "4097 bytes of variables are not whole pages below the firmware at 0xffffe000");
	what.vars_bytes = 0xfffff000;
	refuse(&what, -EINVAL,
	       "4294963200 bytes of variables are not whole pages below the firmware at 0xffffe000");
	what.vars_bytes = 0xffffe000 - 0x1000;
	refuse(&what, -EBADMSG, "SVSM: 8192 bytes do not fit below address 0x1000");
	/* nor where the firmware is */
	what.vars_bytes = 0x100000;
	bytes_put_le(svsm + MADE_SECTIONS + 12 * 5, 0xffffa000, 4);
	refuse(&what, -EBADMSG,
	       "SVSM: SEV metadata at offset 0x1c00: section 5 at offset 0x1c4c: 0x3000 bytes at address "
	       "0xffffa000 "
	       "are not below the image at 0xffefc000");
	what.vars_bytes = 0;
	made_svsm(svsm, 0x2000);
	refuse(&what, -EBADMSG, "SVSM: its entry point 0x2000 is outside its 8192 bytes");
	made_firmware(svsm);
	refuse(&what, -EBADMSG, "SVSM: no entry 'SVSM information' in its GUIDed table");
	/* its sections must not be where it is itself */
	made_svsm(svsm, 0x1234);
	what.vars_bytes = 0xffffe000 - 0x813000;
	refuse(&what, -EBADMSG,
	       "SVSM: SEV metadata at offset 0x1c00: section 5 at offset 0x1c4c: 0x3000 bytes at address "
	       "0x811000 "
	       "are not below the image at 0x811000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_have_the_order_of_each_vmm),
		cmocka_unit_test(equal_pages_count_each),
		cmocka_unit_test(parts_go_on_from_copies_of_a_launch),
		cmocka_unit_test(a_step_ends_it_with_its_own_value),
		cmocka_unit_test(a_page_ends_it_with_its_own_value),
		cmocka_unit_test(hashes_are_where_the_firmware_looks_for_them),
		cmocka_unit_test(what_is_not_given_is_empty),
		cmocka_unit_test(what_is_no_kernel_is_refused),
		cmocka_unit_test(options_that_contradict_each_other_are_refused),
		cmocka_unit_test(firmware_that_lacks_what_a_launch_needs_is_refused),
		cmocka_unit_test(hashes_outside_their_section_are_refused),
		cmocka_unit_test(vcpus_start_where_the_firmware_says),
		cmocka_unit_test(vcpu_types_have_the_signatures_of_qemu),
		cmocka_unit_test(an_svsm_is_below_the_variables_and_all_vcpus_start_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
