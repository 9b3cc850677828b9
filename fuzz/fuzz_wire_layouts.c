/* deps: wire_dep */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "wire/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show_every_field(const struct wire_layout *layout, const void *from, size_t room)
{
	char *text = malloc(room + 1);

	if (!text)
		return;
	for (size_t i = 0; i < layout->n_fields; i++) {
		size_t whole = wire_field_format(layout, &layout->fields[i], from, text, room + 1);

		if (strlen(text) != (whole < room ? whole : room))
			abort();
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
		wire_write(layout, parsed, bytes);
		if (memcmp(bytes, data + 2, layout->size) != 0)
			abort();
		show_every_field(layout, parsed, data[1]);
	}
	free(bytes);
	free(parsed);
	return 0;
}
