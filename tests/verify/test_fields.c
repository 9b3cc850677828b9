/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "verify/policy.h"
#include "verify/reasons.h"
#include "wire/sgx_report.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

/* doc/fields.md: every field that is read has its row, and every name in the tables is one that there is. */

static char *read_document(void)
{
	const char *data = getenv("JURAT_TEST_DATA");
	auto_free char *text = NULL;
	char path[1024];
	size_t room = 0;
	FILE *f;

	assert_non_null(data);
	TEXT(path, "%s/../../doc/fields.md", data);
	f = fopen(path, "r");
	if (!f)
		FAIL_BECAUSE("cannot open %s", path);
	assert_true(getdelim(&text, &room, EOF, f) > 0);
	fclose(f);
	return take_ptr(text);
}

enum { HOW_CHECKED = 1, HOW_POLICY = 2, HOW_LISTED = 4, HOW_SHOWN = 8 };

static unsigned how_of(const char *cell, size_t n)
{
	static const char *const words[] = { "checked", "policy", "listed", "shown" };
	unsigned how = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (memmem(cell, n, words[i], strlen(words[i])))
			how |= 1u << i;
	}
	return how;
}

/* What a name in the third column is; a name may be that of a member and of what is listed without it. */
static unsigned kind_of(const char *name)
{
	struct jurat_policy *policy;
	struct policy_member m;
	const char *code, *text;
	unsigned kind = 0;

	for (size_t i = 0; verify_reason_at(i, &code, &text); i++)
		kind |= strcmp(code, name) == 0 ? HOW_CHECKED : 0;
	for (size_t i = 0; verify_not_judged_at(i, &code, &text); i++)
		kind |= strcmp(code, name) == 0 ? HOW_LISTED : 0;
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	for (size_t i = 0; policy_member_at(policy, i, &m); i++)
		kind |= strcmp(m.name, name) == 0 ? HOW_POLICY : 0;
	jurat_policy_free(policy);
	return kind;
}

/* The end of the cell that begins here: the bar behind it. */
static const char *cell_end(const char *cell)
{
	return cell + strcspn(cell, "|\n");
}

/* "checked" has a reason, "policy" a member, "listed" something to list; and no name is of another kind. */
static void assert_row(const char *line)
{
	const char *field = line + 2, *how_cell = cell_end(field) + 1, *by = cell_end(how_cell) + 1;
	const char *end = cell_end(by), *at = by;
	unsigned how = how_of(how_cell, (size_t)(cell_end(how_cell) - how_cell)), found = 0;
	int n = (int)(cell_end(field) - field);

	assert_true(*cell_end(field) == '|' && *cell_end(how_cell) == '|' && *end == '|');
	while ((at = memchr(at, '`', (size_t)(end - at))) != NULL) {
		char name[64];
		size_t size = strcspn(++at, "`");
		unsigned kind;

		TEXT(name, "%.*s", (int)size, at);
		at += size + 1;
		kind = kind_of(name);
		if (kind == 0 || (how != HOW_SHOWN && !(kind & how)))
			FAIL_BECAUSE("%.*s: '%s' is no name of its kind", n, field, name);
		found |= kind;
	}
	if (how == 0 || (how & HOW_SHOWN && how != HOW_SHOWN) || (how != HOW_SHOWN && (found & how) != how))
		FAIL_BECAUSE("%.*s: not each of '%.*s' has a name", n, field, (int)(by - 1 - how_cell),
			     how_cell);
}

static const struct {
	const char *section;
	const struct wire_layout *layout;
} sections[] = {
	{ "\n## SEV-SNP attestation report\n", &snp_report_layout },
	{ "\n## quote header\n", &tdx_quote_hdr_layout },
	{ "\n## TD quote body\n", &tdx_body_layout },
	{ "\n## SGX report body\n", &sgx_report_layout },
};

static void every_field_has_one_row(void **state)
{
	auto_free char *text = read_document();

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const char *from = strstr(text, sections[i].section), *to;
		const struct wire_layout *layout = sections[i].layout;
		size_t rows = 0, fields = 0;

		assert_non_null(from);
		to = strstr(from + 1, "\n## ");
		assert_non_null(to);
		for (const char *p = from; (p = memmem(p, (size_t)(to - p), "\n| `", 4)) != NULL; p++)
			rows++;
		for (size_t k = 0; k < layout->n_fields; k++) {
			char row[64];
			const char *at;

			if (layout->fields[k].kind == WIRE_ZERO)
				continue;
			TEXT(row, "\n| `%s` |", layout->fields[k].name);
			at = memmem(from, (size_t)(to - from), row, strlen(row));
			if (!at || memmem(at + 1, (size_t)(to - at - 1), row, strlen(row)))
				FAIL_BECAUSE("%s: %s has no row, or more than one", layout->name,
					     layout->fields[k].name);
			fields++;
		}
		assert_int_equal(rows, fields);
	}
}

static void every_name_in_the_tables_is_one(void **state)
{
	auto_free char *text = read_document();
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, "\n| ")) != NULL; p++) {
		if (strncmp(p, "\n| field |", 10) == 0)
			continue;
		assert_row(p + 1);
		n++;
	}
	assert_true(n > 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_one_row),
		cmocka_unit_test(every_name_in_the_tables_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
