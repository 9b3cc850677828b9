/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"

#include <unistd.h>

enum { LINE_BYTES = 8192 };

static struct evidence_folder folders[EVIDENCE_MAX_FOLDERS];
static size_t n_folders;

static bool is_there(const char *folder, const char *name)
{
	char path[1024];

	TEXT(path, "%s/%s", folder, name);
	return access(path, R_OK) == 0;
}

static void add_folder(const char *name, bool is_real, const char *tables, const char *files)
{
	struct evidence_folder *f = &folders[n_folders];

	f->name = name;
	f->is_real = is_real;
	TEXT(f->tables, "%s", tables);
	TEXT(f->files, "%s", files);
	n_folders++;
}

/* Where `make evidence` keeps what it brings; "" when there is no home for it. */
static void find_cache(char *to, size_t room)
{
	const char *own = getenv("JURAT_EVIDENCE_CACHE"), *cache = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");

	if (own)
		test_text(to, room, "%s", own);
	else if (cache && cache[0] == '/')
		test_text(to, room, "%s/jurat/evidence", cache);
	else
		test_text(to, room, "%s%s", home ? home : "", home ? "/.cache/jurat/evidence" : "");
}

static void find_folders(void)
{
	const char *data = getenv("JURAT_TEST_DATA"), *given = getenv("JURAT_EVIDENCE");
	char tables[700], files[700];

	if (!data) {
		test_say("JURAT_TEST_DATA does not name tests/data: run tests with `meson test`");
		abort();
	}
	TEXT(tables, "%s/vectors", data);
	add_folder("vectors", false, tables, tables);
	TEXT(tables, "%s/published", data);
	find_cache(files, sizeof(files));
	if (is_there(files, "CACHEDIR.TAG"))
		add_folder("published", true, tables, files);
	if (!given)
		given = getenv("JURAT_EVIDENCE_BESIDE");
	if (!given || !given[0])
		return;
	if (is_there(given, "MANIFEST.tsv"))
		add_folder("given", true, given, given);
	TEXT(tables, "%s/../made", given);
	if (is_there(tables, "CASES.tsv"))
		add_folder("made", false, tables, tables);
}

size_t evidence_folders(const struct evidence_folder **ret)
{
	if (n_folders == 0)
		find_folders();
	*ret = folders;
	return n_folders;
}

bool evidence_is_real_there(void)
{
	const struct evidence_folder *f;
	size_t n = evidence_folders(&f);

	for (size_t i = 0; i < n; i++)
		if (f[i].is_real)
			return true;
	return false;
}

const char *evidence_value(const struct evidence_row *row, const char *column)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(row->columns[i], column) == 0)
			return row->values[i];
	return "";
}

const char *evidence_fact(const struct evidence_row *row, const char *key)
{
	const char *facts = evidence_value(row, "facts"), *at = facts;

	while ((at = strstr(at, key)) && at != facts && at[-1] != ' ')
		at++;
	if (!at)
		FAIL_BECAUSE("%s: its facts '%s' lack '%s'", evidence_value(row, "file"), facts, key);
	return at + strlen(key);
}

/* The next line's columns; how many there are, 0 at the end. */
static size_t next_line(FILE *f, char line[LINE_BYTES], const char *columns[EVIDENCE_MAX_COLUMNS])
{
	char *rest = line;
	size_t n = 0;

	if (!fgets(line, LINE_BYTES, f))
		return 0;
	rest[strcspn(rest, "\n")] = '\0';
	while (rest) {
		assert_true(n < EVIDENCE_MAX_COLUMNS);
		columns[n++] = strsep(&rest, "\t");
	}
	return n;
}

/*
 * Whether all files that a row names are there. The cache lacks those of a package that could not be had; of
 * every other folder none may be missing.
 */
static bool is_whole(const struct evidence_row *row)
{
	static const char *const named[] = { "file",     "report",  "vek",     "intermediate",
					     "root",     "quote",   "tcbinfo", "qeidentity",
					     "pckcrl",   "rootcrl", "bundle",  "tcb_signing_cert",
					     "root_cert" };

	if (strcmp(row->folder->name, "published") != 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		const char *name = evidence_value(row, named[i]);

		if (strchr(name, '/') && !is_there(row->folder->files, name))
			return false;
	}
	return true;
}

static unsigned each_row_of(const struct evidence_folder *folder, const char *table, evidence_use_row *use,
			    void *context)
{
	char path[1024], head[LINE_BYTES], line[LINE_BYTES];
	struct evidence_row row = { .folder = folder };
	const char *values[EVIDENCE_MAX_COLUMNS];
	unsigned rows = 0;
	size_t n;
	FILE *f;

	TEXT(path, "%s/%s", folder->tables, table);
	f = fopen(path, "r");
	if (!f)
		return 0;
	row.n = next_line(f, head, row.columns);
	assert_true(row.n > 0);
	while ((n = next_line(f, line, values)) > 0) {
		for (size_t i = 0; i < row.n; i++)
			row.values[i] = i < n ? values[i] : "";
		if (!is_whole(&row))
			continue;
		use(&row, context);
		rows++;
	}
	fclose(f);
	return rows;
}

unsigned evidence_each_row(const char *table, evidence_use_row *use, void *context)
{
	const struct evidence_folder *f;
	size_t n = evidence_folders(&f);
	unsigned rows = 0;

	for (size_t i = 0; i < n; i++)
		rows += each_row_of(&f[i], table, use, context);
	return rows;
}

uint8_t *evidence_read(const struct evidence_folder *folder, const char *name, size_t *ret_size)
{
	auto_free uint8_t *bytes = NULL;
	char path[1024];
	size_t n, room = 1 << 20;
	FILE *f;

	TEXT(path, "%s/%s", folder->files, name);
	f = fopen(path, "rb");
	bytes = malloc(room);
	assert_non_null(bytes);
	if (!f)
		FAIL_BECAUSE("cannot open %s", path);
	n = fread(bytes, 1, room, f);
	fclose(f);
	assert_true(n < room);
	*ret_size = n;
	return heap_copy(bytes, n);
}

struct each_file {
	const char *cls;
	evidence_use_file *use;
	void *context;
	unsigned n;
};

static void use_file_of_class(const struct evidence_row *row, void *context)
{
	struct each_file *e = context;
	auto_free uint8_t *bytes = NULL;
	size_t n;

	if (strcmp(evidence_value(row, "cls"), e->cls) != 0)
		return;
	bytes = evidence_read(row->folder, evidence_value(row, "file"), &n);
	assert_int_equal(n, strtoul(evidence_value(row, "size"), NULL, 10));
	e->use(row, bytes, n, e->context);
	e->n++;
}

unsigned evidence_each_file(const char *cls, evidence_use_file *use, void *context)
{
	struct each_file e = { .cls = cls, .use = use, .context = context };

	evidence_each_row("MANIFEST.tsv", use_file_of_class, &e);
	return e.n;
}

struct found {
	const char *part;
	uint8_t *bytes;
	size_t n;
};

static void find_file(const struct evidence_row *row, void *context)
{
	struct found *f = context;

	if (!f->bytes && strstr(evidence_value(row, "file"), f->part))
		f->bytes = evidence_read(row->folder, evidence_value(row, "file"), &f->n);
}

uint8_t *evidence_find(const char *part_of_name, size_t *ret_size)
{
	struct found f = { .part = part_of_name };

	evidence_each_row("MANIFEST.tsv", find_file, &f);
	*ret_size = f.n;
	return f.bytes;
}

static void write_shape(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The start of the first line that differs. */
static size_t first_difference(const char *a, const char *b)
{
	size_t at = 0;

	while (a[at] && a[at] == b[at])
		at++;
	while (at > 0 && a[at] != '\n')
		at--;
	return at;
}

static void assert_shape(const char *name, const char *whose, const char *text, const char *expected)
{
	size_t at;

	if (strcmp(text, expected) == 0)
		return;
	at = first_difference(text, expected);
	FAIL_BECAUSE("%s: %s is '%.80s', expected '%.80s'", name, whose, text + at, expected + at);
}

void evidence_check_shape(const char *name, const char *ours, const char *real)
{
	const char *data = getenv("JURAT_TEST_DATA");
	auto_free char *expected = NULL;
	char path[1024];
	size_t room = 0;
	FILE *f;

	assert_non_null(data);
	TEXT(path, "%s/shapes/%s.txt", data, name);
	if (real && getenv("JURAT_WRITE_SHAPES"))
		write_shape(path, real);
	f = fopen(path, "r");
	if (!f)
		FAIL_BECAUSE("cannot open %s", path);
	assert_true(getdelim(&expected, &room, EOF, f) > 0);
	fclose(f);
	assert_shape(name, "ours", ours, expected);
	if (real)
		assert_shape(name, "the real one", real, expected);
}
