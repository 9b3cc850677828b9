/* SPDX-License-Identifier: MIT */
#include "verify/given.h"

#include "crypto/x509.h"
#include "wire/snp_certs.h"

static FILE *given_open(const char *name)
{
	const char *dir = getenv("JURAT_EVIDENCE");
	char path[1024];

	if (!dir)
		return NULL;
	TEXT(path, "%s/%s", dir, name);
	return fopen(path, "rb");
}

bool given_there(void)
{
	FILE *f = given_open("SNP-CASES.tsv");

	if (f)
		fclose(f);
	return f != NULL;
}

uint8_t *given_read(const char *name, size_t *ret_size)
{
	FILE *f = given_open(name);
	static uint8_t buf[1 << 20];
	size_t n;

	if (!f)
		FAIL_BECAUSE("cannot open %s", name);
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	*ret_size = n;
	return heap_copy(buf, n);
}

unsigned given_each(void (*judge)(const struct given_case *c, void *context), void *context)
{
	FILE *f = given_open("SNP-CASES.tsv");
	char line[2048];
	unsigned rows = 0;

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f)); /* the header */
	while (fgets(line, sizeof(line), f)) {
		const char *columns[16] = { 0 };
		char *rest = line;

		for (size_t i = 0; rest && i < ARRAY_SIZE(columns); i++)
			columns[i] = strsep(&rest, "\t\n");
		judge(&(struct given_case){ columns[0], columns[1], columns[2], columns[3], columns[4],
					    columns[5], columns[6], columns[7], columns[8] },
		      context);
		rows++;
	}
	fclose(f);
	return rows;
}

uint8_t *given_table(bool vlek, struct given_der leaf, struct given_der intermediate, struct given_der root,
		     size_t *ret_size)
{
	static uint8_t buf[1 << 16];
	struct snp_certs table = { 0 };
	const struct {
		enum snp_cert_kind kind;
		struct given_der der;
	} rows[] = {
		{ vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK, leaf },
		{ SNP_CERT_ASK, intermediate },
		{ SNP_CERT_ARK, root },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].der.data)
			continue;
		table.entries[table.n].kind = rows[i].kind;
		table.entries[table.n++].data = bytes_rd(rows[i].der.data, rows[i].der.size);
	}
	assert_int_equal(snp_certs_write(&table, buf, sizeof(buf), ret_size, NULL), 0);
	return heap_copy(buf, *ret_size);
}

int64_t given_day_after(const uint8_t *der, size_t n)
{
	struct crypto_cert cert;

	assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
	return cert.not_before + 86400;
}
