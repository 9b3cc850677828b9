/* SPDX-License-Identifier: MIT */
#include "x509_world.h"

#include "crypto/x509.h"
#include "sim/pki/pki.h"

struct sim_order *x509_order(const char *const *items)
{
	struct sim_order *order;
	struct jurat_error err;

	assert_int_equal(sim_order_new(X509_AT, &order, NULL), 0);
	for (; *items; items++)
		if (sim_order_add(order, *items, &err) != 0)
			FAIL_BECAUSE("%s: %s", *items, err.text);
	return order;
}

bool x509_is_of_tdx(const char *file)
{
	return strcmp(file, "root.der") == 0 || strcmp(file, "quote.bin") == 0 ||
	       strncmp(file, "coll", 4) == 0;
}

void x509_make(const char *const *items, const char *file, struct sim_forged *ret)
{
	struct sim_forge_options options = { .tdx = x509_is_of_tdx(file),
					     .vlek = strstr(file, "v") == file && file[1] == 'l' };
	struct sim_order *order = x509_order(items);
	struct jurat_error err;

	if (strcmp(file, "asvk.der") == 0)
		options.vlek = true;
	if (sim_forge(&options, order, ret, &err) != 0)
		FAIL_BECAUSE("%s: %s", items[0], err.text);
	sim_order_free(order);
}

/* The DER of a file: itself, or its n-th PEM block; of a quote, the PCK certificate. */
uint8_t *x509_der(const struct sim_forged *forged, const char *file, size_t *ret_size)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const struct sim_forged_file *found = sim_forged_find(forged, file);
	const char *text;
	uint8_t *der;
	size_t off = 0;
	char label[32];

	if (!found)
		return NULL;
	text = memmem(found->bytes, found->size, begin, strlen(begin));
	if (text) {
		assert_int_equal(crypto_pem_next((const uint8_t *)text,
						 found->size - (size_t)(text - (const char *)found->bytes),
						 &off, label, &der, ret_size, NULL),
				 0);
		return der;
	}
	der = malloc(found->size);
	assert_non_null(der);
	memcpy(der, found->bytes, found->size);
	*ret_size = found->size;
	return der;
}

/* The same without an order: made once for each file. */
const uint8_t *x509_usual(const char *file, size_t *ret_size)
{
	static const char *const none[] = { NULL };
	static struct {
		char file[64];
		uint8_t der[SIM_CERT_MAX_BYTES];
		size_t n;
	} known[16];
	struct sim_forged forged;
	uint8_t *der;
	unsigned i = 0;

	while (*known[i].file && strcmp(known[i].file, file) != 0)
		i++;
	assert_true(i < ARRAY_SIZE(known) - 1);
	if (!*known[i].file) {
		x509_make(none, file, &forged);
		der = x509_der(&forged, file, &known[i].n);
		assert_true(der && known[i].n <= sizeof(known[i].der));
		memcpy(known[i].der, der, known[i].n);
		TEXT(known[i].file, "%s", file);
		free(der);
		sim_forged_done(&forged);
	}
	*ret_size = known[i].n;
	return known[i].der;
}
