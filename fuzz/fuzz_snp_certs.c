/* deps: wire_dep */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "wire/snp_certs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const uint8_t *data, size_t size, const struct snp_certs *certs)
{
	if (certs->size > size || certs->n > SNP_CERTS_MAX_ENTRIES)
		abort();
	for (unsigned i = 0; i < certs->n; i++) {
		const struct bytes_rd *d = &certs->entries[i].data;

		if (d->size == 0 || d->data < data || d->data + d->size > data + certs->size)
			abort();
	}
}

static void check_same(const struct snp_certs *a, const struct snp_certs *b)
{
	if (a->n != b->n)
		abort();
	for (unsigned i = 0; i < a->n; i++) {
		const struct snp_cert_entry *x = &a->entries[i], *y = &b->entries[i];

		if (x->kind != y->kind || memcmp(x->guid, y->guid, sizeof(x->guid)) != 0 ||
		    x->data.size != y->data.size || memcmp(x->data.data, y->data.data, x->data.size) != 0)
			abort();
	}
}

/* An accepted table lies inside its input, and writing it packed gives a table that reads the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snp_certs certs, again;
	struct jurat_error err;
	size_t room, written;
	uint8_t *packed;

	if (snp_certs_read(data, size, &certs, &err) != 0)
		return 0;
	check_inside(data, size, &certs);
	room = snp_certs_size(&certs);
	packed = malloc(room);
	if (!packed)
		return 0;
	if (snp_certs_write(&certs, packed, room, &written, &err) != 0 || written != room)
		abort();
	if (snp_certs_read(packed, written, &again, &err) != 0 || again.size != written)
		abort();
	check_same(&certs, &again);
	free(packed);
	return 0;
}
