/* SPDX-License-Identifier: MIT */
#include "verify/made.h"
#include "verify/tdx_made.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "crypto/ec.h"
#include "verify/verifier.h"

/*
 * One verifier in many threads: every verdict is that of a verifier that never had anything else to do. There
 * are more chips and quoting enclaves than the caches have room for, so that evictions meet uses.
 */
enum { CHIPS = VERIFIER_LEAVES + 32, SUPPLIED = 8, QES = TDX_QES + 16, THREADS = 4, MAX_ITEMS = 800 };

struct item {
	bool tdx;
	uint8_t *evidence, *certs;
	size_t size, certs_size;
	int64_t at;
	int r;
	char *json; /* what a verifier of its own said */
};

static struct {
	struct item items[MAX_ITEMS];
	size_t n;
	struct made supplied[SUPPLIED]; /* whose leaves the verifier has, not the evidence */
	struct jurat_tdx_collateral *collateral;
	struct jurat_policy *policy;
} world;

static struct jurat_verifier *verifier_new(void)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	const uint8_t *der;
	size_t n;

	assert_int_equal(sim_pki_ca(made_pki(), SNP_GENOA, SIM_ARK, &der, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	der = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_ROOT, &n);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	for (size_t i = 0; i < SUPPLIED; i++) {
		const struct made *m = &world.supplied[i];

		assert_int_equal(jurat_verifier_add_certificates(v, m->leaf, m->leaf_size, NULL, NULL), 0);
		assert_int_equal(
			jurat_verifier_add_certificates(v, m->intermediate, m->intermediate_size, NULL, NULL),
			0);
	}
	return v;
}

static int judge(struct jurat_verifier *v, const struct item *item, struct jurat_verdict **ret)
{
	struct jurat_snp_evidence snp = { .size = sizeof(snp),
					  .report = item->evidence,
					  .report_size = item->size,
					  .certs = item->certs,
					  .certs_size = item->certs_size };
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = item->evidence,
					  .quote_size = item->size };

	if (item->tdx)
		return jurat_verify_tdx(v, &tdx, world.collateral, world.policy, item->at, ret, NULL);
	return jurat_verify_snp(v, &snp, world.policy, item->at, ret, NULL);
}

static struct item *item_new(bool tdx, const uint8_t *evidence, size_t size, int64_t at)
{
	struct item *item = &world.items[world.n++];

	assert_true(world.n <= MAX_ITEMS);
	*item = (struct item){ .tdx = tdx, .evidence = heap_copy(evidence, size), .size = size, .at = at };
	return item;
}

static void add_snp(const struct made *m)
{
	struct item *item = item_new(false, m->report_bytes, m->report_size, m->at);

	item->certs = made_table(m, &item->certs_size);
}

/* A chip's report, and some that are wrong with it. */
static void add_chip(size_t i)
{
	struct made m;

	made_init(&m, i % 8 == 7 ? SNP_GENOA : SNP_MILAN, i % 8 == 6, 3);
	if (!m.vlek)
		m.report.chip_id[1] = (uint8_t)i;
	m.report.guest_svn = (uint32_t)i;
	made_sign(&m);
	made_endorse(&m, m.report.reported_tcb, m.report.chip_id);
	add_snp(&m);
	if (i % 4 == 0)
		m.report_bytes[0x50] ^= 1; /* its signature */
	else if (i % 4 == 1)
		m.leaf[m.leaf_size - 1] ^= 1;
	else if (i % 4 == 2)
		m.at = sim_pki_leaf_not_after(made_pki(), false) + 1;
	else
		m.intermediate[m.intermediate_size - 1] ^= 1;
	add_snp(&m);
	if (i >= SUPPLIED)
		return;
	made_init(&m, SNP_MILAN, false, 3);
	m.report.chip_id[2] = (uint8_t)i;
	made_sign(&m);
	made_endorse(&m, m.report.reported_tcb, m.report.chip_id);
	world.supplied[i] = m;
	m.leaf_size = m.intermediate_size = 0;
	add_snp(&m);
}

static void add_qe(size_t i)
{
	struct tdx_made m;

	tdx_made_init(&m, i % 2 ? TDX_BODY_15 : TDX_BODY_10);
	m.pck.ppid[0] = (uint8_t)i;
	m.auth_data[0] = (uint8_t)i;
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	if (!world.collateral)
		world.collateral = tdx_made_collateral(&m);
	item_new(true, m.bytes, m.size, m.at);
	m.other_signs_quote = i % 3 == 0;
	m.other_signs_report = i % 3 == 1;
	m.at += i % 3 == 2 ? 60 * TDX_MADE_DAY : 0;
	tdx_made_sign(&m);
	item_new(true, m.bytes, m.size, m.at);
	tdx_made_done(&m);
}

static int make_world(void **state)
{
	assert_int_equal(jurat_policy_new(&world.policy, NULL), 0);
	for (size_t i = 0; i < CHIPS; i++)
		add_chip(i);
	for (size_t i = 0; i < QES; i++)
		add_qe(i);
	for (size_t i = 0; i < world.n; i++) {
		struct item *item = &world.items[i];
		struct jurat_verifier *v = verifier_new();
		struct jurat_verdict *verdict = NULL;

		item->r = judge(v, item, &verdict);
		item->json = jurat_verdict_json(verdict);
		assert_non_null(item->json);
		jurat_verdict_free(verdict);
		jurat_verifier_free(v);
	}
	return 0;
}

static int free_world(void **state)
{
	for (size_t i = 0; i < world.n; i++) {
		free(world.items[i].evidence);
		free(world.items[i].certs);
		free(world.items[i].json);
	}
	jurat_tdx_collateral_free(world.collateral);
	jurat_policy_free(world.policy);
	return 0;
}

/* ---- what one thread may meet that others do not */

static _Thread_local unsigned stop_at,
	fail_at; /* the n-th call from now: of a verification, of an allocation */
static sem_t stopped, go_on;

int __real_crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t n,
			    const uint8_t *r, const uint8_t *s);
int __wrap_crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t n,
			    const uint8_t *r, const uint8_t *s);
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

int __wrap_crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t n,
			    const uint8_t *r, const uint8_t *s)
{
	if (stop_at > 0 && --stop_at == 0) {
		sem_post(&stopped);
		sem_wait(&go_on);
	}
	return __real_crypto_ec_verify(key, digest, n, r, s);
}

static bool fails(void)
{
	return fail_at > 0 && --fail_at == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

/* ---- threads */

struct worker {
	pthread_t thread;
	struct jurat_verifier *verifier;
	size_t first, step, n;
	unsigned stop_at;
	bool fails;                            /* its allocations do, one after the other */
	struct jurat_verdict *kept[MAX_ITEMS]; /* by item */
	const char *wrong;                     /* what was found; NULL: nothing */
	size_t at;                             /* the item that it was found about */
};

static void find_wrong(struct worker *w, size_t at, const char *what)
{
	w->wrong = w->wrong ? w->wrong : what;
	w->at = at;
}

static const char *differs(const struct item *item, const struct jurat_verdict *verdict)
{
	auto_free char *json = jurat_verdict_json(verdict);

	return json && strcmp(json, item->json) == 0 ? NULL : "the verdict is another one";
}

/* With each allocation failing in turn, until none did. */
static void judge_without_memory(struct worker *w, size_t at)
{
	const struct item *item = &world.items[at];

	for (unsigned k = 1;; k++) {
		struct jurat_verdict *verdict = NULL;
		int r;

		fail_at = k;
		r = judge(w->verifier, item, &verdict);
		if (r != item->r && r != -ENOMEM)
			find_wrong(w, at, "a failed allocation changes the outcome");
		jurat_verdict_free(verdict);
		if (fail_at > 0)
			break;
	}
	fail_at = 0;
}

static void judge_one(struct worker *w, size_t at)
{
	const struct item *item = &world.items[at];
	struct jurat_verdict *verdict = NULL;
	int r = judge(w->verifier, item, &verdict);
	const char *wrong = r != item->r ? "another outcome" : differs(item, verdict);

	if (wrong)
		find_wrong(w, at, wrong);
	jurat_verdict_free(w->kept[at]); /* perhaps of the same entries */
	w->kept[at] = verdict;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	stop_at = w->stop_at;
	for (size_t i = 0; i < w->n && !w->wrong; i++) {
		size_t at = (w->first + i * w->step) % world.n;

		if (w->fails)
			judge_without_memory(w, at);
		else
			judge_one(w, at);
	}
	return NULL;
}

static void start(struct worker *w)
{
	assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
}

static void join(struct worker *w)
{
	assert_int_equal(pthread_join(w->thread, NULL), 0);
	if (w->wrong)
		FAIL_BECAUSE("item %zu (%s): %s", w->at, world.items[w->at].tdx ? "TDX" : "SEV-SNP",
			     w->wrong);
}

/* Also with a verifier that is gone, and in another thread than those that made them. */
static void check_and_free(struct worker *w)
{
	for (size_t i = 0; i < world.n; i++) {
		const char *wrong = w->kept[i] ? differs(&world.items[i], w->kept[i]) : NULL;

		if (wrong)
			FAIL_BECAUSE("item %zu, later: %s", i, wrong);
		jurat_verdict_free(w->kept[i]);
		w->kept[i] = NULL;
	}
}

static void assert_no_pins(const struct jurat_verifier *v)
{
	const struct cache *caches[] = { &v->seen_leaves, &v->seen_authorities, &v->seen_crls,
					 &v->tdx.facts,   &v->tdx.keys,         &v->tdx.qes };

	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		made_cached(caches[i]);
}

static void every_verdict_is_that_of_a_verifier_of_its_own(void **state)
{
	static struct worker workers[THREADS];
	static const size_t steps[THREADS] = { 1, 1, 7, 11 }; /* two keep together, the others go elsewhere */
	struct jurat_verifier *v = verifier_new();

	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .verifier = v, .step = steps[i], .n = world.n };
		start(&workers[i]);
	}
	for (size_t i = 0; i < THREADS; i++)
		join(&workers[i]);
	assert_no_pins(v);
	assert_int_equal(made_cached(&v->seen_leaves), VERIFIER_LEAVES);
	assert_int_equal(made_cached(&v->tdx.qes), TDX_QES);
	jurat_verifier_free(v);
	for (size_t i = 0; i < THREADS; i++)
		check_and_free(&workers[i]);
}

static void few_chips_are_shared_by_all(void **state)
{
	static struct worker workers[THREADS];
	struct jurat_verifier *v = verifier_new();

	/* All begin with the same, so that they make the same entries at the same time. */
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .verifier = v, .step = world.n - 4, .n = world.n / 2 };
		start(&workers[i]);
	}
	for (size_t i = 0; i < THREADS; i++)
		join(&workers[i]);
	assert_no_pins(v);
	jurat_verifier_free(v);
	for (size_t i = 0; i < THREADS; i++)
		check_and_free(&workers[i]);
}

static void a_thread_without_memory_disturbs_no_other(void **state)
{
	static struct worker workers[3];
	struct jurat_verifier *v = verifier_new();

	for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i] = (struct worker){
			.verifier = v, .step = 5, .n = i == 0 ? 24 : world.n / 2, .fails = i == 0
		};
		start(&workers[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
		join(&workers[i]);
	assert_no_pins(v);
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
		check_and_free(&workers[i]);
	jurat_verifier_free(v);
}

/* Wherever one stands still while it holds entries of every cache: nobody takes a lock for a verification. */
static void others_finish_while_one_stands_still(void **state)
{
	static struct worker still, others[2];

	for (unsigned at = 1; at <= 12; at++) {
		struct jurat_verifier *v = verifier_new();

		/* Two of a chip, then all of a quoting enclave that is new. */
		still = (struct worker){ .verifier = v, .step = world.n - 1, .n = 2, .stop_at = at };
		still.first = at > 2 ? world.n - 2 : 0;
		start(&still);
		assert_int_equal(sem_wait(&stopped), 0);
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			others[i] = (struct worker){
				.verifier = v, .first = still.first, .step = world.n - 1, .n = 24
			};
			start(&others[i]);
		}
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			join(&others[i]);
		assert_int_equal(sem_post(&go_on), 0);
		join(&still);
		assert_no_pins(v);
		jurat_verifier_free(v);
		check_and_free(&still);
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			check_and_free(&others[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_is_that_of_a_verifier_of_its_own),
		cmocka_unit_test(few_chips_are_shared_by_all),
		cmocka_unit_test(a_thread_without_memory_disturbs_no_other),
		cmocka_unit_test(others_finish_while_one_stands_still),
	};

	if (sem_init(&stopped, 0, 0) != 0 || sem_init(&go_on, 0, 0) != 0)
		return 1;
	return cmocka_run_group_tests(tests, make_world, free_world);
}
