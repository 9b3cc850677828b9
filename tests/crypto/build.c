/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "build.h"
#include "crypto/der.h"

static const char *skip_spaces(const char *p)
{
	return p + strspn(p, " \n\t");
}

size_t build_der(const char *text, uint8_t *buf, size_t size)
{
	struct der_wr d = der_wr(buf, size);
	char digits[3] = { 0 };
	uint8_t byte;

	for (const char *p = skip_spaces(text); *p; p = skip_spaces(p)) {
		if (*p == '}') {
			der_put_close(&d);
			p++;
			continue;
		}
		if (*p == '\'') {
			size_t n = strcspn(p + 1, "'");

			der_put_raw(&d, p + 1, n);
			p += n + 2;
			continue;
		}
		memcpy(digits, p, 2);
		if (!bytes_from_hex(digits, &byte, 1))
			FAIL_BECAUSE("bad DER text at '%s'", p);
		p = skip_spaces(p + 2);
		if (*p == '{') {
			der_put_open(&d, byte);
			p++;
		} else {
			der_put_raw(&d, &byte, 1);
		}
	}
	assert_false(d.w.bad);
	assert_int_equal(d.depth, 0);
	return d.w.off;
}

#define POINT_32 "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

const char *const build_cert_parts[PART_COUNT] = {
	[PART_VERSION] = "a0{02{02}}",
	[PART_SERIAL] = "02{0123}",
	[PART_ALGORITHM] = "30{06{2a8648ce3d040302}}",
	[PART_ISSUER] = "30{31{30{06{550406}13{'US'}}}31{30{06{550403}0c{'Test CA'}}}}",
	[PART_VALIDITY] = "30{17{'200101000000Z'}17{'491231235959Z'}}",
	[PART_SUBJECT] = "30{31{30{06{550403}0c{'Test leaf'}}}}",
	[PART_KEY] = "30{30{06{2a8648ce3d0201}06{2a8648ce3d030107}}03{0004" POINT_32 POINT_32 "}}",
	[PART_EXTENSIONS] = "a3{30{30{06{551d13}01{ff}04{30{01{ff}02{03}}}}30{06{551d0f}01{ff}04{03{0106}}}"
			    "30{06{551d0e}04{04{0a0b}}}30{06{551d23}04{30{80{0c0d}}}}}}",
	[PART_SIGNATURE] = "03{0030{02{11}02{22}}}",
};

const char *const build_crl_parts[PART_COUNT] = {
	[PART_VERSION] = "02{01}",
	[PART_SERIAL] = "",
	[PART_ALGORITHM] = "30{06{2a8648ce3d040302}}",
	[PART_ISSUER] = "30{31{30{06{550403}0c{'Test CA'}}}}",
	[PART_VALIDITY] = "17{'200101000000Z'}17{'200201000000Z'}",
	[PART_SUBJECT] = "",
	[PART_KEY] = "30{30{02{05}17{'200101000000Z'}}30{02{00ff}17{'200101000000Z'}30{30{06{551d15}04{0a{01}"
		     "}}}}}",
	[PART_EXTENSIONS] = "a0{30{30{06{551d23}04{30{80{0c0d}}}}30{06{551d14}04{02{07}}}}}",
	[PART_SIGNATURE] = "03{0030{02{11}02{22}}}",
};

size_t build_signed(const char *const defaults[PART_COUNT], const char *const parts[PART_COUNT], uint8_t *buf,
		    size_t size)
{
	const char *p[PART_COUNT];
	char text[8192];
	int n;

	for (int i = 0; i < PART_COUNT; i++)
		p[i] = parts[i] ? parts[i] : defaults[i];
	if (!p[PART_OUTER_ALGORITHM])
		p[PART_OUTER_ALGORITHM] = p[PART_ALGORITHM];
	n = snprintf(text, sizeof(text), "30{30{%s%s%s%s%s%s%s%s}%s%s}", p[PART_VERSION], p[PART_SERIAL],
		     p[PART_ALGORITHM], p[PART_ISSUER], p[PART_VALIDITY], p[PART_SUBJECT], p[PART_KEY],
		     p[PART_EXTENSIONS], p[PART_OUTER_ALGORITHM], p[PART_SIGNATURE]);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	return build_der(text, buf, size);
}

size_t build_with(const char *const defaults[PART_COUNT], enum build_part part, const char *text,
		  uint8_t *buf, size_t size)
{
	const char *parts[PART_COUNT] = { 0 };

	parts[part] = text;
	return build_signed(defaults, parts, buf, size);
}

static void take_file(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	struct evidence *e = context;
	struct evidence_file *f;

	e->files = realloc(e->files, (e->count + 1) * sizeof(*e->files));
	assert_non_null(e->files);
	f = &e->files[e->count++];
	f->path = strdup(evidence_value(row, "file"));
	f->verdict = strdup(evidence_value(row, row->folder->is_real ? "verdict" : "facts"));
	f->is_real = row->folder->is_real;
	f->data = heap_copy(bytes, n);
	f->size = n;
	e->n_real += f->is_real;
}

struct evidence evidence_load(const char *cls)
{
	struct evidence e = { 0 };

	assert_true(evidence_each_file(cls, take_file, &e) > 0);
	return e;
}

void evidence_free(struct evidence *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->files[i].path);
		free(e->files[i].verdict);
		free(e->files[i].data);
	}
	free(e->files);
}

const struct evidence_file *evidence_file_named(const struct evidence *e, const char *part_of_path)
{
	for (size_t i = 0; i < e->count; i++)
		if (strstr(e->files[i].path, part_of_path))
			return &e->files[i];
	return NULL;
}
