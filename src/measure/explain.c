/* SPDX-License-Identifier: MIT */
#include "measure/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/snp_parts.h"

const char *measure_append_words(enum measure_append append)
{
	static const char *const words[MEASURE_N_APPENDS] = {
		[MEASURE_APPEND_AS_GIVEN] = "",
		[MEASURE_APPEND_WITHOUT_NUL] = "without its trailing NUL",
		[MEASURE_APPEND_NEWLINE] = "with a newline at its end",
		[MEASURE_APPEND_NEWLINE_WITHOUT_NUL] = "with a newline instead of its trailing NUL",
		[MEASURE_APPEND_SPACE] = "with a space at its end",
		[MEASURE_APPEND_TRIMMED] = "without the white space around it",
		[MEASURE_APPEND_EMPTY] = "empty",
	};

	return words[append];
}

int measure_append_bytes(const char *append, enum measure_append variant, char **ret, size_t *ret_n)
{
	static const char white[] = " \t\r\n";
	const char *text = append ? append : "", *tail = "";
	bool nul = variant != MEASURE_APPEND_WITHOUT_NUL && variant != MEASURE_APPEND_NEWLINE_WITHOUT_NUL;
	size_t n, n_tail;
	char *bytes;

	if (variant == MEASURE_APPEND_TRIMMED)
		text += strspn(text, white);
	n = variant == MEASURE_APPEND_EMPTY ? 0 : strlen(text);
	while (variant == MEASURE_APPEND_TRIMMED && n > 0 && strchr(white, text[n - 1]))
		n--;
	if (variant == MEASURE_APPEND_NEWLINE || variant == MEASURE_APPEND_NEWLINE_WITHOUT_NUL)
		tail = "\n";
	else if (variant == MEASURE_APPEND_SPACE)
		tail = " ";
	n_tail = strlen(tail);
	bytes = malloc(n + n_tail + 1);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, text, n);
	memcpy(bytes + n, tail, n_tail);
	bytes[n + n_tail] = '\0';
	*ret = bytes;
	*ret_n = n + n_tail + nul;
	return 0;
}

bool measure_explain_ends(const struct measure_explain *how, struct measure_explained *out)
{
	if (out->tried >= how->max_combinations)
		out->end = MEASURE_BOUNDED;
	else if (how->progress && how->progress(how->closure, out->tried) != 0)
		out->end = MEASURE_STOPPED;
	return out->end != MEASURE_EXHAUSTED;
}

/* ---- SEV-SNP */

/* SEV_FEATURES of VMMs, and what they may become. Spec: APM volume 2, SEV_FEATURES. */
static const uint64_t features[] = { 0x1,  0x21, 0x0,  0x9,  0x29,  0x3,   0x5,   0x11, 0x31,
				     0x41, 0x61, 0x81, 0xa1, 0x101, 0x121, 0x201, 0x221 };

enum {
	N_VMMS = MEASURE_GCE + 1,
	MAX_FEATURES = ARRAY_SIZE(features) + 1,
	/* kernel hashes: none; or a command line, with or without an initrd */
	N_HASHES = 1 + 2 * MEASURE_N_APPENDS,
};

/* The first is the one that changes with every combination: vCPUs are the same for all hashes. */
enum dimension { HASHES, FEATURES, TYPE, VMM, FIRMWARE, N_DIMENSIONS };

/* A launch that was measured to the end of its images or sections. */
struct prefix {
	enum { PREFIX_UNKNOWN, PREFIX_UNFIT, PREFIX_KNOWN } state;
	struct measure_launch launch;
};

struct candidate {
	struct measure_bytes image;
	struct measure_snp_images images;
	struct prefix loaded, launched[N_VMMS][N_HASHES];
};

struct hashes {
	struct measure_hashes table;
	unsigned differences;
	bool there, kernel, initrd;
	enum measure_append append;
};

struct search {
	const struct measure_snp *what;
	const uint8_t *digest;
	const struct measure_explain *how;
	struct measure_explained *out;
	struct candidate *firmwares;
	struct hashes hashes[N_HASHES];
	uint32_t types[MEASURE_EXPLAIN_MAX_TYPES];
	uint64_t features[MAX_FEATURES];
	size_t n[N_DIMENSIONS];
	/* The vCPUs that were made last, and of which combination. */
	struct measure_snp_vcpus vcpus;
	size_t vcpus_of[N_DIMENSIONS];
	bool has_vcpus;
};

/* What is stated is first. */
static void list_types(struct search *s)
{
	const char *name;
	size_t n = 0;

	s->types[n++] = s->what->vcpu_signature;
	for (size_t i = 0; (name = measure_vcpu_type_name(i)) && n < MEASURE_EXPLAIN_MAX_TYPES; i++) {
		size_t k = 0;

		while (k < n && s->types[k] != measure_vcpu_signature(name))
			k++;
		if (k == n)
			s->types[n++] = measure_vcpu_signature(name);
	}
	s->n[TYPE] = n;
}

static void list_features(struct search *s)
{
	size_t n = 0;

	s->features[n++] = s->what->guest_features;
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i] != s->what->guest_features)
			s->features[n++] = features[i];
	s->n[FEATURES] = n;
}

/* Adds hashes, unless they are those of an earlier row. */
static void add_hashes(struct search *s, const struct hashes *row)
{
	const size_t n = s->n[HASHES];

	for (size_t i = 0; i < n; i++)
		if (s->hashes[i].there && memcmp(&s->hashes[i].table, &row->table, sizeof(row->table)) == 0)
			return;
	s->hashes[n] = *row;
	s->n[HASHES]++;
}

static int list_hashes(struct search *s)
{
	const struct measure_bytes *kernel = &s->what->kernel, *initrd = &s->what->initrd, none = { NULL, 0 };
	struct measure_hashes base;

	if (!kernel->bytes) {
		s->n[HASHES] = 1; /* all zero: there are none */
		return 0;
	}
	for (unsigned with = 0; with < 2; with++) {
		measure_hashes_make(kernel, with ? &none : initrd, s->what->append, &base);
		for (unsigned i = 0; i < MEASURE_N_APPENDS; i++) {
			struct hashes row = { .table = base,
					      .differences = with + (i > 0),
					      .there = true,
					      .kernel = true,
					      .initrd = !with && initrd->bytes,
					      .append = (enum measure_append)i };
			auto_free char *bytes = NULL;
			size_t n;

			if (measure_append_bytes(s->what->append, row.append, &bytes, &n) < 0)
				return -ENOMEM;
			crypto_sha256(bytes, n, row.table.cmdline);
			add_hashes(s, &row);
		}
	}
	s->hashes[s->n[HASHES]++] = (struct hashes){ .differences = 1 };
	return 0;
}

/* Images and their pages; once for each image. */
static bool load(struct search *s, struct candidate *c)
{
	struct measure_snp what = *s->what;

	if (c->loaded.state != PREFIX_UNKNOWN)
		return c->loaded.state == PREFIX_KNOWN;
	what.firmware = c->image;
	what.kernel.bytes = NULL; /* an image without a place for hashes may be the right one */
	c->loaded.state = PREFIX_UNFIT;
	if (measure_snp_read(&what, &c->images, NULL) == 0 &&
	    measure_snp_launch_images(&c->images, &c->loaded.launch) == 0)
		c->loaded.state = PREFIX_KNOWN;
	else
		s->out->firmwares_unfit++;
	return c->loaded.state == PREFIX_KNOWN;
}

/* The same with the sections of its metadata; once for each VMM and hashes. */
static const struct measure_launch *launch(struct search *s, const size_t at[N_DIMENSIONS])
{
	struct candidate *c = &s->firmwares[at[FIRMWARE]];
	const struct hashes *hashes = &s->hashes[at[HASHES]];
	struct prefix *p = &c->launched[at[VMM]][at[HASHES]];

	if (!load(s, c))
		return NULL;
	if (p->state == PREFIX_UNKNOWN) {
		p->launch = c->loaded.launch;
		p->state = measure_snp_launch_sections(&c->images, (enum measure_vmm)at[VMM],
						       hashes->there ? &hashes->table : NULL, &p->launch,
						       NULL) == 0
				   ? PREFIX_KNOWN
				   : PREFIX_UNFIT;
	}
	return p->state == PREFIX_KNOWN ? &p->launch : NULL;
}

static void explained(struct search *s, const size_t at[N_DIMENSIONS], unsigned vcpus, unsigned differences)
{
	const struct hashes *hashes = &s->hashes[at[HASHES]];
	struct measure_explained *out = s->out;

	out->end = MEASURE_EXPLAINED;
	out->differences = differences + (vcpus != s->what->vcpus);
	out->firmware = at[FIRMWARE];
	out->kernel = hashes->kernel;
	out->initrd = hashes->initrd;
	out->append = hashes->append;
	out->vmm = (enum measure_vmm)at[VMM];
	out->vcpu_signature = s->types[at[TYPE]];
	out->guest_features = s->features[at[FEATURES]];
	out->vcpus = vcpus;
}

static void make_vcpus(struct search *s, const size_t at[N_DIMENSIONS])
{
	const size_t rest = HASHES + 1, n_rest = sizeof(s->vcpus_of) - rest * sizeof(at[0]);

	if (s->has_vcpus && memcmp(s->vcpus_of + rest, at + rest, n_rest) == 0)
		return;
	measure_snp_vcpus_make(&s->firmwares[at[FIRMWARE]].images, (enum measure_vmm)at[VMM],
			       s->types[at[TYPE]], s->features[at[FEATURES]], &s->vcpus);
	memcpy(s->vcpus_of, at, sizeof(s->vcpus_of));
	s->has_vcpus = true;
}

/* All numbers of vCPUs in one pass. Whether the search is over. */
static bool try_vcpus(struct search *s, const size_t at[N_DIMENSIONS], unsigned differences)
{
	const bool others = differences < s->how->max_differences;
	const unsigned most =
		!others || s->how->max_vcpus < s->what->vcpus ? s->what->vcpus : s->how->max_vcpus;
	const struct measure_launch *prefix;
	struct measure_launch l;

	if (at[VMM] == MEASURE_QEMU && s->types[at[TYPE]] == 0)
		return false;
	prefix = launch(s, at);
	if (!prefix)
		return false;
	l = *prefix;
	make_vcpus(s, at);
	for (unsigned i = 0; i < most; i++) {
		if (measure_snp_launch_vcpu(&s->vcpus, i, &l) != 0)
			return false;
		if (!others && i + 1 < most)
			continue;
		s->out->tried++;
		if (memcmp(l.digest, s->digest, MEASURE_DIGEST_BYTES) == 0) {
			explained(s, at, i + 1, differences);
			return true;
		}
	}
	return measure_explain_ends(s->how, s->out);
}

/* The index of each dimension at the i-th combination, and how many differ from what is stated. */
static unsigned combination(const struct search *s, size_t i, size_t ret_at[N_DIMENSIONS])
{
	unsigned differences = 0;

	for (unsigned d = 0; d < N_DIMENSIONS; d++) {
		ret_at[d] = i % s->n[d];
		i /= s->n[d];
		if (d == HASHES)
			differences += s->hashes[ret_at[d]].differences;
		else if (d == VMM)
			differences += ret_at[d] != (size_t)s->what->vmm;
		else
			differences += ret_at[d] > 0;
	}
	return differences;
}

static void search(struct search *s)
{
	size_t at[N_DIMENSIONS], n = 1;

	for (unsigned d = 0; d < N_DIMENSIONS; d++)
		n *= s->n[d];
	for (unsigned k = 0; k <= s->how->max_differences; k++) {
		for (size_t i = 0; i < n; i++)
			if (combination(s, i, at) == k && try_vcpus(s, at, k))
				return;
		s->out->differences = k;
	}
}

int measure_explain_snp(const struct measure_snp *what, const uint8_t digest[MEASURE_DIGEST_BYTES],
			const struct measure_explain *how, struct measure_explained *ret,
			struct jurat_error *err)
{
	struct measure_explained out = { .end = MEASURE_EXHAUSTED };
	struct search s = { .what = what, .digest = digest, .how = how, .out = &out };
	int r = measure_snp_check(what, err);

	if (r < 0)
		return r;
	if (how->n_firmwares >= MEASURE_EXPLAIN_MAX_FIRMWARES)
		return jurat_fail(err, -EINVAL, "%zu firmware images, more than %u", how->n_firmwares,
				  MEASURE_EXPLAIN_MAX_FIRMWARES - 1);
	s.n[FIRMWARE] = 1 + how->n_firmwares;
	s.n[VMM] = what->svsm.bytes ? 1 : N_VMMS; /* an SVSM is QEMU's */
	list_types(&s);
	list_features(&s);
	s.firmwares = calloc(s.n[FIRMWARE], sizeof(*s.firmwares));
	r = s.firmwares ? list_hashes(&s) : -ENOMEM;
	if (r == 0) {
		s.firmwares[0].image = what->firmware;
		for (size_t i = 0; i < how->n_firmwares; i++)
			s.firmwares[i + 1].image = how->firmwares[i];
		search(&s);
		*ret = out;
	}
	free(s.firmwares);
	return r < 0 ? jurat_fail_memory(err) : 0;
}
