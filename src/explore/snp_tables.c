/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "crypto/x509.h"
#include "explore/reserve.h"
#include "store/store.h"
#include "wire/snp_product.h"

/*
 * What the checks of certificates and reports find depends on their bytes and on the platform alone, and
 * takes longer than all else of an order: each is made once, by the functions that the product has, and its
 * answer is remembered.
 */
enum { ONE_DAY_S = 86400 };

enum question { MAKES, FITS, VERIFIES };

struct answer {
	struct base_mix of; /* digest of the question */
	int r;
	char *why;      /* heap; NULL: nothing was said */
	uint8_t *table; /* heap, of MAKES; NULL: none */
	size_t n;
};

struct snp_tables {
	struct endorse_checker *checker;
	struct jurat_verifier *verifier;
	int64_t at; /* the time of all checks */
	struct answer *answers;
	size_t n, room;
};

static void answer_done(struct answer *answer)
{
	free(answer->why);
	free(answer->table);
}

static const struct answer *look_up(const struct snp_tables *t, const struct base_mix *of)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->answers[i].of.a == of->a && t->answers[i].of.b == of->b)
			return &t->answers[i];
	return NULL;
}

/* Takes what the answer owns. It stays until something else is remembered. NULL: no memory */
static const struct answer *remember(struct snp_tables *t, const struct answer *answer)
{
	if (RESERVE(t->answers, t->room, t->n + 1) < 0)
		return NULL;
	t->answers[t->n] = *answer;
	return &t->answers[t->n++];
}

static struct base_mix ask(enum question question, const struct update_plan *plan)
{
	struct base_mix of = { 0 };

	base_mix_u64(&of, question);
	if (!plan)
		return of;
	base_mix_u64(&of, plan->product);
	base_mix_bytes(&of, plan->chip_id, sizeof(plan->chip_id));
	base_mix_u64(&of, plan->after.current_tcb);
	base_mix_u64(&of, plan->after.reported_tcb);
	base_mix_u64(&of, plan->after.flags);
	return of;
}

/* A lack of memory is no answer. */
static int keep(struct snp_tables *t, struct answer *answer, const struct jurat_error *err,
		const struct answer **ret)
{
	if (answer->r != -ENOMEM && answer->r != 0)
		answer->why = strdup(err->text);
	if (answer->r != -ENOMEM && (answer->r == 0 || answer->why)) {
		*ret = remember(t, answer);
		if (*ret)
			return 0;
	}
	answer_done(answer);
	return -ENOMEM;
}

static int say(const struct answer *answer, struct jurat_error *err)
{
	return answer->r == 0 ? 0 : jurat_fail(err, answer->r, "%s", answer->why);
}

static int fits(const struct update_source *source, const struct update_plan *plan, const uint8_t *table,
		size_t n, struct jurat_error *err)
{
	struct explore_snp *m = source->ctx;
	struct base_mix of = ask(FITS, plan);
	const struct answer *known;

	base_mix_bytes(&of, table, n);
	known = look_up(m->tables, &of);
	if (!known) {
		struct answer answer = { .of = of };
		struct jurat_error why = { "" };

		answer.r = update_table_fits(source, plan, table, n, &why);
		if (keep(m->tables, &answer, &why, &known) < 0)
			return jurat_fail_memory(err);
	}
	return say(known, err);
}

/* EXPLORE_CURRENT_TCB: as if that were the reported one. */
static int make_once(const struct update_source *source, const struct update_plan *plan,
		     const struct answer **ret)
{
	struct explore_snp *m = source->ctx;
	struct answer answer = { .of = ask(MAKES, plan) };
	struct update_plan of = *plan;
	struct jurat_error why = { "" };

	*ret = look_up(m->tables, &answer.of);
	if (*ret)
		return 0;
	if (explore_has(&m->world.setup, EXPLORE_CURRENT_TCB))
		of.after.reported_tcb = plan->after.current_tcb;
	answer.r = update_table_make(source, &of, NULL, 0, &answer.table, &answer.n, &why);
	return keep(m->tables, &answer, &why, ret);
}

/* Nobody here has a VLEK. */
static int make(const struct update_source *source, const struct update_plan *plan, const uint8_t *vlek,
		size_t vlek_size, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	const struct answer *known;
	uint8_t *copy;

	(void)vlek, (void)vlek_size;
	if (make_once(source, plan, &known) < 0)
		return jurat_fail_memory(err);
	if (known->r != 0)
		return say(known, err);
	copy = malloc(known->n);
	if (!copy)
		return jurat_fail_memory(err);
	memcpy(copy, known->table, known->n);
	*ret = copy;
	*ret_size = known->n;
	return 0;
}

/* The service from which updaters get endorsements: the platform's own. */

static int get_chain(struct explore_snp *m, const struct endorse_item *item, struct endorse_value *ret,
		     struct jurat_error *err)
{
	static const enum sim_ca cas[] = { SIM_ASK, SIM_ARK };
	struct text_stream text;
	size_t n;
	char *pem;
	int r = 0;

	if (text_stream_open(&text) < 0)
		return jurat_fail_memory(err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cas); i++) {
		const uint8_t *der;
		size_t der_size;

		r = sim_pki_ca(m->pki, item->product, cas[i], &der, &der_size, err);
		if (r == 0)
			crypto_pem_write(text.to, der, der_size);
	}
	if (text_stream_close(&text, &pem, &n) < 0)
		return jurat_fail_memory(err);
	if (r < 0) {
		free(pem);
		return r;
	}
	ret->body = (uint8_t *)pem;
	ret->size = n;
	return 0;
}

static int get(void *ctx, const struct endorse_item *item, struct endorse_value *ret, struct jurat_error *err)
{
	struct explore_snp *m = ctx;
	int r;

	if (item->kind == ENDORSE_VCEK_CHAIN)
		return get_chain(m, item, ret, err);
	if (item->kind != ENDORSE_VCEK)
		return jurat_fail(err, JURAT_NOT_FOUND, "this service has VCEKs only");
	ret->body = malloc(SIM_CERT_MAX_BYTES);
	if (!ret->body)
		return jurat_fail_memory(err);
	r = sim_kds_vcek(m->psp, m->pki, snp_tcb_write(item->product, &item->tcb), ret->body, &ret->size,
			 err);
	if (r < 0)
		endorse_value_done(ret);
	return r;
}

struct update_source snp_tables_source(struct explore_snp *m)
{
	return (struct update_source){ .get = get,
				       .ctx = m,
				       .checker = m->tables->checker,
				       .verifier = m->tables->verifier,
				       .at = m->tables->at,
				       .fits = fits,
				       .make = make };
}

int snp_tables_verify(struct explore_snp *m, const uint8_t report[SNP_REPORT_BYTES], const uint8_t *table,
		      size_t n, const char **ret_why)
{
	struct base_mix of = ask(VERIFIES, NULL);
	const struct answer *known;

	base_mix_bytes(&of, report, SNP_REPORT_BYTES);
	base_mix_bytes(&of, table, n);
	known = look_up(m->tables, &of);
	if (!known) {
		const struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
							     .report = report,
							     .report_size = SNP_REPORT_BYTES,
							     .certs = table,
							     .certs_size = n };
		struct answer answer = { .of = of };
		struct jurat_error why = { "" };

		answer.r = jurat_verify_snp(m->tables->verifier, &evidence, NULL, m->tables->at, NULL, &why);
		if (keep(m->tables, &answer, &why, &known) < 0)
			return -ENOMEM;
	}
	*ret_why = known->why;
	return known->r;
}

int snp_tables_state(const struct explore_snp *m, const uint8_t *table, size_t n)
{
	if (n == 0 || (n >= STORE_EMPTY_BYTES && bytes_all(table, STORE_EMPTY_BYTES, 0)))
		return SNP_EMPTY_TABLE;
	for (unsigned i = 0; i < m->n_states; i++)
		if (n == m->states[i].n && memcmp(table, m->states[i].bytes, n) == 0)
			return (int)i;
	return -1;
}

/* The platform: its firmware is newer than the committed one. */
static int make_platform(struct explore_snp *m, struct jurat_error *err)
{
	const struct sim_psp_options options = { .product = SNP_MILAN };
	struct snp_platform_status status;
	struct snp_tcb tcb;
	int r = sim_pki_new(SIM_PKI_DEFAULT_SEED, &m->pki, err);

	if (r == 0)
		r = sim_psp_new(&options, &m->psp, err);
	if (r < 0)
		return r;
	if (sim_psp_platform_status(m->psp, &status) != SNP_SUCCESS ||
	    !snp_tcb_read(options.product, status.current_tcb, &tcb))
		return jurat_fail(err, -EIO, "the software platform has no TCB");
	tcb.snp++;
	if (sim_psp_download_firmware(m->psp, snp_tcb_write(options.product, &tcb), false) != SNP_SUCCESS)
		return jurat_fail(err, -EIO, "the software platform refuses newer firmware");
	return 0;
}

static int make_checkers(struct explore_snp *m, struct jurat_error *err)
{
	struct snp_tables *t = m->tables;
	const uint8_t *ark;
	size_t n;
	int r = sim_pki_ca(m->pki, sim_psp_product(m->psp), SIM_ARK, &ark, &n, err);

	t->at = sim_pki_not_before(m->pki) + ONE_DAY_S;
	if (r == 0)
		r = jurat_verifier_new(&t->verifier, err);
	if (r == 0)
		r = jurat_verifier_add_roots(t->verifier, ark, n, err);
	if (r == 0)
		r = endorse_checker_new(&t->checker, err);
	return r == 0 ? endorse_checker_add_roots(t->checker, ark, n, err) : r;
}

/*
 * The first update of the first updater commits the firmware, and so raises the reported TCB. All others set
 * one that is below what was committed before, so that they are possible in any order.
 */
static int choose_tcbs(struct explore_snp *m, struct jurat_error *err)
{
	struct snp_platform_status status;
	struct snp_tcb lowered;

	if (sim_psp_platform_status(m->psp, &status) != SNP_SUCCESS ||
	    !snp_tcb_read(sim_psp_product(m->psp), status.reported_tcb, &lowered) ||
	    lowered.microcode < SNP_MAX_TABLES)
		return jurat_fail(err, -EIO, "the software platform's TCB cannot be lowered");
	m->states[0].tcb = status.reported_tcb;
	for (unsigned i = 1; i < m->n_states; i++) {
		struct snp_table *state = &m->states[i];

		if (i == 1) {
			state->request.kind = UPDATE_COMMIT;
			state->tcb = status.current_tcb;
			continue;
		}
		lowered.microcode--;
		state->tcb = snp_tcb_write(sim_psp_product(m->psp), &lowered);
		state->request = (struct update_request){ .kind = UPDATE_SET_CONFIG,
							  .has_tcb = true,
							  .tcb = state->tcb };
	}
	return 0;
}

static int make_tables(struct explore_snp *m, struct jurat_error *err)
{
	struct update_source source = snp_tables_source(m);
	const struct update_request refresh = { .kind = UPDATE_REFRESH };
	struct snp_platform_status status;
	struct update_plan plan;
	uint8_t hwid[64];
	int r;

	sim_psp_hwid(m->psp, hwid);
	if (sim_psp_platform_status(m->psp, &status) != SNP_SUCCESS)
		return jurat_fail(err, -EIO, "the software platform has no status");
	r = update_plan_make(sim_psp_product(m->psp), hwid, &status, &refresh, &plan, err);
	for (unsigned i = 0; r == 0 && i < m->n_states; i++) {
		struct snp_table *state = &m->states[i];
		auto_free uint8_t *table = NULL;

		plan.after.reported_tcb = state->tcb;
		r = update_table_make(&source, &plan, NULL, 0, &table, &state->n, err);
		if (r == 0 && state->n > sizeof(state->bytes))
			r = jurat_fail(err, -EFBIG, "a certificate table of %zu bytes", state->n);
		if (r == 0)
			memcpy(state->bytes, table, state->n);
	}
	return r <= 0 ? r : -EIO;
}

/* States of the updaters but the first, whose first update only renews the certificates. */
static unsigned states_of_others(const struct explore_setup *setup)
{
	return setup->updates > 0 ? setup->updates - 1 : 0;
}

const struct update_request *snp_tables_request(const struct explore_snp *m, unsigned updater, unsigned k)
{
	static const struct update_request refresh = { .kind = UPDATE_REFRESH };
	const struct explore_setup *setup = &m->world.setup;

	if (updater == 0)
		return &m->states[1 + k].request;
	if (k == 0)
		return &refresh;
	return &m->states[1 + setup->updates + (updater - 1) * states_of_others(setup) + k - 1].request;
}

int snp_tables_new(struct explore_snp *m, struct jurat_error *err)
{
	const struct explore_setup *setup = &m->world.setup;
	uint64_t n = 1;
	int r;

	if (setup->updaters > 0)
		n += setup->updates + (uint64_t)(setup->updaters - 1) * states_of_others(setup);
	if (n > SNP_MAX_TABLES)
		return jurat_fail(err, -EINVAL,
				  "%u updaters with %u updates each: expected a machine with at most %d "
				  "certificate tables, found %llu",
				  setup->updaters, setup->updates, SNP_MAX_TABLES, (unsigned long long)n);
	m->n_states = (unsigned)n;
	m->tables = calloc(1, sizeof(*m->tables));
	if (!m->tables)
		return jurat_fail_memory(err);
	r = make_platform(m, err);
	if (r == 0)
		r = make_checkers(m, err);
	if (r == 0)
		r = choose_tcbs(m, err);
	return r == 0 ? make_tables(m, err) : r;
}

void snp_tables_free(struct snp_tables *tables)
{
	if (!tables)
		return;
	for (size_t i = 0; i < tables->n; i++)
		answer_done(&tables->answers[i]);
	free(tables->answers);
	endorse_checker_free(tables->checker);
	jurat_verifier_free(tables->verifier);
	free(tables);
}
