/* SPDX-License-Identifier: MIT */
/*
 * Verifies a report in several threads with one verifier, which is replaced while they run, as in a service
 * that receives a new CRL:
 *
 *	verify_threads ROOTS REPORT CERTIFICATES CRL
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include <jurat/verify.h>

enum { THREADS = 4, ROUNDS = 100 };
static struct file {
	uint8_t bytes[65536];
	size_t size;
} roots, report, certs, crl;

/* A verifier, and how many use it: each verification, and `current`. */
static struct shared {
	struct jurat_verifier *verifier;
	int users;
} first = { .users = 1 }, second = { .users = 1 }, *current = &first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of `users` and `current` */
static atomic_int accepted;

static void finish(struct shared *s)
{
	pthread_mutex_lock(&lock);
	int left = --s->users;
	pthread_mutex_unlock(&lock);
	if (left == 0) /* nobody verifies with it, and nobody will */
		jurat_verifier_free(s->verifier);
}

static void *verify(void *unused)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = report.bytes,
					       .report_size = report.size,
					       .certs = certs.bytes,
					       .certs_size = certs.size };

	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		struct shared *s = current;
		s->users++;
		pthread_mutex_unlock(&lock);
		if (jurat_verify_snp(s->verifier, &evidence, NULL, time(NULL), NULL, NULL) == 0)
			accepted++;
		finish(s);
	}
	return unused;
}

static void read_file(const char *path, struct file *to)
{
	FILE *f = fopen(path, "rb");

	to->size = f ? fread(to->bytes, 1, sizeof(to->bytes), f) : 0;
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct file *files[] = { &roots, &report, &certs, &crl };
	struct jurat_error err;
	pthread_t threads[THREADS];
	int n = 0;

	if (argc != 5)
		return fprintf(stderr, "usage: verify_threads ROOTS REPORT CERTIFICATES CRL\n"), 2;
	for (int i = 0; i < 4; i++)
		read_file(argv[i + 1], files[i]);
	if (jurat_verifier_new(&first.verifier, &err) < 0 || jurat_verifier_new(&second.verifier, &err) < 0 ||
	    jurat_verifier_add_roots(first.verifier, roots.bytes, roots.size, &err) < 0 ||
	    jurat_verifier_add_roots(second.verifier, roots.bytes, roots.size, &err) < 0 ||
	    jurat_verifier_add_crl(second.verifier, crl.bytes, crl.size, &err) < 0)
		return fprintf(stderr, "%s\n", err.text), 3;
	while (n < THREADS && pthread_create(&threads[n], NULL, verify, NULL) == 0)
		n++;
	pthread_mutex_lock(&lock);
	current = &second; /* from now on */
	pthread_mutex_unlock(&lock);
	finish(&first);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	finish(&second);
	printf("%d of %d accepted\n", accepted, THREADS * ROUNDS);
	return accepted == THREADS * ROUNDS ? 0 : 1;
}
