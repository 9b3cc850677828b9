/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "measure/event_log.h"
#include "measure/mrtd.h"
#include "support/fuzz.h"

/* What is measured for one input is bounded: the pages that a VMM adds are not in the image. */
enum { MAX_MEMORY = 1 << 20 };

/* Options. */
enum { WITH_KERNEL = 1 << 4, UNCHANGED = 1 << 5, WITH_IMAGES = 1 << 6 };

static int count(void *closure, const struct measure_event *event)
{
	unsigned *n = closure;

	must(event->index >= 1 && event->index <= 3 && event->extends && event->digest &&
	     (event->data || event->n == 0));
	++*n;
	return 0;
}

static bool is_small(const struct tdvf *tdvf)
{
	uint64_t n = 0;

	must(tdvf->n >= 1 && tdvf->n <= TDVF_MAX_SECTIONS);
	for (unsigned i = 0; i < tdvf->n; i++) {
		const struct tdvf_section *s = &tdvf->sections[i];

		must(tdvf_type_name(s->type) != NULL);
		must(s->n_raw == 0 || s->raw[s->n_raw - 1] <= 0xff);
		n += s->attributes & TDVF_PAGE_AUG ? 0 : s->n_memory;
	}
	return n <= MAX_MEMORY;
}

/* What is booted. */
struct boot {
	struct fuzz_bytes kernel, initrd, gpt, image, event;
	struct measure_bytes images, events;
	char append[256];
};

static struct measure_bytes bytes_of(const struct fuzz_bytes *part)
{
	return (struct measure_bytes){ part->p, part->n };
}

static void read_boot(struct bytes_rd *in, uint8_t options, struct boot *boot, struct measure_tdx *what)
{
	if (options & WITH_KERNEL) {
		boot->kernel = fuzz_part(in);
		boot->initrd = fuzz_part(in);
		what->kernel = bytes_of(&boot->kernel);
		what->initrd = bytes_of(&boot->initrd);
	} else if (options & WITH_IMAGES) {
		boot->gpt = fuzz_part(in);
		boot->image = fuzz_part(in);
		boot->event = fuzz_part(in);
		boot->images = bytes_of(&boot->image);
		boot->events = bytes_of(&boot->event);
		what->gpt = bytes_of(&boot->gpt);
		what->efi_images = &boot->images;
		what->n_efi_images = 1;
		what->loader_events = &boot->events;
		what->n_loader_events = 1;
	}
	if (options & (WITH_KERNEL | WITH_IMAGES)) {
		auto_bytes text = fuzz_part(in);

		if (text.n > 0)
			memcpy(boot->append, text.p,
			       text.n < sizeof(boot->append) ? text.n : sizeof(boot->append) - 1);
		what->append = boot->append;
	}
	what->header = options & UNCHANGED ? MEASURE_TDX_HEADER_UNCHANGED : MEASURE_TDX_HEADER_PATCHED;
}

static void boot_done(struct boot *boot)
{
	fuzz_bytes_done(&boot->kernel);
	fuzz_bytes_done(&boot->initrd);
	fuzz_bytes_done(&boot->gpt);
	fuzz_bytes_done(&boot->image);
	fuzz_bytes_done(&boot->event);
}

static void measure(const struct measure_tdx *what, const struct tdvf *tdvf)
{
	const unsigned *n_events = what->closure;
	struct measure_tdx_digests digests;
	uint8_t mrtd[MEASURE_DIGEST_BYTES];
	struct jurat_error err = { "" };
	int r;

	must(measure_mrtd(tdvf, what, mrtd) == 0);
	r = measure_tdx(what, &digests, &err);
	must(r == 0 || ((r == -EBADMSG || r == -EINVAL) && err.text[0]));
	if (r < 0)
		return;
	must(memcmp(mrtd, digests.mrtd, sizeof(mrtd)) == 0);
	if (digests.has_rtmr[0])
		FUZZ_REACHED("RTMR0");
	if (digests.has_rtmr[1] && what->kernel.bytes)
		FUZZ_REACHED("RTMR1 of a kernel");
	if (digests.has_rtmr[2] && what->efi_images)
		FUZZ_REACHED("RTMR2 of a disk");
	must(digests.has_rtmr[0] ? *n_events >= 11
				 : digests.has_rtmr[1] || digests.has_rtmr[2] || *n_events == 0);
}

/*
 * An input is a byte of options, the size of the memory and a firmware image, in a part of its own; with
 * flags, what is booted, in parts: kernel and initrd, or partition table, EFI image and an event of its
 * loader; then the command line.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t table[] = "ACPI";
	const struct measure_bytes tables = { table, sizeof(table) };
	struct bytes_rd in = bytes_rd(data, size);
	struct jurat_error err = { "" };
	struct measure_tdx what = { .event = count, .acpi_tables = &tables, .n_acpi_tables = 1 };
	uint8_t options = fuzz_u8(&in);
	struct boot boot = { .append = "" };
	unsigned n_events = 0;
	struct tdvf tdvf;
	int r;

	what.memory_bytes = fuzz_u64(&in);
	auto_bytes image = fuzz_part(&in);

	what.firmware = (struct measure_bytes){ image.p, image.n };
	what.closure = &n_events;
	what.vmm = options & 1 ? MEASURE_GCE : MEASURE_QEMU;
	what.order = options & 2 ? MEASURE_TDX_PAGE_BY_PAGE : MEASURE_TDX_ALL_THEN_EXTEND;
	what.secure_boot = (enum measure_secure_boot)(options >> 2 & 3);
	r = tdvf_read(what.firmware, &tdvf, &err);
	must(r == 0 || (r == -EBADMSG && err.text[0]));
	if (r < 0 || !is_small(&tdvf))
		return 0;
	FUZZ_REACHED("a TDVF");
	read_boot(&in, options, &boot, &what);
	measure(&what, &tdvf);
	boot_done(&boot);
	return 0;
}
