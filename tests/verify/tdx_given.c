/* SPDX-License-Identifier: MIT */
#include "verify/tdx_given.h"

static FILE *cases(void)
{
	const char *dir = getenv("JURAT_EVIDENCE");
	char path[1024];

	if (!dir)
		return NULL;
	TEXT(path, "%s/TDX-CASES.tsv", dir);
	return fopen(path, "rb");
}

bool tdx_given_there(void)
{
	FILE *f = cases();

	if (f)
		fclose(f);
	return f != NULL;
}

enum { COLUMNS = 19 };

static struct tdx_case split(char *line)
{
	const char *c[COLUMNS] = { 0 };
	char *rest = line;

	for (size_t i = 0; rest && i < COLUMNS; i++)
		c[i] = strsep(&rest, "\t\n");
	assert_non_null(c[15]);
	return (struct tdx_case){ .name = c[0],
				  .kind = c[1],
				  .type = c[2],
				  .fmspc = c[3],
				  .now = c[4],
				  .quote = c[5],
				  .collateral = { c[6], c[7], c[8], c[9], c[10], c[11] },
				  .qvl_pckchain = c[12],
				  .qvl_tcbinfo = c[13],
				  .qvl_qeid = c[14],
				  .qvl_quote = c[15] };
}

unsigned tdx_given_each(void (*judge)(const struct tdx_case *c, void *context), void *context)
{
	FILE *f = cases();
	char line[4096];
	unsigned rows = 0;

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f)); /* the header */
	while (fgets(line, sizeof(line), f)) {
		struct tdx_case c = split(line);

		judge(&c, context);
		rows++;
	}
	fclose(f);
	return rows;
}

struct tdx_case tdx_given_find(const char *kind, const char *type, const char *qvl_quote, char line[4096])
{
	FILE *f = cases();
	struct tdx_case c = { 0 };

	assert_non_null(f);
	while (fgets(line, 4096, f)) {
		c = split(line);
		if (strcmp(c.kind, kind) == 0 && strcmp(c.type, type) == 0 &&
		    strcmp(c.qvl_quote, qvl_quote) == 0)
			break;
		c.name = NULL;
	}
	fclose(f);
	assert_non_null(c.name);
	return c;
}

struct jurat_tdx_collateral *tdx_given_collateral(const struct tdx_case *c, unsigned without)
{
	struct jurat_tdx_collateral *collateral;

	assert_int_equal(jurat_tdx_collateral_new(&collateral, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(c->collateral); i++) {
		struct jurat_error err = { "" };
		auto_free uint8_t *bytes = NULL;
		size_t n;

		if (without >> i & 1)
			continue;
		bytes = given_read(c->collateral[i], &n);
		if (jurat_tdx_collateral_add(collateral, bytes, n, &err) != 0)
			FAIL_BECAUSE("%s: %s", c->collateral[i], err.text);
	}
	return collateral;
}

void tdx_given_fix_sizes(const struct tdx_quote *from, const uint8_t *bytes, uint8_t *to, size_t n)
{
	enum {
		BEFORE_OUTER_SIZE = 130,
		OUTER_HEAD = 134
	}; /* of the signature data. Spec: Intel TDX quote library, A.4 */
	size_t signed_size = from->signed_bytes.size, data = signed_size + 4;
	size_t certs = (size_t)(from->cert_data.data - bytes);

	bytes_put_le(to + signed_size, n - data, 4);
	bytes_put_le(to + data + BEFORE_OUTER_SIZE, n - data - OUTER_HEAD, 4);
	bytes_put_le(to + certs - 4, n - certs, 4);
}
