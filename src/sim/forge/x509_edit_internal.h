/* SPDX-License-Identifier: MIT */
#ifndef SIM_X509_EDIT_INTERNAL_H
#define SIM_X509_EDIT_INTERNAL_H

#include "crypto/der.h"
#include "sim/forge/x509_edit.h"

/* Shared by the files x509_edit*.c. */
enum { TBS_MAX_NODES = 1024, TBS_MAX_VALUE = 2048, TBS_MAX_OID = 32 };

/*
 * DER as a tree. Content is borrowed from what was read, or in the pool. Functions that add something set
 * `full` when there is no room, and return a node that may be used all the same.
 */
struct tbs_node {
	uint8_t tag;
	bool is_open; /* what is inside of it are nodes: then `data` is where it was */
	const uint8_t *data;
	size_t n;
	struct tbs_node *first, *next;
};
struct tbs_tree {
	struct tbs_node nodes[TBS_MAX_NODES];
	unsigned n_nodes;
	uint8_t pool[SIM_X509_MAX_BYTES];
	size_t pool_n;
	bool full;
	struct tbs_node *root;
};

/* n bytes that `ret` borrows; freed with free(). 0; -EINVAL not one element of strict DER; -ENOMEM. */
JURAT_MUST_CHECK int tbs_tree_read(const uint8_t *der, size_t n, struct tbs_tree **ret,
				   struct jurat_error *err);
/* 0; -EINVAL: more than `room` bytes, or the tree was full. */
JURAT_MUST_CHECK int tbs_tree_write(const struct tbs_tree *tree, uint8_t *to, size_t room, size_t *ret_size,
				    struct jurat_error *err);

/* A node of its own: with a copy of the content; of one element of DER (which is valid); a SEQUENCE. */
struct tbs_node *tbs_new(struct tbs_tree *tree, uint8_t tag, const void *content, size_t n);
struct tbs_node *tbs_new_der(struct tbs_tree *tree, const uint8_t *der, size_t n);
struct tbs_node *tbs_new_open(struct tbs_tree *tree, uint8_t tag);
/* Another node with the same content. */
struct tbs_node *tbs_new_copy(struct tbs_tree *tree, const struct tbs_node *node);
/* In its place: what `with` is. */
void tbs_replace(struct tbs_node *node, const struct tbs_node *with);
void tbs_append(struct tbs_node *parent, struct tbs_node *node);
void tbs_insert(struct tbs_node *parent, struct tbs_node *after, struct tbs_node *node); /* NULL: first */
void tbs_remove(struct tbs_node *parent, const struct tbs_node *node);
void tbs_reverse(struct tbs_node *parent);
/* The i-th child, the last one; NULL: none. */
struct tbs_node *tbs_child(const struct tbs_node *parent, unsigned i);
struct tbs_node *tbs_last(const struct tbs_node *parent);
/* Takes the content of a string apart, too. false: it is not one element. */
bool tbs_open(struct tbs_tree *tree, struct tbs_node *node);
bool tbs_is(const struct tbs_node *node, uint8_t tag, const void *content, size_t n);

/* One item. */
struct tbs_edit {
	struct tbs_tree *tree; /* NULL: the value is only checked */
	enum sim_x509_kind kind;
	const char *suffix; /* what follows the name of the field: "2.5.29.19" of "extension." */
	int arg;            /* the field's */
	const char *value;
	int64_t at;
	struct jurat_error *err;
};

/* How a field is changed, and where it is (NULL: it has no place, or there is none in this object). */
struct tbs_field {
	const char *name; /* one that ends in '.' has a suffix */
	unsigned kinds;   /* 1 << SIM_X509_... */
	int (*set)(struct tbs_edit *e);
	struct tbs_node *(*find)(struct tbs_edit *e);
	int arg;
};
enum {
	TBS_CERTS = 1 << SIM_X509_CERT | 1 << SIM_X509_AMD_LEAF | 1 << SIM_X509_PCK,
	TBS_CRLS = 1 << SIM_X509_CRL,
	TBS_ALL = TBS_CERTS | TBS_CRLS,
};
/* The end of each has no name. */
extern const struct tbs_field tbs_fields_body[], tbs_fields_extension[], tbs_fields_amd[], tbs_fields_sgx[],
	tbs_fields_crl[], tbs_fields_signed[];

/* The value, in its forms. 0; -EINVAL. */
bool tbs_is_absent(const struct tbs_edit *e);
int tbs_value_hex(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size);
int tbs_value_der(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size);  /* one element */
int tbs_value_uint(struct tbs_edit *e, uint8_t to[16], size_t *ret_size);            /* an INTEGER's DER */
int tbs_value_time(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size); /* its DER */
int tbs_value_name(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size); /* a string's DER */
/* The OID that the suffix is, or names. */
int tbs_suffix_oid(struct tbs_edit *e, uint8_t to[TBS_MAX_OID], size_t *ret_size);
int tbs_none(struct tbs_edit *e, const char *what); /* "there is no WHAT". Returns -EINVAL. */

/* Fields of the body, wherever the version is left out. NULL: it is not there. */
enum tbs_part {
	TBS_VERSION,
	TBS_SERIAL,
	TBS_ALGORITHM,
	TBS_ISSUER,
	TBS_VALIDITY,
	TBS_SUBJECT,
	TBS_SPKI,
	TBS_THIS_UPDATE,
	TBS_NEXT_UPDATE,
	TBS_REVOKED,
	TBS_EXTENSIONS, /* the tagged one */
};
struct tbs_node *tbs_part(const struct tbs_edit *e, enum tbs_part part);
/* The list of extensions, and one of them, a SEQUENCE; NULL: there is none. */
struct tbs_node *tbs_extensions(const struct tbs_edit *e);
struct tbs_node *tbs_extension(struct tbs_edit *e, const uint8_t *oid, size_t n);
/* Its value; NULL: it has none. */
struct tbs_node *tbs_extension_value(const struct tbs_node *extension);
/* A new one at the end of the list, which comes to be if it has to. */
struct tbs_node *tbs_add_extension(struct tbs_edit *e, const uint8_t *oid, size_t n, bool critical,
				   const uint8_t *value, size_t value_size);
/* Sets the value of the first one of that OID, or adds it. */
void tbs_set_extension(struct tbs_edit *e, const uint8_t *oid, size_t n, bool critical, const uint8_t *value,
		       size_t value_size);
/* A new extension that is nowhere yet. */
struct tbs_node *tbs_new_extension(struct tbs_tree *tree, const uint8_t *oid, size_t n, bool critical,
				   const uint8_t *value, size_t value_size);
/* extension.OID=absent of a known OID; with `twice`, a copy at the end. -EINVAL: there is none. */
int tbs_drop_extension(struct tbs_edit *e, const uint8_t *oid, size_t n);
/* Sets or removes the critical flag of an extension. */
void tbs_set_critical(struct tbs_tree *tree, struct tbs_node *extension, bool critical);

/* How something is signed: an AlgorithmIdentifier. read: by the word for it; der: by that, or DER in HEX. */
struct tbs_algorithm {
	enum { TBS_RSA_PSS, TBS_RSA_PKCS1, TBS_ECDSA } scheme;
	unsigned hash_bytes; /* 32, 48, 64 */
	unsigned salt_bytes; /* RSA_PSS */
	bool has_trailer_field;
};
int tbs_algorithm_read(const char *word, struct tbs_algorithm *ret, struct jurat_error *err);
int tbs_algorithm_der(const char *value, uint8_t to[TBS_MAX_VALUE], size_t *ret_size,
		      struct jurat_error *err);
void tbs_algorithm_write(const struct tbs_algorithm *a, struct der_wr *d);

#endif
