/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/fuzz.h"
#include "wire/snp_certs.h"

static void check_inside(const uint8_t *data, size_t size, const struct snp_certs *certs)
{
	must(certs->size <= size && certs->n <= SNP_CERTS_MAX_ENTRIES);
	for (unsigned i = 0; i < certs->n; i++) {
		const struct bytes_rd *d = &certs->entries[i].data;

		must(d->size > 0 && d->data >= data && d->data + d->size <= data + certs->size);
	}
}

static void check_same(const struct snp_certs *a, const struct snp_certs *b)
{
	must(a->n == b->n);
	for (unsigned i = 0; i < a->n; i++) {
		const struct snp_cert_entry *x = &a->entries[i], *y = &b->entries[i];

		must(x->kind == y->kind && memcmp(x->guid, y->guid, sizeof(x->guid)) == 0 &&
		     x->data.size == y->data.size && memcmp(x->data.data, y->data.data, x->data.size) == 0);
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
	if (snp_certs_find(&certs, SNP_CERT_CRL))
		FUZZ_REACHED("a table with a CRL reads");
	if (certs.n > 0 && certs.entries[0].kind == SNP_CERT_OTHER)
		FUZZ_REACHED("a table with a private entry reads");
	if (certs.n == 0)
		FUZZ_REACHED("the empty table reads");
	room = snp_certs_size(&certs);
	packed = malloc(room);
	must(packed != NULL);
	must(snp_certs_write(&certs, packed, room - 1, &written, &err) == JURAT_TOO_SMALL && written == room);
	must(snp_certs_write(&certs, packed, room, &written, &err) == 0 && written == room);
	must(snp_certs_read(packed, written, &again, &err) == 0 && again.size == written);
	check_same(&certs, &again);
	free(packed);
	return 0;
}
