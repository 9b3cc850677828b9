/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "measure/event_log.h"
#include "measure/mrtd.h"
#include "support/fuzz.h"

/* What is measured for one input is bounded: the pages that a VMM adds are not in the image. */
enum { MAX_MEMORY = 1 << 20 };

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

/* An input is a byte of options, the size of the memory and a firmware image, in a part of its own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t table[] = "ACPI";
	const struct measure_bytes tables = { table, sizeof(table) };
	struct bytes_rd in = bytes_rd(data, size);
	struct jurat_error err = { "" };
	struct measure_tdx what = { .event = count, .acpi_tables = &tables, .n_acpi_tables = 1 };
	struct measure_tdx_digests digests;
	uint8_t options = fuzz_u8(&in), mrtd[MEASURE_DIGEST_BYTES];
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
	must(measure_mrtd(&tdvf, &what, mrtd) == 0);
	r = measure_tdx(&what, &digests, &err);
	must(r == 0 || ((r == -EBADMSG || r == -EINVAL) && err.text[0]));
	if (r < 0)
		return 0;
	must(memcmp(mrtd, digests.mrtd, sizeof(mrtd)) == 0);
	if (digests.has_rtmr[0])
		FUZZ_REACHED("RTMR0");
	must(digests.has_rtmr[0] ? n_events >= 11 : n_events == 0);
	return 0;
}
