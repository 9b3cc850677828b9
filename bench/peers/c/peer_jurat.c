/* SPDX-License-Identifier: MIT */
/*
 * jurat in bench/peers: answers lines "OPERATION\tDIRECTORY\tTIME\tN" with the processor time of N
 * operations on the evidence of that directory (bench/README.md has the protocol). It uses nothing but the
 * installed library.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <jurat/verify.h>

enum { PIECES_MAX = 64, PARTS = 7 };

struct bytes {
	uint8_t *data;
	size_t size;
};

static const char *const part_names[PARTS] = {
	"tcb_info.json",           "qe_identity.json",          "pck_crl.der",
	"root_ca_crl.der",         "tcb_info_issuer_chain.pem", "qe_identity_issuer_chain.pem",
	"pck_crl_issuer_chain.pem"
};

/* What a directory has, and what verifications before left behind. */
struct evidence {
	char dir[4096];
	int64_t at;
	bool tdx;
	bool pinned;                     /* the vendors' roots are trusted, as they are by default */
	struct bytes pieces[PIECES_MAX]; /* reports, or quotes */
	size_t n_pieces, next;
	struct bytes marker, root, vek, intermediate, certs, parts[PARTS];
	/* for all warm operations */
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	struct jurat_policy *without; /* accepts a quote without collateral */
	struct jurat_error err;
};

static struct bytes read_file(const char *dir, const char *name)
{
	struct bytes b = { NULL, 0 };
	char path[4352];
	long size;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return b;
	f = fopen(path, "rbe");
	if (!f)
		return b;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0 &&
	    (b.data = malloc((size_t)size + 1)))
		b.size = fread(b.data, 1, (size_t)size, f);
	fclose(f);
	return b;
}

static void evidence_done(struct evidence *e)
{
	for (size_t i = 0; i < e->n_pieces; i++)
		free(e->pieces[i].data);
	for (size_t i = 0; i < PARTS; i++)
		free(e->parts[i].data);
	free(e->marker.data);
	free(e->root.data);
	free(e->vek.data);
	free(e->intermediate.data);
	free(e->certs.data);
	jurat_verifier_free(e->verifier);
	jurat_tdx_collateral_free(e->collateral);
	jurat_policy_free(e->without);
	memset(e, 0, sizeof(*e));
}

static bool read_pieces(struct evidence *e, const char *kind)
{
	for (; e->n_pieces < PIECES_MAX; e->n_pieces++) {
		char name[64];
		struct bytes b;

		snprintf(name, sizeof(name), "%s/%02zu.bin", kind, e->n_pieces);
		b = read_file(e->dir, name);
		if (!b.data)
			break;
		e->pieces[e->n_pieces] = b;
	}
	return e->n_pieces > 0;
}

static int new_verifier(struct evidence *e, struct jurat_verifier **ret)
{
	int r = jurat_verifier_new(ret, &e->err);

	if (r != 0)
		return r;
	if (!e->pinned)
		return jurat_verifier_add_roots(*ret, e->root.data, e->root.size, &e->err);
	return e->tdx ? 0 : jurat_verifier_add_certificates(*ret, e->root.data, e->root.size, NULL, &e->err);
}

static int add_certificates(struct evidence *e, struct jurat_verifier *v)
{
	int r = jurat_verifier_add_certificates(v, e->intermediate.data, e->intermediate.size, NULL, &e->err);

	return r ? r : jurat_verifier_add_certificates(v, e->vek.data, e->vek.size, NULL, &e->err);
}

static int new_collateral(struct evidence *e, struct jurat_tdx_collateral **ret)
{
	int r = jurat_tdx_collateral_new(ret, &e->err);

	for (size_t i = 0; i < PARTS && r == 0; i++)
		r = jurat_tdx_collateral_add(*ret, e->parts[i].data, e->parts[i].size, &e->err);
	return r;
}

static const struct bytes *next_piece(struct evidence *e)
{
	return &e->pieces[e->next++ % e->n_pieces];
}

static int verify_report(struct evidence *e, struct jurat_verifier *v, bool table)
{
	const struct bytes *report = next_piece(e);
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = report->data,
					       .report_size = report->size,
					       .certs = table ? e->certs.data : NULL,
					       .certs_size = table ? e->certs.size : 0 };
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_snp(v, &evidence, NULL, e->at, &verdict, &e->err);

	jurat_verdict_free(verdict);
	return r;
}

static int verify_quote(struct evidence *e, struct jurat_verifier *v, struct jurat_tdx_collateral *c)
{
	const struct bytes *quote = next_piece(e);
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence),
					       .quote = quote->data,
					       .quote_size = quote->size };
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_tdx(v, &evidence, c, c ? NULL : e->without, e->at, &verdict, &e->err);

	jurat_verdict_free(verdict);
	return r;
}

static int snp_cold(struct evidence *e)
{
	struct jurat_verifier *v = NULL;
	int r = new_verifier(e, &v);

	r = r ? r : add_certificates(e, v);
	r = r ? r : verify_report(e, v, false);
	jurat_verifier_free(v);
	return r;
}

static int snp_warm(struct evidence *e)
{
	return verify_report(e, e->verifier, false);
}

static int snp_extended_cold(struct evidence *e)
{
	struct jurat_verifier *v = NULL;
	int r = new_verifier(e, &v);

	r = r ? r : verify_report(e, v, true);
	jurat_verifier_free(v);
	return r;
}

static int snp_extended_warm(struct evidence *e)
{
	return verify_report(e, e->verifier, true);
}

static int tdx_cold(struct evidence *e)
{
	struct jurat_tdx_collateral *c = NULL;
	struct jurat_verifier *v = NULL;
	int r = new_verifier(e, &v);

	r = r ? r : new_collateral(e, &c);
	r = r ? r : verify_quote(e, v, c);
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	return r;
}

static int tdx_warm(struct evidence *e)
{
	return verify_quote(e, e->verifier, e->collateral);
}

static int tdx_chain_cold(struct evidence *e)
{
	struct jurat_verifier *v = NULL;
	int r = new_verifier(e, &v);

	r = r ? r : verify_quote(e, v, NULL);
	jurat_verifier_free(v);
	return r;
}

static int tdx_chain_warm(struct evidence *e)
{
	return verify_quote(e, e->verifier, NULL);
}

static const struct operation {
	const char *name;
	bool tdx;
	int (*run)(struct evidence *e);
} operations[] = {
	{ "snp-cold", false, snp_cold },
	{ "snp-warm", false, snp_warm },
	{ "snp-extended-cold", false, snp_extended_cold },
	{ "snp-extended-warm", false, snp_extended_warm },
	{ "tdx-cold", true, tdx_cold },
	{ "tdx-warm", true, tdx_warm },
	{ "tdx-chain-cold", true, tdx_chain_cold },
	{ "tdx-chain-warm", true, tdx_chain_warm },
};

/* 0, or what is wrong is in `err`. */
static int prepare(struct evidence *e, const struct operation *op, const char *dir, int64_t at)
{
	int r;

	if (strcmp(e->dir, dir) == 0 && e->at == at && e->tdx == op->tdx)
		return 0;
	evidence_done(e);
	e->at = at;
	e->tdx = op->tdx;
	if (snprintf(e->dir, sizeof(e->dir), "%s", dir) >= (int)sizeof(e->dir) ||
	    !read_pieces(e, op->tdx ? "quotes" : "reports")) {
		snprintf(e->err.text, sizeof(e->err.text), "no evidence in '%s'", dir);
		return -1;
	}
	e->marker = read_file(dir, "vendors-root");
	e->pinned = e->marker.data != NULL;
	e->root = read_file(dir, "root.der");
	e->vek = read_file(dir, "vek.der");
	e->intermediate = read_file(dir, "intermediate.der");
	e->certs = read_file(dir, "certs.bin");
	for (size_t i = 0; op->tdx && i < PARTS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "collateral/%s", part_names[i]);
		e->parts[i] = read_file(dir, name);
	}
	r = new_verifier(e, &e->verifier);
	if (r == 0 && !op->tdx)
		return add_certificates(e, e->verifier);
	r = r ? r : new_collateral(e, &e->collateral);
	r = r ? r : jurat_policy_new(&e->without, &e->err);
	return r ? r : jurat_policy_set(e->without, "allow_no_collateral", "true", &e->err);
}

static uint64_t cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static void answer(struct evidence *e, const char *name, const char *dir, int64_t at, unsigned long n)
{
	const struct operation *op = NULL;
	uint64_t before;
	int r;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0)
			op = &operations[i];
	if (!op) {
		printf("unsupported\tno such operation\n");
		return;
	}
	r = prepare(e, op, dir, at);
	if (r != 0)
		e->dir[0] = '\0'; /* it has not been read */
	before = cpu_ns();
	for (unsigned long i = 0; i < n && r == 0; i++)
		r = op->run(e);
	if (r == 0)
		printf("ok\t%" PRIu64 "\n", cpu_ns() - before);
	else
		printf("refused\t%s\n", e->err.text);
}

int main(void)
{
	static struct evidence e;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		char *rest = line;
		const char *name = strsep(&rest, "\t"), *dir = strsep(&rest, "\t");
		const char *at = strsep(&rest, "\t"), *n = strsep(&rest, "\t\n");

		if (!n)
			return 2;
		answer(&e, name, dir, strtoll(at, NULL, 10), strtoul(n, NULL, 10));
		if (fflush(stdout) != 0)
			return 1;
	}
	evidence_done(&e);
	free(line);
	return 0;
}
