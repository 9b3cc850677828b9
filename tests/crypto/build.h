/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRYPTO_BUILD_H
#define TESTS_CRYPTO_BUILD_H

#include "support/evidence.h"

/*
 * DER from text, so that a table of broken certificates can be read: hex bytes, 'text' as it is, and tag{
 * ... } for an element whose length is counted. "30{06{550403}0c{'CN'}}". Returns the size; fails the test
 * on bad text.
 */
size_t build_der(const char *text, uint8_t *buf, size_t size);

/* The parts of a self-made certificate or CRL, in order. A NULL part is the default one of its kind. */
enum build_part {
	PART_VERSION,
	PART_SERIAL, /* certificates only */
	PART_ALGORITHM,
	PART_ISSUER,
	PART_VALIDITY, /* of a CRL: thisUpdate, nextUpdate */
	PART_SUBJECT,  /* certificates only */
	PART_KEY,      /* of a CRL: revokedCertificates */
	PART_EXTENSIONS,
	PART_OUTER_ALGORITHM, /* NULL: as the inner one */
	PART_SIGNATURE,
	PART_COUNT,
};

extern const char *const build_cert_parts[PART_COUNT];
extern const char *const build_crl_parts[PART_COUNT];

size_t build_signed(const char *const defaults[PART_COUNT], const char *const parts[PART_COUNT], uint8_t *buf,
		    size_t size);

/* One part other than the default. */
size_t build_with(const char *const defaults[PART_COUNT], enum build_part part, const char *text,
		  uint8_t *buf, size_t size);

/* Evidence whose class is `cls`: the vectors, and real evidence where there is some. */
struct evidence_file {
	char *path, *verdict; /* path relative to its folder */
	bool is_real;
	uint8_t *data;
	size_t size;
};

struct evidence {
	struct evidence_file *files;
	size_t count, n_real;
};

struct evidence evidence_load(const char *cls);
void evidence_free(struct evidence *e);
/* The first file whose path contains this; NULL when there is none. */
const struct evidence_file *evidence_file_named(const struct evidence *e, const char *part_of_path);

#endif
