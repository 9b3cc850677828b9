/* SPDX-License-Identifier: MIT */
/*
 * host_stock DIR SEED PRODUCT [TCB]...
 *
 * Writes endorsements of a software platform in the layout of a stock, for `jurat host --endorsements DIR`:
 * chains and CRLs of the product, and the VCEK of each TCB (16 hex digits); and beside them, which no service
 * publishes, DIR/TCB.vlek.der and DIR/TCB.hashstick. Prints the TCB of the platform's firmware. DIR must be
 * there.
 */
#include "support/test.h"

#include <sys/stat.h>

#include "crypto/x509.h"
#include "endorse/value.h"
#include "sim/psp/psp.h"

static const char *dir;
static struct sim_pki *pki;
static struct sim_psp *psp;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "host_stock: %s\n", what);
	exit(1);
}

static void write_file(const char *name, const void *bytes, size_t n)
{
	char path[1024];
	FILE *f;

	TEXT(path, "%s/%s", dir, name);
	for (char *slash = path + strlen(dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	f = fopen(path, "wb");
	check(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0, path);
}

static void write_item(const struct endorse_item *item, uint8_t *body, size_t size)
{
	const struct endorse_value value = { .body = body, .size = size };
	char name[ENDORSE_TEXT_BYTES];
	struct jurat_error err = { "" };
	uint8_t *packed;
	size_t n;

	endorse_item_file(item, name, sizeof(name));
	if (item->kind == ENDORSE_VCEK) {
		write_file(name, body, size);
		return;
	}
	check(endorse_value_pack(&value, INT64_MAX, &packed, &n, &err) == 0, err.text);
	write_file(name, packed, n);
	free(packed);
}

static void write_chain(enum snp_product product, enum endorse_kind kind)
{
	const struct endorse_item item = { .kind = kind, .product = product };
	const enum sim_ca cas[] = { kind == ENDORSE_VCEK_CHAIN ? SIM_ASK : SIM_ASVK, SIM_ARK };
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	check(to != NULL, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(cas); i++) {
		const uint8_t *der;
		size_t n;

		check(sim_pki_ca(pki, product, cas[i], &der, &n, NULL) == 0, "no CA");
		crypto_pem_write(to, der, n);
	}
	fclose(to);
	write_item(&item, (uint8_t *)text, size);
	free(text);
}

static void write_crl(enum snp_product product, enum endorse_kind kind)
{
	const struct endorse_item item = { .kind = kind, .product = product };
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	check(sim_pki_crl(pki, product, false, false, der, &n, NULL) == 0, "no CRL");
	write_item(&item, der, n);
}

static void write_tcb(enum snp_product product, const char *text)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .product = product };
	uint8_t der[SIM_CERT_MAX_BYTES], stick[SNP_VLEK_HASHSTICK_BYTES];
	uint64_t tcb = strtoull(text, NULL, 16);
	struct jurat_error err = { "" };
	char name[64];
	size_t n;

	check(snp_tcb_read(product, tcb, &item.tcb), text);
	sim_psp_hwid(psp, item.chip_id);
	check(sim_kds_vcek(psp, pki, tcb, der, &n, &err) == 0, err.text);
	write_item(&item, der, n);
	check(sim_kds_vlek(psp, pki, SIM_CSP_ID, tcb, der, &n, &err) == 0, err.text);
	TEXT(name, "%s.vlek.der", text);
	write_file(name, der, n);
	check(sim_kds_hashstick(psp, SIM_CSP_ID, tcb, stick, &err) == 0, err.text);
	TEXT(name, "%s.hashstick", text);
	write_file(name, stick, sizeof(stick));
}

int main(int argc, char **argv)
{
	struct sim_psp_options options = { 0 };
	struct jurat_error err = { "" };

	check(argc >= 4, "usage: host_stock DIR SEED PRODUCT [TCB]...");
	dir = argv[1];
	options.seed = argv[2];
	options.product = snp_product_by_name(argv[3]);
	check(sim_pki_new(options.seed, &pki, &err) == 0 && sim_psp_new(&options, &psp, &err) == 0, err.text);
	for (enum endorse_kind kind = ENDORSE_VCEK_CHAIN; kind <= ENDORSE_VLEK_CHAIN; kind++)
		write_chain(options.product, kind);
	for (enum endorse_kind kind = ENDORSE_VCEK_CRL; kind <= ENDORSE_VLEK_CRL; kind++)
		write_crl(options.product, kind);
	for (int i = 4; i < argc; i++)
		write_tcb(options.product, argv[i]);
	printf("%016llx\n", (unsigned long long)sim_psp_committed_tcb(psp));
	sim_psp_free(psp);
	sim_pki_free(pki);
	return 0;
}
