/* SPDX-License-Identifier: MIT */
/*
 * jurat's own verifier as an adapter of `jurat cases run`: it uses nothing but the installed library. With
 * --lines it reads the folder of one case a line.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include <jurat/verify.h>

struct file {
	unsigned char *bytes;
	size_t size;
};

/* `name` NULL, or no such file: no bytes. */
static struct file read_file(const char *dir, const char *name)
{
	struct file f = { NULL, 0 };
	char path[4096];
	FILE *from;
	long size;

	if (!name || snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return f;
	from = fopen(path, "rb");
	if (!from)
		return f;
	if (fseek(from, 0, SEEK_END) == 0 && (size = ftell(from)) >= 0 && fseek(from, 0, SEEK_SET) == 0 &&
	    (f.bytes = malloc((size_t)size + 1)))
		f.size = fread(f.bytes, 1, (size_t)size, from);
	fclose(from);
	return f;
}

struct verifying {
	const char *dir;
	const json_t *files;
	struct jurat_verifier *verifier;
	struct jurat_policy *policy;
	struct jurat_tdx_collateral *collateral;
	struct jurat_verdict *verdict;
	const char *unread; /* a file of the case; NULL: all were read */
	struct jurat_error err;
};

/* A case without one of its files would be another case. */
static struct file file_of(struct verifying *v, const char *role)
{
	const char *name = json_string_value(json_object_get(v->files, role));
	struct file f = read_file(v->dir, name);

	if (name && !f.bytes)
		v->unread = name;
	return f;
}

static int64_t time_of(const char *text)
{
	struct tm tm = { .tm_year = 0 };

	return text && strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) ? (int64_t)timegm(&tm) : -1;
}

static int add_policy(struct verifying *v, const json_t *policy)
{
	char *text = policy ? json_dumps(policy, 0) : NULL;
	int r = text ? jurat_policy_read_json(v->policy, text, strlen(text), &v->err) : 0;

	free(text);
	return r;
}

static int add_root(struct verifying *v)
{
	struct file root = file_of(v, "root");
	int r = root.bytes ? jurat_verifier_add_roots(v->verifier, root.bytes, root.size, &v->err) : 0;

	free(root.bytes);
	return r;
}

static int verify_snp(struct verifying *v, int64_t at)
{
	struct file report = file_of(v, "report"), certs = file_of(v, "certs"), crl = file_of(v, "crl");
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = report.bytes,
					       .report_size = report.size,
					       .certs = certs.bytes,
					       .certs_size = certs.size };
	int r;

	/* One that cannot be read is as good as none, which `require_crl` of a policy refuses. */
	if (crl.bytes && jurat_verifier_add_crl(v->verifier, crl.bytes, crl.size, &v->err) != 0)
		fprintf(stderr, "%s: %s\n", v->dir, v->err.text);
	r = jurat_verify_snp(v->verifier, &evidence, v->policy, at, &v->verdict, &v->err);
	free(report.bytes);
	free(certs.bytes);
	free(crl.bytes);
	return r;
}

static int verify_tdx(struct verifying *v, int64_t at)
{
	static const char *const names[] = {
		"tcb_info.json",           "qe_identity.json",          "pck_crl.der",
		"root_ca_crl.der",         "tcb_info_issuer_chain.pem", "qe_identity_issuer_chain.pem",
		"pck_crl_issuer_chain.pem"
	};
	struct file quote = file_of(v, "quote"), log = file_of(v, "event_log");
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence),
					       .quote = quote.bytes,
					       .quote_size = quote.size,
					       .event_log = log.bytes,
					       .event_log_size = log.size };
	int r;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[64];
		struct file part;

		snprintf(name, sizeof(name), "collateral/%s", names[i]);
		part = read_file(v->dir, name);
		/* What cannot be read is missing, and the verdict says so. */
		if (part.bytes &&
		    jurat_tdx_collateral_add(v->collateral, part.bytes, part.size, &v->err) != 0)
			fprintf(stderr, "%s/%s: %s\n", v->dir, name, v->err.text);
		free(part.bytes);
	}
	r = jurat_verify_tdx(v->verifier, &evidence, v->collateral, v->policy, at, &v->verdict, &v->err);
	free(quote.bytes);
	free(log.bytes);
	return r;
}

/* The codes, separated by spaces, each once. */
static json_t *reasons_of(const struct jurat_verdict *verdict)
{
	char text[1024] = " ";
	size_t n = 1;

	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++) {
		char word[80];

		snprintf(word, sizeof(word), " %s ", jurat_verdict_reason_code(verdict, i));
		if (!strstr(text, word) && n + strlen(word) < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", word + 1);
	}
	return json_stringn(text + 1, n > 1 ? n - 2 : 0);
}

static bool answer(const struct verifying *v, const json_t *object)
{
	json_t *line = json_pack("{s:O, s:s, s:o}", "case", json_object_get(object, "id"), "verdict",
				 jurat_verdict_accepted(v->verdict) ? "accepted" : "refused", "reason",
				 reasons_of(v->verdict));

	if (!line || json_dumpf(line, stdout, JSON_COMPACT) < 0)
		return false;
	json_decref(line);
	putchar('\n');
	return fflush(stdout) == 0;
}

static bool judge(const char *dir)
{
	struct verifying v = { .dir = dir };
	struct file text = read_file(dir, "case.json");
	json_t *object = text.bytes ? json_loadb((const char *)text.bytes, text.size, 0, NULL) : NULL;
	const char *tee = json_string_value(json_object_get(object, "tee"));
	int64_t at = time_of(json_string_value(json_object_get(object, "at")));
	bool ok = false;

	v.files = json_object_get(object, "files");
	if (tee && at >= 0 && jurat_verifier_new(&v.verifier, &v.err) == 0 &&
	    jurat_policy_new(&v.policy, &v.err) == 0 &&
	    jurat_tdx_collateral_new(&v.collateral, &v.err) == 0 &&
	    add_policy(&v, json_object_get(object, "policy")) == 0 && add_root(&v) == 0)
		ok = (strcmp(tee, "tdx") == 0 ? verify_tdx(&v, at) : verify_snp(&v, at)) >= 0 && !v.unread &&
		     answer(&v, object);
	if (v.unread)
		fprintf(stderr, "%s: cannot read '%s'\n", dir, v.unread);
	else if (!ok)
		fprintf(stderr, "%s: %s\n", dir, v.err.text[0] ? v.err.text : "case.json cannot be used");
	jurat_verdict_free(v.verdict);
	jurat_tdx_collateral_free(v.collateral);
	jurat_policy_free(v.policy);
	jurat_verifier_free(v.verifier);
	json_decref(object);
	free(text.bytes);
	return ok;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CASE_DIR | --lines\n", argv[0]);
		return 2;
	}
	if (strcmp(argv[1], "--lines") != 0)
		return judge(argv[1]) ? 0 : 1;
	while ((n = getline(&line, &room, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!judge(line))
			break;
	}
	free(line);
	return n < 0 ? 0 : 1;
}
