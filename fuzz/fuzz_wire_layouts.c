/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/fuzz.h"
#include "wire/layout.h"

static void show_every_field(const struct wire_layout *layout, const void *from, size_t room)
{
	char *text = malloc(room + 1);

	must(text != NULL);
	for (size_t i = 0; i < layout->n_fields; i++) {
		size_t whole = wire_field_format(layout, &layout->fields[i], from, text, room + 1);

		must(strlen(text) == (whole < room ? whole : room));
	}
	free(text);
}

/* Byte 0 chooses the layout, byte 1 how much room its text gets; the rest is the structure. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wire_layout *layout;
	uint8_t *bytes, *parsed;

	if (size < 2)
		return 0;
	layout = wire_layouts[data[0] % wire_n_layouts];
	bytes = malloc(layout->size);
	parsed = malloc(layout->struct_size);
	if (bytes && parsed && wire_read(layout, data + 2, size - 2, parsed, NULL) == 0) {
		FUZZ_REACHED("a structure reads");
		if (wire_check_zero(layout, parsed, NULL) < 0)
			FUZZ_REACHED("a reserved byte that is not zero");
		wire_write(layout, parsed, bytes);
		must(memcmp(bytes, data + 2, layout->size) == 0);
		show_every_field(layout, parsed, data[1]);
	}
	free(bytes);
	free(parsed);
	return 0;
}
