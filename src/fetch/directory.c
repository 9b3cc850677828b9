/* SPDX-License-Identifier: MIT */
#include "fetch/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "crypto/x509.h"
#include "verify/decode.h"

enum { MAX_FILES = 4096, MAX_PARTS = 512, NAME_BYTES = 48 };

/* What was found in the files: certificates and CRLs as DER, documents as they are. */
enum part_kind { PART_CERT, PART_CRL, PART_DOCUMENT };

struct part {
	enum part_kind kind;
	uint8_t *bytes;
	size_t n;
};

struct fetch_directory {
	struct base_env *env;
	char *path;
	bool is_file; /* one file and not a directory */
	bool is_read;
	struct part parts[MAX_PARTS];
	size_t n_parts;
};

int fetch_directory_new(struct base_env *env, const char *path, struct fetch_directory **ret,
			struct jurat_error *err)
{
	struct fetch_directory *d = calloc(1, sizeof(*d));
	struct base_stat st;
	int r;

	if (!d)
		return jurat_fail_memory(err);
	d->env = env;
	d->path = strdup(path);
	r = d->path ? base_stat(env, path, &st) : -ENOMEM;
	if (r == 0 && !S_ISDIR(st.mode) && !S_ISREG(st.mode))
		r = -ENOTDIR;
	if (r < 0) {
		fetch_directory_free(d);
		return jurat_fail(err, r, "cannot read '%s': %s", path, strerror(-r));
	}
	d->is_file = S_ISREG(st.mode);
	*ret = d;
	return 0;
}

int fetch_directory_new_empty(const char *name, struct fetch_directory **ret, struct jurat_error *err)
{
	struct fetch_directory *d = calloc(1, sizeof(*d));

	if (!d)
		return jurat_fail_memory(err);
	d->path = strdup(name);
	if (!d->path) {
		free(d);
		return jurat_fail_memory(err);
	}
	d->is_file = d->is_read = true;
	*ret = d;
	return 0;
}

static void forget_parts(struct fetch_directory *d)
{
	while (d->n_parts > 0)
		free(d->parts[--d->n_parts].bytes);
}

void fetch_directory_free(struct fetch_directory *d)
{
	if (!d)
		return;
	forget_parts(d);
	free(d->path);
	free(d);
}

/* ---- Reading the files */

static int add_part(struct fetch_directory *d, enum part_kind kind, const uint8_t *bytes, size_t n,
		    struct jurat_error *err)
{
	struct part *part = &d->parts[d->n_parts];

	if (d->n_parts == MAX_PARTS)
		return jurat_fail(err, -E2BIG, "'%s': expected at most %d certificates, CRLs and documents",
				  d->path, MAX_PARTS);
	part->bytes = malloc(n + 1);
	if (!part->bytes)
		return jurat_fail_memory(err);
	memcpy(part->bytes, bytes, n);
	part->bytes[n] = '\0';
	part->kind = kind;
	part->n = n;
	d->n_parts++;
	return 0;
}

/*
 * Adds JSON as a document, and the documents in a bundle: it has the signed part of each as a string, and the
 * signature beside it.
 */
static int add_documents(struct fetch_directory *d, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	static const struct {
		const char *part, *signature, *member;
	} names[] = { { "tcb_info", "tcb_info_signature", "tcbInfo" },
		      { "qe_identity", "qe_identity_signature", "enclaveIdentity" } };
	json_t *json = json_loadb((const char *)bytes, n, 0, NULL);
	int r = add_part(d, PART_DOCUMENT, bytes, n, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		const char *part = json_string_value(json_object_get(json, names[i].part));
		const char *signature = json_string_value(json_object_get(json, names[i].signature));
		auto_free char *text = NULL;
		int length;

		if (!part || !signature)
			continue;
		length =
			asprintf(&text, "{\"%s\":%s,\"signature\":\"%s\"}", names[i].member, part, signature);
		if (length < 0) {
			text = NULL;
			r = jurat_fail_memory(err);
		} else {
			r = add_part(d, PART_DOCUMENT, (const uint8_t *)text, (size_t)length, err);
		}
	}
	json_decref(json);
	return r;
}

/* Adds what the bytes of a file hold; what is neither certificate nor CRL nor JSON is not for us. */
static int add_parts(struct fetch_directory *d, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	int r = decode(bytes, n, &decoded, NULL);

	if (r == -ENOMEM)
		return jurat_fail_memory(err);
	r = 0;
	for (size_t i = 0; r == 0 && i < decoded.n; i++) {
		const struct decode_item *item = &decoded.items[i];

		if (item->kind == INPUT_CERTIFICATE || item->kind == INPUT_CRL)
			r = add_part(d, item->kind == INPUT_CRL ? PART_CRL : PART_CERT, item->bytes, item->n,
				     err);
	}
	if (r == 0 && input_kind(bytes, n) == INPUT_JSON)
		r = add_documents(d, bytes, n, err);
	return r;
}

int fetch_directory_add(struct fetch_directory *d, const void *bytes, size_t n, struct jurat_error *err)
{
	return add_parts(d, bytes, n, err);
}

/*
 * Reads a regular file; JURAT_NOT_FOUND: it is none. Links are followed, as Kubernetes' ConfigMaps have them:
 * what is no endorsement that passes its check goes nowhere. A FIFO does not block it.
 */
static int read_regular(const struct fetch_directory *d, const char *path, size_t max, uint8_t **ret,
			size_t *ret_n, struct jurat_error *err)
{
	int fd = base_open(d->env, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0), r;
	struct base_stat st;

	if (fd == -ENXIO) /* a socket */
		return JURAT_NOT_FOUND;
	r = fd < 0 ? fd : base_fstat(d->env, fd, &st);
	if (r < 0)
		jurat_fail(err, r, "cannot read '%s': %s", path, strerror(-r));
	else
		r = S_ISREG(st.mode) ? base_read_fd(d->env, fd, path, max, ret, ret_n, err) : JURAT_NOT_FOUND;
	if (fd >= 0)
		base_close(d->env, fd);
	return r;
}

static int read_file(struct fetch_directory *d, const char *path, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r = read_regular(d, path, ENDORSE_MAX_BYTES, &bytes, &n, err);

	if (r == JURAT_NOT_FOUND || r == -EFBIG)
		return 0;
	return r < 0 ? r : add_parts(d, bytes, n, err);
}

/* The files of the directory by their names, so that their order is the same each time. */
struct names {
	char *names[MAX_FILES];
	size_t n;
};

static void names_done(struct names **names)
{
	while (*names && (*names)->n > 0)
		free((*names)->names[--(*names)->n]);
	free(*names);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_files(const struct fetch_directory *d, struct names *ret, struct jurat_error *err)
{
	const struct dirent *entry;
	DIR *dir = opendir(d->path);
	int r = 0;

	if (!dir)
		return jurat_fail(err, -errno, "cannot read '%s': %s", d->path, strerror(errno));
	while (r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (ret->n == MAX_FILES)
			r = jurat_fail(err, -E2BIG, "'%s': expected at most %d files", d->path, MAX_FILES);
		else if (asprintf(&ret->names[ret->n], "%s/%s", d->path, entry->d_name) < 0)
			r = jurat_fail_memory(err);
		else
			ret->n++;
	}
	closedir(dir);
	qsort(ret->names, ret->n, sizeof(ret->names[0]), by_name);
	return r;
}

static int read_files(struct fetch_directory *d, struct jurat_error *err)
{
	struct names *names auto_call(names_done) = calloc(1, sizeof(*names));
	int r = names ? list_files(d, names, err) : jurat_fail_memory(err);

	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = read_file(d, names->names[i], err);
	return r;
}

/* ---- What an item is made of */

struct shape {
	enum part_kind kind;
	char name[NAME_BYTES];     /* subject of a certificate, issuer of a CRL, member of a document */
	char chain[2][NAME_BYTES]; /* subjects of the certificates that belong to it; "": none */
};

#define INTEL_ROOT "Intel SGX Root CA"

static struct shape shape_of(const struct endorse_item *item)
{
	const char *product = snp_product_name(item->product);
	struct shape s = { .kind = PART_DOCUMENT, .chain = { "Intel SGX TCB Signing", INTEL_ROOT } };

	switch (item->kind) {
	case ENDORSE_VCEK:
		return (struct shape){ PART_CERT, "SEV-VCEK", { "", "" } };
	case ENDORSE_VCEK_CHAIN:
	case ENDORSE_VLEK_CHAIN:
		s = (struct shape){ .kind = PART_CERT };
		snprintf(s.name, sizeof(s.name), "SEV-%s%s", item->kind == ENDORSE_VLEK_CHAIN ? "VLEK-" : "",
			 product);
		snprintf(s.chain[0], sizeof(s.chain[0]), "ARK-%s", product);
		break;
	case ENDORSE_VCEK_CRL:
	case ENDORSE_VLEK_CRL:
		s = (struct shape){ .kind = PART_CRL };
		snprintf(s.name, sizeof(s.name), "ARK-%s", product);
		break;
	case ENDORSE_PCK_CRL:
		s = (struct shape){ .kind = PART_CRL, .chain = { "", INTEL_ROOT } };
		snprintf(s.name, sizeof(s.name), "Intel SGX PCK %s CA",
			 item->ca == ENDORSE_PLATFORM ? "Platform" : "Processor");
		snprintf(s.chain[0], sizeof(s.chain[0]), "%s", s.name);
		break;
	case ENDORSE_ROOT_CRL:
		return (struct shape){ PART_CRL, INTEL_ROOT, { "", "" } };
	case ENDORSE_TCB_INFO:
		snprintf(s.name, sizeof(s.name), "\"tcbInfo\"");
		break;
	case ENDORSE_TCB_NUMBERS:
		snprintf(s.name, sizeof(s.name), "\"tcbEvaluationDataNumbers\"");
		break;
	default:
		snprintf(s.name, sizeof(s.name), "\"enclaveIdentity\"");
	}
	return s;
}

static bool text_is(const struct bytes_rd *text, const char *name)
{
	return text->size == strlen(name) && memcmp(text->data, name, text->size) == 0;
}

static bool is_named(const struct part *part, enum part_kind kind, const char *name)
{
	struct crypto_cert cert;
	struct crypto_crl crl;

	if (part->kind != kind)
		return false;
	switch (kind) {
	case PART_CERT:
		return crypto_cert_read(part->bytes, part->n, &cert, NULL) == 0 &&
		       text_is(&cert.subject_cn, name);
	case PART_CRL:
		return crypto_crl_read(part->bytes, part->n, &crl, NULL) == 0 &&
		       text_is(&crl.issuer_cn, name);
	default:
		return memmem(part->bytes, part->n, name, strlen(name)) != NULL;
	}
}

/* The n-th part of that kind and name, where n is taken modulo their number and divided by it. */
static const struct part *choose(const struct fetch_directory *d, enum part_kind kind, const char *name,
				 size_t *n)
{
	const struct part *found[MAX_PARTS];
	size_t count = 0, i;

	for (i = 0; i < d->n_parts; i++)
		if (is_named(&d->parts[i], kind, name))
			found[count++] = &d->parts[i];
	if (count == 0)
		return NULL;
	i = *n % count;
	*n /= count;
	return found[i];
}

static int make_value(const struct shape *shape, const struct part *main, const struct part *const chain[2],
		      struct endorse_value *ret, struct jurat_error *err)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	const bool is_chain = shape->kind == PART_CERT && chain[0];
	struct text_stream stream;
	char *pem = NULL;
	size_t size;

	if (text_stream_open(&stream) < 0)
		return jurat_fail_memory(err);
	if (is_chain)
		crypto_pem_write(stream.to, main->bytes, main->n);
	for (size_t i = 0; i < 2; i++)
		if (chain[i])
			crypto_pem_write(stream.to, chain[i]->bytes, chain[i]->n);
	if (text_stream_close(&stream, &pem, &size) < 0)
		return jurat_fail_memory(err);
	if (is_chain) {
		*ret = (struct endorse_value){ .body = (uint8_t *)pem, .size = size };
		return 0;
	}
	value.issuer_chain = pem;
	if (!chain[0])
		free(take_ptr(value.issuer_chain));
	value.size = main->n;
	value.body = malloc(main->n + 1);
	if (!value.body)
		return jurat_fail_memory(err);
	memcpy(value.body, main->bytes, main->n + 1);
	*ret = value;
	value = (struct endorse_value){ .body = NULL };
	return 0;
}

static int get_from_files(struct fetch_directory *d, const struct endorse_item *item, size_t n,
			  struct endorse_value *ret, struct jurat_error *err)
{
	const struct shape shape = shape_of(item);
	const struct part *main, *chain[2] = { NULL, NULL };
	const char *missing = NULL;
	char name[ENDORSE_TEXT_BYTES];
	int r = 0;

	if (!d->is_read)
		r = d->is_file ? read_file(d, d->path, err) : read_files(d, err);
	if (r < 0) {
		forget_parts(d);
		return r;
	}
	d->is_read = true;
	main = choose(d, shape.kind, shape.name, &n);
	for (size_t i = 0; main && i < 2; i++) {
		chain[i] = shape.chain[i][0] ? choose(d, PART_CERT, shape.chain[i], &n) : NULL;
		if (!chain[i] && shape.chain[i][0])
			missing = shape.chain[i];
	}
	endorse_item_name(item, name, sizeof(name));
	if (missing)
		return jurat_fail(err, JURAT_NOT_FOUND,
				  "not found: '%s' has %s, but not the certificate of its signer '%s'",
				  d->path, name, missing);
	if (!main || n > 0) /* n > 0: all combinations were tried */
		return jurat_fail(err, JURAT_NOT_FOUND, "not found: '%s' has no %s", d->path, name);
	return make_value(&shape, main, chain, ret, err);
}

/* ---- Files whose names mean something */

/* *ret: one file of a stock or of Trustee's offline store. JURAT_NOT_FOUND: it is not there. */
static int get_file(const struct fetch_directory *d, const char *name, const struct endorse_item *item,
		    struct endorse_value *ret, struct jurat_error *err)
{
	auto_free char *path = NULL;
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r;

	if (asprintf(&path, "%s/%s", d->path, name) < 0) {
		path = NULL;
		return jurat_fail_memory(err);
	}
	r = read_regular(d, path, ENDORSE_PACKED_MAX_BYTES, &bytes, &n, err);
	if (r != 0)
		return r == -ENOENT || r == -ENOTDIR ? JURAT_NOT_FOUND : r;
	if (item->kind == ENDORSE_VCEK)
		*ret = (struct endorse_value){ .body = take_ptr(bytes), .size = n };
	else
		r = endorse_value_unpack(bytes, n, ret, NULL, err);
	return r < 0 ? jurat_wrap(err, r, "'%s'", path) : 0;
}

/* The i-th of the names; NULL: there are no more. Returns `to`. */
static const char *file_name(const struct endorse_item *item, unsigned i, char to[ENDORSE_TEXT_BYTES])
{
	char *slash;

	if (endorse_item_file(item, to, ENDORSE_TEXT_BYTES) >= ENDORSE_TEXT_BYTES)
		return NULL;
	if (i == 0)
		return to;
	/* Trustee's, for a chip whose TCB never changes */
	slash = strrchr(to, '/');
	if (i > 1 || item->kind != ENDORSE_VCEK || !slash)
		return NULL;
	snprintf(slash, ENDORSE_TEXT_BYTES - (size_t)(slash - to), "/vcek.der");
	return to;
}

int fetch_directory_get(struct fetch_directory *d, const struct endorse_item *item, size_t n,
			struct endorse_value *ret, struct jurat_error *err)
{
	char name[ENDORSE_TEXT_BYTES];

	for (unsigned i = 0; !d->is_file && file_name(item, i, name); i++) {
		struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
		int r = get_file(d, name, item, &value, err);

		if (r == JURAT_NOT_FOUND || n-- > 0)
			continue;
		if (r == 0) {
			*ret = value;
			value = (struct endorse_value){ .body = NULL };
		}
		return r;
	}
	return get_from_files(d, item, n, ret, err);
}
